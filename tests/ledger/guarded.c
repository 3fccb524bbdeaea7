/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-programs.h"

/* A guard outlasts its program, however that ends, and then deletes everything, but nothing before. */

typedef enum
{
  USUAL,
  CLOSED,       /* it closes all descriptors */
  EXECED,       /* its lock goes long before it dies */
  THREAD_ENDED, /* its first thread ends, and is a zombie from then on */
  THREAD_ENDED_CLOSED,
  FORKED,       /* it has a child, which goes on when it dies */
  FORKED_CLOSED,
} Way;

static const char *const way_names[] = {
  "usual", "closed", "execed", "thread-ended", "thread-ended-closed", "forked", "forked-closed",
};

typedef struct
{
  Way      way;
  gboolean stays_zombie; /* nobody waits for it */
} Case;

/* Programs */

static void
run (gconstpointer data)
{
  const Way way = GPOINTER_TO_INT (data);
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_guard_start (&error));
  g_assert_no_error (error);
  test_make_things (test_files ());
  test_wait_idle ();

  if (way == FORKED || way == FORKED_CLOSED)
    {
      pid_t child = fork ();

      g_assert_no_errno (child);
      if (child > 0)
        {
          test_close_descriptors ();
          close (STDIN_FILENO);
          close (STDOUT_FILENO);
          g_assert_no_errno (prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)); /* with a test that fails */
          for (;;)
            pause ();
        }
    }
  if (way == CLOSED || way == THREAD_ENDED_CLOSED || way == FORKED_CLOSED)
    test_close_descriptors ();
  if (way == EXECED)
    test_exec_waiting ();
  if (way == THREAD_ENDED || way == THREAD_ENDED_CLOSED)
    test_end_first_thread ();

  pid = g_strdup_printf ("%d", (int) getpid ());
  test_say (pid);
  test_get_command ();
  raise (SIGKILL);
}

/* Guards */

/* Returns a descriptor of the guard of one of this test's ledgers; -1 if the kernel has no descriptors of processes. */
static int
open_guard (void)
{
  pid_t guard = test_find_guard (test_dir ());

  g_assert_cmpint (guard, >, 0);
  return (int) syscall (SYS_pidfd_open, guard, 0);
}

static gboolean
can_open_processes (void)
{
  int fd = (int) syscall (SYS_pidfd_open, getpid (), 0);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static void
wait_until_ended (int pid_fd)
{
  struct pollfd waiting = { .fd = pid_fd, .events = POLLIN };

  g_assert_no_errno (pid_fd);
  g_assert_no_errno (poll (&waiting, 1, -1));
  close (pid_fd);
}

/* Tests */

static void
assert_lives (const char *files)
{
  g_autofree char *now = NULL;

  test_sweep ();
  now = test_describe (test_files ());
  g_assert_cmpstr (now, ==, files);
}

static void
test_guarded (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *line = NULL;
  g_autofree char *files = NULL;
  TestChild program;
  siginfo_t ended;
  pid_t last;
  int guard;

  if (!can_open_processes ())
    test_child_skip ("no descriptors of processes here");
  if (c->stays_zombie)
    test_child_skip_on_posix ("it does not tell which processes run where");

  g_assert_no_errno (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  test_program_start (&program, run, GINT_TO_POINTER (c->way));
  line = test_program_read_line (&program);
  last = atoi (line);
  g_assert_cmpint (last, >, 0);
  files = test_describe (test_files ());
  guard = open_guard ();
  assert_lives (files);

  if (last != program.pid)
    {
      g_assert_no_errno (kill (program.pid, SIGKILL));
      g_assert_no_errno (waitid (P_PID, (id_t) program.pid, &ended, WEXITED | (c->stays_zombie ? WNOWAIT : 0)));
      assert_lives (files);
    }

  g_assert_no_errno (kill (last, SIGKILL));
  g_assert_no_errno (waitid (P_PID, (id_t) last, &ended, WEXITED | (c->stays_zombie ? WNOWAIT : 0)));
  wait_until_ended (guard);
  test_assert_nothing_left ();
  fclose (program.said);
  close (program.commands);
}

/* Of many guards, some find their program between dying and being gone. */
static void
run_dying (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_guard_start (&error));
  g_assert_no_error (error);
  test_make_things (test_files ());
  test_say ("ready");
  if (GPOINTER_TO_INT (data))
    test_close_descriptors ();
  test_get_command ();
  raise (SIGKILL);
}

static void
test_dying (gconstpointer data)
{
  const guint n_programs = test_is_full () ? 1000 : 50;

  if (!can_open_processes ())
    test_child_skip ("no descriptors of processes here");

  for (guint i = 0; i < n_programs; i++)
    {
      g_autofree char *line = NULL;
      TestChild program;
      int guard;

      test_program_start (&program, run_dying, data);
      line = test_program_read_line (&program);
      g_assert_cmpstr (line, ==, "ready");
      guard = open_guard ();
      g_assert_true (WIFSIGNALED (test_child_end (&program)));
      wait_until_ended (guard);
      test_assert_nothing_left ();
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (Way way = USUAL; way <= FORKED_CLOSED; way++)
    for (guint stays = 0; stays < 2; stays++)
      {
        g_autofree char *path = g_strdup_printf ("/killed/guarded/%s%s", way_names[way], stays ? "/zombie" : "/gone");
        const Case c = { way, stays != 0 };

        test_add_program_copy (path, test_guarded, &c, sizeof c);
      }
  test_add_program ("/killed/guarded/dying/usual", test_dying, GINT_TO_POINTER (FALSE));
  test_add_program ("/killed/guarded/dying/closed", test_dying, GINT_TO_POINTER (TRUE));

  return g_test_run ();
}
