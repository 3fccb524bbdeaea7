/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "temp-entry-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* What an entry is made of: for its own files only. */

typedef enum
{
  TEMP_ENTRY_NAMELESS, /* it has no name (any more), or none of ours */
  TEMP_ENTRY_OWNED,    /* it is on the list, to be deleted by whoever takes it off */
  TEMP_ENTRY_KEPT,     /* its name is nobody's to delete */
} TempEntryState;

struct _TempEntry
{
  gatomicrefcount ref_count;

  TempEntryState  state;
  gboolean        auto_delete; /* guarded by the process's lock, as the list is */
  GList           link;

  TempParent     *parent;    /* where the name is; NULL: it never had one */
  TempParent     *directory; /* if it is a directory, that */
  TempName        name;      /* for a nameless file only the path of its directory */
  guint           generation;
  dev_t           dev;
  ino_t           ino;

  int             fd;         /* -1 once closed; of a directory: in `directory` */
  gint            n_fd_users; /* atomic */
};

G_END_DECLS
