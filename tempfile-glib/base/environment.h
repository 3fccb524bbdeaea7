/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *temp_environment_get_path (const char *variable);
char       *temp_environment_get_home (void);

G_END_DECLS
