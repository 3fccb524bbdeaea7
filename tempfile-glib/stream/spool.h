/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <pthread.h>

#include "entry/entry.h"
#include "stream/memory.h"

G_BEGIN_DECLS

/* The functions of the spool's owner, which is the spooled file. The spool knows nothing else of it. */
typedef struct
{
  /* Makes the file to roll to, and sets *entry to the file's entry, which the file keeps alive. The spool's lock is
   * held. */
  GIOStream *(*make_file)     (GObject       *owner,
                               TempEntry    **entry,
                               GCancellable  *cancellable,
                               GError       **error);

  /* Tells the owner that the spool has rolled. The lock is not held. */
  void       (*notify_rolled) (GObject       *owner);
} TempSpoolOwnerFuncs;

/* Bytes and an offset, in memory or, once rolled, in a file. A spooled file and its two streams share them. */
typedef struct
{
  gint                       ref_count; /* atomic */
  const TempSpoolOwnerFuncs *funcs;

  /* An asynchronous read and an asynchronous write may be in two threads at once. Not a GMutex: thread sanitizers know
   * this one. */
  pthread_mutex_t            lock;
  gsize                      max_size; /* fixed once it has rolled */
  GObject                   *owner;    /* no reference; NULL once it is closed */
  TempMemory                 memory;
  goffset                    offset;   /* while in memory */
  GIOStream                 *file;     /* NULL while in memory, and once closed */
  TempEntry                 *entry;    /* of the file; no reference */
  gint                       n_users;  /* atomic: those who read or write the file */
  gint                       rolled;   /* atomic, as is the next: read without the lock, too */
  gint                       closed;
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

gssize     temp_spool_read_at    (TempSpool            *spool,
                                  void                 *buffer,
                                  gsize                 count,
                                  goffset               offset,
                                  GCancellable         *cancellable,
                                  GError              **error);
GBytes    *temp_spool_load       (TempSpool            *spool,
                                  GCancellable         *cancellable,
                                  GError              **error);
gboolean   temp_spool_replace    (TempSpool            *spool,
                                  GBytes               *bytes,
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
gboolean   temp_spool_check_open (TempSpool            *spool,
                                  GError              **error);
gboolean   temp_spool_is_rolled  (TempSpool            *spool);
gboolean   temp_spool_roll       (TempSpool            *spool,
                                  GCancellable         *cancellable,
                                  GError              **error);
GIOStream *temp_spool_steal_file (TempSpool            *spool);
gboolean   temp_spool_close      (TempSpool            *spool,
                                  GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempSpool, temp_spool_unref)

G_END_DECLS
