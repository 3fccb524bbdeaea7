/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/find-helper.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-support.h"

/* How the library finds the helper program, wherever the prefix is by now. */

#define LIBRARY TEMP_LIBRARY_NAME ".so.0"

static TempPlatform real;

/* What is made up. */
static const char *loaded; /* NULL: not known */
static guint32 owner;      /* of the helper */
static gboolean is_privileged;

static int
find_loaded (const void  *data,
             char       **path)
{
  if (loaded == NULL)
    {
      errno = ENOENT;
      return -1;
    }
  *path = strdup (loaded);
  return 0;
}

static int
stat_target (TempHandle  dir,
             const char *name,
             TempStat   *st)
{
  int result = real.stat_target (dir, name, st);

  if (g_str_has_suffix (name, TEMP_HELPER_NAME))
    st->uid = owner;
  return result;
}

static bool
get_privileged (void)
{
  return is_privileged;
}

/* Makes a file in the test's directory, with the directories above it. Returns its path. */
static const char *
make (const char *top,
      const char *dir,
      const char *base)
{
  g_autofree char *relative = g_build_filename (top, dir, base, NULL);
  g_autofree char *path = test_path (relative);

  test_make_file (relative);
  return g_intern_string (path);
}

static void
set_up (void)
{
  real = temp_platform;
  owner = real.get_uid ();
  temp_platform.find_loaded = find_loaded;
  temp_platform.stat_target = stat_target;
  temp_platform.is_privileged = get_privileged;
  g_unsetenv ("TEMPFILE_GLIB_SWEEP");
}

static void
assert_finds (const char *expected)
{
  g_autofree char *found = temp_find_helper ();

  g_assert_cmpstr (found, ==, expected);
}

static gboolean
is_somewhere_else (void)
{
  return g_path_is_absolute (TEMP_LIBDIR) || g_path_is_absolute (TEMP_LIBEXECDIR);
}

static void
child_beside (gconstpointer data)
{
  const char *helper = make ("prefix", TEMP_LIBEXECDIR, TEMP_HELPER_NAME);
  g_autofree char *link = test_path ("link");
  g_autofree char *through_link = g_build_filename (link, TEMP_LIBDIR, LIBRARY, NULL);
  g_autofree char *prefix = test_path ("prefix");

  if (is_somewhere_else ())
    test_child_skip ("library and helper are not in one prefix");
  set_up ();
  loaded = make ("prefix", TEMP_LIBDIR, LIBRARY);
  assert_finds (helper);

  g_assert_no_errno (symlink (prefix, link));
  loaded = through_link;
  assert_finds (helper);

  g_assert_no_errno (g_unlink (helper));
  assert_finds (TEMP_HELPER_PATH);
}

/* The environment names one, which need not exist. */
static void
child_environment (gconstpointer data)
{
  make ("prefix", TEMP_LIBEXECDIR, TEMP_HELPER_NAME);
  set_up ();
  loaded = make ("prefix", TEMP_LIBDIR, LIBRARY);

  g_setenv ("TEMPFILE_GLIB_SWEEP", "/missing/helper", TRUE);
  assert_finds ("/missing/helper");
}

/* Nothing but a library in its place tells where the helper is. */
static void
child_compiled_in (gconstpointer data)
{
  const char *library = make ("prefix", TEMP_LIBDIR, LIBRARY);
  g_autofree char *relative = g_build_filename ("prefix", TEMP_LIBDIR, LIBRARY, NULL);
  g_autofree char *same_length = g_strnfill (strlen (TEMP_LIBDIR), 'x');

  make ("prefix", TEMP_LIBEXECDIR, TEMP_HELPER_NAME);
  set_up ();

  /* A program that the library is part of, under the name that it was started by. */
  loaded = make ("prefix", TEMP_LIBDIR, "program");
  assert_finds (TEMP_HELPER_PATH);
  loaded = "program";
  assert_finds (TEMP_HELPER_PATH);

  loaded = make ("prefix", same_length, LIBRARY);
  assert_finds (TEMP_HELPER_PATH);
  loaded = NULL;
  assert_finds (TEMP_HELPER_PATH);

  g_assert_no_errno (chdir (test_dir ()));
  loaded = relative;
  assert_finds (TEMP_HELPER_PATH);

  /* Somebody else put a helper there. */
  loaded = library;
  owner = real.get_uid () + 1;
  assert_finds (TEMP_HELPER_PATH);
}

static void
child_privileged (gconstpointer data)
{
  make ("prefix", TEMP_LIBEXECDIR, TEMP_HELPER_NAME);
  set_up ();
  loaded = make ("prefix", TEMP_LIBDIR, LIBRARY);
  is_privileged = TRUE;

  assert_finds (TEMP_HELPER_PATH);
  g_setenv ("TEMPFILE_GLIB_SWEEP", "/missing/helper", TRUE);
  assert_finds (TEMP_HELPER_PATH);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_in_child ("/killed/guard/helper/beside-the-library", child_beside, NULL);
  test_add_in_child ("/killed/guard/helper/of-the-environment-first", child_environment, NULL);
  test_add_in_child ("/killed/guard/helper/compiled-in-path-in-doubt", child_compiled_in, NULL);
  test_add_in_child ("/private/set-user-id-program-believes-the-compiled-in-path", child_privileged, NULL);

  return g_test_run ();
}
