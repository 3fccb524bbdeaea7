/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/copy-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

typedef struct
{
  char *from;
  char *to;
  int   from_fd;
  int   to_fd;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->from = test_path ("from");
  fixture->to = test_path ("to");
  g_assert_no_errno (mkdir (fixture->from, 0700));
  g_assert_no_errno (mkdir (fixture->to, 0700));
  fixture->from_fd = open (fixture->from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  fixture->to_fd = open (fixture->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fixture->from_fd);
  g_assert_no_errno (fixture->to_fd);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close (fixture->from_fd);
  close (fixture->to_fd);
  g_free (fixture->from);
  g_free (fixture->to);
}

static void
put (Fixture    *fixture,
     const char *name,
     const char *contents)
{
  g_autofree char *path = g_build_filename (fixture->from, name, NULL);

  test_write (path, contents);
}

static void
assert_copies (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint n_fds = test_count_fds ();

  temp_copy_tree (fixture->from_fd, fixture->to_fd, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
stat_both (Fixture     *fixture,
           const char  *name,
           struct stat *from,
           struct stat *to)
{
  g_assert_no_errno (fstatat (fixture->from_fd, name, from, AT_SYMLINK_NOFOLLOW));
  g_assert_no_errno (fstatat (fixture->to_fd, name, to, AT_SYMLINK_NOFOLLOW));
}

/* Copies one entry of each kind, with modes and times of its own. */
static void
test_kinds (Fixture       *fixture,
            gconstpointer  data)
{
  static const char *const names[] = { "file", "dir", "dir/inside", "link", "dangling", "pipe", "read-only" };
  g_autofree char *target = NULL;
  g_autofree char *copied = g_build_filename (fixture->to, "dir", "inside", NULL);
  g_autofree char *link = g_build_filename (fixture->to, "link", NULL);

  put (fixture, "file", "contents");
  g_assert_no_errno (mkdirat (fixture->from_fd, "dir", 0700));
  put (fixture, "dir/inside", "deep");
  g_assert_no_errno (symlinkat ("dir/inside", fixture->from_fd, "link"));
  g_assert_no_errno (symlinkat ("/nonexistent", fixture->from_fd, "dangling"));
  g_assert_no_errno (mkfifoat (fixture->from_fd, "pipe", 0622));
  g_assert_no_errno (mkdirat (fixture->from_fd, "read-only", 0700));
  put (fixture, "read-only/file", "x");

  g_assert_no_errno (fchmodat (fixture->from_fd, "file", 04751, 0));
  g_assert_no_errno (fchmodat (fixture->from_fd, "dir", 0753, 0));
  g_assert_no_errno (fchmodat (fixture->from_fd, "read-only", 0500, 0));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const struct timespec times[2] = { { .tv_sec = 1000000 + i, .tv_nsec = 3 }, { .tv_sec = 2000000 + i, .tv_nsec = 4 } };

      g_assert_no_errno (utimensat (fixture->from_fd, names[i], times, AT_SYMLINK_NOFOLLOW));
    }

  assert_copies (fixture);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      struct stat from, to;

      g_test_message ("%s", names[i]);
      stat_both (fixture, names[i], &from, &to);
      g_assert_cmphex (to.st_mode, ==, from.st_mode);
      g_assert_cmpint (to.st_mtim.tv_sec, ==, 2000000 + i);
      g_assert_cmpint (to.st_mtim.tv_nsec, ==, 4);
      g_assert_cmpuint (to.st_ino, !=, from.st_ino);
    }

  g_assert_true (g_file_get_contents (copied, &target, NULL, NULL));
  g_assert_cmpstr (target, ==, "deep");
  g_free (target);
  target = g_file_read_link (link, NULL);
  g_assert_cmpstr (target, ==, "dir/inside");
}

static void
test_hard_links (Fixture       *fixture,
                 gconstpointer  data)
{
  struct stat first, second, third;

  g_assert_no_errno (mkdirat (fixture->from_fd, "dir", 0700));
  put (fixture, "first", "x");
  g_assert_no_errno (linkat (fixture->from_fd, "first", fixture->from_fd, "second", 0));
  g_assert_no_errno (linkat (fixture->from_fd, "first", fixture->from_fd, "dir/third", 0));

  assert_copies (fixture);
  g_assert_no_errno (fstatat (fixture->to_fd, "first", &first, 0));
  g_assert_no_errno (fstatat (fixture->to_fd, "second", &second, 0));
  g_assert_no_errno (fstatat (fixture->to_fd, "dir/third", &third, 0));
  g_assert_cmpuint (first.st_nlink, ==, 3);
  g_assert_cmpuint (first.st_ino, ==, second.st_ino);
  g_assert_cmpuint (first.st_ino, ==, third.st_ino);
}

static void
test_attributes (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autofree char *from = g_build_filename (fixture->from, "file", NULL);
  g_autofree char *to = g_build_filename (fixture->to, "file", NULL);
  char found[8];

  if (test_skips_on_posix ("no extended attributes"))
    return;
  put (fixture, "file", "x");
  if (setxattr (from, "user.origin", "here", 4, 0) < 0)
    {
      g_test_skip ("no extended attributes here");
      return;
    }

  assert_copies (fixture);
  g_assert_cmpint (getxattr (to, "user.origin", found, sizeof found), ==, 4);
  g_assert_cmpmem (found, 4, "here", 4);
}

/* Deeper than a path can be long. */
static void
test_deep (Fixture       *fixture,
           gconstpointer  data)
{
  const guint n_levels = 60;
  g_autofree char *name = g_strnfill (100, 'n');
  temp_autofd int fd = dup (fixture->from_fd);
  temp_autofd int copy_fd = dup (fixture->to_fd);
  struct stat st;

  for (guint i = 0; i < n_levels; i++)
    {
      int child;

      g_assert_no_errno (mkdirat (fd, name, 0700));
      child = openat (fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_assert_no_errno (child);
      temp_fd_clear (&fd);
      fd = child;
    }
  g_assert_no_errno (mkdirat (fd, "bottom", 0700));

  assert_copies (fixture);

  for (guint i = 0; i < n_levels; i++)
    {
      int child = openat (copy_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

      g_assert_no_errno (child);
      temp_fd_clear (&copy_fd);
      copy_fd = child;
    }
  g_assert_no_errno (fstatat (copy_fd, "bottom", &st, 0));
}

static void
test_cancelled (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  put (fixture, "file", "x");
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_copy_tree (fixture->from_fd, fixture->to_fd, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* A directory has the name of a file. */
static void
test_error (Fixture       *fixture,
            gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "file", "x");
  g_assert_no_errno (mkdirat (fixture->to_fd, "file", 0700));
  g_assert_false (temp_copy_tree (fixture->from_fd, fixture->to_fd, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  test_assert_error_mentions (error, "“file”");
}

#define ADD(path, function) g_test_add ("/tree/copy/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  ADD ("keeps-kinds-and-modes-and-times", test_kinds);
  ADD ("keeps-hard-links", test_hard_links);
  ADD ("keeps-attributes", test_attributes);
  ADD ("goes-however-deep", test_deep);
  ADD ("stops-if-cancelled", test_cancelled);
  ADD ("names-file-and-directory-in-an-error", test_error);

  return g_test_run ();
}
