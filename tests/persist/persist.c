/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-moments.h"
#include "test-support.h"

/* At each moment of persisting, another thread ends the program, or the kernel kills it. Then the old or the new file
 * is at the destination, and nothing else is left, by exit or after a sweep. */

#define CHILD_CANNOT 77
#define CHILD_IS_DONE 78 /* there are no more moments */

static gpointer
end_program (gpointer data)
{
  exit (0);
}

static gboolean
end_in_thread (gpointer data)
{
  g_thread_unref (g_thread_new ("exit", end_program, NULL));
  test_moment_wait ();
  return G_SOURCE_REMOVE;
}

static gboolean
kill_program (gpointer data)
{
  raise (SIGKILL);
  return G_SOURCE_REMOVE;
}

/* How the program ends in the middle of persisting. */
static GSourceFunc end_of_program;

static GFile *
destination (void)
{
  g_autofree char *path = test_path ("there");

  return g_file_new_for_path (path);
}

static TempFile *
make_file (const char *dir,
           gboolean    is_named)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = is_named ? temp_file_new_named (dir, NULL, NULL, &error) : temp_file_new (dir, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (temp_file_get_fd (file), "new", 3), ==, 3);
  return file;
}

static void
without_rename_flags (void)
{
  if (!test_fail_syscall (SYS_renameat2, EINVAL))
    test_child_exit (CHILD_CANNOT);
}

/* These make a file or directory, and persist it. They begin to count moments in between. */

static void
persist_file (TempFile         *file,
              TempPersistFlags  flags,
              guint             moment)
{
  g_autoptr (GFile) there = destination ();

  test_moment_set (moment, end_of_program, NULL);
  temp_file_persist (file, there, flags, NULL, NULL);
}

static void
persist_dir (TempPersistFlags flags,
             guint            moment)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) there = destination ();
  TempDir *dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_autofree char *inside = NULL;

  g_assert_no_error (error);
  inside = g_build_filename (temp_dir_get_path (dir), "new", NULL);
  test_write (inside, "new");
  test_moment_set (moment, end_of_program, NULL);
  temp_dir_persist (dir, there, flags, NULL, NULL);
}

static void
do_nameless (guint moment)
{
  persist_file (make_file (test_dir (), FALSE), TEMP_PERSIST_REPLACE, moment);
}

static void
do_beside (guint moment)
{
  persist_file (make_file (test_dir (), TRUE), TEMP_PERSIST_REPLACE, moment);
}

static void
do_elsewhere (guint moment)
{
  g_autofree char *elsewhere = test_path ("elsewhere");

  persist_file (make_file (elsewhere, TRUE), TEMP_PERSIST_REPLACE, moment);
}

static void
do_link (guint moment)
{
  without_rename_flags ();
  persist_file (make_file (test_dir (), TRUE), TEMP_PERSIST_NONE, moment);
}

static void
do_exchange (guint moment)
{
  persist_dir (TEMP_PERSIST_REPLACE, moment);
}

static void
do_put_in_empty_place (guint moment)
{
  without_rename_flags ();
  persist_dir (TEMP_PERSIST_NONE, moment);
}

typedef struct
{
  const char *name;
  void      (*run) (guint moment);
  gboolean    is_dir;   /* what is persisted */
  gboolean    replaces; /* what is there */
} Case;

/* Global, so that a child that ends in the middle does not leak them. */
static char *there_path, *elsewhere_path;

/* Puts the old file or directory at the destination, or nothing. */
static void
prepare (const Case *c)
{
  g_autofree char *old = g_build_filename (there_path, "old", NULL);
  g_autofree char *new = g_build_filename (there_path, "new", NULL);

  g_unlink (old);
  g_unlink (new);
  g_remove (there_path);
  if (c->replaces && c->is_dir)
    {
      g_assert_no_errno (mkdir (there_path, 0700));
      test_write (old, "old");
    }
  else if (c->replaces)
    {
      test_write (there_path, "old");
    }
}

static char *
describe (const Case *c)
{
  g_autofree char *contents = NULL;

  if (!g_file_test (there_path, G_FILE_TEST_EXISTS))
    return g_strdup ("nothing");
  if (c->is_dir)
    return test_list (there_path);

  g_assert_true (g_file_get_contents (there_path, &contents, NULL, NULL));
  return g_steal_pointer (&contents);
}

/* Returns FALSE if there was no such moment. */
static gboolean
end_at (const Case *c,
        guint       moment)
{
  g_autofree char *names = NULL;
  g_autofree char *elsewhere_names = NULL;
  g_autofree char *found = NULL;
  int status;
  pid_t pid;

  prepare (c);
  pid = test_fork_idle ();
  if (pid == 0)
    {
      c->run (moment);
      if (!test_moment_came ())
        test_child_exit (CHILD_IS_DONE);
      for (;;)
        pause ();
    }

  g_assert_no_errno (waitpid (pid, &status, 0));
  if (end_of_program == kill_program && WIFSIGNALED (status))
    {
      g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
      test_sweep_here ();
    }
  else
    {
      g_assert_true (WIFEXITED (status));
      if (WEXITSTATUS (status) == CHILD_CANNOT)
        g_test_skip ("no filters of system calls here");
      if (WEXITSTATUS (status) == CHILD_CANNOT || WEXITSTATUS (status) == CHILD_IS_DONE)
        return FALSE;
      /* Valgrind takes the memory of a thread that exit stops for a leak, and changes the status. */
      if (g_getenv ("TEST_VALGRIND") == NULL)
        g_assert_cmpint (WEXITSTATUS (status), ==, 0);
    }

  found = describe (c);
  if (g_strcmp0 (found, c->replaces ? "old" : "nothing") != 0)
    g_assert_cmpstr (found, ==, "new");

  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, g_str_equal (found, "nothing") ? "elsewhere" : "elsewhere there");
  elsewhere_names = test_list (elsewhere_path);
  g_assert_cmpstr (elsewhere_names, ==, "");
  return TRUE;
}

static void
end_at_all (gconstpointer data)
{
  guint moment = 0;

  there_path = test_path ("there");
  elsewhere_path = test_path ("elsewhere");
  g_assert_no_errno (mkdir (elsewhere_path, 0700));
  while (end_at (data, moment))
    moment++;
  g_test_message ("%u moments", moment);
  g_clear_pointer (&there_path, g_free);
  g_clear_pointer (&elsewhere_path, g_free);
}

static void
test_exit (gconstpointer data)
{
  end_of_program = end_in_thread;
  end_at_all (data);
}

static void
test_kill (gconstpointer data)
{
  end_of_program = kill_program;
  end_at_all (data);
}

/* Once persisted */

static void
persist_same_name (const char *where)
{
  TempFile *file = make_file (where, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = temp_dir_new (where, "dir", NULL, &error);
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *inside = g_build_filename (temp_dir_get_path (dir), "new", NULL);

  test_write (inside, "new");
  temp_file_persist (file, temp_file_get_file (file), TEMP_PERSIST_REPLACE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  g_assert_false (temp_file_get_auto_delete (file));
  temp_dir_persist (dir, temp_dir_get_file (dir), TEMP_PERSIST_REPLACE, NULL, &error);
  g_assert_no_error (error);
}

/* The destination is the name that the file has. A sweep knows the name, and must not delete it. */
static void
test_same_name (void)
{
  g_autofree char *names = NULL;
  g_auto (GStrv) list = NULL;

  test_kill_and_sweep (persist_same_name, test_dir ());
  names = test_list (test_dir ());
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, 2);
  g_assert_true (g_str_has_prefix (list[0], "dir"));
  test_assert_list (list[0], "new");
}

/* Moves a directory with things alive in it. */
static void
persist_with_life (const char *where)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) there = destination ();
  TempDir *dir = temp_dir_new (where, NULL, NULL, &error);
  TempFile *file = temp_dir_create_file (dir, NULL, NULL, &error);
  TempDir *sub = temp_dir_create_dir (dir, NULL, NULL, &error);
  g_autofree char *inside = g_build_filename (temp_dir_get_path (dir), "new", NULL);
  g_autofree char *deep = g_build_filename (temp_dir_get_path (sub), "x", NULL);

  g_assert_nonnull (file);
  test_write (inside, "new");
  test_write (deep, "x");
  temp_dir_persist (dir, there, TEMP_PERSIST_NONE, NULL, &error);
  g_assert_no_error (error);
}

/* Takes a directory out of another temporary one, which stays alive. */
static void
persist_inner (const char *where)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) there = destination ();
  TempDir *outer = temp_dir_new (where, NULL, NULL, &error);
  TempDir *inner = temp_dir_create_dir (outer, NULL, NULL, &error);
  TempFile *file = temp_dir_create_file (inner, NULL, NULL, &error);
  TempDir *deepest = temp_dir_create_dir (inner, NULL, NULL, &error);
  g_autofree char *inside = g_build_filename (temp_dir_get_path (inner), "new", NULL);

  g_assert_no_error (error);
  g_assert_nonnull (file);
  g_assert_nonnull (temp_dir_create_file (deepest, NULL, NULL, &error));
  test_write (inside, "new");
  temp_dir_persist (inner, there, TEMP_PERSIST_NONE, NULL, &error);
  g_assert_no_error (error);
}

/* The directory stays, and a sweep deletes the files that are alive in it where they are now. */
static void
check_killed (void (*function) (const char *where))
{
  g_autofree char *elsewhere = test_path ("elsewhere");

  g_assert_no_errno (mkdir (elsewhere, 0700));
  test_kill_and_sweep (function, elsewhere);
  test_assert_list ("there", "new");
  test_assert_list ("elsewhere", "");
}

static void
test_life_inside (void)
{
  check_killed (persist_with_life);
}

/* Nothing had a line before: the outer directory would have gone with everything in it. */
static void
test_inner (void)
{
  check_killed (persist_inner);
}

/* Syncing */

/* The library's calls of fdatasync() come here. */
static guint n_ledger_syncs;
static gboolean was_name_there; /* at one of them */

int
fdatasync (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = g_file_read_link (link, NULL);

  if (path != NULL && strstr (path, "/ledger-") != NULL)
    {
      g_autofree char *names = test_list (test_dir ());

      n_ledger_syncs++;
      was_name_there = was_name_there || strstr (names, ".tmp") != NULL;
    }
  return (int) syscall (SYS_fdatasync, fd);
}

static void
check_ledger_syncs (TempPersistFlags flags,
                    guint            expected)
{
  g_autofree char *there = test_path ("there");
  g_autoptr (GFile) there_file = destination ();
  g_autoptr (TempFile) file = make_file (test_dir (), FALSE);
  g_autoptr (GError) error = NULL;

  test_write (there, "old");
  n_ledger_syncs = 0;
  was_name_there = FALSE;
  temp_file_persist (file, there_file, flags, NULL, &error);
  g_assert_no_error (error);
  test_assert_contents (there, "new");
  g_assert_cmpuint (n_ledger_syncs, ==, expected);
  g_assert_false (was_name_there);
}

/* The ledger is synced before the hidden name is made, unless nothing was appended since the last time. */
static void
child_durable (gconstpointer data)
{
  gboolean is_copy = GPOINTER_TO_INT (data);

  if (is_copy && !test_fail_syscall (SYS_linkat, EPERM))
    test_child_skip ("no filters of system calls here");
  check_ledger_syncs (TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, 1);
  check_ledger_syncs (TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, 0);
  check_ledger_syncs (TEMP_PERSIST_REPLACE, 0);
}

static void
test_durable (gconstpointer data)
{
  g_autofree char *parent = g_path_get_dirname (test_dir ());
  g_autofree char *state = g_build_filename (parent, data != NULL ? "state-of-copy" : "state-of-link", NULL);

  g_setenv ("XDG_STATE_HOME", state, TRUE);
  test_in_child (child_durable, data);
}

/* Forked children */

/* The result of a child's persisting stays, whatever its parent does. */
static void
test_child (gconstpointer data)
{
  gboolean is_named = GPOINTER_TO_INT (data);
  g_autofree char *there = test_path ("there");
  g_autoptr (GFile) there_file = destination ();
  g_autoptr (GError) error = NULL;
  TempFile *file = make_file (test_dir (), is_named);
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      temp_file_persist (file, there_file, TEMP_PERSIST_REPLACE, NULL, &error);
      g_assert_no_error (error);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  test_assert_contents (there, "new");
  g_object_unref (file);
  test_assert_list (".", "there");
}

/* A child cannot persist a file under its own name: only the parent's ledger could have the `keep`. */
static void
test_child_same_name (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = make_file (test_dir (), TRUE);
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      g_assert_false (temp_file_persist (file, temp_file_get_file (file), TEMP_PERSIST_REPLACE, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  test_assert_exists (temp_file_get_path (file), TRUE);
  g_object_unref (file);
  test_assert_list (".", "");
}

/* Somebody takes the destination. */
static gboolean
take_destination (gpointer data)
{
  g_autofree char *there = test_path ("there");

  g_mkdir (there, 0700);
  return G_SOURCE_REMOVE;
}

/* Whenever this happens, the directory is at the destination, or under its own name. */
static void
test_taken (void)
{
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *there = test_path ("there");
  g_autofree char *inside = g_build_filename (there, "new", NULL);
  g_autoptr (GFile) destination_file = destination ();
  gboolean came = TRUE;
  guint n_failed = 0;

  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  for (guint moment = 0; came; moment++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TempDir) dir = temp_dir_new (elsewhere, NULL, NULL, &error);
      g_autofree char *old = g_strdup (temp_dir_get_path (dir));
      g_autofree char *new = g_build_filename (old, "new", NULL);
      gboolean persisted;

      test_write (new, "new");
      test_moment_set (moment, take_destination, NULL);
      persisted = temp_dir_persist (dir, destination_file, TEMP_PERSIST_NONE, NULL, &error);
      came = test_moment_came ();
      test_assert_exists (new, !persisted);
      test_assert_exists (inside, persisted);
      if (!persisted)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
          g_assert_cmpstr (temp_dir_get_path (dir), ==, old);
          g_assert_true (temp_dir_delete (dir, NULL, NULL));
          n_failed++;
        }
      g_unlink (inside);
      g_assert_no_errno (g_rmdir (there));
      test_assert_list ("elsewhere", "");
    }
  g_assert_cmpuint (n_failed, >, 0);
}

int
main (int    argc,
      char **argv)
{
  static const Case cases[] = {
    { "nameless", do_nameless, FALSE, TRUE },
    { "beside", do_beside, FALSE, TRUE },
    { "elsewhere", do_elsewhere, FALSE, TRUE },
    { "link", do_link, FALSE, FALSE },
    { "exchange", do_exchange, TRUE, TRUE },
    { "empty-place", do_put_in_empty_place, TRUE, FALSE },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *exit_path = g_strconcat ("/persist/atomic/exit/", cases[i].name, NULL);
      g_autofree char *kill_path = g_strconcat ("/persist/atomic/kill/", cases[i].name, NULL);

      g_test_add_data_func (exit_path, &cases[i], test_exit);
      g_test_add_data_func (kill_path, &cases[i], test_kill);
    }

  g_test_add_func ("/persist/atomic/a-directory-is-at-one-of-two-places", test_taken);
  g_test_add_func ("/persist/a-file-can-have-its-own-name", test_same_name);
  g_test_add_func ("/killed/what-is-alive-in-a-persisted-directory-goes", test_life_inside);
  g_test_add_func ("/killed/what-is-alive-in-an-inner-persisted-directory-goes", test_inner);
  g_test_add_data_func ("/persist/durable/the-ledger-is-synced-before-a-hidden-name/linked", GINT_TO_POINTER (FALSE), test_durable);
  g_test_add_data_func ("/persist/durable/the-ledger-is-synced-before-a-hidden-name/copied", GINT_TO_POINTER (TRUE), test_durable);
  g_test_add_data_func ("/fork/a-child-persists-a-nameless-file", GINT_TO_POINTER (FALSE), test_child);
  g_test_add_data_func ("/fork/a-child-persists-a-named-file", GINT_TO_POINTER (TRUE), test_child);
  g_test_add_func ("/fork/a-child-cannot-persist-under-the-same-name", test_child_same_name);

  return g_test_run ();
}
