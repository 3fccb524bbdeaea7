// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: 2026 The tempfile-glib authors

// The types of Temp in GJS: the library's, and what Temp.js adds. Those of GLib, GObject and Gio are
// to come from @girs, or from @ts-for-gir/cli; what the latter makes of Temp itself this stands in for.

/// <reference lib="es2018" />
/// <reference lib="esnext.disposable" />

declare module 'gi://Temp?version=1' {
    import type Gio from 'gi://Gio?version=2.0';
    import type GLib from 'gi://GLib?version=2.0';
    import type GObject from 'gi://GObject?version=2.0';

    export namespace Temp {
        const MAJOR_VERSION: number;
        const MINOR_VERSION: number;
        const MICRO_VERSION: number;
        const VERSION_S: string;

        enum PersistFlags {
            NONE = 0,
            REPLACE = 1,
            DURABLE = 2,
            COPY = 4,
            IN_PLACE = 8,
        }

        namespace PersistFlags {
            const $gtype: GObject.GType<PersistFlags>;
        }

        /** The domain of errors about a file that cannot be replaced without harm; each means that IN_PLACE would work. */
        class SaveError extends GLib.Error {
            static $gtype: GObject.GType<SaveError>;
            static OWNER: number;
            static LINKS: number;
            static DIRECTORY: number;
            static MOUNTED: number;

            /** Makes an error of this domain. */
            constructor(options: {message: string, code: number});
            /** Gets the domain of these errors. */
            static quark(): GLib.Quark;
        }

        /** Gets the domain of these errors. */
        function save_error_quark(): GLib.Quark;

        enum RemoveFlags {
            NONE = 0,
            KEEP_ROOT = 1,
            IGNORE_ERRORS = 2,
        }

        namespace RemoveFlags {
            const $gtype: GObject.GType<RemoveFlags>;
        }

        enum Location {
            DEFAULT = 0,
            MEMORY = 1,
            LARGE = 2,
            SHARED = 3,
        }

        namespace Location {
            const $gtype: GObject.GType<Location>;
        }

        /** Gets the number of files and directories that are removed so far. */
        type ProgressCallback = (n_removed: number) => void;

        /** Where something is made: a path, or an object that has one. */
        type Directory = string | Gio.File | Dir;

        /** Bytes in any form. A view of a buffer is that part of it. */
        type Bytes = GLib.Bytes | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

        /** Has a second constructor with another result, from which the compiler allows no class to be derived. */
        interface Final {
            new (_: never): Final;
        }

        /** Gets the directory in which all is made that names no other one. */
        function get_default_dir(): string;
        /**
         * Sets the default directory; `null` for the one that the environment names. Throws if it takes no file.
         */
        function set_default_dir(dir?: Directory | null): boolean;
        /** Gets a directory for a purpose. Throws if there is none. */
        function get_dir(location: Location): string;

        /** Returns the descriptor, which is the caller's to close, and the path, which is the caller's to delete. */
        function mkstemp(dir?: Directory | null, prefix?: string | null, suffix?: string | null): [number, string];
        /** Makes a directory, and gives its path, which is the caller's to delete. */
        function mkdtemp(dir?: Directory | null, prefix?: string | null, suffix?: string | null): string;

        /** Returns `true`, and the entity tag of the new document. */
        function replace_contents(
            file: Gio.File, contents: Bytes, etag?: string | null, flags?: PersistFlags | null,
            cancellable?: Gio.Cancellable | null,
        ): [boolean, string | null];
        /**
         * As `replace_contents()`, without blocking. Gives a promise for the entity tag, unless it has a callback.
         */
        function replace_contents_async(
            file: Gio.File, contents: Bytes, etag?: string | null, flags?: PersistFlags | null,
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<[string | null]>;
        function replace_contents_async(
            file: Gio.File, contents: Bytes, etag: string | null, flags: PersistFlags,
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<Gio.File> | null,
        ): void;
        /** Returns the result of `replace_contents_async()` to its callback. */
        function replace_contents_finish(result: Gio.AsyncResult): [boolean, string | null];

        /**
         * Removes a file, or a directory with all that is in it. Follows no symbolic link, and enters no other mount.
         */
        function remove_tree(
            file: Gio.File, flags?: RemoveFlags | null, cancellable?: Gio.Cancellable | null,
            progress?: ProgressCallback | null,
        ): boolean;
        /** As `remove_tree()`, without blocking. Gives a promise, unless it has a callback. */
        function remove_tree_async(
            file: Gio.File, flags?: RemoveFlags | null, io_priority?: number | null,
            cancellable?: Gio.Cancellable | null, progress?: ProgressCallback | null,
        ): Promise<boolean>;
        function remove_tree_async(
            file: Gio.File, flags: RemoveFlags, io_priority: number, cancellable: Gio.Cancellable | null,
            progress: ProgressCallback | null, callback: Gio.AsyncReadyCallback<Gio.File> | null,
        ): void;
        /** Returns the result of `remove_tree_async()` to its callback. */
        function remove_tree_finish(result: Gio.AsyncResult): boolean;

        /** Returns whether nothing is left, and how many files and directories were deleted. */
        function sweep(cancellable?: Gio.Cancellable | null): [boolean, number];
        /** As `sweep()`, without blocking. Gives a promise for the number, unless it has a callback. */
        function sweep_async(
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<[number]>;
        function sweep_async(
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<number> | null,
        ): void;
        /** Returns the result of `sweep_async()` to its callback. */
        function sweep_finish(result: Gio.AsyncResult): [boolean, number];
        /** Starts a program that deletes what this one leaves when it is killed. */
        function guard_start(): boolean;
        /** As `guard_start()`, without blocking. Gives a promise, unless it has a callback. */
        function guard_start_async(
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<boolean>;
        function guard_start_async(
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<number> | null,
        ): void;
        /** Returns the result of `guard_start_async()` to its callback. */
        function guard_start_finish(result: Gio.AsyncResult): boolean;

        /** What a file holds. */
        interface Contents {
            /** Replaces all that the file holds by the text, in UTF-8. */
            writeText(text: string): void;
            /** As `writeText()`, without blocking. */
            writeTextAsync(text: string): Promise<void>;
            /** Returns all that the file holds; throws a `TypeError` if that is not UTF-8. */
            readText(): string;
            /** As `readText()`, without blocking. */
            readTextAsync(): Promise<string>;
            /** Replaces all that the file holds by the bytes. */
            writeBytes(bytes: Bytes): void;
            /** As `writeBytes()`, without blocking. The bytes are copied before this returns. */
            writeBytesAsync(bytes: Bytes): Promise<void>;
            /** Returns all that the file holds. */
            readBytes(): Uint8Array;
            /** As `readBytes()`, without blocking. */
            readBytesAsync(): Promise<Uint8Array>;
            /** Returns each line, from the first one on, without what ends it. */
            [Symbol.asyncIterator](): AsyncGenerator<string, void, void>;
        }

        namespace File {
            interface ConstructorProps extends Gio.FileIOStream.ConstructorProps {
                /** The directory to make it in; the default one if there is none. */
                dir: Directory | null;
                named: boolean;
                prefix: string | null;
                suffix: string | null;
                /** -1 for 0o600 */
                permissions: number;
                auto_delete: boolean;
                autoDelete: boolean;
                delete_on_close: boolean;
                deleteOnClose: boolean;
                /** The entity tag that the destination of `persist()` must have; `null` for any. */
                expected_etag: string | null;
                expectedEtag: string | null;
            }
        }

        interface FileClass extends Contents {}

        type File = FileClass;
        const File: Final & typeof FileClass;

        class FileClass extends Gio.FileIOStream {
            static $gtype: GObject.GType<File>;

            /** Makes a file, or throws a `GLib.Error`. */
            constructor(options?: Partial<File.ConstructorProps>);

            /** Makes a file without a name. */
            static ['new'](dir?: Directory | null): File;
            static ['new'](...args: never[]): any;
            /** Makes a file with a name. */
            static new_named(dir?: Directory | null, prefix?: string | null, suffix?: string | null): File;
            /** Makes a file where the target is, ready to replace it by `persist()`. */
            static new_beside(target: Gio.File, cancellable?: Gio.Cancellable | null): File;

            /** As `new()`, without blocking. Gives a promise, unless it has a callback. */
            static new_async(
                dir?: Directory | null, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_async(
                dir: Directory | null, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            /** Returns the file of `new_async()` to its callback. */
            static new_finish(result: Gio.AsyncResult): File;
            /** As `new_named()`, without blocking. Gives a promise, unless it has a callback. */
            static new_named_async(
                dir?: Directory | null, prefix?: string | null, suffix?: string | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_named_async(
                dir: Directory | null, prefix: string | null, suffix: string | null, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            /** Returns the file of `new_named_async()` to its callback. */
            static new_named_finish(result: Gio.AsyncResult): File;
            /** As `new_beside()`, without blocking. Gives a promise, unless it has a callback. */
            static new_beside_async(
                target: Gio.File, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_beside_async(
                target: Gio.File, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            /** Returns the file of `new_beside_async()` to its callback. */
            static new_beside_finish(result: Gio.AsyncResult): File;

            /** Makes a file, calls the function with it, then deletes it, also if the function throws. */
            static with<T>(body: (file: File) => T): Promise<Awaited<T>>;
            static with<T>(
                options: Partial<File.ConstructorProps> | null | undefined, body: (file: File) => T,
            ): Promise<Awaited<T>>;

            /** The directory that it was made in; `null` for the default one. */
            readonly dir: string | null;
            /** Whether it was made with a name. */
            readonly named: boolean;
            /** What its name begins with; `null` for the default. */
            readonly prefix: string | null;
            /** What its name ends in; `null` for nothing. */
            readonly suffix: string | null;
            /** The mode that was asked for; -1 for the default. */
            readonly permissions: number;
            /** `null` while it has no name. */
            readonly path: string | null;
            /** `null` while it has no name. */
            readonly file: Gio.File | null;
            /** -1 once it is closed. */
            readonly fd: number;
            /** Whether it is deleted when its object goes. */
            auto_delete: boolean;
            autoDelete: boolean;
            /** Whether `close()` deletes it. */
            delete_on_close: boolean;
            deleteOnClose: boolean;
            /** The entity tag that the destination of `persist()` must have; `null` for any. */
            expected_etag: string | null;
            expectedEtag: string | null;

            /** Gets the directory that it was made in; `null` for the default one. */
            get_dir(): string | null;
            /** Gets what its name begins with; `null` for the default. */
            get_prefix(): string | null;
            /** Gets what its name ends in; `null` for nothing. */
            get_suffix(): string | null;
            /** Gets whether it was made with a name. */
            get_named(): boolean;
            /** Gets the mode that was asked for; -1 for the default. */
            get_permissions(): number;
            /** Gets its path; `null` while it has no name. */
            get_path(): string | null;
            /** Gets its path as an object; `null` while it has no name. */
            get_file(): Gio.File | null;
            /** Gets its descriptor, which stays the library's to close; -1 once it is closed. */
            get_fd(): number;
            /** Gets whether it is deleted when its object goes. */
            get_auto_delete(): boolean;
            /** Sets whether it is deleted when its object goes. */
            set_auto_delete(auto_delete: boolean): void;
            /** Gets whether `close()` deletes it. */
            get_delete_on_close(): boolean;
            /** Sets whether `close()` deletes it. */
            set_delete_on_close(delete_on_close: boolean): void;
            /** Gets the entity tag that the destination of `persist()` must have; `null` for any. */
            get_expected_etag(): string | null;
            /** Sets the entity tag that the destination of `persist()` must have; `null` for any. */
            set_expected_etag(etag?: string | null): void;
            /**
             * Returns a path by which others can open the file while it is open here, even if it has no name.
             */
            dup_fd_path(): string | null;
            /** Opens the file a second time, with an offset of its own. */
            reopen(cancellable?: Gio.Cancellable | null): Gio.FileIOStream;

            /** Returns a stream that reads from the start, with an offset of its own. */
            open_reader(): Gio.InputStream;

            /** Returns all that the file holds. The place in the file stays the same. */
            load_bytes(cancellable?: Gio.Cancellable | null): GLib.Bytes;
            /** As `load_bytes()`, without blocking. Gives a promise, unless it has a callback. */
            load_bytes_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<GLib.Bytes>;
            load_bytes_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `load_bytes_async()` to its callback. */
            load_bytes_finish(result: Gio.AsyncResult): GLib.Bytes;
            /** Replaces all that the file holds by the bytes. The place in the file is at their end then. */
            replace_bytes(bytes: Bytes, cancellable?: Gio.Cancellable | null): boolean;
            /** As `replace_bytes()`, without blocking. Gives a promise, unless it has a callback. */
            replace_bytes_async(
                bytes: Bytes, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            replace_bytes_async(
                bytes: Bytes, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `replace_bytes_async()` to its callback. */
            replace_bytes_finish(result: Gio.AsyncResult): boolean;

            /** Makes it stay, and gives its path, which is the caller's to delete. */
            keep(): string;
            /** As `keep()`, without blocking. Gives a promise, unless it has a callback. */
            keep_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<string>;
            keep_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `keep_async()` to its callback. */
            keep_finish(result: Gio.AsyncResult): string;
            /** Deletes it now, and throws if that fails. Deleting it again does nothing. */
            delete(cancellable?: Gio.Cancellable | null): boolean;
            /**
             * Moves the file to where it stays, as a whole. Throws if there is one, unless the flags allow it.
             */
            persist(
                destination: Gio.File, flags?: PersistFlags | null, cancellable?: Gio.Cancellable | null,
            ): boolean;
            /** As `persist()`, without blocking. Gives a promise, unless it has a callback. */
            persist_async(
                destination: Gio.File, flags?: PersistFlags | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            persist_async(
                destination: Gio.File, flags: PersistFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `persist_async()` to its callback. */
            persist_finish(result: Gio.AsyncResult): boolean;

            /** Closes it, and deletes it unless `delete_on_close` is `false`. */
            close(cancellable?: Gio.Cancellable | null): boolean;
            /** As `close()`, without blocking. Gives a promise, unless it has a callback. */
            close_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            close_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Copies each stream's input to the other one's output. Gives a promise, unless it has a callback. */
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Gets what the system knows of the file, such as `standard::size`. */
            query_info(attributes: string, cancellable?: Gio.Cancellable | null): Gio.FileInfo;
            /** As `query_info()`, without blocking. Gives a promise, unless it has a callback. */
            query_info_async(
                attributes: string, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<Gio.FileInfo>;
            query_info_async(
                attributes: string, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Moves the place in the file, which its two streams share. */
            seek(offset: bigint | number, type: GLib.SeekType, cancellable?: Gio.Cancellable | null): boolean;
            /** Makes the file as long as that: cuts it off, or appends zeros. */
            truncate(offset: bigint | number, cancellable?: Gio.Cancellable | null): boolean;

            /** Calls the function at each such signal, as `notify::path`. */
            connect(signal: string, callback: (...args: any[]) => any): number;
            /** As `connect()`, after the default handler of the signal. */
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Closes and deletes it: `using` calls it. */
            [Symbol.dispose](): void;
            /** As `[Symbol.dispose]()`, without blocking, after all operations on it: `await using` calls it. */
            [Symbol.asyncDispose](): Promise<void>;
        }

        namespace Dir {
            interface ConstructorProps extends GObject.Object.ConstructorProps {
                /** The directory to make it in; the default one if there is none. */
                dir: Directory | null;
                prefix: string | null;
                suffix: string | null;
                /** -1 for 0o700 */
                permissions: number;
                auto_delete: boolean;
                autoDelete: boolean;
                ignore_errors: boolean;
                ignoreErrors: boolean;
                delete_in_background: boolean;
                deleteInBackground: boolean;
            }
        }

        type Dir = DirClass;
        const Dir: Final & typeof DirClass;

        class DirClass extends GObject.Object {
            static $gtype: GObject.GType<Dir>;

            /** Makes a directory, or throws a `GLib.Error`. */
            constructor(options?: Partial<Dir.ConstructorProps>);

            /** Makes a directory. */
            static ['new'](dir?: Directory | null, prefix?: string | null, suffix?: string | null): Dir;
            static ['new'](...args: never[]): any;
            /** As `new()`, without blocking. Gives a promise, unless it has a callback. */
            static new_async(
                dir?: Directory | null, prefix?: string | null, suffix?: string | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<Dir>;
            static new_async(
                dir: Directory | null, prefix: string | null, suffix: string | null, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<Dir> | null,
            ): void;
            /** Returns the directory of `new_async()` to its callback. */
            static new_finish(result: Gio.AsyncResult): Dir;

            /** Makes a directory, calls the function with it, then deletes it, also if the function throws. */
            static with<T>(body: (dir: Dir) => T): Promise<Awaited<T>>;
            static with<T>(
                options: Partial<Dir.ConstructorProps> | null | undefined, body: (dir: Dir) => T,
            ): Promise<Awaited<T>>;

            /** The directory that it was made in; `null` for the default one. */
            readonly dir: string | null;
            /** What its name begins with; `null` for the default. */
            readonly prefix: string | null;
            /** What its name ends in; `null` for nothing. */
            readonly suffix: string | null;
            /** The mode that was asked for; -1 for the default. */
            readonly permissions: number;
            /** Its path, also once it is deleted. */
            readonly path: string;
            /** Its path as an object. */
            readonly file: Gio.File;
            /** Whether it is deleted when its object goes. */
            auto_delete: boolean;
            autoDelete: boolean;
            /** Whether deleting it ignores errors. */
            ignore_errors: boolean;
            ignoreErrors: boolean;
            /** Whether a worker deletes it when its object goes. */
            delete_in_background: boolean;
            deleteInBackground: boolean;

            /** Gets the directory that it was made in; `null` for the default one. */
            get_dir(): string | null;
            /** Gets what its name begins with; `null` for the default. */
            get_prefix(): string | null;
            /** Gets what its name ends in; `null` for nothing. */
            get_suffix(): string | null;
            /** Gets the mode that was asked for; -1 for the default. */
            get_permissions(): number;
            /** Gets its path. */
            get_path(): string;
            /** Gets its path as an object. */
            get_file(): Gio.File;
            /** Gets a descriptor of it, which stays the library's to close; -1 once it is deleted. */
            get_fd(): number;
            /** Throws a `TypeError` if the name is empty or absolute, or if `..` is a part of it. */
            get_child(name: string): Gio.File;
            /** Gets whether it is deleted when its object goes. */
            get_auto_delete(): boolean;
            /** Sets whether it is deleted when its object goes. */
            set_auto_delete(auto_delete: boolean): void;
            /** Gets whether deleting it ignores errors. */
            get_ignore_errors(): boolean;
            /** Sets whether deleting it ignores errors. */
            set_ignore_errors(ignore_errors: boolean): void;
            /** Gets whether a worker deletes it when its object goes. */
            get_delete_in_background(): boolean;
            /** Sets whether a worker deletes it when its object goes. */
            set_delete_in_background(delete_in_background: boolean): void;

            /** Makes a named file in it. */
            create_file(prefix?: string | null, suffix?: string | null): File;
            /** Makes a directory in it. */
            create_dir(prefix?: string | null, suffix?: string | null): Dir;

            /** Makes it stay, and gives its path, which is the caller's to delete. */
            keep(): string;
            /** As `keep()`, without blocking. Gives a promise, unless it has a callback. */
            keep_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<string>;
            keep_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `keep_async()` to its callback. */
            keep_finish(result: Gio.AsyncResult): string;
            /**
             * Moves the directory to where it stays. Throws if there is one, unless the flags allow it.
             */
            persist(
                destination: Gio.File, flags?: PersistFlags | null, cancellable?: Gio.Cancellable | null,
            ): boolean;
            /** As `persist()`, without blocking. Gives a promise, unless it has a callback. */
            persist_async(
                destination: Gio.File, flags?: PersistFlags | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            persist_async(
                destination: Gio.File, flags: PersistFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `persist_async()` to its callback. */
            persist_finish(result: Gio.AsyncResult): boolean;

            /** Deletes it now with all that is in it, and throws if that fails. Deleting it again does nothing. */
            delete(cancellable?: Gio.Cancellable | null): boolean;
            /** As `delete()`, without blocking. Gives a promise, unless it has a callback. */
            delete_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
                progress?: ProgressCallback | null,
            ): Promise<boolean>;
            delete_async(
                io_priority: number, cancellable: Gio.Cancellable | null, progress: ProgressCallback | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `delete_async()` to its callback. */
            delete_finish(result: Gio.AsyncResult): boolean;

            /** Calls the function at each such signal, as `notify::path`. */
            connect(signal: string, callback: (...args: any[]) => any): number;
            /** As `connect()`, after the default handler of the signal. */
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Deletes it: `using` calls it. */
            [Symbol.dispose](): void;
            /** As `[Symbol.dispose]()`, without blocking, after all operations on it: `await using` calls it. */
            [Symbol.asyncDispose](): Promise<void>;
        }

        namespace SpooledFile {
            interface ConstructorProps extends Gio.IOStream.ConstructorProps {
                max_size: bigint | number;
                maxSize: bigint | number;
                /** The directory to roll to; the default one if there is none. */
                dir: Directory | null;
                prefix: string | null;
                suffix: string | null;
            }
        }

        interface SpooledFileClass extends Contents, Omit<Gio.Seekable, keyof GObject.Object> {}

        type SpooledFile = SpooledFileClass;
        const SpooledFile: Final & typeof SpooledFileClass;

        class SpooledFileClass extends Gio.IOStream {
            static $gtype: GObject.GType<SpooledFile>;

            /** Makes a file in memory. */
            constructor(options?: Partial<SpooledFile.ConstructorProps>);

            /** Makes a file in memory, which rolls to one on disk when it grows past that size; 0 for never. */
            static ['new'](max_size?: bigint | number): SpooledFile;
            static ['new'](...args: never[]): any;

            /** Makes a file, calls the function with it, then closes it, also if the function throws. */
            static with<T>(body: (file: SpooledFile) => T): Promise<Awaited<T>>;
            static with<T>(
                options: Partial<SpooledFile.ConstructorProps> | null | undefined, body: (file: SpooledFile) => T,
            ): Promise<Awaited<T>>;

            /** Can be set until it has rolled, as can the next four. */
            dir: string | null;
            prefix: string | null;
            suffix: string | null;
            max_size: number;
            maxSize: number;
            /** Whether it has gone from memory to a file. */
            readonly rolled: boolean;

            /** Gets the directory that it rolls to; `null` for the default one. */
            get_dir(): string | null;
            /** Gets what its name begins with; `null` for the default. */
            get_prefix(): string | null;
            /** Gets what its name ends in; `null` for nothing. */
            get_suffix(): string | null;
            /** Gets the number of bytes that it holds in memory; 0 for any. */
            get_max_size(): number;
            /** Gets whether it has gone from memory to a file. */
            get_rolled(): boolean;
            /** Gets its number of bytes. */
            get_size(): number;

            /** Returns a stream that reads from the start, with an offset of its own. */
            open_reader(): Gio.InputStream;

            /** Returns all that the file holds. The place in the file stays the same. */
            load_bytes(cancellable?: Gio.Cancellable | null): GLib.Bytes;
            /** As `load_bytes()`, without blocking. Gives a promise, unless it has a callback. */
            load_bytes_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<GLib.Bytes>;
            load_bytes_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `load_bytes_async()` to its callback. */
            load_bytes_finish(result: Gio.AsyncResult): GLib.Bytes;
            /** Replaces all that the file holds by the bytes. The place in the file is at their end then. */
            replace_bytes(bytes: Bytes, cancellable?: Gio.Cancellable | null): boolean;
            /** As `replace_bytes()`, without blocking. Gives a promise, unless it has a callback. */
            replace_bytes_async(
                bytes: Bytes, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            replace_bytes_async(
                bytes: Bytes, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `replace_bytes_async()` to its callback. */
            replace_bytes_finish(result: Gio.AsyncResult): boolean;

            /** Moves it from memory to a file now. */
            roll(cancellable?: Gio.Cancellable | null): boolean;
            /** As `roll()`, without blocking. Gives a promise, unless it has a callback. */
            roll_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            roll_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the result of `roll_async()` to its callback. */
            roll_finish(result: Gio.AsyncResult): boolean;
            /** Takes the file out, and closes this object. */
            steal_file(cancellable?: Gio.Cancellable | null): File;
            /** As `steal_file()`, without blocking. Gives a promise, unless it has a callback. */
            steal_file_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            steal_file_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Returns the file of `steal_file_async()` to its callback. */
            steal_file_finish(result: Gio.AsyncResult): File;

            /** Closes it, and deletes its file. */
            close(cancellable?: Gio.Cancellable | null): boolean;
            /** As `close()`, without blocking. Gives a promise, unless it has a callback. */
            close_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            close_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Copies each stream's input to the other one's output. Gives a promise, unless it has a callback. */
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            /** Gets whether it is open. */
            can_seek(): boolean;
            /** Gets whether it is open. */
            can_truncate(): boolean;
            /** Gets the place in the file, which its two streams share. */
            tell(): number;
            /** Moves the place in the file, which its two streams share. */
            seek(offset: bigint | number, type: GLib.SeekType, cancellable?: Gio.Cancellable | null): boolean;
            /** Makes the file as long as that: cuts it off, or appends zeros. */
            truncate(offset: bigint | number, cancellable?: Gio.Cancellable | null): boolean;

            /** Calls the function at each such signal, as `notify::path`. */
            connect(signal: string, callback: (...args: any[]) => any): number;
            /** As `connect()`, after the default handler of the signal. */
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Closes it: `using` calls it. */
            [Symbol.dispose](): void;
            /** As `[Symbol.dispose]()`, without blocking, after all operations on it: `await using` calls it. */
            [Symbol.asyncDispose](): Promise<void>;
        }
    }

    export default Temp;

    global {
        interface GjsGiImports {
            Temp: typeof Temp;
        }
    }
}

declare module 'gi://Temp' {
    import Temp from 'gi://Temp?version=1';
    export default Temp;
}
