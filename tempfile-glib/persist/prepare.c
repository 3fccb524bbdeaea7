/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>

#include "base/fd.h"
#include "base/words.h"
#include "persist/link.h"
#include "tree/copy-tree.h"

/* Prepares the file that becomes the target: gives it a hidden name beside the target, or copies it there, and sets its
 * metadata. Undoes this. */

/* Links the entry's file to a name, by its descriptor: see TempEntryLinkFunc. Some filesystems of other machines
 * give the new name another inode: there, takes the link back. */
static gboolean
link_file (gpointer    data,
           TempHandle  dir_fd,
           const char *name)
{
  TempPlan *p = data;
  TempStat linked;

  if (temp_platform.link_handle (p->fd, dir_fd, name) < 0)
    return FALSE;
  if (temp_platform.stat_name (dir_fd, name, &linked) == 0 && temp_fd_is (p->fd, &linked.id))
    return TRUE;

  temp_platform.remove_file (dir_fd, name);
  errno = EOPNOTSUPP;
  return FALSE;
}

/* Moves the entry's file or directory to a name: see TempEntryLinkFunc. Nobody can guess the name, so that where no
 * rename spares what is there, nothing is there. */
static gboolean
move_in (gpointer    data,
         TempHandle  dir_fd,
         const char *name)
{
  TempPlan *p = data;
  const char *from;
  TempHandle from_fd;

  if (!temp_entry_locate (p->entry, &from_fd, &from))
    return FALSE;
  p->has_left = temp_platform.rename (from_fd, from, dir_fd, name, TEMP_RENAME_NEW) == 0 ||
                (temp_persist_has_no_rename_flags (errno) &&
                 temp_platform.rename (from_fd, from, dir_fd, name, TEMP_RENAME_REPLACE) == 0);
  return p->has_left;
}

/* Deletes the entry's own name, once the file has the hidden one. */
static TempStep
leave (TempPlan  *p,
       GError   **error)
{
  const char *name;
  TempHandle dir_fd;

  if (!temp_plan_check_name (p, p->entry, p->fd, error))
    return TEMP_STEP_FAILED;
  if (!temp_entry_locate (p->entry, &dir_fd, &name) || temp_platform.remove_file (dir_fd, name) < 0)
    return temp_plan_fail (p, error, errno);

  p->has_left = TRUE;
  return TEMP_STEP_DONE;
}

/* Moves the hidden name back to the entry's own, in any way that works: under that name is nothing, unless somebody has
 * put it there. */
static void
undo_leave (TempPlan *p)
{
  const char *hidden, *name;
  TempHandle hidden_fd, dir_fd;

  if (p->has_left && temp_entry_locate (p->hidden, &hidden_fd, &hidden) &&
      temp_entry_locate (p->entry, &dir_fd, &name) &&
      temp_platform.rename (hidden_fd, hidden, dir_fd, name, TEMP_RENAME_NEW) < 0 && errno != EEXIST &&
      temp_platform.rename (hidden_fd, hidden, dir_fd, name, TEMP_RENAME_REPLACE) < 0 && !p->is_dir)
    temp_platform.link_handle (p->fd, dir_fd, name);
  p->has_left = FALSE;
}

/* Returns TRUE if the entry has a name in another directory than the target's. Others who may not enter the target's
 * directory must not get the rights of the result there. */
static gboolean
is_named_elsewhere (TempPlan *p)
{
  return p->entry->state == TEMP_ENTRY_REGISTERED && !temp_fd_is (p->dir_fd, &p->entry->place->id);
}

/* Sets the owner of the copy to the one that the result is to have, before anything is in it. */
static TempStep
prepare_owner (TempPlan  *p,
               GError   **error)
{
  if (temp_metadata_adopt_owner (temp_plan_get_fd (p), &p->model))
    return TEMP_STEP_DONE;
  if (errno == EPERM)
    return temp_plan_fail_owner (p, error);
  return temp_plan_fail (p, error, errno);
}

/* Copies the file to the hidden name, with its offset and flags. */
static TempStep
copy_file (TempPlan  *p,
           GError   **error)
{
  g_autoptr (GError) local_error = NULL;
  TempStep step;

  if (!temp_entry_create_file (p->hidden, p->dir, NULL, ".tmp", NULL, 0600, &local_error))
    return temp_plan_fail_by (p, error, g_steal_pointer (&local_error));

  step = prepare_owner (p, error);
  if (step != TEMP_STEP_DONE)
    return step;
  return temp_plan_copy_contents (p, temp_entry_get_fd (p->hidden), error);
}

/* Copies the directory, with its contents, to the hidden name. */
static TempStep
copy_dir (TempPlan  *p,
          GError   **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *shown = NULL;
  TempStep step;

  if (!temp_entry_create_dir (p->hidden, p->dir, NULL, ".tmp", NULL, 0700, &local_error))
    return temp_plan_fail_by (p, error, g_steal_pointer (&local_error));
  if (temp_entry_open_dir_fd (p->hidden) < 0)
    return temp_plan_fail (p, error, errno);

  step = prepare_owner (p, error);
  if (step != TEMP_STEP_DONE)
    return step;
  if (temp_copy_tree (p->fd, temp_entry_get_fd (p->hidden), p->cancellable, &local_error))
    return TEMP_STEP_DONE;

  /* The error names a file in the directory. */
  shown = g_filename_display_name (p->path);
  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (&local_error, _("Could not save “%s”: "), shown);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return TEMP_STEP_FAILED;
}

/* Makes the hidden name, for the file or for a copy. With DURABLE, syncs the ledger before, and again if the name
 * itself needed a line. */
static TempStep
make_hidden (TempPlan  *p,
             GError   **error)
{
  gboolean is_durable = (p->job->flags & TEMP_PERSIST_DURABLE) != 0;
  g_autoptr (GError) local_error = NULL;
  TempStep step;
  int errsv = 0;

  if (is_durable)
    temp_entry_sync_ledger (p->dir);
  p->hidden = temp_entry_new ();
  p->hidden->is_dir = p->is_dir;
  temp_entry_lock_new (p->hidden);

  if (p->way == TEMP_WAY_COPY)
    step = p->is_dir ? copy_dir (p, error) : copy_file (p, error);
  else if (temp_entry_create_name (p->hidden, p->dir, p->way == TEMP_WAY_LINK ? link_file : move_in, p, &errsv,
                                   &local_error))
    step = TEMP_STEP_DONE;
  else if (errsv == 0) /* no name could be drawn */
    step = temp_plan_fail_by (p, error, g_steal_pointer (&local_error));
  else
    step = temp_plan_fail_link (p, error, errsv);

  if (step == TEMP_STEP_DONE && is_durable && p->hidden->ledger != NULL)
    temp_ledger_sync (p->hidden->ledger);
  return step;
}

/* The metadata, and the descriptor */

/* Sets the metadata of a copy to those of the entry's file, with its times, and reads them into `now`. Fails with
 * errno. */
static gboolean
prepare_copy (TempPlan     *p,
              TempMetadata *now)
{
  TempHandle fd = temp_plan_get_fd (p);
  TempStat st;

  if (!temp_metadata_read (now, fd) || !temp_metadata_adopt (fd, now, &p->own, !p->job->with_mode))
    return FALSE;

  temp_metadata_clear (now);
  return temp_platform.stat (p->fd, &st) == 0 &&
         (p->is_dir || temp_platform.set_times (fd, NULL, &st.accessed, &st.modified) == 0) &&
         temp_metadata_read (now, fd);
}

/* Sets the metadata of the file that becomes the target. With DURABLE, syncs the file. */
static TempStep
prepare_file (TempPlan  *p,
              GError   **error)
{
  gboolean is_copy = temp_plan_is_copy (p);
  TempHandle fd = temp_plan_get_fd (p);
  g_auto (TempMetadata) now = { 0 };
  TempStep step;

  if (is_copy && !prepare_copy (p, &now))
    return temp_plan_fail (p, error, errno);

  p->adopted = !is_copy;
  step = prepare_owner (p, error);
  if (step != TEMP_STEP_DONE)
    return step;
  if (!temp_metadata_adopt (fd, is_copy ? &now : &p->own, &p->model, p->job->with_mode))
    return temp_plan_fail (p, error, errno);

  /* A directory with all its contents: by the whole filesystem, which is one call. */
  if ((p->job->flags & TEMP_PERSIST_DURABLE) != 0 &&
      !(p->is_dir ? temp_platform.sync (fd, TEMP_SYNC_FILESYSTEM) == 0 : temp_persist_sync (fd)))
    return temp_plan_fail (p, error, errno);

  return TEMP_STEP_DONE;
}

/* Makes `old` a duplicate of `fd`. EBUSY: another thread is opening a file by that number. Fails with errno. */
static gboolean
replace_fd (TempHandle fd,
            TempHandle old)
{
  int result;

  do
    result = temp_platform.replace (fd, old);
  while (result < 0 && (errno == EINTR || errno == EBUSY));
  return result == 0;
}

/* Opens the copy under the number of the entry's descriptor, which the program may know. Keeps the old file in
 * old_fd. */
static gboolean
switch_fd (TempPlan  *p,
           GError   **error)
{
  TempHandle fd = temp_entry_get_fd (p->entry);

  if (p->is_dir || p->opened_fd >= 0 || !temp_plan_is_copy (p))
    return TRUE;

  p->old_fd = temp_platform.duplicate (fd);
  if (p->old_fd < 0)
    return temp_plan_fail (p, error, errno);
  p->fd = p->old_fd;

  if (replace_fd (temp_plan_get_fd (p), fd))
    return TRUE;
  temp_plan_fail (p, error, errno);
  p->fd = fd;
  temp_fd_clear (&p->old_fd);
  return FALSE;
}

/* The step */

/* Prepares the way p->way, for temp_plan_place(). On error, the caller calls temp_plan_undo(). */
TempStep
temp_plan_prepare (TempPlan  *p,
                   GError   **error)
{
  TempStep step = TEMP_STEP_DONE;

  switch (p->way)
    {
    case TEMP_WAY_STAY:
      if ((p->job->flags & TEMP_PERSIST_DURABLE) != 0 && !p->is_dir && !temp_persist_sync (p->fd))
        return temp_plan_fail (p, error, errno);
      break;

    case TEMP_WAY_LINK:
      if (is_named_elsewhere (p))
        {
          step = make_hidden (p, error);
          if (step == TEMP_STEP_DONE)
            step = leave (p, error);
          if (step == TEMP_STEP_DONE)
            step = prepare_file (p, error);
          break;
        }

      /* A nameless file gets its hidden name late: until then, the kernel deletes the file after a crash. */
      step = prepare_file (p, error);
      if (step == TEMP_STEP_DONE && (p->job->flags & TEMP_PERSIST_REPLACE) != 0)
        step = make_hidden (p, error);
      break;

    case TEMP_WAY_RENAME:
      if (is_named_elsewhere (p))
        step = make_hidden (p, error);
      if (step == TEMP_STEP_DONE)
        step = prepare_file (p, error);
      break;

    case TEMP_WAY_COPY:
      step = make_hidden (p, error);
      if (step == TEMP_STEP_DONE)
        step = prepare_file (p, error);
      break;

    case TEMP_WAY_FILL:
      step = temp_plan_open_target (p, error);
      if (step == TEMP_STEP_DONE)
        step = prepare_file (p, error);
      break;

    case TEMP_WAY_WRITE:
    default:
      step = temp_plan_open_target (p, error);
    }

  if (step == TEMP_STEP_DONE && (g_cancellable_set_error_if_cancelled (p->cancellable, error) || !switch_fd (p, error)))
    return TEMP_STEP_FAILED;
  return step;
}

/* Undoes temp_plan_prepare(), also half of it, and temp_plan_place(): the entry, its file and the target are as before.
 * `error` is that of the step that failed. */
void
temp_plan_undo (TempPlan  *p,
                GError   **error)
{
  if (p->old_fd >= 0)
    {
      p->fd = temp_entry_get_fd (p->entry);
      replace_fd (p->old_fd, p->fd);
      temp_fd_clear (&p->old_fd);
    }

  if (p->adopted)
    temp_metadata_restore (p->fd, &p->own);
  p->adopted = FALSE;

  temp_plan_undo_write (p, error);
  undo_leave (p);

  /* The hidden name can be left only if it cannot be deleted. */
  if (p->hidden != NULL)
    temp_plan_delete_entry (g_steal_pointer (&p->hidden), NULL);
}
