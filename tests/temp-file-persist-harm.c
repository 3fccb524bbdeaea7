/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "platform/platform.h"
#include "test-classes.h"
#include "test-support.h"

/* Saving gives nobody rights that they did not have, takes no file away from anybody, and breaks no link: it fails
 * instead, and says whether writing into the file would do. */

#define ALICE 1001
#define BOB 1002
#define TEAM 2000
#define SHADOW 2042

/* Makes the old file, which belongs to somebody else than root. */
static char *
make_target (uid_t  uid,
             gid_t  gid,
             mode_t mode,
             mode_t dir_mode)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *dir = g_path_get_dirname (target);

  if (geteuid () != 0)
    test_child_skip ("only root can make files of several users");
  test_write (target, TEST_OLD);
  g_assert_no_errno (chown (target, uid, gid));
  g_assert_no_errno (chmod (target, mode));
  g_assert_no_errno (chown (dir, 0, TEAM));
  g_assert_no_errno (chmod (dir, dir_mode));
  return g_steal_pointer (&target);
}

static void
become (uid_t uid,
        gid_t gid)
{
  if (!test_become (uid, gid))
    test_child_skip ("cannot become another user");
}

/* Asserts that the file cannot be replaced, that the error is about the document, and that nothing has changed. */
static void
assert_refused (TempFile         *file,
                const char       *target,
                TempPersistFlags  flags,
                GQuark            domain,
                int               code)
{
  g_autofree char *dir = g_path_get_dirname (target);
  g_autofree char *names = test_list (dir);
  g_autoptr (GError) error = NULL;
  struct stat before, after;

  g_assert_no_errno (stat (target, &before));
  g_assert_false (test_persist_to (file, target, flags, &error));
  g_assert_error (error, domain, code);
  test_assert_error_mentions (error, target);
  g_assert_null (strstr (error->message, "TEMP_"));
  g_assert_null (strstr (error->message, "/.tmp"));
  g_assert_null (strstr (error->message, "/proc/"));

  g_assert_no_errno (stat (target, &after));
  g_assert_cmpuint (after.st_ino, ==, before.st_ino);
  g_assert_cmphex (after.st_mode, ==, before.st_mode);
  g_assert_cmpuint (after.st_uid, ==, before.st_uid);
  g_assert_cmpint (after.st_mtim.tv_nsec, ==, before.st_mtim.tv_nsec);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (file)), ==, strlen (TEST_NEW));
  {
    g_autofree char *names_after = test_list (dir);

    g_assert_cmpstr (names_after, ==, names);
  }
}

/* Asserts that writing into the file saves it, and changes nothing else of it. */
static void
assert_written (TempFile   *file,
                const char *target)
{
  g_autofree char *dir = g_path_get_dirname (target);
  g_autofree char *names = NULL;
  struct stat before, after;

  g_assert_no_errno (stat (target, &before));
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_no_errno (stat (target, &after));
  g_assert_cmpuint (after.st_ino, ==, before.st_ino);
  g_assert_cmphex (after.st_mode, ==, before.st_mode);
  g_assert_cmpuint (after.st_uid, ==, before.st_uid);
  g_assert_cmpuint (after.st_gid, ==, before.st_gid);
  g_assert_cmpuint (after.st_nlink, ==, before.st_nlink);

  names = test_list (dir);
  g_assert_null (strstr (names, ".tmp"));
  g_assert_null (strchr (names, '~'));
  g_assert_cmpstr (temp_file_get_path (file), ==, target);
  test_persist_write_new (file);
  test_assert_contents (target, TEST_NEW TEST_NEW);
}

/* Rights */

typedef struct
{
  mode_t before;
  mode_t after;
} Modes;

/* Alice is not in her file's group, which then cannot be kept. */
static void
child_lost_group (gconstpointer data)
{
  const Modes *modes = data;
  g_autofree char *target = make_target (ALICE, SHADOW, modes->before, 0777);
  g_autoptr (TempFile) file = NULL;
  struct stat st;

  become (ALICE, TEAM);
  file = test_persist_new_beside (target);
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, TEST_NEW);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmpuint (st.st_uid, ==, ALICE);
  g_assert_cmpuint (st.st_gid, ==, TEAM);
  g_assert_cmphex (st.st_mode & 07777, ==, modes->after);
}

static void
test_lost_group (void)
{
  static const Modes modes[] = {
    { 0600, 0600 },
    { 0640, 0600 },
    { 0660, 0600 },
    { 0664, 0644 },
    { 0644, 0644 },
    { 0604, 0600 }, /* who was in the group is one of the others now */
    { 06755, 0755 },
    { 02750, 0700 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    test_in_child (child_lost_group, &modes[i]);
}

/* Returns the permissions of an entry of an ACL, which is in the kernel's order: owner, users, group, mask, others. */
static guint
get_acl_permissions (const guint8 *acl,
                     gssize        size,
                     guint         tag)
{
  for (gssize i = 4; i + 8 <= size; i += 8)
    if (acl[i] == tag)
      return acl[i + 2];
  g_assert_not_reached ();
}

static void
child_lost_group_with_acl (gconstpointer data)
{
  g_autofree char *target = make_target (ALICE, SHADOW, 0640, 0777);
  g_autoptr (TempFile) file = NULL;
  guint8 before[64], after[64];
  gssize size;

  test_child_skip_on_posix ("no access control lists");
  if (setxattr (target, TEST_ACL, test_user_acl, sizeof test_user_acl, 0) < 0)
    test_child_skip ("no ACLs here");
  size = getxattr (target, TEST_ACL, before, sizeof before);
  become (ALICE, TEAM);
  file = test_persist_new_beside (target);
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);

  g_assert_cmpint (getxattr (target, TEST_ACL, after, sizeof after), ==, size);
  for (guint tag = 1; tag <= 2; tag++) /* the owner, and a user by name */
    g_assert_cmpuint (get_acl_permissions (after, size, tag), ==, get_acl_permissions (before, size, tag));
  g_assert_cmpuint (get_acl_permissions (after, size, 4) & ~get_acl_permissions (after, size, 0x20), ==, 0);
  g_assert_cmpuint (get_acl_permissions (after, size, 0x20) & ~get_acl_permissions (before, size, 4), ==, 0);
}

/* A file that is not to be written */

static void
child_read_only (gconstpointer data)
{
  const gboolean is_own = GPOINTER_TO_INT (data);
  g_autofree char *target = make_target (ALICE, TEAM, is_own ? 0444 : 0640, 0777);
  g_autoptr (TempFile) file = NULL;

  become (is_own ? ALICE : BOB, TEAM);
  file = test_persist_new_beside (target);
  for (TempPersistFlags flags = 0; flags < 16; flags++)
    if ((flags & TEMP_PERSIST_REPLACE) != 0)
      assert_refused (file, target, flags, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
}

/* Bob is in the group that may write the file: it stays Alice's. */
static void
child_owner (gconstpointer data)
{
  g_autofree char *target = make_target (ALICE, TEAM, 0660, 0770);
  g_autoptr (TempFile) file = NULL;

  become (BOB, TEAM);
  file = test_persist_new_beside (target);
  assert_refused (file, target, TEMP_PERSIST_REPLACE, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_OWNER);
  assert_refused (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY | TEMP_PERSIST_DURABLE, TEMP_SAVE_ERROR,
                  TEMP_SAVE_ERROR_OWNER);
  assert_written (file, target);
}

static void
child_owner_of_dir (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *above = g_path_get_dirname (target);
  g_autofree char *old = g_build_filename (target, "old", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = NULL;
  struct stat st;

  if (geteuid () != 0)
    test_child_skip ("only root can make files of several users");
  g_assert_no_errno (mkdir (target, 0700));
  test_write (old, TEST_OLD);
  g_assert_no_errno (chown (target, ALICE, TEAM));
  g_assert_no_errno (chmod (target, 0770));
  g_assert_no_errno (chmod (above, 0777));
  become (BOB, TEAM);

  dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, target);
  g_assert_no_errno (stat (target, &st));
  g_assert_cmpuint (st.st_uid, ==, ALICE);
  test_assert_exists (old, TRUE);
}

/* Links, directories, mounts */

static void
test_links (void)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *other = test_persist_target ("other name");
  g_autoptr (TempFile) file = NULL;

  test_write (target, TEST_OLD);
  g_assert_no_errno (link (target, other));
  file = test_persist_new_beside (target);
  assert_refused (file, target, TEMP_PERSIST_REPLACE, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_LINKS);
  assert_written (file, target);
  test_assert_contents (other, TEST_NEW TEST_NEW);
}

static void
child_shut_dir (gconstpointer data)
{
  g_autofree char *target = make_target (ALICE, TEAM, 0640, 0755);
  g_autofree char *none = test_persist_target ("none");
  g_autofree char *state = test_path ("state");
  g_autoptr (GFile) none_file = g_file_new_for_path (none);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  become (ALICE, TEAM);
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("XDG_STATE_HOME", state, TRUE);

  file = test_persist_new_beside (target);
  assert_refused (file, target, TEMP_PERSIST_REPLACE, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_DIRECTORY);
  assert_written (file, target);

  /* A new file cannot be made there. */
  g_assert_null (temp_file_new_beside (none_file, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_error_mentions (error, none);
}

static int
fail_get_mount (TempHandle  handle,
                TempMount  *mount)
{
  errno = ENOSYS;
  return -1;
}

static void
child_mounted (gconstpointer data)
{
  const gboolean is_known = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *source = test_path ("source");
  g_autofree char *unused = test_path ("unused");
  g_autoptr (TempFile) file = NULL;

  g_assert_no_errno (mkdir (unused, 0700));
  if (!test_mount_tmpfs (unused, NULL))
    test_child_skip ("nothing can be mounted");
  test_write (source, TEST_OLD);
  test_write (target, TEST_OLD);
  g_assert_no_errno (mount (source, target, NULL, MS_BIND, NULL));
  if (!is_known)
    temp_platform.get_mount = fail_get_mount;

  file = test_persist_new_beside (target);
  assert_refused (file, target, TEMP_PERSIST_REPLACE, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_MOUNTED);
  assert_written (file, target);
  test_assert_contents (source, TEST_NEW TEST_NEW);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/save/rights/none-are-given-if-the-group-is-lost", test_lost_group);
  test_add_in_child ("/save/rights/none-are-given-by-an-acl", child_lost_group_with_acl, NULL);
  test_add_in_child ("/save/refused/over-a-read-only-file", child_read_only, GINT_TO_POINTER (TRUE));
  test_add_in_child ("/save/refused/over-what-others-may-only-read", child_read_only, GINT_TO_POINTER (FALSE));
  test_add_in_child ("/save/refused/if-the-owner-would-change", child_owner, NULL);
  test_add_in_child ("/save/refused/if-the-owner-of-a-directory-would-change", child_owner_of_dir, NULL);
  g_test_add_func ("/save/refused/if-a-link-would-break", test_links);
  test_add_in_child ("/save/refused/in-a-directory-that-is-not-writable", child_shut_dir, NULL);
  test_add_in_child ("/save/refused/if-the-file-is-mounted", child_mounted, GINT_TO_POINTER (TRUE));
  test_add_in_child ("/save/refused/if-only-the-rename-tells-of-the-mount", child_mounted, GINT_TO_POINTER (FALSE));

  return g_test_run ();
}
