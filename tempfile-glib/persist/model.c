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

/* Reads the metadata that an ordinary new file or directory has beside the target: of one that is made for that, so
 * that umask, default ACLs, security labels and the directory's group all count. */
static gboolean
read_new (TempPlan  *p,
          GError   **error)
{
  temp_autofd TempHandle fd = p->is_dir ? TEMP_HANDLE_NONE : temp_platform.create_nameless (p->dir_fd, ".", 0666);

  if (fd < 0)
    return read_probe (p, error);
  return temp_metadata_read (&p->model, fd) || temp_plan_fail (p, error, errno);
}

/* Reads the metadata of the target by another descriptor, which the target's mode must allow. */
static gboolean
read_opened (TempPlan *p)
{
  temp_autofd TempHandle fd = p->is_dir ? temp_platform.open_dir (p->dir_fd, p->base, TEMP_OPEN_LIST)
                                        : temp_platform.open_file (p->dir_fd, p->base, TEMP_OPEN_DONT_BLOCK);

  if (fd >= 0 && !temp_fd_is (fd, &p->target.id))
    errno = EAGAIN;
  else if (fd >= 0)
    return temp_metadata_read (&p->model, fd);
  return FALSE;
}

/* Reads the metadata that the result is to have: those of the target; without a target, those of an ordinary new
 * file or directory. */
gboolean
temp_plan_read_model (TempPlan  *p,
                      GError   **error)
{
  if (p->target_fd < 0)
    return read_new (p, error);
  if (temp_metadata_read (&p->model, p->target_fd))
    return TRUE;
  if (errno != ENOENT)
    return temp_plan_fail (p, error, errno);

  temp_metadata_clear (&p->model);
  return read_opened (p) || temp_plan_fail (p, error, errno);
}
