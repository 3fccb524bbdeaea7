/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/memory.h"

#include <string.h>

#include "platform/platform.h"

/* From this size on, the memory of the machine has to be larger. */
#define LARGE (64 * 1024 * 1024)

void
temp_memory_clear (TempMemory *memory)
{
  g_clear_pointer (&memory->data, g_free);
  memory->size = 0;
  memory->capacity = 0;
}

/* Returns FALSE if the machine does not have as much memory. Linux promises more than there is, and kills a process
 * that uses it: a hole of a terabyte is refused before it is filled with zeros. */
gboolean
temp_memory_may_hold (gsize size)
{
  uint64_t available;

  if (G_LIKELY (size < LARGE))
    return TRUE;

  return temp_platform.get_limit (TEMP_LIMIT_MEMORY, &available) < 0 || size < available;
}

/* Makes room for `size` bytes. Doubles the room, so that many small writes take a constant time for each byte. The
 * first write gets only the room that it needs: it is often the only one. */
static gboolean
reserve (TempMemory *memory,
         gsize       size)
{
  gsize capacity = MAX (size, memory->capacity * 2);
  guint8 *data;

  if (G_LIKELY (size <= memory->capacity))
    return TRUE;

  if (!temp_memory_may_hold (size))
    return FALSE;

  data = g_try_realloc (memory->data, capacity);
  if (G_UNLIKELY (data == NULL))
    {
      capacity = size;
      data = g_try_realloc (memory->data, capacity);
    }
  if (G_UNLIKELY (data == NULL))
    return FALSE;

  memory->data = data;
  memory->capacity = capacity;
  return TRUE;
}

/* Sets the bytes from the end up to `size` to zero: they may be bytes that were cut off before. */
static void
fill (TempMemory *memory,
      gsize       size)
{
  if (size <= memory->size)
    return;
  memset (memory->data + memory->size, 0, size - memory->size);
  memory->size = size;
}

/* Returns the number of bytes read: 0 at the end and after it. */
gsize
temp_memory_read (const TempMemory *memory,
                  goffset           offset,
                  void             *buffer,
                  gsize             count)
{
  gsize n;

  if ((guint64) offset >= memory->size)
    return 0;

  n = MIN (count, memory->size - (gsize) offset);
  memcpy (buffer, memory->data + offset, n);
  return n;
}

/* Writes all of the bytes, or none if there is not enough memory: then nothing has changed. */
gboolean
temp_memory_write (TempMemory *memory,
                   goffset     offset,
                   const void *buffer,
                   gsize       count)
{
  gsize end;

  if (count == 0)
    return TRUE;

  if (count > G_MAXSSIZE || (guint64) offset > G_MAXSSIZE - count)
    return FALSE;

  end = (gsize) offset + count;
  if (!reserve (memory, end))
    return FALSE;

  fill (memory, offset);
  memcpy (memory->data + offset, buffer, count);
  memory->size = MAX (memory->size, end);
  return TRUE;
}

/* Returns a copy of all bytes, or NULL if there is not enough memory. */
GBytes *
temp_memory_dup (const TempMemory *memory)
{
  guint8 *data;

  if (memory->size == 0)
    return g_bytes_new (NULL, 0);

  data = temp_memory_may_hold (memory->size) ? g_try_malloc (memory->size) : NULL;
  if (data == NULL)
    return NULL;

  memcpy (data, memory->data, memory->size);
  return g_bytes_new_take (data, memory->size);
}

/* Replaces all bytes. Returns FALSE if there is not enough memory: then nothing has changed. */
gboolean
temp_memory_replace (TempMemory *memory,
                     const void *buffer,
                     gsize       count)
{
  TempMemory made = { 0 };

  if (!temp_memory_write (&made, 0, buffer, count))
    return FALSE;

  temp_memory_clear (memory);
  *memory = made;
  return TRUE;
}

/* Cuts off the end, or adds zeros. Returns FALSE if there is not enough memory: then nothing has changed. */
gboolean
temp_memory_resize (TempMemory *memory,
                    goffset     size)
{
  guint8 *data;

  if ((guint64) size > G_MAXSSIZE || !reserve (memory, size))
    return FALSE;

  fill (memory, size);
  memory->size = size;

  if (size == 0)
    {
      temp_memory_clear (memory);
      return TRUE;
    }

  if (memory->capacity - memory->size > memory->size)
    {
      data = g_try_realloc (memory->data, memory->size);
      if (G_LIKELY (data != NULL))
        {
          memory->data = data;
          memory->capacity = memory->size;
        }
    }

  return TRUE;
}
