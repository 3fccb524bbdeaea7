/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <stdlib.h>
#include <unistd.h>

#include "test-ledgers.h"
#include "test-support.h"

/* Programs that ask for a guard, and get none. */

static void
child_no_helper (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = fork ();

  if (pid == 0)
    {
      for (guint i = 0; i < 2; i++)
        {
          g_setenv ("TEMPFILE_GLIB_SWEEP", "/missing/helper", TRUE);
          g_assert_false (temp_guard_start (&error));
          g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
          test_assert_error_mentions (error, "/missing/helper");
          g_clear_error (&error);
        }

      g_setenv ("TEMPFILE_GLIB_SWEEP", "/bin/true", TRUE);
      g_assert_false (temp_guard_start (&error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      test_assert_error_mentions (error, "/bin/true");
      exit (0);
    }

  /* However often it asked, no ledger is left. */
  test_assert_ends_well (pid);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static gboolean
start_async (GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  temp_guard_start_async (G_PRIORITY_DEFAULT, cancellable, test_keep_result, &result);
  return temp_guard_start_finish (test_wait_result (&result), error);
}

/* Cancelled before the helper is looked for */
static void
child_async (gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_setenv ("TEMPFILE_GLIB_SWEEP", "/missing/helper", TRUE);
  g_cancellable_cancel (cancellable);
  g_assert_false (start_async (cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (start_async (NULL, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
}

/* Without a ledger, there is no guard; but files are made, and deleted. */
static void
child_no_ledger (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autofree char *path = NULL;

  g_setenv ("XDG_STATE_HOME", "/proc/missing", TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "/proc/missing", TRUE);
  g_assert_false (temp_guard_start (&error));
  test_assert_error_mentions (error, "/proc/missing");
  g_clear_error (&error);

  file = temp_file_new_named (test_dir (), NULL, NULL, &error);
  g_assert_no_error (error);
  path = g_strdup (temp_file_get_path (file));
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
  test_assert_exists (path, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/killed/guard/error-without-helper", child_no_helper);
  test_add_with_ledgers ("/killed/guard/error-without-ledger", child_no_ledger);
  test_add_with_ledgers ("/killed/guard/async/error-or-cancelled", child_async);

  return g_test_run ();
}
