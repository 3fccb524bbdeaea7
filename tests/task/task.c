/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "task/task.h"

#include "test-support.h"

typedef struct
{
  const char *name;
  gboolean    is_async;
  gboolean    begin_fails;
  gboolean    run_fails;
  const char *expected;
} Case;

/* The calls, in order. */
typedef struct
{
  const Case *c;
  GThread    *caller;
  GString    *calls;
  gint        n_freed; /* atomic: perhaps the thread frees it */
} Log;

static gboolean
log_step (Log         *log,
          const char  *step,
          gboolean     fails,
          GError     **error)
{
  g_string_append_printf (log->calls, "%s ", step);
  if (fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, step);
  return !fails;
}

static gboolean
begin (gpointer   source,
       gpointer   data,
       GError   **error)
{
  Log *log = data;

  g_assert_true (G_IS_OBJECT (source));
  g_assert_true (g_thread_self () == log->caller);
  return log_step (log, "begin", log->c->begin_fails, error);
}

static gboolean
run (gpointer       source,
     gpointer       data,
     GCancellable  *cancellable,
     GError       **error)
{
  Log *log = data;

  g_assert_true (G_IS_OBJECT (source));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_true ((g_thread_self () != log->caller) == log->c->is_async);
  return log_step (log, "run", log->c->run_fails, error);
}

static void
end (gpointer source,
     gpointer data)
{
  Log *log = data;

  g_assert_true (G_IS_OBJECT (source));
  g_assert_true (g_thread_self () == log->caller);
  log_step (log, "end", FALSE, NULL);
}

static void
free_log (gpointer data)
{
  Log *log = data;

  g_atomic_int_inc (&log->n_freed);
}

static const TempTaskSteps steps = { begin, run, end };
static const TempTaskSteps other_steps = { NULL, run, NULL };

static gboolean
run_async (GObject       *source,
           Log           *log,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  gboolean ok;

  temp_task_run_async (&steps, source, log, free_log, G_PRIORITY_LOW, cancellable, test_keep_result, &result);
  test_wait_result (&result);
  g_assert_true (temp_task_is_valid (result, &steps, source));
  g_assert_false (temp_task_is_valid (result, &other_steps, source));
  g_assert_false (temp_task_is_valid (result, &steps, NULL));
  g_assert_cmpint (g_task_get_priority (G_TASK (result)), ==, G_PRIORITY_LOW);

  /* The data are there as long as the result. */
  ok = temp_task_finish (result, error) == log;
  g_assert_cmpint (g_atomic_int_get (&log->n_freed), ==, 0);
  g_clear_object (&result);
  while (g_atomic_int_get (&log->n_freed) == 0)
    g_thread_yield ();
  g_assert_cmpint (log->n_freed, ==, 1);
  return ok;
}

/* Only run() decides what a cancelled operation does. */
static void
test_steps (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GString) calls = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  Log log = { .c = c, .caller = g_thread_self (), .calls = calls };
  gboolean ok;

  g_cancellable_cancel (cancellable);
  if (c->is_async)
    ok = run_async (source, &log, cancellable, &error);
  else
    ok = temp_task_run (&steps, source, &log, cancellable, &error);

  g_assert_cmpint (ok, ==, !c->begin_fails && !c->run_fails);
  if (ok)
    g_assert_no_error (error);
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpstr (calls->str, ==, c->expected);
}

/* An operation may have nothing to begin and nothing to end. */
static void
test_run_alone (void)
{
  static const Case here = { .is_async = FALSE };
  static const Case elsewhere = { .is_async = TRUE };
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GString) calls = g_string_new (NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  Log log = { .c = &here, .caller = g_thread_self (), .calls = calls };

  g_cancellable_cancel (cancellable);
  g_assert_true (temp_task_run (&other_steps, source, &log, cancellable, &error));
  g_assert_no_error (error);

  log.c = &elsewhere;
  temp_task_run_async (&other_steps, source, &log, NULL, G_PRIORITY_DEFAULT, cancellable, test_keep_result, &result);
  g_assert_true (temp_task_finish (test_wait_result (&result), &error) == &log);
  g_assert_no_error (error);
  g_assert_cmpstr (calls->str, ==, "run run ");
}

/* end() is called even if nobody asks for the result. */
static void
test_nobody_waits (void)
{
  static const Case async_case = { .is_async = TRUE };
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GString) calls = g_string_new (NULL);
  Log log = { .c = &async_case, .caller = g_thread_self (), .calls = calls };

  g_cancellable_cancel (cancellable);
  temp_task_run_async (&steps, source, &log, free_log, G_PRIORITY_DEFAULT, cancellable, NULL, NULL);
  while (g_atomic_int_get (&log.n_freed) == 0)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_assert_cmpstr (calls->str, ==, "begin run end ");
}

int
main (int    argc,
      char **argv)
{
  static const Case cases[] = {
    { "/task/here/ends", FALSE, FALSE, FALSE, "begin run end " },
    { "/task/here/without-a-begin-no-end", FALSE, TRUE, FALSE, "begin " },
    { "/task/here/ends-after-an-error", FALSE, FALSE, TRUE, "begin run end " },
    { "/task/async/ends", TRUE, FALSE, FALSE, "begin run end " },
    { "/task/async/without-a-begin-no-end", TRUE, TRUE, FALSE, "begin " },
    { "/task/async/ends-after-an-error", TRUE, FALSE, TRUE, "begin run end " },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], test_steps);
  g_test_add_func ("/task/runs-without-a-begin-and-an-end", test_run_alone);
  g_test_add_func ("/task/async/ends-though-nobody-asks", test_nobody_waits);

  return g_test_run ();
}
