/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"
#include "trees.h"

/* Everything goes */

static void
test_empty (void)
{
  test_tree_make_dirs ("");
  test_tree_assert_goes ();
}

static void
test_kinds (gconstpointer hides_kinds)
{
  test_tree_make_file ("a");
  test_tree_make_file (".hidden");
  test_tree_make_file ("...");
  test_tree_make_file ("d/e/f/g");
  test_tree_make_file ("d/e/h");
  test_tree_make_dirs ("d/empty/empty");
  test_tree_make_dirs ("i/j");

  test_tree_hooks.hides_kinds = hides_kinds != NULL;
  test_tree_assert_goes ();
}

static void
make_deep (guint depth)
{
  temp_autofd int fd = test_tree_open ();

  for (guint i = 0; i < depth; i++)
    {
      temp_autofd int parent = g_steal_fd (&fd);

      g_assert_no_errno (mkdirat (parent, "sibling", 0700));
      fd = test_tree_make_dir_at (parent, "d");
    }
}

static void
test_deep (void)
{
  make_deep (2000);
  test_tree_assert_goes ();
}

/* On some filesystems, directories list themselves with other inodes than they have: all of them, or all but the
 * root. */
static void
test_other_inodes (gconstpointer but_for_root)
{
  g_autofree char *root = test_tree_path (NULL);
  struct stat st;

  make_deep (1000);
  g_assert_no_errno (stat (root, &st));
  test_tree_hooks.shown_inode = but_for_root != NULL ? st.st_ino : 0;
  test_tree_hooks.hides_inodes = TRUE;
  test_tree_assert_goes ();
}

static void
test_few_descriptors (void)
{
  make_deep (200);
  test_tree_assert_goes_with_few_fds ();
  test_tree_assert_list (NULL, "");
}

static void
test_wide (void)
{
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("wide/%u", i);

      test_tree_make_file (name);
    }

  test_tree_assert_goes ();
}

static void
test_symlinks (gconstpointer hides_kinds)
{
  static const char *const targets[] = { "../outside", "../outside/canary", "nowhere", ".", "..", "/" };

  test_tree_make_canary ();
  test_tree_make_dirs ("sub");
  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *name = g_strdup_printf ("sub/link%" G_GSIZE_FORMAT, i);
      g_autofree char *path = test_tree_path (name);

      g_assert_no_errno (symlink (targets[i], path));
    }

  test_tree_hooks.hides_kinds = hides_kinds != NULL;
  test_tree_assert_goes ();
  test_tree_assert_canary ();
}

/* Removes the name of a file that has another outside. */
static void
test_hard_link (void)
{
  g_autofree char *canary = test_path ("outside/canary");
  g_autofree char *name = test_tree_path ("name");

  test_tree_make_canary ();
  test_tree_make_dirs ("");
  g_assert_no_errno (link (canary, name));
  test_tree_assert_goes ();
  test_tree_assert_canary ();
}

static void
test_special (void)
{
  g_autofree char *fifo = test_tree_path ("sub/fifo");
  g_autofree char *dir = test_tree_path ("sub");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  temp_autofd int socket_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  temp_autofd int dir_fd = -1;

  test_tree_make_dirs ("sub");
  g_assert_no_errno (mkfifo (fifo, 0600));

  /* The path may be too long for an address. */
  dir_fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", dir_fd);
  g_assert_no_errno (bind (socket_fd, (struct sockaddr *) &address, sizeof address));
  test_tree_assert_list ("sub", "fifo socket");

  test_tree_assert_goes ();
}

static void
test_devices (void)
{
  g_autofree char *character = test_tree_path ("sub/null");
  g_autofree char *block = test_tree_path ("sub/loop");

  test_tree_make_file ("sub/file");
  if (mknod (character, S_IFCHR | 0600, makedev (1, 3)) < 0 || mknod (block, S_IFBLK | 0600, makedev (7, 0)) < 0)
    g_test_skip ("no device nodes here");
  test_tree_assert_goes ();
}

static void
test_names (void)
{
  g_autofree char *long_name = g_strnfill (255, 'n');
  g_autofree char *in_long_name = g_build_filename (long_name, long_name, NULL);

  test_tree_make_file (in_long_name);
  test_tree_make_file ("new\nline/\n");
  test_tree_make_file ("\xff\xfe/\xc3\x28");
  test_tree_make_file (" / ");
  test_tree_make_file ("-rf/*");
  test_tree_make_file ("%s/%n");
  test_tree_assert_goes ();
}

/* Errors: everything else goes */

static void
child_no_descriptors (gconstpointer data)
{
  g_autofree char *path = test_tree_path (NULL);
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const guint n_fds_allowed = fd + 1;
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .progress = NULL };

  test_limit_fds (n_fds_allowed);
  while (dup (0) >= 0)
    ;
  g_assert_false (temp_remove_contents (fd, path, &options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  test_assert_error_mentions (error, path);
}

static void
test_no_descriptors (void)
{
  test_tree_make_file ("a");
  test_in_child (child_no_descriptors, NULL);
  test_tree_assert_list (NULL, "a");
}

static GError *
assert_denied_to_nobody (void)
{
  test_tree_become_nobody ();
  return test_tree_assert_fails (G_IO_ERROR_PERMISSION_DENIED);
}

static void
child_unwritable (gconstpointer data)
{
  g_autofree char *root = test_tree_path (NULL);
  g_autoptr (GError) error = assert_denied_to_nobody ();

  test_assert_error_mentions (error, "remove 3 entries of");
  test_assert_error_mentions (error, "“sub/stuck/");
  test_assert_error_mentions (error, root);
  test_tree_assert_list (NULL, "sub");
  test_tree_assert_list ("sub", "stuck");
  test_tree_assert_list ("sub/stuck", "dir one two");
  test_tree_assert_list ("sub/stuck/dir", "");
}

static void
test_unwritable (void)
{
  static const char *const open_to_all[] = { "", "sub", "sub/stuck/dir", "z" };

  test_tree_make_file ("a");
  test_tree_make_file ("sub/b");
  test_tree_make_file ("sub/stuck/one");
  test_tree_make_file ("sub/stuck/two");
  test_tree_make_file ("sub/stuck/dir/inner");
  test_tree_make_file ("sub/z");
  test_tree_make_file ("z/z");
  for (gsize i = 0; i < G_N_ELEMENTS (open_to_all); i++)
    test_tree_chmod (open_to_all[i], 0777);
  test_tree_chmod ("sub/stuck", 0755);

  test_in_child (child_unwritable, NULL);
  test_tree_assert_goes ();
}

static void
child_one_error (gconstpointer data)
{
  g_autoptr (GError) error = assert_denied_to_nobody ();

  g_assert_true (g_str_has_prefix (error->message, "Could not remove “stuck/"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_false (test_tree_remove (NULL, NULL));
}

static void
test_one_error (void)
{
  test_tree_make_file ("stuck/\xff");
  test_tree_chmod ("", 0777);
  test_tree_chmod ("stuck", 0755);
  test_in_child (child_one_error, NULL);
  test_tree_assert_goes ();
}

static void
child_unreadable (gconstpointer data)
{
  g_autoptr (GError) error = assert_denied_to_nobody ();

  test_assert_error_mentions (error, "“stuck”");
  test_tree_assert_list (NULL, "stuck");
}

static void
test_unreadable (void)
{
  test_tree_make_file ("stuck/a");
  test_tree_make_file ("z");
  test_tree_chmod ("", 0777);
  test_tree_chmod ("stuck", 0711);
  test_in_child (child_unreadable, NULL);
  test_tree_assert_goes ();
}

static gboolean
set_immutable (const char *name,
               gboolean    is_immutable)
{
  g_autofree char *path = test_tree_path (name);
  temp_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);
  int flags;

  g_assert_no_errno (fd);
  if (ioctl (fd, FS_IOC_GETFLAGS, &flags) < 0)
    return FALSE;
  flags = is_immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  return ioctl (fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static void
test_immutable (void)
{
  g_autoptr (GError) error = NULL;

  test_tree_make_file ("a/immutable");
  test_tree_make_file ("a/other");
  test_tree_make_file ("dir/inner/file");
  test_tree_make_file ("z/file");
  if (!set_immutable ("a/immutable", TRUE) || !set_immutable ("dir", TRUE))
    {
      g_test_skip ("nothing can be made immutable here");
      return;
    }

  test_tree_remove (NULL, &error);
  g_assert_true (set_immutable ("a/immutable", FALSE));
  g_assert_true (set_immutable ("dir", FALSE));

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "immutable");
  test_assert_error_mentions (error, "remove 2 entries of");
  test_tree_assert_list (NULL, "a dir");
  test_tree_assert_list ("a", "immutable");
  test_tree_assert_list ("dir", "inner");
  test_tree_assert_list ("dir/inner", "");
  test_tree_assert_goes ();
}

/* Acts like NFS, which gives a file that somebody has open another name, under which it is busy. */
static int
remove_on_server (TempHandle  dir,
                  const char *name)
{
  if (g_str_has_prefix (name, ".nfs"))
    {
      errno = EBUSY;
      return -1;
    }
  if (g_str_equal (name, "open"))
    return renameat (dir, name, dir, ".nfs0001");

  return unlinkat (dir, name, 0);
}

static void
test_on_server (void)
{
  g_autoptr (GError) error = NULL;

  test_tree_make_file ("a/file");
  test_tree_make_file ("sub/open");
  test_tree_make_file ("sub/other/file");
  test_tree_make_file ("z");

  test_tree_hooks.remove_file = remove_on_server;
  error = test_tree_assert_fails (G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, "“sub/.nfs0001”");
  test_tree_assert_list (NULL, "sub");
  test_tree_assert_list ("sub", ".nfs0001");

  /* By now, it is closed. */
  test_tree_assert_goes ();
}

static void
test_not_a_directory (void)
{
  g_autofree char *path = test_tree_path ("file");
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .progress = NULL };
  temp_autofd int fd = -1;

  test_tree_make_file ("file");
  fd = open (path, O_PATH | O_CLOEXEC);
  g_assert_false (temp_remove_contents (fd, path, &options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  test_assert_error_mentions (error, path);
}

/* Stopping */

static GCancellable *to_cancel;
static guint n_unlinked;

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  test_tree_make_file ("a");
  test_tree_make_file ("b/c");
  g_cancellable_cancel (cancellable);
  g_assert_false (test_tree_remove (cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_tree_assert_list (NULL, "a b");
  test_tree_assert_list ("b", "c");
}

static void
cancel_after_ten (const char *name,
                  gboolean    removed)
{
  if (++n_unlinked == 10)
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

      test_tree_make_file (name);
    }

  n_unlinked = 0;
  to_cancel = cancellable;
  test_tree_hooks.after_remove = cancel_after_ten;
  g_assert_false (test_tree_remove (cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_unlinked, ==, 10);
  test_tree_assert_goes ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/tree/goes/empty", test_empty);
  g_test_add_data_func ("/tree/goes/with-files-and-directories", NULL, test_kinds);
  g_test_add_data_func ("/tree/goes/with-entries-of-unknown-type", "", test_kinds);
  g_test_add_func ("/tree/goes/however-deep", test_deep);
  g_test_add_func ("/tree/goes/however-wide", test_wide);
  g_test_add_data_func ("/tree/goes/where-directories-list-other-inodes", NULL, test_other_inodes);
  g_test_add_data_func ("/tree/goes/where-all-but-the-root-list-other-inodes", "", test_other_inodes);
  g_test_add_func ("/tree/goes/with-few-descriptors", test_few_descriptors);
  g_test_add_func ("/tree/goes/with-pipes-and-sockets", test_special);
  g_test_add_func ("/tree/goes/with-devices", test_devices);
  g_test_add_func ("/tree/goes/with-any-name", test_names);
  g_test_add_data_func ("/tree/only-inside/a-link-is-not-followed", NULL, test_symlinks);
  g_test_add_data_func ("/tree/only-inside/a-link-of-unknown-type-is-not-followed", "", test_symlinks);
  g_test_add_func ("/tree/only-inside/a-hard-link-loses-one-name", test_hard_link);
  g_test_add_func ("/tree/error/if-there-are-no-descriptors", test_no_descriptors);
  g_test_add_func ("/tree/error/if-it-is-no-directory", test_not_a_directory);
  g_test_add_func ("/tree/error/first-of-several-with-their-number", test_unwritable);
  g_test_add_func ("/tree/error/only-one", test_one_error);
  g_test_add_func ("/tree/error/if-a-directory-cannot-be-read", test_unreadable);
  g_test_add_func ("/tree/error/if-a-file-is-immutable", test_immutable);
  g_test_add_func ("/tree/error/if-a-server-keeps-open-files", test_on_server);
  g_test_add_func ("/tree/cancelled/before", test_cancelled);
  g_test_add_func ("/tree/cancelled/meanwhile", test_cancelled_meanwhile);

  return g_test_run ();
}
