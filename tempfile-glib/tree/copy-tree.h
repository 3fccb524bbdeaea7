/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

gboolean temp_copy_tree (TempHandle     from_fd,
                         TempHandle     to_fd,
                         GCancellable  *cancellable,
                         GError       **error);

G_END_DECLS
