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
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temp-ledger-private.h"
#include "test-support.h"

/* A program that is guarded, and does what it is told by the byte it gets. */
typedef struct
{
  TestChild  child;
  char      *file;
  char      *ledger;
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

/* As a program does that closes all descriptors which it does not know. */
static void
close_ledger (const char *ledger)
{
  g_autofree char *names = test_list ("/proc/self/fd");
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  for (gsize i = 0; list[i] != NULL; i++)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", list[i], NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      if (g_strcmp0 (target, ledger) == 0)
        close (atoi (list[i]));
    }
}

typedef enum
{
  AS_USUAL,
  CLOSES_LEDGER,
  LOSES_LEDGER,
} Way;

/* One that loses its ledger has another, and another guard, once it asks for that again. */
static TempFile *
make_guarded_file (Way way)
{
  g_autoptr (TempFile) other = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  TempFile *file;

  start_guard ();
  file = make_file ();
  if (way == AS_USUAL)
    return file;

  first = temp_ledger_dup_path ();
  close_ledger (first);
  if (way == LOSES_LEDGER)
    g_assert_no_errno (g_unlink (first));
  other = make_file ();
  start_guard ();

  second = temp_ledger_dup_path ();
  if (way == LOSES_LEDGER)
    g_assert_cmpstr (first, !=, second);
  else
    g_assert_cmpstr (first, ==, second);
  return file;
}

static void
run (int           commands,
     int           out,
     gconstpointer data)
{
  TempFile *file = make_guarded_file (GPOINTER_TO_INT (data));
  g_autofree char *ledger = temp_ledger_dup_path ();
  char command = 0;

  dprintf (out, "%s\n%s\n", temp_file_get_path (file), ledger);
  if (read (commands, &command, 1) == 1 && command == 'x')
    exit (0); /* as the program would, by which it is deleted */
}

static void
start (Program *program,
       Way      way)
{
  test_child_start (&program->child, run, GINT_TO_POINTER (way));
  program->file = test_child_read_line (&program->child);
  program->ledger = test_child_read_line (&program->child);
}

static void
stop (Program *program,
      char     command)
{
  g_assert_cmpint (write (program->child.commands, &command, 1), ==, 1);
  test_child_end (&program->child);
}

static void
program_clear (Program *program)
{
  g_free (program->file);
  g_free (program->ledger);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Program, program_clear)

/* Waits until nothing is there any more. */
static void
wait_until_gone (const char *path)
{
  g_autofree char *dir = g_path_get_dirname (path);
  char events[4096];
  int fd = inotify_init1 (IN_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_no_errno (inotify_add_watch (fd, dir, IN_DELETE));
  while (g_file_test (path, G_FILE_TEST_EXISTS))
    g_assert_no_errno (read (fd, events, sizeof events));
  close (fd);
}

/* The process that was told to guard that ledger. */
static pid_t
find_guard (const char *ledger)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (processes)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
      g_autofree char *arguments = NULL;
      gsize size;

      if (g_ascii_isdigit (*name) && g_file_get_contents (path, &arguments, &size, NULL) &&
          memmem (arguments, size, ledger, strlen (ledger)) != NULL)
        return atoi (name);
    }

  return 0;
}

/* Of /proc/PID/status */
static guint64
read_status (pid_t       pid,
             const char *field,
             guint       base)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  line = strstr (status, field);
  g_assert_nonnull (line);
  return g_ascii_strtoull (strchr (line, ':') + 1, NULL, base);
}

static void
wait_until_ended (int pid_fd)
{
  struct pollfd waiting = { .fd = pid_fd, .events = POLLIN };

  g_assert_no_errno (poll (&waiting, 1, -1));
  close (pid_fd);
}

static void
test_killed (void)
{
  g_auto (Program) program = { 0 };

  start (&program, AS_USUAL);
  test_assert_exists (program.file, TRUE);
  stop (&program, 'k');
  wait_until_gone (program.file);
  wait_until_gone (program.ledger);
}

static void
test_ledger (gconstpointer data)
{
  g_auto (Program) program = { 0 };

  start (&program, GPOINTER_TO_INT (data));
  test_assert_exists (program.file, TRUE);
  stop (&program, 'k');
  wait_until_gone (program.file);
  wait_until_gone (program.ledger);
}

static void
test_ends_well (void)
{
  g_auto (Program) program = { 0 };
  pid_t guard;
  int pid_fd;

  start (&program, AS_USUAL);
  guard = find_guard (program.ledger);
  g_assert_cmpint (guard, >, 0);
  pid_fd = (int) syscall (SYS_pidfd_open, guard, 0);
  if (pid_fd < 0)
    g_test_skip ("no descriptors of processes here");

  stop (&program, 'x');
  test_assert_exists (program.file, FALSE);
  test_assert_exists (program.ledger, FALSE);
  if (pid_fd >= 0)
    wait_until_ended (pid_fd);
}

static void
test_detached (void)
{
  g_auto (Program) program = { 0 };
  g_autofree char *fds = NULL;
  g_autofree char *names = NULL;
  guint64 ignored;
  pid_t guard;

  start (&program, AS_USUAL);
  guard = find_guard (program.ledger);
  g_assert_cmpint (guard, >, 0);

  g_assert_cmpuint (read_status (guard, "PPid", 10), !=, program.child.pid);
  g_assert_cmpint (getsid (guard), !=, getsid (0));
  ignored = read_status (guard, "SigIgn", 16);
  for (int i = 1; i <= 3; i++) /* SIGHUP, SIGINT, SIGQUIT */
    g_assert_true ((ignored & (1 << (i - 1))) != 0);

  /* Nothing but /dev/null, the directory and the ledger: the pipes of this test are not there. */
  fds = g_strdup_printf ("/proc/%d/fd", guard);
  names = test_list (fds);
  {
    g_auto (GStrv) list = g_strsplit (names, " ", -1);

    for (gsize i = 0; list[i] != NULL; i++)
      {
        g_autofree char *link = g_build_filename (fds, list[i], NULL);
        g_autofree char *target = g_file_read_link (link, NULL);

        g_assert_true (target == NULL || g_str_equal (target, "/dev/null") || strstr (target, "/tempfile-glib/") != NULL);
      }
  }

  stop (&program, 'k');
  wait_until_gone (program.file);
}

static void
make_dir (int           commands,
          int           out,
          gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_autofree char *ledger = NULL;
  char byte;

  g_assert_no_error (error);
  g_assert_true (temp_guard_start (&error));
  g_assert_no_error (error);
  ledger = temp_ledger_dup_path ();
  dprintf (out, "%s\n%s\n", temp_dir_get_path (dir), ledger);
  g_assert_cmpint (read (commands, &byte, 1), ==, 0);
}

/* The guard waits for those who use something in the directory. */
static void
test_used_inside (void)
{
  TestChild child;
  g_autofree char *path = NULL;
  g_autofree char *ledger = NULL;
  g_autofree char *used = NULL;
  g_autofree char *unused = NULL;
  int fd;

  test_child_start (&child, make_dir, NULL);
  path = test_child_read_line (&child);
  ledger = test_child_read_line (&child);
  unused = g_build_filename (path, "unused", NULL);
  used = g_build_filename (path, "used", NULL);
  g_assert_no_errno (mkdir (unused, 0700));
  g_assert_no_errno (mkdir (used, 0700));
  fd = open (used, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH));

  test_child_end (&child);
  wait_until_gone (unused);
  test_assert_exists (used, TRUE);
  test_assert_exists (ledger, TRUE);

  close (fd);
  wait_until_gone (path);
  wait_until_gone (ledger);
}

/* A forked child has no guard until it asks for its own. */
static void
test_fork (void)
{
  g_auto (Program) first = { 0 };
  g_auto (Program) second = { 0 };

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  g_assert_true (temp_guard_start (NULL));
  start (&first, AS_USUAL);
  start (&second, AS_USUAL);
  g_assert_cmpstr (first.ledger, !=, second.ledger);
  stop (&first, 'k');
  wait_until_gone (first.file);
  test_assert_exists (second.file, TRUE);
  stop (&second, 'k');
  wait_until_gone (second.file);
}

static void
test_no_helper (void)
{
  g_autoptr (GError) error = NULL;

  if (g_test_subprocess ())
    {
      g_setenv ("TEMPFILE_GLIB_SWEEP", "/missing/helper", TRUE);
      g_assert_false (temp_guard_start (&error));
      g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
      test_assert_error_mentions (error, "/missing/helper");
      g_clear_error (&error);

      g_setenv ("TEMPFILE_GLIB_SWEEP", "/bin/true", TRUE);
      g_assert_false (temp_guard_start (&error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      test_assert_error_mentions (error, "/bin/true");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Nothing to guard with; and all else goes on. */
static void
test_no_ledger (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autofree char *path = NULL;

  if (g_test_subprocess ())
    {
      g_setenv ("XDG_STATE_HOME", "/proc/missing", TRUE);
      g_setenv ("XDG_RUNTIME_DIR", "/proc/missing", TRUE);
      g_assert_false (temp_guard_start (&error));
      test_assert_error_mentions (error, "/proc/missing");
      g_clear_error (&error);

      file = temp_file_new_named (NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      path = g_strdup (temp_file_get_path (file));
      g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
      test_assert_exists (path, FALSE);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-entry-guard/killed", test_killed);
  g_test_add_data_func ("/temp-entry-guard/closed-ledger", GINT_TO_POINTER (CLOSES_LEDGER), test_ledger);
  g_test_add_data_func ("/temp-entry-guard/lost-ledger", GINT_TO_POINTER (LOSES_LEDGER), test_ledger);
  g_test_add_func ("/temp-entry-guard/ends-well", test_ends_well);
  g_test_add_func ("/temp-entry-guard/detached", test_detached);
  g_test_add_func ("/temp-entry-guard/used-inside", test_used_inside);
  g_test_add_func ("/temp-entry-guard/fork", test_fork);
  g_test_add_func ("/temp-entry-guard/no-helper", test_no_helper);
  g_test_add_func ("/temp-entry-guard/no-ledger", test_no_ledger);

  return g_test_run ();
}
