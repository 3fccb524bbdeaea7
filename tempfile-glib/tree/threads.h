/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

void            temp_remove_threads_init (TempRemoveWalk   *walk,
                                          TempRemoveJobFunc do_job);
gboolean        temp_remove_hand_out     (TempRemoveWorker *worker,
                                          TempRemoveNode   *node,
                                          const char       *name);
gboolean        temp_remove_leave_jobs   (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node);
gboolean        temp_remove_end_job      (TempRemoveWalk   *walk,
                                          TempRemoveNode   *parent);
void            temp_remove_work         (TempRemoveWorker *worker);
void            temp_remove_finish       (TempRemoveWalk   *walk);
void            temp_remove_threads_join (TempRemoveWalk   *walk);

G_END_DECLS
