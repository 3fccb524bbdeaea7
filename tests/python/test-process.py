# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests processes and threads in Python: fork(), multiprocessing, exit, a kill."""

import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import unittest

import support
from support import Temp

MAKE_ALL = """
import io, os
file = Temp.File(named=True)
opened = Temp.File(named=True).open("w")
opened.write("never flushed")
nameless = Temp.File()
dir = Temp.Dir()
(dir / "x").write_text("x")
named = Temp.NamedTemporaryFile()
named.write(b"never flushed")
later = Temp.NamedTemporaryFile("w", delete_on_close=False)
later.close()
temporary = Temp.TemporaryFile()
temporary.write(b"never flushed")
spooled = Temp.SpooledTemporaryFile(max_size=1)
spooled.write(b"rolled")
directory = Temp.TemporaryDirectory()
open(os.path.join(directory.name, "x"), "w").close()
"""


def exit_as(function):
    """Runs a function in a forked child; gives its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def work(arguments):
    path, text = arguments
    with Temp.NamedTemporaryFile() as file, Temp.TemporaryDirectory():
        return os.path.exists(path), text.upper(), file.name


class TestImport(support.TestCase):
    def test_one_line(self):
        done = subprocess.run([sys.executable, "-W", "error", "-W", "ignore::ImportWarning", "-c",
                               "from gi.repository import Temp as tempfile; print(tempfile.gettempdir())"],
                              env=dict(os.environ, TMPDIR=self.dir, G_TEST_TMPDIR=""), capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (self.dir + "\n", "", 0))


class TestExit(support.TestCase):
    def test_all_alive(self):
        self.run_program(MAKE_ALL)
        self.assertEqual(self.list(), [])

    def test_in_modules(self):
        # What is here goes when modules do, the last of them after those it needs.
        for module in "builtins", "sys", "os", "io", "warnings", "Temp":
            self.run_program(MAKE_ALL + f"""
import builtins, os, sys, warnings
{module}.things = file, opened, nameless, dir, named, later, temporary, spooled, directory
""")
            self.assertEqual(self.list(), [])

    def test_in_cycles(self):
        self.run_program(MAKE_ALL + """
import gc
gc.disable()
cycle = [file, opened, nameless, dir, named, later, temporary, spooled, directory]
cycle.append(cycle)
del cycle, file, opened, nameless, dir, named, later, temporary, spooled, directory
""")
        self.assertEqual(self.list(), [])

    def test_on_exception(self):
        done = subprocess.run([sys.executable, "-c", "import gi; gi.require_version('Temp', '1')\n"
                               "from gi.repository import Temp\n" + MAKE_ALL + "raise SystemExit(3)"],
                              env=dict(os.environ, TMPDIR=self.dir), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertEqual(self.list(), [])

    def test_exit_at_once(self):
        # _exit() runs no handlers: the next program's sweep is what is left to hope for.
        self.run_program("import os; f = Temp.File(); t = Temp.TemporaryFile(); os._exit(0)")
        self.assertEqual(self.list(), [])

    def test_warns_at_exit(self):
        done = subprocess.run([sys.executable, "-W", "always", "-c",
                               "import gi; gi.require_version('Temp', '1')\n"
                               "from gi.repository import Temp\n"
                               "directory = Temp.TemporaryDirectory()"],
                              env=dict(os.environ, TMPDIR=self.dir), capture_output=True, text=True)
        self.assertIn("ResourceWarning: Implicitly cleaning up <TemporaryDirectory", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(self.list(), [])


class TestShutdown(support.TestCase):
    """What a program closes at the end of the interpreter, when nothing can be imported any longer."""

    KINDS = {
        "Temp.NamedTemporaryFile()": "close",
        "Temp.NamedTemporaryFile(delete=False, dir='KEPT')": "close",
        "Temp.TemporaryFile()": "close",
        "Temp.SpooledTemporaryFile()": "close",
        "Temp.TemporaryDirectory()": "cleanup",
        "Temp.File(named=True)": "close",
        "Temp.File(named=True).open('w')": "close",
        "Temp.File(named=True, prefix=None)": "delete",
        "Temp.Dir()": "delete",
        "Temp.SpooledFile()": "close",
    }
    ENDS = {
        "__del__": "thing = End({thing})",
        "__del__ in a cycle": "thing = End({thing}); thing.self = thing",
        "__del__ in sys": "import sys; sys.thing = End({thing})",
        "generator": "thing = suspend({thing}); next(thing)",
        "generator in sys": "import sys; sys.thing = suspend({thing}); next(sys.thing)",
    }
    PROGRAM = """
import os

class End:
    def __init__(self, thing):
        self.thing = thing

    def __del__(self, write=os.write):
        self.thing.{method}()
        write(1, b"closed")

def suspend(thing, write=os.write):
    try:
        yield
    finally:
        thing.{method}()
        write(1, b"closed")

"""

    def test_all(self):
        kept = os.path.join(self.dir, "kept")
        os.mkdir(kept)
        for thing, method in self.KINDS.items():
            for name, end in self.ENDS.items():
                with self.subTest(thing=thing, end=name):
                    text = self.PROGRAM.replace("{method}", method) + end.replace("{thing}", thing)
                    self.assertEqual(self.run_program(text.replace("KEPT", kept)), "closed")
                    self.assertEqual(self.list(), ["kept"])


class TestFork(support.TestCase):
    def make(self):
        dir = Temp.Dir()
        (dir / "x").write_text("x")
        named = Temp.NamedTemporaryFile()
        named.write(b"x")
        named.flush()
        later = Temp.File(named=True, delete_on_close=False)
        return [Temp.File(named=True), dir, named, Temp.TemporaryDirectory(), later]

    def clean(self, things):
        things[3].cleanup()
        things.clear()

    def test_child_drops(self):
        things = self.make()
        before = self.list()
        self.assertEqual(exit_as(things.clear), 0)
        self.assertEqual(self.list(), before)
        self.assertEqual(os.listdir(things[1]), ["x"])
        self.clean(things)
        self.assertEqual(self.list(), [])

    def test_child_closes(self):
        things = self.make()
        before = self.list()

        def close():
            things[0].close()
            things[1].delete()
            things[2].close()
            things[3].cleanup()
            things[4].close()

        # The child says so, and the last one is not to be deleted when it is closed.
        later = os.path.basename(things[4].get_path())
        self.assertIn(later, before)
        self.assertEqual(exit_as(close), 0)
        self.assertEqual(self.list(), [later])
        self.clean(things)
        self.assertEqual(self.list(), [])

    def test_child_exits(self):
        self.run_program("""
import os
directory = Temp.TemporaryDirectory()
named = Temp.NamedTemporaryFile()
dir = Temp.Dir()
(dir / "x").write_text("x")
if os.fork() == 0:
    raise SystemExit(0)
os.wait()
assert os.listdir(dir) == ["x"] and os.path.exists(named.name) and os.path.isdir(directory.name)
named.close()
directory.cleanup()
""")
        self.assertEqual(self.list(), [])

    def test_child_leaves_block(self):
        # The end of a block says that all of it is to go, whoever comes there.
        self.run_program("""
import os
with Temp.NamedTemporaryFile() as named, Temp.Dir() as dir, Temp.TemporaryDirectory() as directory:
    (dir / "x").write_text("x")
    pid = os.fork()
if pid == 0:
    raise SystemExit(0)
os.wait()
""")
        self.assertEqual(self.list(), [])

    def test_child_makes(self):
        Temp.NamedTemporaryFile().close()

        def make():
            with Temp.NamedTemporaryFile() as file, Temp.TemporaryDirectory() as directory:
                assert os.path.exists(file.name) and os.path.isdir(directory)
            assert os.listdir(self.dir) == []

        self.assertEqual(exit_as(make), 0)

    def test_different_names(self):
        read, write = os.pipe()
        exit_as(lambda: os.write(write, os.fsencode(os.path.basename(Temp.mkstemp(prefix="")[1]))))
        exit_as(lambda: os.write(write, os.fsencode(os.path.basename(Temp.mkstemp(prefix="")[1]))))
        names = os.read(read, 100)
        os.close(read)
        os.close(write)
        self.assertEqual(len(names), 16)
        self.assertNotEqual(names[:8], names[8:])

    def test_multiprocessing(self):
        for method in "fork", "spawn":
            with self.subTest(method=method), Temp.NamedTemporaryFile() as file:
                if method == "spawn":
                    # It imports this file anew, by its name.
                    self.addCleanup(os.environ.pop, "TMPDIR", None)
                    os.environ["TMPDIR"] = self.dir
                with multiprocessing.get_context(method).Pool(2) as pool:
                    results = pool.map(work, [(file.name, "a"), (file.name, "b"), (file.name, "c")])
                    pool.close()
                    pool.join()
                self.assertEqual([result[:2] for result in results], [(True, "A"), (True, "B"), (True, "C")])
                self.assertEqual(len({result[2] for result in results}), 3)
                self.assertEqual(self.list(), [os.path.basename(file.name)])
        self.assertEqual(self.list(), [])


class TestThreads(support.TestCase):
    def test_many(self):
        def run(number):
            for _ in range(50):
                with Temp.NamedTemporaryFile("w+") as file, Temp.TemporaryDirectory() as directory, Temp.Dir() as dir:
                    file.write(str(number))
                    file.seek(0)
                    assert file.read() == str(number)
                    assert os.listdir(directory) == os.listdir(dir) == []
                    with Temp.File(named=True, dir=dir) as inner:
                        inner.open("w").write("x")
            return number

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.assertEqual(list(pool.map(run, range(8))), list(range(8)))
        self.assertEqual(self.list(), [])

    def test_dropped_elsewhere(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(lambda things: things.clear(), [Temp.File(named=True), Temp.NamedTemporaryFile()]).result()
        self.assertEqual(self.list(), [])


@unittest.skipUnless(hasattr(Temp, "sweep"), "this library has no sweep()")
class TestKill(support.TestCase):
    def test_killed(self):
        state = os.path.join(self.dir, "state")
        inside = os.path.join(self.dir, "tmp")
        os.mkdir(inside)
        environment = dict(os.environ, TMPDIR=inside, XDG_STATE_HOME=state)
        head = "import gi; gi.require_version('Temp', '1')\nfrom gi.repository import Temp\n"
        killed = subprocess.run([sys.executable, "-c", head + MAKE_ALL + "os.kill(os.getpid(), 9)"], env=environment)
        self.assertEqual(killed.returncode, -signal.SIGKILL)
        n_left = len(os.listdir(inside))
        swept = subprocess.run([sys.executable, "-c", head + "print(Temp.sweep(), Temp.sweep())"], env=environment,
                               check=True, capture_output=True, text=True)
        self.assertEqual(swept.stdout, f"{n_left} 0\n")
        self.assertEqual(os.listdir(inside), [])


if __name__ == "__main__":
    support.main()
