/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "ledger/alive.h"
#include "ledger/home.h"
#include "ledger/sweep.h"
#include "temp-file.h"
#include "temp-functions.h"
#include "test-ledgers.h"
#include "test-support.h"

#define N_NAMES 100000
#define MAX_SIZE (64 * 1024)

/* The library's calls come here. The next ones write only so many bytes, are interrupted, fail, or come after a
 * sweep. */
static gsize next_write;
static guint n_interrupted_writes;
static gint n_getrandom_fails;
static int getrandom_errno;
static guint n_swept, n_busy;

ssize_t
write (int         fd,
       const void *bytes,
       size_t      size)
{
  if (n_interrupted_writes > 0)
    {
      n_interrupted_writes--;
      errno = EINTR;
      return -1;
    }
  if (next_write > 0 && next_write < size)
    {
      size = next_write;
      next_write = 0;
    }
  return syscall (SYS_write, fd, bytes, size);
}

ssize_t
getrandom (void         *bytes,
           size_t        size,
           unsigned int  flags)
{
  if (g_atomic_int_get (&n_getrandom_fails) > 0)
    {
      g_atomic_int_add (&n_getrandom_fails, -1);
      errno = getrandom_errno;
      return -1;
    }
  return syscall (SYS_getrandom, bytes, size, flags);
}

int
flock (int fd,
       int operation)
{
  if (n_swept > 0)
    {
      g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
      g_autofree char *path = g_file_read_link (link, NULL);

      n_swept--;
      g_assert_no_errno (unlink (path));
    }
  if (n_busy > 0)
    {
      n_busy--;
      errno = EWOULDBLOCK;
      return -1;
    }
  return (int) syscall (SYS_flock, fd, operation);
}

/* Helpers */

static void
assert_cannot_open (const char *text)
{
  g_autoptr (GError) error = NULL;

  temp_ledger_lock_appends ();
  g_assert_null (temp_ledger_open (&error));
  temp_ledger_unlock_appends ();
  g_assert_cmpuint (error->domain, ==, G_IO_ERROR);
  test_assert_error_mentions (error, text);
}

static guint
count (const char *contents,
       const char *needle)
{
  guint n = 0;

  for (; (contents = strstr (contents, needle)) != NULL; contents++)
    n++;
  return n;
}

static void
assert_there (TempLedger *ledger,
              gboolean    there)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);

  test_assert_exists (path, there);
}

/* In the directory of ledgers. */
static guint
count_ledgers (guint which)
{
  g_autofree char *home = temp_ledger_home_get_path (which);
  g_autofree char *names = test_list (home);

  return count (names, TEMP_LEDGER_PREFIX);
}

/* Returns the descriptor that the process has the ledger open by. */
static int
find_fd (TempLedger *ledger)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);
  struct stat st, st_fd;

  g_assert_no_errno (stat (path, &st));
  for (int fd = 0; fd < 100; fd++)
    if (fstat (fd, &st_fd) == 0 && st_fd.st_ino == st.st_ino && st_fd.st_dev == st.st_dev)
      return fd;
  return -1;
}

static void
close_all_but (int fd)
{
#ifdef SYS_close_range
  if (fd <= 3 || syscall (SYS_close_range, 3, fd - 1, 0) == 0)
    if (syscall (SYS_close_range, MAX (fd + 1, 3), ~0u, 0) == 0)
      return;
#endif
  for (int i = 3; i < 1024; i++)
    if (i != fd)
      close (i);
}

/* The file */

static void
test_header (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);
  g_autofree char *contents = test_read_own_ledger (ledger);
  g_autofree char *path = temp_ledger_dup_path (ledger);
  g_autofree char *home = temp_ledger_home_get_path (0);
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  g_auto (GStrv) lines = g_strsplit (contents, "\n", 0);
  const char *const words[] = { "", "tempfile-glib 2 ", "key ", "process ", "mount ", "uid ", "" };
  const char *hex = base + strlen (TEMP_LEDGER_PREFIX);
  TempLedgerProcess here;
  const TempLedgerProcess *process;
  struct stat st;

  g_assert_cmpstr (dir, ==, home);
  test_assert_mode (dir, S_IFDIR | 0700);
  test_assert_mode (path, S_IFREG | 0600);
  g_assert_true (g_str_has_prefix (base, TEMP_LEDGER_PREFIX));
  g_assert_cmpuint (strlen (hex), ==, 16);
  g_assert_cmpuint (strspn (hex, "0123456789abcdef"), ==, 16);

  /* Line feed, lines, line feed. */
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (words));
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_assert_true (g_str_has_prefix (lines[i], words[i]));

  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_no_errno (stat (path, &st));
  g_assert_cmpuint (text->ino, ==, st.st_ino);
  temp_ledger_process_identify (&here, NULL);
  g_assert_cmpuint (text->processes->len, ==, 1);
  process = &g_array_index (text->processes, TempLedgerProcess, 0);
  g_assert_cmpint (process->pid, ==, getpid ());
  g_assert_cmpuint (process->start, ==, here.start);
  g_assert_cmpstr (process->boot, ==, here.boot);
  g_assert_cmpuint (text->uids->len, ==, 1);
  g_assert_true (temp_ledger_text_has_uid (text, geteuid ()));
  g_assert_cmpuint (text->dirs->len, ==, 0);
}

static void
test_descriptor (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  int fd = find_fd (ledger);

  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmphex (fcntl (fd, F_GETFL) & O_APPEND, ==, O_APPEND);
}

static void
test_umask (gconstpointer data)
{
  static const mode_t umasks[] = { 0, 022, 0277, 0777 };
  g_autofree char *state = test_path ("own");

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("XDG_STATE_HOME", state, TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (umasks); i++)
    {
      g_autoptr (TempLedger) ledger = NULL;
      g_autofree char *path = NULL;

      umask (umasks[i]);
      ledger = test_open_own_ledger ();
      umask (022);
      path = temp_ledger_dup_path (ledger);
      test_assert_mode (path, S_IFREG | 0600);
      g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 1\n"), ==, 0);
      g_assert_true (test_give_up_own_ledger (ledger));
    }
}

static void
test_one_for_all (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedger) again = test_open_own_ledger ();

  g_assert_true (ledger == again);
  g_assert_cmpuint (count_ledgers (0), ==, 1);
}

/* Where the state cannot be written, the runtime directory is taken; cleaners spare what is sticky there. */
static void
test_runtime_dir (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *home = temp_ledger_home_get_path (1);
  g_autofree char *path = NULL;

  g_setenv ("HOME", "/nonexistent", TRUE);
  g_unsetenv ("XDG_STATE_HOME");
  ledger = test_open_own_ledger ();
  path = temp_ledger_dup_path (ledger);
  g_assert_true (g_str_has_prefix (path, home));
  test_assert_mode (path, S_IFREG | S_ISVTX | 0600);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 1\n"), ==, 0);
}

static void
test_nowhere (gconstpointer data)
{
  g_autofree char *state = test_path ("state");

  g_setenv ("HOME", "/nonexistent", TRUE);
  g_unsetenv ("XDG_STATE_HOME");
  g_unsetenv ("XDG_RUNTIME_DIR");
  for (guint i = 0; i < 3; i++)
    assert_cannot_open ("/nonexistent/.local/state");

  /* The next attempt finds it. */
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  temp_ledger_unref (test_open_own_ledger ());
}

/* A sweep that locks a new ledger before its maker does takes it for that of a dead program, and deletes it. */
static void
test_sweep_is_faster (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autoptr (TempLedgerText) text = NULL;

  n_swept = 3;
  n_busy = 0;
  ledger = test_open_own_ledger ();
  g_assert_cmpuint (n_swept, ==, 0);
  text = test_parse_own_ledger (ledger);
  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (count_ledgers (0), ==, 1);
  g_assert_true (test_give_up_own_ledger (ledger));
  temp_ledger_unref (g_steal_pointer (&ledger));

  n_busy = 2;
  ledger = test_open_own_ledger ();
  g_assert_cmpuint (n_busy, ==, 0);
  g_assert_cmpuint (count_ledgers (0), ==, 1);
  g_assert_true (test_give_up_own_ledger (ledger));
  temp_ledger_unref (g_steal_pointer (&ledger));

  /* The sweep is faster each time: the maker gives up. */
  n_busy = 1000;
  assert_cannot_open (g_strerror (EWOULDBLOCK));
  g_assert_cmpuint (count_ledgers (0), ==, 0);
  n_busy = 0;
}

static void
test_no_random_bytes (gconstpointer data)
{
  getrandom_errno = ENOSYS;
  n_getrandom_fails = 1000;
  assert_cannot_open (g_strerror (ENOSYS));
  g_assert_cmpuint (count_ledgers (0), ==, 0);
  g_assert_cmpuint (count_ledgers (1), ==, 0);

  getrandom_errno = EINTR;
  n_getrandom_fails = 5;
  temp_ledger_unref (test_open_own_ledger ());
}

/* Locks */

static void
test_lock (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *path = temp_ledger_dup_path (ledger);
  temp_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_true (test_is_locked (path));
  g_assert_true (temp_ledger_lock (fd, LOCK_SH | LOCK_NB));
}

/* A daemon closes all descriptors. */
static void
test_lock_after_closing (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *path = temp_ledger_dup_path (ledger);

  if (test_is_on_overlay (ledger))
    test_child_skip ("a mapping does not keep locks on overlayfs");
  g_assert_no_errno (close (find_fd (ledger)));
  g_assert_true (test_is_locked (path));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 4\n"), ==, 0);
  g_assert_true (test_is_locked (path));

  /* With the last entry under it, the ledger loses its lock, too. */
  temp_ledger_finish_all ();
  test_assert_exists (path, FALSE);
}

typedef struct
{
  gboolean closes;
  gboolean is_raw;
} Heir;

static void
leave_heir (int           commands,
            int           out,
            gconstpointer data)
{
  const Heir *heir = data;
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *path = temp_ledger_dup_path (ledger);
  g_autofree char *line = g_strdup_printf ("%d %s\n", test_is_on_overlay (ledger), path);
  char end;

  if (heir->closes)
    close_all_but (commands);
  if (test_make_child (heir->is_raw) == 0)
    {
      if (heir->closes)
        close_all_but (commands);
      test_child_exit (read (commands, &end, 1) < 0);
    }
  if (!heir->closes && write (out, line, strlen (line)) < 0)
    test_child_exit (1);
}

/* A program has ended; its child keeps the lock, even after it has closed all descriptors. */
static void
test_lock_in_child (gconstpointer data)
{
  static const Heir heirs[] = { { FALSE, FALSE }, { FALSE, TRUE }, { TRUE, FALSE }, { TRUE, TRUE } };

  g_assert_no_errno (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  for (gsize i = 0; i < G_N_ELEMENTS (heirs); i++)
    {
      g_autofree char *home = temp_ledger_home_get_path (0);
      g_autofree char *base = NULL;
      g_autofree char *path = NULL;
      struct statfs fs;
      TestChild child;
      int status;

      test_child_start (&child, leave_heir, &heirs[i]);
      g_assert_cmpint (waitpid (child.pid, &status, 0), ==, child.pid);
      base = test_list (home);
      path = g_build_filename (home, base, NULL);
      g_assert_no_errno (statfs (path, &fs));
      if (heirs[i].closes && fs.f_type == OVERLAYFS_SUPER_MAGIC)
        test_child_skip ("a mapping does not keep locks on overlayfs");
      g_assert_true (test_is_locked (path));

      g_assert_no_errno (close (child.commands));
      g_assert_cmpint (waitpid (-1, &status, 0), >, 0);
      g_assert_cmpint (status, ==, 0);
      g_assert_false (test_is_locked (path));
      fclose (child.said);
      g_assert_no_errno (unlink (path));
    }
}

static gboolean
mount_overlay (void)
{
  static const char *const dirs[] = { "lower", "upper", "work", "merged" };
  g_autofree char *top = test_path ("disk");
  g_autofree char *options = g_strdup_printf ("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", top, top, top);
  g_autofree char *merged = g_build_filename (top, "merged", NULL);

  g_assert_no_errno (mkdir (top, 0700));
  if (!test_mount_tmpfs (top, "size=1m"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_autofree char *dir = g_build_filename (top, dirs[i], NULL);

      g_assert_no_errno (mkdir (dir, 0700));
    }
  if (mount ("overlay", merged, "overlay", 0, options) < 0)
    return FALSE;

  g_setenv ("XDG_STATE_HOME", merged, TRUE);
  return TRUE;
}

static TempLedgerText *
fork_and_read (TempLedger *ledger,
               pid_t      *pid)
{
  *pid = test_make_child (FALSE);
  if (*pid == 0)
    test_child_exit (0);
  test_assert_ends_well (*pid);
  return test_parse_own_ledger (ledger);
}

/* Where no mapping keeps the lock, a forked child adds its own line. */
static void
test_overlay (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  g_autofree char *path = NULL;
  pid_t pid;

  if (!mount_overlay ())
    test_child_skip ("cannot mount an overlay");
  ledger = test_open_own_ledger ();
  g_assert_true (test_is_on_overlay (ledger));
  path = temp_ledger_dup_path (ledger);
  g_assert_true (test_is_locked (path));

  text = fork_and_read (ledger, &pid);
  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (text->processes->len, ==, 2);
  g_assert_cmpint (g_array_index (text->processes, TempLedgerProcess, 0).pid, ==, getpid ());
  g_assert_cmpint (g_array_index (text->processes, TempLedgerProcess, 1).pid, ==, pid);
}

static void
test_no_line_of_child (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = NULL;
  pid_t pid;

  if (test_is_on_overlay (ledger))
    test_child_skip ("the state is on overlayfs");
  text = fork_and_read (ledger, &pid);
  g_assert_cmpuint (text->processes->len, ==, 1);
}

/* Appending */

static void
test_append (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *before = test_read_own_ledger (ledger);
  g_autofree char *after = NULL;
  g_autofree char *expected = g_strconcat (before, "\nuid 5\n", "\ndir 1 2 /a\nname b\n", NULL);

  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "dir 1 2 /a\nname b\n"), ==, 0);
  after = test_read_own_ledger (ledger);
  g_assert_cmpstr (after, ==, expected);
}

/* A program closes what it does not know, and opens a file of its own, which gets the number. */
static void
test_number_given_away (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *file = test_path ("data");
  g_autofree char *file_contents = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  int file_fd, number = find_fd (ledger);

  test_write (file, "data");
  g_assert_no_errno (close (number));
  file_fd = open (file, O_RDWR | O_APPEND | O_CLOEXEC);
  g_assert_cmpint (file_fd, ==, number);

  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  g_assert_true (temp_ledger_sync (ledger));
  text = test_parse_own_ledger (ledger);
  g_assert_true (temp_ledger_text_has_uid (text, 5));
  g_assert_cmpint (fcntl (find_fd (ledger), F_GETFD), ==, FD_CLOEXEC);

  /* Once more, so that the ledger ends with a number that is not its own. */
  number = find_fd (ledger);
  g_assert_no_errno (dup3 (file_fd, number, O_CLOEXEC));
  temp_ledger_finish_all ();
  assert_there (ledger, FALSE);
  g_assert_no_errno (fcntl (number, F_GETFD));
  g_assert_no_errno (fcntl (file_fd, F_GETFD));
  g_assert_true (g_file_get_contents (file, &file_contents, NULL, NULL));
  g_assert_cmpstr (file_contents, ==, "data");
}

static void
test_all_closed (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = NULL;

  /* The ledger is opened again each time. */
  g_assert_no_errno (close (find_fd (ledger)));
  g_assert_true (temp_ledger_sync (ledger));
  g_assert_no_errno (close (find_fd (ledger)));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  text = test_parse_own_ledger (ledger);
  g_assert_true (temp_ledger_text_has_uid (text, 5));
}

typedef void (*Remover) (const char *path);

static void
unlink_it (const char *path)
{
  g_assert_no_errno (unlink (path));
}

static void
replace_it (const char *path)
{
  g_autofree char *other = test_path ("other");

  test_write (other, "other");
  g_assert_no_errno (rename (other, path));
}

static void
put_fifo (const char *path)
{
  g_assert_no_errno (unlink (path));
  g_assert_no_errno (mkfifo (path, 0600));
}

static void
put_link (const char *path)
{
  g_assert_no_errno (unlink (path));
  g_assert_no_errno (symlink ("/dev/null", path));
}

/* A ledger that somebody removed can never be swept: what is made next needs another. */
static void
test_removed (gconstpointer data)
{
  static const Remover removers[] = { unlink_it, replace_it, put_fifo, put_link };

  for (gsize i = 0; i < G_N_ELEMENTS (removers); i++)
    for (guint is_closed = 0; is_closed < 2; is_closed++)
      {
        g_autoptr (TempLedger) ledger = test_open_own_ledger ();
        g_autoptr (TempLedger) next = NULL;
        g_autofree char *path = temp_ledger_dup_path (ledger);
        g_autofree char *next_path = NULL;

        g_assert_true (temp_ledger_enter (ledger));
        if (is_closed)
          g_assert_no_errno (close (find_fd (ledger)));
        removers[i] (path);

        /* Without a descriptor, it could as well have been moved to where a sweep finds it. */
        g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, is_closed ? ESTALE : ENOENT);
        g_assert_false (temp_ledger_is_current (ledger));
        g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, is_closed ? ESTALE : ENOENT);
        temp_ledger_lock_appends ();
        g_assert_false (temp_ledger_add_uid (ledger, 6));
        temp_ledger_unlock_appends ();
        g_assert_cmpint (temp_ledger_sync (ledger), ==, !is_closed);

        next = test_open_own_ledger ();
        next_path = temp_ledger_dup_path (next);
        g_assert_cmpstr (next_path, !=, path);
        g_assert_cmpint (test_append_to_own_ledger (next, "uid 5\n"), ==, 0);
        if (i == 1)
          {
            g_autofree char *contents = test_read_own_ledger (ledger);

            g_assert_cmpstr (contents, ==, "other");
          }
        temp_ledger_leave (ledger);
        g_assert_true (test_give_up_own_ledger (next));
      }
}

static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  limit.rlim_cur = size;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
}

static guint
count_mappings (const char *path)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return count (maps, path);
}

/* A write behind the limit would end the process by a signal. */
static void
test_file_limit (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *last = NULL;

  for (rlim_t size = 0; size < 100; size += 33)
    {
      set_file_limit (size);
      assert_cannot_open (g_strerror (EFBIG));
    }
  set_file_limit (RLIM_INFINITY);
  g_assert_cmpuint (count_ledgers (0), ==, 0);
  g_assert_cmpuint (count_ledgers (1), ==, 0);
  g_assert_cmpuint (count_mappings (test_dir ()), ==, 0);

  ledger = test_open_own_ledger ();
  before = test_read_own_ledger (ledger);
  set_file_limit (0);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, EFBIG);
  set_file_limit (strlen (before) + strlen ("\nuid 5\n") - 1);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, EFBIG);
  g_assert_true (temp_ledger_is_current (ledger));
  after = test_read_own_ledger (ledger);
  g_assert_cmpstr (after, ==, before);

  set_file_limit (strlen (before) + strlen ("\nuid 5\n"));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  set_file_limit (RLIM_INFINITY);
  last = test_read_own_ledger (ledger);
  g_assert_true (g_str_has_suffix (last, "\nuid 5\n"));
}

/* Wherever the disk broke off a write, what is written again is read, and the rest is not. */
static void
test_short_write (gconstpointer data)
{
  static const char line[] = "dir 1 2 /somewhere\nname x\n";

  for (gsize n = 1; n <= strlen (line); n++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();
      g_autoptr (TempLedgerText) text = NULL;
      const TempLedgerDir *dir;

      next_write = n;
      g_assert_cmpint (test_append_to_own_ledger (ledger, line), ==, 0);
      g_assert_cmpuint (next_write, ==, 0);
      g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);

      text = test_parse_own_ledger (ledger);
      g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
      g_assert_cmpuint (text->dirs->len, >=, 1);
      for (guint i = 0; i < text->dirs->len; i++)
        {
          dir = g_ptr_array_index (text->dirs, i);
          g_assert_cmpstr (dir->path, ==, "/somewhere");
        }
      dir = g_ptr_array_index (text->dirs, text->dirs->len - 1);
      g_assert_cmpuint (dir->names->len, ==, 1);
      g_assert_true (temp_ledger_text_has_uid (text, 5));
      g_assert_true (test_give_up_own_ledger (ledger));
    }
}

static void
test_short_header (gconstpointer data)
{
  for (gsize n = 1; n < 150; n += 7)
    {
      g_autoptr (TempLedger) ledger = NULL;
      g_autoptr (TempLedgerText) text = NULL;

      next_write = n;
      ledger = test_open_own_ledger ();
      g_assert_cmpuint (next_write, ==, 0);
      text = test_parse_own_ledger (ledger);
      g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
      g_assert_true (test_give_up_own_ledger (ledger));
    }
}

static void
test_interrupted (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *before = test_read_own_ledger (ledger);
  g_autofree char *after = NULL;
  g_autofree char *expected = g_strconcat (before, "\nuid 5\n", NULL);

  n_interrupted_writes = 3;
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  g_assert_cmpuint (n_interrupted_writes, ==, 0);
  after = test_read_own_ledger (ledger);
  g_assert_cmpstr (after, ==, expected);
}

/* Fills the disk; returns the path of the file that does. */
static char *
fill_disk (void)
{
  char *path = test_path ("disk/filler");
  temp_autofd int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char bytes[512] = { 0 };

  while (write (fd, bytes, sizeof bytes) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  return path;
}

static void
mount_small_disk (void)
{
  g_autofree char *disk = test_path ("disk");

  g_assert_no_errno (mkdir (disk, 0700));
  if (!test_mount_tmpfs (disk, "size=128k"))
    test_child_skip ("cannot mount anything");
  g_setenv ("XDG_STATE_HOME", disk, TRUE);
}

static void
test_full_disk (gconstpointer data)
{
  static const char line[] = "dir 1 2 /some/place\n";
  g_autofree char *start = NULL;
  g_autoptr (TempLedger) ledger = NULL;
  g_autoptr (TempLedgerText) full = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  g_autofree char *filler = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *full_contents = NULL;
  guint n = 0;
  int errsv;

  if (sysconf (_SC_PAGESIZE) > 4096)
    test_child_skip ("a ledger is full before its page is");
  mount_small_disk ();
  ledger = test_open_own_ledger ();
  start = test_read_own_ledger (ledger);
  filler = fill_disk ();

  /* No line may end at the end of the page. */
  if ((4096 - strlen (start)) % (1 + strlen (line)) == 0)
    g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 7\n"), ==, 0);
  while ((errsv = test_append_to_own_ledger (ledger, line)) == 0)
    n++;
  g_assert_cmpint (errsv, ==, ENOSPC);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, ENOSPC);
  g_assert_true (temp_ledger_is_current (ledger));
  full_contents = test_read_own_ledger (ledger);
  g_assert_cmpint (full_contents[strlen (full_contents) - 1], !=, '\n');
  full = test_parse_own_ledger (ledger);
  g_assert_cmpint (full->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpuint (full->dirs->len, ==, n);

  g_assert_no_errno (unlink (filler));
  g_assert_cmpint (test_append_to_own_ledger (ledger, line), ==, 0);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  contents = test_read_own_ledger (ledger);
  g_assert_cmpuint (count (contents, "\\\n"), ==, 1);
  text = test_parse_own_ledger (ledger);
  g_assert_cmpuint (text->dirs->len, ==, n + 1);
  for (guint i = 0; i < text->dirs->len; i++)
    g_assert_cmpstr (((TempLedgerDir *) g_ptr_array_index (text->dirs, i))->path, ==, "/some/place");
  g_assert_true (temp_ledger_text_has_uid (text, 5));
}

/* On a full disk, the ledger goes to the runtime directory. */
static void
test_full_disk_from_the_start (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *runtime = temp_ledger_home_get_path (1);
  g_autofree char *path = NULL;
  g_autofree char *filler = NULL;

  mount_small_disk ();
  filler = fill_disk ();
  ledger = test_open_own_ledger ();
  path = temp_ledger_dup_path (ledger);
  g_assert_true (g_str_has_prefix (path, runtime));
  g_assert_cmpuint (count_ledgers (0), ==, 0);
}

/* Giving up works on a full disk, too. */
static void
test_give_up (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autoptr (TempLedger) next = NULL;
  g_autofree char *filler = NULL;

  mount_small_disk ();
  ledger = test_open_own_ledger ();
  g_assert_true (temp_ledger_enter (ledger));
  filler = fill_disk ();
  g_assert_true (test_give_up_own_ledger (ledger));
  assert_there (ledger, FALSE);
  g_assert_false (temp_ledger_is_current (ledger));
  g_assert_true (test_give_up_own_ledger (ledger));
  temp_ledger_leave (ledger);

  g_assert_no_errno (unlink (filler));
  next = test_open_own_ledger ();
  g_assert_true (next != ledger);
  g_assert_cmpint (test_append_to_own_ledger (next, "uid 5\n"), ==, 0);
}

/* A ledger that cannot be removed goes on. */
static void
test_cannot_give_up (gconstpointer data)
{
  g_autofree char *state = test_path ("own");
  g_autofree char *home = NULL;
  g_autoptr (TempLedger) ledger = NULL;

  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  ledger = test_open_own_ledger ();
  home = temp_ledger_home_get_path (0);
  g_assert_no_errno (chmod (home, 0500));
  g_assert_false (test_give_up_own_ledger (ledger));
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_no_errno (chmod (home, 0700));
  assert_there (ledger, TRUE);
  g_assert_true (temp_ledger_is_current (ledger));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
}

static void
test_add_uid (gconstpointer data)
{
  static const uid_t uids[] = { 5, 6, 5, 4294967294, 6, 5 };
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (uids); i++)
    {
      temp_ledger_lock_appends ();
      g_assert_true (temp_ledger_add_uid (ledger, uids[i]));
      g_assert_true (temp_ledger_add_uid (ledger, geteuid ()));
      temp_ledger_unlock_appends ();
    }
  text = test_parse_own_ledger (ledger);
  g_assert_cmpuint (text->uids->len, ==, 4);
  g_assert_true (temp_ledger_text_has_uid (text, geteuid ()));
  g_assert_true (temp_ledger_text_has_uid (text, 5));
  g_assert_true (temp_ledger_text_has_uid (text, 6));
  g_assert_true (temp_ledger_text_has_uid (text, 4294967294));
}

/* A `uid` line that could not be written is tried again. */
static void
test_add_uid_again (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = NULL;

  temp_ledger_lock_appends ();
  set_file_limit (0);
  g_assert_false (temp_ledger_add_uid (ledger, 5));
  set_file_limit (RLIM_INFINITY);
  g_assert_true (temp_ledger_add_uid (ledger, 5));
  temp_ledger_unlock_appends ();
  text = test_parse_own_ledger (ledger);
  g_assert_true (temp_ledger_text_has_uid (text, 5));
}

/* A program is killed after the disk took only the beginning of a name, and a sweep cannot finish: if its line ended
 * that of the name, the beginning would be taken for a name, which may be a user's. */
static void
test_torn_and_tried (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *path = temp_ledger_dup_path (ledger);
  g_autofree char *dir = g_path_get_dirname (path);
  g_autofree char *dead_path = g_build_filename (dir, TEMP_LEDGER_PREFIX "0123456789abcdef", NULL);
  g_autofree char *file = test_path ("dir/config");
  g_autofree char *contents = NULL;
  temp_autofd int fd = open (dead_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char birth[TEMP_LEDGER_BIRTH_SIZE];
  g_autofree char *parent = test_path ("dir");
  struct stat st, st_dir;

  test_make_file ("dir/config");
  g_assert_no_errno (stat (parent, &st_dir));
  g_assert_no_errno (fstat (fd, &st));
  temp_ledger_get_birth (fd, birth);
  contents = g_strdup_printf ("\ntempfile-glib 2 %" G_GUINT64_FORMAT " %s\nkey 000102030405060708090a0b0c0d0e0f\n"
                              "process 1 1 1 1 01234567-89ab-cdef-0123-456789abcdef\nuid %u\ndir 1 1 /nonexistent/x\n"
                              "\ndir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s/dir\nname config",
                              (guint64) st.st_ino, birth, (guint) geteuid (), (guint64) st_dir.st_dev,
                              (guint64) st_dir.st_ino, test_dir ());
  g_assert_cmpint (write (fd, contents, strlen (contents)), ==, strlen (contents));

  for (guint i = 0; i < 2; i++)
    {
      const TempSweepOptions options = { 0 };
      g_autoptr (GError) error = NULL;
      gboolean any_left = FALSE;
      guint n_removed;

      g_assert_true (temp_sweep_run (&options, &n_removed, &any_left, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (n_removed, ==, 0);
      g_assert_true (any_left);
      test_assert_exists (file, TRUE);
    }
  g_clear_pointer (&contents, g_free);
  g_assert_true (g_file_get_contents (dead_path, &contents, NULL, NULL));
  g_assert_cmpuint (count (contents, "\ntried "), ==, 1);
}

/* Life */

static void
fill (TempLedger *ledger)
{
  g_autofree char *letters = g_strnfill (1000, 'x');
  g_autofree char *line = g_strdup_printf ("dir 1 2 /%s\n", letters);
  guint n = 0;

  for (; temp_ledger_is_current (ledger); n++)
    g_assert_cmpint (test_append_to_own_ledger (ledger, line), ==, 0);
  g_assert_cmpuint (n * strlen (line), >, MAX_SIZE - 1000);
  g_assert_cmpuint (n * strlen (line), <, MAX_SIZE + 3000);
}

static void
test_roll_over (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedger) next = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  g_autoptr (TempLedgerText) next_text = NULL;
  g_autofree char *path = temp_ledger_dup_path (ledger);
  g_autofree char *next_path = NULL;

  g_assert_true (temp_ledger_enter (ledger));
  fill (ledger);
  next = test_open_own_ledger ();
  next_path = temp_ledger_dup_path (next);
  text = test_parse_own_ledger (ledger);
  next_text = test_parse_own_ledger (next);
  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  g_assert_cmpint (memcmp (&text->key, &next_text->key, sizeof text->key), !=, 0);
  g_assert_true (test_is_locked (path));
  g_assert_true (test_is_locked (next_path));

  /* Files made under it can still be kept. */
  g_assert_cmpint (test_append_to_own_ledger (ledger, "keep x\n"), ==, 0);
  g_assert_true (temp_ledger_enter (ledger));
  temp_ledger_leave (ledger);
  assert_there (ledger, TRUE);

  temp_ledger_leave (ledger);
  assert_there (ledger, FALSE);
  assert_there (next, TRUE);
  g_assert_true (temp_ledger_is_current (next));
  g_assert_cmpuint (count_mappings (path), ==, 0);
  g_assert_false (temp_ledger_enter (ledger));
}

static void
test_roll_over_with_nothing (gconstpointer data)
{
  guint n_fds = 0;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();

      if (i == 0)
        n_fds = test_count_fds ();
      fill (ledger);
      assert_there (ledger, FALSE);
      g_assert_cmpuint (count_ledgers (0), ==, 0);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
    }
}

/* Returns how many descriptors of ledgers this process has. */
static guint
count_ledger_fds (void)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *fd;
  guint n = 0;

  while ((fd = g_dir_read_name (fds)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", fd, NULL);
      g_autofree char *path = g_file_read_link (link, NULL);

      /* Valgrind has a descriptor of the program, whose name is like a ledger's. */
      n += path != NULL && strstr (path, "/ledger-") != NULL && !g_str_has_suffix (path, "/ledger-ledger");
    }

  return n;
}

/* An entry that may still be somewhere has its ledger stay, and the lock, but without a descriptor once the next ledger is
 * there. */
static void
test_roll_over_unsettled (gconstpointer data)
{
  enum { N_LEDGERS = 20 };
  TempLedger *all[N_LEDGERS];

  for (guint i = 0; i < N_LEDGERS; i++)
    {
      all[i] = test_open_own_ledger ();
      g_assert_true (temp_ledger_enter (all[i]));
      if (test_is_on_overlay (all[i]))
        test_child_skip ("the state is on overlayfs");
      g_assert_cmpuint (count_ledger_fds (), <=, 1);
      fill (all[i]);
    }
  for (guint i = 0; i < N_LEDGERS; i++)
    {
      g_autofree char *path = temp_ledger_dup_path (all[i]);

      g_assert_cmpuint (count_mappings (path), ==, 1);
      g_assert_true (test_is_locked (path));
      g_assert_cmpint (test_append_to_own_ledger (all[i], "keep x\n"), ==, 0);
      temp_ledger_unref (all[i]);
    }
}

/* Each generation has a descriptor of its own ledger, and none of those of its ancestors. */
static void
test_generations (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  pid_t pid;

  if (test_is_on_overlay (ledger))
    test_child_skip ("the state is on overlayfs");
  for (guint i = 0; i < 10; i++)
    {
      pid = test_make_child (FALSE);
      if (pid != 0)
        {
          test_assert_ends_well (pid);
          if (i > 0)
            test_child_exit (0);
          return;
        }
      alarm (300);
      temp_ledger_unref (ledger);
      ledger = test_open_own_ledger ();
      g_assert_cmpuint (count_ledger_fds (), ==, 1);
    }
  test_child_exit (0);
}

static void
test_finish_all (gconstpointer data)
{
  g_autoptr (TempLedger) empty = test_open_own_ledger ();
  g_autoptr (TempLedger) used = NULL;

  temp_ledger_finish_all ();
  assert_there (empty, FALSE);

  used = test_open_own_ledger ();
  g_assert_true (temp_ledger_enter (used));
  g_assert_true (temp_ledger_enter (used));
  temp_ledger_leave (used);
  temp_ledger_finish_all ();
  assert_there (used, TRUE);
  temp_ledger_leave (used);
  assert_there (used, FALSE);
}

static void
test_guarded (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();

  temp_ledger_lock_appends ();
  temp_ledger_set_guarded (ledger);
  temp_ledger_unlock_appends ();
  fill (ledger);
  assert_there (ledger, TRUE);
  temp_ledger_finish_all ();
  assert_there (ledger, FALSE);
}

/* Forks */

/* A child has a ledger of its own, with another key, and takes nothing of its parent's away. */
static void
test_fork (gconstpointer data)
{
  for (guint is_raw = 0; is_raw < 2; is_raw++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();
      g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);
      g_autofree char *path = temp_ledger_dup_path (ledger);
      pid_t pid;

      g_assert_true (temp_ledger_enter (ledger));
      pid = test_make_child (is_raw);
      if (pid == 0)
        {
          g_autoptr (TempLedger) own = NULL;
          g_autoptr (TempLedgerText) own_text = NULL;
          g_autofree char *own_path = NULL;

          g_assert_false (temp_ledger_is_current (ledger));
          own = test_open_own_ledger ();
          own_path = temp_ledger_dup_path (own);
          g_assert_cmpstr (own_path, !=, path);
          own_text = test_parse_own_ledger (own);
          g_assert_cmpint (memcmp (&own_text->key, &text->key, sizeof text->key), !=, 0);
          g_assert_cmpint (g_array_index (own_text->processes, TempLedgerProcess, 0).pid, ==, getpid ());

          temp_ledger_leave (ledger);
          temp_ledger_leave (ledger);
          temp_ledger_finish_all ();
          assert_there (own, FALSE);
          test_assert_exists (path, TRUE);
          test_child_exit (0);
        }

      test_assert_ends_well (pid);
      assert_there (ledger, TRUE);
      g_assert_true (temp_ledger_is_current (ledger));
      g_assert_true (test_is_locked (path));
      temp_ledger_leave (ledger);
      temp_ledger_finish_all ();
      assert_there (ledger, FALSE);
    }
}

typedef struct
{
  TempLedger *ledger;
  gint        stop;
} Appender;

static gpointer
append_until (gpointer data)
{
  Appender *appender = data;

  while (!g_atomic_int_get (&appender->stop))
    if (test_append_to_own_ledger (appender->ledger, "uid 5\n") != 0)
      return GINT_TO_POINTER (FALSE);

  return GINT_TO_POINTER (TRUE);
}

/* A child made while another thread appends would wait for it forever: the alarm ends it. */
static void
test_fork_while_appending (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  Appender appender = { ledger, FALSE };
  GThread *thread;

  /* Without this, the ledger is retired once it is full. */
  g_assert_true (temp_ledger_enter (ledger));
  thread = g_thread_new ("append", append_until, &appender);
  for (guint i = 0; i < 200; i++)
    {
      pid_t pid = test_make_child (FALSE);

      if (pid == 0)
        {
          alarm (300);
          temp_ledger_lock_appends ();
          temp_ledger_unlock_appends ();
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }
  g_atomic_int_set (&appender.stop, TRUE);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
}

/* Forks in a signal handler */

static gboolean forks_well; /* in the handler */
static guint n_forks;

/* The child takes each of the library's locks. Async-signal-safe enough: what was interrupted is this test. */
static void
fork_in_handler (int number)
{
  pid_t pid = fork ();
  int status = -1;

  if (pid == 0)
    {
      alarm (300);
      temp_ledger_lock_appends ();
      temp_process_lock ();
      temp_process_unlock ();
      temp_ledger_unlock_appends ();
      test_child_exit (0);
    }
  n_forks++;
  forks_well = pid > 0 && waitpid (pid, &status, 0) == pid && status == 0;
}

static gpointer
take_both_locks (gpointer data)
{
  temp_ledger_lock_appends ();
  temp_process_lock ();
  temp_process_unlock ();
  temp_ledger_unlock_appends ();
  return NULL;
}

typedef struct
{
  gint *tid;
  gint *done;
} Waiter;

static gpointer
wait_for_appends (gpointer data)
{
  Waiter *waiter = data;

  g_atomic_int_set (waiter->tid, (gint) syscall (SYS_gettid));
  temp_ledger_lock_appends ();
  g_atomic_int_set (waiter->done, TRUE);
  temp_ledger_unlock_appends ();
  return NULL;
}

/* This thread still has the lock of appends: another one waits for it. Unlocks it. */
static void
assert_appends_locked (void)
{
  gint tid = 0, done = FALSE; /* atomic */
  Waiter waiter = { &tid, &done };
  GThread *thread = g_thread_new ("appends", wait_for_appends, &waiter);

  while (!g_atomic_int_get (&done) && (g_atomic_int_get (&tid) == 0 || !test_is_waiting (g_atomic_int_get (&tid))))
    g_thread_yield ();
  g_assert_false (g_atomic_int_get (&done));
  temp_ledger_unlock_appends ();
  g_thread_join (thread);
}

/* Neither lock was left behind: another thread gets both. */
static void
assert_forked_well (guint n)
{
  g_assert_true (forks_well);
  g_assert_cmpuint (n_forks, ==, n);
  g_thread_join (g_thread_new ("locks", take_both_locks, NULL));
}

static gboolean raises_at_fork;

static void
raise_at_fork (void)
{
  if (raises_at_fork)
    {
      raises_at_fork = FALSE;
      raise (SIGUSR1);
    }
}

/* The handler interrupts a thread that has a lock, or both, or that is about to fork itself. */
static void
test_fork_in_handler (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  pid_t pid;

  if (!test_can_see_waiting ())
    test_child_skip ("the kernel does not tell who waits");
  alarm (300);
  signal (SIGUSR1, fork_in_handler);

  /* Such handlers run in the opposite order: the library takes the lock of appends before this one, and the process's
   * after it. */
  g_assert_cmpint (pthread_atfork (raise_at_fork, NULL, NULL), ==, 0);
  ledger = test_open_own_ledger ();

  temp_ledger_lock_appends ();
  raise (SIGUSR1);
  temp_process_lock ();
  raise (SIGUSR1);
  g_assert_false (temp_process_lock_at_exit ()); /* this thread has it */
  temp_process_unlock ();
  assert_appends_locked ();
  assert_forked_well (2);

  temp_process_lock ();
  raise (SIGUSR1);
  g_assert_false (temp_process_lock_at_exit ());
  temp_process_unlock ();
  assert_forked_well (3);

  raises_at_fork = TRUE;
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      take_both_locks (NULL);
      g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  assert_forked_well (4);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
}

/* Names */

static void
test_draw (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < N_NAMES; i++)
    {
      TempTagKind kind = i % 3 == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, found;
      char letters[TEMP_TAG_N_LETTERS];
      g_autofree char *name = NULL;

      g_assert_true (temp_ledger_draw (ledger, letters, kind, "/tmp", "tmp", 3, ".x"));
      name = g_strdup_printf ("tmp%.*s.x", TEMP_TAG_N_LETTERS, letters);
      g_assert_true (temp_tag_verify (name, &text->key, "/tmp", &found));
      g_assert_cmpint (found, ==, kind);

      /* Names of one prefix and suffix differ by the counter. */
      g_assert_true (g_hash_table_add (counters, g_strndup (letters, 6)));
    }
}

typedef struct
{
  TempLedger *ledger;
  gint       *n_waiting;
  char        letters[N_NAMES][TEMP_TAG_N_LETTERS];
} Drawer;

static gpointer
draw_names (gpointer data)
{
  Drawer *drawer = data;

  g_atomic_int_add (drawer->n_waiting, -1);
  while (g_atomic_int_get (drawer->n_waiting) > 0)
    ;
  for (guint i = 0; i < N_NAMES; i++)
    g_assert_true (temp_ledger_draw (drawer->ledger, drawer->letters[i], TEMP_TAG_FILE, "/tmp", "tmp", 3, ""));
  return NULL;
}

/* Two threads draw names, and do nothing else. */
static void
test_draw_in_threads (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree Drawer *drawers = g_new (Drawer, 2);
  gint n_waiting = 2;
  GThread *thread;

  for (guint i = 0; i < 2; i++)
    {
      drawers[i].ledger = ledger;
      drawers[i].n_waiting = &n_waiting;
    }
  thread = g_thread_new ("draw", draw_names, &drawers[0]);
  draw_names (&drawers[1]);
  g_thread_join (thread);

  for (guint i = 0; i < 2; i++)
    for (guint j = 0; j < N_NAMES; j++)
      g_assert_true (g_hash_table_add (counters, g_strndup (drawers[i].letters[j], 6)));
}

/* The first counter of a ledger cannot be guessed. */
static void
test_first_counter (gconstpointer data)
{
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();
      char letters[TEMP_TAG_N_LETTERS];

      g_assert_true (temp_ledger_draw (ledger, letters, TEMP_TAG_FILE, "/tmp", "tmp", 3, ""));
      g_hash_table_add (counters, g_strndup (letters, 6));
      temp_ledger_finish_all ();
    }

  /* Two of them may be equal by chance, in one of a million runs; not all. */
  g_assert_cmpuint (g_hash_table_size (counters), >, 10);
}

typedef struct
{
  const char *dir;
  gboolean    is_callers;
  guint       n_names;
  GPtrArray  *names;
  int         fd; /* of the other process; else -1 */
} Maker;

static void
make_one (Maker *maker)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (maker->is_callers)
    {
      temp_autofd int fd = temp_mkstemp (maker->dir, NULL, NULL, &path, &error);

      g_assert_no_error (error);
      g_assert_cmpint (fd, >=, 0);
    }
  else
    {
      g_autoptr (TempFile) file = temp_file_new_named (maker->dir, NULL, NULL, &error);

      g_assert_no_error (error);
      path = g_strdup (temp_file_get_path (file));
    }
  g_ptr_array_add (maker->names, g_path_get_basename (path));
}

static gpointer
make_names (gpointer data)
{
  Maker *maker = data;

  maker->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < maker->n_names; i++)
    make_one (maker);
  return NULL;
}

static void
add_names (GHashTable *all,
           GPtrArray  *names)
{
  for (guint i = 0; i < names->len; i++)
    g_assert_true (g_hash_table_add (all, g_strdup (g_ptr_array_index (names, i))));
}

/* Two threads and, at the same time, two processes draw names. A caller's names have fewer letters: their files stay,
 * so that a name that is drawn twice is taken, and another one is drawn. */
static void
make_in_parallel (gboolean is_callers,
                  guint    n_names)
{
  g_autoptr (GHashTable) all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *dir = test_path ("names");
  g_autofree char *list = test_path ("list");
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  Maker makers[2] = { { dir, is_callers, n_names, NULL, -1 }, { dir, is_callers, n_names, NULL, -1 } };
  Maker first = { dir, is_callers, 1, NULL, -1 };
  GThread *thread;
  pid_t pid;

  g_assert_no_errno (mkdir (dir, 0700));
  /* Makes one name before the fork, so that the child inherits a ledger. */
  make_names (&first);
  g_ptr_array_unref (first.names);

  pid = test_fork_idle ();
  if (pid == 0)
    {
      g_autofree char *joined = NULL;

      make_names (&makers[0]);
      g_ptr_array_add (makers[0].names, NULL);
      joined = g_strjoinv ("\n", (char **) makers[0].names->pdata);
      test_write (list, joined);
      test_child_exit (0);
    }

  thread = g_thread_new ("names", make_names, &makers[1]);
  make_names (&makers[0]);
  g_thread_join (thread);
  test_assert_ends_well (pid);

  g_assert_true (g_file_get_contents (list, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", 0);
  g_assert_cmpuint (g_strv_length (lines), ==, n_names);
  for (guint i = 0; i < n_names; i++)
    g_assert_true (g_hash_table_add (all, g_strdup (lines[i])));
  add_names (all, makers[0].names);
  add_names (all, makers[1].names);
  g_assert_cmpuint (g_hash_table_size (all), ==, 3 * n_names);
  g_ptr_array_unref (makers[0].names);
  g_ptr_array_unref (makers[1].names);
  if (!is_callers)
    test_assert_list ("names", "");
}

static void
test_names (gconstpointer data)
{
  make_in_parallel (FALSE, test_is_full () ? N_NAMES : N_NAMES / 4);
}

static void
test_callers_names (gconstpointer data)
{
  make_in_parallel (TRUE, test_is_full () ? N_NAMES : N_NAMES / 10);
}

/* The environment */

static void
ask_keeps_everything (const char *value,
                      gboolean    expected)
{
  pid_t pid = test_make_child (FALSE);

  if (pid == 0)
    {
      if (value != NULL)
        g_setenv ("TEMPFILE_GLIB_KEEP", value, TRUE);
      else
        g_unsetenv ("TEMPFILE_GLIB_KEEP");
      g_assert_cmpint (temp_process_keeps_everything (), ==, expected);

      /* The library does not look at later changes. */
      g_setenv ("TEMPFILE_GLIB_KEEP", expected ? "0" : "1", TRUE);
      g_assert_cmpint (temp_process_keeps_everything (), ==, expected);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
}

static void
test_keeps_everything (gconstpointer data)
{
  ask_keeps_everything (NULL, FALSE);
  ask_keeps_everything ("", FALSE);
  ask_keeps_everything ("0", FALSE);
  ask_keeps_everything ("1", TRUE);
  ask_keeps_everything ("yes", TRUE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/ledger/ledger/header", test_header);
  test_add_with_ledgers ("/ledger/ledger/descriptor", test_descriptor);
  test_add_with_ledgers ("/ledger/ledger/umask", test_umask);
  test_add_with_ledgers ("/ledger/ledger/one-for-all", test_one_for_all);
  test_add_with_ledgers ("/ledger/ledger/runtime-dir", test_runtime_dir);
  test_add_with_ledgers ("/ledger/ledger/nowhere", test_nowhere);
  test_add_with_ledgers ("/ledger/ledger/sweep-is-faster", test_sweep_is_faster);
  test_add_with_ledgers ("/ledger/ledger/no-random-bytes", test_no_random_bytes);
  test_add_with_ledgers ("/ledger/ledger/lock", test_lock);
  test_add_with_ledgers ("/ledger/ledger/lock-after-closing", test_lock_after_closing);
  test_add_with_ledgers ("/ledger/ledger/lock-in-child", test_lock_in_child);
  test_add_with_ledgers ("/ledger/ledger/overlay", test_overlay);
  test_add_with_ledgers ("/ledger/ledger/no-line-of-child", test_no_line_of_child);
  test_add_with_ledgers ("/ledger/ledger/append", test_append);
  test_add_with_ledgers ("/ledger/ledger/number-given-away", test_number_given_away);
  test_add_with_ledgers ("/ledger/ledger/all-closed", test_all_closed);
  test_add_with_ledgers ("/ledger/ledger/removed", test_removed);
  test_add_with_ledgers ("/ledger/ledger/file-limit", test_file_limit);
  test_add_with_ledgers ("/ledger/ledger/short-write", test_short_write);
  test_add_with_ledgers ("/ledger/ledger/short-header", test_short_header);
  test_add_with_ledgers ("/ledger/ledger/interrupted", test_interrupted);
  test_add_with_ledgers ("/ledger/ledger/full-disk", test_full_disk);
  test_add_with_ledgers ("/ledger/ledger/full-disk-from-the-start", test_full_disk_from_the_start);
  test_add_with_ledgers ("/ledger/ledger/give-up", test_give_up);
  test_add_with_ledgers ("/ledger/ledger/cannot-give-up", test_cannot_give_up);
  test_add_with_ledgers ("/ledger/ledger/add-uid", test_add_uid);
  test_add_with_ledgers ("/ledger/ledger/add-uid-again", test_add_uid_again);
  test_add_with_ledgers ("/ledger/ledger/torn-and-tried", test_torn_and_tried);
  test_add_with_ledgers ("/ledger/ledger/roll-over", test_roll_over);
  test_add_with_ledgers ("/ledger/ledger/roll-over-with-nothing", test_roll_over_with_nothing);
  test_add_with_ledgers ("/ledger/ledger/roll-over-unsettled", test_roll_over_unsettled);
  test_add_with_ledgers ("/ledger/ledger/generations", test_generations);
  test_add_with_ledgers ("/ledger/ledger/finish-all", test_finish_all);
  test_add_with_ledgers ("/ledger/ledger/guarded", test_guarded);
  test_add_with_ledgers ("/ledger/ledger/fork", test_fork);
  test_add_with_ledgers ("/ledger/ledger/fork-in-handler", test_fork_in_handler);
  test_add_with_ledgers ("/ledger/ledger/draw", test_draw);
  test_add_with_ledgers ("/ledger/ledger/first-counter", test_first_counter);
  test_add_with_ledgers ("/ledger/ledger/keeps-everything", test_keeps_everything);

  /* Not in a child: TSan takes the locks of a forked process for held. Last, for this one has a ledger from now on. */
  g_test_add_data_func ("/ledger/ledger/fork-while-appending", NULL, test_fork_while_appending);
  g_test_add_data_func ("/ledger/ledger/draw-in-threads", NULL, test_draw_in_threads);
  g_test_add_data_func ("/ledger/ledger/names", NULL, test_names);
  g_test_add_data_func ("/ledger/ledger/callers-names", NULL, test_callers_names);

  return g_test_run ();
}
