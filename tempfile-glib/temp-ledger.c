/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-format-private.h"
#include "temp-process-private.h"

/* The ledger costs one pwrite() for what is made and deleted again, as one that completes
 * a record also reserves, in the slot beside it, the next name of the same kind: so that
 * one need not be reserved before it is made. A name reserved ahead that never comes
 * to be does no harm, nor does the record of a name that is gone, as the inode is not
 * under it. The slots of both are used again. */

/* Where its descriptor is: programs that close descriptors which are not theirs close small ones, which
 * are given out again at once; and what is written here must not land in another file. At random, as
 * others do the same. */
#define LOWEST_FD 256
#define N_FDS 512

typedef enum
{
  NOT_OPEN,
  OPENING, /* by another thread */
  OPEN,
  FAILED,  /* there is none to be had */
} State;

/* Guarded by the process's lock, as all here is. */
static State state;
static guint generation; /* of the process that it is of */
static int ledger_fd = -1;
static char *ledger_path;
static TempLedgerSlots slots;
static guint n_claims;
static guint n_written; /* slots in which there may be anything: read atomically */
static gboolean was_closed; /* the process is ending */
static char *abandoned_path; /* of a ledger that should be gone, and is still there */

/* State */

/* Forgets all of it, which is the parent's. */
static void
forget (void)
{
  temp_fd_clear (&ledger_fd);
  g_clear_pointer (&ledger_path, g_free);
  temp_ledger_slots_clear (&slots);
  n_claims = 0;
  g_atomic_int_set (&n_written, 0);
  state = NOT_OPEN;
}

/* A child that keeps the descriptor would keep its parent's ledger locked after the
 * parent's death. */
static void
after_fork_in_child (void)
{
  g_clear_pointer (&abandoned_path, g_free);
  forget ();
}

__attribute__ ((constructor)) static void
temp_ledger_init (void)
{
  pthread_atfork (NULL, NULL, after_fork_in_child);
}

/* Whether there is a ledger; it may still be that of the process that this one comes
 * from by a clone() that runs no handlers. */
static gboolean
is_open (void)
{
  if (G_UNLIKELY (generation != temp_process_generation ()))
    {
      forget ();
      generation = temp_process_generation ();
    }
  return state == OPEN;
}

static gboolean
is_valid (const TempLedgerClaim *claim)
{
  return is_open () && temp_ledger_slots_has (&slots, claim);
}

/* What cannot be written to any more could neither be cleared of what is to stay, and would be taken for a
 * dead one's once it is closed: then rather have none. FALSE: not even that can be had. */
static gboolean
give_up (void)
{
  g_autofree char *path = NULL;
  g_autofree char *dir = NULL;
  temp_autofd int dir_fd = -1;

  temp_process_lock ();
  if (is_open ())
    {
      g_free (abandoned_path);
      abandoned_path = g_steal_pointer (&ledger_path);
      ledger_fd = -1; /* others may be writing to it, and it may be another file by now: it stays open */
      forget ();
      state = FAILED;
    }
  path = g_strdup (abandoned_path);
  temp_process_unlock ();

  if (path == NULL)
    return TRUE;
  if (unlink (path) < 0 && errno != ENOENT)
    return FALSE;

  dir = g_path_get_dirname (path);
  dir_fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0 || (fsync (dir_fd) < 0 && errno != EINVAL))
    return FALSE;

  temp_process_lock ();
  if (g_strcmp0 (abandoned_path, path) == 0)
    g_clear_pointer (&abandoned_path, g_free);
  temp_process_unlock ();
  return TRUE;
}

static gboolean
write_at (int           fd,
          const guint8 *buffer,
          gsize         size,
          guint         slot)
{
  gssize n;

  do
    n = pwrite (fd, buffer, size, (off_t) slot * TEMP_LEDGER_SLOT);
  while (G_UNLIKELY (n < 0 && errno == EINTR));

  if (n > 0 && slot + (n - 1) / TEMP_LEDGER_SLOT >= (guint) g_atomic_int_get (&n_written))
    {
      temp_process_lock ();
      g_atomic_int_set (&n_written, MAX (n_written, slot + (n - 1) / TEMP_LEDGER_SLOT + 1));
      temp_process_unlock ();
    }
  if (G_LIKELY (n == (gssize) size))
    return TRUE;

  if (n >= 0)
    errno = ENOSPC;
  else if (errno == EBADF)
    give_up (); /* somebody has closed it, and with that unlocked it */
  return FALSE;
}

/* How many slots it may have: to write beyond the limit kills the process. */
static guint
get_max_slots (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur / TEMP_LEDGER_SLOT > G_MAXINT)
    return G_MAXINT;
  return limit.rlim_cur / TEMP_LEDGER_SLOT;
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

/* Makes one in that directory; its first page is written at once, so that there is
 * room in it even when the disk is full later. */
static int
create_in (guint    which,
           char   **path,
           GError **error)
{
  guint8 page[8 * TEMP_LEDGER_SLOT] = { 0 };
  g_autofree char *dir = temp_ledger_dir_get_path (which);
  temp_autofd int dir_fd = temp_ledger_dir_open (which, TRUE, error);
  temp_autofd int fd = -1;
  TempLedgerOrigin origin;
  int moved = -1;

  if (dir_fd < 0)
    return -1;
  fd = temp_ledger_create (dir_fd, dir, path, error);
  if (fd < 0)
    return -1;

  temp_ledger_origin_get (&origin);
  temp_ledger_encode_header (page, &origin);
  errno = EFBIG;
  if (get_max_slots () >= sizeof page / TEMP_LEDGER_SLOT && write_at (fd, page, sizeof page, 0))
    moved = move_fd (fd);
  if (moved < 0)
    {
      temp_error_from_errno (error, errno, "Could not write the ledger", *path);
      unlink (*path);
      g_clear_pointer (path, g_free);
    }

  return moved;
}

static void
open_new (GError **error)
{
  g_autoptr (GError) first_error = NULL;
  g_autofree char *path = NULL;
  int fd = -1;

  for (guint which = 0; which < TEMP_LEDGER_N_DIRS && fd < 0; which++)
    fd = create_in (which, &path, first_error == NULL ? &first_error : NULL);

  temp_process_lock ();
  if (fd >= 0)
    {
      state = OPEN;
      ledger_fd = fd;
      ledger_path = g_steal_pointer (&path);
      temp_ledger_slots_init (&slots, get_max_slots ());
    }
  else
    {
      state = FAILED;
      g_propagate_error (error, g_steal_pointer (&first_error));
    }
  temp_process_wake ();
  temp_process_unlock ();
}

/* Sees to it that this process has a ledger. If there is none to be had, that is tried
 * again only if somebody wants to know why. */
gboolean
temp_ledger_open (GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean opens, is_kept;

  temp_process_lock ();
  while (!is_open () && state == OPENING)
    temp_process_wait ();
  opens = state == NOT_OPEN || (state == FAILED && error != NULL);
  if (opens)
    state = OPENING;
  temp_process_unlock ();

  if (opens)
    {
      temp_process_hold_fork ();
      open_new (&local_error);
      temp_process_release_fork ();
    }

  temp_process_lock ();
  is_kept = is_open ();
  temp_process_unlock ();
  if (is_kept)
    return TRUE;

  /* Only now, since whoever writes the message may do anything. */
  if (local_error != NULL)
    g_debug ("No ledger is kept: %s", local_error->message);
  else
    local_error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "The ledger could not be kept");
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* NULL if there is none. */
char *
temp_ledger_dup_path (void)
{
  char *path;

  temp_process_lock ();
  path = is_open () ? g_strdup (ledger_path) : NULL;
  temp_process_unlock ();

  return path;
}

/* Records */

/* What other threads make while the process ends, after its ledger was closed, needs another. */
static void
lock_and_open_again (void)
{
  temp_process_lock ();
  while (G_UNLIKELY (was_closed && !is_open () && state != FAILED))
    {
      temp_process_unlock ();
      temp_ledger_open (NULL);
      temp_process_lock ();
    }
}

/* Gives the claim slots for that name, if it has none; the descriptor to write to, or -1
 * if there is no ledger, or no room in it. */
static int
claim_slots (TempLedgerClaim *claim,
             const TempName  *name)
{
  guint n_slots = temp_ledger_count_slots (name);
  int fd = -1;

  lock_and_open_again ();
  if (is_open ())
    {
      if (is_valid (claim) && claim->n_slots != n_slots)
        {
          temp_ledger_slots_give_back (&slots, claim);
          n_claims--;
        }
      if (is_valid (claim))
        {
          fd = ledger_fd;
        }
      else if (temp_ledger_slots_take (&slots, claim, n_slots))
        {
          n_claims++;
          fd = ledger_fd;
        }
    }
  temp_process_unlock ();

  return fd;
}

/* Writes a record, and that of the name reserved ahead, if it is not NULL, in one go. */
static gboolean
write_records (int                     fd,
               const TempLedgerClaim  *claim,
               const TempLedgerRecord *record,
               const TempLedgerAhead  *ahead)
{
  guint8 small[2 * TEMP_LEDGER_SLOT];
  g_autofree guint8 *large = NULL;
  guint8 *buffer = small;
  gsize size = claim->n_slots * TEMP_LEDGER_SLOT;
  guint first = ahead != NULL ? MIN (claim->slot, ahead->claim.slot) : claim->slot;

  if (G_UNLIKELY (2 * size > sizeof small))
    buffer = large = g_malloc (2 * size);

  temp_ledger_encode_record (buffer + (claim->slot - first) * TEMP_LEDGER_SLOT, claim->slot, record);
  if (ahead != NULL)
    {
      const TempLedgerRecord next = {
        .state = TEMP_LEDGER_RESERVED,
        .name = ahead->name,
        .parent = ahead->parent,
      };

      temp_ledger_encode_record (buffer + (ahead->claim.slot - first) * TEMP_LEDGER_SLOT, ahead->claim.slot, &next);
      size *= 2;
    }

  return write_at (fd, buffer, size, first);
}

/* The same; if it fails, nobody knows what is in the slots, so they are cleared. */
static gboolean
write_or_clear (int                     fd,
                TempLedgerClaim        *claim,
                const TempLedgerRecord *record,
                const TempLedgerAhead  *ahead)
{
  if (G_LIKELY (write_records (fd, claim, record, ahead)))
    return TRUE;

  temp_ledger_clear (claim, TRUE);
  return FALSE;
}

/* Gives the name a random part under which nothing was tried yet, and writes down that
 * something will be made under it. FALSE: there is no name; a ledger there need not be. */
gboolean
temp_ledger_reserve (TempLedgerClaim     *claim,
                     const TempIdentity  *parent,
                     TempName            *name,
                     GError             **error)
{
  TempLedgerRecord record = { .state = TEMP_LEDGER_RESERVED, .parent = *parent };
  gboolean is_reserved;
  int fd;

  lock_and_open_again ();
  is_reserved = is_open () && !is_valid (claim) && temp_ledger_slots_take_ahead (&slots, claim, parent, name);
  if (is_reserved)
    n_claims++;
  temp_process_unlock ();
  if (is_reserved)
    return TRUE;

  if (!temp_name_randomize (name, error))
    return FALSE;

  fd = claim_slots (claim, name);
  record.name = *name;
  if (fd >= 0)
    write_or_clear (fd, claim, &record, NULL);

  return TRUE;
}

/* Writes down what was made under the name that was reserved. FALSE: it is not known to
 * the ledger. */
gboolean
temp_ledger_complete (TempLedgerClaim    *claim,
                      const TempIdentity *parent,
                      const TempName     *name,
                      const TempIdentity *identity)
{
  const TempLedgerRecord record = {
    .state = TEMP_LEDGER_COMPLETE,
    .name = *name,
    .parent = *parent,
    .identity = *identity,
  };
  TempLedgerAhead ahead = { 0 };
  gboolean has_ahead = FALSE, is_ahead, is_written;
  int fd = -1;

  temp_process_lock ();
  if (is_valid (claim))
    {
      fd = ledger_fd;
      has_ahead = temp_ledger_slots_prepare_ahead (&slots, &ahead, claim, parent, name);
    }
  temp_process_unlock ();
  if (fd < 0)
    return FALSE;

  is_ahead = has_ahead && temp_name_randomize (&ahead.name, NULL);
  is_written = write_records (fd, claim, &record, is_ahead ? &ahead : NULL);
  if (has_ahead)
    {
      temp_process_lock ();
      temp_ledger_slots_settle_ahead (&slots, &ahead, is_ahead && is_written);
      temp_process_unlock ();
    }
  if (!is_written)
    temp_ledger_clear (claim, TRUE);

  return is_written;
}

/* Writes down what is under a name already, or is to be moved there. */
gboolean
temp_ledger_enter (TempLedgerClaim    *claim,
                   const TempIdentity *parent,
                   const TempName     *name,
                   const TempIdentity *identity)
{
  const TempLedgerRecord record = {
    .state = TEMP_LEDGER_COMPLETE,
    .name = *name,
    .parent = *parent,
    .identity = *identity,
  };
  int fd = claim_slots (claim, name);

  return fd >= 0 && write_or_clear (fd, claim, &record, NULL);
}

void
temp_ledger_release (TempLedgerClaim *claim)
{
  if (claim->slot == 0)
    return;

  temp_process_lock ();
  if (is_valid (claim))
    {
      temp_ledger_slots_give_back (&slots, claim);
      n_claims--;
    }
  temp_process_unlock ();
  *claim = (TempLedgerClaim) { 0 };
}

/* If it is to be durable, not even a power cut brings the record back. FALSE: it is still there. */
gboolean
temp_ledger_clear (TempLedgerClaim *claim,
                   gboolean         durable)
{
  const guint8 nothing[16] = { 0 };
  gboolean is_cleared = TRUE, is_abandoned;
  int fd;

  temp_process_lock ();
  fd = is_valid (claim) && claim->slot < n_written ? ledger_fd : -1;
  is_abandoned = abandoned_path != NULL;
  temp_process_unlock ();

  /* The record may be in that one, and what could not be done then, now. */
  if (G_UNLIKELY (is_abandoned))
    is_cleared = give_up ();
  if (fd >= 0 && (!write_at (fd, nothing, sizeof nothing, claim->slot) || (durable && fdatasync (fd) < 0)))
    is_cleared = give_up ();
  temp_ledger_release (claim);

  return is_cleared;
}

/* The end of the process: a ledger in which there is nothing goes. Others may still be
 * writing to it, so the descriptor stays open for as long as the process is there. */
void
temp_ledger_close (void)
{
  g_autofree char *path = NULL;

  temp_process_lock ();
  if (is_open () && n_claims == 0)
    {
      path = g_steal_pointer (&ledger_path);
      ledger_fd = -1;
      forget ();
    }
  was_closed = TRUE;
  temp_process_unlock ();

  if (path != NULL)
    unlink (path);
}
