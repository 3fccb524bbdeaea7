/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/persist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "persist/link.h"
#include "persist/plan.h"

/* Persisting, from the first look to the end: plan.h lists the steps. */

static void
plan_clear (TempPlan *p)
{
  g_free (p->resolved);
  g_free (p->dir);
  temp_fd_clear (&p->dir_fd);
  temp_fd_clear (&p->sync_fd);
  temp_fd_clear (&p->target_fd);
  temp_fd_clear (&p->old_fd);
  temp_metadata_clear (&p->model);
  temp_metadata_clear (&p->own);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempPlan, plan_clear)

/* Plan: nothing changes yet */

/* Checks that the entry can be persisted, and still is under its name. Opens a directory that has no descriptor. */
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

  if (entry->is_dir && temp_entry_open_dir_fd (entry) < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the temporary directory", entry->name.path);
      return FALSE;
    }

  return entry->state != TEMP_ENTRY_REGISTERED || temp_plan_check_name (entry, temp_entry_get_fd (entry), error);
}

/* Opens the target, if anything is there. Only REPLACE allows that, and a file replaces a regular file, a directory a
 * directory. */
static gboolean
look_at_target (TempPlan  *p,
                GError   **error)
{
  struct stat st;

  p->target_fd = temp_persist_open_model (p->dir_fd, p->base, &st);
  if (p->target_fd < 0)
    return errno == ENOENT || temp_plan_fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_REPLACE) == 0)
    return temp_plan_fail (p, error, EEXIST);
  if (p->is_dir && !S_ISDIR (st.st_mode))
    return temp_plan_fail (p, error, ENOTDIR);
  if (!p->is_dir && S_ISDIR (st.st_mode))
    return temp_plan_fail (p, error, EISDIR);

  if (!p->is_dir && !S_ISREG (st.st_mode))
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   "Could not persist a temporary file as “%s”: that is no regular file", shown);
      return FALSE;
    }

  return TRUE;
}

/* Finds the target and its directory, and opens them. */
static gboolean
look_at_destination (TempPlan  *p,
                     GError   **error)
{
  p->resolved = (p->flags & TEMP_PERSIST_REPLACE) != 0 ? temp_persist_resolve (p->path) : g_strdup (p->path);
  if (p->resolved == NULL)
    return temp_plan_fail (p, error, errno);

  p->dir = g_path_get_dirname (p->resolved);
  p->base = strrchr (p->resolved, '/') + 1;
  if (*p->base == '\0' || g_str_equal (p->base, ".") || g_str_equal (p->base, ".."))
    return temp_plan_fail (p, error, p->is_dir ? EBUSY : EISDIR);

  p->dir_fd = open (p->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (p->dir_fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the directory", p->dir);
      return FALSE;
    }
  if (!look_at_target (p, error))
    return FALSE;

  /* If the directory cannot be opened, that is an error before anything has changed. */
  if ((p->flags & TEMP_PERSIST_DURABLE) != 0)
    {
      p->sync_fd = temp_persist_open_dir (p->dir_fd);
      if (p->sync_fd < 0)
        {
          temp_error_from_errno (error, errno, "Could not open, to sync it, the directory", p->dir);
          return FALSE;
        }
    }

  return TRUE;
}

/* Reads the metadata that the result is to have: those of the target, or those of an ordinary new file or directory
 * there. */
static gboolean
read_model (TempPlan  *p,
            GError   **error)
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
      done = temp_metadata_read_new (&p->model, p->dir_fd, &p->own);
    }

  return done || temp_plan_fail (p, error, errno);
}

/* Adopt */

/* Sets the metadata of a copy to those of the entry's file, and reads into `now` what they are then. Sets errno if it
 * fails. */
static gboolean
prepare_copy (TempPlan     *p,
              TempMetadata *now)
{
  int fd = temp_plan_get_fd (p);

  if (!temp_metadata_read (now, fd) || !temp_metadata_adopt (fd, now, &p->own, !p->with_mode))
    return FALSE;

  temp_metadata_clear (now);
  return temp_metadata_read (now, fd);
}

/* Sets the metadata of the file that is to go to the target, and syncs it if the flags say so. */
static gboolean
prepare_file (TempPlan  *p,
              GError   **error)
{
  gboolean is_copy = temp_plan_is_copy (p);
  int fd = temp_plan_get_fd (p);
  g_auto (TempMetadata) now = { 0 };

  if (is_copy && !prepare_copy (p, &now))
    return temp_plan_fail (p, error, errno);

  p->adopted = !is_copy;
  if (!temp_metadata_adopt (fd, is_copy ? &now : &p->own, &p->model, p->with_mode))
    return temp_plan_fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_DURABLE) != 0 && !(p->is_dir ? temp_persist_sync_tree (fd) : temp_persist_sync (fd)))
    {
      temp_error_from_errno (error, errno, "Could not sync what is to be", p->path);
      return FALSE;
    }

  return TRUE;
}

/* Makes the entry's descriptor one of the copied file, under the number that it has. Remembers the old file in
 * old_fd. */
static gboolean
switch_fd (TempPlan  *p,
           GError   **error)
{
  int fd = temp_entry_get_fd (p->entry);
  int result;

  if (p->is_dir || !temp_plan_is_copy (p))
    return TRUE;

  p->old_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (p->old_fd < 0)
    return temp_plan_fail (p, error, errno);

  do
    result = dup3 (temp_entry_get_fd (p->hidden), fd, O_CLOEXEC);
  while (result < 0 && (errno == EINTR || errno == EBUSY));

  if (result < 0)
    {
      temp_plan_fail (p, error, errno);
      temp_fd_clear (&p->old_fd);
    }
  return result >= 0;
}

/* All together */

/* Tries one way, up to the move. On error, undoes it: the entry, its file and the target are as before. */
static gboolean
attempt (TempPlan     *p,
         TempPlanWay   way,
         GError      **error)
{
  gboolean ready;

  p->way = p->next = way;

  /* A nameless file gets its hidden name as late as it can: until then, the kernel deletes it after a crash. */
  if (temp_plan_is_copy (p))
    ready = temp_plan_make_hidden (p, error) && prepare_file (p, error);
  else
    ready = prepare_file (p, error) && temp_plan_make_hidden (p, error);

  if (ready &&
      !g_cancellable_set_error_if_cancelled (p->cancellable, error) &&
      switch_fd (p, error) && temp_plan_place (p, error))
    return TRUE;

  if (p->old_fd >= 0)
    dup3 (p->old_fd, temp_entry_get_fd (p->entry), O_CLOEXEC);
  temp_fd_clear (&p->old_fd);

  if (p->adopted)
    temp_metadata_restore (temp_entry_get_fd (p->entry), &p->own);
  p->adopted = FALSE;

  temp_plan_delete_hidden (p);
  return FALSE;
}

/* Ends a way that has succeeded: tells the ledger, syncs the directory, and deletes the names that are left over. On
 * error, the result is at the target all the same. */
static gboolean
finish (TempPlan  *p,
        GError   **error)
{
  g_autoptr (GError) first_error = NULL;
  TempEntry *leftover;

  if (!temp_plan_finish (p, &leftover))
    temp_error_from_errno (&first_error, errno, "It is in place, but could not make sure that no crash deletes",
                           p->path);

  if (p->sync_fd >= 0 && !temp_persist_sync (p->sync_fd))
    temp_error_from_errno (first_error == NULL ? &first_error : NULL, errno,
                           "It is in place, but could not be made durable in the directory", p->dir);

  temp_plan_delete_leftover (p, g_steal_pointer (&p->hidden), first_error == NULL ? &first_error : NULL);
  temp_plan_delete_leftover (p, leftover, first_error == NULL ? &first_error : NULL);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

/* Plans, then tries one way after the other. The caller holds the entry's lock, if the entry has a name. */
static gboolean
persist (TempPlan  *p,
         GError   **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean done;

  if (!check_entry (p->entry, error) || !look_at_destination (p, error))
    return FALSE;
  if (temp_entry_is_foreign (p->entry) && p->entry->state == TEMP_ENTRY_REGISTERED && temp_plan_is_same_name (p))
    return temp_plan_fail (p, error, ENOTSUP);

  if (!temp_metadata_read (&p->own, temp_entry_get_fd (p->entry)))
    return temp_plan_fail (p, error, errno);
  if (!read_model (p, error))
    return FALSE;

  done = attempt (p, p->is_dir ? TEMP_PLAN_RENAME : TEMP_PLAN_LINK, &local_error);
  while (!done && p->next != p->way)
    {
      g_clear_error (&local_error);
      done = attempt (p, p->next, &local_error);
    }

  if (done)
    return finish (p, error);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Returns the path of a local file; fails for one that GIO has no path for. */
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

/* Returns the directory in which to make a file that can become the target without a copy: that of the file at the end
 * of its symbolic links. */
char *
temp_persist_find_dir (GFile   *target,
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

/* Moves the entry to the destination, for good: see the flags. The result has the mode of the target, or that of an
 * ordinary new file; without `with_mode`, the mode that the entry was made with. On error, neither the destination nor
 * the entry has changed, unless the error comes after the move: then the entry has its new path. */
gboolean
temp_persist_entry (TempEntry         *entry,
                    GFile             *destination,
                    TempPersistFlags   flags,
                    gboolean           with_mode,
                    GCancellable      *cancellable,
                    GError           **error)
{
  g_auto (TempPlan) p = {
    .entry = entry,
    .path = get_local_path (destination, error),
    .flags = flags,
    .with_mode = with_mode,
    .is_dir = entry->is_dir,
    .dir_fd = -1,
    .cancellable = cancellable,
    .sync_fd = -1,
    .target_fd = -1,
    .old_fd = -1,
  };
  gboolean persisted, is_locked;

  if (p.path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!p.is_dir && !temp_entry_acquire_fd (entry, error))
    return FALSE;

  /* A nameless file needs no lock. Exit waits for the lock, so that it does not delete the file on the way. */
  is_locked = temp_entry_lock (entry);
  persisted = persist (&p, error);
  if (is_locked)
    temp_entry_unlock (entry);

  if (!p.is_dir)
    temp_entry_release_fd (entry, NULL);
  return persisted;
}
