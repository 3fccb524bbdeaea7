/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* A file without a name: somewhere to put bytes and take them back, which no
 * other program can find. The one to use unless something needs a path. */

#include <stdlib.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

static gboolean
check_empty (const char  *path,
             GError     **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  guint n = 0;

  if (dir == NULL)
    return FALSE;

  while (g_dir_read_name (dir) != NULL)
    n++;

  g_print ("names in that directory: %u\n", n);
  if (n == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "Something is in “%s”", path);
  return FALSE;
}

static gboolean
write_and_read (TempFile    *file,
                const char  *text,
                GError     **error)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  char buffer[256] = { 0 };

  if (!g_output_stream_write_all (output, text, strlen (text), NULL, NULL, error))
    return FALSE;
  g_print ("wrote: %s\n", text);

  /* Both streams are at one place in the file, so go back before reading. */
  if (!g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, error))
    return FALSE;

  if (!g_input_stream_read_all (input, buffer, sizeof buffer - 1, NULL, NULL, error))
    return FALSE;
  g_print ("read back: %s\n", buffer);

  if (strcmp (buffer, text) == 0)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "What was read is not what was written");
  return FALSE;
}

static gboolean
run (GError **error)
{
  g_autoptr (TempDir) dir = NULL;
  g_autoptr (TempFile) file = NULL;
  const char *path;

  /* An empty directory, only to show that the file is not in it: other programs
   * would pass NULL below, for the default directory. */
  dir = temp_dir_new (NULL, "example_", NULL, error);
  if (dir == NULL)
    return FALSE;

  file = temp_file_new (temp_dir_get_path (dir), error);
  if (file == NULL)
    return FALSE;
  g_print ("made a file without a name in %s\n", temp_dir_get_path (dir));

  path = temp_file_get_path (file);
  g_print ("path: %s\n", path != NULL ? path : "none");

  return check_empty (temp_dir_get_path (dir), error) &&
         write_and_read (file, "Hello, temporary world!", error) &&
         g_io_stream_close (G_IO_STREAM (file), NULL, error) &&
         check_empty (temp_dir_get_path (dir), error);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;

  if (run (&error))
    return EXIT_SUCCESS;

  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}
