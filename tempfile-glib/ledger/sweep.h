/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "ledger/text.h"

G_BEGIN_DECLS

/* Reports, in a dry run, the fate of a path: a sweep would delete it if `why` is NULL; else `why` says why it stays. */
typedef void (*TempSweepReport) (const char *path,
                                 const char *why,
                                 gpointer    data);

typedef struct
{
  TempSweepReport          report;      /* NULL: the sweep deletes; else it only reports: a dry run */
  gpointer                 report_data;
  const TempLedgerProcess *process;     /* the process whose ledgers to sweep; NULL: those of all dead processes */
  gboolean                 waits;       /* until nobody locks a directory, or a ledger of the process */
  gboolean                 skips_tried; /* passes over ledgers that another sweep tried within a day */
  GCancellable            *cancellable;
} TempSweepOptions;

gboolean temp_sweep_run        (const TempSweepOptions *options,
                                guint                  *n_removed,
                                gboolean               *any_left,
                                GError                **error);
void     temp_sweep_in_background (void);

gboolean temp_guard_spawn      (GError                **error);
int      temp_sweep_guard      (int                     fd);

G_END_DECLS
