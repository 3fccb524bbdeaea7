/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "persist/job.h"

G_BEGIN_DECLS

gboolean  temp_persist_find_dir (GFile              *target,
                                 char              **dir,
                                 GError            **error);
gboolean  temp_persist_fail_by  (GFile              *destination,
                                 GError            **error,
                                 GError             *cause);
gboolean  temp_persist_entry    (TempEntry          *entry,
                                 const TempPersist  *job,
                                 GCancellable       *cancellable,
                                 GError            **error);

G_END_DECLS
