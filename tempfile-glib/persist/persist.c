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

/* Tries one way. On error, undoes it: the entry, its file and the target are as before. */
static gboolean
attempt (TempPlan     *p,
         TempPlanWay   way,
         GError      **error)
{
  p->way = p->next = way;
  if (temp_plan_prepare (p, error) && temp_plan_place (p, error))
    return TRUE;

  temp_plan_undo (p);
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
    return temp_plan_finish (p, error);

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
    .filled_fd = -1,
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
