/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/sweep.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "entry/entries.h"
#include "ledger/home.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The ledgers that a sweep takes, and the sweep in the background. */

static TempPlatform real;

/* A thread in the background that is about to remove a file writes into this pipe, and waits for ever. */
static int stuck_pipe = -1;

static int
remove_file (TempHandle  dir,
             const char *name)
{
  if (stuck_pipe >= 0 && syscall (SYS_gettid) != getpid () && write (stuck_pipe, "s", 1) == 1)
    for (;;)
      pause ();

  return real.remove_file (dir, name);
}

/* Files that are no ledgers */

static void
child_copy (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *contents = NULL, *copy = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  contents = test_ledger_read (&ledger);
  copy = g_strconcat (ledger.path, "0", NULL);
  g_assert_no_errno (rename (ledger.path, copy));
  test_write (ledger.path, contents);

  /* A name does not make a copy; another file does. */
  g_assert_no_errno (g_unlink (copy));
  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  test_assert_exists (ledger.path, TRUE);
}

static void
child_not_a_ledger (gconstpointer data)
{
  static const char *const headless[] = {
    "", "\n", "tempfile-glib 2 1", "nothing of the kind\n", "\n\ntempfile-glib 2 1 0\nprocess 1 2 3 4 -\n",
  };
  static const char *const foreign[] = { "tempfile-glib 3\n", "tempfile-glib 2 1\n", "\ntempfile-glib 2x 1 0\nkey 00\n" };
  g_autofree char *home = NULL, *notes = NULL, *fifo = NULL, *dir = NULL, *link = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (headless); i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_init (&ledger);
      test_ledger_write (&ledger, headless[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_auto (TestLedger) ledger = { 0 };

      test_ledger_init (&ledger);
      test_ledger_write (&ledger, foreign[i]);
    }
  g_assert_cmpuint (test_count_ledgers (), ==, G_N_ELEMENTS (headless) + G_N_ELEMENTS (foreign));

  home = temp_ledger_home_get_path (0);
  notes = g_build_filename (home, "notes", NULL);
  fifo = g_build_filename (home, TEMP_LEDGER_PREFIX "fifo", NULL);
  dir = g_build_filename (home, TEMP_LEDGER_PREFIX "dir", NULL);
  link = g_build_filename (home, TEMP_LEDGER_PREFIX "link", NULL);
  test_write (notes, "");
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_no_errno (symlink (notes, link));

  test_assert_sweeps (0);
  test_assert_exists (notes, TRUE);
  test_assert_exists (fifo, TRUE);
  test_assert_exists (dir, TRUE);
  test_assert_exists (link, TRUE);
  g_assert_cmpuint (test_count_ledgers (), ==, G_N_ELEMENTS (foreign) + 3);
}

/* The disk took only a part of the first line, and then all. */
static void
child_torn (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *contents = NULL, *torn = NULL;
  int fd;

  test_ledger_init (&ledger);
  test_ledger_write_here (&ledger);
  contents = test_ledger_read (&ledger);
  torn = g_strconcat ("\ntempfile-glib 2\\", contents, NULL);
  fd = open (ledger.path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  g_assert_cmpint (write (fd, torn, strlen (torn)), ==, strlen (torn));
  close (fd);
  test_ledger_assert_dead (&ledger);
}

/* A sweep uses only ledgers that the effective user owns. */
static void
child_foreign_owner (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };

  test_ledger_write_for (&ledger, test_dir ());
  if (geteuid () != 0 || chown (ledger.path, 1234, 1234) < 0)
    test_child_skip ("not allowed to give a file away");
  test_ledger_assert_living (&ledger);
}

/* A guard sweeps the ledgers of its process, and no others. */
static void
child_one_process (gconstpointer data)
{
  g_auto (TestLedger) first = { 0 }, second = { 0 }, other = { 0 };
  TempSweepOptions options = { .report = NULL };
  g_autofree char *file = NULL, *other_file = NULL;
  guint n_removed;

  test_ledger_write_for (&first, test_dir ());
  test_ledger_write_for (&second, test_dir ());
  test_ledger_init (&other);
  other.process.start++;
  test_ledger_write_here (&other);
  g_free (test_ledger_leave_file (&first, test_dir ()));
  file = test_ledger_leave_file (&second, test_dir ());
  other_file = test_ledger_leave_file (&other, test_dir ());

  options.process = &second.process;
  g_assert_true (temp_sweep_run (&options, &n_removed, NULL, NULL));
  g_assert_cmpuint (n_removed, ==, 2);
  test_assert_exists (file, FALSE);
  test_assert_exists (other_file, TRUE);
  test_assert_exists (other.path, TRUE);
}

/* In the background */

static guint
count_threads (void)
{
  g_autofree char *names = test_list ("/proc/self/task");
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  return g_strv_length (list);
}

static void
child_background (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL;

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  test_new_file (test_dir (), "file_");
  while (g_file_test (file, G_FILE_TEST_EXISTS) || g_file_test (ledger.path, G_FILE_TEST_EXISTS))
    g_thread_yield ();

  /* Only the first entry of the process starts a sweep. */
  test_ledger_clear (&ledger);
  g_free (file);
  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  while (count_threads () > 1)
    g_thread_yield ();
  test_new_file (test_dir (), "file_");
  g_assert_cmpuint (count_threads (), ==, 1);
  test_assert_exists (file, TRUE);
}

static void
child_nobody_dead (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  temp_autofd int fd = -1;

  test_ledger_write_for (&ledger, test_dir ());
  fd = test_ledger_lock (&ledger);

  /* No thread is started. */
  if (!test_die_at_syscall (SYS_clone3) || !test_die_at_syscall (SYS_clone))
    test_child_skip ("no filters of system calls here");
  test_new_file (test_dir (), "file_");
}

/* Exit waits for no sweep, not even for one that never ends. */
static void
child_exit (gconstpointer data)
{
  g_auto (TestLedger) ledger = { 0 };
  g_autofree char *file = NULL, *own = test_path ("own"), *names = NULL;
  int stuck[2];
  char byte;
  pid_t pid;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    test_child_skip ("exit() leaves the entry that it is to delete");

  test_ledger_write_for (&ledger, test_dir ());
  file = test_ledger_leave_file (&ledger, test_dir ());
  g_assert_no_errno (mkdir (own, 0700));
  g_assert_no_errno (pipe2 (stuck, O_CLOEXEC));
  pid = fork ();
  if (pid == 0)
    {
      TempEntry *entry = temp_entry_new ();

      stuck_pipe = stuck[1];
      g_assert_true (temp_entry_create_file (entry, own, NULL, NULL, NULL, 0600, NULL));
      g_assert_cmpint (read (stuck[0], &byte, 1), ==, 1);
      exit (0);
    }

  test_assert_ends_well (pid);
  test_assert_exists (file, TRUE);
  names = test_list (own);
  g_assert_cmpstr (names, ==, "");
  g_assert_cmpuint (test_count_ledgers (), ==, 1);

  /* The next sweep deletes the file. */
  g_assert_no_errno (rmdir (own));
  test_assert_sweeps (1);
  test_assert_exists (ledger.path, FALSE);
  close (stuck[0]);
  close (stuck[1]);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.remove_file = remove_file;

  test_add_with_ledgers ("/only-ours/a-copied-ledger-is-not-acted-on", child_copy);
  test_add_with_ledgers ("/only-ours/no-other-file-is-acted-on-as-a-ledger", child_not_a_ledger);
  test_add_with_ledgers ("/killed/ledger-with-a-torn-header", child_torn);
  test_add_with_ledgers ("/only-ours/a-ledger-of-another-user-is-not-acted-on", child_foreign_owner);
  test_add_with_ledgers ("/only-ours/a-guard-sweeps-the-ledgers-of-one-process", child_one_process);
  test_add_with_ledgers ("/killed/background/first-entry-starts-a-sweep", child_background);
  test_add_with_ledgers ("/killed/background/no-thread-if-nobody-died", child_nobody_dead);
  test_add_with_ledgers ("/killed/background/exit-does-not-wait", child_exit);

  return g_test_run ();
}
