/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-programs.h"

/* A program is alive while any of its processes is, also after exec(). A sweep deletes nothing before all have ended,
 * and everything afterwards. */

typedef enum
{
  USUAL,             /* one process */
  USUAL_CLOSED,      /* it closes all descriptors */
  FORKED,            /* its parent ends */
  FORKED_CLOSED,     /* its parent ends, and it closes all descriptors */
  FORKED_TWICE,      /* it becomes a daemon */
  FORKED_MAKES_MORE, /* its parent ends, and it has a ledger of its own */
  EXECED,            /* a launcher */
  THREAD_ENDED,      /* its first thread ends */
  THREAD_ENDED_CLOSED,
} Way;

static const char *const way_names[] = {
  "usual", "usual-closed", "forked", "forked-closed", "forked-twice", "forked-makes-more", "execed", "thread-ended",
  "thread-ended-closed",
};

typedef enum
{
  HERE,
  TMPFS,
  OVERLAY,
} Place;

static const char *const place_names[] = { "here", "tmpfs", "overlay" };

typedef struct
{
  Way   way;
  Place place;
} Case;

/* Filesystems */

static gboolean
mount_overlay (const char *dir)
{
  g_autofree char *base = g_path_get_basename (dir);
  g_autofree char *layers_base = g_strconcat ("layers-", base, NULL);
  g_autofree char *layers = test_path (layers_base);
  g_autofree char *options = g_strdup_printf ("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", layers, layers, layers);
  g_autofree char *user_options = g_strconcat (options, ",userxattr", NULL);
  static const char *const names[] = { "lower", "upper", "work" };

  g_assert_no_errno (mkdir (layers, 0700));
  if (mount ("tmpfs", layers, "tmpfs", 0, NULL) < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *layer = g_build_filename (layers, names[i], NULL);

      g_assert_no_errno (mkdir (layer, 0700));
    }

  return mount ("overlay", dir, "overlay", 0, options) == 0 || mount ("overlay", dir, "overlay", 0, user_options) == 0;
}

static gboolean
mount_place (Place       place,
             const char *dir)
{
  return place == TMPFS ? mount ("tmpfs", dir, "tmpfs", 0, NULL) == 0 : mount_overlay (dir);
}

/* Mounts such a filesystem over the files, and over the home with the ledgers. */
static void
enter_place (Place place)
{
  g_autofree char *home = test_path ("home");

  if (place != HERE && (!test_enter_mounts () || !mount_place (place, test_files ()) || !mount_place (place, home)))
    test_child_skip ("cannot mount this filesystem");
}

/* Programs */

G_NORETURN static void
go_on (void)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());

  test_say (pid);
  test_get_command ();
  raise (SIGKILL);
  _exit (1);
}

static void
fork_and_end (void)
{
  pid_t pid = fork ();

  g_assert_no_errno (pid);
  if (pid > 0)
    test_child_exit (0);
}

static void
run (gconstpointer data)
{
  const Way way = GPOINTER_TO_INT (data);

  test_make_things (test_files ());
  test_wait_idle ();

  switch (way)
    {
    case FORKED:
    case FORKED_CLOSED:
    case FORKED_MAKES_MORE:
      fork_and_end ();
      break;
    case FORKED_TWICE:
      fork_and_end ();
      g_assert_no_errno (setsid ());
      fork_and_end ();
      break;
    default:
      break;
    }

  if (way == FORKED_MAKES_MORE)
    test_make_things (test_files ());
  if (way == USUAL_CLOSED || way == FORKED_CLOSED || way == THREAD_ENDED_CLOSED)
    test_close_descriptors ();
  if (way == EXECED)
    test_exec_waiting ();
  if (way == THREAD_ENDED || way == THREAD_ENDED_CLOSED)
    test_end_first_thread ();
  go_on ();
}

/* This process inherits the children of a program's processes when these end. */
static gboolean
is_child (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *stat = NULL;
  const char *state;

  g_assert_true (g_file_get_contents (path, &stat, NULL, NULL));
  state = strrchr (stat, ')');
  g_assert_nonnull (state);
  return atoi (state + strlen (") S ")) == getpid ();
}

static guint
count_names (const char *dir)
{
  g_autofree char *names = test_list (dir);
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  return g_strv_length (list);
}

static void
test_living (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *line = NULL;
  g_autofree char *files = NULL;
  g_autofree char *ledgers = NULL;
  TestChild program;
  pid_t living;

  enter_place (c->place);
  g_assert_no_errno (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  test_program_start (&program, run, GINT_TO_POINTER (c->way));
  line = test_program_read_line (&program);
  living = atoi (line);
  g_assert_cmpint (living, >, 0);
  while (!is_child (living))
    g_thread_yield ();

  /* The program's own sweep has deleted nothing, either. */
  g_assert_cmpuint (count_names (test_files ()), ==, c->way == FORKED_MAKES_MORE ? 6 : 3);
  files = test_describe (test_files ());
  ledgers = test_list_ledgers ();
  g_assert_cmpstr (ledgers, !=, "");
  for (guint i = 0; i < 2; i++)
    {
      test_sweep ();
      test_assert_unchanged (files, ledgers);
    }

  close (program.commands);
  g_assert_no_errno (waitpid (living, NULL, 0));
  test_reap_on_posix ();
  fclose (program.said);
  test_sweep ();
  test_assert_nothing_left ();
}

/* Programs that give up rights */

/* Other users can enter the test's directory, and the one above it. */
static void
let_others_in (void)
{
  g_autofree char *above = g_path_get_dirname (test_dir ());

  g_assert_no_errno (chmod (test_dir (), 0755));
  g_assert_no_errno (chmod (above, 0755));
}

typedef struct
{
  gboolean only_effective; /* it can take them back */
  gboolean elsewhere;      /* it then makes things in another directory */
} Dropped;

static void
run_dropped (gconstpointer data)
{
  const uid_t nobody = 65534;
  const Dropped *c = data;
  g_autofree char *second = test_path ("files/second");

  test_make_things (test_files ());
  g_assert_no_errno (setresgid ((gid_t) -1, nobody, c->only_effective ? (gid_t) -1 : nobody));
  g_assert_no_errno (c->only_effective ? seteuid (nobody) : setresuid (nobody, nobody, nobody));
  test_make_things (c->elsewhere ? second : test_files ());
  test_say ("ready");
  test_get_command ();
}

/* Everybody may make things there; nobody may rename those of others. */
static void
share (const char *dir)
{
  g_assert_no_errno (chmod (dir, 01777));
}

static void
test_dropped (gconstpointer data)
{
  const Dropped *c = data;
  g_autofree char *second = test_path ("files/second");
  g_autofree char *line = NULL;
  TestChild program;

  if (geteuid () != 0)
    test_child_skip ("only root can give up rights");

  let_others_in ();
  g_assert_no_errno (mkdir (second, 0700));
  share (second);
  share (test_files ());

  test_program_start (&program, run_dropped, c);
  line = test_program_read_line (&program);
  g_assert_cmpstr (line, ==, "ready");
  test_program_kill (&program);

  test_sweep ();
  test_assert_list ("files", "second");
  test_assert_list ("files/second", "");
  g_assert_no_errno (rmdir (second));
  test_assert_nothing_left ();
}

/* A daemon: closes all that it has inherited, and becomes a user who has a home of its own. */

static const uid_t daemon_uid = 65534;

static gboolean
become_daemon_user (gconstpointer data)
{
  g_autofree char *home = test_path ("daemon");

  g_setenv ("HOME", home, TRUE);
  g_setenv ("XDG_STATE_HOME", home, TRUE);
  return setgroups (0, NULL) == 0 && setresgid (daemon_uid, daemon_uid, daemon_uid) == 0 &&
         setresuid (daemon_uid, daemon_uid, daemon_uid) == 0 &&
         access (g_getenv ("TEMPFILE_GLIB_SWEEP"), X_OK) == 0;
}

static void
run_daemon (gconstpointer data)
{
  g_autofree char *second = test_path ("files/second");

  test_make_things (test_files ());
  test_close_descriptors ();
  if (become_daemon_user (NULL))
    {
      test_make_things (second);
      test_say ("ready");
    }
  else
    {
      test_say ("cannot");
    }
  test_get_command ();
}

/* The first ledger cannot be opened again: the user has another one, which that user's sweep finds. */
static void
test_daemon (gconstpointer data)
{
  g_autofree char *second = test_path ("files/second");
  g_autofree char *home = test_path ("daemon");
  g_autofree char *ledgers = g_build_filename (home, "tempfile-glib", NULL);
  g_autofree char *line = NULL;
  TestChild program;

  if (geteuid () != 0)
    test_child_skip ("only root can become another user");

  let_others_in ();
  g_assert_no_errno (chmod (test_files (), 0755));
  g_assert_no_errno (mkdir (second, 0700));
  g_assert_no_errno (chown (second, daemon_uid, daemon_uid));
  g_assert_no_errno (mkdir (home, 0700));
  g_assert_no_errno (chown (home, daemon_uid, daemon_uid));

  test_program_start (&program, run_daemon, NULL);
  line = test_program_read_line (&program);
  test_program_kill (&program);
  if (!g_str_equal (line, "ready"))
    test_child_skip ("the other user cannot run the helper program");

  test_assert_exists (ledgers, TRUE);
  g_assert_true (test_sweep_after (become_daemon_user, NULL));
  test_assert_list ("files/second", "");
  g_assert_no_errno (rmdir (second));
  test_sweep ();
  test_assert_nothing_left ();
}

int
main (int    argc,
      char **argv)
{
  static const Dropped dropped[] = {
    { FALSE, FALSE },
    { FALSE, TRUE },
    { TRUE, FALSE },
    { TRUE, TRUE },
  };

  test_init (&argc, &argv);

  for (Place place = HERE; place <= OVERLAY; place++)
    for (Way way = USUAL; way <= THREAD_ENDED_CLOSED; way++)
      {
        g_autofree char *path = g_strdup_printf ("/alive/%s/%s", place_names[place], way_names[way]);
        const Case c = { way, place };

        test_add_program_copy (path, test_living, &c, sizeof c);
      }
  for (gsize i = 0; i < G_N_ELEMENTS (dropped); i++)
    {
      g_autofree char *path = g_strdup_printf ("/alive/dropped/%s%s", dropped[i].only_effective ? "effective" : "all",
                                               dropped[i].elsewhere ? "-elsewhere" : "");

      test_add_program (path, test_dropped, &dropped[i]);
    }

  test_add_program ("/alive/daemon", test_daemon, NULL);

  return g_test_run ();
}
