/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "../benchmark.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtCore/QTemporaryFile>

/* Qt 5 or 6. Its temporary file has a name from the moment it is asked for it. */

static QString
in_dir (const char *name)
{
  return QFile::decodeName (benchmark_dir) + QLatin1Char ('/') + QLatin1String (name);
}

static void
anon (gulong n)
{
  const QString name = in_dir ("XXXXXX");

  while (n-- > 0)
    {
      QTemporaryFile file (name);

      benchmark_done (file.open (), nullptr);
    }
}

static void
named (gulong n)
{
  const QString name = in_dir ("XXXXXX");

  while (n-- > 0)
    {
      QTemporaryFile file (name);

      benchmark_done (file.open () && !file.fileName ().isEmpty (), nullptr);
    }
}

static void
directory (gulong n)
{
  const QString name = in_dir ("XXXXXX");

  while (n-- > 0)
    {
      QTemporaryDir dir (name);

      benchmark_done (dir.isValid (), nullptr);
    }
}

static void
rw1k (gulong n)
{
  const QString name = in_dir ("XXXXXX");
  static char data[1024];

  while (n-- > 0)
    {
      QTemporaryFile file (name);

      benchmark_done (file.open () && file.write (data, sizeof data) == sizeof data && file.seek (0) &&
                        file.read (data, sizeof data) == sizeof data,
                      nullptr);
    }
}

static void
smallwrites (gulong n)
{
  static const char data[64] = "";
  QTemporaryFile file (in_dir ("XXXXXX"));

  benchmark_done (file.open (), nullptr);
  while (n-- > 0)
    benchmark_done (file.write (data, sizeof data) == sizeof data, nullptr);
  benchmark_done (file.flush (), nullptr);
}

static void
rmtree (gulong)
{
  benchmark_done (QDir (in_dir ("tree")).removeRecursively (), nullptr);
}

static const Benchmark all[] = {
  { "anon:QTemporaryFile", anon, BenchmarkFlags (0) },
  { "named:QTemporaryFile", named, BenchmarkFlags (0) },
  { "dir:QTemporaryDir", directory, BenchmarkFlags (0) },
  { "rw1k:QTemporaryFile", rw1k, BenchmarkFlags (0) },
  { "smallwrites:QTemporaryFile", smallwrites, BenchmarkFlags (0) },
  { "rmtree:removeRecursively", rmtree, BENCHMARK_ONCE },
  { nullptr, nullptr, BenchmarkFlags (0) },
};

const Benchmark *const benchmarks[] = { all, nullptr };
