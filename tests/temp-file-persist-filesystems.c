/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "test-classes.h"
#include "test-support.h"

/* Saving on filesystems that have no nameless files, whose links are other files, or that cannot exchange
 * directories; and a file that is at its destination already. */

static TempPlatform real;

static TempHandle
create_no_nameless (TempHandle  dir,
                    const char *name,
                    uint32_t    mode)
{
  errno = EOPNOTSUPP;
  return -1;
}

static int
link_nothing (TempHandle  handle,
              TempHandle  dir,
              const char *name)
{
  g_assert_not_reached ();
}

/* As on sshfs and unionfs: the new name is that of another file. */
static int
link_copy (TempHandle  handle,
           TempHandle  dir,
           const char *name)
{
  TempHandle copy = real.create_file (dir, name, 0, 0600);

  if (copy < 0)
    return -1;
  g_assert_cmpint (write (copy, "another file", 12), ==, 12);
  return close (copy);
}

/* Without COPY, a file that has lost its name is not copied to another filesystem, either. */
static void
child_unlinked_elsewhere (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *dir = g_path_get_dirname (target);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_mount_tmpfs (dir, NULL))
    test_child_skip ("nothing can be mounted");
  temp_platform.create_nameless = create_no_nameless;
  file = test_persist_new_file (TEST_NAMELESS);
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_error_mentions (error, "another filesystem");
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY);
  test_assert_contents (target, TEST_NEW);
}

static int
get_fuse (TempHandle      handle,
          TempFilesystem *filesystem)
{
  *filesystem = (TempFilesystem) { .has_safe_locks = false };
  return 0;
}

/* A file beside its target has a name there, and is renamed. */
static void
test_beside_without_nameless (void)
{
  g_autofree char *target = test_persist_target ("document");

  real = temp_platform;
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = NULL;
      g_autoptr (TempFile) dropped = NULL;
      g_autofree char *base = NULL;
      struct stat before, after;
      gboolean is_named;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        test_write (target, TEST_OLD);
      temp_platform.create_nameless = create_no_nameless;
      file = test_persist_new_beside (target);
      dropped = test_persist_new_beside (target);
      base = g_path_get_basename (temp_file_get_path (file));
      g_assert_true (g_str_has_prefix (base, ".tmp"));
      g_object_get (file, "named", &is_named, NULL);
      g_assert_true (is_named);
      g_clear_object (&dropped);

      g_assert_no_errno (fstat (temp_file_get_fd (file), &before));
      temp_platform.link_handle = link_copy;
      temp_platform.get_filesystem = get_fuse;
      test_assert_persists (file, target, flags);
      temp_platform = real;

      test_assert_contents (target, TEST_NEW);
      g_assert_no_errno (stat (target, &after));
      if (!g_str_equal (real.name, "posix")) /* else it may have to be copied */
        g_assert_cmpuint (after.st_ino, ==, before.st_ino);
      test_persist_assert_names ("document", "target");
      unlink (target);
    }
}

/* A file whose name is deleted is copied: no link brings it back, and its mode stays. */
static void
test_unlinked (void)
{
  g_autofree char *target = test_persist_target ("document");

  real = temp_platform;
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = NULL;
      temp_autofd int old_fd = -1;
      struct stat st;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        {
          test_write (target, TEST_OLD);
          g_assert_no_errno (chmod (target, 0644));
        }
      temp_platform.create_nameless = create_no_nameless;
      if (!g_str_equal (real.name, "posix")) /* else the copy may have to be linked */
        temp_platform.link_handle = link_nothing;
      file = test_persist_new_file (TEST_NAMELESS);
      g_assert_null (temp_file_get_path (file));
      old_fd = dup (temp_file_get_fd (file));
      test_assert_persists (file, target, flags);
      temp_platform = real;

      test_assert_contents (target, TEST_NEW);
      g_assert_no_errno (fstat (old_fd, &st));
      g_assert_cmphex (st.st_mode & 07777, ==, 0600);
      test_persist_assert_names ("document", "target");
      unlink (target);
    }
}

/* Another program saves the document as soon as it is there. */

static const char *other_program_saves;

static int
link_and_replace (TempHandle  handle,
                  TempHandle  dir,
                  const char *name)
{
  if (real.link_handle (handle, dir, name) < 0)
    return -1;
  g_assert_no_errno (g_unlink (other_program_saves));
  test_write (other_program_saves, "of another program");
  return 0;
}

static void
test_replaced_at_once (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));

  if (test_skips_on_posix ("no links by a descriptor"))
    return;
  real = temp_platform;
  other_program_saves = target;
  temp_platform.link_handle = link_and_replace;
  test_assert_persists (file, target, TEMP_PERSIST_NONE);
  temp_platform = real;
  test_assert_contents (target, "of another program");
}

/* A link that comes out as another file is taken back. */
static void
test_other_inode (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");

  real = temp_platform;
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (GPOINTER_TO_INT (data));

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        test_write (target, TEST_OLD);
      temp_platform.link_handle = link_copy;
      temp_platform.get_filesystem = get_fuse;
      test_assert_persists (file, target, flags);
      temp_platform = real;

      test_assert_contents (target, TEST_NEW);
      test_persist_assert_names ("document", "target");
      unlink (target);
    }
}

/* Exchanging directories fails in these ways, on overlayfs, sshfs and mergerfs. A plain rename over a directory that
 * is not empty may fail as on sshfs, or succeed and mix the two, as on mergerfs. */
static int exchange_error;

static int
rename_no_exchange (TempHandle     from_dir,
                    const char    *from,
                    TempHandle     to_dir,
                    const char    *to,
                    TempRenameHow  how)
{
  if (how == TEMP_RENAME_NEW || !g_str_equal (to, "tree"))
    return real.rename (from_dir, from, to_dir, to, how);
  errno = how == TEMP_RENAME_EXCHANGE ? exchange_error : EPERM;
  return -1;
}

static void
test_no_exchange (void)
{
  static const int errors[] = { EXDEV, EPERM, EINVAL, EOPNOTSUPP, ENOSYS };
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *old = g_build_filename (target, "old", NULL);

  g_assert_no_errno (mkdir (target, 0700));
  test_write (old, TEST_OLD);
  real = temp_platform;
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TempDir) dir = temp_dir_new (test_dir (), NULL, NULL, &error);

      g_assert_no_error (error);
      exchange_error = errors[i];
      temp_platform.rename = rename_no_exchange;
      g_assert_false (test_persist_to (dir, target, TEMP_PERSIST_REPLACE, &error));
      temp_platform = real;

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      test_assert_error_mentions (error, target);
      test_assert_error_mentions (error, "not empty");
      test_assert_contents (old, TEST_OLD);
    }
}

/* The process has changed its user since: the kernel gives no link to a file of another user. */
static void
child_other_user (gconstpointer data)
{
  g_autofree char *target = test_persist_target ("document");
  g_autofree char *dir = g_path_get_dirname (target);
  g_autoptr (TempFile) file = NULL;
  g_autoptr (GError) error = NULL;

  test_child_skip_on_posix ("no nameless files that could be linked");
  if (geteuid () != 0)
    test_child_skip ("only root can become another user");
  file = test_persist_new_file (TEST_NAMELESS);
  g_assert_no_errno (chmod (dir, 0777));
  if (!test_become_nobody ())
    test_child_skip ("cannot become another user");

  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_error_mentions (error, target);
  test_assert_error_mentions (error, "another user");
  test_persist_assert_unchanged (file, NULL);

  test_assert_persists (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY);
  test_assert_contents (target, TEST_NEW);
  test_persist_assert_names ("document", "target");
}

/* Already there */

static void
test_linked_there (gconstpointer data)
{
  const TempPersistFlags flags = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = test_persist_new_file (TEST_ELSEWHERE);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (link (temp_file_get_path (file), target));
  if ((flags & TEMP_PERSIST_REPLACE) == 0)
    {
      g_assert_false (test_persist_to (file, target, flags, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
      test_assert_contents (temp_file_get_path (file), TEST_NEW);
      return;
    }

  test_assert_persists (file, target, flags);
  g_assert_cmpstr (temp_file_get_path (file), ==, target);
  test_persist_assert_names ("document", "target");
  g_clear_object (&file);
  test_assert_contents (target, TEST_NEW);
}

/* Two names of a document: the temporary file takes the place of one. */
static void
test_own_name (gconstpointer data)
{
  const TempPersistFlags flags = GPOINTER_TO_INT (data);
  g_autoptr (TempFile) file = test_persist_new_file (TEST_BESIDE);
  g_autofree char *path = g_strdup (temp_file_get_path (file));
  g_autofree char *base = g_path_get_basename (path);

  test_assert_persists (file, path, flags | TEMP_PERSIST_REPLACE);
  g_clear_object (&file);
  test_assert_contents (path, TEST_NEW);
  test_persist_assert_names (base, "target");
}

/* Closed files */

static void
test_closed (void)
{
  g_autofree char *target = test_persist_target ("document");

  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autoptr (TempFile) file = test_persist_new_file (TEST_ELSEWHERE);
      g_autoptr (GFileInfo) info = NULL;
      g_autofree char *etag = NULL;
      g_autoptr (GError) error = NULL;

      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        test_write (target, TEST_OLD);
      temp_file_set_delete_on_close (file, FALSE);
      g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
      g_assert_no_error (error);
      test_write (temp_file_get_path (file), TEST_NEW "by another program"); /* under the name, another file */

      test_assert_persists (file, target, flags);
      test_assert_contents (target, TEST_NEW "by another program");
      g_assert_cmpstr (temp_file_get_path (file), ==, target);
      g_assert_cmpint (temp_file_get_fd (file), ==, -1);
      info = g_file_query_info (temp_file_get_file (file), G_FILE_ATTRIBUTE_ETAG_VALUE, 0, NULL, NULL);
      etag = g_file_io_stream_get_etag (G_FILE_IO_STREAM (file));
      g_assert_cmpstr (etag, ==, g_file_info_get_etag (info));
      test_persist_assert_names ("document", "target");
      g_clear_object (&file);
      unlink (target);
    }
}

static void
test_closed_and_gone (void)
{
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (TempFile) gone = test_persist_new_file (TEST_ELSEWHERE);
  g_autoptr (TempFile) deleted = test_persist_new_file (TEST_ELSEWHERE);
  g_autoptr (GError) error = NULL;

  temp_file_set_delete_on_close (gone, FALSE);
  g_assert_true (g_io_stream_close (G_IO_STREAM (gone), NULL, NULL));
  g_assert_no_errno (unlink (temp_file_get_path (gone)));
  g_assert_false (test_persist_to (gone, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);

  g_assert_true (g_io_stream_close (G_IO_STREAM (deleted), NULL, NULL));
  g_assert_false (test_persist_to (deleted, target, TEMP_PERSIST_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  test_assert_error_mentions (error, target);
}

/* A new directory is what mkdir() would make it there. */

static void
assert_like (const char *path,
             const char *ordinary)
{
  static const char *const acls[] = { TEST_ACL, "system.posix_acl_default" };
  struct stat st, st_ordinary;

  g_assert_no_errno (stat (path, &st));
  g_assert_no_errno (stat (ordinary, &st_ordinary));
  g_assert_cmphex (st.st_mode, ==, st_ordinary.st_mode);
  g_assert_cmpuint (st.st_gid, ==, st_ordinary.st_gid);
  for (gsize i = 0; i < G_N_ELEMENTS (acls); i++)
    {
      guint8 acl[256], acl_ordinary[256];
      gssize n = getxattr (path, acls[i], acl, sizeof acl);
      gssize n_ordinary = getxattr (ordinary, acls[i], acl_ordinary, sizeof acl_ordinary);

      g_assert_cmpint (n, ==, n_ordinary);
      if (n > 0)
        g_assert_cmpmem (acl, n, acl_ordinary, n_ordinary);
    }
}

static void
child_like_mkdir (gconstpointer data)
{
  const TempPersistFlags flags = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("tree");
  g_autofree char *ordinary = test_persist_target ("ordinary");
  g_autofree char *above = g_path_get_dirname (target);
  g_autofree char *nameless_target = test_persist_target ("document");
  g_autofree char *ordinary_file = test_persist_target ("ordinary file");
  g_autoptr (GError) error = NULL;
  g_autoptr (TempDir) dir = NULL;
  g_autoptr (TempFile) file = NULL;
  int fd;

  if ((flags & TEMP_PERSIST_COPY) != 0 && !test_mount_tmpfs (above, "mode=0700"))
    test_child_skip ("nothing can be mounted");
  if (geteuid () == 0)
    g_assert_no_errno (chown (above, 0, 2000));
  g_assert_no_errno (chmod (above, 02775));
  if (g_str_equal (temp_platform.name, "posix") ||
      setxattr (above, "system.posix_acl_default", test_user_acl, sizeof test_user_acl, 0) < 0)
    g_test_message ("no ACLs here");

  umask (002);
  g_assert_no_errno (mkdir (ordinary, 0777));
  dir = temp_dir_new (test_dir (), NULL, NULL, &error);
  g_assert_no_error (error);
  test_assert_persists (dir, target, flags);
  assert_like (target, ordinary);

  fd = open (ordinary_file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  g_assert_no_errno (fd);
  close (fd);
  file = test_persist_new_file (TEST_NAMELESS);
  test_assert_persists (file, nameless_target, flags);
  assert_like (nameless_target, ordinary_file);
}

/* Entity tags */

static char *
read_etag (GFile *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_ETAG_VALUE, 0, NULL, &error);

  g_assert_no_error (error);
  return g_strdup (g_file_info_get_etag (info));
}

static void
test_etag (gconstpointer data)
{
  const TestKind kind = GPOINTER_TO_INT (data);
  g_autofree char *target = test_persist_target ("document");
  g_autoptr (TempFile) file = test_persist_new_file (kind);
  const char *path = temp_file_get_path (file);
  g_autoptr (GFile) document = g_file_new_for_path (target);
  g_autofree char *etag = NULL;
  g_autofree char *new_etag = NULL;
  g_autofree char *found = NULL;
  g_autoptr (GHashTable) counts = test_count_notifications (file);
  g_autoptr (GError) error = NULL;

  temp_file_set_expected_etag (file, "0:0");
  temp_file_set_expected_etag (file, "0:0");
  g_assert_cmpstr (temp_file_get_expected_etag (file), ==, "0:0");
  test_assert_notified (counts, "expected-etag", 1);

  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);

  test_write (target, TEST_OLD);
  g_assert_false (test_persist_to (file, target, TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  test_assert_error_mentions (error, target);
  g_clear_error (&error);
  test_assert_contents (target, TEST_OLD);
  test_persist_assert_unchanged (file, path);

  etag = read_etag (document);
  temp_file_set_expected_etag (file, etag);
  test_assert_persists (file, target, TEMP_PERSIST_REPLACE);
  test_assert_contents (target, TEST_NEW);

  found = read_etag (document);
  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, NULL));
  new_etag = g_file_io_stream_get_etag (G_FILE_IO_STREAM (file));
  g_assert_cmpstr (new_etag, ==, found);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/save/filesystems/without-nameless-files-beside", test_beside_without_nameless);
  g_test_add_func ("/save/filesystems/an-unlinked-file-is-copied", test_unlinked);
  test_add_in_child ("/save/filesystems/an-unlinked-file-stays-on-its-own", child_unlinked_elsewhere, NULL);
  test_persist_add_kinds ("/save/filesystems/a-link-to-another-file-is-taken-back", test_other_inode, FALSE, FALSE);
  g_test_add_data_func ("/save/filesystems/another-program-s-file-is-no-link-to-take-back/nameless",
                        GINT_TO_POINTER (TEST_NAMELESS), test_replaced_at_once);
  g_test_add_data_func ("/save/filesystems/another-program-s-file-is-no-link-to-take-back/beside",
                        GINT_TO_POINTER (TEST_BESIDE), test_replaced_at_once);
  g_test_add_func ("/save/filesystems/without-exchanges-say-so", test_no_exchange);
  test_add_in_child ("/save/another-user-s-temporary-file-is-copied-if-asked", child_other_user, NULL);
  for (TempPersistFlags flags = 0; flags < 4; flags++)
    {
      g_autofree char *linked = g_strdup_printf ("/save/there-already/by-a-link/%u", flags);
      g_autofree char *own = g_strdup_printf ("/save/there-already/by-its-own-name/%u", flags);

      g_test_add_data_func (linked, GINT_TO_POINTER (flags), test_linked_there);
      if ((flags & TEMP_PERSIST_REPLACE) != 0)
        g_test_add_data_func (own, GINT_TO_POINTER (flags), test_own_name);
    }
  g_test_add_func ("/save/closed/what-another-program-has-written", test_closed);
  g_test_add_func ("/save/closed/not-if-it-is-gone", test_closed_and_gone);
  test_add_in_child ("/save/new/is-what-mkdir-makes-there/by-rename", child_like_mkdir, NULL);
  test_add_in_child ("/save/new/is-what-mkdir-makes-there/by-copy", child_like_mkdir,
                     GINT_TO_POINTER (TEMP_PERSIST_COPY));
  test_persist_add_kinds ("/save/etag/of-another-program-s-file-is-refused", test_etag, FALSE, FALSE);

  return g_test_run ();
}
