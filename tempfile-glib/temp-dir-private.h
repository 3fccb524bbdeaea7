/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-dir.h"

G_BEGIN_DECLS

struct _TempDir
{
  GObject    parent_instance;

  TempEntry *entry;
  GFile     *file; /* made when first asked for */
  GFile     *former_file; /* what that was before it was persisted: somebody may hold it */

  char      *dir;
  char      *prefix;
  char      *suffix;
  int        permissions; /* -1: not set */
  gboolean   ignore_errors;
  gboolean   delete_in_background;
  gboolean   initialized;
  gint       is_persisting; /* atomic */
};

void temp_dir_notify_persisted (TempDir    *self,
                                const char *old_path,
                                gboolean    had_auto_delete);

G_END_DECLS
