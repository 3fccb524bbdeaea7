/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-identity-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <time.h>

#define LONGEST_TICK_NS (10 * 1000 * 1000)

#define FLAGS (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)

/* Looks at what the descriptor is of, or, if base is not empty, at what is under that
 * name in it, a symbolic link itself. Of st, only what tells kind, owner and
 * size is set. Sets errno if it fails. */
gboolean
temp_identity_get (int           fd,
                   const char   *base,
                   TempIdentity *identity,
                   struct stat  *st)
{
  struct statx stx;

  if (statx (fd, base, FLAGS, STATX_BASIC_STATS | STATX_BTIME, &stx) == 0)
    {
      *st = (struct stat) {
        .st_dev = makedev (stx.stx_dev_major, stx.stx_dev_minor),
        .st_ino = stx.stx_ino,
        .st_mode = stx.stx_mode,
        .st_nlink = stx.stx_nlink,
        .st_uid = stx.stx_uid,
        .st_gid = stx.stx_gid,
        .st_size = stx.stx_size,
      };
      identity->has_birth = (stx.stx_mask & STATX_BTIME) != 0;
      identity->birth_sec = identity->has_birth ? stx.stx_btime.tv_sec : 0;
      identity->birth_nsec = identity->has_birth ? stx.stx_btime.tv_nsec : 0;
    }
  else
    {
      /* A filter of system calls that does not know it may say EPERM. */
      if ((errno != ENOSYS && errno != EPERM) || fstatat (fd, base, st, FLAGS) < 0)
        return FALSE;
      identity->has_birth = FALSE;
      identity->birth_sec = identity->birth_nsec = 0;
    }

  identity->dev = st->st_dev;
  identity->ino = st->st_ino;
  return TRUE;
}

/* Whether nothing that is made from now on can be taken for it, though it may get the same inode. Where
 * times are not fine, that takes a moment: they are those of the last tick. */
gboolean
temp_identity_is_unmistakable (const TempIdentity *identity,
                               gboolean            has_fine_times)
{
  struct timespec now;

  if (!identity->has_birth || has_fine_times)
    return identity->has_birth;

  return clock_gettime (CLOCK_REALTIME_COARSE, &now) == 0 &&
         (now.tv_sec - identity->birth_sec) * G_GINT64_CONSTANT (1000000000) + now.tv_nsec - identity->birth_nsec >
           2 * LONGEST_TICK_NS;
}

/* Whether st is of the same inode, which somebody holds. */
gboolean
temp_identity_is_of (const TempIdentity *identity,
                     const struct stat  *st)
{
  return st->st_dev == identity->dev && st->st_ino == identity->ino;
}
