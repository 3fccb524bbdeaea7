/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"
#include "trees.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

/* So long that the names alone are far more than MAX_GROWTH. */
#define NAME_LENGTH 250
#define MAX_GROWTH (4 * 1024 * 1024)

static void
make_files (int   fd,
            guint n,
            guint length)
{
  for (guint i = 0; i < n; i++)
    {
      char name[256];

      memset (name, 'n', length);
      g_snprintf (name + length - 8, 9, "%08u", i);
      test_tree_make_file_at (fd, name);
    }
}

/* Returns the most memory that this process ever had, in bytes. */
static gsize
peak_memory (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmHWM:");
  return line != NULL ? g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10) * 1024 : 0;
}

static void
child_constant_memory (gconstpointer data)
{
  gsize before = peak_memory ();

#if defined (__SANITIZE_ADDRESS__) || __has_feature (address_sanitizer)
  test_child_skip ("the sanitizer has memory of its own");
#endif
  if (g_getenv ("TEST_VALGRIND") != NULL)
    test_child_skip ("Valgrind has memory of its own");
  if (before == 0)
    test_child_skip ("the most memory is not known here");
  test_tree_assert_goes ();
  g_assert_cmpuint (peak_memory () - before, <, MAX_GROWTH);
}

static void
test_constant_memory (void)
{
  guint n_files = test_is_full () ? 1000000 : 30000;
  temp_autofd int fd = -1;

  if (test_skips_on_posix ("all names of a directory are read at once"))
    return;
  fd = test_tree_open ();
  g_assert_cmpuint (n_files * NAME_LENGTH, >, MAX_GROWTH * 3 / 2);
  make_files (fd, n_files, NAME_LENGTH);
  test_in_child (child_constant_memory, NULL);
}

/* So many that their names do not all wait at once. */
static void
test_directories (void)
{
  temp_autofd int fd = test_tree_open ();

  for (guint i = 0; i < 6000; i++)
    {
      char name[16];

      g_snprintf (name, sizeof name, "%u", i);
      g_assert_no_errno (mkdirat (fd, name, 0700));
    }
  test_tree_assert_goes ();
}

/* Entries of each kind, enough to be sorted in several parts. */
static void
test_mixed (void)
{
  temp_autofd int fd = test_tree_open ();
  g_autofree char *outside = test_path ("outside");

  g_assert_no_errno (g_mkdir (outside, 0700));
  for (guint i = 0; i < 4000; i++)
    {
      char name[256];

      memset (name, 'n', 255);
      g_snprintf (name + 248, 8, "%07u", i);
      if (i % 4 == 0)
        g_assert_no_errno (symlinkat ("../outside", fd, name));
      else if (i % 4 == 1)
        g_assert_no_errno (mkdirat (fd, name, 0700));
      else if (i % 4 == 2)
        g_assert_no_errno (mknodat (fd, name, S_IFIFO | 0600, 0));
      else
        test_tree_make_file_at (fd, name);
    }
  test_tree_make_file_at (fd, "../outside/canary");

  test_tree_assert_goes ();
  test_assert_list ("outside", "canary");
}

/* More names stay than are remembered. */
static void
child_stuck (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  test_tree_become_nobody ();
  error = test_tree_assert_fails (G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, "remove 6000 entries of");
}

static void
test_stuck (void)
{
  temp_autofd int tree = test_tree_open ();
  temp_autofd int fd = -1;

  g_assert_no_errno (mkdirat (tree, "stuck", 0755));
  fd = openat (tree, "stuck", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  g_assert_no_errno (fchmod (tree, 0777));
  make_files (fd, 6000, 20);
  test_in_child (child_stuck, NULL);
  test_tree_assert_goes ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/tree/goes/in-constant-memory", test_constant_memory);
  g_test_add_func ("/tree/goes/with-many-directories", test_directories);
  g_test_add_func ("/tree/goes/with-many-entries-of-each-kind", test_mixed);
  g_test_add_func ("/tree/error/ends-where-nothing-can-be-removed", test_stuck);

  return g_test_run ();
}
