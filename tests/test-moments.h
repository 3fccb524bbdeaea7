/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Other threads come in whenever this thread unlocks the process or the appends. These are moments. A test that has
 * "moments" in meson.build runs a function at moment 0, then, from the start, at moment 1, and so on, until there are
 * no more. */
void     test_moment_set  (guint        number,
                           GSourceFunc  function,
                           gpointer     data);

/* Returns FALSE if there were not so many moments. The function does not run any more. */
gboolean test_moment_came (void);

/* In the function: returns once another thread waits for this one. */
void     test_moment_wait (void);

G_END_DECLS
