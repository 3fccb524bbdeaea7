/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-entry-private.h"

#include "temp-entry-fields-private.h"
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
  return !entry->is_callers && !entry->is_remnant && entry->auto_delete && entry->parent != NULL &&
         !entry->is_covered && !temp_entry_keeps_everything () &&
         entry->generation == temp_process_generation ();
}

/* Before it is made, once its parent is known. The first in a process finds out what
 * others have left, too. */
void
temp_entry_prepare_ledger (TempEntry *entry)
{
  static guint prepared; /* atomic: the process that it is done in, by its generation */

  entry->is_covered = temp_parent_is_covered (entry->parent);
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

  if (!wants_record (entry))
    return temp_name_randomize (name, error);

  identify_parent (entry, &parent);
  return temp_ledger_reserve (&entry->claim, &parent, name, error);
}

/* A directory that was just made covers what comes into it. */
static void
cover (TempEntry *entry)
{
  if (entry->directory != NULL)
    temp_parent_set_covered (entry->directory, entry->is_covered || entry->claim.slot != 0);
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
  cover (entry);
}

/* It is, or will be, there under its name. */
void
temp_entry_enter_record (TempEntry *entry)
{
  TempIdentity parent;

  if (wants_record (entry))
    {
      identify_parent (entry, &parent);
      temp_ledger_enter (&entry->claim, &parent, &entry->name, &entry->identity);
    }
  cover (entry);
}

/* What is in a directory that is to stay, as path in parent, is from now on to be deleted for its own sake. */
void
temp_entry_uncover (TempEntry  *entry,
                    TempParent *parent,
                    const char *path)
{
  g_autoptr (GPtrArray) children = NULL;

  if (entry->directory == NULL || temp_parent_is_covered (parent))
    return;

  temp_parent_set_covered (entry->directory, FALSE);
  children = temp_entry_list_owned (entry->directory);
  for (guint i = 0; i < children->len; i++)
    {
      TempEntry *child = g_ptr_array_index (children, i);
      g_auto (TempName) name = { 0 };
      TempIdentity identity;

      /* Whoever is busy with it sees to it in the end. */
      if (!temp_entry_try_begin (child))
        continue;

      child->is_covered = FALSE;
      if (child->claim.slot == 0 && wants_record (child))
        {
          g_autofree char *child_path = g_build_filename (path, child->name.base, NULL);

          temp_name_set_path (&name, child_path);
          identify_parent (child, &identity);
          temp_ledger_enter (&child->claim, &identity, &name, &child->identity);
        }
      temp_entry_end (child);
    }
}

/* Brings the ledger up to what has become of the entry, which the caller has the right to
 * decide on. */
void
temp_entry_update_record (TempEntry *entry)
{
  if (entry->state != TEMP_ENTRY_OWNED)
    return;

  if (entry->is_covered)
    entry->is_covered = temp_parent_is_covered (entry->parent);

  if (entry->claim.slot == 0)
    {
      temp_entry_enter_record (entry);
    }
  else if (!entry->auto_delete)
    {
      temp_entry_uncover (entry, entry->parent, entry->name.path);
      temp_ledger_clear (&entry->claim, TRUE);
    }
}
