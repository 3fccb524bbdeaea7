/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

gboolean temp_remove_repair        (TempRemoveWalk *walk,
                                    TempRemoveNode *node);
void     temp_remove_restore       (TempRemoveNode *node);

gboolean temp_remove_open          (TempRemoveWalk *walk,
                                    TempRemoveNode *node);
void     temp_remove_close_locked  (TempRemoveWalk *walk,
                                    TempRemoveNode *node);
void     temp_remove_close_above   (TempRemoveWalk *walk,
                                    TempRemoveNode *node,
                                    guint           n_kept);

gboolean temp_remove_keep_parent   (TempRemoveWalk *walk,
                                    TempRemoveNode *node);
gboolean temp_remove_reopen_parent (TempRemoveWalk *walk,
                                    TempRemoveNode *node);

G_END_DECLS
