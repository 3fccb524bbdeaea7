/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where the ledgers of this user are, on this machine: the second is for when the
 * first cannot be written. */
#define TEMP_LEDGER_N_DIRS 2

char    *temp_ledger_dir_get_path   (guint             which);
int      temp_ledger_dir_open       (guint             which,
                                     gboolean          create,
                                     GError          **error);

gboolean temp_ledger_lock           (int               fd,
                                     gboolean          wait);
void     temp_ledger_unlock         (int               fd);

int      temp_ledger_create         (int               dir_fd,
                                     const char       *dir,
                                     char            **path,
                                     GError          **error);
int      temp_ledger_take           (int               dir_fd,
                                     const char       *name,
                                     gboolean          wait);
GPtrArray *temp_ledger_list_free    (int               dir_fd,
                                     guint             max);

G_END_DECLS
