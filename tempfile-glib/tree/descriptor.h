/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* What the files of tree/ do by a descriptor, without a node. */

#define TEMP_REMOVE_OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* What is known of the mount that a directory is on, and of that directory. */
typedef struct
{
  guint64 id; /* 0: not known */
  dev_t   dev;
  ino_t   ino;
  int     error; /* why none of these are known */
} TempRemoveMount;

gboolean temp_remove_change_mode   (int              fd,
                                    mode_t           mode);
gboolean temp_remove_repair_fd     (int              fd,
                                    mode_t          *mode);
void     temp_remove_learn_mount   (TempRemoveMount *mount,
                                    int              fd);
gboolean temp_remove_mount_has     (TempRemoveMount *mount,
                                    int              fd);
int      temp_remove_open_at       (int              fd,
                                    const char      *name,
                                    int              flags);
int      temp_remove_open_on_mount (TempRemoveMount *mount,
                                    int              parent_fd,
                                    const char      *name,
                                    int              flags);

G_END_DECLS
