/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "entry/name.h"
#include "ledger/place.h"

G_BEGIN_DECLS

/* For the files in entry/ and persist/ alone. The head of entry.c has the states and the lock rules. */

typedef enum
{
  TEMP_ENTRY_UNNAMED,    /* nothing is made yet, or a nameless file */
  TEMP_ENTRY_REGISTERED, /* it has a name; exit deletes it */
  TEMP_ENTRY_KEPT,       /* it has a name, which the library never deletes */
  TEMP_ENTRY_DELETED,    /* the name is gone; a file may still be open */
} TempEntryState;

/* The end of an entry, by its owner or at exit, deletes the name or leaves it. */
typedef enum
{
  TEMP_FATE_DELETE,  /* deletes it */
  TEMP_FATE_STAY,    /* leaves it: auto-delete is off */
  TEMP_FATE_CALLERS, /* leaves it: the name is the caller's from the start, and never registered */
} TempEntryFate;

/* The owner may leave the deletion to a worker. */
typedef enum
{
  TEMP_WORKER_NONE,
  TEMP_WORKER_WARNS, /* prints a warning if the deletion fails */
  TEMP_WORKER_QUIET,
} TempEntryWorker;

struct _TempEntry
{
  gatomicrefcount ref_count;

  TempEntryState  state;      /* written under the process's lock, and read without it, too */
  TempEntryFate   fate;       /* written under the lock of appends */
  gboolean        is_keeping; /* likewise: a thread is writing `keep` */
  TempEntryWorker worker;     /* set under the process's lock */
  gboolean        is_dir;
  GThread        *holder;     /* under the process's lock: the thread that has locked the entry */
  GList           link;       /* of the registry */

  TempPlace      *place;      /* the directory of its name; NULL: it never had one, or is the caller's */
  TempPlace      *inside;     /* of a directory where paths are not trusted: the place for files made in it */
  TempLedger     *ledger;     /* a sweep finds the entry by it, and it counts the entry; NULL: none does */
  gboolean        is_hidden;  /* until it is persisted: beside a document, under a name that nobody asked for */
  TempName        name;       /* of a nameless file only the path of its directory */
  GSList         *former;     /* paths that it had, which the owner may have handed out */
  guint           generation; /* of the process that made it: see temp_process_generation() */

  TempHandle      fd;         /* -1: closed, or a directory without one; under the process's lock if a directory */
  gint            n_fd_users; /* of a file; atomic */
  guint64         serial;     /* of a directory: its number in this process; see TempPlace.above */
  TempFileId      id;         /* of a directory that was opened; under the process's lock */
};

/* Asserts lock rule 2, in a debug build. */
static inline void
temp_entry_assert_locked (TempEntry *entry)
{
#ifdef TEMP_DEBUG
  g_assert (entry->holder == g_thread_self ());
#endif
}

/* Returns TRUE if the entry has a name, as far as the library knows. */
static inline gboolean
temp_entry_has_name (TempEntry *entry)
{
  return entry->state == TEMP_ENTRY_REGISTERED || entry->state == TEMP_ENTRY_KEPT;
}

/* Returns TRUE if the end of the entry will delete it. Then files in its directory need no line of their own. */
static inline gboolean
temp_entry_is_ending (TempEntry *entry)
{
  return entry->fate == TEMP_FATE_DELETE && !entry->is_keeping;
}

/* Links a file to a name, a base name in dir_fd or a path with TEMP_HANDLE_CURRENT_DIR. Never replaces: fails with
 * errno, EEXIST if the name is taken. */
typedef gboolean (*TempEntryLinkFunc) (gpointer    data,
                                       TempHandle  dir_fd,
                                       const char *name);

/* directory.c */
TempHandle temp_entry_check_dir_fd   (TempEntry         *entry);
void       temp_entry_close_dir_fd   (TempEntry         *entry);
gboolean   temp_entry_take_dir_fd    (TempEntry         *entry,
                                      TempHandle         fd,
                                      const TempFileId  *id);
void       temp_entry_replace_dir_fd (TempEntry         *entry,
                                      TempEntry         *source,
                                      TempEntry         *heir);

/* entry.c */
gboolean   temp_entry_is_foreign     (TempEntry         *entry);
gboolean   temp_entry_is_swept       (TempEntry         *entry);
gboolean   temp_entry_locate         (TempEntry         *entry,
                                      TempHandle        *dir_fd,
                                      const char       **name);
void       temp_entry_register       (TempEntry         *entry);
void       temp_entry_unregister     (TempEntry         *entry,
                                      TempEntryState     state);
void       temp_entry_leave_ledger   (TempEntry         *entry);
void       temp_entry_set_persisted  (TempEntry         *entry,
                                      const char        *path);
void       temp_entry_reset          (TempEntry         *entry);
GPtrArray *temp_entry_list           (void);
guint64    temp_entry_find_above     (const char        *resolved);
void       temp_entry_lock_new       (TempEntry         *entry);
gboolean   temp_entry_lock           (TempEntry         *entry);
gboolean   temp_entry_lock_until     (TempEntry         *entry,
                                      gint64             deadline);
void       temp_entry_unlock         (TempEntry         *entry);

/* new-dir.c */
gboolean   temp_entry_open_new_dir   (TempEntry         *entry,
                                      guint32            mode);

/* keep.c */
gboolean   temp_entry_write_keep     (TempEntry         *entry);
void       temp_entry_write_moved    (TempEntry         *entry,
                                      const char        *path);

/* delete.c */
gboolean   temp_entry_delete_until   (TempEntry         *entry,
                                      gint64             lock_deadline,
                                      gint64             deadline,
                                      GError           **error);

/* exit.c */
void       temp_entry_delete_all_at_exit (void);

/* make.c */
gboolean   temp_entry_create_name    (TempEntry         *entry,
                                      const char        *dir,
                                      TempEntryLinkFunc  link_to,
                                      gpointer           data,
                                      int               *errsv,
                                      GError           **error);
void       temp_entry_attach         (TempEntry         *entry,
                                      TempEntry         *named);
void       temp_entry_sync_ledger    (const char        *dir);

G_END_DECLS
