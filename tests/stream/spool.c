/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/spool.h"

#include "temp-file-private.h"
#include "test-support.h"

static const char *roll_dir; /* NULL: the default one */
static guint n_notified;

static GIOStream *
make_file (GObject       *owner,
           TempEntry    **entry,
           GCancellable  *cancellable,
           GError       **error)
{
  TempFile *file = temp_file_new (roll_dir, error);

  if (file == NULL)
    return NULL;
  *entry = temp_file_get_entry (file);
  return G_IO_STREAM (file);
}

static void
on_rolled (GObject *owner)
{
  g_assert_true (G_IS_OBJECT (owner));
  n_notified++;
}

static const TempSpoolOwnerFuncs funcs = { make_file, on_rolled };

static TempSpool *
new_spool (GObject *owner,
           gsize    max_size)
{
  TempSpool *spool = temp_spool_new (1, owner, &funcs);

  n_notified = 0;
  spool->max_size = max_size;
  return spool;
}

static void
assert_writes (TempSpool  *spool,
               const char *data,
               gsize       count)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (temp_spool_write (spool, data, count, NULL, &error), ==, count);
  g_assert_no_error (error);
}

/* The spool holds at most twice its size in memory, also while it grows and shrinks; once rolled, nothing. */
static void
test_memory_held (void)
{
  g_autoptr (TempSpool) spool = new_spool (NULL, 100000);
  g_autofree char *data = g_malloc0 (3000);

  while (spool->offset < 90000)
    {
      assert_writes (spool, data, g_test_rand_int_range (1, 3000));
      g_assert_cmpuint (spool->memory.capacity, <=, 2 * temp_spool_get_size (spool));
    }

  g_assert_true (temp_spool_truncate (spool, 100, NULL, NULL));
  g_assert_cmpuint (spool->memory.capacity, <=, 200);

  g_assert_true (temp_spool_roll (spool, NULL, NULL));
  g_assert_cmpuint (spool->memory.capacity, ==, 0);
  g_assert_null (spool->memory.data);
  g_assert_cmpint (temp_spool_get_size (spool), ==, 100);
}

static void
test_write_nothing (void)
{
  g_autoptr (TempSpool) spool = new_spool (NULL, 10);

  g_assert_true (temp_spool_seek (spool, 1000, G_SEEK_SET, NULL, NULL));
  assert_writes (spool, "", 0);
  g_assert_cmpint (temp_spool_get_size (spool), ==, 0);
  g_assert_false (temp_spool_is_rolled (spool));
}

static void
test_notify (void)
{
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (TempSpool) spool = new_spool (owner, 4);

  assert_writes (spool, "1234", 4);
  g_assert_cmpuint (n_notified, ==, 0);
  assert_writes (spool, "5", 1);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_true (temp_spool_roll (spool, NULL, NULL));
  assert_writes (spool, "6", 1);
  g_assert_cmpuint (n_notified, ==, 1);
}

static void
test_writev (void)
{
  const GOutputVector vectors[] = { { "123", 3 }, { "", 0 }, { "45", 2 }, { "67", 2 } };
  g_autoptr (TempSpool) spool = new_spool (NULL, 4);
  g_autoptr (GError) error = NULL;
  char buffer[20];
  gsize written;

  /* The spool rolls between two vectors; the next call writes to the file. */
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (temp_spool_writev (spool, vectors, G_N_ELEMENTS (vectors), &written, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (written, ==, 7);
      g_assert_true (temp_spool_is_rolled (spool));
    }
  g_assert_true (temp_spool_writev (spool, vectors, 1, NULL, NULL, &error));

  g_assert_true (temp_spool_seek (spool, 0, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (temp_spool_read (spool, buffer, sizeof buffer, NULL, NULL), ==, 17);
  g_assert_cmpmem (buffer, 17, "12345671234567123", 17);
}

static void
test_writev_in_part (void)
{
  const GOutputVector vectors[] = { { "123", 3 }, { "45", 2 } };
  g_autofree char *missing = test_path ("missing");
  g_autoptr (TempSpool) spool = new_spool (NULL, 4);
  g_autoptr (GError) error = NULL;
  gsize written;

  roll_dir = missing;
  g_assert_true (temp_spool_writev (spool, vectors, 2, &written, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (written, ==, 3);

  g_assert_false (temp_spool_writev (spool, vectors + 1, 1, &written, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpuint (written, ==, 0);
  g_assert_cmpint (temp_spool_get_size (spool), ==, 3);
  roll_dir = NULL;
}

static void
test_skip (gconstpointer data)
{
  g_autoptr (TempSpool) spool = new_spool (NULL, 0);

  assert_writes (spool, "12345", 5);
  if (GPOINTER_TO_INT (data))
    g_assert_true (temp_spool_roll (spool, NULL, NULL));

  g_assert_cmpint (temp_spool_skip (spool, 1, NULL, NULL), ==, 0);
  g_assert_true (temp_spool_seek (spool, 1, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (temp_spool_skip (spool, 2, NULL, NULL), ==, 2);
  g_assert_cmpint (temp_spool_skip (spool, G_MAXSSIZE, NULL, NULL), ==, 2);
  g_assert_true (temp_spool_seek (spool, 10, G_SEEK_SET, NULL, NULL));
  g_assert_cmpint (temp_spool_skip (spool, 2, NULL, NULL), ==, 0);
  g_assert_cmpint (temp_spool_tell (spool), ==, 10);
}

/* A stream may call the spool after the close. */
static void
test_closed (gconstpointer data)
{
  g_autoptr (TempSpool) spool = new_spool (NULL, 0);
  const GOutputVector vector = { "x", 1 };
  GError *error = NULL;
  char byte;

  assert_writes (spool, "12345", 5);
  if (GPOINTER_TO_INT (data))
    g_assert_true (temp_spool_roll (spool, NULL, NULL));
  g_assert_true (temp_spool_close (spool, NULL));
  g_assert_true (temp_spool_close (spool, NULL));
  g_assert_true (temp_spool_is_closed (spool));
  g_assert_null (spool->memory.data);

#define ASSERT_CLOSED(expression, failure) \
  g_assert_cmpint (expression, ==, failure); \
  test_assert_io_error (&error, G_IO_ERROR_CLOSED)

  ASSERT_CLOSED (temp_spool_read (spool, &byte, 1, NULL, &error), -1);
  ASSERT_CLOSED (temp_spool_skip (spool, 1, NULL, &error), -1);
  ASSERT_CLOSED (temp_spool_write (spool, "x", 1, NULL, &error), -1);
  ASSERT_CLOSED (temp_spool_writev (spool, &vector, 1, NULL, NULL, &error), FALSE);
  ASSERT_CLOSED (temp_spool_seek (spool, 0, G_SEEK_SET, NULL, &error), FALSE);
  ASSERT_CLOSED (temp_spool_truncate (spool, 0, NULL, &error), FALSE);
  ASSERT_CLOSED (temp_spool_roll (spool, NULL, &error), FALSE);
  g_assert_null (temp_spool_steal_file (spool));
}

/* The spool is dropped without a close. */
static void
test_dropped (void)
{
  const guint n_fds = test_count_fds ();
  TempSpool *spool = new_spool (NULL, 1);

  assert_writes (spool, "12345", 5);
  g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  temp_spool_unref (spool);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/spooled/spool/holds-twice-its-size-at-most", test_memory_held);
  g_test_add_func ("/spooled/spool/writes-nothing", test_write_nothing);
  g_test_add_func ("/spooled/spool/notifies-once", test_notify);
  g_test_add_func ("/spooled/spool/writev/rolls-in-between", test_writev);
  g_test_add_func ("/spooled/spool/writev/tells-of-a-part", test_writev_in_part);
  g_test_add_data_func ("/spooled/spool/skip-not-past-the-end/in-memory", GINT_TO_POINTER (FALSE), test_skip);
  g_test_add_data_func ("/spooled/spool/skip-not-past-the-end/rolled", GINT_TO_POINTER (TRUE), test_skip);
  g_test_add_data_func ("/spooled/spool/closed/in-memory", GINT_TO_POINTER (FALSE), test_closed);
  g_test_add_data_func ("/spooled/spool/closed/rolled", GINT_TO_POINTER (TRUE), test_closed);
  g_test_add_func ("/spooled/spool/dropped-with-its-file", test_dropped);

  return g_test_run ();
}
