/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"

G_BEGIN_DECLS

GBytes  *temp_contents_load    (TempEntry     *entry,
                                GCancellable  *cancellable,
                                GError       **error);
gssize   temp_contents_read    (TempEntry     *entry,
                                void          *buffer,
                                gsize          count,
                                goffset        offset,
                                GCancellable  *cancellable,
                                GError       **error);
gboolean temp_contents_replace (TempEntry     *entry,
                                GBytes        *bytes,
                                GCancellable  *cancellable,
                                GError       **error);

G_END_DECLS
