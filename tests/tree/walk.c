/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"
#include "trees.h"

/* Somebody changes the tree while it is removed. */

static void
remove_if_empty (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = g_file_read_link (link, NULL);

  if (g_str_has_suffix (path, "/empty"))
    g_assert_no_errno (g_rmdir (path));
}

/* Somebody removes a directory after it was opened and before it is read. */
static void
test_removed_meanwhile (void)
{
  test_tree_make_file ("d/file");
  test_tree_make_dirs ("d/empty");
  test_tree_hooks.before_list = remove_if_empty;
  test_tree_assert_goes ();
}

/* Replaces "victim" by a symbolic link to the directory outside. */
static void
swap_in_link (void)
{
  g_autofree char *victim = test_tree_path ("victim");
  g_autofree char *aside = test_path ("aside");

  if (g_file_test (aside, G_FILE_TEST_EXISTS))
    return;
  g_assert_no_errno (g_rename (victim, aside));
  g_assert_no_errno (symlink ("../outside", victim));
}

static const char *swap_before;

static void
swap_in_link_before (const char *name)
{
  if (g_str_equal (name, swap_before))
    swap_in_link ();
}

/* The link comes between the reading of the name and the opening, while the directory is emptied, or before its
 * rmdir(). */
static void
test_swapped (gconstpointer data)
{
  test_tree_make_canary ();
  test_tree_make_file ("victim/inner");
  swap_before = data;
  if (g_str_equal (data, "reading"))
    test_tree_hooks.after_list = swap_in_link;
  else
    test_tree_hooks.before_remove = swap_in_link_before;

  test_tree_assert_goes ();
  test_tree_assert_canary ();
  test_assert_list ("aside", g_str_equal (data, "reading") ? "inner" : "");
}

/* Replaces a file, whose name was read, by a directory. */
static void
swap_in_directory (const char *name)
{
  g_autofree char *victim = test_tree_path ("victim");

  if (!g_str_equal (name, "victim") || g_file_test (victim, G_FILE_TEST_IS_DIR))
    return;
  g_assert_no_errno (g_remove (victim));
  test_tree_make_file ("victim/inner");
}

static void
test_swapped_for_directory (void)
{
  test_tree_make_file ("victim");
  test_tree_hooks.before_remove = swap_in_directory;
  test_tree_assert_goes ();
}

/* Moves a directory out of the tree as soon as the file of that name, the last below it, is removed. */
static void
move_away (const char *name,
           gboolean    removed)
{
  g_autofree char *inside = g_strdup_printf ("d/d/%s", name);
  g_autofree char *outside = g_strdup_printf ("outside/%s", name);
  g_autofree char *from = test_tree_path (inside);
  g_autofree char *to = test_path (outside);

  if (g_str_has_prefix (name, "last") && removed && !g_file_test (to, G_FILE_TEST_EXISTS))
    g_assert_no_errno (g_rename (from, to));
}

static void
make_movable (guint i,
              guint depth)
{
  g_autoptr (GString) path = g_string_new (NULL);

  g_string_printf (path, "d/d/last%u", i);
  for (guint level = 0; level < depth; level++)
    g_string_append (path, "/e");
  g_string_append_printf (path, "/last%u", i);
  test_tree_make_file (path->str);
}

static void
test_moved (gconstpointer depth)
{
  test_tree_make_canary ();
  test_tree_make_file ("d/d/other");
  make_movable (0, GPOINTER_TO_UINT (depth));

  test_tree_hooks.after_remove = move_away;
  test_tree_assert_goes ();
  test_tree_assert_canary ();
}

/* Each time that the way back is lost, the removal begins again, but not for ever. */
static void
test_moved_again (void)
{
  g_autoptr (GError) error = NULL;

  test_tree_make_canary ();
  for (guint i = 0; i < 10; i++)
    make_movable (i, 60);

  test_tree_hooks.after_remove = move_away;
  g_assert_false (test_tree_remove (NULL, &error));
  test_assert_error_mentions (error, "“d/d/last");
  test_assert_error_mentions (error, g_strerror (ESTALE));
  test_tree_assert_canary ();
  test_tree_assert_goes ();
  test_tree_assert_canary ();
}

static guint n_unlinked;

/* Makes a new file for each that is removed. */
static void
refill (const char *name,
        gboolean    removed)
{
  g_autofree char *new_name = NULL;

  if (!removed || g_str_equal (name, "sub") || ++n_unlinked > 10000)
    return;
  new_name = g_strdup_printf ("sub/new%u", n_unlinked);
  test_tree_make_file (new_name);
}

static void
test_refilled (void)
{
  g_autoptr (GError) error = NULL;

  test_tree_make_file ("sub/a");
  test_tree_make_file ("sub/b");
  n_unlinked = 0;
  test_tree_hooks.after_remove = refill;
  error = test_tree_assert_fails (G_IO_ERROR_NOT_EMPTY);
  test_assert_error_mentions (error, "“sub”");
  g_assert_cmpuint (n_unlinked, <=, 10000);

  test_tree_assert_goes ();
}

static gpointer
make_meanwhile (gpointer data)
{
  gint *stop = data;
  g_autofree char *dir = test_tree_path ("sub");

  for (guint i = 0; !g_atomic_int_get (stop) && i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("sub/%u", i % 50);
      g_autofree char *path = test_tree_path (name);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      if (fd >= 0)
        close (fd);
      else
        g_mkdir (dir, 0700);
    }

  return NULL;
}

static void
test_made_meanwhile (void)
{
  gint stop = FALSE;
  GThread *thread;

  test_tree_make_dirs ("sub");
  thread = g_thread_new ("make", make_meanwhile, &stop);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *path = test_tree_path (NULL);
      g_autoptr (GError) error = NULL;
      temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
      TempRemoveOptions options = { .progress = NULL };

      if (!temp_remove_contents (fd, path, &options, &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
    }
  g_atomic_int_set (&stop, TRUE);
  g_thread_join (thread);

  test_tree_assert_goes ();
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/tree/goes/if-a-part-is-gone", test_removed_meanwhile);
  g_test_add_func ("/tree/goes/if-somebody-makes-files", test_made_meanwhile);
  g_test_add_func ("/tree/goes/if-a-file-becomes-a-directory", test_swapped_for_directory);
  g_test_add_data_func ("/tree/only-inside/a-link-replaces-a-name-that-was-read", "reading", test_swapped);
  g_test_add_data_func ("/tree/only-inside/a-link-replaces-an-open-directory", "inner", test_swapped);
  g_test_add_data_func ("/tree/only-inside/a-link-replaces-an-emptied-directory", "victim", test_swapped);
  g_test_add_data_func ("/tree/only-inside/a-directory-is-moved", GUINT_TO_POINTER (3), test_moved);
  g_test_add_data_func ("/tree/only-inside/a-directory-is-moved-from-far-above", GUINT_TO_POINTER (60), test_moved);
  g_test_add_func ("/tree/only-inside/directories-are-moved-again-and-again", test_moved_again);
  g_test_add_func ("/tree/error/if-somebody-keeps-filling-it", test_refilled);

  return g_test_run ();
}
