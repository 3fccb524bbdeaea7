/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/objects.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs with thousands of files or directories alive, and few descriptors. */

#define N_THOUSANDS 3000
#define LIMIT 1024

static void
end_thousands (gpointer things[],
               TestEnd  end)
{
  test_say ("ready");
  test_get_command ();

  switch (end)
    {
    case TEST_END_UNREF:
      for (guint i = 0; i < N_THOUSANDS; i++)
        g_object_unref (things[i]);
      test_child_exit (0);
    case TEST_END_EXIT:
      exit (0);
    default:
      raise (SIGKILL);
    }
}

static void
run_dirs (gconstpointer data)
{
  static gpointer dirs[N_THOUSANDS];
  guint n_fds;

  test_limit_fds (LIMIT);
  n_fds = test_count_fds ();
  for (guint i = 0; i < N_THOUSANDS; i++)
    dirs[i] = test_make_temp_dir (test_files ());
  g_assert_cmpuint (test_count_fds (), <=, n_fds + LIMIT / 4);

  /* The program can use each of them. */
  for (guint i = 0; i < N_THOUSANDS; i += 100)
    {
      g_autoptr (GError) error = NULL;
      TempFile *inside = temp_dir_create_file (dirs[i], NULL, NULL, &error);
      struct stat st, expected;

      g_assert_no_error (error);
      test_check_temp_file (inside, temp_dir_get_path (dirs[i]));
      g_object_unref (inside);
      g_assert_no_errno (fstat (temp_dir_get_fd (dirs[i]), &st));
      g_assert_no_errno (stat (temp_dir_get_path (dirs[i]), &expected));
      g_assert_cmpuint (st.st_ino, ==, expected.st_ino);
    }

  end_thousands (dirs, GPOINTER_TO_INT (data));
}

static void
run_files (gconstpointer data)
{
  static gpointer closed[N_THOUSANDS];
  guint n_fds;

  test_limit_fds (LIMIT);
  n_fds = test_count_fds ();
  for (guint i = 0; i < N_THOUSANDS; i++)
    closed[i] = test_make_closed_temp_file (test_files ());
  g_assert_cmpuint (test_count_fds (), <=, n_fds + LIMIT / 4);

  end_thousands (closed, GPOINTER_TO_INT (data));
}

static void
check_thousands (TestProgramFunction run_thousands,
                 TestEnd             end)
{
  g_autofree char *names = NULL;
  g_auto (GStrv) list = NULL;
  TestChild program;

  test_program_start (&program, run_thousands, GINT_TO_POINTER (end));
  test_program_wait_ready (&program);
  names = test_list (test_files ());
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, N_THOUSANDS);

  test_program_let_end (&program, end);
  /* Exit has two seconds, which may not be enough on a busy machine. */
  test_sweep ();
  test_assert_nothing_left ();
}

static void
test_dirs (gconstpointer data)
{
  check_thousands (run_dirs, GPOINTER_TO_INT (data));
}

static void
test_files_alive (gconstpointer data)
{
  check_thousands (run_files, GPOINTER_TO_INT (data));
}

/* Modes that shut out the owner, under a umask that shuts out others, with a descriptor and without one. */
static void
run_modes (gconstpointer data)
{
  enum { LIMITED = 100, N_DIRS = LIMITED / 2 };
  TempDir *dirs[N_DIRS];
  guint n_fds;

  test_limit_fds (LIMITED);
  n_fds = test_count_fds ();
  umask (0077);
  for (guint i = 0; i < N_DIRS; i++)
    {
      g_autoptr (GError) error = NULL;

      dirs[i] = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_files (), "permissions", 0477, NULL);
      g_assert_no_error (error);
      test_assert_mode (temp_dir_get_path (dirs[i]), S_IFDIR | 0400);
    }
  g_assert_cmpuint (test_count_fds (), >, n_fds);
  g_assert_cmpuint (test_count_fds (), <=, n_fds + LIMITED / 4);
  for (guint i = 0; i < N_DIRS; i++)
    g_object_unref (dirs[i]);
  test_child_exit (0);
}

static void
test_modes (gconstpointer data)
{
  TestChild program;

  test_program_start (&program, run_modes, NULL);
  test_program_end (&program);
  test_sweep ();
  test_assert_nothing_left ();
}

int
main (int    argc,
      char **argv)
{
  static const TestEnd ends[] = { TEST_END_UNREF, TEST_END_EXIT, TEST_END_SWEEP };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *of_dirs = g_strconcat ("/many/3000-directories-are-deleted/", test_end_names[ends[i]], NULL);
      g_autofree char *of_files = g_strconcat ("/many/3000-closed-files-are-deleted/", test_end_names[ends[i]], NULL);

      test_add_program (of_dirs, test_dirs, GINT_TO_POINTER (ends[i]));
      test_add_program (of_files, test_files_alive, GINT_TO_POINTER (ends[i]));
    }
  test_add_program ("/many/directories-may-shut-out-their-owner", test_modes, NULL);

  return g_test_run ();
}
