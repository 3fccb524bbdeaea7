/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/entry-private.h"
#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-persist-private.h"

/* The last step of persisting: from the stage to where it is to be. */

/* What is left of a directory that was replaced, or of the file that was copied. */
gboolean
temp_stage_remove_remains (TempStage  *p,
                           GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  TempEntry *remains = g_steal_pointer (&p->remains);
  g_autofree char *shown = NULL;

  if (remains == NULL)
    return TRUE;

  temp_entry_end (remains);
  if (temp_entry_delete (remains, NULL, &local_error))
    {
      temp_entry_unref (remains);
      return TRUE;
    }

  shown = g_filename_display_name (p->path);
  g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "“%s” is in place, but: ", shown);
  return FALSE;
}

/* A new entry takes over what will be under that path. */
static void
take_over_remains (TempStage          *p,
                   int                 dir_fd,
                   const struct stat  *st,
                   TempParent         *parent,
                   const char         *path,
                   const TempIdentity *identity)
{
  p->remains = temp_entry_new ();
  if (dir_fd >= 0)
    p->remains->directory = temp_parent_take (dir_fd, st);
  temp_entry_hold (p->remains);
  temp_entry_take_over (p->remains, parent, path, identity);
}

/* What is now at the destination becomes what remains of it, once it has changed places. The
 * ledger knows that before, as after a crash it is to be found by nobody else. */
static gboolean
expect_remains (TempStage  *p,
                TempEntry  *from,
                GError    **error)
{
  temp_autofd int fd = openat (temp_parent_get_fd (p->parent), p->base,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  TempIdentity identity;
  struct stat st;

  if (fd < 0 || !temp_identity_get (fd, "", &identity, &st))
    return temp_stage_fail (p, error, errno);

  take_over_remains (p, g_steal_fd (&fd), &st, from->parent, from->name.path, &identity);
  return TRUE;
}

/* A directory that has something in it changes places with the new one, and is then removed. */
static gboolean
exchange_dirs (TempStage  *p,
               TempEntry  *from,
               GError    **error)
{
  g_autofree char *shown = NULL;
  int errsv;

  if (!expect_remains (p, from, error))
    return FALSE;
  if (temp_persist_exchange (temp_parent_get_fd (from->parent), from->name.base,
                             temp_parent_get_fd (p->parent), p->base))
    return TRUE;

  errsv = errno;
  temp_entry_forget (p->remains);
  g_clear_pointer (&p->remains, temp_entry_unref);
  if (!temp_persist_has_no_rename_flags (errsv))
    return temp_stage_fail (p, error, errsv);

  shown = g_filename_display_name (p->path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "Could not replace the directory “%s”, which is not empty: its filesystem cannot do "
               "that in one step", shown);
  return FALSE;
}

static gboolean
replace (TempStage  *p,
         TempEntry  *from,
         GError    **error)
{
  if (temp_persist_rename (temp_parent_get_fd (from->parent), from->name.base, temp_parent_get_fd (p->parent), p->base))
    return TRUE;
  if (p->is_dir && (errno == ENOTEMPTY || errno == EEXIST))
    return exchange_dirs (p, from, error);
  return temp_stage_fail (p, error, errno);
}

/* Where the kernel cannot rename without replacing, a file gets a second name. */
static gboolean
link_without_replacing (TempStage  *p,
                        TempEntry  *from,
                        GError    **error)
{
  TempIdentity identity;
  struct stat st;

  if (!temp_identity_get (temp_stage_get_fd (p), "", &identity, &st))
    return temp_stage_fail (p, error, errno);

  if (!temp_persist_link (temp_stage_get_fd (p), temp_parent_get_fd (p->parent), p->base))
    {
      p->needs_filling = temp_persist_is_unlinkable (errno);
      return temp_stage_fail (p, error, errno);
    }

  take_over_remains (p, -1, &st, from->parent, from->name.path, &identity);
  return TRUE;
}

/* A directory takes the place of an empty one, which is made just for that: nothing
 * else can be replaced. */
static gboolean
move_dir_without_replacing (TempStage  *p,
                            TempEntry  *from,
                            GError    **error)
{
  int parent_fd = temp_parent_get_fd (p->parent);
  temp_autofd int fd = -1;
  TempIdentity identity;
  struct stat st;

  if (mkdirat (parent_fd, p->base, 0700) < 0)
    return temp_stage_fail (p, error, errno);

  fd = openat (parent_fd, p->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || !temp_identity_get (fd, "", &identity, &st))
    {
      temp_stage_fail (p, error, errno);
      unlinkat (parent_fd, p->base, AT_REMOVEDIR);
      return FALSE;
    }

  take_over_remains (p, g_steal_fd (&fd), &st, p->parent, p->resolved, &identity);
  if (temp_persist_rename (temp_parent_get_fd (from->parent), from->name.base, parent_fd, p->base))
    return TRUE;

  temp_stage_fail (p, error, errno);
  temp_stage_remove_remains (p, NULL);
  return FALSE;
}

static gboolean
move_without_replacing (TempStage  *p,
                        TempEntry  *from,
                        GError    **error)
{
  if (temp_persist_rename_noreplace (temp_parent_get_fd (from->parent), from->name.base,
                                     temp_parent_get_fd (p->parent), p->base))
    return TRUE;
  if (!temp_persist_has_no_rename_flags (errno))
    return temp_stage_fail (p, error, errno);

  return p->is_dir ? move_dir_without_replacing (p, from, error) : link_without_replacing (p, from, error);
}

gboolean
temp_stage_move (TempStage  *p,
                 GError    **error)
{
  TempEntry *from = p->stage != NULL ? p->stage : p->entry;

  if (p->way == TEMP_STAGE_FILLED)
    return TRUE;

  if (p->way == TEMP_STAGE_UNNAMED)
    {
      int errsv;

      if (temp_persist_link (temp_stage_get_fd (p), temp_parent_get_fd (p->parent), p->base))
        return TRUE;
      errsv = errno;
      temp_stage_fail (p, error, errsv);
      temp_stage_consider_copying (p, error, errsv);
      return FALSE;
    }

  if (!temp_entry_is_still_ours (from))
    {
      temp_error_from_errno (error, errno, "Somebody took away", from->name.path);
      return FALSE;
    }

  return (p->flags & TEMP_PERSIST_REPLACE) != 0 ? replace (p, from, error) : move_without_replacing (p, from, error);
}
