/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/threads.h"

#include <time.h>

#include "tree/open.h"

/* Entries after which a tree is large enough for threads. */
#define MANY_ENTRIES 4096

/* A thread needs little: there is no recursion. */
#define STACK_SIZE (256 * 1024)

#define NSEC_PER_SEC (1000 * 1000 * 1000)

/* Threads */

void
temp_remove_threads_init (TempRemoveWalk    *walk,
                          TempRemoveJobFunc  do_job)
{
  pthread_condattr_t attributes;

  walk->do_job = do_job;
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&walk->changed, &attributes);
  pthread_condattr_destroy (&attributes);
}

static void *
run (void *data)
{
  TempRemoveWorker worker = { .walk = data };

  temp_remove_do_jobs (&worker);
  temp_remove_worker_clear (&worker);
  return NULL;
}

/* Starts a thread for each processor but one, which the caller's thread has. If it can start none, the caller's thread
 * does everything. The caller holds the walk's lock. */
static void
start_locked (TempRemoveWalk *walk)
{
  guint n_wanted = MIN (g_get_num_processors (), TEMP_REMOVE_MAX_THREADS) - 1;
  pthread_attr_t attributes;

  walk->is_threaded = TRUE;
  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_SIZE);

  /* The program's signal handlers run in the program's threads. */
  temp_platform.block_signals ();
  while (walk->n_threads < n_wanted &&
         pthread_create (&walk->threads[walk->n_threads], &attributes, run, walk) == 0)
    walk->n_threads++;
  temp_platform.restore_signals ();

  pthread_attr_destroy (&attributes);
}

/* Starts the threads once the tree proves large. Returns TRUE if there are any. */
static gboolean
has_threads (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;

  if (!walk->is_threaded)
    {
      if (walk->n_removed + worker->n_removed < MANY_ENTRIES)
        return FALSE;

      pthread_mutex_lock (&walk->lock);
      start_locked (walk);
      pthread_mutex_unlock (&walk->lock);
    }

  return walk->n_threads > 0;
}

/* Ends the work of all threads, as the root is empty or given up. */
void
temp_remove_finish (TempRemoveWalk *walk)
{
  pthread_mutex_lock (&walk->lock);
  walk->is_finished = TRUE;
  pthread_cond_broadcast (&walk->changed);
  pthread_mutex_unlock (&walk->lock);
}

void
temp_remove_threads_clear (TempRemoveWalk *walk)
{
  for (guint i = 0; i < walk->n_threads; i++)
    pthread_join (walk->threads[i], NULL);
  pthread_cond_destroy (&walk->changed);
}

/* Jobs */

/* Puts a subdirectory of a node into the queue, for any worker. Returns FALSE if there is enough in it already. */
gboolean
temp_remove_hand_out (TempRemoveWorker *worker,
                      TempRemoveNode   *node,
                      const char       *name)
{
  TempRemoveWalk *walk = worker->walk;
  TempRemoveNode *job;

  if (!has_threads (worker))
    return FALSE;

  pthread_mutex_lock (&walk->lock);
  if (walk->n_queued >= 2 * walk->n_threads || (node->n_jobs == 0 && walk->n_pinned >= walk->max_pinned))
    {
      pthread_mutex_unlock (&walk->lock);
      return FALSE;
    }

  job = temp_remove_node_new (node, name);
  job->is_job = TRUE;
  if (node->n_jobs++ == 0)
    walk->n_pinned++;

  if (walk->last_job != NULL)
    walk->last_job->next = job;
  else
    walk->first_job = job;
  walk->last_job = job;
  walk->n_queued++;
  if (walk->n_idle > 0)
    pthread_cond_signal (&walk->changed);
  pthread_mutex_unlock (&walk->lock);

  return TRUE;
}

/* The caller holds the walk's lock, and there is a job. */
static TempRemoveNode *
take_job_locked (TempRemoveWalk *walk)
{
  TempRemoveNode *job = walk->first_job;

  walk->first_job = job->next;
  if (walk->first_job == NULL)
    walk->last_job = NULL;
  walk->n_queued--;
  return job;
}

static gboolean
has_jobs (TempRemoveWalk *walk,
          TempRemoveNode *node)
{
  gboolean has;

  pthread_mutex_lock (&walk->lock);
  has = node->n_jobs > 0;
  pthread_mutex_unlock (&walk->lock);

  return has;
}

/* Leaves a node that has jobs to the worker that ends the last of them, and closes the nodes above. Returns FALSE if it
 * has none. */
gboolean
temp_remove_leave_to_jobs (TempRemoveWalk *walk,
                           TempRemoveNode *node)
{
  gboolean leaves;

  if (!walk->is_threaded || !has_jobs (walk, node))
    return FALSE;

  temp_remove_close_above (walk, node, 0);

  pthread_mutex_lock (&walk->lock);
  leaves = node->n_jobs > 0;
  if (leaves)
    node->place = TEMP_REMOVE_WORKER_GONE;
  pthread_mutex_unlock (&walk->lock);

  return leaves;
}

/* Ends a job of a node. Returns TRUE if that was the last and the node's worker has gone: the caller goes on there. */
gboolean
temp_remove_end_job (TempRemoveWalk *walk,
                     TempRemoveNode *parent)
{
  gboolean goes_on = FALSE;

  pthread_mutex_lock (&walk->lock);
  if (--parent->n_jobs == 0)
    {
      walk->n_pinned--;
      goes_on = parent->place == TEMP_REMOVE_WORKER_GONE;
      if (goes_on)
        parent->place = TEMP_REMOVE_WORKER_NEAR;
      /* A repaired node stays open: the nodes below do not know that they have to go up to it. */
      else if (parent->place == TEMP_REMOVE_WORKER_FAR && parent->parent != NULL &&
               parent->mode_state != TEMP_REMOVE_MODE_REPAIRED)
        temp_remove_close_locked (walk, parent);
    }
  pthread_mutex_unlock (&walk->lock);

  return goes_on;
}

/* Waits for a change of the queue, but never for long in the thread that reports progress. The caller holds the walk's
 * lock. */
static void
wait_locked (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;
  struct timespec until;

  walk->n_idle++;
  if (worker->is_caller && walk->progress != NULL && walk->progress->callback != NULL)
    {
      clock_gettime (CLOCK_MONOTONIC, &until);
      until.tv_nsec += NSEC_PER_SEC / 10;
      until.tv_sec += until.tv_nsec / NSEC_PER_SEC;
      until.tv_nsec %= NSEC_PER_SEC;
      pthread_cond_timedwait (&walk->changed, &walk->lock, &until);
    }
  else
    {
      pthread_cond_wait (&walk->changed, &walk->lock);
    }
  walk->n_idle--;
}

/* Does jobs until temp_remove_finish(). */
void
temp_remove_do_jobs (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;

  pthread_mutex_lock (&walk->lock);
  while (!walk->is_finished)
    {
      if (walk->first_job != NULL)
        {
          TempRemoveNode *job = take_job_locked (walk);

          pthread_mutex_unlock (&walk->lock);
          walk->do_job (worker, job);
          pthread_mutex_lock (&walk->lock);
        }
      else
        {
          wait_locked (worker);
          if (worker->is_caller)
            {
              pthread_mutex_unlock (&walk->lock);
              temp_remove_add_up (worker);
              pthread_mutex_lock (&walk->lock);
            }
        }
    }
  pthread_mutex_unlock (&walk->lock);
}
