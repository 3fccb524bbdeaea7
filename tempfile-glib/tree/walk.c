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

/* Goes down into a tree and up again, without recursion.
 *
 * Each worker is in one node. It comes back to the nodes above, up to the job that it has taken, or up to the root:
 *
 *   node                    | descriptor     | jobs      | who goes on with it
 *   ------------------------|----------------|-----------|------------------------------
 *   has its worker in it    | open           | any       | its worker
 *   above, without jobs     | open or closed | none      | its worker, on the way up
 *   above, with jobs        | open           | some      | its worker, on the way up
 *   left by its worker      | open           | some      | the worker that ends the last
 *   the root                | open           | any       | as above
 *
 * From these rows follow three rules, by which a node is left:
 * 1. The parent of a job is open.
 * 2. A closed node belongs to one worker, which may free it.
 * 3. Whatever is closed on the way up, an open node comes after it.
 *
 *   walk     | parent               | the worker leaves a node
 *   ---------|----------------------|-------------------------------------------------------------------
 *   goes on  | is open, or reopened | removed; or, if anything in it stays, as it was, to be skipped
 *   goes on  | cannot be reopened   | as it was, with an error; frees the closed nodes above, and skips them
 *   stopped  | to be restored       | as it was, and reopens the parent
 *   stopped  | as it was            | as it was; frees the closed nodes above
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

/* Frees a node and those above it whose parents are closed. Returns the first whose parent is open. */
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

/* Leaves a node as it was, since the walk is stopped. */
static TempRemoveNode *
leave_stopped (TempRemoveWalk *walk,
               TempRemoveNode *node)
{
  if (node->restores_above)
    temp_remove_reopen_parent (walk, node);

  temp_remove_restore (node);
  return go_up (walk, drop_closed (walk, node));
}

/* Leaves a node whose parent cannot be reopened: somebody has moved one of the two. */
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

/* If errno says that the name of a node is no directory any more, removes what it is. Returns FALSE with errno if the
 * name stays. */
static gboolean
remove_replaced (TempRemoveWorker *worker,
                 TempRemoveNode   *node)
{
  return (errno == ENOTDIR || errno == ELOOP) && temp_remove_unlink (worker, node->parent, node->name, 0);
}

/* Begins a node again that is not empty: reads on, or opens what is under its name now. Returns FALSE with errno if that
 * fails. */
static gboolean
begin_again (TempRemoveWalk *walk,
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
  temp_fd_clear (&node->fd);
  node->mode_state = TEMP_REMOVE_MODE_FOUND;
  node->ino = 0;
  node->reading = TEMP_REMOVE_READING;
  node->n_passes++;
  return temp_remove_open (walk, node);
}

/* Removes a directory that should be empty by now, or counts an error. Returns FALSE if the worker has to go through it
 * again. */
static gboolean
remove_emptied (TempRemoveWorker *worker,
                TempRemoveNode   *node)
{
  int errsv;

  if (temp_remove_unlink (worker, node->parent, node->name, AT_REMOVEDIR))
    return TRUE;
  if ((errno == ENOTEMPTY || errno == EEXIST) && begin_again (worker->walk, node))
    return FALSE;
  if (remove_replaced (worker, node))
    return TRUE;

  errsv = errno;
  temp_remove_restore (node);
  if (errsv != ENOENT)
    fail (worker->walk, node, errsv);
  return TRUE;
}

/* Leaves a node in which there is nothing more to do. Returns the node to go on with, or NULL if another worker does. */
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

  if (temp_remove_is_cancelled (walk))
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

/* Opens a node. Returns FALSE if there is nothing to enter: it is removed, or an error is counted. */
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
  if (errno == EACCES && temp_remove_repair (walk, parent) && temp_remove_open (walk, node))
    return TRUE;

  /* An empty directory goes without being opened. */
  errsv = errno;
  if (errsv == ENOENT || (errsv == EACCES && temp_remove_unlink (worker, parent, node->name, AT_REMOVEDIR)))
    return FALSE;

  errno = errsv;
  if (!remove_replaced (worker, node))
    fail (walk, node, errno);
  return FALSE;
}

/* Goes down into the next subdirectory on the node's list, or hands it out. */
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

/* Sets the root back to its beginning if anything was removed since: no rmdir() tells whether something new is in it.
 * Returns FALSE if there is no need, or no use. */
static gboolean
rewind_root (TempRemoveWalk *walk,
             TempRemoveNode *node)
{
  if (node->parent != NULL || !g_atomic_int_get (&node->removed_any) || node->n_passes >= TEMP_REMOVE_MAX_PASSES ||
      temp_remove_skips (walk, node, NULL))
    return FALSE;

  node->n_passes++;
  g_atomic_int_set (&node->removed_any, FALSE);
  return lseek (node->fd, 0, SEEK_SET) >= 0;
}

/* Does the next thing to do in a node. Returns the node to go on with, or NULL if another worker does. */
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

  if (temp_remove_leave_to_jobs (walk, node))
    return NULL;
  if (!temp_remove_is_cancelled (walk) && rewind_root (walk, node))
    return node;

  return leave (worker, node);
}

/* Removes what is in the root or a job, and then in the nodes that become this worker's. */
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
