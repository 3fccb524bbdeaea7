/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Workloads with files and directories: making, deleting, writing and reading them. */

#define KIB 1024
#define SMALL 64

/* Making and deleting */

static void
close_and_unref (GIOStream *stream)
{
  GError *error = NULL;

  benchmark_done (g_io_stream_close (stream, NULL, &error), error);
  g_object_unref (stream);
}

static void
nameless (gulong n)
{
  while (n-- > 0)
    close_and_unref (G_IO_STREAM (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir)));
}

static void
nameless_dropped (gulong n)
{
  while (n-- > 0)
    g_object_unref (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir));
}

static void
named (gulong n)
{
  while (n-- > 0)
    close_and_unref (G_IO_STREAM (benchmark_new (BENCHMARK_NAMED, benchmark_dir)));
}

static void
named_dropped (gulong n)
{
  while (n-- > 0)
    g_object_unref (benchmark_new (BENCHMARK_NAMED, benchmark_dir));
}

static void
directory (gulong n)
{
  while (n-- > 0)
    g_object_unref (benchmark_new (BENCHMARK_DIR, benchmark_dir));
}

static void
named_bare (gulong n)
{
  BenchmarkBare bare;

  while (n-- > 0)
    {
      benchmark_new_bare (&bare, BENCHMARK_NAMED, benchmark_dir_fd);
      benchmark_delete_bare (&bare, BENCHMARK_NAMED, benchmark_dir_fd);
    }
}

static void
directory_bare (gulong n)
{
  BenchmarkBare bare;

  while (n-- > 0)
    {
      benchmark_new_bare (&bare, BENCHMARK_DIR, benchmark_dir_fd);
      benchmark_delete_bare (&bare, BENCHMARK_DIR, benchmark_dir_fd);
    }
}

/* By path, as the library has to: its directory can be another one each time. */
static int
open_nameless (void)
{
  return BENCHMARK_OK (open (benchmark_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

/* Makes the very system calls that the library makes, by paths, and nothing else: no library costs less. */

static void
named_calls (gulong n)
{
  g_autofree char *path = g_strconcat (benchmark_dir, "/12345678", NULL);

  while (n-- > 0)
    {
      int fd;

      benchmark_next_name (path + strlen (path) - 8);
      fd = BENCHMARK_OK (open (path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
      BENCHMARK_OK (unlink (path));
      BENCHMARK_OK (close (fd));
    }
}

static void
directory_calls (gulong n)
{
  g_autofree char *path = g_strconcat (benchmark_dir, "/12345678", NULL);
  struct stat st;

  while (n-- > 0)
    {
      int fd;

      benchmark_next_name (path + strlen (path) - 8);
      BENCHMARK_OK (mkdir (path, 0700));
      fd = BENCHMARK_OK (open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      BENCHMARK_OK (fstat (fd, &st));
      BENCHMARK_OK (flock (fd, LOCK_SH | LOCK_NB));
      BENCHMARK_OK (rmdir (path));
      BENCHMARK_OK (fstat (fd, &st));
      BENCHMARK_OK (close (fd));
    }
}

static void
nameless_bare (gulong n)
{
  while (n-- > 0)
    BENCHMARK_OK (close (open_nameless ()));
}

/* Writing and reading 1 KiB */

static void
write_and_read (GIOStream *stream)
{
  static char data[KIB];
  GError *error = NULL;

  benchmark_done (g_output_stream_write_all (g_io_stream_get_output_stream (stream), data, KIB, NULL, NULL, &error),
                  error);
  benchmark_done (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error), error);
  benchmark_done (g_input_stream_read_all (g_io_stream_get_input_stream (stream), data, KIB, NULL, NULL, &error),
                  error);
  close_and_unref (stream);
}

static void
rw1k (gulong n)
{
  while (n-- > 0)
    write_and_read (G_IO_STREAM (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir)));
}

static void
rw1k_bare (gulong n)
{
  static char data[KIB];

  while (n-- > 0)
    {
      int fd = open_nameless ();

      BENCHMARK_OK (write (fd, data, KIB));
      BENCHMARK_OK (lseek (fd, 0, SEEK_SET));
      BENCHMARK_OK (read (fd, data, KIB));
      BENCHMARK_OK (close (fd));
    }
}

static void
spool (gulong n)
{
  while (n-- > 0)
    write_and_read (G_IO_STREAM (temp_spooled_file_new (64 * KIB)));
}

/* Tells the compiler that this memory matters, so that no copy is left out. */
#define USE_MEMORY(p) __asm__ volatile ("" : : "r" (p) : "memory")

static void
spool_bare (gulong n)
{
  static char data[KIB], copy[KIB];

  while (n-- > 0)
    {
      char *memory = malloc (KIB);

      USE_MEMORY (memory);
      memcpy (memory, data, KIB);
      USE_MEMORY (memory);
      memcpy (copy, memory, KIB);
      USE_MEMORY (copy);
      free (memory);
    }
}

/* Small writes */

static void
write_small (GOutputStream *output,
             gulong         n)
{
  static const char data[SMALL];
  GError *error = NULL;

  while (n-- > 0)
    benchmark_done (g_output_stream_write_all (output, data, SMALL, NULL, NULL, &error), error);
}

static void
smallwrites (gulong n)
{
  GIOStream *stream = G_IO_STREAM (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir));

  write_small (g_io_stream_get_output_stream (stream), n);
  close_and_unref (stream);
}

static void
smallwrites_buffered (gulong n)
{
  GIOStream *stream = G_IO_STREAM (benchmark_new (BENCHMARK_NAMELESS, benchmark_dir));
  GOutputStream *buffered = g_buffered_output_stream_new (g_io_stream_get_output_stream (stream));
  GError *error = NULL;

  write_small (buffered, n);
  benchmark_done (g_output_stream_close (buffered, NULL, &error), error);
  g_object_unref (buffered);
  close_and_unref (stream);
}

static void
smallwrites_bare (gulong n)
{
  static const char data[SMALL];
  int fd = open_nameless ();

  while (n-- > 0)
    BENCHMARK_OK (write (fd, data, SMALL));
  BENCHMARK_OK (close (fd));
}

const Benchmark benchmarks_files[] = {
  { "anon:bare", nameless_bare, 0 },
  { "anon", nameless, 0 },
  { "anon:dropped", nameless_dropped, 0 },
  { "named:bare", named_bare, 0 },
  { "named", named, 0 },
  { "named:dropped", named_dropped, 0 },
  { "named:calls", named_calls, 0 },
  { "dir:bare", directory_bare, 0 },
  { "dir", directory, 0 },
  { "dir:calls", directory_calls, 0 },
  { "rw1k:bare", rw1k_bare, 0 },
  { "rw1k", rw1k, 0 },
  { "smallwrites:bare", smallwrites_bare, 0 },
  { "smallwrites", smallwrites, 0 },
  { "smallwrites:buffered", smallwrites_buffered, 0 },
  { "spool:bare", spool_bare, 0 },
  { "spool", spool, 0 },
  { NULL, NULL, 0 },
};
