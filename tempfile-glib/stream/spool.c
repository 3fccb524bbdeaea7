/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "stream/spool.h"

#include <sys/stat.h>

/* Life */

/* Makes an empty spool with this many references. The fields are set one by one: calloc() takes nothing from the C
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

/* Tells the owner, who may then do with the spool whatever it likes: so the lock is not held. */
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

/* With the lock held */

static gboolean
check_open (TempSpool  *spool,
            GError    **error)
{
  if (G_LIKELY (!spool->closed))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "Stream is already closed");
  return FALSE;
}

static void
set_no_memory (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       "There is not enough memory to hold the spooled file");
}

/* Only when everything is in the file, the memory goes: before that, whatever
 * fails changes nothing. */
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

  /* Both streams are made here; later, two threads might at the same time. */
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

/* The file, if there is one, to read or write it without the lock. */
static GIOStream *
use_file (TempSpool *spool)
{
  if (G_LIKELY (spool->file == NULL))
    return NULL;

  g_atomic_int_inc (&spool->n_users);
  return g_object_ref (spool->file);
}

/* Looks where to write what ends at this offset, and rolls if it would not fit. */
static gboolean
make_room (TempSpool     *spool,
           guint64        end,
           gboolean      *did_roll,
           GCancellable  *cancellable,
           GError       **error)
{
  *did_roll = FALSE;
  if (!check_open (spool, error))
    return FALSE;

  if (spool->file != NULL || spool->max_size == 0 || end <= spool->max_size)
    return TRUE;

  *did_roll = roll (spool, cancellable, error);
  return *did_roll;
}

/* Reading and writing. Both leave the lock before they turn to the file, which
 * may take its time. */

/* The file goes here if it was closed meanwhile. */
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
  if (file == NULL && check_open (spool, error))
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

/* Like a read, it does not go past the end. */
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
  if (file == NULL && check_open (spool, error))
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
        set_no_memory (error);
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

/* In memory, there is nothing to win by taking them together. */
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

      /* What was written must be told; the next call has the error. */
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

/* As lseek(): anywhere past the end, but not before the start. */
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
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "Could not seek in the spooled file: there is no such offset");
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
  else if (check_open (spool, error))
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
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "Could not truncate the spooled file: the size is negative");
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
        set_no_memory (error);
    }
  pthread_mutex_unlock (&spool->lock);

  if (did_roll)
    notify_rolled (spool);

  return ok;
}

/* 0 once closed. */
goffset
temp_spool_get_size (TempSpool *spool)
{
  struct stat st;
  goffset size;

  pthread_mutex_lock (&spool->lock);
  if (spool->file == NULL)
    size = spool->memory.size;
  else
    size = fstat (temp_entry_get_fd (spool->entry), &st) == 0 ? st.st_size : 0;
  pthread_mutex_unlock (&spool->lock);

  return size;
}

/* From memory to file, and the end */

gboolean
temp_spool_is_closed (TempSpool *spool)
{
  return g_atomic_int_get (&spool->closed);
}

/* Remains so when it is closed. */
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
  ok = check_open (spool, error);
  if (ok && spool->file == NULL)
    ok = did_roll = roll (spool, cancellable, error);
  pthread_mutex_unlock (&spool->lock);

  if (did_roll)
    notify_rolled (spool);

  return ok;
}

/* Gives away the file, if it has one, and is closed. */
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

/* The streams of the file know nothing of those of the spool: one that is in use
 * in another thread must not be closed. So whoever uses the file last lets it go.
 *
 * The owner does this at the latest on its dispose: another thread can
 * still take a reference to it before, and no longer after. */
gboolean
temp_spool_close (TempSpool  *spool,
                  GError    **error)
{
  g_autoptr (GIOStream) file = temp_spool_steal_file (spool);

  if (file == NULL || g_atomic_int_get (&spool->n_users) > 0)
    return TRUE;

  return g_io_stream_close (file, NULL, error);
}
