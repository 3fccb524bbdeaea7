// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// Temp in GJS, and for each the twin that does it by Gio alone, on the command line of benchmark.h.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const KIB = new Uint8Array(1024);

// Gio's way knows only the default directory, and gives files only with a name.
function newTmp() {
    return Gio.File.new_tmp('XXXXXX');
}

function writeAndRead(stream) {
    stream.get_output_stream().write_all(KIB, null);
    stream.seek(0, GLib.SeekType.SET, null);
    if (stream.get_input_stream().read_bytes(1024, null).get_size() !== 1024)
        throw new Error('read something else than what was written');
    stream.close(null);
}

function gioFile() {
    const [file, stream] = newTmp();
    file.delete(null);
    stream.close(null);
}

function gioFile1KiB() {
    const [file, stream] = newTmp();
    writeAndRead(stream);
    file.delete(null);
}

function gioDir() {
    GLib.rmdir(GLib.Dir.make_tmp('XXXXXX'));
}

function workloads(Temp, dir) {
    return {
        'gjs:file:gio': gioFile,
        'gjs:file': () => Temp.File.new(dir).close(null),
        'gjs:named:gio': gioFile,
        'gjs:named': () => Temp.File.new_named(dir, null, null).close(null),
        'gjs:named-1KiB:gio': gioFile1KiB,
        'gjs:named-1KiB': () => writeAndRead(Temp.File.new_named(dir, null, null)),
        'gjs:dir:gio': gioDir,
        'gjs:dir': () => Temp.Dir.new(dir, null, null).delete(null),
    };
}

const [workload, n, dir] = ARGV;
if (workload === 'list') {
    print(Object.keys(workloads(null, null)).join('\n'));
} else {
    GLib.setenv('TMPDIR', dir, true);

    const {default: Temp} = await import('gi://Temp?version=1');
    const run = workloads(Temp, dir)[workload];
    if (!run) {
        printerr(`There is no workload ${workload}`);
        System.exit(2);
    }

    for (let i = 0; i < n / 10; i++)
        run();
    const start = GLib.get_monotonic_time();
    for (let i = 0; i < n; i++)
        run();
    print(((GLib.get_monotonic_time() - start) * 1000 / n).toFixed(1));
}
