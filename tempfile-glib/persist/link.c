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

/* As many as the kernel follows. */
#define MAX_LINKS 40

/* Gives the path of the file itself, if the last part of path is a symbolic link,
 * or several in a row; it need not be there. */
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

      /* In a directory like /tmp, the kernel follows no links that somebody else
       * may have laid there; so neither is it done by hand. */
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

/* Opens what is to be replaced, only to look at it: -1 with ENOENT if nothing is there. */
int
temp_persist_open_model (int          dir_fd,
                         const char  *base,
                         struct stat *st)
{
  temp_autofd int fd = openat (dir_fd, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || fstat (fd, st) < 0)
    return -1;
  return g_steal_fd (&fd);
}

/* Gives an open file a name, which must not be there. */
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

/* Whether this error of temp_persist_link() means that the file can have no name
 * there, and has to be copied. */
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

gboolean
temp_persist_rename (int         from_dir_fd,
                     const char *from,
                     int         to_dir_fd,
                     const char *to)
{
  return renameat (from_dir_fd, from, to_dir_fd, to) == 0;
}

gboolean
temp_persist_rename_noreplace (int         from_dir_fd,
                               const char *from,
                               int         to_dir_fd,
                               const char *to)
{
  return renameat2 (from_dir_fd, from, to_dir_fd, to, RENAME_NOREPLACE) == 0;
}

/* Lets the two change places. */
gboolean
temp_persist_exchange (int         from_dir_fd,
                       const char *from,
                       int         to_dir_fd,
                       const char *to)
{
  return renameat2 (from_dir_fd, from, to_dir_fd, to, RENAME_EXCHANGE) == 0;
}

/* Whether this error of the two above means that kernel or filesystem do not know them. */
gboolean
temp_persist_has_no_rename_flags (int errsv)
{
  return errsv == EINVAL || errsv == ENOSYS || errsv == EOPNOTSUPP || errsv == EPERM;
}

/* Opens a directory for temp_persist_sync(), which takes no O_PATH. */
int
temp_persist_open_dir (int dir_fd)
{
  return openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

gboolean
temp_persist_sync (int fd)
{
  int result;

  do
    result = fsync (fd);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* With its whole filesystem: that is one call, and misses nothing that is in it. */
gboolean
temp_persist_sync_tree (int dir_fd)
{
  return syncfs (dir_fd) == 0;
}
