/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "ledger/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

#define OTHER 12345

/* The platform, but with an own answer to the question about groups. */
static TempPlatform real;
static int answer;

static int
is_private_group (uint32_t gid)
{
  if (answer < 0)
    errno = EIO;
  return gid == getegid () ? answer : 0;
}

/* POSIX alone does not know, and says so. */
static int
has_no_acl (const char *path)
{
  return 0;
}

static int
cannot_tell (const char *path)
{
  errno = ENOSYS;
  return -1;
}

static void
use_private_group (void)
{
  answer = 1;
}

static void
use_other_group (void)
{
  answer = 0;
}

/* Makes a directory with another in it; the mode is for either. Returns the path of the inner one. */
static char *
make_dirs (char **outer)
{
  char *inner;

  *outer = test_path ("outer");
  inner = g_build_filename (*outer, "inner", NULL);
  g_assert_no_errno (g_mkdir_with_parents (inner, 0700));

  /* Another test may have opened it up for another user. */
  g_assert_no_errno (chmod (g_getenv ("G_TEST_TMPDIR"), 0700));
  return inner;
}

static void
assert_trust (const char *path,
              gboolean    trusted)
{
  g_autofree char *copy = g_strdup (path);

  g_assert_cmpint (temp_trust_check (copy), ==, trusted);
  g_assert_cmpstr (copy, ==, path);
}

static gboolean
is_usable (void)
{
  use_other_group ();
  if (temp_trust_check (test_dir ()))
    return TRUE;

  g_test_skip ("the directory of tests is not trusted itself");
  return FALSE;
}

/* Modes */

static const struct
{
  mode_t   mode;
  gboolean trusted, trusted_with_private_group;
} modes[] = {
  { 0700, TRUE, TRUE },
  { 0500, TRUE, TRUE },
  { 0711, TRUE, TRUE },
  { 0755, TRUE, TRUE },
  { 02755, TRUE, TRUE },
  { 04755, TRUE, TRUE },
  { 0555, TRUE, TRUE },
  { 0770, FALSE, TRUE },
  { 0775, FALSE, TRUE },
  { 02775, FALSE, TRUE },
  { 0720, FALSE, TRUE },
  { 0777, FALSE, FALSE },
  { 0757, FALSE, FALSE },
  { 0702, FALSE, FALSE },
  { 06777, FALSE, FALSE },
  { 01777, TRUE, TRUE },
  { 01775, TRUE, TRUE },
  { 01757, TRUE, TRUE },
  { 03777, TRUE, TRUE },
};

static void
test_modes (void)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);

  if (!is_usable ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    for (guint is_above = 0; is_above < 2; is_above++)
      {
        const char *dir = is_above ? outer : inner;

        g_assert_no_errno (chmod (dir, modes[i].mode));
        use_other_group ();
        assert_trust (inner, modes[i].trusted);
        assert_trust (outer, !is_above || modes[i].trusted);
        use_private_group ();
        assert_trust (inner, modes[i].trusted_with_private_group);
        assert_trust (outer, !is_above || modes[i].trusted_with_private_group);
        g_assert_no_errno (chmod (dir, 0700));
      }
}

/* A group is trusted only if the platform is sure that it is private, and that there is no access control list. */
static void
test_groups (void)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);
  int (*has_acl) (const char *) = temp_platform.has_acl;

  if (!is_usable ())
    return;
  g_assert_no_errno (chmod (inner, 0770));

  use_private_group ();
  assert_trust (inner, TRUE);
  use_other_group ();
  assert_trust (inner, FALSE);
  answer = -1;
  assert_trust (inner, FALSE);

  use_private_group ();
  temp_platform.has_acl = cannot_tell;
  assert_trust (inner, FALSE);
  temp_platform.has_acl = has_acl;
}

/* An access control list lets users write, and shows as what the group may do. */
static void
test_acl (void)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);
  guint8 acl[] = {
    2, 0, 0, 0,
    0x01, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* user::rwx */
    0x02, 0, 7, 0, 12, 0, 0, 0,            /* user:12:rwx */
    0x04, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* group::--- */
    0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* mask::rwx */
    0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* other::--- */
  };

  if (test_skips_on_posix ("no access control lists") || !is_usable ())
    return;
  if (setxattr (inner, TEST_ACL, acl, sizeof acl, 0) < 0)
    {
      g_test_skip ("no ACLs here");
      return;
    }

  test_assert_mode (inner, S_IFDIR | 0770);
  use_private_group ();
  assert_trust (inner, FALSE);
  use_other_group ();
  assert_trust (inner, FALSE);

  /* The mask takes the right to write away from all but the owner. */
  acl[4 + 3 * 8 + 2] = 5;
  g_assert_no_errno (setxattr (inner, TEST_ACL, acl, sizeof acl, 0));
  test_assert_mode (inner, S_IFDIR | 0750);
  assert_trust (inner, TRUE);
}

/* Paths */

static void
test_root (void)
{
  struct stat st;

  g_assert_no_errno (stat ("/", &st));
  if (st.st_uid == 0 && (st.st_mode & 022) == 0)
    assert_trust ("/", TRUE);
  else
    g_test_skip ("the root directory is not root's alone");
}

/* A symbolic link is as good as its owner, as the directory that it is in, and as the way that it leads. */
static void
test_symlinks (void)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);
  g_autofree char *link = test_path ("link");
  g_autofree char *relative = g_build_filename (outer, "relative", NULL);
  g_autofree char *behind_link = g_build_filename (link, "inner", NULL);
  g_autofree char *back = g_build_filename (inner, "..", ".", "inner", "", NULL);
  g_autofree char *loop = test_path ("loop");

  if (!is_usable ())
    return;
  g_assert_no_errno (symlink (outer, link));
  g_assert_no_errno (symlink ("../outer/inner", relative));
  g_assert_no_errno (symlink ("loop", loop));
  assert_trust (link, TRUE);
  assert_trust (behind_link, TRUE);
  assert_trust (relative, TRUE);
  assert_trust (back, TRUE);
  assert_trust (loop, FALSE);

  /* Others can lead the link in there elsewhere. */
  g_assert_no_errno (chmod (outer, 0777));
  assert_trust (link, FALSE);
  assert_trust (relative, FALSE);
  assert_trust (behind_link, FALSE);
  g_assert_no_errno (chmod (outer, 01777));
  assert_trust (relative, TRUE);
  g_assert_no_errno (chmod (outer, 0700));

  if (geteuid () == 0)
    {
      g_assert_no_errno (lchown (link, 12345, 12345));
      assert_trust (behind_link, FALSE);
      g_assert_no_errno (lchown (link, 0, 0));
    }
}

static void
test_not_directories (void)
{
  g_autofree char *file = test_path ("file");
  g_autofree char *below_file = g_build_filename (file, "x", NULL);
  g_autofree char *missing = test_path ("missing");
  g_autofree char *below_missing = g_build_filename (missing, "x", NULL);

  test_make_file ("file");
  use_private_group ();
  assert_trust (file, FALSE);
  assert_trust (below_file, FALSE);
  assert_trust (missing, FALSE);
  assert_trust (below_missing, FALSE);
}

/* Owners */

static void
test_other_owner (gconstpointer data)
{
  static const mode_t dir_modes[] = { 0700, 0755, 0555, 01777, 01755 };
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);

  if (geteuid () != 0)
    test_child_skip ("only the administrator can give directories away");
  use_private_group ();
  assert_trust (inner, TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (dir_modes); i++)
    for (guint is_above = 0; is_above < 2; is_above++)
      {
        const char *dir = is_above ? outer : inner;

        /* The owner can take off any bit, and rename, sticky or not. */
        g_assert_no_errno (chown (dir, OTHER, OTHER));
        g_assert_no_errno (chmod (dir, dir_modes[i]));
        assert_trust (inner, FALSE);
        assert_trust (outer, !is_above);
        g_assert_no_errno (chown (dir, 0, 0));
        g_assert_no_errno (chmod (dir, 0700));
        assert_trust (inner, TRUE);
      }

  /* The overflow uid is a user as others are, where all are known. */
  g_assert_no_errno (chown (inner, 65534, 65534));
  assert_trust (inner, FALSE);
}

/* The directory belongs to a group that is not the user's own. */
static void
test_other_group (gconstpointer data)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);

  if (geteuid () != 0)
    test_child_skip ("only the administrator can give directories to any group");
  use_private_group ();
  g_assert_no_errno (chown (inner, -1, OTHER));
  g_assert_no_errno (chmod (inner, 0775));
  assert_trust (inner, FALSE);
  g_assert_no_errno (chmod (inner, 0755));
  assert_trust (inner, TRUE);
}

/* An unprivileged user has directories, and others have. */
static void
test_nobody (gconstpointer data)
{
  g_autofree char *others = test_path ("others");
  g_autofree char *own = test_path ("own");

  if (geteuid () != 0)
    test_child_skip ("only the administrator can give directories away");
  g_assert_no_errno (mkdir (others, 0700));
  g_assert_no_errno (chown (others, OTHER, OTHER));
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  /* By now, the test's directory is root's, and others can write into it. */
  use_private_group ();
  assert_trust ("/", TRUE);
  assert_trust ("/dev", TRUE);
  assert_trust (test_dir (), FALSE);
  assert_trust (others, FALSE);
  g_assert_no_errno (mkdir (own, 0700));
  assert_trust (own, FALSE);
}

static void
make_sticky (const char *dir)
{
  g_autofree char *path = g_strdup (dir);

  while (!g_str_equal (path, g_getenv ("G_TEST_TMPDIR")))
    {
      char *up = g_path_get_dirname (path);

      g_assert_no_errno (chmod (path, 01777));
      g_free (path);
      path = up;
    }
  g_assert_no_errno (chmod (path, 01777));
}

/* Like /tmp: sticky, and writable by all. */
static void
test_nobody_in_sticky (gconstpointer data)
{
  g_autofree char *own = test_path ("own");
  g_autofree char *others = test_path ("others");
  g_autofree char *below = test_path ("others/own");
  const uid_t nobody = 65534;

  if (geteuid () != 0)
    test_child_skip ("only the administrator can become another user");
  g_assert_no_errno (mkdir (others, 0777));
  g_assert_no_errno (chown (others, OTHER, OTHER));
  g_assert_no_errno (chmod (others, 01777));
  make_sticky (test_dir ());
  if (setgroups (0, NULL) < 0 || setresgid (nobody, nobody, nobody) < 0 || setresuid (nobody, nobody, nobody) < 0)
    test_child_skip ("cannot become another user");

  use_private_group ();
  g_assert_no_errno (mkdir (own, 0700));
  g_assert_no_errno (mkdir (below, 0700));
  assert_trust (test_dir (), TRUE);
  assert_trust (own, TRUE);
  g_assert_no_errno (chmod (own, 0777));
  assert_trust (own, FALSE);
  assert_trust (others, FALSE);
  assert_trust (below, FALSE);
}

/* In a namespace of users, those of the system have no number, and root is one of them. */
static gboolean
enter_user_namespace (void)
{
  g_autofree char *map = g_strdup_printf ("%u %u 1\n", geteuid (), geteuid ());
  temp_autofd int fd = -1;

  if (unshare (CLONE_NEWUSER) < 0)
    return FALSE;
  fd = open ("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  return fd >= 0 && write (fd, map, strlen (map)) == (gssize) strlen (map);
}

static void
test_unmapped (gconstpointer data)
{
  g_autofree char *outer = NULL;
  g_autofree char *inner = make_dirs (&outer);
  gboolean is_root = geteuid () == 0;

  test_child_skip_on_posix ("no namespaces of users");
  use_private_group ();
  if (!temp_trust_check (inner))
    test_child_skip ("the directory of tests is not trusted itself");
  if (is_root)
    {
      g_assert_no_errno (chmod (outer, 0755));
      g_assert_no_errno (chown (outer, OTHER, OTHER));
      assert_trust (inner, FALSE);
    }
  if (!enter_user_namespace ())
    test_child_skip ("no namespaces of users");

  /* As root, the owner of the outer one is unknown now; as another user, the owner of the root directory is. */
  assert_trust (inner, TRUE);
  g_assert_no_errno (chmod (inner, 0777));
  assert_trust (inner, FALSE);
}

/* Root's directories seen by a user of such a namespace. */
static void
test_unmapped_root (gconstpointer data)
{
  struct stat st;
  uid_t uid = 23456;

  test_child_skip_on_posix ("no namespaces of users");
  if (geteuid () == 0 && (setgroups (0, NULL) < 0 || setresgid (uid, uid, uid) < 0 || setresuid (uid, uid, uid) < 0))
    test_child_skip ("cannot become another user");
  g_assert_no_errno (prctl (PR_SET_DUMPABLE, 1)); /* for /proc/self */
  use_private_group ();
  assert_trust ("/dev", TRUE);
  if (!enter_user_namespace ())
    test_child_skip ("no namespaces of users");

  g_assert_no_errno (stat ("/dev", &st));
  g_assert_cmpuint (st.st_uid, !=, 0);
  assert_trust ("/dev", TRUE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.is_private_group = is_private_group;
  if (g_str_equal (real.name, "posix"))
    temp_platform.has_acl = has_no_acl;
  use_private_group ();

  g_test_add_func ("/private/trust/not-writable-by-others", test_modes);
  g_test_add_func ("/private/trust/own-group-but-no-other", test_groups);
  g_test_add_func ("/private/trust/not-with-an-acl", test_acl);
  g_test_add_func ("/private/trust/the-root-directory-is-trusted", test_root);
  g_test_add_func ("/private/trust/symlinks-are-checked", test_symlinks);
  g_test_add_func ("/private/trust/only-directories", test_not_directories);
  test_add_with_ledgers ("/private/trust/not-if-another-user-owns-it", test_other_owner);
  test_add_with_ledgers ("/private/trust/not-with-another-primary-group", test_other_group);
  test_add_with_ledgers ("/private/trust/not-what-another-user-may-write", test_nobody);
  test_add_with_ledgers ("/private/trust/nobody-in-a-sticky-directory", test_nobody_in_sticky);
  test_add_with_ledgers ("/private/trust/unmapped-owner", test_unmapped);
  test_add_with_ledgers ("/private/trust/unmapped-root", test_unmapped_root);

  return g_test_run ();
}
