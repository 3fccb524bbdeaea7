/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "entry/entry.h"

G_BEGIN_DECLS

#define TEMP_TYPE_INPUT_STREAM (temp_input_stream_get_type ())

G_DECLARE_FINAL_TYPE (TempInputStream, temp_input_stream, TEMP, INPUT_STREAM, GFileInputStream)

GInputStream *temp_input_stream_new (TempEntry *entry);

G_END_DECLS
