#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Saving a document so that it is never lost: neither by a full disk, nor by a
power cut, nor by a program that reads it at the wrong moment.

save-document.py FILE LINE adds a line to a file. If the file cannot be replaced
without harm, the user is asked whether to write into it."""

import asyncio
import sys

import gi

gi.require_version('Temp', '1')
from gi.repository import Gio, GLib, Temp


def ask(message):
    """An application has a dialog here."""
    print(f'{message}. Write into it all the same? [y/N] ', end='', flush=True)
    return sys.stdin.readline().startswith('y')


def load(document):
    """Return the contents and the entity tag. A document that is not there yet is empty."""
    try:
        _, contents, etag = document.load_contents(None)
    except GLib.Error as error:
        if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND):
            return b'', None
        raise
    return contents, etag


async def save(document, contents, etag, flags=Temp.PersistFlags.DURABLE):
    """Save, and return the new entity tag, which is to be there the next time."""
    try:
        return await Temp.replace_contents_async(document, contents, etag, flags)
    except GLib.Error as error:
        if error.domain != GLib.quark_to_string(Temp.SaveError.quark()) or not ask(error.message):
            raise
    return await Temp.replace_contents_async(document, contents, etag, flags | Temp.PersistFlags.IN_PLACE)


def main():
    if len(sys.argv) != 3:
        sys.exit(f'Usage: {sys.argv[0]} FILE LINE')

    document = Gio.File.new_for_commandline_arg(sys.argv[1])
    try:
        contents, etag = load(document)
        asyncio.run(save(document, contents + sys.argv[2].encode() + b'\n', etag))
    except GLib.Error as error:
        sys.exit(f'Your changes are not saved. {error.message}')
    print('Saved')


if __name__ == '__main__':
    main()
