/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#define TEMPFILE_GLIB_INSIDE
#include "temp-dir.h"
#include "temp-enum-types.h"
#include "temp-file.h"
#include "temp-functions.h"
#include "temp-location.h"
#include "temp-remove-tree.h"
#include "temp-save.h"
#include "temp-spooled-file.h"
#include "temp-sweep.h"
#include "temp-types.h"
#include "temp-version-macros.h"
#include <tempfile-glib/temp-enum-types.h>
#include <tempfile-glib/temp-version.h>
#undef TEMPFILE_GLIB_INSIDE
