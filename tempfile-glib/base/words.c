/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/words.h"

#ifdef ENABLE_NLS

#include <errno.h>
#include <libintl.h>

#include "base/prefix.h"

/* The translations of what people read. */

/* Returns the directory of the translations. The user who starts a set-user-id program chooses its environment, and
 * must not choose what the program reads. */
static char *
find_directory (void)
{
  const char *path;
  char *found;

  if (temp_platform.is_privileged ())
    return g_strdup (TEMP_LOCALEDIR);

  path = g_getenv ("TEMPFILE_GLIB_LOCALEDIR");
  if (path != NULL && *path != '\0')
    return g_strdup (path);

  found = temp_prefix_find (TEMP_LOCALEDIR_IN_PREFIX, NULL, TEMP_KIND_DIR);
  return found != NULL ? found : g_strdup (TEMP_LOCALEDIR);
}

/* Tells gettext where the translations are, before the first text: a program that shows none pays nothing. Takes no
 * lock, which a thread could hold while another one forks; two threads that come at once do it twice, which does no
 * harm. */
static void
bind_domain (void)
{
  static gint is_bound; /* atomic */
  g_autofree char *directory = NULL;

  if (g_atomic_int_get (&is_bound))
    return;

  directory = find_directory ();
  bindtextdomain (TEMP_TEXT_DOMAIN, directory);
  bind_textdomain_codeset (TEMP_TEXT_DOMAIN, "UTF-8");
  g_atomic_int_set (&is_bound, TRUE);
}

/* Returns the translation of a text, or the text itself. Keeps errno, which the caller may pass to the same function
 * as the text. */
const char *
temp_words_get (const char *text)
{
  int errsv = errno;

  bind_domain ();
  text = g_dgettext (TEMP_TEXT_DOMAIN, text);
  errno = errsv;
  return text;
}

/* Like temp_words_get(), in the form for n. */
const char *
temp_words_get_plural (const char *one,
                       const char *many,
                       gulong      n)
{
  int errsv = errno;
  const char *text;

  bind_domain ();
  text = g_dngettext (TEMP_TEXT_DOMAIN, one, many, n);
  errno = errsv;
  return text;
}

#else

const char *
temp_words_get (const char *text)
{
  return text;
}

const char *
temp_words_get_plural (const char *one,
                       const char *many,
                       gulong      n)
{
  return n == 1 ? one : many;
}

#endif
