/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-identity-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* So many kinds of names have one reserved ahead. */
#define TEMP_LEDGER_N_AHEAD 8

/* A place in the ledger; all zero: none. Only one thread at a time uses one. */
typedef struct
{
  guint slot;
  guint n_slots;
  guint serial; /* of the ledger it is in */
} TempLedgerClaim;

typedef struct
{
  TempLedgerClaim claim;
  TempName        name;
  TempIdentity    parent;
} TempLedgerAhead;

/* Which of a ledger's slots are taken. */
typedef struct
{
  GByteArray      *used;       /* a byte for each */
  guint            first_free; /* there is none before it */
  guint            max;        /* there can be no more */
  guint            serial;     /* so that a claim in a former ledger is none in this one */
  TempLedgerAhead  aheads[TEMP_LEDGER_N_AHEAD];
  guint            n_aheads;
} TempLedgerSlots;

void     temp_ledger_slots_init         (TempLedgerSlots       *slots,
                                         guint                  max);
void     temp_ledger_slots_clear        (TempLedgerSlots       *slots);
gboolean temp_ledger_slots_has          (TempLedgerSlots       *slots,
                                         const TempLedgerClaim *claim);

gboolean temp_ledger_slots_take         (TempLedgerSlots       *slots,
                                         TempLedgerClaim       *claim,
                                         guint                  n);
void     temp_ledger_slots_give_back    (TempLedgerSlots       *slots,
                                         TempLedgerClaim       *claim);

gboolean temp_ledger_slots_prepare_ahead (TempLedgerSlots       *slots,
                                          TempLedgerAhead       *ahead,
                                          const TempLedgerClaim *claim,
                                          const TempIdentity    *parent,
                                          const TempName        *name);
void     temp_ledger_slots_settle_ahead  (TempLedgerSlots       *slots,
                                          TempLedgerAhead       *ahead,
                                          gboolean               is_reserved);
gboolean temp_ledger_slots_take_ahead    (TempLedgerSlots       *slots,
                                          TempLedgerClaim       *claim,
                                          const TempIdentity    *parent,
                                          TempName              *name);

G_END_DECLS
