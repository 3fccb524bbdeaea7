/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

static TempFile *
new_named (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_dir (), "a-", ".b", &error);

  g_assert_no_error (error);
  return file;
}

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
  g_autoptr (TempFile) file = new_named ();
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

  g_assert_cmpint (write (temp_file_get_fd (file), "hello", 5), ==, 5);
  path = temp_file_dup_fd_path (file);
  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (contents, ==, "hello");

  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  g_assert_null (temp_file_dup_fd_path (file));
}

static void
test_properties (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GFile) as_file = NULL;
  g_autofree char *dir = NULL, *prefix = NULL, *suffix = NULL, *path = NULL;
  gboolean named, auto_delete, delete_on_close;
  int permissions, fd;
  struct stat st;

  umask (022);
  file = g_initable_new (TEMP_TYPE_FILE, NULL, &error,
                         "dir", test_dir (), "prefix", "p", "suffix", "s", "named", TRUE, "permissions", 0644,
                         "auto-delete", TRUE, "delete-on-close", FALSE, NULL);
  g_assert_no_error (error);
  g_object_get (file, "dir", &dir, "prefix", &prefix, "suffix", &suffix, "named", &named, "permissions", &permissions,
                "auto-delete", &auto_delete, "delete-on-close", &delete_on_close, "path", &path, "file", &as_file,
                "fd", &fd, NULL);
  g_assert_cmpstr (dir, ==, test_dir ());
  g_assert_cmpstr (prefix, ==, "p");
  g_assert_cmpstr (suffix, ==, "s");
  g_assert_true (named);
  g_assert_true (auto_delete);
  g_assert_false (delete_on_close);
  g_assert_cmpint (permissions, ==, 0644);
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
  g_assert_true (as_file == temp_file_get_file (file));
  g_assert_cmpint (fd, ==, temp_file_get_fd (file));
  g_assert_no_errno (stat (path, &st));
  g_assert_cmpint (st.st_mode & 07777, ==, 0644);

  /* Made once. */
  g_assert_true (g_initable_init (G_INITABLE (file), NULL, &error));
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
}

static void
set_all (TempFile *file)
{
  g_object_set (file, "dir", test_dir (), "prefix", "p", "suffix", "s", "named", TRUE, "permissions", 0604, NULL);
}

/* What the file is made with can be set until it is made. */
static void
test_set_before (void)
{
  static const char *const names[] = { "dir", "prefix", "suffix", "named", "permissions" };
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempFile) file = g_object_new (TEMP_TYPE_FILE, "dir", missing, NULL);
  g_autoptr (GHashTable) counts = test_count_notifications (file);
  g_autoptr (GError) error = NULL;
  g_autofree char *base = NULL;

  g_assert_false (g_initable_init (G_INITABLE (file), NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  set_all (file);
  set_all (file);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_notified (counts, names[i], 1);

  umask (022);
  g_assert_true (g_initable_init (G_INITABLE (file), NULL, &error));
  g_assert_no_error (error);
  base = g_path_get_basename (temp_file_get_path (file));
  g_assert_true (g_str_has_prefix (base, "p"));
  g_assert_true (g_str_has_suffix (base, "s"));
  test_assert_mode (temp_file_get_path (file), S_IFREG | 0604);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (file, names[i]);
}

static void
test_fixed (void)
{
  static const char *const names[] = { "dir", "prefix", "suffix", "named", "permissions" };
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), NULL);
  g_autoptr (TempFile) named = new_named ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      test_assert_fixed (nameless, names[i]);
      test_assert_fixed (named, names[i]);
    }

  g_io_stream_close (G_IO_STREAM (named), NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (named, names[i]);
}

/* -1 is the default, and 0 a mode like any other. */
static void
test_permissions (void)
{
  static const int permissions[] = { -1, 0600, 0, 0755 };

  umask (022);
  for (gsize i = 0; i < G_N_ELEMENTS (permissions); i++)
    {
      g_autoptr (TempFile) file = g_initable_new (TEMP_TYPE_FILE, NULL, NULL, "dir", test_dir (), "named", TRUE,
                                                  "permissions", permissions[i], NULL);
      int actual;

      test_assert_mode (temp_file_get_path (file), S_IFREG | (permissions[i] == -1 ? 0600 : permissions[i]));
      g_object_get (file, "permissions", &actual, NULL);
      g_assert_cmpint (actual, ==, permissions[i]);
    }
}

static void
test_close_deletes (void)
{
  g_autoptr (GHashTable) counts = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = new_named ();
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

/* Bindings follow. Their targets are properties of a file that is not made yet, which can be set. */
static void
test_close_tells_bindings (gconstpointer data)
{
  const gboolean is_named = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = is_named ? new_named () : temp_file_new (test_dir (), NULL);
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
test_unref_deletes (void)
{
  guint n_fds = test_count_fds ();
  TempFile *file = new_named ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));

  g_object_unref (file);
  test_assert_exists (path, FALSE);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_delete_on_close (void)
{
  TempFile *file = new_named ();
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

/* The name goes, and the stream stays open. Doing it again is no error. */
static void
test_delete (void)
{
  g_autoptr (TempFile) file = new_named ();
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

  /* It is not known any more: whoever makes one there now keeps it. */
  test_write (path, "other");
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_assert_no_errno (g_unlink (path));
}

/* A file without a name has nothing to delete; neither has one that was kept. */
static void
test_delete_nothing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), &error);
  g_autoptr (TempFile) kept = new_named ();
  g_autofree char *path = temp_file_keep (kept, &error);

  g_assert_true (temp_file_delete (nameless, NULL, &error));
  g_assert_true (temp_file_delete (kept, NULL, &error));
  g_assert_no_error (error);
  test_assert_exists (path, TRUE);
  g_assert_no_errno (g_unlink (path));
}

/* Somebody's directory, with something in it, stays; the error can be mended. */
static void
test_delete_fails (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (TempFile) file = new_named ();
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

/* It counts at the moment of deletion. */
static void
test_auto_delete (void)
{
  TempFile *file = new_named ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));

  temp_file_set_auto_delete (file, FALSE);
  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  test_assert_exists (path, TRUE);
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  temp_file_set_auto_delete (file, TRUE);
  g_object_unref (file);
  test_assert_exists (path, FALSE);

  file = new_named ();
  g_free (path);
  path = g_strdup (temp_file_get_path (file));
  temp_file_set_delete_on_close (file, FALSE);
  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  temp_file_set_auto_delete (file, FALSE);
  g_object_unref (file);
  test_assert_exists (path, TRUE);
  g_unlink (path);
}

static void
test_keep (void)
{
  g_autoptr (GHashTable) counts = NULL;
  g_autoptr (GError) error = NULL;
  TempFile *file = new_named ();
  g_autofree char *path = NULL;

  counts = test_count_notifications (file);
  path = temp_file_keep (file, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
  g_assert_false (temp_file_get_auto_delete (file));
  test_assert_notified (counts, "auto-delete", 1);
  temp_file_set_auto_delete (file, TRUE);
  g_assert_false (temp_file_get_auto_delete (file));
  g_object_unref (file);
  test_assert_exists (path, TRUE);
  g_unlink (path);
}

static void
test_keep_taken (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = new_named ();

  g_unlink (temp_file_get_path (file));
  g_assert_null (temp_file_keep (file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_file_get_path (file));
}

static void
test_failed_init (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");
  TempFile *file = g_object_new (TEMP_TYPE_FILE, "dir", missing, "named", TRUE, NULL);

  g_assert_false (g_initable_init (G_INITABLE (file), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_object_unref (file);
}

/* An object that nobody initialized is closed, and nothing worse. */
static void
test_no_init (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = g_object_new (TEMP_TYPE_FILE, NULL);

  g_assert_cmpint (temp_file_get_fd (file), ==, -1);
  g_assert_null (temp_file_get_path (file));
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (file)), "x", 1, NULL, &error), ==, -1);
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

/* The program's default directory goes, and comes back. */
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
child_full_disk (gconstpointer data)
{
  g_autofree char *small = test_path ("small");
  g_autofree char *block = g_strnfill (16384, 'x');
  g_autofree char *read_back = g_malloc0 (16384);
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  GOutputStream *output;
  gsize n;

  g_assert_no_errno (g_mkdir (small, 0700));
  if (!test_mount_tmpfs (small, "size=64k"))
    test_child_skip ("cannot mount a filesystem");

  file = temp_file_new_named (small, NULL, NULL, &error);
  g_assert_no_error (error);
  output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_assert_true (g_output_stream_write_all (output, block, 16384, NULL, NULL, &error));
  while (g_output_stream_write_all (output, block, 16384, &n, NULL, &error))
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_error_mentions (error, temp_file_get_path (file));
  g_clear_error (&error);

  /* What was there still is. */
  g_assert_true (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  g_assert_true (g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (file)), read_back, 16384, &n, NULL, &error));
  g_assert_cmpmem (block, 16384, read_back, n);
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

static void
test_dispose_twice (void)
{
  TempFile *file = new_named ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));

  g_object_run_dispose (G_OBJECT (file));
  test_assert_exists (path, FALSE);
  g_assert_cmpint (temp_file_get_fd (file), ==, -1);
  g_object_run_dispose (G_OBJECT (file));
  g_object_unref (file);
}

/* Different objects belong to different threads. */
static gpointer
make_and_drop (gpointer data)
{
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (TempFile) nameless = temp_file_new (test_dir (), NULL);
      g_autoptr (TempFile) named = new_named ();

      g_assert_nonnull (nameless);
      g_assert_nonnull (temp_file_get_path (named));
    }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, make_and_drop, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

/* Two threads want the streams at the same time: they get the same ones. */

typedef struct
{
  GIOStream *stream;
  gint       is_ready;
  gint       may_go;
} Race;

static gpointer
ask_for_both (gpointer data)
{
  Race *race = data;

  g_atomic_int_set (&race->is_ready, TRUE);
  while (!g_atomic_int_get (&race->may_go))
    ;
  g_io_stream_get_input_stream (race->stream);
  return g_io_stream_get_output_stream (race->stream);
}

static void
test_asked_by_two_threads (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TempFile) file = temp_file_new (test_dir (), NULL);
      Race race = { .stream = G_IO_STREAM (file) };
      GThread *thread = g_thread_new (NULL, ask_for_both, &race);

      while (!g_atomic_int_get (&race.is_ready))
        g_thread_yield ();
      g_atomic_int_set (&race.may_go, TRUE);
      g_io_stream_get_input_stream (race.stream);
      g_assert_true (g_io_stream_get_output_stream (race.stream) == g_thread_join (thread));
    }
}

/* A debug message for the one that nobody closed, and for no other. */
static void
test_dropped_is_told (void)
{
  TempFile *closed = new_named ();
  TempFile *kept = new_named ();
  TempFile *dropped = new_named ();
  g_autofree char *path = NULL;
  g_autofree char *pattern = g_strdup_printf ("*“%s” goes*", temp_file_get_path (dropped));

  g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, NULL));
  g_object_unref (closed);

  path = temp_file_keep (kept, NULL);
  g_object_unref (kept);
  g_assert_no_errno (g_unlink (path));

  g_log_set_debug_enabled (TRUE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, pattern);
  g_object_run_dispose (G_OBJECT (dropped));
  g_test_assert_expected_messages ();
  g_object_unref (dropped);
  g_log_set_debug_enabled (FALSE);
}

/* A forked child drops what it inherited without deleting it; closing it is an explicit word, and keeping is not its own to
 * promise. */
static void
test_child (void)
{
  g_autoptr (TempFile) dropped = new_named ();
  g_autoptr (TempFile) closed = new_named ();
  g_autoptr (TempFile) later = new_named ();
  g_autoptr (TempFile) kept = new_named ();
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
      g_clear_object (&dropped);
      g_assert_true (g_io_stream_close (G_IO_STREAM (later), NULL, &error));
      g_clear_object (&later);
      g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, &error));
      g_assert_no_error (error);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);

  test_assert_exists (temp_file_get_path (dropped), TRUE);
  test_assert_exists (temp_file_get_path (later), TRUE);
  test_assert_exists (temp_file_get_path (kept), TRUE);
  test_assert_exists (temp_file_get_path (closed), FALSE);
  g_assert_true (g_io_stream_close (G_IO_STREAM (closed), NULL, &error)); /* is gone, which is no error */
  g_assert_no_error (error);
}

/* A file that somebody replaced under its name is the one that is deleted, or kept: the name decides. */
static void
test_replaced (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = new_named ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *kept = NULL;

  test_write (path, "new"); /* renames another file there */
  g_object_unref (file);
  test_assert_exists (path, FALSE);

  file = new_named ();
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

  g_test_add_func ("/temp-file/nameless", test_nameless);
  g_test_add_func ("/temp-file/named", test_named);
  g_test_add_func ("/temp-file/fd-path", test_fd_path);
  g_test_add_func ("/temp-file/properties", test_properties);
  g_test_add_func ("/temp-file/set-before", test_set_before);
  g_test_add_func ("/temp-file/fixed", test_fixed);
  g_test_add_func ("/temp-file/permissions", test_permissions);
  g_test_add_func ("/temp-file/close-deletes", test_close_deletes);
  g_test_add_data_func ("/temp-file/close-tells-bindings/nameless", GINT_TO_POINTER (FALSE), test_close_tells_bindings);
  g_test_add_data_func ("/temp-file/close-tells-bindings/named", GINT_TO_POINTER (TRUE), test_close_tells_bindings);
  g_test_add_func ("/temp-file/unref-deletes", test_unref_deletes);
  g_test_add_func ("/temp-file/dropped-is-told", test_dropped_is_told);
  g_test_add_func ("/temp-file/delete-on-close", test_delete_on_close);
  g_test_add_func ("/temp-file/delete", test_delete);
  g_test_add_func ("/temp-file/delete-nothing", test_delete_nothing);
  g_test_add_func ("/temp-file/delete-fails", test_delete_fails);
  g_test_add_func ("/temp-file/auto-delete", test_auto_delete);
  g_test_add_func ("/temp-file/keep", test_keep);
  g_test_add_func ("/temp-file/keep-taken", test_keep_taken);
  g_test_add_func ("/temp-file/failed-init", test_failed_init);
  g_test_add_func ("/temp-file/no-init", test_no_init);
  g_test_add_func ("/temp-file/relative-dir", test_relative_dir);
  g_test_add_func ("/temp-file/default-dir-anew", test_default_dir_anew);
  g_test_add_func ("/temp-file/bad-input", test_bad_input);
  g_test_add_func ("/temp-file/not-utf8", test_not_utf8);
  test_add_in_child ("/temp-file/unwritable", child_unwritable, NULL);
  test_add_in_child ("/temp-file/full-disk", child_full_disk, NULL);
  test_add_in_child ("/temp-file/read-only", child_read_only, NULL);
  g_test_add_func ("/temp-file/dispose-twice", test_dispose_twice);
  g_test_add_func ("/temp-file/threads", test_threads);
  g_test_add_func ("/temp-file/asked-by-two-threads", test_asked_by_two_threads);
  g_test_add_func ("/temp-file/child", test_child);
  g_test_add_func ("/temp-file/replaced", test_replaced);

  return g_test_run ();
}
