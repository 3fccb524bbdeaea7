/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/create.h"

#include <errno.h>

#include "base/error.h"
#include "base/words.h"

/* Creates nameless files, and files and directories under random names. */

/* Returns TRUE if this error of temp_create_nameless() can mean that the kernel or the filesystem has no nameless
 * files, so that the caller tries a named one. */
gboolean
temp_create_is_unsupported (int errsv)
{
  switch (errsv)
    {
    case EOPNOTSUPP: /* a filesystem without them, such as NFS or vfat */
    case EISDIR:     /* Linux before 3.11 opens the directory for writing */
    case ENOENT:     /* Linux before 3.11, too; or the directory is missing */
    case EINVAL:     /* FUSE servers and sandboxes that do not know the flag */
    case ENOSYS:     /* sandboxes that refuse what they do not know */
      return TRUE;
    default:
      return FALSE;
    }
}

/* Creates a nameless file in dir. Returns its descriptor, or -1 with errno. */
TempHandle
temp_create_nameless (const char *dir,
                      guint32     mode)
{
  TempHandle fd;

  do
    fd = temp_platform.create_nameless (TEMP_HANDLE_CURRENT_DIR, dir, mode);
  while (G_UNLIKELY (fd < 0 && errno == EINTR));

  return fd;
}

static int
create_file_at (TempHandle  parent_fd,
                const char *base,
                uint32_t    mode)
{
  return temp_platform.create_file (parent_fd, base, 0, mode);
}

/* Creates a file or a directory in parent_fd. Draws another name if one is taken, and after a signal, since the call
 * that it interrupted may have taken the name. Returns what `create` does; on an error, sets errno, too. The error
 * tells the directory: nobody knows the name, under which there is nothing. */
static int
create_anew (int               (*create) (TempHandle, const char *, uint32_t),
             TempHandle          parent_fd,
             TempName           *name,
             guint32             mode,
             TempCreateChoose    choose,
             gpointer            data,
             const char         *sentence,
             GError            **error)
{
  g_autofree char *dir = NULL;
  int errsv = EEXIST;

  for (guint i = 0; i < TEMP_NAME_MAX_TRIES; i++)
    {
      int result;

      if (!(choose != NULL ? choose (data, name, error) : temp_name_randomize (name, error)))
        {
          errno = EIO;
          return -1;
        }

      result = create (parent_fd, temp_name_at (name, parent_fd), mode);
      if (result >= 0)
        return result;

      errsv = errno;
      if (errsv != EEXIST && errsv != EINTR)
        break;
    }

  dir = temp_name_dup_dir (name);
  temp_error_from_errno (error, errsv, _(sentence), dir);
  errno = errsv;
  return -1;
}

/* Creates a file under a random name. Returns its descriptor, or -1. `choose`, if not NULL, writes the names to try,
 * one after the other. */
TempHandle
temp_create_file (TempHandle         parent_fd,
                  TempName          *name,
                  guint32            mode,
                  TempCreateChoose   choose,
                  gpointer           data,
                  GError           **error)
{
  return create_anew (create_file_at, parent_fd, name, mode, choose, data,
                      N_("Could not create a temporary file in “%s”: %s"), error);
}

/* Creates a directory under a random name: see temp_create_file(). */
gboolean
temp_create_dir (TempHandle         parent_fd,
                 TempName          *name,
                 guint32            mode,
                 TempCreateChoose   choose,
                 gpointer           data,
                 GError           **error)
{
  return create_anew (temp_platform.make_dir, parent_fd, name, mode, choose, data,
                      N_("Could not create a temporary directory in “%s”: %s"), error) >= 0;
}
