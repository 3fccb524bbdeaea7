/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

static TempDir *
new_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_dir (), "d-", ".d", &error);

  g_assert_no_error (error);
  return dir;
}

static void
fill (TempDir *dir)
{
  g_autofree char *sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  g_autofree char *file = g_build_filename (sub, "file", NULL);

  g_assert_no_errno (g_mkdir (sub, 0700));
  test_write (file, "x");
}

static void
test_new (void)
{
  g_autoptr (TempDir) dir = new_dir ();
  const char *path = temp_dir_get_path (dir);
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *file_path = g_file_get_path (temp_dir_get_file (dir));
  g_autoptr (GFile) child = temp_dir_get_child (dir, "a/b");
  g_autofree char *child_path = g_file_get_path (child);
  g_autofree char *expected = g_build_filename (path, "a", "b", NULL);
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_true (S_ISDIR (st.st_mode));
  g_assert_cmpint (st.st_mode & 0777, ==, 0700);
  g_assert_cmpuint (strlen (base), ==, 2 + 16 + 2);
  g_assert_cmpstr (file_path, ==, path);
  g_assert_cmpstr (child_path, ==, expected);
  g_assert_no_errno (faccessat (temp_dir_get_fd (dir), ".", F_OK, 0));
  g_assert_cmpint (fcntl (temp_dir_get_fd (dir), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
}

static void
test_unref_deletes (void)
{
  guint n_fds = test_count_fds ();
  TempDir *dir = new_dir ();
  g_autofree char *path = g_strdup (temp_dir_get_path (dir));

  fill (dir);
  g_object_unref (dir);
  test_assert_exists (path, FALSE);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_delete (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = new_dir ();

  fill (dir);
  temp_dir_set_auto_delete (dir, FALSE);
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  g_assert_no_error (error);
  test_assert_exists (temp_dir_get_path (dir), FALSE);
  g_assert_cmpint (temp_dir_get_fd (dir), ==, -1);
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  g_assert_null (temp_dir_keep (dir));
}

static void
test_keep (void)
{
  TempDir *dir = new_dir ();
  g_autofree char *path = temp_dir_keep (dir);
  g_autofree char *again = temp_dir_keep (dir);

  g_assert_cmpstr (path, ==, temp_dir_get_path (dir));
  g_assert_cmpstr (again, ==, path);
  g_assert_false (temp_dir_get_auto_delete (dir));
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  g_object_unref (dir);
  test_assert_exists (path, TRUE);
  g_rmdir (path);
}

static void
test_auto_delete (void)
{
  TempDir *dir = new_dir ();
  g_autofree char *path = g_strdup (temp_dir_get_path (dir));

  temp_dir_set_auto_delete (dir, FALSE);
  g_object_unref (dir);
  test_assert_exists (path, TRUE);
  g_rmdir (path);
}

static void
test_properties (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = NULL;
  g_autoptr (GFile) file = NULL;
  g_autofree char *where = NULL, *prefix = NULL, *suffix = NULL, *path = NULL;
  gboolean auto_delete, ignore_errors;
  int permissions;
  struct stat st;

  umask (022);
  dir = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (), "prefix", "p", "suffix", "s",
                        "permissions", 0755, "ignore-errors", TRUE, NULL);
  g_assert_no_error (error);
  g_object_get (dir, "dir", &where, "prefix", &prefix, "suffix", &suffix, "permissions", &permissions, "path", &path,
                "file", &file, "auto-delete", &auto_delete, "ignore-errors", &ignore_errors, NULL);
  g_assert_cmpstr (where, ==, test_dir ());
  g_assert_cmpstr (prefix, ==, "p");
  g_assert_cmpstr (suffix, ==, "s");
  g_assert_cmpint (permissions, ==, 0755);
  g_assert_cmpstr (path, ==, temp_dir_get_path (dir));
  g_assert_true (file == temp_dir_get_file (dir));
  g_assert_true (auto_delete);
  g_assert_true (ignore_errors);
  g_assert_no_errno (stat (path, &st));
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  g_assert_true (g_initable_init (G_INITABLE (dir), NULL, &error));
  g_assert_cmpstr (path, ==, temp_dir_get_path (dir));
}

static void
assert_made_with (TempDir    *dir,
                  const char *where,
                  const char *prefix,
                  const char *suffix)
{
  g_autofree char *actual_where = NULL, *actual_prefix = NULL, *actual_suffix = NULL;
  int permissions;

  g_object_get (dir, "dir", &actual_where, "prefix", &actual_prefix, "suffix", &actual_suffix,
                "permissions", &permissions, NULL);
  g_assert_cmpstr (actual_where, ==, where);
  g_assert_cmpstr (actual_prefix, ==, prefix);
  g_assert_cmpstr (actual_suffix, ==, suffix);
  g_assert_cmpint (permissions, ==, -1);
}

/* Constructors say in the properties what they were given. */
static void
test_constructor_properties (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) plain = temp_dir_new (NULL, NULL, NULL, &error);
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "p", "s", &error);
  g_autoptr (TempDir) child = temp_dir_create_dir (dir, NULL, "t", &error);

  g_assert_no_error (error);
  assert_made_with (plain, NULL, NULL, NULL);
  assert_made_with (dir, test_dir (), "p", "s");
  assert_made_with (child, temp_dir_get_path (dir), NULL, "t");
}

static void
set_all (TempDir *dir)
{
  g_object_set (dir, "dir", test_dir (), "prefix", "p", "suffix", "s", "permissions", 0705, NULL);
}

/* What the directory is made with can be set until it is made. */
static void
test_set_before (void)
{
  static const char *const names[] = { "dir", "prefix", "suffix", "permissions" };
  g_autoptr (TempDir) dir = g_object_new (TEMP_TYPE_DIR, "prefix", "/", NULL);
  g_autoptr (GHashTable) counts = test_count_notifications (dir);
  g_autoptr (GError) error = NULL;
  g_autofree char *base = NULL;

  g_assert_false (g_initable_init (G_INITABLE (dir), NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_FILENAME);

  set_all (dir);
  set_all (dir);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_notified (counts, names[i], 1);

  umask (022);
  g_assert_true (g_initable_init (G_INITABLE (dir), NULL, &error));
  g_assert_no_error (error);
  base = g_path_get_basename (temp_dir_get_path (dir));
  g_assert_true (g_str_has_prefix (base, "p"));
  g_assert_true (g_str_has_suffix (base, "s"));
  test_assert_mode (temp_dir_get_path (dir), S_IFDIR | 0705);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (dir, names[i]);
}

static void
test_fixed (void)
{
  static const char *const names[] = { "dir", "prefix", "suffix", "permissions" };
  g_autoptr (TempDir) dir = new_dir ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (dir, names[i]);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (dir, names[i]);
}

/* A mode that shuts out its owner is what it becomes in the end. */
static void
test_permissions (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (), "permissions", 0300, NULL);
  struct stat st;

  g_assert_no_error (error);
  g_assert_no_errno (stat (temp_dir_get_path (dir), &st));
  g_assert_cmpint (st.st_mode & 0777, ==, 0300);
}

static void
test_inside (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = new_dir ();
  guint n_fds = test_count_fds ();
  TempFile *file = temp_dir_create_file (dir, "f", ".txt", &error);
  TempDir *sub = temp_dir_create_dir (dir, "s", NULL, &error);
  g_autofree char *file_dir = g_path_get_dirname (temp_file_get_path (file));
  g_autofree char *sub_path = g_strdup (temp_dir_get_path (sub));
  g_autofree char *sub_dir = g_path_get_dirname (sub_path);

  g_assert_no_error (error);
  g_assert_cmpstr (file_dir, ==, temp_dir_get_path (dir));
  g_assert_cmpstr (sub_dir, ==, temp_dir_get_path (dir));
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 2);
  g_object_unref (sub);
  test_assert_exists (sub_path, FALSE);

  /* They outlive it, but not its deletion. */
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  test_assert_exists (temp_file_get_path (file), FALSE);
  g_assert_null (temp_dir_create_file (dir, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  g_clear_error (&error);
  g_assert_null (temp_dir_create_dir (dir, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_object_unref (dir);
  g_object_unref (file);
}

/* A file is made by the path, so that its own path is always true: also if that leads to another directory by now. */
static void
test_inside_renamed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = new_dir ();
  g_autofree char *away = test_path ("away");
  g_autofree char *base = NULL;
  TempFile *file;

  g_assert_no_errno (g_rename (temp_dir_get_path (dir), away));
  g_assert_null (temp_dir_create_file (dir, "f", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  g_clear_error (&error);

  g_assert_no_errno (g_mkdir (temp_dir_get_path (dir), 0700));
  file = temp_dir_create_file (dir, "f", NULL, &error);
  g_assert_no_error (error);
  test_assert_exists (temp_file_get_path (file), TRUE);
  base = g_path_get_basename (temp_file_get_path (file));
  g_assert_cmpuint (strlen (base), ==, 1 + 8);
  g_object_unref (file);
  test_assert_list ("away", "");
  g_assert_no_errno (g_rmdir (temp_dir_get_path (dir)));
  g_assert_no_errno (g_rmdir (away));
}

/* A forked child drops what it inherited without deleting it, but does what it is told. */
static void
test_child (void)
{
  g_autoptr (TempDir) dropped = new_dir ();
  g_autoptr (TempDir) deleted = new_dir ();
  g_autoptr (GError) error = NULL;
  pid_t pid;

  fill (dropped);
  fill (deleted);
  pid = test_fork_idle ();
  if (pid == 0)
    {
      g_clear_object (&dropped);
      g_assert_true (temp_dir_delete (deleted, NULL, &error));
      g_assert_no_error (error);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);

  {
    g_autofree char *names = test_list (temp_dir_get_path (dropped));

    g_assert_cmpstr (names, !=, "");
  }
  test_assert_exists (temp_dir_get_path (deleted), FALSE);
  g_assert_true (temp_dir_delete (deleted, NULL, &error));
  g_assert_no_error (error);
}

/* The directory has lost its descriptor, or never had one: it is opened when somebody asks for it. */
static void
test_get_fd (void)
{
  g_autoptr (TempDir) dir = new_dir ();
  struct stat st, named;

  g_assert_no_errno (close (temp_dir_get_fd (dir)));
  g_assert_no_errno (fstat (temp_dir_get_fd (dir), &st));
  g_assert_no_errno (stat (temp_dir_get_path (dir), &named));
  g_assert_cmpint (st.st_ino, ==, named.st_ino);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  g_assert_cmpint (temp_dir_get_fd (dir), ==, -1);
}

static void
test_async (void)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempDir) dir = NULL;

  temp_dir_new_async (test_dir (), "a", NULL, 0, NULL, test_keep_result, &result);
  dir = temp_dir_new_finish (test_wait_result (&result), &error);
  g_assert_no_error (error);
  test_assert_exists (temp_dir_get_path (dir), TRUE);
  g_clear_object (&result);

  temp_dir_new_async (missing, "a", NULL, 0, NULL, test_keep_result, &result);
  g_assert_null (temp_dir_new_finish (test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
}

static void
test_async_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_new_async (test_dir (), "a", NULL, 0, cancellable, test_keep_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (temp_dir_new_finish (test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result);

  test_wait_empty ();
}

static void
test_bad_input (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *long_name = g_strnfill (300, 'x');
  TempDir *dir;

  g_assert_null (temp_dir_new (test_dir (), "a/", NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_FILENAME);
  g_assert_null (temp_dir_new (test_dir (), long_name, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_FILENAME_TOO_LONG);
  dir = temp_dir_new (test_dir (), "\xff", "\xfe", &error);
  g_assert_no_error (error);
  g_object_unref (dir);

  dir = g_object_new (TEMP_TYPE_DIR, "prefix", "/", NULL);
  g_assert_null (temp_dir_get_path (dir));
  g_assert_null (temp_dir_get_file (dir));
  g_assert_false (g_initable_init (G_INITABLE (dir), NULL, &error));
  g_object_unref (dir);
}

/* What cannot be removed is told, unless it is not to be. */
static void
child_not_removed (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = NULL;
  g_autofree char *sub = NULL;
  g_autofree char *names = NULL;
  g_autofree char *other = NULL;
  int flags = O_RDONLY | O_DIRECTORY;
  int fd;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  dir = new_dir ();
  fill (dir);
  sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  other = g_build_filename (temp_dir_get_path (dir), "other", NULL);
  test_write (other, "x");
  fd = open (sub, flags | O_CLOEXEC);
  g_assert_no_errno (chmod (sub, 0500));

  if (temp_dir_delete (dir, NULL, &error))
    test_child_exit (0); /* it put the mode right */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "sub/file");
  test_assert_error_mentions (error, temp_dir_get_path (dir));
  names = test_list (temp_dir_get_path (dir));
  g_assert_cmpstr (names, ==, "sub");

  temp_dir_set_ignore_errors (dir, TRUE);
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  temp_dir_set_ignore_errors (dir, FALSE);
  g_assert_no_errno (fchmod (fd, 0700));
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  close (fd);
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = new_dir ();
  g_autofree char *names = NULL;

  fill (dir);
  temp_dir_set_ignore_errors (dir, TRUE);
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_dir_delete (dir, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  names = test_list (temp_dir_get_path (dir));
  g_assert_cmpstr (names, ==, "sub");
}

/* A debug message for the one that nobody deleted, and for no other. */
static void
test_dropped_is_told (void)
{
  TempDir *deleted = new_dir ();
  TempDir *kept = new_dir ();
  TempDir *dropped = new_dir ();
  g_autofree char *path = NULL;
  g_autofree char *pattern = g_strdup_printf ("*“%s” goes*", temp_dir_get_path (dropped));

  g_assert_true (temp_dir_delete (deleted, NULL, NULL));
  g_object_unref (deleted);

  path = temp_dir_keep (kept);
  g_object_unref (kept);
  g_assert_no_errno (g_rmdir (path));

  g_log_set_debug_enabled (TRUE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, pattern);
  g_object_run_dispose (G_OBJECT (dropped));
  g_test_assert_expected_messages ();
  g_object_unref (dropped);
  g_log_set_debug_enabled (FALSE);
}

/* Dropping the last reference returns at once, and a worker deletes the directories, one after the other. */
static void
test_delete_in_background (void)
{
  g_autoptr (GHashTable) counts = NULL;
  TempDir *dir = new_dir ();

  counts = test_count_notifications (dir);
  g_assert_false (temp_dir_get_delete_in_background (dir));
  temp_dir_set_delete_in_background (dir, TRUE);
  temp_dir_set_delete_in_background (dir, TRUE);
  g_assert_true (temp_dir_get_delete_in_background (dir));
  test_assert_notified (counts, "delete-in-background", 1);
  g_object_unref (dir);
  test_wait_empty ();

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TempDir) another = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (),
                                                    "delete-in-background", TRUE, NULL);
      g_autofree char *inside = NULL;

      g_assert_no_error (error);
      inside = g_build_filename (temp_dir_get_path (another), "x", NULL);
      test_write (inside, "x");
    }
  test_wait_empty ();
}

/* A directory that stays does so, and one that was deleted needs no worker. */
static void
test_background_keeps (void)
{
  TempDir *kept = new_dir ();
  TempDir *off = new_dir ();
  TempDir *deleted = new_dir ();
  g_autofree char *kept_path = NULL;
  g_autofree char *off_path = g_strdup (temp_dir_get_path (off));

  temp_dir_set_delete_in_background (kept, TRUE);
  temp_dir_set_delete_in_background (off, TRUE);
  temp_dir_set_delete_in_background (deleted, TRUE);
  kept_path = temp_dir_keep (kept);
  temp_dir_set_auto_delete (off, FALSE);
  g_assert_true (temp_dir_delete (deleted, NULL, NULL));
  g_object_unref (kept);
  g_object_unref (off);
  g_object_unref (deleted);

  g_assert_no_errno (g_rmdir (kept_path));
  g_assert_no_errno (g_rmdir (off_path));
}

static gboolean is_exiting_child;

/* The leak sanitizer asks this. A program that exits while its worker is busy has leaks. */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return is_exiting_child;
}

/* A program that ends while its worker is busy leaves the rest to a sweep; without a ledger, it waits. */
static void
test_background_at_exit (gconstpointer data)
{
  const gboolean has_ledger = GPOINTER_TO_INT (data);
  pid_t pid;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    {
      g_test_skip ("exit() ends GLib's threads with what they have");
      return;
    }

  pid = test_fork_idle ();
  if (pid == 0)
    {
      TempDir *dir;

      if (!has_ledger)
        {
          g_setenv ("XDG_STATE_HOME", "/dev/null", TRUE);
          g_setenv ("XDG_RUNTIME_DIR", "/dev/null", TRUE);
        }
      dir = new_dir ();
      for (guint i = 0; i < 2000; i++)
        {
          g_autofree char *base = g_strdup_printf ("%u", i);
          g_autofree char *path = g_build_filename (temp_dir_get_path (dir), base, NULL);

          test_write (path, "");
        }
      temp_dir_set_delete_in_background (dir, TRUE);
      g_object_unref (dir);
      is_exiting_child = TRUE;
      exit (0);
    }

  test_assert_ends_well (pid);
  if (has_ledger)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_sweep (NULL, NULL, &error));
      g_assert_no_error (error);
    }
  test_assert_list (NULL, "");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-dir/new", test_new);
  g_test_add_func ("/temp-dir/unref-deletes", test_unref_deletes);
  g_test_add_func ("/temp-dir/dropped-is-told", test_dropped_is_told);
  g_test_add_func ("/temp-dir/delete", test_delete);
  g_test_add_func ("/temp-dir/keep", test_keep);
  g_test_add_func ("/temp-dir/auto-delete", test_auto_delete);
  g_test_add_func ("/temp-dir/properties", test_properties);
  g_test_add_func ("/temp-dir/constructor-properties", test_constructor_properties);
  g_test_add_func ("/temp-dir/set-before", test_set_before);
  g_test_add_func ("/temp-dir/fixed", test_fixed);
  g_test_add_func ("/temp-dir/permissions", test_permissions);
  g_test_add_func ("/temp-dir/inside", test_inside);
  g_test_add_func ("/temp-dir/inside-renamed", test_inside_renamed);
  g_test_add_func ("/temp-dir/child", test_child);
  g_test_add_func ("/temp-dir/get-fd", test_get_fd);
  g_test_add_func ("/temp-dir/async", test_async);
  g_test_add_func ("/temp-dir/async-cancelled", test_async_cancelled);
  g_test_add_func ("/temp-dir/bad-input", test_bad_input);
  test_add_in_child ("/temp-dir/not-removed", child_not_removed, NULL);
  g_test_add_func ("/temp-dir/cancelled", test_cancelled);
  g_test_add_func ("/temp-dir/delete-in-background", test_delete_in_background);
  g_test_add_func ("/temp-dir/background-keeps", test_background_keeps);
  g_test_add_data_func ("/temp-dir/background-at-exit/ledger", GINT_TO_POINTER (TRUE), test_background_at_exit);
  g_test_add_data_func ("/temp-dir/background-at-exit/none", GINT_TO_POINTER (FALSE), test_background_at_exit);

  return g_test_run ();
}
