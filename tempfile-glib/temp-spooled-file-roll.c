/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-spooled-file-private.h"

/* From memory to a file, and out of it. */

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
  gboolean ok;

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  if (!temp_spooled_file_begin (self, error))
    return FALSE;

  /* Whoever is notified that it rolled may use it: so that comes at the end. */
  g_object_freeze_notify (G_OBJECT (self));
  ok = temp_spool_roll (self->spool, cancellable, error);
  g_io_stream_clear_pending (G_IO_STREAM (self));
  g_object_thaw_notify (G_OBJECT (self));
  return ok;
}

static void
roll_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GError *error = NULL;

  if (temp_spool_roll (TEMP_SPOOLED_FILE (source_object)->spool, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Before the caller is told, so that it can go on at once. */
static void
on_roll_done (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  g_io_stream_clear_pending (G_IO_STREAM (object));
  g_object_thaw_notify (object);

  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GTask) thread_task = NULL;
  GError *error = NULL;

  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE); /* if it rolled all the same, that is what counts */

  if (!temp_spooled_file_begin (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_object_freeze_notify (G_OBJECT (self));
  thread_task = g_task_new (self, cancellable, on_roll_done, g_object_ref (task));
  g_task_set_priority (thread_task, io_priority);
  g_task_set_check_cancellable (thread_task, FALSE);
  g_task_run_in_thread (thread_task, roll_in_thread);
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
