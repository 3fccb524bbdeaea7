/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/contents.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "temp-file-private.h"
#include "test-support.h"

#define OLD "old contents"

static TempPlatform real;

typedef struct
{
  TempFile  *file;
  TempEntry *entry;
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  f->file = temp_file_new_named (test_dir (), NULL, NULL, &error);
  g_assert_no_error (error);
  f->entry = temp_file_get_entry (f->file);
  g_assert_cmpint (real.write (temp_entry_get_fd (f->entry), OLD, strlen (OLD)), ==, strlen (OLD));
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  temp_platform = real;
  g_clear_object (&f->file);
}

static gboolean
replace (Fixture     *f,
         const char  *text,
         GError     **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  return temp_contents_replace (f->entry, bytes, NULL, error);
}

static void
assert_loads (Fixture    *f,
              const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = temp_contents_load (f->entry, NULL, &error);
  gsize size;
  const char *data;

  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, text, strlen (text));
}

/* The contents and the offset are as set_up() made them. */
static void
assert_unchanged (Fixture *f)
{
  temp_platform = real;
  assert_loads (f, OLD);
  g_assert_cmpint (temp_entry_tell (f->entry), ==, strlen (OLD));
}

/* Replacing fails with this code, and has changed nothing. */
static void
assert_changes_nothing (Fixture    *f,
                        const char *text,
                        int         code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (replace (f, text, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, temp_file_get_path (f->file));
  g_assert_null (strstr (error->message, "undefined"));
  assert_unchanged (f);
}

/* Replacing fails with this code, and says that the contents are undefined. */
static void
assert_says_undefined (Fixture      *f,
                       const char   *text,
                       GCancellable *cancellable,
                       int           code)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_contents_replace (f->entry, bytes, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, temp_file_get_path (f->file));
  test_assert_error_mentions (error, "undefined");
}

static void
test_replace (Fixture       *f,
              gconstpointer  data)
{
  static const char *const texts[] = { "", "new", "new contents, which are longer", "x", "as many bytes now" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (replace (f, texts[i], &error));
      g_assert_no_error (error);
      assert_loads (f, texts[i]);
      test_assert_contents (temp_file_get_path (f->file), texts[i]);
      g_assert_cmpint (temp_entry_tell (f->entry), ==, strlen (texts[i]));
    }
}

/* Reading and writing little at a time, and interrupted by signals */

static gboolean was_interrupted;

/* Returns TRUE every second time, with EINTR. */
static gboolean
interrupt (void)
{
  was_interrupted = !was_interrupted;
  errno = EINTR;
  return was_interrupted;
}

static gssize
read_little (TempHandle  handle,
             void       *buffer,
             gsize       size,
             gint64      offset)
{
  return interrupt () ? -1 : real.read_at (handle, buffer, MIN (size, 2), offset);
}

static gssize
write_little (TempHandle  handle,
              const void *data,
              gsize       size,
              gint64      offset)
{
  return interrupt () ? -1 : real.write_at (handle, data, MIN (size, 3), offset);
}

static int
allocate_interrupted (TempHandle handle,
                      gint64     size)
{
  return interrupt () ? -1 : real.allocate (handle, size);
}

static int
set_size_interrupted (TempHandle handle,
                      gint64     size)
{
  return interrupt () ? -1 : real.set_size (handle, size);
}

static void
test_little (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  temp_platform.read_at = read_little;
  temp_platform.write_at = write_little;
  temp_platform.allocate = allocate_interrupted;
  temp_platform.set_size = set_size_interrupted;
  assert_loads (f, OLD);
  g_assert_true (replace (f, "new, longer contents", &error));
  g_assert_no_error (error);
  assert_loads (f, "new, longer contents");
  g_assert_true (replace (f, "new", &error));
  g_assert_no_error (error);
  assert_loads (f, "new");
}

/* Files that change while they are read */

static gssize
read_and_append (TempHandle  handle,
                 void       *buffer,
                 gsize       size,
                 gint64      offset)
{
  g_assert_cmpint (real.write (handle, "more", 4), ==, 4);
  return real.read_at (handle, buffer, MIN (size, 5), offset);
}

static gssize
read_and_cut (TempHandle  handle,
              void       *buffer,
              gsize       size,
              gint64      offset)
{
  gssize n = real.read_at (handle, buffer, MIN (size, 5), offset);

  g_assert_no_errno (real.set_size (handle, 4));
  return n;
}

static void
test_grows (Fixture       *f,
            gconstpointer  data)
{
  temp_platform.read_at = read_and_append;
  assert_loads (f, OLD);
  temp_platform = real;
  assert_loads (f, OLD "moremoremore");
}

static void
test_shrinks (Fixture       *f,
              gconstpointer  data)
{
  temp_platform.read_at = read_and_cut;
  assert_loads (f, "old c");
  temp_platform = real;
  assert_loads (f, "old ");
}

/* Failures */

static int
have_little_memory (TempLimit  which,
                    guint64   *limit)
{
  *limit = 1024;
  return 0;
}

/* A file with a hole takes no space on the disk, but all of its size in memory. */
static void
test_too_large (Fixture       *f,
                gconstpointer  data)
{
  const gint64 sizes[] = { G_GINT64_CONSTANT (1) << 40, G_GINT64_CONSTANT (100) << 20 };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      if (!temp_entry_truncate (f->entry, sizes[i], NULL))
        continue;
      if (i == 1)
        temp_platform.get_limit = have_little_memory;
      g_assert_null (temp_contents_load (f->entry, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      test_assert_error_mentions (error, temp_file_get_path (f->file));
      g_clear_error (&error);
    }
}

static int
fail_allocate (TempHandle handle,
               gint64     size)
{
  g_assert_no_errno (real.allocate (handle, size));
  errno = ENOSPC;
  return -1;
}

static int
cannot_allocate (TempHandle handle,
                 gint64     size)
{
  errno = EOPNOTSUPP;
  return -1;
}

static gssize
fail_write (TempHandle  handle,
            const void *data,
            gsize       size,
            gint64      offset)
{
  errno = ENOSPC;
  return -1;
}

static gssize
write_nothing (TempHandle  handle,
               const void *data,
               gsize       size,
               gint64      offset)
{
  return 0;
}

static gssize
fail_read (TempHandle  handle,
           void       *buffer,
           gsize       size,
           gint64      offset)
{
  errno = EACCES;
  return -1;
}

static int
fail_set_size (TempHandle handle,
               gint64     size)
{
  errno = EACCES;
  return -1;
}

static int
fail_stat (TempHandle handle,
           TempStat  *st)
{
  errno = EACCES;
  return -1;
}

static gint64
fail_seek (TempHandle handle,
           gint64     offset,
           TempSeek   from)
{
  errno = EACCES;
  return -1;
}

/* The space that was allocated is given back, too. */
static void
test_full_before (Fixture       *f,
                  gconstpointer  data)
{
  g_autofree char *large = g_strnfill (1024 * 1024, 'x');
  TempStat st;

  if (temp_platform.allocate (temp_entry_get_fd (f->entry), 1) < 0)
    {
      g_test_skip ("This filesystem cannot allocate");
      return;
    }

  temp_platform.allocate = fail_allocate;
  assert_changes_nothing (f, large, G_IO_ERROR_NO_SPACE);
  g_assert_no_errno (temp_platform.stat (temp_entry_get_fd (f->entry), &st));
  g_assert_cmpint (st.allocated, <, 1024 * 1024);
}

static void
test_cannot_allocate (Fixture       *f,
                      gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  temp_platform.allocate = cannot_allocate;
  g_assert_true (replace (f, "new, longer contents", &error));
  g_assert_no_error (error);
  assert_loads (f, "new, longer contents");
}

static void
test_write_fails (Fixture       *f,
                  gconstpointer  data)
{
  temp_platform.write_at = fail_write;
  assert_says_undefined (f, "new", NULL, G_IO_ERROR_NO_SPACE);
  temp_platform.write_at = write_nothing;
  assert_says_undefined (f, "new", NULL, G_IO_ERROR_NO_SPACE);

  temp_platform = real;
  temp_platform.set_size = fail_set_size;
  assert_says_undefined (f, "new", NULL, G_IO_ERROR_PERMISSION_DENIED);

  temp_platform = real;
  temp_platform.seek = fail_seek;
  assert_says_undefined (f, "new", NULL, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_look_fails (Fixture       *f,
                 gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  temp_platform.stat = fail_stat;
  assert_changes_nothing (f, "new", G_IO_ERROR_PERMISSION_DENIED);

  temp_platform.stat = fail_stat;
  g_assert_null (temp_contents_load (f->entry, NULL, &error));
  test_assert_io_error (&error, G_IO_ERROR_PERMISSION_DENIED);
  temp_platform = real;
  temp_platform.read_at = fail_read;
  g_assert_null (temp_contents_load (f->entry, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, temp_file_get_path (f->file));
}

/* The write would kill the process. */
static void
limit_size (gconstpointer data)
{
  const struct rlimit limit = { 100, 100 };
  g_autofree char *large = g_strnfill (101, 'x');
  Fixture f;

  set_up (&f, NULL);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  assert_changes_nothing (&f, large, G_IO_ERROR_FAILED);
  large[100] = '\0';
  g_assert_true (replace (&f, large, NULL));
  assert_loads (&f, large);
  tear_down (&f, NULL);
}

/* Cancelling */

static GCancellable *to_cancel;

static gssize
write_and_cancel (TempHandle  handle,
                  const void *data,
                  gsize       size,
                  gint64      offset)
{
  g_cancellable_cancel (to_cancel);
  return real.write_at (handle, data, MIN (size, 2), offset);
}

static gssize
read_and_cancel (TempHandle  handle,
                 void       *buffer,
                 gsize       size,
                 gint64      offset)
{
  g_cancellable_cancel (to_cancel);
  return real.read_at (handle, buffer, MIN (size, 2), offset);
}

static void
test_cancelled (Fixture       *f,
                gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) bytes = g_bytes_new_static ("new", 3);
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (temp_contents_replace (f->entry, bytes, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  g_assert_null (temp_contents_load (f->entry, cancellable, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);
  assert_unchanged (f);
}

static void
test_cancelled_midway (Fixture       *f,
                       gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  to_cancel = g_cancellable_new ();
  temp_platform.read_at = read_and_cancel;
  g_assert_null (temp_contents_load (f->entry, to_cancel, &error));
  test_assert_io_error (&error, G_IO_ERROR_CANCELLED);

  g_cancellable_reset (to_cancel);
  temp_platform.write_at = write_and_cancel;
  assert_says_undefined (f, "new", to_cancel, G_IO_ERROR_CANCELLED);

  /* Cancelled after the last byte is too late. */
  g_cancellable_reset (to_cancel);
  temp_platform.read_at = real.read_at;
  {
    g_autoptr (GBytes) bytes = g_bytes_new_static ("ab", 2);

    g_assert_true (temp_contents_replace (f->entry, bytes, to_cancel, &error));
    g_assert_no_error (error);
    assert_loads (f, "ab");
  }
  g_clear_object (&to_cancel);
}

/* A program can make all writes go to the end. */
static void
test_appending (Fixture       *f,
                gconstpointer  data)
{
  g_autofree char *path = g_strdup (temp_file_get_path (f->file));
  TempHandle appending = real.open_file (TEMP_HANDLE_CURRENT_DIR, path, TEMP_OPEN_APPEND);
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (appending);
  g_assert_no_errno (real.copy_flags (appending, temp_entry_get_fd (f->entry)));
  g_assert_no_errno (real.close (appending));
  g_assert_cmpint (real.is_appending (temp_entry_get_fd (f->entry)), ==, 1);
  g_assert_true (replace (f, "new", &error));
  g_assert_no_error (error);
  assert_loads (f, "new");
  g_assert_true (replace (f, "new, longer contents", &error));
  g_assert_no_error (error);
  assert_loads (f, "new, longer contents");
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    void      (*function) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "/contents/replaced-whatever-the-size", test_replace },
    { "/contents/little-at-a-time", test_little },
    { "/contents/as-when-the-load-began", test_grows },
    { "/contents/load-ends-early-if-cut-off", test_shrinks },
    { "/contents/larger-than-memory-is-an-error", test_too_large },
    { "/contents/unchanged-if-the-disk-is-full", test_full_before },
    { "/contents/replaced-without-allocation", test_cannot_allocate },
    { "/contents/undefined-says-the-error", test_write_fails },
    { "/contents/errors-name-the-path", test_look_fails },
    { "/contents/unchanged-if-cancelled", test_cancelled },
    { "/contents/cancelled-midway-is-undefined", test_cancelled_midway },
    { "/contents/replaced-though-writes-append", test_appending },
  };

  test_init (&argc, &argv);
  real = temp_platform;

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
  test_add_in_child ("/contents/unchanged-if-over-the-limit", limit_size, NULL);

  return g_test_run ();
}
