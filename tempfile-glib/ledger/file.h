/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

int      temp_ledger_file_create (guint         which,
                                  char        **path,
                                  struct stat  *st,
                                  GError      **error);
void    *temp_ledger_file_map    (int           fd);
gboolean temp_ledger_draw_bytes  (void         *bytes,
                                  gsize         size);

G_END_DECLS
