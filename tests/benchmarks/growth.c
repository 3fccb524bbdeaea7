/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <errno.h>
#include <fcntl.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* How cost grows with what is there already. */

/* Puts n files into DIR, beside those that are there: for the workloads on
 * files to be run in it. */
static void
make_entries (gulong n)
{
  char name[32];

  for (gulong i = 0; n > 0; i++)
    {
      g_snprintf (name, sizeof name, "entry-%lu", i);
      if (mknodat (benchmark_dir_fd, name, S_IFREG | 0600, 0) == 0)
        n--;
      else if (errno != EEXIST)
        BENCHMARK_OK (-1);
    }
}

/* The first in a process. n does not matter: there is only one. */

static void
first (BenchmarkKind  kind,
       const char    *dir)
{
  benchmark_start ();
  g_object_unref (benchmark_new (kind, dir));
  benchmark_stop (1);
}

/* In the default directory, which has to be found, too. */
static void
first_default (gulong n)
{
  g_setenv ("TMPDIR", benchmark_dir, TRUE);
  first (BENCHMARK_NAMED, NULL);
}

static void
first_nameless (gulong n)
{
  first (BENCHMARK_NAMELESS, benchmark_dir);
}

static void
first_named (gulong n)
{
  first (BENCHMARK_NAMED, benchmark_dir);
}

static void
first_dir (gulong n)
{
  first (BENCHMARK_DIR, benchmark_dir);
}

static void
first_bare (gulong n)
{
  BenchmarkBare bare;

  benchmark_start ();
  benchmark_new_bare (&bare, BENCHMARK_NAMED, benchmark_dir_fd);
  benchmark_delete_bare (&bare, BENCHMARK_NAMED, benchmark_dir_fd);
  benchmark_stop (1);
}

/* With n alive */

#define N_MORE 500

static void
allow_descriptors (gulong n)
{
  struct rlimit limit;

  BENCHMARK_OK (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  BENCHMARK_OK (setrlimit (RLIMIT_NOFILE, &limit));
  if (limit.rlim_max < n + 64)
    {
      errno = EMFILE;
      BENCHMARK_OK (-1);
    }
}

static gulong
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  gulong n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static double
count_bytes (void)
{
#ifdef HAVE_MALLINFO2
  struct mallinfo2 info = mallinfo2 ();

  return (double) info.uordblks + info.hblkhd;
#else
  errno = ENOSYS;
  return BENCHMARK_OK (-1);
#endif
}

typedef enum
{
  NANOSECONDS, /* of making and deleting one more */
  BYTES,       /* of memory, of each */
  DESCRIPTORS,
} Quantity;

static void
make_more (BenchmarkKind kind)
{
  benchmark_start ();
  for (guint i = 0; i < N_MORE; i++)
    g_object_unref (benchmark_new (kind, benchmark_dir));
  benchmark_stop (N_MORE);
}

static void
alive (gulong        n,
       BenchmarkKind kind,
       Quantity      quantity)
{
  g_autofree GObject **objects = g_new (GObject *, n);
  double bytes, descriptors;

  allow_descriptors (n);
  /* The first object brings types to life, which the others do not pay for. */
  g_object_unref (benchmark_new (kind, benchmark_dir));

  descriptors = count_descriptors ();
  bytes = quantity == BYTES ? count_bytes () : 0;
  for (gulong i = 0; i < n; i++)
    objects[i] = benchmark_new (kind, benchmark_dir);

  if (quantity == BYTES)
    benchmark_report ((count_bytes () - bytes) / n);
  else if (quantity == DESCRIPTORS)
    benchmark_report ((count_descriptors () - descriptors) / n);
  else
    make_more (kind);

  for (gulong i = n; i > 0; i--)
    g_object_unref (objects[i - 1]);
}

static void
alive_bare (gulong        n,
            BenchmarkKind kind)
{
  g_autofree BenchmarkBare *things = g_new (BenchmarkBare, n);
  BenchmarkBare more;

  allow_descriptors (n);
  for (gulong i = 0; i < n; i++)
    benchmark_new_bare (&things[i], kind, benchmark_dir_fd);

  benchmark_start ();
  for (guint i = 0; i < N_MORE; i++)
    {
      benchmark_new_bare (&more, kind, benchmark_dir_fd);
      benchmark_delete_bare (&more, kind, benchmark_dir_fd);
    }
  benchmark_stop (N_MORE);

  for (gulong i = n; i > 0; i--)
    benchmark_delete_bare (&things[i - 1], kind, benchmark_dir_fd);
}

#define DEFINE_ALIVE(name, kind) \
  static void \
  alive_##name (gulong n) \
  { \
    alive (n, kind, NANOSECONDS); \
  } \
  static void \
  alive_##name##_bytes (gulong n) \
  { \
    alive (n, kind, BYTES); \
  } \
  static void \
  alive_##name##_descriptors (gulong n) \
  { \
    alive (n, kind, DESCRIPTORS); \
  } \
  static void \
  alive_##name##_bare (gulong n) \
  { \
    alive_bare (n, kind); \
  }

DEFINE_ALIVE (nameless, BENCHMARK_NAMELESS)
DEFINE_ALIVE (named, BENCHMARK_NAMED)
DEFINE_ALIVE (dir, BENCHMARK_DIR)

const Benchmark benchmarks_growth[] = {
  { "make-entries", make_entries, BENCHMARK_ONCE },
  { "first:bare", first_bare, BENCHMARK_ONCE },
  { "first", first_default, BENCHMARK_ONCE },
  { "first:anon", first_nameless, BENCHMARK_ONCE },
  { "first:named", first_named, BENCHMARK_ONCE },
  { "first:dir", first_dir, BENCHMARK_ONCE },
  { "alive:anon:bare", alive_nameless_bare, BENCHMARK_ONCE },
  { "alive:anon", alive_nameless, BENCHMARK_ONCE },
  { "alive:named:bare", alive_named_bare, BENCHMARK_ONCE },
  { "alive:named", alive_named, BENCHMARK_ONCE },
  { "alive:dir:bare", alive_dir_bare, BENCHMARK_ONCE },
  { "alive:dir", alive_dir, BENCHMARK_ONCE },
  { "alive-bytes:anon", alive_nameless_bytes, BENCHMARK_ONCE },
  { "alive-bytes:named", alive_named_bytes, BENCHMARK_ONCE },
  { "alive-bytes:dir", alive_dir_bytes, BENCHMARK_ONCE },
  { "alive-descriptors:anon", alive_nameless_descriptors, BENCHMARK_ONCE },
  { "alive-descriptors:named", alive_named_descriptors, BENCHMARK_ONCE },
  { "alive-descriptors:dir", alive_dir_descriptors, BENCHMARK_ONCE },
  { NULL, NULL, 0 },
};
