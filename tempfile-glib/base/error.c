/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/error.h"

#include <string.h>

/* Sets a `G_IO_ERROR` that reads "ACTION “PATH”: CAUSE". The path is in the file name encoding; the message shows it as
 * UTF-8. Takes errno as an argument, so that the caller saves it before anything can change it. */
void
temp_error_from_errno (GError    **error,
                       int         errsv,
                       const char *action,
                       const char *path)
{
  g_autofree char *shown = NULL;

  if (error == NULL)
    return;

  shown = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), "%s “%s”: %s", action, shown, g_strerror (errsv));
}

/* Returns the cause at the end of an error's message, after the last colon; the whole message if there is no colon. The
 * string is the error's. */
const char *
temp_error_get_cause (const GError *error)
{
  const char *colon = strrchr (error->message, ':');

  return colon != NULL && colon[1] == ' ' ? colon + 2 : error->message;
}
