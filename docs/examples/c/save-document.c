/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Saving a document so that it is never lost: neither by a full disk, nor by a
 * power cut, nor by a program that reads it at the wrong moment. Nothing here blocks
 * for long, so it can be called from a window's main loop.
 *
 * save-document FILE LINE adds a line to a file. */

#include <stdlib.h>
#include <string.h>
#include <tempfile-glib/tempfile-glib.h>

/* The part to copy */

typedef struct
{
  GFile    *document;
  GBytes   *contents;
  TempFile *file;
} Save;

static void
save_free (gpointer data)
{
  Save *save = data;

  g_clear_object (&save->document);
  g_clear_pointer (&save->contents, g_bytes_unref);
  g_clear_object (&save->file);
  g_free (save);
}

static void
on_persisted (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (temp_file_persist_finish (TEMP_FILE (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Save *save = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  /* It takes the place of the document in one step, with the same mode, owner and
   * attributes, and only once it is on the disk. */
  temp_file_persist_async (save->file, save->document, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE,
                           g_task_get_priority (task), g_task_get_cancellable (task),
                           on_persisted, g_object_ref (task));
}

/* Saves the contents as the document. If that fails or is cancelled, the document is
 * as it was, and nothing is left beside it. */
static void
save_document_async (GFile               *document,
                     GBytes              *contents,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Save *save = g_new0 (Save, 1);
  GError *error = NULL;
  const void *data;
  gsize size;

  save->document = g_object_ref (document);
  save->contents = g_bytes_ref (contents);
  g_task_set_task_data (task, save, save_free);
  g_task_set_check_cancellable (task, FALSE); /* a document that is saved is saved */

  save->file = temp_file_new_beside (document, cancellable, &error);
  if (save->file == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  data = g_bytes_get_data (save->contents, &size);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (save->file)), data, size,
                                   G_PRIORITY_DEFAULT, cancellable, on_written, g_object_ref (task));
}

static gboolean
save_document_finish (GAsyncResult  *result,
                      GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* A program around it */

typedef struct
{
  GMainLoop *loop;
  gboolean   saved;
} Program;

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Program *program = user_data;
  g_autoptr (GError) error = NULL;

  (void) source;
  program->saved = save_document_finish (result, &error);
  if (program->saved)
    g_print ("Saved\n");
  else
    g_printerr ("Your changes are not saved. %s\n", error->message);

  g_main_loop_quit (program->loop);
}

/* A document that is not there yet is empty. */
static GString *
load_document (GFile   *document,
               GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (g_file_load_contents (document, NULL, &text, &length, NULL, &local_error))
    return g_string_new_len (text, length);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return g_string_new (NULL);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GFile) document = NULL;
  g_autoptr (GBytes) contents = NULL;
  g_autoptr (GError) error = NULL;
  Program program = { .loop = loop };
  GString *text;

  if (argc != 3)
    {
      g_printerr ("Usage: %s FILE LINE\n", argv[0]);
      return EXIT_FAILURE;
    }

  document = g_file_new_for_commandline_arg (argv[1]);
  text = load_document (document, &error);
  if (text == NULL)
    {
      g_printerr ("The document cannot be opened. %s\n", error->message);
      return EXIT_FAILURE;
    }

  g_string_append_printf (text, "%s\n", argv[2]);
  contents = g_string_free_to_bytes (text);

  save_document_async (document, contents, NULL, on_saved, &program);
  g_main_loop_run (loop);

  return program.saved ? EXIT_SUCCESS : EXIT_FAILURE;
}
