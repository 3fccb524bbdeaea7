/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gfiledescriptorbased.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "test-support.h"

/* The kinds of file that are persisted, each in a way of its own. */
typedef enum
{
  NAMELESS,
  BESIDE,    /* with a name, in the destination's directory */
  ELSEWHERE, /* with a name, in another */
  N_KINDS
} Kind;

#define OLD "the old contents"
#define NEW "the new contents, which are longer"

static char *
target_path (void)
{
  g_autofree char *dir = test_path ("target");

  g_assert_no_errno (g_mkdir_with_parents (dir, 0700));
  return g_build_filename (dir, "document", NULL);
}

static void
write_new (TempFile *file)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)), NEW, strlen (NEW), NULL, NULL, &error);
  g_assert_no_error (error);
}

static TempFile *
new_file (Kind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = target_path ();
  g_autofree char *beside = g_path_get_dirname (target);
  TempFile *file;

  if (kind == NAMELESS)
    file = temp_file_new (test_dir (), &error);
  else
    file = temp_file_new_named (kind == BESIDE ? beside : test_dir (), "made", NULL, &error);
  g_assert_no_error (error);
  write_new (file);
  return file;
}

static gboolean
persist_to (TempFile          *file,
            const char        *path,
            TempPersistFlags   flags,
            GError           **error)
{
  g_autoptr (GFile) destination = g_file_new_for_path (path);

  return temp_file_persist (file, destination, flags, NULL, error);
}

static void
assert_persists (TempFile         *file,
                 const char       *path,
                 TempPersistFlags  flags)
{
  g_autoptr (GError) error = NULL;
  gboolean persisted = persist_to (file, path, flags, &error);

  g_assert_no_error (error);
  g_assert_true (persisted);
}

static void
assert_mode (const char *path,
             mode_t      mode)
{
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, mode);
}

/* In the directory of the target, and in the test's. */
static void
assert_names (const char *beside,
              const char *elsewhere)
{
  g_autofree char *dir = test_path ("target");
  g_autofree char *found = test_list (dir);
  g_autofree char *found_elsewhere = test_list (test_dir ());

  g_assert_cmpstr (found, ==, beside);
  g_assert_cmpstr (found_elsewhere, ==, elsewhere);
}

static void
count (GObject    *object,
       GParamSpec *pspec,
       gpointer    data)
{
  (*(guint *) data)++;
}

static void
test_persist (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);

  for (TempPersistFlags flags = TEMP_PERSIST_NONE; flags < 8; flags++)
    {
      g_autoptr (TempFile) file = new_file (kind);
      g_autofree char *target = target_path ();
      g_autofree char *old_path = g_strdup (temp_file_get_path (file));
      const char *held_path = temp_file_get_path (file);
      GFile *held_file = temp_file_get_file (file);
      guint n_path = 0, n_file = 0, n_auto_delete = 0;
      int fd = temp_file_get_fd (file);
      struct stat before, after;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        test_write (target, OLD);
      else
        unlink (target);

      g_signal_connect (file, "notify::path", G_CALLBACK (count), &n_path);
      g_signal_connect (file, "notify::file", G_CALLBACK (count), &n_file);
      g_signal_connect (file, "notify::auto-delete", G_CALLBACK (count), &n_auto_delete);
      g_assert_no_errno (fstat (fd, &before));

      assert_persists (file, target, flags);
      test_assert_contents (target, NEW);
      assert_names ("document", "target");

      g_assert_no_errno (stat (target, &after));
      g_assert_cmpuint (after.st_ino, ==, before.st_ino);
      g_assert_cmpstr (temp_file_get_path (file), ==, target);
      g_assert_cmpstr (g_file_peek_path (temp_file_get_file (file)), ==, target);
      g_assert_false (temp_file_get_auto_delete (file));
      g_assert_cmpuint (n_path, ==, 1);
      g_assert_cmpuint (n_file, ==, 1);
      g_assert_cmpuint (n_auto_delete, ==, 1);
      g_assert_cmpstr (held_path, ==, old_path);
      if (held_file != NULL)
        g_assert_cmpstr (g_file_peek_path (held_file), ==, old_path);

      /* It is open still, where it was. */
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (NEW));
      write_new (file);
      test_assert_contents (target, NEW NEW);
      g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
      g_clear_object (&file);
      test_assert_contents (target, NEW NEW);
    }
}

/* A failed persist has changed nothing, and can be tried again. */
static void
assert_unchanged (TempFile   *file,
                  const char *path)
{
  struct stat st;

  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  g_assert_true (temp_file_get_auto_delete (file));
  g_assert_no_errno (fstat (temp_file_get_fd (file), &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (st.st_size, ==, strlen (NEW));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (NEW));
  if (path != NULL)
    test_assert_contents (path, NEW);
}

static void
test_exists (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = target_path ();
  g_autoptr (GError) error = NULL;

  test_write (target, OLD);
  g_assert_false (persist_to (file, target, TEMP_PERSIST_COPY, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  test_assert_error_mentions (error, target);
  test_assert_contents (target, OLD);
  assert_unchanged (file, path);

  assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, NEW);
  assert_names ("document", "target");
}

static void
test_wrong_target (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = target_path ();
  g_autofree char *beneath = g_build_filename (target, "none", NULL);
  g_autoptr (GFile) remote = g_file_new_for_uri ("resource:///none");
  g_autoptr (GError) error = NULL;

  g_assert_false (persist_to (file, beneath, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  g_assert_no_errno (mkdir (target, 0700));
  g_assert_false (persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  test_assert_io_error (&error, G_IO_ERROR_IS_DIRECTORY);
  g_assert_false (persist_to (file, "/", TEMP_PERSIST_REPLACE, &error));
  test_assert_io_error (&error, G_IO_ERROR_IS_DIRECTORY);
  g_assert_no_errno (rmdir (target));

  g_assert_no_errno (mkfifo (target, 0600));
  g_assert_false (persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);

  g_assert_false (temp_file_persist (file, remote, TEMP_PERSIST_COPY, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  assert_unchanged (file, path);
}

static void
test_states (void)
{
  g_autofree char *target = target_path ();
  g_autofree char *second = test_path ("second");
  g_autoptr (TempFile) twice = new_file (NAMELESS);
  g_autoptr (TempFile) kept = new_file (BESIDE);
  g_autoptr (TempFile) taken = new_file (BESIDE);
  g_autoptr (TempFile) replaced = new_file (ELSEWHERE);
  g_autoptr (TempFile) closed = new_file (ELSEWHERE);
  g_autoptr (GError) error = NULL;

  assert_persists (twice, target, TEMP_PERSIST_NONE);
  g_assert_false (persist_to (twice, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);

  g_free (temp_file_keep (kept, NULL));
  g_assert_false (persist_to (kept, second, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_FAILED);

  unlink (temp_file_get_path (taken));
  g_assert_false (persist_to (taken, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_file_get_path (taken));
  g_clear_error (&error);

  unlink (temp_file_get_path (replaced));
  test_write (temp_file_get_path (replaced), "not ours");
  g_assert_false (persist_to (replaced, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_contents (temp_file_get_path (replaced), "not ours");
  unlink (temp_file_get_path (replaced));
  g_clear_error (&error);

  g_io_stream_close (G_IO_STREAM (closed), NULL, NULL);
  g_assert_false (persist_to (closed, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_assert_false (g_file_test (second, G_FILE_TEST_EXISTS));
}

/* One of its streams closed already, as is usual after writing. */
static void
test_closed_stream (void)
{
  g_autoptr (TempFile) file = new_file (NAMELESS);
  g_autofree char *target = target_path ();

  g_assert_true (g_output_stream_close (g_io_stream_get_output_stream (G_IO_STREAM (file)), NULL, NULL));
  assert_persists (file, target, TEMP_PERSIST_NONE);
  test_assert_contents (target, NEW);
}

/* Modes */

static void
child_umask (gconstpointer data)
{
  const mode_t mask = GPOINTER_TO_INT (data);
  g_autofree char *target = target_path ();

  umask (mask);
  for (Kind kind = 0; kind < N_KINDS; kind++)
    {
      g_autoptr (TempFile) file = new_file (kind);
      g_autoptr (TempFile) strict = NULL;

      assert_persists (file, target, TEMP_PERSIST_NONE);
      assert_mode (target, 0666 & ~mask);
      unlink (target);

      /* Set, even if it is the mode that the file has anyway. */
      strict = g_initable_new (TEMP_TYPE_FILE, NULL, NULL, "permissions", 0600, "named", kind != NAMELESS,
                               "dir", test_dir (), NULL);
      assert_persists (strict, target, TEMP_PERSIST_NONE);
      assert_mode (target, 0600 & ~mask);
      unlink (target);
    }

  /* It is still the same. */
  g_assert_cmphex (umask (0), ==, mask);
}

/* Where no file can be made without a name, to see what it gets. */
static void
child_umask_without_tmpfile (gconstpointer data)
{
  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");
  child_umask (data);
}

static void
test_replaced_mode (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  static const mode_t modes[] = { 0640, 0604, 0777, 0400, 0200, 0, 04755 };
  g_autofree char *target = target_path ();
  g_autoptr (TempFile) strict = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TempFile) file = new_file (kind);

      test_write (target, OLD);
      g_assert_no_errno (chmod (target, modes[i]));
      assert_persists (file, target, TEMP_PERSIST_REPLACE);
      assert_mode (target, modes[i]);
      unlink (target);
    }

  test_write (target, OLD);
  g_assert_no_errno (chmod (target, 0666));
  strict = g_initable_new (TEMP_TYPE_FILE, NULL, NULL, "permissions", 0640, "dir", test_dir (), NULL);
  assert_persists (strict, target, TEMP_PERSIST_REPLACE);
  assert_mode (target, 0640);
}

static void
test_owner (void)
{
  g_autoptr (TempFile) file = new_file (NAMELESS);
  g_autofree char *target = target_path ();
  struct stat st;

  test_write (target, OLD);
  if (chown (target, 12, 34) < 0)
    {
      g_test_skip ("not allowed to give files away");
      return;
    }

  assert_persists (file, target, TEMP_PERSIST_REPLACE);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmpuint (st.st_uid, ==, 12);
  g_assert_cmpuint (st.st_gid, ==, 34);
}

/* Somebody else's file in a directory of ours. */
static void
child_not_owner (gconstpointer data)
{
  g_autofree char *target = target_path ();
  g_autofree char *dir = g_path_get_dirname (target);
  g_autoptr (TempFile) file = NULL;
  struct stat st;

  if (geteuid () != 0)
    test_child_skip ("not root, so that there are no other users' files");

  test_write (target, OLD);
  g_assert_no_errno (chmod (target, 06751));
  g_assert_no_errno (chmod (dir, 0777));
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  /* Its mode stays, except that nobody runs as us what ran as root. */
  file = new_file (ELSEWHERE);
  assert_persists (file, target, TEMP_PERSIST_REPLACE);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmpuint (st.st_uid, ==, geteuid ());
  g_assert_cmphex (st.st_mode & 07777, ==, 0751);
  test_assert_contents (target, NEW);
}

static void
test_attributes (gconstpointer data)
{
  /* user::rw-, user:12:rw-, group::---, mask::rw-, other::--- */
  static const guint8 acl[] = {
    2, 0, 0, 0,
    0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
    0x02, 0, 6, 0, 12, 0, 0, 0,
    0x04, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
    0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
    0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
  };
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  g_autofree char *target = target_path ();
  guint8 found[64];

  test_write (target, OLD);
  if (setxattr (target, "user.origin", "here", 4, 0) < 0 ||
      setxattr (target, "system.posix_acl_access", acl, sizeof acl, 0) < 0)
    {
      g_test_skip ("no extended attributes or ACLs here");
      return;
    }

  /* What the program has set itself stays. */
  g_assert_no_errno (setxattr (target, "user.both", "old", 3, 0));
  g_assert_no_errno (fsetxattr (temp_file_get_fd (file), "user.both", "new", 3, 0));

  assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, NEW);
  g_assert_cmpint (getxattr (target, "user.origin", found, sizeof found), ==, 4);
  g_assert_cmpmem (found, 4, "here", 4);
  g_assert_cmpint (getxattr (target, "user.both", found, sizeof found), ==, 3);
  g_assert_cmpmem (found, 3, "new", 3);
  g_assert_cmpint (getxattr (target, "system.posix_acl_access", found, sizeof found), ==, sizeof acl);
  g_assert_cmpmem (found, sizeof acl, acl, sizeof acl);
  assert_mode (target, 0660);
}

static void
test_symlink (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = target_path ();
  g_autofree char *link = test_path ("link");
  g_autofree char *chain = test_path ("chain");
  g_autoptr (TempFile) file = new_file (kind);
  g_autoptr (TempFile) dangling = new_file (kind);
  g_autoptr (TempFile) refused = new_file (kind);
  g_autoptr (GError) error = NULL;

  test_write (target, OLD);
  g_assert_no_errno (chmod (target, 0640));
  g_assert_no_errno (symlink ("target/document", link));
  g_assert_no_errno (symlink (link, chain));

  assert_persists (file, chain, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_test (chain, G_FILE_TEST_IS_SYMLINK));
  g_assert_false (g_file_test (target, G_FILE_TEST_IS_SYMLINK));
  test_assert_contents (target, NEW);
  assert_mode (target, 0640);
  g_assert_cmpstr (temp_file_get_path (file), ==, chain);

  unlink (target);
  assert_persists (dangling, link, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, NEW);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));

  unlink (target);
  g_assert_false (persist_to (refused, link, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_EXISTS);

  unlink (link);
  g_assert_no_errno (symlink ("chain", link));
  g_assert_false (persist_to (refused, link, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS);
}

/* Failures */

typedef struct
{
  int number;
  int errsv;
} Failure;

static const Failure failures[] = {
  { SYS_linkat, EPERM },
  { SYS_linkat, EIO },
  { SYS_linkat, EXDEV },
  { SYS_renameat, EIO },
#ifdef SYS_rename
  { SYS_rename, EIO },
#endif
  { SYS_renameat2, EIO },
  { SYS_renameat2, EINVAL },
  { SYS_renameat2, ENOSYS },
  { SYS_renameat2, EXDEV },
  { SYS_fsync, EIO },
  { SYS_fchmod, EPERM },
  { SYS_fchown, EIO },
  { SYS_fsetxattr, EIO },
  { SYS_fremovexattr, EIO },
  { SYS_flistxattr, EIO },
  { SYS_listxattr, EIO },
  { SYS_copy_file_range, EIO },
  { SYS_copy_file_range, ENOSPC },
  { SYS_sendfile, EIO },
  { SYS_dup3, EIO },
  { SYS_lseek, EIO },
  { SYS_utimensat, EIO },
  { SYS_newfstatat, EIO },
  { SYS_openat, EMFILE },
  { SYS_readlink, EIO },
  { SYS_getrandom, ENOSYS },
  { SYS_fcntl, EMFILE },
};

typedef struct
{
  const Failure    *failure;
  Kind              kind;
  TempPersistFlags  flags;
} Case;

/* What is looked at when the filter no longer lets one look. */
static void
child_failure (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (TempFile) file = new_file (c->kind);
  g_autofree char *target = target_path ();
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *report = test_path ("persisted");
  g_autoptr (GError) error = NULL;
  struct stat st;
  gboolean persisted;
  int report_fd;

  report_fd = open (report, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  g_assert_no_errno (report_fd);
  if (!test_fail_syscall (c->failure->number, c->failure->errsv))
    test_child_skip ("no filters of system calls here");

  persisted = persist_to (file, target, c->flags, &error);
  g_assert_cmpint (persisted, ==, error == NULL);
  g_assert_no_errno (write (report_fd, persisted ? "yes" : "no", persisted ? 3 : 2));

  if (!persisted)
    {
      g_assert_cmpuint (error->domain, ==, G_IO_ERROR);
      g_assert_cmpstr (temp_file_get_path (file), ==, path);
      if (c->failure->number != SYS_newfstatat && c->failure->number != SYS_fchmod)
        {
          g_assert_no_errno (fstat (temp_file_get_fd (file), &st));
          g_assert_cmphex (st.st_mode & 07777, ==, 0600);
        }
      /* It goes as it would have. */
      temp_file_set_auto_delete (file, FALSE);
    }
}

static void
test_failures (gconstpointer data)
{
  Case c = { .kind = GPOINTER_TO_INT (data) };
  g_autofree char *target = target_path ();
  g_autofree char *dir = g_path_get_dirname (target);
  g_autofree char *report = test_path ("persisted");
  guint n_failed = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
    for (c.flags = 0; c.flags < 4; c.flags++)
      {
        g_autofree char *done = NULL;
        g_autofree char *names = NULL;
        g_autofree char *elsewhere = NULL;
        gboolean replaces = (c.flags & TEMP_PERSIST_REPLACE) != 0;
        gboolean persisted;

        if (replaces)
          test_write (target, OLD);
        c.failure = &failures[i];
        test_in_child (child_failure, &c);
        if (!g_file_get_contents (report, &done, NULL, NULL))
          return; /* skipped */

        persisted = g_str_equal (done, "yes");
        if (persisted)
          test_assert_contents (target, NEW);
        else if (replaces)
          test_assert_contents (target, OLD);
        else
          g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
        n_failed += !persisted;

        /* Nothing else is there but the file as it was. */
        unlink (target);
        unlink (report);
        names = test_list (dir);
        elsewhere = test_list (test_dir ());
        g_test_message ("syscall %d, error %d, flags %d: %s; %s; %s", failures[i].number, failures[i].errsv, c.flags,
                        done, names, elsewhere);
        g_assert_cmpstr (strchr (names, ' '), ==, NULL);
        g_assert_false (g_str_has_prefix (names, ".tmp"));
        if (c.kind == BESIDE && !persisted)
          g_assert_true (g_str_has_prefix (names, "made"));
        else
          g_assert_cmpstr (names, ==, "");
        if (c.kind == ELSEWHERE && !persisted)
          g_assert_true (g_str_has_prefix (elsewhere, "made"));
        else
          g_assert_cmpstr (elsewhere, ==, "target");

        if (c.kind != NAMELESS && !persisted)
          {
            g_autofree char *left = g_build_filename (c.kind == BESIDE ? dir : test_dir (),
                                                      c.kind == BESIDE ? names : strtok (elsewhere, " "), NULL);

            test_assert_contents (left, NEW);
            unlink (left);
          }
      }

  g_assert_cmpuint (n_failed, >, 0);
}

/* The directory cannot be synced: the file is there, but that is an error. */
static void
child_dir_sync (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (NAMELESS);
  g_autofree char *target = target_path ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (temp_file_get_fd (file), <, 128);
  while (dup (0) < 128)
    ;
  if (!test_fail_syscall_if (SYS_fsync, EIO, 0, 128))
    test_child_skip ("no filters of system calls here");

  g_assert_false (persist_to (file, target, TEMP_PERSIST_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (EIO));
  test_assert_contents (target, NEW);
  g_assert_cmpstr (temp_file_get_path (file), ==, target);
  g_clear_object (&file);
  test_assert_contents (target, NEW);
}

/* Neither renames that do not replace, nor links. */
static void
child_no_noreplace (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = new_file (kind);
  g_autoptr (TempFile) second = new_file (kind);
  g_autofree char *target = target_path ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall (SYS_renameat2, EINVAL) || !test_fail_syscall (SYS_linkat, EPERM))
    test_child_skip ("no filters of system calls here");

  assert_persists (file, target, TEMP_PERSIST_DURABLE);
  test_assert_contents (target, NEW);
  write_new (file);
  test_assert_contents (target, NEW NEW);

  g_assert_false (persist_to (second, target, TEMP_PERSIST_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_object (&second);
  test_assert_contents (target, NEW NEW);
  assert_names ("document", "target");
}

static void
test_no_noreplace (gconstpointer data)
{
  test_in_child (child_no_noreplace, data);
}

/* A file that had a name once can have none again. */
static void
child_unnamed (gconstpointer data)
{
  g_autofree char *target = target_path ();

  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");

  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = new_file (NAMELESS);
      int fd = temp_file_get_fd (file);

      assert_persists (file, target, flags);
      test_assert_contents (target, NEW);
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
      write_new (file);
      test_assert_contents (target, NEW NEW);
      assert_names ("document", "target");
      unlink (target);
    }
}

/* Other filesystems */

static void
child_copy (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = target_path ();
  g_autofree char *mount = g_path_get_dirname (target);
  const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1100000000, .tv_nsec = 5000 } };

  if (!test_mount_tmpfs (mount, "size=1m"))
    test_child_skip ("cannot mount a tmpfs");

  umask (027);
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = new_file (kind);
      const char *path = temp_file_get_path (file);
      int fd = temp_file_get_fd (file);
      g_autoptr (GError) error = NULL;
      struct stat st;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        {
          test_write (target, OLD);
          g_assert_no_errno (chmod (target, 0604));
        }

      g_assert_false (persist_to (file, target, flags, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      test_assert_error_mentions (error, "another filesystem");
      test_assert_error_mentions (error, target);
      assert_unchanged (file, path);

      g_assert_no_errno (futimens (fd, times));
      assert_persists (file, target, flags | TEMP_PERSIST_COPY);
      test_assert_contents (target, NEW);
      assert_mode (target, (flags & TEMP_PERSIST_REPLACE) != 0 ? 0604 : 0640);
      assert_names ("document", "target");

      g_assert_no_errno (stat (target, &st));
      g_assert_cmpint (st.st_mtim.tv_sec, ==, times[1].tv_sec);
      g_assert_cmpint (st.st_mtim.tv_nsec, ==, times[1].tv_nsec);
      g_assert_cmpstr (temp_file_get_path (file), ==, target);
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (NEW));
      write_new (file);
      test_assert_contents (target, NEW NEW);

      g_clear_object (&file);
      test_assert_contents (target, NEW NEW);
      unlink (target);
    }
}

static void
test_copy (gconstpointer data)
{
  test_in_child (child_copy, data);
}

/* More than fits in there. */
static void
child_copy_fails (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = target_path ();
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *large = g_strnfill (1 << 20, 'x');
  g_autoptr (TempFile) file = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  if (!test_mount_tmpfs (mount, "size=64k"))
    test_child_skip ("cannot mount a tmpfs");

  test_write (target, OLD);
  file = new_file (kind);
  path = g_strdup (temp_file_get_path (file));
  g_assert_cmpint (pwrite (temp_file_get_fd (file), large, 1 << 20, 0), ==, 1 << 20);

  g_assert_false (persist_to (file, target, TEMP_PERSIST_COPY | TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_contents (target, OLD);
  names = test_list (mount);
  g_assert_cmpstr (names, ==, "document");
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (NEW));
  if (path != NULL)
    test_assert_contents (path, large);

  /* It can go on elsewhere. */
  g_clear_pointer (&target, g_free);
  target = test_path ("here");
  assert_persists (file, target, TEMP_PERSIST_NONE);
  test_assert_contents (target, large);
}

static void
test_copy_fails (gconstpointer data)
{
  test_in_child (child_copy_fails, data);
}

/* Not at once */

static void
check_thread (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  g_assert_true (data == g_thread_self ());
}

static void
test_async (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  g_autofree char *target = target_path ();
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (file, "notify", G_CALLBACK (check_thread), g_thread_self ());
  temp_file_persist_async (file, destination, TEMP_PERSIST_DURABLE, G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);

  /* Meanwhile, nothing else can be done with it. */
  temp_file_persist_async (file, destination, TEMP_PERSIST_REPLACE, G_PRIORITY_DEFAULT, NULL, test_keep_result, &second);
  g_assert_false (temp_file_persist_finish (file, test_wait_result (&second), &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  if (result == NULL)
    {
      g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (file)), "x", 1, NULL, &error),
                       ==, -1);
      test_assert_io_error (&error, G_IO_ERROR_PENDING);
      g_assert_false (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
      test_assert_io_error (&error, G_IO_ERROR_PENDING);
    }

  g_assert_true (temp_file_persist_finish (file, test_wait_result (&result), &error));
  g_assert_no_error (error);
  test_assert_contents (target, NEW);
  assert_names ("document", "target");
  write_new (file);
}

/* The leak sanitizer asks this: a program that exits in the middle of something has
 * leaks, and of course GLib's own threads. */
int __lsan_is_turned_off (void);

static gboolean exits_early;

int
__lsan_is_turned_off (void)
{
  return exits_early;
}

/* The program exits while a copy is under way. */
static void
child_exit (gconstpointer data)
{
  g_autofree char *target = target_path ();
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  TempFile *file;

  if (!test_fail_syscall (SYS_renameat2, EXDEV))
    test_child_skip ("no filters of system calls here");

  file = new_file (ELSEWHERE);
  temp_file_persist_async (file, destination, TEMP_PERSIST_COPY | TEMP_PERSIST_REPLACE, G_PRIORITY_DEFAULT,
                           NULL, NULL, NULL);
  exits_early = TRUE;
  exit (0);
}

static void
test_exit (void)
{
  g_autofree char *target = target_path ();

  if (g_getenv ("TEST_VALGRIND") != NULL)
    {
      g_test_skip ("Valgrind counts the leaks of a program that exits in the middle of something");
      return;
    }

  for (guint i = 0; i < 20; i++)
    {
      test_in_child (child_exit, NULL);
      /* What was made just when the program ended is left to the ledger. */
      g_assert_true (temp_sweep (NULL, NULL, NULL));
      if (g_file_test (target, G_FILE_TEST_EXISTS))
        {
          test_assert_contents (target, NEW);
          unlink (target);
        }
      assert_names ("", "target");
    }
}

static void
test_pending (void)
{
  g_autoptr (TempFile) file = new_file (NAMELESS);
  g_autofree char *target = target_path ();
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  g_assert_true (g_input_stream_set_pending (input, NULL));
  g_assert_false (persist_to (file, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_input_stream_clear_pending (input);
  assert_persists (file, target, TEMP_PERSIST_NONE);
}

static void
test_cancelled (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = target_path ();
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_file_persist (file, destination, TEMP_PERSIST_NONE, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  assert_unchanged (file, path);

  temp_file_persist_async (file, destination, TEMP_PERSIST_NONE, G_PRIORITY_DEFAULT, cancellable,
                           test_keep_result, &result);
  g_assert_false (temp_file_persist_finish (file, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_unchanged (file, path);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

/* Readers */

typedef struct
{
  const char *path;
  gint        stop;  /* atomic */
  gint        ready; /* atomic */
  guint       n_read;
} Reader;

static gpointer
read_in_loop (gpointer data)
{
  Reader *reader = data;

  while (!g_atomic_int_get (&reader->stop))
    {
      g_autofree char *contents = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      g_file_get_contents (reader->path, &contents, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, ==, 100000);
      for (gsize i = 1; i < length; i++)
        if (contents[i] != contents[0])
          g_error ("Half of one, half of another");
      reader->n_read++;
      g_atomic_int_set (&reader->ready, TRUE);
    }

  return NULL;
}

static void
test_readers (gconstpointer data)
{
  g_autofree char *target = target_path ();
  g_autofree char *contents = g_strnfill (100000, 'a');
  Reader reader = { .path = target };
  GThread *thread;

  test_write (target, contents);
  thread = g_thread_new ("reader", read_in_loop, &reader);
  while (!g_atomic_int_get (&reader.ready))
    g_thread_yield ();

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));

      memset (contents, 'a' + i % 26, 100000);
      g_assert_cmpint (pwrite (temp_file_get_fd (file), contents, 100000, 0), ==, 100000);
      assert_persists (file, target, TEMP_PERSIST_REPLACE);
    }

  g_atomic_int_set (&reader.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (reader.n_read, >, 1);
  assert_names ("document", "target");
}

/* Beside */

static void
test_beside (void)
{
  g_autofree char *target = target_path ();
  g_autofree char *link = test_path ("link");
  g_autoptr (GFile) link_file = g_file_new_for_path (link);
  g_autoptr (GFile) remote = g_file_new_for_uri ("resource:///none");
  g_autoptr (GFile) nowhere = g_file_new_for_path ("/nonexistent/file");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *dir = NULL;
  g_autofree char *target_dir = g_path_get_dirname (target);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (symlink ("target/document", link));
  file = temp_file_new_beside (link_file, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (temp_file_get_path (file));
  g_object_get (file, "dir", &dir, NULL);
  g_assert_cmpstr (dir, ==, target_dir);
  assert_names ("", "link target");

  write_new (file);
  g_assert_true (temp_file_persist (file, link_file, TEMP_PERSIST_REPLACE, NULL, &error));
  g_assert_no_error (error);
  test_assert_contents (target, NEW);

  g_assert_null (temp_file_new_beside (remote, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (temp_file_new_beside (nowhere, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, "/nonexistent");
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (temp_file_new_beside (link_file, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Again */

static void
test_reopen (gconstpointer data)
{
  g_autoptr (TempFile) file = new_file (GPOINTER_TO_INT (data));
  g_autoptr (GFileIOStream) second = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  char found[100] = "";
  GOutputStream *output;
  GInputStream *input;
  struct stat st;
  int fd;

  second = temp_file_reopen (file, NULL, &error);
  g_assert_no_error (error);
  input = g_io_stream_get_input_stream (G_IO_STREAM (second));
  output = g_io_stream_get_output_stream (G_IO_STREAM (second));
  fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (output));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);

  info = g_file_io_stream_query_info (second, "unix::inode", NULL, &error);
  g_assert_no_error (error);
  g_assert_no_errno (fstat (temp_file_get_fd (file), &st));
  g_assert_cmpuint (g_file_info_get_attribute_uint64 (info, "unix::inode"), ==, st.st_ino);

  /* Each has an offset of its own. */
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (second)), ==, 0);
  g_assert_cmpint (g_input_stream_read (input, found, 7, NULL, NULL), ==, 7);
  g_assert_cmpstr (found, ==, "the new");
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (NEW));
  g_assert_true (g_seekable_seek (G_SEEKABLE (second), 4, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (g_output_stream_write (output, "two", 3, NULL, NULL), ==, 3);

  g_assert_true (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, NULL));
  input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  g_assert_cmpint (g_input_stream_read (input, found, 7, NULL, NULL), ==, 7);
  g_assert_cmpstr (found, ==, "the two");

  /* Closing one does nothing to the other. */
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  g_assert_true (g_seekable_seek (G_SEEKABLE (second), 0, G_SEEK_SET, NULL, NULL));
  input = g_io_stream_get_input_stream (G_IO_STREAM (second));
  g_assert_cmpint (g_input_stream_read (input, found, 7, NULL, NULL), ==, 7);
  g_assert_cmpstr (found, ==, "the two");
  g_assert_true (g_io_stream_close (G_IO_STREAM (second), NULL, &error));
  g_assert_no_error (error);

  g_assert_null (temp_file_reopen (file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_flags_type (void)
{
  g_autoptr (GFlagsClass) klass = g_type_class_ref (TEMP_TYPE_PERSIST_FLAGS);
  GFlagsValue *value = g_flags_get_value_by_nick (klass, "durable");

  g_assert_nonnull (value);
  g_assert_cmpuint (value->value, ==, TEMP_PERSIST_DURABLE);
  g_assert_cmpstr (g_type_name (TEMP_TYPE_PERSIST_FLAGS), ==, "TempPersistFlags");
}

int
main (int    argc,
      char **argv)
{
  static const char *const kinds[] = { "nameless", "beside", "elsewhere" };
  static const mode_t masks[] = { 0, 022, 027, 077, 0177, 0777 };
  static const struct
  {
    const char    *name;
    GTestDataFunc  function;
    gboolean       across; /* from another filesystem */
  } of_each_kind[] = {
    { "persist", test_persist, FALSE },
    { "exists", test_exists, FALSE },
    { "wrong-target", test_wrong_target, FALSE },
    { "replaced-mode", test_replaced_mode, FALSE },
    { "attributes", test_attributes, FALSE },
    { "symlink", test_symlink, FALSE },
    { "failures", test_failures, FALSE },
    { "no-noreplace", test_no_noreplace, FALSE },
    { "copy", test_copy, TRUE },
    { "copy-fails", test_copy_fails, TRUE },
    { "async", test_async, FALSE },
    { "cancelled", test_cancelled, FALSE },
    { "readers", test_readers, FALSE },
    { "reopen", test_reopen, FALSE },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (of_each_kind); i++)
    for (Kind kind = 0; kind < N_KINDS; kind++)
      {
        g_autofree char *path = g_strdup_printf ("/temp-file-persist/%s/%s", of_each_kind[i].name, kinds[kind]);

        if (!of_each_kind[i].across || kind != BESIDE)
          g_test_add_data_func (path, GINT_TO_POINTER (kind), of_each_kind[i].function);
      }

  for (gsize i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/temp-file-persist/umask/%03o", masks[i]);
      g_autofree char *other = g_strdup_printf ("/temp-file-persist/umask-without-tmpfile/%03o", masks[i]);

      test_add_in_child (path, child_umask, GINT_TO_POINTER (masks[i]));
      test_add_in_child (other, child_umask_without_tmpfile, GINT_TO_POINTER (masks[i]));
    }

  g_test_add_func ("/temp-file-persist/states", test_states);
  g_test_add_func ("/temp-file-persist/closed-stream", test_closed_stream);
  g_test_add_func ("/temp-file-persist/owner", test_owner);
  test_add_in_child ("/temp-file-persist/not-owner", child_not_owner, NULL);
  test_add_in_child ("/temp-file-persist/dir-sync", child_dir_sync, NULL);
  test_add_in_child ("/temp-file-persist/unnamed", child_unnamed, NULL);
  g_test_add_func ("/temp-file-persist/exit", test_exit);
  g_test_add_func ("/temp-file-persist/pending", test_pending);
  g_test_add_func ("/temp-file-persist/beside", test_beside);
  g_test_add_func ("/temp-file-persist/flags-type", test_flags_type);

  return g_test_run ();
}
