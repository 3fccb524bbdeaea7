/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <tempfile-glib/tempfile-glib.h>

G_BEGIN_DECLS

/* Makes a file named "a-….b", or a directory named "d-….d", in the test's directory. */
TempFile *test_temp_file         (void);
TempDir  *test_temp_dir          (void);

/* The kinds of files that tests persist: the library does each in a way of its own. */
typedef enum
{
  TEST_NAMELESS,
  TEST_BESIDE,    /* with a name, in the destination's directory */
  TEST_ELSEWHERE, /* with a name, in another directory */
  TEST_N_KINDS
} TestKind;

#define TEST_OLD "the old contents"
#define TEST_NEW "the new contents, which are longer"

/* Returns the path of a destination in the directory "target", which is made. */
char     *test_persist_target    (const char        *base);

/* Make a file that contains TEST_NEW, the second one beside a target; the third one appends TEST_NEW. */
TempFile *test_persist_new_file   (TestKind    kind);
TempFile *test_persist_new_beside (const char *target);
void      test_persist_write_new  (TempFile   *file);

/* Persists a TempFile or a TempDir. */
gboolean  test_persist_to        (gpointer           object,
                                  const char        *path,
                                  TempPersistFlags   flags,
                                  GError           **error);
void      test_assert_persists   (gpointer           object,
                                  const char        *path,
                                  TempPersistFlags   flags);

/* The directory of the destination, and that of the test, have these names in them, and no others. */
void      test_persist_assert_names     (const char *beside,
                                         const char *elsewhere);

/* Persisting has failed, and the file is as test_persist_new_file() made it. */
void      test_persist_assert_unchanged (TempFile   *file,
                                         const char *path);

/* Adds a test for each kind of files, in a child or not; with "across", only for the kinds that can be on another
 * filesystem than the destination. */
void      test_persist_add_kinds (const char        *path,
                                  GTestDataFunc      function,
                                  gboolean           in_child,
                                  gboolean           across);

G_END_DECLS
