/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-entry-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temp-create-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-location-private.h"
#include "temp-name-private.h"
#include "temp-process-private.h"
#include "temp-remove-private.h"

typedef enum
{
  TEMP_ENTRY_NAMELESS, /* it has no name (any more), or none of ours */
  TEMP_ENTRY_OWNED,    /* it is on the list, to be deleted by whoever takes it off */
  TEMP_ENTRY_KEPT,     /* its name is nobody's to delete */
} TempEntryState;

struct _TempEntry
{
  gatomicrefcount ref_count;

  TempEntryState  state;
  gboolean        auto_delete; /* guarded by the process's lock, as the list is */
  GList           link;

  TempParent     *parent;    /* where the name is; NULL: it never had one */
  TempParent     *directory; /* if it is a directory, that */
  TempName        name;      /* for a nameless file only the path of its directory */
  guint           generation;
  dev_t           dev;
  ino_t           ino;

  int             fd;         /* -1 once closed; of a directory: in `directory` */
  gint            n_fd_users; /* atomic */
};

/* All that is OWNED in this process. Taking an entry off this list, under the
 * lock, is what gives the right to delete it: so it is deleted only once, whoever
 * comes first. What is on the list is referenced by an owner that takes it
 * off before it goes. */
static GQueue owned = G_QUEUE_INIT;

/* Life */

TempEntry *
temp_entry_new (void)
{
  TempEntry *entry = g_new0 (TempEntry, 1);

  g_atomic_ref_count_init (&entry->ref_count);
  entry->auto_delete = TRUE;
  entry->link.data = entry;
  entry->fd = -1;

  return entry;
}

TempEntry *
temp_entry_ref (TempEntry *entry)
{
  g_atomic_ref_count_inc (&entry->ref_count);
  return entry;
}

/* The owner calls temp_entry_let_go() before its last reference goes. */
void
temp_entry_unref (TempEntry *entry)
{
  if (!g_atomic_ref_count_dec (&entry->ref_count))
    return;

  temp_fd_clear (&entry->fd);
  g_clear_pointer (&entry->directory, temp_parent_unref);
  g_clear_pointer (&entry->parent, temp_parent_unref);
  temp_name_clear (&entry->name);
  g_free (entry);
}

/* Puts an entry on the list of those to be deleted. */
static void
own (TempEntry *entry)
{
  temp_process_lock ();
  entry->state = TEMP_ENTRY_OWNED;
  g_queue_push_tail_link (&owned, &entry->link);
  temp_process_unlock ();
}

/* Takes an entry off the list; TRUE for one caller only. */
static gboolean
claim (TempEntry      *entry,
       TempEntryState  state)
{
  gboolean claimed;

  temp_process_lock ();
  claimed = entry->state == TEMP_ENTRY_OWNED;
  if (claimed)
    {
      g_queue_unlink (&owned, &entry->link);
      entry->state = state;
    }
  temp_process_unlock ();

  return claimed;
}

/* Creation */

/* A file without a name on a filesystem that has none: it loses its name at once. */
static gboolean
create_and_unname (TempEntry   *entry,
                   const char  *dir,
                   mode_t       mode,
                   GError     **error)
{
  if (!temp_entry_create_file (entry, dir, NULL, NULL, NULL, mode, error))
    return FALSE;

  if (!temp_entry_delete (entry, NULL, error))
    {
      temp_fd_clear (&entry->fd);
      return FALSE;
    }

  return TRUE;
}

/* Makes a file without a name in dir, or in the default directory. */
gboolean
temp_entry_create_nameless (TempEntry   *entry,
                            const char  *dir,
                            mode_t       mode,
                            GError     **error)
{
  if (dir == NULL)
    dir = temp_get_default_dir (error);
  if (dir == NULL)
    return FALSE;

  entry->fd = temp_create_nameless (dir, mode);
  if (entry->fd < 0)
    {
      if (temp_create_is_unsupported (errno))
        return create_and_unname (entry, dir, mode, error);

      temp_error_from_errno (error, errno, "Could not create a temporary file in", dir);
      return FALSE;
    }

  entry->name.path = g_strdup (dir);
  entry->n_fd_users = 1;
  return TRUE;
}

/* Settles where the new thing goes: in parent, which dir is the path of, or else
 * in what dir names now. */
static gboolean
prepare (TempEntry   *entry,
         const char  *dir,
         TempParent  *parent,
         const char  *prefix,
         const char  *suffix,
         GError     **error)
{
  g_autofree char *to_free = NULL;

  /* An earlier attempt may have failed. */
  temp_name_clear (&entry->name);
  g_clear_pointer (&entry->parent, temp_parent_unref);

  dir = temp_location_resolve (dir, &to_free, error);
  if (dir == NULL || !temp_name_init (&entry->name, dir, prefix, suffix, error))
    return FALSE;

  entry->generation = temp_process_generation ();
  entry->parent = parent != NULL ? temp_parent_ref (parent) : temp_parent_open (dir, error);
  return entry->parent != NULL;
}

/* Makes a file with a name. */
gboolean
temp_entry_create_file (TempEntry   *entry,
                        const char  *dir,
                        TempParent  *parent,
                        const char  *prefix,
                        const char  *suffix,
                        mode_t       mode,
                        GError     **error)
{
  struct stat st;

  if (!prepare (entry, dir, parent, prefix, suffix, error))
    return FALSE;

  entry->fd = temp_create_file (temp_parent_get_fd (entry->parent), &entry->name, mode, error);
  if (entry->fd < 0)
    return FALSE;

  if (fstat (entry->fd, &st) < 0)
    {
      temp_error_from_errno (error, errno, "Could not look at the temporary file", entry->name.path);
      temp_fd_clear (&entry->fd);
      return FALSE;
    }

  entry->dev = st.st_dev;
  entry->ino = st.st_ino;
  entry->n_fd_users = 1;
  own (entry);
  return TRUE;
}

/* Opens the directory just made, and makes sure of what it is: in a directory
 * that others may write to, and that is not sticky, they can put another in its
 * place. Its mode, which had to let us in, is then what was asked for. */
static int
open_new_dir (TempEntry   *entry,
              mode_t       mode,
              struct stat *st)
{
  temp_autofd int fd = openat (temp_parent_get_fd (entry->parent), entry->name.base,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || fstat (fd, st) < 0)
    return -1;

  if (st->st_uid != geteuid ())
    {
      errno = EPERM;
      return -1;
    }

  if ((mode & 0700) != 0700 && fchmod (fd, st->st_mode & mode) < 0)
    return -1;

  return g_steal_fd (&fd);
}

/* Makes a directory, and opens and locks it. */
gboolean
temp_entry_create_dir (TempEntry   *entry,
                       const char  *dir,
                       TempParent  *parent,
                       const char  *prefix,
                       const char  *suffix,
                       mode_t       mode,
                       GError     **error)
{
  struct stat st;
  int fd;

  if (!prepare (entry, dir, parent, prefix, suffix, error))
    return FALSE;

  if (!temp_create_dir (temp_parent_get_fd (entry->parent), &entry->name, mode | 0700, error))
    return FALSE;

  fd = open_new_dir (entry, mode, &st);
  if (fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the temporary directory", entry->name.path);

      /* Nothing is in it yet: if it is not ours, this does no harm, for only an
       * empty directory of our own user can go. */
      if (fstatat (temp_parent_get_fd (entry->parent), entry->name.base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
          st.st_uid == geteuid ())
        unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, AT_REMOVEDIR);
      return FALSE;
    }

  /* Cleaners of old files, systemd-tmpfiles among them, leave what is locked
   * alone. Where there are no locks, that is all that is lost. */
  flock (fd, LOCK_SH | LOCK_NB);

  entry->dev = st.st_dev;
  entry->ino = st.st_ino;
  entry->directory = temp_parent_take (fd, &st);
  own (entry);
  return TRUE;
}

/* NULL while it has no name. Valid as long as the entry. */
const char *
temp_entry_get_path (TempEntry *entry)
{
  return entry->state != TEMP_ENTRY_NAMELESS ? entry->name.path : NULL;
}

/* The path that it has, or had; NULL if it never had one. */
const char *
temp_entry_get_last_path (TempEntry *entry)
{
  return entry->name.base != NULL ? entry->name.path : NULL;
}

/* What is made in the directory shares this; NULL once it is deleted. */
TempParent *
temp_entry_get_directory (TempEntry *entry)
{
  return entry->directory;
}

/* The descriptor */

int
temp_entry_get_fd (TempEntry *entry)
{
  if (entry->directory != NULL)
    return temp_parent_get_fd (entry->directory);
  return entry->fd;
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

/* Closes the descriptor after its last user. */
gboolean
temp_entry_release_fd (TempEntry  *entry,
                       GError    **error)
{
  if (!g_atomic_int_dec_and_test (&entry->n_fd_users))
    return TRUE;

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

gboolean
temp_entry_seek (TempEntry  *entry,
                 goffset     offset,
                 GSeekType   type,
                 GError    **error)
{
  static const int whence[] = {
    [G_SEEK_CUR] = SEEK_CUR,
    [G_SEEK_SET] = SEEK_SET,
    [G_SEEK_END] = SEEK_END,
  };
  gboolean moved;

  if (!temp_entry_acquire_fd (entry, error))
    return FALSE;

  moved = lseek (entry->fd, offset, whence[type]) >= 0;
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

/* The name */

gboolean
temp_entry_get_auto_delete (TempEntry *entry)
{
  return entry->auto_delete && entry->state != TEMP_ENTRY_KEPT;
}

/* Whether that changed it. */
gboolean
temp_entry_set_auto_delete (TempEntry *entry,
                            gboolean   auto_delete)
{
  gboolean changed;

  temp_process_lock ();
  changed = entry->state != TEMP_ENTRY_KEPT && entry->auto_delete != auto_delete;
  if (changed)
    entry->auto_delete = auto_delete;
  temp_process_unlock ();

  return changed;
}

/* Whether the name is still that of what was made; sets errno if not. */
static gboolean
is_still_ours (TempEntry *entry)
{
  struct stat st;

  if (fstatat (temp_parent_get_fd (entry->parent), entry->name.base, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return FALSE;

  errno = ENOENT;
  return st.st_dev == entry->dev && st.st_ino == entry->ino;
}

static gboolean
remove_dir (TempEntry           *entry,
            TempRemoveProgress  *progress,
            GCancellable        *cancellable,
            GError             **error)
{
  for (guint i = 0; i < TEMP_REMOVE_MAX_PASSES; i++)
    {
      if (unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, AT_REMOVEDIR) == 0)
        {
          if (progress != NULL)
            progress->n_removed++;
          return TRUE;
        }
      if (errno != ENOTEMPTY && errno != EEXIST)
        break;
      if (!temp_remove_contents (temp_parent_get_fd (entry->directory), entry->name.path, progress, cancellable,
                                 error))
        return FALSE;
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
  if (unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, 0) == 0 || errno == ENOENT)
    return TRUE;

  temp_error_from_errno (error, errno, "Could not delete the temporary file", entry->name.path);
  return FALSE;
}

static gboolean
keeps_everything (void)
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
  if (is_still_ours (entry))
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
  if (!claim (entry, TEMP_ENTRY_NAMELESS))
    return TRUE;

  if (G_UNLIKELY (keeps_everything ()))
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      entry->state = TEMP_ENTRY_KEPT;
      if (entry->generation == temp_process_generation ())
        g_message ("Kept “%s”", shown);
      return TRUE;
    }

  if (entry->generation == temp_process_generation () && !remove_if_ours (entry, progress, cancellable, error))
    {
      own (entry);
      return FALSE;
    }

  g_clear_pointer (&entry->directory, temp_parent_unref);
  g_clear_pointer (&entry->parent, temp_parent_unref);
  return TRUE;
}

gboolean
temp_entry_delete (TempEntry     *entry,
                   GCancellable  *cancellable,
                   GError       **error)
{
  return temp_entry_delete_with_progress (entry, NULL, cancellable, error);
}

/* From now on, the name is the caller's: nothing here deletes it. */
gboolean
temp_entry_keep (TempEntry  *entry,
                 GError    **error)
{
  switch (entry->state)
    {
    case TEMP_ENTRY_KEPT:
      return TRUE;

    case TEMP_ENTRY_OWNED:
      if (is_still_ours (entry) && claim (entry, TEMP_ENTRY_KEPT))
        return TRUE;
      temp_error_from_errno (error, errno, "Somebody took away", entry->name.path);
      return FALSE;

    case TEMP_ENTRY_NAMELESS:
    default:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "A temporary file without a name cannot be kept");
      return FALSE;
    }
}

/* The owner goes. What is still there, stays. */
void
temp_entry_let_go (TempEntry *entry)
{
  claim (entry, TEMP_ENTRY_KEPT);
}

/* Exit */

/* A destructor, not an atexit() handler: it comes after all of those, in which a
 * program may still use its files. What other threads make from now on is
 * left to the ledger. */
__attribute__ ((destructor)) static void
temp_entry_delete_all_at_exit (void)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) temp_entry_unref);

  temp_process_lock ();
  for (GList *l = owned.head; l != NULL; l = l->next)
    {
      TempEntry *entry = l->data;

      if (entry->auto_delete)
        g_ptr_array_add (entries, temp_entry_ref (entry));
    }
  temp_process_unlock ();

  /* What was made last goes first: it may be in what was made before. */
  for (guint i = entries->len; i > 0; i--)
    {
      g_autoptr (GError) error = NULL;

      if (!temp_entry_delete (g_ptr_array_index (entries, i - 1), NULL, &error))
        g_warning ("At exit: %s", error->message);
    }
}
