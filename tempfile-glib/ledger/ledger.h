/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

#include "base/process.h"
#include "ledger/tag.h"

G_BEGIN_DECLS

/* A ledger of this process: a file by which a sweep finds what a crash of this process leaves. */
typedef struct _TempLedger TempLedger;

/* The lock of appends, which a thread has that opens a ledger or appends to one. */
#define     temp_ledger_lock_appends()          temp_mutex_lock (TEMP_MUTEX_APPENDS)
#define     temp_ledger_unlock_appends()        temp_mutex_unlock (TEMP_MUTEX_APPENDS)
#define     temp_ledger_assert_appends_locked() temp_mutex_assert_locked (TEMP_MUTEX_APPENDS)

TempLedger *temp_ledger_open       (GError      **error);
TempLedger *temp_ledger_ref        (TempLedger   *self);
void        temp_ledger_unref      (TempLedger   *self);
char       *temp_ledger_dup_path   (TempLedger   *self);
gboolean    temp_ledger_is_current (TempLedger   *self);

gboolean    temp_ledger_append     (TempLedger   *self,
                                    const char   *lines);
gboolean    temp_ledger_append_keep (TempLedger  *self,
                                     const char  *lines,
                                     const char  *name,
                                     gboolean     keeps);
gboolean    temp_ledger_add_uid    (TempLedger   *self,
                                    guint32       uid);
gboolean    temp_ledger_sync       (TempLedger   *self);
gboolean    temp_ledger_give_up    (TempLedger   *self);

gboolean    temp_ledger_enter      (TempLedger   *self);
void        temp_ledger_leave      (TempLedger   *self);
gboolean    temp_ledger_draw       (TempLedger   *self,
                                    char          letters[TEMP_TAG_N_LETTERS],
                                    TempTagKind   kind,
                                    const char   *dir,
                                    const char   *prefix,
                                    gsize         prefix_length,
                                    const char   *suffix);

void        temp_ledger_set_guarded (TempLedger  *self);
void        temp_ledger_finish_all  (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempLedger, temp_ledger_unref)

G_END_DECLS
