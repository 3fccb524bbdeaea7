# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests making things without blocking in Python: with callbacks, and with await."""

import asyncio
import os
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


class AwaitTests:
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

    @unittest.skipUnless(hasattr(Temp, "replace_contents"), "this library has no replace_contents()")
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
        events.GLibEventLoopPolicy().get_event_loop().run_until_complete(coroutine)


if __name__ == "__main__":
    support.main()
