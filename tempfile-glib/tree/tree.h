/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "temp-types.h"

G_BEGIN_DECLS

/* After so many tries, a directory that fills up as fast as it is emptied is given
 * up. */
#define TEMP_REMOVE_MAX_PASSES 8

/* Whom to tell of the progress, and what was told. It can go through several
 * removals, whose entries it adds up. */
typedef struct
{
  TempProgressCallback callback; /* in the thread that removes; NULL: nobody */
  gpointer             user_data;
  guint64              n_removed;
  gint64               last_time;
} TempRemoveProgress;

/* What becomes of a directory in the tree that somebody has a BSD lock on, and of all that is in it. */
typedef enum
{
  TEMP_REMOVE_LOCKED,       /* it goes, as all does */
  TEMP_REMOVE_SPARE_LOCKED, /* it stays, and what it is in */
  TEMP_REMOVE_AWAIT_LOCKED, /* it goes as soon as nobody has */
} TempRemoveLocks;

/* How to remove what. All zero: everything, whoever uses it, however long it takes. */
typedef struct
{
  TempRemoveProgress *progress; /* NULL: nobody is told */
  GCancellable       *cancellable;
  TempRemoveLocks     locks;
  gint64              deadline;   /* of g_get_monotonic_time(): then it ends with `G_IO_ERROR_TIMED_OUT`; 0: never */
  gboolean            any_spared; /* set: something stays, since somebody uses it */
} TempRemoveOptions;

gboolean temp_remove_contents            (int                  dir_fd,
                                          const char          *path,
                                          TempRemoveProgress  *progress,
                                          GCancellable        *cancellable,
                                          GError             **error);
gboolean temp_remove_contents_with_options (int                dir_fd,
                                          const char          *path,
                                          TempRemoveOptions   *options,
                                          GError             **error);
gboolean temp_remove_file_name           (int                  parent_fd,
                                          const char          *name,
                                          const char          *path,
                                          gboolean            *removed,
                                          GError             **error);
gboolean temp_remove_dir_name            (int                  parent_fd,
                                          const char          *name,
                                          const char          *path,
                                          int                  fd,
                                          gboolean             only_that,
                                          TempRemoveOptions   *options,
                                          gboolean            *removed,
                                          GError             **error);
int      temp_remove_open_shut           (int                  parent_fd,
                                          const char          *name);

gboolean temp_remove_is_on_mount         (int                  parent_fd,
                                          int                  fd);

G_END_DECLS
