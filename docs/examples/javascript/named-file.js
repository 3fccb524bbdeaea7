#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file with a name: filled from a stream, then handed by its path to another
// program. Takes the file to copy as its argument.

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

function fill(file, sourcePath) {
    const source = Gio.File.new_for_path(sourcePath).read(null);

    // The output stream stays open: closing it is for the file to do.
    const nBytes = file.get_output_stream().splice(source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, null);
    print(`copied ${nBytes} bytes of ${sourcePath} into it`);
}

function sort(path) {
    const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.STDOUT_PIPE});
    launcher.setenv('LC_ALL', 'C', true); // the same order in every locale

    const subprocess = launcher.spawnv(['sort', path]);
    const [, output] = subprocess.communicate_utf8(null, null);
    subprocess.wait_check(null);

    const lines = output.trimEnd().split('\n');
    const first = lines.map(line => line.trim()).find(line => line !== '') ?? 'none';
    print(`sort read it by its path, and gave ${lines.length} lines`);
    print(`the first one that is not blank: ${first}`);
}

const sourcePath = System.programArgs[0] ?? '/usr/share/common-licenses/GPL-3';
const file = Temp.File.new_named(null, 'myapp_', '.log');
const path = file.get_path();

// Without this, the file would go only when the collector comes, or at exit.
try {
    print(`made ${path}`);
    checkExists('while open', path, true);
    fill(file, sourcePath);
    sort(path);
} finally {
    file.close(null);
}

checkExists('after close', path, false);
