/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* The directories of this user's ledgers on this machine, in the order in which they are tried. */
enum
{
  TEMP_LEDGER_STATE_HOME,   /* in the user's state directory */
  TEMP_LEDGER_RUNTIME_HOME, /* in the runtime directory, for when the other cannot be used */
  TEMP_LEDGER_N_HOMES,
};

/* The name of each ledger begins with this. */
#define TEMP_LEDGER_PREFIX "ledger-"

char      *temp_ledger_home_get_path (guint      which);
TempHandle temp_ledger_home_open     (guint      which,
                                      gboolean   create,
                                      GError   **error);

G_END_DECLS
