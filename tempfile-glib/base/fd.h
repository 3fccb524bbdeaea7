/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* GLib has g_autofd and g_clear_fd() only since 2.76. */

static inline void
temp_fd_clear (TempHandle *fd)
{
  int saved = errno;

  if (*fd >= 0)
    temp_platform.close (*fd);
  *fd = TEMP_HANDLE_NONE;
  errno = saved;
}

#define temp_autofd __attribute__ ((cleanup (temp_fd_clear)))

/* Returns TRUE if the handle is of that file. (The program may have closed it, and opened another by its number.) */
static inline gboolean
temp_fd_is (TempHandle        fd,
            const TempFileId *id)
{
  TempFileId now;

  return fd >= 0 && temp_platform.identify (fd, &now) == 0 && temp_file_id_equal (&now, id);
}

/* Reads `size` bytes at the offset, in as many pieces as the kernel gives. Fails with errno, EIO if there are fewer. */
static inline gboolean
temp_fd_read_all (TempHandle  fd,
                  guint8     *buffer,
                  gsize       size,
                  goffset     offset)
{
  gsize n_read = 0;

  while (n_read < size)
    {
      gssize n = temp_platform.read_at (fd, buffer + n_read, size - n_read, offset + n_read);

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
  uint64_t limit;

  if (temp_platform.get_limit (TEMP_LIMIT_FILE_SIZE, &limit) < 0 || (uint64_t) size <= limit)
    return TRUE;

  errno = EFBIG;
  return FALSE;
}

/* Allocates space for so many bytes in a file of the size `old_size`. Where the filesystem cannot do so, the write
 * finds out. Fails with errno if there is no space, or if such a write would kill the process: then nothing has
 * changed. */
static inline gboolean
temp_fd_allocate (TempHandle fd,
                  goffset    old_size,
                  goffset    size)
{
  int result, errsv;

  if (!temp_fd_is_within_limit (size))
    return FALSE;
  if (size == 0)
    return TRUE;

  do
    result = temp_platform.allocate (fd, size);
  while (result < 0 && errno == EINTR);

  if (result == 0 || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG && errno != EIO))
    return TRUE;

  errsv = errno;
  temp_platform.set_size (fd, old_size);
  errno = errsv;
  return FALSE;
}

G_END_DECLS
