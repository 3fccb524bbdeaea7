/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* Making files: the constructors of TempFile */

static void
test_nameless (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = temp_file_new (test_dir (), &error);
  g_autofree char *names = test_list (test_dir ());

  g_assert_no_error (error);
  g_assert_true (G_IS_FILE_IO_STREAM (file));
  g_assert_true (G_IS_SEEKABLE (file));
  g_assert_cmpstr (names, ==, "");
  g_assert_null (temp_file_get_path (file));
  g_assert_null (temp_file_get_file (file));
  g_assert_cmpint (temp_file_get_fd (file), >=, 0);
  g_assert_cmpint (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (file)), ==, temp_file_get_fd (file));

  g_assert_null (temp_file_keep (file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_named (void)
{
  g_autoptr (TempFile) file = test_temp_file ();
  const char *path = temp_file_get_path (file);
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *file_path = g_file_get_path (temp_file_get_file (file));

  g_assert_true (g_path_is_absolute (path));
  g_assert_cmpuint (strlen (base), ==, strlen ("a-") + 16 + strlen (".b"));
  g_assert_true (g_str_has_prefix (base, "a-"));
  g_assert_true (g_str_has_suffix (base, ".b"));
  g_assert_cmpstr (file_path, ==, path);
  test_assert_exists (path, TRUE);
}

static void
test_fd_path (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = temp_file_new (test_dir (), &error);
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;

  if (test_skips_on_posix ("no link to an open file"))
    return;
  g_assert_cmpint (write (temp_file_get_fd (file), "hello", 5), ==, 5);
  path = temp_file_dup_fd_path (file);
  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (contents, ==, "hello");

  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  g_assert_null (temp_file_dup_fd_path (file));
}

/* An object that was never initialized is closed. */
static void
test_no_init (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = g_object_new (TEMP_TYPE_FILE, NULL);
  GOutputStream *output;

  g_assert_cmpint (temp_file_get_fd (file), ==, -1);
  g_assert_null (temp_file_get_path (file));
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_object_unref (file);
}

static void
test_relative_dir (void)
{
  g_autofree char *cwd = g_get_current_dir ();
  g_autofree char *sub = test_path ("sub");
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  TempFile *file;

  g_assert_no_errno (g_mkdir (sub, 0700));
  g_assert_no_errno (g_chdir (test_dir ()));
  file = temp_file_new_named ("sub", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (temp_file_get_path (file), sub));
  g_assert_no_errno (g_chdir ("/"));
  test_assert_exists (temp_file_get_path (file), TRUE);
  g_object_unref (file);
  names = test_list (sub);
  g_assert_cmpstr (names, ==, "");
  g_assert_no_errno (g_chdir (cwd));
}

/* The default directory is removed, and made again. */
static void
test_default_dir_anew (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = test_path ("default");
  g_autoptr (TempFile) file = NULL;
  TempFile *before;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_assert_true (temp_set_default_dir (dir, &error));
  before = temp_file_new_named (NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_no_errno (g_unlink (temp_file_get_path (before)));
  g_assert_no_errno (g_rmdir (dir));

  g_assert_null (temp_file_new_named (NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, dir);
  g_clear_error (&error);
  g_assert_null (temp_file_new (NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  g_assert_no_errno (g_mkdir (dir, 0700));
  file = temp_file_new_named (NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  test_assert_exists (temp_file_get_path (file), TRUE);
  g_object_unref (before);
  test_assert_exists (temp_file_get_path (file), TRUE);
  temp_set_default_dir (NULL, NULL);
}

static void
assert_fails (const char *dir,
              const char *prefix,
              const char *suffix,
              int         code,
              const char *mentions)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (temp_file_new_named (dir, prefix, suffix, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, mentions);
}

static void
test_bad_input (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *long_name = g_strnfill (300, 'x');
  g_autoptr (GError) error = NULL;

  test_write (file, "");
  assert_fails (missing, NULL, NULL, G_IO_ERROR_NOT_FOUND, missing);
  assert_fails (file, NULL, NULL, G_IO_ERROR_NOT_DIRECTORY, file);
  assert_fails (test_dir (), "a/b", NULL, G_IO_ERROR_INVALID_FILENAME, "a/b");
  assert_fails (test_dir (), NULL, "/b", G_IO_ERROR_INVALID_FILENAME, "/b");
  assert_fails (test_dir (), long_name, NULL, G_IO_ERROR_FILENAME_TOO_LONG, test_dir ());
  assert_fails (test_dir (), NULL, long_name, G_IO_ERROR_FILENAME_TOO_LONG, test_dir ());

  g_assert_null (temp_file_new (missing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
  g_clear_error (&error);
  g_assert_null (temp_file_new (file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_unlink (file);
}

static void
test_not_utf8 (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = temp_file_new_named (test_dir (), "\xff\xfe", "\x80", &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (temp_file_get_path (file), "\xff\xfe"));
  test_assert_exists (temp_file_get_path (file), TRUE);
}

static void
child_unwritable (gconstpointer data)
{
  g_autofree char *closed = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  closed = test_path ("closed");
  g_assert_no_errno (g_mkdir (closed, 0500));
  assert_fails (closed, NULL, NULL, G_IO_ERROR_PERMISSION_DENIED, closed);
  g_assert_null (temp_file_new (closed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, closed);
  g_assert_no_errno (g_rmdir (closed));
}

static void
child_read_only (gconstpointer data)
{
  g_autofree char *mounted = test_path ("read-only");

  g_assert_no_errno (g_mkdir (mounted, 0700));
  if (!test_mount_tmpfs (mounted, "ro"))
    test_child_skip ("cannot mount a filesystem");
  assert_fails (mounted, NULL, NULL, G_IO_ERROR_READ_ONLY, mounted);
}

/* Asynchronous constructors */

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

static TempFile *
new_beside (GFile         *target,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  temp_file_new_beside_async (target, G_PRIORITY_DEFAULT, cancellable, test_keep_result, &result);
  return temp_file_new_beside_finish (test_wait_result (&result), error);
}

static void
test_beside_async (void)
{
  g_autofree char *path = test_path ("document");
  g_autofree char *missing = test_path ("missing/document");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (GFile) nowhere = g_file_new_for_path (missing);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = new_beside (target, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (temp_file_get_fd (file), >=, 0);
  g_assert_true (temp_file_persist (file, target, TEMP_PERSIST_NONE, NULL, &error));
  g_assert_no_error (error);
  test_assert_contents (path, "");

  g_assert_null (new_beside (nowhere, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_cancellable_cancel (cancellable);
  g_assert_null (new_beside (target, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  test_assert_list (NULL, "document");
}

/* Cancelled before the thread begins, or while it makes the file: nothing is left. */
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

  /* The threads drop their last references in their own time. */
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

  g_test_add_func ("/made/nameless-file/has-no-name-in-its-directory", test_nameless);
  g_test_add_func ("/made/named-file/with-prefix-and-suffix", test_named);
  g_test_add_func ("/made/named-file/with-a-name-that-is-not-utf8", test_not_utf8);
  g_test_add_func ("/made/nameless-file/others-open-it-by-its-descriptor", test_fd_path);
  g_test_add_func ("/made/file/closed-without-init", test_no_init);
  g_test_add_func ("/made/file/in-a-relative-directory", test_relative_dir);
  g_test_add_func ("/made/file/in-a-default-directory-made-anew", test_default_dir_anew);
  g_test_add_func ("/made/file/errors-name-what-was-wrong", test_bad_input);
  test_add_in_child ("/made/file/not-in-an-unwritable-directory", child_unwritable, NULL);
  test_add_in_child ("/made/file/not-on-a-read-only-filesystem", child_read_only, NULL);
  g_test_add_func ("/made/file/async/nameless", test_async);
  g_test_add_func ("/made/file/async/named", test_named_async);
  g_test_add_func ("/made/file/async/beside", test_beside_async);
  g_test_add_func ("/made/file/async/error-names-the-directory", test_async_error);
  g_test_add_func ("/made/file/async/by-the-interface", test_async_initable);
  g_test_add_func ("/made/file/async/nothing-left-if-cancelled", test_async_cancelled);
  g_test_add_func ("/made/file/nothing-left-if-cancelled", test_initable_cancelled);

  return g_test_run ();
}
