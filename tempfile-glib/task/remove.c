/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "task/remove.h"

#include "task/task.h"

/* A removal in a thread, which reports to a main context. */
typedef struct
{
  TempRemoveFunc       func;
  gpointer             data;
  TempProgressCallback callback;
  gpointer             callback_data;
  GDestroyNotify       callback_destroy;
  guint64              n_removed; /* when the function has returned */
} Removal;

typedef struct
{
  GTask  *task;
  guint64 n_removed;
} Report;

static void
report_free (gpointer data)
{
  Report *report = data;

  g_object_unref (report->task);
  g_free (report);
}

static gboolean
deliver (gpointer data)
{
  Report *report = data;
  Removal *removal = g_task_get_task_data (report->task);

  removal->callback (report->n_removed, removal->callback_data);
  return G_SOURCE_REMOVE;
}

/* Sends a report from the thread to the main context. Reports arrive in the order in which they were sent, and before
 * the result, because all have the priority of the task. */
static void
send_report (guint64  n_removed,
             gpointer data)
{
  GTask *task = data;
  g_autoptr (GSource) source = g_idle_source_new ();
  Report *report = g_new (Report, 1);

  report->task = g_object_ref (task);
  report->n_removed = n_removed;
  g_source_set_priority (source, g_task_get_priority (task));
  g_source_set_callback (source, deliver, report, report_free);
  g_source_set_static_name (source, "[tempfile-glib] progress");
  g_source_attach (source, g_task_get_context (task));
}

static void
run (GTask        *task,
     gpointer      source,
     gpointer      data,
     GCancellable *cancellable)
{
  Removal *removal = data;
  TempRemoveProgress progress = {
    .callback = removal->callback != NULL ? send_report : NULL,
    .user_data = task,
  };
  GError *error = NULL;

  if (removal->func (source, removal->data, &progress, cancellable, &error))
    {
      removal->n_removed = progress.n_removed;
      g_task_return_boolean (task, TRUE);
    }
  else
    {
      removal->n_removed = progress.n_removed;
      g_task_return_error (task, error);
    }
}

/* Sends the last report, and frees the data of the caller, in the main context and not in the thread. */
static void
on_ran (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Removal *removal = g_task_get_task_data (G_TASK (result));

  if (removal->callback != NULL)
    removal->callback (removal->n_removed, removal->callback_data);
  if (removal->callback_destroy != NULL)
    removal->callback_destroy (removal->callback_data);

  temp_task_forward (task, result);
}

/* Runs the function in a thread, and returns its result in the task. Takes over the caller's reference to the task.
 * Calls `progress`, and frees its data, in the main context of the task. */
void
temp_remove_task_run (GTask                *task,
                      TempRemoveFunc        func,
                      gpointer              data,
                      TempProgressCallback  progress,
                      gpointer              progress_data,
                      GDestroyNotify        progress_destroy)
{
  g_autoptr (GTask) inner = g_task_new (g_task_get_source_object (task), g_task_get_cancellable (task), on_ran, task);
  Removal *removal = g_new0 (Removal, 1);

  removal->func = func;
  removal->data = data;
  removal->callback = progress;
  removal->callback_data = progress_data;
  removal->callback_destroy = progress_destroy;

  /* Only the function knows if it was cancelled in time. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_check_cancellable (inner, FALSE);
  g_task_set_priority (inner, g_task_get_priority (task));
  g_task_set_task_data (inner, removal, g_free);
  g_task_run_in_thread (inner, run);
}
