/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/home.h"

#include <errno.h>
#include <string.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"
#include "tree/tree.h"

/* The directories of ledgers, called homes here: BASE/tempfile-glib/MACHINE-ID, where BASE is the directory for the
 * state of all programs. */

static char *
read_machine_id (void)
{
  char id[33];

  return temp_platform.get_machine_id (id) == 0 ? g_strdup (id) : g_strdup_printf ("host-%s", g_get_host_name ());
}

/* Returns a name that tells this machine from others that share the user's home directory. */
static const char *
get_machine_name (void)
{
  static char *id; /* atomic. Not g_once_init_enter(): a child forked meanwhile would wait for ever. */

  if (G_UNLIKELY (g_atomic_pointer_get (&id) == NULL))
    {
      char *read = read_machine_id ();

      if (!g_atomic_pointer_compare_and_exchange (&id, NULL, read))
        g_free (read);
    }

  return g_atomic_pointer_get (&id);
}

/* Returns the directory for the state of all programs; NULL if there is none. */
static char *
get_base (guint which)
{
  g_autofree char *home = NULL;
  const char *path = temp_environment_get_path (which == TEMP_LEDGER_STATE_HOME ? "XDG_STATE_HOME" : "XDG_RUNTIME_DIR");

  if (path != NULL || which != TEMP_LEDGER_STATE_HOME)
    return g_strdup (path);

  home = temp_environment_get_home ();
  return home != NULL ? g_build_filename (home, ".local", "state", NULL) : NULL;
}

/* Returns the path of a directory of ledgers; NULL if this user has no such directory. */
char *
temp_ledger_home_get_path (guint which)
{
  g_autofree char *base = get_base (which);

  return base != NULL ? g_build_filename (base, "tempfile-glib", get_machine_name (), NULL) : NULL;
}

/* Returns TRUE if the open directory belongs to this user, and fills st; else sets errno. Under sudo, $HOME may be
 * another user's. */
static gboolean
belongs_to_user (TempHandle fd,
                 TempStat  *st)
{
  if (temp_platform.stat (fd, st) < 0)
    return FALSE;
  if (st->uid == temp_platform.get_uid ())
    return TRUE;

  errno = EPERM;
  return FALSE;
}

/* Makes a directory with mode 0700, whatever the umask is, unless there is one. Fails with errno. */
static gboolean
ensure_dir (TempHandle  parent_fd,
            const char *base)
{
  if (temp_platform.make_dir (parent_fd, base, 0700) == 0)
    return temp_platform.set_mode (parent_fd, base, 0700) == 0;
  return errno == EEXIST;
}

/* Returns TRUE if the path is the user's home directory, or one above it. */
static gboolean
is_home_or_above (const char *path)
{
  g_autofree char *home = temp_environment_get_home ();
  g_autofree char *canonical_home = home != NULL ? g_canonicalize_filename (home, NULL) : NULL;
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);
  gsize length = strlen (canonical);

  return home != NULL && g_str_has_prefix (canonical_home, canonical) &&
         (canonical_home[length] == '/' || canonical_home[length] == '\0');
}

/* Opens the directory; returns -1 with errno on an error. If `create`, makes it and those above it, but only in a
 * directory that this user owns, and never the home directory or one above that. */
static TempHandle
open_base (const char *path,
           gboolean    create)
{
  const TempOpenFlags flags = TEMP_OPEN_LIST | TEMP_OPEN_FOLLOW;
  temp_autofd TempHandle fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, path, flags);
  temp_autofd TempHandle parent_fd = TEMP_HANDLE_NONE;
  g_autofree char *parent = NULL;
  g_autofree char *base = NULL;
  TempStat st;

  if (fd >= 0 || errno != ENOENT || !create || is_home_or_above (path))
    return g_steal_fd (&fd);

  parent = g_path_get_dirname (path);
  base = g_path_get_basename (path);
  parent_fd = open_base (parent, create);
  if (parent_fd < 0 || !belongs_to_user (parent_fd, &st) || !ensure_dir (parent_fd, base))
    return -1;

  return temp_platform.open_dir (parent_fd, base, flags);
}

/* Opens one of the library's own directories, and makes it if `create`. Returns -1 with errno on an error, and if the
 * directory is not this user's. Sets its mode, which a process that was killed may not have done. */
static TempHandle
open_private (TempHandle  parent_fd,
              const char *base,
              gboolean    create)
{
  temp_autofd TempHandle fd = temp_remove_open_shut (parent_fd, base);
  TempStat st;

  if (fd < 0 && errno == ENOENT && create && ensure_dir (parent_fd, base))
    fd = temp_remove_open_shut (parent_fd, base);
  if (fd < 0 || !belongs_to_user (fd, &st))
    return -1;
  if (st.mode != 0700 && temp_platform.set_mode (fd, NULL, 0700) < 0)
    return -1;

  return g_steal_fd (&fd);
}

/* Returns FALSE, with errno, on a filesystem whose locks another machine or a program keeps, and may lose. */
static gboolean
has_safe_locks (TempHandle fd)
{
  TempFilesystem filesystem;

  if (temp_platform.get_filesystem (fd, &filesystem) < 0)
    return FALSE;
  if (filesystem.has_safe_locks)
    return TRUE;

  errno = ENOLCK;
  return FALSE;
}

/* Opens a directory of ledgers, and makes it if `create`. Returns its descriptor, or -1. A set-user-id program has no
 * such directory: the user who starts it chooses its environment, and must not choose the ledgers that it believes. */
TempHandle
temp_ledger_home_open (guint      which,
                       gboolean   create,
                       GError   **error)
{
  g_autofree char *base = !temp_platform.is_privileged () ? get_base (which) : NULL;
  temp_autofd TempHandle base_fd = TEMP_HANDLE_NONE, own_fd = TEMP_HANDLE_NONE, fd = TEMP_HANDLE_NONE;
  TempStat st;

  if (base == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                           _("Could not record temporary files: there is no state directory"));
      return -1;
    }

  base_fd = open_base (base, create);
  if (base_fd >= 0 && belongs_to_user (base_fd, &st))
    own_fd = open_private (base_fd, "tempfile-glib", create);
  if (own_fd >= 0)
    fd = open_private (own_fd, get_machine_name (), create);
  if (fd >= 0 && has_safe_locks (fd))
    return g_steal_fd (&fd);

  temp_error_from_errno (error, errno, _("Could not open the record of temporary files in “%s”: %s"), base);
  return -1;
}
