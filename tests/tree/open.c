/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The library's calls of the platform come here, so that each can fail in turn. */
typedef enum
{
  NO_CALL,
  OPEN_DIR,
  OPEN_DIR_ON_MOUNT,
  LIST,
  REMOVE_FILE,
  REMOVE_DIR,
  STAT,
  IDENTIFY,
  GET_MOUNT,
  REWIND,
  SET_MODE,
  CLOSE,
} Call;

static TempPlatform real;
static Call failing;
static guint n_to_pass; /* calls that work before the first that fails */
static guint n_to_fail; /* calls that fail after those */
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

static TempHandle
open_dir (TempHandle    dir,
          const char   *name,
          TempOpenFlags flags)
{
  return fails (OPEN_DIR) ? -1 : real.open_dir (dir, name, flags);
}

static TempHandle
open_dir_on_mount (TempHandle    dir,
                   const char   *name,
                   TempOpenFlags flags)
{
  if (is_old_kernel)
    {
      errno = ENOSYS;
      return -1;
    }
  return fails (OPEN_DIR_ON_MOUNT) ? -1 : real.open_dir_on_mount (dir, name, flags);
}

static ssize_t
list (TempHandle    dir,
      TempListing **listing,
      void         *buffer,
      size_t        size)
{
  return fails (LIST) ? -1 : real.list (dir, listing, buffer, size);
}

static int
remove_file (TempHandle  dir,
             const char *name)
{
  return fails (REMOVE_FILE) ? -1 : real.remove_file (dir, name);
}

static int
remove_dir (TempHandle  dir,
            const char *name)
{
  return fails (REMOVE_DIR) ? -1 : real.remove_dir (dir, name);
}

static int
stat_handle (TempHandle handle,
             TempStat  *st)
{
  return fails (STAT) ? -1 : real.stat (handle, st);
}

static int
identify (TempHandle  handle,
          TempFileId *id)
{
  return fails (IDENTIFY) ? -1 : real.identify (handle, id);
}

static int
get_mount (TempHandle handle,
           TempMount *mount)
{
  return fails (GET_MOUNT) ? -1 : real.get_mount (handle, mount);
}

static int
rewind_list (TempHandle    dir,
             TempListing **listing)
{
  return fails (REWIND) ? -1 : real.rewind (dir, listing);
}

static int
set_mode (TempHandle  handle,
          const char *name,
          uint32_t    mode)
{
  return fails (SET_MODE) ? -1 : real.set_mode (handle, name, mode);
}

/* Closes the handle, even if the call fails. */
static int
close_handle (TempHandle handle)
{
  int result = real.close (handle);

  return fails (CLOSE) ? -1 : result;
}

static void
replace_calls (void)
{
  real = temp_platform;
  temp_platform.open_dir = open_dir;
  temp_platform.open_dir_on_mount = open_dir_on_mount;
  temp_platform.list = list;
  temp_platform.remove_file = remove_file;
  temp_platform.remove_dir = remove_dir;
  temp_platform.stat = stat_handle;
  temp_platform.identify = identify;
  temp_platform.get_mount = get_mount;
  temp_platform.rewind = rewind_list;
  temp_platform.set_mode = set_mode;
  temp_platform.close = close_handle;
}

/* Returns a mode that the library has to repair, as far as it can: without a handle that needs no permission, it cannot
 * repair that of a directory that may not be read. */
static mode_t
repairable (mode_t mode)
{
  return g_str_equal (temp_platform.name, "posix") ? mode | 0400 : mode;
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

      g_assert_no_errno (chmod (path, repairable (locked[i].mode)));
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
        g_assert_cmpuint (st.st_mode & 07777, ==, repairable (locked[i].mode));
    }
}

static gboolean
remove_contents (GError **error)
{
  g_autofree char *path = test_path ("tree");
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint n_fds = test_count_fds ();
  TempRemoveOptions options = { .progress = NULL };
  gboolean removed;

  g_assert_no_errno (fd);
  removed = temp_remove_contents (fd, path, &options, error);
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
      const char *expected = strstr (error->message, g_strerror (EACCES)) != NULL && call >= STAT ? g_strerror (EACCES)
                                                                                                  : g_strerror (errsv);

      g_assert_cmpuint (n_failed, >, 0);
      g_assert_cmpint (errsv, !=, EINTR);
      g_assert_true (error->domain == G_IO_ERROR);
      test_assert_error_mentions (error, expected);
      test_assert_error_mentions (error, path);
      if (call < SET_MODE)
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
  replace_calls ();
  test_make_file ("outside/canary");

  g_assert_true (remove_failing (call, EIO, 0, 1));
  for (guint i = 1; remove_failing (call, EIO, i, 1); i++)
    ;
  for (guint i = 0; remove_failing (call, EIO, i, G_MAXUINT); i++)
    ;
  if (call <= OPEN_DIR_ON_MOUNT)
    for (guint i = 0; remove_failing (call, EMFILE, i, 1); i++)
      ;
  if (call <= LIST)
    for (guint i = 0; remove_failing (call, EINTR, i, 1); i++)
      ;
}

static void
test_failing (gconstpointer data)
{
  if (GPOINTER_TO_UINT (data) == OPEN_DIR_ON_MOUNT && test_skips_on_posix ("no such call"))
    return;
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

  g_assert_true (temp_remove_contents (fd, test_dir (), &options, &error));
  g_assert_no_error (error);
  g_assert_cmpint (options.any_spared, ==, expected_spared);
}

static void
child_locked (gconstpointer data)
{
  temp_autofd int used = make_used ("used", 0700);
  temp_autofd int shut = make_used ("above/shut", repairable (0));
  temp_autofd int unused = make_used ("above/unused", 0700);
  g_autofree char *path = test_path ("above/shut");
  struct stat st;

  g_assert_no_errno (flock (unused, LOCK_UN));
  assert_contents_go (TEMP_REMOVE_SPARE_LOCKED, TRUE);
  test_assert_list (NULL, "above used");
  test_assert_list ("above", "shut");
  g_assert_no_errno (faccessat (used, "inside", F_OK, 0));
  g_assert_no_errno (stat (path, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, repairable (0));

  g_assert_no_errno (flock (shut, LOCK_UN));
  assert_contents_go (TEMP_REMOVE_SPARE_LOCKED, TRUE);
  test_assert_list (NULL, "used");

  assert_contents_go (TEMP_REMOVE_LOCKED, FALSE);
  g_assert_cmpint (faccessat (used, "inside", F_OK, 0), <, 0);
}

/* In a child, so that the other tests find out themselves whether the system has
 * open_dir_on_mount(). */
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
  g_assert_false (temp_remove_contents (fd, test_dir (), &options, &error));
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
    { "open_dir", OPEN_DIR },
    { "open_dir-on-an-old-kernel", OPEN_DIR | 0x100 },
    { "open_dir_on_mount", OPEN_DIR_ON_MOUNT },
    { "list", LIST },
    { "remove_file", REMOVE_FILE },
    { "remove_dir", REMOVE_DIR },
    { "stat", STAT },
    { "identify", IDENTIFY },
    { "get_mount", GET_MOUNT },
    { "get_mount-on-an-old-kernel", GET_MOUNT | 0x100 },
    { "rewind", REWIND },
    { "set_mode", SET_MODE },
    { "close", CLOSE },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/tree/any-call-may-fail/%s", calls[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (calls[i].call), test_failing);
    }
  g_test_add_func ("/tree/locked/is-spared-if-asked", test_locked);
  g_test_add_func ("/tree/error/if-locks-are-not-known", test_no_locks);

  return g_test_run ();
}
