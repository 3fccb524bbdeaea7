/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/persist.h"

#include <errno.h>

#include "base/error.h"
#include "base/words.h"
#include "persist/link.h"
#include "persist/plan.h"

/* persist/ puts an entry's file or directory at a destination, for good. Each step has a function:
 *
 *   plan     temp_plan_look()     looks at the entry, the destination and the target, and decides which ways may be
 *                                 tried; nothing changes yet (look.c; model.c: the metadata) prepare
 *                                 temp_plan_prepare()  makes a hidden name beside the target, and sets the metadata
 *                                 (prepare.c) place    temp_plan_place()    puts the file at the target in one step
 *                                 (place.c) undo     temp_plan_undo()     if a step fails: the entry and the target
 *                                 are as before (prepare.c) finish   temp_plan_finish()   gives the entry its new
 *                                 path, and deletes the names that are left over (finish.c)
 *
 * The ways that the plan allows are tried one after the other, until one is done, or fails for good (failure.c has the
 * errors). Where a replacement would break something, as a hard link, only writing into the target is left (write.c).
 *
 * Lock rules, besides those of entry.c:
 *
 * 1. The thread holds the entry's lock from the first step to the last, so that exit waits. A nameless file needs none.
 * 2. The thread holds the lock of each entry that it makes, of the hidden name and of the name that is left over, until
 *    it deletes that entry. */

/* Tries one way. On error, undoes it: the entry, its file and the target are as before. */
static TempStep
try_way (TempPlan  *p,
         GError   **error)
{
  TempStep step = temp_plan_prepare (p, error);

  if (step == TEMP_STEP_DONE)
    step = temp_plan_check_etag (p, error) ? temp_plan_place (p, error) : TEMP_STEP_FAILED;
  if (step != TEMP_STEP_DONE)
    temp_plan_undo (p, error);
  return step;
}

/* Tries the ways of the plan, one after the other. */
static gboolean
carry_out (TempPlan  *p,
           GError   **error)
{
  g_autoptr (GError) local_error = NULL;
  TempStep step = TEMP_STEP_CANNOT;

  for (guint way = 0; way < TEMP_N_WAYS && (step == TEMP_STEP_CANNOT || step == TEMP_STEP_HARMS); way++)
    if (p->ways[way] && (step == TEMP_STEP_CANNOT || way == TEMP_WAY_WRITE))
      {
        g_clear_error (&local_error);
        p->way = way;
        step = try_way (p, &local_error);
      }

  if (step == TEMP_STEP_DONE)
    return TRUE;
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
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("Could not save “%s”: it is no local file"), shown);
  return NULL;
}

/* Returns the directory in which a file can be made that replaces the target without a copy: the one at the end of the
 * target's symbolic links. If only the target itself can be written into, sets *dir to NULL, for the default
 * directory. */
gboolean
temp_persist_find_dir (GFile   *target,
                       char   **dir,
                       GError **error)
{
  const char *path = get_local_path (target, error);
  g_autofree char *resolved = NULL;

  if (path == NULL)
    return FALSE;

  resolved = temp_persist_resolve (path);
  if (resolved == NULL)
    {
      temp_error_from_errno (error, errno, _("Could not save “%s”: %s"), path);
      return FALSE;
    }

  *dir = g_path_get_dirname (resolved);
  if (temp_platform.may_write (TEMP_HANDLE_CURRENT_DIR, *dir) < 0 && errno != ENOENT &&
      temp_platform.may_write (TEMP_HANDLE_CURRENT_DIR, resolved) == 0)
    g_clear_pointer (dir, g_free);
  return TRUE;
}

/* Puts the entry's file or directory at the destination. On error, neither the destination nor the entry has
 * changed; but if finishing fails, the result is in place. */
gboolean
temp_persist_entry (TempEntry          *entry,
                    const TempPersist  *job,
                    GCancellable       *cancellable,
                    GError            **error)
{
  g_auto (TempPlan) p = {
    .job = job,
    .entry = entry,
    .path = get_local_path (job->destination, error),
    .is_dir = entry->is_dir,
    .cancellable = cancellable,
    .fd = TEMP_HANDLE_NONE,
    .opened_fd = TEMP_HANDLE_NONE,
    .dir_fd = TEMP_HANDLE_NONE,
    .sync_fd = TEMP_HANDLE_NONE,
    .target_fd = TEMP_HANDLE_NONE,
    .filled_fd = TEMP_HANDLE_NONE,
    .backup_fd = TEMP_HANDLE_NONE,
    .backup_dir_fd = TEMP_HANDLE_NONE,
    .old_fd = TEMP_HANDLE_NONE,
  };
  gboolean persisted, is_locked, is_acquired;

  if (p.path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  /* Locking fails for a nameless file, which needs no lock; and only a closed file with a name has no descriptor. */
  is_acquired = !p.is_dir && temp_entry_acquire_fd (entry, NULL);
  is_locked = temp_entry_lock (entry);
  if (p.is_dir || is_acquired || is_locked)
    persisted = temp_plan_look (&p, error) && carry_out (&p, error) && temp_plan_finish (&p, error);
  else
    persisted = temp_entry_acquire_fd (entry, error); /* fails with its error */
  if (is_locked)
    temp_entry_unlock (entry);

  if (is_acquired)
    temp_entry_release_fd (entry, NULL);
  return persisted;
}
