/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "task/task.h"

/* Operations that take long, in the thread of the caller or in another one. remove.c: removals, which report their
 * progress. */

typedef struct
{
  const TempTaskSteps *steps;
  gpointer             data;
  GDestroyNotify       data_free;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  if (work->data_free != NULL)
    work->data_free (work->data);
  g_free (work);
}

/* Runs the operation in this thread. */
gboolean
temp_task_run (const TempTaskSteps  *steps,
               gpointer              source,
               gpointer              data,
               GCancellable         *cancellable,
               GError              **error)
{
  gboolean ok;

  if (steps->begin != NULL && !steps->begin (source, data, error))
    return FALSE;

  ok = steps->run (source, data, cancellable, error);
  if (steps->end != NULL)
    steps->end (source, data);
  return ok;
}

static void
run_in_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Work *work = data;
  GError *error = NULL;

  if (work->steps->run (source, work->data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Returns the result of another task in this one. */
void
temp_task_forward (GTask        *task,
                   GAsyncResult *result)
{
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Ends the operation in the main context of the caller, even if the caller never asks for the result. */
static void
on_ran (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Work *work = g_task_get_task_data (G_TASK (result));

  if (work->steps->end != NULL)
    work->steps->end (source, work->data);

  temp_task_forward (task, result);
}

/* Runs the operation in another thread. Takes over the data, which lives as long as the result. The result is a GTask
 * with this source, for temp_task_finish(). */
void
temp_task_run_async (const TempTaskSteps *steps,
                     gpointer             source,
                     gpointer             data,
                     GDestroyNotify       data_free,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (source, cancellable, callback, user_data);
  g_autoptr (GTask) thread_task = NULL;
  Work *work = g_new (Work, 1);
  GError *error = NULL;

  *work = (Work) { steps, data, data_free };
  g_task_set_source_tag (task, (gpointer) steps);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE); /* only run() knows if it was cancelled in time */
  g_task_set_task_data (task, work, work_free);

  if (steps->begin != NULL && !steps->begin (source, data, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  thread_task = g_task_new (source, cancellable, on_ran, g_steal_pointer (&task));
  g_task_set_priority (thread_task, io_priority);
  g_task_set_check_cancellable (thread_task, FALSE);
  g_task_set_task_data (thread_task, work, NULL); /* its own task has a reference to the other one until on_ran() */
  g_task_run_in_thread (thread_task, run_in_thread);
}

/* Returns TRUE if the result is that of an operation with these steps on this source. */
gboolean
temp_task_is_valid (GAsyncResult        *result,
                    const TempTaskSteps *steps,
                    gpointer             source)
{
  return g_task_is_valid (result, source) && g_async_result_is_tagged (result, (gpointer) steps);
}

/* Returns the data of an operation that succeeded, which belong to the result; NULL if it failed. */
gpointer
temp_task_finish (GAsyncResult  *result,
                  GError       **error)
{
  Work *work = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error) ? work->data : NULL;
}
