/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */

/* Saving a document so that it is never lost: neither by a full disk, nor by a
 * power cut, nor by a program that reads it at the wrong moment. Nothing here
 * blocks, so all of it can be called from a window's main loop.
 *
 * save-document FILE LINE adds a line to a file. If the file cannot be replaced
 * without harm, the user is asked whether to write into it. */

#include <stdio.h>
#include <stdlib.h>
#include <tempfile-glib/tempfile-glib.h>

typedef struct
{
  GMainLoop *loop;
  GFile     *document;
  GBytes    *contents;
  char      *etag; /* of the document that was loaded; NULL: there was none */
  gboolean   saved;
} Program;

/* An application has a dialog here. */
static gboolean
ask (const char *message)
{
  char answer[16] = "";

  g_print ("%s. Write into it all the same? [y/N] ", message);
  return fgets (answer, sizeof answer, stdin) != NULL && answer[0] == 'y';
}

static void save (Program          *self,
                  TempPersistFlags  flags);

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Program *self = user_data;
  g_autofree char *etag = NULL;
  g_autoptr (GError) error = NULL;

  (void) source;
  self->saved = temp_replace_contents_finish (result, &etag, &error);
  if (!self->saved && error->domain == TEMP_SAVE_ERROR && ask (error->message))
    {
      save (self, TEMP_PERSIST_IN_PLACE);
      return;
    }

  if (self->saved)
    {
      /* An editor goes on: the next time, this document is to be there. */
      g_free (self->etag);
      self->etag = g_steal_pointer (&etag);
      g_print ("Saved\n");
    }
  else
    {
      g_printerr ("Your changes are not saved. %s\n", error->message);
    }

  g_main_loop_quit (self->loop);
}

static void
save (Program          *self,
      TempPersistFlags  flags)
{
  temp_replace_contents_async (self->document, self->contents, self->etag, flags | TEMP_PERSIST_DURABLE,
                               G_PRIORITY_DEFAULT, NULL, on_saved, self);
}

/* Loads the document, and adds a line. A document that is not there yet is empty. */
static gboolean
load (Program     *self,
      const char  *line,
      GError     **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  GString *all;

  if (!g_file_load_contents (self->document, NULL, &text, &length, &self->etag, &local_error) &&
      !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  all = g_string_new_len (text, length);
  g_string_append_printf (all, "%s\n", line);
  self->contents = g_string_free_to_bytes (all);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Program self = { .loop = loop };

  if (argc != 3)
    {
      g_printerr ("Usage: %s FILE LINE\n", argv[0]);
      return EXIT_FAILURE;
    }

  self.document = g_file_new_for_commandline_arg (argv[1]);
  if (load (&self, argv[2], &error))
    {
      save (&self, TEMP_PERSIST_NONE);
      g_main_loop_run (loop);
    }
  else
    {
      g_printerr ("Your changes are not saved. %s\n", error->message);
    }

  g_object_unref (self.document);
  g_clear_pointer (&self.contents, g_bytes_unref);
  g_free (self.etag);
  return self.saved ? EXIT_SUCCESS : EXIT_FAILURE;
}
