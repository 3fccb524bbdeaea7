/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "task/task.h"
#include "temp-spooled-file-private.h"

/* From memory to a file, and out of it. */

/* Whoever is notified that it rolled may use it: so that comes at the end. */
static gboolean
begin (gpointer   source,
       gpointer   data,
       GError   **error)
{
  if (!temp_spooled_file_begin (source, error))
    return FALSE;

  g_object_freeze_notify (source);
  return TRUE;
}

static gboolean
run (gpointer       source,
     gpointer       data,
     GCancellable  *cancellable,
     GError       **error)
{
  return temp_spool_roll (TEMP_SPOOLED_FILE (source)->spool, cancellable, error);
}

static void
end (gpointer source,
     gpointer data)
{
  g_io_stream_clear_pending (source);
  g_object_thaw_notify (source);
}

static const TempTaskSteps roll_steps = { begin, run, end };

/**
 * temp_spooled_file_roll:
 * @self: a spooled file
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Moves it from memory to a file now, whatever its size.
 *
 * The offset stays where it is. If it has rolled already, nothing happens.
 *
 * Fails as [ctor@Temp.File.new] does, with the `G_IO_ERROR` of the write that failed, such as
 * `G_IO_ERROR_NO_SPACE`, with `G_IO_ERROR_CANCELLED`, with `G_IO_ERROR_PENDING` if one of the streams is busy, and
 * with `G_IO_ERROR_CLOSED`. Then it is still in memory, and nothing of it is lost.
 *
 * Returns: %TRUE if it is in a file now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_roll (TempSpooledFile  *self,
                        GCancellable     *cancellable,
                        GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&roll_steps, self, NULL, cancellable, error);
}

/**
 * temp_spooled_file_roll_async:
 * @self: a spooled file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Moves it from memory to a file, without blocking.
 *
 * [method@Temp.SpooledFile.roll_finish] gives the result; [method@Temp.SpooledFile.roll] says more.
 *
 * Since: 1.0
 */
void
temp_spooled_file_roll_async (TempSpooledFile     *self,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&roll_steps, self, NULL, NULL, io_priority, cancellable, callback, user_data);
}

/**
 * temp_spooled_file_roll_finish:
 * @self: a spooled file
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@Temp.SpooledFile.roll_async] began.
 *
 * Fails as [method@Temp.SpooledFile.roll] does.
 *
 * Returns: %TRUE if it is in a file now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_roll_finish (TempSpooledFile  *self,
                               GAsyncResult     *result,
                               GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * temp_spooled_file_steal_file:
 * @self: a spooled file
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Takes out the file, and closes @self.
 *
 * If it is still in memory, it rolls first; to do that without blocking, call
 * [method@Temp.SpooledFile.roll_async] before. The file's offset is where that of @self was. Afterwards @self
 * and its streams are closed: reading or writing them fails with `G_IO_ERROR_CLOSED`.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_spooled_file_steal_file (spooled, NULL, &error);
 * ```
 *
 * Fails as [method@Temp.SpooledFile.roll] does. Then nothing has changed.
 *
 * Returns: (transfer full): the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_spooled_file_steal_file (TempSpooledFile  *self,
                              GCancellable     *cancellable,
                              GError          **error)
{
  TempFile *file = NULL;

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (!temp_spooled_file_begin (self, error))
    return NULL;

  g_object_freeze_notify (G_OBJECT (self));
  if (temp_spool_roll (self->spool, cancellable, error))
    file = temp_spool_steal_file (self->spool);
  g_io_stream_clear_pending (G_IO_STREAM (self));
  if (file != NULL)
    g_io_stream_close (G_IO_STREAM (self), NULL, NULL);
  g_object_thaw_notify (G_OBJECT (self));

  return file;
}
