/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-ledgers.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/alive.h"
#include "ledger/home.h"
#include "ledger/sweep.h"
#include "test-support.h"

/* No system gives a process so high a number. */
void
test_ledger_init (TestLedger *self)
{
  test_ledger_init_living (self);
  self->process.pid = G_MAXINT32;
}

void
test_ledger_init_living (TestLedger *self)
{
  static guint8 n_keys;

  *self = (TestLedger) { .uid = geteuid () };
  temp_ledger_process_identify (&self->process, &self->mount_namespace);
  memset (self->key.bytes, ++n_keys, sizeof self->key.bytes);
}

void
test_ledger_clear (TestLedger *self)
{
  g_clear_pointer (&self->path, g_free);
}

static void
append_text (TestLedger *self,
             const char *text)
{
  int fd = open (self->path, O_WRONLY | O_APPEND | O_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_cmpint (write (fd, text, strlen (text)), ==, strlen (text));
  close (fd);
}

static void
append_header (TestLedger *self,
               int         fd)
{
  g_autofree char *header = NULL;
  struct stat st;

  g_assert_no_errno (fstat (fd, &st));
  header = temp_ledger_header (fd, st.st_ino, &self->key, &self->process, self->mount_namespace, self->uid);
  test_ledger_append (self, "%s", g_strchomp (header));
}

void
test_ledger_write (TestLedger *self,
                   const char *lines)
{
  static guint n_ledgers;
  g_autofree char *home = temp_ledger_home_get_path (self->which);
  g_autofree char *base = g_strdup_printf (TEMP_LEDGER_PREFIX "%08x%08x", (guint) getpid (), ++n_ledgers);
  int home_fd = temp_ledger_home_open (self->which, TRUE, NULL);
  int fd;

  g_assert_no_errno (home_fd);
  fd = openat (home_fd, base, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  g_assert_no_errno (fd);
  close (home_fd);

  self->path = g_build_filename (home, base, NULL);
  if (lines != NULL)
    append_text (self, lines);
  else
    append_header (self, fd);
  close (fd);
}

void
test_ledger_append (TestLedger *self,
                    const char *format,
                    ...)
{
  g_autofree char *lines = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  lines = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  text = g_strdup_printf ("\n%s\n", lines);
  append_text (self, text);
}

void
test_ledger_append_dir (TestLedger *self,
                        const char *dir)
{
  g_autofree char *text = temp_ledger_escape (dir);
  struct stat st;

  g_assert_no_errno (stat (dir, &st));
  test_ledger_append (self, "dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s", (guint64) st.st_dev,
                      (guint64) st.st_ino, text);
}

char *
test_ledger_read (TestLedger *self)
{
  g_autoptr (GError) error = NULL;
  char *contents = NULL;

  g_file_get_contents (self->path, &contents, NULL, &error);
  g_assert_no_error (error);
  return contents;
}

guint
test_ledger_count_tried (TestLedger *self)
{
  g_autofree char *contents = test_ledger_read (self);
  guint n = 0;

  for (const char *p = contents; (p = strstr (p, "\ntried ")) != NULL; p++)
    n++;
  return n;
}

char *
test_ledger_draw (TestLedger *self,
                  TempTagKind kind,
                  const char *dir,
                  const char *prefix,
                  const char *suffix)
{
  g_autofree char *text = temp_ledger_escape (dir);
  char letters[TEMP_TAG_N_LETTERS + 1] = "";

  temp_tag_write (letters, &self->key, kind, ++self->n_names, text, prefix, strlen (prefix), suffix);
  return g_strdup_printf ("%s/%s%s%s", dir, prefix, letters, suffix);
}

void
test_ledger_write_for (TestLedger *self,
                       const char *dir)
{
  test_ledger_init (self);
  test_ledger_write (self, NULL);
  test_ledger_append_dir (self, dir);
}

char *
test_ledger_leave_file (TestLedger *self,
                        const char *dir)
{
  char *path = test_ledger_draw (self, TEMP_TAG_FILE, dir, "tmp", "");

  test_write (path, "text");
  return path;
}

char *
test_ledger_leave_dir (TestLedger *self,
                       const char *dir)
{
  char *path = test_ledger_draw (self, TEMP_TAG_DIR, dir, "tmp", "");
  g_autofree char *sub = g_build_filename (path, "sub", NULL);

  g_assert_no_errno (mkdir (path, 0700));
  g_assert_no_errno (mkdir (sub, 0700));
  g_free (test_make_precious_in (sub, "file"));
  return path;
}

void
test_ledger_append_name (TestLedger *self,
                         const char *word,
                         const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *escaped = temp_ledger_escape (base);

  test_ledger_append (self, "%s %s", word, escaped);
}

int
test_ledger_lock (TestLedger *self)
{
  int fd = open (self->path, O_RDONLY | O_CLOEXEC);

  g_assert_no_errno (fd);
  g_assert_no_errno (flock (fd, LOCK_SH));
  return fd;
}

void
test_ledger_assert_undone (TestLedger *self)
{
  test_assert_exists (self->path, TRUE);
  g_assert_cmpuint (test_ledger_count_tried (self), ==, 1);
}

void
test_ledger_assert_living (TestLedger *self)
{
  g_autofree char *file = test_ledger_leave_file (self, test_dir ());
  g_autofree char *before = test_ledger_read (self);
  g_autofree char *after = NULL;

  test_assert_sweeps (0);
  test_assert_exists (file, TRUE);
  after = test_ledger_read (self);
  g_assert_cmpstr (after, ==, before);
  g_assert_no_errno (g_unlink (file));
}

void
test_ledger_assert_dead (TestLedger *self)
{
  g_autofree char *file = test_ledger_leave_file (self, test_dir ());

  test_assert_sweeps (1);
  test_assert_exists (file, FALSE);
  test_assert_exists (self->path, FALSE);
}

void
test_ledger_write_here (TestLedger *self)
{
  test_ledger_write (self, NULL);
  test_ledger_append_dir (self, test_dir ());
}

void
test_assert_sweeps (guint expected)
{
  const TempSweepOptions options = { .report = NULL };
  g_autoptr (GError) error = NULL;
  guint n_removed = G_MAXUINT;

  temp_sweep_run (&options, &n_removed, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_removed, ==, expected);
}

void
test_assert_sweep_fails (int         code,
                         const char *mentioned)
{
  const TempSweepOptions options = { .report = NULL };
  g_autoptr (GError) error = NULL;
  gboolean any_left = FALSE;

  g_assert_false (temp_sweep_run (&options, NULL, &any_left, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, mentioned);
  g_assert_true (any_left);
}

guint
test_count_ledgers (void)
{
  guint n = 0;

  for (guint which = 0; which < TEMP_LEDGER_N_HOMES; which++)
    {
      g_autofree char *path = temp_ledger_home_get_path (which);
      g_autoptr (GDir) dir = path != NULL ? g_dir_open (path, 0, NULL) : NULL;
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_prefix (name, TEMP_LEDGER_PREFIX))
          n++;
    }

  return n;
}

char *
test_make_dir_in (const char *dir,
                  const char *base)
{
  char *path = g_build_filename (dir, base, NULL);

  g_assert_no_errno (mkdir (path, 0700));
  return path;
}

char *
test_make_precious_in (const char *dir,
                       const char *base)
{
  char *path = g_build_filename (dir, base, NULL);

  test_write (path, "precious");
  return path;
}

void
test_assert_precious_at (const char *path)
{
  test_assert_contents (path, "precious");
}

void
test_become_owner (void)
{
  g_autofree char *top = g_path_get_dirname (test_dir ());
  g_autofree char *state = test_path ("state");

  if (geteuid () == 0 && (chmod (top, 01777) < 0 || chmod (test_dir (), 01777) < 0))
    test_child_skip ("no other user here");
  if (!test_become_nobody ())
    test_child_skip ("no other user here");
  g_assert_no_errno (mkdir (state, 0700));
}

TempLedger *
test_open_own_ledger (void)
{
  g_autoptr (GError) error = NULL;
  TempLedger *ledger;

  temp_ledger_lock_appends ();
  ledger = temp_ledger_open (&error);
  temp_ledger_unlock_appends ();
  g_assert_no_error (error);
  g_assert_nonnull (ledger);
  g_assert_true (temp_ledger_is_current (ledger));
  return ledger;
}

int
test_append_to_own_ledger (TempLedger *ledger,
                           const char *lines)
{
  int errsv;

  temp_ledger_lock_appends ();
  errsv = temp_ledger_append (ledger, lines) ? 0 : errno;
  temp_ledger_unlock_appends ();
  return errsv;
}

gboolean
test_give_up_own_ledger (TempLedger *ledger)
{
  gboolean gone;

  temp_ledger_lock_appends ();
  gone = temp_ledger_give_up (ledger);
  temp_ledger_unlock_appends ();
  return gone;
}

char *
test_read_own_ledger (TempLedger *ledger)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);
  g_autoptr (GError) error = NULL;
  char *contents = NULL;

  g_file_get_contents (path, &contents, NULL, &error);
  g_assert_no_error (error);
  return contents;
}

TempLedgerText *
test_parse_own_ledger (TempLedger *ledger)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  TempLedgerText *text;
  TempStat st;

  g_assert_no_errno (temp_platform.stat (fd, &st));
  text = temp_ledger_text_read (fd, &st);
  close (fd);
  g_assert_nonnull (text);
  g_assert_cmpint (text->verdict, ==, TEMP_LEDGER_GOOD);
  return text;
}

gboolean
test_is_locked (const char *path)
{
  temp_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);

  g_assert_no_errno (fd);
  if (temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, FALSE))
    return FALSE;
  g_assert_cmpint (errno, ==, EWOULDBLOCK);
  return TRUE;
}

gboolean
test_is_on_overlay (TempLedger *ledger)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);
  struct statfs fs;

  g_assert_no_errno (statfs (path, &fs));
  return fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

void
test_child_skip_unpinned (TempLedger *ledger)
{
  test_child_skip_on_posix ("only a descriptor keeps a lock");
  if (test_is_on_overlay (ledger))
    test_child_skip ("a mapping does not keep locks on overlayfs");
}

void
test_assert_own_ledger (TempLedger *ledger,
                        gboolean    is_there)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);

  test_assert_exists (path, is_there);
}

guint
test_count (const char *contents,
            const char *text)
{
  guint n = 0;

  for (; (contents = strstr (contents, text)) != NULL; contents++)
    n++;
  return n;
}

guint64
test_find_no_above (const char *resolved)
{
  return 0;
}

TempPlace *
test_get_place (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempPlace *place = temp_place_get (dir, TRUE, test_find_no_above, &error);

  g_assert_no_error (error);
  g_assert_nonnull (place);
  g_assert_cmpstr (place->path, ==, dir);
  return place;
}

void
test_let_a_second_pass (TempPlace *place)
{
  g_atomic_int_add (&place->second, -1);
}

void
test_assert_lines_of (TempLedger        *ledger,
                      const char *const *paths)
{
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);

  g_assert_cmpuint (text->dirs->len, ==, g_strv_length ((char **) paths));
  for (guint i = 0; i < text->dirs->len; i++)
    g_assert_cmpstr (((TempLedgerDir *) g_ptr_array_index (text->dirs, i))->path, ==, paths[i]);
}

void
test_assert_no_own_ledger (const char *text)
{
  g_autoptr (GError) error = NULL;

  temp_ledger_lock_appends ();
  g_assert_null (temp_ledger_open (&error));
  temp_ledger_unlock_appends ();
  g_assert_cmpuint (error->domain, ==, G_IO_ERROR);
  test_assert_error_mentions (error, text);
}

guint
test_count_ledgers_in (guint which)
{
  g_autofree char *home = temp_ledger_home_get_path (which);
  g_autofree char *names = test_list (home);

  return test_count (names, TEMP_LEDGER_PREFIX);
}

int
test_find_own_ledger (TempLedger *ledger)
{
  g_autofree char *path = temp_ledger_dup_path (ledger);
  struct stat st, st_fd;

  g_assert_no_errno (stat (path, &st));
  for (int fd = 0; fd < 100; fd++)
    if (fstat (fd, &st_fd) == 0 && st_fd.st_ino == st.st_ino && st_fd.st_dev == st.st_dev)
      return fd;
  return -1;
}

guint
test_count_mappings (const char *path)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return test_count (maps, path);
}

guint
test_count_ledger_fds (void)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *fd;
  guint n = 0;

  while ((fd = g_dir_read_name (fds)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", fd, NULL);
      g_autofree char *path = g_file_read_link (link, NULL);
      const char *base = path != NULL ? strrchr (path, '/') : NULL;

      /* Valgrind has a descriptor of the program, whose name is like a ledger's. */
      n += base != NULL && g_str_has_prefix (base, "/" TEMP_LEDGER_PREFIX) &&
           strspn (base + strlen ("/" TEMP_LEDGER_PREFIX), "0123456789abcdef") == 16;
    }

  return n;
}
