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

/* Making entries: where, under which names, and with a look at what was made. */

#define BASE32 "abcdefghijklmnopqrstuvwxyz234567"

/* The library's calls of mkdirat() come here: somebody else then gets at the new directory first. */
static void (*after_mkdirat) (int         dir_fd,
                              const char *name);
static guint n_after_mkdirat;

int
mkdirat (int         dir_fd,
         const char *name,
         mode_t      mode)
{
  int result = syscall (SYS_mkdirat, dir_fd, name, mode);
  void (*function) (int, const char *) = after_mkdirat;

  after_mkdirat = NULL;
  if (result == 0 && function != NULL)
    {
      n_after_mkdirat++;
      function (dir_fd, name);
    }
  return result;
}

/* Nameless files */

static void
test_nameless (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (temp_entry_get_fd (entry), >=, 0);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  test_assert_deletes (entry);
}

/* On a filesystem without nameless files. */
static void
child_without_tmpfile (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  guint n_fds;
  struct stat st;

  if (!test_fail_syscall_if (SYS_openat, GPOINTER_TO_INT (data), 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");
  n_fds = test_count_fds ();

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  g_assert_no_errno (fstat (temp_entry_get_fd (entry), &st));
  g_assert_cmpint (st.st_nlink, ==, 0);
  g_assert_cmpint (write (temp_entry_get_fd (entry), "x", 1), ==, 1);

  temp_entry_release_fd (entry, NULL);
  g_clear_pointer (&entry, temp_entry_unref);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_without_tmpfile (gconstpointer data)
{
  test_in_child (child_without_tmpfile, data);
}

/* Where paths are trusted, a file is deleted by its path; elsewhere, by its directory's descriptor. */
static void
child_not_unnamed (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GPtrArray) registered = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = test_make_untrusted ("elsewhere");
  g_autofree char *names = NULL;
  guint n_fds = 0;

  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY) ||
      !test_fail_syscall_on (SYS_unlinkat, EIO, AT_FDCWD))
    test_child_skip ("no filters of system calls here");

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      test_assert_error_mentions (error, test_dir ());
      g_clear_error (&error);
      g_assert_null (temp_entry_get_path (entry));
      g_assert_null (temp_entry_get_last_path (entry));
      g_assert_false (temp_entry_acquire_fd (entry, NULL));

      /* The first one has opened the ledger. */
      if (i > 0)
        g_assert_cmpuint (test_count_fds (), ==, n_fds);
      n_fds = test_count_fds ();
    }
  registered = temp_entry_list ();
  g_assert_cmpuint (registered->len, ==, 0);

  g_assert_true (temp_entry_create_nameless (entry, elsewhere, 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_cmpint (entry->n_fd_users, ==, 1);
  names = test_list (elsewhere);
  g_assert_cmpstr (names, ==, "");
  g_assert_true (temp_entry_release_fd (entry, NULL));
}

/* The name of the file that stands in for a nameless one cannot be deleted: the entry is as new, and can be made
 * again. */
static void
test_not_unnamed (void)
{
  test_in_child (child_not_unnamed, NULL);
}

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

/* No sweep is to know these: what is the caller's, or not to be deleted, or goes with a directory. */
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

/* Where no ledger can be, all works without. */
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

/* A sweep could not find a name in a directory that it cannot list: the ledger says each, before it is made. */
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

/* The path is as the caller gave it; the ledger has the one that it leads to. */
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

/* New directories */

/* A directory in a trusted one can do without its descriptor; an error that says more leaves nothing. */
static void
child_dir_not_opened (gconstpointer data)
{
  int errsv = GPOINTER_TO_INT (data);
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autoptr (TempEntry) holder = test_new_file (untrusted, "holder"); /* has a descriptor of its directory */
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_openat, errsv, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_entry_create_dir (entry, untrusted, NULL, "lost", NULL, 0700, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errsv));
  test_assert_error_mentions (error, untrusted);
  g_clear_error (&error);
  g_assert_null (entry->ledger);
  test_assert_deletes (holder);
  g_assert_no_errno (g_rmdir (untrusted)); /* is empty */
}

static void
test_dir_not_opened (gconstpointer data)
{
  test_in_child (child_dir_not_opened, data);
}

static void
child_dir_without_fd (gconstpointer data)
{
  g_autoptr (TempEntry) holder = test_new_file (test_dir (), NULL); /* its directory is known */
  g_autoptr (TempEntry) dir = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_openat, EMFILE, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");
  g_assert_true (temp_entry_create_dir (dir, test_dir (), NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpint (dir->fd, ==, -1);
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
  test_assert_deletes (holder);
}

static void
test_dir_without_fd (void)
{
  test_in_child (child_dir_without_fd, NULL);
}

static void
put_something_in (int         dir_fd,
                  const char *name)
{
  g_autofree char *inside = g_build_filename (name, "x", NULL);

  g_assert_no_errno (syscall (SYS_mkdirat, dir_fd, inside, 0700));
}

static void
open_it_up (int         dir_fd,
            const char *name)
{
  g_assert_no_errno (fchmodat (dir_fd, name, 0770, 0));
}

static void
put_symlink_there (int         dir_fd,
                   const char *name)
{
  g_assert_no_errno (unlinkat (dir_fd, name, AT_REMOVEDIR));
  g_assert_no_errno (symlinkat ("/", dir_fd, name));
}

static void
give_away (int         dir_fd,
           const char *name)
{
  g_assert_no_errno (fchownat (dir_fd, name, 65534, 65534, 0));
}

typedef struct
{
  void   (*interfere) (int, const char *);
  guint    n_left;
  gboolean needs_root;
} Interference;

/* Where others can rename, the new directory may be another by the time that it is opened: it is looked at. */
static void
test_dir_replaced (gconstpointer data)
{
  const Interference *interference = data;
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autofree char *names = NULL;
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (interference->needs_root && geteuid () != 0)
    {
      g_test_skip ("only root can give a directory away");
      return;
    }

  n_after_mkdirat = 0;
  after_mkdirat = interference->interfere;
  g_assert_false (temp_entry_create_dir (entry, untrusted, NULL, "d", NULL, 0700, &error));
  g_assert_nonnull (error);
  test_assert_error_mentions (error, untrusted);
  g_assert_cmpuint (n_after_mkdirat, ==, 1);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_null (entry->ledger);

  /* An empty directory goes. */
  names = test_list (untrusted);
  g_assert_cmpuint (*names == '\0' ? 0 : 1, ==, interference->n_left);
  g_clear_error (&error);

  /* The entry can be made again. */
  g_assert_true (temp_entry_create_dir (entry, untrusted, NULL, "d", NULL, 0700, &error));
  g_assert_no_error (error);
  test_assert_deletes (entry);
}

/* Where nobody else can rename, nothing needs a look: the user's own programs may get at it. */
static void
test_dir_trusted (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  n_after_mkdirat = 0;
  after_mkdirat = put_something_in;
  g_assert_true (temp_entry_create_dir (entry, test_dir (), NULL, "d", NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_after_mkdirat, ==, 1);
  test_assert_deletes (entry);
  test_assert_exists (temp_entry_get_last_path (entry), FALSE);
}

/* A mode that shuts out the owner is set in the end; it needs no look. */
static void
test_modes (gconstpointer data)
{
  g_autofree char *untrusted = GPOINTER_TO_INT (data) ? test_make_untrusted ("untrusted") : NULL;
  static const mode_t modes[] = { 0300, 0500, 0000, 0711, 0777 };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TempEntry) entry = temp_entry_new ();
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_entry_create_dir (entry, untrusted != NULL ? untrusted : test_dir (), NULL, NULL, NULL,
                                            modes[i], &error));
      g_assert_no_error (error);
      test_assert_mode (temp_entry_get_path (entry), S_IFDIR | (modes[i] & ~022));
      test_assert_deletes (entry);
    }
}

/* With one that shuts out the owner, too, the mode is that of mkdir(), under any umask, in a directory with any mode. */
static void
assert_mode_as_mkdir (const char *where,
                      mode_t      mode,
                      gboolean    has_fd)
{
  g_autofree char *model = g_build_filename (where, "model", NULL);
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  struct stat st;

  g_assert_no_errno (syscall (SYS_mkdirat, AT_FDCWD, model, mode));
  g_assert_no_errno (stat (model, &st));
  g_assert_no_errno (g_rmdir (model));

  temp_entry_create_dir (entry, where, NULL, NULL, NULL, mode, &error);
  g_assert_no_error (error);
  g_assert_cmpint (entry->fd >= 0, ==, has_fd);
  test_assert_mode (temp_entry_get_path (entry), st.st_mode);
  test_assert_deletes (entry);
}

static void
assert_modes_as_mkdir (gboolean fails_to_open)
{
  static const mode_t masks[] = { 0077, 0027, 0277, 0777, 0000 };
  static const mode_t modes[] = { 0477, 0577, 0377, 0077, 0700, 0777 };
  static const char *const parents[] = { "plain", "sticky", "setgid" };
  TempEntry *holders[G_N_ELEMENTS (parents)]; /* their directories are known */

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    {
      g_autofree char *where = test_path (parents[i]);

      g_assert_no_errno (mkdir (where, 0700));
      g_assert_no_errno (chmod (where, i == 0 ? 0700 : i == 1 ? 01700 : 02700));
      holders[i] = test_new_file (where, NULL);
    }
  if (fails_to_open && !test_fail_syscall_if (SYS_openat, EMFILE, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (masks); j++)
      for (gsize k = 0; k < G_N_ELEMENTS (modes); k++)
        {
          g_autofree char *where = test_path (parents[i]);
          gboolean is_shut = (masks[j] & 0400) != 0 && geteuid () != 0; /* its own maker cannot open it */
          mode_t mask = umask (masks[j]);

          assert_mode_as_mkdir (where, modes[k], !fails_to_open && !is_shut);
          umask (mask);
        }

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    {
      test_assert_deletes (holders[i]);
      temp_entry_unref (holders[i]);
    }
}

static void
child_modes_as_mkdir (gconstpointer data)
{
  assert_modes_as_mkdir (FALSE);
}

static void
child_modes_not_opened (gconstpointer data)
{
  assert_modes_as_mkdir (TRUE);
}

/* Where others can rename, all goes by descriptors: an entry's path may lead elsewhere. */
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

/* Somebody leads the link elsewhere once the place is known. The new directory is the one that was made, and no other of
 * that name. */
static void
redirect (int         dir_fd,
          const char *name)
{
  test_redirect (strrchr (name, '/') != NULL ? strrchr (name, '/') + 1 : name);
}

static gboolean
put_redirected (gpointer    data,
                int         dir_fd,
                const char *name)
{
  redirect (dir_fd, "renamed");
  return linkat (AT_FDCWD, data, dir_fd, name, 0) == 0;
}

static void
test_link_redirected (void)
{
  g_autofree char *link = test_make_shared ();
  g_autofree char *real = NULL;
  g_autoptr (TempEntry) dir = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  struct stat made, opened;

  n_after_mkdirat = 0;
  after_mkdirat = redirect;
  g_assert_true (temp_entry_create_dir (dir, link, NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_after_mkdirat, ==, 1);
  real = g_build_filename (test_dir (), "real", dir->name.base, NULL);
  g_assert_no_errno (stat (real, &made));
  g_assert_no_errno (fstat (dir->fd, &opened));
  g_assert_cmpuint (made.st_ino, ==, opened.st_ino);
  test_assert_deletes (dir);
  test_assert_precious (dir->name.base);
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

/* A name for what is there already: with the same care, hidden, and registered. */

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

/* A second entry of one name, whose first lets it go. */
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
  static const struct
  {
    const char *name;
    int         errsv;
  } errors[] = {
    { "eopnotsupp", EOPNOTSUPP }, { "eisdir", EISDIR }, { "enoent", ENOENT }, { "einval", EINVAL }, { "enosys", ENOSYS },
  };
  static const struct
  {
    const char  *name;
    Interference interference;
  } interferences[] = {
    { "filled", { put_something_in, 1, FALSE } },
    { "opened-up", { open_it_up, 0, FALSE } },
    { "symlink", { put_symlink_there, 1, FALSE } },
    { "given-away", { give_away, 0, TRUE } },
  };

  test_init (&argc, &argv);

  g_test_add_func ("/entry-make/nameless", test_nameless);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autofree char *path = g_strconcat ("/entry-make/without-tmpfile/", errors[i].name, NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (errors[i].errsv), test_without_tmpfile);
    }
  g_test_add_func ("/entry-make/not-unnamed", test_not_unnamed);
  g_test_add_func ("/entry-make/file", test_file);
  g_test_add_func ("/entry-make/directory", test_directory);
  g_test_add_func ("/entry-make/plain-names", test_plain_names);
  g_test_add_func ("/entry-make/keeps-everything", test_keeps_everything);
  g_test_add_func ("/entry-make/without-ledger", test_without_ledger);
  test_add_with_ledgers ("/entry-make/lines", child_lines);
  g_test_add_func ("/entry-make/not-listed", test_not_listed);
  g_test_add_func ("/entry-make/relative", test_relative);
  test_add_with_ledgers ("/entry-make/symlink", child_symlink);
  g_test_add_func ("/entry-make/empty-dir-name", test_empty_dir_name);
  g_test_add_func ("/entry-make/retry", test_retry);
  g_test_add_data_func ("/entry-make/dir-not-opened/too-many", GINT_TO_POINTER (EMFILE), test_dir_not_opened);
  g_test_add_data_func ("/entry-make/dir-not-opened/error", GINT_TO_POINTER (EIO), test_dir_not_opened);
  g_test_add_func ("/entry-make/dir-without-fd", test_dir_without_fd);
  for (gsize i = 0; i < G_N_ELEMENTS (interferences); i++)
    {
      g_autofree char *path = g_strconcat ("/entry-make/dir-replaced/", interferences[i].name, NULL);

      g_test_add_data_func (path, &interferences[i].interference, test_dir_replaced);
    }
  g_test_add_func ("/entry-make/dir-trusted", test_dir_trusted);
  g_test_add_data_func ("/entry-make/modes/trusted", GINT_TO_POINTER (FALSE), test_modes);
  g_test_add_data_func ("/entry-make/modes/untrusted", GINT_TO_POINTER (TRUE), test_modes);
  test_add_with_ledgers ("/entry-make/modes/as-mkdir", child_modes_as_mkdir);
  test_add_with_ledgers ("/entry-make/modes/not-opened", child_modes_not_opened);
  g_test_add_func ("/entry-make/untrusted", test_untrusted);
  g_test_add_func ("/entry-make/link-redirected/dir", test_link_redirected);
  g_test_add_func ("/entry-make/link-redirected/name", test_link_redirected_name);
  g_test_add_func ("/entry-make/create-name", test_create_name);
  g_test_add_func ("/entry-make/attach", test_attach);

  return g_test_run ();
}
