#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Prints the layers of the library's sources, and fails on a circle, or on a file that knows one above it.

Reads two things: which header each source includes, and which functions the object file of each source calls.
"""

import argparse
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# From the bottom up. A file knows files of its own folder and of the rows below. "": the classes and public functions.
FOLDERS = [["platform"], ["base"], ["tree"], ["ledger"], ["entry"], ["persist", "stream", "task"], [""]]

# Public, but without functions: all may know them.
TYPES = {"temp-types.h", "temp-version-macros.h"}

# The headers that files of other folders may include; base/ is there to be included.
DOORS = {
    "platform": ["platform/platform.h"],
    "ledger": ["ledger/place.h", "ledger/sweep.h", "ledger/home.h"],
    "tree": ["tree/tree.h", "tree/copy-tree.h"],
    "entry": ["entry/entry.h", "entry/entry-private.h", "entry/location.h"],
    "persist": ["persist/persist.h"],
}

RANK = {folder: rank for rank, row in enumerate(FOLDERS) for folder in row}


def get_folder(file):
    return file.rpartition("/")[0]


def read_includes(root):
    """Returns, for each source and header, the headers of the library that it includes."""
    files = {str(path.relative_to(root)): path for path in sorted(root.rglob("*.[ch]"))}
    includes = {}
    for file, path in files.items():
        found = re.findall(r'^#include [<"](?:tempfile-glib/)?([^">]+)[">]', path.read_text(), re.MULTILINE)
        includes[file] = sorted(set(found) & set(files) - {file})
    return includes


def read_calls(root, objects):
    """Returns, for each source, the sources whose functions or variables it uses."""
    defined, undefined = {}, {}
    for source in sorted(root.rglob("*.c")):
        file = str(source.relative_to(root))
        path = objects / (file.replace("/", "_") + ".o")
        if not path.exists():
            continue
        undefined[file] = set()
        output = subprocess.run(["nm", "--format=posix", path], check=True, capture_output=True, text=True).stdout
        for name, kind, *_ in map(str.split, output.splitlines()):
            if kind in "TDBRV":
                defined[name] = file
            elif kind == "U":
                undefined[file].add(name)
    return {file: sorted({defined[name] for name in names if name in defined} - {file})
            for file, names in undefined.items()}


def find_circle(graph):
    """Returns a list of files each of which knows the next one, and the last one the first; None if there is none."""
    state, path = {}, []

    def visit(file):
        state[file] = "open"
        path.append(file)
        for other in graph.get(file, []):
            if state.get(other) == "open":
                return path[path.index(other):]
            if other not in state and (circle := visit(other)):
                return circle
        path.pop()
        state[file] = "closed"
        return None

    for file in graph:
        if file not in state and (circle := visit(file)):
            return circle
    return None


def find_faults(kind, graph):
    faults = []
    if circle := find_circle(graph):
        faults.append(f"circle of {kind}: {' -> '.join([*circle, circle[0]])}")
    for file, others in graph.items():
        for other in others:
            here, there = get_folder(file), get_folder(other)
            if other not in TYPES and here != there and RANK[here] <= RANK[there]:
                faults.append(f"{kind} that go up: {file} -> {other}")
    return faults


def find_back_doors(includes):
    return [f"{file} includes {header}, which is for {get_folder(header)}/ alone"
            for file, headers in includes.items() for header in headers
            if get_folder(header) not in ("", get_folder(file))
            and header not in DOORS.get(get_folder(header), [header])]


def get_layers(graph):
    layers = {}

    def get_layer(file):
        if file not in layers:
            layers[file] = 1 + max(map(get_layer, graph.get(file, [])), default=0)
        return layers[file]

    for file in graph:
        get_layer(file)
    return layers


def print_layers(calls):
    rows = defaultdict(list)
    for file, layer in get_layers(calls).items():
        rows[layer].append(file)
    for layer in sorted(rows, reverse=True):
        print(f"{layer:3}  {'  '.join(sorted(rows[layer]))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="the folder of the library's sources")
    parser.add_argument("objects", type=Path, help="the folder of their object files")
    options = parser.parse_args()

    includes = read_includes(options.root)
    calls = read_calls(options.root, options.objects)
    if not any(calls.values()):
        print("the object files have no symbols that nm can read")
        return 77

    unknown = sorted({get_folder(file) for file in includes} - set(RANK))
    if unknown:
        print(f"folders without a place: {', '.join(unknown)}")
        return 1

    faults = find_faults("includes", includes) + find_faults("calls", calls) + find_back_doors(includes)
    if not faults:
        print_layers(calls)
    print(*faults, sep="\n", end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
