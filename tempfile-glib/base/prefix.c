/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/prefix.h"

#include <string.h>

/* The library is installed as PREFIX/LIBDIR/LIBRARY, and its other files are in the same prefix. Where the prefix was
 * moved, as that of an AppImage, the compiled-in paths lead nowhere, but the files are as far from each other as
 * before. */

/* Returns TRUE if both have one owner, and the file is of that kind. Whoever owns the library may choose its files; but
 * others may be able to make files in the prefix. */
static gboolean
belongs_to_library (const char *path,
                    TempKind    kind,
                    const char *library)
{
  TempStat st, library_st;

  return temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, path, &st) == 0 &&
         temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, library, &library_st) == 0 &&
         st.kind == kind && st.uid == library_st.uid;
}

/* Returns the path of a file or directory in the prefix that the library was loaded from; NULL if there is none, or
 * if the library is part of the program. `dir` is relative to the prefix: an absolute one is in no prefix. A
 * relative path may lead elsewhere by now. Links are resolved, such as that from /lib to /usr/lib. */
char *
temp_prefix_find (const char *dir,
                  const char *base,
                  TempKind    kind)
{
  static const char here = 0;
  g_autofree char *loaded = NULL;
  g_autofree char *library = NULL;
  g_autofree char *library_dir = NULL;
  g_autofree char *library_base = NULL;
  g_autofree char *found = NULL;

  if (g_path_is_absolute (TEMP_LIBDIR) || g_path_is_absolute (dir) ||
      temp_platform.find_loaded (&here, &loaded) < 0 || !g_path_is_absolute (loaded) ||
      temp_platform.resolve (loaded, &library) < 0)
    return NULL;

  library_dir = g_path_get_dirname (library);
  library_base = g_path_get_basename (library);
  if (!g_str_has_prefix (library_base, TEMP_LIBRARY_NAME ".") || !g_str_has_suffix (library_dir, "/" TEMP_LIBDIR))
    return NULL;

  library_dir[strlen (library_dir) - strlen (TEMP_LIBDIR)] = '\0';
  found = g_build_filename (library_dir, dir, base, NULL);
  return belongs_to_library (found, kind, library) ? g_steal_pointer (&found) : NULL;
}
