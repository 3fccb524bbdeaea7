/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-save.h"

#include "persist/persist.h"
#include "task/task.h"
#include "temp-file.h"

typedef struct
{
  GBytes           *contents;
  char             *etag;
  TempPersistFlags  flags;
  char             *new_etag;
} Save;

static void
save_free (gpointer data)
{
  Save *save = data;

  g_bytes_unref (save->contents);
  g_free (save->etag);
  g_free (save->new_etag);
  g_free (save);
}

/* Replaces a file that is not local, as GIO does it. */
static gboolean
replace_by_gio (GFile         *file,
                Save          *save,
                GCancellable  *cancellable,
                GError       **error)
{
  gsize size;
  const char *data = g_bytes_get_data (save->contents, &size);

  return g_file_replace_contents (file, size > 0 ? data : "", size, save->etag, FALSE, G_FILE_CREATE_NONE,
                                  &save->new_etag, cancellable, error);
}

static gboolean
save_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  GFile *file = source;
  Save *save = data;
  g_autoptr (TempFile) made = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!g_file_is_native (file))
    return replace_by_gio (file, save, cancellable, error);

  made = temp_file_new_beside (file, cancellable, error);
  if (made == NULL)
    return FALSE;

  temp_file_set_expected_etag (made, save->etag);
  if (!temp_file_replace_bytes (made, save->contents, cancellable, &local_error))
    return temp_persist_fail_by (file, error, g_steal_pointer (&local_error));
  if (!temp_file_persist (made, file, save->flags | TEMP_PERSIST_REPLACE, cancellable, error))
    return FALSE;

  /* The document is in place: a descriptor that cannot be closed changes nothing. */
  g_io_stream_close (G_IO_STREAM (made), NULL, NULL);
  save->new_etag = g_file_io_stream_get_etag (G_FILE_IO_STREAM (made));
  return TRUE;
}

static const TempTaskSteps save_steps = { NULL, save_run, NULL };

/**
 * temp_replace_contents:
 * @file: the document
 * @contents: what is to be in it
 * @etag: (nullable): the entity tag that the old document must have, or %NULL for any
 * @flags: how to save it; %TEMP_PERSIST_REPLACE is implied
 * @new_etag: (out) (optional) (nullable) (transfer full): the entity tag of the new document
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Saves a document, in one call and without harm.
 *
 * At every moment, a program that opens @file finds the old contents or the new ones, whole. If this program is
 * killed, nothing is left beside @file. If @file is a symbolic link, the file that it points to is replaced. Mode,
 * owner, group, access control list and extended attributes are preserved, as [method@Temp.File.persist] says; a new
 * document gets the default mode.
 *
 * With %TEMP_PERSIST_DURABLE, the new contents survive a power cut once this returns. Without it, some filesystems
 * lose both the old and the new contents in a power cut.
 *
 * An editor wants %TEMP_PERSIST_IN_PLACE: then a file that cannot be replaced without harm is written into, as one that
 * has a second name, or that belongs to another user. Others may see that half-written, and a kill leaves it so, with a
 * backup of the old contents: see [method@Temp.File.persist]. Without that flag, this is an error of
 * [error@Temp.SaveError], and an application can ask the user.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (GBytes) contents = g_bytes_new (text, strlen (text));
 *
 * if (!temp_replace_contents (document, contents, self->etag, TEMP_PERSIST_IN_PLACE | TEMP_PERSIST_DURABLE,
 *                             &new_etag, NULL, &error))
 *   show_toast (error->message);
 * ```
 *
 * A @file that is not local is saved by [method@Gio.File.replace_contents], so that an application needs no second way.
 * The promises are then those of its server: most write a new file and rename it, and none knows @flags.
 *
 * This may block. In the main thread, use [func@Temp.replace_contents_async].
 *
 * Fails with
 *
 * - `G_IO_ERROR_WRONG_ETAG` if another program has changed or deleted the document since @etag was read
 * - `G_IO_ERROR_PERMISSION_DENIED` if the user may not write the document, or may not make one there
 * - `G_IO_ERROR_IS_DIRECTORY` or `G_IO_ERROR_NOT_REGULAR_FILE` if @file is no file
 * - `G_IO_ERROR_NO_SPACE` if the disk is full
 * - an error of [error@Temp.SaveError] if %TEMP_PERSIST_IN_PLACE is missing
 * - `G_IO_ERROR_CANCELLED`, and the `G_IO_ERROR` of the system call's error otherwise
 *
 * On error, the document has not changed; the message names it, and is fit for people. [method@Temp.File.persist]
 * tells of the steps that can fail when the new document is in place.
 *
 * Returns: %TRUE if @contents are in @file, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_replace_contents (GFile             *file,
                       GBytes            *contents,
                       const char        *etag,
                       TempPersistFlags   flags,
                       char             **new_etag,
                       GCancellable      *cancellable,
                       GError           **error)
{
  Save save = { .contents = contents, .etag = (char *) etag, .flags = flags };
  gboolean saved;

  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (contents != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  saved = temp_task_run (&save_steps, file, &save, cancellable, error);
  if (new_etag != NULL)
    *new_etag = g_steal_pointer (&save.new_etag);
  g_free (save.new_etag);
  return saved;
}

/**
 * temp_replace_contents_async:
 * @file: the document
 * @contents: what is to be in it
 * @etag: (nullable): the entity tag that the old document must have, or %NULL for any
 * @flags: how to save it; %TEMP_PERSIST_REPLACE is implied
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Saves a document, in one call and without harm, without blocking.
 *
 * Get the result with [func@Temp.replace_contents_finish]. [func@Temp.replace_contents] says more. If the operation is
 * cancelled in time, nothing has changed.
 *
 * Two operations on one @file at a time: each saves a whole document, and the last one wins.
 *
 * Since: 1.0
 */
void
temp_replace_contents_async (GFile               *file,
                             GBytes              *contents,
                             const char          *etag,
                             TempPersistFlags     flags,
                             int                  io_priority,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  Save *save;

  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (contents != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  save = g_new (Save, 1);
  *save = (Save) { .contents = g_bytes_ref (contents), .etag = g_strdup (etag), .flags = flags };
  temp_task_run_async (&save_steps, file, save, save_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_replace_contents_finish:
 * @result: the result that the callback got
 * @new_etag: (out) (optional) (nullable) (transfer full): the entity tag of the new document
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.replace_contents_async] began.
 *
 * ```c
 * static void
 * on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autofree char *etag = NULL;
 *
 *   if (!temp_replace_contents_finish (result, &etag, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [func@Temp.replace_contents] does.
 *
 * Returns: %TRUE if the contents are in the document, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_replace_contents_finish (GAsyncResult  *result,
                              char         **new_etag,
                              GError       **error)
{
  Save *save;

  g_return_val_if_fail (G_IS_TASK (result), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) &save_steps), FALSE);

  save = temp_task_finish (result, error);
  if (new_etag != NULL)
    *new_etag = save != NULL ? g_steal_pointer (&save->new_etag) : NULL;
  return save != NULL;
}
