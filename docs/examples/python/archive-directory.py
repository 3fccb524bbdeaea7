# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Puts a tree together in a temporary directory, and packs it."""

import shutil
import tarfile

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp

with Temp.Dir() as tree, Temp.Dir() as packed:
    (tree / "docs").mkdir()
    (tree / "docs" / "hello.txt").write_text("Hello\n")
    path = shutil.make_archive(str(packed / "release"), "gztar", root_dir=tree)
    with tarfile.open(path) as archive:
        print(sorted(name for name in archive.getnames() if name != "."))
