/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Compiled as C and as C++, against what is installed and as a subproject. */
#include <tempfile-glib/tempfile-glib.h>

#ifdef __cplusplus
/* Flags combine, in constants, too. */
static_assert ((TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE | TEMP_PERSIST_COPY) == 7, "");
static_assert ((TEMP_REMOVE_KEEP_ROOT | TEMP_REMOVE_IGNORE_ERRORS) == 3, "");

static gboolean
combine (GFile *destination)
{
  TempPersistFlags persist = TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY;
  TempRemoveFlags remove = TEMP_REMOVE_NONE;
  TempFile *file = temp_file_new_beside (destination, NULL, NULL);
  gboolean persisted;

  persist |= TEMP_PERSIST_DURABLE;
  remove |= TEMP_REMOVE_KEEP_ROOT | TEMP_REMOVE_IGNORE_ERRORS;
  persisted = file != NULL && temp_file_persist (file, destination, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY, NULL, NULL);
  g_clear_object (&file);
  return persisted && persist == 7 && remove == 3;
}
#endif

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
#ifdef __cplusplus
  GFile *destination = temp_dir_get_child (dir, "persisted");

  result |= !combine (destination);
  g_object_unref (destination);
#endif

  g_object_unref (file);
  g_object_unref (dir);
  result |= g_file_test (path, G_FILE_TEST_EXISTS);
  g_free (path);
  return result;
}
