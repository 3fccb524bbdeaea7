/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

/* Kills a process that has a file and a directory. */
static void
leave (void)
{
  g_autofree char *names = NULL;
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      g_assert_nonnull (temp_file_new_named (test_dir (), NULL, NULL, NULL));
      g_assert_nonnull (temp_dir_new (test_dir (), NULL, NULL, NULL));
      raise (SIGKILL);
    }

  g_assert_no_errno (waitpid (pid, NULL, 0));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, !=, "");
}

static void
test_sweep (void)
{
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  leave ();
  g_assert_true (temp_sweep (&n_removed, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_removed, ==, 2);
  test_assert_list (NULL, "");

  g_assert_true (temp_sweep (&n_removed, NULL, &error));
  g_assert_cmpuint (n_removed, ==, 0);

  leave ();
  g_assert_true (temp_sweep (NULL, NULL, NULL));
  test_assert_list (NULL, "");
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  leave ();
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_sweep (NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_true (temp_sweep (NULL, NULL, NULL));
  test_assert_list (NULL, "");
}

static void
test_async (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  leave ();
  temp_sweep_async (G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_assert_true (temp_sweep_finish (test_wait_result (&result), &n_removed, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_removed, ==, 2);
  test_assert_list (NULL, "");
}

static void
test_async_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  leave ();
  g_cancellable_cancel (cancellable);
  temp_sweep_async (G_PRIORITY_DEFAULT, cancellable, test_keep_result, &result);
  g_assert_false (temp_sweep_finish (test_wait_result (&result), &n_removed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_removed, ==, 0);

  g_assert_true (temp_sweep (NULL, NULL, NULL));
  test_assert_list (NULL, "");
}

/* With TEMPFILE_GLIB_KEEP, a sweep deletes nothing. */
static void
test_keep (void)
{
  if (g_test_subprocess ())
    {
      guint n_removed = G_MAXUINT;

      g_assert_true (temp_sweep (&n_removed, NULL, NULL));
      g_assert_cmpuint (n_removed, ==, 0);
      return;
    }

  leave ();
  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("TEMPFILE_GLIB_KEEP");
  g_test_trap_assert_passed ();

  {
    guint n_removed;

    g_assert_true (temp_sweep (&n_removed, NULL, NULL));
    g_assert_cmpuint (n_removed, ==, 2);
  }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/killed/sweep/deletes-the-leftovers", test_sweep);
  g_test_add_func ("/killed/sweep/goes-on-later-if-cancelled", test_cancelled);
  g_test_add_func ("/killed/sweep/async/deletes-the-leftovers", test_async);
  g_test_add_func ("/killed/sweep/async/goes-on-later-if-cancelled", test_async_cancelled);
  g_test_add_func ("/killed/sweep/leaves-all-if-the-user-says-so", test_keep);

  return g_test_run ();
}
