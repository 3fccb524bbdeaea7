/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* What a file or directory is known by. Its inode's number alone is not enough once
 * nobody holds it any more: the next file may get the same. When it was born, where the
 * filesystem knows that, tells the two apart. */
typedef struct
{
  dev_t    dev;
  ino_t    ino;
  gint64   birth_sec;
  guint32  birth_nsec;
  gboolean has_birth;
} TempIdentity;

gboolean temp_identity_get   (int                 fd,
                              const char         *base,
                              TempIdentity       *identity,
                              struct stat        *st);
gboolean temp_identity_is_of (const TempIdentity *identity,
                              const struct stat  *st);

gboolean temp_identity_is_unmistakable (const TempIdentity *identity,
                                        gboolean            has_fine_times);

G_END_DECLS
