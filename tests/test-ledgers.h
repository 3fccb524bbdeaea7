/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <sys/types.h>

#include "ledger/place.h"
#include "ledger/text.h"

G_BEGIN_DECLS

/* A ledger as a program leaves it, written line by line. The caller may change who wrote it before the file is
 * there. */
typedef struct
{
  TempLedgerProcess process;
  guint64           mount_namespace;
  uid_t             uid;
  TempTagKey        key;
  guint             n_names;
  guint             which; /* the directory of ledgers */
  char             *path;
} TestLedger;

/* Describe a dead process of this user, boot and namespaces; this process. */
void  test_ledger_init       (TestLedger  *self);
void  test_ledger_init_living (TestLedger *self);
void  test_ledger_clear      (TestLedger  *self);

/* Makes the file, with its header; "lines" replaces that if it is not NULL. */
void  test_ledger_write      (TestLedger  *self,
                              const char  *lines);
void  test_ledger_append     (TestLedger  *self,
                              const char  *format,
                              ...) G_GNUC_PRINTF (2, 3);
void  test_ledger_append_dir (TestLedger  *self,
                              const char  *dir);
char *test_ledger_read       (TestLedger  *self);
guint test_ledger_count_tried (TestLedger *self);

/* Returns a path that no other has, whose name the ledger's key verifies. */
char *test_ledger_draw       (TestLedger  *self,
                              TempTagKind  kind,
                              const char  *dir,
                              const char  *prefix,
                              const char  *suffix);

/* Makes a ledger with one line, of the directory. */
void  test_ledger_write_for  (TestLedger  *self,
                              const char  *dir);

/* Leave something under a new name of the ledger: a file, or a directory with a directory and a file in it. Return its
 * path. */
char *test_ledger_leave_file (TestLedger  *self,
                              const char  *dir);
char *test_ledger_leave_dir  (TestLedger  *self,
                              const char  *dir);

/* Appends a line for the base name of the path: `keep`, `unkeep`, `name`. */
void  test_ledger_append_name (TestLedger *self,
                               const char *word,
                               const char *path);

/* Locks the ledger as a living process does. Returns a descriptor, which keeps the lock. */
int   test_ledger_lock       (TestLedger  *self);

/* Makes a ledger with one line, of the test's directory. Unlike test_ledger_write_for(), does not choose the
 * process. */
void  test_ledger_write_here (TestLedger  *self);

/* A sweep takes the processes of the ledger, which has a line for the test's directory, for alive; or for dead. */
void  test_ledger_assert_living (TestLedger *self);
void  test_ledger_assert_dead (TestLedger  *self);

/* A sweep has left something to do: the ledger says that somebody tried, once. */
void  test_ledger_assert_undone (TestLedger *self);

/* Sweep, and check how many files and directories that deletes, or the error, whose message has the text. */
void  test_assert_sweeps     (guint        expected);
void  test_assert_sweep_fails (int         code,
                               const char *mentioned);

/* Returns how many ledgers there are in both directories. */
guint test_count_ledgers     (void);

/* Make a directory, or a file, that a sweep may find in its way. Return its path. */
char *test_make_dir_in       (const char  *dir,
                              const char  *base);
char *test_make_precious_in  (const char  *dir,
                              const char  *base);
void  test_assert_precious_at (const char *path);

/* Makes the test go on as a user who has no rights but those of an owner, and has a directory of ledgers. Others can
 * write into the test's directory then, but not rename: else a sweep would empty nothing there. */
void  test_become_owner      (void);

/* Ledgers of this process. */
TempLedger     *test_open_own_ledger      (void);
int             test_append_to_own_ledger (TempLedger *ledger,
                                           const char *lines); /* returns errno, or 0 */
gboolean        test_give_up_own_ledger   (TempLedger *ledger);
char           *test_read_own_ledger      (TempLedger *ledger);
TempLedgerText *test_parse_own_ledger     (TempLedger *ledger); /* it has to be good */
void            test_assert_own_ledger    (TempLedger *ledger,
                                           gboolean    is_there);
gboolean        test_is_locked            (const char *path);
gboolean        test_is_on_overlay        (TempLedger *ledger);

/* For a child: skips where the ledger loses its lock with its descriptors. */
void            test_child_skip_unpinned  (TempLedger *ledger);

/* No ledger can be made: the error's message has the text. */
void            test_assert_no_own_ledger (const char *text);

/* Return the descriptor by which this process has a ledger open, and how many descriptors of ledgers it has; how often
 * it maps files below the path; how many ledgers are in one of the directories of ledgers. */
int             test_find_own_ledger      (TempLedger *ledger);
guint           test_count_ledger_fds     (void);
guint           test_count_mappings       (const char *path);
guint           test_count_ledgers_in     (guint       which);

/* Returns how often the text is in the contents. */
guint           test_count                (const char *contents,
                                           const char *text);

/* Places of this process, which are in no directory of its own. */
TempPlace      *test_get_place            (const char *dir);
guint64         test_find_no_above        (const char *resolved);

/* Has the next use of the place look if its path still leads there. */
void            test_let_a_second_pass    (TempPlace  *place);

/* Checks that the lines of directories in the ledger have these paths, in this order. */
#define         test_assert_lines(ledger, ...) \
                test_assert_lines_of (ledger, (const char *const[]) { __VA_ARGS__, NULL })
void            test_assert_lines_of      (TempLedger        *ledger,
                                           const char *const *paths);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestLedger, test_ledger_clear)

G_END_DECLS
