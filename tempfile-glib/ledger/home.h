/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The directories of this user's ledgers on this machine, by number: 0 in the user's state directory; 1 in the runtime
 * directory, for when that cannot be used. */
#define TEMP_LEDGER_N_HOMES 2
#define TEMP_LEDGER_PREFIX "ledger-"

gboolean temp_ledger_home_is_sticky (guint      which);
char    *temp_ledger_home_get_path  (guint      which);
int      temp_ledger_home_open      (guint      which,
                                     gboolean   create,
                                     GError   **error);

G_END_DECLS
