/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entries.h"
#include "entry/objects.h"

/* Somebody moves the directory of entries, or leads a link in their path elsewhere. */

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
  test_write_in (things->dir, "x");
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

/* A descriptor leads to an open file or a directory. A closed file stays until a sweep. */
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

  /* A sweep may find the file, so the ledger stays. */
  temp_ledger_finish_all ();
  test_assert_exists (ledger, TRUE);
  clear_things (&things);
}

static void
test_moved (gconstpointer data)
{
  if (test_skips_on_posix ("no path of an open file"))
    return;
  test_in_child (child_moved, data);
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
  test_assert_empty (after);
  test_assert_empty (before);
  clear_things (&things);
}

/* If the program closes that descriptor, the directory is opened again, by its path. */
static void
test_untrusted_closed (void)
{
  g_autofree char *before = test_make_untrusted ("before");
  g_autofree char *after = test_path ("after");
  Things things;

  if (test_skips_on_posix ("no path of an open file"))
    return;
  make_things (&things, before);
  g_assert_no_errno (close (things.file->place->fd));
  test_assert_deletes (things.file);
  test_assert_exists (temp_entry_get_last_path (things.file), FALSE);

  /* Without the directory's descriptor and path, a file without a descriptor stays. */
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

/* The given path, through a link, leads elsewhere. The resolved path leads to the files. */
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
  test_assert_empty (real);
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

/* The resolved path leads to another directory now, which has a file of that name. The other file stays. */
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

/* Somebody moves the file elsewhere, and then its directory. The file stays. */
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

/* Others can lead the link elsewhere, and give another directory of the user's the name. The other directory stays,
 * however the entry ends. */
static void
test_link_redirected (gconstpointer data)
{
  const End *end = data;
  g_autofree char *link = test_make_shared ();
  g_autoptr (TempEntry) dir = test_new_dir (link, NULL);
  g_autoptr (GError) error = NULL;

  test_write_in (dir, "x");
  test_redirect (dir->name.base);
  g_assert_true ((*end) (dir, &error));
  g_assert_no_error (error);
  test_assert_precious (dir->name.base);
  test_assert_list ("real", "");
}

/* Without a descriptor, the library does not believe the path. The directory is a leak. */
static void
test_link_redirected_closed (void)
{
  g_autofree char *link = test_make_shared ();
  g_autoptr (TempEntry) file = test_new_file (link, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (link, NULL);

  test_write_in (dir, "x");
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

  test_write_in (dir, "x");
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

/* The ledger is deleted with the last entry, if all of them are surely gone. */
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
  test_assert_deletes (things.file); /* the directory is there, and does not have it */
  test_assert_deletes (things.closed);
  test_assert_exists (ledger, TRUE);
  test_assert_deletes (things.dir);
  test_assert_exists (ledger, FALSE);
  clear_things (&things);
}

/* Programs */

typedef struct
{
  gboolean is_dir;
  gboolean is_link;
  TestEnd  end;
} Elsewhere;

static void
lead_elsewhere (const Elsewhere *m,
                const char      *dir)
{
  g_autofree char *first = g_build_filename (test_files (), "first", NULL);
  g_autofree char *second = g_build_filename (test_files (), "second", NULL);

  if (m->is_link)
    {
      g_assert_no_errno (unlink (dir));
      g_assert_no_errno (symlink (second, dir));
    }
  else
    {
      g_assert_no_errno (rename (first, second));
    }
}

static void
run_elsewhere (gconstpointer data)
{
  static GObject *made;
  const Elsewhere *m = data;
  g_autofree char *first = g_build_filename (test_files (), "first", NULL);
  g_autofree char *second = g_build_filename (test_files (), "second", NULL);
  g_autofree char *link = g_build_filename (test_files (), "link", NULL);
  const char *dir = m->is_link ? link : first;

  g_assert_no_errno (mkdir (first, 0700));
  if (m->is_link)
    {
      g_assert_no_errno (mkdir (second, 0700));
      g_assert_no_errno (symlink (first, link));
    }

  made = m->is_dir ? G_OBJECT (test_make_temp_dir (dir)) : G_OBJECT (test_make_temp_file (dir, ".txt"));
  if (m->end >= TEST_END_CLOSED_UNREF)
    test_close_without_delete (TEMP_FILE (made));
  lead_elsewhere (m, dir);
  test_say ("ready");
  test_get_command ();

  if (m->is_dir)
    test_end_by_dir (TEMP_DIR (made), m->end);
  else
    test_end_by_file (TEMP_FILE (made), m->end, FALSE);
}

static void
test_elsewhere (gconstpointer data)
{
  const Elsewhere *m = data;
  TestChild program;

  if (!m->is_link)
    test_child_skip_on_posix ("no path of an open file");
  test_program_start (&program, run_elsewhere, m);
  test_program_wait_ready (&program);
  test_program_let_end (&program, m->end);
  if (test_end_is_swept (m->end))
    test_sweep ();

  if (m->is_link)
    test_assert_list ("files/first", "");
  test_assert_list ("files/second", "");
  test_assert_list ("files", m->is_link ? "first link second" : "second");
}

static void
add_elsewhere (gboolean is_dir,
               gboolean is_link,
               TestEnd  end)
{
  g_autofree char *path = g_strdup_printf ("/gone/programs-find-it-if-%s/%s/%s",
                                           is_link ? "a-link-leads-elsewhere" : "its-directory-moved",
                                           is_dir ? "directory" : "file", test_end_names[end]);
  const Elsewhere m = { is_dir, is_link, end };

  test_add_program_copy (path, test_elsewhere, &m, sizeof m);
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

  test_init (&argc, &argv);

  g_test_add_data_func ("/moved/a-descriptor-leads-to-the-file", GINT_TO_POINTER (FALSE), test_moved);
  g_test_add_data_func ("/moved/a-descriptor-leads-to-the-file/and-not-to-another-directory", GINT_TO_POINTER (TRUE),
                        test_moved);
  g_test_add_func ("/moved/an-untrusted-directorys-descriptor-leads-to-all-files", test_moved_untrusted);
  g_test_add_func ("/moved/an-untrusted-directory-is-opened-again", test_untrusted_closed);
  g_test_add_func ("/moved/a-renamed-file-stays", test_both_moved);
  g_test_add_data_func ("/moved/a-link-that-is-gone-leads-nowhere-else", NULL, test_link_moved);
  g_test_add_data_func ("/moved/a-link-that-leads-elsewhere-is-not-followed", "other", test_link_moved);
  g_test_add_func ("/moved/another-directory-under-the-resolved-path-is-left-alone", test_resolved_is_another);
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strconcat ("/only-ours/a-redirected-link-leads-to-no-deletion/", ends[i].name, NULL);

      g_test_add_data_func (path, &ends[i].end, test_link_redirected);
    }
  g_test_add_func ("/only-ours/a-redirected-link-leads-to-no-deletion/without-a-descriptor",
                   test_link_redirected_closed);
  g_test_add_func ("/only-ours/a-redirected-link-leads-to-no-deletion/swept", test_link_redirected_swept);

  /* After a crash, files in a directory that was moved stay; the path to which a link led is known. */
  for (TestEnd end = TEST_END_CLOSE; end <= TEST_END_CLOSED_SWEEP; end++)
    {
      if (end <= TEST_END_EXIT)
        add_elsewhere (FALSE, FALSE, end);
      add_elsewhere (FALSE, TRUE, end);
      if (end <= TEST_END_EXIT)
        add_elsewhere (TRUE, FALSE, end);
      if (end <= TEST_END_SWEEP)
        add_elsewhere (TRUE, TRUE, end);
    }

  test_add_with_ledgers ("/gone/the-ledger-goes-with-the-last-entry", child_ledger_goes);

  return g_test_run ();
}
