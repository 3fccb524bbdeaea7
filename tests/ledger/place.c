/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/place.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-dir.h"
#include "temp-file.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The directories in which things are made, and their lines. */

#define N_THREADS 4

static void
assert_is (TempPlace  *place,
           const char *path)
{
  struct stat st;

  g_assert_no_errno (stat (path, &st));
  g_assert_cmpuint (place->id.dev, ==, st.st_dev);
  g_assert_cmpuint (place->id.ino, ==, st.st_ino);
}

/* Lines */

static void
test_line (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (place->ledger);
  const TempLedgerDir *line = g_ptr_array_index (text->dirs, 0);

  test_assert_lines (place->ledger, dir);
  assert_is (place, dir);
  g_assert_cmpstr (place->resolved, ==, dir);
  g_assert_cmpstr (place->text, ==, line->text);
  g_assert_cmpuint (line->dev, ==, place->id.dev);
  g_assert_cmpuint (line->ino, ==, place->id.ino);
  g_assert_cmpuint (line->names->len, ==, 0);
  g_assert_cmpuint (place->uid, ==, geteuid ());
  g_assert_cmpuint (place->above, ==, 0);
  g_assert_true (place->is_listed);
}

/* The ledger has the line before a name is made, so that a crash leaves it. The name verifies by the ledger's key. */
static void
test_line_before_name (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "with blank");
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = temp_file_new_named (dir, NULL, ".x", &error);
  g_autoptr (TempDir) subdir = temp_dir_new (dir, NULL, NULL, &error);
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (place->ledger);
  g_autofree char *file_base = g_path_get_basename (temp_file_get_path (file));
  g_autofree char *dir_base = g_path_get_basename (temp_dir_get_path (subdir));
  const TempLedgerDir *line = g_ptr_array_index (text->dirs, 0);
  TempTagKind kind;

  test_assert_lines (place->ledger, dir);
  g_assert_true (g_str_has_suffix (line->text, "/with\\040blank"));
  g_assert_true (temp_tag_verify (file_base, &text->key, line->text, &kind));
  g_assert_cmpint (kind, ==, TEMP_TAG_FILE);
  g_assert_true (temp_tag_verify (dir_base, &text->key, line->text, &kind));
  g_assert_cmpint (kind, ==, TEMP_TAG_DIR);
}

static void
test_one_line (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *other = test_make_dir_in (test_dir (), "b");
  g_autoptr (TempPlace) place = test_get_place (dir);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TempPlace) again = test_get_place (dir);
      g_autoptr (TempPlace) beside = test_get_place (other);

      g_assert_true (again == place);
      g_assert_true (beside != place);
      g_assert_true (beside->ledger == place->ledger);
      if (i % 10 == 0)
        test_let_a_second_pass (place);
    }
  test_assert_lines (place->ledger, dir, other);
}

static gint n_waiting;

/* All threads start at one time. */
static TempPlace *
get_together (const char *dir)
{
  g_atomic_int_add (&n_waiting, -1);
  while (g_atomic_int_get (&n_waiting) > 0)
    ;
  return test_get_place (dir);
}

static gpointer
get_in_thread (gpointer data)
{
  return get_together (data);
}

/* A second thread waits until the line is written. */
static void
test_threads (gconstpointer data)
{
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *relative = g_strdup_printf ("dir-%u", i);
      g_autofree char *dir = test_make_dir_in (test_dir (), relative);
      g_autoptr (TempPlace) place = NULL;
      g_autoptr (TempLedgerText) text = NULL;
      GThread *threads[N_THREADS];

      g_atomic_int_set (&n_waiting, N_THREADS + 1);
      for (guint j = 0; j < N_THREADS; j++)
        threads[j] = g_thread_new ("place", get_in_thread, dir);
      place = get_together (dir);
      text = test_parse_own_ledger (place->ledger);
      g_assert_cmpuint (text->dirs->len, ==, i + 1);
      for (guint j = 0; j < N_THREADS; j++)
        {
          g_autoptr (TempPlace) other = g_thread_join (threads[j]);

          g_assert_true (other == place);
        }
    }
}

/* The line of a name that is believed without a tag, here or elsewhere. */
static void
test_lines_of_names (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autofree char *plain = temp_place_line (place, NULL, NULL);
  g_autofree char *named = temp_place_line (place, NULL, "x y");
  g_autofree char *moved = temp_place_line (place, "/else where", "z");
  g_autofree char *expected_plain = g_strdup_printf ("dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n",
                                                     (guint64) place->id.dev, (guint64) place->id.ino, dir);
  g_autofree char *expected_named = g_strconcat (expected_plain, "name x\\040y\n", NULL);
  g_autofree char *expected_moved = g_strdup_printf ("dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                                                     " /else\\040where\nname z\n",
                                                     (guint64) place->id.dev, (guint64) place->id.ino);

  g_assert_cmpstr (plain, ==, expected_plain);
  g_assert_cmpstr (named, ==, expected_named);
  g_assert_cmpstr (moved, ==, expected_moved);
}

/* Paths */

static void
test_symlinks (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "real");
  g_autofree char *link = test_path ("link");
  g_autofree char *dotted = g_build_filename (test_dir (), "real", "..", "link", ".", NULL);
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempPlace) same = NULL;

  g_assert_no_errno (symlink ("real", link));
  place = test_get_place (link);
  same = test_get_place (dotted);
  g_assert_cmpstr (place->resolved, ==, dir);
  g_assert_cmpstr (same->resolved, ==, dir);
  test_assert_lines (place->ledger, dir, dir);

  {
    g_autoptr (GError) error = NULL;
    g_autoptr (TempFile) file = temp_file_new_named (link, NULL, NULL, &error);
    g_autofree char *parent = g_path_get_dirname (temp_file_get_path (file));

    g_assert_cmpstr (parent, ==, link);
    test_assert_lines (place->ledger, dir, dir);
  }
}

static void
test_not_directories (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  const char *const paths[] = { missing, file };
  const gint codes[] = { G_IO_ERROR_NOT_FOUND, G_IO_ERROR_NOT_DIRECTORY };

  test_make_file ("file");
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (temp_place_get (paths[i], TRUE, test_find_no_above, &error));
      g_assert_error (error, G_IO_ERROR, codes[i]);
      test_assert_error_mentions (error, paths[i]);
    }
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Somebody puts another directory under the path. The library does not look within the second; after it, the new
 * directory has a line. */
static void
test_replaced (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *moved = test_path ("moved");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) next = NULL;

  g_assert_true (temp_place_is_at (place, dir));
  g_assert_no_errno (rename (dir, moved));
  g_assert_false (temp_place_is_at (place, dir));
  g_assert_true (temp_place_is_at (place, moved));
  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_false (temp_place_is_at (place, dir));

  test_let_a_second_pass (place);
  next = test_get_place (dir);
  g_assert_true (next != place);
  assert_is (next, dir);
  assert_is (place, moved);
  g_assert_true (next->ledger == place->ledger);
  test_assert_lines (place->ledger, dir, dir);

  {
    g_autoptr (TempPlace) again = test_get_place (dir);

    g_assert_true (again == next);
  }
}

static void
test_removed (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (rmdir (dir));
  test_let_a_second_pass (place);
  g_assert_null (temp_place_get (dir, TRUE, test_find_no_above, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A symbolic link on the way leads elsewhere now. */
static void
test_link_changed (gconstpointer data)
{
  g_autofree char *one = test_make_dir_in (test_dir (), "one");
  g_autofree char *two = test_make_dir_in (test_dir (), "two");
  g_autofree char *link = test_path ("link");
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempPlace) next = NULL;

  g_assert_no_errno (symlink ("one", link));
  place = test_get_place (link);
  g_assert_no_errno (unlink (link));
  g_assert_no_errno (symlink ("two", link));
  test_let_a_second_pass (place);
  next = test_get_place (link);
  test_assert_lines (place->ledger, one, two);
  g_assert_cmpstr (next->resolved, ==, two);
}

/* A place remembers the second in which it looked at its path, and does not look again in it. */
static void
test_looked_at (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) again = NULL;
  gint second = place->second;

  test_let_a_second_pass (place);
  again = test_get_place (dir);
  g_assert_true (again == place);
  g_assert_cmpint (place->second, >=, second);
}

static void
test_forget_all (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) again = NULL;

  temp_place_forget_all ();
  again = test_get_place (dir);
  g_assert_true (again != place);
  test_assert_lines (place->ledger, dir, dir);
}

/* The table does not grow for ever. */
static void
test_many (gconstpointer data)
{
  g_autofree char *first_dir = test_make_dir_in (test_dir (), "first");
  g_autoptr (TempPlace) first = NULL;
  g_autoptr (TempPlace) again = NULL;
  g_autofree char *top = test_make_dir_in (test_dir (), "many");

  /* The places have no ledger, which would be full. */
  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  first = test_get_place (first_dir);
  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *dir = g_strdup_printf ("%s/%u", top, i);
      g_autoptr (TempPlace) place = NULL;

      g_assert_no_errno (mkdir (dir, 0700));
      place = test_get_place (dir);
      assert_is (place, dir);
    }
  again = test_get_place (first_dir);
  g_assert_true (again != first);
  assert_is (again, first_dir);
}

/* Ledgers */

static void
test_ledger_removed (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *other = test_make_dir_in (test_dir (), "b");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) beside = NULL;
  g_autoptr (TempPlace) again = NULL;
  g_autofree char *path = temp_ledger_dup_path (place->ledger);

  g_assert_no_errno (unlink (path));
  beside = test_get_place (other);
  test_assert_lines (beside->ledger, other);

  /* The first ledger is no longer current. */
  again = test_get_place (dir);
  g_assert_true (again != place);
  g_assert_true (again->ledger == beside->ledger);
  test_assert_lines (again->ledger, other, dir);
}

static void
test_ledger_full (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) again = NULL;
  g_autofree char *letters = g_strnfill (1000, 'x');
  g_autofree char *line = g_strdup_printf ("unknown %s\n", letters);

  temp_ledger_lock_appends ();
  while (temp_ledger_is_current (place->ledger))
    g_assert_true (temp_ledger_append (place->ledger, line));
  temp_ledger_unlock_appends ();

  again = test_get_place (dir);
  g_assert_true (again->ledger != place->ledger);
  test_assert_lines (again->ledger, dir);
}

/* Without a directory for ledgers, names are plain, so that no sweep knows them. The next try comes after a second. */
static void
test_no_state (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *state = test_path ("state");
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempPlace) again = NULL;
  g_autoptr (TempPlace) later = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;

  g_setenv ("HOME", "/nonexistent", TRUE);
  g_unsetenv ("XDG_STATE_HOME");
  g_unsetenv ("XDG_RUNTIME_DIR");
  place = test_get_place (dir);
  g_assert_null (place->ledger);
  file = temp_file_new_named (dir, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (temp_tag_has_window (temp_file_get_path (file) + strlen (dir) + 1));

  g_setenv ("XDG_STATE_HOME", state, TRUE);
  do
    {
      g_clear_pointer (&again, temp_place_unref);
      again = test_get_place (dir);
    }
  while (again->ledger == NULL);
  g_assert_cmpint (again->second, >, place->second);
  test_assert_lines (again->ledger, dir);
  later = test_get_place (dir);
  g_assert_true (later == again);
}

/* The line of the directory cannot be written. */
static void
test_line_fails (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *other = test_make_dir_in (test_dir (), "b");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) beside = NULL;
  g_autoptr (TempPlace) again = NULL;
  struct rlimit limit, unlimited;

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &unlimited));
  limit = unlimited;
  limit.rlim_cur = 0;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  beside = test_get_place (other);
  g_assert_null (beside->ledger);

  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &unlimited));
  test_let_a_second_pass (beside);
  again = test_get_place (other);
  g_assert_true (again->ledger == place->ledger);
  test_assert_lines (place->ledger, dir, other);
}

static void
test_keeps_everything (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempPlace) again = NULL;

  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  place = test_get_place (dir);
  g_assert_null (place->ledger);
  test_let_a_second_pass (place);
  again = test_get_place (dir);
  g_assert_true (again == place);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static guint64
find_above (const char *resolved)
{
  g_assert_true (g_str_has_suffix (resolved, "/real"));
  return 42;
}

/* A place inside a directory of this process has no line. The resolved path decides. */
static void
test_above (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "real");
  g_autofree char *link = test_path ("link");
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempPlace) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (symlink (dir, link));
  place = temp_place_get (link, TRUE, find_above, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (place->above, ==, 42);
  g_assert_null (place->ledger);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);

  test_let_a_second_pass (place);
  again = temp_place_get (link, TRUE, find_above, &error);
  g_assert_true (again == place);
}

static void
test_inside_temp_dir (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_autoptr (TempFile) file = temp_file_new_named (temp_dir_get_path (dir), NULL, NULL, &error);
  g_autoptr (TempPlace) place = test_get_place (test_dir ());

  g_assert_no_error (error);
  g_assert_nonnull (file);
  test_assert_lines (place->ledger, test_dir ());
}

/* Users */

/* The ledger has one line for each user under whom entries are made. */
static void
test_uids (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  g_autoptr (TempPlace) changed = NULL;
  g_autoptr (TempLedgerText) text = NULL;

  if (geteuid () != 0)
    test_child_skip ("only the administrator can change users and come back");
  g_assert_no_errno (chmod (dir, 0777));
  g_assert_no_errno (chmod (test_dir (), 0711));
  g_assert_no_errno (chmod (g_getenv ("G_TEST_TMPDIR"), 0711));
  g_assert_no_errno (setresuid (-1, 65534, 0));
  test_let_a_second_pass (place);
  changed = test_get_place (dir);
  g_assert_true (changed != place);
  g_assert_cmpuint (changed->uid, ==, 65534);
  g_assert_no_errno (setresuid (-1, 0, -1));

  g_assert_true (changed->ledger == place->ledger);
  text = test_parse_own_ledger (place->ledger);
  g_assert_cmpuint (text->uids->len, ==, 2);
  g_assert_true (temp_ledger_text_has_uid (text, 0));
  g_assert_true (temp_ledger_text_has_uid (text, 65534));
}

/* In a directory that cannot be listed, no sweep finds names by reading it. */
static void
test_unlisted (gconstpointer data)
{
  g_autofree char *state = test_path ("own");
  g_autofree char *dir = test_path ("unlisted");
  g_autoptr (TempPlace) place = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autofree char *base = NULL;
  const TempLedgerDir *line;

  test_child_skip_on_posix ("no directory can be opened that cannot be read");
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  g_assert_no_errno (mkdir (dir, 0300));

  place = test_get_place (dir);
  g_assert_false (place->is_listed);
  file = temp_file_new_named (dir, NULL, NULL, &error);
  g_assert_no_error (error);
  base = g_path_get_basename (temp_file_get_path (file));
  text = test_parse_own_ledger (place->ledger);
  g_assert_cmpuint (text->dirs->len, ==, 1);
  line = g_ptr_array_index (text->dirs, 0);
  g_assert_cmpuint (line->names->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (line->names, 0), ==, base);
  g_clear_object (&file);
  g_assert_no_errno (chmod (dir, 0700));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/ledger/place/has-a-line", test_line);
  test_add_with_ledgers ("/ledger/place/line-comes-before-the-name", test_line_before_name);
  test_add_with_ledgers ("/ledger/place/one-line-for-all-entries", test_one_line);
  test_add_with_ledgers ("/ledger/place/a-name-can-have-a-line", test_lines_of_names);
  test_add_with_ledgers ("/ledger/place/line-has-no-symlinks", test_symlinks);
  test_add_with_ledgers ("/ledger/place/error-unless-a-directory", test_not_directories);
  test_add_with_ledgers ("/ledger/place/new-line-if-replaced", test_replaced);
  test_add_with_ledgers ("/ledger/place/error-once-removed", test_removed);
  test_add_with_ledgers ("/ledger/place/new-line-if-a-link-changes", test_link_changed);
  test_add_with_ledgers ("/ledger/place/looks-once-a-second", test_looked_at);
  test_add_with_ledgers ("/ledger/place/new-lines-once-all-are-forgotten", test_forget_all);
  test_add_with_ledgers ("/ledger/place/the-table-is-bounded", test_many);
  test_add_with_ledgers ("/ledger/place/new-line-if-the-ledger-was-removed", test_ledger_removed);
  test_add_with_ledgers ("/ledger/place/new-line-in-the-next-ledger", test_ledger_full);
  test_add_with_ledgers ("/ledger/place/works-without-a-ledger", test_no_state);
  test_add_with_ledgers ("/ledger/place/works-without-a-line", test_line_fails);
  test_add_with_ledgers ("/ledger/place/no-line-if-all-is-kept", test_keeps_everything);
  test_add_with_ledgers ("/ledger/place/no-line-inside-an-own-directory", test_above);
  test_add_with_ledgers ("/ledger/place/no-line-inside-a-temp-dir", test_inside_temp_dir);
  test_add_with_ledgers ("/ledger/place/line-for-each-user", test_uids);
  test_add_with_ledgers ("/ledger/place/names-have-lines-if-unlisted", test_unlisted);

  /* Not in a child: TSan takes the locks of a forked process for held. Last, for this one has a ledger from now on. */
  g_test_add_data_func ("/ledger/place/threads-wait-for-the-line", NULL, test_threads);

  return g_test_run ();
}
