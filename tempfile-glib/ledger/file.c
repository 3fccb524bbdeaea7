/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "ledger/alive.h"
#include "ledger/home.h"

/* Makes the file of a ledger: empty, and locked. */

/* A sweep may delete a new file before this process locks it: then makes another one, this often. */
#define MAX_TRIES 100

/* Maps the locked file, so that the lock stays, here and in forked children, even if the program closes the descriptor:
 * the lock belongs to the open file description, which the mapping keeps. Returns NULL on overlayfs, where the kernel
 * maps another file, the one below; and if the kernel cannot map the file. */
void *
temp_ledger_file_map (int fd)
{
  struct statfs fs;
  void *mapping;

  if (fstatfs (fd, &fs) < 0 || fs.f_type == OVERLAYFS_SUPER_MAGIC)
    return NULL;
  mapping = mmap (NULL, sysconf (_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE, fd, 0);
  return mapping != MAP_FAILED ? mapping : NULL;
}

/* Fills the bytes with random ones. Fails with errno. */
gboolean
temp_ledger_draw_bytes (void  *bytes,
                        gsize  size)
{
  gssize n;

  do
    n = getrandom (bytes, size, 0);
  while (n < 0 && errno == EINTR);

  return n == (gssize) size;
}

/* Makes a locked file, and returns its descriptor; -1 with errno on an error. EWOULDBLOCK means that a sweep has locked
 * the new file first, and deletes it, since it has no header. */
static int
create_locked (int          home_fd,
               guint        which,
               char       **base,
               struct stat *st)
{
  /* Cleaners of the runtime directory pass over a file with the sticky bit. */
  const mode_t mode = which == TEMP_LEDGER_RUNTIME_HOME ? 01600 : 0600;
  temp_autofd int fd = -1;
  guint64 random;
  int errsv;

  if (!temp_ledger_draw_bytes (&random, sizeof random))
    return -1;
  *base = g_strdup_printf (TEMP_LEDGER_PREFIX "%016" G_GINT64_MODIFIER "x", random);
  fd = openat (home_fd, *base, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;

  if (fchmod (fd, mode) == 0 && temp_ledger_lock (fd, LOCK_SH | LOCK_NB) && fstat (fd, st) == 0)
    {
      if (st->st_nlink > 0)
        return g_steal_fd (&fd);
      errno = EWOULDBLOCK;
    }

  errsv = errno;
  unlinkat (home_fd, *base, 0);
  errno = errsv;
  return -1;
}

/* Makes a file for a ledger in one of the directories of ledgers. Returns its descriptor, and sets *path and *st; -1 on
 * an error. */
int
temp_ledger_file_create (guint         which,
                         char        **path,
                         struct stat  *st,
                         GError      **error)
{
  g_autofree char *home = temp_ledger_home_get_path (which);
  temp_autofd int home_fd = temp_ledger_home_open (which, TRUE, error);
  g_autofree char *base = NULL;
  int fd = -1;

  if (home_fd < 0)
    return -1;
  for (guint i = 0; fd < 0 && (i == 0 || (i < MAX_TRIES && errno == EWOULDBLOCK)); i++)
    {
      g_clear_pointer (&base, g_free);
      fd = create_locked (home_fd, which, &base, st);
    }

  if (fd >= 0)
    *path = g_build_filename (home, base, NULL);
  else
    temp_error_from_errno (error, errno, "Could not make a ledger in", home);
  return fd;
}
