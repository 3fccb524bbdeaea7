/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/sweep-dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "ledger/alive.h"
#include "ledger/trust.h"
#include "tree/tree.h"

/* The sweep of one directory: deletes what is under the names that one of the ledgers' keys verifies.
 *
 * Each name ends in one of three ways: it is deleted; it is spared, or fails, which leaves the ledger undone; or it is
 * not the ledger's. A dry run only tells. */

/* The directory that is swept. */
typedef struct
{
  const char *path;
  int         fd;
  gint        trusted; /* of temp_trust_check(); -1: not asked yet */
} Place;

/* Reports the fate of a path, if this is a dry run: see TempSweep. */
void
temp_sweep_tell (TempSweep  *sweep,
                 const char *path,
                 const char *why)
{
  if (sweep->report != NULL)
    sweep->report (path, why, sweep->report_data);
}

/* Leaves a ledger undone because of the error, which it takes. */
static void
fail (TempSweep *sweep,
      TempDead  *dead,
      GError    *error)
{
  dead->is_undone = TRUE;
  if (sweep->error == NULL)
    sweep->error = error;
  else
    g_error_free (error);
}

/* Like fail(), with an error from errno. */
void
temp_sweep_fail_from_errno (TempSweep  *sweep,
                            TempDead   *dead,
                            const char *action,
                            const char *path)
{
  GError *error = NULL;

  temp_error_from_errno (&error, errno, action, path);
  fail (sweep, dead, error);
}

/* Leaves a ledger undone because the path stays, without an error. */
static void
spare (TempSweep  *sweep,
       TempDead   *dead,
       const char *path,
       const char *why)
{
  dead->is_undone = TRUE;
  temp_sweep_tell (sweep, path, why);
}

/* One name */

/* Deletes a file, or an empty directory that somebody put in its place. */
static void
remove_file (TempSweep  *sweep,
             TempDead   *dead,
             Place      *place,
             const char *name,
             const char *path,
             gboolean    is_dir)
{
  gboolean removed = FALSE;
  GError *error = NULL;

  if (sweep->report != NULL)
    temp_sweep_tell (sweep, path, is_dir ? "somebody put a directory there, which goes only if it is empty" : NULL);
  else if (!temp_remove_file_name (place->fd, name, path, &removed, &error))
    {
      dead->is_undone = TRUE;
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY))
        g_error_free (error);
      else
        fail (sweep, dead, error);
    }
  sweep->n_removed += removed;
}

/* Opens and locks a directory, which is to be deleted. Returns -1 if it is mounted, if somebody has just replaced it,
 * or if another process has it locked, such as a child of the dead program: then it stays. */
static int
open_unused (TempSweep         *sweep,
             TempDead          *dead,
             Place             *place,
             const char        *name,
             const char        *path,
             const struct stat *st)
{
  temp_autofd int fd = temp_remove_open_shut (place->fd, name);
  struct stat now;

  if (fd < 0 || fstat (fd, &now) < 0)
    {
      if (errno != ENOENT)
        temp_sweep_fail_from_errno (sweep, dead, "Could not open the directory", path);
    }
  else if (now.st_dev != st->st_dev || now.st_ino != st->st_ino)
    spare (sweep, dead, path, "somebody has just replaced it");
  else if (!temp_remove_is_on_mount (place->fd, fd))
    temp_sweep_fail_from_errno (sweep, dead, "Could not remove the temporary directory", path);
  else if (!temp_ledger_lock (fd, LOCK_EX | (sweep->waits ? 0 : LOCK_NB)))
    spare (sweep, dead, path, "a process has it locked");
  else
    return g_steal_fd (&fd);

  return -1;
}

/* Deletes a directory with all that is in it; if others can rename in its parent, only an empty one. */
static void
remove_dir (TempSweep         *sweep,
            TempDead          *dead,
            Place             *place,
            const char        *name,
            const char        *path,
            const struct stat *st)
{
  TempRemoveOptions options = {
    .cancellable = sweep->cancellable,
    .locks = sweep->waits ? TEMP_REMOVE_AWAIT_LOCKED : TEMP_REMOVE_SPARE_LOCKED,
  };
  temp_autofd int fd = open_unused (sweep, dead, place, name, path, st);
  gboolean removed = FALSE;
  GError *error = NULL;

  if (fd < 0)
    return;
  if (place->trusted < 0)
    place->trusted = temp_trust_check (place->path);

  if (sweep->report != NULL)
    temp_sweep_tell (sweep, path, place->trusted ? NULL : "others can rename in there, so it goes only if it is empty");
  else if (place->trusted)
    {
      if (!temp_remove_dir_name (place->fd, name, path, fd, TRUE, &options, &removed, &error))
        fail (sweep, dead, error);
    }
  else
    {
      removed = unlinkat (place->fd, name, AT_REMOVEDIR) == 0;
      dead->is_undone = dead->is_undone || (!removed && errno != ENOENT);
    }

  dead->is_undone = dead->is_undone || options.any_spared;
  sweep->n_removed += removed;
  temp_ledger_lock (fd, LOCK_UN); /* a child that was forked in the meantime keeps it open */
}

/* Deletes what is under a name that the ledger made, unless it was kept. */
static void
remove_name (TempSweep         *sweep,
             TempDead          *dead,
             Place             *place,
             const char        *name,
             TempTagKind        kind,
             const struct stat *st)
{
  g_autofree char *path = g_build_filename (place->path, name, NULL);
  gboolean is_dir = S_ISDIR (st->st_mode);

  if (g_hash_table_contains (dead->text->kept, name))
    temp_sweep_tell (sweep, path, "it was kept");
  else if (is_dir && !temp_ledger_text_has_uid (dead->text, st->st_uid))
    spare (sweep, dead, path, "it belongs to another user");
  else if (is_dir && kind == TEMP_TAG_DIR)
    remove_dir (sweep, dead, place, name, path, st);
  else
    remove_file (sweep, dead, place, name, path, is_dir);
}

/* One directory */

/* Looks at a name. Returns FALSE if nothing is there, or on another error, which leaves the ledgers undone. */
static gboolean
look_at (TempSweep         *sweep,
         Place             *place,
         const TempMention *mentions,
         guint              n_mentions,
         const char        *name,
         struct stat       *st)
{
  if (fstatat (place->fd, name, st, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;

  for (guint i = 0; errno != ENOENT && i < n_mentions; i++)
    mentions[i].dead->is_undone = TRUE;
  return FALSE;
}

/* Deletes the name if one of the ledgers made it. Does not even hash the name of a file that belongs to another
 * user. */
static void
try_name (TempSweep         *sweep,
          Place             *place,
          const TempMention *mentions,
          guint              n_mentions,
          const char        *name)
{
  struct stat st;
  TempTagKind kind;

  if (!look_at (sweep, place, mentions, n_mentions, name, &st))
    return;

  for (guint i = 0; i < n_mentions; i++)
    {
      const TempMention *mention = &mentions[i];
      TempLedgerText *text = mention->dead->text;

      if ((sweep->uid == 0 || temp_ledger_text_has_uid (text, st.st_uid)) &&
          temp_tag_verify (name, &text->key, mention->dir->text, &kind))
        {
          remove_name (sweep, mention->dead, place, name, kind, &st);
          break;
        }
    }
}

/* Tries all names in the directory that could have a tag. Returns FALSE if the directory cannot be read. */
static gboolean
read_names (TempSweep         *sweep,
            Place             *place,
            const TempMention *mentions,
            guint              n_mentions)
{
  int copy = openat (place->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;
  gboolean is_read;

  if (dir == NULL)
    {
      temp_fd_clear (&copy);
      return FALSE;
    }

  while (errno = 0, !g_cancellable_is_cancelled (sweep->cancellable) && (entry = readdir (dir)) != NULL)
    if (temp_tag_has_window (entry->d_name))
      try_name (sweep, place, mentions, n_mentions, entry->d_name);

  is_read = errno == 0;
  closedir (dir);
  return is_read;
}

/* Deletes the names that have a line of their own in the ledger, which a sweep believes without a tag. A name that has
 * a tag says for which kind it was made; another one is of the kind that is there now. */
static void
try_believed_names (TempSweep         *sweep,
                    Place             *place,
                    const TempMention *mention)
{
  TempTagKind kind;
  struct stat st;

  for (guint i = 0; i < mention->dir->names->len; i++)
    {
      const char *name = g_ptr_array_index (mention->dir->names, i);

      if (!look_at (sweep, place, mention, 1, name, &st))
        continue;
      if (!temp_tag_verify (name, &mention->dead->text->key, mention->dir->text, &kind))
        kind = S_ISDIR (st.st_mode) ? TEMP_TAG_DIR : TEMP_TAG_FILE;
      remove_name (sweep, mention->dead, place, name, kind, &st);
    }
}

/* Sweeps a directory for all ledgers that name it. A path that opens is swept, even if another directory is there by
 * now: a verified name is safe to delete anywhere. But in another directory, an absent name proves nothing: the ledger
 * stays undone. */
void
temp_sweep_dir (TempSweep         *sweep,
                const TempMention *mentions,
                guint              n_mentions)
{
  const char *path = mentions->dir->path;
  temp_autofd int fd = open (path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  Place place = { path, fd, -1 };
  struct stat st;
  gboolean is_seen = fd >= 0 && fstat (fd, &st) == 0;
  gboolean is_read = is_seen && read_names (sweep, &place, mentions, n_mentions);

  for (guint i = 0; i < n_mentions; i++)
    {
      TempDead *dead = mentions[i].dead;
      TempLedgerDir *dir = mentions[i].dir;

      if (is_seen && st.st_ino == dir->ino && (!dead->is_same_boot || st.st_dev == dir->dev))
        {
          try_believed_names (sweep, &place, &mentions[i]);
          if (!is_read && dir->names->len == 0)
            spare (sweep, dead, path, "it cannot be read");
        }
      else
        spare (sweep, dead, path, "it is not there, or is another directory than it was");
    }
}
