/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The tempfile-glib authors */
#include "config.h"

#include "persist/plan.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/words.h"
#include "persist/link.h"
#include "persist/persist.h"

/* The errors of persisting, which name the document, and what each means for the ways that are left. */

/* Sets an error that names the destination. Returns FALSE, for the caller to return. */
gboolean
temp_plan_fail (TempPlan  *p,
                GError   **error,
                int        errsv)
{
  temp_error_from_errno (error, errsv, _("Could not save “%s”: %s"), p->path);
  return FALSE;
}

/* Sets an error that names the destination, a local file, and has the code and the cause of another one, which it takes.
 * Returns FALSE. */
gboolean
temp_persist_fail_by (GFile   *destination,
                      GError **error,
                      GError  *cause)
{
  temp_error_from_cause (error, cause, _("Could not save “%s”: %s"), g_file_peek_path (destination));
  return FALSE;
}

/* Like temp_persist_fail_by(), for the plan's destination. */
gboolean
temp_plan_fail_by (TempPlan  *p,
                   GError   **error,
                   GError    *cause)
{
  return temp_persist_fail_by (p->job->destination, error, cause);
}

static char *
describe_harm (TempSaveError  harm,
               const char    *shown)
{
  switch (harm)
    {
    case TEMP_SAVE_ERROR_OWNER:
      return g_strdup_printf (_("Could not save “%s”: it belongs to another user"), shown);
    case TEMP_SAVE_ERROR_LINKS:
      return g_strdup_printf (_("Could not save “%s”: the file has more than one name"), shown);
    case TEMP_SAVE_ERROR_DIRECTORY:
      return g_strdup_printf (_("Could not save “%s”: its folder cannot be changed"), shown);
    case TEMP_SAVE_ERROR_MOUNTED:
    default:
      return g_strdup_printf (_("Could not save “%s”: it is mounted by itself"), shown);
    }
}

/* Sets the error for a target whose replacement would break something. No directory can be written into instead: there,
 * the error is an ordinary one. */
TempStep
temp_plan_fail_harm (TempPlan       *p,
                     GError        **error,
                     TempSaveError   harm)
{
  g_autofree char *shown = g_filename_display_name (p->path);
  g_autofree char *message = describe_harm (harm, shown);

  if (!p->is_dir)
    g_set_error_literal (error, TEMP_SAVE_ERROR, harm, message);
  else
    g_set_error_literal (error, G_IO_ERROR,
                         harm == TEMP_SAVE_ERROR_MOUNTED ? G_IO_ERROR_BUSY : G_IO_ERROR_PERMISSION_DENIED, message);
  return p->is_dir ? TEMP_STEP_FAILED : TEMP_STEP_HARMS;
}

/* Sets the error for a file that cannot reach its target by a link or a rename. A copy can, but needs the flag COPY. */
static TempStep
fail_without_copy (TempPlan    *p,
                   GError     **error,
                   const char  *message)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, message);
  return (p->job->flags & TEMP_PERSIST_COPY) != 0 ? TEMP_STEP_CANNOT : TEMP_STEP_FAILED;
}

/* Returns TRUE if the entry's file is on another filesystem than the target's directory. Compares directories where it
 * can: overlayfs shows other devices for files. */
gboolean
temp_plan_is_elsewhere (TempPlan *p)
{
  TempFileId here, there;

  if (p->entry->place != NULL)
    here = p->entry->place->id;
  else if (temp_platform.identify (p->fd, &here) < 0)
    return FALSE;
  return temp_platform.identify (p->dir_fd, &there) == 0 && here.dev != there.dev;
}

/* Sets the error of a link or a rename that failed. */
TempStep
temp_plan_fail_link (TempPlan  *p,
                     GError   **error,
                     int        errsv)
{
  g_autofree char *shown = NULL;
  g_autofree char *message = NULL;

  if (p->way == TEMP_WAY_LINK ? !temp_persist_is_unlinkable (errsv)
                              : errsv != EXDEV && (p->is_dir || !temp_persist_has_no_rename_flags (errsv)))
    return temp_plan_fail (p, error, errsv);

  /* A file with a name can perhaps be renamed where it cannot be linked. */
  if (errsv != EXDEV && (p->way == TEMP_WAY_COPY || !temp_plan_is_elsewhere (p)))
    {
      temp_plan_fail (p, error, errsv);
      return TEMP_STEP_CANNOT;
    }

  shown = g_filename_display_name (p->path);
  message = g_strdup_printf (_("Could not save “%s”: it is on another filesystem than the temporary file"), shown);
  return fail_without_copy (p, error, message);
}

/* Sets the error for a file that cannot have the target's owner: of the target, or of the temporary file, if this
 * process has changed its user since it made that. */
TempStep
temp_plan_fail_owner (TempPlan  *p,
                      GError   **error)
{
  g_autofree char *shown = NULL;
  g_autofree char *message = NULL;

  if (temp_plan_is_copy (p) || temp_platform.set_mode (p->fd, NULL, p->own.mode) == 0 || errno != EPERM)
    return temp_plan_fail_harm (p, error, TEMP_SAVE_ERROR_OWNER);

  shown = g_filename_display_name (p->path);
  message = g_strdup_printf (_("Could not save “%s”: the temporary file belongs to another user"), shown);
  return fail_without_copy (p, error, message);
}

/* Sets the error of a step in the target's directory, if that may mean that the target can only be written into. */
TempStep
temp_plan_fail_replacing (TempPlan  *p,
                          GError   **error,
                          int        errsv)
{
  if (p->target_fd >= 0 && errsv == EBUSY)
    return temp_plan_fail_harm (p, error, TEMP_SAVE_ERROR_MOUNTED);
  if (p->target_fd >= 0 && (errsv == EACCES || errsv == EPERM || errsv == EROFS))
    return temp_plan_fail_harm (p, error, TEMP_SAVE_ERROR_DIRECTORY);

  temp_plan_fail (p, error, errsv);
  return TEMP_STEP_FAILED;
}
