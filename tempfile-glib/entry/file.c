/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/entry-private.h"

#include <errno.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/words.h"

/* The descriptor of a file, and operations by it.
 *
 * The descriptor stays open as long as it has a user: the owner, who is the first, each of its streams, and each
 * operation while it runs. So an operation in one thread, during which another thread closes the file, never reads or
 * writes another file that has got the number. */

/* Errors */

/* The sentences for the errors of an action. */
typedef struct
{
  const char *with_path;
  const char *with_dir;
  const char *alone;
} Sentences;

static const Sentences sentences[] = {
  [TEMP_ACTION_USE] = { N_("Could not use “%s”: %s"), N_("Could not use a temporary file in “%s”: %s"),
                        N_("Could not use a temporary file: %s") },
  [TEMP_ACTION_READ] = { N_("Could not read “%s”: %s"), N_("Could not read a temporary file in “%s”: %s"),
                         N_("Could not read a temporary file: %s") },
  [TEMP_ACTION_WRITE] = { N_("Could not write to “%s”: %s"), N_("Could not write to a temporary file in “%s”: %s"),
                          N_("Could not write to a temporary file: %s") },
  [TEMP_ACTION_SPOIL] = { N_("The contents of “%s” are undefined now: %s"),
                          N_("The contents of a temporary file in “%s” are undefined now: %s"),
                          N_("The contents of a temporary file are undefined now: %s") },
  [TEMP_ACTION_SEEK] = { N_("Could not seek in “%s”: %s"), N_("Could not seek in a temporary file in “%s”: %s"),
                         N_("Could not seek in a temporary file: %s") },
  [TEMP_ACTION_TRUNCATE] = { N_("Could not truncate “%s”: %s"), N_("Could not truncate a temporary file in “%s”: %s"),
                             N_("Could not truncate a temporary file: %s") },
  [TEMP_ACTION_QUERY] = { N_("Could not read the attributes of “%s”: %s"),
                          N_("Could not read the attributes of a temporary file in “%s”: %s"),
                          N_("Could not read the attributes of a temporary file: %s") },
  [TEMP_ACTION_REOPEN] = { N_("Could not open “%s” again: %s"), N_("Could not open a temporary file in “%s” again: %s"),
                           N_("Could not open a temporary file again: %s") },
  [TEMP_ACTION_KEEP] = { N_("Could not keep “%s”: %s"), N_("Could not keep a temporary file in “%s”: %s"),
                         N_("Could not keep a temporary file: %s") },
  [TEMP_ACTION_CLOSE] = { N_("Could not close “%s”: %s"), N_("Could not close a temporary file in “%s”: %s"),
                          N_("Could not close a temporary file: %s") },
  [TEMP_ACTION_ROLL] = { NULL, NULL, N_("Could not move a temporary file out of memory: %s") },
};

/* Returns the sentence for an error of the action, and sets *path to what is named in it, if that is not NULL; the
 * caller frees *to_free: the path, if it is one that somebody asked for, or else the file's directory. `entry` may
 * be NULL: nothing is named. */
static const char *
choose_sentence (TempEntry        *entry,
                 TempEntryAction   action,
                 const char      **path,
                 char            **to_free)
{
  gboolean is_hidden;

  *path = entry != NULL ? entry->name.path : NULL;
  if (*path == NULL)
    return _(sentences[action].alone);

  is_hidden = entry->is_hidden && entry->state == TEMP_ENTRY_REGISTERED;
  if (entry->is_dir || (temp_entry_has_name (entry) && !is_hidden))
    return _(sentences[action].with_path);

  if (entry->name.base != NULL)
    *path = *to_free = temp_name_dup_dir (&entry->name);
  return _(sentences[action].with_dir);
}

/* Sets an error of the action, from errno. `entry` may be NULL. */
void
temp_entry_set_error (TempEntry        *entry,
                      GError          **error,
                      int               errsv,
                      TempEntryAction   action)
{
  temp_entry_set_cause (entry, error, g_io_error_from_errno (errsv), g_strerror (errsv), action);
}

/* Sets an error of the action, with that cause, which is translated. `entry` may be NULL. */
void
temp_entry_set_cause (TempEntry        *entry,
                      GError          **error,
                      GIOErrorEnum      code,
                      const char       *cause,
                      TempEntryAction   action)
{
  g_autofree char *to_free = NULL;
  const char *path, *sentence = choose_sentence (entry, action, &path, &to_free);

  temp_error_set (error, G_IO_ERROR, code, sentence, path, cause);
}

/* Sets an error of the action, with the code and the cause of another error, which it takes: see
 * temp_error_from_cause(). Nothing else of that error is shown, which may name a link in /proc. */
void
temp_entry_propagate_error (TempEntry        *entry,
                            GError          **error,
                            GError           *cause,
                            TempEntryAction   action)
{
  g_autofree char *to_free = NULL;
  const char *path, *sentence = choose_sentence (entry, action, &path, &to_free);

  temp_error_from_cause (error, cause, sentence, path);
}

/* The descriptor */

/* Adds a user of the descriptor, until temp_entry_release_fd(). Fails with G_IO_ERROR_CLOSED if there is none left. */
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
          temp_entry_set_cause (entry, error, G_IO_ERROR_CLOSED, _("it is closed"), TEMP_ACTION_USE);
          return FALSE;
        }
    }
  while (!g_atomic_int_compare_and_exchange (&entry->n_fd_users, n, n + 1));

  return TRUE;
}

/* Removes a user of the descriptor. The last one closes it: only then can this fail. */
gboolean
temp_entry_release_fd (TempEntry  *entry,
                       GError    **error)
{
  if (!g_atomic_int_dec_and_test (&entry->n_fd_users))
    return TRUE;

  /* The descriptor is closed even if this fails, and EINTR is no error of the file. */
  if (G_UNLIKELY (temp_platform.close (g_steal_fd (&entry->fd)) < 0 && errno != EINTR))
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_CLOSE);
      return FALSE;
    }

  return TRUE;
}

/* Returns the descriptor, which is the caller's from now on. The caller is its only user. */
TempHandle
temp_entry_steal_fd (TempEntry *entry)
{
  entry->n_fd_users = 0;
  return g_steal_fd (&entry->fd);
}

/* Seeks, as g_seekable_seek() does. */
gboolean
temp_entry_seek (TempEntry  *entry,
                 goffset     offset,
                 GSeekType   type,
                 GError    **error)
{
  TempSeek from = type == G_SEEK_CUR ? TEMP_SEEK_HERE :
                  type == G_SEEK_SET ? TEMP_SEEK_START :
                  type == G_SEEK_END ? TEMP_SEEK_END : (TempSeek) -1;
  gboolean moved;

  if (!temp_entry_acquire_fd (entry, error))
    return FALSE;

  moved = temp_platform.seek (entry->fd, offset, from) >= 0;
  if (!moved)
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_SEEK);

  temp_entry_release_fd (entry, NULL);
  return moved;
}

/* Returns the offset; 0 on an error, since g_seekable_tell() has none. */
goffset
temp_entry_tell (TempEntry *entry)
{
  goffset here;

  if (!temp_entry_acquire_fd (entry, NULL))
    return 0;

  here = MAX (temp_platform.seek (entry->fd, 0, TEMP_SEEK_HERE), 0);
  temp_entry_release_fd (entry, NULL);
  return here;
}

/* Sets the size, as g_seekable_truncate() does. */
gboolean
temp_entry_truncate (TempEntry  *entry,
                     goffset     size,
                     GError    **error)
{
  int result;

  if (!temp_entry_acquire_fd (entry, error))
    return FALSE;

  do
    result = temp_platform.set_size (entry->fd, size);
  while (result < 0 && errno == EINTR);

  if (result < 0)
    temp_entry_set_error (entry, error, errno, TEMP_ACTION_TRUNCATE);

  temp_entry_release_fd (entry, NULL);
  return result == 0;
}

/* Queries information about the open file, as g_file_query_info() does. Asks GIO about the descriptor's link, and
 * then replaces or removes the attributes of the link itself. */
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
  char link[64];
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) local_error = NULL;
  GFileInfo *info;
  gboolean wants_name, wants_display_name;

  if (!temp_entry_acquire_fd (entry, error))
    return NULL;

  if (temp_platform.get_link (entry->fd, FALSE, link, sizeof link) < 0)
    {
      temp_entry_set_error (entry, error, errno, TEMP_ACTION_QUERY);
      temp_entry_release_fd (entry, NULL);
      return NULL;
    }

  file = g_file_new_for_path (link);
  info = g_file_query_info (file, attributes, G_FILE_QUERY_INFO_NONE, cancellable, &local_error);
  temp_entry_release_fd (entry, NULL);
  if (info == NULL)
    {
      temp_entry_propagate_error (entry, error, g_steal_pointer (&local_error), TEMP_ACTION_QUERY);
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
