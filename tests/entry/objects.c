/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "entry/objects.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *const test_end_names[] = {
  "close", "unref", "exit", "sweep", "closed-unref", "closed-exit", "closed-sweep",
};

TempFile *
test_make_temp_file (const char *dir,
                     const char *suffix)
{
  g_autoptr (GError) error = NULL;
  TempFile *file = temp_file_new_named (dir, NULL, suffix, &error);

  g_assert_no_error (error);
  return file;
}

void
test_write_inside (TempDir *dir)
{
  g_autofree char *path = g_build_filename (temp_dir_get_path (dir), "inside", NULL);

  test_write (path, "text");
}

TempDir *
test_make_temp_dir (const char *dir)
{
  g_autoptr (GError) error = NULL;
  TempDir *made = temp_dir_new (dir, NULL, NULL, &error);

  g_assert_no_error (error);
  test_write_inside (made);
  return made;
}

void
test_close_temp_file (TempFile *file)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_io_stream_close (G_IO_STREAM (file), NULL, &error));
  g_assert_no_error (error);
}

void
test_close_without_delete (TempFile *file)
{
  temp_file_set_delete_on_close (file, FALSE);
  test_close_temp_file (file);
}

TempFile *
test_make_closed_temp_file (const char *dir)
{
  TempFile *file = test_make_temp_file (dir, NULL);

  test_close_without_delete (file);
  return file;
}

void
test_check_is_in (const char *path,
                  const char *dir)
{
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpstr (parent, ==, dir);
  test_assert_exists (path, TRUE);
}

void
test_check_temp_file (TempFile   *file,
                      const char *dir)
{
  struct stat opened, named;

  g_assert_no_errno (fstat (temp_file_get_fd (file), &opened));
  g_assert_no_errno (stat (temp_file_get_path (file), &named));
  g_assert_cmpuint (opened.st_ino, ==, named.st_ino);
  test_check_is_in (temp_file_get_path (file), dir);
}

gboolean
test_end_is_swept (TestEnd end)
{
  return end == TEST_END_SWEEP || end == TEST_END_CLOSED_SWEEP;
}

void
test_end_by_file (TempFile *file,
                  TestEnd   end,
                  gboolean  stays)
{
  switch (end)
    {
    case TEST_END_CLOSE:
      if (stays)
        g_io_stream_close (G_IO_STREAM (file), NULL, NULL);
      else
        test_close_temp_file (file);
      break;
    case TEST_END_UNREF:
    case TEST_END_CLOSED_UNREF:
      g_object_unref (file);
      break;
    case TEST_END_EXIT:
    case TEST_END_CLOSED_EXIT:
      exit (0);
    case TEST_END_SWEEP:
    case TEST_END_CLOSED_SWEEP:
    default:
      raise (SIGKILL);
    }

  test_child_exit (0);
}

void
test_end_by_dir (TempDir *dir,
                 TestEnd  end)
{
  g_autoptr (GError) error = NULL;

  switch (end)
    {
    case TEST_END_CLOSE:
      g_assert_true (temp_dir_delete (dir, NULL, &error));
      g_assert_no_error (error);
      break;
    case TEST_END_UNREF:
      g_object_unref (dir);
      break;
    case TEST_END_EXIT:
      exit (0);
    default:
      raise (SIGKILL);
    }

  test_child_exit (0);
}

void
test_program_let_end (TestChild *program,
                      TestEnd    end)
{
  if (test_end_is_swept (end))
    test_program_kill (program);
  else
    test_program_end (program);
}

void
test_program_wait_ready (TestChild *program)
{
  g_autofree char *line = test_program_read_line (program);

  g_assert_cmpstr (line, ==, "ready");
}
