/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Other threads come in wherever this one lets go of the process's lock, or of the lock of appends. A test that is linked with
 * "moments" in meson.build can have something happen there, each time once: it goes on to the next
 * moment until there are no more. */
void     test_moment_set  (guint        number,
                           GSourceFunc  function,
                           gpointer     data);

/* No more; FALSE: there were not so many. */
gboolean test_moment_came (void);

/* Until another thread waits for this one, which is in the middle of something. */
void     test_moment_wait (void);

G_END_DECLS
