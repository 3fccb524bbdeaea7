/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-classes.h"
#include "test-support.h"

/* Writing into a file whose replacement would break something, here a hard link. The old contents are never lost. */

static TempPlatform real;

static TempFileId target_id;

static gboolean
is_target (TempHandle handle)
{
  TempFileId id;

  return real.identify (handle, &id) == 0 && temp_file_id_equal (&id, &target_id);
}

/* Writes into a file, which keeps its names. */
static void
overwrite (const char *path,
           const char *text)
{
  FILE *file = fopen (path, "w");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* Makes the old file, with a second name. */
static char *
make_target (void)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *other = test_path ("other name");

  test_write (target, TEST_OLD);
  g_assert_no_errno (link (target, other));
  return g_steal_pointer (&target);
}

static void
assert_not_saved (TempFile     *file,
                  const char   *target,
                  int           code,
                  GCancellable *cancellable)
{
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GError) error = NULL;
  struct stat before, after;

  g_assert_no_errno (stat (target, &before));
  g_assert_false (temp_file_persist (file, destination, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, code);
  if (code != G_IO_ERROR_CANCELLED)
    test_assert_error_mentions (error, target);

  test_assert_contents (target, TEST_OLD);
  g_assert_no_errno (stat (target, &after));
  g_assert_cmpint (after.st_mtim.tv_sec, ==, before.st_mtim.tv_sec);
  g_assert_cmpint (after.st_mtim.tv_nsec, ==, before.st_mtim.tv_nsec);
  test_persist_assert_unchanged (file, NULL);
  test_persist_assert_names ("document", "other name target");
}

/* Another program appends to the target while the backup is made, which then fails. */

static const char *appended_to;

static int
append_and_fail_sync (TempHandle handle,
                      TempSync   what)
{
  FILE *target = fopen (appended_to, "a");

  g_assert_nonnull (target);
  g_assert_cmpint (fputs (" and more", target), >=, 0);
  g_assert_cmpint (fclose (target), ==, 0);
  errno = EIO;
  return -1;
}

static void
test_appended (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);

  appended_to = target;
  real = temp_platform;
  temp_platform.sync = append_and_fail_sync;
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, NULL));
  temp_platform = real;
  test_assert_contents (target, TEST_OLD " and more");
}

/* On many filesystems, reserving space for the longer contents changes the time of modification. */

static int
allocate_and_touch (TempHandle handle,
                    int64_t    size)
{
  const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };

  g_assert_no_errno (futimens (handle, now));
  return real.allocate (handle, size);
}

static int
allocate_nothing (TempHandle handle,
                  int64_t    size)
{
  allocate_and_touch (handle, size);
  errno = ENOSPC;
  return -1;
}

static void
test_times (void)
{
  const struct timespec long_ago[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (GFile) document = g_file_new_for_path (target);
  g_autoptr (GFileInfo) info = NULL;

  g_assert_no_errno (utimensat (AT_FDCWD, target, long_ago, 0));
  info = g_file_query_info (document, G_FILE_ATTRIBUTE_ETAG_VALUE, G_FILE_QUERY_INFO_NONE, NULL, NULL);
  real = temp_platform;
  temp_platform.allocate = allocate_nothing;
  assert_not_saved (file, target, G_IO_ERROR_NO_SPACE, NULL);

  temp_platform.allocate = allocate_and_touch;
  temp_file_set_expected_etag (file, g_file_info_get_etag (info));
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  temp_platform = real;
  test_assert_contents (target, TEST_NEW);
}

/* Another program saves a file of its own under the backup's name. */

static char *taken_name;

static int
take_name_at_sync (TempHandle handle,
                   TempSync   what)
{
  if (is_target (handle))
    {
      g_assert_no_errno (g_unlink (taken_name));
      test_write (taken_name, "of another program");
    }
  return real.sync (handle, what);
}

static void
test_taken_backup (void)
{
  g_autofree char *target = make_target ();
  g_autofree char *backup = test_persist_target (".document~");
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  TempStat st;

  real = temp_platform;
  g_assert_no_errno (real.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;
  taken_name = backup;
  temp_platform.sync = take_name_at_sync;
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  temp_platform = real;
  test_assert_contents (target, TEST_NEW);
  test_assert_contents (backup, "of another program");
}

/* The names for backups are taken, by what another user has planted there: nothing is followed, opened or deleted. */
static void
test_planted (void)
{
  g_autofree char *target = make_target ();
  g_autofree char *victim = test_path ("victim");
  g_autofree char *backup = test_persist_target (".document~");
  g_autofree char *second = test_persist_target (".document~2~");
  g_autofree char *third = test_persist_target (".document~3~");
  g_autofree char *fourth = test_persist_target (".document~4~");
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);

  test_write (victim, "of the victim");
  g_assert_no_errno (symlink (victim, backup));
  g_assert_no_errno (symlink ("nowhere", second));
  g_assert_no_errno (mkfifo (third, 0666));
  g_assert_no_errno (link (victim, fourth));
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  test_assert_contents (target, TEST_NEW);
  test_assert_contents (victim, "of the victim");
  test_persist_assert_names (".document~ .document~2~ .document~3~ .document~4~ document", "other name target victim");
}

/* A directory cannot be synced on some filesystems. */
static int
fail_sync_of_dirs (TempHandle handle,
                   TempSync   what)
{
  TempStat st;

  if (real.stat (handle, &st) < 0 || st.kind != TEMP_KIND_DIR)
    return real.sync (handle, what);
  errno = EINVAL;
  return -1;
}

static void
test_dir_without_sync (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);

  real = temp_platform;
  temp_platform.sync = fail_sync_of_dirs;
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  temp_platform = real;
  test_assert_contents (target, TEST_NEW);
  test_persist_assert_names ("document", "other name target");
}

/* A file of /proc, which is in memory, in a directory where no backup can be. */
static void
child_proc (gconstpointer data)
{
  g_autofree char *contents = NULL;
  g_autofree char *state = test_path ("state");
  g_autoptr (GFile) file = g_file_new_for_path ("/proc/self/oom_score_adj");
  g_autoptr (GBytes) text = g_bytes_new_static ("500", 3);
  g_autoptr (GError) error = NULL;

  if (g_access ("/proc/self/oom_score_adj", W_OK) < 0)
    test_child_skip ("no such file here");
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("XDG_STATE_HOME", state, TRUE);

  g_assert_true (temp_replace_contents (file, text, NULL, TEMP_PERSIST_IN_PLACE, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents ("/proc/self/oom_score_adj", &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "500\n");
}

/* Every second time, the number of the descriptor cannot be had at once. */

static guint n_replaced;

static int
replace_busily (TempHandle handle,
                TempHandle old)
{
  if (++n_replaced % 2 == 0)
    return real.replace (handle, old);
  errno = n_replaced % 4 == 1 ? EBUSY : EINTR;
  return -1;
}

/* What the program writes after an error is not written into the document. */
static void
test_descriptor (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);

  real = temp_platform;
  temp_platform.replace = replace_busily;
  temp_platform.allocate = allocate_nothing;
  assert_not_saved (file, target, G_IO_ERROR_NO_SPACE, NULL);
  temp_platform = real;
  g_assert_cmpint (write (temp_file_get_fd (file), "x", 1), ==, 1);
  test_assert_contents (target, TEST_OLD);
}

/* Each system call of the write fails once, at the n-th time. */

static guint n_calls, failing_call;

static gboolean
fails (void)
{
  if (++n_calls != failing_call)
    return FALSE;
  errno = EIO;
  return TRUE;
}

static int
fail_sync (TempHandle handle,
           TempSync   what)
{
  return fails () ? -1 : real.sync (handle, what);
}

static int
fail_set_size (TempHandle handle,
               int64_t    size)
{
  return fails () ? -1 : real.set_size (handle, size);
}

static TempHandle
fail_create_file (TempHandle     dir,
                  const char    *name,
                  TempOpenFlags  flags,
                  uint32_t       mode)
{
  return fails () ? -1 : real.create_file (dir, name, flags, mode);
}

static TempHandle
fail_open_file (TempHandle     dir,
                const char    *name,
                TempOpenFlags  flags)
{
  return fails () ? -1 : real.open_file (dir, name, flags);
}

static int64_t
fail_seek (TempHandle handle,
           int64_t    offset,
           TempSeek   from)
{
  return fails () ? -1 : real.seek (handle, offset, from);
}

static int
fail_replace (TempHandle handle,
              TempHandle old)
{
  return fails () ? -1 : real.replace (handle, old);
}

static void
test_failures (void)
{
  g_autofree char *target = make_target ();
  guint n_failed = 0;

  real = temp_platform;
  for (failing_call = 1;; failing_call++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
      g_autoptr (GError) error = NULL;
      gboolean persisted;

      n_calls = 0;
      temp_platform.sync = fail_sync;
      temp_platform.set_size = fail_set_size;
      temp_platform.create_file = fail_create_file;
      temp_platform.open_file = fail_open_file;
      temp_platform.seek = fail_seek;
      temp_platform.replace = fail_replace;
      persisted = test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error);
      temp_platform = real;

      test_persist_assert_names ("document", "other name target");
      test_assert_contents (target, persisted ? TEST_NEW : TEST_OLD);
      g_assert_cmpint (persisted, ==, error == NULL);
      if (!persisted)
        test_assert_error_mentions (error, target);
      n_failed += !persisted;
      if (n_calls < failing_call)
        break;
      overwrite (target, TEST_OLD);
    }

  g_assert_cmpuint (n_failed, >=, 5);
}

/* Not even the old contents can be written back: the backup stays, and the error says where. */

static int
fail_sync_for_good (TempHandle handle,
                    TempSync   what)
{
  if (!is_target (handle))
    return real.sync (handle, what);

  errno = EIO;
  return -1;
}

static void
test_cannot_put_back (void)
{
  g_autofree char *target = make_target ();
  g_autofree char *backup = test_persist_target (".document~");
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (GError) error = NULL;
  TempStat st;

  real = temp_platform;
  g_assert_no_errno (real.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;
  temp_platform.sync = fail_sync_for_good;
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  temp_platform = real;

  test_assert_error_mentions (error, target);
  test_assert_error_mentions (error, backup);
  test_assert_contents (backup, TEST_OLD);
  g_assert_no_errno (g_unlink (backup));
}

/* The target cannot be synced once, so that the old contents are put back. */
static int
fail_sync_once (TempHandle handle,
                TempSync   what)
{
  if (!is_target (handle) || ++n_calls > 1)
    return real.sync (handle, what);

  errno = EIO;
  return -1;
}

/* The program's descriptor appends. The old contents are put back at the beginning all the same. */
static void
test_appending (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  TempStat st;

  real = temp_platform;
  g_assert_no_errno (real.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;
  n_calls = 0;
  temp_platform.sync = fail_sync_once;
  g_assert_no_errno (fcntl (temp_file_get_fd (file), F_SETFL, O_APPEND));
  assert_not_saved (file, target, G_IO_ERROR_FAILED, NULL);
  temp_platform = real;

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  test_assert_contents (target, TEST_NEW);
}

/* Another thread saves the document meanwhile. It waits, so that the old contents do not come back over its own. */

static const char *saved_by_thread;
static GThread *saver;

static gpointer
save_in_thread (gpointer data)
{
  g_autoptr (TempFile) file = data;

  test_assert_persists (file, saved_by_thread, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  return NULL;
}

static int
start_saver_at_sync (TempHandle handle,
                     TempSync   what)
{
  TempFile *second;

  if (!is_target (handle) || ++n_calls > 1)
    return real.sync (handle, what);

  second = test_persist_new_file (TEST_NAMELESS);
  test_persist_write_new (second);
  saver = g_thread_new ("saver", save_in_thread, second);
  test_wait_idle ();
  errno = EIO;
  return -1;
}

static void
test_other_thread (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (GError) error = NULL;
  TempStat st;

  real = temp_platform;
  g_assert_no_errno (real.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;
  saved_by_thread = target;
  n_calls = 0;
  temp_platform.sync = start_saver_at_sync;
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_thread_join (saver);
  temp_platform = real;
  test_assert_contents (target, TEST_NEW TEST_NEW);
  test_persist_assert_names ("document", "other name target");
}

/* The program is killed while it writes: the backup has the old contents, and no sweep deletes it. */

static int
kill_at_sync (TempHandle handle,
              TempSync   what)
{
  if (is_target (handle))
    raise (SIGKILL);
  return real.sync (handle, what);
}

static void
test_killed (void)
{
  g_autofree char *target = make_target ();
  g_autofree char *backup = test_persist_target (".document~");
  g_autofree char *second = test_persist_target (".document~2~");
  g_autoptr (GError) error = NULL;
  TempStat st;

  g_assert_no_errno (temp_platform.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;
  for (guint i = 0; i < 2; i++)
    {
      int status;
      pid_t pid = fork ();

      if (pid == 0)
        {
          TempFile *file = test_persist_new_file (TEST_NAMELESS);

          real = temp_platform;
          temp_platform.sync = kill_at_sync;
          test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, NULL);
          _exit (0);
        }
      g_assert_no_errno (pid);
      g_assert_no_errno (waitpid (pid, &status, 0));
      g_assert_true (WIFSIGNALED (status));
      g_assert_true (temp_sweep (NULL, NULL, &error));
      g_assert_no_error (error);
      test_assert_contents (backup, TEST_OLD);
    }

  /* A backup that is there is nobody's to overwrite. */
  test_assert_contents (second, TEST_NEW);
  g_assert_no_errno (g_unlink (backup));
  g_assert_no_errno (g_unlink (second));
}

static void
test_cancelled (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  assert_not_saved (file, target, G_IO_ERROR_CANCELLED, cancellable);
}

static void
child_full_disk (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *other = test_persist_target ("other name");
  g_autofree char *old = g_strnfill (40 << 10, 'o');
  g_autofree char *names = NULL;
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (mount, "size=64k"))
    test_child_skip ("nothing can be mounted");

  test_write (target, old);
  g_assert_no_errno (link (target, other));
  file = test_persist_new_file (TEST_NAMELESS);
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_error_mentions (error, target);
  test_assert_contents (target, old);
  names = test_list (mount);
  g_assert_cmpstr (names, ==, "document other name");
}

/* The program may write no file that is as long as the old contents, which another one has written: a signal would kill
 * it in the middle of the backup. */
static void
child_limit (gconstpointer data)
{
  const struct rlimit limit = { .rlim_cur = 8192, .rlim_max = 8192 };
  g_autofree char *target = make_target ();
  g_autofree char *old = g_strnfill (100000, 'o');
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (GError) error = NULL;

  overwrite (target, old);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  g_assert_nonnull (error);
  test_assert_error_mentions (error, target);
  test_assert_contents (target, old);
  test_persist_assert_names ("document", "other name target");
}

/* The mode is that of the old file, also the bits that a write takes away; or one that the program has set. */

static mode_t mode_at_sync;

static int
read_mode_at_sync (TempHandle handle,
                   TempSync   what)
{
  TempStat st;

  if (is_target (handle) && real.stat (handle, &st) == 0)
    mode_at_sync = st.mode;
  return real.sync (handle, what);
}

static TempFile *
new_with_mode (int mode)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = g_initable_new (TEMP_TYPE_FILE, NULL, &error, "dir", test_dir (), "permissions", mode, NULL);

  g_assert_no_error (error);
  test_persist_write_new (file);
  return file;
}

static void
child_mode (gconstpointer data)
{
  const struct
  {
    mode_t before;
    int    own;    /* -1: not set */
    mode_t after;
  } modes[] = {
    { 0640, -1, 0640 },
    { 06755, -1, 06755 },
    { 0644, 0600, 0600 },
    { 0600, 0644, 0644 },
    { 0640, 0604, 0604 },
  };
  g_autofree char *target = make_target ();
  TempStat st;

  if (geteuid () == 0)
    {
      g_autofree char *dir = g_path_get_dirname (target);

      g_assert_no_errno (chown (dir, 1001, 2000));
      g_assert_no_errno (chown (target, 1001, 2000));
      g_assert_no_errno (chmod (test_dir (), 0777));
      if (!test_become (1001, 2000))
        test_child_skip ("cannot become another user");
    }
  real = temp_platform;
  g_assert_no_errno (real.stat_name (TEMP_HANDLE_CURRENT_DIR, target, &st));
  target_id = st.id;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TempFile) failing = new_with_mode (modes[i].own);
      g_autoptr (TempFile) file = new_with_mode (modes[i].own);

      overwrite (target, TEST_OLD);
      g_assert_no_errno (chmod (target, modes[i].before));
      n_calls = 0;
      temp_platform.sync = fail_sync_once;
      g_assert_false (test_persist_to (failing, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, NULL));
      test_assert_mode (target, S_IFREG | modes[i].before);
      test_assert_contents (target, TEST_OLD);

      temp_platform.sync = read_mode_at_sync;
      test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
      test_assert_mode (target, S_IFREG | modes[i].after);
      g_assert_cmphex (mode_at_sync, ==, modes[i].after);
      temp_platform = real;
    }
}

/* Somebody takes rights away while the file is written: they stay away. */

static int
chmod_at_allocate (TempHandle handle,
                   int64_t    size)
{
  g_assert_no_errno (fchmod (handle, 0600));
  return real.allocate (handle, size);
}

static void
test_changed_mode (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);

  g_assert_no_errno (chmod (target, 0644));
  real = temp_platform;
  temp_platform.allocate = chmod_at_allocate;
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  temp_platform = real;
  test_assert_mode (target, S_IFREG | 0600);
}

/* The new contents are shorter, or longer, than the old ones. */
static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, 4096, 1000000 };
  g_autofree char *target = make_target ();

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (sizes); j++)
      {
        g_autofree char *old = g_strnfill (sizes[i], 'o');
        g_autofree char *new = g_strnfill (sizes[j], 'n');
        g_autoptr (GFile) document = g_file_new_for_path (target);
        g_autoptr (GError) error = NULL;
        g_autoptr (TempFile) file = temp_file_new_beside (document, NULL, &error);

        overwrite (target, old);
        g_assert_no_error (error);
        g_assert_cmpint (write (temp_file_get_fd (file), new, sizes[j]), ==, sizes[j]);
        test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE | TEMP_PERSIST_DURABLE);
        test_assert_contents (target, new);
        g_assert_cmpint (lseek (temp_file_get_fd (file), 0, SEEK_CUR), ==, sizes[j]);
      }
  test_persist_assert_names ("document", "other name target");
}

/* The flag changes nothing where a replacement does no harm. */
static void
test_not_needed (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  g_autofree char *target = test_persist_target ("document");
  struct stat before, after;

  test_write (target, TEST_OLD);
  g_assert_no_errno (fstat (temp_file_get_fd (file), &before));
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_no_errno (stat (target, &after));
  if (!g_str_equal (temp_platform.name, "posix")) /* else it may have to be copied */
    g_assert_cmpuint (after.st_ino, ==, before.st_ino);
}

static void
test_named (void)
{
  g_autofree char *target = make_target ();
  g_autoptr (TempFile) file = test_persist_new_file (TEST_ELSEWHERE);

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_cmpstr (temp_file_get_path (file), ==, target);
  test_persist_assert_names ("document", "other name target");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/save/in-place/undone-if-a-system-call-fails", test_failures);
  g_test_add_func ("/save/in-place/backup-is-kept-if-it-cannot-be-put-back", test_cannot_put_back);
  g_test_add_func ("/save/in-place/old-contents-are-put-back-if-the-program-appends", test_appending);
  g_test_add_func ("/save/in-place/undone-without-what-another-program-appends", test_appended);
  g_test_add_func ("/save/in-place/times-are-not-those-of-reserving-space", test_times);
  g_test_add_func ("/save/in-place/undone-with-the-descriptor", test_descriptor);
  g_test_add_func ("/save/in-place/backup-is-no-file-of-another-program", test_taken_backup);
  g_test_add_func ("/save/in-place/backup-has-no-planted-name", test_planted);
  test_add_in_child ("/save/in-place/done-in-proc", child_proc, NULL);
  g_test_add_func ("/save/in-place/done-where-directories-cannot-be-synced", test_dir_without_sync);
  g_test_add_func ("/save/in-place/one-thread-at-a-time", test_other_thread);
  g_test_add_func ("/save/in-place/backup-is-left-by-a-kill", test_killed);
  g_test_add_func ("/save/in-place/nothing-changes-if-cancelled", test_cancelled);
  test_add_in_child ("/save/in-place/nothing-changes-if-the-disk-is-full", child_full_disk, NULL);
  test_add_in_child ("/save/in-place/nothing-changes-if-the-size-of-files-is-limited", child_limit, NULL);
  test_add_in_child ("/save/in-place/the-mode-stays-unless-the-program-has-set-one", child_mode, NULL);
  g_test_add_func ("/save/in-place/the-mode-may-change-meanwhile", test_changed_mode);
  g_test_add_func ("/save/in-place/the-size-is-that-of-the-new-contents", test_sizes);
  g_test_add_func ("/save/in-place/a-named-file-leaves-no-second-one", test_named);
  test_persist_add_kinds ("/save/in-place/only-where-it-is-needed", test_not_needed, FALSE, FALSE);

  return g_test_run ();
}
