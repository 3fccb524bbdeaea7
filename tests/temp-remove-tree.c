/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "test-support.h"

/* The library calls these instead of the C library's unlinkat() and of GLib's clock. While fake_time is set, each entry
 * takes a millisecond. */
static gint64 fake_time;
static void (*before_unlinkat) (void);

int
unlinkat (int         dir_fd,
          const char *path,
          int         flags)
{
  if (before_unlinkat != NULL)
    before_unlinkat ();
  if (fake_time > 0)
    fake_time += 1000;
  return syscall (SYS_unlinkat, dir_fd, path, flags);
}

gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  if (fake_time > 0)
    return fake_time;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void
make_tree (guint n_dirs,
           guint n_files)
{
  for (guint i = 0; i < n_dirs; i++)
    for (guint j = 0; j < n_files; j++)
      {
        g_autofree char *name = g_strdup_printf ("tree/%u/%u/%u", i % 7, i, j);

        test_make_file (name);
      }
}

static GFile *
tree (void)
{
  g_autofree char *path = test_path ("tree");

  return g_file_new_for_path (path);
}

static gboolean
remove_tree (TempRemoveFlags   flags,
             GError          **error)
{
  g_autoptr (GFile) file = tree ();
  guint n_fds = test_count_fds ();
  gboolean removed = temp_remove_tree (file, flags, NULL, NULL, NULL, error);

  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  return removed;
}

static void
assert_removes (TempRemoveFlags flags)
{
  g_autoptr (GError) error = NULL;

  remove_tree (flags, &error);
  g_assert_no_error (error);
}

static void
test_simple (void)
{
  make_tree (3, 3);
  test_make_file ("other");
  assert_removes (TEMP_REMOVE_NONE);
  test_assert_list (NULL, "other");
}

static void
test_empty (void)
{
  g_autofree char *path = test_path ("tree");

  g_assert_no_errno (g_mkdir (path, 0000));
  assert_removes (TEMP_REMOVE_NONE);
  test_assert_list (NULL, "");
}

static void
test_keep_root (void)
{
  make_tree (3, 3);
  assert_removes (TEMP_REMOVE_KEEP_ROOT);
  test_assert_list ("tree", "");
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;

  test_make_file ("tree");
  g_assert_false (remove_tree (TEMP_REMOVE_KEEP_ROOT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  test_assert_list (NULL, "tree");
  assert_removes (TEMP_REMOVE_NONE);
  test_assert_list (NULL, "");
}

static void
test_symlink (gconstpointer target)
{
  g_autofree char *path = test_path ("tree");

  test_make_file ("outside/canary");
  g_assert_no_errno (symlink (target, path));
  assert_removes (TEMP_REMOVE_NONE);
  test_assert_list (NULL, "outside");
  test_assert_list ("outside", "canary");
}

static void
test_missing (void)
{
  g_autofree char *path = test_path ("tree");
  g_autoptr (GError) error = NULL;

  g_assert_false (remove_tree (TEMP_REMOVE_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, path);
  assert_removes (TEMP_REMOVE_IGNORE_ERRORS);
}

static void
test_not_removable (gconstpointer uri)
{
  g_autoptr (GFile) file = g_file_new_for_uri (uri);
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_remove_tree (file, TEMP_REMOVE_KEEP_ROOT, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
child_mount (gconstpointer data)
{
  g_autofree char *path = test_path ("tree");
  g_autofree char *canary = test_path ("tree/canary");
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (path, "size=64k"))
    test_child_skip ("no mounts here");
  test_write (canary, "alive");

  g_assert_false (remove_tree (TEMP_REMOVE_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_true (g_file_test (canary, G_FILE_TEST_EXISTS));

  assert_removes (TEMP_REMOVE_KEEP_ROOT);
  g_assert_false (g_file_test (canary, G_FILE_TEST_EXISTS));
}

static void
test_mount (void)
{
  g_autofree char *path = test_path ("tree");

  g_assert_no_errno (g_mkdir (path, 0700));
  test_in_child (child_mount, NULL);
}

static guint64 last_told;
static guint n_told;
static GThread *told_in;

static void
on_progress (guint64  n_removed,
             gpointer data)
{
  g_assert_cmpuint (n_removed, >=, last_told);
  g_assert_true (told_in == g_thread_self ());
  last_told = n_removed;
  n_told++;
}

static void
start_telling (void)
{
  last_told = n_told = 0;
  told_in = g_thread_self ();
}

static void
test_progress (void)
{
  g_autoptr (GFile) file = tree ();
  g_autoptr (GError) error = NULL;

  make_tree (2, 3);
  start_telling ();
  g_assert_true (temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, on_progress, NULL, &error));
  g_assert_cmpuint (last_told, ==, 1 + 2 + 2 + 6);
  g_assert_cmpuint (n_told, >=, 1);

  start_telling ();
  g_assert_false (temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, on_progress, NULL, NULL));
  g_assert_cmpuint (n_told, ==, 1);
}

static gint64 last_time;

static void
on_timed_progress (guint64  n_removed,
                   gpointer data)
{
  if (n_removed < 2003) /* before the end */
    g_assert_cmpint (fake_time - last_time, >=, G_USEC_PER_SEC / 10);
  last_time = fake_time;
  on_progress (n_removed, data);
}

/* The removal takes two seconds of the test's clock: it reports at most twenty times, and at the end. */
static void
test_progress_interval (void)
{
  g_autoptr (GFile) file = tree ();
  g_autoptr (GError) error = NULL;

  make_tree (1, 2000);
  start_telling ();
  fake_time = last_time = G_USEC_PER_SEC;
  temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, on_timed_progress, NULL, &error);
  fake_time = 0;
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 2003);
  g_assert_cmpuint (n_told, >, 5);
  g_assert_cmpuint (n_told, <=, 21);
}

/* Everything that can be removed is. With IGNORE_ERRORS, that is a success. */
static void
child_ignore_errors (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_unlinkat, EBUSY, 2, AT_REMOVEDIR))
    test_child_skip ("no filters of system calls here");

  g_assert_false (remove_tree (TEMP_REMOVE_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_make_file ("tree/0/0/again");
  g_clear_error (&error);
  g_assert_true (remove_tree (TEMP_REMOVE_IGNORE_ERRORS, &error));
  g_assert_no_error (error);
  test_assert_list ("tree/0/0", "");
}

static void
test_ignore_errors (void)
{
  make_tree (3, 3);
  test_in_child (child_ignore_errors, NULL);
  assert_removes (TEMP_REMOVE_NONE);
}

/* The tree is large enough for threads: together they tell the right number. */
static void
test_threads (void)
{
  g_autoptr (GFile) file = tree ();
  g_autoptr (GError) error = NULL;
  guint n_fds = test_count_fds ();

  make_tree (120, 40);
  start_telling ();
  temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, on_progress, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 1 + 7 + 120 + 120 * 40);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  test_assert_list (NULL, "");
}

static GCancellable *to_cancel;

static gpointer
cancel_soon (gpointer data)
{
  g_autofree char *gone = test_path (data);

  while (g_file_test (gone, G_FILE_TEST_EXISTS))
    g_thread_yield ();
  g_cancellable_cancel (to_cancel);
  return NULL;
}

/* Cancelled at once, or when a part of the tree is gone: the rest is there, and can be removed. */
static void
test_cancelled (void)
{
  g_autoptr (GFile) file = tree ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint n_fds = test_count_fds ();
  GThread *thread;

  make_tree (120, 40);
  to_cancel = cancellable;
  thread = g_thread_new ("cancel", cancel_soon, (gpointer) "tree");
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_remove_tree (file, TEMP_REMOVE_IGNORE_ERRORS, cancellable, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_list (NULL, "tree");
  assert_removes (TEMP_REMOVE_NONE);
  g_thread_join (thread);

  for (guint i = 0; i < 3; i++)
    {
      make_tree (110, 40);
      g_cancellable_reset (cancellable);
      thread = g_thread_new ("cancel", cancel_soon, (gpointer) "tree/3/3/3");
      if (temp_remove_tree (file, TEMP_REMOVE_NONE, cancellable, NULL, NULL, NULL))
        test_assert_list (NULL, "");
      else
        test_assert_list (NULL, "tree");
      g_thread_join (thread);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      remove_tree (TEMP_REMOVE_NONE, NULL);
      test_assert_list (NULL, "");
    }
}

/* The threads stop, and the rest stays: each of the two workers may be removing one more entry. */
static gint n_after_cancelling;

static void
cancel_after_some (void)
{
  static gint n_unlinks;

  if (g_cancellable_is_cancelled (to_cancel))
    g_atomic_int_inc (&n_after_cancelling);
  if (g_atomic_int_add (&n_unlinks, 1) == 4200)
    g_cancellable_cancel (to_cancel);
}

static void
test_cancelled_threads (void)
{
  g_autoptr (GFile) file = tree ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  make_tree (120, 40);
  to_cancel = cancellable;
  before_unlinkat = cancel_after_some;
  g_assert_false (temp_remove_tree (file, TEMP_REMOVE_NONE, cancellable, NULL, NULL, &error));
  before_unlinkat = NULL;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_atomic_int_get (&n_after_cancelling), <=, 8);
  test_assert_list (NULL, "tree");
  assert_removes (TEMP_REMOVE_NONE);
}

static void
on_destroy (gpointer data)
{
  gboolean *destroyed = data;

  g_assert_true (told_in == g_thread_self ());
  g_assert_false (*destroyed);
  *destroyed = TRUE;
}

static void
test_async (gconstpointer data)
{
  gboolean is_cancelled = GPOINTER_TO_INT (data);
  g_autoptr (GFile) file = tree ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean destroyed = FALSE;

  make_tree (2, 3);
  start_telling ();
  if (is_cancelled)
    g_cancellable_cancel (cancellable);
  temp_remove_tree_async (file, TEMP_REMOVE_NONE, G_PRIORITY_DEFAULT, cancellable, on_progress, &destroyed, on_destroy,
                          test_keep_result, &result);
  test_wait_result (&result);
  g_assert_true (destroyed);
  g_assert_cmpuint (n_told, >=, 1);

  g_assert_true (temp_remove_tree_finish (result, &error) != is_cancelled);
  if (is_cancelled)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (last_told, ==, 0);
      test_assert_list (NULL, "tree");
    }
  else
    {
      g_assert_no_error (error);
      g_assert_cmpuint (last_told, ==, 1 + 2 + 2 + 6);
      test_assert_list (NULL, "");
    }
}

/* In a thread with a main context of its own, that one tells the progress. */
static gpointer
remove_in_context (gpointer data)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GFile) file = tree ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean destroyed = FALSE;

  g_main_context_push_thread_default (context);
  start_telling ();
  temp_remove_tree_async (file, TEMP_REMOVE_NONE, G_PRIORITY_DEFAULT, NULL, on_progress, &destroyed, on_destroy,
                          test_keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);

  temp_remove_tree_finish (result, &error);
  g_assert_no_error (error);
  g_assert_true (destroyed);
  g_assert_cmpuint (last_told, ==, 1 + 2 + 2 + 6);
  return NULL;
}

static void
test_async_context (void)
{
  make_tree (2, 3);
  g_thread_join (g_thread_new ("context", remove_in_context, NULL));
  test_assert_list (NULL, "");
}

/* One system call fails: that is an error, nothing outside the tree is touched, and no descriptor is left. */
static void
child_failing (gconstpointer data)
{
  guint n_fds = test_count_fds ();
  g_autoptr (GFile) file = tree ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall (GPOINTER_TO_INT (data), EIO))
    test_child_skip ("no filters of system calls here");
  if (temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, NULL, NULL, &error))
    test_child_exit (0); /* the library does without it */

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, g_strerror (EIO));
  test_assert_error_mentions (error, "tree");
  if (GPOINTER_TO_INT (data) != SYS_getdents64 && GPOINTER_TO_INT (data) != SYS_openat)
    g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_no_errno (access (test_dir (), F_OK));
}

static void
test_failing (gconstpointer data)
{
  make_tree (2, 3);
  test_make_file ("outside/canary");
  test_in_child (child_failing, data);
  remove_tree (TEMP_REMOVE_IGNORE_ERRORS, NULL);
  test_assert_list (NULL, "outside");
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    int         number;
  } calls[] = {
    { "unlinkat", SYS_unlinkat },
    { "getdents64", SYS_getdents64 },
    { "openat", SYS_openat },
    { "openat2", SYS_openat2 },
    { "statx", SYS_statx },
    { "lseek", SYS_lseek },
  };

  test_init (&argc, &argv);

  g_test_add_func ("/remove-tree/all-of-it-and-no-more", test_simple);
  g_test_add_func ("/remove-tree/one-without-rights", test_empty);
  g_test_add_func ("/remove-tree/but-for-its-root", test_keep_root);
  g_test_add_func ("/remove-tree/a-file-but-not-as-a-root", test_file);
  g_test_add_data_func ("/remove-tree/symlink-itself/to-a-directory", "outside", test_symlink);
  g_test_add_data_func ("/remove-tree/symlink-itself/dangling", "nowhere", test_symlink);
  g_test_add_func ("/remove-tree/missing-is-an-error", test_missing);
  g_test_add_data_func ("/remove-tree/never/the-root-of-all", "file:///", test_not_removable);
  g_test_add_data_func ("/remove-tree/never/a-remote-one", "http://localhost/tree", test_not_removable);
  g_test_add_func ("/remove-tree/never/a-mount", test_mount);
  g_test_add_func ("/remove-tree/progress/up-to-the-end", test_progress);
  g_test_add_func ("/remove-tree/progress/ten-times-a-second", test_progress_interval);
  g_test_add_func ("/remove-tree/the-rest-after-an-error", test_ignore_errors);
  g_test_add_func ("/remove-tree/by-threads", test_threads);
  g_test_add_func ("/remove-tree/cancelled/rest-stays", test_cancelled);
  g_test_add_func ("/remove-tree/cancelled/threads-stop", test_cancelled_threads);
  g_test_add_data_func ("/remove-tree/async/with-progress", GINT_TO_POINTER (FALSE), test_async);
  g_test_add_data_func ("/remove-tree/async/cancelled", GINT_TO_POINTER (TRUE), test_async);
  g_test_add_func ("/remove-tree/async/in-the-main-context-of-the-thread", test_async_context);
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/remove-tree/error-if-a-system-call-fails/%s", calls[i].name);

      g_test_add_data_func (path, GINT_TO_POINTER (calls[i].number), test_failing);
    }

  return g_test_run ();
}
