/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "entry/entries.h"
#include "test-support.h"

/* The life of entries: their states, lock and registry, and forks. */

static gboolean
is_registered (TempEntry *entry)
{
  g_autoptr (GPtrArray) entries = temp_entry_list ();

  return g_ptr_array_find (entries, entry, NULL);
}

static void
test_states (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_UNNAMED);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_null (temp_entry_get_last_path (entry));
  test_assert_deletes (entry);

  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_REGISTERED);
  g_assert_true (is_registered (entry));
  path = g_strdup (temp_entry_get_path (entry));
  g_assert_cmpstr (temp_entry_get_last_path (entry), ==, path);

  test_assert_deletes (entry);
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_DELETED);
  g_assert_false (is_registered (entry));
  g_assert_null (temp_entry_get_path (entry));
  g_assert_cmpstr (temp_entry_get_last_path (entry), ==, path);
  test_assert_deletes (entry);
}

/* The library never deletes a name that is the caller's from the start. */
static void
test_callers (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autofree char *path = NULL;

  temp_entry_set_callers (entry);
  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, NULL));
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_KEPT);
  g_assert_false (is_registered (entry));
  g_assert_null (entry->ledger);
  path = g_strdup (temp_entry_get_path (entry));
  test_assert_deletes (entry);
  test_assert_exists (path, TRUE);
  g_assert_no_errno (g_unlink (path));
}

/* The list has the order of making. Exit deletes the newest entry first. */
static void
test_registry (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) inside = test_new_file_in (dir);
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (GPtrArray) entries = temp_entry_list ();
  guint at;

  g_assert_true (g_ptr_array_find (entries, dir, &at));
  g_assert_true (g_ptr_array_index (entries, at + 1) == inside);
  g_assert_true (g_ptr_array_index (entries, at + 2) == file);
  g_assert_cmpuint (entries->len, ==, at + 3);

  test_assert_deletes (inside);
  test_assert_deletes (dir);
  test_assert_deletes (file);
}

/* The entry above a path is that of the innermost directory of this process that a sweep would find. */
static void
test_above (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) sub = test_new_dir_in (dir);
  g_autoptr (TempEntry) off = test_new_dir (test_dir (), NULL);
  g_autofree char *inside = test_join (dir, "x");
  g_autofree char *longer = g_strconcat (temp_entry_get_path (dir), "x", NULL);
  g_autofree char *deep = g_build_filename (temp_entry_get_path (sub), "x", "y", NULL);

  g_assert_cmpuint (dir->serial, !=, sub->serial);
  g_assert_cmpuint (temp_entry_find_above (test_dir ()), ==, 0);
  g_assert_cmpuint (temp_entry_find_above (temp_entry_get_path (dir)), ==, dir->serial);
  g_assert_cmpuint (temp_entry_find_above (inside), ==, dir->serial);
  g_assert_cmpuint (temp_entry_find_above (longer), ==, 0);
  g_assert_cmpuint (temp_entry_find_above (deep), ==, sub->serial);
  temp_entry_set_auto_delete (sub, FALSE);
  g_assert_cmpuint (temp_entry_find_above (deep), ==, dir->serial);

  g_assert_cmpuint (temp_entry_find_above (temp_entry_get_path (off)), ==, off->serial);
  temp_entry_set_auto_delete (off, FALSE);
  g_assert_cmpuint (temp_entry_find_above (temp_entry_get_path (off)), ==, 0);

  test_assert_deletes (sub);
  test_assert_deletes (dir);
  test_assert_deletes (off);
}

/* Lock */

static void
test_lock (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();

  g_assert_false (temp_entry_lock (entry)); /* there is no name to decide about */
  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, NULL));
  g_assert_true (temp_entry_lock (entry));
  g_assert_false (temp_entry_lock (entry)); /* this thread has it locked */
  temp_entry_unlock (entry);
  g_assert_true (temp_entry_lock (entry));
  temp_entry_unlock (entry);

  test_assert_deletes (entry);
  g_assert_false (temp_entry_lock (entry));
}

/* A new entry can be locked before anybody else sees it. */
static void
test_lock_new (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();

  temp_entry_lock_new (entry);
  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, NULL));
  test_assert_deletes (entry);
  test_assert_exists (temp_entry_get_path (entry), TRUE);
  temp_entry_unlock (entry);
  test_assert_deletes (entry);
  test_assert_exists (temp_entry_get_last_path (entry), FALSE);
}

typedef struct
{
  TempEntry *entry;
  gint       tid;   /* atomic */
  gint       is_up; /* atomic */
} Other;

static gpointer
delete_in_thread (gpointer data)
{
  Other *other = data;

  g_atomic_int_set (&other->tid, (gint) syscall (SYS_gettid));
  test_assert_deletes (other->entry);
  g_atomic_int_set (&other->is_up, TRUE);
  g_assert_false (g_file_test (temp_entry_get_last_path (other->entry), G_FILE_TEST_EXISTS));
  return NULL;
}

/* A thread waits for the holder of an entry's lock, and then looks at the state again. */
static void
test_lock_excludes (gconstpointer data)
{
  gboolean deletes = GPOINTER_TO_INT (data);
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  Other other = { .entry = entry };
  GThread *thread;

  g_assert_true (temp_entry_lock (entry));
  thread = g_thread_new ("delete", delete_in_thread, &other);
  while (g_atomic_int_get (&other.tid) == 0)
    g_thread_yield ();
  if (test_can_see_waiting ())
    while (!test_is_waiting (g_atomic_int_get (&other.tid)) && !g_atomic_int_get (&other.is_up))
      g_thread_yield ();

  g_assert_false (g_atomic_int_get (&other.is_up));
  test_assert_exists (entry->name.path, TRUE);
  if (deletes)
    {
      g_assert_no_errno (g_unlink (entry->name.path));
      temp_entry_unregister (entry, TEMP_ENTRY_DELETED);
      temp_entry_leave_ledger (entry);
      temp_entry_unlock (entry);
    }
  else
    {
      temp_entry_unlock (entry);
    }
  g_thread_join (thread);
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_DELETED);
}

static gpointer
lock_and_wait (gpointer data)
{
  Other *other = data;

  g_assert_true (temp_entry_lock (other->entry));
  g_atomic_int_set (&other->is_up, TRUE);
  while (g_atomic_int_get (&other->is_up))
    g_thread_yield ();
  temp_entry_unlock (other->entry);
  return NULL;
}

/* The thread that has the entry locked does not exist in a child. */
static void
test_lock_in_child (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  Other other = { .entry = entry };
  GThread *thread = g_thread_new ("lock", lock_and_wait, &other);
  pid_t pid;

  while (!g_atomic_int_get (&other.is_up))
    g_thread_yield ();
  pid = test_make_child (FALSE);
  if (pid == 0)
    test_child_exit (temp_entry_lock (entry) ? 0 : 1);
  test_assert_ends_well (pid);
  g_atomic_int_set (&other.is_up, FALSE);
  g_thread_join (thread);
  test_assert_deletes (entry);
}

/* One of several threads deletes each entry. The others wait until it is gone. */
static gpointer
delete_all (gpointer data)
{
  TempEntry **entries = data;

  for (guint i = 0; i < 200; i++)
    {
      test_assert_deletes (entries[i]);
      g_assert_false (g_file_test (temp_entry_get_last_path (entries[i]), G_FILE_TEST_EXISTS));
    }
  return NULL;
}

static void
test_threads (void)
{
  TempEntry *entries[200];
  GThread *threads[3];

  for (guint i = 0; i < 200; i++)
    entries[i] = i % 4 == 0 ? test_new_dir (test_dir (), NULL) : test_new_file (test_dir (), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, delete_all, entries);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 200; i++)
    temp_entry_unref (entries[i]);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

static void
test_delete_at_once (void)
{
  TempEntry *dir = test_new_dir (test_dir (), NULL);
  Other others[3] = { { .entry = dir }, { .entry = dir }, { .entry = dir } };
  GThread *threads[3];

  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *base = g_strdup_printf ("%u", i);

      test_write_in (dir, base);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, delete_in_thread, &others[i]);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  temp_entry_unref (dir);
}

/* Ends */

/* A discarded file stays where it is. If it should have been deleted, its ledger stays for a sweep. */
static void
child_discard (gconstpointer data)
{
  TempEntry *file = test_new_file (test_dir (), NULL);
  TempEntry *off = test_new_file (test_dir (), NULL);
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);
  TempLedger *under = temp_ledger_ref (file->ledger);

  temp_entry_set_auto_delete (off, FALSE);
  temp_entry_discard (off);
  temp_entry_discard (file);
  g_assert_cmpint (file->state, ==, TEMP_ENTRY_KEPT);
  g_assert_false (is_registered (file));
  test_assert_exists (file->name.path, TRUE);
  test_assert_exists (off->name.path, TRUE);
  temp_ledger_finish_all ();
  test_assert_exists (ledger, TRUE);
  temp_ledger_leave (under); /* the one that `file` has left behind is the last */
  test_assert_exists (ledger, FALSE);

  temp_ledger_unref (under);
  temp_entry_unref (file);
  temp_entry_unref (off);
}

/* Fork */

/* A child deletes no entry of its parent's by its end, after fork() or a bare clone(). */
static void
test_fork_drops (gconstpointer data)
{
  const gboolean is_raw = GPOINTER_TO_INT (data);
  g_autofree char *inside = NULL;
  TempEntry *file, *dir;
  pid_t pid;

  if (is_raw && test_skips_on_posix ("no memory that fork() wipes"))
    return;

  file = test_new_file (test_dir (), NULL);
  dir = test_new_dir (test_dir (), NULL);
  inside = test_join (dir, "x");
  test_write (inside, "");
  pid = test_make_child (is_raw);
  if (pid == 0)
    {
      gboolean ok = temp_entry_is_foreign (file) && temp_entry_is_foreign (dir) &&
                    temp_entry_drop (file, NULL) && temp_entry_drop (dir, NULL);

      temp_entry_discard (file);
      temp_entry_discard (dir);
      temp_entry_unref (file);
      temp_entry_unref (dir);
      test_child_exit (ok ? 0 : 1);
    }
  test_assert_ends_well (pid);
  g_assert_false (temp_entry_is_foreign (file));

  test_assert_exists (temp_entry_get_path (file), TRUE);
  test_assert_exists (inside, TRUE);
  test_assert_deletes (file);
  test_assert_deletes (dir);
  temp_entry_unref (file);
  temp_entry_unref (dir);
}

/* A child may delete an entry of its parent's explicitly. The parent then finds nothing, which is no error. */
static void
test_fork_deletes (gconstpointer data)
{
  g_autofree char *where = test_make_where (data);
  g_autoptr (TempEntry) file = test_new_file (where, NULL);
  g_autoptr (TempEntry) dir = test_new_dir (where, NULL);
  g_autofree char *inside = test_join (dir, "x");
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);
  pid_t pid;

  test_write (inside, "");
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      test_assert_deletes (file);
      test_assert_deletes (dir);
      test_child_exit (temp_entry_get_path (file) == NULL ? 0 : 1);
    }
  test_assert_ends_well (pid);
  test_assert_exists (temp_entry_get_path (file), FALSE);
  test_assert_exists (temp_entry_get_path (dir), FALSE);
  test_assert_exists (ledger, TRUE);
  test_assert_deletes (file);
  test_assert_deletes (dir);
}

/* A child makes its files under a ledger of its own. */
static void
test_fork_makes (void)
{
  g_autoptr (TempEntry) before = test_new_file (test_dir (), NULL);
  g_autofree char *ledger = temp_ledger_dup_path (before->ledger);
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      TempEntry *file = test_new_file (test_dir (), NULL);
      g_autofree char *own_ledger = temp_ledger_dup_path (file->ledger);

      g_assert_cmpstr (own_ledger, !=, ledger);
      g_assert_false (temp_entry_is_foreign (file));
      test_assert_deletes (file);
      temp_ledger_finish_all ();
      test_assert_exists (own_ledger, FALSE);
      test_assert_exists (ledger, TRUE);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  test_assert_exists (temp_entry_get_path (before), TRUE);
  test_assert_deletes (before);
}

/* Two threads and two processes, 10,000 names each in one directory. */
static gpointer
make_many (gpointer data)
{
  for (guint i = 0; i < 10000; i++)
    {
      TempEntry *entry = test_new_file (test_dir (), NULL);

      temp_entry_release_fd (entry, NULL);
      test_assert_deletes (entry);
      temp_entry_unref (entry);
    }
  return NULL;
}

static void
test_many (void)
{
  GThread *thread;
  pid_t pid;

  test_dir ();
  pid = test_fork_idle ();
  thread = g_thread_new (NULL, make_many, NULL);
  make_many (NULL);
  g_thread_join (thread);
  if (pid == 0)
    test_child_exit (0);
  test_assert_ends_well (pid);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/entry/a-name-is-registered-until-it-is-deleted", test_states);
  g_test_add_func ("/entry/the-registry-has-the-order-of-making", test_registry);
  g_test_add_func ("/entry/files-know-the-directory-above", test_above);
  test_add_with_ledgers ("/entry/a-discarded-file-is-left-to-a-sweep", child_discard);
  g_test_add_func ("/only-ours/a-callers-name-is-never-deleted", test_callers);
  g_test_add_func ("/lock/only-a-registered-entry-is-locked", test_lock);
  g_test_add_func ("/lock/a-new-entry-is-locked-before-others-see-it", test_lock_new);
  g_test_add_data_func ("/lock/a-thread-waits-for-the-holder", GINT_TO_POINTER (FALSE), test_lock_excludes);
  g_test_add_data_func ("/lock/a-thread-waits-for-the-holder/who-deletes", GINT_TO_POINTER (TRUE), test_lock_excludes);
  g_test_add_func ("/lock/several-threads-delete-many-files-once", test_threads);
  g_test_add_func ("/lock/several-threads-delete-one-directory-once", test_delete_at_once);
  g_test_add_func ("/fork/a-child-does-not-wait-for-its-parents-threads", test_lock_in_child);
  g_test_add_data_func ("/fork/a-child-drops-nothing", GINT_TO_POINTER (FALSE), test_fork_drops);
  g_test_add_data_func ("/fork/a-child-drops-nothing/after-a-bare-clone", GINT_TO_POINTER (TRUE), test_fork_drops);
  g_test_add_data_func ("/fork/a-child-deletes-explicitly/where-paths-are-trusted", NULL, test_fork_deletes);
  g_test_add_data_func ("/fork/a-child-deletes-explicitly/where-they-are-not", GINT_TO_POINTER (TRUE),
                        test_fork_deletes);
  g_test_add_func ("/fork/a-child-has-a-ledger-of-its-own", test_fork_makes);
  g_test_add_func ("/fork/two-processes-with-two-threads-make-and-delete-10000-files-each", test_many);

  return g_test_run ();
}
