/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* Helpers around the calls of persisting: symbolic links, errors, syncing. */

char      *temp_persist_resolve             (const char *path);
gboolean   temp_persist_is_unlinkable       (int         errsv);
gboolean   temp_persist_has_no_rename_flags (int         errsv);
TempHandle temp_persist_open_dir            (TempHandle  dir_fd);
gboolean   temp_persist_sync                (TempHandle  fd);

G_END_DECLS
