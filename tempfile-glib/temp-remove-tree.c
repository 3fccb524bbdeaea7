/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-remove-tree.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"
#include "task/remove.h"
#include "tree/tree.h"

/* Its address is the source tag of the tasks: ISO C does not convert the address of a function to a plain pointer. */
static char tree_task;

static gboolean
fail (GError     **error,
      int          errsv,
      const char  *path)
{
  temp_error_from_errno (error, errsv, _("Could not remove “%s”: %s"), path);
  return FALSE;
}

/* Looks at the top of the tree, which may be a file. The descriptor is enough to go on from there. Fails with errno. */
static gboolean
look_at_top (TempHandle  parent_fd,
             const char *base,
             TempHandle *fd,
             TempStat   *st)
{
  int result;

  do
    result = temp_platform.look (parent_fd, base, fd, st);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Removes the tree once. Fails and sets *again to TRUE if the caller has to try again: somebody has put a file in place
 * of a directory, or the other way round, or has added to the directory. */
static gboolean
remove_once (TempHandle           parent_fd,
             const char          *base,
             const char          *path,
             TempRemoveFlags      flags,
             TempRemoveProgress  *progress,
             GCancellable        *cancellable,
             gboolean            *again,
             GError             **error)
{
  TempRemoveOptions options = { .progress = progress, .cancellable = cancellable };
  temp_autofd TempHandle fd = -1;
  gboolean keeps_root = (flags & TEMP_REMOVE_KEEP_ROOT) != 0, is_dir;
  TempStat st;

  if (!look_at_top (parent_fd, base, &fd, &st))
    return fail (error, errno, path);

  is_dir = st.kind == TEMP_KIND_DIR;
  if (!is_dir && keeps_root)
    return fail (error, ENOTDIR, path);
  if (is_dir && !keeps_root && !temp_remove_is_on_mount (parent_fd, fd))
    return fail (error, errno, path);

  if (is_dir && !temp_remove_contents (fd, path, &options, error))
    return FALSE;
  if (keeps_root)
    return TRUE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if ((is_dir ? temp_platform.remove_dir (parent_fd, base) : temp_platform.remove_file (parent_fd, base)) == 0)
    {
      progress->n_removed++;
      return TRUE;
    }

  /* Somebody else has removed it. */
  if (errno == ENOENT)
    return TRUE;

  *again = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR || errno == EISDIR;
  return fail (error, errno, path);
}

static gboolean
remove_tree (GFile               *file,
             TempRemoveFlags      flags,
             TempRemoveProgress  *progress,
             GCancellable        *cancellable,
             GError             **error)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *dir = path != NULL ? g_path_get_dirname (path) : NULL;
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : NULL;
  temp_autofd TempHandle parent_fd = -1;

  if (path == NULL || !g_file_has_parent (file, NULL))
    {
      g_autofree char *shown = g_file_get_parse_name (file);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   path == NULL ? _("Could not remove “%s”: it is no local file")
                                : _("Could not remove “%s”: it is the root of all files"), shown);
      return FALSE;
    }

  parent_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_FOLLOW);
  if (parent_fd < 0)
    return fail (error, errno, path);

  for (guint i = 1;; i++)
    {
      g_autoptr (GError) local_error = NULL;
      gboolean again = FALSE;

      if (remove_once (parent_fd, base, path, flags, progress, cancellable, &again, &local_error))
        return TRUE;

      if (!again || i == TEMP_REMOVE_MAX_PASSES)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
}

static gboolean
remove_with_flags (GFile               *file,
                   TempRemoveFlags      flags,
                   TempRemoveProgress  *progress,
                   GCancellable        *cancellable,
                   GError             **error)
{
  g_autoptr (GError) local_error = NULL;

  if (remove_tree (file, flags, progress, cancellable, &local_error))
    return TRUE;
  if ((flags & TEMP_REMOVE_IGNORE_ERRORS) != 0 && !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * temp_remove_tree:
 * @file: the directory to remove, which is a local one; or a file
 * @flags: how to remove it
 * @cancellable: (nullable): an object that cancels the operation
 * @progress: (scope call) (closure progress_data) (nullable): called now and then, and once at the end
 * @progress_data: data for @progress
 * @error: return location for an error
 *
 * Removes a directory with everything in it.
 *
 * The tree can be of any size, depth and kind; several threads remove a large one. If something cannot be removed, the
 * rest is removed nevertheless, and the first error is returned; its message tells the path in the tree, and how many
 * entries are left. With %TEMP_REMOVE_IGNORE_ERRORS, no error is returned then.
 *
 * If @file is a symbolic link or no directory, it is removed itself, except with %TEMP_REMOVE_KEEP_ROOT.
 *
 * ## Security
 *
 * No symbolic link is followed, even if others change the tree meanwhile: each step goes by the descriptor of the
 * directory it is in. Directories of this user that do not let the user in are opened up, and get back their mode if
 * they stay. Filesystems that are mounted in the tree are not entered.
 *
 * ## Errors
 *
 * Fails with `G_IO_ERROR_NOT_FOUND` if there is no @file, `G_IO_ERROR_BUSY` if something is mounted on it or in it,
 * `G_IO_ERROR_NOT_DIRECTORY` if a file is to be emptied, `G_IO_ERROR_NOT_SUPPORTED` if @file is not local,
 * `G_IO_ERROR_CANCELLED`, or the `G_IO_ERROR` of the system call's error. If it is cancelled, it stops at once; the
 * rest of the tree stays whole.
 *
 * ## Example
 *
 * ```c
 * g_autoptr (GFile) cache = g_file_new_build_filename (g_get_user_cache_dir (), "app", NULL);
 *
 * if (!temp_remove_tree (cache, TEMP_REMOVE_KEEP_ROOT, NULL, NULL, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Returns: %TRUE if the directory is gone, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_remove_tree (GFile                 *file,
                  TempRemoveFlags        flags,
                  GCancellable          *cancellable,
                  TempProgressCallback   progress,
                  gpointer               progress_data,
                  GError               **error)
{
  TempRemoveProgress state = { .callback = progress, .user_data = progress_data };
  gboolean removed;

  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  removed = remove_with_flags (file, flags, &state, cancellable, error);
  if (progress != NULL)
    progress (state.n_removed, progress_data);

  return removed;
}

static gboolean
remove_in_thread (GObject             *source,
                  gpointer             data,
                  TempRemoveProgress  *progress,
                  GCancellable        *cancellable,
                  GError             **error)
{
  return remove_with_flags (G_FILE (source), GPOINTER_TO_UINT (data), progress, cancellable, error);
}

/**
 * temp_remove_tree_async:
 * @file: the directory to remove, which is a local one; or a file
 * @flags: how to remove it
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @progress: (scope notified) (closure progress_data) (destroy progress_destroy) (nullable): called now and then, and
 *   once at the end, in the main context of the caller
 * @progress_data: data for @progress
 * @progress_destroy: (nullable): frees @progress_data
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Removes a directory with everything in it without blocking.
 *
 * Get the result with [func@Temp.remove_tree_finish]. [func@Temp.remove_tree] says more.
 *
 * Since: 1.0
 */
void
temp_remove_tree_async (GFile                *file,
                        TempRemoveFlags       flags,
                        int                   io_priority,
                        GCancellable         *cancellable,
                        TempProgressCallback  progress,
                        gpointer              progress_data,
                        GDestroyNotify        progress_destroy,
                        GAsyncReadyCallback   callback,
                        gpointer              user_data)
{
  GTask *task;

  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (file, cancellable, callback, user_data);
  g_task_set_source_tag (task, &tree_task);
  g_task_set_priority (task, io_priority);
  temp_remove_task_run (task, remove_in_thread, GUINT_TO_POINTER (flags), progress, progress_data, progress_destroy);
}

/**
 * temp_remove_tree_finish:
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.remove_tree_async] began.
 *
 * ```c
 * static void
 * on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_remove_tree_finish (result, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [func@Temp.remove_tree] does.
 *
 * Returns: %TRUE if the directory is gone, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_remove_tree_finish (GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (G_IS_TASK (result), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, &tree_task), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
