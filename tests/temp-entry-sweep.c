/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-entry-sweep-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entry.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-format-private.h"
#include "temp-ledger-private.h"
#include "test-support.h"

/* Dead processes */

/* What a process made. */
typedef struct
{
  char      *file;
  char      *dir;
  TestChild  child;
} Left;

static void
left_clear (Left *left)
{
  g_free (left->file);
  g_free (left->dir);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Left, left_clear)

static TempEntry *
make_file (void)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_file (entry, test_dir (), NULL, "file_", NULL, 0600, &error));
  g_assert_no_error (error);
  g_assert_cmpint (write (temp_entry_get_fd (entry), "text", 4), ==, 4);
  return entry;
}

static TempEntry *
make_dir (mode_t mode)
{
  g_autoptr (GError) error = NULL;
  TempEntry *entry = temp_entry_new ();

  g_assert_true (temp_entry_create_dir (entry, test_dir (), NULL, "dir_", NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_no_errno (mkdirat (temp_entry_get_fd (entry), "sub", 0700));
  g_assert_no_errno (fchmod (temp_entry_get_fd (entry), mode));
  return entry;
}

/* A process makes a file and a directory, and goes on until it is killed. */
static void
make_and_wait (int           commands,
               int           out,
               gconstpointer data)
{
  TempEntry *file = make_file ();
  TempEntry *dir = make_dir (GPOINTER_TO_UINT (data));
  char byte;

  dprintf (out, "%s\n%s\n", temp_entry_get_path (file), temp_entry_get_path (dir));
  if (read (commands, &byte, 1) != 0)
    _exit (1);
}

static void
start (Left   *left,
       mode_t  mode)
{
  test_child_start (&left->child, make_and_wait, GUINT_TO_POINTER (mode));
  left->file = test_child_read_line (&left->child);
  left->dir = test_child_read_line (&left->child);
}

static void
kill_it (Left *left)
{
  g_assert_no_errno (kill (left->child.pid, SIGKILL));
  g_assert_true (WIFSIGNALED (test_child_end (&left->child)));
}

static void
leave (Left   *left,
       mode_t  mode)
{
  start (left, mode);
  kill_it (left);
  test_assert_exists (left->file, TRUE);
  test_assert_exists (left->dir, TRUE);
}

/* Ledgers */

/* How many there are; that of this process is one if it has one. */
static guint
count_ledgers (void)
{
  g_autofree char *dir = temp_ledger_dir_get_path (0);
  g_autofree char *names = g_file_test (dir, G_FILE_TEST_IS_DIR) ? test_list (dir) : g_strdup ("");
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  return *names == '\0' ? 0 : g_strv_length (list);
}

static void
assert_sweeps (guint expected)
{
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  g_assert_true (temp_entry_sweep (NULL, NULL, &n_removed, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_removed, ==, expected);
}

/* Writes the ledger of a process that is dead. */
static void
write_ledger (const TempLedgerOrigin *origin,
              const TempLedgerRecord *record)
{
  guint n_slots = temp_ledger_count_slots (&record->name);
  gsize size = (1 + n_slots) * TEMP_LEDGER_SLOT;
  g_autofree guint8 *buffer = g_malloc (size);
  g_autofree char *dir = temp_ledger_dir_get_path (0);
  g_autofree char *path = NULL;
  int dir_fd = temp_ledger_dir_open (0, TRUE, NULL);
  int fd = temp_ledger_create (dir_fd, dir, &path, NULL);

  g_assert_no_errno (fd);
  temp_ledger_encode_header (buffer, origin);
  temp_ledger_encode_record (buffer + TEMP_LEDGER_SLOT, 1, record);
  g_assert_cmpint (write (fd, buffer, size), ==, size);
  close (fd);
  close (dir_fd);
}

/* Of what is there under that path, as it is now. */
static void
describe (TempLedgerRecord *record,
          TempLedgerState   state,
          const char       *path,
          const char       *random)
{
  g_autofree char *dir = g_path_get_dirname (path);
  struct stat st;

  *record = (TempLedgerRecord) { .state = state };
  temp_name_set_path (&record->name, path);
  record->name.random = random != NULL ? strstr (record->name.base, random) : NULL;
  g_assert_true (temp_identity_get (AT_FDCWD, dir, &record->parent, &st));
  if (!temp_identity_get (AT_FDCWD, path, &record->identity, &st))
    g_assert_cmpint (errno, ==, ENOENT);
}

/* Tests */

static void
test_killed (void)
{
  g_auto (Left) left = { 0 };
  guint n_ledgers = count_ledgers ();

  leave (&left, 0700);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers + 1);

  assert_sweeps (2);
  test_assert_exists (left.file, FALSE);
  test_assert_exists (left.dir, FALSE);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);
  assert_sweeps (0);
}

static void
test_living (void)
{
  g_auto (Left) left = { 0 };
  TempEntry *own = make_file ();

  start (&left, 0700);
  assert_sweeps (0);
  test_assert_exists (left.file, TRUE);
  test_assert_exists (left.dir, TRUE);
  test_assert_exists (temp_entry_get_path (own), TRUE);

  kill_it (&left);
  assert_sweeps (2);
  test_assert_exists (temp_entry_get_path (own), TRUE);

  g_assert_true (temp_entry_delete (own, NULL, NULL));
  temp_entry_release_fd (own, NULL);
  temp_entry_unref (own);
}

static void
collect (const char *path,
         gpointer    data)
{
  g_ptr_array_add (data, g_strdup (path));
}

static void
test_report (void)
{
  g_auto (Left) left = { 0 };
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  struct stat st;

  leave (&left, 0500);
  g_assert_true (temp_entry_sweep (collect, paths, NULL, NULL, NULL));
  g_assert_cmpuint (paths->len, ==, 2);
  g_assert_cmpstr (paths->pdata[0], ==, left.dir);
  g_assert_cmpstr (paths->pdata[1], ==, left.file);
  test_assert_exists (left.file, TRUE);
  g_assert_no_errno (stat (left.dir, &st));
  g_assert_cmphex (st.st_mode & 07777, ==, 0500);

  assert_sweeps (2);
}

/* Somebody has put another one there. */
static void
test_replaced (void)
{
  g_auto (Left) left = { 0 };
  g_autofree char *other = test_path ("other");
  g_autofree char *away = test_path ("away");

  leave (&left, 0700);
  test_write (other, "precious");
  g_assert_no_errno (rename (other, left.file));
  g_assert_no_errno (rename (left.dir, away));
  g_assert_no_errno (mkdir (left.dir, 0700));

  assert_sweeps (0);
  test_assert_exists (left.file, TRUE);
  test_assert_exists (left.dir, TRUE);
  test_assert_exists (away, TRUE);
}

/* As soon as nobody holds it any more, another file may get its inode, and even its name. Only its time of birth
 * is another one, on kernels with coarse times from the next tick on. */
static void
test_inode_used_again (void)
{
  g_auto (Left) left = { 0 };
  struct stat old, new = { 0 };

  leave (&left, 0700);
  g_assert_no_errno (stat (left.file, &old));
  g_assert_no_errno (unlink (left.file));
  test_wait_tick ();

  for (guint i = 0; i < 1000 && new.st_ino != old.st_ino; i++)
    {
      g_autofree char *base = g_strdup_printf ("precious-%u", i);
      g_autofree char *path = test_path (base);
      int fd = open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

      g_assert_no_errno (fd);
      g_assert_no_errno (fstat (fd, &new));
      g_assert_no_errno (rename (path, left.file));
      if (new.st_ino != old.st_ino)
        g_assert_no_errno (rename (left.file, path));
      close (fd);
    }

  assert_sweeps (1);
  if (old.st_ino == new.st_ino)
    test_assert_exists (left.file, TRUE);
  else
    g_test_skip ("this filesystem has not used the inode again");
}

static void
test_symlink (void)
{
  g_auto (Left) left = { 0 };
  g_autofree char *precious = test_path ("precious");
  g_autofree char *precious_dir = test_path ("precious-dir");
  g_autofree char *inside = g_build_filename (precious_dir, "inside", NULL);

  leave (&left, 0700);
  g_assert_no_errno (rename (left.file, precious));
  g_assert_no_errno (symlink (precious, left.file));
  g_assert_no_errno (rename (left.dir, precious_dir));
  g_assert_no_errno (symlink (precious_dir, left.dir));
  test_write (inside, "");

  assert_sweeps (0);
  test_assert_exists (precious, TRUE);
  test_assert_exists (inside, TRUE);
  test_assert_exists (left.file, TRUE);
}

/* The same names, and by hard links even the same inodes, but in another directory. */
static void
test_other_parent (void)
{
  g_autofree char *dir = test_path ("dir");
  g_autofree char *away = test_path ("away");
  g_autofree char *path = g_build_filename (dir, "x_abcdefgh", NULL);
  g_autofree char *away_path = g_build_filename (away, "x_abcdefgh", NULL);
  TempLedgerOrigin origin;
  TempLedgerRecord record;

  g_assert_no_errno (mkdir (dir, 0700));
  test_write (path, "precious");
  temp_ledger_origin_get (&origin);
  describe (&record, TEMP_LEDGER_COMPLETE, path, "abcdefgh");
  write_ledger (&origin, &record);
  temp_ledger_record_clear (&record);

  g_assert_no_errno (rename (dir, away));
  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_no_errno (link (away_path, path));
  assert_sweeps (0);
  test_assert_exists (path, TRUE);
}

typedef struct
{
  const char *name;
  gboolean    has_random;
  gboolean    is_dir;
  const char *contents;
  gboolean    goes;
} Reserved;

/* It died before it could write down what it had made. */
static void
test_reserved (gconstpointer data)
{
  const Reserved *c = data;
  g_autofree char *path = test_path ("x_abcdefgh.txt");
  g_autofree char *inside = g_build_filename (path, "inside", NULL);
  TempLedgerOrigin origin;
  TempLedgerRecord record;
  guint n_ledgers = count_ledgers ();

  if (c->is_dir)
    g_assert_no_errno (mkdir (path, 0700));
  if (c->contents != NULL)
    test_write (c->is_dir ? inside : path, c->contents);

  temp_ledger_origin_get (&origin);
  describe (&record, TEMP_LEDGER_RESERVED, path, c->has_random ? "abcdefgh" : NULL);
  write_ledger (&origin, &record);
  temp_ledger_record_clear (&record);

  g_assert_true (temp_entry_sweep (NULL, NULL, NULL, NULL, NULL));
  test_assert_exists (path, !c->goes);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);
}

typedef struct
{
  const char *name;
  gboolean    same_boot;
  gboolean    same_dev;
  gboolean    has_birth;
  gboolean    goes;
} Boot;

static void
test_boot (gconstpointer data)
{
  const Boot *c = data;
  g_autofree char *path = test_path ("x_abcdefgh");
  TempLedgerOrigin origin;
  TempLedgerRecord record;

  test_write (path, "text");
  temp_ledger_origin_get (&origin);
  describe (&record, TEMP_LEDGER_COMPLETE, path, "abcdefgh");
  if (!record.identity.has_birth && c->has_birth)
    {
      g_test_skip ("this filesystem knows no time of birth");
      return;
    }

  if (!c->same_boot)
    origin.boot_id[0] ^= 1;
  if (!c->same_dev)
    record.identity.dev = record.parent.dev = record.parent.dev + 1;
  record.identity.has_birth = c->has_birth;
  write_ledger (&origin, &record);
  temp_ledger_record_clear (&record);

  assert_sweeps (c->goes ? 1 : 0);
  test_assert_exists (path, !c->goes);
}

/* What cannot be seen here may be seen by others, as long as there is one who sees those mounts. */
static void
test_elsewhere (void)
{
  g_autofree char *dir = test_path ("dir");
  g_autofree char *path = g_build_filename (dir, "x_abcdefgh", NULL);
  g_autofree char *link = NULL;
  TempLedgerOrigin origin;
  TempLedgerRecord record;
  guint n_ledgers = count_ledgers ();
  int ready[2], stop[2];
  char byte;
  pid_t pid;

  g_assert_no_errno (mkdir (dir, 0700));
  test_write (path, "text");
  describe (&record, TEMP_LEDGER_COMPLETE, path, "abcdefgh");
  g_assert_no_errno (unlink (path));
  g_assert_no_errno (rmdir (dir));

  /* Here. */
  temp_ledger_origin_get (&origin);
  write_ledger (&origin, &record);
  assert_sweeps (0);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);

  /* Where nobody is any more. */
  origin.mount_namespace = 1;
  write_ledger (&origin, &record);
  assert_sweeps (0);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);

  g_assert_no_errno (pipe2 (ready, O_CLOEXEC));
  g_assert_no_errno (pipe2 (stop, O_CLOEXEC));
  pid = test_fork_idle ();
  if (pid == 0)
    {
      close (stop[1]);
      if (write (ready[1], test_mount_tmpfs (test_dir (), NULL) ? "y" : "n", 1) != 1)
        _exit (1);
      _exit (read (stop[0], &byte, 1) == 0 ? 0 : 1);
    }

  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  link = g_strdup_printf ("/proc/%d/ns/mnt", pid);
  origin.mount_namespace = temp_ledger_read_namespace (link);
  if (byte == 'y' && origin.mount_namespace != 0)
    {
      write_ledger (&origin, &record);
      assert_sweeps (0);
      g_assert_cmpuint (count_ledgers (), ==, n_ledgers + 1);
    }
  else
    {
      g_test_skip ("no other mounts can be had here");
    }

  close (stop[1]);
  g_assert_no_errno (waitpid (pid, NULL, 0));
  assert_sweeps (0);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);
  temp_ledger_record_clear (&record);
  for (guint i = 0; i < 2; i++)
    close (i == 0 ? ready[0] : ready[1]);
  close (stop[0]);
}

static void
child_other_owner (gconstpointer data)
{
  g_auto (Left) left = { 0 };

  if (geteuid () != 0)
    test_child_skip ("only root can give a file away");

  leave (&left, 0700);
  if (chown (left.file, 65534, 65534) < 0 || chown (left.dir, 65534, 65534) < 0)
    {
      assert_sweeps (2);
      test_child_skip ("not allowed to give a file away");
    }
  assert_sweeps (0);
  test_assert_exists (left.file, TRUE);
  test_assert_exists (left.dir, TRUE);
}

static void
test_other_owner (void)
{
  test_in_child (child_other_owner, NULL);
}

static void
make_and_hand_on (int           commands,
                  int           out,
                  gconstpointer data)
{
  TempEntry *dir = make_dir (0700);
  char byte;

  if (fork () == 0)
    {
      dprintf (out, "%s\n", temp_entry_get_path (dir));
      _exit (read (commands, &byte, 1) == 0 ? 0 : 1);
    }
}

/* A child that inherited the directory's descriptor keeps it. */
static void
test_lease (void)
{
  g_auto (Left) left = { 0 };
  guint n_ledgers = count_ledgers ();
  siginfo_t ended;

  test_child_start (&left.child, make_and_hand_on, NULL);
  g_assert_no_errno (waitid (P_PID, left.child.pid, &ended, WEXITED | WNOWAIT));
  left.dir = test_child_read_line (&left.child);

  assert_sweeps (0);
  test_assert_exists (left.dir, TRUE);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers + 1);

  /* The child's child lets go some time after this. */
  test_child_end (&left.child);
  while (count_ledgers () > n_ledgers)
    g_assert_true (temp_entry_sweep (NULL, NULL, NULL, NULL, NULL));
  test_assert_exists (left.dir, FALSE);
}

/* What this process makes after this starts no sweep of its own. */
static void
make_first (void)
{
  TempEntry *first = make_file ();

  g_assert_true (temp_entry_delete (first, NULL, NULL));
  temp_entry_release_fd (first, NULL);
  temp_entry_unref (first);
}

/* A program that goes on working in a directory of a dead one. */
static void
test_living_inside (void)
{
  g_auto (Left) left = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  g_autofree char *sub = NULL;
  guint n_ledgers;
  TempEntry *own = temp_entry_new ();

  make_first ();
  n_ledgers = count_ledgers ();
  leave (&left, 0700);
  sub = g_build_filename (left.dir, "sub", NULL);
  g_assert_true (temp_entry_create_dir (own, sub, NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  file = g_build_filename (temp_entry_get_path (own), "file", NULL);
  test_write (file, "text");

  assert_sweeps (1);
  test_assert_exists (left.file, FALSE);
  test_assert_exists (file, TRUE);
  g_assert_cmpuint (count_ledgers (), >, n_ledgers);
  assert_sweeps (0);
  test_assert_exists (file, TRUE);

  g_assert_true (temp_entry_delete (own, NULL, &error));
  g_assert_no_error (error);
  temp_entry_unref (own);
  assert_sweeps (1);
  test_assert_exists (left.dir, FALSE);
}

static void
test_unreadable_ledgers (void)
{
  const char *torn = "nothing of the kind";
  g_autofree char *dir = temp_ledger_dir_get_path (0);
  g_autofree char *bad = g_build_filename (dir, "ledger-torn____", NULL);
  g_autofree char *empty = g_build_filename (dir, "ledger-empty___", NULL);
  g_autofree char *foreign = g_build_filename (dir, "ledger-foreign_", NULL);
  g_autofree char *other = g_build_filename (dir, "notes", NULL);
  guint8 header[TEMP_LEDGER_SLOT];
  TempLedgerOrigin origin;

  close (temp_ledger_dir_open (0, TRUE, NULL));
  test_write (bad, torn);
  test_write (empty, "");
  test_write (other, "");
  temp_ledger_origin_get (&origin);
  temp_ledger_encode_header (header, &origin);
  header[16]++; /* the version */
  g_assert_true (g_file_set_contents (foreign, (const char *) header, sizeof header, NULL));

  assert_sweeps (0);
  test_assert_exists (bad, FALSE);
  test_assert_exists (empty, FALSE);
  test_assert_exists (foreign, TRUE);
  test_assert_exists (other, TRUE);
  g_assert_no_errno (unlink (foreign));
  g_assert_no_errno (unlink (other));
}

static void
test_cancelled (void)
{
  g_auto (Left) left = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  leave (&left, 0700);
  g_cancellable_cancel (cancellable);
  g_assert_false (temp_entry_sweep (NULL, NULL, &n_removed, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (n_removed, ==, 0);
  test_assert_exists (left.file, TRUE);

  assert_sweeps (2);
}

static void
sweep_without_rights (void)
{
  g_auto (Left) open_left = { 0 };
  g_auto (Left) left = { 0 };
  g_autoptr (GError) error = NULL;

  /* Its own mode is in the way. */
  leave (&open_left, 0000);
  assert_sweeps (2);

  /* The parent's is. */
  leave (&left, 0700);
  g_assert_no_errno (chmod (test_dir (), 0500));
  g_assert_false (temp_entry_sweep (NULL, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, left.dir);
  g_assert_cmpuint (count_ledgers (), ==, 1);

  g_assert_no_errno (chmod (test_dir (), 0700));
  test_assert_exists (left.file, TRUE);
  assert_sweeps (2);
  g_assert_cmpuint (count_ledgers (), ==, 0);
}

/* In a process of its own, as GLib looks only once for where the states of programs are. */
static void
test_without_rights (void)
{
  if (g_test_subprocess ())
    {
      g_autofree char *state = NULL;

      if (!test_become_nobody ())
        {
          g_print ("not to be had\n");
          return;
        }
      state = test_path ("state");
      g_setenv ("XDG_STATE_HOME", state, TRUE);
      sweep_without_rights ();
      return;
    }

  g_assert_no_errno (chmod (test_dir (), 0777));
  if (geteuid () == 0 && chown (test_dir (), 65534, 65534) < 0)
    {
      g_test_skip ("not allowed to give a directory away");
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Two sweeps at once: each thing is deleted by one of them. */
static gpointer
sweep_in_thread (gpointer data)
{
  guint n_removed;

  g_assert_true (temp_entry_sweep (NULL, NULL, &n_removed, NULL, NULL));
  return GUINT_TO_POINTER (n_removed);
}

static void
test_two_sweeps (void)
{
  enum { N = 20 };
  Left lefts[N] = { 0 };
  GThread *thread;
  guint sum;

  /* Not one after the other: each would sweep what the one before has left. */
  for (guint i = 0; i < N; i++)
    start (&lefts[i], 0700);
  for (guint i = 0; i < N; i++)
    kill_it (&lefts[i]);

  thread = g_thread_new ("sweep", sweep_in_thread, NULL);
  sum = GPOINTER_TO_UINT (sweep_in_thread (NULL));
  sum += GPOINTER_TO_UINT (g_thread_join (thread));
  g_assert_cmpuint (sum, ==, 2 * N);

  for (guint i = 0; i < N; i++)
    left_clear (&lefts[i]);
}

/* The first thing with a name that a process makes starts a sweep, which its exit waits for: but not for longer
 * than it has patience, as on a machine that has stopped for a while. */
static void
test_background (void)
{
  g_auto (Left) left = { 0 };
  guint n_ledgers = count_ledgers ();
  gint64 start;

  if (g_test_subprocess ())
    {
      static TempEntry *until_exit;

      until_exit = make_file ();
      g_assert_nonnull (until_exit);
      return;
    }

  leave (&left, 0700);
  do
    {
      start = g_get_monotonic_time ();
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
    }
  while (count_ledgers () > n_ledgers && g_get_monotonic_time () - start >= TEMP_ENTRY_SWEEP_PATIENCE);
  test_assert_exists (left.file, FALSE);
  test_assert_exists (left.dir, FALSE);
  g_assert_cmpuint (count_ledgers (), ==, n_ledgers);
}

int
main (int    argc,
      char **argv)
{
  static const Reserved reserved[] = {
    { "file", TRUE, FALSE, "", TRUE },
    { "full-file", TRUE, FALSE, "text", FALSE },
    { "dir", TRUE, TRUE, NULL, TRUE },
    { "full-dir", TRUE, TRUE, "text", FALSE },
    { "nothing", TRUE, FALSE, NULL, TRUE },
    { "no-random", FALSE, FALSE, "", FALSE },
  };
  static const Boot boots[] = {
    { "same", TRUE, TRUE, TRUE, TRUE },
    { "same-no-birth", TRUE, TRUE, FALSE, TRUE },
    { "same-other-device", TRUE, FALSE, TRUE, FALSE },
    { "other", FALSE, FALSE, TRUE, TRUE },
    { "other-no-birth", FALSE, FALSE, FALSE, FALSE },
  };

  test_init (&argc, &argv);

  g_test_add_func ("/temp-entry-sweep/killed", test_killed);
  g_test_add_func ("/temp-entry-sweep/living", test_living);
  g_test_add_func ("/temp-entry-sweep/report", test_report);
  g_test_add_func ("/temp-entry-sweep/replaced", test_replaced);
  g_test_add_func ("/temp-entry-sweep/inode-used-again", test_inode_used_again);
  g_test_add_func ("/temp-entry-sweep/symlink", test_symlink);
  g_test_add_func ("/temp-entry-sweep/other-parent", test_other_parent);
  for (gsize i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      g_autofree char *path = g_strconcat ("/temp-entry-sweep/reserved/", reserved[i].name, NULL);

      g_test_add_data_func (path, &reserved[i], test_reserved);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (boots); i++)
    {
      g_autofree char *path = g_strconcat ("/temp-entry-sweep/boot/", boots[i].name, NULL);

      g_test_add_data_func (path, &boots[i], test_boot);
    }
  g_test_add_func ("/temp-entry-sweep/elsewhere", test_elsewhere);
  g_test_add_func ("/temp-entry-sweep/other-owner", test_other_owner);
  g_test_add_func ("/temp-entry-sweep/lease", test_lease);
  g_test_add_func ("/temp-entry-sweep/living-inside", test_living_inside);
  g_test_add_func ("/temp-entry-sweep/unreadable-ledgers", test_unreadable_ledgers);
  g_test_add_func ("/temp-entry-sweep/cancelled", test_cancelled);
  g_test_add_func ("/temp-entry-sweep/without-rights", test_without_rights);
  g_test_add_func ("/temp-entry-sweep/two-sweeps", test_two_sweeps);
  g_test_add_func ("/temp-entry-sweep/background", test_background);

  return g_test_run ();
}
