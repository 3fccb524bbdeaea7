/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/trust.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Tells which directories are trusted: those in which nobody but root and this user can rename anything. */

/* The kernel follows so many symbolic links in a path. */
#define MAX_LINKS 40

/* A user namespace that maps all users has so many. */
#define INIT_NAMESPACE_SIZE G_GUINT64_CONSTANT (4294967295)

/* Returns TRUE if the uid stands for all users that this user namespace does not map. */
static gboolean
is_unmapped (uid_t uid)
{
  g_autofree char *overflow = NULL;
  g_autofree char *map = NULL;
  guint64 inside, outside, count;

  if (!g_file_get_contents ("/proc/sys/kernel/overflowuid", &overflow, NULL, NULL) ||
      g_ascii_strtoull (overflow, NULL, 10) != uid || !g_file_get_contents ("/proc/self/uid_map", &map, NULL, NULL))
    return FALSE;

  return sscanf (map, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &inside, &outside,
                 &count) != 3 ||
         count < INIT_NAMESPACE_SIZE;
}

/* Returns TRUE if the group is the user's private one: the primary group, with the user's name and no other member.
 * Returns FALSE for a path with an access control list, since the group's bits mean the list's mask there. */
static gboolean
is_private_group (const char *path,
                  gid_t       gid)
{
  char user_buffer[4096], group_buffer[4096];
  struct passwd user, *found_user = NULL;
  struct group group, *found_group = NULL;

  return lgetxattr (path, "system.posix_acl_access", NULL, 0) <= 0 &&
         getpwuid_r (geteuid (), &user, user_buffer, sizeof user_buffer, &found_user) == 0 && found_user != NULL &&
         user.pw_gid == gid &&
         getgrgid_r (gid, &group, group_buffer, sizeof group_buffer, &found_group) == 0 && found_group != NULL &&
         g_str_equal (group.gr_name, user.pw_name) && group.gr_mem[0] == NULL;
}

/* Returns TRUE if the owner is root or this user, or is unknown in this user namespace. */
static gboolean
has_safe_owner (const struct stat *st)
{
  return st->st_uid == 0 || st->st_uid == geteuid () || is_unmapped (st->st_uid);
}

/* Returns TRUE if nobody else can rename anything in the directory, as far as that depends on this one. */
static gboolean
is_safe (const char        *path,
         const struct stat *st)
{
  if (!S_ISDIR (st->st_mode) || !has_safe_owner (st))
    return FALSE;
  if ((st->st_mode & S_ISVTX) != 0 || (st->st_mode & 022) == 0)
    return TRUE;
  return (st->st_mode & 002) == 0 && is_private_group (path, st->st_gid);
}

/* Returns the path of a name in a directory, whose path has no symbolic links. */
static char *
append_part (const char *resolved,
             const char *part)
{
  if (g_str_equal (part, ".."))
    return g_path_get_dirname (resolved);
  return g_str_equal (part, ".") ? g_strdup (resolved) : g_build_filename (resolved, part, NULL);
}

/* Returns TRUE if nobody but root and this user can rename anything in the directory, or in one that the path goes
 * through. The target of a symbolic link is checked in turn; the link itself has to belong to one of these users. */
gboolean
temp_trust_check (const char *path)
{
  g_autofree char *resolved = g_strdup ("/");
  g_autofree char *rest = g_strdup (path + strspn (path, "/"));
  guint n_links = 0;
  struct stat st;

  if (lstat ("/", &st) < 0 || !is_safe ("/", &st))
    return FALSE;

  while (*rest != '\0')
    {
      char *slash = strchrnul (rest, '/');
      g_autofree char *part = g_strndup (rest, slash - rest);
      g_autofree char *next = append_part (resolved, part);
      g_autofree char *target = NULL;
      g_autofree char *behind = NULL;

      if (lstat (next, &st) < 0)
        return FALSE;
      if (S_ISLNK (st.st_mode))
        {
          target = has_safe_owner (&st) && ++n_links <= MAX_LINKS ? g_file_read_link (next, NULL) : NULL;
          if (target == NULL)
            return FALSE;
          g_free (g_steal_pointer (&next));
          next = g_strdup (*target == '/' ? "/" : resolved);
        }
      else if (!is_safe (next, &st))
        return FALSE;

      behind = g_strconcat (target != NULL ? target : "", slash, NULL);
      g_free (resolved);
      resolved = g_steal_pointer (&next);
      g_free (rest);
      rest = g_strdup (behind + strspn (behind, "/"));
    }

  return TRUE;
}
