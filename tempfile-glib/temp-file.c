/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-file-private.h"

#include <errno.h>
#include <gio/gfiledescriptorbased.h>

#include "base/words.h"
#include "persist/persist.h"
#include "stream/busy.h"
#include "stream/contents.h"
#include "stream/input.h"
#include "stream/output.h"
#include "stream/reader.h"
#include "task/task.h"
#include "temp-object-private.h"

/**
 * TempFile:
 *
 * A temporary file: a stream to read from and to write to, which deletes itself.
 *
 * A `TempFile` is a [class@Gio.FileIOStream]. Its [property@Gio.IOStream:input-stream] and its
 * [property@Gio.IOStream:output-stream] work with every function that takes a [class@Gio.InputStream] or a
 * [class@Gio.OutputStream]. They share one descriptor and one offset, as in any file that is open for both: to read the
 * bytes that were written, [method@Gio.Seekable.seek] back first. There is no buffer in between.
 *
 * There are two kinds. [ctor@Temp.File.new] makes a file **without a name**: nobody can open it by path, and the kernel
 * itself deletes it with the last descriptor, even after a power cut. Use this kind unless another program has to open
 * the file by its path; for that, there is [ctor@Temp.File.new_named].
 *
 * ## Lifetime
 *
 * A file with a name is deleted by [method@Gio.IOStream.close]; with [property@Temp.File:delete-on-close] off, when the
 * last reference is dropped; and if neither happens, when the program exits. With [property@Temp.File:auto-delete] off,
 * after [method@Temp.File.keep], or after [method@Temp.File.persist], the file stays. A forked process deletes the
 * files of its parent only if it says so, by closing the stream or by [method@Temp.File.delete].
 *
 * If the program is killed, the next program that uses the library deletes the file; with [func@Temp.guard_start], a
 * guard deletes it at once.
 *
 * The library logs a debug message if only the end of the object deletes the file: set `G_MESSAGES_DEBUG=Tempfile-GLib`
 * to see it.
 *
 * The library knows the file by its name, which nobody could guess before the file was there. So if somebody puts
 * another file in its place, as editors and `sed -i` do, that one is deleted, too; a file that was renamed or copied
 * elsewhere belongs to whoever did that, and stays.
 *
 * ## Security
 *
 * The library creates the file exclusively and without following symbolic links; only its owner may open it; `exec()`
 * closes the descriptor; and nobody can guess the name: 16 letters of it are a counter and a tag, made with a random
 * key. So the file is safe in a directory that others can write to.
 *
 * ## Threads
 *
 * As with all GIO streams, one operation at a time: a second one fails with `G_IO_ERROR_PENDING`.
 *
 * Since: 1.0
 */

struct _TempFile
{
  GFileIOStream  parent_instance;

  TempEntry     *entry;
  GInputStream  *input;       /* made when first asked for, as are the next two */
  GOutputStream *output;
  GFile         *file;
  GFile         *former_file; /* `file` before the file was persisted: a caller may still use it */

  char          *dir;
  char          *prefix;
  char          *suffix;
  char          *expected_etag;
  char          *etag;        /* of the file when it was closed, or persisted later */
  int            permissions; /* -1: not set */
  gboolean       named;
  gboolean       is_beside; /* made to replace another file */
  gboolean       delete_on_close;
  gboolean       initialized;
  gboolean       is_dropped; /* the object is disposed: if that closes the stream, the program did not ask for it */
};

enum
{
  PROP_0,
  PROP_DIR,
  PROP_PREFIX,
  PROP_SUFFIX,
  PROP_NAMED,
  PROP_PERMISSIONS, /* the last of those that are fixed once the file is made */
  PROP_AUTO_DELETE,
  PROP_DELETE_ON_CLOSE,
  PROP_EXPECTED_ETAG,
  PROP_PATH,
  PROP_FILE,
  PROP_FD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void temp_file_initable_init   (GInitableIface            *iface);
static void temp_file_descriptor_init (GFileDescriptorBasedIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempFile, temp_file, G_TYPE_FILE_IO_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, temp_file_initable_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_INITABLE, NULL)
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE_DESCRIPTOR_BASED, temp_file_descriptor_init))

/* Creation */

static gboolean
temp_file_create (TempFile    *self,
                  TempEntry   *above,
                  GError     **error)
{
  guint32 mode = self->permissions == -1 ? 0600 : self->permissions;

  if (self->named)
    self->initialized = temp_entry_create_file (self->entry, self->dir, above, self->prefix, self->suffix,
                                                mode, error);
  else if (self->is_beside)
    self->initialized = temp_entry_create_beside (self->entry, self->dir, mode, error);
  else
    self->initialized = temp_entry_create_nameless (self->entry, self->dir, mode, error);

  if (self->is_beside)
    self->named = temp_entry_get_path (self->entry) != NULL;

  /* A stream that a caller got before the file was made is closed. */
  if (self->initialized)
    {
      g_clear_object (&self->input);
      g_clear_object (&self->output);
    }

  return self->initialized;
}

static gboolean
temp_file_init_sync (GInitable     *initable,
                     GCancellable  *cancellable,
                     GError       **error)
{
  TempFile *self = TEMP_FILE (initable);

  if (self->initialized)
    return TRUE;

  return !g_cancellable_set_error_if_cancelled (cancellable, error) && temp_file_create (self, NULL, error);
}

static void
temp_file_initable_init (GInitableIface *iface)
{
  iface->init = temp_file_init_sync;
}

/* Notifications */

/* Notifies of the path and the descriptor, if a close or a deletion has changed them. */
static void
notify_closed (TempFile *self,
               gboolean  had_path,
               gboolean  had_fd)
{
  if (had_path && temp_file_get_path (self) == NULL)
    {
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILE]);
    }
  if (had_fd)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FD]);
}

/* Notifies of the properties that persisting has changed. */
static void
notify_persisted (TempFile   *self,
                  const char *old_path,
                  gboolean    had_auto_delete)
{
  if (temp_file_get_path (self) != old_path)
    {
      g_set_object (&self->former_file, self->file);
      g_clear_object (&self->file);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILE]);
    }
  if (had_auto_delete != temp_file_get_auto_delete (self))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_DELETE]);
}

/* GFileIOStream: the two streams, the offset, closing */

/* Puts a new stream in its place, or drops it if another thread has put one there meanwhile. */
static void
publish_stream (gpointer *place,
                gpointer  made)
{
  if (!g_atomic_pointer_compare_and_exchange (place, NULL, made))
    g_object_unref (made);
}

static GInputStream *
temp_file_get_input_stream (GIOStream *stream)
{
  TempFile *self = TEMP_FILE (stream);

  if (g_atomic_pointer_get (&self->input) == NULL)
    publish_stream ((gpointer *) &self->input, temp_input_stream_new (self->entry));
  return g_atomic_pointer_get (&self->input);
}

static GOutputStream *
temp_file_get_output_stream (GIOStream *stream)
{
  TempFile *self = TEMP_FILE (stream);

  if (g_atomic_pointer_get (&self->output) == NULL)
    publish_stream ((gpointer *) &self->output, temp_output_stream_new (self->entry));
  return g_atomic_pointer_get (&self->output);
}

static goffset
temp_file_tell (GFileIOStream *stream)
{
  return temp_entry_tell (TEMP_FILE (stream)->entry);
}

static gboolean
temp_file_is_open (GFileIOStream *stream)
{
  return temp_file_get_fd (TEMP_FILE (stream)) >= 0;
}

/* Fails if the file is closed, or was never made. */
static gboolean
check_open (TempFile  *self,
            GError   **error)
{
  const gboolean is_closed = g_io_stream_is_closed (G_IO_STREAM (self));

  if (!is_closed && temp_entry_get_fd (self->entry) >= 0)
    return TRUE;

  temp_entry_set_cause (self->entry, error, G_IO_ERROR_CLOSED, is_closed ? _("it is closed") : _("it was not made"),
                        TEMP_ACTION_USE);
  return FALSE;
}

/* Fails if an operation on the file cannot begin: also if one of the streams is busy, perhaps in a thread. They
 * share the offset and the size with this object. */
static gboolean
check_usable (TempFile         *self,
              TempEntryAction   action,
              GCancellable     *cancellable,
              GError          **error)
{
  return check_open (self, error) && !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         temp_busy_check (NULL, self->input, self->output, self->entry, action, error);
}

static gboolean
temp_file_seek (GFileIOStream  *stream,
                goffset         offset,
                GSeekType       type,
                GCancellable   *cancellable,
                GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  return check_usable (self, TEMP_ACTION_SEEK, cancellable, error) &&
         temp_entry_seek (self->entry, offset, type, error);
}

static gboolean
temp_file_truncate (GFileIOStream  *stream,
                    goffset         size,
                    GCancellable   *cancellable,
                    GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  return check_usable (self, TEMP_ACTION_TRUNCATE, cancellable, error) &&
         temp_entry_truncate (self->entry, size, error);
}

static GFileInfo *
temp_file_query_info (GFileIOStream  *stream,
                      const char     *attributes,
                      GCancellable   *cancellable,
                      GError        **error)
{
  TempFile *self = TEMP_FILE (stream);

  if (!check_usable (self, TEMP_ACTION_QUERY, cancellable, error))
    return NULL;
  return temp_entry_query_info (self->entry, attributes, cancellable, error);
}

/* Returns the entity tag of the file under a path; NULL if the system does not tell. */
static char *
query_path_etag (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_ETAG_VALUE, G_FILE_QUERY_INFO_NONE,
                                                  NULL, NULL);

  return info != NULL ? g_strdup (g_file_info_get_etag (info)) : NULL;
}

/* Returns the entity tag of the open file, which has a path; NULL if the system does not tell. Asks about the path only
 * where the system cannot tell about the descriptor. */
static char *
query_etag (TempFile *self)
{
  g_autoptr (GFileInfo) info = temp_entry_query_info (self->entry, G_FILE_ATTRIBUTE_ETAG_VALUE, NULL, NULL);

  return info != NULL ? g_strdup (g_file_info_get_etag (info)) : query_path_etag (temp_file_get_path (self));
}

static char *
temp_file_get_etag (GFileIOStream *stream)
{
  return g_strdup (TEMP_FILE (stream)->etag);
}

/* Closing */

/* Deletes the file, if closing does, and closes the streams and the descriptor. Goes on after an error, and returns the
 * first one. A busy stream keeps the descriptor open until its operation ends. */
static gboolean
close_all (TempFile      *self,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (GError) first_error = NULL;

  if (temp_entry_get_fd (self->entry) < 0)
    return TRUE;

  if (self->delete_on_close && temp_entry_get_auto_delete (self->entry))
    {
      if (self->is_dropped)
        temp_entry_drop (self->entry, &first_error);
      else
        temp_entry_delete (self->entry, NULL, NULL, &first_error);
    }

  /* A file that is deleted needs no entity tag. */
  if (temp_entry_get_path (self->entry) != NULL)
    self->etag = query_etag (self);
  if (self->output != NULL)
    g_output_stream_close (self->output, cancellable, first_error == NULL ? &first_error : NULL);
  if (self->input != NULL)
    g_input_stream_close (self->input, cancellable, first_error == NULL ? &first_error : NULL);
  temp_entry_release_fd (self->entry, first_error == NULL ? &first_error : NULL);

  if (first_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
temp_file_close (GIOStream     *stream,
                 GCancellable  *cancellable,
                 GError       **error)
{
  TempFile *self = TEMP_FILE (stream);
  gboolean had_path = temp_entry_get_path (self->entry) != NULL;
  gboolean had_fd = temp_entry_get_fd (self->entry) >= 0; /* FALSE only if the file was never made */
  gboolean closed = close_all (self, cancellable, error);

  notify_closed (self, had_path, had_fd);
  return closed;
}

typedef struct
{
  gboolean had_path;
  gboolean had_fd;
} Before;

static void
close_in_thread (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  GError *error = NULL;

  if (close_all (source_object, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
temp_file_close_async (GIOStream           *stream,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  TempFile *self = TEMP_FILE (stream);
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  Before *before = g_new (Before, 1);

  before->had_path = temp_file_get_path (self) != NULL;
  before->had_fd = temp_file_get_fd (self) >= 0;

  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE); /* the stream is closed, cancelled or not */
  g_task_set_task_data (task, before, g_free);
  g_task_run_in_thread (task, close_in_thread);
}

static gboolean
temp_file_close_finish (GIOStream     *stream,
                        GAsyncResult  *result,
                        GError       **error)
{
  Before *before = g_task_get_task_data (G_TASK (result));

  /* Here and not in the thread: callers expect signals in their own thread. */
  notify_closed (TEMP_FILE (stream), before->had_path, before->had_fd);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static int
temp_file_descriptor_get_fd (GFileDescriptorBased *descriptor_based)
{
  return temp_file_get_fd (TEMP_FILE (descriptor_based));
}

static void
temp_file_descriptor_init (GFileDescriptorBasedIface *iface)
{
  iface->get_fd = temp_file_descriptor_get_fd;
}

/* Object */

static void
temp_file_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  TempFile *self = TEMP_FILE (object);

  switch (prop_id)
    {
    case PROP_DIR:
      g_value_set_string (value, self->dir);
      break;
    case PROP_PREFIX:
      g_value_set_string (value, self->prefix);
      break;
    case PROP_SUFFIX:
      g_value_set_string (value, self->suffix);
      break;
    case PROP_NAMED:
      g_value_set_boolean (value, self->named);
      break;
    case PROP_PERMISSIONS:
      g_value_set_int (value, self->permissions);
      break;
    case PROP_AUTO_DELETE:
      g_value_set_boolean (value, temp_file_get_auto_delete (self));
      break;
    case PROP_DELETE_ON_CLOSE:
      g_value_set_boolean (value, self->delete_on_close);
      break;
    case PROP_EXPECTED_ETAG:
      g_value_set_string (value, self->expected_etag);
      break;
    case PROP_PATH:
      g_value_set_string (value, temp_file_get_path (self));
      break;
    case PROP_FILE:
      g_value_set_object (value, temp_file_get_file (self));
      break;
    case PROP_FD:
      g_value_set_int (value, temp_file_get_fd (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
temp_file_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  TempFile *self = TEMP_FILE (object);
  gboolean changed = FALSE;

  if (self->initialized && prop_id <= PROP_PERMISSIONS)
    {
      temp_object_warn_fixed (object, pspec);
      return;
    }

  switch (prop_id)
    {
    case PROP_DIR:
      changed = temp_object_set_string (&self->dir, value);
      break;
    case PROP_PREFIX:
      changed = temp_object_set_string (&self->prefix, value);
      break;
    case PROP_SUFFIX:
      changed = temp_object_set_string (&self->suffix, value);
      break;
    case PROP_NAMED:
      changed = self->named != g_value_get_boolean (value);
      self->named = g_value_get_boolean (value);
      break;
    case PROP_PERMISSIONS:
      changed = self->permissions != g_value_get_int (value);
      self->permissions = g_value_get_int (value);
      break;
    case PROP_AUTO_DELETE:
      temp_file_set_auto_delete (self, g_value_get_boolean (value));
      break;
    case PROP_DELETE_ON_CLOSE:
      temp_file_set_delete_on_close (self, g_value_get_boolean (value));
      break;
    case PROP_EXPECTED_ETAG:
      temp_file_set_expected_etag (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

/* Closes the stream, and deletes the file if closing it has not. */
static void
temp_file_dispose (GObject *object)
{
  TempFile *self = TEMP_FILE (object);
  g_autoptr (GError) error = NULL;

  temp_entry_tell_if_late (self->entry);

  self->is_dropped = TRUE;
  if (!g_io_stream_is_closed (G_IO_STREAM (self)))
    g_io_stream_close (G_IO_STREAM (self), NULL, NULL);

  if (temp_entry_get_auto_delete (self->entry) && !temp_entry_drop (self->entry, &error))
    g_warning ("%s", error->message);

  G_OBJECT_CLASS (temp_file_parent_class)->dispose (object);
}

static void
temp_file_finalize (GObject *object)
{
  TempFile *self = TEMP_FILE (object);

  temp_entry_discard (self->entry);
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->file);
  g_clear_object (&self->former_file);
  g_clear_pointer (&self->entry, temp_entry_unref);
  g_free (self->dir);
  g_free (self->prefix);
  g_free (self->suffix);
  g_free (self->expected_etag);
  g_free (self->etag);

  G_OBJECT_CLASS (temp_file_parent_class)->finalize (object);
}

static void
temp_file_class_init (TempFileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);
  GFileIOStreamClass *file_class = G_FILE_IO_STREAM_CLASS (klass);
  /* Not construct-only: GObject would set the default of each of them for each new object. */
  const GParamFlags fixed_once_made = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = temp_file_get_property;
  object_class->set_property = temp_file_set_property;
  object_class->dispose = temp_file_dispose;
  object_class->finalize = temp_file_finalize;

  stream_class->get_input_stream = temp_file_get_input_stream;
  stream_class->get_output_stream = temp_file_get_output_stream;
  stream_class->close_fn = temp_file_close;
  stream_class->close_async = temp_file_close_async;
  stream_class->close_finish = temp_file_close_finish;

  file_class->tell = temp_file_tell;
  file_class->can_seek = temp_file_is_open;
  file_class->seek = temp_file_seek;
  file_class->can_truncate = temp_file_is_open;
  file_class->truncate_fn = temp_file_truncate;
  file_class->query_info = temp_file_query_info;
  file_class->get_etag = temp_file_get_etag;

  /**
   * TempFile:dir: (getter get_dir)
   *
   * The directory that the file is made in; %NULL for the default directory.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_DIR] =
    g_param_spec_string ("dir", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:prefix: (getter get_prefix)
   *
   * The start of the name; %NULL for `tmp`. Of no effect on a file without a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PREFIX] =
    g_param_spec_string ("prefix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:suffix: (getter get_suffix)
   *
   * The end of the name, such as `.txt`; %NULL for none. Of no effect on a file without a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_SUFFIX] =
    g_param_spec_string ("suffix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:named: (getter get_named)
   *
   * If %TRUE, the file is made with a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_NAMED] =
    g_param_spec_boolean ("named", NULL, NULL, FALSE, fixed_once_made);

  /**
   * TempFile:permissions: (getter get_permissions)
   *
   * The mode that the file is made with, less the process's umask, as for `open()`; -1 for 0600.
   *
   * If it is not -1, the file keeps this mode when it is persisted.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PERMISSIONS] =
    g_param_spec_int ("permissions", NULL, NULL, -1, 07777, -1, fixed_once_made);

  /**
   * TempFile:auto-delete: (getter get_auto_delete) (setter set_auto_delete)
   *
   * If %TRUE, the file is deleted: on close, with the last reference, or at exit. If %FALSE, it stays.
   *
   * Since: 1.0
   */
  properties[PROP_AUTO_DELETE] =
    g_param_spec_boolean ("auto-delete", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:delete-on-close: (getter get_delete_on_close) (setter set_delete_on_close)
   *
   * If %TRUE, closing the stream deletes the file. If %FALSE, dropping the last reference does.
   *
   * Since: 1.0
   */
  properties[PROP_DELETE_ON_CLOSE] =
    g_param_spec_boolean ("delete-on-close", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:expected-etag: (getter get_expected_etag) (setter set_expected_etag)
   *
   * The entity tag that the destination of [method@Temp.File.persist] must have; %NULL for any.
   *
   * It is `etag::value` of [method@Gio.File.query_info], as [method@Gio.File.load_contents] gives it.
   *
   * Since: 1.0
   */
  properties[PROP_EXPECTED_ETAG] =
    g_param_spec_string ("expected-etag", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:path: (getter get_path)
   *
   * The absolute path of the file; %NULL while it has no name.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:file: (getter get_file)
   *
   * The file's path as a [iface@Gio.File]; %NULL while it has no name.
   *
   * Since: 1.0
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:fd: (getter get_fd)
   *
   * The descriptor of the open file; -1 once it is closed.
   *
   * Since: 1.0
   */
  properties[PROP_FD] =
    g_param_spec_int ("fd", NULL, NULL, -1, G_MAXINT, -1, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
temp_file_init (TempFile *self)
{
  self->entry = temp_entry_new ();
  self->permissions = -1;
  self->delete_on_close = TRUE;
}

/* Constructors */

/* The synchronous constructors set the fields themselves: to look properties up by their names, as g_initable_new()
 * does, would be a seventh of all instructions. */

/**
 * temp_file_new: (constructor)
 * @dir: (type filename) (nullable): a directory on the filesystem that is to hold the file, or %NULL for the default
 *   directory
 * @error: return location for an error
 *
 * Makes a temporary file without a name.
 *
 * No other user and no other program can open the file by a path, and nothing is left of it once it is closed, however
 * the program ends. On a filesystem that has no such files, the library makes the file with a random name, and deletes
 * the name at once.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (TempFile) file = temp_file_new (NULL, &error);
 *
 * if (file == NULL)
 *   g_error ("%s", error->message);
 *
 * GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
 * g_output_stream_printf (output, NULL, NULL, &error, "Hello\n");
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error; the message names @dir.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new (const char  *dir,
               GError     **error)
{
  g_autoptr (TempFile) self = g_object_new (TEMP_TYPE_FILE, NULL);

  self->dir = g_strdup (dir);

  return temp_file_create (self, NULL, error) ? g_steal_pointer (&self) : NULL;
}

/* Makes a file with a name in `dir`. `above` is the entry of `dir` if this process made it, else NULL. */
TempFile *
temp_file_make_named (const char  *dir,
                      TempEntry   *above,
                      const char  *prefix,
                      const char  *suffix,
                      GError     **error)
{
  g_autoptr (TempFile) self = g_object_new (TEMP_TYPE_FILE, NULL);

  self->dir = g_strdup (dir);
  self->prefix = g_strdup (prefix);
  self->suffix = g_strdup (suffix);
  self->named = TRUE;

  return temp_file_create (self, above, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * temp_file_new_named: (constructor)
 * @dir: (type filename) (nullable): the directory to make the file in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @error: return location for an error
 *
 * Makes a temporary file with a name, for other programs to open.
 *
 * The name is @prefix, 16 letters and digits that nobody can guess, and @suffix. [class@Temp.File] says when the file
 * is deleted.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_file_new_named (NULL, "myapp_", ".log", &error);
 *
 * g_print ("Logging to %s\n", temp_file_get_path (file));
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, with `G_IO_ERROR_INVALID_FILENAME` if @prefix or @suffix hold
 * a `/`, and with `G_IO_ERROR_EXISTS` if 100 names in a row were taken.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_named (const char  *dir,
                     const char  *prefix,
                     const char  *suffix,
                     GError     **error)
{
  return temp_file_make_named (dir, NULL, prefix, suffix, error);
}

/**
 * temp_file_new_beside: (constructor)
 * @target: the file that is to be written, which need not exist
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Makes a temporary file without a name next to @target, ready to replace it.
 *
 * Save a document this way: whoever opens it finds the old contents or the new ones, and nothing happens to it until
 * [method@Temp.File.persist] has succeeded. If @target is a symbolic link, the new file lies next to the file that the
 * link points to. [func@Temp.replace_contents] does all of it in one call.
 *
 * Two kinds of places are different. On a filesystem that has no files without a name, the new file has a hidden
 * one. If @target is there, and can be written, but its directory cannot, the new file lies in the default
 * directory: only %TEMP_PERSIST_IN_PLACE can save it then.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_file_new_beside (document, NULL, &error);
 *
 * if (file == NULL)
 *   return FALSE;
 *
 * GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (file));
 * return g_output_stream_write_all (output, text, strlen (text), NULL, NULL, &error) &&
 *        temp_file_persist (file, document, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, &error);
 * ```
 *
 * Fails as [ctor@Temp.File.new] does, with `G_IO_ERROR_NOT_SUPPORTED` if @target has no local path, and with
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_beside (GFile         *target,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr (TempFile) self = NULL;
  g_autoptr (GError) local_error = NULL;

  g_return_val_if_fail (G_IS_FILE (target), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  self = g_object_new (TEMP_TYPE_FILE, NULL);
  self->is_beside = TRUE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !temp_persist_find_dir (target, &self->dir, error))
    return NULL;
  if (temp_file_create (self, NULL, &local_error))
    return g_steal_pointer (&self);

  temp_persist_fail_by (target, error, g_steal_pointer (&local_error));
  return NULL;
}

static TempFile *
new_finish (GAsyncResult  *result,
            GError       **error)
{
  g_autoptr (GObject) source = g_async_result_get_source_object (result);
  GObject *object;

  g_return_val_if_fail (TEMP_IS_FILE (source), NULL);

  object = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, error);
  return object != NULL ? TEMP_FILE (object) : NULL;
}

/**
 * temp_file_new_async:
 * @dir: (type filename) (nullable): a directory on the filesystem that is to hold the file, or %NULL for the default
 *   directory
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the file is made
 * @user_data: data for @callback
 *
 * Makes a temporary file without a name, without blocking.
 *
 * Get the result with [ctor@Temp.File.new_finish]. [ctor@Temp.File.new] says more. If the operation is cancelled, no
 * file is left.
 *
 * Since: 1.0
 */
void
temp_file_new_async (const char          *dir,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (TEMP_TYPE_FILE, io_priority, cancellable, callback, user_data,
                              "dir", dir,
                              NULL);
}

/**
 * temp_file_new_finish: (constructor)
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.File.new_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempFile) file = temp_file_new_finish (result, &error);
 *
 *   if (file == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.File.new] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_finish (GAsyncResult  *result,
                      GError       **error)
{
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  return new_finish (result, error);
}

/**
 * temp_file_new_named_async:
 * @dir: (type filename) (nullable): the directory to make the file in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the file is made
 * @user_data: data for @callback
 *
 * Makes a temporary file with a name, without blocking.
 *
 * Get the result with [ctor@Temp.File.new_named_finish]. [ctor@Temp.File.new_named] says more. If the operation is
 * cancelled, no file is left.
 *
 * Since: 1.0
 */
void
temp_file_new_named_async (const char          *dir,
                           const char          *prefix,
                           const char          *suffix,
                           int                  io_priority,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (TEMP_TYPE_FILE, io_priority, cancellable, callback, user_data,
                              "dir", dir,
                              "prefix", prefix,
                              "suffix", suffix,
                              "named", TRUE,
                              NULL);
}

/**
 * temp_file_new_named_finish: (constructor)
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.File.new_named_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempFile) file = temp_file_new_named_finish (result, &error);
 *
 *   if (file == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.File.new_named] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_named_finish (GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  return new_finish (result, error);
}

typedef struct
{
  GFile    *target;
  TempFile *made;
} Beside;

static void
beside_free (gpointer data)
{
  Beside *beside = data;

  g_object_unref (beside->target);
  g_clear_object (&beside->made);
  g_free (beside);
}

static gboolean
beside_run (gpointer       source,
            gpointer       data,
            GCancellable  *cancellable,
            GError       **error)
{
  Beside *beside = data;

  beside->made = temp_file_new_beside (beside->target, cancellable, error);
  return beside->made != NULL && !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static const TempTaskSteps beside_steps = { NULL, beside_run, NULL };

/**
 * temp_file_new_beside_async:
 * @target: the file that is to be written, which need not exist
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the file is made
 * @user_data: data for @callback
 *
 * Makes a temporary file next to @target, ready to replace it, without blocking.
 *
 * Get the result with [ctor@Temp.File.new_beside_finish]. [ctor@Temp.File.new_beside] says more. If the operation is
 * cancelled, no file is left.
 *
 * Since: 1.0
 */
void
temp_file_new_beside_async (GFile               *target,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  Beside *beside;

  g_return_if_fail (G_IS_FILE (target));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  beside = g_new0 (Beside, 1);
  beside->target = g_object_ref (target);
  temp_task_run_async (&beside_steps, NULL, beside, beside_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_new_beside_finish: (constructor)
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.File.new_beside_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempFile) file = temp_file_new_beside_finish (result, &error);
 *
 *   if (file == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.File.new_beside] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_file_new_beside_finish (GAsyncResult  *result,
                             GError       **error)
{
  Beside *beside;

  g_return_val_if_fail (temp_task_is_valid (result, &beside_steps, NULL), NULL);

  beside = temp_task_finish (result, error);
  return beside != NULL ? g_steal_pointer (&beside->made) : NULL;
}

/* Properties, and other ways to the file */

/* Returns the entry, to which the file has a reference. */
TempEntry *
temp_file_get_entry (TempFile *self)
{
  return self->entry;
}

/**
 * temp_file_get_dir: (get-property dir)
 * @self: a temporary file
 *
 * Gets the directory that the file was to be made in.
 *
 * Returns: (transfer none) (nullable) (type filename): the path as it was given, or %NULL for the default directory
 *
 * Since: 1.0
 */
const char *
temp_file_get_dir (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return self->dir;
}

/**
 * temp_file_get_prefix: (get-property prefix)
 * @self: a temporary file
 *
 * Gets the start of the name.
 *
 * Returns: (transfer none) (nullable) (type filename): the prefix as it was given, or %NULL for `tmp`
 *
 * Since: 1.0
 */
const char *
temp_file_get_prefix (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return self->prefix;
}

/**
 * temp_file_get_suffix: (get-property suffix)
 * @self: a temporary file
 *
 * Gets the end of the name.
 *
 * Returns: (transfer none) (nullable) (type filename): the suffix as it was given, or %NULL for none
 *
 * Since: 1.0
 */
const char *
temp_file_get_suffix (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return self->suffix;
}

/**
 * temp_file_get_named: (get-property named)
 * @self: a temporary file
 *
 * Gets whether the file was to be made with a name.
 *
 * A file made with a name may have lost it: [property@Temp.File:path] tells that.
 *
 * Returns: %TRUE if the file is made with a name
 *
 * Since: 1.0
 */
gboolean
temp_file_get_named (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);

  return self->named;
}

/**
 * temp_file_get_permissions: (get-property permissions)
 * @self: a temporary file
 *
 * Gets the mode that the file was to be made with.
 *
 * Returns: the mode, or -1 if it was not set
 *
 * Since: 1.0
 */
int
temp_file_get_permissions (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), -1);

  return self->permissions;
}

/**
 * temp_file_get_fd: (get-property fd)
 * @self: a temporary file
 *
 * Gets the descriptor of the open file.
 *
 * The descriptor shares its offset with the streams, and belongs to @self: do not close it.
 *
 * Returns: the file descriptor, or -1 once the file is closed
 *
 * Since: 1.0
 */
int
temp_file_get_fd (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), -1);

  if (g_io_stream_is_closed (G_IO_STREAM (self)))
    return -1;
  return temp_entry_get_fd (self->entry);
}

/**
 * temp_file_get_path: (get-property path)
 * @self: a temporary file
 *
 * Gets the absolute path of the file.
 *
 * A file without a name has no path, nor has a deleted one. Persisting the file changes its path. A path that was
 * returned once stays valid as long as @self.
 *
 * Returns: (transfer none) (nullable) (type filename): the path, or %NULL while the file has no name
 *
 * Since: 1.0
 */
const char *
temp_file_get_path (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return temp_entry_get_path (self->entry);
}

/**
 * temp_file_get_file: (get-property file)
 * @self: a temporary file
 *
 * Gets the file's path as a [iface@Gio.File].
 *
 * Returns: (transfer none) (nullable): the file, or %NULL while it has no name
 *
 * Since: 1.0
 */
GFile *
temp_file_get_file (TempFile *self)
{
  const char *path;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  path = temp_entry_get_path (self->entry);
  if (path == NULL)
    return NULL;

  if (self->file == NULL)
    self->file = g_file_new_for_path (path);
  return self->file;
}

/**
 * temp_file_dup_fd_path:
 * @self: a temporary file
 *
 * Gets a path by which other programs of the same user can open the file, even one without a name.
 *
 * The path is `/proc/PID/fd/N`. It is good for as long as the file is open, and whoever opens it has an offset of their
 * own.
 *
 * ```c
 * g_autofree char *path = temp_file_dup_fd_path (file);
 * g_autoptr (GSubprocess) sort = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, "sort", path, NULL);
 * ```
 *
 * Returns: (transfer full) (nullable) (type filename): the path, or %NULL once the file is closed
 *
 * Since: 1.0
 */
char *
temp_file_dup_fd_path (TempFile *self)
{
  char link[64];
  int fd;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  fd = temp_file_get_fd (self);
  return fd >= 0 && temp_platform.get_link (fd, TRUE, link, sizeof link) == 0 ? g_strdup (link) : NULL;
}

/**
 * temp_file_get_auto_delete: (get-property auto-delete)
 * @self: a temporary file
 *
 * Gets whether the file is deleted at all.
 *
 * Returns: %TRUE if the file is deleted on close, with the last reference, or at exit
 *
 * Since: 1.0
 */
gboolean
temp_file_get_auto_delete (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);

  return temp_entry_get_auto_delete (self->entry);
}

/**
 * temp_file_set_auto_delete: (set-property auto-delete)
 * @self: a temporary file
 * @auto_delete: whether the file is deleted
 *
 * Sets whether the file is deleted at all.
 *
 * The library reads this when it is about to delete the file. Setting it is cheap, and cannot fail: nothing waits for
 * the disk, so that a power cut may undo it. [method@Temp.File.keep] makes sure; after that, setting it has no effect.
 *
 * Since: 1.0
 */
void
temp_file_set_auto_delete (TempFile *self,
                           gboolean  auto_delete)
{
  g_return_if_fail (TEMP_IS_FILE (self));

  if (temp_entry_set_auto_delete (self->entry, !!auto_delete))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_DELETE]);
}

/**
 * temp_file_get_delete_on_close: (get-property delete-on-close)
 * @self: a temporary file
 *
 * Gets whether closing the stream deletes the file.
 *
 * Returns: %TRUE if closing deletes the file, %FALSE if only dropping the last reference does
 *
 * Since: 1.0
 */
gboolean
temp_file_get_delete_on_close (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);

  return self->delete_on_close;
}

/**
 * temp_file_set_delete_on_close: (set-property delete-on-close)
 * @self: a temporary file
 * @delete_on_close: whether closing the stream deletes the file
 *
 * Sets whether closing the stream deletes the file.
 *
 * If closing does not, others can open the file by its path until the last reference to @self is dropped.
 *
 * Since: 1.0
 */
void
temp_file_set_delete_on_close (TempFile *self,
                               gboolean  delete_on_close)
{
  g_return_if_fail (TEMP_IS_FILE (self));

  delete_on_close = !!delete_on_close;
  if (self->delete_on_close == delete_on_close)
    return;

  self->delete_on_close = delete_on_close;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DELETE_ON_CLOSE]);
}

/**
 * temp_file_get_expected_etag: (get-property expected-etag)
 * @self: a temporary file
 *
 * Gets the entity tag that the destination must have.
 *
 * Returns: (transfer none) (nullable): the entity tag, or %NULL for any
 *
 * Since: 1.0
 */
const char *
temp_file_get_expected_etag (TempFile *self)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return self->expected_etag;
}

/**
 * temp_file_set_expected_etag: (set-property expected-etag)
 * @self: a temporary file
 * @etag: (nullable): an entity tag, or %NULL for any
 *
 * Sets the entity tag that the destination must have.
 *
 * [method@Temp.File.persist] compares it right before @self takes the place of the old file, and fails with
 * `G_IO_ERROR_WRONG_ETAG` if another program has changed or deleted that file since its entity tag was read.
 *
 * The entity tag of a local file is its time of modification. So it cannot show a change that keeps the time, nor one
 * between the comparison and the replacement.
 *
 * ```c
 * g_file_load_contents (document, NULL, &text, &length, &etag, &error);
 * // The user edits the text.
 * temp_file_set_expected_etag (file, etag);
 * if (!temp_file_persist (file, document, TEMP_PERSIST_REPLACE, NULL, &error) &&
 *     g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG))
 *   ask_user ();
 * ```
 *
 * Once @self is closed, too, [method@Gio.FileIOStream.get_etag] gives the entity tag of the new file.
 *
 * Since: 1.0
 */
void
temp_file_set_expected_etag (TempFile   *self,
                             const char *etag)
{
  g_autofree char *old = NULL;

  g_return_if_fail (TEMP_IS_FILE (self));

  if (g_strcmp0 (self->expected_etag, etag) == 0)
    return;

  old = g_steal_pointer (&self->expected_etag);
  self->expected_etag = g_strdup (etag);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EXPECTED_ETAG]);
}

/**
 * temp_file_reopen:
 * @self: a temporary file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Opens the file a second time, with an offset of its own.
 *
 * Bytes that are written to one of the two streams can be read from the other. The file needs no name, but the system
 * needs `/proc`. The new stream can be used when @self is closed and the file deleted, and closing it does nothing to
 * @self.
 *
 * ```c
 * g_autoptr (GFileIOStream) second = temp_file_reopen (file, NULL, &error);
 * GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (second));
 * ```
 *
 * Fails with `G_IO_ERROR_CLOSED` if @self is closed, with `G_IO_ERROR_CANCELLED`, and with the `G_IO_ERROR` of the
 * system call's error.
 *
 * Returns: (transfer full): a new stream, or %NULL if @error is set
 *
 * Since: 1.0
 */
GFileIOStream *
temp_file_reopen (TempFile      *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  char link[64];
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GFile) file = NULL;
  GOutputStream *output;
  GFileIOStream *stream;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (g_io_stream_is_closed (G_IO_STREAM (self)) || !temp_entry_acquire_fd (self->entry, NULL))
    {
      temp_entry_set_cause (self->entry, error, G_IO_ERROR_CLOSED, _("it is closed"), TEMP_ACTION_REOPEN);
      return NULL;
    }

  if (temp_platform.get_link (temp_entry_get_fd (self->entry), FALSE, link, sizeof link) < 0)
    {
      temp_entry_set_error (self->entry, error, errno, TEMP_ACTION_REOPEN);
      temp_entry_release_fd (self->entry, NULL);
      return NULL;
    }

  file = g_vfs_get_file_for_path (g_vfs_get_local (), link);
  stream = g_file_open_readwrite (file, cancellable, &local_error);
  temp_entry_release_fd (self->entry, NULL);

  if (stream == NULL)
    {
      temp_entry_propagate_error (self->entry, error, g_steal_pointer (&local_error), TEMP_ACTION_REOPEN);
      return NULL;
    }

  /* GIO opens it without O_CLOEXEC before GLib 2.80. */
  output = g_io_stream_get_output_stream (G_IO_STREAM (stream));
  if (G_IS_FILE_DESCRIPTOR_BASED (output))
    temp_platform.close_on_exec (g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (output)));

  return stream;
}

/**
 * temp_file_open_reader:
 * @self: a temporary file
 * @error: return location for an error
 *
 * Opens a stream that reads the file from the start, with an offset of its own.
 *
 * So nothing that it reads moves the offset of @self: a write by the output stream of @self in the meantime goes
 * where it would have gone, and the reader finds it there. At the end, a read returns 0 bytes; it can be tried again
 * once there is more. The reader has no descriptor of its own, and needs no `/proc`. It does not keep @self open:
 * once @self is closed, its reads fail with `G_IO_ERROR_CLOSED`.
 *
 * ```c
 * g_autoptr (GInputStream) reader = temp_file_open_reader (file, &error);
 * ```
 *
 * This does not block. Fails with `G_IO_ERROR_CLOSED` if @self is closed.
 *
 * Returns: (transfer full): a new stream, or %NULL if @error is set
 *
 * Since: 1.0
 */
GInputStream *
temp_file_open_reader (TempFile  *self,
                       GError   **error)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return check_open (self, error) ? temp_reader_new_for_entry (self->entry) : NULL;
}

/* Contents */

typedef struct
{
  GBytes   *bytes; /* that were loaded, or that replace the others */
  TempBusy  busy;
} Contents;

static void
contents_free (gpointer data)
{
  Contents *contents = data;

  g_clear_pointer (&contents->bytes, g_bytes_unref);
  g_free (contents);
}

/* Loading changes nothing: so it makes nothing busy. */
static gboolean
load_begin (gpointer   source,
            gpointer   data,
            GError   **error)
{
  return check_open (source, error) &&
         temp_busy_check (source, NULL, NULL, TEMP_FILE (source)->entry, TEMP_ACTION_READ, error);
}

static gboolean
load_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  Contents *contents = data;

  contents->bytes = temp_contents_load (TEMP_FILE (source)->entry, cancellable, error);
  return contents->bytes != NULL;
}

static const TempTaskSteps load_steps = { load_begin, load_run, NULL };

/**
 * temp_file_load_bytes:
 * @self: a temporary file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Loads all bytes of the file.
 *
 * The offset stays where it is: the streams can be read and written in the meantime. The result has the bytes that the
 * file had when the operation began, even if somebody appends to it.
 *
 * ```c
 * g_autoptr (GBytes) bytes = temp_file_load_bytes (file, NULL, &error);
 * ```
 *
 * This blocks while the file is read. Fails with `G_IO_ERROR_NO_SPACE` if there is not enough memory, with
 * `G_IO_ERROR_CLOSED` if @self is closed, with `G_IO_ERROR_PENDING` while an operation on the whole of @self runs, such
 * as [method@Temp.File.replace_bytes_async], with `G_IO_ERROR_CANCELLED`, and with the `G_IO_ERROR` of the system
 * call's error.
 *
 * Returns: (transfer full): the bytes, or %NULL if @error is set
 *
 * Since: 1.0
 */
GBytes *
temp_file_load_bytes (TempFile      *self,
                      GCancellable  *cancellable,
                      GError       **error)
{
  Contents contents = { .bytes = NULL };

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return temp_task_run (&load_steps, self, &contents, cancellable, error) ? contents.bytes : NULL;
}

/**
 * temp_file_load_bytes_async:
 * @self: a temporary file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Loads all bytes of the file without blocking.
 *
 * Get the result with [method@Temp.File.load_bytes_finish]. [method@Temp.File.load_bytes] says more.
 *
 * Since: 1.0
 */
void
temp_file_load_bytes_async (TempFile            *self,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&load_steps, self, g_new0 (Contents, 1), contents_free,
                       io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_load_bytes_finish:
 * @self: a temporary file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.File.load_bytes_async] began.
 *
 * Fails as [method@Temp.File.load_bytes] does.
 *
 * Returns: (transfer full): the bytes, or %NULL if @error is set
 *
 * Since: 1.0
 */
GBytes *
temp_file_load_bytes_finish (TempFile      *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  Contents *contents;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);
  g_return_val_if_fail (temp_task_is_valid (result, &load_steps, self), NULL);

  contents = temp_task_finish (result, error);
  return contents != NULL ? g_steal_pointer (&contents->bytes) : NULL;
}

static gboolean
replace_begin (gpointer   source,
               gpointer   data,
               GError   **error)
{
  TempFile *self = source;
  Contents *contents = data;

  return check_open (self, error) &&
         temp_busy_begin (&contents->busy, G_IO_STREAM (self), self->input, self->output, self->entry,
                          TEMP_ACTION_WRITE, error);
}

static gboolean
replace_run (gpointer       source,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Contents *contents = data;

  return temp_contents_replace (TEMP_FILE (source)->entry, contents->bytes, cancellable, error);
}

static void
replace_end (gpointer source,
             gpointer data)
{
  Contents *contents = data;

  temp_busy_end (&contents->busy);
}

static const TempTaskSteps replace_steps = { replace_begin, replace_run, replace_end };

/**
 * temp_file_replace_bytes:
 * @self: a temporary file
 * @bytes: the bytes that the file is to have
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Replaces all bytes of the file by others, be they more or fewer.
 *
 * Afterwards, the offset is at the end of @bytes: what the output stream writes next is appended.
 *
 * ```c
 * g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
 *
 * if (!temp_file_replace_bytes (file, bytes, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * This blocks while the file is written. First, it allocates the space on the disk, where the filesystem can do so. So
 * if the disk is full, it fails with `G_IO_ERROR_NO_SPACE`, and nothing has changed. Nor has anything changed after
 * `G_IO_ERROR_CLOSED`, if @self is closed, after `G_IO_ERROR_PENDING`, if @self or one of its streams is in the middle
 * of something, and if the operation is cancelled before it begins to write. After any other error, which is the
 * `G_IO_ERROR` of the system call's error, or `G_IO_ERROR_CANCELLED`, the contents are undefined, and the message says
 * so.
 *
 * Returns: %TRUE if the file has @bytes now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_replace_bytes (TempFile      *self,
                         GBytes        *bytes,
                         GCancellable  *cancellable,
                         GError       **error)
{
  Contents contents = { .bytes = bytes };

  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&replace_steps, self, &contents, cancellable, error);
}

/**
 * temp_file_replace_bytes_async:
 * @self: a temporary file
 * @bytes: the bytes that the file is to have
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Replaces all bytes of the file by others, without blocking.
 *
 * Get the result with [method@Temp.File.replace_bytes_finish]. [method@Temp.File.replace_bytes] says more. Meanwhile,
 * any other operation on @self or its streams fails with `G_IO_ERROR_PENDING`.
 *
 * Since: 1.0
 */
void
temp_file_replace_bytes_async (TempFile            *self,
                               GBytes              *bytes,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  Contents *contents;

  g_return_if_fail (TEMP_IS_FILE (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* A stream that is made later would not be busy. */
  g_io_stream_get_output_stream (G_IO_STREAM (self));
  g_io_stream_get_input_stream (G_IO_STREAM (self));

  contents = g_new0 (Contents, 1);
  contents->bytes = g_bytes_ref (bytes);
  temp_task_run_async (&replace_steps, self, contents, contents_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_replace_bytes_finish:
 * @self: a temporary file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.File.replace_bytes_async] began.
 *
 * Fails as [method@Temp.File.replace_bytes] does.
 *
 * Returns: %TRUE if the file has the bytes now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_replace_bytes_finish (TempFile      *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (temp_task_is_valid (result, &replace_steps, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Persisting, keeping, deleting */

typedef struct
{
  GFile            *destination;
  TempPersistFlags  flags;

  /* From persist_begin() to persist_end(). */
  const char       *old_path;
  gboolean          had_auto_delete;
  gboolean          is_closed;
  TempBusy          busy;
} Persist;

static void
persist_free (gpointer data)
{
  Persist *persist = data;

  g_object_unref (persist->destination);
  g_free (persist);
}

/* Makes the file and its streams busy: bytes that they wrote while persisting copies the file would be lost. A
 * closed file that still has its name needs none of that: another program may have written it. */
static gboolean
persist_begin (gpointer   source,
               gpointer   data,
               GError   **error)
{
  TempFile *self = source;
  Persist *persist = data;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *shown = NULL;

  persist->old_path = temp_file_get_path (self);
  persist->had_auto_delete = temp_file_get_auto_delete (self);
  persist->is_closed = g_io_stream_is_closed (G_IO_STREAM (self)) && persist->old_path != NULL;
  if (persist->is_closed ||
      temp_busy_begin (&persist->busy, G_IO_STREAM (self), self->input, self->output, self->entry, TEMP_ACTION_USE,
                       &local_error))
    return TRUE;

  shown = g_file_get_parse_name (persist->destination);
  g_set_error (error, local_error->domain, local_error->code,
               g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_PENDING)
                 ? _("Could not save “%s”: the temporary file is still being read or written")
                 : _("Could not save “%s”: the temporary file is closed"),
               shown);
  return FALSE;
}

static void
persist_end (gpointer source,
             gpointer data)
{
  TempFile *self = source;
  Persist *persist = data;

  if (!persist->is_closed)
    temp_busy_end (&persist->busy);
  else if (temp_file_get_path (self) != persist->old_path)
    {
      g_free (self->etag);
      self->etag = query_path_etag (temp_file_get_path (self));
    }
  notify_persisted (self, persist->old_path, persist->had_auto_delete);
}

static gboolean
persist_run (gpointer       source,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  TempFile *self = source;
  Persist *persist = data;

  const TempPersist job = {
    .destination = persist->destination,
    .flags = persist->flags,
    .etag = self->expected_etag,
    .with_mode = self->permissions == -1,
  };

  return temp_persist_entry (self->entry, &job, cancellable, error);
}

static const TempTaskSteps persist_steps = { persist_begin, persist_run, persist_end };

/**
 * temp_file_persist:
 * @self: a temporary file
 * @destination: the place where the file is to stay
 * @flags: how to persist the file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Moves the file to @destination, where it stays for good.
 *
 * At every moment, @destination is either as it was before or the whole new file. With %TEMP_PERSIST_REPLACE, the
 * new file replaces a file that is there. If @destination is a symbolic link, the link stays, and the file that it
 * points to is replaced. A file without a name can be persisted, too; and so can a closed one that still has its
 * name, since [property@Temp.File:delete-on-close] is off: then @destination gets what is under the name, as another
 * program left it.
 *
 * The mode, owner, group, access control list and extended attributes of a replaced file are preserved. Nobody gets
 * rights that they did not have: if the user may not give the new file the group of the old one, the group and others
 * get only what both had. A new file gets the default mode. A mode set by [property@Temp.File:permissions] stays.
 *
 * With %TEMP_PERSIST_DURABLE, the data are on the disk before the file moves, and the directory is after. With
 * %TEMP_PERSIST_COPY, @destination may be on another filesystem.
 *
 * With %TEMP_PERSIST_IN_PLACE, a file that cannot be replaced without harm is written into, as one that has a second
 * name or belongs to another user: it stays the same file, with its names and its owner. Any other file is replaced
 * nevertheless. Before the first byte changes, space is reserved, and the old contents are on the disk in a second
 * file, the backup: `.NAME~` beside the old file, or, where none can be made, in `tempfile-glib/MACHINE-ID/` of the
 * user's state directory (`$XDG_STATE_HOME`). After an error, the old contents are put back; at the end, the backup
 * is deleted. While the file is written, others can see it half-written; and if the program is killed then, it stays
 * so, and the backup stays.
 *
 * Afterwards, @self is still open, unless it was closed before; [property@Temp.File:path] and
 * [property@Temp.File:file] are those of @destination; and nothing deletes the file. It cannot be persisted again.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (TempFile) file = temp_file_new_beside (document, NULL, &error);
 *
 * if (file == NULL || !write_document (file, &error) ||
 *     !temp_file_persist (file, document, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE, NULL, &error))
 *   show_error (error->message);
 * ```
 *
 * This may block. In the main thread, use [method@Temp.File.persist_async]. If the contents are in memory,
 * [func@Temp.replace_contents] does all of it in one call.
 *
 * Fails with
 *
 * - `G_IO_ERROR_EXISTS` if something is at @destination, and %TEMP_PERSIST_REPLACE is not set
 * - `G_IO_ERROR_WRONG_ETAG` if the file at @destination does not have [property@Temp.File:expected-etag], or is gone
 * - `G_IO_ERROR_PERMISSION_DENIED` if the user may not write the file at @destination, whatever @flags are; or may
 *   not make one there
 * - an error of [error@Temp.SaveError] if a replacement would do harm, and %TEMP_PERSIST_IN_PLACE is not set
 * - `G_IO_ERROR_NOT_SUPPORTED` if @destination is on another filesystem, or the process has changed its user since
 *   it made the file, and %TEMP_PERSIST_COPY is not set; or if @destination has no local path
 * - `G_IO_ERROR_IS_DIRECTORY` or `G_IO_ERROR_NOT_REGULAR_FILE` if @destination is to be replaced, and is no file
 * - `G_IO_ERROR_NO_SPACE` if the disk is full
 * - `G_IO_ERROR_NOT_FOUND` if somebody has deleted, renamed or replaced the temporary file
 * - `G_IO_ERROR_FAILED` if the file was kept or persisted already
 * - `G_IO_ERROR_CLOSED` if @self is closed, and has no name
 * - `G_IO_ERROR_PENDING` if an operation on @self or one of its streams has not ended
 * - `G_IO_ERROR_CANCELLED`, and the `G_IO_ERROR` of the system call's error otherwise; the message names @destination
 *
 * On error, neither @destination nor the temporary file has changed. Only three steps can fail later, when
 * @destination is complete: syncing its directory; deleting the old name of the file, or the file that was copied;
 * and, if the temporary file already had the name of @destination, making sure that no crash deletes it. After such
 * an error [property@Temp.File:path] is that of @destination. If not even the old contents can be put back, the
 * message says where the backup is.
 *
 * If the program is killed, @destination is as it was, or complete, unless it is just being written into. Only where
 * a copy has to fill a new @destination itself, on a filesystem without hard links, an incomplete file stays there.
 *
 * Returns: %TRUE if the file is at @destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_persist (TempFile          *self,
                   GFile             *destination,
                   TempPersistFlags   flags,
                   GCancellable      *cancellable,
                   GError           **error)
{
  Persist persist = { .destination = destination, .flags = flags };

  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&persist_steps, self, &persist, cancellable, error);
}

/**
 * temp_file_persist_async:
 * @self: a temporary file
 * @destination: the place where the file is to stay
 * @flags: how to persist the file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Moves the file to @destination, where it stays for good, without blocking.
 *
 * Get the result with [method@Temp.File.persist_finish]. [method@Temp.File.persist] says more. Meanwhile, any other
 * operation on @self or its streams fails with `G_IO_ERROR_PENDING`. If the operation is cancelled in time, nothing has
 * changed.
 *
 * Since: 1.0
 */
void
temp_file_persist_async (TempFile            *self,
                         GFile               *destination,
                         TempPersistFlags     flags,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  Persist *persist;

  g_return_if_fail (TEMP_IS_FILE (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* Make both streams, so that persist_begin() finds them: a stream made later would not be busy. */
  g_io_stream_get_output_stream (G_IO_STREAM (self));
  g_io_stream_get_input_stream (G_IO_STREAM (self));

  persist = g_new0 (Persist, 1);
  persist->destination = g_object_ref (destination);
  persist->flags = flags;
  temp_task_run_async (&persist_steps, self, persist, persist_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_persist_finish:
 * @self: a temporary file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.File.persist_async] began.
 *
 * ```c
 * static void
 * on_persisted (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_file_persist_finish (TEMP_FILE (source), result, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [method@Temp.File.persist] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the file is at its destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_persist_finish (TempFile      *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct
{
  gboolean is_pending;
  gboolean had_auto_delete;
} Keep;

/* Makes the file busy, unless it is closed: then nothing else can begin. */
static gboolean
keep_begin (gpointer   source,
            gpointer   data,
            GError   **error)
{
  Keep *keep = data;

  keep->is_pending = !g_io_stream_is_closed (source);
  if (keep->is_pending && !temp_busy_set (source, TEMP_FILE (source)->entry, TEMP_ACTION_KEEP, error))
    return FALSE;

  keep->had_auto_delete = temp_file_get_auto_delete (source);
  return TRUE;
}

static gboolean
keep_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  return !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         temp_entry_keep (TEMP_FILE (source)->entry, error);
}

static void
keep_end (gpointer source,
          gpointer data)
{
  Keep *keep = data;

  if (keep->is_pending)
    g_io_stream_clear_pending (source);
  if (keep->had_auto_delete != temp_file_get_auto_delete (source))
    g_object_notify_by_pspec (source, properties[PROP_AUTO_DELETE]);
}

static const TempTaskSteps keep_steps = { keep_begin, keep_run, keep_end };

/**
 * temp_file_keep:
 * @self: a temporary file with a name
 * @error: return location for an error
 *
 * Makes the file stay for good, under its name.
 *
 * From now on, [property@Temp.File:auto-delete] is off and remains so. The stream stays open.
 *
 * Once this function has returned, no crash, not even a power cut, can make the library delete the file; so it may
 * block for a moment.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` if the file has no name, or none any more, or if this process was forked from
 * the one that made the file, with `G_IO_ERROR_NOT_FOUND` if nothing is under its name, and with `G_IO_ERROR_PENDING`
 * while an operation on the whole of @self runs, such as [method@Temp.File.persist_async].
 *
 * Returns: (transfer full) (type filename): the absolute path of the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
char *
temp_file_keep (TempFile  *self,
                GError   **error)
{
  Keep keep;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  return temp_task_run (&keep_steps, self, &keep, NULL, error) ? g_strdup (temp_file_get_path (self)) : NULL;
}

/**
 * temp_file_keep_async:
 * @self: a temporary file with a name
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Makes the file stay for good, under its name, without blocking.
 *
 * Get the result with [method@Temp.File.keep_finish]. [method@Temp.File.keep] says more. If the operation is cancelled,
 * the file is still deleted at its time.
 *
 * Since: 1.0
 */
void
temp_file_keep_async (TempFile            *self,
                      int                  io_priority,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&keep_steps, self, g_new (Keep, 1), g_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_file_keep_finish:
 * @self: a temporary file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.File.keep_async] began.
 *
 * Fails as [method@Temp.File.keep] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full) (type filename): the absolute path of the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
char *
temp_file_keep_finish (TempFile      *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);
  g_return_val_if_fail (temp_task_is_valid (result, &keep_steps, self), NULL);

  return g_task_propagate_boolean (G_TASK (result), error) ? g_strdup (temp_file_get_path (self)) : NULL;
}

/**
 * temp_file_delete:
 * @self: a temporary file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Deletes the file's name now; the stream stays open.
 *
 * Closing the stream deletes the name, too. Call this first to learn of an error, or to go on with a file that nobody
 * can open by path any more. It works even if [property@Temp.File:auto-delete] is off, and in a forked process. Calling
 * it again is a no-op, as it is if the file has no name, is already gone, or was kept or persisted.
 *
 * If somebody put another file under the name, that file is deleted: nobody could guess the name before the file was
 * there, so they meant to replace it. A directory there is deleted only if it is empty.
 *
 * ```c
 * if (!temp_file_delete (file, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, and with `G_IO_ERROR_CANCELLED`. After an error, the call can
 * be repeated.
 *
 * Returns: %TRUE if nothing is left under the name, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_file_delete (TempFile      *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  gboolean had_path, deleted;

  g_return_val_if_fail (TEMP_IS_FILE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  had_path = temp_file_get_path (self) != NULL;
  deleted = temp_entry_delete (self->entry, NULL, cancellable, error);
  notify_closed (self, had_path, FALSE);
  return deleted;
}
