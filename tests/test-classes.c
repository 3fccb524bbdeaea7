/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <string.h>
#include <sys/stat.h>

#include "test-support.h"

TempFile *
test_temp_file (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_dir (), "a-", ".b", &error);

  g_assert_no_error (error);
  return file;
}

TempDir *
test_temp_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), "d-", ".d", &error);

  g_assert_no_error (error);
  return dir;
}

char *
test_persist_target (const char *base)
{
  g_autofree char *dir = test_path ("target");

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  return g_build_filename (dir, base, NULL);
}

void
test_persist_write_new (TempFile *file)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (output, TEST_NEW, strlen (TEST_NEW), NULL, NULL, &error);
  g_assert_no_error (error);
}

TempFile *
test_persist_new_file (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = test_persist_target ("none");
  g_autofree char *beside = g_path_get_dirname (target);
  TempFile *file;

  if (kind == TEST_NAMELESS)
    file = temp_file_new (test_dir (), &error);
  else
    file = temp_file_new_named (kind == TEST_BESIDE ? beside : test_dir (), "made", NULL, &error);
  g_assert_no_error (error);
  test_persist_write_new (file);
  return file;
}

TempFile *
test_persist_new_beside (const char *target)
{
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (GError) error = NULL;
  TempFile *self = temp_file_new_beside (file, NULL, &error);

  g_assert_no_error (error);
  test_persist_write_new (self);
  return self;
}

gboolean
test_persist_to (gpointer           object,
                 const char        *path,
                 TempPersistFlags   flags,
                 GError           **error)
{
  g_autoptr (GFile) destination = g_file_new_for_path (path);

  return TEMP_IS_FILE (object) ? temp_file_persist (object, destination, flags, NULL, error)
                               : temp_dir_persist (object, destination, flags, NULL, error);
}

void
test_assert_persists (gpointer         object,
                      const char      *path,
                      TempPersistFlags flags)
{
  g_autoptr (GError) error = NULL;
  gboolean persisted = test_persist_to (object, path, flags, &error);

  g_assert_no_error (error);
  g_assert_true (persisted);
}

void
test_persist_assert_names (const char *beside,
                           const char *elsewhere)
{
  g_autofree char *dir = test_path ("target");
  g_autofree char *found = test_list (dir);
  g_autofree char *found_elsewhere = test_list (test_dir ());

  g_assert_cmpstr (found, ==, beside);
  g_assert_cmpstr (found_elsewhere, ==, elsewhere);
}

void
test_persist_assert_unchanged (TempFile   *file,
                               const char *path)
{
  struct stat st;

  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  g_assert_true (temp_file_get_auto_delete (file));
  g_assert_no_errno (fstat (temp_file_get_fd (file), &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (st.st_size, ==, strlen (TEST_NEW));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (TEST_NEW));
  if (path != NULL)
    test_assert_contents (path, TEST_NEW);
}

void
test_persist_add_kinds (const char    *path,
                        GTestDataFunc  function,
                        gboolean       in_child,
                        gboolean       across)
{
  static const char *const kinds[] = { "nameless", "beside", "elsewhere" };

  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    {
      g_autofree char *whole = g_strdup_printf ("%s/%s", path, kinds[kind]);

      if (across && kind == TEST_BESIDE)
        continue;
      if (in_child)
        test_add_in_child (whole, function, GINT_TO_POINTER (kind));
      else
        g_test_add_data_func (whole, GINT_TO_POINTER (kind), function);
    }
}
