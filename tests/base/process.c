/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h" /* TEMP_DEBUG */

#include "base/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

#define MAX_DEPTH 3

static gpointer
get_generation (gpointer data)
{
  return GUINT_TO_POINTER (temp_process_generation ());
}

static void
test_generation (void)
{
  guint generation = temp_process_generation ();
  GThread *threads[4];

  g_assert_cmpuint (generation, !=, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("generation", get_generation, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), ==, generation);
  g_assert_cmpuint (temp_process_generation (), ==, generation);
}

/* Goes on in a child. Its generation differs from those of all its ancestors, and stays when it has children itself. */
static void
descend (gboolean raw,
         guint   *ancestors,
         guint    depth)
{
  guint generation = temp_process_generation ();
  pid_t pid;

  g_assert_cmpuint (generation, !=, 0);
  for (guint i = 0; i < depth; i++)
    g_assert_cmpuint (generation, !=, ancestors[i]);
  ancestors[depth] = generation;

  if (depth < MAX_DEPTH)
    {
      pid = test_make_child (raw);
      if (pid == 0)
        {
          descend (raw, ancestors, depth + 1);
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }

  g_assert_cmpuint (temp_process_generation (), ==, generation);
}

static void
test_descendants (gconstpointer data)
{
  guint ancestors[MAX_DEPTH + 1];

  if (GPOINTER_TO_INT (data) && test_skips_on_posix ("no memory that fork() wipes"))
    return;
  descend (GPOINTER_TO_INT (data), ancestors, 0);
}

/* A child that asks for its number only after it had a child. */
static void
test_asks_late (void)
{
  pid_t pid = test_make_child (FALSE);
  int pipe_fds[2];

  if (pid > 0)
    {
      test_assert_ends_well (pid);
      return;
    }

  g_assert_no_errno (pipe (pipe_fds));
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      guint generation = temp_process_generation ();

      test_child_exit (write (pipe_fds[1], &generation, sizeof generation) != sizeof generation);
    }
  else
    {
      guint generation;

      test_assert_ends_well (pid);
      g_assert_cmpint (read (pipe_fds[0], &generation, sizeof generation), ==, sizeof generation);
      g_assert_cmpuint (generation, !=, temp_process_generation ());
      test_child_exit (0);
    }
}

static gpointer
lock_and_unlock (gpointer data)
{
  gint *stop = data;

  while (!g_atomic_int_get (stop))
    {
      temp_process_lock ();
      temp_process_unlock ();
    }

  return NULL;
}

/* A child made while another thread held the lock would wait for it forever: the alarm ends it. */
static void
test_lock_in_child (void)
{
  gint stop = FALSE;
  GThread *threads[2];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("lock", lock_and_unlock, &stop);

  for (guint i = 0; i < 300; i++)
    {
      pid_t pid = test_make_child (FALSE);

      if (pid == 0)
        {
          alarm (300);
          temp_process_lock ();
          temp_process_unlock ();
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }

  g_atomic_int_set (&stop, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gpointer
count_up (gpointer data)
{
  volatile guint *count = data;

  for (guint i = 0; i < 10000; i++)
    {
      temp_process_lock ();
      *count = *count + 1;
      temp_process_unlock ();
    }

  return NULL;
}

static void
test_lock_excludes (void)
{
  guint count = 0;
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("count", count_up, &count);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (count, ==, G_N_ELEMENTS (threads) * 10000);
}

static gpointer
wake (gpointer data)
{
  gboolean *is_awake = data;

  /* The other thread has the lock until it waits. */
  temp_process_lock ();
  *is_awake = TRUE;
  temp_process_wake ();
  temp_process_unlock ();
  return NULL;
}

static void
test_wait_until (void)
{
  gboolean is_awake = FALSE;
  GThread *thread;

  temp_process_lock ();
  while (temp_process_wait_until (g_get_monotonic_time ()))
    ;

  thread = g_thread_new ("wake", wake, &is_awake);
  while (!is_awake)
    g_assert_true (temp_process_wait_until (G_MAXINT64));
  temp_process_unlock ();
  g_thread_join (thread);

  is_awake = FALSE;
  temp_process_lock ();
  thread = g_thread_new ("wake", wake, &is_awake);
  while (!is_awake)
    temp_process_wait ();
  temp_process_unlock ();
  g_thread_join (thread);
}

/* exit() in a signal handler may interrupt the library, which then cannot wait for itself. */
static void
test_lock_at_exit (void)
{
  temp_process_lock ();
  g_assert_false (temp_process_lock_at_exit ());
  temp_process_unlock ();

  g_assert_true (temp_process_lock_at_exit ());
  temp_process_unlock ();
}

static void
ask_keeps_everything (const char *value,
                      gboolean    expected)
{
  pid_t pid = test_make_child (FALSE);

  if (pid == 0)
    {
      if (value != NULL)
        g_setenv ("TEMPFILE_GLIB_KEEP", value, TRUE);
      else
        g_unsetenv ("TEMPFILE_GLIB_KEEP");
      g_assert_cmpint (temp_process_keeps_everything (), ==, expected);

      /* The library does not look at later changes. */
      g_setenv ("TEMPFILE_GLIB_KEEP", expected ? "0" : "1", TRUE);
      g_assert_cmpint (temp_process_keeps_everything (), ==, expected);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
}

static void
test_keeps_everything (void)
{
  ask_keeps_everything (NULL, FALSE);
  ask_keeps_everything ("", FALSE);
  ask_keeps_everything ("0", FALSE);
  ask_keeps_everything ("1", TRUE);
  ask_keeps_everything ("yes", TRUE);
}

#ifdef TEMP_DEBUG

static void
wait_unlocked (void)
{
  temp_process_wait_until (0);
}

static void
lock_twice (void)
{
  temp_process_lock ();
  temp_process_lock ();
}

static void
lock_backwards (void)
{
  temp_process_lock ();
  temp_mutex_lock (TEMP_MUTEX_APPENDS);
}

static void
unlock_first (void)
{
  temp_mutex_lock (TEMP_MUTEX_APPENDS);
  temp_mutex_unlock (TEMP_MUTEX_APPENDS);
  temp_mutex_assert_locked (TEMP_MUTEX_APPENDS);
}

/* A debug build ends a program whose thread breaks a lock rule. */
static void
test_rules (void)
{
  static void (*const breakers[]) (void) = { wait_unlocked, lock_twice, lock_backwards, unlock_first };

  for (gsize i = 0; i < G_N_ELEMENTS (breakers); i++)
    {
      pid_t pid = test_make_child (FALSE);
      int status;

      if (pid == 0)
        {
          const struct rlimit no_core = { 0, 0 };

          setrlimit (RLIMIT_CORE, &no_core);
          close (STDOUT_FILENO);
          close (STDERR_FILENO);
          breakers[i] ();
          test_child_exit (0);
        }
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT);
    }

  temp_mutex_lock (TEMP_MUTEX_APPENDS);
  temp_process_lock ();
  temp_mutex_assert_locked (TEMP_MUTEX_APPENDS);
  temp_mutex_assert_locked (TEMP_MUTEX_PROCESS);
  temp_process_unlock ();
  temp_mutex_unlock (TEMP_MUTEX_APPENDS);
}

#endif

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/process/one-generation-in-all-threads", test_generation);
  g_test_add_data_func ("/fork/child-has-another-generation", GINT_TO_POINTER (FALSE), test_descendants);
  g_test_add_data_func ("/fork/raw-child-has-another-generation", GINT_TO_POINTER (TRUE), test_descendants);
  g_test_add_func ("/fork/parent-asks-late-for-its-generation", test_asks_late);
  g_test_add_func ("/fork/child-can-take-the-lock", test_lock_in_child);
  g_test_add_func ("/process/lock/excludes-other-threads", test_lock_excludes);
  g_test_add_func ("/process/lock/waits-until-woken", test_wait_until);
  g_test_add_func ("/process/lock/not-waited-for-at-exit", test_lock_at_exit);
  g_test_add_func ("/process/keeps-everything-if-the-user-says-so", test_keeps_everything);
#ifdef TEMP_DEBUG
  g_test_add_func ("/process/lock/debug-build-checks-the-rules", test_rules);
#endif

  return g_test_run ();
}
