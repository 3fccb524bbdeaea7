/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/spool.h"

#include "base/words.h"
#include "platform/platform.h"
#include "stream/contents.h"

/* The streams of the classes. input.c and output.c: those of a file, which use its entry's descriptor. spooled.c: those
 * of a spooled file, which call the spool. spool.c: what these two and the spooled file share. memory.c: its bytes.
 * contents.c: the bytes of a file without its offset, for both classes; busy.c keeps others away from them meanwhile.
 * reader.c: a stream that reads with an offset of its own, for both.
 *
 * States of a spool:
 *
 *   in memory --roll()--> rolled --temp_spool_steal_file()--> closed
 *       |                                                       ^
 *       +----------------temp_spool_steal_file()----------------+
 *
 * Lock rules:
 *
 * 1. The spool's lock covers all fields but the atomic ones. It is taken before any lock of entry/ and ledger/.
 * 2. The lock is not held while a file is read or written, which may take long: use_file() and leave_file() count the
 *    users. roll() alone writes under it, since nobody may see a file that has only a part of the bytes.
 * 3. The lock is held while the owner makes the file, and not while the owner is notified. */

/* Life */

/* Makes an empty spool with `n_refs` references. Sets the fields one by one: calloc() takes nothing from the C
 * library's cache, and for a structure of zeros compilers emit one slow instruction. */
TempSpool *
temp_spool_new (gint                       n_refs,
                GObject                   *owner,
                const TempSpoolOwnerFuncs *funcs)
{
  TempSpool *spool = g_new (TempSpool, 1);

  spool->ref_count = n_refs;
  spool->funcs = funcs;
  spool->lock = (pthread_mutex_t) PTHREAD_MUTEX_INITIALIZER;
  spool->max_size = 0;
  spool->owner = owner;
  spool->memory = (TempMemory) { 0 };
  spool->offset = 0;
  spool->file = NULL;
  spool->entry = NULL;
  spool->n_users = 0;
  spool->rolled = FALSE;
  spool->closed = FALSE;

  return spool;
}

TempSpool *
temp_spool_ref (TempSpool *spool)
{
  g_atomic_int_inc (&spool->ref_count);
  return spool;
}

void
temp_spool_unref (TempSpool *spool)
{
  if (!g_atomic_int_dec_and_test (&spool->ref_count))
    return;

  g_clear_object (&spool->file);
  temp_memory_clear (&spool->memory);
  pthread_mutex_destroy (&spool->lock);
  g_free (spool);
}

/* Tells the owner, which may use the spool then: the caller does not hold the lock. */
static void
notify_rolled (TempSpool *spool)
{
  g_autoptr (GObject) owner = NULL;

  pthread_mutex_lock (&spool->lock);
  g_set_object (&owner, spool->owner);
  pthread_mutex_unlock (&spool->lock);

  if (owner != NULL)
    spool->funcs->notify_rolled (owner);
}

/* The callers of these hold the lock. */

static void
set_no_memory (GError          **error,
               TempEntryAction   action)
{
  temp_entry_set_cause (NULL, error, G_IO_ERROR_NO_SPACE, _("there is not enough memory"), action);
}

/* Moves the bytes from memory to a new file. Frees the memory last: on error, nothing has changed. */
static gboolean
roll (TempSpool     *spool,
      GCancellable  *cancellable,
      GError       **error)
{
  TempEntry *entry;
  g_autoptr (GIOStream) file = spool->funcs->make_file (spool->owner, &entry, cancellable, error);
  GOutputStream *output;

  if (file == NULL)
    return FALSE;

  /* Make both streams: later, two threads might do it at once. */
  g_io_stream_get_input_stream (file);
  output = g_io_stream_get_output_stream (file);

  if (!g_output_stream_write_all (output, spool->memory.data, spool->memory.size, NULL, cancellable, error) ||
      !temp_entry_seek (entry, spool->offset, G_SEEK_SET, error))
    return FALSE;

  temp_memory_clear (&spool->memory);
  spool->file = g_steal_pointer (&file);
  spool->entry = entry;
  g_atomic_int_set (&spool->rolled, TRUE);
  return TRUE;
}

/* Returns the file, to be read or written without the lock, until leave_file(); NULL if there is none. */
static GIOStream *
use_file (TempSpool *spool)
{
  if (G_LIKELY (spool->file == NULL))
    return NULL;

  g_atomic_int_inc (&spool->n_users);
  return g_object_ref (spool->file);
}

/* Prepares a write that ends at the offset `end`: rolls if the bytes would not fit in memory. */
static gboolean
make_room (TempSpool     *spool,
           guint64        end,
           gboolean      *did_roll,
           GCancellable  *cancellable,
           GError       **error)
{
  *did_roll = FALSE;
  if (!temp_spool_check_open (spool, error))
    return FALSE;

  if (spool->file != NULL || spool->max_size == 0 || end <= spool->max_size)
    return TRUE;

  *did_roll = roll (spool, cancellable, error);
  return *did_roll;
}

/* Reading and writing */

/* Ends use_file(). If the spool was closed meanwhile, this deletes the file. */
static void
leave_file (TempSpool *spool,
            GIOStream *file)
{
  g_atomic_int_add (&spool->n_users, -1);
  g_object_unref (file);
}

gssize
temp_spool_read (TempSpool     *spool,
                 void          *buffer,
                 gsize          count,
                 GCancellable  *cancellable,
                 GError       **error)
{
  GIOStream *file;
  gssize n = -1;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  pthread_mutex_lock (&spool->lock);
  file = use_file (spool);
  if (file == NULL && temp_spool_check_open (spool, error))
    {
      n = temp_memory_read (&spool->memory, spool->offset, buffer, count);
      spool->offset += n;
    }
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      n = g_input_stream_read (g_io_stream_get_input_stream (file), buffer, count, cancellable, error);
      leave_file (spool, file);
    }

  return n;
}

/* Like a read, does not go past the end. */
gssize
temp_spool_skip (TempSpool     *spool,
                 gsize          count,
                 GCancellable  *cancellable,
                 GError       **error)
{
  GIOStream *file;
  gssize n = -1;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  pthread_mutex_lock (&spool->lock);
  file = use_file (spool);
  if (file == NULL && temp_spool_check_open (spool, error))
    {
      n = MIN (count, (guint64) MAX ((goffset) spool->memory.size - spool->offset, 0));
      spool->offset += n;
    }
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      n = g_input_stream_skip (g_io_stream_get_input_stream (file), count, cancellable, error);
      leave_file (spool, file);
    }

  return n;
}

gssize
temp_spool_write (TempSpool     *spool,
                  const void    *buffer,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  GIOStream *file = NULL;
  gboolean did_roll;
  gssize n = -1;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (count == 0)
    return 0;

  pthread_mutex_lock (&spool->lock);
  if (G_LIKELY (make_room (spool, (guint64) spool->offset + count, &did_roll, cancellable, error)))
    {
      file = use_file (spool);
      if (file == NULL && temp_memory_write (&spool->memory, spool->offset, buffer, count))
        {
          spool->offset += count;
          n = count;
        }
      else if (file == NULL)
        set_no_memory (error, TEMP_ACTION_WRITE);
    }
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      n = g_output_stream_write (g_io_stream_get_output_stream (file), buffer, count, cancellable, error);
      leave_file (spool, file);
    }
  if (G_UNLIKELY (did_roll))
    notify_rolled (spool);

  return n;
}

/* Writes the vectors one by one: to memory, that costs no more. */
static gboolean
write_each (TempSpool            *spool,
            const GOutputVector  *vectors,
            gsize                 n_vectors,
            gsize                *bytes_written,
            GCancellable         *cancellable,
            GError              **error)
{
  for (gsize i = 0; i < n_vectors; i++)
    {
      g_autoptr (GError) local_error = NULL;
      gssize n = temp_spool_write (spool, vectors[i].buffer, vectors[i].size, cancellable, &local_error);

      if (n < 0 && *bytes_written == 0)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }

      /* Tell the caller of the bytes that were written. Its next call returns the error. */
      if (n < 0)
        return TRUE;

      *bytes_written += n;
      if ((gsize) n < vectors[i].size)
        return TRUE;
    }

  return TRUE;
}

gboolean
temp_spool_writev (TempSpool            *spool,
                   const GOutputVector  *vectors,
                   gsize                 n_vectors,
                   gsize                *bytes_written,
                   GCancellable         *cancellable,
                   GError              **error)
{
  GIOStream *file;
  gsize unused;
  gboolean ok;

  if (bytes_written == NULL)
    bytes_written = &unused;
  *bytes_written = 0;

  pthread_mutex_lock (&spool->lock);
  file = use_file (spool);
  pthread_mutex_unlock (&spool->lock);

  if (file == NULL)
    return write_each (spool, vectors, n_vectors, bytes_written, cancellable, error);

  ok = g_output_stream_writev (g_io_stream_get_output_stream (file),
                               vectors, n_vectors, bytes_written, cancellable, error);
  leave_file (spool, file);
  return ok;
}

/* Reads at an offset of the caller's, and leaves that of the spool where it is. */
gssize
temp_spool_read_at (TempSpool     *spool,
                    void          *buffer,
                    gsize          count,
                    goffset        offset,
                    GCancellable  *cancellable,
                    GError       **error)
{
  GIOStream *file;
  TempEntry *entry;
  gssize n = -1;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  pthread_mutex_lock (&spool->lock);
  file = use_file (spool);
  entry = spool->entry;
  if (file == NULL && temp_spool_check_open (spool, error))
    n = temp_memory_read (&spool->memory, offset, buffer, count);
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      n = temp_contents_read (entry, buffer, count, offset, cancellable, error);
      leave_file (spool, file);
    }

  return n;
}

/* Returns all bytes, and leaves the offset where it is. */
GBytes *
temp_spool_load (TempSpool     *spool,
                 GCancellable  *cancellable,
                 GError       **error)
{
  GBytes *bytes = NULL;
  GIOStream *file;
  TempEntry *entry;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  pthread_mutex_lock (&spool->lock);
  file = use_file (spool);
  entry = spool->entry;
  if (file == NULL && temp_spool_check_open (spool, error))
    {
      bytes = temp_memory_dup (&spool->memory);
      if (bytes == NULL)
        set_no_memory (error, TEMP_ACTION_READ);
    }
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      bytes = temp_contents_load (entry, cancellable, error);
      leave_file (spool, file);
    }

  return bytes;
}

/* Replaces all bytes, and moves the offset to their end. Rolls first if there are too many for memory. */
gboolean
temp_spool_replace (TempSpool     *spool,
                    GBytes        *bytes,
                    GCancellable  *cancellable,
                    GError       **error)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  gboolean did_roll, ok = FALSE;
  GIOStream *file = NULL;
  TempEntry *entry = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  pthread_mutex_lock (&spool->lock);
  if (make_room (spool, size, &did_roll, cancellable, error))
    {
      file = use_file (spool);
      entry = spool->entry;
      if (file == NULL && temp_memory_replace (&spool->memory, data, size))
        {
          spool->offset = size;
          ok = TRUE;
        }
      else if (file == NULL)
        set_no_memory (error, TEMP_ACTION_WRITE);
    }
  pthread_mutex_unlock (&spool->lock);

  if (file != NULL)
    {
      ok = temp_contents_replace (entry, bytes, cancellable, error);
      leave_file (spool, file);
    }
  if (did_roll)
    notify_rolled (spool);

  return ok;
}

/* The offset and the size */

goffset
temp_spool_tell (TempSpool *spool)
{
  goffset offset;

  pthread_mutex_lock (&spool->lock);
  offset = spool->file != NULL ? temp_entry_tell (spool->entry) : spool->offset;
  pthread_mutex_unlock (&spool->lock);

  return offset;
}

/* Seeks as lseek() does: anywhere past the end, but not before the start. */
static gboolean
seek_in_memory (TempSpool  *spool,
                goffset     offset,
                GSeekType   type,
                GError    **error)
{
  goffset base = 0;

  if (type == G_SEEK_CUR)
    base = spool->offset;
  else if (type == G_SEEK_END)
    base = spool->memory.size;

  if (offset < -base || offset > G_MAXINT64 - base)
    {
      temp_entry_set_cause (NULL, error, G_IO_ERROR_INVALID_ARGUMENT, _("there is no such offset"), TEMP_ACTION_SEEK);
      return FALSE;
    }

  spool->offset = base + offset;
  return TRUE;
}

gboolean
temp_spool_seek (TempSpool     *spool,
                 goffset        offset,
                 GSeekType      type,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gboolean ok = FALSE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  pthread_mutex_lock (&spool->lock);
  if (G_UNLIKELY (spool->file != NULL))
    ok = temp_entry_seek (spool->entry, offset, type, error);
  else if (temp_spool_check_open (spool, error))
    ok = seek_in_memory (spool, offset, type, error);
  pthread_mutex_unlock (&spool->lock);

  return ok;
}

gboolean
temp_spool_truncate (TempSpool     *spool,
                     goffset        size,
                     GCancellable  *cancellable,
                     GError       **error)
{
  gboolean did_roll, ok = FALSE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (size < 0)
    {
      temp_entry_set_cause (NULL, error, G_IO_ERROR_INVALID_ARGUMENT, _("the size is negative"), TEMP_ACTION_TRUNCATE);
      return FALSE;
    }

  pthread_mutex_lock (&spool->lock);
  if (make_room (spool, size, &did_roll, cancellable, error))
    {
      if (spool->file != NULL)
        ok = temp_entry_truncate (spool->entry, size, error);
      else if (temp_memory_resize (&spool->memory, size))
        ok = TRUE;
      else
        set_no_memory (error, TEMP_ACTION_WRITE);
    }
  pthread_mutex_unlock (&spool->lock);

  if (did_roll)
    notify_rolled (spool);

  return ok;
}

/* Returns the number of bytes; 0 once the spool is closed. */
goffset
temp_spool_get_size (TempSpool *spool)
{
  TempStat st;
  goffset size;

  pthread_mutex_lock (&spool->lock);
  if (spool->file == NULL)
    size = spool->memory.size;
  else
    size = temp_platform.stat (temp_entry_get_fd (spool->entry), &st) == 0 ? st.size : 0;
  pthread_mutex_unlock (&spool->lock);

  return size;
}

/* The states */

gboolean
temp_spool_is_closed (TempSpool *spool)
{
  return g_atomic_int_get (&spool->closed);
}

/* Fails if the spool is closed. */
gboolean
temp_spool_check_open (TempSpool  *spool,
                       GError    **error)
{
  if (!temp_spool_is_closed (spool))
    return TRUE;

  temp_entry_set_cause (NULL, error, G_IO_ERROR_CLOSED, _("it is closed"), TEMP_ACTION_USE);
  return FALSE;
}

/* Returns TRUE if the spool has rolled, even if it is closed now. */
gboolean
temp_spool_is_rolled (TempSpool *spool)
{
  return g_atomic_int_get (&spool->rolled);
}

gboolean
temp_spool_roll (TempSpool     *spool,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gboolean ok, did_roll = FALSE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  pthread_mutex_lock (&spool->lock);
  ok = temp_spool_check_open (spool, error);
  if (ok && spool->file == NULL)
    ok = did_roll = roll (spool, cancellable, error);
  pthread_mutex_unlock (&spool->lock);

  if (did_roll)
    notify_rolled (spool);

  return ok;
}

/* Closes the spool, and returns its file to the caller; NULL if it has none. */
GIOStream *
temp_spool_steal_file (TempSpool *spool)
{
  GIOStream *file;

  pthread_mutex_lock (&spool->lock);
  temp_memory_clear (&spool->memory);
  spool->offset = 0;
  spool->owner = NULL;
  __atomic_store_n (&spool->closed, TRUE, __ATOMIC_RELEASE); /* cheaper than g_atomic_int_set(), a full barrier */
  file = g_steal_pointer (&spool->file);
  pthread_mutex_unlock (&spool->lock);

  return file;
}

/* Closes the spool, and its file, unless another thread is using that: then the last leave_file() drops the file, which
 * closes it. The owner calls this on dispose at the latest: before that, notify_rolled() can take a reference to the
 * owner, and afterwards it cannot. */
gboolean
temp_spool_close (TempSpool  *spool,
                  GError    **error)
{
  g_autoptr (GIOStream) file = temp_spool_steal_file (spool);

  if (file == NULL || g_atomic_int_get (&spool->n_users) > 0)
    return TRUE;

  return g_io_stream_close (file, NULL, error);
}
