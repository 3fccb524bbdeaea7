/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

TEMP_AVAILABLE_IN_1_0
int   temp_mkstemp (const char  *dir,
                    const char  *prefix,
                    const char  *suffix,
                    char       **path,
                    GError     **error);
TEMP_AVAILABLE_IN_1_0
char *temp_mkdtemp (const char  *dir,
                    const char  *prefix,
                    const char  *suffix,
                    GError     **error);

G_END_DECLS
