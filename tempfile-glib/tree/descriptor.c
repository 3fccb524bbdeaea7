/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/descriptor.h"

#include <errno.h>

#include "base/fd.h"
#include "tree/tree.h"

/* Modes */

/* Adds all rights of the owner to the mode of a directory of this user, and sets *mode to the former mode. Returns
 * FALSE, with errno as before the call, if the user has these rights already or cannot have them. */
gboolean
temp_remove_repair_mode (TempHandle  fd,
                         uint32_t   *mode)
{
  int saved = errno;
  TempStat st;

  if (temp_platform.stat (fd, &st) == 0 && st.kind == TEMP_KIND_DIR && st.uid == temp_platform.get_uid () &&
      (st.mode & 0700) != 0700 && temp_platform.set_mode (fd, NULL, st.mode | 0700) == 0)
    {
      *mode = st.mode;
      return TRUE;
    }

  errno = saved;
  return FALSE;
}

/* Mounts */

/* Learns the mount of a directory, for systems without open_dir_on_mount(). Keeps an error for
 * temp_remove_mount_has(). */
void
temp_remove_learn_mount (TempRemoveMount *mount,
                         TempHandle       fd)
{
  if (temp_platform.get_mount (fd, &mount->found) < 0)
    mount->error = errno;
}

/* Returns TRUE if a directory is on the mount; FALSE with EXDEV if it is on another, and with another error if that is
 * not known. */
gboolean
temp_remove_mount_has (const TempRemoveMount *mount,
                       TempHandle             fd)
{
  TempMount found;
  gboolean is_same;

  if (mount->error != 0)
    {
      errno = mount->error;
      return FALSE;
    }
  if (temp_platform.get_mount (fd, &found) < 0)
    return FALSE;

  /* Kernels before 5.8 tell the device of a mount, but no identifier. */
  is_same = found.file.dev == mount->found.file.dev;
  if (mount->found.id != 0 && found.id != 0)
    is_same = found.id == mount->found.id;
  else if (found.is_root)
    is_same = FALSE;

  errno = EXDEV;
  return is_same;
}

/* Returns TRUE if fd is on the same mount as its parent; else FALSE with errno, EBUSY if something is mounted there. */
gboolean
temp_remove_is_on_mount (TempHandle parent_fd,
                         TempHandle fd)
{
  TempRemoveMount mount = { .error = 0 };

  temp_remove_learn_mount (&mount, parent_fd);
  if (temp_remove_mount_has (&mount, fd))
    return TRUE;

  if (errno == EXDEV)
    errno = EBUSY;
  return FALSE;
}

/* Opening */

/* Opens a directory, again if a signal interrupts that: a filesystem may wait for a server. */
TempHandle
temp_remove_open_at (TempHandle    fd,
                     const char   *name,
                     TempOpenFlags flags)
{
  TempHandle result;

  do
    result = temp_platform.open_dir (fd, name, flags);
  while (result < 0 && errno == EINTR);

  return result;
}

/* Opens a directory in another on the same mount. Returns -1 with errno, EXDEV if it is on another mount. */
TempHandle
temp_remove_open_on_mount (const TempRemoveMount *mount,
                           TempHandle             parent_fd,
                           const char            *name,
                           TempOpenFlags          flags)
{
  static gint is_missing; /* atomic: this system has no open_dir_on_mount(), as Linux before 5.6 */
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;

  if (!g_atomic_int_get (&is_missing))
    {
      do
        fd = temp_platform.open_dir_on_mount (parent_fd, name, flags);
      while (fd < 0 && errno == EINTR);

      /* A filter of system calls that does not know openat2() may say EPERM. */
      if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return g_steal_fd (&fd);
      if (errno == ENOSYS)
        g_atomic_int_set (&is_missing, TRUE);
    }

  fd = temp_remove_open_at (parent_fd, name, flags);
  if (fd >= 0 && !temp_remove_mount_has (mount, fd))
    return TEMP_HANDLE_NONE;

  return g_steal_fd (&fd);
}

/* Opens a directory. If its mode does not let its owner in, repairs the mode for a moment. Returns -1 with errno on an
 * error. */
TempHandle
temp_remove_open_shut (TempHandle  parent_fd,
                       const char *name)
{
  temp_autofd TempHandle fd = temp_remove_open_at (parent_fd, name, TEMP_OPEN_LIST);
  temp_autofd TempHandle path_fd = TEMP_HANDLE_NONE;
  uint32_t mode;
  int errsv;

  if (fd >= 0 || errno != EACCES)
    return g_steal_fd (&fd);

  path_fd = temp_remove_open_at (parent_fd, name, 0);
  if (path_fd < 0)
    return TEMP_HANDLE_NONE;
  errno = EACCES;
  if (!temp_remove_repair_mode (path_fd, &mode))
    return TEMP_HANDLE_NONE;

  fd = temp_remove_open_at (path_fd, ".", TEMP_OPEN_LIST);
  errsv = errno;
  temp_platform.set_mode (fd >= 0 ? fd : path_fd, NULL, mode);
  errno = errsv;
  return g_steal_fd (&fd);
}
