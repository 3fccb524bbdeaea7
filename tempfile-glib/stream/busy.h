/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "entry/entry.h"

G_BEGIN_DECLS

/* An operation for which a file and its two streams are busy. */
typedef struct
{
  GIOStream     *file;
  GInputStream  *input;  /* NULL: it is closed, or not made yet */
  GOutputStream *output;
} TempBusy;

gboolean temp_busy_fail  (TempEntry        *entry,
                          TempEntryAction   action,
                          GError           *cause,
                          GError          **error);
gboolean temp_busy_set   (GIOStream        *file,
                          TempEntry        *entry,
                          TempEntryAction   action,
                          GError          **error);
gboolean temp_busy_check (GIOStream        *file,
                          GInputStream     *input,
                          GOutputStream    *output,
                          TempEntry        *entry,
                          TempEntryAction   action,
                          GError          **error);
gboolean temp_busy_begin (TempBusy         *busy,
                          GIOStream        *file,
                          GInputStream     *input,
                          GOutputStream    *output,
                          TempEntry        *entry,
                          TempEntryAction   action,
                          GError          **error);
void     temp_busy_end   (TempBusy         *busy);

G_END_DECLS
