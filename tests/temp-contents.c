/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <errno.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

#include "platform/platform.h"
#include "test-support.h"

/* All bytes of a file, loaded and replaced at once, in both classes */

typedef enum
{
  NAMELESS,
  NAMED,
  IN_MEMORY,
  ROLLED,
  N_KINDS
} Kind;

#define MAX_SIZE 20
#define FEWER "few"
#define AS_MANY "just as many"
#define MORE "more than there is room for in memory"

/* Makes a file that holds AS_MANY bytes, and whose offset is 2. */
static gpointer
new_file (Kind kind)
{
  g_autoptr (GError) error = NULL;
  GIOStream *file;
  GOutputStream *output;

  if (kind == NAMELESS)
    file = G_IO_STREAM (temp_file_new (test_dir (), &error));
  else if (kind == NAMED)
    file = G_IO_STREAM (temp_file_new_named (test_dir (), NULL, NULL, &error));
  else
    file = g_object_new (TEMP_TYPE_SPOOLED_FILE, "dir", test_dir (), "max-size", (guint64) MAX_SIZE, NULL);
  g_assert_no_error (error);

  output = g_io_stream_get_output_stream (file);
  g_assert_true (g_output_stream_write_all (output, AS_MANY, strlen (AS_MANY), NULL, NULL, NULL));
  if (kind == ROLLED)
    g_assert_true (temp_spooled_file_roll (TEMP_SPOOLED_FILE (file), NULL, NULL));
  g_assert_true (g_seekable_seek (G_SEEKABLE (file), 2, G_SEEK_SET, NULL, NULL));
  return file;
}

static GBytes *
load (gpointer       file,
      GCancellable  *cancellable,
      GError       **error)
{
  return TEMP_IS_FILE (file) ? temp_file_load_bytes (file, cancellable, error)
                             : temp_spooled_file_load_bytes (file, cancellable, error);
}

static void
begin_load (gpointer       file,
            GCancellable  *cancellable,
            GAsyncResult **result)
{
  if (TEMP_IS_FILE (file))
    temp_file_load_bytes_async (file, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
  else
    temp_spooled_file_load_bytes_async (file, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
}

static GBytes *
end_load (gpointer       file,
          GAsyncResult **result,
          GError       **error)
{
  GBytes *bytes;

  test_wait_result (result);
  bytes = TEMP_IS_FILE (file) ? temp_file_load_bytes_finish (file, *result, error)
                              : temp_spooled_file_load_bytes_finish (file, *result, error);
  g_clear_object (result);
  return bytes;
}

static gboolean
replace (gpointer       file,
         const char    *text,
         GCancellable  *cancellable,
         GError       **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return TEMP_IS_FILE (file) ? temp_file_replace_bytes (file, bytes, cancellable, error)
                             : temp_spooled_file_replace_bytes (file, bytes, cancellable, error);
}

static void
begin_replace (gpointer       file,
               const char    *text,
               GCancellable  *cancellable,
               GAsyncResult **result)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  if (TEMP_IS_FILE (file))
    temp_file_replace_bytes_async (file, bytes, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
  else
    temp_spooled_file_replace_bytes_async (file, bytes, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
}

static gboolean
end_replace (gpointer       file,
             GAsyncResult **result,
             GError       **error)
{
  gboolean ok;

  test_wait_result (result);
  ok = TEMP_IS_FILE (file) ? temp_file_replace_bytes_finish (file, *result, error)
                           : temp_spooled_file_replace_bytes_finish (file, *result, error);
  g_clear_object (result);
  return ok;
}

static void
assert_bytes (GBytes     *bytes,
              const char *text)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpmem (data, size, text, strlen (text));
}

static void
assert_loads (gpointer    file,
              const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = load (file, NULL, &error);

  g_assert_no_error (error);
  assert_bytes (bytes, text);
}

/* The file is as new_file() made it. */
static void
assert_unchanged (gpointer file)
{
  assert_loads (file, AS_MANY);
  g_assert_cmpint (g_seekable_tell (file), ==, 2);
}

/* Loading */

static void
test_load (gconstpointer data)
{
  g_autoptr (GIOStream) file = new_file (GPOINTER_TO_INT (data));
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  assert_unchanged (file);
  begin_load (file, NULL, &result);
  before = end_load (file, &result, &error);
  g_assert_no_error (error);
  assert_unchanged (file);

  /* The bytes are a copy. */
  g_assert_true (replace (file, FEWER, NULL, NULL));
  assert_bytes (before, AS_MANY);
  g_assert_true (replace (file, "", NULL, NULL));
  assert_loads (file, "");
}

/* A write between the beginning and the end of a load goes where it would go without. */
static void
test_load_while_writing (gconstpointer data)
{
  g_autoptr (GIOStream) file = new_file (GPOINTER_TO_INT (data));
  GOutputStream *output = g_io_stream_get_output_stream (file);
  g_autoptr (GAsyncResult) write_result = NULL;
  GAsyncResult *results[8] = { NULL };
  g_autoptr (GError) error = NULL;

  g_output_stream_write_async (output, "X", 1, 0, NULL, test_keep_result, &write_result);
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    begin_load (file, NULL, &results[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GBytes) bytes = end_load (file, &results[i], &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, strlen (AS_MANY));
    }
  g_assert_cmpint (g_output_stream_write_finish (output, test_wait_result (&write_result), &error), ==, 1);
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, 3);
  assert_loads (file, "juXt as many");
}

/* Replacing */

/* The offset is at the end, as after writing the bytes: what is written next is appended. */
static void
test_replace (gconstpointer data)
{
  static const char *const texts[] = { FEWER, AS_MANY, MORE, "", FEWER };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (texts); i++)
    {
      const char *text = texts[i / 2];
      const gboolean is_async = i % 2;
      const gboolean rolls = GPOINTER_TO_INT (data) == ROLLED || strlen (text) > MAX_SIZE;
      g_autoptr (GIOStream) file = new_file (GPOINTER_TO_INT (data));
      g_autofree char *appended = g_strconcat (text, "!", NULL);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      if (is_async)
        {
          begin_replace (file, text, NULL, &result);
          g_assert_true (end_replace (file, &result, &error));
        }
      else
        g_assert_true (replace (file, text, NULL, &error));
      g_assert_no_error (error);

      assert_loads (file, text);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (text));
      if (TEMP_IS_SPOOLED_FILE (file))
        g_assert_cmpint (temp_spooled_file_get_rolled (TEMP_SPOOLED_FILE (file)), ==, rolls);

      g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (file), "!", 1, NULL, &error), ==, 1);
      g_assert_no_error (error);
      assert_loads (file, appended);
    }
}

/* The state, which is checked before anything changes */

static void
test_closed (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autoptr (GIOStream) file = new_file (kind);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (kind == NAMED)
    temp_file_set_delete_on_close (TEMP_FILE (file), FALSE);
  g_assert_true (g_io_stream_close (file, NULL, NULL));

  g_assert_null (load (file, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (replace (file, FEWER, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  begin_load (file, NULL, &result);
  g_assert_null (end_load (file, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  begin_replace (file, FEWER, NULL, &result);
  g_assert_false (end_replace (file, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);

  if (kind == NAMED)
    test_assert_contents (temp_file_get_path (TEMP_FILE (file)), AS_MANY);
}

static void
test_never_made (void)
{
  g_autoptr (TempFile) file = g_object_new (TEMP_TYPE_FILE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (load (file, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
  g_assert_false (replace (file, FEWER, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_CLOSED);
}

static void
test_cancelled (gconstpointer data)
{
  g_autoptr (GIOStream) file = new_file (GPOINTER_TO_INT (data));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (load (file, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  begin_load (file, cancellable, &result);
  g_assert_null (end_load (file, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_false (replace (file, MORE, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  begin_replace (file, MORE, cancellable, &result);
  g_assert_false (end_replace (file, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);

  assert_unchanged (file);
  g_assert_false (g_io_stream_has_pending (file));
  if (TEMP_IS_SPOOLED_FILE (file))
    g_assert_cmpint (temp_spooled_file_get_rolled (TEMP_SPOOLED_FILE (file)), ==, GPOINTER_TO_INT (data) == ROLLED);
}

/* Nothing is replaced while anything else runs, and nothing else begins while bytes are replaced. */
static void
test_busy (gconstpointer data)
{
  g_autoptr (GIOStream) file = new_file (GPOINTER_TO_INT (data));
  GInputStream *input = g_io_stream_get_input_stream (file);
  GOutputStream *output = g_io_stream_get_output_stream (file);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char byte;

  g_assert_true (g_input_stream_set_pending (input, NULL));
  g_assert_false (replace (file, FEWER, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  assert_unchanged (file);
  g_input_stream_clear_pending (input);

  begin_replace (file, FEWER, NULL, &result);
  g_assert_false (replace (file, MORE, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_null (load (file, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_cmpint (g_input_stream_read (input, &byte, 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_cmpint (g_output_stream_write (output, "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (g_seekable_seek (G_SEEKABLE (file), 0, G_SEEK_SET, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_false (g_io_stream_close (file, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  g_assert_true (end_replace (file, &result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_output_stream_write (output, "!", 1, NULL, &error), ==, 1);
  assert_loads (file, FEWER "!");
}

/* An operation that was begun before the streams were asked for makes them busy, too. */
static void
test_busy_from_the_start (gconstpointer data)
{
  const gboolean is_spooled = GPOINTER_TO_INT (data) == IN_MEMORY;
  g_autoptr (GIOStream) file = is_spooled ? G_IO_STREAM (temp_spooled_file_new (0))
                                          : G_IO_STREAM (temp_file_new (NULL, NULL));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  begin_replace (file, FEWER, NULL, &result);
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (file), "x", 1, NULL, &error), ==, -1);
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  g_assert_true (end_replace (file, &result, &error));
  assert_loads (file, FEWER);
}

/* A full disk */

static void
fill_disk (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autofree char *large = g_strnfill (200000, 'l');
  g_autofree char *fits = g_strnfill (40000, 'f');
  g_autoptr (GIOStream) file = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (test_dir (), "size=64k"))
    test_child_skip ("No tmpfs can be mounted");

  file = new_file (kind);
  g_assert_false (replace (file, large, NULL, &error));
  test_assert_error_mentions (error, test_dir ());
  test_assert_io_error (&error, G_IO_ERROR_NO_SPACE);
  assert_unchanged (file);

  g_assert_true (replace (file, fits, NULL, &error));
  g_assert_no_error (error);
  assert_loads (file, fits);
}

static void
test_full_disk (gconstpointer data)
{
  if (temp_platform.allocate (-1, 1) < 0 && errno == ENOSYS)
    g_test_skip ("This system cannot allocate");
  else
    test_in_child (fill_disk, data);
}

/* The directory that a spooled file rolls to is gone. */
static void
test_roll_fails (void)
{
  g_autofree char *missing = test_path ("missing");
  g_autoptr (GIOStream) file = new_file (IN_MEMORY);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_object_set (file, "dir", missing, NULL);
  g_assert_false (replace (file, MORE, NULL, &error));
  test_assert_error_mentions (error, missing);
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  begin_replace (file, MORE, NULL, &result);
  g_assert_false (end_replace (file, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);
  g_assert_false (temp_spooled_file_get_rolled (TEMP_SPOOLED_FILE (file)));
  assert_unchanged (file);
}

typedef struct
{
  GThread *thread;
  guint    n_notified;
} Notified;

static void
on_rolled (TempSpooledFile *file,
           GParamSpec      *pspec,
           gpointer         data)
{
  Notified *notified = data;

  g_assert_true (g_thread_self () == notified->thread);
  g_assert_false (g_io_stream_has_pending (G_IO_STREAM (file)));
  notified->n_notified++;
}

/* Rolling is notified in the caller's thread, once the file can be used again. */
static void
test_notifies (void)
{
  for (guint is_async = 0; is_async < 2; is_async++)
    {
      g_autoptr (GIOStream) file = new_file (IN_MEMORY);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      Notified notified = { .thread = g_thread_self () };

      g_signal_connect (file, "notify::rolled", G_CALLBACK (on_rolled), &notified);
      if (is_async)
        {
          begin_replace (file, MORE, NULL, &result);
          g_assert_true (end_replace (file, &result, &error));
          while (notified.n_notified == 0)
            g_main_context_iteration (NULL, TRUE);
        }
      else
        g_assert_true (replace (file, MORE, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (notified.n_notified, ==, 1);
    }
}

static void
add (const char    *promise,
     Kind           kind,
     GTestDataFunc  function)
{
  static const char *const names[N_KINDS] = { "nameless", "named", "in-memory", "rolled" };
  g_autofree char *path = g_strdup_printf ("/contents/%s/%s", names[kind], promise);

  g_test_add_data_func (path, GINT_TO_POINTER (kind), function);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (Kind kind = 0; kind < N_KINDS; kind++)
    {
      add ("loading-moves-no-offset", kind, test_load);
      add ("loaded-while-written", kind, test_load_while_writing);
      add ("replaced-whatever-the-size", kind, test_replace);
      add ("closed-is-an-error", kind, test_closed);
      add ("unchanged-if-cancelled", kind, test_cancelled);
      add ("busy-while-replaced", kind, test_busy);
      add ("unchanged-if-the-disk-is-full", kind, test_full_disk);
    }
  add ("streams-busy-from-the-start", NAMELESS, test_busy_from_the_start);
  add ("streams-busy-from-the-start", IN_MEMORY, test_busy_from_the_start);
  g_test_add_func ("/contents/never-made-is-an-error", test_never_made);
  g_test_add_func ("/contents/unchanged-if-rolling-fails", test_roll_fails);
  g_test_add_func ("/contents/rolling-is-notified-here", test_notifies);

  return g_test_run ();
}
