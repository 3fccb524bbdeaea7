/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "test-support.h"

/* The end of a file: closing, deleting, keeping */

static void
test_close_deletes (void)
{
  g_autoptr (GHashTable) counts = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = test_temp_file ();
  const char *path = temp_file_get_path (file);

  counts = test_count_notifications (file);
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
  g_assert_no_error (error);
  test_assert_exists (path, FALSE);
  g_assert_null (temp_file_get_path (file));
  g_assert_null (temp_file_get_file (file));
  g_assert_cmpint (temp_file_get_fd (file), ==, -1);
  test_assert_notified (counts, "path", 1);
  test_assert_notified (counts, "file", 1);
  test_assert_notified (counts, "fd", 1);
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
}

/* The targets of the bindings are properties of a file that is not made yet, which can be set. */
static void
test_close_tells_bindings (gconstpointer data)
{
  const gboolean is_named = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = is_named ? test_temp_file () : temp_file_new (test_dir (), NULL);
  g_autoptr (TempFile) target = g_object_new (TEMP_TYPE_FILE, NULL);
  g_autofree char *path = NULL, *path_after = NULL;
  int fd, fd_after;

  g_object_bind_property (file, "path", target, "prefix", G_BINDING_SYNC_CREATE);
  g_object_bind_property (file, "fd", target, "permissions", G_BINDING_SYNC_CREATE);
  g_object_get (target, "prefix", &path, "permissions", &fd, NULL);
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
  g_assert_cmpint (fd, ==, temp_file_get_fd (file));

  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_object_get (target, "prefix", &path_after, "permissions", &fd_after, NULL);
  g_assert_null (path_after);
  g_assert_cmpint (fd_after, ==, -1);
}

static void
test_delete_on_close (void)
{
  TempFile *file = test_temp_file ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autoptr (GHashTable) counts = NULL;

  counts = test_count_notifications (file);
  temp_file_set_delete_on_close (file, FALSE);
  temp_file_set_delete_on_close (file, FALSE);
  test_assert_notified (counts, "delete-on-close", 1);
  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  test_assert_exists (path, TRUE);
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  test_assert_notified (counts, "path", 0);
  g_object_unref (file);
  test_assert_exists (path, FALSE);
}

/* The name is deleted, and the stream stays open. Deleting again is no error. */
static void
test_delete (void)
{
  g_autoptr (TempFile) file = test_temp_file ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autoptr (GHashTable) counts = test_count_notifications (file);
  g_autoptr (GError) error = NULL;

  temp_file_set_auto_delete (file, FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (temp_file_delete (file, NULL, &error));
      g_assert_no_error (error);
      test_assert_exists (path, FALSE);
      g_assert_null (temp_file_get_path (file));
      g_assert_null (temp_file_get_file (file));
      test_assert_notified (counts, "path", 1);
      test_assert_notified (counts, "file", 1);
    }
  test_assert_notified (counts, "fd", 0);
  g_assert_cmpint (temp_file_get_fd (file), >=, 0);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)), "x", 1, NULL, NULL,
                                            NULL));

  /* The object does not know the name any more: it leaves the file that somebody makes there now. */
  test_write (path, "other");
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_assert_no_errno (g_unlink (path));
}

static void
test_delete_nothing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), &error);

  g_assert_true (temp_file_delete (nameless, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (temp_file_get_fd (nameless), >=, 0);
}

/* A directory under the name that is not empty stays. Once it is empty, the deletion can be repeated. */
static void
test_delete_fails (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (TempFile) file = test_temp_file ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *inside = g_build_filename (path, "x", NULL);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_file_delete (file, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  test_assert_exists (path, TRUE);

  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_mkdir (path, 0700));
  test_write (inside, "x");
  g_assert_false (temp_file_delete (file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  test_assert_error_mentions (error, path);
  g_clear_error (&error);
  g_assert_cmpstr (temp_file_get_path (file), ==, path);

  g_assert_no_errno (g_unlink (inside));
  g_assert_true (temp_file_delete (file, NULL, &error));
  test_assert_exists (path, FALSE);
}

/* The value at the time of the deletion counts. */
static void
test_auto_delete (void)
{
  TempFile *file = test_temp_file ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));

  temp_file_set_auto_delete (file, FALSE);
  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  test_assert_exists (path, TRUE);
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  temp_file_set_auto_delete (file, TRUE);
  g_object_unref (file);
  test_assert_exists (path, FALSE);

  file = test_temp_file ();
  g_free (path);
  path = g_strdup (temp_file_get_path (file));
  temp_file_set_delete_on_close (file, FALSE);
  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  temp_file_set_auto_delete (file, FALSE);
  g_object_unref (file);
  test_assert_exists (path, TRUE);
}

static void
test_keep_taken (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = test_temp_file ();

  g_unlink (temp_file_get_path (file));
  g_assert_null (temp_file_keep (file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_file_get_path (file));
}

/* A closed file that is still there can be kept. */
static void
test_keep_closed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = test_temp_file ();
  g_autofree char *path = NULL;

  temp_file_set_delete_on_close (file, FALSE);
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
  path = temp_file_keep (file, &error);
  g_assert_no_error (error);
  g_clear_object (&file);
  test_assert_exists (path, TRUE);
}

/* A forked child deletes a file of its parent's by closing it, but not by dropping a closed one. The child cannot keep
 * a file, since the parent may delete it. */
static void
test_child (void)
{
  g_autoptr (TempFile) closed = test_temp_file ();
  g_autoptr (TempFile) later = test_temp_file ();
  g_autoptr (TempFile) kept = test_temp_file ();
  g_autoptr (GError) error = NULL;
  pid_t pid;

  temp_file_set_delete_on_close (later, FALSE);
  pid = test_fork_idle ();
  if (pid == 0)
    {
      g_autofree char *path = temp_file_keep (kept, &error);

      g_assert_null (path);
      test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
      g_clear_object (&kept);
      g_assert_true (g_io_stream_close (G_IO_STREAM (later), NULL, &error));
      g_clear_object (&later);
      g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, &error));
      g_assert_no_error (error);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);

  test_assert_exists (temp_file_get_path (later), TRUE);
  test_assert_exists (temp_file_get_path (kept), TRUE);
  test_assert_exists (temp_file_get_path (closed), FALSE);
  g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, &error)); /* gone already, which is no error */
  g_assert_no_error (error);
}

/* Another file that somebody put under the name is deleted, or kept: the name decides. */
static void
test_replaced (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = test_temp_file ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *kept = NULL;

  test_write (path, "new"); /* renames another file there */
  g_object_unref (file);
  test_assert_exists (path, FALSE);

  file = test_temp_file ();
  test_write (temp_file_get_path (file), "new");
  kept = temp_file_keep (file, &error);
  g_assert_no_error (error);
  g_object_unref (file);
  test_assert_exists (kept, TRUE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/deleted/file/by-close", test_close_deletes);
  g_test_add_data_func ("/deleted/file/bindings-follow/nameless", GINT_TO_POINTER (FALSE), test_close_tells_bindings);
  g_test_add_data_func ("/deleted/file/bindings-follow/named", GINT_TO_POINTER (TRUE), test_close_tells_bindings);
  g_test_add_func ("/deleted/file/not-by-close-if-so-set", test_delete_on_close);
  g_test_add_func ("/deleted/file/while-the-stream-stays-open", test_delete);
  g_test_add_func ("/deleted/file/without-a-name-is-no-error", test_delete_nothing);
  g_test_add_func ("/deleted/file/again-after-an-error", test_delete_fails);
  g_test_add_func ("/deleted/file/as-set-when-it-ends", test_auto_delete);
  g_test_add_func ("/deleted/file/with-what-others-put-in-its-place", test_replaced);
  g_test_add_func ("/kept/file/only-if-it-is-there", test_keep_taken);
  g_test_add_func ("/kept/file/though-closed", test_keep_closed);
  g_test_add_func ("/fork/file/child-deletes-by-close", test_child);

  return g_test_run ();
}
