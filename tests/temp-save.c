/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-classes.h"
#include "test-support.h"

/* Saving a document in one call, with and without blocking. */

typedef struct
{
  const char       *text;
  const char       *etag;
  TempPersistFlags  flags;
  GCancellable     *cancellable;
} Save;

static void
on_saved (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  GAsyncResult **place = user_data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

/* Saves by the call that blocks, or by the other one. */
static gboolean
save (const char  *path,
      const Save  *s,
      gboolean     is_async,
      char       **new_etag,
      GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) contents = g_bytes_new (s->text, strlen (s->text));
  g_autoptr (GAsyncResult) result = NULL;

  if (!is_async)
    return temp_replace_contents (file, contents, s->etag, s->flags, new_etag, s->cancellable, error);

  temp_replace_contents_async (file, contents, s->etag, s->flags, G_PRIORITY_DEFAULT, s->cancellable, on_saved, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return temp_replace_contents_finish (result, new_etag, error);
}

static void
assert_saves (const char *path,
              const Save *s,
              gboolean    is_async)
{
  g_autoptr (GError) error = NULL;
  gboolean saved = save (path, s, is_async, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (saved);
  test_assert_contents (path, s->text);
}

static void
assert_fails (const char *path,
              const Save *s,
              gboolean    is_async,
              GQuark      domain,
              int         code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *etag = NULL;

  g_assert_false (save (path, s, is_async, &etag, &error));
  g_assert_error (error, domain, code);
  g_assert_null (etag);
  if (code != G_IO_ERROR_CANCELLED)
    test_assert_error_mentions (error, path);
  g_assert_null (strstr (error->message, "/.tmp"));
}

static void
test_contents (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");

  for (TempPersistFlags flags = 0; flags < 16; flags++)
    {
      const Save first = { .text = "first", .flags = flags };
      const Save second = { .text = "", .flags = flags };

      assert_saves (target, &first, is_async);
      g_assert_no_errno (chmod (target, 0604));
      assert_saves (target, &second, is_async);
      test_assert_mode (target, S_IFREG | 0604);
      test_persist_assert_names ("document", "target");
      g_assert_no_errno (g_unlink (target));
    }
}

static void
test_link (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *link = test_path ("link");
  const Save s = { .text = "by a symbolic link" };

  g_assert_no_errno (symlink ("target/document", link));
  assert_saves (link, &s, is_async);
  test_assert_contents (target, s.text);
  assert_saves (link, &s, is_async);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
}

static void
test_etag (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autofree char *etag = NULL;
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  Save s = { .text = "first", .etag = NULL };

  g_assert_true (save (target, &s, is_async, &etag, &error));
  info = g_file_query_info (file, G_FILE_ATTRIBUTE_ETAG_VALUE, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (etag, ==, g_file_info_get_etag (info));

  s.etag = "1:2";
  s.text = "lost";
  assert_fails (target, &s, is_async, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  test_assert_contents (target, "first");

  s.etag = etag;
  s.text = "second";
  assert_saves (target, &s, is_async);
  g_assert_no_errno (g_unlink (target));
  assert_fails (target, &s, is_async, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  test_persist_assert_names ("", "target");
}

static void
test_errors (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *other = test_path ("other");
  g_autofree char *beneath = g_build_filename (target, "none", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Save s = { .text = "not saved" };

  g_assert_no_errno (mkdir (target, 0700));
  assert_fails (target, &s, is_async, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_no_errno (rmdir (target));
  assert_fails (beneath, &s, is_async, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  test_write (target, TEST_OLD);
  assert_fails (beneath, &s, is_async, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_no_errno (link (target, other));
  assert_fails (target, &s, is_async, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_LINKS);
  test_assert_contents (target, TEST_OLD);

  s.cancellable = cancellable;
  s.flags = TEMP_PERSIST_IN_PLACE;
  g_cancellable_cancel (cancellable);
  assert_fails (target, &s, is_async, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_contents (target, TEST_OLD);

  s.cancellable = NULL;
  assert_saves (target, &s, is_async);
  test_assert_contents (other, s.text);
  test_persist_assert_names ("document", "other target");
}

static void
child_full_disk (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *mount = g_path_get_dirname (target);
  g_autofree char *text = g_strnfill (1 << 20, 'x');
  g_autofree char *names = NULL;
  const Save s = { .text = text };

  if (!test_mount_tmpfs (mount, "size=64k"))
    test_child_skip ("nothing can be mounted");

  test_write (target, TEST_OLD);
  assert_fails (target, &s, is_async, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_contents (target, TEST_OLD);
  names = test_list (mount);
  g_assert_cmpstr (names, ==, "document");
}

/* Threads that save one document at a time, with a reader beside them. Each document is whole. */

#define N_THREADS 4
#define SIZE 20000

typedef struct
{
  const char *path;
  guint       n_saves; /* of each thread */
  gint        n_left;  /* threads that still save; atomic */
} Race;

static gboolean
is_whole (const char *contents,
          gsize       size)
{
  for (gsize i = 1; i < size; i++)
    if (contents[i] != contents[0])
      return FALSE;
  return size == SIZE + (gsize) contents[0];
}

static gpointer
save_often (gpointer data)
{
  static gint last;
  Race *race = data;
  const int letter = 'a' + g_atomic_int_add (&last, 1) % 26;
  g_autofree char *text = g_strnfill (SIZE + letter, letter);
  const Save s = { .text = text, .flags = TEMP_PERSIST_IN_PLACE };

  for (guint i = 0; i < race->n_saves; i++)
    {
      g_autoptr (GError) error = NULL;

      save (race->path, &s, FALSE, NULL, &error);
      g_assert_no_error (error);
    }
  g_atomic_int_add (&race->n_left, -1);
  return NULL;
}

static void
test_race (gconstpointer data)
{
  const gboolean in_place = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *other = test_path ("other");
  g_autofree char *contents = NULL;
  GThread *threads[N_THREADS];
  Race race = { .path = target, .n_left = N_THREADS, .n_saves = in_place ? 25 : 100 };
  guint n_read = 0, n_torn = 0;
  gsize size;

  if (test_is_full ())
    race.n_saves = 1000;
  contents = g_strnfill (SIZE + 'z', 'z');
  test_write (target, contents);
  if (in_place)
    g_assert_no_errno (link (target, other));

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("saver", save_often, &race);
  for (; g_atomic_int_get (&race.n_left) > 0; n_read++)
    {
      g_autofree char *found = NULL;
      g_autoptr (GError) error = NULL;

      g_file_get_contents (target, &found, &size, &error);
      g_assert_no_error (error);
      n_torn += !is_whole (found, size);
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_test_message ("%u saves, %u reads, %u of them torn", N_THREADS * race.n_saves, n_read, n_torn);
  g_assert_true (in_place || n_torn == 0);
  g_clear_pointer (&contents, g_free);
  g_assert_true (g_file_get_contents (target, &contents, &size, NULL));
  g_assert_true (is_whole (contents, size));
  test_persist_assert_names ("document", in_place ? "other target" : "target");
}

/* A file that GIO alone knows. */
static void
test_not_local (gconstpointer data)
{
  const gboolean is_async = GPOINTER_TO_INT (data);
  g_autoptr (GFile) file = g_file_new_for_uri ("resource:///document");
  g_autoptr (GBytes) contents = g_bytes_new_static ("", 0);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) error_of_gio = NULL;

  g_assert_false (g_file_replace_contents (file, "", 0, NULL, FALSE, 0, NULL, NULL, &error_of_gio));
  if (is_async)
    {
      temp_replace_contents_async (file, contents, NULL, 0, G_PRIORITY_DEFAULT, NULL, on_saved, &result);
      while (result == NULL)
        g_main_context_iteration (NULL, TRUE);
      g_assert_false (temp_replace_contents_finish (result, NULL, &error));
    }
  else
    {
      g_assert_false (temp_replace_contents (file, contents, NULL, 0, NULL, NULL, &error));
    }
  g_assert_error (error, error_of_gio->domain, error_of_gio->code);
}

static void
add (const char    *promise,
     GTestDataFunc  function,
     gboolean       in_child)
{
  for (guint is_async = 0; is_async < 2; is_async++)
    {
      g_autofree char *path = g_strdup_printf ("/save/contents/%s%s", promise, is_async ? "/async" : "");

      if (in_child)
        test_add_in_child (path, function, GUINT_TO_POINTER (is_async));
      else
        g_test_add_data_func (path, GUINT_TO_POINTER (is_async), function);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  /* First: a child that is forked later has none of the threads that run tasks. */
  add ("are-kept-if-the-disk-is-full", child_full_disk, TRUE);
  add ("are-replaced-and-nothing-is-left", test_contents, FALSE);
  add ("are-replaced-behind-a-symbolic-link", test_link, FALSE);
  add ("of-another-program-are-not-overwritten", test_etag, FALSE);
  add ("are-kept-after-an-error", test_errors, FALSE);
  add ("that-are-not-local-go-through-gio", test_not_local, FALSE);

  g_test_add_data_func ("/save/contents/are-whole-if-threads-save-at-a-time", GINT_TO_POINTER (FALSE), test_race);
  g_test_add_data_func ("/save/contents/are-whole-if-threads-save-at-a-time/in-place", GINT_TO_POINTER (TRUE), test_race);

  return g_test_run ();
}
