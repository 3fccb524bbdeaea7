// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// What Temp.d.ts says, and what it says is wrong. The compiler checks it, and then GJS runs what the
// compiler has made of it, `using` included.

import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Temp from 'gi://Temp?version=1';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

// exactly<string>()(value) is an error unless the value is just that.
const exactly = <A>() => <B>(value: B, ..._different: Same<A, B> extends true ? [] : [never]) => value;

function assert(condition: boolean) {
    if (!condition)
        throw new Error('It is not as it should be');
}

const exists = (path: string) => GLib.file_test(path, GLib.FileTest.EXISTS);

async function properties(dir: Temp.Dir) {
    const maybe: string | null = null;
    const file = new Temp.File({dir: dir.path, prefix: maybe, named: true, delete_on_close: false});
    exactly<string | null>()(file.path);
    exactly<Gio.File | null>()(file.file);
    exactly<string | null>()(file.dir);
    exactly<string | null>()(file.prefix);
    exactly<string | null>()(file.suffix);
    exactly<string>()(dir.path);
    exactly<Gio.File>()(dir.file);
    file.auto_delete = true;
    file.deleteOnClose = true;
    // @ts-expect-error: it is null while there is no name
    assert(file.path.length > 0);
    const readOnly = () => {
        // @ts-expect-error: it cannot be set
        file.path = '/elsewhere';
        // @ts-expect-error: there is no such option
        return new Temp.File({name: 'x'});
    };
    assert(typeof readOnly === 'function');

    let n = 0;
    file.connect('notify::path', () => n++);
    file.close();
    assert(n === 1);
}

async function contents() {
    const results = [
        exactly<string>()(await Temp.File.with({named: true}, async file => {
            file.writeText('one\ntwo\n');
            await file.writeTextAsync(file.readText());
            await file.writeBytesAsync(exactly<Uint8Array>()(file.readBytes()));
            return exactly<string>()(await file.readTextAsync());
        })),
        exactly<number>()(await Temp.Dir.with(dir => dir.path.length)),
        exactly<boolean>()(await Temp.SpooledFile.with({max_size: 10}, file => file.roll_async())),
    ];
    assert(results[0] === 'one\ntwo\n');

    await Temp.File.with(async file => {
        file.writeText('one\ntwo');
        const lines: string[] = [];
        for await (const line of file)
            lines.push(exactly<string>()(line));
        assert(lines.join() === 'one,two');
        // @ts-expect-error: the lines come one after the other
        const iterator = () => [...file];
        assert(typeof iterator === 'function');
    });

    // @ts-expect-error: it wants a function
    const without = await Temp.File.with({named: true}).catch((e: unknown) => e instanceof TypeError);
    assert(without === true);
}

async function promises(dir: Temp.Dir) {
    const file = exactly<Temp.File>()(await Temp.File.new_async());
    const named = exactly<Temp.File>()(await Temp.File.new_named_async(dir.path, 'ts_', null, GLib.PRIORITY_LOW));
    const other = exactly<Temp.Dir>()(await Temp.Dir.new_async(dir.path));
    const beside = exactly<Temp.File>()(await Temp.File.new_beside_async(dir.get_child('document')));
    exactly<boolean>()(await beside.replace_bytes_async(new Uint8Array([1, 2])));
    exactly<GLib.Bytes>()(await beside.load_bytes_async());
    const kept = dir.create_file();
    exactly<string>()(await kept.keep_async());

    exactly<boolean>()(await named.persist_async(dir.get_child('target'), Temp.PersistFlags.DURABLE));
    exactly<Gio.FileInfo>()(await named.query_info_async('standard::size'));
    const document = dir.get_child('saved');
    const [, etag] = exactly<[boolean, string | null]>()(Temp.replace_contents(document, new Uint8Array([1])));
    exactly<[string | null]>()(await Temp.replace_contents_async(
        document, new Uint8Array([2]), etag, Temp.PersistFlags.IN_PLACE | Temp.PersistFlags.DURABLE));
    const error: unknown = new Temp.SaveError({message: '', code: Temp.SaveError.LINKS});
    assert(error instanceof Temp.SaveError && error.matches(Temp.save_error_quark(), Temp.SaveError.LINKS));
    file.expectedEtag = etag;
    exactly<boolean>()(await file.close_async());
    exactly<boolean>()(await other.delete_async(GLib.PRIORITY_DEFAULT, null, n => exactly<number>()(n)));
    exactly<boolean>()(await Temp.remove_tree_async(dir.file, Temp.RemoveFlags.KEEP_ROOT));
    exactly<string>()(Temp.get_dir(Temp.Location.DEFAULT));

    const made = await new Promise<Temp.File>((resolve, reject) => {
        const started = Temp.File.new_async(null, 0, null, (_, result) => {
            try {
                resolve(Temp.File.new_finish(result));
            } catch (e) {
                reject(e);
            }
        });
        exactly<void>()(started);
    });
    made.close();
}

function leftOut(dir: Temp.Dir) {
    const file = dir.create_file();
    file.seek(0, GLib.SeekType.SET);
    file.persist(dir.get_child('target'), Temp.PersistFlags.REPLACE | Temp.PersistFlags.COPY);
    exactly<string>()(file.keep());
    exactly<Gio.FileIOStream>()(file.reopen()).close(null);
    file.close();
    exactly<string>()(dir.create_dir('ts_').keep());
    exactly<string | null>()(dir.get_prefix());
    exactly<[number, string]>()(Temp.mkstemp(dir.path));

    const spooled = new Temp.SpooledFile();
    spooled.maxSize = 10;
    // @ts-expect-error: making the file fixes it
    const fixed = () => file.permissions = 0o600;
    assert(typeof fixed === 'function');
    const seekable: Gio.Seekable = spooled;
    assert(seekable.can_seek());
    exactly<Temp.File>()(spooled.steal_file()).close();
}

async function final() {
    // @ts-expect-error: GObject allows no class to be derived from it, nor from the next two
    const file = () => class extends Temp.File {};
    // @ts-expect-error
    const dir = () => class extends Temp.Dir {};
    // @ts-expect-error
    const spooled = () => class extends Temp.SpooledFile {};
    assert([file, dir, spooled].length === 3);

    const made: unknown = new Temp.SpooledFile();
    assert(made instanceof Temp.SpooledFile && made.get_size() === 0);
}

async function forms(dir: Temp.Dir) {
    const file = new Temp.File({dir, named: true});
    for (const bytes of [new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Int16Array(1), new GLib.Bytes(new Uint8Array(1))]) {
        file.writeBytes(bytes);
        await file.writeBytesAsync(bytes);
        Temp.replace_contents(dir.get_child('document'), bytes);
    }
    exactly<Gio.InputStream>()(file.open_reader());
    exactly<string | null>()(file.dir);
    await Temp.File.new_named_async(dir.file);
    Temp.mkdtemp(dir);

    const wrong = () => {
        // @ts-expect-error: it is no text
        file.writeText(undefined);
        // @ts-expect-error: it is no bytes
        file.writeBytes('text');
        // @ts-expect-error: flags are there
        return file.persist_async(dir.file, new Gio.Cancellable());
    };
    assert(typeof wrong === 'function');
}

function script() {
    exactly<typeof Temp>()(imports.gi.Temp);
    assert(imports.gi.Temp.File === Temp.File);
}

async function scopes() {
    let path, directory;
    {
        using file = new Temp.File({named: true});
        await using dir = new Temp.Dir();
        path = file.path;
        directory = dir.path;
        assert(path !== null && exists(path) && exists(directory));
    }
    assert(path !== null && !exists(path) && !exists(directory));
}

for (const check of [properties, promises, leftOut, forms])
    await Temp.Dir.with({prefix: 'ts_'}, check);
await contents();
await final();
script();
await scopes();
print('ok');
