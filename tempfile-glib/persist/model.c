/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>

#include "base/fd.h"

/* Finds out which metadata the result is to have. */

/* Makes an ordinary new file or directory under a hidden name beside the target, reads its metadata, and deletes it. */
static gboolean
read_probe (TempPlan  *p,
            GError   **error)
{
  TempEntry *probe = temp_entry_new ();
  g_autoptr (GError) local_error = NULL;
  gboolean read = FALSE;

  temp_entry_lock_new (probe);
  if (!(p->is_dir ? temp_entry_create_dir (probe, p->dir, NULL, ".tmp", NULL, 0777, &local_error)
                  : temp_entry_create_file (probe, p->dir, NULL, ".tmp", NULL, 0666, &local_error)))
    temp_plan_fail_by (p, error, g_steal_pointer (&local_error));
  else if ((p->is_dir && temp_entry_open_dir_fd (probe) < 0) ||
           !temp_metadata_read (&p->model, temp_entry_get_fd (probe)))
    temp_plan_fail (p, error, errno);
  else
    read = TRUE;

  temp_plan_delete_entry (probe, NULL);
  return read;
}

/* Reads the metadata that an ordinary new file or directory has beside the target: of one that is made for that, so that
 * umask, default ACLs, security labels and the directory's group all count. */
static gboolean
read_new (TempPlan  *p,
          GError   **error)
{
  temp_autofd TempHandle fd = p->is_dir ? TEMP_HANDLE_NONE : temp_platform.create_nameless (p->dir_fd, ".", 0666);

  if (fd < 0)
    return read_probe (p, error);
  return temp_metadata_read (&p->model, fd) || temp_plan_fail (p, error, errno);
}

/* Reads the metadata that the result is to have: those of the target; without a target, those of an ordinary new file or
 * directory. */
gboolean
temp_plan_read_model (TempPlan  *p,
                      GError   **error)
{
  if (p->target_fd < 0)
    return read_new (p, error);
  return temp_metadata_read (&p->model, p->target_fd) || temp_plan_fail (p, error, errno);
}
