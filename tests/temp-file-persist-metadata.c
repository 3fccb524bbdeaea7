/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "test-classes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

/* The metadata of a file that is persisted: mode, owner, extended attributes */

static void
child_umask (gconstpointer data)
{
  const mode_t mask = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");

  umask (mask);
  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (kind);
      g_autoptr (TempFile) strict = NULL;

      test_assert_persists (file, target, TEMP_PERSIST_NONE);
      test_assert_mode (target, S_IFREG | (0666 & ~mask));
      unlink (target);

      /* A mode that was set stays, even if the file had it anyway. */
      strict = g_initable_new (TEMP_TYPE_FILE, NULL, NULL, "permissions", 0600, "named", kind != TEST_NAMELESS,
                               "dir", test_dir (), NULL);
      test_assert_persists (strict, target, TEMP_PERSIST_NONE);
      test_assert_mode (target, S_IFREG | (0600 & ~mask));
      unlink (target);
    }

  /* The umask has not changed. */
  g_assert_cmphex (umask (0), ==, mask);
}

/* On a filesystem without nameless files. */
static void
child_umask_without_tmpfile (gconstpointer data)
{
  if (!test_fail_syscall_if (SYS_openat, EOPNOTSUPP, 2, O_TMPFILE & ~O_DIRECTORY))
    test_child_skip ("no filters of system calls here");
  child_umask (data);
}

static void
test_replaced_mode (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  static const mode_t modes[] = { 0640, 0604, 0777, 0400, 0200, 0, 04755 };
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (TempFile) strict = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (kind);

      test_write (target, TEST_OLD);
      g_assert_no_errno (chmod (target, modes[i]));
      test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
      test_assert_mode (target, S_IFREG | modes[i]);
      unlink (target);
    }

  test_write (target, TEST_OLD);
  g_assert_no_errno (chmod (target, 0666));
  strict = g_initable_new (TEMP_TYPE_FILE, NULL, NULL, "permissions", 0640, "dir", test_dir (), NULL);
  test_assert_persists (strict, target, TEMP_PERSIST_REPLACE);
  test_assert_mode (target, S_IFREG | 0640);
}

static void
test_owner (void)
{
  g_autoptr (TempFile) file = test_persist_new_file (TEST_NAMELESS);
  g_autofree char *target = test_persist_target ("document");
  struct stat st;

  test_write (target, TEST_OLD);
  if (chown (target, 12, 34) < 0)
    {
      g_test_skip ("not allowed to give files away");
      return;
    }

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmpuint (st.st_uid, ==, 12);
  g_assert_cmpuint (st.st_gid, ==, 34);
}

static void
test_attributes (gconstpointer data)
{
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));
  g_autofree char *target = test_persist_target ("document");
  guint8 found[64];

  if (test_skips_on_posix ("no extended attributes"))
    return;
  test_write (target, TEST_OLD);
  if (setxattr (target, "user.origin", "here", 4, 0) < 0 ||
      setxattr (target, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    {
      g_test_skip ("no extended attributes or ACLs here");
      return;
    }

  /* An attribute that the program has set itself stays. */
  g_assert_no_errno (setxattr (target, "user.both", "old", 3, 0));
  g_assert_no_errno (fsetxattr (temp_file_get_fd (file), "user.both", "new", 3, 0));

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_cmpint (getxattr (target, "user.origin", found, sizeof found), ==, 4);
  g_assert_cmpmem (found, 4, "here", 4);
  g_assert_cmpint (getxattr (target, "user.both", found, sizeof found), ==, 3);
  g_assert_cmpmem (found, 3, "new", 3);
  g_assert_cmpint (getxattr (target, TEST_ACL, found, sizeof found), ==, sizeof test_user_acl);
  g_assert_cmpmem (found, sizeof test_user_acl, test_user_acl, sizeof test_user_acl);
  test_assert_mode (target, S_IFREG | 0660);
}

/* Without /proc, a handle that only looks at a file does not tell the ACL. */
static void
child_acl_without_proc (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  guint8 found[64];

  test_child_skip_on_posix ("no extended attributes");
  if (!test_fail_syscall (SYS_listxattr, ENOENT) || !test_fail_syscall_if (SYS_getxattr, ENOENT, 3, 0))
    test_child_skip ("no filters of system calls here");

  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (kind);
      temp_autofd int fd = -1;

      test_write (target, TEST_OLD);
      fd = open (target, O_RDONLY | O_CLOEXEC);
      if (fsetxattr (fd, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
        test_child_skip ("no ACLs here");
      test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
      g_assert_cmpint (fgetxattr (temp_file_get_fd (file), TEST_ACL, found, sizeof found), ==, sizeof test_user_acl);
      g_assert_cmpmem (found, sizeof test_user_acl, test_user_acl, sizeof test_user_acl);
      g_assert_no_errno (unlink (target));
    }
}

/* The target's directory is private, that of the temporary file is not: nobody gets rights on it there. */

static TempPlatform real;
static const char *own_path;

static int
assert_not_there (TempHandle  handle,
                  const char *name,
                  uint32_t    mode)
{
  struct stat there;
  TempFileId id;

  g_assert_no_errno (real.identify (handle, &id));
  if ((mode & 077) != 0 && stat (own_path, &there) == 0)
    g_assert_false (there.st_ino == id.ino && there.st_dev == id.dev);
  return real.set_mode (handle, name, mode);
}

static void
test_rights_elsewhere (gconstpointer data)
{
  const TempPersistFlags flags = GPOINTER_TO_INT (data);
  g_autofree char *document = test_persist_target ("document");
  g_autofree char *tree = test_persist_target ("tree");
  g_autoptr (TempFile) file = test_persist_new_file (TEST_ELSEWHERE);
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_autofree char *file_path = g_strdup (temp_file_get_path (file));
  g_autofree char *dir_path = g_strdup (temp_dir_get_path (dir));

  g_assert_no_error (error);
  if ((flags & TEMP_PERSIST_REPLACE) != 0)
    {
      test_write (document, TEST_OLD);
      g_assert_no_errno (chmod (document, 0644));
      g_assert_no_errno (mkdir (tree, 0755));
    }
  real = temp_platform;
  temp_platform.set_mode = assert_not_there;
  own_path = file_path;
  test_assert_persists (file, document, flags);
  own_path = dir_path;
  test_assert_persists (dir, tree, flags);
  temp_platform = real;

  test_assert_mode (document, S_IFREG | 0644);
  test_persist_assert_names ("document tree", "target");
}

static void
add_for_mask (const char     *promise,
              void          (*function) (gconstpointer),
              mode_t          mask)
{
  g_autofree char *path = g_strdup_printf ("/persist/metadata/%s/%03o", promise, mask);

  test_add_in_child (path, function, GINT_TO_POINTER (mask));
}

int
main (int    argc,
      char **argv)
{
  static const mode_t masks[] = { 0, 022, 027, 077, 0177, 0777 };

  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      add_for_mask ("mode-of-an-ordinary-new-file", child_umask, masks[i]);
      add_for_mask ("mode-of-an-ordinary-new-file-without-tmpfile", child_umask_without_tmpfile, masks[i]);
    }
  g_test_add_data_func ("/persist/metadata/gives-no-rights-elsewhere/new", GINT_TO_POINTER (TEMP_PERSIST_NONE),
                        test_rights_elsewhere);
  g_test_add_data_func ("/persist/metadata/gives-no-rights-elsewhere/replaced", GINT_TO_POINTER (TEMP_PERSIST_REPLACE),
                        test_rights_elsewhere);
  test_add_in_child ("/persist/metadata/acl-without-proc", child_acl_without_proc, NULL);
  test_persist_add_kinds ("/persist/metadata/mode-of-the-replaced-file", test_replaced_mode, FALSE, FALSE);
  test_persist_add_kinds ("/persist/metadata/attributes-of-the-replaced-file", test_attributes, FALSE, FALSE);
  g_test_add_func ("/persist/metadata/owner-of-the-replaced-file", test_owner);

  return g_test_run ();
}
