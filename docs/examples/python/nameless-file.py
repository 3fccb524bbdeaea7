#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""A file without a name: somewhere to put bytes and take them back, which no
other program can find. The one to use unless something needs a path."""

import contextlib
import os
import sys

import gi

gi.require_version('Temp', '1')
from gi.repository import GLib, Temp


def check_empty(path):
    n = len(os.listdir(path))
    print(f'names in that directory: {n}')
    if n != 0:
        sys.exit(f'Something is in “{path}”')


def write_and_read(file, text):
    file.get_output_stream().write_all(text.encode())
    print(f'wrote: {text}')

    # Both streams are at one place in the file, so go back before reading.
    file.seek(0, GLib.SeekType.SET)

    read = file.get_input_stream().read_bytes(256).get_data().decode()
    print(f'read back: {read}')
    if read != text:
        sys.exit('What was read is not what was written')


def main():
    # An empty directory, only to show that the file is not in it: other programs
    # would leave `dir` out below, for the default directory.
    directory = Temp.Dir.new(prefix='example_')

    with contextlib.closing(Temp.File.new(dir=directory.get_path())) as file:
        print(f'made a file without a name in {directory.get_path()}')
        print(f'path: {file.get_path() or "none"}')
        check_empty(directory.get_path())
        write_and_read(file, 'Hello, temporary world!')

    check_empty(directory.get_path())


if __name__ == '__main__':
    main()
