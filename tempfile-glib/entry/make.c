/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "entry/create.h"
#include "entry/location.h"
#include "ledger/sweep.h"

/* Makes the file or directory of an entry: a nameless file, a named file, a directory, or a hidden name for a file that
 * exists.
 *
 * A named one takes three steps: prepare() finds its place and its ledger, draw() writes the letters of its name, and
 * temp_entry_register() has exit delete it. */

/* Runs after all atexit() handlers, in which a program may still use its files. Is here, because a linker takes from a
 * static library those object files alone that something refers to. */
__attribute__ ((destructor)) static void
delete_all_at_exit (void)
{
  temp_entry_delete_all_at_exit ();
}

/* Makes a named file and deletes its name at once, on a filesystem without nameless files. If the name cannot be
 * deleted, leaves it for a sweep, and the entry as new. */
static gboolean
create_and_unname (TempEntry   *entry,
                   const char  *dir,
                   guint32      mode,
                   GError     **error)
{
  if (!temp_entry_create_file (entry, dir, NULL, NULL, NULL, mode, error))
    return FALSE;
  if (temp_entry_delete (entry, NULL, NULL, error))
    return TRUE;

  temp_entry_discard (entry);
  temp_entry_reset (entry);
  return FALSE;
}

/* Creates a nameless file in dir, or in the default directory if that is NULL. Has `create_named` create one on a
 * filesystem without nameless files. */
static gboolean
create_nameless (TempEntry   *entry,
                 const char  *dir,
                 guint32      mode,
                 gboolean   (*create_named) (TempEntry *, const char *, guint32, GError **),
                 GError     **error)
{
  if (dir == NULL)
    dir = temp_location_get_default (error);
  if (dir == NULL)
    return FALSE;

  entry->fd = temp_create_nameless (dir, mode);
  if (entry->fd < 0)
    {
      if (temp_create_is_unsupported (errno))
        return create_named (entry, dir, mode, error);

      temp_error_from_errno (error, errno, _("Could not create a temporary file in “%s”: %s"), dir);
      return FALSE;
    }

  entry->name.path = g_strdup (dir);
  entry->n_fd_users = 1;
  return TRUE;
}

/* Creates a nameless file. On a filesystem without such files, that is a named one whose name is deleted. */
gboolean
temp_entry_create_nameless (TempEntry   *entry,
                            const char  *dir,
                            guint32      mode,
                            GError     **error)
{
  return create_nameless (entry, dir, mode, create_and_unname, error);
}

static gboolean
create_hidden (TempEntry   *entry,
               const char  *dir,
               guint32      mode,
               GError     **error)
{
  entry->is_hidden = temp_entry_create_file (entry, dir, NULL, ".tmp", NULL, mode, error);
  return entry->is_hidden;
}

/* Creates a file that can replace another one in dir: a nameless file, or, on a filesystem without such files, one with
 * a hidden name. Many such filesystems cannot give a name back. */
gboolean
temp_entry_create_beside (TempEntry   *entry,
                          const char  *dir,
                          guint32      mode,
                          GError     **error)
{
  return create_nameless (entry, dir, mode, create_hidden, error);
}

/* Returns the place of a directory of this process, for the files made in it. Where paths are not trusted, the place
 * has a descriptor of the directory, so that no path is resolved again. */
static TempPlace *
get_place_inside (TempEntry  *above,
                  gboolean    wants_line,
                  GError    **error)
{
  temp_autofd TempHandle fd = -1;
  TempPlace *made;

  if (above->place->is_trusted || above->state != TEMP_ENTRY_REGISTERED || above->fate != TEMP_FATE_DELETE)
    return temp_place_get (above->name.path, wants_line, temp_entry_find_above, error);

  if (g_atomic_pointer_get (&above->inside) == NULL)
    {
      fd = temp_entry_open_dir_fd (above);
      fd = fd >= 0 ? temp_platform.duplicate (fd) : -1;
      if (fd < 0)
        {
          temp_error_from_errno (error, errno, _("Could not open the temporary directory “%s”: %s"), above->name.path);
          return NULL;
        }
      made = temp_place_new_inside (above->name.path, g_steal_fd (&fd),
                                    above->ledger != NULL ? above->serial : above->place->above);
      if (!g_atomic_pointer_compare_and_exchange (&above->inside, NULL, made))
        temp_place_unref (made);
    }
  return temp_place_ref (above->inside);
}

/* Undoes prepare(), if nothing could be made after it: the entry leaves its ledger. Returns FALSE, for the caller to
 * return. */
static gboolean
undo_prepare (TempEntry *entry)
{
  if (entry->ledger != NULL)
    temp_ledger_leave (entry->ledger);
  g_clear_pointer (&entry->ledger, temp_ledger_unref);
  return FALSE;
}

/* Finds the place of a directory for the entry, and has the place's ledger, if a sweep is to find the entry, count
 * it. */
static gboolean
find_place (TempEntry   *entry,
            const char  *dir,
            TempEntry   *above,
            GError     **error)
{
  gboolean wants_line = entry->fate == TEMP_FATE_DELETE;

  for (;;)
    {
      entry->place = above != NULL ? get_place_inside (above, wants_line, error)
                                   : temp_place_get (dir, wants_line, temp_entry_find_above, error);
      if (entry->place == NULL)
        return FALSE;
      if (!wants_line || entry->place->ledger == NULL)
        return TRUE;
      if (temp_ledger_enter (entry->place->ledger))
        {
          entry->ledger = temp_ledger_ref (entry->place->ledger);
          temp_sweep_in_background ();
          return TRUE;
        }

      /* The ledger's file is gone by now. The next look-up finds a place with another ledger. */
      g_clear_pointer (&entry->place, temp_place_unref);
    }
}

/* Finds the place and the ledger of an entry, and lays out its name, for plain random letters if it has no ledger. Sets
 * *dir_fd to the descriptor by which the name is made, or to TEMP_HANDLE_CURRENT_DIR. On error, the entry is as new. */
static gboolean
prepare (TempEntry   *entry,
         const char  *dir,
         TempEntry   *above,
         const char  *prefix,
         const char  *suffix,
         TempHandle  *dir_fd,
         GError     **error)
{
  gboolean is_callers = entry->fate == TEMP_FATE_CALLERS;
  g_autofree char *to_free = NULL;
  const char *name;

  /* An attempt that failed may have set them. */
  temp_name_clear (&entry->name);
  g_clear_pointer (&entry->place, temp_place_unref);
  entry->generation = temp_process_generation ();

  dir = above != NULL ? above->name.path : temp_location_resolve (dir, &to_free, error);
  if (dir == NULL || (!is_callers && !find_place (entry, dir, above, error)))
    return FALSE;
  if (!temp_name_init (&entry->name, dir, prefix, suffix,
                       entry->ledger != NULL ? TEMP_TAG_N_LETTERS : TEMP_NAME_N_RANDOM, error))
    return undo_prepare (entry);

  *dir_fd = TEMP_HANDLE_CURRENT_DIR;
  if (is_callers || temp_entry_locate (entry, dir_fd, &name))
    return TRUE;

  temp_error_from_errno (error, errno, _("Could not find the directory “%s” again: %s"), entry->place->path);
  return undo_prepare (entry);
}

/* Writes the letters of the next name to try: see TempCreateChoose. The letters are plain random ones without a ledger,
 * and once the ledger has no more names. */
static gboolean
draw (gpointer   data,
      TempName  *name,
      GError   **error)
{
  TempEntry *entry = data;
  TempPlace *place = entry->place;

  if (entry->ledger == NULL ||
      !temp_ledger_draw (entry->ledger, name->random, entry->is_dir ? TEMP_TAG_DIR : TEMP_TAG_FILE, place->text,
                         name->base, name->random - name->base, name->random + name->n_random))
    return temp_name_randomize (name, error);

  /* A sweep cannot read the directory. A line in the ledger tells it the name. */
  if (G_UNLIKELY (!place->is_listed))
    {
      g_autofree char *line = temp_place_line (place, NULL, name->base);

      temp_ledger_lock_appends ();
      temp_ledger_append (entry->ledger, line);
      temp_ledger_unlock_appends ();
    }
  return TRUE;
}

/* Creates a named file in the directory of `above`; if that is NULL, in dir; if both are NULL, in the default
 * directory. On error, the entry is as new. */
gboolean
temp_entry_create_file (TempEntry   *entry,
                        const char  *dir,
                        TempEntry   *above,
                        const char  *prefix,
                        const char  *suffix,
                        guint32      mode,
                        GError     **error)
{
  TempHandle dir_fd;

  if (!prepare (entry, dir, above, prefix, suffix, &dir_fd, error))
    return FALSE;

  entry->fd = temp_create_file (dir_fd, &entry->name, mode, draw, entry, error);
  if (entry->fd < 0)
    return undo_prepare (entry);

  entry->n_fd_users = 1;
  temp_entry_register (entry);
  return TRUE;
}

/* Creates a directory, where temp_entry_create_file() creates a file. On error, the entry is as new. */
gboolean
temp_entry_create_dir (TempEntry   *entry,
                       const char  *dir,
                       TempEntry   *above,
                       const char  *prefix,
                       const char  *suffix,
                       guint32      mode,
                       GError     **error)
{
  TempHandle dir_fd;

  entry->is_dir = TRUE;
  if (!prepare (entry, dir, above, prefix, suffix, &dir_fd, error))
    return FALSE;
  if (!temp_create_dir (dir_fd, &entry->name, mode | 0700, draw, entry, error))
    return undo_prepare (entry);

  /* A caller's directory needs no descriptor: temp_mkdtemp() returns only the path. */
  if (entry->fate != TEMP_FATE_CALLERS && !temp_entry_open_new_dir (entry, mode))
    {
      temp_error_from_errno (error, errno, _("Could not open the temporary directory “%s”: %s"), entry->name.path);

      /* The directory is still empty. Another one that somebody put in its place only goes if it is, too. */
      if (temp_platform.remove_dir (dir_fd, temp_name_at (&entry->name, dir_fd)) < 0)
        g_clear_pointer (&entry->ledger, temp_ledger_unref); /* still counts the directory: a sweep deletes it */
      return undo_prepare (entry);
    }

  temp_entry_register (entry);
  return TRUE;
}

/* Links a file that exists to a hidden name in dir: calls `link_to` with one name after the other until one works,
 * and registers that name. On an error, also sets *errsv to the errno of the last try; to 0 if there was no name to
 * try, and only the error says why. */
gboolean
temp_entry_create_name (TempEntry          *entry,
                        const char         *dir,
                        TempEntryLinkFunc   link_to,
                        gpointer            data,
                        int                *errsv,
                        GError            **error)
{
  TempHandle dir_fd;

  *errsv = 0;
  if (!prepare (entry, dir, NULL, ".tmp", NULL, &dir_fd, error))
    return FALSE;

  for (guint i = 0; i < TEMP_NAME_MAX_TRIES && (i == 0 || *errsv == EEXIST || *errsv == EINTR); i++)
    {
      if (!draw (entry, &entry->name, error))
        {
          *errsv = 0;
          return undo_prepare (entry);
        }
      if (link_to (data, dir_fd, temp_name_at (&entry->name, dir_fd)))
        {
          temp_entry_register (entry);
          return TRUE;
        }
      *errsv = errno;
    }

  temp_error_from_errno (error, *errsv, _("Could not create a temporary file in “%s”: %s"), dir);
  return undo_prepare (entry);
}

/* Attaches a new entry to the name of another one, `named`, which is about to give the name up, and registers the new
 * entry. The ledger counts both. The caller holds the lock of `named`. */
void
temp_entry_attach (TempEntry *entry,
                   TempEntry *named)
{
  temp_entry_assert_locked (named);
  entry->is_dir = named->is_dir;
  entry->generation = named->generation;
  entry->place = temp_place_ref (named->place);
  temp_name_set_path (&entry->name, named->name.path);
  if (named->ledger != NULL && temp_ledger_enter (named->ledger))
    entry->ledger = temp_ledger_ref (named->ledger);
  temp_entry_register (entry);
}

/* Syncs the ledger under which a name in dir is about to be made, so that a sweep finds the name after a power cut. The
 * caller need not know of an error. */
void
temp_entry_sync_ledger (const char *dir)
{
  g_autoptr (TempPlace) place = temp_place_get (dir, TRUE, temp_entry_find_above, NULL);

  if (place != NULL && place->ledger != NULL)
    temp_ledger_sync (place->ledger);
}
