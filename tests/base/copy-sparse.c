/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "copies.h"
#include "test-support.h"

#define SIZE  3000000
#define LIMIT 1500000

static TempPlatform real;

/* A file becomes shorter right before the library looks for data in it. */
static TempHandle truncated_at_seek = TEMP_HANDLE_NONE;
static int64_t truncated_size;

static int64_t
seek (TempHandle handle,
      int64_t    offset,
      TempSeek   from)
{
  if (from == TEMP_SEEK_DATA && handle == truncated_at_seek)
    {
      truncated_at_seek = TEMP_HANDLE_NONE;
      g_assert_no_errno (real.set_size (handle, truncated_size));
    }

  return real.seek (handle, offset, from);
}

static void
test_sparse (void)
{
  const goffset size = (goffset) 1 << 33;
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);
  struct stat st;
  char found[6];

  /* A hole at the beginning, in the middle, and at the end. */
  if (ftruncate (in, size) < 0)
    {
      g_test_skip ("no large files here");
      return;
    }
  g_assert_cmpint (pwrite (in, "first", 6, 1 << 20), ==, 6);
  g_assert_cmpint (pwrite (in, "again", 6, size / 2), ==, 6);
  g_assert_no_errno (fstat (in, &st));
  if (st.st_blocks > 4096)
    {
      g_test_skip ("no sparse files here");
      return;
    }

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, size);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, size);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, size);
  g_assert_no_errno (fstat (out, &st));
  g_assert_cmpint (st.st_size, ==, size);
  g_assert_cmpint (st.st_blocks, <=, 4096);
  g_assert_cmpint (pread (out, found, 6, 1 << 20), ==, 6);
  g_assert_cmpstr (found, ==, "first");
  g_assert_cmpint (pread (out, found, 6, size / 2), ==, 6);
  g_assert_cmpstr (found, ==, "again");
  g_assert_no_errno (ftruncate (out, 0));
}

/* A hole for which the target cannot become large enough does not count as copied. */
static void
child_sparse_no_room (gconstpointer data)
{
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };

  g_assert_cmpint (pwrite (in, "some", 4, 1 << 20), ==, 4);
  g_assert_no_errno (ftruncate (in, SIZE));
  test_copy_limit_size (LIMIT);

  test_copy_assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
  g_assert_cmpuint (copy.n_copied, >=, (1 << 20) + 4);
  g_assert_cmpuint (copy.n_copied, <, LIMIT);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, copy.n_copied);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, copy.n_copied);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, copy.n_copied);
}

static void
test_sparse_no_room (void)
{
  test_in_child (child_sparse_no_room, NULL);
}

/* A file opened for appending can have no hole. */
static void
test_sparse_append (void)
{
  g_autofree char *expected = g_malloc0 (7 + (1 << 20));
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", O_APPEND);

  g_assert_cmpint (pwrite (in, "middle", 6, 1 << 19), ==, 6);
  g_assert_no_errno (ftruncate (in, 1 << 20));
  test_copy_put (out, "before", 7);
  memcpy (expected, "before", 7);
  memcpy (expected + 7 + (1 << 19), "middle", 6);

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 1 << 20);
  test_copy_assert_contents (out, expected, 7 + (1 << 20));
}

/* The part that a source loses is no hole. */
static void
test_sparse_shorter (void)
{
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);

  g_assert_no_errno (ftruncate (in, 1 << 20));
  truncated_at_seek = in;
  truncated_size = 1000;
  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 1000);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, 1000);
}

/* A hole overwrites data with zeros. */
static void
test_sparse_onto_data (void)
{
  g_autofree char *data = g_strnfill (1 << 20, 'x');
  g_autofree char *expected = g_malloc0 (1 << 20);
  temp_autofd int in = test_copy_open ("in", 0);
  temp_autofd int out = test_copy_open ("out", 0);

  g_assert_no_errno (ftruncate (in, (1 << 20) - 4));
  test_copy_put (out, data, 1 << 20);
  lseek (out, 0, SEEK_SET);
  memset (expected + (1 << 20) - 4, 'x', 4);

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, (1 << 20) - 4);
  test_copy_assert_contents (out, expected, 1 << 20);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_copy_init ();
  real = temp_platform;
  temp_platform.seek = seek;

  g_test_add_func ("/copy/holes-stay-holes", test_sparse);
  g_test_add_func ("/copy/holes-on-a-full-disk", test_sparse_no_room);
  g_test_add_func ("/copy/holes-are-appended-as-zeros", test_sparse_append);
  g_test_add_func ("/copy/holes-of-a-source-that-becomes-shorter", test_sparse_shorter);
  g_test_add_func ("/copy/holes-overwrite-data", test_sparse_onto_data);

  return g_test_run ();
}
