/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/metadata.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* Reads and writes owner, mode and extended attributes of open files. */

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

static gboolean
read_attributes (GHashTable *attributes,
                 TempHandle  fd)
{
  g_autofree char *names = NULL;
  g_autofree char *value = NULL;
  gssize n = temp_platform.list_attributes (fd, NULL, 0);

  /* Most files have none. ENOENT: there is no /proc. */
  if (n == 0 || (n < 0 && (is_refused (errno) || errno == ENOENT)))
    return TRUE;
  if (n < 0)
    return FALSE;

  names = g_malloc (MAX_ATTRIBUTE_SIZE);
  value = g_malloc (MAX_ATTRIBUTE_SIZE);
  n = temp_platform.list_attributes (fd, names, MAX_ATTRIBUTE_SIZE);
  if (n < 0)
    return FALSE;

  for (const char *name = names; name < names + n; name += strlen (name) + 1)
    {
      gssize size;

      if (is_about_contents (name))
        continue;

      size = temp_platform.get_attribute (fd, name, value, MAX_ATTRIBUTE_SIZE);
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
                    TempHandle    fd)
{
  TempStat st;

  if (temp_platform.stat (fd, &st) < 0)
    return FALSE;

  metadata->uid = st.uid;
  metadata->gid = st.gid;
  metadata->mode = st.mode;
  metadata->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  return read_attributes (metadata->attributes, fd);
}

/* Returns the umask of the process; the strictest one if the system does not tell. */
guint32
temp_metadata_umask (void)
{
  uint32_t mask;

  return temp_platform.get_umask (&mask) == 0 ? mask : 077;
}

/* Reads the metadata that an ordinary new file in a directory has: of one that is made for that, without a name, so
 * that umask, default ACLs, security labels and the directory's group all count. Where none can be made, takes own,
 * with the mode by the umask. Returns FALSE with errno on an error. */
gboolean
temp_metadata_read_new (TempMetadata       *metadata,
                        TempHandle          dir_fd,
                        const TempMetadata *own)
{
  temp_autofd TempHandle fd = temp_platform.create_nameless (dir_fd, ".", 0666);

  if (fd >= 0)
    return temp_metadata_read (metadata, fd);

  *metadata = *own;
  metadata->mode = 0666 & ~temp_metadata_umask ();
  metadata->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  return TRUE;
}

/* Sets the attributes of the model, and the ACL only with_mode. Returns FALSE with errno on an error. */
static gboolean
set_attributes (TempHandle          fd,
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
      /* Keep the user attributes that the file has: the program has set them. */
      if (there != NULL && (g_str_has_prefix (name, "user.") || g_bytes_equal (there, value)))
        continue;

      /* Without the ACL, the mode would let others in. */
      if (temp_platform.set_attribute (fd, name, data, size) < 0 && (is_acl || !is_refused (errno)))
        return FALSE;
    }

  if (with_mode && g_hash_table_contains (own->attributes, ACL) && !g_hash_table_contains (model->attributes, ACL))
    return temp_platform.remove_attribute (fd, ACL) == 0 || errno == ENODATA;

  return TRUE;
}

/* Changes the metadata of an open file from `own` to those of the model, as far as the user may. Sets the mode last,
 * since it lets others in. Returns FALSE with errno on an error. */
gboolean
temp_metadata_adopt (TempHandle          fd,
                     const TempMetadata *own,
                     const TempMetadata *model,
                     gboolean            with_mode)
{
  guint32 mode = with_mode ? model->mode : own->mode;
  TempStat st;

  if ((model->uid != own->uid || model->gid != own->gid) &&
      temp_platform.set_owner (fd, NULL, model->uid, model->gid) < 0)
    {
      if (!is_refused (errno))
        return FALSE;
      if (model->gid != own->gid && temp_platform.set_owner (fd, NULL, -1, model->gid) < 0 && !is_refused (errno))
        return FALSE;
    }

  if (!set_attributes (fd, own, model, with_mode) || temp_platform.stat (fd, &st) < 0)
    return FALSE;

  /* Nobody is to run the file as another owner or group than the model's. */
  if (with_mode && st.uid != model->uid)
    mode &= ~TEMP_MODE_SET_UID;
  if (with_mode && st.gid != model->gid)
    mode &= ~TEMP_MODE_SET_GID;

  return st.mode == mode || temp_platform.set_mode (fd, NULL, mode) == 0;
}

/* Undoes temp_metadata_adopt(), as far as the user may. */
void
temp_metadata_restore (TempHandle          fd,
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
      temp_platform.remove_attribute (fd, name);

  g_hash_table_iter_init (&iter, own->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      GBytes *there = g_hash_table_lookup (now.attributes, name);
      gsize size;
      gconstpointer data = g_bytes_get_data (value, &size);

      if (there == NULL || !g_bytes_equal (there, value))
        temp_platform.set_attribute (fd, name, data, size);
    }

  if (now.uid != own->uid || now.gid != own->gid)
    {
      if (temp_platform.set_owner (fd, NULL, own->uid, own->gid) < 0)
        g_debug ("Could not restore the owner of a temporary file: %s", g_strerror (errno));
    }
  temp_platform.set_mode (fd, NULL, own->mode);
}

void
temp_metadata_clear (TempMetadata *metadata)
{
  g_clear_pointer (&metadata->attributes, g_hash_table_unref);
}
