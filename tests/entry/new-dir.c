/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry/entries.h"
#include "test-support.h"

/* New directories: their descriptors, their modes, and others that somebody puts in their place. */

/* The entry make_dir of the platform is this one, so that somebody else gets at the new directory first. */
static TempPlatform real;
static void (*after_make_dir) (int         dir_fd,
                               const char *name);
static guint n_after_make_dir;

static int
make_dir (TempHandle  dir_fd,
          const char *name,
          uint32_t    mode)
{
  int result = real.make_dir (dir_fd, name, mode);
  void (*function) (int, const char *) = after_make_dir;

  after_make_dir = NULL;
  if (result == 0 && function != NULL)
    {
      n_after_make_dir++;
      function (dir_fd, name);
    }
  return result;
}

/* Has the function called in the new directory that is made next. The ledger's own are made first. */
static void
interfere_with (void (*function) (int         dir_fd,
                                  const char *name))
{
  g_autoptr (TempEntry) first = test_new_file (test_dir (), NULL);

  test_assert_deletes (first);
  n_after_make_dir = 0;
  after_make_dir = function;
}

/* Where others can rename, an error of opening the directory deletes it. */
static void
child_dir_not_opened (gconstpointer data)
{
  int errsv = GPOINTER_TO_INT (data);
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autoptr (TempEntry) holder = test_new_file (untrusted, "holder"); /* has a descriptor of its directory */
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_openat, errsv, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");

  g_assert_false (temp_entry_create_dir (entry, untrusted, NULL, "lost", NULL, 0700, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errsv));
  test_assert_error_mentions (error, untrusted);
  g_clear_error (&error);
  g_assert_null (entry->ledger);
  test_assert_deletes (holder);
  g_assert_no_errno (g_rmdir (untrusted)); /* is empty */
}

static void
test_dir_not_opened (gconstpointer data)
{
  test_in_child (child_dir_not_opened, data);
}

static void
child_dir_without_fd (gconstpointer data)
{
  g_autoptr (TempEntry) holder = test_new_file (test_dir (), NULL); /* its directory is known */
  g_autoptr (TempEntry) dir = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (!test_fail_syscall_if (SYS_openat, EMFILE, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");
  g_assert_true (temp_entry_create_dir (dir, test_dir (), NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpint (dir->fd, ==, -1);
  test_assert_deletes (dir);
  test_assert_exists (temp_entry_get_last_path (dir), FALSE);
  test_assert_deletes (holder);
}

static void
test_dir_without_fd (void)
{
  test_in_child (child_dir_without_fd, NULL);
}

static void
put_something_in (int         dir_fd,
                  const char *name)
{
  g_autofree char *inside = g_build_filename (name, "x", NULL);

  g_assert_no_errno (mkdirat (dir_fd, inside, 0700));
}

static void
open_it_up (int         dir_fd,
            const char *name)
{
  g_assert_no_errno (fchmodat (dir_fd, name, 0770, 0));
}

static void
put_symlink_there (int         dir_fd,
                   const char *name)
{
  g_assert_no_errno (unlinkat (dir_fd, name, AT_REMOVEDIR));
  g_assert_no_errno (symlinkat ("/", dir_fd, name));
}

static void
give_away (int         dir_fd,
           const char *name)
{
  g_assert_no_errno (fchownat (dir_fd, name, 65534, 65534, 0));
}

typedef struct
{
  void   (*interfere) (int, const char *);
  guint    n_left;
  gboolean needs_root;
} Interference;

/* Where others can rename, the library looks at the new directory, which may be another one by now. */
static void
test_dir_replaced (gconstpointer data)
{
  const Interference *interference = data;
  g_autofree char *untrusted = test_make_untrusted ("untrusted");
  g_autofree char *names = NULL;
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  if (interference->needs_root && geteuid () != 0)
    {
      g_test_skip ("only root can give a directory away");
      return;
    }

  interfere_with (interference->interfere);
  g_assert_false (temp_entry_create_dir (entry, untrusted, NULL, "d", NULL, 0700, &error));
  g_assert_nonnull (error);
  test_assert_error_mentions (error, untrusted);
  g_assert_cmpuint (n_after_make_dir, ==, 1);
  g_assert_null (temp_entry_get_path (entry));
  g_assert_null (entry->ledger);

  /* An empty directory goes. */
  names = test_list (untrusted);
  g_assert_cmpuint (*names == '\0' ? 0 : 1, ==, interference->n_left);
  g_clear_error (&error);

  /* The entry can be made again. */
  g_assert_true (temp_entry_create_dir (entry, untrusted, NULL, "d", NULL, 0700, &error));
  g_assert_no_error (error);
  test_assert_deletes (entry);
}

/* Where nobody else can rename, the library does not look: the user's own programs may get at the directory. */
static void
test_dir_trusted (void)
{
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;

  interfere_with (put_something_in);
  g_assert_true (temp_entry_create_dir (entry, test_dir (), NULL, "d", NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_after_make_dir, ==, 1);
  test_assert_deletes (entry);
  test_assert_exists (temp_entry_get_last_path (entry), FALSE);
}

/* A mode that shuts out the owner is set at the end. */
static void
test_modes (gconstpointer data)
{
  static const mode_t modes[] = { 0300, 0500, 0000, 0711, 0777 };
  g_autofree char *where = test_make_where (data);

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TempEntry) entry = temp_entry_new ();
      g_autoptr (GError) error = NULL;

      g_assert_true (temp_entry_create_dir (entry, where, NULL, NULL, NULL, modes[i], &error));
      g_assert_no_error (error);
      test_assert_mode (temp_entry_get_path (entry), S_IFDIR | (modes[i] & ~022));
      test_assert_deletes (entry);
    }
}

/* The mode is that of mkdir(), even if it shuts out the owner, under any umask, in a directory with any mode. */
static void
assert_mode_as_mkdir (const char *where,
                      mode_t      mode,
                      gboolean    has_fd)
{
  g_autofree char *model = g_build_filename (where, "model", NULL);
  g_autoptr (TempEntry) entry = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  struct stat st;

  g_assert_no_errno (mkdir (model, mode));
  g_assert_no_errno (stat (model, &st));
  g_assert_no_errno (g_rmdir (model));

  temp_entry_create_dir (entry, where, NULL, NULL, NULL, mode, &error);
  g_assert_no_error (error);
  g_assert_cmpint (entry->fd >= 0, ==, has_fd);
  test_assert_mode (temp_entry_get_path (entry), st.st_mode);
  test_assert_deletes (entry);
}

static void
assert_modes_as_mkdir (gboolean fails_to_open)
{
  static const mode_t masks[] = { 0077, 0027, 0277, 0777, 0000 };
  static const mode_t modes[] = { 0477, 0577, 0377, 0077, 0700, 0777 };
  static const char *const parents[] = { "plain", "sticky", "setgid" };
  TempEntry *holders[G_N_ELEMENTS (parents)]; /* their directories are known */

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    {
      g_autofree char *where = test_path (parents[i]);

      g_assert_no_errno (mkdir (where, 0700));
      g_assert_no_errno (chmod (where, i == 0 ? 0700 : i == 1 ? 01700 : 02700));
      holders[i] = test_new_file (where, NULL);
    }
  if (fails_to_open && !test_fail_syscall_if (SYS_openat, EMFILE, 2, O_DIRECTORY | O_NOFOLLOW))
    test_child_skip ("no filters of system calls here");

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (masks); j++)
      for (gsize k = 0; k < G_N_ELEMENTS (modes); k++)
        {
          g_autofree char *where = test_path (parents[i]);
          gboolean is_shut = (masks[j] & 0400) != 0 && geteuid () != 0; /* not even the owner can open it */
          mode_t mask = umask (masks[j]);

          assert_mode_as_mkdir (where, modes[k], !fails_to_open && !is_shut);
          umask (mask);
        }

  for (gsize i = 0; i < G_N_ELEMENTS (parents); i++)
    {
      test_assert_deletes (holders[i]);
      temp_entry_unref (holders[i]);
    }
}

static void
child_modes_as_mkdir (gconstpointer data)
{
  assert_modes_as_mkdir (FALSE);
}

static void
child_modes_not_opened (gconstpointer data)
{
  assert_modes_as_mkdir (TRUE);
}

/* Somebody leads the link elsewhere once the place is known. The new directory is the one that was made, and no other
 * of that name. */
static void
redirect (int         dir_fd,
          const char *name)
{
  test_redirect (strrchr (name, '/') != NULL ? strrchr (name, '/') + 1 : name);
}

static void
test_link_redirected (void)
{
  g_autofree char *link = test_make_shared ();
  g_autofree char *path = NULL;
  g_autoptr (TempEntry) dir = temp_entry_new ();
  g_autoptr (GError) error = NULL;
  struct stat made, opened;

  interfere_with (redirect);
  g_assert_true (temp_entry_create_dir (dir, link, NULL, NULL, NULL, 0700, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_after_make_dir, ==, 1);
  path = g_build_filename (test_dir (), "real", dir->name.base, NULL);
  g_assert_no_errno (stat (path, &made));
  g_assert_no_errno (fstat (dir->fd, &opened));
  g_assert_cmpuint (made.st_ino, ==, opened.st_ino);
  test_assert_deletes (dir);
  test_assert_precious (dir->name.base);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char  *name;
    Interference interference;
  } interferences[] = {
    { "filled", { put_something_in, 1, FALSE } },
    { "opened-up", { open_it_up, 0, FALSE } },
    { "symlink", { put_symlink_there, 1, FALSE } },
    { "given-away", { give_away, 0, TRUE } },
  };

  test_init (&argc, &argv);
  real = temp_platform;
  temp_platform.make_dir = make_dir;

  g_test_add_data_func ("/private/an-error-of-opening-leaves-nothing-where-others-can-rename/too-many",
                        GINT_TO_POINTER (EMFILE), test_dir_not_opened);
  g_test_add_data_func ("/private/an-error-of-opening-leaves-nothing-where-others-can-rename/error",
                        GINT_TO_POINTER (EIO), test_dir_not_opened);
  g_test_add_func ("/new-dir/one-in-a-trusted-directory-needs-no-descriptor", test_dir_without_fd);
  for (gsize i = 0; i < G_N_ELEMENTS (interferences); i++)
    {
      g_autofree char *path = g_strconcat ("/private/another-directory-in-its-place-is-an-error/", interferences[i].name,
                                           NULL);

      g_test_add_data_func (path, &interferences[i].interference, test_dir_replaced);
    }
  g_test_add_func ("/new-dir/one-is-not-looked-at-where-paths-are-trusted", test_dir_trusted);
  g_test_add_data_func ("/new-dir/a-mode-may-shut-out-the-owner/where-paths-are-trusted", NULL, test_modes);
  g_test_add_data_func ("/new-dir/a-mode-may-shut-out-the-owner/where-they-are-not", GINT_TO_POINTER (TRUE),
                        test_modes);
  test_add_with_ledgers ("/new-dir/a-mode-is-as-that-of-mkdir", child_modes_as_mkdir);
  test_add_with_ledgers ("/new-dir/a-mode-is-as-that-of-mkdir/without-a-descriptor", child_modes_not_opened);
  g_test_add_func ("/private/a-redirected-link-leads-to-no-other-directory", test_link_redirected);

  return g_test_run ();
}
