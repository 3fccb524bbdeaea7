/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "entry/entries.h"
#include "ledger/alive.h"
#include "test-ledgers.h"
#include "test-support.h"

/* A sweep spares what living programs have, and deletes what dead ones left. */

/* Locks and processes */

static void
child_lock (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  temp_autofd int fd = -1;

  test_ledger_write_for (&ledger, test_dir ());
  fd = test_ledger_lock (&ledger);
  test_ledger_assert_living (&ledger);

  temp_fd_clear (&fd);
  test_ledger_assert_dead (&ledger);
}

/* If a lock call fails in any way, its process lives. */
static void
child_no_locks (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, test_dir ());
  if (!test_fail_syscall (SYS_flock, ENOLCK))
    test_child_skip ("no filters of system calls here");
  test_ledger_assert_living (&ledger);
}

static void
child_process (gconstpointer data)
{
  g_auto (TestLedger) living = { 0 }, second = { 0 }, nobody = { 0 };
  TempLedgerProcess here;
  g_autofree char *line = NULL;

  /* Nobody has a lock, as after exec(). */
  temp_ledger_process_identify (&here, NULL);
  test_ledger_init_living (&living);
  test_ledger_write_here (&living);
  test_ledger_assert_living (&living);
  g_assert_no_errno (g_unlink (living.path));

  test_ledger_write_for (&second, test_dir ());
  line = temp_ledger_process_line (&here);
  test_ledger_append (&second, "%s", g_strchomp (line));
  test_ledger_assert_living (&second);
  g_assert_no_errno (g_unlink (second.path));

  /* A ledger without a process: the lock decides. */
  test_ledger_init (&nobody);
  nobody.process.pid = 0;
  test_ledger_write_here (&nobody);
  test_ledger_assert_dead (&nobody);
}

/* Another process has the number now: of this boot, or of a later one. */

static void
child_other_start (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 }, other_clock = { 0 };

  test_child_skip_on_posix ("it does not tell when a process started");
  test_ledger_init_living (&ledger);
  ledger.process.start++;
  test_ledger_write_here (&ledger);
  test_ledger_assert_dead (&ledger);

  /* In another time namespace, start times say nothing. */
  test_ledger_init_living (&other_clock);
  other_clock.process.start++;
  other_clock.process.time_namespace++;
  test_ledger_write_here (&other_clock);
  test_ledger_assert_living (&other_clock);
}

static void
child_other_boot (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };

  test_child_skip_on_posix ("it does not tell one boot from another");
  test_ledger_init_living (&ledger);
  ledger.process.boot[0] = ledger.process.boot[0] == 'a' ? 'b' : 'a';
  test_ledger_write_here (&ledger);
  test_ledger_assert_dead (&ledger);
}

static void
init_for (TestLedger *ledger,
          pid_t       pid)
{
  test_ledger_init (ledger);
  ledger->process.pid = pid;
  ledger->process.start = 0; /* not known */
  test_ledger_write_here (ledger);
}

static void
child_zombie (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  siginfo_t ended;
  pid_t pid;

  test_child_skip_on_posix ("it does not tell which processes run where");
  pid = fork ();
  if (pid == 0)
    _exit (0);
  g_assert_no_errno (waitid (P_PID, pid, &ended, WEXITED | WNOWAIT));
  init_for (&ledger, pid);
  test_ledger_assert_dead (&ledger);
  test_assert_ends_well (pid);
}

static void *
wait_for_command (void *data)
{
  char byte;

  _exit (read (GPOINTER_TO_INT (data), &byte, 1) == 0 ? 0 : 1);
}

static gboolean
is_zombie (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *stat = NULL;

  g_assert_true (g_file_get_contents (path, &stat, NULL, NULL));
  return g_str_has_prefix (strrchr (stat, ')'), ") Z");
}

/* The first thread has ended, and others go on. */
static void
child_first_thread_ended (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  int commands[2];
  pid_t pid;

  g_assert_no_errno (pipe2 (commands, O_CLOEXEC));
  pid = fork ();
  if (pid == 0)
    {
      pthread_t thread;

      close (commands[1]);
      if (pthread_create (&thread, NULL, wait_for_command, GINT_TO_POINTER (commands[0])) != 0)
        _exit (1);
      syscall (SYS_exit, 0);
    }

  while (!is_zombie (pid))
    g_thread_yield ();
  init_for (&ledger, pid);
  test_ledger_assert_living (&ledger);

  close (commands[1]);
  close (commands[0]);
  test_assert_ends_well (pid);
  test_ledger_assert_dead (&ledger);
}

/* Namespaces */

static void
make_old (TestLedger *ledger)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time (NULL) - TEMP_LEDGER_DAY - 60 } };

  g_assert_no_errno (utimensat (AT_FDCWD, ledger->path, times, 0));
}

/* The process is of another PID namespace: it counts as dead once the ledger was quiet for a day. */
static void
child_pid_namespace (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL;

  test_child_skip_on_posix ("it does not tell which processes run where");
  g_assert_no_errno (mkdir (missing, 0700));
  test_ledger_init_living (&ledger);
  ledger.process.pid_namespace = 1;
  test_ledger_write_here (&ledger);
  test_ledger_append_dir (&ledger, missing);
  g_assert_no_errno (rmdir (missing));
  test_ledger_assert_living (&ledger);

  /* This sweep may not see all, in other namespaces: so it writes no `tried` line. */
  make_old (&ledger);
  file = test_ledger_leave_file (&ledger, test_dir ());
  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (ledger.path, TRUE);
  g_assert_cmpuint (test_ledger_count_tried (&ledger), ==, 0);
}

static guint64
read_pid_namespace (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/ns/pid", (int) pid);
  g_autofree char *link = g_file_read_link (path, NULL);

  return link != NULL ? g_ascii_strtoull (strchr (link, '[') + 1, NULL, 10) : 0;
}

static void
child_others_in_pid_namespace (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  int commands[2];
  char byte;
  pid_t pid;

  test_child_skip_on_posix ("it does not tell which processes run where");
  if (unshare (CLONE_NEWPID) < 0)
    test_child_skip ("no namespaces of processes here");
  g_assert_no_errno (pipe2 (commands, O_CLOEXEC));
  pid = fork ();
  g_assert_no_errno (pid);
  if (pid == 0)
    {
      close (commands[1]);
      _exit (read (commands[0], &byte, 1) == 0 ? 0 : 1);
    }

  test_ledger_init (&ledger);
  ledger.process.pid_namespace = read_pid_namespace (pid);
  g_assert_cmpuint (ledger.process.pid_namespace, !=, 0);
  test_ledger_write_here (&ledger);
  make_old (&ledger);
  test_ledger_assert_living (&ledger);

  close (commands[1]);
  close (commands[0]);
  test_assert_ends_well (pid);
  test_ledger_assert_dead (&ledger);
}

/* The numbers in another namespace's /proc are of other processes. */
static void
child_other_proc (gconstpointer data)
{
  TestLedger ledger = { 0 };
  pid_t pid;

  test_child_skip_on_posix ("it does not tell which processes run where");
  if (unshare (CLONE_NEWPID) < 0)
    test_child_skip ("no namespaces of processes here");
  pid = fork ();
  g_assert_no_errno (pid);
  if (pid == 0)
    {
      /* A process with that number would be dead. */
      test_ledger_init (&ledger);
      ledger.process.pid = 12345;
      test_ledger_write_here (&ledger);
      test_ledger_assert_living (&ledger);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
}

/* In another mount namespace, another directory may be at the path. */
static void
child_mount_namespace (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_auto (TestLedger) ledger = { 0 }, whole = { 0 };
  g_autofree char *file = NULL;

  test_child_skip_on_posix ("it does not tell which processes run where");
  g_assert_no_errno (mkdir (missing, 0700));
  test_ledger_init (&ledger);
  ledger.mount_namespace = 1;
  test_ledger_write_here (&ledger);
  test_ledger_append_dir (&ledger, missing);
  g_assert_no_errno (rmdir (missing));
  file = test_ledger_leave_file (&ledger, test_dir ());

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  g_assert_cmpuint (test_ledger_count_tried (&ledger), ==, 0);

  /* Where each directory is the one that was meant, nothing is left. */
  test_ledger_init (&whole);
  whole.mount_namespace = 1;
  test_ledger_write_here (&whole);
  test_ledger_assert_dead (&whole);
}

/* Programs */

static TempEntry *
make_dir (void)
{
  TempEntry *entry = test_new_dir (test_dir (), "dir_");

  g_assert_no_errno (mkdirat (temp_entry_get_fd (entry), "sub", 0700));
  return entry;
}

static void
make_and_wait (int           commands,
               int           out,
               gconstpointer data)
{
  TempEntry *file = test_new_file (test_dir (), "file_");
  TempEntry *dir = make_dir ();
  char byte;

  dprintf (out, "%s\n%s\n", temp_entry_get_path (file), temp_entry_get_path (dir));
  if (read (commands, &byte, 1) != 0)
    _exit (1);
}

static void
child_killed (gconstpointer data)
{
  g_autofree char *file = NULL, *dir = NULL;
  TestChild child;

  test_child_start (&child, make_and_wait, NULL);
  file = test_child_read_line (&child);
  dir = test_child_read_line (&child);
  g_assert_cmpuint (test_count_ledgers (), ==, 1);
  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_assert_exists (dir, TRUE);

  g_assert_true (WIFSIGNALED (test_child_end (&child)));
  test_assert_sweeps (2);
  test_assert_exists (file, FALSE);
  test_assert_exists (dir, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
make_and_exec (int           commands,
               int           out,
               gconstpointer data)
{
  TempEntry *file = test_new_file (test_dir (), "file_");

  dprintf (out, "%s\n", temp_entry_get_path (file));
  if (dup2 (commands, STDIN_FILENO) == STDIN_FILENO)
    execlp ("cat", "cat", NULL);
  _exit (1);
}

static void
child_exec (gconstpointer data)
{
  g_autofree char *file = NULL;
  TestChild child;

  test_child_start (&child, make_and_exec, NULL);
  file = test_child_read_line (&child);
  g_assert_cmpint (fgetc (child.said), ==, EOF); /* exec() has closed it */
  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);

  g_assert_cmpint (test_child_end (&child), ==, 0);
  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
}

/* A daemon: the parent ends, the child closes all descriptors that it does not know, and goes on. */
static void
make_and_hand_on (int           commands,
                  int           out,
                  gconstpointer data)
{
  TempEntry *file = test_new_file (test_dir (), "file_");
  char byte;

  if (fork () != 0)
    return;

  if (data != NULL)
    for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
      if (fd != commands && fd != out)
        close (fd);
  dprintf (out, "%s\n", temp_entry_get_path (file));
  _exit (read (commands, &byte, 1) == 0 ? 0 : 1);
}

static void
assert_child_holds (gconstpointer data)
{
  g_autofree char *file = NULL;
  siginfo_t ended;
  TestChild child;

  g_assert_no_errno (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  test_child_start (&child, make_and_hand_on, data);
  g_assert_no_errno (waitid (P_PID, child.pid, &ended, WEXITED | WNOWAIT));
  file = test_child_read_line (&child);

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, 1);

  /* The child's child ends some time after this. */
  test_child_end (&child);
  test_reap_on_posix ();
  while (test_count_ledgers () > 0)
    {
      const TempSweepOptions options = { .report = NULL };

      g_assert_true (temp_sweep_run (&options, NULL, NULL, NULL));
    }
  test_assert_exists (file, FALSE);
}

static void
child_daemon (gconstpointer data)
{
  assert_child_holds (NULL);
}

static void
child_daemon_closes (gconstpointer data)
{
  assert_child_holds ("closes");
}

/* A program that goes on working in a directory of a dead one. */
static void
child_living_inside (gconstpointer data)
{
  g_autofree char *dir = NULL, *sub = NULL, *file = NULL, *dead_file = NULL;
  g_autoptr (TempEntry) own = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  TestChild child;

  test_child_start (&child, make_and_wait, NULL);
  dead_file = test_child_read_line (&child);
  dir = test_child_read_line (&child);
  sub = g_build_filename (dir, "sub", NULL);
  g_assert_true (temp_entry_create_dir (own, sub, NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  file = g_build_filename (temp_entry_get_path (own), "file", NULL);
  test_write (file, "text");
  test_child_end (&child);

  test_assert_sweeps (1);
  test_assert_exists (file, TRUE);
  test_assert_sweeps (0);

  g_assert_true (temp_entry_delete (own, NULL, NULL, &error));
  g_assert_no_error (error);
  test_assert_sweeps (1);
  test_assert_exists (dir, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/alive/locked", child_lock);
  test_add_with_ledgers ("/alive/if-locks-fail", child_no_locks);
  test_add_with_ledgers ("/alive/any-process-of-the-ledger", child_process);
  test_add_with_ledgers ("/killed/a-process-whose-number-was-given-out-again-counts-as-dead", child_other_start);
  test_add_with_ledgers ("/killed/a-process-from-before-the-last-boot-counts-as-dead", child_other_boot);
  test_add_with_ledgers ("/killed/a-zombie-counts-as-dead", child_zombie);
  test_add_with_ledgers ("/alive/first-thread-ended", child_first_thread_ended);
  test_add_with_ledgers ("/killed/in-another-pid-namespace-a-day-ago", child_pid_namespace);
  test_add_with_ledgers ("/alive/others-in-its-pid-namespace", child_others_in_pid_namespace);
  test_add_with_ledgers ("/alive/in-another-proc", child_other_proc);
  test_add_with_ledgers ("/killed/in-another-mount-namespace", child_mount_namespace);
  test_add_with_ledgers ("/killed/all-that-the-program-made-goes", child_killed);
  test_add_with_ledgers ("/alive/program-that-calls-exec", child_exec);
  test_add_with_ledgers ("/alive/daemon", child_daemon);
  test_add_with_ledgers ("/alive/daemon-that-closes-all", child_daemon_closes);
  test_add_with_ledgers ("/alive/inside-a-dead-directory", child_living_inside);

  return g_test_run ();
}
