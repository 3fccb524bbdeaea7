/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <glib/gstdio.h>

#include "test-support.h"

/* The lifetime of files and directories: what both classes promise */

typedef struct
{
  const char *name;
  GType     (*get_type) (void);
  gpointer  (*make)     (void);
  gboolean  (*delete)   (gpointer       object,
                         GCancellable  *cancellable,
                         GError       **error);
  char     *(*keep)     (gpointer       object,
                         GError       **error);
} Class;

static gpointer
make_file (void)
{
  return test_temp_file ();
}

static gboolean
delete_file (gpointer       object,
             GCancellable  *cancellable,
             GError       **error)
{
  return temp_file_delete (object, cancellable, error);
}

static char *
keep_file (gpointer   object,
           GError   **error)
{
  return temp_file_keep (object, error);
}

/* Makes a directory with a file in it, in a directory in it. */
static gpointer
make_dir (void)
{
  TempDir *dir = test_temp_dir ();
  g_autofree char *sub = g_build_filename (temp_dir_get_path (dir), "sub", NULL);
  g_autofree char *file = g_build_filename (sub, "file", NULL);

  g_assert_no_errno (g_mkdir (sub, 0700));
  test_write (file, "x");
  return dir;
}

static gboolean
delete_dir (gpointer       object,
            GCancellable  *cancellable,
            GError       **error)
{
  return temp_dir_delete (object, cancellable, error);
}

static char *
keep_dir (gpointer   object,
          GError   **error)
{
  return temp_dir_keep (object, error);
}

static const Class classes[] = {
  { "file", temp_file_get_type, make_file, delete_file, keep_file },
  { "dir", temp_dir_get_type, make_dir, delete_dir, keep_dir },
};

static char *
dup_path (gpointer object)
{
  char *path;

  g_object_get (object, "path", &path, NULL);
  return path;
}

static gboolean
is_auto_deleted (gpointer object)
{
  gboolean auto_delete;

  g_object_get (object, "auto-delete", &auto_delete, NULL);
  return auto_delete;
}

static void
test_last_reference (gconstpointer data)
{
  const Class *class = data;
  const guint n_fds = test_count_fds ();
  gpointer object = class->make ();
  g_autofree char *path = dup_path (object);

  test_assert_exists (path, TRUE);
  g_object_unref (object);
  test_assert_exists (path, FALSE);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_disposed_twice (gconstpointer data)
{
  const Class *class = data;
  gpointer object = class->make ();
  g_autofree char *path = dup_path (object);

  for (guint i = 0; i < 2; i++)
    {
      g_object_run_dispose (object);
      test_assert_exists (path, FALSE);
      if (TEMP_IS_FILE (object))
        g_assert_cmpint (temp_file_get_fd (object), ==, -1);
    }
  g_object_unref (object);
}

static void
test_auto_delete_off (gconstpointer data)
{
  const Class *class = data;
  gpointer object = class->make ();
  g_autofree char *path = dup_path (object);

  g_object_set (object, "auto-delete", FALSE, NULL);
  g_object_unref (object);
  test_assert_exists (path, TRUE);
}

/* Neither the object nor an explicit deletion deletes it any more. */
static void
test_keep (gconstpointer data)
{
  const Class *class = data;
  g_autoptr (GObject) object = class->make ();
  g_autoptr (GHashTable) counts = test_count_notifications (object);
  g_autofree char *path = class->keep (object, NULL);
  g_autofree char *again = class->keep (object, NULL);
  g_autofree char *expected = dup_path (object);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (path, ==, expected);
  g_assert_cmpstr (again, ==, expected);
  g_assert_false (is_auto_deleted (object));
  test_assert_notified (counts, "auto-delete", 1);
  g_object_set (object, "auto-delete", TRUE, NULL);
  g_assert_false (is_auto_deleted (object));

  g_assert_true (class->delete (object, NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&object);
  test_assert_exists (path, TRUE);
}

static void
begin_keep (gpointer       object,
            GCancellable  *cancellable,
            GAsyncResult **result)
{
  if (TEMP_IS_FILE (object))
    temp_file_keep_async (object, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
  else
    temp_dir_keep_async (object, G_PRIORITY_DEFAULT, cancellable, test_keep_result, result);
}

static char *
end_keep (gpointer       object,
          GAsyncResult **result,
          GError       **error)
{
  char *path;

  test_wait_result (result);
  path = TEMP_IS_FILE (object) ? temp_file_keep_finish (object, *result, error)
                               : temp_dir_keep_finish (object, *result, error);
  g_clear_object (result);
  return path;
}

/* Nothing else about the whole object begins meanwhile. */
static void
test_keep_async (gconstpointer data)
{
  const Class *class = data;
  g_autoptr (GObject) object = class->make ();
  g_autoptr (GHashTable) counts = test_count_notifications (object);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *expected = dup_path (object);

  begin_keep (object, NULL, &result);
  g_assert_null (class->keep (object, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);
  begin_keep (object, NULL, &second);
  g_assert_null (end_keep (object, &second, &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  path = end_keep (object, &result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, expected);
  test_assert_notified (counts, "auto-delete", 1);
  g_clear_object (&object);
  test_assert_exists (path, TRUE);
}

/* The object is as it was, and not busy. */
static void
test_keep_cancelled (gconstpointer data)
{
  const Class *class = data;
  g_autoptr (GObject) object = class->make ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GHashTable) counts = test_count_notifications (object);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = dup_path (object);
  g_autofree char *kept = NULL;

  g_cancellable_cancel (cancellable);
  begin_keep (object, cancellable, &result);
  g_assert_null (end_keep (object, &result, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_true (is_auto_deleted (object));
  test_assert_notified (counts, "auto-delete", 0);

  g_assert_true (class->delete (object, NULL, NULL));
  begin_keep (object, NULL, &result);
  g_assert_null (end_keep (object, &result, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  g_clear_object (&object);
  test_assert_exists (path, FALSE);
  object = class->make ();
  begin_keep (object, NULL, &result);
  kept = end_keep (object, &result, &error);
  g_assert_no_error (error);
  test_assert_exists (kept, TRUE);
}

/* An object that was never made, because its init failed or nobody called it, is dropped without harm. */
static void
test_never_made (gconstpointer data)
{
  const Class *class = data;
  g_autofree char *missing = test_path ("missing");
  g_autoptr (GObject) failed = g_object_new (class->get_type (), "dir", missing, "prefix", "p", NULL);
  g_autoptr (GObject) untouched = g_object_new (class->get_type (), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (g_initable_init (G_INITABLE (failed), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  for (guint i = 0; i < 2; i++)
    {
      GFile *file;
      g_autofree char *path = NULL;

      g_object_get (i == 0 ? failed : untouched, "path", &path, "file", &file, NULL);
      g_assert_null (file);
      if (i == 1)
        g_assert_null (path);
    }
}

/* The library logs a debug message for the object that nobody ended, and for no other. */
static void
test_told (gconstpointer data)
{
  const Class *class = data;
  GObject *deleted = class->make ();
  GObject *kept = class->make ();
  GObject *dropped = class->make ();
  g_autofree char *dropped_path = dup_path (dropped);
  g_autofree char *kept_path = class->keep (kept, NULL);
  g_autofree char *pattern = g_strdup_printf ("*“%s” goes*", dropped_path);

  g_assert_nonnull (kept_path);
  g_assert_true (class->delete (deleted, NULL, NULL));
  g_object_unref (deleted);
  g_object_unref (kept);

  g_log_set_debug_enabled (TRUE);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, pattern);
  g_object_run_dispose (dropped);
  g_test_assert_expected_messages ();
  g_object_unref (dropped);
  g_log_set_debug_enabled (FALSE);
}

/* A forked child deletes only explicitly, and cannot keep a file: its parent may delete that. */
static void
test_fork (gconstpointer data)
{
  const Class *class = data;
  g_autoptr (GObject) dropped = class->make ();
  g_autoptr (GObject) deleted = class->make ();
  g_autoptr (GObject) kept = class->make ();
  g_autofree char *dropped_path = dup_path (dropped);
  g_autofree char *deleted_path = dup_path (deleted);
  g_autofree char *kept_path = dup_path (kept);
  g_autoptr (GError) error = NULL;
  pid_t pid = test_fork_idle ();

  if (pid == 0)
    {
      g_assert_null (class->keep (kept, &error));
      test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
      g_clear_object (&kept);
      g_clear_object (&dropped);
      g_assert_true (class->delete (deleted, NULL, &error));
      g_assert_no_error (error);
      test_child_exit (0);
    }
  test_assert_ends_well (pid);

  test_assert_exists (dropped_path, TRUE);
  test_assert_exists (kept_path, TRUE);
  if (TEMP_IS_DIR (dropped))
    {
      g_autofree char *inside = g_build_filename (dropped_path, "sub", "file", NULL);

      test_assert_exists (inside, TRUE);
    }
  test_assert_exists (deleted_path, FALSE);
  g_assert_true (class->delete (deleted, NULL, &error)); /* gone already, which is no error */
  g_assert_no_error (error);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char   *subject;
    const char   *promise;
    GTestDataFunc function;
  } tests[] = {
    { "deleted", "by-the-last-reference", test_last_reference },
    { "deleted", "once-if-disposed-twice", test_disposed_twice },
    { "kept", "with-auto-delete-off", test_auto_delete_off },
    { "kept", "for-good", test_keep },
    { "kept", "async/for-good", test_keep_async },
    { "kept", "async/not-if-cancelled", test_keep_cancelled },
    { "never-made", "dropped-without-harm", test_never_made },
    { "told", "only-if-the-end-came-late", test_told },
    { "fork", "child-deletes-only-if-it-says-so", test_fork },
  };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (classes); j++)
      {
        g_autofree char *path = g_strdup_printf ("/%s/%s/%s", tests[i].subject, classes[j].name, tests[i].promise);

        g_test_add_data_func (path, &classes[j], tests[i].function);
      }

  return g_test_run ();
}
