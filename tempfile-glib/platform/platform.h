/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The system below the library: one table of all calls that can fail. Another system has another table, and a test
 * replaces entries of it. */

/* An open file or directory. */
typedef int TempHandle;

#define TEMP_HANDLE_NONE (-1)

/* In place of a directory: names are paths, and relative ones start in the current directory. */
#define TEMP_HANDLE_CURRENT_DIR AT_FDCWD

/* Tells a file from all others that this machine has now. */
typedef struct
{
  uint64_t dev;
  uint64_t ino;
} TempFileId;

/* The kind of a file, by the numbers that Unix has in the upper bits of a mode, and in directories. */
typedef enum
{
  TEMP_KIND_UNKNOWN = 0,
  TEMP_KIND_PIPE = 1,
  TEMP_KIND_CHARACTER_DEVICE = 2,
  TEMP_KIND_DIR = 4,
  TEMP_KIND_BLOCK_DEVICE = 6,
  TEMP_KIND_FILE = 8,
  TEMP_KIND_SYMLINK = 10,
  TEMP_KIND_SOCKET = 12,
} TempKind;

/* Bits of a mode, above the nine of owner, group and others. */
#define TEMP_MODE_SET_UID 04000u
#define TEMP_MODE_SET_GID 02000u
#define TEMP_MODE_STICKY 01000u

typedef struct
{
  int64_t seconds; /* since 1970 */
  int64_t nanoseconds;
} TempTime;

typedef struct
{
  TempFileId id;
  uint64_t   n_links;
  uint32_t   mode;      /* the permissions: the lowest 12 bits of a mode */
  uint32_t   uid;
  uint32_t   gid;
  TempKind   kind;
  uint64_t   device;    /* of a device */
  int64_t    size;
  int64_t    allocated; /* bytes on the disk: less than `size` if the file has holes */
  TempTime   accessed;
  TempTime   modified;
} TempStat;

/* The mount that a file is on. */
typedef struct
{
  TempFileId file;
  uint64_t   id;      /* 0: the kernel does not tell; then `file.dev` stands for it */
  bool       is_root; /* the file is the root of the mount, as far as the kernel tells */
} TempMount;

typedef struct
{
  bool has_safe_locks; /* no other machine and no server can lose a lock */
  bool likes_splicing; /* splice() of large pieces is the fastest way to write */
  bool is_in_memory;   /* what is in a file is on no disk, unless it is swapped out */
} TempFilesystem;

/* How to open. Without TEMP_OPEN_FOLLOW, a symbolic link under the name itself is not followed. No program that this
 * process executes inherits the handle. */
typedef enum
{
  TEMP_OPEN_FOLLOW = 1 << 0,     /* directories: a symbolic link leads to its target */
  TEMP_OPEN_LIST = 1 << 1,       /* directories: to be listed, locked and synced, too */
  TEMP_OPEN_APPEND = 1 << 2,     /* files: to read, and to write at the end */
  TEMP_OPEN_DONT_BLOCK = 1 << 3, /* files: does not wait for another program, as a pipe does */
  TEMP_OPEN_WRITE = 1 << 4,      /* files: to read, and to write anywhere */
} TempOpenFlags;

typedef enum
{
  TEMP_RENAME_REPLACE,  /* a file replaces a file, a directory an empty directory */
  TEMP_RENAME_NEW,      /* fails with EEXIST if anything is there */
  TEMP_RENAME_EXCHANGE, /* the two change places */
} TempRenameHow;

typedef enum
{
  TEMP_LOCK_SHARED,
  TEMP_LOCK_EXCLUSIVE,
  TEMP_LOCK_NONE,
} TempLock;

typedef enum
{
  TEMP_SEEK_START,
  TEMP_SEEK_HERE,
  TEMP_SEEK_END,
  TEMP_SEEK_DATA, /* to the next byte that is in no hole: ENXIO if there is none */
  TEMP_SEEK_HOLE, /* to the next hole, or to the end */
} TempSeek;

typedef enum
{
  TEMP_SYNC_FILE,       /* contents and metadata; of a directory, its names */
  TEMP_SYNC_DATA,       /* contents, and the metadata without which they cannot be read */
  TEMP_SYNC_FILESYSTEM, /* all that is on the filesystem of the file */
} TempSync;

typedef enum
{
  TEMP_LIMIT_HANDLES,   /* so many may be open at once */
  TEMP_LIMIT_FILE_SIZE, /* a write beyond it kills the process */
  TEMP_LIMIT_MEMORY,    /* bytes that this machine has */
} TempLimit;

typedef enum
{
  TEMP_NAMESPACE_PIDS,
  TEMP_NAMESPACE_TIME,
  TEMP_NAMESPACE_MOUNTS,
} TempNamespace;

typedef struct
{
  bool     has_ended; /* and its parent has not asked for its status yet */
  uint64_t start;     /* when it started, by a clock of the system's own */
} TempProcess;

/* One piece of what write_pieces() writes. Laid out as GOutputVector. */
typedef struct
{
  const void *data;
  size_t      size;
} TempPiece;

/* An entry of a directory, in the buffer that list() fills. The next one begins `length` bytes further. The layout is
 * that of Linux, which fills the buffer itself. */
typedef struct
{
  uint64_t ino;
  int64_t  reserved;
  uint16_t length;
  uint8_t  kind; /* TempKind; TEMP_KIND_UNKNOWN: the filesystem does not tell */
  char     name[];
} TempDirEntry;

/* No entry is longer. */
#define TEMP_DIR_ENTRY_MAX_LENGTH 280

/* The state of the platform between two calls of list(); NULL at the beginning. */
typedef struct _TempListing TempListing;

typedef void (*TempForkHandler) (void);

/* Where a call takes a directory and a name, the name is one in the directory, or a path.
 *
 * Unless it says otherwise, a call returns -1 with errno if it fails, else 0, a handle or a number of bytes. ENOSYS
 * means that this platform does not have the call. No call is repeated after a signal: EINTR is the caller's.
 *
 * Each entry is on a line of its own, so that a script can read them. */
typedef struct
{
  const char *name; /* "linux", "posix" */
  const char *memory_dir; /* where everybody may make files in memory, if there is such a filesystem */

  /* Opening */
  TempHandle (*open_dir) (TempHandle dir, const char *name, TempOpenFlags flags);
  /* Like open_dir(), but fails with EXDEV if the name leads to another mount than `dir` is on. */
  TempHandle (*open_dir_on_mount) (TempHandle dir, const char *name, TempOpenFlags flags);
  TempHandle (*open_file) (TempHandle dir, const char *name, TempOpenFlags flags);
  /* Identifies what is under the name, and opens a handle of it, for which no permission is needed. Where the system
   * has none like that, opens a file or a directory for reading, and sets *handle to -1 for others. */
  int        (*look) (TempHandle dir, const char *name, TempHandle *handle, TempStat *st);
  /* Fails with EEXIST if anything is there. */
  TempHandle (*create_file) (TempHandle dir, const char *name, TempOpenFlags flags, uint32_t mode);
  /* Creates a file in a directory, without a name. link_handle() can give it one. */
  TempHandle (*create_nameless) (TempHandle dir, const char *name, uint32_t mode);

  /* Handles */
  int        (*close) (TempHandle handle);
  TempHandle (*duplicate) (TempHandle handle);
  /* Closes `old`, and makes it a duplicate of `handle`. */
  int        (*replace) (TempHandle handle, TempHandle old);
  /* Returns 1 if all writes go to the end, else 0. */
  int        (*is_appending) (TempHandle handle);
  /* Makes `to` append and block as `from` does. */
  int        (*copy_flags) (TempHandle from, TempHandle to);
  int        (*close_on_exec) (TempHandle handle);
  /* Writes a path under which the open file can be opened once more, even without a name; if `for_others`, by other
   * processes, too. */
  int        (*get_link) (TempHandle handle, bool for_others, char *link, size_t size);
  /* Writes the path that an open file has now. Returns its length. */
  ssize_t    (*find_path) (TempHandle handle, char *path, size_t size);

  /* Names */
  int        (*make_dir) (TempHandle dir, const char *name, uint32_t mode);
  int        (*make_symlink) (const char *target, TempHandle dir, const char *name);
  /* A pipe, a socket or a device; `device` is that of a TempStat. */
  int        (*make_special) (TempHandle dir, const char *name, TempKind kind, uint32_t mode, uint64_t device);
  int        (*link) (TempHandle from_dir, const char *from, TempHandle dir, const char *name);
  /* Links an open file to another name; ENOENT if it has lost its last name, or if there is no /proc. */
  int        (*link_handle) (TempHandle handle, TempHandle dir, const char *name);
  /* EINVAL, ENOSYS, EOPNOTSUPP and EPERM: kernel or filesystem do not know this way. */
  int        (*rename) (TempHandle from_dir, const char *from, TempHandle to_dir, const char *to, TempRenameHow how);
  /* EISDIR: a directory is there. */
  int        (*remove_file) (TempHandle dir, const char *name);
  int        (*remove_dir) (TempHandle dir, const char *name);
  /* Writes the target, without a zero at its end. Returns its length. */
  ssize_t    (*read_link) (TempHandle dir, const char *name, char *target, size_t size);
  /* Sets *resolved to the path without symbolic links, to be freed by free(). */
  int        (*resolve) (const char *path, char **resolved);
  int        (*get_current_dir) (char **path);

  /* Lists directories: writes entries, `.` and `..` among them, from where the last call ended. Returns the number of
   * bytes, 0 at the end. */
  ssize_t    (*list) (TempHandle dir, TempListing **listing, void *buffer, size_t size);
  int        (*rewind) (TempHandle dir, TempListing **listing);
  /* To be called before the directory is closed, if *listing is not NULL. */
  void       (*end_list) (TempListing **listing);

  /* Looking */
  int        (*identify) (TempHandle handle, TempFileId *id);
  int        (*stat) (TempHandle handle, TempStat *st);
  int        (*stat_name) (TempHandle dir, const char *name, TempStat *st);
  /* Follows a symbolic link. */
  int        (*stat_target) (TempHandle dir, const char *name, TempStat *st);
  int        (*get_mount) (TempHandle handle, TempMount *mount);
  int        (*get_birth) (TempHandle handle, TempTime *birth);
  int        (*get_filesystem) (TempHandle handle, TempFilesystem *filesystem);
  int        (*may_list) (TempHandle dir);
  /* Fails if this user must not write the file, or make and delete names in the directory. */
  int        (*may_write) (TempHandle dir, const char *name);
  /* Returns 1 if the file has an access control list beyond its mode, else 0. */
  int        (*has_acl) (const char *path);

  /* Changing: with NULL for a name, what the handle is of; else what is under the name, which is no link. */
  int        (*set_mode) (TempHandle handle, const char *name, uint32_t mode);
  /* A uid or gid of -1 stays as it is. */
  int        (*set_owner) (TempHandle handle, const char *name, uint32_t uid, uint32_t gid);
  int        (*set_times) (TempHandle handle, const char *name, const TempTime *accessed, const TempTime *modified);
  ssize_t    (*list_attributes) (TempHandle handle, char *names, size_t size);
  ssize_t    (*get_attribute) (TempHandle handle, const char *name, void *value, size_t size);
  int        (*set_attribute) (TempHandle handle, const char *name, const void *value, size_t size);
  int        (*remove_attribute) (TempHandle handle, const char *name);
  int        (*set_size) (TempHandle handle, int64_t size);
  /* Allocates the space of the first bytes of a file, so that writing them finds room. May add zeros to the file, but
   * changes none of its bytes. ENOSYS, EOPNOTSUPP and EINVAL: platform or filesystem cannot do so. After another error,
   * such as ENOSPC, set_size() gives back what was allocated. */
  int        (*allocate) (TempHandle handle, int64_t size);

  /* Locks a file or a directory for all who have this handle or a duplicate of it, as a forked child has. Unless it
   * waits, fails with EWOULDBLOCK if others have it locked. */
  int        (*lock) (TempHandle handle, TempLock lock, bool waits);
  /* Keeps the lock of a file until unpin_lock(), even if all its handles are closed. */
  int        (*pin_lock) (TempHandle handle, void **pin);
  int        (*unpin_lock) (void *pin);

  /* Contents */
  ssize_t    (*read) (TempHandle handle, void *buffer, size_t size);
  ssize_t    (*read_at) (TempHandle handle, void *buffer, size_t size, int64_t offset);
  ssize_t    (*write) (TempHandle handle, const void *data, size_t size);
  ssize_t    (*write_at) (TempHandle handle, const void *data, size_t size, int64_t offset);
  /* May write fewer pieces than there are. */
  ssize_t    (*write_pieces) (TempHandle handle, const TempPiece *pieces, size_t n_pieces);
  int64_t    (*seek) (TempHandle handle, int64_t offset, TempSeek from);
  int        (*sync) (TempHandle handle, TempSync what);
  /* Copy from the offset of the one to that of the other, inside the kernel. Splices do not wait for `in`, if
   * `dont_wait`. */
  ssize_t    (*copy_range) (TempHandle in, TempHandle out, size_t size);
  ssize_t    (*send) (TempHandle in, TempHandle out, size_t size);
  ssize_t    (*splice) (TempHandle in, TempHandle out, size_t size, bool dont_wait);
  /* Opens a pipe that holds so many bytes. */
  int        (*make_pipe) (TempHandle ends[2], int size);

  /* The machine and its users */
  int        (*get_random) (void *bytes, size_t size);
  /* UINT64_MAX: there is no limit. */
  int        (*get_limit) (TempLimit which, uint64_t *limit);
  /* Writes the identifier of this machine: 32 hexadecimal digits and a zero. */
  int        (*get_machine_id) (char id[33]);
  /* Writes the identifier of this boot: 36 characters and a zero. */
  int        (*get_boot_id) (char id[37]);
  /* Sets *path to the home directory of this user in the system's list, to be freed by free(). */
  int        (*get_home) (char **path);
  /* Returns 1 if the group is the primary one of this user, has the user's name, and has no other member; else 0. */
  int        (*is_private_group) (uint32_t gid);
  /* Returns 1 if the uid stands for all users that this process cannot tell apart; else 0. */
  int        (*is_unmapped_user) (uint32_t uid);

  /* Processes */
  /* For a pid of 0, describes this process. Fails with ENOENT if the system does not tell. */
  int        (*get_process) (int64_t pid, TempProcess *process);
  int        (*get_namespace) (int64_t pid, TempNamespace which, uint64_t *id);
  /* Looks for a process in a namespace of PIDs. ESRCH: none is to be seen there. */
  int        (*find_process_in) (uint64_t pid_namespace);
  /* Fails if get_process() takes PIDs of another namespace than this process's. */
  int        (*check_pids) (void);
  /* ESRCH: there is none. */
  int        (*probe_process) (int64_t pid);
  TempHandle (*open_process) (int64_t pid);
  /* Waits for the end of a process. */
  int        (*wait) (TempHandle process);
  /* Forks a process without a parent, session and terminal, in the root directory, with umask 077, that ignores what a
   * terminal sends. Returns 0 in that process; in this one, which is to exit, its PID. */
  int64_t    (*fork_detached) (void);
  /* Lets SIGTERM end a detached process again. */
  int        (*heed_sigterm) (void);
  /* Makes standard input, output and errors lead nowhere. */
  int        (*close_standard) (void);
  /* Allocates a page of zeros that a forked child sees as zeros, whatever is in it by then. */
  int        (*allocate_wiped) (void **page);
  int        (*at_fork) (TempForkHandler prepare, TempForkHandler parent, TempForkHandler child);
  /* Sets *path to the file that has these data and was loaded into this process, to be freed by free(): a library,
   * or the program, which may have another name than a path. */
  int        (*find_loaded) (const void *data, char **path);
  /* Blocks all signals for the calling thread; restore_signals() brings back the set from before. */
  int        (*block_signals) (void);
  int        (*restore_signals) (void);

  /* These never fail. */
  int64_t    (*get_pid) (void);
  uint32_t   (*get_uid) (void);
  /* The program has rights that its user does not have, as a set-user-id program: then its environment is not to be
   * trusted. */
  bool       (*is_privileged) (void);
  /* Seconds by a clock that never goes back, and costs little. */
  int64_t    (*get_second) (void);
} TempPlatform;

extern TempPlatform temp_platform;

static inline bool
temp_file_id_equal (const TempFileId *a,
                    const TempFileId *b)
{
  return a->ino == b->ino && a->dev == b->dev;
}

#ifdef __cplusplus
}
#endif
