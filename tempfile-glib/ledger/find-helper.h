/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *temp_find_helper (void);

G_END_DECLS
