/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Leaves a file to exit, and prints its path. With the argument "guarded", starts the helper program first. */
#include <tempfile-glib/tempfile-glib.h>

int
main (int    argc,
      char **argv)
{
  GError *error = NULL;
  TempFile *file;

  if (argc > 1 && g_str_equal (argv[1], "guarded") && !temp_guard_start (&error))
    g_error ("%s", error->message);

  file = temp_file_new_named (NULL, "usage-", NULL, &error);
  if (file == NULL)
    g_error ("%s", error->message);
  g_print ("%s\n", temp_file_get_path (file));
  return 0;
}
