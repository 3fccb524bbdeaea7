/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/siphash.h"

#include <string.h>

/* SipHash-2-4, by Aumasson and Bernstein: a short keyed hash that nobody without the key can forge. */

typedef struct
{
  guint64 v0, v1, v2, v3;
} State;

static inline guint64
rotate (guint64 x,
        guint   bits)
{
  return x << bits | x >> (64 - bits);
}

static inline void
mix (State *s,
     guint  n_rounds)
{
  while (n_rounds-- > 0)
    {
      s->v0 += s->v1;
      s->v1 = rotate (s->v1, 13) ^ s->v0;
      s->v0 = rotate (s->v0, 32);
      s->v2 += s->v3;
      s->v3 = rotate (s->v3, 16) ^ s->v2;
      s->v0 += s->v3;
      s->v3 = rotate (s->v3, 21) ^ s->v0;
      s->v2 += s->v1;
      s->v1 = rotate (s->v1, 17) ^ s->v2;
      s->v2 = rotate (s->v2, 32);
    }
}

static inline guint64
read_word (const guint8 *data)
{
  guint64 word;

  memcpy (&word, data, sizeof word);
  return GUINT64_FROM_LE (word);
}

static inline void
absorb (State   *s,
        guint64  word)
{
  s->v3 ^= word;
  mix (s, 2);
  s->v0 ^= word;
}

/* Returns the hash of the data. */
guint64
temp_siphash (const guint8  key[TEMP_SIPHASH_KEY_SIZE],
              const guint8 *data,
              gsize         size)
{
  guint64 k0 = read_word (key), k1 = read_word (key + 8);
  guint64 last = (guint64) size << 56;
  State s = {
    k0 ^ G_GUINT64_CONSTANT (0x736f6d6570736575),
    k1 ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
    k0 ^ G_GUINT64_CONSTANT (0x6c7967656e657261),
    k1 ^ G_GUINT64_CONSTANT (0x7465646279746573),
  };
  gsize n_words = size / 8;

  for (gsize i = 0; i < n_words; i++)
    absorb (&s, read_word (data + 8 * i));
  for (gsize i = 0; i < size % 8; i++)
    last |= (guint64) data[8 * n_words + i] << (8 * i);
  absorb (&s, last);

  s.v2 ^= 0xff;
  mix (&s, 4);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
