/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/words.h"
#include "persist/link.h"

/* Looks at the entry, the destination and the target before anything changes, and decides which ways may be tried. */

/* Checks that the entry's name leads to the open file fd. Fails if somebody has replaced the file. */
gboolean
temp_plan_check_name (TempPlan   *p,
                      TempEntry  *entry,
                      TempHandle  fd,
                      GError    **error)
{
  g_autofree char *shown = NULL;
  const char *name;
  TempHandle dir_fd;
  TempStat named;

  errno = 0;
  if (temp_entry_locate (entry, &dir_fd, &name) && temp_platform.stat_name (dir_fd, name, &named) == 0 &&
      temp_fd_is (fd, &named.id))
    return TRUE;
  if (errno != 0 && errno != ENOENT)
    return temp_plan_fail (p, error, errno);

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               p->is_dir ? _("Could not save “%s”: somebody took away the temporary folder")
                         : _("Could not save “%s”: somebody took away the temporary file"),
               shown);
  return FALSE;
}

/* Checks that the target is the file that the caller has read, as far as its time of modification tells. */
gboolean
temp_plan_check_etag (TempPlan  *p,
                      GError   **error)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autofree char *shown = NULL;

  if (p->job->etag == NULL)
    return TRUE;

  file = g_vfs_get_file_for_path (g_vfs_get_local (), p->resolved);
  info = g_file_query_info (file, G_FILE_ATTRIBUTE_ETAG_VALUE, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  if (info != NULL && g_strcmp0 (g_file_info_get_etag (info), p->job->etag) == 0)
    return TRUE;

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG,
               info != NULL ? _("Could not save “%s”: another program has changed it")
                            : _("Could not save “%s”: it is no longer there"),
               shown);
  return FALSE;
}

/* Opens the file of a closed entry again, by its name: whatever is there now is the result of another program. */
static gboolean
open_closed (TempPlan  *p,
             GError   **error)
{
  const char *name;
  TempHandle dir_fd;
  TempStat st;

  if (!temp_entry_locate (p->entry, &dir_fd, &name))
    return temp_plan_fail (p, error, errno);

  p->opened_fd = temp_platform.open_file (dir_fd, name, TEMP_OPEN_DONT_BLOCK);
  if (p->opened_fd < 0 || temp_platform.stat (p->opened_fd, &st) < 0)
    return temp_plan_fail (p, error, errno);
  if (st.kind != TEMP_KIND_FILE)
    return temp_plan_fail (p, error, EINVAL);

  p->fd = p->opened_fd;
  return TRUE;
}

/* Checks that the entry can be persisted, opens what is closed, and checks that the file still has its name. */
static gboolean
look_at_entry (TempPlan  *p,
               GError   **error)
{
  TempEntry *entry = p->entry;

  if (entry->state == TEMP_ENTRY_KEPT)
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("Could not save “%s”: it is kept or saved already"), shown);
      return FALSE;
    }

  if (!p->is_dir && temp_entry_get_fd (entry) < 0)
    return open_closed (p, error);

  p->fd = p->is_dir ? temp_entry_open_dir_fd (entry) : temp_entry_get_fd (entry);
  if (p->fd < 0)
    return temp_plan_fail (p, error, errno);
  return entry->state != TEMP_ENTRY_REGISTERED || temp_plan_check_name (p, entry, p->fd, error);
}

/* Opens the target, if there is one. Fails unless the flags have REPLACE, the user may write it, and a file replaces a
 * regular file, or a directory a directory. */
static gboolean
look_at_target (TempPlan  *p,
                GError   **error)
{
  if (temp_platform.look (p->dir_fd, p->base, &p->target_fd, &p->target) < 0)
    return errno == ENOENT || temp_plan_fail (p, error, errno);

  if ((p->job->flags & TEMP_PERSIST_REPLACE) == 0)
    return temp_plan_fail (p, error, EEXIST);
  if (p->is_dir && p->target.kind != TEMP_KIND_DIR)
    return temp_plan_fail (p, error, ENOTDIR);
  if (!p->is_dir && p->target.kind == TEMP_KIND_DIR)
    return temp_plan_fail (p, error, EISDIR);

  if (!p->is_dir && p->target.kind != TEMP_KIND_FILE)
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("Could not save “%s”: it is no regular file"),
                   shown);
      return FALSE;
    }

  return temp_platform.may_write (p->dir_fd, p->base) == 0 || temp_plan_fail (p, error, errno);
}

/* Finds and opens the target and its directory. */
static gboolean
look_at_destination (TempPlan  *p,
                     GError   **error)
{
  gboolean replaces = (p->job->flags & TEMP_PERSIST_REPLACE) != 0;

  p->resolved = replaces ? temp_persist_resolve (p->path) : g_strdup (p->path);
  if (p->resolved == NULL)
    return temp_plan_fail (p, error, errno);

  p->dir = g_path_get_dirname (p->resolved);
  p->base = strrchr (p->resolved, '/') + 1;
  if (*p->base == '\0' || g_str_equal (p->base, ".") || g_str_equal (p->base, ".."))
    return temp_plan_fail (p, error, p->is_dir ? EBUSY : EISDIR);

  p->dir_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, p->dir, TEMP_OPEN_FOLLOW);
  if (p->dir_fd < 0)
    return temp_plan_fail (p, error, errno);
  if (!look_at_target (p, error))
    return FALSE;

  /* If this fails, it fails before anything has changed. */
  if ((p->job->flags & TEMP_PERSIST_DURABLE) != 0)
    p->sync_fd = temp_persist_open_dir (p->dir_fd);
  return (p->job->flags & TEMP_PERSIST_DURABLE) == 0 || p->sync_fd >= 0 || temp_plan_fail (p, error, errno);
}

/* Looks for what a replacement of the target would break, and sets *harm to that. Returns FALSE if there is nothing.
 * Only a link or a rename can tell of the rest: see temp_plan_fail_replacing() and temp_plan_fail_owner(). */
static gboolean
find_harm (TempPlan      *p,
           TempSaveError *harm)
{
  TempMount mount;

  if (temp_platform.get_mount (p->target_fd, &mount) == 0 && mount.is_root)
    *harm = TEMP_SAVE_ERROR_MOUNTED;
  else if (temp_platform.may_write (p->dir_fd, ".") < 0)
    *harm = TEMP_SAVE_ERROR_DIRECTORY;
  else if (!p->is_dir && p->target.n_links > 1)
    *harm = TEMP_SAVE_ERROR_LINKS;
  else
    return FALSE;
  return TRUE;
}

/* Decides which ways may be tried. A file whose last name is gone is never linked again: some filesystems would make a
 * second file of it. */
static gboolean
decide (TempPlan  *p,
        GError   **error)
{
  gboolean has_target = p->target_fd >= 0;
  gboolean writes = has_target && !p->is_dir && (p->job->flags & TEMP_PERSIST_IN_PLACE) != 0;
  TempSaveError harm;

  p->ways[TEMP_WAY_WRITE] = writes;
  if (has_target && temp_fd_is (p->fd, &p->target.id))
    {
      p->ways[TEMP_WAY_STAY] = TRUE;
      p->ways[TEMP_WAY_WRITE] = FALSE;
    }
  else if (has_target && find_harm (p, &harm))
    {
      if (!writes)
        temp_plan_fail_harm (p, error, harm);
      return writes;
    }
  else if (p->entry->state == TEMP_ENTRY_DELETED && (p->job->flags & TEMP_PERSIST_COPY) == 0 &&
           temp_plan_is_elsewhere (p))
    {
      temp_plan_fail_link (p, error, EXDEV); /* no link and no rename will tell */
      return FALSE;
    }
  else
    {
      p->ways[TEMP_WAY_LINK] = !p->is_dir && p->entry->state != TEMP_ENTRY_DELETED;
      p->ways[TEMP_WAY_RENAME] = p->entry->state == TEMP_ENTRY_REGISTERED;
      p->ways[TEMP_WAY_COPY] = TRUE;
      p->ways[TEMP_WAY_FILL] = !p->is_dir && (p->job->flags & TEMP_PERSIST_REPLACE) == 0;
    }

  return TRUE;
}

/* Fills the plan: looks at the entry, the destination and the target. The caller holds the entry's lock, if the entry
 * has a name. */
gboolean
temp_plan_look (TempPlan  *p,
                GError   **error)
{
  if (!look_at_entry (p, error) || !look_at_destination (p, error))
    return FALSE;
  if (temp_entry_is_foreign (p->entry) && temp_plan_is_same_name (p))
    return temp_plan_fail (p, error, ENOTSUP);

  if (!temp_metadata_read (&p->own, p->fd))
    return temp_plan_fail (p, error, errno);
  return temp_plan_check_etag (p, error) && temp_plan_read_model (p, error) && decide (p, error);
}
