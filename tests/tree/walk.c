/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The library's calls of unlinkat() come here. */
static gboolean is_on_server;
static GCancellable *to_cancel;
static guint n_until_cancelled;

/* As NFS does it: a file that somebody has open gets another name, and under that it
 * is busy. */
static int
unlink_on_server (int         dir_fd,
                  const char *name)
{
  if (g_str_has_prefix (name, ".nfs"))
    {
      errno = EBUSY;
      return -1;
    }
  if (g_str_equal (name, "open"))
    return renameat (dir_fd, name, dir_fd, ".nfs0001");

  return syscall (SYS_unlinkat, dir_fd, name, 0);
}

int
unlinkat (int         dir_fd,
          const char *name,
          int         flags)
{
  if (to_cancel != NULL && n_until_cancelled-- == 0)
    g_cancellable_cancel (to_cancel);

  if (is_on_server && flags == 0)
    return unlink_on_server (dir_fd, name);
  return syscall (SYS_unlinkat, dir_fd, name, flags);
}

static void
change_mode (const char *name,
             mode_t      mode)
{
  g_autofree char *path = test_path (name);

  g_assert_no_errno (chmod (path, mode));
}

static void
assert_mode_if_there (const char *name,
                      mode_t      mode)
{
  g_autofree char *path = test_path (name);
  struct stat st;

  if (stat (path, &st) == 0)
    g_assert_cmpuint (st.st_mode & 07777, ==, mode);
}

static gboolean
remove_contents (GCancellable  *cancellable,
                 GError       **error)
{
  g_autofree char *path = test_path ("tree");
  temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  gboolean removed;

  g_assert_no_errno (fd);
  removed = temp_remove_contents (fd, path, NULL, cancellable, error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  return removed;
}

static void
assert_removes (void)
{
  g_autoptr (GError) error = NULL;

  remove_contents (NULL, &error);
  g_assert_no_error (error);
  test_assert_list ("tree", "");
}

static void
test_on_server (void)
{
  g_autoptr (GError) error = NULL;

  test_make_file ("tree/a/file");
  test_make_file ("tree/sub/open");
  test_make_file ("tree/sub/other/file");
  test_make_file ("tree/z");

  is_on_server = TRUE;
  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, "“sub/.nfs0001”");
  test_assert_list ("tree", "sub");
  test_assert_list ("tree/sub", ".nfs0001");

  /* Closed meanwhile, it goes. */
  is_on_server = FALSE;
  assert_removes ();
}

static void
test_devices (void)
{
  g_autofree char *character = test_path ("tree/sub/null");
  g_autofree char *block = test_path ("tree/sub/loop");

  test_make_file ("tree/sub/file");
  if (mknod (character, S_IFCHR | 0600, makedev (1, 3)) < 0 || mknod (block, S_IFBLK | 0600, makedev (7, 0)) < 0)
    g_test_skip ("no device nodes here");
  assert_removes ();
}

static gboolean
set_immutable (const char *name,
               gboolean    is_immutable)
{
  g_autofree char *path = test_path (name);
  temp_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);
  int flags;

  g_assert_no_errno (fd);
  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) < 0)
    return FALSE;
  flags = is_immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  return ioctl (fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void
test_immutable (void)
{
  g_autoptr (GError) error = NULL;

  test_make_file ("tree/a/immutable");
  test_make_file ("tree/a/other");
  test_make_file ("tree/dir/inner/file");
  test_make_file ("tree/z/file");
  if (!set_immutable ("tree/a/immutable", TRUE) || !set_immutable ("tree/dir", TRUE))
    {
      g_test_skip ("nothing can be made immutable here");
      return;
    }

  remove_contents (NULL, &error);
  g_assert_true (set_immutable ("tree/a/immutable", FALSE));
  g_assert_true (set_immutable ("tree/dir", FALSE));

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "immutable");
  test_assert_error_mentions (error, "… and 1 more");
  test_assert_list ("tree", "a dir");
  test_assert_list ("tree/a", "immutable");
  test_assert_list ("tree/dir", "inner");
  test_assert_list ("tree/dir/inner", "");
  assert_removes ();
}

/* Cancelled at any moment, it leaves no mode other than it was. */
static void
child_cancelled (gconstpointer data)
{
  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  test_limit_fds (64); /* so that few are kept open */

  for (guint i = 0;; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;

      test_make_file ("tree/locked/c/c/c/c/c/c/c/c/file");
      test_make_file ("tree/locked/c/c/c/c/file");
      test_make_file ("tree/locked/file");
      change_mode ("tree/locked/c/c", 0500);
      change_mode ("tree/locked", 0500);

      to_cancel = cancellable;
      n_until_cancelled = i;
      remove_contents (cancellable, &error);
      to_cancel = NULL;

      if (error == NULL)
        break;
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      assert_mode_if_there ("tree/locked", 0500);
      assert_mode_if_there ("tree/locked/c/c", 0500);
      assert_removes ();
    }
}

static void
test_cancelled (void)
{
  test_in_child (child_cancelled, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-remove-walk/on-server", test_on_server);
  g_test_add_func ("/temp-remove-walk/devices", test_devices);
  g_test_add_func ("/temp-remove-walk/immutable", test_immutable);
  g_test_add_func ("/temp-remove-walk/cancelled", test_cancelled);

  return g_test_run ();
}
