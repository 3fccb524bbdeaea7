/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "tree/read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree/open.h"

/* One reading of a directory of the usual size; and the most that is read, and
 * sorted, at once. */
#define READ_SIZE (32 * 1024)
#define MAX_BUFFER_SIZE (1024 * 1024)

/* What some thousand entries take; fewer are not worth sorting. */
#define SORT_SIZE (4 * READ_SIZE)

/* Space for the largest entry. */
#define ENTRY_SIZE (sizeof (struct dirent64))

/* Reading */

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
    n = getdents64 (node->fd, worker->buffer + used, READ_SIZE);
  while (n < 0 && errno == EINTR);

  /* Somebody else has removed it: then nothing is in it. */
  return n < 0 && errno == ENOENT ? 0 : n;
}

/* A directory lists itself first. That tells its inode for nothing, except on a
 * filesystem that has other numbers there, as overlayfs and FUSE may: then the root has
 * them too, or the way back up is lost, and the next walk asks. */
static void
learn_inode (TempRemoveWorker *worker,
             TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  const struct dirent64 *first = (const struct dirent64 *) worker->buffer;

  node->ino = strcmp (first->d_name, ".") == 0 ? first->d_ino : 0;
  if (node->parent == NULL && node->ino != walk->mount.ino)
    walk->asks_inodes = TRUE;
}

/* Fills the worker's buffer; gives the number of bytes in it, 0 at the end. A
 * directory that proves large is read further, for it is worth sorting then. */
gssize
temp_remove_read (TempRemoveWorker *worker,
                  TempRemoveNode   *node)
{
  gssize n = read_entries (worker, node, 0);
  gsize used = MAX (n, 0);

  if (n > 0 && node->ino == 0 && !worker->walk->asks_inodes)
    learn_inode (worker, node);

  /* Far from full: that was all, most likely, and rmdir() will tell if not. */
  if (node->reading == TEMP_REMOVE_READING && node->parent != NULL && n > 0 && n < READ_SIZE / 2)
    node->reading = TEMP_REMOVE_READ;

  while (n > (gssize) (READ_SIZE - 2 * ENTRY_SIZE) && used + READ_SIZE <= MAX_BUFFER_SIZE &&
         !temp_remove_is_cancelled (worker->walk))
    {
      n = read_entries (worker, node, used);
      used += MAX (n, 0); /* an error comes again */
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

/* Lists the entries in the order of their inodes, in which ext4 and others have them
 * on the disk: each block of the inode table is then written to once, and not again
 * and again. */
static gsize
sort_entries (TempRemoveWorker *worker,
              gsize             used)
{
  gsize n = 0;
  gsize n_ascents = 0;
  const struct dirent64 *entry;

  for (gsize offset = 0; offset < used; offset += entry->d_reclen)
    {
      entry = (const struct dirent64 *) (worker->buffer + offset);
      if (is_dots (entry->d_name))
        continue;

      if (n == worker->n_items)
        {
          worker->n_items = MAX (worker->n_items * 2, 2048);
          worker->items = g_renew (TempRemoveItem, worker->items, worker->n_items);
        }
      worker->items[n].ino = entry->d_ino;
      worker->items[n].offset = offset;
      if (n > 0 && worker->items[n - 1].ino < entry->d_ino)
        n_ascents++;
      n++;
    }

  /* In tmpfs they are sorted, the last first; that is as good. */
  if (n_ascents > 0 && n_ascents < n - 1)
    qsort (worker->items, n, sizeof (TempRemoveItem), compare_items);

  return n;
}

/* Removing */

/* Removes a name, unless it is of the other kind; TRUE if it is gone. */
gboolean
temp_remove_unlink (TempRemoveWorker *worker,
                    TempRemoveNode   *node,
                    const char       *name,
                    int               flags)
{
  int result = unlinkat (node->fd, name, flags);

  if (G_UNLIKELY (result < 0 && errno == EACCES && temp_remove_repair (worker->walk, node)))
    result = unlinkat (node->fd, name, flags);

  if (G_LIKELY (result == 0))
    {
      g_atomic_int_set (&node->removed_any, TRUE);
      temp_remove_count (worker);
      return TRUE;
    }

  return errno == ENOENT;
}

/* Puts a name on the list of those to be entered. */
static void
add_subdir (TempRemoveNode *node,
            const char     *name,
            gsize           limit)
{
  gsize size = strlen (name) + 1;

  if (node->subdirs == NULL)
    node->subdirs = g_malloc (limit);
  memcpy (node->subdirs + node->subdirs_length, name, size);
  node->subdirs_length += size;
}

static void
remove_entry (TempRemoveWorker      *worker,
              TempRemoveNode        *node,
              const struct dirent64 *entry,
              gsize                  limit)
{
  int errsv;

  if (entry->d_type != DT_DIR)
    {
      if (temp_remove_unlink (worker, node, entry->d_name, 0))
        return;

      /* The kind may not be known, and it can change at any time. Without the
       * permission to remove it, the kernel does not tell the kind; if it is a directory,
       * what is in it can still go. */
      errsv = errno;
      if (errsv != EISDIR && (entry->d_type != DT_UNKNOWN || (errsv != EACCES && errsv != EPERM)))
        {
          temp_remove_fail (worker->walk, node, entry->d_name, errsv);
          return;
        }
    }

  add_subdir (node, entry->d_name, limit);
}

/* Reads some entries of a node, removes all that are no directories, and lists
 * the directories. FALSE: there are no more. */
gboolean
temp_remove_files (TempRemoveWorker *worker,
                   TempRemoveNode   *node)
{
  TempRemoveWalk *walk = worker->walk;
  gssize used = temp_remove_read (worker, node);
  gboolean is_sorted = used > SORT_SIZE;
  gsize n_sorted, i = 0;
  gboolean skips_any;
  const struct dirent64 *entry;

  if (used < 0)
    temp_remove_fail (walk, node, ".", errno);
  if (used <= 0)
    return FALSE;

  skips_any = temp_remove_skips (walk, node, NULL);
  g_clear_pointer (&node->subdirs, g_free);
  node->subdirs_length = node->subdirs_position = 0;
  n_sorted = is_sorted ? sort_entries (worker, used) : 0;

  for (gssize offset = 0; is_sorted ? i < n_sorted : offset < used; offset += entry->d_reclen, i++)
    {
      if (is_sorted)
        offset = worker->items[i].offset;
      entry = (const struct dirent64 *) (worker->buffer + offset);

      if (is_dots (entry->d_name) || (skips_any && temp_remove_skips (walk, node, entry->d_name)))
        continue;
      if (temp_remove_is_cancelled (walk))
        break;

      remove_entry (worker, node, entry, used);
    }

  if (node->subdirs != NULL)
    node->subdirs = g_realloc (node->subdirs, node->subdirs_length);
  return TRUE;
}
