/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* Owner, group, mode and extended attributes of a file; an ACL is one of these. */
typedef struct
{
  guint32     uid;
  guint32     gid;
  guint32     mode;       /* without the type */
  GHashTable *attributes; /* char * → GBytes */
} TempMetadata;

gboolean temp_metadata_read        (TempMetadata       *metadata,
                                    TempHandle          fd);
gboolean temp_metadata_adopt_owner (TempHandle          fd,
                                    const TempMetadata *model);
gboolean temp_metadata_adopt       (TempHandle          fd,
                                    const TempMetadata *own,
                                    const TempMetadata *model,
                                    gboolean            with_mode);
void     temp_metadata_restore     (TempHandle          fd,
                                    const TempMetadata *own);
void     temp_metadata_clear       (TempMetadata       *metadata);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempMetadata, temp_metadata_clear)

G_END_DECLS
