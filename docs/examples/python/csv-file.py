# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Sorts a table with another program, by way of a temporary file."""

import csv
import subprocess

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp as tempfile

with tempfile.NamedTemporaryFile("w", newline="", suffix=".csv", delete_on_close=False) as table:
    csv.writer(table, lineterminator="\n").writerows([["pear", 3], ["apple", 5], ["fig", 1]])
    table.close()
    done = subprocess.run(["sort", table.name], capture_output=True, text=True, check=True)

for name, count in csv.reader(done.stdout.splitlines()):
    print(name, count)
