/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <pthread.h>

#include "tree/descriptor.h"
#include "tree/tree.h"

G_BEGIN_DECLS

/* The state of a removal, which the files above share: see the head of remove.c. */

#define TEMP_REMOVE_MAX_THREADS 8

typedef struct _TempRemoveNode TempRemoveNode;
typedef struct _TempRemoveWorker TempRemoveWorker;

/* How far the worker has read a directory. */
typedef enum
{
  TEMP_REMOVE_READING, /* not to the end, unless the next reading is short */
  TEMP_REMOVE_READ,    /* probably to the end, since the last reading was short: rmdir() tells */
  TEMP_REMOVE_CAREFUL, /* not to the end, as rmdir() has told: only the kernel tells the end */
} TempRemoveReading;

typedef enum
{
  TEMP_REMOVE_MODE_FOUND,    /* as it was found */
  TEMP_REMOVE_MODE_REPAIRED, /* changed, to be restored */
  TEMP_REMOVE_MODE_FINAL,    /* restored, or impossible to change: nobody tries again */
} TempRemoveModeState;

typedef enum
{
  TEMP_REMOVE_WORKER_NEAR, /* in the node, or not far below */
  TEMP_REMOVE_WORKER_FAR,  /* so far below that the node is closed once it has no jobs */
  TEMP_REMOVE_WORKER_GONE, /* in other nodes: whoever ends the last job goes on in this one */
} TempRemovePlace;

/* A directory of the tree. Its worker owns it, except for the fields that say otherwise. A large tree has many nodes:
 * the order of the fields wastes no space. */
struct _TempRemoveNode
{
  TempRemoveNode   *parent;  /* NULL: the root */
  gboolean          is_job;  /* another worker than the parent's has it */
  TempHandle        fd;      /* -1: not open; changed under the walk's lock if there are jobs */
  TempListing      *listing; /* by list(), until the handle is closed */
  TempFileId        id;      /* dev: set once it was closed, to know the directory again; ino: 0 if not known */

  /* Names of subdirectories from the last reading, each with its zero. */
  char             *subdirs;
  gsize             subdirs_length;
  gsize             subdirs_position; /* of the next to enter */

  TempRemoveReading reading;
  guint             n_passes;       /* from 1 on */
  gboolean          restores_above; /* the mode of a node above is repaired */

  /* Atomic, since the workers of jobs remove names in it, too. */
  gint              removed_any;
  gint              mode_state; /* a TempRemoveModeState; changed under the walk's lock if there are jobs */

  /* Under the walk's lock. */
  uint32_t          mode; /* before it was repaired */
  TempRemoveNode   *next; /* in the queue */
  GHashTable       *skipped; /* set of names that stay; NULL: none */
  guint             n_jobs;
  TempRemovePlace   place;

  char              name[];
};

/* Removes what is in a node, and then in the nodes that become the worker's. */
typedef void (*TempRemoveJobFunc) (TempRemoveWorker *worker,
                                   TempRemoveNode   *node);

/* One removal of the contents of a directory. */
typedef struct
{
  const char         *path; /* for messages only: no path is ever resolved */
  GCancellable       *cancellable;
  TempRemoveProgress *progress;
  TempRemoveLocks     locks;
  gint64              deadline; /* 0: none */
  TempRemoveMount     mount;    /* of the root */
  gboolean            asks_inodes; /* by identify(), since directories list themselves with other ones */
  guint               max_open;    /* levels above that a worker keeps open */

  pthread_mutex_t     lock;

  /* Under the lock. */
  guint64             n_removed;
  guint64             n_errors;
  gboolean            any_spared;
  gboolean            is_lost; /* a directory was moved, so that its worker could not go back up */
  char               *first_name;  /* of the first error: a path relative to the root */
  int                 first_errno;

  /* Under the lock: the queue of jobs, in threads.c. */
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

/* An entry in a worker's buffer: its inode, to sort by, and where it begins. */
typedef struct
{
  guint64 ino;
  gsize   offset;
} TempRemoveItem;

/* A thread that removes. */
struct _TempRemoveWorker
{
  TempRemoveWalk *walk;
  gboolean        is_caller; /* the thread that called, which reports progress */
  char           *buffer;
  gsize           buffer_size;
  TempRemoveItem *items;
  gsize           n_items;
  guint           n_removed; /* not yet added to the walk's */
};

TempRemoveNode *temp_remove_node_new     (TempRemoveNode   *parent,
                                          const char       *name);
void            temp_remove_node_close   (TempRemoveNode   *node);
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
gboolean        temp_remove_is_stopped   (TempRemoveWalk   *walk);

void            temp_remove_count        (TempRemoveWorker *worker);
void            temp_remove_add_up       (TempRemoveWorker *worker);
void            temp_remove_worker_clear (TempRemoveWorker *worker);

G_END_DECLS
