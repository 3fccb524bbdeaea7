/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-entry-sweep-private.h"
#include "temp-fd-private.h"
#include <tempfile-glib/temp-version.h>

/* The helper program: deletes what this user's dead programs have left, or waits for the
 * death of one. Its manual page is docs/tempfile-glib-sweep.1. */

static int
fail (const char *message)
{
  g_printerr ("tempfile-glib-sweep: %s\n", message);
  return EXIT_FAILURE;
}

static void
print_path (const char *path,
            gpointer    data)
{
  g_print ("%s\n", path);
}

static int
sweep (gboolean is_dry_run)
{
  g_autoptr (GError) error = NULL;

  return temp_entry_sweep (is_dry_run ? print_path : NULL, NULL, NULL, NULL, &error) ? EXIT_SUCCESS
                                                                                     : fail (error->message);
}

/* Nothing that happens to the program's terminal, session or process group concerns its guard. */
static void
detach (void)
{
  static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE };
  sigset_t none;

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    signal (signals[i], SIG_IGN);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);

  setsid ();
  umask (077);
  if (chdir ("/") < 0)
    g_debug ("The root of all files cannot be entered");
}

static gboolean
redirect_to_nothing (void)
{
  temp_autofd int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

  return fd >= 0 && dup2 (fd, STDIN_FILENO) >= 0 && dup2 (fd, STDOUT_FILENO) >= 0 && dup2 (fd, STDERR_FILENO) >= 0;
}

/* The process that was started says that all is ready, and leaves; its child, an orphan
 * then, waits. */
static int
guard (const char *ledger)
{
  g_autofree char *dir = g_path_get_dirname (ledger);
  g_autofree char *name = g_path_get_basename (ledger);
  temp_autofd int dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  pid_t pid;

  if (dir_fd < 0 || faccessat (dir_fd, name, R_OK | W_OK, AT_EACCESS) < 0)
    return fail (g_strerror (errno));

  detach ();
  pid = fork ();
  if (pid < 0)
    return fail (g_strerror (errno));
  if (pid > 0)
    {
      g_print ("ready\n");
      return EXIT_SUCCESS;
    }

  if (!redirect_to_nothing ())
    return EXIT_FAILURE;
  return temp_entry_sweep_after_death (dir_fd, name, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int    argc,
      char **argv)
{
  gboolean is_dry_run = FALSE, wants_version = FALSE;
  g_autofree char *ledger = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry options[] = {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &is_dry_run, "Only list what would be deleted", NULL },
    { "guard", 0, 0, G_OPTION_ARG_FILENAME, &ledger, "Wait for the death of the program that keeps that ledger", "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, "Print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context, "Deletes the temporary files and directories that programs which were killed "
                                         "have left.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return fail (error->message);
  if (argc > 1)
    return fail ("no arguments are taken, only options");

  if (wants_version)
    {
      g_print ("tempfile-glib-sweep %s\n", TEMP_VERSION_S);
      return EXIT_SUCCESS;
    }
  return ledger != NULL ? guard (ledger) : sweep (is_dry_run);
}
