# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""CPython's own modules, on the command line of benchmark.h."""

import os
import shutil
import sys
import tempfile
import time

KIB = bytes(1024)


def create_nameless(n, where):
    for _ in range(n):
        tempfile.TemporaryFile(dir=where).close()


def create_named(n, where):
    for _ in range(n):
        tempfile.NamedTemporaryFile(dir=where).close()


def create_directory(n, where):
    for _ in range(n):
        tempfile.TemporaryDirectory(dir=where).cleanup()


def write_and_read(file):
    file.write(KIB)
    file.seek(0)
    if file.read() != KIB:
        sys.exit("read something else than what was written")
    file.close()


def use_nameless(n, where):
    for _ in range(n):
        write_and_read(tempfile.TemporaryFile(dir=where))


def use_spooled(n, where):
    for _ in range(n):
        write_and_read(tempfile.SpooledTemporaryFile(max_size=65536, dir=where))


def write_small(n, where):
    with tempfile.TemporaryFile(dir=where) as file:
        for _ in range(n):
            file.write(KIB[:64])


def copy(n, where):
    for _ in range(n):
        with open(os.path.join(where, "source"), "rb") as source, tempfile.TemporaryFile(dir=where) as target:
            shutil.copyfileobj(source, target)


def remove_tree(n, where):
    shutil.rmtree(os.path.join(where, "tree"))


WORKLOADS = {
    "anon:TemporaryFile": create_nameless,
    "named:NamedTemporaryFile": create_named,
    "dir:TemporaryDirectory": create_directory,
    "rw1k:TemporaryFile": use_nameless,
    "smallwrites:TemporaryFile": write_small,
    "spool:SpooledTemporaryFile": use_spooled,
    "bigcopy:copyfileobj": copy,
    "rmtree:shutil": remove_tree,
}


def main(workload, n=1, where="."):
    if workload == "list":
        print(*WORKLOADS, sep="\n")
        return
    run, n = WORKLOADS[workload], int(n)
    if run is not remove_tree:
        run((n + 9) // 10, where)
    start = time.monotonic_ns()
    run(n, where)
    print(f"{(time.monotonic_ns() - start) / n:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
