/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-spooled-file-private.h"

#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "test-support.h"

/* The model: a byte array and an offset */

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

/* Everything must be there, and after a steal in the file stolen. */
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

/* The rest */

static void
write_text (TempSpooledFile *file,
            const char      *text)
{
  g_autoptr (GError) error = NULL;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)),
                             text, strlen (text), NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_contents (TempSpooledFile *file,
                 const char      *text)
{
  char buffer[100];
  gsize n;
  g_autoptr (GError) error = NULL;

  g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (file)), buffer, sizeof buffer, &n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, n, text, strlen (text));
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  g_assert_true (temp_spooled_file_get_rolled (TEMP_SPOOLED_FILE (object)));
  ++*(guint *) data;
}

static void
test_properties (void)
{
  g_autoptr (TempSpooledFile) file = g_object_new (TEMP_TYPE_SPOOLED_FILE,
                                                   "max-size", (guint64) 7,
                                                   "dir", "/d",
                                                   "prefix", "p",
                                                   "suffix", "s",
                                                   NULL);
  g_autoptr (TempSpooledFile) plain = temp_spooled_file_new (9);
  g_autofree char *dir = NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *suffix = NULL;
  gboolean rolled = TRUE;
  guint64 max_size;

  g_object_get (file,
                "max-size", &max_size,
                "dir", &dir,
                "prefix", &prefix,
                "suffix", &suffix,
                "rolled", &rolled,
                NULL);
  g_assert_cmpuint (max_size, ==, 7);
  g_assert_cmpuint (temp_spooled_file_get_max_size (file), ==, 7);
  g_assert_cmpstr (dir, ==, "/d");
  g_assert_cmpstr (prefix, ==, "p");
  g_assert_cmpstr (suffix, ==, "s");
  g_assert_false (rolled);

  g_object_get (plain, "max-size", &max_size, NULL);
  g_assert_cmpuint (max_size, ==, 9);
}

static void
set_all (TempSpooledFile *file)
{
  g_object_set (file, "max-size", (guint64) 3, "dir", test_dir (), "prefix", "p", "suffix", "s", NULL);
}

/* What it rolls to can be set until it rolls. */
static void
test_set_before (void)
{
  static const char *const names[] = { "max-size", "dir", "prefix", "suffix" };
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GHashTable) counts = test_count_notifications (file);
  g_autoptr (TempFile) stolen = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *base = NULL;

  write_text (file, "1234");
  set_all (file);
  set_all (file);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_notified (counts, names[i], 1);
  g_assert_false (temp_spooled_file_get_rolled (file));

  write_text (file, "5");
  g_assert_true (temp_spooled_file_get_rolled (file));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (file, names[i]);

  stolen = temp_spooled_file_steal_file (file, NULL, NULL);
  dir = g_path_get_dirname (temp_file_get_path (stolen));
  base = g_path_get_basename (temp_file_get_path (stolen));
  g_assert_cmpstr (dir, ==, test_dir ());
  g_assert_true (g_str_has_prefix (base, "p"));
  g_assert_true (g_str_has_suffix (base, "s"));

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    test_assert_fixed (file, names[i]);
}

static void
test_rolls_past_max_size (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (10);
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  write_text (file, "0123456789");
  g_assert_false (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 0);

  write_text (file, "a");
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 1);
  write_text (file, "b");
  g_assert_cmpuint (n_notified, ==, 1);

  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 12);
  assert_contents (file, "0123456789ab");
}

static void
test_truncate_rolls (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (10);
  g_autoptr (GError) error = NULL;
  guint n_notified = 0;

  g_signal_connect (file, "notify::rolled", G_CALLBACK (count_notify), &n_notified);
  write_text (file, "x");
  g_seekable_truncate (G_SEEKABLE (file), 10, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (temp_spooled_file_get_rolled (file));

  g_seekable_truncate (G_SEEKABLE (file), 11, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 11);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 1);

  g_seekable_truncate (G_SEEKABLE (file), -1, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_no_descriptor (void)
{
  const guint before = test_count_fds ();
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autofree char *listed = NULL;
  g_autofree char *much = g_strnfill (100000, 'x');

  write_text (file, much);
  g_assert_false (temp_spooled_file_get_rolled (file));
  g_assert_cmpuint (test_count_fds (), ==, before);
  listed = test_list (test_dir ());
  g_assert_cmpstr (listed, ==, "");
}

static void
test_far_away (void)
{
  const goffset far_away = G_GOFFSET_CONSTANT (1) << 40;
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (100);
  g_autoptr (TempSpooledFile) memory = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;
  gssize n;

  write_text (file, "near");
  g_seekable_seek (G_SEEKABLE (file), far_away, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (temp_spooled_file_get_rolled (file));
  write_text (file, "far");
  g_assert_true (temp_spooled_file_get_rolled (file));
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, far_away + 3);

  /* There is no machine with that much memory. */
  write_text (memory, "near");
  g_seekable_seek (G_SEEKABLE (memory), far_away << 12, G_SEEK_SET, NULL, &error);
  g_assert_no_error (error);
  n = g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (memory)), "far", 3, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (n, ==, -1);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (memory)), ==, far_away << 12);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (memory), far_away << 12, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_contents (memory, "near");
}

static void
test_seek_overflow (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  write_text (file, "x");
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), G_MAXINT64, G_SEEK_END, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), G_MININT64, G_SEEK_CUR, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 1);

  /* At the very end of what can be, there is no room, and no overflow. */
  g_assert_true (g_seekable_seek (G_SEEKABLE (file), G_MAXINT64, G_SEEK_SET, NULL, &error));
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
test_cancelled (gconstpointer data)
{
  const gboolean rolled = GPOINTER_TO_INT (data);
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  write_text (file, "before");
  if (rolled)
    g_assert_true (temp_spooled_file_roll (file, NULL, NULL));

  g_cancellable_cancel (cancellable);
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (file), 0, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 6);
  assert_contents (file, "before");
}

static void
test_closed (gconstpointer data)
{
  const gboolean rolled = GPOINTER_TO_INT (data);
  const guint n_fds = test_count_fds ();
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
  g_autoptr (GError) error = NULL;

  write_text (file, "gone");
  if (rolled)
    g_assert_true (temp_spooled_file_roll (file, NULL, NULL));
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (file)));
  g_assert_true (g_seekable_can_truncate (G_SEEKABLE (file)));

  g_io_stream_close (G_IO_STREAM (file), NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  g_assert_false (g_seekable_can_seek (G_SEEKABLE (file)));
  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (file)));
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (file), 0, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 0);
  g_assert_cmpint (temp_spooled_file_get_size (file), ==, 0);
  g_assert_cmpint (temp_spooled_file_get_rolled (file), ==, rolled);

  /* Also the stream that nobody had asked for. */
  g_assert_true (g_output_stream_is_closed (g_io_stream_get_output_stream (G_IO_STREAM (file))));
  g_assert_true (g_input_stream_is_closed (g_io_stream_get_input_stream (G_IO_STREAM (file))));

  g_io_stream_close (G_IO_STREAM (file), NULL, &error);
  g_assert_no_error (error);
}

static void
test_close_async (void)
{
  g_autoptr (TempSpooledFile) file = temp_spooled_file_new (1);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const guint n_fds = test_count_fds ();

  write_text (file, "rolled");
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  g_io_stream_close_async (G_IO_STREAM (file), G_PRIORITY_DEFAULT, NULL, test_keep_result, &result);
  g_io_stream_close_finish (G_IO_STREAM (file), test_wait_result (&result), &error);
  g_assert_no_error (error);
  g_assert_true (g_io_stream_is_closed (G_IO_STREAM (file)));
  g_assert_true (g_output_stream_is_closed (g_io_stream_get_output_stream (G_IO_STREAM (file))));
}

/* A pending operation cannot keep the object from going. */
static void
test_dropped_while_pending (void)
{
  TempSpooledFile *file = temp_spooled_file_new (1);
  const guint n_fds = test_count_fds ();

  write_text (file, "rolled");
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  g_assert_true (g_io_stream_set_pending (G_IO_STREAM (file), NULL));
  g_object_unref (file);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* Two threads want the streams at the same time: they get the same ones. */

typedef struct
{
  GIOStream *stream;
  gint       is_ready;
  gint       may_go;
} Race;

static gpointer
ask_for_both (gpointer data)
{
  Race *race = data;

  g_atomic_int_set (&race->is_ready, TRUE);
  while (!g_atomic_int_get (&race->may_go))
    ;
  g_io_stream_get_input_stream (race->stream);
  return g_io_stream_get_output_stream (race->stream);
}

static void
test_asked_by_two_threads (void)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
      g_autoptr (TempSpool) spool = temp_spool_ref (temp_spooled_file_get_spool (file));
      Race race = { .stream = G_IO_STREAM (file) };
      GThread *thread = g_thread_new (NULL, ask_for_both, &race);

      while (!g_atomic_int_get (&race.is_ready))
        g_thread_yield ();
      g_atomic_int_set (&race.may_go, TRUE);
      g_io_stream_get_input_stream (race.stream);
      g_assert_true (g_io_stream_get_output_stream (race.stream) == g_thread_join (thread));

      g_assert_cmpint (spool->ref_count, ==, 4);
      g_clear_object (&file);
      g_assert_cmpint (spool->ref_count, ==, 1);
    }
}

/* Nothing of the spool is left, whichever streams were asked for, before or after the end. */
static void
test_references (void)
{
  for (guint i = 0; i < 8; i++)
    {
      g_autoptr (TempSpooledFile) file = temp_spooled_file_new (0);
      g_autoptr (TempSpool) spool = temp_spool_ref (temp_spooled_file_get_spool (file));

      if (i & 4)
        g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
      if (i & 1)
        g_io_stream_get_input_stream (G_IO_STREAM (file));
      if (i & 2)
        g_io_stream_get_output_stream (G_IO_STREAM (file));
      g_clear_object (&file);
      g_assert_cmpint (spool->ref_count, ==, 1);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_data_func ("/spooled-file/model/memory", GUINT_TO_POINTER (IN_MEMORY), test_model);
  g_test_add_data_func ("/spooled-file/model/rolled", GUINT_TO_POINTER (ROLLED_FROM_START), test_model);
  g_test_add_data_func ("/spooled-file/model/rolling", GUINT_TO_POINTER (ROLLING), test_model);
  g_test_add_func ("/spooled-file/properties", test_properties);
  g_test_add_func ("/spooled-file/set-before", test_set_before);
  g_test_add_func ("/spooled-file/rolls-past-max-size", test_rolls_past_max_size);
  g_test_add_func ("/spooled-file/truncate-rolls", test_truncate_rolls);
  g_test_add_func ("/spooled-file/no-descriptor", test_no_descriptor);
  g_test_add_func ("/spooled-file/far-away", test_far_away);
  g_test_add_func ("/spooled-file/seek-overflow", test_seek_overflow);
  g_test_add_data_func ("/spooled-file/cancelled/memory", GINT_TO_POINTER (FALSE), test_cancelled);
  g_test_add_data_func ("/spooled-file/cancelled/rolled", GINT_TO_POINTER (TRUE), test_cancelled);
  g_test_add_data_func ("/spooled-file/closed/memory", GINT_TO_POINTER (FALSE), test_closed);
  g_test_add_data_func ("/spooled-file/closed/rolled", GINT_TO_POINTER (TRUE), test_closed);
  g_test_add_func ("/spooled-file/close-async", test_close_async);
  g_test_add_func ("/spooled-file/dropped-while-pending", test_dropped_while_pending);
  g_test_add_func ("/spooled-file/references", test_references);
  g_test_add_func ("/spooled-file/asked-by-two-threads", test_asked_by_two_threads);

  return g_test_run ();
}
