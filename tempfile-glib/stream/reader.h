/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "stream/spool.h"

G_BEGIN_DECLS

GInputStream *temp_reader_new_for_entry (TempEntry *entry);
GInputStream *temp_reader_new_for_spool (TempSpool *spool);

G_END_DECLS
