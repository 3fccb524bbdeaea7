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
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

static int
open_root (void)
{
  g_autofree char *path = test_path ("tree");
  int fd;

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  return fd;
}

/* Of the directories in the tree. */
static mode_t dir_mode = 0700;

static int
make_dir_at (int         fd,
             const char *name)
{
  int sub;

  if (mkdirat (fd, name, 0700) < 0)
    g_assert_cmpint (errno, ==, EEXIST);
  sub = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_assert_no_errno (sub);
  g_assert_no_errno (fchmod (sub, dir_mode));
  return sub;
}

static void
make_files (int   fd,
            guint n)
{
  for (guint i = 0; i < n; i++)
    {
      char name[16];
      int file;

      g_snprintf (name, sizeof name, "%u", i);
      file = openat (fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      g_assert_no_errno (file);
      close (file);
    }
}

/* More than enough for threads. */
static void
make_large_tree (guint n_files)
{
  temp_autofd int tree = open_root ();

  for (guint i = 0; i < 100; i++)
    {
      char name[16];
      temp_autofd int above = -1;
      temp_autofd int below = -1;

      g_snprintf (name, sizeof name, "d%u", i / 10);
      above = make_dir_at (tree, name);
      g_snprintf (name, sizeof name, "e%u", i);
      below = make_dir_at (above, name);
      make_files (below, n_files);
    }
}

static gboolean
remove_contents (GError **error)
{
  g_autofree char *path = test_path ("tree");
  temp_autofd int fd = open_root ();
  guint n_fds = test_count_fds ();
  gboolean ok = temp_remove_contents (fd, path, NULL, NULL, error);

  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  return ok;
}

static void
assert_removes (void)
{
  g_autoptr (GError) error = NULL;

  remove_contents (&error);
  g_assert_no_error (error);
  test_assert_list ("tree", "");
}

static void
test_large (void)
{
  make_large_tree (100);
  assert_removes ();
}

static gboolean
remove_unlocked (void)
{
  g_autofree char *path = test_path ("tree");
  temp_autofd int fd = open_root ();
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .locks = TEMP_REMOVE_SPARE_LOCKED };

  g_assert_true (temp_remove_contents_with_options (fd, path, &options, &error));
  g_assert_no_error (error);
  return options.any_spared;
}

/* What others have locked stays, and what it is in; all around it goes. */
static void
test_locked (void)
{
  enum { N_FILES = 60 };
  temp_autofd int tree = -1;
  int used[10];

  make_large_tree (N_FILES);
  tree = open_root ();
  for (guint i = 0; i < G_N_ELEMENTS (used); i++)
    {
      g_autofree char *path = g_strdup_printf ("d%u/e%u", i, 10 * i + 3);

      used[i] = make_dir_at (tree, path);
      g_assert_no_errno (flock (used[i], LOCK_SH));
    }

  g_assert_true (remove_unlocked ());
  for (guint i = 0; i < G_N_ELEMENTS (used); i++)
    {
      g_autofree char *above = g_strdup_printf ("%s/tree/d%u", test_dir (), i);
      g_autofree char *only = g_strdup_printf ("e%u", 10 * i + 3);
      g_autofree char *path = g_build_filename (above, only, NULL);
      g_autofree char *names = test_list (above);
      g_autofree char *files = test_list (path);
      g_auto (GStrv) list = g_strsplit (files, " ", -1);

      g_assert_cmpstr (names, ==, only);
      g_assert_cmpuint (g_strv_length (list), ==, N_FILES);
      close (used[i]);
    }

  g_assert_false (remove_unlocked ());
  assert_removes ();
}

static void
child_few_descriptors (gconstpointer data)
{
  test_limit_fds (64);
  assert_removes ();
}

static void
test_few_descriptors (void)
{
  make_large_tree (100);
  test_in_child (child_few_descriptors, NULL);
}

/* A comb: at each level, something to hand out, so that chains of workers part
 * and join all the way up. */
static void
test_comb (void)
{
  temp_autofd int fd = open_root ();

  for (guint i = 0; i < 300; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      for (guint j = 0; j < 3; j++)
        {
          char name[16];
          temp_autofd int side = -1;

          g_snprintf (name, sizeof name, "side%u", j);
          side = make_dir_at (parent, name);
          make_files (side, 20);
        }
      fd = make_dir_at (parent, "deeper");
    }

  test_in_child (child_few_descriptors, NULL);
}

static void *
remove_in_thread (void *data)
{
  assert_removes ();
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
  temp_autofd int fd = open_root ();
  guint depth = test_is_full () ? 100000 : 10000;

  for (guint i = 0; i < depth; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      fd = make_dir_at (parent, "d");
    }
  temp_fd_clear (&fd);

  test_in_child (child_deep, NULL);
}

/* Errors of all workers are counted, and all else goes. */
static void
child_errors (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");

  g_assert_false (remove_contents (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "… and 99 more");
}

static void
test_errors (void)
{
  temp_autofd int tree = open_root ();

  if (geteuid () != 0)
    {
      g_test_skip ("only root can make what is another's");
      return;
    }

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
      dir = make_dir_at (tree, name);
      stuck = make_dir_at (dir, "stuck");
      make_files (stuck, 1);
      g_assert_no_errno (fchmod (stuck, 0755));
    }

  test_in_child (child_errors, NULL);
  assert_removes ();
}

/* Attack */

typedef struct
{
  gint stop;    /* atomic */
  gint n_swaps; /* atomic */
  gint is_idle; /* atomic */
  int  tree;
  int  aside; /* where a directory waits while a link is in its place */
} Attack;

static guint
swaps_wanted (void)
{
  return test_is_full () ? 100000 : 100;
}

/* Puts links to what is outside in the place of directories, and back again; in
 * between, they stay for long enough to be met. */
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
  Attack attack = { .tree = open_root () };
  g_autofree char *aside = test_path ("aside");
  GThread *thread;

  g_assert_no_errno (g_mkdir (aside, 0700));
  attack.aside = open (aside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  make_canaries ();

  while ((guint) g_atomic_int_get (&attack.n_swaps) < swaps_wanted ())
    {
      g_autofree char *path = test_path ("tree");
      g_autoptr (GError) error = NULL;

      make_large_tree (60);
      g_atomic_int_set (&attack.stop, FALSE);
      thread = g_thread_new ("swap", swap, &attack);
      temp_remove_contents (attack.tree, path, NULL, NULL, &error);
      g_atomic_int_set (&attack.stop, TRUE);
      g_thread_join (thread);

      assert_canaries ();
      assert_removes ();
      temp_remove_contents (attack.aside, aside, NULL, NULL, NULL);
      assert_canaries ();
    }

  close (attack.tree);
  close (attack.aside);
}

/* The same by another user's process, in a tree that all may write to. */

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
  /* In this order: what it says after this, it says once it has seen that it is to stop. */
  g_atomic_int_set (&attack->stop, TRUE);
  g_atomic_int_set (&attack->is_idle, FALSE);
  while (!g_atomic_int_get (&attack->is_idle))
    g_thread_yield ();
}

static void
attacked_round (Attack *attack)
{
  g_autofree char *path = test_path ("tree");
  g_autofree char *aside = test_path ("aside");
  g_autoptr (GError) error = NULL;

  make_large_tree (60);
  g_atomic_int_set (&attack->stop, FALSE);
  temp_remove_contents (attack->tree, path, NULL, NULL, &error);
  wait_idle (attack);

  assert_canaries ();
  assert_removes ();
  temp_remove_contents (attack->aside, aside, NULL, NULL, NULL);
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
  attack->tree = open_root ();
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
  assert_removes ();
}

static void
test_no_threads (void)
{
  make_large_tree (60);
  test_in_child (child_no_threads, NULL);
}

/* A mount of the same filesystem is another mount too. */
static void
child_bind_mount (gconstpointer data)
{
  g_autofree char *outside = test_path ("outside");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *mount_point = test_path ("tree/mount");
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (elsewhere, "size=64k") || mount (outside, mount_point, NULL, MS_BIND, NULL) < 0)
    test_child_skip ("no mounts here");
  if (data != NULL && !test_fail_syscall (SYS_openat2, ENOSYS))
    test_child_skip ("no filters of system calls here");

  g_assert_false (remove_contents (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, "“mount”");
  assert_canaries ();
}

static void
test_bind_mount (gconstpointer without_openat2)
{
  g_autofree char *mount_point = test_path ("tree/mount");
  g_autofree char *elsewhere = test_path ("elsewhere");

  g_assert_no_errno (g_mkdir_with_parents (mount_point, 0700));
  g_assert_no_errno (g_mkdir_with_parents (elsewhere, 0700));
  make_canaries ();
  test_in_child (child_bind_mount, without_openat2);
  assert_removes ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-remove-threads/large", test_large);
  g_test_add_func ("/temp-remove-threads/locked", test_locked);
  g_test_add_func ("/temp-remove-threads/few-descriptors", test_few_descriptors);
  g_test_add_func ("/temp-remove-threads/comb", test_comb);
  g_test_add_func ("/temp-remove-threads/deep", test_deep);
  g_test_add_func ("/temp-remove-threads/errors", test_errors);
  g_test_add_func ("/temp-remove-threads/no-threads", test_no_threads);
  g_test_add_func ("/temp-remove-threads/attack", test_attack);
  g_test_add_func ("/temp-remove-threads/attack-by-another", test_attack_by_another);
  g_test_add_data_func ("/temp-remove-threads/bind-mount", NULL, test_bind_mount);
  g_test_add_data_func ("/temp-remove-threads/bind-mount-without-openat2", "", test_bind_mount);

  return g_test_run ();
}
