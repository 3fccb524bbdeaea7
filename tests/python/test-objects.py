# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests Temp.File, Temp.Dir and Temp.SpooledFile as objects of Python."""

import csv
import gc
import inspect
import json
import os
import pathlib
import pydoc
import stat
import subprocess
import unittest
import weakref
import zipfile

from gi.module import get_introspection_module

import support
from support import Gio, GLib, Temp

INTROSPECTED = get_introspection_module("Temp")


NOT_UTF8 = b"\xff\xfe-"


class TestArguments(support.TestCase):
    def test_wrong(self):
        for make in Temp.File, Temp.Dir, Temp.SpooledFile:
            for args, kwargs in (("/tmp",), {}), ((), {"colour": "red"}), ((), {"prefix": NOT_UTF8, "colour": 3}):
                with self.assertRaises(TypeError) as caught:
                    make(*args, **kwargs)
                self.assertIn(make.__name__ + ".", str(caught.exception))
                self.assertNotRegex(str(caught.exception), r"\b_[A-Za-z]")
        self.assertEqual(self.list(), [])


class TestHelp(support.TestCase):
    """What Python shows for help() is in words, and has the signatures of Python."""

    def check(self, name, thing):
        doc = inspect.getdoc(thing)
        self.assertTrue(doc, name)
        self.assertTrue(doc[0].isupper() and "." in doc, f"{name}: {doc}")
        self.assertNotRegex(doc, r"->|:int|Gio\.Cancellable=|user_data=", name)
        if callable(thing):
            self.assertNotIn("...", str(inspect.signature(thing)), name)

    def test_classes(self):
        for name in ("File", "Dir", "SpooledFile", "TemporaryDirectory", "SpooledTemporaryFile",
                     "_TemporaryFileWrapper"):
            cls = getattr(Temp, name)
            self.check(name, cls)
            library = getattr(INTROSPECTED, name, None)
            names = {member for found in (cls, library) if found is not None for member in vars(found)
                     if not member.startswith("_")}
            for member in names:
                self.check(f"{name}.{member}", getattr(cls, member))

    def test_functions(self):
        for name in dir(Temp):
            thing = getattr(Temp, name)
            if not name.startswith("_") and callable(thing) and not inspect.isclass(thing):
                self.check(name, thing)

    def test_help(self):
        for thing in Temp.File, Temp.Dir, Temp.SpooledFile, Temp.NamedTemporaryFile, Temp.sweep:
            self.assertIn(inspect.getdoc(thing).splitlines()[0], pydoc.plain(pydoc.render_doc(thing)))


class TestFile(support.TestCase):
    def test_construct(self):
        file = Temp.File(named=True, prefix="myapp_", suffix=".log")
        name = os.path.basename(file.get_path())
        self.assertTrue(name.startswith("myapp_") and name.endswith(".log"))
        self.assertEqual(self.list(), [name])
        self.assertIsInstance(file, Gio.FileIOStream)

    def test_construct_nameless(self):
        file = Temp.File()
        self.assertIsNone(file.get_path())
        self.assertEqual(self.list(), [])

    def test_construct_properties(self):
        file = Temp.File(named=True, permissions=0o640, delete_on_close=False, auto_delete=True)
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o640)
        self.assertFalse(file.get_delete_on_close())
        with self.assertRaises(TypeError):
            Temp.File(colour="red")

    def test_construct_fails(self):
        for properties in {}, {"named": True}, {"named": True, "prefix": NOT_UTF8}:
            with self.assertRaises(GLib.Error) as caught:
                Temp.File(dir=os.path.join(self.dir, "missing"), **properties)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
            self.assertIn("missing", caught.exception.message)
        with self.assertRaises(GLib.Error) as caught:
            Temp.File(named=True, prefix="a/b")
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_FILENAME))

    def test_paths(self):
        for dir in self.dir, self.dir.encode(), pathlib.Path(self.dir):
            self.assertEqual(os.path.dirname(Temp.File(dir=dir, named=True)), self.dir)
            self.assertEqual(os.path.dirname(Temp.File.new_named(dir)), self.dir)
            Temp.File(dir=dir)
            Temp.File.new(dir)

    def test_not_utf8(self):
        for file in (Temp.File(named=True, prefix=NOT_UTF8, permissions=0o604, delete_on_close=False),
                     Temp.File(named=True, prefix=os.fsdecode(NOT_UTF8), permissions=0o604, delete_on_close=False),
                     Temp.File.new_named(None, NOT_UTF8, None)):
            self.assertTrue(os.fsencode(os.path.basename(file)).startswith(NOT_UTF8))
            self.assertTrue(os.path.exists(file))
        nameless = Temp.File(dir=Temp.Dir(prefix=NOT_UTF8))
        self.assertIsNone(nameless.get_path())

    def test_not_utf8_properties(self):
        self.addCleanup(os.umask, os.umask(0o022))
        for permissions, mode in (0o666, 0o644), (-1, 0o600), (None, 0o600):
            for suffix in NOT_UTF8, b"-":
                file = Temp.File(named=True, suffix=suffix, permissions=permissions, delete_on_close=False)
                self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), mode)
        self.assertFalse(file.get_delete_on_close())

    def test_context(self):
        with Temp.File(named=True) as file:
            path = os.fspath(file)
            self.assertTrue(os.path.exists(path))
        self.assertFalse(os.path.exists(path))
        self.assertTrue(file.is_closed())
        with self.assertRaises(ValueError):
            with file:
                pass

    def test_close_notifies(self):
        for file in Temp.File(), Temp.File(named=True):
            told = []
            expected = {"fd", "path", "file"} if file.get_path() else {"fd"}
            file.connect("notify", lambda _, pspec, told=told: told.append(pspec.name))
            file.close()
            self.assertEqual(set(told) - {"closed"}, expected)

    def test_context_exception(self):
        with self.assertRaises(KeyError):
            with Temp.File(named=True):
                raise KeyError
        self.assertEqual(self.list(), [])

    def test_fspath(self):
        with Temp.File(named=True) as file:
            self.assertEqual(os.fspath(file), file.get_path())
            with open(file, "wb") as other:
                other.write(b"x")
            self.assertEqual(os.path.getsize(file), 1)
        with self.assertRaisesRegex(ValueError, "closed"):
            os.fspath(file)
        with self.assertRaisesRegex(TypeError, "without a name"):
            os.fspath(Temp.File())

    def test_fileno(self):
        with Temp.File() as file:
            self.assertEqual(os.fstat(file.fileno()), os.fstat(file.get_fd()))
            subprocess.run(["echo", "hello"], stdout=file, check=True)
            file.seek(0, GLib.SeekType.SET)
            self.assertEqual(file.get_input_stream().read_bytes(100).get_data(), b"hello\n")
        with self.assertRaises(ValueError):
            file.fileno()

    def test_dropped(self):
        file = Temp.File(named=True)
        self.assertEqual(len(self.list()), 1)
        del file
        self.assertEqual(self.list(), [])


class TestOpen(support.TestCase):
    def test_same_descriptor(self):
        with Temp.File(named=True) as file:
            opened = file.open()
            self.assertEqual(opened.fileno(), file.get_fd())
            self.assertEqual(opened.name, file.get_path())
            self.assertEqual(opened.mode, "rb+")
            opened.write(b"0123456789")
            opened.flush()
            self.assertEqual(file.tell(), 10)
            file.seek(4, GLib.SeekType.SET)
            self.assertEqual(os.read(opened.fileno(), 2), b"45")

    def test_kinds(self):
        import io

        for mode, buffering, kind in (("w+b", -1, io.BufferedRandom), ("rb", -1, io.BufferedReader),
                                      ("wb", -1, io.BufferedWriter), ("ab", 4, io.BufferedWriter),
                                      ("r+b", 0, io.FileIO), ("w", -1, io.TextIOWrapper),
                                      ("rt", -1, io.TextIOWrapper), ("w+", 1, io.TextIOWrapper)):
            with self.subTest(mode=mode, buffering=buffering), Temp.File() as file:
                opened = file.open(mode, buffering)
                self.assertIsInstance(opened, kind)
                self.assertEqual(opened.readable(), "r" in mode or "+" in mode)
                self.assertEqual(opened.writable(), "r" not in mode or "+" in mode)

    def test_bad_arguments(self):
        with Temp.File() as file:
            for arguments in ("wr",), ("wbt",), ("q",), ("w", 0), ("wb", -1, "utf-8"), ("wb", -1, None, None, ""):
                with self.subTest(arguments=arguments), self.assertRaises(ValueError):
                    file.open(*arguments)
            with self.assertRaises(LookupError):
                file.open("w", encoding="bad-encoding")
            with self.assertRaises(TypeError):
                file.open(7)
            self.assertFalse(file.is_closed())
        with self.assertRaises(ValueError):
            file.open()

    def test_text(self):
        with Temp.File() as file:
            text = file.open("w+", encoding="utf-16", newline="\r\n", errors="replace")
            self.assertEqual((text.encoding, text.errors, text.mode), ("utf-16", "replace", "w+"))
            text.write("Λ one\ntwo\n")
            text.seek(0)
            self.assertEqual(text.readline(), "Λ one\r\n")
            self.assertEqual(list(text), ["two\r\n"])
            self.assertEqual(os.fstat(file.fileno()).st_size, 2 + 2 * 12)

    def test_line_buffering(self):
        with Temp.File() as file:
            text = file.open("w", buffering=1, encoding="utf-8")
            text.write("line\npart")
            self.assertEqual(os.fstat(file.fileno()).st_size, 9)

    def test_modules(self):
        with Temp.File() as file:
            text = file.open("w+", encoding="utf-8")
            json.dump({"a": [1, 2]}, text)
            text.seek(0)
            self.assertEqual(json.load(text), {"a": [1, 2]})
        with Temp.File() as file:
            text = file.open("w+", newline="", encoding="utf-8")
            csv.writer(text).writerows([["a", "b,c"], ["d", "e"]])
            text.seek(0)
            self.assertEqual(list(csv.reader(text)), [["a", "b,c"], ["d", "e"]])
        with Temp.File(named=True, suffix=".zip") as file:
            with zipfile.ZipFile(file.open(), "w") as archive:
                archive.writestr("a", "b")
            self.assertTrue(zipfile.is_zipfile(file))

    def test_close_object_first(self):
        with Temp.File(named=True, auto_delete=False) as file:
            path = file.get_path()
            self.addCleanup(os.unlink, path)
            text = file.open("w", encoding="utf-8")
            text.write("buffered")
            file.close()
            self.assertTrue(text.closed)
        text.close()
        with open(path) as kept:
            self.assertEqual(kept.read(), "buffered")

    def test_close_file_first(self):
        for mode, buffering in ("w", -1), ("wb", -1), ("wb", 0):
            file = Temp.File(named=True)
            path = file.get_path()
            with file.open(mode, buffering) as opened:
                opened.write("x" if mode == "w" else b"x")
            self.assertTrue(file.is_closed())
            self.assertFalse(os.path.exists(path))
            file.close()
            opened.close()

    def test_close_several(self):
        file = Temp.File(named=True, auto_delete=False)
        path = file.get_path()
        self.addCleanup(os.unlink, path)
        first, second = file.open("wb"), file.open("wb")
        first.write(b"first ")
        second.write(b"second")
        first.close()
        self.assertTrue(second.closed)
        with open(path, "rb") as kept:
            self.assertEqual(sorted(kept.read().split()), [b"first", b"second"])

    def test_close_fails_to_flush(self):
        with Temp.File() as file:
            opened = file.open("wb")
            opened.write(b"x")
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, file.fileno())
            os.close(full)
            with self.assertRaises(OSError):
                file.close()
            self.assertTrue(file.is_closed() and opened.closed)

    def test_forgotten_file(self):
        for mode, buffering in ("w", -1), ("wb", -1), ("wb", 0):
            with self.subTest(mode=mode, buffering=buffering), Temp.File() as file:
                file.open(mode, buffering).write("x" if mode == "w" else b"x")
                self.assertFalse(file.is_closed())
                self.assertEqual(os.fstat(file.fileno()).st_size, 1)

    def test_file_keeps_object(self):
        opened = Temp.File(named=True).open("w+b")
        opened.write(b"x")
        opened.flush()
        self.assertEqual(os.path.getsize(opened.name), 1)
        del opened
        self.assertEqual(self.list(), [])

    def test_no_cycle(self):
        gc.disable()
        self.addCleanup(gc.enable)
        file = Temp.File(named=True)
        opened = file.open()
        gone = weakref.ref(opened)
        del file, opened
        self.assertIsNone(gone())
        self.assertEqual(self.list(), [])

    def test_close_async(self):
        file = Temp.File(named=True, auto_delete=False)
        path = file.get_path()
        self.addCleanup(os.unlink, path)
        file.open("w").write("x")
        kept = file.open("w")
        kept.write("y")
        loop = GLib.MainLoop()
        results = []

        def on_closed(source, result):
            results.append(source.close_finish(result))
            loop.quit()

        file.close_async(GLib.PRIORITY_DEFAULT, None, on_closed)
        loop.run()
        self.assertEqual(results, [True])
        self.assertTrue(kept.closed)
        with open(path) as written:
            self.assertEqual(written.read(), "xy")

    def test_persist_flushes(self):
        destination = pathlib.Path(self.dir, "kept")
        with Temp.File() as file:
            opened = file.open("w")
            opened.write("all of it")
            file.persist(destination)
        self.assertEqual(destination.read_text(), "all of it")

    def test_beside(self):
        target = pathlib.Path(self.dir, "document")
        for path in target, os.fspath(target), os.fsencode(target), Gio.File.new_for_path(os.fspath(target)):
            with Temp.File.new_beside(path) as file:
                file.open("w").write("new")
                file.persist(path, Temp.PersistFlags.REPLACE)
            self.assertEqual(target.read_text(), "new")
            target.unlink()

    def test_expected_etag(self):
        target = pathlib.Path(self.dir, "document")
        target.write_text("old")
        with Temp.File(expected_etag="other") as file:
            self.assertEqual(file.get_expected_etag(), "other")
            with self.assertRaises(GLib.Error) as caught:
                file.persist(target, Temp.PersistFlags.REPLACE)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WRONG_ETAG))
            file.props.expected_etag = None
            file.persist(target, Temp.PersistFlags.REPLACE | Temp.PersistFlags.COPY)
        self.assertEqual(target.read_text(), "")


class TestReplaceContents(support.TestCase):
    def setUp(self):
        super().setUp()
        self.target = pathlib.Path(self.dir, "document")

    def test_all(self):
        path = os.fspath(self.target)
        for file in path, os.fsencode(path), self.target, Gio.File.new_for_path(path):
            for data in b"text", bytearray(b"a"), memoryview(b"bc"), GLib.Bytes.new(b"d"), b"":
                Temp.replace_contents(file, data)
                expected = data.get_data() if isinstance(data, GLib.Bytes) else bytes(data)
                self.assertEqual(self.target.read_bytes(), expected)
        for wrong in "text", 3, None:
            with self.assertRaises(TypeError):
                Temp.replace_contents(path, wrong)
        self.assertEqual(self.list(), ["document"])

    def test_etag(self):
        first = Temp.replace_contents(self.target, b"1")
        self.assertIsInstance(first, str)
        second = Temp.replace_contents(self.target, b"2", etag=first, flags=Temp.PersistFlags.DURABLE)
        os.utime(self.target, (1, 1))
        with self.assertRaises(GLib.Error) as caught:
            Temp.replace_contents(self.target, b"3", second)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.WRONG_ETAG))
        self.assertEqual(self.target.read_bytes(), b"2")

    def test_harm(self):
        self.target.write_text("old")
        other = pathlib.Path(self.dir, "other name")
        other.hardlink_to(self.target)
        with self.assertRaises(GLib.Error) as caught:
            Temp.replace_contents(self.target, b"new")
        self.assertTrue(caught.exception.matches(Temp.SaveError.quark(), Temp.SaveError.LINKS))
        self.assertIn(os.fspath(self.target), caught.exception.message)
        Temp.replace_contents(self.target, b"new", flags=Temp.PersistFlags.IN_PLACE)
        self.assertEqual(other.read_text(), "new")
        self.assertEqual(self.list(), ["document", "other name"])

    def test_callback(self):
        loop = GLib.MainLoop()
        results = []

        def on_saved(source, result, data):
            results.extend((Temp.replace_contents_finish(result), data))
            loop.quit()

        Temp.replace_contents_async(self.target, b"new", None, 0, GLib.PRIORITY_DEFAULT, None, on_saved, "data")
        loop.run()
        self.assertIsInstance(results[0], str)
        self.assertEqual(results[1], "data")
        self.assertEqual(self.target.read_text(), "new")


class TestDir(support.TestCase):
    def test_construct(self):
        dir = Temp.Dir(prefix="a-", suffix="-b", permissions=0o750)
        name, = self.list()
        self.assertTrue(name.startswith("a-") and name.endswith("-b"))
        self.assertEqual(stat.S_IMODE(os.stat(dir).st_mode), 0o750)
        with self.assertRaises(GLib.Error):
            Temp.Dir(dir=dir / "missing")

    def test_context(self):
        with Temp.Dir() as dir:
            (dir / "file").write_text("x")
            self.assertEqual(os.listdir(dir), ["file"])
        self.assertEqual(self.list(), [])
        with self.assertRaises(KeyError):
            with Temp.Dir():
                raise KeyError
        self.assertEqual(self.list(), [])

    def test_context_deleted(self):
        dir = Temp.Dir()
        dir.delete()
        with self.assertRaisesRegex(ValueError, "deleted"):
            with dir:
                pass

    def test_context_kept(self):
        with Temp.Dir() as dir:
            self.assertEqual(dir.keep(), dir.get_path())
        with Temp.Dir(auto_delete=False):
            pass
        self.assertEqual(len(self.list()), 2)

    def test_child(self):
        with Temp.Dir() as dir:
            self.assertEqual(os.fspath(dir / "name"), os.path.join(dir.get_path(), "name"))
            self.assertEqual(dir / "a" / "b", pathlib.Path(dir.get_path(), "a", "b"))
            self.assertEqual(os.fsencode(dir / NOT_UTF8), os.fsencode(dir) + b"/" + NOT_UTF8)
            self.assertEqual(dir / pathlib.Path("p"), dir / "p")
            self.assertEqual(dir.get_child("a/..b").get_path(), os.path.join(dir, "a/..b"))
            self.assertEqual(os.fsencode(dir.get_child(NOT_UTF8).get_path()), os.fsencode(dir) + b"/" + NOT_UTF8)
            for name in "/etc", "", "..", "../a", b"a/..", pathlib.Path("a/../b"):
                with self.assertRaises(ValueError):
                    dir / name
                with self.assertRaises(ValueError):
                    dir.get_child(name)
            for name in 3, None:
                with self.assertRaises(TypeError):
                    dir / name
                with self.assertRaises(TypeError):
                    dir.get_child(name)

    def test_keep_fails(self):
        with Temp.Dir() as dir:
            dir.delete()
            with self.assertRaises(GLib.Error) as caught:
                dir.keep()
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))

    def test_not_utf8(self):
        with Temp.Dir(suffix=NOT_UTF8) as dir, Temp.Dir(dir=dir) as inner:
            self.assertTrue(os.fsencode(dir).endswith(NOT_UTF8))
            self.assertEqual(os.path.dirname(inner), os.fspath(dir))
            (inner / "x").touch()
        self.assertEqual(self.list(), [])

    def test_dropped(self):
        dir = Temp.Dir()
        (dir / "x").touch()
        del dir
        self.assertEqual(self.list(), [])

    def test_create(self):
        with Temp.Dir() as dir:
            file = dir.create_file(None, NOT_UTF8)
            self.assertIsInstance(file, Temp.File)
            file.open("w").write("x")
            self.assertIsInstance(dir.create_dir() / "x", pathlib.Path)


class TestContents(support.TestCase):
    def test_all(self):
        for file in Temp.File(), Temp.File(named=True), Temp.SpooledFile(max_size=4):
            with file:
                self.assertEqual(file.load_bytes(), b"")
                for data in b"longer than four", bytearray(b"a"), memoryview(b"bc"), GLib.Bytes.new(b"d"), b"":
                    self.assertTrue(file.replace_bytes(data))
                    loaded = file.load_bytes()
                    self.assertIsInstance(loaded, bytes)
                    self.assertEqual(loaded, data.get_data() if isinstance(data, GLib.Bytes) else bytes(data))
                    self.assertEqual(file.tell(), len(loaded))
                for wrong in "text", 3, None:
                    with self.assertRaises(TypeError):
                        file.replace_bytes(wrong)
            with self.assertRaises(GLib.Error) as caught:
                file.load_bytes()
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))

    def test_async(self):
        loop = GLib.MainLoop()
        results = []

        def on_replaced(source, result):
            results.append(source.replace_bytes_finish(result))
            source.load_bytes_async(GLib.PRIORITY_DEFAULT, None, on_loaded)

        def on_loaded(source, result):
            results.append(source.load_bytes_finish(result))
            loop.quit()

        with Temp.File() as file:
            file.replace_bytes_async(b"new", GLib.PRIORITY_DEFAULT, None, on_replaced)
            loop.run()
        self.assertEqual(results, [True, b"new"])

    def test_with_files(self):
        for mode, new in ("w+", "three"), ("w+b", b"three"), ("r+b", b"three"):
            with self.subTest(mode=mode), Temp.File() as file:
                file.replace_bytes(b"one two")
                opened = file.open(mode)
                opened.seek(0)
                self.assertEqual(len(opened.read(3)), 3)
                file.replace_bytes(b"1 2 ")
                opened.write(new)
                self.assertEqual(file.load_bytes(), b"1 2 three")
                opened.seek(0)
                self.assertEqual(opened.read(1), "1" if mode == "w+" else b"1")


class TestSpooledFile(support.TestCase):
    def test_context(self):
        with Temp.SpooledFile(max_size=4, dir=pathlib.Path(self.dir)) as file:
            self.assertFalse(file.get_rolled())
            file.get_output_stream().write_all(b"more than that")
            self.assertTrue(file.get_rolled())
        self.assertTrue(file.is_closed())
        with Temp.SpooledFile() as file:
            file.props.max_size = 4
            file.get_output_stream().write_all(b"more than that")
            self.assertTrue(file.get_rolled())
        with self.assertRaises(ValueError):
            with file:
                pass


class TestDefaultDir(support.TestCase):
    def test_set(self):
        with Temp.Dir(prefix=NOT_UTF8) as dir:
            self.assertTrue(Temp.set_default_dir(dir))
            self.assertEqual(Temp.get_default_dir(), os.fspath(dir))
            self.assertEqual(Temp.gettempdir(), os.fspath(dir))
            Temp.set_default_dir(self.dir)
            self.assertEqual(Temp.gettempdir(), self.dir)
        with self.assertRaises(GLib.Error):
            Temp.set_default_dir(os.path.join(self.dir, "missing"))

    def test_location(self):
        with Temp.Dir(prefix=NOT_UTF8) as dir:
            Temp.set_default_dir(dir)
            self.assertEqual(Temp.get_dir(Temp.Location.DEFAULT), os.fspath(dir))
            Temp.set_default_dir(self.dir)


class TestRemoveTree(support.TestCase):
    def test_paths(self):
        for convert in os.fspath, os.fsencode, pathlib.Path, Gio.File.new_for_path:
            path = Temp.mkdtemp()
            pathlib.Path(path, "file").touch()
            self.assertTrue(Temp.remove_tree(convert(path)))
        self.assertEqual(self.list(), [])


if __name__ == "__main__":
    support.main()
