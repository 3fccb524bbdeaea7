/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-programs.h"

/* A program is killed at each system call on the way to a destination. A sweep deletes what the library made up, and
 * leaves the user's own name alone, whether what is there is whole or not. No ledger holds such a name. */

#define DOCUMENT "the-document-of-the-user"
#define OLD "the old contents"

typedef enum
{
  NAMELESS,
  BESIDE,    /* in the destination's directory */
  ELSEWHERE, /* in another one */
  DIRECTORY,
} Kind;

static const char *const kind_names[] = { "nameless", "beside", "elsewhere", "dir" };

typedef enum
{
  ALL_CALLS,
  NO_LINKS, /* neither links nor renames that do not replace: the destination itself is filled */
  NO_MOVES, /* the destination seems to be on another filesystem */
} Filesystem;

static const char *const filesystem_names[] = { "all-calls", "no-links", "no-moves" };

typedef struct
{
  Kind             kind;
  Filesystem       filesystem;
  TempPersistFlags flags;
} Case;

/* The program dies at this call. */
typedef struct
{
  const Case *c;
  int         death;
} Death;

static const int deaths[] = {
  -1, /* after all of it */
  SYS_copy_file_range, SYS_sendfile, SYS_splice, SYS_write, SYS_pwrite64, SYS_read, SYS_ftruncate, SYS_fallocate,
  SYS_ioctl, SYS_lseek, SYS_fsync, SYS_fdatasync, SYS_fchmod, SYS_fchown, SYS_fsetxattr, SYS_flistxattr, SYS_utimensat,
  SYS_linkat, SYS_renameat2, SYS_renameat, SYS_mkdirat, SYS_unlinkat, SYS_dup3,
#ifdef SYS_rename
  SYS_rename, SYS_unlink, SYS_rmdir, SYS_link, SYS_mkdir,
#endif
};

static char *
document_path (void)
{
  return g_build_filename (test_user (), DOCUMENT, NULL);
}

static void
fill (int fd)
{
  g_autofree char *contents = g_strnfill (300000, 'x');

  g_assert_cmpint (write (fd, contents, 300000), ==, 300000);
}

static TempDir *
make_dir (void)
{
  g_autoptr (GError) error = NULL;
  TempDir *dir = temp_dir_new (test_files (), NULL, NULL, &error);
  g_autofree char *inside = NULL;
  int fd;

  g_assert_no_error (error);
  inside = g_build_filename (temp_dir_get_path (dir), "inside", NULL);
  fd = open (inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  g_assert_no_errno (fd);
  fill (fd);
  close (fd);
  return dir;
}

static TempFile *
make_file (Kind kind)
{
  g_autoptr (GError) error = NULL;
  TempFile *file;

  if (kind == NAMELESS)
    file = temp_file_new (test_files (), &error);
  else
    file = temp_file_new_named (kind == BESIDE ? test_user () : test_files (), NULL, NULL, &error);
  g_assert_no_error (error);
  fill (temp_file_get_fd (file));
  return file;
}

static gboolean
restrict_calls (const Death *death)
{
  gboolean ok = TRUE;

  if (death->c->filesystem == NO_LINKS)
    ok = test_fail_syscall (SYS_renameat2, EINVAL) && test_fail_syscall (SYS_linkat, EPERM);
  else if (death->c->filesystem == NO_MOVES)
    ok = test_fail_syscall_if (SYS_renameat2, EXDEV, 4, 1) && test_fail_syscall (SYS_linkat, EXDEV);

  return ok && (death->death < 0 || test_die_at_syscall (death->death));
}

static void
run (gconstpointer data)
{
  const Death *death = data;
  g_autofree char *path = document_path ();
  g_autoptr (GFile) destination = g_file_new_for_path (path);
  TempDir *dir = death->c->kind == DIRECTORY ? make_dir () : NULL;
  TempFile *file = death->c->kind == DIRECTORY ? NULL : make_file (death->c->kind);

  if (!restrict_calls (death))
    test_child_exit (77);

  if (dir != NULL)
    temp_dir_persist (dir, destination, death->c->flags, NULL, NULL);
  else
    temp_file_persist (file, destination, death->c->flags, NULL, NULL);
  raise (SIGKILL);
}

/* Finds a ledger in which the user's name is, in another line than `keep`. A `dir` line says where a temporary
 * directory's own things are, also after it was moved. */
static gboolean
is_in_ledger (gboolean is_dir)
{
  g_auto (GStrv) paths = test_find_ledgers ();

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *contents = NULL;
      const char *line, *end;
      gsize size;

      g_assert_true (g_file_get_contents (paths[i], &contents, &size, NULL));
      for (line = contents; line < contents + size; line = end + 1)
        {
          end = memchr (line, '\n', contents + size - line);
          if (end == NULL)
            end = contents + size;
          if (memmem (line, end - line, DOCUMENT, strlen (DOCUMENT)) != NULL && !g_str_has_prefix (line, "keep ") &&
              !(is_dir && g_str_has_prefix (line, "dir ")))
            return TRUE;
        }
    }

  return FALSE;
}

static void
die (const Death *death)
{
  TestChild program;
  int status;

  test_program_start (&program, run, death);
  status = test_child_end (&program);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    test_child_skip ("no filters of system calls here");
  g_assert_true (WIFSIGNALED (status));
  g_assert_true (WTERMSIG (status) == SIGKILL || WTERMSIG (status) == SIGSYS);
}

static void
remove_document (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  if (g_remove (path) < 0 && errno != ENOENT)
    {
      g_assert_no_errno (g_remove (inside));
      g_assert_no_errno (g_remove (path));
    }
}

static void
test_killed (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *path = document_path ();
  gboolean is_known = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (deaths); i++)
    {
      const Death death = { c, deaths[i] };
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;
      g_autofree char *names = NULL;
      gboolean exists;

      if ((c->flags & TEMP_PERSIST_REPLACE) != 0 && c->kind != DIRECTORY)
        test_write (path, OLD);
      die (&death);

      is_known |= is_in_ledger (c->kind == DIRECTORY);
      exists = g_file_test (path, G_FILE_TEST_EXISTS);
      before = exists ? test_describe (path) : g_strdup ("nothing");
      g_test_message ("system call %d: %s", deaths[i], exists ? "there" : "not there");
      if ((c->flags & TEMP_PERSIST_REPLACE) != 0 && c->kind != DIRECTORY)
        g_assert_true (exists);

      test_sweep ();
      after = g_file_test (path, G_FILE_TEST_EXISTS) ? test_describe (path) : g_strdup ("nothing");
      g_assert_cmpstr (after, ==, before);
      names = test_list (test_user ());
      g_assert_cmpstr (names, ==, exists ? DOCUMENT : "");
      test_assert_nothing_left ();
      remove_document (path);
    }

  g_assert_false (is_known);
}

/* Other ways to stay */

static void
run_same_name (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_user (), DOCUMENT, NULL, &error);
  g_autoptr (GFile) destination = NULL;

  g_assert_no_error (error);
  destination = g_file_new_for_path (temp_file_get_path (file));
  fill (temp_file_get_fd (file));
  g_assert_true (temp_file_persist (file, destination, TEMP_PERSIST_REPLACE, NULL, &error));
  g_assert_no_error (error);
  test_say (temp_file_get_path (file));
  test_get_command ();
}

static void
run_keep (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_user (), DOCUMENT, NULL, &error);
  g_autofree char *path = NULL;

  g_assert_no_error (error);
  fill (temp_file_get_fd (file));
  path = temp_file_keep (file, &error);
  g_assert_no_error (error);
  test_say (path);
  test_get_command ();
}

static void
run_auto_delete (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (test_user (), DOCUMENT, NULL, &error);

  g_assert_no_error (error);
  fill (temp_file_get_fd (file));
  temp_file_set_auto_delete (file, FALSE);
  test_say (temp_file_get_path (file));
  test_get_command ();
}

/* The prefix is the user's: only the line that keeps the name may hold it. */
static void
test_stays (TestProgramFunction run_program)
{
  g_autofree char *path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  TestChild program;

  test_program_start (&program, run_program, NULL);
  path = test_program_read_line (&program);
  g_assert_false (is_in_ledger (FALSE));
  before = test_describe (test_user ());
  test_program_kill (&program);

  for (guint i = 0; i < 2; i++)
    test_sweep ();
  test_assert_exists (path, TRUE);
  after = test_describe (test_user ());
  g_assert_cmpstr (after, ==, before);
  test_assert_nothing_left ();
}

static void
test_same_name (gconstpointer data)
{
  test_stays (run_same_name);
}

static void
test_keep (gconstpointer data)
{
  test_stays (run_keep);
}

static void
test_auto_delete (gconstpointer data)
{
  test_stays (run_auto_delete);
}

int
main (int    argc,
      char **argv)
{
  static const TempPersistFlags flags[] = {
    TEMP_PERSIST_COPY | TEMP_PERSIST_DURABLE,
    TEMP_PERSIST_COPY | TEMP_PERSIST_DURABLE | TEMP_PERSIST_REPLACE,
  };

  test_init (&argc, &argv);

  for (Kind kind = NAMELESS; kind <= DIRECTORY; kind++)
    for (Filesystem filesystem = ALL_CALLS; filesystem <= NO_MOVES; filesystem++)
      for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
        {
          g_autofree char *path = g_strdup_printf ("/killed/persisting/%s/%s/%s", kind_names[kind],
                                                   filesystem_names[filesystem],
                                                   (flags[i] & TEMP_PERSIST_REPLACE) != 0 ? "replace" : "new");
          const Case c = { kind, filesystem, flags[i] };

          test_add_program_copy (path, test_killed, &c, sizeof c);
        }
  test_add_program ("/killed/persisting/same-name", test_same_name, NULL);
  test_add_program ("/killed/persisting/keep", test_keep, NULL);
  test_add_program ("/killed/persisting/auto-delete", test_auto_delete, NULL);

  return g_test_run ();
}
