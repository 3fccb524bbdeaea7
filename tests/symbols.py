#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Compares the symbols that a shared library exports with a list of them, one a line.

A symbol that is missing breaks programs. One that is new is there for good. With --update, the list is written anew.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def read_symbols(library):
    """Returns the names of the functions and variables that other programs can link to, but not those of compilers."""
    output = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library],
                            check=True, capture_output=True, text=True).stdout
    symbols = [line.split()[:2] for line in output.splitlines()]
    return sorted(name for name, kind in symbols if kind != "A" and not name.startswith("_"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the list, and compare nothing")
    parser.add_argument("library", help="the shared library; empty: there is none")
    parser.add_argument("list", type=Path, help="the file with the list")
    options = parser.parse_args()

    if not options.library:
        print("there is no shared library")
        return 77

    exported = read_symbols(options.library)
    lines = options.list.read_text(encoding="utf-8").splitlines()
    if options.update:
        comments = [line for line in lines if line.startswith("#")]
        options.list.write_text("".join(f"{line}\n" for line in comments + exported), encoding="utf-8")
        return 0

    listed = [line for line in lines if not line.startswith("#")]
    faults = [f"{name} is exported, but not listed" for name in exported if name not in listed]
    faults += [f"{name} is listed, but not exported" for name in listed if name not in exported]
    if faults:
        print(*faults, sep="\n")
        print(f"If that is meant: {' '.join([sys.argv[0], '--update', options.library, str(options.list)])}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
