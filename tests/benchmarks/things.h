/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <tempfile-glib/tempfile-glib.h>

#include "benchmark.h"

G_BEGIN_DECLS

/* One thing: an object, or what takes its place where there is none. */
typedef enum
{
  BENCHMARK_NAMELESS,
  BENCHMARK_NAMED,
  BENCHMARK_DIR,
} BenchmarkKind;

typedef struct
{
  int  fd;
  char name[9];
} BenchmarkBare;

GObject *benchmark_new         (BenchmarkKind        kind,
                                const char          *dir);
void     benchmark_new_bare    (BenchmarkBare       *bare,
                                BenchmarkKind        kind,
                                int                  dir_fd);
void     benchmark_delete_bare (const BenchmarkBare *bare,
                                BenchmarkKind        kind,
                                int                  dir_fd);

void     benchmark_next_name   (char                *name);

extern const Benchmark benchmarks_files[];
extern const Benchmark benchmarks_copy[];
extern const Benchmark benchmarks_threads[];
extern const Benchmark benchmarks_trees[];
extern const Benchmark benchmarks_growth[];

G_END_DECLS
