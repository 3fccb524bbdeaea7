/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "temp-types.h"

G_BEGIN_DECLS

/* How a result is to be saved. */
typedef struct
{
  GFile            *destination;
  TempPersistFlags  flags;
  const char       *etag;      /* the one that the old file must have; NULL: any, or no old file */
  gboolean          with_mode; /* the result has the mode of the target, or of an ordinary new file; FALSE: its own */
} TempPersist;

G_END_DECLS
