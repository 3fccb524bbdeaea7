/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/home.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#define STATE TEMP_LEDGER_STATE_HOME
#define RUNTIME TEMP_LEDGER_RUNTIME_HOME
#define OTHER_USER 12345
#define ASKED_TO_OPEN "open"

static TempPlatform real;

/* As on a filesystem of the network. */
static int
get_network (TempHandle      handle,
             TempFilesystem *found)
{
  int result = real.get_filesystem (handle, found);

  found->has_safe_locks = FALSE;
  return result;
}

static int
fail_get_filesystem (TempHandle      handle,
                     TempFilesystem *found)
{
  errno = EIO;
  return -1;
}

static char *
get_machine (void)
{
  g_autofree char *path = temp_ledger_home_get_path (STATE);

  return g_path_get_basename (path);
}

/* Sets a variable to a path in the test's directory, or unsets it; returns the path. */
static const char *
set_path (const char *variable,
          const char *relative)
{
  g_autofree char *path = relative != NULL ? test_path (relative) : NULL;

  if (path != NULL)
    g_setenv (variable, path, TRUE);
  else
    g_unsetenv (variable);
  return g_intern_string (path);
}

static void
make_dir (const char *relative)
{
  g_autofree char *path = test_path (relative);

  g_assert_no_errno (mkdir (path, 0700));
}

/* Returns the path of a directory that the library makes in `base`: level 1 is its own, level 2 this machine's. */
static char *
get_level (const char *base,
           guint       level)
{
  g_autofree char *top = test_path (base);
  g_autofree char *machine = get_machine ();

  return g_build_filename (top, "tempfile-glib", level == 2 ? machine : NULL, NULL);
}

static void
assert_opens (guint       which,
              const char *expected_base)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = temp_ledger_home_get_path (which);
  g_autofree char *expected = get_level (expected_base, 2);
  temp_autofd int fd = temp_ledger_home_open (which, TRUE, &error);
  struct stat st, st_path;

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpstr (path, ==, expected);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_no_errno (stat (path, &st_path));
  g_assert_cmpuint (st.st_ino, ==, st_path.st_ino);
  g_assert_cmphex (st.st_mode, ==, S_IFDIR | 0700);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
}

static void
assert_fails (guint    which,
              gboolean create,
              gint     code)
{
  g_autoptr (GError) error = NULL;
  temp_autofd int fd = temp_ledger_home_open (which, create, &error);

  g_assert_cmpint (fd, ==, -1);
  g_assert_error (error, G_IO_ERROR, code);
}

/* Paths */

static void
test_machine (void)
{
  g_autofree char *machine = get_machine ();
  g_autofree char *id = NULL;

  if (g_file_get_contents ("/etc/machine-id", &id, NULL, NULL) && strlen (g_strchomp (id)) == 32)
    g_assert_cmpstr (machine, ==, id);
  g_assert_cmpstr (machine, !=, "");
  g_assert_null (strchr (machine, '/'));
}

static void
test_state_home (gconstpointer data)
{
  g_autofree char *machine = get_machine ();

  set_path ("XDG_STATE_HOME", "a/b/state");
  assert_opens (STATE, "a/b/state");
  test_assert_list ("a/b/state", "tempfile-glib");
  test_assert_list ("a/b/state/tempfile-glib", machine);
  assert_opens (STATE, "a/b/state");
}

static void
test_home (gconstpointer data)
{
  set_path ("XDG_STATE_HOME", NULL);
  set_path ("XDG_RUNTIME_DIR", NULL);
  set_path ("HOME", "home");
  make_dir ("home");
  assert_opens (STATE, "home/.local/state");

  /* The library has made neither ~/.cache nor any other directory. */
  test_assert_list ("home", ".local");
  test_assert_list ("home/.local", "state");
  test_assert_list (NULL, "home");
  g_assert_null (temp_ledger_home_get_path (RUNTIME));
  assert_fails (RUNTIME, TRUE, G_IO_ERROR_NOT_FOUND);
  test_assert_list ("home", ".local");
}

static void
test_runtime_dir (gconstpointer data)
{
  set_path ("XDG_RUNTIME_DIR", "run");
  make_dir ("run");
  assert_opens (RUNTIME, "run");
  test_assert_list ("run", "tempfile-glib");
  test_assert_list (NULL, "run");
}

/* Without `create`, no directory is made. */
static void
test_does_not_create (gconstpointer data)
{
  set_path ("XDG_STATE_HOME", "state");
  set_path ("XDG_RUNTIME_DIR", "run");
  assert_fails (STATE, FALSE, G_IO_ERROR_NOT_FOUND);
  assert_fails (RUNTIME, FALSE, G_IO_ERROR_NOT_FOUND);
  test_assert_list (NULL, "");

  make_dir ("state");
  assert_fails (STATE, FALSE, G_IO_ERROR_NOT_FOUND);
  test_assert_list ("state", "");
}

/* The library makes no missing home, nor a directory above it. */
static void
test_no_home (gconstpointer data)
{
  static const char *const states[] = { NULL, "top", "top/home", "top/home/.local/state", "top/home/x/y" };

  set_path ("HOME", "top/home");
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      set_path ("XDG_STATE_HOME", states[i]);
      assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
      test_assert_list (NULL, "");
    }

  make_dir ("top");
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      if (g_strcmp0 (states[i], "top") == 0)
        continue;
      set_path ("XDG_STATE_HOME", states[i]);
      assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
      test_assert_list ("top", "");
    }
}

/* A directory beside the home, whose name only begins as the home's does, is not it. */
static void
test_beside_home (gconstpointer data)
{
  set_path ("HOME", "home");
  set_path ("XDG_STATE_HOME", "hom");
  assert_opens (STATE, "hom");
  test_assert_list (NULL, "hom");
}

/* The home is not made, however it is spelled. */
static void
test_home_spelled (gconstpointer data)
{
  g_autofree char *home = g_strconcat (test_dir (), "//home/.", NULL);

  g_setenv ("HOME", home, TRUE);
  set_path ("XDG_STATE_HOME", "home");
  assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
  test_assert_list (NULL, "");
}

/* Debian's user nobody has this one. */
static void
test_nonexistent (gconstpointer data)
{
  set_path ("XDG_STATE_HOME", NULL);
  g_setenv ("HOME", "/nonexistent", TRUE);
  assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
  test_assert_exists ("/nonexistent", FALSE);
}

static void
test_relative (gconstpointer data)
{
  const char *home = set_path ("HOME", "home");

  make_dir ("home");
  g_assert_no_errno (chdir (home));
  g_setenv ("XDG_STATE_HOME", "state", TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "./run", TRUE);
  assert_opens (STATE, "home/.local/state");
  g_assert_null (temp_ledger_home_get_path (RUNTIME));
  assert_fails (RUNTIME, TRUE, G_IO_ERROR_NOT_FOUND);

  g_setenv ("XDG_STATE_HOME", "", TRUE);
  assert_opens (STATE, "home/.local/state");

  for (guint i = 0; i < 2; i++)
    {
      g_setenv ("HOME", i == 0 ? "home" : "", TRUE);
      g_assert_null (temp_ledger_home_get_path (STATE));
      assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
    }
  test_assert_list ("home", ".local");
}

/* Without HOME, the password database has the home directory, but not that of a user whom it does not know. */
static void
test_password_database (gconstpointer data)
{
  const struct passwd *user = getpwuid (geteuid ());
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;

  set_path ("XDG_STATE_HOME", NULL);
  set_path ("HOME", NULL);
  path = temp_ledger_home_get_path (STATE);
  if (user == NULL || !g_path_is_absolute (user->pw_dir))
    {
      g_assert_null (path);
    }
  else
    {
      expected = g_build_filename (user->pw_dir, ".local", "state", "tempfile-glib", NULL);
      g_assert_true (g_str_has_prefix (path, expected));
    }

  if (geteuid () != 0)
    test_child_skip ("only the administrator can become a user whom nobody knows");
  g_assert_no_errno (setresuid (-1, OTHER_USER, -1));
  if (getpwuid (OTHER_USER) != NULL)
    test_child_skip ("the user is known");
  g_assert_null (temp_ledger_home_get_path (STATE));
  assert_fails (STATE, TRUE, G_IO_ERROR_NOT_FOUND);
}

/* GLib's functions for these directories print warnings where there is no home. */
static void
test_prints_nothing (gconstpointer data)
{
  g_autofree char *output = test_path ("output");
  temp_autofd int fd = open (output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const char *const variables[] = { "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME" };
  struct stat st;
  int out, err;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  out = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  err = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  g_assert_no_errno (dup2 (fd, STDOUT_FILENO));
  g_assert_no_errno (dup2 (fd, STDERR_FILENO));
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_unsetenv (variables[i]);
      for (guint which = 0; which < TEMP_LEDGER_N_HOMES; which++)
        {
          int home_fd = temp_ledger_home_open (which, FALSE, NULL);

          temp_fd_clear (&home_fd);
        }
    }
  fflush (NULL);
  dup2 (out, STDOUT_FILENO);
  dup2 (err, STDERR_FILENO);

  g_assert_no_errno (fstat (fd, &st));
  g_assert_cmpint (st.st_size, ==, 0);
}

/* Modes */

static void
test_umask (gconstpointer data)
{
  static const mode_t umasks[] = { 0, 022, 0277, 0777 };

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  make_dir ("own");
  for (gsize i = 0; i < G_N_ELEMENTS (umasks); i++)
    {
      g_autofree char *relative = g_strdup_printf ("own/%03o/state", (guint) umasks[i]);
      const char *state = set_path ("XDG_STATE_HOME", relative);
      g_autofree char *above = g_path_get_dirname (state);
      g_autofree char *own = get_level (relative, 1);

      umask (umasks[i]);
      assert_opens (STATE, relative);
      umask (022);
      test_assert_mode (above, S_IFDIR | 0700);
      test_assert_mode (state, S_IFDIR | 0700);
      test_assert_mode (own, S_IFDIR | 0700);
    }
}

/* The library's own directories get mode 0700, so that other users lose all access; the one above them keeps its mode.
 * A program that was killed at once, under a umask of 0777, left one of mode 0. */
static void
test_modes_are_repaired (gconstpointer data)
{
  static const mode_t modes[] = { 0777, 0755, 01777, 0500, 02770, 0 };
  const char *state;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  state = set_path ("XDG_STATE_HOME", "state");
  g_assert_no_errno (mkdir (state, 0700));

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *own = get_level ("state", 1);
      g_autofree char *machine = get_level ("state", 2);

      if (modes[i] == 0)
        test_child_skip_on_posix ("no handle of a directory that its owner may not read");
      assert_opens (STATE, "state");
      g_assert_no_errno (chmod (machine, modes[i]));
      g_assert_no_errno (chmod (own, modes[i]));
      g_assert_no_errno (chmod (state, 0755));
      assert_opens (STATE, "state");
      test_assert_mode (own, S_IFDIR | 0700);
      test_assert_mode (state, S_IFDIR | 0755);
    }
}

/* Refusals */

static void
test_symlinks (gconstpointer data)
{
  g_autofree char *elsewhere = test_path ("elsewhere");

  set_path ("XDG_STATE_HOME", "state");
  for (guint level = 1; level <= 2; level++)
    {
      g_autofree char *path = get_level ("state", level);
      g_autofree char *moved = g_strconcat (path, "-moved", NULL);

      assert_opens (STATE, "state");
      g_assert_no_errno (rename (path, moved));
      g_assert_no_errno (symlink (elsewhere, path));

      /* First, the link leads nowhere. */
      assert_fails (STATE, TRUE, G_IO_ERROR_NOT_DIRECTORY);
      test_assert_exists (elsewhere, FALSE);
      make_dir ("elsewhere");
      assert_fails (STATE, TRUE, G_IO_ERROR_NOT_DIRECTORY);
      assert_fails (STATE, FALSE, G_IO_ERROR_NOT_DIRECTORY);
      test_assert_list ("elsewhere", "");
      test_assert_mode (elsewhere, S_IFDIR | 0700);

      g_assert_no_errno (rmdir (elsewhere));
      g_assert_no_errno (unlink (path));
      g_assert_no_errno (rename (moved, path));
      assert_opens (STATE, "state");
    }
}

/* A user may have the state on another disk. */
static void
test_symlink_above (gconstpointer data)
{
  const char *state = set_path ("XDG_STATE_HOME", "state");
  g_autofree char *elsewhere = test_path ("elsewhere");

  make_dir ("elsewhere");
  g_assert_no_errno (symlink (elsewhere, state));
  assert_opens (STATE, "state");
  test_assert_list ("elsewhere", "tempfile-glib");
}

static void
test_not_directories (gconstpointer data)
{
  g_autofree char *machine = get_machine ();
  g_autofree char *file = g_build_filename ("state", "tempfile-glib", machine, NULL);

  set_path ("XDG_STATE_HOME", "state");
  test_make_file (file);
  assert_fails (STATE, TRUE, G_IO_ERROR_NOT_DIRECTORY);

  set_path ("XDG_STATE_HOME", "file");
  test_make_file ("file");
  assert_fails (STATE, TRUE, G_IO_ERROR_NOT_DIRECTORY);
}

/* Under sudo, the home is another user's: nothing of root's is left there, and nothing that is there is believed. */
static void
test_other_users (gconstpointer data)
{
  static const char *const dirs[] = { "top", "top/state", "top/state/tempfile-glib", NULL };

  set_path ("XDG_STATE_HOME", "top/state");
  if (geteuid () != 0)
    test_child_skip ("only the administrator can give directories away");

  make_dir ("top");
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_autofree char *dir = dirs[i] != NULL ? test_path (dirs[i]) : get_level ("top/state", 2);
      g_autofree char *names = NULL;

      /* Up to here, all directories are this user's. */
      if (i > 0)
        g_assert_no_errno (g_mkdir_with_parents (dir, 0755));
      g_assert_no_errno (chmod (dir, 0755));
      g_assert_no_errno (chown (dir, OTHER_USER, OTHER_USER));
      assert_fails (STATE, TRUE, G_IO_ERROR_PERMISSION_DENIED);
      names = test_list (dir);
      g_assert_cmpstr (names, ==, "");
      test_assert_mode (dir, S_IFDIR | 0755);
      g_assert_no_errno (chown (dir, 0, 0));
    }
  assert_opens (STATE, "top/state");
}

static void
test_not_writable (gconstpointer data)
{
  g_autofree char *dir = test_path ("read-only");

  set_path ("XDG_STATE_HOME", "read-only/state");
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  g_assert_no_errno (mkdir (dir, 0500));
  assert_fails (STATE, TRUE, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_no_errno (chmod (dir, 0700));
}

static void
assert_cannot_open (const char *state,
                    int         errsv)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (temp_ledger_home_open (STATE, TRUE, &error), ==, -1);
  test_assert_error_mentions (error, g_strerror (errsv));
  test_assert_error_mentions (error, state);
}

/* The library refuses filesystems whose locks cannot be trusted. */
static void
test_network (gconstpointer data)
{
  const char *state = set_path ("XDG_STATE_HOME", "state");

  assert_opens (STATE, "state");
  temp_platform.get_filesystem = get_network;
  assert_cannot_open (state, ENOLCK);
  temp_platform.get_filesystem = fail_get_filesystem;
  assert_cannot_open (state, EIO);
}

/* The user who starts a set-user-id program chooses its environment. This test runs itself as such a program. */
static void
test_set_user_id (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const char *state = set_path ("XDG_STATE_HOME", "state");
  g_autofree char *dir = g_strdup (test_dir ());
  g_autofree char *contents = NULL;
  g_autofree char *copy = test_path ("program");
  g_autofree char *output = NULL;
  char *argv[] = { copy, (char *) ASKED_TO_OPEN, NULL };
  gsize size;
  int status;

  if (geteuid () != 0)
    test_child_skip ("only the administrator can make such a program");
  if (test_is_mounted_with (ST_NOSUID) || test_is_mounted_with (ST_NOEXEC) ||
      prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    test_child_skip ("no program takes on another's rights here");

  make_dir ("state");
  g_assert_true (g_file_get_contents ("/proc/self/exe", &contents, &size, &error));
  g_assert_true (g_file_set_contents_full (copy, contents, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0755, &error));
  g_assert_no_errno (chown (copy, 65534, 65534));
  g_assert_no_errno (chown (state, 65534, 65534));
  g_assert_no_errno (chmod (copy, 04755));
  for (; g_access (dir, F_OK) == 0 && strlen (dir) > strlen (g_getenv ("G_TEST_TMPDIR"));)
    {
      char *up = g_path_get_dirname (dir);

      g_assert_no_errno (chmod (dir, 0755));
      g_free (dir);
      dir = up;
    }
  g_assert_no_errno (chmod (dir, 0755));

  if (!g_spawn_sync (NULL, argv, NULL, 0, NULL, NULL, &output, NULL, &status, NULL) || status != 0 ||
      g_str_equal (output, "not secure"))
    test_child_skip ("such programs do not run here");
  g_assert_cmpstr (output, ==, "none");
  test_assert_list ("state", "");
}

static int
open_and_tell (void)
{
  int fd = temp_ledger_home_open (STATE, TRUE, NULL);

  g_print ("%s", getauxval (AT_SECURE) == 0 ? "not secure" : fd < 0 ? "none" : "opened");
  return 0;
}

int
main (int    argc,
      char **argv)
{
  if (argc == 2 && g_str_equal (argv[1], ASKED_TO_OPEN))
    return open_and_tell ();

  test_init (&argc, &argv);
  real = temp_platform;

  g_test_add_func ("/ledger/home/one-for-each-machine", test_machine);
  test_add_with_ledgers ("/ledger/home/in-the-state-directory", test_state_home);
  test_add_with_ledgers ("/ledger/home/in-the-home-directory", test_home);
  test_add_with_ledgers ("/ledger/home/in-the-runtime-dir", test_runtime_dir);
  test_add_with_ledgers ("/ledger/home/not-made-unless-asked", test_does_not_create);
  test_add_with_ledgers ("/ledger/home/none-without-a-home-directory", test_no_home);
  test_add_with_ledgers ("/ledger/home/beside-the-home-directory", test_beside_home);
  test_add_with_ledgers ("/ledger/home/home-directory-is-not-made-however-spelled", test_home_spelled);
  test_add_with_ledgers ("/ledger/home/home-directory-is-not-made", test_nonexistent);
  test_add_with_ledgers ("/ledger/home/relative-paths-are-ignored", test_relative);
  test_add_with_ledgers ("/ledger/home/in-the-home-directory-of-the-system", test_password_database);
  test_add_with_ledgers ("/ledger/home/prints-nothing", test_prints_nothing);
  test_add_with_ledgers ("/private/home/whatever-the-umask", test_umask);
  test_add_with_ledgers ("/private/home/modes-are-repaired", test_modes_are_repaired);
  test_add_with_ledgers ("/private/home/symlinks-are-not-followed", test_symlinks);
  test_add_with_ledgers ("/ledger/home/symlink-above-is-followed", test_symlink_above);
  test_add_with_ledgers ("/ledger/home/not-in-a-file", test_not_directories);
  test_add_with_ledgers ("/private/home/not-in-a-directory-of-another-user", test_other_users);
  test_add_with_ledgers ("/ledger/home/not-where-nobody-may-write", test_not_writable);
  test_add_with_ledgers ("/ledger/home/not-where-locks-are-unsafe", test_network);
  test_add_with_ledgers ("/private/home/none-for-a-set-user-id-program", test_set_user_id);

  return g_test_run ();
}
