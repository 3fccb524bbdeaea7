/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entries.h"

#include <tempfile-glib/tempfile-glib.h>

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-ledgers.h"
#include "test-support.h"

static TempEntry *
make (gboolean    is_dir,
      const char *dir,
      TempEntry  *above,
      const char *prefix)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  if (is_dir)
    temp_entry_create_dir (entry, dir, above, prefix, NULL, 0700, &error);
  else
    temp_entry_create_file (entry, dir, above, prefix, NULL, 0600, &error);
  g_assert_no_error (error);
  g_assert_nonnull (temp_entry_get_path (entry));
  return entry;
}

TempEntry *
test_new_file (const char *dir,
               const char *prefix)
{
  return make (FALSE, dir, NULL, prefix);
}

TempEntry *
test_new_dir (const char *dir,
              const char *prefix)
{
  return make (TRUE, dir, NULL, prefix);
}

TempEntry *
test_new_file_in (TempEntry *above)
{
  return make (FALSE, NULL, above, NULL);
}

TempEntry *
test_new_dir_in (TempEntry *above)
{
  return make (TRUE, NULL, above, NULL);
}

void
test_assert_deletes (TempEntry *entry)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_entry_delete (entry, NULL, NULL, &error));
  g_assert_no_error (error);
}

void
test_assert_refuses (TempEntry *entry,
                     int        code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_delete (entry, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, temp_entry_get_path (entry));
}

void
test_assert_keeps (TempEntry *entry)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_entry_keep (entry, &error));
  g_assert_no_error (error);
  g_assert_cmpint (entry->state, ==, TEMP_ENTRY_KEPT);
  g_assert_false (temp_entry_get_auto_delete (entry));
}

char *
test_make_untrusted (const char *base)
{
  char *path = test_path (base);

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (chmod (path, 0777));
  return path;
}

char *
test_make_shared (void)
{
  g_autofree char *shared = test_make_untrusted ("shared");
  g_autofree char *real = test_path ("real");
  char *link = g_build_filename (shared, "link", NULL);

  test_make_file ("shared/precious/diary");
  g_assert_no_errno (mkdir (real, 0700));
  g_assert_no_errno (symlink ("../real", link));
  return link;
}

char *
test_make_where (gconstpointer is_untrusted)
{
  char *path;

  if (is_untrusted != NULL)
    return test_make_untrusted ("untrusted");

  path = test_path ("trusted");
  g_assert_no_errno (mkdir (path, 0700));
  return path;
}

/* Only root can become another user; else the user is the attacker, too. Nobody but root can search the way to the
 * directory, so the attacker is in it. */
void
test_redirect (const char *name)
{
  g_autofree char *shared = test_path ("shared");
  pid_t pid = test_make_child (FALSE);

  if (pid == 0)
    {
      g_assert_no_errno (chdir (shared));
      if (geteuid () == 0)
        g_assert_no_errno (setresuid (65534, 65534, 65534));
      g_assert_no_errno (unlink ("link"));
      g_assert_no_errno (symlink (".", "link"));
      g_assert_no_errno (rename ("precious", name));
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
}

void
test_assert_precious (const char *name)
{
  g_autofree char *shared = test_path ("shared");
  g_autofree char *diary = g_build_filename (shared, name, "diary", NULL);

  test_assert_exists (diary, TRUE);
}

void
test_sweep_here (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_sweep (NULL, NULL, &error));
  g_assert_no_error (error);
}

void
test_kill_and_sweep (void      (*function) (const char *dir),
                     const char *dir)
{
  pid_t pid = test_fork_idle ();
  int status;

  if (pid == 0)
    {
      function (dir);
      raise (SIGKILL);
    }
  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  test_sweep_here ();
}

char *
test_join (TempEntry  *dir,
           const char *name)
{
  return g_build_filename (temp_entry_get_path (dir), name, NULL);
}

void
test_write_in (TempEntry  *dir,
               const char *name)
{
  g_autofree char *path = test_join (dir, name);

  test_write (path, "x");
}

void
test_assert_empty (const char *path)
{
  g_autofree char *names = test_list (path);

  g_assert_cmpstr (names, ==, "");
}

char *
test_read_ledger (TempEntry *entry)
{
  return test_read_own_ledger (entry->ledger);
}

guint
test_count_lines (const char *text,
                  const char *start)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;

  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], start))
      n++;

  return n;
}
