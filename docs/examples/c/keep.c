/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* A file that is kept on purpose: it is temporary until it turns out to be
 * wanted, as a report of what went wrong may be. */

#include <stdlib.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

static gboolean
check_exists (const char  *when,
              const char  *path,
              gboolean     expected,
              GError     **error)
{
  gboolean exists = g_file_test (path, G_FILE_TEST_EXISTS);

  g_print ("%s, exists: %s\n", when, exists ? "yes" : "no");
  if (exists == expected)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "“%s” should%s exist", path, expected ? "" : " not");
  return FALSE;
}

/* Returns the path of a file that stays. Until temp_file_keep(), any error on the
 * way takes the file with it. */
static char *
make_report (const char  *text,
             GError     **error)
{
  g_autoptr (TempFile) file = temp_file_new_named (NULL, "report_", ".txt", error);
  g_autofree char *path = NULL;
  GOutputStream *output;

  if (file == NULL)
    return NULL;
  g_print ("made %s\n", temp_file_get_path (file));

  output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  if (!g_output_stream_write_all (output, text, strlen (text), NULL, NULL, error))
    return NULL;
  g_print ("wrote: %s\n", text);

  path = temp_file_keep (file, error);
  if (path == NULL)
    return NULL;
  g_print ("kept %s\n", path);

  if (!g_io_stream_close (G_IO_STREAM (file), NULL, error))
    return NULL;

  return g_steal_pointer (&path);
}

static gboolean
run (GError **error)
{
  g_autofree char *path = make_report ("All is well.", error);
  g_autofree char *text = NULL;
  g_autoptr (GFile) kept = NULL;

  if (path == NULL || !check_exists ("after its object is gone", path, TRUE, error))
    return FALSE;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  g_print ("it holds: %s\n", text);

  kept = g_file_new_for_path (path);
  return g_file_delete (kept, NULL, error) &&
         check_exists ("after it was deleted by hand", path, FALSE, error);
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
