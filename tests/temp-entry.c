/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "test-support.h"

/* The test's directory, or the one that a subprocess was told. */
static const char *
where (void)
{
  const char *dir = g_test_subprocess () ? g_getenv ("TEST_ENTRY_DIR") : NULL;

  return dir != NULL ? dir : test_dir ();
}

static TempEntry *
new_file (const char *prefix)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_file (entry, where (), NULL, prefix, NULL, 0600, &error));
  g_assert_no_error (error);
  return entry;
}

static TempEntry *
new_dir (const char *prefix)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_dir (entry, where (), NULL, prefix, NULL, 0700, &error));
  g_assert_no_error (error);
  return entry;
}

static void
assert_deletes (TempEntry *entry)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_entry_delete (entry, NULL, &error));
  g_assert_no_error (error);
}

static void
test_nameless (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (temp_entry_get_fd (entry), >=, 0);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  assert_deletes (entry);
}

/* On a filesystem without nameless files. */
static void
child_without_tmpfile (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;
  guint n_fds;
  struct stat st;

  if (!test_fail_syscall_if (SYS_openat, GPOINTER_TO_INT (data), 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");
  n_fds = test_count_fds ();

  g_assert_true (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  g_assert_no_errno (fstat (temp_entry_get_fd (entry), &st));
  g_assert_cmpint (st.st_nlink, ==, 0);
  g_assert_cmpint (write (temp_entry_get_fd (entry), "x", 1), ==, 1);

  temp_entry_release_fd (entry, NULL);
  g_clear_pointer (&entry, temp_entry_unref);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_without_tmpfile (gconstpointer data)
{
  test_in_child (child_without_tmpfile, data);
}

static void
child_not_unnamed (gconstpointer data)
{
  TempParent *parent = temp_parent_open (test_dir (), NULL);
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GPtrArray) owned = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = test_path ("elsewhere");
  g_autofree char *names = NULL;
  guint n_fds = 0;

  g_assert_no_errno (mkdir (elsewhere, 0700));
  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY) ||
      !test_fail_syscall_on (SYS_unlinkat, EIO, temp_parent_get_fd (parent)))
    test_child_skip ("no filters of system calls here");

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (temp_entry_create_nameless (entry, test_dir (), 0600, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      test_assert_error_mentions (error, test_dir ());
      g_clear_error (&error);
      g_assert_null (temp_entry_get_path (entry));
      g_assert_null (temp_entry_get_last_path (entry));
      g_assert_false (temp_entry_acquire_fd (entry, NULL));

      /* The first one has opened the ledger. */
      if (i > 0)
        g_assert_cmpuint (test_count_fds (), ==, n_fds);
      n_fds = test_count_fds ();
    }
  owned = temp_entry_list_owned ();
  g_assert_cmpuint (owned->len, ==, 0);

  g_assert_true (temp_entry_create_nameless (entry, elsewhere, 0600, &error));
  g_assert_no_error (error);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_cmpint (entry->n_fd_users, ==, 1);
  names = test_list (elsewhere);
  g_assert_cmpstr (names, ==, "");
  g_assert_true (temp_entry_release_fd (entry, NULL));
  temp_parent_unref (parent);
}

/* What it makes instead cannot lose its name: then it can be tried again. */
static void
test_not_unnamed (void)
{
  test_in_child (child_not_unnamed, NULL);
}

static void
test_file (void)
{
  TempEntry *entry = new_file ("a");
  const char *path = temp_entry_get_path (entry);
  struct stat st;

  g_assert_no_errno (lstat (path, &st));
  g_assert_true (S_ISREG (st.st_mode));
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (fcntl (temp_entry_get_fd (entry), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);

  assert_deletes (entry);
  test_assert_exists (path, FALSE);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_cmpstr (temp_entry_get_last_path (entry), ==, path);
  g_assert_cmpint (temp_entry_get_fd (entry), >=, 0);

  assert_deletes (entry); /* again: nothing */
  temp_entry_unref (entry);
}

static void
test_directory (void)
{
  guint n_fds = test_count_fds ();
  TempEntry *entry = new_dir ("d");
  const char *path = temp_entry_get_path (entry);
  g_autofree char *inside = g_build_filename (path, "sub", NULL);
  g_autofree char *file = g_build_filename (inside, "file", NULL);
  int other;

  g_assert_no_errno (g_mkdir (inside, 0700));
  test_write (file, "x");

  /* Locked, so that cleaners leave it alone. */
  other = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (other);
  g_assert_cmpint (flock (other, LOCK_EX | LOCK_NB), <, 0);
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
  close (other);

  assert_deletes (entry);
  test_assert_exists (path, FALSE);
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  temp_entry_unref (entry);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* One for each, one for the directory that they are in. */
static void
test_descriptors (void)
{
  guint n_fds = test_count_fds ();
  TempEntry *entries[20];

  for (guint i = 0; i < 20; i++)
    entries[i] = i % 2 == 0 ? new_file (NULL) : new_dir (NULL);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 20 + 1);

  for (guint i = 0; i < 20; i++)
    {
      assert_deletes (entries[i]);
      temp_entry_unref (entries[i]);
    }
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* What lives in one of our directories needs no descriptor for that. */
static void
test_descriptors_inside (void)
{
  guint n_fds = test_count_fds ();
  g_autoptr (GError) error = NULL;
  TempEntry *dir = new_dir (NULL);
  TempEntry *file = temp_entry_new ();

  g_assert_true (temp_entry_create_file (file, temp_entry_get_path (dir), NULL, NULL, NULL, 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 3);

  assert_deletes (dir);
  assert_deletes (file); /* is gone already */
  temp_entry_unref (dir);
  temp_entry_unref (file);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_deleted_by_somebody (void)
{
  TempEntry *file = new_file (NULL);
  TempEntry *dir = new_dir (NULL);

  g_assert_no_errno (g_unlink (temp_entry_get_path (file)));
  g_assert_no_errno (g_rmdir (temp_entry_get_path (dir)));
  assert_deletes (file);
  assert_deletes (dir);
  temp_entry_unref (file);
  temp_entry_unref (dir);
}

static void
test_renamed_by_somebody (void)
{
  TempEntry *file = new_file (NULL);
  TempEntry *dir = new_dir (NULL);
  g_autofree char *new_file_path = test_path ("file");
  g_autofree char *new_dir_path = test_path ("dir");
  g_autofree char *inside = g_build_filename (new_dir_path, "inside", NULL);

  g_assert_no_errno (g_rename (temp_entry_get_path (file), new_file_path));
  g_assert_no_errno (g_rename (temp_entry_get_path (dir), new_dir_path));
  test_write (inside, "precious");
  assert_deletes (file);
  assert_deletes (dir);
  test_assert_exists (new_file_path, TRUE);
  test_assert_exists (inside, TRUE);
  temp_entry_unref (file);
  temp_entry_unref (dir);

  g_unlink (inside);
  g_rmdir (new_dir_path);
  g_unlink (new_file_path);
}

static void
test_replaced_by_somebody (void)
{
  TempEntry *file = new_file (NULL);
  TempEntry *dir = new_dir (NULL);
  g_autofree char *file_path = g_strdup (temp_entry_get_path (file));
  g_autofree char *dir_path = g_strdup (temp_entry_get_path (dir));
  g_autofree char *inside = g_build_filename (dir_path, "inside", NULL);
  g_autofree char *away = test_path ("away");
  g_autofree char *away_dir = test_path ("away-dir");

  g_assert_no_errno (g_rename (file_path, away));
  test_write (file_path, "precious");
  g_assert_no_errno (g_rename (dir_path, away_dir));
  g_assert_no_errno (g_mkdir (dir_path, 0700));
  test_write (inside, "precious");

  assert_deletes (file);
  assert_deletes (dir);
  test_assert_exists (file_path, TRUE);
  test_assert_exists (inside, TRUE);
  test_assert_exists (away, TRUE);
  test_assert_exists (away_dir, TRUE);
  temp_entry_unref (file);
  temp_entry_unref (dir);

  g_unlink (inside);
  g_rmdir (dir_path);
  g_unlink (file_path);
  g_unlink (away);
  g_rmdir (away_dir);
}

/* Somebody closes the descriptor of the directory, which all in it share. */
static void
test_parent_closed (void)
{
  TempEntry *file = new_file (NULL);
  TempEntry *dir, *another;

  g_assert_no_errno (close (temp_parent_get_fd (file->parent)));
  another = new_file (NULL);
  g_assert_true (another->parent == file->parent);
  g_assert_no_errno (close (temp_parent_get_fd (file->parent)));
  dir = new_dir (NULL);
  g_assert_no_errno (close (temp_parent_get_fd (file->parent)));
  assert_deletes (file);
  test_assert_exists (temp_entry_get_last_path (file), FALSE);
  assert_deletes (another);
  g_assert_no_errno (close (temp_parent_get_fd (dir->parent)));
  assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);

  temp_entry_unref (file);
  temp_entry_unref (another);
  temp_entry_unref (dir);
}

/* An inode that is free may be used again: at once, on ext4. */
static void
test_inode_used_again (void)
{
  for (guint i = 0; i < 20; i++)
    {
      guint n_fds = test_count_fds ();
      g_autoptr (GError) error = NULL;
      TempEntry *file = new_file (NULL);
      g_autofree char *path = g_strdup (temp_entry_get_path (file));
      gboolean before = i % 2 == 0;

      if (before)
        g_assert_no_errno (g_unlink (path));
      g_assert_true (temp_entry_release_fd (file, &error));
      if (!before)
        g_assert_no_errno (g_unlink (path));
      test_write (path, "precious");

      g_assert_false (temp_entry_keep (file, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      assert_deletes (file);
      test_assert_exists (path, TRUE);
      temp_entry_unref (file);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      g_unlink (path);
    }
}

/* A closed file is not open for writing: it can be run. */
static void
test_closed_is_closed (void)
{
  g_autoptr (GError) error = NULL;
  TempEntry *file = new_file (NULL);
  const char *path = temp_entry_get_path (file);
  const char *argv[] = { path, NULL };
  const char *script = "#!/bin/sh\nexit 0\n";
  const gboolean may_run = !test_is_mounted_with (ST_NOEXEC);
  int status;

  g_assert_cmpint (write (temp_entry_get_fd (file), script, strlen (script)), ==, strlen (script));
  g_assert_no_errno (fchmod (temp_entry_get_fd (file), 0700));
  g_assert_true (temp_entry_release_fd (file, &error));
  if (may_run)
    {
      g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
      g_assert_no_error (error);
      g_assert_cmpint (status, ==, 0);
    }
  else
    {
      g_test_skip ("nothing can be run from this filesystem");
    }
  assert_deletes (file);
  temp_entry_unref (file);
}

/* Who asks for the deletion while it is under way is told when it is done. */
static gpointer
delete_in_thread (gpointer data)
{
  TempEntry *entry = data;

  g_assert_true (temp_entry_delete (entry, NULL, NULL));
  g_assert_false (g_file_test (temp_entry_get_last_path (entry), G_FILE_TEST_EXISTS));
  return NULL;
}

static void
test_delete_at_once (void)
{
  TempEntry *dir = new_dir (NULL);
  GThread *threads[3];

  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *base = g_strdup_printf ("%u", i);
      g_autofree char *path = g_build_filename (temp_entry_get_path (dir), base, NULL);

      test_write (path, "");
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, delete_in_thread, dir);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  temp_entry_unref (dir);
}

static void
child_mounted_on (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  TempEntry *dir = new_dir (NULL);

  if (!test_mount_tmpfs (temp_entry_get_path (dir), "size=64k"))
    test_child_skip ("cannot mount a filesystem");
  g_assert_false (temp_entry_delete (dir, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_error_mentions (error, temp_entry_get_path (dir));
  g_assert_no_errno (umount (temp_entry_get_path (dir)));
  assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
}

static void
test_mounted_on (void)
{
  test_in_child (child_mounted_on, NULL);
}

static void
child_keeps (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_keep ((TempEntry *) data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_keep_in_child (void)
{
  TempEntry *file = new_file (NULL);

  test_in_child (child_keeps, file);
  assert_deletes (file);
  temp_entry_unref (file);
}

static void
test_empty_dir_name (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_entry_create_nameless (entry, "", 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (temp_entry_create_file (entry, "", NULL, NULL, NULL, 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A symbolic link in its place is not followed. */
static void
test_replaced_by_symlink (void)
{
  TempEntry *dir = new_dir (NULL);
  g_autofree char *dir_path = g_strdup (temp_entry_get_path (dir));
  g_autofree char *victim = test_path ("victim");
  g_autofree char *inside = g_build_filename (victim, "inside", NULL);

  g_assert_no_errno (g_mkdir (victim, 0700));
  test_write (inside, "precious");
  g_assert_no_errno (g_rmdir (dir_path));
  g_assert_no_errno (symlink (victim, dir_path));

  assert_deletes (dir);
  test_assert_exists (inside, TRUE);
  test_assert_exists (dir_path, TRUE);
  temp_entry_unref (dir);

  g_unlink (dir_path);
  g_unlink (inside);
  g_rmdir (victim);
}

/* The parent may move: what is in it is found all the same. */
static void
test_parent_renamed (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = test_path ("before");
  g_autofree char *after = test_path ("after");
  TempEntry *file = temp_entry_new ();

  g_assert_no_errno (g_mkdir (before, 0700));
  g_assert_true (temp_entry_create_file (file, before, NULL, NULL, NULL, 0600, &error));
  g_assert_no_errno (g_rename (before, after));
  g_assert_no_errno (g_mkdir (before, 0700));
  assert_deletes (file);
  temp_entry_unref (file);
  g_assert_no_errno (g_rmdir (after));
  g_assert_no_errno (g_rmdir (before));
}

static void
test_keep (void)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = new_file (NULL);
  g_autofree char *path = g_strdup (temp_entry_get_path (entry));

  g_assert_true (temp_entry_keep (entry, &error));
  g_assert_no_error (error);
  g_assert_false (temp_entry_get_auto_delete (entry));
  g_assert_false (temp_entry_set_auto_delete (entry, TRUE));
  assert_deletes (entry);
  test_assert_exists (path, TRUE);
  g_assert_cmpstr (temp_entry_get_path (entry), ==, path);
  g_assert_true (temp_entry_keep (entry, &error));
  temp_entry_unref (entry);
  test_assert_exists (path, TRUE);
  g_unlink (path);
}

static void
test_keep_fails (void)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = new_file (NULL);

  g_assert_no_errno (g_unlink (temp_entry_get_path (entry)));
  g_assert_false (temp_entry_keep (entry, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, temp_entry_get_path (entry));
  g_clear_error (&error);
  assert_deletes (entry);

  g_assert_false (temp_entry_keep (entry, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  temp_entry_unref (entry);
}

/* As an unprivileged user, in a directory whose mode changes: the error is told,
 * and it can be tried again. */
static void
child_delete_fails (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *closed = NULL;
  TempEntry *file = temp_entry_new ();
  TempEntry *dir = temp_entry_new ();

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  closed = test_path ("closed");
  g_assert_no_errno (g_mkdir (closed, 0700));
  g_assert_true (temp_entry_create_file (file, closed, NULL, NULL, NULL, 0600, &error));
  g_assert_true (temp_entry_create_dir (dir, closed, NULL, NULL, NULL, 0700, &error));

  g_assert_no_errno (chmod (closed, 0500));
  g_assert_false (temp_entry_delete (file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, temp_entry_get_path (file));
  g_clear_error (&error);
  g_assert_false (temp_entry_delete (dir, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, temp_entry_get_path (dir));

  g_assert_no_errno (chmod (closed, 0700));
  assert_deletes (file);
  assert_deletes (dir);
  temp_entry_unref (file);
  temp_entry_unref (dir);
  g_assert_no_errno (g_rmdir (closed));
}

static void
test_delete_fails (void)
{
  test_in_child (child_delete_fails, NULL);
}

/* Opening the new directory fails: nothing is left. */
static void
child_dir_not_opened (gconstpointer data)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (TempEntry) holder = new_file ("holder"); /* keeps the parent open */
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_openat, EMFILE, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_entry_create_dir (entry, test_dir (), NULL, "lost", NULL, 0700, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  test_assert_error_mentions (error, test_dir ());
  assert_deletes (holder);

  g_assert_cmpint (g_rmdir (test_dir ()), ==, 0); /* is empty */
}

static void
test_dir_not_opened (void)
{
  test_in_child (child_dir_not_opened, NULL);
}

/* Neither fork() nor what forks without telling anybody makes a child an owner. */
static void
test_fork (gconstpointer data)
{
  gboolean raw = GPOINTER_TO_INT (data);
  TempEntry *file = new_file (NULL);
  TempEntry *dir = new_dir (NULL);
  g_autofree char *inside = g_build_filename (temp_entry_get_path (dir), "x", NULL);
  int status;
  pid_t pid;

  test_write (inside, "");
  pid = raw ? (pid_t) syscall (SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork ();
  g_assert_no_errno (pid);
  if (pid == 0)
    {
      gboolean ok = temp_entry_delete (file, NULL, NULL) && temp_entry_delete (dir, NULL, NULL);

      temp_entry_unref (file);
      temp_entry_unref (dir);
      test_child_exit (ok ? 0 : 1);
    }
  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_cmpint (status, ==, 0);

  test_assert_exists (temp_entry_get_path (file), TRUE);
  test_assert_exists (inside, TRUE);
  assert_deletes (file);
  assert_deletes (dir);
  temp_entry_unref (file);
  temp_entry_unref (dir);
}

/* A child that ends by exit() runs the handler at exit, which is the parent's business. */
static void
test_exit (gconstpointer data)
{
  const char *mode = data;

  if (g_test_subprocess ())
    {
      static TempEntry *file, *dir, *kept, *on; /* held to the end */
      g_autofree char *inside = NULL;
      pid_t pid;
      int status;

      if (g_str_equal (mode, "keep"))
        g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
      file = new_file ("file");
      dir = new_dir ("dir");
      kept = new_file ("kept");
      on = new_file ("switched-off");
      inside = g_build_filename (temp_entry_get_path (dir), "x", NULL);
      test_write (inside, "");
      temp_entry_keep (kept, NULL);
      temp_entry_set_auto_delete (on, FALSE);

      pid = fork ();
      if (pid == 0)
        exit (0);
      waitpid (pid, &status, 0);
      if (status != 0 || !g_file_test (temp_entry_get_path (file), G_FILE_TEST_EXISTS) ||
          !g_file_test (inside, G_FILE_TEST_EXISTS))
        test_child_exit (1);

      exit (0);
    }
}

static void
test_exit_deletes (gconstpointer data)
{
  gboolean keep = g_str_equal (data, "keep");
  g_autofree char *child = g_strdup_printf ("/temp-entry/subprocess/%s", (const char *) data);
  g_autofree char *names = NULL;
  g_autofree char *dir = test_path ("in-here");
  g_auto (GStrv) list = NULL;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_setenv ("TEST_ENTRY_DIR", dir, TRUE);
  g_test_trap_subprocess (child, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  if (keep)
    g_test_trap_assert_stderr ("*Kept*in-here/dir*");

  names = test_list (dir);
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, keep ? 4 : 2);

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (dir, list[i], NULL);
      g_autofree char *inside = g_build_filename (path, "x", NULL);

      g_assert_true (keep || g_str_has_prefix (list[i], "kept") || g_str_has_prefix (list[i], "switched-off"));
      g_unlink (inside);
      g_assert_no_errno (g_remove (path));
    }
  g_assert_no_errno (g_rmdir (dir));
}

/* Every entry is deleted by exactly one of several threads. */
static gpointer
delete_all (gpointer data)
{
  TempEntry **entries = data;

  for (guint i = 0; i < 200; i++)
    g_assert_true (temp_entry_delete (entries[i], NULL, NULL));
  return NULL;
}

static void
test_threads (void)
{
  TempEntry *entries[200];
  GThread *threads[3];

  for (guint i = 0; i < 200; i++)
    entries[i] = i % 4 == 0 ? new_dir (NULL) : new_file (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, delete_all, entries);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 200; i++)
    temp_entry_unref (entries[i]);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

/* Two threads and two processes, 10,000 names each in one directory. */
static gpointer
make_many (gpointer data)
{
  for (guint i = 0; i < 10000; i++)
    {
      TempEntry *entry = new_file (NULL);

      assert_deletes (entry);
      temp_entry_unref (entry);
    }
  return NULL;
}

static void
test_many (void)
{
  GThread *thread;
  int status;
  pid_t pid;

  test_dir ();
  pid = test_fork_idle ();
  thread = g_thread_new (NULL, make_many, NULL);
  make_many (NULL);
  g_thread_join (thread);
  if (pid == 0)
    test_child_exit (0);
  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_cmpint (status, ==, 0);
  g_assert_no_errno (g_rmdir (test_dir ()));
}

/* The last user closes. */
static void
test_users (void)
{
  TempEntry *entry = new_file (NULL);
  int fd = temp_entry_get_fd (entry);

  g_assert_true (temp_entry_acquire_fd (entry, NULL));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_no_errno (fcntl (fd, F_GETFD));
  g_assert_true (temp_entry_release_fd (entry, NULL));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_false (temp_entry_acquire_fd (entry, NULL));
  g_assert_cmpint (temp_entry_get_fd (entry), ==, -1);
  assert_deletes (entry);
  temp_entry_unref (entry);
}

static void
test_retry (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *missing = test_path ("missing");

  g_assert_false (temp_entry_create_file (entry, missing, NULL, NULL, NULL, 0600, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, missing);
  g_clear_error (&error);
  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, NULL, NULL, 0600, &error));
  g_assert_no_error (error);
  assert_deletes (entry);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-entry/nameless", test_nameless);
  g_test_add_data_func ("/temp-entry/without-tmpfile/eopnotsupp", GINT_TO_POINTER (EOPNOTSUPP), test_without_tmpfile);
  g_test_add_data_func ("/temp-entry/without-tmpfile/eisdir", GINT_TO_POINTER (EISDIR), test_without_tmpfile);
  g_test_add_data_func ("/temp-entry/without-tmpfile/enoent", GINT_TO_POINTER (ENOENT), test_without_tmpfile);
  g_test_add_data_func ("/temp-entry/without-tmpfile/einval", GINT_TO_POINTER (EINVAL), test_without_tmpfile);
  g_test_add_data_func ("/temp-entry/without-tmpfile/enosys", GINT_TO_POINTER (ENOSYS), test_without_tmpfile);
  g_test_add_func ("/temp-entry/not-unnamed", test_not_unnamed);
  g_test_add_func ("/temp-entry/file", test_file);
  g_test_add_func ("/temp-entry/directory", test_directory);
  g_test_add_func ("/temp-entry/descriptors", test_descriptors);
  g_test_add_func ("/temp-entry/descriptors-inside", test_descriptors_inside);
  g_test_add_func ("/temp-entry/somebody/deleted", test_deleted_by_somebody);
  g_test_add_func ("/temp-entry/somebody/renamed", test_renamed_by_somebody);
  g_test_add_func ("/temp-entry/somebody/replaced", test_replaced_by_somebody);
  g_test_add_func ("/temp-entry/somebody/closes-parent", test_parent_closed);
  g_test_add_func ("/temp-entry/somebody/inode-used-again", test_inode_used_again);
  g_test_add_func ("/temp-entry/somebody/mounted-on", test_mounted_on);
  g_test_add_func ("/temp-entry/closed-is-closed", test_closed_is_closed);
  g_test_add_func ("/temp-entry/delete-at-once", test_delete_at_once);
  g_test_add_func ("/temp-entry/keep-in-child", test_keep_in_child);
  g_test_add_func ("/temp-entry/empty-dir-name", test_empty_dir_name);
  g_test_add_func ("/temp-entry/somebody/symlink", test_replaced_by_symlink);
  g_test_add_func ("/temp-entry/somebody/renamed-parent", test_parent_renamed);
  g_test_add_func ("/temp-entry/keep", test_keep);
  g_test_add_func ("/temp-entry/keep-fails", test_keep_fails);
  g_test_add_func ("/temp-entry/delete-fails", test_delete_fails);
  g_test_add_func ("/temp-entry/dir-not-opened", test_dir_not_opened);
  g_test_add_data_func ("/temp-entry/fork", GINT_TO_POINTER (FALSE), test_fork);
  g_test_add_data_func ("/temp-entry/fork-raw", GINT_TO_POINTER (TRUE), test_fork);
  g_test_add_data_func ("/temp-entry/subprocess/exit", "exit", test_exit);
  g_test_add_data_func ("/temp-entry/subprocess/keep", "keep", test_exit);
  g_test_add_data_func ("/temp-entry/exit", "exit", test_exit_deletes);
  g_test_add_data_func ("/temp-entry/exit-keep", "keep", test_exit_deletes);
  g_test_add_func ("/temp-entry/threads", test_threads);
  g_test_add_func ("/temp-entry/many", test_many);
  g_test_add_func ("/temp-entry/users", test_users);
  g_test_add_func ("/temp-entry/retry", test_retry);

  return g_test_run ();
}
