/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "entry/name.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/words.h"

/* Paths with plain random names, and the layout of tagged ones, whose letters the ledger writes (ledger/tag.c). */

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

#define N_LETTERS (sizeof alphabet - 1)

/* Checks that a prefix or suffix has no slash, with which the path would lead elsewhere. */
static gboolean
check_part (const char  *part,
            const char  *sentence,
            GError     **error)
{
  if (strchr (part, '/') == NULL)
    return TRUE;

  temp_error_set (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, _(sentence), part, _("it contains a slash"));
  return FALSE;
}

/* Lays out DIR/PREFIX********SUFFIX, with n_random asterisks, in whose place the caller writes letters. A prefix of
 * NULL is "tmp", a suffix of NULL is empty. */
gboolean
temp_name_init (TempName    *name,
                const char  *dir,
                const char  *prefix,
                const char  *suffix,
                guint        n_random,
                GError     **error)
{
  gsize dir_length = strlen (dir);
  gsize prefix_length, suffix_length;
  char *p;

  if (prefix == NULL)
    prefix = "tmp";
  if (suffix == NULL)
    suffix = "";

  if (!check_part (prefix, N_("Could not use the prefix “%s”: %s"), error) ||
      !check_part (suffix, N_("Could not use the suffix “%s”: %s"), error))
    return FALSE;

  prefix_length = strlen (prefix);
  suffix_length = strlen (suffix);
  p = g_malloc (dir_length + 1 + prefix_length + n_random + suffix_length + 1);

  name->path = p;
  memcpy (p, dir, dir_length);
  p += dir_length;
  if (dir_length == 0 || p[-1] != '/')
    *p++ = '/';
  name->base = p;
  memcpy (p, prefix, prefix_length);
  name->random = p + prefix_length;
  name->n_random = n_random;
  memset (name->random, '*', n_random);
  memcpy (name->random + n_random, suffix, suffix_length + 1);

  return TRUE;
}

/* Sets the absolute path of a file that exists: no part of it is random. The former path is the caller's to free. */
void
temp_name_set_path (TempName   *name,
                    const char *path)
{
  name->path = g_strdup (path);
  name->base = strrchr (name->path, '/') + 1;
  name->random = NULL;
}

/* Returns the path of the directory that the name is in. */
char *
temp_name_dup_dir (const TempName *name)
{
  return g_path_get_dirname (name->path);
}

void
temp_name_clear (TempName *name)
{
  g_clear_pointer (&name->path, g_free);
  name->base = NULL;
  name->random = NULL;
}

/* Writes new letters into the random part. */
gboolean
temp_name_randomize (TempName  *name,
                     GError   **error)
{
  guint8 bytes[4 * TEMP_NAME_N_RANDOM];
  gsize n_left = 0;

  for (guint i = 0; i < name->n_random;)
    {
      guint8 byte;

      if (n_left == 0)
        {
          int result;

          /* A signal interrupts the call only early in the boot, while the kernel waits for its first random
           * numbers. */
          do
            result = temp_platform.get_random (bytes, sizeof bytes);
          while (G_UNLIKELY (result < 0 && errno == EINTR));

          if (result < 0)
            {
              int errsv = errno;
              g_autofree char *dir = temp_name_dup_dir (name);

              temp_error_from_errno (error, errsv, _("Could not make up a name in “%s”: %s"), dir);
              return FALSE;
            }
          n_left = sizeof bytes;
        }

      byte = bytes[--n_left];
      /* Skip the bytes past the last multiple of the alphabet's size: they would make the first letters likelier. */
      if (byte < 256 / N_LETTERS * N_LETTERS)
        name->random[i++] = alphabet[byte % N_LETTERS];
    }

  return TRUE;
}
