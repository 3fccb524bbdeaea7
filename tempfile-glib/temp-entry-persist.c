/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-entry-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-copy-private.h"
#include "temp-copy-tree-private.h"
#include "temp-entry-fields-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-metadata-private.h"
#include "temp-persist-private.h"
#include "temp-process-private.h"

/* Persisting goes in steps: the file is put on the stage, a random name beside the
 * destination; there it gets the mode and all else that it is to have, is synced, and
 * at last moves onto the destination in one step. Up to that one, all can be taken back. */

typedef enum
{
  IN_PLACE, /* it is beside the destination already, under its own name */
  UNNAMED,  /* it is linked to the destination, which nothing may be at */
  LINKED,
  MOVED,
  COPIED,
  FILLED,   /* it is copied to where it is to be: without links and much else */
} Way;

typedef struct
{
  TempEntry        *entry;
  TempPersistFlags  flags;
  gboolean          with_mode;
  gboolean          is_dir;
  GCancellable     *cancellable;

  const char       *path;      /* as the caller gave it */
  char             *resolved;  /* of the file itself */
  char             *dir;       /* of its directory */
  const char       *base;
  TempParent       *parent;
  int               sync_fd;   /* of the directory; -1: it is not to be synced */
  int               target_fd; /* what is replaced; -1: nothing */
  TempMetadata      model;

  Way               way;
  gboolean          needs_copy;    /* why it failed */
  gboolean          needs_filling;
  gboolean          adopted;       /* the file's own metadata have changed */
  TempEntry        *stage;
  TempMetadata      own;
  int               old_fd;     /* while the entry's has become that of the copy */
  TempEntry        *remains;    /* of a directory that was replaced */
} Persist;

static void
persist_clear (Persist *p)
{
  g_free (p->resolved);
  g_free (p->dir);
  g_clear_pointer (&p->parent, temp_parent_unref);
  temp_fd_clear (&p->sync_fd);
  temp_fd_clear (&p->target_fd);
  temp_fd_clear (&p->old_fd);
  temp_metadata_clear (&p->model);
  temp_metadata_clear (&p->own);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Persist, persist_clear)

static gboolean
fail (Persist  *p,
      GError  **error,
      int       errsv)
{
  temp_error_from_errno (error, errsv,
                         p->is_dir ? "Could not persist a temporary directory as"
                                   : "Could not persist a temporary file as",
                         p->path);
  return FALSE;
}

static gboolean
is_copy (Persist *p)
{
  return p->way == COPIED || p->way == FILLED;
}

/* Before anything is done */

static gboolean
check_entry (TempEntry  *entry,
             GError    **error)
{
  if (entry->state == TEMP_ENTRY_KEPT)
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "“%s” is kept or persisted already", shown);
      return FALSE;
    }

  if (entry->state == TEMP_ENTRY_OWNED && !temp_entry_is_still_ours (entry))
    {
      temp_error_from_errno (error, errno, "Somebody took away", entry->name.path);
      return FALSE;
    }

  return TRUE;
}

/* What is there may be replaced only by its like. */
static gboolean
look_at_target (Persist  *p,
                GError  **error)
{
  struct stat st;

  p->target_fd = temp_persist_open_model (temp_parent_get_fd (p->parent), p->base, &st);
  if (p->target_fd < 0)
    return errno == ENOENT || fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_REPLACE) == 0)
    return fail (p, error, EEXIST);
  if (p->is_dir && !S_ISDIR (st.st_mode))
    return fail (p, error, ENOTDIR);
  if (!p->is_dir && S_ISDIR (st.st_mode))
    return fail (p, error, EISDIR);

  if (!p->is_dir && !S_ISREG (st.st_mode))
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   "Could not persist a temporary file as “%s”: that is no regular file", shown);
      return FALSE;
    }

  return TRUE;
}

static gboolean
look_at_destination (Persist  *p,
                     GError  **error)
{
  p->resolved = (p->flags & TEMP_PERSIST_REPLACE) != 0 ? temp_persist_resolve (p->path) : g_strdup (p->path);
  if (p->resolved == NULL)
    return fail (p, error, errno);

  p->dir = g_path_get_dirname (p->resolved);
  p->base = strrchr (p->resolved, '/') + 1;
  if (*p->base == '\0' || g_str_equal (p->base, ".") || g_str_equal (p->base, ".."))
    return fail (p, error, p->is_dir ? EBUSY : EISDIR);

  p->parent = temp_parent_open (p->dir, error);
  if (p->parent == NULL || !look_at_target (p, error))
    return FALSE;

  /* Now, because later it would be too late for an error. */
  if ((p->flags & TEMP_PERSIST_DURABLE) != 0)
    {
      p->sync_fd = temp_persist_open_dir (temp_parent_get_fd (p->parent));
      if (p->sync_fd < 0)
        {
          temp_error_from_errno (error, errno, "Could not open, to sync it, the directory", p->dir);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
read_model (Persist  *p,
            GError  **error)
{
  gboolean done;

  if (p->target_fd >= 0)
    {
      done = temp_metadata_read (&p->model, p->target_fd);
    }
  else if (p->is_dir)
    {
      done = temp_metadata_read (&p->model, temp_entry_get_fd (p->entry));
      p->model.mode = (0777 & ~temp_metadata_umask ()) | (p->model.mode & S_ISGID);
    }
  else
    {
      done = temp_metadata_read_new (&p->model, temp_parent_get_fd (p->parent), &p->own);
    }

  return done || fail (p, error, errno);
}

/* The stage */

static gboolean
place_by_link (gpointer    data,
               int         dir_fd,
               const char *base)
{
  Persist *p = data;

  return temp_persist_link (temp_entry_get_fd (p->entry), dir_fd, base);
}

/* Nobody else knows the random name, but a filesystem that cannot tell whether it
 * is free is asked before. */
static gboolean
place_by_rename (gpointer    data,
                 int         dir_fd,
                 const char *base)
{
  Persist *p = data;
  int from_fd = temp_parent_get_fd (p->entry->parent);
  struct stat st;

  if (temp_persist_rename_noreplace (from_fd, p->entry->name.base, dir_fd, base))
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return FALSE;

  if (fstatat (dir_fd, base, &st, AT_SYMLINK_NOFOLLOW) == 0)
    errno = EEXIST;
  return errno == ENOENT && temp_persist_rename (from_fd, p->entry->name.base, dir_fd, base);
}

/* What went wrong on the way to the destination may only mean that this is not the way. */
static void
consider_copying (Persist  *p,
                  GError  **error,
                  int       errsv)
{
  gboolean has_name = p->entry->state == TEMP_ENTRY_OWNED;
  struct stat file, dir;

  if (has_name ? errsv != EXDEV : !temp_persist_is_unlinkable (errsv))
    return;

  if (errsv != EXDEV && fstat (temp_entry_get_fd (p->entry), &file) == 0 &&
      fstat (temp_parent_get_fd (p->parent), &dir) == 0 && file.st_dev != dir.st_dev)
    errsv = EXDEV;

  if (errsv == EXDEV && (p->flags & TEMP_PERSIST_COPY) == 0)
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      g_clear_error (error);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Could not persist as “%s”, which is on another filesystem: only a copy can be there, "
                   "and TEMP_PERSIST_COPY is not set", shown);
      return;
    }

  p->needs_copy = TRUE;
}

/* Never replaces; but others may see it while it is half full. */
static gboolean
create_target (Persist  *p,
               GError  **error)
{
  temp_autofd int fd = openat (temp_parent_get_fd (p->parent), p->base,
                               O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
  struct stat st;

  if (fd < 0)
    return fail (p, error, errno);
  if (fstat (fd, &st) < 0)
    {
      fail (p, error, errno);
      unlinkat (temp_parent_get_fd (p->parent), p->base, 0);
      return FALSE;
    }

  p->stage->fd = g_steal_fd (&fd);
  p->stage->n_fd_users = 1;
  temp_entry_take_over (p->stage, p->parent, p->resolved, &st);
  return TRUE;
}

static gboolean
copy_file (Persist  *p,
           GError  **error)
{
  TempCopy copy = { .in = temp_entry_get_fd (p->entry), .timeout_ms = -1, .cancellable = p->cancellable };
  g_autoptr (GError) local_error = NULL;
  goffset offset = lseek (copy.in, 0, SEEK_CUR);
  struct timespec times[2];
  struct stat st;
  gboolean copied;

  if (p->way == FILLED ? !create_target (p, error)
                       : !temp_entry_create_file (p->stage, p->dir, p->parent, ".tmp", NULL, 0600, error))
    return FALSE;

  copy.out = temp_entry_get_fd (p->stage);
  if (offset < 0 || fstat (copy.in, &st) < 0 || lseek (copy.in, 0, SEEK_SET) < 0)
    return fail (p, error, errno);
  times[0] = st.st_atim;
  times[1] = st.st_mtim;

  copied = temp_copy_run (&copy, &local_error);
  lseek (copy.in, offset, SEEK_SET);
  if (!copied)
    {
      temp_entry_propagate_error (p->stage, error, g_steal_pointer (&local_error), "Could not copy to");
      return FALSE;
    }

  if (lseek (copy.out, offset, SEEK_SET) < 0 || futimens (copy.out, times) < 0 ||
      fcntl (copy.out, F_SETFL, fcntl (copy.in, F_GETFL)) < 0)
    return fail (p, error, errno);

  return TRUE;
}

static gboolean
copy_dir (Persist  *p,
          GError  **error)
{
  return temp_entry_create_dir (p->stage, p->dir, p->parent, ".tmp", NULL, 0700, error) &&
         temp_copy_tree (temp_entry_get_fd (p->entry), temp_entry_get_fd (p->stage), p->stage->name.path,
                         p->cancellable, error);
}

static gboolean
put_on_stage (Persist  *p,
              GError  **error)
{
  int errsv = 0;
  struct stat st;

  if (p->way == IN_PLACE || p->way == UNNAMED)
    return TRUE;

  p->stage = temp_entry_new ();
  if (is_copy (p))
    return p->is_dir ? copy_dir (p, error) : copy_file (p, error);

  if (fstat (temp_entry_get_fd (p->entry), &st) < 0)
    return fail (p, error, errno);

  if (temp_entry_create_name (p->stage, p->dir, p->parent, &st, p->way == LINKED ? place_by_link : place_by_rename,
                              p, &errsv, error))
    return TRUE;

  consider_copying (p, error, errsv);
  return FALSE;
}

/* Takes back what put_on_stage() did. If it cannot delete what it has made, that is
 * tried again at exit. */
static void
leave_stage (Persist *p)
{
  TempEntry *stage = g_steal_pointer (&p->stage);
  TempEntry *entry = p->entry;

  if (stage == NULL)
    return;

  if (p->way == MOVED && stage->state == TEMP_ENTRY_OWNED)
    {
      if (temp_persist_rename_noreplace (temp_parent_get_fd (stage->parent), stage->name.base,
                                         temp_parent_get_fd (entry->parent), entry->name.base) ||
          (temp_persist_has_no_rename_flags (errno) &&
           temp_persist_rename (temp_parent_get_fd (stage->parent), stage->name.base,
                                temp_parent_get_fd (entry->parent), entry->name.base)))
        temp_entry_let_go (stage);             /* there is nothing under its name */
      else
        temp_entry_swap (entry, stage);        /* it lives on where it is */
    }

  if (temp_entry_delete (stage, NULL, NULL))
    temp_entry_unref (stage);
}

/* What is to have the mode, be synced, and move. */
static int
get_fd (Persist *p)
{
  return temp_entry_get_fd (is_copy (p) ? p->stage : p->entry);
}

static gboolean
prepare_file (Persist  *p,
                  GError  **error)
{
  gboolean with_mode = p->with_mode;
  g_auto (TempMetadata) now = { 0 };

  if (is_copy (p))
    {
      /* First what it would have as it is. */
      if (!temp_metadata_read (&now, get_fd (p)) || !temp_metadata_adopt (get_fd (p), &now, &p->own, !with_mode))
        return fail (p, error, errno);
      temp_metadata_clear (&now);
      if (!temp_metadata_read (&now, get_fd (p)))
        return fail (p, error, errno);
    }

  p->adopted = !is_copy (p);
  if (!temp_metadata_adopt (get_fd (p), is_copy (p) ? &now : &p->own, &p->model, with_mode))
    return fail (p, error, errno);

  if ((p->flags & TEMP_PERSIST_DURABLE) != 0 &&
      !(p->is_dir ? temp_persist_sync_tree (get_fd (p)) : temp_persist_sync (get_fd (p))))
    {
      temp_error_from_errno (error, errno, "Could not sync what is to be", p->path);
      return FALSE;
    }

  return TRUE;
}

/* The last step */

static gboolean
remove_remains (Persist  *p,
                GError  **error)
{
  g_autoptr (GError) local_error = NULL;
  TempEntry *remains = g_steal_pointer (&p->remains);
  g_autofree char *shown = NULL;

  if (remains == NULL)
    return TRUE;
  if (temp_entry_delete (remains, NULL, &local_error))
    {
      temp_entry_unref (remains);
      return TRUE;
    }

  shown = g_filename_display_name (p->path);
  g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "“%s” is in place, but: ", shown);
  return FALSE;
}

/* A directory that has something in it changes places with the new one, and is then removed. */
static gboolean
exchange_dirs (Persist    *p,
               TempEntry  *from,
               GError    **error)
{
  int parent_fd = temp_parent_get_fd (p->parent);
  temp_autofd int fd = openat (parent_fd, p->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    return fail (p, error, errno);

  if (!temp_persist_exchange (temp_parent_get_fd (from->parent), from->name.base, parent_fd, p->base))
    {
      g_autofree char *shown = g_filename_display_name (p->path);

      if (!temp_persist_has_no_rename_flags (errno))
        return fail (p, error, errno);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "Could not replace the directory “%s”, which is not empty: its filesystem cannot do "
                   "that in one step", shown);
      return FALSE;
    }

  p->remains = temp_entry_new ();
  p->remains->directory = temp_parent_take (g_steal_fd (&fd), &st);
  temp_entry_take_over (p->remains, from->parent, from->name.path, &st);
  return TRUE;
}

static gboolean
replace (Persist    *p,
         TempEntry  *from,
         GError    **error)
{
  if (temp_persist_rename (temp_parent_get_fd (from->parent), from->name.base, temp_parent_get_fd (p->parent), p->base))
    return TRUE;
  if (p->is_dir && (errno == ENOTEMPTY || errno == EEXIST))
    return exchange_dirs (p, from, error);
  return fail (p, error, errno);
}

/* Where the kernel cannot rename without replacing, a file gets a second name. */
static gboolean
link_without_replacing (Persist    *p,
                        TempEntry  *from,
                        GError    **error)
{
  struct stat st;

  if (fstat (get_fd (p), &st) < 0)
    return fail (p, error, errno);

  if (!temp_persist_link (get_fd (p), temp_parent_get_fd (p->parent), p->base))
    {
      p->needs_filling = temp_persist_is_unlinkable (errno);
      return fail (p, error, errno);
    }

  p->remains = temp_entry_new ();
  temp_entry_take_over (p->remains, from->parent, from->name.path, &st);
  return TRUE;
}

/* A directory takes the place of an empty one, which is made just for that: nothing
 * else can be replaced. */
static gboolean
move_dir_without_replacing (Persist    *p,
                            TempEntry  *from,
                            GError    **error)
{
  int parent_fd = temp_parent_get_fd (p->parent);
  temp_autofd int fd = -1;
  TempEntry *empty;
  struct stat st;

  if (mkdirat (parent_fd, p->base, 0700) < 0)
    return fail (p, error, errno);

  fd = openat (parent_fd, p->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      fail (p, error, errno);
      unlinkat (parent_fd, p->base, AT_REMOVEDIR);
      return FALSE;
    }

  empty = p->remains = temp_entry_new ();
  empty->directory = temp_parent_take (g_steal_fd (&fd), &st);
  temp_entry_take_over (empty, p->parent, p->resolved, &st);

  if (temp_persist_rename (temp_parent_get_fd (from->parent), from->name.base, parent_fd, p->base))
    return TRUE;

  fail (p, error, errno);
  remove_remains (p, NULL);
  return FALSE;
}

static gboolean
move_without_replacing (Persist    *p,
                        TempEntry  *from,
                        GError    **error)
{
  if (temp_persist_rename_noreplace (temp_parent_get_fd (from->parent), from->name.base,
                                     temp_parent_get_fd (p->parent), p->base))
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return fail (p, error, errno);

  return p->is_dir ? move_dir_without_replacing (p, from, error) : link_without_replacing (p, from, error);
}

static gboolean
move (Persist  *p,
      GError  **error)
{
  TempEntry *from = p->stage != NULL ? p->stage : p->entry;

  if (p->way == FILLED)
    return TRUE;

  if (p->way == UNNAMED)
    {
      int errsv;

      if (temp_persist_link (get_fd (p), temp_parent_get_fd (p->parent), p->base))
        return TRUE;
      errsv = errno;
      fail (p, error, errsv);
      consider_copying (p, error, errsv);
      return FALSE;
    }

  if (!temp_entry_is_still_ours (from))
    {
      temp_error_from_errno (error, errno, "Somebody took away", from->name.path);
      return FALSE;
    }

  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? replace (p, from, error) : move_without_replacing (p, from, error);
}

/* From now on the entry's descriptor, whose number remains, is that of the copy. */
static gboolean
switch_fd (Persist  *p,
           GError  **error)
{
  int fd = temp_entry_get_fd (p->entry);
  int result;

  if (p->is_dir || !is_copy (p))
    return TRUE;

  p->old_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (p->old_fd < 0)
    return fail (p, error, errno);

  do
    result = dup3 (temp_entry_get_fd (p->stage), fd, O_CLOEXEC);
  while (result < 0 && (errno == EINTR || errno == EBUSY));

  if (result < 0)
    {
      fail (p, error, errno);
      temp_fd_clear (&p->old_fd);
    }
  return result >= 0;
}

/* All together */

/* Does all that can fail; after a failure all is as before. */
static gboolean
attempt (Persist  *p,
         Way       way,
         GError  **error)
{
  p->way = way;
  p->needs_copy = p->needs_filling = FALSE;

  /* A file without a name waits with none for as long as it can: whatever happens
   * then, the kernel deletes it. */
  if ((way == LINKED ? prepare_file (p, error) && put_on_stage (p, error)
                     : put_on_stage (p, error) && prepare_file (p, error)) &&
      !g_cancellable_set_error_if_cancelled (p->cancellable, error) &&
      switch_fd (p, error) && move (p, error))
    return TRUE;

  if (p->old_fd >= 0)
    dup3 (p->old_fd, temp_entry_get_fd (p->entry), O_CLOEXEC);
  temp_fd_clear (&p->old_fd);

  if (p->adopted)
    temp_metadata_restore (temp_entry_get_fd (p->entry), &p->own);
  p->adopted = FALSE;

  leave_stage (p);
  return FALSE;
}

static Way
choose_way (Persist *p)
{
  if (p->entry->state == TEMP_ENTRY_OWNED)
    return p->entry->parent == p->parent ? IN_PLACE : MOVED;
  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? LINKED : UNNAMED;
}

/* It is in place; now the old one, if it was copied, goes. */
static gboolean
finish (Persist  *p,
        GError  **error)
{
  g_autoptr (GError) first_error = NULL;

  temp_entry_settle (p->entry, p->stage, p->path, is_copy (p));

  if (p->sync_fd >= 0 && !temp_persist_sync (p->sync_fd))
    temp_error_from_errno (&first_error, errno, "It is in place, but could not be made durable in the directory",
                           p->dir);

  remove_remains (p, first_error == NULL ? &first_error : NULL);
  p->remains = g_steal_pointer (&p->stage);
  remove_remains (p, first_error == NULL ? &first_error : NULL);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}

static gboolean
persist (Persist  *p,
         GError  **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean done;

  if (!check_entry (p->entry, error) || !look_at_destination (p, error))
    return FALSE;

  if (!temp_metadata_read (&p->own, temp_entry_get_fd (p->entry)))
    return fail (p, error, errno);
  if (!read_model (p, error))
    return FALSE;

  done = attempt (p, choose_way (p), &local_error);
  if (!done && p->needs_copy)
    {
      g_clear_error (&local_error);
      done = attempt (p, COPIED, &local_error);
    }
  if (!done && p->needs_filling)
    {
      g_clear_error (&local_error);
      done = attempt (p, FILLED, &local_error);
    }

  if (done)
    return finish (p, error);

  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* The path in the file name encoding, which a file elsewhere has not. */
static const char *
get_local_path (GFile   *file,
                GError **error)
{
  const char *path = g_file_peek_path (file);
  g_autofree char *shown = NULL;

  if (path != NULL)
    return path;

  shown = g_file_get_parse_name (file);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "“%s” is no local file", shown);
  return NULL;
}

/* Gives the directory in which to make what is to become the target. */
char *
temp_entry_find_dir (GFile   *target,
                     GError **error)
{
  const char *path = get_local_path (target, error);
  g_autofree char *resolved = NULL;

  if (path == NULL)
    return NULL;

  resolved = temp_persist_resolve (path);
  if (resolved == NULL)
    {
      temp_error_from_errno (error, errno, "Could not make a temporary file beside", path);
      return NULL;
    }

  return g_path_get_dirname (resolved);
}

/* Moves what was made to the destination, for good: see the flags. Without
 * with_mode, it keeps the mode that it was made with. An error leaves all as it was; but
 * if it comes after the move, the path has changed. */
gboolean
temp_entry_persist (TempEntry         *entry,
                    GFile             *destination,
                    TempPersistFlags   flags,
                    gboolean           with_mode,
                    GCancellable      *cancellable,
                    GError           **error)
{
  g_auto (Persist) p = {
    .entry = entry,
    .path = get_local_path (destination, error),
    .flags = flags,
    .with_mode = with_mode,
    .is_dir = entry->directory != NULL,
    .cancellable = cancellable,
    .sync_fd = -1,
    .target_fd = -1,
    .old_fd = -1,
  };
  gboolean persisted, has_right;

  if (p.path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!p.is_dir && !temp_entry_acquire_fd (entry, error))
    return FALSE;

  /* The program's exit waits for this, too. */
  has_right = temp_entry_begin (entry);
  persisted = persist (&p, error);
  if (has_right)
    temp_entry_end (entry);

  if (!p.is_dir)
    temp_entry_release_fd (entry, NULL);
  return persisted;
}
