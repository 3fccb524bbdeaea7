/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

static TempSpooledFile *
new_with (gsize       max_size,
          const char *text)
{
  TempSpooledFile *file = g_object_new (TEMP_TYPE_SPOOLED_FILE,
                                        "max-size", (guint64) max_size,
                                        "dir", test_dir (),
                                        NULL);
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)),
                             text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
  return file;
}

static void
assert_contents (gpointer    stream,
                 const char *text)
{
  gsize length = strlen (text);
  g_autofree char *buffer = g_malloc (length + 1);
  g_autoptr (GError) error = NULL;
  gsize n;

  g_seekable_seek (stream, 0, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (stream), buffer, length + 1, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, n, text, length);
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  g_autoptr (GError) error = NULL;

  /* The handler can use the file. */
  g_seekable_seek (G_SEEKABLE (object), 0, G_SEEK_CUR, NULL, &error);
  g_assert_no_error (error);
  ++*(guint *) data;
}

static void
test_roll (void)
{
  g_autoptr (TempSpooledFile) file = new_with (0, "Hello");
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (temp_spooled_file_roll (file, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (temp_spooled_file_get_rolled (file));
    }

  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 5);
  assert_contents (file, "Hello");
}

static void
test_roll_empty (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_spooled_file_roll (file, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 0);
  assert_contents (file, "");
}

static void
test_nameless (void)
{
  g_autoptr (TempSpooledFile) spooled = new_with (0, "x");
  g_autoptr (TempFile) file = temp_spooled_file_steal_file (spooled, NULL, NULL);
  g_autofree char *listed = test_list (test_dir ());

  g_assert_nonnull (file);
  g_assert_null (temp_file_get_path (file));
  g_assert_cmpstr (listed, ==, "");
}

static void
test_named (gconstpointer data)
{
  const gboolean by_prefix = GPOINTER_TO_INT (data);
  g_autoptr (TempSpooledFile) spooled = g_object_new (TEMP_TYPE_SPOOLED_FILE,
                                                      "dir", test_dir (),
                                                      "prefix", by_prefix ? "body-" : NULL,
                                                      "suffix", by_prefix ? NULL : ".txt",
                                                      NULL);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *base = NULL;
  g_autofree char *listed = NULL;

  g_assert_true (temp_spooled_file_roll (spooled, NULL, &error));
  g_assert_no_error (error);
  listed = test_list (test_dir ());

  file = temp_spooled_file_steal_file (spooled, NULL, &error);
  g_assert_no_error (error);
  base = g_path_get_basename (temp_file_get_path (file));
  g_assert_cmpstr (base, ==, listed);
  g_assert_true (by_prefix ? g_str_has_prefix (base, "body-") : g_str_has_suffix (base, ".txt"));
}

static void
test_deleted_on_close (void)
{
  g_autoptr (TempSpooledFile) spooled = g_object_new (TEMP_TYPE_SPOOLED_FILE, "dir", test_dir (), "prefix", "p", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  g_assert_true (temp_spooled_file_roll (spooled, NULL, NULL));
  before = test_list (test_dir ());
  g_assert_cmpstr (before, !=, "");
  g_assert_true (g_io_stream_close (G_IO_STREAM (spooled), NULL, NULL));
  after = test_list (test_dir ());
  g_assert_cmpstr (after, ==, "");
}

/* Failures */

static void
test_bad_prefix (void)
{
  g_autoptr (TempSpooledFile) file = g_object_new (TEMP_TYPE_SPOOLED_FILE, "prefix", "a/b", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_spooled_file_roll (file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
  g_assert_false (temp_spooled_file_get_rolled (file));
}

/* Asserts that a write of more than fits fails with this error, and changes nothing. */
static void
assert_write_fails (TempSpooledFile *file,
                    const char      *held,
                    int              code)
{
  const guint n_fds = test_count_fds ();
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autofree char *more = g_strnfill (50000, 'm');
  g_autoptr (GError) error = NULL;
  gssize n;

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *listed = NULL;

      n = g_output_stream_write (output, more, 50000, NULL, &error);
      g_assert_error (error, G_IO_ERROR, code);
      test_assert_error_mentions (error, test_dir ());
      g_assert_cmpint (n, ==, -1);
      g_clear_error (&error);

      g_assert_false (temp_spooled_file_roll (file, NULL, &error));
      test_assert_io_error (&error, code);

      g_assert_null (temp_spooled_file_steal_file (file, NULL, &error));
      test_assert_io_error (&error, code);

      g_assert_false (temp_spooled_file_get_rolled (file));
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (held));
      g_assert_cmpint (temp_spooled_file_get_size (file), ==, strlen (held));
      assert_contents (file, held);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      listed = test_list (test_dir ());
      g_assert_cmpstr (listed, ==, "");
    }
}

static void
fill_disk (gconstpointer data)
{
  g_autofree char *held = g_strnfill (100000, 'h');
  g_autoptr (TempSpooledFile) file = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (test_dir (), "size=64k"))
    test_child_skip ("No tmpfs can be mounted");

  file = new_with (100000, held);
  assert_write_fails (file, held, G_IO_ERROR_NO_SPACE);

  /* Less than that rolls. */
  g_seekable_truncate (G_SEEKABLE (file), 1000, NULL, &error);
  g_assert_no_error (error);
  held[1000] = '\0';
  g_assert_true (temp_spooled_file_roll (file, NULL, &error));
  g_assert_no_error (error);
  assert_contents (file, held);
}

/* The contents fit on the disk, but the next write does not: the contents are in the file. */
static void
fill_disk_after_roll (gconstpointer data)
{
  g_autofree char *held = g_strnfill (60000, 'h');
  g_autofree char *more = g_strnfill (60000, 'm');
  g_autofree char *all = NULL;
  g_autoptr (TempSpooledFile) file = NULL;
  g_autoptr (GError) error = NULL;
  gsize written;

  if (!test_mount_tmpfs (test_dir (), "size=64k"))
    test_child_skip ("No tmpfs can be mounted");

  file = new_with (60000, held);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)), more, 60000, &written, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 60000 + written);

  more[written] = '\0';
  all = g_strconcat (held, more, NULL);
  assert_contents (file, all);
}

static void
fail_open (gconstpointer data)
{
  g_autoptr (TempSpooledFile) file = new_with (10, "held");

  if (!test_fail_syscall_if (SYS_openat, EMFILE, 2, O_RDWR))
    test_child_skip ("System calls cannot be made to fail");
  assert_write_fails (file, "held", G_IO_ERROR_TOO_MANY_OPEN_FILES);
}

static void
limit_descriptors (gconstpointer data)
{
  g_autoptr (TempSpooledFile) file = new_with (10, "held");
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  test_limit_fds (0);
  g_assert_cmpint (g_output_stream_write (output, "too much", 8, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  assert_contents (file, "held");

  test_limit_fds (64);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (output, "too much", 8, NULL, &error), ==, 8);
  g_assert_no_error (error);
  assert_contents (file, "heldtoo much");
}

static void
test_cancelled (void)
{
  g_autoptr (TempSpooledFile) file = new_with (10, "held");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_spooled_file_roll (file, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (temp_spooled_file_steal_file (file, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (temp_spooled_file_get_rolled (file));
  assert_contents (file, "held");
}

/* Stealing */

static void
test_steal (gconstpointer data)
{
  const gboolean rolled = GPOINTER_TO_INT (data);
  g_autoptr (TempSpooledFile) spooled = new_with (0, "stolen");
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (spooled));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (spooled));
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;
  char byte;

  g_assert_true (g_seekable_seek (G_SEEKABLE (spooled), 2, G_SEEK_SET, NULL, NULL));
  if (rolled)
    g_assert_true (temp_spooled_file_roll (spooled, NULL, NULL));

  file = temp_spooled_file_steal_file (spooled, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (TEMP_IS_FILE (file));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 2);
  g_assert_true (temp_spooled_file_get_rolled (spooled));
  g_assert_true (g_io_stream_is_closed (G_IO_STREAM (spooled)));
  g_assert_cmpint (temp_spooled_file_get_size (spooled), ==, 0);

  g_assert_cmpint (g_input_stream_read (input, &byte, 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_null (temp_spooled_file_steal_file (spooled, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (temp_spooled_file_roll (spooled, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_clear_object (&spooled);
  g_assert_cmpint (temp_file_get_fd (file), >=, 0);
  assert_contents (file, "stolen");
}

static void
test_steal_after_close_of_stream (void)
{
  g_autoptr (TempSpooledFile) spooled = new_with (0, "done");
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_output_stream_close (g_io_stream_get_output_stream (G_IO_STREAM (spooled)), NULL, NULL));
  file = temp_spooled_file_steal_file (spooled, NULL, &error);
  g_assert_no_error (error);
  assert_contents (file, "done");
}

/* Asynchronous */

static void
test_async (void)
{
  g_autoptr (TempSpooledFile) file = new_with (0, "Hello");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  temp_spooled_file_roll_async (file, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_true (g_io_stream_has_pending (G_IO_STREAM (file)));
  temp_spooled_file_roll_async (file, G_PRIORITY_DEFAULT, NULL, test_keep_result, &second);
  g_assert_false (temp_spooled_file_roll_finish (file, test_wait_result (&second), &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  g_assert_true (temp_spooled_file_roll_finish (file, test_wait_result (&result), &error));
  g_assert_no_error (error);
  g_assert_false (g_io_stream_has_pending (G_IO_STREAM (file)));
  g_assert_true (temp_spooled_file_get_rolled (file));
  while (n_notified == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_notified, ==, 1);
  assert_contents (file, "Hello");
}

static void
on_notified (GObject    *object,
             GParamSpec *pspec,
             gpointer    data)
{
  *(GThread **) data = g_thread_self ();
}

static void
test_async_notify (void)
{
  g_autoptr (TempSpooledFile) file = new_with (4, "full");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  GThread *notified_in = NULL;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (on_notified), &notified_in);
  g_output_stream_write_async (output, "er", 2, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_cmpint (g_output_stream_write_finish (output, test_wait_result (&result), &error), ==, 2);
  g_assert_no_error (error);
  while (notified_in == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (notified_in == g_thread_self ());
  assert_contents (file, "fuller");
}

static void
test_async_failure (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempSpooledFile) file = g_object_new (TEMP_TYPE_SPOOLED_FILE, "dir", missing, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GError) error = NULL;

  temp_spooled_file_roll_async (file, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_false (temp_spooled_file_roll_finish (file, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  temp_spooled_file_roll_async (file, G_PRIORITY_DEFAULT, cancellable, test_keep_result, &cancelled);
  g_assert_false (temp_spooled_file_roll_finish (file, test_wait_result (&cancelled), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_io_stream_has_pending (G_IO_STREAM (file)));
}

static void
begin_steal (TempSpooledFile *spooled,
             GCancellable    *cancellable,
             GAsyncResult   **result)
{
  temp_spooled_file_steal_file_async (spooled, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
}

static TempFile *
end_steal (TempSpooledFile *spooled,
           GAsyncResult   **result,
           GError         **error)
{
  TempFile *file = temp_spooled_file_steal_file_finish (spooled, test_wait_result (result), error);

  g_clear_object (result);
  return file;
}

/* Nothing else begins meanwhile. */
static void
test_steal_async (void)
{
  g_autoptr (TempSpooledFile) spooled = new_with (0, "stolen");
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (spooled));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  GThread *notified_in = NULL;

  g_signal_connect (spooled, "notify::rolled", G_CALLBACK (on_notified), &notified_in);
  begin_steal (spooled, NULL, &result);
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  begin_steal (spooled, NULL, &second);
  g_assert_null (end_steal (spooled, &second, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  file = end_steal (spooled, &result, &error);
  g_assert_no_error (error);
  g_assert_true (g_io_stream_is_closed (G_IO_STREAM (spooled)));
  while (notified_in == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (notified_in == g_thread_self ());
  g_clear_object (&spooled);
  assert_contents (file, "stolen");
}

static void
test_steal_async_failure (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempSpooledFile) spooled = new_with (0, "held");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  begin_steal (spooled, cancellable, &result);
  g_assert_null (end_steal (spooled, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);

  g_object_set (spooled, "dir", missing, NULL);
  begin_steal (spooled, NULL, &result);
  g_assert_null (end_steal (spooled, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_assert_false (g_io_stream_is_closed (G_IO_STREAM (spooled)));
  assert_contents (spooled, "held");
}

/* A result that nobody asks for takes the file with it. */
static void
test_steal_async_unasked (void)
{
  g_autoptr (TempSpooledFile) spooled = g_object_new (TEMP_TYPE_SPOOLED_FILE, "dir", test_dir (), "prefix", "p", NULL);

  temp_spooled_file_steal_file_async (spooled, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  while (!g_io_stream_is_closed (G_IO_STREAM (spooled)))
    g_main_context_iteration (NULL, TRUE);
  test_wait_empty ();
}

static gboolean
is_alive (GWeakRef *weak)
{
  g_autoptr (GObject) object = g_weak_ref_get (weak);

  return object != NULL;
}

/* The operation keeps the file alive until it ends, and not longer. */
static void
test_async_dropped (void)
{
  TempSpooledFile *file = new_with (0, "Hello");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GWeakRef weak;

  g_weak_ref_init (&weak, file);
  temp_spooled_file_roll_async (file, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_object_unref (file);
  g_assert_true (temp_spooled_file_roll_finish (file, test_wait_result (&result), &error));
  g_assert_no_error (error);

  /* The thread may have a reference for a moment longer. */
  g_clear_object (&result);
  while (is_alive (&weak))
    g_thread_yield ();
  g_weak_ref_clear (&weak);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/spooled/rolls/on-demand", test_roll);
  g_test_add_func ("/spooled/rolls/empty", test_roll_empty);
  g_test_add_func ("/spooled/rolls/to-a-nameless-file", test_nameless);
  g_test_add_data_func ("/spooled/rolls/to-a-named-file/by-prefix", GINT_TO_POINTER (TRUE), test_named);
  g_test_add_data_func ("/spooled/rolls/to-a-named-file/by-suffix", GINT_TO_POINTER (FALSE), test_named);
  g_test_add_func ("/spooled/closed/deletes-the-file", test_deleted_on_close);
  g_test_add_func ("/spooled/rolls/not/to-a-bad-name", test_bad_prefix);
  test_add_in_child ("/spooled/rolls/not/to-a-full-disk", fill_disk, NULL);
  test_add_in_child ("/spooled/rolled/then-the-disk-is-full", fill_disk_after_roll, NULL);
  test_add_in_child ("/spooled/rolls/not/if-open-fails", fail_open, NULL);
  test_add_in_child ("/spooled/rolls/not/without-descriptors", limit_descriptors, NULL);
  g_test_add_func ("/spooled/rolls/not/if-cancelled", test_cancelled);
  g_test_add_data_func ("/spooled/stolen/from-memory", GINT_TO_POINTER (FALSE), test_steal);
  g_test_add_data_func ("/spooled/stolen/once-rolled", GINT_TO_POINTER (TRUE), test_steal);
  g_test_add_func ("/spooled/stolen/after-a-stream-is-closed", test_steal_after_close_of_stream);
  g_test_add_func ("/spooled/stolen/async/nothing-else-meanwhile", test_steal_async);
  g_test_add_func ("/spooled/stolen/async/nothing-changes-after-an-error", test_steal_async_failure);
  g_test_add_func ("/spooled/stolen/async/deleted-if-nobody-asks", test_steal_async_unasked);
  g_test_add_func ("/spooled/rolls/async/one-at-a-time", test_async);
  g_test_add_func ("/spooled/rolls/async/notifies-in-the-main-context", test_async_notify);
  g_test_add_func ("/spooled/rolls/async/or-error", test_async_failure);
  g_test_add_func ("/spooled/rolls/async/though-dropped", test_async_dropped);

  return g_test_run ();
}
