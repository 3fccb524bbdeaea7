/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

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

#include "test-programs.h"

/* Programs replace a temporary file or directory by its name, as editors and scripts do. The library deletes what is
 * under the name, and nothing that the user has put elsewhere. */

typedef enum
{
  CLOSE,  /* g_io_stream_close(), temp_dir_delete() */
  UNREF,
  EXIT,
  SWEEP,  /* after SIGKILL */
  CLOSED_UNREF, /* as above; the file was closed before, which did not delete it */
  CLOSED_EXIT,
  CLOSED_SWEEP,
} End;

static const char *const end_names[] = {
  "close", "unref", "exit", "sweep", "closed-unref", "closed-exit", "closed-sweep",
};

typedef struct
{
  const char *name;
  void      (*replace) (const char *path);
  gboolean    stays;
} Replacement;

typedef struct
{
  const Replacement *replacement;
  End                end;
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

static void
take_away (const char *path)
{
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

/* Replacements of directories. A program has made "inside" in each. */

static void
remove_tree (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  g_assert_no_errno (unlink (inside));
  g_assert_no_errno (rmdir (path));
}

static void
copy_tree (const char *path)
{
  g_autofree char *sub = g_build_filename (path, "sub", NULL);
  g_autofree char *below = g_build_filename (sub, "below", NULL);

  remove_tree (path);
  make_user_dir ("source");
  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (mkdir (sub, 0700));
  test_write (below, "new");
}

static void
rename_dir_there (const char *path)
{
  g_autofree char *other = make_user_dir ("other");

  remove_tree (path);
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

/* The temporary directory is inside of the other one then. */
static void
wrap (const char *path)
{
  g_autofree char *other = make_user_dir ("other");
  g_autofree char *inner = g_build_filename (other, "inner", NULL);

  g_assert_no_errno (rename (path, inner));
  g_assert_no_errno (rename (other, path));
}

static void
put_file (const char *path)
{
  remove_tree (path);
  test_write (path, "new");
}

static void
put_fifo (const char *path)
{
  remove_tree (path);
  g_assert_no_errno (mkfifo (path, 0600));
}

static void
put_link_to_dir (const char *path)
{
  g_autofree char *target = make_user_dir ("target");

  remove_tree (path);
  g_assert_no_errno (symlink (target, path));
}

static void
put_link_to_file (const char *path)
{
  g_autofree char *target = make_user_file ("target");

  remove_tree (path);
  g_assert_no_errno (symlink (target, path));
}

static void
put_link_to_nothing (const char *path)
{
  remove_tree (path);
  g_assert_no_errno (symlink ("/missing/target", path));
}

/* Programs */

static TempFile *
make_file (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (dir, NULL, ".txt", &error);

  g_assert_no_error (error);
  return file;
}

static TempDir *
make_dir (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempDir *made = temp_dir_new (dir, NULL, NULL, &error);
  g_autofree char *inside = NULL;

  g_assert_no_error (error);
  inside = g_build_filename (temp_dir_get_path (made), "inside", NULL);
  test_write (inside, "text");
  return made;
}

static void
close_file (TempFile *file)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
  g_assert_no_error (error);
}

static void
keep_when_closed (TempFile *file)
{
  temp_file_set_delete_on_close (file, FALSE);
  close_file (file);
}

/* Ends the program: it never returns. */
static void
end_file (TempFile *file,
          End       end,
          gboolean  stays)
{
  switch (end)
    {
    case CLOSE:
      if (stays)
        g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
      else
        close_file (file);
      break;
    case UNREF:
    case CLOSED_UNREF:
      g_object_unref (file);
      break;
    case EXIT:
    case CLOSED_EXIT:
      exit (0);
    case SWEEP:
    case CLOSED_SWEEP:
    default:
      raise (SIGKILL);
    }

  test_child_exit (0);
}

static void
end_dir (TempDir *dir,
         End      end)
{
  g_autoptr (GError) error = NULL;

  switch (end)
    {
    case CLOSE:
      g_assert_true (temp_dir_delete (dir, NULL, &error));
      g_assert_no_error (error);
      break;
    case UNREF:
      g_object_unref (dir);
      break;
    case EXIT:
      exit (0);
    default:
      raise (SIGKILL);
    }

  test_child_exit (0);
}

static void
run_file (gconstpointer data)
{
  static TempFile *file;
  const Case *c = data;
  g_autofree char *path = NULL;

  file = make_file (test_files ());
  path = g_strdup (temp_file_get_path (file));
  if (c->end >= CLOSED_UNREF)
    keep_when_closed (file);
  c->replacement->replace (path);
  test_say (path);
  test_get_command ();
  end_file (file, c->end, c->replacement->stays);
}

static void
run_dir (gconstpointer data)
{
  static TempDir *dir;
  const Case *c = data;
  g_autofree char *path = NULL;

  dir = make_dir (test_files ());
  path = g_strdup (temp_dir_get_path (dir));
  c->replacement->replace (path);
  test_say (path);
  test_get_command ();
  end_dir (dir, c->end);
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

static gboolean
is_swept (End end)
{
  return end == SWEEP || end == CLOSED_SWEEP;
}

static void
end_program (TestChild *program,
             End        end)
{
  if (is_swept (end))
    test_program_kill (program);
  else
    test_program_end (program);
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

  end_program (&program, c->end);
  if (is_swept (c->end))
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
  g_autoptr (TempDir) dir = make_dir (test_files ());
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

/* Somebody moves the directory above, or lets a link to it lead elsewhere: the path leads nowhere then. */

typedef struct
{
  gboolean is_dir;
  gboolean is_link;
  End      end;
} Moved;

static void
lead_elsewhere (const Moved *m,
                const char  *dir)
{
  g_autofree char *first = g_build_filename (test_files (), "first", NULL);
  g_autofree char *second = g_build_filename (test_files (), "second", NULL);

  if (m->is_link)
    {
      g_assert_no_errno (unlink (dir));
      g_assert_no_errno (symlink (second, dir));
    }
  else
    {
      g_assert_no_errno (rename (first, second));
    }
}

static void
run_moved (gconstpointer data)
{
  static GObject *made;
  const Moved *m = data;
  g_autofree char *first = g_build_filename (test_files (), "first", NULL);
  g_autofree char *second = g_build_filename (test_files (), "second", NULL);
  g_autofree char *link = g_build_filename (test_files (), "link", NULL);
  const char *dir = m->is_link ? link : first;

  g_assert_no_errno (mkdir (first, 0700));
  if (m->is_link)
    {
      g_assert_no_errno (mkdir (second, 0700));
      g_assert_no_errno (symlink (first, link));
    }

  made = m->is_dir ? G_OBJECT (make_dir (dir)) : G_OBJECT (make_file (dir));
  if (m->end >= CLOSED_UNREF)
    keep_when_closed (TEMP_FILE (made));
  lead_elsewhere (m, dir);
  test_say ("ready");
  test_get_command ();

  if (m->is_dir)
    end_dir (TEMP_DIR (made), m->end);
  else
    end_file (TEMP_FILE (made), m->end, FALSE);
}

static void
test_moved (gconstpointer data)
{
  const Moved *m = data;
  g_autofree char *line = NULL;
  TestChild program;

  test_program_start (&program, run_moved, m);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  end_program (&program, m->end);
  if (is_swept (m->end))
    test_sweep ();

  if (m->is_link)
    test_assert_list ("files/first", "");
  test_assert_list ("files/second", "");
  test_assert_list ("files", m->is_link ? "first link second" : "second");
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
  { "file", put_file, FALSE },
  { "fifo", put_fifo, FALSE },
  { "link-to-dir", put_link_to_dir, FALSE },
  { "link-to-file", put_link_to_file, FALSE },
  { "link-to-nothing", put_link_to_nothing, FALSE },
  { "gone", remove_tree, FALSE },
  { "moved-away", move_away, FALSE },
  { "moved-beside", move_beside, FALSE },
  { "moved-and-linked", move_away_and_link, FALSE },
  { "derived", derive_names, FALSE },
};

static void
add_replacements (const char          *kind,
                  const Replacement   *replacements,
                  gsize                n_replacements,
                  End                  n_ends,
                  TestProgramFunction  test)
{
  for (gsize i = 0; i < n_replacements; i++)
    for (End end = 0; end < n_ends; end++)
      {
        g_autofree char *path = g_strdup_printf ("/entry/replaced/%s/%s/%s", kind, replacements[i].name, end_names[end]);
        const Case c = { &replacements[i], end };

        test_add_program_copy (path, test, &c, sizeof c);
      }
}

static void
add_moved (gboolean is_dir,
           gboolean is_link,
           End      end)
{
  g_autofree char *path = g_strdup_printf ("/entry/replaced/%s/%s/%s", is_link ? "link" : "parent",
                                           is_dir ? "dir" : "file", end_names[end]);
  const Moved m = { is_dir, is_link, end };

  test_add_program_copy (path, test_moved, &m, sizeof m);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_replacements ("file", files, G_N_ELEMENTS (files), CLOSED_SWEEP + 1, test_file);
  add_replacements ("dir", dirs, G_N_ELEMENTS (dirs), SWEEP + 1, test_directory);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat ("/entry/replaced/inside/", files[i].name, NULL);

      test_add_program (path, test_inside, &files[i]);
    }

  /* After a crash, what is in a directory that was moved stays; the path to which a link led is known. */
  for (End end = CLOSE; end <= CLOSED_SWEEP; end++)
    {
      if (end <= EXIT)
        add_moved (FALSE, FALSE, end);
      add_moved (FALSE, TRUE, end);
      if (end <= EXIT)
        add_moved (TRUE, FALSE, end);
      if (end <= SWEEP)
        add_moved (TRUE, TRUE, end);
    }

  return g_test_run ();
}
