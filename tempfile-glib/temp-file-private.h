/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-file.h"
#include "temp-parent-private.h"

G_BEGIN_DECLS

TempFile *temp_file_new_in (const char  *dir,
                            TempParent  *parent,
                            const char  *prefix,
                            const char  *suffix,
                            GError     **error);

G_END_DECLS
