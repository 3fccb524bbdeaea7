/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-format-private.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* How a ledger is written. It is read on the same machine, so all is in its own byte
 * order. Whatever is not exactly as it was written counts for nothing. */

#define VERSION 1

static const char header_magic[16] = "tempfile-ledger";
static const char record_magic[4] = { 'T', 'm', 'p', '1' };

typedef struct
{
  char    magic[16];
  guint32 version;
  guint32 slot_size;
  guint64 checksum; /* of what follows */
  guint64 mount_namespace;
  char    boot_id[40];
} RawHeader;

#define RAW_COMPLETE (1 << 0)
#define RAW_HAS_BIRTH (1 << 1)
#define RAW_HAS_RANDOM (1 << 2)

typedef struct
{
  char    magic[4];
  guint32 length;   /* of all of it, path and its NUL included */
  guint64 checksum; /* of what follows, and of the slot it is in */
  guint64 parent_dev;
  guint64 parent_ino;
  guint64 dev;
  guint64 ino;
  gint64  birth_sec;
  guint32 birth_nsec;
  guint32 flags;
  guint32 base;   /* offset in the path */
  guint32 random; /* the same */
  char    path[];
} RawRecord;

G_STATIC_ASSERT (sizeof (RawHeader) % 8 == 0);
G_STATIC_ASSERT (offsetof (RawRecord, path) % 8 == 0);
G_STATIC_ASSERT (sizeof (RawHeader) <= TEMP_LEDGER_SLOT);

static guint64
mix (guint64 sum,
     guint64 word)
{
  sum = (sum ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  return sum ^ sum >> 32;
}

/* Against what is torn, not against malice: who can write here needs no tricks. By
 * words, as it is on the way of each creation; the last one may not be whole. */
static guint64
checksum (const guint8 *data,
          gsize         size,
          guint64       seed)
{
  guint64 sum = seed ^ G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ size;
  guint64 word;

  for (; size >= sizeof word; data += sizeof word, size -= sizeof word)
    {
      memcpy (&word, data, sizeof word);
      sum = mix (sum, word);
    }

  if (size == 0)
    return sum;
  word = 0;
  memcpy (&word, data, size);
  return mix (sum, word);
}

static guint64
sum_header (const RawHeader *raw)
{
  const gsize from = offsetof (RawHeader, mount_namespace);

  return checksum ((const guint8 *) raw + from, sizeof *raw - from, VERSION);
}

static guint64
sum_record (const guint8 *buffer,
            gsize         length,
            guint         slot)
{
  const gsize from = offsetof (RawRecord, parent_dev);

  return checksum (buffer + from, length - from, slot);
}

/* Reads a link of /proc, as "mnt:[4026531840]"; 0: it cannot be read. */
guint64
temp_ledger_read_namespace (const char *link)
{
  const char *head = "mnt:[";
  char target[64];
  gssize n = readlink (link, target, sizeof target - 1);

  if (n <= 0)
    return 0;
  target[n] = '\0';
  return g_str_has_prefix (target, head) ? g_ascii_strtoull (target + strlen (head), NULL, 10) : 0;
}

/* Where this process is. */
void
temp_ledger_origin_get (TempLedgerOrigin *origin)
{
  g_autofree char *boot_id = NULL;

  *origin = (TempLedgerOrigin) { .mount_namespace = temp_ledger_read_namespace ("/proc/self/ns/mnt") };
  if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot_id, NULL, NULL))
    g_strlcpy (origin->boot_id, g_strchomp (boot_id), sizeof origin->boot_id);
}

/* Fills a slot. */
gsize
temp_ledger_encode_header (guint8                 *buffer,
                           const TempLedgerOrigin *origin)
{
  RawHeader raw = { .version = VERSION, .slot_size = TEMP_LEDGER_SLOT, .mount_namespace = origin->mount_namespace };

  memcpy (raw.magic, header_magic, sizeof raw.magic);
  g_strlcpy (raw.boot_id, origin->boot_id, sizeof raw.boot_id);
  raw.checksum = sum_header (&raw);

  memset (buffer, 0, TEMP_LEDGER_SLOT);
  memcpy (buffer, &raw, sizeof raw);
  return TEMP_LEDGER_SLOT;
}

TempLedgerVerdict
temp_ledger_decode_header (const guint8     *buffer,
                           gsize             size,
                           TempLedgerOrigin *origin)
{
  RawHeader raw;

  if (size < sizeof raw)
    return TEMP_LEDGER_BAD;

  memcpy (&raw, buffer, sizeof raw);
  if (memcmp (raw.magic, header_magic, sizeof raw.magic) != 0)
    return TEMP_LEDGER_BAD;
  if (raw.version != VERSION || raw.slot_size != TEMP_LEDGER_SLOT)
    return TEMP_LEDGER_FOREIGN;
  if (raw.checksum != sum_header (&raw) || memchr (raw.boot_id, '\0', sizeof raw.boot_id) == NULL)
    return TEMP_LEDGER_BAD;

  origin->mount_namespace = raw.mount_namespace;
  memcpy (origin->boot_id, raw.boot_id, sizeof origin->boot_id);
  return TEMP_LEDGER_GOOD;
}

void
temp_ledger_record_clear (TempLedgerRecord *record)
{
  temp_name_clear (&record->name);
}

static gsize
record_length (const TempName *name)
{
  return offsetof (RawRecord, path) + strlen (name->path) + 1;
}

/* How many slots a record of that name takes. */
guint
temp_ledger_count_slots (const TempName *name)
{
  return (record_length (name) + TEMP_LEDGER_SLOT - 1) / TEMP_LEDGER_SLOT;
}

/* Fills the record's slots, all of them, and gives its length. */
gsize
temp_ledger_encode_record (guint8                 *buffer,
                           guint                   slot,
                           const TempLedgerRecord *record)
{
  const TempName *name = &record->name;
  const TempIdentity *identity = &record->identity;
  gsize length = record_length (name);
  RawRecord raw = {
    .length = length,
    .parent_dev = record->parent.dev,
    .parent_ino = record->parent.ino,
    .base = name->base - name->path,
  };

  memcpy (raw.magic, record_magic, sizeof raw.magic);
  if (name->random != NULL)
    {
      raw.flags |= RAW_HAS_RANDOM;
      raw.random = name->random - name->path;
    }
  if (record->state == TEMP_LEDGER_COMPLETE)
    {
      raw.flags |= RAW_COMPLETE | (identity->has_birth ? RAW_HAS_BIRTH : 0);
      raw.dev = identity->dev;
      raw.ino = identity->ino;
      raw.birth_sec = identity->birth_sec;
      raw.birth_nsec = identity->birth_nsec;
    }

  memcpy (buffer, &raw, offsetof (RawRecord, path));
  memcpy (buffer + offsetof (RawRecord, path), name->path, length - offsetof (RawRecord, path));
  memset (buffer + length, 0, temp_ledger_count_slots (name) * TEMP_LEDGER_SLOT - length);

  raw.checksum = sum_record (buffer, length, slot);
  memcpy (buffer + offsetof (RawRecord, checksum), &raw.checksum, sizeof raw.checksum);
  return length;
}

/* Whether the path is absolute, and base and random part lie in it where they are said to. */
static gboolean
is_sane (const RawRecord *raw,
         const char      *path,
         gsize            size)
{
  gsize length = size - 1;

  if (memchr (path, '\0', size) != path + length || path[0] != '/')
    return FALSE;
  if (raw->base < 1 || raw->base >= length || path[raw->base - 1] != '/' || strchr (path + raw->base, '/') != NULL)
    return FALSE;
  if (strcmp (path + raw->base, ".") == 0 || strcmp (path + raw->base, "..") == 0)
    return FALSE;

  return (raw->flags & RAW_HAS_RANDOM) == 0 ||
         (raw->random >= raw->base && raw->random <= length && length - raw->random >= TEMP_NAME_N_RANDOM);
}

/* Reads the record that begins in a slot; buffer and size are from there to the end.
 * Gives the number of its slots; 0: there is none. */
guint
temp_ledger_decode_record (const guint8     *buffer,
                           gsize             size,
                           guint             slot,
                           TempLedgerRecord *record)
{
  const char *path;
  RawRecord raw;

  if (size <= offsetof (RawRecord, path))
    return 0;

  path = (const char *) buffer + offsetof (RawRecord, path);
  memcpy (&raw, buffer, offsetof (RawRecord, path));
  if (memcmp (raw.magic, record_magic, sizeof raw.magic) != 0 ||
      raw.length <= offsetof (RawRecord, path) || raw.length > size ||
      raw.checksum != sum_record (buffer, raw.length, slot) ||
      !is_sane (&raw, path, raw.length - offsetof (RawRecord, path)))
    return 0;

  *record = (TempLedgerRecord) {
    .state = (raw.flags & RAW_COMPLETE) != 0 ? TEMP_LEDGER_COMPLETE : TEMP_LEDGER_RESERVED,
    .parent = { .dev = raw.parent_dev, .ino = raw.parent_ino },
    .identity = {
      .dev = raw.dev,
      .ino = raw.ino,
      .birth_sec = raw.birth_sec,
      .birth_nsec = raw.birth_nsec,
      .has_birth = (raw.flags & RAW_HAS_BIRTH) != 0,
    },
  };
  record->name.path = g_strdup (path);
  record->name.base = record->name.path + raw.base;
  if ((raw.flags & RAW_HAS_RANDOM) != 0)
    record->name.random = record->name.path + raw.random;

  return temp_ledger_count_slots (&record->name);
}
