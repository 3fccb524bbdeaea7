/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-identity-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* A ledger is made of slots. The first has the header; a record takes one or, if
 * its path is long, several in a row. */
#define TEMP_LEDGER_SLOT 512

/* Where it was written: what can be believed elsewhere depends on that. */
typedef struct
{
  char    boot_id[40];     /* device numbers mean something within one boot only; "": unknown */
  guint64 mount_namespace; /* paths, within one of these only; 0: unknown */
} TempLedgerOrigin;

typedef enum
{
  TEMP_LEDGER_RESERVED, /* about to be made */
  TEMP_LEDGER_COMPLETE, /* made, and known */
} TempLedgerState;

typedef struct
{
  TempLedgerState state;
  TempName        name;   /* its random part is NULL if it has none */
  TempIdentity    parent; /* without a birth */
  TempIdentity    identity;
} TempLedgerRecord;

typedef enum
{
  TEMP_LEDGER_GOOD,
  TEMP_LEDGER_BAD,     /* torn, or never written */
  TEMP_LEDGER_FOREIGN, /* of a version of the library that knows more */
} TempLedgerVerdict;

void               temp_ledger_record_clear      (TempLedgerRecord       *record);

guint64            temp_ledger_read_namespace    (const char             *link);
void               temp_ledger_origin_get        (TempLedgerOrigin       *origin);
gsize              temp_ledger_encode_header     (guint8                 *buffer,
                                                  const TempLedgerOrigin *origin);
TempLedgerVerdict  temp_ledger_decode_header     (const guint8           *buffer,
                                                  gsize                   size,
                                                  TempLedgerOrigin       *origin);

guint              temp_ledger_count_slots       (const TempName         *name);
gsize              temp_ledger_encode_record     (guint8                 *buffer,
                                                  guint                   slot,
                                                  const TempLedgerRecord *record);
guint              temp_ledger_decode_record     (const guint8           *buffer,
                                                  gsize                   size,
                                                  guint                   slot,
                                                  TempLedgerRecord       *record);

G_END_DECLS
