# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Which workloads there are, and running them in turn."""

import os
import resource
import statistics
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field

TWINS = (":bare", ":cpython", ":gio")


@dataclass
class Group:
    """Workloads that are compared with each other: those whose name begins with `workload`."""

    title: str
    n: int
    workload: str = None
    before_all: tuple = None  # (workload, n), of our program
    before_each: str = None   # the same, of as many as are measured
    unit: str = "ns"
    environment: dict = field(default_factory=dict)


GROUPS = {
    "anon": Group("a file without a name, created and closed", 20_000),
    "named": Group("a file with a name, created and deleted", 20_000),
    "dir": Group("a directory, created and deleted", 5_000),
    "rw1k": Group("1 KiB written to a file and read back", 20_000),
    "smallwrites": Group("a write of 64 bytes", 400_000),
    "spool": Group("1 KiB written to a spooled file and read back", 200_000),
    "threads": Group("files with a name, by several threads, each in its own directory", 20_000),
    "first": Group("the first creation in a process", 1),
    "alive": Group("one more, with 1,000 alive", 1_000),
    "python": Group("Python", 3_000),
    "gjs": Group("GJS", 3_000),
    "bigcopy": Group("512 MiB copied into a file", 2, before_all=("make-source", 512)),
    # These come last: on some filesystems, creating is slow for a while after many deletions.
    "tree": Group("a tree, per entry", 100_000, "rmtree", before_each="make-tree"),
    "wide": Group("a directory full of files, per entry", 100_000, "rmtree", before_each="make-wide"),
    "drop": Group("a directory of 100,000 files, dropped in the background", 100_000),
    "deep": Group("directories in each other, per entry", 5_000, "rmtree", before_each="make-deep"),
}

INSTANT_N = 3


@contextmanager
def folder_in(root):
    where = tempfile.mkdtemp(prefix="tempfile-benchmark-", dir=root)
    try:
        yield where
    finally:
        # Not by Python, which before 3.13 fails on a deep tree.
        subprocess.run(["rm", "-rf", where], check=True)


def limit_descriptors():
    """To what a program on a desktop gets."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))


def select(programs, group):
    """Gives the (program, workload) pairs of a group."""
    prefix = group[1].workload or group[0]
    return [(program, workload) for program in programs for workload in program.list()
            if workload.split(":")[0] == prefix]


def run_once(ours, program, workload, group, n, where):
    """Gives the number, or, as text, why there is none."""
    try:
        if group.before_each:
            ours.run(group.before_each, n, where)
        if (group.before_each or group.before_all) and n > INSTANT_N:
            os.sync()
        return float(program.run(workload, n, where))
    except RuntimeError as e:
        return str(e)
    finally:
        if group.before_each:
            subprocess.run(["rm", "-rf", "tree"], cwd=where, check=True)


def measure(programs, name, root, rounds, instant=False):
    """Runs a group: all of its workloads in each round, so that what disturbs them disturbs all.

    Gives {(program's name, workload): [number or text]}.
    """
    group = GROUPS[name]
    pairs = select(programs, (name, group))
    results = {(program.name, workload): [] for program, workload in pairs}
    with folder_in(root) as where:
        if group.before_all:
            workload, n = group.before_all
            programs[0].run(workload, 1 if instant else n, where)
        for _ in range(rounds):
            for program, workload in pairs:
                n = min(group.n, INSTANT_N) if instant else group.n
                results[program.name, workload].append(run_once(programs[0], program, workload, group, n, where))
        left = set(os.listdir(where)) - {"source"}
        if left:
            raise RuntimeError(f"{name} left {', '.join(sorted(left))}")
    return results


def median(values):
    """None if a run failed."""
    if not values or not all(isinstance(value, float) for value in values):
        return None
    return statistics.median(values)


def is_twin(pair):
    return pair[1].endswith(TWINS)


def find_twin(results, pair):
    """Gives the pair that this one is a ratio to: its own twin, else the first of the group. A twin has none."""
    program, workload = pair
    for suffix in TWINS:
        if (program, workload.removesuffix(suffix)) in results and is_twin(pair):
            return pair
        if (program, workload + suffix) in results:
            return program, workload + suffix
    return next(iter(results))


def find_ratio(results, pair):
    ours, bare = median(results[pair]), median(results[find_twin(results, pair)])
    return ours / bare if ours is not None and bare else None
