/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "platform/both.h"

#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The platform interprets the answers of the system, which these tests make up. */

static guint32 filesystem;

int
fstatfs (int            fd,
         struct statfs *fs)
{
  int result = (int) syscall (SYS_fstatfs, fd, fs);

  if (filesystem != 0)
    fs->f_type = filesystem;
  return result;
}

static int unlink_errno; /* 0: it works */

int
unlinkat (int         fd,
          const char *name,
          int         flags)
{
  if (unlink_errno == 0)
    return (int) syscall (SYS_unlinkat, fd, name, flags);
  errno = unlink_errno;
  return -1;
}

static struct
{
  const char *user, *group; /* NULL: not known */
  gboolean    is_primary;
  const char *member;
  int         errsv;
} accounts;

int
getpwuid_r (uid_t           uid,
            struct passwd  *user,
            char           *buffer,
            size_t          size,
            struct passwd **result)
{
  *user = (struct passwd) {
    .pw_name = (char *) accounts.user,
    .pw_uid = uid,
    .pw_gid = accounts.is_primary ? getegid () : getegid () + 1,
    .pw_dir = (char *) "/home",
    .pw_gecos = (char *) "",
    .pw_shell = (char *) "",
  };
  *result = accounts.user != NULL ? user : NULL;
  return accounts.errsv;
}

int
getgrgid_r (gid_t          gid,
            struct group  *group,
            char          *buffer,
            size_t         size,
            struct group **result)
{
  static const char *members[2];

  members[0] = accounts.member;
  *group = (struct group) {
    .gr_name = (char *) accounts.group,
    .gr_gid = gid,
    .gr_mem = (char **) members,
  };
  *result = accounts.group != NULL ? group : NULL;
  return accounts.errsv;
}

static void
use_private_group (void)
{
  accounts.user = accounts.group = "somebody";
  accounts.is_primary = TRUE;
  accounts.member = NULL;
  accounts.errsv = 0;
}

/* The user's own group is the primary one, has the user's name, and nobody else is in it. */
static void
test_private_group (gconstpointer data)
{
  const TempPlatform *p = data;

  use_private_group ();
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 1);
  g_assert_cmpint (p->is_private_group (getegid () + 1), ==, 0);
  accounts.group = "somebodyelse";
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);
  accounts.group = NULL;
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);

  use_private_group ();
  accounts.is_primary = FALSE;
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);

  use_private_group ();
  accounts.member = "friend";
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);

  use_private_group ();
  accounts.user = NULL;
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);

  use_private_group ();
  accounts.errsv = EIO;
  g_assert_cmpint (p->is_private_group (getegid ()), ==, 0);
}

static void
test_home (gconstpointer data)
{
  const TempPlatform *p = data;
  g_autofree char *home = NULL;

  use_private_group ();
  g_assert_no_errno (p->get_home (&home));
  g_assert_cmpstr (home, ==, "/home");
  accounts.user = NULL;
  assert_fails (p->get_home (&home), ENOENT);
}

/* Systems refuse to unlink a directory with EISDIR or EPERM. */
static void
test_remove_file (gconstpointer data)
{
  const TempPlatform *p = data;
  temp_autofd TempHandle dir = p->open_dir (TEMP_HANDLE_CURRENT_DIR, test_dir (), TEMP_OPEN_LIST);

  test_make_file ("file");
  g_assert_no_errno (p->make_dir (dir, "dir", 0700));
  g_assert_no_errno (p->make_symlink ("dir", dir, "link"));

  unlink_errno = EPERM;
  assert_fails (p->remove_file (dir, "dir"), EISDIR);
  assert_fails (p->remove_file (dir, "file"), EPERM);
  assert_fails (p->remove_file (dir, "link"), EPERM);
  assert_fails (p->remove_file (dir, "none"), EPERM);
  unlink_errno = EROFS;
  assert_fails (p->remove_file (dir, "dir"), EROFS);
  unlink_errno = 0;
  assert_fails (p->remove_file (dir, "dir"), EISDIR);
  g_assert_no_errno (p->remove_file (dir, "file"));
}

/* POSIX does not tell what a filesystem is. */
static void
test_filesystem (void)
{
  static const guint32 shared[] = {
    0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f, 0x6b414653, 0x73757245,
    0x0bd00bd0, 0x01161970, 0x7461636f,
  };
  static const guint32 local[] = { 0xef53, 0x01021994, 0x858458f6, 0x794c7630, 0x9123683e, 0x58465342 };
  temp_autofd TempHandle dir = temp_platform.open_dir (TEMP_HANDLE_CURRENT_DIR, test_dir (), TEMP_OPEN_LIST);
  TempFilesystem found;

  if (test_skips_on_posix ("no kinds of filesystems"))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (shared); i++)
    {
      filesystem = shared[i];
      g_assert_no_errno (temp_platform.get_filesystem (dir, &found));
      g_assert_false (found.has_safe_locks);
      g_assert_false (found.likes_splicing);
      g_assert_false (found.is_in_memory);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (local); i++)
    {
      filesystem = local[i];
      g_assert_no_errno (temp_platform.get_filesystem (dir, &found));
      g_assert_true (found.has_safe_locks);
      g_assert_cmpint (found.likes_splicing, ==, local[i] == 0xef53);
      g_assert_cmpint (found.is_in_memory, ==, local[i] == 0x01021994 || local[i] == 0x858458f6);
    }
  filesystem = 0;
}

int
main (int    argc,
      char **argv)
{
  use_private_group ();
  test_init (&argc, &argv);

  add_both ("answers/private-group", test_private_group);
  add_both ("answers/home", test_home);
  add_both ("answers/remove-file", test_remove_file);
  g_test_add_func ("/platform/answers/a-filesystem-is-known-by-its-number", test_filesystem);

  return g_test_run ();
}
