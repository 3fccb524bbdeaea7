/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint temp_process_generation   (void);

void  temp_process_lock         (void);
void  temp_process_unlock       (void);
void  temp_process_wait         (void);
gboolean temp_process_wait_until (gint64 time);
void  temp_process_wake         (void);

void  temp_process_hold_fork    (void);
void  temp_process_release_fork (void);

G_END_DECLS
