/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-support.h"

/* Persisting files where the system fails, lacks a call, or has to copy */

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
  TestKind          kind;
  TempPersistFlags  flags;
} Case;

/* Looks in the child at what the filter of system calls still lets it see. */
static void
child_failure (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (TempFile) file = test_persist_new_file (c->kind);
  g_autofree char *target = test_persist_target ("document");
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

  persisted = test_persist_to (file, target, c->flags, &error);
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
      /* The parent looks at it. */
      temp_file_set_auto_delete (file, FALSE);
    }
}

/* Asserts that the destination is the new file or as it was before. */
static void
assert_destination (const Case *c,
                    const char *target,
                    gboolean    persisted)
{
  if (persisted)
    test_assert_contents (target, TEST_NEW);
  else if ((c->flags & TEMP_PERSIST_REPLACE) != 0)
    test_assert_contents (target, TEST_OLD);
  else
    g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

/* Asserts that nothing is left beside the destination but, after an error, the file as it was. Removes that. */
static void
remove_the_rest (const Case *c,
                 const char *dir,
                 gboolean    persisted)
{
  const gboolean is_beside = c->kind == TEST_BESIDE && !persisted;
  const gboolean is_elsewhere = c->kind == TEST_ELSEWHERE && !persisted;
  g_autofree char *names = test_list (dir);
  g_autofree char *elsewhere = test_list (test_dir ());

  g_test_message ("syscall %d, error %d, flags %d: %d; %s; %s", c->failure->number, c->failure->errsv, c->flags,
                  persisted, names, elsewhere);
  g_assert_null (strchr (names, ' '));
  if (is_beside)
    g_assert_true (g_str_has_prefix (names, "made"));
  else
    g_assert_cmpstr (names, ==, "");
  if (is_elsewhere)
    g_assert_true (g_str_has_prefix (elsewhere, "made"));
  else
    g_assert_cmpstr (elsewhere, ==, "target");

  if (is_beside || is_elsewhere)
    {
      g_autofree char *left = g_build_filename (is_beside ? dir : test_dir (),
                                                is_beside ? names : strtok (elsewhere, " "), NULL);

      test_assert_contents (left, TEST_NEW);
      unlink (left);
    }
}

static void
test_failures (gconstpointer data)
{
  Case c = { .kind = GPOINTER_TO_INT (data) };
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *dir = g_path_get_dirname (target);
  g_autofree char *report = test_path ("persisted");
  guint n_failed = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (failures); i++)
    for (c.flags = 0; c.flags < 4; c.flags++)
      {
        g_autofree char *said = NULL;
        gboolean persisted;

        if ((c.flags & TEMP_PERSIST_REPLACE) != 0)
          test_write (target, TEST_OLD);
        c.failure = &failures[i];
        test_in_child (child_failure, &c);
        if (!g_file_get_contents (report, &said, NULL, NULL))
          return; /* skipped */

        persisted = g_str_equal (said, "yes");
        assert_destination (&c, target, persisted);
        n_failed += !persisted;
        unlink (target);
        unlink (report);
        remove_the_rest (&c, dir, persisted);
      }

  g_assert_cmpuint (n_failed, >, 0);
}

/* The directory cannot be synced: that is an error, but the file is there. */
static void
child_dir_sync (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GError) error = NULL;

  test_child_skip_on_posix ("the file has to be copied, and another file synced");
  g_assert_cmpint (temp_file_get_fd (file), <, 128);
  while (dup (0) < 128)
    ;
  if (!test_fail_syscall_if (SYS_fsync, EIO, 0, 128))
    test_child_skip ("no filters of system calls here");

  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (EIO));
  test_assert_contents (target, TEST_NEW);
  g_assert_cmpstr (temp_file_get_path (file), ==, target);
  g_clear_object (&file);
  test_assert_contents (target, TEST_NEW);
}

static int
get_no_random (void  *bytes,
               size_t size)
{
  errno = EIO;
  return -1;
}

/* Without a ledger, the hidden name has random letters. */
static void
child_no_random (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("XDG_STATE_HOME", "/dev/null", TRUE);
  g_unsetenv ("XDG_RUNTIME_DIR");
  file = test_persist_new_file (TEST_NAMELESS);
  test_write (target, TEST_OLD);

  temp_platform.get_random = get_no_random;
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (EIO));
  test_assert_error_mentions (error, target);
  test_assert_error_mentions (error, g_strerror (EIO));
  test_assert_contents (target, TEST_OLD);
  test_persist_assert_names ("document", "target");
}

/* The system has neither renames that do not replace, nor links. */
static void
child_no_noreplace (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = test_persist_new_file (kind);
  g_autoptr (TempFile) second = test_persist_new_file (kind);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall (SYS_renameat2, EINVAL) || !test_fail_syscall (SYS_linkat, EPERM))
    test_child_skip ("no filters of system calls here");

  test_assert_persists (file, target, TEMP_PERSIST_DURABLE);
  test_assert_contents (target, TEST_NEW);
  test_persist_write_new (file);
  test_assert_contents (target, TEST_NEW TEST_NEW);

  g_assert_false (test_persist_to (second, target, TEMP_PERSIST_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_object (&second);
  test_assert_contents (target, TEST_NEW TEST_NEW);
  test_persist_assert_names ("document", "target");
}

/* On a filesystem without nameless files, a nameless file had a name once. */
static void
child_unnamed (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");

  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");

  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
      int fd = temp_file_get_fd (file);

      test_assert_persists (file, target, flags);
      test_assert_contents (target, TEST_NEW);
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
      test_persist_write_new (file);
      test_assert_contents (target, TEST_NEW TEST_NEW);
      test_persist_assert_names ("document", "target");
      unlink (target);
    }
}

/* Other filesystems */

static void
child_copy (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *mount = g_path_get_dirname (target);
  const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1100000000, .tv_nsec = 5000 } };

  if (!test_mount_tmpfs (mount, "size=1m"))
    test_child_skip ("cannot mount a tmpfs");

  umask (027);
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (kind);
      const char *path = temp_file_get_path (file);
      int fd = temp_file_get_fd (file);
      g_autoptr (GError) error = NULL;
      struct stat st;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        {
          test_write (target, TEST_OLD);
          g_assert_no_errno (chmod (target, 0604));
        }

      g_assert_false (test_persist_to (file, target, flags, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      test_assert_error_mentions (error, "another filesystem");
      test_assert_error_mentions (error, target);
      test_persist_assert_unchanged (file, path);

      g_assert_no_errno (futimens (fd, times));
      test_assert_persists (file, target, flags | TEMP_PERSIST_COPY);
      test_assert_contents (target, TEST_NEW);
      test_assert_mode (target, S_IFREG | ((flags & TEMP_PERSIST_REPLACE) != 0 ? 0604 : 0640));
      test_persist_assert_names ("document", "target");

      g_assert_no_errno (stat (target, &st));
      g_assert_cmpint (st.st_mtim.tv_sec, ==, times[1].tv_sec);
      g_assert_cmpint (st.st_mtim.tv_nsec, ==, times[1].tv_nsec);
      g_assert_cmpstr (temp_file_get_path (file), ==, target);
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (TEST_NEW));
      test_persist_write_new (file);
      test_assert_contents (target, TEST_NEW TEST_NEW);

      g_clear_object (&file);
      test_assert_contents (target, TEST_NEW TEST_NEW);
      unlink (target);
    }
}

/* The file is larger than the other filesystem. */
static void
child_copy_fails (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *large = g_strnfill (1 << 20, 'x');
  g_autoptr (TempFile) file = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  if (!test_mount_tmpfs (mount, "size=64k"))
    test_child_skip ("cannot mount a tmpfs");

  test_write (target, TEST_OLD);
  file = test_persist_new_file (kind);
  path = g_strdup (temp_file_get_path (file));
  g_assert_cmpint (pwrite (temp_file_get_fd (file), large, 1 << 20, 0), ==, 1 << 20);

  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_COPY | TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_contents (target, TEST_OLD);
  names = test_list (mount);
  g_assert_cmpstr (names, ==, "document");
  g_assert_cmpstr (temp_file_get_path (file), ==, path);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (TEST_NEW));
  if (path != NULL)
    test_assert_contents (path, large);

  /* The file can be persisted elsewhere. */
  g_clear_pointer (&target, g_free);
  target = test_path ("here");
  test_assert_persists (file, target, TEMP_PERSIST_NONE);
  test_assert_contents (target, large);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_persist_add_kinds ("/persist/undone/if-a-system-call-fails", test_failures, FALSE, FALSE);
  test_persist_add_kinds ("/persist/undone/if-the-disk-is-full", child_copy_fails, TRUE, TRUE);
  test_add_in_child ("/persist/undone/without-random-bytes", child_no_random, NULL);
  test_add_in_child ("/persist/done/though-the-sync-fails", child_dir_sync, NULL);
  test_persist_add_kinds ("/persist/done/without-renames-and-links-that-keep", child_no_noreplace, TRUE, FALSE);
  test_add_in_child ("/persist/done/without-nameless-files", child_unnamed, NULL);
  test_persist_add_kinds ("/persist/copied/to-another-filesystem", child_copy, TRUE, TRUE);

  return g_test_run ();
}
