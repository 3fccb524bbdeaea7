/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-format-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "test-support.h"

/* Of the format, once more: whoever changes it makes another version of it. */
#define HEADER_SIZE 80
#define HEADER_VERSION 16
#define HEADER_SLOT_SIZE 20
#define RECORD_LENGTH 4
#define RECORD_CHECKSUM 8
#define RECORD_SUMMED 16
#define RECORD_FLAGS 60
#define RECORD_BASE 64
#define RECORD_RANDOM 68
#define RECORD_PATH 72

#define SLOT_NUMBER 7

static guint64
checksum (const guint8 *data,
          gsize         size,
          guint64       seed)
{
  guint64 sum = seed ^ G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ size;

  for (gsize i = 0; i < size; i += 8)
    {
      guint64 word = 0;

      memcpy (&word, data + i, MIN (8, size - i));
      sum = (sum ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
      sum ^= sum >> 32;
    }

  return sum;
}

/* Makes what was changed good again, as far as the sum goes. */
static void
reseal (guint8 *buffer,
        guint32 length)
{
  guint64 sum = checksum (buffer + RECORD_SUMMED, length - RECORD_SUMMED, SLOT_NUMBER);

  memcpy (buffer + RECORD_LENGTH, &length, sizeof length);
  memcpy (buffer + RECORD_CHECKSUM, &sum, sizeof sum);
}

static void
make_origin (TempLedgerOrigin *origin)
{
  *origin = (TempLedgerOrigin) { .mount_namespace = G_GUINT64_CONSTANT (0x123456789abcdef0) };
  g_strlcpy (origin->boot_id, "01234567-89ab-cdef-0123-456789abcdef", sizeof origin->boot_id);
}

static void
test_header (void)
{
  TempLedgerOrigin origin, read = { 0 };
  guint8 buffer[TEMP_LEDGER_SLOT];

  make_origin (&origin);
  memset (buffer, 0xaa, sizeof buffer);
  g_assert_cmpuint (temp_ledger_encode_header (buffer, &origin), ==, TEMP_LEDGER_SLOT);
  g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==, TEMP_LEDGER_GOOD);
  g_assert_cmpstr (read.boot_id, ==, origin.boot_id);
  g_assert_cmpuint (read.mount_namespace, ==, origin.mount_namespace);
  for (guint i = HEADER_SIZE; i < sizeof buffer; i++)
    g_assert_cmpuint (buffer[i], ==, 0);

  origin = (TempLedgerOrigin) { 0 };
  temp_ledger_encode_header (buffer, &origin);
  g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==, TEMP_LEDGER_GOOD);
  g_assert_cmpstr (read.boot_id, ==, "");
  g_assert_cmpuint (read.mount_namespace, ==, 0);
}

static void
test_header_flipped (void)
{
  TempLedgerOrigin origin, read;
  guint8 buffer[TEMP_LEDGER_SLOT];

  make_origin (&origin);
  temp_ledger_encode_header (buffer, &origin);
  for (guint bit = 0; bit < HEADER_SIZE * 8; bit++)
    {
      gboolean is_kind = bit / 8 >= HEADER_VERSION && bit / 8 < HEADER_SLOT_SIZE + 4;

      buffer[bit / 8] ^= 1 << bit % 8;
      g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==,
                       is_kind ? TEMP_LEDGER_FOREIGN : TEMP_LEDGER_BAD);
      buffer[bit / 8] ^= 1 << bit % 8;
    }
  g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==, TEMP_LEDGER_GOOD);
}

/* Of the very size, so that reading on is noticed. */
static void
test_header_truncated (void)
{
  TempLedgerOrigin origin, read;
  guint8 buffer[TEMP_LEDGER_SLOT];

  make_origin (&origin);
  temp_ledger_encode_header (buffer, &origin);
  for (guint size = 0; size < HEADER_SIZE; size++)
    {
      g_autofree guint8 *part = g_memdup2 (buffer, size);

      g_assert_cmpint (temp_ledger_decode_header (part, size, &read), ==, TEMP_LEDGER_BAD);
    }
}

static void
test_other_version (void)
{
  TempLedgerOrigin origin, read;
  guint8 buffer[TEMP_LEDGER_SLOT];
  const guint32 versions[] = { 0, 2, 3, G_MAXUINT32 };

  make_origin (&origin);
  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      temp_ledger_encode_header (buffer, &origin);
      memcpy (buffer + HEADER_VERSION, &versions[i], sizeof versions[i]);
      memset (buffer + HEADER_SIZE, 0x55, 8); /* what that one may have more of */
      g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==, TEMP_LEDGER_FOREIGN);
    }
}

/* A sum that is right makes no string of what has no end. */
static void
test_header_endless (void)
{
  TempLedgerOrigin origin, read;
  guint8 buffer[TEMP_LEDGER_SLOT];
  guint64 sum;

  make_origin (&origin);
  temp_ledger_encode_header (buffer, &origin);
  sum = checksum (buffer + 32, HEADER_SIZE - 32, 1);
  g_assert_cmpmem (buffer + 24, 8, &sum, 8);

  memset (buffer + 40, 'x', 40);
  sum = checksum (buffer + 32, HEADER_SIZE - 32, 1);
  memcpy (buffer + 24, &sum, 8);
  g_assert_cmpint (temp_ledger_decode_header (buffer, sizeof buffer, &read), ==, TEMP_LEDGER_BAD);
}

static void
test_origin (void)
{
  TempLedgerOrigin first, second;

  temp_ledger_origin_get (&first);
  temp_ledger_origin_get (&second);
  g_assert_cmpstr (first.boot_id, ==, second.boot_id);
  g_assert_cmpuint (first.mount_namespace, ==, second.mount_namespace);
  if (g_file_test ("/proc/sys/kernel/random/boot_id", G_FILE_TEST_EXISTS))
    g_assert_cmpuint (strlen (first.boot_id), ==, strlen ("01234567-89ab-cdef-0123-456789abcdef"));
}

static void
child_other_namespace (gconstpointer data)
{
  TempLedgerOrigin before, after;

  temp_ledger_origin_get (&before);
  if (before.mount_namespace == 0 || !test_mount_tmpfs (test_dir (), "size=64k"))
    test_child_skip ("no mounts here");
  temp_ledger_origin_get (&after);
  g_assert_cmpstr (after.boot_id, ==, before.boot_id);
  g_assert_cmpuint (after.mount_namespace, !=, 0);
  g_assert_cmpuint (after.mount_namespace, !=, before.mount_namespace);
}

static void
test_other_namespace (void)
{
  test_in_child (child_other_namespace, NULL);
}

static void
child_no_proc (gconstpointer data)
{
  TempLedgerOrigin origin;

  if (!test_mount_tmpfs ("/proc", "size=64k"))
    test_child_skip ("no mounts here");
  memset (&origin, 0xaa, sizeof origin);
  temp_ledger_origin_get (&origin);
  g_assert_cmpstr (origin.boot_id, ==, "");
  g_assert_cmpuint (origin.mount_namespace, ==, 0);
}

static void
test_no_proc (void)
{
  test_in_child (child_no_proc, NULL);
}

/* Records */

static void
fill_record (TempLedgerRecord *record,
             TempLedgerState   state,
             const char       *dir,
             gboolean          has_random)
{
  *record = (TempLedgerRecord) {
    .state = state,
    .parent = { .dev = 0x1122334455667788, .ino = 0x99aabbccddeeff00 },
    .identity = {
      .dev = 0x0102030405060708,
      .ino = 0xf1f2f3f4f5f6f7f8,
      .birth_sec = -5,
      .birth_nsec = 999999999,
      .has_birth = TRUE,
    },
  };
  g_assert_true (temp_name_init (&record->name, dir, "pre", "suf", NULL));
  g_assert_true (temp_name_randomize (&record->name, NULL));
  if (!has_random)
    record->name.random = NULL;
}

static guint8 *
encode (const TempLedgerRecord *record,
        gsize                  *length)
{
  guint n_slots = temp_ledger_count_slots (&record->name);
  guint8 *buffer = g_malloc (n_slots * TEMP_LEDGER_SLOT);

  memset (buffer, 0xaa, n_slots * TEMP_LEDGER_SLOT);
  *length = temp_ledger_encode_record (buffer, SLOT_NUMBER, record);
  g_assert_cmpuint (*length, ==, RECORD_PATH + strlen (record->name.path) + 1);
  g_assert_cmpuint (*length, <=, n_slots * TEMP_LEDGER_SLOT);
  for (gsize i = *length; i < n_slots * TEMP_LEDGER_SLOT; i++)
    g_assert_cmpuint (buffer[i], ==, 0);

  return buffer;
}

static void
assert_refused (const guint8 *buffer,
                gsize         size,
                guint         slot)
{
  TempLedgerRecord record = { 0 };

  g_assert_cmpuint (temp_ledger_decode_record (buffer, size, slot, &record), ==, 0);
  g_assert_null (record.name.path);
}

static void
assert_same (const TempLedgerRecord *a,
             const TempLedgerRecord *b)
{
  g_assert_cmpint (a->state, ==, b->state);
  g_assert_cmpstr (a->name.path, ==, b->name.path);
  g_assert_cmpstr (a->name.base, ==, b->name.base);
  g_assert_cmpint (a->name.base - a->name.path, ==, b->name.base - b->name.path);
  g_assert_cmpstr (a->name.random, ==, b->name.random);
  g_assert_cmpuint (a->parent.dev, ==, b->parent.dev);
  g_assert_cmpuint (a->parent.ino, ==, b->parent.ino);
  if (a->state == TEMP_LEDGER_RESERVED)
    return;

  g_assert_cmpuint (a->identity.dev, ==, b->identity.dev);
  g_assert_cmpuint (a->identity.ino, ==, b->identity.ino);
  g_assert_cmpint (a->identity.has_birth, ==, b->identity.has_birth);
  g_assert_cmpint (a->identity.birth_sec, ==, b->identity.birth_sec);
  g_assert_cmpuint (a->identity.birth_nsec, ==, b->identity.birth_nsec);
}

static void
assert_round_trip (TempLedgerState state,
                   gsize           dir_length,
                   gboolean        has_random,
                   gboolean        has_birth)
{
  g_autofree char *dir = g_strnfill (dir_length, 'd');
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record, read = { 0 };
  gsize length;
  guint n_slots;

  if (dir_length > 0)
    dir[0] = '/';
  fill_record (&record, state, dir, has_random);
  record.identity.has_birth = has_birth;
  n_slots = temp_ledger_count_slots (&record.name);
  buffer = encode (&record, &length);
  g_assert_cmpuint (n_slots, ==, (length + TEMP_LEDGER_SLOT - 1) / TEMP_LEDGER_SLOT);

  g_assert_cmpuint (temp_ledger_decode_record (buffer, n_slots * TEMP_LEDGER_SLOT, SLOT_NUMBER, &read), ==, n_slots);
  assert_same (&record, &read);
  g_assert_false (read.parent.has_birth);
  temp_ledger_record_clear (&read);
  g_assert_null (read.name.path);

  /* As it is at the end of a file that was cut there. */
  g_assert_cmpuint (temp_ledger_decode_record (buffer, length, SLOT_NUMBER, &read), ==, n_slots);
  assert_same (&record, &read);
  temp_ledger_record_clear (&read);
  temp_ledger_record_clear (&record);
}

static void
test_record (void)
{
  static const gsize dir_lengths[] = { 0, 1, 2, 10, 400, 420, 421, 422, 423, 424, 425, 426, 427, 900, 5000, 100 * 1024 };

  for (guint i = 0; i < G_N_ELEMENTS (dir_lengths); i++)
    for (guint kind = 0; kind < 4; kind++)
      {
        assert_round_trip (TEMP_LEDGER_RESERVED, dir_lengths[i], (kind & 1) != 0, (kind & 2) != 0);
        assert_round_trip (TEMP_LEDGER_COMPLETE, dir_lengths[i], (kind & 1) != 0, (kind & 2) != 0);
      }
}

/* What is not known yet is not invented. */
static void
test_reserved (void)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record, read;
  gsize length;

  fill_record (&record, TEMP_LEDGER_RESERVED, "/d", TRUE);
  buffer = encode (&record, &length);
  g_assert_cmpuint (temp_ledger_decode_record (buffer, length, SLOT_NUMBER, &read), ==, 1);
  g_assert_cmpuint (read.identity.dev, ==, 0);
  g_assert_cmpuint (read.identity.ino, ==, 0);
  g_assert_false (read.identity.has_birth);
  temp_ledger_record_clear (&read);
  temp_ledger_record_clear (&record);
}

static void
test_count_slots (void)
{
  for (gsize n = 1; n < 4 * TEMP_LEDGER_SLOT; n++)
    {
      g_autofree char *path = g_strnfill (n, '/');
      TempName name = { .path = path };

      g_assert_cmpuint (temp_ledger_count_slots (&name), ==, (RECORD_PATH + n) / TEMP_LEDGER_SLOT + 1);
    }
}

static void
test_record_flipped (gconstpointer data)
{
  g_autofree char *dir = g_strnfill (GPOINTER_TO_UINT (data), 'd');
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record, read;
  gsize length, size;

  dir[0] = '/';
  fill_record (&record, TEMP_LEDGER_COMPLETE, dir, TRUE);
  size = temp_ledger_count_slots (&record.name) * TEMP_LEDGER_SLOT;
  buffer = encode (&record, &length);

  for (gsize i = 0; i < length; i++)
    {
      guint8 good = buffer[i];

      for (guint bit = 0; bit < 8; bit++)
        {
          buffer[i] = good ^ 1 << bit;
          assert_refused (buffer, size, SLOT_NUMBER);
        }
      buffer[i] = ~good;
      assert_refused (buffer, size, SLOT_NUMBER);
      buffer[i] = good;
    }

  g_assert_cmpuint (temp_ledger_decode_record (buffer, size, SLOT_NUMBER, &read), >, 0);
  temp_ledger_record_clear (&read);
  temp_ledger_record_clear (&record);
}

static void
test_record_truncated (void)
{
  g_autofree char *dir = g_strnfill (700, '/');
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record;
  gsize length;

  fill_record (&record, TEMP_LEDGER_COMPLETE, dir, TRUE);
  buffer = encode (&record, &length);
  for (gsize size = 0; size < length; size++)
    {
      g_autofree guint8 *part = g_memdup2 (buffer, size);

      assert_refused (part, size, SLOT_NUMBER);
    }
  temp_ledger_record_clear (&record);
}

/* A disk writes whole sectors; of those that a write covers, any may be the old ones. */
static void
test_record_torn (void)
{
  g_autofree char *dir = g_strnfill (1200, 'd');
  g_autofree guint8 *old_buffer = NULL, *new_buffer = NULL, *torn = NULL;
  TempLedgerRecord record;
  gsize length;
  guint n_slots;

  dir[0] = '/';
  fill_record (&record, TEMP_LEDGER_RESERVED, dir, TRUE);
  n_slots = temp_ledger_count_slots (&record.name);
  old_buffer = encode (&record, &length);
  memset (record.name.random, 'n', TEMP_NAME_N_RANDOM);
  record.state = TEMP_LEDGER_COMPLETE;
  new_buffer = encode (&record, &length);
  torn = g_malloc (n_slots * TEMP_LEDGER_SLOT);

  g_assert_cmpuint (n_slots, ==, 3);
  for (guint is_new = 1; is_new < 7; is_new++)
    {
      gboolean is_whole;

      for (guint i = 0; i < n_slots; i++)
        memcpy (torn + i * TEMP_LEDGER_SLOT, ((is_new >> i & 1) != 0 ? new_buffer : old_buffer) + i * TEMP_LEDGER_SLOT,
                TEMP_LEDGER_SLOT);
      /* The second slot is the same in both. */
      is_whole = memcmp (torn, new_buffer, n_slots * TEMP_LEDGER_SLOT) == 0 ||
                     memcmp (torn, old_buffer, n_slots * TEMP_LEDGER_SLOT) == 0;
      if (!is_whole)
        assert_refused (torn, n_slots * TEMP_LEDGER_SLOT, SLOT_NUMBER);
    }
  temp_ledger_record_clear (&record);
}

static void
test_other_slot (void)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record;
  gsize length;

  fill_record (&record, TEMP_LEDGER_COMPLETE, "/d", TRUE);
  buffer = encode (&record, &length);
  for (guint slot = 0; slot < 1000; slot++)
    if (slot != SLOT_NUMBER)
      assert_refused (buffer, TEMP_LEDGER_SLOT, slot);
  assert_refused (buffer, TEMP_LEDGER_SLOT, G_MAXUINT);
  temp_ledger_record_clear (&record);
}

/* A record whose name is not what it should be, but the sum is. */
static void
assert_name_refused (const char *path,
                     gssize      base,
                     gssize      random)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record = { .state = TEMP_LEDGER_COMPLETE };
  guint32 base_offset = (guint32) base, random_offset = (guint32) random, flags;
  gsize length;

  record.name.path = record.name.base = record.name.random = (char *) path;
  buffer = encode (&record, &length);
  memcpy (buffer + RECORD_BASE, &base_offset, sizeof base_offset);
  memcpy (buffer + RECORD_RANDOM, &random_offset, sizeof random_offset);
  memcpy (&flags, buffer + RECORD_FLAGS, sizeof flags);
  if (random < -1)
    flags &= ~4U;
  memcpy (buffer + RECORD_FLAGS, &flags, sizeof flags);
  reseal (buffer, length);
  assert_refused (buffer, length, SLOT_NUMBER);
}

#define NO_RANDOM (-2)

static void
test_odd_names (void)
{
  /* Not absolute, or nothing at all. */
  assert_name_refused ("", 0, NO_RANDOM);
  assert_name_refused ("name", 0, NO_RANDOM);
  assert_name_refused ("dir/name", 4, NO_RANDOM);

  /* No base name. */
  assert_name_refused ("/", 1, NO_RANDOM);
  assert_name_refused ("/dir/", 5, NO_RANDOM);
  assert_name_refused ("/dir/.", 5, NO_RANDOM);
  assert_name_refused ("/dir/..", 5, NO_RANDOM);
  assert_name_refused ("/..", 1, NO_RANDOM);

  /* Not after the last slash. */
  assert_name_refused ("/dir/name", 0, NO_RANDOM);
  assert_name_refused ("/dir/name", 1, NO_RANDOM);
  assert_name_refused ("/dir/name", 4, NO_RANDOM);
  assert_name_refused ("/dir/name", 6, NO_RANDOM);
  assert_name_refused ("/dir/name", 9, NO_RANDOM);
  assert_name_refused ("/dir/name", 10, NO_RANDOM);
  assert_name_refused ("/dir/name", 1000, NO_RANDOM);
  assert_name_refused ("/dir/name", -1, NO_RANDOM);

  /* The random part is not in the base name. */
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 0);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 11);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 16);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 23);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 24);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, 10000);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, -1);
  assert_name_refused ("/longer-dir/tmpabcdefgh", 12, G_MAXINT32);
}

/* That it is not the sum that refuses those. */
static void
test_reseal (void)
{
  static const char *const paths[] = { "/x", "/.x", "/...", "/d/..x" };
  TempLedgerRecord record, read;
  gsize length;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree guint8 *buffer = NULL;

      record = (TempLedgerRecord) { .state = TEMP_LEDGER_COMPLETE };
      temp_name_set_path (&record.name, paths[i]);
      buffer = encode (&record, &length);
      memset (buffer + RECORD_CHECKSUM, 0, 8);
      reseal (buffer, length);
      g_assert_cmpuint (temp_ledger_decode_record (buffer, length, SLOT_NUMBER, &read), ==, 1);
      assert_same (&record, &read);
      temp_ledger_record_clear (&read);
      temp_ledger_record_clear (&record);
    }
}

static void
test_odd_lengths (void)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record;
  gsize length;

  fill_record (&record, TEMP_LEDGER_COMPLETE, "/dir", TRUE);
  buffer = encode (&record, &length);

  /* With its end, or more than its end, in the middle of the path. */
  for (guint32 other = RECORD_SUMMED; other <= TEMP_LEDGER_SLOT; other++)
    if (other != length)
      {
        reseal (buffer, other);
        assert_refused (buffer, TEMP_LEDGER_SLOT, SLOT_NUMBER);
      }

  for (guint i = 0; i < 32; i++)
    {
      guint32 other = G_MAXUINT32 >> i;

      reseal (buffer, length);
      memcpy (buffer + RECORD_LENGTH, &other, sizeof other);
      assert_refused (buffer, TEMP_LEDGER_SLOT, SLOT_NUMBER);
    }

  reseal (buffer, length);
  buffer[RECORD_PATH + 2] = '\0';
  reseal (buffer, length);
  assert_refused (buffer, TEMP_LEDGER_SLOT, SLOT_NUMBER);
  temp_ledger_record_clear (&record);
}

/* Garbage */

static void
fill_randomly (guint8 *buffer,
               gsize   size)
{
  for (gsize i = 0; i < size; i++)
    buffer[i] = g_test_rand_int ();
}

/* Whatever is believed can be used without harm. */
static void
decode_any (const guint8 *buffer,
            gsize         size)
{
  g_autofree guint8 *exact = g_memdup2 (buffer, size);
  TempLedgerRecord record;
  guint n_slots = temp_ledger_decode_record (exact, size, SLOT_NUMBER, &record);
  const char *base;

  if (n_slots == 0)
    return;

  g_assert_cmpuint ((n_slots - 1) * TEMP_LEDGER_SLOT, <, size);
  g_assert_true (record.name.path[0] == '/');
  base = strrchr (record.name.path, '/') + 1;
  g_assert_true (record.name.base == base);
  g_assert_cmpstr (base, !=, "");
  g_assert_cmpstr (base, !=, ".");
  g_assert_cmpstr (base, !=, "..");
  if (record.name.random != NULL)
    {
      g_assert_true (record.name.random >= base);
      g_assert_cmpuint (strlen (record.name.random), >=, TEMP_NAME_N_RANDOM);
    }
  temp_ledger_record_clear (&record);
}

static void
test_garbage (void)
{
  guint n = g_getenv ("TEST_VALGRIND") != NULL ? 500 : 20000;

  for (guint i = 0; i < n; i++)
    {
      guint8 buffer[3 * TEMP_LEDGER_SLOT];
      gsize size = g_test_rand_int_range (0, sizeof buffer + 1);
      TempLedgerOrigin origin;

      fill_randomly (buffer, size);
      g_assert_cmpint (temp_ledger_decode_header (buffer, size, &origin), ==, TEMP_LEDGER_BAD);
      assert_refused (buffer, size, SLOT_NUMBER);

      /* The same with the sum right, if there is one. */
      if (size > RECORD_PATH)
        {
          memcpy (buffer, "Tmp1", 4);
          reseal (buffer, g_test_rand_int_range (RECORD_PATH, size + 1));
          decode_any (buffer, size);
        }
    }
}

static void
test_mutations (void)
{
  guint n = g_getenv ("TEST_VALGRIND") != NULL ? 500 : 20000;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *dir = g_strnfill (g_test_rand_int_range (1, 900), 'd');
      g_autofree guint8 *buffer = NULL;
      TempLedgerRecord record;
      gsize length, size;

      dir[0] = '/';
      fill_record (&record, TEMP_LEDGER_COMPLETE, dir, g_test_rand_bit ());
      size = temp_ledger_count_slots (&record.name) * TEMP_LEDGER_SLOT;
      buffer = encode (&record, &length);

      for (gint j = g_test_rand_int_range (1, 4); j > 0; j--)
        {
          static const guint fields[] = { RECORD_FLAGS, RECORD_BASE, RECORD_RANDOM };
          gsize at = g_test_rand_bit () ? fields[g_test_rand_int_range (0, 3)] : (guint) g_test_rand_int_range (RECORD_SUMMED, length);

          buffer[at] = g_test_rand_int ();
        }
      if (g_test_rand_bit ())
        length = g_test_rand_int_range (RECORD_PATH, size + 1);
      reseal (buffer, length);
      decode_any (buffer, size);
      temp_ledger_record_clear (&record);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-ledger-format/header", test_header);
  g_test_add_func ("/temp-ledger-format/header/flipped", test_header_flipped);
  g_test_add_func ("/temp-ledger-format/header/truncated", test_header_truncated);
  g_test_add_func ("/temp-ledger-format/header/other-version", test_other_version);
  g_test_add_func ("/temp-ledger-format/header/endless", test_header_endless);
  g_test_add_func ("/temp-ledger-format/origin", test_origin);
  g_test_add_func ("/temp-ledger-format/origin/other-namespace", test_other_namespace);
  g_test_add_func ("/temp-ledger-format/origin/no-proc", test_no_proc);
  g_test_add_func ("/temp-ledger-format/record", test_record);
  g_test_add_func ("/temp-ledger-format/record/reserved", test_reserved);
  g_test_add_func ("/temp-ledger-format/record/count-slots", test_count_slots);
  g_test_add_data_func ("/temp-ledger-format/record/flipped/short", GUINT_TO_POINTER (4), test_record_flipped);
  g_test_add_data_func ("/temp-ledger-format/record/flipped/long", GUINT_TO_POINTER (1200), test_record_flipped);
  g_test_add_func ("/temp-ledger-format/record/truncated", test_record_truncated);
  g_test_add_func ("/temp-ledger-format/record/torn", test_record_torn);
  g_test_add_func ("/temp-ledger-format/record/other-slot", test_other_slot);
  g_test_add_func ("/temp-ledger-format/record/odd-names", test_odd_names);
  g_test_add_func ("/temp-ledger-format/record/reseal", test_reseal);
  g_test_add_func ("/temp-ledger-format/record/odd-lengths", test_odd_lengths);
  g_test_add_func ("/temp-ledger-format/garbage", test_garbage);
  g_test_add_func ("/temp-ledger-format/mutations", test_mutations);

  return g_test_run ();
}
