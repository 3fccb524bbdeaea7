/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-process-private.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* What the library knows of the process it is in: whether that is still the
 * one it was, and the one lock of its tables. */

/* Not a GMutex: thread sanitizers know this one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static guint n_holding_forks;
static guint holding_generation; /* of the process that they are in */

/* The generation is kept twice. `*current` is in a page that the kernel zeroes
 * in every child with memory of its own, so it tells of forks that run no handlers, as
 * clone() called directly does; a pid would not do, since those of two
 * namespaces can be equal. `newest` is inherited, and counts. */
static guint newest = 1;
static guint *current = &newest;

/* Its times are those of g_get_monotonic_time(). */
static void
init_changed (void)
{
  pthread_condattr_t attributes;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&changed, &attributes);
  pthread_condattr_destroy (&attributes);
}

static void
before_fork (void)
{
  /* Settles this process's number: if it were not asked for before, parent and
   * child would both take the next one. */
  temp_process_generation ();

  pthread_mutex_lock (&lock);
  /* Those that a bare clone() has copied are of the parent's threads. */
  while (n_holding_forks > 0 && holding_generation == temp_process_generation ())
    pthread_cond_wait (&changed, &lock);
}

static void
after_fork_in_parent (void)
{
  pthread_mutex_unlock (&lock);
}

static void
after_fork_in_child (void)
{
  if (current == &newest)
    newest++;
  init_changed (); /* those who waited are not here */
  pthread_mutex_unlock (&lock);
}

__attribute__ ((constructor)) static void
temp_process_init (void)
{
#ifdef MADV_WIPEONFORK
  gsize size = sysconf (_SC_PAGESIZE);
  void *page = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (page != MAP_FAILED)
    {
      if (madvise (page, size, MADV_WIPEONFORK) == 0)
        {
          current = page;
          *current = newest;
        }
      else
        munmap (page, size);
    }
#endif

  init_changed ();
  pthread_atfork (before_fork, after_fork_in_parent, after_fork_in_child);
}

/* A number that differs from that of every process this one was forked from.
 * Never 0. (One that a bare clone() made, and that goes on to another before it ever
 * asks, may share it with that; but then it had nothing yet to tell apart.) */
guint
temp_process_generation (void)
{
  guint generation = g_atomic_int_get (current);

  if (G_UNLIKELY (generation == 0))
    {
      /* Several threads may find the page wiped; they agree on one number,
       * because `newest` changes only once the page is no longer 0. */
      guint next = g_atomic_int_get (&newest) + 1;

      g_atomic_int_compare_and_exchange (current, 0, next);
      generation = g_atomic_int_get (current);
      g_atomic_int_set (&newest, generation);
    }

  return generation;
}

/* Guards the library's tables. Held across fork(), so that a child always finds
 * them whole; never held during a system call that may block. */
void
temp_process_lock (void)
{
  pthread_mutex_lock (&lock);
}

void
temp_process_unlock (void)
{
  pthread_mutex_unlock (&lock);
}

/* Waits, with the lock, which others can have in the meantime, for temp_process_wake(). */
void
temp_process_wait (void)
{
  pthread_cond_wait (&changed, &lock);
}

/* The same, until a time of g_get_monotonic_time() at most; FALSE: that has come. */
gboolean
temp_process_wait_until (gint64 time)
{
  struct timespec until = {
    .tv_sec = time / G_USEC_PER_SEC,
    .tv_nsec = time % G_USEC_PER_SEC * 1000,
  };

  return pthread_cond_timedwait (&changed, &lock, &until) == 0;
}

void
temp_process_wake (void)
{
  pthread_cond_broadcast (&changed);
}

/* From here to temp_process_release_fork(), fork() waits: in between, descriptors are open
 * that nobody could close in the child. */
void
temp_process_hold_fork (void)
{
  guint generation = temp_process_generation ();

  temp_process_lock ();
  if (holding_generation != generation)
    n_holding_forks = 0;
  holding_generation = generation;
  n_holding_forks++;
  temp_process_unlock ();
}

void
temp_process_release_fork (void)
{
  temp_process_lock ();
  n_holding_forks--;
  temp_process_wake ();
  temp_process_unlock ();
}
