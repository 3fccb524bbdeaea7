/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Several threads make and delete named files, each in a directory of its own, so that they do not wait for the
 * filesystem. An operation is one file of any thread. */

#define MAX_THREADS 8

typedef struct
{
  char   *path;
  int     fd;
  gulong  n;
} Share;

static gpointer
work (gpointer data)
{
  Share *share = data;
  GError *error = NULL;

  while (share->n-- > 0)
    {
      GIOStream *stream = G_IO_STREAM (benchmark_new (BENCHMARK_NAMED, share->path));

      benchmark_done (g_io_stream_close (stream, NULL, &error), error);
      g_object_unref (stream);
    }
  return NULL;
}

static gpointer
work_bare (gpointer data)
{
  Share *share = data;
  BenchmarkBare bare;

  while (share->n-- > 0)
    {
      benchmark_new_bare (&bare, BENCHMARK_NAMED, share->fd);
      benchmark_delete_bare (&bare, BENCHMARK_NAMED, share->fd);
    }
  return NULL;
}

static void
share_out (Share  *shares,
           guint   n_threads,
           gulong  n)
{
  for (guint i = 0; i < n_threads; i++)
    {
      shares[i].path = g_strdup_printf ("%s/thread-%u", benchmark_dir, i);
      BENCHMARK_OK (mkdir (shares[i].path, 0700));
      shares[i].fd = BENCHMARK_OK (open (shares[i].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      shares[i].n = n / n_threads + (i < n % n_threads);
    }
}

static void
clear (Share *shares,
       guint  n_threads)
{
  for (guint i = 0; i < n_threads; i++)
    {
      BENCHMARK_OK (close (shares[i].fd));
      BENCHMARK_OK (rmdir (shares[i].path));
      g_free (shares[i].path);
    }
}

/* The calling thread is one of them. */
static void
run (GThreadFunc  function,
     guint        n_threads,
     gulong       n)
{
  Share shares[MAX_THREADS];
  GThread *threads[MAX_THREADS];

  share_out (shares, n_threads, n);

  benchmark_start ();
  for (guint i = 1; i < n_threads; i++)
    threads[i] = g_thread_new ("benchmark", function, &shares[i]);
  function (&shares[0]);
  for (guint i = 1; i < n_threads; i++)
    g_thread_join (threads[i]);
  benchmark_stop (n);

  clear (shares, n_threads);
}

#define DEFINE_THREADS(N) \
  static void \
  threads_##N (gulong n) \
  { \
    run (work, N, n); \
  } \
  static void \
  threads_##N##_bare (gulong n) \
  { \
    run (work_bare, N, n); \
  }

DEFINE_THREADS (1)
DEFINE_THREADS (2)
DEFINE_THREADS (4)
DEFINE_THREADS (8)

const Benchmark benchmarks_threads[] = {
  { "threads:1:bare", threads_1_bare, 0 },
  { "threads:1", threads_1, 0 },
  { "threads:2:bare", threads_2_bare, 0 },
  { "threads:2", threads_2, 0 },
  { "threads:4:bare", threads_4_bare, 0 },
  { "threads:4", threads_4, 0 },
  { "threads:8:bare", threads_8_bare, 0 },
  { "threads:8", threads_8, 0 },
  { NULL, NULL, 0 },
};
