// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Vala 0.56 does not know that what newer GIRs call GioUnix is in its GLib.
[CCode (cprefix = "G", gir_namespace = "GioUnix", gir_version = "2.0", lower_case_cprefix = "g_")]
namespace GLib {
}
