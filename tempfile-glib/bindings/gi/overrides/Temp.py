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
from gi.repository import Gio, GLib

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
    """Gives the name of something in a directory as str, or raises ValueError if it leads elsewhere."""
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


class _Maker:
    """Construction by keyword: names are file names, and a failure is an exception."""

    def __new__(cls, *, dir=None, prefix=None, suffix=None, permissions=None, **properties):
        if permissions is not None:
            properties["permissions"] = permissions
        if properties.keys() - {"named"}:
            names = {name: os.fsdecode(value)
                     for name, value in (("dir", dir), ("prefix", prefix), ("suffix", suffix)) if value is not None}
            if all(map(_is_utf8, names.values())):
                self = super().__new__(cls)
                super().__init__(self, **names, **properties)
                self.init(None)
                return self

        # A function takes any file name, and is quicker; a property of PyGObject's takes UTF-8.
        self = cls._new_with_names(dir, prefix, suffix, properties)
        if properties.pop("permissions", -1) != -1:
            os.fchmod(self.get_fd(), permissions & ~_current_umask())
        for name, value in properties.items():
            self.set_property(name.replace("_", "-"), value)
        return self

    def __init__(self, **properties):
        pass


def _get_path_or_raise(self):
    path = self.get_path()
    if path is None:
        raise TypeError("a temporary file without a name has no path")
    return path


def _await_in_thread(function, *arguments):
    """Gives an awaitable of what a function returns, in whatever loop of asyncio is running.

    A thread calls it: not every PyGObject can await at all, constructors least, and
    none of them in a loop that is not GLib's.
    """
    import asyncio

    return asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def _await_new(new, arguments, cancellable):
    """Gives an awaitable of what a constructor makes."""

    def make():
        if cancellable is None:
            return new(*arguments)
        cancellable.set_error_if_cancelled()
        made = new(*arguments)
        cancellable.set_error_if_cancelled()
        return made

    return _await_in_thread(make)


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


class _Contents:
    """All bytes at once, as Python has them."""

    def load_bytes(self, cancellable=None):
        return super().load_bytes(cancellable).get_data() or b""

    def load_bytes_finish(self, result):
        return super().load_bytes_finish(result).get_data() or b""

    def replace_bytes(self, data, cancellable=None):
        return super().replace_bytes(_to_gbytes(data), cancellable)

    def replace_bytes_async(self, data, *args, **kwargs):
        return super().replace_bytes_async(_to_gbytes(data), *args, **kwargs)


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


class File(_Maker, _Contents, Temp.File):
    """A temporary file: a stream of GIO's, a path if it has a name, and a context manager."""

    _files = ()

    @classmethod
    def _new_with_names(cls, dir, prefix, suffix, properties):
        if properties and properties.pop("named", False):
            return cls.new_named(dir, prefix, suffix)
        return cls.new(dir)

    @classmethod
    def new(cls, dir=None):
        return _new(_to_path(dir))

    @classmethod
    def new_named(cls, dir=None, prefix=None, suffix=None):
        return _new_named(_to_path(dir), _to_path(prefix), _to_path(suffix))

    @staticmethod
    def new_async(dir=None, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
        arguments = (_to_path(dir),)
        if callback is None:
            return _await_new(Temp.File.new, arguments, cancellable)
        return Temp.File.new_async(*arguments, io_priority, cancellable, callback, *user_data)

    @staticmethod
    def new_named_async(dir=None, prefix=None, suffix=None, io_priority=GLib.PRIORITY_DEFAULT,
                        cancellable=None, callback=None, *user_data):
        arguments = _to_path(dir), _to_path(prefix), _to_path(suffix)
        if callback is None:
            return _await_new(Temp.File.new_named, arguments, cancellable)
        return Temp.File.new_named_async(*arguments, io_priority, cancellable, callback, *user_data)

    def __enter__(self):
        self.fileno()
        return self

    def __exit__(self, exc_type, exc, traceback):
        self.close()

    __fspath__ = _get_path_or_raise

    def fileno(self):
        """Gives the descriptor, or raises ValueError if the file is closed."""
        fd = self.get_fd()
        if fd < 0:
            raise ValueError("I/O operation on closed file")
        return fd

    def open(self, mode="w+b", buffering=-1, encoding=None, errors=None, newline=None):
        """Gives a file object of Python's on the same descriptor, which is closed together with this."""
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

    def load_bytes(self, cancellable=None):
        self._flush_files()
        return super().load_bytes(cancellable)

    def load_bytes_async(self, *args, **kwargs):
        self._flush_files()
        return super().load_bytes_async(*args, **kwargs)

    def replace_bytes(self, data, cancellable=None):
        self._flush_files()
        replaced = super().replace_bytes(data, cancellable)
        self._reset_files()
        return replaced

    def replace_bytes_async(self, data, *args, **kwargs):
        self._flush_files()
        return super().replace_bytes_async(data, *args, **kwargs)

    def replace_bytes_finish(self, result):
        replaced = super().replace_bytes_finish(result)
        self._reset_files()
        return replaced

    def _close_but(self, but, cancellable=None):
        exception = self._close_files(but)
        closed = super().close(cancellable)
        if exception is not None:
            raise exception
        return closed

    def close(self, cancellable=None):
        if self._files:
            return self._close_but(None, cancellable)
        return super().close(cancellable)

    def close_async(self, *args, **kwargs):
        exception = self._close_files()
        if exception is not None:
            raise exception
        return super().close_async(*args, **kwargs)

    if hasattr(Temp.File, "new_beside"):
        @classmethod
        def new_beside(cls, target, cancellable=None):
            return Temp.File.new_beside(_to_gfile(target), cancellable)

        @staticmethod
        def new_beside_async(target, io_priority=GLib.PRIORITY_DEFAULT, cancellable=None, callback=None, *user_data):
            target = _to_gfile(target)
            if callback is None:
                return _await_new(Temp.File.new_beside, (target,), cancellable)
            return Temp.File.new_beside_async(target, io_priority, cancellable, callback, *user_data)

    if hasattr(Temp.File, "persist"):
        def persist(self, destination, flags=0, cancellable=None):
            self._flush_files()
            return super().persist(_to_gfile(destination), flags, cancellable)

        def persist_async(self, destination, *args, **kwargs):
            self._flush_files()
            return super().persist_async(_to_gfile(destination), *args, **kwargs)


class Dir(_Maker, Temp.Dir):
    """A temporary directory: a path, and a context manager. `/` gives the path of a child."""

    @classmethod
    def _new_with_names(cls, dir, prefix, suffix, properties):
        return cls.new(dir, prefix, suffix)

    @classmethod
    def new(cls, dir=None, prefix=None, suffix=None):
        return Temp.Dir.new(_to_path(dir), _to_path(prefix), _to_path(suffix))

    @staticmethod
    def new_async(dir=None, prefix=None, suffix=None, io_priority=GLib.PRIORITY_DEFAULT,
                  cancellable=None, callback=None, *user_data):
        arguments = _to_path(dir), _to_path(prefix), _to_path(suffix)
        if callback is None:
            return _await_new(Temp.Dir.new, arguments, cancellable)
        return Temp.Dir.new_async(*arguments, io_priority, cancellable, callback, *user_data)

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc, traceback):
        if self.get_auto_delete():
            self.delete()

    __fspath__ = _get_path_or_raise

    def __truediv__(self, name):
        from pathlib import Path

        return Path(self.get_path(), _check_child(name))

    def get_child(self, name):
        return super().get_child(_check_child(name))

    def create_file(self, prefix=None, suffix=None):
        return super().create_file(_to_path(prefix), _to_path(suffix))

    def create_dir(self, prefix=None, suffix=None):
        return super().create_dir(_to_path(prefix), _to_path(suffix))

    if hasattr(Temp.Dir, "persist"):
        def persist(self, destination, flags=0, cancellable=None):
            return super().persist(_to_gfile(destination), flags, cancellable)

        def persist_async(self, destination, *args, **kwargs):
            return super().persist_async(_to_gfile(destination), *args, **kwargs)


if hasattr(Temp, "SpooledFile"):
    class SpooledFile(_Contents, Temp.SpooledFile):
        """A file in memory, which moves to disk when it grows; a context manager."""

        def __init__(self, **properties):
            for name in properties.keys() & {"dir", "prefix", "suffix"}:
                if properties[name] is not None:
                    properties[name] = os.fsdecode(properties[name])
            super().__init__(**properties)

        def __enter__(self):
            if self.is_closed():
                raise ValueError("I/O operation on closed file")
            return self

        def __exit__(self, exc_type, exc, traceback):
            self.close()


def _set_default_dir(dir=None):
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

if hasattr(Temp, "SpooledFile"):
    _publish("SpooledFile", override(SpooledFile))
_publish("set_default_dir", staticmethod(_set_default_dir))

if hasattr(Temp, "remove_tree"):
    def _remove_tree(file, flags=0, cancellable=None, *progress):
        return Temp.remove_tree(_to_gfile(file), flags, cancellable, *progress)

    def _remove_tree_async(file, *args, **kwargs):
        return Temp.remove_tree_async(_to_gfile(file), *args, **kwargs)

    _publish("remove_tree", staticmethod(_remove_tree))
    _publish("remove_tree_async", staticmethod(_remove_tree_async))

if hasattr(Temp, "replace_contents"):
    def _replace_contents(file, contents, etag=None, flags=0, cancellable=None):
        return Temp.replace_contents(_to_gfile(file), _to_gbytes(contents), etag, flags, cancellable)[1]

    def _replace_contents_async(file, contents, etag=None, flags=0, io_priority=GLib.PRIORITY_DEFAULT,
                                cancellable=None, callback=None, *user_data):
        arguments = _to_gfile(file), _to_gbytes(contents), etag, flags
        if callback is None:
            return _await_in_thread(_replace_contents, *arguments, cancellable)
        return Temp.replace_contents_async(*arguments, io_priority, cancellable, callback, *user_data)

    def _replace_contents_finish(result):
        return Temp.replace_contents_finish(result)[1]

    _publish("replace_contents", staticmethod(_replace_contents))
    _publish("replace_contents_async", staticmethod(_replace_contents_async))
    _publish("replace_contents_finish", staticmethod(_replace_contents_finish))

if hasattr(Temp, "sweep"):
    def _sweep(cancellable=None):
        return Temp.sweep(cancellable)[1]

    _publish("sweep", staticmethod(_sweep))


def _install_as_tempfile():
    """Makes `import tempfile` give this module from now on, in the whole program.

    Modules that have imported CPython's before go on with it: call this first.
    """
    sys.modules["tempfile"] = _module


_publish("install_as_tempfile", staticmethod(_install_as_tempfile))

def _prepare(*functions):
    """Has PyGObject look up the types of arguments now.

    It imports their modules on the first call, which fails if that is at the end of the interpreter: in a `__del__()`, or in
    the `finally` of a generator.
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
