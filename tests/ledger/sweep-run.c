/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-ledgers.h"
#include "test-support.h"

/* How a sweep runs: many ledgers, errors, cancellation, dry runs, and others who work at the same time. */

static TempPlatform real;

/* The library calls this before it removes anything. */
static void (*on_remove) (gpointer data);
static gpointer on_remove_data;

static int
remove_file (TempHandle  dir,
             const char *name)
{
  if (on_remove != NULL)
    on_remove (on_remove_data);
  return real.remove_file (dir, name);
}

static int
remove_dir (TempHandle  dir,
            const char *name)
{
  if (on_remove != NULL)
    on_remove (on_remove_data);
  return real.remove_dir (dir, name);
}

/* The reports of a dry run, by path. */
typedef struct
{
  GHashTable *fates;
} Report;

static void
collect (const char *path,
         const char *why,
         gpointer    data)
{
  Report *report = data;

  g_assert_true (g_hash_table_insert (report->fates, g_strdup (path), g_strdup (why != NULL ? why : "goes")));
}

static int
open_locked (const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH));
  return fd;
}

/* Several ledgers */

static void
child_one_dir (gconstpointer data)
{
  TestLedger ledgers[3] = { 0 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *kept = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (ledgers); i++)
    {
      test_ledger_write_for (&ledgers[i], dir);
      test_ledger_append_dir (&ledgers[i], dir);
      g_free (test_ledger_leave_file (&ledgers[i], dir));
      g_free (test_ledger_leave_dir (&ledgers[i], dir));
    }
  kept = test_ledger_leave_file (&ledgers[1], dir);
  test_ledger_append_name (&ledgers[1], "keep", kept);
  test_ledger_append_name (&ledgers[2], "unkeep", kept);

  test_assert_sweeps (2 * G_N_ELEMENTS (ledgers));
  test_assert_exists (kept, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (g_unlink (kept));
  g_assert_no_errno (rmdir (dir));
  for (gsize i = 0; i < G_N_ELEMENTS (ledgers); i++)
    test_ledger_clear (&ledgers[i]);
}

static void
child_many (gconstpointer data)
{
  enum { N = 100 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  guint n_fds;

  for (guint i = 0; i < N; i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_write_for (&ledger, dir);
      g_free (test_ledger_leave_file (&ledger, dir));
    }

  /* A sweep has a bounded number of ledgers open. */
  n_fds = test_count_fds ();
  test_limit_fds (n_fds + 64);
  test_assert_sweeps (N);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (rmdir (dir));
}

static void
child_runtime_dir (gconstpointer data)
{
  g_autofree char *runtime = test_make_dir_in (test_dir (), "runtime");
  g_auto (TestLedger) first = { 0 }, second = { 0 };
  g_autofree char *one = NULL, *two = NULL;

  test_ledger_write_for (&first, test_dir ());
  test_ledger_init (&second);
  second.which = 1;
  test_ledger_write (&second, NULL);
  g_assert_true (g_str_has_prefix (second.path, runtime));
  test_ledger_append_dir (&second, test_dir ());
  one = test_ledger_leave_file (&first, test_dir ());
  two = test_ledger_leave_file (&second, test_dir ());

  test_assert_sweeps (2);
  test_assert_exists (one, FALSE);
  test_assert_exists (two, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Errors, cancellation, reports */

static void
child_errors (gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *third = NULL;
  g_auto (TestLedger) ledger = { 0 }, other = { 0 };
  g_autofree char *file = NULL;

  test_become_owner ();
  first = test_make_dir_in (test_dir (), "1");
  second = test_make_dir_in (test_dir (), "2");
  third = test_make_dir_in (test_dir (), "3");
  test_ledger_write_for (&ledger, first);
  test_ledger_append_dir (&ledger, second);
  test_ledger_append_dir (&ledger, third);
  g_free (test_ledger_leave_file (&ledger, first));
  g_free (test_ledger_leave_file (&ledger, second));
  file = test_ledger_leave_file (&ledger, third);
  test_ledger_write_for (&other, third);
  g_free (test_ledger_leave_file (&other, third));
  g_assert_no_errno (chmod (first, 0500));
  g_assert_no_errno (chmod (second, 0500));

  test_assert_sweep_fails (G_IO_ERROR_PERMISSION_DENIED, first);
  test_assert_exists (file, FALSE);
  test_assert_exists (other.path, FALSE);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (first, 0700));
  g_assert_no_errno (chmod (second, 0700));
  test_assert_sweeps (2);
}

static void
assert_cancelled (const TempSweepOptions *options,
                  guint                   expected)
{
  g_autoptr (GError) error = NULL;
  gboolean any_left = FALSE;
  guint n_removed = G_MAXUINT;

  g_assert_false (temp_sweep_run (options, &n_removed, &any_left, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_removed, ==, expected);
  if (expected > 0)
    g_assert_true (any_left);
}

static void
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

static void
child_cancelled (gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const TempSweepOptions options = { .cancellable = cancellable };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  for (guint i = 0; i < 3; i++)
    g_free (test_ledger_leave_file (&ledger, dir));

  g_cancellable_cancel (cancellable);
  assert_cancelled (&options, 0);
  g_cancellable_reset (cancellable);

  /* Cancelled in the middle, a sweep writes no `tried` line. */
  on_remove_data = cancellable;
  on_remove = cancel;
  assert_cancelled (&options, 1);
  on_remove = NULL;
  g_assert_cmpuint (test_ledger_count_tried (&ledger), ==, 0);

  test_assert_sweeps (2);
  g_assert_no_errno (rmdir (dir));
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
assert_fate (Report     *report,
             const char *path,
             const char *expected)
{
  g_assert_cmpstr (g_hash_table_lookup (report->fates, path), ==, expected);
}

static void
child_report (gconstpointer data)
{
  g_autoptr (GHashTable) fates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Report report = { fates };
  const TempSweepOptions options = { .report = collect, .report_data = &report };
  g_autofree char *missing = test_make_dir_in (test_dir (), "missing");
  g_autofree char *before = NULL, *after = NULL, *ledger_before = NULL, *ledger_after = NULL, *living_base = NULL;
  g_autofree char *file = NULL, *dir = NULL, *kept = NULL, *locked = NULL, *replaced = NULL, *why = NULL;
  g_auto (TestLedger) ledger = { 0 }, living = { 0 }, headless = { 0 };
  temp_autofd int locked_fd = -1;
  guint n_removed = G_MAXUINT;
  gboolean any_left = FALSE;

  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_append_dir (&ledger, missing);
  g_assert_no_errno (rmdir (missing));
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  g_assert_no_errno (chmod (dir, 0500));
  test_ledger_append_name (&ledger, "keep", kept = test_ledger_leave_file (&ledger, test_dir ()));
  locked = test_ledger_leave_dir (&ledger, test_dir ());
  locked_fd = open_locked (locked);
  replaced = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (replaced, 0700));
  test_ledger_init (&headless);
  test_ledger_write (&headless, "");
  test_ledger_init_living (&living);
  test_ledger_write (&living, NULL);
  living_base = g_path_get_basename (living.path);
  before = test_list (test_dir ());
  ledger_before = test_ledger_read (&ledger);

  g_assert_true (temp_sweep_run (&options, &n_removed, &any_left, NULL));
  g_assert_cmpuint (n_removed, ==, 0);
  g_assert_true (any_left);
  assert_fate (&report, file, "goes");
  assert_fate (&report, dir, "goes");
  assert_fate (&report, kept, "it was kept");
  assert_fate (&report, locked, "a process has it locked");
  assert_fate (&report, replaced, "somebody put a directory there, which goes only if it is empty");
  assert_fate (&report, missing, "it is not there, or is another directory than it was");
  why = g_strdup_printf ("still held by process %d", (int) getpid ());
  assert_fate (&report, living_base, why);
  g_assert_cmpuint (g_hash_table_size (fates), ==, 7);

  /* Nothing has changed. */
  after = test_list (test_dir ());
  ledger_after = test_ledger_read (&ledger);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (ledger_after, ==, ledger_before);
  test_assert_mode (dir, S_IFDIR | 0500);
  g_assert_no_errno (chmod (dir, 0700));
  test_assert_exists (headless.path, TRUE);
}

static void
child_keep_everything (gconstpointer data)
{
  const TempSweepOptions options = { .report = NULL };
  g_auto (TestLedger) ledger = { 0 }, headless = { 0 };
  g_autofree char *file = NULL;
  guint n_removed = G_MAXUINT;

  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_init (&headless);
  test_ledger_write (&headless, "");
  file = test_ledger_leave_file (&ledger, test_dir ());

  g_assert_true (temp_sweep_run (&options, &n_removed, NULL, NULL));
  g_assert_cmpuint (n_removed, ==, 0);
  test_assert_exists (file, TRUE);
  test_assert_exists (ledger.path, TRUE);
  test_assert_exists (headless.path, TRUE);
}

/* Others at the same time */

static void
child_locked (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *top = NULL, *dir = NULL, *file = NULL, *used = NULL, *deep = NULL, *inside = NULL, *unused = NULL;
  temp_autofd int top_fd = -1, used_fd = -1;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  top = test_ledger_leave_dir (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  used = test_make_dir_in (dir, "used");
  deep = test_make_dir_in (used, "deep");
  inside = test_make_precious_in (deep, "inside");
  unused = test_make_dir_in (dir, "unused");
  top_fd = open_locked (top);
  used_fd = open_locked (used);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (unused, FALSE);
  test_assert_precious_at (inside);
  {
    g_autofree char *names = test_list (top);

    g_assert_cmpstr (names, ==, "sub");
  }
  test_ledger_assert_undone (&ledger);

  temp_fd_clear (&top_fd);
  test_assert_sweeps (1);
  test_assert_exists (top, FALSE);
  test_assert_precious_at (inside);

  temp_fd_clear (&used_fd);
  test_assert_sweeps (1);
  test_assert_exists (dir, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_mounts (gconstpointer data)
{
  g_autoptr (GHashTable) fates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Report report = { fates };
  const TempSweepOptions options = { .report = collect, .report_data = &report };
  g_autoptr (GError) error = NULL;
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *top = NULL, *dir = NULL, *sub = NULL, *on_top = NULL, *on_sub = NULL, *file = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  top = test_ledger_draw (&ledger, TEMP_TAG_DIR, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (top, 0700));
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  sub = g_build_filename (dir, "sub", NULL);
  if (!test_mount_tmpfs (top, "mode=700") || mount ("tmpfs", sub, "tmpfs", 0, "mode=700") < 0)
    test_child_skip ("no mounts here");
  on_top = test_make_precious_in (top, "file");
  on_sub = test_make_precious_in (sub, "file");
  file = test_ledger_leave_file (&ledger, test_dir ());

  /* A dry run does not even enter what is mounted. */
  g_assert_false (temp_sweep_run (&options, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, top);
  g_assert_true (g_hash_table_contains (fates, file));
  g_assert_false (g_hash_table_contains (fates, top));

  test_assert_sweep_fails (G_IO_ERROR_BUSY, test_dir ());
  test_assert_precious_at (on_top);
  test_assert_precious_at (on_sub);
  test_assert_exists (file, FALSE);
  test_assert_exists (ledger.path, TRUE);
}

/* Somebody puts another directory there, in the last moment. */
static void
swap (gpointer data)
{
  char **paths = data;

  on_remove = NULL;
  g_assert_no_errno (rename (paths[0], paths[1]));
  g_assert_no_errno (rename (paths[2], paths[0]));
}

static void
child_swapped (gconstpointer data)
{
  g_autofree char *mine = test_make_dir_in (test_dir (), "mine");
  g_autofree char *inside = test_make_precious_in (mine, "inside");
  g_autofree char *away = test_path ("away");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *there = NULL;
  char *paths[3];

  test_ledger_write_for (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  there = g_build_filename (dir, "inside", NULL);
  test_assert_precious_at (inside);
  paths[0] = dir, paths[1] = away, paths[2] = mine;
  on_remove_data = paths;
  on_remove = swap;

  test_assert_sweep_fails (G_IO_ERROR_NOT_EMPTY, dir);
  test_assert_precious_at (there);
  test_ledger_assert_undone (&ledger);
}

static gpointer
sweep_in_thread (gpointer data)
{
  const TempSweepOptions options = { .report = NULL };
  guint n_removed;

  g_assert_true (temp_sweep_run (&options, &n_removed, NULL, NULL));
  return GUINT_TO_POINTER (n_removed);
}

static void
child_two_sweeps (gconstpointer data)
{
  enum { N = 50 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  GThread *thread;
  guint sum;

  for (guint i = 0; i < N; i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_write_for (&ledger, dir);
      g_free (test_ledger_leave_file (&ledger, dir));
      g_free (test_ledger_leave_dir (&ledger, dir));
    }

  /* Each file is deleted by one of the two sweeps. */
  thread = g_thread_new ("sweep", sweep_in_thread, NULL);
  sum = GPOINTER_TO_UINT (sweep_in_thread (NULL));
  sum += GPOINTER_TO_UINT (g_thread_join (thread));
  g_assert_cmpuint (sum, ==, 2 * N);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (rmdir (dir));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.remove_dir = remove_dir;
  temp_platform.remove_file = remove_file;

  test_add_with_ledgers ("/killed/sweep/many-ledgers-one-directory", child_one_dir);
  test_add_with_ledgers ("/killed/sweep/many-ledgers-few-descriptors", child_many);
  test_add_with_ledgers ("/killed/sweep/ledgers-in-both-directories", child_runtime_dir);
  test_add_with_ledgers ("/killed/sweep/goes-on-after-an-error", child_errors);
  test_add_with_ledgers ("/killed/sweep/goes-on-after-cancellation", child_cancelled);
  test_add_with_ledgers ("/killed/sweep/dry-run-tells-each-fate", child_report);
  test_add_with_ledgers ("/killed/sweep/keeps-everything", child_keep_everything);
  test_add_with_ledgers ("/only-ours/locked-directories-stay", child_locked);
  test_add_with_ledgers ("/only-ours/mounts-stay", child_mounts);
  test_add_with_ledgers ("/only-ours/swapped-directory-stays", child_swapped);
  test_add_with_ledgers ("/killed/sweep/two-share-the-work", child_two_sweeps);

  return g_test_run ();
}
