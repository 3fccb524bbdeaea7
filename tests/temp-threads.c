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

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/made/file/by-threads-at-once", test_threads);
  g_test_add_func ("/made/file/with-one-pair-of-streams-for-two-threads", test_asked_by_two_threads);

  return g_test_run ();
}
