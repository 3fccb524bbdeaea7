/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/tag.h"

#include <string.h>

/* Names that can be recognized and cannot be forged: PREFIX, six letters of counter, ten letters of tag, SUFFIX. */

#define N_COUNTER_LETTERS 6
#define COUNTER_BITS 30
#define TAG_BITS 50

/* Base32, so that names survive filesystems that fold case. */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Returns the 5 bits that a letter stands for; -1 if the alphabet does not have it. */
static inline int
letter_value (char letter)
{
  if (letter >= 'a' && letter <= 'z')
    return letter - 'a';
  if (letter >= '2' && letter <= '7')
    return letter - '2' + 26;
  return -1;
}

/* Writes the lowest 5 × n_letters bits of value as letters, the highest bits first. */
static void
write_letters (char    *letters,
               guint    n_letters,
               guint64  value)
{
  for (guint i = n_letters; i > 0; i--, value >>= 5)
    letters[i - 1] = alphabet[value & 31];
}

static guint64
read_letters (const char *letters,
              guint       n_letters)
{
  guint64 value = 0;

  for (guint i = 0; i < n_letters; i++)
    value = value << 5 | (guint64) letter_value (letters[i]);
  return value;
}

static guint8 *
put (guint8     *p,
     const void *data,
     gsize       size)
{
  memcpy (p, data, size);
  return p + size;
}

static guint8 *
put_number (guint8  *p,
            guint32  number)
{
  number = GUINT32_TO_LE (number);
  return put (p, &number, sizeof number);
}

/* Returns the tag of a name. The lengths are part of the input, so that no two names have equal inputs. */
static guint64
compute_tag (const TempTagKey *key,
             guint32           counter,
             const char       *dir,
             const char       *prefix,
             gsize             prefix_length,
             const char       *suffix)
{
  gsize dir_length = strlen (dir), suffix_length = strlen (suffix);
  gsize size = 3 * sizeof (guint32) + dir_length + prefix_length + suffix_length;
  guint8 small[512];
  g_autofree guint8 *large = size > sizeof small ? g_malloc (size) : NULL;
  guint8 *input = large != NULL ? large : small;
  guint8 *p = input;

  p = put_number (p, counter);
  p = put_number (p, dir_length);
  p = put (p, dir, dir_length);
  p = put_number (p, prefix_length);
  p = put (p, prefix, prefix_length);
  put (p, suffix, suffix_length);

  return temp_siphash (key->bytes, input, size) >> (64 - TAG_BITS);
}

/* Writes the letters of a name, which go between prefix and suffix. `number` tells the names of a ledger apart; `dir`
 * is the path in the directory's line. */
void
temp_tag_write (char              letters[TEMP_TAG_N_LETTERS],
                const TempTagKey *key,
                TempTagKind       kind,
                guint             number,
                const char       *dir,
                const char       *prefix,
                gsize             prefix_length,
                const char       *suffix)
{
  guint32 counter = (number << 1 | kind) & ((1u << COUNTER_BITS) - 1);

  write_letters (letters, N_COUNTER_LETTERS, counter);
  write_letters (letters + N_COUNTER_LETTERS, TEMP_TAG_N_LETTERS - N_COUNTER_LETTERS,
                 compute_tag (key, counter, dir, prefix, prefix_length, suffix));
}

/* Returns the first window from `start` on: 16 letters of the alphabet in a row, which could be counter and tag.
 * Returns NULL if there is none. */
static const char *
find_window (const char *start)
{
  guint n = 0;

  for (const char *p = start; *p != '\0'; p++)
    {
      n = letter_value (*p) >= 0 ? n + 1 : 0;
      if (n == TEMP_TAG_N_LETTERS)
        return p + 1 - TEMP_TAG_N_LETTERS;
    }

  return NULL;
}

/* Returns TRUE if the name has a window. Most names of other programs have none, and need not be hashed. */
gboolean
temp_tag_has_window (const char *name)
{
  return find_window (name) != NULL;
}

/* Returns TRUE if the name was made with that key in that directory, and sets *kind. Tries each window, since the
 * prefix and the suffix may have such letters, too. */
gboolean
temp_tag_verify (const char       *name,
                 const TempTagKey *key,
                 const char       *dir,
                 TempTagKind      *kind)
{
  for (const char *window = find_window (name); window != NULL; window = find_window (window + 1))
    {
      guint32 counter = read_letters (window, N_COUNTER_LETTERS);
      guint64 tag = read_letters (window + N_COUNTER_LETTERS, TEMP_TAG_N_LETTERS - N_COUNTER_LETTERS);

      if (compute_tag (key, counter, dir, name, window - name, window + TEMP_TAG_N_LETTERS) == tag)
        {
          *kind = counter & 1;
          return TRUE;
        }
    }

  return FALSE;
}
