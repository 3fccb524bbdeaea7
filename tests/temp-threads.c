/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <glib/gstdio.h>

#include "test-support.h"

/* Files in several threads. TSan runs this test: no task of GLib's is in it. */

/* Each thread has objects of its own. */
static gpointer
make_and_drop (gpointer data)
{
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr (TempFile) nameless = temp_file_new (test_dir (), NULL);
      g_autoptr (TempFile) named = test_temp_file ();

      g_assert_nonnull (nameless);
      g_assert_nonnull (temp_file_get_path (named));
    }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, make_and_drop, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

static void
test_asked_by_two_threads (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TempFile) file = temp_file_new (test_dir (), NULL);

      test_ask_for_streams_twice (G_IO_STREAM (file));
    }
}

typedef struct
{
  TempDir *dir;
  gint     n_waiting; /* atomic: threads that have not begun */
} Shared;

/* Both threads ask for the file first, at the same moment. */
static gpointer
use_dir (gpointer data)
{
  Shared *shared = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autoptr (TempDir) inner = NULL;
  GFile *own;

  g_atomic_int_add (&shared->n_waiting, -1);
  while (g_atomic_int_get (&shared->n_waiting) > 0)
    g_thread_yield ();
  own = temp_dir_get_file (shared->dir);

  file = temp_dir_create_file (shared->dir, NULL, NULL, &error);
  g_assert_no_error (error);
  inner = temp_dir_create_dir (shared->dir, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (temp_dir_get_fd (shared->dir), >=, 0);
  return own;
}

static void
test_one_dir (void)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, NULL);
      Shared shared = { .dir = dir, .n_waiting = 2 };
      GThread *one = g_thread_new (NULL, use_dir, &shared);
      GThread *other = g_thread_new (NULL, use_dir, &shared);

      g_assert_true (g_thread_join (one) == temp_dir_get_file (dir));
      g_assert_true (g_thread_join (other) == temp_dir_get_file (dir));
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/made/file/by-threads-at-once", test_threads);
  g_test_add_func ("/made/dir/used-by-threads-at-once", test_one_dir);
  g_test_add_func ("/made/file/with-one-pair-of-streams-for-two-threads", test_asked_by_two_threads);

  return g_test_run ();
}
