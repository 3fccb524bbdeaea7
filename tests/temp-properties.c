/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "tempfile-glib.h"

#include <sys/stat.h>

#include "test-support.h"

/* The properties of the three classes */

typedef struct
{
  const char *name;
  GType     (*get_type) (void);
  const char *fixed[7]; /* the properties that are fixed once the file or directory is made */
} Class;

static const Class classes[] = {
  { "file", temp_file_get_type, { "dir", "prefix", "suffix", "named", "permissions", NULL } },
  { "dir", temp_dir_get_type, { "dir", "prefix", "suffix", "permissions", NULL } },
  { "spooled-file", temp_spooled_file_get_type, { "max-size", "dir", "prefix", "suffix", NULL } },
};

/* Returns the value that the tests give the property: no default. */
static void
init_value (GValue     *value,
            GParamSpec *pspec)
{
  g_value_init (value, pspec->value_type);
  if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, !G_PARAM_SPEC_BOOLEAN (pspec)->default_value);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, 0704);
  else if (G_VALUE_HOLDS_UINT64 (value))
    g_value_set_uint64 (value, 3);
  else
    g_value_set_string (value, g_str_equal (pspec->name, "dir") ? test_dir () : pspec->name);
}

static void
set_fixed (gpointer     object,
           const Class *class)
{
  for (const char *const *name = class->fixed; *name != NULL; name++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), *name);
      g_auto (GValue) value = G_VALUE_INIT;

      init_value (&value, pspec);
      g_object_set_property (object, *name, &value);
    }
}

static void
assert_set (gpointer     object,
            const Class *class)
{
  for (const char *const *name = class->fixed; *name != NULL; name++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), *name);
      g_auto (GValue) expected = G_VALUE_INIT;
      g_auto (GValue) actual = G_VALUE_INIT;

      init_value (&expected, pspec);
      g_object_get_property (object, *name, &actual);
      g_assert_cmpint (g_param_values_cmp (pspec, &expected, &actual), ==, 0);
    }
}

/* The getters return these strings, and this mode. */
static void
assert_gets (gpointer    object,
             const char *where,
             const char *prefix,
             const char *suffix,
             int         permissions)
{
  if (TEMP_IS_FILE (object))
    {
      g_assert_cmpstr (temp_file_get_dir (object), ==, where);
      g_assert_cmpstr (temp_file_get_prefix (object), ==, prefix);
      g_assert_cmpstr (temp_file_get_suffix (object), ==, suffix);
      g_assert_cmpint (temp_file_get_permissions (object), ==, permissions);
    }
  else if (TEMP_IS_DIR (object))
    {
      g_assert_cmpstr (temp_dir_get_dir (object), ==, where);
      g_assert_cmpstr (temp_dir_get_prefix (object), ==, prefix);
      g_assert_cmpstr (temp_dir_get_suffix (object), ==, suffix);
      g_assert_cmpint (temp_dir_get_permissions (object), ==, permissions);
    }
  else
    {
      g_assert_cmpstr (temp_spooled_file_get_dir (object), ==, where);
      g_assert_cmpstr (temp_spooled_file_get_prefix (object), ==, prefix);
      g_assert_cmpstr (temp_spooled_file_get_suffix (object), ==, suffix);
    }
}

static void
assert_fixed (gpointer     object,
              const Class *class)
{
  for (const char *const *name = class->fixed; *name != NULL; name++)
    test_assert_fixed (object, *name);
}

static gboolean
make (gpointer   object,
      GError   **error)
{
  return G_IS_INITABLE (object) ? g_initable_init (object, NULL, error) : temp_spooled_file_roll (object, NULL, error);
}

static char *
get_path (gpointer object)
{
  g_autoptr (TempFile) file = NULL;
  char *path;

  if (TEMP_IS_SPOOLED_FILE (object))
    {
      file = temp_spooled_file_steal_file (object, NULL, NULL);
      object = file;
    }

  g_object_get (object, "path", &path, NULL);
  return path;
}

/* The properties can be set until the file or directory is made, even after an attempt that failed. */
static void
test_settable_until_made (gconstpointer data)
{
  const Class *class = data;
  g_autofree char *missing = test_path ("missing");
  g_autoptr (GObject) object = g_object_new (class->get_type (), "dir", missing, NULL);
  g_autoptr (GHashTable) counts = test_count_notifications (object);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *base = NULL;

  g_assert_false (make (object, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  set_fixed (object, class);
  set_fixed (object, class);
  for (const char *const *name = class->fixed; *name != NULL; name++)
    test_assert_notified (counts, *name, 1);

  umask (022);
  g_assert_true (make (object, &error));
  g_assert_no_error (error);
  assert_set (object, class);
  assert_gets (object, test_dir (), "prefix", "suffix", 0704);
  assert_fixed (object, class);
  if (G_IS_INITABLE (object))
    {
      g_autofree char *made = get_path (object);

      test_assert_mode (made, (TEMP_IS_DIR (object) ? S_IFDIR : S_IFREG) | 0704);
    }

  path = get_path (object);
  dir = g_path_get_dirname (path);
  base = g_path_get_basename (path);
  g_assert_cmpstr (dir, ==, test_dir ());
  g_assert_true (g_str_has_prefix (base, "prefix"));
  g_assert_true (g_str_has_suffix (base, "suffix"));
  assert_fixed (object, class);
}

/* The properties of a file or directory that a constructor has made are fixed, even after its end. */
static void
test_fixed_once_made (void)
{
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), NULL);
  g_autoptr (TempFile) named = temp_file_new_named (test_dir (), NULL, NULL, NULL);
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, NULL);

  assert_fixed (nameless, &classes[0]);
  assert_fixed (named, &classes[0]);
  assert_fixed (dir, &classes[1]);

  g_assert_true (g_io_stream_close (G_IO_STREAM (named), NULL, NULL));
  g_assert_true (temp_dir_delete (dir, NULL, NULL));
  assert_fixed (named, &classes[0]);
  assert_fixed (dir, &classes[1]);
}

static void
assert_made_with (gpointer    object,
                  const char *where,
                  const char *prefix,
                  const char *suffix)
{
  g_autofree char *actual_where = NULL, *actual_prefix = NULL, *actual_suffix = NULL;
  int permissions;

  g_object_get (object, "dir", &actual_where, "prefix", &actual_prefix, "suffix", &actual_suffix,
                "permissions", &permissions, NULL);
  g_assert_cmpstr (actual_where, ==, where);
  g_assert_cmpstr (actual_prefix, ==, prefix);
  g_assert_cmpstr (actual_suffix, ==, suffix);
  g_assert_cmpint (permissions, ==, -1);
  assert_gets (object, where, prefix, suffix, -1);
}

static void
assert_named (TempFile *file,
              gboolean  named)
{
  gboolean actual;

  g_object_get (file, "named", &actual, NULL);
  g_assert_cmpint (actual, ==, named);
  g_assert_cmpint (temp_file_get_named (file), ==, named);
}

static void
test_from_constructors (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) plain_file = temp_file_new (NULL, &error);
  g_autoptr (TempFile) nameless = temp_file_new (test_dir (), &error);
  g_autoptr (TempFile) named = temp_file_new_named (test_dir (), "p", "s", &error);
  g_autoptr (TempDir) plain_dir = temp_dir_new (NULL, NULL, NULL, &error);
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), "p", "s", &error);
  g_autoptr (TempFile) child_file = temp_dir_create_file (dir, "q", NULL, &error);
  g_autoptr (TempDir) child_dir = temp_dir_create_dir (dir, NULL, "t", &error);
  g_autoptr (TempSpooledFile) spooled = temp_spooled_file_new (9);
  guint64 max_size;

  g_assert_no_error (error);
  assert_made_with (plain_file, NULL, NULL, NULL);
  assert_made_with (nameless, test_dir (), NULL, NULL);
  assert_made_with (named, test_dir (), "p", "s");
  assert_made_with (plain_dir, NULL, NULL, NULL);
  assert_made_with (dir, test_dir (), "p", "s");
  assert_made_with (child_file, temp_dir_get_path (dir), "q", NULL);
  assert_made_with (child_dir, temp_dir_get_path (dir), NULL, "t");
  assert_named (plain_file, FALSE);
  assert_named (nameless, FALSE);
  assert_named (named, TRUE);
  assert_named (child_file, TRUE);

  g_object_get (spooled, "max-size", &max_size, NULL);
  g_assert_cmpuint (max_size, ==, 9);
  g_assert_cmpuint (temp_spooled_file_get_max_size (spooled), ==, 9);
}

/* Properties of a file agree with its getters. A second init does nothing. */
static void
test_file_getters (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempFile) file = g_initable_new (TEMP_TYPE_FILE, NULL, &error, "dir", test_dir (), "named", TRUE,
                                              "auto-delete", TRUE, "delete-on-close", FALSE, NULL);
  g_autoptr (GFile) as_file = NULL;
  g_autofree char *path = NULL;
  gboolean auto_delete, delete_on_close;
  int fd;

  g_assert_no_error (error);
  g_object_get (file, "auto-delete", &auto_delete, "delete-on-close", &delete_on_close, "path", &path,
                "file", &as_file, "fd", &fd, NULL);
  g_assert_true (auto_delete);
  g_assert_true (temp_file_get_auto_delete (file));
  g_assert_false (delete_on_close);
  g_assert_false (temp_file_get_delete_on_close (file));
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
  g_assert_true (as_file == temp_file_get_file (file));
  g_assert_cmpint (fd, ==, temp_file_get_fd (file));

  g_assert_true (g_initable_init (G_INITABLE (file), NULL, &error));
  g_assert_cmpstr (path, ==, temp_file_get_path (file));
}

static void
test_dir_getters (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = g_initable_new (TEMP_TYPE_DIR, NULL, &error, "dir", test_dir (), "ignore-errors", TRUE,
                                            NULL);
  g_autoptr (GFile) as_file = NULL;
  g_autofree char *path = NULL;
  gboolean auto_delete, ignore_errors, delete_in_background;

  g_assert_no_error (error);
  g_object_get (dir, "auto-delete", &auto_delete, "ignore-errors", &ignore_errors,
                "delete-in-background", &delete_in_background, "path", &path, "file", &as_file, NULL);
  g_assert_true (auto_delete);
  g_assert_true (temp_dir_get_auto_delete (dir));
  g_assert_true (ignore_errors);
  g_assert_true (temp_dir_get_ignore_errors (dir));
  g_assert_false (delete_in_background);
  g_assert_false (temp_dir_get_delete_in_background (dir));
  g_assert_cmpstr (path, ==, temp_dir_get_path (dir));
  g_assert_true (as_file == temp_dir_get_file (dir));

  g_assert_true (g_initable_init (G_INITABLE (dir), NULL, &error));
  g_assert_cmpstr (path, ==, temp_dir_get_path (dir));
}

static void
test_spooled_getters (void)
{
  g_autoptr (TempSpooledFile) file = g_object_new (TEMP_TYPE_SPOOLED_FILE, "max-size", (guint64) 7, NULL);
  gboolean rolled = TRUE;
  guint64 max_size;

  g_object_get (file, "max-size", &max_size, "rolled", &rolled, NULL);
  g_assert_cmpuint (max_size, ==, 7);
  g_assert_cmpuint (temp_spooled_file_get_max_size (file), ==, 7);
  g_assert_false (rolled);
  g_assert_false (temp_spooled_file_get_rolled (file));
}

/* -1 is the default, and 0 a mode like any other. A mode that shuts out its owner is that of the finished directory. */
static void
test_permissions (gconstpointer data)
{
  const Class *class = data;
  const gboolean is_dir = class->get_type () == TEMP_TYPE_DIR;
  const int permissions[] = { -1, 0600, 0, 0300, 0644, 0755 };

  umask (022);
  for (gsize i = 0; i < G_N_ELEMENTS (permissions); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GObject) object = g_object_new (class->get_type (), "dir", test_dir (),
                                                 "permissions", permissions[i], NULL);
      g_autofree char *path = NULL;
      mode_t expected = permissions[i] != -1 ? (mode_t) permissions[i] : is_dir ? 0700 : 0600;
      int actual;

      if (!is_dir)
        g_object_set (object, "named", TRUE, NULL);
      g_assert_true (make (object, &error));
      g_assert_no_error (error);
      path = get_path (object);
      test_assert_mode (path, (is_dir ? S_IFDIR : S_IFREG) | expected);
      g_object_get (object, "permissions", &actual, NULL);
      g_assert_cmpint (actual, ==, permissions[i]);
      assert_gets (object, test_dir (), NULL, NULL, permissions[i]);
    }
}

static void
add (const char    *promise,
     const Class   *class,
     GTestDataFunc  function)
{
  g_autofree char *path = g_strdup_printf ("/properties/%s/%s", class->name, promise);

  g_test_add_data_func (path, class, function);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    add ("settable-until-made", &classes[i], test_settable_until_made);
  g_test_add_func ("/properties/fixed-once-made", test_fixed_once_made);
  g_test_add_func ("/properties/tell-what-the-constructor-got", test_from_constructors);
  g_test_add_func ("/properties/file/agree-with-getters", test_file_getters);
  g_test_add_func ("/properties/dir/agree-with-getters", test_dir_getters);
  g_test_add_func ("/properties/spooled-file/agree-with-getters", test_spooled_getters);
  for (gsize i = 0; i < 2; i++)
    add ("permissions-are-the-mode", &classes[i], test_permissions);

  return g_test_run ();
}
