/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/alive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

static void
test_lock (void)
{
  g_autofree char *path = test_path ("file");
  temp_autofd int first = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  temp_autofd int second = open (path, O_RDWR | O_CLOEXEC);

  g_assert_true (temp_ledger_lock (first, TEMP_LOCK_SHARED, FALSE));
  g_assert_true (temp_ledger_lock (second, TEMP_LOCK_SHARED, FALSE));
  g_assert_false (temp_ledger_lock (second, TEMP_LOCK_EXCLUSIVE, FALSE));
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
  g_assert_true (temp_ledger_lock (first, TEMP_LOCK_NONE, TRUE));
  g_assert_true (temp_ledger_lock (second, TEMP_LOCK_EXCLUSIVE, FALSE));
  g_assert_false (temp_ledger_lock (first, TEMP_LOCK_SHARED, FALSE));

  g_assert_false (temp_ledger_lock (-1, TEMP_LOCK_SHARED, TRUE));
  g_assert_cmpint (errno, ==, EBADF);
}

static int signal_pipe;

static void
on_signal (int number)
{
  int errsv = errno;

  if (write (signal_pipe, "s", 1) < 0)
    test_child_exit (1);
  errno = errsv;
}

static void
wait_for_lock (int           commands,
               int           out,
               gconstpointer data)
{
  struct sigaction action = { .sa_handler = on_signal }; /* without SA_RESTART */
  int fd = open (data, O_RDWR | O_CLOEXEC);

  signal_pipe = out;
  sigaction (SIGUSR1, &action, NULL);
  if (write (out, "r", 1) != 1)
    test_child_exit (1);
  test_child_exit (!temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, TRUE));
}

static gboolean
is_in_flock (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", (int) pid);
  g_autofree char *call = NULL;
  siginfo_t info = { 0 };

  /* A child that has ended fails the test. */
  g_assert_no_errno (waitid (P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT));
  return info.si_pid == pid || !g_file_get_contents (path, &call, NULL, NULL) || atoi (call) == SYS_flock;
}

/* A signal does not end the wait for a lock. */
static void
test_lock_interrupted (void)
{
  g_autofree char *path = test_path ("file");
  temp_autofd int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  TestChild child;

  g_assert_true (temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, TRUE));
  test_child_start (&child, wait_for_lock, path);
  g_assert_cmpint (fgetc (child.said), ==, 'r');
  for (guint i = 0; i < 3; i++)
    {
      while (!is_in_flock (child.pid))
        g_thread_yield ();
      g_assert_no_errno (kill (child.pid, SIGUSR1));
      g_assert_cmpint (fgetc (child.said), ==, 's');
    }
  g_assert_true (temp_ledger_lock (fd, TEMP_LOCK_NONE, TRUE));
  g_assert_cmpint (test_child_end (&child), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/ledger/lock/excludes-others", test_lock);
  g_test_add_func ("/ledger/lock/waits-through-signals", test_lock_interrupted);

  return g_test_run ();
}
