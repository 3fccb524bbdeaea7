/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean temp_trust_check (const char *path);

G_END_DECLS
