/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "platform/both.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#define HERE TEMP_HANDLE_CURRENT_DIR

static TempHandle
open_test_dir (const TempPlatform *p,
               TempOpenFlags       flags)
{
  TempHandle dir = p->open_dir (HERE, test_dir (), flags);

  g_assert_no_errno (dir);
  return dir;
}

static TempHandle
create (const TempPlatform *p,
        TempHandle          dir,
        const char         *name)
{
  TempHandle file = p->create_file (dir, name, 0, 0600);

  g_assert_no_errno (file);
  return file;
}

static void
write_text (const TempPlatform *p,
            TempHandle          file,
            const char         *text)
{
  g_assert_cmpint (p->write (file, text, strlen (text)), ==, strlen (text));
}

static void
assert_text (const TempPlatform *p,
             TempHandle          file,
             const char         *expected)
{
  char found[64];
  gssize n = p->read_at (file, found, sizeof found, 0);

  g_assert_no_errno (n);
  g_assert_cmpmem (found, n, expected, strlen (expected));
}

static void
assert_is_private (TempHandle handle)
{
  g_assert_cmpint (fcntl (handle, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
}

static void
test_open_dir (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  temp_autofd TempHandle sub = -1, followed = -1, listed = -1;
  TempStat st;

  g_assert_no_errno (file);
  g_assert_no_errno (p->make_dir (dir, "sub", 0700));
  g_assert_no_errno (p->make_symlink ("sub", dir, "link"));

  sub = p->open_dir (dir, "sub", 0);
  g_assert_no_errno (sub);
  assert_is_private (sub);
  g_assert_no_errno (p->stat (sub, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_DIR);
  followed = p->open_dir (dir, "link", TEMP_OPEN_FOLLOW);
  g_assert_no_errno (followed);
  listed = p->open_dir (sub, ".", TEMP_OPEN_LIST);
  g_assert_no_errno (listed);
  g_assert_no_errno (p->sync (listed, TEMP_SYNC_FILE));

  assert_fails (p->open_dir (dir, "none", 0), ENOENT);
  assert_fails (p->open_dir (dir, "file", 0), ENOTDIR);
  g_assert_cmpint (p->open_dir (dir, "link", 0), ==, -1);
  g_assert_true (errno == ENOTDIR || errno == ELOOP);
}

static void
test_on_mount (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle root = p->open_dir (HERE, "/", 0);
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle sub = -1;
  TempMount root_mount, mount;

  g_assert_no_errno (p->make_dir (dir, "sub", 0700));
  g_assert_no_errno (p->make_symlink ("sub", dir, "link"));
  sub = p->open_dir_on_mount (dir, "sub", 0);
  if (sub < 0 && (errno == ENOSYS || errno == EPERM))
    {
      g_test_skip ("no openat2() here");
      return;
    }

  g_assert_no_errno (sub);
  assert_is_private (sub);
  g_assert_cmpint (p->open_dir_on_mount (dir, "link", 0), ==, -1);
  g_assert_true (errno == ENOTDIR || errno == ELOOP);
  assert_fails (p->open_dir_on_mount (dir, "none", 0), ENOENT);

  g_assert_no_errno (p->get_mount (root, &root_mount));
  sub = (temp_fd_clear (&sub), p->open_dir (root, "proc", 0));
  if (sub >= 0 && p->get_mount (sub, &mount) == 0 && mount.id != root_mount.id)
    {
      g_assert_true (mount.is_root);
      assert_fails (p->open_dir_on_mount (root, "proc", 0), EXDEV);
    }
}

static void
test_look (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  temp_autofd TempHandle sub = -1, looked = -1, other = -1;
  TempStat st, again;

  g_assert_no_errno (file);
  g_assert_no_errno (p->make_dir (dir, "sub", 0700));
  g_assert_no_errno (p->make_symlink ("sub", dir, "link"));
  g_assert_no_errno (p->make_special (dir, "pipe", TEMP_KIND_PIPE, 0600, 0));

  g_assert_no_errno (p->look (dir, "file", &looked, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_FILE);
  assert_is_private (looked);
  g_assert_no_errno (p->stat (looked, &again));
  g_assert_true (temp_file_id_equal (&st.id, &again.id));

  g_assert_no_errno (p->look (dir, "sub", &sub, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_DIR);
  g_assert_no_errno (p->make_dir (sub, "below", 0700));

  g_assert_no_errno (p->look (dir, "link", &other, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_SYMLINK);
  g_assert_cmpint (other >= 0, ==, !is_posix (p));
  temp_fd_clear (&other);
  g_assert_no_errno (p->look (dir, "pipe", &other, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_PIPE);

  temp_fd_clear (&other);
  assert_fails (p->look (dir, "none", &other, &st), ENOENT);
  g_assert_cmpint (other, ==, -1);
  assert_fails (p->look (dir, "file/none", &other, &st), ENOTDIR);
}

/* A file that may not be read. */
static void
child_look_shut (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = -1;
  temp_autofd TempHandle looked = -1;
  TempStat st;

  g_assert_no_errno (chmod (test_dir (), 0777));
  if (!test_become_nobody ())
    test_child_skip ("this user cannot become another one");

  dir = open_test_dir (p, 0);
  close (create (p, dir, "shut"));
  g_assert_no_errno (p->set_mode (dir, "shut", 0));
  if (is_posix (p))
    {
      assert_fails (p->look (dir, "shut", &looked, &st), EACCES);
      return;
    }
  g_assert_no_errno (p->look (dir, "shut", &looked, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_FILE);
}

static void
test_look_shut (gconstpointer data)
{
  test_in_child (child_look_shut, data);
}

static void
test_open_file (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  temp_autofd TempHandle reader = -1, appender = -1, pipe = -1;

  write_text (p, file, "one");
  reader = p->open_file (dir, "file", 0);
  g_assert_no_errno (reader);
  assert_is_private (reader);
  assert_text (p, reader, "one");
  assert_fails (p->write (reader, "x", 1), EBADF);

  appender = p->open_file (dir, "file", TEMP_OPEN_APPEND);
  g_assert_no_errno (appender);
  g_assert_cmpint (p->is_appending (appender), ==, 1);
  write_text (p, appender, " two");
  assert_text (p, appender, "one two");

  g_assert_no_errno (p->make_special (dir, "pipe", TEMP_KIND_PIPE, 0600, 0));
  pipe = p->open_file (dir, "pipe", TEMP_OPEN_DONT_BLOCK);
  g_assert_no_errno (pipe);

  g_assert_no_errno (p->make_symlink ("file", dir, "link"));
  assert_fails (p->open_file (dir, "link", 0), ELOOP);
  assert_fails (p->open_file (dir, "none", 0), ENOENT);
  assert_fails (p->open_file (dir, "file/none", 0), ENOTDIR);
}

static void
test_create_file (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = p->create_file (dir, "file", TEMP_OPEN_APPEND, 0666);
  TempStat st;

  g_assert_no_errno (file);
  assert_is_private (file);
  g_assert_cmpint (p->is_appending (file), ==, 1);
  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmphex (st.mode, ==, 0644); /* the tests' umask */

  g_assert_no_errno (p->make_symlink ("none", dir, "link"));
  assert_fails (p->create_file (dir, "file", 0, 0600), EEXIST);
  assert_fails (p->create_file (dir, "link", 0, 0600), EEXIST);
  assert_fails (p->create_file (dir, "none/file", 0, 0600), ENOENT);
}

static void
test_create_nameless (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, TEMP_OPEN_LIST);
  temp_autofd TempHandle file = p->create_nameless (dir, ".", 0600);
  TempStat st;

  if (is_posix (p))
    {
      assert_fails (file, ENOSYS);
      assert_fails (p->link_handle (dir, dir, "name"), ENOSYS);
      return;
    }
  if (file < 0 && errno == EOPNOTSUPP)
    {
      g_test_skip ("no nameless files here");
      return;
    }

  g_assert_no_errno (file);
  assert_is_private (file);
  test_assert_list (NULL, "");
  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmpuint (st.n_links, ==, 0);
  assert_fails (p->create_nameless (dir, "none", 0600), ENOENT);

  close (create (p, dir, "taken"));
  assert_fails (p->link_handle (file, dir, "taken"), EEXIST);
  g_assert_no_errno (p->link_handle (file, dir, "name"));
  test_assert_list (NULL, "name taken");

  /* Once it has lost its last name, it gets none any more. */
  g_assert_no_errno (p->remove_file (dir, "name"));
  assert_fails (p->link_handle (file, dir, "name"), ENOENT);
}

static void
test_handles (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle a = create (p, dir, "a");
  temp_autofd TempHandle b = p->create_file (dir, "b", TEMP_OPEN_APPEND, 0600);
  temp_autofd TempHandle copy = p->duplicate (a);

  g_assert_no_errno (copy);
  assert_is_private (copy);
  write_text (p, copy, "a");
  assert_text (p, a, "a");

  g_assert_no_errno (p->replace (b, copy));
  assert_is_private (copy);
  write_text (p, copy, "b");
  assert_text (p, b, "b");

  g_assert_cmpint (p->is_appending (a), ==, 0);
  g_assert_no_errno (p->copy_flags (b, a));
  g_assert_cmpint (p->is_appending (a), ==, 1);

  g_assert_no_errno (fcntl (a, F_SETFD, 0));
  g_assert_no_errno (p->close_on_exec (a));
  assert_is_private (a);

  assert_fails (p->duplicate (-1), EBADF);
  assert_fails (p->replace (-1, copy), EBADF);
  assert_fails (p->is_appending (-1), EBADF);
  assert_fails (p->copy_flags (a, -1), EBADF);
  assert_fails (p->close_on_exec (-1), EBADF);
  g_assert_no_errno (p->close (g_steal_fd (&a)));
  assert_fails (p->close (-1), EBADF);
}

static void
test_paths_of_handles (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "before");
  g_autofree char *expected = test_path ("after");
  char link[64], path[4096];

  write_text (p, file, "text");
  g_assert_no_errno (p->rename (dir, "before", dir, "after", TEMP_RENAME_REPLACE));

  if (is_posix (p))
    {
      assert_fails (p->get_link (file, FALSE, link, sizeof link), ENOSYS);
      assert_fails (p->find_path (file, path, sizeof path), ENOSYS);
      return;
    }

  for (int for_others = 0; for_others < 2; for_others++)
    {
      g_assert_no_errno (p->get_link (file, for_others, link, sizeof link));
      test_assert_contents (link, "text");
    }
  g_assert_cmpmem (path, p->find_path (file, path, sizeof path), expected, strlen (expected));
  assert_fails (p->find_path (-1, path, sizeof path), ENOENT);
}

static void
test_contents (gconstpointer data)
{
  const TempPlatform *p = data;
  const TempPiece pieces[] = { { "th", 2 }, { "", 0 }, { "ree", 3 } };
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  char found[4];

  write_text (p, file, "one");
  g_assert_cmpint (p->write_at (file, "two", 3, 3), ==, 3);
  g_assert_cmpint (p->seek (file, 0, TEMP_SEEK_HERE), ==, 3);
  g_assert_cmpint (p->seek (file, 0, TEMP_SEEK_END), ==, 6);
  g_assert_cmpint (p->write_pieces (file, pieces, G_N_ELEMENTS (pieces)), ==, 5);
  assert_text (p, file, "onetwothree");

  g_assert_cmpint (p->seek (file, 1, TEMP_SEEK_START), ==, 1);
  g_assert_cmpint (p->read (file, found, sizeof found), ==, sizeof found);
  g_assert_cmpmem (found, sizeof found, "netw", 4);
  g_assert_cmpint (p->seek (file, -2, TEMP_SEEK_HERE), ==, 3);
  assert_fails (p->seek (file, -1, TEMP_SEEK_START), EINVAL);
  assert_fails (p->seek (file, 0, (TempSeek) 99), EINVAL);

  g_assert_no_errno (p->set_size (file, 3));
  assert_text (p, file, "one");
  assert_fails (p->set_size (file, -1), EINVAL);

  assert_fails (p->read (-1, found, 1), EBADF);
  assert_fails (p->read_at (-1, found, 1, 0), EBADF);
  assert_fails (p->write (-1, "x", 1), EBADF);
  assert_fails (p->write_at (-1, "x", 1, 0), EBADF);
  assert_fails (p->write_pieces (-1, pieces, 1), EBADF);
  assert_fails (p->seek (-1, 0, TEMP_SEEK_HERE), EBADF);
  assert_fails (p->set_size (-1, 0), EBADF);
  assert_fails (p->read (dir, found, 1), is_posix (p) ? EISDIR : EBADF);
}

/* The bytes stay, and have room. */
static void
test_allocate (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  TempStat st;

  write_text (p, file, "text");
  if (p->allocate (file, 1000000) < 0)
    {
      g_assert_true (errno == ENOSYS || errno == EOPNOTSUPP || errno == EINVAL);
      g_test_skip ("this filesystem cannot allocate");
      return;
    }

  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmpint (st.size, ==, is_posix (p) ? 1000000 : 4);
  g_assert_cmpint (st.allocated, >=, 1000000);
  g_assert_no_errno (p->set_size (file, 4));
  assert_text (p, file, "text");
  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmpint (st.allocated, <, 1000000);

  assert_fails (p->allocate (-1, 1), EBADF);
}

/* In a filesystem of its own, which is full then. */
static void
allocate_too_much (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = TEMP_HANDLE_NONE;
  temp_autofd TempHandle file = TEMP_HANDLE_NONE;

  if (!test_mount_tmpfs (test_dir (), "size=1m"))
    test_child_skip ("no filesystem can be mounted");

  dir = open_test_dir (p, 0);
  file = create (p, dir, "file");
  write_text (p, file, "text");
  assert_fails (p->allocate (file, 2 * 1024 * 1024), ENOSPC);
  g_assert_no_errno (p->set_size (file, 4));
  assert_text (p, file, "text");
}

static void
test_allocate_too_much (gconstpointer data)
{
  test_in_child (allocate_too_much, data);
}

static void
test_open_to_write (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  temp_autofd TempHandle again = -1;

  write_text (p, file, "one");
  again = p->open_file (dir, "file", TEMP_OPEN_WRITE);
  g_assert_no_errno (again);
  g_assert_cmpint (p->write_at (again, "w", 1, 2), ==, 1);
  assert_text (p, again, "onw");
}

static void
test_many_pieces (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  const gsize n_pieces = 5000;
  g_autofree TempPiece *pieces = g_new (TempPiece, n_pieces);
  gssize n;

  for (gsize i = 0; i < n_pieces; i++)
    pieces[i] = (TempPiece) { "x", 1 };
  n = p->write_pieces (file, pieces, n_pieces);
  g_assert_cmpint (n, >, 0);
  g_assert_cmpint (n, <=, n_pieces);
  g_assert_cmpint (p->seek (file, 0, TEMP_SEEK_HERE), ==, n);
}

static void
test_holes (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  const gint64 large = 1024 * 1024;
  TempStat st;

  g_assert_no_errno (p->set_size (file, 2 * large));
  g_assert_cmpint (p->write_at (file, "x", 1, large), ==, 1);
  g_assert_no_errno (p->stat (file, &st));
  if (st.allocated >= st.size || p->seek (file, 0, TEMP_SEEK_DATA) == 0)
    {
      g_test_skip ("no holes here");
      return;
    }

  g_assert_cmpint (p->seek (file, 0, TEMP_SEEK_DATA), ==, large);
  g_assert_cmpint (p->seek (file, large, TEMP_SEEK_HOLE), >, large);
  assert_fails (p->seek (file, 2 * large, TEMP_SEEK_DATA), ENXIO);
}

static void
test_sync (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, TEMP_OPEN_LIST);
  temp_autofd TempHandle file = create (p, dir, "file");

  g_assert_no_errno (p->sync (file, TEMP_SYNC_FILE));
  g_assert_no_errno (p->sync (file, TEMP_SYNC_DATA));
  g_assert_no_errno (p->sync (dir, TEMP_SYNC_FILE));
  assert_fails (p->sync (-1, TEMP_SYNC_FILE), EBADF);
  assert_fails (p->sync (-1, TEMP_SYNC_DATA), EBADF);

  /* POSIX's call syncs all filesystems of this machine. */
  if (!is_posix (p) || test_is_full ())
    {
      g_assert_no_errno (p->sync (file, TEMP_SYNC_FILESYSTEM));
      assert_fails (p->sync (-1, TEMP_SYNC_FILESYSTEM), EBADF);
    }
}

static void
test_copies (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle in = create (p, dir, "in");
  temp_autofd TempHandle out = create (p, dir, "out");
  TempHandle ends[2] = { -1, -1 };

  write_text (p, in, "123456");
  p->seek (in, 0, TEMP_SEEK_START);
  if (is_posix (p))
    {
      assert_fails (p->copy_range (in, out, 2), ENOSYS);
      assert_fails (p->send (in, out, 2), ENOSYS);
      assert_fails (p->splice (in, out, 2, TRUE), ENOSYS);
      assert_fails (p->make_pipe (ends, 4096), ENOSYS);
      return;
    }

  g_assert_cmpint (p->copy_range (in, out, 2), ==, 2);
  g_assert_cmpint (p->send (in, out, 2), ==, 2);
  assert_fails (p->splice (in, out, 2, TRUE), EINVAL);
  g_assert_no_errno (p->make_pipe (ends, 65536));
  assert_is_private (ends[0]);
  assert_is_private (ends[1]);
  g_assert_cmpint (fcntl (ends[1], F_GETPIPE_SZ), ==, 65536);
  g_assert_cmpint (p->splice (in, ends[1], 100, TRUE), ==, 2);
  g_assert_cmpint (p->splice (ends[0], out, 100, FALSE), ==, 2);
  assert_fails (p->splice (ends[0], out, 100, TRUE), EAGAIN);
  assert_text (p, out, "123456");
  close (ends[0]);
  close (ends[1]);

  ends[0] = ends[1] = -1;
  assert_fails (p->make_pipe (ends, -1), EINVAL);
  g_assert_cmpint (ends[0], ==, -1);
  assert_fails (p->copy_range (-1, out, 1), EBADF);
  assert_fails (p->send (-1, out, 1), EBADF);
}

static void
test_lock (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, TEMP_OPEN_LIST);
  temp_autofd TempHandle a = p->open_dir (dir, ".", TEMP_OPEN_LIST);
  temp_autofd TempHandle b = p->open_dir (dir, ".", TEMP_OPEN_LIST);
  temp_autofd TempHandle copy = p->duplicate (a);

  g_assert_no_errno (p->lock (a, TEMP_LOCK_SHARED, FALSE));
  g_assert_no_errno (p->lock (b, TEMP_LOCK_SHARED, TRUE));
  assert_fails (p->lock (a, TEMP_LOCK_EXCLUSIVE, FALSE), EWOULDBLOCK);
  g_assert_no_errno (p->lock (b, TEMP_LOCK_NONE, TRUE));
  g_assert_no_errno (p->lock (a, TEMP_LOCK_EXCLUSIVE, TRUE));
  g_assert_no_errno (p->lock (copy, TEMP_LOCK_EXCLUSIVE, FALSE));
  assert_fails (p->lock (b, TEMP_LOCK_SHARED, FALSE), EWOULDBLOCK);

  /* The duplicate still has it. */
  temp_fd_clear (&a);
  assert_fails (p->lock (b, TEMP_LOCK_SHARED, FALSE), EWOULDBLOCK);
  temp_fd_clear (&copy);
  g_assert_no_errno (p->lock (b, TEMP_LOCK_SHARED, FALSE));
  assert_fails (p->lock (-1, TEMP_LOCK_SHARED, FALSE), EBADF);
}

static void
test_pin_lock (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p, 0);
  temp_autofd TempHandle file = create (p, dir, "file");
  temp_autofd TempHandle other = p->open_file (dir, "file", 0);
  void *pin;

  g_assert_no_errno (p->lock (file, TEMP_LOCK_SHARED, FALSE));
  if (is_posix (p))
    {
      assert_fails (p->pin_lock (file, &pin), ENOSYS);
      return;
    }
  if (p->pin_lock (file, &pin) < 0)
    {
      g_assert_cmpint (errno, ==, EOPNOTSUPP);
      g_test_skip ("no pins on this filesystem");
      return;
    }

  temp_fd_clear (&file);
  assert_fails (p->lock (other, TEMP_LOCK_EXCLUSIVE, FALSE), EWOULDBLOCK);
  g_assert_no_errno (p->unpin_lock (pin));
  g_assert_no_errno (p->lock (other, TEMP_LOCK_EXCLUSIVE, FALSE));
  assert_fails (p->pin_lock (-1, &pin), EBADF);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_both ("open-dir", test_open_dir);
  add_both ("open-dir/on-mount", test_on_mount);
  add_both ("look", test_look);
  add_both ("look/without-permission", test_look_shut);
  add_both ("open-file", test_open_file);
  add_both ("create-file", test_create_file);
  add_both ("create-nameless", test_create_nameless);
  add_both ("handles", test_handles);
  add_both ("handles/paths", test_paths_of_handles);
  add_both ("contents", test_contents);
  add_both ("contents/allocate", test_allocate);
  add_both ("contents/allocate/no-space", test_allocate_too_much);
  add_both ("contents/open-to-write", test_open_to_write);
  add_both ("contents/many-pieces", test_many_pieces);
  add_both ("contents/holes", test_holes);
  add_both ("contents/sync", test_sync);
  add_both ("contents/copies", test_copies);
  add_both ("lock", test_lock);
  add_both ("lock/pin", test_pin_lock);

  return g_test_run ();
}
