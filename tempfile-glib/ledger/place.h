/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "ledger/ledger.h"
#include "platform/platform.h"

G_BEGIN_DECLS

/* A directory in which entries are made. The ledger in which they count has a line for it, so that a sweep finds them;
 * but inside a directory of this process, a place needs none. */
typedef struct
{
  gint        ref_count;  /* atomic */
  guint       generation; /* of the process that made it: see temp_process_generation() */
  char       *path;       /* as the caller gave it, absolute */
  char       *resolved;   /* without symbolic links */
  char       *text;       /* `resolved`, escaped as in the ledger */
  TempFileId  id;         /* of the directory */
  TempLedger *ledger;     /* that has its line; NULL: none has one */
  gboolean    wants_line; /* an entry in it is to be found by a sweep */
  guint64     above;      /* serial number of the entry that it is in: a sweep deletes both together; 0: none */
  guint32     uid;        /* of this process when the place was made */
  gboolean    is_trusted; /* nobody else can rename anything on the way there */
  gboolean    is_listed;  /* a sweep can read the directory */
  gint        second;     /* atomic: when temp_place_get() last looked if the path still leads there */
  gboolean    is_in_table; /* under the process's lock: temp_place_get() finds it */
  TempHandle  fd;         /* under the process's lock; -1: closed, or the place is trusted */
} TempPlace;

/* Returns the serial number of the entry whose directory the resolved path is in; 0: none. */
typedef guint64 (*TempPlaceFindAbove) (const char *resolved);

TempPlace *temp_place_get        (const char         *dir,
                                  gboolean            wants_line,
                                  TempPlaceFindAbove  find_above,
                                  GError            **error);
TempPlace *temp_place_new_inside (const char         *path,
                                  TempHandle          fd,
                                  guint64             above);
TempPlace *temp_place_ref        (TempPlace          *self);
void       temp_place_unref      (TempPlace          *self);
void       temp_place_forget_all (void);

TempHandle temp_place_get_fd     (TempPlace          *self);
gboolean   temp_place_is_at      (TempPlace          *self,
                                  const char         *path);
char      *temp_place_line       (TempPlace          *self,
                                  const char         *resolved,
                                  const char         *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempPlace, temp_place_unref)

G_END_DECLS
