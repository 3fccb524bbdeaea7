/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <sys/types.h>

#include "ledger/ledger.h"
#include "ledger/text.h"

G_BEGIN_DECLS

/* A ledger as a program leaves it, written line by line. The caller may change who wrote it before the file is there. */
typedef struct
{
  TempLedgerProcess process;
  guint64           mount_namespace;
  uid_t             uid;
  TempTagKey        key;
  guint             n_names;
  guint             which; /* the directory of ledgers */
  char             *path;
} TestLedger;

/* Describes a dead process of this user, boot and namespaces. */
void  test_ledger_init       (TestLedger  *self);
void  test_ledger_clear      (TestLedger  *self);

/* Makes the file, with its header; "lines" replaces that if it is not NULL. */
void  test_ledger_write      (TestLedger  *self,
                              const char  *lines);
void  test_ledger_append     (TestLedger  *self,
                              const char  *format,
                              ...) G_GNUC_PRINTF (2, 3);
void  test_ledger_append_dir (TestLedger  *self,
                              const char  *dir);
char *test_ledger_read       (TestLedger  *self);
guint test_ledger_count_tried (TestLedger *self);

/* Returns a path that no other has, whose name the ledger's key verifies. */
char *test_ledger_draw       (TestLedger  *self,
                              TempTagKind  kind,
                              const char  *dir,
                              const char  *prefix,
                              const char  *suffix);

/* Makes a ledger with one line, of the directory. */
void  test_ledger_write_for  (TestLedger  *self,
                              const char  *dir);

/* Returns the contents of a ledger of this process. The second form parses them; they have to be good. */
char           *test_read_own_ledger  (TempLedger *ledger);
TempLedgerText *test_parse_own_ledger (TempLedger *ledger);

/* Returns how many ledgers there are in both directories. */
guint test_count_ledgers     (void);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestLedger, test_ledger_clear)

G_END_DECLS
