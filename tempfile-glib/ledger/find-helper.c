/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/find-helper.h"

#include "base/prefix.h"
#include "platform/platform.h"

/* Returns the path of the helper program. The user who starts a set-user-id program chooses its environment, and may
 * choose what it takes for its own path. */
char *
temp_find_helper (void)
{
  const char *path;
  char *found;

  if (temp_platform.is_privileged ())
    return g_strdup (TEMP_HELPER_PATH);

  path = g_getenv ("TEMPFILE_GLIB_SWEEP");
  if (path != NULL && *path != '\0')
    return g_strdup (path);

  found = temp_prefix_find (TEMP_LIBEXECDIR, TEMP_HELPER_NAME, TEMP_KIND_FILE);
  return found != NULL ? found : g_strdup (TEMP_HELPER_PATH);
}
