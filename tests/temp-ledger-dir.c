/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-dir-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "temp-name-private.h"
#include "test-support.h"

/* The bits that the commands of the open files' locks have in common, and no other command. */
#define OFD_LOCKS 36

/* The library's calls of fcntl() come here: the next one that takes a lock calls this one first,
 * which gives the error to fail with, or 0. */
static int (*on_lock) (int fd);
static guint n_locks;

int
fcntl (int fd,
       int command,
       ...)
{
  va_list args;
  void *argument;

  va_start (args, command);
  argument = va_arg (args, void *);
  va_end (args);

  if (command == F_OFD_SETLK || command == F_OFD_SETLKW)
    {
      int errsv = on_lock != NULL ? on_lock (fd) : 0;

      n_locks++;
      if (errsv != 0)
        {
          errno = errsv;
          return -1;
        }
    }

  return syscall (SYS_fcntl, fd, command, argument);
}

/* Directories */

static int
open_dir (guint which)
{
  g_autoptr (GError) error = NULL;
  int fd = temp_ledger_dir_open (which, TRUE, &error);

  g_assert_no_error (error);
  g_assert_no_errno (fd);
  return fd;
}

static void
assert_refused (guint which,
                int   code)
{
  g_autofree char *path = temp_ledger_dir_get_path (which);
  g_autoptr (GError) error = NULL;
  guint n_fds = test_count_fds ();

  g_assert_cmpint (temp_ledger_dir_open (which, TRUE, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, path);
  g_assert_cmpint (temp_ledger_dir_open (which, FALSE, NULL), ==, -1);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
assert_private (const char *path)
{
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_cmphex (st.st_mode, ==, S_IFDIR | 0700);
}

/* The library's own in the state's home, and the last one, that is of this machine. */
static char *
get_own (void)
{
  return test_path ("state/tempfile-glib");
}

static char *
get_last (void)
{
  return temp_ledger_dir_get_path (0);
}

static void
test_create (gconstpointer data)
{
  g_autofree char *home = test_path ("one/two/three");
  g_autofree char *one = test_path ("one");
  g_autofree char *own = test_path ("one/two/three/tempfile-glib");
  g_autofree char *last = NULL;
  g_autoptr (GError) error = NULL;
  temp_autofd int fd = -1, again = -1;
  struct stat st, by_path;

  g_setenv ("XDG_STATE_HOME", home, TRUE);
  umask (0);
  last = get_last ();
  g_assert_true (g_str_has_prefix (last, own));
  g_assert_cmpint (temp_ledger_dir_open (0, FALSE, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, last);
  test_assert_exists (one, FALSE);

  fd = open_dir (0);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  assert_private (one);
  assert_private (home);
  assert_private (own);
  assert_private (last);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_no_errno (stat (last, &by_path));
  g_assert_cmpuint (st.st_ino, ==, by_path.st_ino);

  again = temp_ledger_dir_open (0, FALSE, NULL);
  g_assert_no_errno (again);
}

/* No two machines that share the home have the same; it is one part of a path. */
static void
test_machine (gconstpointer data)
{
  g_autofree char *last = get_last ();
  g_autofree char *base = g_path_get_basename (last);
  g_autofree char *id = NULL;

  g_assert_cmpstr (base, !=, "");
  if (g_file_get_contents ("/etc/machine-id", &id, NULL, NULL) && strlen (g_strchomp (id)) == 32)
    g_assert_cmpstr (base, ==, id);
}

static void
test_no_machine_id (gconstpointer data)
{
  g_autofree char *expected = g_strconcat ("host-", g_get_host_name (), NULL);
  g_autofree char *last = NULL;
  g_autofree char *base = NULL;

  if (!test_mount_tmpfs ("/etc", "size=64k") ||
      (g_file_test ("/var/lib/dbus", G_FILE_TEST_IS_DIR) && !test_mount_tmpfs ("/var/lib/dbus", "size=64k")))
    test_child_skip ("no mounts here");
  test_write ("/etc/machine-id", "../../../../../tmp/elsewhere/\n");
  last = get_last ();
  base = g_path_get_basename (last);
  g_assert_cmpstr (base, ==, expected);
}

static void
test_own_link (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *own = get_own ();
  g_autofree char *names = NULL;

  g_assert_no_errno (g_mkdir (state, 0700));
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink (elsewhere, own));
  assert_refused (0, G_IO_ERROR_NOT_DIRECTORY);
  names = test_list (elsewhere);
  g_assert_cmpstr (names, ==, "");
}

static void
test_last_link (gconstpointer data)
{
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *own = get_own ();
  g_autofree char *last = get_last ();

  g_assert_no_errno (g_mkdir_with_parents (own, 0700));
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink (elsewhere, last));
  assert_refused (0, G_IO_ERROR_NOT_DIRECTORY);
}

/* The home itself may be one: users put it elsewhere. */
static void
test_home_link (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *moved = test_path ("elsewhere/tempfile-glib");
  temp_autofd int fd = -1;

  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink (elsewhere, state));
  fd = open_dir (0);
  assert_private (moved);
}

static void
test_in_the_way (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *own = get_own ();

  test_write (state, "");
  assert_refused (0, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_no_errno (g_unlink (state));
  g_assert_no_errno (g_mkdir (state, 0700));
  test_write (own, "");
  assert_refused (0, G_IO_ERROR_NOT_DIRECTORY);
}

/* Neither the home, nor what is above it, nor the library's own may be somebody else's. */
static void
test_foreign (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *home = test_path ("state/home");
  g_autofree char *own = test_path ("state/home/tempfile-glib");
  g_autofree char *last = NULL;
  const char *paths[4];

  g_setenv ("XDG_STATE_HOME", home, TRUE);

  g_assert_no_errno (g_mkdir (state, 0777));
  if (geteuid () != 0 || chown (state, 12, 34) < 0)
    test_child_skip ("not allowed to give a directory away");
  assert_refused (0, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_exists (home, FALSE);
  g_assert_no_errno (chown (state, 0, 0));

  temp_fd_clear (&(int) { open_dir (0) });
  last = get_last ();
  paths[0] = home, paths[1] = own, paths[2] = last, paths[3] = NULL;
  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_assert_no_errno (chown (paths[i], 12, 34));
      assert_refused (0, G_IO_ERROR_PERMISSION_DENIED);
      g_assert_no_errno (chown (paths[i], 0, 0));
      temp_fd_clear (&(int) { open_dir (0) });
    }
}

static void
test_mode (gconstpointer data)
{
  static const mode_t modes[] = { 0777, 0755, 0750, 0701, 01777 };
  g_autofree char *state = test_path ("state");
  g_autofree char *own = get_own ();
  g_autofree char *last = get_last ();

  g_assert_no_errno (g_mkdir (state, 0755));
  temp_fd_clear (&(int) { open_dir (0) });
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_no_errno (chmod (own, modes[i]));
      g_assert_no_errno (chmod (last, modes[i]));
      temp_fd_clear (&(int) { open_dir (0) });
      assert_private (own);
      assert_private (last);
    }
}

static void
test_mode_stays (gconstpointer data)
{
  g_autofree char *last = get_last ();

  temp_fd_clear (&(int) { open_dir (0) });
  g_assert_no_errno (chmod (last, 0777));
  if (!test_fail_syscall (SYS_fchmod, EROFS))
    test_child_skip ("no filters of system calls here");
  assert_refused (0, G_IO_ERROR_READ_ONLY);
}

static void
test_read_only (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *runtime = test_path ("runtime/tempfile-glib");
  temp_autofd int fd = -1;

  g_assert_no_errno (g_mkdir (state, 0700));
  if (!test_mount_tmpfs (state, "size=64k,mode=700"))
    test_child_skip ("no mounts here");
  g_assert_no_errno (mount ("tmpfs", state, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
  assert_refused (0, G_IO_ERROR_READ_ONLY);

  /* That is what the second one is for. */
  fd = open_dir (1);
  assert_private (runtime);
}

static void
test_closed (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *runtime = test_path ("runtime");

  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  g_assert_no_errno (g_mkdir (state, 0500));
  g_assert_no_errno (g_mkdir (runtime, 0700));
  assert_refused (0, G_IO_ERROR_PERMISSION_DENIED);
  temp_fd_clear (&(int) { open_dir (1) });
  g_assert_no_errno (chmod (state, 0700));
}

/* Without any, it is below the home. */
static void
test_home (gconstpointer data)
{
  g_autofree char *home = test_path ("home");
  g_autofree char *own = test_path ("home/.local/state/tempfile-glib");

  g_unsetenv ("XDG_STATE_HOME");
  g_setenv ("HOME", home, TRUE);
  g_assert_no_errno (g_mkdir (home, 0755));
  temp_fd_clear (&(int) { open_dir (0) });
  assert_private (own);
}

static void
test_missing_home (gconstpointer data)
{
  g_unsetenv ("XDG_STATE_HOME");
  g_setenv ("HOME", "/proc/nonexistent", TRUE);
  /* Who may not make it is not even let try. */
  assert_refused (0, geteuid () == 0 ? G_IO_ERROR_NOT_FOUND : G_IO_ERROR_PERMISSION_DENIED);
  temp_fd_clear (&(int) { open_dir (1) });
}

/* What is below the current directory is another one each time. */
static void
test_relative (gconstpointer data)
{
  g_autofree char *state = test_path ("relative");

  g_setenv ("XDG_STATE_HOME", "relative", TRUE);
  g_assert_no_errno (g_mkdir (state, 0700));
  g_assert_no_errno (chdir (test_dir ()));
  assert_refused (0, G_IO_ERROR_INVALID_ARGUMENT);
}

/* Locks */

static char *
make_ledger (void)
{
  char *path = test_path ("ledger-x");

  test_write (path, "");
  return path;
}

static int
open_again (const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);

  g_assert_no_errno (fd);
  return fd;
}

static int
open_test_dir (void)
{
  int fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_no_errno (fd);
  return fd;
}

static gboolean
is_listed (int         dir_fd,
           const char *name)
{
  g_autoptr (GPtrArray) names = temp_ledger_list_free (dir_fd, G_MAXUINT);

  return g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL);
}

static void
assert_in_use (int dir_fd)
{
  g_assert_false (is_listed (dir_fd, "ledger-x"));
  g_assert_cmpint (temp_ledger_take (dir_fd, "ledger-x", FALSE), ==, -1);
}

static void
assert_free (int dir_fd)
{
  temp_autofd int fd = -1;

  g_assert_true (is_listed (dir_fd, "ledger-x"));
  fd = temp_ledger_take (dir_fd, "ledger-x", FALSE);
  g_assert_no_errno (fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
}

/* Not even the same process takes what it has: the lock is not the process's. */
static void
test_same_process (void)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = open_again (path);
  temp_autofd int second = open_again (path);

  assert_free (dir_fd);
  g_assert_true (temp_ledger_lock (fd, FALSE));
  g_assert_true (temp_ledger_lock (fd, FALSE));
  g_assert_false (temp_ledger_lock (second, FALSE));
  g_assert_cmpint (errno, ==, EAGAIN);
  assert_in_use (dir_fd);

  /* Closing another descriptor of the file frees nothing. */
  temp_fd_clear (&second);
  assert_in_use (dir_fd);
  temp_ledger_unlock (fd);
  assert_free (dir_fd);
  g_assert_true (temp_ledger_lock (fd, FALSE));
  temp_fd_clear (&fd);
  assert_free (dir_fd);
}

static void
test_other_process (void)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  int locked[2], life[2];
  char byte;
  int status;
  pid_t pid;
  int fd;

  g_assert_no_errno (pipe2 (locked, O_CLOEXEC));
  g_assert_no_errno (pipe2 (life, O_CLOEXEC));
  pid = test_fork_idle ();
  if (pid == 0)
    {
      close (life[1]);
      fd = open_again (path);
      if (!temp_ledger_lock (fd, FALSE) || write (locked[1], "l", 1) != 1)
        test_child_exit (1);
      test_child_exit (read (life[0], &byte, 1) != 0);
    }

  close (locked[1]);
  g_assert_cmpint (read (locked[0], &byte, 1), ==, 1);
  assert_in_use (dir_fd);
  close (life[1]);

  /* Until it ends, however long that takes. */
  fd = temp_ledger_take (dir_fd, "ledger-x", TRUE);
  g_assert_no_errno (fd);
  g_assert_no_errno (waitpid (pid, &status, 0));
  if (g_getenv ("TEST_VALGRIND") == NULL)
    g_assert_cmpint (status, ==, 0);
  assert_in_use (dir_fd);
  close (fd);
  assert_free (dir_fd);
  close (life[0]);
  close (locked[0]);
}

/* A child has the same open file: whoever unlocks it, it is unlocked for both. */
static void
child_unlock (gconstpointer data)
{
  temp_ledger_unlock (GPOINTER_TO_INT (data));
}

static void
child_nothing (gconstpointer data)
{
}

static void
test_child (void)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = open_again (path);

  g_assert_true (temp_ledger_lock (fd, FALSE));
  test_in_child (child_nothing, NULL);
  assert_in_use (dir_fd);
  test_in_child (child_unlock, GINT_TO_POINTER (fd));
  assert_free (dir_fd);
}

/* If in doubt, its process lives. */
static void
child_failing (gconstpointer data)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = open_again (path);
  g_autofree char *created = NULL;
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_fcntl, GPOINTER_TO_INT (data), 1, OFD_LOCKS))
    test_child_skip ("no filters of system calls here");
  g_assert_false (temp_ledger_lock (fd, FALSE));
  g_assert_cmpint (errno, ==, GPOINTER_TO_INT (data));
  assert_in_use (dir_fd);
  g_assert_cmpint (temp_ledger_take (dir_fd, "ledger-x", TRUE), ==, -1);

  /* Without locks, there are no ledgers. */
  g_assert_cmpint (temp_ledger_create (dir_fd, test_dir (), &created, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (GPOINTER_TO_INT (data)));
  test_assert_error_mentions (error, test_dir ());
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "ledger-x");
}

static void
test_failing (gconstpointer data)
{
  test_in_child (child_failing, data);
}

/* Kernels without the locks of open files have those of flock(). */
static void
child_flock (gconstpointer data)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = open_again (path);
  temp_autofd int other = open_again (path);

  if (!test_fail_syscall_if (SYS_fcntl, EINVAL, 1, OFD_LOCKS))
    test_child_skip ("no filters of system calls here");
  assert_free (dir_fd);
  g_assert_true (temp_ledger_lock (fd, FALSE));
  g_assert_cmpint (flock (other, LOCK_SH | LOCK_NB), ==, -1);
  assert_in_use (dir_fd);
  temp_ledger_unlock (fd);
  assert_free (dir_fd);
  g_assert_no_errno (flock (other, LOCK_EX | LOCK_NB));
  g_assert_false (temp_ledger_lock (fd, FALSE));
  g_assert_cmpint (errno, ==, EAGAIN);
  temp_fd_clear (&other);
  g_assert_true (temp_ledger_lock (fd, TRUE));
}

static void
test_flock (void)
{
  test_in_child (child_flock, NULL);
}

static void
child_no_flock (gconstpointer data)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = open_again (path);

  if (!test_fail_syscall_if (SYS_fcntl, EINVAL, 1, OFD_LOCKS) || !test_fail_syscall (SYS_flock, ENOLCK))
    test_child_skip ("no filters of system calls here");
  g_assert_false (temp_ledger_lock (fd, FALSE));
  assert_in_use (dir_fd);
}

static void
test_no_flock (void)
{
  test_in_child (child_no_flock, NULL);
}

static int
interrupt_once (int fd)
{
  on_lock = NULL;
  return EINTR;
}

static void
test_interrupted (void)
{
  g_autofree char *path = make_ledger ();
  temp_autofd int fd = open_again (path);

  n_locks = 0;
  on_lock = interrupt_once;
  g_assert_true (temp_ledger_lock (fd, TRUE));
  g_assert_cmpuint (n_locks, ==, 2);
}

/* Taking */

static int
remove_it (int fd)
{
  g_autofree char *path = test_path ("ledger-x");

  on_lock = NULL;
  g_assert_no_errno (g_unlink (path));
  return 0;
}

static int
replace_it (int fd)
{
  g_autofree char *path = test_path ("ledger-x");

  remove_it (fd);
  test_write (path, "another");
  return 0;
}

/* Between opening and locking, another sweep was there. */
static void
test_taken_away (void)
{
  temp_autofd int dir_fd = open_test_dir ();
  guint n_fds = test_count_fds ();

  g_free (make_ledger ());
  on_lock = replace_it;
  g_assert_cmpint (temp_ledger_take (dir_fd, "ledger-x", FALSE), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  assert_free (dir_fd);

  on_lock = remove_it;
  g_assert_cmpint (temp_ledger_take (dir_fd, "ledger-x", TRUE), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  g_assert_cmpint (temp_ledger_take (dir_fd, "ledger-x", FALSE), ==, -1);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
assert_not_taken (int         dir_fd,
                  const char *name)
{
  g_assert_cmpint (temp_ledger_take (dir_fd, name, FALSE), ==, -1);
}

static void
test_no_ledger (void)
{
  g_autofree char *path = make_ledger ();
  g_autofree char *dir = test_path ("ledger-dir");
  g_autofree char *fifo = test_path ("ledger-fifo");
  g_autofree char *link = test_path ("ledger-link");
  temp_autofd int dir_fd = open_test_dir ();

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (symlink ("ledger-x", link));
  assert_not_taken (dir_fd, "ledger-dir");
  assert_not_taken (dir_fd, "ledger-fifo");
  assert_not_taken (dir_fd, "ledger-link");
  assert_not_taken (dir_fd, "ledger-missing");
  g_assert_false (is_listed (dir_fd, "ledger-dir"));
  g_assert_false (is_listed (dir_fd, "ledger-link"));
  assert_free (dir_fd);

  if (geteuid () == 0 && chown (path, 12, 34) == 0)
    assert_not_taken (dir_fd, "ledger-x");
}

static void
test_list_free (void)
{
  g_autofree char *other = test_path ("other");
  temp_autofd int dir_fd = open_test_dir ();
  guint n_fds;

  test_write (other, "");
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *base = g_strdup_printf ("ledger-%u", i);
      g_autofree char *path = test_path (base);

      test_write (path, "");
    }
  n_fds = test_count_fds ();
  for (guint max = 0; max < 8; max++)
    {
      g_autoptr (GPtrArray) found = temp_ledger_list_free (dir_fd, max);

      g_assert_cmpuint (found->len, ==, MIN (max, 5));
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_false (is_listed (dir_fd, "other"));
  {
    g_autoptr (GPtrArray) found = temp_ledger_list_free (-1, 1);

    g_assert_cmpuint (found->len, ==, 0);
  }
}

/* Making */

static void
test_make (void)
{
  g_autofree char *path = NULL;
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = temp_ledger_create (dir_fd, test_dir (), &path, &error);
  struct stat st, by_path;

  g_assert_no_error (error);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_no_errno (lstat (path, &by_path));
  g_assert_cmphex (st.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpuint (st.st_ino, ==, by_path.st_ino);
  names = test_list (test_dir ());
  g_assert_true (g_str_has_prefix (names, "ledger-"));
  g_assert_true (g_str_has_suffix (path, names));
  g_assert_false (is_listed (dir_fd, names));
  assert_not_taken (dir_fd, names);
}

static char *first_made;

/* A sweep was faster: it has the lock, or had it and removed the file. */
static int
sweep_has_lock (int fd)
{
  on_lock = NULL;
  return EAGAIN;
}

static int
sweep_has_removed (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);

  on_lock = NULL;
  first_made = g_file_read_link (link, NULL);
  g_assert_no_errno (g_unlink (first_made));
  return 0;
}

static int
sweep_is_always_faster (int fd)
{
  return EAGAIN;
}

static void
test_make_again (void)
{
  g_autofree char *path = NULL;
  g_autofree char *names = NULL;
  temp_autofd int dir_fd = open_test_dir ();
  temp_autofd int fd = -1;

  n_locks = 0;
  on_lock = sweep_has_removed;
  fd = temp_ledger_create (dir_fd, test_dir (), &path, NULL);
  g_assert_no_errno (fd);
  g_assert_cmpuint (n_locks, ==, 2);
  g_assert_cmpstr (path, !=, first_made);
  g_clear_pointer (&first_made, g_free);
  names = test_list (test_dir ());
  g_assert_true (g_str_has_suffix (path, names));

  /* The first one is the sweep's, which removes it. */
  g_clear_pointer (&path, g_free);
  temp_fd_clear (&fd);
  n_locks = 0;
  on_lock = sweep_has_lock;
  fd = temp_ledger_create (dir_fd, test_dir (), &path, NULL);
  g_assert_no_errno (fd);
  g_assert_cmpuint (n_locks, ==, 2);
  test_assert_exists (path, TRUE);
}

static void
test_make_in_vain (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  temp_autofd int dir_fd = open_test_dir ();
  guint n_fds = test_count_fds ();

  n_locks = 0;
  on_lock = sweep_is_always_faster;
  g_assert_cmpint (temp_ledger_create (dir_fd, test_dir (), &path, &error), ==, -1);
  on_lock = NULL;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  test_assert_error_mentions (error, test_dir ());
  g_assert_null (path);
  g_assert_cmpuint (n_locks, ==, TEMP_NAME_MAX_TRIES);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_make_nowhere (void)
{
  g_autofree char *path = NULL;
  g_autofree char *dir = test_path ("gone");
  g_autoptr (GError) error = NULL;
  temp_autofd int dir_fd = -1;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_assert_no_errno (dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  g_assert_no_errno (g_rmdir (dir));
  g_assert_cmpint (temp_ledger_create (dir_fd, dir, &path, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, dir);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/temp-ledger-dir/create", test_create);
  test_add_with_ledgers ("/temp-ledger-dir/machine", test_machine);
  test_add_with_ledgers ("/temp-ledger-dir/machine/no-id", test_no_machine_id);
  test_add_with_ledgers ("/temp-ledger-dir/link/own", test_own_link);
  test_add_with_ledgers ("/temp-ledger-dir/link/machine", test_last_link);
  test_add_with_ledgers ("/temp-ledger-dir/link/home", test_home_link);
  test_add_with_ledgers ("/temp-ledger-dir/in-the-way", test_in_the_way);
  test_add_with_ledgers ("/temp-ledger-dir/foreign", test_foreign);
  test_add_with_ledgers ("/temp-ledger-dir/mode", test_mode);
  test_add_with_ledgers ("/temp-ledger-dir/mode/stays", test_mode_stays);
  test_add_with_ledgers ("/temp-ledger-dir/read-only", test_read_only);
  test_add_with_ledgers ("/temp-ledger-dir/closed", test_closed);
  test_add_with_ledgers ("/temp-ledger-dir/home", test_home);
  test_add_with_ledgers ("/temp-ledger-dir/home/missing", test_missing_home);
  test_add_with_ledgers ("/temp-ledger-dir/home/relative", test_relative);
  g_test_add_func ("/temp-ledger-dir/lock/same-process", test_same_process);
  g_test_add_func ("/temp-ledger-dir/lock/other-process", test_other_process);
  g_test_add_func ("/temp-ledger-dir/lock/child", test_child);
  g_test_add_data_func ("/temp-ledger-dir/lock/none", GINT_TO_POINTER (ENOLCK), test_failing);
  g_test_add_data_func ("/temp-ledger-dir/lock/unsupported", GINT_TO_POINTER (EOPNOTSUPP), test_failing);
  g_test_add_data_func ("/temp-ledger-dir/lock/refused", GINT_TO_POINTER (EPERM), test_failing);
  g_test_add_func ("/temp-ledger-dir/lock/flock", test_flock);
  g_test_add_func ("/temp-ledger-dir/lock/no-flock", test_no_flock);
  g_test_add_func ("/temp-ledger-dir/lock/interrupted", test_interrupted);
  g_test_add_func ("/temp-ledger-dir/take/taken-away", test_taken_away);
  g_test_add_func ("/temp-ledger-dir/take/no-ledger", test_no_ledger);
  g_test_add_func ("/temp-ledger-dir/list-free", test_list_free);
  g_test_add_func ("/temp-ledger-dir/make", test_make);
  g_test_add_func ("/temp-ledger-dir/make/again", test_make_again);
  g_test_add_func ("/temp-ledger-dir/make/in-vain", test_make_in_vain);
  g_test_add_func ("/temp-ledger-dir/make/nowhere", test_make_nowhere);

  return g_test_run ();
}
