/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/reader.h"

#include <errno.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

typedef enum
{
  NAMELESS,
  NAMED,
  IN_MEMORY,
  ROLLED,
  N_KINDS
} Kind;

#define OLD "hello "
#define NEW "world"

static TempPlatform real;
static GOutputStream *written_during_a_read;
static int n_errors;

static void
append (GIOStream  *file,
        const char *text)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (file), text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
}

static GIOStream *
new_file (gconstpointer kind)
{
  g_autoptr (GError) error = NULL;
  GIOStream *file;

  if (GPOINTER_TO_INT (kind) == NAMELESS)
    file = G_IO_STREAM (temp_file_new (test_dir (), &error));
  else if (GPOINTER_TO_INT (kind) == NAMED)
    file = G_IO_STREAM (temp_file_new_named (test_dir (), NULL, NULL, &error));
  else
    file = g_object_new (TEMP_TYPE_SPOOLED_FILE, "dir", test_dir (), NULL);
  g_assert_no_error (error);

  append (file, OLD);
  if (GPOINTER_TO_INT (kind) == ROLLED)
    g_assert_true (temp_spooled_file_roll (TEMP_SPOOLED_FILE (file), NULL, NULL));
  return file;
}

static GInputStream *
open_reader (GIOStream  *file,
             GError    **error)
{
  return TEMP_IS_FILE (file) ? temp_file_open_reader (TEMP_FILE (file), error)
                             : temp_spooled_file_open_reader (TEMP_SPOOLED_FILE (file), error);
}

static void
assert_reads (GInputStream *reader,
              const char   *text)
{
  g_autoptr (GError) error = NULL;
  char buffer[20] = "";

  g_assert_cmpint (g_input_stream_read (reader, buffer, sizeof buffer - 1, NULL, &error), ==, strlen (text));
  g_assert_no_error (error);
  g_assert_cmpstr (buffer, ==, text);
}

static void
assert_fails (GInputStream *reader,
              GCancellable *cancellable,
              int           code)
{
  g_autoptr (GError) error = NULL;
  char c;

  g_assert_cmpint (g_input_stream_read (reader, &c, 1, cancellable, &error), ==, -1);
  test_assert_io_error (&error, code);
}

static void
test_read (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) first = open_reader (file, NULL);
  g_autoptr (GInputStream) second = open_reader (file, NULL);

  assert_reads (first, OLD);
  assert_reads (first, "");
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (OLD));
  append (file, NEW);
  assert_reads (first, NEW);
  assert_reads (second, OLD NEW);
  g_assert_cmpint (g_input_stream_skip (second, 1, NULL, NULL), ==, 0);
}

static ssize_t
read_at_while_written (TempHandle  fd,
                       void       *buffer,
                       size_t      size,
                       int64_t     offset)
{
  GOutputStream *output = g_steal_pointer (&written_during_a_read);

  if (output != NULL)
    g_output_stream_write_all (output, NEW, strlen (NEW), NULL, NULL, NULL);
  return real.read_at (fd, buffer, size, offset);
}

static void
test_written (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) reader = open_reader (file, NULL);

  written_during_a_read = g_io_stream_get_output_stream (file);
  temp_platform.read_at = read_at_while_written;
  assert_reads (reader, OLD NEW);
  temp_platform = real;
}

static void
test_rolls (void)
{
  g_autoptr (GIOStream) file = new_file (GINT_TO_POINTER (IN_MEMORY));
  g_autoptr (GInputStream) reader = open_reader (file, NULL);

  assert_reads (reader, OLD);
  g_assert_true (temp_spooled_file_roll (TEMP_SPOOLED_FILE (file), NULL, NULL));
  append (file, NEW);
  assert_reads (reader, NEW);
}

static void
test_async (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) reader = open_reader (file, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_input_stream_read_bytes_async (reader, 100, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_true (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, NULL));
  test_wait_result (&result);
  bytes = g_input_stream_read_bytes_finish (reader, result, NULL);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, strlen (OLD));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 0);
}

static void
test_closed (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) reader = open_reader (file, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_io_stream_close (file, NULL, NULL));
  assert_fails (reader, NULL, G_IO_ERROR_CLOSED);
  g_assert_null (open_reader (file, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_clear_object (&file);
  assert_fails (reader, NULL, G_IO_ERROR_CLOSED);
}

static void
test_cancelled (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) reader = open_reader (file, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  assert_fails (reader, cancellable, G_IO_ERROR_CANCELLED);
  assert_reads (reader, OLD);
}

/* Fails with `n_errors` EINTR, or once with EIO if that is negative. */
static ssize_t
read_at_fails (TempHandle  fd,
               void       *buffer,
               size_t      size,
               int64_t     offset)
{
  if (n_errors == 0)
    return real.read_at (fd, buffer, size, offset);

  errno = n_errors < 0 ? EIO : EINTR;
  n_errors += n_errors < 0 ? 1 : -1;
  return -1;
}

static void
test_errors (gconstpointer kind)
{
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GInputStream) reader = open_reader (file, NULL);
  g_autoptr (GError) error = NULL;
  char c;

  temp_platform.read_at = read_at_fails;
  n_errors = -1;
  g_assert_cmpint (g_input_stream_read (reader, &c, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, test_dir ());
  n_errors = 2;
  assert_reads (reader, OLD);
  temp_platform = real;
}

static void
add (const char    *promise,
     Kind           kind,
     GTestDataFunc  function)
{
  static const char *const names[N_KINDS] = { "nameless", "named", "in-memory", "rolled" };
  g_autofree char *path = g_strdup_printf ("/streams/reader/%s/%s", names[kind], promise);

  g_test_add_data_func (path, GINT_TO_POINTER (kind), function);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;

  for (Kind kind = 0; kind < N_KINDS; kind++)
    {
      add ("has-an-offset-of-its-own", kind, test_read);
      add ("reads-without-blocking", kind, test_async);
      add ("fails-once-the-file-is-closed", kind, test_closed);
      add ("cancelled-loses-nothing", kind, test_cancelled);
      if (kind == IN_MEMORY)
        continue;
      add ("written-during-a-read", kind, test_written);
      add ("errors-name-the-file", kind, test_errors);
    }
  g_test_add_func ("/streams/reader/goes-on-when-the-file-rolls", test_rolls);

  return g_test_run ();
}
