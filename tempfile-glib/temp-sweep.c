/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-sweep.h"

#include "ledger/sweep.h"
#include "task/task.h"

/* Its address is the source tag of the tasks: ISO C does not convert the address of a function to a plain pointer. */
static char sweep_task;

/**
 * temp_sweep:
 * @n_removed: (out) (optional): the number of files and directories that were deleted
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Deletes the leftovers of programs of this user that were killed or have crashed.
 *
 * A sweep deletes only names that this library made up, with the files or directories that are under them by now; names
 * that were kept, copies and renamed files stay. A sweep touches nothing of a program that is running, unless it is a
 * file in a directory of the dead one; nor a directory that somebody has a lock on, as a [class@Temp.Dir] and a child
 * that inherited it have: another sweep deletes that, together with the directory of the dead program that it is in.
 * See [Lifetime](lifetime.html#programs-that-are-killed).
 *
 * Programs seldom need to call it: the first file or directory with a name that a program makes starts a sweep in the
 * background.
 *
 * If something cannot be deleted, the rest is deleted nevertheless, and the first error is returned: the `G_IO_ERROR`
 * of the system call's error. If the sweep is cancelled, it fails with `G_IO_ERROR_CANCELLED`, and the next sweep goes
 * on.
 *
 * ```c
 * guint n_removed;
 *
 * if (temp_sweep (&n_removed, NULL, &error))
 *   g_print ("%u leftovers are gone\n", n_removed);
 * ```
 *
 * Returns: %TRUE if nothing is left that could be deleted, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_sweep (guint         *n_removed,
            GCancellable  *cancellable,
            GError       **error)
{
  const TempSweepOptions options = { .cancellable = cancellable };

  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return temp_sweep_run (&options, n_removed, NULL, error);
}

static void
sweep_in_thread (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  const TempSweepOptions options = { .cancellable = cancellable };
  GError *error = NULL;

  if (temp_sweep_run (&options, task_data, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * temp_sweep_async:
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Deletes the leftovers of programs of this user that were killed or have crashed, without blocking.
 *
 * Get the result with [func@Temp.sweep_finish]. [func@Temp.sweep] says more.
 *
 * Since: 1.0
 */
void
temp_sweep_async (int                  io_priority,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, &sweep_task);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, g_new0 (guint, 1), g_free);
  g_task_set_check_cancellable (task, FALSE); /* temp_sweep_finish() tells the number, cancelled or not */
  g_task_run_in_thread (task, sweep_in_thread);
}

/**
 * temp_sweep_finish:
 * @result: the result that the callback got
 * @n_removed: (out) (optional): the number of files and directories that were deleted
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.sweep_async] began.
 *
 * ```c
 * static void
 * on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_sweep_finish (result, NULL, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [func@Temp.sweep] does.
 *
 * Returns: %TRUE if nothing is left that could be deleted, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_sweep_finish (GAsyncResult  *result,
                   guint         *n_removed,
                   GError       **error)
{
  g_return_val_if_fail (G_IS_TASK (result), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, &sweep_task), FALSE);

  if (n_removed != NULL)
    *n_removed = *(guint *) g_task_get_task_data (G_TASK (result));
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * temp_guard_start:
 * @error: return location for an error
 *
 * Starts a guard, which deletes the files and directories of this program the moment it dies, whatever kills it.
 *
 * The guard is a small process that does nothing but wait for the end of this program. It is no child of the program,
 * has none of its descriptors, and is not disturbed by the signals of its terminal. If the program ends well, the guard
 * ends, too. Without a guard, the next program that uses the library deletes the leftovers of a killed one.
 *
 * A second call does nothing. A forked process has no guard until it asks for one of its own.
 *
 * This blocks until the guard waits, for some milliseconds.
 *
 * Fails with the `G_SPAWN_ERROR` of the helper program, which is installed with the library, or, if nothing can be
 * written down for the guard, with the `G_IO_ERROR` of the directory that the state of programs is in.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 *
 * if (!temp_guard_start (&error))
 *   g_debug ("Only the next program will clean up after a crash: %s", error->message);
 * ```
 *
 * Returns: %TRUE if this program is guarded, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_guard_start (GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return temp_guard_spawn (error);
}

static gboolean
guard_run (gpointer       source,
           gpointer       data,
           GCancellable  *cancellable,
           GError       **error)
{
  return !g_cancellable_set_error_if_cancelled (cancellable, error) && temp_guard_spawn (error);
}

static const TempTaskSteps guard_steps = { NULL, guard_run, NULL };

/**
 * temp_guard_start_async:
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Starts a guard, which deletes the files and directories of this program the moment it dies, without blocking.
 *
 * Get the result with [func@Temp.guard_start_finish]. [func@Temp.guard_start] says more. If the operation is cancelled
 * before the guard is started, there is none.
 *
 * Since: 1.0
 */
void
temp_guard_start_async (int                  io_priority,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&guard_steps, NULL, NULL, NULL, io_priority, cancellable, callback, user_data);
}

/**
 * temp_guard_start_finish:
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.guard_start_async] began.
 *
 * Fails as [func@Temp.guard_start] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if this program is guarded, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_guard_start_finish (GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (temp_task_is_valid (result, &guard_steps, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
