/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/alive.h"
#include "ledger/home.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The file of a ledger, its lock, and its life. */

#define MAX_SIZE (64 * 1024)

/* The library's calls come here. The next ones fail, or come after a sweep. */
static TempPlatform real;
static guint n_random_fails;
static int random_errno;
static guint n_swept, n_busy;

static int
get_random (void  *bytes,
            size_t size)
{
  if (n_random_fails > 0)
    {
      n_random_fails--;
      errno = random_errno;
      return -1;
    }
  return real.get_random (bytes, size);
}

static int
lock (TempHandle handle,
      TempLock   how,
      bool       waits)
{
  if (n_swept > 0)
    {
      g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", handle);
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
  return real.lock (handle, how, waits);
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
  int fd = test_find_own_ledger (ledger);

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
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 1);
}

/* A process that cannot write into the state directory takes the runtime directory, where cleaners spare files with the
 * sticky bit. */
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
    test_assert_no_own_ledger ("/nonexistent/.local/state");

  /* The next attempt finds this directory. */
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
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 1);
  g_assert_true (test_give_up_own_ledger (ledger));
  temp_ledger_unref (g_steal_pointer (&ledger));

  n_busy = 2;
  ledger = test_open_own_ledger ();
  g_assert_cmpuint (n_busy, ==, 0);
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 1);
  g_assert_true (test_give_up_own_ledger (ledger));
  temp_ledger_unref (g_steal_pointer (&ledger));

  /* The sweep is faster each time: the maker gives up. */
  n_busy = 1000;
  test_assert_no_own_ledger (g_strerror (EWOULDBLOCK));
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 0);
  n_busy = 0;
}

static void
test_no_random_bytes (gconstpointer data)
{
  random_errno = ENOSYS;
  n_random_fails = 1000;
  test_assert_no_own_ledger (g_strerror (ENOSYS));
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 0);
  g_assert_cmpuint (test_count_ledgers_in (1), ==, 0);

  random_errno = EINTR;
  n_random_fails = 5;
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
  g_assert_true (temp_ledger_lock (fd, TEMP_LOCK_SHARED, FALSE));
}

/* A daemon closes all its descriptors. */
static void
test_lock_after_closing (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *path = temp_ledger_dup_path (ledger);

  test_child_skip_unpinned (ledger);
  g_assert_no_errno (close (test_find_own_ledger (ledger)));
  g_assert_true (test_is_locked (path));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 4\n"), ==, 0);
  g_assert_true (test_is_locked (path));

  /* With the last entry under it, the ledger loses its lock, too. */
  temp_ledger_finish_all ();
  test_assert_exists (path, FALSE);
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
  test_assert_own_ledger (ledger, TRUE);

  temp_ledger_leave (ledger);
  test_assert_own_ledger (ledger, FALSE);
  test_assert_own_ledger (next, TRUE);
  g_assert_true (temp_ledger_is_current (next));
  g_assert_cmpuint (test_count_mappings (path), ==, 0);
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
      test_assert_own_ledger (ledger, FALSE);
      g_assert_cmpuint (test_count_ledgers_in (0), ==, 0);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
    }
}

/* While an entry may still be somewhere, its ledger and the lock stay; but the process has no descriptor of it once it
 * has another ledger. */
static void
test_roll_over_unsettled (gconstpointer data)
{
  enum { N_LEDGERS = 20 };
  TempLedger *all[N_LEDGERS];

  for (guint i = 0; i < N_LEDGERS; i++)
    {
      all[i] = test_open_own_ledger ();
      g_assert_true (temp_ledger_enter (all[i]));
      test_child_skip_unpinned (all[i]);
      g_assert_cmpuint (test_count_ledger_fds (), <=, 1);
      fill (all[i]);
    }
  for (guint i = 0; i < N_LEDGERS; i++)
    {
      g_autofree char *path = temp_ledger_dup_path (all[i]);

      g_assert_cmpuint (test_count_mappings (path), ==, 1);
      g_assert_true (test_is_locked (path));
      g_assert_cmpint (test_append_to_own_ledger (all[i], "keep x\n"), ==, 0);
      temp_ledger_unref (all[i]);
    }
}

static void
test_finish_all (gconstpointer data)
{
  g_autoptr (TempLedger) empty = test_open_own_ledger ();
  g_autoptr (TempLedger) used = NULL;

  temp_ledger_finish_all ();
  test_assert_own_ledger (empty, FALSE);

  used = test_open_own_ledger ();
  g_assert_true (temp_ledger_enter (used));
  g_assert_true (temp_ledger_enter (used));
  temp_ledger_leave (used);
  temp_ledger_finish_all ();
  test_assert_own_ledger (used, TRUE);
  temp_ledger_leave (used);
  test_assert_own_ledger (used, FALSE);
}

static void
test_guarded (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();

  temp_ledger_lock_appends ();
  temp_ledger_set_guarded (ledger);
  temp_ledger_unlock_appends ();
  fill (ledger);
  test_assert_own_ledger (ledger, TRUE);
  temp_ledger_finish_all ();
  test_assert_own_ledger (ledger, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.get_random = get_random;
  temp_platform.lock = lock;

  test_add_with_ledgers ("/ledger/begins-with-a-header", test_header);
  test_add_with_ledgers ("/ledger/descriptor-appends-and-is-closed-by-exec", test_descriptor);
  test_add_with_ledgers ("/private/ledger-whatever-the-umask", test_umask);
  test_add_with_ledgers ("/ledger/one-for-all", test_one_for_all);
  test_add_with_ledgers ("/ledger/in-the-runtime-dir-if-need-be", test_runtime_dir);
  test_add_with_ledgers ("/ledger/none-without-a-directory", test_nowhere);
  test_add_with_ledgers ("/ledger/another-one-if-a-sweep-was-faster", test_sweep_is_faster);
  test_add_with_ledgers ("/ledger/none-without-random-bytes", test_no_random_bytes);
  test_add_with_ledgers ("/ledger/is-locked", test_lock);
  test_add_with_ledgers ("/ledger/is-locked-after-all-was-closed", test_lock_after_closing);
  test_add_with_ledgers ("/ledger/full/next-one-has-another-key", test_roll_over);
  test_add_with_ledgers ("/ledger/full/goes-if-no-entry-counts", test_roll_over_with_nothing);
  test_add_with_ledgers ("/ledger/full/stays-locked-without-descriptor", test_roll_over_unsettled);
  test_add_with_ledgers ("/ledger/exit/goes-with-its-last-entry", test_finish_all);
  test_add_with_ledgers ("/ledger/exit/stays-for-its-guard", test_guarded);

  return g_test_run ();
}
