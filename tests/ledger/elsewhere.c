/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-programs.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* A sweep that cannot see a program or its files does not take them for gone. The ledger survives, and a sweep that
 * sees everything deletes what is left. */

/* Where sweeps run */

/* A private filesystem is over the directory, like a private /tmp. */
static gboolean
hide_files (gconstpointer data)
{
  return test_mount_tmpfs (test_files (), NULL);
}

/* In the sweep's view, other directories have the names of all that the program made. */
static gboolean
hide_files_by_others (gconstpointer data)
{
  g_autofree char *names = test_list (test_files ());
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  if (!hide_files (NULL))
    return FALSE;
  for (gsize i = 0; list[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (test_files (), list[i], NULL);

      g_assert_no_errno (mkdir (path, 0700));
    }
  return TRUE;
}

static gboolean
enter_user_namespace_as_root (gconstpointer data)
{
  return test_unshare_user (0, 0);
}

static gboolean
enter_user_namespace_as_other (gconstpointer data)
{
  return test_unshare_user (0, 4242);
}

static gboolean
enter_user_namespace_unmapped (gconstpointer data)
{
  return test_unshare_user (0, (uid_t) -1);
}

static gboolean
enter_user_namespace_and_hide (gconstpointer data)
{
  return test_unshare_user (CLONE_NEWNS, 0) && mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("tmpfs", test_files (), "tmpfs", 0, NULL) == 0;
}

/* /proc still shows the processes outside, and so no /proc/self. */
static gboolean
enter_pid_namespace (gconstpointer data)
{
  return test_unshare (CLONE_NEWPID);
}

/* Goes on in a child, which is in the new namespaces. */
static gboolean
go_on_in_child (void)
{
  pid_t pid = fork ();
  int status;

  if (pid > 0)
    test_child_exit (waitpid (pid, &status, 0) == pid && WIFEXITED (status) ? WEXITSTATUS (status) : 126);
  return pid == 0;
}

static gboolean
enter_pid_namespace_with_proc (gconstpointer data)
{
  return test_unshare (CLONE_NEWPID | CLONE_NEWNS) && go_on_in_child () &&
         mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 && mount ("proc", "/proc", "proc", 0, NULL) == 0;
}

static gboolean
enter_pid_namespace_and_hide (gconstpointer data)
{
  return enter_pid_namespace_with_proc (NULL) && mount ("tmpfs", test_files (), "tmpfs", 0, NULL) == 0;
}

static gboolean
hide_processes (gconstpointer data)
{
  return test_enter_mounts () && mount ("tmpfs", "/proc", "tmpfs", 0, NULL) == 0;
}

/* In another time namespace, /proc shows other start times. */
static gboolean
enter_time_namespace (gconstpointer data)
{
  const char *offsets = "monotonic 100000 0\nboottime 100000 0\n";
  int fd;
  gboolean ok;

  if (!test_unshare (CLONE_NEWTIME))
    return FALSE;
  fd = open ("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  ok = fd >= 0 && write (fd, offsets, strlen (offsets)) == (gssize) strlen (offsets);
  if (fd >= 0)
    close (fd);
  return ok;
}

typedef struct
{
  const char *name;
  gboolean  (*prepare) (gconstpointer);
  gboolean    may_delete; /* it sees everything, and that the program is dead */
  gboolean    needs_pids; /* only who knows namespaces of processes can tell that it does not see the program */
} Elsewhere;

static const Elsewhere elsewheres[] = {
  { "mounts", hide_files, FALSE, FALSE },
  { "mounts-others", hide_files_by_others, FALSE, FALSE },
  { "user-root", enter_user_namespace_as_root, TRUE, FALSE },
  { "user-other", enter_user_namespace_as_other, TRUE, FALSE },
  { "user-unmapped", enter_user_namespace_unmapped, TRUE, FALSE },
  { "user-mounts", enter_user_namespace_and_hide, FALSE, FALSE },
  { "pid", enter_pid_namespace, FALSE, TRUE },
  { "pid-proc", enter_pid_namespace_with_proc, FALSE, TRUE },
  { "pid-mounts", enter_pid_namespace_and_hide, FALSE, FALSE },
  { "no-proc", hide_processes, TRUE, FALSE },
  { "time", enter_time_namespace, TRUE, FALSE },
};

/* Tests */

static void
skip_if_blind (const Elsewhere *elsewhere)
{
  if (elsewhere->needs_pids)
    test_child_skip_on_posix ("it does not tell which processes run where");
}

static void
sweep_at (const Elsewhere *elsewhere)
{
  if (!test_sweep_after (elsewhere->prepare, NULL))
    {
      test_sweep ();
      test_child_skip ("no such namespace here");
    }
}

static void
assert_right_sweep_deletes (void)
{
  test_forget_tries ();
  test_sweep ();
  test_assert_nothing_left ();
}

static void
test_dead (gconstpointer data)
{
  const Elsewhere *elsewhere = data;
  g_autofree char *files = NULL;
  g_autofree char *ledgers = NULL;
  g_autofree char *left = NULL;
  g_autofree char *ledgers_left = NULL;

  skip_if_blind (elsewhere);
  test_leave_things ();
  files = test_describe (test_files ());
  ledgers = test_list_ledgers ();

  for (guint i = 0; i < 2; i++)
    {
      sweep_at (elsewhere);
      if (!elsewhere->may_delete)
        test_assert_unchanged (files, ledgers);
    }

  left = test_list (test_files ());
  ledgers_left = test_list_ledgers ();
  g_assert_true (*left == '\0' || *ledgers_left != '\0');
  assert_right_sweep_deletes ();
}

/* A launcher has become another program, and holds no lock. */
static void
run_launcher (gconstpointer data)
{
  test_make_things (test_files ());
  test_exec_waiting ();
}

static void
test_living (gconstpointer data)
{
  g_autofree char *line = NULL;
  g_autofree char *files = NULL;
  g_autofree char *ledgers = NULL;
  TestChild program;

  skip_if_blind (data);
  test_program_start (&program, run_launcher, NULL);
  line = test_program_read_line (&program);
  g_assert_cmpint (atoi (line), ==, program.pid);
  files = test_describe (test_files ());
  ledgers = test_list_ledgers ();

  for (guint i = 0; i < 2; i++)
    {
      sweep_at (data);
      test_assert_unchanged (files, ledgers);
    }

  test_program_kill (&program);
  assert_right_sweep_deletes ();
}

/* Programs in a namespace of their own */

/* The first process of a namespace makes things; its parent waits for it. */
static void
run_in_namespace (gconstpointer data)
{
  const gboolean is_launcher = GPOINTER_TO_INT (data);
  pid_t pid;

  if (!test_unshare (CLONE_NEWPID))
    {
      test_say ("skip");
      test_child_exit (0);
    }

  pid = fork ();
  g_assert_no_errno (pid);
  if (pid > 0)
    {
      g_autofree char *text = g_strdup_printf ("%d", (int) pid);

      test_say (text);
      close (STDIN_FILENO);
      close (STDOUT_FILENO);
      g_assert_no_errno (waitpid (pid, NULL, 0));
      test_child_exit (0);
    }

  test_make_things (test_files ());
  if (is_launcher)
    test_exec_waiting ();
  test_say ("ready");
  test_get_command ();
  test_child_exit (0);
}

static void
test_in_namespace (gconstpointer data)
{
  g_autofree char *pid = NULL;
  g_autofree char *line = NULL;
  g_autofree char *files = NULL;
  g_autofree char *ledgers = NULL;
  TestChild program;

  test_program_start (&program, run_in_namespace, data);
  pid = test_program_read_line (&program);
  if (g_str_equal (pid, "skip"))
    {
      test_child_end (&program);
      test_child_skip ("no such namespace here");
    }
  line = test_program_read_line (&program);
  files = test_describe (test_files ());
  ledgers = test_list_ledgers ();

  for (guint i = 0; i < 2; i++)
    {
      test_sweep ();
      test_assert_unchanged (files, ledgers);
    }

  test_program_end (&program);
}

/* Disks */

typedef struct
{
  gboolean in_sub;  /* the directory is not the root of the disk */
  gboolean another; /* another disk is there meanwhile */
} Disk;

static void
run_on_disk (gconstpointer data)
{
  const Disk *disk = data;
  g_autofree char *sub = test_path ("files/sub");

  if (disk->in_sub)
    g_assert_no_errno (mkdir (sub, 0700));
  test_make_things (disk->in_sub ? sub : test_files ());
  test_say ("ready");
  test_get_command ();
}

static void
test_disk (gconstpointer data)
{
  const Disk *disk = data;
  g_autofree char *path = test_path ("disk");
  g_autofree char *line = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *contents_now = NULL;
  g_autofree char *ledgers = NULL;
  g_autofree char *ledgers_now = NULL;
  TestChild program;

  g_assert_no_errno (mkdir (path, 0700));
  if (!test_mount_tmpfs (path, NULL) || mount (path, test_files (), NULL, MS_BIND, NULL) < 0)
    test_child_skip ("cannot mount a disk");

  test_program_start (&program, run_on_disk, disk);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  test_program_kill (&program);
  contents = test_describe (path);
  ledgers = test_list_ledgers ();

  g_assert_no_errno (umount2 (test_files (), MNT_DETACH));
  if (disk->another)
    {
      g_assert_no_errno (mount ("tmpfs", test_files (), "tmpfs", 0, NULL));
      test_make_file ("files/sub/unrelated");
    }
  for (guint i = 0; i < 2; i++)
    test_try_sweep ();
  contents_now = test_describe (path);
  g_assert_cmpstr (contents_now, ==, contents);
  ledgers_now = test_list_ledgers ();
  g_assert_cmpstr (ledgers_now, ==, ledgers);
  if (disk->another)
    {
      test_assert_list ("files/sub", "unrelated");
      g_assert_no_errno (umount2 (test_files (), MNT_DETACH));
    }

  g_assert_no_errno (mount (path, test_files (), NULL, MS_BIND, NULL));
  test_forget_tries ();
  test_sweep ();
  if (disk->in_sub)
    {
      g_autofree char *sub = test_path ("files/sub");

      g_assert_no_errno (rmdir (sub));
    }
  test_assert_nothing_left ();
}

int
main (int    argc,
      char **argv)
{
  static const Disk disks[] = {
    { FALSE, FALSE },
    { FALSE, TRUE },
    { TRUE, FALSE },
    { TRUE, TRUE },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (elsewheres); i++)
    {
      g_autofree char *dead = g_strconcat ("/killed/elsewhere/dead/", elsewheres[i].name, NULL);
      g_autofree char *living = g_strconcat ("/alive/elsewhere/", elsewheres[i].name, NULL);

      test_add_program (dead, test_dead, &elsewheres[i]);
      test_add_program (living, test_living, &elsewheres[i]);
    }
  test_add_program ("/alive/in-namespace/usual", test_in_namespace, GINT_TO_POINTER (FALSE));
  test_add_program ("/alive/in-namespace/launcher", test_in_namespace, GINT_TO_POINTER (TRUE));
  for (gsize i = 0; i < G_N_ELEMENTS (disks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/killed/elsewhere/disk%s%s", disks[i].in_sub ? "/sub" : "/root",
                                               disks[i].another ? "/another" : "/none");

      test_add_program (path, test_disk, &disks[i]);
    }

  return g_test_run ();
}
