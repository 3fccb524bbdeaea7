/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <sys/auxv.h>

#include "entry/entry-private.h"
#include "temp-process-private.h"

/* The guard: a process that waits for the death of this one. */

/* What it says once it waits; see tempfile-glib-sweep.c. */
#define READY "ready\n"

/* One that is not installed yet is found by the environment. */
static const char *
find_helper (void)
{
  const char *path = getauxval (AT_SECURE) == 0 ? g_getenv ("TEMPFILE_GLIB_SWEEP") : NULL;

  return path != NULL && *path != '\0' ? path : TEMP_HELPER_PATH;
}

/* The helper leaves at once, and its child, which is nobody's then, goes on. None of this
 * process's descriptors are handed on. */
static gboolean
spawn (const char  *ledger,
       GError     **error)
{
  const char *argv[] = { find_helper (), "--guard", ledger, NULL };
  g_autofree char *said = NULL;
  g_autofree char *complaint = NULL;

  if (!g_spawn_sync ("/", (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, &complaint, NULL, error))
    return FALSE;
  if (g_str_equal (said, READY))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "“%s” does not guard this program: %s", argv[0],
               *g_strstrip (complaint) != '\0' ? complaint : "it said nothing");
  return FALSE;
}

/* Starts it, once for each ledger: a process has another one only if it had to give up the first. */
gboolean
temp_entry_guard_start (GError **error)
{
  static char *guarded; /* the ledger; with the process's lock */
  g_autoptr (GError) local_error = NULL;
  g_autofree char *ledger = NULL;
  gboolean is_guarded;

  if (!temp_ledger_open (&local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  ledger = temp_ledger_dup_path ();
  if (ledger == NULL)
    {
      /* Another thread has just had to give it up. */
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The ledger could not be kept");
      return FALSE;
    }

  temp_process_lock ();
  is_guarded = g_strcmp0 (guarded, ledger) == 0;
  temp_process_unlock ();
  if (is_guarded)
    return TRUE;

  /* What was made without one, or was in another. */
  temp_entry_update_all_records ();
  if (!spawn (ledger, error))
    return FALSE;

  temp_process_lock ();
  g_free (guarded);
  guarded = g_steal_pointer (&ledger);
  temp_process_unlock ();
  return TRUE;
}
