/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/alive.h"
#include "ledger/ledger.h"
#include "test-ledgers.h"
#include "test-programs.h"
#include "test-support.h"

/* Programs that are guarded, and their guards. Each test has a process and directories of ledgers of its own. */

/* The program calls this between asking for a guard and waiting for a command. */
typedef void (*Preparation) (int commands, int out);

typedef struct
{
  TestChild child;
  char     *file;
  char     *ledger;
  pid_t     guard;
  int       guard_fd; /* a descriptor of that process */
} Program;

static void
start_guard (void)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (temp_guard_start (&error));
      g_assert_no_error (error);
    }
}

static TempFile *
make_file (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_dir (), NULL, NULL, &error);

  g_assert_no_error (error);
  return file;
}

static char *
get_ledger (void)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();

  return temp_ledger_dup_path (ledger);
}

static void
close_all_but (int commands,
               int out)
{
  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
    if (fd != commands && fd != out)
      close (fd);
}

static void
run (int           commands,
     int           out,
     gconstpointer data)
{
  const Preparation *prepare = data;
  const struct rlimit no_core = { 0, 0 };
  g_autofree char *ledger = NULL;
  TempFile *file;
  char command = 0;

  setrlimit (RLIMIT_CORE, &no_core);
  signal (SIGSEGV, SIG_DFL); /* sanitizers have a handler */
  start_guard ();
  file = make_file ();
  ledger = get_ledger ();
  dprintf (out, "%s\n%s\n", temp_file_get_path (file), ledger);
  if (prepare != NULL)
    (*prepare) (commands, out);

  if (read (commands, &command, 1) == 1 && command == 'x')
    exit (0); /* as the program would, by which the file is deleted */
}

static void
start (Program           *program,
       const Preparation *prepare)
{
  test_child_start (&program->child, run, prepare);
  program->file = test_child_read_line (&program->child);
  program->ledger = test_child_read_line (&program->child);
  program->guard = test_find_guard (program->ledger);
  g_assert_cmpint (program->guard, >, 0);
  program->guard_fd = (int) syscall (SYS_pidfd_open, program->guard, 0);
  if (program->guard_fd < 0)
    test_child_skip ("no descriptors of processes here");
}

static void
program_clear (Program *program)
{
  g_free (program->file);
  g_free (program->ledger);
  close (program->guard_fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Program, program_clear)

static gboolean
has_ended (int process_fd)
{
  struct pollfd waiting = { .fd = process_fd, .events = POLLIN };

  g_assert_no_errno (poll (&waiting, 1, 0));
  return waiting.revents != 0;
}

static void
wait_until_ended (int process_fd)
{
  struct pollfd waiting = { .fd = process_fd, .events = POLLIN };

  g_assert_no_errno (poll (&waiting, 1, -1));
}

/* Waits until nothing is under the path, but only as long as there is a guard. */
static void
wait_until_gone (Program    *program,
                 const char *path)
{
  gboolean is_last = FALSE;

  while (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_assert_false (is_last);
      is_last = has_ended (program->guard_fd);
      g_thread_yield ();
    }
}

static void
assert_all_goes (Program *program)
{
  wait_until_gone (program, program->file);
  wait_until_ended (program->guard_fd);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Ends the program by a signal. */
static void
end_by (Program *program,
        int      signal)
{
  g_assert_no_errno (kill (program->child.pid, signal));
  test_child_end (&program->child);
}

/* Kills the program: then the guard deletes all, and ends. */
static void
kill_and_check (Program *program)
{
  end_by (program, SIGKILL);
  assert_all_goes (program);
}

/* Waits until the guard has got past the lock, and waits for the process. On POSIX alone, nobody sees that. */
static void
wait_until_awaited (Program *program)
{
  g_autofree char *fds = g_strdup_printf ("/proc/%d/fd", (int) program->guard);
  gboolean found = g_str_equal (temp_platform.name, "posix");

  while (!found)
    {
      g_autofree char *names = test_list (fds);
      g_auto (GStrv) list = g_strsplit (names, " ", -1);

      for (gsize i = 0; list[i] != NULL; i++)
        {
          g_autofree char *link = g_build_filename (fds, list[i], NULL);
          g_autofree char *target = g_file_read_link (link, NULL);

          found = found || (target != NULL && strstr (target, "pidfd") != NULL);
        }
    }
}

/* Returns the number in a field of /proc/PID/status. */
static guint64
read_status (pid_t       pid,
             const char *field,
             guint       base)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  line = strstr (status, field);
  g_assert_nonnull (line);
  return g_ascii_strtoull (strchr (line, ':') + 1, NULL, base);
}

/* Deaths */

static void
child_signals (gconstpointer data)
{
  static const int signals[] = { SIGKILL, SIGSEGV, SIGTERM, SIGABRT };

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_auto (Program) program = { 0 };

      start (&program, NULL);
      test_assert_exists (program.file, TRUE);
      end_by (&program, signals[i]);
      assert_all_goes (&program);
    }
}

/* The program is a zombie: its parent has not asked yet how it ended. */
static void
child_zombie (gconstpointer data)
{
  g_auto (Program) program = { 0 };
  siginfo_t ended;

  test_child_skip_on_posix ("it does not tell which processes run where");
  start (&program, NULL);
  g_assert_no_errno (kill (program.child.pid, SIGKILL));
  g_assert_no_errno (waitid (P_PID, program.child.pid, &ended, WEXITED | WNOWAIT));
  assert_all_goes (&program);
  test_child_end (&program.child);
}

static void
child_ends_well (gconstpointer data)
{
  g_auto (Program) program = { 0 };

  start (&program, NULL);
  g_assert_cmpint (write (program.child.commands, "x", 1), ==, 1);
  g_assert_cmpint (test_child_end (&program.child), ==, 0);
  test_assert_exists (program.file, FALSE);
  test_assert_exists (program.ledger, FALSE);
  wait_until_ended (program.guard_fd);
}

/* The guard ignores what happens to the terminal, session and directory of its program. */
static void
child_detached (gconstpointer data)
{
  static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
  g_auto (Program) program = { 0 };
  g_autofree char *fds = NULL, *cwd = NULL, *cwd_target = NULL;

  start (&program, NULL);
  g_assert_cmpuint (read_status (program.guard, "PPid", 10), !=, program.child.pid);
  g_assert_cmpint (getsid (program.guard), !=, getsid (0));
  g_assert_cmpint (getpgid (program.guard), !=, getpgid (0));
  cwd = g_strdup_printf ("/proc/%d/cwd", (int) program.guard);
  cwd_target = g_file_read_link (cwd, NULL);
  g_assert_cmpstr (cwd_target, ==, "/");

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_assert_no_errno (kill (program.guard, signals[i]));

  /* The guard has none of the program's pipes and files. It may be about to close those that it was started with. */
  fds = g_strdup_printf ("/proc/%d/fd", (int) program.guard);
  for (guint n_others = 1; n_others > 0;)
    {
      g_autofree char *all = test_list (fds);
      g_auto (GStrv) each = g_strsplit (all, " ", -1);

      n_others = 0;
      for (gsize i = 0; each[i] != NULL; i++)
        {
          g_autofree char *link = g_build_filename (fds, each[i], NULL);
          g_autofree char *target = g_file_read_link (link, NULL);

          if (target != NULL && !g_str_equal (target, "/dev/null") && !g_str_equal (target, program.ledger))
            n_others++;
        }
    }

  kill_and_check (&program);
}

/* The program does something in the meantime */

static void
close_all (int commands,
           int out)
{
  close_all_but (commands, out);
  dprintf (out, "closed\n");
}

static void
child_closes (gconstpointer data)
{
  const Preparation prepare = close_all;
  g_auto (Program) program = { 0 };
  g_autofree char *said = NULL;

  start (&program, &prepare);
  said = test_child_read_line (&program.child);
  g_assert_cmpstr (said, ==, "closed");
  test_assert_exists (program.file, TRUE);
  kill_and_check (&program);
}

static void
become_cat (int commands,
            int out)
{
  if (dup2 (commands, STDIN_FILENO) == STDIN_FILENO)
    execlp ("cat", "cat", NULL);
  _exit (1);
}

/* The lock is gone, the process is not. */
static void
child_exec (gconstpointer data)
{
  const Preparation prepare = become_cat;
  g_auto (Program) program = { 0 };

  start (&program, &prepare);
  wait_until_awaited (&program);
  test_assert_exists (program.file, TRUE);
  g_assert_cmpint (test_child_end (&program.child), ==, 0);
  assert_all_goes (&program);
}

/* Where no mapping keeps the lock, each forked child writes a line. */
static void
child_late_process (gconstpointer data)
{
  const Preparation prepare = become_cat;
  g_auto (Program) program = { 0 };
  TempLedgerProcess here;
  g_autofree char *line = NULL;
  int life[2];
  char byte;
  FILE *ledger;
  pid_t pid;

  g_assert_no_errno (pipe2 (life, O_CLOEXEC));
  pid = fork ();
  if (pid == 0)
    {
      close (life[1]);
      _exit (read (life[0], &byte, 1) == 0 ? 0 : 1);
    }

  start (&program, &prepare);
  wait_until_awaited (&program);
  temp_ledger_process_identify (&here, NULL);
  here.pid = pid;
  here.start = 0;
  line = temp_ledger_process_line (&here);
  ledger = fopen (program.ledger, "a");
  g_assert_nonnull (ledger);
  g_assert_cmpint (fputs (line, ledger), >=, 0);
  fclose (ledger);

  g_assert_cmpint (test_child_end (&program.child), ==, 0);
  test_assert_exists (program.file, TRUE);
  close (life[1]);
  close (life[0]);
  test_assert_ends_well (pid);
  assert_all_goes (&program);
}

/* A child goes on after the death of the program. */
static void
fork_child (int commands,
            int out)
{
  char byte;

  if (fork () != 0)
    return;
  dprintf (out, "child\n");
  _exit (read (commands, &byte, 1) == 1 ? 0 : 1);
}

static void
child_child (gconstpointer data)
{
  const Preparation prepare = fork_child;
  g_auto (Program) program = { 0 };
  g_autofree char *said = NULL;

  g_assert_no_errno (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  start (&program, &prepare);
  said = test_child_read_line (&program.child);
  g_assert_cmpstr (said, ==, "child");
  g_assert_no_errno (kill (program.child.pid, SIGKILL));
  g_assert_no_errno (waitpid (program.child.pid, NULL, 0));
  test_assert_exists (program.file, TRUE);
  g_assert_false (has_ended (program.guard_fd));

  g_assert_cmpint (write (program.child.commands, "e", 1), ==, 1);
  test_reap_on_posix ();
  assert_all_goes (&program);
  fclose (program.child.said);
  close (program.child.commands);
}

/* The ledger is full: the next entries count in another one. */
static void
fill_ledger (int commands,
             int out)
{
  g_autofree char *line = g_strnfill (60 * 1024, 'x');
  g_autofree char *lines = g_strconcat (line, "\n", NULL);
  g_autofree char *first = get_ledger ();
  g_autofree char *second = NULL;
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  TempFile *file;

  while (temp_ledger_is_current (ledger))
    g_assert_cmpint (test_append_to_own_ledger (ledger, lines), ==, 0);

  file = make_file ();
  second = get_ledger ();
  g_assert_cmpstr (second, !=, first);
  dprintf (out, "%s\n%s\n", temp_file_get_path (file), second);
}

static void
child_full (gconstpointer data)
{
  const Preparation prepare = fill_ledger;
  g_auto (Program) program = { 0 };
  g_autofree char *file = NULL, *ledger = NULL;

  start (&program, &prepare);
  file = test_child_read_line (&program.child);
  ledger = test_child_read_line (&program.child);
  test_assert_exists (file, TRUE);
  test_assert_exists (program.file, TRUE);
  test_assert_exists (program.ledger, TRUE);
  end_by (&program, SIGKILL);
  wait_until_gone (&program, file);
  assert_all_goes (&program);
  test_assert_exists (ledger, FALSE);
}

/* Somebody removed the ledger: the same guard sweeps for the next one. */
static void
lose_ledger (int commands,
             int out)
{
  g_autofree char *first = get_ledger ();
  g_autofree char *other_dir = test_path ("other");
  g_autoptr (GError) error = NULL;
  TempFile *file;

  g_assert_no_errno (g_unlink (first));
  g_assert_no_errno (mkdir (other_dir, 0700));
  file = temp_file_new_named (other_dir, NULL, NULL, &error);
  g_assert_no_error (error);
  start_guard ();
  dprintf (out, "%s\n", temp_file_get_path (file));
}

static void
child_lost (gconstpointer data)
{
  const Preparation prepare = lose_ledger;
  g_auto (Program) program = { 0 };
  g_autofree char *file = NULL;

  start (&program, &prepare);
  file = test_child_read_line (&program.child);
  test_assert_exists (file, TRUE);
  end_by (&program, SIGKILL);
  wait_until_gone (&program, file);
  wait_until_ended (program.guard_fd);
}

/* Another sweep, or a child, has one of the ledgers when the guard comes. */
static void
child_busy_ledger (gconstpointer data)
{
  g_auto (Program) program = { 0 };
  g_auto (TestLedger) second = { 0 }, foreign = { 0 };
  g_autoptr (TempLedgerText) text = NULL;
  temp_autofd int fd = -1, second_fd = -1, foreign_fd = -1;
  g_autofree char *file = NULL, *line = NULL;
  TempStat st;

  start (&program, NULL);
  fd = open (program.ledger, O_RDONLY | O_CLOEXEC);
  g_assert_no_errno (temp_platform.stat (fd, &st));
  text = temp_ledger_text_read (fd, &st);
  g_assert_nonnull (text);
  test_ledger_init (&second);
  second.process = g_array_index (text->processes, TempLedgerProcess, 0);
  test_ledger_write (&second, NULL);
  test_ledger_append_dir (&second, test_dir ());
  file = test_ledger_draw (&second, TEMP_TAG_FILE, test_dir (), "tmp", "");
  test_write (file, "text");
  second_fd = open (second.path, O_RDONLY | O_CLOEXEC);
  g_assert_no_errno (flock (second_fd, LOCK_EX));

  /* The guard leaves ledgers of other programs alone, even one of the program that this one was forked from. */
  test_ledger_write_for (&foreign, test_dir ());
  line = temp_ledger_process_line (&second.process);
  test_ledger_append (&foreign, "%s", g_strchomp (line));
  foreign_fd = open (foreign.path, O_RDONLY | O_CLOEXEC);
  g_assert_no_errno (flock (foreign_fd, LOCK_EX));

  end_by (&program, SIGKILL);
  wait_until_gone (&program, program.ledger);
  test_assert_exists (program.file, FALSE);
  test_assert_exists (file, TRUE);
  g_assert_no_errno (flock (second_fd, LOCK_UN));
  wait_until_gone (&program, file);
  wait_until_ended (program.guard_fd);
  test_assert_exists (second.path, FALSE);
  test_assert_exists (foreign.path, TRUE);
}

static void
make_dir (int commands,
          int out)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), NULL, NULL, &error);

  g_assert_no_error (error);
  dprintf (out, "%s\n", temp_dir_get_path (dir));
}

/* The guard waits for those who use something in the directory. */
static void
child_used_inside (gconstpointer data)
{
  const Preparation prepare = make_dir;
  g_auto (Program) program = { 0 };
  g_autofree char *path = NULL, *used = NULL, *unused = NULL;
  int fd;

  start (&program, &prepare);
  path = test_child_read_line (&program.child);
  unused = g_build_filename (path, "unused", NULL);
  used = g_build_filename (path, "used", NULL);
  g_assert_no_errno (mkdir (unused, 0700));
  g_assert_no_errno (mkdir (used, 0700));
  fd = open (used, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH));

  test_child_end (&program.child);
  wait_until_gone (&program, unused);
  test_assert_exists (used, TRUE);
  test_assert_exists (program.ledger, TRUE);

  close (fd);
  wait_until_gone (&program, path);
  assert_all_goes (&program);
}

/* A forked child has no guard until it asks for its own. */
static void
child_fork (gconstpointer data)
{
  g_auto (Program) first = { 0 };
  g_auto (Program) second = { 0 };

  start_guard ();
  start (&first, NULL);
  start (&second, NULL);
  g_assert_cmpstr (first.ledger, !=, second.ledger);
  g_assert_cmpint (first.guard, !=, second.guard);

  end_by (&first, SIGKILL);
  wait_until_gone (&first, first.file);
  wait_until_ended (first.guard_fd);
  test_assert_exists (second.file, TRUE);
  g_assert_false (has_ended (second.guard_fd));
  end_by (&second, SIGKILL);
  wait_until_gone (&second, second.file);
}

static void
child_async (gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *ledger = NULL;

  temp_guard_start_async (G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_true (temp_guard_start_finish (test_wait_result (&result), &error));
  g_assert_no_error (error);
  ledger = get_ledger ();
  g_assert_cmpint (test_find_guard (ledger), >, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/killed/guard/sweeps-whatever-the-signal", child_signals);
  test_add_with_ledgers ("/killed/guard/does-not-wait-for-a-zombie", child_zombie);
  test_add_with_ledgers ("/killed/guard/starts-without-blocking", child_async);
  test_add_with_ledgers ("/killed/guard/ends-with-a-program-that-ends-well", child_ends_well);
  test_add_with_ledgers ("/killed/guard/has-nothing-of-its-program", child_detached);
  test_add_with_ledgers ("/killed/guard/sweeps-though-its-program-closes-all", child_closes);
  test_add_with_ledgers ("/killed/guard/waits-after-exec", child_exec);
  test_add_with_ledgers ("/killed/guard/waits-for-late-processes", child_late_process);
  test_add_with_ledgers ("/killed/guard/waits-for-a-child", child_child);
  test_add_with_ledgers ("/killed/guard/sweeps-all-ledgers", child_full);
  test_add_with_ledgers ("/killed/guard/sweeps-for-a-lost-ledger", child_lost);
  test_add_with_ledgers ("/killed/guard/waits-for-another-sweep", child_busy_ledger);
  test_add_with_ledgers ("/killed/guard/waits-for-users-of-a-directory", child_used_inside);
  test_add_with_ledgers ("/fork/child-has-a-guard-of-its-own", child_fork);

  return g_test_run ();
}
