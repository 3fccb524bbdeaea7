/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "base/metadata.h"
#include "entry/entry-private.h"
#include "persist/job.h"

G_BEGIN_DECLS

/* The ways to the target, in the order in which they are tried. Each needs less of the kernel and the filesystem than
 * the one before. */
typedef enum
{
  TEMP_WAY_STAY,   /* the file is at the target already */
  TEMP_WAY_LINK,   /* gives the file another name, by its descriptor: nobody can swap the file on the way */
  TEMP_WAY_RENAME, /* renames a directory, or a file that cannot be linked */
  TEMP_WAY_COPY,   /* copies the file or directory to a hidden name beside the target */
  TEMP_WAY_FILL,   /* copies the file into a new target, where a copy can be neither linked nor renamed */
  TEMP_WAY_WRITE,  /* copies the file into the old target, after a backup */
  TEMP_N_WAYS,
} TempWay;

/* How a step ends. Unless it is done, its error is set. */
typedef enum
{
  TEMP_STEP_FAILED, /* as FALSE */
  TEMP_STEP_DONE,   /* as TRUE */
  TEMP_STEP_CANNOT, /* not by this way, but perhaps by the next one */
  TEMP_STEP_HARMS,  /* replacing the target would break something: only TEMP_WAY_WRITE does not */
} TempStep;

/* The head of persist.c lists the steps. */
typedef struct
{
  const TempPersist *job;
  TempEntry         *entry;
  const char        *path;        /* the destination, as the caller gave it */
  gboolean           is_dir;
  GCancellable      *cancellable;
  TempHandle         fd;          /* the entry's file or directory; the entry's descriptor, or opened_fd */
  TempHandle         opened_fd;   /* a closed file, opened again; else -1 */

  char              *resolved;    /* the target: with REPLACE, symbolic links are followed */
  char              *dir;         /* the target's directory */
  const char        *base;        /* in resolved: the target's base name */
  TempHandle         dir_fd;      /* the target's directory */
  TempHandle         sync_fd;     /* the same directory, opened to be synced; -1: not with these flags */
  TempHandle         target_fd;   /* the target, which is replaced; -1: nothing is there */
  TempStat           target;      /* of target_fd */
  TempMetadata       own;         /* the metadata that the entry's file had */
  TempMetadata       model;       /* the metadata that the result is to have */
  gboolean           ways[TEMP_N_WAYS]; /* those that may be tried */

  TempWay            way;         /* the way that is tried now */
  gboolean           adopted;     /* the metadata of the entry's file have changed */
  TempEntry         *hidden;      /* the entry of the hidden name, locked by this thread; NULL: there is none */
  gboolean           has_left;    /* the hidden name has replaced the entry's own */
  TempHandle         filled_fd;   /* the target while it is filled or written; else -1 */
  TempHandle         backup_fd;   /* the old contents of the target while it is written; else -1 */
  TempHandle         backup_dir_fd;
  char              *backup;      /* the backup's path */
  gpointer           written;     /* other threads wait that want to write into the target; NULL: they need not */
  gboolean           has_reserved; /* space for the new contents, beyond the end of the target */
  gint64             size_before; /* of the target, before space was reserved */
  gint64             size_after;
  gboolean           has_written; /* the old contents of the target are gone */
  TempHandle         old_fd;      /* the entry's file, while the entry's descriptor is that of the copy; else -1 */
} TempPlan;

/* plan.c */
void       temp_plan_clear          (TempPlan    *p);
TempHandle temp_plan_get_fd         (TempPlan    *p);
gboolean   temp_plan_is_copy        (TempPlan    *p);
gboolean   temp_plan_is_same_name   (TempPlan    *p);
gboolean   temp_plan_delete_entry   (TempEntry   *entry,
                                     GError     **error);

/* failure.c */
gboolean   temp_plan_fail           (TempPlan    *p,
                                     GError     **error,
                                     int          errsv);
gboolean   temp_plan_fail_by        (TempPlan    *p,
                                     GError     **error,
                                     GError      *cause);
gboolean   temp_plan_is_elsewhere   (TempPlan    *p);
TempStep   temp_plan_fail_link      (TempPlan    *p,
                                     GError     **error,
                                     int          errsv);
TempStep   temp_plan_fail_owner     (TempPlan    *p,
                                     GError     **error);
TempStep   temp_plan_fail_replacing (TempPlan    *p,
                                     GError     **error,
                                     int          errsv);
TempStep   temp_plan_fail_harm      (TempPlan    *p,
                                     GError     **error,
                                     TempSaveError harm);

/* look.c */
gboolean   temp_plan_look           (TempPlan    *p,
                                     GError     **error);
gboolean   temp_plan_check_name     (TempPlan    *p,
                                     TempEntry   *entry,
                                     TempHandle   fd,
                                     GError     **error);
gboolean   temp_plan_check_etag     (TempPlan    *p,
                                     GError     **error);

/* model.c */
gboolean   temp_plan_read_model     (TempPlan    *p,
                                     GError     **error);

/* prepare.c */
TempStep   temp_plan_prepare        (TempPlan    *p,
                                     GError     **error);
void       temp_plan_undo           (TempPlan    *p,
                                     GError     **error);

/* write.c */
gboolean   temp_plan_open_target    (TempPlan    *p,
                                     GError     **error);
gboolean   temp_plan_write          (TempPlan    *p,
                                     GError     **error);
void       temp_plan_undo_write     (TempPlan    *p,
                                     GError     **error);
gboolean   temp_plan_copy_contents  (TempPlan    *p,
                                     TempHandle   to,
                                     GError     **error);
void       temp_plan_finish_write   (TempPlan    *p);

/* place.c */
TempStep   temp_plan_place          (TempPlan    *p,
                                     GError     **error);

/* finish.c */
gboolean   temp_plan_finish         (TempPlan    *p,
                                     GError     **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempPlan, temp_plan_clear)

G_END_DECLS
