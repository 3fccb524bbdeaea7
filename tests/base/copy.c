/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The library's calls of lseek() come here. */
static int truncated_at_seek = -1;
static goffset truncated_size;

off_t
lseek (int   fd,
       off_t offset,
       int   whence)
{
  if (whence == SEEK_DATA && fd == truncated_at_seek)
    {
      truncated_at_seek = -1;
      g_assert_no_errno (ftruncate (fd, truncated_size));
    }

  return syscall (SYS_lseek, fd, offset, whence);
}

/* The library's calls of fstatfs() come here: each filesystem is one to be spliced onto, or none is. */
static gboolean is_spliced_onto;

int
fstatfs (int            fd,
         struct statfs *fs)
{
  memset (fs, 0, sizeof *fs);
  fs->f_type = is_spliced_onto ? EXT4_SUPER_MAGIC : TMPFS_MAGIC;
  return 0;
}

static int
open_new (const char *base,
          int         flags)
{
  g_autofree char *path = test_path (base);
  int fd = open (path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC | flags, 0600);

  g_assert_no_errno (fd);
  return fd;
}

/* Bytes that differ from place to place. */
static GBytes *
pattern (gsize size)
{
  guint8 *data = g_malloc (size);
  guint32 x = 1;

  for (gsize i = 0; i < size; i++)
    {
      x = x * 1664525 + 1013904223;
      data[i] = x >> 24;
    }

  return g_bytes_new_take (data, size);
}

static void
put (int         fd,
     const void *data,
     gsize       size)
{
  const char *p = data;

  while (size > 0)
    {
      gssize n = write (fd, p, size);

      g_assert_no_errno (n);
      p += n;
      size -= n;
    }
}

static void
assert_contents (int         fd,
                 const void *data,
                 gsize       size)
{
  g_autofree char *found = g_malloc (size + 1);
  gsize n = 0;
  gssize more;

  while (n <= size && (more = pread (fd, found + n, size + 1 - n, n)) > 0)
    n += more;
  g_assert_cmpmem (found, n, data, size);
}

static void
assert_fails (TempCopy *copy,
              int       code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_copy_run (copy, &error));
  g_assert_error (error, G_IO_ERROR, code);
}

/* Two ends of a stream. */
static void
open_stream (gboolean  is_socket,
             int      *from,
             int      *into)
{
  int fds[2];

  if (is_socket)
    g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  else
    g_assert_no_errno (pipe2 (fds, O_CLOEXEC));
  *from = fds[0];
  *into = fds[1];
}

static guint64
assert_copies (int in,
               int out)
{
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };
  g_autoptr (GError) error = NULL;

  temp_copy_run (&copy, &error);
  g_assert_no_error (error);
  return copy.n_copied;
}

/* From the middle of one file to the middle of another. */
static void
copy_offsets (int out_flags)
{
  g_autoptr (GBytes) bytes = pattern (3000000);
  const char *p = g_bytes_get_data (bytes, NULL);
  g_autofree char *expected = g_malloc (2999900 + 7);
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", out_flags);
  guint n_fds = test_count_fds ();

  put (in, p, 3000000);
  put (out, "before", 7);
  lseek (in, 100, SEEK_SET);

  g_assert_cmpuint (assert_copies (in, out), ==, 2999900);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 3000000);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, 2999907);

  memcpy (expected, "before", 7);
  memcpy (expected + 7, p + 100, 2999900);
  assert_contents (out, expected, 2999907);

  /* At the end there is nothing more. */
  g_assert_cmpuint (assert_copies (in, out), ==, 0);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_offsets (gconstpointer data)
{
  is_spliced_onto = TRUE;
  copy_offsets (GPOINTER_TO_INT (data));
  is_spliced_onto = FALSE;
  copy_offsets (GPOINTER_TO_INT (data));
}

/* Again and again, each time with one more of the kernel's ways that fails. */
static void
with_fewer_ways (int    errsv,
                 void (*function) (void))
{
  static const int ways[] = { SYS_splice, SYS_copy_file_range, SYS_sendfile };

  for (guint i = 0; i <= G_N_ELEMENTS (ways); i++)
    {
      if (i > 0 && !test_fail_syscall (ways[i - 1], errsv))
        test_child_skip ("no filters of system calls here");
      is_spliced_onto = TRUE;
      function ();
      is_spliced_onto = FALSE;
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

/* Where a user has as many pipes as a user may have, new ones stay small. */
static void
child_small_pipe (gconstpointer data)
{
  if (!test_fail_syscall_if (SYS_fcntl, EPERM, 1, F_SETPIPE_SZ))
    test_child_skip ("no filters of system calls here");
  is_spliced_onto = TRUE;
  copy_some ();
}

/* And where there can be no more descriptors, none at all. */
static void
child_no_pipe (gconstpointer data)
{
  if (!test_fail_syscall (SYS_pipe2, EMFILE))
    test_child_skip ("no filters of system calls here");
  is_spliced_onto = TRUE;
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

  assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
  g_assert_cmpuint (copy.n_copied, ==, room);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, LIMIT);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, LIMIT);
}

/* Both files are then as far as the copy came. */
static void
fill_from_file (void)
{
  g_autofree char *path = test_path ("in");

  for (int i = 0; i < 2; i++)
    {
      temp_autofd int in = open (path, O_RDONLY | O_CLOEXEC);
      temp_autofd int out = open_new ("out", i == 0 ? 0 : O_APPEND);

      put (out, "before", 7);
      lseek (in, 100, SEEK_SET);
      assert_fills (in, out, LIMIT - 7);
      g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 100 + LIMIT - 7);
    }
}

/* From a stream nothing can go back: what was read is lost, but what was written counts. */
static void
fill_from_stream (void)
{
  for (int i = 0; i < 4; i++)
    {
      temp_autofd int out = open_new ("out", i < 2 ? 0 : O_APPEND);
      temp_autofd int from = -1, into = -1;
      char data[5000] = "";

      open_stream (i % 2 != 0, &from, &into);
      put (into, data, sizeof data);
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

/* Makes the write short that goes past it. */
static void
limit_size (rlim_t size)
{
  const struct rlimit limit = { size, size };

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
}

static void
child_no_room (gconstpointer data)
{
  g_autoptr (GBytes) bytes = pattern (SIZE);
  temp_autofd int in = open_new ("in", 0);

  put (in, g_bytes_get_data (bytes, NULL), SIZE);
  limit_size (LIMIT);
  with_fewer_ways (ENOSYS, fill);
}

static void
test_no_room (void)
{
  test_in_child (child_no_room, NULL);
}

/* All that there is to copy fits just in: to see that there is no more is not to write more. */
static void
fit (void)
{
  g_autoptr (GBytes) bytes = pattern (LIMIT + 100);
  const char *p = g_bytes_get_data (bytes, NULL);
  g_autofree char *path = test_path ("in");
  temp_autofd int in = open (path, O_RDONLY | O_CLOEXEC);
  temp_autofd int out = open_new ("out", 0);
  temp_autofd int sparse = open_new ("sparse", 0);

  lseek (in, 100, SEEK_SET);
  g_assert_cmpuint (assert_copies (in, out), ==, LIMIT);
  assert_contents (out, p + 100, LIMIT);
  g_assert_cmpuint (assert_copies (in, out), ==, 0);

  g_assert_no_errno (ftruncate (sparse, LIMIT));
  g_assert_no_errno (ftruncate (out, 0));
  lseek (out, 0, SEEK_SET);
  g_assert_cmpuint (assert_copies (sparse, out), ==, LIMIT);

  g_assert_cmpint (pwrite (sparse, "end", 3, LIMIT - 3), ==, 3);
  lseek (sparse, 0, SEEK_SET);
  g_assert_no_errno (ftruncate (out, 0));
  lseek (out, 0, SEEK_SET);
  g_assert_cmpuint (assert_copies (sparse, out), ==, LIMIT);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, LIMIT);
}

static void
child_fit (gconstpointer data)
{
  g_autoptr (GBytes) bytes = pattern (LIMIT + 100);
  temp_autofd int in = open_new ("in", 0);

  put (in, g_bytes_get_data (bytes, NULL), LIMIT + 100);
  limit_size (LIMIT);
  with_fewer_ways (ENOSYS, fit);
}

static void
test_fit (void)
{
  test_in_child (child_fit, NULL);
}

/* What has left a socket, and cannot be written, cannot be had in another way. */
static void
assert_loses (int out,
              int number,
              int failing_fd,
              int failure,
              int expected)
{
  temp_autofd int from = -1, into = -1;
  TempCopy copy = { .out = out, .timeout_ms = 1 };
  g_autoptr (GError) error = NULL;

  open_stream (TRUE, &from, &into);
  copy.in = from;
  put (into, "some", 4);

  if (failing_fd < 0)
    {
      /* The pipe between them will have this number. */
      failing_fd = dup (from);
      close (failing_fd);
    }
  if (!test_fail_syscall_on (number, failure, failing_fd))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_copy_run (&copy, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (expected));
  g_assert_nonnull (strstr (error->message, g_strerror (expected)));
  g_assert_cmpuint (copy.n_copied, ==, 0);
}

static void
child_lost (gconstpointer data)
{
  temp_autofd int out = open_new ("out", 0);

  assert_loses (out, SYS_splice, -1, EIO, EIO);
}

/* A target that is not ready is not waited for; and one that takes nothing says no error. */
static void
child_not_written (gconstpointer data)
{
  const int errsv = GPOINTER_TO_INT (data);
  temp_autofd int out = open_new ("out", O_APPEND);

  assert_loses (out, SYS_write, out, errsv, errsv == 0 ? EIO : errsv);
}

/* Whatever the source is. */
static void
child_not_ready (gconstpointer data)
{
  temp_autofd int from = -1, into = -1, out = -1, other = -1;
  TempCopy copy = { .timeout_ms = -1 };
  char filling[4096] = "";

  open_stream (TRUE, &other, &out);
  g_assert_no_errno (fcntl (out, F_SETFL, O_NONBLOCK));
  copy.out = out;
  while (write (out, filling, sizeof filling) > 0)
    ;
  open_stream (FALSE, &from, &into);
  copy.in = from;
  put (into, "some", 4);

  assert_fails (&copy, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (copy.n_copied, ==, 0);
}

static void
test_lost (void)
{
  test_in_child (child_lost, NULL);
  test_in_child (child_not_ready, NULL);
  test_in_child (child_not_written, GINT_TO_POINTER (EAGAIN));
  test_in_child (child_not_written, GINT_TO_POINTER (0));
}

static void
child_error (gconstpointer data)
{
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };

  put (in, "some", 4);
  lseek (in, 0, SEEK_SET);
  if (!test_fail_syscall (SYS_copy_file_range, ENOSPC))
    test_child_skip ("no filters of system calls here");
  assert_fails (&copy, G_IO_ERROR_NO_SPACE);
  g_assert_cmpuint (copy.n_copied, ==, 0);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 0);
}

static void
test_error (void)
{
  test_in_child (child_error, NULL);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1, .cancellable = cancellable };

  put (in, "some", 4);
  lseek (in, 0, SEEK_SET);
  g_cancellable_cancel (cancellable);
  assert_fails (&copy, G_IO_ERROR_CANCELLED);
  assert_contents (out, "", 0);
}

/* Says that it is empty. */
static void
test_proc (void)
{
  temp_autofd int in = open ("/proc/version", O_RDONLY | O_CLOEXEC);
  temp_autofd int out = open_new ("out", 0);
  g_autofree char *contents = NULL;
  gsize length;

  if (in < 0)
    {
      g_test_skip ("no /proc here");
      return;
    }

  g_assert_true (g_file_get_contents ("/proc/version", &contents, &length, NULL));
  g_assert_cmpuint (assert_copies (in, out), ==, length);
  assert_contents (out, contents, length);
}

static void
test_sparse (void)
{
  const goffset size = (goffset) 1 << 33;
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);
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

  g_assert_cmpuint (assert_copies (in, out), ==, size);
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

/* Where the target cannot become as large as a hole, that counts as not copied. */
static void
child_sparse_no_room (gconstpointer data)
{
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };

  g_assert_cmpint (pwrite (in, "some", 4, 1 << 20), ==, 4);
  g_assert_no_errno (ftruncate (in, SIZE));
  limit_size (LIMIT);

  assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
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

/* What is appended to has no place for a hole. */
static void
test_sparse_append (void)
{
  g_autofree char *expected = g_malloc0 (7 + (1 << 20));
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", O_APPEND);

  g_assert_cmpint (pwrite (in, "middle", 6, 1 << 19), ==, 6);
  g_assert_no_errno (ftruncate (in, 1 << 20));
  put (out, "before", 7);
  memcpy (expected, "before", 7);
  memcpy (expected + 7 + (1 << 19), "middle", 6);

  g_assert_cmpuint (assert_copies (in, out), ==, 1 << 20);
  assert_contents (out, expected, 7 + (1 << 20));
}

/* Of a source that becomes shorter, what is gone is no hole. */
static void
test_sparse_shorter (void)
{
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);

  g_assert_no_errno (ftruncate (in, 1 << 20));
  truncated_at_seek = in;
  truncated_size = 1000;
  g_assert_cmpuint (assert_copies (in, out), ==, 1000);
  g_assert_cmpint (lseek (out, 0, SEEK_END), ==, 1000);
}

/* Where there is something already, a hole is zeros. */
static void
test_sparse_onto_data (void)
{
  g_autofree char *data = g_strnfill (1 << 20, 'x');
  g_autofree char *expected = g_malloc0 (1 << 20);
  temp_autofd int in = open_new ("in", 0);
  temp_autofd int out = open_new ("out", 0);

  g_assert_no_errno (ftruncate (in, (1 << 20) - 4));
  put (out, data, 1 << 20);
  lseek (out, 0, SEEK_SET);
  memset (expected + (1 << 20) - 4, 'x', 4);

  g_assert_cmpuint (assert_copies (in, out), ==, (1 << 20) - 4);
  assert_contents (out, expected, 1 << 20);
}

typedef struct
{
  int     fd;
  GBytes *bytes;
} Feed;

static gpointer
feed_thread (gpointer data)
{
  Feed *feed = data;

  put (feed->fd, g_bytes_get_data (feed->bytes, NULL), g_bytes_get_size (feed->bytes));
  close (feed->fd);
  return NULL;
}

/* The other end gives more than fits in at once. */
static void
test_stream (gconstpointer data)
{
  const gboolean is_socket = GPOINTER_TO_INT (data) & 1;
  const int out_flags = GPOINTER_TO_INT (data) & ~1;
  g_autoptr (GBytes) bytes = pattern (5000001);
  temp_autofd int out = open_new ("out", out_flags);
  temp_autofd int in = -1;
  Feed feed = { .bytes = bytes };
  GThread *thread;

  open_stream (is_socket, &in, &feed.fd);
  g_assert_no_errno (fcntl (in, F_SETFL, O_NONBLOCK));
  thread = g_thread_new ("feed", feed_thread, &feed);

  g_assert_cmpuint (assert_copies (in, out), ==, 5000001);
  assert_contents (out, g_bytes_get_data (bytes, NULL), 5000001);
  g_thread_join (thread);
}

/* At which the kernel's own ways stop, as at the end. */
static void
test_urgent (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  temp_autofd int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int into = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int from = -1;
  temp_autofd int out = open_new ("out", 0);

  if (bind (listener, (struct sockaddr *) &address, size) < 0 || listen (listener, 1) < 0 ||
      getsockname (listener, (struct sockaddr *) &address, &size) < 0 ||
      connect (into, (struct sockaddr *) &address, size) < 0)
    {
      g_test_skip ("no TCP here");
      return;
    }

  from = accept (listener, NULL, NULL);
  g_assert_no_errno (from);
  put (into, "some", 4);
  g_assert_cmpint (send (into, "!", 1, MSG_OOB), ==, 1);
  put (into, "more", 4);
  g_assert_no_errno (shutdown (into, SHUT_WR));

  g_assert_cmpuint (assert_copies (from, out), ==, 8);
  assert_contents (out, "somemore", 8);
}

static void
on_alarm (int number)
{
}

/* Signals in between do not make it longer. */
static void
child_wait_interrupted (gconstpointer data)
{
  const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
  const struct sigaction action = { .sa_handler = on_alarm };
  temp_autofd int out = open_new ("out", 0);
  temp_autofd int from = -1, into = -1;
  TempCopy copy = { .out = out, .timeout_ms = 100 };

  open_stream (FALSE, &from, &into);
  copy.in = from;
  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &often, NULL));

  assert_fails (&copy, G_IO_ERROR_TIMED_OUT);
}

static void
test_wait_interrupted (void)
{
  test_in_child (child_wait_interrupted, NULL);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

/* Nothing ever comes. */
static void
test_wait_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  temp_autofd int out = open_new ("out", 0);
  temp_autofd int from = -1, into = -1;
  TempCopy copy = { .out = out, .timeout_ms = -1, .cancellable = cancellable };
  GThread *thread;

  open_stream (FALSE, &from, &into);
  copy.in = from;
  thread = g_thread_new ("cancel", cancel_thread, cancellable);
  assert_fails (&copy, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);

  copy.cancellable = NULL;
  copy.timeout_ms = 1;
  assert_fails (&copy, G_IO_ERROR_TIMED_OUT);
}

/* One file as source and target, with an offset each, or, at -1, with one for both. */
static void
check_itself (gsize  size,
              gssize from,
              gssize to,
              int    out_flags)
{
  g_autoptr (GBytes) bytes = pattern (size);
  const char *p = g_bytes_get_data (bytes, NULL);
  temp_autofd int in = open_new ("itself", 0);
  g_autofree char *path = test_path ("itself");
  temp_autofd int second = open (path, O_RDWR | O_CLOEXEC | out_flags);
  gsize length = size - from;
  gsize end;
  g_autofree char *expected = NULL;
  int out = to < 0 ? in : second;

  put (in, p, size);
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

  g_assert_cmpuint (assert_copies (in, out), ==, length);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, to + length);
  assert_contents (in, expected, end);
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

/* Both files are then as far as the copy came; if its beginning is not there, where they were. */
static void
assert_fills_itself (gssize  to,
                     int     out_flags,
                     guint64 n_copied)
{
  temp_autofd int in = open_new ("itself", 0);
  g_autofree char *path = test_path ("itself");
  temp_autofd int out = open (path, O_RDWR | O_CLOEXEC | out_flags);
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };
  g_autoptr (GBytes) bytes = pattern (LIMIT - 100);

  put (in, g_bytes_get_data (bytes, NULL), LIMIT - 100);
  lseek (in, 50, SEEK_SET);
  lseek (out, to, SEEK_SET);
  assert_fails (&copy, (int) g_io_error_from_errno (EFBIG));
  g_assert_cmpuint (copy.n_copied, ==, n_copied);
  g_assert_cmpint (lseek (in, 0, SEEK_CUR), ==, 50 + n_copied);
  g_assert_cmpint (lseek (out, 0, SEEK_CUR), ==, (out_flags & O_APPEND ? LIMIT - 100 : to) + n_copied);
}

static void
child_itself_no_room (gconstpointer data)
{
  limit_size (LIMIT);
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

  g_test_add_data_func ("/temp-copy/offsets", NULL, test_offsets);
  g_test_add_data_func ("/temp-copy/append", GINT_TO_POINTER (O_APPEND), test_offsets);
  g_test_add_data_func ("/temp-copy/fallback/ENOSYS", GINT_TO_POINTER (ENOSYS), test_fallback);
  g_test_add_data_func ("/temp-copy/fallback/EXDEV", GINT_TO_POINTER (EXDEV), test_fallback);
  g_test_add_data_func ("/temp-copy/fallback/EPERM", GINT_TO_POINTER (EPERM), test_fallback);
  g_test_add_func ("/temp-copy/small-pipe", test_small_pipe);
  g_test_add_func ("/temp-copy/no-room", test_no_room);
  g_test_add_func ("/temp-copy/fit", test_fit);
  g_test_add_func ("/temp-copy/lost", test_lost);
  g_test_add_func ("/temp-copy/error", test_error);
  g_test_add_func ("/temp-copy/cancelled", test_cancelled);
  g_test_add_func ("/temp-copy/proc", test_proc);
  g_test_add_func ("/temp-copy/sparse", test_sparse);
  g_test_add_func ("/temp-copy/sparse-no-room", test_sparse_no_room);
  g_test_add_func ("/temp-copy/sparse-append", test_sparse_append);
  g_test_add_func ("/temp-copy/sparse-shorter", test_sparse_shorter);
  g_test_add_func ("/temp-copy/sparse-onto-data", test_sparse_onto_data);
  g_test_add_data_func ("/temp-copy/pipe", GINT_TO_POINTER (0), test_stream);
  g_test_add_data_func ("/temp-copy/socket", GINT_TO_POINTER (1), test_stream);
  g_test_add_data_func ("/temp-copy/pipe/append", GINT_TO_POINTER (O_APPEND), test_stream);
  g_test_add_data_func ("/temp-copy/socket/append", GINT_TO_POINTER (1 | O_APPEND), test_stream);
  g_test_add_func ("/temp-copy/socket/urgent", test_urgent);
  g_test_add_func ("/temp-copy/wait-interrupted", test_wait_interrupted);
  g_test_add_func ("/temp-copy/wait-cancelled", test_wait_cancelled);
  g_test_add_func ("/temp-copy/itself", test_itself);
  g_test_add_func ("/temp-copy/itself/no-room", test_itself_no_room);

  return g_test_run ();
}
