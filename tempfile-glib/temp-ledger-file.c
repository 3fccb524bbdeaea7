/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-format-private.h"

/* Where its descriptor is: programs that close descriptors which are not theirs close small ones, which
 * are given out again at once; and what is written here must not land in another file. At random, as
 * others do the same. */
#define LOWEST_FD 256
#define N_FDS 512

/* Written at once, so that there is room in it even when the disk is full later. */
#define N_FIRST_SLOTS 8

/* How many slots it may have: to write beyond the limit kills the process. */
guint
temp_ledger_file_max_slots (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur / TEMP_LEDGER_SLOT > G_MAXINT)
    return G_MAXINT;
  return limit.rlim_cur / TEMP_LEDGER_SLOT;
}

/* Gives how much was written, or -1 with errno. */
gssize
temp_ledger_file_write (int           fd,
                        const guint8 *buffer,
                        gsize         size,
                        guint         slot)
{
  guint end = slot + (size + TEMP_LEDGER_SLOT - 1) / TEMP_LEDGER_SLOT;
  gssize n;

  /* The limit may have been lowered. For the first page nobody asks on the way of each creation: a process that can
   * write no file has no use for new ones. */
  if (end > N_FIRST_SLOTS && end > temp_ledger_file_max_slots ())
    {
      errno = EFBIG;
      return -1;
    }

  do
    n = pwrite (fd, buffer, size, (off_t) slot * TEMP_LEDGER_SLOT);
  while (G_UNLIKELY (n < 0 && errno == EINTR));

  return n;
}

/* Moves it up, or, where there are not so many, at least away from the standard ones. */
static int
move_fd (int fd)
{
  int moved = fcntl (fd, F_DUPFD_CLOEXEC, LOWEST_FD + g_random_int_range (0, N_FDS));

  if (moved < 0)
    moved = fcntl (fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  return moved;
}

static gboolean
write_first_page (int fd)
{
  guint8 page[N_FIRST_SLOTS * TEMP_LEDGER_SLOT] = { 0 };
  TempLedgerOrigin origin;
  gssize n;

  errno = EFBIG;
  if (temp_ledger_file_max_slots () < N_FIRST_SLOTS)
    return FALSE;

  temp_ledger_origin_get (&origin);
  temp_ledger_encode_header (page, &origin);
  n = temp_ledger_file_write (fd, page, sizeof page, 0);
  if (n >= 0)
    errno = ENOSPC;
  return n == sizeof page;
}

/* The lock belongs to the open file, which a mapping keeps open, whatever becomes of the descriptor: a
 * program may close all that it does not know. Nobody ever looks into the mapping; a child does not
 * inherit it. */
static gboolean
hold_open (int fd)
{
  gsize size = sysconf (_SC_PAGESIZE);
  void *mapping = mmap (NULL, size, PROT_NONE, MAP_SHARED, fd, 0);

  if (mapping == MAP_FAILED)
    return FALSE;
  if (madvise (mapping, size, MADV_DONTFORK) == 0)
    return TRUE;

  munmap (mapping, size);
  return FALSE;
}

static gboolean
create_in (TempLedgerFile  *file,
           guint            which,
           GError         **error)
{
  g_autofree char *dir = temp_ledger_dir_get_path (which);
  temp_autofd int dir_fd = temp_ledger_dir_open (which, TRUE, error);
  temp_autofd int fd = -1;
  struct stat st;

  if (dir_fd < 0)
    return FALSE;
  fd = temp_ledger_create (dir_fd, dir, &file->path, error);
  if (fd < 0)
    return FALSE;

  file->fd = write_first_page (fd) && fstat (fd, &st) == 0 ? move_fd (fd) : -1;
  if (file->fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not write the ledger", file->path);
      unlink (file->path);
      g_clear_pointer (&file->path, g_free);
      return FALSE;
    }

  file->dev = st.st_dev;
  file->ino = st.st_ino;
  file->is_held = hold_open (fd);
  return TRUE;
}

/* Makes it, in the first directory where that can be done. While this runs, nobody may
 * fork: the child would have the lock. */
gboolean
temp_ledger_file_create (TempLedgerFile  *file,
                         GError         **error)
{
  g_autoptr (GError) first_error = NULL;

  for (guint which = 0; which < TEMP_LEDGER_N_DIRS; which++)
    if (create_in (file, which, first_error == NULL ? &first_error : NULL))
      return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

/* After somebody has closed the descriptor: gives another one of the same file, or -1. */
int
temp_ledger_file_reopen (const TempLedgerFile *file)
{
  temp_autofd int fd = -1;
  struct stat st;

  if (!file->is_held)
    return -1;

  fd = open (file->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != file->dev || st.st_ino != file->ino)
    return -1;

  return move_fd (fd);
}

/* For good, even if the power fails. */
gboolean
temp_ledger_file_remove (const char *path)
{
  g_autofree char *dir = g_path_get_dirname (path);
  temp_autofd int dir_fd = -1;

  if (unlink (path) < 0 && errno != ENOENT)
    return FALSE;

  dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0)
    return errno == ENOENT;
  return fsync (dir_fd) == 0 || errno == EINVAL;
}
