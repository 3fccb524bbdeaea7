/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "test-support.h"

/* Directories of each kind, found below a made-up root in the test's directory: the library sees that in place of
 * "/". */

static TempPlatform real;

/* What is made up: paths, each with a blank behind it. */
static const char *in_memory = "";
static const char *refused = "";
static gboolean is_privileged;
static guint32 uid;

/* Returns a path in the made-up root. */
static const char *
get_in_root (const char *path)
{
  g_autofree char *found = g_strconcat (test_dir (), path, NULL);

  return g_path_is_absolute (path) ? g_intern_string (found) : path;
}

static gboolean
is_one_of (const char *path,
           const char *paths)
{
  g_autofree char *ended = g_strconcat (path, " ", NULL);

  return strstr (paths, ended) != NULL;
}

static TempHandle
open_dir (TempHandle     dir,
          const char    *name,
          TempOpenFlags  flags)
{
  return real.open_dir (dir, get_in_root (name), flags);
}

static TempHandle
create_nameless (TempHandle  dir,
                 const char *name,
                 guint32     mode)
{
  if (is_one_of (name, refused))
    {
      errno = EACCES;
      return -1;
    }
  return real.create_nameless (dir, get_in_root (name), mode);
}

static int
stat_target (TempHandle  dir,
             const char *name,
             TempStat   *st)
{
  return real.stat_target (dir, get_in_root (name), st);
}

static int
get_filesystem (TempHandle      handle,
                TempFilesystem *filesystem)
{
  g_auto (GStrv) paths = g_strsplit (in_memory, " ", -1);

  *filesystem = (TempFilesystem) { .has_safe_locks = TRUE };
  for (gsize i = 0; paths[i] != NULL; i++)
    {
      TempStat st;

      if (*paths[i] != '\0' && stat_target (TEMP_HANDLE_CURRENT_DIR, paths[i], &st) == 0 && temp_fd_is (handle, &st.id))
        filesystem->is_in_memory = TRUE;
    }
  return 0;
}

static bool
get_privileged (void)
{
  return is_privileged;
}

static guint32
get_uid (void)
{
  return uid;
}

static void
make_dirs (const char *path)
{
  g_assert_no_errno (g_mkdir_with_parents (get_in_root (path), 0755));
}

/* A machine with all directories, none of which is in memory. */
static void
use_made_up_root (void)
{
  static const char *const dirs[] = {
    "/tmp", "/var/tmp", "/dev/shm", "/run/user/1", "/home/user/.var/app/org.example.App/cache",
    "/home/user/snap/app/common",
  };
  static const char *const unset[] = {
    "G_TEST_TMPDIR", "TMPDIR", "TEMP", "TMP", "SNAP", "SNAP_USER_COMMON", "XDG_CACHE_HOME",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    make_dirs (dirs[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (unset); i++)
    g_unsetenv (unset[i]);
  g_setenv ("HOME", "/home/user", TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "/run/user/1", TRUE);

  real = temp_platform;
  uid = real.get_uid ();
  temp_platform.open_dir = open_dir;
  temp_platform.create_nameless = create_nameless;
  temp_platform.stat_target = stat_target;
  temp_platform.get_filesystem = get_filesystem;
  temp_platform.is_privileged = get_privileged;
  temp_platform.get_uid = get_uid;
  g_assert_true (temp_set_default_dir (NULL, NULL));
}

static void
assert_found (TempLocation  location,
              const char   *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = temp_get_dir (location, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (dir, ==, expected);
}

/* The error names the two directories, and the cause of each; NULL: there is none. */
static void
assert_none (TempLocation  location,
             int           code,
             const char   *first,
             const char   *second)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (temp_get_dir (location, &error));
  g_assert_error (error, G_IO_ERROR, code);
  test_assert_error_mentions (error, first);
  if (second != NULL)
    test_assert_error_mentions (error, second);
}

static void
child_default (gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  use_made_up_root ();
  assert_found (TEMP_LOCATION_DEFAULT, "/tmp");
  g_assert_true (temp_set_default_dir ("/var/tmp", &error));
  g_assert_no_error (error);
  assert_found (TEMP_LOCATION_DEFAULT, "/var/tmp");
}

static void
child_memory (gconstpointer data)
{
  use_made_up_root ();

  in_memory = "/dev/shm /run/user/1 ";
  assert_found (TEMP_LOCATION_MEMORY, "/dev/shm");
  refused = "/dev/shm ";
  assert_found (TEMP_LOCATION_MEMORY, "/run/user/1");
  refused = "";
  in_memory = "/run/user/1 ";
  assert_found (TEMP_LOCATION_MEMORY, "/run/user/1");

  in_memory = "/dev/shm /run/user/1 ";
  g_assert_no_errno (g_rmdir (get_in_root ("/dev/shm")));
  assert_found (TEMP_LOCATION_MEMORY, "/run/user/1");
  test_assert_list ("run/user/1", "");
}

static void
child_no_memory (gconstpointer data)
{
  use_made_up_root ();

  assert_none (TEMP_LOCATION_MEMORY, G_IO_ERROR_NO_SPACE, "“/dev/shm” (it is not in memory)",
               "“/run/user/1” (it is not in memory)");

  in_memory = "/dev/shm ";
  refused = "/dev/shm ";
  g_unsetenv ("XDG_RUNTIME_DIR");
  assert_none (TEMP_LOCATION_MEMORY, G_IO_ERROR_NO_SPACE, "“/dev/shm” (Permission denied)", NULL);
  g_setenv ("XDG_RUNTIME_DIR", "run/user/1", TRUE);
  assert_none (TEMP_LOCATION_MEMORY, G_IO_ERROR_NO_SPACE, "“/dev/shm” (Permission denied)", NULL);
}

static void
child_large (gconstpointer data)
{
  use_made_up_root ();

  assert_found (TEMP_LOCATION_LARGE, "/var/tmp");
  test_assert_exists (get_in_root ("/home/user/.cache"), FALSE);

  in_memory = "/var/tmp ";
  make_dirs ("/home/user/.cache");
  assert_found (TEMP_LOCATION_LARGE, "/home/user/.cache");
  make_dirs ("/other");
  g_setenv ("XDG_CACHE_HOME", "/other", TRUE);
  assert_found (TEMP_LOCATION_LARGE, "/other");
  in_memory = "";
  refused = "/var/tmp ";
  assert_found (TEMP_LOCATION_LARGE, "/other");

  in_memory = "/other ";
  assert_none (TEMP_LOCATION_LARGE, G_IO_ERROR_NOT_FOUND, "“/var/tmp” (Permission denied)", "“/other” (it is in memory)");
}

static void
child_made (gconstpointer data)
{
  use_made_up_root ();
  refused = "/var/tmp ";

  assert_found (TEMP_LOCATION_LARGE, "/home/user/.cache");
  test_assert_mode (get_in_root ("/home/user/.cache"), S_IFDIR | 0700);
}

/* Not in another user's directory, and none above it. */
static void
child_not_made (gconstpointer data)
{
  use_made_up_root ();
  refused = "/var/tmp ";

  uid = real.get_uid () + 1;
  assert_none (TEMP_LOCATION_LARGE, G_IO_ERROR_NOT_FOUND, "“/var/tmp”", "“/home/user/.cache” (No such file");
  test_assert_exists (get_in_root ("/home/user/.cache"), FALSE);

  uid = real.get_uid ();
  g_setenv ("HOME", "/home/nobody", TRUE);
  assert_none (TEMP_LOCATION_LARGE, G_IO_ERROR_NOT_FOUND, "“/var/tmp”", "“/home/nobody/.cache” (No such file");
  test_assert_exists (get_in_root ("/home/nobody"), FALSE);

  g_setenv ("HOME", "", TRUE);
  assert_none (TEMP_LOCATION_LARGE, G_IO_ERROR_NOT_FOUND, "“/var/tmp”", NULL);
}

static void
child_not_in_sandbox (gconstpointer data)
{
  use_made_up_root ();

  assert_found (TEMP_LOCATION_SHARED, "/tmp");
  g_setenv ("XDG_CACHE_HOME", "/home/user/.cache", TRUE);
  g_setenv ("SNAP_USER_COMMON", "/home/user/snap/app/common", TRUE);
  assert_found (TEMP_LOCATION_SHARED, "/tmp");
  g_setenv ("SNAP", "app", TRUE);
  assert_found (TEMP_LOCATION_SHARED, "/tmp");
}

static void
child_flatpak (gconstpointer data)
{
  const char *cache = "/home/user/.var/app/org.example.App/cache";

  use_made_up_root ();
  test_write (get_in_root ("/.flatpak-info"), "[Application]\nname=org.example.App\n");

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  assert_found (TEMP_LOCATION_SHARED, cache);
  assert_found (TEMP_LOCATION_DEFAULT, "/tmp");

  /* The default directory is another one outside. */
  refused = "/home/user/.var/app/org.example.App/cache ";
  assert_none (TEMP_LOCATION_SHARED, G_IO_ERROR_NOT_FOUND, cache, "Permission denied");
  g_unsetenv ("XDG_CACHE_HOME");
  assert_none (TEMP_LOCATION_SHARED, G_IO_ERROR_NOT_FOUND, "XDG_CACHE_HOME", NULL);
}

static void
child_snap (gconstpointer data)
{
  use_made_up_root ();
  g_setenv ("SNAP", "/snap/app/1", TRUE);
  g_setenv ("SNAP_USER_COMMON", "/home/user/snap/app/common", TRUE);

  assert_found (TEMP_LOCATION_SHARED, "/home/user/snap/app/common/.cache");
  test_assert_mode (get_in_root ("/home/user/snap/app/common/.cache"), S_IFDIR | 0700);
  assert_found (TEMP_LOCATION_SHARED, "/home/user/snap/app/common/.cache");
}

/* The user who starts a set-user-id program chooses its environment. */
static void
child_privileged (gconstpointer data)
{
  use_made_up_root ();
  is_privileged = TRUE;
  g_assert_true (temp_set_default_dir (NULL, NULL));
  g_setenv ("XDG_CACHE_HOME", "/home/user/snap/app/common", TRUE);
  g_setenv ("SNAP", "/snap/app/1", TRUE);
  g_setenv ("SNAP_USER_COMMON", "/home/user/snap/app/common", TRUE);

  in_memory = "/run/user/1 ";
  assert_none (TEMP_LOCATION_MEMORY, G_IO_ERROR_NO_SPACE, "“/dev/shm” (it is not in memory)", NULL);
  assert_found (TEMP_LOCATION_SHARED, "/tmp");
  test_write (get_in_root ("/.flatpak-info"), "");
  assert_found (TEMP_LOCATION_SHARED, "/tmp");

  assert_found (TEMP_LOCATION_LARGE, "/var/tmp");
  refused = "/var/tmp ";
  assert_none (TEMP_LOCATION_LARGE, G_IO_ERROR_NOT_FOUND, "“/var/tmp” (Permission denied)", NULL);
  test_assert_exists (get_in_root ("/home/user/snap/app/common/.cache"), FALSE);
}

static void
test_type (void)
{
  GEnumClass *type = g_type_class_ref (TEMP_TYPE_LOCATION);

  g_assert_cmpuint (type->n_values, ==, 4);
  g_assert_cmpstr (g_enum_get_value (type, TEMP_LOCATION_SHARED)->value_nick, ==, "shared");
  g_type_class_unref (type);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_in_child ("/location/default/is-the-default-directory", child_default, NULL);
  test_add_in_child ("/location/memory/takes-a-file-and-is-in-memory", child_memory, NULL);
  test_add_in_child ("/location/memory/else-no-space", child_no_memory, NULL);
  test_add_in_child ("/location/large/takes-a-file-and-is-not-in-memory", child_large, NULL);
  test_add_in_child ("/location/large/cache-directory-is-made", child_made, NULL);
  test_add_in_child ("/location/large/cache-directory-is-not-made-for-others", child_not_made, NULL);
  test_add_in_child ("/location/shared/is-the-default-directory", child_not_in_sandbox, NULL);
  test_add_in_child ("/location/shared/in-a-flatpak", child_flatpak, NULL);
  test_add_in_child ("/location/shared/in-a-snap", child_snap, NULL);
  test_add_in_child ("/private/set-user-id-program-ignores-the-environment", child_privileged, NULL);
  g_test_add_func ("/location/has-a-type", test_type);

  return g_test_run ();
}
