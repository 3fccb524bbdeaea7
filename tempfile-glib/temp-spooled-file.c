/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-spooled-file-private.h"

#include "stream/busy.h"
#include "stream/reader.h"
#include "stream/spooled.h"
#include "task/task.h"
#include "temp-file-private.h"
#include "temp-object-private.h"

/**
 * TempSpooledFile:
 *
 * A temporary file that stays in memory for as long as it is small.
 *
 * A `TempSpooledFile` is a [class@Gio.IOStream]. Its [property@Gio.IOStream:input-stream] and its
 * [property@Gio.IOStream:output-stream] share one offset, as in any file that is open for both. While its contents are
 * in memory, it has no descriptor. A write or a truncate that would make it greater than
 * [property@Temp.SpooledFile:max-size] first copies the contents to a [class@Temp.File]: the spooled file **rolls**.
 * From then on, every operation goes to that file. [method@Temp.SpooledFile.roll] makes it roll at any time. Rolling
 * changes nothing else: contents, size and offset stay as they were.
 *
 * Use it for data of a size that nobody knows beforehand, and that is mostly small: the body of a request, the output
 * of a program.
 *
 * The file that it rolls to has no name, unless [property@Temp.SpooledFile:prefix] or
 * [property@Temp.SpooledFile:suffix] is set.
 *
 * ## Errors
 *
 * Rolling can fail: the disk is full, there are no descriptors left. Then the write or the truncate that caused it
 * fails with that error, and has changed nothing: the contents are still in memory, to be read, and the write can be
 * tried again. If there is not enough memory, a write fails with `G_IO_ERROR_NO_SPACE`.
 *
 * ## Lifetime
 *
 * [method@Gio.IOStream.close], or dropping the last reference, frees the memory and deletes the file.
 * [method@Temp.SpooledFile.steal_file] takes the file out, so that it can live on.
 *
 * ## Threads
 *
 * As with all GIO streams, one operation at a time on each stream: a second one fails with `G_IO_ERROR_PENDING`, and so
 * does a seek or a roll of the spooled file while one of its streams is busy.
 *
 * Since: 1.0
 */

struct _TempSpooledFile
{
  GIOStream      parent_instance;

  TempSpool     *spool;
  char          *dir;     /* under the lock of the spool, as are the next two; fixed once it has rolled */
  char          *prefix;
  char          *suffix;
  GInputStream  *input;   /* made when first asked for, as is the next */
  GOutputStream *output;

  pthread_t      thread;  /* that made the object, and gets its notifications */
  GMainContext  *context; /* of that thread; NULL: the default one */
};

enum
{
  PROP_0,
  PROP_MAX_SIZE,
  PROP_DIR,
  PROP_PREFIX,
  PROP_SUFFIX,
  PROP_ROLLED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void temp_spooled_file_seekable_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempSpooledFile, temp_spooled_file, G_TYPE_IO_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, temp_spooled_file_seekable_init))

/* Streams */

/* Puts a new stream in its place. Returns TRUE if the caller has to close the stream, because the file is closed. The
 * spool has a reference for each of the two streams from the start, which the stream takes over. If another thread has
 * put one there meanwhile, drops the new stream, but not the reference: the other stream has that. */
static gboolean
publish_stream (TempSpooledFile *self,
                gpointer        *place,
                gpointer         made)
{
  if (G_LIKELY (g_atomic_pointer_compare_and_exchange (place, NULL, made)))
    return temp_spool_is_closed (self->spool);

  temp_spool_ref (self->spool);
  g_object_unref (made);
  return FALSE;
}

static GInputStream *
temp_spooled_file_get_input_stream (GIOStream *stream)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (stream);

  if (g_atomic_pointer_get (&self->input) == NULL &&
      publish_stream (self, (gpointer *) &self->input, temp_spooled_input_stream_new (self->spool)))
    g_input_stream_close (self->input, NULL, NULL);
  return g_atomic_pointer_get (&self->input);
}

static GOutputStream *
temp_spooled_file_get_output_stream (GIOStream *stream)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (stream);

  if (g_atomic_pointer_get (&self->output) == NULL &&
      publish_stream (self, (gpointer *) &self->output, temp_spooled_output_stream_new (self->spool)))
    g_output_stream_close (self->output, NULL, NULL);
  return g_atomic_pointer_get (&self->output);
}

/* Closes the streams and the spool. Goes on after an error, and returns the first one. A busy stream stays open: its
 * operation ends, and the next one finds the spool closed. */
static gboolean
temp_spooled_file_close (GIOStream     *stream,
                         GCancellable  *cancellable,
                         GError       **error)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (stream);
  g_autoptr (GError) first_error = NULL;

  if (self->output != NULL)
    g_output_stream_close (self->output, cancellable, &first_error);
  if (self->input != NULL)
    g_input_stream_close (self->input, cancellable, first_error == NULL ? &first_error : NULL);
  temp_spool_close (self->spool, first_error == NULL ? &first_error : NULL);

  if (G_UNLIKELY (first_error != NULL))
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return FALSE;
    }

  return TRUE;
}

/* Begins an operation on the file. The caller ends it by g_io_stream_clear_pending(). */
static gboolean
begin (TempSpooledFile  *self,
       TempEntryAction   action,
       GError          **error)
{
  if (!temp_busy_set (G_IO_STREAM (self), NULL, action, error))
    return FALSE;
  if (temp_busy_check (NULL, self->input, self->output, NULL, action, error))
    return TRUE;

  g_io_stream_clear_pending (G_IO_STREAM (self));
  return FALSE;
}

static goffset
temp_spooled_file_tell (GSeekable *seekable)
{
  return temp_spool_tell (TEMP_SPOOLED_FILE (seekable)->spool);
}

static gboolean
temp_spooled_file_is_open (GSeekable *seekable)
{
  return !g_io_stream_is_closed (G_IO_STREAM (seekable));
}

static gboolean
temp_spooled_file_seek (GSeekable     *seekable,
                        goffset        offset,
                        GSeekType      type,
                        GCancellable  *cancellable,
                        GError       **error)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (seekable);

  /* A seek calls nobody back, so it need not make the file busy: the lock of the spool is enough. The streams share the
   * offset with this object. */
  return temp_busy_check (G_IO_STREAM (self), self->input, self->output, NULL, TEMP_ACTION_SEEK, error) &&
         temp_spool_seek (self->spool, offset, type, cancellable, error);
}

static gboolean
temp_spooled_file_truncate (GSeekable     *seekable,
                            goffset        size,
                            GCancellable  *cancellable,
                            GError       **error)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (seekable);
  gboolean ok;

  if (!begin (self, TEMP_ACTION_TRUNCATE, error))
    return FALSE;

  /* A handler of notify::rolled may use the file: so notify after the operation. */
  g_object_freeze_notify (G_OBJECT (self));
  ok = temp_spool_truncate (self->spool, size, cancellable, error);
  g_io_stream_clear_pending (G_IO_STREAM (self));
  g_object_thaw_notify (G_OBJECT (self));
  return ok;
}

static void
temp_spooled_file_seekable_init (GSeekableIface *iface)
{
  iface->tell = temp_spooled_file_tell;
  iface->can_seek = temp_spooled_file_is_open;
  iface->seek = temp_spooled_file_seek;
  iface->can_truncate = temp_spooled_file_is_open;
  iface->truncate_fn = temp_spooled_file_truncate;
}

/* Object */

static gboolean
notify_in_idle (gpointer user_data)
{
  g_autoptr (GObject) object = g_weak_ref_get (user_data);

  if (object != NULL)
    g_object_notify_by_pspec (object, properties[PROP_ROLLED]);
  return G_SOURCE_REMOVE;
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Notifies that the file has rolled. An asynchronous write rolls in another thread, where callers expect no signal:
 * then the main context of the thread that made the file notifies. */
static void
on_rolled (GObject *object)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);
  g_autoptr (GSource) source = NULL;
  GWeakRef *weak_ref;

  if (pthread_equal (pthread_self (), self->thread))
    {
      g_object_notify_by_pspec (object, properties[PROP_ROLLED]);
      return;
    }

  /* A weak reference does not keep the object alive if nobody ever runs that main context. */
  weak_ref = g_new (GWeakRef, 1);
  g_weak_ref_init (weak_ref, object);

  source = g_idle_source_new ();
  g_source_set_static_name (source, "[tempfile-glib] notify::rolled");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, notify_in_idle, weak_ref, weak_ref_free);
  g_source_attach (source, self->context);
}

/* Makes the file to roll to. The spool calls this in any thread, with its lock held. */
static GIOStream *
make_file (GObject       *object,
           TempEntry    **entry,
           GCancellable  *cancellable,
           GError       **error)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);
  TempFile *file = g_initable_new (TEMP_TYPE_FILE, cancellable, error,
                                   "dir", self->dir,
                                   "prefix", self->prefix,
                                   "suffix", self->suffix,
                                   "named", self->prefix != NULL || self->suffix != NULL,
                                   NULL);

  if (file == NULL)
    return NULL;
  *entry = temp_file_get_entry (file);
  return G_IO_STREAM (file);
}

static const TempSpoolOwnerFuncs spool_funcs = { make_file, on_rolled };

/* Copies a string that another thread may set. */
static void
copy_string (TempSpooledFile *self,
             char           **place,
             GValue          *value)
{
  pthread_mutex_lock (&self->spool->lock);
  g_value_set_string (value, *place);
  pthread_mutex_unlock (&self->spool->lock);
}

static void
temp_spooled_file_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);

  switch (prop_id)
    {
    case PROP_MAX_SIZE:
      g_value_set_uint64 (value, temp_spooled_file_get_max_size (self));
      break;
    case PROP_DIR:
      copy_string (self, &self->dir, value);
      break;
    case PROP_PREFIX:
      copy_string (self, &self->prefix, value);
      break;
    case PROP_SUFFIX:
      copy_string (self, &self->suffix, value);
      break;
    case PROP_ROLLED:
      g_value_set_boolean (value, temp_spooled_file_get_rolled (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* Sets a property that a roll reads. Returns TRUE if the value changes. The caller holds the lock of the spool. */
static gboolean
set_locked (TempSpooledFile *self,
            guint            prop_id,
            const GValue    *value)
{
  gsize old_max_size = self->spool->max_size;

  switch (prop_id)
    {
    case PROP_MAX_SIZE:
      self->spool->max_size = g_value_get_uint64 (value);
      return self->spool->max_size != old_max_size;
    case PROP_DIR:
      return temp_object_set_string (&self->dir, value);
    case PROP_PREFIX:
      return temp_object_set_string (&self->prefix, value);
    case PROP_SUFFIX:
      return temp_object_set_string (&self->suffix, value);
    default:
      g_assert_not_reached ();
    }
}

static void
temp_spooled_file_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);
  gboolean has_rolled, changed;

  pthread_mutex_lock (&self->spool->lock);
  has_rolled = temp_spool_is_rolled (self->spool);
  changed = !has_rolled && set_locked (self, prop_id, value);
  pthread_mutex_unlock (&self->spool->lock);

  if (has_rolled)
    temp_object_warn_fixed (object, pspec);
  else if (changed)
    g_object_notify_by_pspec (object, pspec);
}

/* GIOStream closes on dispose, but not if an operation is pending. */
static void
temp_spooled_file_dispose (GObject *object)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);

  G_OBJECT_CLASS (temp_spooled_file_parent_class)->dispose (object);

  if (G_UNLIKELY (!temp_spool_is_closed (self->spool)))
    temp_spool_close (self->spool, NULL);
}

static void
temp_spooled_file_finalize (GObject *object)
{
  TempSpooledFile *self = TEMP_SPOOLED_FILE (object);

  /* A stream that was never made has not taken over its reference. */
  if (self->input != NULL)
    g_object_unref (self->input);
  else
    temp_spool_unref (self->spool);
  if (self->output != NULL)
    g_object_unref (self->output);
  else
    temp_spool_unref (self->spool);

  temp_spool_unref (self->spool);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->dir, g_free);
  g_clear_pointer (&self->prefix, g_free);
  g_clear_pointer (&self->suffix, g_free);

  G_OBJECT_CLASS (temp_spooled_file_parent_class)->finalize (object);
}

static void
temp_spooled_file_class_init (TempSpooledFileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);
  /* Not construct-only: GObject would set the default of each of them for each new object. */
  const GParamFlags fixed_once_rolled = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = temp_spooled_file_get_property;
  object_class->set_property = temp_spooled_file_set_property;
  object_class->dispose = temp_spooled_file_dispose;
  object_class->finalize = temp_spooled_file_finalize;

  stream_class->get_input_stream = temp_spooled_file_get_input_stream;
  stream_class->get_output_stream = temp_spooled_file_get_output_stream;
  stream_class->close_fn = temp_spooled_file_close;

  /**
   * TempSpooledFile:max-size: (getter get_max_size)
   *
   * The number of bytes that it holds in memory: when it grows past that, it rolls. 0: it never rolls on its own.
   *
   * Fixed once it has rolled: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_SIZE] =
    g_param_spec_uint64 ("max-size", NULL, NULL, 0, G_MAXSIZE, 0, fixed_once_rolled);

  /**
   * TempSpooledFile:dir: (getter get_dir)
   *
   * The directory that it rolls to; %NULL for the default directory.
   *
   * Fixed once it has rolled: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_DIR] =
    g_param_spec_string ("dir", NULL, NULL, NULL, fixed_once_rolled);

  /**
   * TempSpooledFile:prefix: (getter get_prefix)
   *
   * The start of the name of the file that it rolls to; %NULL for `tmp`, if the file has a name.
   *
   * The file has a name if this or [property@Temp.SpooledFile:suffix] is set. A prefix that holds a `/` makes the roll
   * fail with `G_IO_ERROR_INVALID_FILENAME`.
   *
   * Fixed once it has rolled: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PREFIX] =
    g_param_spec_string ("prefix", NULL, NULL, NULL, fixed_once_rolled);

  /**
   * TempSpooledFile:suffix: (getter get_suffix)
   *
   * The end of the name of the file that it rolls to, such as `.txt`; %NULL for none.
   *
   * The file has a name if this or [property@Temp.SpooledFile:prefix] is set. A suffix that holds a `/` makes the roll
   * fail with `G_IO_ERROR_INVALID_FILENAME`.
   *
   * Fixed once it has rolled: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_SUFFIX] =
    g_param_spec_string ("suffix", NULL, NULL, NULL, fixed_once_rolled);

  /**
   * TempSpooledFile:rolled: (getter get_rolled)
   *
   * %TRUE once it has gone from memory to a file.
   *
   * If an operation in another thread makes it roll, such as an asynchronous write, the change is notified in the main
   * context that was the thread's default one when the object was made. A write in this thread notifies before it
   * returns, so that its stream is still busy then.
   *
   * Since: 1.0
   */
  properties[PROP_ROLLED] =
    g_param_spec_boolean ("rolled", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
temp_spooled_file_init (TempSpooledFile *self)
{
  GMainContext *context = g_main_context_get_thread_default ();

  self->spool = temp_spool_new (1 + 2, G_OBJECT (self), &spool_funcs); /* its own, and one for each stream */
  self->thread = pthread_self ();
  if (context != NULL)
    self->context = g_main_context_ref (context);
}

/* Constructor and properties */

/**
 * temp_spooled_file_new:
 * @max_size: the number of bytes to hold in memory, or 0 for no limit
 *
 * Makes a temporary file in memory, which rolls to one on disk when it grows past @max_size.
 *
 * To say where that one will be, make the object with `g_object_new()`, and set [property@Temp.SpooledFile:dir], too.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (TempSpooledFile) spooled = temp_spooled_file_new (1024 * 1024);
 * GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (spooled));
 * GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (spooled));
 *
 * if (g_output_stream_splice (output, body, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error) < 0 ||
 *     !g_seekable_seek (G_SEEKABLE (spooled), 0, G_SEEK_SET, NULL, &error))
 *   g_warning ("%s", error->message);
 * else
 *   handle_body (input, temp_spooled_file_get_size (spooled));
 * ```
 *
 * This makes nothing but the object: it cannot fail.
 *
 * Returns: (transfer full): a new spooled file
 *
 * Since: 1.0
 */
TempSpooledFile *
temp_spooled_file_new (gsize max_size)
{
  TempSpooledFile *self = g_object_new (TEMP_TYPE_SPOOLED_FILE, NULL);

  /* Not by its property: to look that up takes longer than a small write. */
  self->spool->max_size = max_size;
  return self;
}

/* Returns a string, which is there until another one is set. */
static const char *
get_string (TempSpooledFile *self,
            char           **place)
{
  const char *string;

  pthread_mutex_lock (&self->spool->lock);
  string = *place;
  pthread_mutex_unlock (&self->spool->lock);

  return string;
}

TempSpool *
temp_spooled_file_get_spool (TempSpooledFile *self)
{
  return self->spool;
}

/**
 * temp_spooled_file_get_max_size: (get-property max-size)
 * @self: a spooled file
 *
 * Gets the number of bytes that it holds in memory before it rolls.
 *
 * Returns: the number of bytes; 0 if it never rolls on its own
 *
 * Since: 1.0
 */
gsize
temp_spooled_file_get_max_size (TempSpooledFile *self)
{
  gsize max_size;

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), 0);

  pthread_mutex_lock (&self->spool->lock);
  max_size = self->spool->max_size;
  pthread_mutex_unlock (&self->spool->lock);

  return max_size;
}

/**
 * temp_spooled_file_get_dir: (get-property dir)
 * @self: a spooled file
 *
 * Gets the directory that it rolls to.
 *
 * The string is valid until [property@Temp.SpooledFile:dir] is set, which cannot be once it has rolled.
 *
 * Returns: (transfer none) (nullable) (type filename): the path as it was given, or %NULL for the default directory
 *
 * Since: 1.0
 */
const char *
temp_spooled_file_get_dir (TempSpooledFile *self)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);

  return get_string (self, &self->dir);
}

/**
 * temp_spooled_file_get_prefix: (get-property prefix)
 * @self: a spooled file
 *
 * Gets the start of the name of the file that it rolls to.
 *
 * The string is valid until [property@Temp.SpooledFile:prefix] is set, which cannot be once it has rolled.
 *
 * Returns: (transfer none) (nullable) (type filename): the prefix as it was given, or %NULL if there is none
 *
 * Since: 1.0
 */
const char *
temp_spooled_file_get_prefix (TempSpooledFile *self)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);

  return get_string (self, &self->prefix);
}

/**
 * temp_spooled_file_get_suffix: (get-property suffix)
 * @self: a spooled file
 *
 * Gets the end of the name of the file that it rolls to.
 *
 * The string is valid until [property@Temp.SpooledFile:suffix] is set, which cannot be once it has rolled.
 *
 * Returns: (transfer none) (nullable) (type filename): the suffix as it was given, or %NULL if there is none
 *
 * Since: 1.0
 */
const char *
temp_spooled_file_get_suffix (TempSpooledFile *self)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);

  return get_string (self, &self->suffix);
}

/**
 * temp_spooled_file_get_rolled: (get-property rolled)
 * @self: a spooled file
 *
 * Gets whether it has gone from memory to a file.
 *
 * A spooled file never goes back to memory: not when it is truncated, nor when it is closed.
 *
 * Returns: %TRUE once it has rolled
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_get_rolled (TempSpooledFile *self)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);

  return temp_spool_is_rolled (self->spool);
}

/**
 * temp_spooled_file_get_size:
 * @self: a spooled file
 *
 * Gets its number of bytes, in memory or in a file.
 *
 * Returns: the number of bytes; 0 once it is closed
 *
 * Since: 1.0
 */
goffset
temp_spooled_file_get_size (TempSpooledFile *self)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), 0);

  return temp_spool_get_size (self->spool);
}

/**
 * temp_spooled_file_open_reader:
 * @self: a spooled file
 * @error: return location for an error
 *
 * Opens a stream that reads its bytes, from memory or from the file, from the start, with an offset of its own.
 *
 * So nothing that it reads moves the offset of @self: a write by the output stream of @self in the meantime goes where
 * it would have gone, and the reader finds it there. At the end, a read returns 0 bytes; it can be tried again
 * once there is more. The reader has no descriptor of its own. It does not keep @self open: once @self is closed,
 * its reads fail with `G_IO_ERROR_CLOSED`.
 *
 * ```c
 * g_autoptr (GInputStream) reader = temp_spooled_file_open_reader (spooled, &error);
 * ```
 *
 * This does not block. Fails with `G_IO_ERROR_CLOSED` if @self is closed.
 *
 * Returns: (transfer full): a new stream, or %NULL if @error is set
 *
 * Since: 1.0
 */
GInputStream *
temp_spooled_file_open_reader (TempSpooledFile  *self,
                               GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);

  return temp_spool_check_open (self->spool, error) ? temp_reader_new_for_spool (self->spool) : NULL;
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
  return temp_busy_check (source, NULL, NULL, NULL, TEMP_ACTION_READ, error);
}

static gboolean
load_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  Contents *contents = data;

  contents->bytes = temp_spool_load (TEMP_SPOOLED_FILE (source)->spool, cancellable, error);
  return contents->bytes != NULL;
}

static const TempTaskSteps load_steps = { load_begin, load_run, NULL };

/**
 * temp_spooled_file_load_bytes:
 * @self: a spooled file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Loads all its bytes, from memory or from the file.
 *
 * The offset stays where it is: the streams can be read and written in the meantime. The result has the bytes that were
 * there when the operation began, even if somebody appends more.
 *
 * ```c
 * g_autoptr (GBytes) bytes = temp_spooled_file_load_bytes (spooled, NULL, &error);
 * ```
 *
 * This blocks while a file is read. Fails with `G_IO_ERROR_NO_SPACE` if there is not enough memory, with
 * `G_IO_ERROR_CLOSED` if @self is closed, with `G_IO_ERROR_PENDING` while an operation on the whole of @self runs,
 * such as [method@Temp.SpooledFile.replace_bytes_async], with `G_IO_ERROR_CANCELLED`, and with the `G_IO_ERROR` of
 * the system call's error.
 *
 * Returns: (transfer full): the bytes, or %NULL if @error is set
 *
 * Since: 1.0
 */
GBytes *
temp_spooled_file_load_bytes (TempSpooledFile  *self,
                              GCancellable     *cancellable,
                              GError          **error)
{
  Contents contents = { .bytes = NULL };

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return temp_task_run (&load_steps, self, &contents, cancellable, error) ? contents.bytes : NULL;
}

/**
 * temp_spooled_file_load_bytes_async:
 * @self: a spooled file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Loads all its bytes, from memory or from the file, without blocking.
 *
 * Get the result with [method@Temp.SpooledFile.load_bytes_finish]. [method@Temp.SpooledFile.load_bytes] says more.
 *
 * Since: 1.0
 */
void
temp_spooled_file_load_bytes_async (TempSpooledFile     *self,
                                    int                  io_priority,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&load_steps, self, g_new0 (Contents, 1), contents_free,
                       io_priority, cancellable, callback, user_data);
}

/**
 * temp_spooled_file_load_bytes_finish:
 * @self: a spooled file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.SpooledFile.load_bytes_async] began.
 *
 * Fails as [method@Temp.SpooledFile.load_bytes] does.
 *
 * Returns: (transfer full): the bytes, or %NULL if @error is set
 *
 * Since: 1.0
 */
GBytes *
temp_spooled_file_load_bytes_finish (TempSpooledFile  *self,
                                     GAsyncResult     *result,
                                     GError          **error)
{
  Contents *contents;

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);
  g_return_val_if_fail (temp_task_is_valid (result, &load_steps, self), NULL);

  contents = temp_task_finish (result, error);
  return contents != NULL ? g_steal_pointer (&contents->bytes) : NULL;
}

static gboolean
replace_begin (gpointer   source,
               gpointer   data,
               GError   **error)
{
  TempSpooledFile *self = source;
  Contents *contents = data;

  if (!temp_busy_begin (&contents->busy, G_IO_STREAM (self), self->input, self->output, NULL, TEMP_ACTION_WRITE, error))
    return FALSE;

  g_object_freeze_notify (source); /* as in roll_begin() */
  return TRUE;
}

static gboolean
replace_run (gpointer       source,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Contents *contents = data;

  return temp_spool_replace (TEMP_SPOOLED_FILE (source)->spool, contents->bytes, cancellable, error);
}

static void
replace_end (gpointer source,
             gpointer data)
{
  Contents *contents = data;

  temp_busy_end (&contents->busy);
  g_object_thaw_notify (source);
}

static const TempTaskSteps replace_steps = { replace_begin, replace_run, replace_end };

/**
 * temp_spooled_file_replace_bytes:
 * @self: a spooled file
 * @bytes: the bytes that it is to have
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Replaces all its bytes by others, be they more or fewer.
 *
 * If there are more than [property@Temp.SpooledFile:max-size], it rolls first. Afterwards, the offset is at their end:
 * what the output stream writes next is appended.
 *
 * ```c
 * g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
 *
 * if (!temp_spooled_file_replace_bytes (spooled, bytes, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * This blocks while a file is written. If there is not enough memory, or the disk is full, it fails with
 * `G_IO_ERROR_NO_SPACE`, and no byte has changed. Nor has one after `G_IO_ERROR_CLOSED`, if @self is closed, after
 * `G_IO_ERROR_PENDING`, if @self or one of its streams is in the middle of something, after an error of
 * [method@Temp.SpooledFile.roll], and if the operation is cancelled before it begins to write. After any other error,
 * which is the `G_IO_ERROR` of the system call's error, or `G_IO_ERROR_CANCELLED`, the contents are undefined, and the
 * message says so.
 *
 * Returns: %TRUE if it has @bytes now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_replace_bytes (TempSpooledFile  *self,
                                 GBytes           *bytes,
                                 GCancellable     *cancellable,
                                 GError          **error)
{
  Contents contents = { .bytes = bytes };

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&replace_steps, self, &contents, cancellable, error);
}

/**
 * temp_spooled_file_replace_bytes_async:
 * @self: a spooled file
 * @bytes: the bytes that it is to have
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Replaces all its bytes by others, without blocking.
 *
 * Get the result with [method@Temp.SpooledFile.replace_bytes_finish]. [method@Temp.SpooledFile.replace_bytes] says
 * more. Meanwhile, any other operation on @self or its streams fails with `G_IO_ERROR_PENDING`.
 *
 * Since: 1.0
 */
void
temp_spooled_file_replace_bytes_async (TempSpooledFile     *self,
                                       GBytes              *bytes,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data)
{
  Contents *contents;

  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
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
 * temp_spooled_file_replace_bytes_finish:
 * @self: a spooled file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.SpooledFile.replace_bytes_async] began.
 *
 * Fails as [method@Temp.SpooledFile.replace_bytes] does.
 *
 * Returns: %TRUE if it has the bytes now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_replace_bytes_finish (TempSpooledFile  *self,
                                        GAsyncResult     *result,
                                        GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (temp_task_is_valid (result, &replace_steps, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Rolling, and taking the file out */

/* A handler of notify::rolled may use the file: so notify after the operation. */
static gboolean
roll_begin (gpointer   source,
            gpointer   data,
            GError   **error)
{
  if (!begin (source, TEMP_ACTION_ROLL, error))
    return FALSE;

  g_object_freeze_notify (source);
  return TRUE;
}

static gboolean
roll_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  return temp_spool_roll (TEMP_SPOOLED_FILE (source)->spool, cancellable, error);
}

static void
roll_end (gpointer source,
          gpointer data)
{
  g_io_stream_clear_pending (source);
  g_object_thaw_notify (source);
}

static const TempTaskSteps roll_steps = { roll_begin, roll_run, roll_end };

/**
 * temp_spooled_file_roll:
 * @self: a spooled file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Moves it from memory to a file now, whatever its size.
 *
 * The offset stays where it is. If the spooled file has rolled already, nothing happens.
 *
 * Fails as [ctor@Temp.File.new] does, with the `G_IO_ERROR` of the write that failed, such as `G_IO_ERROR_NO_SPACE`,
 * with `G_IO_ERROR_CANCELLED`, with `G_IO_ERROR_PENDING` if one of the streams is busy, and with `G_IO_ERROR_CLOSED`.
 * After an error, it is still in memory, and nothing of it is lost.
 *
 * Returns: %TRUE if it is in a file now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_roll (TempSpooledFile  *self,
                        GCancellable     *cancellable,
                        GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&roll_steps, self, NULL, cancellable, error);
}

/**
 * temp_spooled_file_roll_async:
 * @self: a spooled file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Moves it from memory to a file, without blocking.
 *
 * Get the result with [method@Temp.SpooledFile.roll_finish]. [method@Temp.SpooledFile.roll] says more.
 *
 * Since: 1.0
 */
void
temp_spooled_file_roll_async (TempSpooledFile     *self,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&roll_steps, self, NULL, NULL, io_priority, cancellable, callback, user_data);
}

/**
 * temp_spooled_file_roll_finish:
 * @self: a spooled file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.SpooledFile.roll_async] began.
 *
 * Fails as [method@Temp.SpooledFile.roll] does.
 *
 * Returns: %TRUE if it is in a file now, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_spooled_file_roll_finish (TempSpooledFile  *self,
                               GAsyncResult     *result,
                               GError          **error)
{
  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct
{
  TempFile *file; /* NULL: nothing was taken out */
  TempBusy  busy;
} Steal;

static void
steal_free (gpointer data)
{
  Steal *steal = data;

  g_clear_object (&steal->file);
  g_free (steal);
}

/* Makes the streams busy, too: bytes that one of them wrote meanwhile would be in the file, or not. */
static gboolean
steal_begin (gpointer   source,
             gpointer   data,
             GError   **error)
{
  TempSpooledFile *self = source;
  Steal *steal = data;

  if (!temp_busy_begin (&steal->busy, G_IO_STREAM (self), self->input, self->output, NULL, TEMP_ACTION_USE, error))
    return FALSE;

  g_object_freeze_notify (source);
  return TRUE;
}

static gboolean
steal_run (gpointer       source,
           gpointer       data,
           GCancellable  *cancellable,
           GError       **error)
{
  TempSpooledFile *self = source;
  Steal *steal = data;

  if (!temp_spool_roll (self->spool, cancellable, error))
    return FALSE;

  steal->file = TEMP_FILE (temp_spool_steal_file (self->spool));
  return TRUE;
}

/* Closes the spooled file once nothing is pending, and only then notifies: handlers find it closed. */
static void
steal_end (gpointer source,
           gpointer data)
{
  Steal *steal = data;

  temp_busy_end (&steal->busy);
  if (steal->file != NULL)
    g_io_stream_close (source, NULL, NULL);
  g_object_thaw_notify (source);
}

static const TempTaskSteps steal_steps = { steal_begin, steal_run, steal_end };

/**
 * temp_spooled_file_steal_file:
 * @self: a spooled file
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Takes out the file, and closes @self.
 *
 * If @self is still in memory, it rolls first, which may block. The offset of the file is that of @self. Afterwards
 * @self and its streams are closed: reading or writing them fails with `G_IO_ERROR_CLOSED`.
 *
 * ```c
 * g_autoptr (TempFile) file = temp_spooled_file_steal_file (spooled, NULL, &error);
 * ```
 *
 * Fails as [method@Temp.SpooledFile.roll] does. After an error, nothing has changed.
 *
 * Returns: (transfer full): the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_spooled_file_steal_file (TempSpooledFile  *self,
                              GCancellable     *cancellable,
                              GError          **error)
{
  Steal steal = { .file = NULL };

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return temp_task_run (&steal_steps, self, &steal, cancellable, error) ? steal.file : NULL;
}

/**
 * temp_spooled_file_steal_file_async:
 * @self: a spooled file
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Takes out the file, and closes @self, without blocking.
 *
 * Get the result with [method@Temp.SpooledFile.steal_file_finish]. [method@Temp.SpooledFile.steal_file] says more. If
 * nobody asks for the result, the file is deleted.
 *
 * Since: 1.0
 */
void
temp_spooled_file_steal_file_async (TempSpooledFile     *self,
                                    int                  io_priority,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_SPOOLED_FILE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  /* A stream that is made later would not be busy. */
  g_io_stream_get_output_stream (G_IO_STREAM (self));
  g_io_stream_get_input_stream (G_IO_STREAM (self));

  temp_task_run_async (&steal_steps, self, g_new0 (Steal, 1), steal_free,
                       io_priority, cancellable, callback, user_data);
}

/**
 * temp_spooled_file_steal_file_finish:
 * @self: a spooled file
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.SpooledFile.steal_file_async] began.
 *
 * Fails as [method@Temp.SpooledFile.steal_file] does.
 *
 * Returns: (transfer full): the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_spooled_file_steal_file_finish (TempSpooledFile  *self,
                                     GAsyncResult     *result,
                                     GError          **error)
{
  Steal *steal;

  g_return_val_if_fail (TEMP_IS_SPOOLED_FILE (self), NULL);
  g_return_val_if_fail (temp_task_is_valid (result, &steal_steps, self), NULL);

  steal = temp_task_finish (result, error);
  return steal != NULL ? g_steal_pointer (&steal->file) : NULL;
}
