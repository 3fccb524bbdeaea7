/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Where temporary files go: the environment decides, and a program can.
 *
 * The environment is changed here to show it. It is the user's: other programs
 * leave it alone. */

#include <stdlib.h>
#include <tempfile-glib/tempfile-glib.h>

/* Makes a file in the default directory, and looks whether that is as expected. */
static gboolean
check_goes_to (const char  *when,
               const char  *expected,
               GError     **error)
{
  g_autoptr (TempFile) file = temp_file_new_named (NULL, NULL, NULL, error);
  g_autofree char *dir = NULL;

  if (file == NULL)
    return FALSE;

  g_print ("%s: made %s\n", when, temp_file_get_path (file));

  dir = g_path_get_dirname (temp_file_get_path (file));
  if (g_str_equal (dir, expected))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "It should be in “%s”", expected);
  return FALSE;
}

/* Each variable names a directory of its own, called after it. */
static gboolean
set_variables (TempDir            *base,
               const char *const  *variables,
               GError            **error)
{
  for (gsize i = 0; variables[i] != NULL; i++)
    {
      g_autoptr (GFile) candidate = temp_dir_get_child (base, variables[i]);

      if (!g_file_make_directory (candidate, NULL, error))
        return FALSE;
      g_setenv (variables[i], g_file_peek_path (candidate), TRUE);
    }

  g_print ("TMPDIR, TEMP and TMP name directories in %s\n", temp_dir_get_path (base));
  return TRUE;
}

/* Some files are better off in a directory of another kind. Not every machine has each. */
static void
print_dir (const char   *files,
           TempLocation  location)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = temp_get_dir (location, &error);

  g_print ("%s go to %s\n", files, dir != NULL ? dir : error->message);
}

static gboolean
run (GError **error)
{
  static const char *const variables[] = { "TMPDIR", "TEMP", "TMP", NULL };
  g_autoptr (TempDir) base = temp_dir_new (NULL, "where_", NULL, error);
  g_autofree char *missing = NULL;
  const char *dir;

  if (base == NULL || !set_variables (base, variables, error))
    return FALSE;

  /* One after the other decides. They are looked at once, unless told to look again. */
  for (gsize i = 0; variables[i] != NULL; i++)
    {
      g_autofree char *when = g_strdup_printf ("%s is the first one set", variables[i]);
      g_autofree char *expected = g_build_filename (temp_dir_get_path (base), variables[i], NULL);

      if (!temp_set_default_dir (NULL, error) || !check_goes_to (when, expected, error))
        return FALSE;
      g_unsetenv (variables[i]);
    }

  /* The library passes over a directory that takes no file. */
  missing = g_build_filename (temp_dir_get_path (base), "missing", NULL);
  g_setenv ("TMPDIR", missing, TRUE);
  g_setenv ("TMP", temp_dir_get_path (base), TRUE);
  if (!temp_set_default_dir (NULL, error) ||
      !check_goes_to ("TMPDIR is not there, TMP is", temp_dir_get_path (base), error))
    return FALSE;

  g_unsetenv ("TMPDIR");
  g_unsetenv ("TMP");
  if (!temp_set_default_dir (NULL, error))
    return FALSE;
  dir = temp_get_default_dir (error);
  if (dir == NULL)
    return FALSE;
  g_print ("none is set: they go to %s\n", dir);

  if (!temp_set_default_dir (temp_dir_get_path (base), error) ||
      !check_goes_to ("the program has set it", temp_dir_get_path (base), error))
    return FALSE;

  print_dir ("large files", TEMP_LOCATION_LARGE);
  print_dir ("files for no disk", TEMP_LOCATION_MEMORY);
  print_dir ("files that leave a sandbox", TEMP_LOCATION_SHARED);
  return TRUE;
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
