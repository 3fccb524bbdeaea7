/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/location.h"

#include <errno.h>
#include <stdlib.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "entry/create.h"

/* Interned, because callers of temp_get_default_dir() may hold the path for ever. */
static const char *default_dir;

/* Prepends the current directory to a relative path. Leaves dots to the kernel: taking ".." away would be wrong behind
 * a symbolic link. */
char *
temp_location_make_absolute (const char  *dir,
                             GError     **error)
{
  char *cwd, *absolute;

  if (*dir == '\0')
    {
      temp_error_from_errno (error, ENOENT, _("Could not open the directory “%s”: %s"), dir);
      return NULL;
    }
  if (g_path_is_absolute (dir))
    return g_strdup (dir);

  /* Not g_get_current_dir(), which believes $PWD and never fails. */
  if (temp_platform.get_current_dir (&cwd) < 0)
    {
      temp_error_from_errno (error, errno, _("Could not find the current directory for “%s”: %s"), dir);
      return NULL;
    }

  absolute = g_build_filename (cwd, dir, NULL);
  free (cwd);
  return absolute;
}

/* Creates a file and deletes its name at once, on a filesystem without nameless files. Returns -1 with errno. */
static TempHandle
create_probe (const char *dir)
{
  temp_autofd TempHandle dir_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_FOLLOW);
  g_auto (TempName) name = { 0 };
  TempHandle fd;

  if (dir_fd < 0 || !temp_name_init (&name, dir, NULL, NULL, TEMP_NAME_N_RANDOM, NULL))
    return -1;

  fd = temp_create_file (dir_fd, &name, 0600, NULL, NULL, NULL);
  if (fd >= 0)
    temp_platform.remove_file (dir_fd, name.base);
  return fd;
}

/* Returns TRUE if files can be made and written in dir; else sets errno. */
static gboolean
takes_a_file (const char *dir)
{
  temp_autofd TempHandle fd = temp_create_nameless (dir, 0600);
  gssize n;

  if (fd < 0)
    {
      if (!temp_create_is_unsupported (errno))
        return FALSE;
      fd = create_probe (dir);
      if (fd < 0)
        return FALSE;
    }

  /* Write, too: a full disk still makes files. But a write beyond the limit of the process would kill it. */
  if (!temp_fd_is_within_limit (1))
    return TRUE;
  do
    n = temp_platform.write (fd, "", 1);
  while (n < 0 && errno == EINTR);

  return n == 1;
}

/* Returns NULL if dir takes a file, and is in memory or is not, as the location asks; else the cause. Sets errno: to
 * 0 if no call failed. */
static const char *
find_fault (const char   *dir,
            TempLocation  location)
{
  if (location == TEMP_LOCATION_MEMORY || location == TEMP_LOCATION_LARGE)
    {
      temp_autofd TempHandle fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, dir, TEMP_OPEN_FOLLOW);
      TempFilesystem filesystem;

      if (fd < 0 || temp_platform.get_filesystem (fd, &filesystem) < 0)
        return g_strerror (errno);

      errno = 0;
      if (filesystem.is_in_memory != (location == TEMP_LOCATION_MEMORY))
        return filesystem.is_in_memory ? _("it is in memory") : _("it is not in memory");
    }

  return takes_a_file (dir) ? NULL : g_strerror (errno);
}

/* Returns the absolute path of the first candidate that takes a file, and is in memory or is not, as the location
 * asks. */
char *
temp_location_find (const char *const  *candidates,
                    TempLocation        location,
                    GError            **error)
{
  const gboolean in_memory = location == TEMP_LOCATION_MEMORY;
  g_autoptr (GString) tried = g_string_new (NULL);

  for (gsize i = 0; candidates[i] != NULL; i++)
    {
      g_autoptr (GError) local_error = NULL;
      g_autofree char *dir = temp_location_make_absolute (candidates[i], &local_error);
      g_autofree char *shown = NULL;
      const char *cause = dir != NULL ? find_fault (dir, location) : temp_error_get_cause (local_error);

      if (cause == NULL)
        return g_steal_pointer (&dir);

      /* The directory is not to blame, and the next one would be no better. */
      if (dir != NULL && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        {
          temp_error_from_errno (error, errno, _("Could not look for a directory for temporary files in “%s”: %s"), dir);
          return NULL;
        }

      shown = g_filename_display_name (candidates[i]);
      if (tried->len > 0)
        g_string_append (tried, ", ");
      g_string_append_printf (tried, _("“%s” (%s)"), shown, cause);
    }

  g_set_error (error, G_IO_ERROR, in_memory ? G_IO_ERROR_NO_SPACE : G_IO_ERROR_NOT_FOUND,
               in_memory ? _("No directory in memory takes temporary files: tried %s")
                         : _("No directory takes temporary files: tried %s"), tried->str);
  return NULL;
}

static char *
find_default_dir (GError **error)
{
  static const char *const variables[] = { "G_TEST_TMPDIR", "TMPDIR", "TEMP", "TMP" };
  static const char *const well_known[] = { "/tmp", "/var/tmp", "/usr/tmp" };
  g_autoptr (GPtrArray) candidates = g_ptr_array_new ();

  /* The user who starts a set-user-id program chooses its environment, and must not choose where it writes. */
  if (!temp_platform.is_privileged ())
    for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
      {
        const char *value = g_getenv (variables[i]);

        if (value != NULL && *value != '\0')
          g_ptr_array_add (candidates, (gpointer) value);
      }

  for (gsize i = 0; i < G_N_ELEMENTS (well_known); i++)
    g_ptr_array_add (candidates, (gpointer) well_known[i]);
  g_ptr_array_add (candidates, NULL);

  return temp_location_find ((const char *const *) candidates->pdata, TEMP_LOCATION_DEFAULT, error);
}

/* Returns the default directory, which the caller may hold for ever. Looks for one if none is set. */
const char *
temp_location_get_default (GError **error)
{
  g_autofree char *found = NULL;
  const char *dir;

  dir = g_atomic_pointer_get (&default_dir);
  if (G_LIKELY (dir != NULL))
    return dir;

  found = find_default_dir (error);
  if (found == NULL)
    return NULL;

  temp_process_lock ();
  if (default_dir == NULL)
    g_atomic_pointer_set (&default_dir, g_intern_string (found));
  dir = default_dir;
  temp_process_unlock ();

  return dir;
}

/* Sets the default directory; NULL: it is looked for again. Changes nothing if dir takes no file. */
gboolean
temp_location_set_default (const char  *dir,
                           GError     **error)
{
  g_autofree char *absolute = NULL;

  if (dir != NULL)
    {
      absolute = temp_location_make_absolute (dir, error);
      if (absolute == NULL)
        return FALSE;

      if (!takes_a_file (absolute))
        {
          temp_error_from_errno (error, errno, _("Could not use “%s” for temporary files: %s"), absolute);
          return FALSE;
        }
    }

  temp_process_lock ();
  g_atomic_pointer_set (&default_dir, absolute != NULL ? g_intern_string (absolute) : NULL);
  temp_process_unlock ();

  return TRUE;
}

/* Returns the absolute path of dir, or of the default directory if that is NULL. If the caller has to free the path,
 * *to_free is it. */
const char *
temp_location_resolve (const char  *dir,
                       char       **to_free,
                       GError     **error)
{
  if (dir == NULL)
    return temp_location_get_default (error);
  if (G_LIKELY (g_path_is_absolute (dir)))
    return dir;
  return *to_free = temp_location_make_absolute (dir, error);
}

/* Directories of other kinds. A set-user-id program does not look for them in its environment. */

static const char *
get_runtime_dir (void)
{
  return !temp_platform.is_privileged () ? temp_environment_get_path ("XDG_RUNTIME_DIR") : NULL;
}

/* Returns the user's cache directory; NULL if there is none. */
static char *
get_cache_dir (void)
{
  const char *path = temp_environment_get_path ("XDG_CACHE_HOME");
  g_autofree char *home = NULL;

  if (temp_platform.is_privileged ())
    return NULL;
  if (path != NULL)
    return g_strdup (path);

  home = temp_environment_get_home ();
  return home != NULL ? g_build_filename (home, ".cache", NULL) : NULL;
}

/* Makes the cache directory unless there is one, in a directory that this user owns: under sudo, $HOME may be another
 * user's. If that fails, the directory takes no file. */
static void
make_cache_dir (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  temp_autofd TempHandle parent_fd = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, parent, TEMP_OPEN_FOLLOW);
  TempStat st;

  if (parent_fd >= 0 && temp_platform.stat (parent_fd, &st) == 0 && st.uid == temp_platform.get_uid ())
    temp_platform.make_dir (parent_fd, base, 0700);
}

static char *
find_in_memory (GError **error)
{
  const char *candidates[] = { temp_platform.memory_dir, get_runtime_dir (), NULL };

  return temp_location_find (candidates, TEMP_LOCATION_MEMORY, error);
}

/* Makes the cache directory only if /var/tmp will not do. */
static char *
find_large (GError **error)
{
  const char *candidates[] = { "/var/tmp", NULL, NULL };
  g_autofree char *cache = get_cache_dir ();
  char *found = temp_location_find (candidates, TEMP_LOCATION_LARGE, cache != NULL ? NULL : error);

  if (found != NULL || cache == NULL)
    return found;

  make_cache_dir (cache);
  candidates[1] = cache;
  return temp_location_find (candidates, TEMP_LOCATION_LARGE, error);
}

/* Returns TRUE if this program is in a sandbox, and sets *cache to the application's cache directory; to NULL if
 * that is not known. A Flatpak's `.cache` in the home directory is one that nobody else sees. The launchers of many
 * Snaps, but not of all, set $XDG_CACHE_HOME to the directory taken here. */
static gboolean
is_in_sandbox (char **cache)
{
  const char *common = temp_environment_get_path ("SNAP_USER_COMMON");
  TempStat st;

  if (temp_platform.is_privileged ())
    return FALSE;
  if (temp_platform.stat_target (TEMP_HANDLE_CURRENT_DIR, "/.flatpak-info", &st) == 0)
    {
      *cache = g_strdup (temp_environment_get_path ("XDG_CACHE_HOME"));
      return TRUE;
    }
  if (common == NULL || temp_environment_get_path ("SNAP") == NULL)
    return FALSE;

  *cache = g_build_filename (common, ".cache", NULL);
  return TRUE;
}

static char *
find_shared (GError **error)
{
  const char *candidates[] = { NULL, NULL };
  g_autofree char *cache = NULL;

  if (!is_in_sandbox (&cache))
    return g_strdup (temp_location_get_default (error));
  if (cache == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                           _("Could not find the cache directory: “XDG_CACHE_HOME” is not set"));
      return NULL;
    }

  make_cache_dir (cache);
  candidates[0] = cache;
  return temp_location_find (candidates, TEMP_LOCATION_SHARED, error);
}

/* Returns the path of a directory of that kind, which the caller frees. */
char *
temp_location_get (TempLocation   location,
                   GError       **error)
{
  switch (location)
    {
    case TEMP_LOCATION_DEFAULT:
      return g_strdup (temp_location_get_default (error));

    case TEMP_LOCATION_MEMORY:
      return find_in_memory (error);

    case TEMP_LOCATION_LARGE:
      return find_large (error);

    case TEMP_LOCATION_SHARED:
      return find_shared (error);

    default:
      g_return_val_if_reached (NULL);
    }
}
