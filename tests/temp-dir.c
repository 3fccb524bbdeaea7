/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* Making directories, and files and directories in them */

static void
test_new (void)
{
  g_autoptr (TempDir) dir = test_temp_dir ();
  const char *path = temp_dir_get_path (dir);
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *file_path = g_file_get_path (temp_dir_get_file (dir));
  g_autoptr (GFile) child = temp_dir_get_child (dir, "a/b");
  g_autofree char *child_path = g_file_get_path (child);
  g_autofree char *expected = g_build_filename (path, "a", "b", NULL);
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_true (S_ISDIR (st.st_mode));
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);
  g_assert_cmpuint (strlen (base), ==, 2 + 16 + 2);
  g_assert_cmpstr (file_path, ==, path);
  g_assert_cmpstr (child_path, ==, expected);
  g_assert_no_errno (faccessat (temp_dir_get_fd (dir), ".", F_OK, 0));
  g_assert_cmpint (fcntl (temp_dir_get_fd (dir), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
}

static void
test_child_inside (void)
{
  static const char *const good[] = { "a", "a/b", "..a", "a..", "a/..b/c", "...", "a/...", "\xff" };
  static const char *const bad[] = { NULL, "", "/", "/etc/passwd", "..", "../a", "a/..", "a/../b", "a//../.." };
  g_autoptr (TempDir) dir = test_temp_dir ();

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GFile) child = temp_dir_get_child (dir, good[i]);
      g_autofree char *relative = g_file_get_relative_path (temp_dir_get_file (dir), child);

      g_assert_cmpstr (relative, ==, good[i]);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*is_name_inside*");
      g_assert_null (temp_dir_get_child (dir, bad[i]));
      g_test_assert_expected_messages ();
    }
}

/* If the program has closed the descriptor, a new one is opened. */
static void
test_get_fd (void)
{
  g_autoptr (TempDir) dir = test_temp_dir ();
  struct stat st, named;

  g_assert_no_errno (close (temp_dir_get_fd (dir)));
  g_assert_no_errno (fstat (temp_dir_get_fd (dir), &st));
  g_assert_no_errno (stat (temp_dir_get_path (dir), &named));
  g_assert_cmpint (st.st_ino, ==, named.st_ino);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  g_assert_cmpint (temp_dir_get_fd (dir), ==, -1);
}

static void
test_bad_input (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *long_name = g_strnfill (300, 'x');
  TempDir *dir;

  g_assert_null (temp_dir_new (test_dir (), "a/", NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_FILENAME);
  g_assert_null (temp_dir_new (test_dir (), long_name, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_FILENAME_TOO_LONG);
  dir = temp_dir_new (test_dir (), "\xff", "\xfe", &error);
  g_assert_no_error (error);
  g_object_unref (dir);
}

static void
test_inside (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = test_temp_dir ();
  guint n_fds = test_count_fds ();
  TempFile *file = temp_dir_create_file (dir, "f", ".txt", &error);
  TempDir *sub = temp_dir_create_dir (dir, "s", NULL, &error);
  g_autofree char *file_dir = g_path_get_dirname (temp_file_get_path (file));
  g_autofree char *sub_path = g_strdup (temp_dir_get_path (sub));
  g_autofree char *sub_dir = g_path_get_dirname (sub_path);

  g_assert_no_error (error);
  g_assert_cmpstr (file_dir, ==, temp_dir_get_path (dir));
  g_assert_cmpstr (sub_dir, ==, temp_dir_get_path (dir));
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 2);
  g_object_unref (sub);
  test_assert_exists (sub_path, FALSE);

  /* Their objects outlive the directory, but they do not. */
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  test_assert_exists (temp_file_get_path (file), FALSE);
  g_assert_null (temp_dir_create_file (dir, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  g_clear_error (&error);
  g_assert_null (temp_dir_create_dir (dir, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_object_unref (dir);
  g_object_unref (file);
}

/* A file is made by the path of the directory, even if that leads to another one now: so its own path is right. */
static void
test_inside_renamed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = test_temp_dir ();
  g_autofree char *away = test_path ("away");
  g_autofree char *base = NULL;
  TempFile *file;

  g_assert_no_errno (g_rename (temp_dir_get_path (dir), away));
  g_assert_null (temp_dir_create_file (dir, "f", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  g_clear_error (&error);

  g_assert_no_errno (g_mkdir (temp_dir_get_path (dir), 0700));
  file = temp_dir_create_file (dir, "f", NULL, &error);
  g_assert_no_error (error);
  test_assert_exists (temp_file_get_path (file), TRUE);
  base = g_path_get_basename (temp_file_get_path (file));
  g_assert_cmpuint (strlen (base), ==, 1 + 8);
  g_object_unref (file);
  test_assert_list ("away", "");
  g_assert_no_errno (g_rmdir (temp_dir_get_path (dir)));
  g_assert_no_errno (g_rmdir (away));
}

/* Asynchronous constructor */

static void
test_async (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempDir) dir = NULL;

  temp_dir_new_async (test_dir (), "a", NULL, 0, NULL, test_keep_result, &result);
  dir = temp_dir_new_finish (test_wait_result (&result), &error);
  g_assert_no_error (error);
  test_assert_exists (temp_dir_get_path (dir), TRUE);
  g_clear_object (&result);

  temp_dir_new_async (missing, "a", NULL, 0, NULL, test_keep_result, &result);
  g_assert_null (temp_dir_new_finish (test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
}

static void
test_async_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_new_async (test_dir (), "a", NULL, 0, cancellable, test_keep_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (temp_dir_new_finish (test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result);

  test_wait_empty ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/made/dir/with-prefix-and-suffix", test_new);
  g_test_add_func ("/made/dir/child-is-inside", test_child_inside);
  g_test_add_func ("/made/dir/descriptor-is-opened-again", test_get_fd);
  g_test_add_func ("/made/dir/errors-name-what-was-wrong", test_bad_input);
  g_test_add_func ("/made/inside/is-gone-with-the-directory", test_inside);
  g_test_add_func ("/made/inside/under-the-path-of-the-directory", test_inside_renamed);
  g_test_add_func ("/made/dir/async/or-error", test_async);
  g_test_add_func ("/made/dir/async/nothing-left-if-cancelled", test_async_cancelled);

  return g_test_run ();
}
