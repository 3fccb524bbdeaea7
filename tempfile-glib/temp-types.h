/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#pragma once

#if !defined (TEMPFILE_GLIB_INSIDE) && !defined (TEMPFILE_GLIB_COMPILATION)
#error "Only <tempfile-glib/tempfile-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include "temp-version-macros.h"

G_BEGIN_DECLS

/**
 * TempPersistFlags:
 * @TEMP_PERSIST_NONE: fail with `G_IO_ERROR_EXISTS` if the destination is there
 * @TEMP_PERSIST_REPLACE: replace the old file or directory: whoever opens it finds the old or the new one, whole
 * @TEMP_PERSIST_DURABLE: be sure that the result is on the disk, so that not even a power cut takes it away
 * @TEMP_PERSIST_COPY: copy if the destination is on another filesystem
 * @TEMP_PERSIST_IN_PLACE: write into the old file where replacing it would break something: see [error@Temp.SaveError]
 *
 * How to persist a temporary file or directory.
 *
 * None of them lets the library write a file that the user may not write. An editor wants all of %TEMP_PERSIST_REPLACE,
 * %TEMP_PERSIST_DURABLE and %TEMP_PERSIST_IN_PLACE, or leaves out the last one, and asks the user.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  TEMP_PERSIST_NONE     = 0,
  TEMP_PERSIST_REPLACE  = 1 << 0,
  TEMP_PERSIST_DURABLE  = 1 << 1,
  TEMP_PERSIST_COPY     = 1 << 2,
  TEMP_PERSIST_IN_PLACE = 1 << 3,
} TempPersistFlags;

/**
 * TEMP_SAVE_ERROR:
 *
 * The error domain for a file that cannot be replaced without harm. Errors in it are of [error@Temp.SaveError].
 *
 * Since: 1.0
 */
#define TEMP_SAVE_ERROR (temp_save_error_quark ())

/**
 * TempSaveError:
 * @TEMP_SAVE_ERROR_OWNER: the new file would have another owner
 * @TEMP_SAVE_ERROR_LINKS: the file has several names (hard links), and the others would keep the old contents
 * @TEMP_SAVE_ERROR_DIRECTORY: its directory cannot be written, so that no new file can take its place
 * @TEMP_SAVE_ERROR_MOUNTED: the file is mounted by itself, as in a container
 *
 * Why a file cannot be replaced without harm.
 *
 * [method@Temp.File.persist] and [func@Temp.replace_contents] fail with these. Nothing has changed then; each means
 * that the user may write the file, and that the same call with %TEMP_PERSIST_IN_PLACE would write into it. The
 * message is for people.
 *
 * ```c
 * if (g_error_matches (error, TEMP_SAVE_ERROR, TEMP_SAVE_ERROR_LINKS))
 *   ask ("The other names of the document will change, too.");
 * else if (error->domain == TEMP_SAVE_ERROR)
 *   ask ("Write into the document all the same?");
 * ```
 *
 * Since: 1.0
 */
typedef enum
{
  TEMP_SAVE_ERROR_OWNER,
  TEMP_SAVE_ERROR_LINKS,
  TEMP_SAVE_ERROR_DIRECTORY,
  TEMP_SAVE_ERROR_MOUNTED,
} TempSaveError;

TEMP_AVAILABLE_IN_1_0
GQuark temp_save_error_quark (void);

/**
 * TempRemoveFlags:
 * @TEMP_REMOVE_NONE: remove the directory with everything in it
 * @TEMP_REMOVE_KEEP_ROOT: empty the directory, and keep it
 * @TEMP_REMOVE_IGNORE_ERRORS: succeed if something cannot be removed; the rest is removed
 *
 * How to remove a tree.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  TEMP_REMOVE_NONE          = 0,
  TEMP_REMOVE_KEEP_ROOT     = 1 << 0,
  TEMP_REMOVE_IGNORE_ERRORS = 1 << 1,
} TempRemoveFlags;

/**
 * TempLocation:
 * @TEMP_LOCATION_DEFAULT: the default directory
 * @TEMP_LOCATION_MEMORY: a directory in memory: for small files that are read again soon, or must be on no disk
 * @TEMP_LOCATION_LARGE: a directory that is not in memory: for large files
 * @TEMP_LOCATION_SHARED: a directory that programs outside of a sandbox see under the same path: for files that they
 *   get
 *
 * A kind of directory for temporary files.
 *
 * Since: 1.0
 */
typedef enum
{
  TEMP_LOCATION_DEFAULT,
  TEMP_LOCATION_MEMORY,
  TEMP_LOCATION_LARGE,
  TEMP_LOCATION_SHARED,
} TempLocation;

/**
 * TempProgressCallback:
 * @n_removed: the number of entries that are removed so far
 * @user_data: the data that was given with the callback
 *
 * Tells how far the removal of a tree is: at most ten times a second, and once at the end.
 *
 * Since: 1.0
 */
typedef void (*TempProgressCallback) (guint64  n_removed,
                                      gpointer user_data);

typedef struct _TempFile TempFile;
typedef struct _TempDir TempDir;
typedef struct _TempSpooledFile TempSpooledFile;

G_END_DECLS

/* In C++, `|` makes a number of two flags, and no function takes a number for flags: so these have operators of their
 * own. They are C++ even if a program includes this header inside of `extern "C"`, where two functions cannot have one
 * name. g-ir-scanner reads the header as C. */
#if defined (__cplusplus) && __cplusplus >= 201103L
extern "C++" {

#define _TEMP_DEFINE_FLAG_OPERATORS(Flags)                                           \
  constexpr Flags operator| (Flags a, Flags b)                                       \
  {                                                                                  \
    return static_cast<Flags> (static_cast<unsigned> (a) | static_cast<unsigned> (b)); \
  }                                                                                  \
  inline Flags &operator|= (Flags &a, Flags b) { return a = a | b; }

_TEMP_DEFINE_FLAG_OPERATORS (TempPersistFlags)
_TEMP_DEFINE_FLAG_OPERATORS (TempRemoveFlags)

#undef _TEMP_DEFINE_FLAG_OPERATORS

}
#endif
