/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-process-private.h"

/* The descriptor of an entry, and what is done with a file by it. */

int
temp_entry_get_fd (TempEntry *entry)
{
  int fd;

  if (g_atomic_pointer_get (&entry->directory) == NULL)
    return entry->fd;

  /* Another thread may be deleting it. */
  temp_process_lock ();
  fd = entry->directory != NULL ? temp_parent_get_fd (entry->directory) : -1;
  temp_process_unlock ();

  return fd;
}

/* The descriptor is open as long as one of its users is: the owner, who is its
 * first, each of its streams, and each operation for as long as it runs. So one that
 * is in the middle of something, in a thread, when the file is closed never
 * reads or writes another file, which got the same number. */
gboolean
temp_entry_acquire_fd (TempEntry  *entry,
                       GError    **error)
{
  gint n;

  do
    {
      n = g_atomic_int_get (&entry->n_fd_users);
      if (G_UNLIKELY (n == 0))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The temporary file is closed");
          return FALSE;
        }
    }
  while (!g_atomic_int_compare_and_exchange (&entry->n_fd_users, n, n + 1));

  return TRUE;
}

/* As long as nobody has a deleted file open, a new one can get its inode. So that
 * somebody else's is never taken for ours, a closed file that is still to be deleted is
 * held, by a descriptor that is good for nothing else, so that it disturbs no exec(),
 * lock or lease. FALSE: there is none to be had, the open one must do. */
static gboolean
pin (TempEntry *entry)
{
  temp_autofd int fd = openat (temp_parent_get_fd (entry->parent), entry->name.base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0 && errno != ENOENT)
    return FALSE;

  if (fd >= 0 && fstat (fd, &st) == 0 && temp_identity_is_of (&entry->identity, &st))
    entry->pin_fd = g_steal_fd (&fd);
  else
    entry->identity.ino = 0; /* somebody took it away: it is never ours again */

  return TRUE;
}

/* Closes the descriptor after its last user. */
gboolean
temp_entry_release_fd (TempEntry  *entry,
                       GError    **error)
{
  if (!g_atomic_int_dec_and_test (&entry->n_fd_users))
    return TRUE;

  /* Another thread may be deleting it. */
  if (G_UNLIKELY (entry->state == TEMP_ENTRY_OWNED) && temp_entry_begin (entry))
    {
      gboolean is_pinned = pin (entry);

      if (!is_pinned)
        entry->pin_fd = g_steal_fd (&entry->fd);
      temp_entry_end (entry);
      if (!is_pinned)
        return TRUE;
    }

  /* Whatever close() says, the descriptor is gone; and EINTR says nothing. */
  if (G_UNLIKELY (close (g_steal_fd (&entry->fd)) < 0 && errno != EINTR))
    {
      temp_entry_set_error (entry, error, errno, "Could not close");
      return FALSE;
    }

  return TRUE;
}

/* Gives away the descriptor, which has no other users. */
int
temp_entry_steal_fd (TempEntry *entry)
{
  entry->n_fd_users = 0;
  return g_steal_fd (&entry->fd);
}

/* Sets an error of an operation on the file. */
void
temp_entry_set_error (TempEntry   *entry,
                      GError     **error,
                      int          errsv,
                      const char  *action)
{
  g_autofree char *what = NULL;

  if (temp_entry_get_path (entry) != NULL)
    what = g_strdup_printf ("%s the temporary file", action);
  else
    what = g_strdup_printf ("%s a temporary file without a name in", action);

  temp_error_from_errno (error, errsv, what, entry->name.path);
}

/* Propagates an error that does not name the file yet: that of a cancellation
 * is left as it is. Takes the cause. */
void
temp_entry_propagate_error (TempEntry   *entry,
                            GError     **error,
                            GError      *cause,
                            const char  *action)
{
  g_autofree char *shown = g_filename_display_name (entry->name.path);

  if (!g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (&cause, "%s a temporary file (“%s”): ", action, shown);
  g_propagate_error (error, cause);
}

gboolean
temp_entry_seek (TempEntry  *entry,
                 goffset     offset,
                 GSeekType   type,
                 GError    **error)
{
  int whence = type == G_SEEK_CUR ? SEEK_CUR : type == G_SEEK_SET ? SEEK_SET : type == G_SEEK_END ? SEEK_END : -1;
  gboolean moved;

  if (!temp_entry_acquire_fd (entry, error))
    return FALSE;

  moved = lseek (entry->fd, offset, whence) >= 0;
  if (!moved)
    temp_entry_set_error (entry, error, errno, "Could not seek in");

  temp_entry_release_fd (entry, NULL);
  return moved;
}

/* 0 if it cannot be told: GSeekable has no error here. */
goffset
temp_entry_tell (TempEntry *entry)
{
  goffset here;

  if (!temp_entry_acquire_fd (entry, NULL))
    return 0;

  here = MAX (lseek (entry->fd, 0, SEEK_CUR), 0);
  temp_entry_release_fd (entry, NULL);
  return here;
}

gboolean
temp_entry_truncate (TempEntry  *entry,
                     goffset     size,
                     GError    **error)
{
  int result;

  if (!temp_entry_acquire_fd (entry, error))
    return FALSE;

  do
    result = ftruncate (entry->fd, size);
  while (result < 0 && errno == EINTR);

  if (result < 0)
    temp_entry_set_error (entry, error, errno, "Could not truncate");

  temp_entry_release_fd (entry, NULL);
  return result == 0;
}

/* Answers as for a GFile, from the open file: GIO is asked about the
 * descriptor's link in /proc, and what it says of that link is taken away. */
GFileInfo *
temp_entry_query_info (TempEntry     *entry,
                       const char    *attributes,
                       GCancellable  *cancellable,
                       GError       **error)
{
  static const char *const of_the_name[] = {
    G_FILE_ATTRIBUTE_STANDARD_NAME,
    G_FILE_ATTRIBUTE_STANDARD_DISPLAY_NAME,
    G_FILE_ATTRIBUTE_STANDARD_EDIT_NAME,
    G_FILE_ATTRIBUTE_STANDARD_COPY_NAME,
    G_FILE_ATTRIBUTE_STANDARD_IS_SYMLINK,
    G_FILE_ATTRIBUTE_STANDARD_SYMLINK_TARGET,
    G_FILE_ATTRIBUTE_STANDARD_TARGET_URI,
    G_FILE_ATTRIBUTE_ACCESS_CAN_DELETE,
    G_FILE_ATTRIBUTE_ACCESS_CAN_RENAME,
    G_FILE_ATTRIBUTE_ACCESS_CAN_TRASH,
    G_FILE_ATTRIBUTE_UNIX_IS_MOUNTPOINT,
  };
  char link[sizeof "/proc/self/fd/" + 3 * sizeof (int)];
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) local_error = NULL;
  GFileInfo *info;
  gboolean wants_name, wants_display_name;

  if (!temp_entry_acquire_fd (entry, error))
    return NULL;

  g_snprintf (link, sizeof link, "/proc/self/fd/%d", entry->fd);
  file = g_file_new_for_path (link);
  info = g_file_query_info (file, attributes, G_FILE_QUERY_INFO_NONE, cancellable, &local_error);
  temp_entry_release_fd (entry, NULL);
  if (info == NULL)
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      g_propagate_prefixed_error (error, g_steal_pointer (&local_error),
                                  "Could not query information about a temporary file (“%s”): ", shown);
      return NULL;
    }

  wants_name = g_file_info_has_attribute (info, G_FILE_ATTRIBUTE_STANDARD_NAME);
  wants_display_name = g_file_info_has_attribute (info, G_FILE_ATTRIBUTE_STANDARD_DISPLAY_NAME);

  for (gsize i = 0; i < G_N_ELEMENTS (of_the_name); i++)
    g_file_info_remove_attribute (info, of_the_name[i]);

  if (temp_entry_get_path (entry) != NULL)
    {
      if (wants_name)
        g_file_info_set_name (info, entry->name.base);
      if (wants_display_name)
        {
          g_autofree char *shown = g_filename_display_name (entry->name.base);

          g_file_info_set_display_name (info, shown);
        }
    }

  return info;
}
