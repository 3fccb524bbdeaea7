/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/threads.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "base/fd.h"
#include "tree/open.h"

/* Entries after which a tree is large enough for threads. */
#define MANY_ENTRIES 4096

/* What a thread needs is small and known: there is no recursion. */
#define STACK_SIZE (256 * 1024)

void
temp_remove_threads_init (TempRemoveWalk    *walk,
                          TempRemoveJobFunc  do_job)
{
  pthread_condattr_t attributes;

  walk->do_job = do_job;
  pthread_mutex_init (&walk->lock, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&walk->changed, &attributes);
  pthread_condattr_destroy (&attributes);
}

static void *
run (void *data)
{
  TempRemoveWorker worker = { .walk = data };

  temp_remove_work (&worker);
  temp_remove_worker_clear (&worker);
  return NULL;
}

/* Starts as many threads as there are other processors. If there can be none,
 * the caller's does it all. */
static void
start (TempRemoveWalk *walk)
{
  guint n_wanted = MIN (g_get_num_processors (), TEMP_REMOVE_MAX_THREADS) - 1;
  pthread_attr_t attributes;
  sigset_t all, before;

  walk->is_threaded = TRUE;
  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_SIZE);

  /* The program's signal handlers run in the program's threads. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  while (walk->n_threads < n_wanted &&
         pthread_create (&walk->threads[walk->n_threads], &attributes, run, walk) == 0)
    walk->n_threads++;
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  pthread_attr_destroy (&attributes);
}

/* Whether threads are worth it, and there are any. */
static gboolean
is_worth_threads (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;

  if (walk->is_threaded)
    return walk->n_threads > 0;
  if (walk->n_removed + worker->n_removed < MANY_ENTRIES)
    return FALSE;

  pthread_mutex_lock (&walk->lock);
  start (walk);
  pthread_mutex_unlock (&walk->lock);
  return walk->n_threads > 0;
}

/* Leaves a subdirectory to whichever worker is free; FALSE if there is enough to do
 * for all of them. */
gboolean
temp_remove_hand_out (TempRemoveWorker *worker,
                      TempRemoveNode   *node,
                      const char       *name)
{
  TempRemoveWalk *walk = worker->walk;
  TempRemoveNode *job;

  if (!is_worth_threads (worker))
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

/* If some of its subdirectories are with other workers, leaves the node to the
 * last of those, with nothing open that it does not need. */
gboolean
temp_remove_leave_jobs (TempRemoveWalk *walk,
                        TempRemoveNode *node)
{
  gboolean has_jobs;

  if (!walk->is_threaded)
    return FALSE;

  pthread_mutex_lock (&walk->lock);
  has_jobs = node->n_jobs > 0;
  pthread_mutex_unlock (&walk->lock);
  if (!has_jobs)
    return FALSE;

  temp_remove_close_above (walk, node, 0);

  pthread_mutex_lock (&walk->lock);
  has_jobs = node->n_jobs > 0;
  node->is_left = has_jobs;
  pthread_mutex_unlock (&walk->lock);

  return has_jobs;
}

/* A job is done. TRUE if the node that it is of becomes this worker's. */
gboolean
temp_remove_end_job (TempRemoveWalk *walk,
                     TempRemoveNode *parent)
{
  gboolean is_ours = FALSE;

  pthread_mutex_lock (&walk->lock);
  if (--parent->n_jobs == 0)
    {
      walk->n_pinned--;
      is_ours = parent->is_left;
      parent->is_left = FALSE;
      /* If its mode is to be put back, nobody below may know: so it stays open. */
      if (parent->is_far && parent->parent != NULL && parent->mode_state != TEMP_REMOVE_MODE_REPAIRED)
        temp_remove_close_locked (walk, parent);
    }
  pthread_mutex_unlock (&walk->lock);

  return is_ours;
}

/* Waits for a job; but the thread that tells of the progress never for long. */
static void
wait_for_change (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;
  struct timespec until;

  walk->n_idle++;
  if (worker->is_caller && walk->progress != NULL && walk->progress->callback != NULL)
    {
      clock_gettime (CLOCK_MONOTONIC, &until);
      until.tv_nsec += 100 * 1000 * 1000;
      if (until.tv_nsec >= 1000 * 1000 * 1000)
        {
          until.tv_sec++;
          until.tv_nsec -= 1000 * 1000 * 1000;
        }
      pthread_cond_timedwait (&walk->changed, &walk->lock, &until);
    }
  else
    pthread_cond_wait (&walk->changed, &walk->lock);
  walk->n_idle--;
}

/* Does jobs until the whole tree is done. */
void
temp_remove_work (TempRemoveWorker *worker)
{
  TempRemoveWalk *walk = worker->walk;

  pthread_mutex_lock (&walk->lock);
  while (!walk->is_finished)
    {
      TempRemoveNode *job = walk->first_job;

      if (job == NULL)
        {
          wait_for_change (worker);
          if (worker->is_caller)
            {
              pthread_mutex_unlock (&walk->lock);
              temp_remove_add_up (worker);
              pthread_mutex_lock (&walk->lock);
            }
          continue;
        }

      walk->first_job = job->next;
      if (walk->first_job == NULL)
        walk->last_job = NULL;
      walk->n_queued--;

      pthread_mutex_unlock (&walk->lock);
      walk->do_job (worker, job);
      pthread_mutex_lock (&walk->lock);
    }
  pthread_mutex_unlock (&walk->lock);
}

/* The root is done. */
void
temp_remove_finish (TempRemoveWalk *walk)
{
  pthread_mutex_lock (&walk->lock);
  walk->is_finished = TRUE;
  pthread_cond_broadcast (&walk->changed);
  pthread_mutex_unlock (&walk->lock);
}

void
temp_remove_threads_join (TempRemoveWalk *walk)
{
  for (guint i = 0; i < walk->n_threads; i++)
    pthread_join (walk->threads[i], NULL);
}
