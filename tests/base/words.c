/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/words.h"

#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "platform/platform.h"
#include "test-support.h"

/* Messages in the language of the user. */

#define TEXT "Could not save “%s”: %s"

static void
skip_without_translations (void)
{
#ifndef ENABLE_NLS
  test_child_skip ("built without translations");
#endif
}

/* German */

/* Makes a German locale in the test's directory. Returns FALSE if that cannot be done. gettext looks at its name;
 * what is in it is that of POSIX, which takes less time. localedef warns of what is missing there. */
static gboolean
make_german_locale (void)
{
  g_autofree char *path = test_path ("de_DE.UTF-8");
  const char *argv[] = { "localedef", "--no-archive", "-i", "POSIX", "-f", "UTF-8", path, NULL };

  return g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL, NULL, NULL, NULL, NULL, NULL) &&
         g_file_test (path, G_FILE_TEST_IS_DIR) && g_setenv ("LOCPATH", test_dir (), TRUE);
}

/* Speaks German from here on; `LC_ALL` says so to programs. gettext translates nothing in the locale C. */
static void
speak_german (void)
{
  skip_without_translations ();
  g_setenv ("LANGUAGE", "de", TRUE);
  g_setenv ("LC_ALL", "de_DE.UTF-8", TRUE);
  if (setlocale (LC_ALL, "") == NULL && (!make_german_locale () || setlocale (LC_ALL, "") == NULL))
    test_child_skip ("no German locale here, and no localedef that could make one");
}

static void
assert_says (GError     **error,
             int          code,
             const char  *expected)
{
  g_assert_error (*error, G_IO_ERROR, code);
  g_assert_cmpstr ((*error)->message, ==, expected);
  g_clear_error (error);
}

static void
child_errors (gconstpointer data)
{
  g_autofree char *missing = test_path ("missing");
  g_autofree char *inside = test_path ("missing/document");
  g_autofree char *no_dir = NULL;
  g_autofree char *not_saved = NULL;
  g_autofree char *closed = NULL;
  g_autoptr (GFile) document = g_file_new_for_path (inside);
  g_autoptr (GBytes) contents = g_bytes_new_static ("", 0);
  g_autoptr (TempFile) file = temp_file_new (test_dir (), NULL);
  g_autoptr (TempSpooledFile) spooled = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;

  speak_german ();
  no_dir = g_strdup_printf ("Konnte den Ordner „%s“ nicht öffnen: %s", missing, g_strerror (ENOENT));
  not_saved = g_strdup_printf ("Konnte „%s“ nicht speichern: %s", inside, g_strerror (ENOENT));
  closed = g_strdup_printf ("Konnte eine temporäre Datei in „%s“ nicht verwenden: schon geschlossen", test_dir ());

  g_assert_null (temp_file_new_named (missing, NULL, NULL, &error));
  assert_says (&error, G_IO_ERROR_NOT_FOUND, no_dir);

  g_assert_false (temp_replace_contents (document, contents, NULL, TEMP_PERSIST_NONE, NULL, NULL, &error));
  assert_says (&error, G_IO_ERROR_NOT_FOUND, not_saved);

  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_assert_null (temp_file_load_bytes (file, NULL, &error));
  assert_says (&error, G_IO_ERROR_CLOSED, closed);

  g_assert_false (g_seekable_seek (G_SEEKABLE (spooled), -1, G_SEEK_SET, NULL, &error));
  assert_says (&error, G_IO_ERROR_INVALID_ARGUMENT,
               "Konnte die Position in einer temporären Datei nicht ändern: diese Position gibt es nicht");
}

static const char *
get_entries (gulong n)
{
  return temp_words_get_plural ("Could not remove %lu entry of “%s”, the first being “%s”: %s",
                                "Could not remove %lu entries of “%s”, the first being “%s”: %s", n);
}

static void
child_plural (gconstpointer data)
{
  speak_german ();
  g_assert_cmpstr (get_entries (1), ==, "Konnte %lu Eintrag von „%s“ nicht löschen, zuerst „%s“: %s");
  g_assert_cmpstr (get_entries (2), ==, "Konnte %lu Einträge von „%s“ nicht löschen, zuerst „%s“: %s");
}

static void
child_helper (gconstpointer data)
{
  const char *argv[] = { g_getenv ("TEMPFILE_GLIB_SWEEP"), "--help", NULL };
  g_autofree char *out = NULL;

  speak_german ();
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, NULL));
  g_assert_nonnull (strstr (out, "Löscht die temporären Dateien und Ordner"));
  g_assert_nonnull (strstr (out, "--explain=PROTOKOLL"));
  g_assert_nonnull (strstr (out, "Die Version ausgeben"));
}

/* Where the translations are */

#define LIBRARY TEMP_LIBRARY_NAME ".so.0"

static const char *loaded;

static int
find_loaded (const void  *data,
             char       **path)
{
  *path = strdup (loaded);
  return 0;
}

static bool
is_privileged (void)
{
  return true;
}

static void
assert_bound_to (const char *expected)
{
  temp_words_get (TEXT);
  g_assert_cmpstr (bindtextdomain (TEMP_TEXT_DOMAIN, NULL), ==, expected);
  g_assert_cmpstr (bind_textdomain_codeset (TEMP_TEXT_DOMAIN, NULL), ==, "UTF-8");
}

/* Makes a prefix in the test's directory, and has the library be in it. Returns the path of the translations there. */
static const char *
move_prefix (void)
{
  g_autofree char *library = g_build_filename ("prefix", TEMP_LIBDIR, LIBRARY, NULL);
  g_autofree char *translation = g_build_filename ("prefix", TEMP_LOCALEDIR_IN_PREFIX, "any", NULL);
  g_autofree char *path = test_path (library);
  g_autofree char *prefix = test_path ("prefix");
  g_autofree char *directory = g_build_filename (prefix, TEMP_LOCALEDIR_IN_PREFIX, NULL);

  skip_without_translations ();
  if (g_path_is_absolute (TEMP_LIBDIR) || g_path_is_absolute (TEMP_LOCALEDIR_IN_PREFIX))
    test_child_skip ("library and translations are not in one prefix");
  test_make_file (library);
  test_make_file (translation);
  loaded = g_intern_string (path);
  temp_platform.find_loaded = find_loaded;
  return g_intern_string (directory);
}

static void
child_environment (gconstpointer data)
{
  move_prefix ();
  g_setenv ("TEMPFILE_GLIB_LOCALEDIR", "/some/where", TRUE);
  assert_bound_to ("/some/where");
}

static void
child_moved (gconstpointer data)
{
  const char *moved = move_prefix ();

  g_unsetenv ("TEMPFILE_GLIB_LOCALEDIR");
  assert_bound_to (moved);
}

static void
child_compiled_in (gconstpointer data)
{
  move_prefix ();
  loaded = "program";
  g_unsetenv ("TEMPFILE_GLIB_LOCALEDIR");
  assert_bound_to (TEMP_LOCALEDIR);
}

static void
child_privileged (gconstpointer data)
{
  move_prefix ();
  temp_platform.is_privileged = is_privileged;
  g_setenv ("TEMPFILE_GLIB_LOCALEDIR", "/some/where", TRUE);
  assert_bound_to (TEMP_LOCALEDIR);
}

/* The caller: its errno, and its threads */

static int
fail_to_find (const void  *data,
              char       **path)
{
  errno = ENOENT;
  return -1;
}

/* Callers pass errno and the text to one function, and C does not say which it evaluates first. */
static void
child_errno (gconstpointer data)
{
  g_unsetenv ("TEMPFILE_GLIB_LOCALEDIR");
  temp_platform.find_loaded = fail_to_find;
  errno = EXDEV;
  g_assert_cmpstr (temp_words_get (TEXT), ==, TEXT);
  g_assert_cmpint (errno, ==, EXDEV);
  g_assert_nonnull (get_entries (3));
  g_assert_cmpint (errno, ==, EXDEV);
}

static gpointer
ask (gpointer data)
{
  return (gpointer) temp_words_get (TEXT);
}

static void
child_threads (gconstpointer data)
{
  GThread *threads[8];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("asks", ask, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpstr (g_thread_join (threads[i]), ==, TEXT);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_in_child ("/words/german/errors", child_errors, NULL);
  test_add_in_child ("/words/german/plural", child_plural, NULL);
  test_add_in_child ("/words/german/helper", child_helper, NULL);
  test_add_in_child ("/words/found/of-the-environment-first", child_environment, NULL);
  test_add_in_child ("/words/found/in-the-moved-prefix", child_moved, NULL);
  test_add_in_child ("/words/found/compiled-in-path-in-doubt", child_compiled_in, NULL);
  test_add_in_child ("/private/set-user-id-program-reads-the-compiled-in-translations", child_privileged, NULL);
  test_add_in_child ("/words/keep-errno", child_errno, NULL);
  test_add_in_child ("/words/for-threads-at-once", child_threads, NULL);

  return g_test_run ();
}
