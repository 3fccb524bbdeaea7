/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

const Benchmark *const benchmarks[] = {
  benchmarks_files, benchmarks_copy, benchmarks_threads, benchmarks_trees, benchmarks_growth, NULL,
};

/* Writes a name of 8 letters that this process has not used before: for a few
 * nanoseconds, and as scattered as the random ones it stands for. */
void
benchmark_next_name (char *name)
{
  static const char alphabet[32] = "abcdefghijklmnopqrstuvwxyz234567";
  static gint n_threads;
  static __thread guint64 next;
  guint64 x;

  if (next == 0)
    next = ((guint64) g_atomic_int_add (&n_threads, 1) << 32) + 1;

  /* Times an odd number is one to one among the numbers of 40 bits. */
  x = next++ * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  for (guint i = 0; i < 8; i++, x >>= 5)
    name[i] = alphabet[x & 31];
  name[8] = '\0';
}

GObject *
benchmark_new (BenchmarkKind  kind,
               const char    *dir)
{
  GError *error = NULL;
  gpointer object;

  if (kind == BENCHMARK_NAMELESS)
    object = temp_file_new (dir, &error);
  else if (kind == BENCHMARK_NAMED)
    object = temp_file_new_named (dir, NULL, NULL, &error);
  else
    object = temp_dir_new (dir, NULL, NULL, &error);

  return benchmark_made (object, error);
}

void
benchmark_new_bare (BenchmarkBare *bare,
                    BenchmarkKind  kind,
                    int            dir_fd)
{
  bare->fd = -1;
  if (kind == BENCHMARK_NAMELESS)
    {
      bare->fd = BENCHMARK_OK (openat (dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
      return;
    }

  benchmark_next_name (bare->name);
  if (kind == BENCHMARK_NAMED)
    bare->fd = BENCHMARK_OK (openat (dir_fd, bare->name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  else
    BENCHMARK_OK (mkdirat (dir_fd, bare->name, 0700));
}

void
benchmark_delete_bare (const BenchmarkBare *bare,
                       BenchmarkKind        kind,
                       int                  dir_fd)
{
  if (kind != BENCHMARK_NAMELESS)
    BENCHMARK_OK (unlinkat (dir_fd, bare->name, kind == BENCHMARK_DIR ? AT_REMOVEDIR : 0));
  if (bare->fd >= 0)
    BENCHMARK_OK (close (bare->fd));
}
