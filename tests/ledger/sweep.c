/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "entry/entry.h"
#include "ledger/alive.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The names that a sweep deletes, the directories, and the end of the ledger. Most ledgers here are written by
 * the test. Each test has a process and directories of ledgers of its own. */

/* The library's calls of unlinkat() come here, and call this one first. */
static void (*on_unlink) (gpointer data);
static gpointer on_unlink_data;

int
unlinkat (int         dir_fd,
          const char *name,
          int         flags)
{
  if (on_unlink != NULL)
    on_unlink (on_unlink_data);

  return syscall (SYS_unlinkat, dir_fd, name, flags);
}

/* In the directory with that inode, the library's calls of readdir() fail after so many names. Its calls of fstatat() for
 * that name fail. */
static ino_t unreadable;
static guint n_readable;
static const char *unseen;

static void *
find_real (const char *name,
           const char *name64)
{
  void *real = dlsym (RTLD_NEXT, sizeof (off_t) > sizeof (long) ? name64 : name);

  g_assert_nonnull (real);
  return real;
}

struct dirent *
readdir (DIR *dir)
{
  struct dirent *(*real) (DIR *);
  struct stat st;

  *(void **) &real = find_real ("readdir", "readdir64");
  if (unreadable == 0 || fstat (dirfd (dir), &st) < 0 || st.st_ino != unreadable)
    return real (dir);
  if (n_readable > 0)
    {
      n_readable--;
      return real (dir);
    }
  errno = EIO;
  return NULL;
}

int
fstatat (int          dir_fd,
         const char  *name,
         struct stat *st,
         int          flags)
{
  int (*real) (int, const char *, struct stat *, int);

  *(void **) &real = find_real ("fstatat", "fstatat64");
  if (g_strcmp0 (name, unseen) != 0)
    return real (dir_fd, name, st, flags);
  errno = EIO;
  return -1;
}

/* The reports of a dry run, by path. */
typedef struct
{
  GHashTable *fates;
} Report;

static void
collect (const char *path,
         const char *why,
         gpointer    data)
{
  Report *report = data;

  g_assert_true (g_hash_table_insert (report->fates, g_strdup (path), g_strdup (why != NULL ? why : "goes")));
}

/* Names */

static void
child_verified (gconstpointer data)
{
  static const struct { const char *prefix, *suffix; } names[] = {
    { "tmp", "" }, { "", "" }, { "", ".txt" }, { "abcdefghijklmnopqrst", "" }, { "a", "abcdefghijklmnopqrst" },
    { "a b\\c", "\303\244\n" }, { ".", "~" },
  };
  g_autofree char *dir = test_make_dir_in (test_dir (), "with blank\\ and \303\244");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = test_ledger_draw (&ledger, TEMP_TAG_FILE, dir, names[i].prefix, names[i].suffix);
      g_autofree char *made = test_ledger_draw (&ledger, TEMP_TAG_DIR, dir, names[i].prefix, names[i].suffix);
      g_autofree char *inside = g_build_filename (made, "inside", NULL);

      test_write (file, "text");
      g_assert_no_errno (mkdir (made, 0700));
      test_write (inside, "text");
    }

  test_assert_sweeps (2 * G_N_ELEMENTS (names));
  g_assert_no_errno (rmdir (dir));
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Other programs derive names from those of the library. */
static void
child_derived (gconstpointer data)
{
  static const char *const derived[] = { "%s.pdf", "%s~", ".%s.swp", "x%s", "%s-lock", "a%s", "%sa" };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *other_dir = test_make_dir_in (test_dir (), "other");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *moved = NULL, *base = NULL, *renamed = NULL, *upper_base = NULL, *upper = NULL;

  test_ledger_write_for (&ledger, dir);
  test_ledger_append_dir (&ledger, other_dir);
  file = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (file);

  for (gsize i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      g_auto (GStrv) parts = g_strsplit (derived[i], "%s", 2);
      g_autofree char *name = g_strconcat (parts[0], base, parts[1], NULL);
      g_autofree char *path = test_make_precious_in (dir, name);

      test_assert_exists (path, TRUE);
    }

  /* Copied to another directory of the ledger's; renamed; in other letters. */
  moved = test_make_precious_in (other_dir, base);
  base[strlen (base) - 1] = base[strlen (base) - 1] == 'a' ? 'b' : 'a';
  renamed = test_make_precious_in (dir, base);
  base[strlen (base) - 1] = 'a';
  upper_base = g_ascii_strup (base, -1);
  upper = test_make_precious_in (dir, upper_base);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_precious_at (moved);
  test_assert_precious_at (renamed);
  test_assert_precious_at (upper);
  for (gsize i = 0; i < G_N_ELEMENTS (derived); i++)
    {
      g_autofree char *original = g_path_get_basename (file);
      g_auto (GStrv) parts = g_strsplit (derived[i], "%s", 2);
      g_autofree char *path = g_strconcat (dir, "/", parts[0], original, parts[1], NULL);

      test_assert_precious_at (path);
    }
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_other_key (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 }, other = { 0 };
  g_autofree char *file = NULL;

  test_ledger_init (&other);
  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&other, test_dir ());

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_kept (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL, *unkept = NULL, *unkept_dir = NULL, *again = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "a b", "");
  test_write (file, "text");
  test_ledger_append_name (&ledger, "keep", file);
  test_ledger_append_name (&ledger, "keep", dir = test_ledger_leave_dir (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "keep", unkept = test_ledger_leave_file (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", unkept);
  test_ledger_append_name (&ledger, "keep", unkept_dir = test_ledger_leave_dir (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", unkept_dir);
  test_ledger_append_name (&ledger, "keep", again = test_ledger_leave_file (&ledger, test_dir ()));
  test_ledger_append_name (&ledger, "unkeep", again);
  test_ledger_append_name (&ledger, "keep", again);

  test_assert_sweeps (2);
  test_assert_exists (file, TRUE);
  test_assert_exists (dir, TRUE);
  test_assert_exists (again, TRUE);
  test_assert_exists (unkept, FALSE);
  test_assert_exists (unkept_dir, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* A line "name" is believed in the directory of the line before, and nowhere else. */
static void
child_believed (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *other_dir = test_make_dir_in (test_dir (), "other");
  g_autofree char *file = test_make_precious_in (dir, "plain");
  g_autofree char *made = test_make_dir_in (dir, "plain-dir");
  g_autofree char *inside = test_make_precious_in (made, "inside");
  g_autofree char *unnamed = test_make_precious_in (dir, "unnamed");
  g_autofree char *elsewhere = test_make_precious_in (other_dir, "plain");
  g_autofree char *early = test_make_precious_in (dir, "early");
  g_autofree char *above = test_make_precious_in (test_dir (), "above");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_init (&ledger);
  test_ledger_write (&ledger, NULL);
  test_ledger_append (&ledger, "name early");
  test_ledger_append_dir (&ledger, other_dir);
  test_ledger_append_dir (&ledger, dir);
  test_assert_exists (inside, TRUE);
  test_ledger_append (&ledger, "name plain\nname plain-dir\nname ..\nname .\nname ../above\nname missing\nname a b");

  test_assert_sweeps (2);
  test_assert_exists (file, FALSE);
  test_assert_exists (made, FALSE);
  test_assert_precious_at (unnamed);
  test_assert_precious_at (elsewhere);
  test_assert_precious_at (early);
  test_assert_precious_at (above);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Another directory has come to be at the path; the one that was meant has moved. */
static void
child_believed_elsewhere (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *away = test_path ("away");
  g_autofree char *moved = test_make_precious_in (dir, "plain");
  g_autofree char *new = NULL, *tagged = NULL;
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  test_ledger_append (&ledger, "name plain");
  g_assert_no_errno (rename (dir, away));
  g_assert_no_errno (mkdir (dir, 0700));
  new = test_make_precious_in (dir, "plain");
  tagged = test_ledger_leave_file (&ledger, dir);

  /* A verified name is safe to delete anywhere. */
  test_assert_sweeps (1);
  test_assert_exists (tagged, FALSE);
  test_assert_precious_at (new);
  g_assert_no_errno (g_unlink (new));
  g_assert_no_errno (rmdir (dir));
  g_assert_no_errno (rename (away, dir));
  test_assert_precious_at (moved);
  test_ledger_assert_undone (&ledger);

  test_assert_sweeps (1);
  test_assert_exists (moved, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

/* The tag says that it was a file, even where the name is also written down. */
static void
child_believed_kind (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *path = NULL, *base = NULL, *inside = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  path = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  base = g_path_get_basename (path);
  test_ledger_append (&ledger, "name %s", base);
  g_assert_no_errno (mkdir (path, 0700));
  inside = test_make_precious_in (path, "inside");

  test_assert_sweeps (0);
  test_assert_precious_at (inside);
}

/* Somebody who knew the name put another file or directory under it. */

static void
child_dir_for_file (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *empty = NULL, *full = NULL, *inside = NULL, *other = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  empty = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  full = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (empty, 0700));
  g_assert_no_errno (mkdir (full, 0700));
  inside = test_make_precious_in (full, "inside");
  other = test_ledger_leave_file (&ledger, test_dir ());

  test_assert_sweeps (2);
  test_assert_exists (empty, FALSE);
  test_assert_exists (other, FALSE);
  test_assert_precious_at (inside);
  test_ledger_assert_undone (&ledger);
}

static void
child_other_for_dir (gconstpointer data)
{
  g_autofree char *precious = test_make_precious_in (test_dir (), "precious");
  g_autofree char *precious_dir = test_make_dir_in (test_dir (), "precious-dir");
  g_autofree char *inside = test_make_precious_in (precious_dir, "inside");
  g_auto (TestLedger) ledger = { 0 };
  const char *targets[] = { precious_dir, precious, "missing" };

  test_ledger_write_for (&ledger, test_dir ());
  for (guint i = 0; i < 2; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (targets); j++)
      {
        g_autofree char *path = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");

        g_assert_no_errno (symlink (targets[j], path));
      }
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");
      g_autofree char *fifo = test_ledger_draw (&ledger, i == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, test_dir (), "tmp", "");

      test_write (path, "text");
      g_assert_no_errno (mkfifo (fifo, 0600));
    }

  test_assert_sweeps (10);
  test_assert_precious_at (precious);
  test_assert_precious_at (inside);
  test_assert_list (NULL, "precious precious-dir state");
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Owners */

/* A file whose owner has no line in the ledger stays. */
static void
child_other_owner (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL;

  test_become_owner ();
  test_ledger_init (&ledger);
  ledger.uid++;
  test_ledger_write (&ledger, NULL);
  test_ledger_append_dir (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_assert_exists (dir, TRUE);
}

/* A process may have made things as several users. */
static void
child_root (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *dir = NULL, *other_dir = NULL;

  if (geteuid () != 0)
    test_child_skip ("only root can give a file away");
  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_append (&ledger, "uid 1234");
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  other_dir = test_ledger_leave_dir (&ledger, test_dir ());
  if (chown (file, 4321, 4321) < 0 || chown (dir, 1234, 1234) < 0 || chown (other_dir, 4321, 4321) < 0)
    test_child_skip ("not allowed to give a file away");

  test_assert_sweeps (2);
  test_assert_exists (file, FALSE);
  test_assert_exists (dir, FALSE);
  test_assert_exists (other_dir, TRUE);
  test_ledger_assert_undone (&ledger);
}

/* Directories in use, mounts, parents that others can write */

static int
open_locked (const char *path)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH));
  return fd;
}

static void
child_locked (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *top = NULL, *dir = NULL, *file = NULL, *used = NULL, *deep = NULL, *inside = NULL, *unused = NULL;
  temp_autofd int top_fd = -1, used_fd = -1;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  top = test_ledger_leave_dir (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  used = test_make_dir_in (dir, "used");
  deep = test_make_dir_in (used, "deep");
  inside = test_make_precious_in (deep, "inside");
  unused = test_make_dir_in (dir, "unused");
  top_fd = open_locked (top);
  used_fd = open_locked (used);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (unused, FALSE);
  test_assert_precious_at (inside);
  {
    g_autofree char *names = test_list (top);

    g_assert_cmpstr (names, ==, "sub");
  }
  test_ledger_assert_undone (&ledger);

  temp_fd_clear (&top_fd);
  test_assert_sweeps (1);
  test_assert_exists (top, FALSE);
  test_assert_precious_at (inside);

  temp_fd_clear (&used_fd);
  test_assert_sweeps (1);
  test_assert_exists (dir, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_mounts (gconstpointer data)
{
  g_autoptr (GHashTable) fates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Report report = { fates };
  const TempSweepOptions options = { .report = collect, .report_data = &report };
  g_autoptr (GError) error = NULL;
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *top = NULL, *dir = NULL, *sub = NULL, *on_top = NULL, *on_sub = NULL, *file = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  top = test_ledger_draw (&ledger, TEMP_TAG_DIR, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (top, 0700));
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  sub = g_build_filename (dir, "sub", NULL);
  if (!test_mount_tmpfs (top, "mode=700") || mount ("tmpfs", sub, "tmpfs", 0, "mode=700") < 0)
    test_child_skip ("no mounts here");
  on_top = test_make_precious_in (top, "file");
  on_sub = test_make_precious_in (sub, "file");
  file = test_ledger_leave_file (&ledger, test_dir ());

  /* A dry run does not even enter what is mounted. */
  g_assert_false (temp_sweep_run (&options, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, top);
  g_assert_true (g_hash_table_contains (fates, file));
  g_assert_false (g_hash_table_contains (fates, top));

  test_assert_sweep_fails (G_IO_ERROR_BUSY, test_dir ());
  test_assert_precious_at (on_top);
  test_assert_precious_at (on_sub);
  test_assert_exists (file, FALSE);
  test_assert_exists (ledger.path, TRUE);
}

/* An empty directory is deleted: nobody can lose anything by that. */
static void
child_untrusted (gconstpointer data)
{
  g_autofree char *open_dir = test_make_dir_in (test_dir (), "open");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *empty = NULL, *full = NULL, *file = NULL, *inside = NULL;

  g_assert_no_errno (chmod (open_dir, 0777));
  test_ledger_write_for (&ledger, open_dir);
  empty = test_ledger_draw (&ledger, TEMP_TAG_DIR, open_dir, "tmp", "");
  g_assert_no_errno (mkdir (empty, 0700));
  full = test_ledger_leave_dir (&ledger, open_dir);
  inside = g_build_filename (full, "sub/file", NULL);
  file = test_ledger_leave_file (&ledger, open_dir);

  test_assert_sweeps (2);
  test_assert_exists (empty, FALSE);
  test_assert_exists (file, FALSE);
  test_assert_precious_at (inside);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (open_dir, 01777));
  test_assert_sweeps (1);
  test_assert_exists (full, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

/* Rights */

static void
child_without_rights (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *shut = NULL, *file = NULL, *sub = NULL;

  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  shut = test_ledger_leave_dir (&ledger, dir);
  sub = g_build_filename (shut, "sub", NULL);
  file = test_ledger_leave_file (&ledger, dir);
  g_assert_no_errno (chmod (sub, 0000));
  g_assert_no_errno (chmod (shut, 0000));

  g_assert_no_errno (chmod (dir, 0500));
  test_assert_sweep_fails (G_IO_ERROR_PERMISSION_DENIED, dir);
  test_assert_exists (file, TRUE);
  test_assert_mode (shut, S_IFDIR | 0000);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (dir, 0700));
  test_assert_sweeps (2);
  test_assert_exists (ledger.path, FALSE);
}

/* In a directory that cannot be read, names are written down. */
static void
child_unlisted (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *file = NULL, *named = NULL, *base = NULL;

  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  file = test_ledger_leave_file (&ledger, dir);
  named = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (named);
  g_assert_no_errno (chmod (dir, 0300));

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_ledger_assert_undone (&ledger);

  test_ledger_append_dir (&ledger, dir);
  test_ledger_append (&ledger, "name %s", base);
  test_assert_sweeps (1);
  test_assert_exists (named, FALSE);
  test_assert_exists (file, TRUE);

  g_assert_no_errno (chmod (dir, 0700));
  test_assert_sweeps (1);
  test_assert_exists (ledger.path, FALSE);
}

/* Names are all that the ledger has of that directory: once they are gone, it is done. */
static void
child_unlisted_done (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *named = NULL, *base = NULL;

  test_become_owner ();
  dir = test_make_dir_in (test_dir (), "dir");
  test_ledger_write_for (&ledger, dir);
  named = test_ledger_leave_file (&ledger, dir);
  base = g_path_get_basename (named);
  test_ledger_append (&ledger, "name %s", base);
  g_assert_no_errno (chmod (dir, 0300));

  test_assert_sweeps (1);
  test_assert_exists (named, FALSE);
  test_assert_exists (ledger.path, FALSE);
  g_assert_no_errno (chmod (dir, 0700));
}

/* A disk with errors may hide names: the ledger stays. */
static void
child_unreadable (gconstpointer data)
{
  enum { N_FILES = 10, N_READ = 4 }; /* with "." and ".." */
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) ledger = { 0 };
  g_auto (TestLedger) other = { 0 };
  struct stat st;

  test_ledger_write_for (&ledger, dir);
  test_ledger_write_for (&other, dir);
  for (guint i = 0; i < N_FILES; i++)
    g_free (test_ledger_leave_file (&ledger, dir));
  g_assert_no_errno (stat (dir, &st));

  for (n_readable = 0; n_readable < N_READ;)
    {
      const guint n = n_readable;
      const TempSweepOptions options = { .report = NULL };

      unreadable = st.st_ino;
      g_assert_true (temp_sweep_run (&options, NULL, NULL, NULL));
      unreadable = 0;
      g_assert_cmpuint (n_readable, ==, 0);
      test_assert_exists (ledger.path, TRUE);
      test_assert_exists (other.path, TRUE); /* its names may be among those */
      n_readable = n + 1;
    }
  test_ledger_assert_undone (&ledger);
  test_ledger_assert_undone (&other);

  {
    const TempSweepOptions options = { .report = NULL };

    g_assert_true (temp_sweep_run (&options, NULL, NULL, NULL));
  }
  test_assert_list ("dir", "");
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
child_unseen (gconstpointer data)
{
  const gboolean is_believed = GPOINTER_TO_INT (data);
  g_autofree char *dir = test_make_dir_in (test_dir (), is_believed ? "believed" : "tagged");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *other = NULL, *base = NULL;

  test_ledger_write_for (&ledger, dir);
  if (is_believed)
    {
      file = test_make_precious_in (dir, "plain");
      base = g_path_get_basename (file);
      test_ledger_append (&ledger, "name %s", base);
    }
  else
    {
      file = test_ledger_leave_file (&ledger, dir);
      base = g_path_get_basename (file);
    }
  other = test_ledger_leave_file (&ledger, dir);

  unseen = base;
  test_assert_sweeps (1);
  unseen = NULL;
  test_assert_exists (file, TRUE);
  test_ledger_assert_undone (&ledger);

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_unseen_names (gconstpointer data)
{
  child_unseen (GINT_TO_POINTER (FALSE));
  child_unseen (GINT_TO_POINTER (TRUE));
}

/* The end of a ledger */

static void
child_absent (gconstpointer data)
{
  const gboolean is_replaced = GPOINTER_TO_INT (data);
  const TempSweepOptions in_background = { .skips_tried = TRUE };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *absent = test_make_dir_in (test_dir (), "absent");
  g_autofree char *away = test_path ("away");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *moved = NULL, *second = NULL;
  gboolean any_left = FALSE;

  test_ledger_write_for (&ledger, dir);
  test_ledger_append_dir (&ledger, absent);
  file = test_ledger_leave_file (&ledger, dir);
  moved = test_ledger_leave_file (&ledger, absent);
  g_assert_no_errno (rename (absent, away));
  if (is_replaced)
    g_assert_no_errno (mkdir (absent, 0700));

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_ledger_assert_undone (&ledger);

  /* Within a day, it is not written down again, and left alone in the background. */
  second = test_ledger_leave_file (&ledger, dir);
  g_assert_true (temp_sweep_run (&in_background, NULL, &any_left, NULL));
  test_assert_exists (second, TRUE);
  test_ledger_assert_undone (&ledger);
  test_assert_sweeps (1);
  test_ledger_assert_undone (&ledger);

  if (is_replaced)
    g_assert_no_errno (rmdir (absent));
  g_assert_no_errno (rename (away, absent));
  test_assert_sweeps (1);
  test_assert_exists (moved, FALSE);
  test_assert_exists (ledger.path, FALSE);
}

static void
child_missing (gconstpointer data)
{
  child_absent (GINT_TO_POINTER (FALSE));
}

static void
child_replaced (gconstpointer data)
{
  child_absent (GINT_TO_POINTER (TRUE));
}

/* A link is not the directory that it leads to. */
static void
child_link_to_dir (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *away = test_path ("away");
  g_autofree char *moved = NULL, *base = NULL;
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL;

  test_ledger_write_for (&ledger, dir);
  file = test_ledger_leave_file (&ledger, dir);
  g_assert_no_errno (rename (dir, away));
  g_assert_no_errno (symlink (away, dir));

  test_assert_sweeps (0);
  base = g_path_get_basename (file);
  moved = g_build_filename (away, base, NULL);
  test_assert_exists (moved, TRUE);
  test_ledger_assert_undone (&ledger);
}

static void
write_tried (TestLedger *ledger,
             guint       n,
             gint64      seconds_ago)
{
  for (guint i = 0; i < n; i++)
    test_ledger_append (ledger, "tried %" G_GINT64_FORMAT, g_get_real_time () / G_USEC_PER_SEC - seconds_ago);
}

static void
child_tried (gconstpointer data)
{
  const TempSweepOptions in_background = { .skips_tried = TRUE };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) fresh = { 0 }, old = { 0 }, today = { 0 };
  gboolean any_left = FALSE;

  test_ledger_write_for (&fresh, dir);
  write_tried (&fresh, 28, 2 * TEMP_LEDGER_DAY);
  test_ledger_write_for (&old, dir);
  write_tried (&old, 30, 2 * TEMP_LEDGER_DAY);
  test_ledger_write_for (&today, dir);
  write_tried (&today, 29, 2 * TEMP_LEDGER_DAY);
  write_tried (&today, 1, TEMP_LEDGER_DAY / 2);
  g_assert_no_errno (rmdir (dir));

  g_assert_true (temp_sweep_run (&in_background, NULL, &any_left, NULL));
  g_assert_true (any_left);
  g_assert_cmpuint (test_ledger_count_tried (&fresh), ==, 29);
  g_assert_cmpuint (test_ledger_count_tried (&today), ==, 30);
  test_assert_exists (old.path, FALSE);
}

/* After a reboot, disks may have other numbers. */
static void
child_boot (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  struct stat st;

  g_assert_no_errno (stat (dir, &st));
  for (guint i = 0; i < 8; i++)
    {
      const gboolean same_boot = i & 1, same_dev = i & 2, same_ino = i & 4;
      const gboolean is_meant = same_ino && (same_dev || !same_boot);
      g_auto (TestLedger) ledger = { 0 };
      g_autofree char *file = NULL;
      g_autofree char *plain = test_make_precious_in (dir, "plain");

      test_ledger_init (&ledger);
      if (!same_boot)
        ledger.process.boot[0] = ledger.process.boot[0] == 'a' ? 'b' : 'a';
      test_ledger_write (&ledger, NULL);
      test_ledger_append (&ledger, "dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\nname plain",
                          (guint64) st.st_dev + !same_dev, (guint64) st.st_ino + !same_ino, dir);
      file = test_ledger_leave_file (&ledger, dir);

      test_assert_sweeps (is_meant ? 2 : 1);
      test_assert_exists (file, FALSE);
      test_assert_exists (plain, !is_meant);
      test_assert_exists (ledger.path, !is_meant);
      g_unlink (ledger.path);
    }
}

/* Several ledgers */

static void
child_one_dir (gconstpointer data)
{
  TestLedger ledgers[3] = { 0 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_autofree char *kept = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (ledgers); i++)
    {
      test_ledger_write_for (&ledgers[i], dir);
      test_ledger_append_dir (&ledgers[i], dir);
      g_free (test_ledger_leave_file (&ledgers[i], dir));
      g_free (test_ledger_leave_dir (&ledgers[i], dir));
    }
  kept = test_ledger_leave_file (&ledgers[1], dir);
  test_ledger_append_name (&ledgers[1], "keep", kept);
  test_ledger_append_name (&ledgers[2], "unkeep", kept);

  test_assert_sweeps (2 * G_N_ELEMENTS (ledgers));
  test_assert_exists (kept, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (g_unlink (kept));
  g_assert_no_errno (rmdir (dir));
  for (gsize i = 0; i < G_N_ELEMENTS (ledgers); i++)
    test_ledger_clear (&ledgers[i]);
}

static void
child_many (gconstpointer data)
{
  enum { N = 100 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  guint n_fds;

  for (guint i = 0; i < N; i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_write_for (&ledger, dir);
      g_free (test_ledger_leave_file (&ledger, dir));
    }

  /* A sweep has a bounded number of ledgers open. */
  n_fds = test_count_fds ();
  test_limit_fds (n_fds + 64);
  test_assert_sweeps (N);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (rmdir (dir));
}

static void
child_runtime_dir (gconstpointer data)
{
  g_autofree char *runtime = test_make_dir_in (test_dir (), "runtime");
  g_auto (TestLedger) first = { 0 }, second = { 0 };
  g_autofree char *one = NULL, *two = NULL;

  test_ledger_write_for (&first, test_dir ());
  test_ledger_init (&second);
  second.which = 1;
  test_ledger_write (&second, NULL);
  g_assert_true (g_str_has_prefix (second.path, runtime));
  test_ledger_append_dir (&second, test_dir ());
  one = test_ledger_leave_file (&first, test_dir ());
  two = test_ledger_leave_file (&second, test_dir ());

  test_assert_sweeps (2);
  test_assert_exists (one, FALSE);
  test_assert_exists (two, FALSE);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

/* Errors, cancellation, reports */

static void
child_errors (gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *third = NULL;
  g_auto (TestLedger) ledger = { 0 }, other = { 0 };
  g_autofree char *file = NULL;

  test_become_owner ();
  first = test_make_dir_in (test_dir (), "1");
  second = test_make_dir_in (test_dir (), "2");
  third = test_make_dir_in (test_dir (), "3");
  test_ledger_write_for (&ledger, first);
  test_ledger_append_dir (&ledger, second);
  test_ledger_append_dir (&ledger, third);
  g_free (test_ledger_leave_file (&ledger, first));
  g_free (test_ledger_leave_file (&ledger, second));
  file = test_ledger_leave_file (&ledger, third);
  test_ledger_write_for (&other, third);
  g_free (test_ledger_leave_file (&other, third));
  g_assert_no_errno (chmod (first, 0500));
  g_assert_no_errno (chmod (second, 0500));

  test_assert_sweep_fails (G_IO_ERROR_PERMISSION_DENIED, first);
  test_assert_exists (file, FALSE);
  test_assert_exists (other.path, FALSE);
  test_ledger_assert_undone (&ledger);

  g_assert_no_errno (chmod (first, 0700));
  g_assert_no_errno (chmod (second, 0700));
  test_assert_sweeps (2);
}

static void
assert_cancelled (const TempSweepOptions *options,
                  guint                   expected)
{
  g_autoptr (GError) error = NULL;
  gboolean any_left = FALSE;
  guint n_removed = G_MAXUINT;

  g_assert_false (temp_sweep_run (options, &n_removed, &any_left, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_removed, ==, expected);
  if (expected > 0)
    g_assert_true (any_left);
}

static void
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

static void
child_cancelled (gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const TempSweepOptions options = { .cancellable = cancellable };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, dir);
  for (guint i = 0; i < 3; i++)
    g_free (test_ledger_leave_file (&ledger, dir));

  g_cancellable_cancel (cancellable);
  assert_cancelled (&options, 0);
  g_cancellable_reset (cancellable);

  /* Cancelled in the middle, a sweep writes no `tried` line. */
  on_unlink_data = cancellable;
  on_unlink = cancel;
  assert_cancelled (&options, 1);
  on_unlink = NULL;
  g_assert_cmpuint (test_ledger_count_tried (&ledger), ==, 0);

  test_assert_sweeps (2);
  g_assert_no_errno (rmdir (dir));
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
}

static void
assert_fate (Report     *report,
             const char *path,
             const char *expected)
{
  g_assert_cmpstr (g_hash_table_lookup (report->fates, path), ==, expected);
}

static void
child_report (gconstpointer data)
{
  g_autoptr (GHashTable) fates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Report report = { fates };
  const TempSweepOptions options = { .report = collect, .report_data = &report };
  g_autofree char *missing = test_make_dir_in (test_dir (), "missing");
  g_autofree char *before = NULL, *after = NULL, *ledger_before = NULL, *ledger_after = NULL, *living_base = NULL;
  g_autofree char *file = NULL, *dir = NULL, *kept = NULL, *locked = NULL, *replaced = NULL, *why = NULL;
  g_auto (TestLedger) ledger = { 0 }, living = { 0 }, headless = { 0 };
  temp_autofd int locked_fd = -1;
  guint n_removed = G_MAXUINT;
  gboolean any_left = FALSE;

  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_append_dir (&ledger, missing);
  g_assert_no_errno (rmdir (missing));
  file = test_ledger_leave_file (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  g_assert_no_errno (chmod (dir, 0500));
  test_ledger_append_name (&ledger, "keep", kept = test_ledger_leave_file (&ledger, test_dir ()));
  locked = test_ledger_leave_dir (&ledger, test_dir ());
  locked_fd = open_locked (locked);
  replaced = test_ledger_draw (&ledger, TEMP_TAG_FILE, test_dir (), "tmp", "");
  g_assert_no_errno (mkdir (replaced, 0700));
  test_ledger_init (&headless);
  test_ledger_write (&headless, "");
  test_ledger_init (&living);
  living.process.start--;
  test_ledger_write (&living, NULL);
  living_base = g_path_get_basename (living.path);
  before = test_list (test_dir ());
  ledger_before = test_ledger_read (&ledger);

  g_assert_true (temp_sweep_run (&options, &n_removed, &any_left, NULL));
  g_assert_cmpuint (n_removed, ==, 0);
  g_assert_true (any_left);
  assert_fate (&report, file, "goes");
  assert_fate (&report, dir, "goes");
  assert_fate (&report, kept, "it was kept");
  assert_fate (&report, locked, "a process has it locked");
  assert_fate (&report, replaced, "somebody put a directory there, which goes only if it is empty");
  assert_fate (&report, missing, "it is not there, or is another directory than it was");
  why = g_strdup_printf ("still held by process %d", (int) getpid ());
  assert_fate (&report, living_base, why);
  g_assert_cmpuint (g_hash_table_size (fates), ==, 7);

  /* Nothing has changed. */
  after = test_list (test_dir ());
  ledger_after = test_ledger_read (&ledger);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (ledger_after, ==, ledger_before);
  test_assert_mode (dir, S_IFDIR | 0500);
  g_assert_no_errno (chmod (dir, 0700));
  test_assert_exists (headless.path, TRUE);
}

static void
child_keep_everything (gconstpointer data)
{
  const TempSweepOptions options = { .report = NULL };
  g_auto (TestLedger) ledger = { 0 }, headless = { 0 };
  g_autofree char *file = NULL;
  guint n_removed = G_MAXUINT;

  g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
  test_ledger_write_for (&ledger, test_dir ());
  test_ledger_init (&headless);
  test_ledger_write (&headless, "");
  file = test_ledger_leave_file (&ledger, test_dir ());

  g_assert_true (temp_sweep_run (&options, &n_removed, NULL, NULL));
  g_assert_cmpuint (n_removed, ==, 0);
  test_assert_exists (file, TRUE);
  test_assert_exists (ledger.path, TRUE);
  test_assert_exists (headless.path, TRUE);
}

/* Somebody puts another directory there, in the last moment. */
static void
swap (gpointer data)
{
  char **paths = data;

  on_unlink = NULL;
  g_assert_no_errno (rename (paths[0], paths[1]));
  g_assert_no_errno (rename (paths[2], paths[0]));
}

static void
child_swapped (gconstpointer data)
{
  g_autofree char *mine = test_make_dir_in (test_dir (), "mine");
  g_autofree char *inside = test_make_precious_in (mine, "inside");
  g_autofree char *away = test_path ("away");
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *dir = NULL, *there = NULL;
  char *paths[3];

  test_ledger_write_for (&ledger, test_dir ());
  dir = test_ledger_leave_dir (&ledger, test_dir ());
  there = g_build_filename (dir, "inside", NULL);
  test_assert_precious_at (inside);
  paths[0] = dir, paths[1] = away, paths[2] = mine;
  on_unlink_data = paths;
  on_unlink = swap;

  test_assert_sweep_fails (G_IO_ERROR_NOT_EMPTY, dir);
  test_assert_precious_at (there);
  test_ledger_assert_undone (&ledger);
}

/* Two sweeps */

static gpointer
sweep_in_thread (gpointer data)
{
  const TempSweepOptions options = { .report = NULL };
  guint n_removed;

  g_assert_true (temp_sweep_run (&options, &n_removed, NULL, NULL));
  return GUINT_TO_POINTER (n_removed);
}

static void
child_two_sweeps (gconstpointer data)
{
  enum { N = 50 };
  g_autofree char *dir = test_make_dir_in (test_dir (), "dir");
  GThread *thread;
  guint sum;

  for (guint i = 0; i < N; i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_write_for (&ledger, dir);
      g_free (test_ledger_leave_file (&ledger, dir));
      g_free (test_ledger_leave_dir (&ledger, dir));
    }

  /* Each file is deleted by one of the two sweeps. */
  thread = g_thread_new ("sweep", sweep_in_thread, NULL);
  sum = GPOINTER_TO_UINT (sweep_in_thread (NULL));
  sum += GPOINTER_TO_UINT (g_thread_join (thread));
  g_assert_cmpuint (sum, ==, 2 * N);
  g_assert_cmpuint (test_count_ledgers (), ==, 0);
  g_assert_no_errno (rmdir (dir));
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *name; void (*function) (gconstpointer); } tests[] = {
    { "verified", child_verified },
    { "derived", child_derived },
    { "other-key", child_other_key },
    { "kept", child_kept },
    { "believed", child_believed },
    { "believed-elsewhere", child_believed_elsewhere },
    { "believed-kind", child_believed_kind },
    { "dir-for-file", child_dir_for_file },
    { "other-for-dir", child_other_for_dir },
    { "other-owner", child_other_owner },
    { "root", child_root },
    { "locked", child_locked },
    { "mounts", child_mounts },
    { "untrusted", child_untrusted },
    { "without-rights", child_without_rights },
    { "unlisted", child_unlisted },
    { "unlisted-done", child_unlisted_done },
    { "unreadable", child_unreadable },
    { "unseen", child_unseen_names },
    { "missing", child_missing },
    { "replaced", child_replaced },
    { "link-to-dir", child_link_to_dir },
    { "tried", child_tried },
    { "boot", child_boot },
    { "one-dir", child_one_dir },
    { "many", child_many },
    { "runtime-dir", child_runtime_dir },
    { "errors", child_errors },
    { "cancelled", child_cancelled },
    { "report", child_report },
    { "keep-everything", child_keep_everything },
    { "swapped", child_swapped },
    { "two-sweeps", child_two_sweeps },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/ledger/sweep/", tests[i].name, NULL);

      test_add_with_ledgers (path, tests[i].function);
    }

  return g_test_run ();
}
