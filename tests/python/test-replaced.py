# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests what programs do with the names of temporary files in Python: replace what is there, and fork."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import unittest

import support
from support import Temp

SWEEP = os.environ.get("TEMPFILE_GLIB_SWEEP")

HEAD = """
import os, shutil, signal, socket, subprocess, sys
import gi
gi.require_version('Temp', '1')
from gi.repository import Temp
"""


def replace(path):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("new")
    os.replace(path + ".new", path)


def edit_in_place(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("old")
    subprocess.run(["sed", "-i", "s/old/new/", path], check=True)


def create_anew(path):
    os.unlink(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write("new")


def bind_socket(path):
    os.unlink(path)
    dir_fd = os.open(os.path.dirname(path), os.O_PATH)
    with socket.socket(socket.AF_UNIX) as server:
        # The path itself may be too long.
        server.bind(f"/proc/self/fd/{dir_fd}/{os.path.basename(path)}")
    os.close(dir_fd)


def link(path):
    os.unlink(path)
    os.symlink("/missing/target", path)


FILE_REPLACEMENTS = {
    "os.replace": replace,
    "sed -i": edit_in_place,
    "unlink and create": create_anew,
    "socket.bind": bind_socket,
    "os.symlink": link,
}


class TestCase(support.TestCase):
    """Programs make things in tmp/, have ledgers of their own, and leave user/ alone."""

    def setUp(self):
        super().setUp()
        self.tmp = os.path.join(self.dir, "tmp")
        self.user = os.path.join(self.dir, "user")
        for made in self.tmp, self.user:
            os.mkdir(made)
        Temp.tempdir = self.tmp
        self.environment = dict(os.environ, TMPDIR=self.tmp, XDG_STATE_HOME=os.path.join(self.dir, "state"),
                                XDG_RUNTIME_DIR=os.path.join(self.dir, "run"))
        self.environment.pop("G_TEST_TMPDIR", None)

    def make_source(self):
        source = os.path.join(self.user, "source")
        os.makedirs(os.path.join(source, "sub"))
        for name in "a", "sub/b":
            with open(os.path.join(source, name), "w", encoding="utf-8") as file:
                file.write("precious")
        return source

    def start(self, text, *arguments):
        """Starts a program that reads and writes lines."""
        program = subprocess.Popen([sys.executable, "-c", HEAD + text, *arguments], env=self.environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.end, program)
        return program

    def end(self, program):
        for stream in program.stdin, program.stdout:
            stream.close()
        program.kill()
        program.wait()

    def sweep(self):
        if SWEEP is not None:
            done = subprocess.run([SWEEP], env=self.environment, check=True, capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
        else:
            subprocess.run([sys.executable, "-c", HEAD + "Temp.sweep()"], env=self.environment, check=True)

    def assert_nothing_left(self):
        self.assertEqual(os.listdir(self.tmp), [])

    def begin_anew(self):
        """Takes away what a test before has left."""
        for made in self.tmp, self.user:
            shutil.rmtree(made)
            os.mkdir(made)


class TestFiles(TestCase):
    def check(self, body):
        """Runs a function for each way to replace a file; nothing is left afterwards."""
        for name, change in FILE_REPLACEMENTS.items():
            if name == "sed -i" and shutil.which("sed") is None:
                continue
            self.begin_anew()
            with self.subTest(name):
                body(change)
                self.assert_nothing_left()

    def test_with(self):
        def body(change):
            with Temp.NamedTemporaryFile() as file:
                file.write(b"old")
                file.flush()
                change(file.name)
                self.assertEqual(os.listdir(self.tmp), [os.path.basename(file.name)])

        self.check(body)

    def test_close(self):
        def body(change):
            file = Temp.NamedTemporaryFile("w+")
            change(file.name)
            file.close()
            self.assert_nothing_left()

        self.check(body)

    def test_closed_before(self):
        def body(change):
            with Temp.NamedTemporaryFile(delete_on_close=False) as file:
                file.close()
                change(file.name)

        self.check(body)

    def test_dropped(self):
        def body(change):
            file = Temp.NamedTemporaryFile()
            change(file.name)
            del file

        self.check(body)

    def test_objects(self):
        def body(change):
            with Temp.File(named=True) as file:
                change(file.get_path())

        self.check(body)

    def test_inside(self):
        def body(change):
            with Temp.TemporaryDirectory() as directory:
                with Temp.NamedTemporaryFile(dir=directory) as file:
                    change(file.name)
                self.assertEqual(os.listdir(directory), [])

        self.check(body)

    def test_saved_by_gio(self):
        with Temp.NamedTemporaryFile() as file:
            support.Gio.File.new_for_path(file.name).replace_contents(b"new", None, False, 0, None)
        self.assert_nothing_left()

    def run_and_change(self, change, end):
        program = self.start("file = Temp.NamedTemporaryFile()\nprint(file.name, flush=True)\n"
                             f"sys.stdin.readline()\n{end}")
        change(program.stdout.readline().rstrip("\n"))
        program.stdin.write("\n")
        program.stdin.flush()
        program.wait()
        return program.returncode

    def test_exit(self):
        self.check(lambda change: self.assertEqual(self.run_and_change(change, ""), 0))

    def test_killed(self):
        def body(change):
            self.assertEqual(self.run_and_change(change, "os.kill(os.getpid(), 9)"), -signal.SIGKILL)
            self.sweep()

        self.check(body)


class TestDirectories(TestCase):
    def copy_tree(self, path):
        source = self.make_source()
        shutil.rmtree(path)
        shutil.copytree(source, path)

    def rename_there(self, path):
        source = self.make_source()
        shutil.rmtree(path)
        os.rename(source, path)

    def move_away(self, path):
        shutil.copytree(self.make_source(), path, dirs_exist_ok=True)
        os.rename(path, os.path.join(self.user, "result"))
        os.mkdir(path)
        open(os.path.join(path, "x"), "w", encoding="utf-8").close()

    def put_file(self, path):
        shutil.rmtree(path)
        open(path, "w", encoding="utf-8").close()

    def put_link(self, path):
        source = self.make_source()
        shutil.rmtree(path)
        os.symlink(source, path)

    def check(self, body):
        """Runs a function for each way to replace a directory; nothing but the user's is left afterwards."""
        for change in self.copy_tree, self.rename_there, self.move_away, self.put_file, self.put_link:
            self.begin_anew()
            with self.subTest(change.__name__):
                body(change)
                self.assert_nothing_left()
                for name in os.listdir(self.user):
                    self.assertEqual(sorted(os.listdir(os.path.join(self.user, name))), ["a", "sub"])
                    self.assertEqual(os.listdir(os.path.join(self.user, name, "sub")), ["b"])

    def test_with(self):
        def body(change):
            with Temp.TemporaryDirectory() as directory:
                change(directory)

        self.check(body)

    def test_cleanup(self):
        def body(change):
            directory = Temp.TemporaryDirectory()
            change(directory.name)
            directory.cleanup()

        self.check(body)

    def test_objects(self):
        def body(change):
            with Temp.Dir() as directory:
                change(os.fspath(directory))

        self.check(body)

    def test_killed(self):
        def body(change):
            program = self.start("directory = Temp.TemporaryDirectory()\nprint(directory.name, flush=True)\n"
                                 "sys.stdin.readline()")
            change(program.stdout.readline().rstrip("\n"))
            program.kill()
            program.wait()
            self.sweep()

        self.check(body)


FORK = """
file = Temp.NamedTemporaryFile()
directory = Temp.TemporaryDirectory()
if os.fork() > 0:
    {parent}
os.setsid()
{child}
print(os.getpid(), flush=True)
sys.stdin.readline()
assert os.path.exists(file.name) and os.path.isdir(directory.name)
os._exit(0)
"""


class TestFork(TestCase):
    def check(self, parent="os._exit(0)", child=""):
        program = self.start(FORK.format(parent=parent, child=child))
        child_fd = os.pidfd_open(int(program.stdout.readline()))
        program.wait()
        before = sorted(os.listdir(self.tmp))
        self.assertEqual(len(before), 2)
        for _ in range(2):
            self.sweep()
            self.assertEqual(sorted(os.listdir(self.tmp)), before)

        program.stdin.write("\n")
        program.stdin.flush()
        select.select([child_fd], [], [])
        os.close(child_fd)
        self.sweep()
        self.assert_nothing_left()

    @unittest.skipUnless(hasattr(os, "pidfd_open"), "this Python opens no processes")
    def test_daemon(self):
        self.check()

    @unittest.skipUnless(hasattr(os, "pidfd_open"), "this Python opens no processes")
    def test_parent_killed(self):
        self.check(parent="os.kill(os.getpid(), signal.SIGKILL)")

    @unittest.skipUnless(hasattr(os, "pidfd_open"), "this Python opens no processes")
    def test_descriptors_closed(self):
        self.check(child="os.closerange(3, 1024)")

    def test_child_closes(self):
        """What a child says is done; what it only drops is the parent's."""
        file = Temp.NamedTemporaryFile()
        opened = Temp.File(named=True)
        dir = Temp.Dir()
        directory = Temp.TemporaryDirectory()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                file.close()
                opened.close()
                dir.delete()
                directory.cleanup()
                status = len(os.listdir(self.tmp))
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assert_nothing_left()

        # It is no error that the parent does so later.
        file.close()
        opened.close()
        dir.delete()
        directory.cleanup()

    def test_child_exits_context(self):
        with Temp.NamedTemporaryFile() as file, Temp.TemporaryDirectory() as directory:
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            os.waitpid(pid, 0)
            self.assertTrue(os.path.exists(file.name))
            self.assertTrue(os.path.isdir(directory))
        self.assert_nothing_left()


if __name__ == "__main__":
    support.main()
