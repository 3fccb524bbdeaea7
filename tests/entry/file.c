/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* The number of descriptors that entries have, and the descriptors of files. */

/* Each open file has one descriptor; the trusted directory that they are in has none. */
static void
test_count (void)
{
  guint n_fds = test_count_fds ();
  TempEntry *entries[20];

  for (guint i = 0; i < 20; i++)
    entries[i] = i % 2 == 0 ? test_new_file (test_dir (), NULL) : test_new_dir (test_dir (), NULL);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 20);

  for (guint i = 0; i < 20; i += 2)
    g_assert_true (temp_entry_release_fd (entries[i], NULL));
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 10);

  for (guint i = 0; i < 20; i++)
    {
      test_assert_deletes (entries[i]);
      g_assert_cmpuint (test_count_fds (), ==, n_fds + 10 - (i + 1) / 2);
      temp_entry_unref (entries[i]);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_count_inside (void)
{
  guint n_fds = test_count_fds ();
  TempEntry *dir = test_new_dir (test_dir (), NULL);
  TempEntry *file = test_new_file_in (dir);

  g_assert_cmpuint (test_count_fds (), ==, n_fds + 2);
  test_assert_deletes (dir);
  test_assert_deletes (file); /* is gone already */
  temp_entry_unref (dir);
  temp_entry_unref (file);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* Where paths are not trusted, the entries in a directory share a descriptor of it, as long as there is one of them. */
static void
test_count_untrusted (void)
{
  guint n_fds = test_count_fds ();
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  TempEntry *dir = test_new_dir (untrusted, NULL);
  TempEntry *file = test_new_file (untrusted, NULL);

  g_assert_cmpuint (test_count_fds (), ==, n_fds + 3);
  test_assert_deletes (dir);
  test_assert_deletes (file);
  temp_entry_unref (dir);
  temp_entry_unref (file);
  temp_place_forget_all ();
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* The last user closes the descriptor. */
static void
test_users (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  g_autoptr (GError) error = NULL;
  int fd = temp_entry_get_fd (entry);

  g_assert_true (temp_entry_acquire_fd (entry, NULL));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_no_errno (fcntl (fd, F_GETFD));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_false (temp_entry_acquire_fd (entry, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  test_assert_deletes (entry);
}

/* If the program has closed the descriptor, releasing it fails, and the entry is closed. */
static void
test_close_fails (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (close (temp_entry_get_fd (entry)));
  g_assert_false (temp_entry_release_fd (entry, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (EBADF));
  test_assert_error_mentions (error, temp_entry_get_path (entry));
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  test_assert_deletes (entry);
  test_assert_exists (temp_entry_get_last_path (entry), FALSE);
}

/* A closed file is not open for writing: it can be run. */
static void
test_closed_is_closed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempEntry) file = test_new_file (test_dir (), NULL);
  const char *path = temp_entry_get_path (file);
  const char *argv[] = { path, NULL };
  const char *script = "#!/bin/sh\nexit 0\n";
  int status;

  g_assert_cmpint (write (temp_entry_get_fd (file), script, strlen (script)), ==, strlen (script));
  g_assert_no_errno (fchmod (temp_entry_get_fd (file), 0700));
  g_assert_true (temp_entry_release_fd (file, &error));
  if (test_is_mounted_with (ST_NOEXEC))
    {
      g_test_skip ("nothing can be run from this filesystem");
    }
  else
    {
      g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
      g_assert_no_error (error);
      g_assert_cmpint (status, ==, 0);
    }
  test_assert_deletes (file);
}

static void
test_steal (void)
{
  g_autoptr (TempEntry) entry = test_new_file (test_dir (), NULL);
  int fd = temp_entry_steal_fd (entry);

  g_assert_no_errno (fcntl (fd, F_GETFD));
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  g_assert_false (temp_entry_acquire_fd (entry, NULL));
  test_assert_deletes (entry);
  g_assert_no_errno (close (fd));
}

/* An error of a seek to before the beginning names the path of a file that has one, which somebody asked for, or
 * else the directory. */
static void
assert_names (TempEntry  *entry,
              const char *named)
{
  g_autofree char *expected = g_strdup_printf ("Could not seek in %s: %s", named, g_strerror (EINVAL));
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_seek (entry, -1, G_SEEK_SET, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==, expected);
}

static int
create_no_nameless (TempHandle  dir_fd,
                    const char *dir,
                    uint32_t    mode)
{
  errno = EOPNOTSUPP;
  return -1;
}

static void
child_messages (gconstpointer data)
{
  g_autofree char *in_dir = g_strdup_printf ("a temporary file in “%s”", test_dir ());
  g_autoptr (TempEntry) named = test_new_file (test_dir (), "report-");
  g_autofree char *with_path = g_strdup_printf ("“%s”", temp_entry_get_path (named));
  g_autoptr (TempEntry) nameless = temp_entry_new ();
  g_autoptr (TempEntry) hidden = temp_entry_new ();
  g_autofree char *with_hidden = NULL;
  g_autoptr (GError) error = NULL;

  assert_names (named, with_path);
  g_assert_true (temp_entry_delete (named, NULL, NULL, NULL));
  assert_names (named, in_dir);

  g_assert_true (temp_entry_create_nameless (nameless, test_dir (), 0600, NULL));
  assert_names (nameless, in_dir);

  /* Beside a document, on a filesystem without nameless files. Once it is kept, somebody knows the name. */
  temp_platform.create_nameless = create_no_nameless;
  g_assert_true (temp_entry_create_beside (hidden, test_dir (), 0600, NULL));
  assert_names (hidden, in_dir);
  with_hidden = g_strdup_printf ("“%s”", temp_entry_get_path (hidden));
  g_assert_true (temp_entry_keep (hidden, NULL));
  assert_names (hidden, with_hidden);

  g_assert_true (temp_entry_release_fd (nameless, NULL));
  g_assert_false (temp_entry_acquire_fd (nameless, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_true (g_str_has_suffix (error->message, "”: it is closed"));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/descriptors/one-for-each-open-file-and-directory", test_count);
  g_test_add_func ("/descriptors/none-for-the-directory-of-this-process-around-a-file", test_count_inside);
  g_test_add_func ("/descriptors/one-for-all-files-in-an-untrusted-directory", test_count_untrusted);
  g_test_add_func ("/descriptors/the-last-user-of-a-file-closes-it", test_users);
  g_test_add_func ("/descriptors/closing-fails-once-if-the-program-has-closed-it", test_close_fails);
  g_test_add_func ("/descriptors/a-closed-file-can-be-run", test_closed_is_closed);
  g_test_add_func ("/descriptors/the-caller-can-have-it", test_steal);

  test_add_in_child ("/error/names-the-path-or-else-the-directory", child_messages, NULL);

  return g_test_run ();
}
