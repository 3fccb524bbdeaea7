/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "tree/open.h"
#include "tree/read.h"
#include "tree/threads.h"

static gboolean
has_stuck (TempRemoveWalk *walk,
           TempRemoveNode *node)
{
  gboolean any;

  pthread_mutex_lock (&walk->lock);
  any = node->stuck != NULL;
  pthread_mutex_unlock (&walk->lock);

  return any;
}

/* Leaving */

/* Frees a node, and goes on with its parent, if it is this worker's to go on with. */
static TempRemoveNode *
go_up (TempRemoveWalk *walk,
       TempRemoveNode *node)
{
  TempRemoveNode *parent = node->parent;
  gboolean is_job = node->is_job;

  temp_remove_node_free (node);
  if (is_job && !temp_remove_end_job (walk, parent))
    return NULL;

  return parent;
}

/* A directory was moved away while something in it was emptied, so that there is no
 * way back to those above. What is below the next one still open is left to whoever moved
 * it: that one goes on. */
static TempRemoveNode *
break_off (TempRemoveWalk *walk,
           TempRemoveNode *node,
           int             errsv)
{
  temp_remove_restore (node);
  if (errsv != 0)
    temp_remove_fail (walk, node->parent, node->name, errsv);

  for (;;)
    {
      TempRemoveNode *parent = node->parent;
      gboolean is_open;

      pthread_mutex_lock (&walk->lock);
      is_open = parent->fd >= 0;
      if (is_open && errsv != 0)
        temp_remove_node_stick (parent, node->name);
      if (!node->is_job)
        parent->is_far = FALSE;
      pthread_mutex_unlock (&walk->lock);
      if (is_open)
        return go_up (walk, node);

      temp_remove_node_free (node);
      node = parent;
    }
}

/* Enters a directory of the same name once more: something appeared in it, or in
 * its place. */
static gboolean
enter_again (TempRemoveWalk *walk,
             TempRemoveNode *node)
{
  if (node->n_passes >= TEMP_REMOVE_MAX_PASSES)
    {
      errno = ENOTEMPTY;
      return FALSE;
    }

  temp_remove_restore (node);
  temp_fd_clear (&node->fd);
  node->mode_state = TEMP_REMOVE_MODE_FOUND;
  node->ino = 0; /* it may be another one */
  node->reading = TEMP_REMOVE_READING;
  node->n_passes++;
  return temp_remove_open (walk, node);
}

/* Removes a node that should be empty by now; TRUE if it is not, and has to be
 * gone through again. */
static gboolean
remove_emptied (TempRemoveWorker *worker,
                TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  TempRemoveNode *parent = node->parent;
  int errsv;

  if (temp_remove_unlink (worker, parent, node->name, AT_REMOVEDIR))
    return FALSE;

  if (errno == ENOTEMPTY || errno == EEXIST)
    {
      if (node->reading == TEMP_REMOVE_READ)
        {
          node->reading = TEMP_REMOVE_CAREFUL;
          return TRUE;
        }
      if (enter_again (walk, node))
        return TRUE;
    }

  /* Somebody has put something else in its place. */
  if ((errno == ENOTDIR || errno == ELOOP) && temp_remove_unlink (worker, parent, node->name, 0))
    return FALSE;

  errsv = errno;
  temp_remove_restore (node);
  if (errsv != ENOENT)
    temp_remove_fail (walk, parent, node->name, errsv == EXDEV ? EBUSY : errsv);
  return FALSE;
}

/* Removes a node that all has been done in, and goes back to the one above. */
static TempRemoveNode *
leave (TempRemoveWorker *worker,
       TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  gboolean is_cancelled = temp_remove_is_cancelled (walk);

  if (node->parent == NULL)
    {
      temp_remove_finish (walk);
      return NULL;
    }

  /* Cancelled, it goes up only as far as there are modes to be put back. */
  if (is_cancelled && !node->restores_above)
    return break_off (walk, node, 0);

  if (!temp_remove_regain (walk, node))
    return break_off (walk, node, is_cancelled ? 0 : errno);

  if (is_cancelled)
    temp_remove_restore (node);
  else if (has_stuck (walk, node))
    {
      /* Its errors have been told; it is only to be passed over from now on. */
      temp_remove_restore (node);
      pthread_mutex_lock (&walk->lock);
      temp_remove_node_stick (node->parent, node->name);
      pthread_mutex_unlock (&walk->lock);
    }
  else if (remove_emptied (worker, node))
    return node;

  return go_up (walk, node);
}

/* Going on */

/* Opens a node. What cannot be opened may still go, if it is empty, or no
 * directory (any more). */
static gboolean
enter (TempRemoveWorker *worker,
       TempRemoveNode   *node)
{
  TempRemoveNode *parent = node->parent;
  int errsv;

  if (temp_remove_open (worker->walk, node))
    return TRUE;

  /* The obstacle may be the mode of the directory that it is in. */
  if (errno == EACCES && temp_remove_repair (worker->walk, parent) && temp_remove_open (worker->walk, node))
    return TRUE;

  errsv = errno;
  if (errsv == ENOENT)
    return FALSE;
  if (errsv == EACCES && temp_remove_unlink (worker, parent, node->name, AT_REMOVEDIR))
    return FALSE;
  if (errsv == ENOTDIR || errsv == ELOOP)
    {
      if (temp_remove_unlink (worker, parent, node->name, 0))
        return FALSE;
      errsv = errno;
    }

  temp_remove_fail (worker->walk, parent, node->name, errsv == EXDEV ? EBUSY : errsv);
  return FALSE;
}

/* Goes down into the next subdirectory on the node's list. */
static TempRemoveNode *
descend (TempRemoveWorker *worker,
         TempRemoveNode   *node)
{
  const char *name = node->subdirs + node->subdirs_position;
  TempRemoveNode *child;

  node->subdirs_position += strlen (name) + 1;

  /* Never the last: the worker would have to wait for it. */
  if (node->subdirs_position < node->subdirs_length && temp_remove_hand_out (worker, node, name))
    return node;

  child = temp_remove_node_new (node, name);
  if (!enter (worker, child))
    {
      temp_remove_node_free (child);
      return node;
    }

  temp_remove_close_above (worker->walk, child, worker->walk->is_threaded ? 2 : worker->walk->max_open);
  return child;
}

/* The root has nobody above who would find that it is not empty. */
static gboolean
is_done (TempRemoveWalk *walk,
         TempRemoveNode *node)
{
  if (node->parent != NULL || !g_atomic_int_get (&node->removed_any) || node->n_passes >= TEMP_REMOVE_MAX_PASSES || has_stuck (walk, node))
    return TRUE;

  node->n_passes++;
  g_atomic_int_set (&node->removed_any, FALSE);
  return lseek (node->fd, 0, SEEK_SET) < 0;
}

/* Does the next thing to do in a node; gives the node to go on with, or NULL if that
 * is for others. */
static TempRemoveNode *
step (TempRemoveWorker *worker,
      TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;

  if (!temp_remove_is_cancelled (walk))
    {
      if (node->subdirs_position < node->subdirs_length)
        return descend (worker, node);
      if (node->reading != TEMP_REMOVE_READ && temp_remove_files (worker, node))
        return node;
    }

  if (temp_remove_leave_jobs (walk, node))
    return NULL;
  if (!temp_remove_is_cancelled (walk) && !is_done (walk, node))
    return node;

  return leave (worker, node);
}

/* Removes what is in a node, and all that becomes the worker's on the way. */
void
temp_remove_walk (TempRemoveWorker *worker,
                  TempRemoveNode   *node)
{
  if (node->parent != NULL && (temp_remove_is_cancelled (worker->walk) || !enter (worker, node)))
    node = go_up (worker->walk, node);

  while (node != NULL)
    node = step (worker, node);

  temp_remove_add_up (worker);
}
