/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-file-private.h"

#include "persist/persist.h"

/* The constructors. */

/**
 * temp_file_new: (constructor)
 * @dir: (type filename) (nullable): the directory whose filesystem is to hold it, or %NULL for the default one
 * @error: return location for an error
 *
 * Makes a temporary file without a name.
 *
 * No other user and no other program can open it by a path, and nothing is left of it once
 * it is closed, however the program ends. The filesystem may not have such files: then
 * it is made with a random name, which is taken away at once.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (TempFile) file = temp_file_new (NULL, &error);
 *
 * if (file == NULL)
 *   g_error ("%s", error->message);
 *
 * GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
 * g_output_stream_printf (output, NULL, NULL, &error, "Hello\n");
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error; the message names @dir.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new (const char  *dir,
               GError     **error)
{
  return temp_file_make_nameless (dir, error);
}

/**
 * temp_file_new_named: (constructor)
 * @dir: (type filename) (nullable): the directory to make it in, or %NULL for the default one
 * @prefix: (type filename) (nullable): what its name begins with, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): what its name ends in, or %NULL for nothing
 * @error: return location for an error
 *
 * Makes a temporary file with a name, for other programs to open.
 *
 * The name is @prefix, 16 letters and digits that nobody can guess, and @suffix.
 * See [class@Temp.File] for when it is deleted.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_file_new_named (NULL, "myapp_", ".log", &error);
 *
 * g_print ("Logging to %s\n", temp_file_get_path (file));
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, with `G_IO_ERROR_INVALID_FILENAME` if
 * @prefix or @suffix hold a `/`, and with `G_IO_ERROR_EXISTS` if 100 names in a row were taken.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_named (const char  *dir,
                     const char  *prefix,
                     const char  *suffix,
                     GError     **error)
{
  return temp_file_make_named (dir, NULL, prefix, suffix, error);
}

/**
 * temp_file_new_beside: (constructor)
 * @target: the file that is to be written, which need not exist
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Makes a temporary file without a name where @target is, to become @target once it is complete.
 *
 * This is the way to save a document: whoever opens it finds the old contents or the new ones,
 * and until [method@Temp.File.persist] has succeeded, nothing has happened to it. If @target
 * is a symbolic link, the file is made where the one that it points to is.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_file_new_beside (document, NULL, &error);
 *
 * if (file == NULL)
 *   return FALSE;
 *
 * GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
 * return g_output_stream_write_all (output, text, strlen (text), NULL, NULL, &error) &&
 *        temp_file_persist (file, document, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, &error);
 * ```
 *
 * Fails as [ctor@Temp.File.new] does, with `G_IO_ERROR_NOT_SUPPORTED` if @target has no local path, and
 * with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_beside (GFile         *target,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autofree char *dir = NULL;

  g_return_val_if_fail (G_IS_FILE (target), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  dir = temp_persist_find_dir (target, error);
  return dir != NULL ? g_initable_new (TEMP_TYPE_FILE, cancellable, error, "dir", dir, NULL) : NULL;
}

static TempFile *
new_finish (GAsyncResult  *result,
            GError       **error)
{
  g_autoptr (GObject) source = g_async_result_get_source_object (result);
  GObject *object;

  g_return_val_if_fail (TEMP_IS_FILE (source), NULL);

  object = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, error);
  return object != NULL ? TEMP_FILE (object) : NULL;
}

/**
 * temp_file_new_async:
 * @dir: (type filename) (nullable): the directory whose filesystem is to hold it, or %NULL for the default one
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Makes a temporary file without a name, without blocking.
 *
 * [ctor@Temp.File.new_finish] gives the result; [ctor@Temp.File.new] says more. If it is cancelled,
 * nothing is left.
 *
 * Since: 1.0
 */
void
temp_file_new_async (const char          *dir,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (TEMP_TYPE_FILE, io_priority, cancellable, callback, user_data,
                              "dir", dir,
                              NULL);
}

/**
 * temp_file_new_finish: (constructor)
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [func@Temp.File.new_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempFile) file = temp_file_new_finish (result, &error);
 *
 *   if (file == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.File.new] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_finish (GAsyncResult  *result,
                      GError       **error)
{
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  return new_finish (result, error);
}

/**
 * temp_file_new_named_async:
 * @dir: (type filename) (nullable): the directory to make it in, or %NULL for the default one
 * @prefix: (type filename) (nullable): what its name begins with, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): what its name ends in, or %NULL for nothing
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Makes a temporary file with a name, without blocking.
 *
 * [ctor@Temp.File.new_named_finish] gives the result; [ctor@Temp.File.new_named] says more. If it is
 * cancelled, nothing is left.
 *
 * Since: 1.0
 */
void
temp_file_new_named_async (const char          *dir,
                           const char          *prefix,
                           const char          *suffix,
                           int                  io_priority,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (TEMP_TYPE_FILE, io_priority, cancellable, callback, user_data,
                              "dir", dir,
                              "prefix", prefix,
                              "suffix", suffix,
                              "named", TRUE,
                              NULL);
}

/**
 * temp_file_new_named_finish: (constructor)
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [func@Temp.File.new_named_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempFile) file = temp_file_new_named_finish (result, &error);
 *
 *   if (file == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.File.new_named] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_named_finish (GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  return new_finish (result, error);
}
