/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "test-support.h"
#include "tree/tree.h"
#include "trees.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* Modes */

static void
child_modes (gconstpointer failing)
{
  static const mode_t modes[] = { 0000, 0100, 0200, 0300, 0400, 0500, 0600 };
  g_autoptr (GError) error = NULL;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");

  if (failing != NULL)
    test_fail_syscall (GPOINTER_TO_INT (failing), ENOSYS);

  test_tree_make_dirs ("");
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (modes); j++)
      {
        g_autofree char *outer = g_strdup_printf ("%03o-%03o", modes[i], modes[j]);
        g_autofree char *inner = g_build_filename (outer, "inner", NULL);
        g_autofree char *file = g_build_filename (inner, "file", NULL);
        g_autofree char *empty = g_build_filename (outer, "empty", NULL);

        test_tree_make_file (file);
        test_tree_make_dirs (empty);
        test_tree_chmod (empty, modes[j]);
        test_tree_chmod (inner, modes[j]);
        test_tree_chmod (outer, modes[i]);
      }
  test_tree_chmod (NULL, 0000);

  test_tree_remove (NULL, &error);
  g_assert_no_error (error);
  test_tree_assert_mode (NULL, 0000);
  test_tree_chmod (NULL, 0700);
  test_tree_assert_list (NULL, "");
}

static void
test_modes (gconstpointer failing)
{
  if (test_skips_on_posix ("no handle of a directory that its owner may not read"))
    return;
  test_in_child (child_modes, failing);
}

/* "stuck", which is another user's, keeps the directories above it, which get their modes back. */
static void
child_modes_restored (gconstpointer data)
{
  g_autofree char *stuck = test_tree_path ("stuck");
  g_autofree char *below = test_tree_path ("ours/a/b/c/d/e/f/g/h/stuck");
  g_autoptr (GError) error = NULL;

  test_tree_become_nobody ();

  test_tree_make_file ("ours/gone/file");
  test_tree_make_dirs ("ours/a/b/c/d/e/f/g/h");
  g_assert_no_errno (g_rename (stuck, below));
  test_tree_chmod ("ours/a/b", 0500);
  test_tree_chmod ("ours/a", 0500);
  test_tree_chmod ("ours", 0511);

  test_limit_fds (64);
  error = test_tree_assert_fails (G_IO_ERROR_PERMISSION_DENIED);
  test_tree_assert_list ("ours", "a");
  test_tree_assert_mode ("ours", 0511);
  test_tree_assert_mode ("ours/a", 0500);
  test_tree_assert_mode ("ours/a/b", 0500);
}

static void
test_modes_restored (void)
{
  test_tree_make_file ("stuck/inner/file");
  test_tree_chmod ("stuck/inner", 0755);
  test_tree_chmod ("", 0777);
  /* Only who may write to a directory can move it to another. */
  test_tree_chmod ("stuck", 0777);
  test_in_child (child_modes_restored, NULL);
  test_tree_assert_goes ();
}

static GCancellable *to_cancel;
static guint n_until_cancelled;

static void
count_down (const char *name)
{
  if (n_until_cancelled-- == 0)
    g_cancellable_cancel (to_cancel);
}

static void
assert_mode_if_there (const char *relative,
                      mode_t      mode)
{
  g_autofree char *path = test_tree_path (relative);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    test_tree_assert_mode (relative, mode);
}

/* Cancels a removal before each name that it removes. */
static void
child_cancelled (gconstpointer data)
{
  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  test_limit_fds (64); /* so that few are kept open */

  for (guint i = 0;; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;

      test_tree_make_file ("locked/c/c/c/c/c/c/c/c/file");
      test_tree_make_file ("locked/c/c/c/c/file");
      test_tree_make_file ("locked/file");
      test_tree_make_file ("shut/c/c/c/c/c/c/c/c/file");
      test_tree_chmod ("locked/c/c", 0500);
      test_tree_chmod ("locked", 0500);
      test_tree_chmod ("shut", 0400);

      to_cancel = cancellable;
      n_until_cancelled = i;
      test_tree_hooks.before_remove = count_down;
      if (test_tree_remove (cancellable, &error))
        break;

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      assert_mode_if_there ("locked", 0500);
      assert_mode_if_there ("locked/c/c", 0500);
      assert_mode_if_there ("shut", 0400);
      test_tree_assert_goes ();
    }
}

static void
test_cancelled (void)
{
  test_in_child (child_cancelled, NULL);
}

/* Mounts */

static void
child_mount (gconstpointer as_nobody)
{
  g_autofree char *mount_point = test_tree_path ("sub/mount");
  g_autofree char *canary = test_tree_path ("sub/mount/canary");

  if (!test_mount_tmpfs (mount_point, "size=64k,mode=777"))
    test_child_skip ("no mounts here");
  test_write (canary, "alive");
  g_assert_no_errno (chmod (canary, 0666));
  test_tree_chmod (NULL, 0777);
  test_tree_chmod ("sub/mount", 0777);
  test_tree_chmod ("sub", 0755);
  if (as_nobody != NULL && !test_become_nobody ())
    test_child_skip ("no other user here");

  for (gboolean hides_kinds = FALSE; hides_kinds <= TRUE; hides_kinds++)
    {
      g_autoptr (GError) error = NULL;

      test_tree_hooks.hides_kinds = hides_kinds;
      error = test_tree_assert_fails (G_IO_ERROR_BUSY);
      test_assert_error_mentions (error, "“sub/mount”");
      if (as_nobody == NULL)
        test_tree_assert_list (NULL, "sub");
      test_assert_exists (canary, TRUE);
    }
}

static void
test_mount (gconstpointer as_nobody)
{
  test_tree_make_dirs ("sub/mount");
  if (as_nobody == NULL)
    {
      test_tree_make_file ("a/file");
      test_tree_make_file ("z/file");
    }
  test_in_child (child_mount, as_nobody);
}

/* A mount of the same filesystem is another mount, too. */
static void
child_bind_mount (gconstpointer without_openat2)
{
  g_autofree char *outside = test_path ("outside");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *mount_point = test_tree_path ("mount");
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (elsewhere, "size=64k") || mount (outside, mount_point, NULL, MS_BIND, NULL) < 0)
    test_child_skip ("no mounts here");
  if (without_openat2 != NULL && !test_fail_syscall (SYS_openat2, ENOSYS))
    test_child_skip ("no filters of system calls here");

  error = test_tree_assert_fails (G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, "“mount”");
  test_tree_assert_canary ();
}

static void
test_bind_mount (gconstpointer without_openat2)
{
  g_autofree char *elsewhere = NULL;

  if (test_skips_on_posix ("nothing tells two mounts of one filesystem apart"))
    return;
  elsewhere = test_path ("elsewhere");
  test_tree_make_dirs ("mount");
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  test_tree_make_canary ();
  test_in_child (child_bind_mount, without_openat2);
  test_tree_assert_goes ();
}

/* Opening: in each test by path, and by the descriptor of the directory above */

/* Opens a directory in the test's directory. */
static TempHandle
open_shut (const char    *base,
           gconstpointer  by_path)
{
  temp_autofd TempHandle parent_fd = TEMP_HANDLE_NONE;
  g_autofree char *path = test_path (base);

  if (by_path != NULL)
    return temp_remove_open_shut (TEMP_HANDLE_CURRENT_DIR, path);

  parent_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, test_dir (), 0);
  return temp_remove_open_shut (parent_fd, base);
}

/* Opens directories whose modes do not let their owner in, and restores the modes. */
static void
child_shut (gconstpointer by_path)
{
  static const mode_t modes[] = { 0000, 0100, 0300 };
  g_autofree char *path = NULL;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  path = test_path ("shut");
  test_make_file ("shut/sub/x");
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_auto (TempNames) names = TEMP_NAMES_INIT;
      temp_autofd TempHandle fd = -1;

      g_assert_no_errno (chmod (path, modes[i]));
      fd = open_shut ("shut", by_path);
      g_assert_no_errno (fd);
      test_assert_mode (path, S_IFDIR | modes[i]);
      g_assert_no_errno (chmod (path, 0700));
      g_assert_true (temp_names_open (&names, fd));
      g_assert_cmpstr (temp_names_next (&names), ==, "sub");
    }
}

static void
test_shut (gconstpointer by_path)
{
  if (test_skips_on_posix ("no handle of a directory that its owner may not read"))
    return;
  test_in_child (child_shut, by_path);
}

/* Leaves one descriptor less than the opening needs. */
static void
child_shut_without_descriptors (gconstpointer by_path)
{
  g_autofree char *path = NULL;
  int last = -1, before = -1;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  path = test_path ("shut");
  g_assert_no_errno (mkdir (path, 0000));
  test_limit_fds (64);
  for (int fd = dup (0); fd >= 0; fd = dup (0))
    {
      before = last;
      last = fd;
    }
  close (last);
  if (by_path == NULL)
    close (before);

  g_assert_cmpint (open_shut ("shut", by_path), ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  test_assert_mode (path, S_IFDIR);
}

static void
test_shut_without_descriptors (gconstpointer by_path)
{
  if (test_skips_on_posix ("no handle of a directory that its owner may not read"))
    return;
  test_in_child (child_shut_without_descriptors, by_path);
}

static void
test_open_fails (gconstpointer by_path)
{
  g_autofree char *path = test_path ("missing");

  g_assert_cmpint (open_shut ("missing", by_path), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);

  g_assert_no_errno (symlink (test_dir (), path));
  g_assert_cmpint (open_shut ("missing", by_path), ==, -1);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    void      (*run) (gconstpointer);
  } opening[] = {
    { "a-shut-directory-can-be-opened", test_shut },
    { "a-shut-directory-that-cannot-be-opened-stays-shut", test_shut_without_descriptors },
    { "an-error-of-opening-is-returned", test_open_fails },
  };

  test_init (&argc, &argv);

  g_test_add_data_func ("/tree/modes/in-the-way-are-repaired", NULL, test_modes);
  g_test_add_data_func ("/tree/modes/in-the-way-are-repaired-without-openat2", GINT_TO_POINTER (SYS_openat2), test_modes);
  g_test_add_data_func ("/tree/modes/in-the-way-are-repaired-without-fchmodat2", GINT_TO_POINTER (SYS_fchmodat2),
                        test_modes);
  g_test_add_func ("/tree/modes/are-restored-where-something-stays", test_modes_restored);
  g_test_add_func ("/tree/modes/are-restored-when-cancelled", test_cancelled);
  g_test_add_data_func ("/tree/only-inside/a-mount-is-not-entered", NULL, test_mount);
  g_test_add_data_func ("/tree/only-inside/a-mount-in-another-user-s-directory-is-not-entered", "", test_mount);
  g_test_add_data_func ("/tree/only-inside/a-bind-mount-is-not-entered", NULL, test_bind_mount);
  g_test_add_data_func ("/tree/only-inside/a-bind-mount-is-not-entered-without-openat2", "", test_bind_mount);

  for (gsize i = 0; i < G_N_ELEMENTS (opening); i++)
    {
      g_autofree char *by_fd = g_strconcat ("/tree/by-descriptor/", opening[i].name, NULL);
      g_autofree char *by_path = g_strconcat ("/tree/by-path/", opening[i].name, NULL);

      g_test_add_data_func (by_fd, NULL, opening[i].run);
      g_test_add_data_func (by_path, GINT_TO_POINTER (TRUE), opening[i].run);
    }

  return g_test_run ();
}
