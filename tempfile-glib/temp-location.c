/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-location.h"

#include "entry/location.h"

/**
 * temp_get_default_dir:
 * @error: return location for an error
 *
 * Gets the directory that temporary files and directories are made in when none is named.
 *
 * It is what [func@Temp.set_default_dir] was given, or else the first of these that takes a
 * file: the directories named by the environment variables `TMPDIR`, `TEMP` and `TMP`, then
 * `/tmp`, `/var/tmp` and `/usr/tmp`. `G_TEST_TMPDIR` comes before them all, as it does for
 * [func@GLib.get_tmp_dir]. A set-user-id program does not look at its environment. It is never
 * the current directory unless one of the variables names it.
 *
 * The directories are looked at once, when the default one is first needed.
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
 * Sets the directory that temporary files and directories are made in when none is named.
 *
 * A relative path is taken from the current directory of now. With %NULL, the next
 * [func@Temp.get_default_dir] looks at the environment again. Things made before stay where they are.
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
