/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/location.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

#define ASKED_DEFAULT_DIR "--print-default-dir"

/* The default directory, and how it is found */

static const char *const variables[] = { "G_TEST_TMPDIR", "TMPDIR", "TEMP", "TMP" };

static char *
make_dir (const char *base)
{
  char *dir = test_path (base);

  g_assert_no_errno (g_mkdir (dir, 0700));
  return dir;
}

static char *
find (GError     **error,
      const char  *first,
      ...)
{
  g_autoptr (GPtrArray) candidates = g_ptr_array_new ();
  va_list args;

  va_start (args, first);
  for (const char *dir = first; dir != NULL; dir = va_arg (args, const char *))
    g_ptr_array_add (candidates, (gpointer) dir);
  va_end (args);
  g_ptr_array_add (candidates, NULL);

  return temp_location_find ((const char *const *) candidates->pdata, TEMP_LOCATION_DEFAULT, error);
}

static void
assert_found (char       *found,
              const char *expected)
{
  g_assert_cmpstr (found, ==, expected);
  g_free (found);
}

static void
look_again (void)
{
  g_assert_true (temp_set_default_dir (NULL, NULL));
}

static void
assert_default (const char *expected)
{
  g_autoptr (GError) error = NULL;
  const char *dir;

  look_again ();
  dir = temp_get_default_dir (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (dir, ==, expected);
}

/* The environment is changed in children only. */
static void
child_order (gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *dir = make_dir (variables[i]);

      g_setenv (variables[i], dir, TRUE);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *dir = test_path (variables[i]);

      assert_default (dir);
      g_unsetenv (variables[i]);
    }

  assert_default ("/tmp");
}

/* A directory that cannot be used is passed over. */
static void
child_passed_over (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *dir = make_dir ("dir");

  test_write (file, "");
  g_setenv ("G_TEST_TMPDIR", missing, TRUE);
  g_setenv ("TMPDIR", "", TRUE);
  g_setenv ("TEMP", file, TRUE);
  g_setenv ("TMP", dir, TRUE);
  assert_default (dir);
}

static void
child_relative (gconstpointer data)
{
  g_autofree char *dir = make_dir ("dir");

  g_assert_no_errno (chdir (test_dir ()));
  g_setenv ("G_TEST_TMPDIR", "dir", TRUE);
  look_again ();
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);
  assert_found (find (NULL, "missing", "dir", NULL), dir);

  /* The path was made absolute when the directory was found. */
  g_assert_no_errno (chdir ("/"));
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);

  g_assert_no_errno (chdir (test_dir ()));
  g_assert_true (temp_set_default_dir ("dir", NULL));
  g_assert_no_errno (chdir ("/"));
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);
}

/* The current directory is deleted: $PWD still names it. */
static void
child_nowhere (gconstpointer data)
{
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *to_free = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) find_error = NULL;

  g_assert_no_errno (chdir (dir));
  g_assert_no_errno (g_rmdir (dir));

  g_assert_null (temp_location_resolve ("some/where", &to_free, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, "some/where");
  g_assert_null (to_free);
  g_assert_false (temp_set_default_dir ("some/where", NULL));

  g_assert_null (find (&find_error, "some/where", NULL));
  test_assert_error_mentions (find_error, "some/where");
  assert_found (find (NULL, "some/where", test_dir (), NULL), test_dir ());
}

static void
test_none (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *missing_cause = g_strdup_printf ("“%s” (%s)", missing, g_strerror (ENOENT));
  g_autofree char *file_cause = g_strdup_printf ("“%s” (%s)", file, g_strerror (ENOTDIR));
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) empty_error = NULL;

  test_write (file, "");
  g_assert_null (find (&error, missing, file, "\xff", NULL));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing_cause);
  test_assert_error_mentions (error, file_cause);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));

  g_assert_null (find (&empty_error, NULL, NULL));
  g_assert_error (empty_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A full disk still makes files, but nothing can be written to them. */
static void
child_full (gconstpointer data)
{
  const char *full = data;
  g_autofree char *filler = g_build_filename (full, "filler", NULL);
  g_autofree char *other = make_dir ("other");
  g_autoptr (GError) error = NULL;
  char page[4096] = "";
  int fd;

  if (!test_mount_tmpfs (full, "size=16k"))
    test_child_skip ("no mounts here");
  assert_found (find (NULL, full, other, NULL), full);

  g_assert_no_errno (fd = open (filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  while (write (fd, page, sizeof page) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);

  assert_found (find (NULL, full, other, NULL), other);
  g_assert_false (temp_set_default_dir (full, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_error_mentions (error, full);
}

static void
test_full (void)
{
  g_autofree char *dir = make_dir ("full");

  test_in_child (child_full, dir);
}

static void
child_no_permission (gconstpointer data)
{
  g_autofree char *refused = test_path ("refused");
  g_autofree char *open = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  open = make_dir ("open");

  /* On a filesystem without nameless files, a named file is tried. */
  if (data != NULL && !test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");

  assert_found (find (NULL, refused, open, NULL), open);
  g_assert_false (temp_set_default_dir (refused, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, refused);
}

static void
test_no_permission (gconstpointer without_tmpfile)
{
  g_autofree char *refused = make_dir ("refused");

  g_assert_no_errno (chmod (refused, 0500));
  test_in_child (child_no_permission, without_tmpfile);
}

static void
child_without_tmpfile (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *names = NULL;
  g_autoptr (GError) file_error = NULL;
  g_autoptr (GError) missing_error = NULL;

  test_write (file, "");
  if (!test_fail_syscall_if (SYS_openat, GPOINTER_TO_INT (data), 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");

  assert_found (find (NULL, missing, file, dir, NULL), dir);
  g_assert_true (temp_set_default_dir (dir, NULL));
  g_assert_false (temp_set_default_dir (file, &file_error));
  g_assert_error (file_error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_false (temp_set_default_dir (missing, &missing_error));
  g_assert_error (missing_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  names = test_list (dir);
  g_assert_cmpstr (names, ==, "");
}

static void
test_set (void)
{
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *link = test_path ("link");
  g_autofree char *missing = test_path ("missing");
  g_autofree char *file = test_path ("file");
  g_autofree char *names = NULL;
  g_autoptr (GError) missing_error = NULL;
  g_autoptr (GError) file_error = NULL;

  test_write (file, "");
  g_assert_no_errno (symlink (dir, link));
  g_assert_true (temp_set_default_dir (dir, NULL));
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);

  g_assert_false (temp_set_default_dir (missing, &missing_error));
  g_assert_error (missing_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (missing_error, missing);
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);

  g_assert_false (temp_set_default_dir (file, &file_error));
  g_assert_error (file_error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  test_assert_error_mentions (file_error, file);
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, dir);

  g_assert_true (temp_set_default_dir (link, NULL));
  g_assert_cmpstr (temp_get_default_dir (NULL), ==, link);

  names = test_list (dir);
  g_assert_cmpstr (names, ==, "");
  assert_default (g_getenv ("G_TEST_TMPDIR"));
}

/* A path that was returned stays valid, even if another directory is set later. */
static void
test_stays_valid (void)
{
  g_autofree char *dir = make_dir ("dir");
  const char *given;

  g_assert_true (temp_set_default_dir (dir, NULL));
  given = temp_get_default_dir (NULL);
  look_again ();
  g_assert_cmpstr (temp_get_default_dir (NULL), !=, dir);
  g_assert_cmpstr (given, ==, dir);
}

static void
test_resolve (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *to_free = NULL;
  g_autofree char *cwd = getcwd (NULL, 0);
  g_autofree char *expected = g_build_filename (cwd, "some/../where", NULL);
  const char *absolute = "/not/there";

  look_again ();
  g_assert_true (temp_location_resolve (absolute, &to_free, &error) == absolute);
  g_assert_null (to_free);
  g_assert_cmpstr (temp_location_resolve (NULL, &to_free, &error), ==, g_getenv ("G_TEST_TMPDIR"));
  g_assert_null (to_free);
  g_assert_cmpstr (temp_location_resolve ("some/../where", &to_free, &error), ==, expected);
  g_assert_cmpstr (to_free, ==, expected);
  g_assert_no_error (error);
}

static gpointer
get_default_dir (gpointer data)
{
  return (gpointer) temp_get_default_dir (NULL);
}

static gpointer
set_default_dir (gpointer data)
{
  for (guint i = 0; i < 200; i++)
    g_assert_true (temp_set_default_dir (i % 2 == 0 ? data : NULL, NULL));
  return NULL;
}

static void
test_threads (void)
{
  g_autofree char *dir = make_dir ("dir");
  const char *expected = g_intern_string (g_getenv ("G_TEST_TMPDIR"));
  GThread *threads[8];
  GThread *setter;

  for (guint round = 0; round < 20; round++)
    {
      look_again ();
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("get", get_default_dir, NULL);
      for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_assert_true (g_thread_join (threads[i]) == expected);
    }

  setter = g_thread_new ("set", set_default_dir, dir);
  for (guint i = 0; i < 1000; i++)
    {
      const char *got = temp_get_default_dir (NULL);

      g_assert_true (got == expected || g_str_equal (got, dir));
    }
  g_thread_join (setter);
}

/* A copy of this program that belongs to another user, and takes on the rights of that user. The C library does not
 * itself remove the variable. */
static void
test_set_user_id (void)
{
  g_autofree char *copy = test_path ("set-user-id");
  g_autofree char *dir = make_dir ("dir");
  g_autofree char *contents = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  char *argv[] = { copy, (char *) ASKED_DEFAULT_DIR, NULL };
  char *env[] = { g_strdup_printf ("TEMP=%s", dir), NULL };
  gsize length;
  int status;

  g_assert_true (g_file_get_contents ("/proc/self/exe", &contents, &length, NULL));
  g_assert_true (g_file_set_contents (copy, contents, length, NULL));
  g_assert_no_errno (chmod (g_getenv ("G_TEST_TMPDIR"), 0755));
  g_assert_no_errno (chmod (test_dir (), 0755));
  g_assert_no_errno (chmod (dir, 0777));
  g_assert_no_errno (chmod (copy, 0755));

  if (test_is_mounted_with (ST_NOEXEC))
    {
      g_test_skip ("nothing can be run from this filesystem");
      g_free (env[0]);
      return;
    }

  g_assert_true (g_spawn_sync (NULL, argv, env, 0, NULL, NULL, &output, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, dir);
  g_clear_pointer (&output, g_free);

  if (geteuid () != 0 || chown (copy, 65534, 65534) < 0 || chmod (copy, 04755) < 0)
    {
      g_test_skip ("only the administrator can make such a program");
    }
  else if (test_is_mounted_with (ST_NOSUID) || prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    {
      g_test_skip ("no program takes on another's rights here");
    }
  else
    {
      g_assert_true (g_spawn_sync (NULL, argv, env, 0, NULL, NULL, &output, NULL, &status, &error));
      g_assert_no_error (error);
      if (status != 0 || g_str_equal (output, "not secure"))
        g_test_skip ("such programs do not run here");
      else
        g_assert_cmpstr (output, ==, "/tmp");
    }

  g_free (env[0]);
}

static int
print_default_dir (void)
{
  const char *dir = temp_get_default_dir (NULL);

  if (geteuid () != getuid () && getauxval (AT_SECURE) == 0)
    dir = "not secure";
  g_print ("%s", dir != NULL ? dir : "none");
  return 0;
}

int
main (int    argc,
      char **argv)
{
  if (argc == 2 && g_str_equal (argv[1], ASKED_DEFAULT_DIR))
    return print_default_dir ();

  test_init (&argc, &argv);

  test_add_in_child ("/default-dir/first-of-the-variables", child_order, NULL);
  test_add_in_child ("/default-dir/never-an-unusable-one", child_passed_over, NULL);
  test_add_in_child ("/default-dir/absolute-once-found", child_relative, NULL);
  test_add_in_child ("/default-dir/not-relative-to-a-deleted-one", child_nowhere, NULL);
  g_test_add_func ("/default-dir/error-names-those-tried", test_none);
  g_test_add_func ("/default-dir/not-on-a-full-disk", test_full);
  g_test_add_data_func ("/default-dir/not-without-permission", NULL, test_no_permission);
  g_test_add_data_func ("/default-dir/not-without-permission/without-tmpfile", "", test_no_permission);
  test_add_in_child ("/default-dir/without-tmpfile/eopnotsupp", child_without_tmpfile, GINT_TO_POINTER (EOPNOTSUPP));
  test_add_in_child ("/default-dir/without-tmpfile/enoent", child_without_tmpfile, GINT_TO_POINTER (ENOENT));
  g_test_add_func ("/default-dir/set-only-if-usable", test_set);
  g_test_add_func ("/default-dir/path-stays-valid", test_stays_valid);
  g_test_add_func ("/default-dir/for-a-null-directory", test_resolve);
  g_test_add_func ("/default-dir/one-for-all-threads", test_threads);
  g_test_add_func ("/private/set-user-id-program-ignores-the-environment", test_set_user_id);

  return g_test_run ();
}
