/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#include "stream/spool.h"
#include "temp-spooled-file.h"

G_BEGIN_DECLS

struct _TempSpooledFile
{
  GIOStream      parent_instance;

  TempSpool     *spool;
  char          *dir;     /* these three are under the lock of the spool, and fixed once it has rolled */
  char          *prefix;
  char          *suffix;
  GInputStream  *input;   /* these two are made when first asked for */
  GOutputStream *output;

  pthread_t      thread;  /* where it was made, and is notified */
  GMainContext  *context; /* of that thread; NULL: the default one */
};

G_END_DECLS
