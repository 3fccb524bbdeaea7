/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "copies.h"
#include "test-support.h"

/* Copies from the middle of one file to the middle of another. */
static void
copy_offsets (int out_flags)
{
  g_autoptr (GBytes) bytes = test_copy_pattern (3000000);
  const char *p = g_bytes_get_data (bytes, NULL);
  g_autofree char *expected = g_malloc (2999900 + 7);
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", out_flags);
  guint n_fds = test_count_fds ();

  test_copy_put (in, p, 3000000);
  test_copy_put (out, "before", 7);
  lseek (in, 100, SEEK_SET);

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 2999900);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 3000000);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, 2999907);

  memcpy (expected, "before", 7);
  memcpy (expected + 7, p + 100, 2999900);
  test_copy_assert_contents (out, expected, 2999907);

  /* At the end there is nothing more. */
  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 0);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_offsets (gconstpointer data)
{
  test_copy_splices = TRUE;
  copy_offsets (GPOINTER_TO_INT (data));
  test_copy_splices = FALSE;
  copy_offsets (GPOINTER_TO_INT (data));
}

/* Calls the function again and again, each time with one more of the kernel's ways failing. */
static void
with_fewer_ways (int    errsv,
                 void (*function) (void))
{
  static const int ways[] = { SYS_splice, SYS_copy_file_range, SYS_sendfile };

  for (guint i = 0; i <= G_N_ELEMENTS (ways); i++)
    {
      if (i > 0 && !test_fail_syscall (ways[i - 1], errsv))
        test_child_skip ("no filters of system calls here");
      test_copy_splices = TRUE;
      function ();
      test_copy_splices = FALSE;
      function ();
    }
}

static void
copy_some (void)
{
  copy_offsets (0);
  copy_offsets (O_APPEND);
}

static void
child_fallback (gconstpointer data)
{
  with_fewer_ways (GPOINTER_TO_INT (data), copy_some);
}

static void
test_fallback (gconstpointer data)
{
  test_in_child (child_fallback, data);
}

/* A user who has as many pipes as a user may have gets small ones. */
static void
child_small_pipe (gconstpointer data)
{
  if (!test_fail_syscall_if (SYS_fcntl, EPERM, 1, F_SETPIPE_SZ))
    test_child_skip ("no filters of system calls here");
  test_copy_splices = TRUE;
  copy_some ();
}

/* A process that has as many descriptors as it may have gets none. */
static void
child_no_pipe (gconstpointer data)
{
  if (!test_fail_syscall (SYS_pipe2, EMFILE))
    test_child_skip ("no filters of system calls here");
  test_copy_splices = TRUE;
  copy_some ();
}

static void
test_small_pipe (void)
{
  test_in_child (child_small_pipe, NULL);
  test_in_child (child_no_pipe, NULL);
}

#define SIZE  3000000
#define LIMIT 1500000

static void
assert_fills (int     in,
              int     out,
              guint64 room)
{
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };

  test_copy_assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
  g_assert_cmpuint (copy.n_copied, ==, room);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, LIMIT);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, LIMIT);
}

/* The offsets of both files tell how much was copied. */
static void
fill_from_file (void)
{
  g_autofree char *path = test_path ("in");

  for (int i = 0; i < 2; i++)
    {
      temp_autofd int in = open (path, O_RDONLY | O_CLOEXEC);
      temp_autofd int out = test_copy_open ("out", i == 0 ? 0 : O_APPEND);

      test_copy_put (out, "before", 7);
      lseek (in, 100, SEEK_SET);
      assert_fills (in, out, LIMIT - 7);
      g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 100 + LIMIT - 7);
    }
}

/* A stream takes nothing back. Bytes that were read and not written are lost; those written count. */
static void
fill_from_stream (void)
{
  for (int i = 0; i < 4; i++)
    {
      temp_autofd int out = test_copy_open ("out", i < 2 ? 0 : O_APPEND);
      temp_autofd int from = -1, into = -1;
      char data[5000] = "";

      test_copy_open_stream (i % 2 != 0, &from, &into);
      test_copy_put (into, data, sizeof data);
      g_assert_no_errno (ftruncate (out, LIMIT - 1000));
      lseek (out, 0, SEEK_END);
      assert_fills (from, out, 1000);
    }
}

static void
fill (void)
{
  fill_from_file ();
  fill_from_stream ();
}

static void
child_no_room (gconstpointer data)
{
  g_autoptr (GBytes) bytes = test_copy_pattern (SIZE);
  temp_autofd int in = test_copy_open ("in", 0);

  test_copy_put (in, g_bytes_get_data (bytes, NULL), SIZE);
  test_copy_limit_size (LIMIT);
  with_fewer_ways (ENOSYS, fill);
}

static void
test_no_room (void)
{
  test_in_child (child_no_room, NULL);
}

/* The copy is as large as a file may be: to find the end is not to write past it. */
static void
fit (void)
{
  g_autoptr (GBytes) bytes = test_copy_pattern (LIMIT + 100);
  const char *p = g_bytes_get_data (bytes, NULL);
  g_autofree char *path = test_path ("in");
  temp_autofd int in = open (path, O_RDONLY | O_CLOEXEC);
  temp_autofd int out = test_copy_open ("out", 0);
  temp_autofd int sparse = test_copy_open ("sparse", 0);

  lseek (in, 100, SEEK_SET);
  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, LIMIT);
  test_copy_assert_contents (out, p + 100, LIMIT);
  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 0);

  g_assert_no_errno (ftruncate (sparse, LIMIT));
  g_assert_no_errno (ftruncate (out, 0));
  lseek (out, 0, SEEK_SET);
  g_assert_cmpuint (test_copy_assert_copies (sparse, out), ==, LIMIT);

  g_assert_cmpint (pwrite (sparse, "end", 3, LIMIT - 3), ==, 3);
  lseek (sparse, 0, SEEK_SET);
  g_assert_no_errno (ftruncate (out, 0));
  lseek (out, 0, SEEK_SET);
  g_assert_cmpuint (test_copy_assert_copies (sparse, out), ==, LIMIT);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, LIMIT);
}

static void
child_fit (gconstpointer data)
{
  g_autoptr (GBytes) bytes = test_copy_pattern (LIMIT + 100);
  temp_autofd int in = test_copy_open ("in", 0);

  test_copy_put (in, g_bytes_get_data (bytes, NULL), LIMIT + 100);
  test_copy_limit_size (LIMIT);
  with_fewer_ways (ENOSYS, fit);
}

static void
test_fit (void)
{
  test_in_child (child_fit, NULL);
}

static gssize
fail_copy_range (TempHandle in,
                 TempHandle out,
                 gsize      size)
{
  errno = ENOSPC;
  return -1;
}

static void
test_error (void)
{
  TempPlatform real = temp_platform;
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };

  test_copy_put (in, "some", 4);
  lseek (in, 0, SEEK_SET);
  temp_platform.copy_range = fail_copy_range;
  test_copy_assert_fails (&copy, G_IO_ERROR_NO_SPACE);
  temp_platform = real;
  g_assert_cmpuint (copy.n_copied, ==, 0);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 0);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1, .cancellable = cancellable };

  test_copy_put (in, "some", 4);
  lseek (in, 0, SEEK_SET);
  g_cancellable_cancel (cancellable);
  test_copy_assert_fails (&copy, G_IO_ERROR_CANCELLED);
  test_copy_assert_contents (out, "", 0);
}

/* Files of /proc have a size of 0. */
static void
test_proc (void)
{
  temp_autofd int in = open ("/proc/version", O_RDONLY | O_CLOEXEC);
  temp_autofd int out = test_copy_open ("out", 0);
  g_autofree char *contents = NULL;
  gsize length;

  if (in < 0)
    {
      g_test_skip ("no /proc here");
      return;
    }

  g_assert_true (g_file_get_contents ("/proc/version", &contents, &length, NULL));
  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, length);
  test_copy_assert_contents (out, contents, length);
}

/* Copies from a file to itself, with two offsets, or, if to is -1, with one. */
static void
check_itself (gsize  size,
              gssize from,
              gssize to,
              int    out_flags)
{
  g_autoptr (GBytes) bytes = test_copy_pattern (size);
  const char *p = g_bytes_get_data (bytes, NULL);
  temp_autofd int in = test_copy_open ("itself", 0);
  g_autofree char *path = test_path ("itself");
  temp_autofd int second = open (path, O_RDWR | O_CLOEXEC | out_flags);
  gsize length = size - from;
  gsize end;
  g_autofree char *expected = NULL;
  int out = to < 0 ? in : second;

  test_copy_put (in, p, size);
  lseek (in, from, SEEK_SET);
  if (to < 0)
    to = size;
  else
    lseek (second, to, SEEK_SET);
  if (out_flags & O_APPEND)
    to = size;

  end = MAX (size, to + length);
  expected = g_malloc (end);
  memcpy (expected, p, size);
  memcpy (expected + to, p + from, length);

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, length);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, to + length);
  test_copy_assert_contents (in, expected, end);
}

static void
test_itself (void)
{
  check_itself (100, 0, 100, 0);
  check_itself (100, 10, -1, 0);
  check_itself (5000000, 0, 5000000, 0);
  check_itself (5000000, 0, 100, 0);
  check_itself (5000000, 100, 0, 0);
  check_itself (5000000, 4000000, 100, 0);
  check_itself (5000000, 7, 7, 0);
  check_itself (5000000, 0, 2500000, 0);
  check_itself (5000000, 0, 0, O_APPEND);
  check_itself (5000000, 100, 4000000, O_APPEND);
}

/* The offsets of both descriptors tell how much was copied: nothing, if the beginning is missing. */
static void
assert_fills_itself (gssize  to,
                     int     out_flags,
                     guint64 n_copied)
{
  temp_autofd int in = test_copy_open ("itself", 0);
  g_autofree char *path = test_path ("itself");
  temp_autofd int out = open (path, O_RDWR | O_CLOEXEC | out_flags);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };
  g_autoptr (GBytes) bytes = test_copy_pattern (LIMIT - 100);

  test_copy_put (in, g_bytes_get_data (bytes, NULL), LIMIT - 100);
  lseek (in, 50, SEEK_SET);
  lseek (out, to, SEEK_SET);
  test_copy_assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
  g_assert_cmpuint (copy.n_copied, ==, n_copied);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 50 + n_copied);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, (out_flags & O_APPEND ? LIMIT - 100 : to) + n_copied);
}

static void
child_itself_no_room (gconstpointer data)
{
  test_copy_limit_size (LIMIT);
  assert_fills_itself (LIMIT - 100, 0, 100);
  assert_fills_itself (0, O_APPEND, 100);
  assert_fills_itself (LIMIT - 10, 0, 10);
  assert_fills_itself (1000, 0, 0);
}

static void
test_itself_no_room (void)
{
  test_in_child (child_itself_no_room, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_copy_init ();

  g_test_add_data_func ("/copy/from-offset-to-offset", NULL, test_offsets);
  g_test_add_data_func ("/copy/from-offset-to-the-end", GINT_TO_POINTER (O_APPEND), test_offsets);
  g_test_add_data_func ("/copy/another-way-after/ENOSYS", GINT_TO_POINTER (ENOSYS), test_fallback);
  g_test_add_data_func ("/copy/another-way-after/EXDEV", GINT_TO_POINTER (EXDEV), test_fallback);
  g_test_add_data_func ("/copy/another-way-after/EPERM", GINT_TO_POINTER (EPERM), test_fallback);
  g_test_add_func ("/copy/another-way-without-a-large-pipe", test_small_pipe);
  g_test_add_func ("/copy/a-full-disk-counts-what-fits", test_no_room);
  g_test_add_func ("/copy/the-end-needs-no-room", test_fit);
  g_test_add_func ("/copy/an-error-is-returned", test_error);
  g_test_add_func ("/copy/stops-if-cancelled", test_cancelled);
  g_test_add_func ("/copy/a-file-of-proc", test_proc);
  g_test_add_func ("/copy/a-file-to-itself", test_itself);
  g_test_add_func ("/copy/a-file-to-itself-on-a-full-disk", test_itself_no_room);

  return g_test_run ();
}
