/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* Deleting directories: at once, asynchronously, in the background */

static void
fill (TempDir *dir)
{
  g_autofree char *sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  g_autofree char *file = g_build_filename (sub, "file", NULL);

  g_assert_no_errno (g_mkdir (sub, 0700));
  test_write (file, "x");
}

static void
test_delete (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = test_temp_dir ();

  fill (dir);
  temp_dir_set_auto_delete (dir, FALSE);
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  g_assert_no_error (error);
  test_assert_exists (temp_dir_get_path (dir), FALSE);
  g_assert_cmpint (temp_dir_get_fd (dir), ==, -1);
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  g_assert_null (temp_dir_keep (dir, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_dir_get_path (dir));
}

/* The error names the file that cannot be removed, and the rest is removed. With ignore-errors, there is no error. */
static void
child_not_removed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = NULL;
  g_autofree char *sub = NULL;
  g_autofree char *names = NULL;
  g_autofree char *other = NULL;
  int flags = O_RDONLY | O_DIRECTORY;
  int fd;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  dir = test_temp_dir ();
  fill (dir);
  sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  other = g_build_filename (temp_dir_get_path (dir), "other", NULL);
  test_write (other, "x");
  fd = open (sub, flags | O_CLOEXEC);
  g_assert_no_errno (chmod (sub, 0500));

  if (temp_dir_delete (dir, NULL, &error))
    test_child_exit (0); /* the library has opened up the mode */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "sub/file");
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  names = test_list (temp_dir_get_path (dir));
  g_assert_cmpstr (names, ==, "sub");

  temp_dir_set_ignore_errors (dir, TRUE);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  temp_dir_set_ignore_errors (dir, FALSE);
  g_assert_no_errno (fchmod (fd, 0700));
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  close (fd);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = test_temp_dir ();
  g_autofree char *names = NULL;

  fill (dir);
  temp_dir_set_ignore_errors (dir, TRUE);
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_dir_delete (dir, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  names = test_list (temp_dir_get_path (dir));
  g_assert_cmpstr (names, ==, "sub");
}

/* Asynchronously */

static guint64 last_told;

static void
on_progress (guint64  n_removed,
             gpointer data)
{
  last_told = n_removed;
}

static void
on_destroy (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static TempDir *
make_full_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), NULL, NULL, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *path = g_build_filename (temp_dir_get_path (dir), name, NULL);

      test_write (path, "");
    }
  return dir;
}

static gboolean
delete_async (TempDir       *dir,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  gboolean destroyed = FALSE;

  last_told = G_MAXUINT64;
  temp_dir_delete_async (dir, G_PRIORITY_DEFAULT, cancellable, on_progress, &destroyed, on_destroy,
                         test_keep_result, &result);
  test_wait_result (&result);
  g_assert_true (destroyed);
  return temp_dir_delete_finish (dir, result, error);
}

static void
test_async (void)
{
  g_autoptr (TempDir) dir = make_full_dir ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (delete_async (dir, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 11);
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");

  g_assert_true (delete_async (dir, NULL, &error));
  g_assert_cmpuint (last_told, ==, 0);
}

static void
test_async_cancelled (void)
{
  g_autoptr (TempDir) dir = make_full_dir ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (delete_async (dir, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (last_told, ==, 0);
  g_clear_error (&error);

  g_assert_true (delete_async (dir, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (last_told, ==, 11);
}

/* In the background */

/* A worker deletes the directories, one after the other. */
static void
test_delete_in_background (void)
{
  g_autoptr (GHashTable) counts = NULL;
  TempDir *dir = test_temp_dir ();

  counts = test_count_notifications (dir);
  g_assert_false (temp_dir_get_delete_in_background (dir));
  temp_dir_set_delete_in_background (dir, TRUE);
  temp_dir_set_delete_in_background (dir, TRUE);
  g_assert_true (temp_dir_get_delete_in_background (dir));
  test_assert_notified (counts, "delete-in-background", 1);
  g_object_unref (dir);
  test_wait_empty ();

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TempDir) another = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (),
                                                    "delete-in-background", TRUE, NULL);
      g_autofree char *inside = NULL;

      g_assert_no_error (error);
      inside = g_build_filename (temp_dir_get_path (another), "x", NULL);
      test_write (inside, "x");
    }
  test_wait_empty ();
}

/* A directory that is to stay does, and one that was deleted needs no worker. */
static void
test_background_keeps (void)
{
  TempDir *kept = test_temp_dir ();
  TempDir *off = test_temp_dir ();
  TempDir *deleted = test_temp_dir ();
  g_autofree char *kept_path = NULL;
  g_autofree char *off_path = g_strdup (temp_dir_get_path (off));

  temp_dir_set_delete_in_background (kept, TRUE);
  temp_dir_set_delete_in_background (off, TRUE);
  temp_dir_set_delete_in_background (deleted, TRUE);
  kept_path = temp_dir_keep (kept, NULL);
  temp_dir_set_auto_delete (off, FALSE);
  g_assert_true (temp_dir_delete (deleted, NULL, NULL));
  g_object_unref (kept);
  g_object_unref (off);
  g_object_unref (deleted);

  g_assert_no_errno (g_rmdir (kept_path));
  g_assert_no_errno (g_rmdir (off_path));
}

/* A program that ends while its worker is busy leaves the rest to a sweep; without a ledger, it waits. */
static void
test_background_at_exit (gconstpointer data)
{
  const gboolean has_ledger = GPOINTER_TO_INT (data);
  pid_t pid;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    {
      g_test_skip ("exit() ends GLib's threads with what they have");
      return;
    }

  pid = test_fork_idle ();
  if (pid == 0)
    {
      TempDir *dir;

      if (!has_ledger)
        {
          g_setenv ("XDG_STATE_HOME", "/dev/null", TRUE);
          g_setenv ("XDG_RUNTIME_DIR", "/dev/null", TRUE);
        }
      dir = test_temp_dir ();
      for (guint i = 0; i < 2000; i++)
        {
          g_autofree char *base = g_strdup_printf ("%u", i);
          g_autofree char *path = g_build_filename (temp_dir_get_path (dir), base, NULL);

          test_write (path, "");
        }
      temp_dir_set_delete_in_background (dir, TRUE);
      g_object_unref (dir);
      test_ignore_leaks ();
      exit (0);
    }

  test_assert_ends_well (pid);
  if (has_ledger)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_sweep (NULL, NULL, &error));
      g_assert_no_error (error);
    }
  test_assert_list (NULL, "");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/deleted/dir/at-once", test_delete);
  test_add_in_child ("/deleted/dir/but-for-what-cannot-be", child_not_removed, NULL);
  g_test_add_func ("/deleted/dir/not-if-cancelled", test_cancelled);
  g_test_add_func ("/deleted/dir/async/with-progress", test_async);
  g_test_add_func ("/deleted/dir/async/not-if-cancelled", test_async_cancelled);
  g_test_add_func ("/deleted/dir/background/by-one-worker", test_delete_in_background);
  g_test_add_func ("/deleted/dir/background/not-if-kept", test_background_keeps);
  g_test_add_data_func ("/deleted/dir/background/exit-leaves-it-to-a-sweep", GINT_TO_POINTER (TRUE),
                        test_background_at_exit);
  g_test_add_data_func ("/deleted/dir/background/exit-waits-without-a-ledger", GINT_TO_POINTER (FALSE),
                        test_background_at_exit);

  return g_test_run ();
}
