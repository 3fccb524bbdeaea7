/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/open.h"

#include <errno.h>

#include "base/fd.h"

/* Modes */

/* Repairs the mode of an open node, once. Returns TRUE if what has failed is worth another try. */
gboolean
temp_remove_repair (TempRemoveWalk *walk,
                    TempRemoveNode *node)
{
  gboolean is_repaired;

  pthread_mutex_lock (&walk->lock);
  if (node->mode_state == TEMP_REMOVE_MODE_FOUND)
    g_atomic_int_set (&node->mode_state, temp_remove_repair_mode (node->fd, &node->mode) ? TEMP_REMOVE_MODE_REPAIRED
                                                                                         : TEMP_REMOVE_MODE_FINAL);
  is_repaired = node->mode_state == TEMP_REMOVE_MODE_REPAIRED;
  pthread_mutex_unlock (&walk->lock);

  return is_repaired;
}

/* Restores the former mode of an open node that stays. */
void
temp_remove_restore (TempRemoveNode *node)
{
  if (g_atomic_int_get (&node->mode_state) != TEMP_REMOVE_MODE_REPAIRED)
    return;

  if (node->fd >= 0)
    temp_platform.set_mode (node->fd, NULL, node->mode);
  g_atomic_int_set (&node->mode_state, TEMP_REMOVE_MODE_FINAL);
}

/* Opening */

/* Opens a node whose mode does not let its owner in. Repairs the mode by a handle that needs no permission, and opens
 * the node from that, so that both are done to one directory. */
static gboolean
repair_and_open (TempRemoveWalk *walk,
                 TempRemoveNode *node)
{
  temp_autofd TempHandle fd = temp_remove_open_on_mount (&walk->mount, node->parent->fd, node->name, 0);

  if (fd < 0)
    return FALSE;

  errno = EACCES;
  if (!temp_remove_repair_mode (fd, &node->mode))
    return FALSE;

  node->mode_state = TEMP_REMOVE_MODE_REPAIRED;
  node->fd = temp_remove_open_at (fd, ".", TEMP_OPEN_LIST);
  if (node->fd < 0)
    {
      int errsv = errno;

      temp_platform.set_mode (fd, NULL, node->mode);
      node->mode_state = TEMP_REMOVE_MODE_FINAL;
      errno = errsv;
    }

  return node->fd >= 0;
}

/* Locks a directory, trying again if a signal interrupts that. */
static gboolean
lock_exclusively (TempHandle fd,
                  gboolean   waits)
{
  int result;

  do
    result = temp_platform.lock (fd, TEMP_LOCK_EXCLUSIVE, waits);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Opens a node. If there are no descriptors left, first closes the nodes above its parent. */
static gboolean
open_node (TempRemoveWalk *walk,
           TempRemoveNode *node)
{
  node->fd = temp_remove_open_on_mount (&walk->mount, node->parent->fd, node->name, TEMP_OPEN_LIST);

  if (G_UNLIKELY (node->fd < 0 && (errno == EMFILE || errno == ENFILE) && !node->is_job))
    {
      temp_remove_close_above (walk, node->parent, 0);
      node->fd = temp_remove_open_on_mount (&walk->mount, node->parent->fd, node->name, TEMP_OPEN_LIST);
    }

  return node->fd >= 0 || (errno == EACCES && repair_and_open (walk, node));
}

/* Opens a node, whose parent is open, if nobody else has locked it, or as soon as nobody has: see TempRemoveLocks.
 * Returns FALSE with errno, EWOULDBLOCK if somebody has locked it.
 *
 * The node does not stay locked: a process that is forked off would inherit the lock. */
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
      if (lock_exclusively (node->fd, FALSE))
        {
          temp_platform.lock (node->fd, TEMP_LOCK_NONE, TRUE);
          return TRUE;
        }

      errsv = errno;
      temp_remove_restore (node);
      errno = errsv;

      is_free = walk->locks == TEMP_REMOVE_AWAIT_LOCKED && errno == EWOULDBLOCK && lock_exclusively (node->fd, TRUE);
      temp_remove_node_close (node);
      if (!is_free)
        return FALSE;
    }

  return FALSE;
}

/* Closing, and opening again */

/* Closes a node, to be opened again. The caller holds the walk's lock. */
void
temp_remove_close_locked (TempRemoveWalk *walk,
                          TempRemoveNode *node)
{
  if (node->fd < 0)
    return;

  node->id.dev = walk->mount.found.file.dev;
  if ((walk->asks_inodes || node->id.ino == 0) && temp_platform.identify (node->fd, &node->id) < 0)
    return;

  temp_remove_node_close (node);
}

/* Closes the nodes of this worker that are more than n_kept levels above a node. One that has jobs is closed once it
 * has none. */
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
      gboolean restores_above = node->restores_above;

      node = node->parent;
      if (node->parent == NULL || node->fd < 0)
        break;

      /* A repaired node stays open if the nodes below do not know that they have to go up to it. */
      if (node->n_jobs > 0)
        node->place = TEMP_REMOVE_WORKER_FAR;
      else if (restores_above || node->mode_state != TEMP_REMOVE_MODE_REPAIRED)
        temp_remove_close_locked (walk, node);
    }
  pthread_mutex_unlock (&walk->lock);
}

/* Returns TRUE if the parent of a node is open. From now on it stays open, as the worker comes back to it. */
gboolean
temp_remove_keep_parent (TempRemoveWalk *walk,
                         TempRemoveNode *node)
{
  TempRemoveNode *parent = node->parent;
  gboolean is_open;

  pthread_mutex_lock (&walk->lock);
  if (!node->is_job)
    parent->place = TEMP_REMOVE_WORKER_NEAR;
  is_open = parent->fd >= 0;
  pthread_mutex_unlock (&walk->lock);

  return is_open;
}

/* Opens the parent of an open node again if it was closed. Returns FALSE with errno, ESTALE if the node is in another
 * directory now. */
gboolean
temp_remove_reopen_parent (TempRemoveWalk *walk,
                           TempRemoveNode *node)
{
  TempRemoveNode *parent = node->parent;
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;
  TempFileId id;

  if (temp_remove_keep_parent (walk, node))
    return TRUE;

  fd = temp_remove_open_at (node->fd, "..", TEMP_OPEN_LIST);
  if (fd < 0 || temp_platform.identify (fd, &id) < 0)
    return FALSE;
  if (!temp_file_id_equal (&id, &parent->id))
    {
      pthread_mutex_lock (&walk->lock);
      walk->is_lost = TRUE;
      pthread_mutex_unlock (&walk->lock);
      errno = ESTALE;
      return FALSE;
    }

  parent->fd = g_steal_fd (&fd);
  return TRUE;
}
