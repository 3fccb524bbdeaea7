# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Compares making and closing each kind of thing with CPython's own module, in the same run.

    benchmark.py [DIRECTORY [ROUNDS]]

The two take turns, and the best turn of each counts. Above 1.00, CPython's is the faster one.
"""

import os
import sys
import tempfile as cpython
import timeit

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp  # noqa: E402

N_CALLS = 100


def make_fd(module):
    fd, path = module.mkstemp()
    os.close(fd)
    os.unlink(path)


def make_kept(module):
    with module.NamedTemporaryFile(delete=False) as file:
        pass
    os.unlink(file.name)


def make_rolled(module):
    with module.SpooledTemporaryFile(max_size=1) as file:
        file.write(b"roll")


def make_directory(module):
    with module.TemporaryDirectory():
        pass


def make_dir(module):
    if module is not Temp:
        return make_directory(module)
    with Temp.Dir():
        pass


KINDS = {
    "TemporaryFile": lambda module: module.TemporaryFile().close(),
    "TemporaryFile, text": lambda module: module.TemporaryFile("w+", encoding="utf-8").close(),
    "NamedTemporaryFile": lambda module: module.NamedTemporaryFile().close(),
    "NamedTemporaryFile, text": lambda module: module.NamedTemporaryFile("w+", encoding="utf-8").close(),
    "NamedTemporaryFile, kept": make_kept,
    "SpooledTemporaryFile": lambda module: module.SpooledTemporaryFile().close(),
    "SpooledTemporaryFile, rolled": make_rolled,
    "TemporaryDirectory": make_directory,
    "mkstemp": make_fd,
    "mkdtemp": lambda module: os.rmdir(module.mkdtemp()),
    # The objects, against what comes closest to them.
    "Temp.File()": lambda module: (Temp.File if module is Temp else module.TemporaryFile)().close(),
    "Temp.File(named=True)":
        lambda module: (Temp.File(named=True) if module is Temp else module.NamedTemporaryFile()).close(),
    "Temp.Dir()": make_dir,
}


def main(dir=None, rounds=50):
    if dir is not None:
        cpython.tempdir = Temp.tempdir = dir
    print(f"{'in ' + Temp.gettempdir():30}  CPython     Temp  ratio")
    for name, make in KINDS.items():
        theirs, ours = [], []
        for _ in range(int(rounds)):
            theirs.append(timeit.timeit(lambda: make(cpython), number=N_CALLS))
            ours.append(timeit.timeit(lambda: make(Temp), number=N_CALLS))
        print(f"{name:30} {min(theirs) / N_CALLS * 1e6:5.2f} µs {min(ours) / N_CALLS * 1e6:5.2f} µs "
              f"{min(ours) / min(theirs):6.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
