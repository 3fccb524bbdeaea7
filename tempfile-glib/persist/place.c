/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/names.h"
#include "base/words.h"
#include "persist/link.h"

/* Puts the prepared file or directory at the target in one step. */

/* Returns TRUE if the temporary directory is on another mount than the target's directory. */
static gboolean
is_on_other_mount (TempPlan *p)
{
  TempMount here, there;

  return temp_platform.get_mount (p->fd, &here) == 0 && temp_platform.get_mount (p->dir_fd, &there) == 0 &&
         (here.id != there.id || here.file.dev != there.file.dev);
}

/* Exchanges the new directory and the target. No plain rename replaces a directory that is not empty. The old directory
 * is under the hidden name then. EXDEV: overlayfs cannot rename a directory of a lower layer. */
static TempStep
exchange_dirs (TempPlan    *p,
               TempHandle   from_fd,
               const char  *from,
               GError     **error)
{
  g_autofree char *shown = NULL;

  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_EXCHANGE) == 0)
    return TEMP_STEP_DONE;
  if (errno == EXDEV && p->way == TEMP_WAY_RENAME && is_on_other_mount (p))
    return temp_plan_fail_link (p, error, EXDEV);
  if (errno != EXDEV && !temp_persist_has_no_rename_flags (errno))
    return temp_plan_fail (p, error, errno);

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _("Could not save “%s”: the folder is not empty and cannot be replaced in one step"), shown);
  return TEMP_STEP_FAILED;
}

/* Returns TRUE if the target is a directory that is not empty. */
static gboolean
is_full_dir (TempPlan *p)
{
  temp_autofd TempHandle fd = p->is_dir && p->target_fd >= 0 ? temp_persist_open_dir (p->target_fd) : TEMP_HANDLE_NONE;
  g_auto (TempNames) names = TEMP_NAMES_INIT;

  return fd >= 0 && temp_names_open (&names, fd) && temp_names_next (&names) != NULL;
}

/* Renames `from` to the target, and replaces the target. A plain rename over a directory that is not empty fails for no
 * clear reason on sshfs; mergerfs mixes the two directories. */
static TempStep
replace (TempPlan    *p,
         TempHandle   from_fd,
         const char  *from,
         GError     **error)
{
  if (is_full_dir (p))
    return exchange_dirs (p, from_fd, from, error);
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_REPLACE) == 0)
    return TEMP_STEP_DONE;
  if (p->is_dir && (errno == ENOTEMPTY || errno == EEXIST))
    return exchange_dirs (p, from_fd, from, error);
  return errno == EXDEV ? temp_plan_fail_link (p, error, errno) : temp_plan_fail_replacing (p, error, errno);
}

/* Makes an empty directory at the target, and renames the directory to that, for kernels that cannot rename without
 * replacing. Such a rename replaces only an empty directory. */
static TempStep
rename_dir_without_replacing (TempPlan    *p,
                              TempHandle   from_fd,
                              const char  *from,
                              GError     **error)
{
  TempStep step;

  if (temp_platform.make_dir (p->dir_fd, p->base, 0700) < 0)
    return temp_plan_fail (p, error, errno);
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_REPLACE) == 0)
    return TEMP_STEP_DONE;

  step = temp_plan_fail_link (p, error, errno);
  temp_platform.remove_dir (p->dir_fd, p->base);
  return step;
}

/* Returns TRUE if a link in the target's directory may come out as another inode: on FUSE, and on filesystems of other
 * machines. */
static gboolean
may_change_inodes (TempPlan *p)
{
  TempFilesystem filesystem;

  return temp_platform.get_filesystem (p->dir_fd, &filesystem) < 0 || !filesystem.has_safe_locks;
}

/* Links the file to the target. Fails with errno, EEXIST if the target exists. Takes back a link that came out as
 * another inode. Elsewhere, another program has put its own file there since. */
static gboolean
link_fd (TempPlan *p)
{
  TempHandle fd = temp_plan_get_fd (p);
  TempStat linked;

  if (temp_platform.link_handle (fd, p->dir_fd, p->base) < 0)
    return FALSE;
  if (temp_platform.stat_name (p->dir_fd, p->base, &linked) < 0 || temp_fd_is (fd, &linked.id) ||
      !may_change_inodes (p))
    return TRUE;

  temp_platform.remove_file (p->dir_fd, p->base);
  errno = EOPNOTSUPP;
  return FALSE;
}

/* Renames `from` to the target. Fails with EEXIST if the target exists. */
static TempStep
rename_without_replacing (TempPlan    *p,
                          TempHandle   from_fd,
                          const char  *from,
                          GError     **error)
{
  if (temp_platform.rename (from_fd, from, p->dir_fd, p->base, TEMP_RENAME_NEW) == 0)
    return TEMP_STEP_DONE;
  if (p->is_dir && temp_persist_has_no_rename_flags (errno))
    return rename_dir_without_replacing (p, from_fd, from, error);

  /* A file that cannot be renamed can perhaps be linked. */
  if (!p->is_dir && p->hidden != NULL && temp_persist_has_no_rename_flags (errno) && link_fd (p))
    return TEMP_STEP_DONE;
  return temp_plan_fail_link (p, error, errno);
}

/* Has the ledger say, before a directory is renamed, where its contents will be. */
static void
announce (TempPlan *p)
{
  g_autofree char *path = NULL;
  char *dir = NULL;

  if (!p->is_dir || p->way != TEMP_WAY_RENAME)
    return;

  path = g_build_filename (temp_platform.resolve (p->dir, &dir) == 0 ? dir : p->dir, p->base, NULL);
  free (dir);
  temp_entry_write_moved (p->entry, path);
}

/* Renames the hidden name, or that of the entry, to the target. */
static TempStep
rename_to_target (TempPlan  *p,
                  GError   **error)
{
  TempEntry *from = p->hidden != NULL ? p->hidden : p->entry;
  const char *name;
  TempHandle from_fd;

  if (!temp_plan_check_name (p, from, temp_plan_get_fd (p), error))
    return TEMP_STEP_FAILED;
  if (!temp_entry_locate (from, &from_fd, &name))
    return temp_plan_fail (p, error, errno);

  announce (p);
  return (p->job->flags & TEMP_PERSIST_REPLACE) != 0 ? replace (p, from_fd, name, error)
                                                     : rename_without_replacing (p, from_fd, name, error);
}

/* Puts the file at the target. Without REPLACE, fails with EEXIST if the target exists. On error, the caller calls
 * temp_plan_undo(). */
TempStep
temp_plan_place (TempPlan  *p,
                 GError   **error)
{
  switch (p->way)
    {
    case TEMP_WAY_STAY:
    case TEMP_WAY_FILL:
      return TEMP_STEP_DONE;
    case TEMP_WAY_WRITE:
      return temp_plan_write (p, error);
    case TEMP_WAY_LINK:
      if (p->hidden != NULL)
        return rename_to_target (p, error);
      return link_fd (p) ? TEMP_STEP_DONE : temp_plan_fail_link (p, error, errno);
    case TEMP_WAY_RENAME:
    case TEMP_WAY_COPY:
    default:
      return rename_to_target (p, error);
    }
}
