/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-types.h"

G_BEGIN_DECLS

TEMP_AVAILABLE_IN_1_0
gboolean temp_replace_contents        (GFile                *file,
                                       GBytes               *contents,
                                       const char           *etag,
                                       TempPersistFlags      flags,
                                       char                **new_etag,
                                       GCancellable         *cancellable,
                                       GError              **error);
TEMP_AVAILABLE_IN_1_0
void     temp_replace_contents_async  (GFile                *file,
                                       GBytes               *contents,
                                       const char           *etag,
                                       TempPersistFlags      flags,
                                       int                   io_priority,
                                       GCancellable         *cancellable,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);
TEMP_AVAILABLE_IN_1_0
gboolean temp_replace_contents_finish (GAsyncResult         *result,
                                       char                **new_etag,
                                       GError              **error);

G_END_DECLS
