/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-moments.h"
#include "test-support.h"

/* Keeping a directory in which files are alive, or one of the files. */

typedef struct
{
  TempEntry *dir, *file, *sub, *deep, *off;
} Tree;

static void
make_tree (Tree       *tree,
           const char *where)
{
  tree->dir = test_new_dir (where, "dir");
  tree->file = test_new_file_in (tree->dir);
  tree->sub = test_new_dir_in (tree->dir);
  tree->deep = test_new_file_in (tree->sub);
  tree->off = test_new_file_in (tree->dir);
  test_write_in (tree->dir, "theirs");
  temp_entry_set_auto_delete (tree->off, FALSE);
}

static void
keep_tree (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  test_assert_keeps (tree.dir);
}

static void
switch_tree_off (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  g_assert_true (temp_entry_set_auto_delete (tree.dir, FALSE));
}

static void
switch_tree_off_and_on (const char *where)
{
  Tree tree;

  make_tree (&tree, where);
  g_assert_true (temp_entry_set_auto_delete (tree.dir, FALSE));
  g_assert_true (temp_entry_set_auto_delete (tree.dir, TRUE));
}

/* Lists the directory that is left in another one; NULL: nothing is left. */
static char *
list_left (const char *where)
{
  g_autofree char *names = test_list (where);
  g_autofree char *dir = g_build_filename (where, names, NULL);

  if (*names == '\0')
    return NULL;
  g_assert_true (g_str_has_prefix (names, "dir"));
  return test_list (dir);
}

static char *
kill_and_list_left (void (*function) (const char *where))
{
  g_autofree char *where = test_path ("where");

  g_assert_no_errno (mkdir (where, 0700));
  test_kill_and_sweep (function, where);
  return list_left (where);
}

/* The directory stays, with the file that somebody else put there, and the one that is not to be deleted. */
static void
check_tree_stays (void (*leave) (const char *where))
{
  g_autofree char *left = kill_and_list_left (leave);
  g_auto (GStrv) list = g_strsplit (left, " ", -1);

  g_assert_cmpuint (g_strv_length (list), ==, 2);
  g_assert_cmpstr (list[0], ==, "theirs");
  g_assert_true (g_str_has_prefix (list[1], "tmp"));
}

static void
test_tree_killed (void)
{
  check_tree_stays (keep_tree);
}

static void
test_tree_off (void)
{
  check_tree_stays (switch_tree_off);
}

static void
test_tree_on_again (void)
{
  g_assert_null (kill_and_list_left (switch_tree_off_and_on));
}

/* Returns the line of the ledger's text about the entry; NULL: there is none. */
static const char *
find_line (const char *text,
           const char *word,
           TempEntry  *entry)
{
  g_autofree char *line = g_strconcat ("\n", word, entry->name.base, "\n", NULL);

  return strstr (text, line);
}

/* The lines `dir` and `name` of the contents come before `keep`. Contents of an inner directory, which is not kept, get
 * none. */
static void
child_tree_lines (gconstpointer data)
{
  Tree tree;
  g_autoptr (TempEntry) witness = test_new_file (test_dir (), NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  const char *keep;
  g_autoptr (TempEntry) later = NULL;

  make_tree (&tree, test_dir ());
  before = test_read_ledger (witness);
  g_assert_cmpuint (test_count_lines (before, "dir "), ==, 1);
  g_assert_cmpuint (test_count_lines (before, "name "), ==, 0);

  test_assert_keeps (tree.dir);
  after = test_read_ledger (witness);
  keep = find_line (after, "keep ", tree.dir);
  g_assert_nonnull (find_line (after, "name ", tree.file));
  g_assert_nonnull (find_line (after, "name ", tree.sub));
  g_assert_true (keep > find_line (after, "name ", tree.file));
  g_assert_true (keep > find_line (after, "name ", tree.sub));
  g_assert_null (find_line (after, "name ", tree.deep)); /* it goes with the directory that it is in */
  g_assert_null (find_line (after, "name ", tree.off));
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

/* Two threads */

/* The other thread. */
typedef struct
{
  void     (*function) (TempEntry *entry);
  TempEntry *entry;
  GThread   *thread;
  gint       tid;  /* atomic; 0: it has not begun */
  gint       done; /* atomic */
} Keeper;

static gpointer
run_in_thread (gpointer data)
{
  Keeper *keeper = data;

  g_atomic_int_set (&keeper->tid, (gint) syscall (SYS_gettid));
  keeper->function (keeper->entry);
  g_atomic_int_set (&keeper->done, TRUE);
  return NULL;
}

/* Returns once the other thread is done with its entry, or waits for this thread. */
static gboolean
run_meanwhile (gpointer data)
{
  Keeper *keeper = data;

  keeper->thread = g_thread_new ("other", run_in_thread, keeper);
  while (!g_atomic_int_get (&keeper->done) &&
         (g_atomic_int_get (&keeper->tid) == 0 || !test_is_waiting (g_atomic_int_get (&keeper->tid))))
    g_thread_yield ();
  return G_SOURCE_REMOVE;
}

static void
switch_off_and_on (TempEntry *entry)
{
  temp_entry_set_auto_delete (entry, FALSE);
  temp_entry_set_auto_delete (entry, TRUE);
}

/* A thread keeps one of them, and another thread does something in the middle of that. */
typedef struct
{
  gboolean keeps_file;
  gboolean other_is_same; /* the other thread has the same file, which is not in the directory */
  void   (*other) (TempEntry *entry);
} Meanwhile;

static const Meanwhile keep_dir_meanwhile = { TRUE, FALSE, test_assert_keeps };
static const Meanwhile keep_file_meanwhile = { FALSE, FALSE, test_assert_keeps };
static const Meanwhile switch_file_meanwhile = { TRUE, TRUE, switch_off_and_on };

static const Meanwhile *meanwhile;
static guint moment;

#define CHILD_IS_DONE 78 /* there are no more moments */

static void
keep_both (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");
  TempEntry *file = meanwhile->other_is_same ? test_new_file (where, NULL) : test_new_file_in (dir);
  Keeper keeper = {
    .function = meanwhile->other,
    .entry = meanwhile->keeps_file == meanwhile->other_is_same ? file : dir,
  };

  test_moment_set (moment, run_meanwhile, &keeper);
  test_assert_keeps (meanwhile->keeps_file ? file : dir);
  if (!test_moment_came ())
    test_child_exit (CHILD_IS_DONE);
  g_thread_join (keeper.thread);
  raise (SIGKILL);
}

/* A thread keeps a directory, or a file in it. Whenever another thread keeps the other one, or switches the deletion
 * of the file off and on, what was kept stays. */
static void
test_kept_meanwhile (gconstpointer data)
{
  int status;

  if (!test_can_see_waiting ())
    {
      g_test_skip ("the kernel does not tell who waits");
      return;
    }

  meanwhile = data;
  for (moment = 0;; moment++)
    {
      g_autofree char *base = g_strdup_printf ("at-%u", moment);
      g_autofree char *where = test_path (base);
      g_autofree char *left = NULL;
      pid_t pid;

      g_assert_no_errno (mkdir (where, 0700));
      pid = test_fork_idle ();
      if (pid == 0)
        keep_both (where);
      g_assert_no_errno (waitpid (pid, &status, 0));
      if (WIFEXITED (status) || WTERMSIG (status) != SIGKILL)
        break;

      test_sweep_here ();
      left = meanwhile->other_is_same ? test_list (where) : list_left (where);
      g_assert_nonnull (left);
      g_assert_true (g_str_has_prefix (left, "tmp"));
    }
  if (g_getenv ("TEST_VALGRIND") == NULL)
    g_assert_cmpint (status, ==, CHILD_IS_DONE << 8);
  g_assert_cmpuint (moment, >, 3);
}

#define N_KEPT 200

static gpointer
keep_all_in_thread (gpointer data)
{
  TempEntry **files = data;

  for (guint i = 0; i < N_KEPT; i++)
    test_assert_keeps (files[i]);
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
  test_assert_keeps (dir);
  g_thread_join (thread);
}

static void
test_many_kept_inside_kept (void)
{
  g_autofree char *left = kill_and_list_left (keep_many);
  g_auto (GStrv) list = g_strsplit (left, " ", -1);

  g_assert_cmpuint (g_strv_length (list), ==, N_KEPT);
}

/* Directories in directories */

/* The inner directory stays only with the outer one. */
static void
keep_inner_and_outer (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *inner = test_new_dir_in (outer);

  test_new_file_in (inner);
  test_assert_keeps (inner);
  test_assert_keeps (outer);
}

/* So it does with a third one between them, and files are made in them later. */
static void
keep_from_inside (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *between = test_new_dir_in (outer);
  TempEntry *inner = test_new_dir_in (between);

  test_new_file_in (inner);
  test_assert_keeps (inner);
  test_assert_keeps (between);
  test_new_file_in (inner);
  test_new_file_in (between);
  test_assert_keeps (outer);
  test_new_file_in (inner);
  test_new_file_in (between);
}

static void
keep_only_inner (const char *where)
{
  TempEntry *outer = test_new_dir (where, "outer");
  TempEntry *inner = test_new_dir_in (outer);

  test_new_file_in (inner);
  test_assert_keeps (inner);
  test_new_file_in (inner);
}

/* Describes the directories below one, as long as each has one name: "/" for a directory, "f" for another file, "." for
 * an empty directory; "more" if there are more names. */
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
      g_autofree char *where = test_make_where (GUINT_TO_POINTER (is_untrusted));
      g_autofree char *found = NULL;

      test_kill_and_sweep (nested->leave, where);
      found = describe_nested (where);
      g_assert_cmpstr (found, ==, nested->expected);
    }
}

/* Made after a directory was kept */

/* Makes the things by the path of the directory. */
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
make_in (TempEntry *dir)
{
  test_new_file_in (dir);
  test_new_dir_in (dir);
  make_by_path (dir, NULL);
}

static void
make_in_kept (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");

  make_and_drop (dir);
  test_assert_keeps (dir);
  make_in (dir);
}

static void
make_in_off (const char *where)
{
  TempEntry *dir = test_new_dir (where, "dir");

  make_and_drop (dir);
  g_assert_true (temp_entry_set_auto_delete (dir, FALSE));
  make_in (dir);
}

int
main (int    argc,
      char **argv)
{
  static const Nested nested[] = {
    { "outer-and-inner", keep_inner_and_outer, "//.", FALSE },
    { "from-the-inside", keep_from_inside, "///.", FALSE },
    { "only-inner", keep_only_inner, ".", TRUE }, /* where others can rename, no sweep empties a directory */
    { "made-later-in-a-kept-one", make_in_kept, "/.", FALSE },
    { "made-later-in-one-not-to-be-deleted", make_in_off, "/.", FALSE },
  };

  test_init (&argc, &argv);

  test_add_with_ledgers ("/kept/what-is-alive-in-a-directory-gets-lines", child_tree_lines);
  g_test_add_func ("/killed/what-is-alive-in-a-kept-directory-goes", test_tree_killed);
  g_test_add_func ("/killed/what-is-alive-in-a-directory-not-to-be-deleted-goes", test_tree_off);
  g_test_add_func ("/killed/a-directory-to-be-deleted-again-goes", test_tree_on_again);
  g_test_add_data_func ("/killed/a-file-kept-while-its-directory-is-stays", &keep_file_meanwhile,
                        test_kept_meanwhile);
  g_test_add_data_func ("/killed/a-directory-kept-while-its-file-is-stays", &keep_dir_meanwhile,
                        test_kept_meanwhile);
  g_test_add_data_func ("/killed/a-file-kept-while-its-deletion-is-switched-stays", &switch_file_meanwhile,
                        test_kept_meanwhile);
  g_test_add_func ("/killed/200-files-kept-while-their-directory-is-stay", test_many_kept_inside_kept);
  for (gsize i = 0; i < G_N_ELEMENTS (nested); i++)
    {
      g_autofree char *path = g_strconcat ("/killed/a-directory-stays-only-with-those-around-it/", nested[i].name, NULL);

      g_test_add_data_func (path, &nested[i], test_nested);
    }

  return g_test_run ();
}
