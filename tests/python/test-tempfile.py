# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests Python's module tempfile where CPython's tests of 3.11 do not: what 3.13 has added,
errors, names that are not UTF-8, and what is the library's doing."""

import errno
import inspect
import io
import os
import pathlib
import pickle
import stat
import sys
import tempfile as cpython
import unittest
import unittest.mock
import warnings

import support
from support import Temp

NOT_UTF8 = b"\xff\xfe-"


def error(number, function, *args, **kwargs):
    """Gives the exception of that errno, of Python's class for it."""
    try:
        function(*args, **kwargs)
    except OSError as exception:
        assert type(exception) is type(OSError(number, "")), repr(exception)
        assert exception.errno == number, repr(exception)
        assert exception.strerror == os.strerror(number), repr(exception)
        return exception
    raise AssertionError("no exception")


class TestModule(support.TestCase):
    def test_signatures(self):
        for name in ("gettempdir", "gettempdirb", "gettempprefix", "gettempprefixb", "mkdtemp", "mkstemp", "mktemp",
                     "TemporaryFile", "SpooledTemporaryFile"):
            self.assertEqual(inspect.signature(getattr(Temp, name)), inspect.signature(getattr(cpython, name)), name)

    def test_signatures_of_3_13(self):
        self.assertEqual(str(inspect.signature(Temp.NamedTemporaryFile)),
                         "(mode='w+b', buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, "
                         "delete=True, *, errors=None, delete_on_close=True)")
        self.assertEqual(str(inspect.signature(Temp.TemporaryDirectory)),
                         "(suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False, *, delete=True)")

    def test_names(self):
        for name in cpython.__all__:
            self.assertTrue(hasattr(Temp, name), name)
            self.assertIn(name, dir(Temp))
        self.assertEqual(Temp.TMP_MAX, cpython.TMP_MAX)


class TestTempdir(support.TestCase):
    def test_assign(self):
        other = Temp.mkdtemp()
        Temp.tempdir = other
        self.assertEqual(Temp.gettempdir(), other)
        self.assertEqual(Temp.gettempdirb(), os.fsencode(other))
        self.assertEqual(os.path.dirname(Temp.mkdtemp()), other)
        # It is the library's, too.
        self.assertEqual(Temp.get_default_dir(), other)
        self.assertEqual(os.path.dirname(Temp.File(named=True)), other)

    def test_look_again(self):
        other = Temp.mkdtemp()
        variables = {"TMPDIR": other, "G_TEST_TMPDIR": ""}
        with unittest.mock.patch.dict(os.environ, variables):
            Temp.tempdir = None
            self.assertEqual(Temp.gettempdir(), other)
            self.assertEqual(Temp.tempdir, other)
            self.assertIs(Temp.gettempdir(), Temp.gettempdir())
        self.assertEqual(Temp.gettempdir(), other)

    def test_unusable(self):
        Temp.tempdir = os.path.join(self.dir, "missing")
        for function in (Temp.mkstemp, Temp.mkdtemp, Temp.TemporaryFile, Temp.NamedTemporaryFile,
                         Temp.TemporaryDirectory):
            error(errno.ENOENT, function)

    def test_patch(self):
        with unittest.mock.patch.object(Temp, "tempdir", "/nowhere"):
            self.assertEqual(Temp.gettempdir(), "/nowhere")
        self.assertEqual(Temp.gettempdir(), self.dir)

    def test_relative(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.dir)
        Temp.tempdir = "."
        for path in Temp.mkdtemp(), Temp.mkstemp()[1], Temp.NamedTemporaryFile().name:
            self.assertEqual(os.path.dirname(path), self.dir)


class TestErrors(support.TestCase):
    def functions(self):
        return Temp.mkstemp, Temp.mkdtemp, Temp.TemporaryFile, Temp.NamedTemporaryFile, Temp.TemporaryDirectory

    def test_not_found(self):
        missing = os.path.join(self.dir, "missing")
        for function in self.functions():
            self.assertTrue(error(errno.ENOENT, function, dir=missing).filename.startswith(missing))
            self.assertTrue(error(errno.ENOENT, function, dir=missing.encode()).filename.startswith(missing.encode()))

    def test_not_directory(self):
        path = os.path.join(self.dir, "file")
        open(path, "w").close()
        for function in self.functions():
            self.assertTrue(error(errno.ENOTDIR, function, dir=path).filename.startswith(path))

    def test_name_too_long(self):
        for function in Temp.mkstemp, Temp.mkdtemp, Temp.NamedTemporaryFile, Temp.TemporaryDirectory:
            exception = error(errno.ENAMETOOLONG, function, prefix="x" * 255)
            self.assertEqual(exception.filename, self.dir)

    def test_loop(self):
        path = os.path.join(self.dir, "loop")
        os.symlink(path, path)
        for function in self.functions():
            error(errno.ELOOP, function, dir=path)

    def test_too_many_open(self):
        import resource

        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        for function in Temp.mkstemp, Temp.TemporaryFile, Temp.NamedTemporaryFile:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
            try:
                error(errno.EMFILE, function)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        self.assertEqual(self.list(), [])

    @unittest.skipIf(os.geteuid() == 0, "nothing is forbidden to root")
    def test_permission(self):
        os.chmod(self.dir, 0o500)
        self.addCleanup(os.chmod, self.dir, 0o700)
        for function in self.functions():
            self.assertTrue(error(errno.EACCES, function).filename.startswith(self.dir))

    @unittest.skipUnless(os.path.isdir("/proc/self"), "there is no /proc")
    def test_refused(self):
        for function in self.functions():
            with self.assertRaises(OSError) as caught:
                function(dir="/proc/self")
            self.assertIn(caught.exception.errno, (errno.EACCES, errno.ENOENT, errno.EPERM))

    def test_types(self):
        for function in self.functions():
            self.assertRaises(TypeError, function, prefix="a", suffix=b"b")
            self.assertRaises(TypeError, function, dir=3)
            self.assertRaises(ValueError, function, dir=self.dir + "\0")
        self.assertRaises(TypeError, Temp.mkstemp, prefix=3)
        self.assertRaises(ValueError, Temp.mkstemp, suffix="\0")

    def test_bad_mode(self):
        # From its first use on, the default directory is open.
        Temp.NamedTemporaryFile().close()
        for function in Temp.TemporaryFile, Temp.NamedTemporaryFile:
            for kwargs, exception in (({"mode": "wr"}, ValueError), ({"mode": 2}, TypeError),
                                      ({"mode": "w", "encoding": "bad"}, LookupError),
                                      ({"mode": "w", "buffering": 0}, ValueError), ({"newline": "\n"}, ValueError)):
                before = os.listdir("/proc/self/fd")
                self.assertRaises(exception, function, **kwargs)
                self.assertEqual(os.listdir("/proc/self/fd"), before)
        self.assertEqual(self.list(), [])


class TestWarnings(support.TestCase):
    def test_line_buffering(self):
        for make in Temp.TemporaryFile, Temp.NamedTemporaryFile, lambda *args: Temp.File().open(*args):
            with self.assertWarnsRegex(RuntimeWarning, "line buffering") as caught:
                make("w+b", 1).close()
            self.assertEqual(caught.filename, __file__)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                make("w+", 1, "utf-8").close()
                self.assertRaises(RuntimeWarning, make, "wb", 1)
        self.assertEqual(self.list(), [])


class TestNames(support.TestCase):
    def test_not_utf8(self):
        for make in (lambda prefix: Temp.mkstemp(prefix=prefix)[1], lambda prefix: Temp.mkdtemp(prefix=prefix),
                     lambda prefix: Temp.NamedTemporaryFile(prefix=prefix, delete=False).name,
                     lambda prefix: Temp.TemporaryDirectory(prefix=prefix, delete=False).name):
            for prefix in NOT_UTF8, os.fsdecode(NOT_UTF8):
                name = make(prefix)
                self.assertIs(type(name), type(prefix))
                self.assertTrue(os.path.basename(os.fsencode(name)).startswith(NOT_UTF8))
                self.assertTrue(os.path.exists(name))

    def test_pathlike(self):
        path = pathlib.Path(self.dir)
        with Temp.TemporaryDirectory(dir=path) as inside:
            self.assertEqual(os.path.dirname(inside), self.dir)
        with Temp.NamedTemporaryFile(dir=path) as file:
            self.assertEqual(os.path.dirname(file.name), self.dir)
        Temp.TemporaryFile(dir=path).close()
        os.rmdir(Temp.mkdtemp(dir=path, prefix=pathlib.Path("a"), suffix=pathlib.Path("b")))

    def test_absolute(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.dir)
        os.mkdir("inside")
        for path in (Temp.mkdtemp(dir="inside"), Temp.mkdtemp(dir="./inside/../inside//"),
                     os.fsdecode(Temp.mkdtemp(dir=b"inside")), Temp.mkstemp(dir="inside")[1],
                     Temp.NamedTemporaryFile(dir="inside").name,
                     Temp.TemporaryDirectory(dir="inside", delete=False).name):
            self.assertEqual(os.path.dirname(path), os.path.join(self.dir, "inside"))

    def test_prefix_with_directory(self):
        os.mkdir(os.path.join(self.dir, "inside"))
        path = Temp.mkdtemp(prefix="inside/x")
        self.assertTrue(path.startswith(os.path.join(self.dir, "inside", "x")))
        error(errno.ENOENT, Temp.mkdtemp, prefix="missing/x")
        self.assertRegex(error(errno.ENOENT, Temp.mkdtemp, suffix="/x").filename, f"^{self.dir}/tmp.*/x$")

    def test_mktemp(self):
        path = Temp.mktemp(".txt", "a")
        self.assertRegex(path, f"^{self.dir}/a[a-z0-9_]{{8}}\\.txt$")
        self.assertFalse(os.path.exists(path))
        self.assertNotEqual(Temp.mktemp(), Temp.mktemp())

    def test_audit(self):
        events = []
        sys.addaudithook(lambda event, args: event.startswith("tempfile.") and events.append((event, args)))
        fd, path = Temp.mkstemp()
        os.close(fd)
        made = Temp.mkdtemp()
        self.assertEqual(events, [("tempfile.mkstemp", (path,)), ("tempfile.mkdtemp", (made,))])

    def test_audit_objects(self):
        # A hook stays for good, so the program is one of its own.
        self.run_program("""
import sys

def refuse(event, args):
    if event.startswith("tempfile."):
        raise RuntimeError(event)

sys.addaudithook(refuse)
for delete in True, False:
    try:
        Temp.TemporaryDirectory(delete=delete)
    except RuntimeError as error:
        assert str(error) == "tempfile.mkdtemp"
    else:
        assert False
""")
        self.assertEqual(self.list(), [])

    def test_mkstemp(self):
        fd, path = Temp.mkstemp(text=True)
        self.assertFalse(os.get_inheritable(fd))
        os.write(fd, b"x")
        os.close(fd)
        self.assertEqual(os.path.getsize(path), 1)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)


class TestNamedTemporaryFile(support.TestCase):
    def setUp(self):
        super().setUp()
        # From its first use on, the default directory is open.
        Temp.NamedTemporaryFile().close()

    def test_delete_on_close(self):
        with Temp.NamedTemporaryFile(delete_on_close=False) as file:
            file.write(b"x")
            file.close()
            self.assertEqual(os.path.getsize(file.name), 1)
        self.assertEqual(self.list(), [])

    def test_delete_on_close_open(self):
        with Temp.NamedTemporaryFile(delete_on_close=False) as file:
            file.write(b"x")
        self.assertTrue(file.closed)
        self.assertEqual(self.list(), [])
        file.close()

    def test_delete_on_close_dropped(self):
        file = Temp.NamedTemporaryFile(delete_on_close=False)
        file.close()
        self.assertEqual(len(self.list()), 1)
        del file
        self.assertEqual(self.list(), [])

    def test_deleted_by_hand(self):
        for kwargs in {}, {"delete_on_close": False}:
            with Temp.NamedTemporaryFile(**kwargs) as file:
                os.unlink(file.name)

    def test_replaced(self):
        # Whoever knew the name meant to replace this file, as editors do.
        with Temp.NamedTemporaryFile() as file:
            os.unlink(file.name)
            open(file.name, "w").close()
        self.assertEqual(self.list(), [])

    def test_keep(self):
        for kwargs in {}, {"delete_on_close": False}:
            with Temp.NamedTemporaryFile("w", delete=False, **kwargs) as file:
                self.assertFalse(file.delete)
                file.write("x")
            with open(file.name) as kept:
                self.assertEqual(kept.read(), "x")

    def test_keep_dropped(self):
        before = os.listdir("/proc/self/fd")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for buffering in -1, 0:
                file = Temp.NamedTemporaryFile(buffering=buffering, delete=False)
                file.write(b"x")
                name = file.name
                del file
                self.assertEqual(os.path.getsize(name), 1)
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_keep_bad_mode(self):
        before = os.listdir("/proc/self/fd")
        self.assertRaises(ValueError, Temp.NamedTemporaryFile, "wr", delete=False)
        self.assertEqual(self.list(), [])
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_delete_assigned(self):
        file = Temp.NamedTemporaryFile()
        self.assertTrue(file.delete)
        file.delete = False
        file.close()
        self.assertEqual(self.list(), [os.path.basename(file.name)])
        file.delete = True
        del file
        self.assertEqual(self.list(), [])

    def test_delegates(self):
        with Temp.NamedTemporaryFile("w+", encoding="utf-8") as file:
            self.assertIsInstance(file.file, io.TextIOWrapper)
            self.assertEqual((file.encoding, file.mode, file.closed), ("utf-8", "w+", False))
            self.assertEqual(file.file.name, file.name)
            self.assertIs(file.write, file.write)
            print("one\ntwo", file=file)
            file.seek(0)
            self.assertEqual(file.readline(), "one\n")
            self.assertEqual(list(file), ["two\n"])
            self.assertEqual(file.newlines, "\n")
            with self.assertRaises(AttributeError):
                file.nothing
        self.assertTrue(file.closed)
        with self.assertRaises(ValueError):
            file.write("x")
        with self.assertRaises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(file)

    def test_method_outlives(self):
        write = Temp.NamedTemporaryFile(buffering=0).write
        name, = self.list()
        write(b"x")
        self.assertEqual(os.path.getsize(os.path.join(self.dir, name)), 1)
        del write
        self.assertEqual(self.list(), [])

    def test_file_outlives(self):
        opened = Temp.NamedTemporaryFile().file
        opened.write(b"x")
        opened.flush()
        del opened
        self.assertEqual(self.list(), [])

    def test_close_fails_to_flush(self):
        file = Temp.NamedTemporaryFile()
        file.write(b"x")
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, file.fileno())
        os.close(full)
        error(errno.ENOSPC, file.close)
        self.assertTrue(file.closed)
        self.assertEqual(self.list(), [])

    def test_many(self):
        files = [Temp.NamedTemporaryFile() for _ in range(50)]
        self.assertEqual(self.list(), sorted(os.path.basename(file.name) for file in files))
        before = set(os.listdir("/proc/self/fd"))
        del files
        self.assertEqual(self.list(), [])
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), len(before) - 50)


class TestTemporaryFile(support.TestCase):
    def test_kind(self):
        with Temp.TemporaryFile() as file:
            self.assertIsInstance(file, io.BufferedRandom)
            self.assertEqual((file.name, file.mode), (file.fileno(), "rb+"))
        with Temp.TemporaryFile("w", encoding="utf-8") as file:
            self.assertEqual(file.buffer.raw.name, file.fileno())
        with Temp.TemporaryFile(buffering=0) as file:
            self.assertIsInstance(file, io.FileIO)

    def test_warns_if_not_closed(self):
        with self.assertWarns(ResourceWarning):
            Temp.TemporaryFile()

    def test_no_nameless_files(self):
        real = os.open

        def refuse(path, flags, *args, **kwargs):
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
            return real(path, flags, *args, **kwargs)

        for mode in "w+b", "r+b":
            with unittest.mock.patch("os.open", refuse), Temp.TemporaryFile(mode) as file:
                file.write(b"x")
                file.seek(0)
                self.assertEqual(file.read(), b"x")
                self.assertEqual(self.list(), [])


class TestSpooledTemporaryFile(support.TestCase):
    def test_writelines_rolls_in_between(self):
        with Temp.SpooledTemporaryFile(max_size=4) as file:
            def lines():
                yield b"123"
                self.assertFalse(file._rolled)
                yield b"45"
                self.assertTrue(file._rolled)
                yield b"6"

            file.writelines(lines())
            file.seek(0)
            self.assertEqual(file.read(), b"123456")

    def test_rolls(self):
        for mode, encoding, data in ("w+b", None, b"12345"), ("w+", "utf-8", "Λ2345"):
            with Temp.SpooledTemporaryFile(max_size=9, mode=mode, encoding=encoding) as file:
                file.write(data)
                self.assertFalse(file._rolled)
                position = file.tell()
                file.rollover()
                self.assertTrue(file._rolled)
                self.assertEqual(file.tell(), position)
                file.write(data)
                file.seek(0)
                self.assertEqual(file.read(), data + data)

    def test_roll_fails(self):
        with Temp.SpooledTemporaryFile(max_size=4, dir=os.path.join(self.dir, "missing")) as file:
            error(errno.ENOENT, file.write, b"12345")
            file.seek(0)
            self.assertEqual(file.read(), b"12345")
            self.assertFalse(file._rolled)
            os.mkdir(os.path.join(self.dir, "missing"))
            file.rollover()
            file.seek(0)
            self.assertEqual(file.read(), b"12345")

    def test_text_roll_fails(self):
        with Temp.SpooledTemporaryFile(mode="w+", dir=os.path.join(self.dir, "missing"), encoding="utf-8") as file:
            file.write("Λx")
            error(errno.ENOENT, file.rollover)
            file.seek(0)
            self.assertEqual(file.read(), "Λx")

    def test_modules(self):
        import zipfile

        with Temp.SpooledTemporaryFile(max_size=100) as file:
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("a", b"b" * 1000)
            file.seek(0)
            with zipfile.ZipFile(io.BufferedReader(file)) as archive:
                self.assertEqual(archive.read("a"), b"b" * 1000)

    def test_bad_arguments(self):
        self.assertRaises(TypeError, Temp.SpooledTemporaryFile, nothing=3)
        with self.assertRaises(LookupError):
            Temp.SpooledTemporaryFile(mode="w", encoding="bad")


class TestTemporaryDirectory(support.TestCase):
    def test_delete(self):
        with Temp.TemporaryDirectory(delete=False) as path:
            open(os.path.join(path, "file"), "w").close()
        self.assertEqual(os.listdir(path), ["file"])

    def test_delete_from_the_start(self):
        # Whoever is killed in between leaves no directory that is to be deleted.
        with unittest.mock.patch.object(Temp.Dir, "set_auto_delete", side_effect=AssertionError):
            for prefix in None, "é", b"x":
                with self.subTest(prefix=prefix):
                    with Temp.TemporaryDirectory(prefix=prefix, delete=False) as path:
                        pass
                    self.assertTrue(os.path.isdir(path))

    def test_delete_not_utf8(self):
        with Temp.TemporaryDirectory(prefix=b"\xff", delete=False, ignore_cleanup_errors=True) as path:
            self.assertTrue(os.path.basename(path).startswith(b"\xff"))
        self.assertTrue(os.path.isdir(path))

    def test_delete_then_cleanup(self):
        dir = Temp.TemporaryDirectory(delete=False)
        open(os.path.join(dir.name, "file"), "w").close()
        dir.cleanup()
        self.assertEqual(self.list(), [])

    def test_delete_dropped(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            dir = Temp.TemporaryDirectory(delete=False)
            del dir
        self.assertEqual(len(self.list()), 1)

    def test_warns_if_not_closed(self):
        dir = Temp.TemporaryDirectory()
        with self.assertWarnsRegex(ResourceWarning, f"Implicitly cleaning up <TemporaryDirectory '{dir.name}'>"):
            del dir
        self.assertEqual(self.list(), [])

    def test_bytes(self):
        with Temp.TemporaryDirectory(b"-x") as path:
            self.assertIsInstance(path, bytes)
            self.assertTrue(os.path.isdir(path))

    def test_replaced(self):
        with Temp.TemporaryDirectory() as path:
            os.rmdir(path)
            os.mkdir(path)
            open(os.path.join(path, "x"), "w").close()
        self.assertFalse(os.path.exists(path))

    def test_deleted_by_hand(self):
        with Temp.TemporaryDirectory() as path:
            os.rmdir(path)

    def test_exception(self):
        with self.assertRaises(KeyError):
            with Temp.TemporaryDirectory():
                raise KeyError
        self.assertEqual(self.list(), [])


if __name__ == "__main__":
    support.main()
