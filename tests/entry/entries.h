/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry-private.h"

G_BEGIN_DECLS

/* Entries for tests. If a function fails, so does the test. */

TempEntry *test_new_file       (const char *dir,
                                const char *prefix);
TempEntry *test_new_dir        (const char *dir,
                                const char *prefix);
TempEntry *test_new_file_in    (TempEntry  *above);
TempEntry *test_new_dir_in     (TempEntry  *above);

void       test_assert_deletes (TempEntry  *entry);
void       test_assert_keeps   (TempEntry  *entry);
void       test_assert_refuses (TempEntry  *entry,
                                int         code); /* of G_IO_ERROR; the message has the path */

/* Make a directory in the test's directory: one in which anybody may rename things; or, in the second form, one in
 * which only this user may, if the argument is NULL. The second form is for tests that run in both. */
char      *test_make_untrusted (const char *base);
char      *test_make_where     (gconstpointer is_untrusted);

/* Returns a path in the entry's directory. The second form writes a file there. */
char      *test_join           (TempEntry  *dir,
                                const char *name);
void       test_write_in       (TempEntry  *dir,
                                const char *name);

/* The first form makes three things in the test's directory, and returns the path of the last:
 * - shared/, in which anybody may rename things; the user has a full directory there, precious/
 * - real/, a private directory
 * - link, which leads to real/
 * In the second form, another user makes the link lead to shared/, and renames precious/. The third form checks that
 * precious/ is full. */
char      *test_make_shared    (void);
void       test_redirect       (const char *name);
void       test_assert_precious (const char *name);

void       test_assert_empty   (const char *dir);

/* Sweeps in this process. The second form first runs the function in a child, and kills the child. */
void       test_sweep_here     (void);
void       test_kill_and_sweep (void      (*function) (const char *dir),
                                const char *dir);

char      *test_read_ledger    (TempEntry  *entry);
guint      test_count_lines    (const char *text,
                                const char *start); /* that start so */

G_END_DECLS
