/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "copies.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-support.h"

gboolean test_copy_splices;

static int
get_filesystem (TempHandle      handle,
                TempFilesystem *filesystem)
{
  *filesystem = (TempFilesystem) { .has_safe_locks = TRUE, .likes_splicing = test_copy_splices };
  return 0;
}

void
test_copy_init (void)
{
  temp_platform.get_filesystem = get_filesystem;
}

int
test_copy_open (const char *base,
                int         flags)
{
  g_autofree char *path = test_path (base);
  int fd = open (path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC | flags, 0600);

  g_assert_no_errno (fd);
  return fd;
}

GBytes *
test_copy_pattern (gsize size)
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

void
test_copy_put (int         fd,
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

void
test_copy_assert_contents (int         fd,
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

void
test_copy_assert_fails (TempCopy *copy,
                        int       code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_copy_run (copy, &error));
  g_assert_error (error, G_IO_ERROR, code);
}

void
test_copy_open_stream (gboolean  is_socket,
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

guint64
test_copy_assert_copies (int in,
                         int out)
{
  TempCopy copy = { .in = in, .out = out, .timeout_ms = -1 };
  g_autoptr (GError) error = NULL;

  temp_copy_run (&copy, &error);
  g_assert_no_error (error);
  return copy.n_copied;
}

void
test_copy_limit_size (guint64 size)
{
  const struct rlimit limit = { size, size };

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
}
