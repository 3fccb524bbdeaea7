#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""A file that is kept on purpose: it is temporary until it turns out to be
wanted, as a report of what went wrong may be."""

import contextlib
import os
import sys

import gi

gi.require_version('Temp', '1')
from gi.repository import Temp


def check_exists(when, path, expected):
    exists = os.path.exists(path)
    print(f'{when}, exists: {"yes" if exists else "no"}')
    if exists != expected:
        sys.exit(f'“{path}” should{"" if expected else " not"} exist')


def make_report(text):
    """Return the path of a file that stays. Until keep(), any exception takes the file with it."""
    with contextlib.closing(Temp.File.new_named(prefix='report_', suffix='.txt')) as file:
        print(f'made {file.get_path()}')

        file.get_output_stream().write_all(text.encode())
        print(f'wrote: {text}')

        path = file.keep()
        print(f'kept {path}')

    return path


def main():
    path = make_report('All is well.')
    check_exists('after its object is gone', path, True)

    with open(path, encoding='utf-8') as report:
        print(f'it holds: {report.read()}')

    os.unlink(path)
    check_exists('after it was deleted by hand', path, False)


if __name__ == '__main__':
    main()
