/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-ledger-format-private.h"

G_BEGIN_DECLS

TempLedgerVerdict temp_ledger_read (int                fd,
                                    TempLedgerOrigin  *origin,
                                    GPtrArray        **records);

G_END_DECLS
