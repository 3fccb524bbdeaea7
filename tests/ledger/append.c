/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/home.h"
#include "ledger/sweep.h"
#include "test-ledgers.h"
#include "test-support.h"

/* Appending to a ledger, whatever happens to the file, the disk and the descriptor. */

/* The library's calls come here. The next ones write only so many bytes, or are interrupted. */
static TempPlatform real;
static gsize next_write;
static guint n_interrupted_writes;

static ssize_t
write_next (TempHandle  handle,
            const void *data,
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
  return real.write (handle, data, size);
}

static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  limit.rlim_cur = size;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
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

/* A program closes a descriptor that it does not know, and opens a file of its own, which gets the number. */
static void
test_number_given_away (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autofree char *file = test_path ("data");
  g_autofree char *file_contents = NULL;
  g_autoptr (TempLedgerText) text = NULL;
  int file_fd, number = test_find_own_ledger (ledger);

  test_write (file, "data");
  g_assert_no_errno (close (number));
  file_fd = open (file, O_RDWR | O_APPEND | O_CLOEXEC);
  g_assert_cmpint (file_fd, ==, number);

  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
  g_assert_true (temp_ledger_sync (ledger));
  text = test_parse_own_ledger (ledger);
  g_assert_true (temp_ledger_text_has_uid (text, 5));
  g_assert_cmpint (fcntl (test_find_own_ledger (ledger), F_GETFD), ==, FD_CLOEXEC);

  /* Give the number away again, so that the ledger ends without a descriptor. */
  number = test_find_own_ledger (ledger);
  g_assert_no_errno (dup3 (file_fd, number, O_CLOEXEC));
  temp_ledger_finish_all ();
  test_assert_own_ledger (ledger, FALSE);
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
  g_assert_no_errno (close (test_find_own_ledger (ledger)));
  g_assert_true (temp_ledger_sync (ledger));
  g_assert_no_errno (close (test_find_own_ledger (ledger)));
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

/* No sweep finds a ledger that somebody removed: the next entry needs another one. */
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
          g_assert_no_errno (close (test_find_own_ledger (ledger)));
        removers[i] (path);

        /* Without a descriptor, nobody knows if somebody moved the ledger to where a sweep finds it. */
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

static int
pin_nothing (TempHandle handle,
             void     **pin)
{
  errno = EOPNOTSUPP;
  return -1;
}

/* Where no mapping holds the ledger's inode, another file may get it. */
static void
test_inode_given_away (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  FILE *other;

  temp_platform.pin_lock = pin_nothing;
  ledger = test_open_own_ledger ();
  path = temp_ledger_dup_path (ledger);
  g_assert_true (temp_ledger_enter (ledger));
  g_assert_no_errno (close (test_find_own_ledger (ledger)));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);

  g_assert_no_errno (close (test_find_own_ledger (ledger)));
  other = fopen (path, "w");
  g_assert_cmpint (fputs ("other", other), >=, 0);
  fclose (other);
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 6\n"), ==, ESTALE);
  g_assert_false (temp_ledger_is_current (ledger));
  contents = test_read_own_ledger (ledger);
  g_assert_cmpstr (contents, ==, "other");
}

/* A write behind the limit would end the process by a signal. */
static void
test_file_limit (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *last = NULL;

  for (rlim_t size = 0; size < 90; size += 29)
    {
      set_file_limit (size);
      test_assert_no_own_ledger (g_strerror (EFBIG));
    }
  set_file_limit (RLIM_INFINITY);
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 0);
  g_assert_cmpuint (test_count_ledgers_in (1), ==, 0);
  g_assert_cmpuint (test_count_mappings (test_dir ()), ==, 0);

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

/* Wherever the disk breaks off a write, a reader believes the lines that were written again, and no part of a line. */
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
  gboolean is_whole = FALSE;
  gsize n;

  /* At last, a header fits into the write. */
  for (n = 1; !is_whole; n += 7)
    {
      g_autoptr (TempLedger) ledger = NULL;
      g_autoptr (TempLedgerText) text = NULL;

      next_write = n;
      ledger = test_open_own_ledger ();
      is_whole = next_write > 0;
      text = test_parse_own_ledger (ledger);
      g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
      g_assert_true (test_give_up_own_ledger (ledger));
    }
  next_write = 0;
  g_assert_cmpuint (n, >, 90);
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

/* Full disks */

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
  g_assert_cmpuint (test_count (contents, "\\\n"), ==, 1);
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
  g_assert_cmpuint (test_count_ledgers_in (0), ==, 0);
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
  test_assert_own_ledger (ledger, FALSE);
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
  test_assert_own_ledger (ledger, TRUE);
  g_assert_true (temp_ledger_is_current (ledger));
  g_assert_cmpint (test_append_to_own_ledger (ledger, "uid 5\n"), ==, 0);
}

/* Users */

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

/* Sweeps */

/* A program is killed after the disk took only the beginning of a name, and a sweep cannot finish. If the sweep's line
 * ended that of the name, the next sweep would believe the beginning, which may be the name of a user's file. */
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
                              "process 2147483647 1 1 1 01234567-89ab-cdef-0123-456789abcdef\nuid %u\ndir 1 1 /nonexistent/x\n"
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
  g_assert_cmpuint (test_count (contents, "\ntried "), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.write = write_next;

  test_add_with_ledgers ("/ledger/append/lines-between-line-feeds", test_append);
  test_add_with_ledgers ("/only-ours/another-file-under-the-ledgers-number", test_number_given_away);
  test_add_with_ledgers ("/only-ours/another-file-with-the-ledgers-inode", test_inode_given_away);
  test_add_with_ledgers ("/ledger/append/after-all-was-closed", test_all_closed);
  test_add_with_ledgers ("/ledger/append/removed-ledger-makes-way-for-another", test_removed);
  test_add_with_ledgers ("/ledger/append/never-beyond-the-file-size-limit", test_file_limit);
  test_add_with_ledgers ("/ledger/append/short-write-is-repeated", test_short_write);
  test_add_with_ledgers ("/ledger/append/short-header-is-repeated", test_short_header);
  test_add_with_ledgers ("/ledger/append/again-after-a-signal", test_interrupted);
  test_add_with_ledgers ("/ledger/full-disk/goes-on-once-there-is-room", test_full_disk);
  test_add_with_ledgers ("/ledger/full-disk/begins-in-the-runtime-dir", test_full_disk_from_the_start);
  test_add_with_ledgers ("/ledger/full-disk/can-be-given-up", test_give_up);
  test_add_with_ledgers ("/ledger/append/goes-on-if-it-cannot-be-given-up", test_cannot_give_up);
  test_add_with_ledgers ("/ledger/append/one-line-for-each-user", test_add_uid);
  test_add_with_ledgers ("/ledger/append/failed-line-of-a-user-is-tried-again", test_add_uid_again);
  test_add_with_ledgers ("/only-ours/half-a-name-is-none", test_torn_and_tried);

  return g_test_run ();
}
