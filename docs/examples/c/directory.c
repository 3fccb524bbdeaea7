/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* A directory: an archive is made in one, and unpacked in another; both go, with
 * all that is in them. Takes the directory to pack as its argument. */

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
tar (const char  *directory,
     const char  *action,
     const char  *archive,
     const char  *member,
     GError     **error)
{
  g_autoptr (GSubprocess) subprocess = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, error,
                                                         "tar", "-C", directory, action, archive, member, NULL);

  return subprocess != NULL && g_subprocess_wait_check (subprocess, NULL, error);
}

/* Counts what is in a directory, and in those below, but not these themselves. */
static gboolean
count_files (GFile   *directory,
             guint   *n_files,
             GError **error)
{
  g_autoptr (GFileEnumerator) children = NULL;

  children = g_file_enumerate_children (directory, G_FILE_ATTRIBUTE_STANDARD_NAME "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
                                        G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, error);
  if (children == NULL)
    return FALSE;

  while (TRUE)
    {
      GFileInfo *info;
      GFile *child;

      if (!g_file_enumerator_iterate (children, &info, &child, NULL, error))
        return FALSE;
      if (info == NULL)
        return TRUE;

      if (g_file_info_get_file_type (info) != G_FILE_TYPE_DIRECTORY)
        (*n_files)++;
      else if (!count_files (child, n_files, error))
        return FALSE;
    }
}

static gboolean
pack_and_unpack (const char  *source,
                 TempDir     *packed,
                 TempDir     *unpacked,
                 GError     **error)
{
  g_autofree char *archive = g_build_filename (temp_dir_get_path (packed), "archive.tar", NULL);
  g_autoptr (GFile) source_file = g_file_new_for_path (source);
  guint n_packed = 0;
  guint n_unpacked = 0;

  if (!tar (source, "-cf", archive, ".", error) || !count_files (source_file, &n_packed, error))
    return FALSE;
  g_print ("packed %u files of %s in %s\n", n_packed, source, archive);

  if (!tar (temp_dir_get_path (unpacked), "-xf", archive, NULL, error) ||
      !count_files (temp_dir_get_file (unpacked), &n_unpacked, error))
    return FALSE;
  g_print ("unpacked %u files in %s\n", n_unpacked, temp_dir_get_path (unpacked));

  if (n_packed == n_unpacked)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "Not all the files were unpacked");
  return FALSE;
}

static gboolean
run (const char  *source,
     GError     **error)
{
  g_autoptr (TempDir) packed = temp_dir_new (NULL, "packed_", NULL, error);
  g_autoptr (TempDir) unpacked = NULL;
  g_autofree char *packed_path = NULL;
  g_autofree char *unpacked_path = NULL;

  if (packed == NULL)
    return FALSE;

  unpacked = temp_dir_new (NULL, "unpacked_", NULL, error);
  if (unpacked == NULL)
    return FALSE;

  packed_path = g_strdup (temp_dir_get_path (packed));
  unpacked_path = g_strdup (temp_dir_get_path (unpacked));
  g_print ("made %s and %s\n", packed_path, unpacked_path);

  if (!pack_and_unpack (source, packed, unpacked, error))
    return FALSE;

  /* Dropping the last reference would do as well, but could not tell of an error. */
  if (!temp_dir_delete (unpacked, NULL, error))
    return FALSE;
  if (!check_exists ("the second one after delete", unpacked_path, FALSE, error) ||
      !check_exists ("the first one", packed_path, TRUE, error))
    return FALSE;

  g_clear_object (&packed);
  return check_exists ("the first one after its object is gone", packed_path, FALSE, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;

  if (run (argc > 1 ? argv[1] : "/usr/share/common-licenses", &error))
    return EXIT_SUCCESS;

  g_printerr ("%s\n", error->message);
  return EXIT_FAILURE;
}
