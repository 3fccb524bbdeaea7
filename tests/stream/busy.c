/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/busy.h"

#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

/* Who is busy before. */
typedef enum
{
  NOBODY,
  THE_FILE,
  THE_INPUT,
  THE_OUTPUT,
} Who;

/* Returns an entry of a nameless file in the test's directory, for the messages. */
static TempEntry *
make_entry (void)
{
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, NULL));
  return entry;
}

/* The error is about writing to the file of make_entry(). */
static void
assert_message (const GError *error,
                const char   *cause)
{
  g_autofree char *expected = g_strdup_printf ("Could not write to a temporary file in “%s”: %s", test_dir (), cause);

  g_assert_cmpstr (error->message, ==, expected);
}

static void
assert_pending (GIOStream     *file,
                GInputStream  *input,
                GOutputStream *output,
                gboolean       file_is,
                gboolean       input_is,
                gboolean       output_is)
{
  g_assert_cmpint (g_io_stream_has_pending (file), ==, file_is);
  g_assert_cmpint (g_input_stream_has_pending (input), ==, input_is);
  g_assert_cmpint (g_output_stream_has_pending (output), ==, output_is);
}

/* All three become busy, or none does that was not. */
static void
test_all_or_none (gconstpointer data)
{
  const Who who = GPOINTER_TO_INT (data);
  g_autoptr (GIOStream) file = G_IO_STREAM (temp_file_new (test_dir (), NULL));
  GInputStream *input = g_io_stream_get_input_stream (file);
  GOutputStream *output = g_io_stream_get_output_stream (file);
  g_autoptr (TempEntry) entry = make_entry ();
  g_autoptr (GError) error = NULL;
  TempBusy busy;

  if (who == THE_FILE)
    g_assert_true (g_io_stream_set_pending (file, NULL));
  else if (who == THE_INPUT)
    g_assert_true (g_input_stream_set_pending (input, NULL));
  else if (who == THE_OUTPUT)
    g_assert_true (g_output_stream_set_pending (output, NULL));

  if (who == NOBODY)
    {
      g_assert_true (temp_busy_begin (&busy, file, input, output, entry, TEMP_ACTION_WRITE, &error));
      g_assert_no_error (error);
      assert_pending (file, input, output, TRUE, TRUE, TRUE);
      temp_busy_end (&busy);
    }
  else
    {
      g_assert_false (temp_busy_begin (&busy, file, input, output, entry, TEMP_ACTION_WRITE, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
      assert_message (error, "another operation on it has not ended");
    }
  assert_pending (file, input, output, who == THE_FILE, who == THE_INPUT, who == THE_OUTPUT);

  if (who == THE_FILE)
    g_io_stream_clear_pending (file);
  else if (who == THE_INPUT)
    g_input_stream_clear_pending (input);
  else if (who == THE_OUTPUT)
    g_output_stream_clear_pending (output);
}

/* A closed stream, and one that is not there, are busy with nothing. */
static void
test_closed (void)
{
  g_autoptr (GIOStream) file = G_IO_STREAM (temp_file_new (test_dir (), NULL));
  GInputStream *input = g_io_stream_get_input_stream (file);
  GOutputStream *output = g_io_stream_get_output_stream (file);
  g_autoptr (TempEntry) entry = make_entry ();
  g_autoptr (GError) error = NULL;
  TempBusy busy;

  g_assert_true (temp_busy_begin (&busy, file, NULL, NULL, entry, TEMP_ACTION_WRITE, &error));
  assert_pending (file, input, output, TRUE, FALSE, FALSE);
  temp_busy_end (&busy);

  g_assert_true (g_input_stream_close (input, NULL, NULL));
  g_assert_true (temp_busy_begin (&busy, file, input, output, entry, TEMP_ACTION_WRITE, &error));
  g_assert_no_error (error);
  assert_pending (file, input, output, TRUE, FALSE, TRUE);
  temp_busy_end (&busy);

  g_assert_true (g_io_stream_close (file, NULL, NULL));
  g_assert_false (temp_busy_begin (&busy, file, input, output, entry, TEMP_ACTION_WRITE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_message (error, "it is closed");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_data_func ("/busy/all", GINT_TO_POINTER (NOBODY), test_all_or_none);
  g_test_add_data_func ("/busy/none-if-the-file-is", GINT_TO_POINTER (THE_FILE), test_all_or_none);
  g_test_add_data_func ("/busy/none-if-the-input-is", GINT_TO_POINTER (THE_INPUT), test_all_or_none);
  g_test_add_data_func ("/busy/none-if-the-output-is", GINT_TO_POINTER (THE_OUTPUT), test_all_or_none);
  g_test_add_func ("/busy/closed-streams-are-not", test_closed);

  return g_test_run ();
}
