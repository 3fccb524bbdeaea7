/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-entry-sweep-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-private.h"
#include "temp-ledger-read-private.h"
#include "test-moments.h"
#include "test-support.h"

/* What is left of a process that dies after, or in the middle of, what the test does. */

#define CHILD_CANNOT 77

static TempFile *
make_file (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (dir, "temp_", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (temp_file_get_fd (file), "new", 3), ==, 3);
  return file;
}

static TempDir *
make_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), "temp_", NULL, &error);
  g_autofree char *inside = NULL;

  g_assert_no_error (error);
  inside = g_build_filename (temp_dir_get_path (dir), "new", NULL);
  test_write (inside, "new");
  return dir;
}

static GFile *
target (const char *base)
{
  g_autofree char *path = test_path (base);

  return g_file_new_for_path (path);
}

static void
persist_file (TempFile         *file,
              GFile            *destination,
              TempPersistFlags  flags)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_file_persist (file, destination, flags, NULL, &error));
  g_assert_no_error (error);
}

/* Runs it in a process that is killed afterwards, if it lives so long; FALSE: it cannot be had. */
static gboolean
run_and_die (void          (*run) (gconstpointer),
             gconstpointer   data)
{
  int status;
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      run (data);
      raise (SIGKILL);
    }

  g_assert_no_errno (waitpid (pid, &status, 0));
  /* Where Valgrind is, filters are not, and it looks for leaks before the child can say so. */
  if (WIFEXITED (status) && (WEXITSTATUS (status) == CHILD_CANNOT || g_getenv ("TEST_VALGRIND") != NULL))
    {
      g_test_skip ("no filters of system calls here");
      return FALSE;
    }

  g_assert_true (WIFSIGNALED (status));
  g_assert_true (WTERMSIG (status) == SIGKILL || WTERMSIG (status) == SIGSYS);
  return TRUE;
}

static void
sweep (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *ledgers = temp_ledger_dir_get_path (0);
  g_autofree char *own = temp_ledger_dup_path ();
  g_autofree char *own_base = own != NULL ? g_path_get_basename (own) : g_strdup ("");
  g_autofree char *names = NULL;

  g_assert_true (temp_sweep (NULL, NULL, &error));
  g_assert_no_error (error);
  /* Where nothing was ever written down, there is not even the directory. */
  names = g_file_test (ledgers, G_FILE_TEST_EXISTS) ? test_list (ledgers) : g_strdup ("");
  g_assert_cmpstr (names, ==, own_base);
}

static void
sweep_in_another_process (void)
{
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      g_assert_true (temp_sweep (NULL, NULL, NULL));
      test_child_exit (0);
    }
  g_assert_no_errno (waitpid (pid, NULL, 0));
}

/* All that is there, in the test's directory: random names as "temp_". */
static void
assert_left (const char *expected)
{
  g_autofree char *names = test_list (test_dir ());
  g_autoptr (GRegex) regex = g_regex_new ("temp_[a-z0-9_]{8}", 0, 0, NULL);
  g_autofree char *plain = g_regex_replace_literal (regex, names, -1, 0, "temp_", 0, NULL);

  g_assert_cmpstr (plain, ==, expected);
}

/* Afterwards */

static void
do_nothing (gconstpointer data)
{
  make_file (test_dir ());
  make_dir ();
}

static void
do_keep (gconstpointer data)
{
  g_autofree char *file = temp_file_keep (make_file (test_dir ()), NULL);
  g_autofree char *dir = temp_dir_keep (make_dir ());

  g_assert_nonnull (file);
  g_assert_nonnull (dir);
}

static void
do_auto_delete (gconstpointer data)
{
  const gboolean again = GPOINTER_TO_INT (data);
  TempFile *file = make_file (test_dir ());
  TempDir *dir = make_dir ();

  temp_file_set_auto_delete (file, FALSE);
  temp_dir_set_auto_delete (dir, FALSE);
  temp_file_set_auto_delete (file, again);
  temp_dir_set_auto_delete (dir, again);
}

static void
do_auto_delete_at_first (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_initable_new (TEMP_TYPE_FILE, NULL, &error, "dir", test_dir (), "prefix", "temp_", "named", TRUE,
                  "auto-delete", FALSE, NULL);
  g_assert_no_error (error);
  g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (), "prefix", "temp_", "auto-delete", FALSE, NULL);
  g_assert_no_error (error);
}

static void
do_make_for_the_caller (gconstpointer data)
{
  g_autofree char *dir = temp_mkdtemp (test_dir (), "temp_", NULL, NULL);

  g_assert_nonnull (dir);
  g_assert_no_errno (temp_mkstemp (test_dir (), "temp_", NULL, NULL, NULL));
}

/* The names of what was kept, which the file is then replaced under: that stays, too. */
static void
do_reuse_name (gconstpointer data)
{
  TempFile *file = make_file (test_dir ());
  g_autofree char *path = g_strdup (temp_file_get_path (file));

  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  test_write (path, "the caller's");
}

static void
do_persist (gconstpointer data)
{
  g_autoptr (GFile) one = target ("one");
  g_autoptr (GFile) two = target ("two");
  g_autoptr (GFile) three = target ("three");
  g_autoptr (GError) error = NULL;
  TempFile *file = make_file (test_dir ());
  g_autoptr (GFile) own = g_file_dup (temp_file_get_file (file));

  persist_file (temp_file_new (test_dir (), NULL), one, TEMP_PERSIST_REPLACE);
  persist_file (make_file (test_dir ()), two, TEMP_PERSIST_NONE);
  persist_file (file, own, TEMP_PERSIST_REPLACE);
  g_assert_true (temp_dir_persist (make_dir (), three, TEMP_PERSIST_NONE, NULL, &error));
  g_assert_no_error (error);
}

static void
do_fill (gconstpointer data)
{
  g_autoptr (GFile) one = target ("one");

  if (!test_fail_syscall (SYS_renameat2, EINVAL) || !test_fail_syscall (SYS_linkat, EPERM))
    _exit (CHILD_CANNOT);
  persist_file (make_file (test_dir ()), one, TEMP_PERSIST_NONE);
}

/* No record can be taken out, nor can the ledger. */
static void
break_clearing (void)
{
  if (!test_fail_syscall_if (SYS_pwrite64, EROFS, 2, 16) || !test_fail_syscall (SYS_unlink, EROFS))
    _exit (CHILD_CANNOT);
}

/* It is under the name that the ledger has, and it is said that it will go. */
static void
do_fail_to_settle (gconstpointer data)
{
  g_autoptr (GFile) one = target ("one");
  g_autoptr (GError) error = NULL;
  TempFile *file = make_file (test_dir ());

  break_clearing ();
  if (data != NULL && (!test_fail_syscall (SYS_renameat2, EINVAL) || !test_fail_syscall (SYS_linkat, EPERM)))
    _exit (CHILD_CANNOT);
  if (data == NULL)
    g_set_object (&one, temp_file_get_file (file));

  g_assert_false (temp_file_persist (file, one, data != NULL ? TEMP_PERSIST_NONE : TEMP_PERSIST_REPLACE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  test_assert_error_mentions (error, g_file_peek_path (one));
  g_assert_cmpstr (temp_file_get_path (file), ==, g_file_peek_path (one));
  test_assert_exists (g_file_peek_path (one), TRUE);
}

/* The ledger has another name, so nothing can happen. */
static void
do_settle_elsewhere (gconstpointer data)
{
  g_autoptr (GFile) one = target ("one");
  TempFile *file = make_file (test_dir ());

  break_clearing ();
  persist_file (file, one, TEMP_PERSIST_REPLACE);
}

static void
do_fail_to_persist (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there");
  TempFile *file = make_file (test_dir ());

  g_assert_false (temp_file_persist (file, there, TEMP_PERSIST_NONE, NULL, NULL));
  g_assert_false (temp_dir_persist (make_dir (), there, TEMP_PERSIST_NONE, NULL, NULL));
}

static void
do_fail_to_delete (gconstpointer data)
{
  TempFile *file = make_file (test_dir ());
  TempDir *dir = make_dir ();

  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  if (!test_fail_syscall (SYS_unlinkat, EIO))
    _exit (CHILD_CANNOT);
  g_object_unref (file);
  g_object_unref (dir);
}

/* A file is to have no name, and cannot lose that which it has. */
static void
do_fail_to_unname (gconstpointer data)
{
  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY) ||
      !test_fail_syscall (SYS_unlinkat, EIO))
    _exit (CHILD_CANNOT);
  g_assert_null (temp_file_new (test_dir (), NULL));
}

/* Somebody renames it while it is deleted, and back. */
static void
do_move_away_and_back (gconstpointer data)
{
  TempFile *file = make_file (test_dir ());
  TempDir *dir = make_dir ();
  g_autofree char *file_path = g_strdup (temp_file_get_path (file));
  g_autofree char *dir_path = g_strdup (temp_dir_get_path (dir));
  g_autofree char *file_away = test_path ("file");
  g_autofree char *dir_away = test_path ("dir");

  g_assert_no_errno (rename (file_path, file_away));
  g_assert_no_errno (rename (dir_path, dir_away));
  g_object_unref (file);
  g_object_unref (dir);
  g_assert_no_errno (rename (file_away, file_path));
  g_assert_no_errno (rename (dir_away, dir_path));
}

/* Its name was reserved, but what was made under it could not be written down; or half of it could. */
static void
do_keep_on_full_disk (gconstpointer data)
{
  g_object_unref (make_file (test_dir ()));
  if (!test_fail_syscall_if (SYS_pwrite64, ENOSPC, 2, 1024))
    _exit (CHILD_CANNOT);
  do_keep (NULL);
}

/* What should stay could not be taken out: then there is no ledger any more. */
static void
do_keep_on_broken_disk (gconstpointer data)
{
  TempFile *file = make_file (test_dir ());
  TempDir *dir = make_dir ();
  g_autofree char *kept_file = NULL;
  g_autofree char *kept_dir = NULL;

  if (!test_fail_syscall (SYS_pwrite64, EIO))
    _exit (CHILD_CANNOT);
  kept_file = temp_file_keep (file, NULL);
  kept_dir = temp_dir_keep (dir);
  g_assert_nonnull (kept_file);
  g_assert_nonnull (kept_dir);
}

/* Not even that can be had, and it is said. */
static void
do_fail_to_keep (gconstpointer data)
{
  TempFile *file = make_file (test_dir ());
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall (SYS_pwrite64, EROFS) || !test_fail_syscall (SYS_unlink, EROFS))
    _exit (CHILD_CANNOT);
  for (guint i = 0; i < 2; i++)
    {
      g_clear_error (&error);
      g_assert_null (temp_file_keep (file, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
    }
}

typedef struct
{
  const char    *name;
  void         (*run) (gconstpointer);
  gconstpointer  data;
  const char    *left; /* in the end */
} Afterwards;

static void
test_afterwards (gconstpointer data)
{
  const Afterwards *c = data;
  g_autofree char *there = test_path ("there");

  test_write (there, "old");
  if (!run_and_die (c->run, c->data))
    return;

  sweep ();
  assert_left (c->left);
}

/* Directories, and what is in them */

static guint
count_records (void)
{
  g_autofree char *path = temp_ledger_dup_path ();
  g_autoptr (GPtrArray) records = NULL;
  TempLedgerOrigin origin;
  guint n = 0;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_cmpint (temp_ledger_read (fd, &origin, &records), ==, TEMP_LEDGER_GOOD);
  close (fd);

  for (guint i = 0; i < records->len; i++)
    {
      TempLedgerRecord *record = g_ptr_array_index (records, i);

      n += record->state == TEMP_LEDGER_COMPLETE && g_file_test (record->name.path, G_FILE_TEST_EXISTS);
    }
  return n;
}

static void
test_covered (void)
{
  g_autoptr (TempDir) dir = make_dir ();
  g_autoptr (TempDir) sub = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autoptr (TempFile) deeper = NULL;
  g_autoptr (TempFile) by_path = NULL;
  g_autofree char *kept = NULL;

  g_assert_cmpuint (count_records (), ==, 1);
  sub = temp_dir_create_dir (dir, NULL, NULL, NULL);
  file = temp_dir_create_file (dir, NULL, NULL, NULL);
  deeper = temp_dir_create_file (sub, NULL, NULL, NULL);
  by_path = make_file (temp_dir_get_path (sub));
  g_assert_cmpuint (count_records (), ==, 1);

  /* What is directly in it is not covered any more. */
  temp_dir_set_auto_delete (dir, FALSE);
  g_assert_cmpuint (count_records (), ==, 2);

  temp_dir_set_auto_delete (sub, FALSE);
  g_assert_cmpuint (count_records (), ==, 3);

  temp_dir_set_auto_delete (sub, TRUE);
  temp_dir_set_auto_delete (dir, TRUE);
  kept = temp_dir_keep (sub);
  g_assert_nonnull (kept);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  g_assert_cmpuint (count_records (), ==, 0);
}

static void
do_keep_with_children (gconstpointer data)
{
  TempDir *dir = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  g_autofree char *mine = NULL;

  temp_dir_create_file (dir, "child_", NULL, NULL);
  temp_dir_create_file (temp_dir_create_dir (dir, "child_", NULL, NULL), "child_", NULL, NULL);
  mine = g_build_filename (temp_dir_get_path (dir), "mine", NULL);
  test_write (mine, "");

  if (data == NULL)
    {
      g_autofree char *kept = temp_dir_keep (dir);

      g_assert_nonnull (kept);
    }
  else
    {
      g_autoptr (GFile) destination = target (data);

      g_assert_true (temp_dir_persist (dir, destination, TEMP_PERSIST_NONE, NULL, NULL));
    }
}

static void
test_keep_with_children (gconstpointer data)
{
  g_autofree char *base = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *left = NULL;

  if (!run_and_die (do_keep_with_children, data))
    return;

  sweep ();
  base = test_list (test_dir ());
  dir = test_path (base);
  left = test_list (dir);
  g_assert_cmpstr (left, ==, "mine");
}

/* A directory leaves the one that covers it, or stays when that does. */
static void
do_leave_nest (gconstpointer data)
{
  TempDir *nest = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  TempDir *one = temp_dir_create_dir (nest, NULL, NULL, NULL);
  TempDir *two = temp_dir_create_dir (nest, "two_", NULL, NULL);
  g_autoptr (GFile) destination = target ("one");
  g_autofree char *kept = NULL;
  g_autofree char *kept_nest = NULL;

  temp_dir_create_file (one, "before_", NULL, NULL);
  g_assert_true (temp_dir_persist (one, destination, TEMP_PERSIST_NONE, NULL, NULL));
  temp_dir_create_file (one, "after_", NULL, NULL);

  temp_dir_create_file (two, "before_", NULL, NULL);
  kept = temp_dir_keep (two);
  kept_nest = temp_dir_keep (nest);
  temp_dir_create_file (two, "after_", NULL, NULL);
  g_assert_nonnull (kept_nest);
}

/* At any moment, somebody else keeps the directory: then what is in it needs a record of its own. */

static gboolean
keep_dir (gpointer data)
{
  g_autofree char *kept = temp_dir_keep (data);

  g_assert_nonnull (kept);
  return G_SOURCE_REMOVE;
}

static gboolean
keep_while_changed (guint moment)
{
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  g_autoptr (TempFile) file = temp_dir_create_file (dir, NULL, NULL, NULL);
  gboolean came;

  temp_file_set_auto_delete (file, FALSE);
  test_moment_set (moment, keep_dir, dir);
  temp_file_set_auto_delete (file, TRUE);
  came = test_moment_came ();
  if (came)
    g_assert_cmpuint (count_records (), ==, 1);
  return came;
}

static gboolean
keep_while_made (guint moment)
{
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  g_autoptr (TempFile) file = NULL;
  gboolean came;

  test_moment_set (moment, keep_dir, dir);
  file = temp_dir_create_file (dir, NULL, NULL, NULL);
  came = test_moment_came ();
  if (came)
    g_assert_cmpuint (count_records (), ==, 1);
  return came;
}

/* Tries to get the right to what is made in the directory. */
static gboolean
look_on (gpointer data)
{
  g_autoptr (GPtrArray) entries = temp_entry_list_owned ();
  gint *tried = data;

  for (guint i = 0; i < entries->len; i++)
    {
      TempEntry *entry = g_ptr_array_index (entries, i);

      if (entry->directory != NULL)
        continue;
      *tried = temp_entry_try_begin (entry);
      if (*tried == TRUE)
        temp_entry_end (entry);
    }
  return G_SOURCE_REMOVE;
}

/* The program's exit does not take it away as long as it is looked at. */
static void
test_made_at_exit (void)
{
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  gint tried = -1;

  for (guint moment = 0; tried < 0; moment++)
    {
      g_autoptr (TempFile) file = NULL;

      test_moment_set (moment, look_on, &tried);
      file = temp_dir_create_file (dir, NULL, NULL, NULL);
      g_assert_true (test_moment_came ());
    }
  g_assert_cmpint (tried, ==, FALSE);
}

static gboolean
keep_while_taken_over (guint moment)
{
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "temp_", NULL, NULL);
  g_autofree char *path = g_build_filename (temp_dir_get_path (dir), "file", NULL);
  TempParent *parent = temp_parent_open (temp_dir_get_path (dir), NULL);
  TempEntry *entry = temp_entry_new ();
  TempIdentity identity;
  struct stat st;
  gboolean came;

  test_write (path, "");
  g_assert_true (temp_identity_get (AT_FDCWD, path, &identity, &st));
  test_moment_set (moment, keep_dir, dir);
  temp_entry_take_over (entry, parent, path, &identity);
  came = test_moment_came ();
  if (came)
    g_assert_cmpuint (count_records (), ==, 1);

  g_assert_true (temp_entry_delete (entry, NULL, NULL));
  temp_entry_unref (entry);
  temp_parent_unref (parent);
  return came;
}

static void
try_all_moments (gboolean (*keep_at) (guint))
{
  guint moment = 0;

  while (keep_at (moment))
    moment++;
  g_assert_cmpuint (moment, >, 2);
}

static void
test_keep_while_changed (void)
{
  try_all_moments (keep_while_changed);
}

static void
test_keep_while_made (void)
{
  try_all_moments (keep_while_made);
}

static void
test_keep_while_taken_over (void)
{
  try_all_moments (keep_while_taken_over);
}

static void
test_leave_nest (void)
{
  g_autofree char *one = test_path ("one");
  g_autofree char *names = NULL;
  g_autofree char *nest = NULL;
  g_autofree char *two = NULL;
  g_autofree char *inside = NULL;
  g_autofree char *path = NULL;

  if (!run_and_die (do_leave_nest, NULL))
    return;

  sweep ();
  assert_left ("one temp_");
  names = test_list (one);
  g_assert_cmpstr (names, ==, "");

  nest = test_list (test_dir ());
  path = test_path (strchr (nest, ' ') + 1);
  two = test_list (path);
  g_assert_true (g_str_has_prefix (two, "two_"));
  inside = g_build_filename (path, two, NULL);
  g_free (names);
  names = test_list (inside);
  g_assert_cmpstr (names, ==, "");
}

/* Odd processes */

/* It may write no files; to try all the same would kill it. */
static void
child_file_size (gconstpointer data)
{
  const struct rlimit none = { 0, 0 };
  int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);

  /* What GLib prints may go to a file, too. */
  g_assert_no_errno (dup2 (fd, STDOUT_FILENO));
  close (fd);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  g_object_unref (temp_dir_new (test_dir (), NULL, NULL, NULL));
  g_assert_null (temp_ledger_dup_path ());
}

static void
test_file_size (void)
{
  test_in_child (child_file_size, NULL);
}

/* Somebody closes its ledger with all that they do not know: it lives, and goes on with it. */
static void
child_closed (gconstpointer data)
{
  g_autofree char *file = NULL;
  g_autofree char *ledger = NULL;
  g_autofree char *same = NULL;
  struct stat st;
  DIR *fds;
  struct dirent *entry;

  file = g_strdup (temp_file_get_path (make_file (test_dir ())));
  ledger = temp_ledger_dup_path ();
  fds = opendir ("/proc/self/fd");
  while ((entry = readdir (fds)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", entry->d_name, NULL);

      if (stat (link, &st) == 0 && S_ISREG (st.st_mode) && atoi (entry->d_name) > STDERR_FILENO)
        close (atoi (entry->d_name));
    }
  closedir (fds);

  sweep_in_another_process ();
  test_assert_exists (file, TRUE);
  make_dir ();
  same = temp_ledger_dup_path ();
  g_assert_cmpstr (ledger, ==, same);
  sweep_in_another_process ();
  test_assert_exists (file, TRUE);
}

static void
test_closed (void)
{
  test_in_child (child_closed, NULL);
}

static GLogWriterOutput
use_library (GLogLevelFlags   level,
             const GLogField *fields,
             gsize            n_fields,
             gpointer         data)
{
  g_free (temp_ledger_dup_path ());
  return G_LOG_WRITER_HANDLED;
}

/* Whoever writes its messages may use it. */
static void
test_log_writer (void)
{
  if (g_test_subprocess ())
    {
      g_setenv ("XDG_STATE_HOME", "/proc/missing", TRUE);
      g_setenv ("XDG_RUNTIME_DIR", "/proc/missing", TRUE);
      g_log_set_writer_func (use_library, NULL, NULL);
      g_object_unref (make_file (test_dir ()));
      return;
    }

  g_test_trap_subprocess (NULL, 300 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* In the middle */

/* Dies at the first of the system calls that comes, once all is prepared. */
typedef struct
{
  const char *name;
  int         number;
} Death;

static const Death *death;

static void
die_from_here (void)
{
  if (!test_die_at_syscall (death->number))
    _exit (CHILD_CANNOT);
}

static void
do_persist_nameless (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there");
  TempFile *file = temp_file_new (test_dir (), NULL);

  g_assert_cmpint (write (temp_file_get_fd (file), "new", 3), ==, 3);
  die_from_here ();
  temp_file_persist (file, there, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, NULL);
}

static void
do_persist_beside (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there");
  TempFile *file = make_file (test_dir ());

  die_from_here ();
  temp_file_persist (file, there, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, NULL);
}

static void
do_persist_from_elsewhere (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there");
  g_autofree char *elsewhere = test_path ("elsewhere");
  TempFile *file = make_file (elsewhere);

  die_from_here ();
  temp_file_persist (file, there, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, NULL);
}

/* On another filesystem, but for that only /dev/shm is known to be one. */
static void
do_persist_copy (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there");
  TempFile *file = make_file ("/dev/shm");

  die_from_here ();
  temp_file_persist (file, there, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY, NULL, NULL);
}

static void
do_persist_dir (gconstpointer data)
{
  g_autoptr (GFile) there = target ("there-dir");
  TempDir *dir = make_dir ();

  die_from_here ();
  temp_dir_persist (dir, there, TEMP_PERSIST_REPLACE, NULL, NULL);
}

static void
do_delete_dir (gconstpointer data)
{
  TempDir *dir = make_dir ();

  die_from_here ();
  temp_dir_delete (dir, NULL, NULL);
}

static void
assert_is (const char *base,
           const char *old,
           const char *new)
{
  g_autofree char *path = test_path (base);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  if (g_strcmp0 (contents, old) != 0)
    g_assert_cmpstr (contents, ==, new);
}

typedef struct
{
  const char *name;
  void      (*run) (gconstpointer);
} Middle;

static void
test_middle (gconstpointer data)
{
  const Middle *c = data;
  static const Death deaths[] = {
    { "fchmod", SYS_fchmod },
    { "fsync", SYS_fsync },
    { "fdatasync", SYS_fdatasync },
    { "linkat", SYS_linkat },
    { "renameat", SYS_renameat },
    { "renameat2", SYS_renameat2 },
    { "unlinkat", SYS_unlinkat },
    { "close", SYS_close },
    { "pwrite64", SYS_pwrite64 },
    { "copy_file_range", SYS_copy_file_range },
    { "dup3", SYS_dup3 },
    { "statx", SYS_statx },
    { "newfstatat", SYS_newfstatat },
    { "openat", SYS_openat },
    { "utimensat", SYS_utimensat },
  };
  g_autofree char *there = test_path ("there");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *there_dir = test_path ("there-dir");

  if (c->run == do_persist_copy && access ("/dev/shm", W_OK | X_OK) < 0)
    {
      g_test_skip ("no other filesystem is known here");
      return;
    }

  g_assert_no_errno (mkdir (elsewhere, 0700));
  for (gsize i = 0; i < G_N_ELEMENTS (deaths); i++)
    {
      g_autofree char *old = g_build_filename (there_dir, "old", NULL);
      g_autofree char *new = g_build_filename (there_dir, "new", NULL);
      g_autofree char *names = NULL;

      g_test_message ("Death at %s", deaths[i].name);
      death = &deaths[i];
      test_write (there, "old");
      g_mkdir (there_dir, 0700);
      g_unlink (new);
      test_write (old, "old");

      if (!run_and_die (c->run, NULL))
        return;
      sweep ();

      assert_left ("elsewhere there there-dir");
      names = test_list (elsewhere);
      g_assert_cmpstr (names, ==, "");
      assert_is ("there", "old", "new");
      g_assert_true (g_file_test (old, G_FILE_TEST_EXISTS) != g_file_test (new, G_FILE_TEST_EXISTS));
    }
}

int
main (int    argc,
      char **argv)
{
  static const Afterwards afterwards[] = {
    { "nothing", do_nothing, NULL, "there" },
    { "keep", do_keep, NULL, "temp_ temp_ there" },
    { "auto-delete-off", do_auto_delete, GINT_TO_POINTER (FALSE), "temp_ temp_ there" },
    { "auto-delete-on-again", do_auto_delete, GINT_TO_POINTER (TRUE), "there" },
    { "auto-delete-off-at-first", do_auto_delete_at_first, NULL, "temp_ temp_ there" },
    { "callers", do_make_for_the_caller, NULL, "temp_ temp_ there" },
    { "reuse-name", do_reuse_name, NULL, "temp_ there" },
    { "persist", do_persist, NULL, "one temp_ there three two" },
    { "fill", do_fill, NULL, "one there" },
    { "fail-to-settle", do_fail_to_settle, NULL, "there" },
    { "fail-to-settle-filled", do_fail_to_settle, "one", "there" },
    { "settle-elsewhere", do_settle_elsewhere, NULL, "one there" },
    { "fail-to-persist", do_fail_to_persist, NULL, "there" },
    { "fail-to-delete", do_fail_to_delete, NULL, "there" },
    { "fail-to-unname", do_fail_to_unname, NULL, "there" },
    { "move-away-and-back", do_move_away_and_back, NULL, "temp_ temp_ there" },
    { "keep-on-full-disk", do_keep_on_full_disk, NULL, "temp_ temp_ there" },
    { "keep-on-broken-disk", do_keep_on_broken_disk, NULL, "temp_ temp_ there" },
    { "fail-to-keep", do_fail_to_keep, NULL, "there" },
  };

  static const Middle middles[] = {
    { "persist-nameless", do_persist_nameless },
    { "persist-beside", do_persist_beside },
    { "persist-from-elsewhere", do_persist_from_elsewhere },
    { "persist-copy", do_persist_copy },
    { "persist-dir", do_persist_dir },
    { "delete-dir", do_delete_dir },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (afterwards); i++)
    {
      g_autofree char *path = g_strconcat ("/temp-entry-ledger/afterwards/", afterwards[i].name, NULL);

      g_test_add_data_func (path, &afterwards[i], test_afterwards);
    }
  g_test_add_func ("/temp-entry-ledger/covered", test_covered);
  g_test_add_data_func ("/temp-entry-ledger/keep-with-children", NULL, test_keep_with_children);
  g_test_add_data_func ("/temp-entry-ledger/persist-with-children", "kept", test_keep_with_children);
  g_test_add_func ("/temp-entry-ledger/keep-while/changed", test_keep_while_changed);
  g_test_add_func ("/temp-entry-ledger/keep-while/made", test_keep_while_made);
  g_test_add_func ("/temp-entry-ledger/keep-while/taken-over", test_keep_while_taken_over);
  g_test_add_func ("/temp-entry-ledger/made-at-exit", test_made_at_exit);
  g_test_add_func ("/temp-entry-ledger/leave-nest", test_leave_nest);
  g_test_add_func ("/temp-entry-ledger/file-size", test_file_size);
  g_test_add_func ("/temp-entry-ledger/closed", test_closed);
  g_test_add_func ("/temp-entry-ledger/log-writer", test_log_writer);
  for (gsize i = 0; i < G_N_ELEMENTS (middles); i++)
    {
      g_autofree char *path = g_strconcat ("/temp-entry-ledger/middle/", middles[i].name, NULL);

      g_test_add_data_func (path, &middles[i], test_middle);
    }

  return g_test_run ();
}
