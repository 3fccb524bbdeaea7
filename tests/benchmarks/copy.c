/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <fcntl.h>
#include <unistd.h>

/* Copying DIR/source into a file without a name. */

#define SOURCE "source"
#define MIB (1 << 20)

/* Writes a source of n MiB, of what no filesystem can leave out or compress. */
static void
make_source (gulong n)
{
  int fd = BENCHMARK_OK (openat (benchmark_dir_fd, SOURCE, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  g_autofree guint64 *block = g_malloc (MIB);
  guint64 x = 1;

  while (n-- > 0)
    {
      for (gsize i = 0; i < MIB / sizeof *block; i++)
        {
          x = x * G_GUINT64_CONSTANT (6364136223846793005) + 1;
          block[i] = x ^ x >> 29;
        }
      for (gsize done = 0; done < MIB;)
        done += BENCHMARK_OK (write (fd, (char *) block + done, MIB - done));
    }
  BENCHMARK_OK (close (fd));
}

static void
copy (gulong n)
{
  g_autofree char *path = g_build_filename (benchmark_dir, SOURCE, NULL);
  g_autoptr (GFile) source = g_file_new_for_path (path);

  while (n-- > 0)
    {
      GError *error = NULL;
      GInputStream *input = benchmark_made (g_file_read (source, NULL, &error), error);
      GIOStream *stream = G_IO_STREAM (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir));

      benchmark_done (g_output_stream_splice (g_io_stream_get_output_stream (stream), input,
                                              G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error) > 0,
                      error);
      benchmark_done (g_io_stream_close (stream, NULL, &error), error);
      g_object_unref (stream);
      g_object_unref (input);
    }
}

static long
copy_range_step (int in,
                 int out)
{
  return BENCHMARK_OK (copy_file_range (in, NULL, out, NULL, G_MAXINT, 0));
}

static long
splice_step (int in,
             int out)
{
  static int pipe_fds[2] = { -1, -1 };
  long n, left;

  if (pipe_fds[0] < 0)
    {
      BENCHMARK_OK (pipe2 (pipe_fds, O_CLOEXEC));
      BENCHMARK_OK (fcntl (pipe_fds[0], F_SETPIPE_SZ, MIB));
    }

  n = BENCHMARK_OK (splice (in, NULL, pipe_fds[1], NULL, MIB, 0));
  for (left = n; left > 0;)
    left -= BENCHMARK_OK (splice (pipe_fds[0], NULL, out, NULL, left, 0));
  return n;
}

static void
copy_by (long   (*step) (int, int),
         gulong   n)
{
  while (n-- > 0)
    {
      int in = BENCHMARK_OK (openat (benchmark_dir_fd, SOURCE, O_RDONLY | O_CLOEXEC));
      int out = BENCHMARK_OK (open (benchmark_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));

      while (step (in, out) > 0)
        ;
      BENCHMARK_OK (close (in));
      BENCHMARK_OK (close (out));
    }
}

static void
copy_range_bare (gulong n)
{
  copy_by (copy_range_step, n);
}

static void
splice_bare (gulong n)
{
  copy_by (splice_step, n);
}

const Benchmark benchmarks_copy[] = {
  { "make-source", make_source, BENCHMARK_ONCE },
  { "bigcopy:bare", copy_range_bare, 0 },
  { "bigcopy:pipe:bare", splice_bare, 0 },
  { "bigcopy", copy, 0 },
  { NULL, NULL, 0 },
};
