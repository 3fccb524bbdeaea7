/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entries.h"

/* Exit deletes the registered entries, also while others are busy: threads that fill a directory, a sweep. No test
 * measures time. */

static void
write_many (const char *dir,
            guint       n_files)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u", dir, i);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      g_assert_no_errno (fd);
      close (fd);
    }
}

/* In a process */

/* A child that ends by exit() runs the destructor, and leaves its parent's files. */
static void
test_exit (gconstpointer data)
{
  const char *mode = data;
  const char *dir_path = g_getenv ("TEST_EXIT_DIR");

  if (g_test_subprocess ())
    {
      static TempEntry *file, *dir, *kept, *off, *inner; /* held to the end */
      g_autofree char *inside = NULL;
      pid_t pid;
      int status;

      if (g_str_equal (mode, "keep"))
        g_setenv ("TEMPFILE_GLIB_KEEP", "1", TRUE);
      file = test_new_file (dir_path, "file");
      dir = test_new_dir (dir_path, "dir");
      inner = test_new_file_in (dir);
      kept = test_new_file (dir_path, "kept");
      off = test_new_file (dir_path, "switched-off");
      inside = test_join (dir, "x");
      test_write (inside, "");
      temp_entry_keep (kept, NULL);
      temp_entry_set_auto_delete (off, FALSE);

      pid = fork ();
      if (pid == 0)
        exit (0);
      waitpid (pid, &status, 0);
      if (status != 0 || !g_file_test (temp_entry_get_path (file), G_FILE_TEST_EXISTS) ||
          !g_file_test (temp_entry_get_path (inner), G_FILE_TEST_EXISTS) || !g_file_test (inside, G_FILE_TEST_EXISTS))
        test_child_exit (1);

      exit (0);
    }
}

static void
test_exit_deletes (gconstpointer data)
{
  gboolean keep = g_str_equal (data, "keep");
  g_autofree char *child = g_strdup_printf ("/exit/subprocess/%s", (const char *) data);
  g_autofree char *names = NULL;
  g_autofree char *dir = test_path ("in-here");
  g_auto (GStrv) list = NULL;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_setenv ("TEST_EXIT_DIR", dir, TRUE);
  g_test_trap_subprocess (child, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  if (keep)
    g_test_trap_assert_stderr ("*Kept*in-here/dir*");

  names = test_list (dir);
  list = g_strsplit (names, " ", -1);
  g_assert_cmpuint (g_strv_length (list), ==, keep ? 4 : 2);
  if (!keep)
    {
      g_assert_true (g_str_has_prefix (list[0], "kept"));
      g_assert_true (g_str_has_prefix (list[1], "switched-off"));
    }
}

/* Directories that are being filled */

#define N_WRITERS 2

static guint n_written[N_WRITERS]; /* atomic */

typedef struct
{
  const char *path;
  guint       number;
} Writer;

/* A writer goes on, whatever becomes of the directory. */
static gpointer
write_for_ever (gpointer data)
{
  const Writer *writer = data;

  for (;;)
    {
      guint i = g_atomic_int_add (&n_written[writer->number], 1);
      g_autofree char *path = g_strdup_printf ("%s/%u-%u", writer->path, writer->number, i);
      int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

      if (fd >= 0)
        close (fd);
    }

  return NULL;
}

static void
run_filled (gconstpointer data)
{
  static TempDir *dir;
  static Writer writers[N_WRITERS];

  dir = test_make_temp_dir (test_files ());
  for (guint i = 0; i < N_WRITERS; i++)
    {
      writers[i] = (Writer) { temp_dir_get_path (dir), i };
      g_thread_unref (g_thread_new ("writer", write_for_ever, &writers[i]));
    }
  for (guint i = 0; i < N_WRITERS; i++)
    while (g_atomic_int_get (&n_written[i]) < 1000)
      g_thread_yield ();

  exit (0);
}

/* Exit ends, and a sweep deletes the rest. */
static void
test_filled (gconstpointer data)
{
  TestChild program;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    test_child_skip ("Valgrind runs one thread at a time");

  test_program_start (&program, run_filled, NULL);
  test_program_end (&program);
  test_sweep ();
  test_assert_nothing_left ();
}

/* Threads that have a lock for ever, or take one all the time */

static gint n_held; /* atomic */

static gpointer
hold_entry (gpointer data)
{
  TempEntry *entry = data;

  g_assert_true (temp_entry_lock (entry));
  g_atomic_int_inc (&n_held);
  for (;;)
    pause ();
  return NULL;
}

static gpointer
hold_appends (gpointer data)
{
  temp_ledger_lock_appends ();
  g_atomic_int_inc (&n_held);
  for (;;)
    pause ();
  return NULL;
}

static void
run_held (gconstpointer data)
{
  enum { N_HELD = 4 };
  gboolean holds_appends = GPOINTER_TO_INT (data);

  alarm (300);
  for (guint i = 0; i < N_HELD; i++)
    {
      TempEntry *file = test_new_file (test_files (), NULL);

      g_assert_nonnull (test_new_dir (test_files (), NULL)); /* nobody has this one */
      if (!holds_appends)
        g_thread_unref (g_thread_new ("hold", hold_entry, file));
    }
  if (holds_appends)
    g_thread_unref (g_thread_new ("hold", hold_appends, NULL));
  while (g_atomic_int_get (&n_held) < (holds_appends ? 1 : N_HELD))
    g_thread_yield ();
  exit (0);
}

/* Exit ends at its deadline, and a sweep deletes the rest. */
static void
test_held (gconstpointer data)
{
  TestChild program;

  test_program_start (&program, run_held, data);
  test_program_end (&program);
  if (GPOINTER_TO_INT (data))
    test_assert_list ("files", "");
  test_sweep ();
  test_assert_nothing_left ();
}

#define N_APPENDERS 3

static guint n_made[N_APPENDERS]; /* atomic */

/* Each directory has a line in the ledger. */
static gpointer
make_in_new_dirs (gpointer data)
{
  guint number = GPOINTER_TO_UINT (data);

  for (;;)
    {
      guint i = g_atomic_int_add (&n_made[number], 1);
      g_autofree char *dir = g_strdup_printf ("%s/%u-%u", test_files (), number, i);
      TempEntry *file;

      g_assert_no_errno (mkdir (dir, 0700));
      file = test_new_file (dir, NULL);
      if (i % 3 == 0)
        {
          test_assert_deletes (file);
          temp_entry_unref (file);
        }
    }

  return NULL;
}

static void
run_appending (gconstpointer data)
{
  alarm (300);
  test_files (); /* before there are threads */
  for (guint i = 0; i < N_APPENDERS; i++)
    g_thread_unref (g_thread_new ("append", make_in_new_dirs, GUINT_TO_POINTER (i)));
  for (guint i = 0; i < N_APPENDERS; i++)
    while (g_atomic_int_get (&n_made[i]) < 20)
      g_thread_yield ();
  exit (0);
}

static void
test_appending (gconstpointer data)
{
  for (guint i = 0; i < (g_getenv ("TEST_VALGRIND") != NULL ? 2 : 20); i++)
    {
      g_autofree char *names = NULL;
      g_auto (GStrv) list = NULL;
      TestChild program;

      test_program_start (&program, run_appending, NULL);
      test_program_end (&program);
      test_sweep ();
      names = test_list (test_files ());
      list = g_strsplit (names, " ", -1);
      for (gsize j = 0; list[j] != NULL; j++)
        {
          g_autofree char *dir = g_build_filename (test_files (), list[j], NULL);

          g_assert_no_errno (rmdir (dir));
        }
      test_assert_nothing_left ();
    }
}

/* After somebody else's crash */

#define N_SHORT_PROGRAMS 3

typedef struct
{
  const char *name;
  guint       n_files; /* with names of their own */
  guint       n_dirs;
  guint       n_inside; /* of all directories together */
} Crash;

static char *
make_subdir (const char *base)
{
  char *path = g_build_filename (test_files (), base, NULL);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  return path;
}

static void
run_crash (gconstpointer data)
{
  const Crash *crash = data;
  g_autofree char *dir = make_subdir ("crashed");

  for (guint i = 0; i < crash->n_files; i++)
    test_make_temp_file (dir, NULL);
  for (guint i = 0; i < crash->n_dirs; i++)
    write_many (temp_dir_get_path (test_make_temp_dir (dir)), crash->n_inside / crash->n_dirs);
  test_say ("ready");
  test_get_command ();
}

static void
leave_crashed (const Crash *crash)
{
  TestChild program;

  test_program_start (&program, run_crash, crash);
  test_program_wait_ready (&program);
  test_program_kill (&program);
}

/* The first thing that a program makes begins a sweep. The kernel kills this program if its exit then waits for
 * anything with a timeout; an endless wait is a hang. */
static void
run_short (gconstpointer data)
{
  static TempFile *file;
  static TempDir *dir;
  g_autofree char *own = make_subdir ("own");

  file = test_make_temp_file (own, NULL);
  g_assert_nonnull (file);
  dir = test_make_temp_dir (own);
  write_many (temp_dir_get_path (dir), 3);
  test_say (test_die_at_timed_wait () ? "ready" : "skip");
  exit (0);
}

static void
check_short_programs (void)
{
  for (guint i = 0; i < N_SHORT_PROGRAMS; i++)
    {
      g_autofree char *line = NULL;
      TestChild program;

      test_program_start (&program, run_short, NULL);
      line = test_program_read_line (&program);
      test_program_end (&program);
      if (g_str_equal (line, "skip"))
        test_child_skip ("no filters of system calls here");
      g_assert_cmpstr (line, ==, "ready");
      test_assert_list ("files/own", "");
    }
}

static void
assert_all_swept (void)
{
  test_sweep ();
  test_assert_list ("files/crashed", "");
  test_assert_list ("files/own", "");
  {
    g_autofree char *ledgers = test_list_ledgers ();

    g_assert_cmpstr (ledgers, ==, "");
  }
}

static void
test_crash (gconstpointer data)
{
  Crash crash = *(const Crash *) data;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    test_child_skip ("Valgrind loads no filters of system calls");

  if (test_is_full () && crash.n_inside > 0)
    crash.n_inside = 200000;
  leave_crashed (&crash);
  check_short_programs ();
  assert_all_swept ();
}

/* A filesystem that never answers */

/* The server of the filesystem is this test, which reads no request. */
static int
mount_silent (const char *dir)
{
  int fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  g_autofree char *options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=%u,group_id=%u", fd, geteuid (), getegid ());

  if (fd < 0 || !test_enter_mounts () || mount ("silent", dir, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
    {
      if (fd >= 0)
        close (fd);
      return -1;
    }

  return fd;
}

/* The sweeps that begin in the short programs can never end. */
static void
test_blocked (gconstpointer data)
{
  const Crash crash = { "blocked", 1, 1, 10 };
  g_autofree char *dir = NULL;
  int fd;

  if (g_getenv ("TEST_VALGRIND") != NULL)
    test_child_skip ("Valgrind cannot end a thread that waits for such a filesystem");

  dir = make_subdir ("crashed");
  leave_crashed (&crash);
  fd = mount_silent (dir);
  if (fd < 0)
    {
      test_sweep ();
      test_child_skip ("cannot mount a filesystem that never answers");
    }

  check_short_programs ();
  close (fd);
  g_assert_no_errno (umount2 (dir, MNT_DETACH));
  test_forget_tries ();
  assert_all_swept ();
}

int
main (int    argc,
      char **argv)
{
  static const Crash crashes[] = {
    { "files", 400, 0, 0 },
    { "dir", 0, 1, 4000 },
    { "dirs", 0, 100, 4000 },
    { "both", 200, 20, 4000 },
  };

  test_init (&argc, &argv);

  g_test_add_data_func ("/exit/subprocess/exit", "exit", test_exit);
  g_test_add_data_func ("/exit/subprocess/keep", "keep", test_exit);
  g_test_add_data_func ("/exit/deletes-all-but-what-is-kept", "exit", test_exit_deletes);
  g_test_add_data_func ("/exit/deletes-nothing-if-the-user-says-so", "keep", test_exit_deletes);
  test_add_program ("/exit/ends-while-a-directory-is-filled", test_filled, NULL);
  test_add_program ("/exit/ends-while-others-hold-entries", test_held, GINT_TO_POINTER (FALSE));
  test_add_program ("/exit/ends-while-another-holds-the-lock-of-appends", test_held, GINT_TO_POINTER (TRUE));
  test_add_program ("/exit/ends-while-others-append", test_appending, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (crashes); i++)
    {
      g_autofree char *path = g_strconcat ("/exit/does-not-wait-for-a-sweep-of/", crashes[i].name, NULL);

      test_add_program (path, test_crash, &crashes[i]);
    }
  test_add_program ("/exit/does-not-wait-for-a-sweep-of/a-filesystem-that-never-answers", test_blocked, NULL);

  return g_test_run ();
}
