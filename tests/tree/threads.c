/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"
#include "trees.h"

/* Of the directories in the large tree. */
static mode_t dir_mode = 0700;

static void
make_files (int   fd,
            guint n)
{
  for (guint i = 0; i < n; i++)
    {
      char name[16];

      g_snprintf (name, sizeof name, "%u", i);
      test_tree_make_file_at (fd, name);
    }
}

static int
make_dir (int         fd,
          const char *name)
{
  int dir_fd = test_tree_make_dir_at (fd, name);

  g_assert_no_errno (fchmod (dir_fd, dir_mode));
  return dir_fd;
}

/* Makes 100 directories with files, enough for threads. */
static void
make_large_tree (guint n_files)
{
  temp_autofd int tree = test_tree_open ();

  for (guint i = 0; i < 100; i++)
    {
      char name[16];
      temp_autofd int above = -1;
      temp_autofd int below = -1;

      g_snprintf (name, sizeof name, "d%u", i / 10);
      above = make_dir (tree, name);
      g_snprintf (name, sizeof name, "e%u", i);
      below = make_dir (above, name);
      make_files (below, n_files);
    }
}

static void
test_large (void)
{
  make_large_tree (100);
  test_tree_assert_goes ();
}

static gboolean
remove_unlocked (void)
{
  g_autofree char *path = test_tree_path (NULL);
  temp_autofd int fd = test_tree_open ();
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .locks = TEMP_REMOVE_SPARE_LOCKED };

  g_assert_true (temp_remove_contents (fd, path, &options, &error));
  g_assert_no_error (error);
  return options.any_spared;
}

/* Directories that others have locked stay, with those above; all around them goes. */
static void
test_locked (void)
{
  enum { N_FILES = 60 };
  temp_autofd int tree = -1;
  int used[10];

  make_large_tree (N_FILES);
  tree = test_tree_open ();
  for (guint i = 0; i < G_N_ELEMENTS (used); i++)
    {
      g_autofree char *path = g_strdup_printf ("d%u/e%u", i, 10 * i + 3);

      used[i] = make_dir (tree, path);
      g_assert_no_errno (flock (used[i], LOCK_SH));
    }

  g_assert_true (remove_unlocked ());
  for (guint i = 0; i < G_N_ELEMENTS (used); i++)
    {
      g_autofree char *above = g_strdup_printf ("d%u", i);
      g_autofree char *only = g_strdup_printf ("e%u", 10 * i + 3);
      g_autofree char *path = g_strdup_printf ("%s/tree/%s/%s", test_dir (), above, only);
      g_autofree char *files = test_list (path);
      g_auto (GStrv) list = g_strsplit (files, " ", -1);

      test_tree_assert_list (above, only);
      g_assert_cmpuint (g_strv_length (list), ==, N_FILES);
      close (used[i]);
    }

  g_assert_false (remove_unlocked ());
  test_tree_assert_goes ();
}

static void
test_few_descriptors (void)
{
  make_large_tree (100);
  test_tree_assert_goes_with_few_fds ();
}

/* A comb has something to hand out at each level, so that workers part and join all the way up. */
static void
test_comb (void)
{
  temp_autofd int fd = test_tree_open ();

  for (guint i = 0; i < 300; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      for (guint j = 0; j < 3; j++)
        {
          char name[16];
          temp_autofd int side = -1;

          g_snprintf (name, sizeof name, "side%u", j);
          side = make_dir (parent, name);
          make_files (side, 20);
        }
      fd = make_dir (parent, "deeper");
    }

  test_tree_assert_goes_with_few_fds ();
}

static void *
remove_in_thread (void *data)
{
  test_tree_assert_goes ();
  return NULL;
}

static void
child_deep (gconstpointer data)
{
  pthread_attr_t attributes;
  pthread_t thread;

  test_limit_fds (64);
  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, 256 * 1024);
  g_assert_cmpint (pthread_create (&thread, &attributes, remove_in_thread, NULL), ==, 0);
  pthread_attr_destroy (&attributes);
  pthread_join (thread, NULL);
}

static void
test_deep (void)
{
  temp_autofd int fd = test_tree_open ();
  guint depth = test_is_full () ? 100000 : 10000;

  for (guint i = 0; i < depth; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      fd = make_dir (parent, "d");
    }
  temp_fd_clear (&fd);

  test_in_child (child_deep, NULL);
}

static void
child_errors (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  test_tree_become_nobody ();
  error = test_tree_assert_fails (G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "remove 100 entries of");
}

static void
test_errors (void)
{
  temp_autofd int tree = test_tree_open ();

  make_large_tree (60);
  g_assert_no_errno (fchmod (tree, 0777));
  for (guint i = 0; i < 100; i++)
    {
      char name[32];
      temp_autofd int dir = -1;
      temp_autofd int stuck = -1;

      g_snprintf (name, sizeof name, "d%u", i / 10);
      g_assert_no_errno (fchmodat (tree, name, 0777, 0));
      g_snprintf (name, sizeof name, "d%u/e%u", i / 10, i);
      g_assert_no_errno (fchmodat (tree, name, 0777, 0));
      dir = make_dir (tree, name);
      stuck = make_dir (dir, "stuck");
      make_files (stuck, 1);
      g_assert_no_errno (fchmod (stuck, 0755));
    }

  test_in_child (child_errors, NULL);
  test_tree_assert_goes ();
}

/* Attack */

typedef struct
{
  gint stop;    /* atomic */
  gint n_swaps; /* atomic */
  gint is_idle; /* atomic */
  int  tree;
  int  aside; /* has the directories while links are in their place */
} Attack;

static guint
swaps_wanted (void)
{
  return test_is_full () ? 100000 : 100;
}

/* Replaces directories by links to "outside", and puts them back. In between, the links stay for long enough to be
 * met. */
static gpointer
swap (gpointer data)
{
  Attack *attack = data;

  for (guint pass = 0; !g_atomic_int_get (&attack->stop); pass++)
    {
      for (guint i = 0; i < 100; i++)
        {
          char name[32], waiting[32];

          g_snprintf (name, sizeof name, "d%u/e%u", i / 10, i);
          g_snprintf (waiting, sizeof waiting, "e%u", i);
          if (pass % 2 == 0 && renameat (attack->tree, name, attack->aside, waiting) == 0 &&
              symlinkat ("../../outside", attack->tree, name) == 0)
            g_atomic_int_inc (&attack->n_swaps);
          if (pass % 2 == 1 &&
              syscall (SYS_renameat2, attack->tree, name, attack->aside, waiting, RENAME_EXCHANGE) == 0)
            g_atomic_int_inc (&attack->n_swaps);
          unlinkat (attack->aside, waiting, 0);
        }
      g_thread_yield ();
    }

  return NULL;
}

static void
make_canaries (void)
{
  g_autofree char *path = test_path ("outside/dir");
  temp_autofd int fd = -1;

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  make_files (fd, 100);
}

static void
assert_canaries (void)
{
  g_autofree char *path = test_path ("outside/dir");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%u", path, i);

      g_assert_true (g_file_test (name, G_FILE_TEST_EXISTS));
    }
}

static void
test_attack (void)
{
  Attack attack = { .tree = test_tree_open () };
  g_autofree char *aside = test_path ("aside");
  GThread *thread;

  g_assert_no_errno (g_mkdir (aside, 0700));
  attack.aside = open (aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  make_canaries ();

  while ((guint) g_atomic_int_get (&attack.n_swaps) < swaps_wanted ())
    {
      g_autofree char *path = test_tree_path (NULL);
      g_autoptr (GError) error = NULL;
      TempRemoveOptions options = { .progress = NULL };

      make_large_tree (60);
      g_atomic_int_set (&attack.stop, FALSE);
      thread = g_thread_new ("swap", swap, &attack);
      temp_remove_contents (attack.tree, path, &options, &error);
      g_atomic_int_set (&attack.stop, TRUE);
      g_thread_join (thread);

      assert_canaries ();
      test_tree_assert_goes ();
      temp_remove_contents (attack.aside, aside, &options, NULL);
      assert_canaries ();
    }

  close (attack.tree);
  close (attack.aside);
}

/* By another user's process, in a tree that all may write to */

static void
swap_when_told (Attack *attack)
{
  for (;;)
    {
      while (g_atomic_int_get (&attack->stop))
        {
          g_atomic_int_set (&attack->is_idle, TRUE);
          g_thread_yield ();
        }
      swap (attack);
    }
}

static pid_t
start_attacker (Attack *attack)
{
  pid_t pid = fork ();

  g_assert_no_errno (pid);
  if (pid > 0)
    return pid;

  if (!test_become_nobody ())
    g_atomic_int_set (&attack->n_swaps, -1);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  g_atomic_int_set (&attack->is_idle, TRUE);
  swap_when_told (attack);
  test_child_exit (1);
}

static void
wait_idle (Attack *attack)
{
  /* In this order, since the attacker says that it is idle as long as it sees that it is to stop. */
  g_atomic_int_set (&attack->stop, TRUE);
  g_atomic_int_set (&attack->is_idle, FALSE);
  while (!g_atomic_int_get (&attack->is_idle))
    g_thread_yield ();
}

static void
attacked_round (Attack *attack)
{
  g_autofree char *path = test_tree_path (NULL);
  g_autofree char *aside = test_path ("aside");
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .progress = NULL };

  make_large_tree (60);
  g_atomic_int_set (&attack->stop, FALSE);
  temp_remove_contents (attack->tree, path, &options, &error);
  wait_idle (attack);

  assert_canaries ();
  test_tree_assert_goes ();
  temp_remove_contents (attack->aside, aside, &options, NULL);
  assert_canaries ();
}

static void
test_attack_by_another (void)
{
  Attack *attack = mmap (NULL, sizeof (Attack), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_autofree char *aside = test_path ("aside");
  gboolean can;
  pid_t pid;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can be attacked by another");
      munmap (attack, sizeof (Attack));
      return;
    }

  make_canaries ();
  dir_mode = 0777;
  attack->tree = test_tree_open ();
  g_assert_no_errno (fchmod (attack->tree, 0777));
  g_assert_no_errno (g_mkdir (aside, 0700));
  attack->aside = open (aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fchmod (attack->aside, 0777));

  attack->stop = TRUE;
  pid = start_attacker (attack);
  while (!g_atomic_int_get (&attack->is_idle))
    g_thread_yield ();
  can = g_atomic_int_get (&attack->n_swaps) == 0;
  while (can && (guint) g_atomic_int_get (&attack->n_swaps) < swaps_wanted ())
    attacked_round (attack);

  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
  dir_mode = 0700;
  close (attack->tree);
  close (attack->aside);
  munmap (attack, sizeof (Attack));
  if (!can)
    g_test_skip ("no other user here");
}

/* If there can be no threads, the one there is does it all. */
static void
child_no_threads (gconstpointer data)
{
  if (!test_fail_syscall (SYS_clone3, EAGAIN) || !test_fail_syscall (SYS_clone, EAGAIN))
    test_child_skip ("no filters of system calls here");
  test_tree_assert_goes ();
}

static void
test_no_threads (void)
{
  make_large_tree (60);
  test_in_child (child_no_threads, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/tree/goes/large", test_large);
  g_test_add_func ("/tree/goes/large-without-threads", test_no_threads);
  g_test_add_func ("/tree/goes/large-with-few-descriptors", test_few_descriptors);
  g_test_add_func ("/tree/goes/where-workers-part-at-each-level", test_comb);
  g_test_add_func ("/tree/goes/deep-in-a-small-stack", test_deep);
  g_test_add_func ("/tree/locked/is-spared-in-a-large-tree", test_locked);
  g_test_add_func ("/tree/error/of-each-thread-counts", test_errors);
  g_test_add_func ("/tree/only-inside/a-thread-attacks", test_attack);
  g_test_add_func ("/tree/only-inside/another-user-attacks", test_attack_by_another);

  return g_test_run ();
}
