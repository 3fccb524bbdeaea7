/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "entry/entry.h"

G_BEGIN_DECLS

#define TEMP_TYPE_OUTPUT_STREAM (temp_output_stream_get_type ())

G_DECLARE_FINAL_TYPE (TempOutputStream, temp_output_stream, TEMP, OUTPUT_STREAM, GFileOutputStream)

GOutputStream *temp_output_stream_new (TempEntry *entry);

G_END_DECLS
