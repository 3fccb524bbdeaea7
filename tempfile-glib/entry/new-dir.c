/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Opens a directory that was just made, and where paths are not trusted, checks that nobody has put another one in its
 * place. */

/* Returns TRUE if the directory is empty. Reads it by another descriptor, so that fd keeps its offset. */
static gboolean
is_empty (int fd)
{
  int copy = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;
  gboolean found = FALSE;

  if (dir == NULL)
    {
      temp_fd_clear (&copy);
      return FALSE;
    }

  while (!found && (entry = readdir (dir)) != NULL)
    found = strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0;

  closedir (dir);
  return !found;
}

/* Returns TRUE if a directory that this process makes in fd belongs to uid. NFS and CIFS may give it to another user,
 * whom the server knows. */
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

/* Returns TRUE if fd can be the directory that was just made, and not another one, even of this user's own. Else sets
 * errno. */
static gboolean
is_new (int                fd,
        mode_t             mode,
        const struct stat *st)
{
  if ((st->st_mode & 0777 & ~mode) == 0 && is_empty (fd) &&
      (st->st_uid == geteuid () || owns_what_it_makes_in (fd, st->st_uid)))
    return TRUE;

  errno = EPERM;
  return FALSE;
}

/* Takes away the rights that were needed to open the directory, if the caller does not want them. Leaves the
 * set-group-ID bit, which may come from the directory above. Fails with errno. */
static gboolean
restrict_mode (int          fd,
               int          dir_fd,
               const char  *name,
               mode_t       mode,
               struct stat *st)
{
  if ((mode & 0700) == 0700)
    return TRUE;
  mode |= S_ISGID;
  if (fd >= 0)
    return fchmod (fd, st->st_mode & mode) == 0;
  return fstatat (dir_fd, name, st, AT_SYMLINK_NOFOLLOW) == 0 && fchmodat (dir_fd, name, st->st_mode & mode, 0) == 0;
}

/* Opens the entry's new directory, sets its mode, and gives the descriptor to the entry. Succeeds without a descriptor
 * if none can be had, and paths are trusted. Else fails with errno. */
gboolean
temp_entry_open_new_dir (TempEntry *entry,
                         mode_t     mode)
{
  gboolean is_trusted = entry->place->is_trusted;
  temp_autofd int fd = -1;
  const char *name;
  struct stat st;
  int dir_fd;

  if (!temp_entry_locate (entry, &dir_fd, &name))
    return FALSE;

  fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return is_trusted && (errno == EMFILE || errno == ENFILE || errno == EACCES) &&
           restrict_mode (-1, dir_fd, name, mode, &st);
  if (fstat (fd, &st) < 0 || (!is_trusted && !is_new (fd, mode | 0700, &st)) ||
      !restrict_mode (fd, dir_fd, name, mode, &st))
    return FALSE;

  if (G_UNLIKELY (entry->ledger != NULL && st.st_uid != entry->place->uid))
    {
      temp_ledger_lock_appends ();
      temp_ledger_add_uid (entry->ledger, st.st_uid);
      temp_ledger_unlock_appends ();
    }
  if (temp_entry_take_dir_fd (entry, fd, &st))
    fd = -1;
  return TRUE;
}
