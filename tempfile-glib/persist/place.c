/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "persist/link.h"

/* Puts the prepared file or directory at the target in one step. */

/* Exchanges the new directory and the target. No plain rename replaces a directory that is not empty. The old directory
 * is under the hidden name then. */
static gboolean
exchange_dirs (TempPlan    *p,
               TempHandle   from_fd,
               const char  *from,
               GError     **error)
{
  g_autofree char *shown = NULL;

  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_EXCHANGE) == 0)
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return temp_plan_fail (p, error, errno);

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Could not replace the directory “%s”, which is not empty: its filesystem cannot do "
               "that in one step", shown);
  return FALSE;
}

/* Renames `from` to the target, and replaces the target. */
static gboolean
replace (TempPlan    *p,
         TempHandle   from_fd,
         const char  *from,
         GError     **error)
{
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_REPLACE) == 0)
    return TRUE;
  if (p->is_dir && (errno == ENOTEMPTY || errno == EEXIST))
    return exchange_dirs (p, from_fd, from, error);
  return temp_plan_fail_link (p, error, errno);
}

/* Links a copy to the target, for kernels that cannot rename without replacing. If they cannot link either, the next
 * way is to fill the target. */
static gboolean
link_without_replacing (TempPlan  *p,
                        GError   **error)
{
  int errsv;

  if (temp_plan_is_copy (p) && temp_platform.link_handle (temp_plan_get_fd (p), p->dir_fd, p->base) == 0)
    return TRUE;

  errsv = errno;
  if (temp_persist_is_unlinkable (errsv))
    p->next = TEMP_PLAN_FILL;
  return temp_plan_fail (p, error, errsv);
}

/* Makes an empty directory at the target, and renames the directory to that, for kernels that cannot rename without
 * replacing. Such a rename replaces only an empty directory. */
static gboolean
rename_dir_without_replacing (TempPlan    *p,
                              TempHandle   from_fd,
                              const char  *from,
                              GError     **error)
{
  if (temp_platform.make_dir (p->dir_fd, p->base, 0700) < 0)
    return temp_plan_fail (p, error, errno);
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_REPLACE) == 0)
    return TRUE;

  temp_plan_fail_link (p, error, errno);
  temp_platform.remove_dir (p->dir_fd, p->base);
  return FALSE;
}

/* Renames `from` to the target. Fails with EEXIST if the target exists. */
static gboolean
rename_without_replacing (TempPlan    *p,
                          TempHandle   from_fd,
                          const char  *from,
                          GError     **error)
{
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_NEW) == 0)
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return temp_plan_fail_link (p, error, errno);

  return p->is_dir ? rename_dir_without_replacing (p, from_fd, from, error) : link_without_replacing (p, error);
}

/* Has the ledger say, before a directory is renamed, where its contents will be. */
static void
announce (TempPlan *p)
{
  g_autofree char *path = NULL;
  char *dir = NULL;

  if (!p->is_dir || temp_plan_is_copy (p))
    return;

  path = g_build_filename (temp_platform.resolve (p->dir, &dir) == 0 ? dir : p->dir, p->base, NULL);
  free (dir);
  temp_entry_write_moved (p->entry, path);
}

/* Puts the file at the target in one step. Without REPLACE, fails with EEXIST if the target exists. */
gboolean
temp_plan_place (TempPlan  *p,
                 GError   **error)
{
  TempEntry *from = p->hidden != NULL ? p->hidden : p->entry;
  const char *name;
  TempHandle from_fd;

  if (p->way == TEMP_PLAN_FILL)
    return TRUE;
  if (p->way == TEMP_PLAN_LINK && p->hidden == NULL)
    return temp_platform.link_handle (temp_plan_get_fd (p), p->dir_fd, p->base) == 0 ||
           temp_plan_fail_link (p, error, errno);

  if (!temp_plan_check_name (from, temp_plan_get_fd (p), error))
    return FALSE;
  if (!temp_entry_locate (from, &from_fd, &name))
    return temp_plan_fail (p, error, errno);

  announce (p);
  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? replace (p, from_fd, name, error)
                                                : rename_without_replacing (p, from_fd, name, error);
}
