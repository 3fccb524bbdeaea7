/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Compiled as C and as C++, against what is installed and as a subproject. */
#include <tempfile-glib/tempfile-glib.h>

int
main (void)
{
  GError *error = NULL;
  TempDir *dir = temp_dir_new (NULL, "usage-", NULL, &error);
  TempFile *file;
  char *path;
  int result;

  if (dir == NULL)
    g_error ("%s", error->message);
  file = temp_dir_create_file (dir, NULL, ".txt", &error);
  if (file == NULL)
    g_error ("%s", error->message);

  path = g_strdup (temp_file_get_path (file));
  if (!g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)), "x", 1, NULL, NULL, &error))
    g_error ("%s", error->message);
  result = TEMP_CHECK_VERSION (1, 0, 0) && g_file_test (path, G_FILE_TEST_EXISTS) ? 0 : 1;

  g_object_unref (file);
  g_object_unref (dir);
  result |= g_file_test (path, G_FILE_TEST_EXISTS);
  g_free (path);
  return result;
}
