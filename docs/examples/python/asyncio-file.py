# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Makes temporary files without blocking, several at once."""

import asyncio

import gi

gi.require_version("Temp", "1")

from gi.repository import Temp


async def download(text):
    with await Temp.File.new_async() as file:
        part = file.open("w+", encoding="utf-8")
        for line in text:
            part.write(line)
            await asyncio.sleep(0)
        part.seek(0)
        return part.read()


async def main():
    print(await asyncio.gather(download("one"), download("two")))


asyncio.run(main())
