/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-support.h"

/* Makes a directory with a file and a directory in it. */
static TempDir *
new_tree (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), "made", NULL, &error);
  g_autofree char *file = NULL;
  g_autofree char *sub = NULL;
  g_autofree char *deep = NULL;

  g_assert_no_error (error);
  file = g_build_filename (temp_dir_get_path (dir), "file", NULL);
  sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  deep = g_build_filename (sub, "deep", NULL);
  test_write (file, "new");
  g_assert_no_errno (mkdir (sub, 0750));
  test_write (deep, "deep");
  return dir;
}

static void
make_old_tree (const char *path)
{
  g_autofree char *file = g_build_filename (path, "old", NULL);

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (chmod (path, 0710));
  test_write (file, "old");
}

static void
assert_list (const char *path,
             const char *expected)
{
  g_autofree char *names = test_list (path);

  g_assert_cmpstr (names, ==, expected);
}

/* Asserts that the tree is at path, and nothing else beside it. */
static void
assert_new_tree (const char *path,
                 mode_t      mode)
{
  g_autofree char *sub = g_build_filename (path, "sub", NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  struct stat st;

  assert_list (path, "file sub");
  assert_list (sub, "deep");
  assert_list (parent, "tree");
  assert_list (test_dir (), "target");
  g_assert_no_errno (stat (path, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, mode);
  g_assert_no_errno (stat (sub, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0750);
}

static void
remove_tree (const char *path)
{
  g_autofree char *command = g_strdup_printf ("rm -r %s", path);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

static void
check_persist (TempPersistFlags extra)
{
  g_autofree char *target = test_persist_target ("tree");

  test_child_skip_on_posix ("no exchange of two directories");
  umask (022);
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempDir) dir = new_tree ();
      g_autoptr (TempFile) inside = NULL;
      const char *old_path = temp_dir_get_path (dir);
      g_autofree char *old_copy = g_strdup (old_path);
      gboolean replaces = (flags & TEMP_PERSIST_REPLACE) != 0;
      g_autoptr (GHashTable) counts = test_count_notifications (dir);

      if (replaces)
        make_old_tree (target);
      g_assert_cmpstr (g_file_peek_path (temp_dir_get_file (dir)), ==, old_path);

      test_assert_persists (dir, target, flags | extra);
      assert_new_tree (target, replaces ? 0710 : 0755);
      g_assert_cmpstr (temp_dir_get_path (dir), ==, target);
      g_assert_cmpstr (g_file_peek_path (temp_dir_get_file (dir)), ==, target);
      g_assert_cmpstr (old_path, ==, old_copy);
      test_assert_notified (counts, "path", 1);
      test_assert_notified (counts, "auto-delete", 1);

      /* The object is still that of the directory. */
      inside = temp_dir_create_file (dir, "inside", NULL, NULL);
      g_assert_nonnull (inside);
      g_assert_true (g_str_has_prefix (temp_file_get_path (inside), target));
      g_assert_true (g_file_test (temp_file_get_path (inside), G_FILE_TEST_EXISTS));
      g_clear_object (&inside);

      g_clear_object (&dir);
      assert_new_tree (target, replaces ? 0710 : 0755);
      remove_tree (target);
    }
}

static void
child_persist (gconstpointer data)
{
  check_persist (GPOINTER_TO_INT (data));
}

static void
test_persist (void)
{
  test_in_child (child_persist, GINT_TO_POINTER (TEMP_PERSIST_NONE));
  test_in_child (child_persist, GINT_TO_POINTER (TEMP_PERSIST_COPY));
}

static void
test_errors (void)
{
  g_autoptr (TempDir) dir = new_tree ();
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *target_dir = g_path_get_dirname (target);
  g_autoptr (GFile) remote = g_file_new_for_uri ("resource:///none");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  make_old_tree (target);
  g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  test_assert_error_mentions (error, target);
  assert_list (target, "old");
  g_clear_error (&error);
  remove_tree (target);

  test_write (target, "a file");
  g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_REPLACE, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_DIRECTORY);
  unlink (target);

  g_assert_false (temp_dir_persist (dir, remote, TEMP_PERSIST_NONE, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_dir_persist (dir, temp_dir_get_file (dir), TEMP_PERSIST_NONE, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);

  /* Into itself: that has no end. */
  {
    g_autoptr (GFile) child = temp_dir_get_child (dir, "sub/itself");

    g_assert_false (temp_dir_persist (dir, child, TEMP_PERSIST_COPY, NULL, &error));
    test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  }

  assert_list (temp_dir_get_path (dir), "file sub");
  test_assert_persists (dir, target, TEMP_PERSIST_NONE);
  g_assert_false (test_persist_to (dir, target_dir, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, target_dir);
  assert_list (target, "file sub");
}

static void
test_states (void)
{
  g_autoptr (TempDir) deleted = new_tree ();
  g_autoptr (TempDir) taken = new_tree ();
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *moved = test_path ("moved");
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_dir_delete (deleted, NULL, NULL));
  g_assert_false (test_persist_to (deleted, target, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  g_assert_no_errno (rename (temp_dir_get_path (taken), moved));
  g_assert_false (test_persist_to (taken, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, target);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

static void
test_permissions (void)
{
  g_autoptr (TempDir) dir = g_initable_new (TEMP_TYPE_DIR, NULL, NULL, "dir", test_dir (), "permissions", 0700, NULL);
  g_autofree char *target = test_persist_target ("tree");
  struct stat st;

  test_assert_persists (dir, target, TEMP_PERSIST_NONE);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0700);
}

static void
test_symlink (void)
{
  g_autoptr (TempDir) dir = new_tree ();
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *link = test_path ("link");

  if (test_skips_on_posix ("no exchange of two directories"))
    return;
  make_old_tree (target);
  g_assert_no_errno (symlink ("target/tree", link));
  test_assert_persists (dir, link, TEMP_PERSIST_REPLACE);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  assert_list (target, "file sub");
}

static void
test_async (void)
{
  g_autoptr (TempDir) dir = new_tree ();
  g_autofree char *target = test_persist_target ("tree");
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_persist_async (dir, destination, TEMP_PERSIST_NONE, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  temp_dir_persist_async (dir, destination, TEMP_PERSIST_NONE, G_PRIORITY_DEFAULT, NULL, test_keep_result, &second);
  g_assert_false (temp_dir_persist_finish (dir, test_wait_result (&second), &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  g_assert_true (temp_dir_persist_finish (dir, test_wait_result (&result), &error));
  g_assert_no_error (error);
  assert_list (target, "file sub");
  g_assert_cmpstr (temp_dir_get_path (dir), ==, target);
}

/* The system has only plain renames. */
static void
child_no_flags (gconstpointer data)
{
  g_autoptr (TempDir) dir = new_tree ();
  g_autoptr (TempDir) second = new_tree ();
  g_autofree char *target = test_persist_target ("tree");
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall (SYS_renameat2, EINVAL))
    test_child_skip ("no filters of system calls here");

  test_assert_persists (dir, target, TEMP_PERSIST_NONE);
  assert_list (target, "file sub");

  g_assert_false (test_persist_to (second, target, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_EXISTS);

  /* A directory that is not empty cannot be replaced in one step, so it is not. */
  g_assert_false (test_persist_to (second, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  assert_list (target, "file sub");
  assert_list (temp_dir_get_path (second), "file sub");
  g_clear_object (&second);
  assert_list (test_dir (), "target");
}

typedef struct
{
  int number;
  int errsv;
} Failure;

static void
child_failure (gconstpointer data)
{
  const Failure *failure = data;
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  TempDir *dir;

  if (failure->number == SYS_mkdirat && !test_mount_tmpfs (mount, NULL))
    test_child_skip ("cannot mount a tmpfs");

  dir = new_tree ();
  path = g_strdup (temp_dir_get_path (dir));
  make_old_tree (target);
  if (!test_fail_syscall (failure->number, failure->errsv))
    test_child_skip ("no filters of system calls here");

  g_assert_false (test_persist_to (dir, target,
                                   TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE | TEMP_PERSIST_COPY, &error));
  g_assert_nonnull (error);
  assert_list (mount, "tree");
  assert_list (target, "old");
  assert_list (path, "file sub");
  g_assert_cmpstr (temp_dir_get_path (dir), ==, path);
  g_assert_true (temp_dir_get_auto_delete (dir));
  g_object_unref (dir);
  assert_list (test_dir (), "target");
}

static void
test_failures (void)
{
  static const Failure failures[] = {
    { SYS_renameat2, EIO }, { SYS_syncfs, EIO }, { SYS_fchmod, EIO }, { SYS_flistxattr, EIO },
  };

  if (test_skips_on_posix ("no exchange of two directories"))
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
    {
      g_autofree char *target = test_persist_target ("tree");

      test_in_child (child_failure, &failures[i]);
      if (g_file_test (target, G_FILE_TEST_EXISTS))
        remove_tree (target);
    }
}

/* Other filesystems */

static void
child_copy (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autoptr (TempDir) dir = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (mount, "size=1m"))
    test_child_skip ("cannot mount a tmpfs");

  dir = new_tree ();
  g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_error_mentions (error, "another filesystem");
  g_assert_true (temp_dir_delete (dir, NULL, NULL));

  check_persist (TEMP_PERSIST_COPY);
}

static void
child_copy_fails (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *large = g_strnfill (1 << 20, 'x');
  g_autofree char *large_path = NULL;
  g_autoptr (TempDir) dir = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (mount, "size=64k"))
    test_child_skip ("cannot mount a tmpfs");

  dir = new_tree ();
  large_path = g_build_filename (temp_dir_get_path (dir), "sub", "large", NULL);
  test_write (large_path, large);
  make_old_tree (target);

  g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_COPY | TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_error_mentions (error, "sub/large");
  assert_list (mount, "tree");
  assert_list (target, "old");
  assert_list (temp_dir_get_path (dir), "file sub");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/persist/dir/becomes-the-destination", test_persist);
  g_test_add_func ("/persist/dir/only-where-a-directory-can-be", test_errors);
  g_test_add_func ("/persist/dir/only-if-it-is-there", test_states);
  g_test_add_func ("/persist/dir/permissions-that-were-set-stay", test_permissions);
  g_test_add_func ("/persist/dir/to-the-end-of-a-symlink", test_symlink);
  g_test_add_func ("/persist/dir/async-and-not-twice-meanwhile", test_async);
  test_add_in_child ("/persist/dir/without-renames-that-exchange", child_no_flags, NULL);
  g_test_add_func ("/persist/dir/undone-if-a-system-call-fails", test_failures);
  test_add_in_child ("/persist/dir/copied-to-another-filesystem", child_copy, NULL);
  test_add_in_child ("/persist/dir/undone-if-the-disk-is-full", child_copy_fails, NULL);

  return g_test_run ();
}
