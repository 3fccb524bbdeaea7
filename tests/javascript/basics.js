// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Temp from 'gi://Temp?version=1';

const tests = [];
const test = (name, run) => tests.push({name, run});

function assertEqual(actual, expected) {
    if (actual !== expected)
        throw new Error(`${actual} is not ${expected}`);
}

function assertThrows(run, code) {
    try {
        run();
    } catch (e) {
        if (e instanceof GLib.Error && e.matches(Gio.io_error_quark(), code))
            return e.message;
        throw e;
    }
    throw new Error('nothing was thrown');
}

const exists = path => GLib.file_test(path, GLib.FileTest.EXISTS);
const text = bytes => new TextDecoder().decode(bytes.toArray());

test('a file without a name', () => {
    const file = Temp.File.new(null);
    assertEqual(file.get_path(), null);
    assertEqual(file.path, null);
    file.get_output_stream().write_all('hello', null);
    file.seek(0, GLib.SeekType.SET, null);
    assertEqual(text(file.get_input_stream().read_bytes(100, null)), 'hello');
    assertEqual(file.query_info('standard::size', null).get_size(), 5);
    const stream = file.get_output_stream();
    assertEqual(stream.get_fd(), file.get_fd());
    file.close(null);
    assertEqual(file.fd, -1);
});

test('a named file', () => {
    const file = Temp.File.new_named(null, 'js_', '.txt');
    const path = file.get_path();
    assertEqual(exists(path), true);
    assertEqual(file.get_file().get_path(), path);
    let notified = 0;
    file.connect('notify::path', () => notified++);
    file.close(null);
    assertEqual(exists(path), false);
    assertEqual(notified, 1);
});

test('a document', () => {
    const dir = Temp.Dir.new(null, null, null);
    const document = dir.get_child('document');
    const [saved, etag] = Temp.replace_contents(document, GLib.Bytes.new([1, 2]), null, Temp.PersistFlags.NONE, null);
    assertEqual(saved, true);
    const loop = GLib.MainLoop.new(null, false);
    let results = null;
    Temp.replace_contents_async(document, GLib.Bytes.new([3]), etag, Temp.PersistFlags.NONE, GLib.PRIORITY_DEFAULT, null,
        (_, result) => {
            results = Temp.replace_contents_finish(result);
            loop.quit();
        });
    loop.run();
    assertEqual(results[0], true);
    assertEqual(document.load_contents(null)[1].join(), '3');
    dir.delete(null);
});

test('kept', () => {
    const file = Temp.File.new_named(null, null, null);
    const path = file.keep();
    file.close(null);
    assertEqual(exists(path), true);
    assertEqual(GLib.unlink(path), 0);
});

test('a directory', () => {
    const dir = Temp.Dir.new(null, 'js_', null);
    dir.get_child('a').replace_contents('x', null, false, 0, null);
    const inside = dir.create_file('in_', null);
    assertEqual(inside.get_path().startsWith(`${dir.get_path()}/in_`), true);
    dir.create_dir(null, null);
    dir.delete(null);
    assertEqual(exists(dir.path), false);
});

test('errors', () => {
    const message = assertThrows(() => Temp.File.new('/missing/dir'), Gio.IOErrorEnum.NOT_FOUND);
    assertEqual(message.includes('/missing/dir'), true);
    assertThrows(() => Temp.Dir.new(null, 'a/b', null), Gio.IOErrorEnum.INVALID_FILENAME);
});

test('functions', () => {
    const [fd, path] = Temp.mkstemp(null, 'js_', null);
    assertEqual(fd >= 0, true);
    assertEqual(exists(path), true);
    GLib.close(fd);
    GLib.unlink(path);
    const dir = Temp.mkdtemp(null, 'js_', null);
    assertEqual(GLib.rmdir(dir), 0);
    assertEqual(Temp.set_default_dir(GLib.get_tmp_dir()), true);
    assertEqual(Temp.get_default_dir(), GLib.get_tmp_dir());
    assertEqual(Temp.get_dir(Temp.Location.DEFAULT), GLib.get_tmp_dir());
    Temp.set_default_dir(null);
});

test('properties at construction', () => {
    const file = new Temp.File({named: true, suffix: '.js', delete_on_close: false});
    file.init(null);
    const path = file.path;
    file.close(null);
    assertEqual(exists(path), true);
    file.run_dispose();
    assertEqual(exists(path), false);
});

test('asynchronous', () => {
    const loop = new GLib.MainLoop(null, false);
    let failure = null;
    Temp.File.new_named_async(null, 'js_', null, GLib.PRIORITY_DEFAULT, null, (_source, result) => {
        try {
            const file = Temp.File.new_named_finish(result);
            assertEqual(exists(file.path), true);
            file.close(null);
        } catch (e) {
            failure = e;
        }
        loop.quit();
    });
    loop.run();
    if (failure)
        throw failure;
});

test('at exit', () => {
    const program = `
        const {Temp} = imports.gi;
        globalThis.held = [Temp.File.new_named(null, 'held_', null), Temp.Dir.new(null, 'held_', null)];
        print(held.map(object => object.get_path()).join(' '));
        PLACE`;
    for (const end of ['', 'imports.system.exit(3);']) {
        const child = Gio.Subprocess.new(['gjs', '-c', program.replace('PLACE', end)],
            Gio.SubprocessFlags.STDOUT_PIPE);
        const [, stdout] = child.communicate_utf8(null, null);
        const paths = stdout.trim().split(' ');
        assertEqual(paths.length, 2);
        for (const path of paths)
            assertEqual(exists(path), false);
    }
});

print(`1..${tests.length}`);
tests.forEach(({name, run}, i) => {
    try {
        run();
        print(`ok ${i + 1} ${name}`);
    } catch (e) {
        print(`not ok ${i + 1} ${name}`);
        print(`# ${e}\n# ${e.stack.replaceAll('\n', '\n# ')}`);
    }
});
