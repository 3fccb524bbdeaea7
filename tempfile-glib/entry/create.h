/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "entry/name.h"

G_BEGIN_DECLS

/* Writes the random part of the next name to try. */
typedef gboolean (*TempCreateChoose) (gpointer    data,
                                      TempName   *name,
                                      GError    **error);

gboolean   temp_create_is_unsupported (int                errsv);
TempHandle temp_create_nameless       (const char        *dir,
                                       guint32            mode);
TempHandle temp_create_file           (TempHandle         parent_fd,
                                       TempName          *name,
                                       guint32            mode,
                                       TempCreateChoose   choose,
                                       gpointer           data,
                                       GError           **error);
gboolean   temp_create_dir            (TempHandle         parent_fd,
                                       TempName          *name,
                                       guint32            mode,
                                       TempCreateChoose   choose,
                                       gpointer           data,
                                       GError           **error);

G_END_DECLS
