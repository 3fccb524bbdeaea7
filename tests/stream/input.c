/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/input.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test-support.h"

static TempEntry *
new_entry (const char *contents)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();
  gssize length = strlen (contents);

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (write (temp_entry_get_fd (entry), contents, length), ==, length);
  g_assert_true (temp_entry_seek (entry, 0, G_SEEK_SET, NULL));
  return entry;
}

static void
test_read (void)
{
  g_autoptr (TempEntry) entry = new_entry ("hello world");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;
  char buffer[20] = "";

  g_assert_cmpint (g_input_stream_read (stream, buffer, 5, NULL, &error), ==, 5);
  g_assert_cmpstr (buffer, ==, "hello");
  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, 6);
  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, 0);
  g_assert_no_error (error);
}

static void
test_skip (void)
{
  g_autoptr (TempEntry) entry = new_entry ("hello world");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;
  char c;

  g_assert_cmpint (g_input_stream_skip (stream, 6, NULL, &error), ==, 6);
  g_assert_cmpint (g_input_stream_read (stream, &c, 1, NULL, &error), ==, 1);
  g_assert_cmpint (c, ==, 'w');
  g_assert_cmpint (g_input_stream_skip (stream, 100, NULL, &error), ==, 4);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 11);
  g_assert_cmpint (g_input_stream_skip (stream, 100, NULL, &error), ==, 0);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 50, G_SEEK_SET, NULL, &error));
  g_assert_cmpint (g_input_stream_skip (stream, 100, NULL, &error), ==, 0);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 50);
  g_assert_no_error (error);
}

static void
test_async (void)
{
  g_autoptr (TempEntry) entry = new_entry ("hello world");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_input_stream_skip_async (stream, 6, 0, NULL, test_keep_result, &result);
  g_assert_cmpint (g_input_stream_skip_finish (stream, test_wait_result (&result), &error), ==, 6);
  g_clear_object (&result);
  g_input_stream_read_bytes_async (stream, 100, 0, NULL, test_keep_result, &result);
  bytes = g_input_stream_read_bytes_finish (stream, test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "world", 5);
}

/* The stream keeps the descriptor open until it closes. */
static void
test_descriptor (void)
{
  g_autoptr (TempEntry) entry = new_entry ("x");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  GFileDescriptorBased *descriptor = G_FILE_DESCRIPTOR_BASED (stream);
  int fd = temp_entry_get_fd (entry);
  char c;

  g_assert_cmpint (g_file_descriptor_based_get_fd (descriptor), ==, fd);
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_cmpint (g_input_stream_read (stream, &c, 1, NULL, NULL), ==, 1);
  g_assert_true (g_input_stream_close (stream, NULL, NULL));
  g_assert_cmpint (g_file_descriptor_based_get_fd (descriptor), ==, -1);
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 0);
}

/* An operation that is pending, perhaps in a thread, has the descriptor until it ends, even if the file is closed. */
static void
test_pending (void)
{
  g_autoptr (TempEntry) entry = new_entry ("xyz");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  GInputStreamClass *klass = G_INPUT_STREAM_GET_CLASS (stream);
  g_autoptr (GError) error = NULL;
  int fd = temp_entry_get_fd (entry);
  char c;

  g_assert_true (g_input_stream_set_pending (stream, NULL));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_false (g_input_stream_close (stream, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_object_run_dispose (G_OBJECT (stream));

  g_assert_cmpint (klass->read_fn (stream, &c, 1, NULL, NULL), ==, 1);
  g_assert_cmpint (klass->skip (stream, 1, NULL, NULL), ==, 1);
  g_assert_cmpint (klass->read_fn (stream, &c, 1, NULL, NULL), ==, 1);
  g_assert_cmpint (c, ==, 'z');

  g_input_stream_clear_pending (stream);
  g_assert_true (g_input_stream_close (stream, NULL, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

static void
child_errors (gconstpointer data)
{
  g_autoptr (TempEntry) entry = new_entry ("x");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;
  char c;

  if (!test_fail_syscall_on (SYS_read, EIO, temp_entry_get_fd (entry)) ||
      !test_fail_syscall_on (SYS_lseek, EIO, temp_entry_get_fd (entry)))
    test_child_skip ("no filters of system calls here");

  g_assert_cmpint (g_input_stream_read (stream, &c, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, "read");
  test_assert_error_mentions (error, test_dir ());
  g_clear_error (&error);
  g_assert_cmpint (g_input_stream_skip (stream, 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_FAILED);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 0);
}

static void
test_no_truncate (void)
{
  g_autoptr (TempEntry) entry = new_entry ("x");
  g_autoptr (GInputStream) stream = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;

  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (stream)));
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/streams/input/reads-to-the-end", test_read);
  g_test_add_func ("/streams/input/skip-not-past-the-end", test_skip);
  g_test_add_func ("/streams/input/skips-and-reads-without-blocking", test_async);
  g_test_add_func ("/streams/input/keeps-the-descriptor-open", test_descriptor);
  g_test_add_func ("/streams/input/pending-keeps-the-descriptor-open", test_pending);
  test_add_in_child ("/streams/input/errors-name-the-file", child_errors, NULL);
  g_test_add_func ("/streams/input/never-truncates", test_no_truncate);

  return g_test_run ();
}
