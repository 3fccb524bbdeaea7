/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "temp-parent-private.h"
#include "temp-remove-private.h"
#include "temp-types.h"

G_BEGIN_DECLS

/* The one owner of what was made: parent, name, inode and descriptor. Nothing
 * else in the library deletes anything. */
typedef struct _TempEntry TempEntry;

TempEntry  *temp_entry_new               (void);
TempEntry  *temp_entry_ref               (TempEntry      *entry);
void        temp_entry_unref             (TempEntry      *entry);
void        temp_entry_set_callers       (TempEntry      *entry);

/* One of these, once; after an error, it can be tried again. */
gboolean    temp_entry_create_nameless   (TempEntry      *entry,
                                          const char     *dir,
                                          mode_t          mode,
                                          GError        **error);
gboolean    temp_entry_create_file       (TempEntry      *entry,
                                          const char     *dir,
                                          TempParent     *parent,
                                          const char     *prefix,
                                          const char     *suffix,
                                          mode_t          mode,
                                          GError        **error);
gboolean    temp_entry_create_dir        (TempEntry      *entry,
                                          const char     *dir,
                                          TempParent     *parent,
                                          const char     *prefix,
                                          const char     *suffix,
                                          mode_t          mode,
                                          GError        **error);

const char *temp_entry_get_path          (TempEntry      *entry);
const char *temp_entry_get_last_path     (TempEntry      *entry);
TempParent *temp_entry_ref_directory     (TempEntry      *entry);

/* The descriptor. */
int         temp_entry_get_fd            (TempEntry      *entry);
gboolean    temp_entry_acquire_fd        (TempEntry      *entry,
                                          GError        **error);
gboolean    temp_entry_release_fd        (TempEntry      *entry,
                                          GError        **error);
int         temp_entry_steal_fd          (TempEntry      *entry);
void        temp_entry_set_error         (TempEntry      *entry,
                                          GError        **error,
                                          int             errsv,
                                          const char     *action);
void        temp_entry_propagate_error   (TempEntry      *entry,
                                          GError        **error,
                                          GError         *cause,
                                          const char     *action);
gboolean    temp_entry_seek              (TempEntry      *entry,
                                          goffset         offset,
                                          GSeekType       type,
                                          GError        **error);
goffset     temp_entry_tell              (TempEntry      *entry);
gboolean    temp_entry_truncate          (TempEntry      *entry,
                                          goffset         size,
                                          GError        **error);
GFileInfo  *temp_entry_query_info        (TempEntry      *entry,
                                          const char     *attributes,
                                          GCancellable   *cancellable,
                                          GError        **error);

/* The name. */
gboolean    temp_entry_get_auto_delete   (TempEntry      *entry);
gboolean    temp_entry_set_auto_delete   (TempEntry      *entry,
                                          gboolean        auto_delete);
gboolean    temp_entry_delete            (TempEntry      *entry,
                                          GCancellable   *cancellable,
                                          GError        **error);
gboolean    temp_entry_delete_with_progress (TempEntry          *entry,
                                             TempRemoveProgress *progress,
                                             GCancellable       *cancellable,
                                             GError            **error);
gboolean    temp_entry_keep              (TempEntry      *entry,
                                          GError        **error);
char       *temp_entry_find_dir          (GFile             *target,
                                          GError           **error);
gboolean    temp_entry_persist           (TempEntry         *entry,
                                          GFile             *destination,
                                          TempPersistFlags   flags,
                                          gboolean           with_mode,
                                          GCancellable      *cancellable,
                                          GError           **error);
void        temp_entry_tell_if_late      (TempEntry      *entry,
                                          const char     *what);
void        temp_entry_let_go            (TempEntry      *entry);

gboolean    temp_entry_guard_start       (GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempEntry, temp_entry_unref)

G_END_DECLS
