/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* Deleting by name, whatever is under it, where paths are trusted and where they are not. */

/* Under the name */

static void
test_unchanged (gconstpointer data)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);
  g_autofree char *sub = test_join (dir, "sub");
  g_autofree char *deep = test_join (dir, "sub/file");

  g_assert_no_errno (mkdir (sub, 0700));
  test_write (deep, "x");
  test_assert_deletes (file);
  test_assert_deletes (dir);
  test_assert_empty (dir_path);
}

static void
test_gone (gconstpointer data)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  g_assert_no_errno (g_rmdir (temp_entry_get_path (dir)));
  test_assert_deletes (file);
  test_assert_deletes (dir);
}

/* Somebody renames the file and the directory, or moves them into the new directory `moved_to`. */
static void
check_renamed (gconstpointer  data,
               const char    *moved_to)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autofree char *result = moved_to != NULL ? test_path (moved_to) : g_strdup (dir_path);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);
  g_autofree char *new_file = g_build_filename (result, moved_to != NULL ? file->name.base : "file", NULL);
  g_autofree char *new_dir = g_build_filename (result, moved_to != NULL ? dir->name.base : "dir", NULL);
  g_autofree char *inside = g_build_filename (new_dir, "inside", NULL);

  if (moved_to != NULL)
    g_assert_no_errno (mkdir (result, 0700));
  g_assert_no_errno (g_rename (temp_entry_get_path (file), new_file));
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), new_dir));
  test_write (inside, "precious");
  test_assert_deletes (file);
  test_assert_deletes (dir);
  test_assert_exists (new_file, TRUE);
  test_assert_exists (inside, TRUE);
}

static void
test_renamed (gconstpointer data)
{
  check_renamed (data, NULL);
}

static void
test_moved_elsewhere (gconstpointer data)
{
  check_renamed (data, "result");
}

/* Somebody puts another file under the name, to replace this one. The other one is deleted. */
static void
test_file_replaced (gconstpointer data)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autofree char *target = test_path ("target");
  g_autofree char *other = test_path ("other");
  g_autoptr (TempEntry) by_file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) by_rename = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) by_link = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) by_fifo = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) by_dir = test_new_file (dir_path, NULL);

  test_write (target, "precious");
  test_write (other, "x");
  g_assert_no_errno (g_unlink (temp_entry_get_path (by_file)));
  test_write (temp_entry_get_path (by_file), "x");
  g_assert_no_errno (g_rename (other, temp_entry_get_path (by_rename)));
  g_assert_no_errno (g_unlink (temp_entry_get_path (by_link)));
  g_assert_no_errno (symlink (target, temp_entry_get_path (by_link)));
  g_assert_no_errno (g_unlink (temp_entry_get_path (by_fifo)));
  g_assert_no_errno (mkfifo (temp_entry_get_path (by_fifo), 0600));
  g_assert_no_errno (g_unlink (temp_entry_get_path (by_dir)));
  g_assert_no_errno (mkdir (temp_entry_get_path (by_dir), 0700));

  test_assert_deletes (by_file);
  test_assert_deletes (by_rename);
  test_assert_deletes (by_link);
  test_assert_deletes (by_fifo);
  test_assert_deletes (by_dir);
  test_assert_empty (dir_path);
}

/* A directory under a file's name goes only if it is empty. */
static void
test_file_replaced_by_full_dir (gconstpointer data)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autofree char *inside = test_join (file, "x");

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  g_assert_no_errno (mkdir (temp_entry_get_path (file), 0700));
  test_write (inside, "precious");
  test_assert_refuses (file, G_IO_ERROR_NOT_EMPTY);
  test_assert_exists (inside, TRUE);
  g_assert_no_errno (g_unlink (inside));
  test_assert_deletes (file);
  test_assert_exists (temp_entry_get_last_path (file), FALSE);
}

/* A file or a link under a directory's name goes, too. The target of a link stays. */
static void
test_dir_replaced_by_file (gconstpointer data)
{
  g_autofree char *dir_path = test_make_where (data);
  g_autoptr (TempEntry) by_file = test_new_dir (dir_path, NULL);
  g_autoptr (TempEntry) by_link = test_new_dir (dir_path, NULL);
  g_autofree char *victim = test_path ("victim");
  g_autofree char *inside = g_build_filename (victim, "inside", NULL);

  g_assert_no_errno (mkdir (victim, 0700));
  test_write (inside, "precious");
  g_assert_no_errno (g_rmdir (temp_entry_get_path (by_file)));
  test_write (temp_entry_get_path (by_file), "x");
  g_assert_no_errno (g_rmdir (temp_entry_get_path (by_link)));
  g_assert_no_errno (symlink (victim, temp_entry_get_path (by_link)));

  test_assert_deletes (by_file);
  test_assert_deletes (by_link);
  test_assert_exists (temp_entry_get_last_path (by_file), FALSE);
  g_assert_false (g_file_test (temp_entry_get_last_path (by_link), G_FILE_TEST_IS_SYMLINK));
  test_assert_exists (inside, TRUE);
}

/* Puts another directory under the name, as rmtree() and copytree() do, and takes the first one away. */
static char *
replace_dir (TempEntry *dir)
{
  char *away = test_path ("away");
  g_autofree char *precious = g_build_filename (away, "precious", NULL);

  test_write_in (dir, "precious");
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), away));
  g_assert_no_errno (mkdir (temp_entry_get_path (dir), 0700));
  test_write_in (dir, "x");
  test_assert_exists (precious, TRUE);
  return away;
}

static void
test_dir_replaced (void)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
      g_autofree char *away = replace_dir (dir);
      g_autofree char *precious = g_build_filename (away, "precious", NULL);

      if (i == 1)
        temp_entry_close_dir_fd (dir);
      test_assert_deletes (dir);
      test_assert_exists (temp_entry_get_last_path (dir), FALSE);
      test_assert_exists (precious, TRUE);
      g_assert_no_errno (g_unlink (precious));
      g_assert_no_errno (g_rmdir (away));
    }
}

/* Where others can rename, a new directory under the name may be anybody's: it stays, with an error, unless it is
 * empty. */
static void
test_dir_replaced_untrusted (void)
{
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autoptr (TempEntry) dir = test_new_dir (untrusted, NULL);
  g_autofree char *away = replace_dir (dir);
  g_autofree char *precious = g_build_filename (away, "precious", NULL);
  g_autofree char *inside = test_join (dir, "x");

  test_assert_refuses (dir, G_IO_ERROR_NOT_EMPTY);
  test_assert_exists (inside, TRUE);
  test_assert_exists (precious, TRUE);
  g_assert_no_errno (g_unlink (inside));
  test_assert_deletes (dir);
  test_assert_empty (untrusted);
  test_assert_exists (precious, TRUE);
}

/* Removing a tree: errors, cancellation and the deadline */

static void
child_mounted_on (gconstpointer data)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);

  if (!test_mount_tmpfs (temp_entry_get_path (dir), "size=64k"))
    test_child_skip ("cannot mount a filesystem");
  test_assert_refuses (dir, G_IO_ERROR_BUSY);
  test_write_in (dir, "x");
  test_assert_refuses (dir, G_IO_ERROR_BUSY);
  g_assert_no_errno (umount (temp_entry_get_path (dir)));
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
}

static void
test_mounted_on (void)
{
  test_in_child (child_mounted_on, NULL);
}

/* An unprivileged user may not delete in a directory whose mode has changed. Once it is back, deleting succeeds. */
static void
child_delete_fails (gconstpointer data)
{
  g_autofree char *closed = NULL;
  TempEntry *file, *dir;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  closed = test_path ("closed");
  g_assert_no_errno (g_mkdir (closed, 0700));
  file = test_new_file (closed, NULL);
  dir = test_new_dir (closed, NULL);

  g_assert_no_errno (chmod (closed, 0500));
  test_assert_refuses (file, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_refuses (dir, G_IO_ERROR_PERMISSION_DENIED);

  g_assert_no_errno (chmod (closed, 0700));
  test_assert_deletes (file);
  test_assert_deletes (dir);
  temp_entry_unref (file);
  temp_entry_unref (dir);
  g_assert_no_errno (g_rmdir (closed));
}

static void
test_delete_fails (void)
{
  test_in_child (child_delete_fails, NULL);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_entry_delete (file, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_exists (temp_entry_get_path (file), TRUE);
  test_assert_deletes (file);
}

static void
test_progress (void)
{
  TempRemoveProgress progress = { .n_removed = 0 };
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (GError) error = NULL;

  test_write_in (dir, "a");
  test_write_in (dir, "b");
  g_assert_true (temp_entry_delete (dir, &progress, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (progress.n_removed, ==, 3);
}

/* At exit, a directory that is not emptied in time is left to a sweep. */
static void
test_deadline (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (GError) error = NULL;

  test_write_in (dir, "x");
  g_assert_false (temp_entry_delete_until (dir, 0, 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  test_assert_exists (temp_entry_get_path (dir), TRUE);
  g_assert_true (temp_entry_delete_until (file, 0, 1, &error));
  g_assert_true (temp_entry_delete_until (dir, 0, 0, &error));
  g_assert_no_error (error);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
}

/* In the background */

/* A worker deletes each directory, and drops its own reference. */
static void
test_background (void)
{
  for (guint i = 0; i < 20; i++)
    {
      TempEntry *dir = test_new_dir (test_dir (), NULL);

      test_write_in (dir, "x");
      g_assert_true (dir->ref_count == 1);
      temp_entry_drop_in_background (dir, FALSE);
      temp_entry_unref (dir);
    }
  test_wait_empty ();
}

static void
wait_for_worker (TempEntry *entry)
{
  while (g_atomic_int_get (&entry->ref_count) > 1)
    g_thread_yield ();
}

/* A worker that cannot delete warns, unless it is to be quiet: there is no object any more that could return an error.
 * A sweep may try again. */
static void
test_background_fails (gconstpointer data)
{
  gboolean is_quiet = GPOINTER_TO_INT (data);
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autoptr (TempEntry) dir = test_new_dir (untrusted, NULL);

  g_free (replace_dir (dir));
  if (!is_quiet)
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*temporary directory*");
  temp_entry_drop_in_background (dir, is_quiet);
  wait_for_worker (dir);
  g_test_assert_expected_messages ();
  g_assert_cmpint (dir->state, ==, TEMP_ENTRY_KEPT);
  test_assert_exists (dir->name.path, TRUE);
}

/* In a child, the worker is the parent's, and so are the entries that wait for it. */
static void
test_background_in_child (void)
{
  TempEntry *dir = test_new_dir (test_dir (), NULL);
  g_autofree char *inside = test_join (dir, "x");
  pid_t pid;

  test_write (inside, "x");
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      TempEntry *own = test_new_dir (test_dir (), NULL);

      temp_entry_drop_in_background (dir, FALSE);
      temp_entry_drop_in_background (own, FALSE);
      while (g_file_test (own->name.path, G_FILE_TEST_EXISTS))
        g_thread_yield ();
      test_child_exit (g_file_test (inside, G_FILE_TEST_EXISTS) ? 0 : 1);
    }
  test_assert_ends_well (pid);
  test_assert_exists (inside, TRUE);
  test_assert_deletes (dir);
  temp_entry_unref (dir);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    void      (*run) (gconstpointer);
  } tests[] = {
    { "gone/a-file-and-a-full-directory-are-deleted", test_unchanged },
    { "gone/a-name-without-a-file-is-no-error", test_gone },
    { "gone/a-file-that-replaces-the-file-is-deleted", test_file_replaced },
    { "gone/a-file-or-link-that-replaces-a-directory-is-deleted", test_dir_replaced_by_file },
    { "only-ours/a-renamed-file-stays", test_renamed },
    { "only-ours/a-moved-file-stays", test_moved_elsewhere },
    { "only-ours/a-full-directory-that-replaces-a-file-stays", test_file_replaced_by_full_dir },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *trusted = g_strconcat ("/", tests[i].name, "/where-paths-are-trusted", NULL);
      g_autofree char *untrusted = g_strconcat ("/", tests[i].name, "/where-they-are-not", NULL);

      g_test_add_data_func (trusted, NULL, tests[i].run);
      g_test_add_data_func (untrusted, GINT_TO_POINTER (TRUE), tests[i].run);
    }
  g_test_add_func ("/gone/a-directory-that-replaces-the-directory-is-deleted", test_dir_replaced);
  g_test_add_func ("/only-ours/a-directory-that-others-may-have-put-there-stays", test_dir_replaced_untrusted);
  g_test_add_func ("/only-ours/a-filesystem-mounted-on-the-directory-stays", test_mounted_on);
  g_test_add_func ("/gone/deleting-can-be-tried-again", test_delete_fails);
  g_test_add_func ("/gone/deleting-can-be-cancelled", test_cancelled);
  g_test_add_func ("/gone/deleting-tells-its-progress", test_progress);
  g_test_add_func ("/exit/a-directory-is-left-to-a-sweep-at-the-deadline", test_deadline);
  g_test_add_func ("/background/a-worker-deletes-everything", test_background);
  g_test_add_data_func ("/background/a-worker-warns-if-it-fails", GINT_TO_POINTER (FALSE), test_background_fails);
  g_test_add_data_func ("/background/a-worker-fails-quietly", GINT_TO_POINTER (TRUE), test_background_fails);
  g_test_add_func ("/fork/a-child-leaves-its-parents-worker-alone", test_background_in_child);

  return g_test_run ();
}
