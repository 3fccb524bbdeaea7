/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <sys/stat.h>

#include "platform/platform.h"

/* The entries that POSIX has, for the tables of Unix systems. */

/* posix.c */
void       temp_posix_fill_stat      (TempStat *st, const struct stat *from);
TempHandle temp_posix_open_dir       (TempHandle dir, const char *name, TempOpenFlags flags);
TempHandle temp_posix_open_dir_on_mount (TempHandle dir, const char *name, TempOpenFlags flags);
TempHandle temp_posix_open_file      (TempHandle dir, const char *name, TempOpenFlags flags);
int        temp_posix_look           (TempHandle dir, const char *name, TempHandle *handle, TempStat *st);
TempHandle temp_posix_create_file    (TempHandle dir, const char *name, TempOpenFlags flags, uint32_t mode);
TempHandle temp_posix_create_nameless (TempHandle dir, const char *name, uint32_t mode);
TempHandle temp_posix_duplicate      (TempHandle handle);
int        temp_posix_replace        (TempHandle handle, TempHandle old);
int        temp_posix_is_appending   (TempHandle handle);
int        temp_posix_copy_flags     (TempHandle from, TempHandle to);
int        temp_posix_close_on_exec  (TempHandle handle);
int        temp_posix_get_link       (TempHandle handle, bool for_others, char *link, size_t size);
ssize_t    temp_posix_find_path      (TempHandle handle, char *path, size_t size);
int        temp_posix_make_dir       (TempHandle dir, const char *name, uint32_t mode);
int        temp_posix_make_special   (TempHandle dir, const char *name, TempKind kind, uint32_t mode, uint64_t device);
int        temp_posix_link           (TempHandle from_dir, const char *from, TempHandle dir, const char *name);
int        temp_posix_link_handle    (TempHandle handle, TempHandle dir, const char *name);
int        temp_posix_rename         (TempHandle from_dir, const char *from, TempHandle to_dir, const char *to,
                                      TempRenameHow how);
int        temp_posix_remove_file    (TempHandle dir, const char *name);
int        temp_posix_remove_dir     (TempHandle dir, const char *name);
int        temp_posix_resolve        (const char *path, char **resolved);
int        temp_posix_get_current_dir (char **path);
int        temp_posix_identify       (TempHandle handle, TempFileId *id);
int        temp_posix_stat           (TempHandle handle, TempStat *st);
int        temp_posix_stat_name      (TempHandle dir, const char *name, TempStat *st);
int        temp_posix_stat_target    (TempHandle dir, const char *name, TempStat *st);
int        temp_posix_get_mount      (TempHandle handle, TempMount *mount);
int        temp_posix_get_birth      (TempHandle handle, TempTime *birth);
int        temp_posix_get_filesystem (TempHandle handle, TempFilesystem *filesystem);
int        temp_posix_may_write     (TempHandle dir, const char *name);
int        temp_posix_may_list       (TempHandle dir);
int        temp_posix_has_acl        (const char *path);
int        temp_posix_set_mode       (TempHandle handle, const char *name, uint32_t mode);
int        temp_posix_set_owner      (TempHandle handle, const char *name, uint32_t uid, uint32_t gid);
int        temp_posix_set_times      (TempHandle handle, const char *name, const TempTime *accessed,
                                      const TempTime *modified);
ssize_t    temp_posix_list_attributes (TempHandle handle, char *names, size_t size);
ssize_t    temp_posix_get_attribute  (TempHandle handle, const char *name, void *value, size_t size);
int        temp_posix_set_attribute  (TempHandle handle, const char *name, const void *value, size_t size);
int        temp_posix_remove_attribute (TempHandle handle, const char *name);
int        temp_posix_set_size       (TempHandle handle, int64_t size);
int        temp_posix_allocate       (TempHandle handle, int64_t size);
int        temp_posix_lock           (TempHandle handle, TempLock lock, bool waits);
int        temp_posix_pin_lock       (TempHandle handle, void **pin);
int        temp_posix_unpin_lock     (void *pin);
ssize_t    temp_posix_read_at        (TempHandle handle, void *buffer, size_t size, int64_t offset);
ssize_t    temp_posix_write_at       (TempHandle handle, const void *data, size_t size, int64_t offset);
ssize_t    temp_posix_write_pieces   (TempHandle handle, const TempPiece *pieces, size_t n_pieces);
int64_t    temp_posix_seek           (TempHandle handle, int64_t offset, TempSeek from);
int        temp_posix_sync           (TempHandle handle, TempSync what);
ssize_t    temp_posix_copy_range     (TempHandle in, TempHandle out, size_t size);
ssize_t    temp_posix_send           (TempHandle in, TempHandle out, size_t size);
ssize_t    temp_posix_splice         (TempHandle in, TempHandle out, size_t size, bool dont_wait);
int        temp_posix_make_pipe      (TempHandle ends[2], int size);

/* posix-list.c */
ssize_t    temp_posix_list           (TempHandle dir, TempListing **listing, void *buffer, size_t size);
int        temp_posix_rewind         (TempHandle dir, TempListing **listing);
void       temp_posix_end_list       (TempListing **listing);

/* posix-system.c */
int        temp_posix_get_random     (void *bytes, size_t size);
int        temp_posix_get_limit      (TempLimit which, uint64_t *limit);
ssize_t    temp_posix_read_text      (const char *path, char *text, size_t size);
int        temp_posix_get_machine_id (char id[33]);
int        temp_posix_get_boot_id    (char id[37]);
int        temp_posix_get_home       (char **path);
int        temp_posix_is_private_group (uint32_t gid);
int        temp_posix_is_unmapped_user (uint32_t uid);
int        temp_posix_get_process    (int64_t pid, TempProcess *process);
int        temp_posix_get_namespace  (int64_t pid, TempNamespace which, uint64_t *id);
int        temp_posix_find_process_in (uint64_t pid_namespace);
int        temp_posix_check_pids     (void);
int        temp_posix_probe_process  (int64_t pid);
TempHandle temp_posix_open_process   (int64_t pid);
int        temp_posix_wait           (TempHandle process);
int64_t    temp_posix_fork_detached  (void);
int        temp_posix_heed_sigterm   (void);
int        temp_posix_close_standard (void);
int        temp_posix_allocate_wiped (void **page);
int        temp_posix_at_fork        (TempForkHandler prepare, TempForkHandler parent, TempForkHandler child);
int        temp_posix_find_loaded    (const void *data, char **path);
int        temp_posix_block_signals  (void);
int        temp_posix_restore_signals (void);
int64_t    temp_posix_get_pid        (void);
uint32_t   temp_posix_get_uid        (void);
bool       temp_posix_is_privileged  (void);
int64_t    temp_posix_get_second     (void);
