/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#if !defined (TEMPFILE_GLIB_INSIDE) && !defined (TEMPFILE_GLIB_COMPILATION)
#error "Only <tempfile-glib/tempfile-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include "temp-version-macros.h"

G_BEGIN_DECLS

typedef struct _TempFile TempFile;
typedef struct _TempDir TempDir;
typedef struct _TempSpooledFile TempSpooledFile;

G_END_DECLS
