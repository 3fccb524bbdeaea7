/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-file.h"

G_BEGIN_DECLS

struct _TempFile
{
  GFileIOStream  parent_instance;

  TempEntry     *entry;
  GInputStream  *input;  /* these two are made when first asked for */
  GOutputStream *output;
  GFile         *file;   /* likewise */
  GFile         *former_file; /* what that was before it was persisted: somebody may hold it */

  char          *dir;
  char          *prefix;
  char          *suffix;
  int            permissions; /* -1: not set */
  gboolean       named;
  gboolean       delete_on_close;
  gboolean       initialized;
  gboolean       is_dropped; /* closing is not somebody's wish */
};

TempFile *temp_file_make_named (const char  *dir,
                                TempEntry   *above,
                                const char  *prefix,
                                const char  *suffix,
                                GError     **error);

G_END_DECLS
