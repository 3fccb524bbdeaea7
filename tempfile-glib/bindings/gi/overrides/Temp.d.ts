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

            constructor(options: {message: string, code: number});
            static quark(): GLib.Quark;
        }

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

        type ProgressCallback = (n_removed: number) => void;

        function get_default_dir(): string;
        function set_default_dir(dir?: string | null): boolean;
        function get_dir(location: Location): string;

        /** Gives the descriptor, which is the caller's to close, and the path, which is the caller's to delete. */
        function mkstemp(dir?: string | null, prefix?: string | null, suffix?: string | null): [number, string];
        function mkdtemp(dir?: string | null, prefix?: string | null, suffix?: string | null): string;

        /** Gives `true`, and the entity tag of the new document. */
        function replace_contents(
            file: Gio.File, contents: GLib.Bytes | Uint8Array, etag?: string | null, flags?: PersistFlags | null,
            cancellable?: Gio.Cancellable | null,
        ): [boolean, string | null];
        function replace_contents_async(
            file: Gio.File, contents: GLib.Bytes | Uint8Array, etag?: string | null, flags?: PersistFlags | null,
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<[string | null]>;
        function replace_contents_async(
            file: Gio.File, contents: GLib.Bytes | Uint8Array, etag: string | null, flags: PersistFlags,
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<Gio.File> | null,
        ): void;
        function replace_contents_finish(result: Gio.AsyncResult): [boolean, string | null];

        function remove_tree(
            file: Gio.File, flags?: RemoveFlags | null, cancellable?: Gio.Cancellable | null,
            progress?: ProgressCallback | null,
        ): boolean;
        function remove_tree_async(
            file: Gio.File, flags?: RemoveFlags | null, io_priority?: number | null,
            cancellable?: Gio.Cancellable | null, progress?: ProgressCallback | null,
        ): Promise<boolean>;
        function remove_tree_async(
            file: Gio.File, flags: RemoveFlags, io_priority: number, cancellable: Gio.Cancellable | null,
            progress: ProgressCallback | null, callback: Gio.AsyncReadyCallback<Gio.File> | null,
        ): void;
        function remove_tree_finish(result: Gio.AsyncResult): boolean;

        /** Gives whether nothing is left, and how many files and directories were deleted. */
        function sweep(cancellable?: Gio.Cancellable | null): [boolean, number];
        function sweep_async(
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<[number]>;
        function sweep_async(
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<number> | null,
        ): void;
        function sweep_finish(result: Gio.AsyncResult): [boolean, number];
        function guard_start(): boolean;
        function guard_start_async(
            io_priority?: number | null, cancellable?: Gio.Cancellable | null,
        ): Promise<boolean>;
        function guard_start_async(
            io_priority: number, cancellable: Gio.Cancellable | null,
            callback: Gio.AsyncReadyCallback<number> | null,
        ): void;
        function guard_start_finish(result: Gio.AsyncResult): boolean;

        /** What a file holds. */
        interface Contents {
            /** Replaces all that the file holds by the text, in UTF-8. */
            writeText(text: string): void;
            writeTextAsync(text: string): Promise<void>;
            /** Gives all that the file holds; throws a `TypeError` if that is not UTF-8. */
            readText(): string;
            readTextAsync(): Promise<string>;
            /** Replaces all that the file holds by the bytes. */
            writeBytes(bytes: Uint8Array): void;
            writeBytesAsync(bytes: Uint8Array): Promise<void>;
            /** Gives all that the file holds. */
            readBytes(): Uint8Array;
            readBytesAsync(): Promise<Uint8Array>;
            /** Gives each line, from the first one on, without what ends it. */
            [Symbol.asyncIterator](): AsyncGenerator<string, void, void>;
        }

        namespace File {
            interface ConstructorProps extends Gio.FileIOStream.ConstructorProps {
                /** The directory to make it in; the default one if there is none. */
                dir: string | null;
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

        interface File extends Contents {}

        class File extends Gio.FileIOStream {
            static $gtype: GObject.GType<File>;

            /** Makes a file, or throws a `GLib.Error`. */
            constructor(options?: Partial<File.ConstructorProps>);

            static ['new'](dir?: string | null): File;
            static ['new'](...args: never[]): any;
            static new_named(dir?: string | null, prefix?: string | null, suffix?: string | null): File;
            static new_beside(target: Gio.File, cancellable?: Gio.Cancellable | null): File;

            static new_async(
                dir?: string | null, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_async(
                dir: string | null, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            static new_finish(result: Gio.AsyncResult): File;
            static new_named_async(
                dir?: string | null, prefix?: string | null, suffix?: string | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_named_async(
                dir: string | null, prefix: string | null, suffix: string | null, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            static new_named_finish(result: Gio.AsyncResult): File;
            static new_beside_async(
                target: Gio.File, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            static new_beside_async(
                target: Gio.File, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<File> | null,
            ): void;
            static new_beside_finish(result: Gio.AsyncResult): File;

            /** Makes a file, calls the function with it, then deletes it, also if the function throws. */
            static with<T>(body: (file: File) => T): Promise<Awaited<T>>;
            static with<T>(
                options: Partial<File.ConstructorProps> | null | undefined, body: (file: File) => T,
            ): Promise<Awaited<T>>;

            readonly dir: string | null;
            readonly named: boolean;
            readonly prefix: string | null;
            readonly suffix: string | null;
            readonly permissions: number;
            /** `null` while it has no name. */
            readonly path: string | null;
            /** `null` while it has no name. */
            readonly file: Gio.File | null;
            /** -1 once it is closed. */
            readonly fd: number;
            auto_delete: boolean;
            autoDelete: boolean;
            delete_on_close: boolean;
            deleteOnClose: boolean;
            /** The entity tag that the destination of `persist()` must have; `null` for any. */
            expected_etag: string | null;
            expectedEtag: string | null;

            get_dir(): string | null;
            get_prefix(): string | null;
            get_suffix(): string | null;
            get_named(): boolean;
            get_permissions(): number;
            get_path(): string | null;
            get_file(): Gio.File | null;
            get_fd(): number;
            get_auto_delete(): boolean;
            set_auto_delete(auto_delete: boolean): void;
            get_delete_on_close(): boolean;
            set_delete_on_close(delete_on_close: boolean): void;
            get_expected_etag(): string | null;
            set_expected_etag(etag?: string | null): void;
            dup_fd_path(): string | null;
            reopen(cancellable?: Gio.Cancellable | null): Gio.FileIOStream;

            /** Gives all that the file holds. The place in the file stays the same. */
            load_bytes(cancellable?: Gio.Cancellable | null): GLib.Bytes;
            load_bytes_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<GLib.Bytes>;
            load_bytes_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            load_bytes_finish(result: Gio.AsyncResult): GLib.Bytes;
            /** Replaces all that the file holds by the bytes. The place in the file is at their end then. */
            replace_bytes(bytes: GLib.Bytes | Uint8Array, cancellable?: Gio.Cancellable | null): boolean;
            replace_bytes_async(
                bytes: GLib.Bytes | Uint8Array, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            replace_bytes_async(
                bytes: GLib.Bytes | Uint8Array, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            replace_bytes_finish(result: Gio.AsyncResult): boolean;

            keep(): string;
            keep_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<string>;
            keep_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            keep_finish(result: Gio.AsyncResult): string;
            delete(cancellable?: Gio.Cancellable | null): boolean;
            persist(
                destination: Gio.File, flags?: PersistFlags | null, cancellable?: Gio.Cancellable | null,
            ): boolean;
            persist_async(
                destination: Gio.File, flags?: PersistFlags | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            persist_async(
                destination: Gio.File, flags: PersistFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            persist_finish(result: Gio.AsyncResult): boolean;

            close(cancellable?: Gio.Cancellable | null): boolean;
            close_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            close_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            query_info(attributes: string, cancellable?: Gio.Cancellable | null): Gio.FileInfo;
            query_info_async(
                attributes: string, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<Gio.FileInfo>;
            query_info_async(
                attributes: string, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            seek(offset: bigint | number, type: GLib.SeekType, cancellable?: Gio.Cancellable | null): boolean;
            truncate(offset: bigint | number, cancellable?: Gio.Cancellable | null): boolean;

            connect(signal: string, callback: (...args: any[]) => any): number;
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Closes and deletes it. Only in engines that have the symbol. */
            [Symbol.dispose](): void;
            [Symbol.asyncDispose](): Promise<void>;
        }

        namespace Dir {
            interface ConstructorProps extends GObject.Object.ConstructorProps {
                /** The directory to make it in; the default one if there is none. */
                dir: string | null;
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

        class Dir extends GObject.Object {
            static $gtype: GObject.GType<Dir>;

            /** Makes a directory, or throws a `GLib.Error`. */
            constructor(options?: Partial<Dir.ConstructorProps>);

            static ['new'](dir?: string | null, prefix?: string | null, suffix?: string | null): Dir;
            static ['new'](...args: never[]): any;
            static new_async(
                dir?: string | null, prefix?: string | null, suffix?: string | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<Dir>;
            static new_async(
                dir: string | null, prefix: string | null, suffix: string | null, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<Dir> | null,
            ): void;
            static new_finish(result: Gio.AsyncResult): Dir;

            /** Makes a directory, calls the function with it, then deletes it, also if the function throws. */
            static with<T>(body: (dir: Dir) => T): Promise<Awaited<T>>;
            static with<T>(
                options: Partial<Dir.ConstructorProps> | null | undefined, body: (dir: Dir) => T,
            ): Promise<Awaited<T>>;

            readonly dir: string | null;
            readonly prefix: string | null;
            readonly suffix: string | null;
            readonly permissions: number;
            readonly path: string;
            readonly file: Gio.File;
            auto_delete: boolean;
            autoDelete: boolean;
            ignore_errors: boolean;
            ignoreErrors: boolean;
            delete_in_background: boolean;
            deleteInBackground: boolean;

            get_dir(): string | null;
            get_prefix(): string | null;
            get_suffix(): string | null;
            get_permissions(): number;
            get_path(): string;
            get_file(): Gio.File;
            get_fd(): number;
            /** Throws a `TypeError` if the name is empty or absolute, or if `..` is a part of it. */
            get_child(name: string): Gio.File;
            get_auto_delete(): boolean;
            set_auto_delete(auto_delete: boolean): void;
            get_ignore_errors(): boolean;
            set_ignore_errors(ignore_errors: boolean): void;
            get_delete_in_background(): boolean;
            set_delete_in_background(delete_in_background: boolean): void;

            create_file(prefix?: string | null, suffix?: string | null): File;
            create_dir(prefix?: string | null, suffix?: string | null): Dir;

            keep(): string;
            keep_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<string>;
            keep_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            keep_finish(result: Gio.AsyncResult): string;
            persist(
                destination: Gio.File, flags?: PersistFlags | null, cancellable?: Gio.Cancellable | null,
            ): boolean;
            persist_async(
                destination: Gio.File, flags?: PersistFlags | null, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            persist_async(
                destination: Gio.File, flags: PersistFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            persist_finish(result: Gio.AsyncResult): boolean;

            delete(cancellable?: Gio.Cancellable | null): boolean;
            delete_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
                progress?: ProgressCallback | null,
            ): Promise<boolean>;
            delete_async(
                io_priority: number, cancellable: Gio.Cancellable | null, progress: ProgressCallback | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            delete_finish(result: Gio.AsyncResult): boolean;

            connect(signal: string, callback: (...args: any[]) => any): number;
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Deletes it. Only in engines that have the symbol. */
            [Symbol.dispose](): void;
            [Symbol.asyncDispose](): Promise<void>;
        }

        namespace SpooledFile {
            interface ConstructorProps extends Gio.IOStream.ConstructorProps {
                max_size: bigint | number;
                maxSize: bigint | number;
                dir: string | null;
                prefix: string | null;
                suffix: string | null;
            }
        }

        interface SpooledFile extends Contents, Omit<Gio.Seekable, keyof GObject.Object> {}

        class SpooledFile extends Gio.IOStream {
            static $gtype: GObject.GType<SpooledFile>;

            constructor(options?: Partial<SpooledFile.ConstructorProps>);

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
            readonly rolled: boolean;

            get_dir(): string | null;
            get_prefix(): string | null;
            get_suffix(): string | null;
            get_max_size(): number;
            get_rolled(): boolean;
            get_size(): number;

            /** Gives all that the file holds. The place in the file stays the same. */
            load_bytes(cancellable?: Gio.Cancellable | null): GLib.Bytes;
            load_bytes_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<GLib.Bytes>;
            load_bytes_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            load_bytes_finish(result: Gio.AsyncResult): GLib.Bytes;
            /** Replaces all that the file holds by the bytes. The place in the file is at their end then. */
            replace_bytes(bytes: GLib.Bytes | Uint8Array, cancellable?: Gio.Cancellable | null): boolean;
            replace_bytes_async(
                bytes: GLib.Bytes | Uint8Array, io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            replace_bytes_async(
                bytes: GLib.Bytes | Uint8Array, io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            replace_bytes_finish(result: Gio.AsyncResult): boolean;

            roll(cancellable?: Gio.Cancellable | null): boolean;
            roll_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            roll_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            roll_finish(result: Gio.AsyncResult): boolean;
            steal_file(cancellable?: Gio.Cancellable | null): File;
            steal_file_async(
                io_priority?: number | null, cancellable?: Gio.Cancellable | null,
            ): Promise<File>;
            steal_file_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            steal_file_finish(result: Gio.AsyncResult): File;

            close(cancellable?: Gio.Cancellable | null): boolean;
            close_async(io_priority?: number | null, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            close_async(
                io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority?: number | null,
                cancellable?: Gio.Cancellable | null,
            ): Promise<boolean>;
            splice_async(
                stream2: Gio.IOStream, flags: Gio.IOStreamSpliceFlags, io_priority: number,
                cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null,
            ): void;
            can_seek(): boolean;
            can_truncate(): boolean;
            tell(): number;
            seek(offset: bigint | number, type: GLib.SeekType, cancellable?: Gio.Cancellable | null): boolean;
            truncate(offset: bigint | number, cancellable?: Gio.Cancellable | null): boolean;

            connect(signal: string, callback: (...args: any[]) => any): number;
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            /** Closes it. Only in engines that have the symbol. */
            [Symbol.dispose](): void;
            [Symbol.asyncDispose](): Promise<void>;
        }
    }

    export default Temp;
}

declare module 'gi://Temp' {
    import Temp from 'gi://Temp?version=1';
    export default Temp;
}
