/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-read-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "test-support.h"

#define MAX_SIZE (1024 * 1024 * 1024)

static int
create_file (void)
{
  g_autofree char *path = test_path ("ledger");
  int fd = open (path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  return fd;
}

static void
write_at (int         fd,
          const void *data,
          gsize       size,
          guint       slot)
{
  g_assert_cmpint (pwrite (fd, data, size, (off_t) slot * TEMP_LEDGER_SLOT), ==, size);
}

static void
write_header (int fd)
{
  const TempLedgerOrigin origin = { .boot_id = "boot", .mount_namespace = 5 };
  guint8 buffer[TEMP_LEDGER_SLOT];

  temp_ledger_encode_header (buffer, &origin);
  write_at (fd, buffer, sizeof buffer, 0);
}

static guint
write_record (int         fd,
              guint       slot,
              const char *path,
              guint64     ino)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerRecord record = { .state = TEMP_LEDGER_COMPLETE, .identity = { .ino = ino } };
  guint n_slots;

  temp_name_set_path (&record.name, path);
  n_slots = temp_ledger_count_slots (&record.name);
  buffer = g_malloc (n_slots * TEMP_LEDGER_SLOT);
  temp_ledger_encode_record (buffer, slot, &record);
  write_at (fd, buffer, n_slots * TEMP_LEDGER_SLOT, slot);
  temp_ledger_record_clear (&record);

  return n_slots;
}

static char *
long_path (gsize       length,
           const char *base)
{
  g_autofree char *dir = g_strnfill (length, 'd');

  dir[0] = '/';
  return g_build_filename (dir, base, NULL);
}

/* The base names of what is in it, in order, joined by blanks. */
static char *
read_bases (int fd)
{
  g_autoptr (GPtrArray) records = NULL;
  GString *bases = g_string_new (NULL);
  TempLedgerOrigin origin;

  g_assert_cmpint (temp_ledger_read (fd, &origin, &records), ==, TEMP_LEDGER_GOOD);
  g_assert_cmpstr (origin.boot_id, ==, "boot");
  g_assert_cmpuint (origin.mount_namespace, ==, 5);
  for (guint i = 0; i < records->len; i++)
    {
      const TempLedgerRecord *record = g_ptr_array_index (records, i);

      g_string_append_printf (bases, "%s%s", i > 0 ? " " : "", record->name.base);
    }

  return g_string_free (bases, FALSE);
}

static void
assert_bases (int         fd,
              const char *expected)
{
  g_autofree char *bases = read_bases (fd);

  g_assert_cmpstr (bases, ==, expected);
}

static void
assert_verdict (int               fd,
                TempLedgerVerdict verdict)
{
  GPtrArray *records = GSIZE_TO_POINTER (1);
  TempLedgerOrigin origin;

  g_assert_cmpint (temp_ledger_read (fd, &origin, &records), ==, verdict);
  g_assert_null (records);
}

static void
test_good (void)
{
  g_autofree char *path = long_path (1200, "long");
  g_autofree char *huge = long_path (100 * 1024, "huge");
  g_autoptr (GPtrArray) records = NULL;
  temp_autofd int fd = create_file ();
  TempLedgerOrigin origin;
  const TempLedgerRecord *record;
  guint slot = 1;

  write_header (fd);
  assert_bases (fd, "");
  slot += write_record (fd, slot, "/d/one", 1);
  assert_bases (fd, "one");
  slot += write_record (fd, slot, path, 2);
  slot += write_record (fd, slot, "/d/two", 3);
  slot += write_record (fd, slot, huge, 4);
  slot += write_record (fd, slot, "/d/three", 5);
  assert_bases (fd, "one long two huge three");

  g_assert_cmpint (temp_ledger_read (fd, &origin, &records), ==, TEMP_LEDGER_GOOD);
  record = g_ptr_array_index (records, 3);
  g_assert_cmpstr (record->name.path, ==, huge);
  g_assert_cmpuint (record->identity.ino, ==, 4);
  g_assert_cmpint (record->state, ==, TEMP_LEDGER_COMPLETE);
}

/* The offset of the descriptor, which others may share, is neither used nor changed. */
static void
test_offset (void)
{
  temp_autofd int fd = create_file ();

  write_header (fd);
  write_record (fd, 1, "/d/one", 1);
  g_assert_no_errno (lseek (fd, 700, SEEK_SET));
  assert_bases (fd, "one");
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 700);
}

static void
test_torn (void)
{
  const guint8 nothing[TEMP_LEDGER_SLOT] = { 0 };
  g_autofree char *path = long_path (1200, "long");
  temp_autofd int fd = create_file ();

  write_header (fd);
  for (guint slot = 1; slot <= 3; slot++)
    {
      g_autofree char *one = g_strdup_printf ("/d/%u", slot);

      write_record (fd, slot, one, slot);
    }
  g_assert_cmpuint (write_record (fd, 4, path, 4), ==, 3);
  write_record (fd, 7, "/d/last", 7);
  assert_bases (fd, "1 2 3 long last");

  write_at (fd, nothing, 16, 2);
  assert_bases (fd, "1 3 long last");
  write_at (fd, "?", 1, 3);
  assert_bases (fd, "1 long last");
  write_at (fd, nothing, sizeof nothing, 5);
  assert_bases (fd, "1 last");

  /* The middle of what was a long one, used again. */
  write_record (fd, 5, "/d/new", 5);
  assert_bases (fd, "1 new last");
  g_assert_no_errno (ftruncate (fd, 7 * TEMP_LEDGER_SLOT + 75));
  assert_bases (fd, "1 new");
  g_assert_no_errno (ftruncate (fd, 7 * TEMP_LEDGER_SLOT + 1));
  assert_bases (fd, "1 new");
}

/* Old records are not found in the middle of a new one that covers them. */
static void
test_covered (void)
{
  g_autofree char *path = long_path (1200, "long");
  temp_autofd int fd = create_file ();

  write_header (fd);
  for (guint slot = 1; slot <= 5; slot++)
    write_record (fd, slot, "/d/old", slot);
  write_record (fd, 2, path, 2);
  assert_bases (fd, "old long old");
}

/* The same record elsewhere, as a filesystem may mix it up, is none. */
static void
test_moved (void)
{
  guint8 buffer[TEMP_LEDGER_SLOT];
  temp_autofd int fd = create_file ();

  write_header (fd);
  write_record (fd, 1, "/d/one", 1);
  g_assert_cmpint (pread (fd, buffer, sizeof buffer, TEMP_LEDGER_SLOT), ==, sizeof buffer);
  write_at (fd, buffer, sizeof buffer, 2);
  assert_bases (fd, "one");
}

static void
test_bad (void)
{
  const guint8 nothing[8 * TEMP_LEDGER_SLOT] = { 0 };
  temp_autofd int fd = create_file ();

  assert_verdict (fd, TEMP_LEDGER_BAD); /* made, and nothing more */
  write_at (fd, "tempfile-ledger", 16, 0);
  assert_verdict (fd, TEMP_LEDGER_BAD);
  write_at (fd, nothing, sizeof nothing, 0);
  assert_verdict (fd, TEMP_LEDGER_BAD);

  write_header (fd);
  write_record (fd, 1, "/d/one", 1);
  g_assert_cmpint (pwrite (fd, "?", 1, 50), ==, 1);
  assert_verdict (fd, TEMP_LEDGER_BAD);
}

static void
test_foreign (void)
{
  const guint32 version = 2;
  temp_autofd int fd = create_file ();

  write_header (fd);
  write_record (fd, 1, "/d/one", 1);
  g_assert_cmpint (pwrite (fd, &version, sizeof version, 16), ==, sizeof version);
  assert_verdict (fd, TEMP_LEDGER_FOREIGN);
}

static void
test_sparse (void)
{
  const guint slots[] = { 500, 40000, MAX_SIZE / TEMP_LEDGER_SLOT - 1 };
  temp_autofd int fd = create_file ();

  write_header (fd);
  for (guint i = 0; i < G_N_ELEMENTS (slots); i++)
    {
      g_autofree char *path = g_strdup_printf ("/d/%u", slots[i]);

      write_record (fd, slots[i], path, i);
    }
  assert_bases (fd, "500 40000 2097151");

  g_assert_no_errno (ftruncate (fd, MAX_SIZE + 1));
  assert_verdict (fd, TEMP_LEDGER_FOREIGN);
  g_assert_no_errno (ftruncate (fd, (off_t) 1 << 40));
  assert_verdict (fd, TEMP_LEDGER_FOREIGN);
}

/* What cannot be read is not known to be bad: it is left alone. */
static void
test_unreadable (void)
{
  g_autofree char *path = test_path ("ledger");
  temp_autofd int fd = create_file ();
  temp_autofd int write_only = open (path, O_WRONLY | O_CLOEXEC);
  temp_autofd int dir_fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  write_header (fd);
  assert_verdict (write_only, TEMP_LEDGER_FOREIGN);
  assert_verdict (dir_fd, TEMP_LEDGER_FOREIGN);
  assert_verdict (-1, TEMP_LEDGER_FOREIGN);
}

static void
child_failing (gconstpointer data)
{
  temp_autofd int fd = create_file ();

  write_header (fd);
  if (!test_fail_syscall_on (SYS_pread64, EIO, fd))
    test_child_skip ("no filters of system calls here");
  assert_verdict (fd, TEMP_LEDGER_FOREIGN);
}

static void
test_failing (void)
{
  test_in_child (child_failing, NULL);
}

static void
test_garbage (void)
{
  guint n = g_getenv ("TEST_VALGRIND") != NULL ? 20 : 500;
  temp_autofd int fd = create_file ();

  for (guint i = 0; i < n; i++)
    {
      guint8 buffer[16 * TEMP_LEDGER_SLOT];

      for (gsize j = 0; j < sizeof buffer; j++)
        buffer[j] = g_test_rand_int ();
      for (guint slot = 0; slot < 16; slot++)
        memcpy (buffer + slot * TEMP_LEDGER_SLOT, "Tmp1", 4);
      write_at (fd, buffer, sizeof buffer, 0);
      g_assert_no_errno (ftruncate (fd, g_test_rand_int_range (0, sizeof buffer)));
      assert_verdict (fd, TEMP_LEDGER_BAD);
      write_header (fd);
      assert_bases (fd, "");
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-ledger-read/good", test_good);
  g_test_add_func ("/temp-ledger-read/offset", test_offset);
  g_test_add_func ("/temp-ledger-read/torn", test_torn);
  g_test_add_func ("/temp-ledger-read/covered", test_covered);
  g_test_add_func ("/temp-ledger-read/moved", test_moved);
  g_test_add_func ("/temp-ledger-read/bad", test_bad);
  g_test_add_func ("/temp-ledger-read/foreign", test_foreign);
  g_test_add_func ("/temp-ledger-read/sparse", test_sparse);
  g_test_add_func ("/temp-ledger-read/unreadable", test_unreadable);
  g_test_add_func ("/temp-ledger-read/failing", test_failing);
  g_test_add_func ("/temp-ledger-read/garbage", test_garbage);

  return g_test_run ();
}
