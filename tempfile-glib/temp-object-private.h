/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Sets the string of a property. Returns TRUE if its value changes. */
static inline gboolean
temp_object_set_string (char         **place,
                        const GValue  *value)
{
  if (g_strcmp0 (*place, g_value_get_string (value)) == 0)
    return FALSE;

  g_free (*place);
  *place = g_value_dup_string (value);
  return TRUE;
}

/* Logs, for the programmer, that a property was set too late. */
static inline void
temp_object_warn_fixed (GObject    *object,
                        GParamSpec *pspec)
{
  g_critical ("The property “%s” of this %s can no longer be set", pspec->name, G_OBJECT_TYPE_NAME (object));
}

G_END_DECLS
