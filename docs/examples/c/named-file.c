/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* A file with a name: filled from a stream, then handed by its path to another
 * program. Takes the file to copy as its argument. */

#include <stdlib.h>
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

static gboolean
fill (TempFile    *file,
      const char  *source_path,
      GError     **error)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autoptr (GFile) source = g_file_new_for_path (source_path);
  g_autoptr (GFileInputStream) input = g_file_read (source, NULL, error);
  gssize n_bytes;

  if (input == NULL)
    return FALSE;

  /* The output stream stays open: closing it is for the file to do. */
  n_bytes = g_output_stream_splice (output, G_INPUT_STREAM (input), G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, NULL, error);
  if (n_bytes < 0)
    return FALSE;

  g_print ("copied %" G_GSSIZE_FORMAT " bytes of %s into it\n", n_bytes, source_path);
  return TRUE;
}

static gboolean
sort (const char  *path,
      GError     **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autofree char *sorted = NULL;
  g_auto (GStrv) lines = NULL;
  guint first = 0;

  /* The same order in every locale. */
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C", TRUE);

  subprocess = g_subprocess_launcher_spawn (launcher, error, "sort", path, NULL);
  if (subprocess == NULL ||
      !g_subprocess_communicate_utf8 (subprocess, NULL, NULL, &sorted, NULL, error) ||
      !g_subprocess_wait_check (subprocess, NULL, error))
    return FALSE;

  lines = g_strsplit (g_strchomp (sorted), "\n", -1);
  while (lines[first] != NULL && *g_strstrip (lines[first]) == '\0')
    first++;

  g_print ("sort read it by its path, and gave %u lines\n", g_strv_length (lines));
  g_print ("the first one that is not blank: %s\n", lines[first] != NULL ? lines[first] : "none");
  return TRUE;
}

static gboolean
run (const char  *source_path,
     GError     **error)
{
  g_autoptr (TempFile) file = temp_file_new_named (NULL, "myapp_", ".log", error);
  g_autofree char *path = NULL;

  if (file == NULL)
    return FALSE;

  path = g_strdup (temp_file_get_path (file));
  g_print ("made %s\n", path);

  return check_exists ("while open", path, TRUE, error) &&
         fill (file, source_path, error) &&
         sort (path, error) &&
         g_io_stream_close (G_IO_STREAM (file), NULL, error) &&
         check_exists ("after close", path, FALSE, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;

  if (run (argc > 1 ? argv[1] : "/usr/share/common-licenses/GPL-3", &error))
    return EXIT_SUCCESS;

  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}
