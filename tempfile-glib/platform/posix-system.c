/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/posix.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_GETENTROPY_IN_SYS_RANDOM_H
#include <sys/random.h>
#endif

/* The machine, its users, and its processes, as far as POSIX goes. */

static int
fail (int errsv)
{
  errno = errsv;
  return -1;
}

/* Reads the beginning of a file, as a string without white space at its end. Returns its length. */
ssize_t
temp_posix_read_text (const char *path,
                      char       *text,
                      size_t      size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t n = -1;
  int errsv;

  if (fd < 0)
    return -1;

  do
    {
      n = read (fd, text + length, size - 1 - length);
      if (n > 0)
        length += (size_t) n;
    }
  while (length < size - 1 && (n > 0 || (n < 0 && errno == EINTR)));
  while (length > 0 && isspace ((unsigned char) text[length - 1]))
    length--;
  text[length] = '\0';

  errsv = errno;
  close (fd);
  errno = errsv;
  return n < 0 ? -1 : (ssize_t) length;
}

/* The machine and its users */

int
temp_posix_get_random (void  *bytes,
                       size_t size)
{
#ifdef HAVE_GETENTROPY
  return size <= 256 ? getentropy (bytes, size) : fail (EIO);
#else
  int fd = open ("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read (fd, bytes, size) : -1;
  int errsv = n < 0 ? errno : EIO;

  if (fd >= 0)
    close (fd);
  return n == (ssize_t) size ? 0 : fail (errsv);
#endif
}

int
temp_posix_get_limit (TempLimit which,
                      uint64_t *limit)
{
  struct rlimit found;

  if (which == TEMP_LIMIT_MEMORY)
    {
#ifdef _SC_PHYS_PAGES
      long n_pages = sysconf (_SC_PHYS_PAGES);
      long page_size = sysconf (_SC_PAGESIZE);

      if (n_pages > 0 && page_size > 0)
        {
          *limit = (uint64_t) n_pages * (uint64_t) page_size;
          return 0;
        }
#endif
      return fail (ENOSYS);
    }

  if (getrlimit (which == TEMP_LIMIT_HANDLES ? RLIMIT_NOFILE : RLIMIT_FSIZE, &found) < 0)
    return -1;
  *limit = found.rlim_cur != RLIM_INFINITY ? (uint64_t) found.rlim_cur : UINT64_MAX;
  return 0;
}

/* systemd and D-Bus write these. */
int
temp_posix_get_machine_id (char id[33])
{
  static const char *const files[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };

  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      char text[64];

      if (temp_posix_read_text (files[i], text, sizeof text) == 32 && strspn (text, "0123456789abcdef") == 32)
        {
          memcpy (id, text, 33);
          return 0;
        }
    }

  return fail (ENOENT);
}

int
temp_posix_get_boot_id (char id[37])
{
  return fail (ENOSYS);
}

int
temp_posix_get_home (char **path)
{
  char buffer[4096];
  struct passwd user, *found = NULL;
  int errsv = getpwuid_r (geteuid (), &user, buffer, sizeof buffer, &found);

  if (found == NULL)
    return fail (errsv != 0 ? errsv : ENOENT);

  *path = strdup (found->pw_dir);
  return *path != NULL ? 0 : -1;
}

int
temp_posix_is_private_group (uint32_t gid)
{
  char user_buffer[4096], group_buffer[4096];
  struct passwd user, *found_user = NULL;
  struct group group, *found_group = NULL;

  return getpwuid_r (geteuid (), &user, user_buffer, sizeof user_buffer, &found_user) == 0 && found_user != NULL &&
         user.pw_gid == gid &&
         getgrgid_r (gid, &group, group_buffer, sizeof group_buffer, &found_group) == 0 && found_group != NULL &&
         strcmp (group.gr_name, user.pw_name) == 0 && group.gr_mem[0] == NULL;
}

int
temp_posix_is_unmapped_user (uint32_t uid)
{
  return 0;
}

/* Processes */

int
temp_posix_get_process (int64_t      pid,
                        TempProcess *process)
{
  return fail (ENOSYS);
}

/* POSIX knows no namespaces: all processes are in one. */
int
temp_posix_get_namespace (int64_t       pid,
                          TempNamespace which,
                          uint64_t     *id)
{
  *id = 1;
  return 0;
}

int
temp_posix_find_process_in (uint64_t pid_namespace)
{
  return fail (ENOSYS);
}

int
temp_posix_check_pids (void)
{
  return 0;
}

int
temp_posix_probe_process (int64_t pid)
{
  return kill ((pid_t) pid, 0) == 0 || errno == EPERM ? 0 : -1;
}

TempHandle
temp_posix_open_process (int64_t pid)
{
  return fail (ENOSYS);
}

int
temp_posix_wait (TempHandle process)
{
  return fail (ENOSYS);
}

int64_t
temp_posix_fork_detached (void)
{
  static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE };
  sigset_t none;

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    signal (signals[i], SIG_IGN);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);

  setsid ();
  umask (077);
  /* Where a process may not even enter the root, it stays where it is. */
  if (chdir ("/") < 0)
    errno = 0;
  return fork ();
}

int
temp_posix_heed_sigterm (void)
{
  return signal (SIGTERM, SIG_DFL) == SIG_ERR ? -1 : 0;
}

int
temp_posix_close_standard (void)
{
  int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int result = fd >= 0 && dup2 (fd, STDIN_FILENO) >= 0 && dup2 (fd, STDOUT_FILENO) >= 0 &&
               dup2 (fd, STDERR_FILENO) >= 0 ? 0 : -1;
  int errsv = errno;

  if (fd > STDERR_FILENO)
    close (fd);
  errno = errsv;
  return result;
}

int
temp_posix_allocate_wiped (void **page)
{
#ifdef HAVE_INHERIT_ZERO
  size_t size = (size_t) sysconf (_SC_PAGESIZE);
  void *mapped = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  int errsv;

  if (mapped == MAP_FAILED)
    return -1;
  if (minherit (mapped, size, INHERIT_ZERO) == 0)
    {
      *page = mapped;
      return 0;
    }
  errsv = errno;
  munmap (mapped, size);
  return fail (errsv);
#else
  return fail (ENOSYS);
#endif
}

int
temp_posix_at_fork (TempForkHandler prepare,
                    TempForkHandler parent,
                    TempForkHandler child)
{
  int errsv = pthread_atfork (prepare, parent, child);

  return errsv == 0 ? 0 : fail (errsv);
}

/* POSIX has dladdr() since 2024. */
int
temp_posix_find_loaded (const void *data,
                        char      **path)
{
#ifdef HAVE_DLADDR
  Dl_info info;

  if (dladdr (data, &info) == 0 || info.dli_fname == NULL)
    return fail (ENOENT);

  *path = strdup (info.dli_fname);
  return *path != NULL ? 0 : -1;
#else
  return fail (ENOSYS);
#endif
}

static __thread sigset_t blocked_before;

int
temp_posix_block_signals (void)
{
  sigset_t all;
  int errsv;

  sigfillset (&all);
  errsv = pthread_sigmask (SIG_SETMASK, &all, &blocked_before);
  return errsv == 0 ? 0 : fail (errsv);
}

int
temp_posix_restore_signals (void)
{
  int errsv = pthread_sigmask (SIG_SETMASK, &blocked_before, NULL);

  return errsv == 0 ? 0 : fail (errsv);
}

int64_t
temp_posix_get_pid (void)
{
  return getpid ();
}

uint32_t
temp_posix_get_uid (void)
{
  return geteuid ();
}

bool
temp_posix_is_privileged (void)
{
#ifdef HAVE_ISSETUGID
  return issetugid () != 0;
#else
  return getuid () != geteuid () || getgid () != getegid ();
#endif
}

int64_t
temp_posix_get_second (void)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}
