# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Packs an archive in memory, which moves to disk if it grows."""

import zipfile

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp as tempfile

with tempfile.SpooledTemporaryFile(max_size=64 * 1024) as packed:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hello.txt", "Hello\n" * 1000)
    packed.seek(0)
    with zipfile.ZipFile(packed) as archive:
        print(archive.namelist(), len(archive.read("hello.txt")))
