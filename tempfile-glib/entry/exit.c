/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include "base/process.h"

/* Exit deletes the registered entries: make.c has the destructor. */

/* The time that exit has for deleting, in microseconds. */
#define EXIT_PATIENCE (2 * G_USEC_PER_SEC)

/* Returns TRUE if the entry is a worker's to delete. Waits for the worker if no sweep would finish its work. Sets
 * *is_swept to TRUE if a sweep would delete the entry. */
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

/* Deletes one entry. Waits for its lock until the deadline. If a sweep would delete the rest, stops at the deadline,
 * too. */
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

/* Deletes all registered entries. A sweep deletes the entries that exit has no time for, and those that other
 * threads make from now on. */
void
temp_entry_delete_all_at_exit (void)
{
  gint64 deadline = g_get_monotonic_time () + EXIT_PATIENCE;
  g_autoptr (GPtrArray) entries = NULL;

  /* A signal handler may have called exit() while its own thread had the lock. Then a sweep deletes the entries. */
  if (!temp_process_lock_at_exit ())
    return;
  temp_process_unlock ();

  /* The newest entry goes first: it may be in a directory that is older. */
  entries = temp_entry_list ();
  for (guint i = entries->len; i > 0; i--)
    delete_at_exit (g_ptr_array_index (entries, i - 1), deadline);

  temp_ledger_finish_all ();
}
