/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* Removes names: in each test by path, and by the descriptor of their directory. */

typedef struct
{
  int         parent_fd;
  const char *name;
  char       *path;
} Name;

static void
name_init (Name          *self,
           const char    *base,
           gconstpointer  by_path)
{
  self->path = test_path (base);
  self->parent_fd = by_path != NULL ? AT_FDCWD : open (test_dir (), O_PATH | O_DIRECTORY | O_CLOEXEC);
  self->name = by_path != NULL ? self->path : base;
}

static void
name_clear (Name *self)
{
  temp_fd_clear (&self->parent_fd); /* does nothing for AT_FDCWD */
  g_free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Name, name_clear)

static void
assert_absent (Name *name)
{
  g_assert_false (g_file_test (name->path, G_FILE_TEST_EXISTS) || g_file_test (name->path, G_FILE_TEST_IS_SYMLINK));
}

static void
assert_removes_file (Name     *name,
                     gboolean  was_there)
{
  g_autoptr (GError) error = NULL;
  gboolean removed = !was_there;

  g_assert_true (temp_remove_file_name (name->parent_fd, name->name, name->path, &removed, &error));
  g_assert_no_error (error);
  g_assert_cmpint (removed, ==, was_there);
  assert_absent (name);
}

static gboolean
remove_dir (Name               *name,
            TempRemoveOptions  *options,
            gboolean           *removed,
            GError            **error)
{
  return temp_remove_dir_name (name->parent_fd, name->name, name->path, -1, FALSE, options, removed, error);
}

static void
assert_removes_dir (Name     *name,
                    int       fd,
                    gboolean  only_that,
                    gboolean  was_there)
{
  TempRemoveOptions options = { .progress = NULL };
  g_autoptr (GError) error = NULL;
  gboolean removed = !was_there;

  temp_remove_dir_name (name->parent_fd, name->name, name->path, fd, only_that, &options, &removed, &error);
  g_assert_no_error (error);
  g_assert_cmpint (removed, ==, was_there);
  assert_absent (name);
}

static void
assert_keeps_dir (Name     *name,
                  int       fd,
                  gboolean  only_that,
                  int       code)
{
  TempRemoveOptions options = { .progress = NULL };
  g_autoptr (GError) error = NULL;
  gboolean removed = TRUE;

  g_assert_false (temp_remove_dir_name (name->parent_fd, name->name, name->path, fd, only_that, &options, &removed,
                                        &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, name->path);
  g_assert_false (removed);
  test_assert_exists (name->path, TRUE);
}

/* Files */

static void
test_file (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autofree char *target = test_path ("target");

  name_init (&name, "file", data);
  test_make_file ("file");
  test_make_file ("target");
  assert_removes_file (&name, TRUE);
  assert_removes_file (&name, FALSE);

  g_assert_no_errno (symlink (target, name.path));
  assert_removes_file (&name, TRUE);
  test_assert_exists (target, TRUE);

  g_assert_no_errno (mkdir (name.path, 0700));
  assert_removes_file (&name, TRUE);
}

static void
test_file_is_full_dir (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean removed = TRUE;

  name_init (&name, "file", data);
  test_make_file ("file/x");
  g_assert_false (temp_remove_file_name (name.parent_fd, name.name, name.path, &removed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  test_assert_error_mentions (error, name.path);
  g_assert_false (removed);
  test_assert_list ("file", "x");
}

/* A file has replaced a directory of the path, so that the name is absent. */
static void
test_above_is_file (void)
{
  g_auto (Name) name = { 0 };

  name_init (&name, "above/name", GINT_TO_POINTER (TRUE));
  test_make_file ("above");
  assert_removes_file (&name, FALSE);
  assert_removes_dir (&name, -1, FALSE, FALSE);
  test_assert_list (".", "above");
}

/* Directories */

static void
test_directory (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autofree char *victim = test_path ("victim");

  name_init (&name, "dir", data);
  assert_removes_dir (&name, -1, FALSE, FALSE);

  g_assert_no_errno (mkdir (name.path, 0700));
  assert_removes_dir (&name, -1, TRUE, TRUE); /* an empty one goes in any case */

  test_make_file ("dir/a/b/c");
  test_make_file ("dir/d");
  assert_removes_dir (&name, -1, FALSE, TRUE);

  test_make_file ("dir");
  assert_removes_dir (&name, -1, FALSE, TRUE);

  test_make_file ("victim/x");
  g_assert_no_errno (symlink (victim, name.path));
  assert_removes_dir (&name, -1, FALSE, TRUE);
  test_assert_list ("victim", "x");
}

/* The descriptor is the directory's, so that it is emptied even if no other is to be. */
static void
test_dir_by_fd (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  temp_autofd int fd = -1;

  name_init (&name, "dir", data);
  test_make_file ("dir/x");
  fd = open (name.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_removes_dir (&name, fd, TRUE, TRUE);
}

/* The descriptor is another directory's, which keeps its contents. */
static void
test_dir_is_another (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  temp_autofd int fd = -1;
  g_autofree char *away = test_path ("away");

  name_init (&name, "dir", data);
  test_make_file ("dir/precious");
  fd = open (name.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (g_rename (name.path, away));
  test_make_file ("dir/x");

  assert_keeps_dir (&name, fd, TRUE, G_IO_ERROR_NOT_EMPTY);
  test_assert_list ("dir", "x");
  assert_keeps_dir (&name, -1, TRUE, G_IO_ERROR_NOT_EMPTY);
  assert_removes_dir (&name, fd, FALSE, TRUE);
  test_assert_list ("away", "precious");
}

static void
child_mounted_on (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autofree char *inside = test_path ("dir/x");

  name_init (&name, "dir", data);
  g_assert_no_errno (mkdir (name.path, 0700));
  if (!test_mount_tmpfs (name.path, "size=64k"))
    test_child_skip ("cannot mount a filesystem");
  assert_keeps_dir (&name, -1, FALSE, G_IO_ERROR_BUSY);
  test_make_file ("dir/x");
  assert_keeps_dir (&name, -1, FALSE, G_IO_ERROR_BUSY);
  test_assert_exists (inside, TRUE);
}

static void
test_mounted_on (gconstpointer data)
{
  test_in_child (child_mounted_on, data);
}

/* The directory counts like the entries in it, but not if it is absent. */
static void
test_progress (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  TempRemoveProgress progress = { .n_removed = 0 };
  TempRemoveOptions options = { .progress = &progress };
  gboolean removed;

  name_init (&name, "dir", data);
  g_assert_true (remove_dir (&name, &options, &removed, NULL));
  g_assert_cmpuint (progress.n_removed, ==, 0);
  test_make_file ("dir/x");
  g_assert_true (remove_dir (&name, &options, &removed, NULL));
  g_assert_cmpuint (progress.n_removed, ==, 2);
}

static void
test_cancelled (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TempRemoveOptions options = { .cancellable = cancellable };
  g_autoptr (GError) error = NULL;
  gboolean removed;

  name_init (&name, "dir", data);
  test_make_file ("dir/x");
  g_cancellable_cancel (cancellable);
  g_assert_false (remove_dir (&name, &options, &removed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_list ("dir", "x");
}

/* A spared directory, which stays with those above, is no error. */
static void
test_spared (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  TempRemoveOptions options = { .locks = TEMP_REMOVE_SPARE_LOCKED };
  g_autofree char *used = test_path ("dir/used");
  g_autoptr (GError) error = NULL;
  gboolean removed = TRUE;
  temp_autofd int fd = -1;

  name_init (&name, "dir", data);
  test_make_file ("dir/used/x");
  test_make_file ("dir/y");
  fd = open (used, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (flock (fd, LOCK_SH | LOCK_NB));
  g_assert_true (remove_dir (&name, &options, &removed, &error));
  g_assert_no_error (error);
  g_assert_true (options.any_spared);
  g_assert_false (removed);
  test_assert_list ("dir", "used");
  test_assert_list ("dir/used", "x");
}

/* Modes */

static void
child_not_unlinked (gconstpointer data)
{
  g_auto (Name) name = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean removed = TRUE;

  name_init (&name, "file", data);
  test_make_file ("file");
  if (!test_fail_syscall (SYS_unlinkat, EROFS))
    test_child_skip ("no filters of system calls here");
  g_assert_false (temp_remove_file_name (name.parent_fd, name.name, name.path, &removed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  test_assert_error_mentions (error, name.path);
  g_assert_false (removed);
  assert_keeps_dir (&name, -1, FALSE, G_IO_ERROR_READ_ONLY);
}

static void
test_not_unlinked (gconstpointer data)
{
  test_in_child (child_not_unlinked, data);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    void      (*run) (gconstpointer);
  } tests[] = {
    { "a-file-goes", test_file },
    { "a-full-directory-in-the-place-of-a-file-stays", test_file_is_full_dir },
    { "a-directory-goes", test_directory },
    { "a-directory-goes-by-its-descriptor", test_dir_by_fd },
    { "another-directory-stays-if-asked", test_dir_is_another },
    { "a-mount-stays", test_mounted_on },
    { "the-directory-counts-in-its-progress", test_progress },
    { "a-cancelled-removal-stops", test_cancelled },
    { "a-locked-directory-is-spared-if-asked", test_spared },
    { "an-error-names-the-path", test_not_unlinked },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *by_fd = g_strconcat ("/tree/by-descriptor/", tests[i].name, NULL);
      g_autofree char *by_path = g_strconcat ("/tree/by-path/", tests[i].name, NULL);

      g_test_add_data_func (by_fd, NULL, tests[i].run);
      g_test_add_data_func (by_path, GINT_TO_POINTER (TRUE), tests[i].run);
    }
  g_test_add_func ("/tree/by-path/nothing-is-below-a-file", test_above_is_file);

  return g_test_run ();
}
