/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <stdio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* As g_test_init(), with directories of each test's own: the default directory
 * is one of them. */
void     test_init                    (int             *argc,
                                       char          ***argv);

/* The directory of this test, which is deleted afterwards. */
const char *test_dir                  (void);
char    *test_path                    (const char      *base);

/* Returns the names in a directory, sorted, joined by blanks. */
char    *test_list                    (const char      *dir);
guint    test_count_fds               (void);

/* Before descriptors are counted: those that GLib has for its contexts and threads stay once it has them. */
void     test_start_threads           (void);

void     test_write                   (const char      *path,
                                       const char      *contents);

/* In the test's directory: makes an empty file, with the directories above it; asserts the names in one of its
 * directories, or in itself (NULL). */
void     test_make_file               (const char      *relative);
void     test_assert_list             (const char      *relative,
                                       const char      *expected);

void     test_assert_exists           (const char      *path,
                                       gboolean         exists);
void     test_assert_contents         (const char      *path,
                                       const char      *expected);
void     test_assert_mode             (const char      *path,
                                       mode_t           mode); /* and kind */
void     test_assert_error_mentions   (const GError    *error,
                                       const char      *text);

/* The error is a G_IO_ERROR with this code; clears it, for the next one. */
#define test_assert_io_error(error, io_code) \
  G_STMT_START { g_assert_error (*(error), G_IO_ERROR, io_code); g_clear_error (error); } G_STMT_END

/* Counts the notifications of an object by the names of its properties, in a table that it returns. */
GHashTable *test_count_notifications  (gpointer         object);
void     test_assert_notified         (GHashTable      *counts,
                                       const char      *name,
                                       guint            n_times);

/* Setting the property logs a critical message, and nothing else. */
void     test_assert_fixed            (gpointer         object,
                                       const char      *name);

/* Asks for both streams in two threads at once, and asserts that they get one pair. */
void     test_ask_for_streams_twice   (GIOStream       *stream);

/* Runs the main context until nothing is left in the test's directory. */
void     test_wait_empty              (void);
void     test_keep_result             (GObject         *source,
                                       GAsyncResult    *result,
                                       gpointer         data); /* GAsyncResult ** */
GAsyncResult *test_wait_result        (GAsyncResult   **result);

/* Runs the function in a child process, which ends with it; TRUE if it was not
 * skipped and all went well. The first form is in a forked child, for what cannot be taken
 * back: another user, a filter of system calls, a namespace. Assertions work. */
void     test_in_child                (void           (*function) (gconstpointer),
                                       gconstpointer    data);

/* Adds a test that is run so; the second form, with ledgers of its own. */
void     test_add_in_child            (const char      *path,
                                       void           (*function) (gconstpointer),
                                       gconstpointer    data);
void     test_add_with_ledgers        (const char      *path,
                                       void           (*function) (gconstpointer));

/* How a forked child ends. */
G_NORETURN void test_child_exit (int status);

/* This process exits in the middle of something: the leak sanitizer reports nothing. */
void     test_ignore_leaks            (void);

/* Waits until all other threads of this process wait for something. Returns at once where the kernel does not tell. */
void     test_wait_idle               (void);

/* A child, made after test_wait_idle(): what GLib does in it cannot hang then. */
pid_t    test_fork_idle               (void);

/* Returns TRUE if that thread of this process waits, for another one or for an event. In the second form, returns
 * TRUE if the kernel tells that. */
gboolean test_is_waiting              (pid_t             tid);
gboolean test_can_see_waiting         (void);

/* A child that goes on from here, whatever other threads do; a raw one is made without the C library, which then
 * calls no handlers of forks. */
pid_t    test_make_child              (gboolean         raw);
void     test_assert_ends_well        (pid_t            pid);

/* A child process beside the test: it runs the function, which can say something and is given commands, and is
 * then killed. */
typedef struct
{
  pid_t  pid;
  FILE  *said;     /* by it */
  int    commands; /* to it: a pipe, whose end it sees once the test closes this */
} TestChild;

typedef void (*TestChildFunction) (int           commands,
                                   int           out,
                                   gconstpointer data);

void     test_child_start             (TestChild        *child,
                                       TestChildFunction function,
                                       gconstpointer     data);
char    *test_child_read_line         (TestChild        *child);

/* Waits for its end; gives how that was, as waitpid() does. */
int      test_child_end               (TestChild        *child);

/* For the child: these return FALSE where that cannot be had, and then the child
 * calls test_child_skip(). */
G_NORETURN void test_child_skip       (const char      *reason);
gboolean test_become_nobody           (void);
gboolean test_become                  (uid_t            uid,
                                       gid_t            gid); /* only root can */
gboolean test_mount_tmpfs             (const char      *dir,
                                       const char      *options);

/* Returns TRUE if the filesystem of the test's directory is mounted with that flag of statvfs(): ST_NOEXEC,
 * ST_NOSUID. */
gboolean test_is_mounted_with         (unsigned long     flag);

/* Returns TRUE if the user wants all of the work, with TEST_FULL in the environment or "-m slow". */
gboolean test_is_full                 (void);

/* Skips the test, and returns TRUE, if the library was built for POSIX alone. `reason` says what that lacks. The second
 * form is for a child, which it ends. */
gboolean test_skips_on_posix          (const char      *reason);
void     test_child_skip_on_posix     (const char      *reason);

/* Waits for all children, if the library was built for POSIX alone: that does not tell a process from one that has
 * ended and whose parent has not asked how. */
void     test_reap_on_posix           (void);

/* The attribute that has a file's access control list, and such a list: user::rw-, user:12:rw-, group::---, mask::rw-,
 * other::---. */
#define TEST_ACL "system.posix_acl_access"
#define TEST_USER_ACL_SIZE 44
extern const guint8 test_user_acl[TEST_USER_ACL_SIZE];

/* At most so many descriptors. */
void     test_limit_fds               (guint            n_fds);

/* From now on, the system call fails: always, or only if the argument at that index
 * has all of these bits, or only on this descriptor, its first argument. */
gboolean test_fail_syscall            (int              number,
                                       int              errsv);
gboolean test_fail_syscall_if         (int              number,
                                       int              errsv,
                                       guint            arg,
                                       guint64          bits);
gboolean test_fail_syscall_on         (int              number,
                                       int              errsv,
                                       int              fd);

/* From now on, the system call kills the process. */
gboolean test_die_at_syscall       (int              number);

G_END_DECLS
