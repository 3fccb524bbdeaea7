/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"

#define ACL "system.posix_acl_access"

/* No file has more than 64 KiB of names, nor in one value. */
#define MAX_ATTRIBUTE_SIZE 65536

/* Returns TRUE for attributes that vouch for the contents of a file. They do not fit others. */
static gboolean
is_about_contents (const char *name)
{
  return g_str_equal (name, "security.capability") ||
         g_str_equal (name, "security.ima") ||
         g_str_equal (name, "security.evm");
}

/* Returns TRUE if an error says that the user or the filesystem cannot do that. The caller then does without. */
static gboolean
is_refused (int errsv)
{
  switch (errsv)
    {
    case EPERM:
    case EACCES:
    case EINVAL:
    case ENODATA:
    case ENOSYS:
    case EOPNOTSUPP:
      return TRUE;
    default:
      return FALSE;
    }
}

static const char *
fd_path (int   fd,
         char *buffer,
         gsize size)
{
  g_snprintf (buffer, size, "/proc/self/fd/%d", fd);
  return buffer;
}

/* A descriptor of O_PATH, for a file that may not be read, tells its attributes only by its link in /proc. */

static gssize
list_attributes (int    fd,
                 char  *buffer,
                 gsize  size)
{
  gssize n = flistxattr (fd, buffer, size);
  char link[64];

  if (n < 0 && errno == EBADF)
    n = listxattr (fd_path (fd, link, sizeof link), buffer, size);
  return n;
}

static gssize
get_attribute (int         fd,
               const char *name,
               char       *buffer,
               gsize       size)
{
  gssize n = fgetxattr (fd, name, buffer, size);
  char link[64];

  if (n < 0 && errno == EBADF)
    n = getxattr (fd_path (fd, link, sizeof link), name, buffer, size);
  return n;
}

static gboolean
read_attributes (GHashTable *attributes,
                 int         fd)
{
  g_autofree char *names = NULL;
  g_autofree char *value = NULL;
  gssize n = list_attributes (fd, NULL, 0);

  /* Most files have none. ENOENT: there is no /proc. */
  if (n == 0 || (n < 0 && (is_refused (errno) || errno == ENOENT)))
    return TRUE;
  if (n < 0)
    return FALSE;

  names = g_malloc (MAX_ATTRIBUTE_SIZE);
  value = g_malloc (MAX_ATTRIBUTE_SIZE);
  n = list_attributes (fd, names, MAX_ATTRIBUTE_SIZE);
  if (n < 0)
    return FALSE;

  for (const char *name = names; name < names + n; name += strlen (name) + 1)
    {
      gssize size;

      if (is_about_contents (name))
        continue;

      size = get_attribute (fd, name, value, MAX_ATTRIBUTE_SIZE);
      if (size >= 0)
        g_hash_table_insert (attributes, g_strdup (name), g_bytes_new (value, size));
      else if (!is_refused (errno))
        return FALSE;
    }

  return TRUE;
}

/* Reads the metadata of an open file. Returns FALSE with errno on an error. */
gboolean
temp_metadata_read (TempMetadata *metadata,
                    int           fd)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return FALSE;

  metadata->uid = st.st_uid;
  metadata->gid = st.st_gid;
  metadata->mode = st.st_mode & 07777;
  metadata->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  return read_attributes (metadata->attributes, fd);
}

/* Returns the umask of the process, from /proc: umask() would have to change it, for all threads. Without /proc,
 * returns the strictest. */
mode_t
temp_metadata_umask (void)
{
  temp_autofd int fd = open ("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
  char status[512]; /* the umask is in the second line */
  const char *found;
  unsigned int mask;
  gssize n;

  n = fd >= 0 ? read (fd, status, sizeof status - 1) : -1;
  if (n < 0)
    return 077;

  status[n] = '\0';
  found = strstr (status, "\nUmask:");
  return found != NULL && sscanf (found, "\nUmask: %o", &mask) == 1 ? mask : 077;
}

/* Reads the metadata that an ordinary new file in a directory has: of one that is made for that, without a name, so
 * that umask, default ACLs, security labels and the directory's group all count. Where none can be made, takes own,
 * with the mode by the umask. Returns FALSE with errno on an error. */
gboolean
temp_metadata_read_new (TempMetadata       *metadata,
                        int                 dir_fd,
                        const TempMetadata *own)
{
#ifdef O_TMPFILE
  temp_autofd int fd = openat (dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);

  if (fd >= 0)
    return temp_metadata_read (metadata, fd);
#endif

  *metadata = *own;
  metadata->mode = 0666 & ~temp_metadata_umask ();
  metadata->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  return TRUE;
}

/* Sets the attributes of the model, and the ACL only with_mode. Returns FALSE with errno on an error. */
static gboolean
set_attributes (int                 fd,
                const TempMetadata *own,
                const TempMetadata *model,
                gboolean            with_mode)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, model->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      gboolean is_acl = g_str_equal (name, ACL);
      GBytes *there = g_hash_table_lookup (own->attributes, name);
      gsize size;
      gconstpointer data = g_bytes_get_data (value, &size);

      if (is_acl && !with_mode)
        continue;
      /* The program has set the user attributes that are there. */
      if (there != NULL && (g_str_has_prefix (name, "user.") || g_bytes_equal (there, value)))
        continue;

      /* Without the ACL, the mode would let others in. */
      if (fsetxattr (fd, name, data, size, 0) < 0 && (is_acl || !is_refused (errno)))
        return FALSE;
    }

  if (with_mode && g_hash_table_contains (own->attributes, ACL) && !g_hash_table_contains (model->attributes, ACL))
    return fremovexattr (fd, ACL) == 0 || errno == ENODATA;

  return TRUE;
}

/* Gives an open file, whose metadata are own, those of the model, as far as the user may. Sets the mode last, since it
 * lets others in. Returns FALSE with errno on an error. */
gboolean
temp_metadata_adopt (int                 fd,
                     const TempMetadata *own,
                     const TempMetadata *model,
                     gboolean            with_mode)
{
  mode_t mode = with_mode ? model->mode : own->mode;
  struct stat st;

  if ((model->uid != own->uid || model->gid != own->gid) && fchown (fd, model->uid, model->gid) < 0)
    {
      if (!is_refused (errno))
        return FALSE;
      if (model->gid != own->gid && fchown (fd, -1, model->gid) < 0 && !is_refused (errno))
        return FALSE;
    }

  if (!set_attributes (fd, own, model, with_mode) || fstat (fd, &st) < 0)
    return FALSE;

  /* Nobody is to run the file as another owner or group than the model's. */
  if (with_mode && st.st_uid != model->uid)
    mode &= ~S_ISUID;
  if (with_mode && st.st_gid != model->gid)
    mode &= ~S_ISGID;

  return (st.st_mode & 07777) == mode || fchmod (fd, mode) == 0;
}

/* Undoes temp_metadata_adopt(), as far as the user may. */
void
temp_metadata_restore (int                 fd,
                       const TempMetadata *own)
{
  g_auto (TempMetadata) now = { 0 };
  GHashTableIter iter;
  gpointer name, value;

  if (!temp_metadata_read (&now, fd))
    return;

  g_hash_table_iter_init (&iter, now.attributes);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (own->attributes, name))
      fremovexattr (fd, name);

  g_hash_table_iter_init (&iter, own->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      GBytes *there = g_hash_table_lookup (now.attributes, name);
      gsize size;
      gconstpointer data = g_bytes_get_data (value, &size);

      if (there == NULL || !g_bytes_equal (there, value))
        fsetxattr (fd, name, data, size, 0);
    }

  if (now.uid != own->uid || now.gid != own->gid)
    {
      if (fchown (fd, own->uid, own->gid) < 0)
        g_debug ("Could not restore the owner of a temporary file: %s", g_strerror (errno));
    }
  fchmod (fd, own->mode);
}

void
temp_metadata_clear (TempMetadata *metadata)
{
  g_clear_pointer (&metadata->attributes, g_hash_table_unref);
}
