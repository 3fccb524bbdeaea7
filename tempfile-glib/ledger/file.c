/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/ledger-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "ledger/alive.h"
#include "ledger/home.h"
#include "ledger/text.h"

/* Makes the file of a ledger, with its key and its lock. */

/* So often a sweep may delete the new file before it is locked. */
#define MAX_TRIES 100

/* Maps the locked file; returns NULL if that cannot be. The lock belongs to the open file description, which the
 * mapping keeps, here and in forked children, even if the program closes the descriptor. On overlayfs, the kernel maps
 * another file, the one below: there the mapping would keep nothing. */
static void *
map (int fd)
{
  struct statfs fs;
  void *mapping;

  if (fstatfs (fd, &fs) < 0 || fs.f_type == OVERLAYFS_SUPER_MAGIC)
    return NULL;
  mapping = mmap (NULL, sysconf (_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE, fd, 0);
  return mapping != MAP_FAILED ? mapping : NULL;
}

/* Writes the first lines: the ledger's own, the key, this process, its mount namespace and user. Sets errno if it
 * fails. */
static gboolean
write_header (TempLedger *self)
{
  g_autoptr (GString) key = g_string_new (NULL);
  char birth[TEMP_LEDGER_BIRTH_SIZE];
  g_autofree char *process_line = NULL;
  g_autofree char *lines = NULL;
  TempLedgerProcess process;
  guint64 mount_namespace;
  uid_t uid = geteuid ();

  for (gsize i = 0; i < sizeof self->key.bytes; i++)
    g_string_append_printf (key, "%02x", self->key.bytes[i]);
  temp_ledger_get_birth (self->fd, birth);
  temp_ledger_process_identify (&process, &mount_namespace);
  process_line = temp_ledger_process_line (&process);
  lines = g_strdup_printf ("tempfile-glib 2 %" G_GUINT64_FORMAT " %s\nkey %s\n%smount %" G_GUINT64_FORMAT "\nuid %u\n",
                           (guint64) self->ino, birth, key->str, process_line, mount_namespace, (guint) uid);
  g_array_append_val (self->uids, uid);
  return temp_ledger_append (self, lines);
}

/* Fills the bytes with random ones. Sets errno if it fails. */
static gboolean
draw_bytes (void  *bytes,
            gsize  size)
{
  gssize n;

  do
    n = getrandom (bytes, size, 0);
  while (n < 0 && errno == EINTR);

  return n == (gssize) size;
}

/* Deletes a file, and keeps errno. */
static void
unlink_quietly (int         dir_fd,
                const char *base)
{
  int errsv = errno;

  unlinkat (dir_fd, base, 0);
  errno = errsv;
}

/* Makes a locked file, and returns its descriptor; -1 with errno on an error. A sweep may lock the new file first, and
 * delete it, as it has no header: then errno is EWOULDBLOCK, and the caller tries again. Sets *base in any case. */
static int
create_locked (int          home_fd,
               guint        which,
               char       **base,
               struct stat *st)
{
  temp_autofd int fd = -1;
  guint64 random;

  if (!draw_bytes (&random, sizeof random))
    return -1;
  *base = g_strdup_printf (TEMP_LEDGER_PREFIX "%016" G_GINT64_MODIFIER "x", random);
  fd = openat (home_fd, *base, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;

  if (fchmod (fd, temp_ledger_home_is_sticky (which) ? 01600 : 0600) == 0 && temp_ledger_lock (fd, LOCK_SH | LOCK_NB) &&
      fstat (fd, st) == 0)
    {
      if (st->st_nlink > 0)
        return g_steal_fd (&fd);
      errno = EWOULDBLOCK;
    }

  unlink_quietly (home_fd, *base);
  return -1;
}

/* Makes a ledger in one of the directories of ledgers. */
static TempLedger *
create_in (guint    which,
           GError **error)
{
  g_autofree char *home = temp_ledger_home_get_path (which);
  temp_autofd int home_fd = temp_ledger_home_open (which, TRUE, error);
  g_autofree char *base = NULL;
  temp_autofd int fd = -1;
  struct stat st;
  TempLedger *self;

  if (home_fd < 0)
    return NULL;
  for (guint i = 0; fd < 0 && (i == 0 || (i < MAX_TRIES && errno == EWOULDBLOCK)); i++)
    {
      g_clear_pointer (&base, g_free);
      fd = create_locked (home_fd, which, &base, &st);
    }
  if (fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not make a ledger in", home);
      return NULL;
    }

  self = g_new0 (TempLedger, 1);
  self->ref_count = 1;
  self->generation = temp_process_generation ();
  self->path = g_build_filename (home, base, NULL);
  self->dev = st.st_dev;
  self->ino = st.st_ino;
  self->n_alive = 1;
  self->fd = g_steal_fd (&fd);
  self->uids = g_array_new (FALSE, FALSE, sizeof (uid_t));
  if (draw_bytes (&self->key, sizeof self->key) && draw_bytes (&self->first, sizeof self->first) && write_header (self))
    {
      self->mapping = map (self->fd);
      return self;
    }

  temp_error_from_errno (error, errno, "Could not write the ledger", self->path);
  unlinkat (home_fd, base, 0);
  temp_fd_clear (&self->fd);
  temp_ledger_unref (self);
  return NULL;
}

/* Makes a ledger in the first directory of ledgers where it can. On failure, the error is that of the first directory.
 * The caller holds the lock of appends. */
TempLedger *
temp_ledger_create (GError **error)
{
  g_autoptr (GError) first_error = NULL;
  TempLedger *self = NULL;

  for (guint which = 0; which < TEMP_LEDGER_N_HOMES && self == NULL; which++)
    self = create_in (which, first_error == NULL ? &first_error : NULL);

  if (self == NULL)
    g_propagate_error (error, g_steal_pointer (&first_error));
  return self;
}
