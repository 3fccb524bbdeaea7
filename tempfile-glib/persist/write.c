/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <string.h>

#include "base/copy.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/words.h"
#include "ledger/home.h"
#include "persist/link.h"

/* Writes into a target: into a new one (TEMP_WAY_FILL), or over the old contents (TEMP_WAY_WRITE).
 *
 * Nothing is written over before the old contents are on the disk in a second file, the backup, and space for the new
 * ones is reserved. The backup has the name .NAME~, beside the target or in the user's state directory. It is no
 * temporary file: neither exit nor a sweep deletes it, so a kill leaves the old contents there. */

/* A longer name is cut. */
#define MAX_BACKUP_NAME 240

/* So many backups of one file can be there. */
#define MAX_BACKUPS 100

/* One thread of this process at a time writes into a file: two would mix their contents, and each take half of the
 * other's for the old ones. */

typedef struct
{
  TempFileId id;
  guint      generation; /* of the process: a thread does not come along when it forks */
} Written;

static GSList *all_written; /* Written *; under the process's lock */

static gboolean
is_written (const TempFileId *id)
{
  for (GSList *l = all_written; l != NULL; l = l->next)
    {
      const Written *written = l->data;

      if (written->generation == temp_process_generation () && temp_file_id_equal (&written->id, id))
        return TRUE;
    }
  return FALSE;
}

/* Waits until no other thread writes into the target. */
static void
begin_writing (TempPlan *p)
{
  Written *written = g_new (Written, 1);

  *written = (Written) { .id = p->target.id, .generation = temp_process_generation () };
  temp_process_lock ();
  while (is_written (&p->target.id))
    temp_process_wait ();
  all_written = g_slist_prepend (all_written, written);
  temp_process_unlock ();
  p->written = written;
}

static void
end_writing (TempPlan *p)
{
  if (p->written == NULL)
    return;

  temp_process_lock ();
  all_written = g_slist_remove (all_written, p->written);
  temp_process_wake ();
  temp_process_unlock ();
  g_clear_pointer (&p->written, g_free);
}

/* Copies everything from one file to another, from the first byte on, and keeps the offset of `from`. */
static gboolean
copy_all (TempPlan    *p,
          TempHandle   from,
          TempHandle   to,
          GError     **error)
{
  TempCopy copy = { .in = from, .out = to, .timeout_ms = -1, .cancellable = p->has_written ? NULL : p->cancellable };
  goffset offset = temp_platform.seek (from, 0, TEMP_SEEK_HERE);
  g_autoptr (GError) local_error = NULL;
  gboolean copied;
  TempStat st;

  if (temp_platform.stat (from, &st) < 0 || !temp_fd_is_within_limit (st.size))
    return temp_plan_fail (p, error, errno);
  if (offset < 0 || temp_platform.seek (from, 0, TEMP_SEEK_START) < 0 ||
      temp_platform.seek (to, 0, TEMP_SEEK_START) < 0)
    return temp_plan_fail (p, error, errno);

  copied = temp_copy_run (&copy, &local_error);
  temp_platform.seek (from, offset, TEMP_SEEK_START);
  if (!copied)
    return temp_plan_fail_by (p, error, g_steal_pointer (&local_error));
  return temp_platform.set_size (to, copy.n_copied) == 0 || temp_plan_fail (p, error, errno);
}

/* Copies the entry's file to another one, with its offset and flags. */
gboolean
temp_plan_copy_contents (TempPlan    *p,
                         TempHandle   to,
                         GError     **error)
{
  goffset offset = temp_platform.seek (p->fd, 0, TEMP_SEEK_HERE);

  if (!copy_all (p, p->fd, to, error))
    return FALSE;
  return (temp_platform.seek (to, offset, TEMP_SEEK_START) >= 0 && temp_platform.copy_flags (p->fd, to) == 0) ||
         temp_plan_fail (p, error, errno);
}

/* Creates a backup in a directory. If the name is taken, by a backup that a kill has left, tries others. Fails with
 * errno. */
static gboolean
create_backup (TempPlan   *p,
               TempHandle  dir_fd,
               const char *dir)
{
  if (dir_fd < 0)
    return FALSE;

  errno = EEXIST;
  for (guint i = 1; p->backup_fd < 0 && i <= MAX_BACKUPS && errno == EEXIST; i++)
    {
      g_autofree char *number = i > 1 ? g_strdup_printf ("%u~", i) : g_strdup ("");
      g_autofree char *base = g_strdup_printf (".%.*s~%s", MAX_BACKUP_NAME, p->base, number);

      p->backup_fd = temp_platform.create_file (dir_fd, base, 0, 0600);
      if (p->backup_fd >= 0)
        p->backup = g_build_filename (dir, base, NULL);
    }

  return p->backup_fd >= 0;
}

/* Opens a backup beside the target, or else in the user's state directory. */
static gboolean
open_backup (TempPlan  *p,
             GError   **error)
{
  g_autofree char *dir = temp_ledger_home_get_path (TEMP_LEDGER_STATE_HOME);
  int errsv;

  p->backup_dir_fd = temp_persist_open_dir (p->dir_fd);
  if (create_backup (p, p->backup_dir_fd, p->dir))
    return TRUE;

  errsv = errno;
  temp_fd_clear (&p->backup_dir_fd);
  p->backup_dir_fd = temp_ledger_home_open (TEMP_LEDGER_STATE_HOME, TRUE, NULL);
  return create_backup (p, p->backup_dir_fd, dir) || temp_plan_fail (p, error, errsv);
}

/* Syncs a file or directory, if there is anything to sync: some filesystems, as that of VirtualBox, cannot sync
 * directories, and files of /proc are on no disk. Fails with errno. */
static gboolean
sync_if_possible (TempHandle fd)
{
  return temp_persist_sync (fd) || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP;
}

/* Makes the backup, and waits until it is on the disk. */
static gboolean
make_backup (TempPlan  *p,
             GError   **error)
{
  if (!open_backup (p, error) || !copy_all (p, p->filled_fd, p->backup_fd, error))
    return FALSE;
  return (temp_persist_sync (p->backup_fd) && sync_if_possible (p->backup_dir_fd)) || temp_plan_fail (p, error, errno);
}

/* Deletes the backup, if there is one, unless another program has put its own file there by now. */
static void
delete_backup (TempPlan *p)
{
  const char *base = p->backup != NULL ? strrchr (p->backup, '/') + 1 : NULL;
  TempStat named;

  if (base != NULL && temp_platform.stat_name (p->backup_dir_fd, base, &named) == 0 &&
      temp_fd_is (p->backup_fd, &named.id))
    temp_platform.remove_file (p->backup_dir_fd, base);
  g_clear_pointer (&p->backup, g_free);
  temp_fd_clear (&p->backup_fd);
  temp_fd_clear (&p->backup_dir_fd);
}

/* Reserves the space for the new contents. That may change the time of modification, and the size. */
static gboolean
reserve_space (TempPlan  *p,
               GError   **error)
{
  TempStat st, before, after;
  gboolean done;
  int errsv;

  if (temp_platform.stat (p->fd, &st) < 0 || temp_platform.stat (p->filled_fd, &before) < 0)
    return temp_plan_fail (p, error, errno);

  done = temp_fd_allocate (p->filled_fd, before.size, st.size);
  errsv = errno;
  p->has_reserved = TRUE;
  p->size_before = before.size;
  p->size_after = temp_platform.stat (p->filled_fd, &after) == 0 ? after.size : before.size;
  return done || temp_plan_fail (p, error, errsv);
}

/* Opens the target to write into it, or creates it. Others see an incomplete new target, and a crash leaves it: no
 * sweep deletes a name that a user chose. */
gboolean
temp_plan_open_target (TempPlan  *p,
                       GError   **error)
{
  if (p->way == TEMP_WAY_FILL)
    {
      p->filled_fd = temp_platform.create_file (p->dir_fd, p->base, 0, 0600);
      if (p->filled_fd < 0)
        return temp_plan_fail (p, error, errno);
      return temp_plan_copy_contents (p, p->filled_fd, error);
    }

  begin_writing (p);
  p->filled_fd = temp_platform.open_file (p->dir_fd, p->base, TEMP_OPEN_WRITE | TEMP_OPEN_DONT_BLOCK);
  if (p->filled_fd >= 0 && !temp_fd_is (p->filled_fd, &p->target.id))
    errno = EAGAIN;
  else if (p->filled_fd >= 0 && temp_platform.stat (p->filled_fd, &p->target) == 0)
    return make_backup (p, error);

  return temp_plan_fail (p, error, errno);
}

/* Sets the mode of the target. Fails with errno, EPERM if the user does not own the target. */
static gboolean
set_target_mode (TempPlan *p,
                 guint32   mode)
{
  TempStat st;

  return temp_platform.stat (p->filled_fd, &st) == 0 &&
         (st.mode == mode || temp_platform.set_mode (p->filled_fd, NULL, mode) == 0);
}

/* Takes rights away that the result is not to give, if the program has set a mode: before the new contents come. */
static gboolean
narrow_mode (TempPlan *p)
{
  return p->job->with_mode || set_target_mode (p, p->target.mode & p->own.mode);
}

/* Restores the set-id bits of the target, which a write takes away. The other bits may have changed meanwhile. */
static gboolean
restore_set_id (TempPlan *p)
{
  TempStat st;

  return temp_platform.stat (p->filled_fd, &st) == 0 &&
         set_target_mode (p, st.mode | (p->target.mode & (TEMP_MODE_SET_UID | TEMP_MODE_SET_GID)));
}

/* Sets the mode that the result is to have. */
static gboolean
set_final_mode (TempPlan *p)
{
  return (p->job->with_mode ? restore_set_id (p) : set_target_mode (p, p->own.mode)) || errno == EPERM;
}

/* Writes the new contents over the old ones, and waits until they are on the disk. */
gboolean
temp_plan_write (TempPlan  *p,
                 GError   **error)
{
  if (g_cancellable_set_error_if_cancelled (p->cancellable, error) || !reserve_space (p, error))
    return FALSE;
  if (!narrow_mode (p))
    return temp_plan_fail (p, error, errno);

  p->has_written = TRUE;
  return temp_plan_copy_contents (p, p->filled_fd, error) &&
         ((set_final_mode (p) && sync_if_possible (p->filled_fd)) || temp_plan_fail (p, error, errno));
}

/* Sets the times of the target to the old ones. Only the owner may do so. */
static void
restore_times (TempPlan *p)
{
  temp_platform.set_times (p->filled_fd, NULL, &p->target.accessed, &p->target.modified);
}

/* Frees the space that was reserved beyond the end, and nothing that another program has appended since. */
static void
give_back_space (TempPlan *p)
{
  TempStat st;

  if (temp_platform.stat (p->filled_fd, &st) < 0)
    return;
  temp_platform.set_size (p->filled_fd, st.size == p->size_after ? p->size_before : st.size);
  if (st.size == p->size_after && p->size_before == p->target.size)
    restore_times (p);
}

/* Puts the old contents back. If that fails, the backup stays, and the error says where. */
static void
put_back (TempPlan  *p,
          GError   **error)
{
  g_autofree char *shown = NULL;

  /* The target's descriptor may append, as that of the temporary file does: see temp_plan_copy_contents(). */
  if (temp_platform.copy_flags (p->backup_fd, p->filled_fd) == 0 && copy_all (p, p->backup_fd, p->filled_fd, NULL) &&
      sync_if_possible (p->filled_fd))
    {
      restore_times (p);
      return;
    }

  shown = g_filename_display_name (p->backup);
  if (error != NULL && *error != NULL)
    {
      g_autofree char *target = g_filename_display_name (p->path);
      g_autofree char *message = g_strdup_printf (_("Could not save “%s”, whose old contents are in “%s”: %s"), target,
                                                  shown, temp_error_get_cause (*error));

      g_free ((*error)->message);
      (*error)->message = g_steal_pointer (&message);
    }
  g_clear_pointer (&p->backup, g_free);
}

/* Undoes temp_plan_open_target() and temp_plan_write(): the target is as before, or gone if it is new. `error` is that
 * of the step that failed. */
void
temp_plan_undo_write (TempPlan  *p,
                      GError   **error)
{
  const gboolean has_written = p->has_written;
  TempStat named;

  if (p->filled_fd >= 0 && p->way == TEMP_WAY_FILL && temp_platform.stat_name (p->dir_fd, p->base, &named) == 0 &&
      temp_fd_is (p->filled_fd, &named.id))
    temp_platform.remove_file (p->dir_fd, p->base);

  if (p->has_written)
    put_back (p, error);
  else if (p->has_reserved)
    give_back_space (p);
  if (p->filled_fd >= 0 && p->way == TEMP_WAY_WRITE && !p->job->with_mode)
    set_target_mode (p, p->target.mode);
  else if (has_written)
    restore_set_id (p);

  p->has_written = p->has_reserved = FALSE;
  delete_backup (p);
  temp_fd_clear (&p->filled_fd);
  end_writing (p);
}

/* Deletes the backup, once the new contents are in place. */
void
temp_plan_finish_write (TempPlan *p)
{
  delete_backup (p);
  temp_fd_clear (&p->filled_fd);
  end_writing (p);
}
