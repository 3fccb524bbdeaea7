/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes in memory that behave like those in a file. A structure of zeros has none. */
typedef struct
{
  guint8 *data;
  gsize   size;
  gsize   capacity; /* at most twice the size */
} TempMemory;

gboolean temp_memory_may_hold (gsize             size);
void     temp_memory_clear    (TempMemory       *memory);
gsize    temp_memory_read     (const TempMemory *memory,
                               goffset           offset,
                               void             *buffer,
                               gsize             count);
gboolean temp_memory_write    (TempMemory       *memory,
                               goffset           offset,
                               const void       *buffer,
                               gsize             count);
GBytes  *temp_memory_dup      (const TempMemory *memory);
gboolean temp_memory_replace  (TempMemory       *memory,
                               const void       *buffer,
                               gsize             count);
gboolean temp_memory_resize   (TempMemory       *memory,
                               goffset           size);

G_END_DECLS
