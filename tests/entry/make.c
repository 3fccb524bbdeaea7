/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* Making entries: where, under which names, and with which lines in the ledger. */

#define BASE32 "abcdefghijklmnopqrstuvwxyz234567"

/* Names */

static void
assert_tagged (TempEntry *entry)
{
  g_assert_nonnull (entry->ledger);
  g_assert_cmpuint (entry->name.n_random, ==, 16);
  g_assert_cmpuint (strspn (entry->name.random, BASE32), ==, 16);
  g_assert_cmpuint (strlen (entry->name.base), ==, strlen ("x-") + 16);
}

static void
assert_plain (TempEntry *entry)
{
  g_assert_null (entry->ledger);
  g_assert_cmpuint (entry->name.n_random, ==, 8);
}

static void
test_file (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), "x-");
  const char *path = temp_entry_get_path (entry);
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_true (S_ISREG (st.st_mode));
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (fcntl (temp_entry_get_fd (entry), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  assert_tagged (entry);

  test_assert_deletes (entry);
  test_assert_exists (path, FALSE);
  g_assert_cmpint (temp_entry_get_fd (entry), >=, 0);
}

/* A lock keeps programs away that clean up old files. */
static void
test_directory (void)
{
  guint n_fds = test_count_fds ();
  TempEntry *entry = test_new_dir (test_dir (), "x-");
  const char *path = temp_entry_get_path (entry);
  int other;

  test_assert_mode (path, S_IFDIR | 0700);
  assert_tagged (entry);
  other = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (other);
  g_assert_no_errno (flock (other, LOCK_SH | LOCK_NB));
  g_assert_cmpint (flock (other, LOCK_EX | LOCK_NB), <, 0);
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
  close (other);

  test_assert_deletes (entry);
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  temp_entry_unref (entry);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* No sweep is to know a caller's name, one that is not to be deleted, or one that goes with its directory. */
static void
test_plain_names (void)
{
  guint n_fds = test_count_fds ();
  g_autoptr (TempEntry) callers = temp_entry_new ();
  g_autoptr (TempEntry) off = temp_entry_new ();
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), "x-");
  g_autoptr (TempEntry) file_in = test_new_file_in (dir);
  g_autoptr (TempEntry) dir_in = test_new_dir_in (dir);
  g_autoptr (TempEntry) by_path = test_new_file (temp_entry_get_path (dir), NULL);
  g_autoptr (GError) error = NULL;

  temp_entry_set_callers (callers);
  g_assert_true (temp_entry_create_dir (callers, test_dir (), NULL, NULL, NULL, 0700, &error));
  assert_plain (callers);
  g_assert_cmpint (callers->fd, ==, -1);

  temp_entry_set_auto_delete (off, FALSE);
  g_assert_true (temp_entry_create_dir (off, test_dir (), NULL, NULL, NULL, 0700, &error));
  assert_plain (off);
  g_assert_cmpint (off->state, ==, TEMP_ENTRY_REGISTERED);

  assert_plain (file_in);
  assert_plain (dir_in);
  assert_plain (by_path);
  g_assert_true (by_path->place == file_in->place);

  g_assert_no_errno (g_rmdir (temp_entry_get_path (callers)));
  test_assert_deletes (off);
  test_assert_exists (temp_entry_get_last_path (off), FALSE);
  test_assert_deletes (dir_in);
  test_assert_deletes (dir);
  test_assert_deletes (file_in);
  test_assert_deletes (by_path);
  g_assert_true (temp_entry_release_fd (file_in, NULL));
  g_assert_true (temp_entry_release_fd (by_path, NULL));
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* With TEMPFILE_GLIB_KEEP, nothing is deleted, and no sweep is to know anything. */
static void
test_keeps_everything (void)
{
  if (g_test_subprocess ())
    {
      TempEntry *entry = test_new_file (g_getenv ("TEST_ENTRY_DIR"), NULL);

      assert_plain (entry);
      test_child_exit (0);
    }

  g_setenv ("TEST_ENTRY_DIR", test_dir (), TRUE);
  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("TEMPFILE_GLIB_KEEP");
  g_test_trap_assert_passed ();
}

/* Everything works without a ledger. */
static void
child_without_ledger (gconstpointer data)
{
  g_autofree char *file = test_path ("file");
  g_autoptr (TempEntry) entry = NULL;
  g_autoptr (TempEntry) dir = NULL;

  test_write (file, "");
  g_setenv ("XDG_STATE_HOME", file, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", file, TRUE);
  entry = test_new_file (test_dir (), NULL);
  dir = test_new_dir (test_dir (), NULL);
  assert_plain (entry);
  assert_plain (dir);
  test_assert_deletes (entry);
  test_assert_deletes (dir);
  g_assert_no_errno (g_unlink (file));
  test_assert_list (".", "");
}

static void
test_without_ledger (void)
{
  test_in_child (child_without_ledger, NULL);
}

/* The ledger */

/* The directory has its line before the first thing is made in it, and only one. */
static void
child_lines (gconstpointer data)
{
  g_autofree char *path = test_path ("a b");
  g_autofree char *line = NULL;
  g_autofree char *contents = NULL;
  g_autoptr (TempEntry) file = NULL;
  g_autoptr (TempEntry) dir = NULL;
  struct stat st;

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (stat (path, &st));
  file = test_new_file (path, NULL);
  dir = test_new_dir (path, NULL);
  g_assert_true (file->ledger == dir->ledger);

  contents = test_read_ledger (file);
  line = g_strdup_printf ("dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s/a\\040b", (guint64) st.st_dev,
                          (guint64) st.st_ino, test_dir ());
  g_assert_cmpuint (test_count_lines (contents, line), ==, 1);
  g_assert_cmpuint (test_count_lines (contents, "dir "), ==, 1);
  g_assert_cmpuint (test_count_lines (contents, "name "), ==, 0);
  g_assert_null (strstr (contents, file->name.base));

  test_assert_deletes (file);
  test_assert_deletes (dir);
}

/* A sweep could not find a name in a directory that it cannot list. The ledger has a line for each, before it is
 * made. */
static void
child_not_listed (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *file_line = NULL;
  g_autofree char *dir_line = NULL;
  g_autoptr (TempEntry) file = NULL;
  g_autoptr (TempEntry) dir = NULL;

  test_child_skip_on_posix ("no handle of a directory that its owner may not read");
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  g_assert_no_errno (mkdir (state, 0700));
  path = test_path ("unlisted");
  g_assert_no_errno (mkdir (path, 0300));
  file = test_new_file (path, NULL);
  dir = test_new_dir (path, NULL);
  g_assert_nonnull (file->ledger);

  contents = test_read_ledger (file);
  file_line = g_strconcat ("name ", file->name.base, NULL);
  dir_line = g_strconcat ("name ", dir->name.base, NULL);
  g_assert_cmpuint (test_count_lines (contents, file_line), ==, 1);
  g_assert_cmpuint (test_count_lines (contents, dir_line), ==, 1);
  test_assert_deletes (file);
  test_assert_deletes (dir);
  g_assert_no_errno (g_rmdir (path));
}

static void
test_not_listed (void)
{
  g_autofree char *state = test_path ("state");

  g_setenv ("XDG_STATE_HOME", state, TRUE);
  test_in_child (child_not_listed, NULL);
}

/* Where */

/* A relative path is that of the current directory when something is made. */
static void
child_relative (gconstpointer data)
{
  g_autofree char *one = test_path ("1/here");
  g_autofree char *two = test_path ("2/here");
  g_autofree char *above_two = test_path ("2");
  g_autofree char *above_one = test_path ("1");
  TempEntry *first, *second, *dir;

  g_assert_no_errno (g_mkdir_with_parents (one, 0700));
  g_assert_no_errno (g_mkdir_with_parents (two, 0700));
  g_assert_no_errno (chdir (above_one));
  first = test_new_file ("here", "f");
  dir = test_new_dir ("here", "d");
  g_assert_true (g_str_has_prefix (temp_entry_get_path (first), one));
  g_assert_no_errno (chdir (above_two));
  second = test_new_file ("here", "f");
  g_assert_true (g_str_has_prefix (temp_entry_get_path (second), two));
  test_assert_exists (temp_entry_get_path (second), TRUE);

  test_assert_exists (temp_entry_get_path (first), TRUE);
  test_assert_deletes (first);
  test_assert_deletes (dir);
  test_assert_deletes (second);
  test_assert_list ("1/here", "");
  test_assert_list ("2/here", "");
  temp_entry_unref (first);
  temp_entry_unref (second);
  temp_entry_unref (dir);
}

static void
test_relative (void)
{
  test_in_child (child_relative, NULL);
}

/* The path is as the caller gave it. The ledger has the resolved one. */
static void
child_symlink (gconstpointer data)
{
  g_autofree char *real = test_path ("real");
  g_autofree char *link = test_path ("link");
  g_autofree char *line_end = g_strconcat (" ", real, "\n", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (TempEntry) file = NULL;
  g_autoptr (TempEntry) dir = NULL;

  g_assert_no_errno (mkdir (real, 0700));
  g_assert_no_errno (symlink ("real", link));
  file = test_new_file (link, NULL);
  dir = test_new_dir (link, NULL);
  g_assert_true (g_str_has_prefix (temp_entry_get_path (file), link));
  g_assert_cmpstr (file->place->resolved, ==, real);
  contents = test_read_ledger (file);
  g_assert_nonnull (strstr (contents, line_end));
  test_assert_deletes (file);
  test_assert_deletes (dir);
  test_assert_list ("real", "");
}

static void
test_empty_dir_name (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_create_nameless (entry, "", 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (temp_entry_create_file (entry, "", NULL, NULL, NULL, 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_retry (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");

  g_assert_false (temp_entry_create_file (entry, missing, NULL, NULL, NULL, 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
  g_clear_error (&error);
  g_assert_false (temp_entry_create_file (entry, test_dir (), NULL, "a/b", NULL, 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
  g_clear_error (&error);
  g_assert_null (entry->ledger);
  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, &error));
  g_assert_no_error (error);
  test_assert_deletes (entry);
}

/* Where others can rename, an entry's path may lead elsewhere. The library goes by descriptors. */
static void
test_untrusted (void)
{
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autofree char *away = test_path ("away");
  g_autoptr (TempEntry) dir = test_new_dir (untrusted, "d");
  g_autoptr (TempEntry) inside = test_new_file_in (dir);
  TempEntry *file, *deeper;

  g_assert_false (dir->place->is_trusted);
  g_assert_cmpint (dir->place->fd, >=, 0);
  g_assert_nonnull (dir->ledger);
  g_assert_true (inside->place == dir->inside);
  assert_plain (inside);

  /* The descriptor still leads to the directory itself. */
  g_assert_no_errno (g_rename (untrusted, away));
  g_assert_no_errno (mkdir (untrusted, 0700));
  deeper = test_new_file_in (dir);
  test_assert_exists (temp_entry_get_path (deeper), FALSE);
  test_assert_list ("untrusted", "");

  file = temp_entry_new ();
  g_assert_true (temp_entry_create_file (file, untrusted, NULL, NULL, NULL, 0600, NULL));
  test_assert_deletes (file);
  test_assert_deletes (inside);
  test_assert_deletes (deeper);
  test_assert_deletes (dir);
  test_assert_list ("untrusted", "");
  test_assert_list ("away", "");
  temp_entry_unref (file);
  temp_entry_unref (deeper);
}

/* Somebody leads the link elsewhere once the place is known. */
static gboolean
put_redirected (gpointer    data,
                int         dir_fd,
                const char *name)
{
  test_redirect ("renamed");
  return linkat (AT_FDCWD, data, dir_fd, name, 0) == 0;
}

static void
test_link_redirected_name (void)
{
  g_autofree char *link = test_make_shared ();
  g_autofree char *path = test_path ("file");
  g_autofree char *real = test_path ("real");
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  int errsv;

  test_write (path, "x");
  g_assert_true (temp_entry_create_name (entry, link, put_redirected, path, &errsv, &error));
  g_assert_no_error (error);
  names = test_list (real);
  g_assert_cmpstr (names, ==, entry->name.base);
  test_assert_deletes (entry);
  test_assert_list ("real", "");
  test_assert_list ("shared", "link renamed");
}

/* A hidden name for a file that exists */

typedef struct
{
  const char *path;
  guint       n_taken;
  int         errsv;
} Put;

static gboolean
put_link (gpointer    data,
          int         dir_fd,
          const char *name)
{
  Put *put = data;

  if (put->n_taken > 0)
    {
      put->n_taken--;
      errno = EEXIST;
      return FALSE;
    }
  if (put->errsv != 0)
    {
      errno = put->errsv;
      return FALSE;
    }
  return linkat (AT_FDCWD, put->path, dir_fd, name, 0) == 0;
}

static void
test_create_name (void)
{
  g_autofree char *path = test_path ("file");
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  Put put = { .path = path, .n_taken = TEMP_NAME_MAX_TRIES };
  int errsv;

  test_write (path, "x");
  g_assert_false (temp_entry_create_name (entry, test_dir (), put_link, &put, &errsv, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_cmpint (errsv, ==, EEXIST);
  g_clear_error (&error);

  put.errsv = EPERM;
  g_assert_false (temp_entry_create_name (entry, test_dir (), put_link, &put, &errsv, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_cmpint (errsv, ==, EPERM);
  g_clear_error (&error);
  g_assert_null (entry->ledger);
  test_assert_list (".", "file");

  put.errsv = 0;
  put.n_taken = TEMP_NAME_MAX_TRIES - 1;
  g_assert_true (temp_entry_create_name (entry, test_dir (), put_link, &put, &errsv, &error));
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (entry->name.base, ".tmp"));
  g_assert_nonnull (entry->ledger);
  test_assert_exists (temp_entry_get_path (entry), TRUE);
  test_assert_deletes (entry);
  test_assert_list (".", "file");
}

/* A second entry of one name, which the first gives up. */
static void
test_attach (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) heir = temp_entry_new ();
  g_autofree char *path = g_strdup (temp_entry_get_path (entry));

  g_assert_true (temp_entry_lock (entry));
  temp_entry_attach (heir, entry);
  g_assert_true (heir->ledger == entry->ledger);
  g_assert_cmpstr (temp_entry_get_path (heir), ==, path);
  temp_entry_unregister (entry, TEMP_ENTRY_DELETED);
  temp_entry_leave_ledger (entry);
  temp_entry_unlock (entry);
  test_assert_exists (path, TRUE);
  test_assert_deletes (heir);
  test_assert_exists (path, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/private/a-file-has-a-tagged-name", test_file);
  g_test_add_func ("/private/a-directory-has-a-tagged-name-and-a-lock", test_directory);
  g_test_add_func ("/only-ours/no-sweep-knows-a-plain-name", test_plain_names);
  g_test_add_func ("/only-ours/no-sweep-knows-what-the-user-wants-to-keep", test_keeps_everything);
  g_test_add_func ("/make/all-works-without-a-ledger", test_without_ledger);
  test_add_with_ledgers ("/make/a-directory-has-its-line-before-anything-is-in-it", child_lines);
  g_test_add_func ("/make/a-name-in-an-unlisted-directory-has-a-line", test_not_listed);
  g_test_add_func ("/make/a-relative-path-is-that-of-the-moment", test_relative);
  test_add_with_ledgers ("/make/the-path-is-as-given-and-its-line-resolved", child_symlink);
  g_test_add_func ("/make/an-empty-path-is-an-error", test_empty_dir_name);
  g_test_add_func ("/make/an-entry-can-be-made-after-an-error", test_retry);
  g_test_add_func ("/private/all-goes-by-descriptors-where-others-can-rename", test_untrusted);
  g_test_add_func ("/private/a-redirected-link-leads-to-no-other-name", test_link_redirected_name);
  g_test_add_func ("/make/a-file-gets-a-hidden-name", test_create_name);
  g_test_add_func ("/make/a-second-entry-takes-over-a-name", test_attach);

  return g_test_run ();
}
