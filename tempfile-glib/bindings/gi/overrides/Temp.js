// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

/* exported _init */

const {Gio, GLib, GObject} = imports.gi;

const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

// Calls with fewer arguments than there are: null stands for each of the others,
// which is no cancellable, and the default priority.
function complete(args, length) {
    return [...args, ...Array(Math.max(0, length - args.length)).fill(null)];
}

function finishOf(name) {
    return name.replace(/_async$/, '_finish');
}

// What a method begins may be a static function's to finish.
function findFinisher(holder, finish) {
    return [holder, holder.constructor].find(one => typeof one?.[finish] === 'function');
}

// As Gio._promisify() has it: that all went well need not be said before what there is to say.
function withoutTrue(results) {
    return Array.isArray(results) && results.length > 1 && results[0] === true ? results.slice(1) : results;
}

function isNative(f) {
    return f?.[Symbol.toStringTag] === 'GIRepositoryFunction';
}

// Returns the C function of this name. A program may have put another one in its place, by Gio._promisify() of a
// parent class: that one calls `this._original_NAME`, which Temp's own classes have, too.
function findNative(holder, name) {
    const original = `_original_${name}`;
    for (let from = holder; from; from = Object.getPrototypeOf(from)) {
        for (const one of [name, original]) {
            if (Object.prototype.hasOwnProperty.call(from, one) && isNative(from[one]))
                return from[one];
        }
    }
    return null;
}

// With its callback it is what it was; without it, it returns a promise. A callback
// that is not in the last place is another one, such as that for progress.
function promisify(holder, name, original, finisher) {
    const finish = finishOf(name);
    // A function finishes by another function, not by its source: a Gio.File has a `replace_contents_finish` of its own.
    const isMethod = holder instanceof GObject.Object;
    const {length} = original;

    function asynchronous(...args) {
        if (args.length >= length && typeof args[length - 1] === 'function')
            return original.apply(this, args);

        const {stack} = new Error();
        return new Promise((resolve, reject) => {
            original.call(this, ...complete(args.slice(0, length - 1), length - 1), (source, result) => {
                try {
                    resolve(withoutTrue((isMethod && source?.[finish] ? source : finisher)[finish](result)));
                } catch (error) {
                    if (error.stack)
                        error.stack += `### Promise created here: ###\n${stack}`;
                    reject(error);
                }
            });
        });
    }

    Object.defineProperty(asynchronous, 'length', {value: length});
    holder[name] = asynchronous;
    // Where Gio._promisify() looks whether it was here before.
    holder[`_original_${name}`] = original;
}

function makeArgumentsOptional(holder, name, original) {
    const {length} = original;

    function completed(...args) {
        return original.apply(this, complete(args, length));
    }

    Object.defineProperty(completed, 'length', {value: length});
    holder[name] = completed;
}

function easeFunctions(holder, names) {
    for (const name of names) {
        // Neither private names nor classes.
        const native = /^[a-z]/.test(name) && findNative(holder, name);
        if (!native)
            continue;
        const finisher = name.endsWith('_async') && findFinisher(holder, finishOf(name));
        if (finisher)
            promisify(holder, name, native, finisher);
        else if (native.length > 0)
            makeArgumentsOptional(holder, name, native);
    }
}

// What is inherited, too: but for this class only, as GIO's own ones are not ours to change.
function easeMethods(klass) {
    const names = new Set();
    for (let from = klass.prototype; from !== GObject.Object.prototype; from = Object.getPrototypeOf(from))
        Object.getOwnPropertyNames(from).forEach(name => names.add(name));

    // Their getters want an instance.
    for (const {name} of GObject.Object.list_properties.call(klass))
        names.delete(name.replaceAll('-', '_'));
    names.delete('constructor');
    easeFunctions(klass.prototype, names);
}

// `new` gives an object that is ready, or throws.
function initializeAtOnce(prototype) {
    const {_init} = prototype;
    prototype._init = function (...args) {
        const object = _init.apply(this, args) ?? this;
        object.init(null);
        return object;
    };
}

// The end

// What was closed before, but is to be deleted with its last reference only: that is
// the collector's, and too late.
function deleteClosed(stream) {
    if (stream.path && stream.auto_delete)
        stream.run_dispose();
}

function releaseStream(stream) {
    if (!stream.is_closed() && stream.delete_on_close === false)
        stream.delete_on_close = true;
    stream.close(null);
    deleteClosed(stream);
}

async function releaseStreamAsync(stream) {
    if (!stream.is_closed() && stream.delete_on_close === false)
        stream.delete_on_close = true;
    await stream.close_async(GLib.PRIORITY_DEFAULT, null);
    deleteClosed(stream);
}

function releaseDir(dir) {
    if (dir.auto_delete)
        dir.delete(null);
}

async function releaseDirAsync(dir) {
    if (!dir.auto_delete)
        return;
    if (dir.delete_async)
        await dir.delete_async();
    else
        dir.delete(null);
}

function addScopes(klass, release, releaseAsync) {
    klass.with = async function (options, body) {
        if (typeof options === 'function')
            [options, body] = [{}, options];
        if (typeof body !== 'function')
            throw new TypeError(`${klass.name}.with() needs a function to call`);

        const object = new klass(options ?? {});
        let value;
        try {
            value = await body(object);
        } catch (error) {
            // Of two errors, the first one is the cause.
            await releaseAsync(object).catch(logError);
            throw error;
        }
        await releaseAsync(object);
        return value;
    };

    if (Symbol.dispose) {
        klass.prototype[Symbol.dispose] = function () {
            release(this);
        };
    }
    if (Symbol.asyncDispose) {
        klass.prototype[Symbol.asyncDispose] = function () {
            return releaseAsync(this);
        };
    }
}

// The library only complains of a name that leads out of the directory.
function checkChildren(prototype) {
    const {get_child: getChild} = prototype;

    function checked(...args) {
        const [name] = args;
        if (typeof name === 'string' && (/^(?:\/|$)/.test(name) || name.split('/').includes('..')))
            throw new TypeError(`The name does not lead to anything in the directory: ${JSON.stringify(name)}`);
        return getChild.apply(this, args);
    }

    Object.defineProperty(checked, 'length', {value: getChild.length});
    prototype.get_child = checked;
}

// The contents

function encode(text) {
    return new TextEncoder().encode(text);
}

// What is no text throws, and a byte order mark stays: nothing is lost on the way.
// Engines disagree on what `ignoreBOM` means.
function decode(bytes) {
    const text = new TextDecoder('utf-8', {fatal: true}).decode(bytes);
    const marked = BYTE_ORDER_MARK.every((byte, i) => byte === bytes[i]);
    return marked && !text.startsWith('\uFEFF') ? `\uFEFF${text}` : text;
}

function join(pieces) {
    const bytes = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
    let n = 0;
    for (const piece of pieces) {
        bytes.set(piece, n);
        n += piece.length;
    }
    return bytes;
}

function writeBytes(bytes) {
    this.replace_bytes(GLib.Bytes.new(bytes), null);
}

// A copy, so that the caller may change the bytes in the meantime.
async function writeBytesAsync(bytes) {
    await this.replace_bytes_async(GLib.Bytes.new(bytes));
}

function readBytes() {
    return this.load_bytes(null).toArray();
}

async function readBytesAsync() {
    return (await this.load_bytes_async()).toArray();
}

// By a reader with an offset of its own: the caller may write in the meantime.
async function* chunks(file) {
    const reader = file.open_reader();

    while (true) {
        // eslint-disable-next-line no-await-in-loop
        const bytes = await new Promise((resolve, reject) => {
            reader.read_bytes_async(CHUNK, GLib.PRIORITY_DEFAULT, null, (_, result) => {
                try {
                    resolve(reader.read_bytes_finish(result));
                } catch (error) {
                    reject(error);
                }
            });
        });
        if (bytes.get_size() === 0)
            return;
        yield bytes.toArray();
    }
}

function decodeLine(pieces) {
    const bytes = join(pieces);
    return decode(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
}

async function* lines() {
    let pieces = [];

    for await (const chunk of chunks(this)) {
        let start = 0, end;
        while ((end = chunk.indexOf(LINE_FEED, start)) >= 0) {
            pieces.push(chunk.subarray(start, end));
            yield decodeLine(pieces);
            pieces = [];
            start = end + 1;
        }
        if (start < chunk.length)
            pieces.push(chunk.subarray(start));
    }

    if (pieces.length > 0)
        yield decode(join(pieces));
}

function addContents(prototype) {
    Object.assign(prototype, {
        writeBytes,
        writeBytesAsync,
        readBytes,
        readBytesAsync,
        writeText(text) {
            this.writeBytes(encode(text));
        },
        writeTextAsync(text) {
            return this.writeBytesAsync(encode(text));
        },
        readText() {
            return decode(this.readBytes());
        },
        async readTextAsync() {
            return decode(await this.readBytesAsync());
        },
        [Symbol.asyncIterator]: lines,
    });
}

function _init() {
    const Temp = this;

    easeFunctions(Temp, Object.getOwnPropertyNames(Temp));

    for (const name of Object.getOwnPropertyNames(Temp)) {
        const klass = Temp[name];
        if (!(klass?.prototype instanceof GObject.Object))
            continue;

        easeFunctions(klass, Object.getOwnPropertyNames(klass));
        easeMethods(klass);
        if (klass.prototype.init)
            initializeAtOnce(klass.prototype);

        if (klass.prototype instanceof Gio.IOStream) {
            addScopes(klass, releaseStream, releaseStreamAsync);
            addContents(klass.prototype);
        } else if (klass.prototype.delete) {
            addScopes(klass, releaseDir, releaseDirAsync);
            checkChildren(klass.prototype);
        }
    }
}
