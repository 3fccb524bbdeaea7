/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* The library's system calls come here, so that each can fail in turn. */
typedef enum
{
  NO_CALL,
  OPENAT,
  OPENAT2,
  GETDENTS64,
  UNLINKAT,
  FSTAT,
  STATX,
  LSEEK,
  FCHMOD,
  FCHMODAT2,
  CHMOD,
  CLOSE,
} Call;

static Call failing;
static guint n_to_pass; /* calls that work first */
static guint n_to_fail; /* calls that fail then */
static int failure;
static guint n_failed;
static gboolean is_old_kernel;

static gboolean
fails (Call call)
{
  if (call != failing)
    return FALSE;

  if (n_to_pass > 0)
    {
      n_to_pass--;
      return FALSE;
    }
  if (n_failed == n_to_fail)
    return FALSE;

  n_failed++;
  errno = failure;
  return TRUE;
}

static long
call_kernel (long number,
             long a,
             long b,
             long c,
             long d,
             long e)
{
  static long (*real) (long number, ...);

  /* GLib's locks call syscall(), too. */
  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "syscall");
  return real (number, a, b, c, d, e, 0L);
}

long
syscall (long number,
         ...)
{
  long arguments[5];
  va_list list;

  va_start (list, number);
  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++)
    arguments[i] = va_arg (list, long);
  va_end (list);

  if (is_old_kernel && (number == SYS_openat2 || number == SYS_fchmodat2))
    {
      errno = ENOSYS;
      return -1;
    }
  if ((number == SYS_openat2 && fails (OPENAT2)) || (number == SYS_fchmodat2 && fails (FCHMODAT2)))
    return -1;

  return call_kernel (number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
}

int
openat (int         fd,
        const char *path,
        int         flags,
        ...)
{
  return fails (OPENAT) ? -1 : call_kernel (SYS_openat, fd, (long) path, flags, 0, 0);
}

ssize_t
getdents64 (int    fd,
            void  *buffer,
            size_t size)
{
  return fails (GETDENTS64) ? -1 : call_kernel (SYS_getdents64, fd, (long) buffer, size, 0, 0);
}

int
unlinkat (int         fd,
          const char *path,
          int         flags)
{
  return fails (UNLINKAT) ? -1 : call_kernel (SYS_unlinkat, fd, (long) path, flags, 0, 0);
}

int
fstat (int          fd,
       struct stat *st)
{
  return fails (FSTAT) ? -1 : fstatat (fd, "", st, AT_EMPTY_PATH);
}

int
statx (int           fd,
       const char   *path,
       int           flags,
       unsigned      mask,
       struct statx *stx)
{
  return fails (STATX) ? -1 : call_kernel (SYS_statx, fd, (long) path, flags, mask, (long) stx);
}

off_t
lseek (int   fd,
       off_t offset,
       int   whence)
{
  return fails (LSEEK) ? -1 : call_kernel (SYS_lseek, fd, offset, whence, 0, 0);
}

int
fchmod (int    fd,
        mode_t mode)
{
  return fails (FCHMOD) ? -1 : call_kernel (SYS_fchmod, fd, mode, 0, 0, 0);
}

int
chmod (const char *path,
       mode_t      mode)
{
  return fails (CHMOD) ? -1 : fchmodat (AT_FDCWD, path, mode, 0);
}

/* Closes the descriptor, even if the call fails. */
int
close (int fd)
{
  int result = call_kernel (SYS_close, fd, 0, 0, 0, 0);

  return fails (CLOSE) ? -1 : result;
}

/* Any call may fail */

/* To remove this tree, a user whom modes restrict needs all of the calls. */
static const struct
{
  const char *name;
  mode_t      mode;
} locked[] = {
  { "tree/chain/c/c/c/locked/in", 0500 },
  { "tree/chain/c/c/c/locked", 0000 },
  { "tree/unreadable", 0300 },
  { "tree/unwritable", 0500 },
  { "tree", 0300 },
};

static void
make_tree (void)
{
  g_autofree char *link = test_path ("tree/link");

  test_make_file ("tree/chain/c/c/c/locked/in/file");
  test_make_file ("tree/chain/c/c/c/c/c/c/c/c/c/c/file");
  test_make_file ("tree/unreadable/sub/file");
  test_make_file ("tree/unwritable/file");
  test_make_file ("tree/file");
  g_assert_no_errno (symlink ("../outside", link));

  for (gsize i = 0; i < G_N_ELEMENTS (locked); i++)
    {
      g_autofree char *path = test_path (locked[i].name);

      g_assert_no_errno (chmod (path, locked[i].mode));
    }
}

/* The directories that are left have their modes, as far as the modes above let them be seen. */
static void
assert_modes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (locked); i++)
    {
      g_autofree char *path = test_path (locked[i].name);
      struct stat st;

      if (stat (path, &st) == 0)
        g_assert_cmpuint (st.st_mode & 07777, ==, locked[i].mode);
    }
}

static gboolean
remove_contents (GError **error)
{
  g_autofree char *path = test_path ("tree");
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  gboolean removed;

  g_assert_no_errno (fd);
  removed = temp_remove_contents (fd, path, NULL, NULL, error);
  failing = NO_CALL;
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  close (fd);

  return removed;
}

static void
assert_emptied (void)
{
  g_autofree char *path = test_path ("tree");

  g_assert_no_errno (chmod (path, 0700));
  test_assert_list ("tree", "");
}

static void
assert_canary (void)
{
  g_autofree char *outside = test_path ("outside");
  g_autofree char *names = test_list (outside);
  struct stat st;

  g_assert_cmpstr (names, ==, "canary");
  g_assert_no_errno (stat (outside, &st));
  g_assert_cmpuint (st.st_mode & 07777, ==, 0700);
}

/* Lets calls fail. The removal either returns the error or works without them; it touches nothing outside, leaves no
 * descriptor open, and can be tried again. Returns FALSE if there are no such calls. */
static gboolean
remove_failing (Call  call,
                int   errsv,
                guint n_before,
                guint n_failing)
{
  g_autofree char *path = test_path ("tree");
  g_autoptr (GError) error = NULL;

  make_tree ();
  failure = errsv;
  n_to_pass = n_before;
  n_to_fail = n_failing;
  n_failed = 0;
  failing = call;

  if (!remove_contents (&error))
    {
      /* The error of a mode that cannot be repaired is the error that the mode causes. */
      const char *expected = strstr (error->message, g_strerror (EACCES)) != NULL && call >= FSTAT ? g_strerror (EACCES)
                                                                                                  : g_strerror (errsv);

      g_assert_cmpuint (n_failed, >, 0);
      g_assert_cmpint (errsv, !=, EINTR);
      g_assert_true (error->domain == G_IO_ERROR);
      test_assert_error_mentions (error, expected);
      test_assert_error_mentions (error, path);
      if (call < FCHMOD)
        assert_modes ();

      g_clear_error (&error);
      remove_contents (&error);
      g_assert_no_error (error);
    }

  assert_emptied ();
  assert_canary ();
  return n_failed > 0;
}

static void
child_failing (gconstpointer data)
{
  Call call = GPOINTER_TO_UINT (data) & 0xff;

  if (!test_become_nobody ())
    test_child_skip ("no other user here");

  test_limit_fds (64); /* so that few are kept open */
  is_old_kernel = GPOINTER_TO_UINT (data) != call;
  test_make_file ("outside/canary");

  g_assert_true (remove_failing (call, EIO, 0, 1));
  for (guint i = 1; remove_failing (call, EIO, i, 1); i++)
    ;
  for (guint i = 0; remove_failing (call, EIO, i, G_MAXUINT); i++)
    ;
  if (call <= OPENAT2)
    for (guint i = 0; remove_failing (call, EMFILE, i, 1); i++)
      ;
  if (call <= GETDENTS64)
    for (guint i = 0; remove_failing (call, EINTR, i, 1); i++)
      ;
}

static void
test_failing (gconstpointer data)
{
  test_in_child (child_failing, data);
}

/* Locks */

/* Makes a directory with a file in it, and locks it. */
static int
make_used (const char *relative,
           mode_t      mode)
{
  g_autofree char *path = test_path (relative);
  g_autofree char *file = g_build_filename (path, "inside", NULL);
  int fd;

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  test_write (file, "text");
  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH | LOCK_NB));
  g_assert_no_errno (fchmod (fd, mode));
  return fd;
}

static void
assert_contents_go (TempRemoveLocks locks,
                    gboolean        expected_spared)
{
  temp_autofd int fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .locks = locks };

  g_assert_true (temp_remove_contents_with_options (fd, test_dir (), &options, &error));
  g_assert_no_error (error);
  g_assert_cmpint (options.any_spared, ==, expected_spared);
}

static void
child_locked (gconstpointer data)
{
  temp_autofd int used = make_used ("used", 0700);
  temp_autofd int shut = make_used ("above/shut", 0);
  temp_autofd int unused = make_used ("above/unused", 0700);
  g_autofree char *path = test_path ("above/shut");
  struct stat st;

  g_assert_no_errno (flock (unused, LOCK_UN));
  assert_contents_go (TEMP_REMOVE_SPARE_LOCKED, TRUE);
  test_assert_list (NULL, "above used");
  test_assert_list ("above", "shut");
  g_assert_no_errno (faccessat (used, "inside", F_OK, 0));
  g_assert_no_errno (stat (path, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0);

  g_assert_no_errno (flock (shut, LOCK_UN));
  assert_contents_go (TEMP_REMOVE_SPARE_LOCKED, TRUE);
  test_assert_list (NULL, "used");

  assert_contents_go (TEMP_REMOVE_LOCKED, FALSE);
  g_assert_cmpint (faccessat (used, "inside", F_OK, 0), <, 0);
}

/* In a child, so that the other tests find out themselves whether the kernel has openat2(). */
static void
test_locked (void)
{
  test_in_child (child_locked, NULL);
}

static void
child_no_locks (gconstpointer data)
{
  temp_autofd int fd = open (test_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *path = test_path ("sub");
  g_autoptr (GError) error = NULL;
  TempRemoveOptions options = { .locks = TEMP_REMOVE_SPARE_LOCKED };

  if (!test_fail_syscall (SYS_flock, ENOLCK))
    test_child_skip ("no filter of system calls");

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_false (temp_remove_contents_with_options (fd, test_dir (), &options, &error));
  test_assert_error_mentions (error, g_strerror (ENOLCK));
  g_assert_false (options.any_spared);
  test_assert_exists (path, TRUE);
}

/* Without locks, nobody knows whether somebody uses a directory: it stays. */
static void
test_no_locks (void)
{
  test_in_child (child_no_locks, NULL);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    guint       call; /* with 0x100: on an old kernel */
  } calls[] = {
    { "openat", OPENAT },
    { "openat-on-an-old-kernel", OPENAT | 0x100 },
    { "openat2", OPENAT2 },
    { "getdents64", GETDENTS64 },
    { "unlinkat", UNLINKAT },
    { "fstat", FSTAT },
    { "statx", STATX },
    { "statx-on-an-old-kernel", STATX | 0x100 },
    { "lseek", LSEEK },
    { "fchmod", FCHMOD },
    { "fchmodat2", FCHMODAT2 },
    { "chmod-on-an-old-kernel", CHMOD | 0x100 },
    { "close", CLOSE },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/tree/any-call-may-fail/%s", calls[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (calls[i].call), test_failing);
    }
  g_test_add_func ("/tree/locked/is-spared-if-asked", test_locked);
  g_test_add_func ("/tree/error/locks-are-not-known", test_no_locks);

  return g_test_run ();
}
