/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-slots-private.h"

#include <string.h>

/* The slots of this process's ledger: which are taken, and which names are reserved in them for what
 * is yet to be made. Nothing is written here. */

/* The first slot has the header. */
void
temp_ledger_slots_init (TempLedgerSlots *slots,
                        guint            max)
{
  const guint8 header = 1;

  slots->used = g_byte_array_new ();
  g_byte_array_append (slots->used, &header, 1);
  slots->first_free = 1;
  slots->max = max;
  slots->serial++;
}

/* No claim is valid any more. */
void
temp_ledger_slots_clear (TempLedgerSlots *slots)
{
  while (slots->n_aheads > 0)
    temp_name_clear (&slots->aheads[--slots->n_aheads].name);
  g_clear_pointer (&slots->used, g_byte_array_unref);
}

gboolean
temp_ledger_slots_has (TempLedgerSlots       *slots,
                       const TempLedgerClaim *claim)
{
  return claim->slot != 0 && slots->used != NULL && claim->serial == slots->serial;
}

static gboolean
is_free (TempLedgerSlots *slots,
         guint            slot,
         guint            n)
{
  if (slot + n > slots->max)
    return FALSE;

  for (guint i = slot; i < slot + n && i < slots->used->len; i++)
    if (slots->used->data[i] != 0)
      return FALSE;

  return TRUE;
}

static void
take_at (TempLedgerSlots *slots,
         TempLedgerClaim *claim,
         guint            slot,
         guint            n)
{
  GByteArray *used = slots->used;
  guint old_len = used->len;

  if (slot + n > old_len)
    {
      g_byte_array_set_size (used, slot + n);
      memset (used->data + old_len, 0, slot + n - old_len);
    }
  memset (used->data + slot, 1, n);
  while (slots->first_free < used->len && used->data[slots->first_free] != 0)
    slots->first_free++;

  *claim = (TempLedgerClaim) { .slot = slot, .n_slots = n, .serial = slots->serial };
}

static guint
find_free (TempLedgerSlots *slots,
           guint            n)
{
  guint slot = slots->first_free;

  while (slot < slots->used->len && !is_free (slots, slot, n))
    slot++;
  return slot;
}

/* Takes n slots in a row, the first that are free, and have as many beside them for a name reserved
 * ahead. FALSE: there is no room. */
gboolean
temp_ledger_slots_take (TempLedgerSlots *slots,
                        TempLedgerClaim *claim,
                        guint            n)
{
  guint slot = find_free (slots, 2 * n);

  if (!is_free (slots, slot, n))
    slot = find_free (slots, n);
  if (!is_free (slots, slot, n))
    return FALSE;

  take_at (slots, claim, slot, n);
  return TRUE;
}

void
temp_ledger_slots_give_back (TempLedgerSlots *slots,
                             TempLedgerClaim *claim)
{
  memset (slots->used->data + claim->slot, 0, claim->n_slots);
  slots->first_free = MIN (slots->first_free, claim->slot);
  *claim = (TempLedgerClaim) { 0 };
}

/* Takes as many again next to those, the lower ones first, so that it stays small. */
static gboolean
take_beside (TempLedgerSlots       *slots,
             TempLedgerClaim       *claim,
             const TempLedgerClaim *beside)
{
  guint n = beside->n_slots;

  if (beside->slot > n && is_free (slots, beside->slot - n, n))
    take_at (slots, claim, beside->slot - n, n);
  else if (is_free (slots, beside->slot + n, n))
    take_at (slots, claim, beside->slot + n, n);
  else
    return FALSE;

  return TRUE;
}

/* Lays out the next name of the same kind as that of the claim, if there is room for it beside that one. */
gboolean
temp_ledger_slots_prepare_ahead (TempLedgerSlots       *slots,
                                 TempLedgerAhead       *ahead,
                                 const TempLedgerClaim *claim,
                                 const TempIdentity    *parent,
                                 const TempName        *name)
{
  if (name->random == NULL || !take_beside (slots, &ahead->claim, claim))
    return FALSE;

  ahead->parent = *parent;
  ahead->name.path = g_strdup (name->path);
  ahead->name.base = ahead->name.path + (name->base - name->path);
  ahead->name.random = ahead->name.path + (name->random - name->path);
  return TRUE;
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

/* The others stay in order, so that the first is always the one not used for longest. */
static void
remove_ahead (TempLedgerSlots *slots,
              guint            i)
{
  temp_name_clear (&slots->aheads[i].name);
  slots->n_aheads--;
  memmove (&slots->aheads[i], &slots->aheads[i + 1], (slots->n_aheads - i) * sizeof slots->aheads[0]);
}

/* The name is reserved by now, for whoever wants it next, or could not be. */
void
temp_ledger_slots_settle_ahead (TempLedgerSlots *slots,
                                TempLedgerAhead *ahead,
                                gboolean         is_reserved)
{
  gboolean is_valid = temp_ledger_slots_has (slots, &ahead->claim);

  if (!is_reserved || !is_valid)
    {
      if (is_valid)
        temp_ledger_slots_give_back (slots, &ahead->claim);
      temp_name_clear (&ahead->name);
      return;
    }

  if (slots->n_aheads == TEMP_LEDGER_N_AHEAD)
    {
      temp_ledger_slots_give_back (slots, &slots->aheads[0].claim);
      remove_ahead (slots, 0);
    }
  slots->aheads[slots->n_aheads++] = *ahead;
}

/* Gives the name the random part that was reserved for its kind, and the claim its place. */
gboolean
temp_ledger_slots_take_ahead (TempLedgerSlots    *slots,
                              TempLedgerClaim    *claim,
                              const TempIdentity *parent,
                              TempName           *name)
{
  for (guint i = 0; i < slots->n_aheads; i++)
    {
      TempLedgerAhead *ahead = &slots->aheads[i];

      if (ahead->parent.ino != parent->ino || ahead->parent.dev != parent->dev || !is_alike (&ahead->name, name))
        continue;

      memcpy (name->random, ahead->name.random, TEMP_NAME_N_RANDOM);
      *claim = ahead->claim;
      remove_ahead (slots, i);
      return TRUE;
    }

  return FALSE;
}
