/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/linux.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform/posix.h"

/* The machine, its users, and its processes, by what Linux has beyond POSIX: most of it in /proc. */

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Since Linux 4.14; musl has it since 1.2.4. */
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* So many users has a user namespace that maps all of them. */
#define INIT_NAMESPACE_SIZE UINT64_C (4294967295)

static int
fail (int errsv)
{
  errno = errsv;
  return -1;
}

/* The machine and its users */

int
temp_linux_get_random (void  *bytes,
                       size_t size)
{
  ssize_t n = getrandom (bytes, size, 0);

  return n == (ssize_t) size ? 0 : n < 0 ? -1 : fail (EIO);
}

int
temp_linux_get_boot_id (char id[37])
{
  char text[64];
  ssize_t n = temp_posix_read_text ("/proc/sys/kernel/random/boot_id", text, sizeof text);

  if (n < 0)
    return -1;
  if (n != 36)
    return fail (EINVAL);

  memcpy (id, text, 37);
  return 0;
}

int
temp_linux_is_unmapped_user (uint32_t uid)
{
  char overflow[32], map[256];
  uint64_t inside, outside, count;

  if (temp_posix_read_text ("/proc/sys/kernel/overflowuid", overflow, sizeof overflow) < 0 ||
      strtoull (overflow, NULL, 10) != uid || temp_posix_read_text ("/proc/self/uid_map", map, sizeof map) < 0)
    return 0;

  return sscanf (map, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &count) != 3 ||
         count < INIT_NAMESPACE_SIZE;
}

/* Processes */

/* Writes /proc/PID/WHAT; the PID of 0 is this process. */
static const char *
write_path (char        path[64],
            int64_t     pid,
            const char *what)
{
  if (pid == 0)
    snprintf (path, 64, "/proc/self/%s", what);
  else
    snprintf (path, 64, "/proc/%" PRId64 "/%s", pid, what);
  return path;
}

/* The name of the program in /proc/PID/stat may have blanks and parentheses: the other fields are behind the last
 * parenthesis. */
int
temp_linux_get_process (int64_t      pid,
                        TempProcess *process)
{
  char path[64], text[1024];
  const char *name_end;
  uint64_t n_threads;
  char state;

  if (temp_posix_read_text (write_path (path, pid, "stat"), text, sizeof text) < 0)
    return -1;
  name_end = strrchr (text, ')');
  if (name_end == NULL ||
      sscanf (name_end + 1,
              " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
              "%" SCNu64 " %*s %" SCNu64,
              &state, &n_threads, &process->start) != 3)
    return fail (EINVAL);

  /* The first thread of a process may have ended before the others. */
  process->has_ended = (state == 'Z' || state == 'X') && n_threads <= 1;
  return 0;
}

/* Reads a link such as "pid:[4026531836]". */
int
temp_linux_get_namespace (int64_t       pid,
                          TempNamespace which,
                          uint64_t     *id)
{
  static const char *const links[] = {
    [TEMP_NAMESPACE_PIDS] = "ns/pid",
    [TEMP_NAMESPACE_TIME] = "ns/time",
    [TEMP_NAMESPACE_MOUNTS] = "ns/mnt",
  };
  char path[64], link[64];
  const char *bracket;
  ssize_t n = readlink (write_path (path, pid, links[which]), link, sizeof link - 1);

  if (n < 0)
    return -1;
  link[n] = '\0';
  bracket = strchr (link, '[');
  if (bracket == NULL)
    return fail (EINVAL);

  *id = strtoull (bracket + 1, NULL, 10);
  return 0;
}

int
temp_linux_find_process_in (uint64_t pid_namespace)
{
  DIR *processes = opendir ("/proc");
  struct dirent *process;
  bool found = false;
  uint64_t id;

  if (processes == NULL)
    return -1;
  while (!found && (process = readdir (processes)) != NULL)
    found = isdigit ((unsigned char) *process->d_name) &&
            temp_linux_get_namespace (strtoll (process->d_name, NULL, 10), TEMP_NAMESPACE_PIDS, &id) == 0 &&
            id == pid_namespace;
  closedir (processes);

  return found ? 0 : fail (ESRCH);
}

/* A /proc of another PID namespace has other numbers. */
int
temp_linux_check_pids (void)
{
  char link[32];
  ssize_t n = readlink ("/proc/self", link, sizeof link - 1);

  if (n < 0)
    return -1;
  link[n] = '\0';
  return strtoll (link, NULL, 10) == getpid () ? 0 : fail (ESRCH);
}

TempHandle
temp_linux_open_process (int64_t pid)
{
  return (TempHandle) syscall (SYS_pidfd_open, (pid_t) pid, 0);
}

int
temp_linux_wait (TempHandle process)
{
  struct pollfd poller = { .fd = process, .events = POLLIN };

  return poll (&poller, 1, -1) < 0 ? -1 : 0;
}

int
temp_linux_allocate_wiped (void **page)
{
  size_t size = (size_t) sysconf (_SC_PAGESIZE);
  void *mapped = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int errsv;

  if (mapped == MAP_FAILED)
    return -1;
  if (madvise (mapped, size, MADV_WIPEONFORK) == 0)
    {
      *page = mapped;
      return 0;
    }
  errsv = errno;
  munmap (mapped, size);
  return fail (errsv);
}

bool
temp_linux_is_privileged (void)
{
  return getauxval (AT_SECURE) != 0;
}

/* CLOCK_MONOTONIC_COARSE costs no system call. */
int64_t
temp_linux_get_second (void)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec;
}
