/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/tree.h"

#include <errno.h>

#include "base/error.h"
#include "base/words.h"
#include "tree/descriptor.h"
#include "tree/node.h"
#include "tree/open.h"
#include "tree/threads.h"
#include "tree/walk.h"

/* tree/ removes trees of directories (tree.h), and copies them (copy-tree.h).
 *
 * A removal goes from descriptor to descriptor, so that nobody can lead it out of the tree. It follows no symbolic
 * link, enters no other mount, and does not recurse. Each file uses only those below it:
 *
 *   remove-name.c   a file or directory by its name
 *   remove.c        the contents of a directory: walks until one finds its way
 *   walk.c          down and up, one directory after the other
 *   read.c          reads a directory, removes its files
 *   threads.c       hands out directories to threads
 *   open.c          opens, closes and repairs a directory
 *   node.c          directories, errors, counts
 *   descriptor.c    modes, mounts and opening, without a node
 *
 * A walk has workers: the thread that called, and, once the tree proves large, others. Each directory on the way is a
 * node, and a worker is in one node at a time. It goes down into a subdirectory itself, or hands it out as a job for
 * any worker. Nobody waits for a job: the worker of a node that has jobs takes another one, and whoever ends the last
 * job goes on in the node. So a node's worker is near, far below, or gone (TempRemovePlace).
 *
 * Rules of the walk's lock:
 * 1. A worker has its node, and those above up to the job that it took, to itself, except for the fields that node.h
 *    puts under the lock.
 * 2. A thread that has the lock takes no other one of the library's, and calls no callback.
 * 3. It makes system calls only to repair a mode, to close a node, and to start threads.
 */

/* How many walks are made if the way back up is lost. */
#define MAX_WALKS 8

/* Takes a small part of the descriptors that the process may have. */
static void
limit_descriptors (TempRemoveWalk *walk)
{
  uint64_t limit;

  walk->max_open = 4;
  if (temp_platform.get_limit (TEMP_LIMIT_HANDLES, &limit) == 0 && limit >= 256)
    walk->max_open = 32;
  walk->max_pinned = walk->max_open / 2;
}

/* Opens the root once more: all who have dir_fd share its reading position. Returns NULL with errno on an error. */
static TempRemoveNode *
open_root (TempHandle dir_fd)
{
  TempRemoveNode *root = temp_remove_node_new (NULL, "");

  root->fd = temp_remove_open_at (dir_fd, ".", TEMP_OPEN_LIST);
  if (root->fd < 0 && errno == EACCES && temp_remove_repair_mode (dir_fd, &root->mode))
    {
      root->mode_state = TEMP_REMOVE_MODE_REPAIRED;
      root->fd = temp_remove_open_at (dir_fd, ".", TEMP_OPEN_LIST);
    }

  if (root->fd < 0)
    {
      int errsv = errno;

      if (root->mode_state == TEMP_REMOVE_MODE_REPAIRED)
        temp_platform.set_mode (dir_fd, NULL, root->mode);
      temp_remove_node_free (root);
      errno = errsv;
      return NULL;
    }

  return root;
}

/* Sets the error of a walk that could not remove all. */
static void
set_error (TempRemoveWalk  *walk,
           GError         **error)
{
  g_autofree char *root = g_filename_display_name (walk->path);
  g_autofree char *first = g_filename_display_name (walk->first_name);
  const char *cause = g_strerror (walk->first_errno);
  int code = g_io_error_from_errno (walk->first_errno);
  gulong n = MIN (walk->n_errors, G_MAXULONG);

  if (n == 1)
    g_set_error (error, G_IO_ERROR, code, _("Could not remove “%s” in “%s”: %s"), first, root, cause);
  else
    g_set_error (error, G_IO_ERROR, code,
                 temp_words_get_plural ("Could not remove %lu entry of “%s”, the first being “%s”: %s",
                                        "Could not remove %lu entries of “%s”, the first being “%s”: %s", n),
                 n, root, first, cause);
}

/* Ends a walk: adds up its progress, and sets its error. Returns TRUE if there is none. */
static gboolean
report (TempRemoveWalk  *walk,
        GError         **error)
{
  if (walk->progress != NULL)
    walk->progress->n_removed += walk->n_removed;

  if (g_cancellable_set_error_if_cancelled (walk->cancellable, error))
    return FALSE;

  if (temp_remove_is_late (walk))
    {
      temp_error_set (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _("Could not remove all of “%s”: %s"), walk->path,
                      _("there was no more time"));
      return FALSE;
    }

  if (walk->n_errors > 0)
    set_error (walk, error);
  return walk->n_errors == 0;
}

/* Goes through the tree once. Returns FALSE with errno if the root cannot be opened. */
static gboolean
walk_once (TempRemoveWalk *walk,
           TempHandle      dir_fd)
{
  TempRemoveWorker worker = { .walk = walk, .is_caller = TRUE };
  TempRemoveNode *root = open_root (dir_fd);

  if (root == NULL)
    return FALSE;

  pthread_mutex_init (&walk->lock, NULL);
  limit_descriptors (walk);
  temp_remove_learn_mount (&walk->mount, root->fd);
  temp_remove_threads_init (walk, temp_remove_walk);

  temp_remove_walk (&worker, root);
  temp_remove_do_jobs (&worker);
  temp_remove_threads_clear (walk);
  temp_remove_worker_clear (&worker);

  temp_remove_restore (root);
  temp_remove_node_free (root);
  pthread_mutex_destroy (&walk->lock);
  return TRUE;
}

/* Removes the contents of a directory, but not the directory. Goes on after an error, and returns the first. */
gboolean
temp_remove_contents (TempHandle          dir_fd,
                      const char         *path,
                      TempRemoveOptions  *options,
                      GError            **error)
{
  TempRemoveProgress no_progress = { 0 };
  TempRemoveProgress *progress = options->progress != NULL ? options->progress : &no_progress;

  for (guint i = 1;; i++)
    {
      TempRemoveWalk walk = {
        .path = path,
        .cancellable = options->cancellable,
        .progress = progress,
        .locks = options->locks,
        .deadline = options->deadline,
        .asks_inodes = i > 1,
      };
      g_autofree char *first_name = NULL;

      if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
        return FALSE;

      if (!walk_once (&walk, dir_fd))
        {
          temp_error_from_errno (error, errno, _("Could not read the directory “%s”: %s"), path);
          return FALSE;
        }

      first_name = walk.first_name;
      options->any_spared = options->any_spared || walk.any_spared;
      if (!walk.is_lost || i == MAX_WALKS)
        return report (&walk, error);

      /* The next walk meets the errors again. */
      progress->n_removed += walk.n_removed;
    }
}
