/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <pthread.h>

#include "entry/entry.h"
#include "stream/memory.h"

G_BEGIN_DECLS

/* The spooled file that owns a spool: the spool knows no more of it. */
typedef struct
{
  /* Makes the file to roll to, and sets *entry to the file's entry, which the file keeps alive. Called with the
   * spool's lock held. */
  GIOStream *(*make_file)     (GObject       *owner,
                               TempEntry    **entry,
                               GCancellable  *cancellable,
                               GError       **error);

  /* Tells that the spool has rolled. Called without the lock. */
  void       (*notify_rolled) (GObject       *owner);
} TempSpoolOwnerFuncs;

/* What a spooled file and its two streams share: bytes and an offset, in memory
 * or, once rolled, in a file. */
typedef struct
{
  gint            ref_count; /* atomic */

  const TempSpoolOwnerFuncs *funcs;

  /* An asynchronous read and write may be in two threads at the same time. Not a
   * GMutex: thread sanitizers know this one. */
  pthread_mutex_t lock;
  gsize           max_size; /* fixed once it has rolled */
  GObject        *owner;  /* no reference; NULL once it is closed */
  TempMemory      memory;
  goffset         offset; /* while in memory */
  GIOStream      *file;   /* NULL before that, and once closed */
  TempEntry      *entry;  /* of the file; no reference */
  gint            n_users; /* atomic: those who read or write the file */
  gint            rolled;  /* atomic, as is the next: read without the lock, too */
  gint            closed;
} TempSpool;

TempSpool *temp_spool_new        (gint                       n_refs,
                                  GObject                   *owner,
                                  const TempSpoolOwnerFuncs *funcs);
TempSpool *temp_spool_ref        (TempSpool            *spool);
void       temp_spool_unref      (TempSpool            *spool);

gssize     temp_spool_read       (TempSpool            *spool,
                                  void                 *buffer,
                                  gsize                 count,
                                  GCancellable         *cancellable,
                                  GError              **error);
gssize     temp_spool_skip       (TempSpool            *spool,
                                  gsize                 count,
                                  GCancellable         *cancellable,
                                  GError              **error);
gssize     temp_spool_write      (TempSpool            *spool,
                                  const void           *buffer,
                                  gsize                 count,
                                  GCancellable         *cancellable,
                                  GError              **error);
gboolean   temp_spool_writev     (TempSpool            *spool,
                                  const GOutputVector  *vectors,
                                  gsize                 n_vectors,
                                  gsize                *bytes_written,
                                  GCancellable         *cancellable,
                                  GError              **error);

goffset    temp_spool_tell       (TempSpool            *spool);
gboolean   temp_spool_seek       (TempSpool            *spool,
                                  goffset               offset,
                                  GSeekType             type,
                                  GCancellable         *cancellable,
                                  GError              **error);
gboolean   temp_spool_truncate   (TempSpool            *spool,
                                  goffset               size,
                                  GCancellable         *cancellable,
                                  GError              **error);
goffset    temp_spool_get_size   (TempSpool            *spool);

gboolean   temp_spool_is_closed  (TempSpool            *spool);
gboolean   temp_spool_is_rolled  (TempSpool            *spool);
gboolean   temp_spool_roll       (TempSpool            *spool,
                                  GCancellable         *cancellable,
                                  GError              **error);
GIOStream *temp_spool_steal_file (TempSpool            *spool);
gboolean   temp_spool_close      (TempSpool            *spool,
                                  GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempSpool, temp_spool_unref)

G_END_DECLS
