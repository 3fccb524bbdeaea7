/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

G_BEGIN_DECLS

/* GLib has g_autofd and g_clear_fd() only since 2.76. */

static inline void
temp_fd_clear (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

#define temp_autofd __attribute__ ((cleanup (temp_fd_clear)))

/* Reads `size` bytes at the offset, in as many pieces as the kernel gives. Fails with errno. */
static inline gboolean
temp_fd_read_all (int      fd,
                  guint8  *buffer,
                  gsize    size,
                  goffset  offset)
{
  gsize n_read = 0;

  while (n_read < size)
    {
      gssize n = pread (fd, buffer + n_read, size - n_read, offset + n_read);

      if (n > 0)
        n_read += n;
      else if (n < 0 && errno == EINTR)
        continue;
      else
        {
          if (n == 0)
            errno = EIO;
          return FALSE;
        }
    }

  return TRUE;
}

/* Returns TRUE if a file of this size is within the limit: a write beyond it kills the process. Else sets errno. */
static inline gboolean
temp_fd_is_within_limit (goffset size)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY || (rlim_t) size <= limit.rlim_cur)
    return TRUE;

  errno = EFBIG;
  return FALSE;
}

G_END_DECLS
