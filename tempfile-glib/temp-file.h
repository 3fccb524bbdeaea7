/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

#define TEMP_TYPE_FILE (temp_file_get_type ())

TEMP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (TempFile, temp_file, TEMP, FILE, GFileIOStream)

TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new              (const char           *dir,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new_named        (const char           *dir,
                                        const char           *prefix,
                                        const char           *suffix,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new_beside       (GFile                *target,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_new_async        (const char           *dir,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new_finish       (GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_new_named_async  (const char           *dir,
                                        const char           *prefix,
                                        const char           *suffix,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new_named_finish (GAsyncResult         *result,
                                        GError              **error);

TEMP_AVAILABLE_IN_1_0
void        temp_file_new_beside_async (GFile                *target,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
TempFile   *temp_file_new_beside_finish (GAsyncResult        *result,
                                        GError              **error);

TEMP_AVAILABLE_IN_1_0
const char *temp_file_get_dir          (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_file_get_prefix       (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_file_get_suffix       (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_get_named        (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
int         temp_file_get_permissions  (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
int         temp_file_get_fd           (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
const char *temp_file_get_path         (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
GFile      *temp_file_get_file         (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
char       *temp_file_dup_fd_path      (TempFile             *self);
TEMP_AVAILABLE_IN_1_0
GFileIOStream *temp_file_reopen        (TempFile             *self,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
GInputStream *temp_file_open_reader    (TempFile             *self,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
GBytes     *temp_file_load_bytes       (TempFile             *self,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_load_bytes_async (TempFile             *self,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
GBytes     *temp_file_load_bytes_finish (TempFile            *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_replace_bytes    (TempFile             *self,
                                        GBytes               *bytes,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_replace_bytes_async (TempFile          *self,
                                        GBytes               *bytes,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_replace_bytes_finish (TempFile         *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_persist          (TempFile             *self,
                                        GFile                *destination,
                                        TempPersistFlags      flags,
                                        GCancellable         *cancellable,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_persist_async    (TempFile             *self,
                                        GFile                *destination,
                                        TempPersistFlags      flags,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_persist_finish   (TempFile             *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
char       *temp_file_keep             (TempFile             *self,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
void        temp_file_keep_async       (TempFile             *self,
                                        int                   io_priority,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
char       *temp_file_keep_finish      (TempFile             *self,
                                        GAsyncResult         *result,
                                        GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_delete           (TempFile             *self,
                                        GCancellable         *cancellable,
                                        GError              **error);

TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_get_auto_delete     (TempFile *self);
TEMP_AVAILABLE_IN_1_0
void        temp_file_set_auto_delete     (TempFile *self,
                                           gboolean  auto_delete);
TEMP_AVAILABLE_IN_1_0
gboolean    temp_file_get_delete_on_close (TempFile *self);
TEMP_AVAILABLE_IN_1_0
void        temp_file_set_delete_on_close (TempFile *self,
                                           gboolean  delete_on_close);
TEMP_AVAILABLE_IN_1_0
const char *temp_file_get_expected_etag   (TempFile *self);
TEMP_AVAILABLE_IN_1_0
void        temp_file_set_expected_etag   (TempFile   *self,
                                           const char *etag);

G_END_DECLS
