/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include "base/process.h"

/* Deletes the registered entries at exit. */

/* Exit spends so long on deleting, in microseconds. */
#define EXIT_PATIENCE (2 * G_USEC_PER_SEC)

/* Returns TRUE if a worker deletes the entry. Waits for the worker if no sweep would finish its work. Sets *is_swept in
 * any case. */
static gboolean
is_left_to_worker (TempEntry *entry,
                   gboolean  *is_swept)
{
  gboolean has_worker;

  temp_process_lock ();
  has_worker = entry->worker != TEMP_WORKER_NONE;
  *is_swept = temp_entry_is_swept (entry);
  while (has_worker && !*is_swept && entry->state == TEMP_ENTRY_REGISTERED)
    temp_process_wait ();
  temp_process_unlock ();

  return has_worker;
}

/* Deletes one entry at exit. Waits for its lock until the deadline. Stops deleting then, too, if a sweep would go on;
 * else takes as long as it needs. */
static void
delete_at_exit (TempEntry *entry,
                gint64     deadline)
{
  g_autoptr (GError) error = NULL;
  gboolean is_swept;

  if (entry->fate == TEMP_FATE_STAY || temp_entry_is_foreign (entry) || is_left_to_worker (entry, &is_swept))
    return;

  if (!temp_entry_delete_until (entry, deadline, is_swept ? deadline : 0, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_warning ("At exit: %s", error->message);
}

/* Deletes all registered entries at exit. A destructor runs after all atexit() handlers, in which a program may still
 * use its files. A sweep deletes those that exit has no time for, and those that other threads make from now on. */
__attribute__ ((destructor)) static void
temp_entry_delete_all_at_exit (void)
{
  gint64 deadline = g_get_monotonic_time () + EXIT_PATIENCE;
  g_autoptr (GPtrArray) entries = NULL;

  /* A signal handler may have called exit() while its own thread had the lock: then all stays for a sweep. */
  if (!temp_process_lock_at_exit ())
    return;
  temp_process_unlock ();

  /* The last one made goes first: it may be in a directory that was made before. */
  entries = temp_entry_list ();
  for (guint i = entries->len; i > 0; i--)
    delete_at_exit (g_ptr_array_index (entries, i - 1), deadline);

  temp_ledger_finish_all ();
}
