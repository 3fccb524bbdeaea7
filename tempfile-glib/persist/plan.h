/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "base/metadata.h"
#include "entry/entry-private.h"

G_BEGIN_DECLS

/* The ways to the target. Each is slower than the one before, and needs less of the kernel and the filesystem. */
typedef enum
{
  TEMP_PLAN_LINK,   /* gives the file another name, by its descriptor: nobody can swap the file on the way */
  TEMP_PLAN_RENAME, /* renames a directory, or a file that cannot be linked */
  TEMP_PLAN_COPY,   /* copies the file or directory to a hidden name beside the target */
  TEMP_PLAN_FILL,   /* copies the file into the target itself, where a copy can be neither linked nor renamed */
} TempPlanWay;

/* The head of persist.c lists the steps. */
typedef struct
{
  TempEntry        *entry;
  TempPersistFlags  flags;
  gboolean          with_mode;
  gboolean          is_dir;
  GCancellable     *cancellable;

  const char       *path;      /* the destination, as the caller gave it */
  char             *resolved;  /* the target: with REPLACE, symbolic links are followed */
  char             *dir;       /* the target's directory */
  const char       *base;      /* in resolved: the target's base name */
  TempHandle        dir_fd;    /* the target's directory */
  TempHandle        sync_fd;   /* the same directory, opened to be synced; -1: not with these flags */
  TempHandle        target_fd; /* the target, which is replaced; -1: nothing is there */
  TempMetadata      model;     /* the metadata that the result is to have */

  TempPlanWay       way;       /* the way that is tried now */
  TempPlanWay       next;      /* the way to try if this one fails; equal to it: there is none */
  gboolean          adopted;   /* the metadata of the entry's file have changed */
  TempEntry        *hidden;    /* the entry of the hidden name, locked by this thread; NULL: there is none */
  TempHandle        filled_fd; /* the target while it is filled; else -1 */
  TempMetadata      own;       /* the metadata that the entry's file had */
  TempHandle        old_fd;    /* the entry's file, while the entry's descriptor is that of the copy; else -1 */
} TempPlan;

gboolean   temp_plan_look            (TempPlan    *p,
                                      GError     **error);
void       temp_plan_clear           (TempPlan    *p);
gboolean   temp_plan_fail            (TempPlan    *p,
                                      GError     **error,
                                      int          errsv);
gboolean   temp_plan_is_copy         (TempPlan    *p);
gboolean   temp_plan_is_same_name    (TempPlan    *p);
gboolean   temp_plan_check_name      (TempEntry   *entry,
                                      TempHandle   fd,
                                      GError     **error);
TempHandle temp_plan_get_fd          (TempPlan    *p);
gboolean   temp_plan_fail_link       (TempPlan    *p,
                                      GError     **error,
                                      int          errsv);

gboolean   temp_plan_prepare         (TempPlan    *p,
                                      GError     **error);
void       temp_plan_undo            (TempPlan    *p);
gboolean   temp_plan_place           (TempPlan    *p,
                                      GError     **error);
gboolean   temp_plan_finish          (TempPlan    *p,
                                      GError     **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempPlan, temp_plan_clear)

G_END_DECLS
