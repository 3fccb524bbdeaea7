/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

TEMP_AVAILABLE_IN_1_0
gboolean temp_remove_tree        (GFile                 *file,
                                  TempRemoveFlags        flags,
                                  GCancellable          *cancellable,
                                  TempProgressCallback   progress,
                                  gpointer               progress_data,
                                  GError               **error);
TEMP_AVAILABLE_IN_1_0
void     temp_remove_tree_async  (GFile                 *file,
                                  TempRemoveFlags        flags,
                                  int                    io_priority,
                                  GCancellable          *cancellable,
                                  TempProgressCallback   progress,
                                  gpointer               progress_data,
                                  GDestroyNotify         progress_destroy,
                                  GAsyncReadyCallback    callback,
                                  gpointer               user_data);
TEMP_AVAILABLE_IN_1_0
gboolean temp_remove_tree_finish (GAsyncResult          *result,
                                  GError               **error);

G_END_DECLS
