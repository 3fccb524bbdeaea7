/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* The descriptors of directories. A directory may have none. */

static gboolean
is_directory (int         fd,
              const char *path)
{
  struct stat opened, named;

  return fstat (fd, &opened) == 0 && stat (path, &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

/* In a new program, which has not asked for the limit yet. */
static void
run_anew (void (*function) (void))
{
  if (g_test_subprocess ())
    {
      function ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Beyond a quarter of the limit, directories do without a descriptor, and can be used all the same. If the program asks
 * for one, it is opened. */
static void
child_quarter (void)
{
  enum { LIMIT = 80, N = 30 };
  TempEntry *dirs[N];
  guint n_fds;

  test_limit_fds (LIMIT);
  n_fds = test_count_fds ();
  for (guint i = 0; i < N; i++)
    {
      dirs[i] = test_new_dir (test_dir (), NULL);
      g_assert_cmpint (dirs[i]->fd >= 0, ==, i < LIMIT / 4);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds + LIMIT / 4);

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *inside = g_build_filename (temp_entry_get_path (dirs[i]), "x", NULL);
      TempEntry *file = test_new_file_in (dirs[i]);

      test_write (inside, "x");
      test_assert_deletes (file);
      temp_entry_unref (file);
    }

  g_assert_true (is_directory (temp_entry_open_dir_fd (dirs[N - 1]), temp_entry_get_path (dirs[N - 1])));
  g_assert_cmpint (temp_entry_open_dir_fd (dirs[N - 1]), ==, dirs[N - 1]->fd);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + LIMIT / 4 + 1);

  for (guint i = 0; i < N; i++)
    {
      test_assert_deletes (dirs[i]);
      test_assert_exists (temp_entry_get_last_path (dirs[i]), FALSE);
      temp_entry_unref (dirs[i]);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  /* Directories may have descriptors again. */
  dirs[0] = test_new_dir (test_dir (), NULL);
  g_assert_cmpint (dirs[0]->fd, >=, 0);
  test_assert_deletes (dirs[0]);
  temp_entry_unref (dirs[0]);
}

static void
test_quarter (void)
{
  run_anew (child_quarter);
}

/* The program raises its limit. The library asks for the limit again once it is reached. */
static void
child_limit_raised (void)
{
  TempEntry *dirs[30];

  test_limit_fds (80);
  for (guint i = 0; i < 25; i++)
    dirs[i] = test_new_dir (test_dir (), NULL);
  g_assert_cmpint (dirs[24]->fd, ==, -1);
  test_limit_fds (200);
  for (guint i = 25; i < 30; i++)
    {
      dirs[i] = test_new_dir (test_dir (), NULL);
      g_assert_cmpint (dirs[i]->fd, >=, 0);
    }
  for (guint i = 0; i < 30; i++)
    {
      test_assert_deletes (dirs[i]);
      temp_entry_unref (dirs[i]);
    }
}

static void
test_limit_raised (void)
{
  run_anew (child_limit_raised);
}

/* No descriptor can be had at all. */
static void
child_no_fds (gconstpointer data)
{
  g_autoptr (TempEntry) known = test_new_file (test_dir (), NULL);
  g_autoptr (TempEntry) dir = NULL;
  int fds[64];
  guint n = 0;

  test_limit_fds (64);
  while (n < 64 && (fds[n] = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
    n++;
  dir = test_new_dir (test_dir (), NULL);
  g_assert_cmpint (dir->fd, ==, -1);
  g_assert_cmpint (temp_entry_open_dir_fd (dir), ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
  for (guint i = 0; i < n; i++)
    close (fds[i]);
  test_assert_deletes (known);
}

static void
test_no_fds (void)
{
  test_in_child (child_no_fds, NULL);
}

/* A descriptor that is opened late is locked, too, so that cleaners of old files leave the directory alone. */
static void
test_open_late (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  int other, fd;

  temp_entry_close_dir_fd (dir);
  g_assert_cmpint (temp_entry_check_dir_fd (dir), ==, -1);
  fd = temp_entry_open_dir_fd (dir);
  g_assert_true (is_directory (fd, temp_entry_get_path (dir)));
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  other = open (temp_entry_get_path (dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (flock (other, LOCK_EX | LOCK_NB), <, 0);
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
  close (other);
  test_assert_deletes (dir);
  g_assert_cmpint (temp_entry_open_dir_fd (dir), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
}

/* The program closes the descriptor, and opens a directory of its own under the number. The entry leaves that open. */
static void
test_number_used_again (gconstpointer data)
{
  gboolean asks_between = GPOINTER_TO_INT (data);
  g_autofree char *theirs = test_path ("theirs");
  g_autofree char *precious = g_build_filename (theirs, "precious", NULL);
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  int their_fd = temp_entry_get_fd (dir);

  g_assert_no_errno (mkdir (theirs, 0700));
  test_write (precious, "x");
  g_assert_no_errno (close (their_fd));
  g_assert_cmpint (open (theirs, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ==, their_fd);

  g_assert_cmpint (temp_entry_check_dir_fd (dir), ==, -1);
  if (asks_between)
    g_assert_true (is_directory (temp_entry_open_dir_fd (dir), temp_entry_get_path (dir)));
  g_assert_true (is_directory (their_fd, theirs));
  test_assert_deletes (dir);
  test_assert_exists (precious, TRUE);
  g_assert_true (is_directory (their_fd, theirs));
  close (their_fd);
}

static gpointer
ask_for_fd (gpointer data)
{
  TempEntry *dir = data;
  int fd = temp_entry_open_dir_fd (dir);

  g_assert_true (is_directory (fd, temp_entry_get_path (dir)));
  return GINT_TO_POINTER (fd);
}

/* Several threads that ask at once get one descriptor, which stays open. */
static void
test_open_at_once (void)
{
  g_autoptr (TempEntry) dir = test_new_dir (test_dir (), NULL);
  GThread *threads[4];
  guint n_fds;

  test_start_threads ();
  n_fds = test_count_fds ();
  for (guint i = 0; i < 500; i++)
    {
      temp_entry_close_dir_fd (dir);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        threads[j] = g_thread_new ("open", ask_for_fd, dir);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[j])), ==, temp_entry_get_fd (dir));
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  test_assert_deletes (dir);
}

/* Where others can rename, only the directory itself is opened again. */
static void
test_open_late_untrusted (void)
{
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autofree char *away = test_path ("away");
  g_autoptr (TempEntry) dir = test_new_dir (untrusted, NULL);

  temp_entry_close_dir_fd (dir);
  g_assert_true (is_directory (temp_entry_open_dir_fd (dir), temp_entry_get_path (dir)));
  temp_entry_close_dir_fd (dir);
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), away));
  g_assert_no_errno (mkdir (temp_entry_get_path (dir), 0700));
  g_assert_cmpint (temp_entry_open_dir_fd (dir), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  test_assert_deletes (dir);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/descriptors/directories-have-no-more-than-a-quarter", test_quarter);
  g_test_add_func ("/descriptors/directories-have-more-once-the-limit-is-raised", test_limit_raised);
  g_test_add_func ("/descriptors/a-directory-can-do-without", test_no_fds);
  g_test_add_func ("/descriptors/a-directory-is-opened-late-and-locked", test_open_late);
  g_test_add_data_func ("/only-ours/a-number-used-again-is-left-alone", GINT_TO_POINTER (FALSE),
                        test_number_used_again);
  g_test_add_data_func ("/only-ours/a-number-used-again-is-left-alone/and-the-directory-opened-again",
                        GINT_TO_POINTER (TRUE), test_number_used_again);
  g_test_add_func ("/descriptors/several-threads-open-a-directory-once", test_open_at_once);
  g_test_add_func ("/private/another-directory-in-its-place-is-not-opened", test_open_late_untrusted);

  return g_test_run ();
}
