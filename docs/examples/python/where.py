#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Where temporary files go: the environment decides, and a program can.

The environment is changed here to show it. It is the user's: other programs
leave it alone."""

import contextlib
import os
import sys

import gi

gi.require_version('Temp', '1')
from gi.repository import GLib, Temp

VARIABLES = ('TMPDIR', 'TEMP', 'TMP')


def check_goes_to(when, expected):
    """Make a file in the default directory, and look whether that is as expected."""
    with contextlib.closing(Temp.File.new_named()) as file:
        print(f'{when}: made {file.get_path()}')
        if os.path.dirname(file.get_path()) != expected:
            sys.exit(f'It should be in “{expected}”')


def set_variables(base):
    """Have each variable name a directory of its own, called after it."""
    for variable in VARIABLES:
        candidate = os.path.join(base, variable)
        os.mkdir(candidate)
        os.environ[variable] = candidate

    print(f'TMPDIR, TEMP and TMP name directories in {base}')


def print_dir(files, location):
    """Some files are better off in a directory of another kind. Not every machine has each."""
    try:
        print(f'{files} go to {Temp.get_dir(location)}')
    except GLib.Error as error:
        print(f'{files} go to {error.message}')


def main():
    directory = Temp.Dir.new(prefix='where_')
    base = directory.get_path()
    set_variables(base)

    # One after the other decides. They are looked at once, unless told to look again.
    for variable in VARIABLES:
        Temp.set_default_dir(None)
        check_goes_to(f'{variable} is the first one set', os.path.join(base, variable))
        del os.environ[variable]

    # The library passes over a directory that takes no file.
    os.environ['TMPDIR'] = os.path.join(base, 'missing')
    os.environ['TMP'] = base
    Temp.set_default_dir(None)
    check_goes_to('TMPDIR is not there, TMP is', base)

    del os.environ['TMPDIR']
    del os.environ['TMP']
    Temp.set_default_dir(None)
    print(f'none is set: they go to {Temp.get_default_dir()}')

    Temp.set_default_dir(base)
    check_goes_to('the program has set it', base)

    print_dir('large files', Temp.Location.LARGE)
    print_dir('files for no disk', Temp.Location.MEMORY)
    print_dir('files that leave a sandbox', Temp.Location.SHARED)


if __name__ == '__main__':
    main()
