/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The part that all the programs share, those in peers/ included; so it knows nothing of the library.
 *
 * Each program `list`s its workloads; `WORKLOAD N DIR` prints the cost of one of N operations in DIR: nanoseconds,
 * unless the workload reports something else. Workloads are compared if their names are equal up to the first colon.
 * A workload whose name ends in `:bare` does the same work by system calls alone. */

typedef enum
{
  BENCHMARK_ONCE = 1 << 0, /* is not run before, to warm up */
} BenchmarkFlags;

typedef struct
{
  const char     *name;
  void          (*run) (gulong n);
  BenchmarkFlags  flags;
} Benchmark;

/* The program's workloads, in lists that end with a NULL name; a NULL ends the lists. */
extern const Benchmark *const benchmarks[];

extern const char *benchmark_dir;    /* DIR */
extern int         benchmark_dir_fd;

/* The whole workload is measured, unless it says from when to when, and how many operations that were; or reports
 * another number than the time. */
void     benchmark_start  (void);
void     benchmark_stop   (gulong n);
void     benchmark_report (double value);

/* Ends the program if it failed, with what and why; gives the result. */
#define BENCHMARK_OK(call) benchmark_ok ((call), #call)
long     benchmark_ok     (long         result,
                           const char  *what);
gpointer benchmark_made   (gpointer     object,
                           GError      *error);
void     benchmark_done   (gboolean     success,
                           GError      *error);

G_END_DECLS
