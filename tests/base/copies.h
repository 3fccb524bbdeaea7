/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "base/copy.h"

G_BEGIN_DECLS

/* Files and streams to copy. If one of these functions fails, the test fails. */

/* Replaces the entry that tells filesystems apart: each is one to splice onto if test_copy_splices is set. */
void     test_copy_init            (void);
extern gboolean test_copy_splices;

/* Opens an empty file in the test's directory. */
int      test_copy_open            (const char *base,
                                    int         flags);

/* Opens both ends of a pipe or of a pair of sockets. */
void     test_copy_open_stream     (gboolean    is_socket,
                                    int        *from,
                                    int        *into);

/* Returns bytes that differ from place to place. */
GBytes  *test_copy_pattern         (gsize       size);
void     test_copy_put             (int         fd,
                                    const void *data,
                                    gsize       size);

/* Limits the size of files. A write past it is short, and the next one fails with EFBIG. */
void     test_copy_limit_size      (guint64     size);

/* Copies, and returns the number of bytes. */
guint64  test_copy_assert_copies   (int         in,
                                    int         out);
void     test_copy_assert_fails    (TempCopy   *copy,
                                    int         code); /* of G_IO_ERROR */
void     test_copy_assert_contents (int         fd,
                                    const void *data,
                                    gsize       size);

G_END_DECLS
