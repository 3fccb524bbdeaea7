// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

/* exported _init */

const {Gio, GLib, GObject} = imports.gi;
const System = imports.system;

const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function finishOf(name) {
    return name.replace(/_async$/, '_finish');
}

// A static function finishes some methods.
function findFinisher(holder, finish) {
    return [holder, holder.constructor].find(one => typeof one?.[finish] === 'function');
}

// Drops the `true` before other results, as Gio._promisify() does.
function withoutTrue(results) {
    return Array.isArray(results) && results.length > 1 && results[0] === true ? results.slice(1) : results;
}

// The library's functions

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

// Arguments

function describe(value) {
    if (typeof value === 'string' || typeof value === 'function')
        return `a ${typeof value}`;
    return value instanceof Object ? `an object of the type ${value.constructor?.name}` : String(value);
}

// Returns the properties of a new object. An option that is undefined is as if it were left out.
function toProperties(name, options = {}) {
    if (options === null || typeof options !== 'object' || options instanceof GObject.Object)
        throw new TypeError(`The options of Temp.${name} are an object, not ${describe(options)}`);

    const properties = {};
    for (const [key, value] of Object.entries(options)) {
        if (value !== undefined)
            properties[key] = key === 'dir' ? toPath(value) : value;
    }
    return properties;
}

// Returns the path of a directory, which may be an object.
function toPath(dir) {
    if (!(dir instanceof GObject.Object))
        return dir;

    const path = dir instanceof Gio.File ? dir.get_path() : dir instanceof imports.gi.Temp.Dir && dir.path;
    if (!path)
        throw new TypeError(`A directory is a local path, a Gio.File or a Temp.Dir, not ${describe(dir)}`);
    return path;
}

// Returns the bytes that the value is, in whatever form. A view of a buffer is only that part of it.
function toBytes(value) {
    if (value instanceof GLib.Bytes)
        return value;

    let bytes = null;
    if (ArrayBuffer.isView(value))
        bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    else if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value)))
        bytes = new Uint8Array(value);
    if (!bytes)
        throw new TypeError(`Bytes are an ArrayBuffer, a view of one or a GLib.Bytes, not ${describe(value)}`);
    return GLib.Bytes.new(bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes));
}

const isCancellable = value => value instanceof Gio.Cancellable;
const isNumber = value => typeof value === 'number';
const isFunction = value => typeof value === 'function';

// By the name of a parameter: whether a value may be there. GJS itself takes anything for a number.
const CHECKS = {
    cancellable: isCancellable,
    io_priority: isNumber,
    flags: isNumber,
    location: isNumber,
    type: isNumber,
    progress: isFunction,
    callback: isFunction,
};

const CONVERSIONS = {
    dir: toPath,
    bytes: toBytes,
    contents: toBytes,
};

// Returns the parameters of a C function. GJS has their names in its text.
function getParameters(native) {
    const names = /\((.*)\) \{/.exec(native.toString())[1].split(', ').filter(Boolean);
    return names.map(name => ({
        name,
        isAllowed: CHECKS[name] ?? (value => !isFunction(value) && !isCancellable(value)),
        convert: CONVERSIONS[name],
    }));
}

// Returns all arguments of a function. Those that the caller left out are null: the default priority, no cancellable.
function completeArguments(functionName, parameters, args) {
    if (args.length > parameters.length)
        throw new TypeError(`${functionName}() takes ${parameters.length} arguments at most, not ${args.length}`);

    for (let i = 0; i < parameters.length; i++) {
        const {name, isAllowed, convert} = parameters[i];
        const value = args[i] ?? null;
        if (value !== null && !isAllowed(value))
            throw new TypeError(`The argument ${name} of ${functionName}() cannot be ${describe(value)}`);
        args[i] = convert ? convert(value) : value;
    }
    return args;
}

// Operations that are under way

const underWay = new WeakMap();
let outerName = null;

// Calls a function in whose name others begin operations: their names would tell the caller nothing.
function inTheNameOf(name, f) {
    const before = outerName;
    outerName ??= name;
    try {
        return f();
    } finally {
        outerName = before;
    }
}

// Says that an operation on the object has begun. Returns a function that says that it has ended.
function begin(object, name) {
    if (!underWay.has(object))
        underWay.set(object, new Set());

    const operation = {name: outerName ?? name};
    operation.ended = new Promise(resolve => (operation.end = resolve));
    underWay.get(object).add(operation);
    return () => {
        underWay.get(object).delete(operation);
        operation.end();
    };
}

function getNamesUnderWay(object) {
    return [...new Set([...underWay.get(object) ?? []].map(({name}) => `${name}()`))];
}

// Waits for all operations on the object. Returns the names of those that it has waited for.
async function waitForAll(object) {
    const names = getNamesUnderWay(object);
    await Promise.all([...underWay.get(object) ?? []].map(({ended}) => ended));
    return names;
}

function notAwaited(message, names) {
    return new Gio.IOErrorEnum({
        code: Gio.IOErrorEnum.PENDING,
        message: `${message}: ${names.join(' and ')} was not awaited`,
    });
}

// The streams are GIO's, which does not say what they do.
function getBusyStreams(object) {
    if (!(object instanceof Gio.IOStream))
        return [];
    return ['input', 'output'].filter(one => object[`get_${one}_stream`]().has_pending())
        .map(one => `an operation of its ${one} stream`);
}

// Returns what may be in the way of another operation on the object.
function getObstacles(object) {
    const names = getNamesUnderWay(object);
    return names.length > 0 ? names : getBusyStreams(object);
}

// Says in an error which operation was in the way.
function explain(error, getNames) {
    if (!(error instanceof GLib.Error) || !error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.PENDING))
        return error;

    const names = getNames();
    if (names.length === 0)
        return error;

    const explained = notAwaited(error.message, names);
    Object.defineProperty(explained, 'stack', {value: error.stack, writable: true, configurable: true});
    return explained;
}

// The collector does not count descriptors, so it may be late when there are none left.
function wantsDescriptors(error) {
    return error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TOO_MANY_OPEN_FILES);
}

// Functions with more comfort

function replaceFunction(holder, name, f, {length}) {
    Object.defineProperty(f, 'length', {value: length});
    Object.defineProperty(f, 'name', {value: name});
    holder[name] = f;
}

// With its callback it is as before; without it, it returns a promise.
function promisify(holder, name, native, finisher) {
    const finish = finishOf(name);
    const parameters = getParameters(native);
    // A function finishes by another function, not by its source: a Gio.File has a `replace_contents_finish` of its own.
    const isMethod = holder instanceof GObject.Object;

    function callBack(args) {
        const all = completeArguments(name, parameters, args);
        const callback = all.pop();
        const end = isMethod ? begin(this, name) : null;
        try {
            return native.call(this, ...all, (...results) => {
                end?.();
                callback(...results);
            });
        } catch (error) {
            end?.();
            throw error;
        }
    }

    function makePromise(args) {
        const {stack} = new Error();
        const all = completeArguments(name, parameters, args).slice(0, -1);
        const names = isMethod ? getObstacles(this) : [];
        const end = isMethod ? begin(this, name) : null;

        return new Promise((resolve, reject) => {
            const fail = error => {
                end?.();
                const explained = explain(error, () => names);
                if (explained.stack)
                    explained.stack += `### Promise created here: ###\n${stack}`;
                reject(explained);
            };
            const start = onError => native.call(this, ...all, (source, result) => {
                try {
                    const results = (isMethod && source?.[finish] ? source : finisher)[finish](result);
                    end?.();
                    resolve(withoutTrue(results));
                } catch (error) {
                    onError(error);
                }
            });
            const startAgain = error => {
                if (!wantsDescriptors(error)) {
                    fail(error);
                    return;
                }
                System.gc();
                start(fail);
            };

            try {
                start(startAgain);
            } catch (error) {
                fail(error);
            }
        });
    }

    replaceFunction(holder, name, function (...args) {
        addSymbols();
        // A program that misplaces a callback waits for no promise.
        if (args.some((arg, i) => isFunction(arg) && parameters[i]?.name !== 'progress'))
            return callBack.call(this, args);
        try {
            return makePromise.call(this, args);
        } catch (error) {
            return Promise.reject(error);
        }
    }, native);
    // Where Gio._promisify() looks whether it was here before.
    holder[`_original_${name}`] = native;
}

function makeArgumentsOptional(holder, name, native) {
    const parameters = getParameters(native);
    const isMethod = holder instanceof GObject.Object;

    replaceFunction(holder, name, function (...args) {
        addSymbols();
        const all = completeArguments(name, parameters, args);
        try {
            return native.apply(this, all);
        } catch (error) {
            if (!wantsDescriptors(error))
                throw explain(error, () => isMethod ? getObstacles(this) : []);
        }
        System.gc();
        return native.apply(this, all);
    }, native);
}

function easeFunctions(holder, names) {
    for (const name of names) {
        // Neither private names nor classes, nor functions that take a result, which can be taken once.
        const native = /^[a-z].*(?<!_finish)$/.test(name) && findNative(holder, name);
        if (!native || (native.length === 0 && /^(?:get|has|is|can)_|^tell$/.test(name)))
            continue;
        const finisher = name.endsWith('_async') && findFinisher(holder, finishOf(name));
        if (finisher)
            promisify(holder, name, native, finisher);
        else
            makeArgumentsOptional(holder, name, native);
    }
}

// Inherited methods, too: but for this class only. GIO's own classes stay as they are.
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
function initializeAtOnce(klass, name) {
    const {prototype} = klass;
    const {_init} = prototype;
    prototype._init = function (options) {
        addSymbols();
        const object = _init.call(this, toProperties(name, options)) ?? this;
        object.init?.(null);
        return object;
    };
}

// The types are final, and GJS aborts where GObject refuses to derive from them.
function forbidSubclasses(klass, name) {
    klass._classInit = subclass => {
        throw new TypeError(`${subclass.name} cannot extend Temp.${name}, which is final`);
    };
}

// The end

// Deletes a file that was closed before, but that would go with its last reference only: the collector drops that too late.
function deleteClosed(stream) {
    if (stream.path && stream.auto_delete)
        stream.run_dispose();
}

// Deletes a file that cannot be closed now, as a stream of it is busy.
function deleteOpen(stream) {
    if (!stream.is_closed() && stream.path && stream.auto_delete)
        stream.delete(null);
}

function releaseStream(stream) {
    if (!stream.is_closed() && stream.delete_on_close === false)
        stream.delete_on_close = true;
    try {
        stream.close(null);
    } finally {
        deleteOpen(stream);
    }
    deleteClosed(stream);
}

async function releaseStreamAsync(stream) {
    if (!stream.is_closed() && stream.delete_on_close === false)
        stream.delete_on_close = true;
    try {
        await stream.close_async(GLib.PRIORITY_DEFAULT, null);
    } finally {
        deleteOpen(stream);
    }
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

// Waits for all operations, so that the file or directory can go, and then throws if there were any.
async function releaseAfterAll(object, releaseAsync, scope) {
    const names = await waitForAll(object);
    await releaseAsync(object);
    if (names.length > 0)
        throw notAwaited(`${scope} ended too early`, names);
}

const scopes = [];
let dispose, asyncDispose;

// Adds to the classes the methods that `using` and `await using` call. An engine that has neither lacks their symbols, too:
// then they are made here. A program may still make others later, so each call looks again.
function addSymbols() {
    if (dispose && Symbol.dispose === dispose && Symbol.asyncDispose === asyncDispose)
        return;

    for (const name of ['dispose', 'asyncDispose']) {
        if (!Symbol[name])
            Object.defineProperty(Symbol, name, {value: Symbol(`Symbol.${name}`), writable: true, configurable: true});
    }
    ({dispose, asyncDispose} = Symbol);

    for (const {prototype, release, releaseAsync} of scopes) {
        prototype[dispose] = function () {
            release(this);
        };
        prototype[asyncDispose] = function () {
            return releaseAfterAll(this, releaseAsync, 'The scope');
        };
    }
}

function addScopes(klass, className, release, releaseAsync) {
    klass.with = async function (options, body) {
        if (typeof options === 'function')
            [options, body] = [{}, options];
        if (typeof body !== 'function')
            throw new TypeError(`Temp.${className}.with() needs a function to call`);

        const object = new klass(options ?? {});
        let value;
        try {
            value = await body(object);
        } catch (error) {
            // Of two errors, the first one is the cause.
            await waitForAll(object);
            await releaseAsync(object).catch(logError);
            throw error;
        }
        await releaseAfterAll(object, releaseAsync, `The function of Temp.${className}.with()`);
        return value;
    };

    scopes.push({prototype: klass.prototype, release, releaseAsync});
}

// The library only complains of a name that leads out of the directory.
function checkChildren(prototype) {
    const {get_child: getChild} = prototype;

    replaceFunction(prototype, 'get_child', function (...args) {
        const [name] = args;
        if (typeof name === 'string' && (/^(?:\/|$)/.test(name) || name.split('/').includes('..')))
            throw new TypeError(`The name does not lead to anything in the directory: ${JSON.stringify(name)}`);
        return getChild.apply(this, args);
    }, getChild);
}

// The contents

// Throws if the value is no text, or has half of a surrogate pair, which UTF-8 cannot have: nothing is lost on the way.
function encode(text) {
    if (typeof text !== 'string')
        throw new TypeError(`A text is a string, not ${describe(text)}`);
    if (/\p{Surrogate}/u.test(text))
        throw new TypeError('The text has half of a surrogate pair');
    return new TextEncoder().encode(text);
}

// Throws if the bytes are no text. A byte order mark stays; engines disagree on what `ignoreBOM` means.
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
        // Not bytes.get_size(), for which GJS keeps the bytes for ever.
        const chunk = bytes.toArray();
        if (chunk.length === 0)
            return;
        yield chunk;
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
        writeBytes(bytes) {
            this.replace_bytes(bytes);
        },
        // The bytes are copied at once, so that the caller may change them in the meantime.
        async writeBytesAsync(bytes) {
            await inTheNameOf('writeBytesAsync', () => this.replace_bytes_async(bytes));
        },
        readBytes() {
            return this.load_bytes().toArray();
        },
        async readBytesAsync() {
            return (await inTheNameOf('readBytesAsync', () => this.load_bytes_async())).toArray();
        },
        writeText(text) {
            this.replace_bytes(encode(text));
        },
        async writeTextAsync(text) {
            await inTheNameOf('writeTextAsync', () => this.replace_bytes_async(encode(text)));
        },
        readText() {
            return decode(this.readBytes());
        },
        async readTextAsync() {
            return decode(await inTheNameOf('readTextAsync', () => this.readBytesAsync()));
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
        initializeAtOnce(klass, name);
        forbidSubclasses(klass, name);

        if (klass.prototype instanceof Gio.IOStream) {
            addScopes(klass, name, releaseStream, releaseStreamAsync);
            addContents(klass.prototype);
        } else if (klass.prototype.delete) {
            addScopes(klass, name, releaseDir, releaseDirAsync);
            checkChildren(klass.prototype);
        }
    }

    addSymbols();
}
