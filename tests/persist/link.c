/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "persist/link.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

static void
assert_resolves (const char *base,
                 const char *expected_base)
{
  g_autofree char *path = test_path (base);
  g_autofree char *expected = test_path (expected_base);
  g_autofree char *resolved = temp_persist_resolve (path);

  g_assert_cmpstr (resolved, ==, expected);
}

static void
make_link (const char *target,
           const char *base)
{
  g_autofree char *path = test_path (base);

  g_assert_no_errno (symlink (target, path));
}

static void
test_resolve (void)
{
  g_autofree char *file = test_path ("file");
  g_autofree char *loop = test_path ("loop");
  g_autofree char *dir = test_path ("dir");

  test_write (file, "x");
  g_assert_no_errno (mkdir (dir, 0700));
  make_link ("file", "relative");
  make_link (file, "absolute");
  make_link ("relative", "chain");
  make_link ("missing", "dangling");
  make_link ("dir/missing", "elsewhere");
  make_link ("loop", "loop");

  assert_resolves ("file", "file");
  assert_resolves ("missing", "missing");
  assert_resolves ("relative", "file");
  assert_resolves ("absolute", "file");
  assert_resolves ("chain", "file");
  assert_resolves ("dangling", "missing");
  assert_resolves ("elsewhere", "dir/missing");
  g_assert_null (temp_persist_resolve (loop));
  g_assert_cmpint (errno, ==, ELOOP);
}

/* In a directory like /tmp, another user's link is not followed. */
static void
child_foreign_link (gconstpointer data)
{
  g_autofree char *dir = test_path ("sticky");
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *protected = NULL;

  if (geteuid () != 0 ||
      !g_file_get_contents ("/proc/sys/fs/protected_symlinks", &protected, NULL, NULL) || protected[0] != '1')
    test_child_skip ("no other user, or links are not protected here");

  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_no_errno (symlink ("/nonexistent", link));
  if (lchown (link, 12, 34) < 0)
    test_child_skip ("not allowed to give a link away");
  g_assert_no_errno (chmod (dir, 01777));

  g_assert_null (temp_persist_resolve (link));
  g_assert_cmpint (errno, ==, EACCES);
}

/* The other user has a file of yours there while the kernel is asked, and a link again when that is read. */

static TempPlatform real;

static int
stat_harmless (TempHandle  dir,
               const char *name,
               TempStat   *st)
{
  return g_str_has_suffix (name, "/link") ? 0 : real.stat_target (dir, name, st);
}

static void
child_swapped_link (gconstpointer data)
{
  g_autofree char *dir = test_path ("sticky");
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *own_link = g_build_filename (dir, "own link", NULL);
  g_autofree char *victim = test_path ("victim");
  g_autofree char *resolved = NULL;

  if (geteuid () != 0)
    test_child_skip ("no other user");
  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_no_errno (symlink (victim, link));
  g_assert_no_errno (symlink (victim, own_link));
  if (lchown (link, 12, 34) < 0)
    test_child_skip ("not allowed to give a link away");
  g_assert_no_errno (chmod (dir, 01777));

  real = temp_platform;
  temp_platform.stat_target = stat_harmless;
  g_assert_null (temp_persist_resolve (link));
  g_assert_cmpint (errno, ==, EACCES);
  resolved = temp_persist_resolve (own_link);
  g_assert_cmpstr (resolved, ==, victim);
}

static void
test_swapped_link (void)
{
  test_in_child (child_swapped_link, NULL);
}

static void
test_foreign_link (void)
{
  test_in_child (child_foreign_link, NULL);
}

static void
test_link (void)
{
  temp_autofd int dir_fd = open (test_dir (), O_PATH | O_DIRECTORY | O_CLOEXEC);
  temp_autofd int fd = open (test_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  temp_autofd int deleted = openat (dir_fd, "deleted", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  struct stat st;

  if (test_skips_on_posix ("no names for open files"))
    return;
  if (fd < 0)
    {
      g_test_skip ("no files without a name here");
      return;
    }

  g_assert_no_errno (temp_platform.link_handle (fd, dir_fd, "name"));
  g_assert_no_errno (fstat (fd, &st));
  g_assert_cmpuint (st.st_nlink, ==, 1);
  g_assert_cmpint (temp_platform.link_handle (fd, dir_fd, "name"), ==, -1);
  g_assert_cmpint (errno, ==, EEXIST);
  g_assert_false (temp_persist_is_unlinkable (EEXIST));

  g_assert_no_errno (unlinkat (dir_fd, "deleted", 0));
  g_assert_cmpint (temp_platform.link_handle (deleted, dir_fd, "again"), ==, -1);
  g_assert_true (temp_persist_is_unlinkable (errno));
}

static void
test_renames (void)
{
  temp_autofd int dir_fd = open (test_dir (), O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *a = test_path ("a");
  g_autofree char *b = test_path ("b");
  g_autofree char *names = NULL;
  g_autofree char *contents = NULL;

  test_write (a, "a");
  test_write (b, "b");
  if (temp_platform.rename (dir_fd, "a", dir_fd, "b", TEMP_RENAME_EXCHANGE) < 0)
    {
      g_assert_true (temp_persist_has_no_rename_flags (errno));
      g_test_skip ("no such renames here");
      return;
    }

  g_assert_true (g_file_get_contents (a, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "b");
  g_assert_cmpint (temp_platform.rename (dir_fd, "a", dir_fd, "b", TEMP_RENAME_NEW), ==, -1);
  g_assert_cmpint (errno, ==, EEXIST);
  g_assert_false (temp_persist_has_no_rename_flags (errno));
  g_assert_no_errno (temp_platform.rename (dir_fd, "a", dir_fd, "c", TEMP_RENAME_NEW));
  g_assert_no_errno (temp_platform.rename (dir_fd, "c", dir_fd, "b", TEMP_RENAME_REPLACE));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "b");
}

static void
child_sync (gconstpointer data)
{
  temp_autofd int dir_fd = open (test_dir (), O_PATH | O_DIRECTORY | O_CLOEXEC);
  temp_autofd int fd = temp_persist_open_dir (dir_fd);

  g_assert_no_errno (fd);
  g_assert_true (temp_persist_sync (fd));
  g_assert_no_errno (temp_platform.sync (fd, TEMP_SYNC_FILESYSTEM));

  if (!test_fail_syscall (SYS_fsync, EIO) || !test_fail_syscall (SYS_syncfs, EIO))
    test_child_skip ("no filters of system calls here");
  g_assert_false (temp_persist_sync (fd));
  g_assert_cmpint (errno, ==, EIO);
  g_assert_cmpint (temp_platform.sync (fd, TEMP_SYNC_FILESYSTEM), ==, -1);
  g_assert_cmpint (errno, ==, EIO);
}

static void
test_sync (void)
{
  test_in_child (child_sync, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/persist/links/lead-to-their-end", test_resolve);
  g_test_add_func ("/private/another-users-link-is-not-followed", test_foreign_link);
  g_test_add_func ("/private/another-users-link-is-not-followed-that-is-swapped", test_swapped_link);
  g_test_add_func ("/persist/links/a-file-gets-a-name-by-its-descriptor", test_link);
  g_test_add_func ("/persist/atomic/renames-replace-only-if-they-should", test_renames);
  g_test_add_func ("/persist/durable/an-error-of-syncing-is-returned", test_sync);

  return g_test_run ();
}
