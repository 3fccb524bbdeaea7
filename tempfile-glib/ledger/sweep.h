/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  /* In a dry run, the sweep deletes nothing, but reports the fate of each path here: it would be deleted if `why` is
   * NULL, else `why` says why it stays. */
  void                           (*report) (const char *path,
                                            const char *why,
                                            gpointer    data);
  gpointer                         report_data;
  const struct _TempLedgerProcess *process;     /* sweeps only the ledgers of this process, which is dead */
  gboolean                         waits;       /* until nobody locks a directory, or a ledger of the process */
  gboolean                         skips_tried; /* passes over ledgers that another sweep tried within a day */
  GCancellable                    *cancellable;
} TempSweepOptions;

/* sweep.c */
gboolean temp_sweep_run           (const TempSweepOptions  *options,
                                   guint                   *n_removed,
                                   gboolean                *any_left,
                                   GError                 **error);
void     temp_sweep_in_background (void);

/* guard.c */
gboolean temp_guard_spawn         (GError                 **error);
int      temp_sweep_guard         (int                      fd);

G_END_DECLS
