/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
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

/* On the inode that the descriptor has, whatever kind of descriptor it is. */
static gboolean
change_mode (int    fd,
             mode_t mode)
{
  char link[sizeof "/proc/self/fd/" + 3 * sizeof (int)];

  if (fchmod (fd, mode) == 0)
    return TRUE;
  if (errno != EBADF)
    return FALSE;

  /* It is one of O_PATH. */
  if (syscall (SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0)
    return TRUE;

  g_snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  return chmod (link, mode) == 0;
}

/* Lets us into a directory of ours whose mode does not; keeps errno if it cannot. */
gboolean
temp_remove_repair_fd (int     fd,
                       mode_t *mode)
{
  int saved = errno;
  struct stat st;

  if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode) && st.st_uid == geteuid () &&
      (st.st_mode & 0700) != 0700 && change_mode (fd, (st.st_mode & 07777) | 0700))
    {
      *mode = st.st_mode & 07777;
      return TRUE;
    }

  errno = saved;
  return FALSE;
}

/* The same for a node, once; TRUE if it is worth another try. */
gboolean
temp_remove_repair (TempRemoveWalk *walk,
                    TempRemoveNode *node)
{
  pthread_mutex_lock (&walk->lock);
  if (!node->was_repaired)
    {
      node->was_repaired = TRUE;
      g_atomic_int_set (&node->is_repaired, temp_remove_repair_fd (node->fd, &node->mode));
    }
  pthread_mutex_unlock (&walk->lock);

  return g_atomic_int_get (&node->is_repaired);
}

/* A directory that stays gets back the mode that it had. */
void
temp_remove_restore (TempRemoveNode *node)
{
  if (g_atomic_int_get (&node->is_repaired) && node->fd >= 0)
    change_mode (node->fd, node->mode);
  g_atomic_int_set (&node->is_repaired, FALSE);
}

/* Mounts */

/* Learns what to know another mount by, where the kernel does not look itself. */
void
temp_remove_learn_mount (TempRemoveWalk *walk,
                         int             fd)
{
  struct statx stx;

  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
    {
      walk->stat_error = errno;
      return;
    }

  if ((stx.stx_mask & STATX_MNT_ID) != 0)
    walk->mount_id = stx.stx_mnt_id;
  walk->ino = stx.stx_ino;
  walk->dev = makedev (stx.stx_dev_major, stx.stx_dev_minor);
}

/* FALSE with EXDEV: it is on another; with another error: there is no knowing. */
static gboolean
is_on_mount (TempRemoveWalk *walk,
             int             fd)
{
  struct statx stx;
  gboolean is_same;

  if (walk->stat_error != 0)
    {
      errno = walk->stat_error;
      return FALSE;
    }
  if (statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0)
    return FALSE;

  /* Kernels before 5.8 know no identifiers: only that the device is another. */
  is_same = makedev (stx.stx_dev_major, stx.stx_dev_minor) == walk->dev;
  if (walk->mount_id != 0 && (stx.stx_mask & STATX_MNT_ID) != 0)
    is_same = stx.stx_mnt_id == walk->mount_id;
  else if ((stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
    is_same = FALSE;

  errno = EXDEV;
  return is_same;
}

/* Whether fd is on the same mount as the directory that it is in. Sets errno if not,
 * EBUSY if something is mounted there. */
gboolean
temp_remove_is_on_mount (int parent_fd,
                         int fd)
{
  TempRemoveWalk walk = { .path = NULL };

  temp_remove_learn_mount (&walk, parent_fd);
  if (is_on_mount (&walk, fd))
    return TRUE;

  if (errno == EXDEV)
    errno = EBUSY;
  return FALSE;
}

/* On a filesystem that waits for a server, a signal may come first. */
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

/* Opens a directory in another, on the same mount only: else it fails with EXDEV. */
static int
open_on_mount (TempRemoveWalk *walk,
               int             parent_fd,
               const char     *name,
               int             flags)
{
  static gint is_missing; /* atomic: this kernel has no openat2(), as before 5.6 */
  const struct open_how how = { .flags = flags, .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS };
  temp_autofd int fd = -1;

  if (!g_atomic_int_get (&is_missing))
    {
      do
        fd = syscall (SYS_openat2, parent_fd, name, &how, sizeof how);
      while (fd < 0 && errno == EINTR);

      /* A filter of system calls that does not know it may say EPERM. */
      if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return g_steal_fd (&fd);
      if (errno == ENOSYS)
        g_atomic_int_set (&is_missing, TRUE);
    }

  fd = temp_remove_open_at (parent_fd, name, flags);
  if (fd >= 0 && !is_on_mount (walk, fd))
    return -1;

  return g_steal_fd (&fd);
}

/* Opening */

/* By a descriptor for which no mode is needed, the mode is repaired; from that, it
 * is opened again. So it is the same directory all along. */
static gboolean
repair_and_open (TempRemoveWalk *walk,
                 TempRemoveNode *node)
{
  temp_autofd int fd = open_on_mount (walk, node->parent->fd, node->name, TEMP_REMOVE_OPEN_FLAGS | O_PATH);

  if (fd < 0)
    return FALSE;

  errno = EACCES;
  if (!temp_remove_repair_fd (fd, &node->mode))
    return FALSE;

  node->is_repaired = node->was_repaired = TRUE;
  node->fd = temp_remove_open_at (fd, ".", TEMP_REMOVE_OPEN_FLAGS);
  if (node->fd < 0)
    {
      int errsv = errno;

      change_mode (fd, node->mode);
      node->is_repaired = FALSE;
      errno = errsv;
    }

  return node->fd >= 0;
}

static gboolean
lock (int fd,
      int operation)
{
  int result;

  do
    result = flock (fd, operation);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

static gboolean
open_node (TempRemoveWalk *walk,
           TempRemoveNode *node)
{
  node->fd = open_on_mount (walk, node->parent->fd, node->name, TEMP_REMOVE_OPEN_FLAGS);

  if (G_UNLIKELY (node->fd < 0 && (errno == EMFILE || errno == ENFILE) && !node->is_job))
    {
      temp_remove_close_above (walk, node->parent, 0);
      node->fd = open_on_mount (walk, node->parent->fd, node->name, TEMP_REMOVE_OPEN_FLAGS);
    }

  return node->fd >= 0 || (errno == EACCES && repair_and_open (walk, node));
}

/* Opens a node, whose parent is open. EWOULDBLOCK: somebody uses it. It is not kept locked: a process forked off
 * in between would have that lock, too. */
gboolean
temp_remove_open (TempRemoveWalk *walk,
                  TempRemoveNode *node)
{
  while (open_node (walk, node))
    {
      gboolean is_free;
      int errsv;

      if (walk->locks == TEMP_REMOVE_LOCKED)
        return TRUE;
      if (lock (node->fd, LOCK_EX | LOCK_NB))
        {
          flock (node->fd, LOCK_UN);
          return TRUE;
        }

      /* Whoever uses it finds its mode as it was. */
      errsv = errno;
      temp_remove_restore (node);
      errno = errsv;

      is_free = walk->locks == TEMP_REMOVE_AWAIT_LOCKED && errno == EWOULDBLOCK && lock (node->fd, LOCK_EX);
      temp_fd_clear (&node->fd);
      if (!is_free)
        return FALSE;
    }

  return FALSE;
}

/* Closes a node for now. The caller holds the lock. */
void
temp_remove_close_locked (TempRemoveWalk *walk,
                          TempRemoveNode *node)
{
  struct stat st;

  if (node->fd < 0)
    return;

  node->dev = walk->dev;
  if (walk->asks_inodes || node->ino == 0)
    {
      if (fstat (node->fd, &st) < 0)
        return;
      node->dev = st.st_dev;
      node->ino = st.st_ino;
    }
  temp_fd_clear (&node->fd);
}

/* Closes what is further above a node than n_kept levels, if it is open, and this
 * worker's to close. */
void
temp_remove_close_above (TempRemoveWalk *walk,
                         TempRemoveNode *node,
                         guint           n_kept)
{
  while (n_kept > 0 && node->parent != NULL && !node->is_job)
    {
      node = node->parent;
      n_kept--;
    }

  pthread_mutex_lock (&walk->lock);
  while (node->parent != NULL && !node->is_job)
    {
      node = node->parent;
      if (node->parent == NULL || node->fd < 0)
        break;

      if (node->n_jobs > 0)
        node->is_far = TRUE;
      else
        temp_remove_close_locked (walk, node);
    }
  pthread_mutex_unlock (&walk->lock);
}

/* Opens the parent of a node again if it was closed; by then, it must still be
 * the directory that it was. */
gboolean
temp_remove_regain (TempRemoveWalk *walk,
                    TempRemoveNode *node)
{
  TempRemoveNode *parent = node->parent;
  temp_autofd int fd = -1;
  struct stat st;
  gboolean is_open;

  pthread_mutex_lock (&walk->lock);
  if (!node->is_job)
    parent->is_far = FALSE;
  is_open = parent->fd >= 0;
  pthread_mutex_unlock (&walk->lock);
  if (is_open)
    return TRUE;

  fd = temp_remove_open_at (node->fd, "..", TEMP_REMOVE_OPEN_FLAGS);
  if (fd < 0 || fstat (fd, &st) < 0)
    return FALSE;
  if (st.st_dev != parent->dev || st.st_ino != parent->ino)
    {
      pthread_mutex_lock (&walk->lock);
      walk->is_lost = TRUE;
      pthread_mutex_unlock (&walk->lock);
      errno = ESTALE; /* moved elsewhere while we were in it */
      return FALSE;
    }

  parent->fd = g_steal_fd (&fd);
  return TRUE;
}
