/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/trust.h"

#include <string.h>

#include "platform/platform.h"

/* Tells which directories are trusted: those in which nobody but root and this user can rename anything. */

/* The kernel follows so many symbolic links in a path. */
#define MAX_LINKS 40

/* A symbolic link's target is shorter. */
#define MAX_TARGET 4096

/* Returns TRUE if the group is the user's private one: the primary group, with the user's name and no other member.
 * Returns FALSE for a path with an access control list, since the group's bits mean the list's mask there. */
static gboolean
is_own_group (const char *path,
              guint32     gid)
{
  return temp_platform.has_acl (path) == 0 && temp_platform.is_private_group (gid) == 1;
}

/* Returns TRUE if the owner is root or this user, or is unknown in this user namespace. */
static gboolean
has_safe_owner (const TempStat *st)
{
  return st->uid == 0 || st->uid == temp_platform.get_uid () || temp_platform.is_unmapped_user (st->uid) == 1;
}

/* Returns TRUE if owner and mode of the directory let nobody else rename anything in it. The caller checks the
 * directories above. */
static gboolean
is_safe (const char     *path,
         const TempStat *st)
{
  if (st->kind != TEMP_KIND_DIR || !has_safe_owner (st))
    return FALSE;
  if ((st->mode & TEMP_MODE_STICKY) != 0 || (st->mode & 022) == 0)
    return TRUE;
  return (st->mode & 002) == 0 && is_own_group (path, st->gid);
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

/* Returns the target of a symbolic link; NULL if it cannot be read. */
static char *
dup_target (const char *path)
{
  char target[MAX_TARGET];
  gssize length = temp_platform.read_link (TEMP_HANDLE_CURRENT_DIR, path, target, sizeof target);

  return length >= 0 && length < (gssize) sizeof target ? g_strndup (target, length) : NULL;
}

/* Returns TRUE if nobody but root and this user can rename anything in the directory, or in one that the path goes
 * through. The target of a symbolic link is checked in turn; the link itself has to belong to one of these users. */
gboolean
temp_trust_check (const char *path)
{
  g_autofree char *resolved = g_strdup ("/");
  g_autofree char *rest = g_strdup (path + strspn (path, "/"));
  guint n_links = 0;
  TempStat st;

  if (temp_platform.stat_name (TEMP_HANDLE_CURRENT_DIR, "/", &st) < 0 || !is_safe ("/", &st))
    return FALSE;

  while (*rest != '\0')
    {
      char *slash = strchrnul (rest, '/');
      g_autofree char *part = g_strndup (rest, slash - rest);
      g_autofree char *next = append_part (resolved, part);
      g_autofree char *target = NULL;
      g_autofree char *behind = NULL;

      if (temp_platform.stat_name (TEMP_HANDLE_CURRENT_DIR, next, &st) < 0)
        return FALSE;
      if (st.kind == TEMP_KIND_SYMLINK)
        {
          target = has_safe_owner (&st) && ++n_links <= MAX_LINKS ? dup_target (next) : NULL;
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
