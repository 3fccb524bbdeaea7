/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "ledger/text.h"

G_BEGIN_DECLS

/* A sweep: the options that it was given, and how far it is. */
typedef struct
{
  void                   (*report) (const char *path,
                                    const char *why,
                                    gpointer    data); /* down to `cancellable`: see TempSweepOptions */
  gpointer                 report_data;
  const TempLedgerProcess *process;
  gboolean                 waits;
  gboolean                 skips_tried;
  GCancellable            *cancellable;

  TempLedgerProcess        here;            /* this process */
  guint64                  mount_namespace; /* of this process */
  guint64                  uid;             /* of this process */
  gint64                   now;             /* in seconds */
  GPtrArray               *dead;            /* TempDead: the ledgers that it has locked now */
  guint                    n_removed;       /* files and directories that were deleted */
  gboolean                 any_left;        /* a ledger stays */
  GError                  *error;           /* the first */
} TempSweep;

/* The ledger of a dead program, which the sweep has locked. */
typedef struct
{
  TempHandle      home_fd;      /* the directory that it is in; the caller's */
  TempHandle      fd;
  char           *name;         /* its base name */
  TempLedgerText *text;
  goffset         size;
  gboolean        is_same_boot; /* device numbers still mean what they did */
  gboolean        is_here;      /* this process is in the namespaces that the dead one was in */
  gboolean        is_undone;    /* something stays, or could not be seen: the ledger stays */
} TempDead;

/* One line of a directory, and the ledger that it is in. */
typedef struct
{
  TempDead      *dead;
  TempLedgerDir *dir;
} TempDirLine;

void temp_sweep_tell            (TempSweep         *sweep,
                                 const char        *path,
                                 const char        *why);
void temp_sweep_fail_from_errno (TempSweep         *sweep,
                                 TempDead          *dead,
                                 const char        *sentence,
                                 const char        *path);
void temp_sweep_dir             (TempSweep         *sweep,
                                 const TempDirLine *lines,
                                 guint              n_lines);

G_END_DECLS
