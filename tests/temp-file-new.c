/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <glib/gstdio.h>

#include "test-support.h"

static void
assert_made_with (TempFile   *file,
                  const char *dir,
                  const char *prefix,
                  const char *suffix,
                  gboolean    named)
{
  g_autofree char *actual_dir = NULL, *actual_prefix = NULL, *actual_suffix = NULL;
  gboolean actual_named;
  int permissions;

  g_object_get (file, "dir", &actual_dir, "prefix", &actual_prefix, "suffix", &actual_suffix, "named", &actual_named,
                "permissions", &permissions, NULL);
  g_assert_cmpstr (actual_dir, ==, dir);
  g_assert_cmpstr (actual_prefix, ==, prefix);
  g_assert_cmpstr (actual_suffix, ==, suffix);
  g_assert_cmpint (actual_named, ==, named);
  g_assert_cmpint (permissions, ==, -1);
}

/* Constructors say in the properties what they were given. */
static void
test_properties (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) plain = temp_file_new (NULL, &error);
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), &error);
  g_autoptr (TempFile) named = temp_file_new_named (test_dir (), "p", "s", &error);
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_autoptr (TempFile) child = temp_dir_create_file (dir, "q", NULL, &error);

  g_assert_no_error (error);
  assert_made_with (plain, NULL, NULL, NULL, FALSE);
  assert_made_with (nameless, test_dir (), NULL, NULL, FALSE);
  assert_made_with (named, test_dir (), "p", "s", TRUE);
  assert_made_with (child, temp_dir_get_path (dir), "q", NULL, TRUE);
}

static void
test_async (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;

  temp_file_new_async (test_dir (), G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  file = temp_file_new_finish (test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (temp_file_get_fd (file), >=, 0);
  g_assert_null (temp_file_get_path (file));
}

static void
test_named_async (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;

  temp_file_new_named_async (test_dir (), "a", "b", G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  file = temp_file_new_named_finish (test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (temp_file_get_path (file), G_FILE_TEST_EXISTS));
}

static void
test_async_error (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");

  temp_file_new_named_async (missing, NULL, NULL, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_null (temp_file_new_named_finish (test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
}

/* Cancelled before, or while the thread is at it: nothing is left. */
static void
test_async_cancelled (void)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (TempFile) file = NULL;

      if (i % 2 == 0)
        g_cancellable_cancel (cancellable);
      temp_file_new_named_async (test_dir (), NULL, NULL, G_PRIORITY_DEFAULT, cancellable, test_keep_result, &result);
      for (guint j = 0; j < i; j++)
        g_thread_yield ();
      g_cancellable_cancel (cancellable);
      file = temp_file_new_named_finish (test_wait_result (&result), &error);
      g_assert_null (file);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_object (&result);
    }

  /* The threads' last references go on their own. */
  test_wait_empty ();
}

static void
test_initable_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (g_initable_new (TEMP_TYPE_FILE, cancellable, &error, "dir", test_dir (), "named", TRUE, NULL));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
}

static void
test_async_initable (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) source = NULL;
  g_autoptr (TempFile) file = NULL;

  g_async_initable_new_async (TEMP_TYPE_FILE, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result,
                              "dir", test_dir (), "named", TRUE, "suffix", ".x", NULL);
  source = g_async_result_get_source_object (test_wait_result (&result));
  file = TEMP_FILE (g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, &error));
  g_assert_no_error (error);
  g_assert_true (g_str_has_suffix (temp_file_get_path (file), ".x"));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-file-new/properties", test_properties);
  g_test_add_func ("/temp-file-new/async", test_async);
  g_test_add_func ("/temp-file-new/named-async", test_named_async);
  g_test_add_func ("/temp-file-new/async-error", test_async_error);
  g_test_add_func ("/temp-file-new/async-cancelled", test_async_cancelled);
  g_test_add_func ("/temp-file-new/initable-cancelled", test_initable_cancelled);
  g_test_add_func ("/temp-file-new/async-initable", test_async_initable);

  return g_test_run ();
}
