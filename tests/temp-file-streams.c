/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test-support.h"

typedef struct
{
  TempFile      *file;
  GIOStream     *io;
  GInputStream  *input;
  GOutputStream *output;
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  f->file = data != NULL ? temp_file_new_named (test_dir (), NULL, NULL, &error) : temp_file_new (test_dir (), &error);
  g_assert_no_error (error);
  f->io = G_IO_STREAM (f->file);
  f->input = g_io_stream_get_input_stream (f->io);
  f->output = g_io_stream_get_output_stream (f->io);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  g_clear_object (&f->file);
}

static void
write_text (Fixture    *f,
            const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_output_stream_write_all (f->output, text, strlen (text), NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_contents (Fixture    *f,
                 const char *text)
{
  g_autoptr (GError) error = NULL;
  char buffer[100] = "";
  gsize n;

  g_assert_true (g_seekable_seek (G_SEEKABLE (f->file), 0, G_SEEK_SET, NULL, &error));
  g_assert_true (g_input_stream_read_all (f->input, buffer, sizeof buffer - 1, &n, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (buffer, ==, text);
}

static void
test_shared_offset (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr (GError) error = NULL;
  GSeekable *seekables[3] = { G_SEEKABLE (f->file), G_SEEKABLE (f->input), G_SEEKABLE (f->output) };

  write_text (f, "hello world");
  assert_contents (f, "hello world");
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (g_seekable_can_seek (seekables[i]));
      g_assert_cmpint (g_seekable_can_truncate (seekables[i]), ==, i != 1);
      g_assert_true (g_seekable_seek (seekables[i], -4, G_SEEK_END, NULL, &error));
      g_assert_true (g_seekable_seek (seekables[i], -1, G_SEEK_CUR, NULL, &error));
      for (guint j = 0; j < 3; j++)
        g_assert_cmpint (g_seekable_tell (seekables[j]), ==, 6);
      g_assert_false (g_seekable_seek (seekables[i], -1, G_SEEK_SET, NULL, &error));
      test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpint (lseek (temp_file_get_fd (f->file), 0, SEEK_CUR), ==, 6);
}

static void
test_truncate (Fixture       *f,
               gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  write_text (f, "hello world");
  g_assert_true (g_seekable_truncate (G_SEEKABLE (f->file), 5, NULL, &error));
  assert_contents (f, "hello");
  g_assert_true (g_seekable_truncate (G_SEEKABLE (f->output), 2, NULL, &error));
  assert_contents (f, "he");
  g_assert_false (g_seekable_truncate (G_SEEKABLE (f->output), -1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* Checks the information, and frees it. */
static void
take_info (GFileInfo    *info,
           const char   *path,
           const GError *error)
{
  g_assert_no_error (error);
  g_assert_cmpint (g_file_info_get_size (info), ==, 5);
  g_assert_cmpint (g_file_info_get_file_type (info), ==, G_FILE_TYPE_REGULAR);
  g_assert_cmpuint (g_file_info_get_attribute_uint32 (info, "unix::mode") & 07777, ==, 0600);
  g_assert_false (g_file_info_has_attribute (info, "standard::is-symlink"));
  if (path != NULL)
    {
      g_autofree char *base = g_path_get_basename (path);

      g_assert_cmpstr (g_file_info_get_name (info), ==, base);
      g_assert_cmpstr (g_file_info_get_display_name (info), ==, base);
    }
  else
    {
      g_assert_false (g_file_info_has_attribute (info, "standard::name"));
      g_assert_false (g_file_info_has_attribute (info, "standard::display-name"));
    }
  g_object_unref (info);
}

static void
test_query_info (Fixture       *f,
                 gconstpointer  data)
{
  const char *path = temp_file_get_path (f->file);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  GFileInfo *info;

  if (test_skips_on_posix ("no link to an open file"))
    return;
  write_text (f, "hello");
  info = g_file_io_stream_query_info (G_FILE_IO_STREAM (f->file), "*", NULL, &error);
  take_info (info, path, error);
  info = g_file_input_stream_query_info (G_FILE_INPUT_STREAM (f->input), "*", NULL, &error);
  take_info (info, path, error);
  info = g_file_output_stream_query_info (G_FILE_OUTPUT_STREAM (f->output), "*", NULL, &error);
  take_info (info, path, error);

  g_file_io_stream_query_info_async (G_FILE_IO_STREAM (f->file), "*", 0, NULL, test_keep_result, &result);
  info = g_file_io_stream_query_info_finish (G_FILE_IO_STREAM (f->file), test_wait_result (&result), &error);
  take_info (info, path, error);
}

/* The file and its two streams */
typedef enum
{
  FILE_ITSELF,
  INPUT,
  OUTPUT,
  N_PARTS
} Part;

static void
close_part (Fixture  *f,
            Part      part,
            gboolean  is_async,
            gboolean  is_open)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  switch (part)
    {
    case FILE_ITSELF:
      if (!is_async)
        {
          g_assert_true (g_io_stream_close (f->io, NULL, &error));
          break;
        }
      g_io_stream_close_async (f->io, 0, NULL, test_keep_result, &result);
      g_assert_true (g_io_stream_close_finish (f->io, test_wait_result (&result), &error));
      break;
    case INPUT:
      if (!is_async)
        {
          g_assert_true (g_input_stream_close (f->input, NULL, &error));
          break;
        }
      g_input_stream_close_async (f->input, 0, NULL, test_keep_result, &result);
      g_assert_true (g_input_stream_close_finish (f->input, test_wait_result (&result), &error));
      break;
    default:
      if (!is_async)
        {
          g_assert_true (g_output_stream_close (f->output, NULL, &error));
          break;
        }
      g_output_stream_close_async (f->output, 0, NULL, test_keep_result, &result);
      /* GIO: an asynchronous close of a closed output fails. */
      g_output_stream_close_finish (f->output, test_wait_result (&result), is_open ? &error : NULL);
    }
  g_assert_no_error (error);
}

/* An operation on the part returned n: 1, or -1 with an error once the part is closed. */
static void
assert_works (gssize   n,
              gboolean is_open,
              GError **error)
{
  g_assert_cmpint (n, ==, is_open ? 1 : -1);
  if (!is_open)
    test_assert_io_error (error, G_IO_ERROR_CLOSED);
  g_assert_no_error (*error);
}

static void
assert_open (Fixture       *f,
             const gboolean open[N_PARTS])
{
  g_autoptr (GError) error = NULL;
  gssize n;
  char c;

  n = g_seekable_seek (G_SEEKABLE (f->file), 0, G_SEEK_SET, NULL, &error) ? 1 : -1;
  assert_works (n, open[FILE_ITSELF], &error);
  n = g_input_stream_read (f->input, &c, 1, NULL, &error);
  assert_works (n, open[INPUT], &error);
  n = g_output_stream_write (f->output, "y", 1, NULL, &error);
  assert_works (n, open[OUTPUT], &error);

  g_assert_cmpint (g_seekable_can_seek (G_SEEKABLE (f->file)), ==, open[FILE_ITSELF]);
  g_assert_cmpint (g_seekable_can_seek (G_SEEKABLE (f->input)), ==, open[INPUT]);
  g_assert_cmpint (g_seekable_can_seek (G_SEEKABLE (f->output)), ==, open[OUTPUT]);
}

/* Closes the three in each of the six orders. */
static void
test_close_order (gconstpointer is_async)
{
  static const Part orders[6][N_PARTS] = {
    { FILE_ITSELF, INPUT, OUTPUT }, { FILE_ITSELF, OUTPUT, INPUT }, { INPUT, FILE_ITSELF, OUTPUT },
    { INPUT, OUTPUT, FILE_ITSELF }, { OUTPUT, FILE_ITSELF, INPUT }, { OUTPUT, INPUT, FILE_ITSELF },
  };

  test_start_threads ();
  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      const guint n_fds = test_count_fds ();
      gboolean open[N_PARTS] = { TRUE, TRUE, TRUE };
      Fixture f;

      set_up (&f, GINT_TO_POINTER (i % 2));
      write_text (&f, "x");

      for (guint j = 0; j < N_PARTS; j++)
        {
          const Part part = orders[i][j];

          close_part (&f, part, is_async != NULL, open[part]);
          open[part] = FALSE;
          if (part == FILE_ITSELF)
            open[INPUT] = open[OUTPUT] = FALSE;
          assert_open (&f, open);
        }

      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      tear_down (&f, NULL);
    }
}

/* A stream that outlives its file is closed, and keeps nothing open. */
static void
test_streams_outlive (Fixture       *f,
                      gconstpointer  data)
{
  g_autoptr (GInputStream) input = g_object_ref (f->input);
  g_autoptr (GOutputStream) output = g_object_ref (f->output);
  g_autoptr (GError) error = NULL;
  int fd = temp_file_get_fd (f->file);

  g_clear_object (&f->file);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_true (g_input_stream_is_closed (input));
  g_assert_true (g_output_stream_is_closed (output));
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

/* Streams that are made after the close are closed. */
static void
test_late_streams (void)
{
  g_autoptr (TempFile) file = temp_file_new (test_dir (), NULL);
  GInputStream *input;
  GOutputStream *output;
  g_autoptr (GError) error = NULL;
  char c;

  g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
  input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_assert_cmpint (g_input_stream_read (input, &c, 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

static void
test_cancelled (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GOutputVector vector = { "x", 1 };
  const char *path = temp_file_get_path (f->file);
  g_autoptr (GError) error = NULL;
  char c;

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (f->input, &c, 1, cancellable, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_input_stream_skip (f->input, 1, cancellable, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_output_stream_write (f->output, "x", 1, cancellable, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (g_output_stream_writev (f->output, &vector, 1, NULL, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (g_seekable_seek (G_SEEKABLE (f->file), 0, G_SEEK_SET, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (f->output), 0, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (g_file_io_stream_query_info (G_FILE_IO_STREAM (f->file), "*", cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* Closing works nevertheless. */
  g_io_stream_close (f->io, cancellable, NULL);
  g_assert_true (g_io_stream_is_closed (f->io));
  g_assert_cmpint (temp_file_get_fd (f->file), ==, -1);
  if (path != NULL)
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* One operation at a time: a second one on any of the three fails. */
static void
test_pending (Fixture       *f,
              gconstpointer  data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_output_stream_write_async (f->output, "hello", 5, 0, NULL, test_keep_result, &result);
  g_assert_cmpint (g_output_stream_write (f->output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (g_seekable_seek (G_SEEKABLE (f->output), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (g_seekable_seek (G_SEEKABLE (f->file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (f->file), 0, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  g_assert_cmpint (g_output_stream_write_finish (f->output, test_wait_result (&result), &error), ==, 5);
  assert_contents (f, "hello");
}

/* Closed, and dropped, while a thread still writes: the write goes to this file or nowhere. */
static void
test_unref_while_pending (gconstpointer data)
{
  gboolean named = data != NULL;

  test_start_threads ();
  for (guint i = 0; i < 50; i++)
    {
      guint n_fds = test_count_fds ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GOutputStream) output = NULL;
      g_autofree char *path = NULL;
      static char block[1 << 20];
      Fixture f;
      gsize n;

      set_up (&f, GINT_TO_POINTER (named));
      path = g_strdup (temp_file_get_path (f.file));
      output = g_object_ref (f.output);
      g_output_stream_write_all_async (output, block, sizeof block, 0, NULL, test_keep_result, &result);
      g_object_unref (f.file);
      if (named)
        g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

      /* The close may have come first. */
      if (!g_output_stream_write_all_finish (output, test_wait_result (&result), &n, &error))
        g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
                       g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING)); /* in the middle of the close */
      g_assert_true (g_output_stream_close (output, NULL, NULL));
      g_clear_object (&result);
      g_clear_object (&output);
      while (test_count_fds () > n_fds) /* the thread drops the task in its own time */
        g_thread_yield ();
    }
}

static void
on_alarm (int signal_number)
{
}

/* Signals interrupt system calls, and callers do not notice. */
static void
test_signals (void)
{
  struct sigaction action = { .sa_handler = on_alarm }; /* without SA_RESTART */
  static char block[1 << 16];
  g_autoptr (GError) error = NULL;
  Fixture f;
  gsize n;

  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  ualarm (100, 100);
  set_up (&f, NULL);
  for (guint i = 0; i < 200; i++)
    {
      g_assert_true (g_output_stream_write_all (f.output, block, sizeof block, &n, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (n, ==, sizeof block);
    }
  g_assert_true (g_seekable_seek (G_SEEKABLE (f.file), 0, G_SEEK_SET, NULL, &error));
  for (guint i = 0; i < 200; i++)
    {
      g_assert_true (g_input_stream_read_all (f.input, block, sizeof block, &n, NULL, &error));
      g_assert_cmpuint (n, ==, sizeof block);
    }
  tear_down (&f, NULL);
  ualarm (0, 0);
}

static void
child_close_fails (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Fixture f;

  set_up (&f, NULL);
  if (!test_fail_syscall_on (SYS_close, EIO, temp_file_get_fd (f.file)))
    test_child_skip ("no filters of system calls here");
  g_assert_false (g_io_stream_close (f.io, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, test_dir ());
  g_assert_true (g_io_stream_is_closed (f.io));
  g_assert_cmpint (temp_file_get_fd (f.file), ==, -1);
}

/* A write fails with the disk's error. The bytes that were there before still are. */
static void
child_full_disk (gconstpointer data)
{
  g_autofree char *small = test_path ("small");
  g_autofree char *block = g_strnfill (16384, 'x');
  g_autofree char *read_back = g_malloc0 (16384);
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  GInputStream *input;
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

  g_assert_true (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  g_assert_true (g_input_stream_read_all (input, read_back, 16384, &n, NULL, &error));
  g_assert_cmpmem (block, 16384, read_back, n);
}

static void
test_etag (Fixture       *f,
           gconstpointer  data)
{
  g_autoptr (GFileInfo) info = NULL;
  g_autofree char *etag = NULL;

  if (test_skips_on_posix ("no link to an open file"))
    return;
  write_text (f, "x");
  temp_file_set_delete_on_close (f->file, FALSE);
  info = g_file_query_info (temp_file_get_file (f->file), "etag::value", 0, NULL, NULL);
  g_io_stream_close (f->io, NULL, NULL);
  etag = g_file_io_stream_get_etag (G_FILE_IO_STREAM (f->file));
  g_assert_cmpstr (etag, ==, g_file_info_get_etag (info));
}

/* A second stream has its own offset and descriptor, and outlives the first. */
static void
test_reopen (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr (GFileIOStream) second = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  char found[100] = "";
  GOutputStream *output;
  GInputStream *input;
  struct stat st;
  int fd;

  if (test_skips_on_posix ("no link to an open file"))
    return;
  write_text (f, "the new contents");
  second = temp_file_reopen (f->file, NULL, &error);
  g_assert_no_error (error);
  input = g_io_stream_get_input_stream (G_IO_STREAM (second));
  output = g_io_stream_get_output_stream (G_IO_STREAM (second));
  fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (output));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);

  info = g_file_io_stream_query_info (second, "unix::inode", NULL, &error);
  g_assert_no_error (error);
  g_assert_no_errno (fstat (temp_file_get_fd (f->file), &st));
  g_assert_cmpuint (g_file_info_get_attribute_uint64 (info, "unix::inode"), ==, st.st_ino);

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (second)), ==, 0);
  g_assert_cmpint (g_input_stream_read (input, found, 7, NULL, NULL), ==, 7);
  g_assert_cmpstr (found, ==, "the new");
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (f->file)), ==, strlen ("the new contents"));
  g_assert_true (g_seekable_seek (G_SEEKABLE (second), 4, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (g_output_stream_write (output, "two", 3, NULL, NULL), ==, 3);
  assert_contents (f, "the two contents");

  g_assert_true (g_io_stream_close (f->io, NULL, NULL));
  g_assert_true (g_seekable_seek (G_SEEKABLE (second), 0, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (g_input_stream_read (input, found, 7, NULL, NULL), ==, 7);
  g_assert_cmpstr (found, ==, "the two");
  g_assert_true (g_io_stream_close (G_IO_STREAM (second), NULL, &error));
  g_assert_no_error (error);

  g_assert_null (temp_file_reopen (f->file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

#define ADD(promise, data, function) \
  g_test_add ("/streams/file/" promise, Fixture, data, set_up, function, tear_down)
#define NAMED "named"

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  ADD ("share-one-offset", NULL, test_shared_offset);
  ADD ("truncate", NULL, test_truncate);
  ADD ("tell-of-the-file/nameless", NULL, test_query_info);
  ADD ("tell-of-the-file/named", NAMED, test_query_info);
  ADD ("etag-is-that-of-the-close", NAMED, test_etag);
  ADD ("one-operation-at-a-time", NULL, test_pending);
  ADD ("cancelled-change-nothing/nameless", NULL, test_cancelled);
  ADD ("cancelled-change-nothing/named", NAMED, test_cancelled);
  g_test_add_data_func ("/streams/file/closed-in-any-order/sync", NULL, test_close_order);
  g_test_add_data_func ("/streams/file/closed-in-any-order/async", "async", test_close_order);
  g_test_add_func ("/streams/file/closed-if-asked-for-late", test_late_streams);
  ADD ("closed-if-they-outlive-the-file", NULL, test_streams_outlive);
  g_test_add_data_func ("/streams/file/dropped-in-the-middle/nameless", NULL, test_unref_while_pending);
  g_test_add_data_func ("/streams/file/dropped-in-the-middle/named", NAMED, test_unref_while_pending);
  g_test_add_func ("/streams/file/signals-go-unnoticed", test_signals);
  test_add_in_child ("/streams/file/full-disk-is-an-error", child_full_disk, NULL);
  test_add_in_child ("/streams/file/closed-though-close-fails", child_close_fails, NULL);
  ADD ("reopened-with-an-offset-of-its-own/nameless", NULL, test_reopen);
  ADD ("reopened-with-an-offset-of-its-own/named", NAMED, test_reopen);

  return g_test_run ();
}
