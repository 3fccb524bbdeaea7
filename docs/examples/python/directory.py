#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""A directory: an archive is made in one, and unpacked in another; both go, with
all that is in them. Takes the directory to pack as its argument."""

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


def tar(directory, *arguments):
    Gio.Subprocess.new(['tar', '-C', directory, *arguments], Gio.SubprocessFlags.NONE).wait_check()


def count_files(directory):
    """Count what is in a directory, and in those below, but not these themselves."""
    return sum(len(files) for _, _, files in os.walk(directory))


def pack_and_unpack(source, packed, unpacked):
    archive = packed.get_child('archive.tar').get_path()

    tar(source, '-cf', archive, '.')
    n_packed = count_files(source)
    print(f'packed {n_packed} files of {source} in {archive}')

    tar(unpacked.get_path(), '-xf', archive)
    n_unpacked = count_files(unpacked.get_path())
    print(f'unpacked {n_unpacked} files in {unpacked.get_path()}')

    if n_packed != n_unpacked:
        sys.exit('Not all the files were unpacked')


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else '/usr/share/common-licenses'
    packed = Temp.Dir.new(prefix='packed_')
    unpacked = Temp.Dir.new(prefix='unpacked_')
    packed_path = packed.get_path()
    unpacked_path = unpacked.get_path()
    print(f'made {packed_path} and {unpacked_path}')

    pack_and_unpack(source, packed, unpacked)

    # Dropping the last reference would do as well, but could not tell of an error.
    unpacked.delete()
    check_exists('the second one after delete', unpacked_path, False)
    check_exists('the first one', packed_path, True)

    del packed
    check_exists('the first one after its object is gone', packed_path, False)


if __name__ == '__main__':
    main()
