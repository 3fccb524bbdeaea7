/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include <tempfile-glib/tempfile-glib.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/entries.h"
#include "platform/platform.h"
#include "test-support.h"

/* Saving, stopped before each of its system calls. At each stop, a reader finds the old contents or the new ones,
 * whole. Killed at each stop, the program leaves the same, and nothing else after a sweep; but where it writes into
 * the document, the old contents may be in a backup. */

#define CHILD_CANNOT 77

static const char old_text[] = "the old contents";

/* Longer than a page, so that a write is not over at once. */
static char *new_text;

static TempPlatform real;

/* The kernel copies in pieces. */
static ssize_t
copy_piece (TempHandle in,
            TempHandle out,
            size_t     size)
{
  return real.copy_range (in, out, MIN (size, 30000));
}

static ssize_t
write_piece (TempHandle  handle,
             const void *data,
             size_t      size)
{
  return real.write (handle, data, MIN (size, 30000));
}

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
  errno = EPERM;
  return -1;
}

static void
in_pieces (void)
{
  real = temp_platform;
  temp_platform.copy_range = copy_piece;
  temp_platform.write = write_piece;
}

static void
without_nameless (void)
{
  temp_platform.create_nameless = create_no_nameless;
}

static void
without_links (void)
{
  temp_platform.link_handle = link_nothing;
}

/* Makes what is saved, stops for the parent, and saves. */

static void
stop (void)
{
  if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) < 0)
    _exit (CHILD_CANNOT);
  raise (SIGSTOP);
}

static void
save_contents (GFile            *document,
               TempPersistFlags  flags)
{
  g_autoptr (GBytes) contents = g_bytes_new_static (new_text, strlen (new_text));

  stop ();
  temp_replace_contents (document, contents, NULL, flags, NULL, NULL, NULL);
}

static void
save_file (GFile            *document,
           TempPersistFlags  flags,
           TempFile         *file)
{
  g_assert_cmpint (write (temp_file_get_fd (file), new_text, strlen (new_text)), ==, strlen (new_text));
  stop ();
  temp_file_persist (file, document, flags, NULL, NULL);
}

static void
save_nameless (GFile            *document,
               TempPersistFlags  flags)
{
  save_file (document, flags, temp_file_new (test_dir (), NULL));
}

static void
save_elsewhere (GFile            *document,
                TempPersistFlags  flags)
{
  g_autofree char *elsewhere = test_path ("elsewhere");

  save_file (document, flags, temp_file_new_named (elsewhere, NULL, NULL, NULL));
}

typedef struct
{
  const char       *name;
  void            (*save) (GFile *document, TempPersistFlags flags);
  TempPersistFlags  flags;
  gboolean          is_new;    /* there is no old document */
  gboolean          is_linked; /* it has a second name, so that only writing into it does no harm */
  void            (*change_platform) (void);
} Case;

/* Global, so that a child that ends in the middle does not leak it. */
static char *document_path, *other_path, *backup_path;

static pid_t
start (const Case *c)
{
  pid_t pid;

  g_unlink (document_path);
  g_unlink (other_path);
  g_unlink (backup_path);
  if (!c->is_new)
    test_write (document_path, old_text);
  if (c->is_linked)
    g_assert_no_errno (link (document_path, other_path));

  pid = test_fork_idle ();
  if (pid == 0)
    {
      g_autoptr (GFile) document = g_file_new_for_path (document_path);

      if (c->change_platform != NULL)
        c->change_platform ();
      c->save (document, c->flags);
      _exit (0);
    }
  g_assert_no_errno (pid);
  return pid;
}

/* Lets the child run to its n-th stop before a system call. Returns FALSE if it has ended before. */
static gboolean
run_to (pid_t  pid,
        guint  n,
        int   *status)
{
  gboolean enters = FALSE;

  g_assert_no_errno (waitpid (pid, status, 0));
  for (guint i = 0; i < n; )
    {
      int signal;

      if (!WIFSTOPPED (*status))
        return FALSE;
      signal = WSTOPSIG (*status) == (SIGTRAP | 0x80) || WSTOPSIG (*status) == SIGSTOP ? 0 : WSTOPSIG (*status);
      ptrace (PTRACE_SETOPTIONS, pid, NULL, (gpointer) (PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
      g_assert_no_errno (ptrace (PTRACE_SYSCALL, pid, NULL, (gpointer) (gintptr) signal));
      g_assert_no_errno (waitpid (pid, status, 0));
      if (WIFSTOPPED (*status) && WSTOPSIG (*status) == (SIGTRAP | 0x80))
        {
          enters = !enters;
          i += enters;
        }
    }
  return WIFSTOPPED (*status);
}

/* Returns TRUE if the file has exactly these contents. */
static gboolean
holds (const char *path,
       const char *expected)
{
  g_autofree char *contents = NULL;
  gsize size;

  return g_file_get_contents (path, &contents, &size, NULL) && size == strlen (expected) &&
         memcmp (contents, expected, size) == 0;
}

/* Asserts that neither the old contents nor the new ones are lost. */
static void
assert_whole (const Case *c)
{
  const gboolean has_document = g_file_test (document_path, G_FILE_TEST_EXISTS);

  if (c->is_new && !has_document)
    return;
  g_assert_true (has_document);
  if (holds (document_path, new_text) || (!c->is_new && holds (document_path, old_text)))
    return;
  g_assert_true (c->is_linked);
  g_assert_true (holds (backup_path, old_text));
}

static void
assert_clean (const Case *c)
{
  g_autofree char *dir = g_path_get_dirname (document_path);
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (listing)) != NULL)
    if (!g_str_equal (name, "document") && !(c->is_linked && g_str_equal (name, ".document~")))
      g_error ("“%s” is left", name);
  test_assert_list ("elsewhere", "");
}

static void
test_killed (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *target = test_path ("target");
  g_autofree char *elsewhere = test_path ("elsewhere");
  gboolean goes_on = TRUE;
  guint n;

  if (c->is_new && test_skips_on_posix ("a new file may have to be filled in its place"))
    return;
  if (g_getenv ("TEST_VALGRIND") != NULL)
    {
      g_test_skip ("Valgrind makes system calls of its own");
      return;
    }
  g_assert_no_errno (mkdir (target, 0700));
  g_assert_no_errno (mkdir (elsewhere, 0700));
  document_path = g_build_filename (target, "document", NULL);
  backup_path = g_build_filename (target, ".document~", NULL);
  other_path = test_path ("other name");

  for (n = 1; goes_on; n++)
    {
      int status;
      pid_t pid = start (c);

      goes_on = run_to (pid, n, &status);
      if (goes_on)
        {
          assert_whole (c);
          kill (pid, SIGKILL);
          g_assert_no_errno (waitpid (pid, &status, 0));
          g_assert_true (WIFSIGNALED (status));
          test_sweep_here ();
        }
      else if (WIFEXITED (status) && WEXITSTATUS (status) == CHILD_CANNOT)
        {
          g_test_skip ("no process can be traced here");
          break;
        }
      else
        {
          g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
          g_assert_true (holds (document_path, new_text));
          g_assert_false (g_file_test (backup_path, G_FILE_TEST_EXISTS));
          test_sweep_here (); /* _exit() deletes nothing */
        }
      assert_whole (c);
      assert_clean (c);
    }

  g_test_message ("killed %u times", n - 2);
  g_clear_pointer (&document_path, g_free);
  g_clear_pointer (&backup_path, g_free);
  g_clear_pointer (&other_path, g_free);
}

static const Case cases[] = {
  { .name = "document", .save = save_contents, .flags = TEMP_PERSIST_NONE },
  { .name = "new-document", .save = save_contents, .flags = TEMP_PERSIST_NONE, .is_new = TRUE },
  { .name = "durable-document", .save = save_contents, .flags = TEMP_PERSIST_DURABLE },
  { .name = "document-in-place", .save = save_contents, .flags = TEMP_PERSIST_IN_PLACE,
    .is_linked = TRUE, .change_platform = in_pieces },
  { .name = "document-without-nameless-files", .save = save_contents, .flags = TEMP_PERSIST_NONE,
    .change_platform = without_nameless },
  { .name = "nameless-file", .save = save_nameless, .flags = TEMP_PERSIST_REPLACE },
  { .name = "new-nameless-file", .save = save_nameless, .flags = TEMP_PERSIST_NONE, .is_new = TRUE },
  { .name = "copied-file", .save = save_nameless, .flags = TEMP_PERSIST_REPLACE | TEMP_PERSIST_COPY,
    .change_platform = without_links },
  { .name = "file-from-elsewhere", .save = save_elsewhere, .flags = TEMP_PERSIST_REPLACE },
  { .name = "file-from-elsewhere-in-place", .save = save_elsewhere, .flags = TEMP_PERSIST_REPLACE | TEMP_PERSIST_IN_PLACE,
    .is_linked = TRUE, .change_platform = in_pieces },
};

int
main (int    argc,
      char **argv)
{
  int result;

  test_init (&argc, &argv);
  new_text = g_strnfill (100000, 'n');

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/killed/saving/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_killed);
    }

  result = g_test_run ();
  g_free (new_text);
  return result;
}
