/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "platform/posix.h"

#include <unistd.h>

/* The table of a system of which only POSIX is known. */

TempPlatform temp_platform = {
  .name = "posix",
  .memory_dir = "/dev/shm",

  .open_dir = temp_posix_open_dir,
  .open_dir_on_mount = temp_posix_open_dir_on_mount,
  .open_file = temp_posix_open_file,
  .look = temp_posix_look,
  .create_file = temp_posix_create_file,
  .create_nameless = temp_posix_create_nameless,

  .close = close,
  .duplicate = temp_posix_duplicate,
  .replace = temp_posix_replace,
  .is_appending = temp_posix_is_appending,
  .copy_flags = temp_posix_copy_flags,
  .close_on_exec = temp_posix_close_on_exec,
  .get_link = temp_posix_get_link,
  .find_path = temp_posix_find_path,

  .make_dir = temp_posix_make_dir,
  .make_symlink = symlinkat,
  .make_special = temp_posix_make_special,
  .link = temp_posix_link,
  .link_handle = temp_posix_link_handle,
  .rename = temp_posix_rename,
  .remove_file = temp_posix_remove_file,
  .remove_dir = temp_posix_remove_dir,
  .read_link = readlinkat,
  .resolve = temp_posix_resolve,
  .get_current_dir = temp_posix_get_current_dir,

  .list = temp_posix_list,
  .rewind = temp_posix_rewind,
  .end_list = temp_posix_end_list,

  .identify = temp_posix_identify,
  .stat = temp_posix_stat,
  .stat_name = temp_posix_stat_name,
  .stat_target = temp_posix_stat_target,
  .get_mount = temp_posix_get_mount,
  .get_birth = temp_posix_get_birth,
  .get_filesystem = temp_posix_get_filesystem,
  .may_list = temp_posix_may_list,
  .may_write = temp_posix_may_write,
  .has_acl = temp_posix_has_acl,

  .set_mode = temp_posix_set_mode,
  .set_owner = temp_posix_set_owner,
  .set_times = temp_posix_set_times,
  .list_attributes = temp_posix_list_attributes,
  .get_attribute = temp_posix_get_attribute,
  .set_attribute = temp_posix_set_attribute,
  .remove_attribute = temp_posix_remove_attribute,
  .set_size = temp_posix_set_size,
  .allocate = temp_posix_allocate,

  .lock = temp_posix_lock,
  .pin_lock = temp_posix_pin_lock,
  .unpin_lock = temp_posix_unpin_lock,

  .read = read,
  .read_at = temp_posix_read_at,
  .write = write,
  .write_at = temp_posix_write_at,
  .write_pieces = temp_posix_write_pieces,
  .seek = temp_posix_seek,
  .sync = temp_posix_sync,
  .copy_range = temp_posix_copy_range,
  .send = temp_posix_send,
  .splice = temp_posix_splice,
  .make_pipe = temp_posix_make_pipe,

  .get_random = temp_posix_get_random,
  .get_limit = temp_posix_get_limit,
  .get_machine_id = temp_posix_get_machine_id,
  .get_boot_id = temp_posix_get_boot_id,
  .get_home = temp_posix_get_home,
  .is_private_group = temp_posix_is_private_group,
  .is_unmapped_user = temp_posix_is_unmapped_user,

  .get_process = temp_posix_get_process,
  .get_namespace = temp_posix_get_namespace,
  .find_process_in = temp_posix_find_process_in,
  .check_pids = temp_posix_check_pids,
  .probe_process = temp_posix_probe_process,
  .open_process = temp_posix_open_process,
  .wait = temp_posix_wait,
  .fork_detached = temp_posix_fork_detached,
  .heed_sigterm = temp_posix_heed_sigterm,
  .close_standard = temp_posix_close_standard,
  .allocate_wiped = temp_posix_allocate_wiped,
  .at_fork = temp_posix_at_fork,
  .find_loaded = temp_posix_find_loaded,
  .block_signals = temp_posix_block_signals,
  .restore_signals = temp_posix_restore_signals,

  .get_pid = temp_posix_get_pid,
  .get_uid = temp_posix_get_uid,
  .is_privileged = temp_posix_is_privileged,
  .get_second = temp_posix_get_second,
};
