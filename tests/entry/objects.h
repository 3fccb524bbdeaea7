/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <tempfile-glib/tempfile-glib.h>

#include "test-programs.h"

G_BEGIN_DECLS

/* Objects for programs. If a function fails, so does the test. A directory has a file "inside". */

TempFile *test_make_temp_file        (const char *dir,
                                      const char *suffix);
TempDir  *test_make_temp_dir         (const char *dir);
void      test_write_inside          (TempDir    *dir);
void      test_close_temp_file       (TempFile   *file);

/* Closes a file, which this does not delete. The second form makes such a file. */
void      test_close_without_delete  (TempFile   *file);
TempFile *test_make_closed_temp_file (const char *dir);

/* Checks that a path is in that directory, or that an open file and its path are. */
void      test_check_is_in           (const char *path,
                                      const char *dir);
void      test_check_temp_file       (TempFile   *file,
                                      const char *dir);

/* The end of a program. */
typedef enum
{
  TEST_END_CLOSE, /* g_io_stream_close(), temp_dir_delete() */
  TEST_END_UNREF,
  TEST_END_EXIT,
  TEST_END_SWEEP, /* after SIGKILL */
  TEST_END_CLOSED_UNREF, /* the file was closed before, which did not delete it */
  TEST_END_CLOSED_EXIT,
  TEST_END_CLOSED_SWEEP,
} TestEnd;

extern const char *const test_end_names[];

gboolean  test_end_is_swept          (TestEnd     end);

/* In a program: ends the program, and before that the object if the end is one of the object. If the file `stays`,
 * closing it may fail. */
G_NORETURN void test_end_by_file     (TempFile   *file,
                                      TestEnd     end,
                                      gboolean    stays);
G_NORETURN void test_end_by_dir      (TempDir    *dir,
                                      TestEnd     end);

/* In the test: waits until a program says that it is ready; lets it end, or kills it. */
void      test_program_wait_ready    (TestChild  *program);
void      test_program_let_end       (TestChild  *program,
                                      TestEnd     end);

G_END_DECLS
