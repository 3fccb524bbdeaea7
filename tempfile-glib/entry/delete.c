/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>
#include <limits.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"

/* Deletes entries by their names, whatever is under them: the name is the proof that the library made it, so inodes do
 * not matter.
 *
 * Contents: removing what is under a name; the four occasions, which are the program's word (delete), the end of the
 * object (drop), exit (until), and a worker (in the background). */

/* Removes the entry's file or directory by a name that temp_entry_locate() found. Succeeds if nothing is there, and
 * sets *removed to FALSE. */
static gboolean
remove_at (TempEntry          *entry,
           TempHandle          dir_fd,
           const char         *name,
           TempRemoveOptions  *options,
           gboolean           *removed,
           GError            **error)
{
  if (entry->is_dir)
    return temp_remove_dir_name (dir_fd, name, entry->name.path, entry->fd, !entry->place->is_trusted, options, removed,
                                 error);
  return temp_remove_file_name (dir_fd, name, entry->name.path, removed, error);
}

/* Returns the path of the directory that the entry's open file or directory is in now; NULL if the entry has no
 * descriptor, or another base name. */
static char *
find_by_descriptor (TempEntry *entry)
{
  g_autofree char *base = NULL;
  char path[PATH_MAX];
  gssize n;

  if (entry->fd < 0 || (entry->is_dir && temp_entry_check_dir_fd (entry) < 0))
    return NULL;
  n = temp_platform.find_path (entry->fd, path, sizeof path - 1);
  if (n < 0)
    return NULL;
  path[n] = '\0';
  if (!g_path_is_absolute (path))
    return NULL;
  base = g_path_get_basename (path);
  return g_str_equal (base, entry->name.base) ? g_path_get_dirname (path) : NULL;
}

/* Looks for an entry that is not under its path. If somebody moved its directory, removes the entry there. An entry
 * that somebody moved elsewhere stays. Sets *needs_sweep to TRUE if the entry's directory may still have the name. */
static gboolean
remove_moved (TempEntry          *entry,
              TempRemoveOptions  *options,
              gboolean           *needs_sweep,
              GError            **error)
{
  g_autofree char *dir = find_by_descriptor (entry);
  const TempFileId id = entry->place->id;
  temp_autofd TempHandle dir_fd = -1;
  gboolean removed;

  if (dir == NULL)
    {
      if (temp_place_is_at (entry->place, entry->place->path))
        return TRUE;
      dir = g_strdup (entry->place->resolved);
    }

  dir_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_FOLLOW);
  if (!temp_fd_is (dir_fd, &id))
    {
      *needs_sweep = !temp_place_is_at (entry->place, entry->place->path);
      return TRUE;
    }

  return remove_at (entry, dir_fd, entry->name.base, options, &removed, error);
}

/* Removes the file or directory under the entry's name. Returns TRUE if nothing is left that this process could delete.
 * Sets *needs_sweep to TRUE if a sweep has to look for the name all the same. */
static gboolean
remove_entry (TempEntry          *entry,
              TempRemoveOptions  *options,
              gboolean           *needs_sweep,
              GError            **error)
{
  const char *name;
  gboolean removed = FALSE;
  TempHandle dir_fd;

  if (temp_entry_locate (entry, &dir_fd, &name))
    {
      if (!remove_at (entry, dir_fd, name, options, &removed, error))
        return FALSE;
    }
  else if (errno != ENOENT && errno != ENOTDIR)
    {
      temp_error_from_errno (error, errno, _("Could not find the directory “%s” again: %s"), entry->place->path);
      return FALSE;
    }

  return G_LIKELY (removed) || remove_moved (entry, options, needs_sweep, error);
}

/* Keeps the entry because the user has set TEMPFILE_GLIB_KEEP. The caller holds the entry's lock. */
static void
keep_for_user (TempEntry *entry)
{
  g_autofree char *shown = g_filename_display_name (entry->name.path);

  temp_entry_unregister (entry, TEMP_ENTRY_KEPT);
  temp_entry_leave_ledger (entry);
  if (!temp_entry_is_foreign (entry))
    g_message ("Kept “%s”", shown);
}

/* Deletes the entry and unregisters it. In a forked child, removes an entry of its parent's only if the deletion is
 * explicit. The caller holds the entry's lock. */
static gboolean
delete_locked (TempEntry          *entry,
               gboolean            is_explicit,
               TempRemoveOptions  *options,
               GError            **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean needs_sweep = FALSE;

  if ((is_explicit || !temp_entry_is_foreign (entry)) && !remove_entry (entry, options, &needs_sweep, &local_error))
    {
      if (is_explicit || entry->is_dir || !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }

      /* The file is gone. Somebody put a directory in its place, which only goes if it is empty. */
      needs_sweep = TRUE;
    }

  temp_entry_close_dir_fd (entry);
  temp_entry_unregister (entry, TEMP_ENTRY_DELETED);
  if (!needs_sweep)
    temp_entry_leave_ledger (entry);
  return TRUE;
}

/* Locks the entry, deletes it and unregisters it. Succeeds if the name is gone already. After an error, the entry is
 * registered as before, so that the caller may try again. Waits for the lock until lock_deadline; 0: for ever. */
static gboolean
lock_and_delete (TempEntry          *entry,
                 gboolean            is_explicit,
                 gint64              lock_deadline,
                 TempRemoveOptions  *options,
                 GError            **error)
{
  gboolean gone = TRUE;

  /* At exit, wait for the holder even if the entry is no longer registered: the holder may still be persisting it. */
  if (lock_deadline != 0 ? !temp_entry_lock_until (entry, lock_deadline) : !temp_entry_lock (entry))
    return TRUE;

  if (G_UNLIKELY (temp_process_keeps_everything ()))
    keep_for_user (entry);
  else
    gone = delete_locked (entry, is_explicit, options, error);

  temp_entry_unlock (entry);
  return gone;
}

/* Deletes the entry explicitly: the program says so. */
gboolean
temp_entry_delete (TempEntry           *entry,
                   TempRemoveProgress  *progress,
                   GCancellable        *cancellable,
                   GError             **error)
{
  TempRemoveOptions options = { .progress = progress, .cancellable = cancellable };

  return !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         lock_and_delete (entry, TRUE, 0, &options, error);
}

/* Deletes the entry because its object goes. */
gboolean
temp_entry_drop (TempEntry  *entry,
                 GError    **error)
{
  TempRemoveOptions options = { .progress = NULL };

  return lock_and_delete (entry, FALSE, 0, &options, error);
}

/* Deletes the entry at exit. Waits for its lock until lock_deadline. Fails with G_IO_ERROR_TIMED_OUT at the deadline;
 * 0: never. */
gboolean
temp_entry_delete_until (TempEntry  *entry,
                         gint64      lock_deadline,
                         gint64      deadline,
                         GError    **error)
{
  TempRemoveOptions options = { .deadline = deadline };

  return lock_and_delete (entry, FALSE, lock_deadline, &options, error);
}

/* In the background: one worker deletes the waiting entries, one after the other. */

/* Under the process's lock. */
static GQueue waiting = G_QUEUE_INIT; /* entries, each with a reference */
static guint worker_generation; /* of the process in which the worker runs; 0: there is no worker */

/* Returns the next entry, with its reference; NULL if none waits, so that the worker has to end. */
static TempEntry *
next_waiting (void)
{
  TempEntry *entry;

  temp_process_lock ();
  entry = g_queue_pop_head (&waiting);
  if (entry == NULL)
    worker_generation = 0;
  temp_process_unlock ();

  return entry;
}

/* The worker: deletes and discards entries until none waits. */
static gpointer
delete_waiting (gpointer data)
{
  TempEntry *entry;

  while ((entry = next_waiting ()) != NULL)
    {
      g_autoptr (GError) error = NULL;

      if (!temp_entry_drop (entry, &error) && entry->worker == TEMP_WORKER_WARNS)
        g_warning ("%s", error->message);
      entry->worker = TEMP_WORKER_NONE;
      temp_entry_discard (entry);
      temp_entry_unref (entry);
    }

  return data;
}

/* Has a worker drop and discard the entry, instead of the owner. The worker has a reference of its own. If no thread
 * can be started, drops the entry before returning. */
void
temp_entry_drop_in_background (TempEntry *entry,
                               gboolean   is_quiet)
{
  guint generation = temp_process_generation ();
  gboolean starts;

  if (g_atomic_int_get (&entry->state) != TEMP_ENTRY_REGISTERED || temp_entry_is_foreign (entry))
    return;

  temp_process_lock ();
  if (worker_generation != 0 && worker_generation != generation)
    g_queue_init (&waiting); /* the parent's worker deletes the entries in it */
  starts = worker_generation != generation;
  worker_generation = generation;
  entry->worker = is_quiet ? TEMP_WORKER_QUIET : TEMP_WORKER_WARNS;
  g_queue_push_tail (&waiting, temp_entry_ref (entry));
  temp_process_unlock ();

  if (starts && !temp_process_start_thread ("tempfile-delete", delete_waiting, NULL))
    delete_waiting (NULL);
}
