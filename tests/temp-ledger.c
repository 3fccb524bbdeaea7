/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "temp-fd-private.h"
#include "temp-ledger-dir-private.h"
#include "temp-ledger-read-private.h"
#include "test-moments.h"
#include "test-support.h"

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SANITIZED TRUE
#elif defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define SANITIZED TRUE
#endif
#endif
#ifndef SANITIZED
#define SANITIZED FALSE
#endif

#define SLOT_RECORDS 7 /* in the first page */
#define N_KINDS 8      /* that have a name reserved ahead */

static const TempIdentity the_parent = { .dev = 10, .ino = 20 };

/* What is made, as far as the ledger is concerned. */
typedef struct
{
  TempLedgerClaim claim;
  TempName        name;
  TempIdentity    identity;
} Thing;

/* So many under Valgrind, where each takes long, or 20 times, or 100 times as many. */
static guint
scale (guint n)
{
  if (g_getenv ("TEST_VALGRIND") != NULL)
    return n;
  return n * (SANITIZED ? 20 : 100);
}

static void
init_thing (Thing      *thing,
            const char *dir,
            const char *prefix,
            const char *suffix)
{
  static gint last;

  *thing = (Thing) {
    .identity = {
      .dev = 10,
      .ino = g_atomic_int_add (&last, 1) + 1,
      .birth_sec = 5,
      .birth_nsec = 6,
      .has_birth = TRUE,
    },
  };
  g_assert_true (temp_name_init (&thing->name, dir, prefix, suffix, NULL));
}

static void
reserve (Thing *thing)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_ledger_reserve (&thing->claim, &the_parent, &thing->name, &error));
  g_assert_no_error (error);
  g_assert_null (strchr (thing->name.random, '*'));
}

static void
make (Thing      *thing,
      const char *dir,
      const char *prefix,
      const char *suffix)
{
  init_thing (thing, dir, prefix, suffix);
  reserve (thing);
  g_assert_true (temp_ledger_complete (&thing->claim, &the_parent, &thing->name, &thing->identity));
}

static void
release (Thing *thing)
{
  temp_ledger_release (&thing->claim);
  g_assert_cmpuint (thing->claim.slot, ==, 0);
  temp_name_clear (&thing->name);
}

static gboolean
is_kept (void)
{
  g_autofree char *path = temp_ledger_dup_path ();

  return path != NULL;
}

static void
open_ledger (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (temp_ledger_open (&error));
  g_assert_no_error (error);
  g_assert_true (is_kept ());
}

/* What a sweep would read now. */
static GPtrArray *
read_records (const char *path)
{
  temp_autofd int fd = open (path, O_RDONLY | O_CLOEXEC);
  TempLedgerOrigin origin;
  GPtrArray *records;

  g_assert_no_errno (fd);
  g_assert_cmpint (temp_ledger_read (fd, &origin, &records), ==, TEMP_LEDGER_GOOD);
  return records;
}

static GPtrArray *
read_own (void)
{
  g_autofree char *path = temp_ledger_dup_path ();

  return read_records (path);
}

static guint
count (TempLedgerState state)
{
  g_autoptr (GPtrArray) records = read_own ();
  guint n = 0;

  for (guint i = 0; i < records->len; i++)
    if (((TempLedgerRecord *) g_ptr_array_index (records, i))->state == state)
      n++;

  return n;
}

/* Gives the number of times that the thing is in it as that. */
static guint
find (GPtrArray       *records,
      const Thing     *thing,
      TempLedgerState  state)
{
  guint n = 0;

  for (guint i = 0; i < records->len; i++)
    {
      const TempLedgerRecord *record = g_ptr_array_index (records, i);

      if (record->state != state || strcmp (record->name.path, thing->name.path) != 0)
        continue;
      n++;
      g_assert_cmpuint (record->parent.dev, ==, the_parent.dev);
      g_assert_cmpuint (record->parent.ino, ==, the_parent.ino);
      g_assert_cmpint (record->name.base - record->name.path, ==, thing->name.base - thing->name.path);
      if (state == TEMP_LEDGER_COMPLETE)
        {
          g_assert_cmpuint (record->identity.dev, ==, thing->identity.dev);
          g_assert_cmpuint (record->identity.ino, ==, thing->identity.ino);
          g_assert_cmpint (record->identity.birth_sec, ==, thing->identity.birth_sec);
          g_assert_cmpuint (record->identity.birth_nsec, ==, thing->identity.birth_nsec);
          g_assert_cmpint (record->identity.has_birth, ==, thing->identity.has_birth);
        }
    }

  return n;
}

static void
assert_listed (const Thing     *thing,
               TempLedgerState  state,
               guint            n)
{
  g_autoptr (GPtrArray) records = read_own ();

  g_assert_cmpuint (find (records, thing, state), ==, n);
}

static gsize
get_size (void)
{
  g_autofree char *path = temp_ledger_dup_path ();
  struct stat st;

  g_assert_no_errno (stat (path, &st));
  return st.st_size;
}

/* The descriptor of a ledger that this process has open, or -1. */
static int
find_fd (void)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *fd;

  while ((fd = g_dir_read_name (fds)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", fd, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      if (target != NULL && strstr (target, "/ledger-") != NULL)
        return atoi (fd);
    }

  return -1;
}

static void
test_open (gconstpointer data)
{
  g_autofree char *state = test_path ("state/tempfile-glib");
  g_autofree char *path = NULL;
  g_autofree char *again = NULL;
  struct stat st;
  int fd;

  g_assert_false (is_kept ());
  g_assert_null (temp_ledger_dup_path ());
  open_ledger ();
  path = temp_ledger_dup_path ();
  g_assert_true (g_str_has_prefix (path, state));
  g_assert_no_errno (lstat (path, &st));
  g_assert_cmphex (st.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpint (st.st_size, ==, (1 + SLOT_RECORDS) * TEMP_LEDGER_SLOT); /* has room, whatever the disk has */
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED) + count (TEMP_LEDGER_COMPLETE), ==, 0);

  open_ledger ();
  again = temp_ledger_dup_path ();
  g_assert_cmpstr (again, ==, path);

  /* High, so that programs that close what is not theirs do not close it; locked, so that no
   * sweep takes it, not even this process's. */
  fd = find_fd ();
  g_assert_cmpint (fd, >=, 256);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (temp_ledger_take (AT_FDCWD, path, FALSE), ==, -1);
}

static void
test_few_descriptors (gconstpointer data)
{
  Thing thing;

  test_limit_fds (64);
  open_ledger ();
  g_assert_cmpint (find_fd (), <, 64);
  make (&thing, "/d", NULL, NULL);
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
}

/* What is opened again may get the number that was closed. */
static void
test_same_descriptor (gconstpointer data)
{
  Thing first, second;
  int fd, last = -1;

  test_limit_fds (64);
  open_ledger ();
  fd = find_fd ();
  make (&first, "/d", NULL, NULL);
  for (int copy = dup (STDERR_FILENO); copy < fd; copy = dup (STDERR_FILENO))
    last = copy;
  g_assert_cmpint (last, >=, 0);
  close (last);
  close (fd);

  make (&second, "/d", NULL, NULL);
  g_assert_cmpint (find_fd (), ==, fd);
  assert_listed (&first, TEMP_LEDGER_COMPLETE, 1);
  assert_listed (&second, TEMP_LEDGER_COMPLETE, 1);
}

static void
test_record (gconstpointer data)
{
  Thing thing;

  open_ledger ();
  init_thing (&thing, "/some/dir", "pre", "suf");
  reserve (&thing);
  g_assert_cmpuint (thing.claim.slot, >, 0);
  assert_listed (&thing, TEMP_LEDGER_RESERVED, 1);

  /* The next name of the same kind comes with it. */
  g_assert_true (temp_ledger_complete (&thing.claim, &the_parent, &thing.name, &thing.identity));
  assert_listed (&thing, TEMP_LEDGER_RESERVED, 0);
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 1);

  temp_ledger_clear (&thing.claim, FALSE);
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 0);
  g_assert_cmpuint (thing.claim.slot, ==, 0);
  temp_ledger_clear (&thing.claim, TRUE);
  release (&thing);
}

/* A name that is taken: the record is written over. */
static void
test_another_name (gconstpointer data)
{
  g_autofree char *first = NULL;
  Thing thing;
  guint slot;

  open_ledger ();
  init_thing (&thing, "/d", NULL, NULL);
  reserve (&thing);
  slot = thing.claim.slot;
  first = g_strdup (thing.name.path);
  reserve (&thing);
  g_assert_cmpstr (thing.name.path, !=, first);
  g_assert_cmpuint (thing.claim.slot, ==, slot);
  assert_listed (&thing, TEMP_LEDGER_RESERVED, 1);
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 1);
  release (&thing);
}

/* Nothing is written for a name that was reserved ahead. */
static void
test_ahead (gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  Thing first, second;
  gsize size_before, size_after;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&first, "/d", "pre", "suf");
  g_assert_true (g_file_get_contents (path, &before, &size_before, NULL));
  init_thing (&second, "/d", "pre", "suf");
  reserve (&second);
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size_before, after, size_after);
  assert_listed (&second, TEMP_LEDGER_RESERVED, 1);
  g_assert_cmpstr (first.name.path, !=, second.name.path);

  if (!test_fail_syscall (SYS_pwrite64, EIO))
    test_child_skip ("no filters of system calls here");
  release (&second);
  g_assert_true (is_kept ());
}

/* One that only differs in something is no name of the same kind. */
static void
test_kinds (gconstpointer data)
{
  const TempIdentity other_parents[] = { { .dev = 11, .ino = 20 }, { .dev = 10, .ino = 21 } };
  static const char *const others[][3] = {
    { "/d", "pre", "suF" }, { "/d", "pre", "suf1" }, { "/d", "prE", "suf" }, { "/d", "pr", "suf" },
    { "/e", "pre", "suf" }, { "/d/pre", "", "suf" }, { "/d", "pre", "" },
  };
  Thing first, thing;

  open_ledger ();
  make (&first, "/d", "pre", "suf");
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      init_thing (&thing, others[i][0], others[i][1], others[i][2]);
      reserve (&thing);
      g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 2);
      temp_ledger_clear (&thing.claim, FALSE);
      release (&thing);
    }
  for (guint i = 0; i < G_N_ELEMENTS (other_parents); i++)
    {
      init_thing (&thing, "/d", "pre", "suf");
      g_assert_true (temp_ledger_reserve (&thing.claim, &other_parents[i], &thing.name, NULL));
      g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 2);
      temp_ledger_clear (&thing.claim, FALSE);
      release (&thing);
    }

  init_thing (&thing, "/d", "pre", "suf");
  reserve (&thing);
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 1);
  release (&thing);
  release (&first);
}

/* Whether the reserving of one of that kind, which is given back, writes nothing. */
static gboolean
is_ahead (const char *prefix)
{
  g_autofree char *path = temp_ledger_dup_path ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size_before, size_after;
  Thing thing;

  g_assert_true (g_file_get_contents (path, &before, &size_before, NULL));
  init_thing (&thing, "/d", prefix, NULL);
  reserve (&thing);
  release (&thing);
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  return size_before == size_after && memcmp (before, after, size_before) == 0;
}

/* The kind that was not used for longest makes room for another. */
static void
test_eviction (gconstpointer data)
{
  Thing things[N_KINDS + 1];

  open_ledger ();
  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);

      if (i == N_KINDS)
        {
          release (&things[0]);
          make (&things[0], "/d", "kind0-", NULL);
        }
      make (&things[i], "/d", prefix, NULL);
    }

  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);

      g_assert_cmpint (is_ahead (prefix), ==, i != 1);
      assert_listed (&things[i], TEMP_LEDGER_COMPLETE, 1);
      release (&things[i]);
    }
}

/* The slots of those that had to go are used again. */
static void
test_many_kinds (gconstpointer data)
{
  guint n = scale (10);

  open_ledger ();
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);
      Thing thing;

      make (&thing, "/d", prefix, NULL);
      release (&thing);
    }
  g_assert_cmpuint (get_size (), <=, 3 * N_KINDS * TEMP_LEDGER_SLOT);
}

static void
test_cycles (gconstpointer data)
{
  guint n = g_test_slow () ? 1000000 : scale (1000);

  open_ledger ();
  for (guint i = 0; i < n; i++)
    {
      Thing thing;

      make (&thing, "/d", (i & 1) != 0 ? "a" : "b", NULL);
      if ((i & 2) != 0)
        temp_ledger_clear (&thing.claim, FALSE);
      release (&thing);
    }
  g_assert_cmpuint (get_size (), <, 8 * 1024);
}

/* The same with names of different lengths, some of which are there for long. Each time the same ones, since
 * how large it becomes depends on them. */
static void
test_mixed_cycles (gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint n = scale (300);
  Thing things[16] = { 0 };

  open_ledger ();
  for (guint i = 0; i < n; i++)
    {
      Thing *thing = &things[g_rand_int_range (random, 0, G_N_ELEMENTS (things))];
      g_autofree char *dir = g_strnfill (g_rand_int_range (random, 1, 1500), 'd');

      dir[0] = '/';
      if (thing->name.path != NULL)
        release (thing);
      make (thing, dir, NULL, NULL);
    }

  g_assert_cmpuint (get_size (), <, 64 * 1024);
  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    if (things[i].name.path != NULL)
      assert_listed (&things[i], TEMP_LEDGER_COMPLETE, 1);
}

static void
test_many (gconstpointer data)
{
  guint n = scale (100);
  g_autofree Thing *things = g_new (Thing, n);
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) records = NULL;
  gsize size;

  open_ledger ();
  for (guint i = 0; i < n; i++)
    make (&things[i], "/d", NULL, NULL);
  records = read_own ();
  for (guint i = 0; i < records->len; i++)
    g_hash_table_add (paths, ((TempLedgerRecord *) g_ptr_array_index (records, i))->name.path);
  for (guint i = 0; i < n; i++)
    g_assert_true (g_hash_table_contains (paths, things[i].name.path));
  g_assert_cmpuint (records->len, ==, n + 1);
  size = get_size ();
  g_assert_cmpuint (size, <, (n + 16) * TEMP_LEDGER_SLOT);

  for (guint i = 0; i < n; i++)
    release (&things[i]);
  for (guint i = 0; i < n; i++)
    make (&things[i], "/d", NULL, NULL);
  g_assert_cmpuint (get_size (), <=, size + TEMP_LEDGER_SLOT);
}

static void
test_long_names (gconstpointer data)
{
  static const gsize lengths[] = { 400, 430, 500, 1000, 5000, 100 * 1024 };
  Thing things[2 * G_N_ELEMENTS (lengths)];

  open_ledger ();
  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    {
      g_autofree char *dir = g_strnfill (lengths[i / 2], 'd');

      dir[0] = '/';
      make (&things[i], dir, NULL, NULL);
      g_assert_cmpuint (things[i].claim.n_slots, ==, temp_ledger_count_slots (&things[i].name));
    }
  for (guint i = 0; i < G_N_ELEMENTS (things); i++)
    assert_listed (&things[i], TEMP_LEDGER_COMPLETE, 1);
  for (guint i = 0; i < G_N_ELEMENTS (things); i += 2)
    {
      temp_ledger_clear (&things[i].claim, FALSE);
      assert_listed (&things[i], TEMP_LEDGER_COMPLETE, 0);
      assert_listed (&things[i + 1], TEMP_LEDGER_COMPLETE, 1);
    }
}

/* A record that is released stays until its slot is used again; one that is cleared does not. */
static void
test_release (gconstpointer data)
{
  Thing released, cleared;

  open_ledger ();
  make (&released, "/d", "a", NULL);
  make (&cleared, "/d", "b", NULL);
  temp_ledger_release (&released.claim);
  assert_listed (&released, TEMP_LEDGER_COMPLETE, 1);
  g_assert_true (temp_ledger_clear (&cleared.claim, FALSE));
  assert_listed (&cleared, TEMP_LEDGER_COMPLETE, 0);
  g_assert_cmpuint (released.claim.slot + cleared.claim.slot, ==, 0);

  g_assert_true (temp_ledger_clear (&cleared.claim, FALSE));
  release (&cleared);
  release (&released);
}

static void
test_enter (gconstpointer data)
{
  Thing thing;

  init_thing (&thing, "/d", NULL, NULL);
  temp_name_clear (&thing.name);
  temp_name_set_path (&thing.name, "/some/where");
  g_assert_false (temp_ledger_enter (&thing.claim, &the_parent, &thing.name, &thing.identity));
  g_assert_cmpuint (thing.claim.slot, ==, 0);

  open_ledger ();
  g_assert_true (temp_ledger_enter (&thing.claim, &the_parent, &thing.name, &thing.identity));
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 0);

  /* Again, as something that is known better now. */
  thing.identity.ino = 77;
  g_assert_true (temp_ledger_enter (&thing.claim, &the_parent, &thing.name, &thing.identity));
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
  g_assert_true (temp_ledger_complete (&thing.claim, &the_parent, &thing.name, &thing.identity));
  g_assert_cmpuint (count (TEMP_LEDGER_RESERVED), ==, 0);
  temp_ledger_clear (&thing.claim, TRUE);
  g_assert_cmpuint (count (TEMP_LEDGER_COMPLETE), ==, 0);
}

/* Trouble */

static void
test_no_ledger (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *runtime = test_path ("runtime");
  g_autoptr (GError) error = NULL;
  Thing thing;

  test_write (state, "");
  test_write (runtime, "");
  g_assert_false (temp_ledger_open (NULL));
  g_assert_false (temp_ledger_open (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  test_assert_error_mentions (error, state);
  g_assert_false (is_kept ());
  g_assert_null (temp_ledger_dup_path ());

  init_thing (&thing, "/d", NULL, NULL);
  reserve (&thing);
  g_assert_false (temp_ledger_complete (&thing.claim, &the_parent, &thing.name, &thing.identity));
  temp_ledger_clear (&thing.claim, TRUE);
  release (&thing);
  temp_ledger_close ();

  /* Only who wants to know why makes it try again. */
  g_assert_no_errno (g_unlink (runtime));
  g_assert_false (temp_ledger_open (NULL));
  open_ledger ();
  {
    g_autofree char *path = temp_ledger_dup_path ();

    g_assert_true (g_str_has_prefix (path, runtime));
  }
}

/* The first page has room for some. */
static void
fill_first_page (Thing *things)
{
  for (guint i = 0; i < SLOT_RECORDS; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);

      init_thing (&things[i], "/d", prefix, NULL);
      reserve (&things[i]);
      g_assert_cmpuint (things[i].claim.slot, ==, i + 1);
    }
}

static void
assert_goes_on (Thing *things)
{
  Thing more;

  for (guint i = 0; i < SLOT_RECORDS; i++)
    assert_listed (&things[i], TEMP_LEDGER_RESERVED, 1);

  /* The last one has no room for another beside it; the first one is where none is needed. */
  for (guint i = 0; i < 3; i++)
    {
      init_thing (&more, "/d", "more", NULL);
      reserve (&more);
      g_assert_cmpuint (more.claim.slot, ==, 0);
      g_assert_false (temp_ledger_complete (&more.claim, &the_parent, &more.name, &more.identity));
      g_assert_false (temp_ledger_enter (&more.claim, &the_parent, &more.name, &more.identity));
      release (&more);
    }
  g_assert_true (is_kept ());

  /* Room that is given back is used. */
  release (&things[2]);
  release (&things[3]);
  init_thing (&more, "/d", "more", NULL);
  reserve (&more);
  g_assert_cmpuint (more.claim.slot, ==, 3);
  g_assert_true (temp_ledger_complete (&more.claim, &the_parent, &more.name, &more.identity));
  assert_listed (&more, TEMP_LEDGER_COMPLETE, 1);
  temp_ledger_clear (&more.claim, TRUE);
  assert_listed (&more, TEMP_LEDGER_COMPLETE, 0);
  g_assert_true (is_kept ());
}

static void
test_file_limit (gconstpointer data)
{
  const struct rlimit limit = { 8 * TEMP_LEDGER_SLOT, 8 * TEMP_LEDGER_SLOT };
  Thing things[SLOT_RECORDS];

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  open_ledger ();
  fill_first_page (things);
  assert_goes_on (things);
}

static void
assert_given_up (const char *path)
{
  g_assert_false (is_kept ());
  g_assert_null (temp_ledger_dup_path ());
  test_assert_exists (path, FALSE);
}

/* What is beyond it by now is not written to, which would kill the process. */
static void
test_lowered_file_limit (gconstpointer data)
{
  const struct rlimit limit = { 8 * TEMP_LEDGER_SLOT, RLIM_INFINITY };
  g_autofree char *path = NULL;
  Thing things[SLOT_RECORDS];
  Thing last, more;

  open_ledger ();
  path = temp_ledger_dup_path ();
  fill_first_page (things);
  make (&last, "/d", "last", NULL);
  g_assert_cmpuint (last.claim.slot, >=, 8);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));

  init_thing (&more, "/d", "more", NULL);
  reserve (&more);
  g_assert_cmpuint (more.claim.slot, ==, 0);
  g_assert_true (temp_ledger_complete (&things[0].claim, &the_parent, &things[0].name, &things[0].identity));
  g_assert_true (is_kept ());

  g_assert_false (temp_ledger_has (&more.claim));
  g_assert_true (temp_ledger_has (&last.claim));
  temp_ledger_clear (&last.claim, FALSE);
  assert_given_up (path);
  g_assert_false (temp_ledger_has (&things[0].claim));
}

/* As a sandbox has it: what was made before is still to be deleted. */
static void
test_no_files (gconstpointer data)
{
  const struct rlimit none = { 0, 0 };
  g_autofree char *path = NULL;
  Thing thing;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&thing, "/d", NULL, NULL);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  g_assert_true (temp_ledger_clear (&thing.claim, TRUE));
  assert_given_up (path);
}

/* A disk that is full: but for the page that was written at once. */
static void
test_full_disk (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *filler = test_path ("state/filler");
  const guint8 page[4096] = { 0 };
  Thing things[SLOT_RECORDS];
  temp_autofd int fd = -1;

  g_assert_no_errno (g_mkdir (state, 0700));
  if (!test_mount_tmpfs (state, "size=64k,mode=700"))
    test_child_skip ("no mounts here");
  open_ledger ();
  g_assert_no_errno (fd = open (filler, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  while (write (fd, page, sizeof page) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  fill_first_page (things);
  assert_goes_on (things);
}

/* No room even for that: it is in the other directory. */
static void
test_full_from_the_start (gconstpointer data)
{
  g_autofree char *state = test_path ("state");
  g_autofree char *runtime = test_path ("runtime");
  g_autofree char *filler = test_path ("state/filler");
  g_autofree char *first = NULL;
  g_autofree char *path = NULL;
  g_autofree char *names = NULL;
  const guint8 page[4096] = { 0 };
  temp_autofd int fd = -1;

  g_assert_no_errno (g_mkdir (state, 0700));
  if (!test_mount_tmpfs (state, "size=64k,mode=700"))
    test_child_skip ("no mounts here");
  g_assert_no_errno (fd = open (filler, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  while (write (fd, page, sizeof page) > 0)
    ;
  open_ledger ();
  path = temp_ledger_dup_path ();
  g_assert_true (g_str_has_prefix (path, runtime));
  first = temp_ledger_dir_get_path (0);
  names = test_list (first);
  g_assert_cmpstr (names, ==, "");
}

/* What could not be taken out of it would be deleted after a crash. */
static void
test_clear_fails (gconstpointer data)
{
  g_autofree char *path = NULL;
  Thing thing, other;
  int fd;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&thing, "/d", NULL, NULL);
  make (&other, "/d", NULL, NULL);
  fd = find_fd ();
  if (!test_fail_syscall_on (SYS_pwrite64, EIO, fd))
    test_child_skip ("no filters of system calls here");
  temp_ledger_clear (&thing.claim, FALSE);
  g_assert_cmpuint (thing.claim.slot, ==, 0);
  assert_given_up (path);

  /* Another thread may be about to write to it: nothing else gets that descriptor. */
  g_assert_cmpint (find_fd (), ==, fd);
  g_assert_false (temp_ledger_complete (&other.claim, &the_parent, &other.name, &other.identity));
  temp_ledger_clear (&other.claim, TRUE);
  temp_ledger_close ();

  /* The next one is another one, in which the old claims are none. */
  open_ledger ();
  make (&other, "/d", NULL, NULL);
  thing.claim = (TempLedgerClaim) { .slot = other.claim.slot, .n_slots = 1, .serial = other.claim.serial - 1 };
  temp_ledger_clear (&thing.claim, FALSE);
  assert_listed (&other, TEMP_LEDGER_COMPLETE, 1);
}

/* As long as one is still there, nothing in it is cleared, whatever becomes of the next one. */
static void
test_remove_fails (gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *away = test_path ("away");
  Thing first, second, third;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&first, "/d", NULL, NULL);
  g_assert_no_errno (close (find_fd ()));
  g_assert_no_errno (g_rename (path, away));
  g_assert_no_errno (g_mkdir (path, 0700));
  g_assert_false (temp_ledger_clear (&first.claim, TRUE));
  g_assert_false (is_kept ());

  open_ledger ();
  make (&second, "/d", NULL, NULL);
  make (&third, "/d", NULL, NULL);
  g_assert_false (temp_ledger_clear (&second.claim, TRUE));
  g_assert_false (temp_ledger_clear (&first.claim, TRUE));
  assert_listed (&third, TEMP_LEDGER_COMPLETE, 1);

  g_assert_no_errno (g_rmdir (path));
  g_assert_true (temp_ledger_clear (&first.claim, TRUE));
  assert_listed (&third, TEMP_LEDGER_COMPLETE, 1);
}

/* Somebody closes the descriptor, another thread gives the ledger up, and a third one opens the next. */
static gboolean
change_ledgers (gpointer data)
{
  Thing *next = data;
  g_autofree char *path = temp_ledger_dup_path ();
  int fd = find_fd ();
  int other = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  Thing lost;

  g_assert_no_errno (other);
  g_assert_no_errno (dup2 (other, fd)); /* cannot be written to, as if it were closed; nor is it given out again */
  g_assert_no_errno (g_unlink (path));
  init_thing (&lost, "/d", "lost", NULL);
  reserve (&lost);
  g_assert_cmpuint (lost.claim.slot, ==, 0);
  g_assert_false (is_kept ());

  open_ledger ();
  make (next, "/d", NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* What is on the way to one ledger never lands in the next. */
static void
test_another_ledger (gconstpointer data)
{
  Thing first, next;

  open_ledger ();
  make (&first, "/d", NULL, NULL);
  test_moment_set (0, change_ledgers, &next);
  g_assert_true (temp_ledger_clear (&first.claim, FALSE));
  g_assert_true (test_moment_came ());
  g_assert_true (is_kept ());
  assert_listed (&next, TEMP_LEDGER_COMPLETE, 1);
}

static void
test_sync_fails (gconstpointer data)
{
  g_autofree char *path = NULL;
  Thing first, second, third;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&first, "/d", NULL, NULL);
  make (&second, "/d", NULL, NULL);
  make (&third, "/d", NULL, NULL);
  temp_ledger_clear (&first.claim, TRUE);
  g_assert_true (is_kept ());
  if (!test_fail_syscall (SYS_fdatasync, EIO))
    test_child_skip ("no filters of system calls here");
  temp_ledger_clear (&second.claim, FALSE);
  g_assert_true (is_kept ());
  temp_ledger_clear (&third.claim, TRUE);
  assert_given_up (path);
}

/* What was reserved before can be neither completed nor taken out. */
static void
test_write_fails (gconstpointer data)
{
  g_autofree char *path = NULL;
  Thing reserved, thing;

  open_ledger ();
  path = temp_ledger_dup_path ();
  init_thing (&reserved, "/d", "reserved", NULL);
  reserve (&reserved);
  if (!test_fail_syscall (SYS_pwrite64, EIO))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_ledger_complete (&reserved.claim, &the_parent, &reserved.name, &reserved.identity));
  g_assert_cmpuint (reserved.claim.slot, ==, 0);
  assert_given_up (path);

  init_thing (&thing, "/d", NULL, NULL);
  reserve (&thing);
  g_assert_cmpuint (thing.claim.slot, ==, 0);
}

/* Processes */

/* What is the parent's is nothing to its child. */
static void
be_child (Thing      *thing,
          Thing      *reserved,
          const char *parent_path)
{
  g_autoptr (GPtrArray) records = NULL;
  g_autofree char *path = NULL;
  Thing own;

  g_assert_false (temp_ledger_complete (&reserved->claim, &the_parent, &reserved->name, &reserved->identity));
  g_assert_cmpint (find_fd (), ==, -1);
  g_assert_false (is_kept ());
  g_assert_null (temp_ledger_dup_path ());

  open_ledger ();
  path = temp_ledger_dup_path ();
  g_assert_cmpstr (path, !=, parent_path);
  make (&own, "/d", NULL, NULL);
  g_assert_cmpuint (own.claim.slot, ==, thing->claim.slot);
  temp_ledger_clear (&thing->claim, TRUE);
  g_assert_cmpuint (thing->claim.slot, ==, 0);
  release (reserved);
  assert_listed (&own, TEMP_LEDGER_COMPLETE, 1);

  records = read_records (parent_path);
  g_assert_cmpuint (find (records, thing, TEMP_LEDGER_COMPLETE), ==, 1);
  g_assert_cmpuint (find (records, &own, TEMP_LEDGER_COMPLETE), ==, 0);
  g_assert_cmpint (temp_ledger_take (AT_FDCWD, parent_path, FALSE), ==, -1);
  release (&own);
  temp_ledger_close ();
  test_assert_exists (path, FALSE);
  test_assert_exists (parent_path, TRUE);
}

static void
run_children (gboolean raw)
{
  g_autofree char *path = NULL;
  Thing thing, reserved;
  pid_t pid;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&thing, "/d", NULL, NULL);
  init_thing (&reserved, "/d", NULL, NULL);
  reserve (&reserved);

  for (guint i = 0; i < 2; i++)
    {
      pid = test_make_child (raw);
      if (pid == 0)
        {
          be_child (&thing, &reserved, path);
          test_child_exit (0);
        }
      test_assert_ends_well (pid);
    }

  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
  assert_listed (&reserved, TEMP_LEDGER_RESERVED, 1);
  g_assert_true (temp_ledger_complete (&reserved.claim, &the_parent, &reserved.name, &reserved.identity));
  assert_listed (&reserved, TEMP_LEDGER_COMPLETE, 1);
}

static void
test_fork (gconstpointer data)
{
  run_children (FALSE);
}

static void
test_clone (gconstpointer data)
{
  run_children (TRUE);
}

/* A child that does nothing at all does not keep its dead parent's ledger locked. Here,
 * that is the child of a child, and it is there until nobody holds this end of the pipe. */
static void
test_idle_child (gconstpointer data)
{
  int life[2], paths[2];
  char path[4096] = "";
  pid_t pid;

  g_assert_no_errno (pipe2 (life, O_CLOEXEC));
  g_assert_no_errno (pipe2 (paths, O_CLOEXEC));
  pid = test_make_child (FALSE);
  if (pid == 0)
    {
      g_autofree char *own = NULL;
      Thing thing;
      char byte;

      close (life[1]);
      open_ledger ();
      make (&thing, "/d", NULL, NULL);
      own = temp_ledger_dup_path ();
      if (test_make_child (FALSE) == 0)
        {
          g_assert_cmpint (write (paths[1], own, strlen (own)), ==, strlen (own));
          g_assert_cmpint (read (life[0], &byte, 1), ==, 0);
        }
      test_child_exit (0);
    }

  test_assert_ends_well (pid);
  g_assert_cmpint (read (paths[0], path, sizeof path - 1), >, 0);
  g_assert_cmpint (temp_ledger_take (AT_FDCWD, path, FALSE), >=, 0);
  close (life[1]);
}

static void
test_close_empty (gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *next = NULL;
  Thing thing;

  temp_ledger_close ();
  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&thing, "/d", NULL, NULL);
  release (&thing);
  temp_ledger_close ();
  test_assert_exists (path, FALSE);
  g_assert_false (is_kept ());
  temp_ledger_close ();

  /* Another handler at exit may still make something. */
  open_ledger ();
  next = temp_ledger_dup_path ();
  g_assert_cmpstr (next, !=, path);
  make (&thing, "/d", NULL, NULL);
  assert_listed (&thing, TEMP_LEDGER_COMPLETE, 1);
}

static void
test_close_used (gconstpointer data)
{
  g_autoptr (GPtrArray) records = NULL;
  g_autofree char *path = NULL;
  Thing thing, reserved;

  open_ledger ();
  path = temp_ledger_dup_path ();
  make (&thing, "/d", NULL, NULL);
  temp_ledger_close ();
  g_assert_true (is_kept ());
  records = read_records (path);
  g_assert_cmpuint (find (records, &thing, TEMP_LEDGER_COMPLETE), ==, 1);

  /* One that was reserved counts, too, ahead or not. */
  init_thing (&reserved, "/d", NULL, NULL);
  reserve (&reserved);
  release (&thing);
  temp_ledger_close ();
  test_assert_exists (path, TRUE);
  release (&reserved);
  temp_ledger_close ();
  test_assert_exists (path, FALSE);
}

/* Threads */

static gpointer
open_in_thread (gpointer data)
{
  open_ledger ();
  return temp_ledger_dup_path ();
}

static gpointer
make_and_release (gpointer data)
{
  guint n = scale (20);
  Thing kept;

  make (&kept, "/d", data, "kept");
  for (guint i = 0; i < n; i++)
    {
      Thing first, second;

      make (&first, "/d", (i & 1) != 0 ? data : "shared", NULL);
      init_thing (&second, "/d", "shared", NULL);
      reserve (&second);
      if ((i & 2) != 0)
        temp_ledger_clear (&first.claim, FALSE);
      release (&first);
      g_assert_true (temp_ledger_complete (&second.claim, &the_parent, &second.name, &second.identity));
      release (&second);
    }

  return g_memdup2 (&kept, sizeof kept);
}

static void
test_threads (gconstpointer data)
{
  char prefixes[][2] = { "a", "b", "c", "d" };
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) records = NULL;
  GThread *threads[G_N_ELEMENTS (prefixes)];
  g_autofree char *first_path = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("open", open_in_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autofree char *path = g_thread_join (threads[i]);

      if (first_path == NULL)
        first_path = g_strdup (path);
      g_assert_cmpstr (path, ==, first_path);
    }

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("make", make_and_release, prefixes[i]);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autofree Thing *kept = g_thread_join (threads[i]);

      assert_listed (kept, TEMP_LEDGER_COMPLETE, 1);
      temp_name_clear (&kept->name);
    }

  records = read_own ();
  for (guint i = 0; i < records->len; i++)
    g_assert_true (g_hash_table_add (paths, ((TempLedgerRecord *) g_ptr_array_index (records, i))->name.path));
  g_assert_cmpuint (get_size (), <, 64 * 1024);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_with_ledgers ("/temp-ledger/open", test_open);
  test_add_with_ledgers ("/temp-ledger/few-descriptors", test_few_descriptors);
  test_add_with_ledgers ("/temp-ledger/same-descriptor", test_same_descriptor);
  test_add_with_ledgers ("/temp-ledger/record", test_record);
  test_add_with_ledgers ("/temp-ledger/another-name", test_another_name);
  test_add_with_ledgers ("/temp-ledger/ahead", test_ahead);
  test_add_with_ledgers ("/temp-ledger/ahead/kinds", test_kinds);
  test_add_with_ledgers ("/temp-ledger/ahead/eviction", test_eviction);
  test_add_with_ledgers ("/temp-ledger/ahead/many-kinds", test_many_kinds);
  test_add_with_ledgers ("/temp-ledger/cycles", test_cycles);
  test_add_with_ledgers ("/temp-ledger/cycles/mixed", test_mixed_cycles);
  test_add_with_ledgers ("/temp-ledger/many", test_many);
  test_add_with_ledgers ("/temp-ledger/long-names", test_long_names);
  test_add_with_ledgers ("/temp-ledger/release", test_release);
  test_add_with_ledgers ("/temp-ledger/enter", test_enter);
  test_add_with_ledgers ("/temp-ledger/no-ledger", test_no_ledger);
  test_add_with_ledgers ("/temp-ledger/file-limit", test_file_limit);
  test_add_with_ledgers ("/temp-ledger/lowered-file-limit", test_lowered_file_limit);
  test_add_with_ledgers ("/temp-ledger/no-files", test_no_files);
  test_add_with_ledgers ("/temp-ledger/full-disk", test_full_disk);
  test_add_with_ledgers ("/temp-ledger/full-disk/from-the-start", test_full_from_the_start);
  test_add_with_ledgers ("/temp-ledger/clear-fails", test_clear_fails);
  test_add_with_ledgers ("/temp-ledger/remove-fails", test_remove_fails);
  test_add_with_ledgers ("/temp-ledger/another-ledger", test_another_ledger);
  test_add_with_ledgers ("/temp-ledger/sync-fails", test_sync_fails);
  test_add_with_ledgers ("/temp-ledger/write-fails", test_write_fails);
  test_add_with_ledgers ("/temp-ledger/fork", test_fork);
  test_add_with_ledgers ("/temp-ledger/fork-raw", test_clone);
  test_add_with_ledgers ("/temp-ledger/idle-child", test_idle_child);
  test_add_with_ledgers ("/temp-ledger/close/empty", test_close_empty);
  test_add_with_ledgers ("/temp-ledger/close/used", test_close_used);
  test_add_with_ledgers ("/temp-ledger/threads", test_threads);

  return g_test_run ();
}
