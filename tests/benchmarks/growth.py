# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""How cost grows: with the entries in the directory, the objects alive, the threads; and what the first one costs."""

import os
import sys

from measure import folder_in, median
from programs import Program
from report import format_ns

KINDS = ("anon", "named", "dir")
# A process is one measurement.
FIRST_FACTOR = 4


def take(program, workloads, n, where, rounds):
    """Gives the medians of some workloads that take turns; None: it failed."""
    values = {workload: [] for workload in workloads}
    for _ in range(rounds):
        for workload in workloads:
            try:
                values[workload].append(float(program.run(workload, n, where)))
            except RuntimeError as e:
                values[workload].append(str(e))
    for numbers in values.values():
        for text in dict.fromkeys(number for number in numbers if isinstance(number, str)):
            print(text, file=sys.stderr)
    return {workload: median(numbers) for workload, numbers in values.items()}


def format_pair(medians, workload, twin=":bare"):
    ours, bare = medians[workload], medians[workload + twin]
    if ours is None or bare is None:
        return f"{'-':>20}"
    return f"{format_ns(ours):>12}{ours / bare:>8.2f}"


def print_row(label, cells):
    print(f"{label:>12}" + "".join(cells), flush=True)


def print_entries(ours, root, rounds, sizes, n):
    """The directory is filled once, further and further, and all of the workloads run in it."""
    print("\nentries in the directory: ns to make and delete one more, and the ratio to the bare calls")
    print_row("", [f"{kind:>20}" for kind in KINDS])
    there = 0
    with folder_in(root) as where:
        for size in sizes:
            ours.run("make-entries", size - there, where)
            there = size
            os.sync()
            medians = take(ours, [f"{kind}{twin}" for kind in KINDS for twin in (":bare", "")], n, where, rounds)
            print_row(f"{size:,}", [format_pair(medians, kind) for kind in KINDS])


def print_alive(ours, root, rounds, sizes):
    # GSlice and each thread's cache of malloc() keep memory for later, which is not what an object takes.
    exact = Program(ours.name, ours.command, G_SLICE="always-malloc", GLIBC_TUNABLES="glibc.malloc.tcache_count=0")
    print("\nobjects alive: ns to make and delete one more, the ratio to the bare calls, and what each holds")
    print_row("", [f"{kind:>20}{'bytes':>8}{'fds':>6}" for kind in KINDS])
    for size in sizes:
        cells = []
        with folder_in(root) as where:
            for kind in KINDS:
                medians = take(ours, [f"alive:{kind}:bare", f"alive:{kind}"], size, where, rounds)
                held = take(exact, [f"alive-bytes:{kind}", f"alive-descriptors:{kind}"], size, where, 1)
                cells.append(format_pair(medians, f"alive:{kind}"))
                cells += ["".join(f"{'-' if value is None else f'{value:.0f}':>{width}}"
                                  for value, width in zip(held.values(), (8, 6)))]
        print_row(f"{size:,}", cells)


def print_threads(ours, root, rounds, n):
    print("\nthreads, each in its own directory: files a second of both, how much faster than one thread each is, and "
          "the ratio of that")
    print_row("", ["          ours", "          bare", "    ours", "    bare", "   ratio"])
    alone = None
    with folder_in(root) as where:
        for threads in (1, 2, 4, 8):
            names = f"threads:{threads}", f"threads:{threads}:bare"
            medians = take(ours, names, n, where, rounds)
            if None in medians.values():
                continue
            rates = [1e9 / medians[name] for name in names]
            alone = alone or rates
            gains = [rate / first for rate, first in zip(rates, alone)]
            print_row(str(threads), [f"{rate:>14,.0f}" for rate in rates] + [f"{gain:>8.2f}" for gain in gains]
                      + [f"{gains[0] / gains[1]:>8.2f}"])


def print_first(ours, root, rounds):
    print("\nthe first creation in a process")
    names = ["first:bare", "first", "first:named", "first:anon", "first:dir"]
    labels = ["bare", "named, in the default directory", "named", "without a name", "directory"]
    with folder_in(root) as where:
        medians = take(ours, names, 1, where, rounds * FIRST_FACTOR)
    for name, label in zip(names, labels):
        if medians[name] is not None:
            print(f"{label:>34}{format_ns(medians[name]):>12}")


def print_all(ours, roots, rounds, instant=False):
    for column, root in roots.items():
        print(f"\n{column}")
        print_first(ours, root, rounds)
        print_threads(ours, root, rounds, 10 if instant else 20_000)
        print_alive(ours, root, rounds, [1, 2] if instant else [1, 10, 100, 1_000, 10_000])
        print_entries(ours, root, rounds, [1, 2] if instant else [10 ** i for i in range(7)], 10 if instant else 2_000)
