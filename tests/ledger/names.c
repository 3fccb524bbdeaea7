/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/ledger.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "temp-file.h"
#include "temp-functions.h"
#include "test-ledgers.h"
#include "test-support.h"

/* The names that a ledger makes up, and those that are the caller's. */

#define N_NAMES 100000

static void
test_draw (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (TempLedgerText) text = test_parse_own_ledger (ledger);
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < N_NAMES; i++)
    {
      TempTagKind kind = i % 3 == 0 ? TEMP_TAG_DIR : TEMP_TAG_FILE, found;
      char letters[TEMP_TAG_N_LETTERS];
      g_autofree char *name = NULL;

      g_assert_true (temp_ledger_draw (ledger, letters, kind, "/tmp", "tmp", 3, ".x"));
      name = g_strdup_printf ("tmp%.*s.x", TEMP_TAG_N_LETTERS, letters);
      g_assert_true (temp_tag_verify (name, &text->key, "/tmp", &found));
      g_assert_cmpint (found, ==, kind);

      /* Names of one prefix and suffix differ by the counter. */
      g_assert_true (g_hash_table_add (counters, g_strndup (letters, 6)));
    }
}

typedef struct
{
  TempLedger *ledger;
  gint       *n_waiting;
  char        letters[N_NAMES][TEMP_TAG_N_LETTERS];
} Drawer;

static gpointer
draw_names (gpointer data)
{
  Drawer *drawer = data;

  g_atomic_int_add (drawer->n_waiting, -1);
  while (g_atomic_int_get (drawer->n_waiting) > 0)
    ;
  for (guint i = 0; i < N_NAMES; i++)
    g_assert_true (temp_ledger_draw (drawer->ledger, drawer->letters[i], TEMP_TAG_FILE, "/tmp", "tmp", 3, ""));
  return NULL;
}

/* Two threads draw names, and do nothing else. */
static void
test_draw_in_threads (gconstpointer data)
{
  g_autoptr (TempLedger) ledger = test_open_own_ledger ();
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree Drawer *drawers = g_new (Drawer, 2);
  gint n_waiting = 2;
  GThread *thread;

  for (guint i = 0; i < 2; i++)
    {
      drawers[i].ledger = ledger;
      drawers[i].n_waiting = &n_waiting;
    }
  thread = g_thread_new ("draw", draw_names, &drawers[0]);
  draw_names (&drawers[1]);
  g_thread_join (thread);

  for (guint i = 0; i < 2; i++)
    for (guint j = 0; j < N_NAMES; j++)
      g_assert_true (g_hash_table_add (counters, g_strndup (drawers[i].letters[j], 6)));
}

/* The first counter of a ledger cannot be guessed. */
static void
test_first_counter (gconstpointer data)
{
  g_autoptr (GHashTable) counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (TempLedger) ledger = test_open_own_ledger ();
      char letters[TEMP_TAG_N_LETTERS];

      g_assert_true (temp_ledger_draw (ledger, letters, TEMP_TAG_FILE, "/tmp", "tmp", 3, ""));
      g_hash_table_add (counters, g_strndup (letters, 6));
      temp_ledger_finish_all ();
    }

  /* Two of them may be equal by chance, in one of a million runs; not all. */
  g_assert_cmpuint (g_hash_table_size (counters), >, 10);
}

/* Files */

typedef struct
{
  const char *dir;
  gboolean    is_callers;
  guint       n_names;
  GPtrArray  *names;
  int         fd; /* of the other process; else -1 */
} Maker;

static void
make_one (Maker *maker)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (maker->is_callers)
    {
      temp_autofd int fd = temp_mkstemp (maker->dir, NULL, NULL, &path, &error);

      g_assert_no_error (error);
      g_assert_cmpint (fd, >=, 0);
    }
  else
    {
      g_autoptr (TempFile) file = temp_file_new_named (maker->dir, NULL, NULL, &error);

      g_assert_no_error (error);
      path = g_strdup (temp_file_get_path (file));
    }
  g_ptr_array_add (maker->names, g_path_get_basename (path));
}

static gpointer
make_names (gpointer data)
{
  Maker *maker = data;

  maker->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < maker->n_names; i++)
    make_one (maker);
  return NULL;
}

static void
add_names (GHashTable *all,
           GPtrArray  *names)
{
  for (guint i = 0; i < names->len; i++)
    g_assert_true (g_hash_table_add (all, g_strdup (g_ptr_array_index (names, i))));
}

/* Two threads and, at the same time, two processes draw names. A caller's names have fewer letters: their files stay,
 * so that a name that is drawn twice is taken, and another one is drawn. */
static void
make_in_parallel (gboolean is_callers,
                  guint    n_names)
{
  g_autoptr (GHashTable) all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *dir = test_path ("names");
  g_autofree char *list = test_path ("list");
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  Maker makers[2] = { { dir, is_callers, n_names, NULL, -1 }, { dir, is_callers, n_names, NULL, -1 } };
  Maker first = { dir, is_callers, 1, NULL, -1 };
  GThread *thread;
  pid_t pid;

  g_assert_no_errno (mkdir (dir, 0700));
  /* Makes one name before the fork, so that the child inherits a ledger. */
  make_names (&first);
  g_ptr_array_unref (first.names);

  pid = test_fork_idle ();
  if (pid == 0)
    {
      g_autofree char *joined = NULL;

      make_names (&makers[0]);
      g_ptr_array_add (makers[0].names, NULL);
      joined = g_strjoinv ("\n", (char **) makers[0].names->pdata);
      test_write (list, joined);
      test_child_exit (0);
    }

  thread = g_thread_new ("names", make_names, &makers[1]);
  make_names (&makers[0]);
  g_thread_join (thread);
  test_assert_ends_well (pid);

  g_assert_true (g_file_get_contents (list, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", 0);
  g_assert_cmpuint (g_strv_length (lines), ==, n_names);
  for (guint i = 0; i < n_names; i++)
    g_assert_true (g_hash_table_add (all, g_strdup (lines[i])));
  add_names (all, makers[0].names);
  add_names (all, makers[1].names);
  g_assert_cmpuint (g_hash_table_size (all), ==, 3 * n_names);
  g_ptr_array_unref (makers[0].names);
  g_ptr_array_unref (makers[1].names);
  if (!is_callers)
    test_assert_list ("names", "");
}

static void
test_names (gconstpointer data)
{
  make_in_parallel (FALSE, test_is_full () ? N_NAMES : N_NAMES / 4);
}

static void
test_callers_names (gconstpointer data)
{
  make_in_parallel (TRUE, test_is_full () ? N_NAMES : N_NAMES / 10);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/private/names/differ", test_draw);
  test_add_with_ledgers ("/private/names/first-one-cannot-be-guessed", test_first_counter);

  /* Not in a child: TSan takes the locks of a forked process for held. Last, for this one has a ledger from now on. */
  g_test_add_data_func ("/private/names/differ-in-threads", NULL, test_draw_in_threads);
  g_test_add_data_func ("/private/names/differ-in-processes", NULL, test_names);
  g_test_add_data_func ("/private/names/callers-differ", NULL, test_callers_names);

  return g_test_run ();
}
