/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-file-private.h"

#include "stream/input.h"
#include "stream/output.h"
#include "task/object.h"

/* What a TempFile is as a GFileIOStream: its two streams, its offset, its end. */

static GInputStream *
temp_file_get_input_stream (GIOStream *stream)
{
  TempFile *self = TEMP_FILE (stream);

  if (g_atomic_pointer_get (&self->input) == NULL)
    temp_object_publish ((gpointer *) &self->input, temp_input_stream_new (self->entry));
  return g_atomic_pointer_get (&self->input);
}

static GOutputStream *
temp_file_get_output_stream (GIOStream *stream)
{
  TempFile *self = TEMP_FILE (stream);

  if (g_atomic_pointer_get (&self->output) == NULL)
    temp_object_publish ((gpointer *) &self->output, temp_output_stream_new (self->entry));
  return g_atomic_pointer_get (&self->output);
}

/* The streams share the offset, so what one of them is doing, in a thread
 * perhaps, must not be disturbed from here. */
gboolean
temp_file_check_idle (TempFile  *self,
                      GError   **error)
{
  if ((self->output == NULL || !g_output_stream_has_pending (self->output)) &&
      (self->input == NULL || !g_input_stream_has_pending (self->input)))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING, "Stream has outstanding operation");
  return FALSE;
}

static goffset
temp_file_tell (GFileIOStream *stream)
{
  return temp_entry_tell (TEMP_FILE (stream)->entry);
}

static gboolean
temp_file_is_open (GFileIOStream *stream)
{
  return temp_file_get_fd (TEMP_FILE (stream)) >= 0;
}

/* GFileIOStream has seen to it that the stream is open, but not that it was ever made. */
static gboolean
check_usable (TempFile      *self,
              GCancellable  *cancellable,
              GError       **error)
{
  if (temp_entry_get_fd (self->entry) < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The temporary file was not made");
      return FALSE;
    }

  return !g_cancellable_set_error_if_cancelled (cancellable, error) && temp_file_check_idle (self, error);
}

static gboolean
temp_file_seek (GFileIOStream  *stream,
                goffset         offset,
                GSeekType       type,
                GCancellable   *cancellable,
                GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  return check_usable (self, cancellable, error) && temp_entry_seek (self->entry, offset, type, error);
}

static gboolean
temp_file_truncate (GFileIOStream  *stream,
                    goffset         size,
                    GCancellable   *cancellable,
                    GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  return check_usable (self, cancellable, error) && temp_entry_truncate (self->entry, size, error);
}

static GFileInfo *
temp_file_query_info (GFileIOStream  *stream,
                      const char     *attributes,
                      GCancellable   *cancellable,
                      GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  if (!check_usable (self, cancellable, error))
    return NULL;
  return temp_entry_query_info (self->entry, attributes, cancellable, error);
}

static char *
temp_file_get_etag (GFileIOStream *stream)
{
  TempFile *self = TEMP_FILE (stream);

  return self->output != NULL ? g_file_output_stream_get_etag (G_FILE_OUTPUT_STREAM (self->output)) : NULL;
}

/* Closing */

/* Whatever goes wrong, everything is closed afterwards, and the first error is
 * returned. A stream that is in the middle of something keeps the descriptor
 * open until that is done. */
static gboolean
close_all (TempFile      *self,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (GError) first_error = NULL;

  if (temp_entry_get_fd (self->entry) < 0)
    return TRUE;

  if (self->delete_on_close && temp_entry_get_auto_delete (self->entry))
    {
      if (self->is_dropped)
        temp_entry_drop (self->entry, &first_error);
      else
        temp_entry_delete (self->entry, NULL, NULL, &first_error);
    }

  if (self->output != NULL)
    g_output_stream_close (self->output, cancellable, first_error == NULL ? &first_error : NULL);
  if (self->input != NULL)
    g_input_stream_close (self->input, cancellable, first_error == NULL ? &first_error : NULL);
  temp_entry_release_fd (self->entry, first_error == NULL ? &first_error : NULL);

  if (first_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
temp_file_close (GIOStream     *stream,
                 GCancellable  *cancellable,
                 GError       **error)
{
  TempFile *self = TEMP_FILE (stream);
  gboolean had_path = temp_entry_get_path (self->entry) != NULL;
  gboolean had_fd = temp_entry_get_fd (self->entry) >= 0; /* GIOStream closes only what is not closed yet */
  gboolean closed = close_all (self, cancellable, error);

  temp_file_notify_closed (self, had_path, had_fd);
  return closed;
}

typedef struct
{
  gboolean had_path;
  gboolean had_fd;
} Before;

static void
close_in_thread (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  GError *error = NULL;

  if (close_all (source_object, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
temp_file_close_async (GIOStream           *stream,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  TempFile *self = TEMP_FILE (stream);
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  Before *before = g_new (Before, 1);

  before->had_path = temp_file_get_path (self) != NULL;
  before->had_fd = temp_file_get_fd (self) >= 0;

  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE); /* it is closed in any case */
  g_task_set_task_data (task, before, g_free);
  g_task_run_in_thread (task, close_in_thread);
}

static gboolean
temp_file_close_finish (GIOStream     *stream,
                        GAsyncResult  *result,
                        GError       **error)
{
  Before *before = g_task_get_task_data (G_TASK (result));

  /* Here and not in the thread, where nobody expects a signal. */
  temp_file_notify_closed (TEMP_FILE (stream), before->had_path, before->had_fd);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
temp_file_stream_class_init (TempFileClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);
  GFileIOStreamClass *file_class = G_FILE_IO_STREAM_CLASS (klass);

  stream_class->get_input_stream = temp_file_get_input_stream;
  stream_class->get_output_stream = temp_file_get_output_stream;
  stream_class->close_fn = temp_file_close;
  stream_class->close_async = temp_file_close_async;
  stream_class->close_finish = temp_file_close_finish;

  file_class->tell = temp_file_tell;
  file_class->can_seek = temp_file_is_open;
  file_class->seek = temp_file_seek;
  file_class->can_truncate = temp_file_is_open;
  file_class->truncate_fn = temp_file_truncate;
  file_class->query_info = temp_file_query_info;
  file_class->get_etag = temp_file_get_etag;
}
