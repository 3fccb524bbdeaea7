/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-dir.h"

#include "base/error.h"
#include "base/words.h"
#include "entry/entry.h"
#include "persist/persist.h"
#include "task/remove.h"
#include "task/task.h"
#include "temp-file-private.h"
#include "temp-object-private.h"

/**
 * TempDir:
 *
 * A temporary directory, which deletes itself with everything in it.
 *
 * ## Lifetime
 *
 * The directory is deleted when the last reference is dropped, by [method@Temp.Dir.delete], or when the program exits.
 * With [property@Temp.Dir:auto-delete] off, after [method@Temp.Dir.keep], or after [method@Temp.Dir.persist], the
 * directory stays. A forked process deletes the directories of its parent only if it says so, by
 * [method@Temp.Dir.delete].
 *
 * If the program is killed, the next program that uses the library deletes the directory; with [func@Temp.guard_start],
 * a guard deletes it at once.
 *
 * The library logs a debug message if only the end of the object deletes the directory: set
 * `G_MESSAGES_DEBUG=Tempfile-GLib` to see it.
 *
 * Everything in the directory is deleted with it, no matter who put it there. Symbolic links are removed themselves and
 * never followed. The library knows the directory by its name, which nobody could guess before the directory was there.
 * So if somebody puts another directory in its place, that one is deleted, too, unless others can rename in the parent
 * directory. A directory that was renamed belongs to whoever renamed it, and stays.
 *
 * Dropping the last reference blocks until the directory is gone: see [property@Temp.Dir:delete-in-background].
 *
 * While the directory is there, a shared `flock()` lock on it keeps programs that clean up old files, such as
 * `systemd-tmpfiles`, from deleting it. The lock takes a descriptor; once such locks take a quarter of the descriptors
 * that the process may have, the next directories do without.
 *
 * ## Security
 *
 * Only its owner may look into the directory, so that names in it need not be random. Nobody can guess its own name: 16
 * letters of it are a counter and a tag, made with a random key. So the directory is safe in one that others can write
 * to. [method@Temp.Dir.get_fd] gives a descriptor of it for `openat()` and its family.
 *
 * Since: 1.0
 */

struct _TempDir
{
  GObject    parent_instance;

  TempEntry *entry;
  GFile     *file;          /* made when first asked for */
  GFile     *former_file;   /* `file` before the directory was persisted: a caller may still use it */

  char      *dir;
  char      *prefix;
  char      *suffix;
  int        permissions;   /* -1: not set */
  gboolean   ignore_errors;
  gboolean   delete_in_background;
  gboolean   initialized;
  gint       is_persisting; /* atomic */
  gint       is_keeping;    /* atomic */
};

enum
{
  PROP_0,
  PROP_DIR,
  PROP_PREFIX,
  PROP_SUFFIX,
  PROP_PERMISSIONS, /* the last of those that are fixed once the directory is made */
  PROP_AUTO_DELETE,
  PROP_IGNORE_ERRORS,
  PROP_DELETE_IN_BACKGROUND,
  PROP_PATH,
  PROP_FILE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void temp_dir_initable_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TempDir, temp_dir, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, temp_dir_initable_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_INITABLE, NULL))

/* Creation */

static gboolean
temp_dir_create (TempDir     *self,
                 TempEntry   *above,
                 GError     **error)
{
  guint32 mode = self->permissions == -1 ? 0700 : self->permissions;

  self->initialized = temp_entry_create_dir (self->entry, self->dir, above, self->prefix, self->suffix, mode, error);
  return self->initialized;
}

static gboolean
temp_dir_init_sync (GInitable     *initable,
                    GCancellable  *cancellable,
                    GError       **error)
{
  TempDir *self = TEMP_DIR (initable);

  if (self->initialized)
    return TRUE;

  return !g_cancellable_set_error_if_cancelled (cancellable, error) && temp_dir_create (self, NULL, error);
}

static void
temp_dir_initable_init (GInitableIface *iface)
{
  iface->init = temp_dir_init_sync;
}

/* Object */

static void
temp_dir_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  TempDir *self = TEMP_DIR (object);

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
    case PROP_PERMISSIONS:
      g_value_set_int (value, self->permissions);
      break;
    case PROP_AUTO_DELETE:
      g_value_set_boolean (value, temp_dir_get_auto_delete (self));
      break;
    case PROP_IGNORE_ERRORS:
      g_value_set_boolean (value, self->ignore_errors);
      break;
    case PROP_DELETE_IN_BACKGROUND:
      g_value_set_boolean (value, self->delete_in_background);
      break;
    case PROP_PATH:
      g_value_set_string (value, temp_dir_get_path (self));
      break;
    case PROP_FILE:
      g_value_set_object (value, temp_dir_get_file (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
temp_dir_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  TempDir *self = TEMP_DIR (object);
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
    case PROP_PERMISSIONS:
      changed = self->permissions != g_value_get_int (value);
      self->permissions = g_value_get_int (value);
      break;
    case PROP_AUTO_DELETE:
      temp_dir_set_auto_delete (self, g_value_get_boolean (value));
      break;
    case PROP_IGNORE_ERRORS:
      temp_dir_set_ignore_errors (self, g_value_get_boolean (value));
      break;
    case PROP_DELETE_IN_BACKGROUND:
      temp_dir_set_delete_in_background (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
temp_dir_dispose (GObject *object)
{
  TempDir *self = TEMP_DIR (object);
  g_autoptr (GError) error = NULL;

  temp_entry_tell_if_late (self->entry);

  if (temp_dir_get_auto_delete (self) && self->delete_in_background)
    temp_entry_drop_in_background (self->entry, self->ignore_errors);
  else if (temp_dir_get_auto_delete (self) && !temp_entry_drop (self->entry, &error) && !self->ignore_errors)
    g_warning ("%s", error->message);

  G_OBJECT_CLASS (temp_dir_parent_class)->dispose (object);
}

static void
temp_dir_finalize (GObject *object)
{
  TempDir *self = TEMP_DIR (object);

  temp_entry_discard (self->entry);
  g_clear_pointer (&self->entry, temp_entry_unref);
  g_clear_object (&self->file);
  g_clear_object (&self->former_file);
  g_free (self->dir);
  g_free (self->prefix);
  g_free (self->suffix);

  G_OBJECT_CLASS (temp_dir_parent_class)->finalize (object);
}

static void
temp_dir_class_init (TempDirClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  /* Not construct-only: GObject would set the default of each of them for each new object. */
  const GParamFlags fixed_once_made = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = temp_dir_get_property;
  object_class->set_property = temp_dir_set_property;
  object_class->dispose = temp_dir_dispose;
  object_class->finalize = temp_dir_finalize;

  /**
   * TempDir:dir: (getter get_dir)
   *
   * The directory that the new one is made in; %NULL for the default directory.
   *
   * Fixed once the directory is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_DIR] =
    g_param_spec_string ("dir", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempDir:prefix: (getter get_prefix)
   *
   * The start of the name; %NULL for `tmp`.
   *
   * Fixed once the directory is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PREFIX] =
    g_param_spec_string ("prefix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempDir:suffix: (getter get_suffix)
   *
   * The end of the name; %NULL for none.
   *
   * Fixed once the directory is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_SUFFIX] =
    g_param_spec_string ("suffix", NULL, NULL, NULL, fixed_once_made);

  /**
   * TempDir:permissions: (getter get_permissions)
   *
   * The mode that the directory is made with, less the process's umask, as for `mkdir()`; -1 for 0700.
   *
   * If it is not -1, the directory keeps this mode when it is persisted.
   *
   * Fixed once the directory is made: setting it later only logs a critical message.
   *
   * Since: 1.0
   */
  properties[PROP_PERMISSIONS] =
    g_param_spec_int ("permissions", NULL, NULL, -1, 07777, -1, fixed_once_made);

  /**
   * TempDir:auto-delete: (getter get_auto_delete) (setter set_auto_delete)
   *
   * If %TRUE, the directory is deleted with the last reference, or at exit. If %FALSE, it stays.
   *
   * Since: 1.0
   */
  properties[PROP_AUTO_DELETE] =
    g_param_spec_boolean ("auto-delete", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempDir:ignore-errors: (getter get_ignore_errors) (setter set_ignore_errors)
   *
   * If %TRUE, a deletion that cannot remove something in the directory does not fail.
   *
   * Since: 1.0
   */
  properties[PROP_IGNORE_ERRORS] =
    g_param_spec_boolean ("ignore-errors", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempDir:delete-in-background: (getter get_delete_in_background) (setter set_delete_in_background)
   *
   * If %TRUE, dropping the last reference leaves the deletion to a worker thread.
   *
   * If %FALSE, the directory is gone when the last reference is dropped, which blocks for seconds if it holds 100,000
   * files. If %TRUE, exit does not wait for the worker: a sweep deletes the rest. [method@Temp.Dir.delete_async] tells
   * of progress and errors.
   *
   * Since: 1.0
   */
  properties[PROP_DELETE_IN_BACKGROUND] =
    g_param_spec_boolean ("delete-in-background", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * TempDir:path: (getter get_path)
   *
   * The absolute path of the directory.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * TempDir:file: (getter get_file)
   *
   * The directory's path as a [iface@Gio.File].
   *
   * Since: 1.0
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
temp_dir_init (TempDir *self)
{
  self->entry = temp_entry_new ();
  self->permissions = -1;
}

/* Constructors */

/* Makes a directory in `dir`. `above` is the entry of `dir` if this process made it, else NULL. Sets the fields itself:
 * to look properties up by their names, as g_initable_new() does, would be a tenth of all instructions. */
static TempDir *
make_in (const char  *dir,
         TempEntry   *above,
         const char  *prefix,
         const char  *suffix,
         GError     **error)
{
  g_autoptr (TempDir) self = g_object_new (TEMP_TYPE_DIR, NULL);

  self->dir = g_strdup (dir);
  self->prefix = g_strdup (prefix);
  self->suffix = g_strdup (suffix);

  return temp_dir_create (self, above, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * temp_dir_new: (constructor)
 * @dir: (type filename) (nullable): the directory to make the new one in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @error: return location for an error
 *
 * Makes a temporary directory.
 *
 * The name is @prefix, 16 letters and digits that nobody can guess, and @suffix. [class@Temp.Dir] says when the
 * directory is deleted.
 *
 * ```c
 * g_autoptr (TempDir) dir = temp_dir_new (NULL, "unpack-", NULL, &error);
 * g_autoptr (GFile) child = temp_dir_get_child (dir, "index.html");
 * ```
 *
 * Fails with the `G_IO_ERROR` of the system call's error, with `G_IO_ERROR_INVALID_FILENAME` if @prefix or @suffix hold
 * a `/`, and with `G_IO_ERROR_EXISTS` if 100 names in a row were taken.
 *
 * Returns: (transfer full): a new temporary directory, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempDir *
temp_dir_new (const char  *dir,
              const char  *prefix,
              const char  *suffix,
              GError     **error)
{
  return make_in (dir, NULL, prefix, suffix, error);
}

/**
 * temp_dir_new_async:
 * @dir: (type filename) (nullable): the directory to make the new one in, or %NULL for the default directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the directory is made
 * @user_data: data for @callback
 *
 * Makes a temporary directory without blocking.
 *
 * Get the result with [ctor@Temp.Dir.new_finish]. [ctor@Temp.Dir.new] says more. If the operation is cancelled, no
 * directory is left.
 *
 * Since: 1.0
 */
void
temp_dir_new_async (const char          *dir,
                    const char          *prefix,
                    const char          *suffix,
                    int                  io_priority,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (TEMP_TYPE_DIR, io_priority, cancellable, callback, user_data,
                              "dir", dir,
                              "prefix", prefix,
                              "suffix", suffix,
                              NULL);
}

/**
 * temp_dir_new_finish: (constructor)
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [func@Temp.Dir.new_async] began.
 *
 * ```c
 * static void
 * on_made (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (TempDir) dir = temp_dir_new_finish (result, &error);
 *
 *   if (dir == NULL)
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [ctor@Temp.Dir.new] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): a new temporary directory, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempDir *
temp_dir_new_finish (GAsyncResult  *result,
                     GError       **error)
{
  g_autoptr (GObject) source = NULL;
  GObject *object;

  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);

  source = g_async_result_get_source_object (result);
  g_return_val_if_fail (TEMP_IS_DIR (source), NULL);
  object = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, error);
  return object != NULL ? TEMP_DIR (object) : NULL;
}

/* Properties, and other ways to the directory */

/**
 * temp_dir_get_dir: (get-property dir)
 * @self: a temporary directory
 *
 * Gets the directory that the new one was to be made in.
 *
 * Returns: (transfer none) (nullable) (type filename): the path as it was given, or %NULL for the default directory
 *
 * Since: 1.0
 */
const char *
temp_dir_get_dir (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  return self->dir;
}

/**
 * temp_dir_get_prefix: (get-property prefix)
 * @self: a temporary directory
 *
 * Gets the start of the name.
 *
 * Returns: (transfer none) (nullable) (type filename): the prefix as it was given, or %NULL for `tmp`
 *
 * Since: 1.0
 */
const char *
temp_dir_get_prefix (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  return self->prefix;
}

/**
 * temp_dir_get_suffix: (get-property suffix)
 * @self: a temporary directory
 *
 * Gets the end of the name.
 *
 * Returns: (transfer none) (nullable) (type filename): the suffix as it was given, or %NULL for none
 *
 * Since: 1.0
 */
const char *
temp_dir_get_suffix (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  return self->suffix;
}

/**
 * temp_dir_get_permissions: (get-property permissions)
 * @self: a temporary directory
 *
 * Gets the mode that the directory was to be made with.
 *
 * Returns: the mode, or -1 if it was not set
 *
 * Since: 1.0
 */
int
temp_dir_get_permissions (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), -1);

  return self->permissions;
}

/**
 * temp_dir_get_path: (get-property path)
 * @self: a temporary directory
 *
 * Gets the absolute path of the directory.
 *
 * A deleted directory still has the path that it had.
 *
 * Returns: (transfer none) (type filename): the path
 *
 * Since: 1.0
 */
const char *
temp_dir_get_path (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  return temp_entry_get_last_path (self->entry);
}

/**
 * temp_dir_get_file: (get-property file)
 * @self: a temporary directory
 *
 * Gets the directory's path as a [iface@Gio.File].
 *
 * Returns: (transfer none): the directory
 *
 * Since: 1.0
 */
GFile *
temp_dir_get_file (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  if (g_atomic_pointer_get (&self->file) == NULL && self->initialized)
    {
      GFile *made = g_file_new_for_path (temp_dir_get_path (self));

      if (!g_atomic_pointer_compare_and_exchange (&self->file, NULL, made))
        g_object_unref (made); /* another thread has made one meanwhile */
    }
  return g_atomic_pointer_get (&self->file);
}

/* Returns TRUE if the name leads to something in a directory: it is not empty, not absolute, and no part of it is
 * "..". */
static gboolean
is_name_inside (const char *name)
{
  g_auto (GStrv) parts = NULL;

  if (name == NULL || *name == '\0' || g_path_is_absolute (name))
    return FALSE;

  parts = g_strsplit (name, G_DIR_SEPARATOR_S, -1);
  return !g_strv_contains ((const char *const *) parts, "..");
}

/**
 * temp_dir_get_child:
 * @self: a temporary directory
 * @name: (type filename): a name, or a relative path
 *
 * Gets a file in the directory, which need not exist.
 *
 * The name may be neither empty nor absolute, and `..` may be no part of it: nothing but a file in the directory comes
 * out. Check a name that comes from elsewhere, as from an archive: a bad one is a programmer's mistake here.
 *
 * ```c
 * g_autoptr (GFile) settings = temp_dir_get_child (dir, "settings.ini");
 * ```
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GFile *
temp_dir_get_child (TempDir    *self,
                    const char *name)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);
  g_return_val_if_fail (self->initialized, NULL);
  g_return_val_if_fail (is_name_inside (name), NULL);

  return g_file_get_child (temp_dir_get_file (self), name);
}

/**
 * temp_dir_get_fd:
 * @self: a temporary directory
 *
 * Gets a descriptor of the directory, for `openat()` and its family.
 *
 * The descriptor belongs to @self: do not close it. A child process that inherits it keeps the lock on the directory.
 * If the directory has no descriptor, or somebody closed it, this function opens one.
 *
 * Returns: the file descriptor, or -1 once the directory is deleted, or if none can be opened
 *
 * Since: 1.0
 */
int
temp_dir_get_fd (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), -1);

  return temp_entry_open_dir_fd (self->entry);
}

/**
 * temp_dir_get_auto_delete: (get-property auto-delete)
 * @self: a temporary directory
 *
 * Gets whether the directory deletes itself.
 *
 * Returns: %TRUE if the directory is deleted with the last reference, or at exit
 *
 * Since: 1.0
 */
gboolean
temp_dir_get_auto_delete (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);

  return temp_entry_get_auto_delete (self->entry);
}

/**
 * temp_dir_set_auto_delete: (set-property auto-delete)
 * @self: a temporary directory
 * @auto_delete: whether the directory deletes itself
 *
 * Sets whether the directory deletes itself.
 *
 * The library reads this when it is about to delete the directory. Setting it is cheap, and cannot fail: nothing waits
 * for the disk, so that a power cut may undo it. [method@Temp.Dir.keep] makes sure; after that, setting it has no
 * effect.
 *
 * Since: 1.0
 */
void
temp_dir_set_auto_delete (TempDir  *self,
                          gboolean  auto_delete)
{
  g_return_if_fail (TEMP_IS_DIR (self));

  if (temp_entry_set_auto_delete (self->entry, !!auto_delete))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_DELETE]);
}

/**
 * temp_dir_get_ignore_errors: (get-property ignore-errors)
 * @self: a temporary directory
 *
 * Gets whether a deletion ignores errors.
 *
 * Returns: %TRUE if a deletion that cannot remove something in the directory does not fail
 *
 * Since: 1.0
 */
gboolean
temp_dir_get_ignore_errors (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);

  return self->ignore_errors;
}

/**
 * temp_dir_set_ignore_errors: (set-property ignore-errors)
 * @self: a temporary directory
 * @ignore_errors: whether a deletion ignores errors
 *
 * Sets whether a deletion ignores errors.
 *
 * Either way, a deletion removes everything that it can.
 *
 * Since: 1.0
 */
void
temp_dir_set_ignore_errors (TempDir  *self,
                            gboolean  ignore_errors)
{
  g_return_if_fail (TEMP_IS_DIR (self));

  ignore_errors = !!ignore_errors;
  if (self->ignore_errors == ignore_errors)
    return;

  self->ignore_errors = ignore_errors;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IGNORE_ERRORS]);
}

/**
 * temp_dir_get_delete_in_background: (get-property delete-in-background)
 * @self: a temporary directory
 *
 * Gets whether dropping the last reference leaves the deletion to a worker thread.
 *
 * Returns: %TRUE if a worker deletes the directory, %FALSE if dropping the last reference does, before it returns
 *
 * Since: 1.0
 */
gboolean
temp_dir_get_delete_in_background (TempDir *self)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);

  return self->delete_in_background;
}

/**
 * temp_dir_set_delete_in_background: (set-property delete-in-background)
 * @self: a temporary directory
 * @delete_in_background: whether a worker deletes the directory
 *
 * Sets whether dropping the last reference leaves the deletion to a worker thread.
 *
 * Use it for directories that may grow large, in a program with a main loop. If the worker is not done when the program
 * exits, a sweep deletes the rest; where nothing can be written down for a sweep, exit waits for the worker. The worker
 * logs an error as a warning, unless [property@Temp.Dir:ignore-errors] is on.
 *
 * ```c
 * g_autoptr (TempDir) dir = temp_dir_new (NULL, "thumbnails-", NULL, &error);
 *
 * temp_dir_set_delete_in_background (dir, TRUE);
 * ```
 *
 * Since: 1.0
 */
void
temp_dir_set_delete_in_background (TempDir  *self,
                                   gboolean  delete_in_background)
{
  g_return_if_fail (TEMP_IS_DIR (self));

  delete_in_background = !!delete_in_background;
  if (self->delete_in_background == delete_in_background)
    return;

  self->delete_in_background = delete_in_background;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DELETE_IN_BACKGROUND]);
}

/* Making more in it */

/* Sets the error of an operation on a directory that is deleted. */
static void
set_deleted_error (TempDir  *self,
                   GError  **error)
{
  const char *path = temp_entry_get_last_path (self->entry);

  temp_error_set (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("Could not use the temporary directory “%s”: %s"),
                  path != NULL ? path : "", _("it is deleted"));
}

/* Returns the entry to make files and directories in; NULL, with an error, once the directory is deleted. */
static TempEntry *
get_entry (TempDir  *self,
           GError  **error)
{
  if (temp_entry_get_path (self->entry) != NULL)
    return self->entry;

  set_deleted_error (self, error);
  return NULL;
}

/**
 * temp_dir_create_file:
 * @self: a temporary directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @error: return location for an error
 *
 * Makes a temporary file with a name in the directory.
 *
 * The file is made under [property@Temp.Dir:path]: if somebody has renamed the directory, that is
 * `G_IO_ERROR_NOT_FOUND`. The file does not keep the directory: deleting the directory deletes both.
 *
 * Fails as [ctor@Temp.File.new_named] does, and with `G_IO_ERROR_NOT_FOUND` if the directory is deleted.
 *
 * Returns: (transfer full): a new temporary file, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempFile *
temp_dir_create_file (TempDir     *self,
                      const char  *prefix,
                      const char  *suffix,
                      GError     **error)
{
  TempEntry *above;

  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  above = get_entry (self, error);
  return above != NULL ? temp_file_make_named (temp_dir_get_path (self), above, prefix, suffix, error) : NULL;
}

/**
 * temp_dir_create_dir:
 * @self: a temporary directory
 * @prefix: (type filename) (nullable): the start of the name, or %NULL for `tmp`
 * @suffix: (type filename) (nullable): the end of the name, or %NULL for none
 * @error: return location for an error
 *
 * Makes a temporary directory in the directory.
 *
 * The new directory is made under [property@Temp.Dir:path]: if somebody has renamed @self, that is
 * `G_IO_ERROR_NOT_FOUND`. The new directory does not keep @self: deleting @self deletes both.
 *
 * Fails as [ctor@Temp.Dir.new] does, and with `G_IO_ERROR_NOT_FOUND` if @self is deleted.
 *
 * Returns: (transfer full): a new temporary directory, or %NULL if @error is set
 *
 * Since: 1.0
 */
TempDir *
temp_dir_create_dir (TempDir     *self,
                     const char  *prefix,
                     const char  *suffix,
                     GError     **error)
{
  TempEntry *above;

  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  above = get_entry (self, error);
  return above != NULL ? make_in (temp_dir_get_path (self), above, prefix, suffix, error) : NULL;
}

/* Persisting, keeping, deleting */

typedef struct
{
  GFile            *destination;
  TempPersistFlags  flags;

  /* From persist_begin() to persist_end(). */
  const char       *old_path;
  gboolean          had_auto_delete;
} Persist;

static void
persist_free (gpointer data)
{
  Persist *persist = data;

  g_object_unref (persist->destination);
  g_free (persist);
}

/* Notifies of the properties that persisting has changed. */
static void
notify_persisted (TempDir    *self,
                  const char *old_path,
                  gboolean    had_auto_delete)
{
  if (temp_dir_get_path (self) != old_path)
    {
      g_set_object (&self->former_file, self->file);
      g_clear_object (&self->file);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILE]);
    }
  if (had_auto_delete != temp_dir_get_auto_delete (self))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_DELETE]);
}

static gboolean
persist_begin (gpointer   source,
               gpointer   data,
               GError   **error)
{
  TempDir *self = source;
  Persist *persist = data;

  if (!g_atomic_int_compare_and_exchange (&self->is_persisting, FALSE, TRUE))
    {
      g_autofree char *shown = g_file_get_parse_name (persist->destination);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_PENDING, _("Could not save “%s”: another operation has not ended"),
                   shown);
      return FALSE;
    }

  persist->old_path = temp_dir_get_path (self);
  persist->had_auto_delete = temp_dir_get_auto_delete (self);
  return TRUE;
}

static void
persist_end (gpointer source,
             gpointer data)
{
  TempDir *self = source;
  Persist *persist = data;

  g_atomic_int_set (&self->is_persisting, FALSE);
  notify_persisted (self, persist->old_path, persist->had_auto_delete);
}

static gboolean
persist_run (gpointer       source,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  TempDir *self = source;
  Persist *persist = data;

  const TempPersist job = {
    .destination = persist->destination,
    .flags = persist->flags,
    .with_mode = self->permissions == -1,
  };

  if (temp_dir_get_fd (self) < 0)
    {
      set_deleted_error (self, error);
      return FALSE;
    }

  return temp_persist_entry (self->entry, &job, cancellable, error);
}

static const TempTaskSteps persist_steps = { persist_begin, persist_run, persist_end };

/**
 * temp_dir_persist:
 * @self: a temporary directory
 * @destination: the place where the directory is to stay
 * @flags: how to persist the directory
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Moves the directory, with everything in it, to @destination, where it stays for good.
 *
 * At every moment, @destination is either as it was before or the whole new directory. With %TEMP_PERSIST_REPLACE, the
 * new directory replaces one that is there, which is then removed with everything in it.
 *
 * The mode, owner, group, access control lists and extended attributes of a replaced directory are preserved. If the
 * user may not give the new directory the group of the old one, the group and others get only what both had. A new
 * directory is as `mkdir` makes one there: with the mode, the group, the set-group-ID bit and the access control
 * lists that the umask and the directory above give it. A mode set by [property@Temp.Dir:permissions] stays.
 * Everything in the directory stays as it is.
 *
 * With %TEMP_PERSIST_DURABLE, all of the directory is on the disk before it moves: persisting takes as long as a sync
 * of its filesystem takes. With %TEMP_PERSIST_COPY, @destination may be on another filesystem: then all of the
 * directory is copied. %TEMP_PERSIST_IN_PLACE is for files alone, and changes nothing here.
 *
 * Afterwards, [property@Temp.Dir:path] and [property@Temp.Dir:file] are those of @destination, and nothing deletes the
 * directory. It cannot be persisted again. Objects for files and directories that were made in it still delete them,
 * but the paths of these objects are the old ones.
 *
 * ```c
 * g_autoptr (GFile) installed = g_file_new_build_filename (g_get_user_data_dir (), "myapp", "themes", NULL);
 *
 * if (!unpack_into (temp_dir_get_file (dir), &error) ||
 *     !temp_dir_persist (dir, installed, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY, NULL, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * Fails with
 *
 * - `G_IO_ERROR_EXISTS` if something is at @destination, and %TEMP_PERSIST_REPLACE is not set
 * - `G_IO_ERROR_PERMISSION_DENIED` if the user may not write the directory at @destination, or the one above it, or
 *   if the new directory would have another owner
 * - `G_IO_ERROR_BUSY` if @destination is a mount point
 * - `G_IO_ERROR_NOT_SUPPORTED` if @destination is on another filesystem, and %TEMP_PERSIST_COPY is not set; if
 *   @destination has no local path; or if a directory there has something in it, and its filesystem cannot replace it
 *   in one step
 * - `G_IO_ERROR_NOT_DIRECTORY` if @destination is to be replaced, and is no directory
 * - `G_IO_ERROR_NOT_FOUND` if the temporary directory is deleted, or somebody has renamed or replaced it
 * - `G_IO_ERROR_FAILED` if the temporary directory was kept or persisted already
 * - `G_IO_ERROR_PENDING` if it is being persisted already
 * - `G_IO_ERROR_CANCELLED`, and the `G_IO_ERROR` of the system call's error otherwise; the message names @destination
 *
 * On error, neither @destination nor the temporary directory has changed. Only three steps can fail later, when
 * @destination is complete: syncing its parent directory; removing the directory that was replaced, or the one that was
 * copied; and, if the temporary directory already had the name of @destination, making sure that no crash deletes it.
 * After such an error [property@Temp.Dir:path] is that of @destination.
 *
 * Returns: %TRUE if the directory is at @destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_persist (TempDir           *self,
                  GFile             *destination,
                  TempPersistFlags   flags,
                  GCancellable      *cancellable,
                  GError           **error)
{
  Persist persist = { .destination = destination, .flags = flags };

  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return temp_task_run (&persist_steps, self, &persist, cancellable, error);
}

/**
 * temp_dir_persist_async:
 * @self: a temporary directory
 * @destination: the place where the directory is to stay
 * @flags: how to persist the directory
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Moves the directory to @destination, where it stays for good, without blocking.
 *
 * Get the result with [method@Temp.Dir.persist_finish]. [method@Temp.Dir.persist] says more. Persisting the directory a
 * second time meanwhile fails with `G_IO_ERROR_PENDING`. If the operation is cancelled in time, nothing has changed.
 *
 * Since: 1.0
 */
void
temp_dir_persist_async (TempDir             *self,
                        GFile               *destination,
                        TempPersistFlags     flags,
                        int                  io_priority,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  Persist *persist;

  g_return_if_fail (TEMP_IS_DIR (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  persist = g_new0 (Persist, 1);
  persist->destination = g_object_ref (destination);
  persist->flags = flags;
  temp_task_run_async (&persist_steps, self, persist, persist_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_dir_persist_finish:
 * @self: a temporary directory
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.Dir.persist_async] began.
 *
 * Fails as [method@Temp.Dir.persist] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the directory is at its destination, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_persist_finish (TempDir       *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct
{
  gboolean had_auto_delete;
} Keep;

static gboolean
keep_begin (gpointer   source,
            gpointer   data,
            GError   **error)
{
  TempDir *self = source;
  Keep *keep = data;

  if (g_atomic_int_get (&self->is_persisting) || !g_atomic_int_compare_and_exchange (&self->is_keeping, FALSE, TRUE))
    {
      temp_entry_set_cause (self->entry, error, G_IO_ERROR_PENDING, _("another operation on it has not ended"),
                            TEMP_ACTION_KEEP);
      return FALSE;
    }

  keep->had_auto_delete = temp_dir_get_auto_delete (self);
  return TRUE;
}

static gboolean
keep_run (gpointer       source,
          gpointer       data,
          GCancellable  *cancellable,
          GError       **error)
{
  TempEntry *entry;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  entry = get_entry (source, error);
  return entry != NULL && temp_entry_keep (entry, error);
}

static void
keep_end (gpointer source,
          gpointer data)
{
  Keep *keep = data;

  g_atomic_int_set (&TEMP_DIR (source)->is_keeping, FALSE);
  if (keep->had_auto_delete != temp_dir_get_auto_delete (source))
    g_object_notify_by_pspec (source, properties[PROP_AUTO_DELETE]);
}

static const TempTaskSteps keep_steps = { keep_begin, keep_run, keep_end };

/**
 * temp_dir_keep:
 * @self: a temporary directory
 * @error: return location for an error
 *
 * Makes the directory stay for good, under its name.
 *
 * From now on, [property@Temp.Dir:auto-delete] is off and remains so.
 *
 * Once this function has returned, no crash, not even a power cut, can make the library delete the directory; so it may
 * block for a moment.
 *
 * ```c
 * g_autofree char *path = temp_dir_keep (dir, &error);
 * ```
 *
 * Fails with `G_IO_ERROR_NOT_FOUND` if the directory is deleted, or nothing is under its name, with
 * `G_IO_ERROR_NOT_SUPPORTED` if this process was forked from the one that made the directory, and with
 * `G_IO_ERROR_PENDING` while the directory is being kept or persisted.
 *
 * Returns: (transfer full) (type filename): the absolute path of the directory, or %NULL if @error is set
 *
 * Since: 1.0
 */
char *
temp_dir_keep (TempDir  *self,
               GError  **error)
{
  Keep keep;

  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);

  return temp_task_run (&keep_steps, self, &keep, NULL, error) ? g_strdup (temp_dir_get_path (self)) : NULL;
}

/**
 * temp_dir_keep_async:
 * @self: a temporary directory
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Makes the directory stay for good, under its name, without blocking.
 *
 * Get the result with [method@Temp.Dir.keep_finish]. [method@Temp.Dir.keep] says more. If the operation is cancelled,
 * the directory is still deleted at its time.
 *
 * Since: 1.0
 */
void
temp_dir_keep_async (TempDir             *self,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (TEMP_IS_DIR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  temp_task_run_async (&keep_steps, self, g_new (Keep, 1), g_free, io_priority, cancellable, callback, user_data);
}

/**
 * temp_dir_keep_finish:
 * @self: a temporary directory
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.Dir.keep_async] began.
 *
 * Fails as [method@Temp.Dir.keep] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full) (type filename): the absolute path of the directory, or %NULL if @error is set
 *
 * Since: 1.0
 */
char *
temp_dir_keep_finish (TempDir       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), NULL);
  g_return_val_if_fail (temp_task_is_valid (result, &keep_steps, self), NULL);

  return g_task_propagate_boolean (G_TASK (result), error) ? g_strdup (temp_dir_get_path (self)) : NULL;
}

static gboolean
delete_with_progress (TempDir             *self,
                      TempRemoveProgress  *progress,
                      GCancellable        *cancellable,
                      GError             **error)
{
  g_autoptr (GError) local_error = NULL;

  if (temp_entry_delete (self->entry, progress, cancellable, &local_error))
    return TRUE;
  if (self->ignore_errors && !g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/**
 * temp_dir_delete:
 * @self: a temporary directory
 * @cancellable: (nullable): an object that cancels the operation
 * @error: return location for an error
 *
 * Deletes the directory, with everything in it, now.
 *
 * Calling it again is a no-op, as it is if the directory is already gone. It works even if
 * [property@Temp.Dir:auto-delete] is off, but not after [method@Temp.Dir.keep].
 *
 * If something cannot be removed, the rest is removed nevertheless, and the first error is returned, with the number of
 * such errors; with [property@Temp.Dir:ignore-errors] on, no error is returned. The call can be repeated.
 *
 * Returns: %TRUE if the directory is gone, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_delete (TempDir       *self,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  return delete_with_progress (self, NULL, cancellable, error);
}

/* Its address is the source tag of the tasks that delete. */
static char delete_task;

static gboolean
delete_in_thread (GObject             *source,
                  gpointer             data,
                  TempRemoveProgress  *progress,
                  GCancellable        *cancellable,
                  GError             **error)
{
  return delete_with_progress (TEMP_DIR (source), progress, cancellable, error);
}

/**
 * temp_dir_delete_async:
 * @self: a temporary directory
 * @io_priority: the I/O priority of the request, such as %G_PRIORITY_DEFAULT
 * @cancellable: (nullable): an object that cancels the operation
 * @progress: (scope notified) (closure progress_data) (destroy progress_destroy) (nullable): called at most ten times a
 *   second, and once at the end, in the main context of the caller
 * @progress_data: data for @progress
 * @progress_destroy: (nullable): frees @progress_data
 * @callback: (scope async) (closure user_data): called when the operation ends
 * @user_data: data for @callback
 *
 * Deletes the directory, with everything in it, without blocking.
 *
 * Get the result with [method@Temp.Dir.delete_finish]. [method@Temp.Dir.delete] says more. If the operation is
 * cancelled, the rest of the directory stays whole; dropping the object deletes it, if nothing has before.
 *
 * Since: 1.0
 */
void
temp_dir_delete_async (TempDir              *self,
                       int                   io_priority,
                       GCancellable         *cancellable,
                       TempProgressCallback  progress,
                       gpointer              progress_data,
                       GDestroyNotify        progress_destroy,
                       GAsyncReadyCallback   callback,
                       gpointer              user_data)
{
  GTask *task;

  g_return_if_fail (TEMP_IS_DIR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, &delete_task);
  g_task_set_priority (task, io_priority);
  temp_remove_task_run (task, delete_in_thread, NULL, progress, progress_data, progress_destroy);
}

/**
 * temp_dir_delete_finish:
 * @self: a temporary directory
 * @result: the result that the callback got
 * @error: return location for an error
 *
 * Finishes an operation that [method@Temp.Dir.delete_async] began.
 *
 * ```c
 * static void
 * on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!temp_dir_delete_finish (TEMP_DIR (source), result, &error))
 *     g_warning ("%s", error->message);
 * }
 * ```
 *
 * Fails as [method@Temp.Dir.delete] does, and with `G_IO_ERROR_CANCELLED`.
 *
 * Returns: %TRUE if the directory is gone, %FALSE if @error is set
 *
 * Since: 1.0
 */
gboolean
temp_dir_delete_finish (TempDir       *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (TEMP_IS_DIR (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, &delete_task), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
