// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

namespace Temp {
  // The path comes first, so that all others can be left out.
  [CCode (cheader_filename = "tempfile-glib/tempfile-glib.h")]
  [Version (since = "1.0")]
  public static int mkstemp ([CCode (pos = 3.1)] out string path, [CCode (pos = 1)] string? dir = null, [CCode (pos = 2)] string? prefix = null, [CCode (pos = 3)] string? suffix = null) throws GLib.Error;
}
