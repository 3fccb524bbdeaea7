/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "temp-name-private.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "temp-error-private.h"
#include "temp-process-private.h"

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

#define N_LETTERS (sizeof alphabet - 1)

static gboolean
check_part (const char  *part,
            const char  *what,
            GError     **error)
{
  g_autofree char *shown = NULL;

  if (strchr (part, '/') == NULL)
    return TRUE;

  shown = g_filename_display_name (part);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
               "The %s “%s” of a temporary name may not contain “/”", what, shown);
  return FALSE;
}

/* Lays out DIR/PREFIX********SUFFIX; the random part is not yet written. */
gboolean
temp_name_init (TempName    *name,
                const char  *dir,
                const char  *prefix,
                const char  *suffix,
                GError     **error)
{
  gsize dir_length = strlen (dir);
  gsize prefix_length, suffix_length;
  char *p;

  if (prefix == NULL)
    prefix = "tmp";
  if (suffix == NULL)
    suffix = "";

  if (!check_part (prefix, "prefix", error) || !check_part (suffix, "suffix", error))
    return FALSE;

  prefix_length = strlen (prefix);
  suffix_length = strlen (suffix);
  p = g_malloc (dir_length + 1 + prefix_length + TEMP_NAME_N_RANDOM + suffix_length + 1);

  name->path = p;
  memcpy (p, dir, dir_length);
  p += dir_length;
  if (dir_length == 0 || p[-1] != '/')
    *p++ = '/';
  name->base = p;
  memcpy (p, prefix, prefix_length);
  name->random = p + prefix_length;
  memset (name->random, '*', TEMP_NAME_N_RANDOM);
  memcpy (name->random + TEMP_NAME_N_RANDOM, suffix, suffix_length + 1);

  return TRUE;
}

/* Makes it the name of what is there already. */
void
temp_name_set_path (TempName   *name,
                    const char *path)
{
  name->path = g_strdup (path);
  name->base = strrchr (name->path, '/') + 1;
  name->random = NULL;
}

void
temp_name_clear (TempName *name)
{
  g_clear_pointer (&name->path, g_free);
  name->base = NULL;
  name->random = NULL;
}

typedef struct
{
  guint8 bytes[256];
  guint  n_left;
  guint  generation;
} Stock;

/* Each thread draws from a stock of its own, which a forked child throws away, so that no two
 * processes ever draw the same. Not inline: to find it takes a call in a library, and the
 * compiler would rather find it twice for each letter than keep it. */
static G_NO_INLINE Stock *
get_stock (void)
{
  static __thread Stock stock;
  guint generation = temp_process_generation ();

  if (stock.generation != generation)
    {
      stock.generation = generation;
      stock.n_left = 0;
    }

  return &stock;
}

/* Writes a new random part. */
gboolean
temp_name_randomize (TempName  *name,
                     GError   **error)
{
  Stock *stock = get_stock ();

  for (guint i = 0; i < TEMP_NAME_N_RANDOM;)
    {
      guint8 byte;

      if (stock->n_left == 0)
        {
          gssize n;

          /* Up to 256 bytes come whole. A signal interrupts them only early in the
           * boot, while the kernel is still waiting for its first random numbers. */
          do
            n = getrandom (stock->bytes, sizeof stock->bytes, 0);
          while (G_UNLIKELY (n < 0 && errno == EINTR));

          if (n != sizeof stock->bytes)
            {
              temp_error_from_errno (error, errno, "Could not get random bytes for a name like", name->path);
              return FALSE;
            }
          stock->n_left = sizeof stock->bytes;
        }

      byte = stock->bytes[--stock->n_left];
      /* The bytes past the last whole alphabet would make its first letters likelier. */
      if (byte < 256 / N_LETTERS * N_LETTERS)
        name->random[i++] = alphabet[byte % N_LETTERS];
    }

  return TRUE;
}
