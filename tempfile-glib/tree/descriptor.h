/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Directories by their descriptors, without nodes: modes, mounts, opening. */

#define TEMP_REMOVE_OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The mount that a directory is on. */
typedef struct
{
  guint64 id; /* 0: not known */
  dev_t   dev;
  ino_t   ino;   /* of the directory */
  int     error; /* why nothing is known; 0: no error */
} TempRemoveMount;

gboolean temp_remove_change_mode   (int                    fd,
                                    mode_t                 mode);
gboolean temp_remove_repair_mode   (int                    fd,
                                    mode_t                *mode);

void     temp_remove_learn_mount   (TempRemoveMount       *mount,
                                    int                    fd);
gboolean temp_remove_mount_has     (const TempRemoveMount *mount,
                                    int                    fd);

int      temp_remove_open_at       (int                    fd,
                                    const char            *name,
                                    int                    flags);
int      temp_remove_open_on_mount (const TempRemoveMount *mount,
                                    int                    parent_fd,
                                    const char            *name,
                                    int                    flags);

G_END_DECLS
