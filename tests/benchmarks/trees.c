/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "things.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Removing DIR/tree, which one of the make-…s has made. */

#define TREE "tree"

/* Making it */

static void
make_file (int dir_fd)
{
  char name[9];

  benchmark_next_name (name);
  BENCHMARK_OK (close (BENCHMARK_OK (openat (dir_fd, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600))));
}

static int
open_folder (int         dir_fd,
             const char *name)
{
  return BENCHMARK_OK (openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int
make_folder (int         dir_fd,
             const char *name)
{
  BENCHMARK_OK (mkdirat (dir_fd, name, 0700));
  return open_folder (dir_fd, name);
}

/* Ten folders in each, three levels of them, and the n files in the lowest. */
static void
make_level (int    fd,
            guint  level,
            gulong n)
{
  char name[] = "0";

  if (level == 3)
    {
      while (n-- > 0)
        make_file (fd);
      return;
    }

  for (guint i = 0; i < 10; i++, name[0]++)
    {
      gulong share = n / 10 + (i < n % 10);
      int sub;

      if (share == 0)
        break;
      sub = make_folder (fd, name);
      make_level (sub, level + 1, share);
      BENCHMARK_OK (close (sub));
    }
}

static void
make_tree (gulong n)
{
  int fd = make_folder (benchmark_dir_fd, TREE);

  make_level (fd, 0, n);
  BENCHMARK_OK (close (fd));
}

static void
make_wide (gulong n)
{
  int fd = make_folder (benchmark_dir_fd, TREE);

  while (n-- > 0)
    make_file (fd);
  BENCHMARK_OK (close (fd));
}

static void
make_deep (gulong n)
{
  int fd = make_folder (benchmark_dir_fd, TREE);

  while (n-- > 0)
    {
      int sub = make_folder (fd, "d");

      BENCHMARK_OK (close (fd));
      fd = sub;
    }
  BENCHMARK_OK (close (fd));
}

/* Removing it */

static void
remove_tree (gulong n)
{
  g_autofree char *path = g_build_filename (benchmark_dir, TREE, NULL);
  g_autoptr (GFile) tree = g_file_new_for_path (path);
  GError *error = NULL;

  benchmark_done (temp_remove_tree (tree, TEMP_REMOVE_NONE, NULL, NULL, NULL, &error), error);
}

/* An entry of getdents64(2), which no header declares. */
typedef struct
{
  guint64 ino;
  gint64  off;
  guint16 length;
  guint8  type;
  char    name[];
} Entry;

/* Removes the files in a folder, and returns the names of the folders in it. */
static GPtrArray *
remove_files (int fd)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *buffer = g_malloc (32768);
  long n;

  while ((n = BENCHMARK_OK (syscall (SYS_getdents64, fd, buffer, 32768))) > 0)
    for (long i = 0; i < n; i += ((Entry *) (buffer + i))->length)
      {
        Entry *entry = (Entry *) (buffer + i);

        if (entry->type != DT_DIR)
          BENCHMARK_OK (unlinkat (fd, entry->name, 0));
        else if (!g_str_equal (entry->name, ".") && !g_str_equal (entry->name, ".."))
          g_ptr_array_add (folders, g_strdup (entry->name));
      }

  return folders;
}

/* So many folders stay open on the way down. Each one below is opened again on the way up. */
#define MAX_OPEN 200

/* Empties the folder. Returns a descriptor of it, perhaps another one. */
static int
empty_folder (int   fd,
              guint level)
{
  g_autoptr (GPtrArray) folders = remove_files (fd);

  for (guint i = 0; i < folders->len; i++)
    {
      const char *name = g_ptr_array_index (folders, i);
      int sub = open_folder (fd, name);

      if (level >= MAX_OPEN)
        BENCHMARK_OK (close (fd));
      sub = empty_folder (sub, level + 1);
      if (level >= MAX_OPEN)
        fd = open_folder (sub, "..");
      BENCHMARK_OK (close (sub));
      BENCHMARK_OK (unlinkat (fd, name, AT_REMOVEDIR));
    }

  return fd;
}

static void
remove_tree_bare (gulong n)
{
  BENCHMARK_OK (close (empty_folder (open_folder (benchmark_dir_fd, TREE), 0)));
  BENCHMARK_OK (unlinkat (benchmark_dir_fd, TREE, AT_REMOVEDIR));
}

/* Drops a directory, and measures only the time in the thread that drops it. */
static void
drop (gulong n)
{
  GError *error = NULL;
  TempDir *dir = benchmark_made (temp_dir_new (benchmark_dir, NULL, NULL, &error), error);
  g_autofree char *path = g_strdup (temp_dir_get_path (dir));
  int fd = open_folder (AT_FDCWD, path);

  while (n-- > 0)
    make_file (fd);
  BENCHMARK_OK (close (fd));
  temp_dir_set_delete_in_background (dir, TRUE);

  benchmark_start ();
  g_object_unref (dir);
  benchmark_stop (1);

  while (g_file_test (path, G_FILE_TEST_EXISTS))
    g_usleep (1000);
}

static void
drop_bare (gulong n)
{
  make_wide (n);

  benchmark_start ();
  remove_tree_bare (n);
  benchmark_stop (1);
}

const Benchmark benchmarks_trees[] = {
  { "drop:bare", drop_bare, BENCHMARK_ONCE },
  { "drop", drop, BENCHMARK_ONCE },
  { "make-tree", make_tree, BENCHMARK_ONCE },
  { "make-wide", make_wide, BENCHMARK_ONCE },
  { "make-deep", make_deep, BENCHMARK_ONCE },
  { "rmtree:bare", remove_tree_bare, BENCHMARK_ONCE },
  { "rmtree", remove_tree, BENCHMARK_ONCE },
  { NULL, NULL, 0 },
};
