/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/tag.h"

#include <string.h>

#include "entry/name.h"
#include "test-support.h"

#define ALPHABET "abcdefghijklmnopqrstuvwxyz234567"
#define N_BASE32 (sizeof ALPHABET - 1)
#define N_PLAIN_NAMES 100000
#define NAME_MAX_LENGTH 255

static const TempTagKey key = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };

static char *
make_name_with (const TempTagKey *with,
                TempTagKind       kind,
                guint             number,
                const char       *dir,
                const char       *prefix,
                const char       *suffix)
{
  char letters[TEMP_TAG_N_LETTERS];

  temp_tag_write (letters, with, kind, number, dir, prefix, strlen (prefix), suffix);
  return g_strdup_printf ("%s%.*s%s", prefix, TEMP_TAG_N_LETTERS, letters, suffix);
}

static char *
make_name (TempTagKind  kind,
           guint        number,
           const char  *dir,
           const char  *prefix,
           const char  *suffix)
{
  return make_name_with (&key, kind, number, dir, prefix, suffix);
}

static void
assert_verifies (const char  *name,
                 const char  *dir,
                 TempTagKind  kind)
{
  TempTagKind found = !kind;

  g_assert_true (temp_tag_has_window (name));
  g_assert_true (temp_tag_verify (name, &key, dir, &found));
  g_assert_cmpint (found, ==, kind);
}

static void
assert_fails (const char *name,
              const char *dir)
{
  TempTagKind kind;

  g_assert_false (temp_tag_verify (name, &key, dir, &kind));
}

/* An implementation of its own in another language made these. */
static void
test_layout (void)
{
  static const struct
  {
    TempTagKind kind;
    guint       number;
    const char *dir, *prefix, *suffix, *name;
  } names[] = {
    { TEMP_TAG_FILE, 0x1234567, "/tmp", "tmp", "", "tmpbencwoonh266qbju" },
    { TEMP_TAG_DIR, 0x1234567, "/tmp", "tmp", "", "tmpbencwp2abmuagcy4" },
    { TEMP_TAG_FILE, 0x1fffffff, "/home/a\\040b", "report-", ".pdf", "report-777776i2lwmkhbxk.pdf" },
    { TEMP_TAG_DIR, 0, "/", "", "", "aaaaabi3hxzfelzg" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = make_name (names[i].kind, names[i].number, names[i].dir, names[i].prefix, names[i].suffix);

      g_assert_cmpstr (name, ==, names[i].name);
      assert_verifies (name, names[i].dir, names[i].kind);
    }
}

/* The counter is in the first six letters, and its lowest bit is the kind. */
static void
test_counter (void)
{
  for (guint i = 0; i < 1000; i++)
    {
      guint number = i * 2654435761u;
      TempTagKind kind = i % 3 == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE;
      g_autofree char *name = make_name (kind, number, "/tmp", "", "");
      guint counter = 0;

      g_assert_cmpuint (strlen (name), ==, TEMP_TAG_N_LETTERS);
      g_assert_cmpuint (strspn (name, ALPHABET), ==, TEMP_TAG_N_LETTERS);
      for (guint j = 0; j < 6; j++)
        counter = counter << 5 | (guint) (strchr (ALPHABET, name[j]) - ALPHABET);
      g_assert_cmpuint (counter >> 1, ==, number % TEMP_TAG_N_NAMES);
      g_assert_cmpuint (counter & 1, ==, kind);
      assert_verifies (name, "/tmp", kind);
    }
}

static void
test_each_letter (void)
{
  g_autofree char *name = make_name (TEMP_TAG_DIR, 77, "/tmp", "doc-", ".txt");
  const gsize start = strlen ("doc-");

  for (gsize i = 0; i < strlen (name); i++)
    {
      char letter = name[i];

      for (gsize j = 0; j < N_BASE32; j++)
        if (ALPHABET[j] != letter)
          {
            name[i] = ALPHABET[j];
            assert_fails (name, "/tmp");
          }
      name[i] = g_ascii_toupper (letter);
      if (name[i] != letter)
        assert_fails (name, "/tmp");
      name[i] = letter;
    }
  g_assert_cmpuint (start + TEMP_TAG_N_LETTERS + strlen (".txt"), ==, strlen (name));
  assert_verifies (name, "/tmp", TEMP_TAG_DIR);
}

static void
test_key (void)
{
  g_autofree char *name = make_name (TEMP_TAG_FILE, 5, "/tmp", "tmp", "");

  for (gsize i = 0; i < 8 * sizeof key.bytes; i++)
    {
      TempTagKey other = key;
      TempTagKind kind;

      other.bytes[i / 8] ^= 1 << i % 8;
      g_assert_false (temp_tag_verify (name, &other, "/tmp", &kind));
    }
}

static void
test_directory (void)
{
  static const char *const others[] = { "", "/", "/tm", "/tmp/", "/tmpx", "/tmp/x", "/Tmp", "//tmp", "/var/tmp", "tmp" };
  g_autofree char *name = make_name (TEMP_TAG_FILE, 5, "/tmp", "tmp", "");

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    assert_fails (name, others[i]);
  assert_verifies (name, "/tmp", TEMP_TAG_FILE);
}

/* The letters of one name do not prove another, not even one in which the same bytes are divided otherwise. */
static void
test_parts (void)
{
  static const struct
  {
    const char *dir, *prefix, *suffix;
  } parts[] = {
    { "/tmp/ab", "c", "d" }, { "/tmp/a", "bc", "d" },  { "/tmp/abc", "", "d" }, { "/tmp/ab", "cd", "" },
    { "/tmp/ab", "", "cd" }, { "/tmp/abcd", "", "" },  { "/tmp/ab", "c", "D" }, { "/tmp/ab", "C", "d" },
    { "/tmp/ab", "c", "" },  { "/tmp/ab", "c", "dd" }, { "/tmp/ab", "", "d" },  { "/tmp/ab", "cc", "d" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (parts); j++)
      {
        g_autofree char *name = make_name (TEMP_TAG_FILE, 9, parts[i].dir, parts[i].prefix, parts[i].suffix);
        g_autofree char *letters = g_strndup (name + strlen (parts[i].prefix), TEMP_TAG_N_LETTERS);
        g_autofree char *other = g_strconcat (parts[j].prefix, letters, parts[j].suffix, NULL);

        if (i == j)
          assert_verifies (other, parts[j].dir, TEMP_TAG_FILE);
        else
          assert_fails (other, parts[j].dir);
      }
}

/* Names that programs derive from one of the library's. */
static void
test_derived (void)
{
  static const char *const formats[] = {
    "%s.pdf", "%s~", ".%s.swp", "#%s#", ".#%s", "%s.bak", "%s2", "a%s", "%s%s", "%s (copy)", "x-%s", "%s\n", " %s",
  };
  g_autofree char *name = make_name (TEMP_TAG_FILE, 5, "/tmp", "tmp", "");
  g_autofree char *upper = g_ascii_strup (name, -1);

  assert_fails (upper, "/tmp");
  assert_fails ("", "/tmp");
  for (gsize i = 1; i <= strlen (name); i++)
    {
      g_autofree char *shorter = g_strndup (name, strlen (name) - i);

      assert_fails (shorter, "/tmp");
      assert_fails (name + i, "/tmp");
    }

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autoptr (GString) derived = g_string_new (formats[i]);

      g_string_replace (derived, "%s", name, 0);
      assert_fails (derived->str, "/tmp");
    }
}

/* Makes a part of so many letters, all of which could be a tag's. */
static char *
repeat_letters (gsize n)
{
  char *part = g_malloc (n + 1);

  for (gsize i = 0; i < n; i++)
    part[i] = ALPHABET[i * 7 % N_BASE32];
  part[n] = '\0';
  return part;
}

/* The tag is found wherever it is between letters that could be one. */
static void
test_windows (void)
{
  const gsize n_around = NAME_MAX_LENGTH - TEMP_TAG_N_LETTERS;

  for (gsize n = 0; n <= n_around; n++)
    {
      g_autofree char *prefix = repeat_letters (n);
      g_autofree char *suffix = repeat_letters (n_around - n);
      g_autofree char *name = make_name (n % 2 == 0 ? TEMP_TAG_FILE : TEMP_TAG_DIR, n, "/tmp", prefix, suffix);

      g_assert_cmpuint (strlen (name), ==, NAME_MAX_LENGTH);
      assert_verifies (name, "/tmp", n % 2 == 0 ? TEMP_TAG_FILE : TEMP_TAG_DIR);
      assert_fails (name, "/tmp2");

      name[n] = name[n] == 'a' ? 'b' : 'a';
      assert_fails (name, "/tmp");
    }
}

/* Bytes of any kind around the tag; a name in a name. */
static void
test_odd_parts (void)
{
  g_autofree char *inner = make_name (TEMP_TAG_FILE, 1, "/tmp", "tmp", "");
  g_autofree char *prefix = g_strconcat (inner, "-", NULL);
  const char *const parts[] = { "", "-", "\n", "\xff\xfe", "ä", ".", "..", "\\040", "UPPER", "0189", inner, prefix };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (parts); j++)
      {
        g_autofree char *name = make_name (TEMP_TAG_DIR, i, "/tmp", parts[i], parts[j]);

        assert_verifies (name, "/tmp", TEMP_TAG_DIR);
        assert_fails (name + 1, "/tmp");
      }
}

static void
test_long_directory (void)
{
  for (gsize length = 440; length <= 520; length++)
    {
      g_autofree char *dir = repeat_letters (length);
      g_autofree char *name = make_name (TEMP_TAG_FILE, 3, dir, "tmp", ".x");

      assert_verifies (name, dir, TEMP_TAG_FILE);
      dir[length - 1] = '-';
      assert_fails (name, dir);
    }
}

static void
test_has_window (void)
{
  static const struct
  {
    const char *name;
    gboolean    has;
  } names[] = {
    { "", FALSE },
    { "abcdefgh2345676", FALSE },
    { "abcdefgh23456767", TRUE },
    { "abcdefgh234567671", TRUE },
    { "abcdefgh0234567672", FALSE },
    { "abcdefgh2345676Zabcdefgh2345676", FALSE },
    { "abcdefgh2345676-abcdefgh23456767", TRUE },
    { "ABCDEFGH23456767", FALSE },
    { "abcdefgh234567\xc3\xa4z", FALSE },
    { ".~#abcdefgh23456767~", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_cmpint (temp_tag_has_window (names[i].name), ==, names[i].has);
      assert_fails (names[i].name, "/tmp");
    }
}

/* A caller's names never verify. The prefix has windows, so that the sweep looks at all. */
static void
test_plain_names (void)
{
  static const char *const prefixes[] = { "tmp", "averylongprefixofletters" };

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_auto (TempName) name = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_name_init (&name, "/tmp", prefixes[i], NULL, TEMP_NAME_N_RANDOM, &error));
      for (guint j = 0; j < N_PLAIN_NAMES; j++)
        {
          g_assert_true (temp_name_randomize (&name, &error));
          g_assert_cmpint (temp_tag_has_window (name.base), ==, i != 0);
          assert_fails (name.base, "/tmp");
        }
    }
}

/* No guessed tag verifies, not even with the counter of a known name. */
static void
test_guesses (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (14);
  g_autofree char *name = make_name (TEMP_TAG_FILE, 5, "/tmp", "tmp", "");
  g_autofree char *guess = g_strdup (name);

  for (guint i = 0; i < N_PLAIN_NAMES; i++)
    {
      for (gsize j = strlen ("tmp") + 6; guess[j] != '\0'; j++)
        guess[j] = ALPHABET[g_rand_int_range (random, 0, N_BASE32)];
      assert_fails (guess, "/tmp");
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/private/tag/follows-six-letters-of-counter", test_layout);
  g_test_add_func ("/private/tag/has-the-counter", test_counter);
  g_test_add_func ("/private/tag/each-letter-counts", test_each_letter);
  g_test_add_func ("/private/tag/depends-on-the-key", test_key);
  g_test_add_func ("/private/tag/depends-on-the-directory", test_directory);
  g_test_add_func ("/private/tag/depends-on-prefix-and-suffix", test_parts);
  g_test_add_func ("/only-ours/derived-names-have-no-tag", test_derived);
  g_test_add_func ("/private/tag/found-in-any-window", test_windows);
  g_test_add_func ("/private/tag/found-beside-any-prefix-and-suffix", test_odd_parts);
  g_test_add_func ("/private/tag/found-in-a-directory-of-any-length", test_long_directory);
  g_test_add_func ("/private/tag/window-is-found-fast", test_has_window);
  g_test_add_func ("/only-ours/plain-names-have-no-tag", test_plain_names);
  g_test_add_func ("/private/tag/cannot-be-guessed", test_guesses);

  return g_test_run ();
}
