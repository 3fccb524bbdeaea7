# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Writes JSON into a temporary file, and reads it back."""

import json

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp

with Temp.File(named=True, prefix="settings-", suffix=".json") as file:
    text = file.open("w+", encoding="utf-8")
    json.dump({"theme": "dark", "recent": ["a.txt", "b.txt"]}, text, indent=2)
    text.seek(0)
    settings = json.load(text)

print(settings["theme"], len(settings["recent"]))
