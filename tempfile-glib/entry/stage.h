/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-metadata-private.h"

G_BEGIN_DECLS

/* Persisting goes in steps: the file is put on the stage, a random name beside the
 * destination; there it gets the mode and all else that it is to have, is synced, and
 * at last moves onto the destination in one step. Up to that one, all can be taken back.
 * These files are the entry's, in which alone all of that is deleted. */

typedef enum
{
  TEMP_STAGE_IN_PLACE, /* it is beside the destination already, under its own name */
  TEMP_STAGE_UNNAMED,  /* it is linked to the destination, which nothing may be at */
  TEMP_STAGE_LINKED,   /* it had no name until it was linked to the stage */
  TEMP_STAGE_MOVED,    /* it was renamed to the stage */
  TEMP_STAGE_COPIED,   /* it was copied to the stage */
  TEMP_STAGE_FILLED,   /* it is copied to where it is to be: without links and much else */
} TempStageWay;

typedef struct
{
  TempEntry        *entry;
  TempPersistFlags  flags;
  gboolean          with_mode;
  gboolean          is_dir;
  GCancellable     *cancellable;

  const char       *path;      /* as the caller gave it */
  char             *resolved;  /* of the file itself */
  char             *dir;       /* of its directory */
  const char       *base;
  TempParent       *parent;
  int               sync_fd;   /* of the directory; -1: it is not to be synced */
  int               target_fd; /* what is replaced; -1: nothing */
  TempMetadata      model;

  TempStageWay      way;
  gboolean          needs_copy;    /* why it failed */
  gboolean          needs_filling;
  gboolean          adopted;       /* the file's own metadata have changed */
  TempEntry        *stage;         /* of the name that it waits under; held, as all that is made on the way */
  TempMetadata      own;
  int               old_fd;        /* while the entry's has become that of the copy */
  TempEntry        *remains;       /* of a directory that was replaced; held */
} TempStage;

gboolean temp_stage_fail              (TempStage  *p,
                                       GError    **error,
                                       int         errsv);
gboolean temp_stage_prefix            (TempStage  *p,
                                       GError    **error);
gboolean temp_stage_is_copy           (TempStage  *p);
int      temp_stage_get_fd            (TempStage  *p);

gboolean temp_stage_put               (TempStage  *p,
                                       GError    **error);
void     temp_stage_leave             (TempStage  *p);
void     temp_stage_consider_copying  (TempStage  *p,
                                       GError    **error,
                                       int         errsv);

gboolean temp_stage_move              (TempStage  *p,
                                       GError    **error);
gboolean temp_stage_remove_remains    (TempStage  *p,
                                       GError    **error);

G_END_DECLS
