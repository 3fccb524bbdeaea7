/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/environment.h"

#include "platform/platform.h"

/* The environment, without GLib, whose functions make directories, and print warnings where the user has no home. */

/* Returns the value of an environment variable if that is an absolute path; else NULL. A relative path leads elsewhere
 * in a sweep, and in this process once it changes its directory. */
const char *
temp_environment_get_path (const char *variable)
{
  const char *path = g_getenv (variable);

  return path != NULL && g_path_is_absolute (path) ? path : NULL;
}

/* Returns the user's home directory; NULL if there is none. */
char *
temp_environment_get_home (void)
{
  const char *path = temp_environment_get_path ("HOME");
  g_autofree char *home = NULL;

  if (path != NULL || g_getenv ("HOME") != NULL)
    return g_strdup (path);
  if (temp_platform.get_home (&home) < 0)
    return NULL;
  return g_path_is_absolute (home) ? g_steal_pointer (&home) : NULL;
}
