/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-identity-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "test-support.h"

static int
open_test_dir (void)
{
  int fd = open (test_dir (), O_PATH | O_DIRECTORY | O_CLOEXEC);

  g_assert_no_errno (fd);
  return fd;
}

static void
write_in (int         dir_fd,
          const char *base,
          const char *contents)
{
  temp_autofd int fd = openat (dir_fd, base, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);

  g_assert_no_errno (fd);
  g_assert_cmpint (write (fd, contents, strlen (contents)), ==, strlen (contents));
}

/* What is looked at is what the kernel says of the same thing by the older call. */
static void
assert_identifies (int                fd,
                   const char        *base,
                   const struct stat *expected,
                   TempIdentity      *identity)
{
  struct stat st;

  g_assert_true (temp_identity_get (fd, base, identity, &st));
  g_assert_cmpuint (identity->dev, ==, expected->st_dev);
  g_assert_cmpuint (identity->ino, ==, expected->st_ino);
  g_assert_cmpuint (st.st_dev, ==, expected->st_dev);
  g_assert_cmpuint (st.st_ino, ==, expected->st_ino);
  g_assert_cmphex (st.st_mode, ==, expected->st_mode);
  g_assert_cmpuint (st.st_nlink, ==, expected->st_nlink);
  g_assert_cmpuint (st.st_uid, ==, expected->st_uid);
  g_assert_cmpuint (st.st_gid, ==, expected->st_gid);
  g_assert_cmpint (st.st_size, ==, expected->st_size);
  g_assert_true (temp_identity_is_of (identity, expected));
}

static void
assert_same_birth (const TempIdentity *a,
                   const TempIdentity *b)
{
  g_assert_cmpint (a->has_birth, ==, b->has_birth);
  g_assert_cmpint (a->birth_sec, ==, b->birth_sec);
  g_assert_cmpuint (a->birth_nsec, ==, b->birth_nsec);
}

static void
test_forms (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = -1, path_fd = -1;
  g_autofree char *path = test_path ("file");
  TempIdentity by_fd, by_path_fd, by_name, by_path, dir, dir_by_path;
  struct stat st;

  write_in (dir_fd, "file", "contents");
  g_assert_no_errno (fd = openat (dir_fd, "file", O_RDONLY | O_CLOEXEC));
  g_assert_no_errno (path_fd = openat (dir_fd, "file", O_PATH | O_CLOEXEC));
  g_assert_no_errno (fstat (fd, &st));
  assert_identifies (fd, "", &st, &by_fd);
  assert_identifies (path_fd, "", &st, &by_path_fd);
  assert_identifies (dir_fd, "file", &st, &by_name);
  assert_identifies (AT_FDCWD, path, &st, &by_path);
  assert_same_birth (&by_fd, &by_path_fd);
  assert_same_birth (&by_fd, &by_name);
  assert_same_birth (&by_fd, &by_path);

  g_assert_no_errno (fstat (dir_fd, &st));
  assert_identifies (dir_fd, "", &st, &dir);
  assert_identifies (AT_FDCWD, test_dir (), &st, &dir_by_path);
  assert_same_birth (&dir, &dir_by_path);
  g_assert_cmpuint (dir.ino, !=, by_fd.ino);
}

static void
test_birth (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity identity;
  struct statx stx;
  struct stat st;

  write_in (dir_fd, "file", "");
  g_assert_true (temp_identity_get (dir_fd, "file", &identity, &st));
  if (statx (dir_fd, "file", 0, STATX_BTIME, &stx) < 0 || (stx.stx_mask & STATX_BTIME) == 0)
    {
      g_assert_false (identity.has_birth);
      g_test_skip ("This filesystem does not know when a file was made");
      return;
    }

  g_assert_true (identity.has_birth);
  g_assert_cmpint (identity.birth_sec, ==, stx.stx_btime.tv_sec);
  g_assert_cmpuint (identity.birth_nsec, ==, stx.stx_btime.tv_nsec);
}

/* As the entry does with what it made, whatever became of its name. */
static void
test_unlinked (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = -1;
  TempIdentity before, after;
  struct stat st;

  write_in (dir_fd, "file", "");
  g_assert_no_errno (fd = openat (dir_fd, "file", O_RDONLY | O_CLOEXEC));
  g_assert_true (temp_identity_get (fd, "", &before, &st));
  g_assert_cmpuint (st.st_nlink, ==, 1);
  g_assert_no_errno (unlinkat (dir_fd, "file", 0));
  g_assert_true (temp_identity_get (fd, "", &after, &st));
  g_assert_cmpuint (st.st_nlink, ==, 0);
  g_assert_true (temp_identity_is_of (&before, &st));
  assert_same_birth (&before, &after);
}

static void
test_symlink (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity link, dangling, target;
  struct stat st;

  write_in (dir_fd, "target", "");
  g_assert_no_errno (symlinkat ("target", dir_fd, "link"));
  g_assert_no_errno (symlinkat ("missing", dir_fd, "dangling"));

  g_assert_true (temp_identity_get (dir_fd, "target", &target, &st));
  g_assert_true (S_ISREG (st.st_mode));
  g_assert_true (temp_identity_get (dir_fd, "link", &link, &st));
  g_assert_true (S_ISLNK (st.st_mode));
  g_assert_cmpuint (link.ino, !=, target.ino);
  g_assert_true (temp_identity_get (dir_fd, "dangling", &dangling, &st));
  g_assert_true (S_ISLNK (st.st_mode));
}

static void
test_is_of (void)
{
  const TempIdentity identity = { .dev = 12, .ino = 34 };
  const struct stat same = { .st_dev = 12, .st_ino = 34 };
  const struct stat other_dev = { .st_dev = 13, .st_ino = 34 };
  const struct stat other_ino = { .st_dev = 12, .st_ino = 35 };

  g_assert_true (temp_identity_is_of (&identity, &same));
  g_assert_false (temp_identity_is_of (&identity, &other_dev));
  g_assert_false (temp_identity_is_of (&identity, &other_ino));
}

/* What the birth is for: the inode alone does not tell the two apart. */
static void
test_same_inode (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity first, next;
  struct stat st;

  write_in (dir_fd, "file", "");
  g_assert_true (temp_identity_get (dir_fd, "file", &first, &st));
  if (!first.has_birth)
    {
      g_test_skip ("This filesystem does not know when a file was made");
      return;
    }
  g_assert_no_errno (unlinkat (dir_fd, "file", 0));
  test_wait_tick ();

  /* Others may make files, too. */
  for (guint i = 0; i < 1000; i++)
    {
      write_in (dir_fd, "file", "");
      g_assert_true (temp_identity_get (dir_fd, "file", &next, &st));
      g_assert_no_errno (unlinkat (dir_fd, "file", 0));
      g_assert_true (next.has_birth);
      g_assert_true (next.birth_sec != first.birth_sec || next.birth_nsec != first.birth_nsec);
      if (temp_identity_is_of (&first, &st))
        return;
    }

  g_test_skip ("This filesystem does not give an inode's number out again");
}

/* A time of birth is that of the file, not of the last change of it. */
static void
test_birth_stays (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity before, after;
  struct stat st;

  write_in (dir_fd, "file", "");
  g_assert_true (temp_identity_get (dir_fd, "file", &before, &st));
  if (!before.has_birth)
    {
      g_test_skip ("This filesystem does not know when a file was made");
      return;
    }
  test_wait_tick ();

  g_assert_no_errno (fchmodat (dir_fd, "file", 0600, 0));
  g_assert_no_errno (utimensat (dir_fd, "file", NULL, 0));
  g_assert_no_errno (renameat (dir_fd, "file", dir_fd, "renamed"));
  g_assert_true (temp_identity_get (dir_fd, "renamed", &after, &st));
  assert_same_birth (&before, &after);
}

static void
child_without_statx (gconstpointer data)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity identity = { .birth_sec = 1, .birth_nsec = 2, .has_birth = TRUE };
  struct stat expected, st;

  write_in (dir_fd, "file", "contents");
  g_assert_no_errno (symlinkat ("file", dir_fd, "link"));
  if (!test_fail_syscall (SYS_statx, GPOINTER_TO_INT (data)))
    test_child_skip ("no filters of system calls here");

  g_assert_no_errno (fstatat (dir_fd, "file", &expected, 0));
  assert_identifies (dir_fd, "file", &expected, &identity);
  g_assert_false (identity.has_birth);
  g_assert_cmpint (identity.birth_sec, ==, 0);
  g_assert_cmpuint (identity.birth_nsec, ==, 0);

  g_assert_no_errno (fstat (dir_fd, &expected));
  assert_identifies (dir_fd, "", &expected, &identity);
  g_assert_true (temp_identity_get (dir_fd, "link", &identity, &st));
  g_assert_true (S_ISLNK (st.st_mode));
  g_assert_false (temp_identity_get (dir_fd, "missing", &identity, &st));
  g_assert_cmpint (errno, ==, ENOENT);
}

static void
test_without_statx (gconstpointer data)
{
  test_in_child (child_without_statx, data);
}

/* Any other error is one, and not a reason to look in another way. */
static void
child_failing (gconstpointer data)
{
  temp_autofd int dir_fd = open_test_dir ();
  TempIdentity identity;
  struct stat st;

  if (!test_fail_syscall (SYS_statx, EIO))
    test_child_skip ("no filters of system calls here");
  g_assert_false (temp_identity_get (dir_fd, "", &identity, &st));
  g_assert_cmpint (errno, ==, EIO);
}

static void
test_failing (void)
{
  test_in_child (child_failing, NULL);
}

static void
assert_fails (int         fd,
              const char *base,
              int         errsv)
{
  TempIdentity identity;
  struct stat st;

  g_assert_false (temp_identity_get (fd, base, &identity, &st));
  g_assert_cmpint (errno, ==, errsv);
}

static void
test_errors (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  g_autofree char *long_name = g_strnfill (256, 'n');

  write_in (dir_fd, "file", "");
  assert_fails (dir_fd, "missing", ENOENT);
  assert_fails (dir_fd, "file/below", ENOTDIR);
  assert_fails (dir_fd, long_name, ENAMETOOLONG);
  assert_fails (-1, "", EBADF);
  assert_fails (-1, "file", EBADF);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-identity/forms", test_forms);
  g_test_add_func ("/temp-identity/birth", test_birth);
  g_test_add_func ("/temp-identity/unlinked", test_unlinked);
  g_test_add_func ("/temp-identity/symlink", test_symlink);
  g_test_add_func ("/temp-identity/is-of", test_is_of);
  g_test_add_func ("/temp-identity/same-inode", test_same_inode);
  g_test_add_func ("/temp-identity/birth-stays", test_birth_stays);
  g_test_add_data_func ("/temp-identity/without-statx/unknown", GINT_TO_POINTER (ENOSYS), test_without_statx);
  g_test_add_data_func ("/temp-identity/without-statx/refused", GINT_TO_POINTER (EPERM), test_without_statx);
  g_test_add_func ("/temp-identity/failing", test_failing);
  g_test_add_func ("/temp-identity/errors", test_errors);

  return g_test_run ();
}
