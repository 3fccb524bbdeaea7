/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>
#include <string.h>

#include "base/process.h"
#include "base/words.h"

/* Keeps entries, and tells the ledger so.
 *
 * Files in a directory of this process have no ledger: after a crash, a sweep deletes them with the directory. So
 * before such a directory is kept or moved, the ledger gets a line for each of them. */

/* Returns the entries that a sweep would delete only with the directory that they are in. The caller holds the lock of
 * appends. */
static GPtrArray *
list_contents (TempEntry *dir)
{
  g_autoptr (GPtrArray) all = temp_entry_list ();
  GPtrArray *contents = g_ptr_array_new_with_free_func ((GDestroyNotify) temp_entry_unref);

  for (guint i = 0; dir->is_dir && i < all->len; i++)
    {
      TempEntry *entry = g_ptr_array_index (all, i);

      if (entry->place->above == dir->serial && entry->ledger == NULL && temp_entry_is_ending (entry) &&
          !temp_entry_is_foreign (entry))
        g_ptr_array_add (contents, temp_entry_ref (entry));
    }

  return contents;
}

/* Returns the lines by which a sweep finds each of the contents of a directory. `path`, if not NULL, is where the
 * directory will be. */
static char *
describe_contents (TempEntry  *dir,
                   GPtrArray  *contents,
                   const char *path)
{
  g_autofree char *now = g_build_filename (dir->place->resolved, dir->name.base, NULL);
  GString *lines = g_string_new (NULL);

  for (guint i = 0; i < contents->len; i++)
    {
      TempEntry *entry = g_ptr_array_index (contents, i);
      const char *resolved = entry->place->resolved;
      g_autofree char *moved = path != NULL && g_str_has_prefix (resolved, now)
                                 ? g_strconcat (path, resolved + strlen (now), NULL)
                                 : NULL;
      g_autofree char *line = temp_place_line (entry->place, moved, entry->name.base);

      g_string_append (lines, line);
    }

  return g_string_free (lines, FALSE);
}

/* Has the ledger count each of the entries, after their lines were written. */
static void
record_contents (GPtrArray  *contents,
                 TempLedger *ledger)
{
  for (guint i = 0; i < contents->len; i++)
    {
      TempEntry *entry = g_ptr_array_index (contents, i);

      temp_process_lock ();
      if (entry->state == TEMP_ENTRY_REGISTERED && entry->ledger == NULL && temp_ledger_enter (ledger))
        entry->ledger = temp_ledger_ref (ledger);
      temp_process_unlock ();
    }
}

/* Leaves the contents of a kept directory to the sweep of the directory around it. The caller holds the lock of
 * appends. */
static void
pass_contents_up (TempEntry *dir)
{
  g_autoptr (GPtrArray) contents = list_contents (dir);

  temp_process_lock ();
  for (guint i = 0; i < contents->len; i++)
    ((TempEntry *) g_ptr_array_index (contents, i))->place->above = dir->place->above;
  temp_process_unlock ();
}

/* Returns the entry's ledger, with a reference, or NULL. Another thread may set it in the meantime. */
static TempLedger *
ref_ledger (TempEntry *entry)
{
  TempLedger *ledger;

  temp_process_lock ();
  ledger = entry->ledger != NULL ? temp_ledger_ref (entry->ledger) : NULL;
  temp_process_unlock ();

  return ledger;
}

/* Appends a line `keep` or `unkeep` for the entry. If `keep` cannot be written, gives up the whole ledger: in doubt,
 * all entries stay. Fails, with errno, if a sweep could still delete the entry. The caller holds the lock of
 * appends. */
static gboolean
append_keep (TempEntry *entry,
             gboolean   keeps)
{
  g_autoptr (TempLedger) ledger = ref_ledger (entry);
  g_autoptr (GPtrArray) contents = NULL;
  g_autofree char *described = NULL;
  gboolean written;

  if (ledger == NULL)
    {
      if (keeps && entry->place->above != 0)
        pass_contents_up (entry);
      return TRUE;
    }

  contents = list_contents (entry);
  described = keeps ? describe_contents (entry, contents, NULL) : g_strdup ("");
  written = temp_ledger_append_keep (ledger, described, entry->name.base, keeps);
  if (written && keeps)
    record_contents (contents, ledger);

  /* ENOENT: the ledger is gone, so no sweep deletes what is in it. */
  return written || !keeps || errno == ENOENT || temp_ledger_give_up (ledger);
}

/* Writes to the ledger that the name stays, and syncs that. Fails, with errno, if a sweep could delete the name after a
 * crash. The caller holds the entry's lock. */
gboolean
temp_entry_write_keep (TempEntry *entry)
{
  g_autoptr (TempLedger) ledger = NULL;
  gboolean written;

  temp_entry_assert_locked (entry);
  temp_ledger_lock_appends ();
  entry->is_keeping = TRUE; /* so that new files in a directory get lines of their own */
  written = append_keep (entry, TRUE);
  ledger = ref_ledger (entry);
  temp_ledger_unlock_appends ();

  if (written && (ledger == NULL || temp_ledger_sync (ledger)))
    return TRUE;

  temp_ledger_lock_appends ();
  entry->is_keeping = written && temp_ledger_give_up (ledger);
  written = entry->is_keeping;
  temp_ledger_unlock_appends ();
  return written;
}

/* Writes to the ledger where the contents of a directory will be, before the directory moves to the resolved path. If
 * that fails, a crash leaves them. The caller holds the entry's lock. */
void
temp_entry_write_moved (TempEntry  *entry,
                        const char *path)
{
  g_autoptr (TempLedger) ledger = NULL;
  g_autoptr (GPtrArray) contents = NULL;
  g_autofree char *lines = NULL;

  temp_entry_assert_locked (entry);
  temp_ledger_lock_appends ();
  contents = list_contents (entry);
  if (contents->len > 0)
    {
      lines = describe_contents (entry, contents, path);
      ledger = ref_ledger (entry);
      if (ledger == NULL)
        ledger = temp_ledger_open (NULL);
      if (ledger != NULL && temp_ledger_append (ledger, lines))
        record_contents (contents, ledger);
    }
  temp_ledger_unlock_appends ();
}

/* Switches auto-delete on or off, here and in the ledger. Returns TRUE if that changed it. Takes the lock of appends
 * and not the entry's, so that the caller never waits for a deletion, and the last call counts. Writes no `unkeep`
 * while another thread keeps the entry. */
gboolean
temp_entry_set_auto_delete (TempEntry *entry,
                            gboolean   auto_delete)
{
  TempEntryFate fate = auto_delete ? TEMP_FATE_DELETE : TEMP_FATE_STAY;
  gboolean changed;

  temp_ledger_lock_appends ();
  changed = entry->state != TEMP_ENTRY_KEPT && entry->fate != fate;
  if (changed && entry->state == TEMP_ENTRY_REGISTERED && !temp_entry_is_foreign (entry) &&
      !(auto_delete && entry->is_keeping))
    append_keep (entry, !auto_delete);
  if (changed)
    entry->fate = fate;
  if (changed && entry->is_dir)
    temp_place_forget_all (); /* new files in it have another directory above them now, or none */
  temp_ledger_unlock_appends ();

  return changed;
}

/* Keeps the entry: nothing deletes its name any more, not even after a crash or a power cut. */
gboolean
temp_entry_keep (TempEntry  *entry,
                 GError    **error)
{
  gboolean kept = FALSE;
  const char *name;
  TempHandle dir_fd;
  TempStat st;

  if (!temp_entry_lock (entry))
    {
      if (entry->state == TEMP_ENTRY_KEPT)
        return TRUE;
      temp_entry_set_cause (entry, error, G_IO_ERROR_NOT_SUPPORTED, _("it has no name, or is deleted"),
                            TEMP_ACTION_KEEP);
      return FALSE;
    }

  if (temp_entry_is_foreign (entry))
    temp_entry_set_cause (entry, error, G_IO_ERROR_NOT_SUPPORTED, _("another process made it"), TEMP_ACTION_KEEP);
  else if (!temp_entry_locate (entry, &dir_fd, &name) || temp_platform.stat_name (dir_fd, name, &st) < 0 ||
           !temp_entry_write_keep (entry))
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_KEEP);
  else
    kept = TRUE;

  if (kept)
    {
      temp_entry_unregister (entry, TEMP_ENTRY_KEPT);
      temp_entry_leave_ledger (entry);
      if (entry->is_dir)
        temp_place_forget_all ();
    }
  temp_entry_unlock (entry);
  return kept;
}
