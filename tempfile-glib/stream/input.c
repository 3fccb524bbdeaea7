/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/input.h"

#include <errno.h>
#include <gio/gfiledescriptorbased.h>

#include "platform/platform.h"

struct _TempInputStream
{
  GFileInputStream parent_instance;

  TempEntry *entry;

  /* An open stream is a user of the descriptor, until it closes. GIO calls read() and skip() only while an operation is
   * pending, and closes no stream then: so they never find the descriptor closed. */
  gboolean   is_open;
};

static void temp_input_stream_descriptor_init (GFileDescriptorBasedIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempInputStream, temp_input_stream, G_TYPE_FILE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE_DESCRIPTOR_BASED,
                                                      temp_input_stream_descriptor_init))

static gssize
temp_input_stream_read (GInputStream  *stream,
                        void          *buffer,
                        gsize          count,
                        GCancellable  *cancellable,
                        GError       **error)
{
  TempEntry *entry = TEMP_INPUT_STREAM (stream)->entry;
  gssize n;

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;
      n = temp_platform.read (temp_entry_get_fd (entry), buffer, count);
    }
  while (G_UNLIKELY (n < 0 && errno == EINTR));

  if (G_UNLIKELY (n < 0))
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_READ);

  return n;
}

/* Like a read, does not go past the end. */
static gssize
temp_input_stream_skip (GInputStream  *stream,
                        gsize          count,
                        GCancellable  *cancellable,
                        GError       **error)
{
  TempEntry *entry = TEMP_INPUT_STREAM (stream)->entry;
  goffset here;
  gssize n = -1;
  TempStat st;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  here = temp_platform.seek (temp_entry_get_fd (entry), 0, TEMP_SEEK_HERE);
  if (here >= 0 && temp_platform.stat (temp_entry_get_fd (entry), &st) == 0)
    {
      n = MIN (MAX (st.size - here, 0), (goffset) MIN (count, G_MAXSSIZE));
      if (n > 0 && !temp_entry_seek (entry, n, G_SEEK_CUR, error))
        n = -1;
    }
  else
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_READ);
    }

  return n;
}

static gboolean
temp_input_stream_close (GInputStream  *stream,
                         GCancellable  *cancellable,
                         GError       **error)
{
  TempInputStream *self = TEMP_INPUT_STREAM (stream);

  if (!self->is_open)
    return TRUE;

  self->is_open = FALSE;
  return temp_entry_release_fd (self->entry, error);
}

static goffset
temp_input_stream_tell (GFileInputStream *stream)
{
  return temp_entry_tell (TEMP_INPUT_STREAM (stream)->entry);
}

static gboolean
temp_input_stream_can_seek (GFileInputStream *stream)
{
  return TEMP_INPUT_STREAM (stream)->is_open;
}

static gboolean
temp_input_stream_seek (GFileInputStream  *stream,
                        goffset            offset,
                        GSeekType          type,
                        GCancellable      *cancellable,
                        GError           **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return temp_entry_seek (TEMP_INPUT_STREAM (stream)->entry, offset, type, error);
}

static GFileInfo *
temp_input_stream_query_info (GFileInputStream  *stream,
                              const char        *attributes,
                              GCancellable      *cancellable,
                              GError           **error)
{
  return temp_entry_query_info (TEMP_INPUT_STREAM (stream)->entry, attributes, cancellable, error);
}

static int
temp_input_stream_get_fd (GFileDescriptorBased *stream)
{
  TempInputStream *self = TEMP_INPUT_STREAM (stream);

  return self->is_open ? temp_entry_get_fd (self->entry) : -1;
}

static void
temp_input_stream_descriptor_init (GFileDescriptorBasedIface *iface)
{
  iface->get_fd = temp_input_stream_get_fd;
}

static void
temp_input_stream_finalize (GObject *object)
{
  temp_entry_unref (TEMP_INPUT_STREAM (object)->entry);

  G_OBJECT_CLASS (temp_input_stream_parent_class)->finalize (object);
}

static void
temp_input_stream_class_init (TempInputStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);
  GFileInputStreamClass *file_class = G_FILE_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = temp_input_stream_finalize;

  stream_class->read_fn = temp_input_stream_read;
  stream_class->skip = temp_input_stream_skip;
  stream_class->close_fn = temp_input_stream_close;

  file_class->tell = temp_input_stream_tell;
  file_class->can_seek = temp_input_stream_can_seek;
  file_class->seek = temp_input_stream_seek;
  file_class->query_info = temp_input_stream_query_info;
}

static void
temp_input_stream_init (TempInputStream *self)
{
}

/* Returns a stream that is a user of the entry's descriptor until it closes, on dispose at the latest. If the file is
 * closed, so is the stream, from the start. */
GInputStream *
temp_input_stream_new (TempEntry *entry)
{
  TempInputStream *self = g_object_new (TEMP_TYPE_INPUT_STREAM, NULL);

  self->entry = temp_entry_ref (entry);
  self->is_open = temp_entry_acquire_fd (entry, NULL);
  if (!self->is_open)
    g_input_stream_close (G_INPUT_STREAM (self), NULL, NULL);

  return G_INPUT_STREAM (self);
}
