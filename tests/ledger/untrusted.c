/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-ledgers.h"
#include "test-support.h"

/* Places in which others can rename, and their descriptors. */

static char *
make_shared_dir (void)
{
  char *dir = test_make_dir_in (test_dir (), "shared");

  g_assert_no_errno (chmod (dir, 0777));
  return dir;
}

static void
test_trusted (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = NULL;
  guint n_fds = test_count_fds ();

  /* Another test may have opened it up for another user. */
  g_assert_no_errno (chmod (g_getenv ("G_TEST_TMPDIR"), 0700));
  place = test_get_place (dir);
  if (!place->is_trusted)
    test_child_skip ("the directory of tests is not trusted itself");
  g_assert_cmpint (place->fd, ==, -1);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* A place that others can write into has a descriptor. */
static void
test_not_trusted (gconstpointer data)
{
  g_autofree char *dir = make_shared_dir ();
  g_autofree char *moved = test_path ("moved");
  g_autoptr (TempPlace) warm = test_get_place (test_dir ());
  guint n_fds = test_count_fds ();
  g_autoptr (TempPlace) place = test_get_place (dir);
  struct stat st;
  int fd;

  g_assert_false (place->is_trusted);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  fd = temp_place_get_fd (place);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_cmpuint (st.st_ino, ==, place->id.ino);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (temp_place_get_fd (place), ==, fd);

  /* The descriptor leads to the directory, even if that was moved and another one is under its path. */
  g_assert_no_errno (rename (dir, moved));
  g_assert_no_errno (mkdir (dir, 0777));
  g_assert_cmpint (temp_place_get_fd (place), ==, fd);

  temp_place_forget_all ();
  temp_place_unref (g_steal_pointer (&place));
  temp_place_unref (g_steal_pointer (&warm));
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* A program closes a descriptor that it does not know. */
static void
test_fd_closed (gconstpointer data)
{
  g_autofree char *dir = make_shared_dir ();
  g_autofree char *moved = test_path ("moved");
  g_autofree char *other = test_make_dir_in (test_dir (), "other");
  g_autoptr (TempPlace) place = test_get_place (dir);
  struct stat st;
  int fd = temp_place_get_fd (place), other_fd, again;

  g_assert_no_errno (close (fd));
  again = temp_place_get_fd (place);
  g_assert_no_errno (fstat (again, &st));
  g_assert_cmpuint (st.st_ino, ==, place->id.ino);

  /* Another directory has the number of the descriptor now. */
  other_fd = open (other, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (dup3 (other_fd, again, O_CLOEXEC));
  fd = temp_place_get_fd (place);
  g_assert_cmpint (fd, !=, again);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_cmpuint (st.st_ino, ==, place->id.ino);

  /* Another directory is under the path, too. */
  g_assert_no_errno (rename (dir, moved));
  g_assert_no_errno (mkdir (dir, 0777));
  g_assert_no_errno (dup3 (other_fd, fd, O_CLOEXEC));
  g_assert_cmpint (temp_place_get_fd (place), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  g_assert_no_errno (rmdir (dir));
  g_assert_cmpint (temp_place_get_fd (place), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  g_assert_no_errno (symlink (moved, dir));
  g_assert_cmpint (temp_place_get_fd (place), >=, 0);

  /* The program's own descriptors stay open. */
  temp_place_forget_all ();
  g_assert_no_errno (dup3 (other_fd, temp_place_get_fd (place), O_CLOEXEC));
  fd = place->fd;
  temp_place_unref (g_steal_pointer (&place));
  g_assert_no_errno (fcntl (fd, F_GETFD));
  g_assert_no_errno (fcntl (again, F_GETFD));
}

/* The last entry takes the descriptor with it; the table of places needs none. */
static void
test_fd_goes (gconstpointer data)
{
  enum { N_DIRS = 900 };
  guint n_fds;

  temp_place_unref (test_get_place (test_dir ())); /* the ledger */
  n_fds = test_count_fds ();
  for (guint i = 0; i < N_DIRS; i++)
    {
      g_autofree char *base = g_strdup_printf ("%u", i);
      g_autofree char *dir = test_make_dir_in (test_dir (), base);
      g_autoptr (TempPlace) first = NULL;
      g_autoptr (TempPlace) second = NULL;

      g_assert_no_errno (chmod (dir, 0777));
      first = test_get_place (dir);
      second = test_get_place (dir);
      g_assert_cmpint (temp_place_get_fd (first), >=, 0);
      g_clear_pointer (&first, temp_place_unref);
      g_assert_cmpint (second->fd, >=, 0);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* Another entry's descriptor stays, also once the table has forgotten the place, or has another one. */
static void
test_fd_stays (gconstpointer data)
{
  for (guint is_replaced = 0; is_replaced < 2; is_replaced++)
    {
      g_autofree char *dir = test_make_dir_in (test_dir (), is_replaced ? "replaced" : "forgotten");
      g_autofree char *moved = g_strconcat (dir, "-moved", NULL);
      g_autoptr (TempPlace) first = NULL;
      g_autoptr (TempPlace) second = NULL;
      guint n_fds = test_count_fds ();
      int fd;

      g_assert_no_errno (chmod (dir, 0777));
      first = test_get_place (dir);
      second = test_get_place (dir);
      fd = temp_place_get_fd (first);
      g_assert_no_errno (rename (dir, moved));
      if (is_replaced)
        {
          g_assert_no_errno (mkdir (dir, 0700));
          test_let_a_second_pass (first);
          temp_place_unref (test_get_place (dir));
        }
      else
        {
          temp_place_forget_all ();
        }

      g_clear_pointer (&first, temp_place_unref);
      g_assert_cmpint (temp_place_get_fd (second), ==, fd);
      g_clear_pointer (&second, temp_place_unref);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
    }
}

static void
test_new_inside (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a b");
  int fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  TempPlace *place = temp_place_new_inside (dir, fd, 7);

  g_assert_true (temp_place_is_at (place, dir));
  g_assert_cmpstr (place->path, ==, dir);
  g_assert_true (g_str_has_suffix (place->text, "/a\\040b"));
  g_assert_cmpuint (place->above, ==, 7);
  g_assert_null (place->ledger);
  g_assert_false (place->is_trusted);
  g_assert_cmpint (temp_place_get_fd (place), ==, fd);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  temp_place_unref (place);
  g_assert_cmpuint (test_count_fds (), ==, n_fds - 1);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/private/trusted-place-has-no-descriptor", test_trusted);
  test_add_with_ledgers ("/private/untrusted/has-a-descriptor", test_not_trusted);
  test_add_with_ledgers ("/private/untrusted/opens-again-after-close", test_fd_closed);
  test_add_with_ledgers ("/private/untrusted/descriptor-goes-with-the-last-entry", test_fd_goes);
  test_add_with_ledgers ("/private/untrusted/descriptor-stays-for-other-entries", test_fd_stays);
  test_add_with_ledgers ("/private/untrusted/directory-inside-one", test_new_inside);

  return g_test_run ();
}
