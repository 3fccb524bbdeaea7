/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/persist.h"

#include <errno.h>

#include "base/error.h"
#include "persist/link.h"
#include "persist/plan.h"

/* persist/ puts an entry's file or directory at a destination, for good. Each step has a function:
 *
 *   plan     temp_plan_look()     looks at the entry, the destination and the target; nothing changes yet (plan.c)
 *   prepare  temp_plan_prepare()  makes a hidden name beside the target, and sets the metadata (prepare.c)
 *   place    temp_plan_place()    puts the file at the target in one step (place.c)
 *   undo     temp_plan_undo()     if a step fails, undoes preparing: the entry and the target are as before (prepare.c)
 *   finish   temp_plan_finish()   gives the entry its new path, and deletes the names that are left over (finish.c)
 *
 * There are several ways to prepare and place. A way that fails may name the next one to try.
 *
 * Lock rules, besides those of entry.c:
 *
 * 1. The thread holds the entry's lock from the first step to the last, so that exit waits. A nameless file needs none.
 * 2. The thread holds the lock of each entry that it makes, of the hidden name and of the name that is left over, until
 *    it deletes that entry. */

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

/* Plans, tries one way after the other, and finishes. The caller holds the entry's lock, if the entry has a name. */
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

/* Returns the path of a local file. Fails if GIO has none. */
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

/* Returns the directory in which a file can be made that replaces the target without a copy: the one at the end of the
 * target's symbolic links. */
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

/* Puts the entry's file or directory at the destination, as the flags say. The result has the mode of the target, or of
 * an ordinary new file; without `with_mode`, it keeps its own. On error, neither the destination nor the entry has
 * changed; but if finishing fails, the result is in place. */
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

  /* Fails for a nameless file, which needs no lock. */
  is_locked = temp_entry_lock (entry);
  persisted = persist (&p, error);
  if (is_locked)
    temp_entry_unlock (entry);

  if (!p.is_dir)
    temp_entry_release_fd (entry, NULL);
  return persisted;
}
