/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "platform/platform.h"
#include "tree/tree.h"

G_BEGIN_DECLS

/* One named or nameless thing that this process has alive. The head of entry.c shows its states.
 *
 * The owner, an object above, makes an entry, creates something by it, and ends it: the owner deletes, drops or keeps
 * the entry, then discards it, and then drops the last reference. */
typedef struct _TempEntry TempEntry;

/* The operations on an entry, for the messages of errors. */
typedef enum
{
  TEMP_ACTION_USE, /* any */
  TEMP_ACTION_READ,
  TEMP_ACTION_WRITE,
  TEMP_ACTION_SPOIL, /* a write that has failed in the middle */
  TEMP_ACTION_SEEK,
  TEMP_ACTION_TRUNCATE,
  TEMP_ACTION_QUERY,
  TEMP_ACTION_REOPEN,
  TEMP_ACTION_KEEP,
  TEMP_ACTION_CLOSE,
  TEMP_ACTION_ROLL, /* of a spooled file, which has no entry yet */
} TempEntryAction;

TempEntry  *temp_entry_new                (void);
TempEntry  *temp_entry_ref                (TempEntry           *entry);
void        temp_entry_unref              (TempEntry           *entry);
void        temp_entry_set_callers        (TempEntry           *entry);
void        temp_entry_tell_if_late       (TempEntry           *entry);
void        temp_entry_discard            (TempEntry           *entry);

/* The owner calls one of these, once; after an error, it may call one again. `above`, if not NULL, is an entry of this
 * process: its directory replaces `dir`. */
gboolean    temp_entry_create_nameless    (TempEntry           *entry,
                                           const char          *dir,
                                           guint32              mode,
                                           GError             **error);
gboolean    temp_entry_create_beside      (TempEntry           *entry,
                                           const char          *dir,
                                           guint32              mode,
                                           GError             **error);
gboolean    temp_entry_create_file        (TempEntry           *entry,
                                           const char          *dir,
                                           TempEntry           *above,
                                           const char          *prefix,
                                           const char          *suffix,
                                           guint32              mode,
                                           GError             **error);
gboolean    temp_entry_create_dir         (TempEntry           *entry,
                                           const char          *dir,
                                           TempEntry           *above,
                                           const char          *prefix,
                                           const char          *suffix,
                                           guint32              mode,
                                           GError             **error);

/* The name. */
const char *temp_entry_get_path           (TempEntry           *entry);
const char *temp_entry_get_last_path      (TempEntry           *entry);
gboolean    temp_entry_get_auto_delete    (TempEntry           *entry);
gboolean    temp_entry_set_auto_delete    (TempEntry           *entry,
                                           gboolean             auto_delete);
gboolean    temp_entry_delete             (TempEntry           *entry,
                                           TempRemoveProgress  *progress,
                                           GCancellable        *cancellable,
                                           GError             **error);
gboolean    temp_entry_drop               (TempEntry           *entry,
                                           GError             **error);
void        temp_entry_drop_in_background (TempEntry           *entry,
                                           gboolean             is_quiet);
gboolean    temp_entry_keep               (TempEntry           *entry,
                                           GError             **error);

/* The descriptor. */
TempHandle  temp_entry_get_fd             (TempEntry           *entry);
TempHandle  temp_entry_open_dir_fd        (TempEntry           *entry);
gboolean    temp_entry_acquire_fd         (TempEntry           *entry,
                                           GError             **error);
gboolean    temp_entry_release_fd         (TempEntry           *entry,
                                           GError             **error);
TempHandle  temp_entry_steal_fd           (TempEntry           *entry);
gboolean    temp_entry_seek               (TempEntry           *entry,
                                           goffset              offset,
                                           GSeekType            type,
                                           GError             **error);
goffset     temp_entry_tell               (TempEntry           *entry);
gboolean    temp_entry_truncate           (TempEntry           *entry,
                                           goffset              size,
                                           GError             **error);
GFileInfo  *temp_entry_query_info         (TempEntry           *entry,
                                           const char          *attributes,
                                           GCancellable        *cancellable,
                                           GError             **error);
void        temp_entry_set_error          (TempEntry           *entry,
                                           GError             **error,
                                           int                  errsv,
                                           TempEntryAction      action);
void        temp_entry_set_cause          (TempEntry           *entry,
                                           GError             **error,
                                           GIOErrorEnum         code,
                                           const char          *cause,
                                           TempEntryAction      action);
void        temp_entry_propagate_error    (TempEntry           *entry,
                                           GError             **error,
                                           GError              *cause,
                                           TempEntryAction      action);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempEntry, temp_entry_unref)

G_END_DECLS
