/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Puts an object made on demand in its place, unless another thread, which wanted
 * it too, was faster; owns what was made. */
static inline void
temp_object_publish (gpointer *place,
                     gpointer  made)
{
  if (!g_atomic_pointer_compare_and_exchange (place, NULL, made))
    g_object_unref (made);
}

G_END_DECLS
