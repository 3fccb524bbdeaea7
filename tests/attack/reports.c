/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "test-support.h"

/* Replays what people have reported of editors and tools: lost rights, owners, links, attributes and contents. Each
 * report is a situation, in which a document is saved by temp_replace_contents(), with and without
 * TEMP_PERSIST_IN_PLACE, and by g_file_replace_contents(). A judge compares all that was there before with all that
 * is there afterwards. The test fails if a save of this library does harm, or is not done where it can be; it only
 * prints what GIO does. */

#define ALICE 1001
#define BOB 1002
#define TEAM 2000   /* of Alice and Bob */
#define SHADOW 2042 /* of nobody */

#define OLD "the old contents"
#define NEW "the new contents, which are longer than the old ones"

/* Situations: these make the document, called "document", in the current directory. */

typedef struct
{
  const char *report; /* the issue, or the program that it was reported of */
  const char *name;
  uid_t       owner;
  gid_t       group;
  mode_t      mode;     /* of the document; 0: there is none */
  mode_t      dir_mode;
  uid_t       user;     /* who saves */
  gboolean    fails;    /* the save has to fail: nothing may change */
  gboolean  (*prepare) (void); /* as root; returns FALSE if it cannot be had here */
  void      (*prepare_user) (void); /* as the user */
} Report;

static gboolean
write_file (const char *name,
            const char *text)
{
  return g_file_set_contents (name, text, -1, NULL);
}

static gboolean
move_and_link (const char *target,
               const char *link)
{
  return rename ("document", target) == 0 && symlink (link, "document") == 0;
}

static gboolean
hard_link (void)
{
  return link ("document", "other name") == 0;
}

static gboolean
hard_link_in_other_dir (void)
{
  return mkdir ("dir", 0755) == 0 && link ("document", "dir/other name") == 0;
}

static gboolean
symlink_relative (void)
{
  return move_and_link ("target", "target");
}

static gboolean
symlink_to_other_dir (void)
{
  return mkdir ("dotfiles", 0777) == 0 && chmod ("dotfiles", 0777) == 0 &&
         move_and_link ("dotfiles/target", "dotfiles/target");
}

static gboolean
symlink_chain (void)
{
  return symlink ("target", "second") == 0 && move_and_link ("target", "second");
}

static gboolean
symlink_absolute (void)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *target = g_build_filename (here, "target", NULL);

  return move_and_link ("target", target);
}

static gboolean
symlink_dangling (void)
{
  return symlink ("target", "document") == 0;
}

static gboolean
symlink_dangling_chain (void)
{
  return symlink ("target", "second") == 0 && symlink ("second", "document") == 0;
}

/* The directory "alias" is a link itself: ".." leads out of the directory that it means. */
static gboolean
symlink_by_alias (void)
{
  return mkdir ("physical", 0755) == 0 && mkdir ("physical/deep", 0755) == 0 && symlink ("physical/deep", "alias") == 0 &&
         symlink ("../target", "physical/deep/middle") == 0 && chmod ("physical", 0777) == 0 &&
         move_and_link ("physical/target", "alias/middle");
}

static gboolean
symlink_to_hard_link (void)
{
  return hard_link () && move_and_link ("target", "target");
}

static gboolean
symlink_loop (void)
{
  return symlink ("document", "document") == 0;
}

static gboolean
user_attributes (void)
{
  return setxattr ("document", "user.xdg.tags", "tag", 3, 0) == 0 && setxattr ("document", "user.empty", "", 0, 0) == 0;
}

static gboolean
large_attribute (void)
{
  g_autofree char *value = g_strnfill (3000, 'v');

  return setxattr ("document", "user.large", value, 3000, 0) == 0;
}

static gboolean
trusted_attribute (void)
{
  return setxattr ("document", "trusted.overlay", "x", 1, 0) == 0;
}

static gboolean
security_label (void)
{
  return setxattr ("document", "security.selinux", "system_u:object_r:etc_t:s0", 27, 0) == 0;
}

static gboolean
acl (void)
{
  return setxattr ("document", TEST_ACL, test_user_acl, sizeof test_user_acl, 0) == 0;
}

static gboolean
acl_and_hard_link (void)
{
  return acl () && hard_link ();
}

static gboolean
default_acl (void)
{
  return setxattr (".", "system.posix_acl_default", test_user_acl, sizeof test_user_acl, 0) == 0;
}

static gboolean
setgid_dir (void)
{
  return chown (".", 0, TEAM) == 0 && chmod (".", 02777) == 0;
}

static gboolean
mounted (void)
{
  return write_file ("unused", "") && mkdir ("mount", 0700) == 0 && test_mount_tmpfs ("mount", NULL) &&
         umount ("mount") == 0 && rmdir ("mount") == 0 && unlink ("unused") == 0 && rename ("document", "source") == 0 &&
         write_file ("document", "") && mount ("source", "document", NULL, MS_BIND, NULL) == 0;
}

static gboolean
mounted_in_shut_dir (void)
{
  return mounted () && chmod (".", 0755) == 0;
}

static gboolean
full_disk (void)
{
  char filling[4096] = { 0 };
  int fd;

  if (unlink ("document") < 0 || !test_mount_tmpfs (".", "size=64k,mode=777") || chdir (g_getenv ("REPORT_DIR")) < 0 ||
      !write_file ("document", OLD) || chown ("document", ALICE, ALICE) < 0)
    return FALSE;
  fd = open ("filling", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  while (write (fd, filling, sizeof filling) > 0)
    ;
  return close (fd) == 0;
}

static gboolean
full_disk_and_hard_link (void)
{
  return full_disk () && hard_link ();
}

static gboolean
read_only_filesystem (void)
{
  return unlink ("document") == 0 && test_mount_tmpfs (".", "mode=777") && chdir (g_getenv ("REPORT_DIR")) == 0 &&
         write_file ("document", OLD) && mount (NULL, g_getenv ("REPORT_DIR"), NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

static gboolean
in_memory (void)
{
  return unlink ("document") == 0 && test_mount_tmpfs (".", "mode=777") && chdir (g_getenv ("REPORT_DIR")) == 0 &&
         write_file ("document", OLD) && chown ("document", ALICE, ALICE) == 0 && chmod ("document", 0640) == 0;
}

static gboolean
long_name (void)
{
  char name[256];

  memset (name, 'n', 255);
  name[255] = '\0';
  return rename ("document", name) == 0 && g_setenv ("REPORT_DOCUMENT", name, TRUE);
}

static gboolean
long_name_and_hard_link (void)
{
  return hard_link () && long_name ();
}

static gboolean
odd_name (void)
{
  return rename ("document", "-\xff \n%s~") == 0 && g_setenv ("REPORT_DOCUMENT", "-\xff \n%s~", TRUE);
}

static gboolean
backup_is_taken (void)
{
  return write_file (".document~", "of somebody") && symlink ("/etc/passwd", ".document~2~") == 0 && hard_link ();
}

static gboolean
directory (void)
{
  return mkdir ("document", 0777) == 0 && write_file ("document/inside", OLD);
}

static gboolean
fifo (void)
{
  return mkfifo ("document", 0666) == 0 && chmod ("document", 0666) == 0;
}

static gboolean
linked_by_another_user (void)
{
  return write_file ("victim", OLD) && chown ("victim", ALICE, ALICE) == 0 && symlink ("victim", "document") == 0 &&
         lchown ("document", BOB, BOB) == 0 && chmod (".", 01777) == 0;
}

static void
umask_strict (void)
{
  umask (077);
}

static void
umask_group (void)
{
  umask (002);
}

static void
size_limit (void)
{
  const struct rlimit limit = { .rlim_cur = 8, .rlim_max = 8 };

  setrlimit (RLIMIT_FSIZE, &limit);
}

static const Report reports[] = {
  /* Links */
  { .report = "xournalpp/xournalpp#4314", .name = "hard link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = hard_link },
  { .report = "zim-desktop-wiki#188", .name = "hard link in another directory", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = hard_link_in_other_dir },
  { .report = "aretext#205", .name = "hard link, saved by root", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0755,
    .user = 0, .prepare = hard_link },
  { .report = "geany#4248", .name = "symbolic link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_relative },
  { .report = "martanne/vis#47", .name = "symbolic link with an absolute path", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_absolute },
  { .report = "tilde#92", .name = "symbolic link to dotfiles", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_to_other_dir },
  { .report = "nevi#327", .name = "chain of symbolic links", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_chain },
  { .report = "devthrottle#2751", .name = "dangling symbolic link", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_dangling },
  { .report = "oh-my-pi#10285", .name = "chain that ends nowhere", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_dangling_chain },
  { .report = "oh-my-pi#10285", .name = "link by an alias, with ..", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_by_alias },
  { .report = "vim-go#774", .name = "symbolic link to a hard link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = symlink_to_hard_link },
  { .report = "gedit", .name = "symbolic link to itself", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = symlink_loop },
  { .report = "protected_symlinks", .name = "another user's link in /tmp", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = linked_by_another_user },

  /* Modes */
  { .report = "click#1376", .name = "new file, umask 022", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE },
  { .report = "ipython#7317", .name = "new file, umask 002", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare_user = umask_group },
  { .report = "requests#6738", .name = "new file, umask 077", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare_user = umask_strict },
  { .report = "python-atomicwrites#42", .name = "mode of the old file", .owner = ALICE, .group = ALICE, .mode = 0751, .dir_mode = 0777,
    .user = ALICE },
  { .report = "mtrack#361", .name = "private file", .owner = ALICE, .group = ALICE, .mode = 0600, .dir_mode = 0777,
    .user = ALICE, .prepare_user = umask_group },
  { .report = "gedit", .name = "executable script", .owner = ALICE, .group = ALICE, .mode = 0755, .dir_mode = 0777,
    .user = ALICE, .prepare_user = umask_strict },
  { .report = "gedit", .name = "mode wider than the umask", .owner = ALICE, .group = ALICE, .mode = 0666, .dir_mode = 0777,
    .user = ALICE, .prepare_user = umask_strict },
  { .report = "hermes-webui#7225", .name = "set-group-id file", .owner = ALICE, .group = TEAM, .mode = 02664, .dir_mode = 0777,
    .user = ALICE },
  { .report = "hermes-webui#7225", .name = "set-user-id file with a hard link", .owner = ALICE, .group = TEAM, .mode = 04755, .dir_mode = 0777,
    .user = ALICE, .prepare = hard_link },
  { .report = "swift-foundation#2237", .name = "file that nobody may read", .owner = ALICE, .group = ALICE, .mode = 0200, .dir_mode = 0777,
    .user = ALICE },

  /* Owners and groups */
  { .report = "write-file-atomic#11", .name = "saved by root", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0755,
    .user = 0 },
  { .report = "mtrack#361", .name = "private, saved by root", .owner = ALICE, .group = ALICE, .mode = 0600, .dir_mode = 0700,
    .user = 0 },
  { .report = "patchloom#2493", .name = "saved by a member of the group", .owner = ALICE, .group = TEAM, .mode = 0664, .dir_mode = 0777,
    .user = BOB },
  { .report = "qwen-code#4431", .name = "world-writable, saved by anybody", .owner = ALICE, .group = ALICE, .mode = 0666, .dir_mode = 0777,
    .user = BOB },
  { .report = "AdvancedCore#298", .name = "group of the old file", .owner = ALICE, .group = TEAM, .mode = 0640, .dir_mode = 0777,
    .user = ALICE },
  { .report = "aseprite#5782", .name = "group of others", .owner = ALICE, .group = SHADOW, .mode = 0655, .dir_mode = 0777,
    .user = ALICE },
  { .report = "shadow-utils", .name = "secret of a lost group", .owner = ALICE, .group = SHADOW, .mode = 0640, .dir_mode = 0777,
    .user = ALICE },
  { .report = "emacs bug 3460", .name = "group, with a hard link", .owner = ALICE, .group = SHADOW, .mode = 0664, .dir_mode = 0777,
    .user = ALICE, .prepare = hard_link },
  { .report = "nac#111", .name = "group-writable, in a sticky directory", .owner = ALICE, .group = TEAM, .mode = 0664, .dir_mode = 01777,
    .user = BOB },

  /* Attributes and ACLs */
  { .report = "QTBUG-56366", .name = "extended attributes", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = user_attributes },
  { .report = "zim-desktop-wiki#188", .name = "large attribute", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = large_attribute },
  { .report = "martanne/vis#47", .name = "label, saved by root", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = 0, .prepare = security_label },
  { .report = "rsync", .name = "trusted attribute, saved by root", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = 0, .prepare = trusted_attribute },
  { .report = "valkey#4280", .name = "access control list", .owner = ALICE, .group = ALICE, .mode = 0640, .dir_mode = 0777,
    .user = ALICE, .prepare = acl },
  { .report = "valkey#4280", .name = "list with a lost group", .owner = ALICE, .group = SHADOW, .mode = 0640, .dir_mode = 0777,
    .user = ALICE, .prepare = acl },
  { .report = "valkey#4280", .name = "list with a hard link", .owner = ALICE, .group = ALICE, .mode = 0640, .dir_mode = 0777,
    .user = ALICE, .prepare = acl_and_hard_link },
  { .report = "hermes-agent#47962", .name = "new file, default list", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare = default_acl },
  { .report = "hermes-agent#47962", .name = "old file, default list", .owner = ALICE, .group = ALICE, .mode = 0600, .dir_mode = 0777,
    .user = ALICE, .prepare = default_acl },
  { .report = "hermes-agent#9279", .name = "new file, setgid directory", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .prepare = setgid_dir, .prepare_user = umask_group },
  { .report = "samba", .name = "old file, setgid directory", .owner = ALICE, .group = ALICE, .mode = 0640, .dir_mode = 0777,
    .user = ALICE, .prepare = setgid_dir },

  /* Directories, mounts, filesystems */
  { .report = "jupyter_server#1515", .name = "directory that is not writable", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0755,
    .user = ALICE },
  { .report = "chmln/sd#191", .name = "new file in a shut directory", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0755,
    .user = ALICE, .fails = TRUE },
  { .report = "bmad-loop#597", .name = "read-only file", .owner = ALICE, .group = ALICE, .mode = 0444, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE },
  { .report = "bmad-loop#597", .name = "file of another user", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = BOB, .fails = TRUE },
  { .report = "toolhive#3979", .name = "file mounted by itself", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = mounted },
  { .report = "click#1512", .name = "mounted, in a shut directory", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = mounted_in_shut_dir },
  { .report = "agentfs#165", .name = "read-only filesystem", .owner = ALICE, .group = ALICE, .mode = 0666, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = read_only_filesystem },
  { .report = "moby#15793", .name = "file in memory", .owner = ALICE, .group = ALICE, .mode = 0640, .dir_mode = 0777,
    .user = ALICE, .prepare = in_memory },

  /* Contents and names */
  { .report = "vscode#34915", .name = "full disk", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = full_disk },
  { .report = "micro#3196", .name = "full disk, hard link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = full_disk_and_hard_link },
  { .report = "rstudio#17845", .name = "limit of file sizes", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare_user = size_limit },
  { .report = "rstudio#17845", .name = "limit, hard link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = hard_link, .prepare_user = size_limit },
  { .report = "bmad-loop#712", .name = "longest name", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = long_name },
  { .report = "bmad-loop#712", .name = "longest name, hard link", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = long_name_and_hard_link },
  { .report = "bmad-loop#712", .name = "name that is no text", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = odd_name },
  { .report = "dotnet/docs#2748", .name = "backup's name is taken", .owner = ALICE, .group = ALICE, .mode = 0644, .dir_mode = 0777,
    .user = ALICE, .prepare = backup_is_taken },
  { .report = "gedit", .name = "directory", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = directory },
  { .report = "gedit", .name = "pipe", .owner = 0, .group = 0, .mode = 0, .dir_mode = 0777,
    .user = ALICE, .fails = TRUE, .prepare = fifo },
};

/* The judge */

typedef struct
{
  struct stat  st;
  char        *contents; /* of a file; the target of a link */
  GHashTable  *attributes;
} Thing;

static void
thing_free (gpointer data)
{
  Thing *thing = data;

  g_free (thing->contents);
  g_hash_table_unref (thing->attributes);
  g_free (thing);
}

static Thing *
thing_new (const char *path)
{
  Thing *thing = g_new0 (Thing, 1);
  char names[4096], value[4096];
  gssize n;

  thing->attributes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_assert_no_errno (lstat (path, &thing->st));
  if (S_ISREG (thing->st.st_mode))
    g_file_get_contents (path, &thing->contents, NULL, NULL);
  else if (S_ISLNK (thing->st.st_mode))
    thing->contents = g_file_read_link (path, NULL);

  n = llistxattr (path, names, sizeof names);
  for (const char *name = names; name < names + n; name += strlen (name) + 1)
    {
      gssize size = lgetxattr (path, name, value, sizeof value);

      g_hash_table_insert (thing->attributes, g_strdup (name), g_base64_encode ((guchar *) value, MAX (size, 0)));
    }
  return thing;
}

/* Returns all that is in the current directory, by its path. */
static void
look_into (GHashTable *things,
           const char *dir)
{
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name;

  g_assert_nonnull (listing);
  while ((name = g_dir_read_name (listing)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);
      Thing *thing = thing_new (path);

      g_hash_table_insert (things, g_strdup (path), thing);
      if (S_ISDIR (thing->st.st_mode))
        look_into (things, path);
    }
}

static GHashTable *
look (void)
{
  GHashTable *things = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, thing_free);

  look_into (things, ".");
  return things;
}

static void
find (GString    *verdict,
      gboolean    found,
      const char *harm)
{
  if (found && strstr (verdict->str, harm) == NULL)
    g_string_append_printf (verdict, "%s%s", verdict->len > 0 ? ", " : "", harm);
}

/* Returns TRUE if the group or others have rights that they did not have. */
static gboolean
is_wider (const Thing *before,
          const Thing *after)
{
  const guint old = before->st.st_mode, new = after->st.st_mode;
  const char *old_acl = g_hash_table_lookup (before->attributes, TEST_ACL);
  const char *new_acl = g_hash_table_lookup (after->attributes, TEST_ACL);

  /* With an ACL, the bits of the group are a mask, and the group has nothing here. */
  if (old_acl != NULL)
    return new_acl == NULL && (new & 070) != 0;
  if (before->st.st_gid != after->st.st_gid)
    return ((new >> 3 & 7) & ~(old & 7)) != 0 || ((new & 7) & ~(old & 7)) != 0;
  return ((new & 077) & ~(old & 077)) != 0;
}

static gboolean
has_lost_attribute (const Thing *before,
                    const Thing *after)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, before->attributes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (g_strcmp0 (g_hash_table_lookup (after->attributes, name), value) != 0)
      return TRUE;
  return g_hash_table_size (before->attributes) != g_hash_table_size (after->attributes);
}

/* Judges one thing. A group that the user may not give to a file is lost, with all that it may do: that is no harm. */
static void
judge_thing (GString     *verdict,
             const Thing *before,
             const Thing *after,
             gboolean     is_saved,
             gboolean     may_lose_group)
{
  const gboolean lost_group = before->st.st_gid != after->st.st_gid;
  const gboolean is_excused = lost_group && may_lose_group;

  find (verdict, (before->st.st_mode & S_IFMT) != (after->st.st_mode & S_IFMT), "link replaced");
  find (verdict, !is_saved && g_strcmp0 (before->contents, after->contents) != 0, "other contents");
  find (verdict, is_saved && g_strcmp0 (after->contents, NEW) != 0, "link broken");
  find (verdict, before->st.st_uid != after->st.st_uid, "owner");
  find (verdict, lost_group && !may_lose_group, "group");
  find (verdict, is_wider (before, after), "WIDER");
  find (verdict, before->st.st_mode != after->st.st_mode && !is_excused, "mode");
  find (verdict, before->st.st_nlink != after->st.st_nlink && S_ISREG (before->st.st_mode), "link broken");
  find (verdict, !is_excused && has_lost_attribute (before, after), "attributes");
}

static char *
judge (GHashTable   *before,
       GHashTable   *after,
       const char   *document,
       const GError *error,
       gboolean      may_lose_group)
{
  g_autoptr (GString) verdict = g_string_new (NULL);
  g_autofree char *contents = NULL;
  struct stat st;
  const Thing *ordinary = g_hash_table_lookup (after, "./ordinary");
  const Thing *saved = NULL;
  gboolean has_document = stat (document, &st) == 0;
  GHashTableIter iter;
  gpointer path, thing;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &path, &thing))
    {
      const Thing *old = thing, *now = g_hash_table_lookup (after, path);
      const gboolean is_saved = error == NULL && S_ISREG (old->st.st_mode) && g_strcmp0 (old->contents, OLD) == 0;

      if (now == NULL)
        find (verdict, TRUE, "name lost");
      else
        judge_thing (verdict, old, now, is_saved, may_lose_group);
      if (is_saved)
        saved = old;
    }

  g_hash_table_iter_init (&iter, after);
  while (g_hash_table_iter_next (&iter, &path, &thing))
    if (!g_hash_table_contains (before, path) && !g_str_equal (path, "./ordinary"))
      {
        const Thing *made = thing;
        const gboolean is_new = error == NULL && has_document && saved == NULL && made->st.st_ino == st.st_ino;

        find (verdict, !is_new, "left behind");
        if (is_new && ordinary != NULL)
          {
            find (verdict, made->st.st_gid != ordinary->st.st_gid, "group of a new file");
            find (verdict, made->st.st_mode != ordinary->st.st_mode, "mode of a new file");
            find (verdict, has_lost_attribute (ordinary, made), "attributes of a new file");
          }
      }

  if (error == NULL && (!g_file_get_contents (document, &contents, NULL, NULL) || g_strcmp0 (contents, NEW) != 0))
    find (verdict, TRUE, "not saved");
  if (verdict->len == 0)
    g_string_append (verdict, error == NULL ? "kept" : error->domain == TEMP_SAVE_ERROR ? "asks" : "refused");
  return g_strdup (verdict->str);
}

/* Replaying, each time in a child */

typedef enum
{
  EDITOR,  /* temp_replace_contents() with IN_PLACE */
  CAREFUL, /* without */
  GIO,
  N_WAYS,
} Way;

static gboolean
save (const char  *document,
      Way          way,
      GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (document);
  g_autoptr (GBytes) contents = g_bytes_new_static (NEW, strlen (NEW));

  if (way == GIO)
    return g_file_replace_contents (file, NEW, strlen (NEW), NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
  return temp_replace_contents (file, contents, NULL, way == EDITOR ? TEMP_PERSIST_IN_PLACE : 0, NULL, NULL, error);
}

static gboolean
set_up (const Report *r)
{
  umask (022);
  if (chdir (g_getenv ("REPORT_DIR")) < 0 || chmod (".", r->dir_mode) < 0)
    return FALSE;
  g_setenv ("REPORT_DOCUMENT", "document", TRUE);
  g_setenv ("XDG_STATE_HOME", g_getenv ("REPORT_STATE"), TRUE);
  if (chown (g_getenv ("REPORT_STATE"), r->user, r->user) < 0)
    return FALSE;
  if (r->mode != 0 && (!write_file ("document", OLD) || chown ("document", r->owner, r->group) < 0 ||
                       chmod ("document", r->mode) < 0))
    return FALSE;
  return r->prepare == NULL || r->prepare ();
}

/* As test_become(), but the user stays in the team. */
static gboolean
become (uid_t user)
{
  const gid_t team = TEAM;

  return setgroups (1, &team) == 0 && setresgid (user, user, user) == 0 && setresuid (user, user, user) == 0;
}

static void
replay (const Report *r,
        Way           way,
        int           out)
{
  const gboolean may_lose_group = r->group == SHADOW && r->user != 0;
  g_autoptr (GHashTable) before = NULL;
  g_autoptr (GHashTable) after = NULL;
  g_autofree char *here = NULL;
  g_autofree char *document = NULL;
  g_autofree char *verdict = NULL;
  g_autoptr (GError) error = NULL;
  int commands[2], status;
  pid_t pid;

  if (!set_up (r))
    {
      g_assert_cmpint (write (out, "skipped", 7), ==, 7);
      return;
    }

  /* Root judges, and the user saves, in a child of this one. */
  here = g_get_current_dir ();
  document = g_build_filename (here, g_getenv ("REPORT_DOCUMENT"), NULL);
  before = look ();
  g_assert_no_errno (pipe (commands));
  pid = fork ();
  if (pid == 0)
    {
      int ordinary;
      char said[2] = { 0 };

      if (r->user != 0 && !become (r->user))
        test_child_exit (3);
      if (r->prepare_user != NULL)
        r->prepare_user ();
      alarm (way == GIO ? 1 : 60); /* a save that hangs */
      if (r->mode == 0 && (ordinary = open ("ordinary", O_CREAT | O_WRONLY | O_CLOEXEC, 0666)) >= 0)
        close (ordinary);
      if (!save (document, way, &error))
        {
          said[0] = error->domain == TEMP_SAVE_ERROR ? 'a' : 'r';
          g_assert_cmpint (write (commands[1], said, 1), ==, 1);
        }
      test_child_exit (0);
    }
  close (commands[1]);
  g_assert_no_errno (pid);
  {
    char said = 0;

    if (read (commands[0], &said, 1) == 1)
      g_set_error_literal (&error, said == 'a' ? TEMP_SAVE_ERROR : G_IO_ERROR, 0, "");
  }
  close (commands[0]);
  g_assert_no_errno (waitpid (pid, &status, 0));
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    {
      after = look ();
      verdict = judge (before, after, document, error, may_lose_group);
    }
  else
    {
      verdict = g_strdup (!WIFSIGNALED (status) ? "skipped" : WTERMSIG (status) == SIGALRM ? "HANGS" : "KILLED");
    }
  g_assert_cmpint (write (out, verdict, strlen (verdict)), ==, strlen (verdict));
}

static char *
replay_in_child (const Report *r,
                 guint         number,
                 Way           way)
{
  g_autofree char *base = g_strdup_printf ("%u-%u", number, way);
  g_autofree char *dir = test_path (base);
  g_autofree char *state = g_strconcat (dir, "-state", NULL);
  char verdict[256];
  gsize length = 0;
  gssize n;
  int ends[2], status;
  pid_t pid;

  g_assert_no_errno (mkdir (dir, 0700));
  g_assert_no_errno (mkdir (state, 0700));
  g_setenv ("REPORT_DIR", dir, TRUE);
  g_setenv ("REPORT_STATE", state, TRUE);
  g_assert_no_errno (pipe (ends));
  pid = test_fork_idle ();
  if (pid == 0)
    {
      replay (r, way, ends[1]);
      test_child_exit (0);
    }

  close (ends[1]);
  while ((n = read (ends[0], verdict + length, sizeof verdict - 1 - length)) > 0)
    length += n;
  verdict[length] = '\0';
  close (ends[0]);
  g_assert_no_errno (waitpid (pid, &status, 0));
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  return g_strdup (verdict);
}

static void
test_reports (void)
{
  guint counts[N_WAYS] = { 0 };

  if (test_skips_on_posix ("no extended attributes"))
    return;
  if (geteuid () != 0)
    {
      g_test_skip ("only root can make files of several users");
      return;
    }

  g_assert_no_errno (chmod (test_dir (), 0755));
  {
    g_autofree char *top = g_path_get_dirname (test_dir ());

    g_assert_no_errno (chmod (top, 0755));
  }
  for (guint i = 0; i < G_N_ELEMENTS (reports); i++)
    {
      const Report *r = &reports[i];
      g_autofree char *editor = replay_in_child (r, i, EDITOR);
      g_autofree char *careful = replay_in_child (r, i, CAREFUL);
      g_autofree char *gio = replay_in_child (r, i, GIO);

      g_test_message ("%-38s %-10s %-10s %s", r->name, editor, careful, gio);
      counts[GIO] += !g_str_equal (gio, r->fails ? "refused" : "kept") && !g_str_equal (gio, "skipped");
      if (g_str_equal (editor, "skipped"))
        continue;

      if (!g_str_equal (editor, r->fails ? "refused" : "kept"))
        g_test_fail_printf ("%s (%s): %s in place", r->name, r->report, editor);
      if (!g_str_equal (careful, r->fails ? "refused" : "kept") &&
          !g_str_equal (careful, r->fails ? "refused" : "asks"))
        g_test_fail_printf ("%s (%s): %s", r->name, r->report, careful);
    }
  g_test_message ("%u reports; by GIO, %u of them end otherwise", (guint) G_N_ELEMENTS (reports), counts[GIO]);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/attack/reports-of-others-end-well", test_reports);

  return g_test_run ();
}
