/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "copies.h"
#include "test-support.h"

typedef struct
{
  int     fd;
  GBytes *bytes;
} Feed;

static gpointer
feed_thread (gpointer data)
{
  Feed *feed = data;

  test_copy_put (feed->fd, g_bytes_get_data (feed->bytes, NULL), g_bytes_get_size (feed->bytes));
  close (feed->fd);
  return NULL;
}

/* The other end writes more than fits into a stream at once. */
static void
test_stream (gconstpointer data)
{
  const gboolean is_socket = GPOINTER_TO_INT (data) & 1;
  const int out_flags = GPOINTER_TO_INT (data) & ~1;
  g_autoptr (GBytes) bytes = test_copy_pattern (5000001);
  temp_autofd int out = test_copy_open ("out", out_flags);
  temp_autofd int in = -1;
  Feed feed = { .bytes = bytes };
  GThread *thread;

  test_copy_open_stream (is_socket, &in, &feed.fd);
  g_assert_no_errno (fcntl (in, F_SETFL, O_NONBLOCK));
  thread = g_thread_new ("feed", feed_thread, &feed);

  g_assert_cmpuint (test_copy_assert_copies (in, out), ==, 5000001);
  test_copy_assert_contents (out, g_bytes_get_data (bytes, NULL), 5000001);
  g_thread_join (thread);
}

/* The kernel's ways stop at urgent data, as at the end. */
static void
test_urgent (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  temp_autofd int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int into = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int from = -1;
  temp_autofd int out = test_copy_open ("out", 0);

  if (bind (listener, (struct sockaddr *) &address, size) < 0 || listen (listener, 1) < 0 ||
      getsockname (listener, (struct sockaddr *) &address, &size) < 0 ||
      connect (into, (struct sockaddr *) &address, size) < 0)
    {
      g_test_skip ("no TCP here");
      return;
    }

  from = accept (listener, NULL, NULL);
  g_assert_no_errno (from);
  test_copy_put (into, "some", 4);
  g_assert_cmpint (send (into, "!", 1, MSG_OOB), ==, 1);
  test_copy_put (into, "more", 4);
  g_assert_no_errno (shutdown (into, SHUT_WR));

  g_assert_cmpuint (test_copy_assert_copies (from, out), ==, 8);
  test_copy_assert_contents (out, "somemore", 8);
}

static void
on_alarm (int number)
{
}

/* Signals do not make the wait longer. */
static void
child_wait_interrupted (gconstpointer data)
{
  const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
  const struct sigaction action = { .sa_handler = on_alarm };
  temp_autofd int out = test_copy_open ("out", 0);
  temp_autofd int from = -1, into = -1;
  TempCopy copy = { .out = out, .timeout_ms = 100 };

  test_copy_open_stream (FALSE, &from, &into);
  copy.in = from;
  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &often, NULL));

  test_copy_assert_fails (&copy, G_IO_ERROR_TIMED_OUT);
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

/* Nothing comes. */
static void
test_wait_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  temp_autofd int out = test_copy_open ("out", 0);
  temp_autofd int from = -1, into = -1;
  TempCopy copy = { .out = out, .timeout_ms = -1, .cancellable = cancellable };
  GThread *thread;

  test_copy_open_stream (FALSE, &from, &into);
  copy.in = from;
  thread = g_thread_new ("cancel", cancel_thread, cancellable);
  test_copy_assert_fails (&copy, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);

  copy.cancellable = NULL;
  copy.timeout_ms = 1;
  test_copy_assert_fails (&copy, G_IO_ERROR_TIMED_OUT);
}

/* Bytes that were read from a socket and cannot be written are lost: no other way is tried. */
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

  test_copy_open_stream (TRUE, &from, &into);
  copy.in = from;
  test_copy_put (into, "some", 4);

  if (failing_fd < 0)
    {
      /* The copy goes through a pipe, whose first descriptor gets this number. */
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
  temp_autofd int out = test_copy_open ("out", 0);

  assert_loses (out, SYS_splice, -1, EIO, EIO);
}

/* A target that is not ready is not waited for. One that takes nothing sets no errno. */
static void
child_not_written (gconstpointer data)
{
  const int errsv = GPOINTER_TO_INT (data);
  temp_autofd int out = test_copy_open ("out", O_APPEND);

  assert_loses (out, SYS_write, out, errsv, errsv == 0 ? EIO : errsv);
}

/* Nor if the source is a pipe. */
static void
child_not_ready (gconstpointer data)
{
  temp_autofd int from = -1, into = -1, out = -1, other = -1;
  TempCopy copy = { .timeout_ms = -1 };
  char filling[4096] = "";

  test_copy_open_stream (TRUE, &other, &out);
  g_assert_no_errno (fcntl (out, F_SETFL, O_NONBLOCK));
  copy.out = out;
  while (write (out, filling, sizeof filling) > 0)
    ;
  test_copy_open_stream (FALSE, &from, &into);
  copy.in = from;
  test_copy_put (into, "some", 4);

  test_copy_assert_fails (&copy, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (copy.n_copied, ==, 0);
}

static void
test_lost (void)
{
  if (test_skips_on_posix ("no splice()"))
    return;
  test_in_child (child_lost, NULL);
  test_in_child (child_not_ready, NULL);
  test_in_child (child_not_written, GINT_TO_POINTER (EAGAIN));
  test_in_child (child_not_written, GINT_TO_POINTER (0));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_copy_init ();

  g_test_add_data_func ("/copy/a-pipe", GINT_TO_POINTER (0), test_stream);
  g_test_add_data_func ("/copy/a-socket", GINT_TO_POINTER (1), test_stream);
  g_test_add_data_func ("/copy/a-pipe-to-the-end", GINT_TO_POINTER (O_APPEND), test_stream);
  g_test_add_data_func ("/copy/a-socket-to-the-end", GINT_TO_POINTER (1 | O_APPEND), test_stream);
  g_test_add_func ("/copy/a-socket-with-urgent-data", test_urgent);
  g_test_add_func ("/copy/a-wait-ends-in-time", test_wait_interrupted);
  g_test_add_func ("/copy/a-wait-can-be-cancelled", test_wait_cancelled);
  g_test_add_func ("/copy/bytes-from-a-stream-can-be-lost", test_lost);

  return g_test_run ();
}
