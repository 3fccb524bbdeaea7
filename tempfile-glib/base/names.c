/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/names.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* Reads the names in a directory. */

/* As many bytes as the C library's readdir() reads at a time. */
#define BUFFER_SIZE ((gsize) 32 * 1024)

/* Opens the directory once more, so that the offset of `dir` stays. Fails with errno. */
gboolean
temp_names_open (TempNames  *self,
                 TempHandle  dir)
{
  *self = (TempNames) { .fd = temp_platform.open_dir (dir, ".", TEMP_OPEN_LIST | TEMP_OPEN_FOLLOW) };

  return self->fd >= 0;
}

/* Returns the next name, which is valid until the next call; NULL with errno on an error, and with an errno of 0 at the
 * end. A directory that somebody has removed is at its end. */
const char *
temp_names_next (TempNames *self)
{
  const TempDirEntry *entry;

  do
    {
      if (self->position == self->size)
        {
          gssize n;

          if (self->buffer == NULL)
            self->buffer = g_malloc (BUFFER_SIZE);
          errno = 0;
          n = temp_platform.list (self->fd, &self->listing, self->buffer, BUFFER_SIZE);
          self->position = 0;
          self->size = MAX (n, 0);
          if (n == 0 || (n < 0 && errno == ENOENT))
            errno = 0;
          if (n <= 0)
            return NULL;
        }

      entry = (const TempDirEntry *) (gconstpointer) (self->buffer + self->position);
      self->position += entry->length;
    }
  while (strcmp (entry->name, ".") == 0 || strcmp (entry->name, "..") == 0);

  return entry->name;
}

/* Closes the directory. Keeps errno. */
void
temp_names_clear (TempNames *self)
{
  int errsv = errno;

  temp_platform.end_list (&self->listing);
  temp_fd_clear (&self->fd);
  g_clear_pointer (&self->buffer, g_free);
  errno = errsv;
}
