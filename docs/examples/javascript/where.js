#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Where temporary files go: the environment decides, and a program can.
//
// The environment is changed here to show it. It is the user's: other programs
// leave it alone.

import GLib from 'gi://GLib';
import Temp from 'gi://Temp?version=1';

const VARIABLES = ['TMPDIR', 'TEMP', 'TMP'];

// Makes a file in the default directory, and looks whether that is as expected.
function checkGoesTo(when, expected) {
    const file = Temp.File.new_named(null, null, null);

    try {
        const path = file.get_path();

        print(`${when}: made ${path}`);
        if (path === null || GLib.path_get_dirname(path) !== expected)
            throw new Error(`It should be in “${expected}”`);
    } finally {
        file.close(null);
    }
}

// Each variable names a directory of its own, called after it.
function setVariables(directory) {
    for (const variable of VARIABLES) {
        const candidate = directory.get_child(variable);

        candidate.make_directory(null);
        GLib.setenv(variable, candidate.get_path(), true);
    }

    print(`TMPDIR, TEMP and TMP name directories in ${directory.get_path()}`);
}

// Some files are better off in a directory of another kind. Not every machine has each.
function printDir(files, location) {
    try {
        print(`${files} go to ${Temp.get_dir(location)}`);
    } catch (error) {
        if (!(error instanceof GLib.Error))
            throw error;
        print(`${files} go to ${error.message}`);
    }
}

const directory = Temp.Dir.new(null, 'where_', null);
const base = directory.get_path();

try {
    setVariables(directory);

    // One after the other decides. They are looked at once, unless told to look again.
    for (const variable of VARIABLES) {
        Temp.set_default_dir(null);
        checkGoesTo(`${variable} is the first one set`, `${base}/${variable}`);
        GLib.unsetenv(variable);
    }

    // The library passes over a directory that takes no file.
    GLib.setenv('TMPDIR', `${base}/missing`, true);
    GLib.setenv('TMP', base, true);
    Temp.set_default_dir(null);
    checkGoesTo('TMPDIR is not there, TMP is', base);

    GLib.unsetenv('TMPDIR');
    GLib.unsetenv('TMP');
    Temp.set_default_dir(null);
    print(`none is set: they go to ${Temp.get_default_dir()}`);

    Temp.set_default_dir(base);
    checkGoesTo('the program has set it', base);

    printDir('large files', Temp.Location.LARGE);
    printDir('files for no disk', Temp.Location.MEMORY);
    printDir('files that leave a sandbox', Temp.Location.SHARED);
} finally {
    directory.delete(null);
}
