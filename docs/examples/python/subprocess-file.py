# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Takes what a program prints into a file without a name, and reads it."""

import subprocess

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp as tempfile

with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
    subprocess.run(["printf", r"%s\n", "one", "two", "three"], stdout=output, check=True)
    output.seek(0)
    print([line.rstrip() for line in output])
