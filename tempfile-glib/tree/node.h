/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "tree/descriptor.h"
#include "tree/tree.h"

G_BEGIN_DECLS

/* What the rooms of the tree engine share. Nobody else includes this.
 *
 * Each directory on the way is a node, and a worker is in one node at a time. It
 * goes down into a subdirectory itself, or hands it out as a job, for another
 * worker; then the node stays until its last job is done, and whoever did that goes
 * on with the node. So nobody waits for anybody, but for jobs. A node that has
 * jobs keeps its descriptor. Of the others, only those near the worker do. */

#define TEMP_REMOVE_MAX_THREADS 8

typedef struct _TempRemoveNode TempRemoveNode;
typedef struct _TempRemoveWorker TempRemoveWorker;

/* How far a directory is read. */
typedef enum
{
  TEMP_REMOVE_READING, /* not to the end; a short reading will do for the last one */
  TEMP_REMOVE_READ,    /* probably to the end, as the last reading was short: rmdir() tells */
  TEMP_REMOVE_CAREFUL, /* rmdir() has told that it was not: on until the kernel says so */
} TempRemoveReading;

/* How the mode of a directory is. */
typedef enum
{
  TEMP_REMOVE_MODE_FOUND,    /* as it was found */
  TEMP_REMOVE_MODE_REPAIRED, /* changed, to be restored */
  TEMP_REMOVE_MODE_FINAL,    /* restored, or not to be changed: once is enough */
} TempRemoveMode;

/* Where the worker of a directory is. */
typedef enum
{
  TEMP_REMOVE_WORKER_NEAR, /* in it, or not far below */
  TEMP_REMOVE_WORKER_FAR,  /* so far below that it is closed as soon as it has no jobs */
  TEMP_REMOVE_WORKER_GONE, /* gone: whoever ends its last job goes on in it */
} TempRemovePlace;

/* Removes what is in a node, and all that becomes the worker's on the way. */
typedef void (*TempRemoveJobFunc) (TempRemoveWorker *worker,
                                   TempRemoveNode   *node);

struct _TempRemoveNode
{
  TempRemoveNode *parent; /* NULL: the root, which is never closed */
  int             fd;     /* -1: not opened yet, or closed for want of descriptors */
  dev_t           dev;    /* known once it was closed, to know it again */
  ino_t           ino;    /* known once it was read, if that tells */

  /* Names of subdirectories from the last reading, still to be entered. */
  char           *subdirs;
  gsize           subdirs_length;
  gsize           subdirs_position;

  /* Not bits: some are of the node's worker, some of its jobs'. */
  guint8          n_passes;
  guint8          is_job;         /* the child of a node that handed it out */
  guint8          restores_above; /* one of its ancestors is repaired */
  TempRemoveReading reading;
  gint            removed_any;    /* atomic */
  gint            mode_state;     /* a TempRemoveMode; atomic, set by the one who has the walk's lock */

  /* Guarded by the walk's lock. */
  TempRemoveNode *next; /* in the queue */
  mode_t          mode; /* before it was repaired */
  GHashTable     *skipped; /* names that stay; NULL: none */
  guint           n_jobs;
  TempRemovePlace place;

  char            name[];
};

typedef struct
{
  const char         *path; /* for messages only: no path is ever resolved */
  GCancellable       *cancellable;
  TempRemoveProgress *progress;
  TempRemoveLocks     locks;
  gint64              deadline; /* 0: none */
  TempRemoveMount     mount; /* that the root is on */
  gboolean            asks_inodes; /* what is read does not tell them */
  guint               max_open; /* levels above that a worker keeps open */

  pthread_mutex_t     lock;
  guint64             n_removed;
  guint64             n_errors;
  gboolean            any_spared;
  gboolean            is_lost; /* a directory was moved away, and with it the way back */
  GError             *first_error;

  /* The queue of jobs. */
  TempRemoveJobFunc   do_job;
  pthread_cond_t      changed;
  pthread_t           threads[TEMP_REMOVE_MAX_THREADS];
  gboolean            is_threaded; /* set before the first thread starts */
  guint               n_threads;
  guint               n_idle;
  guint               n_pinned; /* nodes with jobs */
  guint               max_pinned;
  guint               n_queued;
  TempRemoveNode     *first_job;
  TempRemoveNode     *last_job;
  gboolean            is_finished;
} TempRemoveWalk;

/* Of one entry of a buffer, to sort by. */
typedef struct
{
  guint64 ino;
  gsize   offset;
} TempRemoveItem;

struct _TempRemoveWorker
{
  TempRemoveWalk *walk;
  gboolean        is_caller; /* it runs in the thread that called */
  char           *buffer;
  gsize           buffer_size;
  TempRemoveItem *items;
  gsize           n_items;
  guint           n_removed; /* not yet added to the walk's */
};

TempRemoveNode *temp_remove_node_new     (TempRemoveNode   *parent,
                                          const char       *name);
void            temp_remove_node_free    (TempRemoveNode   *node);
void            temp_remove_skip         (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node,
                                          const char       *name);
gboolean        temp_remove_skips        (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node,
                                          const char       *name);
void            temp_remove_fail         (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node,
                                          const char       *name,
                                          int               errsv);
gboolean        temp_remove_is_late      (TempRemoveWalk   *walk);
gboolean        temp_remove_is_cancelled (TempRemoveWalk   *walk);
void            temp_remove_count        (TempRemoveWorker *worker);
void            temp_remove_add_up       (TempRemoveWorker *worker);
void            temp_remove_worker_clear (TempRemoveWorker *worker);

G_END_DECLS
