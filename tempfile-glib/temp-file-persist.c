/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-file-private.h"

#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>

#include "persist/persist.h"
#include "task/task.h"

/* Persisting, and opening a second time. */

typedef struct
{
  GFile            *destination;
  TempPersistFlags  flags;

  /* From begin() to end(). */
  const char       *old_path;
  gboolean          had_auto_delete;
  gboolean          output_pending;
  gboolean          input_pending;
} Persist;

static void
persist_free (gpointer data)
{
  Persist *persist = data;

  g_object_unref (persist->destination);
  g_free (persist);
}

static void
clear_pending (TempFile *self,
               Persist  *persist)
{
  if (persist->input_pending)
    g_input_stream_clear_pending (self->input);
  if (persist->output_pending)
    g_output_stream_clear_pending (self->output);
  g_io_stream_clear_pending (G_IO_STREAM (self));
}

/* Keeps the file and its streams from doing anything else: what was written to the
 * file while it is copied would be lost. */
static gboolean
begin (gpointer   source,
       gpointer   data,
       GError   **error)
{
  TempFile *self = source;
  Persist *persist = data;

  if (!g_io_stream_set_pending (G_IO_STREAM (self), error))
    return FALSE;

  if (self->output != NULL && !g_output_stream_is_closed (self->output))
    {
      persist->output_pending = g_output_stream_set_pending (self->output, error);
      if (!persist->output_pending)
        goto failed;
    }

  if (self->input != NULL && !g_input_stream_is_closed (self->input))
    {
      persist->input_pending = g_input_stream_set_pending (self->input, error);
      if (!persist->input_pending)
        goto failed;
    }

  persist->old_path = temp_file_get_path (self);
  persist->had_auto_delete = temp_file_get_auto_delete (self);
  return TRUE;

failed:
  clear_pending (self, persist);
  return FALSE;
}

static void
end (gpointer source,
     gpointer data)
{
  TempFile *self = source;
  Persist *persist = data;

  clear_pending (self, persist);
  temp_file_notify_persisted (self, persist->old_path, persist->had_auto_delete);
}

static gboolean
run (gpointer       source,
     gpointer       data,
     GCancellable  *cancellable,
     GError       **error)
{
  TempFile *self = source;
  Persist *persist = data;

  return temp_persist_entry (self->entry, persist->destination, persist->flags, self->permissions == -1,
                             cancellable, error);
}

static const TempTaskSteps persist_steps = { begin, run, end };

/**
 * temp_file_persist:
 * @self: a temporary file
 * @destination: where it is to stay
 * @flags: how to do it
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Moves the file to @destination, where it stays for good.
 *
 * At every moment, either what was there before or the whole new file is at @destination. With
 * %TEMP_PERSIST_REPLACE, what is there is replaced; if that is a symbolic link, it stays, and the file that
 * it points to is replaced. A file without a name can be persisted too.
 *
 * The mode becomes what an ordinary new file there would have, or that of the file replaced, whose
 * owner, group, access control list and extended attributes are carried over too as far as the user may. A
 * mode set by [property@Temp.File:permissions] stays.
 *
 * With %TEMP_PERSIST_DURABLE, the data are on the disk before the file moves, and the directory is
 * after. With %TEMP_PERSIST_COPY, @destination may be on another filesystem.
 *
 * Afterwards, @self is still open, [property@Temp.File:path] and [property@Temp.File:file] say
 * where it is, and nothing deletes it. It cannot be persisted again.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (TempFile) file = temp_file_new_beside (document, NULL, &error);
 *
 * if (file == NULL || !write_document (file, &error) ||
 *     !temp_file_persist (file, document, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, &error))
 *   show_error (error->message);
 * ```
 *
 * Fails with
 *
 * - `G_IO_ERROR_EXISTS` if something is at @destination, and %TEMP_PERSIST_REPLACE is not set
 * - `G_IO_ERROR_NOT_SUPPORTED` if @destination is on another filesystem, and %TEMP_PERSIST_COPY is not set; or
 *   if it has no local path
 * - `G_IO_ERROR_IS_DIRECTORY` or `G_IO_ERROR_NOT_REGULAR_FILE` if it is not a file that is to be replaced
 * - `G_IO_ERROR_NOT_FOUND` if somebody has deleted, renamed or replaced the temporary file
 * - `G_IO_ERROR_FAILED` if it was kept or persisted already
 * - `G_IO_ERROR_CLOSED` if it is closed
 * - `G_IO_ERROR_PENDING` if one of its streams is in the middle of something
 * - the `G_IO_ERROR` of the system call's error otherwise; the message names @destination
 *
 * Then @destination and the file are as they were. Only three things can go wrong later, when
 * @destination is complete: syncing its directory; deleting the name that the file had, or what it was copied from; and, if
 * it had this name already, making sure that no crash deletes it as the temporary file that it was. After such
 * an error [property@Temp.File:path] is that of @destination.
 *
 * A program that is killed leaves @destination as it was, or complete. Only where a copy has to fill a new @destination
 * itself, on a filesystem without hard links, an incomplete file stays there.
 *
 * Returns: %TRUE if the file is at @destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_persist (TempFile          *self,
                   GFile             *destination,
                   TempPersistFlags   flags,
                   GCancellable      *cancellable,
                   GError           **error)
{
  Persist persist = { .destination = destination, .flags = flags };

  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&persist_steps, self, &persist, cancellable, error);
}

/**
 * temp_file_persist_async:
 * @self: a temporary file
 * @destination: where it is to stay
 * @flags: how to do it
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Moves the file to @destination, where it stays for good, without blocking.
 *
 * [method@Temp.File.persist_finish] gives the result; [method@Temp.File.persist] says more. Meanwhile, all
 * else that is done with @self or its streams fails with `G_IO_ERROR_PENDING`. If it is cancelled in time,
 * nothing has changed.
 *
 * Since: 1.0
 */
void
temp_file_persist_async (TempFile            *self,
                         GFile               *destination,
                         TempPersistFlags     flags,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  Persist *persist;

  g_return_if_fail (TEMP_IS_FILE (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* Streams that are made only now must not begin anything either. */
  g_io_stream_get_output_stream (G_IO_STREAM (self));
  g_io_stream_get_input_stream (G_IO_STREAM (self));

  persist = g_new0 (Persist, 1);
  persist->destination = g_object_ref (destination);
  persist->flags = flags;
  temp_task_run_async (&persist_steps, self, persist, persist_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_persist_finish:
 * @self: a temporary file
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@Temp.File.persist_async] began.
 *
 * ```c
 * static void
 * on_persisted (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_file_persist_finish (TEMP_FILE (source), result, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [method@Temp.File.persist] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the file is at its destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_persist_finish (TempFile      *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * temp_file_reopen:
 * @self: a temporary file
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Opens the file a second time, with an offset of its own.
 *
 * What is written to one of the two is read from the other. It works without a name too, and needs `/proc`. The
 * stream returned can be used when @self is closed and the file deleted, and closing it
 * does nothing to @self.
 *
 * ```c
 * g_autoptr (GFileIOStream) second = temp_file_reopen (file, NULL, &error);
 * GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (second));
 * ```
 *
 * Fails with `G_IO_ERROR_CLOSED` if @self is closed, with `G_IO_ERROR_CANCELLED`, and with the
 * `G_IO_ERROR` of the system call's error.
 *
 * Returns: (transfer full): a new stream, or %NULL if @error is set
 *
 * Since: 1.0
 */
GFileIOStream *
temp_file_reopen (TempFile      *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  char link[sizeof "/proc/self/fd/" + 3 * sizeof (int)];
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GFile) file = NULL;
  GOutputStream *output;
  GFileIOStream *stream;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (g_io_stream_is_closed (G_IO_STREAM (self)) || !temp_entry_acquire_fd (self->entry, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The temporary file is closed");
      return NULL;
    }

  g_snprintf (link, sizeof link, "/proc/self/fd/%d", temp_entry_get_fd (self->entry));
  file = g_vfs_get_file_for_path (g_vfs_get_local (), link);
  stream = g_file_open_readwrite (file, cancellable, &local_error);
  temp_entry_release_fd (self->entry, NULL);

  if (stream == NULL)
    {
      temp_entry_propagate_error (self->entry, error, g_steal_pointer (&local_error), "Could not open again");
      return NULL;
    }

  /* GIO itself does not do that before GLib 2.80. */
  output = g_io_stream_get_output_stream (G_IO_STREAM (stream));
  if (G_IS_FILE_DESCRIPTOR_BASED (output))
    fcntl (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (output)), F_SETFD, FD_CLOEXEC);

  return stream;
}
