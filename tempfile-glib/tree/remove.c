/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "tree/walk.h"

/* A tenth of a second between two reports. */
#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 10)

/* Entries that a worker removes before it looks at the clock. */
#define COUNT_INTERVAL 128

/* How often to begin again, because the way back up in the tree was lost. */
#define MAX_TRIES 8

/* Of a directory in which nothing can be removed, not every name is remembered. */
#define MAX_STUCK 4096

/* Nodes */

TempRemoveNode *
temp_remove_node_new (TempRemoveNode *parent,
                      const char     *name)
{
  gsize size = strlen (name) + 1;
  TempRemoveNode *node = g_malloc0 (sizeof (TempRemoveNode) + size);

  node->parent = parent;
  node->fd = -1;
  node->n_passes = 1;
  memcpy (node->name, name, size);
  if (parent != NULL)
    node->restores_above = g_atomic_int_get (&parent->is_repaired) || parent->restores_above;

  return node;
}

void
temp_remove_node_free (TempRemoveNode *node)
{
  temp_fd_clear (&node->fd);
  g_clear_pointer (&node->stuck, g_hash_table_unref);
  g_free (node->subdirs);
  g_free (node);
}

/* Remembers a name that stays. The caller holds the lock. */
void
temp_remove_node_stick (TempRemoveNode *node,
                        const char     *name)
{
  if (node->stuck == NULL)
    node->stuck = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_size (node->stuck) < MAX_STUCK)
    g_hash_table_add (node->stuck, g_strdup (name));
}

/* Errors and progress */

/* The path of an entry, relative to the root. */
static char *
relative_path (TempRemoveNode *node,
               const char     *name)
{
  gsize length = strlen (name);
  gsize position;
  char *path;

  for (TempRemoveNode *above = node; above->parent != NULL; above = above->parent)
    length += strlen (above->name) + 1;

  path = g_malloc (length + 1);
  position = length - strlen (name);
  strcpy (path + position, name);
  for (TempRemoveNode *above = node; above->parent != NULL; above = above->parent)
    {
      gsize n = strlen (above->name);

      path[--position] = '/';
      position -= n;
      memcpy (path + position, above->name, n);
    }

  return path;
}

/* Counts an error, and remembers the first; the name is not tried again. That somebody uses it
 * is none. */
void
temp_remove_fail (TempRemoveWalk *walk,
                  TempRemoveNode *node,
                  const char     *name,
                  int             errsv)
{
  pthread_mutex_lock (&walk->lock);

  if (errsv == EWOULDBLOCK && walk->locks == TEMP_REMOVE_SPARE_LOCKED)
    {
      walk->any_spared = TRUE;
    }
  else if (walk->n_errors++ == 0)
    {
      g_autofree char *relative = relative_path (node, name);
      g_autofree char *shown = g_filename_display_name (relative);
      g_autofree char *root = g_filename_display_name (walk->path);

      g_set_error (&walk->first_error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   "Could not remove “%s” in “%s”: %s", shown, root, g_strerror (errsv));
    }
  temp_remove_node_stick (node, name);

  pthread_mutex_unlock (&walk->lock);
}

static gboolean
is_late (TempRemoveWalk *walk)
{
  return walk->deadline != 0 && g_get_monotonic_time () >= walk->deadline;
}

/* Returns whether to stop where it is. */
gboolean
temp_remove_is_cancelled (TempRemoveWalk *walk)
{
  return g_cancellable_is_cancelled (walk->cancellable) || is_late (walk);
}

/* Adds what a worker has removed to the sum, and tells of it if it is time. */
void
temp_remove_add_up (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;
  TempRemoveProgress *progress = walk->progress;
  guint64 sum;
  gint64 now;

  pthread_mutex_lock (&walk->lock);
  walk->n_removed += worker->n_removed;
  sum = walk->n_removed;
  pthread_mutex_unlock (&walk->lock);
  worker->n_removed = 0;

  if (!worker->is_caller || progress == NULL || progress->callback == NULL)
    return;

  now = g_get_monotonic_time ();
  if (progress->last_time == 0)
    progress->last_time = now;
  if (now - progress->last_time < PROGRESS_INTERVAL)
    return;

  progress->last_time = now;
  progress->callback (progress->n_removed + sum, progress->user_data);
}

/* An entry is gone. */
void
temp_remove_count (TempRemoveWorker *worker)
{
  if (++worker->n_removed >= COUNT_INTERVAL)
    temp_remove_add_up (worker);
}

void
temp_remove_worker_clear (TempRemoveWorker *worker)
{
  g_clear_pointer (&worker->buffer, g_free);
  g_clear_pointer (&worker->items, g_free);
}

/* The root */

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
      root->is_repaired = root->was_repaired = TRUE;
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

  if (is_late (walk))
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

  limit_descriptors (walk);
  temp_remove_learn_mount (walk, root->fd);
  temp_remove_threads_init (walk);

  temp_remove_walk (&worker, root);
  temp_remove_work (&worker);
  temp_remove_threads_join (walk);
  temp_remove_worker_clear (&worker);

  temp_remove_restore (root);
  temp_remove_node_free (root);
  pthread_cond_destroy (&walk->changed);
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
