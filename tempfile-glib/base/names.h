/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include <glib.h>

#include "platform/platform.h"

G_BEGIN_DECLS

/* The names in a directory, without `.` and `..`, one after the other. */
typedef struct
{
  TempHandle   fd; /* -1: not open */
  TempListing *listing;
  char        *buffer;
  gsize        size;
  gsize        position;
} TempNames;

#define TEMP_NAMES_INIT { .fd = TEMP_HANDLE_NONE }

gboolean    temp_names_open  (TempNames  *self,
                              TempHandle  dir);
const char *temp_names_next  (TempNames  *self);
void        temp_names_clear (TempNames  *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TempNames, temp_names_clear)

G_END_DECLS
