/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entries.h"
#include "ledger/text.h"
#include "test-moments.h"
#include "test-support.h"

/* Keeping: here, and in the ledger, so that no crash deletes what stays. */

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
assert_keeps (TempEntry *entry)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_entry_keep (entry, &error));
  g_assert_no_error (error);
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_KEPT);
  g_assert_false (temp_entry_get_auto_delete (entry));
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
  g_autofree char *inside = g_build_filename (temp_entry_get_path (dir), "x", NULL);

  test_write (inside, "x");
  assert_keeps (file);
  assert_keeps (dir);
  assert_keeps (file); /* again: nothing */
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

/* Keeping keeps any file under the name: the name decides. */
static void
test_keep_replaced (gconstpointer data)
{
  g_autofree char *untrusted = GPOINTER_TO_INT (data) ? test_make_untrusted ("untrusted") : NULL;
  const char *where = untrusted != NULL ? untrusted : test_dir ();
  g_autoptr (TempEntry) file = test_new_file (where, NULL);
  g_autoptr (TempEntry) dangling = test_new_file (where, NULL);
  g_autofree char *contents = NULL;

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  test_write (temp_entry_get_path (file), "new");
  assert_keeps (file);
  test_assert_deletes (file);
  g_assert_true (g_file_get_contents (temp_entry_get_path (file), &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "new");

  g_assert_no_errno (g_unlink (temp_entry_get_path (dangling)));
  g_assert_no_errno (symlink ("nowhere", temp_entry_get_path (dangling)));
  assert_keeps (dangling);
}

/* Only the process that made an entry can keep it: the ledger is that process's. */
static void
test_keep_in_child (void)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autofree char *before = test_read_ledger (file);
  g_autofree char *after = NULL;
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
  g_assert_cmpstr (after, ==, before);
  test_assert_deletes (file);
  test_assert_exists (temp_entry_get_last_path (file), FALSE);
}

/* The ledger */

/* Keeping syncs the ledger, switching the deletion off and on does not. */
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

  assert_keeps (file);
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
  assert_keeps (off);
  assert_keeps (inside);
  g_assert_cmpuint (n_fdatasync, ==, 0);
  after = test_read_ledger (dir);
  g_assert_cmpstr (after, ==, before);

  /* A kept file in the directory is deleted with it. */
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_path (inside), FALSE);
}

/* The line goes to the ledger that made the name, also when another is current. */
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

  assert_keeps (old);
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
  assert_keeps (kept);
  assert_keeps (kept_dir);
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

/* A ledger on a full disk is deleted instead: in doubt, everything stays. */
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

  assert_keeps (file);
  test_assert_exists (ledger, FALSE);
  test_assert_exists (temp_entry_get_path (file), TRUE);
  assert_keeps (other); /* no sweep knows it by now */
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
  assert_keeps (file);
  test_assert_exists (ledger, TRUE);

  fdatasync_errno = EIO;
  assert_keeps (other);
  test_assert_exists (ledger, FALSE);
}

/* Somebody removed the ledger: no sweep will ever see it, so keeping succeeds. */
static void
child_ledger_gone (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);

  g_assert_no_errno (g_unlink (ledger));
  assert_keeps (file);
}

/* No sweep reads a ledger of more than the maximum size: with this `keep`, it would be larger. Sparse, it takes no room. */
static void
child_too_large (gconstpointer data)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) next = NULL;
  g_autofree char *ledger = temp_ledger_dup_path (file->ledger);

  if (truncate (ledger, TEMP_LEDGER_MAX_SIZE - 4) < 0)
    test_child_skip ("the filesystem takes no large file");
  assert_keeps (file);
  test_assert_exists (ledger, FALSE);
  test_assert_exists (temp_entry_get_path (file), TRUE);

  /* What is made next has another ledger. */
  next = test_new_file (test_dir (), NULL);
  g_assert_true (next->ledger != dir->ledger);
  assert_keeps (dir);
  test_assert_deletes (next);
}

/* If even removing it fails, keeping does: the caller must know that a crash could delete it. */
static void
child_cannot_remove (gconstpointer data)
{
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);

  fdatasync_errno = EIO;
  if (!test_fail_syscall (SYS_unlink, EROFS))
    test_child_skip ("no filters of system calls here");
  assert_refuses_to_keep (file, G_IO_ERROR_READ_ONLY);
  g_assert_cmpint (file->state, ==, TEMP_ENTRY_REGISTERED);

  fdatasync_errno = 0;
  assert_keeps (file);
}

/* Directories with something alive in them */

typedef struct
{
  TempEntry *dir, *file, *sub, *deep, *off;
} Tree;

static void
make_tree (Tree       *tree,
           const char *where)
{
  g_autofree char *theirs = NULL;

  tree->dir = test_new_dir (where, "dir");
  tree->file = test_new_file_in (tree->dir);
  tree->sub = test_new_dir_in (tree->dir);
  tree->deep = test_new_file_in (tree->sub);
  tree->off = test_new_file_in (tree->dir);
  theirs = g_build_filename (temp_entry_get_path (tree->dir), "theirs", NULL);
  test_write (theirs, "precious");
  temp_entry_set_auto_delete (tree->off, FALSE);
}

static void
keep_tree (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  assert_keeps (tree.dir);
}

/* The directory stays, with what somebody else put there; what is alive in it goes. */
static void
test_tree_killed (void)
{
  g_autofree char *where = test_path ("where");
  g_autofree char *names = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *inside = NULL;
  g_auto (GStrv) list = NULL;

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (keep_tree, where);
  names = test_list (where);
  g_assert_true (g_str_has_prefix (names, "dir"));
  dir = g_build_filename (where, names, NULL);
  inside = test_list (dir);
  list = g_strsplit (inside, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, 2);
  g_assert_cmpstr (list[0], ==, "theirs");
  g_assert_true (g_str_has_prefix (list[1], "tmp")); /* the one that is not to be deleted */
}

/* `dir` and `name` lines come before the `keep`; inside one that goes on living, nothing was written. */
static void
child_tree_lines (gconstpointer data)
{
  Tree tree;
  g_autoptr (TempEntry) witness = test_new_file (test_dir (), NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *file_name = NULL;
  g_autofree char *sub_name = NULL;
  g_autofree char *deep_name = NULL;
  g_autofree char *off_name = NULL;
  g_autofree char *keep = NULL;
  g_autoptr (TempEntry) later = NULL;

  make_tree (&tree, test_dir ());
  before = test_read_ledger (witness);
  g_assert_cmpuint (test_count_lines (before, "dir "), ==, 1);
  g_assert_cmpuint (test_count_lines (before, "name "), ==, 0);

  assert_keeps (tree.dir);
  after = test_read_ledger (witness);
  file_name = g_strconcat ("\nname ", tree.file->name.base, "\n", NULL);
  sub_name = g_strconcat ("\nname ", tree.sub->name.base, "\n", NULL);
  deep_name = g_strconcat ("\nname ", tree.deep->name.base, "\n", NULL);
  off_name = g_strconcat ("\nname ", tree.off->name.base, "\n", NULL);
  keep = g_strconcat ("\nkeep ", tree.dir->name.base, "\n", NULL);
  g_assert_nonnull (strstr (after, file_name));
  g_assert_nonnull (strstr (after, sub_name));
  g_assert_null (strstr (after, deep_name)); /* it goes with the directory that it is in */
  g_assert_null (strstr (after, off_name));
  g_assert_true (strstr (after, keep) > strstr (after, file_name));
  g_assert_true (tree.file->ledger == witness->ledger);
  g_assert_null (tree.deep->ledger);

  /* From now on, the directory is as any other. */
  later = test_new_file (temp_entry_get_path (tree.dir), NULL);
  g_assert_nonnull (later->ledger);
  g_assert_cmpuint (later->name.n_random, ==, TEMP_TAG_N_LETTERS);

  test_assert_deletes (later);
  test_assert_deletes (tree.deep);
  test_assert_deletes (tree.sub);
  test_assert_deletes (tree.file);
  test_assert_deletes (witness);
  test_assert_exists (temp_entry_get_path (tree.off), TRUE);
  temp_entry_unref (tree.dir);
  temp_entry_unref (tree.file);
  temp_entry_unref (tree.sub);
  temp_entry_unref (tree.deep);
  temp_entry_unref (tree.off);
}

static void
switch_tree_off (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  g_assert_true (temp_entry_set_auto_delete (tree.dir, FALSE));
}

static void
test_tree_off (void)
{
  g_autofree char *where = test_path ("where");
  g_autofree char *names = NULL;
  g_autofree char *theirs = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *inside = NULL;

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (switch_tree_off, where);
  names = test_list (where);
  g_assert_true (g_str_has_prefix (names, "dir"));
  dir = g_build_filename (where, names, NULL);
  inside = test_list (dir);
  g_assert_true (g_str_has_prefix (inside, "theirs tmp"));
  theirs = g_build_filename (dir, "theirs", NULL);
  test_assert_exists (theirs, TRUE);
}

static void
switch_tree_off_and_on (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  g_assert_true (temp_entry_set_auto_delete (tree.dir, FALSE));
  g_assert_true (temp_entry_set_auto_delete (tree.dir, TRUE));
}

static void
test_tree_on_again (void)
{
  g_autofree char *where = test_path ("where");
  g_autofree char *names = NULL;

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (switch_tree_off_and_on, where);
  names = test_list (where);
  g_assert_cmpstr (names, ==, "");
}

/* Two threads */

/* The other thread. */
typedef struct
{
  TempEntry *entry;
  GThread   *thread;
  gint       tid;  /* atomic; 0: it has not begun */
  gint       done; /* atomic */
} Keeper;

static gpointer
keep_in_thread (gpointer data)
{
  Keeper *keeper = data;

  g_atomic_int_set (&keeper->tid, (gint) syscall (SYS_gettid));
  assert_keeps (keeper->entry);
  g_atomic_int_set (&keeper->done, TRUE);
  return NULL;
}

/* Returns once the other thread has kept its entry, or waits for this thread. */
static gboolean
keep_meanwhile (gpointer data)
{
  Keeper *keeper = data;

  keeper->thread = g_thread_new ("keep", keep_in_thread, keeper);
  while (!g_atomic_int_get (&keeper->done) &&
         (g_atomic_int_get (&keeper->tid) == 0 || !test_is_waiting (g_atomic_int_get (&keeper->tid))))
    g_thread_yield ();
  return G_SOURCE_REMOVE;
}

static guint moment_to_keep_at;
static gboolean keeps_file_first;

#define CHILD_IS_DONE 78 /* there are no more moments */

static void
keep_both (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");
  TempEntry *file = test_new_file_in (dir);
  Keeper keeper = { .entry = keeps_file_first ? dir : file };

  test_moment_set (moment_to_keep_at, keep_meanwhile, &keeper);
  assert_keeps (keeps_file_first ? file : dir);
  if (!test_moment_came ())
    test_child_exit (CHILD_IS_DONE);
  g_thread_join (keeper.thread);
  raise (SIGKILL);
}

/* A thread keeps a directory, or a file in it. Whenever another thread keeps the other one, both stay. */
static void
test_kept_inside_kept (gconstpointer data)
{
  int status;

  if (!test_can_see_waiting ())
    {
      g_test_skip ("the kernel does not tell who waits");
      return;
    }

  keeps_file_first = GPOINTER_TO_INT (data);
  for (moment_to_keep_at = 0;; moment_to_keep_at++)
    {
      g_autofree char *base = g_strdup_printf ("at-%u", moment_to_keep_at);
      g_autofree char *where = test_path (base);
      g_autofree char *dir = NULL;
      g_autofree char *names = NULL;
      g_autofree char *inside = NULL;
      pid_t pid;

      g_assert_no_errno (mkdir (where, 0700));
      pid = test_fork_idle ();
      if (pid == 0)
        keep_both (where);
      g_assert_no_errno (waitpid (pid, &status, 0));
      if (WIFEXITED (status) || WTERMSIG (status) != SIGKILL)
        break;

      test_sweep_here ();
      names = test_list (where);
      g_assert_true (g_str_has_prefix (names, "dir"));
      dir = g_build_filename (where, names, NULL);
      inside = test_list (dir);
      g_assert_true (g_str_has_prefix (inside, "tmp"));
    }
  if (g_getenv ("TEST_VALGRIND") == NULL)
    g_assert_cmpint (status, ==, CHILD_IS_DONE << 8);
  g_assert_cmpuint (moment_to_keep_at, >, 3);
}

#define N_KEPT 200

static gpointer
keep_all_in_thread (gpointer data)
{
  TempEntry **files = data;

  for (guint i = 0; i < N_KEPT; i++)
    assert_keeps (files[i]);
  return NULL;
}

static void
keep_many (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");
  TempEntry *files[N_KEPT];
  GThread *thread;

  for (guint i = 0; i < N_KEPT; i++)
    files[i] = test_new_file_in (dir);
  thread = g_thread_new ("keep", keep_all_in_thread, files);
  while (g_atomic_int_get ((gint *) &files[N_KEPT / 4]->state) != TEMP_ENTRY_KEPT)
    g_thread_yield ();
  assert_keeps (dir);
  g_thread_join (thread);
}

static void
test_many_kept_inside_kept (void)
{
  g_autofree char *where = test_path ("where");
  g_autofree char *dir = NULL;
  g_autofree char *names = NULL;
  g_autofree char *inside = NULL;
  g_auto (GStrv) list = NULL;

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (keep_many, where);
  names = test_list (where);
  dir = g_build_filename (where, names, NULL);
  inside = test_list (dir);
  list = g_strsplit (inside, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, N_KEPT);
}

/* Directories in directories */

/* The inner one stays only with the outer one. */
static void
keep_inner_and_outer (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *inner = test_new_dir_in (outer);

  test_new_file_in (inner);
  assert_keeps (inner);
  assert_keeps (outer);
}

/* Likewise with a third one between them, and what is made in the end. */
static void
keep_from_inside (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *between = test_new_dir_in (outer);
  TempEntry *inner = test_new_dir_in (between);

  test_new_file_in (inner);
  assert_keeps (inner);
  assert_keeps (between);
  test_new_file_in (inner);
  test_new_file_in (between);
  assert_keeps (outer);
  test_new_file_in (inner);
  test_new_file_in (between);
}

static void
keep_only_inner (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *inner = test_new_dir_in (outer);

  test_new_file_in (inner);
  assert_keeps (inner);
  test_new_file_in (inner);
}

/* Describes the directories below one, by the number of their names, joined by blanks; each has a name at most. */
static char *
describe_nested (const char *where)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *dir = g_strdup (where);

  while (g_file_test (dir, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *names = test_list (dir);
      char *below = g_build_filename (dir, *names == '\0' ? "nothing" : names, NULL);

      if (strchr (names, ' ') != NULL)
        return g_strdup ("more");
      g_free (dir);
      dir = below;
      g_string_append_c (text, g_file_test (dir, G_FILE_TEST_IS_DIR) ? '/' : *names == '\0' ? '.' : 'f');
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

typedef struct
{
  const char *name;
  void      (*leave) (const char *where);
  const char *expected;
  gboolean    is_trusted_only;
} Nested;

static void
test_nested (gconstpointer data)
{
  const Nested *nested = data;

  for (guint is_untrusted = 0; is_untrusted < (nested->is_trusted_only ? 1 : 2); is_untrusted++)
    {
      const char *base = is_untrusted ? "untrusted" : "trusted";
      g_autofree char *where = is_untrusted ? test_make_untrusted (base) : test_path (base);
      g_autofree char *found = NULL;

      if (!is_untrusted)
        g_assert_no_errno (mkdir (where, 0700));
      test_kill_and_sweep (nested->leave, where);
      found = describe_nested (where);
      g_assert_cmpstr (found, ==, nested->expected);
    }
}

/* Made after a directory was kept */

/* By the path of the directory, as an object above makes things. */
static void
make_by_path (TempEntry  *dir,
              const char *prefix)
{
  test_new_file (dir->name.path, prefix);
  test_new_dir (dir->name.path, prefix);
}

static void
make_and_drop (TempEntry *dir)
{
  g_autoptr (TempEntry) first = test_new_file_in (dir);
  g_autoptr (TempEntry) other = test_new_file (dir->name.path, NULL);

  g_assert_true (temp_entry_drop (first, NULL));
  g_assert_true (temp_entry_drop (other, NULL));
}

static void
make_in_kept (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");

  make_and_drop (dir);
  assert_keeps (dir);
  test_new_file_in (dir);
  test_new_dir_in (dir);
  make_by_path (dir, NULL);
}

static void
make_in_off (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");

  make_and_drop (dir);
  g_assert_true (temp_entry_set_auto_delete (dir, FALSE));
  test_new_file_in (dir);
  test_new_dir_in (dir);
  make_by_path (dir, NULL);
}

int
main (int    argc,
      char **argv)
{
  static const Nested nested[] = {
    { "outer-and-inner", keep_inner_and_outer, "//.", FALSE },
    { "from-inside", keep_from_inside, "///.", FALSE },
    { "only-inner", keep_only_inner, ".", TRUE }, /* where others can rename, no sweep empties a directory */
    { "later-in-kept", make_in_kept, "/.", FALSE },
    { "later-in-off", make_in_off, "/.", FALSE },
  };

  test_init (&argc, &argv);

  g_test_add_func ("/entry-keep/keep", test_keep);
  g_test_add_func ("/entry-keep/fails", test_keep_fails);
  g_test_add_data_func ("/entry-keep/replaced/trusted", GINT_TO_POINTER (FALSE), test_keep_replaced);
  g_test_add_data_func ("/entry-keep/replaced/untrusted", GINT_TO_POINTER (TRUE), test_keep_replaced);
  g_test_add_func ("/entry-keep/in-child", test_keep_in_child);
  test_add_with_ledgers ("/entry-keep/lines", child_lines);
  g_test_add_func ("/entry-keep/plain-name", test_plain_name);
  test_add_with_ledgers ("/entry-keep/old-ledger", child_old_ledger);
  g_test_add_func ("/entry-keep/killed", test_killed);
  g_test_add_func ("/entry-keep/full-disk", test_full_disk);
  test_add_with_ledgers ("/entry-keep/sync-fails", child_sync_fails);
  test_add_with_ledgers ("/entry-keep/ledger-gone", child_ledger_gone);
  test_add_with_ledgers ("/entry-keep/too-large", child_too_large);
  test_add_with_ledgers ("/entry-keep/cannot-remove", child_cannot_remove);
  g_test_add_func ("/entry-keep/tree/killed", test_tree_killed);
  test_add_with_ledgers ("/entry-keep/tree/lines", child_tree_lines);
  g_test_add_func ("/entry-keep/tree/off", test_tree_off);
  g_test_add_func ("/entry-keep/tree/on-again", test_tree_on_again);
  g_test_add_data_func ("/entry-keep/threads/dir-first", GINT_TO_POINTER (FALSE), test_kept_inside_kept);
  g_test_add_data_func ("/entry-keep/threads/file-first", GINT_TO_POINTER (TRUE), test_kept_inside_kept);
  g_test_add_func ("/entry-keep/threads/many", test_many_kept_inside_kept);
  for (gsize i = 0; i < G_N_ELEMENTS (nested); i++)
    {
      g_autofree char *path = g_strconcat ("/entry-keep/nested/", nested[i].name, NULL);

      g_test_add_data_func (path, &nested[i], test_nested);
    }

  return g_test_run ();
}
