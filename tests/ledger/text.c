/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/text.h"

#include <string.h>

#include "test-support.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
#define KEY_LINE "key 000102030405060708090a0b0c0d0e0f\n"
#define HEAD "\ntempfile-glib 2 42 1700000000.123456789\n" KEY_LINE
#define N_ROUNDS 20000

static TempLedgerText *
parse (const char *contents)
{
  return temp_ledger_text_parse (contents, strlen (contents));
}

static const TempLedgerDir *
get_dir (const TempLedgerText *text,
         guint                 i)
{
  g_assert_cmpuint (i, <, text->dirs->len);
  return g_ptr_array_index (text->dirs, i);
}

/* Escapes */

static void
test_escape_each_byte (void)
{
  for (guint byte = 1; byte < 256; byte++)
    {
      const char path[] = { '/', (char) byte, 'x', (char) byte, '\0' };
      g_autofree char *text = temp_ledger_escape (path);
      g_autofree char *back = temp_ledger_unescape (text);
      g_autofree char *octal = g_strdup_printf ("/\\%03ox\\%03o", byte, byte);

      g_assert_cmpstr (back, ==, path);
      g_assert_cmpstr (text, ==, byte <= 0x20 || byte == '\\' || byte >= 0x7f ? octal : path);
    }
}

static void
test_escape_whole_paths (void)
{
  static const char *const paths[] = {
    "", "/", "/tmp", "/a b", "/a\nkey 00", "/tab\there", "\\", "\\\\", "/\\012", "/ä", "/\xff\xfe", "/\x7f\x80",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *text = temp_ledger_escape (paths[i]);
      g_autofree char *back = temp_ledger_unescape (text);

      g_assert_cmpstr (back, ==, paths[i]);
      g_assert_null (strpbrk (text, " \n\t"));
    }
}

/* temp_ledger_escape() never writes these. */
static void
test_unescape_nonsense (void)
{
  static const char *const texts[] = {
    "\\", "/a\\", "/a\\0", "/a\\04", "/a\\04x", "/a\\400", "/a\\777", "/a\\080", "/a\\008", "/a\\n", "/a\\\\", "/a\\000",
    "/a\\000b", "/a\\-01",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_null (temp_ledger_unescape (texts[i]));
}

/* Lines */

static void
test_whole (void)
{
  g_autoptr (TempLedgerText) text =
    parse (HEAD "process 4242 1234567 4026531836 4026531834 " BOOT "\n"
                "mount 4026531840\n"
                "uid 1000\n"
                "\n\nuid 0\n\n"
                "\ndir 2049 12 /tmp\n\n"
                "dir 18446744073709551615 18446744073709551614 /home/a\\040b\n"
                "name tmpone\nname tmp\\012two\n"
                "keep tmpkept\nkeep tmpback\nunkeep tmpback\n"
                "process 4243 1234568 0 0 -\n"
                "tried 1700000100\ntried 1700000300\ntried 1700000200\n");
  const TempLedgerProcess *process;

  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (text->ino, ==, 42);
  g_assert_cmpstr (text->birth, ==, "1700000000.123456789");
  for (guint i = 0; i < sizeof text->key.bytes; i++)
    g_assert_cmpuint (text->key.bytes[i], ==, i);
  g_assert_cmpuint (text->mount_namespace, ==, 4026531840);

  g_assert_cmpuint (text->processes->len, ==, 2);
  process = &g_array_index (text->processes, TempLedgerProcess, 0);
  g_assert_cmpint (process->pid, ==, 4242);
  g_assert_cmpuint (process->start, ==, 1234567);
  g_assert_cmpuint (process->pid_namespace, ==, 4026531836);
  g_assert_cmpuint (process->time_namespace, ==, 4026531834);
  g_assert_cmpstr (process->boot, ==, BOOT);
  g_assert_cmpstr (g_array_index (text->processes, TempLedgerProcess, 1).boot, ==, "-");

  g_assert_cmpuint (text->uids->len, ==, 2);
  g_assert_true (temp_ledger_text_has_uid (text, 1000));
  g_assert_true (temp_ledger_text_has_uid (text, 0));
  g_assert_false (temp_ledger_text_has_uid (text, 1001));

  g_assert_cmpuint (text->dirs->len, ==, 2);
  g_assert_cmpuint (get_dir (text, 0)->dev, ==, 2049);
  g_assert_cmpuint (get_dir (text, 0)->ino, ==, 12);
  g_assert_cmpstr (get_dir (text, 0)->path, ==, "/tmp");
  g_assert_cmpuint (get_dir (text, 0)->names->len, ==, 0);
  g_assert_cmpuint (get_dir (text, 1)->dev, ==, G_MAXUINT64);
  g_assert_cmpuint (get_dir (text, 1)->ino, ==, G_MAXUINT64 - 1);
  g_assert_cmpstr (get_dir (text, 1)->text, ==, "/home/a\\040b");
  g_assert_cmpstr (get_dir (text, 1)->path, ==, "/home/a b");
  g_assert_cmpuint (get_dir (text, 1)->names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 1)->names, 0), ==, "tmpone");
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 1)->names, 1), ==, "tmp\ntwo");

  g_assert_cmpuint (g_hash_table_size (text->kept), ==, 1);
  g_assert_true (g_hash_table_contains (text->kept, "tmpkept"));
  g_assert_cmpuint (text->n_tried, ==, 3);
  g_assert_cmpint (text->last_tried, ==, 1700000300);
}

static void
test_process_line (void)
{
  const TempLedgerProcess process = { 4242, G_MAXUINT64, 2, 3, BOOT };
  g_autofree char *line = temp_ledger_process_line (&process);
  g_autofree char *contents = g_strconcat (HEAD, line, NULL);
  g_autoptr (TempLedgerText) text = parse (contents);
  const TempLedgerProcess *found;

  g_assert_cmpstr (line, ==, "process 4242 18446744073709551615 2 3 " BOOT "\n");
  g_assert_cmpuint (text->processes->len, ==, 1);
  found = &g_array_index (text->processes, TempLedgerProcess, 0);
  g_assert_cmpint (found->pid, ==, process.pid);
  g_assert_cmpuint (found->start, ==, process.start);
  g_assert_cmpuint (found->pid_namespace, ==, process.pid_namespace);
  g_assert_cmpuint (found->time_namespace, ==, process.time_namespace);
  g_assert_cmpstr (found->boot, ==, process.boot);
}

static void
test_verdicts (void)
{
  static const struct
  {
    const char       *contents;
    TempLedgerVerdict verdict;
  } ledgers[] = {
    { "", TEMP_LEDGER_HEADLESS },
    { "\n", TEMP_LEDGER_HEADLESS },
    { "\n\n\n", TEMP_LEDGER_HEADLESS },
    { "nonsense\n" HEAD, TEMP_LEDGER_HEADLESS },
    { "tempfile-glib\n" KEY_LINE, TEMP_LEDGER_HEADLESS },
    { "tempfile-glib 2 42 0", TEMP_LEDGER_HEADLESS },
    { "tempfile-glib 2 42 0\n", TEMP_LEDGER_HEADLESS },
    { "tempfile-glib 2 42 0\nkey 0001\n", TEMP_LEDGER_HEADLESS },
    { "tempfile-glib 2 42 0\nkey 000102030405060708090a0b0c0d0e0f", TEMP_LEDGER_HEADLESS },
    { "tempfile-glib 2 42 0\n" KEY_LINE, TEMP_LEDGER_GOOD },
    { "\n\ntempfile-glib 2 42 0\n\n\n" KEY_LINE, TEMP_LEDGER_GOOD },
    { "tempfile-glib 2 42 0\nkey 000102030405060708090A0B0C0D0E0F\n", TEMP_LEDGER_GOOD },
    { "tempfile-glib 1 42 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 3 42 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 20 42 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 2\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 2 42\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 2 42 0 more\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 2 x 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib 2 -1 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
    { "tempfile-glib  2 42 0\n" KEY_LINE, TEMP_LEDGER_FOREIGN },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ledgers); i++)
    {
      g_autoptr (TempLedgerText) text = parse (ledgers[i].contents);

      g_assert_cmpint (text->verdict, ==, ledgers[i].verdict);
    }
}

/* The parser reads nothing of a ledger of another version. */
static void
test_other_version (void)
{
  g_autoptr (TempLedgerText) text = parse ("tempfile-glib 3 42 0\n" KEY_LINE "dir 1 2 /tmp\nuid 5\nname a\n");

  g_assert_cmpuint (text->dirs->len, ==, 0);
  g_assert_cmpuint (text->uids->len, ==, 0);
}

static void
test_malformed_lines (void)
{
  static const char *const lines[] = {
    "unknown", "unknown 1 2 3", "dir", "dir ", "dir 1", "dir 1 2", "dir 1 2 ", "dir 1 2 tmp", "dir 1 2 ./tmp",
    "dir 1 2 /tmp extra", "dir x 2 /tmp", "dir 1 x /tmp", "dir -1 2 /tmp", "dir 1 +2 /tmp", "dir 1 0x2 /tmp",
    "dir 1 18446744073709551616 /tmp", "dir  1 2 /tmp", " dir 1 2 /tmp", "dir 1 2 /tmp ", "dir 1 2 /tmp\\",
    "dir 1 2 /tmp\\01", "dir 1 2 /tmp\\000", "dir 1 2 \\x2ftmp", "DIR 1 2 /tmp", "dir\t1 2 /tmp", "directory 1 2 /tmp",
    "uid", "uid x", "uid -1", "uid 1 2", "uid  1", "uid 1 ", "uid 1.0", "uid 99999999999999999999",
    "process", "process 1 2 3 4", "process 1 2 3 4 5 6", "process 0 2 3 4 -", "process -1 2 3 4 -",
    "process 2147483648 2 3 4 -", "process x 2 3 4 -", "process 1 x 3 4 -", "process 1 2 x 4 -", "process 1 2 3 x -",
    "process 1 2 3 4 " BOOT "0", "process 1 2 3 4 - ",
    "key", "key ffffffffffffffffffffffffffffffff0", "key ffffffffffffffffffffffffffffff",
    "key fffffffffffffffffffffffffffffffg", "key ffffffffffffffffffffffffffffffff f", "key \\377fffffffffffffffffffffffffffff",
    "keep", "keep ", "keep a b", "keep \\", "keep a/b", "keep \\057", "keep .", "keep ..", "keep \\056\\056", "keep \\000",
    "unkeep", "unkeep a b", "unkeep kept\\", "unkept kept", "tried", "tried x", "tried -1", "tried 1 2",
    "name", "name ", "name a b", "name a\\", "name a/b", "name /", "name \\057etc", "name .", "name ..", "name \\056.",
    "name \\000", "name \\012\\", "mount", "mount x", "mount 1 2", "\\", "\\\\", " ", "  ", "tempfile-glib 3 1 0",
    "tempfile-glib 2 43 0",
  };
  g_autoptr (GString) all = g_string_new (HEAD "uid 7\nprocess 9 8 7 6 -\nmount 77\ndir 5 6 /dir\nkeep kept\n");

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    g_string_append_printf (all, "%s\n", lines[i]);
  /* The parser reads the line behind them. */
  g_string_append (all, "name believed\n");

  for (gsize i = 0; i <= G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *one = i < G_N_ELEMENTS (lines)
                               ? g_strconcat (HEAD "uid 7\nprocess 9 8 7 6 -\nmount 77\ndir 5 6 /dir\nkeep kept\n",
                                              lines[i], "\nname believed\n", NULL)
                               : g_strdup (all->str);
      g_autoptr (TempLedgerText) text = parse (one);

      g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
      g_assert_cmpuint (text->ino, ==, 42);
      g_assert_cmpuint (text->key.bytes[15], ==, 15);
      g_assert_cmpuint (text->mount_namespace, ==, 77);
      g_assert_cmpuint (text->processes->len, ==, 1);
      g_assert_cmpuint (text->uids->len, ==, 1);
      g_assert_cmpuint (text->dirs->len, ==, 1);
      g_assert_cmpuint (get_dir (text, 0)->names->len, ==, 1);
      g_assert_cmpstr (g_ptr_array_index (get_dir (text, 0)->names, 0), ==, "believed");
      g_assert_cmpuint (g_hash_table_size (text->kept), ==, 1);
      g_assert_true (g_hash_table_contains (text->kept, "kept"));
      g_assert_cmpuint (text->n_tried, ==, 0);
      g_assert_cmpint (text->last_tried, ==, 0);
    }
}

/* A line that the disk took only in part is ruined by a backslash, and comes again. Wherever it broke, it is read once:
 * the whole line, and never its beginning. */
static void
test_torn_lines (void)
{
  static const char *const lines[] = {
    "dir 1 20 /tmp/somewhere", "name tmpone", "uid 1234", "keep tmptwo", "tried 1700000000",
    ("process 123 456 0 0 " BOOT), "mount 4026531840",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    for (gsize n = 0; n < strlen (lines[i]); n++)
      {
        g_autofree char *torn = g_strndup (lines[i], n);
        g_autofree char *contents = g_strconcat (HEAD "dir 9 9 /dir\n", "\n", torn, "\\\n", lines[i], "\n", NULL);
        g_autoptr (TempLedgerText) text = parse (contents);

        g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
        g_assert_cmpuint (text->dirs->len, ==, i == 0 ? 2 : 1);
        g_assert_cmpuint (get_dir (text, 0)->names->len, ==, i == 1 ? 1 : 0);
        g_assert_cmpuint (text->uids->len, ==, i == 2 ? 1 : 0);
        g_assert_cmpuint (g_hash_table_size (text->kept), ==, i == 3 ? 1 : 0);
        g_assert_cmpuint (text->n_tried, ==, i == 4 ? 1 : 0);
        g_assert_cmpuint (text->processes->len, ==, i == 5 ? 1 : 0);
        g_assert_cmpuint (text->mount_namespace, ==, i == 6 ? 4026531840 : 0);
        if (i == 0)
          g_assert_cmpstr (get_dir (text, 1)->path, ==, "/tmp/somewhere");
      }
}

/* The header is written in one go with the lines behind it, and comes again with them. */
static void
test_torn_header (void)
{
  static const char header[] = "tempfile-glib 2 42 1700000000.123456789\n" KEY_LINE "process 123 456 0 0 " BOOT "\n"
                               "mount 4026531840\nuid 1234\n";

  for (gsize n = 0; n < strlen (header); n++)
    {
      g_autofree char *torn = g_strndup (header, n);
      g_autofree char *contents = g_strconcat ("\n", torn, "\\\n", header, NULL);
      g_autoptr (TempLedgerText) text = parse (contents);

      g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
      g_assert_cmpuint (text->ino, ==, 42);
      g_assert_cmpstr (text->birth, ==, "1700000000.123456789");
      g_assert_cmpuint (text->mount_namespace, ==, 4026531840);
      g_assert_true (temp_ledger_text_has_uid (text, 1234));
      g_assert_cmpuint (text->uids->len, ==, 1);
      for (guint i = 0; i < text->processes->len; i++)
        g_assert_cmpstr (g_array_index (text->processes, TempLedgerProcess, i).boot, ==, BOOT);
    }
}

/* The program was killed while it wrote the last line. */
static void
test_last_line (void)
{
  static const char contents[] = HEAD "dir 1 2 /tmp\nuid 10\nkeep abc\nname xyz\nuid 1000\n";
  g_autoptr (TempLedgerText) whole = parse (contents);

  g_assert_cmpuint (whole->uids->len, ==, 2);
  for (gsize size = 0; size < strlen (contents); size++)
    {
      g_autoptr (TempLedgerText) text = temp_ledger_text_parse (contents, size);

      g_assert_cmpuint (text->uids->len, <, 2);
      g_assert_false (temp_ledger_text_has_uid (text, 1));
      g_assert_false (temp_ledger_text_has_uid (text, 100));
      g_assert_false (g_hash_table_contains (text->kept, "ab"));
      for (guint i = 0; i < text->dirs->len; i++)
        g_assert_cmpstr (get_dir (text, i)->path, ==, "/tmp");
      if (text->dirs->len > 0)
        g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
    }
}

/* A line with a byte that nobody writes is no line. A crash of the machine may leave pages of NUL. */
static void
test_nul (void)
{
  static const char contents[] = HEAD "dir 1 2 /tmp\0/x\nuid 5\0\nuid 6\n\0uid 7\n\0\0\0\0\nuid 8\n\0\0\0";
  g_autoptr (TempLedgerText) text = temp_ledger_text_parse (contents, sizeof contents - 1);
  g_autoptr (TempLedgerText) zeros = temp_ledger_text_parse ("\0\0\0\n\0\0\n", 7);

  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (text->dirs->len, ==, 0);
  g_assert_cmpuint (text->uids->len, ==, 2);
  g_assert_true (temp_ledger_text_has_uid (text, 6));
  g_assert_true (temp_ledger_text_has_uid (text, 8));
  g_assert_cmpint (zeros->verdict, ==, TEMP_LEDGER_HEADLESS);
}

/* The last of several `keep` and `unkeep` counts. */
static void
test_keep_order (void)
{
  g_autoptr (TempLedgerText) text = parse (HEAD "keep a\nkeep a\nkeep b\nunkeep b\nunkeep c\nkeep c\nkeep d\nunkeep d\n"
                                                "keep d\nkeep a\\040b\nkeep e\nunkeep e\nkeep e\nunkeep e\n");

  g_assert_cmpuint (g_hash_table_size (text->kept), ==, 4);
  g_assert_true (g_hash_table_contains (text->kept, "a"));
  g_assert_true (g_hash_table_contains (text->kept, "c"));
  g_assert_true (g_hash_table_contains (text->kept, "d"));
  g_assert_true (g_hash_table_contains (text->kept, "a b"));
}

/* A `name` is in the directory of the `dir` line before. Without such a line, the parser skips it. */
static void
test_names (void)
{
  g_autoptr (TempLedgerText) text = parse (HEAD "name nowhere\ndir 1 2 /a\nname one\nuid 5\nname two\ndir 1 3 /b\n"
                                                "dir 1 2 /a\nname three\nname \\141\\040\n");

  g_assert_cmpuint (text->dirs->len, ==, 3);
  g_assert_cmpuint (get_dir (text, 0)->names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 0)->names, 0), ==, "one");
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 0)->names, 1), ==, "two");
  g_assert_cmpuint (get_dir (text, 1)->names->len, ==, 0);
  g_assert_cmpuint (get_dir (text, 2)->names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 2)->names, 0), ==, "three");
  g_assert_cmpstr (g_ptr_array_index (get_dir (text, 2)->names, 1), ==, "a ");
}

/* Any bytes */

static void
check (const char *contents,
       gsize       size)
{
  /* The copy ends with its contents, so that the sanitizers see a byte read behind it. */
  g_autofree char *copy = g_malloc (MAX (size, 1));
  g_autoptr (TempLedgerText) text = NULL;

  memcpy (copy, contents, size);
  text = temp_ledger_text_parse (copy, size);
  for (guint i = 0; i < text->dirs->len; i++)
    {
      const TempLedgerDir *dir = get_dir (text, i);

      g_assert_cmpint (*dir->path, ==, '/');
      for (guint j = 0; j < dir->names->len; j++)
        {
          const char *name = g_ptr_array_index (dir->names, j);

          g_assert_cmpstr (name, !=, "");
          g_assert_cmpstr (name, !=, ".");
          g_assert_cmpstr (name, !=, "..");
          g_assert_null (strchr (name, '/'));
        }
    }
  if (text->verdict != TEMP_LEDGER_GOOD && text->verdict != TEMP_LEDGER_HEADLESS)
    g_assert_cmpuint (text->dirs->len, ==, 0);
}

static void
test_random_bytes (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2026);
  char contents[256];

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      gsize size = g_rand_int_range (random, 0, sizeof contents);

      for (gsize j = 0; j < size; j++)
        contents[j] = (char) g_rand_int_range (random, 0, 256);
      check (contents, size);
    }
}

static void
test_mutations (void)
{
  static const char seed[] = HEAD "process 4242 1234567 4026531836 4026531834 " BOOT "\nmount 4026531840\nuid 1000\n"
                                  "\ndir 2049 12 /tmp\nname tmpone\ndir 1 2 /a\\040b\nname \\056a\nkeep x\nunkeep x\n"
                                  "tried 1700000000\n\n";
  static const char special[] = "\\ \n/.0123kndput\0\377";
  g_autoptr (GRand) random = g_rand_new_with_seed (14);

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      gsize size = sizeof seed - 1;
      g_autofree char *contents = g_memdup2 (seed, size);
      guint n = g_rand_int_range (random, 1, 9);

      for (guint j = 0; j < n; j++)
        {
          gsize at = g_rand_int_range (random, 0, size), from = g_rand_int_range (random, 0, size);
          gsize n_most = size - MAX (at, from), length = g_rand_int_range (random, 1, 30);

          switch (g_rand_int_range (random, 0, 3))
            {
            case 0:
              contents[at] = special[g_rand_int_range (random, 0, sizeof special)];
              break;
            case 1:
              memmove (contents + at, contents + from, MIN (length, n_most));
              break;
            default:
              contents[at] ^= 1 << g_rand_int_range (random, 0, 8);
              break;
            }
        }
      if (i % 4 == 0)
        size = g_rand_int_range (random, 0, size);
      check (contents, size);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/ledger/text/each-byte-is-escaped", test_escape_each_byte);
  g_test_add_func ("/ledger/text/paths-survive", test_escape_whole_paths);
  g_test_add_func ("/ledger/text/nonsense-is-no-path", test_unescape_nonsense);
  g_test_add_func ("/ledger/text/each-kind-of-line-is-read", test_whole);
  g_test_add_func ("/ledger/text/a-process-has-a-line", test_process_line);
  g_test_add_func ("/ledger/text/only-a-whole-header-is-a-ledgers", test_verdicts);
  g_test_add_func ("/ledger/text/other-version-is-not-read", test_other_version);
  g_test_add_func ("/ledger/text/malformed-lines-are-skipped", test_malformed_lines);
  g_test_add_func ("/ledger/text/torn-lines-are-skipped", test_torn_lines);
  g_test_add_func ("/ledger/text/torn-header-is-repeated", test_torn_header);
  g_test_add_func ("/ledger/text/unfinished-line-is-skipped", test_last_line);
  g_test_add_func ("/ledger/text/line-with-nul-is-skipped", test_nul);
  g_test_add_func ("/ledger/text/last-keep-counts", test_keep_order);
  g_test_add_func ("/ledger/text/names-follow-their-directory", test_names);
  g_test_add_func ("/ledger/text/random-bytes-are-read-without-a-crash", test_random_bytes);
  g_test_add_func ("/ledger/text/damaged-ledgers-are-read-without-a-crash", test_mutations);

  return g_test_run ();
}
