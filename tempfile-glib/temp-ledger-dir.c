/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-ledger-dir-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-create-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"

/* The directory of the ledgers, and their locks. */

#define PREFIX "ledger-"

/* Directories */

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

/* What tells this machine from others that share the user's home. */
static const char *
get_machine_id (void)
{
  static char *id;

  if (g_once_init_enter (&id))
    g_once_init_leave (&id, read_machine_id ());

  return id;
}

static const char *
get_home (guint which)
{
  return which == 0 ? g_get_user_state_dir () : g_get_user_runtime_dir ();
}

char *
temp_ledger_dir_get_path (guint which)
{
  return g_build_filename (get_home (which), "tempfile-glib", get_machine_id (), NULL);
}

/* Only in what is our own is anything made: under sudo, the home may be another's. */
static gboolean
belongs_to_us (int          fd,
               struct stat *st)
{
  if (fstat (fd, st) < 0)
    return FALSE;
  if (st->st_uid == geteuid ())
    return TRUE;

  errno = EPERM;
  return FALSE;
}

/* Opens the home of all programs' states, or makes it, with those above it. */
static int
open_home (const char *path,
           gboolean    create)
{
  temp_autofd int fd = -1, parent_fd = -1;
  g_autofree char *parent = NULL;
  g_autofree char *base = NULL;
  struct stat st;

  /* GLib takes one from the environment as it is; below the current directory, neither a
   * sweep nor this process itself would find it again. */
  if (!g_path_is_absolute (path))
    {
      errno = EINVAL;
      return -1;
    }

  fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 || errno != ENOENT || !create)
    return g_steal_fd (&fd);

  parent = g_path_get_dirname (path);
  base = g_path_get_basename (path);
  parent_fd = open_home (parent, create);
  if (parent_fd < 0 || !belongs_to_us (parent_fd, &st) || (mkdirat (parent_fd, base, 0700) < 0 && errno != EEXIST))
    return -1;

  return openat (parent_fd, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Opens one of the library's own, which nobody else has a say in. */
static int
open_private (int         parent_fd,
              const char *base,
              gboolean    create)
{
  temp_autofd int fd = -1;
  struct stat st;

  if (create && mkdirat (parent_fd, base, 0700) < 0 && errno != EEXIST)
    return -1;

  fd = openat (parent_fd, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || !belongs_to_us (fd, &st))
    return -1;
  if ((st.st_mode & 077) != 0 && fchmod (fd, 0700) < 0)
    return -1;

  return g_steal_fd (&fd);
}

/* Gives a descriptor, or -1. */
int
temp_ledger_dir_open (guint     which,
                      gboolean  create,
                      GError  **error)
{
  g_autofree char *path = temp_ledger_dir_get_path (which);
  temp_autofd int home_fd = -1, fd = -1;
  struct stat st;

  /* Whoever starts a set-user-id program chooses its environment, and must not choose what
   * it believes. */
  errno = EPERM;
  if (getauxval (AT_SECURE) == 0)
    home_fd = open_home (get_home (which), create);
  if (home_fd >= 0 && belongs_to_us (home_fd, &st))
    {
      temp_autofd int own_fd = open_private (home_fd, "tempfile-glib", create);

      fd = own_fd >= 0 ? open_private (own_fd, get_machine_id (), create) : -1;
    }
  if (fd < 0)
    temp_error_from_errno (error, errno, "Could not open the directory of the ledgers", path);

  return g_steal_fd (&fd);
}

/* Locks */

/* Takes the lock that says that the ledger's process lives; sets errno if it cannot. It
 * belongs to the open file, not to the process: so not even this one takes its own
 * ledger for another's. */
gboolean
temp_ledger_lock (int      fd,
                  gboolean wait)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int result;

  do
    {
      result = fcntl (fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
      /* Linux before 3.15 */
      if (result < 0 && errno == EINVAL)
        result = flock (fd, LOCK_EX | (wait ? 0 : LOCK_NB));
    }
  while (result < 0 && errno == EINTR);

  return result == 0;
}

/* Whether nobody has the lock, without taking it; if in doubt, somebody has. */
static gboolean
is_free (int fd)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  if (fcntl (fd, F_OFD_GETLK, &lock) == 0)
    return lock.l_type == F_UNLCK;
  if (errno != EINVAL || flock (fd, LOCK_EX | LOCK_NB) < 0)
    return FALSE;

  flock (fd, LOCK_UN);
  return TRUE;
}

/* For a child, too, that was forked off meanwhile, and has the same open file. */
void
temp_ledger_unlock (int fd)
{
  struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

  if (fcntl (fd, F_OFD_SETLK, &lock) < 0 && errno == EINVAL)
    flock (fd, LOCK_UN);
}

/* Whether the name is still that of the open file. */
static gboolean
is_still_there (int         dir_fd,
                const char *name,
                int         fd)
{
  struct stat open_file, st;

  return fstat (fd, &open_file) == 0 && S_ISREG (open_file.st_mode) && open_file.st_uid == geteuid () &&
         fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         st.st_dev == open_file.st_dev && st.st_ino == open_file.st_ino;
}

/* Makes a ledger that is locked and still has its name: a sweep may have taken it for
 * a dead one before it was locked. Gives its descriptor and its path, or -1. */
int
temp_ledger_create (int          dir_fd,
                    const char  *dir,
                    char       **path,
                    GError     **error)
{
  g_auto (TempName) name = { 0 };

  if (!temp_name_init (&name, dir, PREFIX, NULL, error))
    return -1;

  for (guint i = 0; i < TEMP_NAME_MAX_TRIES; i++)
    {
      temp_autofd int fd = temp_create_file (dir_fd, &name, 0600, NULL, NULL, error);
      gboolean locked;

      if (fd < 0)
        return -1;

      locked = temp_ledger_lock (fd, FALSE);
      if (locked && is_still_there (dir_fd, name.base, fd))
        {
          *path = g_steal_pointer (&name.path);
          return g_steal_fd (&fd);
        }
      if (!locked && errno != EAGAIN && errno != EACCES)
        {
          temp_error_from_errno (error, errno, "Could not lock the ledger", name.path);
          unlinkat (dir_fd, name.base, 0);
          return -1;
        }
    }

  temp_error_from_errno (error, EAGAIN, "Could not make a ledger in", dir);
  return -1;
}

static int
open_ledger (int         dir_fd,
             const char *name)
{
  return openat (dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* Opens and locks a ledger whose process is dead; any failure means that it is not. With
 * wait, it is waited for. Gives a descriptor, or -1 with errno. */
int
temp_ledger_take (int         dir_fd,
                  const char *name,
                  gboolean    wait)
{
  temp_autofd int fd = open_ledger (dir_fd, name);

  if (fd < 0 || !temp_ledger_lock (fd, wait))
    return -1;

  /* Only now can nobody else remove it. */
  if (!is_still_there (dir_fd, name, fd))
    {
      temp_ledger_unlock (fd);
      errno = ENOENT;
      return -1;
    }

  return g_steal_fd (&fd);
}

/* Gives the names of the ledgers whose processes are dead, as they are now; at most so many. */
GPtrArray *
temp_ledger_list_free (int   dir_fd,
                       guint max)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  int copy = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;

  if (dir == NULL)
    {
      temp_fd_clear (&copy);
      return names;
    }

  while (names->len < max && (entry = readdir (dir)) != NULL)
    {
      temp_autofd int fd = g_str_has_prefix (entry->d_name, PREFIX) ? open_ledger (dir_fd, entry->d_name) : -1;

      if (fd >= 0 && is_free (fd))
        g_ptr_array_add (names, g_strdup (entry->d_name));
    }

  closedir (dir);
  return names;
}
