/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tree/open.h"

/* A directory of the usual size is read at once. */
#define READ_SIZE (32 * 1024)

/* A larger one is read in parts of this size, each of which is sorted. */
#define MAX_BUFFER_SIZE (1024 * 1024)

/* Some thousand entries; fewer are not worth sorting. */
#define SORT_SIZE (4 * READ_SIZE)

/* Reading */

static const TempDirEntry *
entry_at (TempRemoveWorker *worker,
          gsize             offset)
{
  return (const TempDirEntry *) (gconstpointer) (worker->buffer + offset);
}

/* Reads entries of a node into the worker's buffer, behind those that are in it. Returns as list() does. */
static gssize
read_entries (TempRemoveWorker *worker,
              TempRemoveNode   *node,
              gsize             used)
{
  gssize n;

  if (worker->buffer_size < used + READ_SIZE)
    {
      worker->buffer_size = MAX (READ_SIZE, worker->buffer_size * 4);
      worker->buffer = g_realloc (worker->buffer, worker->buffer_size);
    }

  do
    n = temp_platform.list (node->fd, &node->listing, worker->buffer + used, READ_SIZE);
  while (n < 0 && errno == EINTR);

  /* Somebody else has removed the directory: it was empty. */
  return n < 0 && errno == ENOENT ? 0 : n;
}

/* Takes the inode of a node from its first entry, ".", which saves a call of identify(). On some filesystems, such as
 * overlayfs and FUSE, the entry has another number. If the root's has, the walk uses identify(); if only others have,
 * the way back up is lost, and the next walk does. */
static void
learn_inode (TempRemoveWorker *worker,
             TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  const TempDirEntry *first = entry_at (worker, 0);

  node->id.ino = strcmp (first->name, ".") == 0 ? first->ino : 0;
  if (node->parent == NULL && node->id.ino != walk->mount.found.file.ino)
    walk->asks_inodes = TRUE;
}

/* Fills the worker's buffer with entries of a node: one reading, or, if the directory proves large, as much as is to be
 * sorted. Returns the number of bytes, 0 at the end, or -1 with errno. */
static gssize
fill_buffer (TempRemoveWorker *worker,
             TempRemoveNode   *node)
{
  gssize n = read_entries (worker, node, 0);
  gsize used = MAX (n, 0);

  if (n > 0 && node->id.ino == 0 && !worker->walk->asks_inodes)
    learn_inode (worker, node);

  /* The kernel left most of the buffer empty: the directory has probably no more entries. */
  if (node->reading == TEMP_REMOVE_READING && node->parent != NULL && n > 0 && n < READ_SIZE / 2)
    node->reading = TEMP_REMOVE_READ;

  while (n > (gssize) (READ_SIZE - 2 * TEMP_DIR_ENTRY_MAX_LENGTH) && used + READ_SIZE <= MAX_BUFFER_SIZE &&
         !temp_remove_is_stopped (worker->walk))
    {
      n = read_entries (worker, node, used);
      used += MAX (n, 0); /* the next reading gets the error again */
    }

  return used > 0 ? (gssize) used : n;
}

/* Sorting */

static int
compare_items (const void *a,
               const void *b)
{
  const TempRemoveItem *x = a;
  const TempRemoveItem *y = b;

  return (x->ino > y->ino) - (x->ino < y->ino);
}

static gboolean
is_dots (const char *name)
{
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Lists the entries in the buffer by their inodes. Returns their number. In that order, ext4 and others write each
 * block of their inode tables once. */
static gsize
sort_entries (TempRemoveWorker *worker,
              gsize             used)
{
  gsize n = 0;
  gsize n_ascents = 0;
  const TempDirEntry *entry;

  for (gsize offset = 0; offset < used; offset += entry->length)
    {
      entry = entry_at (worker, offset);
      if (is_dots (entry->name))
        continue;

      if (n == worker->n_items)
        {
          worker->n_items = MAX (worker->n_items * 2, 2048);
          worker->items = g_renew (TempRemoveItem, worker->items, worker->n_items);
        }
      worker->items[n].ino = entry->ino;
      worker->items[n].offset = offset;
      if (n > 0 && worker->items[n - 1].ino < entry->ino)
        n_ascents++;
      n++;
    }

  /* Do not sort a list that descends throughout, as on tmpfs: that order is as good. */
  if (n_ascents > 0 && n_ascents < n - 1)
    qsort (worker->items, n, sizeof (TempRemoveItem), compare_items);

  return n;
}

/* Removing */

/* Removes a name in a node: a directory, or, for any other kind, anything but that. Returns TRUE if the name is gone,
 * even by somebody else; else sets errno. */
gboolean
temp_remove_unlink (TempRemoveWorker *worker,
                    TempRemoveNode   *node,
                    const char       *name,
                    TempKind          kind)
{
  int result = temp_remove_name (node->fd, name, kind);

  if (G_UNLIKELY (result < 0 && errno == EACCES && temp_remove_repair (worker->walk, node)))
    result = temp_remove_name (node->fd, name, kind);

  if (G_LIKELY (result == 0))
    {
      g_atomic_int_set (&node->removed_any, TRUE);
      temp_remove_count (worker);
      return TRUE;
    }

  return errno == ENOENT;
}

/* Puts a subdirectory on the list of those to be entered, which at most takes as much space as what was read. */
static void
add_subdir (TempRemoveNode *node,
            const char     *name,
            gsize           max_length)
{
  gsize size = strlen (name) + 1;

  if (node->subdirs == NULL)
    node->subdirs = g_malloc (max_length);
  memcpy (node->subdirs + node->subdirs_length, name, size);
  node->subdirs_length += size;
}

/* Removes an entry that is no directory. Returns FALSE if it is one, or may be. */
static gboolean
remove_non_dir (TempRemoveWorker   *worker,
                TempRemoveNode     *node,
                const TempDirEntry *entry)
{
  int errsv;

  if (entry->kind == TEMP_KIND_DIR)
    return FALSE;
  if (temp_remove_unlink (worker, node, entry->name, TEMP_KIND_FILE))
    return TRUE;

  /* The kind is not always known, and may change. The kernel does not tell it to those who may not remove the entry;
   * what is in a directory may go all the same. */
  errsv = errno;
  if (errsv == EISDIR || (entry->kind == TEMP_KIND_UNKNOWN && (errsv == EACCES || errsv == EPERM)))
    return FALSE;

  temp_remove_fail (worker->walk, node, entry->name, errsv);
  return TRUE;
}

/* Removes each entry in the buffer that is no directory, and puts the directories on the node's list. */
static void
remove_read (TempRemoveWorker *worker,
             TempRemoveNode   *node,
             gsize             used)
{
  TempRemoveWalk *walk = worker->walk;
  gboolean skips_any = temp_remove_skips (walk, node, NULL);
  gboolean is_sorted = used > SORT_SIZE;
  gsize n_sorted = is_sorted ? sort_entries (worker, used) : 0;
  gsize offset = 0;

  for (gsize i = 0; is_sorted ? i < n_sorted : offset < used; i++)
    {
      const TempDirEntry *entry = entry_at (worker, is_sorted ? worker->items[i].offset : offset);

      offset += entry->length;
      if (is_dots (entry->name) || (skips_any && temp_remove_skips (walk, node, entry->name)))
        continue;
      if (temp_remove_is_stopped (walk))
        break;
      if (!remove_non_dir (worker, node, entry))
        add_subdir (node, entry->name, used);
    }
}

/* Reads some entries of a node, removes those that are no directories, and puts the directories on the node's list.
 * Returns FALSE at the end, and after an error. */
gboolean
temp_remove_files (TempRemoveWorker *worker,
                   TempRemoveNode   *node)
{
  gssize used = fill_buffer (worker, node);

  if (used < 0)
    temp_remove_fail (worker->walk, node, ".", errno);
  if (used <= 0)
    return FALSE;

  g_clear_pointer (&node->subdirs, g_free);
  node->subdirs_length = node->subdirs_position = 0;
  remove_read (worker, node, used);

  if (node->subdirs != NULL)
    node->subdirs = g_realloc (node->subdirs, node->subdirs_length);
  return TRUE;
}
