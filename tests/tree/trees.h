/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* Removes the contents of "tree" in the test's directory; nothing here fails but with the test. Paths are relative
 * to that tree, NULL for itself. */

/* In a removal, the library's calls of remove_file(), remove_dir() and list() come here. All is zero after it. */
typedef struct
{
  void     (*before_remove) (const char *name);
  int      (*remove_file)   (TempHandle  dir, /* instead of the platform */
                             const char *name);
  void     (*after_remove)  (const char *name,
                             gboolean    removed);
  void     (*before_list)   (TempHandle  dir);
  void     (*after_list)    (void);
  gboolean hides_kinds;  /* no entry tells its kind */
  gboolean hides_inodes; /* directories list themselves with other inodes than they have */
  guint64  shown_inode;  /* except for this one */
} TestTreeHooks;

extern TestTreeHooks test_tree_hooks;

char    *test_tree_path          (const char    *relative);
void     test_tree_make_dirs     (const char    *relative);
void     test_tree_make_file     (const char    *relative);
void     test_tree_chmod         (const char    *relative,
                                  mode_t         mode);

/* Makes the tree if it is not there. */
int      test_tree_open          (void);
int      test_tree_make_dir_at   (int            fd,
                                  const char    *name);
void     test_tree_make_file_at  (int            fd,
                                  const char    *name);

void     test_tree_assert_list   (const char    *relative,
                                  const char    *expected);
void     test_tree_assert_mode   (const char    *relative,
                                  mode_t         mode);

/* Removes the contents, and makes sure that no descriptor is left. The last form expects this error. */
gboolean test_tree_remove        (GCancellable  *cancellable,
                                  GError       **error);
void     test_tree_assert_goes   (void);
GError  *test_tree_assert_fails  (int            code);

/* Like test_tree_assert_goes(), in a child that may have 64 descriptors. */
void     test_tree_assert_goes_with_few_fds (void);

/* A file in "outside", beside the tree, which no removal may touch. */
void     test_tree_make_canary   (void);
void     test_tree_assert_canary (void);

/* In a child: becomes another user than root, who has made the tree, or skips the test. */
void     test_tree_become_nobody (void);

G_END_DECLS
