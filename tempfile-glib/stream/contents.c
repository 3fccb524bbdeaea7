/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/contents.h"

#include <errno.h>

#include "base/fd.h"
#include "stream/memory.h"

/* The bytes of a file, without its offset: some of them read, or all of them loaded or replaced at once. */

/* So many bytes are read or written between two looks at the cancellable. */
#define CHUNK (16 * 1024 * 1024)

/* Allocates memory for so many bytes. Fails with errno. */
static guint8 *
allocate_memory (gint64 size)
{
  guint8 *data = NULL;

  if ((guint64) size <= G_MAXSSIZE && temp_memory_may_hold (size))
    data = g_try_malloc (MAX (size, 1));
  if (data == NULL)
    errno = ENOMEM;
  return data;
}

/* Loads the bytes that the file has when this begins. Others may append more than there is memory for: that is not
 * read. */
static GBytes *
load (TempEntry     *entry,
      GCancellable  *cancellable,
      GError       **error)
{
  TempHandle fd = temp_entry_get_fd (entry);
  g_autofree guint8 *data = NULL;
  gint64 size = 0;
  TempStat st;

  if (temp_platform.stat (fd, &st) < 0 || (data = allocate_memory (st.size)) == NULL)
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_READ);
      return NULL;
    }

  while (size < st.size)
    {
      gssize n;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;

      n = temp_platform.read_at (fd, data + size, MIN (st.size - size, CHUNK), size);
      if (n == 0) /* somebody has truncated the file */
        break;
      if (n > 0)
        size += n;
      else if (errno != EINTR)
        {
          temp_entry_set_error (entry, error, errno, TEMP_ACTION_READ);
          return NULL;
        }
    }

  return g_bytes_new_take (g_steal_pointer (&data), size);
}

/* Returns all bytes of the file. Moves no offset, so that others may read and write in the meantime. */
GBytes *
temp_contents_load (TempEntry     *entry,
                    GCancellable  *cancellable,
                    GError       **error)
{
  GBytes *bytes;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !temp_entry_acquire_fd (entry, error))
    return NULL;

  bytes = load (entry, cancellable, error);
  temp_entry_release_fd (entry, NULL);
  return bytes;
}

/* Reads bytes at an offset, and moves none. Returns 0 at the end of the file, and -1 on an error. */
gssize
temp_contents_read (TempEntry     *entry,
                    void          *buffer,
                    gsize          count,
                    goffset        offset,
                    GCancellable  *cancellable,
                    GError       **error)
{
  gssize n;

  if (!temp_entry_acquire_fd (entry, error))
    return -1;

  do
    {
      n = -1;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        break;

      n = temp_platform.read_at (temp_entry_get_fd (entry), buffer, count, offset);
      if (n < 0 && errno != EINTR)
        {
          temp_entry_set_error (entry, error, errno, TEMP_ACTION_READ);
          break;
        }
    }
  while (n < 0);

  temp_entry_release_fd (entry, NULL);
  return n;
}

/* Sets the size of the file. Fails with errno. */
static gboolean
set_size (TempHandle fd,
          gint64     size)
{
  int result;

  do
    result = temp_platform.set_size (fd, size);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Writes the bytes over those that the file has. Fails with errno, which is ECANCELED if the operation is cancelled. */
static gboolean
overwrite (TempHandle    fd,
           const guint8 *data,
           gint64        size,
           GCancellable *cancellable)
{
  gint64 done = 0;

  while (done < size)
    {
      gssize n = temp_platform.write_at (fd, data + done, MIN (size - done, CHUNK), done);

      if (n == 0)
        errno = ENOSPC;
      if (n == 0 || (n < 0 && errno != EINTR))
        return FALSE;
      done += MAX (n, 0);

      if (done < size && g_cancellable_is_cancelled (cancellable))
        {
          errno = ECANCELED;
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
replace (TempEntry     *entry,
         GBytes        *bytes,
         GCancellable  *cancellable,
         GError       **error)
{
  TempHandle fd = temp_entry_get_fd (entry);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  TempStat st;

  if (temp_platform.stat (fd, &st) < 0 || !temp_fd_allocate (fd, st.size, size))
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_WRITE);
      return FALSE;
    }

  /* Linux writes all bytes to the end of such a file, whatever the offset. */
  if ((temp_platform.is_appending (fd) == 1 && !set_size (fd, 0)) ||
      !overwrite (fd, data, size, cancellable) ||
      (st.size > (gint64) size && !set_size (fd, size)) ||
      temp_platform.seek (fd, size, TEMP_SEEK_START) < 0)
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_SPOIL);
      return FALSE;
    }

  return TRUE;
}

/* Replaces all bytes of the file, and moves its offset to their end. If the file is closed, or there is no space, fails
 * before anything has changed; after another error, the contents are undefined, and the error says so. The caller makes
 * sure that nobody else uses the offset. */
gboolean
temp_contents_replace (TempEntry     *entry,
                       GBytes        *bytes,
                       GCancellable  *cancellable,
                       GError       **error)
{
  gboolean replaced;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !temp_entry_acquire_fd (entry, error))
    return FALSE;

  replaced = replace (entry, bytes, cancellable, error);
  temp_entry_release_fd (entry, NULL);
  return replaced;
}
