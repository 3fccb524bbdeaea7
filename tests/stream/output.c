/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/output.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <gio/gunixinputstream.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stream/input.h"
#include "test-support.h"

static TempEntry *
new_entry (void)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  return entry;
}

static void
assert_contents (TempEntry  *entry,
                 const char *contents,
                 gsize       length)
{
  g_autofree char *buffer = g_malloc (length + 1);
  gssize n = pread (temp_entry_get_fd (entry), buffer, length + 1, 0);

  g_assert_cmpmem (buffer, n, contents, length);
}

static void
test_one_write (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_output_stream_write (stream, "hello", 5, NULL, &error), ==, 5);
  g_assert_true (g_output_stream_printf (stream, NULL, NULL, &error, " %s", "world"));
  assert_contents (entry, "hello world", 11); /* at once: there is no buffer */
  g_assert_true (g_output_stream_flush (stream, NULL, &error));
  g_assert_no_error (error);
}

static void
test_writev (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  GOutputVector vectors[3] = { { "one ", 4 }, { "", 0 }, { "two", 3 } };
  g_autoptr (GError) error = NULL;
  gsize n;

  g_assert_true (g_output_stream_writev (stream, vectors, 3, &n, NULL, &error));
  g_assert_cmpuint (n, ==, 7);
  g_assert_true (g_output_stream_writev (stream, vectors, 1, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_contents (entry, "one twoone ", 11);
}

/* More vectors than the kernel takes at once. */
static void
test_many_vectors (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  const gsize n_vectors = IOV_MAX + 100;
  g_autofree GOutputVector *vectors = g_new (GOutputVector, n_vectors);
  g_autofree char *expected = g_strnfill (n_vectors, 'x');
  g_autoptr (GError) error = NULL;
  gsize n;

  for (gsize i = 0; i < n_vectors; i++)
    vectors[i] = (GOutputVector) { "x", 1 };
  g_assert_true (g_output_stream_writev_all (stream, vectors, n_vectors, &n, NULL, &error));
  g_assert_cmpuint (n, ==, n_vectors);
  assert_contents (entry, expected, n_vectors);
}

static void
test_async (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  GOutputVector vectors[2] = { { "b", 1 }, { "c", 1 } };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gsize n;

  g_output_stream_write_async (stream, "a", 1, 0, NULL, test_keep_result, &result);
  g_assert_cmpint (g_output_stream_write_finish (stream, test_wait_result (&result), &error), ==, 1);
  g_clear_object (&result);
  g_output_stream_writev_async (stream, vectors, 2, 0, NULL, test_keep_result, &result);
  g_assert_true (g_output_stream_writev_finish (stream, test_wait_result (&result), &n, &error));
  g_clear_object (&result);
  g_output_stream_flush_async (stream, 0, NULL, test_keep_result, &result);
  g_assert_true (g_output_stream_flush_finish (stream, test_wait_result (&result), &error));
  g_assert_no_error (error);
  assert_contents (entry, "abc", 3);
}

/* A limit on the size of files makes a write short, and the next one fail. */
static void
child_short_write (gconstpointer data)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  const struct rlimit limit = { 1000, 1000 };
  g_autofree char *block = g_strnfill (1500, 'x');
  g_autoptr (GError) error = NULL;
  gsize n;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_cmpint (g_output_stream_write (stream, block, 1500, NULL, &error), ==, 1000);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
  g_assert_false (g_output_stream_write_all (stream, block, 1500, &n, NULL, &error));
  g_assert_cmpuint (n, ==, 1000);
  g_assert_nonnull (error);
  test_assert_error_mentions (error, test_dir ());
  assert_contents (entry, block, 1000);
}

static void
child_errors (gconstpointer data)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  GOutputVector vector = { "x", 1 };
  g_autoptr (GError) error = NULL;
  int fd = temp_entry_get_fd (entry);
  gsize n;

  if (!test_fail_syscall_on (SYS_write, EIO, fd) || !test_fail_syscall_on (SYS_writev, EIO, fd) ||
      !test_fail_syscall_on (SYS_ftruncate, EIO, fd))
    test_child_skip ("no filters of system calls here");

  g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, test_dir ());
  g_clear_error (&error);
  g_assert_false (g_output_stream_writev (stream, &vector, 1, &n, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpuint (n, ==, 0);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, "truncate");
}

/* A source without a descriptor: GIO copies. */
static void
test_splice (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GInputStream) source = g_memory_input_stream_new_from_data ("hello", 5, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_output_stream_splice (stream, source, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, NULL, &error), ==, 5);
  g_assert_no_error (error);
  g_assert_false (g_output_stream_is_closed (stream));
  assert_contents (entry, "hello", 5);
}

/* Splices the source, from its 7th byte on, with these flags. */
static void
check_splice (GInputStream             *source,
              GOutputStreamSpliceFlags  flags,
              gboolean                  in_thread)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gssize n;

  g_assert_cmpint (g_input_stream_skip (source, 6, NULL, NULL), ==, 6);
  g_assert_cmpint (g_output_stream_write (stream, "<", 1, NULL, NULL), ==, 1);
  if (in_thread)
    {
      g_output_stream_splice_async (stream, source, flags, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
      n = g_output_stream_splice_finish (stream, test_wait_result (&result), &error);
    }
  else
    {
      n = g_output_stream_splice (stream, source, flags, NULL, &error);
    }

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 5);
  assert_contents (entry, "<there", 6);
  g_assert_cmpint (g_input_stream_is_closed (source), ==, (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE) != 0);
  g_assert_cmpint (g_output_stream_is_closed (stream), ==, (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET) != 0);
  g_assert_false (g_output_stream_has_pending (stream));
  g_assert_false (g_input_stream_has_pending (source));

  if (!g_input_stream_is_closed (source))
    g_assert_cmpint (g_input_stream_read (source, &(char) { 0 }, 1, NULL, NULL), ==, 0);
  temp_entry_release_fd (entry, NULL);
}

/* Sources with a descriptor, and one that has read ahead. */
static void
test_splice_from_file (void)
{
  g_autofree char *path = test_path ("source");
  g_autoptr (GFile) file = g_file_new_for_path (path);

  test_write (path, "hello there");
  for (guint flags = 0; flags < 4; flags++)
    for (guint in_thread = 0; in_thread < 2; in_thread++)
      {
        g_autoptr (GInputStream) plain = G_INPUT_STREAM (g_file_read (file, NULL, NULL));
        g_autoptr (GInputStream) base = G_INPUT_STREAM (g_file_read (file, NULL, NULL));
        g_autoptr (GInputStream) buffered = g_buffered_input_stream_new (base);
        g_autoptr (GInputStream) unix_stream = g_unix_input_stream_new (open (path, O_RDONLY | O_CLOEXEC), TRUE);

        check_splice (plain, flags, in_thread);
        check_splice (buffered, flags, in_thread);
        check_splice (unix_stream, flags, in_thread);
      }
}

static void
test_splice_errors (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GInputStream) directory = g_unix_input_stream_new (open (test_dir (), O_RDONLY | O_CLOEXEC), TRUE);
  g_autoptr (GInputStream) file = g_unix_input_stream_new (open ("/dev/null", O_RDONLY | O_CLOEXEC), TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_output_stream_splice (stream, directory, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  test_assert_error_mentions (error, test_dir ());
  g_assert_true (g_input_stream_is_closed (directory));
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_output_stream_splice (stream, file,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                           cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_input_stream_is_closed (file));
  g_assert_true (g_output_stream_is_closed (stream));
  temp_entry_release_fd (entry, NULL);
}

/* From its own input, which shares the offset: the bytes are appended. */
static void
test_splice_from_itself (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GInputStream) source = temp_input_stream_new (entry);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_output_stream_write_all (stream, "hello there", 11, NULL, NULL, NULL));
  g_assert_true (g_seekable_seek (G_SEEKABLE (source), 6, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (g_output_stream_splice (stream, source, 0, NULL, &error), ==, 5);
  g_assert_no_error (error);
  assert_contents (entry, "hello therethere", 16);
  temp_entry_release_fd (entry, NULL);
}

/* GIO's sockets do not block. */
static void
test_splice_from_socket (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  GInputStream *source;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (socket);
  source = g_io_stream_get_input_stream (G_IO_STREAM (connection));

  g_assert_cmpint (write (fds[1], "hello", 5), ==, 5);
  g_assert_no_errno (shutdown (fds[1], SHUT_WR));
  g_assert_cmpint (g_output_stream_splice (stream, source, 0, NULL, &error), ==, 5);
  g_assert_no_error (error);
  assert_contents (entry, "hello", 5);
  close (fds[1]);
  temp_entry_release_fd (entry, NULL);
}

static void
test_descriptor (void)
{
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  GFileDescriptorBased *descriptor = G_FILE_DESCRIPTOR_BASED (stream);
  int fd = temp_entry_get_fd (entry);

  g_assert_cmpint (g_file_descriptor_based_get_fd (descriptor), ==, fd);
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, NULL), ==, 1);
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpint (g_file_descriptor_based_get_fd (descriptor), ==, -1);
}

/* An operation that is pending, perhaps in a thread, has the descriptor until it ends, even if the file is closed. */
static void
test_pending (void)
{
  const GOutputVector vector = { "y", 1 };
  g_autoptr (TempEntry) entry = new_entry ();
  g_autoptr (GOutputStream) stream = temp_output_stream_new (entry);
  GOutputStreamClass *klass = G_OUTPUT_STREAM_GET_CLASS (stream);
  g_autoptr (GError) error = NULL;
  int fd = temp_entry_get_fd (entry);

  g_assert_true (g_output_stream_set_pending (stream, NULL));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_false (g_output_stream_close (stream, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_object_run_dispose (G_OBJECT (stream));

  g_assert_cmpint (klass->write_fn (stream, "x", 1, NULL, NULL), ==, 1);
  g_assert_true (klass->writev_fn (stream, &vector, 1, NULL, NULL, NULL));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 2);

  g_output_stream_clear_pending (stream);
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/streams/output/write-without-a-buffer", test_one_write);
  g_test_add_func ("/streams/output/vectors-are-written-in-order", test_writev);
  g_test_add_func ("/streams/output/writev-more-than-the-kernel-takes", test_many_vectors);
  g_test_add_func ("/streams/output/writes-without-blocking", test_async);
  test_add_in_child ("/streams/output/short-write-then-error", child_short_write, NULL);
  g_test_add_func ("/streams/output/pending-keeps-the-descriptor-open", test_pending);
  test_add_in_child ("/streams/output/errors-name-the-file", child_errors, NULL);
  g_test_add_func ("/streams/output/splice/from-memory", test_splice);
  g_test_add_func ("/streams/output/splice/from-a-file", test_splice_from_file);
  g_test_add_func ("/streams/output/splice/errors-close-what-was-asked", test_splice_errors);
  g_test_add_func ("/streams/output/splice/from-its-own-input", test_splice_from_itself);
  g_test_add_func ("/streams/output/splice/from-a-socket", test_splice_from_socket);
  g_test_add_func ("/streams/output/keeps-the-descriptor-open", test_descriptor);

  return g_test_run ();
}
