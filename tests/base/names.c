/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/names.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* Without the two dots; the offset of the handle stays. */
static void
test_all (void)
{
  const guint n_files = 3000;
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  temp_autofd TempHandle dir = -1;
  g_auto (TempNames) names = TEMP_NAMES_INIT;
  const char *name;

  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *base = g_strdup_printf ("a-name-that-is-long-enough-for-several-readings-%u", i);

      test_make_file (base);
    }

  dir = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, test_dir (), TEMP_OPEN_LIST);
  for (guint i = 0; i < 2; i++)
    {
      guint n_fds = test_count_fds ();

      g_assert_true (temp_names_open (&names, dir));
      while ((name = temp_names_next (&names)) != NULL)
        g_assert_true (g_hash_table_add (found, g_strdup (name)));
      g_assert_cmpint (errno, ==, 0);
      g_assert_cmpuint (g_hash_table_size (found), ==, n_files);
      g_hash_table_remove_all (found);
      temp_names_clear (&names);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
    }
}

static void
test_removed (void)
{
  g_autofree char *path = test_path ("dir");
  temp_autofd TempHandle dir = -1;
  g_auto (TempNames) names = TEMP_NAMES_INIT;

  g_assert_no_errno (mkdir (path, 0700));
  dir = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, path, TEMP_OPEN_LIST);
  g_assert_true (temp_names_open (&names, dir));
  g_assert_no_errno (rmdir (path));
  for (guint i = 0; i < 2; i++)
    {
      errno = EIO;
      g_assert_null (temp_names_next (&names));
      g_assert_cmpint (errno, ==, 0);
    }
}

static gssize
fail_list (TempHandle    dir,
           TempListing **listing,
           void         *buffer,
           gsize         size)
{
  errno = EIO;
  return -1;
}

static void
test_errors (void)
{
  TempPlatform real = temp_platform;
  temp_autofd TempHandle dir = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, test_dir (), TEMP_OPEN_LIST);
  g_auto (TempNames) names = TEMP_NAMES_INIT;
  g_auto (TempNames) none = TEMP_NAMES_INIT;

  g_assert_false (temp_names_open (&none, TEMP_HANDLE_NONE));
  g_assert_cmpint (errno, ==, EBADF);

  g_assert_true (temp_names_open (&names, dir));
  temp_platform.list = fail_list;
  g_assert_null (temp_names_next (&names));
  g_assert_cmpint (errno, ==, EIO);
  temp_platform = real;
  g_assert_null (temp_names_next (&names));
  g_assert_cmpint (errno, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/names/each-is-read-once", test_all);
  g_test_add_func ("/names/a-removed-directory-has-none", test_removed);
  g_test_add_func ("/names/errors-are-told-from-the-end", test_errors);

  return g_test_run ();
}
