/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* The most bytes that are copied between two looks at the cancellable. */
#define TEMP_COPY_CHUNK ((gsize) 64 << 20)

/* A copy from one descriptor to another, inside the kernel where it can. */
typedef struct
{
  TempHandle    in;
  TempHandle    out;
  int           timeout_ms; /* to wait for a pipe or a socket; -1: for ever */
  GCancellable *cancellable;

  guint64       n_copied;
} TempCopy;

gboolean temp_copy_run (TempCopy  *copy,
                        GError   **error);

G_END_DECLS
