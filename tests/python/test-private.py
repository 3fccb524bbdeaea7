# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests the private names of Python's module tempfile that programs use, and names that programs replace."""

import errno
import gc
import io
import os
import tempfile as cpython
import unittest
import unittest.mock
import warnings

import support
from support import Temp

patch = unittest.mock.patch.object


class TestNames(support.TestCase):
    def test_all(self):
        self.assertEqual(sorted(Temp.__all__), sorted(cpython.__all__))
        namespace = {}
        exec("from gi.repository.Temp import *", namespace)
        self.assertEqual(set(namespace) - {"__builtins__"}, set(cpython.__all__))

    def test_private(self):
        for name in ("_RandomNameSequence", "_TemporaryFileCloser", "_TemporaryFileWrapper", "_bin_openflags",
                     "_candidate_tempdir_list", "_exists", "_get_candidate_names", "_get_default_tempdir",
                     "_gettempdir", "_infer_return_type", "_mkstemp_inner", "_sanitize_params",
                     "_text_openflags", "template"):
            self.assertIs(type(getattr(Temp, name)), type(getattr(cpython, name)), name)

    def test_sanitize_params(self):
        for arguments in (None, None, None), ("a", None, "/x"), (None, b"b", None), (None, None, b"/x"):
            with patch(cpython, "tempdir", self.dir):
                self.assertEqual(Temp._sanitize_params(*arguments), cpython._sanitize_params(*arguments))

    def test_default_tempdir(self):
        with patch(Temp, "_candidate_tempdir_list", lambda: ["/missing", self.dir]), patch(Temp, "tempdir", None):
            self.assertEqual(Temp._get_default_tempdir(), self.dir)
            self.assertEqual(Temp.gettempdir(), self.dir)
        with patch(Temp, "_get_default_tempdir", lambda: "/missing"), patch(Temp, "tempdir", None):
            self.assertEqual(Temp.gettempdir(), "/missing")
        self.assertEqual(self.list(), [])

    def test_install(self):
        self.assertEqual(self.run_program("""
import sys
Temp.install_as_tempfile()
import tempfile
import urllib.response
import multiprocessing.synchronize
assert tempfile is Temp and sys.modules["tempfile"] is Temp
assert issubclass(urllib.response.addbase, Temp._TemporaryFileWrapper)
multiprocessing.Lock()
import io
with urllib.response.addinfourl(io.BytesIO(b"text"), {}, "url") as response:
    assert response.read() == b"text"
assert response.fp.closed
print(tempfile.gettempdir())
"""), self.dir + "\n")


class TestWrapper(support.TestCase):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.dir, "file")

    def test_isinstance(self):
        for delete in True, False:
            with Temp.NamedTemporaryFile(delete=delete) as file:
                self.assertIsInstance(file, Temp._TemporaryFileWrapper)

    def test_construct(self):
        for delete, delete_on_close, left in (True, True, []), (False, True, ["file"]), (True, False, ["file"]):
            with self.subTest(delete=delete, delete_on_close=delete_on_close):
                file = Temp._TemporaryFileWrapper(open(self.path, "w+b"), self.path, delete, delete_on_close)
                file.write(b"x")
                file.close()
                self.assertTrue(file.closed)
                self.assertEqual(self.list(), left)
                del file
                self.assertEqual(self.list(), [] if delete else left)

    def test_context(self):
        with Temp._TemporaryFileWrapper(open(self.path, "w+b"), self.path, delete_on_close=False) as file:
            file.close()
            self.assertEqual(self.list(), ["file"])
        self.assertEqual(self.list(), [])

    def test_method_outlives(self):
        write = Temp._TemporaryFileWrapper(open(self.path, "wb", 0), self.path).write
        self.assertEqual(write(b"x"), 1)
        self.assertEqual(self.list(), ["file"])
        del write
        self.assertEqual(self.list(), [])

    def test_subclass(self):
        class Wrapper(Temp._TemporaryFileWrapper):
            def __init__(self, fp):
                super().__init__(fp, "<name>", delete=False)

        with Wrapper(io.BytesIO(b"text")) as file:
            self.assertEqual(file.read(), b"text")
        self.assertTrue(file.closed)


class TestReplaced(support.TestCase):
    """What a program replaces is replaced for all functions that use it."""

    def make_all(self):
        """Gives the paths of one of each."""
        fd, path = Temp.mkstemp()
        os.close(fd)
        named = Temp.NamedTemporaryFile()
        directory = Temp.TemporaryDirectory()
        self.addCleanup(named.close)
        self.addCleanup(directory.cleanup)
        return [path, named.name, directory.name, Temp.mkdtemp(), Temp.mktemp()]

    def test_gettempdir(self):
        other = Temp.mkdtemp()
        with patch(Temp, "gettempdir", lambda: other):
            self.assertEqual({os.path.dirname(path) for path in self.make_all()}, {other})
            fd = Temp.TemporaryFile()
            self.addCleanup(fd.close)
            self.assertTrue(os.readlink(f"/proc/self/fd/{fd.fileno()}").startswith(other + "/"))
        self.assertEqual({os.path.dirname(path) for path in self.make_all()}, {self.dir})

    def test_template(self):
        with patch(Temp, "template", "mine-"):
            self.assertEqual({os.path.basename(path)[:5] for path in self.make_all()[:4]}, {"mine-"})
            self.assertEqual((Temp.gettempprefix(), Temp.gettempprefixb()), ("mine-", b"mine-"))

    def test_name_sequence(self):
        with patch(Temp, "_name_sequence", iter("abcde")):
            names = [os.path.basename(path) for path in self.make_all()]
        self.assertEqual(names, ["tmpa", "tmpb", "tmpc", "tmpd", "tmpe"])

    def test_candidate_names(self):
        for _ in range(2):
            with patch(Temp, "_get_candidate_names", lambda: iter("ab")):
                with Temp.NamedTemporaryFile() as file:
                    self.assertEqual(os.path.basename(file.name), "tmpa")
                with Temp.TemporaryDirectory() as directory:
                    self.assertEqual(os.path.basename(directory), "tmpa")
        self.assertEqual(self.list(), [])

    def test_fixed_names_are_the_callers(self):
        # They are deleted, but no sweep knows them.
        with patch(Temp, "_get_candidate_names", lambda: iter(["fixed"])):
            file = Temp.NamedTemporaryFile()
            file.write(b"x")
            del file
            self.assertEqual(self.list(), [])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                Temp.TemporaryDirectory()
            self.assertEqual(self.list(), [])

    def test_mkdtemp(self):
        path = os.path.join(self.dir, "mine")

        def mkdtemp(suffix=None, prefix=None, dir=None):
            os.mkdir(path)
            return path

        with patch(Temp, "mkdtemp", mkdtemp):
            with Temp.TemporaryDirectory() as directory:
                self.assertEqual(directory, path)
                open(os.path.join(path, "x"), "w").close()
        self.assertEqual(self.list(), [])

    def test_mkstemp_inner(self):
        real = Temp._mkstemp_inner
        seen = []

        def mkstemp_inner(*arguments):
            seen.append(real(*arguments)[1])
            return real(*arguments)

        with patch(Temp, "_mkstemp_inner", mkstemp_inner):
            Temp.NamedTemporaryFile().close()
            os.close(Temp.mkstemp()[0])
        self.assertEqual(len(seen), 2)

    def test_temporary_file(self):
        marker = io.BytesIO()
        with patch(Temp, "TemporaryFile", lambda **kwargs: marker):
            with Temp.SpooledTemporaryFile() as file:
                file.rollover()
                self.assertIs(file._file, marker)

    def test_spooled_arguments(self):
        file = Temp.SpooledTemporaryFile(dir="/missing", prefix="a")
        self.addCleanup(file.close)
        self.assertEqual((file._TemporaryFileArgs["dir"], file._TemporaryFileArgs["prefix"]), ("/missing", "a"))
        file._TemporaryFileArgs["dir"] = self.dir
        self.assertIsInstance(file.fileno(), int)

    def test_leads_elsewhere(self):
        os.mkdir(os.path.join(self.dir, "inside"))
        inside = os.path.join(self.dir, "inside")
        with Temp.NamedTemporaryFile(prefix="../x", dir=inside) as file:
            self.assertEqual(os.path.realpath(os.path.dirname(file.name)), self.dir)
        with Temp.TemporaryDirectory(prefix="../x", dir=inside) as directory:
            self.assertEqual(os.path.realpath(os.path.dirname(directory)), self.dir)
        for function in Temp.mkstemp, Temp.mkdtemp, Temp.NamedTemporaryFile, Temp.TemporaryDirectory:
            with self.assertRaises(FileNotFoundError) as caught:
                function(suffix="/x")
            self.assertRegex(caught.exception.filename, f"^{self.dir}/tmp[a-z2-7]{{8}}/x$")
        self.assertEqual(self.list(), ["inside"])


class TestRmtree(support.TestCase):
    def fill(self, path):
        os.mkdir(os.path.join(path, "sub"))
        open(os.path.join(path, "sub", "file"), "w").close()
        return path

    def test_call(self):
        Temp.TemporaryDirectory._rmtree(self.fill(Temp.mkdtemp()))
        Temp.TemporaryDirectory._rmtree(os.fsencode(self.fill(Temp.mkdtemp())), ignore_errors=True)
        Temp.TemporaryDirectory._rmtree(os.path.join(self.dir, "missing"))
        self.assertEqual(self.list(), [])

    def test_override(self):
        seen = []

        class Directory(Temp.TemporaryDirectory):
            @classmethod
            def _rmtree(cls, name, ignore_errors=False):
                seen.append((name, ignore_errors))
                if ignore_errors:
                    super()._rmtree(name, ignore_errors)

        for ignore_errors in False, True:
            directory = Directory(ignore_cleanup_errors=ignore_errors)
            self.fill(directory.name)
            directory.cleanup()
            self.assertEqual(seen.pop(), (directory.name, ignore_errors))
            self.assertEqual(os.path.exists(directory.name), not ignore_errors)
        kept = Directory()
        with self.assertWarns(ResourceWarning):
            name = kept.name
            del kept
        self.assertEqual(seen, [(name, False)])
        self.assertTrue(os.path.exists(name))

    def test_patch(self):
        with patch(Temp.TemporaryDirectory, "_rmtree") as rmtree:
            with Temp.TemporaryDirectory() as directory:
                pass
            rmtree.assert_called_once_with(directory, ignore_errors=False)


class TestKeep(support.TestCase):
    """The ways to keep that are known of CPython's."""

    def test_detach(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            directory = Temp.TemporaryDirectory()
            obj, function, args, kwargs = directory._finalizer.detach()
            self.assertIs(obj, directory)
            self.assertIsNone(directory._finalizer.detach())
            self.assertFalse(directory._finalizer.alive)
            del directory, obj
            gc.collect()
        self.assertEqual(len(self.list()), 1)

    def test_detach_then_cleanup(self):
        for end in Temp.TemporaryDirectory.cleanup, lambda directory: directory.__exit__(None, None, None):
            directory = Temp.TemporaryDirectory()
            directory._finalizer.detach()
            end(directory)
            self.assertEqual(self.list(), [])

    def test_at_exit(self):
        path = self.run_program("d = Temp.TemporaryDirectory()\nd._finalizer.detach()\nprint(d.name)\n").rstrip("\n")
        self.assertTrue(os.path.isdir(path))
        # Without `sys`, the directory would be dropped, and deleted, before the end.
        path = self.run_program("import sys\nsys.d = d = Temp.TemporaryDirectory()\nd._finalizer.atexit = False\n"
                                "print(d.name)\n").rstrip("\n")
        self.assertTrue(os.path.isdir(path))

    def test_at_exit_then_dropped(self):
        directory = Temp.TemporaryDirectory()
        directory._finalizer.atexit = False
        self.assertFalse(directory._finalizer.atexit)
        with self.assertWarns(ResourceWarning):
            del directory
        self.assertEqual(self.list(), [])

    def test_at_exit_again(self):
        self.run_program("import sys\nsys.d = d = Temp.TemporaryDirectory()\nd._finalizer.atexit = False\n"
                         "d._finalizer.atexit = True\n")
        self.assertEqual(self.list(), [])

    def test_closer(self):
        for kwargs in {}, {"delete_on_close": False}, {"delete": False}:
            for delete in False, True:
                file = Temp.NamedTemporaryFile(**kwargs)
                file._closer.delete = delete
                self.assertEqual((file.delete, file._closer.name, file._closer.file), (delete, file.name, file.file))
                file.close()
                self.assertTrue(file._closer.close_called)
                path = file.name
                del file
                self.assertEqual(os.path.exists(path), not delete, (kwargs, delete))


class TestErrors(support.TestCase):
    def test_languages(self):
        cause = os.strerror(errno.EBUSY)
        for message in (f"Could not remove “sub/x” in “/dir”: {cause} … and 3 more (4 entries are left)",
                        f"„sub/x“ in „/dir“ kann nicht gelöscht werden: {cause}", f"«/dir»: «sub/x»: {cause}",
                        f"Could not remove “/dir/sub/x”: {cause}"):
            error = support.GLib.Error.new_literal(support.Gio.io_error_quark(), message,
                                                   support.Gio.IOErrorEnum.BUSY)
            for path, found in ("/dir", "/dir/sub/x"), (b"/dir", b"/dir/sub/x"), ("/other", "/other"):
                raised = Temp._os_error(error, path)
                self.assertEqual((raised.errno, raised.filename), (errno.EBUSY, found), message)

    @unittest.skipUnless(os.geteuid() == 0, "only root can make what this user cannot remove")
    def test_cleanup_names_the_entry(self):
        os.chmod(self.dir, 0o777)
        self.run_program("""
import os, shutil, errno
for prefix in None, b"bytes-":
    os.seteuid(65534)
    directory = Temp.TemporaryDirectory(prefix=prefix)
    sub = os.path.join(os.fsdecode(directory.name), "sub")
    os.mkdir(sub)
    for name in "a", "b":
        open(os.path.join(sub, name), "w").close()
    os.seteuid(0)
    os.chown(sub, 0, 0)
    os.seteuid(65534)
    try:
        directory.cleanup()
    except PermissionError as error:
        assert error.errno == errno.EACCES and type(error.filename) is type(directory.name), repr(error)
        assert os.path.dirname(os.fsdecode(error.filename)) == sub, repr(error)
    else:
        raise AssertionError
    os.seteuid(0)
    os.chown(sub, 65534, 65534)
    os.seteuid(65534)
    directory.cleanup()
""")
        self.assertEqual(self.list(), [])


if __name__ == "__main__":
    support.main()
