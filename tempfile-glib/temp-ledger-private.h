/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "temp-identity-private.h"
#include "temp-ledger-slots-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* This process's ledger: what it would leave if it died now. */

gboolean  temp_ledger_open       (GError             **error);
char     *temp_ledger_dup_path   (void);

/* Before something is made, and after that; or at once, for what is there. After the last two
 * failed, there is no record, and no claim. */
gboolean  temp_ledger_reserve    (TempLedgerClaim     *claim,
                                  const TempIdentity  *parent,
                                  TempName            *name,
                                  GError             **error);
gboolean  temp_ledger_complete   (TempLedgerClaim     *claim,
                                  const TempIdentity  *parent,
                                  const TempName      *name,
                                  const TempIdentity  *identity);
gboolean  temp_ledger_enter      (TempLedgerClaim     *claim,
                                  const TempIdentity  *parent,
                                  const TempName      *name,
                                  const TempIdentity  *identity);

gboolean  temp_ledger_has        (const TempLedgerClaim *claim);

/* The end of a claim. Releasing it leaves the record where it is, until the slot is used again: that
 * is for what is gone, and can be taken for nothing else. Clearing it takes the record away. */
void      temp_ledger_release    (TempLedgerClaim     *claim);
gboolean  temp_ledger_clear      (TempLedgerClaim     *claim,
                                  gboolean             durable);

void      temp_ledger_close      (void);

G_END_DECLS
