/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "platform/both.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#define HERE TEMP_HANDLE_CURRENT_DIR

static TempHandle
open_test_dir (const TempPlatform *p)
{
  TempHandle dir = p->open_dir (HERE, test_dir (), TEMP_OPEN_LIST);

  g_assert_no_errno (dir);
  return dir;
}

static void
create (const TempPlatform *p,
        TempHandle          dir,
        const char         *name)
{
  TempHandle file = p->create_file (dir, name, 0, 0600);

  g_assert_no_errno (file);
  close (file);
}

static void
test_make (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  char target[16];
  TempStat st;

  g_assert_no_errno (p->make_dir (dir, "dir", 0777));
  g_assert_no_errno (p->stat_name (dir, "dir", &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_DIR);
  g_assert_cmphex (st.mode & 0777, ==, 0755); /* the tests' umask */
  assert_fails (p->make_dir (dir, "dir", 0700), EEXIST);
  assert_fails (p->make_dir (dir, "none/dir", 0700), ENOENT);

  g_assert_no_errno (p->make_symlink ("target", dir, "link"));
  g_assert_cmpint (p->read_link (dir, "link", target, sizeof target), ==, 6);
  g_assert_cmpmem (target, 6, "target", 6);
  assert_fails (p->make_symlink ("target", dir, "link"), EEXIST);
  assert_fails (p->read_link (dir, "dir", target, sizeof target), EINVAL);
  assert_fails (p->read_link (dir, "none", target, sizeof target), ENOENT);

  g_assert_no_errno (p->make_special (dir, "pipe", TEMP_KIND_PIPE, 0600, 0));
  g_assert_no_errno (p->stat_name (dir, "pipe", &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_PIPE);
  g_assert_no_errno (p->make_special (dir, "socket", TEMP_KIND_SOCKET, 0600, 0));
  g_assert_no_errno (p->stat_name (dir, "socket", &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_SOCKET);
  assert_fails (p->make_special (dir, "pipe", TEMP_KIND_PIPE, 0600, 0), EEXIST);
}

static void
test_link (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  TempStat a, b;

  create (p, dir, "a");
  g_assert_no_errno (p->link (dir, "a", dir, "b"));
  g_assert_no_errno (p->stat_name (dir, "a", &a));
  g_assert_no_errno (p->stat_name (dir, "b", &b));
  g_assert_true (temp_file_id_equal (&a.id, &b.id));
  g_assert_cmpuint (b.n_links, ==, 2);
  assert_fails (p->link (dir, "a", dir, "b"), EEXIST);
  assert_fails (p->link (dir, "none", dir, "c"), ENOENT);
}

static void
test_rename (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);

  create (p, dir, "a");
  create (p, dir, "b");
  g_assert_no_errno (p->make_dir (dir, "dir", 0700));
  create (p, dir, "dir/c");
  g_assert_no_errno (p->rename (dir, "a", dir, "b", TEMP_RENAME_REPLACE));
  test_assert_list (NULL, "b dir");
  assert_fails (p->rename (dir, "a", dir, "b", TEMP_RENAME_REPLACE), ENOENT);
  assert_fails (p->rename (dir, "b", dir, "dir", TEMP_RENAME_REPLACE), EISDIR);

  if (is_posix (p))
    {
      assert_fails (p->rename (dir, "b", dir, "d", TEMP_RENAME_NEW), ENOSYS);
      assert_fails (p->rename (dir, "b", dir, "dir", TEMP_RENAME_EXCHANGE), ENOSYS);
      return;
    }

  assert_fails (p->rename (dir, "b", dir, "dir", TEMP_RENAME_NEW), EEXIST);
  g_assert_no_errno (p->rename (dir, "b", dir, "d", TEMP_RENAME_NEW));
  test_assert_list (NULL, "d dir");
  g_assert_no_errno (p->rename (dir, "d", dir, "dir", TEMP_RENAME_EXCHANGE));
  test_assert_list ("d", "c");
  assert_fails (p->rename (dir, "d", dir, "none", TEMP_RENAME_EXCHANGE), ENOENT);
}

static void
test_remove (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);

  g_assert_no_errno (p->make_dir (dir, "dir", 0700));
  create (p, dir, "dir/file");
  assert_fails (p->remove_dir (dir, "dir"), ENOTEMPTY);
  assert_fails (p->remove_dir (dir, "dir/file"), ENOTDIR);
  assert_fails (p->remove_file (dir, "dir"), EISDIR);
  g_assert_no_errno (p->remove_file (dir, "dir/file"));
  g_assert_no_errno (p->remove_dir (dir, "dir"));
  assert_fails (p->remove_file (dir, "dir"), ENOENT);
  assert_fails (p->remove_dir (dir, "dir"), ENOENT);
}

static void
test_resolve (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  g_autofree char *link = test_path ("link");
  g_autofree char *expected = realpath (test_dir (), NULL);
  g_autofree char *before = NULL, *after = NULL;
  char *resolved = NULL;

  g_assert_no_errno (p->make_symlink (".", dir, "link"));
  g_assert_no_errno (p->resolve (link, &resolved));
  g_assert_cmpstr (resolved, ==, expected);
  free (resolved);
  assert_fails (p->resolve ("/none/none", &resolved), ENOENT);

  g_assert_no_errno (p->get_current_dir (&before));
  g_assert_no_errno (chdir (test_dir ()));
  g_assert_no_errno (p->get_current_dir (&after));
  g_assert_cmpstr (after, ==, expected);
  g_assert_no_errno (chdir (before));
}

/* Lists all that is there, by a buffer of that size, into a table of names. */
static GHashTable *
list_all (const TempPlatform *p,
          TempHandle          dir,
          TempListing       **listing,
          gsize               size)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *buffer = g_malloc (size);
  gssize n;

  while ((n = p->list (dir, listing, buffer, size)) > 0)
    for (gssize offset = 0; offset < n;)
      {
        const TempDirEntry *entry = (const TempDirEntry *) (gconstpointer) (buffer + offset);

        g_assert_true (g_hash_table_add (names, g_strdup (entry->name)));
        g_assert_cmpuint (entry->length, <=, TEMP_DIR_ENTRY_MAX_LENGTH);
        if (entry->kind != TEMP_KIND_UNKNOWN)
          g_assert_cmpint (entry->kind, ==, *entry->name == '.' ? TEMP_KIND_DIR : TEMP_KIND_FILE);
        offset += entry->length;
      }
  g_assert_no_errno (n);

  return names;
}

static void
test_listing (gconstpointer data)
{
  const TempPlatform *p = data;
  const guint n_files = 1000;
  g_autofree char *longest = g_strnfill (255, 'x');
  temp_autofd TempHandle dir = open_test_dir (p);
  temp_autofd TempHandle file = -1;
  TempListing *listing = NULL;
  char buffer[4096];

  create (p, dir, longest);
  for (guint i = 1; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      create (p, dir, name);
    }

  /* In many calls, and once more in few. */
  for (gsize size = 512; size <= 1024 * 1024; size *= 2048)
    {
      g_autoptr (GHashTable) names = list_all (p, dir, &listing, size);

      g_assert_cmpuint (g_hash_table_size (names), ==, n_files + 2);
      g_assert_true (g_hash_table_contains (names, longest));
      g_assert_cmpint (p->list (dir, &listing, buffer, sizeof buffer), ==, 0);
      g_assert_no_errno (p->rewind (dir, &listing));
    }

  assert_fails (p->list (dir, &listing, buffer, 8), EINVAL);
  p->end_list (&listing);
  g_assert_null (listing);
  g_assert_cmpint (p->list (-1, &listing, buffer, sizeof buffer), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
  file = p->open_file (dir, "1", 0);
  assert_fails (p->list (file, &listing, buffer, sizeof buffer), ENOTDIR);
  assert_fails (p->rewind (-1, &listing), EBADF);
  g_assert_null (listing);
}

static void
test_stat (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  temp_autofd TempHandle file = p->create_file (dir, "file", 0, 0640);
  const gint64 before = g_get_real_time () / G_USEC_PER_SEC;
  TempStat st, named, followed;
  TempMount mount;
  TempTime birth;
  TempFilesystem filesystem;
  TempFileId id;

  g_assert_cmpint (p->write (file, "12345", 5), ==, 5);
  g_assert_no_errno (p->make_symlink ("file", dir, "link"));
  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmpint (st.kind, ==, TEMP_KIND_FILE);
  g_assert_cmphex (st.mode, ==, 0640);
  g_assert_cmpuint (st.uid, ==, geteuid ());
  g_assert_cmpuint (st.n_links, ==, 1);
  g_assert_cmpint (st.size, ==, 5);
  g_assert_cmpint (ABS (st.modified.seconds - before), <, 3600);

  g_assert_no_errno (p->identify (file, &id));
  g_assert_true (temp_file_id_equal (&st.id, &id));
  g_assert_no_errno (p->stat_name (dir, "file", &named));
  g_assert_true (temp_file_id_equal (&st.id, &named.id));
  g_assert_no_errno (p->stat_name (dir, "link", &named));
  g_assert_cmpint (named.kind, ==, TEMP_KIND_SYMLINK);
  g_assert_false (temp_file_id_equal (&st.id, &named.id));
  g_assert_no_errno (p->stat_target (dir, "link", &followed));
  g_assert_true (temp_file_id_equal (&st.id, &followed.id));

  g_assert_no_errno (p->get_mount (file, &mount));
  g_assert_true (temp_file_id_equal (&st.id, &mount.file));
  g_assert_false (mount.is_root);
  if (p->get_birth (file, &birth) == 0)
    g_assert_cmpint (ABS (birth.seconds - before), <, 3600);
  else
    g_assert_cmpint (errno, ==, is_posix (p) ? ENOSYS : EOPNOTSUPP);
  g_assert_no_errno (p->get_filesystem (file, &filesystem));

  assert_fails (p->stat (-1, &st), EBADF);
  assert_fails (p->identify (-1, &id), EBADF);
  assert_fails (p->stat_name (dir, "none", &st), ENOENT);
  assert_fails (p->stat_target (dir, "file/none", &st), ENOTDIR);
  assert_fails (p->get_mount (-1, &mount), EBADF);
  if (!is_posix (p))
    {
      assert_fails (p->get_birth (-1, &birth), EBADF);
      assert_fails (p->get_filesystem (-1, &filesystem), EBADF);
    }
}

static void
child_may_list (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle top = open_test_dir (p);
  temp_autofd TempHandle dir = -1;

  g_assert_no_errno (p->make_dir (top, "shut", 0700));
  dir = p->open_dir (top, "shut", TEMP_OPEN_LIST);
  g_assert_no_errno (p->set_mode (dir, NULL, 0311));
  if (!test_become_nobody ())
    test_child_skip ("this user cannot become another one");
  assert_fails (p->may_list (dir), EACCES);
}

static void
child_may_write (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  temp_autofd TempHandle file = p->create_file (dir, "read-only", 0, 0444);

  g_assert_no_errno (file);
  if (!test_become_nobody ())
    test_child_skip ("this user cannot become another one");
  assert_fails (p->may_write (dir, "read-only"), EACCES);
}

static void
test_may_write (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);

  g_assert_no_errno (p->may_write (dir, "."));
  assert_fails (p->may_write (dir, "none"), ENOENT);
  test_in_child (child_may_write, data);
}

static void
test_may_list (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);

  g_assert_no_errno (p->may_list (dir));
  assert_fails (p->may_list (-1), EBADF);
  test_in_child (child_may_list, data);
}

static void
test_set (gconstpointer data)
{
  const TempPlatform *p = data;
  const TempTime accessed = { 1000000000, 1000 }, modified = { 3000000000, 2000 };
  temp_autofd TempHandle dir = open_test_dir (p);
  temp_autofd TempHandle file = p->create_file (dir, "file", 0, 0600);
  temp_autofd TempHandle looked = -1;
  TempStat st;

  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? NULL : "file";
      TempHandle handle = i == 0 ? file : dir;

      g_assert_no_errno (p->set_mode (handle, name, 0604 + i));
      g_assert_no_errno (p->set_times (handle, name, &accessed, &modified));
      g_assert_no_errno (p->set_owner (handle, name, -1, getegid ()));
      g_assert_no_errno (p->stat (file, &st));
      g_assert_cmphex (st.mode, ==, 0604 + i);
      g_assert_cmpint (st.accessed.seconds, ==, accessed.seconds);
      g_assert_cmpint (st.accessed.nanoseconds / 1000, ==, 1);
      if (st.modified.seconds != G_MAXINT32) /* the filesystem's last second */
        g_assert_cmpint (st.modified.seconds, ==, modified.seconds);
    }

  /* By a handle for which no permission was needed. */
  g_assert_no_errno (p->look (dir, "file", &looked, &st));
  g_assert_no_errno (p->set_mode (looked, NULL, 0640));
  g_assert_no_errno (p->stat (file, &st));
  g_assert_cmphex (st.mode, ==, 0640);

  assert_fails (p->set_mode (dir, "none", 0600), ENOENT);
  assert_fails (p->set_mode (-1, NULL, 0600), EBADF);
  assert_fails (p->set_times (dir, "none", &accessed, &modified), ENOENT);
  assert_fails (p->set_times (-1, NULL, &accessed, &modified), EBADF);
  assert_fails (p->set_owner (dir, "none", -1, -1), ENOENT);
  assert_fails (p->set_owner (-1, NULL, -1, -1), EBADF);
}

static void
test_attributes (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = open_test_dir (p);
  temp_autofd TempHandle file = p->create_file (dir, "file", 0, 0600);
  temp_autofd TempHandle looked = -1;
  g_autofree char *path = test_path ("file");
  char found[1024];
  TempStat st;
  gssize n;

  if (is_posix (p))
    {
      assert_fails (p->list_attributes (file, found, sizeof found), ENOSYS);
      assert_fails (p->get_attribute (file, "user.a", found, sizeof found), ENOSYS);
      assert_fails (p->set_attribute (file, "user.a", "x", 1), ENOSYS);
      assert_fails (p->remove_attribute (file, "user.a"), ENOSYS);
      assert_fails (p->has_acl (path), ENOSYS);
      return;
    }

  g_assert_cmpint (p->has_acl (path), ==, 0);
  if (p->set_attribute (file, "user.a", "xyz", 3) < 0)
    {
      g_test_skip ("no extended attributes here");
      return;
    }

  g_assert_no_errno (p->look (dir, "file", &looked, &st));
  for (guint i = 0; i < 2; i++)
    {
      TempHandle handle = i == 0 ? file : looked;

      n = p->list_attributes (handle, found, sizeof found);
      g_assert_cmpint (n, >=, 7);
      g_assert_nonnull (memmem (found, n, "user.a", 7));
      g_assert_cmpint (p->get_attribute (handle, "user.a", found, sizeof found), ==, 3);
      g_assert_cmpmem (found, 3, "xyz", 3);
      assert_fails (p->get_attribute (handle, "user.none", found, sizeof found), ENODATA);
    }

  g_assert_no_errno (p->remove_attribute (file, "user.a"));
  assert_fails (p->remove_attribute (file, "user.a"), ENODATA);
  assert_fails (p->list_attributes (-1, found, sizeof found), ENOENT);
  assert_fails (p->set_attribute (-1, "user.a", "x", 1), EBADF);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_both ("make", test_make);
  add_both ("link", test_link);
  add_both ("rename", test_rename);
  add_both ("remove", test_remove);
  add_both ("resolve", test_resolve);
  add_both ("list", test_listing);
  add_both ("stat", test_stat);
  add_both ("may-list", test_may_list);
  add_both ("may-write", test_may_write);
  add_both ("set", test_set);
  add_both ("attributes", test_attributes);

  return g_test_run ();
}
