/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "stream/spool.h"
#include "temp-spooled-file.h"

G_BEGIN_DECLS

/* Returns the spool, which the file keeps alive; for tests. */
TempSpool *temp_spooled_file_get_spool (TempSpooledFile *self);

G_END_DECLS
