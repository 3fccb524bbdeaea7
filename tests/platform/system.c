/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "platform/both.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

static void
test_random (gconstpointer data)
{
  const TempPlatform *p = data;
  guint64 a[4], b[4];

  g_assert_no_errno (p->get_random (a, sizeof a));
  g_assert_no_errno (p->get_random (b, sizeof b));
  g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
}

static void
child_limits (gconstpointer data)
{
  const TempPlatform *p = data;
  struct rlimit limit;
  guint64 found;

  test_limit_fds (100);
  g_assert_no_errno (p->get_limit (TEMP_LIMIT_HANDLES, &found));
  g_assert_cmpuint (found, ==, 100);

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  if (limit.rlim_cur == RLIM_INFINITY)
    {
      g_assert_no_errno (p->get_limit (TEMP_LIMIT_FILE_SIZE, &found));
      g_assert_cmpuint (found, ==, G_MAXUINT64);
    }
  limit.rlim_cur = 12345;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  g_assert_no_errno (p->get_limit (TEMP_LIMIT_FILE_SIZE, &found));
  g_assert_cmpuint (found, ==, 12345);

  g_assert_no_errno (p->get_limit (TEMP_LIMIT_MEMORY, &found));
  g_assert_cmpuint (found, >, 1024 * 1024);
}

static void
test_limits (gconstpointer data)
{
  test_in_child (child_limits, data);
}

static void
test_ids (gconstpointer data)
{
  const TempPlatform *p = data;
  char machine[33], boot[37], again[37];

  if (p->get_machine_id (machine) == 0)
    g_assert_cmpuint (strspn (machine, "0123456789abcdef"), ==, 32);
  else
    g_assert_cmpint (errno, ==, ENOENT);

  if (is_posix (p))
    {
      assert_fails (p->get_boot_id (boot), ENOSYS);
      return;
    }
  if (p->get_boot_id (boot) < 0)
    {
      g_assert_cmpint (errno, ==, ENOENT);
      g_test_skip ("no /proc here");
      return;
    }
  g_assert_cmpuint (strlen (boot), ==, 36);
  g_assert_no_errno (p->get_boot_id (again));
  g_assert_cmpstr (boot, ==, again);
}

static void
test_users (gconstpointer data)
{
  const TempPlatform *p = data;
  g_autofree char *home = NULL;
  int is_private = p->is_private_group (getegid ());

  if (p->get_home (&home) == 0)
    g_assert_nonnull (home);
  else
    g_assert_cmpint (errno, ==, ENOENT);
  g_assert_true (is_private == 0 || is_private == 1);
  g_assert_cmpint (p->is_private_group (4242424), ==, 0);
  g_assert_cmpint (p->is_unmapped_user (0), ==, 0);
  g_assert_cmpuint (p->get_uid (), ==, geteuid ());
  g_assert_false (p->is_privileged ());
}

static void
test_process (gconstpointer data)
{
  const TempPlatform *p = data;
  pid_t child = fork ();
  TempProcess self, named, ended;
  siginfo_t info;

  if (child == 0)
    _exit (0);
  g_assert_no_errno (child);
  g_assert_no_errno (waitid (P_PID, child, &info, WEXITED | WNOWAIT));

  g_assert_cmpint (p->get_pid (), ==, getpid ());
  g_assert_no_errno (p->probe_process (getpid ()));
  g_assert_no_errno (p->probe_process (1));
  g_assert_no_errno (p->probe_process (child));

  if (is_posix (p))
    assert_fails (p->get_process (0, &self), ENOSYS);
  else if (p->get_process (0, &self) < 0 || p->check_pids () < 0)
    g_test_skip ("no /proc of this process's own here");
  else
    {
      g_assert_no_errno (p->get_process (getpid (), &named));
      g_assert_cmpuint (self.start, ==, named.start);
      g_assert_false (self.has_ended);
      g_assert_no_errno (p->get_process (child, &ended));
      g_assert_true (ended.has_ended);
      g_assert_cmpuint (ended.start, >=, self.start);
    }

  g_assert_no_errno (waitpid (child, NULL, 0));
  assert_fails (p->probe_process (child), ESRCH);
  assert_fails (p->get_process (child, &ended), is_posix (p) ? ENOSYS : ENOENT);
}

static void
test_namespaces (gconstpointer data)
{
  static const TempNamespace all[] = { TEMP_NAMESPACE_PIDS, TEMP_NAMESPACE_TIME, TEMP_NAMESPACE_MOUNTS };
  const TempPlatform *p = data;
  guint64 id = 0, again = 0;

  if (is_posix (p))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
        {
          g_assert_no_errno (p->get_namespace (0, all[i], &id));
          g_assert_cmpuint (id, ==, 1);
        }
      assert_fails (p->find_process_in (1), ENOSYS);
      g_assert_no_errno (p->check_pids ());
      return;
    }
  if (p->get_namespace (0, TEMP_NAMESPACE_PIDS, &id) < 0 || p->check_pids () < 0)
    {
      g_test_skip ("no /proc of this process's own here");
      return;
    }

  g_assert_no_errno (p->find_process_in (id));
  assert_fails (p->find_process_in (1), ESRCH);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (p->get_namespace (0, all[i], &id) == 0)
      {
        g_assert_cmpuint (id, >, 0);
        g_assert_no_errno (p->get_namespace (getpid (), all[i], &again));
        g_assert_cmpuint (id, ==, again);
      }
}

static void
test_wait (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle process = -1;
  int ends[2];
  pid_t child;
  char byte;

  if (is_posix (p))
    {
      assert_fails (p->open_process (getpid ()), ENOSYS);
      assert_fails (p->wait (0), ENOSYS);
      return;
    }

  g_assert_no_errno (pipe (ends));
  child = fork ();
  if (child == 0)
    {
      close (ends[1]);
      _exit (read (ends[0], &byte, 1) == 0 ? 0 : 1);
    }
  g_assert_no_errno (child);

  process = p->open_process (child);
  if (process < 0)
    g_assert_true (errno == ENOSYS || errno == EPERM);
  close (ends[0]);
  close (ends[1]);
  if (process >= 0)
    {
      g_assert_no_errno (p->wait (process));
      test_assert_ends_well (child);
      assert_fails (p->open_process (child), ESRCH);
    }
  else
    {
      test_assert_ends_well (child);
      g_test_skip ("no pidfd_open() here");
    }
}

/* The detached process says in what surroundings it is. */
static void
child_detach (gconstpointer data)
{
  const TempPlatform *p = data;
  g_autofree char *dir = NULL;
  int ends[2];
  gint64 pid;
  char said[2];

  g_assert_no_errno (pipe (ends));
  pid = p->fork_detached ();
  g_assert_no_errno (pid);
  if (pid == 0)
    {
      gboolean is_good = p->get_current_dir (&dir) == 0 && g_str_equal (dir, "/") && umask (0) == 077 &&
                         signal (SIGHUP, SIG_DFL) == SIG_IGN && p->heed_sigterm () == 0 &&
                         signal (SIGTERM, SIG_DFL) == SIG_DFL && p->close_standard () == 0 &&
                         isatty (STDIN_FILENO) == 0 && read (STDIN_FILENO, said, 1) == 0;

      _exit (write (ends[1], is_good ? "y" : "n", 1) == 1 ? 0 : 1);
    }

  close (ends[1]);
  g_assert_cmpint (read (ends[0], said, 2), ==, 1);
  g_assert_cmpint (said[0], ==, 'y');
  test_assert_ends_well (pid);
}

static void
test_detach (gconstpointer data)
{
  test_in_child (child_detach, data);
}

static void
test_wiped (gconstpointer data)
{
  const TempPlatform *p = data;
  void *page = NULL;
  pid_t child;
  guint *number;

  if (p->allocate_wiped (&page) < 0)
    {
      g_assert_true (errno == ENOSYS || errno == EINVAL);
      g_test_skip ("no such memory here");
      return;
    }

  number = page;
  *number = 1;
  child = fork ();
  if (child == 0)
    _exit (*number);
  test_assert_ends_well (child);
  g_assert_cmpuint (*number, ==, 1);
}

static guint n_prepared, n_parents, n_children;

static void
count_prepare (void)
{
  n_prepared++;
}

static void
count_parent (void)
{
  n_parents++;
}

static void
count_child (void)
{
  n_children++;
}

static void
child_at_fork (gconstpointer data)
{
  const TempPlatform *p = data;
  pid_t child;

  g_assert_no_errno (p->at_fork (count_prepare, count_parent, count_child));
  child = fork ();
  if (child == 0)
    _exit (n_prepared == 1 && n_parents == 0 && n_children == 1 ? 0 : 1);
  test_assert_ends_well (child);
  g_assert_cmpuint (n_prepared, ==, 1);
  g_assert_cmpuint (n_parents, ==, 1);
  g_assert_cmpuint (n_children, ==, 0);
}

static void
test_at_fork (gconstpointer data)
{
  test_in_child (child_at_fork, data);
}

static void
test_signals (gconstpointer data)
{
  const TempPlatform *p = data;
  sigset_t before, now;

  sigemptyset (&before);
  sigaddset (&before, SIGUSR1);
  g_assert_no_errno (sigprocmask (SIG_SETMASK, &before, NULL));

  g_assert_no_errno (p->block_signals ());
  g_assert_no_errno (sigprocmask (SIG_SETMASK, NULL, &now));
  g_assert_true (sigismember (&now, SIGTERM));
  g_assert_no_errno (p->restore_signals ());
  g_assert_no_errno (sigprocmask (SIG_SETMASK, NULL, &now));
  g_assert_false (sigismember (&now, SIGTERM));
  g_assert_true (sigismember (&now, SIGUSR1));

  sigemptyset (&before);
  g_assert_no_errno (sigprocmask (SIG_SETMASK, &before, NULL));
}

static void
test_second (gconstpointer data)
{
  const TempPlatform *p = data;
  gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
  gint64 second = p->get_second ();

  g_assert_cmpint (second, >=, now - 1);
  g_assert_cmpint (p->get_second (), >=, second);
}

static void
test_loaded (gconstpointer data)
{
  const TempPlatform *p = data;
  g_autofree char *library = NULL;
  g_autofree char *program = NULL;
  char *none = NULL;

  if (p->find_loaded (g_utf8_skip, &library) < 0 && errno == ENOSYS)
    {
      g_test_skip ("no dladdr() here");
      return;
    }
  g_assert_nonnull (strstr (library, "libglib-2.0"));
  g_assert_no_errno (p->find_loaded (&temp_platform, &program));
  g_assert_nonnull (strstr (program, "platform-system"));
  assert_fails (p->find_loaded (NULL, &none), ENOENT);
  g_assert_null (none);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_both ("random", test_random);
  add_both ("limits", test_limits);
  add_both ("ids", test_ids);
  add_both ("users", test_users);
  add_both ("process", test_process);
  add_both ("process/namespaces", test_namespaces);
  add_both ("process/wait", test_wait);
  add_both ("process/detach", test_detach);
  add_both ("process/loaded", test_loaded);
  add_both ("fork/wiped", test_wiped);
  add_both ("fork/handlers", test_at_fork);
  add_both ("signals", test_signals);
  add_both ("second", test_second);

  return g_test_run ();
}
