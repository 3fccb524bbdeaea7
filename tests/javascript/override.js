// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// What the override adds. It is in tempfile-glib/bindings/gi/overrides/Temp.js.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import System from 'system';
import Temp from 'gi://Temp?version=1';

const tests = [];
const test = (name, run) => tests.push({name, run});

function assertEqual(actual, expected) {
    if (actual !== expected)
        throw new Error(`${actual} is not ${expected}`);
}

function assertTypeError(run) {
    let caught = null;
    try {
        run();
    } catch (e) {
        caught = e;
    }
    assertEqual(caught instanceof TypeError, true);
    return caught.message;
}

async function assertRejectsType(promise) {
    const caught = await promise.then(() => null, e => e);
    return assertTypeError(() => {
        throw caught;
    });
}

async function assertRejects(promise, code) {
    try {
        await promise;
    } catch (e) {
        if (e instanceof GLib.Error && e.matches(Gio.io_error_quark(), code))
            return e;
        throw e;
    }
    throw new Error('nothing was thrown');
}

const exists = path => GLib.file_test(path, GLib.FileTest.EXISTS);

async function collect(iterable) {
    const all = [];
    for await (const one of iterable)
        all.push(one);
    return all;
}

test('new works at once', () => {
    const file = new Temp.File({named: true, prefix: 'myapp_', suffix: '.txt'});
    assertEqual(exists(file.path), true);
    assertEqual(GLib.path_get_basename(file.path).startsWith('myapp_'), true);
    const {path} = file;
    file.close();
    assertEqual(exists(path), false);

    const nameless = new Temp.File();
    assertEqual(nameless.path, null);
    assertEqual(nameless.fd >= 0, true);
    nameless.close();

    const dir = new Temp.Dir({prefix: 'myapp_'});
    assertEqual(exists(dir.path), true);
    dir.delete();
    assertEqual(exists(dir.path), false);
});

test('new throws', async () => {
    const make = async (klass, options) => new klass(options);
    const error = await assertRejects(make(Temp.File, {dir: '/missing/dir'}), Gio.IOErrorEnum.NOT_FOUND);
    assertEqual(error.message.includes('/missing/dir'), true);
    await assertRejects(make(Temp.Dir, {prefix: 'a/b'}), Gio.IOErrorEnum.INVALID_FILENAME);
});

test('what dead programs left is swept', async () => {
    const [swept, nRemoved] = Temp.sweep();
    assertEqual(swept && nRemoved >= 0, true);
    const results = await Temp.sweep_async();
    assertEqual(results.length, 1);
    assertEqual(results[0] >= 0, true);
    assertEqual(Temp.guard_start(), true);
    assertEqual(await Temp.guard_start_async(), true);
});

test('every asynchronous function gives a promise', async () => {
    const file = await Temp.File.new_async(null, GLib.PRIORITY_DEFAULT, null);
    assertEqual(file instanceof Temp.File, true);
    assertEqual(await file.close_async(GLib.PRIORITY_DEFAULT, null), true);

    const named = await Temp.File.new_named_async(null, 'js_');
    const {path} = named;
    assertEqual(exists(path), true);
    assertEqual((await named.query_info_async('standard::size')).get_size(), 0);
    await named.close_async();
    assertEqual(exists(path), false);

    const dir = await Temp.Dir.new_async();
    assertEqual(exists(dir.path), true);
    const beside = await Temp.File.new_beside_async(dir.get_child('document'));
    assertEqual(beside.path, null);
    const kept = dir.create_file();
    assertEqual(await kept.keep_async(), kept.path);
    dir.delete();

    const spooled = new Temp.SpooledFile({max_size: 10});
    await spooled.roll_async();
    assertEqual(spooled.rolled, true);
    await spooled.replace_bytes_async(GLib.Bytes.new([1, 2, 3]));
    assertEqual((await spooled.load_bytes_async()).get_size(), 3);
    const stolen = await spooled.steal_file_async();
    assertEqual(spooled.is_closed(), true);
    assertEqual(stolen.readBytes().join(), '1,2,3');
    await stolen.close_async();

    const other = new Temp.Dir();
    const path2 = await other.keep_async();
    assertEqual(path2, other.path);
    GLib.rmdir(path2);

    for (const holder of [Temp, Temp.File, Temp.File.prototype, Temp.Dir, Temp.Dir.prototype]) {
        for (const name of Object.getOwnPropertyNames(holder).filter(one => /^[^_].*_async$/.test(one)))
            assertEqual(`_original_${name}` in holder, true);
    }
});

test('a promise that a static function finishes', async () => {
    const from = new Temp.SpooledFile();
    const to = new Temp.File();
    from.writeText('moved');
    from.seek(0, GLib.SeekType.SET);
    const flags = Gio.IOStreamSpliceFlags.WAIT_FOR_BOTH;
    assertEqual(await to.splice_async(from, flags), true);
    assertEqual(to.readText(), 'moved');
    from.close();
    to.close();
});

test('what is left out is the default', () => {
    const dir = Temp.Dir.new();
    const file = dir.create_file('in_');
    assertEqual(GLib.path_get_dirname(file.path), dir.path);
    file.writeText('saved');
    assertEqual(file.seek(0, GLib.SeekType.END), true);
    assertEqual(file.query_info('standard::size').get_size(), 5);
    assertEqual(file.persist(dir.get_child('target')), true);
    file.close();
    const path = Temp.mkdtemp(dir.path);
    assertEqual(exists(path), true);
    assertEqual(Temp.remove_tree(dir.get_child(GLib.path_get_basename(path))), true);
    dir.delete();

    const spooled = Temp.SpooledFile.new();
    assertEqual(spooled.max_size, 0);
    spooled.max_size = 3;
    spooled.writeText('four');
    assertEqual(spooled.rolled, true);
    assertEqual(new Temp.File().permissions, -1);
    assertEqual(new Temp.File({permissions: 0o640}).permissions, 0o640);
    assertEqual(Temp.File.new_named().keep.length, 0);
    let caught = null;
    try {
        dir.get_child();
    } catch (e) {
        caught = e;
    }
    assertEqual(caught?.message, 'Argument name may not be null');
});

test('names of children stay inside', () => {
    const dir = new Temp.Dir();
    for (const name of ['', '/etc', '..', '../a', 'a/..', 'a/../b']) {
        let caught = null;
        try {
            dir.get_child(name);
        } catch (e) {
            caught = e;
        }
        assertEqual(caught instanceof TypeError, true);
    }
    assertEqual(dir.get_child('a/..b').get_path(), `${dir.path}/a/..b`);
    dir.delete();
});

test('promises are rejected', async () => {
    await assertRejects(Temp.File.new_async('/missing/dir'), Gio.IOErrorEnum.NOT_FOUND);
    const cancellable = new Gio.Cancellable();
    cancellable.cancel();
    await assertRejects(Temp.Dir.new_async(null, null, null, 0, cancellable), Gio.IOErrorEnum.CANCELLED);
});

test('callbacks are still called', async () => {
    const file = await new Promise((resolve, reject) => {
        Temp.File.new_async(null, 0, null, (_, result) => {
            try {
                resolve(Temp.File.new_finish(result));
            } catch (e) {
                reject(e);
            }
        });
    });
    file.close();
});

test('promised twice', async () => {
    Gio._promisify(Temp.Dir, 'new_async', 'new_finish');
    const dir = await Temp.Dir.new_async(null, null, null, 0, null);
    assertEqual(exists(dir.path), true);
    dir.delete();
});

test('with', async () => {
    let path;
    assertEqual(await Temp.Dir.with({prefix: 'js_'}, async dir => {
        ({path} = dir);
        assertEqual(exists(path), true);
        await null;
        return 'value';
    }), 'value');
    assertEqual(exists(path), false);

    assertEqual(await Temp.File.with({named: true}, file => {
        ({path} = file);
        return exists(path);
    }), true);
    assertEqual(exists(path), false);

    await Temp.Dir.with(dir => ({path} = dir));
    assertEqual(exists(path), false);
    await assertRejects(Temp.Dir.with({dir: '/missing'}, () => null), Gio.IOErrorEnum.NOT_FOUND);
});

test('with cleans up on a throw', async () => {
    const mine = new Error('mine');
    for (const [klass, options] of [[Temp.Dir, {}], [Temp.File, {named: true}], [Temp.SpooledFile, {}]]) {
        let path, caught;
        try {
            // eslint-disable-next-line no-await-in-loop
            await klass.with(options, object => {
                ({path} = object);
                throw mine;
            });
        } catch (e) {
            caught = e;
        }
        assertEqual(caught, mine);
        assertEqual(Boolean(path && exists(path)), false);
    }
});

test('with tells that it could not clean up', async () => {
    const mine = new Error('mine');
    let caught, path;
    try {
        await Temp.Dir.with(dir => {
            ({path} = dir);
            dir.delete_async = () => Promise.reject(mine);
        });
    } catch (e) {
        caught = e;
    }
    assertEqual(caught, mine);
    GLib.rmdir(path);
});

test('with deletes what its function has closed or deleted', async () => {
    let path;
    for (const close of [false, true]) {
        // eslint-disable-next-line no-await-in-loop
        await Temp.File.with({named: true, delete_on_close: false}, file => {
            ({path} = file);
            if (close)
                file.close();
            assertEqual(exists(path), true);
        });
        assertEqual(exists(path), false);
    }
    await Temp.Dir.with(dir => dir.delete());
});

test('with leaves what is kept', async () => {
    let path = await Temp.File.with({named: true}, file => file.keep());
    assertEqual(exists(path), true);
    GLib.unlink(path);
    path = await Temp.Dir.with(dir => dir.keep());
    assertEqual(exists(path), true);
    GLib.rmdir(path);
    path = await Temp.Dir.with({auto_delete: false}, dir => dir.path);
    assertEqual(exists(path), true);
    GLib.rmdir(path);
});

test('with leaves what is persisted', async () => {
    await Temp.Dir.with(async dir => {
        const target = dir.get_child('target');
        const file = await Temp.File.with({named: true, dir: dir.path}, async one => {
            one.writeText('saved');
            await one.persist_async(target, Temp.PersistFlags.NONE);
            return one;
        });
        assertEqual(file.is_closed(), true);
        assertEqual(file.path, target.get_path());
        assertEqual(new TextDecoder().decode(target.load_contents(null)[1]), 'saved');
    });
});

test('a document is saved', async () => {
    await Temp.Dir.with(async dir => {
        const document = dir.get_child('document');
        const other = dir.get_child('other name');
        const read = file => new TextDecoder().decode(file.load_contents(null)[1]);
        const bytes = text => new TextEncoder().encode(text);

        const [saved, etag] = Temp.replace_contents(document, bytes('one'));
        assertEqual(saved, true);
        assertEqual(read(document), 'one');
        const [newer] = await Temp.replace_contents_async(document, bytes('two'), etag, Temp.PersistFlags.DURABLE);
        assertEqual(read(document), 'two');
        assertEqual(newer, document.query_info('etag::value', 0, null).get_etag());
        await assertRejects(Temp.replace_contents_async(document, bytes('three'), '1:0'), Gio.IOErrorEnum.WRONG_ETAG);

        GLib.spawn_sync(null, ['ln', document.get_path(), other.get_path()], null, GLib.SpawnFlags.SEARCH_PATH, null);
        for (const save of [() => Temp.replace_contents(document, bytes('four')),
            () => Temp.replace_contents_async(document, bytes('four'))]) {
            let error = null;
            try {
                // eslint-disable-next-line no-await-in-loop
                await save();
            } catch (e) {
                error = e;
            }
            assertEqual(error instanceof Temp.SaveError, true);
            assertEqual(error.matches(Temp.SaveError, Temp.SaveError.LINKS), true);
        }
        await Temp.replace_contents_async(document, bytes('five'), null, Temp.PersistFlags.IN_PLACE);
        assertEqual(read(other), 'five');
    });
});

test('another document is expected', () => {
    const dir = new Temp.Dir();
    const document = dir.get_child('document');
    const file = new Temp.File({dir: dir.path, expected_etag: '1:0'});
    Temp.replace_contents(document, new Uint8Array());
    assertEqual(file.expectedEtag, '1:0');
    let code = null;
    try {
        file.persist(document, Temp.PersistFlags.REPLACE);
    } catch (e) {
        ({code} = e);
    }
    assertEqual(code, Gio.IOErrorEnum.WRONG_ETAG);
    file.expected_etag = null;
    file.persist(document, Temp.PersistFlags.REPLACE);
    file.close();
    dir.delete();
});

test('progress', async () => {
    const dir = new Temp.Dir();
    dir.get_child('a').make_directory(null);
    let n = 0;
    await dir.delete_async(GLib.PRIORITY_DEFAULT, null, removed => (n = removed));
    assertEqual(exists(dir.path), false);
    assertEqual(n > 0, true);

    const other = new Temp.Dir();
    await Temp.remove_tree_async(other.file, Temp.RemoveFlags.NONE);
    assertEqual(exists(other.path), false);
});

test('dispose', async () => {
    const file = new Temp.File({named: true});
    const {path} = file;
    file[Symbol.dispose]();
    assertEqual(exists(path), false);

    const dir = new Temp.Dir();
    dir[Symbol.dispose]();
    assertEqual(exists(dir.path), false);

    const other = new Temp.Dir();
    await other[Symbol.asyncDispose]();
    assertEqual(exists(other.path), false);
    const spooled = new Temp.SpooledFile();
    await spooled[Symbol.asyncDispose]();
    assertEqual(spooled.is_closed(), true);
});

test('dispose, by symbols that are defined later', async () => {
    const {dispose, asyncDispose} = Symbol;
    const define = (name, value) => Object.defineProperty(Symbol, name, {value, writable: true, configurable: true});
    define('dispose', Symbol('later'));
    define('asyncDispose', Symbol('later, too'));
    try {
        for (const make of [() => new Temp.Dir(), () => Temp.Dir.new()]) {
            const dir = make();
            dir[Symbol.dispose]();
            assertEqual(exists(dir.path), false);
        }
        const spooled = new Temp.SpooledFile();
        // eslint-disable-next-line no-await-in-loop
        await spooled[Symbol.asyncDispose]();
        assertEqual(spooled.is_closed(), true);
    } finally {
        define('dispose', dispose);
        define('asyncDispose', asyncDispose);
    }
    const file = new Temp.File();
    file[Symbol.dispose]();
    assertEqual(file.is_closed(), true);
});

test('text', async () => {
    for (const klass of [Temp.File, Temp.SpooledFile]) {
        // eslint-disable-next-line no-await-in-loop
        await klass.with(async file => {
            file.writeText('a longer text');
            file.writeText('\uFEFFhé\0😀');
            assertEqual(file.tell(), 11);
            assertEqual(file.readText(), '\uFEFFhé\0😀');
            assertEqual(file.tell(), 11);
            await file.writeTextAsync('x');
            assertEqual(await file.readTextAsync(), 'x');
            file.get_output_stream().write_all('y', null);
            assertEqual(file.readText(), 'xy');
            file.writeText('');
            assertEqual(file.readText(), '');
        });
    }
});

test('bytes', async () => {
    await Temp.File.with(async file => {
        const bytes = new Uint8Array(200000).map((_, i) => i * i >> 3);
        const check = read => {
            assertEqual(read instanceof Uint8Array, true);
            assertEqual(read.length, bytes.length);
            assertEqual(read.every((byte, i) => byte === bytes[i]), true);
        };
        file.writeBytes(bytes);
        check(file.readBytes());
        file.writeBytes(new Uint8Array());
        assertEqual(file.readBytes().length, 0);
        await file.writeBytesAsync(bytes);
        check(await file.readBytesAsync());

        let caught = null;
        try {
            file.readText();
        } catch (e) {
            caught = e;
        }
        assertEqual(caught instanceof TypeError, true);
    });
});

test('bytes while others are written', async () => {
    await Temp.File.with(async file => {
        file.writeText('one two');
        const read = file.readTextAsync();
        file.seek(4, GLib.SeekType.SET);
        file.get_output_stream().write_all('TWO', null);
        assertEqual((await read).length, 7);
        assertEqual(file.readText(), 'one TWO');

        const bytes = new Uint8Array([1, 2, 3]);
        const written = file.writeBytesAsync(bytes);
        bytes.fill(0);
        await assertRejects((async () => file.readBytes())(), Gio.IOErrorEnum.PENDING);
        await written;
        assertEqual(file.readBytes().join(), '1,2,3');
    });
});

test('lines', async () => {
    await Temp.File.with(async file => {
        assertEqual((await collect(file)).length, 0);
        file.writeText('one\r\ntwo\n\nfo\rur');
        assertEqual(JSON.stringify(await collect(file)), JSON.stringify(['one', 'two', '', 'fo\rur']));

        const long = ['é'.repeat(100001), 'b'.repeat(65535), '', 'c'];
        file.writeText(`${long.join('\n')}\n`);
        assertEqual(JSON.stringify(await collect(file)), JSON.stringify(long));
    });
});

test('lines while others are written', async () => {
    await Temp.File.with(async file => {
        file.writeText('first\n');
        const seen = [];
        for await (const line of file) {
            seen.push(line);
            if (seen.length < 4)
                file.get_output_stream().write_all(`${seen.length}\n`, null);
        }
        assertEqual(seen.join(), 'first,1,2,3');
    });
});

function* everyKind() {
    yield new Temp.File();
    yield new Temp.File({named: true});
    yield new Temp.SpooledFile();
    const rolled = new Temp.SpooledFile();
    rolled.roll();
    yield rolled;
}

test('what is written while others read is appended', async () => {
    for (const file of everyKind()) {
        const append = text => file.get_output_stream().write_all(text, null);

        file.writeText('first\n');
        const iterator = file[Symbol.asyncIterator]();
        const first = iterator.next();
        append('second\n');
        // eslint-disable-next-line no-await-in-loop
        assertEqual((await first).value, 'first');
        // eslint-disable-next-line no-await-in-loop
        const {value} = await iterator.next();
        assertEqual(value, 'second');

        const read = file.readTextAsync();
        append('third\n');
        // eslint-disable-next-line no-await-in-loop
        assertEqual((await read).startsWith('first\nsecond\n'), true);

        // eslint-disable-next-line no-await-in-loop
        const all = await Promise.all([collect(file), collect(file), file.get_output_stream().write_bytes_async(
            GLib.Bytes.new(new TextEncoder().encode('fourth\n')), 0, null, () => null)]);
        for (const seen of all.slice(0, 2))
            assertEqual(seen.join().startsWith('first,second,third'), true);
        file.run_dispose();
    }
});

test('lines of a file that nobody may read', async () => {
    const file = new Temp.File({permissions: 0});
    file.writeText('a\nb');
    assertEqual((await collect(file)).join(), 'a,b');
    file.close();
});

test('lines leave no memory behind', async () => {
    const getResident = () => {
        const [, status] = GLib.file_get_contents('/proc/self/status');
        return Number(/VmRSS:\s+(\d+)/.exec(new TextDecoder().decode(status))[1]);
    };
    const file = new Temp.File();
    file.writeText('x'.repeat(60000));
    const read = async n => {
        for (let i = 0; i < n; i++) {
            // eslint-disable-next-line no-await-in-loop
            await collect(file);
            if (i % 50 === 0)
                System.gc();
        }
        return getResident();
    };
    const before = await read(100);
    assertEqual(await read(1000) - before < 30000, true);
    file.close();
});

test('lines end when the file is closed', async () => {
    for (const file of everyKind()) {
        file.writeText(`x\n${'y'.repeat(200000)}`);
        let n = 0;
        // eslint-disable-next-line no-await-in-loop, no-loop-func
        await assertRejects((async () => {
            for await (const line of file) {
                n += line.length;
                file.close();
            }
        })(), Gio.IOErrorEnum.CLOSED);
        assertEqual(n, 1);
    }
});

test('nothing changes if it cannot be written', async () => {
    const wrong = [undefined, null, 42, {}, [1], 'text', Symbol('x')];
    for (const file of everyKind()) {
        file.writeText('old');
        for (const value of wrong) {
            assertTypeError(() => file.writeBytes(value));
            assertTypeError(() => file.replace_bytes(value));
            // eslint-disable-next-line no-await-in-loop
            await assertRejectsType(file.writeBytesAsync(value));
            // eslint-disable-next-line no-await-in-loop
            await assertRejectsType(file.replace_bytes_async(value));
            if (typeof value === 'string')
                continue;
            assertTypeError(() => file.writeText(value));
            // eslint-disable-next-line no-await-in-loop
            await assertRejectsType(file.writeTextAsync(value));
        }
        assertTypeError(() => file.writeBytes());
        assertTypeError(() => file.writeText());
        assertTypeError(() => file.writeText('half \ud83d of a pair'));
        assertEqual(file.readText(), 'old');
        file.close();
    }

    const dir = new Temp.Dir();
    const document = dir.get_child('document');
    Temp.replace_contents(document, new Uint8Array([1]));
    for (const value of wrong) {
        assertTypeError(() => Temp.replace_contents(document, value));
        // eslint-disable-next-line no-await-in-loop
        await assertRejectsType(Temp.replace_contents_async(document, value));
    }
    assertEqual(document.load_contents(null)[1].join(), '1');
    dir.delete();

    const closed = new Temp.File({named: true, delete_on_close: false});
    closed.writeText('old');
    closed.close();
    await assertRejects((async () => closed.writeText('new'))(), Gio.IOErrorEnum.CLOSED);
    await assertRejects(closed.writeTextAsync('new'), Gio.IOErrorEnum.CLOSED);
    assertEqual(new TextDecoder().decode(closed.file.load_contents(null)[1]), 'old');
    closed.delete();
});

test('bytes in every form', async () => {
    const {buffer} = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    const forms = [
        [buffer, '0,1,2,3,4,5,6,7'],
        [new DataView(buffer, 1, 2), '1,2'],
        [new Uint8Array(buffer, 3), '3,4,5,6,7'],
        [new Uint8Array(buffer).subarray(2, 4), '2,3'],
        [new Uint8ClampedArray(buffer, 7), '7'],
        [new Int16Array(buffer, 2, 1), '2,3'],
        [new Float64Array(buffer), '0,1,2,3,4,5,6,7'],
        [new BigInt64Array(buffer), '0,1,2,3,4,5,6,7'],
        [GLib.Bytes.new(new Uint8Array([9])), '9'],
        [new ArrayBuffer(0), ''],
    ];
    const dir = new Temp.Dir();
    const document = dir.get_child('document');
    for (const file of everyKind()) {
        for (const [bytes, expected] of forms) {
            const read = () => file.readBytes().join();
            file.writeBytes(bytes);
            assertEqual(read(), expected);
            file.writeText('');
            // eslint-disable-next-line no-await-in-loop
            await file.writeBytesAsync(bytes);
            assertEqual(read(), expected);
            file.writeText('');
            file.replace_bytes(bytes);
            assertEqual(read(), expected);
            file.writeText('');
            // eslint-disable-next-line no-await-in-loop
            await file.replace_bytes_async(bytes);
            assertEqual(read(), expected);
            Temp.replace_contents(document, bytes);
            assertEqual(document.load_contents(null)[1].join(), expected);
            // eslint-disable-next-line no-await-in-loop
            await Temp.replace_contents_async(document, bytes);
            assertEqual(document.load_contents(null)[1].join(), expected);
        }
        file.close();
    }
    dir.delete();
});

test('misplaced arguments', async () => {
    const dir = new Temp.Dir();
    const target = dir.get_child('target');
    const file = dir.create_file();
    const cancellable = new Gio.Cancellable();
    const callback = () => null;

    await assertRejectsType(file.persist_async(target, cancellable));
    await assertRejectsType(file.persist_async(target, Temp.PersistFlags.NONE, cancellable));
    await assertRejectsType(file.persist_async(target, 'REPLACE'));
    await assertRejectsType(file.persist_async(cancellable, target));
    await assertRejectsType(file.close_async(cancellable));
    await assertRejectsType(file.close_async(0, 0));
    await assertRejectsType(file.close_async(0, null, null, null));
    await assertRejectsType(Temp.File.new_async(cancellable));
    await assertRejectsType(Temp.sweep_async(cancellable));
    await assertRejectsType(dir.delete_async(0, null, {}));
    // Whoever has a callback waits for no promise.
    assertTypeError(() => file.close_async(callback));
    assertTypeError(() => file.close_async(0, callback));
    assertTypeError(() => file.close_async(0, null, null, callback));
    assertTypeError(() => dir.delete_async(callback));
    assertTypeError(() => Temp.File.new_named_async(null, callback));
    assertTypeError(() => Temp.remove_tree_async(dir.file, callback));

    assertTypeError(() => file.persist(target, cancellable));
    assertTypeError(() => file.persist(target, 'REPLACE'));
    assertTypeError(() => file.seek(0, 'SET'));
    assertTypeError(() => file.close({}));
    assertTypeError(() => file.keep(cancellable));
    assertTypeError(() => dir.create_file(cancellable));
    assertTypeError(() => Temp.get_dir('MEMORY'));
    assertTypeError(() => Temp.remove_tree(dir.file, cancellable));
    assertEqual(assertTypeError(() => [dir.file].forEach(Temp.remove_tree)).includes('remove_tree'), true);
    for (const options of ['/tmp', null, 1, Gio.File.new_for_path('/tmp'), dir]) {
        assertTypeError(() => new Temp.File(options));
        assertTypeError(() => new Temp.Dir(options));
        assertTypeError(() => new Temp.SpooledFile(options));
    }
    assertEqual(exists(file.path), true);
    assertEqual(target.query_exists(null), false);
    dir.delete();
});

test('a directory in every form', async () => {
    const dir = new Temp.Dir();
    for (const one of [dir, dir.file, dir.path]) {
        const made = [
            new Temp.File({dir: one, named: true}),
            new Temp.Dir({dir: one}),
            Temp.File.new_named(one),
            Temp.Dir.new(one),
            // eslint-disable-next-line no-await-in-loop
            await Temp.File.new_named_async(one),
            // eslint-disable-next-line no-await-in-loop
            await Temp.Dir.new_async(one),
        ].map(({path}) => path);
        // eslint-disable-next-line no-await-in-loop
        await Temp.File.with({dir: one, named: true}, file => made.push(file.path));
        made.push(Temp.mkdtemp(one));
        const [fd, path] = Temp.mkstemp(one);
        GLib.close(fd);
        made.push(path);
        for (const each of made)
            assertEqual(GLib.path_get_dirname(each), dir.path);
        assertEqual(new Temp.SpooledFile({dir: one}).dir, dir.path);
    }
    assertTypeError(() => new Temp.File({dir: Gio.File.new_for_uri('http://example.org')}));
    assertTypeError(() => new Temp.File({dir: new Temp.File()}));
    const file = new Temp.File({dir: undefined, prefix: undefined, named: true});
    assertEqual(GLib.path_get_dirname(file.path), Temp.get_default_dir());
    file.close();
    dir.delete();
});

test('with says what was not awaited', async () => {
    const target = new Temp.Dir();
    const begun = {
        writeTextAsync: file => file.writeTextAsync('x'),
        writeBytesAsync: file => file.writeBytesAsync(new Uint8Array(100000)),
        readTextAsync: file => file.readTextAsync(),
        close_async: file => file.close_async(),
        keep_async: file => file.keep_async(),
        persist_async: file => file.persist_async(target.get_child('target')),
    };
    for (const [name, begin] of Object.entries(begun)) {
        let promise, path;
        // eslint-disable-next-line no-await-in-loop
        const error = await assertRejects(Temp.File.with({named: true}, file => {
            ({path} = file);
            promise = begin(file);
        }), Gio.IOErrorEnum.PENDING);
        assertEqual(error.message.endsWith(`: ${name}() was not awaited`), true);
        // eslint-disable-next-line no-await-in-loop
        await promise;
        assertEqual(exists(path), name === 'keep_async');
        GLib.unlink(path);
    }

    let deleted;
    const error = await assertRejects(Temp.Dir.with(dir => {
        deleted = dir.delete_async();
    }), Gio.IOErrorEnum.PENDING);
    assertEqual(error.message.includes('delete_async()'), true);
    await deleted;

    const disposed = new Temp.File({named: true});
    const {path} = disposed;
    const kept = disposed.writeTextAsync('x');
    const {message} = await assertRejects(disposed[Symbol.asyncDispose](), Gio.IOErrorEnum.PENDING);
    assertEqual(message.includes('writeTextAsync()'), true);
    assertEqual(exists(path), false);
    await kept;

    const mine = new Error('mine');
    let caught;
    await Temp.SpooledFile.with(file => {
        file.roll_async();
        throw mine;
    }).catch(e => (caught = e));
    assertEqual(caught, mine);
    target.delete();
});

test('two operations at once', async () => {
    for (const file of everyKind()) {
        const first = file.writeTextAsync('first');
        // eslint-disable-next-line no-await-in-loop
        const error = await assertRejects(file.writeTextAsync('second'), Gio.IOErrorEnum.PENDING);
        assertEqual(error.message.includes('writeTextAsync() was not awaited'), true);
        // eslint-disable-next-line no-await-in-loop
        await first;

        const other = file.writeBytesAsync(new Uint8Array([1]));
        for (const run of [() => file.readText(), () => file.writeText('x'), () => file.close(),
            () => file[Symbol.dispose]()]) {
            // eslint-disable-next-line no-await-in-loop
            const {message} = await assertRejects((async () => run())(), Gio.IOErrorEnum.PENDING);
            assertEqual(message.includes('writeBytesAsync() was not awaited'), true);
        }
        // eslint-disable-next-line no-await-in-loop
        await other;
        assertEqual(file.readBytes().join(), '1');
        file.close();
    }

    const file = new Temp.File();
    const done = new Promise(resolve => {
        file.replace_bytes_async(new Uint8Array([1]), 0, null, (_, result) => resolve(file.replace_bytes_finish(result)));
    });
    const {message} = await assertRejects((async () => file.close())(), Gio.IOErrorEnum.PENDING);
    assertEqual(message.includes('replace_bytes_async()'), true);
    assertEqual(await done, true);
    file.close();
    assertEqual(file.is_closed(), true);
});

test('busy streams are named, too', async () => {
    // As an asynchronous write does, which may end at any moment.
    const begin = file => file.get_output_stream().set_pending();
    for (const klass of [Temp.File, Temp.SpooledFile]) {
        let path;
        // eslint-disable-next-line no-await-in-loop
        const {message} = await assertRejects(klass.with(klass === Temp.File ? {named: true} : {}, file => {
            ({path} = file);
            begin(file);
        }), Gio.IOErrorEnum.PENDING);
        assertEqual(message.endsWith('an operation of its output stream was not awaited'), true);
        assertEqual(Boolean(path && exists(path)), false);
    }

    for (const run of [file => file.writeText('x'), file => file.writeTextAsync('x'), file => file[Symbol.dispose](),
        file => file[Symbol.asyncDispose](), file => file.seek(0, GLib.SeekType.SET)]) {
        for (const file of everyKind()) {
            begin(file);
            // eslint-disable-next-line no-await-in-loop
            const {message} = await assertRejects((async () => run(file))(), Gio.IOErrorEnum.PENDING);
            assertEqual(message.endsWith('an operation of its output stream was not awaited'), true);
        }
    }
});

test('classes are final', () => {
    for (const klass of [Temp.File, Temp.Dir, Temp.SpooledFile]) {
        const message = assertTypeError(() => GObject.registerClass(class Derived extends klass {}));
        assertEqual(message, `Derived cannot extend Temp.${klass.name.replace('Temp_', '')}, which is final`);
        assertTypeError(() => GObject.registerClass({GTypeName: 'Derived'}, class extends klass {}));
    }
});

test('forgotten files leave descriptors', () => {
    const program = `
        const {GLib, Temp} = imports.gi;
        const dir = new Temp.Dir();
        const loop = new GLib.MainLoop(null, false);
        const n = 300;
        const repeat = async (name, make) => {
            for (let i = 0; i < n; i++)
                await make();
            print(name);
        };
        (async () => {
            await repeat('new', () => void new Temp.File());
            await repeat('new named', () => void new Temp.File({named: true}));
            await repeat('with', () => Temp.File.with(() => { new Temp.File(); }));
            await repeat('constructor', () => void Temp.File.new_named());
            await repeat('asynchronous', async () => { await Temp.File.new_async(); });
            await repeat('create_file', () => void dir.create_file());
            await repeat('roll', () => { new Temp.SpooledFile().roll(); });
            await repeat('roll_async', () => new Temp.SpooledFile().roll_async());
            await repeat('reopen', () => { new Temp.File().reopen(); });
            await repeat('mkstemp', () => { new Temp.File(); GLib.close(Temp.mkstemp(dir.path)[0]); });
        })().catch(e => print(e)).finally(() => loop.quit());
        loop.run();
        dir.delete();`;
    const shell = Gio.Subprocess.new(['sh', '-c', 'ulimit -n 100; exec gjs -c "$1"', 'sh', program],
        Gio.SubprocessFlags.STDOUT_PIPE);
    const [, output] = shell.communicate_utf8(null, null);
    assertEqual(output.trim().replaceAll('\n', ','), 'new,new named,with,constructor,asynchronous,create_file,roll,' +
        'roll_async,reopen,mkstemp');
});

test('after close', async () => {
    const file = new Temp.File();
    file.close();
    await assertRejects((async () => file.readText())(), Gio.IOErrorEnum.CLOSED);
    await assertRejects(file.writeTextAsync('x'), Gio.IOErrorEnum.CLOSED);
    await assertRejects(collect(file), Gio.IOErrorEnum.CLOSED);
});

test('told when collected', () => {
    const program = `
        const {System, Temp} = {System: imports.system, Temp: imports.gi.Temp};
        let forgotten = new Temp.File({named: true, prefix: 'forgotten_'});
        const closed = new Temp.File({named: true, prefix: 'closed_'});
        print(forgotten.path);
        print(closed.path);
        closed.close();
        let collected = new Temp.Dir({prefix: 'collected_'});
        print(collected.path);
        collected = null;
        System.gc();`;
    for (const domains of ['', 'Tempfile-GLib']) {
        const launcher = new Gio.SubprocessLauncher({
            flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_MERGE,
        });
        launcher.setenv('G_MESSAGES_DEBUG', domains, true);
        const [, output] = launcher.spawnv(['gjs', '-c', program]).communicate_utf8(null, null);
        const count = pattern => [...output.matchAll(pattern)].length;
        const expected = domains ? 1 : 0;
        assertEqual(count(/DEBUG.*directory.*collected_/g), expected);
        // Whether it is collected at exit is the engine's affair.
        assertEqual(count(/DEBUG.*file.*forgotten_/g) <= expected, true);
        assertEqual(count(/DEBUG.*closed_/g), 0);

        const paths = output.match(/^\/.*_[a-z2-7]{16}$/gm);
        for (const prefix of ['forgotten_', 'closed_', 'collected_'])
            assertEqual(paths.some(path => path.includes(`/${prefix}`)), true);
        assertEqual(paths.some(exists), false);
    }
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
