/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-types.h"

G_BEGIN_DECLS

char     *temp_persist_find_dir (GFile             *target,
                                 GError           **error);
gboolean  temp_persist_entry    (TempEntry         *entry,
                                 GFile             *destination,
                                 TempPersistFlags   flags,
                                 gboolean           with_mode,
                                 GCancellable      *cancellable,
                                 GError           **error);

G_END_DECLS
