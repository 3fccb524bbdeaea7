/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The program of the test, one of three: it is killed, it must not notice that others are, or it starts a sweep.
 *
 *   worker work DIR KEPT N_THREADS [guard]   makes, writes, deletes and persists, for ever
 *   worker bystand DIR                       looks after what it has made, until its input ends
 *   worker begin DIR                         makes one file, and ends well
 *
 * `work` prints an empty line when it begins. Then it prints the path of each file that is to stay, one a line: with a
 * "?" before it persists or keeps the file, and again afterwards. */

#define CONTENTS "whole\n"

static const char *dir;
static const char *kept;

static void
check_at (int           line,
          gboolean      ok,
          const GError *error)
{
  if (ok)
    return;

  g_printerr ("worker.c:%d: %s\n", line, error != NULL ? error->message : g_strerror (errno));
  _exit (1);
}

/* Ends the program if `ok` is FALSE. Evaluates that before `error`, which it may set. */
#define check(ok, error) \
  G_STMT_START \
    { \
      gboolean is_ok = (ok); \
      check_at (__LINE__, is_ok, (error)); \
    } \
  G_STMT_END

static TempFile *
make_file (void)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (dir, "crash_", ".txt", &error);

  check (file != NULL, error);
  check (write (temp_file_get_fd (file), CONTENTS, strlen (CONTENTS)) == (gssize) strlen (CONTENTS), NULL);
  return file;
}

static TempDir *
make_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *made = temp_dir_new (dir, "crash_", NULL, &error);
  g_autoptr (TempFile) inside = NULL;

  check (made != NULL, error);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *base = g_strdup_printf ("file-%u", i);
      g_autofree char *path = g_build_filename (temp_dir_get_path (made), base, NULL);

      check (g_file_set_contents (path, CONTENTS, -1, &error), error);
    }

  inside = temp_dir_create_file (made, NULL, NULL, &error);
  check (inside != NULL, error);
  return made;
}

static void
tell (const char *mark,
      const char *path)
{
  g_autofree char *line = g_strconcat (mark, path, "\n", NULL);

  check (write (STDOUT_FILENO, line, strlen (line)) == (gssize) strlen (line), NULL);
}

static void
persist (TempFile *file,
         guint     number)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base = g_strdup_printf ("%d-%u", (int) getpid (), number);
  g_autofree char *path = g_build_filename (kept, base, NULL);
  g_autoptr (GFile) destination = g_file_new_for_path (path);

  tell ("?", path);
  check (temp_file_persist (file, destination, TEMP_PERSIST_REPLACE, NULL, &error), error);
  tell ("", path);
}

static void
keep (TempFile *file)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  tell ("?", temp_file_get_path (file));
  path = temp_file_keep (file, &error);
  check (path != NULL, error);
  tell ("", path);
}

static gpointer
work (gpointer data)
{
  static guint last; /* atomic */
  g_autoptr (GRand) random = g_rand_new ();

  for (;;)
    {
      g_autoptr (TempFile) file = make_file ();
      g_autoptr (TempFile) nameless = NULL;
      g_autoptr (TempDir) made = NULL;
      g_autoptr (GError) error = NULL;

      switch (g_rand_int_range (random, 0, 6))
        {
        case 0:
          made = make_dir ();
          break;
        case 1:
          persist (file, g_atomic_int_add (&last, 1));
          break;
        case 2:
          nameless = temp_file_new (dir, &error);
          check (nameless != NULL, error);
          check (write (temp_file_get_fd (nameless), CONTENTS, strlen (CONTENTS)) > 0, NULL);
          persist (nameless, g_atomic_int_add (&last, 1));
          break;
        case 3:
          if (g_rand_int_range (random, 0, 20) == 0)
            keep (file);
          break;
        default:
          break;
        }
    }

  return data;
}

static int
run_work (guint    n_threads,
          gboolean guarded)
{
  g_autoptr (GError) error = NULL;

  check (!guarded || temp_guard_start (&error), error);
  tell ("", "");
  for (guint i = 1; i < n_threads; i++)
    g_thread_new ("work", work, NULL);
  work (NULL);
  return 0;
}

/* Looks after its files at each byte of its input, until that ends. */
static int
bystand (void)
{
  g_autoptr (TempFile) file = make_file ();
  g_autoptr (TempDir) made = make_dir ();
  g_autofree char *inside = g_build_filename (temp_dir_get_path (made), "file-0", NULL);
  char byte;

  while (read (STDIN_FILENO, &byte, 1) == 1)
    {
      TempFile *another = make_file ();

      check (g_file_test (temp_file_get_path (file), G_FILE_TEST_EXISTS), NULL);
      check (g_file_test (inside, G_FILE_TEST_EXISTS), NULL);
      check (g_file_test (temp_file_get_path (another), G_FILE_TEST_EXISTS), NULL);
      g_object_unref (another);
      check (write (STDOUT_FILENO, "\n", 1) == 1, NULL);
    }

  return 0;
}

int
main (int    argc,
      char **argv)
{
  if (argc < 3)
    return 2;

  dir = argv[2];
  if (g_str_equal (argv[1], "work") && argc >= 5)
    {
      kept = argv[3];
      return run_work (atoi (argv[4]), argc > 5);
    }
  if (g_str_equal (argv[1], "bystand"))
    return bystand ();

  g_object_unref (make_file ());
  return 0;
}
