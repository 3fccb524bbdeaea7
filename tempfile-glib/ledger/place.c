/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/place.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "ledger/text.h"
#include "ledger/trust.h"

/* The places of this process, in a table by their paths.
 *
 * Once a second at most, temp_place_get() looks if the path still leads to the directory; if not, it makes a new place,
 * with a new line. Entries keep the place that they were made in. The lock rules are in ledger.c. */

/* A table of this size is emptied. */
#define MAX_PLACES 1000

static GHashTable *places; /* under the process's lock; NULL: there is none */

TempPlace *
temp_place_ref (TempPlace *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

/* Takes the descriptor from the place, and returns it, to be closed without the lock; -1 if it no longer is the
 * directory's. The caller holds the process's lock. */
static TempHandle
steal_fd_locked (TempPlace *self)
{
  TempHandle fd = g_steal_fd (&self->fd);

  temp_process_assert_locked ();
  return temp_fd_is (fd, &self->id) ? fd : TEMP_HANDLE_NONE;
}

/* Drops a reference. The last entry closes the descriptor, which the table does not need. Until then another thread may
 * use it. */
void
temp_place_unref (TempPlace *self)
{
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;

  if (G_UNLIKELY (self->fd >= 0))
    {
      temp_process_lock ();
      if (g_atomic_int_get (&self->ref_count) <= (self->is_in_table ? 2 : 1))
        fd = steal_fd_locked (self);
      temp_process_unlock ();
    }

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->ledger, temp_ledger_unref);
  g_free (self->path);
  g_free (self->resolved);
  g_free (self->text);
  g_free (self);
}

/* Returns TRUE if the path leads to the place's directory now. */
gboolean
temp_place_is_at (TempPlace  *self,
                  const char *path)
{
  TempStat st;

  return temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, path, &st) == 0 &&
         temp_file_id_equal (&st.id, &self->id);
}

/* Returns a descriptor of the directory, which stays the place's; -1 with errno on an error. Opens it again if the
 * program has closed it, or has opened another file under its number. */
TempHandle
temp_place_get_fd (TempPlace *self)
{
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;
  TempHandle now;
  TempFileId id;

  temp_process_lock ();
  now = self->fd;
  temp_process_unlock ();
  if (G_LIKELY (temp_fd_is (now, &self->id)))
    return now;

  fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, self->path, TEMP_OPEN_FOLLOW);
  if (fd < 0 || temp_platform.identify (fd, &id) < 0)
    return -1;
  if (!temp_file_id_equal (&id, &self->id))
    {
      errno = ENOENT;
      return -1;
    }

  temp_process_lock ();
  if (self->fd == now)
    self->fd = g_steal_fd (&fd);
  now = self->fd;
  temp_process_unlock ();
  return now;
}

/* Returns the line of the directory, with `resolved` as its path if that is not NULL. If `name` is not NULL, a second
 * line has the name, which a sweep then believes without a tag. */
char *
temp_place_line (TempPlace  *self,
                 const char *resolved,
                 const char *name)
{
  g_autofree char *text = temp_ledger_escape (resolved != NULL ? resolved : self->resolved);
  g_autofree char *line = g_strdup_printf ("dir %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n",
                                           (guint64) self->id.dev, (guint64) self->id.ino, text);
  g_autofree char *escaped = name != NULL ? temp_ledger_escape (name) : NULL;

  return name != NULL ? g_strdup_printf ("%sname %s\n", line, escaped) : g_steal_pointer (&line);
}

/* Making */

/* Appends the place's line to the current ledger. On failure, the place has no ledger, so that names in it are plain.
 * The caller holds the lock of appends. */
static void
write_line (TempPlace *self)
{
  g_autofree char *line = temp_place_line (self, NULL, NULL);

  temp_ledger_assert_appends_locked ();

  /* If somebody has removed the first ledger, the second is a new one. */
  for (guint i = 0; i < 2 && self->ledger == NULL; i++)
    {
      g_autoptr (TempLedger) ledger = temp_ledger_open (NULL);

      if (ledger == NULL)
        break;
      if (temp_ledger_add_uid (ledger, self->uid) && (!self->is_listed || temp_ledger_append (ledger, line)))
        self->ledger = g_steal_pointer (&ledger);
    }
}

/* Makes a place of the directory with that identity, without a line. */
static TempPlace *
new_place (const char       *path,
           const char       *resolved,
           const TempFileId *id)
{
  TempPlace *self = g_new (TempPlace, 1);

  *self = (TempPlace) {
    .ref_count = 1,
    .generation = temp_process_generation (),
    .path = g_strdup (path),
    .resolved = g_strdup (resolved),
    .text = temp_ledger_escape (resolved),
    .id = *id,
    .second = (gint) temp_platform.get_second (),
    .fd = -1,
  };
  return self;
}

/* Makes the place of an absolute path, without a line. */
static TempPlace *
make (const char  *dir,
      gboolean     wants_line,
      GError     **error)
{
  g_autofree char *resolved = NULL;
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;
  TempFileId id;
  TempPlace *self;

  if (temp_platform.resolve (dir, &resolved) == 0)
    fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, resolved, 0);
  if (fd < 0 || temp_platform.identify (fd, &id) < 0)
    {
      temp_error_from_errno (error, errno, _("Could not open the directory “%s”: %s"), dir);
      return NULL;
    }

  self = new_place (dir, resolved, &id);
  self->wants_line = wants_line && !temp_process_keeps_everything ();
  self->uid = temp_platform.get_uid ();
  self->is_trusted = temp_trust_check (dir);
  self->is_listed = temp_platform.may_list (fd) == 0;
  if (!self->is_trusted)
    self->fd = g_steal_fd (&fd);
  return self;
}

/* Makes a place of a directory of this process that is in an untrusted one. Takes the directory's descriptor, by which
 * entries are made and deleted there. The table does not have this place. */
TempPlace *
temp_place_new_inside (const char *path,
                       TempHandle  fd,
                       guint64     above)
{
  TempFileId id = { 0 };
  TempPlace *self;

  temp_platform.identify (fd, &id);
  self = new_place (path, path, &id);
  self->above = above;
  self->fd = fd;
  return self;
}

/* The table */

/* Takes the table away, and returns it, or NULL, to be freed without the lock. The caller holds the process's lock. */
static GHashTable *
steal_all_locked (void)
{
  GHashTable *old;
  GHashTableIter iter;
  gpointer place;

  temp_process_assert_locked ();
  old = g_steal_pointer (&places);
  if (old == NULL)
    return NULL;

  g_hash_table_iter_init (&iter, old);
  while (g_hash_table_iter_next (&iter, NULL, &place))
    ((TempPlace *) place)->is_in_table = FALSE;
  return old;
}

/* Puts the place into the table, and takes out another one that has its path. */
static void
remember (TempPlace *self)
{
  GHashTable *old = NULL;
  TempPlace *former;

  temp_process_lock ();
  if (places != NULL && g_hash_table_size (places) >= MAX_PLACES)
    old = steal_all_locked ();
  if (places == NULL)
    places = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) temp_place_unref);
  former = g_hash_table_lookup (places, self->path);
  if (former != NULL)
    {
      g_hash_table_steal (places, self->path);
      former->is_in_table = FALSE;
    }
  g_hash_table_insert (places, self->path, temp_place_ref (self));
  self->is_in_table = TRUE;
  temp_process_unlock ();

  g_clear_pointer (&former, temp_place_unref);
  g_clear_pointer (&old, g_hash_table_unref);
}

/* Empties the table, so that temp_place_get() makes a new place for each directory, with a line if it needs one. */
void
temp_place_forget_all (void)
{
  GHashTable *old;

  temp_process_lock ();
  old = steal_all_locked ();
  temp_process_unlock ();

  g_clear_pointer (&old, g_hash_table_unref);
}

/* Returns TRUE if an entry can be made in the place as it is. Looks if the path still leads there, once a second. */
static gboolean
is_valid (TempPlace *self,
          gboolean   wants_line)
{
  gint second = (gint) temp_platform.get_second ();

  if (G_UNLIKELY (self->generation != temp_process_generation ()))
    return FALSE;
  if (G_UNLIKELY (self->ledger != NULL && !temp_ledger_is_current (self->ledger)))
    return FALSE;
  if (G_UNLIKELY (wants_line && !self->wants_line && !temp_process_keeps_everything ()))
    return FALSE;
  if (G_LIKELY (g_atomic_int_get (&self->second) == second))
    return TRUE;

  if ((self->ledger == NULL && self->above == 0 && self->wants_line) || self->uid != temp_platform.get_uid () ||
      !temp_place_is_at (self, self->path))
    return FALSE;
  g_atomic_int_set (&self->second, second);
  return TRUE;
}

/* Returns the place of the path in the table, with a reference; NULL if there is none that is valid. */
static TempPlace *
lookup (const char *dir,
        gboolean    wants_line)
{
  g_autoptr (TempPlace) self = NULL;

  temp_process_lock ();
  if (places != NULL)
    self = g_hash_table_lookup (places, dir);
  if (self != NULL)
    temp_place_ref (self);
  temp_process_unlock ();

  return self != NULL && is_valid (self, wants_line) ? g_steal_pointer (&self) : NULL;
}

/* Returns the place that the absolute path leads to, with a reference. If `wants_line`, the ledger has the place's line
 * then, unless that cannot be written: while one thread writes it, others wait. Takes the lock of appends. */
TempPlace *
temp_place_get (const char         *dir,
                gboolean            wants_line,
                TempPlaceFindAbove  find_above,
                GError            **error)
{
  TempPlace *self = lookup (dir, wants_line), *made;

  if (G_LIKELY (self != NULL))
    return self;

  /* Make it before taking the lock: a server that knows the users may take long to answer. */
  made = make (dir, wants_line, error);
  if (made == NULL)
    return NULL;

  temp_ledger_lock_appends ();
  self = lookup (dir, wants_line);
  if (self == NULL)
    {
      self = g_steal_pointer (&made);
      self->above = find_above (self->resolved);
      if (self->above == 0 && self->wants_line)
        write_line (self);
      remember (self);
    }
  temp_ledger_unlock_appends ();

  g_clear_pointer (&made, temp_place_unref);
  return self;
}
