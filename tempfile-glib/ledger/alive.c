/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/alive.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Asks locks and /proc which processes are alive. In doubt, a process is alive. */

/* Fields of /proc/PID/stat. */
typedef struct
{
  char    state;
  guint64 n_threads;
  guint64 start;
} Stat;

/* Reads /proc/PID/stat. The program's name in it may have blanks and parentheses: so reads the fields behind the last
 * parenthesis. */
static gboolean
read_stat (const char *pid,
           Stat       *stat)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "stat", NULL);
  g_autofree char *contents = NULL;
  const char *name_end;

  if (!g_file_get_contents (path, &contents, NULL, NULL) || (name_end = strrchr (contents, ')')) == NULL)
    return FALSE;

  return sscanf (name_end + 1,
                 " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                 "%" G_GUINT64_FORMAT " %*s %" G_GUINT64_FORMAT,
                 &stat->state, &stat->n_threads, &stat->start) == 3;
}

/* Reads a link such as "pid:[4026531836]"; returns 0 if it cannot be read. */
static guint64
read_namespace (const char *pid,
                const char *kind)
{
  char path[64], link[64];
  gssize n;

  g_snprintf (path, sizeof path, "/proc/%s/ns/%s", pid, kind);
  n = readlink (path, link, sizeof link - 1);
  if (n < 0)
    return 0;
  link[n] = '\0';

  return strchr (link, '[') != NULL ? g_ascii_strtoull (strchr (link, '[') + 1, NULL, 10) : 0;
}

/* Describes this process, and its mount namespace if `mount_namespace` is not NULL. */
void
temp_ledger_process_identify (TempLedgerProcess *self,
                              guint64           *mount_namespace)
{
  g_autofree char *boot = NULL;
  Stat stat;

  *self = (TempLedgerProcess) {
    .pid = getpid (),
    .start = read_stat ("self", &stat) ? stat.start : 0,
    .pid_namespace = read_namespace ("self", "pid"),
    .time_namespace = read_namespace ("self", "time"),
    .boot = "-",
  };
  if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL) &&
      strlen (g_strchomp (boot)) == TEMP_LEDGER_BOOT_LENGTH)
    g_strlcpy (self->boot, boot, sizeof self->boot);
  if (mount_namespace != NULL)
    *mount_namespace = read_namespace ("self", "mnt");
}

/* Returns TRUE if /proc has the numbers of this process's PID namespace, and not of another one. */
static gboolean
has_own_proc (void)
{
  char link[32];
  gssize n = readlink ("/proc/self", link, sizeof link - 1);

  if (n < 0)
    return FALSE;
  link[n] = '\0';
  return atoi (link) == getpid ();
}

/* Returns TRUE if /proc shows a process in that PID namespace. */
static gboolean
is_anybody_in (guint64 pid_namespace)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  while (processes != NULL && (pid = g_dir_read_name (processes)) != NULL)
    if (g_ascii_isdigit (*pid) && read_namespace (pid, "pid") == pid_namespace)
      return TRUE;

  return FALSE;
}

/* Like temp_ledger_process_is_running(), but for a process of this PID namespace. */
static gboolean
is_there (const TempLedgerProcess *self,
          const TempLedgerProcess *here)
{
  char pid[32];
  Stat stat;

  if (kill (self->pid, 0) < 0 && errno != EPERM)
    return FALSE;

  /* /proc may hide the processes of other users. */
  g_snprintf (pid, sizeof pid, "%" G_GINT64_FORMAT, self->pid);
  if (!read_stat (pid, &stat))
    return kill (self->pid, 0) == 0 || errno == EPERM;
  if ((stat.state == 'Z' || stat.state == 'X') && stat.n_threads <= 1)
    return FALSE;

  /* /proc shows start times by the clock of the reader's time namespace: two such clocks cannot be compared. */
  return self->start == 0 || self->time_namespace != here->time_namespace || self->start == stat.start;
}

/* Returns TRUE if the process runs, even if it has called exec(). `here` is this process; `quiet_seconds` have passed
 * since somebody appended to the ledger. A process of another PID namespace counts as dead once /proc shows nobody in
 * that namespace, and nobody has appended for a day. */
gboolean
temp_ledger_process_is_running (const TempLedgerProcess *self,
                                const TempLedgerProcess *here,
                                gint64                   quiet_seconds)
{
  if (*self->boot != '-' && *here->boot != '-' && !g_str_equal (self->boot, here->boot))
    return FALSE;
  if (self->pid_namespace != 0 && self->pid_namespace == here->pid_namespace && has_own_proc ())
    return is_there (self, here);

  return (self->pid_namespace != 0 && is_anybody_in (self->pid_namespace)) || quiet_seconds < TEMP_LEDGER_DAY;
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

/* Like flock(), but goes on after a signal. Fails with errno. */
gboolean
temp_ledger_lock (int fd,
                  int operation)
{
  int result;

  do
    result = flock (fd, operation);
  while (result < 0 && errno == EINTR);

  return result == 0;
}
