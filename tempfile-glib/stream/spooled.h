/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "stream/spool.h"

G_BEGIN_DECLS

#define TEMP_TYPE_SPOOLED_INPUT_STREAM (temp_spooled_input_stream_get_type ())
#define TEMP_TYPE_SPOOLED_OUTPUT_STREAM (temp_spooled_output_stream_get_type ())

G_DECLARE_FINAL_TYPE (TempSpooledInputStream, temp_spooled_input_stream,
                      TEMP, SPOOLED_INPUT_STREAM, GInputStream)
G_DECLARE_FINAL_TYPE (TempSpooledOutputStream, temp_spooled_output_stream,
                      TEMP, SPOOLED_OUTPUT_STREAM, GOutputStream)

GInputStream  *temp_spooled_input_stream_new  (TempSpool *spool);
GOutputStream *temp_spooled_output_stream_new (TempSpool *spool);

G_END_DECLS
