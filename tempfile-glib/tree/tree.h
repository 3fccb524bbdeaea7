/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"
#include "temp-types.h"

G_BEGIN_DECLS

/* The most passes through a directory that somebody keeps filling. */
#define TEMP_REMOVE_MAX_PASSES 8

/* The progress of one removal, or of several, whose entries it adds up. */
typedef struct
{
  TempProgressCallback callback; /* called in the thread that removes; may be NULL */
  gpointer             user_data;
  guint64              n_removed;
  gint64               last_time;
} TempRemoveProgress;

/* How to treat a directory in the tree that somebody has locked by flock(). */
typedef enum
{
  TEMP_REMOVE_LOCKED,       /* removes it, like any other */
  TEMP_REMOVE_SPARE_LOCKED, /* spares it, with its contents and the directories above */
  TEMP_REMOVE_AWAIT_LOCKED, /* waits for the lock, and then removes it */
} TempRemoveLocks;

/* All zero: removes everything, whoever has it locked, however long that takes. */
typedef struct
{
  TempRemoveProgress *progress; /* may be NULL */
  GCancellable       *cancellable;
  TempRemoveLocks     locks;
  gint64              deadline;   /* by g_get_monotonic_time(), for `G_IO_ERROR_TIMED_OUT`; 0: none */
  gboolean            any_spared; /* a result: a locked directory was spared */
} TempRemoveOptions;

gboolean   temp_remove_contents    (TempHandle           dir_fd,
                                    const char          *path,
                                    TempRemoveOptions   *options,
                                    GError             **error);

gboolean   temp_remove_file_name   (TempHandle           parent_fd,
                                    const char          *name,
                                    const char          *path,
                                    gboolean            *removed,
                                    GError             **error);
gboolean   temp_remove_dir_name    (TempHandle           parent_fd,
                                    const char          *name,
                                    const char          *path,
                                    TempHandle           fd,
                                    gboolean             only_that,
                                    TempRemoveOptions   *options,
                                    gboolean            *removed,
                                    GError             **error);

TempHandle temp_remove_open_shut   (TempHandle           parent_fd,
                                    const char          *name);
gboolean   temp_remove_is_on_mount (TempHandle           parent_fd,
                                    TempHandle           fd);

G_END_DECLS
