/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "ledger/tag.h"
#include "platform/platform.h"

G_BEGIN_DECLS

#define TEMP_LEDGER_BOOT_LENGTH 36
#define TEMP_LEDGER_BIRTH_SIZE 48

/* In bytes. A larger ledger is not read: this is room for a `keep` for each of a million files. */
#define TEMP_LEDGER_MAX_SIZE (64 * 1024 * 1024)

/* A process that a ledger has a line for. 0 stands for an unknown number. */
typedef struct _TempLedgerProcess
{
  gint64  pid;
  guint64 start;
  guint64 pid_namespace;
  guint64 time_namespace;
  char    boot[TEMP_LEDGER_BOOT_LENGTH + 1]; /* "-": unknown */
} TempLedgerProcess;

/* A directory that a ledger has a line for. */
typedef struct
{
  guint64    dev;
  guint64    ino;
  char      *text;  /* the path as the ledger has it, which goes into tags */
  char      *path;
  GPtrArray *names; /* base names in it that a sweep believes without a tag */
} TempLedgerDir;

typedef enum
{
  TEMP_LEDGER_GOOD,
  TEMP_LEDGER_HEADLESS, /* its maker died before the header was whole: nothing was made under it */
  TEMP_LEDGER_FOREIGN,  /* another version of the library wrote it: a sweep passes over it */
  TEMP_LEDGER_COPY,     /* another file than the ledger, as from a backup: a sweep passes over it */
} TempLedgerVerdict;

/* The contents of a ledger. */
typedef struct
{
  TempLedgerVerdict verdict;
  guint64           ino;   /* of the ledger itself */
  char             *birth;
  TempTagKey        key;
  guint64           mount_namespace;
  GArray           *processes; /* TempLedgerProcess */
  GArray           *uids;      /* guint64 */
  GPtrArray        *dirs;      /* TempLedgerDir */
  GHashTable       *kept;      /* base names that stay */
  guint             n_tried;
  gint64            last_tried;
} TempLedgerText;

char           *temp_ledger_escape       (const char              *path);
char           *temp_ledger_unescape     (const char              *text);
char           *temp_ledger_process_line (const TempLedgerProcess *process);
char           *temp_ledger_header       (TempHandle               fd,
                                          guint64                  ino,
                                          const TempTagKey        *key,
                                          const TempLedgerProcess *process,
                                          guint64                  mount_namespace,
                                          guint64                  uid);
void            temp_ledger_get_birth    (TempHandle               fd,
                                          char                     birth[TEMP_LEDGER_BIRTH_SIZE]);

TempLedgerText *temp_ledger_text_parse   (const char              *contents,
                                          gsize                    size);
TempLedgerText *temp_ledger_text_read    (TempHandle               fd,
                                          const TempStat          *st);
void            temp_ledger_text_free    (TempLedgerText          *self);
gboolean        temp_ledger_text_has_uid (const TempLedgerText    *self,
                                          guint64                  uid);
const TempLedgerProcess *
                temp_ledger_text_get_maker (const TempLedgerText  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempLedgerText, temp_ledger_text_free)

G_END_DECLS
