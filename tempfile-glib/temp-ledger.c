/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-format-private.h"
#include "temp-process-private.h"

/* The ledger costs one pwrite() for what is made and deleted again, as one that completes
 * a record also reserves, in the slot beside it, the next name of the same kind: so that
 * one need not be reserved before it is made. A name reserved ahead that never comes
 * to be does no harm, nor does the record of a name that is gone, as the inode is not
 * under it. The slots of both are used again. */

/* So many kinds of names have one reserved ahead. */
#define N_AHEAD 8

/* The lowest descriptor that is asked for: programs that close descriptors which are not
 * theirs close small ones, which are then given out again at once; and what is
 * written here must not land in another file. */
#define LOWEST_FD 256

typedef enum
{
  NOT_OPEN,
  OPENING, /* by another thread */
  OPEN,
  FAILED,  /* there is none to be had */
} State;

typedef struct
{
  TempLedgerClaim claim;
  TempName        name;
  TempIdentity    parent;
} Ahead;

/* Guarded by the process's lock, as all here is. */
static State state;
static guint generation; /* of the process that it is of */
static guint serial;     /* so that a claim in a former ledger is none in this one */
static int ledger_fd = -1;
static char *ledger_path;
static GByteArray *used; /* a byte for each slot */
static guint first_free; /* there is none before it */
static guint n_claims;
static Ahead aheads[N_AHEAD];
static guint n_aheads;

/* Slots */

static gboolean
is_free (guint slot,
         guint n)
{
  for (guint i = slot; i < slot + n && i < used->len; i++)
    if (used->data[i] != 0)
      return FALSE;

  return TRUE;
}

static void
take_slots (TempLedgerClaim *claim,
            guint            slot,
            guint            n)
{
  guint old_len = used->len;

  if (slot + n > old_len)
    {
      g_byte_array_set_size (used, slot + n);
      memset (used->data + old_len, 0, slot + n - old_len);
    }
  memset (used->data + slot, 1, n);
  while (first_free < used->len && used->data[first_free] != 0)
    first_free++;

  *claim = (TempLedgerClaim) { .slot = slot, .n_slots = n, .serial = serial };
}

static void
take_first_slots (TempLedgerClaim *claim,
                  guint            n)
{
  guint slot = first_free;

  while (!is_free (slot, n))
    slot++;
  take_slots (claim, slot, n);
}

/* Takes as many again next to those, the lower ones first, so that it stays small. */
static gboolean
take_slots_beside (TempLedgerClaim       *claim,
                   const TempLedgerClaim *beside)
{
  guint n = beside->n_slots;

  if (beside->slot > n && is_free (beside->slot - n, n))
    take_slots (claim, beside->slot - n, n);
  else if (is_free (beside->slot + n, n))
    take_slots (claim, beside->slot + n, n);
  else
    return FALSE;

  return TRUE;
}

static void
free_slots (TempLedgerClaim *claim)
{
  memset (used->data + claim->slot, 0, claim->n_slots);
  first_free = MIN (first_free, claim->slot);
  *claim = (TempLedgerClaim) { 0 };
}

/* Names reserved ahead */

/* The others stay in order, so that the first is always the one not used for longest. */
static void
remove_ahead (guint i)
{
  temp_name_clear (&aheads[i].name);
  n_aheads--;
  memmove (&aheads[i], &aheads[i + 1], (n_aheads - i) * sizeof aheads[0]);
}

/* Whether the two differ in nothing but their random parts. */
static gboolean
is_alike (const TempName *a,
          const TempName *b)
{
  gsize before = a->random - a->path;
  const char *after_a = a->random + TEMP_NAME_N_RANDOM;
  const char *after_b = b->random + TEMP_NAME_N_RANDOM;

  return (gsize) (b->random - b->path) == before && a->base - a->path == b->base - b->path &&
         memcmp (a->path, b->path, before) == 0 && strcmp (after_a, after_b) == 0;
}

/* Gives the name the random part that was reserved ahead for its kind. */
static gboolean
take_ahead (TempLedgerClaim    *claim,
            const TempIdentity *parent,
            TempName           *name)
{
  for (guint i = 0; i < n_aheads; i++)
    {
      Ahead *ahead = &aheads[i];

      if (ahead->parent.ino != parent->ino || ahead->parent.dev != parent->dev || !is_alike (&ahead->name, name))
        continue;

      memcpy (name->random, ahead->name.random, TEMP_NAME_N_RANDOM);
      *claim = ahead->claim;
      remove_ahead (i);
      return TRUE;
    }

  return FALSE;
}

static void
put_ahead (Ahead *ahead)
{
  if (n_aheads == N_AHEAD)
    {
      free_slots (&aheads[0].claim);
      remove_ahead (0);
    }
  aheads[n_aheads++] = *ahead;
}

/* The next name of the same kind, if there is room for it beside that one. */
static gboolean
prepare_ahead (Ahead                 *ahead,
               const TempLedgerClaim *claim,
               const TempIdentity    *parent,
               const TempName        *name)
{
  if (name->random == NULL || !take_slots_beside (&ahead->claim, claim))
    return FALSE;

  ahead->parent = *parent;
  ahead->name.path = g_strdup (name->path);
  ahead->name.base = ahead->name.path + (name->base - name->path);
  ahead->name.random = ahead->name.path + (name->random - name->path);
  return TRUE;
}

/* State */

/* Forgets all of it, which is the parent's. */
static void
forget (void)
{
  temp_fd_clear (&ledger_fd);
  g_clear_pointer (&ledger_path, g_free);
  g_clear_pointer (&used, g_byte_array_unref);
  while (n_aheads > 0)
    temp_name_clear (&aheads[--n_aheads].name);
  n_claims = 0;
  state = NOT_OPEN;
}

/* A child that keeps the descriptor would keep its parent's ledger locked after the
 * parent's death. */
static void
after_fork_in_child (void)
{
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
  return claim->slot != 0 && is_open () && claim->serial == serial;
}

/* It is reserved now, or could not be. */
static void
settle_ahead (Ahead    *ahead,
              gboolean  is_reserved)
{
  temp_process_lock ();
  if (is_reserved && is_valid (&ahead->claim))
    {
      put_ahead (ahead);
    }
  else
    {
      if (is_valid (&ahead->claim))
        free_slots (&ahead->claim);
      temp_name_clear (&ahead->name);
    }
  temp_process_unlock ();
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

  return n == (gssize) size;
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
  int high_fd;

  if (dir_fd < 0)
    return -1;
  fd = temp_ledger_create (dir_fd, dir, path, error);
  if (fd < 0)
    return -1;

  temp_ledger_origin_get (&origin);
  temp_ledger_encode_header (page, &origin);
  if (!write_at (fd, page, sizeof page, 0))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "Could not write the ledger “%s”: %s",
                   *path, g_strerror (errno));
      unlink (*path);
      g_clear_pointer (path, g_free);
      return -1;
    }

  high_fd = fcntl (fd, F_DUPFD_CLOEXEC, LOWEST_FD);
  return high_fd >= 0 ? high_fd : g_steal_fd (&fd);
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
      serial++;
      ledger_fd = fd;
      ledger_path = g_steal_pointer (&path);
      used = g_byte_array_new ();
      g_byte_array_append (used, (const guint8 *) "\1", 1); /* the header */
      first_free = 1;
    }
  else
    {
      state = FAILED;
      g_debug ("No ledger is kept: %s", first_error->message);
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
      open_new (error);
      temp_process_release_fork ();
    }

  temp_process_lock ();
  is_kept = is_open ();
  temp_process_unlock ();
  return is_kept;
}

gboolean
temp_ledger_is_kept (void)
{
  gboolean is_kept;

  temp_process_lock ();
  is_kept = is_open ();
  temp_process_unlock ();

  return is_kept;
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

/* Gives the claim slots for that name, if it has none; the descriptor to write to, or -1
 * if there is no ledger. */
static int
claim_slots (TempLedgerClaim *claim,
             const TempName  *name)
{
  int fd = -1;

  temp_process_lock ();
  if (is_open ())
    {
      if (!is_valid (claim))
        {
          take_first_slots (claim, temp_ledger_count_slots (name));
          n_claims++;
        }
      fd = ledger_fd;
    }
  temp_process_unlock ();

  return fd;
}

/* Writes a record, and that of the name reserved ahead, if it is not NULL, in one go. */
static gboolean
write_records (int                     fd,
               const TempLedgerClaim  *claim,
               const TempLedgerRecord *record,
               const Ahead            *ahead)
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

  temp_process_lock ();
  is_reserved = is_open () && !is_valid (claim) && take_ahead (claim, parent, name);
  if (is_reserved)
    n_claims++;
  temp_process_unlock ();
  if (is_reserved)
    return TRUE;

  if (!temp_name_randomize (name, error))
    return FALSE;

  fd = claim_slots (claim, name);
  record.name = *name;
  if (fd >= 0 && !write_records (fd, claim, &record, NULL))
    temp_ledger_release (claim, NULL);

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
  Ahead ahead = { 0 };
  gboolean has_ahead = FALSE, written;
  int fd = -1;

  temp_process_lock ();
  if (is_valid (claim))
    {
      fd = ledger_fd;
      has_ahead = prepare_ahead (&ahead, claim, parent, name);
    }
  temp_process_unlock ();
  if (fd < 0)
    return FALSE;

  written = (!has_ahead || temp_name_randomize (&ahead.name, NULL)) &&
            write_records (fd, claim, &record, has_ahead ? &ahead : NULL);
  if (has_ahead)
    settle_ahead (&ahead, written);
  if (!written)
    temp_ledger_release (claim, NULL);

  return written;
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

  if (fd < 0)
    return FALSE;
  if (write_records (fd, claim, &record, NULL))
    return TRUE;

  temp_ledger_release (claim, NULL);
  return FALSE;
}

/* What was under the name is gone, or was never made. If identity is not NULL, and does
 * not tell it from what may get the same inode later, no trace of it is left. */
void
temp_ledger_release (TempLedgerClaim    *claim,
                     const TempIdentity *identity)
{
  if (claim->slot == 0)
    return;

  if (G_UNLIKELY (identity != NULL && !identity->has_birth))
    {
      temp_ledger_clear (claim, FALSE);
      return;
    }

  temp_process_lock ();
  if (is_valid (claim))
    {
      free_slots (claim);
      n_claims--;
    }
  temp_process_unlock ();
  *claim = (TempLedgerClaim) { 0 };
}

/* What cannot be taken out of the ledger would be deleted after a crash: then rather
 * have none, and leave the rest. */
static void
give_up (void)
{
  g_autofree char *path = NULL;

  temp_process_lock ();
  if (is_open ())
    {
      path = g_steal_pointer (&ledger_path);
      ledger_fd = -1; /* others may be writing to it: it stays open */
      forget ();
      state = FAILED;
    }
  temp_process_unlock ();

  if (path != NULL)
    unlink (path);
}

/* What is under the name stays: so the record goes at once, and if it is to be durable, not
 * even a power cut brings it back. */
void
temp_ledger_clear (TempLedgerClaim *claim,
                   gboolean         durable)
{
  const guint8 nothing[16] = { 0 };
  int fd;

  temp_process_lock ();
  fd = is_valid (claim) ? ledger_fd : -1;
  temp_process_unlock ();

  if (fd >= 0 && (!write_at (fd, nothing, sizeof nothing, claim->slot) || (durable && fdatasync (fd) < 0)))
    give_up ();
  temp_ledger_release (claim, NULL);
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
  temp_process_unlock ();

  if (path != NULL)
    unlink (path);
}
