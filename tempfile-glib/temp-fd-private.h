/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

G_BEGIN_DECLS

/* GLib has g_autofd and g_clear_fd() from 2.76 on only. */

static inline void
temp_fd_clear (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

#define temp_autofd __attribute__ ((cleanup (temp_fd_clear)))

G_END_DECLS
