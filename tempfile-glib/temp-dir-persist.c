/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/persist.h"
#include "task/task.h"
#include "temp-dir-private.h"

typedef struct
{
  GFile            *destination;
  TempPersistFlags  flags;

  /* From begin() to end(). */
  const char       *old_path;
  gboolean          had_auto_delete;
} Persist;

static void
persist_free (gpointer data)
{
  Persist *persist = data;

  g_object_unref (persist->destination);
  g_free (persist);
}

static gboolean
begin (gpointer   source,
       gpointer   data,
       GError   **error)
{
  TempDir *self = source;
  Persist *persist = data;

  if (!g_atomic_int_compare_and_exchange (&self->is_persisting, FALSE, TRUE))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING, "The temporary directory is being persisted already");
      return FALSE;
    }

  persist->old_path = temp_dir_get_path (self);
  persist->had_auto_delete = temp_dir_get_auto_delete (self);
  return TRUE;
}

static void
end (gpointer source,
     gpointer data)
{
  TempDir *self = source;
  Persist *persist = data;

  g_atomic_int_set (&self->is_persisting, FALSE);
  temp_dir_notify_persisted (self, persist->old_path, persist->had_auto_delete);
}

static gboolean
run (gpointer       source,
     gpointer       data,
     GCancellable  *cancellable,
     GError       **error)
{
  TempDir *self = source;
  Persist *persist = data;

  if (temp_dir_get_fd (self) < 0)
    {
      const char *path = temp_entry_get_last_path (self->entry);
      g_autofree char *shown = path != NULL ? g_filename_display_name (path) : NULL;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "The temporary directory “%s” is deleted", shown != NULL ? shown : "");
      return FALSE;
    }

  return temp_persist_entry (self->entry, persist->destination, persist->flags, self->permissions == -1,
                             cancellable, error);
}

static const TempTaskSteps persist_steps = { begin, run, end };

/**
 * temp_dir_persist:
 * @self: a temporary directory
 * @destination: where it is to stay
 * @flags: how to do it
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Moves the directory, with all that is in it, to @destination, where it stays for good.
 *
 * At every moment, either what was there before or the whole new directory is at @destination. With
 * %TEMP_PERSIST_REPLACE, a directory that is there is replaced, and then removed with all that is in it.
 *
 * The mode becomes what an ordinary new directory would have, or that of the directory replaced, whose
 * owner, group, access control list and extended attributes are carried over too as far as the user may.
 * A mode set by [property@Temp.Dir:permissions] stays. What is in the directory stays as it is.
 *
 * With %TEMP_PERSIST_DURABLE, all of it is on the disk before the directory moves, which takes as long as it takes
 * to sync the filesystem that it is on. With %TEMP_PERSIST_COPY, @destination may be on another
 * filesystem: all of it is copied then.
 *
 * Afterwards, [property@Temp.Dir:path] and [property@Temp.Dir:file] say where it is, and nothing
 * deletes it. It cannot be persisted again. Objects for what was made in it go on to delete that, but
 * their paths are the old ones.
 *
 * ```c
 * g_autoptr (GFile) installed = g_file_new_build_filename (g_get_user_data_dir (), "myapp", "themes", NULL);
 *
 * if (!unpack_into (temp_dir_get_file (dir), &error) ||
 *     !temp_dir_persist (dir, installed, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Fails with
 *
 * - `G_IO_ERROR_EXISTS` if something is at @destination, and %TEMP_PERSIST_REPLACE is not set
 * - `G_IO_ERROR_NOT_SUPPORTED` if @destination is on another filesystem, and %TEMP_PERSIST_COPY is not set; if it
 *   has no local path; or if it has something in it, and its filesystem cannot replace it in one step
 * - `G_IO_ERROR_NOT_DIRECTORY` if it is no directory that is to be replaced
 * - `G_IO_ERROR_NOT_FOUND` if the temporary directory is deleted, or somebody has renamed or replaced it
 * - `G_IO_ERROR_FAILED` if it was kept or persisted already
 * - the `G_IO_ERROR` of the system call's error otherwise; the message names @destination
 *
 * Then @destination and the directory are as they were. Only three things can go wrong later, when
 * @destination is complete: syncing the directory that it is in; removing what was replaced, or what it was
 * copied from; and, if it had this name already, making sure that no crash deletes it as the temporary directory that it
 * was. After such an error [property@Temp.Dir:path] is that of @destination.
 *
 * Returns: %TRUE if the directory is at @destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_persist (TempDir           *self,
                  GFile             *destination,
                  TempPersistFlags   flags,
                  GCancellable      *cancellable,
                  GError           **error)
{
  Persist persist = { .destination = destination, .flags = flags };

  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&persist_steps, self, &persist, cancellable, error);
}

/**
 * temp_dir_persist_async:
 * @self: a temporary directory
 * @destination: where it is to stay
 * @flags: how to do it
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object to cancel it with
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Moves the directory to @destination, where it stays for good, without blocking.
 *
 * [method@Temp.Dir.persist_finish] gives the result; [method@Temp.Dir.persist] says more. Persisting it twice at
 * a time fails with `G_IO_ERROR_PENDING`. If it is cancelled in time, nothing has changed.
 *
 * Since: 1.0
 */
void
temp_dir_persist_async (TempDir             *self,
                        GFile               *destination,
                        TempPersistFlags     flags,
                        int                  io_priority,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  Persist *persist;

  g_return_if_fail (TEMP_IS_DIR (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  persist = g_new0 (Persist, 1);
  persist->destination = g_object_ref (destination);
  persist->flags = flags;
  temp_task_run_async (&persist_steps, self, persist, persist_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_dir_persist_finish:
 * @self: a temporary directory
 * @result: the result that the callback was given
 * @error: return location for an error
 *
 * Finishes what [method@Temp.Dir.persist_async] began.
 *
 * Fails as [method@Temp.Dir.persist] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the directory is at its destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_persist_finish (TempDir       *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
