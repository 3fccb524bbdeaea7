# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Temp's `tempfile` and objects, and for each the twin of CPython's own module, on the command line of benchmark.h."""

import os
import sys
import tempfile as cpython
import time


def make_fd(module):
    fd, path = module.mkstemp()
    os.close(fd)
    os.unlink(path)


def make_kept(module):
    with module.NamedTemporaryFile(delete=False) as file:
        pass
    os.unlink(file.name)


def write_and_read(file):
    file.write(bytes(1024))
    file.seek(0)
    if len(file.read()) != 1024:
        sys.exit("read something else than what was written")
    file.close()


def make_rolled(module):
    with module.SpooledTemporaryFile(max_size=1) as file:
        file.write(b"roll")


def make_directory(module):
    with module.TemporaryDirectory():
        pass


def make_dir(module):
    with module.Dir():
        pass


# What both modules do alike.
FUNCTIONS = {
    "TemporaryFile": lambda module: module.TemporaryFile().close(),
    "TemporaryFile-text": lambda module: module.TemporaryFile("w+", encoding="utf-8").close(),
    "TemporaryFile-1KiB": lambda module: write_and_read(module.TemporaryFile()),
    "NamedTemporaryFile": lambda module: module.NamedTemporaryFile().close(),
    "NamedTemporaryFile-text": lambda module: module.NamedTemporaryFile("w+", encoding="utf-8").close(),
    "NamedTemporaryFile-kept": make_kept,
    "SpooledTemporaryFile": lambda module: module.SpooledTemporaryFile().close(),
    "SpooledTemporaryFile-1KiB": lambda module: write_and_read(module.SpooledTemporaryFile()),
    "SpooledTemporaryFile-rolled": make_rolled,
    "TemporaryDirectory": make_directory,
    "mkstemp": make_fd,
    "mkdtemp": lambda module: os.rmdir(module.mkdtemp()),
    "mktemp": lambda module: module.mktemp(),
    "gettempdir": lambda module: module.gettempdir(),
}

# The objects, against what comes closest to them.
OBJECTS = {
    "Temp.File": (lambda module: module.File().close(), "TemporaryFile"),
    "Temp.File-named": (lambda module: module.File(named=True).close(), "NamedTemporaryFile"),
    "Temp.Dir": (make_dir, "TemporaryDirectory"),
}


def list_workloads():
    """Gives {name: (function, whether it is CPython's)}."""
    workloads = {}
    for name, make in FUNCTIONS.items():
        workloads[f"python:{name}:cpython"] = make, True
        workloads[f"python:{name}"] = make, False
    for name, (make, closest) in OBJECTS.items():
        workloads[f"python:{name}:cpython"] = FUNCTIONS[closest], True
        workloads[f"python:{name}"] = make, False
    return workloads


def load_temp():
    import gi

    gi.require_version("Temp", "1")

    from gi.repository import Temp

    return Temp


def main(workload, n=1, where=None):
    workloads = list_workloads()
    if workload == "list":
        print(*workloads, sep="\n")
        return

    make, is_cpython = workloads[workload]
    module = cpython if is_cpython else load_temp()
    module.tempdir, n = where, int(n)
    for _ in range((n + 9) // 10):
        make(module)
    start = time.monotonic_ns()
    for _ in range(n):
        make(module)
    print(f"{(time.monotonic_ns() - start) / n:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
