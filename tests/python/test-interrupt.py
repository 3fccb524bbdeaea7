# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Interrupts functions at random instants in Python: nothing is left, no descriptor is lost or closed twice."""

import gc
import os
import random
import signal
import unittest
import unittest.mock
import warnings

import support
from support import Temp

N_INTERRUPTS = 2000 if os.environ.get("TEST_FULL") else 200


class Interrupt(KeyboardInterrupt):
    pass


def make_rolled():
    with Temp.SpooledTemporaryFile(max_size=1) as file:
        file.write(b"more than that")


def make_directory():
    with Temp.TemporaryDirectory() as path:
        open(os.path.join(path, "x"), "w").close()


def make_dir():
    with Temp.Dir() as dir:
        dir.create_file().open("w").close()


def make_closed_first():
    with Temp.NamedTemporaryFile("w", delete_on_close=False) as file:
        file.close()


KINDS = {
    "TemporaryFile": lambda: Temp.TemporaryFile().close(),
    "TemporaryFile, text": lambda: Temp.TemporaryFile("w+", encoding="utf-8").close(),
    "NamedTemporaryFile": lambda: Temp.NamedTemporaryFile().close(),
    "NamedTemporaryFile, closed first": make_closed_first,
    "SpooledTemporaryFile": make_rolled,
    "TemporaryDirectory": make_directory,
    "File": lambda: Temp.File(named=True).open("w").close(),
    "Dir": make_dir,
}


def count_fds():
    return len(os.listdir("/proc/self/fd"))


class TestInterrupt(support.TestCase):
    def interrupt(self, make):
        """Interrupts a function again and again; gives how often."""
        def on_alarm(*_):
            raise Interrupt

        n_interrupted = 0
        previous = signal.signal(signal.SIGALRM, on_alarm)
        try:
            while n_interrupted < N_INTERRUPTS:
                try:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-4))
                    try:
                        for _ in range(20):
                            make()
                    finally:
                        signal.setitimer(signal.ITIMER_REAL, 0)
                except Interrupt:
                    n_interrupted += 1
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)

    def test_all(self):
        # Newer versions of Python say what finalizers raise: no descriptor may be used that is closed.
        unraisable = []
        with warnings.catch_warnings(), unittest.mock.patch("sys.unraisablehook", unraisable.append):
            warnings.simplefilter("ignore", ResourceWarning)
            for name, make in KINDS.items():
                with self.subTest(name):
                    make()
                    gc.collect()
                    before = count_fds()
                    self.interrupt(make)
                    gc.collect()
                    self.assertEqual(self.list(), [])
                    self.assertEqual(count_fds(), before)
        self.assertEqual([error.exc_value for error in unraisable if isinstance(error.exc_value, OSError)], [])

    def test_closed_once(self):
        # What was interrupted right after it had got the descriptor closed it, and so did TemporaryFile().
        closed = []
        real = os.close

        class FileIO(Temp._io.FileIO):
            def __init__(self, fd, *args):
                super().__init__(fd, *args)
                closed.append(fd)
                raise Interrupt

        with unittest.mock.patch.object(Temp._io, "FileIO", FileIO), \
                unittest.mock.patch("os.close", lambda fd: (closed.append(fd), real(fd))), \
                warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            with self.assertRaises(Interrupt):
                Temp.TemporaryFile()
        self.assertEqual(len(closed), 1)


if __name__ == "__main__":
    support.main()
