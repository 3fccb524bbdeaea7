/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"
#include "tree/tree.h"

TestTreeHooks test_tree_hooks;

static TempPlatform real;

static int
remove_name (TempHandle  dir,
             const char *name,
             int       (*remove) (TempHandle  dir,
                                  const char *name))
{
  int result, saved;

  if (test_tree_hooks.before_remove != NULL)
    test_tree_hooks.before_remove (name);
  result = remove (dir, name);

  saved = errno;
  if (test_tree_hooks.after_remove != NULL)
    test_tree_hooks.after_remove (name, result == 0);
  errno = saved;

  return result;
}

static int
remove_file (TempHandle  dir,
             const char *name)
{
  return remove_name (dir, name, test_tree_hooks.remove_file != NULL ? test_tree_hooks.remove_file : real.remove_file);
}

static int
remove_dir (TempHandle  dir,
            const char *name)
{
  return remove_name (dir, name, real.remove_dir);
}

static ssize_t
list (TempHandle    dir,
      TempListing **listing,
      void         *buffer,
      size_t        size)
{
  TempDirEntry *entry = buffer;
  ssize_t n;

  if (test_tree_hooks.before_list != NULL)
    test_tree_hooks.before_list (dir);
  n = real.list (dir, listing, buffer, size);
  if (test_tree_hooks.after_list != NULL)
    test_tree_hooks.after_list ();

  if (test_tree_hooks.hides_inodes && n > 0 && entry->ino != test_tree_hooks.shown_inode)
    entry->ino++;
  for (ssize_t offset = 0; test_tree_hooks.hides_kinds && offset < n; offset += entry->length)
    {
      entry = (TempDirEntry *) (gpointer) ((char *) buffer + offset);
      entry->kind = TEMP_KIND_UNKNOWN;
    }

  return n;
}

char *
test_tree_path (const char *relative)
{
  return g_build_filename (test_dir (), "tree", relative, NULL);
}

void
test_tree_make_dirs (const char *relative)
{
  g_autofree char *path = test_tree_path (relative);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
}

void
test_tree_make_file (const char *relative)
{
  g_autofree char *in_test_dir = g_build_filename ("tree", relative, NULL);

  test_make_file (in_test_dir);
}

void
test_tree_chmod (const char *relative,
                 mode_t      mode)
{
  g_autofree char *path = test_tree_path (relative);

  g_assert_no_errno (chmod (path, mode));
}

int
test_tree_open (void)
{
  g_autofree char *path = test_tree_path (NULL);
  int fd;

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  return fd;
}

int
test_tree_make_dir_at (int         fd,
                       const char *name)
{
  int dir_fd;

  if (mkdirat (fd, name, 0700) < 0)
    g_assert_cmpint (errno, ==, EEXIST);
  dir_fd = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_assert_no_errno (dir_fd);
  return dir_fd;
}

void
test_tree_make_file_at (int         fd,
                        const char *name)
{
  g_assert_no_errno (mknodat (fd, name, S_IFREG | 0600, 0));
}

void
test_tree_assert_list (const char *relative,
                       const char *expected)
{
  g_autofree char *in_test_dir = g_build_filename ("tree", relative, NULL);

  test_assert_list (in_test_dir, expected);
}

void
test_tree_assert_mode (const char *relative,
                       mode_t      mode)
{
  g_autofree char *path = test_tree_path (relative);

  test_assert_mode (path, S_IFDIR | mode);
}

gboolean
test_tree_remove (GCancellable  *cancellable,
                  GError       **error)
{
  const TestTreeHooks none = { .hides_kinds = FALSE };
  g_autofree char *path = test_tree_path (NULL);
  temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  TempRemoveOptions options = { .cancellable = cancellable };
  gboolean removed;

  g_assert_no_errno (fd);
  real = temp_platform;
  temp_platform.remove_file = remove_file;
  temp_platform.remove_dir = remove_dir;
  temp_platform.list = list;
  removed = temp_remove_contents (fd, path, &options, error);
  temp_platform = real;
  test_tree_hooks = none;
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  return removed;
}

void
test_tree_assert_goes (void)
{
  g_autoptr (GError) error = NULL;

  test_tree_remove (NULL, &error);
  g_assert_no_error (error);
  test_tree_assert_list (NULL, "");
}

GError *
test_tree_assert_fails (int code)
{
  GError *error = NULL;

  g_assert_false (test_tree_remove (NULL, &error));
  g_assert_error (error, G_IO_ERROR, code);
  return error;
}

static void
child_few_fds (gconstpointer data)
{
  test_limit_fds (64);
  test_tree_assert_goes ();
}

void
test_tree_assert_goes_with_few_fds (void)
{
  test_in_child (child_few_fds, NULL);
}

void
test_tree_make_canary (void)
{
  g_autofree char *path = test_path ("outside/canary");

  test_make_file ("outside/canary");
  test_write (path, "alive");
}

void
test_tree_assert_canary (void)
{
  g_autofree char *path = test_path ("outside/canary");

  test_assert_contents (path, "alive");
}

void
test_tree_become_nobody (void)
{
  if (geteuid () != 0)
    test_child_skip ("only root can make what is another's");
  if (!test_become_nobody ())
    test_child_skip ("no other user here");
}
