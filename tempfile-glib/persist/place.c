/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "persist/link.h"

/* Move and finish: from the hidden name to the target in one step, and the names that are left over. */

/* Deletes `leftover`, an entry of a name that is left over: of the directory that was replaced, of the file that was
 * copied, of a second link, or of nothing. Takes the entry, which the calling thread has locked. If the name cannot be
 * deleted, it stays registered, so that exit tries again. */
void
temp_plan_delete_leftover (TempPlan   *p,
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

/* Exchanges the new directory and the target, which is not empty: no rename replaces it. The old one is under the
 * hidden name then. */
static gboolean
exchange_dirs (TempPlan    *p,
               int          from_fd,
               const char  *from,
               GError     **error)
{
  g_autofree char *shown = NULL;

  if (temp_persist_exchange (from_fd, from, p->dir_fd, p->base))
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return temp_plan_fail (p, error, errno);

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Could not replace the directory “%s”, which is not empty: its filesystem cannot do "
               "that in one step", shown);
  return FALSE;
}

/* Moves `from` to the target, and replaces what is there. */
static gboolean
replace (TempPlan    *p,
         int          from_fd,
         const char  *from,
         GError     **error)
{
  if (temp_persist_rename (from_fd, from, p->dir_fd, p->base))
    return TRUE;
  if (p->is_dir && (errno == ENOTEMPTY || errno == EEXIST))
    return exchange_dirs (p, from_fd, from, error);
  return temp_plan_fail_link (p, error, errno);
}

/* Links a copy to the target, where the kernel cannot rename without replacing. If it cannot link either, the next way
 * is to fill the target. */
static gboolean
link_without_replacing (TempPlan  *p,
                        GError   **error)
{
  int errsv;

  if (temp_plan_is_copy (p) && temp_persist_link (temp_plan_get_fd (p), p->dir_fd, p->base))
    return TRUE;

  errsv = errno;
  if (temp_persist_is_unlinkable (errsv))
    p->next = TEMP_PLAN_FILL;
  return temp_plan_fail (p, error, errsv);
}

/* Makes an empty directory as the target, and renames the directory onto that: such a rename replaces nothing but an
 * empty directory. For kernels that cannot rename without replacing. */
static gboolean
move_dir_without_replacing (TempPlan    *p,
                            int          from_fd,
                            const char  *from,
                            GError     **error)
{
  if (mkdirat (p->dir_fd, p->base, 0700) < 0)
    return temp_plan_fail (p, error, errno);
  if (temp_persist_rename (from_fd, from, p->dir_fd, p->base))
    return TRUE;

  temp_plan_fail_link (p, error, errno);
  unlinkat (p->dir_fd, p->base, AT_REMOVEDIR);
  return FALSE;
}

/* Moves `from` to the target; fails with EEXIST if anything is there. */
static gboolean
move_without_replacing (TempPlan    *p,
                        int          from_fd,
                        const char  *from,
                        GError     **error)
{
  if (temp_persist_rename_noreplace (from_fd, from, p->dir_fd, p->base))
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return temp_plan_fail_link (p, error, errno);

  return p->is_dir ? move_dir_without_replacing (p, from_fd, from, error) : link_without_replacing (p, error);
}

/* Has the ledger say, before a directory moves, where its contents will be. */
static void
announce (TempPlan *p)
{
  g_autofree char *path = NULL;
  char *dir;

  if (!p->is_dir || temp_plan_is_copy (p))
    return;

  dir = realpath (p->dir, NULL);
  path = g_build_filename (dir != NULL ? dir : p->dir, p->base, NULL);
  free (dir);
  temp_entry_write_moved (p->entry, path);
}

/* Moves the file to the target in one step. Never replaces anything without REPLACE. */
gboolean
temp_plan_place (TempPlan  *p,
                 GError   **error)
{
  TempEntry *from = p->hidden != NULL ? p->hidden : p->entry;
  const char *name;
  int from_fd;

  if (p->way == TEMP_PLAN_FILL)
    return TRUE;
  if (p->way == TEMP_PLAN_LINK && p->hidden == NULL)
    return temp_persist_link (temp_plan_get_fd (p), p->dir_fd, p->base) || temp_plan_fail_link (p, error, errno);

  if (!temp_plan_check_name (from, temp_plan_get_fd (p), error))
    return FALSE;
  if (!temp_entry_locate (from, &from_fd, &name))
    return temp_plan_fail (p, error, errno);

  announce (p);
  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? replace (p, from_fd, name, error)
                                                : move_without_replacing (p, from_fd, name, error);
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
gboolean
temp_plan_finish (TempPlan   *p,
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
    temp_entry_unregister (entry, TEMP_ENTRY_KEPT, TRUE);
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
