/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "base/metadata.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* Reads and writes owner, mode and extended attributes of open files. */

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default" /* for what is made in a directory */

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

  /* Most files have none. */
  if (n == 0 || (n < 0 && is_refused (errno)))
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

/* Reads the metadata of an open file. Returns FALSE with errno on an error: ENOENT if a handle of look() does not
 * answer, as on Linux without /proc. Then nobody knows if there is an ACL, without which the mode would let others
 * in. */
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

/* An ACL, as the kernel has it in an attribute: a version, then entries, all little-endian. */
#define ACL_HEADER_SIZE 4
#define ACL_ENTRY_SIZE 8

enum
{
  ACL_GROUP_OBJ = 0x04, /* the file's group */
  ACL_GROUP = 0x08,     /* another group */
  ACL_MASK = 0x10,      /* the most that any but the owner and others have */
  ACL_OTHER = 0x20,
};

/* Returns the permissions of the first entry of that kind; NULL if there is none. */
static guint8 *
find_acl_permissions (guint8 *acl,
                      gsize   size,
                      int     kind)
{
  for (gsize i = ACL_HEADER_SIZE; i + ACL_ENTRY_SIZE <= size; i += ACL_ENTRY_SIZE)
    if ((acl[i] | acl[i + 1] << 8) == kind)
      return acl + i + 2;
  return NULL;
}

/* Returns a mode for a file that has lost its group: neither the new group nor those who were in the old one get rights
 * that they did not have. */
static guint32
restrict_mode (guint32 mode)
{
  guint32 both = mode & (mode >> 3) & 7;

  return (mode & ~077u) | both << 3 | both;
}

/* Like restrict_mode(), for an ACL. Who is in one of the other groups may be in the new one, too, and gets no more by
 * that than by the other one. */
static GBytes *
restrict_acl (GBytes *acl)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (acl, &size);
  guint8 *copy = g_memdup2 (data, size);
  guint8 *group = find_acl_permissions (copy, size, ACL_GROUP_OBJ);
  guint8 *mask = find_acl_permissions (copy, size, ACL_MASK);
  guint8 *others = find_acl_permissions (copy, size, ACL_OTHER);

  if (group != NULL && others != NULL)
    {
      *others &= mask != NULL ? *group & *mask : *group;
      *group &= *others;
      for (gsize i = ACL_HEADER_SIZE; i + ACL_ENTRY_SIZE <= size; i += ACL_ENTRY_SIZE)
        if ((copy[i] | copy[i + 1] << 8) == ACL_GROUP)
          *group &= copy[i + 2];
    }
  return g_bytes_new_take (copy, size);
}

/* Sets an attribute to that of the model. The program has set the user attributes that are there. Fails with errno. */
static gboolean
set_attribute (TempHandle          fd,
               const TempMetadata *own,
               const char         *name,
               GBytes             *value)
{
  GBytes *there = g_hash_table_lookup (own->attributes, name);
  gsize size;
  gconstpointer data = g_bytes_get_data (value, &size);

  if (there != NULL && (g_str_has_prefix (name, "user.") || g_bytes_equal (there, value)))
    return TRUE;

  /* Without the ACL, the mode would let others in. */
  return temp_platform.set_attribute (fd, name, data, size) == 0 || (!g_str_equal (name, ACL) && is_refused (errno));
}

/* Removes an ACL that the model does not have. Fails with errno. */
static gboolean
remove_acl (TempHandle          fd,
            const TempMetadata *own,
            const TempMetadata *model,
            const char         *name)
{
  if (!g_hash_table_contains (own->attributes, name) || g_hash_table_contains (model->attributes, name))
    return TRUE;
  return temp_platform.remove_attribute (fd, name) == 0 || errno == ENODATA;
}

/* Sets the attributes of the model, and the ACLs only with_mode. Fails with errno. */
static gboolean
set_attributes (TempHandle          fd,
                const TempMetadata *own,
                const TempMetadata *model,
                gboolean            with_mode,
                gboolean            has_lost_group)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, model->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      gboolean is_acl = g_str_equal (name, ACL);
      g_autoptr (GBytes) restricted = is_acl && has_lost_group ? restrict_acl (value) : NULL;

      if ((is_acl || g_str_equal (name, DEFAULT_ACL)) && !with_mode)
        continue;
      if (!set_attribute (fd, own, name, restricted != NULL ? restricted : value))
        return FALSE;
    }

  return !with_mode || (remove_acl (fd, own, model, ACL) && remove_acl (fd, own, model, DEFAULT_ACL));
}

/* Sets owner and group of an open file to those of the model, as far as the user may. Returns FALSE with errno on an
 * error, EPERM if the owner is still another one. */
gboolean
temp_metadata_adopt_owner (TempHandle          fd,
                           const TempMetadata *model)
{
  TempStat st;

  if (temp_platform.stat (fd, &st) < 0)
    return FALSE;

  if ((model->uid != st.uid || model->gid != st.gid) &&
      temp_platform.set_owner (fd, NULL, model->uid, model->gid) == 0)
    return TRUE;
  if ((model->uid != st.uid || model->gid != st.gid) && !is_refused (errno))
    return FALSE;
  if (model->gid != st.gid && temp_platform.set_owner (fd, NULL, -1, model->gid) < 0 && !is_refused (errno))
    return FALSE;

  errno = EPERM;
  return model->uid == st.uid;
}

/* Sets mode and attributes of an open file, which are `own` before, to those of the model, as far as the user may,
 * after temp_metadata_adopt_owner(). If the file does not have the model's group, nobody gets rights by that. Sets
 * the mode last, since it lets others in. Returns FALSE with errno on an error. */
gboolean
temp_metadata_adopt (TempHandle          fd,
                     const TempMetadata *own,
                     const TempMetadata *model,
                     gboolean            with_mode)
{
  guint32 mode = with_mode ? model->mode : own->mode;
  gboolean has_lost_group;
  TempStat st;

  if (temp_platform.stat (fd, &st) < 0)
    return FALSE;

  has_lost_group = st.gid != model->gid;
  if (!set_attributes (fd, own, model, with_mode, has_lost_group) || temp_platform.stat (fd, &st) < 0)
    return FALSE;

  /* Nobody is to run the file as another owner or group than the model's. With an ACL, the bits of the group are its
   * mask. */
  if (with_mode && has_lost_group)
    mode = g_hash_table_contains (model->attributes, ACL) ? (mode & ~07u) | (st.mode & 07) : restrict_mode (mode);
  if (with_mode && (st.uid != model->uid || has_lost_group))
    mode &= ~(TEMP_MODE_SET_UID | TEMP_MODE_SET_GID);

  return st.mode == mode || temp_platform.set_mode (fd, NULL, mode) == 0;
}

/* Undoes temp_metadata_adopt_owner() and temp_metadata_adopt(), as far as the user may. */
void
temp_metadata_restore (TempHandle          fd,
                       const TempMetadata *own)
{
  g_auto (TempMetadata) now = { 0 };
  GHashTableIter iter;
  gpointer name, value;

  if (!temp_metadata_read (&now, fd))
    return;

  /* First: without an ACL, its mask would become the rights of the group. */
  temp_platform.set_mode (fd, NULL, own->mode);

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
