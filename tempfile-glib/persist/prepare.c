/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>

#include "base/copy.h"
#include "base/error.h"
#include "base/fd.h"
#include "persist/link.h"
#include "tree/copy-tree.h"

/* Prepares the file that becomes the target: gives it a hidden name beside the target, or copies it there, and sets its
 * metadata. Undoes this. */

/* Puts the destination before the message of an error. Returns FALSE. */
static gboolean
prefix_error (TempPlan  *p,
              GError   **error)
{
  g_autofree char *shown = g_filename_display_name (p->path);

  if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (error, "Could not persist as “%s”: ", shown);
  return FALSE;
}

/* Links the entry's file to a name, by its descriptor: see TempEntryLinkFunc. */
static gboolean
link_file (gpointer    data,
           TempHandle  dir_fd,
           const char *name)
{
  TempPlan *p = data;

  return temp_platform.link_handle (temp_entry_get_fd (p->entry), dir_fd, name) == 0;
}

/* Creates the target, to be filled, and returns its descriptor, which stays the plan's. Never replaces anything. Other
 * programs may see the incomplete target, and a crash leaves it: no sweep deletes a name that a user chose. */
static TempHandle
create_target (TempPlan  *p,
               GError   **error)
{
  p->filled_fd = temp_platform.create_file (p->dir_fd, p->base, 0, 0600);
  if (p->filled_fd < 0)
    temp_plan_fail (p, error, errno);
  return p->filled_fd;
}

/* Deletes the target that could not be filled, unless somebody replaced it. */
static void
delete_target (TempPlan *p)
{
  TempStat named;

  if (temp_platform.stat_name (p->dir_fd, p->base, &named) == 0 && temp_fd_is (p->filled_fd, &named.id))
    temp_platform.remove_file (p->dir_fd, p->base);
}

/* Creates the hidden file. Returns its descriptor, which stays the hidden entry's. */
static TempHandle
create_hidden_file (TempPlan  *p,
                    GError   **error)
{
  if (!temp_entry_create_file (p->hidden, p->dir, NULL, ".tmp", NULL, 0600, error))
    prefix_error (p, error);
  return temp_entry_get_fd (p->hidden);
}

/* Copies the file to the hidden name or into the target, with its offset, times and flags. */
static gboolean
copy_file (TempPlan  *p,
           GError   **error)
{
  TempCopy copy = { .in = temp_entry_get_fd (p->entry), .timeout_ms = -1, .cancellable = p->cancellable };
  g_autoptr (GError) local_error = NULL;
  goffset offset = temp_platform.seek (copy.in, 0, TEMP_SEEK_HERE);
  TempStat st;
  gboolean copied;

  copy.out = p->way == TEMP_PLAN_FILL ? create_target (p, error) : create_hidden_file (p, error);
  if (copy.out < 0)
    return FALSE;

  if (offset < 0 || temp_platform.stat (copy.in, &st) < 0 || temp_platform.seek (copy.in, 0, TEMP_SEEK_START) < 0)
    return temp_plan_fail (p, error, errno);

  copied = temp_copy_run (&copy, &local_error);
  temp_platform.seek (copy.in, offset, TEMP_SEEK_START);
  if (!copied)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return prefix_error (p, error);
    }

  if (temp_platform.seek (copy.out, offset, TEMP_SEEK_START) < 0 ||
      temp_platform.set_times (copy.out, NULL, &st.accessed, &st.modified) < 0 ||
      temp_platform.copy_flags (copy.in, copy.out) < 0)
    return temp_plan_fail (p, error, errno);

  return TRUE;
}

/* Copies the directory, with its contents, to the hidden name. */
static gboolean
copy_dir (TempPlan  *p,
          GError   **error)
{
  if (!temp_entry_create_dir (p->hidden, p->dir, NULL, ".tmp", NULL, 0700, error))
    return prefix_error (p, error);

  if (temp_entry_open_dir_fd (p->hidden) < 0)
    return temp_plan_fail (p, error, errno);
  return temp_copy_tree (temp_entry_get_fd (p->entry), temp_entry_get_fd (p->hidden), p->hidden->name.path,
                         p->cancellable, error) ||
         prefix_error (p, error);
}

/* Makes the hidden name, for the file or for a copy; with FILL, copies into the target instead. A rename, or a link to
 * a free name, needs neither. With DURABLE, syncs the ledger before, and again if the name itself needed a line. */
static gboolean
make_hidden (TempPlan  *p,
             GError   **error)
{
  gboolean is_durable = (p->flags & TEMP_PERSIST_DURABLE) != 0, done;
  int errsv = 0;

  if (p->way == TEMP_PLAN_RENAME || (p->way == TEMP_PLAN_LINK && (p->flags & TEMP_PERSIST_REPLACE) == 0))
    return TRUE;
  if (p->way == TEMP_PLAN_FILL)
    return copy_file (p, error);

  if (is_durable)
    temp_entry_sync_ledger (p->dir);
  p->hidden = temp_entry_new ();
  temp_entry_lock_new (p->hidden);
  if (p->way == TEMP_PLAN_COPY)
    done = p->is_dir ? copy_dir (p, error) : copy_file (p, error);
  else
    done = temp_entry_create_name (p->hidden, p->dir, link_file, p, &errsv, error);

  if (done && is_durable && p->hidden->ledger != NULL)
    temp_ledger_sync (p->hidden->ledger);
  if (done || p->way == TEMP_PLAN_COPY)
    return done;
  if (errsv == 0)
    return prefix_error (p, error);

  g_clear_error (error);
  return temp_plan_fail_link (p, error, errsv);
}

/* Undoes make_hidden(). A hidden name that cannot be deleted stays registered, so that exit tries again. */
static void
delete_hidden (TempPlan *p)
{
  TempEntry *hidden = g_steal_pointer (&p->hidden);

  if (p->filled_fd >= 0)
    delete_target (p);
  temp_fd_clear (&p->filled_fd);

  if (hidden == NULL)
    return;
  temp_entry_unlock (hidden);
  if (temp_entry_delete (hidden, NULL, NULL, NULL))
    temp_entry_unref (hidden);
}

/* The metadata, and the descriptor */

/* Sets the metadata of a copy to those of the entry's file, and reads them into `now`. Fails with errno. */
static gboolean
prepare_copy (TempPlan     *p,
              TempMetadata *now)
{
  TempHandle fd = temp_plan_get_fd (p);

  if (!temp_metadata_read (now, fd) || !temp_metadata_adopt (fd, now, &p->own, !p->with_mode))
    return FALSE;

  temp_metadata_clear (now);
  return temp_metadata_read (now, fd);
}

/* Sets the metadata of the file that becomes the target. With DURABLE, syncs the file. */
static gboolean
prepare_file (TempPlan  *p,
              GError   **error)
{
  gboolean is_copy = temp_plan_is_copy (p);
  TempHandle fd = temp_plan_get_fd (p);
  g_auto (TempMetadata) now = { 0 };

  if (is_copy && !prepare_copy (p, &now))
    return temp_plan_fail (p, error, errno);

  p->adopted = !is_copy;
  if (!temp_metadata_adopt (fd, is_copy ? &now : &p->own, &p->model, p->with_mode))
    return temp_plan_fail (p, error, errno);

  /* A directory with all its contents: by the whole filesystem, which is one call. */
  if ((p->flags & TEMP_PERSIST_DURABLE) != 0 &&
      !(p->is_dir ? temp_platform.sync (fd, TEMP_SYNC_FILESYSTEM) == 0 : temp_persist_sync (fd)))
    {
      temp_error_from_errno (error, errno, "Could not sync what is to be", p->path);
      return FALSE;
    }

  return TRUE;
}

/* Opens the copy under the number of the entry's descriptor, which the program may know. Keeps the old file in
 * old_fd. */
static gboolean
switch_fd (TempPlan  *p,
           GError   **error)
{
  TempHandle fd = temp_entry_get_fd (p->entry);
  int result;

  if (p->is_dir || !temp_plan_is_copy (p))
    return TRUE;

  p->old_fd = temp_platform.duplicate (fd);
  if (p->old_fd < 0)
    return temp_plan_fail (p, error, errno);

  do
    result = temp_platform.replace (temp_plan_get_fd (p), fd);
  while (result < 0 && (errno == EINTR || errno == EBUSY));

  if (result < 0)
    {
      temp_plan_fail (p, error, errno);
      temp_fd_clear (&p->old_fd);
    }
  return result >= 0;
}

/* The step */

/* Prepares the way p->way, for temp_plan_place(). On error, the caller calls temp_plan_undo(). */
gboolean
temp_plan_prepare (TempPlan  *p,
                   GError   **error)
{
  gboolean ready;

  /* A nameless file gets its hidden name late: until then, the kernel deletes the file after a crash. */
  if (temp_plan_is_copy (p))
    ready = make_hidden (p, error) && prepare_file (p, error);
  else
    ready = prepare_file (p, error) && make_hidden (p, error);

  return ready && !g_cancellable_set_error_if_cancelled (p->cancellable, error) && switch_fd (p, error);
}

/* Undoes temp_plan_prepare(), also half of it: the entry and its file are as before. */
void
temp_plan_undo (TempPlan *p)
{
  if (p->old_fd >= 0)
    temp_platform.replace (p->old_fd, temp_entry_get_fd (p->entry));
  temp_fd_clear (&p->old_fd);

  if (p->adopted)
    temp_metadata_restore (temp_entry_get_fd (p->entry), &p->own);
  p->adopted = FALSE;

  delete_hidden (p);
}
