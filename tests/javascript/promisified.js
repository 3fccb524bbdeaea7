// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// promisified.js before|after|both: the override in a program that promisifies all of GIO and of Temp, each twice,
// before Temp is imported, afterwards, or both.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const [when] = System.programArgs;

function promisifyAll(holders) {
    for (const holder of [...holders, ...holders]) {
        for (const name of Object.getOwnPropertyNames(holder).filter(one => /^[a-z].*_async$/.test(one))) {
            if (holder[name.replace(/_async$/, '_finish')])
                Gio._promisify(holder, name);
        }
    }
}

function promisifyGio() {
    const names = ['IOStream', 'FileIOStream', 'InputStream', 'OutputStream', 'AsyncInitable', 'File'];
    promisifyAll(names.map(name => Gio[name].prototype));
}

if (when !== 'after')
    promisifyGio();
const {default: Temp} = await import('gi://Temp?version=1');
if (when !== 'before') {
    promisifyGio();
    promisifyAll([Temp, Temp.File, Temp.File.prototype, Temp.Dir, Temp.Dir.prototype, Temp.SpooledFile.prototype]);
}

const tests = [];
const test = (name, run) => tests.push({name, run});

function assertEqual(actual, expected) {
    if (actual !== expected)
        throw new Error(`${actual} is not ${expected}`);
}

const exists = path => GLib.file_test(path, GLib.FileTest.EXISTS);

test('with', async () => {
    for (const klass of [Temp.File, Temp.SpooledFile, Temp.Dir]) {
        // eslint-disable-next-line no-await-in-loop
        assertEqual(await klass.with(object => object.constructor), klass);
    }
});

test('methods that are inherited', async () => {
    const named = await Temp.File.new_named_async();
    assertEqual((await named.query_info_async('standard::size')).get_size(), 0);
    const {path} = named;
    assertEqual(await named.close_async(), true);
    assertEqual(exists(path), false);
    const file = new Temp.File();
    assertEqual(await Gio.IOStream.prototype.close_async.call(file, GLib.PRIORITY_DEFAULT, null, () => null), undefined);
});

test('callbacks', async () => {
    const file = Temp.File.new();
    await new Promise((resolve, reject) => {
        file.close_async(GLib.PRIORITY_DEFAULT, null, (_, result) => {
            try {
                resolve(file.close_finish(result));
            } catch (e) {
                reject(e);
            }
        });
    });
    assertEqual(file.is_closed(), true);
});

test('methods and functions of Temp', async () => {
    const dir = await Temp.Dir.new_async();
    const file = await Temp.File.new_beside_async(dir.get_child('document'));
    await file.replace_bytes_async(new Uint8Array([1]));
    await file.persist_async(dir.get_child('document'));
    const [etag] = await Temp.replace_contents_async(dir.get_child('document'), new Uint8Array([2]));
    assertEqual(typeof etag, 'string');
    const spooled = new Temp.SpooledFile();
    await spooled.roll_async();
    await (await spooled.steal_file_async()).close_async();
    await dir.delete_async();
    assertEqual(exists(dir.path), false);
});

test('contents', async () => {
    const file = new Temp.File();
    await file.writeTextAsync('one\ntwo\n');
    assertEqual(await file.readTextAsync(), 'one\ntwo\n');
    const lines = [];
    for await (const line of file)
        lines.push(line);
    assertEqual(lines.join(), 'one,two');
    await file.close_async();
});

print(`1..${tests.length}`);
for (const [i, {name, run}] of tests.entries()) {
    try {
        // eslint-disable-next-line no-await-in-loop
        await run();
        print(`ok ${i + 1} ${name}`);
    } catch (e) {
        print(`not ok ${i + 1} ${name}`);
        print(`# ${e}\n# ${e.stack.replaceAll('\n', '\n# ')}`);
    }
}
