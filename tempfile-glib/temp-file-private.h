/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-file.h"

G_BEGIN_DECLS

TempFile  *temp_file_make_named (const char  *dir,
                                 TempEntry   *above,
                                 const char  *prefix,
                                 const char  *suffix,
                                 GError     **error);
TempEntry *temp_file_get_entry  (TempFile    *self);

G_END_DECLS
