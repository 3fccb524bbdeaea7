/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/objects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Programs close the library's descriptors, as daemons do, and open files and directories of their own under these
 * numbers. The library touches none of them, and still deletes everything that it made. */

#define HIGH 500 /* above this, Valgrind has its own descriptors */

typedef enum
{
  CLOSE_RANGE,
  CLOSE_LOOP,
  CLOSE_DIR, /* closedir(), after fdopendir() on temp_dir_get_fd() */
} Way;

typedef enum
{
  NOTHING,
  DIRS,  /* the numbers become a directory of the user's, full of files */
  FILES, /* a data file of the user's */
  LOGS,  /* a data file, open for appending */
} Use;

typedef enum
{
  DELETE,
  UNREF,
  EXIT,
  MORE,  /* makes more, then exits */
  SWEEP, /* makes more, then is killed */
} End;

static const char *const way_names[] = { "range", "loop", "closedir" };
static const char *const use_names[] = { "nothing", "dirs", "files", "logs" };
static const char *const end_names[] = { "delete", "unref", "exit", "more", "sweep" };

typedef struct
{
  Way way;
  Use use;
  End end;
} Case;

/* A program has these alive. */
static struct
{
  TempDir   *dir;
  TempDir   *inner;
  TempFile  *open;
  TempFile  *closed;
  TempFile  *inside;
  GPtrArray *more;
} made;

/* Descriptors */

static gboolean taken[HIGH];

static void
note_descriptors (void)
{
  for (int fd = STDERR_FILENO + 1; fd < HIGH; fd++)
    taken[fd] = fcntl (fd, F_GETFD) >= 0;
}

static void
close_descriptors (Way way)
{
  DIR *stream;

  switch (way)
    {
    case CLOSE_RANGE:
      if (syscall (SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
        break;
      G_GNUC_FALLTHROUGH;
    case CLOSE_LOOP:
      for (int fd = STDERR_FILENO + 1; fd < HIGH; fd++)
        close (fd);
      break;
    default:
      stream = fdopendir (temp_dir_get_fd (made.dir));
      g_assert_nonnull (stream);
      g_assert_no_errno (closedir (stream));
    }
}

static int
open_user (Use use)
{
  g_autofree char *data = g_build_filename (test_user (), "data", NULL);

  switch (use)
    {
    case DIRS:
      return open (test_user (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    case FILES:
      return open (data, O_RDWR | O_CLOEXEC);
    case LOGS:
      return open (data, O_RDWR | O_APPEND | O_CLOEXEC);
    default:
      return -1;
    }
}

/* The library closes a TempFile's own descriptor unseen, as GIO does. This gives the number a file that nobody
 * needs. */
static void
replace_descriptor (int fd)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  g_assert_no_errno (null);
  if (null != fd)
    {
      g_assert_no_errno (dup2 (null, fd));
      close (null);
    }
}

/* Opens the user's directory or file under each number that was closed. */
static void
use_descriptors (Use use)
{
  int opened, high;

  if (use == NOTHING)
    return;

  opened = open_user (use);
  g_assert_no_errno (opened);
  high = fcntl (opened, F_DUPFD_CLOEXEC, HIGH);
  g_assert_no_errno (high);
  close (opened);
  for (int fd = STDERR_FILENO + 1; fd < HIGH; fd++)
    {
      taken[fd] = taken[fd] && fcntl (fd, F_GETFD) < 0;
      if (taken[fd])
        g_assert_no_errno (dup2 (high, fd));
    }
  close (high);
}

/* Checks that the numbers still are the program's. */
static void
check_descriptors (Use use)
{
  struct stat st, expected;
  int opened;

  if (use == NOTHING)
    return;

  opened = open_user (use);
  g_assert_no_errno (opened);
  g_assert_no_errno (fstat (opened, &expected));
  for (int fd = STDERR_FILENO + 1; fd < HIGH; fd++)
    if (taken[fd])
      {
        g_assert_no_errno (fstat (fd, &st));
        g_assert_cmpuint (st.st_dev, ==, expected.st_dev);
        g_assert_cmpuint (st.st_ino, ==, expected.st_ino);
        g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);
      }
  close (opened);
}

/* Programs */

static void
make_all (void)
{
  g_autoptr (GError) error = NULL;

  made.dir = test_make_temp_dir (test_files ());
  made.inner = temp_dir_create_dir (made.dir, NULL, NULL, &error);
  g_assert_no_error (error);
  test_write_inside (made.inner);
  made.open = test_make_temp_file (test_files (), NULL);
  made.closed = test_make_closed_temp_file (test_files ());
  made.inside = temp_dir_create_file (made.dir, NULL, NULL, &error);
  g_assert_no_error (error);
  test_close_without_delete (made.inside);
  test_wait_idle ();
}

/* Each new thing is where its path says. All stay alive until the program ends. */
static void
make_more (void)
{
  made.more = g_ptr_array_new ();
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      TempFile *file = test_make_temp_file (test_files (), NULL);
      TempFile *inside = temp_dir_create_file (made.dir, NULL, NULL, &error);
      TempDir *inner, *dir = test_make_temp_dir (test_files ());
      TempFile *nameless;
      g_autofree char *below = g_build_filename (temp_dir_get_path (dir), "inside", NULL);

      g_assert_no_error (error);
      test_check_temp_file (file, test_files ());
      test_check_is_in (temp_dir_get_path (dir), test_files ());
      test_assert_exists (below, TRUE);
      test_check_temp_file (inside, temp_dir_get_path (made.dir));

      inner = temp_dir_create_dir (made.dir, NULL, NULL, &error);
      g_assert_no_error (error);
      test_write_inside (inner);
      test_check_is_in (temp_dir_get_path (inner), temp_dir_get_path (made.dir));

      nameless = temp_file_new (test_files (), &error);
      g_assert_no_error (error);
      g_assert_cmpint (write (temp_file_get_fd (nameless), "text", 4), ==, 4);

      g_ptr_array_add (made.more, file);
      g_ptr_array_add (made.more, inside);
      g_ptr_array_add (made.more, dir);
      g_ptr_array_add (made.more, inner);
      g_ptr_array_add (made.more, nameless);
    }
}

static void
delete_all (void)
{
  g_autoptr (GError) error = NULL;

  g_object_unref (made.inside);
  g_assert_true (temp_dir_delete (made.inner, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (temp_dir_delete (made.dir, NULL, &error));
  g_assert_no_error (error);
  test_close_temp_file (made.open);
  g_object_unref (made.closed);
}

static void
unref_all (void)
{
  g_object_unref (made.inside);
  g_object_unref (made.inner);
  g_object_unref (made.dir);
  g_object_unref (made.open);
  g_object_unref (made.closed);
}

static void
run (gconstpointer data)
{
  const Case *c = data;
  int of_open;

  make_all ();
  of_open = temp_file_get_fd (made.open);
  note_descriptors ();
  close_descriptors (c->way);
  if (c->way != CLOSE_DIR)
    replace_descriptor (of_open);
  use_descriptors (c->use);

  if (c->end >= MORE)
    make_more ();
  else if (c->end == DELETE)
    delete_all ();
  else if (c->end == UNREF)
    unref_all ();
  check_descriptors (c->use);

  test_say ("ready");
  test_get_command ();
  if (c->end == SWEEP)
    raise (SIGKILL);
  if (c->end >= EXIT)
    exit (0);
  test_child_exit (0);
}

static void
test_descriptors (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *contents = g_strnfill (10000, 'x');
  g_autofree char *user = NULL;
  g_autofree char *user_after = NULL;
  TestChild program;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *base = g_strdup_printf ("user/sub/file-%u", i);

      test_make_file (base);
    }
  {
    g_autofree char *path = test_path ("user/data");

    test_write (path, contents);
  }
  user = test_describe (test_user ());

  test_program_start (&program, run, c);
  test_program_wait_ready (&program);
  if (c->end == SWEEP)
    {
      test_program_kill (&program);
      test_sweep ();
    }
  else
    {
      test_program_end (&program);
    }

  user_after = test_describe (test_user ());
  g_assert_cmpstr (user_after, ==, user);
  test_assert_list ("files", "");
  test_sweep ();
  test_assert_nothing_left ();
}

/* temp_dir_get_fd() gives no other file's descriptor. */
static void
run_get_fd (gconstpointer data)
{
  struct stat st, expected;
  int fd;

  made.dir = test_make_temp_dir (test_files ());
  test_wait_idle ();
  note_descriptors ();
  close_descriptors (CLOSE_LOOP);
  use_descriptors (DIRS);

  fd = temp_dir_get_fd (made.dir);
  g_assert_no_errno (fstat (fd, &st));
  g_assert_no_errno (stat (temp_dir_get_path (made.dir), &expected));
  g_assert_cmpuint (st.st_dev, ==, expected.st_dev);
  g_assert_cmpuint (st.st_ino, ==, expected.st_ino);
  exit (0);
}

static void
test_get_fd (gconstpointer data)
{
  TestChild program;

  test_program_start (&program, run_get_fd, NULL);
  test_program_end (&program);
  test_assert_nothing_left ();
}

/* Failing fstat() */

/* The C library calls one of these. */
static gboolean
fail_fstat (void)
{
  return test_fail_syscall_if (SYS_newfstatat, EIO, 3, AT_EMPTY_PATH) &&
         test_fail_syscall_if (SYS_statx, EIO, 2, AT_EMPTY_PATH) &&
         test_fail_syscall (SYS_fstat, EIO);
}

static void
run_fstat (gconstpointer data)
{
  g_autofree char *path = NULL;

  made.open = test_make_temp_file (test_files (), NULL);
  made.closed = test_make_closed_temp_file (test_files ());
  made.dir = test_make_temp_dir (test_files ());
  path = g_strdup (temp_file_get_path (made.open));
  if (!fail_fstat ())
    {
      test_say ("skip");
      exit (0);
    }

  /* The library may return an error, but deletes the file. */
  g_io_stream_close (G_IO_STREAM (made.open), NULL, NULL);
  test_assert_exists (path, FALSE);
  test_assert_exists (temp_file_get_path (made.closed), TRUE);
  g_clear_object (&made.closed);
  temp_dir_delete (made.dir, NULL, NULL);
  test_say ("done");
  raise (SIGKILL);
}

static void
test_fstat (gconstpointer data)
{
  g_autofree char *line = NULL;
  TestChild program;

  test_program_start (&program, run_fstat, NULL);
  line = test_program_read_line (&program);
  test_child_end (&program);
  if (g_str_equal (line, "skip"))
    test_child_skip ("no filters of system calls here");
  g_assert_cmpstr (line, ==, "done");

  test_sweep ();
  test_assert_nothing_left ();
}

static void
add_case (Way way,
          Use use,
          End end)
{
  g_autofree char *path = g_strdup_printf ("/only-ours/descriptors-of-the-programs-are-not-touched/%s/%s/%s",
                                           way_names[way], use_names[use], end_names[end]);
  const Case c = { way, use, end };

  test_add_program_copy (path, test_descriptors, &c, sizeof c);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (Way way = CLOSE_RANGE; way <= CLOSE_DIR; way++)
    for (Use use = NOTHING; use <= LOGS; use++)
      for (End end = DELETE; end <= SWEEP; end++)
        add_case (way, use, end);
  test_add_program ("/only-ours/a-descriptor-of-the-programs-is-not-given-out", test_get_fd, NULL);
  test_add_program ("/gone/also-if-fstat-fails", test_fstat, NULL);

  return g_test_run ();
}
