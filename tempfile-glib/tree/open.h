/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

int             temp_remove_open_at      (int               fd,
                                          const char       *name,
                                          int               flags);
gboolean        temp_remove_repair_fd    (int               fd,
                                          mode_t           *mode);
gboolean        temp_remove_repair       (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node);
void            temp_remove_restore      (TempRemoveNode   *node);
void            temp_remove_learn_mount  (TempRemoveWalk   *walk,
                                          int               fd);
gboolean        temp_remove_open         (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node);
void            temp_remove_close_above  (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node,
                                          guint             n_kept);
void            temp_remove_close_locked (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node);
gboolean        temp_remove_regain       (TempRemoveWalk   *walk,
                                          TempRemoveNode   *node);

G_END_DECLS
