/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

TempHandle temp_ledger_file_create (guint      which,
                                    char     **path,
                                    TempStat  *st,
                                    GError   **error);
gboolean   temp_ledger_draw_bytes  (void      *bytes,
                                    gsize      size);

G_END_DECLS
