# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""What Temp has in Python besides the library itself: the GObjects as Python has
files and directories, and all of Python's own module tempfile, on top of them.
"""

import importlib.util
import io
import os
import sys
import warnings
import weakref

import gi
from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override

Temp = get_introspection_module("Temp")

# So that changing one line is enough: whoever asked for no version has asked for this
# one, and PyGObject need not warn that it could have been another.
if gi.get_required_version("Temp") is None:
    gi.require_version("Temp", Temp._version)

# All goes to the module in another way, below.
__all__ = []

_module = sys.modules["gi.repository.Temp"]
_variables = _module.__dict__

# Looked up once: these are called the most.
_new = Temp.File.new
_new_named = Temp.File.new_named

# The GObjects


def _to_gfile(target):
    return target if isinstance(target, Gio.File) else Gio.File.new_for_path(os.fspath(target))


def _to_path(path):
    # Not every PyGObject takes more than str and bytes.
    return path if path is None else os.fspath(path)


def _to_gbytes(data):
    return data if isinstance(data, GLib.Bytes) else GLib.Bytes.new(memoryview(data).tobytes())


def _check_child(name):
    """Returns the name of something in a directory as str, or raises ValueError if it leads elsewhere."""
    name = os.fsdecode(name)
    if not name or os.path.isabs(name) or ".." in name.split("/"):
        raise ValueError(f"this name does not lead to anything in the directory: {name!r}")
    return name


def _is_utf8(name):
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _current_umask():
    # umask() can only be asked by being changed, which other threads would see.
    with open("/proc/thread-self/status") as status:
        for line in status:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o77


def _make(cls, dir, prefix, suffix, named, permissions, properties):
    """Makes a thing with the properties that are not what they are by default. A failure is an exception."""
    if permissions is not None:
        properties["permissions"] = permissions
    if properties:
        names = {name: os.fsdecode(value)
                 for name, value in (("dir", dir), ("prefix", prefix), ("suffix", suffix)) if value is not None}
        if named:
            names["named"] = True
        if all(_is_utf8(name) for name in names.values() if name is not True):
            self = GObject.Object.__new__(cls)
            super(cls, self).__init__(**names, **properties)
            self.init(None)
            return self

    # A function takes any file name, and is quicker; a property of PyGObject's takes UTF-8.
    if cls is File and not named:
        self = cls.new(dir)
    else:
        self = (File.new_named if named else cls.new)(dir, prefix, suffix)
    if properties.pop("permissions", -1) != -1:
        os.fchmod(self.get_fd(), permissions & ~_current_umask())
    for name, value in properties.items():
        self.set_property(name.replace("_", "-"), value)
    return self


def _await_in_thread(function, cancellable, thing=None):
    """Returns an awaitable of what a function of a Gio.Cancellable returns, in whatever loop of asyncio is running.

    A thread calls it: not every PyGObject can await at all, and none in a loop that is not GLib's. Properties of
    `thing` notify in the loop's own thread. A task that is cancelled cancels the function.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    if cancellable is None:
        cancellable = Gio.Cancellable()

    def run():
        cancellable.set_error_if_cancelled()
        if thing is None:
            return function(cancellable)
        thing.freeze_notify()
        try:
            return function(cancellable)
        finally:
            try:
                loop.call_soon_threadsafe(thing.thaw_notify)
            except RuntimeError:  # the loop has ended
                thing.thaw_notify()

    def on_done(future):
        if future.cancelled():
            cancellable.cancel()

    future = loop.run_in_executor(None, run)
    future.add_done_callback(on_done)
    return future


def _await_new(new, arguments, cancellable):
    """Returns an awaitable of what a constructor makes."""

    def make(cancellable):
        made = new(*arguments)
        cancellable.set_error_if_cancelled()
        return made

    return _await_in_thread(make, cancellable)


def _call_in_loop(progress):
    """Returns a function that has a function called in the thread of the loop that is running."""
    import asyncio

    loop = asyncio.get_running_loop()

    def on_progress(n_removed):
        try:
            loop.call_soon_threadsafe(progress, n_removed)
        except RuntimeError:
            pass  # the loop has ended

    return progress and on_progress


# Of a function with two callbacks, PyGObject may take data for each of them, which it then wants as tuples.


def _to_progress(progress):
    return progress and (lambda n_removed, *_: progress(n_removed))


def _build_file(raw, mode, buffering, encoding, errors, newline):
    """Does what io.open() does once it has opened the file, which it can only do by itself."""
    text = "b" not in mode
    if text:
        if buffering == 0:
            raise ValueError("can't have unbuffered text I/O")
    elif "t" in mode:
        raise ValueError("can't have text and binary mode at once")
    elif not encoding is errors is newline is None:
        raise ValueError("binary mode takes no encoding, errors or newline argument")
    if buffering < -1:
        raise ValueError("invalid buffering size")

    if buffering == 1 and not text:
        warnings.warn("line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be "
                      "used", RuntimeWarning, stacklevel=3)
    if buffering == 0:
        return raw
    if "+" in mode:
        buffered = io.BufferedRandom
    elif "r" in mode:
        buffered = io.BufferedReader
    else:
        buffered = io.BufferedWriter
    file = buffered(raw, buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE)
    if text:
        file = io.TextIOWrapper(file, encoding, errors, newline, buffering == 1)
        file.mode = mode
    return file


class _RawFile(io.FileIO):
    """The descriptor of a Temp.File for a file object of Python's.

    Closing it closes the Temp.File. A file object that is merely forgotten
    does not: it writes what it holds, and the Temp.File is open as before.
    """

    _forgotten = False

    def __init__(self, owner, mode):
        self._owner = owner
        super().__init__(owner.fileno(), mode, closefd=False)

    def close(self):
        owner, self._owner = self._owner, None
        forgotten = self._forgotten or self._finalizing
        super().close()
        if owner is not None and not forgotten:
            owner._close_but(self)

    def _dealloc_warn(self, source):
        # Called if, and only if, it is its finalizer that closes the file object above.
        self._forgotten = True


class File(Temp.File):
    """A temporary file: a stream of GIO's, a path if it has a name, and a context manager.

    Each argument is a property. The file is in `dir`, or else in the default directory. With `named`, its name begins
    with `prefix` and ends with `suffix`. `permissions` are those of a new file: 0o600 unless given. The file is deleted when
    it is closed, or dropped, or the program ends, even if it is killed; `auto_delete=False` lets it stay,
    `delete_on_close=False` only until it is dropped. persist() fails if the etag of what it replaces is not
    `expected_etag`. Raises GLib.Error if the file cannot be made.
    """

    _files = ()

    def __new__(cls, *, dir=None, prefix=None, suffix=None, named=False, permissions=None, auto_delete=True,
                delete_on_close=True, expected_etag=None):
        properties = {}
        if not auto_delete:
            properties["auto_delete"] = False
        if not delete_on_close:
            properties["delete_on_close"] = False
        if expected_etag is not None:
            properties["expected_etag"] = expected_etag
        return _make(cls, dir, prefix, suffix, named, permissions, properties)

    def __init__(self, **properties):
        pass

    @classmethod
    def new(cls, dir=None):
        """Makes a file without a name."""
        return _new(_to_path(dir))

    @classmethod
    def new_named(cls, dir=None, prefix=None, suffix=None):
        """Makes a file with a name."""
        return _new_named(_to_path(dir), _to_path(prefix), _to_path(suffix))

    @classmethod
    def new_beside(cls, target, cancellable=None):
        """Makes a file that can replace `target` by persist(): on the same filesystem."""
        return Temp.File.new_beside(_to_gfile(target), cancellable)

    @staticmethod
    def new_async(dir=None, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
        """Like new(), without blocking. Without a callback, this gives something to await."""
        arguments = (_to_path(dir),)
        if callback is None:
            return _await_new(Temp.File.new, arguments, cancellable)
        return Temp.File.new_async(*arguments, io_priority, cancellable, callback, *user_data)

    @staticmethod
    def new_finish(result):
        """Ends new_async(): gives the file. Raises GLib.Error if that failed."""
        return Temp.File.new_finish(result)

    @staticmethod
    def new_named_async(dir=None, prefix=None, suffix=None, io_priority=GLib.PRIORITY_DEFAULT,
                        cancellable=None, callback=None, *user_data):
        """Like new_named(), without blocking. Without a callback, this gives something to await."""
        arguments = _to_path(dir), _to_path(prefix), _to_path(suffix)
        if callback is None:
            return _await_new(Temp.File.new_named, arguments, cancellable)
        return Temp.File.new_named_async(*arguments, io_priority, cancellable, callback, *user_data)

    @staticmethod
    def new_named_finish(result):
        """Ends new_named_async(): gives the file. Raises GLib.Error if that failed."""
        return Temp.File.new_named_finish(result)

    @staticmethod
    def new_beside_async(target, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
        """Like new_beside(), without blocking. Without a callback, this gives something to await."""
        target = _to_gfile(target)
        if callback is None:
            return _await_new(Temp.File.new_beside, (target,), cancellable)
        return Temp.File.new_beside_async(target, io_priority, cancellable, callback, *user_data)

    @staticmethod
    def new_beside_finish(result):
        """Ends new_beside_async(): gives the file. Raises GLib.Error if that failed."""
        return Temp.File.new_beside_finish(result)

    def __enter__(self):
        self.fileno()
        return self

    def __exit__(self, exc_type, exc, traceback):
        self.close()

    def __fspath__(self):
        path = super().get_path()
        if path is None:
            self.fileno()
            raise TypeError("a temporary file without a name has no path")
        return path

    def fileno(self):
        """Returns the descriptor, or raises ValueError if the file is closed."""
        fd = super().get_fd()
        if fd < 0:
            raise ValueError("I/O operation on closed file")
        return fd

    def open(self, mode="w+b", buffering=-1, encoding=None, errors=None, newline=None):
        """Returns a file object of Python's on the same descriptor, which is closed together with this.

        The arguments are those of the built-in open(), without the path. Nothing is truncated.
        """
        if "b" not in mode:
            encoding = io.text_encoding(encoding)
        raw = _RawFile(self, mode.replace("t", ""))
        raw.name = self.get_path() or raw.fileno()
        try:
            file = _build_file(raw, mode, buffering, encoding, errors, newline)
        except BaseException:
            raw._owner = None
            raise

        # Weakly: the file object keeps this one, and a cycle would keep both.
        still_open = [pair for pair in self._files if pair[0]() is not None]
        self._files = [*still_open, (weakref.ref(file), weakref.ref(raw))]
        return file

    def _close_files(self, but=None):
        """Closes Python's file objects, all of them, and gives the first exception."""
        files, self._files = self._files, ()
        first = None
        for file_ref, raw_ref in files:
            file, raw = file_ref(), raw_ref()
            if file is None or raw is None or raw is but:
                continue
            raw._owner = None
            try:
                file.close()
            except Exception as exception:
                first = first or exception
        return first

    def _flush_files(self):
        for file_ref, raw_ref in self._files:
            file = file_ref()
            if file is not None and not file.closed:
                file.flush()

    def _reset_files(self):
        # They drop what they have read ahead, which has been replaced, and go to the end, where the offset is.
        for file_ref, _ in self._files:
            file = file_ref()
            if file is not None and not file.closed:
                file.seek(0, io.SEEK_END)

    def _close_but(self, but, cancellable=None):
        exception = self._close_files(but)
        closed = super().close(cancellable)
        if exception is not None:
            raise exception
        return closed

    def close(self, cancellable=None):
        """Closes it, and the file objects of open(), and deletes the file unless that is for later."""
        if self._files:
            return self._close_but(None, cancellable)
        return super().close(cancellable)

    def close_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
        """Like close(), without blocking. Without a callback, this gives something to await."""
        exception = self._close_files()
        if exception is not None:
            raise exception
        if callback is None:
            return _await_in_thread(super().close, cancellable, self)
        return super().close_async(io_priority, cancellable, callback, *user_data)

    def open_reader(self):
        """Opens a stream that reads from the start, with an offset of its own.

        Writing to the file in the meantime moves nothing for the reader.
        """
        return super().open_reader()

    def load_bytes(self, cancellable=None):
        """Returns all that is in the file, as bytes. The position does not matter; file objects are flushed first."""
        self._flush_files()
        return super().load_bytes(cancellable).get_data() or b""

    def load_bytes_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                         *user_data):
        """Like load_bytes(), without blocking. Without a callback, this gives something to await."""
        self._flush_files()
        load = super().load_bytes
        if callback is None:
            return _await_in_thread(lambda cancellable: load(cancellable).get_data() or b"", cancellable, self)
        return super().load_bytes_async(io_priority, cancellable, callback, *user_data)

    def load_bytes_finish(self, result):
        """Ends load_bytes_async(): gives bytes. Raises GLib.Error if that failed."""
        return super().load_bytes_finish(result).get_data() or b""

    def replace_bytes(self, data, cancellable=None):
        """Replaces all that is in the file. File objects go on at its end."""
        self._flush_files()
        replaced = super().replace_bytes(_to_gbytes(data), cancellable)
        self._reset_files()
        return replaced

    def replace_bytes_async(self, data, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                            *user_data):
        """Like replace_bytes(), without blocking. Without a callback, this gives something to await."""
        self._flush_files()
        data = _to_gbytes(data)
        if callback is not None:
            return super().replace_bytes_async(data, io_priority, cancellable, callback, *user_data)

        replace = super().replace_bytes

        def run(cancellable):
            replaced = replace(data, cancellable)
            self._reset_files()
            return replaced

        return _await_in_thread(run, cancellable, self)

    def replace_bytes_finish(self, result):
        """Ends replace_bytes_async(). Raises GLib.Error if that failed."""
        replaced = super().replace_bytes_finish(result)
        self._reset_files()
        return replaced

    def persist(self, destination, flags=0, cancellable=None):
        """Moves it to a destination, where it stays; `flags` are of Temp.PersistFlags. Raises GLib.Error on failure."""
        self._flush_files()
        return super().persist(_to_gfile(destination), flags, cancellable)

    def persist_async(self, destination, flags=0, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                      *user_data):
        """Like persist(), without blocking. Without a callback, this gives something to await."""
        self._flush_files()
        persist = super().persist
        if callback is None:
            destination = _to_gfile(destination)
            return _await_in_thread(lambda cancellable: persist(destination, flags, cancellable), cancellable, self)
        return super().persist_async(_to_gfile(destination), flags, io_priority, cancellable, callback, *user_data)

    def persist_finish(self, result):
        """Ends persist_async(). Raises GLib.Error if that failed."""
        return super().persist_finish(result)

    def keep(self):
        """Lets it stay, also if the program is killed; gives its path. Raises GLib.Error if that cannot be."""
        return super().keep()

    def keep_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                   *user_data):
        """Like keep(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(lambda _: self.keep(), cancellable, self)
        return super().keep_async(io_priority, cancellable, callback, *user_data)

    def keep_finish(self, result):
        """Ends keep_async(): gives the path. Raises GLib.Error if that failed."""
        return super().keep_finish(result)

    def delete(self, cancellable=None):
        """Deletes it now; it stays open. Raises GLib.Error if that cannot be. Again, it does nothing."""
        return super().delete(cancellable)

    def reopen(self, cancellable=None):
        """Returns a Gio.FileIOStream of the same file with a position of its own."""
        return super().reopen(cancellable)

    def dup_fd_path(self):
        """Returns a path by which this process, and its children, reach the open file; None where there is none."""
        return super().dup_fd_path()

    def get_dir(self):
        """Returns the directory that it was to be made in; None: the default one."""
        return super().get_dir()

    def get_prefix(self):
        """Returns the beginning of its name; None: the default one."""
        return super().get_prefix()

    def get_suffix(self):
        """Returns the end of its name; None: nothing."""
        return super().get_suffix()

    def get_named(self):
        """Tells whether it was made with a name."""
        return super().get_named()

    def get_permissions(self):
        """Returns the permissions that it was to have; -1: the default ones."""
        return super().get_permissions()

    def get_fd(self):
        """Returns the descriptor; -1 if the file is closed."""
        return super().get_fd()

    def get_path(self):
        """Returns the path; None if there is none, or not any longer."""
        return super().get_path()

    def get_file(self):
        """Returns the path as a Gio.File; None if there is none."""
        return super().get_file()

    def get_auto_delete(self):
        """Tells whether it is deleted."""
        return super().get_auto_delete()

    def set_auto_delete(self, auto_delete):
        """Sets whether it is deleted."""
        super().set_auto_delete(auto_delete)

    def get_delete_on_close(self):
        """Tells whether closing deletes it."""
        return super().get_delete_on_close()

    def set_delete_on_close(self, delete_on_close):
        """Sets whether closing deletes it, or only dropping it."""
        super().set_delete_on_close(delete_on_close)

    def get_expected_etag(self):
        """Returns the etag that the file to replace must have; None: any."""
        return super().get_expected_etag()

    def set_expected_etag(self, etag):
        """Sets the etag that the file to replace must have; None: any."""
        super().set_expected_etag(etag)


class Dir(Temp.Dir):
    """A temporary directory: a path, and a context manager. `/` gives the path of a child.

    Each argument is a property. The directory is in `dir`, or else in the default directory; its name begins with
    `prefix` and ends with `suffix`. `permissions` are those of a new directory: 0o700 unless given. It is deleted with
    all that is in it when it is dropped, or its block or the program ends, even if that is killed;
    `auto_delete=False` lets it stay. With `ignore_errors`, what cannot be deleted is no error; with
    `delete_in_background`, dropping it waits for nothing.
    Raises GLib.Error if the directory cannot be made.
    """

    def __new__(cls, *, dir=None, prefix=None, suffix=None, permissions=None, auto_delete=True, ignore_errors=False,
                delete_in_background=False):
        properties = {}
        if not auto_delete:
            properties["auto_delete"] = False
        if ignore_errors:
            properties["ignore_errors"] = True
        if delete_in_background:
            properties["delete_in_background"] = True
        return _make(cls, dir, prefix, suffix, False, permissions, properties)

    def __init__(self, **properties):
        pass

    @classmethod
    def new(cls, dir=None, prefix=None, suffix=None):
        """Makes a directory."""
        return Temp.Dir.new(_to_path(dir), _to_path(prefix), _to_path(suffix))

    @staticmethod
    def new_async(dir=None, prefix=None, suffix=None, io_priority=GLib.PRIORITY_DEFAULT,
                  cancellable=None, callback=None, *user_data):
        """Like new(), without blocking. Without a callback, this gives something to await."""
        arguments = _to_path(dir), _to_path(prefix), _to_path(suffix)
        if callback is None:
            return _await_new(Temp.Dir.new, arguments, cancellable)
        return Temp.Dir.new_async(*arguments, io_priority, cancellable, callback, *user_data)

    @staticmethod
    def new_finish(result):
        """Ends new_async(): gives the directory. Raises GLib.Error if that failed."""
        return Temp.Dir.new_finish(result)

    def __enter__(self):
        if not os.path.lexists(super().get_path()):
            raise ValueError("the temporary directory is deleted")
        return self

    def __exit__(self, exc_type, exc, traceback):
        if super().get_auto_delete():
            super().delete(None)

    def __fspath__(self):
        return super().get_path()

    def __truediv__(self, name):
        from pathlib import Path

        return Path(self.get_path(), _check_child(name))

    def get_child(self, name):
        """Returns something in the directory as a Gio.File; raises ValueError for a name that leads elsewhere."""
        return super().get_child(_check_child(name))

    def create_file(self, prefix=None, suffix=None):
        """Makes a Temp.File with a name in the directory."""
        return super().create_file(_to_path(prefix), _to_path(suffix))

    def create_dir(self, prefix=None, suffix=None):
        """Makes a Temp.Dir in the directory."""
        return super().create_dir(_to_path(prefix), _to_path(suffix))

    def delete(self, cancellable=None):
        """Deletes it now, with all that is in it. Raises GLib.Error if that cannot be. Again, it does nothing."""
        return super().delete(cancellable)

    def delete_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, progress=None, callback=None,
                     *user_data):
        """Like delete(), without blocking. Without a callback, this gives something to await.

        `progress` is called with how much is deleted, at most ten times a second, and once at the end.
        """
        if callback is None:
            progress = _call_in_loop(progress)
            delete = self._delete_with_progress if progress else lambda _, cancellable: self.delete(cancellable)
            return _await_in_thread(lambda cancellable: delete(progress, cancellable), cancellable, self)
        return super().delete_async(io_priority, cancellable, _to_progress(progress), (),
                                    lambda source, result, *_: callback(source, result, *user_data), ())

    def _delete_with_progress(self, progress, cancellable):
        """Deletes it, and waits for that in a main context of this thread's own."""
        context = GLib.MainContext.new()
        context.push_thread_default()
        try:
            results = []
            super().delete_async(GLib.PRIORITY_DEFAULT, cancellable, _to_progress(progress), (),
                                 lambda source, result, *_: results.append(result), ())
            while not results:
                context.iteration(True)
            return super().delete_finish(results[0])
        finally:
            context.pop_thread_default()

    def delete_finish(self, result):
        """Ends delete_async(). Raises GLib.Error if that failed."""
        return super().delete_finish(result)

    def persist(self, destination, flags=0, cancellable=None):
        """Moves it to a destination, where it stays; `flags` are of Temp.PersistFlags. Raises GLib.Error on failure."""
        return super().persist(_to_gfile(destination), flags, cancellable)

    def persist_async(self, destination, flags=0, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                      *user_data):
        """Like persist(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(lambda cancellable: self.persist(destination, flags, cancellable), cancellable,
                                    self)
        return super().persist_async(_to_gfile(destination), flags, io_priority, cancellable, callback, *user_data)

    def persist_finish(self, result):
        """Ends persist_async(). Raises GLib.Error if that failed."""
        return super().persist_finish(result)

    def keep(self):
        """Lets it stay, also if the program is killed; gives its path. Raises GLib.Error if that cannot be."""
        return super().keep()

    def keep_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                   *user_data):
        """Like keep(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(lambda _: self.keep(), cancellable, self)
        return super().keep_async(io_priority, cancellable, callback, *user_data)

    def keep_finish(self, result):
        """Ends keep_async(): gives the path. Raises GLib.Error if that failed."""
        return super().keep_finish(result)

    def get_dir(self):
        """Returns the directory that it was to be made in; None: the default one."""
        return super().get_dir()

    def get_prefix(self):
        """Returns the beginning of its name; None: the default one."""
        return super().get_prefix()

    def get_suffix(self):
        """Returns the end of its name; None: nothing."""
        return super().get_suffix()

    def get_permissions(self):
        """Returns the permissions that it was to have; -1: the default ones."""
        return super().get_permissions()

    def get_fd(self):
        """Returns a descriptor of the directory; -1 if there is none."""
        return super().get_fd()

    def get_path(self):
        """Returns the path."""
        return super().get_path()

    def get_file(self):
        """Returns the path as a Gio.File."""
        return super().get_file()

    def get_auto_delete(self):
        """Tells whether it is deleted."""
        return super().get_auto_delete()

    def set_auto_delete(self, auto_delete):
        """Sets whether it is deleted."""
        super().set_auto_delete(auto_delete)

    def get_ignore_errors(self):
        """Tells whether what cannot be deleted is no error."""
        return super().get_ignore_errors()

    def set_ignore_errors(self, ignore_errors):
        """Sets whether what cannot be deleted is no error."""
        super().set_ignore_errors(ignore_errors)

    def get_delete_in_background(self):
        """Tells whether dropping it waits for nothing."""
        return super().get_delete_in_background()

    def set_delete_in_background(self, delete_in_background):
        """Sets whether dropping it waits for nothing."""
        super().set_delete_in_background(delete_in_background)


class SpooledFile(Temp.SpooledFile):
    """A file in memory, which moves to disk when it grows: a stream of GIO's, and a context manager.

    Each argument is a property. It moves to disk once there is more in it than `max_size` bytes (0: never by size), or
    by roll(). `dir`, `prefix` and `suffix` are for the file on disk.
    """

    def __init__(self, *, max_size=0, dir=None, prefix=None, suffix=None):
        names = {name: os.fsdecode(value)
                 for name, value in (("dir", dir), ("prefix", prefix), ("suffix", suffix)) if value is not None}
        super().__init__(max_size=max_size, **names)

    @classmethod
    def new(cls, max_size):
        """Makes a file that moves to disk once it is larger than a number of bytes (0: never by size)."""
        return Temp.SpooledFile.new(max_size)

    def __enter__(self):
        if self.is_closed():
            raise ValueError("I/O operation on closed file")
        return self

    def __exit__(self, exc_type, exc, traceback):
        self.close()

    def close(self, cancellable=None):
        """Closes it, and deletes what is on disk."""
        return super().close(cancellable)

    def close_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
        """Like close(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(self.close, cancellable, self)
        return super().close_async(io_priority, cancellable, callback, *user_data)

    def open_reader(self):
        """Opens a stream that reads from the start, with an offset of its own.

        Writing to the file in the meantime moves nothing for the reader.
        """
        return super().open_reader()

    def load_bytes(self, cancellable=None):
        """Returns all that is in the file, as bytes, wherever the position is."""
        return super().load_bytes(cancellable).get_data() or b""

    def load_bytes_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                         *user_data):
        """Like load_bytes(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(self.load_bytes, cancellable, self)
        return super().load_bytes_async(io_priority, cancellable, callback, *user_data)

    def load_bytes_finish(self, result):
        """Ends load_bytes_async(): gives bytes. Raises GLib.Error if that failed."""
        return super().load_bytes_finish(result).get_data() or b""

    def replace_bytes(self, data, cancellable=None):
        """Replaces all that is in the file."""
        return super().replace_bytes(_to_gbytes(data), cancellable)

    def replace_bytes_async(self, data, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                            *user_data):
        """Like replace_bytes(), without blocking. Without a callback, this gives something to await."""
        data = _to_gbytes(data)
        if callback is None:
            return _await_in_thread(lambda cancellable: self.replace_bytes(data, cancellable), cancellable, self)
        return super().replace_bytes_async(data, io_priority, cancellable, callback, *user_data)

    def replace_bytes_finish(self, result):
        """Ends replace_bytes_async(). Raises GLib.Error if that failed."""
        return super().replace_bytes_finish(result)

    def roll(self, cancellable=None):
        """Moves it to disk now. Raises GLib.Error if that cannot be; it then stays in memory, complete."""
        return super().roll(cancellable)

    def roll_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                   *user_data):
        """Like roll(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(self.roll, cancellable, self)
        return super().roll_async(io_priority, cancellable, callback, *user_data)

    def roll_finish(self, result):
        """Ends roll_async(). Raises GLib.Error if that failed."""
        return super().roll_finish(result)

    def steal_file(self, cancellable=None):
        """Returns its Temp.File, on disk; this object is closed then."""
        return super().steal_file(cancellable)

    def steal_file_async(self, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None,
                         *user_data):
        """Like steal_file(), without blocking. Without a callback, this gives something to await."""
        if callback is None:
            return _await_in_thread(self.steal_file, cancellable, self)
        return super().steal_file_async(io_priority, cancellable, callback, *user_data)

    def steal_file_finish(self, result):
        """Ends steal_file_async(): gives the Temp.File. Raises GLib.Error if that failed."""
        return super().steal_file_finish(result)

    def get_dir(self):
        """Returns the directory for the file on disk; None: the default one."""
        return super().get_dir()

    def get_prefix(self):
        """Returns the beginning of its name; None: the default one."""
        return super().get_prefix()

    def get_suffix(self):
        """Returns the end of its name; None: nothing."""
        return super().get_suffix()

    def get_max_size(self):
        """Returns the size up to which it is in memory; 0: any."""
        return super().get_max_size()

    def get_rolled(self):
        """Tells whether it is on disk."""
        return super().get_rolled()

    def get_size(self):
        """Returns its size in bytes."""
        return super().get_size()


def _set_default_dir(dir=None):
    """Sets the directory in which things are made, for the library and for gettempdir(). None: the system's."""
    result = Temp.set_default_dir(_to_path(dir))
    if _variables.get("tempdir") is not None:
        _variables["tempdir"] = None
    return result


# The module: what Python's has, and nothing else, is in its dictionary, where
# programs look what a module exports. The library's own names are its class's.

_module_type = type(_module)


def _set_variable(self, name, value):
    """Follows an assignment to tempdir, which is for the library's default directory too."""
    if name == "tempdir" and name in _variables:
        try:
            Temp.set_default_dir(_to_path(value))
        except (GLib.Error, TypeError, ValueError):
            pass  # as in Python's, it fails when it is used
        else:
            if type(value) is str and value == os.path.abspath(value):
                _variables["_library_tempdir"] = value
    super(_module_type, self).__setattr__(name, value)


def _publish(name, thing):
    setattr(_module_type, name, thing)
    _variables.pop(name, None)


_publish("File", override(File))
_publish("Dir", override(Dir))
_publish("SpooledFile", override(SpooledFile))


def _function(function):
    """Publishes a function under its name without the underscore that it begins with."""
    function.__name__ = function.__qualname__ = function.__name__[1:]
    function.__module__ = "gi.repository.Temp"
    _publish(function.__name__, staticmethod(function))


_function(_set_default_dir)


@_function
def _get_default_dir():
    """Returns the directory in which things are made unless another one is given. Raises GLib.Error if there is none."""
    return Temp.get_default_dir()


@_function
def _get_dir(location):
    """Returns the directory for a Temp.Location. Raises GLib.Error if there is none."""
    return Temp.get_dir(location)


@_function
def _remove_tree(file, flags=0, cancellable=None, progress=None):
    """Removes a directory with all that is in it, never following a link; `flags` are of Temp.RemoveFlags.

    `progress` is called with how much is removed, at most ten times a second, and once at the end. Raises GLib.Error if
    something is left.
    """
    return Temp.remove_tree(_to_gfile(file), flags, cancellable, _to_progress(progress), ())


@_function
def _remove_tree_async(file, flags=0, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, progress=None, callback=None,
                       *user_data):
    """Like remove_tree(), without blocking. Without a callback, this gives something to await."""
    file = _to_gfile(file)
    if callback is None:
        progress = _to_progress(_call_in_loop(progress))
        return _await_in_thread(lambda cancellable: Temp.remove_tree(file, flags, cancellable, progress, ()),
                                cancellable)
    return Temp.remove_tree_async(file, flags, io_priority, cancellable, _to_progress(progress), (),
                                  lambda source, result, *_: callback(source, result, *user_data), ())


@_function
def _remove_tree_finish(result):
    """Ends remove_tree_async(). Raises GLib.Error if that failed."""
    return Temp.remove_tree_finish(result)


def _replace(file, contents, etag=None, flags=0, cancellable=None):
    return Temp.replace_contents(_to_gfile(file), _to_gbytes(contents), etag, flags, cancellable)[1]


@_function
def _replace_contents(file, contents, etag=None, flags=0, cancellable=None):
    """Replaces what is in a file, or makes it, atomically; gives its new etag.

    Fails if the file's etag is not `etag`, unless that is None. `flags` are of Temp.PersistFlags. Raises GLib.Error if
    that fails; the file is then as it was.
    """
    return _replace(file, contents, etag, flags, cancellable)


@_function
def _replace_contents_async(file, contents, etag=None, flags=0, io_priority=GLib.PRIORITY_DEFAULT,
                            cancellable=None, callback=None, *user_data):
    """Like replace_contents(), without blocking. Without a callback, this gives something to await."""
    arguments = _to_gfile(file), _to_gbytes(contents), etag, flags
    if callback is None:
        return _await_in_thread(lambda cancellable: _replace(*arguments, cancellable), cancellable)
    return Temp.replace_contents_async(*arguments, io_priority, cancellable, callback, *user_data)


@_function
def _replace_contents_finish(result):
    """Ends replace_contents_async(): gives the new etag. Raises GLib.Error if that failed."""
    return Temp.replace_contents_finish(result)[1]


@_function
def _sweep(cancellable=None):
    """Deletes what killed programs have left; gives how many files and directories that was."""
    return Temp.sweep(cancellable)[1]


@_function
def _sweep_async(io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
    """Like sweep(), without blocking. Without a callback, this gives something to await."""
    if callback is None:
        return _await_in_thread(lambda cancellable: Temp.sweep(cancellable)[1], cancellable)
    return Temp.sweep_async(io_priority, cancellable, callback, *user_data)


@_function
def _sweep_finish(result):
    """Ends sweep_async(): gives how many files and directories were deleted. Raises GLib.Error if that failed."""
    return Temp.sweep_finish(result)[1]


@_function
def _guard_start():
    """Starts a helper that deletes what this program has made, should it be killed. Raises GLib.Error if it cannot."""
    return Temp.guard_start()


@_function
def _guard_start_async(io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
    """Like guard_start(), without blocking. Without a callback, this gives something to await."""
    if callback is None:
        return _await_in_thread(lambda _: Temp.guard_start(), cancellable)
    return Temp.guard_start_async(io_priority, cancellable, callback, *user_data)


@_function
def _guard_start_finish(result):
    """Ends guard_start_async(). Raises GLib.Error if that failed."""
    return Temp.guard_start_finish(result)


@_function
def _save_error_quark():
    """Returns the domain of Temp.SaveError."""
    return Temp.save_error_quark()


@_function
def _install_as_tempfile():
    """Makes `import tempfile` give this module from now on, in the whole program.

    Modules that have imported CPython's before go on with it: call this first.
    """
    sys.modules["tempfile"] = _module



def _prepare(*functions):
    """Has PyGObject look up the types of arguments now.

    It imports their modules on the first call, which fails if that is at the end of the interpreter: in a `__del__()`,
    or in the `finally` of a generator.
    """
    for function in functions:
        try:
            function()
        except TypeError:
            pass


_prepare(Gio.IOStream.close, Temp.Dir.delete, Temp.File.delete)

# Python's module tempfile: its names are variables of the module itself, so that what a program replaces is replaced
# for all of them.
_variables["_build_file"] = _build_file
exec(importlib.util.find_spec("gi.overrides._temp_tempfile").loader.get_code("gi.overrides._temp_tempfile"), _variables)

_module_type.__setattr__ = _set_variable
