/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry/entries.h"
#include "ledger/text.h"
#include "test-support.h"

/* Keeping, here and in the ledger, so that no crash deletes a kept file. */

/* The library's calls of fdatasync() come here. */
static guint n_fdatasync;
static int fdatasync_errno; /* 0: it works */

int
fdatasync (int fd)
{
  n_fdatasync++;
  if (fdatasync_errno == 0)
    return syscall (SYS_fdatasync, fd);
  errno = fdatasync_errno;
  return -1;
}

static void
assert_refuses_to_keep (TempEntry *entry,
                        int        code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_keep (entry, &error));
  g_assert_error (error, G_IO_ERROR, code);
  if (code != G_IO_ERROR_NOT_SUPPORTED)
    test_assert_error_mentions (error, temp_entry_get_path (entry));
}

static void
test_keep (void)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autofree char *path = g_strdup (temp_entry_get_path (file));
  g_autofree char *inside = test_join (dir, "x");

  test_write (inside, "x");
  test_assert_keeps (file);
  test_assert_keeps (dir);
  test_assert_keeps (file); /* again: nothing */
  g_assert_false (temp_entry_set_auto_delete (file, TRUE));
  test_assert_deletes (file);
  test_assert_deletes (dir);
  g_assert_true (temp_entry_drop (file, NULL));
  test_assert_exists (path, TRUE);
  test_assert_exists (inside, TRUE);
  g_assert_cmpstr (temp_entry_get_path (file), ==, path);
}

static void
test_keep_fails (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) nameless = temp_entry_new ();

  g_assert_no_errno (g_unlink (temp_entry_get_path (entry)));
  assert_refuses_to_keep (entry, G_IO_ERROR_NOT_FOUND);
  test_assert_deletes (entry);
  assert_refuses_to_keep (entry, G_IO_ERROR_NOT_SUPPORTED);

  g_assert_true (temp_entry_create_nameless (nameless, test_dir (), 0600, NULL));
  assert_refuses_to_keep (nameless, G_IO_ERROR_NOT_SUPPORTED);
}

/* The name decides: another file under it is kept, too. */
static void
test_keep_replaced (gconstpointer data)
{
  g_autofree char *where = test_make_where (data);
  g_autoptr (TempEntry) file = test_new_file (where, NULL);
  g_autoptr (TempEntry) dangling = test_new_file (where, NULL);
  g_autofree char *contents = NULL;

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  test_write (temp_entry_get_path (file), "new");
  test_assert_keeps (file);
  test_assert_deletes (file);
  g_assert_true (g_file_get_contents (temp_entry_get_path (file), &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "new");

  g_assert_no_errno (g_unlink (temp_entry_get_path (dangling)));
  g_assert_no_errno (symlink ("nowhere", temp_entry_get_path (dangling)));
  test_assert_keeps (dangling);
}

/* Only the process that made an entry can keep it: the ledger is that process's. A child only writes there that it is
 * alive, where it could lose the lock. */
static void
test_keep_in_child (void)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autofree char *before = test_read_ledger (file);
  g_autofree char *after = NULL;
  g_autofree char *alive = NULL;
  pid_t pid = test_make_child (FALSE);

  if (pid == 0)
    {
      assert_refuses_to_keep (file, G_IO_ERROR_NOT_SUPPORTED);
      g_assert_true (temp_entry_set_auto_delete (file, FALSE));
      g_assert_true (temp_entry_drop (file, NULL));
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  after = test_read_ledger (file);
  g_assert_true (g_str_has_prefix (after, before));
  alive = g_strdup_printf ("\\\nprocess %d ", (int) pid);
  g_assert_true (after[strlen (before)] == '\0' || g_str_has_prefix (after + strlen (before), alive));
  g_assert_cmpuint (test_count_lines (after + strlen (before), "keep "), ==, 0);
  test_assert_deletes (file);
  test_assert_exists (temp_entry_get_last_path (file), FALSE);
}

/* The ledger */

/* Keeping syncs the ledger. Switching auto-delete off and on does not. */
static void
child_lines (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), "a b");
  g_autoptr (TempEntry) other = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) last = test_new_file (test_dir (), NULL);
  g_autofree char *escaped = temp_ledger_escape (file->name.base);
  g_autofree char *keep = g_strconcat ("\nkeep ", escaped, "\n", NULL);
  g_autofree char *off = g_strconcat ("\nkeep ", other->name.base, "\n", NULL);
  g_autofree char *on = g_strconcat ("\nunkeep ", other->name.base, "\n", NULL);
  TempLedger *ledger = temp_ledger_ref (last->ledger);

  g_assert_true (g_str_has_prefix (escaped, "a\\040b"));
  n_fdatasync = 0;
  g_assert_true (temp_entry_set_auto_delete (other, FALSE));
  g_assert_false (temp_entry_set_auto_delete (other, FALSE));
  {
    g_autofree char *contents = test_read_ledger (last);

    g_assert_nonnull (strstr (contents, off));
    g_assert_null (strstr (contents, on));
    g_assert_null (strstr (contents, keep));
  }
  g_assert_true (temp_entry_set_auto_delete (other, TRUE));
  {
    g_autofree char *contents = test_read_ledger (last);

    g_assert_cmpuint (test_count_lines (contents, "keep "), ==, 1);
    g_assert_true (strstr (contents, on) > strstr (contents, off));
  }
  g_assert_cmpuint (n_fdatasync, ==, 0);

  test_assert_keeps (file);
  g_assert_cmpuint (n_fdatasync, ==, 1);
  {
    g_autofree char *contents = test_read_ledger (last);

    g_assert_nonnull (strstr (contents, keep));
  }

  test_assert_deletes (other);
  test_assert_deletes (last);
  temp_ledger_unref (ledger);
}

/* A name that no sweep knows needs no line, and no sync. */
static void
test_plain_name (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) off = temp_entry_new ();
  g_autoptr (TempEntry) inside = test_new_file_in (dir);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  temp_entry_set_auto_delete (off, FALSE);
  g_assert_true (temp_entry_create_file (off, test_dir (), NULL, NULL, NULL, 0600, NULL));
  before = test_read_ledger (dir);
  n_fdatasync = 0;
  test_assert_keeps (off);
  test_assert_keeps (inside);
  g_assert_cmpuint (n_fdatasync, ==, 0);
  after = test_read_ledger (dir);
  g_assert_cmpstr (after, ==, before);

  /* A kept file in the directory is deleted with it. */
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_path (inside), FALSE);
}

/* The line goes to the ledger that made the name, even if another one is current. */
static void
child_old_ledger (gconstpointer data)
{
  g_autoptr (TempEntry) old = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) witness = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) new = NULL;
  g_autofree char *keep = g_strconcat ("keep ", old->name.base, NULL);
  g_autofree char *contents = NULL;
  g_autofree char *new_contents = NULL;
  g_autofree char *filler = g_strnfill (70 * 1024, '#');

  filler[70 * 1024 - 1] = '\n';
  temp_ledger_lock_appends ();
  g_assert_true (temp_ledger_append (old->ledger, filler));
  g_assert_true (temp_ledger_append (old->ledger, "# full\n"));
  temp_ledger_unlock_appends ();
  new = test_new_file (test_dir (), NULL);
  g_assert_true (new->ledger != old->ledger);

  test_assert_keeps (old);
  contents = test_read_ledger (witness);
  new_contents = test_read_ledger (new);
  g_assert_cmpuint (test_count_lines (contents, keep), ==, 1);
  g_assert_cmpuint (test_count_lines (new_contents, keep), ==, 0);
  test_assert_deletes (witness);
  test_assert_deletes (new);
}

static void
leave_kept_and_off (const char *dir)
{
  TempEntry *kept = test_new_file (dir, "kept");
  TempEntry *off = test_new_file (dir, "off");
  TempEntry *on = test_new_file (dir, "gone");
  TempEntry *kept_dir = test_new_dir (dir, "kept-dir");

  test_new_file (dir, "gone");
  test_new_dir (dir, "gone");
  test_assert_keeps (kept);
  test_assert_keeps (kept_dir);
  g_assert_true (temp_entry_set_auto_delete (off, FALSE));
  g_assert_true (temp_entry_set_auto_delete (on, FALSE));
  g_assert_true (temp_entry_set_auto_delete (on, TRUE));
}

static void
test_killed (void)
{
  g_autofree char *where = test_path ("where");
  g_autofree char *names = NULL;
  g_auto (GStrv) list = NULL;

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (leave_kept_and_off, where);
  names = test_list (where);
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_true (g_str_has_prefix (list[i], "kept") || g_str_has_prefix (list[i], "off"));
}

/* A ledger that takes no line */

/* A ledger on a full disk is deleted instead. In doubt, everything stays. */
static void
child_full_disk (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *hog = test_path ("state/hog");
  g_autofree char *ledger = NULL;
  g_autofree char *ledger_dir = NULL;
  g_autofree char *names = NULL;
  g_autofree char *padding = g_strnfill (4096, 'x');
  TempEntry *file, *other;
  int fd;

  g_assert_no_errno (mkdir (state, 0700));
  if (!test_mount_tmpfs (state, "size=64k,mode=700"))
    test_child_skip ("cannot mount a filesystem");
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  file = test_new_file (test_dir (), NULL);
  other = test_new_file (test_dir (), NULL);
  ledger = temp_ledger_dup_path (file->ledger);
  g_assert_true (g_str_has_prefix (ledger, state));

  fd = open (hog, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (write (fd, padding, 4096) > 0)
    ;
  close (fd);

  /* The last page of the ledger has room left. */
  temp_ledger_lock_appends ();
  while (temp_ledger_append (file->ledger, "# filler filler filler filler\n"))
    ;
  temp_ledger_unlock_appends ();

  test_assert_keeps (file);
  test_assert_exists (ledger, FALSE);
  test_assert_exists (temp_entry_get_path (file), TRUE);
  test_assert_keeps (other); /* no sweep knows it by now */
  ledger_dir = g_path_get_dirname (ledger);
  names = test_list (ledger_dir);
  g_assert_cmpstr (names, ==, "");
}

static void
test_full_disk (void)
{
  test_in_child (child_full_disk, NULL);
}

static void
child_sync_fails (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) other = test_new_file (test_dir (), NULL);
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);

  /* Where nothing can be synced, as on a filesystem in memory, nothing needs to be. */
  fdatasync_errno = EINVAL;
  test_assert_keeps (file);
  test_assert_exists (ledger, TRUE);

  fdatasync_errno = EIO;
  test_assert_keeps (other);
  test_assert_exists (ledger, FALSE);
}

/* Somebody has removed the ledger. No sweep will ever see it, so keeping succeeds. */
static void
child_ledger_gone (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);

  g_assert_no_errno (g_unlink (ledger));
  test_assert_keeps (file);
}

/* A sweep reads no ledger above a maximum size, to which this `keep` would bring it. The sparse file takes no room. */
static void
child_too_large (gconstpointer data)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) next = NULL;
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);

  if (truncate (ledger, TEMP_LEDGER_MAX_SIZE - 4) < 0)
    test_child_skip ("the filesystem takes no large file");
  test_assert_keeps (file);
  test_assert_exists (ledger, FALSE);
  test_assert_exists (temp_entry_get_path (file), TRUE);

  /* The next file has another ledger. */
  next = test_new_file (test_dir (), NULL);
  g_assert_true (next->ledger != dir->ledger);
  test_assert_keeps (dir);
  test_assert_deletes (next);
}

/* If the ledger cannot be removed, either, keeping fails: a crash could delete the file. */
static void
child_cannot_remove (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);

  fdatasync_errno = EIO;
  if (!test_fail_syscall (SYS_unlinkat, EROFS))
    test_child_skip ("no filters of system calls here");
  assert_refuses_to_keep (file, G_IO_ERROR_READ_ONLY);
  g_assert_cmpint (file->state, ==, TEMP_ENTRY_REGISTERED);

  fdatasync_errno = 0;
  test_assert_keeps (file);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/kept/nothing-deletes-a-kept-file", test_keep);
  g_test_add_func ("/kept/only-a-file-with-a-name-can-be-kept", test_keep_fails);
  g_test_add_data_func ("/kept/a-file-that-replaces-the-file-stays/where-paths-are-trusted", NULL, test_keep_replaced);
  g_test_add_data_func ("/kept/a-file-that-replaces-the-file-stays/where-they-are-not", GINT_TO_POINTER (TRUE),
                        test_keep_replaced);
  g_test_add_func ("/fork/a-child-cannot-keep", test_keep_in_child);
  test_add_with_ledgers ("/kept/the-ledger-is-synced", child_lines);
  g_test_add_func ("/kept/a-plain-name-needs-no-line", test_plain_name);
  test_add_with_ledgers ("/kept/an-old-ledger-gets-the-line", child_old_ledger);
  g_test_add_func ("/killed/a-kept-file-stays", test_killed);
  g_test_add_func ("/kept/the-ledger-goes-if-its-disk-is-full", test_full_disk);
  test_add_with_ledgers ("/kept/the-ledger-goes-if-it-cannot-be-synced", child_sync_fails);
  test_add_with_ledgers ("/kept/no-ledger-no-line", child_ledger_gone);
  test_add_with_ledgers ("/kept/the-ledger-goes-if-it-is-too-large", child_too_large);
  test_add_with_ledgers ("/kept/keeping-fails-if-the-ledger-cannot-go", child_cannot_remove);

  return g_test_run ();
}
