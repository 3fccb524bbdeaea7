/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/posix.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lists a directory by readdir(), which cannot be told where to begin. So the first call reads the whole directory, and
 * this one and the next calls hand out the entries. */

struct _TempListing
{
  char  *entries; /* one TempDirEntry after the other */
  size_t size;
  size_t allocated;
  size_t position;
};

static bool
append (TempListing         *self,
        const struct dirent *found)
{
  size_t name_size = strlen (found->d_name) + 1;
  size_t length = (offsetof (TempDirEntry, name) + name_size + 7) & ~(size_t) 7;
  TempDirEntry *entry;

  if (self->size + length > self->allocated)
    {
      size_t allocated = self->allocated * 2 + 4096;
      char *entries = realloc (self->entries, allocated);

      if (entries == NULL)
        return false;
      self->entries = entries;
      self->allocated = allocated;
    }

  entry = (TempDirEntry *) (void *) (self->entries + self->size);
  entry->ino = found->d_ino;
  entry->reserved = 0;
  entry->length = (uint16_t) length;
#ifdef HAVE_STRUCT_DIRENT_D_TYPE
  entry->kind = found->d_type;
#else
  entry->kind = TEMP_KIND_UNKNOWN;
#endif
  memcpy (entry->name, found->d_name, name_size);
  self->size += length;
  return true;
}

/* Reads to the end, by a duplicate, which has the offset of the handle. Returns NULL with errno on an error. */
static TempListing *
read_all (TempHandle dir)
{
  TempHandle copy = temp_posix_duplicate (dir);
  DIR *stream = copy >= 0 ? fdopendir (copy) : NULL;
  TempListing *self = stream != NULL ? calloc (1, sizeof *self) : NULL;
  struct dirent *found;
  int errsv = errno;

  if (self != NULL)
    {
      while (errno = 0, (found = readdir (stream)) != NULL)
        if (!append (self, found))
          break;
      errsv = errno;
      if (errsv != 0)
        temp_posix_end_list (&self);
    }

  if (stream != NULL)
    closedir (stream);
  else if (copy >= 0)
    close (copy);
  errno = errsv;
  return self;
}

ssize_t
temp_posix_list (TempHandle    dir,
                 TempListing **listing,
                 void         *buffer,
                 size_t        size)
{
  TempListing *self = *listing;
  size_t n = 0;

  if (self == NULL)
    self = *listing = read_all (dir);
  if (self == NULL)
    return -1;

  while (self->position + n < self->size)
    {
      const TempDirEntry *entry = (const void *) (self->entries + self->position + n);

      if (n + entry->length > size)
        break;
      n += entry->length;
    }

  if (n == 0 && self->position < self->size)
    {
      errno = EINVAL;
      return -1;
    }
  if (n > 0)
    memcpy (buffer, self->entries + self->position, n);
  self->position += n;
  return (ssize_t) n;
}

int
temp_posix_rewind (TempHandle    dir,
                   TempListing **listing)
{
  temp_posix_end_list (listing);
  return lseek (dir, 0, SEEK_SET) < 0 ? -1 : 0;
}

void
temp_posix_end_list (TempListing **listing)
{
  TempListing *self = *listing;

  *listing = NULL;
  if (self == NULL)
    return;
  free (self->entries);
  free (self);
}
