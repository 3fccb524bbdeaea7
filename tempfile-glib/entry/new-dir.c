/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>

#include "base/fd.h"
#include "base/names.h"

/* Opens a directory that was just made, and where paths are not trusted, checks that nobody has put another one in its
 * place. */

/* Returns TRUE if the directory is empty. Reads it by another descriptor, so that fd keeps its offset. */
static gboolean
is_empty (TempHandle fd)
{
  g_auto (TempNames) names = TEMP_NAMES_INIT;

  return temp_names_open (&names, fd) && temp_names_next (&names) == NULL;
}

/* Returns TRUE if a directory that this process makes in fd belongs to uid. NFS and CIFS may give it to another user,
 * whom the server knows. */
static gboolean
owns_what_it_makes_in (TempHandle fd,
                       guint32    uid)
{
  const char *probe = "probe";
  TempStat st;
  gboolean owns;

  if (temp_platform.make_dir (fd, probe, 0700) < 0)
    return FALSE;

  owns = temp_platform.stat_name (fd, probe, &st) == 0 && st.uid == uid;
  return temp_platform.remove_dir (fd, probe) == 0 && owns;
}

/* Returns TRUE if the directory is empty, has no more rights than were asked for, and belongs to this user, as one that
 * was just made does. Else sets errno. */
static gboolean
is_new (TempHandle      fd,
        guint32         mode,
        const TempStat *st)
{
  if ((st->mode & 0777 & ~mode) == 0 && is_empty (fd) &&
      (st->uid == temp_platform.get_uid () || owns_what_it_makes_in (fd, st->uid)))
    return TRUE;

  errno = EPERM;
  return FALSE;
}

/* Takes away the rights that were needed to open the directory, if the caller does not want them. Leaves the
 * set-group-ID bit, which may come from the directory above. Fails with errno. */
static gboolean
restrict_mode (TempHandle  fd,
               TempHandle  dir_fd,
               const char *name,
               guint32     mode,
               TempStat   *st)
{
  if ((mode & 0700) == 0700)
    return TRUE;
  mode |= TEMP_MODE_SET_GID;
  if (fd >= 0)
    return temp_platform.set_mode (fd, NULL, st->mode & mode) == 0;
  return temp_platform.stat_name (dir_fd, name, st) == 0 &&
         temp_platform.set_mode (dir_fd, name, st->mode & mode) == 0;
}

/* Opens the entry's new directory, sets its mode, and gives the descriptor to the entry. Succeeds without a descriptor
 * if none can be had, and paths are trusted. Else fails with errno. */
gboolean
temp_entry_open_new_dir (TempEntry *entry,
                         guint32    mode)
{
  gboolean is_trusted = entry->place->is_trusted;
  temp_autofd TempHandle fd = -1;
  TempHandle dir_fd;
  const char *name;
  TempStat st;

  if (!temp_entry_locate (entry, &dir_fd, &name))
    return FALSE;

  fd = temp_platform.open_dir (dir_fd, name, TEMP_OPEN_LIST);
  if (fd < 0)
    return is_trusted && (errno == EMFILE || errno == ENFILE || errno == EACCES) &&
           restrict_mode (-1, dir_fd, name, mode, &st);
  if (temp_platform.stat (fd, &st) < 0 || (!is_trusted && !is_new (fd, mode | 0700, &st)) ||
      !restrict_mode (fd, dir_fd, name, mode, &st))
    return FALSE;

  if (G_UNLIKELY (entry->ledger != NULL && st.uid != entry->place->uid))
    {
      temp_ledger_lock_appends ();
      temp_ledger_add_uid (entry->ledger, st.uid);
      temp_ledger_unlock_appends ();
    }
  if (temp_entry_take_dir_fd (entry, fd, &st.id))
    fd = -1;
  return TRUE;
}
