/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"
#include "persist/link.h"

/* Finishes, once the file or directory is at the target: gives the entry its new path, and deletes the names that are
 * left over. */

/* Deletes a name that is left over: of the directory that was replaced, of the file that was copied, of a second link,
 * or of nothing. Takes the name's entry, which the calling thread has locked. */
static void
delete_leftover (TempPlan   *p,
                 TempEntry  *leftover,
                 GError    **error)
{
  GError *cause = NULL;

  if (leftover != NULL && !temp_plan_delete_entry (leftover, &cause))
    temp_error_from_cause (error, cause, _("“%s” is saved, but an old file is left beside it: %s"), p->path);
}

/* Opens a descriptor for `leftover`, the entry of the directory that was replaced, so that the directory can be
 * emptied where paths are not trusted. */
static void
open_leftover (TempPlan  *p,
               TempEntry *leftover)
{
  temp_autofd TempHandle fd = p->target_fd >= 0 ? temp_persist_open_dir (p->target_fd) : -1;
  TempFileId id;

  temp_entry_close_dir_fd (leftover);
  if (fd >= 0 && temp_platform.identify (fd, &id) == 0 && temp_entry_take_dir_fd (leftover, fd, &id))
    fd = -1;
}

/* Returns a new entry of the name that the entry had, locked, for delete_leftover(). */
static TempEntry *
split_off_name (TempPlan *p)
{
  TempEntry *old = temp_entry_new ();

  temp_entry_lock_new (old);
  temp_entry_attach (old, p->entry);
  if (p->is_dir && p->way == TEMP_WAY_COPY)
    temp_entry_replace_dir_fd (p->entry, p->hidden, old);
  if (p->is_dir)
    open_leftover (p, p->hidden != NULL ? p->hidden : old);
  return old;
}

/* Writes to the ledger that the name stays, which the entry had before already. */
static gboolean
keep_name (TempPlan  *p,
           GError   **error)
{
  if (temp_entry_write_keep (p->entry))
    return TRUE;

  temp_error_from_errno (error, errno, _("“%s” is saved, but a crash may delete it: %s"), p->path);
  return FALSE;
}

/* Syncs the target's directory, with DURABLE. */
static gboolean
sync_dir (TempPlan  *p,
          GError   **error)
{
  if (p->sync_fd < 0 || temp_persist_sync (p->sync_fd))
    return TRUE;

  temp_error_from_errno (error, errno, _("“%s” is saved, but a power cut may undo that: %s"), p->path);
  return FALSE;
}

/* Sets the entry's new path, syncs the target's directory with DURABLE, and deletes the names that are left over.
 * After an error, goes on, and returns the first one; the result is in place. */
gboolean
temp_plan_finish (TempPlan  *p,
                  GError   **error)
{
  g_autoptr (GError) first_error = NULL;
  TempEntry *old = NULL;

  if (temp_plan_is_same_name (p))
    keep_name (p, &first_error);
  else if (p->entry->state == TEMP_ENTRY_REGISTERED)
    old = split_off_name (p);
  temp_entry_set_persisted (p->entry, p->path);
  temp_plan_finish_write (p);

  sync_dir (p, first_error == NULL ? &first_error : NULL);
  delete_leftover (p, g_steal_pointer (&p->hidden), first_error == NULL ? &first_error : NULL);
  delete_leftover (p, old, first_error == NULL ? &first_error : NULL);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}
