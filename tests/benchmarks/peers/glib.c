/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "../benchmark.h"

#include <glib/gstdio.h>

/* Programs without the library do this with GLib alone. Its functions know only one directory. */

static void
use_dir (void)
{
  g_setenv ("TMPDIR", benchmark_dir, TRUE);
}

static GFile *
new_tmp (GFileIOStream **stream)
{
  GError *error = NULL;

  return benchmark_made (g_file_new_tmp ("XXXXXX", stream, &error), error);
}

static void
delete_and_close (GFile         *file,
                  GFileIOStream *stream)
{
  GError *error = NULL;

  benchmark_done (g_file_delete (file, NULL, &error), error);
  benchmark_done (g_io_stream_close (G_IO_STREAM (stream), NULL, &error), error);
  g_object_unref (stream);
  g_object_unref (file);
}

static void
named_new_tmp (gulong n)
{
  use_dir ();
  while (n-- > 0)
    {
      GFileIOStream *stream;
      GFile *file = new_tmp (&stream);

      delete_and_close (file, stream);
    }
}

static void
named_open_tmp (gulong n)
{
  use_dir ();
  while (n-- > 0)
    {
      GError *error = NULL;
      char *path;
      int fd = g_file_open_tmp ("XXXXXX", &path, &error);

      benchmark_done (fd >= 0, error);
      BENCHMARK_OK (g_unlink (path));
      benchmark_done (g_close (fd, &error), error);
      g_free (path);
    }
}

static void
dir_make_tmp (gulong n)
{
  use_dir ();
  while (n-- > 0)
    {
      GError *error = NULL;
      char *path = benchmark_made (g_dir_make_tmp ("XXXXXX", &error), error);

      BENCHMARK_OK (g_rmdir (path));
      g_free (path);
    }
}

static void
rw1k_new_tmp (gulong n)
{
  static char data[1024];

  use_dir ();
  while (n-- > 0)
    {
      GFileIOStream *stream;
      GFile *file = new_tmp (&stream);
      GIOStream *io = G_IO_STREAM (stream);
      GError *error = NULL;

      benchmark_done (g_output_stream_write_all (g_io_stream_get_output_stream (io), data, sizeof data, NULL, NULL,
                                                 &error),
                      error);
      benchmark_done (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error), error);
      benchmark_done (g_input_stream_read_all (g_io_stream_get_input_stream (io), data, sizeof data, NULL, NULL,
                                               &error),
                      error);
      delete_and_close (file, stream);
    }
}

static void
smallwrites_new_tmp (gulong n)
{
  static const char data[64];
  GFileIOStream *stream;
  GFile *file;
  GOutputStream *output;
  GError *error = NULL;

  use_dir ();
  file = new_tmp (&stream);
  output = g_io_stream_get_output_stream (G_IO_STREAM (stream));
  while (n-- > 0)
    benchmark_done (g_output_stream_write_all (output, data, sizeof data, NULL, NULL, &error), error);
  delete_and_close (file, stream);
}

static void
spool_memory_streams (gulong n)
{
  static char data[1024];

  while (n-- > 0)
    {
      GOutputStream *output = g_memory_output_stream_new_resizable ();
      GInputStream *input;
      GBytes *bytes;
      GError *error = NULL;

      benchmark_done (g_output_stream_write_all (output, data, sizeof data, NULL, NULL, &error), error);
      benchmark_done (g_output_stream_close (output, NULL, &error), error);
      bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output));
      input = g_memory_input_stream_new_from_bytes (bytes);
      benchmark_done (g_input_stream_read_all (input, data, sizeof data, NULL, NULL, &error), error);
      g_object_unref (input);
      g_bytes_unref (bytes);
      g_object_unref (output);
    }
}

static void
bigcopy_splice (gulong n)
{
  g_autofree char *path = g_build_filename (benchmark_dir, "source", NULL);
  g_autoptr (GFile) source = g_file_new_for_path (path);

  use_dir ();
  while (n-- > 0)
    {
      GError *error = NULL;
      GInputStream *input = benchmark_made (g_file_read (source, NULL, &error), error);
      GFileIOStream *stream;
      GFile *file = new_tmp (&stream);

      benchmark_done (g_output_stream_splice (g_io_stream_get_output_stream (G_IO_STREAM (stream)), input,
                                              G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error) > 0,
                      error);
      delete_and_close (file, stream);
      g_object_unref (input);
    }
}

/* GLib has no function for a tree; this is the one that programs write. */
static void
delete_folder (GFile *folder)
{
  GError *error = NULL;
  g_autoptr (GFileEnumerator) children =
    benchmark_made (g_file_enumerate_children (folder,
                                               G_FILE_ATTRIBUTE_STANDARD_NAME "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
                                               G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, &error),
                    error);
  GFileInfo *info;
  GFile *child;

  for (;;)
    {
      benchmark_done (g_file_enumerator_iterate (children, &info, &child, NULL, &error), error);
      if (info == NULL)
        break;
      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
        delete_folder (child);
      else
        benchmark_done (g_file_delete (child, NULL, &error), error);
    }
  benchmark_done (g_file_delete (folder, NULL, &error), error);
}

static void
rmtree_enumerated (gulong n)
{
  g_autofree char *path = g_build_filename (benchmark_dir, "tree", NULL);
  g_autoptr (GFile) tree = g_file_new_for_path (path);

  delete_folder (tree);
}

static const Benchmark all[] = {
  { "named:g_file_new_tmp", named_new_tmp, 0 },
  { "named:g_file_open_tmp", named_open_tmp, 0 },
  { "dir:g_dir_make_tmp", dir_make_tmp, 0 },
  { "rw1k:g_file_new_tmp", rw1k_new_tmp, 0 },
  { "smallwrites:g_file_new_tmp", smallwrites_new_tmp, 0 },
  { "spool:memory-streams", spool_memory_streams, 0 },
  { "bigcopy:g_output_stream_splice", bigcopy_splice, 0 },
  { "rmtree:enumerated", rmtree_enumerated, BENCHMARK_ONCE },
  { NULL, NULL, 0 },
};

const Benchmark *const benchmarks[] = { all, NULL };
