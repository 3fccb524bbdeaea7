/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A sentence is translated, names the path, and ends in the cause: _("Could not open “%s”: %s"). It has "%s" for
 * each, in this order. */

void        temp_error_set        (GError       **error,
                                   GQuark         domain,
                                   int            code,
                                   const char    *sentence,
                                   const char    *path,
                                   const char    *cause);
void        temp_error_from_errno (GError       **error,
                                   int            errsv,
                                   const char    *sentence,
                                   const char    *path);
void        temp_error_from_cause (GError       **error,
                                   GError        *cause,
                                   const char    *sentence,
                                   const char    *path);
const char *temp_error_get_cause  (const GError  *error);

G_END_DECLS
