/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/node.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* A tenth of a second between two reports. */
#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 10)

/* Entries that a worker removes before it looks at the clock. */
#define COUNT_INTERVAL 128

/* The most names of one directory that are remembered. */
#define MAX_SKIPPED 4096

/* Nodes */

TempRemoveNode *
temp_remove_node_new (TempRemoveNode *parent,
                      const char     *name)
{
  gsize size = strlen (name) + 1;
  TempRemoveNode *node = g_malloc0 (sizeof (TempRemoveNode) + size);

  node->parent = parent;
  node->fd = TEMP_HANDLE_NONE;
  node->n_passes = 1;
  memcpy (node->name, name, size);
  if (parent != NULL)
    node->restores_above = parent->restores_above ||
                           g_atomic_int_get (&parent->mode_state) == TEMP_REMOVE_MODE_REPAIRED;

  return node;
}

/* Closes a node. One that is opened again is read from the beginning. Keeps errno. */
void
temp_remove_node_close (TempRemoveNode *node)
{
  if (G_UNLIKELY (node->listing != NULL))
    {
      int errsv = errno;

      temp_platform.end_list (&node->listing);
      errno = errsv;
    }
  temp_fd_clear (&node->fd);
}

void
temp_remove_node_free (TempRemoveNode *node)
{
  temp_remove_node_close (node);
  g_clear_pointer (&node->skipped, g_hash_table_unref);
  g_free (node->subdirs);
  g_free (node);
}

/* Names that stay */

/* The caller holds the walk's lock. */
static void
skip_locked (TempRemoveNode *node,
             const char     *name)
{
  if (node->skipped == NULL)
    node->skipped = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_size (node->skipped) < MAX_SKIPPED)
    g_hash_table_add (node->skipped, g_strdup (name));
}

/* Remembers a name in a node that stays, so that no worker tries it again. */
void
temp_remove_skip (TempRemoveWalk *walk,
                  TempRemoveNode *node,
                  const char     *name)
{
  pthread_mutex_lock (&walk->lock);
  skip_locked (node, name);
  pthread_mutex_unlock (&walk->lock);
}

/* Returns TRUE if the name stays, or, for NULL, any name in the node. */
gboolean
temp_remove_skips (TempRemoveWalk *walk,
                   TempRemoveNode *node,
                   const char     *name)
{
  gboolean skips;

  pthread_mutex_lock (&walk->lock);
  skips = node->skipped != NULL && (name == NULL || g_hash_table_contains (node->skipped, name));
  pthread_mutex_unlock (&walk->lock);

  return skips;
}

/* Returns the path of a name in a node, relative to the root. */
static char *
relative_path (TempRemoveNode *node,
               const char     *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GString *path = g_string_new (NULL);

  for (; node->parent != NULL; node = node->parent)
    g_ptr_array_add (names, node->name);
  for (guint i = names->len; i > 0; i--)
    {
      g_string_append (path, g_ptr_array_index (names, i - 1));
      g_string_append_c (path, '/');
    }
  g_string_append (path, name);

  return g_string_free (path, FALSE);
}

/* Counts an error of a name in a node, keeps the first, and skips the name from now on. A lock that is to be spared is
 * no error. */
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
      walk->first_name = relative_path (node, name);
      walk->first_errno = errsv;
    }
  skip_locked (node, name);

  pthread_mutex_unlock (&walk->lock);
}

/* Stopping */

gboolean
temp_remove_is_late (TempRemoveWalk *walk)
{
  return walk->deadline != 0 && g_get_monotonic_time () >= walk->deadline;
}

/* Returns TRUE if the walk is cancelled, or late: then nothing more is removed. */
gboolean
temp_remove_is_stopped (TempRemoveWalk *walk)
{
  return g_cancellable_is_cancelled (walk->cancellable) || temp_remove_is_late (walk);
}

/* Counting */

/* Adds what a worker has removed to the walk's count. In the caller's thread, reports progress if that is due. */
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

/* Counts an entry that this worker has removed. */
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
