/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include "entry/entry-private.h"
#include "temp-entry-sweep-private.h"
#include "temp-process-private.h"

/* What of an entry is in the ledger. A directory that is there covers all that is in it, which
 * goes with it: so that needs no record of its own, unless the directory is to stay. */

static void
identify_parent (TempEntry    *entry,
                 TempIdentity *identity)
{
  *identity = (TempIdentity) { 0 };
  temp_parent_get_id (entry->parent, &identity->dev, &identity->ino);
}

/* Whether a crash is to delete it, and nothing else would. */
static gboolean
wants_record (TempEntry *entry)
{
  return !entry->is_callers && !entry->is_remnant && entry->auto_delete && !temp_entry_keeps_everything () &&
         entry->generation == temp_process_generation () && !temp_parent_is_covered (entry->parent);
}

/* Before it is made, once its parent is known. The first in a process finds out what
 * others have left, too. */
void
temp_entry_prepare_ledger (TempEntry *entry)
{
  static guint prepared; /* atomic: the process that it is done in, by its generation */

  if (G_LIKELY ((guint) g_atomic_int_get (&prepared) == entry->generation) || !wants_record (entry))
    return;

  temp_ledger_open (NULL);
  temp_entry_sweep_in_background ();
  g_atomic_int_set (&prepared, entry->generation);
}

/* Chooses a name for it, and reserves that: see TempCreateChoose. */
gboolean
temp_entry_choose_name (gpointer   data,
                        TempName  *name,
                        GError   **error)
{
  TempEntry *entry = data;
  TempIdentity parent;

  entry->is_unrecorded = !wants_record (entry);
  if (entry->is_unrecorded)
    return temp_name_randomize (name, error);

  identify_parent (entry, &parent);
  return temp_ledger_reserve (&entry->claim, &parent, name, error);
}

/* What comes into a directory is covered, if that is in the ledger, or what it is in. */
void
temp_entry_cover (TempEntry *entry)
{
  if (entry->directory != NULL)
    temp_parent_set_covered (entry->directory, entry->parent, temp_ledger_has (&entry->claim));
}

/* It is made, under the name that was chosen. */
void
temp_entry_complete_record (TempEntry *entry)
{
  TempIdentity parent;

  if (entry->claim.slot != 0)
    {
      identify_parent (entry, &parent);
      temp_ledger_complete (&entry->claim, &parent, &entry->name, &entry->identity);
    }
  temp_entry_cover (entry);
}

/* It is, or will be, there under its name. */
void
temp_entry_enter_record (TempEntry *entry)
{
  TempIdentity parent;

  entry->is_unrecorded = !wants_record (entry);
  if (!entry->is_unrecorded)
    {
      identify_parent (entry, &parent);
      temp_ledger_enter (&entry->claim, &parent, &entry->name, &entry->identity);
    }
  temp_entry_cover (entry);
}

/* By the path that its directory has now, which may have been persisted. */
static void
enter_where_it_is (TempEntry *entry)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", temp_parent_get_fd (entry->parent));
  g_autofree char *dir = g_file_read_link (link, NULL);
  g_autofree char *path = dir != NULL ? g_build_filename (dir, entry->name.base, NULL) : NULL;
  g_auto (TempName) name = { 0 };
  TempIdentity parent;

  temp_name_set_path (&name, path != NULL && g_path_is_absolute (path) ? path : entry->name.path);
  identify_parent (entry, &parent);
  temp_ledger_enter (&entry->claim, &parent, &name, &entry->identity);
  temp_entry_cover (entry);
}

/* After what decides on many: the directories come before what is in them. */
void
temp_entry_update_all_records (void)
{
  g_autoptr (GPtrArray) entries = temp_entry_list_owned ();

  for (guint i = 0; i < entries->len; i++)
    {
      TempEntry *entry = g_ptr_array_index (entries, i);

      /* The end brings its record up to date; that of whoever is busy with it does so, too. */
      if (temp_entry_try_begin (entry))
        temp_entry_end (entry);
    }
}

/* What is in a directory that is to stay is from now on to be deleted for its own sake. */
static void
uncover (TempEntry  *entry,
         TempParent *above)
{
  if (entry->directory == NULL)
    return;

  temp_parent_set_covered (entry->directory, above, FALSE);
  temp_entry_update_all_records ();
}

/* It stays, or somebody else has done with it as they liked. FALSE: but the ledger says that a crash is
 * to delete it. */
gboolean
temp_entry_clear_record (TempEntry  *entry,
                         TempParent *above,
                         gboolean    durable)
{
  uncover (entry, above);
  return temp_ledger_clear (&entry->claim, durable);
}

/* We have deleted it. */
void
temp_entry_release_record (TempEntry *entry)
{
  if (temp_identity_is_unmistakable (&entry->identity, temp_parent_has_fine_times (entry->parent)))
    temp_ledger_release (&entry->claim);
  else
    temp_ledger_clear (&entry->claim, FALSE);
}

/* Whether the ledger says other things than what is to become of it. */
gboolean
temp_entry_is_record_wrong (TempEntry *entry)
{
  return entry->state == TEMP_ENTRY_OWNED && entry->claim.slot != 0 && !entry->auto_delete;
}

/* Whether it should say something. */
gboolean
temp_entry_is_record_missing (TempEntry *entry)
{
  return entry->state == TEMP_ENTRY_OWNED && !temp_ledger_has (&entry->claim) && wants_record (entry);
}

/* Brings the ledger up to what has become of the entry, which the caller has the right to
 * decide on. */
void
temp_entry_update_record (TempEntry *entry)
{
  if (temp_entry_is_record_wrong (entry))
    temp_entry_clear_record (entry, entry->parent, TRUE);
  else if (temp_entry_is_record_missing (entry))
    enter_where_it_is (entry);
}
