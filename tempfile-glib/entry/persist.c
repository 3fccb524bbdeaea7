/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-persist-private.h"
#include "entry/stage.h"

static void
stage_clear (TempStage *p)
{
  g_free (p->resolved);
  g_free (p->dir);
  g_clear_pointer (&p->parent, temp_parent_unref);
  temp_fd_clear (&p->sync_fd);
  temp_fd_clear (&p->target_fd);
  temp_fd_clear (&p->old_fd);
  temp_metadata_clear (&p->model);
  temp_metadata_clear (&p->own);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempStage, stage_clear)

/* Before anything is done */

static gboolean
check_entry (TempEntry  *entry,
             GError    **error)
{
  if (entry->state == TEMP_ENTRY_KEPT)
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "“%s” is kept or persisted already", shown);
      return FALSE;
    }

  if (entry->state == TEMP_ENTRY_OWNED && !temp_entry_is_still_ours (entry))
    {
      temp_error_from_errno (error, errno, "Somebody took away", entry->name.path);
      return FALSE;
    }

  return TRUE;
}

/* What is there may be replaced only by its like. */
static gboolean
look_at_target (TempStage  *p,
                GError    **error)
{
  struct stat st;

  p->target_fd = temp_persist_open_model (temp_parent_get_fd (p->parent), p->base, &st);
  if (p->target_fd < 0)
    return errno == ENOENT || temp_stage_fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_REPLACE) == 0)
    return temp_stage_fail (p, error, EEXIST);
  if (p->is_dir && !S_ISDIR (st.st_mode))
    return temp_stage_fail (p, error, ENOTDIR);
  if (!p->is_dir && S_ISDIR (st.st_mode))
    return temp_stage_fail (p, error, EISDIR);

  if (!p->is_dir && !S_ISREG (st.st_mode))
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   "Could not persist a temporary file as “%s”: that is no regular file", shown);
      return FALSE;
    }

  return TRUE;
}

static gboolean
look_at_destination (TempStage  *p,
                     GError    **error)
{
  p->resolved = (p->flags & TEMP_PERSIST_REPLACE) != 0 ? temp_persist_resolve (p->path) : g_strdup (p->path);
  if (p->resolved == NULL)
    return temp_stage_fail (p, error, errno);

  p->dir = g_path_get_dirname (p->resolved);
  p->base = strrchr (p->resolved, '/') + 1;
  if (*p->base == '\0' || g_str_equal (p->base, ".") || g_str_equal (p->base, ".."))
    return temp_stage_fail (p, error, p->is_dir ? EBUSY : EISDIR);

  p->parent = temp_parent_open (p->dir, error);
  if (p->parent == NULL || !look_at_target (p, error))
    return FALSE;

  /* Now, because later it would be too late for an error. */
  if ((p->flags & TEMP_PERSIST_DURABLE) != 0)
    {
      p->sync_fd = temp_persist_open_dir (temp_parent_get_fd (p->parent));
      if (p->sync_fd < 0)
        {
          temp_error_from_errno (error, errno, "Could not open, to sync it, the directory", p->dir);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_model (TempStage  *p,
            GError    **error)
{
  gboolean done;

  if (p->target_fd >= 0)
    {
      done = temp_metadata_read (&p->model, p->target_fd);
    }
  else if (p->is_dir)
    {
      done = temp_metadata_read (&p->model, temp_entry_get_fd (p->entry));
      p->model.mode = (0777 & ~temp_metadata_umask ()) | (p->model.mode & S_ISGID);
    }
  else
    {
      done = temp_metadata_read_new (&p->model, temp_parent_get_fd (p->parent), &p->own);
    }

  return done || temp_stage_fail (p, error, errno);
}

/* A copy is given first what the file itself has. */
static gboolean
prepare_copy (TempStage    *p,
              TempMetadata *now)
{
  int fd = temp_stage_get_fd (p);

  if (!temp_metadata_read (now, fd) || !temp_metadata_adopt (fd, now, &p->own, !p->with_mode))
    return FALSE;

  temp_metadata_clear (now);
  return temp_metadata_read (now, fd);
}

static gboolean
prepare_file (TempStage  *p,
              GError    **error)
{
  gboolean is_copy = temp_stage_is_copy (p);
  int fd = temp_stage_get_fd (p);
  g_auto (TempMetadata) now = { 0 };

  if (is_copy && !prepare_copy (p, &now))
    return temp_stage_fail (p, error, errno);

  p->adopted = !is_copy;
  if (!temp_metadata_adopt (fd, is_copy ? &now : &p->own, &p->model, p->with_mode))
    return temp_stage_fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_DURABLE) != 0 && !(p->is_dir ? temp_persist_sync_tree (fd) : temp_persist_sync (fd)))
    {
      temp_error_from_errno (error, errno, "Could not sync what is to be", p->path);
      return FALSE;
    }

  return TRUE;
}

/* From now on the entry's descriptor, whose number remains, is that of the copy. */
static gboolean
switch_fd (TempStage  *p,
           GError    **error)
{
  int fd = temp_entry_get_fd (p->entry);
  int result;

  if (p->is_dir || !temp_stage_is_copy (p))
    return TRUE;

  p->old_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (p->old_fd < 0)
    return temp_stage_fail (p, error, errno);

  do
    result = dup3 (temp_entry_get_fd (p->stage), fd, O_CLOEXEC);
  while (result < 0 && (errno == EINTR || errno == EBUSY));

  if (result < 0)
    {
      temp_stage_fail (p, error, errno);
      temp_fd_clear (&p->old_fd);
    }
  return result >= 0;
}

/* All together */

/* Does all that can fail; after a failure all is as before. */
static gboolean
attempt (TempStage     *p,
         TempStageWay   way,
         GError       **error)
{
  gboolean ready;

  p->way = way;
  p->needs_copy = p->needs_filling = FALSE;

  /* A file without a name waits with none for as long as it can: whatever happens
   * then, the kernel deletes it. */
  if (way == TEMP_STAGE_LINKED)
    ready = prepare_file (p, error) && temp_stage_put (p, error);
  else
    ready = temp_stage_put (p, error) && prepare_file (p, error);

  if (ready &&
      !g_cancellable_set_error_if_cancelled (p->cancellable, error) &&
      switch_fd (p, error) && temp_stage_move (p, error))
    return TRUE;

  if (p->old_fd >= 0)
    dup3 (p->old_fd, temp_entry_get_fd (p->entry), O_CLOEXEC);
  temp_fd_clear (&p->old_fd);

  if (p->adopted)
    temp_metadata_restore (temp_entry_get_fd (p->entry), &p->own);
  p->adopted = FALSE;

  temp_stage_leave (p);
  return FALSE;
}

static TempStageWay
choose_way (TempStage *p)
{
  if (p->entry->state == TEMP_ENTRY_OWNED)
    return p->entry->parent == p->parent ? TEMP_STAGE_IN_PLACE : TEMP_STAGE_MOVED;
  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? TEMP_STAGE_LINKED : TEMP_STAGE_UNNAMED;
}

/* It is in place; now the old one, if it was copied, goes. */
static gboolean
finish (TempStage  *p,
        GError    **error)
{
  g_autoptr (GError) first_error = NULL;

  if (!temp_entry_settle (p->entry, p->stage, p->parent, p->path, p->base, temp_stage_is_copy (p)))
    temp_error_from_errno (&first_error, errno, "It is in place, but could not make sure that no crash deletes",
                           p->path);

  if (p->sync_fd >= 0 && !temp_persist_sync (p->sync_fd))
    temp_error_from_errno (first_error == NULL ? &first_error : NULL, errno,
                           "It is in place, but could not be made durable in the directory", p->dir);

  temp_stage_remove_remains (p, first_error == NULL ? &first_error : NULL);
  p->remains = g_steal_pointer (&p->stage);
  temp_stage_remove_remains (p, first_error == NULL ? &first_error : NULL);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

static gboolean
persist (TempStage  *p,
         GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean done;

  if (!check_entry (p->entry, error) || !look_at_destination (p, error))
    return FALSE;

  if (!temp_metadata_read (&p->own, temp_entry_get_fd (p->entry)))
    return temp_stage_fail (p, error, errno);
  if (!read_model (p, error))
    return FALSE;

  done = attempt (p, choose_way (p), &local_error);
  if (!done && p->needs_copy)
    {
      g_clear_error (&local_error);
      done = attempt (p, TEMP_STAGE_COPIED, &local_error);
    }
  if (!done && p->needs_filling)
    {
      g_clear_error (&local_error);
      done = attempt (p, TEMP_STAGE_FILLED, &local_error);
    }

  if (done)
    return finish (p, error);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* The path in the file name encoding, which a file elsewhere has not. */
static const char *
get_local_path (GFile   *file,
                GError **error)
{
  const char *path = g_file_peek_path (file);
  g_autofree char *shown = NULL;

  if (path != NULL)
    return path;

  shown = g_file_get_parse_name (file);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "“%s” is no local file", shown);
  return NULL;
}

/* Gives the directory in which to make what is to become the target. */
char *
temp_entry_find_dir (GFile   *target,
                     GError **error)
{
  const char *path = get_local_path (target, error);
  g_autofree char *resolved = NULL;

  if (path == NULL)
    return NULL;

  resolved = temp_persist_resolve (path);
  if (resolved == NULL)
    {
      temp_error_from_errno (error, errno, "Could not make a temporary file beside", path);
      return NULL;
    }

  return g_path_get_dirname (resolved);
}

/* Moves what was made to the destination, for good: see the flags. Without
 * with_mode, it keeps the mode that it was made with. An error leaves all as it was; but
 * if it comes after the move, the path has changed. */
gboolean
temp_entry_persist (TempEntry         *entry,
                    GFile             *destination,
                    TempPersistFlags   flags,
                    gboolean           with_mode,
                    GCancellable      *cancellable,
                    GError           **error)
{
  g_auto (TempStage) p = {
    .entry = entry,
    .path = get_local_path (destination, error),
    .flags = flags,
    .with_mode = with_mode,
    .is_dir = entry->directory != NULL,
    .cancellable = cancellable,
    .sync_fd = -1,
    .target_fd = -1,
    .old_fd = -1,
  };
  gboolean persisted, has_right;

  if (p.path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!p.is_dir && !temp_entry_acquire_fd (entry, error))
    return FALSE;

  /* The program's exit waits for this, too. */
  has_right = temp_entry_begin (entry);
  persisted = persist (&p, error);
  if (has_right)
    temp_entry_end (entry);

  if (!p.is_dir)
    temp_entry_release_fd (entry, NULL);
  return persisted;
}
