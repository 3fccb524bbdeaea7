/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The steps of an operation that takes long. Only run() is called in another thread. If begin() succeeds, end() is
 * called after run(), even after an error, and before the caller gets the result. Both may be NULL. */
typedef struct
{
  gboolean (*begin) (gpointer       source,
                     gpointer       data,
                     GError       **error);
  gboolean (*run)   (gpointer       source,
                     gpointer       data,
                     GCancellable  *cancellable,
                     GError       **error);
  void     (*end)   (gpointer       source,
                     gpointer       data);
} TempTaskSteps;

gboolean temp_task_run       (const TempTaskSteps  *steps,
                              gpointer              source,
                              gpointer              data,
                              GCancellable         *cancellable,
                              GError              **error);
void     temp_task_run_async (const TempTaskSteps  *steps,
                              gpointer              source,
                              gpointer              data,
                              GDestroyNotify        data_free,
                              int                   io_priority,
                              GCancellable         *cancellable,
                              GAsyncReadyCallback   callback,
                              gpointer              user_data);

gboolean temp_task_is_valid  (GAsyncResult         *result,
                              const TempTaskSteps  *steps,
                              gpointer              source);
gpointer temp_task_finish    (GAsyncResult         *result,
                              GError              **error);

void     temp_task_forward   (GTask                *task,
                              GAsyncResult         *result);

G_END_DECLS
