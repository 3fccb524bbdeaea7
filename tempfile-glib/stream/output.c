/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/output.h"

#include <errno.h>
#include <gio/gfiledescriptorbased.h>

#include "base/copy.h"
#include "base/words.h"

struct _TempOutputStream
{
  GFileOutputStream parent_instance;

  TempEntry *entry;

  /* An open stream is a user of the descriptor, until it closes. GIO calls write(), writev() and splice() only while an
   * operation is pending, and closes no stream then: so they never find the descriptor closed. */
  gboolean   is_open;

  char      *etag; /* when the stream was closed */
};

static void temp_output_stream_descriptor_init (GFileDescriptorBasedIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempOutputStream, temp_output_stream, G_TYPE_FILE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE_DESCRIPTOR_BASED,
                                                      temp_output_stream_descriptor_init))

G_STATIC_ASSERT (sizeof (TempPiece) == sizeof (GOutputVector));
G_STATIC_ASSERT (G_STRUCT_OFFSET (TempPiece, data) == G_STRUCT_OFFSET (GOutputVector, buffer));
G_STATIC_ASSERT (G_STRUCT_OFFSET (TempPiece, size) == G_STRUCT_OFFSET (GOutputVector, size));

static gssize
temp_output_stream_write (GOutputStream  *stream,
                          const void     *buffer,
                          gsize           count,
                          GCancellable   *cancellable,
                          GError        **error)
{
  TempEntry *entry = TEMP_OUTPUT_STREAM (stream)->entry;
  gssize n;

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;
      n = temp_platform.write (temp_entry_get_fd (entry), buffer, count);
    }
  while (G_UNLIKELY (n < 0 && errno == EINTR));

  if (G_UNLIKELY (n < 0))
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_WRITE);

  return n;
}

static gboolean
temp_output_stream_writev (GOutputStream        *stream,
                           const GOutputVector  *vectors,
                           gsize                 n_vectors,
                           gsize                *bytes_written,
                           GCancellable         *cancellable,
                           GError              **error)
{
  TempEntry *entry = TEMP_OUTPUT_STREAM (stream)->entry;
  gssize n = -1;

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        goto out;
      n = temp_platform.write_pieces (temp_entry_get_fd (entry), (const TempPiece *) vectors, n_vectors);
    }
  while (G_UNLIKELY (n < 0 && errno == EINTR));

  if (G_UNLIKELY (n < 0))
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_WRITE);

out:
  if (bytes_written != NULL)
    *bytes_written = MAX (n, 0);
  return n >= 0;
}

/* Splicing */

/* Copies the rest of a stream by its descriptor. */
static gboolean
copy_from (TempEntry     *entry,
           GInputStream  *source,
           GCancellable  *cancellable,
           guint64       *n_copied,
           GError       **error)
{
  TempCopy copy = { .timeout_ms = -1, .cancellable = cancellable };
  g_autoptr (GError) local_error = NULL;
  gboolean copied;

  if (!g_input_stream_set_pending (source, &local_error))
    {
      gboolean is_closed = g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CLOSED);

      temp_entry_set_cause (entry, error, local_error->code,
                            is_closed ? _("the source is closed") : _("another operation on the source has not ended"),
                            TEMP_ACTION_WRITE);
      return FALSE;
    }

  /* Keep to the timeout of a socket. */
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (source), "socket") != NULL)
    {
      g_autoptr (GObject) connection = NULL;

      g_object_get (source, "socket", &connection, NULL);
      if (G_IS_SOCKET (connection) && g_socket_get_timeout (G_SOCKET (connection)) > 0)
        copy.timeout_ms = MIN (g_socket_get_timeout (G_SOCKET (connection)), G_MAXINT / 1000) * 1000;
    }

  copy.in = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (source));
  copy.out = temp_entry_get_fd (entry);
  copied = temp_copy_run (&copy, &local_error);
  *n_copied = copy.n_copied;

  if (!copied)
    temp_entry_propagate_error (entry, error, g_steal_pointer (&local_error), TEMP_ACTION_WRITE);

  g_input_stream_clear_pending (source);
  return copied;
}

/* Returns TRUE if the stream reads as the class does that implements GFileDescriptorBased. A class derived from that
 * one may read something else than the descriptor has. */
static gboolean
reads_its_descriptor (GInputStream *source)
{
  GInputStreamClass *klass = G_INPUT_STREAM_GET_CLASS (source);
  gpointer base = klass;

  for (gpointer parent = klass;
       parent != NULL && g_type_is_a (G_TYPE_FROM_CLASS (parent), G_TYPE_FILE_DESCRIPTOR_BASED);
       parent = g_type_class_peek_parent (parent))
    base = parent;

  return klass->read_fn == G_INPUT_STREAM_CLASS (base)->read_fn;
}

/* Returns TRUE if the descriptor of the stream has the bytes that the stream would read. The descriptor of a filter
 * does not: a filter may have read ahead. */
static gboolean
can_copy_from (GInputStream *source)
{
  return G_IS_FILE_DESCRIPTOR_BASED (source) && !G_IS_FILTER_INPUT_STREAM (source) && reads_its_descriptor (source) &&
         g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (source)) >= 0;
}

static gssize
temp_output_stream_splice (GOutputStream             *stream,
                           GInputStream              *source,
                           GOutputStreamSpliceFlags   flags,
                           GCancellable              *cancellable,
                           GError                   **error)
{
  GOutputStreamClass *parent_class = G_OUTPUT_STREAM_CLASS (temp_output_stream_parent_class);
  g_autoptr (GInputStream) nothing = NULL;
  guint64 n_copied = 0;
  gboolean copied;

  if (!can_copy_from (source))
    return parent_class->splice (stream, source, flags, cancellable, error);

  copied = copy_from (TEMP_OUTPUT_STREAM (stream)->entry, source, cancellable, &n_copied, error);

  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE)
    g_input_stream_close (source, cancellable, NULL);

  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    {
      /* This splice is pending, so g_output_stream_close() would fail. GIO's own splice, of nothing, can close. */
      nothing = g_memory_input_stream_new ();
      if (parent_class->splice (stream, nothing, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, copied ? cancellable : NULL,
                                copied ? error : NULL) < 0)
        copied = FALSE;
    }

  return copied ? (gssize) MIN (n_copied, (guint64) G_MAXSSIZE) : -1;
}

typedef struct
{
  GInputStream             *source;
  GOutputStreamSpliceFlags  flags;
} Splice;

static void
splice_free (gpointer data)
{
  Splice *splice = data;

  g_object_unref (splice->source);
  g_free (splice);
}

static void
splice_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  Splice *splice = task_data;
  GError *error = NULL;
  gssize n = temp_output_stream_splice (source_object, splice->source, splice->flags, cancellable, &error);

  if (n >= 0)
    g_task_return_int (task, n);
  else
    g_task_return_error (task, error);
}

/* Splices in a thread. GIO's own splice_async() would read and write in the main context if the source needs no thread.
 * GIO's splice_finish() returns the result of this task, too. */
static void
temp_output_stream_splice_async (GOutputStream             *stream,
                                 GInputStream              *source,
                                 GOutputStreamSpliceFlags   flags,
                                 int                        io_priority,
                                 GCancellable              *cancellable,
                                 GAsyncReadyCallback        callback,
                                 gpointer                   user_data)
{
  g_autoptr (GTask) task = NULL;
  Splice *splice;

  if (!can_copy_from (source))
    {
      G_OUTPUT_STREAM_CLASS (temp_output_stream_parent_class)
        ->splice_async (stream, source, flags, io_priority, cancellable, callback, user_data);
      return;
    }

  splice = g_new (Splice, 1);
  splice->source = g_object_ref (source);
  splice->flags = flags;

  task = g_task_new (stream, cancellable, callback, user_data);
  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, splice, splice_free);
  g_task_run_in_thread (task, splice_in_thread);
}

static gboolean
temp_output_stream_close (GOutputStream  *stream,
                          GCancellable   *cancellable,
                          GError        **error)
{
  TempOutputStream *self = TEMP_OUTPUT_STREAM (stream);

  if (!self->is_open)
    return TRUE;

  /* A file without a name, or whose name was just deleted, needs no etag. */
  if (temp_entry_get_path (self->entry) != NULL)
    {
      g_autoptr (GFileInfo) info = temp_entry_query_info (self->entry, G_FILE_ATTRIBUTE_ETAG_VALUE, NULL, NULL);

      if (info != NULL)
        self->etag = g_strdup (g_file_info_get_etag (info));
    }

  self->is_open = FALSE;
  return temp_entry_release_fd (self->entry, error);
}

static char *
temp_output_stream_get_etag (GFileOutputStream *stream)
{
  return g_strdup (TEMP_OUTPUT_STREAM (stream)->etag);
}

static goffset
temp_output_stream_tell (GFileOutputStream *stream)
{
  return temp_entry_tell (TEMP_OUTPUT_STREAM (stream)->entry);
}

static gboolean
temp_output_stream_is_open (GFileOutputStream *stream)
{
  return TEMP_OUTPUT_STREAM (stream)->is_open;
}

static gboolean
temp_output_stream_seek (GFileOutputStream  *stream,
                         goffset             offset,
                         GSeekType           type,
                         GCancellable       *cancellable,
                         GError            **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return temp_entry_seek (TEMP_OUTPUT_STREAM (stream)->entry, offset, type, error);
}

static gboolean
temp_output_stream_truncate (GFileOutputStream  *stream,
                             goffset             size,
                             GCancellable       *cancellable,
                             GError            **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return temp_entry_truncate (TEMP_OUTPUT_STREAM (stream)->entry, size, error);
}

static GFileInfo *
temp_output_stream_query_info (GFileOutputStream  *stream,
                               const char         *attributes,
                               GCancellable       *cancellable,
                               GError            **error)
{
  return temp_entry_query_info (TEMP_OUTPUT_STREAM (stream)->entry, attributes, cancellable, error);
}

static int
temp_output_stream_get_fd (GFileDescriptorBased *stream)
{
  TempOutputStream *self = TEMP_OUTPUT_STREAM (stream);

  return self->is_open ? temp_entry_get_fd (self->entry) : -1;
}

static void
temp_output_stream_descriptor_init (GFileDescriptorBasedIface *iface)
{
  iface->get_fd = temp_output_stream_get_fd;
}

static void
temp_output_stream_finalize (GObject *object)
{
  TempOutputStream *self = TEMP_OUTPUT_STREAM (object);

  temp_entry_unref (self->entry);
  g_free (self->etag);

  G_OBJECT_CLASS (temp_output_stream_parent_class)->finalize (object);
}

static void
temp_output_stream_class_init (TempOutputStreamClass *klass)
{
  GOutputStreamClass *stream_class = G_OUTPUT_STREAM_CLASS (klass);
  GFileOutputStreamClass *file_class = G_FILE_OUTPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = temp_output_stream_finalize;

  stream_class->write_fn = temp_output_stream_write;
  stream_class->writev_fn = temp_output_stream_writev;
  stream_class->splice = temp_output_stream_splice;
  stream_class->splice_async = temp_output_stream_splice_async;
  stream_class->close_fn = temp_output_stream_close;

  file_class->tell = temp_output_stream_tell;
  file_class->can_seek = temp_output_stream_is_open;
  file_class->seek = temp_output_stream_seek;
  file_class->can_truncate = temp_output_stream_is_open;
  file_class->truncate_fn = temp_output_stream_truncate;
  file_class->query_info = temp_output_stream_query_info;
  file_class->get_etag = temp_output_stream_get_etag;
}

static void
temp_output_stream_init (TempOutputStream *self)
{
}

/* Returns a stream: see temp_input_stream_new(). It has no buffer: every byte that was written is in the file, for
 * others to read by its name. */
GOutputStream *
temp_output_stream_new (TempEntry *entry)
{
  TempOutputStream *self = g_object_new (TEMP_TYPE_OUTPUT_STREAM, NULL);

  self->entry = temp_entry_ref (entry);
  self->is_open = temp_entry_acquire_fd (entry, NULL);
  if (!self->is_open)
    g_output_stream_close (G_OUTPUT_STREAM (self), NULL, NULL);

  return G_OUTPUT_STREAM (self);
}
