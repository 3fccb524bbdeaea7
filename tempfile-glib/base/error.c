/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/error.h"

#include <string.h>

/* Returns the sentence with its two places filled. Not by printf(), so that callers can choose among sentences. */
static char *
fill (const char *sentence,
      const char *path,
      const char *cause)
{
  g_auto (GStrv) parts = g_strsplit (sentence, "%s", path != NULL ? 3 : 2);
  GString *message = g_string_new (parts[0]);

  for (guint i = 1; parts[i] != NULL; i++)
    {
      g_string_append (message, i == 1 && path != NULL ? path : cause);
      g_string_append (message, parts[i]);
    }
  return g_string_free (message, FALSE);
}

/* Sets an error that tells path and cause. The path is in the file name encoding; the message shows it as UTF-8. A
 * path of NULL has no place in the sentence. */
void
temp_error_set (GError     **error,
                GQuark       domain,
                int          code,
                const char  *sentence,
                const char  *path,
                const char  *cause)
{
  g_autofree char *shown = NULL;
  g_autofree char *message = NULL;

  if (error == NULL)
    return;

  shown = path != NULL ? g_filename_display_name (path) : NULL;
  message = fill (sentence, shown, cause);
  g_set_error_literal (error, domain, code, message);
}

/* Sets a `G_IO_ERROR` with the code and the cause of errno. Takes that as an argument, so that the caller saves it
 * before anything can change it. */
void
temp_error_from_errno (GError     **error,
                       int          errsv,
                       const char  *sentence,
                       const char  *path)
{
  temp_error_set (error, G_IO_ERROR, g_io_error_from_errno (errsv), sentence, path, g_strerror (errsv));
}

/* Sets an error with the code and the cause of another one, which it takes. A cancellation stays as it is. */
void
temp_error_from_cause (GError     **error,
                       GError      *cause,
                       const char  *sentence,
                       const char  *path)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, cause);
      return;
    }

  temp_error_set (error, cause->domain, cause->code, sentence, path, temp_error_get_cause (cause));
  g_error_free (cause);
}

/* Returns the cause at the end of an error's message, after the last colon; the whole message if there is no colon. The
 * string is the error's. */
const char *
temp_error_get_cause (const GError *error)
{
  const char *colon = g_strrstr (error->message, ": ");

  return colon != NULL ? colon + 2 : error->message;
}
