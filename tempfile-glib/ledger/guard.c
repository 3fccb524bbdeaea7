/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/sweep.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/find-helper.h"
#include "ledger/ledger.h"
#include "ledger/text.h"

/* The guard: a process that waits for the death of another one, and then sweeps for it. The program runs the helper
 * (tempfile-glib-sweep.c), which forks the guard. */

/* The helper prints this once it waits. */
#define READY "ready\n"

/* Starting one */

/* Runs the helper, which exits at once; its child, which then has no parent, is the guard. The guard inherits no
 * descriptor of this program. */
static gboolean
spawn (const char  *ledger,
       GError     **error)
{
  g_autofree char *helper = temp_find_helper ();
  const char *argv[] = { helper, "--guard", ledger, NULL };
  g_autofree char *said = NULL;
  g_autofree char *complaint = NULL;

  if (!g_spawn_sync ("/", (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, &complaint, NULL, error))
    return FALSE;
  if (g_str_equal (said, READY))
    return TRUE;

  temp_error_set (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("“%s” does not guard this program: %s"), helper,
                  *g_strstrip (complaint) != '\0' ? complaint : _("it said nothing"));
  return FALSE;
}

/* Starts the guard of this process, once. The guard waits for one ledger, and sweeps for all ledgers of the process. */
gboolean
temp_guard_spawn (GError **error)
{
  static gint guarded; /* atomic: the generation of the process that has a guard */
  gint generation = temp_process_generation ();
  g_autoptr (TempLedger) ledger = NULL;
  g_autofree char *path = NULL;

  if (g_atomic_int_get (&guarded) == generation)
    return TRUE;

  temp_ledger_lock_appends ();
  ledger = temp_ledger_open (error);
  if (ledger != NULL)
    temp_ledger_set_guarded (ledger);
  temp_ledger_unlock_appends ();
  if (ledger == NULL)
    return FALSE;

  path = temp_ledger_dup_path (ledger);
  if (!spawn (path, error))
    return FALSE;
  g_atomic_int_set (&guarded, generation);
  return TRUE;
}

/* Being one */

/* Waits until the process has ended. If the system cannot wait for it, as in another namespace, looks ten times a
 * second. */
static void
await_process (const TempLedgerProcess *process,
               const TempLedgerProcess *here)
{
  while (temp_ledger_process_is_running (process, here, TEMP_LEDGER_DAY))
    {
      temp_autofd TempHandle fd = temp_platform.open_process (process->pid);

      /* The handle may be of a new process that has just got the number: so look again. */
      if (fd < 0 || !temp_ledger_process_is_running (process, here, TEMP_LEDGER_DAY) || temp_platform.wait (fd) < 0)
        g_usleep (G_USEC_PER_SEC / 10);
    }
}

/* Waits until no process of the ledger runs. Returns the ledger as it is then; NULL if it cannot be read, or names no
 * process. Reads it again after each wait: where the lock is not pinned, children add lines in the meantime. */
static TempLedgerText *
await_processes (TempHandle fd)
{
  TempLedgerProcess here;

  temp_ledger_process_identify (&here, NULL);
  for (;;)
    {
      g_autoptr (TempLedgerText) text = NULL;
      const TempLedgerProcess *running;
      TempStat st;

      if (temp_platform.stat (fd, &st) < 0 || (text = temp_ledger_text_read (fd, &st)) == NULL ||
          text->verdict != TEMP_LEDGER_GOOD || temp_ledger_text_get_maker (text) == NULL)
        return NULL;
      running = temp_ledger_text_find_running (text, &here, TEMP_LEDGER_DAY);
      if (running == NULL)
        return g_steal_pointer (&text);
      await_process (running, &here);
    }
}

/* Waits until nobody has the open ledger locked, and all its processes have ended; then sweeps for all ledgers of the
 * process that made it. The sweep finds nothing if that process ended well, and deleted its ledgers. Returns an exit
 * status. */
int
temp_sweep_guard (TempHandle fd)
{
  g_autoptr (TempLedgerText) text = NULL;
  TempSweepOptions options = { .report = NULL };
  gboolean any_left;

  if (!temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, TRUE))
    return 1;
  temp_ledger_lock (fd, TEMP_LOCK_NONE, TRUE);

  text = await_processes (fd);
  if (text == NULL)
    return 1;

  temp_platform.heed_sigterm ();
  options.process = temp_ledger_text_get_maker (text);
  if (!temp_sweep_run (&options, NULL, &any_left, NULL) || any_left)
    {
      /* A child of the dead program may still have a directory locked, or another sweep a ledger. */
      options.waits = TRUE;
      temp_sweep_run (&options, NULL, NULL, NULL);
    }

  return 0;
}
