/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/link.h"

#include <errno.h>
#include <limits.h>

#include "base/fd.h"

/* The kernel follows so many symbolic links. */
#define MAX_LINKS 40

/* Reads a symbolic link of the directory `dir` as the kernel follows it. In a directory like /tmp, that does not
 * follow another user's link; but another user may put a file and a link there in turns, so that no call on the path
 * tells what the next call finds. Looks at the open link instead, where the system can open one. Returns NULL with
 * errno, EINVAL if this is no link. */
static char *
read_link (const char *path,
           const char *dir)
{
  temp_autofd TempHandle handle = TEMP_HANDLE_NONE;
  char target[PATH_MAX];
  TempStat link, above;
  gssize n;

  if (temp_platform.look (TEMP_HANDLE_CURRENT_DIR, path, &handle, &link) < 0 ||
      temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, dir, &above) < 0)
    return NULL;
  if (link.kind != TEMP_KIND_SYMLINK)
    {
      errno = EINVAL;
      return NULL;
    }
  if ((above.mode & (TEMP_MODE_STICKY | 02)) == (TEMP_MODE_STICKY | 02) && link.uid != temp_platform.get_uid () &&
      link.uid != above.uid)
    {
      errno = EACCES;
      return NULL;
    }

  n = handle >= 0 ? temp_platform.read_link (handle, "", target, sizeof target)
                  : temp_platform.read_link (TEMP_HANDLE_CURRENT_DIR, path, target, sizeof target);
  return n < 0 ? NULL : g_strndup (target, n);
}

/* Follows the symbolic links at the end of a path. Returns the path of the target, which may not exist. Fails with
 * errno. */
char *
temp_persist_resolve (const char *path)
{
  g_autofree char *resolved = g_strdup (path);

  for (guint i = 0; i < MAX_LINKS; i++)
    {
      g_autofree char *dir = g_path_get_dirname (resolved);
      g_autofree char *target = NULL;
      TempStat st;

      if (temp_platform.stat_name (TEMP_HANDLE_CURRENT_DIR, resolved, &st) < 0)
        return errno == ENOENT ? g_steal_pointer (&resolved) : NULL;
      if (st.kind != TEMP_KIND_SYMLINK)
        return g_steal_pointer (&resolved);

      /* The kernel may have other reasons not to follow the link. */
      if (temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, resolved, &st) < 0 && errno != ENOENT)
        return NULL;

      target = read_link (resolved, dir);
      if (target == NULL && errno == EINVAL)
        continue;
      if (target == NULL)
        return NULL;

      g_free (resolved);
      resolved = g_path_is_absolute (target) ? g_strdup (target) : g_build_filename (dir, target, NULL);
    }

  errno = ELOOP;
  return NULL;
}

/* Returns TRUE if this error of link_handle() means that the file cannot have that name, but a copy could. */
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

/* Returns TRUE if this error of rename() means that the kernel or the filesystem can only replace. */
gboolean
temp_persist_has_no_rename_flags (int errsv)
{
  return errsv == EINVAL || errsv == ENOSYS || errsv == EOPNOTSUPP || errsv == EPERM;
}

/* Opens a directory for temp_persist_sync(), for which a descriptor only to look at it will not do. Returns -1 with
 * errno. */
TempHandle
temp_persist_open_dir (TempHandle dir_fd)
{
  return temp_platform.open_dir (dir_fd, ".", TEMP_OPEN_LIST | TEMP_OPEN_FOLLOW);
}

/* Syncs a file, or the names in a directory. Fails with errno. */
gboolean
temp_persist_sync (TempHandle fd)
{
  int result;

  do
    result = temp_platform.sync (fd, TEMP_SYNC_FILE);
  while (result < 0 && errno == EINTR);

  return result == 0;
}
