/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long the program's exit waits for the sweep in the background, in microseconds. */
#define TEMP_ENTRY_SWEEP_PATIENCE (5 * G_USEC_PER_SEC)

/* Is told the path of what would be deleted. */
typedef void (*TempEntrySweepReport) (const char *path,
                                      gpointer    data);

gboolean temp_entry_sweep               (TempEntrySweepReport   report,
                                         gpointer               data,
                                         guint                 *n_removed,
                                         GCancellable          *cancellable,
                                         GError               **error);
void     temp_entry_sweep_in_background (void);
void     temp_entry_finish_sweep        (void);

gboolean temp_entry_sweep_after_death   (int                    dir_fd,
                                         const char            *name,
                                         GError               **error);

G_END_DECLS
