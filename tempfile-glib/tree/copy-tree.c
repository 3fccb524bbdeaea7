/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/copy-tree.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/copy.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/metadata.h"
#include "base/names.h"
#include "base/words.h"

#define COPYING _("Could not copy “%s”: %s")

/* A copy in progress. */
typedef struct
{
  TempHandle    from_fd;
  TempHandle    to_fd;
  uint64_t      dev;
  GPtrArray    *dirs;    /* relative paths; opened one by one, so that no depth takes many descriptors */
  GHashTable   *links;   /* inode → relative path, of files with several names */
  GCancellable *cancellable;
} Tree;

/* A directory and its copy. */
typedef struct
{
  const char *path;
  TempHandle  from_fd;
  TempHandle  to_fd;
} Pair;

static void
pair_clear (Pair *pair)
{
  temp_fd_clear (&pair->from_fd);
  temp_fd_clear (&pair->to_fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static gboolean
fail (Tree        *tree,
      GError     **error,
      int          errsv,
      const char  *relative)
{
  if (*relative != '\0')
    temp_error_from_errno (error, errsv, COPYING, relative);
  else
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errsv), g_strerror (errsv));
  return FALSE;
}

/* Opens a directory in the root, step by step: its path may be too long for the kernel, and no part may be a symbolic
 * link. Returns -1 with errno on an error. */
static TempHandle
open_below (TempHandle  root_fd,
            const char *relative)
{
  g_auto (GStrv) parts = g_strsplit (relative, "/", -1);
  temp_autofd TempHandle fd = temp_platform.open_dir (root_fd, ".", TEMP_OPEN_LIST | TEMP_OPEN_FOLLOW);

  for (guint i = 0; fd >= 0 && parts[i] != NULL; i++)
    {
      TempHandle child;

      if (*parts[i] == '\0')
        continue;
      child = temp_platform.open_dir (fd, parts[i], TEMP_OPEN_LIST);
      temp_fd_clear (&fd);
      fd = child;
    }

  return g_steal_fd (&fd);
}

static gboolean
open_pair (Tree  *tree,
           Pair  *pair)
{
  pair->from_fd = open_below (tree->from_fd, pair->path);
  if (pair->from_fd < 0)
    return FALSE;
  pair->to_fd = open_below (tree->to_fd, pair->path);
  return pair->to_fd >= 0;
}

/* Copies owner, mode, attributes and times. Returns FALSE with errno on an error. */
static gboolean
copy_metadata (TempHandle from_fd,
               TempHandle to_fd)
{
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };
  TempStat st;

  if (!temp_metadata_read (&own, to_fd) || !temp_metadata_read (&model, from_fd) ||
      (!temp_metadata_adopt_owner (to_fd, &model) && errno != EPERM) ||
      !temp_metadata_adopt (to_fd, &own, &model, TRUE) || temp_platform.stat (from_fd, &st) < 0)
    return FALSE;

  return temp_platform.set_times (to_fd, NULL, &st.accessed, &st.modified) == 0;
}

static gboolean
copy_file (Tree        *tree,
           Pair        *pair,
           const char  *base,
           const char  *relative,
           GError     **error)
{
  temp_autofd TempHandle in = temp_platform.open_file (pair->from_fd, base, 0);
  temp_autofd TempHandle out = TEMP_HANDLE_NONE;
  TempCopy copy = { .in = in, .timeout_ms = -1, .cancellable = tree->cancellable };
  g_autoptr (GError) local_error = NULL;

  if (in < 0)
    return fail (tree, error, errno, relative);

  out = temp_platform.create_file (pair->to_fd, base, 0, 0600);
  if (out < 0)
    return fail (tree, error, errno, relative);

  copy.out = out;
  if (!temp_copy_run (&copy, &local_error))
    {
      temp_error_from_cause (error, g_steal_pointer (&local_error), COPYING, relative);
      return FALSE;
    }

  return copy_metadata (in, out) || fail (tree, error, errno, relative);
}

/* Copies a symbolic link, pipe, socket or device, without opening it. Returns FALSE with errno on an error. */
static gboolean
copy_special (Pair           *pair,
              const char     *base,
              const TempStat *st)
{
  if (st->kind == TEMP_KIND_SYMLINK)
    {
      char target[PATH_MAX];
      gssize n = temp_platform.read_link (pair->from_fd, base, target, sizeof target - 1);

      if (n < 0)
        return FALSE;
      target[n] = '\0';
      if (temp_platform.make_symlink (target, pair->to_fd, base) < 0)
        return FALSE;
    }
  else if (temp_platform.make_special (pair->to_fd, base, st->kind, 0600, st->device) < 0)
    {
      return FALSE;
    }

  if (temp_platform.set_owner (pair->to_fd, base, st->uid, st->gid) < 0 && errno != EPERM)
    return FALSE;
  /* The name is still the new inode's: nobody else may enter the copy yet. */
  if (st->kind != TEMP_KIND_SYMLINK && temp_platform.set_mode (pair->to_fd, base, st->mode) < 0)
    return FALSE;

  return temp_platform.set_times (pair->to_fd, base, &st->accessed, &st->modified) == 0;
}

/* Links another name of a file to its copy, which has the name first. Returns FALSE with errno on an error. */
static gboolean
link_copy (Tree        *tree,
           Pair        *pair,
           const char  *base,
           const char  *first)
{
  g_autofree char *dir = g_path_get_dirname (first);
  g_autofree char *name = g_path_get_basename (first);
  temp_autofd TempHandle fd = open_below (tree->to_fd, g_str_equal (dir, ".") ? "" : dir);

  return fd >= 0 && temp_platform.link (fd, name, pair->to_fd, base) == 0;
}

/* Copies one entry; of a directory only the name, and puts that on the list. */
static gboolean
copy_one (Tree        *tree,
          Pair        *pair,
          const char  *base,
          GError     **error)
{
  g_autofree char *relative = *pair->path != '\0' ? g_strconcat (pair->path, "/", base, NULL) : g_strdup (base);
  const char *first;
  gint64 ino;
  TempStat st;

  if (temp_platform.stat_name (pair->from_fd, base, &st) < 0)
    return fail (tree, error, errno, relative);
  if (st.id.dev != tree->dev)
    return fail (tree, error, EBUSY, relative);

  if (st.kind == TEMP_KIND_DIR)
    {
      if (temp_platform.make_dir (pair->to_fd, base, 0700) < 0)
        return fail (tree, error, errno, relative);
      g_ptr_array_add (tree->dirs, g_steal_pointer (&relative));
      return TRUE;
    }

  ino = st.id.ino;
  first = st.n_links > 1 ? g_hash_table_lookup (tree->links, &ino) : NULL;
  if (first != NULL)
    return link_copy (tree, pair, base, first) || fail (tree, error, errno, relative);

  if (st.kind == TEMP_KIND_FILE ? !copy_file (tree, pair, base, relative, error)
                                : !copy_special (pair, base, &st) && !fail (tree, error, errno, relative))
    return FALSE;

  if (st.n_links > 1)
    g_hash_table_insert (tree->links, g_memdup2 (&ino, sizeof ino), g_steal_pointer (&relative));
  return TRUE;
}

/* Copies the entries of one directory. */
static gboolean
copy_contents (Tree        *tree,
               const char  *path,
               GError     **error)
{
  g_auto (Pair) pair = { .path = path, .from_fd = -1, .to_fd = -1 };
  g_auto (TempNames) names = TEMP_NAMES_INIT;
  const char *name;

  if (!open_pair (tree, &pair) || !temp_names_open (&names, pair.from_fd))
    return fail (tree, error, errno, path);

  while ((name = temp_names_next (&names)) != NULL)
    if (g_cancellable_set_error_if_cancelled (tree->cancellable, error) || !copy_one (tree, &pair, name, error))
      return FALSE;

  return errno == 0 || fail (tree, error, errno, path);
}

/* Copies the contents of a directory into an empty one, with owners, modes, attributes, times and hard links. After an
 * error, the copy is incomplete. */
gboolean
temp_copy_tree (TempHandle     from_fd,
                TempHandle     to_fd,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) links = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  Tree tree = { from_fd, to_fd, 0, dirs, links, cancellable };
  TempStat st;

  if (temp_platform.stat (from_fd, &st) < 0)
    return fail (&tree, error, errno, "");
  tree.dev = st.id.dev;

  g_ptr_array_add (dirs, g_strdup (""));
  for (guint i = 0; i < dirs->len; i++)
    if (!copy_contents (&tree, g_ptr_array_index (dirs, i), error))
      return FALSE;

  /* The metadata of directories come last, and the deepest first: making a file in a directory changes its times, and
   * needs rights that the mode may take away. */
  for (guint i = dirs->len; i > 0; i--)
    {
      g_auto (Pair) pair = { .path = g_ptr_array_index (dirs, i - 1), .from_fd = -1, .to_fd = -1 };

      if (!open_pair (&tree, &pair) || !copy_metadata (pair.from_fd, pair.to_fd))
        return fail (&tree, error, errno, pair.path);
    }

  return TRUE;
}
