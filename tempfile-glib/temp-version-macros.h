/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#if !defined (TEMPFILE_GLIB_INSIDE) && !defined (TEMPFILE_GLIB_COMPILATION)
#error "Only <tempfile-glib/tempfile-glib.h> can be included directly."
#endif

#include <glib.h>

#include <tempfile-glib/temp-version.h>

#ifndef _TEMP_EXTERN
#define _TEMP_EXTERN extern
#endif

#define TEMP_AVAILABLE_IN_1_0 _TEMP_EXTERN
