/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "base/metadata.h"
#include "entry/entry-private.h"

G_BEGIN_DECLS

/* Persisting: an entry's file or directory goes to a destination, for good.
 *
 *   plan    look at the entry, the destination, and the target: temp_plan_look() (plan.c)
 *   adopt   the file gets the mode and the other metadata that it is to have, and is synced (persist.c)
 *   place   it gets a hidden name beside the target: temp_plan_make_hidden() (hidden.c)
 *   move    it goes from there to the target in one step: temp_plan_place() (place.c)
 *   undo    if one of these fails, all is as before: attempt() (persist.c), temp_plan_delete_hidden() (hidden.c)
 *   finish  the entry takes its new path, and the names that are left over are deleted (persist.c, place.c)
 *
 * A way that fails may name the next way to try. Each way is slower than the one before, and needs less of the kernel
 * and the filesystem. */

typedef enum
{
  TEMP_PLAN_LINK,   /* a file gets another name, by its descriptor: nobody can swap it on the way */
  TEMP_PLAN_RENAME, /* a directory, or a file that cannot be linked, is renamed */
  TEMP_PLAN_COPY,   /* a copy is made under the hidden name */
  TEMP_PLAN_FILL,   /* a file is copied into the destination itself, where a copy can be neither linked nor renamed */
} TempPlanWay;

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
  int               dir_fd;    /* the target's directory */
  int               sync_fd;   /* the same directory, opened to be synced; -1: not with these flags */
  int               target_fd; /* the target, which is replaced; -1: nothing is there */
  TempMetadata      model;     /* the metadata that the result is to have */

  TempPlanWay       way;       /* the way that is tried now */
  TempPlanWay       next;      /* the way to try if this one fails; equal to it: there is none */
  gboolean          adopted;   /* the metadata of the entry's file have changed */
  TempEntry        *hidden;    /* the entry of the hidden name, locked by this thread; NULL: there is none */
  int               filled_fd; /* the target while it is filled; else -1 */
  TempMetadata      own;       /* the metadata that the entry's file had */
  int               old_fd;    /* the entry's file, while the entry's descriptor is that of the copy; else -1 */
} TempPlan;

gboolean temp_plan_look            (TempPlan    *p,
                                    GError     **error);
void     temp_plan_clear           (TempPlan    *p);
gboolean temp_plan_fail            (TempPlan    *p,
                                    GError     **error,
                                    int          errsv);
gboolean temp_plan_is_copy         (TempPlan    *p);
gboolean temp_plan_is_same_name    (TempPlan    *p);
gboolean temp_plan_check_name      (TempEntry   *entry,
                                    int          fd,
                                    GError     **error);
int      temp_plan_get_fd          (TempPlan    *p);
gboolean temp_plan_fail_link       (TempPlan    *p,
                                    GError     **error,
                                    int          errsv);

gboolean temp_plan_prepare         (TempPlan    *p,
                                    GError     **error);
void     temp_plan_undo            (TempPlan    *p);
gboolean temp_plan_place           (TempPlan    *p,
                                    GError     **error);
gboolean temp_plan_finish          (TempPlan    *p,
                                    GError     **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempPlan, temp_plan_clear)

G_END_DECLS
