/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/tree.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"
#include "tree/descriptor.h"

/* Removes a file or directory by its name, and with it anything that has replaced it.
 *
 * In each function, `name` is a base name in parent_fd, or a path if that is TEMP_HANDLE_CURRENT_DIR; `path` is for
 * the messages of errors. An absent name is no error: then *removed is FALSE. */

/* Removes a name: see temp_remove_name(). Returns TRUE if it is absent now; else sets errno. */
static gboolean
unlink_name (TempHandle  parent_fd,
             const char *name,
             TempKind    kind,
             gboolean   *removed)
{
  *removed = temp_remove_name (parent_fd, name, kind) == 0;

  /* remove_file() fails with ENOTDIR only if something on the way to the name is no directory. */
  return *removed || errno == ENOENT || (kind != TEMP_KIND_DIR && errno == ENOTDIR);
}

/* Removes a file. A directory in its place is removed only if it is empty. */
gboolean
temp_remove_file_name (TempHandle   parent_fd,
                       const char  *name,
                       const char  *path,
                       gboolean    *removed,
                       GError     **error)
{
  if (G_LIKELY (unlink_name (parent_fd, name, TEMP_KIND_FILE, removed)) ||
      (errno == EISDIR && unlink_name (parent_fd, name, TEMP_KIND_DIR, removed)))
    return TRUE;

  temp_error_from_errno (error, errno, _("Could not delete the temporary file “%s”: %s"), path);
  return FALSE;
}

/* Opens the directory under the name, to empty it. Returns -1 with errno, EBUSY if something is mounted there. */
static TempHandle
open_to_empty (TempHandle  parent_fd,
               const char *name)
{
  temp_autofd TempHandle fd = temp_remove_open_at (parent_fd, name, 0);
  temp_autofd TempHandle opened = TEMP_HANDLE_NONE;

  if (fd < 0)
    return TEMP_HANDLE_NONE;
  if (parent_fd == TEMP_HANDLE_CURRENT_DIR)
    {
      g_autofree char *dir = g_path_get_dirname (name);

      opened = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_FOLLOW);
      if (opened < 0)
        return TEMP_HANDLE_NONE;
      parent_fd = opened;
    }

  return temp_remove_is_on_mount (parent_fd, fd) ? g_steal_fd (&fd) : TEMP_HANDLE_NONE;
}

/* Empties the directory under the name: by fd, if that is its descriptor. Another directory than that of fd is emptied,
 * too, unless only_that: then the function fails with ENOTEMPTY. */
static gboolean
empty_name (TempHandle          parent_fd,
            const char         *name,
            const char         *path,
            TempHandle          fd,
            gboolean            only_that,
            TempRemoveOptions  *options,
            GError            **error)
{
  temp_autofd TempHandle opened = TEMP_HANDLE_NONE;
  TempStat named;

  if (temp_platform.stat_name (parent_fd, name, &named) < 0)
    goto failed;

  if (!temp_fd_is (fd, &named.id))
    {
      errno = ENOTEMPTY;
      if (!only_that)
        fd = opened = open_to_empty (parent_fd, name);
      if (only_that || fd < 0)
        goto failed;
    }
  return temp_remove_contents (fd, path, options, error);

failed:
  if (errno == ENOENT || errno == ENOTDIR)
    return TRUE; /* somebody has removed or replaced it */
  temp_error_from_errno (error, errno, _("Could not remove the temporary directory “%s”: %s"), path);
  return FALSE;
}

/* Removes a directory and its contents. A file or link that has replaced it is removed, too. So is another directory
 * than that of fd, unless only_that; fd may be -1. Returns TRUE without removing the directory if the options spare a
 * locked one in it: see any_spared. */
gboolean
temp_remove_dir_name (TempHandle          parent_fd,
                      const char         *name,
                      const char         *path,
                      TempHandle          fd,
                      gboolean            only_that,
                      TempRemoveOptions  *options,
                      gboolean           *removed,
                      GError            **error)
{
  gboolean gone = FALSE;

  for (guint i = 0; i < TEMP_REMOVE_MAX_PASSES; i++)
    {
      gone = unlink_name (parent_fd, name, TEMP_KIND_DIR, removed) ||
             (errno == ENOTDIR && unlink_name (parent_fd, name, TEMP_KIND_FILE, removed));
      if (gone || (errno != ENOTEMPTY && errno != EEXIST))
        break;
      if (!empty_name (parent_fd, name, path, fd, only_that, options, error))
        return FALSE;
      if (options->any_spared)
        return TRUE;
      errno = ENOTEMPTY;
    }

  if (*removed && options->progress != NULL)
    options->progress->n_removed++;
  if (!gone)
    temp_error_from_errno (error, errno, _("Could not remove the temporary directory “%s”: %s"), path);
  return gone;
}
