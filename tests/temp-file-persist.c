/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-support.h"

/* Persisting files */

/* With each combination of flags, the destination is the whole new file, and the object is that of the destination. */
static void
test_persist (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);

  for (TempPersistFlags flags = TEMP_PERSIST_NONE; flags < 8; flags++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (kind);
      g_autofree char *target = test_persist_target ("document");
      g_autofree char *old_path = g_strdup (temp_file_get_path (file));
      const char *held_path = temp_file_get_path (file);
      GFile *held_file = temp_file_get_file (file);
      g_autoptr (GHashTable) counts = test_count_notifications (file);
      int fd = temp_file_get_fd (file);
      struct stat before, after;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        test_write (target, TEST_OLD);
      else
        unlink (target);

      g_assert_no_errno (fstat (fd, &before));

      test_assert_persists (file, target, flags);
      test_assert_contents (target, TEST_NEW);
      test_persist_assert_names ("document", "target");

      g_assert_no_errno (stat (target, &after));
      if (!g_str_equal (temp_platform.name, "posix")) /* else it may have to be copied */
        g_assert_cmpuint (after.st_ino, ==, before.st_ino);
      g_assert_cmpstr (temp_file_get_path (file), ==, target);
      g_assert_cmpstr (g_file_peek_path (temp_file_get_file (file)), ==, target);
      g_assert_false (temp_file_get_auto_delete (file));
      test_assert_notified (counts, "path", 1);
      test_assert_notified (counts, "file", 1);
      test_assert_notified (counts, "auto-delete", 1);
      g_assert_cmpstr (held_path, ==, old_path);
      if (held_file != NULL)
        g_assert_cmpstr (g_file_peek_path (held_file), ==, old_path);

      /* The file is open still, at its old offset. */
      g_assert_cmpint (temp_file_get_fd (file), ==, fd);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (TEST_NEW));
      test_persist_write_new (file);
      test_assert_contents (target, TEST_NEW TEST_NEW);
      g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
      g_clear_object (&file);
      test_assert_contents (target, TEST_NEW TEST_NEW);
    }
}

static void
test_exists (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GError) error = NULL;

  test_write (target, TEST_OLD);
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_COPY, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  test_assert_error_mentions (error, target);
  test_assert_contents (target, TEST_OLD);
  test_persist_assert_unchanged (file, path);

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, TEST_NEW);
  test_persist_assert_names ("document", "target");
}

static void
test_wrong_target (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *beneath = g_build_filename (target, "none", NULL);
  g_autoptr (GFile) remote = g_file_new_for_uri ("resource:///none");
  g_autoptr (GError) error = NULL;

  g_assert_false (test_persist_to (file, beneath, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_FOUND);

  g_assert_no_errno (mkdir (target, 0700));
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  test_assert_io_error (&error, G_IO_ERROR_IS_DIRECTORY);
  g_assert_false (test_persist_to (file, "/", TEMP_PERSIST_REPLACE, &error));
  test_assert_io_error (&error, G_IO_ERROR_IS_DIRECTORY);
  g_assert_no_errno (rmdir (target));

  g_assert_no_errno (mkfifo (target, 0600));
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);

  g_assert_false (temp_file_persist (file, remote, TEMP_PERSIST_COPY, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_persist_assert_unchanged (file, path);
}

static void
test_states (void)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *second = test_path ("second");
  g_autoptr (TempFile) twice = test_persist_new_file (TEST_NAMELESS);
  g_autoptr (TempFile) kept = test_persist_new_file (TEST_BESIDE);
  g_autoptr (TempFile) taken = test_persist_new_file (TEST_BESIDE);
  g_autoptr (TempFile) replaced = test_persist_new_file (TEST_ELSEWHERE);
  g_autoptr (TempFile) closed = test_persist_new_file (TEST_ELSEWHERE);
  g_autoptr (GError) error = NULL;

  test_assert_persists (twice, target, TEMP_PERSIST_NONE);
  g_assert_false (test_persist_to (twice, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_error_mentions (error, second);
  g_clear_error (&error);

  g_free (temp_file_keep (kept, NULL));
  g_assert_false (test_persist_to (kept, second, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_FAILED);

  unlink (temp_file_get_path (taken));
  g_assert_false (test_persist_to (taken, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, second);
  g_clear_error (&error);

  unlink (temp_file_get_path (replaced));
  test_write (temp_file_get_path (replaced), "not ours");
  g_assert_false (test_persist_to (replaced, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_contents (temp_file_get_path (replaced), "not ours");
  unlink (temp_file_get_path (replaced));
  g_clear_error (&error);

  g_io_stream_close (G_IO_STREAM (closed), NULL, NULL);
  g_assert_false (test_persist_to (closed, second, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_assert_false (g_file_test (second, G_FILE_TEST_EXISTS));
}

/* A stream may be closed already, as it usually is after writing. */
static void
test_closed_stream (void)
{
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autofree char *target = test_persist_target ("document");

  g_assert_true (g_output_stream_close (g_io_stream_get_output_stream (G_IO_STREAM (file)), NULL, NULL));
  test_assert_persists (file, target, TEMP_PERSIST_NONE);
  test_assert_contents (target, TEST_NEW);
}

static void
test_symlink (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *link = test_path ("link");
  g_autofree char *chain = test_path ("chain");
  g_autoptr (TempFile) file = test_persist_new_file (kind);
  g_autoptr (TempFile) dangling = test_persist_new_file (kind);
  g_autoptr (TempFile) refused = test_persist_new_file (kind);
  g_autoptr (GError) error = NULL;

  test_write (target, TEST_OLD);
  g_assert_no_errno (chmod (target, 0640));
  g_assert_no_errno (symlink ("target/document", link));
  g_assert_no_errno (symlink (link, chain));

  test_assert_persists (file, chain, TEMP_PERSIST_REPLACE | TEMP_PERSIST_DURABLE);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_test (chain, G_FILE_TEST_IS_SYMLINK));
  g_assert_false (g_file_test (target, G_FILE_TEST_IS_SYMLINK));
  test_assert_contents (target, TEST_NEW);
  test_assert_mode (target, S_IFREG | 0640);
  g_assert_cmpstr (temp_file_get_path (file), ==, chain);

  unlink (target);
  test_assert_persists (dangling, link, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));

  unlink (target);
  g_assert_false (test_persist_to (refused, link, TEMP_PERSIST_NONE, &error));
  test_assert_io_error (&error, G_IO_ERROR_EXISTS);

  unlink (link);
  g_assert_no_errno (symlink ("chain", link));
  g_assert_false (test_persist_to (refused, link, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_LINKS);
}

/* Asynchronously */

static void
check_thread (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  g_assert_true (data == g_thread_self ());
}

static void
test_async (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (file, "notify", G_CALLBACK (check_thread), g_thread_self ());
  temp_file_persist_async (file, destination, TEMP_PERSIST_DURABLE, G_PRIORITY_DEFAULT, NULL,
                           test_keep_result, &result);

  /* Meanwhile, any other operation on the file fails. */
  temp_file_persist_async (file, destination, TEMP_PERSIST_REPLACE, G_PRIORITY_DEFAULT, NULL,
                           test_keep_result, &second);
  g_assert_false (temp_file_persist_finish (file, test_wait_result (&second), &error));
  test_assert_io_error (&error, G_IO_ERROR_PENDING);

  if (result == NULL)
    {
      g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (file)), "x", 1, NULL, &error),
                       ==, -1);
      test_assert_io_error (&error, G_IO_ERROR_PENDING);
      g_assert_false (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
      test_assert_io_error (&error, G_IO_ERROR_PENDING);
    }

  g_assert_true (temp_file_persist_finish (file, test_wait_result (&result), &error));
  g_assert_no_error (error);
  test_assert_contents (target, TEST_NEW);
  test_persist_assert_names ("document", "target");
  test_persist_write_new (file);
}

/* The program exits while a copy is under way. */
static void
child_exit (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  TempFile *file;

  if (!test_fail_syscall (SYS_renameat2, EXDEV))
    test_child_skip ("no filters of system calls here");

  file = test_persist_new_file (TEST_ELSEWHERE);
  temp_file_persist_async (file, destination, TEMP_PERSIST_COPY | TEMP_PERSIST_REPLACE, G_PRIORITY_DEFAULT,
                           NULL, NULL, NULL);
  test_ignore_leaks ();
  exit (0);
}

static void
test_exit (void)
{
  g_autofree char *target = test_persist_target ("document");

  if (g_getenv ("TEST_VALGRIND") != NULL)
    {
      g_test_skip ("Valgrind counts the leaks of a program that exits in the middle of something");
      return;
    }

  for (guint i = 0; i < 20; i++)
    {
      test_in_child (child_exit, NULL);
      /* A sweep deletes the file that was made just when the program ended. */
      g_assert_true (temp_sweep (NULL, NULL, NULL));
      if (g_file_test (target, G_FILE_TEST_EXISTS))
        {
          test_assert_contents (target, TEST_NEW);
          unlink (target);
        }
      test_persist_assert_names ("", "target");
    }
}

static void
test_pending (void)
{
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autofree char *target = test_persist_target ("document");
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (file));
  g_autoptr (GError) error = NULL;

  g_assert_true (g_input_stream_set_pending (input, NULL));
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_input_stream_clear_pending (input);
  test_assert_persists (file, target, TEMP_PERSIST_NONE);
}

static void
test_cancelled (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  const char *path = temp_file_get_path (file);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GFile) destination = g_file_new_for_path (target);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_file_persist (file, destination, TEMP_PERSIST_NONE, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  test_persist_assert_unchanged (file, path);

  temp_file_persist_async (file, destination, TEMP_PERSIST_NONE, G_PRIORITY_DEFAULT, cancellable,
                           test_keep_result, &result);
  g_assert_false (temp_file_persist_finish (file, test_wait_result (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_persist_assert_unchanged (file, path);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

/* Readers */

typedef struct
{
  const char *path;
  gint        stop;  /* atomic */
  gint        ready; /* atomic */
  guint       n_read;
} Reader;

static gpointer
read_in_loop (gpointer data)
{
  Reader *reader = data;

  while (!g_atomic_int_get (&reader->stop))
    {
      g_autofree char *contents = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      g_file_get_contents (reader->path, &contents, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, ==, 100000);
      for (gsize i = 1; i < length; i++)
        if (contents[i] != contents[0])
          g_error ("A part of one file, and a part of another");
      reader->n_read++;
      g_atomic_int_set (&reader->ready, TRUE);
    }

  return NULL;
}

static void
test_readers (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *contents = g_strnfill (100000, 'a');
  Reader reader = { .path = target };
  GThread *thread;

  test_write (target, contents);
  thread = g_thread_new ("reader", read_in_loop, &reader);
  while (!g_atomic_int_get (&reader.ready))
    g_thread_yield ();

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));

      memset (contents, 'a' + i % 26, 100000);
      g_assert_cmpint (pwrite (temp_file_get_fd (file), contents, 100000, 0), ==, 100000);
      test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
    }

  g_atomic_int_set (&reader.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (reader.n_read, >, 1);
  test_persist_assert_names ("document", "target");
}

/* Beside */

static void
test_beside (void)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *link = test_path ("link");
  g_autoptr (GFile) link_file = g_file_new_for_path (link);
  g_autoptr (GFile) remote = g_file_new_for_uri ("resource:///none");
  g_autoptr (GFile) nowhere = g_file_new_for_path ("/nonexistent/file");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *dir = NULL;
  g_autofree char *target_dir = g_path_get_dirname (target);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  if (test_skips_on_posix ("no nameless files"))
    return;
  g_assert_no_errno (symlink ("target/document", link));
  file = temp_file_new_beside (link_file, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (temp_file_get_path (file));
  g_object_get (file, "dir", &dir, NULL);
  g_assert_cmpstr (dir, ==, target_dir);
  test_persist_assert_names ("", "link target");

  test_persist_write_new (file);
  g_assert_true (temp_file_persist (file, link_file, TEMP_PERSIST_REPLACE, NULL, &error));
  g_assert_no_error (error);
  test_assert_contents (target, TEST_NEW);

  g_assert_null (temp_file_new_beside (remote, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_null (temp_file_new_beside (nowhere, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, "/nonexistent");
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_null (temp_file_new_beside (link_file, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_flags_type (void)
{
  g_autoptr (GFlagsClass) klass = g_type_class_ref (TEMP_TYPE_PERSIST_FLAGS);
  GFlagsValue *value = g_flags_get_value_by_nick (klass, "durable");

  g_assert_nonnull (value);
  g_assert_cmpuint (value->value, ==, TEMP_PERSIST_DURABLE);
  g_assert_cmpstr (g_type_name (TEMP_TYPE_PERSIST_FLAGS), ==, "TempPersistFlags");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_persist_add_kinds ("/persist/file/becomes-the-destination", test_persist, FALSE, FALSE);
  test_persist_add_kinds ("/persist/file/replaces-only-if-asked", test_exists, FALSE, FALSE);
  test_persist_add_kinds ("/persist/file/only-where-a-file-can-be", test_wrong_target, FALSE, FALSE);
  test_persist_add_kinds ("/persist/file/to-the-end-of-a-symlink", test_symlink, FALSE, FALSE);
  test_persist_add_kinds ("/persist/file/async-and-nothing-else-meanwhile", test_async, FALSE, FALSE);
  test_persist_add_kinds ("/persist/file/changes-nothing-if-cancelled", test_cancelled, FALSE, FALSE);
  test_persist_add_kinds ("/persist/atomic/readers-find-old-or-new", test_readers, FALSE, FALSE);
  g_test_add_func ("/persist/atomic/program-exits-meanwhile", test_exit);
  g_test_add_func ("/persist/file/once-and-only-if-it-is-there", test_states);
  g_test_add_func ("/persist/file/after-a-stream-is-closed", test_closed_stream);
  g_test_add_func ("/persist/file/not-while-a-stream-is-busy", test_pending);
  g_test_add_func ("/persist/file/made-beside-the-target", test_beside);
  g_test_add_func ("/persist/flags-have-a-type", test_flags_type);

  return g_test_run ();
}
