/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry-private.h"

G_BEGIN_DECLS

/* Entries for tests; nothing here fails but with the test. */

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

/* In the test's directory: one in which anybody may rename things. The second form makes one in which nobody else may,
 * if its argument is NULL: it is for tests of both. */
char      *test_make_untrusted (const char *base);
char      *test_make_where     (gconstpointer is_untrusted);

/* Joins a path in the entry's directory. The second form writes a file there. */
char      *test_join           (TempEntry  *dir,
                                const char *name);
void       test_write_in       (TempEntry  *dir,
                                const char *name);

/* In the test's directory: shared/, in which anybody may rename things, with precious/, a full directory of the user's,
 * and link, which leads to real/, a private one. Returns the link's path. Another user then leads the link to shared/
 * itself, and gives precious/ the name. */
char      *test_make_shared    (void);
void       test_redirect       (const char *name);
void       test_assert_precious (const char *name);

void       test_assert_empty   (const char *dir);

/* Sweeps in this process. The second form first runs the function in a child, which is killed then. */
void       test_sweep_here     (void);
void       test_kill_and_sweep (void      (*function) (const char *dir),
                                const char *dir);

char      *test_read_ledger    (TempEntry  *entry);
guint      test_count_lines    (const char *text,
                                const char *start); /* that start so */

G_END_DECLS
