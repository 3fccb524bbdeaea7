/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* The random letters of a plain name, which no sweep knows. */
#define TEMP_NAME_N_RANDOM 8

/* How many names are tried before giving up with `G_IO_ERROR_EXISTS`. */
#define TEMP_NAME_MAX_TRIES 100

/* A path whose base name is a prefix, a random part and a suffix. */
typedef struct
{
  char  *path;
  char  *base;   /* in path: the base name */
  char  *random; /* in base: the letters between prefix and suffix; NULL: there are none */
  guint  n_random;
} TempName;

gboolean temp_name_init      (TempName    *name,
                              const char  *dir,
                              const char  *prefix,
                              const char  *suffix,
                              guint        n_random,
                              GError     **error);
void     temp_name_set_path  (TempName    *name,
                              const char  *path);
char    *temp_name_dup_dir   (const TempName *name);
void     temp_name_clear     (TempName    *name);
gboolean temp_name_randomize (TempName    *name,
                              GError     **error);

/* Returns the name that leads to the file from dir_fd, a descriptor of its directory or
 * TEMP_HANDLE_CURRENT_DIR. */
static inline const char *
temp_name_at (const TempName *name,
              TempHandle      dir_fd)
{
  return dir_fd == TEMP_HANDLE_CURRENT_DIR ? name->path : name->base;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempName, temp_name_clear)

G_END_DECLS
