/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-read-private.h"

#include <sys/stat.h>

#include "temp-fd-private.h"

/* As large as no process makes it, which has a descriptor for each of its records. */
#define MAX_SIZE (1024 * 1024 * 1024)

static void
record_free (gpointer data)
{
  temp_ledger_record_clear (data);
  g_free (data);
}

/* Reads the ledger of a dead process. Records that are torn are left out. */
TempLedgerVerdict
temp_ledger_read (int                fd,
                  TempLedgerOrigin  *origin,
                  GPtrArray        **records)
{
  g_autofree guint8 *buffer = NULL;
  TempLedgerVerdict verdict;
  struct stat st;

  *records = NULL;
  if (fstat (fd, &st) < 0 || st.st_size > MAX_SIZE)
    return TEMP_LEDGER_FOREIGN;

  buffer = g_try_malloc (MAX (st.st_size, 1));
  if (buffer == NULL || !temp_fd_read_all (fd, buffer, st.st_size, 0))
    return TEMP_LEDGER_FOREIGN;

  verdict = temp_ledger_decode_header (buffer, st.st_size, origin);
  if (verdict != TEMP_LEDGER_GOOD)
    return verdict;

  *records = g_ptr_array_new_with_free_func (record_free);
  for (gsize slot = 1; slot * TEMP_LEDGER_SLOT < (gsize) st.st_size;)
    {
      gsize offset = slot * TEMP_LEDGER_SLOT;
      TempLedgerRecord record;
      guint n_slots = temp_ledger_decode_record (buffer + offset, st.st_size - offset, slot, &record);

      if (n_slots > 0)
        g_ptr_array_add (*records, g_memdup2 (&record, sizeof record));
      slot += MAX (n_slots, 1);
    }

  return TEMP_LEDGER_GOOD;
}
