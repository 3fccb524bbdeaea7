/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-programs.h"

/* Programs run with strange file modes, homes and limits. The library works, puts nothing where it does not belong, and
 * prints nothing. */

static const char *const xdg[] = { "XDG_STATE_HOME", "XDG_RUNTIME_DIR" };

/* Modes */

#define NOBODY 65534

/* Root may do everything. */
static void
be_unprivileged (void)
{
  if (geteuid () == 0 && !test_become_user (NOBODY))
    test_child_skip ("not allowed to become another user");
}

static void
make_bare_things (void)
{
  static TempFile *file;
  static TempDir *dir;
  g_autoptr (GError) error = NULL;

  file = temp_file_new_named (test_files (), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (write (temp_file_get_fd (file), "text", 4), ==, 4);

  /* A directory that its own user may not read can be an error. */
  dir = temp_dir_new (test_files (), NULL, NULL, &error);
  if (dir == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  else
    test_assert_exists (temp_dir_get_path (dir), TRUE);
}

static void
run_masked (gconstpointer data)
{
  umask (GPOINTER_TO_UINT (data));
  make_bare_things ();
  test_say ("ready");
  if (test_get_command () == 'x')
    exit (0);
}

static void
check_masked (mode_t   mask,
              gboolean is_killed)
{
  g_autofree char *line = NULL;
  TestChild program;

  test_program_start (&program, run_masked, GUINT_TO_POINTER (mask));
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  if (is_killed)
    {
      test_program_kill (&program);
      umask (mask);
      test_sweep ();
      umask (022);
    }
  else
    {
      test_program_tell (&program, 'x');
      test_program_end (&program);
    }
  test_assert_nothing_left ();
}

/* The first program makes the directories of the ledgers, too. */
static void
test_umask (gconstpointer data)
{
  const mode_t mask = GPOINTER_TO_UINT (data);

  if ((mask & S_IRUSR) != 0)
    test_child_skip_on_posix ("no handle of a directory that its owner may not read");
  be_unprivileged ();
  check_masked (mask, TRUE);
  check_masked (mask, FALSE);
  check_masked (mask, TRUE);
}

/* Homes */

static void
run_things (gconstpointer data)
{
  test_make_things (test_files ());
  test_say ("ready");
  if (test_get_command () == 'x')
    exit (0);
}

static void
unset_all (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (xdg); i++)
    g_unsetenv (xdg[i]);
}

static void
check_things (gboolean is_killed)
{
  g_autofree char *line = NULL;
  TestChild program;

  test_program_start (&program, run_things, NULL);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  if (is_killed)
    {
      test_program_kill (&program);
    }
  else
    {
      test_program_tell (&program, 'x');
      test_program_end (&program);
      test_assert_nothing_left ();
    }
  test_sweep ();
}

/* Debian's "nobody" has such a home. Not even root makes anything there. Without a ledger, a killed program leaves what
 * it had. */
static void
test_missing_home (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *below = g_build_filename (missing, "user", NULL);

  unset_all ();
  for (guint i = 0; i < 2; i++)
    {
      g_setenv ("HOME", i == 0 ? missing : below, TRUE);
      check_things (FALSE);
      test_assert_exists (missing, FALSE);
    }

  check_things (TRUE);
  test_assert_exists (missing, FALSE);
}

static void
test_bad_home (gconstpointer data)
{
  g_autofree char *file = test_path ("file");

  unset_all ();
  test_write (file, "precious");
  g_setenv ("HOME", file, TRUE);
  check_things (FALSE);
}

/* The first program in a home, such as one under sudo, makes nothing there but the place for its ledger. */
static void
test_fresh_home (gconstpointer data)
{
  g_autofree char *cache = test_path ("home/.cache");

  unset_all ();
  test_assert_list ("home", "");
  test_sweep ();
  test_assert_exists (cache, FALSE);
  check_things (FALSE);
  test_assert_exists (cache, FALSE);
  check_things (TRUE);
  test_assert_exists (cache, FALSE);
  test_assert_nothing_left ();
  test_assert_list ("home", ".local");
}

/* A runtime directory that is named, but is not there, is not made. */
static void
test_missing_runtime_dir (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");

  g_setenv ("XDG_RUNTIME_DIR", missing, TRUE);
  check_things (FALSE);
  check_things (TRUE);
  test_assert_exists (missing, FALSE);
  test_assert_nothing_left ();
}

/* Becomes a user whom the system does not know. */
static gboolean
become_unknown (void)
{
  uid_t uid = 54321;

  while (getpwuid (uid) != NULL)
    uid++;
  return geteuid () == 0 ? test_become_user (uid) : test_unshare_user (0, uid);
}

static void
run_quiet (gconstpointer data)
{
  int fd = open (data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  g_assert_no_errno (dup2 (fd, STDERR_FILENO));
  run_things (NULL);
}

static void
test_no_home (gconstpointer data)
{
  g_autofree char *path = g_build_filename (test_user (), "stderr", NULL);
  g_autofree char *printed = NULL;
  g_autofree char *line = NULL;
  TestChild program;

  unset_all ();
  g_unsetenv ("HOME");
  if (!become_unknown ())
    test_child_skip ("not allowed to become another user");

  test_program_start (&program, run_quiet, path);
  line = test_program_read_line (&program);
  test_child_end (&program);
  g_file_get_contents (path, &printed, NULL, NULL);
  g_assert_cmpstr (printed, ==, "");
  g_assert_cmpstr (line, ==, "ready");
  test_sweep ();
}

/* Limits */

static void
forbid_writing (void)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  limit.rlim_cur = 0;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
}

static void
use_all (const char *dir)
{
  static GPtrArray *things;
  g_autoptr (GError) error = NULL;
  TempDir *made;

  if (things == NULL)
    things = g_ptr_array_new ();
  made = temp_dir_new (dir, NULL, NULL, &error);
  g_assert_no_error (error);
  g_ptr_array_add (things, made);
  g_ptr_array_add (things, temp_dir_create_file (made, NULL, NULL, &error));
  g_assert_no_error (error);
  g_ptr_array_add (things, temp_dir_create_dir (made, NULL, NULL, &error));
  g_assert_no_error (error);
  g_ptr_array_add (things, temp_file_new (dir, &error));
  g_assert_no_error (error);

  for (guint i = 0; i < 100; i++)
    {
      TempFile *file = temp_file_new_named (dir, NULL, NULL, &error);

      g_assert_no_error (error);
      if (i % 2 == 0)
        g_ptr_array_add (things, file);
      else
        g_object_unref (file);
    }
}

typedef struct
{
  gboolean uses_before;
  gboolean elsewhere; /* then in a directory that it has not used before */
  gboolean is_killed;
} Limited;

static void
run_limited (gconstpointer data)
{
  const Limited *c = data;
  g_autofree char *sub = test_path ("files/sub");
  g_autoptr (GError) error = NULL;
  const char *dir;

  g_setenv ("G_TEST_TMPDIR", test_files (), TRUE);
  if (c->uses_before)
    use_all (test_files ());
  forbid_writing ();

  /* This looks for the default directory. */
  dir = temp_get_default_dir (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (dir, ==, test_files ());
  use_all (c->elsewhere ? sub : NULL);
  test_say ("ready");
  if (test_get_command () == 'x')
    exit (0);
}

static void
test_limited (gconstpointer data)
{
  const Limited *c = data;
  g_autofree char *sub = test_path ("files/sub");
  g_autofree char *line = NULL;
  TestChild program;

  g_assert_no_errno (mkdir (sub, 0700));
  test_program_start (&program, run_limited, c);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");

  /* The names that were written down before are swept. */
  if (c->is_killed)
    {
      test_program_kill (&program);
      test_sweep ();
    }
  else
    {
      test_program_tell (&program, 'x');
      test_program_end (&program);
      test_assert_list ("files/sub", "");
    }
  test_assert_list ("files", "sub");
}

int
main (int    argc,
      char **argv)
{
  static const mode_t masks[] = { 0177, 0277, 0377, 0477, 0577, 0677, 0777 };
  static const struct
  {
    const char *name;
    Limited     limited;
  } limits[] = {
    { "before/exit", { FALSE, FALSE, FALSE } },
    { "before/elsewhere/exit", { FALSE, TRUE, FALSE } },
    { "after/exit", { TRUE, FALSE, FALSE } },
    { "after/elsewhere/exit", { TRUE, TRUE, FALSE } },
    { "after/killed", { TRUE, FALSE, TRUE } },
    { "after/elsewhere/killed", { TRUE, TRUE, TRUE } },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/ledger/surroundings/umask/%o", masks[i]);

      test_add_program (path, test_umask, GUINT_TO_POINTER (masks[i]));
    }
  test_add_program ("/ledger/surroundings/missing-home", test_missing_home, NULL);
  test_add_program ("/ledger/surroundings/bad-home", test_bad_home, NULL);
  test_add_program ("/ledger/surroundings/fresh-home", test_fresh_home, NULL);
  test_add_program ("/ledger/surroundings/no-home", test_no_home, NULL);
  test_add_program ("/ledger/surroundings/missing-runtime-dir", test_missing_runtime_dir, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autofree char *path = g_strconcat ("/ledger/surroundings/no-writing/", limits[i].name, NULL);

      test_add_program (path, test_limited, &limits[i].limited);
    }

  return g_test_run ();
}
