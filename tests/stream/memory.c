/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "stream/memory.h"

#include <string.h>
#include <sys/resource.h>

#include "test-support.h"

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SANITIZED TRUE
#elif defined (__has_feature)
#define SANITIZED (__has_feature (address_sanitizer) || __has_feature (thread_sanitizer))
#else
#define SANITIZED FALSE
#endif

static void
test_empty (void)
{
  TempMemory memory = { 0 };
  char byte = 'x';

  g_assert_cmpuint (temp_memory_read (&memory, 0, &byte, 1), ==, 0);
  g_assert_cmpuint (temp_memory_read (&memory, G_MAXINT64, &byte, 1), ==, 0);
  g_assert_true (temp_memory_write (&memory, 1000, &byte, 0));
  g_assert_true (temp_memory_resize (&memory, 0));
  g_assert_cmpuint (memory.size, ==, 0);
  g_assert_null (memory.data);
  g_assert_cmpint (byte, ==, 'x');
  temp_memory_clear (&memory);
}

static void
test_write_and_read (void)
{
  TempMemory memory = { 0 };
  char buffer[16];

  g_assert_true (temp_memory_write (&memory, 0, "Hello", 5));
  g_assert_true (temp_memory_write (&memory, 4, "y you", 5));
  g_assert_cmpuint (memory.size, ==, 9);
  g_assert_cmpuint (temp_memory_read (&memory, 0, buffer, sizeof buffer), ==, 9);
  g_assert_cmpmem (buffer, 9, "Helly you", 9);
  g_assert_cmpuint (temp_memory_read (&memory, 6, buffer, 2), ==, 2);
  g_assert_cmpmem (buffer, 2, "yo", 2);
  g_assert_cmpuint (temp_memory_read (&memory, 9, buffer, sizeof buffer), ==, 0);

  temp_memory_clear (&memory);
  g_assert_cmpuint (memory.size, ==, 0);
}

static void
test_holes (void)
{
  TempMemory memory = { 0 };

  /* Bytes that were cut off do not come back. */
  g_assert_true (temp_memory_write (&memory, 0, "secret secret", 13));
  g_assert_true (temp_memory_resize (&memory, 8));
  g_assert_true (temp_memory_write (&memory, 12, "!", 1));
  g_assert_cmpmem (memory.data, memory.size, "secret s\0\0\0\0!", 13);

  g_assert_true (temp_memory_resize (&memory, 7));
  g_assert_true (temp_memory_resize (&memory, 10));
  g_assert_cmpmem (memory.data, memory.size, "secret \0\0\0", 10);

  g_assert_true (temp_memory_resize (&memory, 0));
  g_assert_true (temp_memory_resize (&memory, 3));
  g_assert_cmpmem (memory.data, memory.size, "\0\0\0", 3);

  temp_memory_clear (&memory);
}

static void
test_growth (void)
{
  TempMemory memory = { 0 };
  gsize capacity = 0;
  guint n_moves = 0;

  for (guint i = 0; i < 1000000; i++)
    {
      g_assert_true (temp_memory_write (&memory, i, "x", 1));
      n_moves += memory.capacity != capacity;
      capacity = memory.capacity;
      g_assert_cmpuint (memory.capacity, >=, memory.size);
      g_assert_cmpuint (memory.capacity / 2, <=, memory.size);
    }
  g_assert_cmpuint (n_moves, <=, 21);

  for (goffset size = 1000000; size > 0; size = size * 2 / 3)
    {
      g_assert_true (temp_memory_resize (&memory, size));
      g_assert_cmpuint (memory.size, ==, size);
      g_assert_cmpuint (memory.capacity / 2, <=, memory.size);
    }

  g_assert_true (temp_memory_resize (&memory, 0));
  g_assert_cmpuint (memory.capacity, ==, 0);
}

static void
test_first_write (void)
{
  TempMemory memory = { 0 };
  g_autofree char *data = g_malloc0 (1000);

  g_assert_true (temp_memory_write (&memory, 0, data, 1000));
  g_assert_cmpuint (memory.capacity, ==, 1000);
  temp_memory_clear (&memory);
}

static void
test_too_much (void)
{
  const goffset sizes[] = { G_GOFFSET_CONSTANT (1) << 52, G_MAXSSIZE - 1, G_MAXSSIZE };
  TempMemory memory = { 0 };

  g_assert_true (temp_memory_write (&memory, 0, "kept", 4));
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_assert_false (temp_memory_write (&memory, sizes[i], "xyz", 3));
      g_assert_false (temp_memory_resize (&memory, sizes[i]));
      g_assert_cmpmem (memory.data, memory.size, "kept", 4);
    }
  temp_memory_clear (&memory);
}

static void
run_out_of_memory (gconstpointer data)
{
  const struct rlimit none = { 0, 0 };
  g_autofree char *more = g_malloc0 (8 * 1024 * 1024);
  TempMemory memory = { 0 };

  g_assert_true (temp_memory_write (&memory, 0, "kept", 4));
  g_assert_no_errno (setrlimit (RLIMIT_AS, &none));
  if (temp_memory_write (&memory, 4, more, 8 * 1024 * 1024))
    test_child_skip ("The limit of memory is not obeyed");
  if (temp_memory_resize (&memory, 8 * 1024 * 1024))
    test_child_skip ("The limit of memory is not obeyed");
  g_assert_cmpmem (memory.data, memory.size, "kept", 4);
  g_assert_cmpuint (memory.capacity, ==, 4);
}

static void
test_out_of_memory (void)
{
  if (SANITIZED || g_getenv ("TEST_VALGRIND") != NULL)
    g_test_skip ("Sanitizers and Valgrind cannot do without memory");
  else
    test_in_child (run_out_of_memory, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/spooled/memory/takes-none-while-empty", test_empty);
  g_test_add_func ("/spooled/memory/reads-what-was-written", test_write_and_read);
  g_test_add_func ("/spooled/memory/holes-are-zeros", test_holes);
  g_test_add_func ("/spooled/memory/twice-the-size-at-most", test_growth);
  g_test_add_func ("/spooled/memory/first-write-takes-no-more", test_first_write);
  g_test_add_func ("/spooled/memory/refuses-too-much", test_too_much);
  g_test_add_func ("/spooled/memory/unchanged-if-there-is-no-more", test_out_of_memory);

  return g_test_run ();
}
