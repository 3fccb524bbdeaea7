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

#include "test-moments.h"
#include "test-support.h"

/* At any moment while something is persisted, another thread ends the program. What is at the
 * destination is then the old or the new, and nothing else is left. */

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

/* Each takes the moment with it, and begins to count the moments once all is prepared. */

static void
persist_file (TempFile         *file,
              TempPersistFlags  flags,
              guint             moment)
{
  g_autoptr (GFile) there = destination ();

  test_moment_set (moment, end_in_thread, NULL);
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
  test_moment_set (moment, end_in_thread, NULL);
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

/* What is there before. */
static void
prepare (const Case *c,
         const char *there)
{
  g_autofree char *old = g_build_filename (there, "old", NULL);
  g_autofree char *new = g_build_filename (there, "new", NULL);

  g_unlink (old);
  g_unlink (new);
  g_remove (there);
  if (c->replaces && c->is_dir)
    {
      g_assert_no_errno (mkdir (there, 0700));
      test_write (old, "old");
    }
  else if (c->replaces)
    {
      test_write (there, "old");
    }
}

static char *
describe (const Case *c,
          const char *there)
{
  g_autofree char *contents = NULL;

  if (!g_file_test (there, G_FILE_TEST_EXISTS))
    return g_strdup ("nothing");
  if (c->is_dir)
    return test_list (there);

  g_assert_true (g_file_get_contents (there, &contents, NULL, NULL));
  return g_steal_pointer (&contents);
}

/* FALSE: there was no such moment. */
static gboolean
end_at (const Case *c,
        guint       moment)
{
  g_autofree char *there = test_path ("there");
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *names = NULL;
  g_autofree char *elsewhere_names = NULL;
  g_autofree char *found = NULL;
  int status;
  pid_t pid;

  prepare (c, there);
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
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == CHILD_CANNOT)
    g_test_skip ("no filters of system calls here");
  if (WEXITSTATUS (status) == CHILD_CANNOT || WEXITSTATUS (status) == CHILD_IS_DONE)
    return FALSE;
  /* What a thread was busy with is a leak to Valgrind, which says so by the status. */
  if (g_getenv ("TEST_VALGRIND") == NULL)
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);

  found = describe (c, there);
  if (g_strcmp0 (found, c->replaces ? "old" : "nothing") != 0)
    g_assert_cmpstr (found, ==, "new");

  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, g_str_equal (found, "nothing") ? "elsewhere" : "elsewhere there");
  elsewhere_names = test_list (elsewhere);
  g_assert_cmpstr (elsewhere_names, ==, "");
  return TRUE;
}

static void
test_exit (gconstpointer data)
{
  g_autofree char *elsewhere = test_path ("elsewhere");
  guint moment = 0;

  g_assert_no_errno (mkdir (elsewhere, 0700));
  while (end_at (data, moment))
    moment++;
  g_test_message ("%u moments", moment);
}

/* Somebody takes the destination, and also the name that the directory had, once it is on its way. */
static gboolean
take_names (gpointer data)
{
  const char *old = data;
  g_autofree char *there = test_path ("there");

  if (g_mkdir (old, 0700) == 0)
    g_assert_no_errno (g_mkdir (there, 0700));
  return G_SOURCE_REMOVE;
}

/* It can neither go on nor back: then it lives on where it is, and is still a directory. */
static void
test_no_way_back (void)
{
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *there = test_path ("there");
  g_autoptr (GFile) destination_file = destination ();
  gboolean came = TRUE, failed = FALSE;

  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  for (guint moment = 0; came && !failed; moment++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TempDir) dir = temp_dir_new (elsewhere, NULL, NULL, &error);
      g_autofree char *old = g_strdup (temp_dir_get_path (dir));
      g_autofree char *inside = NULL;

      test_moment_set (moment, take_names, old);
      failed = !temp_dir_persist (dir, destination_file, TEMP_PERSIST_NONE, NULL, NULL);
      came = test_moment_came ();
      if (failed)
        {
          g_assert_cmpstr (temp_dir_get_path (dir), !=, old);
          inside = g_build_filename (temp_dir_get_path (dir), "new", NULL);
          test_write (inside, "new");
          g_assert_cmpint (temp_dir_get_fd (dir), >=, 0);
          g_assert_true (temp_dir_delete (dir, NULL, &error));
          g_assert_no_error (error);
          test_assert_exists (inside, FALSE);
        }
      g_rmdir (old);
      g_rmdir (there);
    }
  g_assert_true (failed);
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
      g_autofree char *path = g_strconcat ("/temp-entry-persist/exit/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_exit);
    }

  g_test_add_func ("/temp-entry-persist/no-way-back", test_no_way_back);

  return g_test_run ();
}
