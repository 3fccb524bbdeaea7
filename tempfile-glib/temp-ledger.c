/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-private.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "temp-ledger-file-private.h"
#include "temp-ledger-format-private.h"
#include "temp-process-private.h"

/* The ledger costs one pwrite() for what is made and deleted again, as one that completes
 * a record also reserves, in the slot beside it, the next name of the same kind: so that
 * one need not be reserved before it is made. A name reserved ahead that never comes
 * to be does no harm, nor does the record of a name that is gone, as the inode is not
 * under it. The slots of both are used again. */

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
static TempLedgerFile file = { .fd = -1 };
static TempLedgerSlots slots;
static guint n_claims;
static guint n_written; /* slots in which there may be anything: read atomically */
static guint current; /* the serial of the slots, while there is a ledger; else 0: read atomically */
static gboolean was_closed; /* the process is ending */
static GSList *abandoned; /* paths of ledgers that should be gone, and are still there */

/* State */

/* Forgets all of it, which is the parent's. */
static void
forget (void)
{
  temp_fd_clear (&file.fd);
  g_clear_pointer (&file.path, g_free);
  temp_ledger_slots_clear (&slots);
  n_claims = 0;
  g_atomic_int_set (&n_written, 0);
  g_atomic_int_set (&current, 0);
  state = NOT_OPEN;
}

/* A child that keeps the descriptor would keep its parent's ledger locked after the
 * parent's death. */
static void
after_fork_in_child (void)
{
  g_slist_free_full (g_steal_pointer (&abandoned), g_free);
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

/* Removes what was given up. FALSE: not even that can be done. */
static gboolean
remove_abandoned (void)
{
  for (;;)
    {
      g_autofree char *path = NULL;
      GSList *link;

      temp_process_lock ();
      path = abandoned != NULL ? g_strdup (abandoned->data) : NULL;
      temp_process_unlock ();

      if (path == NULL)
        return TRUE;
      if (!temp_ledger_file_remove (path))
        return FALSE;

      temp_process_lock ();
      link = g_slist_find_custom (abandoned, path, (GCompareFunc) strcmp);
      if (link != NULL)
        {
          g_free (link->data);
          abandoned = g_slist_delete_link (abandoned, link);
        }
      temp_process_unlock ();
    }
}

/* What cannot be written to any more could neither be cleared of what is to stay, and would be taken for a
 * dead one's once it is closed: then rather have none. It is that of the claim: by now there may be
 * another. FALSE: it is still there. */
static gboolean
give_up (const TempLedgerClaim *claim)
{
  temp_process_lock ();
  if (is_valid (claim))
    {
      abandoned = g_slist_prepend (abandoned, g_steal_pointer (&file.path));
      file.fd = -1; /* others may be writing to it, and it may be another file by now: it stays open */
      forget ();
      state = FAILED;
    }
  temp_process_unlock ();

  return remove_abandoned ();
}

/* Somebody has closed the descriptor. Gives the one that the claim's ledger has now, whose number may be the
 * same; or -1. */
static int
open_again (const TempLedgerClaim *claim,
            int                    closed)
{
  TempLedgerFile copy = { .fd = -1 };
  temp_autofd int reopened = -1;
  int fd = -1;

  temp_process_lock ();
  if (is_valid (claim) && file.fd == closed)
    {
      copy = file;
      copy.path = g_strdup (file.path);
    }
  temp_process_unlock ();

  if (copy.path != NULL)
    reopened = temp_ledger_file_reopen (&copy);
  g_free (copy.path);

  temp_process_lock ();
  if (is_valid (claim))
    {
      if (file.fd != closed)
        fd = file.fd;
      else if (reopened >= 0)
        fd = file.fd = g_steal_fd (&reopened);
    }
  temp_process_unlock ();

  return fd;
}

/* Sets fd to another one if it was closed. */
static gboolean
write_at (int                   *fd,
          const TempLedgerClaim *claim,
          const guint8          *buffer,
          gsize                  size,
          guint                  slot)
{
  gssize n = temp_ledger_file_write (*fd, buffer, size, slot);

  while (G_UNLIKELY (n < 0 && errno == EBADF))
    {
      *fd = open_again (claim, *fd);
      if (*fd < 0)
        {
          give_up (claim);
          errno = EBADF;
          return FALSE;
        }
      n = temp_ledger_file_write (*fd, buffer, size, slot);
    }

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
  return FALSE;
}

static void
open_new (GError **error)
{
  TempLedgerFile made = { .fd = -1 };
  gboolean is_made = temp_ledger_file_create (&made, error);

  temp_process_lock ();
  if (is_made)
    {
      file = made;
      temp_ledger_slots_init (&slots, temp_ledger_file_max_slots ());
      g_atomic_int_set (&n_written, 1);
      g_atomic_int_set (&current, slots.serial);
    }
  state = is_made ? OPEN : FAILED;
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
  path = is_open () ? g_strdup (file.path) : NULL;
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
          fd = file.fd;
        }
      else if (temp_ledger_slots_take (&slots, claim, n_slots))
        {
          n_claims++;
          fd = file.fd;
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

  return write_at (&fd, claim, buffer, size, first);
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

static TempLedgerRecord
describe (const TempIdentity *parent,
          const TempName     *name,
          const TempIdentity *identity)
{
  return (TempLedgerRecord) {
    .state = TEMP_LEDGER_COMPLETE,
    .name = *name,
    .parent = *parent,
    .identity = *identity,
  };
}

/* Writes down what was made under the name that was reserved. FALSE: it is not known to
 * the ledger. */
gboolean
temp_ledger_complete (TempLedgerClaim    *claim,
                      const TempIdentity *parent,
                      const TempName     *name,
                      const TempIdentity *identity)
{
  const TempLedgerRecord record = describe (parent, name, identity);
  TempLedgerAhead ahead = { 0 };
  gboolean has_ahead = FALSE, is_ahead, is_written;
  int fd = -1;

  temp_process_lock ();
  if (is_valid (claim))
    {
      fd = file.fd;
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
  const TempLedgerRecord record = describe (parent, name, identity);
  int fd = claim_slots (claim, name);

  return fd >= 0 && write_or_clear (fd, claim, &record, NULL);
}

/* Whether there is a record, in the ledger that there is now. */
gboolean
temp_ledger_has (const TempLedgerClaim *claim)
{
  return claim->slot != 0 && claim->serial == (guint) g_atomic_int_get (&current);
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

/* A process that shut itself in, and may write no file any more, still deletes what it has made. */
static gboolean
write_nothing (int                    fd,
               const TempLedgerClaim *claim,
               gboolean               durable)
{
  const guint8 nothing[16] = { 0 };

  return claim->slot < temp_ledger_file_max_slots () && write_at (&fd, claim, nothing, sizeof nothing, claim->slot) &&
         (!durable || fdatasync (fd) == 0);
}

/* If it is to be durable, not even a power cut brings the record back. FALSE: it is still there. */
gboolean
temp_ledger_clear (TempLedgerClaim *claim,
                   gboolean         durable)
{
  gboolean is_cleared = TRUE, is_abandoned;
  int fd;

  temp_process_lock ();
  fd = is_valid (claim) && claim->slot < n_written ? file.fd : -1;
  is_abandoned = abandoned != NULL;
  temp_process_unlock ();

  /* The record may be in that one, and what could not be done then, now. */
  if (G_UNLIKELY (is_abandoned))
    is_cleared = remove_abandoned ();
  if (fd >= 0 && !write_nothing (fd, claim, durable))
    is_cleared = give_up (claim);
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
      path = g_steal_pointer (&file.path);
      file.fd = -1;
      forget ();
    }
  was_closed = TRUE;
  temp_process_unlock ();

  if (path != NULL)
    unlink (path);
}
