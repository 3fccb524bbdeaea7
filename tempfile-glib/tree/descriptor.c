/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

/* Missing in the headers of glibc before 2.34. */
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif

/* One number on all architectures; since Linux 6.6. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* Modes */

/* Sets the mode of an open directory, even of one opened with O_PATH. Returns FALSE with errno if that fails. */
gboolean
temp_remove_change_mode (int    fd,
                         mode_t mode)
{
  char link[sizeof "/proc/self/fd/" + 3 * sizeof (int)];

  if (fchmod (fd, mode) == 0)
    return TRUE;
  if (errno != EBADF)
    return FALSE;

  /* Opened with O_PATH. */
  if (syscall (SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0)
    return TRUE;

  g_snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  return chmod (link, mode) == 0;
}

/* Gives the user all rights in a directory that is theirs, and sets *mode to the mode that it had. Returns FALSE, with
 * errno as it was, if they have these rights or cannot have them. */
gboolean
temp_remove_repair_mode (int     fd,
                         mode_t *mode)
{
  int saved = errno;
  struct stat st;

  if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == geteuid () &&
      (st.st_mode & 0700) != 0700 && temp_remove_change_mode (fd, (st.st_mode & 07777) | 0700))
    {
      *mode = st.st_mode & 07777;
      return TRUE;
    }

  errno = saved;
  return FALSE;
}

/* Mounts */

/* Learns the mount of a directory, for kernels without openat2(). Keeps an error for temp_remove_mount_has(). */
void
temp_remove_learn_mount (TempRemoveMount *mount,
                         int              fd)
{
  struct statx stx;

  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
    {
      mount->error = errno;
      return;
    }

  if ((stx.stx_mask & STATX_MNT_ID) != 0)
    mount->id = stx.stx_mnt_id;
  mount->ino = stx.stx_ino;
  mount->dev = makedev (stx.stx_dev_major, stx.stx_dev_minor);
}

/* Returns TRUE if a directory is on the mount; FALSE with EXDEV if it is on another, and with another error if that is
 * not known. */
gboolean
temp_remove_mount_has (const TempRemoveMount *mount,
                       int                    fd)
{
  struct statx stx;
  gboolean is_same;

  if (mount->error != 0)
    {
      errno = mount->error;
      return FALSE;
    }
  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
    return FALSE;

  /* Kernels before 5.8 tell no identifiers, only devices. */
  is_same = makedev (stx.stx_dev_major, stx.stx_dev_minor) == mount->dev;
  if (mount->id != 0 && (stx.stx_mask & STATX_MNT_ID) != 0)
    is_same = stx.stx_mnt_id == mount->id;
  else if ((stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
    is_same = FALSE;

  errno = EXDEV;
  return is_same;
}

/* Opening */

/* Calls openat(), again if a signal interrupts it: a filesystem may wait for a server. */
int
temp_remove_open_at (int         fd,
                     const char *name,
                     int         flags)
{
  int result;

  do
    result = openat (fd, name, flags);
  while (result < 0 && errno == EINTR);

  return result;
}

/* Opens a directory in another on the same mount. Returns -1 with errno, EXDEV if it is on another mount. */
int
temp_remove_open_on_mount (const TempRemoveMount *mount,
                           int                    parent_fd,
                           const char            *name,
                           int                    flags)
{
  static gint is_missing; /* atomic: this kernel has no openat2(), as before 5.6 */
  const struct open_how how = { .flags = flags, .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };
  temp_autofd int fd = -1;

  if (!g_atomic_int_get (&is_missing))
    {
      do
        fd = syscall (SYS_openat2, parent_fd, name, &how, sizeof how);
      while (fd < 0 && errno == EINTR);

      /* A filter of system calls that does not know openat2() may say EPERM. */
      if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return g_steal_fd (&fd);
      if (errno == ENOSYS)
        g_atomic_int_set (&is_missing, TRUE);
    }

  fd = temp_remove_open_at (parent_fd, name, flags);
  if (fd >= 0 && !temp_remove_mount_has (mount, fd))
    return -1;

  return g_steal_fd (&fd);
}
