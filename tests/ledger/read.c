/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* Reading ledgers from files, which a copy, an error or another program may have made. */

#define KEY_LINE "key 000102030405060708090a0b0c0d0e0f\n"
#define N_KEPT 100000

/* Returns the descriptor of a new, empty file. */
static int
create (const char *base)
{
  g_autofree char *path = test_path (base);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  return fd;
}

static TempLedgerText *
read_ledger (int fd)
{
  TempStat st;

  g_assert_no_errno (temp_platform.stat (fd, &st));
  return temp_ledger_text_read (fd, &st);
}

/* Asserts the verdict of a reader on a file with these contents. */
static void
assert_verdict (int               fd,
                const char       *contents,
                TempLedgerVerdict expected)
{
  g_autoptr (TempLedgerText) text = NULL;

  g_assert_no_errno (ftruncate (fd, 0));
  g_assert_cmpint (pwrite (fd, contents, strlen (contents), 0), ==, strlen (contents));
  text = read_ledger (fd);
  g_assert_nonnull (text);
  g_assert_cmpint (text->verdict, ==, expected);
}

/* Returns the first lines of a ledger with that inode and birth; NULL: those of the file. */
static char *
make_header (int         fd,
             guint64     ino_offset,
             const char *birth)
{
  char own_birth[TEMP_LEDGER_BIRTH_SIZE];
  struct stat st;

  g_assert_no_errno (fstat (fd, &st));
  temp_ledger_get_birth (fd, own_birth);
  return g_strdup_printf ("\ntempfile-glib 2 %" G_GUINT64_FORMAT " %s\n" KEY_LINE "uid 5\n",
                          (guint64) st.st_ino + ino_offset, birth != NULL ? birth : own_birth);
}

/* A ledger is known by its inode and its birth: a copy has others. */
static void
test_copy (void)
{
  g_autofree char *path = test_path ("ledger");
  g_autofree char *moved_path = test_path ("moved");
  temp_autofd int fd = create ("ledger");
  temp_autofd int copy_fd = create ("copy");
  g_autofree char *lines = make_header (fd, 0, NULL);

  assert_verdict (fd, lines, TEMP_LEDGER_GOOD);
  assert_verdict (copy_fd, lines, TEMP_LEDGER_COPY);
  g_assert_no_errno (rename (path, moved_path));
  assert_verdict (fd, lines, TEMP_LEDGER_GOOD);
}

/* An inode number is given out again: then the birth differs. Where the filesystem has no births, 0 is written. */
static void
test_birth (void)
{
  temp_autofd int fd = create ("ledger");
  char birth[TEMP_LEDGER_BIRTH_SIZE];
  static const char *const others[] = { "1", "1.000000000", "9999999999.000000001" };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *lines = make_header (fd, 0, others[i]);

      assert_verdict (fd, lines, TEMP_LEDGER_COPY);
    }

  temp_ledger_get_birth (-1, birth);
  g_assert_cmpstr (birth, ==, "0");
}

/* Two files may be made at one time, or where nobody knows when. */
static void
test_inode (void)
{
  temp_autofd int fd = create ("ledger");
  g_autofree char *lines = make_header (fd, 1, NULL);

  assert_verdict (fd, lines, TEMP_LEDGER_COPY);
}

/* A copy without a whole header is no ledger at all, and one of another version stays one. */
static void
test_verdicts (void)
{
  temp_autofd int fd = create ("ledger");

  assert_verdict (fd, "", TEMP_LEDGER_HEADLESS);
  assert_verdict (fd, "tempfile-glib 3 1 2\n" KEY_LINE, TEMP_LEDGER_FOREIGN);
}

static void
test_fails (void)
{
  temp_autofd int fd = create ("ledger");
  TempStat st;

  /* The file became shorter. */
  g_assert_no_errno (temp_platform.stat (fd, &st));
  st.size = 100;
  errno = 0;
  g_assert_null (temp_ledger_text_read (fd, &st));
  g_assert_cmpint (errno, !=, 0);

  /* A huge file that another program made does not fill the memory. */
  g_assert_no_errno (ftruncate (fd, G_GINT64_CONSTANT (1) << 40));
  g_assert_null (read_ledger (fd));
  g_assert_cmpint (errno, ==, EFBIG);

  st.size = 1;
  g_assert_null (temp_ledger_text_read (-1, &st));
  g_assert_cmpint (errno, ==, EBADF);
}

/* A ledger is full when no more directories go into it; but a file that was made under it by then may be kept later. */
static void
test_long (void)
{
  temp_autofd int fd = create ("ledger");
  g_autofree char *lines = make_header (fd, 0, NULL);
  g_autoptr (GString) contents = g_string_new (lines);
  g_autoptr (TempLedgerText) text = NULL;

  for (guint i = 0; i < N_KEPT; i++)
    g_string_append_printf (contents, "\nkeep tmpabcdefghijklm%03u\n", i % 1000);
  g_assert_cmpint (write (fd, contents->str, contents->len), ==, contents->len);
  text = read_ledger (fd);
  g_assert_nonnull (text);
  g_assert_true (temp_ledger_text_has_uid (text, 5));
  g_assert_cmpuint (g_hash_table_size (text->kept), ==, 1000);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/only-ours/a-copy-of-a-ledger-is-recognized", test_copy);
  g_test_add_func ("/only-ours/ledger-of-another-birth-is-a-copy", test_birth);
  g_test_add_func ("/only-ours/ledger-of-another-inode-is-a-copy", test_inode);
  g_test_add_func ("/ledger/read/a-copy-without-a-header-is-headless", test_verdicts);
  g_test_add_func ("/ledger/read/short-and-huge-files-are-errors", test_fails);
  g_test_add_func ("/ledger/read/a-million-kept-names-fit", test_long);

  return g_test_run ();
}
