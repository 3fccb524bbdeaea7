/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/busy.h"

#include "base/words.h"

/* Keeps the operations on a file and its two streams apart. The errors are those of GIO, but name the file and the
 * operation: `entry`, which may be NULL, and `action`. */

/* Sets the error of an operation that cannot begin, with the code of `cause`, GIO's own error, which it takes. Returns
 * FALSE, for the caller to return. */
gboolean
temp_busy_fail (TempEntry        *entry,
                TempEntryAction   action,
                GError           *cause,
                GError          **error)
{
  gboolean is_closed = g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CLOSED);

  temp_entry_set_cause (entry, error, cause->code,
                        is_closed ? _("it is closed") : _("another operation on it has not ended"), action);
  g_error_free (cause);
  return FALSE;
}

/* Makes the file busy, until g_io_stream_clear_pending(). */
gboolean
temp_busy_set (GIOStream        *file,
               TempEntry        *entry,
               TempEntryAction   action,
               GError          **error)
{
  GError *cause = NULL;

  return g_io_stream_set_pending (file, &cause) || temp_busy_fail (entry, action, cause, error);
}

/* Fails if one of the three is busy. Each may be NULL. */
gboolean
temp_busy_check (GIOStream        *file,
                 GInputStream     *input,
                 GOutputStream    *output,
                 TempEntry        *entry,
                 TempEntryAction   action,
                 GError          **error)
{
  if ((file == NULL || !g_io_stream_has_pending (file)) && (input == NULL || !g_input_stream_has_pending (input)) &&
      (output == NULL || !g_output_stream_has_pending (output)))
    return TRUE;

  temp_entry_set_cause (entry, error, G_IO_ERROR_PENDING, _("another operation on it has not ended"), action);
  return FALSE;
}

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
temp_busy_begin (TempBusy         *busy,
                 GIOStream        *file,
                 GInputStream     *input,
                 GOutputStream    *output,
                 TempEntry        *entry,
                 TempEntryAction   action,
                 GError          **error)
{
  GError *cause = NULL;

  if (!temp_busy_set (file, entry, action, error))
    return FALSE;

  *busy = (TempBusy) { .file = file };
  if (output != NULL && !g_output_stream_is_closed (output))
    {
      if (!g_output_stream_set_pending (output, &cause))
        goto failed;
      busy->output = output;
    }

  if (input != NULL && !g_input_stream_is_closed (input))
    {
      if (!g_input_stream_set_pending (input, &cause))
        goto failed;
      busy->input = input;
    }

  return TRUE;

failed:
  temp_busy_end (busy);
  return temp_busy_fail (entry, action, cause, error);
}
