/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-file-private.h"

#include <gio/gfiledescriptorbased.h>
#include <unistd.h>

#include "task/object.h"

/**
 * TempFile:
 *
 * A temporary file: a stream to read from and to write to, which deletes itself.
 *
 * A `TempFile` is a [class@Gio.FileIOStream]. Its [property@Gio.IOStream:input-stream] and its
 * [property@Gio.IOStream:output-stream] can be given to whatever takes a [class@Gio.InputStream] or a
 * [class@Gio.OutputStream]. They share one descriptor and one offset, as in any file that is open for
 * both: what was written is read after a [method@Gio.Seekable.seek] back. There is no buffer in between.
 *
 * There are two kinds. [ctor@Temp.File.new] makes a file **without a name**: nobody can open it by
 * path, and the kernel itself deletes it with the last descriptor, even after a power cut. It is the
 * right one unless another program has to open the file by its path: for that, there
 * is [ctor@Temp.File.new_named].
 *
 * ## Lifetime
 *
 * A file with a name is deleted by [method@Gio.IOStream.close]; with
 * [property@Temp.File:delete-on-close] off, when the last reference is dropped; and if neither
 * happens, when the program exits. With [property@Temp.File:auto-delete] off, after
 * [method@Temp.File.keep], or after [method@Temp.File.persist], it stays. A process that was forked off deletes what its
 * parent made only if it says so, by closing the stream or by [method@Temp.File.delete].
 * If the program is killed, the next one that uses the library deletes it; with [func@Temp.guard_start], it goes at once.
 * What is deleted only as its object goes, is told in a debug message: set `G_MESSAGES_DEBUG=Tempfile-GLib`.
 *
 * The file is known by its name, which nobody could guess before it was there. So a file that somebody put in its place, as
 * editors and `sed -i` do, is deleted, too; one that was renamed or copied elsewhere is its new owner's, and stays.
 *
 * ## Security
 *
 * The file is created exclusively and without following symbolic links; only its owner may open it;
 * the descriptor is closed on `exec()`; and its name cannot be guessed: 16 letters of it are a counter and a tag, made with
 * a random key. So it is safe in a directory that others can write to.
 *
 * ## Threads
 *
 * As with all GIO streams, one operation at a time: a second one fails with `G_IO_ERROR_PENDING`.
 *
 * Since: 1.0
 */

enum
{
  PROP_0,
  PROP_DIR,
  PROP_PREFIX,
  PROP_SUFFIX,
  PROP_NAMED,
  PROP_PERMISSIONS, /* the last one that is fixed once the file is made */
  PROP_AUTO_DELETE,
  PROP_DELETE_ON_CLOSE,
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
  mode_t mode = self->permissions == -1 ? 0600 : self->permissions;

  if (self->named)
    self->initialized = temp_entry_create_file (self->entry, self->dir, above, self->prefix, self->suffix,
                                                mode, error);
  else
    self->initialized = temp_entry_create_nameless (self->entry, self->dir, mode, error);

  /* Those that somebody asked for before are closed. */
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
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

/* GIOStream closes on dispose; what the close had to leave goes now. */
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

  G_OBJECT_CLASS (temp_file_parent_class)->finalize (object);
}

static void
temp_file_class_init (TempFileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  /* Not construct-only: GObject would set all of their defaults one by one, for each new object. */
  const GParamFlags fixed_once_made = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = temp_file_get_property;
  object_class->set_property = temp_file_set_property;
  object_class->dispose = temp_file_dispose;
  object_class->finalize = temp_file_finalize;

  temp_file_stream_class_init (klass);

  /**
   * TempFile:dir:
   *
   * The directory that the file is made in; %NULL for the default one.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_DIR] =
    g_param_spec_string ("dir", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:prefix:
   *
   * What the name begins with; %NULL for `tmp`. Of no effect on a file without a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PREFIX] =
    g_param_spec_string ("prefix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:suffix:
   *
   * What the name ends in, such as `.txt`; %NULL for nothing. Of no effect on a file without a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_SUFFIX] =
    g_param_spec_string ("suffix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempFile:named:
   *
   * Whether the file is made with a name.
   *
   * Fixed once the file is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_NAMED] =
    g_param_spec_boolean ("named", NULL, NULL, FALSE, fixed_once_made);

  /**
   * TempFile:permissions:
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
   * Whether the file is deleted at all: on close, with the last reference, or at exit.
   *
   * Since: 1.0
   */
  properties[PROP_AUTO_DELETE] =
    g_param_spec_boolean ("auto-delete", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempFile:delete-on-close: (getter get_delete_on_close) (setter set_delete_on_close)
   *
   * Whether closing the stream deletes the file. If not, dropping the last reference does.
   *
   * Since: 1.0
   */
  properties[PROP_DELETE_ON_CLOSE] =
    g_param_spec_boolean ("delete-on-close", NULL, NULL, TRUE,
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

/* For the other files of this class */

/* Notifies only of what a close or a change of the name has changed. */
void
temp_file_notify_closed (TempFile *self,
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

/* Notifies of what persisting it has changed. */
void
temp_file_notify_persisted (TempFile   *self,
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

/* These two do as GInitable does for an object with these properties. But nobody has seen it
 * yet, and to look up properties by their names would be a seventh of all instructions. */

TempFile *
temp_file_make_nameless (const char  *dir,
                         GError     **error)
{
  g_autoptr (TempFile) self = g_object_new (TEMP_TYPE_FILE, NULL);

  self->dir = g_strdup (dir);

  return temp_file_create (self, NULL, error) ? g_steal_pointer (&self) : NULL;
}

/* In the directory of this process's own, if above is not NULL; dir is its path then. */
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

/* Public API */

/**
 * temp_file_get_fd: (get-property fd)
 * @self: a temporary file
 *
 * Gets the descriptor of the open file.
 *
 * It shares its offset with the streams, and it belongs to @self: do not close it.
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
 * A file without a name has none, nor has one that was deleted. Persisting the file changes it. What was
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
 * It is `/proc/PID/fd/N`. It is good for as long as the file is open, and whoever opens it has
 * an offset of their own.
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
  int fd;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  fd = temp_file_get_fd (self);
  return fd >= 0 ? g_strdup_printf ("/proc/%d/fd/%d", (int) getpid (), fd) : NULL;
}

/**
 * temp_file_keep:
 * @self: a temporary file with a name
 * @error: return location for an error
 *
 * Makes the file stay for good, under its name.
 *
 * From now on, [property@Temp.File:auto-delete] is off and remains so. The stream stays open.
 *
 * It returns once a crash, even a power cut, cannot delete the file any more; so it may block for a moment.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` if it has no name, or none any more, or if this process was forked off from the one
 * that made it, and with `G_IO_ERROR_NOT_FOUND` if nothing is under its name.
 *
 * Returns: (transfer full) (type filename): the absolute path of the file, or %NULL if @error is set
 *
 * Since: 1.0
 */
char *
temp_file_keep (TempFile  *self,
                GError   **error)
{
  gboolean had_auto_delete;

  g_return_val_if_fail (TEMP_IS_FILE (self), NULL);

  had_auto_delete = temp_entry_get_auto_delete (self->entry);
  if (!temp_entry_keep (self->entry, error))
    return NULL;

  if (had_auto_delete)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_DELETE]);
  return g_strdup (temp_entry_get_path (self->entry));
}

/**
 * temp_file_delete:
 * @self: a temporary file
 * @cancellable: (nullable): an object to cancel it with
 * @error: return location for an error
 *
 * Deletes the file's name now; the stream stays open.
 *
 * Closing the stream does this, too, but a program that wants to know of an error, or to go on with a file that
 * nobody can open by path any more, calls it first. It is done even if [property@Temp.File:auto-delete] is off, and in a
 * process that was forked off. Calling it again is a no-op, as it is if the file has no name, is already gone, or was kept
 * or persisted.
 *
 * Whatever is under the name goes: nobody could guess it before the file was there, so whoever put another one there
 * meant to replace it. A directory there goes only if it is empty.
 *
 * ```c
 * if (!temp_file_delete (file, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, and with `G_IO_ERROR_CANCELLED`; it can be tried again then.
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
  temp_file_notify_closed (self, had_path, FALSE);
  return deleted;
}

/**
 * temp_file_get_auto_delete: (get-property auto-delete)
 * @self: a temporary file
 *
 * Gets whether the file is deleted at all.
 *
 * Returns: %TRUE if it is deleted on close, with the last reference, or at exit
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
 * @auto_delete: whether it is deleted
 *
 * Sets whether the file is deleted at all.
 *
 * It counts at the moment at which the file would be deleted. After [method@Temp.File.keep] it is of no effect.
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
 * Returns: %TRUE if it does, %FALSE if only dropping the last reference does
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
 * If it does not, the file can be opened by its path until the last reference to @self is dropped.
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
