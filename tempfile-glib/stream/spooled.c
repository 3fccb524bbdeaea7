/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/spooled.h"

#include "base/words.h"
#include "stream/busy.h"

/* The two streams of a spooled file, which call the spool for everything. */

struct _TempSpooledInputStream
{
  GInputStream parent_instance;

  TempSpool *spool; /* NULL once closed */
};

struct _TempSpooledOutputStream
{
  GOutputStream parent_instance;

  TempSpool *spool; /* NULL once closed */
};

static void temp_spooled_input_stream_seekable_init  (GSeekableIface *iface);
static void temp_spooled_output_stream_seekable_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempSpooledInputStream, temp_spooled_input_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, temp_spooled_input_stream_seekable_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (TempSpooledOutputStream, temp_spooled_output_stream, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, temp_spooled_output_stream_seekable_init))

/* Input */

static gssize
temp_spooled_input_stream_read (GInputStream  *stream,
                                void          *buffer,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  return temp_spool_read (TEMP_SPOOLED_INPUT_STREAM (stream)->spool, buffer, count, cancellable, error);
}

static gssize
temp_spooled_input_stream_skip (GInputStream  *stream,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  return temp_spool_skip (TEMP_SPOOLED_INPUT_STREAM (stream)->spool, count, cancellable, error);
}

static gboolean
temp_spooled_input_stream_close (GInputStream  *stream,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  g_clear_pointer (&TEMP_SPOOLED_INPUT_STREAM (stream)->spool, temp_spool_unref);
  return TRUE;
}

static goffset
temp_spooled_input_stream_tell (GSeekable *seekable)
{
  TempSpool *spool = TEMP_SPOOLED_INPUT_STREAM (seekable)->spool;

  return spool != NULL ? temp_spool_tell (spool) : 0;
}

static gboolean
temp_spooled_input_stream_can_seek (GSeekable *seekable)
{
  return TEMP_SPOOLED_INPUT_STREAM (seekable)->spool != NULL;
}

static gboolean
temp_spooled_input_stream_seek (GSeekable     *seekable,
                                goffset        offset,
                                GSeekType      type,
                                GCancellable  *cancellable,
                                GError       **error)
{
  GInputStream *stream = G_INPUT_STREAM (seekable);
  GError *cause = NULL;
  gboolean ok;

  if (!g_input_stream_set_pending (stream, &cause))
    return temp_busy_fail (NULL, TEMP_ACTION_SEEK, cause, error);

  ok = temp_spool_seek (TEMP_SPOOLED_INPUT_STREAM (stream)->spool, offset, type, cancellable, error);
  g_input_stream_clear_pending (stream);
  return ok;
}

static gboolean
temp_spooled_input_stream_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static gboolean
temp_spooled_input_stream_truncate (GSeekable     *seekable,
                                    goffset        size,
                                    GCancellable  *cancellable,
                                    GError       **error)
{
  temp_entry_set_cause (NULL, error, G_IO_ERROR_NOT_SUPPORTED, _("this stream only reads"), TEMP_ACTION_TRUNCATE);
  return FALSE;
}

static void
temp_spooled_input_stream_seekable_init (GSeekableIface *iface)
{
  iface->tell = temp_spooled_input_stream_tell;
  iface->can_seek = temp_spooled_input_stream_can_seek;
  iface->seek = temp_spooled_input_stream_seek;
  iface->can_truncate = temp_spooled_input_stream_can_truncate;
  iface->truncate_fn = temp_spooled_input_stream_truncate;
}

static void
temp_spooled_input_stream_class_init (TempSpooledInputStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  stream_class->read_fn = temp_spooled_input_stream_read;
  stream_class->skip = temp_spooled_input_stream_skip;
  stream_class->close_fn = temp_spooled_input_stream_close;
}

static void
temp_spooled_input_stream_init (TempSpooledInputStream *self)
{
}

/* Returns a stream that owns the caller's reference to the spool until it closes. */
GInputStream *
temp_spooled_input_stream_new (TempSpool *spool)
{
  TempSpooledInputStream *self = g_object_new (TEMP_TYPE_SPOOLED_INPUT_STREAM, NULL);

  self->spool = spool;
  return G_INPUT_STREAM (self);
}

/* Output */

static gssize
temp_spooled_output_stream_write (GOutputStream  *stream,
                                  const void     *buffer,
                                  gsize           count,
                                  GCancellable   *cancellable,
                                  GError        **error)
{
  return temp_spool_write (TEMP_SPOOLED_OUTPUT_STREAM (stream)->spool, buffer, count, cancellable, error);
}

static gboolean
temp_spooled_output_stream_writev (GOutputStream        *stream,
                                   const GOutputVector  *vectors,
                                   gsize                 n_vectors,
                                   gsize                *bytes_written,
                                   GCancellable         *cancellable,
                                   GError              **error)
{
  return temp_spool_writev (TEMP_SPOOLED_OUTPUT_STREAM (stream)->spool,
                            vectors, n_vectors, bytes_written, cancellable, error);
}

static gboolean
temp_spooled_output_stream_close (GOutputStream  *stream,
                                  GCancellable   *cancellable,
                                  GError        **error)
{
  g_clear_pointer (&TEMP_SPOOLED_OUTPUT_STREAM (stream)->spool, temp_spool_unref);
  return TRUE;
}

static goffset
temp_spooled_output_stream_tell (GSeekable *seekable)
{
  TempSpool *spool = TEMP_SPOOLED_OUTPUT_STREAM (seekable)->spool;

  return spool != NULL ? temp_spool_tell (spool) : 0;
}

static gboolean
temp_spooled_output_stream_is_open (GSeekable *seekable)
{
  return TEMP_SPOOLED_OUTPUT_STREAM (seekable)->spool != NULL;
}

static gboolean
temp_spooled_output_stream_seek (GSeekable     *seekable,
                                 goffset        offset,
                                 GSeekType      type,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  GOutputStream *stream = G_OUTPUT_STREAM (seekable);
  GError *cause = NULL;
  gboolean ok;

  if (!g_output_stream_set_pending (stream, &cause))
    return temp_busy_fail (NULL, TEMP_ACTION_SEEK, cause, error);

  ok = temp_spool_seek (TEMP_SPOOLED_OUTPUT_STREAM (stream)->spool, offset, type, cancellable, error);
  g_output_stream_clear_pending (stream);
  return ok;
}

static gboolean
temp_spooled_output_stream_truncate (GSeekable     *seekable,
                                     goffset        size,
                                     GCancellable  *cancellable,
                                     GError       **error)
{
  GOutputStream *stream = G_OUTPUT_STREAM (seekable);
  GError *cause = NULL;
  gboolean ok;

  if (!g_output_stream_set_pending (stream, &cause))
    return temp_busy_fail (NULL, TEMP_ACTION_TRUNCATE, cause, error);

  ok = temp_spool_truncate (TEMP_SPOOLED_OUTPUT_STREAM (stream)->spool, size, cancellable, error);
  g_output_stream_clear_pending (stream);
  return ok;
}

static void
temp_spooled_output_stream_seekable_init (GSeekableIface *iface)
{
  iface->tell = temp_spooled_output_stream_tell;
  iface->can_seek = temp_spooled_output_stream_is_open;
  iface->seek = temp_spooled_output_stream_seek;
  iface->can_truncate = temp_spooled_output_stream_is_open;
  iface->truncate_fn = temp_spooled_output_stream_truncate;
}

static void
temp_spooled_output_stream_class_init (TempSpooledOutputStreamClass *klass)
{
  GOutputStreamClass *stream_class = G_OUTPUT_STREAM_CLASS (klass);

  stream_class->write_fn = temp_spooled_output_stream_write;
  stream_class->writev_fn = temp_spooled_output_stream_writev;
  stream_class->close_fn = temp_spooled_output_stream_close;
}

static void
temp_spooled_output_stream_init (TempSpooledOutputStream *self)
{
}

/* Returns a stream that owns the caller's reference to the spool until it closes. */
GOutputStream *
temp_spooled_output_stream_new (TempSpool *spool)
{
  TempSpooledOutputStream *self = g_object_new (TEMP_TYPE_SPOOLED_OUTPUT_STREAM, NULL);

  self->spool = spool;
  return G_OUTPUT_STREAM (self);
}
