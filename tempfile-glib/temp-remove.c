/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-remove-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "temp-fd-private.h"

/* Directories deeper than this have the topmost ones closed, which are opened
 * again by ".." on the way back. */
#define MAX_OPEN_LEVELS 32

/* How often a directory is read again because something appeared in it, and the
 * whole tree because there was no way back up in it. */
#define MAX_PASSES 8

typedef struct
{
  DIR        *dir; /* NULL while closed for want of descriptors */
  dev_t       dev;
  ino_t       ino;
  gsize       path_length; /* of Walk.path, when this is the current level */
  guint       n_passes;
  gboolean    removed_any;
  GHashTable *stuck; /* base names of what could not be removed; NULL: none */
} Level;

typedef struct
{
  const char   *root_path; /* for messages only: no path is ever resolved */
  GArray       *levels;
  GString      *path; /* of the current level, relative to the root */
  GCancellable *cancellable;
  GError       *first_error;
  guint64       n_errors;
} Walk;

static void
level_clear (gpointer data)
{
  Level *level = data;

  g_clear_pointer (&level->dir, closedir);
  g_clear_pointer (&level->stuck, g_hash_table_unref);
}

static Level *
current_level (Walk *walk)
{
  return &g_array_index (walk->levels, Level, walk->levels->len - 1);
}

/* Counts an error, and remembers the first; the name is not tried again. */
static void
fail (Walk       *walk,
      Level      *level,
      const char *base,
      int         errsv)
{
  if (walk->n_errors++ == 0)
    {
      g_autofree char *relative = g_strdup_printf ("%s%s", walk->path->str, base);
      g_autofree char *shown = g_filename_display_name (relative);
      g_autofree char *root = g_filename_display_name (walk->root_path);

      g_set_error (&walk->first_error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   "Could not remove “%s” in “%s”: %s", shown, root, g_strerror (errsv));
    }

  if (level->stuck == NULL)
    level->stuck = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (level->stuck, g_strdup (base));
}

/* Makes the directory the current level. Owns the descriptor. */
static gboolean
push (Walk       *walk,
      int         dir_fd,
      const char *base,
      guint       n_passes)
{
  temp_autofd int fd = dir_fd;
  Level level = { .n_passes = n_passes };
  struct stat st;

  if (fstat (fd, &st) < 0)
    return FALSE;

  level.dir = fdopendir (fd);
  if (level.dir == NULL)
    return FALSE;
  fd = -1;

  level.dev = st.st_dev;
  level.ino = st.st_ino;

  if (base != NULL)
    g_string_append_printf (walk->path, "%s/", base);
  level.path_length = walk->path->len;
  g_array_append_val (walk->levels, level);

  if (walk->levels->len > MAX_OPEN_LEVELS)
    g_clear_pointer (&g_array_index (walk->levels, Level, walk->levels->len - 1 - MAX_OPEN_LEVELS).dir, closedir);

  return TRUE;
}

/* Opens the parent of the current level again if it was closed; by then, it
 * must still be the directory that it was. */
static gboolean
reopen_parent (Walk   *walk,
               Level  *parent,
               DIR    *child)
{
  temp_autofd int fd = -1;
  struct stat st;

  if (parent->dir != NULL)
    return TRUE;

  fd = openat (dirfd (child), "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0)
    return FALSE;
  if (st.st_dev != parent->dev || st.st_ino != parent->ino)
    {
      errno = ESTALE; /* moved elsewhere while we were in it */
      return FALSE;
    }

  parent->dir = fdopendir (fd);
  if (parent->dir == NULL)
    return FALSE;
  fd = -1;

  return TRUE;
}

/* Removes a name of the one kind; TRUE if it is gone. */
static gboolean
unlink_as (Level      *level,
           const char *base,
           gboolean    is_dir)
{
  if (unlinkat (dirfd (level->dir), base, is_dir ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
    return FALSE;

  level->removed_any = TRUE;
  return TRUE;
}

/* Whether something is mounted on a directory in level. If in doubt, it is. */
static gboolean
is_mount_point (int    fd,
                Level *level)
{
  struct statx stx;

  if (statx (fd, "", AT_EMPTY_PATH, 0, &stx) < 0)
    return TRUE;

  /* Kernels before 5.8 know no such attribute, only that the device is another. */
  return (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 ||
         makedev (stx.stx_dev_major, stx.stx_dev_minor) != level->dev;
}

/* Makes the directory of that name the current level; errsv is why it could not
 * be removed as it is. */
static void
enter (Walk       *walk,
       const char *base,
       guint       n_passes,
       int         errsv)
{
  Level *level = current_level (walk);
  temp_autofd int fd = openat (dirfd (level->dir), base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
    {
      /* It is none, or no longer. */
      if (!unlink_as (level, base, FALSE))
        fail (walk, level, base, errno);
      return;
    }

  /* ENOTEMPTY says that nothing is mounted on it; that there is no permission is
   * found out before. */
  if (fd >= 0 && (errsv == EACCES || errsv == EPERM) && is_mount_point (fd, level))
    {
      fail (walk, level, base, EBUSY);
      return;
    }

  if (fd >= 0 && push (walk, g_steal_fd (&fd), base, n_passes))
    return;

  if (errno != ENOENT)
    fail (walk, current_level (walk), base, errno);
}

/* Removes a name, or enters it if it is a directory with something in it. */
static void
remove_name (Walk       *walk,
             const char *base,
             gboolean    is_dir,
             guint       n_passes)
{
  Level *level = current_level (walk);

  if (unlink_as (level, base, is_dir))
    return;

  /* The kind may not be known, and it can change at any time: so each system
   * call is one that refuses the other kind. */
  if (errno == (is_dir ? ENOTDIR : EISDIR))
    {
      is_dir = !is_dir;
      if (unlink_as (level, base, is_dir))
        return;
    }

  /* Without the permission to remove a directory, what is in it can still go. */
  if ((is_dir && (errno == ENOTEMPTY || errno == EEXIST)) || errno == EACCES || errno == EPERM)
    enter (walk, base, n_passes, errno);
  else
    fail (walk, level, base, errno);
}

/* Goes back to the directory above, and removes the one just emptied. Fails only
 * if there is no way back. */
static gboolean
leave (Walk *walk)
{
  g_autofree char *base = NULL;
  Level *parent;
  Level child = *current_level (walk);
  gboolean ok = TRUE;

  if (walk->levels->len == 1)
    {
      g_array_set_size (walk->levels, 0);
      return TRUE;
    }

  parent = &g_array_index (walk->levels, Level, walk->levels->len - 2);
  base = g_strndup (walk->path->str + parent->path_length, child.path_length - parent->path_length - 1);

  if (reopen_parent (walk, parent, child.dir))
    {
      gboolean is_stuck = child.stuck != NULL;
      gboolean again = child.removed_any && child.n_passes < MAX_PASSES;
      guint n_passes = child.n_passes + 1;

      g_array_set_size (walk->levels, walk->levels->len - 1);
      g_string_truncate (walk->path, parent->path_length);

      if (is_stuck)
        {
          /* Its error has been told; it is only to be passed over from now on. */
          if (parent->stuck == NULL)
            parent->stuck = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
          g_hash_table_add (parent->stuck, g_steal_pointer (&base));
        }
      else if (again)
        remove_name (walk, base, TRUE, n_passes);
      else if (unlinkat (dirfd (parent->dir), base, AT_REMOVEDIR) < 0 && errno != ENOENT)
        fail (walk, parent, base, errno);
      else
        parent->removed_any = TRUE;
    }
  else
    {
      int errsv = errno;

      g_string_truncate (walk->path, parent->path_length);
      fail (walk, parent, base, errsv);
      ok = FALSE;
    }

  return ok;
}

/* Handles the current level's next entry. */
static gboolean
step (Walk *walk)
{
  Level *level = current_level (walk);
  struct dirent *entry;

  errno = 0;
  entry = readdir (level->dir);
  if (entry == NULL)
    {
      if (errno != 0)
        fail (walk, level, ".", errno);
      return leave (walk);
    }

  if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
    return TRUE;
  if (level->stuck != NULL && g_hash_table_contains (level->stuck, entry->d_name))
    return TRUE;

  remove_name (walk, entry->d_name, entry->d_type == DT_DIR, 1);
  return TRUE;
}

/* Begins at the root, or begins again: then, errors are found again too. */
static gboolean
start (Walk *walk,
       int   dir_fd)
{
  int fd;

  g_array_set_size (walk->levels, 0);
  g_string_truncate (walk->path, 0);
  g_clear_error (&walk->first_error);
  walk->n_errors = 0;

  /* A description of its own: the reading position of dir_fd is shared with
   * whoever was given that descriptor. */
  fd = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && push (walk, fd, NULL, 1);
}

/* FALSE if it was cancelled, or if there is no way back up in the tree. */
static gboolean
go_on_to_the_end (Walk *walk)
{
  while (walk->levels->len > 0)
    if (g_cancellable_is_cancelled (walk->cancellable) || !step (walk))
      return FALSE;

  return TRUE;
}

/* Removes all that is in a directory, but not the directory. Goes from
 * descriptor to descriptor, so that nothing that anybody does to the tree in the
 * meantime leads out of it; follows no symbolic link; goes on after an error, and
 * returns the first one. The path is for messages only. */
gboolean
temp_remove_contents (int            dir_fd,
                      const char    *path,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr (GArray) levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_autoptr (GString) relative = g_string_new (NULL);
  Walk walk = { .root_path = path, .levels = levels, .path = relative, .cancellable = cancellable };

  g_array_set_clear_func (levels, level_clear);

  for (guint i = 0; i < MAX_PASSES; i++)
    {
      if (!start (&walk, dir_fd))
        {
          int errsv = errno;
          g_autofree char *shown = g_filename_display_name (path);

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                       "Could not read the directory “%s”: %s", shown, g_strerror (errsv));
          return FALSE;
        }

      if (go_on_to_the_end (&walk) || g_cancellable_is_cancelled (cancellable))
        break;
    }

  if (levels->len > 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_clear_error (&walk.first_error);
      return FALSE;
    }

  if (walk.n_errors > 1)
    g_prefix_error (&walk.first_error, "%" G_GUINT64_FORMAT " entries are left; the first: ", walk.n_errors);
  if (walk.first_error != NULL)
    {
      g_propagate_error (error, walk.first_error);
      return FALSE;
    }

  return TRUE;
}
