/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* Nameless files, and filesystems without them. */

static void
test_nameless (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (temp_entry_get_fd (entry), >=, 0);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  test_assert_deletes (entry);
}

/* A filesystem without nameless files. */
static void
child_without_tmpfile (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  guint n_fds;
  struct stat st;

  if (!test_fail_syscall_if (SYS_openat, GPOINTER_TO_INT (data), 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");
  n_fds = test_count_fds ();

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  g_assert_no_errno (fstat (temp_entry_get_fd (entry), &st));
  g_assert_cmpint (st.st_nlink, ==, 0);
  g_assert_cmpint (write (temp_entry_get_fd (entry), "x", 1), ==, 1);

  temp_entry_release_fd (entry, NULL);
  g_clear_pointer (&entry, temp_entry_unref);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_without_tmpfile (gconstpointer data)
{
  test_in_child (child_without_tmpfile, data);
}

/* Where paths are trusted, a file is deleted by its path; elsewhere, by its directory's descriptor. */
static void
child_not_unnamed (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GPtrArray) registered = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = test_make_untrusted ("elsewhere");
  g_autofree char *names = NULL;
  guint n_fds = 0;

  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY) ||
      !test_fail_syscall_on (SYS_unlinkat, EIO, AT_FDCWD))
    test_child_skip ("no filters of system calls here");

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      test_assert_error_mentions (error, test_dir ());
      g_clear_error (&error);
      g_assert_null (temp_entry_get_path (entry));
      g_assert_null (temp_entry_get_last_path (entry));
      g_assert_false (temp_entry_acquire_fd (entry, NULL));

      /* The first one has opened the ledger. */
      if (i > 0)
        g_assert_cmpuint (test_count_fds (), ==, n_fds);
      n_fds = test_count_fds ();
    }
  registered = temp_entry_list ();
  g_assert_cmpuint (registered->len, ==, 0);

  g_assert_true (temp_entry_create_nameless (entry, elsewhere, 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_cmpint (entry->n_fd_users, ==, 1);
  names = test_list (elsewhere);
  g_assert_cmpstr (names, ==, "");
  g_assert_true (temp_entry_release_fd (entry, NULL));
}

/* If the name of the file that stands in for a nameless one cannot be deleted, the entry is as new, and can be made
 * again. */
static void
test_not_unnamed (void)
{
  test_in_child (child_not_unnamed, NULL);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    int         errsv;
  } errors[] = {
    { "eopnotsupp", EOPNOTSUPP }, { "eisdir", EISDIR }, { "enoent", ENOENT }, { "einval", EINVAL }, { "enosys", ENOSYS },
  };

  test_init (&argc, &argv);

  g_test_add_func ("/private/a-nameless-file-has-no-name", test_nameless);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autofree char *path = g_strconcat ("/private/a-nameless-file-can-be-had-anywhere/", errors[i].name, NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (errors[i].errsv), test_without_tmpfile);
    }
  g_test_add_func ("/private/a-nameless-file-has-no-name-or-is-an-error", test_not_unnamed);

  return g_test_run ();
}
