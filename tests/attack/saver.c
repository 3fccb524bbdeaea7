/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program of filesystems.sh. Saves in all ways in a directory, and prints one line for each: how it ended, and
 * what it left. Fails if a save did harm, or left anything.
 *
 *   attack-saver DIR */

#define OLD "old"
#define NEW "new and longer"

static const char *dir;
static guint n_faults;

static char *
path_of (const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static void
write_old (const char *name)
{
  g_autofree char *path = path_of (name);

  if (!g_file_set_contents (path, OLD, -1, NULL) || chmod (path, 0640) < 0)
    g_error ("Could not write “%s”", path);
}

/* Returns the names that a save has left, beside those that are meant. */
static char *
list_left (void)
{
  static const char *const meant[] = { "document", "second", "tree", "lower", "lower-tree", "lost+found", NULL };
  g_autoptr (GString) left = g_string_new (NULL);
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (listing)) != NULL)
    if (!g_strv_contains (meant, name))
      g_string_append_printf (left, " %s", name);
  return g_strdup (left->str);
}

static gboolean
holds (const char *name,
       const char *expected)
{
  g_autofree char *path = path_of (name);
  g_autofree char *contents = NULL;
  struct statx st;

  /* The kernel may remember the old size, on FUSE. */
  return statx (AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_SIZE, &st) == 0 &&
         g_file_get_contents (path, &contents, NULL, NULL) && g_str_equal (contents, expected);
}

/* Prints a line. `fits` says if what is there fits how the save ended. */
static void
report (const char *what,
        GError     *error,
        gboolean    fits)
{
  g_autofree char *left = list_left ();
  const gboolean is_fault = !fits || *left != '\0';

  g_print ("  %-34s %s%s%s%s\n", what, error == NULL ? "saved" : error->message, fits ? "" : "  WRONG CONTENTS",
           *left != '\0' ? "  LEFT:" : "", left);
  n_faults += is_fault;
  g_clear_error (&error);
}

static void
clear (void)
{
  static const char *const names[] = { "document", "second", "tree" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = path_of (names[i]);
      g_autoptr (GFile) file = g_file_new_for_path (path);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        temp_remove_tree (file, TEMP_REMOVE_NONE, NULL, NULL, NULL, NULL);
    }
}

static void
replace (const char       *what,
         const char       *name,
         const char       *second,
         TempPersistFlags  flags)
{
  g_autofree char *path = path_of (name);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) contents = g_bytes_new_static (NEW, strlen (NEW));
  gboolean had_old = g_file_test (path, G_FILE_TEST_EXISTS);
  GError *error = NULL;
  struct stat before = { 0 }, after = { 0 };
  gboolean fits;

  if (had_old)
    stat (path, &before);
  temp_replace_contents (file, contents, NULL, flags, NULL, NULL, &error);
  fits = error == NULL ? holds (name, NEW) : had_old ? holds (name, OLD) : !g_file_test (path, G_FILE_TEST_EXISTS);
  if (had_old && stat (path, &after) == 0)
    fits = fits && before.st_mode == after.st_mode && before.st_uid == after.st_uid && before.st_gid == after.st_gid;
  if (second != NULL)
    fits = fits && holds (second, error == NULL ? NEW : OLD);
  report (what, error, fits);
}

static void
replace_linked (const char       *what,
                TempPersistFlags  flags)
{
  g_autofree char *document = path_of ("document");
  g_autofree char *second = path_of ("second");

  struct statx st;

  clear ();
  write_old ("document");
  if (link (document, second) < 0)
    g_print ("  %-34s no hard links here\n", what);
  else if (statx (AT_FDCWD, document, AT_STATX_FORCE_SYNC, STATX_NLINK, &st) < 0 || st.stx_nlink != 2)
    g_print ("  %-34s this filesystem does not tell of hard links\n", what);
  else
    replace (what, "document", "second", flags);
}

static void
persist_file (const char       *what,
              gboolean          is_beside,
              gboolean          has_old,
              TempPersistFlags  flags)
{
  g_autofree char *document = path_of ("document");
  g_autoptr (GFile) file = g_file_new_for_path (document);
  g_autoptr (TempFile) made = NULL;
  GError *error = NULL;

  clear ();
  if (has_old)
    write_old ("document");
  made = is_beside ? temp_file_new_beside (file, NULL, &error) : temp_file_new_named (NULL, NULL, NULL, &error);
  if (made != NULL && write (temp_file_get_fd (made), NEW, strlen (NEW)) == (gssize) strlen (NEW))
    temp_file_persist (made, file, flags, NULL, &error);
  g_clear_object (&made);
  report (what, error, error == NULL ? holds ("document", NEW) : has_old ? holds ("document", OLD)
                                                                         : !g_file_test (document, G_FILE_TEST_EXISTS));
}

static void
persist_dir (const char       *what,
             const char       *name,
             gboolean          is_elsewhere,
             TempPersistFlags  flags)
{
  g_autofree char *tree = path_of (name);
  g_autofree char *inside = g_build_filename (name, "inside", NULL);
  g_autofree char *old = g_build_filename (tree, "old", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (tree);
  gboolean had_old = g_file_test (old, G_FILE_TEST_EXISTS);
  g_autoptr (TempDir) made = NULL;
  GError *error = NULL;

  made = temp_dir_new (is_elsewhere ? NULL : dir, NULL, NULL, &error);
  if (made != NULL)
    {
      g_autofree char *new = g_build_filename (temp_dir_get_path (made), "inside", NULL);

      g_file_set_contents (new, NEW, -1, NULL);
      temp_dir_persist (made, file, flags, NULL, &error);
    }
  g_clear_object (&made);
  report (what, error, error == NULL ? holds (inside, NEW) && !g_file_test (old, G_FILE_TEST_EXISTS)
                                     : !had_old || g_file_test (old, G_FILE_TEST_EXISTS));
}

static void
persist_dirs (void)
{
  g_autofree char *tree = path_of ("tree");
  g_autofree char *old = g_build_filename (tree, "old", NULL);

  clear ();
  persist_dir ("new directory", "tree", FALSE, TEMP_PERSIST_NONE);
  clear ();
  g_mkdir (tree, 0755);
  persist_dir ("over an empty directory", "tree", FALSE, TEMP_PERSIST_REPLACE);
  clear ();
  g_mkdir (tree, 0755);
  g_file_set_contents (old, OLD, -1, NULL);
  persist_dir ("over a full directory", "tree", FALSE, TEMP_PERSIST_REPLACE);
  clear ();
  persist_dir ("new directory, copied", "tree", TRUE, TEMP_PERSIST_COPY);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *lower = NULL;
  g_autofree char *lower_tree = NULL;

  if (argc != 2)
    g_error ("usage: %s DIR", argv[0]);
  dir = argv[1];
  lower = path_of ("lower");
  lower_tree = path_of ("lower-tree");

  clear ();
  replace ("new document", "document", NULL, TEMP_PERSIST_NONE);
  clear ();
  replace ("new document, in place, durable", "document", NULL, TEMP_PERSIST_IN_PLACE | TEMP_PERSIST_DURABLE);
  clear ();
  write_old ("document");
  replace ("old document", "document", NULL, TEMP_PERSIST_NONE);
  clear ();
  write_old ("document");
  replace ("old document, in place, durable", "document", NULL, TEMP_PERSIST_IN_PLACE | TEMP_PERSIST_DURABLE);
  replace_linked ("hard link", TEMP_PERSIST_NONE);
  replace_linked ("hard link, in place", TEMP_PERSIST_IN_PLACE);

  persist_file ("file beside, new", TRUE, FALSE, TEMP_PERSIST_NONE);
  persist_file ("file beside, not over another", TRUE, TRUE, TEMP_PERSIST_NONE);
  persist_file ("file beside, over another", TRUE, TRUE, TEMP_PERSIST_REPLACE);
  persist_file ("file from elsewhere, new", FALSE, FALSE, TEMP_PERSIST_COPY);
  persist_file ("file from elsewhere, over another", FALSE, TRUE, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY);
  persist_dirs ();

  if (g_file_test (lower, G_FILE_TEST_EXISTS))
    replace ("document of the lower layer", "lower", NULL, TEMP_PERSIST_NONE);
  if (g_file_test (lower_tree, G_FILE_TEST_EXISTS))
    persist_dir ("over a directory of the lower layer", "lower-tree", FALSE, TEMP_PERSIST_REPLACE);
  clear ();

  g_print ("  %u faults\n", n_faults);
  return n_faults > 0;
}
