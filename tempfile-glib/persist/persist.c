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

  if (!temp_plan_look (p, error))
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
