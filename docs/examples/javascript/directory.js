#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A directory: an archive is made in one, and unpacked in another; both go, with
// all that is in them. Takes the directory to pack as its argument.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';
import Temp from 'gi://Temp?version=1';

function checkExists(when, path, expected) {
    const exists = GLib.file_test(path, GLib.FileTest.EXISTS);

    print(`${when}, exists: ${exists ? 'yes' : 'no'}`);
    if (exists !== expected)
        throw new Error(`“${path}” should${expected ? '' : ' not'} exist`);
}

function tar(directory, ...args) {
    Gio.Subprocess.new(['tar', '-C', directory, ...args], Gio.SubprocessFlags.NONE).wait_check(null);
}

// Counts what is in a directory, and in those below, but not these themselves.
function countFiles(directory) {
    const children = directory.enumerate_children('standard::name,standard::type',
        Gio.FileQueryInfoFlags.NOFOLLOW_SYMLINKS, null);
    let n = 0;

    for (const info of children)
        n += info.get_file_type() === Gio.FileType.DIRECTORY ? countFiles(children.get_child(info)) : 1;

    return n;
}

function packAndUnpack(source, packed, unpacked) {
    const archive = packed.get_child('archive.tar').get_path();

    tar(source, '-cf', archive, '.');
    const nPacked = countFiles(Gio.File.new_for_path(source));
    print(`packed ${nPacked} files of ${source} in ${archive}`);

    tar(unpacked.get_path(), '-xf', archive);
    const nUnpacked = countFiles(unpacked.get_file());
    print(`unpacked ${nUnpacked} files in ${unpacked.get_path()}`);

    if (nPacked !== nUnpacked)
        throw new Error('Not all the files were unpacked');
}

const source = System.programArgs[0] ?? '/usr/share/common-licenses';
/** @type {?Temp.Dir} */
let packed = Temp.Dir.new(null, 'packed_', null);
const unpacked = Temp.Dir.new(null, 'unpacked_', null);
const packedPath = packed.get_path();
const unpackedPath = unpacked.get_path();
print(`made ${packedPath} and ${unpackedPath}`);

// If anything fails, both are deleted when the program exits.
packAndUnpack(source, packed, unpacked);

unpacked.delete(null);
checkExists('the second one after delete', unpackedPath, false);
checkExists('the first one', packedPath, true);

// Here, the collector must come first. Programs would say packed.delete(null).
packed = null;
System.gc();
checkExists('the first one after its object is gone', packedPath, false);
