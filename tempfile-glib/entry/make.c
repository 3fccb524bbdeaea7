/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-create-private.h"
#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-location-private.h"
#include "temp-process-private.h"

/* How an entry comes to own something. */

/* A file without a name on a filesystem that has none: it loses its name at once. If it cannot, the ledger keeps
 * it in mind, and the entry is as new. */
static gboolean
create_and_unname (TempEntry   *entry,
                   const char  *dir,
                   mode_t       mode,
                   GError     **error)
{
  if (!temp_entry_create_file (entry, dir, NULL, NULL, NULL, mode, error))
    return FALSE;

  if (!temp_entry_delete (entry, NULL, error))
    {
      temp_entry_let_go (entry);
      entry->state = TEMP_ENTRY_NAMELESS;
      temp_name_clear (&entry->name);
      g_clear_pointer (&entry->parent, temp_parent_unref);
      temp_fd_clear (&entry->fd);
      entry->n_fd_users = 0;
      return FALSE;
    }

  return TRUE;
}

/* Makes a file without a name in dir, or in the default directory. */
gboolean
temp_entry_create_nameless (TempEntry   *entry,
                            const char  *dir,
                            mode_t       mode,
                            GError     **error)
{
  if (dir == NULL)
    dir = temp_get_default_dir (error);
  if (dir == NULL)
    return FALSE;

  entry->fd = temp_create_nameless (dir, mode);
  if (entry->fd < 0)
    {
      if (temp_create_is_unsupported (errno))
        return create_and_unname (entry, dir, mode, error);

      temp_error_from_errno (error, errno, "Could not create a temporary file in", dir);
      return FALSE;
    }

  entry->name.path = g_strdup (dir);
  entry->n_fd_users = 1;
  return TRUE;
}

/* Settles where the new thing goes: in parent, which dir is the path of, or else
 * in what dir names now. */
static gboolean
prepare (TempEntry   *entry,
         const char  *dir,
         TempParent  *parent,
         const char  *prefix,
         const char  *suffix,
         GError     **error)
{
  g_autofree char *to_free = NULL;

  /* An earlier attempt may have failed. */
  temp_name_clear (&entry->name);
  g_clear_pointer (&entry->parent, temp_parent_unref);

  dir = temp_location_resolve (dir, &to_free, error);
  if (dir == NULL || !temp_name_init (&entry->name, dir, prefix, suffix, error))
    return FALSE;

  entry->generation = temp_process_generation ();
  entry->parent = parent != NULL ? temp_parent_ref (parent) : temp_parent_open (dir, error);
  if (entry->parent == NULL)
    return FALSE;

  temp_entry_prepare_ledger (entry);
  return TRUE;
}

/* Once it is prepared, makes the thing itself. */
static gboolean
make (TempEntry  *entry,
      gboolean    is_dir,
      mode_t      mode,
      GError    **error)
{
  for (;;)
    {
      int parent_fd = temp_parent_get_fd (entry->parent);
      gboolean is_made;

      if (is_dir)
        {
          is_made = temp_create_dir (parent_fd, &entry->name, mode, temp_entry_choose_name, entry, error);
        }
      else
        {
          entry->fd = temp_create_file (parent_fd, &entry->name, mode, temp_entry_choose_name, entry, error);
          is_made = entry->fd >= 0;
        }

      if (G_LIKELY (is_made) || errno != EBADF || !temp_entry_reopen_parent (entry))
        return is_made;
      g_clear_error (error);
    }
}

/* Nothing was made. */
static gboolean
fail (TempEntry *entry)
{
  temp_ledger_release (&entry->claim);
  return FALSE;
}

/* Makes a file with a name. */
gboolean
temp_entry_create_file (TempEntry   *entry,
                        const char  *dir,
                        TempParent  *parent,
                        const char  *prefix,
                        const char  *suffix,
                        mode_t       mode,
                        GError     **error)
{
  struct stat st;

  if (!prepare (entry, dir, parent, prefix, suffix, error))
    return FALSE;

  if (!make (entry, FALSE, mode, error))
    return fail (entry);

  if (!temp_identity_get (entry->fd, "", &entry->identity, &st))
    {
      temp_error_from_errno (error, errno, "Could not look at the temporary file", entry->name.path);
      unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, 0);
      temp_fd_clear (&entry->fd);
      return fail (entry);
    }

  entry->n_fd_users = 1;
  temp_entry_complete_record (entry);
  temp_entry_own (entry);
  return TRUE;
}

/* Some filesystems give all that a user makes to another: NFS and CIFS, to the one
 * that the server knows. */
static gboolean
owns_what_it_makes_in (int   fd,
                       uid_t uid)
{
  const char *probe = "probe";
  struct stat st;
  gboolean owns;

  if (mkdirat (fd, probe, 0700) < 0)
    return FALSE;

  owns = fstatat (fd, probe, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid;
  return unlinkat (fd, probe, AT_REMOVEDIR) == 0 && owns;
}

/* Opens the directory just made, and makes sure of what it is: in a directory
 * that others may write to, and that is not sticky, they can put another in its
 * place. Its mode, which had to let us in, is then what was asked for. */
static int
open_new_dir (TempEntry   *entry,
              mode_t       mode,
              struct stat *st)
{
  temp_autofd int fd = openat (temp_parent_get_fd (entry->parent), entry->name.base,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || !temp_identity_get (fd, "", &entry->identity, st))
    return -1;

  if (!temp_parent_is_trusted (entry->parent) && st->st_uid != geteuid () && !owns_what_it_makes_in (fd, st->st_uid))
    {
      errno = EPERM;
      return -1;
    }

  if ((mode & 0700) != 0700 && fchmod (fd, st->st_mode & mode) < 0)
    return -1;

  return g_steal_fd (&fd);
}

/* Makes a directory, and opens and locks it. */
gboolean
temp_entry_create_dir (TempEntry   *entry,
                       const char  *dir,
                       TempParent  *parent,
                       const char  *prefix,
                       const char  *suffix,
                       mode_t       mode,
                       GError     **error)
{
  struct stat st;
  int fd;

  if (!prepare (entry, dir, parent, prefix, suffix, error))
    return FALSE;

  if (!make (entry, TRUE, mode | 0700, error))
    return fail (entry);

  /* The caller has only its path. */
  if (entry->is_callers)
    {
      temp_entry_own (entry);
      return TRUE;
    }

  fd = open_new_dir (entry, mode, &st);
  if (fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the temporary directory", entry->name.path);

      /* Nothing is in it yet: and if it were another one, only an empty directory can go. */
      unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, AT_REMOVEDIR);
      return fail (entry);
    }

  /* Cleaners of old files, systemd-tmpfiles among them, leave what is locked
   * alone. Where there are no locks, that is all that is lost. */
  flock (fd, LOCK_SH | LOCK_NB);

  entry->directory = temp_parent_take (fd, &st);
  temp_entry_complete_record (entry);
  temp_entry_own (entry);
  return TRUE;
}

/* Gives something that is there already a random name of the kind that is deleted. On
 * failure, errsv says why, too. */
gboolean
temp_entry_create_name (TempEntry           *entry,
                        const char          *dir,
                        TempParent          *parent,
                        const TempIdentity  *identity,
                        TempEntryPlace       place,
                        gpointer             data,
                        int                 *errsv,
                        GError             **error)
{
  *errsv = EEXIST;
  if (!prepare (entry, dir, parent, ".tmp", NULL, error))
    return FALSE;

  entry->identity = *identity;
  for (guint i = 0; i < TEMP_NAME_MAX_TRIES && (*errsv == EEXIST || *errsv == EINTR); i++)
    {
      if (!temp_name_randomize (&entry->name, error))
        return fail (entry);

      temp_entry_enter_record (entry);
      if (place (data, temp_parent_get_fd (entry->parent), entry->name.base))
        {
          temp_entry_own (entry);
          return TRUE;
        }
      *errsv = errno;
    }

  temp_error_from_errno (error, *errsv, "Could not give a temporary file the name", entry->name.path);
  temp_ledger_clear (&entry->claim, FALSE);
  return FALSE;
}

/* Makes a new entry the owner of what is there under that path, in parent, or will be. */
void
temp_entry_take_over (TempEntry          *entry,
                      TempParent         *parent,
                      const char         *path,
                      const TempIdentity *identity)
{
  entry->parent = temp_parent_ref (parent);
  temp_name_set_path (&entry->name, path);
  entry->generation = temp_process_generation ();
  entry->identity = *identity;
  temp_entry_prepare_ledger (entry);
  temp_entry_enter_record (entry);
  temp_entry_own (entry);
}
