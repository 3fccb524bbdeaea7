/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/error.h"

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
