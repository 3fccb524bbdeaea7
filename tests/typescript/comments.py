#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""comments.py DEFINITIONS: fails on a function or method without a comment, which editors show. Of several forms of one,
the first has it."""

import re
import sys
from pathlib import Path

DECLARATION = re.compile(r"(?: {8}function| {12}(?:static)?) ?(?:\['(\w+)'\]|(\w+)|(\[Symbol\.\w+\]))(?:<T>)?\(")


def main():
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    faults = []
    n_declared = 0
    name = None
    for number, (before, line) in enumerate(zip(lines, lines[1:]), 2):
        match = DECLARATION.match(line)
        if match:
            n_declared += 1
            is_first = match.group(1, 2, 3) != name
            name = match.group(1, 2, 3)
            if is_first and not before.rstrip().endswith("*/"):
                faults.append(f"{sys.argv[1]}:{number}: {line.strip()} has no comment")
        elif re.match(r" {8}(?:class|interface) ", line):
            name = None

    print(*faults, f"{n_declared} declarations", sep="\n")
    return 1 if faults or n_declared < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
