/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

#define TEMP_TYPE_DIR (temp_dir_get_type ())

TEMP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (TempDir, temp_dir, TEMP, DIR, GObject)

TEMP_AVAILABLE_IN_1_0
TempDir    *temp_dir_new               (const char           *dir,
                                        const char           *prefix,
                                        const char           *suffix,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_new_async         (const char           *dir,
                                        const char           *prefix,
                                        const char           *suffix,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
TempDir    *temp_dir_new_finish        (GAsyncResult         *result,
                                        GError              **error);

TEMP_AVAILABLE_IN_1_0
const char *temp_dir_get_dir           (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_dir_get_prefix        (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_dir_get_suffix        (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
int         temp_dir_get_permissions   (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_dir_get_path          (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
GFile      *temp_dir_get_file          (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
GFile      *temp_dir_get_child         (TempDir              *self,
                                        const char           *name);
TEMP_AVAILABLE_IN_1_0
int         temp_dir_get_fd            (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_dir_create_file       (TempDir              *self,
                                        const char           *prefix,
                                        const char           *suffix,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
TempDir    *temp_dir_create_dir        (TempDir              *self,
                                        const char           *prefix,
                                        const char           *suffix,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_delete            (TempDir              *self,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_delete_async      (TempDir              *self,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        TempProgressCallback  progress,
                                        gpointer              progress_data,
                                        GDestroyNotify        progress_destroy,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_delete_finish     (TempDir              *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_persist           (TempDir              *self,
                                        GFile                *destination,
                                        TempPersistFlags      flags,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_persist_async     (TempDir              *self,
                                        GFile                *destination,
                                        TempPersistFlags      flags,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_persist_finish    (TempDir              *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
char       *temp_dir_keep              (TempDir              *self,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_keep_async        (TempDir              *self,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
char       *temp_dir_keep_finish       (TempDir              *self,
                                        GAsyncResult         *result,
                                        GError              **error);

TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_get_auto_delete   (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_set_auto_delete   (TempDir              *self,
                                        gboolean              auto_delete);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_get_ignore_errors (TempDir              *self);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_set_ignore_errors (TempDir              *self,
                                        gboolean              ignore_errors);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_dir_get_delete_in_background (TempDir       *self);
TEMP_AVAILABLE_IN_1_0
void        temp_dir_set_delete_in_background (TempDir       *self,
                                               gboolean       delete_in_background);

G_END_DECLS
