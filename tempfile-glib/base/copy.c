/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/copy.h"

#include <errno.h>

#include "base/fd.h"
#include "base/words.h"

#define BUFFER_SIZE ((gsize) 1 << 20)

/* The ways to copy, in the order in which they are tried. */
typedef enum
{
  SPLICE,          /* for pipes and sockets, and for filesystems that cannot share blocks */
  COPY_FILE_RANGE, /* shares blocks if the filesystem can */
  SENDFILE,
  READ_AND_WRITE,
} Method;

/* A copy in progress. */
typedef struct
{
  TempCopy  *copy;
  Method     method;
  gboolean   waits;   /* the source need not be ready */
  guint64    n_here;  /* copied by this method, from this place on */
  TempHandle pipe[2]; /* to splice from a socket or a file to a file */
  guint8    *buffer;
} Run;

static void
run_clear (Run *run)
{
  temp_fd_clear (&run->pipe[0]);
  temp_fd_clear (&run->pipe[1]);
  g_clear_pointer (&run->buffer, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Returns TRUE if a file takes neither offsets nor pages. */
static gboolean
only_appends (TempHandle fd)
{
  return temp_platform.is_appending (fd) != 0;
}

/* Sets an error that is only a cause: the caller knows what was to be copied. */
static gboolean
fail (GError **error,
      int      errsv)
{
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errsv), g_strerror (errsv));
  return FALSE;
}

/* Waits until the source has data, in a way that can be cancelled, as a read() cannot. Returns FALSE with an error. */
static gboolean
wait_for_source (TempCopy  *copy,
                 GError   **error)
{
  GPollFD fds[2] = { { .fd = copy->in, .events = G_IO_IN } };
  guint n_fds = g_cancellable_make_pollfd (copy->cancellable, &fds[1]) ? 2 : 1;
  gint64 until = g_get_monotonic_time () + copy->timeout_ms * G_TIME_SPAN_MILLISECOND;
  int left_ms = copy->timeout_ms;
  int result;

  while ((result = g_poll (fds, n_fds, left_ms)) < 0 && errno == EINTR)
    if (left_ms >= 0)
      left_ms = MAX (until - g_get_monotonic_time (), 0) / G_TIME_SPAN_MILLISECOND;

  if (result < 0)
    fail (error, errno);
  else if (result == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _("no data came in time"));

  if (n_fds == 2)
    g_cancellable_release_fd (copy->cancellable);

  return result > 0 && !g_cancellable_set_error_if_cancelled (copy->cancellable, error);
}

static guint8 *
get_buffer (Run *run)
{
  if (run->buffer == NULL)
    run->buffer = g_malloc (BUFFER_SIZE);
  return run->buffer;
}

/* Adds the result of a call to *n_done. Returns FALSE with errno if another call is of no use. */
static gboolean
goes_on (gssize  n,
         gsize  *n_done)
{
  if (n > 0)
    *n_done += n;
  else if (n == 0)
    errno = EIO;

  return n > 0 || (n < 0 && errno == EINTR);
}

/* Writes data at an offset, or, for -1, at the file's own. Returns the number of bytes written, with errno if that is
 * less than size. */
static gsize
write_all (TempHandle    fd,
           const guint8 *data,
           gsize         size,
           goffset       offset)
{
  gsize n_written = 0;
  gssize n;

  do
    n = offset < 0 ? temp_platform.write (fd, data + n_written, size - n_written)
                   : temp_platform.write_at (fd, data + n_written, size - n_written, offset + n_written);
  while (goes_on (n, &n_written) && n_written < size);

  return n_written;
}

/* Ends a step that has read n_read bytes from the source and written n_written. If some are left, sets the source back
 * by them. Returns n_read, or -1 with errno if some are left. */
static gssize
put_back (Run   *run,
          gsize  n_read,
          gsize  n_written)
{
  int errsv = errno;

  if (n_written == n_read)
    return n_read;

  run->copy->n_copied += n_written;
  run->n_here += n_written;
  /* A target that is not ready is an error: only the source is waited for. */
  run->waits = FALSE;
  if (temp_platform.seek (run->copy->in, -(goffset) (n_read - n_written), TEMP_SEEK_HERE) < 0)
    /* A stream has lost them: another way to copy would leave a gap. */
    run->method = READ_AND_WRITE;
  temp_fd_clear (&run->pipe[0]);
  temp_fd_clear (&run->pipe[1]);

  errno = errsv;
  return -1;
}

static gssize
read_and_write (Run   *run,
                gsize  size)
{
  gssize n = temp_platform.read (run->copy->in, get_buffer (run), MIN (size, BUFFER_SIZE));

  return n <= 0 ? n : put_back (run, n, write_all (run->copy->out, run->buffer, n, -1));
}

/* Moves bytes from the pipe to the target. Returns their number, with errno if that is less than size. */
static gsize
drain_pipe (Run   *run,
            gsize  size)
{
  gsize n_written = 0;
  gssize n;

  do
    {
      n = temp_platform.splice (run->pipe[0], run->copy->out, size - n_written, FALSE);

      if (n < 0 && errno == EINVAL)
        {
          /* Some files take no pages, such as those opened for appending. */
          gssize n_read = temp_platform.read (run->pipe[0], get_buffer (run), MIN (size - n_written, BUFFER_SIZE));

          n = n_read <= 0 ? n_read : (gssize) write_all (run->copy->out, run->buffer, n_read, -1);
          if (n < n_read)
            return n_written + n;
        }
    }
  while (goes_on (n, &n_written) && n_written < size);

  return n_written;
}

/* Opens the pipe. Returns FALSE with EOPNOTSUPP if it stays small: then reading and writing is as fast. */
static gboolean
open_pipe (Run *run)
{
  if (temp_platform.make_pipe (run->pipe, (int) BUFFER_SIZE) == 0)
    return TRUE;

  errno = EOPNOTSUPP;
  return FALSE;
}

/* Splices once: directly if the source or the target is a pipe, else by way of a pipe. Returns as splice() does. */
static gssize
splice_once (Run   *run,
             gsize  size)
{
  gssize n;

  if (run->pipe[0] < 0)
    {
      n = temp_platform.splice (run->copy->in, run->copy->out, size, TRUE);
      if (n >= 0 || errno != EINVAL || !open_pipe (run))
        return n;
    }

  n = temp_platform.splice (run->copy->in, run->pipe[1], size, TRUE);
  return n <= 0 ? n : put_back (run, n, drain_pipe (run, n));
}

/* Copies once, by the method of the run. Returns as read() does. */
static gssize
copy_once (Run   *run,
           gsize  size)
{
  switch (run->method)
    {
    case SPLICE:
      return splice_once (run, size);
    case COPY_FILE_RANGE:
      return temp_platform.copy_range (run->copy->in, run->copy->out, size);
    case SENDFILE:
      return temp_platform.send (run->copy->in, run->copy->out, size);
    case READ_AND_WRITE:
    default:
      return read_and_write (run, size);
    }
}

/* Returns TRUE if another way to copy may work after this error. An error of the file itself comes again then. */
static gboolean
is_unsupported (int errsv)
{
  switch (errsv)
    {
    case EXDEV:      /* copy_file_range() between two filesystems */
    case EINVAL:     /* not for this kind of file */
    case ENOSYS:     /* an old kernel, or a sandbox */
    case EOPNOTSUPP:
    case EPERM:      /* another kind of sandbox */
    case EBADF:      /* copy_file_range() onto a file opened for appending */
    case ETXTBSY:
    case EIO:        /* overlay filesystems of older kernels */
    case EISDIR:
    case EOVERFLOW:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Copies up to length bytes, or to the end of the source. Returns FALSE with an error. */
static gboolean
run_for (Run      *run,
         guint64   length,
         GError  **error)
{
  while (length > 0)
    {
      gssize n;

      if (g_cancellable_set_error_if_cancelled (run->copy->cancellable, error) ||
          (run->waits && !wait_for_source (run->copy, error)))
        return FALSE;

      n = copy_once (run, MIN (length, TEMP_COPY_CHUNK));
      if (n > 0)
        {
          run->copy->n_copied += n;
          run->n_here += n;
          length -= n;
        }
      else if (run->method != READ_AND_WRITE && (n == 0 || (errno == EAGAIN && run->pipe[0] < 0)))
        /* Only read() tells the end from urgent data in a socket and from files of /proc, and a source that is not
         * ready from a target that is not. */
        run->method = READ_AND_WRITE;
      else if (n == 0)
        return TRUE;
      else if (errno == EINTR || (errno == EAGAIN && run->waits))
        continue;
      else if (run->method != READ_AND_WRITE && run->n_here == 0 && is_unsupported (errno))
        run->method++;
      else
        return fail (error, errno);
    }

  return TRUE;
}

/* Copies the rest of the source by read() and write(). Files of /proc have a size of 0, which the other ways believe;
 * and at the end, the other ways fail if the target may not grow. */
static gboolean
run_to_end (Run     *run,
            GError **error)
{
  run->method = READ_AND_WRITE;
  return run_for (run, G_MAXUINT64, error);
}

/* Makes the file longer by a hole, and goes to its end. Returns FALSE with errno on an error. */
static gboolean
leave_hole (TempHandle fd,
            goffset    size)
{
  goffset here = temp_platform.seek (fd, 0, TEMP_SEEK_HERE);

  return size == 0 || (here >= 0 && temp_platform.set_size (fd, here + size) == 0 &&
                       temp_platform.seek (fd, size, TEMP_SEEK_HERE) >= 0);
}

/* Copies a sparse file, with its holes. The offset of the target is at its end. */
static gboolean
run_sparse (Run      *run,
            goffset   size,
            GError  **error)
{
  TempHandle in = run->copy->in;
  goffset here = temp_platform.seek (in, 0, TEMP_SEEK_HERE);

  while (here >= 0 && here < size)
    {
      goffset data = temp_platform.seek (in, here, TEMP_SEEK_DATA);
      goffset end;

      if (data < 0 && errno == ENXIO)
        /* Only a hole is left, or the source has become shorter. */
        data = size = MIN (size, temp_platform.seek (in, 0, TEMP_SEEK_END));
      if (data < here)
        break;

      end = data < size ? temp_platform.seek (in, data, TEMP_SEEK_HOLE) : size;
      if (end < 0 || !leave_hole (run->copy->out, data - here) || temp_platform.seek (in, data, TEMP_SEEK_START) < 0)
        {
          fail (error, errno);
          temp_platform.seek (in, here, TEMP_SEEK_START);
          return FALSE;
        }

      run->copy->n_copied += data - here;
      run->n_here = 0;
      if (!run_for (run, end - data, error))
        return FALSE;
      here = temp_platform.seek (in, 0, TEMP_SEEK_HERE);
      if (here < end)
        break; /* the source has become shorter */
    }

  return run_to_end (run, error);
}

/* Copies from a file to itself, as if all were read before any is written. */
static gboolean
run_onto_itself (TempCopy  *copy,
                 goffset    size,
                 GError   **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  goffset from = temp_platform.seek (copy->in, 0, TEMP_SEEK_HERE);
  goffset length = MAX (size - from, 0);
  gboolean backwards, all;
  goffset to, done = 0;

  /* If source and target share one offset, the seek has moved the target's offset to the end, too. */
  if (from < 0 || (length > 0 && temp_platform.seek (copy->in, size, TEMP_SEEK_START) < 0))
    return fail (error, errno);
  to = only_appends (copy->out) ? size : temp_platform.seek (copy->out, 0, TEMP_SEEK_HERE);
  if (to < 0)
    return fail (error, errno);

  /* If the target begins within the bytes to be read, copies backwards, so that the copy overwrites only bytes that it
   * has read. A target past the end overwrites none, and appended bytes have to come in their order. */
  backwards = to > from && to < size;

  while (done < length)
    {
      gsize n = MIN (length - done, (goffset) BUFFER_SIZE);
      goffset at = backwards ? length - done - (goffset) n : done;
      gsize n_written;

      if (g_cancellable_set_error_if_cancelled (copy->cancellable, error))
        break;

      n_written = temp_fd_read_all (copy->in, buffer, n, from + at) ? write_all (copy->out, buffer, n, to + at) : 0;
      done += n_written;
      if (n_written < n)
        {
          fail (error, errno);
          break;
        }
    }

  /* Copied backwards, the beginning comes last: without it, there is no copy. */
  all = done == length;
  if (!all && backwards)
    done = 0;
  copy->n_copied = done;

  if ((temp_platform.seek (copy->in, from + done, TEMP_SEEK_START) < 0 ||
       temp_platform.seek (copy->out, to + done, TEMP_SEEK_START) < 0) &&
      all)
    return fail (error, errno);
  return all;
}

/* Returns TRUE if splicing is the fastest way to a file. On ext4, which cannot share blocks, the kernel copies page by
 * page, and the most at a time from a large pipe. On tmpfs, that is no faster, and takes more calls. */
static gboolean
gains_by_splicing (TempHandle fd,
                   goffset    size)
{
  TempFilesystem filesystem;

  return size > (goffset) BUFFER_SIZE && temp_platform.get_filesystem (fd, &filesystem) == 0 &&
         filesystem.likes_splicing && !only_appends (fd);
}

/* Copies from the offset of the source, up to its end, to the offset of the target, and moves both offsets. Returns
 * FALSE with an error, whose message is only the cause; n_copied then says how much was copied. */
gboolean
temp_copy_run (TempCopy  *copy,
               GError   **error)
{
  g_auto (Run) run = { .copy = copy, .pipe = { -1, -1 } };
  TempStat in, out;
  goffset left;

  if (temp_platform.stat (copy->in, &in) < 0 || temp_platform.stat (copy->out, &out) < 0)
    return fail (error, errno);

  if (in.kind != TEMP_KIND_FILE)
    {
      run.waits = TRUE;
      run.method = in.kind == TEMP_KIND_PIPE || in.kind == TEMP_KIND_SOCKET ? SPLICE : READ_AND_WRITE;
      return run_for (&run, G_MAXUINT64, error);
    }

  if (temp_file_id_equal (&in.id, &out.id))
    return run_onto_itself (copy, in.size, error);

  run.method = gains_by_splicing (copy->out, in.size) ? SPLICE : COPY_FILE_RANGE;

  if (out.kind == TEMP_KIND_FILE && in.allocated < in.size &&
      !only_appends (copy->out) && temp_platform.seek (copy->out, 0, TEMP_SEEK_HERE) >= out.size)
    return run_sparse (&run, in.size, error);

  left = in.size - MAX (temp_platform.seek (copy->in, 0, TEMP_SEEK_HERE), 0);
  return left > 0 ? run_for (&run, left, error) : run_to_end (&run, error);
}
