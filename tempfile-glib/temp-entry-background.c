/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-entry-sweep-private.h"

#include <signal.h>

#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-process-private.h"

/* The sweep that the first named thing of a process starts, if there is anything to sweep. */

/* Guarded by the process's lock. */
static guint running; /* the process, by its generation, in which a sweep is running; 0: none */
static GCancellable *running_cancellable;

static void
set_running (guint         generation,
             GCancellable *cancellable)
{
  g_autoptr (GCancellable) old = NULL;

  temp_process_lock ();
  running = generation;
  old = g_steal_pointer (&running_cancellable);
  running_cancellable = cancellable;
  temp_process_wake ();
  temp_process_unlock ();
}

static gpointer
run (gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!temp_entry_sweep (NULL, NULL, NULL, data, &error))
    g_debug ("Not all that dead programs left could be deleted: %s", error->message);

  set_running (0, NULL);
  return NULL;
}

static gboolean
is_anybody_dead (void)
{
  for (guint which = 0; which < TEMP_LEDGER_N_DIRS; which++)
    {
      temp_autofd int dir_fd = temp_ledger_dir_open (which, FALSE, NULL);
      g_autoptr (GPtrArray) names = NULL;

      if (dir_fd < 0)
        continue;
      names = temp_ledger_list_free (dir_fd, 1);
      if (names->len > 0)
        return TRUE;
    }

  return FALSE;
}

/* Runs in a thread that no signal is delivered to: it is none of the program's. */
static void
start (void)
{
  GCancellable *cancellable = g_cancellable_new ();
  sigset_t all, old;
  GThread *thread;

  set_running (temp_process_generation (), cancellable);

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  thread = g_thread_try_new ("tempfile-sweep", run, cancellable, NULL);
  pthread_sigmask (SIG_SETMASK, &old, NULL);

  if (thread != NULL)
    g_thread_unref (thread);
  else
    set_running (0, NULL);
}

/* Sweeps, at the first call in a process, if there is a ledger of a dead one. */
void
temp_entry_sweep_in_background (void)
{
  static guint looked; /* atomic */
  guint generation = temp_process_generation ();
  guint before = g_atomic_int_get (&looked);

  if (G_LIKELY (before == generation) || !g_atomic_int_compare_and_exchange (&looked, before, generation))
    return;

  if (is_anybody_dead ())
    start ();
}

/* At exit: waits for it, but not for ever. What is left then is left to the next process. */
void
temp_entry_finish_sweep (void)
{
  gint64 end = g_get_monotonic_time () + TEMP_ENTRY_SWEEP_PATIENCE;
  gboolean is_running;

  temp_process_lock ();
  do
    is_running = running == temp_process_generation ();
  while (is_running && temp_process_wait_until (end));
  if (is_running)
    g_cancellable_cancel (running_cancellable);
  temp_process_unlock ();
}
