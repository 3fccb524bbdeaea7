# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Is checked, not run: what a checker of types has to make of Temp."""

import io
from collections.abc import Awaitable
from pathlib import Path
from typing import IO, Any, assert_type

from gi.repository import Temp
from gi.repository import Temp as tempfile

assert_type(tempfile.mkstemp(), tuple[int, str])
assert_type(tempfile.mkstemp(b"x"), tuple[int, bytes])
assert_type(tempfile.mkdtemp(dir=Path("x")), str)
assert_type(tempfile.mkdtemp(dir=b"x"), bytes)
assert_type(tempfile.gettempdir(), str)
assert_type(tempfile.gettempdirb(), bytes)
assert_type(tempfile.mktemp(".txt"), str)
tempfile.tempdir = None
tempfile.mkstemp(3)  # error

assert_type(tempfile.TemporaryFile(), io.BufferedRandom)
assert_type(tempfile.TemporaryFile("w+", encoding="utf-8"), io.TextIOWrapper)
assert_type(tempfile.TemporaryFile("wb"), io.BufferedWriter)
assert_type(tempfile.TemporaryFile("rb"), io.BufferedReader)
assert_type(tempfile.TemporaryFile("wb", 0), io.FileIO)
assert_type(tempfile.TemporaryFile(buffering=0), io.FileIO)
assert_type(tempfile.template, str)
tempfile.install_as_tempfile()


class Response(tempfile._TemporaryFileWrapper[bytes]):
    def __init__(self, fp: IO[bytes]) -> None:
        super().__init__(fp, "<name>", delete=False)


class Derived(Temp.File):  # error
    pass



with tempfile.NamedTemporaryFile("w", delete_on_close=False) as named_text:
    assert_type(named_text.read(), str)
    named_text.write("x")
    named_text.write(b"x")  # error
with tempfile.NamedTemporaryFile() as named:
    assert_type(named.read(), bytes)
    assert_type(named.name, str)
    named.write(b"x")
tempfile.NamedTemporaryFile("w", -1, None, None, None, None, None, True, "strict")  # error

with tempfile.SpooledTemporaryFile(max_size=3) as spooled:
    assert_type(spooled.read(), bytes)
    spooled.rollover()
assert_type(tempfile.SpooledTemporaryFile(3, "w").read(), str)

with tempfile.TemporaryDirectory(delete=False) as directory:
    assert_type(directory, str)
assert_type(tempfile.TemporaryDirectory(b"x").name, bytes)
tempfile.TemporaryDirectory(None, None, None, False, True)  # error

with Temp.File(named=True, prefix="a", dir=Path("x")) as file:
    assert_type(file.fileno(), int)
    assert_type(file.get_path(), str | None)
    assert_type(file.open(), io.BufferedRandom)
    assert_type(file.open("w"), io.TextIOWrapper)
    assert_type(file.open("rb"), io.BufferedReader)
    assert_type(file.open("wb", 0), io.FileIO)
    assert_type(file.load_bytes(), bytes)
    file.replace_bytes(memoryview(b"x"))
    open(file).close()
assert_type(Temp.File.new_async(), Awaitable[Temp.File])
Temp.File("x")  # error
Temp.File(colour="red")  # error

assert_type(Temp.replace_contents("x", b"x", None, Temp.PersistFlags.IN_PLACE | Temp.PersistFlags.DURABLE), str | None)
assert_type(Temp.replace_contents_async(Path("x"), memoryview(b"x"), etag="x"), Awaitable[str | None])
assert_type(Temp.SaveError.LINKS, Temp.SaveError)
Temp.File(expected_etag="x").set_expected_etag(None)
Temp.replace_contents("x")  # error

with Temp.Dir() as dir:
    assert_type(dir / "name" / "other", Path)
    assert_type(dir.create_file(), Temp.File)


def callback(*arguments: Any) -> None:
    pass


Temp.Dir.new_async(None, None, None, 0, None, callback)
Temp.Dir().delete_async(progress=print, callback=callback)  # error
assert_type(Temp.Dir().delete_async(progress=print), Awaitable[bool])
assert_type(Temp.remove_tree_async("x", progress=print), Awaitable[bool])
assert_type(Temp.sweep_async(), Awaitable[int])
assert_type(Temp.File().load_bytes_async(), Awaitable[bytes])
assert_type(Temp.SpooledFile().steal_file_async(), Awaitable[Temp.File])
