/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/sweep-dir.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/names.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/trust.h"
#include "tree/tree.h"

/* The sweep of one directory: deletes files and directories whose names one of the ledgers' keys verifies.
 *
 * Each name ends in one of three ways: the sweep deletes it; spares it, or fails, which leaves the ledger undone; or no
 * ledger has made it. A dry run only tells. */

/* The directory that is swept. */
typedef struct
{
  TempSweep         *sweep;
  const TempDirLine *lines;
  guint              n_lines;
  const char        *path;
  TempHandle         fd;
  gint               trusted; /* the result of temp_trust_check(); -1: not asked yet */
} Dir;

/* Reports the fate of a path in a dry run. */
void
temp_sweep_tell (TempSweep  *sweep,
                 const char *path,
                 const char *why)
{
  if (sweep->report != NULL)
    sweep->report (path, why, sweep->report_data);
}

/* Leaves a ledger undone because of an error. Takes the error. */
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
                            const char *sentence,
                            const char *path)
{
  GError *error = NULL;

  temp_error_from_errno (&error, errno, sentence, path);
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
delete_file (Dir        *dir,
             TempDead   *dead,
             const char *name,
             const char *path,
             gboolean    is_dir)
{
  const char *why = is_dir ? _("somebody put a directory there, which goes only if it is empty") : NULL;
  gboolean removed = FALSE;
  GError *error = NULL;

  if (dir->sweep->report != NULL)
    temp_sweep_tell (dir->sweep, path, why);
  else if (!temp_remove_file_name (dir->fd, name, path, &removed, &error))
    {
      dead->is_undone = TRUE;
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY))
        g_error_free (error);
      else
        fail (dir->sweep, dead, error);
    }
  dir->sweep->n_removed += removed;
}

/* Opens and locks a directory that is to be deleted. Returns -1, and leaves the ledger undone, if the directory is a
 * mount, if somebody has just replaced it, or if a process has it locked, such as a child of the dead program. */
static TempHandle
open_unused (Dir            *dir,
             TempDead       *dead,
             const char     *name,
             const char     *path,
             const TempStat *st)
{
  temp_autofd TempHandle fd = temp_remove_open_shut (dir->fd, name);
  TempFileId now;

  if (fd < 0 || temp_platform.identify (fd, &now) < 0)
    {
      if (errno != ENOENT)
        temp_sweep_fail_from_errno (dir->sweep, dead, _("Could not open the directory “%s”: %s"), path);
    }
  else if (!temp_file_id_equal (&now, &st->id))
    spare (dir->sweep, dead, path, _("somebody has just replaced it"));
  else if (!temp_remove_is_on_mount (dir->fd, fd))
    temp_sweep_fail_from_errno (dir->sweep, dead, _("Could not remove the temporary directory “%s”: %s"), path);
  else if (!temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, dir->sweep->waits))
    spare (dir->sweep, dead, path, _("a process has it locked"));
  else
    return g_steal_fd (&fd);

  return TEMP_HANDLE_NONE;
}

/* Deletes a directory and its contents; but only an empty one if others can rename in its parent. */
static void
delete_dir (Dir            *dir,
            TempDead       *dead,
            const char     *name,
            const char     *path,
            const TempStat *st)
{
  TempRemoveOptions options = {
    .cancellable = dir->sweep->cancellable,
    .locks = dir->sweep->waits ? TEMP_REMOVE_AWAIT_LOCKED : TEMP_REMOVE_SPARE_LOCKED,
  };
  temp_autofd TempHandle fd = open_unused (dir, dead, name, path, st);
  const char *why;
  gboolean removed = FALSE;
  GError *error = NULL;

  if (fd < 0)
    return;
  if (dir->trusted < 0)
    dir->trusted = temp_trust_check (dir->path);

  why = dir->trusted ? NULL : _("others can rename in there, so it goes only if it is empty");
  if (dir->sweep->report != NULL)
    temp_sweep_tell (dir->sweep, path, why);
  else if (dir->trusted)
    {
      if (!temp_remove_dir_name (dir->fd, name, path, fd, TRUE, &options, &removed, &error))
        fail (dir->sweep, dead, error);
    }
  else
    {
      removed = temp_platform.remove_dir (dir->fd, name) == 0;
      dead->is_undone |= !removed && errno != ENOENT;
    }

  dead->is_undone |= options.any_spared;
  dir->sweep->n_removed += removed;
  temp_ledger_lock (fd, TEMP_LOCK_NONE, TRUE); /* a child that was forked in the meantime keeps the descriptor open */
}

/* Deletes the file or directory under a name that the ledger made, unless the name was kept. */
static void
delete_name (Dir            *dir,
             TempDead       *dead,
             const char     *name,
             TempTagKind     kind,
             const TempStat *st)
{
  g_autofree char *path = g_build_filename (dir->path, name, NULL);
  gboolean is_dir = st->kind == TEMP_KIND_DIR;

  if (g_hash_table_contains (dead->text->kept, name))
    temp_sweep_tell (dir->sweep, path, _("it was kept"));
  else if (is_dir && !temp_ledger_text_has_uid (dead->text, st->uid))
    spare (dir->sweep, dead, path, _("it belongs to another user"));
  else if (is_dir && kind == TEMP_TAG_DIR)
    delete_dir (dir, dead, name, path, st);
  else
    delete_file (dir, dead, name, path, is_dir);
}

/* One directory */

/* Deletes the name if one of the ledgers made it. Hashes the name only if the file under it belongs to one of the
 * ledger's users. */
static void
try_name (Dir        *dir,
          const char *name)
{
  TempStat st;
  TempTagKind kind;

  if (temp_platform.stat_name (dir->fd, name, &st) < 0)
    {
      for (guint i = 0; errno != ENOENT && i < dir->n_lines; i++)
        dir->lines[i].dead->is_undone = TRUE;
      return;
    }

  for (guint i = 0; i < dir->n_lines; i++)
    {
      const TempDirLine *line = &dir->lines[i];
      TempLedgerText *text = line->dead->text;

      if ((dir->sweep->uid == 0 || temp_ledger_text_has_uid (text, st.uid)) &&
          temp_tag_verify (name, &text->key, line->dir->text, &kind))
        {
          delete_name (dir, line->dead, name, kind, &st);
          break;
        }
    }
}

/* Tries all names in the directory that could have a tag. Returns FALSE if the directory cannot be read. */
static gboolean
read_names (Dir *dir)
{
  g_auto (TempNames) names = TEMP_NAMES_INIT;
  const char *name;

  if (!temp_names_open (&names, dir->fd))
    return FALSE;

  while (errno = 0, !g_cancellable_is_cancelled (dir->sweep->cancellable) && (name = temp_names_next (&names)) != NULL)
    if (temp_tag_has_window (name))
      try_name (dir, name);

  return errno == 0;
}

/* Deletes the names that have a line of their own in the ledger, which a sweep believes without a tag. A tag tells if
 * the name was made for a file or a directory; without a tag, the kind that is there now counts. */
static void
try_believed_names (Dir               *dir,
                    const TempDirLine *line)
{
  TempTagKind kind;
  TempStat st;

  for (guint i = 0; i < line->dir->names->len; i++)
    {
      const char *name = g_ptr_array_index (line->dir->names, i);

      if (temp_platform.stat_name (dir->fd, name, &st) < 0)
        {
          line->dead->is_undone |= errno != ENOENT;
          continue;
        }
      if (!temp_tag_verify (name, &line->dead->text->key, line->dir->text, &kind))
        kind = st.kind == TEMP_KIND_DIR ? TEMP_TAG_DIR : TEMP_TAG_FILE;
      delete_name (dir, line->dead, name, kind, &st);
    }
}

/* Sweeps a directory for all ledgers that have a line for it. Sweeps even another directory that is under the path by
 * now: a verified name is safe to delete anywhere. But in another directory, an absent name proves nothing, so that the
 * ledger stays undone. */
void
temp_sweep_dir (TempSweep         *sweep,
                const TempDirLine *lines,
                guint              n_lines)
{
  const char *path = lines->dir->path;
  temp_autofd TempHandle fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, path, 0);
  Dir dir = { sweep, lines, n_lines, path, fd, -1 };
  TempFileId id;
  gboolean is_seen = fd >= 0 && temp_platform.identify (fd, &id) == 0;
  gboolean is_read = is_seen && read_names (&dir);

  for (guint i = 0; i < n_lines; i++)
    {
      TempDead *dead = lines[i].dead;
      const TempLedgerDir *meant = lines[i].dir;

      if (is_seen && id.ino == meant->ino && (!dead->is_same_boot || id.dev == meant->dev))
        {
          try_believed_names (&dir, &lines[i]);
          if (!is_read && meant->names->len == 0)
            spare (sweep, dead, path, _("it cannot be read"));
        }
      else
        spare (sweep, dead, path, _("it is not there, or is another directory than it was"));
    }
}
