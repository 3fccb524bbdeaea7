/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The locks, in the order in which a thread takes them: see process.c. */
typedef enum
{
  TEMP_MUTEX_APPENDS,
  TEMP_MUTEX_PROCESS,
  TEMP_N_MUTEXES,
} TempMutex;

void     temp_mutex_lock           (TempMutex    which);
gboolean temp_mutex_try_lock       (TempMutex    which);
void     temp_mutex_unlock         (TempMutex    which);
#ifdef TEMP_DEBUG
void     temp_mutex_assert_locked  (TempMutex    which);
#else
#define  temp_mutex_assert_locked(which) ((void) 0)
#endif

/* The process's lock. */
#define  temp_process_lock()          temp_mutex_lock (TEMP_MUTEX_PROCESS)
#define  temp_process_unlock()        temp_mutex_unlock (TEMP_MUTEX_PROCESS)
#define  temp_process_assert_locked() temp_mutex_assert_locked (TEMP_MUTEX_PROCESS)
gboolean temp_process_lock_at_exit (void);
void     temp_process_wait         (void);
gboolean temp_process_wait_until   (gint64       time);
void     temp_process_wake         (void);

guint    temp_process_generation   (void);
void     temp_process_set_child_function (void (*function) (void));
gboolean temp_process_start_thread (const char  *name,
                                    GThreadFunc  function,
                                    gpointer     data);

gboolean temp_process_keeps_everything (void);

G_END_DECLS
