/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

#define TEMP_TYPE_SPOOLED_FILE (temp_spooled_file_get_type ())

TEMP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (TempSpooledFile, temp_spooled_file, TEMP, SPOOLED_FILE, GIOStream)

TEMP_AVAILABLE_IN_1_0
TempSpooledFile *temp_spooled_file_new          (gsize                 max_size);

TEMP_AVAILABLE_IN_1_0
gsize            temp_spooled_file_get_max_size (TempSpooledFile      *self);
TEMP_AVAILABLE_IN_1_0
const char      *temp_spooled_file_get_dir      (TempSpooledFile      *self);
TEMP_AVAILABLE_IN_1_0
const char      *temp_spooled_file_get_prefix   (TempSpooledFile      *self);
TEMP_AVAILABLE_IN_1_0
const char      *temp_spooled_file_get_suffix   (TempSpooledFile      *self);
TEMP_AVAILABLE_IN_1_0
gboolean         temp_spooled_file_get_rolled   (TempSpooledFile      *self);
TEMP_AVAILABLE_IN_1_0
goffset          temp_spooled_file_get_size     (TempSpooledFile      *self);

TEMP_AVAILABLE_IN_1_0
GInputStream    *temp_spooled_file_open_reader  (TempSpooledFile      *self,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
GBytes          *temp_spooled_file_load_bytes   (TempSpooledFile      *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
void             temp_spooled_file_load_bytes_async (TempSpooledFile  *self,
                                                 int                   io_priority,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
GBytes          *temp_spooled_file_load_bytes_finish (TempSpooledFile *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
gboolean         temp_spooled_file_replace_bytes (TempSpooledFile     *self,
                                                 GBytes               *bytes,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
void             temp_spooled_file_replace_bytes_async (TempSpooledFile *self,
                                                 GBytes               *bytes,
                                                 int                   io_priority,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean         temp_spooled_file_replace_bytes_finish (TempSpooledFile *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);

TEMP_AVAILABLE_IN_1_0
gboolean         temp_spooled_file_roll         (TempSpooledFile      *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
void             temp_spooled_file_roll_async   (TempSpooledFile      *self,
                                                 int                   io_priority,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean         temp_spooled_file_roll_finish  (TempSpooledFile      *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
TempFile        *temp_spooled_file_steal_file   (TempSpooledFile      *self,
                                                 GCancellable         *cancellable,
                                                 GError              **error);
TEMP_AVAILABLE_IN_1_0
void             temp_spooled_file_steal_file_async (TempSpooledFile  *self,
                                                 int                   io_priority,
                                                 GCancellable         *cancellable,
                                                 GAsyncReadyCallback   callback,
                                                 gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
TempFile        *temp_spooled_file_steal_file_finish (TempSpooledFile *self,
                                                 GAsyncResult         *result,
                                                 GError              **error);

G_END_DECLS
