/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "persist/link.h"

/* The plan: looks at the entry, the destination and the target before anything changes, and answers the questions of
 * the later steps. */

/* Frees the plan's strings and closes its descriptors. */
void
temp_plan_clear (TempPlan *p)
{
  g_free (p->resolved);
  g_free (p->dir);
  temp_fd_clear (&p->dir_fd);
  temp_fd_clear (&p->sync_fd);
  temp_fd_clear (&p->target_fd);
  temp_fd_clear (&p->filled_fd);
  temp_fd_clear (&p->old_fd);
  temp_metadata_clear (&p->model);
  temp_metadata_clear (&p->own);
}

/* Sets an error that names the destination. Returns FALSE, for the caller to return. */
gboolean
temp_plan_fail (TempPlan  *p,
                GError   **error,
                int        errsv)
{
  temp_error_from_errno (error, errsv,
                         p->is_dir ? "Could not persist a temporary directory as"
                                   : "Could not persist a temporary file as",
                         p->path);
  return FALSE;
}

/* Returns TRUE if the way makes a copy. */
gboolean
temp_plan_is_copy (TempPlan *p)
{
  return p->way == TEMP_PLAN_COPY || p->way == TEMP_PLAN_FILL;
}

/* Checks that the entry's name leads to the open file fd. Fails if somebody has replaced the file. */
gboolean
temp_plan_check_name (TempEntry  *entry,
                      TempHandle  fd,
                      GError    **error)
{
  const char *name;
  TempHandle dir_fd;
  TempStat named;

  errno = 0;
  if (temp_entry_locate (entry, &dir_fd, &name) && temp_platform.stat_name (dir_fd, name, &named) == 0 &&
      temp_fd_is (fd, &named.id))
    return TRUE;

  temp_error_from_errno (error, errno != 0 ? errno : ENOENT, "Somebody took away", entry->name.path);
  return FALSE;
}

/* Returns TRUE if the entry has the target's name already. */
gboolean
temp_plan_is_same_name (TempPlan *p)
{
  TempPlace *place = p->entry->place;

  return p->entry->name.base != NULL && g_str_equal (p->entry->name.base, p->base) &&
         temp_fd_is (p->dir_fd, &place->id);
}

/* Returns the descriptor of the file or directory that becomes the target: the entry's, or a copy. */
TempHandle
temp_plan_get_fd (TempPlan *p)
{
  return p->way == TEMP_PLAN_FILL ? p->filled_fd : temp_entry_get_fd (temp_plan_is_copy (p) ? p->hidden : p->entry);
}

/* Sets the error of a failed link or rename, and decides from errno which way to try next. Returns FALSE. */
gboolean
temp_plan_fail_link (TempPlan  *p,
                     GError   **error,
                     int        errsv)
{
  g_autofree char *shown = NULL;
  TempFileId file, dir;

  temp_plan_fail (p, error, errsv);
  if (p->way == TEMP_PLAN_LINK ? !temp_persist_is_unlinkable (errsv) : errsv != EXDEV)
    return FALSE;

  if (p->way == TEMP_PLAN_LINK && p->entry->state == TEMP_ENTRY_REGISTERED)
    {
      p->next = TEMP_PLAN_RENAME;
      return FALSE;
    }

  if (errsv != EXDEV && temp_platform.identify (temp_entry_get_fd (p->entry), &file) == 0 &&
      temp_platform.identify (p->dir_fd, &dir) == 0 && file.dev != dir.dev)
    errsv = EXDEV;
  if (errsv != EXDEV || (p->flags & TEMP_PERSIST_COPY) != 0)
    {
      p->next = TEMP_PLAN_COPY;
      return FALSE;
    }

  shown = g_filename_display_name (p->path);
  g_clear_error (error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Could not persist as “%s”, which is on another filesystem: only a copy can be there, "
               "and TEMP_PERSIST_COPY is not set", shown);
  return FALSE;
}

/* The look */

/* Checks that the entry can be persisted, and that its file still has its name. Opens a directory without a
 * descriptor. */
static gboolean
check_entry (TempEntry  *entry,
             GError    **error)
{
  if (entry->state == TEMP_ENTRY_KEPT)
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "“%s” is kept or persisted already", shown);
      return FALSE;
    }

  if (entry->is_dir && temp_entry_open_dir_fd (entry) < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the temporary directory", entry->name.path);
      return FALSE;
    }

  return entry->state != TEMP_ENTRY_REGISTERED || temp_plan_check_name (entry, temp_entry_get_fd (entry), error);
}

/* Opens the target, if there is one. Fails unless the flags have REPLACE, and a file replaces a regular file, or a
 * directory a directory. */
static gboolean
look_at_target (TempPlan  *p,
                GError   **error)
{
  TempStat st;

  if (temp_platform.look (p->dir_fd, p->base, &p->target_fd, &st) < 0)
    return errno == ENOENT || temp_plan_fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_REPLACE) == 0)
    return temp_plan_fail (p, error, EEXIST);
  if (p->is_dir && st.kind != TEMP_KIND_DIR)
    return temp_plan_fail (p, error, ENOTDIR);
  if (!p->is_dir && st.kind == TEMP_KIND_DIR)
    return temp_plan_fail (p, error, EISDIR);

  if (!p->is_dir && st.kind != TEMP_KIND_FILE)
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   "Could not persist a temporary file as “%s”: that is no regular file", shown);
      return FALSE;
    }

  return TRUE;
}

/* Finds and opens the target and its directory. */
static gboolean
look_at_destination (TempPlan  *p,
                     GError   **error)
{
  p->resolved = (p->flags & TEMP_PERSIST_REPLACE) != 0 ? temp_persist_resolve (p->path) : g_strdup (p->path);
  if (p->resolved == NULL)
    return temp_plan_fail (p, error, errno);

  p->dir = g_path_get_dirname (p->resolved);
  p->base = strrchr (p->resolved, '/') + 1;
  if (*p->base == '\0' || g_str_equal (p->base, ".") || g_str_equal (p->base, ".."))
    return temp_plan_fail (p, error, p->is_dir ? EBUSY : EISDIR);

  p->dir_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, p->dir, TEMP_OPEN_FOLLOW);
  if (p->dir_fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the directory", p->dir);
      return FALSE;
    }
  if (!look_at_target (p, error))
    return FALSE;

  /* If this fails, it fails before anything has changed. */
  if ((p->flags & TEMP_PERSIST_DURABLE) != 0)
    {
      p->sync_fd = temp_persist_open_dir (p->dir_fd);
      if (p->sync_fd < 0)
        {
          temp_error_from_errno (error, errno, "Could not open, to sync it, the directory", p->dir);
          return FALSE;
        }
    }

  return TRUE;
}

/* Reads the metadata that the result is to have, from the target or, if there is none, from an ordinary new file. */
static gboolean
read_model (TempPlan  *p,
            GError   **error)
{
  gboolean done;

  if (p->target_fd >= 0)
    {
      done = temp_metadata_read (&p->model, p->target_fd);
    }
  else if (p->is_dir)
    {
      done = temp_metadata_read (&p->model, temp_entry_get_fd (p->entry));
      p->model.mode = (0777 & ~temp_metadata_umask ()) | (p->model.mode & TEMP_MODE_SET_GID);
    }
  else
    {
      done = temp_metadata_read_new (&p->model, p->dir_fd, &p->own);
    }

  return done || temp_plan_fail (p, error, errno);
}

/* Fills the plan: looks at the entry, the destination and the target. The caller holds the entry's lock, if the entry
 * has a name. */
gboolean
temp_plan_look (TempPlan  *p,
                GError   **error)
{
  if (!check_entry (p->entry, error) || !look_at_destination (p, error))
    return FALSE;
  if (temp_entry_is_foreign (p->entry) && p->entry->state == TEMP_ENTRY_REGISTERED && temp_plan_is_same_name (p))
    return temp_plan_fail (p, error, ENOTSUP);

  if (!temp_metadata_read (&p->own, temp_entry_get_fd (p->entry)))
    return temp_plan_fail (p, error, errno);
  return read_model (p, error);
}
