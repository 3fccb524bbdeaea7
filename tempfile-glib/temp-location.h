/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

TEMP_AVAILABLE_IN_1_0
const char *temp_get_default_dir (GError       **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_set_default_dir (const char    *dir,
                                  GError       **error);
TEMP_AVAILABLE_IN_1_0
char       *temp_get_dir         (TempLocation   location,
                                  GError       **error);

G_END_DECLS
