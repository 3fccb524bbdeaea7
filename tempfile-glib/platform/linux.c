/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/linux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "platform/posix.h"

/* Files, directories and names, as Linux does them better than POSIX; and the table.
 *
 * C libraries have some of these calls only in their newest versions, or with other types: musl 1.2.3 has no statx()
 * and no renameat2(), and musl 1.2.5 has a struct statx without stx_mnt_id. So they are made by their number here,
 * with the kernel's own types. */

/* One number on all architectures; since Linux 6.6. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* Of openat2() */
struct kernel_open_how
{
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

#define NO_OTHER_MOUNT 0x01
#define NO_SYMLINKS 0x04

/* Of statx() */
struct kernel_time
{
  int64_t  tv_sec;
  uint32_t tv_nsec;
  int32_t  reserved;
};

struct kernel_statx
{
  uint32_t           mask;
  uint32_t           blksize;
  uint64_t           attributes;
  uint32_t           nlink;
  uint32_t           uid;
  uint32_t           gid;
  uint16_t           mode;
  uint16_t           spare0;
  uint64_t           ino;
  uint64_t           size;
  uint64_t           blocks;
  uint64_t           attributes_mask;
  struct kernel_time atime;
  struct kernel_time btime;
  struct kernel_time ctime;
  struct kernel_time mtime;
  uint32_t           rdev_major;
  uint32_t           rdev_minor;
  uint32_t           dev_major;
  uint32_t           dev_minor;
  uint64_t           mnt_id;
  uint64_t           spare[13];
};

_Static_assert (sizeof (struct kernel_statx) == 256 && offsetof (struct kernel_statx, mnt_id) == 144,
                "The kernel has this layout");

#define FORCE_SYNC 0x2000
#define HAS_BASIC 0x07ffu
#define HAS_BTIME 0x0800u
#define HAS_MNT_ID 0x1000u
#define ATTRIBUTE_MOUNT_ROOT 0x2000u

/* Of renameat2() */
#define NO_REPLACE 1u
#define EXCHANGE 2u

/* Of fstatfs() */
#define EXT4_MAGIC 0xef53u
#define OVERLAYFS_MAGIC 0x794c7630u
#define RAMFS_MAGIC 0x858458f6u
#define TMPFS_MAGIC 0x01021994u

/* Of getdents64() */
_Static_assert (offsetof (TempDirEntry, length) == 16 && offsetof (TempDirEntry, kind) == 18 &&
                offsetof (TempDirEntry, name) == 19, "TempDirEntry has the kernel's layout");

/* Opening */

/* A descriptor of O_PATH needs no permission on the directory itself. */
static int
dir_flags (TempOpenFlags flags)
{
  return ((flags & TEMP_OPEN_LIST) != 0 ? O_RDONLY : O_PATH) | ((flags & TEMP_OPEN_FOLLOW) != 0 ? 0 : O_NOFOLLOW) |
         O_DIRECTORY | O_CLOEXEC;
}

static TempHandle
open_dir (TempHandle    dir,
          const char   *name,
          TempOpenFlags flags)
{
  return openat (dir, name, dir_flags (flags));
}

static TempHandle
open_dir_on_mount (TempHandle    dir,
                   const char   *name,
                   TempOpenFlags flags)
{
  const struct kernel_open_how how = {
    .flags = (uint64_t) dir_flags (flags),
    .resolve = NO_OTHER_MOUNT | NO_SYMLINKS,
  };

  return (TempHandle) syscall (SYS_openat2, dir, name, &how, sizeof how);
}

/* The kernel remembers for a while what servers have said of a file, on FUSE and NFS: so a second name that the file
 * has got by another path would be missed. Asks the server again. */
static int
look (TempHandle  dir,
      const char *name,
      TempHandle *handle,
      TempStat   *st)
{
  struct kernel_statx stx;
  int errsv;

  *handle = openat (dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (*handle < 0)
    return -1;
  syscall (SYS_statx, *handle, "", AT_EMPTY_PATH | FORCE_SYNC, HAS_BASIC, &stx); /* for the call that follows */
  if (temp_posix_stat (*handle, st) == 0)
    return 0;

  errsv = errno;
  close (*handle);
  *handle = TEMP_HANDLE_NONE;
  errno = errsv;
  return -1;
}

/* O_EXCL would forbid to link the file later. */
static TempHandle
create_nameless (TempHandle  dir,
                 const char *name,
                 uint32_t    mode)
{
  return openat (dir, name, O_TMPFILE | O_RDWR | O_CLOEXEC, (mode_t) mode);
}

/* Handles */

#define LINK_SIZE (sizeof "/proc/self/fd/" + 3 * sizeof (int))

/* Writes the handle's link in /proc, which the kernel follows to the open file. */
static const char *
write_link (TempHandle handle,
            char       link[LINK_SIZE])
{
  snprintf (link, LINK_SIZE, "/proc/self/fd/%d", handle);
  return link;
}

static int
get_link (TempHandle handle,
          bool       for_others,
          char      *link,
          size_t     size)
{
  if (for_others)
    snprintf (link, size, "/proc/%d/fd/%d", (int) getpid (), handle);
  else
    snprintf (link, size, "/proc/self/fd/%d", handle);
  return 0;
}

static ssize_t
find_path (TempHandle handle,
           char      *path,
           size_t     size)
{
  char link[LINK_SIZE];

  return readlink (write_link (handle, link), path, size);
}

/* Names */

static int
link_handle (TempHandle  handle,
             TempHandle  dir,
             const char *name)
{
  char link[LINK_SIZE];

  if (linkat (AT_FDCWD, write_link (handle, link), dir, name, AT_SYMLINK_FOLLOW) == 0)
    return 0;

  /* Without /proc: some kernels allow this, to some users. */
  return errno == ENOENT ? linkat (handle, "", dir, name, AT_EMPTY_PATH) : -1;
}

static int
rename_at (TempHandle    from_dir,
           const char   *from,
           TempHandle    to_dir,
           const char   *to,
           TempRenameHow how)
{
  if (how == TEMP_RENAME_REPLACE)
    return renameat (from_dir, from, to_dir, to);
  return (int) syscall (SYS_renameat2, from_dir, from, to_dir, to, how == TEMP_RENAME_NEW ? NO_REPLACE : EXCHANGE);
}

static ssize_t
list (TempHandle    dir,
      TempListing **listing,
      void         *buffer,
      size_t        size)
{
  return syscall (SYS_getdents64, dir, buffer, size);
}

static int
rewind_list (TempHandle    dir,
             TempListing **listing)
{
  return lseek (dir, 0, SEEK_SET) < 0 ? -1 : 0;
}

static void
end_list (TempListing **listing)
{
}

/* Looking */

static int
get_mount (TempHandle handle,
           TempMount *mount)
{
  struct kernel_statx stx;

  if (syscall (SYS_statx, handle, "", AT_EMPTY_PATH, HAS_MNT_ID, &stx) < 0)
    return errno == ENOSYS ? temp_posix_get_mount (handle, mount) : -1;

  /* Kernels before 5.8 know no identifiers of mounts. */
  *mount = (TempMount) {
    .file = { makedev (stx.dev_major, stx.dev_minor), stx.ino },
    .id = (stx.mask & HAS_MNT_ID) != 0 ? stx.mnt_id : 0,
    .is_root = (stx.attributes & ATTRIBUTE_MOUNT_ROOT) != 0,
  };
  return 0;
}

static int
get_birth (TempHandle handle,
           TempTime  *birth)
{
  struct kernel_statx stx;

  if (syscall (SYS_statx, handle, "", AT_EMPTY_PATH, HAS_BTIME, &stx) < 0)
    return -1;
  if ((stx.mask & HAS_BTIME) == 0)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  *birth = (TempTime) { stx.btime.tv_sec, stx.btime.tv_nsec };
  return 0;
}

static int
get_filesystem (TempHandle      handle,
                TempFilesystem *filesystem)
{
  static const uint32_t remote[] = {
    0x6969,     /* NFS */
    0x517b,     /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB2 */
    0x65735546, /* FUSE */
    0x01021997, /* 9p */
    0x00c36400, /* Ceph */
    0x5346414f, /* AFS */
    0x6b414653, /* kAFS */
    0x73757245, /* Coda */
    0x0bd00bd0, /* Lustre */
    0x01161970, /* GFS2 */
    0x7461636f, /* OCFS2 */
  };
  struct statfs fs;

  if (fstatfs (handle, &fs) < 0)
    return -1;

  *filesystem = (TempFilesystem) {
    .has_safe_locks = true,
    .likes_splicing = (uint32_t) fs.f_type == EXT4_MAGIC,
    .is_in_memory = (uint32_t) fs.f_type == TMPFS_MAGIC || (uint32_t) fs.f_type == RAMFS_MAGIC,
  };
  for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
    if ((uint32_t) fs.f_type == remote[i])
      filesystem->has_safe_locks = false;
  return 0;
}

static int
has_acl (const char *path)
{
  return lgetxattr (path, "system.posix_acl_access", NULL, 0) > 0;
}

/* Changing */

/* Changes the mode by any kind of descriptor. fchmod() refuses one of O_PATH with EBADF. */
static int
set_mode (TempHandle  handle,
          const char *name,
          uint32_t    mode)
{
  char link[LINK_SIZE];

  if (temp_posix_set_mode (handle, name, mode) == 0)
    return 0;
  if (name != NULL || errno != EBADF)
    return -1;

  if (syscall (SYS_fchmodat2, handle, "", (mode_t) mode, AT_EMPTY_PATH) == 0 ||
      fchmodat (AT_FDCWD, write_link (handle, link), (mode_t) mode, 0) == 0)
    return 0;
  if (errno == ENOENT)
    errno = EBADF; /* no such descriptor, or no /proc */
  return -1;
}

/* A descriptor of O_PATH, as for a file that this user may not read, answers by its link in /proc only. */

static ssize_t
list_attributes (TempHandle handle,
                 char      *names,
                 size_t     size)
{
  ssize_t n = flistxattr (handle, names, size);
  char link[LINK_SIZE];

  return n < 0 && errno == EBADF ? listxattr (write_link (handle, link), names, size) : n;
}

static ssize_t
get_attribute (TempHandle  handle,
               const char *name,
               void       *value,
               size_t      size)
{
  ssize_t n = fgetxattr (handle, name, value, size);
  char link[LINK_SIZE];

  return n < 0 && errno == EBADF ? getxattr (write_link (handle, link), name, value, size) : n;
}

static int
set_attribute (TempHandle  handle,
               const char *name,
               const void *value,
               size_t      size)
{
  return fsetxattr (handle, name, value, size, 0);
}

/* Leaves the size as it is, so that nobody sees zeros. Unlike posix_fallocate(), never writes them one by one where the
 * filesystem cannot allocate. */
static int
allocate (TempHandle handle,
          int64_t    size)
{
  return fallocate (handle, FALLOC_FL_KEEP_SIZE, 0, size);
}

/* The lock belongs to the open file description, which a mapping keeps, here and in forked children. On overlayfs, the
 * kernel maps another file, the one below: there the mapping would keep nothing. */
static int
pin_lock (TempHandle handle,
          void     **pin)
{
  struct statfs fs;
  void *mapping;

  if (fstatfs (handle, &fs) < 0)
    return -1;
  if ((uint32_t) fs.f_type == OVERLAYFS_MAGIC)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  mapping = mmap (NULL, (size_t) sysconf (_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE, handle, 0);
  if (mapping == MAP_FAILED)
    return -1;
  *pin = mapping;
  return 0;
}

static int
unpin_lock (void *pin)
{
  return munmap (pin, (size_t) sysconf (_SC_PAGESIZE));
}

/* Contents */

static int
sync_file (TempHandle handle,
           TempSync   what)
{
  return what == TEMP_SYNC_FILESYSTEM ? syncfs (handle) : temp_posix_sync (handle, what);
}

static ssize_t
copy_range (TempHandle in,
            TempHandle out,
            size_t     size)
{
  return copy_file_range (in, NULL, out, NULL, size, 0);
}

static ssize_t
send_file (TempHandle in,
           TempHandle out,
           size_t     size)
{
  return sendfile (out, in, NULL, size);
}

static ssize_t
splice_file (TempHandle in,
             TempHandle out,
             size_t     size,
             bool       dont_wait)
{
  return splice (in, NULL, out, NULL, size, SPLICE_F_MOVE | (dont_wait ? SPLICE_F_NONBLOCK : 0));
}

static int
make_pipe (TempHandle ends[2],
           int        size)
{
  int errsv;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -1;
  if (fcntl (ends[1], F_SETPIPE_SZ, size) >= 0)
    return 0;

  errsv = errno;
  close (ends[0]);
  close (ends[1]);
  ends[0] = ends[1] = TEMP_HANDLE_NONE;
  errno = errsv;
  return -1;
}

/* The table */

TempPlatform temp_platform = {
  .name = "linux",
  .memory_dir = "/dev/shm",

  .open_dir = open_dir,
  .open_dir_on_mount = open_dir_on_mount,
  .open_file = temp_posix_open_file,
  .look = look,
  .create_file = temp_posix_create_file,
  .create_nameless = create_nameless,

  .close = close,
  .duplicate = temp_posix_duplicate,
  .replace = temp_posix_replace,
  .is_appending = temp_posix_is_appending,
  .copy_flags = temp_posix_copy_flags,
  .close_on_exec = temp_posix_close_on_exec,
  .get_link = get_link,
  .find_path = find_path,

  .make_dir = temp_posix_make_dir,
  .make_symlink = symlinkat,
  .make_special = temp_posix_make_special,
  .link = temp_posix_link,
  .link_handle = link_handle,
  .rename = rename_at,
  .remove_file = temp_posix_remove_file,
  .remove_dir = temp_posix_remove_dir,
  .read_link = readlinkat,
  .resolve = temp_posix_resolve,
  .get_current_dir = temp_posix_get_current_dir,

  .list = list,
  .rewind = rewind_list,
  .end_list = end_list,

  .identify = temp_posix_identify,
  .stat = temp_posix_stat,
  .stat_name = temp_posix_stat_name,
  .stat_target = temp_posix_stat_target,
  .get_mount = get_mount,
  .get_birth = get_birth,
  .get_filesystem = get_filesystem,
  .may_list = temp_posix_may_list,
  .may_write = temp_posix_may_write,
  .has_acl = has_acl,

  .set_mode = set_mode,
  .set_owner = temp_posix_set_owner,
  .set_times = temp_posix_set_times,
  .list_attributes = list_attributes,
  .get_attribute = get_attribute,
  .set_attribute = set_attribute,
  .remove_attribute = fremovexattr,
  .set_size = temp_posix_set_size,
  .allocate = allocate,

  .lock = temp_posix_lock,
  .pin_lock = pin_lock,
  .unpin_lock = unpin_lock,

  .read = read,
  .read_at = temp_posix_read_at,
  .write = write,
  .write_at = temp_posix_write_at,
  .write_pieces = temp_posix_write_pieces,
  .seek = temp_posix_seek,
  .sync = sync_file,
  .copy_range = copy_range,
  .send = send_file,
  .splice = splice_file,
  .make_pipe = make_pipe,

  .get_random = temp_linux_get_random,
  .get_limit = temp_posix_get_limit,
  .get_machine_id = temp_posix_get_machine_id,
  .get_boot_id = temp_linux_get_boot_id,
  .get_home = temp_posix_get_home,
  .is_private_group = temp_posix_is_private_group,
  .is_unmapped_user = temp_linux_is_unmapped_user,

  .get_process = temp_linux_get_process,
  .get_namespace = temp_linux_get_namespace,
  .find_process_in = temp_linux_find_process_in,
  .check_pids = temp_linux_check_pids,
  .probe_process = temp_posix_probe_process,
  .open_process = temp_linux_open_process,
  .wait = temp_linux_wait,
  .fork_detached = temp_posix_fork_detached,
  .heed_sigterm = temp_posix_heed_sigterm,
  .close_standard = temp_posix_close_standard,
  .allocate_wiped = temp_linux_allocate_wiped,
  .at_fork = temp_posix_at_fork,
  .find_loaded = temp_posix_find_loaded,
  .block_signals = temp_posix_block_signals,
  .restore_signals = temp_posix_restore_signals,

  .get_pid = temp_posix_get_pid,
  .get_uid = temp_posix_get_uid,
  .is_privileged = temp_linux_is_privileged,
  .get_second = temp_linux_get_second,
};
