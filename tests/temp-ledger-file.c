/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-read-private.h"
#include "test-support.h"

static void
create (TempLedgerFile *file)
{
  g_autoptr (GError) error = NULL;

  *file = (TempLedgerFile) { .fd = -1 };
  g_assert_true (temp_ledger_file_create (file, &error));
  g_assert_no_error (error);
}

static gboolean
is_locked (const TempLedgerFile *file)
{
  temp_autofd int fd = temp_ledger_take (AT_FDCWD, file->path, FALSE);

  return fd < 0;
}

static void
test_create (gconstpointer data)
{
  g_autoptr (GPtrArray) records = NULL;
  TempLedgerOrigin origin;
  TempLedgerFile file;
  struct stat st;

  create (&file);
  g_assert_cmpint (file.fd, >=, 256);
  g_assert_cmpint (fcntl (file.fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_no_errno (stat (file.path, &st));
  g_assert_cmpuint (st.st_ino, ==, file.ino);
  g_assert_cmpuint (st.st_dev, ==, file.dev);
  g_assert_cmpint (st.st_size, ==, 4096);
  g_assert_true (is_locked (&file));
  g_assert_cmpint (temp_ledger_read (file.fd, &origin, &records), ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (records->len, ==, 0);
}

static void
test_no_room (gconstpointer data)
{
  const struct rlimit limit = { 4095, 4095 };
  g_autofree char *dir = temp_ledger_dir_get_path (0);
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  TempLedgerFile file = { .fd = -1 };

  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_false (temp_ledger_file_create (&file, &error));
  g_assert_nonnull (error);
  test_assert_error_mentions (error, dir);
  g_assert_null (file.path);
  names = test_list (dir);
  g_assert_cmpstr (names, ==, "");
}

/* Beyond the first page, each write looks, and never kills the process. */
static void
test_limit (gconstpointer data)
{
  const struct rlimit limit = { 5000, RLIM_INFINITY };
  const guint8 buffer[1024] = { 1 };
  TempLedgerFile file;

  create (&file);
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, sizeof buffer, 8), ==, sizeof buffer);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_cmpuint (temp_ledger_file_max_slots (), ==, 9);
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, sizeof buffer, 6), ==, sizeof buffer);
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, 1, 8), ==, 1);
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, sizeof buffer, 8), ==, -1);
  g_assert_cmpint (errno, ==, EFBIG);
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, 1, 9), ==, -1);
  g_assert_cmpint (errno, ==, EFBIG);
}

static void
test_reopen (gconstpointer data)
{
  const guint8 buffer[16] = { 1 };
  TempLedgerFile file;
  temp_autofd int fd = -1;

  create (&file);
  g_assert_true (file.is_held);
  close (file.fd);
  g_assert_true (is_locked (&file));
  g_assert_cmpint (temp_ledger_file_write (file.fd, buffer, sizeof buffer, 1), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);

  fd = temp_ledger_file_reopen (&file);
  g_assert_cmpint (fd, >=, 256);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (temp_ledger_file_write (fd, buffer, sizeof buffer, 1), ==, sizeof buffer);
  temp_fd_clear (&fd);
  g_assert_true (is_locked (&file));
}

/* Only ever the very file, and not if another process may have taken it in between. */
static void
test_reopen_another (gconstpointer data)
{
  TempLedgerFile file;

  create (&file);
  file.is_held = FALSE;
  g_assert_cmpint (temp_ledger_file_reopen (&file), ==, -1);

  file.is_held = TRUE;
  g_assert_no_errno (g_unlink (file.path));
  g_assert_cmpint (temp_ledger_file_reopen (&file), ==, -1);
  test_write (file.path, "another");
  g_assert_cmpint (temp_ledger_file_reopen (&file), ==, -1);
  g_assert_no_errno (g_unlink (file.path));
  g_assert_no_errno (mkfifo (file.path, 0600));
  g_assert_cmpint (temp_ledger_file_reopen (&file), ==, -1);
}

/* Not even a child that a bare clone() made, where no handler runs, keeps the lock, once the descriptor is
 * closed in it, too. */
static void
test_child (gconstpointer data)
{
  int life[2];
  TempLedgerFile file;
  pid_t owner, child;
  char *path = NULL;
  char line[4096];
  int out[2];
  gssize n;

  g_assert_no_errno (pipe2 (life, O_CLOEXEC));
  g_assert_no_errno (pipe2 (out, O_CLOEXEC));
  owner = fork ();
  g_assert_no_errno (owner);
  if (owner == 0)
    {
      create (&file);
      close (file.fd);
      child = syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
      if (child == 0)
        {
          char byte;

          close (life[1]);
          _exit (read (life[0], &byte, 1) != 0);
        }
      g_assert_true (is_locked (&file));
      g_assert_cmpint (write (out[1], file.path, strlen (file.path)), ==, strlen (file.path));
      _exit (0);
    }

  g_assert_no_errno (waitpid (owner, NULL, 0));
  n = read (out[0], line, sizeof line);
  g_assert_cmpint (n, >, 0);
  path = g_strndup (line, n);
  {
    temp_autofd int fd = temp_ledger_take (AT_FDCWD, path, FALSE);

    g_assert_cmpint (fd, >=, 0);
  }
  g_free (path);
  close (life[1]);
}

/* Where nothing can be mapped, the descriptor alone has the lock. */
static void
test_not_held (gconstpointer data)
{
  TempLedgerFile file;

  if (!test_fail_syscall (SYS_madvise, ENOSYS))
    test_child_skip ("no filters of system calls here");
  create (&file);
  g_assert_false (file.is_held);
  g_assert_true (is_locked (&file));
  close (file.fd);
  g_assert_false (is_locked (&file));
}

static void
test_remove (gconstpointer data)
{
  g_autofree char *dir = temp_ledger_dir_get_path (0);
  TempLedgerFile file;

  create (&file);
  g_assert_true (temp_ledger_file_remove (file.path));
  test_assert_exists (file.path, FALSE);
  g_assert_true (temp_ledger_file_remove (file.path));

  g_assert_no_errno (g_mkdir (file.path, 0700));
  g_assert_false (temp_ledger_file_remove (file.path));

  /* Somebody has removed them all. */
  g_assert_no_errno (g_rmdir (file.path));
  g_assert_no_errno (g_rmdir (dir));
  g_assert_true (temp_ledger_file_remove (file.path));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/temp-ledger-file/create", test_create);
  test_add_with_ledgers ("/temp-ledger-file/no-room", test_no_room);
  test_add_with_ledgers ("/temp-ledger-file/limit", test_limit);
  test_add_with_ledgers ("/temp-ledger-file/reopen", test_reopen);
  test_add_with_ledgers ("/temp-ledger-file/reopen/another", test_reopen_another);
  test_add_with_ledgers ("/temp-ledger-file/child", test_child);
  test_add_with_ledgers ("/temp-ledger-file/not-held", test_not_held);
  test_add_with_ledgers ("/temp-ledger-file/remove", test_remove);

  return g_test_run ();
}
