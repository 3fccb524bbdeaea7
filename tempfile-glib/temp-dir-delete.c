/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-dir-delete-private.h"

#include "task/remove.h"

/* Its address is what a task of ours is known by. */
static char delete_task;

static gboolean
delete_in_thread (GObject             *source,
                  gpointer             data,
                  TempRemoveProgress  *progress,
                  GCancellable        *cancellable,
                  GError             **error)
{
  return temp_dir_delete_with_progress (TEMP_DIR (source), progress, cancellable, error);
}

/**
 * temp_dir_delete_async:
 * @self: a temporary directory
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @progress: (scope notified) (closure progress_data) (destroy progress_destroy) (nullable): called at most ten times a
 *   second, and once at the end, in the main context of the caller
 * @progress_data: data for @progress
 * @progress_destroy: (nullable): frees @progress_data
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Deletes the directory, with all that is in it, without blocking.
 *
 * [method@Temp.Dir.delete_finish] gives the result; [method@Temp.Dir.delete] says more. If it is cancelled,
 * what is not yet removed stays whole, and is deleted when the object is dropped, if it is not deleted before.
 *
 * Since: 1.0
 */
void
temp_dir_delete_async (TempDir              *self,
                       int                   io_priority,
                       GCancellable         *cancellable,
                       TempProgressCallback  progress,
                       gpointer              progress_data,
                       GDestroyNotify        progress_destroy,
                       GAsyncReadyCallback   callback,
                       gpointer              user_data)
{
  GTask *task;

  g_return_if_fail (TEMP_IS_DIR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, &delete_task);
  g_task_set_priority (task, io_priority);
  temp_remove_task_run (task, delete_in_thread, NULL, progress, progress_data, progress_destroy);
}

/**
 * temp_dir_delete_finish:
 * @self: a temporary directory
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@Temp.Dir.delete_async] began.
 *
 * ```c
 * static void
 * on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_dir_delete_finish (TEMP_DIR (source), result, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [method@Temp.Dir.delete] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the directory is gone, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_delete_finish (TempDir       *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, &delete_task), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
