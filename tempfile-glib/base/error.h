/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void temp_error_from_errno (GError    **error,
                            int         errsv,
                            const char *action,
                            const char *path);

G_END_DECLS
