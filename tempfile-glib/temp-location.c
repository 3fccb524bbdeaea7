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
