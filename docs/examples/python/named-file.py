#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""A file with a name: filled from a stream, then handed by its path to another
program. Takes the file to copy as its argument."""

import contextlib
import os
import sys

import gi

gi.require_version('Temp', '1')
from gi.repository import Gio, Temp


def check_exists(when, path, expected):
    exists = os.path.exists(path)
    print(f'{when}, exists: {"yes" if exists else "no"}')
    if exists != expected:
        sys.exit(f'“{path}” should{"" if expected else " not"} exist')


def fill(file, source_path):
    source = Gio.File.new_for_path(source_path).read()

    # The output stream stays open: closing it is for the file to do.
    n_bytes = file.get_output_stream().splice(source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE)
    print(f'copied {n_bytes} bytes of {source_path} into it')


def sort(path):
    launcher = Gio.SubprocessLauncher(flags=Gio.SubprocessFlags.STDOUT_PIPE)
    launcher.setenv('LC_ALL', 'C', True)  # the same order in every locale

    subprocess = launcher.spawnv(['sort', path])
    _, output, _ = subprocess.communicate_utf8()
    subprocess.wait_check()

    lines = output.rstrip().split('\n')
    first = next((line.strip() for line in lines if line.strip()), 'none')
    print(f'sort read it by its path, and gave {len(lines)} lines')
    print(f'the first one that is not blank: {first}')


def main():
    source_path = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/common-licenses/GPL-3'

    with contextlib.closing(Temp.File.new_named(prefix='myapp_', suffix='.log')) as file:
        path = file.get_path()
        print(f'made {path}')
        check_exists('while open', path, True)
        fill(file, source_path)
        sort(path)

    check_exists('after close', path, False)


if __name__ == '__main__':
    main()
