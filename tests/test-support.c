/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "platform/platform.h"

const guint8 test_user_acl[TEST_USER_ACL_SIZE] = {
  2, 0, 0, 0,
  0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
  0x02, 0, 6, 0, 12, 0, 0, 0,
  0x04, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
  0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
  0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

#define CHILD_SKIPPED 77

/* In a child: it writes to these how it went, and why it was skipped. */
static int report_pipe = -1;
static int reason_pipe = -1;
static pid_t reporter; /* the child; children of its own write nothing there */

/* The directory that has those of all tests. A test may change the environment, from which it came. */
static char *top;
static pid_t owner;

/* Removes the tests' directories by another program: not by the library, which is being tested, nor by nftw(), for
 * which paths can be too long. */
static void
remove_directories (void)
{
  const char *argv[] = { "rm", "-rf", "--", top, NULL };

  if (getpid () == owner)
    g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

/* Sets the limits and variables that the user of the tests may have changed to the usual values. */
static void
set_environment (void)
{
  const guint n_fds = 1024;
  struct rlimit limit;

  umask (022);
  g_unsetenv ("TEMPFILE_GLIB_KEEP");
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < n_fds && limit.rlim_max >= n_fds)
    test_limit_fds (n_fds);
}

/* Not by G_TEST_OPTION_ISOLATE_DIRS, whose own leaks hide those of a test. */
void
test_init (int    *argc,
           char ***argv)
{
  static const char *const variables[] = {
    "G_TEST_TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
  };
  g_autofree char *runtime_dir = NULL;

  g_test_init (argc, argv, NULL);
  if (g_test_subprocess ())
    {
      top = g_strdup (g_getenv ("G_TEST_TMPDIR"));
      return;
    }

  set_environment ();
  top = g_dir_make_tmp ("tempfile-glib-test-XXXXXX", NULL);
  g_assert_nonnull (top);
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_setenv (variables[i], top, TRUE);

  runtime_dir = g_build_filename (top, "run", NULL);
  g_assert_no_errno (mkdir (runtime_dir, 0700));
  g_setenv ("XDG_RUNTIME_DIR", runtime_dir, TRUE);

  owner = getpid ();
  atexit (remove_directories);
}

const char *
test_dir (void)
{
  g_autofree char *name = g_strdelimit (g_strdup (g_test_get_path () + 1), "/", '-');
  g_autofree char *dir = g_build_filename (top, name, NULL);

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  return g_intern_string (dir);
}

char *
test_path (const char *base)
{
  return g_build_filename (test_dir (), base, NULL);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char *
test_list (const char *dir)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) open_dir = g_dir_open (dir, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (open_dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);

  return g_strjoinv (" ", (char **) names->pdata);
}

/* The ledger's is the process's, from the first named thing that it makes to its end. */
static gboolean
is_of_ledger (const char *fd)
{
  g_autofree char *link = g_build_filename ("/proc/self/fd", fd, NULL);
  g_autofree char *target = g_file_read_link (link, NULL);
  g_autofree char *base = target != NULL ? g_path_get_basename (target) : NULL;

  return base != NULL && g_str_has_prefix (base, "ledger-");
}

static char *
read_thread_name (const char *tid)
{
  g_autofree char *path = g_build_filename ("/proc/self/task", tid, "comm", NULL);
  char *name = NULL;

  return g_file_get_contents (path, &name, NULL, NULL) ? name : g_strdup ("");
}

/* Returns whether the library's background sweep runs, or a thread that has no name of its own yet and so may be it. */
static gboolean
is_sweeping (gboolean *is_certain)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  g_autofree char *own = g_strdup_printf ("%d", (int) syscall (SYS_gettid));
  g_autofree char *own_name = read_thread_name (own);
  gboolean found = FALSE;
  const char *tid;

  *is_certain = FALSE;
  while (tasks != NULL && (tid = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *name = read_thread_name (tid);

      *is_certain = *is_certain || g_str_equal (name, "tempfile-sweep\n");
      found = found || (!g_str_equal (tid, own) && g_str_equal (name, own_name) && !test_is_waiting (atoi (tid)));
    }

  return found || *is_certain;
}

/* The sweep that the first named thing in a process starts has descriptors of its own. */
static void
wait_for_sweep (void)
{
  const guint max_tries = 1000;
  gboolean is_certain;

  for (guint i = 0; is_sweeping (&is_certain) && (is_certain || i < max_tries); i++)
    g_thread_yield ();
}

guint
test_count_fds (void)
{
  g_autoptr (GDir) fds = NULL;
  const char *fd;
  guint n = 0;

  wait_for_sweep ();
  fds = g_dir_open ("/proc/self/fd", 0, NULL);
  while ((fd = g_dir_read_name (fds)) != NULL)
    if (!is_of_ledger (fd))
      n++;

  return n - 1; /* less that of the reading itself */
}

void
test_write (const char *path,
            const char *contents)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, contents, -1, &error);
  g_assert_no_error (error);
}

void
test_make_file (const char *relative)
{
  g_autofree char *path = test_path (relative);
  g_autofree char *dir = g_path_get_dirname (path);
  int fd;

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  g_assert_no_errno (fd);
  close (fd);
}

void
test_assert_list (const char *relative,
                  const char *expected)
{
  g_autofree char *path = test_path (relative);
  g_autofree char *names = test_list (path);

  g_assert_cmpstr (names, ==, expected);
}

void
test_assert_exists (const char *path,
                    gboolean    exists)
{
  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, exists);
}

void
test_assert_contents (const char *path,
                      const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (contents, ==, expected);
}

void
test_assert_mode (const char *path,
                  mode_t      mode)
{
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_cmphex (st.st_mode, ==, mode);
}

void
test_assert_error_mentions (const GError *error,
                            const char   *text)
{
  g_assert_nonnull (error);
  if (strstr (error->message, text) == NULL)
    g_error ("“%s” is not in: %s", text, error->message);
}

static void
count_notification (GObject    *object,
                    GParamSpec *pspec,
                    gpointer    data)
{
  GHashTable *counts = data;
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, pspec->name));

  g_hash_table_insert (counts, (gpointer) pspec->name, GUINT_TO_POINTER (n + 1));
}

static void
unref_counts (gpointer  data,
              GClosure *closure)
{
  g_hash_table_unref (data);
}

GHashTable *
test_count_notifications (gpointer object)
{
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  g_signal_connect_data (object, "notify", G_CALLBACK (count_notification), g_hash_table_ref (counts), unref_counts, 0);
  return counts;
}

void
test_assert_notified (GHashTable *counts,
                      const char *name,
                      guint       n_times)
{
  g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (counts, name)), ==, n_times);
}

void
test_assert_fixed (gpointer    object,
                   const char *name)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);
  g_autoptr (GHashTable) counts = test_count_notifications (object);
  g_autofree char *pattern = g_strdup_printf ("*“%s”*", name);
  g_auto (GValue) before = G_VALUE_INIT;
  g_auto (GValue) other = G_VALUE_INIT;
  g_auto (GValue) after = G_VALUE_INIT;

  g_object_get_property (object, name, &before);
  g_value_init (&other, pspec->value_type);
  if (G_VALUE_HOLDS_STRING (&other))
    g_value_set_static_string (&other, "other");
  else if (G_VALUE_HOLDS_BOOLEAN (&other))
    g_value_set_boolean (&other, !g_value_get_boolean (&before));
  else if (G_VALUE_HOLDS_INT (&other))
    g_value_set_int (&other, 0123);
  else
    g_value_set_uint64 (&other, 123);
  g_assert_cmpint (g_param_values_cmp (pspec, &before, &other), !=, 0);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, pattern);
  g_object_set_property (object, name, &other);
  g_test_assert_expected_messages ();

  g_object_get_property (object, name, &after);
  g_assert_cmpint (g_param_values_cmp (pspec, &before, &after), ==, 0);
  test_assert_notified (counts, name, 0);
}

typedef struct
{
  GIOStream    *stream;
  gint          is_ready; /* atomic, as is the next */
  gint          may_go;
  GInputStream *input;    /* that the other thread got */
} Race;

static gpointer
ask_for_both (gpointer data)
{
  Race *race = data;

  g_atomic_int_set (&race->is_ready, TRUE);
  while (!g_atomic_int_get (&race->may_go))
    ;
  race->input = g_io_stream_get_input_stream (race->stream);
  return g_io_stream_get_output_stream (race->stream);
}

void
test_ask_for_streams_twice (GIOStream *stream)
{
  Race race = { .stream = stream };
  GThread *thread = g_thread_new (NULL, ask_for_both, &race);
  GInputStream *input;

  while (!g_atomic_int_get (&race.is_ready))
    g_thread_yield ();
  g_atomic_int_set (&race.may_go, TRUE);
  input = g_io_stream_get_input_stream (stream);
  g_assert_true (g_io_stream_get_output_stream (stream) == g_thread_join (thread));
  g_assert_true (input == race.input);
}

void
test_wait_empty (void)
{
  for (;;)
    {
      g_autofree char *names = test_list (test_dir ());

      if (*names == '\0')
        break;
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static void
do_nothing (GTask        *task,
            gpointer      source,
            gpointer      data,
            GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

void
test_start_threads (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, test_keep_result, &result);

  g_task_run_in_thread (task, do_nothing);
  test_wait_result (&result);
}

void
test_keep_result (GObject      *source,
                  GAsyncResult *result,
                  gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

GAsyncResult *
test_wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

/* Valgrind looks for leaks in each child, too, and there finds what was held by
 * threads that the child does not have. So there, the child ends as another program; or
 * if that may be forbidden, by a signal, and has said before how it went. */
void
test_child_exit (int status)
{
  char command[32];

  if (g_getenv ("TEST_VALGRIND") == NULL)
    _exit (status);

  if (report_pipe >= 0 && getpid () == reporter)
    {
      char report = (char) status;

      if (write (report_pipe, &report, 1) == 1)
        raise (SIGKILL);
      _exit (1);
    }

  g_snprintf (command, sizeof command, "exit %d", status);
  execl ("/bin/sh", "sh", "-c", command, NULL);
  _exit (1);
}

gboolean
test_can_see_waiting (void)
{
  g_autofree char *call = NULL;

  return g_file_get_contents ("/proc/self/syscall", &call, NULL, NULL);
}

gboolean
test_is_waiting (pid_t tid)
{
  /* The sanitizers have a thread that sleeps. */
  static const int calls[] = {
    SYS_futex, SYS_ppoll, SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall,
#ifdef SYS_poll
    SYS_poll,
#endif
  };
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/syscall", (int) tid);
  g_autofree char *call = NULL;

  if (!g_file_get_contents (path, &call, NULL, NULL))
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    if (g_ascii_isdigit (*call) && atoi (call) == calls[i])
      return TRUE;
  return FALSE;
}

static gboolean
is_any_thread_busy (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *tid;

  while (tasks != NULL && (tid = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", tid, NULL);

      if (atoi (tid) != (int) syscall (SYS_gettid) && !test_is_waiting (atoi (tid)) &&
          g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }

  return FALSE;
}

void
test_wait_idle (void)
{
  if (test_can_see_waiting ())
    while (is_any_thread_busy ())
      g_thread_yield ();
}

/* GLib's threads go on for a moment after a result is there: a child that is made meanwhile has their locks,
 * and nobody who unlocks them. */
pid_t
test_fork_idle (void)
{
  pid_t pid;

  test_wait_idle ();
  pid = fork ();
  g_assert_no_errno (pid);
  return pid;
}

pid_t
test_make_child (gboolean raw)
{
  pid_t pid = raw ? (pid_t) syscall (SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork ();

  g_assert_no_errno (pid);
  return pid;
}

void
test_assert_ends_well (pid_t pid)
{
  int status;

  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_cmpint (status, ==, 0);
}

void
test_child_start (TestChild         *child,
                  TestChildFunction  function,
                  gconstpointer      data)
{
  int out[2], in[2];

  g_assert_no_errno (pipe2 (out, O_CLOEXEC));
  g_assert_no_errno (pipe2 (in, O_CLOEXEC));
  child->pid = test_fork_idle ();
  if (child->pid == 0)
    {
      close (out[0]);
      close (in[1]);
      function (in[0], out[1], data);
      raise (SIGKILL);
    }

  close (out[1]);
  close (in[0]);
  child->said = fdopen (out[0], "r");
  child->commands = in[1];
}

char *
test_child_read_line (TestChild *child)
{
  char line[4096];

  g_assert_nonnull (fgets (line, sizeof line, child->said));
  return g_strdup (g_strchomp (line));
}

int
test_child_end (TestChild *child)
{
  int status;

  close (child->commands);
  g_assert_no_errno (waitpid (child->pid, &status, 0));
  fclose (child->said);
  return status;
}

void
test_in_child (void          (*function) (gconstpointer),
               gconstpointer   data)
{
  int report_pipes[2], reason_pipes[2];
  char reason[256] = "";
  char report = 1;
  int status;
  pid_t pid;

  g_assert_no_errno (pipe (report_pipes));
  g_assert_no_errno (pipe (reason_pipes));
  pid = test_fork_idle ();
  if (pid == 0)
    {
      close (report_pipes[0]);
      close (reason_pipes[0]);
      report_pipe = report_pipes[1];
      reason_pipe = reason_pipes[1];
      reporter = getpid ();
      function (data);
      test_child_exit (0);
    }

  close (report_pipes[1]);
  close (reason_pipes[1]);
  g_assert_no_errno (read (reason_pipes[0], reason, sizeof reason - 1));
  g_assert_no_errno (read (report_pipes[0], &report, 1));
  close (report_pipes[0]);
  close (reason_pipes[0]);

  g_assert_no_errno (waitpid (pid, &status, 0));
  if (WIFEXITED (status))
    report = WEXITSTATUS (status);
  else if (WTERMSIG (status) != SIGKILL)
    g_error ("The child was ended by signal %d", WTERMSIG (status));

  if (report == CHILD_SKIPPED)
    g_test_skip (reason);
  else
    g_assert_cmpint (report, ==, 0);
}

/* The leak sanitizer calls this. */
int __lsan_is_turned_off (void);

static gboolean ignores_leaks;

int
__lsan_is_turned_off (void)
{
  return ignores_leaks;
}

void
test_ignore_leaks (void)
{
  ignores_leaks = TRUE;
}

typedef struct
{
  void        (*function) (gconstpointer);
  gconstpointer data;
} InChild;

static void
add (const char     *path,
     void          (*function) (gconstpointer),
     gconstpointer   data,
     GTestDataFunc   run)
{
  static GSList *tests; /* GTest frees only the data of tests that it runs: these stay reachable */
  InChild *test = g_new (InChild, 1);

  test->function = function;
  test->data = data;
  tests = g_slist_prepend (tests, test);
  g_test_add_data_func (path, test, run);
}

static void
run_in_child (gconstpointer data)
{
  const InChild *test = data;

  test_in_child (test->function, test->data);
}

void
test_add_in_child (const char     *path,
                   void          (*function) (gconstpointer),
                   gconstpointer   data)
{
  add (path, function, data, run_in_child);
}

static void
run_with_ledgers (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *runtime = test_path ("runtime");

  /* GLib looks only once, and only the child does. */
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  run_in_child (data);
}

void
test_add_with_ledgers (const char *path,
                       void      (*function) (gconstpointer))
{
  add (path, function, NULL, run_with_ledgers);
}

void
test_child_skip (const char *reason)
{
  if (write (reason_pipe, reason, strlen (reason)) < 0)
    test_child_exit (1);
  test_child_exit (CHILD_SKIPPED);
}

/* The way to the test's directory is opened up, so that the child can go on in it; but nobody else can rename on
 * that way, so that paths in other tests' directories remain trusted. A test may have done so already, in another
 * way. */
gboolean
test_become (uid_t uid,
             gid_t gid)
{
  g_autofree char *dir = g_strdup (test_dir ());

  if (geteuid () != 0)
    return FALSE;

  while (g_str_has_prefix (dir, top))
    {
      char *up = g_path_get_dirname (dir);
      struct stat st;
      mode_t mode = g_str_equal (dir, test_dir ()) ? 0777 : 0711;

      if (stat (dir, &st) < 0 || ((st.st_mode & mode) != mode && chmod (dir, mode) < 0))
        {
          g_free (up);
          return FALSE;
        }
      g_free (dir);
      dir = up;
    }

  if (setgroups (0, NULL) < 0 || setresgid (gid, gid, gid) < 0 || setresuid (uid, uid, uid) < 0)
    return FALSE;
  if (prctl (PR_SET_DUMPABLE, 1) < 0) /* for /proc/self */
    return FALSE;

  return access (test_dir (), W_OK | X_OK) == 0;
}

gboolean
test_become_nobody (void)
{
  const uid_t nobody = 65534;

  return geteuid () != 0 || test_become (nobody, nobody);
}

static gboolean
write_file (const char *path,
            const char *contents)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && write (fd, contents, strlen (contents)) >= 0;

  if (fd >= 0)
    close (fd);
  return ok;
}

/* A namespace in which mounting is allowed, and of which nothing is seen outside. */
static gboolean
enter_mount_namespace (void)
{
  g_autofree char *uid_map = g_strdup_printf ("%u %u 1", geteuid (), geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("%u %u 1", getegid (), getegid ());

  if (geteuid () == 0)
    return unshare (CLONE_NEWNS) == 0;

  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         write_file ("/proc/self/setgroups", "deny") &&
         write_file ("/proc/self/uid_map", uid_map) &&
         write_file ("/proc/self/gid_map", gid_map);
}

gboolean
test_mount_tmpfs (const char *dir,
                  const char *options)
{
  return enter_mount_namespace () &&
         mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("tmpfs", dir, "tmpfs", 0, options) == 0;
}

gboolean
test_is_mounted_with (unsigned long flag)
{
  struct statvfs fs;

  g_assert_no_errno (statvfs (test_dir (), &fs));
  return (fs.f_flag & flag) != 0;
}

gboolean
test_is_full (void)
{
  return g_test_slow () || g_getenv ("TEST_FULL") != NULL;
}

/* Returns the message of a skip if the library has only POSIX's system calls; else NULL. */
static char *
explain_posix (const char *reason)
{
  return g_str_equal (temp_platform.name, "posix") ? g_strdup_printf ("with -Dplatform=posix: %s", reason) : NULL;
}

gboolean
test_skips_on_posix (const char *reason)
{
  g_autofree char *message = explain_posix (reason);

  if (message != NULL)
    g_test_skip (message);
  return message != NULL;
}

void
test_child_skip_on_posix (const char *reason)
{
  g_autofree char *message = explain_posix (reason);

  if (message != NULL)
    test_child_skip (message);
}

void
test_reap_on_posix (void)
{
  if (g_str_equal (temp_platform.name, "posix"))
    while (waitpid (-1, NULL, 0) > 0)
      ;
}

void
test_limit_fds (guint n_fds)
{
  struct rlimit limit;

  /* Not the hard one, which Valgrind keeps for itself. */
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = n_fds;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
}

#ifdef HAVE_SECCOMP
static gboolean
load_filter (int                       number,
             guint32                   action,
             const struct scmp_arg_cmp comparison)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok;

  ok = filter != NULL && seccomp_rule_add (filter, action, number, 1, comparison) == 0 && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return ok;
}
#endif

gboolean
test_fail_syscall (int number,
                   int errsv)
{
  return test_fail_syscall_if (number, errsv, 0, 0);
}

gboolean
test_fail_syscall_if (int     number,
                      int     errsv,
                      guint   arg,
                      guint64 bits)
{
#ifdef HAVE_SECCOMP
  return load_filter (number, SCMP_ACT_ERRNO (errsv), SCMP_CMP (arg, SCMP_CMP_MASKED_EQ, bits, bits));
#else
  return FALSE;
#endif
}

gboolean
test_fail_syscall_on (int number,
                      int errsv,
                      int fd)
{
#ifdef HAVE_SECCOMP
  return load_filter (number, SCMP_ACT_ERRNO (errsv), SCMP_CMP (0, SCMP_CMP_MASKED_EQ, G_MAXUINT32, (guint) fd));
#else
  return FALSE;
#endif
}

gboolean
test_die_at_syscall (int number)
{
#ifdef HAVE_SECCOMP
  return load_filter (number, SCMP_ACT_KILL_PROCESS, SCMP_CMP (0, SCMP_CMP_MASKED_EQ, 0, 0));
#else
  return FALSE;
#endif
}
