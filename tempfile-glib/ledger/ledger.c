/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/ledger.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/file.h"
#include "ledger/home.h"
#include "ledger/text.h"

/* ledger/ lets a sweep find the files and directories that a crashed process left, and nothing else. A ledger is a text
 * file with a line for the process, a line for each directory in which the process makes things, and a key. Each name
 * has a tag, which nobody can make without the key. Each file of the folder knows only those above it in this list:
 *
 *   siphash.c, tag.c     names with tags
 *   text.c               the lines of a ledger
 *   alive.c, trust.c     which processes are alive, and who can rename in a directory
 *   home.c, file.c       the directories of ledgers, and a locked file in one
 *   ledger.c             the ledgers of this process
 *   place.c              the directories in which it makes things, each with a line in a ledger
 *   sweep-dir.c, sweep.c the sweep, which deletes what dead processes left, by their ledgers
 *   guard.c              the guard, a process that waits for the death of another one, and sweeps
 *   tempfile-glib-sweep.c the helper program, which sweeps, explains ledgers, and becomes the guard
 *
 * The life of a ledger:
 *
 *   → current             temp_ledger_open(): entries count in it; a process has one such ledger at most
 *   current  → retired    retire(): it is full, its file is gone, or the process exits; a fork retires it for the child
 *   retired  → finished   temp_ledger_leave(): no entry counts in it any more, so its file is deleted
 *   any      → dead       its process, and those that were forked from that one, have ended: sweep.c goes on
 *
 * Lock rules:
 *
 * 1. A thread takes the lock of an entry before the lock of appends, and that before the process's lock.
 * 2. The lock of appends guards the list of ledgers, and the lines and the descriptor of each. Its holder writes to
 *    ledgers. It waits for no entry and looks up no users; it syncs only in temp_ledger_give_up(), or without a second
 *    descriptor.
 * 3. The process's lock guards the table of places, their descriptors, and which ledger an entry counts in.
 * 4. Counting entries and drawing names need no lock.
 * 5. A process and its children share a lock of each ledger's file for life: a sweep that can take it alone knows that
 *    they have ended, unless one of them has called exec(). */

/* A ledger of this size is full, in bytes. */
#define MAX_SIZE (64 * 1024)

/* A line that the disk takes only in part is written again, at most so often. */
#define MAX_TRIES 100

struct _TempLedger
{
  gint        ref_count;  /* atomic */
  guint       generation; /* of the process that made it: see temp_process_generation() */
  char       *path;
  TempFileId  id;         /* of the file */
  TempTagKey  key;
  guint32     first;      /* the number of the first name */
  guint       n_names;    /* atomic */
  gint        n_alive;    /* atomic; entries that count, plus 1 until it is retired; 0: the file is gone */
  gint        is_retired; /* atomic; no new entry is made under it */
  void       *pin;        /* keeps the lock; NULL: only the descriptor does */

  /* Under the lock of appends. */
  TempHandle  fd;         /* -1: closed, by the program or prune(); check_fd() opens it again */
  GHashTable *uids;       /* the users that have a line */
  gboolean    is_synced;  /* nothing was appended since the last sync */
  gboolean    is_gone;    /* the file was seen without a name: no sweep will act on it */
  gboolean    is_torn;    /* the last line was written short */
  gboolean    is_guarded; /* a guard waits for it, and counts like an entry */
};

/* Under the lock of appends. */
static TempLedger *current;
static GSList *ledgers; /* of this process, and those that it inherited by fork(); with a reference to each */

/* Life */

/* Retires a ledger, once: it is no longer current. */
static void
retire (TempLedger *self)
{
  if (g_atomic_int_compare_and_exchange (&self->is_retired, FALSE, TRUE))
    temp_ledger_leave (self);
}

TempLedger *
temp_ledger_ref (TempLedger *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

/* Drops a reference. The list of ledgers has one until the file is gone: see prune(). */
void
temp_ledger_unref (TempLedger *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_hash_table_unref (self->uids);
  g_free (self->path);
  g_free (self);
}

/* Returns a copy of the path of the ledger's file. */
char *
temp_ledger_dup_path (TempLedger *self)
{
  return g_strdup (self->path);
}

/* Returns TRUE if this process makes new entries under the ledger. */
gboolean
temp_ledger_is_current (TempLedger *self)
{
  return !g_atomic_int_get (&self->is_retired) && self->generation == temp_process_generation ();
}

/* The file */

/* Returns TRUE if the descriptor is the ledger's, and fills st. A program may close a descriptor that it does not know,
 * and open another file under its number. */
static gboolean
is_open_by (TempLedger *self,
            TempHandle  fd,
            TempStat   *st)
{
  return fd >= 0 && temp_platform.stat (fd, st) == 0 && temp_file_id_equal (&st->id, &self->id);
}

/* Returns TRUE if the open file has the ledger's key. Without a mapping, nothing holds the inode once all
 * descriptors are closed: when the ledger is removed, the kernel may give the inode to another file. */
static gboolean
has_key (TempLedger     *self,
         TempHandle      fd,
         const TempStat *st)
{
  g_autoptr (TempLedgerText) text = self->pin == NULL ? temp_ledger_text_read (fd, st) : NULL;

  return self->pin != NULL || (text != NULL && text->verdict == TEMP_LEDGER_GOOD &&
                               memcmp (&text->key, &self->key, sizeof self->key) == 0);
}

/* Opens the ledger's file again if the descriptor is no longer the ledger's. Fails with errno: ENOENT means that the
 * file is gone, ESTALE that another one, or none, is under its path, so that it may be elsewhere. The caller holds the
 * lock of appends. */
static gboolean
check_fd (TempLedger *self,
          TempStat   *st)
{
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;

  temp_ledger_assert_appends_locked ();
  errno = ENOENT;
  if (self->is_gone)
    return FALSE;

  if (G_UNLIKELY (!is_open_by (self, self->fd, st)))
    {
      self->fd = -1;
      fd = temp_platform.open_file (TEMP_HANDLE_CURRENT_DIR, self->path, TEMP_OPEN_APPEND | TEMP_OPEN_DONT_BLOCK);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return FALSE;
      if (!is_open_by (self, fd, st) || !has_key (self, fd, st))
        {
          errno = ESTALE;
          return FALSE;
        }
      self->fd = g_steal_fd (&fd);
    }

  errno = ENOENT;
  self->is_gone = st->n_links == 0;
  return !self->is_gone;
}

/* Closes the descriptor, if it still is the ledger's, and looks a last time if the file has a name. The caller holds
 * the lock of appends. */
static void
close_fd (TempLedger *self)
{
  TempStat st;

  if (is_open_by (self, self->fd, &st))
    {
      self->is_gone = st.n_links == 0;
      temp_platform.close (self->fd);
    }
  self->fd = -1;
}

/* Writes the lines at the end of the file, which is at `end`, and again if the disk takes them only in part. Fails with
 * errno. */
static gboolean
write_lines (TempLedger *self,
             const char *lines,
             goffset     end)
{
  for (guint i = 0; i < MAX_TRIES; i++)
    {
      /* A backslash at its end ruins a line that was written short, so that nobody believes it. */
      g_autofree char *text = g_strconcat (self->is_torn ? "\\\n" : "\n", lines, NULL);
      gssize length = strlen (text), n;

      errno = EFBIG;
      if (end + length > TEMP_LEDGER_MAX_SIZE || !temp_fd_is_within_limit (end + length))
        return FALSE;
      n = temp_platform.write (self->fd, text, length);
      self->is_synced = FALSE;
      if (n == length)
        {
          self->is_torn = FALSE;
          return TRUE;
        }
      if (n < 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        self->is_torn = TRUE;
      end += MAX (n, 0);
    }

  errno = ENOSPC;
  return FALSE;
}

/* Appends lines, each of which ends in a line feed. Fails with errno: ENOENT means that the ledger is gone, so that no
 * sweep acts on it. The caller holds the lock of appends. */
gboolean
temp_ledger_append (TempLedger *self,
                    const char *lines)
{
  TempStat st;
  gboolean is_there = check_fd (self, &st);
  gboolean written = is_there && write_lines (self, lines, st.size);
  int errsv = errno;

  /* A full ledger, or one that cannot be found again, makes way for a new one. */
  if (is_there ? st.size >= MAX_SIZE : errsv == ENOENT || errsv == ESTALE)
    retire (self);

  errno = errsv;
  return written;
}

/* Appends the lines, and then one by which the name is kept, or no longer is: see temp_ledger_append(). */
gboolean
temp_ledger_append_keep (TempLedger *self,
                         const char *lines,
                         const char *name,
                         gboolean    keeps)
{
  g_autofree char *escaped = temp_ledger_escape (name);
  g_autofree char *all = g_strdup_printf ("%s%s %s\n", lines, keeps ? "keep" : "unkeep", escaped);

  return temp_ledger_append (self, all);
}

/* Appends a line for a user who owns something that is made, if there is none yet. Fails with errno. The caller holds
 * the lock of appends. */
gboolean
temp_ledger_add_uid (TempLedger *self,
                     guint32     uid)
{
  g_autofree char *line = g_strdup_printf ("uid %u\n", uid);

  temp_ledger_assert_appends_locked ();
  return g_hash_table_contains (self->uids, GUINT_TO_POINTER (uid)) ||
         (temp_ledger_append (self, line) && g_hash_table_add (self->uids, GUINT_TO_POINTER (uid)));
}

/* Syncs the ledger to the disk, if it is not gone. Fails with errno. Takes the lock of appends, but syncs without it by
 * a second descriptor, if the process can have one. */
gboolean
temp_ledger_sync (TempLedger *self)
{
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;
  gboolean synced;
  TempStat st;

  temp_ledger_lock_appends ();
  synced = self->is_synced || (!check_fd (self, &st) && errno == ENOENT);
  if (!synced && self->fd >= 0)
    {
      self->is_synced = TRUE; /* an append, or an error below, undoes this */
      fd = temp_platform.duplicate (self->fd);
      if (fd < 0)
        self->is_synced = synced = temp_platform.sync (self->fd, TEMP_SYNC_DATA) == 0 || errno == EINVAL;
    }
  temp_ledger_unlock_appends ();

  if (fd < 0)
    return synced;
  if (temp_platform.sync (fd, TEMP_SYNC_DATA) == 0 || errno == EINVAL)
    return TRUE;

  temp_ledger_lock_appends ();
  self->is_synced = FALSE;
  temp_ledger_unlock_appends ();
  return FALSE;
}

/* Deletes the ledger's file, so that no sweep deletes what was made under it, even after a power cut. Unlike an append,
 * this works on a full disk. Fails with errno. The caller holds the lock of appends. */
gboolean
temp_ledger_give_up (TempLedger *self)
{
  g_autofree char *dir = g_path_get_dirname (self->path);
  temp_autofd TempHandle dir_fd = TEMP_HANDLE_NONE;
  TempStat st;

  /* Fail if the ledger is not under its path: it may be where a sweep finds it. */
  if ((!check_fd (self, &st) && errno == ESTALE) ||
      (temp_platform.remove_file (TEMP_HANDLE_CURRENT_DIR, self->path) < 0 && errno != ENOENT))
    return FALSE;
  if (self->fd >= 0 && temp_platform.stat (self->fd, &st) == 0 && st.n_links > 0)
    return FALSE;

  self->is_gone = TRUE;
  retire (self);
  dir_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_LIST | TEMP_OPEN_FOLLOW);
  if (dir_fd < 0)
    return errno == ENOENT;
  return temp_platform.sync (dir_fd, TEMP_SYNC_FILE) == 0 || errno == EINVAL;
}

/* Names */

/* Counts one more entry, which is about to be made under the ledger. Returns FALSE if the ledger is finished. */
gboolean
temp_ledger_enter (TempLedger *self)
{
  gint n;

  do
    {
      n = g_atomic_int_get (&self->n_alive);
      if (n == 0)
        return FALSE;
    }
  while (!g_atomic_int_compare_and_exchange (&self->n_alive, n, n + 1));

  return TRUE;
}

/* Counts one entry less, which was deleted or kept. The last one to leave deletes the file; prune() closes its
 * descriptor. */
void
temp_ledger_leave (TempLedger *self)
{
  if (!g_atomic_int_dec_and_test (&self->n_alive) || self->generation != temp_process_generation ())
    return;

  temp_platform.remove_file (TEMP_HANDLE_CURRENT_DIR, self->path);
  if (self->pin != NULL)
    temp_platform.unpin_lock (self->pin);
}

/* Writes the letters of a name that the ledger never had before. `dir` is the path in the directory's line. Returns
 * FALSE once the ledger has no more names. */
gboolean
temp_ledger_draw (TempLedger  *self,
                  char         letters[TEMP_TAG_N_LETTERS],
                  TempTagKind  kind,
                  const char  *dir,
                  const char  *prefix,
                  gsize        prefix_length,
                  const char  *suffix)
{
  guint n = g_atomic_int_add (&self->n_names, 1);

  if (G_UNLIKELY (n >= TEMP_TAG_N_NAMES))
    {
      g_atomic_int_set (&self->n_names, TEMP_TAG_N_NAMES);
      temp_ledger_lock_appends ();
      retire (self);
      temp_ledger_unlock_appends ();
      return FALSE;
    }

  temp_tag_write (letters, &self->key, kind, self->first + n, dir, prefix, prefix_length, suffix);
  return TRUE;
}

/* Makes a ledger stay to the end of the process, since a guard waits for it. The caller holds the lock of appends. */
void
temp_ledger_set_guarded (TempLedger *self)
{
  temp_ledger_assert_appends_locked ();
  if (!self->is_guarded)
    self->is_guarded = temp_ledger_enter (self);
}

/* All ledgers */

/* Appends a line for this process, a forked child, to each ledger whose lock is not pinned: if the child closes the
 * descriptor, it loses the lock. Another thread of the parent may have written a line in part. */
static void
append_child (void)
{
  TempLedgerProcess process;
  g_autofree char *line = NULL;

  for (GSList *l = ledgers; l != NULL; l = l->next)
    {
      TempLedger *self = l->data;

      if (self->pin != NULL || self->n_alive == 0)
        continue;
      if (line == NULL)
        {
          temp_ledger_process_identify (&process, NULL);
          line = temp_ledger_process_line (&process);
        }
      self->is_torn = TRUE;
      temp_ledger_append (self, line);
    }
}

/* Frees the ledgers of this process whose files are gone. Closes the descriptors of the others, and of those that it
 * inherited, whose locks are pinned. The caller holds the lock of appends. */
static void
prune (void)
{
  GSList *l = ledgers;

  while (l != NULL)
    {
      TempLedger *self = l->data;

      l = l->next;
      if (self->pin != NULL)
        close_fd (self);
      if (g_atomic_int_get (&self->n_alive) > 0 || self->generation != temp_process_generation ())
        continue;
      close_fd (self);
      ledgers = g_slist_remove (ledgers, self);
      temp_ledger_unref (self);
    }
}

/* Draws the key and the first number, and writes the header. Fails with errno. The caller holds the lock of appends. */
static gboolean
begin (TempLedger *self)
{
  g_autofree char *header = NULL;
  TempLedgerProcess process;
  guint64 mount_namespace;
  guint32 uid = temp_platform.get_uid ();
  TempStat st;

  if (!temp_ledger_draw_bytes (&self->key, sizeof self->key) ||
      !temp_ledger_draw_bytes (&self->first, sizeof self->first))
    return FALSE;

  temp_ledger_process_identify (&process, &mount_namespace);
  header = temp_ledger_header (self->fd, self->id.ino, &self->key, &process, mount_namespace, uid);
  g_hash_table_add (self->uids, GUINT_TO_POINTER (uid));
  return check_fd (self, &st) && write_lines (self, header, st.size);
}

/* Makes a ledger in one of the directories of ledgers. The caller holds the lock of appends. */
static TempLedger *
create (guint    which,
        GError **error)
{
  g_autofree char *path = NULL;
  TempStat st;
  TempHandle fd = temp_ledger_file_create (which, &path, &st, error);
  TempLedger *self;

  if (fd < 0)
    return NULL;

  self = g_new (TempLedger, 1);
  *self = (TempLedger) {
    .ref_count = 1,
    .generation = temp_process_generation (),
    .path = g_steal_pointer (&path),
    .id = st.id,
    .n_alive = 1,
    .fd = fd,
    .uids = g_hash_table_new (NULL, NULL),
  };
  if (begin (self))
    {
      temp_platform.pin_lock (fd, &self->pin);
      return self;
    }

  temp_error_from_errno (error, errno, _("Could not write the record of temporary files “%s”: %s"), self->path);
  temp_platform.remove_file (TEMP_HANDLE_CURRENT_DIR, self->path);
  temp_platform.close (fd);
  temp_ledger_unref (self);
  return NULL;
}

/* Returns the current ledger, with a reference. If there is none, makes one in the first directory of ledgers where
 * that works; on failure, the error is that of the first directory. The caller holds the lock of appends. */
TempLedger *
temp_ledger_open (GError **error)
{
  g_autoptr (GError) first_error = NULL;

  temp_ledger_assert_appends_locked ();
  if (current != NULL && temp_ledger_is_current (current))
    return temp_ledger_ref (current);

  prune ();
  current = NULL;
  for (guint which = 0; which < TEMP_LEDGER_N_HOMES && current == NULL; which++)
    current = create (which, first_error == NULL ? &first_error : NULL);
  if (current == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return NULL;
    }

  temp_process_set_child_function (append_child);
  ledgers = g_slist_prepend (ledgers, current); /* takes the first reference */
  return temp_ledger_ref (current);
}

/* Retires all ledgers of this process, at exit. So the files of those go in which no entry counts. Does nothing if
 * another thread has the lock of appends, or this one, interrupted by a signal. */
void
temp_ledger_finish_all (void)
{
  guint generation = temp_process_generation ();

  if (!temp_mutex_try_lock (TEMP_MUTEX_APPENDS))
    return;

  for (GSList *l = ledgers; l != NULL; l = l->next)
    {
      TempLedger *self = l->data;

      if (self->generation != generation)
        continue;
      retire (self);
      if (self->is_guarded)
        temp_ledger_leave (self);
    }
  temp_ledger_unlock_appends ();
}
