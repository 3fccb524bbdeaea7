/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <errno.h>

#include "entry/entry-private.h"
#include "temp-entry-sweep-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-process-private.h"

/* All that is OWNED in this process. What is on the list is referenced by an
 * owner that takes it off before it goes. */
static GQueue owned = G_QUEUE_INIT;

/* Life */

TempEntry *
temp_entry_new (void)
{
  TempEntry *entry = g_new (TempEntry, 1); /* calloc() takes nothing from the C library's cache */

  *entry = (TempEntry) {
    .auto_delete = TRUE,
    .link.data = entry,
    .fd = -1,
    .pin_fd = -1,
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

/* The owner calls temp_entry_let_go() before its last reference goes. */
void
temp_entry_unref (TempEntry *entry)
{
  if (!g_atomic_ref_count_dec (&entry->ref_count))
    return;

  temp_fd_clear (&entry->fd);
  temp_fd_clear (&entry->pin_fd);
  g_clear_pointer (&entry->directory, temp_parent_unref);
  g_clear_pointer (&entry->parent, temp_parent_unref);
  temp_name_clear (&entry->name);
  g_slist_free_full (entry->former, g_free);
  g_free (entry);
}

/* What will be made is the caller's: not even a crash or an exit deletes it. */
void
temp_entry_set_callers (TempEntry *entry)
{
  entry->is_callers = TRUE;
}

/* Whether its record may be another than it should be: it was made while its directory was being kept, or while
 * somebody changed their mind, or opened another ledger. */
static gboolean
is_in_doubt (TempEntry *entry)
{
  return temp_entry_is_record_wrong (entry) || entry->is_unrecorded ||
         (entry->claim.slot != 0 && !temp_ledger_has (&entry->claim));
}

/* Puts an entry on the list of those to be deleted. From then on the program's exit may do that, and take what
 * it has: so only who has the right to it can look any further. */
void
temp_entry_own (TempEntry *entry)
{
  gboolean looks = FALSE;

  temp_process_lock ();
  if (entry->is_callers)
    {
      g_atomic_int_set (&entry->state, TEMP_ENTRY_KEPT);
    }
  else
    {
      g_atomic_int_set (&entry->state, TEMP_ENTRY_OWNED);
      g_queue_push_tail_link (&owned, &entry->link);

      /* If it is held, its end sees to that. */
      looks = entry->worker == NULL && is_in_doubt (entry);
      if (looks)
        temp_entry_hold (entry);
    }
  temp_process_unlock ();

  if (looks)
    temp_entry_end (entry);
}

/* Takes it off, for good: its name is gone, or else nobody's to delete any more. The inode may
 * then be used again. What of it is in the ledger the caller has seen to. What is gone
 * needs its parent no more. */
void
temp_entry_disown (TempEntry      *entry,
                   TempEntryState  state)
{
  TempParent *directory = NULL, *parent = NULL;

  temp_process_lock ();
  g_queue_unlink (&owned, &entry->link);
  g_atomic_int_set (&entry->state, state);
  if (state == TEMP_ENTRY_NAMELESS)
    {
      directory = g_steal_pointer (&entry->directory);
      parent = g_steal_pointer (&entry->parent);
    }
  temp_process_unlock ();

  temp_fd_clear (&entry->pin_fd);
  g_clear_pointer (&directory, temp_parent_unref);
  g_clear_pointer (&parent, temp_parent_unref);
}

/* In the order in which they were made. */
GPtrArray *
temp_entry_list_owned (void)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) temp_entry_unref);

  temp_process_lock ();
  for (GList *l = owned.head; l != NULL; l = l->next)
    g_ptr_array_add (entries, temp_entry_ref (l->data));
  temp_process_unlock ();

  return entries;
}

static gboolean
begin_locked (TempEntry *entry)
{
  if (entry->state != TEMP_ENTRY_OWNED || entry->worker != NULL)
    return FALSE;

  entry->worker = g_thread_self ();
  return TRUE;
}

/* Gives the calling thread the right to what it is about to make, until temp_entry_end(): so that the
 * program's exit waits before it deletes it. */
void
temp_entry_hold (TempEntry *entry)
{
  entry->worker = g_thread_self ();
}

/* Gives the calling thread the right to decide what becomes of the name, until
 * temp_entry_end(); FALSE: it is none of ours any more. Waits if another
 * thread has that right, since what that does may fail. */
gboolean
temp_entry_begin (TempEntry *entry)
{
  GThread *self;
  gboolean begun;

  /* That will not change: only what is just being made comes on the list. */
  if (g_atomic_int_get (&entry->state) != TEMP_ENTRY_OWNED)
    return FALSE;

  self = g_thread_self ();
  temp_process_lock ();
  while (entry->worker != NULL && entry->worker != self && entry->generation == temp_process_generation ())
    temp_process_wait ();

  /* A thread of the parent's is not here, and never ends. */
  if (entry->worker != self && entry->generation != temp_process_generation ())
    entry->worker = NULL;

  begun = begin_locked (entry);
  temp_process_unlock ();

  return begun;
}

/* The same, if nobody has it now; whoever has, then brings the record up to date in the end. */
gboolean
temp_entry_try_begin (TempEntry *entry)
{
  gboolean begun;

  temp_process_lock ();
  begun = begin_locked (entry);
  if (!begun)
    entry->is_asked = TRUE;
  temp_process_unlock ();

  return begun;
}

void
temp_entry_end (TempEntry *entry)
{
  if (temp_entry_is_record_missing (entry))
    temp_entry_update_record (entry);

  /* Others may change their minds until the very end of it, and leave it to us. */
  temp_process_lock ();
  while (G_UNLIKELY (entry->is_asked || temp_entry_is_record_wrong (entry)))
    {
      entry->is_asked = FALSE;
      temp_process_unlock ();
      temp_entry_update_record (entry);
      temp_process_lock ();
    }
  entry->worker = NULL;
  temp_process_wake ();
  temp_process_unlock ();
}

/* NULL while it has no name. Valid as long as the entry. */
const char *
temp_entry_get_path (TempEntry *entry)
{
  return entry->state != TEMP_ENTRY_NAMELESS ? entry->name.path : NULL;
}

/* The path that it has, or had; NULL if it never had one. */
const char *
temp_entry_get_last_path (TempEntry *entry)
{
  return entry->name.base != NULL ? entry->name.path : NULL;
}

/* What is made in the directory shares this; NULL once it is deleted. */
TempParent *
temp_entry_ref_directory (TempEntry *entry)
{
  TempParent *directory;

  temp_process_lock ();
  directory = entry->directory != NULL ? temp_parent_ref (entry->directory) : NULL;
  temp_process_unlock ();

  return directory;
}

/* The name */

gboolean
temp_entry_get_auto_delete (TempEntry *entry)
{
  return entry->auto_delete && entry->state != TEMP_ENTRY_KEPT;
}

/* Whether that changed it. */
gboolean
temp_entry_set_auto_delete (TempEntry *entry,
                            gboolean   auto_delete)
{
  gboolean changed;

  temp_process_lock ();
  changed = entry->state != TEMP_ENTRY_KEPT && entry->auto_delete != auto_delete;
  if (changed)
    entry->auto_delete = auto_delete;
  temp_process_unlock ();

  /* Whoever is busy with it sees to the ledger in the end. */
  if (changed && temp_entry_try_begin (entry))
    temp_entry_end (entry);

  return changed;
}

/* From now on, the name is the caller's: nothing here deletes it. */
gboolean
temp_entry_keep (TempEntry  *entry,
                 GError    **error)
{
  gboolean kept = FALSE;

  if (!temp_entry_begin (entry))
    {
      if (entry->state == TEMP_ENTRY_KEPT)
        return TRUE;
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "A temporary file without a name cannot be kept");
      return FALSE;
    }

  if (entry->generation != temp_process_generation ())
    temp_error_from_errno (error, EPERM, "Only the process that made it can keep", entry->name.path);
  else if (!temp_entry_is_still_ours (entry))
    temp_error_from_errno (error, errno, "Somebody took away", entry->name.path);
  else if (!temp_entry_clear_record (entry, entry->parent, TRUE))
    temp_error_from_errno (error, errno, "Could not make sure that no crash deletes", entry->name.path);
  else
    kept = TRUE;

  if (kept)
    temp_entry_disown (entry, TEMP_ENTRY_KEPT);
  temp_entry_end (entry);
  return kept;
}

static void
swap_locked (TempEntry *entry,
             TempEntry *stage)
{
  TempEntry was = *entry;

  entry->parent = stage->parent;
  entry->directory = stage->directory;
  entry->name = stage->name;
  entry->generation = stage->generation;
  entry->identity = stage->identity;
  entry->claim = stage->claim;

  stage->parent = was.parent;
  stage->directory = was.directory;
  stage->generation = was.generation;
  stage->identity = was.identity;
  stage->claim = was.claim;

  /* Whoever asked for the path may keep it as long as the entry. */
  entry->former = g_slist_prepend (entry->former, was.name.path);
  if (was.name.base != NULL)
    temp_name_set_path (&stage->name, was.name.path);
  else
    stage->name = (TempName) { .path = g_strdup (was.name.path) };
}

/* What the entry owns has moved to the stage's name, and stays there: the two, both of them to be deleted, exchange
 * their names. */
void
temp_entry_swap (TempEntry *entry,
                 TempEntry *stage)
{
  temp_process_lock ();
  swap_locked (entry, stage);
  entry->directory = g_steal_pointer (&stage->directory);
  temp_process_unlock ();

  temp_entry_cover (entry);
}

/* The file has moved to path, which ends in base, in parent, for good. The stage's name, by way
 * of which it went, is gone; or, if it was copied, the stage now owns what it was copied from. FALSE, with errno:
 * but the ledger says that a crash is to delete it there. */
gboolean
temp_entry_settle (TempEntry  *entry,
                   TempEntry  *stage,
                   TempParent *parent,
                   const char *path,
                   const char *base,
                   gboolean    is_copy)
{
  gboolean had_name, is_same_name, is_safe;
  TempParent *former_parent;
  int errsv;

  temp_process_lock ();
  had_name = entry->state == TEMP_ENTRY_OWNED;
  if (had_name)
    g_queue_unlink (&owned, &entry->link);
  if (stage != NULL && stage->state == TEMP_ENTRY_OWNED && !(is_copy && had_name))
    {
      g_queue_unlink (&owned, &stage->link);
      g_atomic_int_set (&stage->state, TEMP_ENTRY_NAMELESS);
    }
  if (is_copy)
    swap_locked (entry, stage);

  is_same_name = entry->name.base != NULL && entry->parent == parent && g_str_equal (entry->name.base, base);
  entry->former = g_slist_prepend (entry->former, entry->name.path);
  temp_name_set_path (&entry->name, path);
  g_atomic_int_set (&entry->state, TEMP_ENTRY_KEPT);
  former_parent = g_steal_pointer (&entry->parent);
  temp_process_unlock ();

  /* Under another name it is not the one that was written down, whatever is. */
  is_safe = temp_entry_clear_record (entry, parent, is_same_name) || !is_same_name;
  errsv = errno;
  if (stage != NULL && stage->state != TEMP_ENTRY_OWNED)
    temp_ledger_clear (&stage->claim, FALSE);

  g_clear_pointer (&former_parent, temp_parent_unref);
  errno = errsv;
  return is_safe;
}

/* For languages whose collector comes late, to find where an end is missing. That nobody reads it
 * is asked first, as it would cost as much as all else. */
void
temp_entry_tell_if_late (TempEntry  *entry,
                         const char *what)
{
  g_autofree char *shown = NULL;

  if (temp_entry_get_path (entry) == NULL || !temp_entry_get_auto_delete (entry) ||
      g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    return;

  shown = g_filename_display_name (entry->name.path);
  g_debug ("The object of the %s “%s” goes, and deletes it only now", what, shown);
}

/* The owner goes. What is still there stays, but if it should have been deleted, and could not be, the
 * ledger keeps it in mind. */
void
temp_entry_let_go (TempEntry *entry)
{
  if (!temp_entry_begin (entry))
    return;

  if (entry->auto_delete)
    entry->claim = (TempLedgerClaim) { 0 };
  else
    temp_entry_clear_record (entry, entry->parent, TRUE);
  temp_entry_disown (entry, TEMP_ENTRY_KEPT);
  temp_entry_end (entry);
}

/* There is nothing of ours under the name: it was never placed there, or was moved away. The caller, who
 * knows that, has the right to it up to here. */
void
temp_entry_forget (TempEntry *entry)
{
  temp_entry_clear_record (entry, NULL, FALSE);
  temp_entry_disown (entry, TEMP_ENTRY_NAMELESS);
  temp_entry_end (entry);
}

/* Exit */

/* A destructor, not an atexit() handler: it comes after all of those, in which a
 * program may still use its files. What other threads make from now on is
 * left to the ledger. */
__attribute__ ((destructor)) static void
temp_entry_delete_all_at_exit (void)
{
  g_autoptr (GPtrArray) entries = temp_entry_list_owned ();

  /* What was made last goes first: it may be in what was made before. */
  for (guint i = entries->len; i > 0; i--)
    {
      TempEntry *entry = g_ptr_array_index (entries, i - 1);
      g_autoptr (GError) error = NULL;

      if (entry->auto_delete && !entry->is_remnant && !temp_entry_delete (entry, NULL, &error))
        g_warning ("At exit: %s", error->message);
    }

  temp_entry_finish_sweep ();
  temp_ledger_close ();
}
