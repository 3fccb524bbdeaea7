/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/alive.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The helper program, by what it prints and how it ends. Each test has a process and directories of ledgers of its
 * own. */

typedef struct
{
  char *out;
  char *err;
  int   status;
} Done;

static void
done_clear (Done *done)
{
  g_free (done->out);
  g_free (done->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Done, done_clear)

static Done
run (const char *option,
     const char *argument)
{
  const char *argv[] = { g_getenv ("TEMPFILE_GLIB_SWEEP"), option, argument, NULL };
  g_autoptr (GError) error = NULL;
  Done done;
  int wait_status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &done.out, &done.err, &wait_status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (wait_status));
  done.status = WEXITSTATUS (wait_status);
  return done;
}

static void
assert_prints (const char *option,
               const char *argument,
               const char *expected)
{
  g_auto (Done) done = run (option, argument);

  g_assert_cmpstr (done.err, ==, "");
  g_assert_cmpstr (done.out, ==, expected);
  g_assert_cmpint (done.status, ==, 0);
}

static void
assert_complains (const char *option,
                  const char *argument,
                  const char *mentioned)
{
  g_auto (Done) done = run (option, argument);

  g_assert_cmpint (done.status, ==, 1);
  g_assert_cmpstr (done.out, ==, "");
  g_assert_true (g_str_has_prefix (done.err, "tempfile-glib-sweep: "));
  g_assert_nonnull (strstr (done.err, mentioned));
}

static char *
leave (TestLedger *ledger,
       TempTagKind kind)
{
  char *path = test_ledger_draw (ledger, kind, test_dir (), "tmp", "");

  if (kind == TEMP_TAG_FILE)
    test_write (path, "text");
  else
    g_assert_no_errno (mkdir (path, 0700));
  return path;
}

/* Sweeping */

static void
child_sweep (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL;

  assert_prints (NULL, NULL, "");
  test_ledger_write_for (&ledger, test_dir ());
  file = leave (&ledger, TEMP_TAG_FILE);
  dir = leave (&ledger, TEMP_TAG_DIR);
  assert_prints (NULL, NULL, "");
  test_assert_exists (file, FALSE);
  test_assert_exists (dir, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_sweep_error (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL;
  g_autofree char *state = test_path ("state");

  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  g_assert_no_errno (mkdir (state, 0700));

  dir = test_path ("dir");
  g_assert_no_errno (mkdir (dir, 0700));
  test_ledger_write_for (&ledger, dir);
  file = test_ledger_draw (&ledger, TEMP_TAG_FILE, dir, "tmp", "");
  test_write (file, "text");
  g_assert_no_errno (chmod (dir, 0500));
  assert_complains (NULL, NULL, file);
  test_assert_exists (file, TRUE);

  g_assert_no_errno (chmod (dir, 0700));
  assert_prints (NULL, NULL, "");
  test_assert_exists (file, FALSE);
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The order of names in a directory is the filesystem's. */
static char *
sort_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  qsort (lines, g_strv_length (lines), sizeof *lines, compare_lines);
  return g_strjoinv ("\n", lines);
}

static void
child_dry_run (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 }, locked = { 0 }, living = { 0 };
  g_autofree char *file = NULL, *dir = NULL, *kept = NULL, *expected = NULL, *before = NULL, *after = NULL;
  g_autofree char *locked_base = NULL, *living_base = NULL, *sorted = NULL, *contents = NULL, *contents_after = NULL;
  temp_autofd int fd = -1;

  assert_prints ("--dry-run", NULL, "");
  test_ledger_write_for (&ledger, test_dir ());
  file = leave (&ledger, TEMP_TAG_FILE);
  dir = leave (&ledger, TEMP_TAG_DIR);
  test_ledger_append_name (&ledger, "keep", kept = leave (&ledger, TEMP_TAG_FILE));
  test_ledger_write_for (&locked, test_dir ());
  fd = test_ledger_lock (&locked);
  test_ledger_init_living (&living);
  test_ledger_write (&living, NULL);

  before = test_list (test_dir ());
  contents = test_ledger_read (&ledger);
  locked_base = g_path_get_basename (locked.path);
  living_base = g_path_get_basename (living.path);
  expected = g_strdup_printf ("%s\n%s\n%s stays: it was kept\n%s stays: still held by a process that inherited its lock\n"
                              "%s stays: still held by process %d\n", file, dir, kept, locked_base, living_base,
                              (int) getpid ());
  sorted = sort_lines (expected);
  for (guint i = 0; i < 2; i++)
    {
      g_auto (Done) done = run (i == 0 ? "--dry-run" : "-n", NULL);
      g_autofree char *lines = sort_lines (done.out);

      g_assert_cmpint (done.status, ==, 0);
      g_assert_cmpstr (lines, ==, sorted);
    }

  after = test_list (test_dir ());
  contents_after = test_ledger_read (&ledger);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (contents_after, ==, contents);
}

static void
child_keep_everything (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *expected = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = leave (&ledger, TEMP_TAG_FILE);
  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  assert_prints (NULL, NULL, "");
  test_assert_exists (file, TRUE);
  expected = g_strconcat (file, "\n", NULL);
  assert_prints ("--dry-run", NULL, expected);
}

/* Explaining */

/* Returns what a person is shown of the ledger, up to the remark on who holds it. */
static char *
show (TestLedger *ledger)
{
  g_autofree char *contents = test_ledger_read (ledger);
  g_auto (GStrv) lines = g_strsplit (contents, "\n", -1);
  GString *shown = g_string_new (NULL);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "key "))
      g_string_append (shown, "key (not shown)\n");
    else if (*lines[i] != '\0')
      g_string_append_printf (shown, "%s\n", lines[i]);

  return g_string_free (shown, FALSE);
}

static void
assert_explains (TestLedger *ledger,
                 const char *remark)
{
  g_autofree char *shown = show (ledger);
  g_autofree char *expected = g_strconcat (shown, remark, NULL);

  g_assert_nonnull (strstr (shown, "key (not shown)\n"));
  assert_prints ("--explain", ledger->path, expected);
}

static void
child_explain (gconstpointer data)
{
  g_autofree char *dir = test_path ("with blank");
  g_autofree char *running = g_strdup_printf ("# Process %d still runs.\n", (int) getpid ());
  g_autofree char *held = g_strconcat ("# A process holds its lock: no sweep touches what it names.\n", running, NULL);
  g_autofree char *contents = NULL;
  g_auto (TestLedger) dead = { 0 }, living = { 0 }, copy = { 0 };
  temp_autofd int fd = -1;

  g_assert_no_errno (mkdir (dir, 0700));
  test_ledger_write_for (&dead, dir);
  test_ledger_append (&dead, "keep a\\040b\nname x");
  assert_explains (&dead, "# Its program is dead: a sweep deletes what it left in these directories.\n");

  test_ledger_init_living (&living);
  test_ledger_write (&living, NULL);
  assert_explains (&living, running);
  fd = test_ledger_lock (&living);
  assert_explains (&living, held);

  contents = test_ledger_read (&dead);
  test_ledger_init (&copy);
  test_ledger_write (&copy, contents);
  assert_explains (&copy, "# This is a copy, which no sweep acts on.\n");
}

static void
child_explain_bad (gconstpointer data)
{
  static const char *const bad[] = { "", "notes\n", "tempfile-glib 3 1 0\nkey 0123456789abcdef\n", "tempfile-glib 2 1 0\n" };
  g_autofree char *path = test_path ("file");
  g_autofree char *link = test_path ("link");

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      test_write (path, bad[i]);
      assert_complains ("--explain", path, "no ledger of this version");
    }
  assert_complains ("--explain", "/missing/ledger", g_strerror (ENOENT));
  g_assert_no_errno (symlink (path, link));
  assert_complains ("--explain", link, g_strerror (ELOOP));
}

/* Guarding */

static void
child_guard (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 }, other = { 0 };
  g_autofree char *file = NULL, *other_file = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = leave (&ledger, TEMP_TAG_FILE);
  test_ledger_init (&other);
  other.process.start++;
  test_ledger_write (&other, NULL);
  test_ledger_append_dir (&other, test_dir ());
  other_file = leave (&other, TEMP_TAG_FILE);

  /* Its program is dead already. */
  assert_prints ("--guard", ledger.path, "ready\n");
  while (g_file_test (ledger.path, G_FILE_TEST_EXISTS))
    g_thread_yield ();
  test_assert_exists (file, FALSE);
  test_assert_exists (other_file, TRUE);
}

/* The command line */

static void
child_options (gconstpointer data)
{
  assert_prints ("--version", NULL, "tempfile-glib-sweep " G_STRINGIFY (TEMP_MAJOR_VERSION) "."
                 G_STRINGIFY (TEMP_MINOR_VERSION) "." G_STRINGIFY (TEMP_MICRO_VERSION) "\n");
  assert_complains ("--unknown", NULL, "--unknown");
  assert_complains ("argument", NULL, "arguments");
  assert_complains ("--guard", NULL, "--guard");
  assert_complains ("--explain", NULL, "--explain");
  assert_complains ("--guard", "/missing/ledger", g_strerror (ENOENT));

  {
    g_auto (Done) help = run ("--help", NULL);

    g_assert_cmpint (help.status, ==, 0);
    g_assert_nonnull (strstr (help.out, "--dry-run"));
  }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  g_setenv ("LC_ALL", "C", TRUE);

  test_add_with_ledgers ("/killed/helper/sweeps", child_sweep);
  test_add_with_ledgers ("/killed/helper/prints-the-first-error", child_sweep_error);
  test_add_with_ledgers ("/killed/helper/dry-run-changes-nothing", child_dry_run);
  test_add_with_ledgers ("/killed/helper/keeps-everything", child_keep_everything);
  test_add_with_ledgers ("/killed/helper/explains-who-keeps-a-ledger", child_explain);
  test_add_with_ledgers ("/killed/helper/explains-no-other-file", child_explain_bad);
  test_add_with_ledgers ("/killed/helper/becomes-a-guard", child_guard);
  test_add_with_ledgers ("/killed/helper/has-a-version-help-and-errors", child_options);

  return g_test_run ();
}
