/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Starts the helper program as its guard. */
#include <tempfile-glib/tempfile-glib.h>

int
main (void)
{
  GError *error = NULL;

  if (!temp_guard_start (&error))
    g_error ("%s", error->message);
  return 0;
}
