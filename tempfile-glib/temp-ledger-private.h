/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "temp-identity-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* This process's ledger: what it would leave if it died now. */

/* A place in it; all zero: none. Only one thread at a time uses one. */
typedef struct
{
  guint slot;
  guint n_slots;
  guint serial; /* of the ledger it is in */
} TempLedgerClaim;

gboolean  temp_ledger_open       (GError             **error);
char     *temp_ledger_dup_path   (void);
gboolean  temp_ledger_is_kept    (void);

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

void      temp_ledger_release    (TempLedgerClaim     *claim,
                                  const TempIdentity  *identity);
void      temp_ledger_clear      (TempLedgerClaim     *claim,
                                  gboolean             durable);

void      temp_ledger_close      (void);

G_END_DECLS
