/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "ledger/ledger.h"

G_BEGIN_DECLS

struct _TempLedger
{
  gint              ref_count; /* atomic */
  guint             generation; /* of the process that made it: see temp_process_generation() */
  char             *path;
  dev_t             dev;
  ino_t             ino;
  TempTagKey        key;
  guint32           first;      /* the number of the first name */
  guint             n_names;    /* atomic */
  gint              n_alive;    /* atomic; entries that count, plus 1 until it is retired; 0: the file is gone */
  gint              is_retired; /* atomic; no new entry is made under it */
  void             *mapping;    /* keeps the lock; NULL: only the descriptor does */

  /* Under the lock of appends. */
  int               fd;         /* -1: the program or prune() closed it; opened again if needed */
  GArray           *uids;       /* those that have a line */
  gboolean          is_synced;  /* nothing was appended since the last sync */
  gboolean          is_gone;    /* the file was seen without a name: no sweep will act on it */
  gboolean          is_torn;    /* the last line was written short */
  gboolean          is_guarded; /* a guard waits for it, and counts like an entry */
};

TempLedger *temp_ledger_create (GError **error);

G_END_DECLS
