/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "platform/both.h"

#include <unistd.h>

#include "base/copy.h"
#include "base/fd.h"
#include "test-support.h"

/* The entries are all pointers. */
#define N_ENTRIES (sizeof (TempPlatform) / sizeof (gpointer))

static void
test_complete (gconstpointer data)
{
  const gpointer *entries = data;

  for (gsize i = 0; i < N_ENTRIES; i++)
    g_assert_nonnull (entries[i]);
}

static TempPlatform real;
static guint n_ranges;

static gssize
fail_copy_range (TempHandle in,
                 TempHandle out,
                 gsize      size)
{
  n_ranges++;
  errno = ENOSPC;
  return -1;
}

/* Writes one byte at a time. */
static gssize
write_little (TempHandle  handle,
              const void *data,
              gsize       size)
{
  return real.write (handle, data, MIN (size, 1));
}

static void
test_replaced (void)
{
  g_autofree char *in_path = test_path ("in");
  g_autofree char *out_path = test_path ("out");
  temp_autofd TempHandle in = -1;
  temp_autofd TempHandle out = real.create_file (TEMP_HANDLE_CURRENT_DIR, out_path, 0, 0600);
  g_autoptr (GError) error = NULL;
  TempCopy copy = { .out = out, .timeout_ms = -1 };

  test_write (in_path, "text");
  copy.in = in = real.open_file (TEMP_HANDLE_CURRENT_DIR, in_path, 0);

  /* The n-th call fails. */
  temp_platform.copy_range = fail_copy_range;
  g_assert_false (temp_copy_run (&copy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpuint (n_ranges, ==, 1);
  g_clear_error (&error);

  /* A platform without the calls of one system, and with short writes. */
  temp_platform.copy_range = test_posix.copy_range;
  temp_platform.send = test_posix.send;
  temp_platform.write = write_little;
  g_assert_true (temp_copy_run (&copy, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (copy.n_copied, ==, 4);
  test_assert_contents (out_path, "text");

  temp_platform = real;
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;

  add_both ("complete", test_complete);
  g_test_add_func ("/platform/calls-can-be-replaced", test_replaced);

  return g_test_run ();
}
