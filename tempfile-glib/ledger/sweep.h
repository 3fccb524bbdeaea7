/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

typedef struct
{
  /* If not NULL, the sweep is a dry run. It deletes nothing, but reports the fate of each path: `why` says why the path
   * stays; NULL means that a sweep would delete it. */
  void                           (*report) (const char *path,
                                            const char *why,
                                            gpointer    data);
  gpointer                         report_data;
  const struct _TempLedgerProcess *process;     /* NULL, or a dead process: only its ledgers are swept */
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
int      temp_sweep_guard         (TempHandle               fd);

G_END_DECLS
