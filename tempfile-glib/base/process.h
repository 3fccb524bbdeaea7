/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>
#include <pthread.h>

G_BEGIN_DECLS

guint    temp_process_generation   (void);
void     temp_process_init_mutex   (pthread_mutex_t *mutex);

void     temp_process_lock         (void);
gboolean temp_process_lock_at_exit (void);
void     temp_process_unlock       (void);
void     temp_process_wait         (void);
gboolean temp_process_wait_until   (gint64       time);
void     temp_process_wake         (void);

gboolean temp_process_start_thread (const char  *name,
                                    GThreadFunc  function,
                                    gpointer     data);

gboolean temp_process_keeps_everything (void);

G_END_DECLS
