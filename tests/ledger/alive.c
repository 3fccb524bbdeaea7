/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/alive.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#define YEAR (365 * TEMP_LEDGER_DAY)

static TempLedgerProcess here;

static gboolean
is_running (const TempLedgerProcess *process)
{
  /* The quiet time matters only for processes of other namespaces. */
  gboolean running = temp_ledger_process_is_running (process, &here, 0);

  g_assert_cmpint (temp_ledger_process_is_running (process, &here, YEAR), ==, running);
  return running;
}

/* A child says who it is, and waits for its end. */
static void
say_and_wait (int           commands,
              int           out,
              gconstpointer data)
{
  TempLedgerProcess process;
  char end;

  if (data != NULL)
    prctl (PR_SET_NAME, data);
  temp_ledger_process_identify (&process, NULL);
  if (write (out, &process, sizeof process) != sizeof process || read (commands, &end, 1) < 0)
    test_child_exit (1);
}

static void
read_process (TestChild         *child,
              TempLedgerProcess *process)
{
  g_assert_cmpuint (fread (process, sizeof *process, 1, child->said), ==, 1);
}

static void
start (TestChild         *child,
       TempLedgerProcess *process)
{
  test_child_start (child, say_and_wait, NULL);
  read_process (child, process);
}

/* Returns the fields of a process in /proc behind the name of its program: the first is the state. */
static char **
read_stat_fields (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  return g_strsplit (strrchr (contents, ')') + 2, " ", 0);
}

static guint64
get_namespace (const char *kind)
{
  g_autofree char *path = g_build_filename ("/proc/self/ns", kind, NULL);
  struct stat st;

  return stat (path, &st) == 0 ? st.st_ino : 0;
}

/* Identity */

static void
test_identify (void)
{
  g_auto (GStrv) fields = read_stat_fields (getpid ());
  TempLedgerProcess process;
  guint64 mount_namespace;
  g_autofree char *boot = NULL;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  temp_ledger_process_identify (&process, &mount_namespace);
  g_assert_cmpint (process.pid, ==, getpid ());
  g_assert_cmpuint (process.start, ==, g_ascii_strtoull (fields[19], NULL, 10));
  g_assert_cmpuint (process.start, !=, 0);
  g_assert_cmpuint (process.pid_namespace, ==, get_namespace ("pid"));
  g_assert_cmpuint (process.time_namespace, ==, get_namespace ("time"));
  g_assert_cmpuint (mount_namespace, ==, get_namespace ("mnt"));
  g_assert_true (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
  g_assert_cmpstr (process.boot, ==, g_strchomp (boot));
}

static void
test_this_process (void)
{
  g_assert_true (is_running (&here));
}

static void
test_child (void)
{
  TestChild child;
  TempLedgerProcess process;
  siginfo_t info;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  start (&child, &process);
  g_assert_cmpint (process.pid, ==, child.pid);
  g_assert_true (is_running (&process));

  /* A zombie does nothing more. */
  g_assert_no_errno (kill (child.pid, SIGKILL));
  g_assert_no_errno (waitid (P_PID, child.pid, &info, WEXITED | WNOWAIT));
  g_assert_no_errno (kill (child.pid, 0));
  g_assert_false (is_running (&process));

  test_child_end (&child);
  g_assert_false (is_running (&process));
}

static void
test_stopped (void)
{
  TestChild child;
  TempLedgerProcess process;
  int status;

  start (&child, &process);
  g_assert_no_errno (kill (child.pid, SIGSTOP));
  g_assert_no_errno (waitpid (child.pid, &status, WUNTRACED));
  g_assert_true (is_running (&process));
  g_assert_no_errno (kill (child.pid, SIGKILL));
  test_child_end (&child);
}

static gpointer
wait_for_end (gpointer data)
{
  char end;

  return GINT_TO_POINTER (read (GPOINTER_TO_INT (data), &end, 1) < 0);
}

static void
end_first_thread (int           commands,
                  int           out,
                  gconstpointer data)
{
  TempLedgerProcess process;
  pthread_t thread;

  temp_ledger_process_identify (&process, NULL);
  if (pthread_create (&thread, NULL, wait_for_end, GINT_TO_POINTER (commands)) != 0 ||
      write (out, &process, sizeof process) != sizeof process)
    test_child_exit (1);
  syscall (SYS_exit, 0);
}

/* The kernel shows a program whose first thread ended as a zombie, though others go on. */
static void
test_zombie_with_threads (void)
{
  TestChild child;
  TempLedgerProcess process;
  gboolean is_zombie = FALSE;

  test_child_start (&child, end_first_thread, NULL);
  read_process (&child, &process);
  while (!is_zombie)
    {
      g_auto (GStrv) fields = read_stat_fields (child.pid);

      is_zombie = *fields[0] == 'Z';
      g_thread_yield ();
    }

  g_assert_true (is_running (&process));
  g_assert_no_errno (kill (child.pid, SIGKILL));
  test_child_end (&child);
  g_assert_false (is_running (&process));
}

/* A program chooses its own name, even one that looks like other fields. */
static void
test_odd_names (void)
{
  static const char *const names[] = { ") Z 1 (", "a b", ")))", "((", ") Z 1 2 3", "\n)" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      TestChild child;
      TempLedgerProcess process;

      test_child_start (&child, say_and_wait, names[i]);
      read_process (&child, &process);
      g_assert_cmpuint (process.start, >=, here.start);
      g_assert_true (is_running (&process));
      g_assert_no_errno (kill (child.pid, SIGKILL));
      test_child_end (&child);
    }
}

/* Pid and start stay, whatever a process runs. */
static void
say_and_exec (int           commands,
              int           out,
              gconstpointer data)
{
  TempLedgerProcess process;

  temp_ledger_process_identify (&process, NULL);
  if (dup2 (commands, STDIN_FILENO) < 0 || write (out, &process, sizeof process) != sizeof process)
    test_child_exit (1);
  execlp ("cat", "cat", NULL);
}

static void
test_exec (void)
{
  TestChild child;
  TempLedgerProcess process;

  test_child_start (&child, say_and_exec, NULL);
  read_process (&child, &process);

  /* The pipe is closed by exec(). */
  g_assert_cmpint (fgetc (child.said), ==, EOF);
  g_assert_true (is_running (&process));
  g_assert_cmpint (test_child_end (&child), ==, 0);
  g_assert_false (is_running (&process));
}

/* Numbers that are given out again */

static void
test_another_start (void)
{
  TempLedgerProcess process = here;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  process.start++;
  g_assert_false (is_running (&process));
  process.start = here.start - 1;
  g_assert_false (is_running (&process));

  /* The start time is not known: the pid alone decides. */
  process.start = 0;
  g_assert_true (is_running (&process));
}

static void
test_another_boot (void)
{
  TempLedgerProcess process = here, unknown = here;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  process.boot[0] = process.boot[0] == '0' ? '1' : '0';
  g_assert_false (is_running (&process));

  /* In another boot, no process of this one runs. */
  process.pid_namespace = 1;
  g_assert_false (temp_ledger_process_is_running (&process, &here, 0));

  /* A process that does not know its boot cannot tell it from another. */
  g_strlcpy (unknown.boot, "-", sizeof unknown.boot);
  g_assert_true (is_running (&unknown));
  process.pid_namespace = here.pid_namespace;
  g_assert_true (temp_ledger_process_is_running (&process, &unknown, YEAR));
}

/* Another time namespace has another clock for start times. */
static void
test_another_time_namespace (void)
{
  TempLedgerProcess process = here, dead;
  TestChild child;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  process.time_namespace++;
  process.start += 1000000;
  g_assert_true (is_running (&process));

  start (&child, &dead);
  g_assert_no_errno (kill (child.pid, SIGKILL));
  test_child_end (&child);
  dead.time_namespace++;
  g_assert_false (is_running (&dead));
}

/* Goes on in a child that is in other namespaces than this process; the child ends by itself. */
static gboolean
enter_namespaces (int flags)
{
  return unshare (geteuid () == 0 ? flags : flags | CLONE_NEWUSER) == 0;
}

static gboolean
set_clock (void)
{
  static const char offsets[] = "boottime 100000 0\n";
  temp_autofd int fd = open ("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);

  return fd >= 0 && write (fd, offsets, strlen (offsets)) == (gssize) strlen (offsets);
}

/* Forks a child that says who it is, and waits for it. */
G_NORETURN static void
say_from_child (int commands,
                int out)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      say_and_wait (commands, out, NULL);
      test_child_exit (0);
    }
  close (out);
  test_child_exit (waitpid (pid, NULL, 0) != pid);
}

static void
say_with_other_clock (int           commands,
                      int           out,
                      gconstpointer data)
{
  /* Only children get the other clock. */
  if (!enter_namespaces (CLONE_NEWTIME) || !set_clock ())
    test_child_exit (0);
  say_from_child (commands, out);
}

static void
test_real_time_namespace (void)
{
  TestChild child;
  TempLedgerProcess process;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  test_child_start (&child, say_with_other_clock, NULL);
  if (fread (&process, sizeof process, 1, child.said) == 1)
    {
      g_assert_cmpuint (process.time_namespace, !=, here.time_namespace);
      g_assert_cmpuint (process.start, >, here.start + 1000000);
      g_assert_true (is_running (&process));
      g_assert_cmpint (test_child_end (&child), ==, 0);
      g_assert_false (is_running (&process));
    }
  else
    {
      test_child_end (&child);
      g_test_skip ("no time namespaces");
    }
}

/* Processes of other PID namespaces */

static void
test_unknown_pid_namespace (void)
{
  static const guint64 namespaces[] = { 0, 2 }; /* 1 is that of POSIX alone */

  for (gsize i = 0; i < G_N_ELEMENTS (namespaces); i++)
    {
      TempLedgerProcess process = here;

      /* Not even if the numbers are those of a process here. */
      process.pid_namespace = namespaces[i];
      g_assert_true (temp_ledger_process_is_running (&process, &here, 0));
      g_assert_true (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY - 1));
      g_assert_false (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY));
      g_assert_false (temp_ledger_process_is_running (&process, &here, YEAR));

      /* Nor if there is none here. */
      process.pid = G_MAXINT32;
      g_assert_true (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY - 1));
      g_assert_false (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY));

      /* Somebody put the clock back. */
      g_assert_true (temp_ledger_process_is_running (&process, &here, -YEAR));
    }
}

/* A process that does not know where it is cannot ask anybody. */
static void
test_here_unknown (void)
{
  TempLedgerProcess process = here, nowhere = here;

  nowhere.pid_namespace = 0;
  process.pid = G_MAXINT32;
  process.pid_namespace = 1;
  g_assert_true (temp_ledger_process_is_running (&process, &nowhere, 0));
  g_assert_false (temp_ledger_process_is_running (&process, &nowhere, YEAR));
  process.pid_namespace = 0;
  g_assert_true (temp_ledger_process_is_running (&process, &nowhere, 0));
  g_assert_false (temp_ledger_process_is_running (&process, &nowhere, YEAR));
}

static void
say_in_pid_namespace (int           commands,
                      int           out,
                      gconstpointer data)
{
  /* The /proc of the child is that of the namespace above. */
  if (!enter_namespaces (CLONE_NEWPID))
    test_child_exit (0);
  say_from_child (commands, out);
}

/* As long as anybody is in the other namespace, the process may be, too. */
static void
test_real_pid_namespace (void)
{
  TestChild child;
  TempLedgerProcess process;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  test_child_start (&child, say_in_pid_namespace, NULL);
  if (fread (&process, sizeof process, 1, child.said) != 1)
    {
      test_child_end (&child);
      g_test_skip ("no pid namespaces");
      return;
    }

  g_assert_cmpint (process.pid, ==, 1);
  g_assert_cmpuint (process.pid_namespace, !=, here.pid_namespace);
  g_assert_true (is_running (&process));
  process.pid = 4242;
  g_assert_true (is_running (&process));

  g_assert_cmpint (test_child_end (&child), ==, 0);
  g_assert_true (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY - 1));
  g_assert_false (temp_ledger_process_is_running (&process, &here, TEMP_LEDGER_DAY));
}

/* In a namespace whose /proc is another's, the numbers there say nothing. */
static void
ask_with_other_proc (int           commands,
                     int           out,
                     gconstpointer data)
{
  TempLedgerProcess me, other;
  pid_t pid;
  int status;

  if (!enter_namespaces (CLONE_NEWPID))
    test_child_exit (77);
  pid = fork ();
  if (pid == 0)
    {
      temp_ledger_process_identify (&me, NULL);
      other = me;
      other.pid = 4242;
      /* This very process is in that namespace. */
      g_assert_cmpint (me.pid, ==, 1);
      g_assert_true (temp_ledger_process_is_running (&me, &me, YEAR));
      g_assert_true (temp_ledger_process_is_running (&other, &me, YEAR));
      test_child_exit (0);
    }
  if (waitpid (pid, &status, 0) != pid)
    test_child_exit (1);
  test_child_exit (WIFEXITED (status) ? WEXITSTATUS (status) : 1);
}

static void
test_other_proc (void)
{
  TestChild child;
  int status;

  if (test_skips_on_posix ("it does not tell which processes run where"))
    return;
  test_child_start (&child, ask_with_other_proc, NULL);
  status = test_child_end (&child);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    g_test_skip ("no pid namespaces");
  else
    g_assert_cmpint (status, ==, 0);
}

static void
test_no_proc (gconstpointer data)
{
  TempLedgerProcess process;
  guint64 mount_namespace;

  test_child_skip_on_posix ("it does not tell which processes run where");
  if (!test_mount_tmpfs ("/proc", "size=64k"))
    test_child_skip ("cannot mount anything");

  temp_ledger_process_identify (&process, &mount_namespace);
  g_assert_cmpint (process.pid, ==, getpid ());
  g_assert_cmpuint (process.start, ==, 0);
  g_assert_cmpuint (process.pid_namespace, ==, 0);
  g_assert_cmpuint (process.time_namespace, ==, 0);
  g_assert_cmpuint (mount_namespace, ==, 0);
  g_assert_cmpstr (process.boot, ==, "-");
  g_assert_true (temp_ledger_process_is_running (&process, &process, TEMP_LEDGER_DAY - 1));
  g_assert_false (temp_ledger_process_is_running (&process, &process, TEMP_LEDGER_DAY));
  g_assert_true (temp_ledger_process_is_running (&here, &process, 0));
}

/* Another user's process can be seen, though it cannot be sent a signal. */
static void
test_other_user (gconstpointer data)
{
  TempLedgerProcess process = here;
  g_auto (GStrv) fields = NULL;

  test_child_skip_on_posix ("it does not tell which processes run where");
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  if (kill (1, 0) == 0 || errno != EPERM || !g_file_test ("/proc/1/stat", G_FILE_TEST_EXISTS))
    test_child_skip ("the first process is no other user's");

  fields = read_stat_fields (1);
  process.pid = 1;
  process.start = g_ascii_strtoull (fields[19], NULL, 10);
  g_assert_true (is_running (&process));
  process.start++;
  g_assert_false (is_running (&process));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  temp_ledger_process_identify (&here, NULL);

  g_test_add_func ("/alive/process-knows-itself", test_identify);
  g_test_add_func ("/alive/this-process", test_this_process);
  g_test_add_func ("/alive/child-until-it-is-a-zombie", test_child);
  g_test_add_func ("/alive/stopped", test_stopped);
  g_test_add_func ("/alive/zombie-whose-threads-go-on", test_zombie_with_threads);
  g_test_add_func ("/alive/whatever-its-name", test_odd_names);
  g_test_add_func ("/alive/after-exec", test_exec);
  g_test_add_func ("/alive/number-given-out-again-is-dead", test_another_start);
  g_test_add_func ("/alive/number-of-another-boot-is-dead", test_another_boot);
  g_test_add_func ("/alive/start-of-another-time-namespace-counts-not", test_another_time_namespace);
  g_test_add_func ("/alive/in-a-real-time-namespace", test_real_time_namespace);
  g_test_add_func ("/alive/in-an-unseen-pid-namespace-for-a-day", test_unknown_pid_namespace);
  g_test_add_func ("/alive/unknown-namespaces-are-alive-for-a-day", test_here_unknown);
  g_test_add_func ("/alive/while-anybody-is-in-its-pid-namespace", test_real_pid_namespace);
  g_test_add_func ("/alive/with-proc-of-another-namespace", test_other_proc);
  test_add_with_ledgers ("/alive/without-proc-for-a-day", test_no_proc);
  test_add_with_ledgers ("/alive/process-of-another-user", test_other_user);

  return g_test_run ();
}
