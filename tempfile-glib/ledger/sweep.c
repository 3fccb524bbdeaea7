/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/sweep.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/names.h"
#include "base/process.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/home.h"
#include "ledger/sweep-dir.h"

/* The sweep: locks the ledgers of dead programs, sweeps the directories that they name (sweep-dir.c), and deletes the
 * ledgers.
 *
 * A ledger goes through it like this:
 *
 *   free     take() locks it, reads it, and unlocks it again if one of its processes may be alive
 *   locked   sweep_dead() sweeps each directory once for all locked ledgers
 *   done     sweep_dead() deletes it
 *   undone   note_try() writes down the time, for a later sweep; after MAX_TRIED days, it deletes the ledger
 *
 * The only locks are those of files: another sweep may run in another thread or process. */

/* A sweep locks at most so many ledgers at a time, each with an open descriptor. */
#define MAX_DEAD 32

/* After so many days on which a sweep tried, a ledger is deleted undone. */
#define MAX_TRIED 30

static void
free_dead (gpointer data)
{
  TempDead *dead = data;

  /* Closing does not unlock the ledger if a child process has inherited the descriptor. */
  temp_ledger_lock (dead->fd, TEMP_LOCK_NONE, TRUE);
  temp_platform.close (dead->fd);
  temp_ledger_text_free (dead->text);
  g_free (dead->name);
  g_free (dead);
}

/* Returns TRUE if the options ask for all ledgers, or for those of the process that made this one. */
static gboolean
is_wanted (TempSweep      *sweep,
           TempLedgerText *text)
{
  const TempLedgerProcess *wanted = sweep->process, *maker = temp_ledger_text_get_maker (text);

  return wanted == NULL ||
         (maker != NULL && maker->pid == wanted->pid && maker->start == wanted->start &&
          maker->pid_namespace == wanted->pid_namespace && g_str_equal (maker->boot, wanted->boot));
}

/* Returns TRUE if a sweep has tried the ledger within a day. */
static gboolean
is_tried (TempSweep      *sweep,
          TempLedgerText *text)
{
  return text->n_tried > 0 && sweep->now - text->last_tried < TEMP_LEDGER_DAY;
}

/* Returns TRUE if one of the ledger's processes runs, and tells which. */
static gboolean
is_anybody_running (TempSweep      *sweep,
                    TempLedgerText *text,
                    const char     *name,
                    gint64          mtime)
{
  const TempLedgerProcess *process = temp_ledger_text_find_running (text, &sweep->here, sweep->now - mtime);
  g_autofree char *pid = NULL;
  g_autofree char *why = NULL;

  if (process == NULL)
    return FALSE;

  pid = g_strdup_printf ("%" G_GINT64_FORMAT, process->pid);
  why = g_strdup_printf (_("still held by process %s"), pid);
  temp_sweep_tell (sweep, name, why);
  return TRUE;
}

/* Returns TRUE if the open file is a regular one of this user, still under the name. Fills st. */
static gboolean
is_still_there (TempHandle  home_fd,
                const char *name,
                TempHandle  fd,
                TempStat   *st)
{
  TempStat now;

  return temp_platform.stat (fd, st) == 0 && st->kind == TEMP_KIND_FILE && st->uid == temp_platform.get_uid () &&
         temp_platform.stat_name (home_fd, name, &now) == 0 && temp_file_id_equal (&now.id, &st->id);
}

/* Looks at a ledger that another process has locked, and tells which one. Returns TRUE if the sweep has to wait for the
 * lock, as a guard does, which waits for a child of its program or for another sweep. */
static gboolean
is_awaited (TempSweep  *sweep,
            const char *name,
            TempHandle  fd)
{
  g_autoptr (TempLedgerText) text = NULL;
  TempStat st;

  if ((sweep->report == NULL && sweep->process == NULL) || temp_platform.stat (fd, &st) < 0)
    return FALSE;
  text = temp_ledger_text_read (fd, &st);
  if (sweep->report != NULL && (text == NULL || !is_anybody_running (sweep, text, name, st.modified.seconds)))
    temp_sweep_tell (sweep, name, _("still held by a process that inherited its lock"));
  if (sweep->process == NULL || text == NULL || !is_wanted (sweep, text))
    return FALSE;

  sweep->any_left = TRUE;
  return sweep->waits;
}

/* Locks a ledger and adds it to `dead`, if its processes are dead and the options ask for it. Deletes one without a
 * header: its maker died too early to make anything. */
static void
take (TempSweep  *sweep,
      TempHandle  home_fd,
      const char *name)
{
  temp_autofd TempHandle fd = temp_platform.open_file (home_fd, name, TEMP_OPEN_APPEND | TEMP_OPEN_DONT_BLOCK);
  g_autoptr (TempLedgerText) text = NULL;
  const TempLedgerProcess *maker;
  TempStat st;
  TempDead *dead;

  if (fd < 0)
    return;
  if (!temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, FALSE) &&
      (!is_awaited (sweep, name, fd) || !temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, TRUE)))
    return;

  /* A ledger without its owner's uid was written in another user namespace, where the owner has another number. */
  text = is_still_there (home_fd, name, fd, &st) ? temp_ledger_text_read (fd, &st) : NULL;
  if (text == NULL || text->verdict != TEMP_LEDGER_GOOD || !temp_ledger_text_has_uid (text, st.uid) ||
      !is_wanted (sweep, text) || is_anybody_running (sweep, text, name, st.modified.seconds) ||
      (sweep->skips_tried && is_tried (sweep, text)))
    {
      if (text != NULL && text->verdict == TEMP_LEDGER_HEADLESS && sweep->report == NULL)
        temp_platform.remove_file (home_fd, name);
      temp_ledger_lock (fd, TEMP_LOCK_NONE, TRUE);
      return;
    }

  maker = temp_ledger_text_get_maker (text);
  dead = g_new0 (TempDead, 1);
  dead->home_fd = home_fd;
  dead->fd = g_steal_fd (&fd);
  dead->name = g_strdup (name);
  dead->size = st.size;
  dead->is_same_boot = maker == NULL || g_str_equal (maker->boot, sweep->here.boot);
  dead->is_here = !dead->is_same_boot || maker == NULL ||
                  (maker->pid_namespace == sweep->here.pid_namespace &&
                   text->mount_namespace == sweep->mount_namespace);
  dead->text = g_steal_pointer (&text);
  g_ptr_array_add (sweep->dead, dead);
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  return strcmp (((const TempDirLine *) a)->dir->path, ((const TempDirLine *) b)->dir->path);
}

/* Appends a line `tried` to an undone ledger, once a day; deletes the ledger after MAX_TRIED of them. Does neither from
 * other namespaces, which may not show all files. The backslash ruins a line that the maker wrote short. */
static void
note_try (TempSweep *sweep,
          TempDead  *dead)
{
  g_autofree char *line = g_strdup_printf ("\\\ntried %" G_GINT64_FORMAT "\n", sweep->now);
  gsize length = strlen (line);

  sweep->any_left = TRUE;
  if (!dead->is_here || is_tried (sweep, dead->text))
    return;

  if (dead->text->n_tried >= MAX_TRIED)
    temp_platform.remove_file (dead->home_fd, dead->name);
  else if (temp_fd_is_within_limit (dead->size + (goffset) length) &&
           temp_platform.write (dead->fd, line, length) < 0)
    g_debug ("Could not write into the ledger “%s”: %s", dead->name, g_strerror (errno));
}

/* Sweeps the directories of all locked ledgers, each once; deletes the ledgers that are done; unlocks all. */
static void
sweep_dead (TempSweep *sweep)
{
  g_autoptr (GArray) lines = g_array_new (FALSE, FALSE, sizeof (TempDirLine));
  guint next;

  for (guint i = 0; i < sweep->dead->len; i++)
    {
      TempDead *dead = g_ptr_array_index (sweep->dead, i);

      for (guint j = 0; j < dead->text->dirs->len; j++)
        {
          TempDirLine line = { dead, g_ptr_array_index (dead->text->dirs, j) };

          g_array_append_val (lines, line);
        }
    }

  g_array_sort (lines, compare_lines);
  for (guint i = 0; i < lines->len; i = next)
    {
      const TempDirLine *first = &g_array_index (lines, TempDirLine, i);

      for (next = i + 1; next < lines->len; next++)
        if (compare_lines (first, &g_array_index (lines, TempDirLine, next)) != 0)
          break;
      temp_sweep_dir (sweep, first, next - i);
    }

  for (guint i = 0; i < sweep->dead->len; i++)
    {
      TempDead *dead = g_ptr_array_index (sweep->dead, i);

      if (sweep->report != NULL || g_cancellable_is_cancelled (sweep->cancellable))
        sweep->any_left = TRUE;
      else if (dead->is_undone)
        note_try (sweep, dead);
      else if (temp_platform.remove_file (dead->home_fd, dead->name) < 0 && errno != ENOENT)
        temp_sweep_fail_from_errno (sweep, dead, _("Could not delete the record “%s”: %s"), dead->name);
    }
  g_ptr_array_set_size (sweep->dead, 0);
}

/* Returns the name of the next ledger in the directory; NULL at its end. */
static const char *
read_ledger_name (TempNames *names)
{
  const char *name;

  do
    name = temp_names_next (names);
  while (name != NULL && !g_str_has_prefix (name, TEMP_LEDGER_PREFIX));

  return name;
}

/* Opens a directory of ledgers, and its names. Returns -1 if there is none. */
static TempHandle
open_home (guint      which,
           TempNames *names)
{
  temp_autofd TempHandle home_fd = temp_ledger_home_open (which, FALSE, NULL);

  return home_fd >= 0 && temp_names_open (names, home_fd) ? g_steal_fd (&home_fd) : TEMP_HANDLE_NONE;
}

/* Sweeps for all ledgers in a directory of ledgers. */
static void
sweep_home (TempSweep *sweep,
            guint      which)
{
  g_auto (TempNames) names = TEMP_NAMES_INIT;
  temp_autofd TempHandle home_fd = open_home (which, &names);
  const char *name;

  while (home_fd >= 0 && !g_cancellable_is_cancelled (sweep->cancellable) &&
         (name = read_ledger_name (&names)) != NULL)
    {
      take (sweep, home_fd, name);
      if (sweep->dead->len == MAX_DEAD)
        sweep_dead (sweep);
    }
  sweep_dead (sweep);
}

/* Deletes files and directories that dead programs of this user have left, or only reports them. Goes on after an
 * error, and returns the first one. Sets *any_left if a ledger stays. */
gboolean
temp_sweep_run (const TempSweepOptions *options,
                guint                  *n_removed,
                gboolean               *any_left,
                GError                **error)
{
  g_autoptr (GPtrArray) dead = g_ptr_array_new_with_free_func (free_dead);
  TempSweep sweep = {
    .report = options->report,
    .report_data = options->report_data,
    .process = options->process,
    .waits = options->waits,
    .skips_tried = options->skips_tried,
    .cancellable = options->cancellable,
    .uid = temp_platform.get_uid (),
    .now = g_get_real_time () / G_USEC_PER_SEC,
    .dead = dead,
  };

  temp_ledger_process_identify (&sweep.here, &sweep.mount_namespace);
  if (options->report != NULL || !temp_process_keeps_everything ())
    for (guint which = 0; which < TEMP_LEDGER_N_HOMES; which++)
      sweep_home (&sweep, which);

  if (n_removed != NULL)
    *n_removed = sweep.n_removed;
  if (any_left != NULL)
    *any_left = sweep.any_left;

  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    {
      g_clear_error (&sweep.error);
      return FALSE;
    }
  if (sweep.error == NULL)
    return TRUE;

  g_propagate_error (error, sweep.error);
  return FALSE;
}

/* In the background */

/* Returns TRUE if there is a ledger that nobody has locked. */
static gboolean
is_anybody_dead (void)
{
  for (guint which = 0; which < TEMP_LEDGER_N_HOMES; which++)
    {
      g_auto (TempNames) names = TEMP_NAMES_INIT;
      temp_autofd TempHandle home_fd = open_home (which, &names);
      const char *name;

      while (home_fd >= 0 && (name = read_ledger_name (&names)) != NULL)
        {
          temp_autofd TempHandle fd = temp_platform.open_file (home_fd, name, TEMP_OPEN_DONT_BLOCK);

          if (fd >= 0 && temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, FALSE))
            {
              temp_ledger_lock (fd, TEMP_LOCK_NONE, TRUE);
              return TRUE;
            }
        }
    }

  return FALSE;
}

static gpointer
sweep_in_thread (gpointer data)
{
  const TempSweepOptions options = { .skips_tried = TRUE };
  g_autoptr (GError) error = NULL;

  if (!temp_sweep_run (&options, NULL, NULL, &error))
    g_debug ("Not all that dead programs left could be deleted: %s", error->message);
  return NULL;
}

/* Starts a sweep in a thread, at the first call in a process, if there is a ledger to sweep. Nobody waits for the
 * thread, not even exit. */
void
temp_sweep_in_background (void)
{
  static guint looked; /* atomic: the generation of the process that has called this */
  guint generation = temp_process_generation ();
  guint before = g_atomic_int_get (&looked);

  if (G_LIKELY (before == generation) || !g_atomic_int_compare_and_exchange (&looked, before, generation))
    return;

  if (is_anybody_dead ())
    temp_process_start_thread ("tempfile-sweep", sweep_in_thread, NULL);
}
