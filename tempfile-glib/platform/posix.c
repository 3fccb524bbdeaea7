/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/posix.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

/* Files, directories and names, as far as POSIX goes. */

_Static_assert (S_IFIFO >> 12 == TEMP_KIND_PIPE && S_IFCHR >> 12 == TEMP_KIND_CHARACTER_DEVICE &&
                S_IFDIR >> 12 == TEMP_KIND_DIR && S_IFBLK >> 12 == TEMP_KIND_BLOCK_DEVICE &&
                S_IFREG >> 12 == TEMP_KIND_FILE && S_IFLNK >> 12 == TEMP_KIND_SYMLINK &&
                S_IFSOCK >> 12 == TEMP_KIND_SOCKET, "TempKind has the numbers of modes");
_Static_assert (sizeof (TempPiece) == sizeof (struct iovec) &&
                offsetof (TempPiece, data) == offsetof (struct iovec, iov_base) &&
                offsetof (TempPiece, size) == offsetof (struct iovec, iov_len), "TempPiece is an iovec");

/* To look at a directory and to go on from there. Without such a flag, the user needs the permission to list it. */
#ifndef O_SEARCH
#define O_SEARCH O_RDONLY
#endif

/* So many pieces any system takes at a time. */
#ifndef IOV_MAX
#define IOV_MAX 16
#endif

static int
fail (int errsv)
{
  errno = errsv;
  return -1;
}

/* Opening */

TempHandle
temp_posix_open_dir (TempHandle    dir,
                     const char   *name,
                     TempOpenFlags flags)
{
  return openat (dir, name, ((flags & TEMP_OPEN_LIST) != 0 ? O_RDONLY : O_SEARCH) |
                            ((flags & TEMP_OPEN_FOLLOW) != 0 ? 0 : O_NOFOLLOW) | O_DIRECTORY | O_CLOEXEC);
}

TempHandle
temp_posix_open_dir_on_mount (TempHandle    dir,
                              const char   *name,
                              TempOpenFlags flags)
{
  return fail (ENOSYS);
}

TempHandle
temp_posix_open_file (TempHandle    dir,
                      const char   *name,
                      TempOpenFlags flags)
{
  return openat (dir, name, ((flags & TEMP_OPEN_APPEND) != 0 ? O_RDWR | O_APPEND :
                             (flags & TEMP_OPEN_WRITE) != 0 ? O_RDWR : O_RDONLY) |
                            ((flags & TEMP_OPEN_DONT_BLOCK) != 0 ? O_NONBLOCK : 0) | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens a file or a directory that was identified. Fails with EAGAIN if it is another one by now. */
static TempHandle
open_identified (TempHandle  dir,
                 const char *name,
                 TempStat   *st)
{
  bool is_dir = st->kind == TEMP_KIND_DIR;
  TempHandle handle = is_dir ? temp_posix_open_dir (dir, name, 0)
                             : temp_posix_open_file (dir, name, TEMP_OPEN_DONT_BLOCK);
  TempFileId id = st->id;
  int errsv;

  if (handle < 0)
    return fail (errno == ELOOP || errno == ENOENT || errno == ENOTDIR ? EAGAIN : errno);
  if (temp_posix_stat (handle, st) == 0)
    {
      if (temp_file_id_equal (&st->id, &id))
        return handle;
      errno = EAGAIN;
    }

  errsv = errno;
  close (handle);
  return fail (errsv);
}

int
temp_posix_look (TempHandle  dir,
                 const char *name,
                 TempHandle *handle,
                 TempStat   *st)
{
  *handle = TEMP_HANDLE_NONE;
  do
    {
      if (temp_posix_stat_name (dir, name, st) < 0)
        return -1;
      if (st->kind != TEMP_KIND_FILE && st->kind != TEMP_KIND_DIR)
        return 0;
      *handle = open_identified (dir, name, st);
    }
  while (*handle < 0 && errno == EAGAIN);

  return *handle < 0 ? -1 : 0;
}

TempHandle
temp_posix_create_file (TempHandle    dir,
                        const char   *name,
                        TempOpenFlags flags,
                        uint32_t      mode)
{
  return openat (dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC |
                            ((flags & TEMP_OPEN_APPEND) != 0 ? O_APPEND : 0), (mode_t) mode);
}

TempHandle
temp_posix_create_nameless (TempHandle  dir,
                            const char *name,
                            uint32_t    mode)
{
  return fail (ENOSYS);
}

/* Handles */

TempHandle
temp_posix_duplicate (TempHandle handle)
{
  return fcntl (handle, F_DUPFD_CLOEXEC, 0);
}

int
temp_posix_replace (TempHandle handle,
                    TempHandle old)
{
#ifdef HAVE_DUP3
  return dup3 (handle, old, O_CLOEXEC) < 0 ? -1 : 0;
#else
  return dup2 (handle, old) < 0 ? -1 : fcntl (old, F_SETFD, FD_CLOEXEC);
#endif
}

int
temp_posix_is_appending (TempHandle handle)
{
  int flags = fcntl (handle, F_GETFL);

  return flags < 0 ? -1 : (flags & O_APPEND) != 0;
}

int
temp_posix_copy_flags (TempHandle from,
                       TempHandle to)
{
  return fcntl (to, F_SETFL, fcntl (from, F_GETFL));
}

int
temp_posix_close_on_exec (TempHandle handle)
{
  return fcntl (handle, F_SETFD, FD_CLOEXEC);
}

int
temp_posix_get_link (TempHandle handle,
                     bool       for_others,
                     char      *link,
                     size_t     size)
{
  return fail (ENOSYS);
}

ssize_t
temp_posix_find_path (TempHandle handle,
                      char      *path,
                      size_t     size)
{
  return fail (ENOSYS);
}

/* Names */

int
temp_posix_make_dir (TempHandle  dir,
                     const char *name,
                     uint32_t    mode)
{
  return mkdirat (dir, name, mode);
}

int
temp_posix_make_special (TempHandle  dir,
                         const char *name,
                         TempKind    kind,
                         uint32_t    mode,
                         uint64_t    device)
{
#ifdef HAVE_MKNODAT
  return mknodat (dir, name, (mode_t) kind << 12 | mode, device);
#else
  return fail (ENOSYS);
#endif
}

int
temp_posix_link (TempHandle  from_dir,
                 const char *from,
                 TempHandle  dir,
                 const char *name)
{
  return linkat (from_dir, from, dir, name, 0);
}

int
temp_posix_link_handle (TempHandle  handle,
                        TempHandle  dir,
                        const char *name)
{
  return fail (ENOSYS);
}

int
temp_posix_rename (TempHandle    from_dir,
                   const char   *from,
                   TempHandle    to_dir,
                   const char   *to,
                   TempRenameHow how)
{
  return how == TEMP_RENAME_REPLACE ? renameat (from_dir, from, to_dir, to) : fail (ENOSYS);
}

/* POSIX lets a system refuse with EPERM to unlink a directory, as the BSDs do. */
int
temp_posix_remove_file (TempHandle  dir,
                        const char *name)
{
  struct stat found;

  if (unlinkat (dir, name, 0) == 0)
    return 0;
  if (errno != EPERM)
    return -1;
  return fail (fstatat (dir, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (found.st_mode) ? EISDIR : EPERM);
}

int
temp_posix_remove_dir (TempHandle  dir,
                       const char *name)
{
  return unlinkat (dir, name, AT_REMOVEDIR);
}

int
temp_posix_resolve (const char *path,
                    char      **resolved)
{
  *resolved = realpath (path, NULL);
  return *resolved == NULL ? -1 : 0;
}

int
temp_posix_get_current_dir (char **path)
{
  *path = getcwd (NULL, 0);
  return *path == NULL ? -1 : 0;
}

/* Looking */

void
temp_posix_fill_stat (TempStat          *st,
                      const struct stat *from)
{
  *st = (TempStat) {
    .id = { (uint64_t) from->st_dev, from->st_ino },
    .n_links = from->st_nlink,
    .mode = from->st_mode & 07777,
    .uid = from->st_uid,
    .gid = from->st_gid,
    .kind = from->st_mode >> 12,
    .device = (uint64_t) from->st_rdev,
    .size = from->st_size,
    .allocated = (int64_t) from->st_blocks * 512,
#ifdef HAVE_STRUCT_STAT_ST_MTIM
    .accessed = { from->st_atim.tv_sec, from->st_atim.tv_nsec },
    .modified = { from->st_mtim.tv_sec, from->st_mtim.tv_nsec },
#else
    .accessed = { from->st_atime, 0 },
    .modified = { from->st_mtime, 0 },
#endif
  };
}

int
temp_posix_identify (TempHandle  handle,
                     TempFileId *id)
{
  struct stat found;

  if (fstat (handle, &found) < 0)
    return -1;
  *id = (TempFileId) { (uint64_t) found.st_dev, found.st_ino };
  return 0;
}

int
temp_posix_stat (TempHandle handle,
                 TempStat  *st)
{
  struct stat found;

  if (fstat (handle, &found) < 0)
    return -1;
  temp_posix_fill_stat (st, &found);
  return 0;
}

static int
stat_at (TempHandle  dir,
         const char *name,
         int         flags,
         TempStat   *st)
{
  struct stat found;

  if (fstatat (dir, name, &found, flags) < 0)
    return -1;
  temp_posix_fill_stat (st, &found);
  return 0;
}

int
temp_posix_stat_name (TempHandle  dir,
                      const char *name,
                      TempStat   *st)
{
  return stat_at (dir, name, AT_SYMLINK_NOFOLLOW, st);
}

int
temp_posix_stat_target (TempHandle  dir,
                        const char *name,
                        TempStat   *st)
{
  return stat_at (dir, name, 0, st);
}

int
temp_posix_get_mount (TempHandle handle,
                      TempMount *mount)
{
  TempStat st;

  if (temp_posix_stat (handle, &st) < 0)
    return -1;
  *mount = (TempMount) { .file = st.id };
  return 0;
}

int
temp_posix_get_birth (TempHandle handle,
                      TempTime  *birth)
{
  return fail (ENOSYS);
}

int
temp_posix_get_filesystem (TempHandle      handle,
                           TempFilesystem *filesystem)
{
  *filesystem = (TempFilesystem) { .has_safe_locks = true };
  return 0;
}

int
temp_posix_may_list (TempHandle dir)
{
  return faccessat (dir, ".", R_OK, AT_EACCESS);
}

int
temp_posix_may_write (TempHandle  dir,
                      const char *name)
{
  return faccessat (dir, name, W_OK, AT_EACCESS);
}

int
temp_posix_has_acl (const char *path)
{
  return fail (ENOSYS);
}

/* Changing */

int
temp_posix_set_mode (TempHandle  handle,
                     const char *name,
                     uint32_t    mode)
{
  return name != NULL ? fchmodat (handle, name, mode, 0) : fchmod (handle, mode);
}

int
temp_posix_set_owner (TempHandle  handle,
                      const char *name,
                      uint32_t    uid,
                      uint32_t    gid)
{
  return name != NULL ? fchownat (handle, name, uid, gid, AT_SYMLINK_NOFOLLOW) : fchown (handle, uid, gid);
}

int
temp_posix_set_times (TempHandle      handle,
                      const char     *name,
                      const TempTime *accessed,
                      const TempTime *modified)
{
  const struct timespec times[2] = {
    { .tv_sec = accessed->seconds, .tv_nsec = accessed->nanoseconds },
    { .tv_sec = modified->seconds, .tv_nsec = modified->nanoseconds },
  };

  return name != NULL ? utimensat (handle, name, times, AT_SYMLINK_NOFOLLOW) : futimens (handle, times);
}

ssize_t
temp_posix_list_attributes (TempHandle handle,
                            char      *names,
                            size_t     size)
{
  return fail (ENOSYS);
}

ssize_t
temp_posix_get_attribute (TempHandle  handle,
                          const char *name,
                          void       *value,
                          size_t      size)
{
  return fail (ENOSYS);
}

int
temp_posix_set_attribute (TempHandle  handle,
                          const char *name,
                          const void *value,
                          size_t      size)
{
  return fail (ENOSYS);
}

int
temp_posix_remove_attribute (TempHandle  handle,
                             const char *name)
{
  return fail (ENOSYS);
}

int
temp_posix_set_size (TempHandle handle,
                     int64_t    size)
{
  return ftruncate (handle, size);
}

int
temp_posix_allocate (TempHandle handle,
                     int64_t    size)
{
#ifdef HAVE_POSIX_FALLOCATE
  int errsv = posix_fallocate (handle, 0, size);

  return errsv == 0 ? 0 : fail (errsv);
#else
  return fail (ENOSYS);
#endif
}

/* Not a lock of POSIX's own: the first close() of any descriptor of the file drops those. */
int
temp_posix_lock (TempHandle handle,
                 TempLock   lock,
                 bool       waits)
{
  static const int operations[] = { [TEMP_LOCK_SHARED] = LOCK_SH, [TEMP_LOCK_EXCLUSIVE] = LOCK_EX,
                                    [TEMP_LOCK_NONE] = LOCK_UN };

  return flock (handle, operations[lock] | (waits ? 0 : LOCK_NB));
}

int
temp_posix_pin_lock (TempHandle handle,
                     void     **pin)
{
  return fail (ENOSYS);
}

int
temp_posix_unpin_lock (void *pin)
{
  return fail (ENOSYS);
}

/* Contents */

ssize_t
temp_posix_read_at (TempHandle handle,
                    void      *buffer,
                    size_t     size,
                    int64_t    offset)
{
  return pread (handle, buffer, size, offset);
}

ssize_t
temp_posix_write_at (TempHandle  handle,
                     const void *data,
                     size_t      size,
                     int64_t     offset)
{
  return pwrite (handle, data, size, offset);
}

ssize_t
temp_posix_write_pieces (TempHandle       handle,
                         const TempPiece *pieces,
                         size_t           n_pieces)
{
  return writev (handle, (const struct iovec *) pieces, (int) (n_pieces < IOV_MAX ? n_pieces : IOV_MAX));
}

int64_t
temp_posix_seek (TempHandle handle,
                 int64_t    offset,
                 TempSeek   from)
{
  static const int whences[] = {
    [TEMP_SEEK_START] = SEEK_SET,
    [TEMP_SEEK_HERE] = SEEK_CUR,
    [TEMP_SEEK_END] = SEEK_END,
#ifdef SEEK_HOLE
    [TEMP_SEEK_DATA] = SEEK_DATA,
    [TEMP_SEEK_HOLE] = SEEK_HOLE,
#endif
  };

  return from < sizeof whences / sizeof *whences ? lseek (handle, offset, whences[from]) : fail (EINVAL);
}

int
temp_posix_sync (TempHandle handle,
                 TempSync   what)
{
#ifdef HAVE_FDATASYNC
  if (what == TEMP_SYNC_DATA)
    return fdatasync (handle);
#endif
  if (what == TEMP_SYNC_FILESYSTEM)
    sync (); /* all filesystems: POSIX has no call for one */
  return fsync (handle);
}

ssize_t
temp_posix_copy_range (TempHandle in,
                       TempHandle out,
                       size_t     size)
{
  return fail (ENOSYS);
}

ssize_t
temp_posix_send (TempHandle in,
                 TempHandle out,
                 size_t     size)
{
  return fail (ENOSYS);
}

ssize_t
temp_posix_splice (TempHandle in,
                   TempHandle out,
                   size_t     size,
                   bool       dont_wait)
{
  return fail (ENOSYS);
}

int
temp_posix_make_pipe (TempHandle ends[2],
                      int        size)
{
  return fail (ENOSYS);
}
