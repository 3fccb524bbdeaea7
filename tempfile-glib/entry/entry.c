/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <string.h>

#include "base/fd.h"
#include "base/process.h"

/* entry/ has the files and directories that this process has alive. No other folder makes or deletes any of them.
 *
 * An entry is one of them. Its owner, an object above, creates a file or directory by it. In the end the owner deletes,
 * drops or keeps the entry, and discards it. Exit deletes the entries that are registered by then.
 *
 * The files of the folder lie in layers, and call only those below:
 *
 *   make.c: making things
 *   new-dir.c: opening a new directory       exit.c: deleting at exit
 *   delete.c: deleting by name    keep.c: keeping, and the lines for that    file.c: a file's descriptor
 *   entry.c: life, registry and lock
 *   directory.c: a directory's descriptor    location.c: the default directory
 *   create.c: the system calls that make files and directories
 *   name.c: paths with random letters
 *
 * An entry begins UNNAMED. Only this file changes its state, each time for good:
 *
 *   UNNAMED    → REGISTERED  temp_entry_register(): the library has made a name
 *   UNNAMED    → KEPT        temp_entry_register(): the name is the caller's
 *   REGISTERED → DELETED     temp_entry_unregister(): nothing is under the name
 *   REGISTERED → KEPT        temp_entry_unregister(): kept, or discarded by its owner
 *   any        → KEPT        temp_entry_set_persisted(): persisted; an open file may have had no name before
 *   KEPT       → UNNAMED     temp_entry_reset(), only while something is made
 *
 * Lock rules:
 *
 * 1. The process's lock (base/process.c) guards the registry, the states and the holders. A thread that holds it makes
 *    no system call that may block.
 * 2. The holder of an entry's lock decides what becomes of the name. Other threads wait for the holder, and so does
 *    exit. temp_entry_assert_locked() asserts that.
 * 3. The lock of appends (ledger/ledger.c) orders the lines of a ledger, and guards the fates.
 * 4. A thread locks an entry first, then the appends, then the process. */

/* The registered entries, in the order in which they were made. The registry has no reference to them. */
static GQueue registry = G_QUEUE_INIT;

/* Life */

TempEntry *
temp_entry_new (void)
{
  TempEntry *entry = g_new (TempEntry, 1); /* not g_new0(): calloc() takes nothing from the C library's cache */

  *entry = (TempEntry) {
    .fate = TEMP_FATE_DELETE,
    .link.data = entry,
    .fd = -1,
  };
  g_atomic_ref_count_init (&entry->ref_count);

  return entry;
}

TempEntry *
temp_entry_ref (TempEntry *entry)
{
  g_atomic_ref_count_inc (&entry->ref_count);
  return entry;
}

/* Drops a reference. The last one closes the descriptor and frees the entry, which must not be registered any more. */
void
temp_entry_unref (TempEntry *entry)
{
  if (!g_atomic_ref_count_dec (&entry->ref_count))
    return;

  if (entry->is_dir)
    temp_entry_close_dir_fd (entry);
  else
    temp_fd_clear (&entry->fd);
  g_clear_pointer (&entry->place, temp_place_unref);
  g_clear_pointer (&entry->inside, temp_place_unref);
  g_clear_pointer (&entry->ledger, temp_ledger_unref);
  temp_name_clear (&entry->name);
  g_slist_free_full (entry->former, g_free);
  g_free (entry);
}

/* Makes the name that the owner is about to create the caller's: neither exit nor a sweep deletes it. */
void
temp_entry_set_callers (TempEntry *entry)
{
  entry->fate = TEMP_FATE_CALLERS;
}

/* Returns TRUE if a process that this one was forked from made the entry. */
gboolean
temp_entry_is_foreign (TempEntry *entry)
{
  return entry->generation != temp_process_generation ();
}

/* Returns the path, or NULL while the entry has no name. The path is valid as long as the entry. */
const char *
temp_entry_get_path (TempEntry *entry)
{
  return temp_entry_has_name (entry) ? entry->name.path : NULL;
}

/* Returns the path, also of a deleted entry; NULL if the entry never had a name. */
const char *
temp_entry_get_last_path (TempEntry *entry)
{
  return entry->name.base != NULL ? entry->name.path : NULL;
}

/* Returns the descriptor, unchecked, which stays the entry's; -1 if there is none. */
TempHandle
temp_entry_get_fd (TempEntry *entry)
{
  return entry->fd;
}

/* Returns TRUE if the end of the entry deletes its name. */
gboolean
temp_entry_get_auto_delete (TempEntry *entry)
{
  return entry->fate == TEMP_FATE_DELETE && entry->state != TEMP_ENTRY_KEPT;
}

/* Finds how to name the entry to the kernel: by its path and TEMP_HANDLE_CURRENT_DIR where paths are trusted, else by
 * its base name and a descriptor of its directory, which stays the place's. Fails, with errno, if no descriptor can be
 * had. */
gboolean
temp_entry_locate (TempEntry   *entry,
                   TempHandle  *dir_fd,
                   const char **name)
{
  *dir_fd = entry->place->is_trusted ? TEMP_HANDLE_CURRENT_DIR : temp_place_get_fd (entry->place);
  *name = temp_name_at (&entry->name, *dir_fd);
  return *dir_fd != -1;
}

/* Registry */

/* Registers an entry that was just named, so that exit deletes it. Keeps a caller's name instead. */
void
temp_entry_register (TempEntry *entry)
{
  static guint64 last_serial; /* under the process's lock */

  temp_process_lock ();
  if (entry->is_dir)
    entry->serial = ++last_serial;
  if (entry->fate == TEMP_FATE_CALLERS)
    {
      g_atomic_int_set (&entry->state, TEMP_ENTRY_KEPT);
    }
  else
    {
      g_atomic_int_set (&entry->state, TEMP_ENTRY_REGISTERED);
      g_queue_push_tail_link (&registry, &entry->link);
    }
  temp_process_unlock ();
}

/* Unregisters an entry and sets its last state. The entry's ledger stays for a sweep, unless the caller calls
 * temp_entry_leave_ledger(), too. The caller holds the entry's lock. */
void
temp_entry_unregister (TempEntry      *entry,
                       TempEntryState  state)
{
  temp_entry_assert_locked (entry);
  temp_process_lock ();
  g_queue_unlink (&registry, &entry->link);
  g_atomic_int_set (&entry->state, state);
  temp_process_unlock ();
}

/* Tells the ledger that no sweep has to look for an entry, which is no longer registered. The last entry to leave a
 * ledger deletes the ledger's file. The caller holds the entry's lock, so that exit waits. */
void
temp_entry_leave_ledger (TempEntry *entry)
{
  temp_entry_assert_locked (entry);
  if (entry->ledger != NULL)
    temp_ledger_leave (entry->ledger);
}

/* Sets the path of an entry that was persisted, and makes the entry KEPT. If the entry had another name, the caller has
 * attached another entry to that name. The caller holds the entry's lock, unless the entry had no name. */
void
temp_entry_set_persisted (TempEntry  *entry,
                          const char *path)
{
  if (entry->state == TEMP_ENTRY_REGISTERED)
    {
      temp_entry_unregister (entry, TEMP_ENTRY_KEPT);
      temp_entry_leave_ledger (entry);
    }

  temp_process_lock ();
  entry->former = g_slist_prepend (entry->former, entry->name.path);
  temp_name_set_path (&entry->name, path);
  g_atomic_int_set (&entry->state, TEMP_ENTRY_KEPT);
  temp_process_unlock ();

  if (entry->is_dir)
    temp_place_forget_all ();
}

/* Makes an entry as new, after its owner has discarded it. */
void
temp_entry_reset (TempEntry *entry)
{
  entry->state = TEMP_ENTRY_UNNAMED;
  entry->n_fd_users = 0;
  temp_fd_clear (&entry->fd);
  temp_name_clear (&entry->name);
  g_clear_pointer (&entry->ledger, temp_ledger_unref);
}

/* Returns the registered entries, with a reference to each, in the order in which they were made. */
GPtrArray *
temp_entry_list (void)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) temp_entry_unref);

  temp_process_lock ();
  for (GList *l = registry.head; l != NULL; l = l->next)
    g_ptr_array_add (entries, temp_entry_ref (l->data));
  temp_process_unlock ();

  return entries;
}

/* Returns TRUE if a sweep would delete the entry after a crash, by its own name or with a directory above it. The
 * caller holds the process's lock. */
gboolean
temp_entry_is_swept (TempEntry *entry)
{
  return entry->ledger != NULL || entry->place->above != 0;
}

/* Returns TRUE if the resolved path is the entry's directory or leads into it. */
static gboolean
is_inside (TempEntry  *entry,
           const char *resolved)
{
  gsize length = strlen (entry->place->resolved), base_length = strlen (entry->name.base);

  if (strncmp (resolved, entry->place->resolved, length) != 0)
    return FALSE;
  resolved += length;
  while (*resolved == '/')
    resolved++;

  return strncmp (resolved, entry->name.base, base_length) == 0 &&
         (resolved[base_length] == '/' || resolved[base_length] == '\0');
}

/* Returns the serial number of the innermost directory of this process around the resolved path that a sweep would
 * delete after a crash; 0 if there is none. An inner directory is made after an outer one, so the search begins at the
 * end of the registry. */
guint64
temp_entry_find_above (const char *resolved)
{
  guint64 serial = 0;

  temp_process_lock ();
  for (GList *l = registry.tail; l != NULL && serial == 0; l = l->prev)
    {
      TempEntry *entry = l->data;

      if (entry->is_dir && temp_entry_is_ending (entry) && temp_entry_is_swept (entry) &&
          !temp_entry_is_foreign (entry) && is_inside (entry, resolved))
        serial = entry->serial;
    }
  temp_process_unlock ();

  return serial;
}

/* Lock */

/* Locks a new entry for the calling thread, so that exit does not delete it before temp_entry_unlock(). */
void
temp_entry_lock_new (TempEntry *entry)
{
  entry->holder = g_thread_self ();
}

/* Like temp_entry_lock(), but also waits for the holder of an entry that is no longer registered, and waits only until
 * the deadline, a time of g_get_monotonic_time(); 0: for ever. Returns FALSE at the deadline, too. */
gboolean
temp_entry_lock_until (TempEntry *entry,
                       gint64     deadline)
{
  GThread *self = g_thread_self ();
  gboolean is_foreign = temp_entry_is_foreign (entry), locked;

  temp_process_lock ();
  while (entry->holder != NULL && entry->holder != self && !is_foreign)
    if (deadline == 0)
      temp_process_wait ();
    else if (!temp_process_wait_until (deadline))
      break;

  /* The holder is a thread of the parent process, which does not exist here. */
  if (is_foreign && entry->holder != self)
    entry->holder = NULL;

  locked = entry->state == TEMP_ENTRY_REGISTERED && entry->holder == NULL;
  if (locked)
    entry->holder = self;
  temp_process_unlock ();

  return locked;
}

/* Locks a registered entry for the calling thread, which then decides what becomes of the name. Waits for another
 * holder, which may leave the entry registered. Returns FALSE if the entry is not registered, or if the calling thread
 * has it locked already. */
gboolean
temp_entry_lock (TempEntry *entry)
{
  return g_atomic_int_get (&entry->state) == TEMP_ENTRY_REGISTERED && temp_entry_lock_until (entry, 0);
}

/* Unlocks an entry that the calling thread has locked, and wakes the threads that wait. */
void
temp_entry_unlock (TempEntry *entry)
{
  temp_process_lock ();
  entry->holder = NULL;
  temp_process_wake ();
  temp_process_unlock ();
}

/* The end */

/* Logs, for debugging, that an object goes while its file or directory is alive: the program ended it too late, as by a
 * garbage collector. Asks first if anybody reads the message, which costs more than the deletion. */
void
temp_entry_tell_if_late (TempEntry *entry)
{
  g_autofree char *shown = NULL;

  if (!temp_entry_has_name (entry) || !temp_entry_get_auto_delete (entry) ||
      g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    return;

  shown = g_filename_display_name (entry->name.path);
  g_debug ("The object of the temporary %s “%s” goes, and deletes it only now", entry->is_dir ? "directory" : "file",
           shown);
}

/* Discards the entry for its owner, without deleting. If the entry should have been deleted, and could not be, its
 * ledger stays for a sweep. Does nothing if the entry is not registered, or if a worker is to delete it, which then
 * discards it, too. */
void
temp_entry_discard (TempEntry *entry)
{
  if (entry->worker != TEMP_WORKER_NONE || !temp_entry_lock (entry))
    return;

  temp_entry_unregister (entry, TEMP_ENTRY_KEPT);
  if (entry->fate == TEMP_FATE_STAY)
    temp_entry_leave_ledger (entry);
  temp_entry_unlock (entry);
}
