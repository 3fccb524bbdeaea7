#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file without a name: somewhere to put bytes and take them back, which no
// other program can find. The one to use unless something needs a path.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Temp from 'gi://Temp?version=1';

function checkEmpty(dir) {
    const children = dir.get_file().enumerate_children('standard::name', Gio.FileQueryInfoFlags.NONE, null);
    const n = [...children].length;

    print(`names in that directory: ${n}`);
    if (n !== 0)
        throw new Error(`Something is in “${dir.get_path()}”`);
}

function writeAndRead(file, text) {
    file.get_output_stream().write_all(new TextEncoder().encode(text), null);
    print(`wrote: ${text}`);

    // Both streams are at one place in the file, so go back before reading.
    file.seek(0, GLib.SeekType.SET, null);

    const bytes = file.get_input_stream().read_bytes(256, null);
    const read = new TextDecoder().decode(bytes.toArray());
    print(`read back: ${read}`);
    if (read !== text)
        throw new Error('What was read is not what was written');
}

// An empty directory, only to show that the file is not in it: other programs
// would pass null below, for the default directory.
const dir = Temp.Dir.new(null, 'example_', null);

try {
    const file = Temp.File.new(dir.get_path());

    try {
        print(`made a file without a name in ${dir.get_path()}`);
        print(`path: ${file.get_path() ?? 'none'}`);
        checkEmpty(dir);
        writeAndRead(file, 'Hello, temporary world!');
    } finally {
        file.close(null);
    }

    checkEmpty(dir);
} finally {
    dir.delete(null);
}
