/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#if !defined (TEMPFILE_GLIB_INSIDE) && !defined (TEMPFILE_GLIB_COMPILATION)
#error "Only <tempfile-glib/tempfile-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include "temp-version-macros.h"

G_BEGIN_DECLS

TEMP_AVAILABLE_IN_1_0
gboolean temp_sweep        (guint                *n_removed,
                            GCancellable         *cancellable,
                            GError              **error);
TEMP_AVAILABLE_IN_1_0
void     temp_sweep_async  (int                   io_priority,
                            GCancellable         *cancellable,
                            GAsyncReadyCallback   callback,
                            gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean temp_sweep_finish (GAsyncResult         *result,
                            guint                *n_removed,
                            GError              **error);

TEMP_AVAILABLE_IN_1_0
gboolean temp_guard_start        (GError              **error);
TEMP_AVAILABLE_IN_1_0
void     temp_guard_start_async  (int                   io_priority,
                                  GCancellable         *cancellable,
                                  GAsyncReadyCallback   callback,
                                  gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean temp_guard_start_finish (GAsyncResult         *result,
                                  GError              **error);

G_END_DECLS
