# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""What Temp has in Python besides the library itself: the GObjects as Python has
files and directories, and all of Python's own module tempfile, on top of them.
"""

import errno
import io
import os
import sys
import types
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

# What Python's module has, and the private names that CPython's tests use to test the
# public ones. The library's own go to the module in another way, below.
__all__ = [
    "NamedTemporaryFile",
    "SpooledTemporaryFile",
    "TMP_MAX",
    "TemporaryDirectory",
    "TemporaryFile",
    "gettempdir",
    "gettempdirb",
    "gettempprefix",
    "gettempprefixb",
    "mkdtemp",
    "mkstemp",
    "mktemp",
    "tempdir",
    "_bin_openflags",
    "_infer_return_type",
    "_text_openflags",
]

_module = sys.modules["gi.repository.Temp"]
_variables = _module.__dict__

# Looked up once: these are called the most.
_new = Temp.File.new
_new_named = Temp.File.new_named
_get_fd = Temp.File.get_fd
_get_path = Temp.File.get_path
_close = Gio.IOStream.close
_mkstemp = Temp.mkstemp

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
        return _close(self, cancellable)

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


# The value of tempdir that is the library's default directory too: a str, and absolute.
_library_tempdir = None


def _set_variable(self, name, value):
    """Follows an assignment to tempdir, which is for the library's default directory too."""
    global _library_tempdir
    if name == "tempdir" and name in _variables:
        try:
            Temp.set_default_dir(_to_path(value))
        except (GLib.Error, TypeError, ValueError):
            pass  # as in Python's, it fails when it is used
        else:
            if type(value) is str and value == os.path.abspath(value):
                _library_tempdir = value
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

_module_type.__setattr__ = _set_variable

# Python's module tempfile

tempdir = None
TMP_MAX = getattr(os, "TMP_MAX", 10000)
_TEMPLATE = "tmp"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"
_text_openflags = _bin_openflags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


# A GError tells less than errno does: the first of each is the usual one, and the
# message tells which of them it was.
_ERRNOS = {
    Gio.IOErrorEnum.NOT_FOUND: (errno.ENOENT,),
    Gio.IOErrorEnum.INVALID_FILENAME: (errno.ENOENT, errno.EINVAL),
    Gio.IOErrorEnum.PERMISSION_DENIED: (errno.EACCES, errno.EPERM),
    Gio.IOErrorEnum.EXISTS: (errno.EEXIST,),
    Gio.IOErrorEnum.NOT_DIRECTORY: (errno.ENOTDIR,),
    Gio.IOErrorEnum.IS_DIRECTORY: (errno.EISDIR,),
    Gio.IOErrorEnum.NOT_EMPTY: (errno.ENOTEMPTY,),
    Gio.IOErrorEnum.NO_SPACE: (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM),
    Gio.IOErrorEnum.READ_ONLY: (errno.EROFS,),
    Gio.IOErrorEnum.TOO_MANY_OPEN_FILES: (errno.EMFILE, errno.ENFILE),
    Gio.IOErrorEnum.FILENAME_TOO_LONG: (errno.ENAMETOOLONG,),
    Gio.IOErrorEnum.TOO_MANY_LINKS: (errno.ELOOP, errno.EMLINK),
    Gio.IOErrorEnum.INVALID_ARGUMENT: (errno.EINVAL,),
    Gio.IOErrorEnum.NOT_SUPPORTED: (errno.EOPNOTSUPP, errno.ENOSYS),
    Gio.IOErrorEnum.BUSY: (errno.EBUSY,),
}


def _os_error(error, path):
    """Gives the exception that Python's module would have raised."""
    cause = error.message.rpartition(": ")[2]
    numbers = _ERRNOS.get(error.code, ()) if error.domain == "g-io-error-quark" else ()
    for number in numbers or errno.errorcode:
        if os.strerror(number) == cause:
            break
    else:
        if not numbers:
            return OSError(errno.EIO, error.message, path)
        number = numbers[0]

    return OSError(number, os.strerror(number), path)


def _infer_return_type(*args):
    """Gives the type that a name made from these has, str or bytes."""
    kind = None
    for arg in args:
        if arg is None:
            continue
        if isinstance(arg, os.PathLike):
            arg = os.fspath(arg)
        kind_of_arg = bytes if isinstance(arg, bytes) else str
        if kind is not None and kind is not kind_of_arg:
            raise TypeError("Can't mix bytes and non-bytes in path components.")
        kind = kind_of_arg

    if kind is None:
        tempdir = _variables.get("tempdir")
        kind = str if tempdir is None or isinstance(tempdir, str) else bytes
    return kind




def _find_tempdir():
    global _library_tempdir
    found = _variables.get("tempdir")
    if found is None:
        try:
            found = os.path.abspath(Temp.get_default_dir())
        except GLib.Error as error:
            raise FileNotFoundError(errno.ENOENT, error.message) from None
        _variables["tempdir"] = _library_tempdir = found
    return found


def _complete(prefix, suffix, dir):
    """Gives where and under which names to make something, and the type of its name."""
    if prefix is suffix is dir is None:
        dir = _variables.get("tempdir")
        if dir is not None and dir is _library_tempdir:
            return dir, None, None, str

    kind = _infer_return_type(prefix, suffix, dir)
    dir = os.path.abspath(_find_tempdir() if dir is None else dir)
    if prefix is not None:
        # The library refuses a name that leads elsewhere; for Python's module, it is just a path.
        head, prefix = os.path.split(prefix)
        if head:
            dir = os.path.join(os.fsdecode(dir), os.fsdecode(head))
    return dir, prefix, _to_path(suffix), kind


def _as_kind(path, kind):
    return path if kind is str else os.fsencode(path)


def gettempprefix():
    """The default prefix of names, as str."""
    return _TEMPLATE


def gettempprefixb():
    """The default prefix of names, as bytes."""
    return _TEMPLATE.encode()


def gettempdir():
    """The default directory, as str."""
    return os.fsdecode(_find_tempdir())


def gettempdirb():
    """The default directory, as bytes."""
    return os.fsencode(_find_tempdir())


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    """Makes a file that is the caller's to delete; returns its descriptor and its absolute path."""
    dir, prefix, suffix, kind = _complete(prefix, suffix, dir)
    try:
        fd, path = _mkstemp(None if dir is _library_tempdir else dir, prefix, suffix)
    except GLib.Error as error:
        raise _os_error(error, _as_kind(os.fsdecode(dir), kind)) from None

    try:
        sys.audit("tempfile.mkstemp", path)
    except BaseException:
        os.close(fd)
        os.unlink(path)
        raise
    return fd, _as_kind(path, kind)


def mkdtemp(suffix=None, prefix=None, dir=None):
    """Makes a directory that is the caller's to delete; returns its absolute path."""
    dir, prefix, suffix, kind = _complete(prefix, suffix, dir)
    try:
        path = Temp.mkdtemp(None if dir is _library_tempdir else dir, prefix, suffix)
    except GLib.Error as error:
        raise _os_error(error, _as_kind(os.fsdecode(dir), kind)) from None

    try:
        sys.audit("tempfile.mkdtemp", path)
    except BaseException:
        os.rmdir(path)
        raise
    return _as_kind(path, kind)


def mktemp(suffix="", prefix=_TEMPLATE, dir=None):
    """Gives a path at which there is nothing yet. Deprecated: somebody else may be there first."""
    dir = os.path.abspath(gettempdir() if dir is None else dir)
    for _ in range(TMP_MAX):
        number = int.from_bytes(os.urandom(16), "little")
        letters = ""
        for _ in range(8):
            number, index = divmod(number, len(_LETTERS))
            letters += _LETTERS[index]
        path = os.path.join(dir, prefix + letters + suffix)
        if not os.path.lexists(path):
            return path
    raise FileExistsError(errno.EEXIST, "No usable temporary filename found")


def _create_nameless(dir, kind):
    try:
        # The kernel looks after such a file: a Temp.File would be made only to
        # have its descriptor taken away, which takes as long as all the rest.
        return os.open(dir, os.O_RDWR | os.O_TMPFILE, 0o600)
    except OSError:
        try:
            file = Temp.File.new(dir)
            return os.dup(file.get_fd())
        except GLib.Error as error:
            raise _os_error(error, _as_kind(os.fsdecode(dir), kind)) from None


def TemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None,
                  suffix=None, prefix=None, dir=None, *, errors=None):
    """Makes a file without a name; returns a file object of Python's."""
    if "b" not in mode:
        encoding = io.text_encoding(encoding)
    dir, prefix, suffix, kind = _complete(prefix, suffix, dir)

    fd = _create_nameless(dir, kind)
    try:
        raw = io.FileIO(fd, mode.replace("t", ""))
    except BaseException:
        os.close(fd)
        raise
    try:
        return _build_file(raw, mode, buffering, encoding, errors, newline)
    except BaseException:
        raw.close()
        raise


class _KeptFile:
    """The owner of a descriptor, in place of a Temp.File, if nothing is to be deleted."""

    __slots__ = ("fd",)

    def __init__(self, fd):
        self.fd = fd

    def close(self, close=os.close):
        fd, self.fd = self.fd, -1
        if fd >= 0:
            close(fd)

    __del__ = close


class _TemporaryFileWrapper:
    """A file object with a name, which deletes its file."""

    def __init__(self, file, name, raw, owner, delete):
        self.file = file
        self.name = name
        self._raw = raw
        # Whoever has no more than the file object, or a method of it, has the
        # Temp.File too, and so the descriptor.
        raw._owner = self._owner = owner
        self._delete = delete

    @property
    def delete(self):
        return self._delete

    @delete.setter
    def delete(self, delete):
        self._delete = delete
        if isinstance(self._owner, File):
            self._owner.set_auto_delete(bool(delete))

    def __getattr__(self, name):
        attribute = getattr(self.__dict__["file"], name)
        if callable(attribute):
            setattr(self, name, attribute)  # the next time, it is there
        return attribute

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, exc_type, exc, traceback):
        try:
            self.close()
        finally:
            # With the last references goes what closing has left.
            self._owner = self._raw._owner = None

    def close(self):
        """Closes the file, and deletes it unless that is for later."""
        try:
            self.file.close()
        finally:
            owner = self._owner
            if isinstance(owner, File):
                try:
                    _close(owner)
                except GLib.Error as error:
                    raise _os_error(error, self.name) from None
            elif owner is not None:
                owner.close()

    def __iter__(self):
        # Not the file's iterator: that would not keep this object.
        for line in self.file:
            yield line


def NamedTemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None,
                       suffix=None, prefix=None, dir=None, delete=True, *,
                       errors=None, delete_on_close=True):
    """Makes a file with a name; returns an object like a file object, with its path as `name`."""
    if "b" not in mode:
        encoding = io.text_encoding(encoding)
    dir, prefix, suffix, kind = _complete(prefix, suffix, dir)

    try:
        where = None if dir is _library_tempdir else dir
        if delete:
            owner = _new_named(where, prefix, suffix)
            fd, path = _get_fd(owner), _get_path(owner)
        else:
            fd, path = _mkstemp(where, prefix, suffix)
            owner = _KeptFile(fd)
    except GLib.Error as error:
        raise _os_error(error, _as_kind(os.fsdecode(dir), kind)) from None

    try:
        sys.audit("tempfile.mkstemp", path)
        name = path if kind is str else os.fsencode(path)
        if mode == "w+b" and buffering == -1 and encoding is errors is newline is None:
            raw = io.FileIO(fd, "w+b", False)
            file = io.BufferedRandom(raw)
        else:
            raw = io.FileIO(fd, mode.replace("t", ""), False)
            file = _build_file(raw, mode, buffering, encoding, errors, newline)
        raw.name = name
        wrapper = _TemporaryFileWrapper(file, name, raw, owner, delete)
        if delete and not delete_on_close:
            owner.set_delete_on_close(False)
        return wrapper
    except BaseException:
        owner.close()
        if not delete:
            os.unlink(path)
        raise


class SpooledTemporaryFile(io.IOBase):
    """A file in memory, which becomes one on disk when it grows, or when its descriptor is asked for."""

    _rolled = False
    _file = io.BytesIO()
    _file.close()

    def __init__(self, max_size=0, mode="w+b", buffering=-1, encoding=None, newline=None,
                 suffix=None, prefix=None, dir=None, *, errors=None):
        file = io.BytesIO()
        if "b" not in mode:
            encoding = io.text_encoding(encoding)
            file = io.TextIOWrapper(file, encoding, errors, newline)
        self._file = file
        self._max_size = max_size
        self._arguments = mode, buffering, encoding, newline, suffix, prefix, dir
        self._errors = errors

    __class_getitem__ = classmethod(types.GenericAlias)

    def _roll_if_large(self):
        if not self._rolled and self._max_size and self._file.tell() > self._max_size:
            self.rollover()

    def rollover(self):
        """Moves it to disk, whatever its size."""
        if self._rolled:
            return
        memory = self._file
        disk = TemporaryFile(*self._arguments, errors=self._errors)
        try:
            position = memory.tell()
            memory.flush()
            with getattr(memory, "buffer", memory).getbuffer() as data:
                getattr(disk, "buffer", disk).write(data)
            disk.flush()
            disk.seek(position)
        except BaseException:
            disk.close()
            raise
        self._file = disk
        self._rolled = True

    def __enter__(self):
        if self._file.closed:
            raise ValueError("Cannot enter context with closed file")
        return self

    def __exit__(self, exc_type, exc, traceback):
        self._file.close()

    def __iter__(self):
        return self._file.__iter__()

    def __next__(self):
        return self._file.__next__()

    def __del__(self, warn=warnings.warn):
        if not self.closed:
            warn(f"Unclosed file {self!r}", ResourceWarning, stacklevel=2, source=self)
            self.close()

    # Each asks for the file anew: it is another one once it has moved.

    def close(self):
        self._file.close()

    @property
    def closed(self):
        return self._file.closed

    @property
    def encoding(self):
        return self._file.encoding

    @property
    def errors(self):
        return self._file.errors

    @property
    def newlines(self):
        return self._file.newlines

    @property
    def mode(self):
        return getattr(self._file, "mode", self._arguments[0])

    @property
    def name(self):
        return self._file.name if self._rolled else None

    def fileno(self):
        self.rollover()
        return self._file.fileno()

    def flush(self):
        self._file.flush()

    def isatty(self):
        return self._file.isatty()

    def readable(self):
        return self._file.readable()

    def read(self, *args):
        return self._file.read(*args)

    def read1(self, *args):
        return self._file.read1(*args)

    def readinto(self, buffer):
        return self._file.readinto(buffer)

    def readinto1(self, buffer):
        return self._file.readinto1(buffer)

    def readline(self, *args):
        return self._file.readline(*args)

    def readlines(self, *args):
        return self._file.readlines(*args)

    def seekable(self):
        return self._file.seekable()

    def seek(self, *args):
        return self._file.seek(*args)

    def tell(self):
        return self._file.tell()

    def truncate(self, size=None):
        if size is None:
            return self._file.truncate()
        if size > self._max_size:
            self.rollover()
        return self._file.truncate(size)

    def writable(self):
        return self._file.writable()

    def write(self, data):
        written = self._file.write(data)
        self._roll_if_large()
        return written

    def writelines(self, lines):
        # One after the other, until it is on disk: all of them may be too many for memory.
        lines = iter(lines)
        if self._max_size and not self._rolled:
            for line in lines:
                self.write(line)
                if self._rolled:
                    break
        self._file.writelines(lines)

    def detach(self):
        return self._file.detach()


def _delete_dir(owner, name, glib_error=GLib.Error):
    try:
        owner.delete(None)
    except glib_error as error:
        raise _os_error(error, name) from None


def _delete_forgotten_dir(owner, name, message, pid, warn=warnings.warn, getpid=os.getpid):
    # A child that was forked off deletes only what it is told to.
    if owner.get_auto_delete() and getpid() == pid:
        _delete_dir(owner, name)
        warn(message, ResourceWarning)


class TemporaryDirectory:
    """A directory that is deleted with all that is in it."""

    def __init__(self, suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False, *, delete=True):
        dir, prefix, suffix, kind = _complete(prefix, suffix, dir)
        properties = {}
        if ignore_cleanup_errors:
            properties["ignore_errors"] = True
        if not delete:
            properties["auto_delete"] = False
        try:
            owner = Dir(dir=None if dir is _library_tempdir else dir, prefix=prefix, suffix=suffix, **properties)
        except GLib.Error as error:
            raise _os_error(error, _as_kind(os.fsdecode(dir), kind)) from None

        path = owner.get_path()
        try:
            sys.audit("tempfile.mkdtemp", path)
        except BaseException:
            owner.set_auto_delete(True)
            raise
        self.name = _as_kind(path, kind)
        self._owner = owner
        self._finalizer = weakref.finalize(self, _delete_forgotten_dir, owner, self.name,
                                           f"Implicitly cleaning up {self!r}", os.getpid())

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"

    def __enter__(self):
        return self.name

    def __exit__(self, exc_type, exc, traceback):
        if self._owner.get_auto_delete():
            self.cleanup()

    def cleanup(self):
        """Deletes it now."""
        self._finalizer.detach()
        _delete_dir(self._owner, self.name)

    __class_getitem__ = classmethod(types.GenericAlias)
