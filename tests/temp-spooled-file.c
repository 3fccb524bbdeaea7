/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-spooled-file-private.h"

#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

static void
write_text (TempSpooledFile *file,
            const char      *text)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)),
                             text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_contents (TempSpooledFile *file,
                 const char      *text)
{
  char buffer[100];
  gsize n;
  g_autoptr (GError) error = NULL;

  g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (file)), buffer, sizeof buffer, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, n, text, strlen (text));
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  g_assert_true (temp_spooled_file_get_rolled (TEMP_SPOOLED_FILE (object)));
  ++*(guint *) data;
}

static void
test_rolls_past_max_size (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (10);
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  write_text (file, "0123456789");
  g_assert_false (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 0);

  write_text (file, "a");
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 1);
  write_text (file, "b");
  g_assert_cmpuint (n_notified, ==, 1);

  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 12);
  assert_contents (file, "0123456789ab");
}

/* The contents are greater than a limit that is set later: the next write rolls. */
static void
test_lower_max_size (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);

  write_text (file, "1234");
  g_object_set (file, "max-size", (guint64) 3, NULL);
  g_assert_false (temp_spooled_file_get_rolled (file));
  write_text (file, "5");
  g_assert_true (temp_spooled_file_get_rolled (file));
  assert_contents (file, "12345");
}

static void
test_truncate_rolls (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (10);
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  write_text (file, "x");
  g_seekable_truncate (G_SEEKABLE (file), 10, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (temp_spooled_file_get_rolled (file));

  g_seekable_truncate (G_SEEKABLE (file), 11, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 11);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 1);

  g_seekable_truncate (G_SEEKABLE (file), -1, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_no_descriptor (void)
{
  const guint before = test_count_fds ();
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autofree char *listed = NULL;
  g_autofree char *much = g_strnfill (100000, 'x');

  write_text (file, much);
  g_assert_false (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (test_count_fds (), ==, before);
  listed = test_list (test_dir ());
  g_assert_cmpstr (listed, ==, "");
}

static void
test_far_away (void)
{
  const goffset far_away = G_GOFFSET_CONSTANT (1) << 40;
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (100);
  g_autoptr (TempSpooledFile) memory = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;
  gssize n;

  write_text (file, "near");
  g_seekable_seek (G_SEEKABLE (file), far_away, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (temp_spooled_file_get_rolled (file));
  write_text (file, "far");
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, far_away + 3);

  /* There is no machine with that much memory. */
  write_text (memory, "near");
  g_seekable_seek (G_SEEKABLE (memory), far_away << 12, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  n = g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (memory)), "far", 3, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (n, ==, -1);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (memory)), ==, far_away << 12);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (memory), far_away << 12, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_contents (memory, "near");
}

static void
test_seek_overflow (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  write_text (file, "x");
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), G_MAXINT64, G_SEEK_END, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), G_MININT64, G_SEEK_CUR, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 1);

  /* At the greatest offset, there is no room, and no overflow. */
  g_assert_true (g_seekable_seek (G_SEEKABLE (file), G_MAXINT64, G_SEEK_SET, NULL, &error));
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_cancelled (gconstpointer data)
{
  const gboolean rolled = GPOINTER_TO_INT (data);
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  write_text (file, "before");
  if (rolled)
    g_assert_true (temp_spooled_file_roll (file, NULL, NULL));

  g_cancellable_cancel (cancellable);
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (file), 0, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 6);
  assert_contents (file, "before");
}

static void
test_closed (gconstpointer data)
{
  const gboolean rolled = GPOINTER_TO_INT (data);
  const guint n_fds = test_count_fds ();
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;

  write_text (file, "gone");
  if (rolled)
    g_assert_true (temp_spooled_file_roll (file, NULL, NULL));
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (file)));
  g_assert_true (g_seekable_can_truncate (G_SEEKABLE (file)));

  g_io_stream_close (G_IO_STREAM (file), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  g_assert_false (g_seekable_can_seek (G_SEEKABLE (file)));
  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (file)));
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (file), 0, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 0);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 0);
  g_assert_cmpint (temp_spooled_file_get_rolled (file), ==, rolled);

  /* A stream that is made now is closed, too. */
  g_assert_true (g_output_stream_is_closed (g_io_stream_get_output_stream (G_IO_STREAM (file))));
  g_assert_true (g_input_stream_is_closed (g_io_stream_get_input_stream (G_IO_STREAM (file))));

  g_io_stream_close (G_IO_STREAM (file), NULL, &error);
  g_assert_no_error (error);
}

static void
test_close_async (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const guint n_fds = test_count_fds ();

  write_text (file, "rolled");
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  g_io_stream_close_async (G_IO_STREAM (file), G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_io_stream_close_finish (G_IO_STREAM (file), test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_io_stream_is_closed (G_IO_STREAM (file)));
  g_assert_true (g_output_stream_is_closed (g_io_stream_get_output_stream (G_IO_STREAM (file))));
}

/* The object can go while an operation is pending. */
static void
test_dropped_while_pending (void)
{
  TempSpooledFile *file = temp_spooled_file_new (1);
  const guint n_fds = test_count_fds ();

  write_text (file, "rolled");
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  g_assert_true (g_io_stream_set_pending (G_IO_STREAM (file), NULL));
  g_object_unref (file);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_asked_by_two_threads (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
      g_autoptr (TempSpool) spool = temp_spool_ref (temp_spooled_file_get_spool (file));

      test_ask_for_streams_twice (G_IO_STREAM (file));

      g_assert_cmpint (spool->ref_count, ==, 4);
      g_clear_object (&file);
      g_assert_cmpint (spool->ref_count, ==, 1);
    }
}

/* The spool is gone, whichever of the streams were made, before or after the close. */
static void
test_references (void)
{
  for (guint i = 0; i < 8; i++)
    {
      g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
      g_autoptr (TempSpool) spool = temp_spool_ref (temp_spooled_file_get_spool (file));

      if (i & 4)
        g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
      if (i & 1)
        g_io_stream_get_input_stream (G_IO_STREAM (file));
      if (i & 2)
        g_io_stream_get_output_stream (G_IO_STREAM (file));
      g_clear_object (&file);
      g_assert_cmpint (spool->ref_count, ==, 1);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/spooled/rolls/past-max-size", test_rolls_past_max_size);
  g_test_add_func ("/spooled/rolls/past-a-lower-max-size", test_lower_max_size);
  g_test_add_func ("/spooled/rolls/by-truncating", test_truncate_rolls);
  g_test_add_func ("/spooled/in-memory/without-a-descriptor", test_no_descriptor);
  g_test_add_func ("/spooled/in-memory/far-offsets", test_far_away);
  g_test_add_func ("/spooled/in-memory/no-overflow", test_seek_overflow);
  g_test_add_data_func ("/spooled/cancelled/in-memory", GINT_TO_POINTER (FALSE), test_cancelled);
  g_test_add_data_func ("/spooled/cancelled/rolled", GINT_TO_POINTER (TRUE), test_cancelled);
  g_test_add_data_func ("/spooled/closed/in-memory", GINT_TO_POINTER (FALSE), test_closed);
  g_test_add_data_func ("/spooled/closed/rolled", GINT_TO_POINTER (TRUE), test_closed);
  g_test_add_func ("/spooled/closed/async", test_close_async);
  g_test_add_func ("/spooled/dropped/while-pending", test_dropped_while_pending);
  g_test_add_func ("/spooled/dropped/with-its-spool", test_references);
  g_test_add_func ("/spooled/one-pair-of-streams-for-two-threads", test_asked_by_two_threads);

  return g_test_run ();
}
