/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-copy-private.h"
#include "temp-copy-tree-private.h"
#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-persist-private.h"

/* Where a file waits until it is ready to be persisted. */

gboolean
temp_stage_fail (TempStage  *p,
                 GError    **error,
                 int         errsv)
{
  temp_error_from_errno (error, errsv,
                         p->is_dir ? "Could not persist a temporary directory as"
                                   : "Could not persist a temporary file as",
                         p->path);
  return FALSE;
}

/* For an error that does not name the destination yet. */
gboolean
temp_stage_prefix (TempStage  *p,
                   GError    **error)
{
  g_autofree char *shown = g_filename_display_name (p->path);

  if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (error, "Could not persist as “%s”: ", shown);
  return FALSE;
}

gboolean
temp_stage_is_copy (TempStage *p)
{
  return p->way == TEMP_STAGE_COPIED || p->way == TEMP_STAGE_FILLED;
}

static gboolean
place_by_link (gpointer    data,
               int         dir_fd,
               const char *base)
{
  TempStage *p = data;

  return temp_persist_link (temp_entry_get_fd (p->entry), dir_fd, base);
}

/* Nobody else knows the random name, but a filesystem that cannot tell whether it
 * is free is asked before. */
static gboolean
place_by_rename (gpointer    data,
                 int         dir_fd,
                 const char *base)
{
  TempStage *p = data;
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
void
temp_stage_consider_copying (TempStage  *p,
                             GError    **error,
                             int         errsv)
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
create_target (TempStage  *p,
               GError    **error)
{
  temp_autofd int fd = openat (temp_parent_get_fd (p->parent), p->base,
                               O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
  TempIdentity identity;
  struct stat st;

  if (fd < 0)
    return temp_stage_fail (p, error, errno);
  if (!temp_identity_get (fd, "", &identity, &st))
    {
      temp_stage_fail (p, error, errno);
      unlinkat (temp_parent_get_fd (p->parent), p->base, 0);
      return FALSE;
    }

  p->stage->fd = g_steal_fd (&fd);
  p->stage->n_fd_users = 1;
  temp_entry_take_over (p->stage, p->parent, p->resolved, &identity);
  return TRUE;
}

static gboolean
copy_file (TempStage  *p,
           GError    **error)
{
  TempCopy copy = { .in = temp_entry_get_fd (p->entry), .timeout_ms = -1, .cancellable = p->cancellable };
  g_autoptr (GError) local_error = NULL;
  goffset offset = lseek (copy.in, 0, SEEK_CUR);
  struct timespec times[2];
  struct stat st;
  gboolean copied;

  if (p->way == TEMP_STAGE_FILLED ? !create_target (p, error)
                       : !temp_entry_create_file (p->stage, p->dir, p->parent, ".tmp", NULL, 0600, error) &&
                         !temp_stage_prefix (p, error))
    return FALSE;

  copy.out = temp_entry_get_fd (p->stage);
  if (offset < 0 || fstat (copy.in, &st) < 0 || lseek (copy.in, 0, SEEK_SET) < 0)
    return temp_stage_fail (p, error, errno);
  times[0] = st.st_atim;
  times[1] = st.st_mtim;

  copied = temp_copy_run (&copy, &local_error);
  lseek (copy.in, offset, SEEK_SET);
  if (!copied)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return temp_stage_prefix (p, error);
    }

  if (lseek (copy.out, offset, SEEK_SET) < 0 || futimens (copy.out, times) < 0 ||
      fcntl (copy.out, F_SETFL, fcntl (copy.in, F_GETFL)) < 0)
    return temp_stage_fail (p, error, errno);

  return TRUE;
}

static gboolean
copy_dir (TempStage  *p,
          GError    **error)
{
  if (!temp_entry_create_dir (p->stage, p->dir, p->parent, ".tmp", NULL, 0700, error))
    return temp_stage_prefix (p, error);

  return temp_copy_tree (temp_entry_get_fd (p->entry), temp_entry_get_fd (p->stage), p->stage->name.path,
                         p->cancellable, error) ||
         temp_stage_prefix (p, error);
}

gboolean
temp_stage_put (TempStage  *p,
                GError    **error)
{
  int errsv = 0;
  TempIdentity identity;
  struct stat st;

  if (p->way == TEMP_STAGE_IN_PLACE || p->way == TEMP_STAGE_UNNAMED)
    return TRUE;

  p->stage = temp_entry_new ();
  temp_entry_hold (p->stage);
  if (temp_stage_is_copy (p))
    return p->is_dir ? copy_dir (p, error) : copy_file (p, error);

  if (!temp_identity_get (temp_entry_get_fd (p->entry), "", &identity, &st))
    return temp_stage_fail (p, error, errno);

  /* What is never to be deleted is not, on its way either. */
  if (p->way == TEMP_STAGE_MOVED)
    p->stage->auto_delete = p->entry->auto_delete;
  if (temp_entry_create_name (p->stage, p->dir, p->parent, &identity,
                              p->way == TEMP_STAGE_LINKED ? place_by_link : place_by_rename, p, &errsv, error))
    return TRUE;

  temp_stage_prefix (p, error);
  temp_stage_consider_copying (p, error, errsv);
  return FALSE;
}

/* Back under the name that it had. */
static gboolean
move_back (TempEntry *stage,
           TempEntry *entry)
{
  int from_fd = temp_parent_get_fd (stage->parent);
  int to_fd = temp_parent_get_fd (entry->parent);

  if (temp_persist_rename_noreplace (from_fd, stage->name.base, to_fd, entry->name.base))
    return TRUE;

  return temp_persist_has_no_rename_flags (errno) &&
         temp_persist_rename (from_fd, stage->name.base, to_fd, entry->name.base);
}

/* Takes back what temp_stage_put() did. If it cannot delete what it has made, that is
 * tried again at exit. */
void
temp_stage_leave (TempStage *p)
{
  TempEntry *stage = g_steal_pointer (&p->stage);
  gboolean is_empty = FALSE;

  if (stage == NULL)
    return;

  if (p->way == TEMP_STAGE_MOVED && stage->state == TEMP_ENTRY_OWNED)
    {
      is_empty = move_back (stage, p->entry);
      if (!is_empty)
        temp_entry_swap (p->entry, stage); /* it lives on where it is */
    }

  if (is_empty)
    temp_entry_forget (stage);
  else
    temp_entry_end (stage);
  if (temp_entry_delete (stage, NULL, NULL))
    temp_entry_unref (stage);
}

/* What is to have the mode, be synced, and move. */
int
temp_stage_get_fd (TempStage *p)
{
  return temp_entry_get_fd (temp_stage_is_copy (p) ? p->stage : p->entry);
}
