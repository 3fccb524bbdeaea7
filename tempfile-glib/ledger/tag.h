/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "ledger/siphash.h"

G_BEGIN_DECLS

/* A tagged name has so many letters: a counter, then the tag. */
#define TEMP_TAG_N_LETTERS 16

/* A counter has 30 bits; the lowest is the kind, so a ledger has this many names of each. */
#define TEMP_TAG_N_NAMES (1u << 29)

typedef enum
{
  TEMP_TAG_FILE,
  TEMP_TAG_DIR,
} TempTagKind;

typedef struct
{
  guint8 bytes[TEMP_SIPHASH_KEY_SIZE];
} TempTagKey;

void     temp_tag_write      (char              letters[TEMP_TAG_N_LETTERS],
                              const TempTagKey *key,
                              TempTagKind       kind,
                              guint             number,
                              const char       *dir,
                              const char       *prefix,
                              gsize             prefix_length,
                              const char       *suffix);
gboolean temp_tag_has_window (const char       *name);
gboolean temp_tag_verify     (const char       *name,
                              const TempTagKey *key,
                              const char       *dir,
                              TempTagKind      *kind);

G_END_DECLS
