/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Marks a text for people, and translates it; or only marks it. Instead of <glib/gi18n-lib.h>, which would not find the
 * translations. */
#define _(text)  temp_words_get (text)
#define N_(text) (text)

const char *temp_words_get        (const char *text) G_GNUC_FORMAT (1);
const char *temp_words_get_plural (const char *one,
                                   const char *many,
                                   gulong      n) G_GNUC_FORMAT (1) G_GNUC_FORMAT (2);

G_END_DECLS
