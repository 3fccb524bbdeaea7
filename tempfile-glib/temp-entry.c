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
#include "temp-entry-fields-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-location-private.h"
#include "temp-process-private.h"
#include "temp-remove-private.h"

/* All that is OWNED in this process. What is on the list is referenced by an
 * owner that takes it off before it goes. */
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
  entry->pin_fd = -1;

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
  temp_fd_clear (&entry->pin_fd);
  g_clear_pointer (&entry->directory, temp_parent_unref);
  g_clear_pointer (&entry->parent, temp_parent_unref);
  temp_name_clear (&entry->name);
  g_slist_free_full (entry->former, g_free);
  g_free (entry);
}

/* What will be made is the caller's: not even a crash or an exit deletes it. */
void
temp_entry_set_callers (TempEntry *entry)
{
  entry->is_callers = TRUE;
}

/* Puts an entry on the list of those to be deleted. */
static void
own (TempEntry *entry)
{
  temp_process_lock ();
  if (entry->is_callers)
    {
      entry->state = TEMP_ENTRY_KEPT;
    }
  else
    {
      entry->state = TEMP_ENTRY_OWNED;
      g_queue_push_tail_link (&owned, &entry->link);
    }
  temp_process_unlock ();
}

/* Takes it off, for good. The inode may then be used again. */
static void
disown (TempEntry      *entry,
        TempEntryState  state)
{
  temp_process_lock ();
  g_queue_unlink (&owned, &entry->link);
  entry->state = state;
  temp_process_unlock ();

  temp_fd_clear (&entry->pin_fd);
}

/* Gives the calling thread the right to decide what becomes of the name, until
 * temp_entry_end(); FALSE: it is none of ours any more. Waits if another
 * thread has that right, since what that does may fail. */
gboolean
temp_entry_begin (TempEntry *entry)
{
  GThread *self = g_thread_self ();
  gboolean begun;

  temp_process_lock ();
  /* A thread of the parent's is not here, and never ends. */
  while (entry->worker != NULL && entry->worker != self && entry->generation == temp_process_generation ())
    temp_process_wait ();

  begun = entry->state == TEMP_ENTRY_OWNED && entry->worker != self;
  if (begun)
    entry->worker = self;
  temp_process_unlock ();

  return begun;
}

void
temp_entry_end (TempEntry *entry)
{
  temp_process_lock ();
  entry->worker = NULL;
  temp_process_wake ();
  temp_process_unlock ();
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
      unlinkat (temp_parent_get_fd (entry->parent), entry->name.base, 0);
      temp_fd_clear (&entry->fd);
      return FALSE;
    }

  entry->dev = st.st_dev;
  entry->ino = st.st_ino;
  entry->n_fd_users = 1;
  own (entry);
  return TRUE;
}

/* Some filesystems give all that a user makes to another: NFS and CIFS, to the one
 * that the server knows. */
static gboolean
owns_what_it_makes_in (int   fd,
                       uid_t uid)
{
  const char *probe = "probe";
  struct stat st;
  gboolean owns;

  if (mkdirat (fd, probe, 0700) < 0)
    return FALSE;

  owns = fstatat (fd, probe, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == uid;
  return unlinkat (fd, probe, AT_REMOVEDIR) == 0 && owns;
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

  if (st->st_uid != geteuid () && !owns_what_it_makes_in (fd, st->st_uid))
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

  /* The caller has only its path. */
  if (entry->is_callers)
    {
      own (entry);
      return TRUE;
    }

  fd = open_new_dir (entry, mode, &st);
  if (fd < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the temporary directory", entry->name.path);

      /* Nothing is in it yet: and if it were another one, only an empty directory can go. */
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

/* Gives something that is there already, and that st tells of, a random name of
 * the kind that is deleted. On failure, errsv says why, too. */
gboolean
temp_entry_create_name (TempEntry          *entry,
                        const char         *dir,
                        TempParent         *parent,
                        const struct stat  *st,
                        TempEntryPlace      place,
                        gpointer            data,
                        int                *errsv,
                        GError            **error)
{
  *errsv = EEXIST;
  if (!prepare (entry, dir, parent, ".tmp", NULL, error))
    return FALSE;

  for (guint i = 0; i < TEMP_NAME_MAX_TRIES && (*errsv == EEXIST || *errsv == EINTR); i++)
    {
      if (!temp_name_randomize (&entry->name, error))
        return FALSE;

      if (place (data, temp_parent_get_fd (entry->parent), entry->name.base))
        {
          entry->dev = st->st_dev;
          entry->ino = st->st_ino;
          own (entry);
          return TRUE;
        }
      *errsv = errno;
    }

  temp_error_from_errno (error, *errsv, "Could not give a temporary file the name", entry->name.path);
  return FALSE;
}

static void
set_path (TempName   *name,
          const char *path)
{
  name->path = g_strdup (path);
  name->base = strrchr (name->path, '/') + 1;
  name->random = NULL;
}

/* Makes a new entry the owner of what is there under that path, in parent. */
void
temp_entry_take_over (TempEntry         *entry,
                      TempParent        *parent,
                      const char        *path,
                      const struct stat *st)
{
  entry->parent = temp_parent_ref (parent);
  set_path (&entry->name, path);
  entry->generation = temp_process_generation ();
  entry->dev = st->st_dev;
  entry->ino = st->st_ino;
  own (entry);
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
temp_entry_ref_directory (TempEntry *entry)
{
  TempParent *directory;

  temp_process_lock ();
  directory = entry->directory != NULL ? temp_parent_ref (entry->directory) : NULL;
  temp_process_unlock ();

  return directory;
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

/* Whether the name is still that of what was made; sets errno if not. */
gboolean
temp_entry_is_still_ours (TempEntry *entry)
{
  struct stat st;

  if (fstatat (temp_parent_get_fd (entry->parent), entry->name.base, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return FALSE;
  if (st.st_dev == entry->dev && st.st_ino == entry->ino)
    return TRUE;

  errno = is_mounted_on (entry) ? EBUSY : ENOENT;
  return FALSE;
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
  if (temp_entry_is_still_ours (entry))
    return entry->directory != NULL ? remove_dir (entry, progress, cancellable, error) : remove_file (entry, error);

  if (errno == ENOENT)
    return TRUE;

  temp_error_from_errno (error, errno, "Could not delete", entry->name.path);
  return FALSE;
}

/* What is gone needs its parent no more. */
static void
let_go_of_parent (TempEntry *entry)
{
  TempParent *directory, *parent;

  temp_process_lock ();
  directory = g_steal_pointer (&entry->directory);
  parent = g_steal_pointer (&entry->parent);
  temp_process_unlock ();

  g_clear_pointer (&directory, temp_parent_unref);
  g_clear_pointer (&parent, temp_parent_unref);
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

  if (G_UNLIKELY (keeps_everything ()))
    {
      g_autofree char *shown = g_filename_display_name (entry->name.path);

      disown (entry, TEMP_ENTRY_KEPT);
      if (!is_foreign)
        g_message ("Kept “%s”", shown);
    }
  else
    {
      gone = is_foreign || remove_if_ours (entry, progress, cancellable, error);
      if (gone)
        {
          disown (entry, TEMP_ENTRY_NAMELESS);
          let_go_of_parent (entry);
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

/* From now on, the name is the caller's: nothing here deletes it. */
gboolean
temp_entry_keep (TempEntry  *entry,
                 GError    **error)
{
  gboolean kept = FALSE;

  if (!temp_entry_begin (entry))
    {
      if (entry->state == TEMP_ENTRY_KEPT)
        return TRUE;
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "A temporary file without a name cannot be kept");
      return FALSE;
    }

  if (entry->generation != temp_process_generation ())
    temp_error_from_errno (error, EPERM, "Only the process that made it can keep", entry->name.path);
  else if (!temp_entry_is_still_ours (entry))
    temp_error_from_errno (error, errno, "Somebody took away", entry->name.path);
  else
    kept = TRUE;

  if (kept)
    disown (entry, TEMP_ENTRY_KEPT);
  temp_entry_end (entry);
  return kept;
}

static void
swap_locked (TempEntry *entry,
             TempEntry *stage)
{
  TempEntry was = *entry;

  entry->parent = stage->parent;
  entry->directory = stage->directory;
  entry->name = stage->name;
  entry->generation = stage->generation;
  entry->dev = stage->dev;
  entry->ino = stage->ino;

  stage->parent = was.parent;
  stage->directory = was.directory;
  stage->generation = was.generation;
  stage->dev = was.dev;
  stage->ino = was.ino;

  /* Whoever asked for the path may keep it as long as the entry. */
  entry->former = g_slist_prepend (entry->former, was.name.path);
  if (was.name.base != NULL)
    set_path (&stage->name, was.name.path);
  else
    stage->name = (TempName) { .path = g_strdup (was.name.path) };
}

/* The two, both of them to be deleted, exchange what they own but the descriptor. */
void
temp_entry_swap (TempEntry *entry,
                 TempEntry *stage)
{
  temp_process_lock ();
  swap_locked (entry, stage);
  temp_process_unlock ();
}

/* The file has moved to path, for good. The stage's name, by way of which it went, is
 * gone; or, if it was copied, the stage now owns what it was copied from. */
void
temp_entry_settle (TempEntry  *entry,
                   TempEntry  *stage,
                   const char *path,
                   gboolean    is_copy)
{
  gboolean had_name;
  TempParent *parent;

  temp_process_lock ();
  had_name = entry->state == TEMP_ENTRY_OWNED;
  if (had_name)
    g_queue_unlink (&owned, &entry->link);
  if (stage != NULL && stage->state == TEMP_ENTRY_OWNED && !(is_copy && had_name))
    {
      g_queue_unlink (&owned, &stage->link);
      stage->state = TEMP_ENTRY_NAMELESS;
    }
  if (is_copy)
    swap_locked (entry, stage);

  entry->former = g_slist_prepend (entry->former, entry->name.path);
  set_path (&entry->name, path);
  entry->state = TEMP_ENTRY_KEPT;
  parent = g_steal_pointer (&entry->parent);
  temp_process_unlock ();

  g_clear_pointer (&parent, temp_parent_unref);
}

/* The owner goes. What is still there, stays. */
void
temp_entry_let_go (TempEntry *entry)
{
  if (!temp_entry_begin (entry))
    return;

  disown (entry, TEMP_ENTRY_KEPT);
  temp_entry_end (entry);
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
