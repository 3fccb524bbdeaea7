/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "tree/descriptor.h"
#include "tree/node.h"
#include "tree/open.h"
#include "tree/threads.h"
#include "tree/walk.h"

/* How often to begin again, because the way back up in the tree was lost. */
#define MAX_TRIES 8

/* Of the descriptors that the process may have, the tree takes a small part. */
static void
limit_descriptors (TempRemoveWalk *walk)
{
  struct rlimit limit;

  walk->max_open = 4;
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= 256))
    walk->max_open = 32;
  walk->max_pinned = walk->max_open / 2;
}

/* Opens the root once more: the reading position of dir_fd is shared with whoever was
 * given that descriptor. */
static TempRemoveNode *
open_root (int dir_fd)
{
  TempRemoveNode *root = temp_remove_node_new (NULL, "");

  root->fd = temp_remove_open_at (dir_fd, ".", TEMP_REMOVE_OPEN_FLAGS);
  if (root->fd < 0 && errno == EACCES && temp_remove_repair_fd (dir_fd, &root->mode))
    {
      root->mode_state = TEMP_REMOVE_MODE_REPAIRED;
      root->fd = temp_remove_open_at (dir_fd, ".", TEMP_REMOVE_OPEN_FLAGS);
    }

  if (root->fd < 0)
    {
      int errsv = errno;

      root->fd = dir_fd; /* for the mode; a duplicate may be one descriptor too many */
      temp_remove_restore (root);
      root->fd = -1;
      temp_remove_node_free (root);
      errno = errsv;
      return NULL;
    }

  return root;
}

static gboolean
report (TempRemoveWalk  *walk,
        GError         **error)
{
  if (walk->progress != NULL)
    walk->progress->n_removed += walk->n_removed;

  if (g_cancellable_set_error_if_cancelled (walk->cancellable, error))
    {
      g_clear_error (&walk->first_error);
      return FALSE;
    }

  if (temp_remove_is_late (walk))
    {
      g_autofree char *shown = g_filename_display_name (walk->path);

      g_clear_error (&walk->first_error);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Could not remove all of “%s” in time", shown);
      return FALSE;
    }
  if (walk->first_error == NULL)
    return TRUE;

  if (walk->n_errors > 1)
    {
      GError *first = walk->first_error;

      walk->first_error = g_error_new (first->domain, first->code,
                                       "%s … and %" G_GUINT64_FORMAT " more (%" G_GUINT64_FORMAT " entries are left)",
                                       first->message, walk->n_errors - 1, walk->n_errors);
      g_error_free (first);
    }
  g_propagate_error (error, g_steal_pointer (&walk->first_error));
  return FALSE;
}

/* Goes through the tree once; FALSE: the root cannot be read. */
static gboolean
walk_once (TempRemoveWalk *walk,
           int             dir_fd)
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

/* Removes all that is in a directory, but not the directory. Goes from
 * descriptor to descriptor, so that nothing that anybody does to the tree in the
 * meantime leads out of it; follows no symbolic link and enters no other mount;
 * goes on after an error, and returns the first one. The path is for messages only. */
gboolean
temp_remove_contents (int                  dir_fd,
                      const char          *path,
                      TempRemoveProgress  *progress,
                      GCancellable        *cancellable,
                      GError             **error)
{
  TempRemoveOptions options = { .progress = progress, .cancellable = cancellable };

  return temp_remove_contents_with_options (dir_fd, path, &options, error);
}

/* Like temp_remove_contents(), with regard to those who use what is in there, and to the time. */
gboolean
temp_remove_contents_with_options (int                 dir_fd,
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

      if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
        return FALSE;

      if (!walk_once (&walk, dir_fd))
        {
          temp_error_from_errno (error, errno, "Could not read the directory", path);
          return FALSE;
        }

      options->any_spared = options->any_spared || walk.any_spared;
      if (!walk.is_lost || i == MAX_TRIES)
        return report (&walk, error);

      /* What was wrong is found again. */
      progress->n_removed += walk.n_removed;
      g_clear_error (&walk.first_error);
    }
}
