/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "benchmark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

const char *benchmark_dir;
int         benchmark_dir_fd;

static double start;
static double cost; /* negative: there is none yet */

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

void
benchmark_start (void)
{
  cost = -1;
  start = now ();
}

void
benchmark_stop (gulong n)
{
  cost = (now () - start) / n;
}

void
benchmark_report (double value)
{
  cost = value;
}

/* Failing: a benchmark that did not do its work has no number. */

static G_NORETURN void
fail (const char *what,
      const char *why)
{
  g_printerr ("%s: %s\n", what, why);
  exit (1);
}

long
benchmark_ok (long        result,
              const char *what)
{
  if (G_UNLIKELY (result == -1))
    fail (what, g_strerror (errno));
  return result;
}

gpointer
benchmark_made (gpointer  object,
                GError   *error)
{
  benchmark_done (object != NULL, error);
  return object;
}

void
benchmark_done (gboolean  success,
                GError   *error)
{
  if (G_UNLIKELY (!success))
    fail ("error", error != NULL ? error->message : "without a reason");
}

/* The command line */

static const Benchmark *
find (const char *name)
{
  for (guint i = 0; benchmarks[i] != NULL; i++)
    for (const Benchmark *benchmark = benchmarks[i]; benchmark->name != NULL; benchmark++)
      if (g_str_equal (benchmark->name, name))
        return benchmark;

  fail (name, "there is no such workload");
}

static void
measure (const Benchmark *benchmark,
         gulong           n)
{
  if (!(benchmark->flags & BENCHMARK_ONCE))
    benchmark->run ((n + 9) / 10);

  benchmark_start ();
  benchmark->run (n);
  if (cost < 0)
    benchmark_stop (n);

  g_print ("%.1f\n", cost);
}

int
main (int    argc,
      char **argv)
{
  guint64 n;

  if (argc == 2 && g_str_equal (argv[1], "list"))
    {
      for (guint i = 0; benchmarks[i] != NULL; i++)
        for (const Benchmark *benchmark = benchmarks[i]; benchmark->name != NULL; benchmark++)
          g_print ("%s\n", benchmark->name);
      return 0;
    }

  if (argc != 4 || !g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXLONG, &n, NULL))
    {
      g_printerr ("Usage: %s list\n       %s WORKLOAD N DIR\n", argv[0], argv[0]);
      return 2;
    }

  benchmark_dir = argv[3];
  benchmark_dir_fd = BENCHMARK_OK (open (benchmark_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  measure (find (argv[1]), n);
  return 0;
}
