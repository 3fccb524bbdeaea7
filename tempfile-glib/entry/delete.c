/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-process-private.h"

/* The end of what was made: the only place that deletes. */

/* Something is mounted on it, which hides what was made. */
static gboolean
is_mounted_on (TempEntry *entry)
{
#ifdef STATX_ATTR_MOUNT_ROOT
  struct statx stx;

  return statx (temp_parent_get_fd (entry->parent), entry->name.base, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
                STATX_BASIC_STATS, &stx) == 0 &&
         (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
  return FALSE;
#endif
}

/* A program may close all descriptors that it does not know. It is the same directory afterwards, or none. */
gboolean
temp_entry_reopen_parent (TempEntry *entry)
{
  g_autofree char *dir = g_path_get_dirname (entry->name.path);

  return temp_parent_reopen (entry->parent, dir);
}

/* Whether the name is still that of what was made; sets errno if not. */
gboolean
temp_entry_is_still_ours (TempEntry *entry)
{
  struct stat st;
  int result;

  do
    result = fstatat (temp_parent_get_fd (entry->parent), entry->name.base, &st, AT_SYMLINK_NOFOLLOW);
  while (G_UNLIKELY (result < 0) && errno == EBADF && temp_entry_reopen_parent (entry));
  if (result < 0)
    return FALSE;
  if (temp_identity_is_of (&entry->identity, &st))
    return TRUE;

  errno = is_mounted_on (entry) ? EBUSY : ENOENT;
  return FALSE;
}

/* Both of these set is_deleted if it was they who did it; or else the first one may set is_spared. */

static gboolean
remove_dir (TempEntry           *entry,
            TempRemoveProgress  *progress,
            GCancellable        *cancellable,
            GError             **error)
{
  for (guint i = 0; i < TEMP_REMOVE_MAX_PASSES; i++)
    {
      entry->is_deleted = unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, AT_REMOVEDIR) == 0;
      if (entry->is_deleted)
        {
          if (progress != NULL)
            progress->n_removed++;
          return TRUE;
        }
      if (errno != ENOTEMPTY && errno != EEXIST)
        break;
      if (entry->is_empty)
        return TRUE; /* then it is another one */
      if (!temp_remove_contents_with_locks (temp_parent_get_fd (entry->directory), entry->name.path, entry->locks,
                                            &entry->is_spared, progress, cancellable, error))
        return FALSE;
      if (entry->is_spared)
        return TRUE;
      errno = ENOTEMPTY;
    }

  if (errno == ENOENT)
    return TRUE;

  temp_error_from_errno (error, errno, "Could not remove the temporary directory", entry->name.path);
  return FALSE;
}

static gboolean
remove_file (TempEntry  *entry,
             GError    **error)
{
  entry->is_deleted = unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, 0) == 0;
  if (entry->is_deleted || errno == ENOENT)
    return TRUE;

  temp_error_from_errno (error, errno, "Could not delete the temporary file", entry->name.path);
  return FALSE;
}

/* For finding out what went wrong. */
gboolean
temp_entry_keeps_everything (void)
{
  static gsize answer;

  if (g_once_init_enter (&answer))
    {
      const char *value = getauxval (AT_SECURE) == 0 ? g_getenv ("TEMPFILE_GLIB_KEEP") : NULL;

      g_once_init_leave (&answer, value != NULL && *value != '\0' && strcmp (value, "0") != 0 ? 2 : 1);
    }

  return answer == 2;
}

/* TRUE: it is gone, or not ours. */
static gboolean
remove_if_ours (TempEntry           *entry,
                TempRemoveProgress  *progress,
                GCancellable        *cancellable,
                GError             **error)
{
  if (temp_entry_is_still_ours (entry))
    return entry->directory != NULL ? remove_dir (entry, progress, cancellable, error) : remove_file (entry, error);

  if (errno == ENOENT)
    return TRUE;

  temp_error_from_errno (error, errno, "Could not delete", entry->name.path);
  return FALSE;
}

/* Deletes what was made, whatever is in it: but only under the name it was made
 * with, only while that is still the same inode, and never what a process that
 * this one was forked from has made. If it is not ours, or gone already, nothing happens,
 * and that is no error. After an error it can be tried again. */
gboolean
temp_entry_delete_with_progress (TempEntry           *entry,
                                 TempRemoveProgress  *progress,
                                 GCancellable        *cancellable,
                                 GError             **error)
{
  gboolean is_foreign = entry->generation != temp_process_generation ();
  gboolean gone = TRUE;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (!temp_entry_begin (entry))
    return TRUE;

  if (G_UNLIKELY (temp_entry_keeps_everything ()))
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      temp_entry_disown (entry, TEMP_ENTRY_KEPT);
      if (!is_foreign)
        g_message ("Kept “%s”", shown);
    }
  else
    {
      gone = is_foreign || remove_if_ours (entry, progress, cancellable, error);
      if (gone)
        {
          /* What somebody else has taken away may come back. */
          if (entry->is_deleted)
            temp_entry_release_record (entry);
          else
            temp_entry_clear_record (entry, NULL, FALSE);
          temp_entry_disown (entry, TEMP_ENTRY_NAMELESS);
        }
    }

  temp_entry_end (entry);
  return gone;
}

gboolean
temp_entry_delete (TempEntry     *entry,
                   GCancellable  *cancellable,
                   GError       **error)
{
  return temp_entry_delete_with_progress (entry, NULL, cancellable, error);
}
