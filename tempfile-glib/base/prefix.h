/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "platform/platform.h"

G_BEGIN_DECLS

char *temp_prefix_find (const char *dir,
                        const char *base,
                        TempKind    kind);

G_END_DECLS
