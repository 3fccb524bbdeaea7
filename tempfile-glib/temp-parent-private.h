/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* So many that nothing lives in any more may stay open. */
#define TEMP_PARENT_N_RECENT 4

/* An open directory, shared by all that live in it: there is never more than one for a
 * directory at a time. */
typedef struct _TempParent TempParent;

TempParent *temp_parent_open   (const char         *dir,
                                GError            **error);
TempParent *temp_parent_take   (int                 fd,
                                const struct stat  *st);
gboolean    temp_parent_reopen (TempParent         *parent,
                                const char         *dir);
TempParent *temp_parent_ref    (TempParent         *parent);
void        temp_parent_unref  (TempParent         *parent);
void        temp_parent_forget_recent (void);
int         temp_parent_get_fd (TempParent         *parent);
void        temp_parent_get_id (TempParent         *parent,
                                dev_t              *dev,
                                ino_t              *ino);

gboolean    temp_parent_is_trusted     (TempParent *parent);
gboolean    temp_parent_has_fine_times (TempParent *parent);

void        temp_parent_set_covered (TempParent    *parent,
                                     TempParent    *above,
                                     gboolean       is_recorded);
gboolean    temp_parent_is_covered  (TempParent    *parent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TempParent, temp_parent_unref)

G_END_DECLS
