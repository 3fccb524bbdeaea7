/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/alive.h"

#include <errno.h>

/* Asks locks and the system which processes are alive. In doubt, a process is alive. */

/* Returns the number of a namespace of this process; 0 if the system does not tell. */
static guint64
get_own_namespace (TempNamespace which)
{
  uint64_t id;

  return temp_platform.get_namespace (0, which, &id) == 0 ? id : 0;
}

/* Describes this process, and its mount namespace if `mount_namespace` is not NULL. */
void
temp_ledger_process_identify (TempLedgerProcess *self,
                              guint64           *mount_namespace)
{
  TempProcess process;

  *self = (TempLedgerProcess) {
    .pid = temp_platform.get_pid (),
    .start = temp_platform.get_process (0, &process) == 0 ? process.start : 0,
    .pid_namespace = get_own_namespace (TEMP_NAMESPACE_PIDS),
    .time_namespace = get_own_namespace (TEMP_NAMESPACE_TIME),
    .boot = "-",
  };
  temp_platform.get_boot_id (self->boot);
  if (mount_namespace != NULL)
    *mount_namespace = get_own_namespace (TEMP_NAMESPACE_MOUNTS);
}

/* Like temp_ledger_process_is_running(), but for a process of this PID namespace. */
static gboolean
is_there (const TempLedgerProcess *self,
          const TempLedgerProcess *here)
{
  TempProcess process;

  if (temp_platform.probe_process (self->pid) < 0)
    return FALSE;

  /* The system may hide the processes of other users. */
  if (temp_platform.get_process (self->pid, &process) < 0)
    return temp_platform.probe_process (self->pid) == 0;
  if (process.has_ended)
    return FALSE;

  /* The system shows start times by the clock of the reader's time namespace: two such clocks cannot be compared. */
  return self->start == 0 || self->time_namespace != here->time_namespace || self->start == process.start;
}

/* Returns TRUE if the process runs, even if it has called exec(). `here` is this process; `quiet_seconds` have passed
 * since somebody appended to the ledger. A process of another PID namespace counts as dead once the system shows
 * nobody in that namespace, and nobody has appended for a day. */
gboolean
temp_ledger_process_is_running (const TempLedgerProcess *self,
                                const TempLedgerProcess *here,
                                gint64                   quiet_seconds)
{
  if (*self->boot != '-' && *here->boot != '-' && !g_str_equal (self->boot, here->boot))
    return FALSE;
  if (self->pid_namespace != 0 && self->pid_namespace == here->pid_namespace && temp_platform.check_pids () == 0)
    return is_there (self, here);

  return (self->pid_namespace != 0 && temp_platform.find_process_in (self->pid_namespace) == 0) ||
         quiet_seconds < TEMP_LEDGER_DAY;
}

/* Returns the first process of the ledger that runs; NULL if none does. The process stays the ledger's. */
const TempLedgerProcess *
temp_ledger_text_find_running (const TempLedgerText    *text,
                               const TempLedgerProcess *here,
                               gint64                   quiet_seconds)
{
  for (guint i = 0; i < text->processes->len; i++)
    {
      const TempLedgerProcess *process = &g_array_index (text->processes, TempLedgerProcess, i);

      if (temp_ledger_process_is_running (process, here, quiet_seconds))
        return process;
    }

  return NULL;
}

/* Locks or unlocks the file, and goes on after a signal. Fails with errno. */
gboolean
temp_ledger_lock (TempHandle fd,
                  TempLock   lock,
                  gboolean   waits)
{
  int result;

  do
    result = temp_platform.lock (fd, lock, waits);
  while (result < 0 && errno == EINTR);

  return result == 0;
}
