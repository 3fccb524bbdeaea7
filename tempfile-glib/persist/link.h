/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* The system calls of persisting. */

char      *temp_persist_resolve             (const char *path);

gboolean   temp_persist_link                (TempHandle  fd,
                                             TempHandle  dir_fd,
                                             const char *base);
gboolean   temp_persist_is_unlinkable       (int         errsv);

gboolean   temp_persist_rename              (TempHandle  from_dir_fd,
                                             const char *from,
                                             TempHandle  to_dir_fd,
                                             const char *to);
gboolean   temp_persist_rename_noreplace    (TempHandle  from_dir_fd,
                                             const char *from,
                                             TempHandle  to_dir_fd,
                                             const char *to);
gboolean   temp_persist_exchange            (TempHandle  from_dir_fd,
                                             const char *from,
                                             TempHandle  to_dir_fd,
                                             const char *to);
gboolean   temp_persist_has_no_rename_flags (int         errsv);

TempHandle temp_persist_open_dir            (TempHandle  dir_fd);
gboolean   temp_persist_sync                (TempHandle  fd);
gboolean   temp_persist_sync_tree           (TempHandle  dir_fd);

G_END_DECLS
