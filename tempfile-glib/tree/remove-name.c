/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "tree/descriptor.h"

/* Removes a file or directory by its name, and with it anything that has replaced it.
 *
 * In each function, `name` is a base name in parent_fd, or a path if that is AT_FDCWD; `path` is for the messages of
 * errors. An absent name is no error: then *removed is FALSE. */

/* Calls unlinkat(). Returns TRUE if the name is absent now; else sets errno. */
static gboolean
unlink_name (int         parent_fd,
             const char *name,
             int         flags,
             gboolean   *removed)
{
  *removed = unlinkat (parent_fd, name, flags) == 0;

  /* unlink() fails with ENOTDIR only if something on the way to the name is no directory. */
  return *removed || errno == ENOENT || (flags == 0 && errno == ENOTDIR);
}

/* Removes a file. A directory in its place is removed only if it is empty. */
gboolean
temp_remove_file_name (int          parent_fd,
                       const char  *name,
                       const char  *path,
                       gboolean    *removed,
                       GError     **error)
{
  if (G_LIKELY (unlink_name (parent_fd, name, 0, removed)) ||
      (errno == EISDIR && unlink_name (parent_fd, name, AT_REMOVEDIR, removed)))
    return TRUE;

  temp_error_from_errno (error, errno, "Could not delete the temporary file", path);
  return FALSE;
}

/* Opens a directory. If its mode does not let its owner in, repairs the mode for a moment. Returns -1 with errno on an
 * error. */
int
temp_remove_open_shut (int         parent_fd,
                       const char *name)
{
  temp_autofd int fd = temp_remove_open_at (parent_fd, name, TEMP_REMOVE_OPEN_FLAGS);
  temp_autofd int path_fd = -1;
  mode_t mode;
  int errsv;

  if (fd >= 0 || errno != EACCES)
    return g_steal_fd (&fd);

  path_fd = temp_remove_open_at (parent_fd, name, TEMP_REMOVE_OPEN_FLAGS | O_PATH);
  if (path_fd < 0)
    return -1;
  errno = EACCES;
  if (!temp_remove_repair_mode (path_fd, &mode))
    return -1;

  fd = temp_remove_open_at (path_fd, ".", TEMP_REMOVE_OPEN_FLAGS);
  errsv = errno;
  temp_remove_change_mode (fd >= 0 ? fd : path_fd, mode);
  errno = errsv;
  return g_steal_fd (&fd);
}

/* Returns TRUE if fd is on the same mount as its parent; else FALSE with errno, EBUSY if something is mounted there. */
gboolean
temp_remove_is_on_mount (int parent_fd,
                         int fd)
{
  TempRemoveMount mount = { .id = 0 };

  temp_remove_learn_mount (&mount, parent_fd);
  if (temp_remove_mount_has (&mount, fd))
    return TRUE;

  if (errno == EXDEV)
    errno = EBUSY;
  return FALSE;
}

/* Opens the directory under the name, to empty it. Returns -1 with errno, EBUSY if something is mounted there. */
static int
open_dir (int         parent_fd,
          const char *name)
{
  temp_autofd int fd = temp_remove_open_at (parent_fd, name, TEMP_REMOVE_OPEN_FLAGS | O_PATH);
  temp_autofd int opened = -1;

  if (fd < 0)
    return -1;
  if (parent_fd == AT_FDCWD)
    {
      g_autofree char *dir = g_path_get_dirname (name);

      opened = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (opened < 0)
        return -1;
      parent_fd = opened;
    }

  return temp_remove_is_on_mount (parent_fd, fd) ? g_steal_fd (&fd) : -1;
}

/* Empties the directory under the name: by fd, if that is its descriptor. Another directory than that of fd is emptied,
 * too, unless only_that: then the function fails with ENOTEMPTY. */
static gboolean
empty_name (int                 parent_fd,
            const char         *name,
            const char         *path,
            int                 fd,
            gboolean            only_that,
            TempRemoveOptions  *options,
            GError            **error)
{
  temp_autofd int opened = -1;
  struct stat named, st;

  if (fstatat (parent_fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
    goto failed;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != named.st_dev || st.st_ino != named.st_ino)
    {
      errno = ENOTEMPTY;
      if (!only_that)
        fd = opened = open_dir (parent_fd, name);
      if (only_that || fd < 0)
        goto failed;
    }
  return temp_remove_contents_with_options (fd, path, options, error);

failed:
  if (errno == ENOENT || errno == ENOTDIR)
    return TRUE; /* somebody has removed or replaced it */
  temp_error_from_errno (error, errno, "Could not remove the temporary directory", path);
  return FALSE;
}

/* Removes a directory and its contents. A file or link that has replaced it is removed, too. So is another directory
 * than that of fd, unless only_that; fd may be -1. Returns TRUE without removing the directory if the options spare a
 * locked one in it: see any_spared. */
gboolean
temp_remove_dir_name (int                 parent_fd,
                      const char         *name,
                      const char         *path,
                      int                 fd,
                      gboolean            only_that,
                      TempRemoveOptions  *options,
                      gboolean           *removed,
                      GError            **error)
{
  gboolean gone = FALSE;

  for (guint i = 0; i < TEMP_REMOVE_MAX_PASSES; i++)
    {
      gone = unlink_name (parent_fd, name, AT_REMOVEDIR, removed) ||
             (errno == ENOTDIR && unlink_name (parent_fd, name, 0, removed));
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
    temp_error_from_errno (error, errno, "Could not remove the temporary directory", path);
  return gone;
}
