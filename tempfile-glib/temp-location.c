/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-location.h"

#include "entry/location.h"

/**
 * temp_get_default_dir:
 * @error: return location for an error
 *
 * Gets the default directory: temporary files and directories are made there if the caller names none.
 *
 * The default directory is the one that [func@Temp.set_default_dir] set, or else the first of these that takes a file:
 * the directories named by the environment variables `TMPDIR`, `TEMP` and `TMP`, then `/tmp`, `/var/tmp` and
 * `/usr/tmp`. `G_TEST_TMPDIR` comes before them all, as it does for [func@GLib.get_tmp_dir]. A set-user-id program does
 * not look at its environment. The current directory is never the default one unless one of the variables names it.
 *
 * The library looks at these directories once, when it first needs the default one.
 *
 * Fails with `G_IO_ERROR_NOT_FOUND` and a message that names those tried if none of them is usable.
 *
 * Returns: (transfer none) (type filename): the absolute path of the default directory
 *
 * Since: 1.0
 */
const char *
temp_get_default_dir (GError **error)
{
  return temp_location_get_default (error);
}

/**
 * temp_set_default_dir:
 * @dir: (type filename) (nullable): a directory, or %NULL to look again
 * @error: return location for an error
 *
 * Sets the default directory: temporary files and directories are made there if the caller names none.
 *
 * A relative path starts at the directory that is the current one now. With %NULL, the next [func@Temp.get_default_dir]
 * looks at the environment again. Files and directories that are there already stay where they are.
 *
 * Fails, and changes nothing, if no file can be made in @dir.
 *
 * Returns: %TRUE if @dir takes files or is %NULL, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_set_default_dir (const char  *dir,
                      GError     **error)
{
  return temp_location_set_default (dir, error);
}

/**
 * temp_get_dir:
 * @location: what the directory is for
 * @error: return location for an error
 *
 * Gets a directory of a certain kind, to be named to the functions that make temporary files and directories.
 *
 * - %TEMP_LOCATION_DEFAULT: the directory that [func@Temp.get_default_dir] gives.
 * - %TEMP_LOCATION_MEMORY: `/dev/shm` or `$XDG_RUNTIME_DIR`, the first that takes a file and is in memory.
 * - %TEMP_LOCATION_LARGE: `/var/tmp` or the user's cache directory, the first that takes a file and is not in memory.
 * - %TEMP_LOCATION_SHARED: in a Flatpak, `$XDG_CACHE_HOME`, and in a Snap, `$SNAP_USER_COMMON/.cache`: the `/tmp` of
 *   a sandbox is another one than that of the programs outside, but the application's cache directory has one path for
 *   both. Elsewhere, the default directory.
 *
 * A cache directory that is not there is made, with mode 0700, if the user owns the directory above it.
 *
 * The function looks each time, by making a file without a name, and may block while it does.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autofree char *dir = temp_get_dir (TEMP_LOCATION_LARGE, &error);
 * g_autoptr (TempFile) file = dir != NULL ? temp_file_new (dir, &error) : NULL;
 * ```
 *
 * Security: A set-user-id program does not look at its environment: it knows `/dev/shm`, `/var/tmp` and the default
 * directory alone. Other users may make files in the first two as well; nobody else may open the files made there.
 *
 * Fails with a message that names the directories tried, and with
 *
 * - `G_IO_ERROR_NO_SPACE` if @location is %TEMP_LOCATION_MEMORY, and none of them is usable;
 * - `G_IO_ERROR_NOT_FOUND` if none of those for another location is usable.
 *
 * Returns: (transfer full) (type filename): the absolute path of the directory
 *
 * Since: 1.0
 */
char *
temp_get_dir (TempLocation   location,
              GError       **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return temp_location_get (location, error);
}
