/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "temp-ledger-slots-private.h"

#include <string.h>

#include "test-support.h"

static const TempIdentity the_parent = { .dev = 1, .ino = 2 };

static void
init_name (TempName   *name,
           const char *prefix)
{
  g_assert_true (temp_name_init (name, "/d", prefix, NULL, NULL));
  g_assert_true (temp_name_randomize (name, NULL));
}

/* Reserves one ahead of that claim. */
static gboolean
reserve_ahead (TempLedgerSlots       *slots,
               const TempLedgerClaim *claim,
               const TempName        *name,
               char                  *random)
{
  TempLedgerAhead ahead = { 0 };

  if (!temp_ledger_slots_prepare_ahead (slots, &ahead, claim, &the_parent, name))
    return FALSE;

  g_assert_true (temp_name_randomize (&ahead.name, NULL));
  memcpy (random, ahead.name.random, TEMP_NAME_N_RANDOM);
  temp_ledger_slots_settle_ahead (slots, &ahead, TRUE);
  return TRUE;
}

static void
test_take (void)
{
  TempLedgerSlots slots = { 0 };
  TempLedgerClaim one, two, long_one, again;

  temp_ledger_slots_init (&slots, 1000);
  g_assert_true (temp_ledger_slots_take (&slots, &one, 1));
  g_assert_true (temp_ledger_slots_take (&slots, &two, 1));
  g_assert_true (temp_ledger_slots_take (&slots, &long_one, 3));
  g_assert_cmpuint (one.slot, ==, 1);
  g_assert_cmpuint (two.slot, ==, 2);
  g_assert_cmpuint (long_one.slot, ==, 3);
  g_assert_true (temp_ledger_slots_has (&slots, &one));

  /* A hole that has no room for a name ahead is the last to be taken. */
  temp_ledger_slots_give_back (&slots, &one);
  g_assert_false (temp_ledger_slots_has (&slots, &one));
  g_assert_true (temp_ledger_slots_take (&slots, &again, 1));
  g_assert_cmpuint (again.slot, ==, 6);

  temp_ledger_slots_give_back (&slots, &two);
  g_assert_true (temp_ledger_slots_take (&slots, &again, 1));
  g_assert_cmpuint (again.slot, ==, 1);
  temp_ledger_slots_clear (&slots);
}

static void
test_full (void)
{
  TempLedgerSlots slots = { 0 };
  TempLedgerClaim claims[3], more;

  temp_ledger_slots_init (&slots, 4);
  for (gsize i = 0; i < G_N_ELEMENTS (claims); i++)
    g_assert_true (temp_ledger_slots_take (&slots, &claims[i], 1));
  g_assert_false (temp_ledger_slots_take (&slots, &more, 1));
  temp_ledger_slots_give_back (&slots, &claims[1]);
  g_assert_false (temp_ledger_slots_take (&slots, &more, 2));
  g_assert_true (temp_ledger_slots_take (&slots, &more, 1));
  temp_ledger_slots_clear (&slots);
}

/* A claim in a former ledger is none in the next. */
static void
test_serial (void)
{
  TempLedgerSlots slots = { 0 };
  TempLedgerClaim claim;

  temp_ledger_slots_init (&slots, 10);
  g_assert_true (temp_ledger_slots_take (&slots, &claim, 1));
  temp_ledger_slots_clear (&slots);
  g_assert_false (temp_ledger_slots_has (&slots, &claim));
  temp_ledger_slots_init (&slots, 10);
  g_assert_false (temp_ledger_slots_has (&slots, &claim));
  temp_ledger_slots_clear (&slots);
}

static void
test_ahead (void)
{
  TempLedgerSlots slots = { 0 };
  TempLedgerClaim claim, next;
  g_auto (TempName) name = { 0 };
  g_auto (TempName) other = { 0 };
  const TempIdentity other_parent = { .dev = 1, .ino = 3 };
  char random[TEMP_NAME_N_RANDOM];

  temp_ledger_slots_init (&slots, 1000);
  init_name (&name, "a");
  init_name (&other, "b");
  g_assert_true (temp_ledger_slots_take (&slots, &claim, 1));
  g_assert_true (reserve_ahead (&slots, &claim, &name, random));

  g_assert_false (temp_ledger_slots_take_ahead (&slots, &next, &the_parent, &other));
  g_assert_false (temp_ledger_slots_take_ahead (&slots, &next, &other_parent, &name));
  g_assert_true (temp_ledger_slots_take_ahead (&slots, &next, &the_parent, &name));
  g_assert_cmpmem (name.random, TEMP_NAME_N_RANDOM, random, sizeof random);
  g_assert_cmpuint (next.slot, ==, claim.slot + 1);
  g_assert_false (temp_ledger_slots_take_ahead (&slots, &next, &the_parent, &name));
  temp_ledger_slots_clear (&slots);
}

/* The kind that was not used for longest goes. */
static void
test_many_kinds (void)
{
  TempLedgerSlots slots = { 0 };
  char random[TEMP_NAME_N_RANDOM];

  temp_ledger_slots_init (&slots, 1000);
  for (guint i = 0; i < TEMP_LEDGER_N_AHEAD + 1; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);
      g_auto (TempName) name = { 0 };
      TempLedgerClaim claim;

      init_name (&name, prefix);
      g_assert_true (temp_ledger_slots_take (&slots, &claim, 1));
      g_assert_true (reserve_ahead (&slots, &claim, &name, random));
    }

  for (guint i = 0; i < TEMP_LEDGER_N_AHEAD + 1; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("kind%u-", i);
      g_auto (TempName) name = { 0 };
      TempLedgerClaim claim;

      init_name (&name, prefix);
      g_assert_cmpint (temp_ledger_slots_take_ahead (&slots, &claim, &the_parent, &name), ==, i > 0);
    }
  temp_ledger_slots_clear (&slots);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/temp-ledger-slots/take", test_take);
  g_test_add_func ("/temp-ledger-slots/full", test_full);
  g_test_add_func ("/temp-ledger-slots/serial", test_serial);
  g_test_add_func ("/temp-ledger-slots/ahead", test_ahead);
  g_test_add_func ("/temp-ledger-slots/many-kinds", test_many_kinds);

  return g_test_run ();
}
