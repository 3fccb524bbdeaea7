/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

void     temp_remove_threads_init  (TempRemoveWalk    *walk,
                                    TempRemoveJobFunc  do_job);
void     temp_remove_finish        (TempRemoveWalk    *walk);
void     temp_remove_threads_clear (TempRemoveWalk    *walk);

gboolean temp_remove_hand_out      (TempRemoveWorker  *worker,
                                    TempRemoveNode    *node,
                                    const char        *name);
gboolean temp_remove_leave_to_jobs (TempRemoveWalk    *walk,
                                    TempRemoveNode    *node);
gboolean temp_remove_end_job       (TempRemoveWalk    *walk,
                                    TempRemoveNode    *parent);
void     temp_remove_do_jobs       (TempRemoveWorker  *worker);

G_END_DECLS
