/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

const char *temp_location_get_default   (GError              **error);
gboolean    temp_location_set_default   (const char           *dir,
                                         GError              **error);
char       *temp_location_make_absolute (const char           *dir,
                                         GError              **error);
char       *temp_location_find          (const char *const    *candidates,
                                         TempLocation          location,
                                         GError              **error);
char       *temp_location_get           (TempLocation          location,
                                         GError              **error);
const char *temp_location_resolve       (const char           *dir,
                                         char                **to_free,
                                         GError              **error);

G_END_DECLS
