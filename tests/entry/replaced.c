/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Programs replace a temporary file or directory by its name, as editors and scripts do. The library deletes the one
 * under the name, and nothing that the user has put elsewhere. */

typedef struct
{
  const char *name;
  void      (*replace) (const char *path);
  gboolean    stays;
} Replacement;

typedef struct
{
  const Replacement *replacement;
  TestEnd            end;
} Case;

/* Replacements */

static char *
user_path (const char *base)
{
  return g_build_filename (test_user (), base, NULL);
}

static char *
make_user_file (const char *base)
{
  char *path = user_path (base);

  test_write (path, "precious");
  return path;
}

static char *
make_user_dir (const char *base)
{
  char *path = user_path (base);
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  g_assert_no_errno (mkdir (path, 0700));
  test_write (inside, "precious");
  return path;
}

static void
do_nothing (const char *path)
{
}

static void
set_contents (const char *path)
{
  test_write (path, "new");
}

static void
rename_file_over (const char *path)
{
  g_autofree char *other = make_user_file ("other");

  g_assert_no_errno (rename (other, path));
}

/* A temporary directory has a file "inside". */
static void
take_away (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  unlink (inside);
  g_assert_no_errno (remove (path));
}

static void
create_anew (const char *path)
{
  take_away (path);
  test_write (path, "new");
}

/* The path may be too long for a socket. */
static void
bind_socket (const char *path)
{
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int dir_fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  take_away (path);
  g_assert_no_errno (fd);
  g_assert_no_errno (dir_fd);
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir_fd, base);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  close (fd);
  close (dir_fd);
}

static void
make_fifo (const char *path)
{
  take_away (path);
  g_assert_no_errno (mkfifo (path, 0600));
}

static void
link_to_file (const char *path)
{
  g_autofree char *target = make_user_file ("target");

  take_away (path);
  g_assert_no_errno (symlink (target, path));
}

static void
link_to_dir (const char *path)
{
  g_autofree char *target = make_user_dir ("target");

  take_away (path);
  g_assert_no_errno (symlink (target, path));
}

static void
link_to_nothing (const char *path)
{
  take_away (path);
  g_assert_no_errno (symlink ("/missing/target", path));
}

static void
link_to_itself (const char *path)
{
  take_away (path);
  g_assert_no_errno (symlink (path, path));
}

static void
hard_link (const char *path)
{
  g_autofree char *target = make_user_file ("target");

  take_away (path);
  g_assert_no_errno (link (target, path));
}

static void
make_empty_dir (const char *path)
{
  take_away (path);
  g_assert_no_errno (mkdir (path, 0700));
}

static void
make_full_dir (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  make_empty_dir (path);
  test_write (inside, "precious");
}

static void
move_away (const char *path)
{
  g_autofree char *result = user_path ("result");

  g_assert_no_errno (rename (path, result));
}

/* The new name is in the same directory and begins like the old one. */
static void
move_beside (const char *path)
{
  g_autofree char *backup = g_strconcat (path, "~", NULL);

  g_assert_no_errno (rename (path, backup));
}

/* Other programs derive names from it. */
static void
derive_names (const char *path)
{
  static const char *const ends[] = { "~", ".pdf", ".txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *derived = g_strconcat (path, ends[i], NULL);

      test_write (derived, "precious");
    }
}

static void
move_away_and_link (const char *path)
{
  g_autofree char *result = user_path ("result");

  move_away (path);
  g_assert_no_errno (symlink (result, path));
}

static void
take_rights (const char *path)
{
  g_assert_no_errno (chmod (path, 0));
}

/* Replacements of directories */

static void
copy_tree (const char *path)
{
  g_autofree char *sub = g_build_filename (path, "sub", NULL);
  g_autofree char *below = g_build_filename (sub, "below", NULL);

  take_away (path);
  make_user_dir ("source");
  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (mkdir (sub, 0700));
  test_write (below, "new");
}

static void
rename_dir_there (const char *path)
{
  g_autofree char *other = make_user_dir ("other");

  take_away (path);
  g_assert_no_errno (rename (other, path));
}

static void
move_away_and_make (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "x", NULL);

  move_away (path);
  g_assert_no_errno (mkdir (path, 0700));
  test_write (inside, "");
}

static void
move_away_and_make_empty (const char *path)
{
  move_away (path);
  g_assert_no_errno (mkdir (path, 0700));
}

/* Then the temporary directory is in the other one. */
static void
wrap (const char *path)
{
  g_autofree char *other = make_user_dir ("other");
  g_autofree char *inner = g_build_filename (other, "inner", NULL);

  g_assert_no_errno (rename (path, inner));
  g_assert_no_errno (rename (other, path));
}

/* Programs */

static void
run_file (gconstpointer data)
{
  static TempFile *file;
  const Case *c = data;
  g_autofree char *path = NULL;

  file = test_make_temp_file (test_files (), ".txt");
  path = g_strdup (temp_file_get_path (file));
  if (c->end >= TEST_END_CLOSED_UNREF)
    test_close_without_delete (file);
  c->replacement->replace (path);
  test_say (path);
  test_get_command ();
  test_end_by_file (file, c->end, c->replacement->stays);
}

static void
run_dir (gconstpointer data)
{
  static TempDir *dir;
  const Case *c = data;
  g_autofree char *path = NULL;

  dir = test_make_temp_dir (test_files ());
  path = g_strdup (temp_dir_get_path (dir));
  c->replacement->replace (path);
  test_say (path);
  test_get_command ();
  test_end_by_dir (dir, c->end);
}

/* Tests */

/* Lists a directory like test_list(), but leaves out one path. */
static char *
list_without (const char *dir,
              const char *path)
{
  g_autofree char *names = test_list (dir);
  g_autofree char *base = g_path_get_basename (path);
  g_auto (GStrv) list = g_strsplit (names, " ", -1);
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  for (gsize i = 0; list[i] != NULL; i++)
    if (!g_str_equal (list[i], base))
      g_ptr_array_add (others, list[i]);
  g_ptr_array_add (others, NULL);
  return g_strjoinv (" ", (char **) others->pdata);
}

static void
check (const Case          *c,
       TestProgramFunction  run)
{
  g_autofree char *path = NULL;
  g_autofree char *user = NULL;
  g_autofree char *user_after = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *left = NULL;
  TestChild program;

  test_program_start (&program, run, c);
  path = test_program_read_line (&program);
  user = test_describe (test_user ());
  expected = c->replacement->stays ? test_list (test_files ()) : list_without (test_files (), path);

  test_program_let_end (&program, c->end);
  if (test_end_is_swept (c->end))
    test_try_sweep ();
  left = test_list (test_files ());
  g_assert_cmpstr (left, ==, expected);

  /* Nothing is left to do for a sweep. */
  if (!c->replacement->stays)
    {
      g_autofree char *ledgers = NULL;
      g_autofree char *swept = NULL;

      test_sweep ();
      ledgers = test_list_ledgers ();
      g_assert_cmpstr (ledgers, ==, "");
      swept = test_list (test_files ());
      g_assert_cmpstr (swept, ==, expected);
    }

  user_after = test_describe (test_user ());
  g_assert_cmpstr (user_after, ==, user);
}

static void
test_file (gconstpointer data)
{
  check (data, run_file);
}

static void
test_directory (gconstpointer data)
{
  check (data, run_dir);
}

/* In a temporary directory, the library deletes a file by the directory's descriptor. */
static void
run_inside (gconstpointer data)
{
  const Replacement *replacement = data;
  g_autoptr (TempDir) dir = test_make_temp_dir (test_files ());
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_dir_create_file (dir, NULL, ".txt", &error);
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *left = NULL;

  g_assert_no_error (error);
  path = g_strdup (temp_file_get_path (file));
  replacement->replace (path);
  expected = replacement->stays ? test_list (temp_dir_get_path (dir)) : list_without (temp_dir_get_path (dir), path);
  g_object_unref (file);
  left = test_list (temp_dir_get_path (dir));
  g_assert_cmpstr (left, ==, expected);

  /* The directory goes with everything in it. */
  g_assert_true (temp_dir_delete (dir, NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&dir);
  test_child_exit (0);
}

static void
test_inside (gconstpointer data)
{
  TestChild program;

  test_program_start (&program, run_inside, data);
  test_program_end (&program);
  test_sweep ();
  test_assert_nothing_left ();
}

static const Replacement files[] = {
  { "nothing", do_nothing, FALSE },
  { "set-contents", set_contents, FALSE },
  { "renamed", rename_file_over, FALSE },
  { "created-anew", create_anew, FALSE },
  { "mode", take_rights, FALSE },
  { "socket", bind_socket, FALSE },
  { "fifo", make_fifo, FALSE },
  { "link-to-file", link_to_file, FALSE },
  { "link-to-dir", link_to_dir, FALSE },
  { "link-to-nothing", link_to_nothing, FALSE },
  { "link-to-itself", link_to_itself, FALSE },
  { "hard-link", hard_link, FALSE },
  { "empty-dir", make_empty_dir, FALSE },
  { "full-dir", make_full_dir, TRUE },
  { "gone", take_away, FALSE },
  { "moved-away", move_away, FALSE },
  { "moved-beside", move_beside, FALSE },
  { "moved-and-linked", move_away_and_link, FALSE },
  { "derived", derive_names, FALSE },
};

static const Replacement dirs[] = {
  { "nothing", do_nothing, FALSE },
  { "copied-tree", copy_tree, FALSE },
  { "renamed", rename_dir_there, FALSE },
  { "moved-and-made", move_away_and_make, FALSE },
  { "moved-and-made-empty", move_away_and_make_empty, FALSE },
  { "wrapped", wrap, FALSE },
  { "mode", take_rights, FALSE },
  { "file", create_anew, FALSE },
  { "fifo", make_fifo, FALSE },
  { "link-to-dir", link_to_dir, FALSE },
  { "link-to-file", link_to_file, FALSE },
  { "link-to-nothing", link_to_nothing, FALSE },
  { "gone", take_away, FALSE },
  { "moved-away", move_away, FALSE },
  { "moved-beside", move_beside, FALSE },
  { "moved-and-linked", move_away_and_link, FALSE },
  { "derived", derive_names, FALSE },
};

static void
add_replacements (const char          *kind,
                  const Replacement   *replacements,
                  gsize                n_replacements,
                  TestEnd              n_ends,
                  TestProgramFunction  test)
{
  for (gsize i = 0; i < n_replacements; i++)
    for (TestEnd end = 0; end < n_ends; end++)
      {
        g_autofree char *path = g_strdup_printf ("/only-ours/the-name-decides/%s/%s/%s", kind, replacements[i].name,
                                                 test_end_names[end]);
        const Case c = { &replacements[i], end };

        test_add_program_copy (path, test, &c, sizeof c);
      }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_replacements ("file", files, G_N_ELEMENTS (files), TEST_END_CLOSED_SWEEP + 1, test_file);
  add_replacements ("directory", dirs, G_N_ELEMENTS (dirs), TEST_END_SWEEP + 1, test_directory);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat ("/only-ours/the-name-decides/file-inside/", files[i].name, NULL);

      test_add_program (path, test_inside, &files[i]);
    }

  return g_test_run ();
}
