/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/reader.h"

#include "stream/contents.h"

/* A stream that reads a file, or a spooled file, at an offset of its own. It is no user of the descriptor between two
 * reads: once the file is closed, the next read fails. */

#define TEMP_TYPE_READER (temp_reader_get_type ())

G_DECLARE_FINAL_TYPE (TempReader, temp_reader, TEMP, READER, GInputStream)

struct _TempReader
{
  GInputStream parent_instance;

  TempEntry   *entry;  /* NULL: it reads the spool */
  TempSpool   *spool;  /* NULL: it reads the entry's file */
  goffset      offset;
};

G_DEFINE_FINAL_TYPE (TempReader, temp_reader, G_TYPE_INPUT_STREAM)

static gssize
temp_reader_read (GInputStream  *stream,
                  void          *buffer,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  TempReader *self = TEMP_READER (stream);
  gssize n = self->spool != NULL
               ? temp_spool_read_at (self->spool, buffer, count, self->offset, cancellable, error)
               : temp_contents_read (self->entry, buffer, count, self->offset, cancellable, error);

  if (n > 0)
    self->offset += n;
  return n;
}

static void
temp_reader_finalize (GObject *object)
{
  TempReader *self = TEMP_READER (object);

  g_clear_pointer (&self->entry, temp_entry_unref);
  g_clear_pointer (&self->spool, temp_spool_unref);

  G_OBJECT_CLASS (temp_reader_parent_class)->finalize (object);
}

static void
temp_reader_class_init (TempReaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = temp_reader_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = temp_reader_read;
}

static void
temp_reader_init (TempReader *self)
{
}

GInputStream *
temp_reader_new_for_entry (TempEntry *entry)
{
  TempReader *self = g_object_new (TEMP_TYPE_READER, NULL);

  self->entry = temp_entry_ref (entry);
  return G_INPUT_STREAM (self);
}

GInputStream *
temp_reader_new_for_spool (TempSpool *spool)
{
  TempReader *self = g_object_new (TEMP_TYPE_READER, NULL);

  self->spool = temp_spool_ref (spool);
  return G_INPUT_STREAM (self);
}
