/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* Works on a directory by its handle, without a node: on its mode, its mount, and the names in it. */

/* The mount that a directory is on. */
typedef struct
{
  TempMount found;
  int       error; /* why nothing is known; 0: no error */
} TempRemoveMount;

gboolean   temp_remove_repair_mode   (TempHandle             fd,
                                      uint32_t              *mode);

void       temp_remove_learn_mount   (TempRemoveMount       *mount,
                                      TempHandle             fd);
gboolean   temp_remove_mount_has     (const TempRemoveMount *mount,
                                      TempHandle             fd);

TempHandle temp_remove_open_at       (TempHandle             fd,
                                      const char            *name,
                                      TempOpenFlags          flags);
TempHandle temp_remove_open_on_mount (const TempRemoveMount *mount,
                                      TempHandle             parent_fd,
                                      const char            *name,
                                      TempOpenFlags          flags);

/* Removes a directory, or, for any other kind, anything but a directory. */
static inline int
temp_remove_name (TempHandle  fd,
                  const char *name,
                  TempKind    kind)
{
  return kind == TEMP_KIND_DIR ? temp_platform.remove_dir (fd, name) : temp_platform.remove_file (fd, name);
}

G_END_DECLS
