/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The file of this process's ledger, locked for as long as the process lives. */
typedef struct
{
  int      fd;
  char    *path;
  dev_t    dev;
  ino_t    ino;
  gboolean is_held; /* locked even if somebody closes the descriptor */
} TempLedgerFile;

gboolean temp_ledger_file_create    (TempLedgerFile        *file,
                                     GError               **error);
int      temp_ledger_file_reopen    (const TempLedgerFile  *file);
gboolean temp_ledger_file_remove    (const char            *path);

guint    temp_ledger_file_max_slots (void);
gssize   temp_ledger_file_write     (int                    fd,
                                     const guint8          *buffer,
                                     gsize                  size,
                                     guint                  slot);

G_END_DECLS
