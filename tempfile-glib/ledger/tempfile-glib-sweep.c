/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/sweep.h"
#include <tempfile-glib/temp-version.h>

/* The helper program: sweeps, explains a ledger, or forks a guard. See docs/tempfile-glib-sweep.1.in. What it prints
 * for people is translated: all but paths, and the lines of ledgers. */

static int
fail (const char *message)
{
  g_printerr ("tempfile-glib-sweep: %s\n", message);
  return EXIT_FAILURE;
}

/* Prints the fate of a path in a dry run: see TempSweepOptions. */
static void
print_fate (const char *path,
            const char *why,
            gpointer    data)
{
  g_autofree char *shown = g_filename_display_name (path);

  if (why == NULL)
    g_print ("%s\n", shown);
  else
    {
      g_print (_("%s stays: %s"), shown, why);
      g_print ("\n");
    }
}

static int
sweep (gboolean is_dry_run)
{
  const TempSweepOptions options = { .report = is_dry_run ? print_fate : NULL };
  g_autoptr (GError) error = NULL;

  return temp_sweep_run (&options, NULL, NULL, &error) ? EXIT_SUCCESS : fail (error->message);
}

G_GNUC_PRINTF (1, 2)
static void
remark (const char *format,
        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("# %s\n", text);
}

/* Returns TRUE if one of the ledger's processes runs, and prints which. */
static gboolean
is_anybody_running (const TempLedgerText *text,
                    gint64                quiet_seconds)
{
  const TempLedgerProcess *process;
  TempLedgerProcess here;

  temp_ledger_process_identify (&here, NULL);
  process = temp_ledger_text_find_running (text, &here, quiet_seconds);
  if (process != NULL)
    {
      g_autofree char *pid = g_strdup_printf ("%" G_GINT64_FORMAT, process->pid);

      remark (_("Process %s still runs."), pid);
    }
  return process != NULL;
}

static TempHandle
open_ledger (const char *path)
{
  return temp_platform.open_file (TEMP_HANDLE_CURRENT_DIR, path, TEMP_OPEN_DONT_BLOCK);
}

/* Prints a ledger without its key, and who keeps it. */
static int
explain (const char *ledger)
{
  temp_autofd TempHandle fd = open_ledger (ledger);
  g_autoptr (TempLedgerText) text = NULL;
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  TempStat st;

  if (fd < 0 || temp_platform.stat (fd, &st) < 0 || (text = temp_ledger_text_read (fd, &st)) == NULL)
    return fail (g_strerror (errno));
  contents = g_malloc0 (st.size + 1);
  if (!temp_fd_read_all (fd, (guint8 *) contents, st.size, 0))
    return fail (g_strerror (errno));
  if (text->verdict == TEMP_LEDGER_HEADLESS || text->verdict == TEMP_LEDGER_FOREIGN)
    return fail (_("that is no ledger of this version"));

  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "key "))
      g_print ("key (%s)\n", _("not shown"));
    else if (*lines[i] != '\0')
      g_print ("%s\n", lines[i]);

  if (text->verdict == TEMP_LEDGER_COPY)
    remark ("%s", _("This is a copy, which no sweep acts on."));
  else if (!temp_ledger_lock (fd, TEMP_LOCK_EXCLUSIVE, FALSE))
    {
      remark ("%s", _("A process holds its lock: no sweep touches what it names."));
      is_anybody_running (text, 0);
    }
  else if (!is_anybody_running (text, g_get_real_time () / G_USEC_PER_SEC - st.modified.seconds))
    remark ("%s", _("Its program is dead: a sweep deletes what it left in these directories."));
  return EXIT_SUCCESS;
}

/* Forks the guard, says that it is ready, and returns. The guard waits: it has no parent and no terminal, and ignores
 * what a terminal or a session sends. */
static int
guard (const char *ledger)
{
  temp_autofd TempHandle fd = open_ledger (ledger);
  gint64 pid;

  if (fd < 0)
    return fail (g_strerror (errno));

  pid = temp_platform.fork_detached ();
  if (pid < 0)
    return fail (g_strerror (errno));
  if (pid > 0)
    {
      g_print ("ready\n");
      return EXIT_SUCCESS;
    }

  if (temp_platform.close_standard () < 0)
    return EXIT_FAILURE;
  return temp_sweep_guard (fd);
}

/* Translates the options: see GTranslateFunc. */
static const char *
translate (const char *text,
           gpointer    data)
{
  return _(text);
}

int
main (int    argc,
      char **argv)
{
  gboolean is_dry_run = FALSE, wants_version = FALSE;
  g_autofree char *guarded = NULL, *explained = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry options[] = {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &is_dry_run,
      N_("Only list what would be deleted, and what stays and why"), NULL },
    { "explain", 0, 0, G_OPTION_ARG_FILENAME, &explained, N_("Show a ledger, and who holds it"), N_("LEDGER") },
    { "guard", 0, 0, G_OPTION_ARG_FILENAME, &guarded,
      N_("Wait for the death of the program that keeps that ledger"), N_("LEDGER") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, N_("Print the version"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context, N_("Deletes the temporary files and directories that killed programs have left."));
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_set_translate_func (context, translate, NULL, NULL);
  g_option_group_set_translate_func (g_option_context_get_main_group (context), translate, NULL, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return fail (error->message);
  if (argc > 1)
    return fail (_("no arguments are taken, only options"));

  if (wants_version)
    {
      g_print ("tempfile-glib-sweep %s\n", TEMP_VERSION_S);
      return EXIT_SUCCESS;
    }
  if (explained != NULL)
    return explain (explained);
  return guarded != NULL ? guard (guarded) : sweep (is_dry_run);
}
