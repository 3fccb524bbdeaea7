/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/file.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"
#include "ledger/alive.h"
#include "ledger/home.h"

/* Makes the file of a ledger: empty, and locked. */

/* A sweep may delete a new file before this process locks it. So many files are made before this process gives up. */
#define MAX_TRIES 100

/* Fills the bytes with random ones. Fails with errno. */
gboolean
temp_ledger_draw_bytes (void  *bytes,
                        gsize  size)
{
  int result;

  do
    result = temp_platform.get_random (bytes, size);
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Makes a locked file, and returns its descriptor; -1 with errno on an error. EWOULDBLOCK means that a sweep has locked
 * the new file first, and deletes it, since it has no header. */
static TempHandle
create_locked (TempHandle  home_fd,
               guint       which,
               char      **base,
               TempStat   *st)
{
  /* Cleaners of the runtime directory pass over a file with the sticky bit. */
  const guint32 mode = which == TEMP_LEDGER_RUNTIME_HOME ? TEMP_MODE_STICKY | 0600 : 0600;
  temp_autofd TempHandle fd = TEMP_HANDLE_NONE;
  guint64 random;
  int errsv;

  if (!temp_ledger_draw_bytes (&random, sizeof random))
    return -1;
  *base = g_strdup_printf (TEMP_LEDGER_PREFIX "%016" G_GINT64_MODIFIER "x", random);
  fd = temp_platform.create_file (home_fd, *base, TEMP_OPEN_APPEND, 0600);
  if (fd < 0)
    return -1;

  if (temp_platform.set_mode (fd, NULL, mode) == 0 && temp_ledger_lock (fd, TEMP_LOCK_SHARED, FALSE) &&
      temp_platform.stat (fd, st) == 0)
    {
      if (st->n_links > 0)
        return g_steal_fd (&fd);
      errno = EWOULDBLOCK;
    }

  errsv = errno;
  temp_platform.remove_file (home_fd, *base);
  errno = errsv;
  return -1;
}

/* Makes a file for a ledger in one of the directories of ledgers. Returns its descriptor, and sets *path and *st; -1 on
 * an error. */
TempHandle
temp_ledger_file_create (guint      which,
                         char     **path,
                         TempStat  *st,
                         GError   **error)
{
  g_autofree char *home = temp_ledger_home_get_path (which);
  temp_autofd TempHandle home_fd = temp_ledger_home_open (which, TRUE, error);
  g_autofree char *base = NULL;
  TempHandle fd = TEMP_HANDLE_NONE;

  if (home_fd < 0)
    return -1;
  for (guint i = 0; fd < 0 && (i == 0 || (i < MAX_TRIES && errno == EWOULDBLOCK)); i++)
    {
      g_clear_pointer (&base, g_free);
      fd = create_locked (home_fd, which, &base, st);
    }

  if (fd >= 0)
    *path = g_build_filename (home, base, NULL);
  else
    temp_error_from_errno (error, errno, _("Could not make a record of temporary files in “%s”: %s"), home);
  return fd;
}
