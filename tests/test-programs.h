/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "test-support.h"

G_BEGIN_DECLS

/* Programs are processes beside the test that use the library: they make things, end in one way or another, and others
 * sweep afterwards. */

typedef void (*TestProgramFunction) (gconstpointer data);

/* Adds a test that runs in a child of its own, which may enter namespaces and give up rights. The child has
 *
 *   files/  where programs make things
 *   user/   what the user owns and nobody may touch
 *   home/   HOME, with XDG_STATE_HOME in it
 *   run/    XDG_RUNTIME_DIR
 *
 * in test_dir(). An alarm kills a child that hangs. */
void        test_add_program         (const char          *path,
                                      TestProgramFunction  function,
                                      gconstpointer        data);

/* The test gets a copy of the data. */
void        test_add_program_copy    (const char          *path,
                                      TestProgramFunction  function,
                                      gconstpointer        data,
                                      gsize                size);

const char *test_files               (void);
const char *test_user                (void);

/* Starts a program. Its standard input and output are the test's: see test_say() and test_get_command(). No other
 * descriptor leads to the test, so that the program can close all of them from 3 on. */
void        test_program_start       (TestChild           *program,
                                      TestProgramFunction  function,
                                      gconstpointer        data);

/* In a program: tells the test a line; waits for a command, which is 0 once the test has closed its end. */
void        test_say                 (const char          *line);
char        test_get_command         (void);

/* In a program: makes a file, a closed one and a full directory, which are alive until the program ends. */
void        test_make_things         (const char          *dir);

/* In a program: becomes another one, which tells its process ID and waits until there are no more commands. */
G_NORETURN void test_exec_waiting    (void);

/* In a program: closes all descriptors from 3 on. */
void        test_close_descriptors   (void);

/* In a program: the first thread ends. Another one tells the process ID, and ends the process after a command. */
G_NORETURN void test_end_first_thread (void);

/* In the test: a program makes things in files/ and is killed. */
void        test_leave_things        (void);

/* In the test: reads a line, other than what GLib logs; sends a command; closes the commands, waits for the
 * end and checks the exit status; kills. */
char       *test_program_read_line   (TestChild           *program);
void        test_program_tell        (TestChild           *program,
                                      char                 command);
void        test_program_end         (TestChild           *program);
void        test_program_kill        (TestChild           *program);

/* Runs the helper program, which has to succeed and to print no error. The second form allows an error. The third one
 * does, too; it runs the helper in a process that has called prepare(), and returns FALSE if prepare() does. */
void        test_sweep               (void);
void        test_try_sweep           (void);
gboolean    test_sweep_after         (gboolean           (*prepare) (gconstpointer),
                                      gconstpointer        data);

/* Returns the process of a guard whose ledger's path has this in it; 0 if there is none. */
pid_t       test_find_guard          (const char          *part);

/* Describes a file, or a directory with all that is in it: kinds, modes, contents and links. */
char       *test_describe            (const char          *path);

/* Nothing has changed since test_describe (test_files ()) and test_list_ledgers() returned these. */
void        test_assert_unchanged    (const char          *files,
                                      const char          *ledgers);

/* Joins the names of all ledgers in the state and runtime directories by blanks. */
char       *test_list_ledgers        (void);
char      **test_find_ledgers        (void); /* their paths */
void        test_assert_nothing_left (void); /* neither files nor ledgers */

/* A sweep that could not finish is tried again a day later. Overwrites the lines that say so in all ledgers, so that
 * the next sweep does not wait. */
void        test_forget_tries        (void);

/* The test goes on as an unprivileged user, who owns files/, user/, home/ and run/; the directories above stay
 * root's. Returns FALSE where that is not allowed. */
gboolean    test_become_user         (uid_t                uid);

/* Like test_mount_tmpfs(), but only for the right to mount. */
gboolean    test_enter_mounts        (void);

/* Enters new namespaces, and if this user may not, a user namespace first. In the second form, there is a user
 * namespace in which this user has another ID, or for (uid_t) -1, none. */
gboolean    test_unshare             (int                  flags);
gboolean    test_unshare_user        (int                  flags,
                                      uid_t                uid);

/* From now on, the kernel kills the process when the calling thread waits with a timeout, or sleeps. */
gboolean    test_die_at_timed_wait   (void);

G_END_DECLS
