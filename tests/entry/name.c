/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/name.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

#define ALPHABET "abcdefghijklmnopqrstuvwxyz0123456789_"
#define N_LETTERS (sizeof ALPHABET - 1)

#define N_NAMES 10000
#define N_THREADS 3

/* The entry get_random of the platform is this one: the first calls fail if told so. */
static TempPlatform real;
static gint random_errno;
static gint n_random_fails;

/* If TRUE, each name says how many came before it, so that none comes twice by chance. */
static gboolean random_counts;
static gint n_counted;

/* The letters are taken from the end of the bytes, one for each byte. */
static void
count_names (guint8 *bytes,
             gsize   size)
{
  g_assert_cmpuint (size % TEMP_NAME_N_RANDOM, ==, 0);

  for (gsize i = 0; i < size; i += TEMP_NAME_N_RANDOM)
    {
      guint number = (guint) g_atomic_int_add (&n_counted, 1);

      for (guint j = 0; j < TEMP_NAME_N_RANDOM; j++, number /= N_LETTERS)
        bytes[i + j] = number % N_LETTERS;
    }
}

static int
get_random (void  *bytes,
            size_t size)
{
  if (g_atomic_int_get (&n_random_fails) > 0)
    {
      g_atomic_int_add (&n_random_fails, -1);
      errno = random_errno;
      return -1;
    }

  if (random_counts)
    {
      count_names (bytes, size);
      return 0;
    }

  return real.get_random (bytes, size);
}

static void
init_name (TempName   *name,
           const char *dir,
           const char *prefix,
           const char *suffix)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_name_init (name, dir, prefix, suffix, TEMP_NAME_N_RANDOM, &error));
  g_assert_no_error (error);
}

static void
randomize (TempName *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_name_randomize (name, &error));
  g_assert_no_error (error);
}

static void
assert_name (const char *dir,
             const char *prefix,
             const char *suffix,
             const char *before,
             const char *after)
{
  g_auto (TempName) name = { 0 };

  init_name (&name, dir, prefix, suffix);
  randomize (&name);

  g_assert_true (g_str_has_prefix (name.path, before));
  g_assert_true (g_str_has_suffix (name.path, after));
  g_assert_cmpuint (strlen (name.path), ==, strlen (before) + TEMP_NAME_N_RANDOM + strlen (after));
  g_assert_cmpuint (strspn (name.path + strlen (before), ALPHABET), >=, TEMP_NAME_N_RANDOM);
  g_assert_true (name.random == name.path + strlen (before));
  g_assert_true (name.base == strrchr (name.path, '/') + 1);
}

static void
test_layout (void)
{
  assert_name ("/d", NULL, NULL, "/d/tmp", "");
  assert_name ("/d", "p", "s", "/d/p", "s");
  assert_name ("/d", "", "", "/d/", "");
  assert_name ("/d", "", ".txt", "/d/", ".txt");
  assert_name ("/", NULL, NULL, "/tmp", "");
  assert_name ("/d/", "p-", NULL, "/d/p-", "");
  assert_name ("/d", "pre fix\n", "*", "/d/pre fix\n", "*");
  assert_name ("/d\xff", "\xc3\x28", "\xfe", "/d\xff/\xc3\x28", "\xfe");
}

static void
assert_refused (const char *prefix,
                const char *suffix,
                const char *mentioned)
{
  g_auto (TempName) name = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (temp_name_init (&name, "/d", prefix, suffix, TEMP_NAME_N_RANDOM, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
  test_assert_error_mentions (error, mentioned);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_slash (void)
{
  assert_refused ("a/b", NULL, "prefix “a/b”");
  assert_refused ("/", "s", "prefix “/”");
  assert_refused ("../", NULL, "prefix");
  assert_refused (NULL, "/s", "suffix “/s”");
  assert_refused ("p", "x/", "suffix “x/”");
  assert_refused ("\xff/", NULL, "prefix");
}

static void
test_clear (void)
{
  TempName name = { 0 };

  temp_name_clear (&name);
  init_name (&name, "/d", NULL, NULL);
  temp_name_clear (&name);
  g_assert_null (name.path);
  g_assert_null (name.base);
  g_assert_null (name.random);
  temp_name_clear (&name);
}

/* Bytes modulo the alphabet would make its last three letters an eighth rarer. The tolerance is over six standard
 * deviations of chance. */
static void
test_uniform (void)
{
  const guint n_names = 20000;
  const guint expected = n_names * TEMP_NAME_N_RANDOM / N_LETTERS;
  g_auto (TempName) name = { 0 };
  guint counts[N_LETTERS] = { 0, };

  init_name (&name, "/d", "", "");
  for (guint i = 0; i < n_names; i++)
    {
      randomize (&name);
      for (guint j = 0; j < TEMP_NAME_N_RANDOM; j++)
        {
          const char *letter = strchr (ALPHABET, name.random[j]);

          g_assert_nonnull (letter);
          counts[letter - ALPHABET]++;
        }
    }

  for (guint i = 0; i < N_LETTERS; i++)
    {
      g_assert_cmpuint (counts[i], >, expected * 9 / 10);
      g_assert_cmpuint (counts[i], <, expected * 11 / 10);
    }
}

static gpointer
draw_many (gpointer data)
{
  g_auto (TempName) name = { 0 };
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  init_name (&name, "/d", "", "");
  for (guint i = 0; i < N_NAMES; i++)
    {
      randomize (&name);
      g_ptr_array_add (names, g_strdup (name.base));
    }

  return names;
}

/* No thread draws what another has drawn. */
static void
test_threads (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GThread *threads[N_THREADS];
  GPtrArray *names[N_THREADS];

  random_counts = TRUE;
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("draw", draw_many, NULL);
  for (guint i = 0; i < N_THREADS; i++)
    {
      names[i] = g_thread_join (threads[i]);
      for (guint j = 0; j < names[i]->len; j++)
        g_assert_true (g_hash_table_add (seen, g_ptr_array_index (names[i], j)));
    }
  random_counts = FALSE;

  for (guint i = 0; i < N_THREADS; i++)
    g_ptr_array_unref (names[i]);
}

/* Draws a name in a child, which has a copy of this process's memory. */
static void
draw_in_child (gboolean  raw,
               TempName *name,
               char     *random)
{
  int pipe_fds[2];
  int status;
  pid_t pid;

  g_assert_no_errno (pipe (pipe_fds));
  pid = raw ? (pid_t) syscall (SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork ();
  g_assert_no_errno (pid);
  if (pid == 0)
    {
      if (!temp_name_randomize (name, NULL))
        test_child_exit (1);
      if (write (pipe_fds[1], name->random, TEMP_NAME_N_RANDOM) != TEMP_NAME_N_RANDOM)
        test_child_exit (2);
      test_child_exit (0);
    }

  close (pipe_fds[1]);
  g_assert_cmpint (read (pipe_fds[0], random, TEMP_NAME_N_RANDOM), ==, TEMP_NAME_N_RANDOM);
  close (pipe_fds[0]);
  random[TEMP_NAME_N_RANDOM] = '\0';
  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_cmpint (status, ==, 0);
}

static void
test_fork (gconstpointer data)
{
  gboolean raw = GPOINTER_TO_INT (data);
  g_auto (TempName) name = { 0 };
  char first[TEMP_NAME_N_RANDOM + 1], second[TEMP_NAME_N_RANDOM + 1];

  init_name (&name, "/d", "", "");

  /* A stock of random bytes, if there were one, would end somewhere in between. */
  for (guint i = 0; i < 40; i++)
    {
      randomize (&name);
      draw_in_child (raw, &name, first);
      draw_in_child (raw, &name, second);
      randomize (&name);

      g_assert_cmpstr (first, !=, second);
      g_assert_cmpstr (name.random, !=, first);
      g_assert_cmpstr (name.random, !=, second);
    }
}

/* The first draw fails, the second succeeds. */
static void
test_no_random (void)
{
  g_auto (TempName) name = { 0 };
  g_autoptr (GError) error = NULL;

  random_errno = ENOSYS;
  g_atomic_int_set (&n_random_fails, 1);
  init_name (&name, "/some/where", NULL, NULL);
  g_assert_false (temp_name_randomize (&name, &error));
  g_assert_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (ENOSYS));
  test_assert_error_mentions (error, "/some/where");
  test_assert_error_mentions (error, g_strerror (ENOSYS));

  randomize (&name);
  g_assert_cmpuint (strspn (name.random, ALPHABET), ==, TEMP_NAME_N_RANDOM);
  g_assert_cmpint (g_atomic_int_get (&n_random_fails), ==, 0);
}

/* Early in the boot, while the kernel has no random numbers yet, a signal interrupts waiting for them. */
static void
test_interrupted (void)
{
  g_auto (TempName) name = { 0 };

  random_errno = EINTR;
  g_atomic_int_set (&n_random_fails, 2);
  init_name (&name, "/d", NULL, NULL);
  randomize (&name);
  g_assert_cmpint (g_atomic_int_get (&n_random_fails), ==, 0);
}

/* A sandbox that refuses it. */
static void
child_refused_random (gconstpointer data)
{
  g_auto (TempName) name = { 0 };
  g_autoptr (GError) error = NULL;

  init_name (&name, "/d", NULL, NULL);
  if (!test_fail_syscall (SYS_getrandom, EPERM))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_name_randomize (&name, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_refused_random (void)
{
  test_in_child (child_refused_random, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.get_random = get_random;

  g_test_add_func ("/name/has-prefix-random-part-and-suffix", test_layout);
  g_test_add_func ("/name/has-no-slash", test_slash);
  g_test_add_func ("/name/can-be-cleared-at-any-time", test_clear);
  g_test_add_func ("/private/each-letter-is-as-likely", test_uniform);
  g_test_add_func ("/private/no-two-threads-draw-one-name", test_threads);
  g_test_add_data_func ("/private/no-child-draws-its-parents-name", GINT_TO_POINTER (FALSE), test_fork);
  g_test_add_data_func ("/private/no-child-draws-its-parents-name/after-a-bare-clone", GINT_TO_POINTER (TRUE), test_fork);
  g_test_add_func ("/private/no-random-bytes-is-an-error", test_no_random);
  g_test_add_func ("/name/a-signal-while-waiting-for-random-bytes-is-no-error", test_interrupted);
  g_test_add_func ("/private/refused-random-bytes-are-an-error", test_refused_random);

  return g_test_run ();
}
