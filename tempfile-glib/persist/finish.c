/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/process.h"
#include "persist/link.h"

/* Finish: the entry's new path, and the names that are left over. */

/* Deletes `leftover`, an entry of a name that is left over: of the directory that was replaced, of the file that was
 * copied, of a second link, or of nothing. Takes the entry, which the calling thread has locked. If the name cannot be
 * deleted, it stays registered, so that exit tries again. */
static void
delete_leftover (TempPlan   *p,
                 TempEntry  *leftover,
                 GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *shown = NULL;

  if (leftover == NULL)
    return;

  temp_entry_unlock (leftover);
  if (temp_entry_delete (leftover, NULL, NULL, &local_error))
    {
      temp_entry_unref (leftover);
      return;
    }

  shown = g_filename_display_name (p->path);
  g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "“%s” is in place, but: ", shown);
}

/* Sets the descriptor of `leftover` to one of the directory that was replaced, which is under its name now, so that it
 * can be emptied where paths are not trusted. */
static void
open_leftover (TempPlan  *p,
               TempEntry *leftover)
{
  temp_autofd int fd = p->target_fd >= 0 ? openat (p->target_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  struct stat st;

  temp_entry_close_dir_fd (leftover);
  if (fd >= 0 && fstat (fd, &st) == 0 && temp_entry_take_dir_fd (leftover, fd, &st))
    fd = -1;
}

/* Hands the copy's descriptor to the entry, and the entry's descriptor to `old`, the entry of the directory that was
 * copied. */
static void
hand_over_dirs (TempPlan  *p,
                TempEntry *old)
{
  temp_process_lock ();
  {
    int fd = p->entry->fd;
    dev_t dev = p->entry->dev;
    ino_t ino = p->entry->ino;

    p->entry->fd = p->hidden->fd;
    p->entry->dev = p->hidden->dev;
    p->entry->ino = p->hidden->ino;
    p->hidden->fd = -1;
    old->fd = fd;
    old->dev = dev;
    old->ino = ino;
  }
  temp_process_unlock ();
}

/* Sets the entry's new path, and makes the entry KEPT. Sets *leftover to a locked entry of the name that it had, to be
 * deleted by temp_plan_delete_leftover(); to NULL if it had none, or has the same one. Fails, with errno, if a sweep
 * could delete the result after a crash. */
static gboolean
settle (TempPlan   *p,
        TempEntry **leftover)
{
  TempEntry *entry = p->entry;
  gboolean had_name = entry->state == TEMP_ENTRY_REGISTERED;
  gboolean is_same_name = had_name && temp_plan_is_same_name (p);
  gboolean is_safe = !is_same_name || temp_entry_write_keep (entry, TRUE);
  int errsv = errno;

  *leftover = NULL;
  if (had_name && !is_same_name)
    {
      *leftover = temp_entry_new ();
      temp_entry_lock_new (*leftover);
      temp_entry_attach (*leftover, entry);
      if (p->is_dir && p->hidden != NULL)
        hand_over_dirs (p, *leftover);
    }
  if (p->is_dir && !is_same_name)
    open_leftover (p, p->hidden != NULL ? p->hidden : *leftover);

  if (had_name)
    {
      temp_entry_unregister (entry, TEMP_ENTRY_KEPT);
      temp_entry_leave_ledger (entry);
    }
  temp_process_lock ();
  entry->former = g_slist_prepend (entry->former, entry->name.path);
  temp_name_set_path (&entry->name, p->path);
  g_atomic_int_set (&entry->state, TEMP_ENTRY_KEPT);
  temp_process_unlock ();

  /* The hidden name is the target itself here, whose name is the user's: nothing is left over. */
  if (p->way == TEMP_PLAN_FILL)
    {
      temp_entry_unlock (p->hidden);
      g_clear_pointer (&p->hidden, temp_entry_unref);
    }
  if (p->is_dir)
    temp_place_forget_all ();

  errno = errsv;
  return is_safe;
}

/* Ends a way that has succeeded: tells the ledger, syncs the directory, and deletes the names that are left over. On
 * error, the result is at the target all the same. */
gboolean
temp_plan_finish (TempPlan  *p,
                  GError   **error)
{
  g_autoptr (GError) first_error = NULL;
  TempEntry *leftover;

  if (!settle (p, &leftover))
    temp_error_from_errno (&first_error, errno, "It is in place, but could not make sure that no crash deletes",
                           p->path);

  if (p->sync_fd >= 0 && !temp_persist_sync (p->sync_fd))
    temp_error_from_errno (first_error == NULL ? &first_error : NULL, errno,
                           "It is in place, but could not be made durable in the directory", p->dir);

  delete_leftover (p, g_steal_pointer (&p->hidden), first_error == NULL ? &first_error : NULL);
  delete_leftover (p, leftover, first_error == NULL ? &first_error : NULL);

  if (first_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&first_error));
  return FALSE;
}
