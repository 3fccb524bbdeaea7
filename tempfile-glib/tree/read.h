/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

gboolean temp_remove_unlink (TempRemoveWorker *worker,
                             TempRemoveNode   *node,
                             const char       *name,
                             TempKind          kind);
gboolean temp_remove_files  (TempRemoveWorker *worker,
                             TempRemoveNode   *node);

G_END_DECLS
