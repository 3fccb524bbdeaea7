/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/create.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The entries get_random and make_dir of the platform are these. */
static TempPlatform real;
static guint n_random_zeros; /* so often, the bytes are 0: the names drawn are all "aaaaaaaa" */
static guint n_random;
static guint n_make_dir_fails;
static int make_dir_errno;
static guint n_make_dir;

static int
get_random (void  *bytes,
            size_t size)
{
  n_random++;
  if (n_random_zeros > 0)
    {
      n_random_zeros--;
      memset (bytes, 0, size);
      return 0;
    }

  return real.get_random (bytes, size);
}

static int
make_dir (TempHandle  dir,
          const char *name,
          uint32_t    mode)
{
  n_make_dir++;
  if (n_make_dir_fails > 0)
    {
      n_make_dir_fails--;
      errno = make_dir_errno;
      return -1;
    }

  return real.make_dir (dir, name, mode);
}

static int
open_dir (const char *dir)
{
  int fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  g_assert_no_errno (fd);
  return fd;
}

static void
init_name (TempName   *name,
           const char *dir,
           const char *suffix)
{
  g_assert_true (temp_name_init (name, dir, NULL, suffix, TEMP_NAME_N_RANDOM, NULL));
}

static void
test_file (void)
{
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) error = NULL;
  temp_autofd int dir_fd = open_dir (test_dir ());
  temp_autofd int fd = -1;
  g_autofree char *names = NULL;
  char byte;

  init_name (&name, test_dir (), ".txt");
  fd = temp_create_file (dir_fd, &name, 0600, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);

  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, name.base);
  test_assert_mode (name.path, S_IFREG | 0600);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), ==, O_RDWR);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NOFOLLOW, ==, O_NOFOLLOW);
  g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, 1);
  g_assert_cmpint (pread (fd, &byte, 1, 0), ==, 1);
}

static void
test_directory (void)
{
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) error = NULL;
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_autofree char *names = NULL;

  init_name (&name, test_dir (), ".d");
  g_assert_true (temp_create_dir (dir_fd, &name, 0700, NULL, NULL, &error));
  g_assert_no_error (error);

  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, name.base);
  test_assert_mode (name.path, S_IFDIR | 0700);
}

static void
test_nameless (void)
{
  temp_autofd int fd = temp_create_nameless (test_dir (), 0600);
  g_autofree char *names = NULL;
  g_autofree char *link = NULL;
  g_autofree char *linked = test_path ("linked");
  struct stat st;

  if (test_skips_on_posix ("no nameless files"))
    return;
  if (fd < 0 && temp_create_is_unsupported (errno))
    {
      g_test_skip ("no nameless files here");
      return;
    }

  g_assert_no_errno (fd);
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "");
  g_assert_no_errno (fstat (fd, &st));
  g_assert_cmphex (st.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpuint (st.st_nlink, ==, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_ACCMODE, ==, O_RDWR);

  /* Not with O_EXCL. */
  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_assert_no_errno (linkat (AT_FDCWD, link, AT_FDCWD, linked, AT_SYMLINK_FOLLOW));
}

/* The umask is the process's, so it is changed in a child. */
static void
child_umask (gconstpointer data)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  temp_autofd int fd = -1;
  g_auto (TempName) file = { .path = NULL };
  g_auto (TempName) dir = { .path = NULL };
  struct stat st;

  umask (027);
  init_name (&file, test_dir (), NULL);
  fd = temp_create_file (dir_fd, &file, 0666, NULL, NULL, NULL);
  g_assert_no_errno (fd);
  test_assert_mode (file.path, S_IFREG | 0640);

  init_name (&dir, test_dir (), NULL);
  g_assert_true (temp_create_dir (dir_fd, &dir, 0777, NULL, NULL, NULL));
  test_assert_mode (dir.path, S_IFDIR | 0750);

  temp_fd_clear (&fd);
  fd = temp_create_nameless (test_dir (), 0666);
  if (fd >= 0)
    {
      g_assert_no_errno (fstat (fd, &st));
      g_assert_cmphex (st.st_mode, ==, S_IFREG | 0640);
    }
}

static void
test_umask (void)
{
  test_in_child (child_umask, NULL);
}

/* Somebody puts it at the name that will be drawn first. */
static void
plant (const char *what)
{
  g_autofree char *planted = test_path ("tmpaaaaaaaa");
  g_autofree char *target = test_path ("target");

  if (g_str_equal (what, "file"))
    test_write (planted, "canary");
  else if (g_str_equal (what, "directory"))
    g_assert_no_errno (g_mkdir (planted, 0755));
  else
    g_assert_no_errno (symlink (target, planted));
  if (g_str_equal (what, "symlink"))
    test_write (target, "canary");
}

static void
check_taken_file (void)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  temp_autofd int fd = -1;
  g_auto (TempName) file = { .path = NULL };

  n_random_zeros = 1;
  init_name (&file, test_dir (), NULL);
  fd = temp_create_file (dir_fd, &file, 0600, NULL, NULL, NULL);
  g_assert_no_errno (fd);
  g_assert_cmpuint (n_random_zeros, ==, 0);
  g_assert_cmpstr (file.base, !=, "tmpaaaaaaaa");
  test_assert_mode (file.path, S_IFREG | 0600);
}

static void
check_taken_dir (void)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_auto (TempName) dir = { .path = NULL };

  n_random_zeros = 1;
  init_name (&dir, test_dir (), NULL);
  n_make_dir = 0;
  g_assert_true (temp_create_dir (dir_fd, &dir, 0700, NULL, NULL, NULL));
  g_assert_cmpuint (n_make_dir, >, 1);
  g_assert_cmpstr (dir.base, !=, "tmpaaaaaaaa");
  test_assert_mode (dir.path, S_IFDIR | 0700);
}

static void
test_taken (gconstpointer what)
{
  g_autofree char *target = test_path ("target");
  g_autofree char *contents = NULL;

  plant (what);
  check_taken_file ();
  check_taken_dir ();

  if (g_str_equal (what, "symlink"))
    {
      g_assert_true (g_file_get_contents (target, &contents, NULL, NULL));
      g_assert_cmpstr (contents, ==, "canary");
    }
  else
    {
      g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
    }
}

/* Nobody knows the name, under which there is nothing. */
static void
assert_names_the_directory (const GError   *error,
                            const TempName *name)
{
  g_autofree char *dir = g_path_get_dirname (name->path);
  g_autofree char *quoted = g_strdup_printf ("“%s”", dir);

  test_assert_error_mentions (error, quoted);
  g_assert_null (strstr (error->message, name->base));
}

/* Each name that is drawn is taken. */
static void
check_given_up (void)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_auto (TempName) file = { .path = NULL };
  g_auto (TempName) dir = { .path = NULL };
  g_autoptr (GError) file_error = NULL;
  g_autoptr (GError) dir_error = NULL;

  n_random_zeros = G_MAXUINT;
  n_random = 0;
  init_name (&file, test_dir (), NULL);
  g_assert_cmpint (temp_create_file (dir_fd, &file, 0600, NULL, NULL, &file_error), ==, -1);
  g_assert_error (file_error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_names_the_directory (file_error, &file);
  g_assert_cmpuint (n_random, ==, TEMP_NAME_MAX_TRIES);

  init_name (&dir, test_dir (), NULL);
  n_make_dir = 0;
  g_assert_false (temp_create_dir (dir_fd, &dir, 0700, NULL, NULL, &dir_error));
  g_assert_error (dir_error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_names_the_directory (dir_error, &dir);
  g_assert_cmpuint (n_make_dir, ==, 100);
  n_random_zeros = 0;
}

static void
test_given_up (void)
{
  g_autofree char *names = NULL;

  plant ("file");
  check_given_up ();
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "tmpaaaaaaaa");
}

static void
test_retried (gconstpointer data)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) error = NULL;

  init_name (&name, test_dir (), NULL);
  make_dir_errno = GPOINTER_TO_INT (data);
  n_make_dir_fails = TEMP_NAME_MAX_TRIES - 1;
  n_make_dir = 0;
  g_assert_true (temp_create_dir (dir_fd, &name, 0700, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_make_dir, ==, TEMP_NAME_MAX_TRIES);
  test_assert_mode (name.path, S_IFDIR | 0700);
}

/* Other errors are no reason to try another name. */
static void
test_not_retried (void)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) error = NULL;

  init_name (&name, test_dir (), NULL);
  make_dir_errno = ENOSPC;
  n_make_dir_fails = 1;
  n_make_dir = 0;
  g_assert_false (temp_create_dir (dir_fd, &name, 0700, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_names_the_directory (error, &name);
  g_assert_cmpuint (n_make_dir, ==, 1);
}

/* Names in this order, and then no more. */
typedef struct
{
  const char *const *names;
  guint              n_calls;
} Choice;

static gboolean
choose (gpointer   data,
        TempName  *name,
        GError   **error)
{
  Choice *choice = data;
  const char *random = choice->names[choice->n_calls++];

  if (random == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "There are no more");
      return FALSE;
    }

  memcpy (name->random, random, TEMP_NAME_N_RANDOM);
  return TRUE;
}

static gboolean
create_chosen (gboolean            is_dir,
               const char *const  *names,
               guint               n_calls,
               GError            **error)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  temp_autofd int fd = -1;
  g_auto (TempName) name = { .path = NULL };
  Choice choice = { names, 0 };
  gboolean ok;

  init_name (&name, test_dir (), NULL);
  if (is_dir)
    ok = temp_create_dir (dir_fd, &name, 0700, choose, &choice, error);
  else
    ok = (fd = temp_create_file (dir_fd, &name, 0600, choose, &choice, error)) >= 0;
  g_assert_cmpuint (choice.n_calls, ==, n_calls);
  if (ok)
    test_assert_mode (name.path, is_dir ? S_IFDIR | 0700 : S_IFREG | 0600);

  return ok;
}

static void
test_choose (gconstpointer data)
{
  static const char *const first[] = { "11111111", NULL };
  static const char *const second[] = { "11111111", "11111111", "22222222", NULL };
  gboolean is_dir = GPOINTER_TO_INT (data);
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  g_assert_true (create_chosen (is_dir, first, 1, &error));
  g_assert_no_error (error);
  g_assert_true (create_chosen (is_dir, second, 3, &error));
  g_assert_no_error (error);

  /* Its error is returned. */
  g_assert_false (create_chosen (is_dir, first, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_false (create_chosen (is_dir, first, 2, NULL));
  names = test_list (test_dir ());
  g_assert_cmpstr (names, ==, "tmp11111111 tmp22222222");
}

static void
child_refused_open (gconstpointer data)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) error = NULL;

  init_name (&name, test_dir (), NULL);
  if (!test_fail_syscall_if (SYS_openat, EEXIST, 2, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC))
    test_child_skip ("no filters of system calls here");
  g_assert_cmpint (temp_create_file (dir_fd, &name, 0600, NULL, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
}

/* The filter only catches an exclusive creation. */
static void
test_flags (void)
{
  test_in_child (child_refused_open, NULL);
}

static void
assert_fails (int         dir_fd,
              const char *dir,
              const char *suffix,
              int         code)
{
  g_auto (TempName) name = { .path = NULL };
  g_autoptr (GError) file_error = NULL;
  g_autoptr (GError) dir_error = NULL;

  init_name (&name, dir, suffix);
  g_assert_cmpint (temp_create_file (dir_fd, &name, 0600, NULL, NULL, &file_error), ==, -1);
  g_assert_error (file_error, G_IO_ERROR, code);
  assert_names_the_directory (file_error, &name);
  test_assert_error_mentions (file_error, "temporary file");

  if (code == G_IO_ERROR_TOO_MANY_OPEN_FILES)
    return;
  g_assert_false (temp_create_dir (dir_fd, &name, 0700, NULL, NULL, &dir_error));
  g_assert_error (dir_error, G_IO_ERROR, code);
  assert_names_the_directory (dir_error, &name);
  test_assert_error_mentions (dir_error, "temporary directory");
}

static void
test_too_long (void)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  g_autofree char *suffix = g_strnfill (300, 's');
  g_autofree char *fitting = g_strnfill (255 - TEMP_NAME_N_RANDOM - strlen ("tmp"), 's');
  g_auto (TempName) name = { .path = NULL };

  assert_fails (dir_fd, test_dir (), suffix, G_IO_ERROR_FILENAME_TOO_LONG);

  init_name (&name, test_dir (), fitting);
  g_assert_true (temp_create_dir (dir_fd, &name, 0700, NULL, NULL, NULL));
}

/* With POSIX alone, there are no nameless files anywhere. */
static void
assert_no_nameless (const char *dir,
                    int         errsv)
{
  g_assert_cmpint (temp_create_nameless (dir, 0600), ==, -1);
  g_assert_cmpint (errno, ==, g_str_equal (temp_platform.name, "posix") ? ENOSYS : errsv);
}

static void
test_deleted_dir (void)
{
  g_autofree char *dir = test_path ("gone");
  temp_autofd int dir_fd = -1;

  g_assert_no_errno (g_mkdir (dir, 0700));
  dir_fd = open_dir (dir);
  g_assert_no_errno (g_rmdir (dir));
  assert_fails (dir_fd, dir, NULL, G_IO_ERROR_NOT_FOUND);

  assert_no_nameless (dir, ENOENT);
}

static void
test_not_a_dir (void)
{
  g_autofree char *path = test_path ("file");
  temp_autofd int fd = -1;

  test_write (path, "");
  g_assert_no_errno (fd = open (path, O_PATH | O_CLOEXEC));
  assert_fails (fd, path, NULL, G_IO_ERROR_NOT_DIRECTORY);

  assert_no_nameless (path, ENOTDIR);
}

static void
child_full_table (gconstpointer data)
{
  temp_autofd int dir_fd = open_dir (test_dir ());
  const guint n_fds_allowed = dir_fd + 1;

  test_limit_fds (n_fds_allowed);
  while (dup (0) >= 0)
    ;
  assert_fails (dir_fd, test_dir (), NULL, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  assert_no_nameless (test_dir (), EMFILE);
}

static void
test_full_table (void)
{
  test_in_child (child_full_table, NULL);
}

static void
child_read_only (gconstpointer data)
{
  const char *dir = data;
  temp_autofd int dir_fd = -1;

  if (!test_mount_tmpfs (dir, "size=64k"))
    test_child_skip ("no mounts here");
  g_assert_no_errno (mount ("tmpfs", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
  dir_fd = open_dir (dir);
  assert_fails (dir_fd, dir, NULL, G_IO_ERROR_READ_ONLY);
}

static void
test_read_only (void)
{
  g_autofree char *dir = test_path ("mount");

  g_assert_no_errno (g_mkdir (dir, 0700));
  test_in_child (child_read_only, dir);
}

static void
child_no_permission (gconstpointer data)
{
  g_autofree char *dir = test_path ("mine");
  temp_autofd int dir_fd = -1;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  g_assert_no_errno (g_mkdir (dir, 0500));
  dir_fd = open_dir (dir);
  assert_fails (dir_fd, dir, NULL, G_IO_ERROR_PERMISSION_DENIED);
  assert_no_nameless (dir, EACCES);
}

static void
test_no_permission (void)
{
  test_in_child (child_no_permission, NULL);
}

static void
test_unsupported (void)
{
  static const int unsupported[] = { EOPNOTSUPP, EISDIR, ENOENT, EINVAL, ENOSYS };
  static const int others[] = { EACCES, EPERM, ENOSPC, EROFS, EMFILE, ENFILE, ENOTDIR, EDQUOT, ENOMEM, EINTR, 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (unsupported); i++)
    g_assert_true (temp_create_is_unsupported (unsupported[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (temp_create_is_unsupported (others[i]));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.get_random = get_random;
  temp_platform.make_dir = make_dir;

  g_test_add_func ("/private/a-file-is-its-owners-and-new", test_file);
  g_test_add_func ("/private/a-directory-is-its-owners-and-new", test_directory);
  g_test_add_func ("/private/a-nameless-file-can-be-linked", test_nameless);
  g_test_add_func ("/private/the-umask-takes-rights-away", test_umask);
  g_test_add_data_func ("/private/a-name-that-is-taken-is-left-alone/file", "file", test_taken);
  g_test_add_data_func ("/private/a-name-that-is-taken-is-left-alone/directory", "directory", test_taken);
  g_test_add_data_func ("/private/a-name-that-is-taken-is-left-alone/symlink", "symlink", test_taken);
  g_test_add_data_func ("/private/a-name-that-is-taken-is-left-alone/dangling-symlink", "dangling", test_taken);
  g_test_add_func ("/create/a-hundred-names-are-tried", test_given_up);
  g_test_add_data_func ("/create/another-name-is-tried-if-one-is-taken", GINT_TO_POINTER (EEXIST), test_retried);
  g_test_add_data_func ("/create/another-name-is-tried-after-a-signal", GINT_TO_POINTER (EINTR), test_retried);
  g_test_add_func ("/create/no-other-name-is-tried-after-other-errors", test_not_retried);
  g_test_add_data_func ("/create/the-caller-may-choose-the-names/of-a-file", GINT_TO_POINTER (FALSE), test_choose);
  g_test_add_data_func ("/create/the-caller-may-choose-the-names/of-a-directory", GINT_TO_POINTER (TRUE), test_choose);
  g_test_add_func ("/private/an-open-is-exclusive-and-follows-no-link", test_flags);
  g_test_add_func ("/errors/a-name-too-long", test_too_long);
  g_test_add_func ("/errors/a-deleted-directory", test_deleted_dir);
  g_test_add_func ("/errors/a-file-for-a-directory", test_not_a_dir);
  g_test_add_func ("/errors/too-many-open-files", test_full_table);
  g_test_add_func ("/errors/a-read-only-filesystem", test_read_only);
  g_test_add_func ("/errors/no-permission", test_no_permission);
  g_test_add_func ("/create/these-errors-mean-no-nameless-files", test_unsupported);

  return g_test_run ();
}
