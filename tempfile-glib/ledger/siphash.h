/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define TEMP_SIPHASH_KEY_SIZE 16

guint64 temp_siphash (const guint8  key[TEMP_SIPHASH_KEY_SIZE],
                      const guint8 *data,
                      gsize         size);

G_END_DECLS
