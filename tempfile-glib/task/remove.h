/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/tree.h"

G_BEGIN_DECLS

/* A function that removes, and is called in a thread. It tells the progress, and returns as its synchronous form
 * does. */
typedef gboolean (*TempRemoveFunc) (GObject             *source,
                                    gpointer             data,
                                    TempRemoveProgress  *progress,
                                    GCancellable        *cancellable,
                                    GError             **error);

void temp_remove_task_run (GTask                *task,
                           TempRemoveFunc        func,
                           gpointer              data,
                           TempProgressCallback  progress,
                           gpointer              progress_data,
                           GDestroyNotify        progress_destroy);

G_END_DECLS
