/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-programs.h"

#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#define HANG_SECONDS 900

/* Tests */

typedef struct
{
  TestProgramFunction function;
  gconstpointer       data;
} ProgramTest;

static const char *
make_own (const char *base)
{
  g_autofree char *path = test_path (base);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  return g_intern_string (path);
}

const char *
test_files (void)
{
  return make_own ("files");
}

const char *
test_user (void)
{
  return make_own ("user");
}

static void
run_in_child (gconstpointer data)
{
  const ProgramTest *test = data;

  alarm (HANG_SECONDS);
  test->function (test->data);
}

static void
run_program_test (gconstpointer data)
{
  static const char *const unset[] = { "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME" };
  g_autofree char *state = NULL;

  /* GLib looks only once, and only the child does. */
  test_files ();
  test_user ();
  g_setenv ("HOME", make_own ("home"), TRUE);
  g_setenv ("XDG_RUNTIME_DIR", make_own ("run"), TRUE);
  state = g_build_filename (make_own ("home"), ".local", "state", NULL);
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (unset); i++)
    g_unsetenv (unset[i]);

  test_in_child (run_in_child, data);
}

void
test_add_program (const char          *path,
                  TestProgramFunction  function,
                  gconstpointer        data)
{
  static GPtrArray *tests; /* those that are not run leak nothing, either */
  ProgramTest *test = g_new (ProgramTest, 1);

  if (tests == NULL)
    tests = g_ptr_array_new ();
  g_ptr_array_add (tests, test);
  test->function = function;
  test->data = data;
  g_test_add_data_func (path, test, run_program_test);
}

void
test_add_program_copy (const char          *path,
                       TestProgramFunction  function,
                       gconstpointer        data,
                       gsize                size)
{
  test_add_program (path, function, g_memdup2 (data, size));
}

/* Programs */

static void
run_program (int           commands,
             int           out,
             gconstpointer data)
{
  const ProgramTest *program = data;

  test_ignore_leaks ();
  g_assert_no_errno (dup2 (commands, STDIN_FILENO));
  g_assert_no_errno (dup2 (out, STDOUT_FILENO));
  close (commands);
  close (out);
  program->function (program->data);
}

void
test_program_start (TestChild           *program,
                    TestProgramFunction  function,
                    gconstpointer        data)
{
  const ProgramTest test = { function, data };

  fflush (stdout);
  test_child_start (program, run_program, &test);
}

/* After a fork, a buffer of stdio's would be written twice. */
void
test_say (const char *line)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);

  g_assert_cmpint (write (STDOUT_FILENO, text, strlen (text)), ==, strlen (text));
}

char
test_get_command (void)
{
  char command = 0;

  g_assert_no_errno (read (STDIN_FILENO, &command, 1));
  return command;
}

/* GLib logs debugging messages to the standard output of a test. */
char *
test_program_read_line (TestChild *program)
{
  char *line = NULL;

  do
    {
      g_free (line);
      line = test_child_read_line (program);
    }
  while (*line == '#' || *line == '\0');

  return line;
}

void
test_program_tell (TestChild *program,
                   char       command)
{
  g_assert_cmpint (write (program->commands, &command, 1), ==, 1);
}

void
test_program_end (TestChild *program)
{
  int status = test_child_end (program);

  /* Valgrind has such a child end in its own way: see test_child_exit(). */
  if (g_getenv ("TEST_VALGRIND") == NULL)
    g_assert_cmphex (status, ==, 0);
}

void
test_program_kill (TestChild *program)
{
  int status;

  g_assert_no_errno (kill (program->pid, SIGKILL));
  status = test_child_end (program);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL); /* it did not fail before */
}

void
test_make_things (const char *dir)
{
  static GPtrArray *things;
  g_autoptr (GError) error = NULL;
  g_autofree char *inside = NULL;
  TempFile *file, *closed;
  TempDir *made;

  file = temp_file_new_named (dir, NULL, ".txt", &error);
  g_assert_no_error (error);
  closed = temp_file_new_named (dir, "closed", NULL, &error);
  g_assert_no_error (error);
  temp_file_set_delete_on_close (closed, FALSE);
  g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, &error));
  g_assert_no_error (error);
  made = temp_dir_new (dir, NULL, NULL, &error);
  g_assert_no_error (error);
  inside = g_build_filename (temp_dir_get_path (made), "inside", NULL);
  test_write (inside, "text");

  if (things == NULL)
    things = g_ptr_array_new ();
  g_ptr_array_add (things, file);
  g_ptr_array_add (things, closed);
  g_ptr_array_add (things, made);
}

void
test_exec_waiting (void)
{
  execl ("/bin/sh", "sh", "-c", "echo $$; exec cat", NULL);
  _exit (127);
}

void
test_close_descriptors (void)
{
  for (int fd = STDERR_FILENO + 1; fd < 500; fd++) /* Valgrind's own are above */
    close (fd);
}

static gboolean
is_first_thread_ended (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) getpid ());
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return strstr (text, ") Z ") != NULL;
}

static gpointer
wait_in_thread (gpointer data)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());

  while (!is_first_thread_ended ())
    g_thread_yield ();
  test_say (pid);
  test_get_command ();
  raise (SIGKILL);
  return data;
}

void
test_end_first_thread (void)
{
  g_thread_unref (g_thread_new ("wait", wait_in_thread, NULL));
  pthread_exit (NULL);
}

static void
run_things (gconstpointer data)
{
  test_make_things (test_files ());
  test_say ("ready");
  test_get_command ();
}

void
test_leave_things (void)
{
  g_autofree char *line = NULL;
  g_autofree char *files = NULL;
  g_autofree char *ledgers = NULL;
  TestChild program;

  test_program_start (&program, run_things, NULL);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  test_program_kill (&program);

  files = test_list (test_files ());
  ledgers = test_list_ledgers ();
  g_assert_cmpstr (files, !=, "");
  g_assert_cmpstr (ledgers, !=, "");
}

/* Sweeps */

static const char *
get_helper (void)
{
  const char *helper = g_getenv ("TEMPFILE_GLIB_SWEEP");

  g_assert_nonnull (helper);
  return helper;
}

void
test_sweep (void)
{
  const char *argv[] = { get_helper (), NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *err = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &err, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (err, ==, "");
  g_assert_cmpint (status, ==, 0);
}

gboolean
test_sweep_after (gboolean    (*prepare) (gconstpointer),
                  gconstpointer data)
{
  const int not_prepared = 77;
  pid_t pid = test_fork_idle ();
  int status;

  /* A new PID or time namespace is that of children only. */
  if (pid == 0)
    {
      pid_t sweep;

      if (!prepare (data))
        test_child_exit (not_prepared);
      sweep = fork ();
      if (sweep == 0)
        {
          execl (get_helper (), get_helper (), NULL);
          _exit (127);
        }
      if (sweep < 0 || waitpid (sweep, &status, 0) < 0 || !WIFEXITED (status))
        test_child_exit (126);
      test_child_exit (WEXITSTATUS (status));
    }

  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == not_prepared)
    return FALSE;

  /* A sweep that cannot see everything may say so. */
  g_assert_cmpint (WEXITSTATUS (status), <=, 1);
  return TRUE;
}

static gboolean
do_nothing (gconstpointer data)
{
  return TRUE;
}

void
test_try_sweep (void)
{
  g_assert_true (test_sweep_after (do_nothing, NULL));
}

pid_t
test_find_guard (const char *part)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (processes)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
      g_autofree char *arguments = NULL;
      gsize size;

      if (g_ascii_isdigit (*name) && g_file_get_contents (path, &arguments, &size, NULL) &&
          memmem (arguments, size, "--guard", strlen ("--guard")) != NULL &&
          memmem (arguments, size, part, strlen (part)) != NULL)
        return atoi (name);
    }

  return 0;
}

/* Results */

static void
describe (GString    *text,
          const char *dir,
          const char *relative)
{
  g_autofree char *path = g_str_equal (relative, ".") ? g_strdup (dir) : g_build_filename (dir, relative, NULL);
  g_autofree char *contents = NULL;
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_string_append_printf (text, "%s %o", relative, st.st_mode);
  if (S_ISLNK (st.st_mode))
    contents = g_file_read_link (path, NULL);
  else if (S_ISREG (st.st_mode))
    g_file_get_contents (path, &contents, NULL, NULL);
  g_string_append_printf (text, " %" G_GINT64_FORMAT " %s\n", S_ISREG (st.st_mode) ? (gint64) st.st_size : 0,
                          contents != NULL ? contents : "");

  if (S_ISDIR (st.st_mode))
    {
      g_autofree char *names = test_list (path);
      g_auto (GStrv) list = g_strsplit (names, " ", -1);

      for (gsize i = 0; list[i] != NULL && *names != '\0'; i++)
        {
          g_autofree char *below = g_build_filename (relative, list[i], NULL);

          describe (text, dir, below);
        }
    }
}

char *
test_describe (const char *dir)
{
  g_autoptr (GString) text = g_string_new (NULL);

  describe (text, dir, ".");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
collect_ledgers (const char *home,
                 GPtrArray  *paths)
{
  g_autofree char *top = g_build_filename (home, "tempfile-glib", NULL);
  g_autoptr (GDir) machines = g_dir_open (top, 0, NULL);
  const char *machine, *name;

  while (machines != NULL && (machine = g_dir_read_name (machines)) != NULL)
    {
      g_autofree char *dir = g_build_filename (top, machine, NULL);
      g_autoptr (GDir) ledgers = g_dir_open (dir, 0, NULL);

      while (ledgers != NULL && (name = g_dir_read_name (ledgers)) != NULL)
        g_ptr_array_add (paths, g_build_filename (dir, name, NULL));
    }
}

char **
test_find_ledgers (void)
{
  const char *state = g_getenv ("XDG_STATE_HOME");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *usual = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  if (state == NULL && g_getenv ("HOME") != NULL)
    state = usual = g_build_filename (g_getenv ("HOME"), ".local", "state", NULL);
  if (state != NULL)
    collect_ledgers (state, paths);
  if (runtime != NULL)
    collect_ledgers (runtime, paths);
  g_ptr_array_add (paths, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}

char *
test_list_ledgers (void)
{
  g_auto (GStrv) paths = test_find_ledgers ();

  return g_strjoinv (" ", paths);
}

void
test_assert_unchanged (const char *files,
                       const char *ledgers)
{
  g_autofree char *files_now = test_describe (test_files ());
  g_autofree char *ledgers_now = test_list_ledgers ();

  g_assert_cmpstr (files_now, ==, files);
  g_assert_cmpstr (ledgers_now, ==, ledgers);
}

void
test_assert_nothing_left (void)
{
  g_autofree char *files = test_list (test_files ());
  g_autofree char *ledgers = test_list_ledgers ();

  g_assert_cmpstr (files, ==, "");
  g_assert_cmpstr (ledgers, ==, "");
}

/* A sweep skips unknown lines. Writes into the file itself, since a sweep passes over a copy of a ledger. */
void
test_forget_tries (void)
{
  const char *line = "\ntried ";
  g_auto (GStrv) paths = test_find_ledgers ();

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *contents = NULL;
      gsize size, length = strlen (line);
      int fd = open (paths[i], O_RDWR | O_CLOEXEC);

      g_assert_no_errno (fd);
      g_assert_true (g_file_get_contents (paths[i], &contents, &size, NULL));
      for (gsize at = 0; at + length <= size; at++)
        if (memcmp (contents + at, line, length) == 0)
          g_assert_cmpint (pwrite (fd, "\nTried ", length, (off_t) at), ==, length);
      close (fd);
    }
}

/* Rights */

/* The directories above are root's, so that the user can trust them. */
gboolean
test_become_user (uid_t uid)
{
  static const char *const owned[] = { "files", "user", "home", "run" };
  g_autofree char *dir = g_strdup (test_dir ());
  const char *top = g_getenv ("G_TEST_TMPDIR");

  if (geteuid () != 0)
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (owned); i++)
    if (chown (make_own (owned[i]), uid, uid) < 0)
      return FALSE;

  while (g_str_has_prefix (dir, top))
    {
      char *up = g_path_get_dirname (dir);

      if (chmod (dir, 0755) < 0)
        return FALSE;
      g_free (dir);
      dir = up;
    }

  if (setgroups (0, NULL) < 0 || setresgid (uid, uid, uid) < 0 || setresuid (uid, uid, uid) < 0)
    return FALSE;
  if (prctl (PR_SET_DUMPABLE, 1) < 0) /* for /proc/self */
    return FALSE;

  return access (test_files (), W_OK | X_OK) == 0 && access (get_helper (), X_OK) == 0;
}

/* A tmpfs far from everything else, which nobody looks at. */
gboolean
test_enter_mounts (void)
{
  g_autofree char *unused = test_path ("unused");

  g_assert_no_errno (g_mkdir_with_parents (unused, 0700));
  return test_mount_tmpfs (unused, NULL);
}

static gboolean
write_map (const char *file,
           const char *text)
{
  g_autofree char *path = g_build_filename ("/proc/self", file, NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && write (fd, text, strlen (text)) >= 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

gboolean
test_unshare_user (int   flags,
                   uid_t uid)
{
  g_autofree char *uid_map = g_strdup_printf ("%u %u 1", uid, geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("%u %u 1", uid, getegid ());

  if (unshare (CLONE_NEWUSER | flags) < 0)
    return FALSE;
  return uid == (uid_t) -1 ||
         (write_map ("setgroups", "deny") && write_map ("uid_map", uid_map) && write_map ("gid_map", gid_map));
}

gboolean
test_unshare (int flags)
{
  return geteuid () == 0 ? unshare (flags) == 0 : test_unshare_user (flags, geteuid ());
}

gboolean
test_die_at_timed_wait (void)
{
#ifdef HAVE_SECCOMP
  static const int sleeps[] = {
    SYS_clock_nanosleep, SYS_nanosleep, SYS_ppoll,
#ifdef SYS_poll
    SYS_poll,
#endif
  };
  static const int operations[] = { FUTEX_WAIT, FUTEX_WAIT_BITSET };
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok = filter != NULL;

  for (gsize i = 0; ok && i < G_N_ELEMENTS (sleeps); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_KILL_PROCESS, sleeps[i], 0) == 0;
  for (gsize i = 0; ok && i < G_N_ELEMENTS (operations); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_KILL_PROCESS, SYS_futex, 2,
                           SCMP_A1 (SCMP_CMP_MASKED_EQ, FUTEX_CMD_MASK & G_MAXUINT32, (guint) operations[i]),
                           SCMP_A3 (SCMP_CMP_NE, 0, 0)) == 0;
  ok = ok && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return ok;
#else
  return FALSE;
#endif
}
