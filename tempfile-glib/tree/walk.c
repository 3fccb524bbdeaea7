/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/walk.h"

#include <errno.h>
#include <string.h>

#include "tree/open.h"
#include "tree/read.h"
#include "tree/threads.h"

/* Goes down into a tree and up again, without recursion.
 *
 * Each worker is in one node. It comes back to the nodes above, as far as the job that it has taken, or the root:
 *
 *   node                    | descriptor     | jobs | who goes on with it
 *   ------------------------|----------------|------|-----------------------------------
 *   its worker is in it     | open           | any  | its worker
 *   above, without jobs     | open or closed | none | its worker, on the way up
 *   above, with jobs        | open           | some | its worker, on the way up
 *   left by its worker      | open           | some | the worker that ends the last job
 *   the root                | open           | any  | as above
 *
 * To leave a node, its worker relies on three rules that follow from this:
 * 1. The parent of a job is open.
 * 2. A closed node has one worker, which may free it.
 * 3. Above each closed node there is an open one.
 *
 *   the walk   | the parent              | the worker
 *   -----------|-------------------------|-------------------------------------------------------------------------
 *   goes on    | is open, or is reopened | removes the node; if an entry in it stays, restores and skips it
 *   goes on    | cannot be reopened      | restores the node, counts an error, drops closed nodes, skips the last
 *   is stopped | leads to repaired modes | reopens the parent, restores the node
 *   is stopped | leads to none           | restores the node, drops closed nodes
 *
 * To restore a node is to give it its mode back; to skip it, to pass over its name in the parent.
 */

/* Up */

/* Frees a node that has been left. Returns its parent if this worker goes on there, else NULL. */
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

/* Drops closed nodes: frees a node if its parent is closed, and goes on with the parent. Returns the first node whose
 * parent is open. */
static TempRemoveNode *
drop_closed (TempRemoveWalk *walk,
             TempRemoveNode *node)
{
  while (!temp_remove_keep_parent (walk, node))
    {
      TempRemoveNode *parent = node->parent;

      temp_remove_node_free (node);
      node = parent;
    }

  return node;
}

/* Leaves a node in a walk that is stopped. */
static TempRemoveNode *
leave_stopped (TempRemoveWalk *walk,
               TempRemoveNode *node)
{
  if (node->restores_above)
    temp_remove_reopen_parent (walk, node);

  temp_remove_restore (node);
  return go_up (walk, drop_closed (walk, node));
}

/* Leaves a node whose parent cannot be reopened, usually since somebody has moved one of the two. */
static TempRemoveNode *
leave_moved (TempRemoveWalk *walk,
             TempRemoveNode *node,
             int             errsv)
{
  temp_remove_restore (node);
  temp_remove_fail (walk, node->parent, node->name, errsv);

  node = drop_closed (walk, node);
  temp_remove_skip (walk, node->parent, node->name);
  return go_up (walk, node);
}

/* Counts an error of the directory of a node. */
static void
fail (TempRemoveWalk *walk,
      TempRemoveNode *node,
      int             errsv)
{
  temp_remove_fail (walk, node->parent, node->name, errsv == EXDEV ? EBUSY : errsv);
}

/* If errno says that a file or link has replaced the directory of a node, removes that. Returns FALSE with errno if the
 * name stays. */
static gboolean
remove_replaced (TempRemoveWorker *worker,
                 TempRemoveNode   *node)
{
  return (errno == ENOTDIR || errno == ELOOP) && temp_remove_unlink (worker, node->parent, node->name, TEMP_KIND_FILE);
}

/* Prepares another pass through a node that is not empty. Reads on if the end was only probable, else opens the
 * directory that has the name now. Returns FALSE with errno if there can be no other pass. */
static gboolean
prepare_pass (TempRemoveWalk *walk,
              TempRemoveNode *node)
{
  if (node->reading == TEMP_REMOVE_READ)
    {
      node->reading = TEMP_REMOVE_CAREFUL;
      return TRUE;
    }

  if (node->n_passes >= TEMP_REMOVE_MAX_PASSES)
    {
      errno = ENOTEMPTY;
      return FALSE;
    }

  temp_remove_restore (node);
  temp_remove_node_close (node);
  node->mode_state = TEMP_REMOVE_MODE_FOUND;
  node->id.ino = 0;
  node->reading = TEMP_REMOVE_READING;
  node->n_passes++;
  return temp_remove_open (walk, node);
}

/* Removes the directory of a node that should be empty by now, or counts an error. Returns FALSE if the worker has to
 * go through the node again. */
static gboolean
remove_emptied (TempRemoveWorker *worker,
                TempRemoveNode   *node)
{
  int errsv;

  if (temp_remove_unlink (worker, node->parent, node->name, TEMP_KIND_DIR))
    return TRUE;
  if ((errno == ENOTEMPTY || errno == EEXIST) && prepare_pass (worker->walk, node))
    return FALSE;
  if (remove_replaced (worker, node))
    return TRUE;

  errsv = errno;
  temp_remove_restore (node);
  if (errsv != ENOENT)
    fail (worker->walk, node, errsv);
  return TRUE;
}

/* Leaves a node that the worker has gone through. Returns the node to go on with, or NULL if another worker does. */
static TempRemoveNode *
leave (TempRemoveWorker *worker,
       TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;

  if (node->parent == NULL)
    {
      temp_remove_finish (walk);
      return NULL;
    }

  if (temp_remove_is_stopped (walk))
    return leave_stopped (walk, node);
  if (!temp_remove_reopen_parent (walk, node))
    return leave_moved (walk, node, errno);

  if (temp_remove_skips (walk, node, NULL))
    {
      temp_remove_restore (node);
      temp_remove_skip (walk, node->parent, node->name);
    }
  else if (!remove_emptied (worker, node))
    return node;

  return go_up (walk, node);
}

/* Down */

/* Opens a node. If it cannot be opened, removes it or counts an error, and returns FALSE. */
static gboolean
enter (TempRemoveWorker *worker,
       TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  TempRemoveNode *parent = node->parent;
  int errsv;

  if (temp_remove_open (walk, node))
    return TRUE;

  /* The obstacle may be the parent's mode. */
  if (errno == EACCES && temp_remove_repair (walk, parent))
    {
      node->restores_above = TRUE;
      if (temp_remove_open (walk, node))
        return TRUE;
    }

  /* An empty directory can be removed without being opened. */
  errsv = errno;
  if (errsv == ENOENT || (errsv == EACCES && temp_remove_unlink (worker, parent, node->name, TEMP_KIND_DIR)))
    return FALSE;

  errno = errsv;
  if (!remove_replaced (worker, node))
    fail (walk, node, errno);
  return FALSE;
}

/* Goes down into the next subdirectory on the list of a node, or hands it out. Returns the node to go on with. */
static TempRemoveNode *
descend (TempRemoveWorker *worker,
         TempRemoveNode   *node)
{
  const char *name = node->subdirs + node->subdirs_position;
  TempRemoveNode *child;

  node->subdirs_position += strlen (name) + 1;

  /* Never hands out the last: the worker would have to leave the node for it. */
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

/* Prepares another pass through the root if the last one removed anything. (Of other directories, rmdir() tells if they
 * are empty; the root stays.) Returns FALSE if there is to be no other pass. */
static gboolean
rewind_root (TempRemoveWalk *walk,
             TempRemoveNode *node)
{
  if (node->parent != NULL || !g_atomic_int_get (&node->removed_any) || node->n_passes >= TEMP_REMOVE_MAX_PASSES ||
      temp_remove_skips (walk, node, NULL))
    return FALSE;

  node->n_passes++;
  g_atomic_int_set (&node->removed_any, FALSE);
  return temp_platform.rewind (node->fd, &node->listing) == 0;
}

/* Does the next thing to do in a node. Returns the node to go on with, or NULL if another worker does. */
static TempRemoveNode *
step (TempRemoveWorker *worker,
      TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;

  if (!temp_remove_is_stopped (walk))
    {
      if (node->subdirs_position < node->subdirs_length)
        return descend (worker, node);
      if (node->reading != TEMP_REMOVE_READ && temp_remove_files (worker, node))
        return node;
    }

  if (temp_remove_leave_to_jobs (walk, node))
    return NULL;
  if (!temp_remove_is_stopped (walk) && rewind_root (walk, node))
    return node;

  return leave (worker, node);
}

/* Removes what is in the root or a job, and then in the nodes that become this worker's. */
void
temp_remove_walk (TempRemoveWorker *worker,
                  TempRemoveNode   *node)
{
  if (node->parent != NULL && (temp_remove_is_stopped (worker->walk) || !enter (worker, node)))
    node = go_up (worker->walk, node);

  while (node != NULL)
    node = step (worker, node);

  temp_remove_add_up (worker);
}
