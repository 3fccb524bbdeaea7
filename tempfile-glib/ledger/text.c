/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "ledger/text.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* The text of a ledger: lines, each a word and its fields, with blanks between. A reader skips a line that it does not
 * understand: a later version wrote it, or the disk took only a part.
 *
 *   tempfile-glib 2 INODE BIRTH        the header, first of all
 *   key HEX
 *   process PID START PIDNS TIMENS BOOT
 *   mount MNTNS
 *   uid UID
 *   dir DEV INO PATH
 *   name NAME                          in the directory of the line before
 *   keep NAME, unkeep NAME
 *   tried TIME                         by a sweep */

/* Returns the path with `\ooo` for each byte that cannot be seen, or would end a field. */
char *
temp_ledger_escape (const char *path)
{
  GString *text = g_string_new (NULL);

  for (const guchar *p = (const guchar *) path; *p != '\0'; p++)
    if (*p <= 0x20 || *p == '\\' || *p >= 0x7f)
      g_string_append_printf (text, "\\%03o", *p);
    else
      g_string_append_c (text, *p);

  return g_string_free (text, FALSE);
}

/* Undoes temp_ledger_escape(). Returns NULL for a text that it never makes. */
char *
temp_ledger_unescape (const char *text)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    {
      int byte = (guchar) *p;

      if (byte == '\\')
        {
          if (strspn (p + 1, "01234567") < 3 || p[1] > '3')
            return NULL;
          byte = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
          p += 3;
        }
      if (byte == '\0')
        return NULL;
      g_string_append_c (path, byte);
    }

  return g_string_free (g_steal_pointer (&path), FALSE);
}

/* Returns the line of a process, with its line feed. */
char *
temp_ledger_process_line (const TempLedgerProcess *process)
{
  return g_strdup_printf ("process %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                          " %s\n", process->pid, process->start, process->pid_namespace, process->time_namespace,
                          process->boot);
}

/* Writes the time at which the file was made, or "0" if the filesystem does not know. */
void
temp_ledger_get_birth (TempHandle fd,
                       char       birth[TEMP_LEDGER_BIRTH_SIZE])
{
  TempTime time;

  g_strlcpy (birth, "0", TEMP_LEDGER_BIRTH_SIZE);
  if (temp_platform.get_birth (fd, &time) == 0)
    g_snprintf (birth, TEMP_LEDGER_BIRTH_SIZE, "%" G_GINT64_FORMAT ".%09u", (gint64) time.seconds,
                (guint) time.nanoseconds);
}

/* Returns the first lines of a ledger in the open file, for this key, process, mount namespace and user. */
char *
temp_ledger_header (TempHandle               fd,
                    guint64                  ino,
                    const TempTagKey        *key,
                    const TempLedgerProcess *process,
                    guint64                  mount_namespace,
                    guint64                  uid)
{
  g_autoptr (GString) hex = g_string_new (NULL);
  g_autofree char *process_line = temp_ledger_process_line (process);
  char birth[TEMP_LEDGER_BIRTH_SIZE];

  for (gsize i = 0; i < sizeof key->bytes; i++)
    g_string_append_printf (hex, "%02x", key->bytes[i]);
  temp_ledger_get_birth (fd, birth);
  return g_strdup_printf ("tempfile-glib 2 %" G_GUINT64_FORMAT " %s\nkey %s\n%smount %" G_GUINT64_FORMAT
                          "\nuid %" G_GUINT64_FORMAT "\n",
                          ino, birth, hex->str, process_line, mount_namespace, uid);
}

static gboolean
parse_number (const char *field,
              guint64    *number)
{
  return g_ascii_string_to_unsigned (field, 10, 0, G_MAXUINT64, number, NULL);
}

static gboolean
parse_key (const char *field,
           TempTagKey *key)
{
  if (strlen (field) != 2 * sizeof key->bytes)
    return FALSE;

  for (gsize i = 0; i < sizeof key->bytes; i++)
    {
      int high = g_ascii_xdigit_value (field[2 * i]), low = g_ascii_xdigit_value (field[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      key->bytes[i] = high << 4 | low;
    }
  return TRUE;
}

static void
parse_process (TempLedgerText *self,
               char          **fields)
{
  TempLedgerProcess process;
  guint64 pid;

  if (!parse_number (fields[0], &pid) || pid == 0 || pid > G_MAXINT32 ||
      !parse_number (fields[1], &process.start) || !parse_number (fields[2], &process.pid_namespace) ||
      !parse_number (fields[3], &process.time_namespace) ||
      g_strlcpy (process.boot, fields[4], sizeof process.boot) >= sizeof process.boot)
    return;

  process.pid = pid;
  g_array_append_val (self->processes, process);
}

static void
free_dir (gpointer data)
{
  TempLedgerDir *dir = data;

  g_free (dir->text);
  g_free (dir->path);
  g_ptr_array_unref (dir->names);
  g_free (dir);
}

static void
parse_dir (TempLedgerText *self,
           char          **fields)
{
  g_autofree char *path = temp_ledger_unescape (fields[2]);
  TempLedgerDir *dir;
  guint64 dev, ino;

  if (path == NULL || *path != '/' || !parse_number (fields[0], &dev) || !parse_number (fields[1], &ino))
    return;

  dir = g_new (TempLedgerDir, 1);
  *dir = (TempLedgerDir) {
    .dev = dev,
    .ino = ino,
    .text = g_strdup (fields[2]),
    .path = g_steal_pointer (&path),
    .names = g_ptr_array_new_with_free_func (g_free),
  };
  g_ptr_array_add (self->dirs, dir);
}

/* Returns the base name in the field; NULL if the field has none. */
static char *
parse_name (const char *field)
{
  g_autofree char *name = temp_ledger_unescape (field);

  if (name == NULL || *name == '\0' || strchr (name, '/') != NULL || g_str_equal (name, ".") ||
      g_str_equal (name, ".."))
    return NULL;
  return g_steal_pointer (&name);
}

static void
parse_keep (TempLedgerText *self,
            const char     *field,
            gboolean        keeps)
{
  g_autofree char *name = parse_name (field);

  if (name != NULL && keeps)
    g_hash_table_add (self->kept, g_steal_pointer (&name));
  else if (name != NULL)
    g_hash_table_remove (self->kept, name);
}

static void
parse_believed_name (TempLedgerText *self,
                     const char     *field)
{
  char *name = self->dirs->len > 0 ? parse_name (field) : NULL;

  if (name != NULL)
    g_ptr_array_add (((TempLedgerDir *) g_ptr_array_index (self->dirs, self->dirs->len - 1))->names, name);
}

/* Parses the first line that is not empty. Sets the verdict. */
static void
parse_header (TempLedgerText *self,
              char          **fields,
              guint           n_fields)
{
  if (n_fields < 2 || !g_str_equal (fields[0], "tempfile-glib"))
    return;

  self->verdict = TEMP_LEDGER_FOREIGN;
  if (n_fields == 4 && g_str_equal (fields[1], "2") && parse_number (fields[2], &self->ino))
    {
      self->verdict = TEMP_LEDGER_GOOD;
      self->birth = g_strdup (fields[3]);
    }
}

static void
parse_line (TempLedgerText *self,
            char          **fields,
            guint           n_fields,
            gboolean       *has_key)
{
  const char *word = fields[0];
  guint64 number;

  if (g_str_equal (word, "key") && n_fields == 2)
    *has_key = parse_key (fields[1], &self->key) || *has_key;
  else if (g_str_equal (word, "process") && n_fields == 6)
    parse_process (self, fields + 1);
  else if (g_str_equal (word, "mount") && n_fields == 2)
    parse_number (fields[1], &self->mount_namespace);
  else if (g_str_equal (word, "uid") && n_fields == 2 && parse_number (fields[1], &number))
    g_array_append_val (self->uids, number);
  else if (g_str_equal (word, "dir") && n_fields == 4)
    parse_dir (self, fields + 1);
  else if (g_str_equal (word, "name") && n_fields == 2)
    parse_believed_name (self, fields[1]);
  else if ((g_str_equal (word, "keep") || g_str_equal (word, "unkeep")) && n_fields == 2)
    parse_keep (self, fields[1], *word == 'k');
  else if (g_str_equal (word, "tried") && n_fields == 2 && parse_number (fields[1], &number))
    {
      self->n_tried++;
      self->last_tried = MAX (self->last_tried, (gint64) MIN (number, G_MAXINT64));
    }
}

/* Parses any bytes: the verdict tells if they are a ledger. Skips the bytes behind the last line feed. */
TempLedgerText *
temp_ledger_text_parse (const char *contents,
                        gsize       size)
{
  TempLedgerText *self = g_new0 (TempLedgerText, 1);
  gboolean is_first = TRUE, has_key = FALSE;
  const char *end = contents + size, *line_end;

  self->verdict = TEMP_LEDGER_HEADLESS;
  self->processes = g_array_new (FALSE, FALSE, sizeof (TempLedgerProcess));
  self->uids = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->dirs = g_ptr_array_new_with_free_func (free_dir);
  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (const char *line = contents; line < end && (line_end = memchr (line, '\n', end - line)) != NULL;
       line = line_end + 1)
    {
      g_autofree char *copy = g_strndup (line, line_end - line);
      g_auto (GStrv) fields = g_strsplit (copy, " ", 7);

      /* Skip a line with a NUL in it, which ends the copy early, and a line that was written short, as the header may
       * be, too: that has a backslash at its end. */
      if (*copy == '\0' || strlen (copy) != (gsize) (line_end - line) || line_end[-1] == '\\')
        continue;
      if (is_first)
        parse_header (self, fields, g_strv_length (fields));
      else if (self->verdict == TEMP_LEDGER_GOOD)
        parse_line (self, fields, g_strv_length (fields), &has_key);
      is_first = FALSE;
    }

  if (self->verdict == TEMP_LEDGER_GOOD && !has_key)
    self->verdict = TEMP_LEDGER_HEADLESS;
  return self;
}

/* Reads and parses an open ledger, which `st` describes. Returns NULL with errno if it cannot be read. */
TempLedgerText *
temp_ledger_text_read (TempHandle      fd,
                       const TempStat *st)
{
  g_autofree guint8 *contents = NULL;
  char birth[TEMP_LEDGER_BIRTH_SIZE];
  TempLedgerText *self;

  if (st->size > TEMP_LEDGER_MAX_SIZE)
    {
      errno = EFBIG;
      return NULL;
    }

  contents = g_malloc (st->size + 1);
  if (!temp_fd_read_all (fd, contents, st->size, 0))
    return NULL;

  self = temp_ledger_text_parse ((const char *) contents, st->size);
  temp_ledger_get_birth (fd, birth);
  if (self->verdict == TEMP_LEDGER_GOOD && (self->ino != st->id.ino || !g_str_equal (self->birth, birth)))
    self->verdict = TEMP_LEDGER_COPY;
  return self;
}

void
temp_ledger_text_free (TempLedgerText *self)
{
  g_free (self->birth);
  g_array_unref (self->processes);
  g_array_unref (self->uids);
  g_ptr_array_unref (self->dirs);
  g_hash_table_unref (self->kept);
  g_free (self);
}

/* Returns TRUE if the ledger has a line for the user. */
gboolean
temp_ledger_text_has_uid (const TempLedgerText *self,
                          guint64               uid)
{
  for (guint i = 0; i < self->uids->len; i++)
    if (g_array_index (self->uids, guint64, i) == uid)
      return TRUE;

  return FALSE;
}

/* Returns the process that made the ledger; NULL if the ledger names none. */
const TempLedgerProcess *
temp_ledger_text_get_maker (const TempLedgerText *self)
{
  return self->processes->len > 0 ? &g_array_index (self->processes, TempLedgerProcess, 0) : NULL;
}
