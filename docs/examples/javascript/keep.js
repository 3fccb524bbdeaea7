#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// A file that is kept on purpose: it is temporary until it turns out to be
// wanted, as a report of what went wrong may be.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Temp from 'gi://Temp?version=1';

function checkExists(when, path, expected) {
    const exists = GLib.file_test(path, GLib.FileTest.EXISTS);

    print(`${when}, exists: ${exists ? 'yes' : 'no'}`);
    if (exists !== expected)
        throw new Error(`“${path}” should${expected ? '' : ' not'} exist`);
}

// Returns the path of a file that stays. Until keep(), any exception takes the
// file with it.
function makeReport(text) {
    const file = Temp.File.new_named(null, 'report_', '.txt');

    try {
        print(`made ${file.get_path()}`);

        file.get_output_stream().write_all(new TextEncoder().encode(text), null);
        print(`wrote: ${text}`);

        const path = file.keep();
        print(`kept ${path}`);
        return path;
    } finally {
        file.close(null);
    }
}

const path = makeReport('All is well.');
checkExists('after its object is gone', path, true);

const [, contents] = GLib.file_get_contents(path);
print(`it holds: ${new TextDecoder().decode(contents)}`);

Gio.File.new_for_path(path).delete(null);
checkExists('after it was deleted by hand', path, false);
