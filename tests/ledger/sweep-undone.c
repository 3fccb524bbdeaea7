/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/alive.h"
#include "test-ledgers.h"
#include "test-support.h"

/* A sweep leaves files that it cannot see or delete, and their ledger, to a later one. */

static TempPlatform real;

/* Reading a directory with that inode fails after so many names, and looking at that name fails. */
static guint64 unreadable;
static guint n_readable;
static const char *unseen;

static ssize_t
list (TempHandle    dir,
      TempListing **listing,
      void         *buffer,
      size_t        size)
{
  TempFileId id;
  gssize n, n_kept = 0;

  if (unreadable == 0 || real.identify (dir, &id) < 0 || id.ino != unreadable)
    return real.list (dir, listing, buffer, size);
  if (n_readable == 0)
    {
      errno = EIO;
      return -1;
    }

  n = real.list (dir, listing, buffer, size);
  for (; n_readable > 0; n_readable--)
    {
      g_assert_cmpint (n_kept, <, n);
      n_kept += ((const TempDirEntry *) (gconstpointer) ((char *) buffer + n_kept))->length;
    }
  return n_kept;
}

static int
stat_name (TempHandle  dir,
           const char *name,
           TempStat   *st)
{
  if (g_strcmp0 (name, unseen) != 0)
    return real.stat_name (dir, name, st);
  errno = EIO;
  return -1;
}

/* Rights */

static void
child_without_rights (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *shut = NULL, *file = NULL, *sub = NULL;

  test_child_skip_on_posix ("no handle of a directory that its owner may not read");
  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  shut = test_ledger_leave_dir (&ledger, dir);
  sub = g_build_filename (shut, "sub", NULL);
  file = test_ledger_leave_file (&ledger, dir);
  g_assert_no_errno (chmod (sub, 0000));
  g_assert_no_errno (chmod (shut, 0000));

  g_assert_no_errno (chmod (dir, 0500));
  test_assert_sweep_fails (G_IO_ERROR_PERMISSION_DENIED, dir);
  test_assert_exists (file, TRUE);
  test_assert_mode (shut, S_IFDIR | 0000);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (dir, 0700));
  test_assert_sweeps (2);
  test_assert_exists (ledger.path, FALSE);
}

/* The ledger has lines for the names in a directory that cannot be listed. */
static void
child_unlisted (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *file = NULL, *named = NULL, *base = NULL;

  test_child_skip_on_posix ("no handle of a directory that its owner may not read");
  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  file = test_ledger_leave_file (&ledger, dir);
  named = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (named);
  g_assert_no_errno (chmod (dir, 0300));

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_ledger_assert_undone (&ledger);

  test_ledger_append_dir (&ledger, dir);
  test_ledger_append (&ledger, "name %s", base);
  test_assert_sweeps (1);
  test_assert_exists (named, FALSE);
  test_assert_exists (file, TRUE);

  g_assert_no_errno (chmod (dir, 0700));
  test_assert_sweeps (1);
  test_assert_exists (ledger.path, FALSE);
}

/* The ledger has lines for all names in the directory: once they are gone, it is done. */
static void
child_unlisted_done (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *named = NULL, *base = NULL;

  test_child_skip_on_posix ("no handle of a directory that its owner may not read");
  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  named = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (named);
  test_ledger_append (&ledger, "name %s", base);
  g_assert_no_errno (chmod (dir, 0300));

  test_assert_sweeps (1);
  test_assert_exists (named, FALSE);
  test_assert_exists (ledger.path, FALSE);
  g_assert_no_errno (chmod (dir, 0700));
}

/* Errors of the disk */

/* A disk with errors may hide names: the ledger stays. */
static void
child_unreadable (gconstpointer data)
{
  enum { N_FILES = 10, N_READ = 4 }; /* with "." and ".." */
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) ledger = { 0 };
  g_auto (TestLedger) other = { 0 };
  struct stat st;

  test_ledger_write_for (&ledger, dir);
  test_ledger_write_for (&other, dir);
  for (guint i = 0; i < N_FILES; i++)
    g_free (test_ledger_leave_file (&ledger, dir));
  g_assert_no_errno (stat (dir, &st));

  for (n_readable = 0; n_readable < N_READ;)
    {
      const guint n = n_readable;
      const TempSweepOptions options = { .report = NULL };

      unreadable = st.st_ino;
      g_assert_true (temp_sweep_run (&options, NULL, NULL, NULL));
      unreadable = 0;
      g_assert_cmpuint (n_readable, ==, 0);
      test_assert_exists (ledger.path, TRUE);
      test_assert_exists (other.path, TRUE); /* its names may be among those */
      n_readable = n + 1;
    }
  test_ledger_assert_undone (&ledger);
  test_ledger_assert_undone (&other);

  {
    const TempSweepOptions options = { .report = NULL };

    g_assert_true (temp_sweep_run (&options, NULL, NULL, NULL));
  }
  test_assert_list ("dir", "");
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_unseen (gconstpointer data)
{
  const gboolean is_believed = GPOINTER_TO_INT (data);
  g_autofree char *dir = test_make_dir_in (test_dir (), is_believed ? "believed" : "tagged");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *other = NULL, *base = NULL;

  test_ledger_write_for (&ledger, dir);
  if (is_believed)
    {
      file = test_make_precious_in (dir, "plain");
      base = g_path_get_basename (file);
      test_ledger_append (&ledger, "name %s", base);
    }
  else
    {
      file = test_ledger_leave_file (&ledger, dir);
      base = g_path_get_basename (file);
    }
  other = test_ledger_leave_file (&ledger, dir);

  unseen = base;
  test_assert_sweeps (1);
  unseen = NULL;
  test_assert_exists (file, TRUE);
  test_ledger_assert_undone (&ledger);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_unseen_names (gconstpointer data)
{
  child_unseen (GINT_TO_POINTER (FALSE));
  child_unseen (GINT_TO_POINTER (TRUE));
}

/* Directories that are not there */

static void
child_absent (gconstpointer data)
{
  const gboolean is_replaced = GPOINTER_TO_INT (data);
  const TempSweepOptions in_background = { .skips_tried = TRUE };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *absent = test_make_dir_in (test_dir (), "absent");
  g_autofree char *away = test_path ("away");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *moved = NULL, *second = NULL;
  gboolean any_left = FALSE;

  test_ledger_write_for (&ledger, dir);
  test_ledger_append_dir (&ledger, absent);
  file = test_ledger_leave_file (&ledger, dir);
  moved = test_ledger_leave_file (&ledger, absent);
  g_assert_no_errno (rename (absent, away));
  if (is_replaced)
    g_assert_no_errno (mkdir (absent, 0700));

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_ledger_assert_undone (&ledger);

  /* Within a day, a sweep in the background passes over the ledger, and none appends another `tried`. */
  second = test_ledger_leave_file (&ledger, dir);
  g_assert_true (temp_sweep_run (&in_background, NULL, &any_left, NULL));
  test_assert_exists (second, TRUE);
  test_ledger_assert_undone (&ledger);
  test_assert_sweeps (1);
  test_ledger_assert_undone (&ledger);

  if (is_replaced)
    g_assert_no_errno (rmdir (absent));
  g_assert_no_errno (rename (away, absent));
  test_assert_sweeps (1);
  test_assert_exists (moved, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_missing (gconstpointer data)
{
  child_absent (GINT_TO_POINTER (FALSE));
}

static void
child_replaced (gconstpointer data)
{
  child_absent (GINT_TO_POINTER (TRUE));
}

/* A link is not the directory that it leads to. */
static void
child_link_to_dir (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *away = test_path ("away");
  g_autofree char *moved = NULL, *base = NULL;
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL;

  test_ledger_write_for (&ledger, dir);
  file = test_ledger_leave_file (&ledger, dir);
  g_assert_no_errno (rename (dir, away));
  g_assert_no_errno (symlink (away, dir));

  test_assert_sweeps (0);
  base = g_path_get_basename (file);
  moved = g_build_filename (away, base, NULL);
  test_assert_exists (moved, TRUE);
  test_ledger_assert_undone (&ledger);
}

static void
write_tried (TestLedger *ledger,
             guint       n,
             gint64      seconds_ago)
{
  for (guint i = 0; i < n; i++)
    test_ledger_append (ledger, "tried %" G_GINT64_FORMAT, g_get_real_time () / G_USEC_PER_SEC - seconds_ago);
}

static void
child_tried (gconstpointer data)
{
  const TempSweepOptions in_background = { .skips_tried = TRUE };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) fresh = { 0 }, old = { 0 }, today = { 0 };
  gboolean any_left = FALSE;

  test_ledger_write_for (&fresh, dir);
  write_tried (&fresh, 28, 2 * TEMP_LEDGER_DAY);
  test_ledger_write_for (&old, dir);
  write_tried (&old, 30, 2 * TEMP_LEDGER_DAY);
  test_ledger_write_for (&today, dir);
  write_tried (&today, 29, 2 * TEMP_LEDGER_DAY);
  write_tried (&today, 1, TEMP_LEDGER_DAY / 2);
  g_assert_no_errno (rmdir (dir));

  g_assert_true (temp_sweep_run (&in_background, NULL, &any_left, NULL));
  g_assert_true (any_left);
  g_assert_cmpuint (test_ledger_count_tried (&fresh), ==, 29);
  g_assert_cmpuint (test_ledger_count_tried (&today), ==, 30);
  test_assert_exists (old.path, FALSE);
}

/* After a reboot, disks may have other numbers. */
static void
child_boot (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  struct stat st;

  g_assert_no_errno (stat (dir, &st));
  for (guint i = 0; i < 8; i++)
    {
      const gboolean same_boot = i & 1, same_dev = i & 2, same_ino = i & 4;
      const gboolean is_meant = same_ino && (same_dev || !same_boot);
      g_auto (TestLedger) ledger = { 0 };
      g_autofree char *file = NULL;
      g_autofree char *plain = test_make_precious_in (dir, "plain");

      test_ledger_init (&ledger);
      if (!same_boot)
        ledger.process.boot[0] = ledger.process.boot[0] == 'a' ? 'b' : 'a';
      test_ledger_write (&ledger, NULL);
      test_ledger_append (&ledger, "dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\nname plain",
                          (guint64) st.st_dev + !same_dev, (guint64) st.st_ino + !same_ino, dir);
      file = test_ledger_leave_file (&ledger, dir);

      test_assert_sweeps (is_meant ? 2 : 1);
      test_assert_exists (file, FALSE);
      test_assert_exists (plain, !is_meant);
      test_assert_exists (ledger.path, !is_meant);
      g_unlink (ledger.path);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.list = list;
  temp_platform.stat_name = stat_name;

  test_add_with_ledgers ("/killed/undone/if-rights-are-missing", child_without_rights);
  test_add_with_ledgers ("/killed/undone/if-a-directory-cannot-be-listed", child_unlisted);
  test_add_with_ledgers ("/killed/undone/until-the-names-in-an-unlisted-directory-go", child_unlisted_done);
  test_add_with_ledgers ("/killed/undone/if-reading-a-directory-fails", child_unreadable);
  test_add_with_ledgers ("/killed/undone/if-a-name-cannot-be-looked-at", child_unseen_names);
  test_add_with_ledgers ("/killed/undone/if-a-directory-is-missing", child_missing);
  test_add_with_ledgers ("/killed/undone/if-a-directory-was-replaced", child_replaced);
  test_add_with_ledgers ("/killed/undone/if-a-link-to-it-replaces-a-directory", child_link_to_dir);
  test_add_with_ledgers ("/killed/undone/tried-once-a-day-for-a-month", child_tried);
  test_add_with_ledgers ("/killed/undone/not-if-only-the-device-changed-with-a-boot", child_boot);

  return g_test_run ();
}
