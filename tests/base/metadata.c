/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "base/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-support.h"

static int
open_new (const char *base,
          mode_t      mode)
{
  g_autofree char *path = test_path (base);
  int fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  g_assert_no_errno (fchmod (fd, mode));
  return fd;
}

static mode_t
get_mode (int fd)
{
  struct stat st;

  g_assert_no_errno (fstat (fd, &st));
  return st.st_mode & 07777;
}

/* Adopts the metadata of a model, and undoes that. */
static void
test_adopt (void)
{
  temp_autofd int fd = open_new ("own", 0600);
  temp_autofd int model_fd = open_new ("model", 0644);
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };
  char found[8];

  if (test_skips_on_posix ("no extended attributes"))
    return;
  if (fsetxattr (model_fd, "user.origin", "here", 4, 0) < 0)
    {
      g_test_skip ("no extended attributes here");
      return;
    }
  g_assert_no_errno (fsetxattr (fd, "user.mine", "x", 1, 0));

  g_assert_true (temp_metadata_read (&own, fd));
  g_assert_true (temp_metadata_read (&model, model_fd));
  g_assert_cmphex (model.mode, ==, 0644);
  g_assert_true (temp_metadata_adopt (fd, &own, &model, TRUE));
  g_assert_cmphex (get_mode (fd), ==, 0644);
  g_assert_cmpint (fgetxattr (fd, "user.origin", found, sizeof found), ==, 4);
  g_assert_cmpint (fgetxattr (fd, "user.mine", found, sizeof found), ==, 1);

  temp_metadata_restore (fd, &own);
  g_assert_cmphex (get_mode (fd), ==, 0600);
  g_assert_cmpint (fgetxattr (fd, "user.origin", found, sizeof found), ==, -1);
  g_assert_cmpint (fgetxattr (fd, "user.mine", found, sizeof found), ==, 1);

  g_assert_true (temp_metadata_adopt (fd, &own, &model, FALSE));
  g_assert_cmphex (get_mode (fd), ==, 0600);
  g_assert_cmpint (fgetxattr (fd, "user.origin", found, sizeof found), ==, 4);
}

/* A file that the user may not read. */
static void
test_path_only (void)
{
  temp_autofd int fd = open_new ("model", 0);
  g_autofree char *path = test_path ("model");
  temp_autofd int path_fd = open (path, O_PATH | O_CLOEXEC);
  g_auto (TempMetadata) model = { 0 };

  if (test_skips_on_posix ("no access control lists"))
    return;
  if (fsetxattr (fd, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    {
      g_test_skip ("no ACLs here");
      return;
    }

  g_assert_true (temp_metadata_read (&model, path_fd));
  g_assert_cmphex (model.mode, ==, 0660);
  g_assert_true (g_hash_table_contains (model.attributes, TEST_ACL));
}

/* The file loses its ACL, as the model has none, and gets it back. */
static void
test_acl (void)
{
  temp_autofd int fd = open_new ("own", 0600);
  temp_autofd int model_fd = open_new ("model", 0604);
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };
  guint8 found[64];

  if (test_skips_on_posix ("no access control lists"))
    return;
  if (fsetxattr (fd, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    {
      g_test_skip ("no ACLs here");
      return;
    }

  g_assert_true (temp_metadata_read (&own, fd));
  g_assert_true (temp_metadata_read (&model, model_fd));
  g_assert_true (temp_metadata_adopt (fd, &own, &model, TRUE));
  g_assert_cmpint (fgetxattr (fd, TEST_ACL, found, sizeof found), ==, -1);
  g_assert_cmphex (get_mode (fd), ==, 0604);

  temp_metadata_restore (fd, &own);
  g_assert_cmpint (fgetxattr (fd, TEST_ACL, found, sizeof found), ==, sizeof test_user_acl);
  g_assert_cmpmem (found, sizeof test_user_acl, test_user_acl, sizeof test_user_acl);
}

/* Without the ACL, the group would get the rights of the mask. */
static void
child_acl_refused (gconstpointer data)
{
  temp_autofd int fd = open_new ("own", 0600);
  temp_autofd int model_fd = open_new ("model", 0600);
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };

  if (fsetxattr (model_fd, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    test_child_skip ("no ACLs here");
  if (!test_fail_syscall (SYS_fsetxattr, EPERM))
    test_child_skip ("no filters of system calls here");

  g_assert_true (temp_metadata_read (&own, fd));
  g_assert_true (temp_metadata_read (&model, model_fd));
  g_assert_false (temp_metadata_adopt (fd, &own, &model, TRUE));
  g_assert_cmpint (errno, ==, EPERM);
  g_assert_cmphex (get_mode (fd), ==, 0600);
}

static void
test_acl_refused (void)
{
  if (!test_skips_on_posix ("no access control lists"))
    test_in_child (child_acl_refused, NULL);
}

/* While the ACL is undone, its mask does not become the rights of the group. */

static TempPlatform real;
static mode_t widest;

static int
remove_and_look (TempHandle  handle,
                 const char *name)
{
  int result = real.remove_attribute (handle, name);

  widest |= get_mode (handle);
  return result;
}

static void
test_undo_acl (void)
{
  temp_autofd int fd = open_new ("own", 0600);
  temp_autofd int model_fd = open_new ("model", 0600);
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };

  if (test_skips_on_posix ("no access control lists"))
    return;
  if (fsetxattr (model_fd, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    {
      g_test_skip ("no ACLs here");
      return;
    }

  g_assert_true (temp_metadata_read (&own, fd));
  g_assert_true (temp_metadata_read (&model, model_fd));
  g_assert_true (temp_metadata_adopt (fd, &own, &model, TRUE));
  real = temp_platform;
  temp_platform.remove_attribute = remove_and_look;
  temp_metadata_restore (fd, &own);
  temp_platform = real;
  g_assert_cmphex (widest, ==, 0600);
  g_assert_cmphex (get_mode (fd), ==, 0600);
}

/* Group 12 has no rights, and group 34 is lost. Others have some, but who is in group 12 does not get them by the group
 * that the file has instead. */
static void
test_acl_other_group (void)
{
  static const guint8 acl[] = {
    2, 0, 0, 0,
    0x01, 0, 6, 0, 255, 255, 255, 255, /* the owner */
    0x04, 0, 6, 0, 255, 255, 255, 255, /* the group */
    0x08, 0, 0, 0, 12, 0, 0, 0,
    0x10, 0, 6, 0, 255, 255, 255, 255, /* the mask */
    0x20, 0, 4, 0, 255, 255, 255, 255, /* others */
  };
  temp_autofd int fd = open_new ("own", 0600);
  temp_autofd int model_fd = open_new ("model", 0600);
  g_auto (TempMetadata) own = { 0 };
  g_auto (TempMetadata) model = { 0 };
  guint8 found[64];

  if (test_skips_on_posix ("no access control lists"))
    return;
  if (fsetxattr (model_fd, TEST_ACL, acl, sizeof acl, 0) < 0)
    {
      g_test_skip ("no ACLs here");
      return;
    }

  g_assert_true (temp_metadata_read (&own, fd));
  g_assert_true (temp_metadata_read (&model, model_fd));
  model.gid++;
  g_assert_true (temp_metadata_adopt (fd, &own, &model, TRUE));
  g_assert_cmpint (fgetxattr (fd, TEST_ACL, found, sizeof found), ==, sizeof acl);
  g_assert_cmphex (found[4 + 8 + 2], ==, 0);  /* the group */
  g_assert_cmphex (found[4 + 32 + 2], ==, 4); /* others */
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/metadata/those-of-a-model-are-adopted-and-undone", test_adopt);
  g_test_add_func ("/metadata/are-read-without-opening", test_path_only);
  g_test_add_func ("/metadata/a-model-without-an-acl-removes-it", test_acl);
  g_test_add_func ("/metadata/an-acl-that-is-refused-is-an-error", test_acl_refused);

  g_test_add_func ("/metadata/an-acl-gives-no-rights-while-it-is-undone", test_undo_acl);
  g_test_add_func ("/metadata/an-acl-gives-no-rights-by-another-group", test_acl_other_group);

  return g_test_run ();
}
