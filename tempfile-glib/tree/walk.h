/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "tree/node.h"

G_BEGIN_DECLS

void temp_remove_walk (TempRemoveWorker *worker,
                       TempRemoveNode   *node);

G_END_DECLS
