/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-parent-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "temp-error-private.h"
#include "temp-fd-private.h"
#include "temp-process-private.h"

struct _TempParent
{
  gint  ref_count; /* atomic; the last one goes only with the process's lock, as the table changes */
  int   fd;        /* atomic */
  dev_t dev;
  ino_t ino;
  TempParent *above;       /* what it was made in, by us; with the process's lock */
  gboolean    is_recorded; /* the same */
  gint        is_ours;     /* atomic: the two above were ever set */
  gint        may_stay; /* atomic, as these are: several may learn them at once */
  gint        has_fine_times;
  gint        is_trusted;
};

/* The last ones that nobody needed any more, where that does no harm: most programs go on to make the
 * next thing in the same directory, or each of their threads does so in its own. With the process's lock. */
static TempParent *recent[TEMP_PARENT_N_RECENT];
static guint oldest;

/* By device and inode, not by path: a path can come to name another directory
 * at any time. As long as the descriptor is open, no other directory gets the
 * same inode. */
static GHashTable *parents;

static guint
parent_hash (gconstpointer key)
{
  const TempParent *parent = key;

  return (guint) parent->ino ^ (guint) (parent->ino >> 32) ^ (guint) parent->dev;
}

static gboolean
parent_equal (gconstpointer a,
              gconstpointer b)
{
  const TempParent *x = a;
  const TempParent *y = b;

  return x->ino == y->ino && x->dev == y->dev;
}

static TempParent *
lookup_and_ref_locked (const struct stat *st)
{
  const TempParent key = { .dev = st->st_dev, .ino = st->st_ino };
  TempParent *parent = parents != NULL ? g_hash_table_lookup (parents, &key) : NULL;

  if (parent != NULL)
    g_atomic_int_inc (&parent->ref_count);
  return parent;
}

static TempParent *
lookup (const struct stat *st)
{
  TempParent *parent;

  temp_process_lock ();
  parent = lookup_and_ref_locked (st);
  temp_process_unlock ();

  return parent;
}

/* Wraps a directory's descriptor, which it owns from now on; st is what fstat()
 * says of it. Where the directory is known already, gives that one. */
TempParent *
temp_parent_take (int                fd,
                  const struct stat *st)
{
  TempParent *parent;

  temp_process_lock ();
  parent = lookup_and_ref_locked (st);
  if (parent == NULL)
    {
      if (parents == NULL)
        g_atomic_pointer_set (&parents, g_hash_table_new (parent_hash, parent_equal));

      parent = g_new (TempParent, 1);
      *parent = (TempParent) { .ref_count = 1, .fd = g_steal_fd (&fd), .dev = st->st_dev, .ino = st->st_ino };
      g_hash_table_add (parents, parent);
    }
  temp_process_unlock ();

  temp_fd_clear (&fd);
  return parent;
}

/* Linux tells times apart that are closer than a tick since 6.13, if somebody looked at them. */
static gboolean
has_multigrain_times (void)
{
  static gsize answer;

  if (g_once_init_enter (&answer))
    {
      struct utsname name;
      guint major = 0, minor = 0;

      if (uname (&name) == 0)
        sscanf (name.release, "%u.%u", &major, &minor);
      g_once_init_leave (&answer, major > 6 || (major == 6 && minor >= 13) ? 2 : 1);
    }

  return answer == 2;
}

/* What the filesystem is like, which is asked only once for a directory. */
static void
learn_filesystem (TempParent        *parent,
                  const struct stat *st)
{
  struct stat root;
  struct statfs fs;

  if (fstatfs (parent->fd, &fs) < 0)
    return;

  /* What is held open cannot be unmounted: so only what is not while programs run. */
  g_atomic_int_set (&parent->may_stay,
                    fs.f_type == TMPFS_MAGIC || (stat ("/", &root) == 0 && root.st_dev == st->st_dev));

  /* The first two give no inode out again. What is mounted as ext3 has coarse times, too, but the same
   * magic as ext4; to find that out would take longer than to make a file. */
  g_atomic_int_set (&parent->has_fine_times,
                    fs.f_type == TMPFS_MAGIC || fs.f_type == BTRFS_SUPER_MAGIC ||
                    ((fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC) && has_multigrain_times ()));
}

/* Nobody but root and its owner can put another in the place of what is in there. */
static void
learn_mode (TempParent        *parent,
            const struct stat *st)
{
  g_atomic_int_set (&parent->is_trusted, st->st_uid == 0 && ((st->st_mode & S_ISVTX) != 0 || (st->st_mode & 022) == 0));
}

/* Gives the directory that the path names now. */
TempParent *
temp_parent_open (const char  *dir,
                  GError     **error)
{
  temp_autofd int fd = -1;
  TempParent *parent;
  struct stat st;

  if (g_atomic_pointer_get (&parents) != NULL && stat (dir, &st) == 0)
    {
      parent = lookup (&st);
      if (parent != NULL)
        {
          learn_mode (parent, &st);
          return parent;
        }
    }

  /* O_PATH: a directory that one may write but not read will do. */
  do
    fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);

  if (fd < 0 || fstat (fd, &st) < 0)
    {
      temp_error_from_errno (error, errno, "Could not open the directory", dir);
      return NULL;
    }

  parent = temp_parent_take (g_steal_fd (&fd), &st);
  learn_filesystem (parent, &st);
  learn_mode (parent, &st);
  return parent;
}

/* Somebody has closed its descriptor, with others that are not theirs: opens it again by a path that it may have.
 * FALSE: that is another directory. */
gboolean
temp_parent_reopen (TempParent *parent,
                    const char *dir)
{
  temp_autofd int fd = open (dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_dev != parent->dev || st.st_ino != parent->ino)
    return FALSE;

  /* It may get the very number that was closed. */
  temp_process_lock ();
  if (fd == parent->fd || fcntl (parent->fd, F_GETFD) < 0)
    g_atomic_int_set (&parent->fd, g_steal_fd (&fd));
  temp_process_unlock ();

  return TRUE;
}

TempParent *
temp_parent_ref (TempParent *parent)
{
  g_atomic_int_inc (&parent->ref_count);
  return parent;
}

static void
forget_locked (TempParent *parent)
{
  g_hash_table_remove (parents, parent);
  if (g_hash_table_size (parents) == 0)
    {
      GHashTable *empty = parents;

      g_atomic_pointer_set (&parents, NULL);
      g_hash_table_unref (empty);
    }
}

/* Lets go of the oldest recent one for another, or for none; gives it if it is to be freed. */
static TempParent *
replace_oldest_locked (TempParent *parent)
{
  TempParent *old = recent[oldest];

  recent[oldest] = parent;
  oldest = (oldest + 1) % TEMP_PARENT_N_RECENT;
  if (old == NULL || !g_atomic_int_dec_and_test (&old->ref_count))
    return NULL;

  forget_locked (old);
  return old;
}

static void
parent_free (TempParent *parent)
{
  temp_fd_clear (&parent->fd);
  g_clear_pointer (&parent->above, temp_parent_unref);
  g_free (parent);
}

/* FALSE: it may be the last reference. */
static gboolean
drop_one_of_several (TempParent *parent)
{
  gint n;

  do
    {
      n = g_atomic_int_get (&parent->ref_count);
      if (n == 1)
        return FALSE;
    }
  while (!g_atomic_int_compare_and_exchange (&parent->ref_count, n, n - 1));

  return TRUE;
}

void
temp_parent_unref (TempParent *parent)
{
  TempParent *last = NULL;

  if (drop_one_of_several (parent))
    return;

  temp_process_lock ();
  if (g_atomic_int_dec_and_test (&parent->ref_count))
    {
      if (g_atomic_int_get (&parent->may_stay))
        {
          g_atomic_int_set (&parent->ref_count, 1);
          last = replace_oldest_locked (parent);
        }
      else
        {
          forget_locked (parent);
          last = parent;
        }
    }
  temp_process_unlock ();

  g_clear_pointer (&last, parent_free);
}

/* FALSE: there was none. */
static gboolean
forget_one_recent (void)
{
  TempParent *last = NULL;
  guint i = 0;

  temp_process_lock ();
  while (i < TEMP_PARENT_N_RECENT && recent[i] == NULL)
    i++;
  if (i < TEMP_PARENT_N_RECENT)
    {
      oldest = i;
      last = replace_oldest_locked (NULL);
    }
  temp_process_unlock ();

  g_clear_pointer (&last, parent_free);
  return i < TEMP_PARENT_N_RECENT;
}

/* Closes what nobody needs. With one goes, perhaps, the last reference to that above, which is recent then. */
void
temp_parent_forget_recent (void)
{
  while (forget_one_recent ())
    ;
}

int
temp_parent_get_fd (TempParent *parent)
{
  return g_atomic_int_get (&parent->fd);
}

void
temp_parent_get_id (TempParent *parent,
                    dev_t      *dev,
                    ino_t      *ino)
{
  *dev = parent->dev;
  *ino = parent->ino;
}

/* Whether what was made in it is certainly still that. */
gboolean
temp_parent_is_trusted (TempParent *parent)
{
  return g_atomic_int_get (&parent->is_trusted);
}

/* Whether identities of what is made in it tell it from what gets the same inode at once. */
gboolean
temp_parent_has_fine_times (TempParent *parent)
{
  return g_atomic_int_get (&parent->has_fine_times);
}

/* It is in above, and, if is_recorded, in the ledger. */
void
temp_parent_set_covered (TempParent *parent,
                         TempParent *above,
                         gboolean    is_recorded)
{
  TempParent *old;

  temp_process_lock ();
  /* Moved by hand, one can come to be in what was in it. */
  for (TempParent *p = above; p != NULL; p = p->above)
    if (p == parent)
      {
        above = NULL;
        break;
      }
  old = g_steal_pointer (&parent->above);
  parent->above = above != NULL ? temp_parent_ref (above) : NULL;
  parent->is_recorded = is_recorded;
  g_atomic_int_set (&parent->is_ours, TRUE);
  temp_process_unlock ();

  g_clear_pointer (&old, temp_parent_unref);
}

/* Whether a crash leaves nothing in it, as it goes itself then, or what it is in. */
gboolean
temp_parent_is_covered (TempParent *parent)
{
  gboolean is_covered = FALSE;

  /* What we have not made never is. */
  if (!g_atomic_int_get (&parent->is_ours))
    return FALSE;

  temp_process_lock ();
  for (; parent != NULL && !is_covered; parent = parent->above)
    is_covered = parent->is_recorded;
  temp_process_unlock ();

  return is_covered;
}
