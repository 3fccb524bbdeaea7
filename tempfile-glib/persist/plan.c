/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include "base/fd.h"

/* The plan: its memory, and what the steps ask of it. */

/**
 * temp_save_error_quark:
 *
 * Gets the domain of the errors of [error@Temp.SaveError].
 *
 * Returns: the quark
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (temp-save-error-quark, temp_save_error)

/* Frees the plan's strings and closes its descriptors. */
void
temp_plan_clear (TempPlan *p)
{
  g_free (p->resolved);
  g_free (p->dir);
  g_free (p->backup);
  temp_fd_clear (&p->opened_fd);
  temp_fd_clear (&p->dir_fd);
  temp_fd_clear (&p->sync_fd);
  temp_fd_clear (&p->target_fd);
  temp_fd_clear (&p->filled_fd);
  temp_fd_clear (&p->backup_fd);
  temp_fd_clear (&p->backup_dir_fd);
  temp_fd_clear (&p->old_fd);
  temp_metadata_clear (&p->model);
  temp_metadata_clear (&p->own);
}

/* Returns TRUE if the way makes a copy. */
gboolean
temp_plan_is_copy (TempPlan *p)
{
  return p->way == TEMP_WAY_COPY || p->way == TEMP_WAY_FILL || p->way == TEMP_WAY_WRITE;
}

/* Returns the descriptor of the file or directory that becomes the target: the entry's, or a copy. */
TempHandle
temp_plan_get_fd (TempPlan *p)
{
  if (p->filled_fd >= 0)
    return p->filled_fd;
  return p->way == TEMP_WAY_COPY ? temp_entry_get_fd (p->hidden) : p->fd;
}

/* Returns TRUE if the entry has the target's name already. */
gboolean
temp_plan_is_same_name (TempPlan *p)
{
  return p->entry->state == TEMP_ENTRY_REGISTERED && g_str_equal (p->entry->name.base, p->base) &&
         temp_fd_is (p->dir_fd, &p->entry->place->id);
}

/* Deletes and unlocks an entry that the calling thread has made and locked, and drops the reference. A name that cannot
 * be deleted stays registered, so that exit tries again. */
gboolean
temp_plan_delete_entry (TempEntry  *entry,
                        GError    **error)
{
  temp_entry_unlock (entry);
  if (!temp_entry_delete (entry, NULL, NULL, error))
    return FALSE;

  temp_entry_unref (entry);
  return TRUE;
}
