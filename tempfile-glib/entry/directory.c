/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>

#include "base/fd.h"
#include "base/process.h"

/* The descriptor of an entry's directory, with a BSD lock, so that cleaners of old files leave the directory alone.
 *
 * A program may close a descriptor that it does not know, and open another file under its number. So the library
 * neither uses nor closes the descriptor before the platform says that it still is the directory's. */

static guint n_dir_fds;   /* atomic */
static guint max_dir_fds; /* atomic; 0: not asked yet */

/* Returns how many directories may have a descriptor: a quarter of the process's limit. */
static guint
get_max_dir_fds (void)
{
  uint64_t limit;

  if (temp_platform.get_limit (TEMP_LIMIT_HANDLES, &limit) < 0 || limit / 4 > G_MAXUINT)
    return G_MAXUINT;
  return limit / 4;
}

/* Returns TRUE if one more directory may have a descriptor. Asks for the limit again once it is reached. */
static gboolean
may_have_dir_fd (void)
{
  guint n = g_atomic_int_get (&n_dir_fds);

  if (G_UNLIKELY (n >= (guint) g_atomic_int_get (&max_dir_fds)))
    g_atomic_int_set (&max_dir_fds, get_max_dir_fds ());
  return n < (guint) g_atomic_int_get (&max_dir_fds);
}

/* A descriptor, and the directory that it has to be of. */
typedef struct
{
  TempHandle fd;
  TempFileId id;
} DirFd;

/* Returns the entry's descriptor as it is now: several threads may open the directory again. If `steals`, the entry
 * loses it. */
static DirFd
get_dir_fd (TempEntry *entry,
            gboolean   steals)
{
  DirFd now;

  temp_process_lock ();
  now = (DirFd) { entry->fd, entry->id };
  if (steals)
    entry->fd = -1;
  temp_process_unlock ();

  return now;
}

/* Returns TRUE if the descriptor is the directory's. */
static gboolean
is_open (const DirFd *now)
{
  return temp_fd_is (now->fd, &now->id);
}

/* Returns the descriptor of the entry's directory; -1 if there is none, or if another file has its number now. */
TempHandle
temp_entry_check_dir_fd (TempEntry *entry)
{
  DirFd now = get_dir_fd (entry, FALSE);

  return is_open (&now) ? now.fd : -1;
}

/* Sets the identity of the entry's directory, locks the descriptor, and gives it to the entry. Returns FALSE if too
 * many directories have one, so that the caller closes fd. */
gboolean
temp_entry_take_dir_fd (TempEntry        *entry,
                        TempHandle        fd,
                        const TempFileId *id)
{
  entry->id = *id;
  if (entry->place->is_trusted && !may_have_dir_fd ())
    return FALSE;

  /* Some filesystems have no locks. There, cleaners may delete the directory. */
  temp_platform.lock (fd, TEMP_LOCK_SHARED, FALSE);

  temp_process_lock ();
  entry->fd = fd;
  temp_process_unlock ();
  g_atomic_int_inc (&n_dir_fds);
  return TRUE;
}

/* Closes the descriptor of the entry's directory, if it still is the directory's. Does nothing for a file. */
void
temp_entry_close_dir_fd (TempEntry *entry)
{
  DirFd now;

  if (!entry->is_dir)
    return;

  now = get_dir_fd (entry, TRUE);
  if (now.fd < 0)
    return;
  g_atomic_int_add (&n_dir_fds, -1);
  if (is_open (&now))
    temp_platform.close (now.fd);
}

/* Returns the descriptor of the entry's directory, which stays the entry's. If there is none, opens and locks the
 * directory that is under the path now; where paths are not trusted, this has to be the one that the entry made.
 * Returns -1, with errno, on an error. */
TempHandle
temp_entry_open_dir_fd (TempEntry *entry)
{
  DirFd now = get_dir_fd (entry, FALSE);
  temp_autofd TempHandle fd = -1;
  TempFileId id;
  TempHandle result = -1;

  if (is_open (&now))
    return now.fd;
  errno = ENOENT;
  if (!temp_entry_has_name (entry))
    return -1;

  fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, entry->name.path, TEMP_OPEN_LIST);
  if (fd < 0 || temp_platform.identify (fd, &id) < 0)
    return -1;

  temp_platform.lock (fd, TEMP_LOCK_SHARED, FALSE);
  errno = ENOENT;
  temp_process_lock ();
  if (entry->place->is_trusted || temp_file_id_equal (&id, &entry->id))
    {
      if (entry->fd == now.fd) /* else another thread has opened it */
        {
          if (now.fd < 0)
            g_atomic_int_inc (&n_dir_fds);
          entry->id = id;
          entry->fd = g_steal_fd (&fd);
        }
      result = entry->fd;
    }
  temp_process_unlock ();
  return result;
}

/* Hands the entry's descriptor to `heir`, which has none, and that of `source` to the entry. No thread sees the entry
 * without a descriptor. */
void
temp_entry_replace_dir_fd (TempEntry *entry,
                           TempEntry *source,
                           TempEntry *heir)
{
  temp_process_lock ();
  heir->fd = entry->fd;
  heir->id = entry->id;
  entry->fd = g_steal_fd (&source->fd);
  entry->id = source->id;
  temp_process_unlock ();
}
