/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/busy.h"

/* Ends an operation that temp_busy_begin() began. */
void
temp_busy_end (TempBusy *busy)
{
  if (busy->input != NULL)
    g_input_stream_clear_pending (busy->input);
  if (busy->output != NULL)
    g_output_stream_clear_pending (busy->output);
  g_io_stream_clear_pending (busy->file);
  *busy = (TempBusy) { .file = NULL };
}

/* Makes the file and its streams busy, so that any other operation on them fails with G_IO_ERROR_PENDING. Fails with
 * that if one of them is busy already, and with G_IO_ERROR_CLOSED. A stream may be NULL; a thread needs both, since a
 * stream that is made later is not busy. */
gboolean
temp_busy_begin (TempBusy       *busy,
                 GIOStream      *file,
                 GInputStream   *input,
                 GOutputStream  *output,
                 GError        **error)
{
  if (!g_io_stream_set_pending (file, error))
    return FALSE;

  *busy = (TempBusy) { .file = file };
  if (output != NULL && !g_output_stream_is_closed (output))
    {
      if (!g_output_stream_set_pending (output, error))
        goto failed;
      busy->output = output;
    }

  if (input != NULL && !g_input_stream_is_closed (input))
    {
      if (!g_input_stream_set_pending (input, error))
        goto failed;
      busy->input = input;
    }

  return TRUE;

failed:
  temp_busy_end (busy);
  return FALSE;
}
