/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "entry/entry.h"
#include "temp-identity-private.h"
#include "temp-ledger-private.h"
#include "temp-name-private.h"

G_BEGIN_DECLS

/* What an entry is made of: for its own files only. */

typedef enum
{
  TEMP_ENTRY_NAMELESS, /* it has no name (any more), or none of ours */
  TEMP_ENTRY_OWNED,    /* it is on the list, to be deleted */
  TEMP_ENTRY_KEPT,     /* its name is nobody's to delete */
} TempEntryState;

struct _TempEntry
{
  gatomicrefcount ref_count;

  TempEntryState  state;       /* guarded by the process's lock, as the list is; read without it, too */
  gboolean        auto_delete; /* guarded by it */
  gboolean        is_callers;  /* from the start: it is never owned */
  gboolean        is_remnant;  /* of a dead process, in whose ledger it is */
  TempRemoveLocks locks;       /* that others have on what is in it */
  gboolean        is_spared;   /* because of those */
  gboolean        is_empty;    /* a directory of which that is sure */
  gboolean        is_unrecorded; /* it was made without */
  gboolean        is_deleted;  /* by us */
  GThread        *worker;      /* who is just deciding the fate of the name */
  gboolean        is_asked;    /* it, to look at the record once more */
  GList           link;

  TempParent     *parent;    /* where the name is; NULL: it never had one */
  TempParent     *directory; /* if it is a directory, that */
  TempName        name;      /* for a nameless file only the path of its directory */
  GSList         *former;    /* the paths it had, which somebody may still hold */
  guint           generation;
  TempIdentity    identity;
  TempLedgerClaim claim;     /* in the ledger; for who has the right to decide */

  int             fd;         /* -1 once closed; of a directory: in `directory` */
  int             pin_fd;     /* holds the inode of a closed file that is still to be deleted */
  gint            n_fd_users; /* atomic */
};

/* Puts something there under that name, unless it is taken; sets errno if it cannot. */
typedef gboolean (*TempEntryPlace) (gpointer    data,
                                    int         dir_fd,
                                    const char *base);

gboolean temp_entry_create_name   (TempEntry           *entry,
                                   const char          *dir,
                                   TempParent          *parent,
                                   const TempIdentity  *identity,
                                   TempEntryPlace       place,
                                   gpointer             data,
                                   int                 *errsv,
                                   GError             **error);
void     temp_entry_own           (TempEntry           *entry);
void     temp_entry_disown        (TempEntry           *entry,
                                   TempEntryState       state);
void     temp_entry_hold          (TempEntry           *entry);
gboolean temp_entry_begin         (TempEntry           *entry);
gboolean temp_entry_try_begin     (TempEntry           *entry);
void     temp_entry_end           (TempEntry           *entry);
void     temp_entry_take_over     (TempEntry           *entry,
                                   TempParent          *parent,
                                   const char          *path,
                                   const TempIdentity  *identity);
gboolean temp_entry_reopen_parent (TempEntry           *entry);
gboolean temp_entry_is_still_ours (TempEntry           *entry);
gboolean temp_entry_settle        (TempEntry           *entry,
                                   TempEntry           *stage,
                                   TempParent          *parent,
                                   const char          *path,
                                   const char          *base,
                                   gboolean             is_copy);
void     temp_entry_forget        (TempEntry           *entry);
void     temp_entry_swap          (TempEntry           *entry,
                                   TempEntry           *stage);

gboolean temp_entry_keeps_everything (void);

GPtrArray *temp_entry_list_owned (void);

/* What a crash would leave. */
void     temp_entry_prepare_ledger    (TempEntry       *entry);
gboolean temp_entry_choose_name       (gpointer         data,
                                       TempName        *name,
                                       GError         **error);
void     temp_entry_complete_record   (TempEntry       *entry);
void     temp_entry_enter_record      (TempEntry       *entry);
gboolean temp_entry_clear_record      (TempEntry       *entry,
                                       TempParent      *above,
                                       gboolean         durable);
void     temp_entry_release_record    (TempEntry       *entry);
gboolean temp_entry_is_record_wrong   (TempEntry       *entry);
gboolean temp_entry_is_record_missing (TempEntry       *entry);
void     temp_entry_update_record     (TempEntry       *entry);
void     temp_entry_update_all_records (void);
void     temp_entry_cover             (TempEntry       *entry);

G_END_DECLS
