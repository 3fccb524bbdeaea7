/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void        temp_error_from_errno (GError       **error,
                                   int            errsv,
                                   const char    *action,
                                   const char    *path);
const char *temp_error_get_cause  (const GError  *error);

G_END_DECLS
