/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

static guint64 last_told;

static void
on_progress (guint64  n_removed,
             gpointer data)
{
  last_told = n_removed;
}

static void
on_destroy (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static TempDir *
make_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), NULL, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *path = g_build_filename (temp_dir_get_path (dir), name, NULL);

      test_write (path, "");
    }
  return dir;
}

static gboolean
delete (TempDir       *dir,
        GCancellable  *cancellable,
        GError       **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  gboolean destroyed = FALSE;

  last_told = G_MAXUINT64;
  temp_dir_delete_async (dir, G_PRIORITY_DEFAULT, cancellable, on_progress, &destroyed, on_destroy,
                         test_keep_result, &result);
  test_wait_result (&result);
  g_assert_true (destroyed);
  return temp_dir_delete_finish (dir, result, error);
}

static void
test_async (void)
{
  g_autoptr (TempDir) dir = make_dir ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (delete (dir, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 11);
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");

  g_assert_true (delete (dir, NULL, &error));
  g_assert_cmpuint (last_told, ==, 0);
}

static void
test_cancelled (void)
{
  g_autoptr (TempDir) dir = make_dir ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (delete (dir, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (last_told, ==, 0);
  g_clear_error (&error);

  g_assert_true (delete (dir, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 11);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-dir-delete/async", test_async);
  g_test_add_func ("/temp-dir-delete/cancelled", test_cancelled);

  return g_test_run ();
}
