/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-ledgers.h"
#include "test-support.h"

/* The names that a sweep deletes, and those that it spares. The tests write most of the ledgers. */

/* Names */

static void
child_verified (gconstpointer data)
{
  static const struct { const char *prefix, *suffix; } names[] = {
    { "tmp", "" }, { "", "" }, { "", ".txt" }, { "abcdefghijklmnopqrst", "" }, { "a", "abcdefghijklmnopqrst" },
    { "a b\\c", "\303\244\n" }, { ".", "~" },
  };
  g_autofree char *dir = test_make_dir_in (test_dir (), "with blank\\ and \303\244");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = test_ledger_draw (&ledger, TEMP_TAG_FILE, dir, names[i].prefix, names[i].suffix);
      g_autofree char *made = test_ledger_draw (&ledger, TEMP_TAG_DIR, dir, names[i].prefix, names[i].suffix);
      g_autofree char *inside = g_build_filename (made, "inside", NULL);

      test_write (file, "text");
      g_assert_no_errno (mkdir (made, 0700));
      test_write (inside, "text");
    }

  test_assert_sweeps (2 * G_N_ELEMENTS (names));
  g_assert_no_errno (rmdir (dir));
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Other programs derive names from those of the library. */
static void
child_derived (gconstpointer data)
{
  static const char *const derived[] = { "%s.pdf", "%s~", ".%s.swp", "x%s", "%s-lock", "a%s", "%sa" };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *other_dir = test_make_dir_in (test_dir (), "other");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *moved = NULL, *base = NULL, *renamed = NULL, *upper_base = NULL, *upper = NULL;

  test_ledger_write_for (&ledger, dir);
  test_ledger_append_dir (&ledger, other_dir);
  file = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (file);

  for (gsize i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      g_auto (GStrv) parts = g_strsplit (derived[i], "%s", 2);
      g_autofree char *name = g_strconcat (parts[0], base, parts[1], NULL);
      g_autofree char *path = test_make_precious_in (dir, name);

      test_assert_exists (path, TRUE);
    }

  /* Copied to another directory of the ledger's; renamed; in other letters. */
  moved = test_make_precious_in (other_dir, base);
  base[strlen (base) - 1] = base[strlen (base) - 1] == 'a' ? 'b' : 'a';
  renamed = test_make_precious_in (dir, base);
  base[strlen (base) - 1] = 'a';
  upper_base = g_ascii_strup (base, -1);
  upper = test_make_precious_in (dir, upper_base);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_precious_at (moved);
  test_assert_precious_at (renamed);
  test_assert_precious_at (upper);
  for (gsize i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      g_autofree char *original = g_path_get_basename (file);
      g_auto (GStrv) parts = g_strsplit (derived[i], "%s", 2);
      g_autofree char *path = g_strconcat (dir, "/", parts[0], original, parts[1], NULL);

      test_assert_precious_at (path);
    }
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_other_key (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 }, other = { 0 };
  g_autofree char *file = NULL;

  test_ledger_init (&other);
  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&other, test_dir ());

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_kept (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL, *unkept = NULL, *unkept_dir = NULL, *again = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "a b", "");
  test_write (file, "text");
  test_ledger_append_name (&ledger, "keep", file);
  test_ledger_append_name (&ledger, "keep", dir = test_ledger_leave_dir (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "keep", unkept = test_ledger_leave_file (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", unkept);
  test_ledger_append_name (&ledger, "keep", unkept_dir = test_ledger_leave_dir (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", unkept_dir);
  test_ledger_append_name (&ledger, "keep", again = test_ledger_leave_file (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", again);
  test_ledger_append_name (&ledger, "keep", again);

  test_assert_sweeps (2);
  test_assert_exists (file, TRUE);
  test_assert_exists (dir, TRUE);
  test_assert_exists (again, TRUE);
  test_assert_exists (unkept, FALSE);
  test_assert_exists (unkept_dir, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* A sweep believes a line `name` in the directory of the line before, and nowhere else. */
static void
child_believed (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *other_dir = test_make_dir_in (test_dir (), "other");
  g_autofree char *file = test_make_precious_in (dir, "plain");
  g_autofree char *made = test_make_dir_in (dir, "plain-dir");
  g_autofree char *inside = test_make_precious_in (made, "inside");
  g_autofree char *unnamed = test_make_precious_in (dir, "unnamed");
  g_autofree char *elsewhere = test_make_precious_in (other_dir, "plain");
  g_autofree char *early = test_make_precious_in (dir, "early");
  g_autofree char *above = test_make_precious_in (test_dir (), "above");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_init (&ledger);
  test_ledger_write (&ledger, NULL);
  test_ledger_append (&ledger, "name early");
  test_ledger_append_dir (&ledger, other_dir);
  test_ledger_append_dir (&ledger, dir);
  test_assert_exists (inside, TRUE);
  test_ledger_append (&ledger, "name plain\nname plain-dir\nname ..\nname .\nname ../above\nname missing\nname a b");

  test_assert_sweeps (2);
  test_assert_exists (file, FALSE);
  test_assert_exists (made, FALSE);
  test_assert_precious_at (unnamed);
  test_assert_precious_at (elsewhere);
  test_assert_precious_at (early);
  test_assert_precious_at (above);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Another directory has come to be at the path; the one that was meant has moved. */
static void
child_believed_elsewhere (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *away = test_path ("away");
  g_autofree char *moved = test_make_precious_in (dir, "plain");
  g_autofree char *new = NULL, *tagged = NULL;
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  test_ledger_append (&ledger, "name plain");
  g_assert_no_errno (rename (dir, away));
  g_assert_no_errno (mkdir (dir, 0700));
  new = test_make_precious_in (dir, "plain");
  tagged = test_ledger_leave_file (&ledger, dir);

  /* A verified name is safe to delete anywhere. */
  test_assert_sweeps (1);
  test_assert_exists (tagged, FALSE);
  test_assert_precious_at (new);
  g_assert_no_errno (g_unlink (new));
  g_assert_no_errno (rmdir (dir));
  g_assert_no_errno (rename (away, dir));
  test_assert_precious_at (moved);
  test_ledger_assert_undone (&ledger);

  test_assert_sweeps (1);
  test_assert_exists (moved, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

/* A tag says that its name is that of a file, even if the ledger has a line for the name. */
static void
child_believed_kind (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *path = NULL, *base = NULL, *inside = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  path = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  base = g_path_get_basename (path);
  test_ledger_append (&ledger, "name %s", base);
  g_assert_no_errno (mkdir (path, 0700));
  inside = test_make_precious_in (path, "inside");

  test_assert_sweeps (0);
  test_assert_precious_at (inside);
}

/* Somebody who knew the name put another file or directory under it. */

static void
child_dir_for_file (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *empty = NULL, *full = NULL, *inside = NULL, *other = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  empty = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  full = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (empty, 0700));
  g_assert_no_errno (mkdir (full, 0700));
  inside = test_make_precious_in (full, "inside");
  other = test_ledger_leave_file (&ledger, test_dir ());

  test_assert_sweeps (2);
  test_assert_exists (empty, FALSE);
  test_assert_exists (other, FALSE);
  test_assert_precious_at (inside);
  test_ledger_assert_undone (&ledger);
}

static void
child_other_for_dir (gconstpointer data)
{
  g_autofree char *precious = test_make_precious_in (test_dir (), "precious");
  g_autofree char *precious_dir = test_make_dir_in (test_dir (), "precious-dir");
  g_autofree char *inside = test_make_precious_in (precious_dir, "inside");
  g_auto (TestLedger) ledger = { 0 };
  const char *targets[] = { precious_dir, precious, "missing" };

  test_ledger_write_for (&ledger, test_dir ());
  for (guint i = 0; i < 2; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (targets); j++)
      {
        g_autofree char *path = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");

        g_assert_no_errno (symlink (targets[j], path));
      }
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");
      g_autofree char *fifo = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");

      test_write (path, "text");
      g_assert_no_errno (mkfifo (fifo, 0600));
    }

  test_assert_sweeps (10);
  test_assert_precious_at (precious);
  test_assert_precious_at (inside);
  test_assert_list (NULL, "precious precious-dir state");
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Owners */

/* A file whose owner has no line in the ledger stays. */
static void
child_other_owner (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL;

  test_become_owner ();
  test_ledger_init (&ledger);
  ledger.uid++;
  test_ledger_write (&ledger, NULL);
  test_ledger_append_dir (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_assert_exists (dir, TRUE);
}

/* A process may have made things as several users. */
static void
child_root (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL, *other_dir = NULL;

  if (geteuid () != 0)
    test_child_skip ("only root can give a file away");
  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_append (&ledger, "uid 1234");
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  other_dir = test_ledger_leave_dir (&ledger, test_dir ());
  if (chown (file, 4321, 4321) < 0 || chown (dir, 1234, 1234) < 0 || chown (other_dir, 4321, 4321) < 0)
    test_child_skip ("not allowed to give a file away");

  test_assert_sweeps (2);
  test_assert_exists (file, FALSE);
  test_assert_exists (dir, FALSE);
  test_assert_exists (other_dir, TRUE);
  test_ledger_assert_undone (&ledger);
}

/* Parents that others can write */

/* An empty directory is deleted: nobody can lose anything by that. */
static void
child_untrusted (gconstpointer data)
{
  g_autofree char *open_dir = test_make_dir_in (test_dir (), "open");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *empty = NULL, *full = NULL, *file = NULL, *inside = NULL;

  g_assert_no_errno (chmod (open_dir, 0777));
  test_ledger_write_for (&ledger, open_dir);
  empty = test_ledger_draw (&ledger, TEMP_TAG_DIR, open_dir, "tmp", "");
  g_assert_no_errno (mkdir (empty, 0700));
  full = test_ledger_leave_dir (&ledger, open_dir);
  inside = g_build_filename (full, "sub/file", NULL);
  file = test_ledger_leave_file (&ledger, open_dir);

  test_assert_sweeps (2);
  test_assert_exists (empty, FALSE);
  test_assert_exists (file, FALSE);
  test_assert_precious_at (inside);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (open_dir, 01777));
  test_assert_sweeps (1);
  test_assert_exists (full, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/killed/names-of-all-shapes-go", child_verified);
  test_add_with_ledgers ("/only-ours/derived-names-stay", child_derived);
  test_add_with_ledgers ("/only-ours/names-of-another-key-stay", child_other_key);
  test_add_with_ledgers ("/only-ours/kept-names-stay", child_kept);
  test_add_with_ledgers ("/only-ours/name-lines-count-in-their-directory", child_believed);
  test_add_with_ledgers ("/only-ours/name-lines-mean-the-directory-not-its-path", child_believed_elsewhere);
  test_add_with_ledgers ("/only-ours/tags-tell-files-from-directories", child_believed_kind);
  test_add_with_ledgers ("/only-ours/full-directory-under-a-files-name-stays", child_dir_for_file);
  test_add_with_ledgers ("/only-ours/links-go-their-targets-stay", child_other_for_dir);
  test_add_with_ledgers ("/only-ours/files-of-unlisted-users-stay", child_other_owner);
  test_add_with_ledgers ("/only-ours/root-sweeps-for-all-users", child_root);
  test_add_with_ledgers ("/only-ours/full-untrusted-directories-stay", child_untrusted);

  return g_test_run ();
}
