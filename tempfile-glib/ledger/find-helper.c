/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/find-helper.h"

#include <string.h>

#include "platform/platform.h"

/* The library and the helper are installed as PREFIX/LIBDIR/LIBRARY and PREFIX/LIBEXECDIR/HELPER. Where the prefix was
 * moved, as that of an AppImage, the compiled-in path leads nowhere, but the two are as far from each other as before. */

/* Returns TRUE if both are files of one owner. Whoever owns the library may choose its helper; but others may be able to
 * make files in the prefix. */
static gboolean
belongs_to_library (const char *helper,
                    const char *library)
{
  TempStat helper_st, library_st;

  return temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, helper, &helper_st) == 0 &&
         temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, library, &library_st) == 0 &&
         helper_st.kind == TEMP_KIND_FILE && helper_st.uid == library_st.uid;
}

/* Returns the helper in the prefix that the library was loaded from; NULL if there is none, or if the library is part of
 * the program. A relative path may lead elsewhere by now. Links are resolved, such as that from /lib to /usr/lib. */
static char *
find_beside_library (void)
{
  static const char here = 0;
  g_autofree char *loaded = NULL;
  g_autofree char *library = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *base = NULL;
  g_autofree char *helper = NULL;

  if (g_path_is_absolute (TEMP_LIBDIR) || g_path_is_absolute (TEMP_LIBEXECDIR) ||
      temp_platform.find_loaded (&here, &loaded) < 0 || !g_path_is_absolute (loaded) ||
      temp_platform.resolve (loaded, &library) < 0)
    return NULL;

  dir = g_path_get_dirname (library);
  base = g_path_get_basename (library);
  if (!g_str_has_prefix (base, TEMP_LIBRARY_NAME ".") || !g_str_has_suffix (dir, "/" TEMP_LIBDIR))
    return NULL;

  dir[strlen (dir) - strlen (TEMP_LIBDIR)] = '\0';
  helper = g_build_filename (dir, TEMP_LIBEXECDIR, TEMP_HELPER_NAME, NULL);
  return belongs_to_library (helper, library) ? g_steal_pointer (&helper) : NULL;
}

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

  found = find_beside_library ();
  return found != NULL ? found : g_strdup (TEMP_HELPER_PATH);
}
