/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* The system calls of persisting. */

char     *temp_persist_resolve             (const char  *path);
int       temp_persist_open_target         (int          dir_fd,
                                            const char  *base,
                                            struct stat *st);

gboolean  temp_persist_link                (int          fd,
                                            int          dir_fd,
                                            const char  *base);
gboolean  temp_persist_is_unlinkable       (int          errsv);

gboolean  temp_persist_rename              (int          from_dir_fd,
                                            const char  *from,
                                            int          to_dir_fd,
                                            const char  *to);
gboolean  temp_persist_rename_noreplace    (int          from_dir_fd,
                                            const char  *from,
                                            int          to_dir_fd,
                                            const char  *to);
gboolean  temp_persist_exchange            (int          from_dir_fd,
                                            const char  *from,
                                            int          to_dir_fd,
                                            const char  *to);
gboolean  temp_persist_has_no_rename_flags (int          errsv);

int       temp_persist_open_dir            (int          dir_fd);
gboolean  temp_persist_sync                (int          fd);
gboolean  temp_persist_sync_tree           (int          dir_fd);

G_END_DECLS
