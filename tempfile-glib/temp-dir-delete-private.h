/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-dir.h"
#include "tree/tree.h"

G_BEGIN_DECLS

gboolean temp_dir_delete_with_progress (TempDir             *self,
                                        TempRemoveProgress  *progress,
                                        GCancellable        *cancellable,
                                        GError             **error);

G_END_DECLS
