# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Keeps a scratch database, with the files that SQLite puts beside it, in a temporary directory."""

import contextlib
import sqlite3

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp

with Temp.Dir(prefix="scratch-") as directory:
    with contextlib.closing(sqlite3.connect(directory / "scratch.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        with database:
            database.execute("CREATE TABLE fruit (name TEXT, count INTEGER)")
            database.executemany("INSERT INTO fruit VALUES (?, ?)", [("apple", 5), ("fig", 1)])
        (total,) = database.execute("SELECT sum(count) FROM fruit").fetchone()

print(total)
