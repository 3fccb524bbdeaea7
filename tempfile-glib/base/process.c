/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/process.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "platform/platform.h"

/* The process that the library is in: its generation, which a fork changes; its locks; threads; and the environment
 * variable that keeps everything.
 *
 * Lock rules:
 *
 * 1. A thread takes the lock of appends before the process's lock, and no lock twice.
 * 2. The process's lock guards the tables of the library. Its holder makes no system call that may block.
 * 3. The lock of appends guards what ledger/ledger.c says.
 * 4. fork() takes both, so that a child finds whole what they guard.
 *
 * A debug build aborts where a thread breaks rule 1, or where temp_mutex_assert_locked() finds a lock missing. */

/* These are no GMutexes: thread sanitizers know a pthread mutex, and an error-checking one knows its thread. */
static struct
{
  pthread_mutex_t mutex;
  guint           n_unlocked_forks; /* under the mutex: forks in signal handlers that interrupted its holder */
} locks[TEMP_N_MUTEXES];

#ifdef TEMP_DEBUG
static __thread guint held; /* the locks that this thread has, a bit for each */
#define IF_DEBUG(statement) statement
#else
#define IF_DEBUG(statement)
#endif

static pthread_cond_t changed; /* with the process's lock */
static void (*in_child) (void); /* under the lock of appends: see temp_process_set_child_function() */

/* The generation is kept twice. `*current` is in a page that the kernel zeroes in every child with memory of its own:
 * so it tells of a fork that runs no handlers, as a bare clone() does. (A process ID would not do: those of two
 * namespaces can be equal.) `newest` is inherited: it counts the generations. */
static guint newest = 1;
static guint *current = &newest;

/* Makes the locks, which a thread cannot take twice: that fails, instead of waiting for ever. Makes the condition,
 * which waits by the clock of g_get_monotonic_time(). */
static void
init_locks (void)
{
  pthread_mutexattr_t attributes;
  pthread_condattr_t condition_attributes;

  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_settype (&attributes, PTHREAD_MUTEX_ERRORCHECK);
  for (guint i = 0; i < TEMP_N_MUTEXES; i++)
    {
      pthread_mutex_init (&locks[i].mutex, &attributes);
      locks[i].n_unlocked_forks = 0;
    }
  pthread_mutexattr_destroy (&attributes);

  pthread_condattr_init (&condition_attributes);
  pthread_condattr_setclock (&condition_attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&changed, &condition_attributes);
  pthread_condattr_destroy (&condition_attributes);
}

static void
before_fork (void)
{
  /* Make sure that this process has a generation: else parent and child would both take the next one. */
  temp_process_generation ();

  /* In a signal handler, this very thread may have been interrupted with a lock, as in the middle of a fork. */
  for (guint i = 0; i < TEMP_N_MUTEXES; i++)
    if (pthread_mutex_lock (&locks[i].mutex) != 0)
      locks[i].n_unlocked_forks++;
}

static void
after_fork_in_parent (void)
{
  for (guint i = TEMP_N_MUTEXES; i-- > 0;)
    if (locks[i].n_unlocked_forks > 0)
      locks[i].n_unlocked_forks--;
    else
      pthread_mutex_unlock (&locks[i].mutex);
}

static void
after_fork_in_child (void)
{
  if (current == &newest)
    newest++;

  /* A mutex remembers its thread by a number that this thread no longer has, so that unlocking fails; but the call
   * tells thread sanitizers. Then make the mutexes anew: the threads that waited for them are not in this process. */
  for (guint i = TEMP_N_MUTEXES; i-- > 0;)
    pthread_mutex_unlock (&locks[i].mutex);
  init_locks ();
  IF_DEBUG (held = 0;)

  temp_mutex_lock (TEMP_MUTEX_APPENDS);
  if (in_child != NULL)
    in_child ();
  temp_mutex_unlock (TEMP_MUTEX_APPENDS);
}

/* Sets a function, which fork() calls in each child with the lock of appends. The caller holds that lock. */
void
temp_process_set_child_function (void (*function) (void))
{
  temp_mutex_assert_locked (TEMP_MUTEX_APPENDS);
  in_child = function;
}

__attribute__ ((constructor)) static void
temp_process_init (void)
{
  void *page;

  if (temp_platform.allocate_wiped (&page) == 0)
    {
      current = page;
      *current = newest;
    }

  /* Not at the first use: then a thread that forks meanwhile would leave its child a lock that nobody unlocks. */
  init_locks ();
  temp_platform.at_fork (before_fork, after_fork_in_parent, after_fork_in_child);
}

/* Returns the generation of this process: a number, never 0, that differs from those of all processes that this one was
 * forked from. (A process from a bare clone() that never asks, and clones itself again, shares its number with that
 * child. Until then it has made nothing that the two could confuse.) */
guint
temp_process_generation (void)
{
  guint generation = g_atomic_int_get (current);

  if (G_UNLIKELY (generation == 0))
    {
      /* Several threads may find the page wiped. They agree on one number, because `newest` changes only once the page
       * is no longer 0. */
      guint next = g_atomic_int_get (&newest) + 1;

      g_atomic_int_compare_and_exchange (current, 0, next);
      generation = g_atomic_int_get (current);
      g_atomic_int_set (&newest, generation);
    }

  return generation;
}

/* Locks */

/* Takes the result of a call that locks. Returns TRUE if it worked, and notes that in a debug build. */
static inline gboolean
has_locked (TempMutex which,
            int      result)
{
  IF_DEBUG (held |= (result == 0) << which;)
  return result == 0;
}

void
temp_mutex_lock (TempMutex which)
{
  IF_DEBUG (g_assert (held < 1u << which);)
  has_locked (which, pthread_mutex_lock (&locks[which].mutex));
}

/* Like temp_mutex_lock(), but never waits. Returns FALSE if a thread has the lock. */
gboolean
temp_mutex_try_lock (TempMutex which)
{
  return has_locked (which, pthread_mutex_trylock (&locks[which].mutex));
}

void
temp_mutex_unlock (TempMutex which)
{
  IF_DEBUG (held &= ~(1u << which);)
  pthread_mutex_unlock (&locks[which].mutex);
}

#ifdef TEMP_DEBUG
/* Aborts unless the calling thread has the lock. */
void
temp_mutex_assert_locked (TempMutex which)
{
  g_assert ((held & 1u << which) != 0);
}
#endif

/* Like temp_process_lock(), but for exit. Returns FALSE if this very thread has the lock, as after exit() in a signal
 * handler, or if another thread keeps it for two seconds. */
gboolean
temp_process_lock_at_exit (void)
{
  struct timespec until;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_sec += 2;
  return has_locked (TEMP_MUTEX_PROCESS, pthread_mutex_timedlock (&locks[TEMP_MUTEX_PROCESS].mutex, &until));
}

/* Waits for temp_process_wake(). The caller holds the process's lock, which others can take in the meantime. */
void
temp_process_wait (void)
{
  temp_process_assert_locked ();
  pthread_cond_wait (&changed, &locks[TEMP_MUTEX_PROCESS].mutex);
}

/* Like temp_process_wait(), but only until `time`, by g_get_monotonic_time(). Returns FALSE at that time. */
gboolean
temp_process_wait_until (gint64 time)
{
  struct timespec until = {
    .tv_sec = time / G_USEC_PER_SEC,
    .tv_nsec = time % G_USEC_PER_SEC * 1000,
  };

  temp_process_assert_locked ();
  return pthread_cond_timedwait (&changed, &locks[TEMP_MUTEX_PROCESS].mutex, &until) == 0;
}

/* Wakes all threads that wait. The caller holds the process's lock. */
void
temp_process_wake (void)
{
  temp_process_assert_locked ();
  pthread_cond_broadcast (&changed);
}

/* Runs a function in a new thread, which blocks all signals: they are for the program's threads. Returns FALSE if no
 * thread can be started. */
gboolean
temp_process_start_thread (const char  *name,
                           GThreadFunc  function,
                           gpointer     data)
{
  GThread *thread;

  temp_platform.block_signals ();
  thread = g_thread_try_new (name, function, data, NULL);
  temp_platform.restore_signals ();

  if (thread == NULL)
    return FALSE;
  g_thread_unref (thread);
  return TRUE;
}

/* Returns TRUE if nothing is to be deleted, since the user has set TEMPFILE_GLIB_KEEP to look at the files of a
 * program. A set-user-id program ignores the variable. */
gboolean
temp_process_keeps_everything (void)
{
  static gint answer; /* atomic; 0: not known. Not g_once_init_enter(): a child forked meanwhile would wait for ever. */

  if (G_UNLIKELY (g_atomic_int_get (&answer) == 0))
    {
      const char *value = !temp_platform.is_privileged () ? g_getenv ("TEMPFILE_GLIB_KEEP") : NULL;
      gboolean keeps = value != NULL && *value != '\0' && strcmp (value, "0") != 0;

      g_atomic_int_compare_and_exchange (&answer, 0, keeps ? 2 : 1);
    }

  return g_atomic_int_get (&answer) == 2;
}
