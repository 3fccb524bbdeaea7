// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors
var __addDisposableResource = (this && this.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (this && this.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
// What Temp.d.ts says, and what it says is wrong. The compiler checks it, and then GJS runs what the
// compiler has made of it, `using` included.
import './symbols.js';
import GLib from 'gi://GLib?version=2.0';
import Temp from 'gi://Temp?version=1';
// exactly<string>()(value) is an error unless the value is just that.
const exactly = () => (value, ..._different) => value;
function assert(condition) {
    if (!condition)
        throw new Error('It is not as it should be');
}
const exists = (path) => GLib.file_test(path, GLib.FileTest.EXISTS);
async function properties(dir) {
    const maybe = null;
    const file = new Temp.File({ dir: dir.path, prefix: maybe, named: true, delete_on_close: false });
    exactly()(file.path);
    exactly()(file.file);
    exactly()(file.dir);
    exactly()(file.prefix);
    exactly()(file.suffix);
    exactly()(dir.path);
    exactly()(dir.file);
    file.auto_delete = true;
    file.deleteOnClose = true;
    // @ts-expect-error: it is null while there is no name
    assert(file.path.length > 0);
    const readOnly = () => {
        // @ts-expect-error: it cannot be set
        file.path = '/elsewhere';
        // @ts-expect-error: there is no such option
        return new Temp.File({ name: 'x' });
    };
    exactly()(readOnly);
    let n = 0;
    file.connect('notify::path', () => n++);
    file.close();
    assert(n === 1);
}
async function contents() {
    const results = [
        exactly()(await Temp.File.with({ named: true }, async (file) => {
            file.writeText('one\ntwo\n');
            await file.writeTextAsync(file.readText());
            await file.writeBytesAsync(exactly()(file.readBytes()));
            return exactly()(await file.readTextAsync());
        })),
        exactly()(await Temp.Dir.with(dir => dir.path.length)),
        exactly()(await Temp.SpooledFile.with({ max_size: 10 }, file => file.roll_async())),
    ];
    assert(results[0] === 'one\ntwo\n');
    await Temp.File.with(async (file) => {
        file.writeText('one\ntwo');
        const lines = [];
        for await (const line of file)
            lines.push(exactly()(line));
        assert(lines.join() === 'one,two');
        // @ts-expect-error: the lines come one after the other
        const iterator = () => [...file];
        assert(typeof iterator === 'function');
    });
    // @ts-expect-error: it wants a function
    const without = await Temp.File.with({ named: true }).catch((e) => e instanceof TypeError);
    assert(without === true);
}
async function promises(dir) {
    const file = exactly()(await Temp.File.new_async());
    const named = exactly()(await Temp.File.new_named_async(dir.path, 'ts_', null, GLib.PRIORITY_LOW));
    const other = exactly()(await Temp.Dir.new_async(dir.path));
    exactly()(await named.persist_async(dir.get_child('target'), Temp.PersistFlags.DURABLE));
    exactly()(await named.query_info_async('standard::size'));
    exactly()(await file.close_async());
    exactly()(await other.delete_async(GLib.PRIORITY_DEFAULT, null, n => exactly()(n)));
    exactly()(await Temp.remove_tree_async(dir.file, Temp.RemoveFlags.KEEP_ROOT));
    const made = await new Promise((resolve, reject) => {
        const started = Temp.File.new_async(null, 0, null, (_, result) => {
            try {
                resolve(Temp.File.new_finish(result));
            }
            catch (e) {
                reject(e);
            }
        });
        exactly()(started);
    });
    made.close();
}
function leftOut(dir) {
    const file = dir.create_file();
    file.seek(0, GLib.SeekType.SET);
    file.persist(dir.get_child('target'), Temp.PersistFlags.REPLACE | Temp.PersistFlags.COPY);
    exactly()(file.keep());
    exactly()(file.reopen()).close(null);
    file.close();
    exactly()(dir.create_dir('ts_').keep());
    exactly()(Temp.mkstemp(dir.path));
    const spooled = new Temp.SpooledFile();
    const seekable = spooled;
    assert(seekable.can_seek());
    exactly()(spooled.steal_file()).close();
}
async function scopes() {
    let path, directory;
    {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const file = __addDisposableResource(env_1, new Temp.File({ named: true }), false);
            const dir = __addDisposableResource(env_1, new Temp.Dir(), true);
            path = file.path;
            directory = dir.path;
            assert(path !== null && exists(path) && exists(directory));
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    }
    assert(path !== null && !exists(path) && !exists(directory));
}
for (const check of [properties, promises, leftOut])
    await Temp.Dir.with({ prefix: 'ts_' }, check);
await contents();
await scopes();
print('ok');
