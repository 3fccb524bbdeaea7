# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests making things without blocking in Python: with callbacks, and with await."""

import asyncio
import os
import threading
import unittest

import support
from support import Gio, GLib, Temp

try:
    from gi import events
except ImportError:
    events = None


class TestCallback(support.TestCase):
    def run_loop(self, start, *arguments):
        loop = GLib.MainLoop()
        results = []

        def on_made(source, result, data):
            results.append((result, data))
            loop.quit()

        self.assertIsNone(start(*arguments, GLib.PRIORITY_DEFAULT, None, on_made, "data"))
        loop.run()
        (result, data), = results
        self.assertEqual(data, "data")
        return result

    def test_made(self):
        self.assertIsNone(Temp.File.new_finish(self.run_loop(Temp.File.new_async, None)).get_path())
        file = Temp.File.new_named_finish(self.run_loop(Temp.File.new_named_async, self.dir, "a", b"b"))
        self.assertIsInstance(file, Temp.File)
        self.assertTrue(os.path.basename(file).startswith("a"))
        dir = Temp.Dir.new_finish(self.run_loop(Temp.Dir.new_async, file.get_file().get_parent().get_path(), None, "c"))
        self.assertTrue(os.fspath(dir).endswith("c"))

    def test_fails(self):
        result = self.run_loop(Temp.File.new_async, os.path.join(self.dir, "missing"))
        with self.assertRaises(GLib.Error):
            Temp.File.new_finish(result)


class TestCallbackProgress(support.TestCase):
    """Functions with two callbacks take data for one of them, without tuples."""

    def run_loop(self, start, *arguments, **keywords):
        loop = GLib.MainLoop()
        results, numbers = [], []

        def on_done(source, result, *data):
            results.append((result, data))
            loop.quit()

        start(*arguments, 0, None, numbers.append, on_done, "a", "b", **keywords)
        loop.run()
        (result, data), = results
        self.assertEqual(data, ("a", "b"))
        return result, numbers

    def fill(self, path):
        for name in "abc":
            open(os.path.join(path, name), "w").close()

    def test_delete(self):
        dir = Temp.Dir()
        self.fill(dir)
        result, numbers = self.run_loop(dir.delete_async)
        self.assertTrue(dir.delete_finish(result))
        self.assertTrue(all(0 < number <= 4 for number in numbers), numbers)
        self.assertEqual(self.list(), [])

    def test_remove_tree(self):
        path = Temp.mkdtemp()
        self.fill(path)
        result, numbers = self.run_loop(Temp.remove_tree_async, path, 0)
        self.assertTrue(Temp.remove_tree_finish(result))
        self.assertTrue(all(0 < number <= 4 for number in numbers), numbers)
        self.assertEqual(self.list(), [])

    def test_none(self):
        loop = GLib.MainLoop()
        dir = Temp.Dir()
        dir.delete_async(callback=lambda source, result: (source.delete_finish(result), loop.quit()))
        loop.run()
        self.assertEqual(self.list(), [])

    def test_sweep(self):
        loop = GLib.MainLoop()
        results = []
        Temp.sweep_async(0, None, lambda source, result: (results.append(Temp.sweep_finish(result)), loop.quit()))
        loop.run()
        self.assertEqual(results, [0])

    def test_without_waiting(self):
        numbers = []
        path = Temp.mkdtemp()
        self.fill(path)
        Temp.remove_tree(path, progress=numbers.append)
        self.assertEqual(numbers[-1:], [4])


class AwaitTests:
    def fill(self, path):
        for name in "abc":
            open(os.path.join(path, name), "w").close()
        return path

    def test_functions(self):
        async def run():
            self.assertTrue(await Temp.remove_tree_async(self.fill(Temp.mkdtemp())))
            self.assertIs(type(await Temp.sweep_async()), type(Temp.sweep()))
            with self.assertRaises(GLib.Error):
                await Temp.remove_tree_async(os.path.join(self.dir, "missing"))
            self.assertTrue(await Temp.guard_start_async())

        self.run_async(run())

    def test_progress(self):
        async def run():
            for remove in (lambda progress: Temp.remove_tree_async(self.fill(Temp.mkdtemp()), progress=progress),
                           lambda progress: Temp.Dir.delete_async(self.fill(Temp.Dir()), progress=progress)):
                numbers, threads = [], set()

                def progress(number):
                    numbers.append(number)
                    threads.add(threading.get_ident())

                self.assertTrue(await remove(progress))
                self.assertEqual(numbers[-1], 4)
                self.assertEqual(threads, {threading.get_ident()})

        self.run_async(run())
        self.assertEqual(self.list(), [])

    def test_methods(self):
        async def run():
            target = os.path.join(self.dir, "result")
            file = Temp.File(named=True)
            self.assertTrue(await file.replace_bytes_async(b"contents"))
            self.assertEqual(await file.load_bytes_async(), b"contents")
            self.assertTrue(await file.persist_async(target))
            self.assertTrue(await file.close_async())
            self.assertTrue(file.is_closed())
            kept = Temp.File(named=True)
            os.unlink(await kept.keep_async())

            spooled = Temp.SpooledFile()
            self.assertTrue(await spooled.replace_bytes_async(b"more"))
            self.assertEqual(await spooled.load_bytes_async(), b"more")
            self.assertTrue(await spooled.roll_async())
            stolen = await spooled.steal_file_async()
            self.assertEqual(stolen.load_bytes(), b"more")
            self.assertTrue(await Temp.SpooledFile().close_async())

            dir = Temp.Dir()
            self.fill(dir)
            self.assertTrue(await dir.persist_async(target + ".d"))
            self.assertEqual(len(os.listdir(target + ".d")), 3)
            os.rmdir(await Temp.Dir().keep_async())
            self.assertTrue(await Temp.Dir().delete_async())
            self.assertEqual(self.list(), ["result", "result.d"])

        self.run_async(run())

    def test_methods_cancelled(self):
        async def run():
            cancellable = Gio.Cancellable()
            cancellable.cancel()
            file, dir, spooled = Temp.File(named=True), Temp.Dir(), Temp.SpooledFile()
            for start in (lambda c: file.persist_async("x", cancellable=c), lambda c: file.keep_async(cancellable=c),
                          lambda c: file.load_bytes_async(cancellable=c), lambda c: dir.delete_async(cancellable=c),
                          lambda c: file.replace_bytes_async(b"", cancellable=c),
                          lambda c: dir.keep_async(cancellable=c),
                          lambda c: spooled.roll_async(cancellable=c), lambda c: Temp.sweep_async(cancellable=c),
                          lambda c: Temp.remove_tree_async(self.dir, cancellable=c)):
                with self.assertRaises(GLib.Error) as caught:
                    await start(cancellable)
                self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

        self.run_async(run())
        self.assertEqual(self.list(), [])

    def test_notified_in_the_loop(self):
        async def run():
            threads = set()
            file = Temp.File(named=True)
            file.connect("notify", lambda *_: threads.add(threading.get_ident()))
            await file.persist_async(os.path.join(self.dir, "result"))
            await file.close_async()
            self.assertEqual(threads, {threading.get_ident()})

        self.run_async(run())

    def test_made(self):
        async def run():
            async with asyncio.timeout(60):
                file, named, dir = await asyncio.gather(
                    Temp.File.new_async(), Temp.File.new_named_async(prefix="a"), Temp.Dir.new_async(suffix="b"))
                self.assertIsNone(file.get_path())
                self.assertTrue(os.path.basename(named).startswith("a"))
                self.assertTrue(os.fspath(dir).endswith("b"))

        self.run_async(run())

    def test_fails(self):
        async def run():
            with self.assertRaises(GLib.Error) as caught:
                await Temp.File.new_async(os.path.join(self.dir, "missing"))
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))

        self.run_async(run())

    def test_cancellable(self):
        async def run():
            cancellable = Gio.Cancellable()
            cancellable.cancel()
            with self.assertRaises(GLib.Error) as caught:
                await Temp.File.new_named_async(cancellable=cancellable)
            self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

        self.run_async(run())
        self.assertEqual(self.list(), [])

    def test_replace_contents(self):
        async def run():
            target = os.path.join(self.dir, "document")
            self.assertIsInstance(await Temp.replace_contents_async(target, b"new"), str)
            with open(target) as document:
                self.assertEqual(document.read(), "new")

            cancellable = Gio.Cancellable()
            cancellable.cancel()
            for arguments, code in (((None, 0, 0, cancellable), Gio.IOErrorEnum.CANCELLED),
                                    (("1:0",), Gio.IOErrorEnum.WRONG_ETAG)):
                with self.assertRaises(GLib.Error) as caught:
                    await Temp.replace_contents_async(target, b"newer", *arguments)
                self.assertTrue(caught.exception.matches(Gio.io_error_quark(), code))

        self.run_async(run())
        self.assertEqual(self.list(), ["document"])

    def test_task_cancelled(self):
        async def run():
            future = asyncio.ensure_future(Temp.Dir.new_async())
            future.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await future
            # Whatever was on its way is made after this, or is not, and is dropped.
            (await Temp.Dir.new_async()).delete()

        self.run_async(run())


class TestAwait(AwaitTests, support.TestCase):
    """In a loop that knows nothing of GLib."""

    def run_async(self, coroutine):
        asyncio.run(coroutine)

    def test_no_loop(self):
        with self.assertRaises(RuntimeError):
            Temp.File.new_async()


@unittest.skipIf(events is None, "this PyGObject has no gi.events")
class TestAwaitGLib(AwaitTests, support.TestCase):
    """In GLib's main loop."""

    def run_async(self, coroutine):
        loop = events.GLibEventLoopPolicy().get_event_loop()
        try:
            loop.run_until_complete(coroutine)
        finally:
            loop.close()


if __name__ == "__main__":
    support.main()
