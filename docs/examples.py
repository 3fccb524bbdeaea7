#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

"""Writes the manual's chapter of examples: each job, in one language after the other.

Takes the folder of the examples and the file to write.
"""

import sys
from pathlib import Path

LANGUAGES = [
    ("C", "c", "c"),
    ("Python", "python", "py"),
    ("JavaScript", "javascript", "js"),
    ("Vala", "vala", "vala"),
    ("Lua", "lua", "lua"),
]

JOBS = [
    ("nameless-file", "A file without a name", "Somewhere to put bytes and take them back, which no other program can find."),
    ("named-file", "A file with a name, for another program", "Filled from a stream, then handed on by its path."),
    ("directory", "A directory, with all that is in it", "An archive is made in one, and unpacked in another."),
    ("save-document", "A document that is saved", "In one call, and asking the user where that would do harm."),
    ("keep", "A file that is kept on purpose", "Temporary, until it turns out to be wanted."),
    ("where", "Where they go", "The environment decides, and a program can."),
]

HEAD = """Title: Examples in five languages

# Examples in five languages

The same six jobs in each language. The programs are in `docs/examples/`, and are run by the tests.
"""


def program(path):
    """Gives the program without the head that says whose it is."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".c":
        return text.partition("*/\n")[2].lstrip("\n")
    lines = text.splitlines(keepends=True)
    while lines and (lines[0].startswith("#!") or "SPDX-" in lines[0] or not lines[0].strip()):
        del lines[0]
    return "".join(lines)


def main():
    folder, output = map(Path, sys.argv[1:])
    parts = [HEAD]
    for job, title, summary in JOBS:
        parts.append(f"\n## {title}\n\n{summary}\n")
        for language, subfolder, extension in LANGUAGES:
            text = program(folder / subfolder / f"{job}.{extension}")
            parts.append(f"\n### In {language}\n\n```{subfolder}\n{text}```\n")
    output.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
