/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/error.h"

#include <errno.h>

#include "test-support.h"

static void
test_message (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("Could not do it to “/a b/c”: %s", g_strerror (ENOSPC));

  temp_error_from_errno (&error, ENOSPC, "Could not do it to “%s”: %s", "/a b/c");
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
test_codes (void)
{
  static const int errnos[] = { ENOENT, EEXIST, EACCES, EPERM, EROFS, EMFILE, ENAMETOOLONG, EBUSY, ENOTDIR, 9999 };

  for (gsize i = 0; i < G_N_ELEMENTS (errnos); i++)
    {
      g_autoptr (GError) error = NULL;

      errno = 0;
      temp_error_from_errno (&error, errnos[i], "Could not “%s”: %s", "/p");
      g_assert_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (errnos[i]));
      test_assert_error_mentions (error, g_strerror (errnos[i]));
    }
}

static void
test_nobody_asks (void)
{
  temp_error_from_errno (NULL, ENOENT, "Could not “%s”: %s", "/p");
}

/* Messages are UTF-8, whatever the bytes of the path. */
static void
test_invalid_utf8 (void)
{
  g_autoptr (GError) error = NULL;

  temp_error_from_errno (&error, ENOENT, "Could not “%s”: %s", "/p\xff\xfe/q");
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  test_assert_error_mentions (error, "/p");
  test_assert_error_mentions (error, "/q");
}

/* A sentence may name no path. A path that looks like a place for the cause is none. */
static void
test_places (void)
{
  g_autoptr (GError) alone = NULL;
  g_autoptr (GError) odd = NULL;

  temp_error_set (&alone, G_IO_ERROR, G_IO_ERROR_BUSY, "Could not: %s", NULL, "it %s is");
  g_assert_cmpstr (alone->message, ==, "Could not: it %s is");
  temp_error_set (&odd, G_IO_ERROR, G_IO_ERROR_BUSY, "Could not “%s”: %s", "/%s: %d", "100% full");
  g_assert_cmpstr (odd->message, ==, "Could not “/%s: %d”: 100% full");
  g_assert_cmpstr (temp_error_get_cause (odd), ==, "100% full");
}

/* The new error has the code and the cause of the other one, and not its path; but a cancellation stays as it is. */
static void
test_from_cause (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) cancelled = NULL;

  temp_error_from_cause (&error, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "In /proc/self/fd/3: it is full"),
                         "Could not save “%s”: %s", "/p");
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpstr (error->message, ==, "Could not save “/p”: it is full");

  temp_error_from_cause (&cancelled, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "It: was cancelled"),
                         "Could not save “%s”: %s", "/p");
  g_assert_cmpstr (cancelled->message, ==, "It: was cancelled");

  temp_error_from_cause (NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "It is busy"), "“%s”: %s", "/p");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/error/names-path-and-cause", test_message);
  g_test_add_func ("/error/has-the-code-of-errno", test_codes);
  g_test_add_func ("/error/nobody-asks", test_nobody_asks);
  g_test_add_func ("/error/is-utf8-whatever-the-path", test_invalid_utf8);

  g_test_add_func ("/error/fills-the-places-of-a-sentence", test_places);
  g_test_add_func ("/error/of-another-one-has-its-cause", test_from_cause);

  return g_test_run ();
}
