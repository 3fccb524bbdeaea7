/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"

/* The kernel follows so many symbolic links. */
#define MAX_LINKS 40

/* Follows the symbolic links at the end of a path. Returns the path of the target, which may not exist. Fails with
 * errno. */
char *
temp_persist_resolve (const char *path)
{
  g_autofree char *resolved = g_strdup (path);

  for (guint i = 0; i < MAX_LINKS; i++)
    {
      g_autofree char *dir = NULL;
      char target[PATH_MAX];
      struct stat st;
      gssize n;

      if (lstat (resolved, &st) < 0)
        return errno == ENOENT ? g_steal_pointer (&resolved) : NULL;
      if (!S_ISLNK (st.st_mode))
        return g_steal_pointer (&resolved);

      /* In a directory like /tmp, the kernel does not follow another user's link. Nor does this function. */
      if (stat (resolved, &st) < 0 && errno != ENOENT)
        return NULL;

      n = readlink (resolved, target, sizeof target - 1);
      if (n < 0)
        return NULL;
      target[n] = '\0';

      dir = g_path_get_dirname (resolved);
      g_free (resolved);
      resolved = g_path_is_absolute (target) ? g_strdup (target) : g_build_filename (dir, target, NULL);
    }

  errno = ELOOP;
  return NULL;
}

/* Opens the target, only to look at it. Returns -1 with errno, ENOENT if there is none. */
int
temp_persist_open_target (int          dir_fd,
                          const char  *base,
                          struct stat *st)
{
  temp_autofd int fd = openat (dir_fd, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || fstat (fd, st) < 0)
    return -1;
  return g_steal_fd (&fd);
}

/* Links an open file to a name. Fails with errno, EEXIST if the name is taken. */
gboolean
temp_persist_link (int         fd,
                   int         dir_fd,
                   const char *base)
{
  char path[64];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  if (linkat (AT_FDCWD, path, dir_fd, base, AT_SYMLINK_FOLLOW) == 0)
    return TRUE;

  /* Without /proc: some kernels allow this, to some users. */
  return errno == ENOENT && linkat (fd, "", dir_fd, base, AT_EMPTY_PATH) == 0;
}

/* Returns TRUE if this error of temp_persist_link() means that the file cannot have that name, but a copy could. */
gboolean
temp_persist_is_unlinkable (int errsv)
{
  switch (errsv)
    {
    case EXDEV:      /* another filesystem, or another mount of the same */
    case ENOENT:     /* it had a name once, or there is no /proc */
    case EPERM:      /* a filesystem without hard links, or a rule against them */
    case EMLINK:
    case EINVAL:
    case ELOOP:
    case ENOSYS:
    case EOPNOTSUPP:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Renames a file, and replaces the target. Fails with errno. */
gboolean
temp_persist_rename (int         from_dir_fd,
                     const char *from,
                     int         to_dir_fd,
                     const char *to)
{
  return renameat (from_dir_fd, from, to_dir_fd, to) == 0;
}

/* Renames a file. Fails with errno, EEXIST if the name is taken. */
gboolean
temp_persist_rename_noreplace (int         from_dir_fd,
                               const char *from,
                               int         to_dir_fd,
                               const char *to)
{
  return renameat2 (from_dir_fd, from, to_dir_fd, to, RENAME_NOREPLACE) == 0;
}

/* Exchanges two files. Fails with errno. */
gboolean
temp_persist_exchange (int         from_dir_fd,
                       const char *from,
                       int         to_dir_fd,
                       const char *to)
{
  return renameat2 (from_dir_fd, from, to_dir_fd, to, RENAME_EXCHANGE) == 0;
}

/* Returns TRUE if this error of the two functions above means that the kernel or the filesystem cannot do that. */
gboolean
temp_persist_has_no_rename_flags (int errsv)
{
  return errsv == EINVAL || errsv == ENOSYS || errsv == EOPNOTSUPP || errsv == EPERM;
}

/* Opens a directory for temp_persist_sync(), for which an O_PATH descriptor will not do. Returns -1 with errno. */
int
temp_persist_open_dir (int dir_fd)
{
  return openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Syncs a file, or the names in a directory. Fails with errno. */
gboolean
temp_persist_sync (int fd)
{
  int result;

  do
    result = fsync (fd);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Syncs a directory with everything in it, by the whole filesystem, which is one call. Fails with errno. */
gboolean
temp_persist_sync_tree (int dir_fd)
{
  return syncfs (dir_fd) == 0;
}
