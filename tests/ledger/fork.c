/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/ledger.h"

#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "ledger/home.h"
#include "test-ledgers.h"
#include "test-support.h"

/* Ledgers and places of processes that fork. */

/* Locks */

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
      if (heirs[i].closes)
        test_child_skip_on_posix ("only a descriptor keeps a lock");
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

  test_child_skip_unpinned (ledger);
  text = fork_and_read (ledger, &pid);
  g_assert_cmpuint (text->processes->len, ==, 1);
}

/* Ledgers of children */

/* Each generation has a descriptor of its own ledger, and none of those of its ancestors. */
static void
test_generations (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  pid_t pid;

  test_child_skip_unpinned (ledger);
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
      g_assert_cmpuint (test_count_ledger_fds (), ==, 1);
    }
  test_child_exit (0);
}

/* A child has a ledger of its own, with another key, and leaves its parent's ledger as it is. */
static void
test_fork (gconstpointer data)
{
  for (guint is_raw = 0; is_raw < 2; is_raw++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();
      g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);
      g_autofree char *path = temp_ledger_dup_path (ledger);
      pid_t pid;

      if (is_raw)
        test_child_skip_on_posix ("no memory that fork() wipes");
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
          test_assert_own_ledger (own, FALSE);
          test_assert_exists (path, TRUE);
          test_child_exit (0);
        }

      test_assert_ends_well (pid);
      test_assert_own_ledger (ledger, TRUE);
      g_assert_true (temp_ledger_is_current (ledger));
      g_assert_true (test_is_locked (path));
      temp_ledger_leave (ledger);
      temp_ledger_finish_all ();
      test_assert_own_ledger (ledger, FALSE);
    }
}

static void
test_place (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autoptr (TempPlace) place = test_get_place (dir);
  pid_t pid = test_make_child (FALSE);

  if (pid == 0)
    {
      g_autoptr (TempPlace) own = test_get_place (dir);

      g_assert_true (own != place);
      g_assert_true (own->ledger != place->ledger);
      test_assert_lines (own->ledger, dir);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);
  test_assert_lines (place->ledger, dir);
}

/* Forks at any time */

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

  /* A full ledger stays, since an entry counts in it. */
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

static gint fork_step; /* atomic: 1: the lock is taken; 2: before the fork; 3: after it */

/* The first thread that has the lock of appends calls this. Returns once the other thread has forked, or waits for this
 * one. */
static guint64
find_above_while_forking (const char *resolved)
{
  g_atomic_int_set (&fork_step, 1);
  while (g_atomic_int_get (&fork_step) < 2 || (g_atomic_int_get (&fork_step) == 2 && !test_is_waiting (getpid ())))
    g_thread_yield ();
  return 0;
}

static gpointer
get_place_while_forking (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempPlace) place = temp_place_get (data, TRUE, find_above_while_forking, &error);

  g_assert_no_error (error);
  g_assert_nonnull (place->ledger);
  return NULL;
}

/* A child has a lock of its own, even if its parent had never used that lock before. The alarm ends one that hangs. */
static void
test_fork_at_first (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");
  g_autofree char *other = test_make_dir_in (test_dir (), "b");
  GThread *thread;
  pid_t pid;

  if (!test_can_see_waiting ())
    test_child_skip ("the kernel does not tell who waits");
  thread = g_thread_new ("place", get_place_while_forking, dir);
  while (g_atomic_int_get (&fork_step) == 0)
    g_thread_yield ();
  g_atomic_int_set (&fork_step, 2);
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      alarm (300);
      g_assert_nonnull (test_get_place (other)->ledger);
      test_child_exit (0);
    }
  g_atomic_int_set (&fork_step, 3);
  test_assert_ends_well (pid);
  g_thread_join (thread);
}

typedef struct
{
  const char *dir;
  gint        is_made; /* atomic */
} First;

static gpointer
get_first_place (gpointer data)
{
  First *first = data;

  g_assert_nonnull (test_get_place (first->dir)->ledger);
  g_atomic_int_set (&first->is_made, TRUE);
  return NULL;
}

/* The first use in a process, in one thread, while another one forks all the time: each child can use the library, too.
 * GLib's objects could not be used there, since GLib's own locks know nothing of forks. */
static void
fork_all_the_time (const char *dir)
{
  First first = { dir, FALSE };
  GThread *thread = g_thread_new ("first", get_first_place, &first);

  do
    {
      pid_t pid = test_make_child (FALSE);

      if (pid == 0)
        {
          alarm (300);
          g_assert_nonnull (test_get_place (dir)->ledger);
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }
  while (!g_atomic_int_get (&first.is_made));
  g_thread_join (thread);
}

static void
test_fork_all_the_time (gconstpointer data)
{
  g_autofree char *dir = test_make_dir_in (test_dir (), "a");

  for (guint i = 0; i < (g_getenv ("TEST_VALGRIND") != NULL ? 5 : 100); i++)
    {
      pid_t pid = test_make_child (FALSE);

      if (pid == 0)
        {
          fork_all_the_time (dir);
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }
}

/* Forks in a signal handler */

static gboolean forks_well; /* in the handler */
static guint n_forks;

/* The child takes each of the library's locks. This is async-signal-safe enough: the signal interrupts only this
 * test. */
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

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/fork/child-keeps-the-lock", test_lock_in_child);
  test_add_with_ledgers ("/fork/child-adds-a-line-on-overlayfs", test_overlay);
  test_add_with_ledgers ("/fork/child-needs-no-line", test_no_line_of_child);
  test_add_with_ledgers ("/fork/each-generation-has-one-descriptor", test_generations);
  test_add_with_ledgers ("/fork/child-has-a-ledger-of-its-own", test_fork);
  test_add_with_ledgers ("/fork/child-has-places-of-its-own", test_place);
  test_add_with_ledgers ("/fork/child-can-lock-though-its-parent-never-did", test_fork_at_first);
  test_add_with_ledgers ("/fork/child-can-make-things-whenever-it-was-forked", test_fork_all_the_time);
  test_add_with_ledgers ("/fork/child-of-a-signal-handler-can-lock", test_fork_in_handler);

  /* Not in a child: TSan takes the locks of a forked process for held. Last, for this one has a ledger from now on. */
  g_test_add_data_func ("/fork/child-forked-during-an-append-does-not-hang", NULL, test_fork_while_appending);

  return g_test_run ();
}
