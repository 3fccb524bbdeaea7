/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/home.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "tree/tree.h"

/* The directories of ledgers, called homes here: BASE/tempfile-glib/MACHINE-ID, where BASE is the directory for the
 * state of all programs. Reads the environment without GLib, whose functions make directories, and print warnings where
 * the user has no home. */

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static char *
read_machine_id (void)
{
  static const char *const files[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *id = NULL;

      if (g_file_get_contents (files[i], &id, NULL, NULL) && strlen (g_strchomp (id)) == 32 &&
          strspn (id, "0123456789abcdef") == 32)
        return g_steal_pointer (&id);
    }

  return g_strdup_printf ("host-%s", g_get_host_name ());
}

/* Returns a name that tells this machine from others that share the user's home directory. */
static const char *
get_machine_id (void)
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

/* Returns the value of an environment variable if that is an absolute path; else NULL. A ledger under a relative path
 * would be lost to sweeps, and to this process once it changes its directory. */
static const char *
get_path_from_environment (const char *variable)
{
  const char *path = g_getenv (variable);

  return path != NULL && g_path_is_absolute (path) ? path : NULL;
}

/* Returns the user's home directory; NULL if there is none. */
static char *
get_home (void)
{
  const char *path = get_path_from_environment ("HOME");
  char buffer[4096];
  struct passwd user, *found = NULL;

  if (path != NULL || g_getenv ("HOME") != NULL)
    return g_strdup (path);
  if (getpwuid_r (geteuid (), &user, buffer, sizeof buffer, &found) != 0 || found == NULL)
    return NULL;
  return g_path_is_absolute (user.pw_dir) ? g_strdup (user.pw_dir) : NULL;
}

/* Returns the directory for the state of all programs; NULL if there is none. */
static char *
get_base (guint which)
{
  g_autofree char *home = NULL;
  const char *path = get_path_from_environment (which == TEMP_LEDGER_STATE_HOME ? "XDG_STATE_HOME" : "XDG_RUNTIME_DIR");

  if (path != NULL || which != TEMP_LEDGER_STATE_HOME)
    return g_strdup (path);

  home = get_home ();
  return home != NULL ? g_build_filename (home, ".local", "state", NULL) : NULL;
}

/* Returns the path of a directory of ledgers; NULL if this user has no such directory. */
char *
temp_ledger_home_get_path (guint which)
{
  g_autofree char *base = get_base (which);

  return base != NULL ? g_build_filename (base, "tempfile-glib", get_machine_id (), NULL) : NULL;
}

/* Returns TRUE if the open directory belongs to this user, and fills st; else sets errno. Under sudo, $HOME may be
 * another user's. */
static gboolean
belongs_to_user (int          fd,
               struct stat *st)
{
  if (fstat (fd, st) < 0)
    return FALSE;
  if (st->st_uid == geteuid ())
    return TRUE;

  errno = EPERM;
  return FALSE;
}

/* Makes a directory with mode 0700, whatever the umask is, unless there is one. Fails with errno. */
static gboolean
make_dir (int         parent_fd,
          const char *base)
{
  if (mkdirat (parent_fd, base, 0700) == 0)
    return fchmodat (parent_fd, base, 0700, 0) == 0;
  return errno == EEXIST;
}

/* Returns TRUE if the path is the user's home directory, or one above it. */
static gboolean
is_home_or_above (const char *path)
{
  g_autofree char *home = get_home ();
  g_autofree char *canonical_home = home != NULL ? g_canonicalize_filename (home, NULL) : NULL;
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);
  gsize length = strlen (canonical);

  return home != NULL && g_str_has_prefix (canonical_home, canonical) &&
         (canonical_home[length] == '/' || canonical_home[length] == '\0');
}

/* Opens the directory; returns -1 with errno on an error. If `create`, makes it and those above it, but only in a
 * directory that this user owns, and never the home directory or one above that. */
static int
open_base (const char *path,
           gboolean    create)
{
  temp_autofd int fd = open (path, OPEN_FLAGS), parent_fd = -1;
  g_autofree char *parent = NULL;
  g_autofree char *base = NULL;
  struct stat st;

  if (fd >= 0 || errno != ENOENT || !create || is_home_or_above (path))
    return g_steal_fd (&fd);

  parent = g_path_get_dirname (path);
  base = g_path_get_basename (path);
  parent_fd = open_base (parent, create);
  if (parent_fd < 0 || !belongs_to_user (parent_fd, &st) || !make_dir (parent_fd, base))
    return -1;

  return openat (parent_fd, base, OPEN_FLAGS);
}

/* Opens one of the library's own directories, and makes it if `create`. Returns -1 with errno on an error, and if the
 * directory is not this user's. Sets its mode, which a process that was killed may not have done. */
static int
open_private (int         parent_fd,
              const char *base,
              gboolean    create)
{
  temp_autofd int fd = temp_remove_open_shut (parent_fd, base);
  struct stat st;

  if (fd < 0 && errno == ENOENT && create && make_dir (parent_fd, base))
    fd = temp_remove_open_shut (parent_fd, base);
  if (fd < 0 || !belongs_to_user (fd, &st))
    return -1;
  if ((st.st_mode & 07777) != 0700 && fchmod (fd, 0700) < 0)
    return -1;

  return g_steal_fd (&fd);
}

/* Returns FALSE, with errno, on a filesystem whose locks another machine or a program keeps, and may lose. */
static gboolean
has_safe_locks (int fd)
{
  static const guint32 unsafe[] = {
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

  if (fstatfs (fd, &fs) < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (unsafe); i++)
    if ((guint32) fs.f_type == unsafe[i])
      {
        errno = ENOLCK;
        return FALSE;
      }

  return TRUE;
}

/* Opens a directory of ledgers, and makes it if `create`. Returns its descriptor, or -1. A set-user-id program has no
 * such directory: the user who starts it chooses its environment, and must not choose the ledgers that it believes. */
int
temp_ledger_home_open (guint      which,
                       gboolean   create,
                       GError   **error)
{
  g_autofree char *base = getauxval (AT_SECURE) == 0 ? get_base (which) : NULL;
  temp_autofd int base_fd = -1, own_fd = -1, fd = -1;
  struct stat st;

  if (base == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no directory for the state of programs");
      return -1;
    }

  base_fd = open_base (base, create);
  if (base_fd >= 0 && belongs_to_user (base_fd, &st))
    own_fd = open_private (base_fd, "tempfile-glib", create);
  if (own_fd >= 0)
    fd = open_private (own_fd, get_machine_id (), create);
  if (fd >= 0 && has_safe_locks (fd))
    return g_steal_fd (&fd);

  temp_error_from_errno (error, errno, "Could not open the directory of ledgers in", base);
  return -1;
}
