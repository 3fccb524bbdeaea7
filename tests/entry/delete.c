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

/* Deleting by name, whatever is under it; in directories that moved, and in those that others can write to. */

static char *
join (TempEntry  *entry,
      const char *name)
{
  return g_build_filename (temp_entry_get_path (entry), name, NULL);
}

static void
write_in (TempEntry  *dir,
          const char *name)
{
  g_autofree char *path = join (dir, name);

  test_write (path, "x");
}

/* Each test is run where paths are trusted, and where they are not. */
static const char *
where (gconstpointer data)
{
  static char *path;

  g_free (path);
  path = data != NULL ? test_make_untrusted ("untrusted") : test_path ("trusted");
  if (data == NULL)
    g_assert_no_errno (mkdir (path, 0700));
  return path;
}

static void
assert_empty (const char *path)
{
  g_autofree char *names = test_list (path);

  g_assert_cmpstr (names, ==, "");
}

/* Under the name */

static void
test_unchanged (gconstpointer data)
{
  const char *dir_path = where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);
  g_autofree char *sub = join (dir, "sub");
  g_autofree char *deep = join (dir, "sub/file");

  g_assert_no_errno (mkdir (sub, 0700));
  test_write (deep, "x");
  test_assert_deletes (file);
  test_assert_deletes (dir);
  assert_empty (dir_path);
}

static void
test_gone (gconstpointer data)
{
  const char *dir_path = where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  g_assert_no_errno (g_rmdir (temp_entry_get_path (dir)));
  test_assert_deletes (file);
  test_assert_deletes (dir);
}

/* Somebody renamed the file: then it is theirs, and stays. */
static void
test_renamed (gconstpointer data)
{
  const char *dir_path = where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);
  g_autofree char *new_file = g_build_filename (dir_path, "file", NULL);
  g_autofree char *new_dir = g_build_filename (dir_path, "dir", NULL);
  g_autofree char *inside = g_build_filename (new_dir, "inside", NULL);

  g_assert_no_errno (g_rename (temp_entry_get_path (file), new_file));
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), new_dir));
  test_write (inside, "precious");
  test_assert_deletes (file);
  test_assert_deletes (dir);
  test_assert_exists (new_file, TRUE);
  test_assert_exists (inside, TRUE);
}

/* Somebody moved the file into another directory under its base name: it stays, too. */
static void
test_moved_elsewhere (gconstpointer data)
{
  const char *dir_path = where (data);
  g_autoptr (TempEntry) file = test_new_file (dir_path, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (dir_path, NULL);
  g_autofree char *result = test_path ("result");
  g_autofree char *new_file = g_build_filename (result, file->name.base, NULL);
  g_autofree char *new_dir = g_build_filename (result, dir->name.base, NULL);

  g_assert_no_errno (mkdir (result, 0700));
  g_assert_no_errno (g_rename (temp_entry_get_path (file), new_file));
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), new_dir));
  test_assert_deletes (file);
  test_assert_deletes (dir);
  test_assert_exists (new_file, TRUE);
  test_assert_exists (new_dir, TRUE);
}

/* Somebody put another file under the name, to replace this one: that is deleted. */
static void
test_file_replaced (gconstpointer data)
{
  const char *dir_path = where (data);
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
  assert_empty (dir_path);
}

/* A directory under a file's name goes only if it is empty. */
static void
test_file_replaced_by_full_dir (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (where (data), NULL);
  g_autofree char *inside = join (file, "x");

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  g_assert_no_errno (mkdir (temp_entry_get_path (file), 0700));
  test_write (inside, "precious");
  test_assert_refuses (file, G_IO_ERROR_NOT_EMPTY);
  test_assert_exists (inside, TRUE);
  g_assert_no_errno (g_unlink (inside));
  test_assert_deletes (file);
  test_assert_exists (temp_entry_get_last_path (file), FALSE);
}

/* A file or a link under a directory's name goes, too; what a link leads to stays. */
static void
test_dir_replaced_by_file (gconstpointer data)
{
  const char *dir_path = where (data);
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

  write_in (dir, "precious");
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), away));
  g_assert_no_errno (mkdir (temp_entry_get_path (dir), 0700));
  write_in (dir, "x");
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
  g_autofree char *inside = join (dir, "x");

  test_assert_refuses (dir, G_IO_ERROR_NOT_EMPTY);
  test_assert_exists (inside, TRUE);
  test_assert_exists (precious, TRUE);
  g_assert_no_errno (g_unlink (inside));
  test_assert_deletes (dir);
  assert_empty (untrusted);
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
  write_in (dir, "x");
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

/* As an unprivileged user, in a directory whose mode changes: the error is told, and deleting can be tried again. */
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

  write_in (dir, "a");
  write_in (dir, "b");
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

  write_in (dir, "x");
  g_assert_false (temp_entry_delete_until (dir, 0, 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  test_assert_exists (temp_entry_get_path (dir), TRUE);
  g_assert_true (temp_entry_delete_until (file, 0, 1, &error));
  g_assert_true (temp_entry_delete_until (dir, 0, 0, &error));
  g_assert_no_error (error);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
}

/* The directory moved */

typedef struct
{
  TempEntry *file;
  TempEntry *closed; /* a file without a descriptor */
  TempEntry *dir;
} Things;

static void
make_things (Things     *things,
             const char *path)
{
  things->file = test_new_file (path, NULL);
  things->closed = test_new_file (path, NULL);
  g_assert_true (temp_entry_release_fd (things->closed, NULL));
  things->dir = test_new_dir (path, NULL);
  write_in (things->dir, "x");
}

static void
delete_things (Things *things)
{
  test_assert_deletes (things->file);
  test_assert_deletes (things->closed);
  test_assert_deletes (things->dir);
}

static void
clear_things (Things *things)
{
  temp_entry_unref (things->file);
  temp_entry_unref (things->closed);
  temp_entry_unref (things->dir);
}

/* An open file, and a directory, are found by their descriptors; a file without one stays, for ever if nothing dies. */
static void
child_moved (gconstpointer data)
{
  gboolean is_replaced = GPOINTER_TO_INT (data);
  g_autofree char *before = test_path ("before");
  g_autofree char *after = test_path ("after");
  g_autofree char *left = NULL;
  g_autofree char *ledger = NULL;
  Things things;

  g_assert_no_errno (mkdir (before, 0700));
  make_things (&things, before);
  ledger = temp_ledger_dup_path (things.closed->ledger);
  g_assert_no_errno (g_rename (before, after));
  if (is_replaced)
    g_assert_no_errno (mkdir (before, 0700));

  delete_things (&things);
  left = test_list (after);
  g_assert_cmpstr (left, ==, things.closed->name.base);

  /* The file may still be somewhere: so the ledger stays, and a sweep looks for the file. */
  temp_ledger_finish_all ();
  test_assert_exists (ledger, TRUE);
  clear_things (&things);
}

static void
run_moved (void)
{
  test_in_child (child_moved, GINT_TO_POINTER (FALSE));
}

static void
run_moved_and_replaced (void)
{
  test_in_child (child_moved, GINT_TO_POINTER (TRUE));
}

/* Where paths are not trusted, the directory's descriptor leads to each entry. */
static void
test_moved_untrusted (void)
{
  g_autofree char *before = test_make_untrusted ("before");
  g_autofree char *after = test_path ("after");
  Things things;

  make_things (&things, before);
  g_assert_no_errno (g_rename (before, after));
  g_assert_no_errno (mkdir (before, 0700));
  delete_things (&things);
  assert_empty (after);
  assert_empty (before);
  clear_things (&things);
}

/* The program closed that descriptor, which is opened again where the path still leads to the directory. */
static void
test_untrusted_closed (void)
{
  g_autofree char *before = test_make_untrusted ("before");
  g_autofree char *after = test_path ("after");
  Things things;

  make_things (&things, before);
  g_assert_no_errno (close (things.file->place->fd));
  test_assert_deletes (things.file);
  test_assert_exists (temp_entry_get_last_path (things.file), FALSE);

  /* Without descriptor and path, what has no descriptor of its own stays. */
  g_assert_no_errno (close (things.file->place->fd));
  g_assert_no_errno (g_rename (before, after));
  test_assert_deletes (things.closed);
  test_assert_deletes (things.dir);
  {
    g_autofree char *left = test_list (after);

    g_assert_cmpstr (left, ==, things.closed->name.base);
  }
  clear_things (&things);
}

/* The given path, through a link, leads elsewhere: the resolved one is left. */
static void
child_link_moved (gconstpointer data)
{
  const char *target = data;
  g_autofree char *real = test_path ("real");
  g_autofree char *link = test_path ("link");
  g_autofree char *other = test_path ("other");
  g_autofree char *ledger = NULL;
  Things things;

  g_assert_no_errno (mkdir (real, 0700));
  g_assert_no_errno (mkdir (other, 0700));
  g_assert_no_errno (symlink ("real", link));
  make_things (&things, link);
  ledger = temp_ledger_dup_path (things.closed->ledger);
  g_assert_no_errno (g_unlink (link));
  if (target != NULL)
    g_assert_no_errno (symlink (target, link));

  delete_things (&things);
  assert_empty (real);
  temp_ledger_finish_all ();
  test_assert_exists (ledger, FALSE);
  clear_things (&things);
}

static void
test_link_moved (gconstpointer data)
{
  g_autofree char *state = test_path ("state");

  g_setenv ("XDG_STATE_HOME", state, TRUE);
  test_in_child (child_link_moved, data);
}

/* Another directory is where the resolved path leads now, and has a file of that name: that stays. */
static void
test_resolved_is_another (void)
{
  g_autofree char *real = test_path ("real");
  g_autofree char *link = test_path ("link");
  g_autofree char *away = test_path ("away");
  g_autofree char *other = NULL;
  Things things;

  g_assert_no_errno (mkdir (real, 0700));
  g_assert_no_errno (symlink ("real", link));
  make_things (&things, link);
  g_assert_no_errno (g_unlink (link));
  g_assert_no_errno (g_rename (real, away));
  g_assert_no_errno (mkdir (real, 0700));
  other = g_build_filename (real, things.closed->name.base, NULL);
  test_write (other, "precious");

  delete_things (&things);
  test_assert_exists (other, TRUE);
  clear_things (&things);
}

/* Somebody renamed the file, and moved its directory: the file stays. */
static void
test_both_moved (void)
{
  g_autofree char *before = test_path ("before");
  g_autofree char *after = test_path ("after");
  g_autofree char *result = test_path ("result");
  g_autofree char *new_file = NULL;
  g_autofree char *new_dir = NULL;
  Things things;

  g_assert_no_errno (mkdir (before, 0700));
  g_assert_no_errno (mkdir (result, 0700));
  make_things (&things, before);
  new_file = g_build_filename (result, things.file->name.base, NULL);
  new_dir = g_build_filename (result, things.dir->name.base, NULL);
  g_assert_no_errno (g_rename (temp_entry_get_path (things.file), new_file));
  g_assert_no_errno (g_rename (temp_entry_get_path (things.dir), new_dir));
  g_assert_no_errno (g_rename (before, after));
  delete_things (&things);
  test_assert_exists (new_file, TRUE);
  test_assert_exists (new_dir, TRUE);
  clear_things (&things);
}

static gboolean
delete_explicitly (TempEntry  *entry,
                   GError    **error)
{
  return temp_entry_delete (entry, NULL, NULL, error);
}

static gboolean
delete_at_exit (TempEntry  *entry,
                GError    **error)
{
  return temp_entry_delete_until (entry, 0, 0, error);
}

typedef gboolean (*End) (TempEntry  *entry,
                         GError    **error);

/* Others can lead the link elsewhere, and give another directory of the user's the name: that one stays, however the
 * entry ends. */
static void
test_link_redirected (gconstpointer data)
{
  const End *end = data;
  g_autofree char *link = test_make_shared ();
  g_autoptr (TempEntry) dir = test_new_dir (link, NULL);
  g_autoptr (GError) error = NULL;

  write_in (dir, "x");
  test_redirect (dir->name.base);
  g_assert_true ((*end) (dir, &error));
  g_assert_no_error (error);
  test_assert_precious (dir->name.base);
  test_assert_list ("real", "");
}

/* Without a descriptor, the path is not believed, either: the directory stays, and is a leak. */
static void
test_link_redirected_closed (void)
{
  g_autofree char *link = test_make_shared ();
  g_autoptr (TempEntry) file = test_new_file (link, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (link, NULL);

  write_in (dir, "x");
  g_assert_no_errno (close (file->place->fd));
  g_assert_no_errno (close (dir->fd));
  test_redirect (dir->name.base);
  test_write (temp_entry_get_path (file), "precious");
  test_assert_deletes (file);
  test_assert_exists (temp_entry_get_path (dir), TRUE);
  test_assert_refuses (dir, G_IO_ERROR_NOT_EMPTY);
  temp_entry_discard (dir);
  test_assert_precious (dir->name.base);
  test_assert_exists (temp_entry_get_last_path (file), TRUE);
}

/* A sweep goes by the resolved path. */
static void
make_and_redirect (const char *link)
{
  TempEntry *dir = test_new_dir (link, NULL);

  write_in (dir, "x");
  test_redirect (dir->name.base);
}

static void
test_link_redirected_swept (void)
{
  g_autofree char *link = test_make_shared ();
  g_autofree char *shared = test_path ("shared");
  g_autofree char *names = NULL;
  g_auto (GStrv) list = NULL;

  test_kill_and_sweep (make_and_redirect, link);
  test_assert_list ("real", "");
  names = test_list (shared);
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, 2);
  g_assert_cmpstr (list[0], ==, "link");
  test_assert_precious (list[1]);
}

/* Settled */

/* The ledger is deleted with the last entry, if each of them is surely gone. */
static void
child_ledger_goes (gconstpointer data)
{
  g_autofree char *ledger = NULL;
  g_autofree char *away = test_path ("away");
  Things things;

  make_things (&things, test_dir ());
  ledger = temp_ledger_dup_path (things.file->ledger);
  g_assert_no_errno (g_rename (temp_entry_get_path (things.file), away));
  temp_ledger_finish_all ();
  test_assert_deletes (things.file); /* is not there, while its directory is */
  test_assert_deletes (things.closed);
  test_assert_exists (ledger, TRUE);
  test_assert_deletes (things.dir);
  test_assert_exists (ledger, FALSE);
  clear_things (&things);
}

/* In the background */

/* A worker deletes it, and drops its reference. */
static void
test_background (void)
{
  for (guint i = 0; i < 20; i++)
    {
      TempEntry *dir = test_new_dir (test_dir (), NULL);

      write_in (dir, "x");
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

/* A worker that cannot delete says so, unless it is to be quiet, since nobody is left who could be told; a sweep may
 * try again. */
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

/* In a child, the worker and what waits for it are the parent's. */
static void
test_background_in_child (void)
{
  TempEntry *dir = test_new_dir (test_dir (), NULL);
  g_autofree char *inside = join (dir, "x");
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
    End         end;
  } ends[] = {
    { "deleted", delete_explicitly },
    { "dropped", temp_entry_drop },
    { "exit", delete_at_exit },
  };
  static const struct
  {
    const char *name;
    void      (*run) (gconstpointer);
  } tests[] = {
    { "unchanged", test_unchanged },
    { "gone", test_gone },
    { "renamed", test_renamed },
    { "moved-elsewhere", test_moved_elsewhere },
    { "file-replaced", test_file_replaced },
    { "file-replaced-by-full-dir", test_file_replaced_by_full_dir },
    { "dir-replaced-by-file", test_dir_replaced_by_file },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *trusted = g_strconcat ("/entry-delete/trusted/", tests[i].name, NULL);
      g_autofree char *untrusted = g_strconcat ("/entry-delete/untrusted/", tests[i].name, NULL);

      g_test_add_data_func (trusted, NULL, tests[i].run);
      g_test_add_data_func (untrusted, GINT_TO_POINTER (TRUE), tests[i].run);
    }
  g_test_add_func ("/entry-delete/trusted/dir-replaced", test_dir_replaced);
  g_test_add_func ("/entry-delete/untrusted/dir-replaced", test_dir_replaced_untrusted);
  g_test_add_func ("/entry-delete/mounted-on", test_mounted_on);
  g_test_add_func ("/entry-delete/fails", test_delete_fails);
  g_test_add_func ("/entry-delete/cancelled", test_cancelled);
  g_test_add_func ("/entry-delete/progress", test_progress);
  g_test_add_func ("/entry-delete/deadline", test_deadline);
  g_test_add_func ("/entry-delete/trusted/dir-moved", run_moved);
  g_test_add_func ("/entry-delete/trusted/dir-moved-and-replaced", run_moved_and_replaced);
  g_test_add_func ("/entry-delete/untrusted/dir-moved", test_moved_untrusted);
  g_test_add_func ("/entry-delete/untrusted/closed", test_untrusted_closed);
  g_test_add_data_func ("/entry-delete/link/gone", NULL, test_link_moved);
  g_test_add_data_func ("/entry-delete/link/elsewhere", "other", test_link_moved);
  g_test_add_func ("/entry-delete/link/and-directory", test_resolved_is_another);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat ("/entry-delete/link/redirected/", ends[i].name, NULL);

      g_test_add_data_func (path, &ends[i].end, test_link_redirected);
    }
  g_test_add_func ("/entry-delete/link/redirected/closed", test_link_redirected_closed);
  g_test_add_func ("/entry-delete/link/redirected/swept", test_link_redirected_swept);
  g_test_add_func ("/entry-delete/both-moved", test_both_moved);
  test_add_with_ledgers ("/entry-delete/ledger-goes", child_ledger_goes);
  g_test_add_func ("/entry-delete/background", test_background);
  g_test_add_data_func ("/entry-delete/background-fails", GINT_TO_POINTER (FALSE), test_background_fails);
  g_test_add_data_func ("/entry-delete/background-fails-quietly", GINT_TO_POINTER (TRUE), test_background_fails);
  g_test_add_func ("/entry-delete/background-in-child", test_background_in_child);

  return g_test_run ();
}
