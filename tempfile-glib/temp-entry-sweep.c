/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-entry-sweep-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-read-private.h"
#include "temp-process-private.h"
#include "temp-remove-walk-private.h"

/* What dead processes have left. Each thing that a ledger lists, and that is beyond doubt the
 * one that was made, gets an entry, as it had in its own process, and is deleted by that. */

typedef struct
{
  TempEntrySweepReport  report; /* NULL: delete */
  gpointer              report_data;
  gboolean              waits;  /* for whoever has a lock on a directory, or on one in it */
  GCancellable         *cancellable;
  TempLedgerOrigin      here;
  guint                 n_removed;
  GError               *error;  /* the first */
} Sweep;

typedef enum
{
  DONE,  /* it is gone, or never was ours */
  STAYS, /* for another sweep */
} Fate;

/* One thing */

static Fate
fail (Sweep  *sweep,
      GError *error)
{
  if (sweep->error == NULL)
    sweep->error = error;
  else
    g_error_free (error);

  return STAYS;
}

static Fate
fail_from_errno (Sweep      *sweep,
                 int         errsv,
                 const char *action,
                 const char *path)
{
  GError *error = NULL;

  temp_error_from_errno (&error, errsv, action, path);
  return fail (sweep, error);
}

/* Whether there is a process of ours that sees those mounts. */
static gboolean
is_namespace_there (guint64 mount_namespace)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (processes != NULL && (name = g_dir_read_name (processes)) != NULL)
    {
      g_autofree char *path = NULL;

      if (!g_ascii_isdigit (*name))
        continue;
      path = g_build_filename ("/proc", name, "ns/mnt", NULL);
      if (temp_ledger_read_namespace (path) == mount_namespace)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_same_boot (Sweep                  *sweep,
              const TempLedgerOrigin *origin)
{
  return *origin->boot_id != '\0' && strcmp (origin->boot_id, sweep->here.boot_id) == 0;
}

/* What is not to be seen here may be seen by others, if it was ever made. */
static Fate
miss (Sweep                  *sweep,
      const TempLedgerOrigin *origin,
      const TempLedgerRecord *record)
{
  gboolean may_be_elsewhere = record->state == TEMP_LEDGER_COMPLETE && is_same_boot (sweep, origin) &&
                              origin->mount_namespace != sweep->here.mount_namespace;

  return may_be_elsewhere && is_namespace_there (origin->mount_namespace) ? STAYS : DONE;
}

/* Opens the directory that the thing was made in; NULL: see fate. */
static TempParent *
open_parent (Sweep                  *sweep,
             const TempLedgerOrigin *origin,
             const TempLedgerRecord *record,
             Fate                   *fate)
{
  g_autofree char *dir = g_path_get_dirname (record->name.path);
  g_autoptr (TempParent) parent = NULL;
  g_autoptr (GError) error = NULL;
  gboolean same_boot = is_same_boot (sweep, origin);
  dev_t dev;
  ino_t ino;

  parent = temp_parent_open (dir, &error);
  if (parent == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    {
      *fate = fail (sweep, g_steal_pointer (&error));
      return NULL;
    }

  if (parent != NULL)
    {
      temp_parent_get_id (parent, &dev, &ino);
      if (ino == record->parent.ino && (!same_boot || dev == record->parent.dev))
        return g_steal_pointer (&parent);
    }

  *fate = miss (sweep, origin, record);
  return NULL;
}

/* Whether it is the very thing that was made. After a reboot, the inode alone would not say so. */
static gboolean
is_the_same (const TempLedgerRecord *record,
             const TempIdentity     *identity,
             gboolean                same_boot)
{
  const TempIdentity *made = &record->identity;

  if (identity->ino != made->ino || (same_boot && identity->dev != made->dev))
    return FALSE;
  if (!made->has_birth)
    return same_boot;

  return identity->has_birth && identity->birth_sec == made->birth_sec && identity->birth_nsec == made->birth_nsec;
}

/* Whether it may be deleted. What was reserved but not completed is known by its random name
 * only: then it was just made, and nothing is in it. */
static gboolean
is_ours (Sweep                  *sweep,
         const TempLedgerOrigin *origin,
         const TempLedgerRecord *record,
         const TempIdentity     *identity,
         const struct stat      *st)
{
  if (st->st_uid != geteuid () || (!S_ISREG (st->st_mode) && !S_ISDIR (st->st_mode)))
    return FALSE;
  if (record->state == TEMP_LEDGER_COMPLETE)
    return is_the_same (record, identity, is_same_boot (sweep, origin));

  return record->name.random != NULL && (S_ISDIR (st->st_mode) || st->st_size == 0);
}

/* Opens a directory even if its mode does not let us in, and leaves the mode as it is. */
static int
open_shut (int                 parent_fd,
           const char         *base,
           const TempIdentity *identity)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  temp_autofd int path_fd = openat (parent_fd, base, flags | O_PATH);
  struct stat st;
  mode_t mode;
  int fd;

  if (path_fd < 0 || fstat (path_fd, &st) < 0)
    return -1;

  errno = EACCES;
  if (!temp_identity_is_of (identity, &st) || !temp_remove_repair_fd (path_fd, &mode))
    return -1;

  fd = openat (path_fd, ".", flags);
  if (fd >= 0)
    fchmod (fd, mode);
  return fd;
}

/* Opens a directory so that nobody else has it locked: a child of the dead process may still be using it. */
static int
open_unused (Sweep              *sweep,
             TempParent         *parent,
             const char         *base,
             const TempIdentity *identity)
{
  temp_autofd int fd = openat (temp_parent_get_fd (parent), base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0 && errno == EACCES)
    fd = open_shut (temp_parent_get_fd (parent), base, identity);
  if (fd < 0 || fstat (fd, &st) < 0)
    return -1;
  if (!temp_identity_is_of (identity, &st))
    {
      errno = ENOENT;
      return -1;
    }

  while (flock (fd, LOCK_EX | (sweep->waits ? 0 : LOCK_NB)) < 0)
    if (errno != EINTR)
      return -1;

  return g_steal_fd (&fd);
}

/* Makes an entry of it. */
static TempEntry *
adopt (Sweep                  *sweep,
       const TempLedgerRecord *record,
       TempParent             *parent,
       const TempIdentity     *identity,
       const struct stat      *st,
       int                     dir_fd)
{
  TempEntry *entry = temp_entry_new ();

  entry->is_remnant = TRUE;
  entry->locks = sweep->waits ? TEMP_REMOVE_AWAIT_LOCKED : TEMP_REMOVE_SPARE_LOCKED;
  entry->is_empty = record->state == TEMP_LEDGER_RESERVED;
  if (dir_fd >= 0)
    entry->directory = temp_parent_take (dir_fd, st);
  temp_entry_take_over (entry, parent, record->name.path, identity);
  return entry;
}

static Fate
delete (Sweep                  *sweep,
        const TempLedgerRecord *record,
        TempParent             *parent,
        const TempIdentity     *identity,
        const struct stat      *st)
{
  temp_autofd int dir_fd = -1;
  TempEntry *entry;
  GError *error = NULL;
  Fate fate = DONE;

  if (S_ISDIR (st->st_mode))
    {
      dir_fd = open_unused (sweep, parent, record->name.base, identity);
      if (dir_fd < 0 && errno == EWOULDBLOCK)
        return STAYS;
      if (dir_fd < 0)
        return errno == ENOENT ? DONE
                               : fail_from_errno (sweep, errno, "Could not open the directory", record->name.path);
    }

  if (sweep->report != NULL)
    {
      sweep->report (record->name.path, sweep->report_data);
      return DONE;
    }

  entry = adopt (sweep, record, parent, identity, st, g_steal_fd (&dir_fd));
  if (!temp_entry_delete (entry, sweep->cancellable, &error))
    fate = fail (sweep, error);
  else if (entry->is_spared)
    fate = STAYS;
  sweep->n_removed += entry->is_deleted;

  temp_entry_let_go (entry);
  temp_entry_unref (entry);
  return fate;
}

static Fate
sweep_record (Sweep                  *sweep,
              const TempLedgerOrigin *origin,
              const TempLedgerRecord *record)
{
  g_autoptr (TempParent) parent = NULL;
  TempIdentity identity;
  struct stat st;
  Fate fate;

  parent = open_parent (sweep, origin, record, &fate);
  if (parent == NULL)
    return fate;

  if (!temp_identity_get (temp_parent_get_fd (parent), record->name.base, &identity, &st))
    return errno == ENOENT ? DONE : fail_from_errno (sweep, errno, "Could not look at", record->name.path);

  return is_ours (sweep, origin, record, &identity, &st) ? delete (sweep, record, parent, &identity, &st) : DONE;
}

/* One ledger */

/* What was made last goes first: it may be in what was made before. */
static Fate
sweep_records (Sweep                  *sweep,
               const TempLedgerOrigin *origin,
               GPtrArray              *records)
{
  Fate all = DONE;

  for (guint i = records->len; i > 0; i--)
    {
      if (g_cancellable_is_cancelled (sweep->cancellable))
        return STAYS;
      if (sweep_record (sweep, origin, g_ptr_array_index (records, i - 1)) == STAYS)
        all = STAYS;
    }

  return all;
}

/* The ledger is locked until it is gone, too. */
static Fate
sweep_locked (Sweep      *sweep,
              int         dir_fd,
              const char *name,
              int         fd)
{
  g_autoptr (GPtrArray) records = NULL;
  TempLedgerOrigin origin;
  Fate fate = DONE;

  switch (temp_ledger_read (fd, &origin, &records))
    {
    case TEMP_LEDGER_GOOD:
      fate = sweep_records (sweep, &origin, records);
      break;
    case TEMP_LEDGER_BAD: /* nothing in it can be believed */
      break;
    case TEMP_LEDGER_FOREIGN:
    default:
      fate = STAYS;
      break;
    }

  if (fate == DONE && sweep->report == NULL && unlinkat (dir_fd, name, 0) < 0 && errno != ENOENT)
    fate = fail_from_errno (sweep, errno, "Could not delete the ledger", name);
  return fate;
}

static void
sweep_dir (Sweep *sweep,
           guint  which)
{
  temp_autofd int dir_fd = temp_ledger_dir_open (which, FALSE, NULL);
  g_autoptr (GPtrArray) names = NULL;

  if (dir_fd < 0)
    return;

  names = temp_ledger_list_free (dir_fd, G_MAXUINT);
  for (guint i = 0; i < names->len && !g_cancellable_is_cancelled (sweep->cancellable); i++)
    {
      const char *name = g_ptr_array_index (names, i);
      temp_autofd int fd = temp_ledger_take (dir_fd, name, FALSE);

      if (fd < 0)
        continue;
      sweep_locked (sweep, dir_fd, name, fd);
      temp_ledger_unlock (fd);
    }
}

/* Deletes what this user's dead processes have left, or, with report, tells what that
 * would be. After an error it goes on, and returns the first one. */
gboolean
temp_entry_sweep (TempEntrySweepReport   report,
                  gpointer               data,
                  guint                 *n_removed,
                  GCancellable          *cancellable,
                  GError               **error)
{
  Sweep sweep = { .report = report, .report_data = data, .cancellable = cancellable };

  temp_ledger_origin_get (&sweep.here);
  if (report != NULL || !temp_entry_keeps_everything ())
    for (guint which = 0; which < TEMP_LEDGER_N_DIRS; which++)
      sweep_dir (&sweep, which);

  if (n_removed != NULL)
    *n_removed = sweep.n_removed;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_clear_error (&sweep.error);
      return FALSE;
    }
  if (sweep.error == NULL)
    return TRUE;

  g_propagate_error (error, sweep.error);
  return FALSE;
}

/* Waits until the ledger's process is dead, and then for whoever has a lock on a directory it lists, or on
 * one in there. */
gboolean
temp_entry_sweep_after_death (int          dir_fd,
                              const char  *name,
                              GError     **error)
{
  temp_autofd int fd = temp_ledger_take (dir_fd, name, TRUE);
  Sweep sweep = { .cancellable = NULL };

  /* It ended well, or others were faster. */
  if (fd < 0)
    {
      if (errno == ENOENT)
        return TRUE;
      temp_error_from_errno (error, errno, "Could not wait for the ledger", name);
      return FALSE;
    }

  temp_ledger_origin_get (&sweep.here);
  if (sweep_locked (&sweep, dir_fd, name, fd) == STAYS)
    {
      g_clear_error (&sweep.error);
      sweep.waits = TRUE;
      sweep_locked (&sweep, dir_fd, name, fd);
    }
  temp_ledger_unlock (fd);

  if (sweep.error == NULL)
    return TRUE;
  g_propagate_error (error, sweep.error);
  return FALSE;
}
