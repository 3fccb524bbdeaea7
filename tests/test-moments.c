/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-moments.h"

#include <pthread.h>

#include "base/process.h"

/* The linker has the library's calls come here. */
void __wrap_temp_mutex_unlock (TempMutex which);
void __real_temp_mutex_unlock (TempMutex which);
void __wrap_temp_process_wait   (void);
void __real_temp_process_wait   (void);
gboolean __wrap_temp_process_wait_until (gint64 time);
gboolean __real_temp_process_wait_until (gint64 time);

static pthread_t thread; /* the test's */
static guint n_to_pass;
static GSourceFunc happens; /* NULL: nothing */
static gpointer happens_data;
static gint n_waiting; /* atomic */

static void
come_in (void)
{
  /* Only the test's thread may read the variables. */
  if (!pthread_equal (thread, pthread_self ()) || happens == NULL)
    return;
  if (n_to_pass > 0)
    {
      n_to_pass--;
      return;
    }

  {
    GSourceFunc function = happens;

    happens = NULL;
    g_atomic_int_set (&n_waiting, 0);
    function (happens_data);
  }
}

void
__wrap_temp_mutex_unlock (TempMutex which)
{
  __real_temp_mutex_unlock (which);
  come_in ();
}

void
__wrap_temp_process_wait (void)
{
  g_atomic_int_inc (&n_waiting);
  __real_temp_process_wait ();
}

gboolean
__wrap_temp_process_wait_until (gint64 time)
{
  g_atomic_int_inc (&n_waiting);
  return __real_temp_process_wait_until (time);
}

void
test_moment_set (guint       number,
                 GSourceFunc function,
                 gpointer    data)
{
  thread = pthread_self ();
  n_to_pass = number;
  happens_data = data;
  happens = function;
}

gboolean
test_moment_came (void)
{
  gboolean came = happens == NULL;

  happens = NULL;
  return came;
}

void
test_moment_wait (void)
{
  while (g_atomic_int_get (&n_waiting) == 0)
    g_thread_yield ();
}
