/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-functions.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "temp-location.h"
#include "test-support.h"

/* Files and directories that belong to the caller */

static void
assert_made_as_asked (const char *path,
                      mode_t      mode)
{
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_cmpstr (dir, ==, test_dir ());
  g_assert_true (g_str_has_prefix (strrchr (path, '/'), "/p-"));
  g_assert_true (g_str_has_suffix (path, ".s"));
  test_assert_mode (path, mode);
}

static void
test_mkstemp (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  guint n_fds = test_count_fds ();
  char byte;
  int fd;

  fd = temp_mkstemp (test_dir (), "p-", ".s", &path, &error);
  g_assert_no_error (error);
  g_assert_no_errno (fd);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);

  assert_made_as_asked (path, S_IFREG | 0600);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, 1);
  g_assert_cmpint (pread (fd, &byte, 1, 0), ==, 1);

  g_assert_no_errno (close (fd));
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  test_assert_mode (path, S_IFREG | 0600);
}

static void
test_mkdtemp (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  guint n_fds = test_count_fds ();

  path = temp_mkdtemp (test_dir (), "p-", ".s", &error);
  g_assert_no_error (error);
  g_assert_nonnull (path);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  assert_made_as_asked (path, S_IFDIR | 0700);
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *expected = test_path ("tmp");
  temp_autofd int fd = -1;

  g_assert_true (temp_set_default_dir (test_dir (), &error));
  fd = temp_mkstemp (NULL, NULL, NULL, &file, &error);
  g_assert_no_error (error);
  dir = temp_mkdtemp (NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (temp_set_default_dir (NULL, &error));

  g_assert_true (g_str_has_prefix (file, expected));
  g_assert_cmpuint (strlen (file), ==, strlen (expected) + 8);
  g_assert_true (g_str_has_prefix (dir, expected));
  g_assert_cmpuint (strlen (dir), ==, strlen (expected) + 8);
}

/* The library opens no descriptor more when the default directory changes. */
static void
test_default_dir_open (void)
{
  g_autofree char *other = test_path ("other");
  const char *dirs[] = { test_dir (), other, test_dir () };
  guint n_fds = 0;

  g_assert_no_errno (g_mkdir (other, 0700));
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_set_default_dir (dirs[i], &error));
      for (gsize j = 0; j < 3; j++)
        {
          g_autofree char *path = temp_mkdtemp (NULL, NULL, NULL, &error);
          g_autofree char *parent = g_path_get_dirname (path);

          g_assert_no_error (error);
          g_assert_cmpstr (parent, ==, dirs[i]);
          if (n_fds == 0)
            n_fds = test_count_fds ();
          g_assert_cmpuint (test_count_fds (), ==, n_fds);
        }
    }

  g_assert_true (temp_set_default_dir (NULL, NULL));
}

static void
test_path_unwanted (void)
{
  g_autoptr (GError) error = NULL;
  temp_autofd int fd = temp_mkstemp (test_dir (), NULL, NULL, NULL, &error);
  g_autofree char *names = test_list (test_dir ());

  g_assert_no_error (error);
  g_assert_no_errno (fd);
  g_assert_true (g_str_has_prefix (names, "tmp"));
}

/* In a child, because the current directory is that of the whole process. */
static void
child_relative (gconstpointer data)
{
  g_autofree char *sub = test_path ("sub");
  g_autofree char *file = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *file_dir = NULL;
  g_autofree char *dir_dir = NULL;

  g_assert_no_errno (g_mkdir (sub, 0700));
  g_assert_no_errno (chdir (test_dir ()));
  g_assert_no_errno (temp_mkstemp ("sub", NULL, NULL, &file, NULL));
  dir = temp_mkdtemp ("sub", NULL, NULL, NULL);
  g_assert_no_errno (chdir ("/"));

  file_dir = g_path_get_dirname (file);
  dir_dir = g_path_get_dirname (dir);
  g_assert_cmpstr (file_dir, ==, sub);
  g_assert_cmpstr (dir_dir, ==, sub);
  test_assert_mode (file, S_IFREG | 0600);
  test_assert_mode (dir, S_IFDIR | 0700);
}

static void
assert_fails (const char *dir,
              const char *prefix,
              int         code,
              const char *mentioned)
{
  g_autoptr (GError) file_error = NULL;
  g_autoptr (GError) dir_error = NULL;
  char *path = (char *) "untouched";
  guint n_fds = test_count_fds ();

  g_assert_cmpint (temp_mkstemp (dir, prefix, NULL, &path, &file_error), ==, -1);
  g_assert_error (file_error, G_IO_ERROR, code);
  test_assert_error_mentions (file_error, mentioned);
  g_assert_null (path);

  g_assert_null (temp_mkdtemp (dir, prefix, NULL, &dir_error));
  g_assert_error (dir_error, G_IO_ERROR, code);
  test_assert_error_mentions (dir_error, mentioned);

  g_assert_cmpint (temp_mkstemp (dir, prefix, NULL, NULL, NULL), ==, -1);
  g_assert_null (temp_mkdtemp (dir, prefix, NULL, NULL));
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_errors (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *long_name = g_strnfill (300, 'x');
  g_autofree char *names = NULL;

  test_write (file, "");
  assert_fails (missing, NULL, G_IO_ERROR_NOT_FOUND, missing);
  assert_fails (file, NULL, G_IO_ERROR_NOT_DIRECTORY, file);
  assert_fails (test_dir (), "a/b", G_IO_ERROR_INVALID_FILENAME, "a/b");
  assert_fails (test_dir (), long_name, G_IO_ERROR_FILENAME_TOO_LONG, test_dir ());

  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "file");
}

/* main() returns after this. */
static void
test_subprocess_exit (void)
{
  g_autofree char *dir = NULL;
  g_autofree char *file = NULL;

  g_assert_no_errno (temp_mkstemp (g_getenv ("TEST_FUNCTIONS_DIR"), "file-", NULL, &file, NULL));
  dir = temp_mkdtemp (g_getenv ("TEST_FUNCTIONS_DIR"), "dir-", NULL, NULL);
  g_assert_nonnull (dir);
}

static void
test_survive_exit (void)
{
  g_autofree char *names = NULL;

  g_setenv ("TEST_FUNCTIONS_DIR", test_dir (), TRUE);
  g_test_trap_subprocess ("/callers/subprocess/exit", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_unsetenv ("TEST_FUNCTIONS_DIR");

  names = test_list (test_dir ());
  g_assert_cmpuint (strlen (names), ==, strlen ("dir-******** file-********"));
  g_assert_true (g_str_has_prefix (names, "dir-"));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/callers/file/made-as-asked", test_mkstemp);
  g_test_add_func ("/callers/dir/made-as-asked", test_mkdtemp);
  g_test_add_func ("/callers/in-the-default-directory", test_defaults);
  g_test_add_func ("/callers/with-no-descriptor-more", test_default_dir_open);
  g_test_add_func ("/callers/file/by-its-descriptor-alone", test_path_unwanted);
  test_add_in_child ("/callers/in-a-relative-directory", child_relative, NULL);
  g_test_add_func ("/callers/errors-name-what-was-wrong", test_errors);
  g_test_add_func ("/callers/subprocess/exit", test_subprocess_exit);
  g_test_add_func ("/callers/stay-after-exit", test_survive_exit);

  return g_test_run ();
}
