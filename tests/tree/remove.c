/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* The library's calls of unlinkat() and getdents64() come here, so that a test can do
 * something right before or after one of them. */
static void (*before_unlinkat) (const char *base);
static void (*after_unlinkat) (const char *base,
                               gboolean    ok);
static void (*before_getdents) (int fd);
static void (*after_getdents) (void);
static gboolean hide_types;
static gboolean hide_inodes;
static ino_t shown_inode; /* but not this one */

int
unlinkat (int         dir_fd,
          const char *path,
          int         flags)
{
  int result, saved;

  if (before_unlinkat != NULL)
    before_unlinkat (path);

  result = syscall (SYS_unlinkat, dir_fd, path, flags);
  saved = errno;
  if (after_unlinkat != NULL)
    after_unlinkat (path, result == 0);
  errno = saved;

  return result;
}

ssize_t
getdents64 (int    fd,
            void  *buffer,
            size_t size)
{
  struct dirent64 *entry;
  ssize_t n;

  if (before_getdents != NULL)
    before_getdents (fd);
  n = syscall (SYS_getdents64, fd, buffer, size);

  if (after_getdents != NULL)
    after_getdents ();
  for (ssize_t offset = 0; hide_types && offset < n; offset += entry->d_reclen)
    {
      entry = (struct dirent64 *) ((char *) buffer + offset);
      entry->d_type = DT_UNKNOWN;
    }
  entry = buffer;
  if (hide_inodes && n > 0 && entry->d_ino != shown_inode)
    entry->d_ino++;

  return n;
}

/* The tree is in the test's directory, and so is what nothing may touch. */
static char *
tree_path (const char *relative)
{
  return g_build_filename (test_dir (), "tree", relative, NULL);
}

static void
make_dirs (const char *relative)
{
  g_autofree char *path = tree_path (relative);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
}

static void
make_file (const char *relative)
{
  g_autofree char *in_test_dir = g_build_filename ("tree", relative, NULL);

  test_make_file (in_test_dir);
}

static void
make_canary (void)
{
  g_autofree char *file = test_path ("outside/canary");

  test_make_file ("outside/canary");
  test_write (file, "alive");
}

static void
assert_canary (void)
{
  g_autofree char *file = test_path ("outside/canary");
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (file, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "alive");
}

static void
assert_left (const char *relative,
             const char *expected)
{
  g_autofree char *path = tree_path (relative);
  g_autofree char *names = test_list (path);

  g_assert_cmpstr (names, ==, expected);
}

/* Whatever comes of it, no descriptor is left, and the one given is as it was. */
static gboolean
remove_contents (GCancellable  *cancellable,
                 GError       **error)
{
  g_autofree char *path = tree_path (NULL);
  temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  gboolean ok;

  g_assert_no_errno (fd);
  ok = temp_remove_contents (fd, path, NULL, cancellable, error);
  before_unlinkat = NULL;
  after_unlinkat = NULL;
  before_getdents = NULL;
  after_getdents = NULL;
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  return ok;
}

static void
assert_removes (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (remove_contents (NULL, &error));
  g_assert_no_error (error);
  assert_left (NULL, "");
}

/* From a root of which nobody but the library may list the contents. */
static void
assert_removes_as (mode_t mode)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = tree_path (NULL);
  struct stat st;

  g_assert_true (remove_contents (NULL, &error));
  g_assert_no_error (error);
  g_assert_no_errno (stat (path, &st));
  g_assert_cmpuint (st.st_mode & 07777, ==, mode);
  g_assert_no_errno (chmod (path, 0700));
  assert_left (NULL, "");
}

static int
rename_in_tree (const char *from,
                const char *to)
{
  g_autofree char *old = tree_path (from);
  g_autofree char *new = tree_path (to);

  return g_rename (old, new);
}

static void
test_empty (void)
{
  make_dirs ("");
  assert_removes ();
}

static void
remove_if_empty (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = g_file_read_link (link, NULL);

  if (g_str_has_suffix (path, "/empty"))
    g_assert_no_errno (g_rmdir (path));
}

/* By somebody else, after it was opened and before it is read. */
static void
test_removed_meanwhile (void)
{
  make_file ("d/file");
  make_dirs ("d/empty");
  before_getdents = remove_if_empty;
  assert_removes ();
}

static void
test_tree (gconstpointer data)
{
  make_file ("a");
  make_file (".hidden");
  make_file ("...");
  make_file ("d/e/f/g");
  make_file ("d/e/h");
  make_dirs ("d/empty/empty");
  make_dirs ("i/j");

  hide_types = GPOINTER_TO_INT (data);
  assert_removes ();
  hide_types = FALSE;
}

static void
make_deep (guint depth)
{
  g_autofree char *path = tree_path (NULL);
  temp_autofd int fd = -1;

  make_dirs ("");
  g_assert_no_errno (fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (guint i = 0; i < depth; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      g_assert_no_errno (mkdirat (parent, "d", 0700));
      g_assert_no_errno (mkdirat (parent, "sibling", 0700));
      g_assert_no_errno (fd = openat (parent, "d", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
}

static void
test_deep (void)
{
  make_deep (2000);
  assert_removes ();
}

/* A filesystem on which directories have other inodes than they say: all, or those
 * that are not the root. */
static void
test_other_inodes (gconstpointer but_for_root)
{
  g_autofree char *root = tree_path (NULL);
  struct stat st;

  make_deep (1000);
  g_assert_no_errno (stat (root, &st));
  shown_inode = GPOINTER_TO_INT (but_for_root) ? st.st_ino : 0;
  hide_inodes = TRUE;
  assert_removes ();
  hide_inodes = FALSE;
}

static void
child_few_descriptors (gconstpointer data)
{
  const guint n_fds_allowed = 64;

  test_limit_fds (n_fds_allowed);
  assert_removes ();
}

static void
test_few_descriptors (void)
{
  make_deep (200);
  test_in_child (child_few_descriptors, NULL);
  assert_left (NULL, "");
}

static void
child_no_descriptors (gconstpointer data)
{
  g_autofree char *path = tree_path (NULL);
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const guint n_fds_allowed = fd + 1;
  g_autoptr (GError) error = NULL;

  test_limit_fds (n_fds_allowed);
  while (dup (0) >= 0)
    ;
  g_assert_false (temp_remove_contents (fd, path, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  test_assert_error_mentions (error, path);
}

static void
test_no_descriptors (void)
{
  make_file ("a");
  test_in_child (child_no_descriptors, NULL);
  assert_left (NULL, "a");
}

static void
test_wide (void)
{
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("wide/%u", i);

      make_file (name);
    }

  assert_removes ();
}

static void
test_symlinks (gconstpointer data)
{
  static const char *const targets[] = { "../outside", "../outside/canary", "nowhere", ".", "..", "/" };

  make_canary ();
  make_dirs ("sub");
  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *name = g_strdup_printf ("sub/link%" G_GSIZE_FORMAT, i);
      g_autofree char *path = tree_path (name);

      g_assert_no_errno (symlink (targets[i], path));
    }

  hide_types = GPOINTER_TO_INT (data);
  assert_removes ();
  hide_types = FALSE;
  assert_canary ();
}

/* Another name of a file outside is removed; the file stays. */
static void
test_hard_link (void)
{
  g_autofree char *canary = test_path ("outside/canary");
  g_autofree char *name = tree_path ("name");

  make_canary ();
  make_dirs ("");
  g_assert_no_errno (link (canary, name));
  assert_removes ();
  assert_canary ();
}

static void
test_special (void)
{
  g_autofree char *fifo = tree_path ("sub/fifo");
  g_autofree char *dir = tree_path ("sub");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  temp_autofd int socket_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int dir_fd = -1;

  make_dirs ("sub");
  g_assert_no_errno (mkfifo (fifo, 0600));

  /* The path may be too long for an address. */
  dir_fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", dir_fd);
  g_assert_no_errno (bind (socket_fd, (struct sockaddr *) &address, sizeof address));
  assert_left ("sub", "fifo socket");

  assert_removes ();
}

static void
test_names (void)
{
  g_autofree char *long_name = g_strnfill (255, 'n');
  g_autofree char *in_long_name = g_build_filename (long_name, long_name, NULL);

  make_file (in_long_name);
  make_file ("new\nline/\n");
  make_file ("\xff\xfe/\xc3\x28");
  make_file (" / ");
  make_file ("-rf/*");
  make_file ("%s/%n");
  assert_removes ();
}

static void
change_mode (const char *relative,
             mode_t      mode)
{
  g_autofree char *path = tree_path (relative);

  g_assert_no_errno (chmod (path, mode));
}

static void
assert_mode (const char *relative,
             mode_t      mode)
{
  g_autofree char *path = tree_path (relative);
  struct stat st;

  g_assert_no_errno (stat (path, &st));
  g_assert_cmpuint (st.st_mode & 07777, ==, mode);
}

static void
become_nobody_or_skip (void)
{
  if (geteuid () != 0)
    test_child_skip ("only root can make what is another's");
  if (!test_become_nobody ())
    test_child_skip ("no other user here");
}

/* What another user does not let us remove: all else goes. */
static void
child_unwritable (gconstpointer data)
{
  g_autofree char *root = tree_path (NULL);
  g_autoptr (GError) error = NULL;

  become_nobody_or_skip ();

  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "3 entries are left");
  test_assert_error_mentions (error, "… and 2 more");
  test_assert_error_mentions (error, "“sub/stuck/");
  test_assert_error_mentions (error, root);
  assert_left (NULL, "sub");
  assert_left ("sub", "stuck");
  assert_left ("sub/stuck", "dir one two");
  assert_left ("sub/stuck/dir", "");
}

static void
test_unwritable (void)
{
  static const char *const open_to_all[] = { "", "sub", "sub/stuck/dir", "z" };

  make_file ("a");
  make_file ("sub/b");
  make_file ("sub/stuck/one");
  make_file ("sub/stuck/two");
  make_file ("sub/stuck/dir/inner");
  make_file ("sub/z");
  make_file ("z/z");
  for (gsize i = 0; i < G_N_ELEMENTS (open_to_all); i++)
    change_mode (open_to_all[i], 0777);
  change_mode ("sub/stuck", 0755);

  test_in_child (child_unwritable, NULL);
  assert_removes ();
}

static void
child_one_error (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  become_nobody_or_skip ();

  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_true (g_str_has_prefix (error->message, "Could not remove “stuck/"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (remove_contents (NULL, NULL));
}

static void
test_one_error (void)
{
  make_file ("stuck/\xff");
  change_mode ("", 0777);
  change_mode ("stuck", 0755);
  test_in_child (child_one_error, NULL);
  assert_removes ();
}

static void
child_unreadable (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  become_nobody_or_skip ();

  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "“stuck”");
  assert_left (NULL, "stuck");
}

static void
test_unreadable (void)
{
  make_file ("stuck/a");
  make_file ("z");
  change_mode ("", 0777);
  change_mode ("stuck", 0711);
  test_in_child (child_unreadable, NULL);
  assert_removes ();
}

/* Modes in the way are repaired, where the tree is ours. */
static void
child_modes (gconstpointer data)
{
  static const mode_t modes[] = { 0000, 0100, 0200, 0300, 0400, 0500, 0600 };

  if (!test_become_nobody ())
    test_child_skip ("no other user here");

  if (GPOINTER_TO_INT (data) != 0)
    test_fail_syscall (GPOINTER_TO_INT (data), ENOSYS);

  make_dirs ("");
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (modes); j++)
      {
        g_autofree char *outer = g_strdup_printf ("%03o-%03o", modes[i], modes[j]);
        g_autofree char *inner = g_build_filename (outer, "inner", NULL);
        g_autofree char *file = g_build_filename (inner, "file", NULL);
        g_autofree char *empty = g_build_filename (outer, "empty", NULL);

        make_file (file);
        make_dirs (empty);
        change_mode (empty, modes[j]);
        change_mode (inner, modes[j]);
        change_mode (outer, modes[i]);
      }
  change_mode ("", 0000);

  assert_removes_as (0000);
}

static void
test_modes (gconstpointer failing)
{
  test_in_child (child_modes, failing);
}

/* What stays, stays as it was. */
static void
child_modes_put_back (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  become_nobody_or_skip ();

  make_dirs ("ours/a/b");
  make_file ("ours/gone/file");
  make_dirs ("ours/a/b/c/d/e/f/g/h");
  g_assert_no_errno (rename_in_tree ("stuck", "ours/a/b/c/d/e/f/g/h/stuck"));
  change_mode ("ours/a/b", 0500);
  change_mode ("ours/a", 0500);
  change_mode ("ours", 0511);

  test_limit_fds (64);
  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  assert_left ("ours", "a");
  assert_mode ("ours", 0511);
  assert_mode ("ours/a", 0500);
  assert_mode ("ours/a/b", 0500);
}

static void
test_modes_put_back (void)
{
  make_file ("stuck/inner/file");
  change_mode ("stuck", 0755);
  change_mode ("stuck/inner", 0755);
  change_mode ("", 0777);
  /* Another's directory can be moved only by whoever may write to it. */
  change_mode ("stuck", 0777);
  test_in_child (child_modes_put_back, NULL);
  assert_removes ();
}

/* What is mounted in the tree is not part of it. */
static void
child_mount (gconstpointer data)
{
  gboolean as_nobody = GPOINTER_TO_INT (data);
  g_autofree char *root = tree_path (NULL);
  g_autofree char *mount_point = tree_path ("sub/mount");
  g_autofree char *canary = tree_path ("sub/mount/canary");
  g_autofree char *sub = tree_path ("sub");
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (mount_point, "size=64k,mode=777"))
    test_child_skip ("no mounts here");
  test_write (canary, "alive");
  g_assert_no_errno (chmod (canary, 0666));
  g_assert_no_errno (chmod (root, 0777));
  g_assert_no_errno (chmod (mount_point, 0777));
  g_assert_no_errno (chmod (sub, 0755));
  if (as_nobody && !test_become_nobody ())
    test_child_skip ("no other user here");

  for (hide_types = FALSE; hide_types <= TRUE; hide_types++)
    {
      g_assert_false (remove_contents (NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
      test_assert_error_mentions (error, "“sub/mount”");
      if (!as_nobody)
        assert_left (NULL, "sub");
      g_clear_error (&error);
      g_assert_true (g_file_test (canary, G_FILE_TEST_EXISTS));
    }
}

static void
test_mount (gconstpointer as_nobody)
{
  make_dirs ("sub/mount");
  if (!GPOINTER_TO_INT (as_nobody))
    {
      make_file ("a/file");
      make_file ("z/file");
    }
  test_in_child (child_mount, as_nobody);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  make_file ("a");
  make_file ("b/c");
  g_cancellable_cancel (cancellable);
  g_assert_false (remove_contents (cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_left (NULL, "a b");
  assert_left ("b", "c");
}

static GCancellable *to_cancel;
static guint n_unlinks;

static void
cancel_after_ten (const char *base,
                  gboolean    ok)
{
  if (++n_unlinks == 10)
    g_cancellable_cancel (to_cancel);
}

static void
test_cancelled_meanwhile (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      make_file (name);
    }

  n_unlinks = 0;
  to_cancel = cancellable;
  after_unlinkat = cancel_after_ten;
  g_assert_false (remove_contents (cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_unlinks, ==, 10);
  assert_removes ();
}

/* Puts a symbolic link to the directory outside in the place of "victim". */
static void
swap_in_link (void)
{
  g_autofree char *victim = tree_path ("victim");
  g_autofree char *aside = test_path ("aside");

  if (g_file_test (aside, G_FILE_TEST_EXISTS))
    return;
  g_assert_no_errno (g_rename (victim, aside));
  g_assert_no_errno (symlink ("../outside", victim));
}

static const char *swap_before;

static void
swap_in_link_before (const char *base)
{
  if (g_str_equal (base, swap_before))
    swap_in_link ();
}

/* Between the reading of its name and the opening, while it is emptied, and when it
 * is to be removed. */
static void
test_swapped (gconstpointer data)
{
  g_autofree char *aside = test_path ("aside");
  g_autofree char *names = NULL;

  make_canary ();
  make_file ("victim/inner");
  swap_before = data;
  if (g_str_equal (data, "reading"))
    after_getdents = swap_in_link;
  else
    before_unlinkat = swap_in_link_before;

  assert_removes ();
  assert_canary ();
  names = test_list (aside);
  g_assert_cmpstr (names, ==, g_str_equal (data, "reading") ? "inner" : "");
}

/* What was a file when its name was read is a directory by now. */
static void
swap_in_directory (const char *base)
{
  g_autofree char *victim = tree_path ("victim");

  if (!g_str_equal (base, "victim") || g_file_test (victim, G_FILE_TEST_IS_DIR))
    return;
  g_assert_no_errno (g_remove (victim));
  make_file ("victim/inner");
}

static void
test_swapped_for_directory (void)
{
  make_file ("victim");
  before_unlinkat = swap_in_directory;
  assert_removes ();
}

/* As soon as the last thing in it is removed, a directory further up is moved out of the tree. */
static void
move_away (const char *base,
           gboolean    ok)
{
  g_autofree char *name = g_strdup_printf ("d/d/%s", base);
  g_autofree char *moved = g_strdup_printf ("outside/%s", base);
  g_autofree char *from = tree_path (name);
  g_autofree char *to = test_path (moved);

  if (g_str_has_prefix (base, "last") && ok && !g_file_test (to, G_FILE_TEST_EXISTS))
    g_assert_no_errno (g_rename (from, to));
}

static void
make_movable (guint i,
              guint depth)
{
  g_autoptr (GString) path = g_string_new (NULL);

  g_string_printf (path, "d/d/last%u", i);
  for (guint level = 0; level < depth; level++)
    g_string_append (path, "/e");
  g_string_append_printf (path, "/last%u", i);
  make_file (path->str);
}

static void
test_moved (gconstpointer depth)
{
  make_canary ();
  make_file ("d/d/other");
  make_movable (0, GPOINTER_TO_UINT (depth));

  after_unlinkat = move_away;
  assert_removes ();
  assert_canary ();
}

/* Each time there is no way back it begins again, but not forever. */
static void
test_moved_again (void)
{
  g_autoptr (GError) error = NULL;

  make_canary ();
  for (guint i = 0; i < 10; i++)
    make_movable (i, 60);

  after_unlinkat = move_away;
  g_assert_false (remove_contents (NULL, &error));
  test_assert_error_mentions (error, "“d/d/last");
  test_assert_error_mentions (error, g_strerror (ESTALE));
  assert_canary ();
  assert_removes ();
  assert_canary ();
}

/* For each that goes, another appears. */
static void
refill (const char *base,
        gboolean    ok)
{
  g_autofree char *name = NULL;

  if (!ok || g_str_equal (base, "sub") || ++n_unlinks > 10000)
    return;
  name = g_strdup_printf ("sub/new%u", n_unlinks);
  make_file (name);
}

static void
test_refilled (void)
{
  g_autoptr (GError) error = NULL;

  make_file ("sub/a");
  make_file ("sub/b");
  n_unlinks = 0;
  after_unlinkat = refill;
  g_assert_false (remove_contents (NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  test_assert_error_mentions (error, "“sub”");
  g_assert_cmpuint (n_unlinks, <=, 10000);

  assert_removes ();
}

static gpointer
make_meanwhile (gpointer data)
{
  gint *stop = data;
  g_autofree char *dir = tree_path ("sub");

  for (guint i = 0; !g_atomic_int_get (stop) && i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("sub/%u", i % 50);
      g_autofree char *path = tree_path (name);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      if (fd >= 0)
        close (fd);
      else
        g_mkdir (dir, 0700);
    }

  return NULL;
}

static void
test_made_meanwhile (void)
{
  gint stop = FALSE;
  GThread *thread;

  make_dirs ("sub");
  thread = g_thread_new ("make", make_meanwhile, &stop);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *path = tree_path (NULL);
      g_autoptr (GError) error = NULL;
      temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);

      if (!temp_remove_contents (fd, path, NULL, NULL, &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
    }
  g_atomic_int_set (&stop, TRUE);
  g_thread_join (thread);

  assert_removes ();
}

static void
test_not_a_directory (void)
{
  g_autofree char *path = tree_path ("file");
  g_autoptr (GError) error = NULL;
  temp_autofd int fd = -1;

  make_file ("file");
  fd = open (path, O_PATH | O_CLOEXEC);
  g_assert_false (temp_remove_contents (fd, path, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  test_assert_error_mentions (error, path);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-remove/empty", test_empty);
  g_test_add_func ("/temp-remove/removed-meanwhile", test_removed_meanwhile);
  g_test_add_data_func ("/temp-remove/tree", GINT_TO_POINTER (FALSE), test_tree);
  g_test_add_data_func ("/temp-remove/tree-of-unknown-types", GINT_TO_POINTER (TRUE), test_tree);
  g_test_add_func ("/temp-remove/deep", test_deep);
  g_test_add_data_func ("/temp-remove/other-inodes", GINT_TO_POINTER (FALSE), test_other_inodes);
  g_test_add_data_func ("/temp-remove/other-inodes-than-the-root", GINT_TO_POINTER (TRUE), test_other_inodes);
  g_test_add_func ("/temp-remove/few-descriptors", test_few_descriptors);
  g_test_add_func ("/temp-remove/no-descriptors", test_no_descriptors);
  g_test_add_func ("/temp-remove/wide", test_wide);
  g_test_add_data_func ("/temp-remove/symlinks", GINT_TO_POINTER (FALSE), test_symlinks);
  g_test_add_data_func ("/temp-remove/symlinks-of-unknown-types", GINT_TO_POINTER (TRUE), test_symlinks);
  g_test_add_func ("/temp-remove/hard-link", test_hard_link);
  g_test_add_func ("/temp-remove/special", test_special);
  g_test_add_func ("/temp-remove/names", test_names);
  g_test_add_func ("/temp-remove/unwritable", test_unwritable);
  g_test_add_func ("/temp-remove/one-error", test_one_error);
  g_test_add_func ("/temp-remove/unreadable", test_unreadable);
  g_test_add_data_func ("/temp-remove/modes", NULL, test_modes);
  g_test_add_data_func ("/temp-remove/modes-without-openat2", GINT_TO_POINTER (SYS_openat2), test_modes);
  g_test_add_data_func ("/temp-remove/modes-without-fchmodat2", GINT_TO_POINTER (SYS_fchmodat2), test_modes);
  g_test_add_func ("/temp-remove/modes-put-back", test_modes_put_back);
  g_test_add_data_func ("/temp-remove/mount", GINT_TO_POINTER (FALSE), test_mount);
  g_test_add_data_func ("/temp-remove/mount-of-another", GINT_TO_POINTER (TRUE), test_mount);
  g_test_add_func ("/temp-remove/cancelled", test_cancelled);
  g_test_add_func ("/temp-remove/cancelled-meanwhile", test_cancelled_meanwhile);
  g_test_add_data_func ("/temp-remove/swapped/once-read", "reading", test_swapped);
  g_test_add_data_func ("/temp-remove/swapped/once-open", "inner", test_swapped);
  g_test_add_data_func ("/temp-remove/swapped/once-emptied", "victim", test_swapped);
  g_test_add_func ("/temp-remove/swapped-for-directory", test_swapped_for_directory);
  g_test_add_data_func ("/temp-remove/moved/shallow", GUINT_TO_POINTER (3), test_moved);
  g_test_add_data_func ("/temp-remove/moved/deep", GUINT_TO_POINTER (60), test_moved);
  g_test_add_func ("/temp-remove/moved/again", test_moved_again);
  g_test_add_func ("/temp-remove/refilled", test_refilled);
  g_test_add_func ("/temp-remove/made-meanwhile", test_made_meanwhile);
  g_test_add_func ("/temp-remove/not-a-directory", test_not_a_directory);

  return g_test_run ();
}
