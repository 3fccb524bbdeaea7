/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

/* A spooled file does what a byte array with an offset does, whatever the order of operations. */

#define N_OPERATIONS 100000
#define MAX_LENGTH 400
#define MAX_OFFSET 6000

typedef struct
{
  TempSpooledFile *file;
  GInputStream    *input;
  GOutputStream   *output;

  GByteArray      *bytes;
  goffset          offset;
} Model;

typedef enum
{
  IN_MEMORY,
  ROLLED_FROM_START,
  ROLLING,
} Mode;

static void
model_init (Model *model,
            Mode   mode)
{
  g_autoptr (GError) error = NULL;

  model->file = temp_spooled_file_new (mode == ROLLING ? g_test_rand_int_range (1, MAX_OFFSET) : 0);
  model->input = g_io_stream_get_input_stream (G_IO_STREAM (model->file));
  model->output = g_io_stream_get_output_stream (G_IO_STREAM (model->file));
  model->bytes = g_byte_array_new ();
  model->offset = 0;

  if (mode == ROLLED_FROM_START)
    {
      temp_spooled_file_roll (model->file, NULL, &error);
      g_assert_no_error (error);
    }
}

static void
model_resize (Model *model,
              gsize  size)
{
  gsize old_size = model->bytes->len;

  g_byte_array_set_size (model->bytes, size);
  if (size > old_size)
    memset (model->bytes->data + old_size, 0, size - old_size);
}

static void
model_write (Model        *model,
             const guint8 *data,
             gsize         count)
{
  if (count > 0 && (gsize) model->offset + count > model->bytes->len)
    model_resize (model, model->offset + count);
  if (count > 0)
    memcpy (model->bytes->data + model->offset, data, count);
  model->offset += count;
}

static gsize
model_left (Model *model)
{
  return MAX ((goffset) model->bytes->len - model->offset, 0);
}

static GSeekable *
any_seekable (Model *model)
{
  gpointer seekables[] = { model->file, model->input, model->output };

  return seekables[g_test_rand_int_range (0, 3)];
}

static void
do_write (Model *model)
{
  guint8 data[MAX_LENGTH];
  gsize count = g_test_rand_int_range (0, MAX_LENGTH);
  gsize written = 0;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < count; i++)
    data[i] = g_test_rand_int_range (1, 256);

  if (g_test_rand_bit ())
    {
      gssize n = g_output_stream_write (model->output, data, count, NULL, &error);

      g_assert_cmpint (n, ==, count);
    }
  else
    {
      gsize middle = g_test_rand_int_range (0, count + 1);
      GOutputVector vectors[] = { { data, middle }, { data + middle, count - middle } };

      g_output_stream_writev_all (model->output, vectors, 2, &written, NULL, &error);
      g_assert_cmpint (written, ==, count);
    }

  g_assert_no_error (error);
  model_write (model, data, count);
}

static void
do_read (Model *model)
{
  guint8 data[MAX_LENGTH];
  gsize count = g_test_rand_int_range (0, MAX_LENGTH);
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read (model->input, data, count, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, MIN (count, model_left (model)));
  if (n > 0)
    g_assert_cmpmem (data, n, model->bytes->data + model->offset, n);
  model->offset += n;
}

static void
do_skip (Model *model)
{
  gsize count = g_test_rand_int_range (0, MAX_LENGTH);
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_skip (model->input, count, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, MIN (count, model_left (model)));
  model->offset += n;
}

static void
do_seek (Model *model)
{
  const GSeekType types[] = { G_SEEK_SET, G_SEEK_CUR, G_SEEK_END };
  const goffset bases[] = { 0, model->offset, model->bytes->len };
  guint which = g_test_rand_int_range (0, 3);
  goffset target = g_test_rand_int_range (-200, MAX_OFFSET - MAX_LENGTH);
  g_autoptr (GError) error = NULL;
  gboolean ok = g_seekable_seek (any_seekable (model), target - bases[which], types[which], NULL, &error);

  if (target < 0)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (ok);
      return;
    }

  g_assert_no_error (error);
  g_assert_true (ok);
  model->offset = target;
}

static void
do_truncate (Model *model)
{
  GSeekable *seekable = g_test_rand_bit () ? G_SEEKABLE (model->file) : G_SEEKABLE (model->output);
  goffset size = g_test_rand_int_range (0, MAX_OFFSET);
  g_autoptr (GError) error = NULL;

  g_seekable_truncate (seekable, size, NULL, &error);
  g_assert_no_error (error);
  model_resize (model, size);
}

static void
do_roll (Model *model)
{
  g_autoptr (GError) error = NULL;

  temp_spooled_file_roll (model->file, NULL, &error);
  g_assert_no_error (error);
}

static void
check (Model *model)
{
  g_assert_cmpint (g_seekable_tell (any_seekable (model)), ==, model->offset);
  g_assert_cmpint (temp_spooled_file_get_size (model->file), ==, model->bytes->len);
  if (!temp_spooled_file_get_rolled (model->file) && temp_spooled_file_get_max_size (model->file) > 0)
    g_assert_cmpint (model->bytes->len, <=, temp_spooled_file_get_max_size (model->file));
}

/* Asserts that all of the bytes are there, or in the file that was stolen. */
static void
model_clear (Model *model)
{
  g_autoptr (GIOStream) stream = g_object_ref (G_IO_STREAM (model->file));
  g_autofree guint8 *all = g_malloc (model->bytes->len + 1);
  g_autoptr (GError) error = NULL;
  gsize n;

  if (g_test_rand_int_range (0, 4) == 0)
    {
      g_object_unref (stream);
      stream = G_IO_STREAM (temp_spooled_file_steal_file (model->file, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, model->offset);
    }

  g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (stream), all, model->bytes->len + 1, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (all, n, model->bytes->data, model->bytes->len);

  g_object_unref (model->file);
  g_byte_array_unref (model->bytes);
}

static void
test_model (gconstpointer data)
{
  const Mode mode = GPOINTER_TO_UINT (data);
  Model model;

  model_init (&model, mode);
  for (guint i = 0; i < N_OPERATIONS; i++)
    {
      void (*const operations[]) (Model *) = {
        do_write, do_write, do_write, do_read, do_read, do_read, do_seek, do_seek, do_skip, do_truncate,
      };

      operations[g_test_rand_int_range (0, G_N_ELEMENTS (operations))] (&model);
      if (mode == ROLLING && g_test_rand_int_range (0, 200) == 0)
        do_roll (&model);
      check (&model);

      if (g_test_rand_int_range (0, 100) == 0)
        {
          model_clear (&model);
          model_init (&model, mode);
        }
    }
  model_clear (&model);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_data_func ("/spooled/like-a-file/in-memory", GUINT_TO_POINTER (IN_MEMORY), test_model);
  g_test_add_data_func ("/spooled/like-a-file/rolled", GUINT_TO_POINTER (ROLLED_FROM_START), test_model);
  g_test_add_data_func ("/spooled/like-a-file/while-it-rolls", GUINT_TO_POINTER (ROLLING), test_model);

  return g_test_run ();
}
