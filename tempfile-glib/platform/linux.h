/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "platform/platform.h"

/* linux-system.c: the entries of the machine, its users, and its processes, which Linux has better than POSIX. */

int        temp_linux_get_random      (void *bytes, size_t size);
int        temp_linux_get_boot_id     (char id[37]);
int        temp_linux_is_unmapped_user (uint32_t uid);
int        temp_linux_get_process     (int64_t pid, TempProcess *process);
int        temp_linux_get_namespace   (int64_t pid, TempNamespace which, uint64_t *id);
int        temp_linux_find_process_in (uint64_t pid_namespace);
int        temp_linux_check_pids      (void);
TempHandle temp_linux_open_process    (int64_t pid);
int        temp_linux_wait            (TempHandle process);
int        temp_linux_allocate_wiped  (void **page);
bool       temp_linux_is_privileged   (void);
int64_t    temp_linux_get_second      (void);
