/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "ledger/text.h"

G_BEGIN_DECLS

#define TEMP_LEDGER_DAY (24 * 60 * 60) /* in seconds */

void     temp_ledger_process_identify   (TempLedgerProcess       *self,
                                         guint64                 *mount_namespace);
gboolean temp_ledger_process_is_running (const TempLedgerProcess *self,
                                         const TempLedgerProcess *here,
                                         gint64                   quiet_seconds);
const TempLedgerProcess *
         temp_ledger_text_find_running  (const TempLedgerText    *text,
                                         const TempLedgerProcess *here,
                                         gint64                   quiet_seconds);
gboolean temp_ledger_lock               (TempHandle               fd,
                                         TempLock                 lock,
                                         gboolean                 waits);

G_END_DECLS
