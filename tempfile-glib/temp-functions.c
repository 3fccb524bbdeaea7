/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-functions.h"

#include "entry/entry.h"

/**
 * temp_mkstemp:
 * @dir: (type filename) (nullable): the directory to make the file in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @path: (out) (transfer full) (type filename) (optional): the absolute path of the file
 * @error: return location for an error
 *
 * Makes a file with a name that belongs to the caller from the start: the library never deletes it.
 *
 * The file is created exclusively, and only its owner can read and write it. The descriptor is open for both, and
 * closed on `exec()`. Where the file need not outlive the program, [ctor@Temp.File.new_named] also takes care of its
 * end.
 *
 * ```c
 * g_autofree char *path = NULL;
 * int fd = temp_mkstemp (NULL, "report-", ".txt", &path, &error);
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, or with `G_IO_ERROR_INVALID_FILENAME` if @prefix or @suffix
 * hold a `/`.
 *
 * Returns: a file descriptor, which the caller closes, or -1 if @error is set
 *
 * Since: 1.0
 */
int
temp_mkstemp (const char  *dir,
              const char  *prefix,
              const char  *suffix,
              char       **path,
              GError     **error)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();

  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (path != NULL)
    *path = NULL;

  temp_entry_set_callers (entry);
  if (!temp_entry_create_file (entry, dir, NULL, prefix, suffix, 0600, error))
    return -1;

  if (path != NULL)
    *path = g_strdup (temp_entry_get_path (entry));

  return temp_entry_steal_fd (entry);
}

/**
 * temp_mkdtemp:
 * @dir: (type filename) (nullable): the directory to make the new one in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @error: return location for an error
 *
 * Makes a directory that belongs to the caller from the start: the library never deletes it.
 *
 * Only its owner may look into the directory. Where it need not outlive the program, [ctor@Temp.Dir.new] also takes
 * care of its end.
 *
 * ```c
 * g_autofree char *path = temp_mkdtemp (NULL, "unpacked-", NULL, &error);
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, or with `G_IO_ERROR_INVALID_FILENAME` if @prefix or @suffix
 * hold a `/`.
 *
 * Returns: (transfer full) (type filename): the absolute path of the directory
 *
 * Since: 1.0
 */
char *
temp_mkdtemp (const char  *dir,
              const char  *prefix,
              const char  *suffix,
              GError     **error)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  temp_entry_set_callers (entry);
  if (!temp_entry_create_dir (entry, dir, NULL, prefix, suffix, 0700, error))
    return NULL;

  return g_strdup (temp_entry_get_path (entry));
}
