/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

#define ASSERT_FAILS(expression, failure, code) \
  g_assert_cmpint (expression, ==, failure); \
  test_assert_io_error (&error, code)

#define ASSERT_CANCELLED(expression, failure) ASSERT_FAILS (expression, failure, G_IO_ERROR_CANCELLED)

/* Each test is run in memory and in a file. */

typedef struct
{
  TempSpooledFile *file;
  GInputStream    *input;
  GOutputStream   *output;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  rolled)
{
  g_autoptr (GError) error = NULL;

  fixture->file = temp_spooled_file_new (0);
  fixture->input = g_io_stream_get_input_stream (G_IO_STREAM (fixture->file));
  fixture->output = g_io_stream_get_output_stream (G_IO_STREAM (fixture->file));
  g_output_stream_write_all (fixture->output, "0123456789", 10, NULL, NULL, &error);
  g_assert_no_error (error);

  if (GPOINTER_TO_INT (rolled))
    {
      temp_spooled_file_roll (fixture->file, NULL, &error);
      g_assert_no_error (error);
    }
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  rolled)
{
  g_clear_object (&fixture->file);
}

static void
assert_seek (gpointer seekable,
             goffset  offset)
{
  g_autoptr (GError) error = NULL;

  g_seekable_seek (seekable, offset, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
}

static void
test_one_offset (Fixture       *fixture,
                 gconstpointer  rolled)
{
  char buffer[4];

  assert_seek (fixture->output, 3);
  g_assert_cmpint (g_input_stream_read (fixture->input, buffer, 4, NULL, NULL), ==, 4);
  g_assert_cmpmem (buffer, 4, "3456", 4);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture->output)), ==, 7);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture->input)), ==, 7);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture->file)), ==, 7);
}

static void
test_seekable (Fixture       *fixture,
               gconstpointer  rolled)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_seekable_can_seek (G_SEEKABLE (fixture->input)));
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (fixture->output)));
  g_assert_true (g_seekable_can_truncate (G_SEEKABLE (fixture->output)));
  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (fixture->input)));
  g_assert_false (g_seekable_truncate (G_SEEKABLE (fixture->input), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (temp_spooled_file_get_size (fixture->file), ==, 10);
}

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  rolled)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const GOutputVector vector = { "x", 1 };
  GError *error = NULL;
  char byte;

  assert_seek (fixture->input, 5);
  g_cancellable_cancel (cancellable);

  ASSERT_CANCELLED (g_input_stream_read (fixture->input, &byte, 1, cancellable, &error), -1);
  ASSERT_CANCELLED (g_input_stream_skip (fixture->input, 1, cancellable, &error), -1);
  ASSERT_CANCELLED (g_seekable_seek (G_SEEKABLE (fixture->input), 0, G_SEEK_SET, cancellable, &error), FALSE);
  ASSERT_CANCELLED (g_output_stream_write (fixture->output, "x", 1, cancellable, &error), -1);
  ASSERT_CANCELLED (g_output_stream_writev (fixture->output, &vector, 1, NULL, cancellable, &error), FALSE);
  ASSERT_CANCELLED (g_seekable_seek (G_SEEKABLE (fixture->output), 0, G_SEEK_SET, cancellable, &error), FALSE);
  ASSERT_CANCELLED (g_seekable_truncate (G_SEEKABLE (fixture->output), 0, cancellable, &error), FALSE);

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture->file)), ==, 5);
  g_assert_cmpint (temp_spooled_file_get_size (fixture->file), ==, 10);
}

static void
test_closed (Fixture       *fixture,
             gconstpointer  rolled)
{
  GError *error = NULL;
  char byte;

  g_assert_true (g_input_stream_close (fixture->input, NULL, &error));
  g_assert_no_error (error);
  ASSERT_FAILS (g_input_stream_read (fixture->input, &byte, 1, NULL, &error), -1, G_IO_ERROR_CLOSED);
  ASSERT_FAILS (g_seekable_seek (G_SEEKABLE (fixture->input), 0, G_SEEK_SET, NULL, &error), FALSE, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture->input)), ==, 0);
  g_assert_false (g_seekable_can_seek (G_SEEKABLE (fixture->input)));

  /* The output is still open. */
  g_assert_cmpint (g_output_stream_write (fixture->output, "x", 1, NULL, NULL), ==, 1);

  g_assert_true (g_output_stream_close (fixture->output, NULL, &error));
  g_assert_no_error (error);
  ASSERT_FAILS (g_output_stream_write (fixture->output, "x", 1, NULL, &error), -1, G_IO_ERROR_CLOSED);
  ASSERT_FAILS (g_seekable_truncate (G_SEEKABLE (fixture->output), 0, NULL, &error), FALSE, G_IO_ERROR_CLOSED);
  ASSERT_FAILS (g_seekable_seek (G_SEEKABLE (fixture->output), 0, G_SEEK_SET, NULL, &error), FALSE, G_IO_ERROR_CLOSED);
  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (fixture->output)));

  /* The file is still open. */
  g_assert_cmpint (temp_spooled_file_get_size (fixture->file), ==, 11);
  g_assert_true (g_seekable_seek (G_SEEKABLE (fixture->file), 0, G_SEEK_SET, NULL, NULL));
}

/* A stream that outlives its file is closed. */
static void
test_outlives_the_file (Fixture       *fixture,
                        gconstpointer  rolled)
{
  g_autoptr (GInputStream) input = g_object_ref (fixture->input);
  g_autoptr (GOutputStream) output = g_object_ref (fixture->output);
  GError *error = NULL;
  char byte;

  g_clear_object (&fixture->file);
  ASSERT_FAILS (g_input_stream_read (input, &byte, 1, NULL, &error), -1, G_IO_ERROR_CLOSED);
  ASSERT_FAILS (g_output_stream_write (output, "x", 1, NULL, &error), -1, G_IO_ERROR_CLOSED);
}

static void
test_pending (Fixture       *fixture,
              gconstpointer  rolled)
{
  GError *error = NULL;
  char byte;

  g_assert_true (g_input_stream_set_pending (fixture->input, NULL));
  ASSERT_FAILS (g_input_stream_read (fixture->input, &byte, 1, NULL, &error), -1, G_IO_ERROR_PENDING);
  ASSERT_FAILS (g_seekable_seek (G_SEEKABLE (fixture->input), 0, G_SEEK_SET, NULL, &error), FALSE, G_IO_ERROR_PENDING);
  ASSERT_FAILS (g_seekable_seek (G_SEEKABLE (fixture->file), 0, G_SEEK_SET, NULL, &error), FALSE, G_IO_ERROR_PENDING);
  ASSERT_FAILS (temp_spooled_file_roll (fixture->file, NULL, &error), FALSE, G_IO_ERROR_PENDING);
  g_assert_null (temp_spooled_file_steal_file (fixture->file, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_input_stream_clear_pending (fixture->input);

  g_assert_true (g_output_stream_set_pending (fixture->output, NULL));
  ASSERT_FAILS (g_output_stream_write (fixture->output, "x", 1, NULL, &error), -1, G_IO_ERROR_PENDING);
  ASSERT_FAILS (g_seekable_truncate (G_SEEKABLE (fixture->output), 0, NULL, &error), FALSE, G_IO_ERROR_PENDING);
  ASSERT_FAILS (g_seekable_truncate (G_SEEKABLE (fixture->file), 0, NULL, &error), FALSE, G_IO_ERROR_PENDING);
  /* The other stream can go on. */
  assert_seek (fixture->input, 2);
  g_assert_cmpint (g_input_stream_read (fixture->input, &byte, 1, NULL, NULL), ==, 1);
  g_output_stream_clear_pending (fixture->output);

  assert_seek (fixture->file, 0);
  g_assert_false (g_io_stream_has_pending (G_IO_STREAM (fixture->file)));
}

/* The close fails, but the file is closed: the next operation on the busy stream fails. */
static void
test_closed_while_pending (Fixture       *fixture,
                           gconstpointer  rolled)
{
  GError *error = NULL;

  g_assert_true (g_output_stream_set_pending (fixture->output, NULL));
  ASSERT_FAILS (g_io_stream_close (G_IO_STREAM (fixture->file), NULL, &error), FALSE, G_IO_ERROR_PENDING);
  g_assert_true (g_io_stream_is_closed (G_IO_STREAM (fixture->file)));
  g_output_stream_clear_pending (fixture->output);

  ASSERT_FAILS (g_output_stream_write (fixture->output, "x", 1, NULL, &error), -1, G_IO_ERROR_CLOSED);
}

static void
test_async (Fixture       *fixture,
            gconstpointer  rolled)
{
  g_autoptr (GAsyncResult) written = NULL;
  g_autoptr (GAsyncResult) read = NULL;
  g_autoptr (GError) error = NULL;
  char buffer[20];

  g_output_stream_write_async (fixture->output, "abc", 3, G_PRIORITY_DEFAULT, NULL, test_keep_result, &written);
  g_assert_cmpint (g_output_stream_write_finish (fixture->output, test_wait_result (&written), &error), ==, 3);
  g_assert_no_error (error);

  assert_seek (fixture->input, 8);
  g_input_stream_read_async (fixture->input, buffer, sizeof buffer, G_PRIORITY_DEFAULT, NULL, test_keep_result, &read);
  g_assert_cmpint (g_input_stream_read_finish (fixture->input, test_wait_result (&read), &error), ==, 5);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, 5, "89abc", 5);
}

/* Both streams are busy in threads when the file is dropped. */
static void
test_dropped_in_the_middle (Fixture       *fixture,
                            gconstpointer  rolled)
{
  g_autofree char *data = g_strnfill (100000, 'x');
  g_autofree char *buffer = g_malloc (100000);

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (TempSpooledFile) file = temp_spooled_file_new (GPOINTER_TO_INT (rolled) ? 1000 : 0);
      g_autoptr (GInputStream) input = g_object_ref (g_io_stream_get_input_stream (G_IO_STREAM (file)));
      g_autoptr (GOutputStream) output = g_object_ref (g_io_stream_get_output_stream (G_IO_STREAM (file)));
      g_autoptr (GAsyncResult) written = NULL;
      g_autoptr (GAsyncResult) read = NULL;
      g_autoptr (GError) error = NULL;

      g_output_stream_write_async (output, data, 100000, G_PRIORITY_DEFAULT, NULL, test_keep_result, &written);
      g_input_stream_read_async (input, buffer, 100000, G_PRIORITY_DEFAULT, NULL, test_keep_result, &read);
      g_clear_object (&file);

      /* Each operation came in time, or found the file closed. */
      if (g_output_stream_write_finish (output, test_wait_result (&written), &error) < 0)
        test_assert_io_error (&error, G_IO_ERROR_CLOSED);
      if (g_input_stream_read_finish (input, test_wait_result (&read), &error) < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
    }
}

static void
test_splice (Fixture       *fixture,
             gconstpointer  rolled)
{
  g_autoptr (TempSpooledFile) target = temp_spooled_file_new (5);
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (target));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gssize n;

  assert_seek (fixture->input, 0);
  n = g_output_stream_splice (output, fixture->input, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 10);

  assert_seek (fixture->input, 4);
  g_output_stream_splice_async (output, fixture->input, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT, NULL,
                                test_keep_result, &result);
  n = g_output_stream_splice_finish (output, test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 6);
  g_assert_cmpint (temp_spooled_file_get_size (target), ==, 16);
  g_assert_true (g_output_stream_is_closed (output));
}

/* The three are closed in each of the six orders. */
static void
test_close_orders (Fixture       *fixture,
                   gconstpointer  rolled)
{
  static const char *const orders[] = { "ios", "iso", "ois", "osi", "sio", "soi" };
  const guint n_fds = test_count_fds ();

  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      Fixture one;
      GError *error = NULL;

      set_up (&one, rolled);
      for (const char *what = orders[i]; *what != '\0'; what++)
        {
          if (*what == 'i')
            g_input_stream_close (one.input, NULL, &error);
          else if (*what == 'o')
            g_output_stream_close (one.output, NULL, &error);
          else
            g_io_stream_close (G_IO_STREAM (one.file), NULL, &error);
          g_assert_no_error (error);
        }
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      tear_down (&one, rolled);
    }
}

static void
add (const char *name,
     void      (*test) (Fixture *, gconstpointer))
{
  g_autofree char *in_memory = g_strdup_printf ("/spooled/streams/%s/in-memory", name);
  g_autofree char *in_file = g_strdup_printf ("/spooled/streams/%s/rolled", name);

  g_test_add (in_memory, Fixture, GINT_TO_POINTER (FALSE), set_up, test, tear_down);
  g_test_add (in_file, Fixture, GINT_TO_POINTER (TRUE), set_up, test, tear_down);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add ("share-one-offset", test_one_offset);
  add ("seek-and-truncate", test_seekable);
  add ("cancelled-change-nothing", test_cancelled);
  add ("closed-one-by-one", test_closed);
  add ("closed-if-they-outlive-the-file", test_outlives_the_file);
  add ("one-operation-at-a-time", test_pending);
  add ("closed-while-busy", test_closed_while_pending);
  add ("async", test_async);
  add ("dropped-in-the-middle", test_dropped_in_the_middle);
  add ("splice", test_splice);
  add ("closed-in-any-order", test_close_orders);

  return g_test_run ();
}
