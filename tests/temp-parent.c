/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-parent-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "test-support.h"

static TempParent *
open_parent (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempParent *parent = temp_parent_open (dir, &error);

  g_assert_no_error (error);
  g_assert_nonnull (parent);
  return parent;
}

static char *
make_dir (const char *base)
{
  char *dir = test_path (base);

  g_assert_no_errno (g_mkdir (dir, 0700));
  return dir;
}

static void
assert_is (TempParent *parent,
           const char *dir)
{
  struct stat expected, st;

  g_assert_no_errno (stat (dir, &expected));
  g_assert_no_errno (fstat (temp_parent_get_fd (parent), &st));
  g_assert_cmpuint (st.st_ino, ==, expected.st_ino);
  g_assert_cmpuint (st.st_dev, ==, expected.st_dev);
}

static void
test_one_descriptor (void)
{
  g_autofree char *other = make_dir ("other");
  guint n_fds = test_count_fds ();
  TempParent *parents[100];
  TempParent *other_parent;

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    parents[i] = i % 2 == 0 ? open_parent (test_dir ()) : temp_parent_ref (parents[0]);
  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    g_assert_true (parents[i] == parents[0]);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  assert_is (parents[0], test_dir ());
  g_assert_cmpint (fcntl (temp_parent_get_fd (parents[0]), F_GETFD), ==, FD_CLOEXEC);

  other_parent = open_parent (other);
  g_assert_true (other_parent != parents[0]);
  assert_is (other_parent, other);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 2);
  temp_parent_unref (other_parent);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);

  for (gsize i = 0; i < G_N_ELEMENTS (parents) - 1; i++)
    temp_parent_unref (parents[i]);
  assert_is (parents[G_N_ELEMENTS (parents) - 1], test_dir ());
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  temp_parent_unref (parents[G_N_ELEMENTS (parents) - 1]);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_other_paths (void)
{
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *link = test_path ("link");
  g_autofree char *dots = test_path ("dir/../dir/.");
  g_autofree char *slashes = test_path ("dir//");
  guint n_fds = test_count_fds ();
  g_autoptr (TempParent) parent = open_parent (dir);
  const char *paths[] = { link, dots, slashes };

  g_assert_no_errno (symlink ("dir", link));
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (TempParent) again = open_parent (paths[i]);

      g_assert_true (again == parent);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
}

static void
test_new_directory (void)
{
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *moved = test_path ("moved");
  g_autoptr (TempParent) first = open_parent (dir);
  g_autoptr (TempParent) second = NULL;
  g_autoptr (TempParent) third = NULL;
  g_autoptr (TempParent) old = NULL;

  g_assert_no_errno (g_rmdir (dir));
  g_assert_no_errno (g_mkdir (dir, 0700));
  second = open_parent (dir);
  g_assert_true (second != first);
  assert_is (second, dir);

  g_assert_no_errno (g_rename (dir, moved));
  g_assert_no_errno (g_mkdir (dir, 0700));
  third = open_parent (dir);
  g_assert_true (third != first && third != second);
  assert_is (third, dir);

  old = open_parent (moved);
  g_assert_true (old == second);
}

static void
test_take (void)
{
  guint n_fds = test_count_fds ();
  TempParent *parent, *again, *opened;
  struct stat st;
  int fd;

  g_assert_no_errno (fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  g_assert_no_errno (fstat (fd, &st));
  parent = temp_parent_take (fd, &st);
  g_assert_cmpint (temp_parent_get_fd (parent), ==, fd);

  opened = open_parent (test_dir ());
  g_assert_true (opened == parent);

  again = temp_parent_take (open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC), &st);
  g_assert_true (again == parent);
  g_assert_cmpint (temp_parent_get_fd (parent), ==, fd);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);

  temp_parent_unref (parent);
  temp_parent_unref (opened);
  temp_parent_unref (again);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_id (void)
{
  g_autofree char *dir = make_dir ("dir");
  g_autoptr (TempParent) parent = open_parent (dir);
  g_autofree char *moved = test_path ("moved");
  struct stat st;
  dev_t dev = 0;
  ino_t ino = 0;

  g_assert_no_errno (stat (dir, &st));
  g_assert_no_errno (g_rename (dir, moved));
  temp_parent_get_id (parent, &dev, &ino);
  g_assert_cmpuint (dev, ==, st.st_dev);
  g_assert_cmpuint (ino, ==, st.st_ino);
}

/* It is the directory's, whoever opens it, for as long as somebody has it open. */
static void
test_covered (void)
{
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *other_dir = make_dir ("other");
  g_autoptr (TempParent) other = open_parent (other_dir);
  TempParent *parent = open_parent (dir);
  TempParent *again;

  g_assert_false (temp_parent_is_covered (parent));
  temp_parent_set_covered (parent, NULL, TRUE);
  g_assert_true (temp_parent_is_covered (parent));
  again = open_parent (dir);
  g_assert_true (temp_parent_is_covered (again));
  g_assert_false (temp_parent_is_covered (other));
  temp_parent_set_covered (again, NULL, FALSE);
  g_assert_false (temp_parent_is_covered (parent));
  temp_parent_set_covered (again, NULL, TRUE);
  temp_parent_unref (parent);
  g_assert_true (temp_parent_is_covered (again));
  temp_parent_unref (again);

  temp_parent_forget_recent ();
  parent = open_parent (dir);
  g_assert_false (temp_parent_is_covered (parent));
  temp_parent_unref (parent);
}

/* What covers a directory covers those below it, as long as it is so. */
static void
test_covered_by_above (void)
{
  g_autofree char *top_dir = make_dir ("top");
  g_autofree char *middle_dir = make_dir ("top/middle");
  g_autofree char *low_dir = make_dir ("top/middle/low");
  g_autoptr (TempParent) top = open_parent (top_dir);
  g_autoptr (TempParent) low = open_parent (low_dir);
  TempParent *middle = open_parent (middle_dir);

  temp_parent_set_covered (middle, top, FALSE);
  temp_parent_set_covered (low, middle, FALSE);
  temp_parent_unref (middle);
  g_assert_false (temp_parent_is_covered (low));

  temp_parent_set_covered (top, NULL, TRUE);
  g_assert_true (temp_parent_is_covered (low));
  temp_parent_set_covered (top, NULL, FALSE);
  g_assert_false (temp_parent_is_covered (low));
}

/* The last ones that nobody needs stay open, but few, and not where they would be in the way. */
static void
test_recent (void)
{
  g_autofree char *one_dir = make_dir ("one");
  guint n_fds = test_count_fds ();
  TempParent *one = open_parent (one_dir);
  int fd = temp_parent_get_fd (one);

  temp_parent_unref (one);
  if (fcntl (fd, F_GETFD) < 0)
    {
      g_test_skip ("this filesystem may be unmounted");
      return;
    }

  for (guint i = 1; i <= TEMP_PARENT_N_RECENT; i++)
    {
      g_autofree char *base = g_strdup_printf ("other-%u", i);
      g_autofree char *dir = make_dir (base);

      one = open_parent (one_dir);
      g_assert_cmpint (temp_parent_get_fd (one), ==, fd);
      temp_parent_unref (one);
      temp_parent_unref (open_parent (dir));
    }
  g_assert_cmpint (fcntl (fd, F_GETFD), <, 0);

  temp_parent_forget_recent ();
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* After somebody has closed it: the same one, or none. */
static void
test_reopen (void)
{
  g_autofree char *one_dir = make_dir ("one");
  g_autofree char *two_dir = make_dir ("two");
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempParent) parent = open_parent (one_dir);
  int fd = temp_parent_get_fd (parent);
  struct stat st, made;

  g_assert_true (temp_parent_reopen (parent, one_dir));
  g_assert_cmpint (temp_parent_get_fd (parent), ==, fd);

  g_assert_no_errno (close (fd));
  g_assert_false (temp_parent_reopen (parent, two_dir));
  g_assert_false (temp_parent_reopen (parent, missing));
  g_assert_true (temp_parent_reopen (parent, one_dir));
  g_assert_no_errno (stat (one_dir, &made));
  g_assert_no_errno (fstat (temp_parent_get_fd (parent), &st));
  g_assert_cmpuint (st.st_ino, ==, made.st_ino);
  g_assert_cmpint (fcntl (temp_parent_get_fd (parent), F_GETFD), ==, FD_CLOEXEC);
}

static void
assert_fails (const char *dir,
              int         code)
{
  guint n_fds = test_count_fds ();
  g_autoptr (GError) error = NULL;

  g_assert_null (temp_parent_open (dir, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, dir);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_errors (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *loop = test_path ("loop");

  test_write (file, "");
  g_assert_no_errno (symlink (loop, loop));
  assert_fails (missing, G_IO_ERROR_NOT_FOUND);
  assert_fails (file, G_IO_ERROR_NOT_DIRECTORY);
  assert_fails (loop, G_IO_ERROR_TOO_MANY_LINKS);
}

/* Writing needs no reading. */
static void
child_permissions (gconstpointer data)
{
  g_autofree char *write_only = test_path ("write-only");
  g_autofree char *closed = test_path ("closed");
  g_autofree char *inner = test_path ("closed/inner");
  g_autoptr (TempParent) parent = NULL;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");

  g_assert_no_errno (g_mkdir (write_only, 0300));
  parent = open_parent (write_only);
  g_assert_no_errno (mkdirat (temp_parent_get_fd (parent), "sub", 0700));

  g_assert_no_errno (g_mkdir (closed, 0700));
  g_assert_no_errno (g_mkdir (inner, 0700));
  g_assert_no_errno (chmod (closed, 0));
  assert_fails (inner, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_no_errno (chmod (closed, 0700));
  g_assert_no_errno (chmod (write_only, 0700));
}

static void
test_permissions (void)
{
  test_in_child (child_permissions, NULL);
}

static gpointer
open_and_unref (gpointer data)
{
  char **dirs = data;

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (TempParent) parent = open_parent (dirs[i % 2]);
      g_autoptr (TempParent) again = temp_parent_open (dirs[i % 2], NULL);

      g_assert_true (again == parent);
      g_assert_cmpint (temp_parent_get_fd (parent), >=, 0);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autofree char *one = make_dir ("one");
  g_autofree char *two = make_dir ("two");
  char *dirs[] = { one, two };
  GThread *threads[4];
  guint n_fds;

  /* Some of GLib's, kept once it has them. */
  g_thread_join (g_thread_new ("open", open_and_unref, dirs));
  n_fds = test_count_fds ();

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("open", open_and_unref, dirs);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-parent/one-descriptor", test_one_descriptor);
  g_test_add_func ("/temp-parent/other-paths", test_other_paths);
  g_test_add_func ("/temp-parent/new-directory", test_new_directory);
  g_test_add_func ("/temp-parent/take", test_take);
  g_test_add_func ("/temp-parent/id", test_id);
  g_test_add_func ("/temp-parent/covered", test_covered);
  g_test_add_func ("/temp-parent/covered-by-above", test_covered_by_above);
  g_test_add_func ("/temp-parent/recent", test_recent);
  g_test_add_func ("/temp-parent/reopen", test_reopen);
  g_test_add_func ("/temp-parent/errors", test_errors);
  g_test_add_func ("/temp-parent/permissions", test_permissions);
  g_test_add_func ("/temp-parent/threads", test_threads);

  return g_test_run ();
}
