/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <errno.h>
#include <glib.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* Each test of the platform runs with the table of the library, and with that of POSIX alone. */

/* The table of posix-table.c, under another name. */
extern TempPlatform test_posix;

#define assert_fails(result, errsv)     \
  G_STMT_START                          \
    {                                   \
      g_assert_cmpint ((result), ==, -1); \
      g_assert_cmpint (errno, ==, (errsv)); \
    }                                   \
  G_STMT_END

static inline gboolean
is_posix (const TempPlatform *p)
{
  return g_str_equal (p->name, "posix");
}

/* Adds a test, whose data is a TempPlatform. */
static inline void
add_both (const char    *path,
          GTestDataFunc  function)
{
  g_autofree char *own = g_strdup_printf ("/platform/%s/%s", temp_platform.name, path);
  g_autofree char *posix = g_strdup_printf ("/platform/posix/%s", path);

  g_test_add_data_func (own, &temp_platform, function);
  if (!is_posix (&temp_platform))
    g_test_add_data_func (posix, &test_posix, function);
}

G_END_DECLS
