# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Python's own module tempfile, on top of the library.

Temp.py runs this file in the namespace of Temp itself. A program that replaces a name there, a private one too,
replaces it for the functions here, as it does in CPython's module. All other names begin with `_`.

While the program has replaced nothing, the library makes files and directories, and a sweep knows their names. Else the
functions take the steps that CPython's take, and use what the program has put there.
"""

import errno as _errno
import functools as _functools
import io as _io
import os as _os
import sys as _sys
import types as _types
import warnings as _warnings
import weakref as _weakref

from gi.repository import Gio as _Gio
from gi.repository import GLib as _GLib

from gi.module import get_introspection_module as _get_introspection_module

# Temp.py puts here, before it runs this file: _build_file(), which does what io.open() does with a descriptor.

__all__ = [
    "NamedTemporaryFile",
    "TemporaryFile",
    "SpooledTemporaryFile",
    "TemporaryDirectory",
    "mkstemp",
    "mkdtemp",
    "mktemp",
    "TMP_MAX",
    "gettempprefix",
    "tempdir",
    "gettempdir",
    "gettempprefixb",
    "gettempdirb",
]

_library = _get_introspection_module("Temp")
_new = _library.File.new
_new_named = _library.File.new_named
_get_fd = _library.File.get_fd
_get_path = _library.File.get_path
_new_dir = _library.Dir.new
_library_mkstemp = _library.mkstemp
_library_mkdtemp = _library.mkdtemp
_library_default_dir = _library.get_default_dir
_library_remove_tree = getattr(_library, "remove_tree", None)
_close_stream = _Gio.IOStream.close
_Dir = _sys.modules["gi.repository.Temp"].Dir

tempdir = None
template = "tmp"
TMP_MAX = getattr(_os, "TMP_MAX", 10000)
_text_openflags = _bin_openflags = _os.O_RDWR | _os.O_CREAT | _os.O_EXCL | getattr(_os, "O_NOFOLLOW", 0)
_O_TMPFILE_WORKS = hasattr(_os, "O_TMPFILE")
_name_sequence = None

# The value of tempdir that is the library's default directory, too: a str, and absolute.
_library_tempdir = None

# Errors

# A GError tells less than errno does. The first of each is the usual one; the message tells which of them it was.
_ERRNOS = {
    _Gio.IOErrorEnum.NOT_FOUND: (_errno.ENOENT,),
    _Gio.IOErrorEnum.INVALID_FILENAME: (_errno.ENOENT, _errno.EINVAL),
    _Gio.IOErrorEnum.PERMISSION_DENIED: (_errno.EACCES, _errno.EPERM),
    _Gio.IOErrorEnum.EXISTS: (_errno.EEXIST,),
    _Gio.IOErrorEnum.NOT_DIRECTORY: (_errno.ENOTDIR,),
    _Gio.IOErrorEnum.IS_DIRECTORY: (_errno.EISDIR,),
    _Gio.IOErrorEnum.NOT_EMPTY: (_errno.ENOTEMPTY,),
    _Gio.IOErrorEnum.NO_SPACE: (_errno.ENOSPC, _errno.EDQUOT, _errno.ENOMEM),
    _Gio.IOErrorEnum.READ_ONLY: (_errno.EROFS,),
    _Gio.IOErrorEnum.TOO_MANY_OPEN_FILES: (_errno.EMFILE, _errno.ENFILE),
    _Gio.IOErrorEnum.FILENAME_TOO_LONG: (_errno.ENAMETOOLONG,),
    _Gio.IOErrorEnum.TOO_MANY_LINKS: (_errno.ELOOP, _errno.EMLINK),
    _Gio.IOErrorEnum.INVALID_ARGUMENT: (_errno.EINVAL,),
    _Gio.IOErrorEnum.NOT_SUPPORTED: (_errno.EOPNOTSUPP, _errno.ENOSYS),
    _Gio.IOErrorEnum.BUSY: (_errno.EBUSY,),
}


# Of the languages that messages are in.
_QUOTES = str.maketrans("“”„«»", '"""""')


def _find_path(message, path):
    """Returns the path that a message names, if it is at or below `path`; else `path`."""
    quoted = message.translate(_QUOTES).split('"')[1::2]
    # A message about what is in a directory names both; one of them is absolute.
    quoted.sort(key=lambda name: not name.startswith("/"))
    found = _os.path.join(*quoted[:2]) if quoted else ""
    return _as_kind(found, type(path)) if found.startswith(_os.fsdecode(path)) else path


def _os_error(error, path):
    """Returns the exception that CPython's module raises in place of a GLib.Error."""
    message = error.message.partition(" … ")[0]
    numbers = _ERRNOS.get(error.code, ()) if error.domain == "g-io-error-quark" else ()
    for number in numbers or _errno.errorcode:
        if message.endswith(f": {_os.strerror(number)}"):
            break
    else:
        if not numbers:
            return OSError(_errno.EIO, error.message, path)
        number = numbers[0]
    return OSError(number, _os.strerror(number), _find_path(error.message, path))


# Where, and under which names


def _exists(path):
    try:
        _os.lstat(path)
    except OSError:
        return False
    return True


def _as_kind(path, kind):
    return path if kind is str else _os.fsencode(path)


def _infer_return_type(*args):
    """Returns the type that a name made from these has, str or bytes."""
    kind = None
    for arg in args:
        if arg is None:
            continue
        if isinstance(arg, _os.PathLike):
            arg = _os.fspath(arg)
        kind_of_arg = bytes if isinstance(arg, bytes) else str
        if kind is not None and kind is not kind_of_arg:
            raise TypeError("Can't mix bytes and non-bytes in path components.")
        kind = kind_of_arg

    if kind is None:
        kind = str if tempdir is None or isinstance(tempdir, str) else bytes
    return kind


def _sanitize_params(prefix, suffix, dir):
    """Returns prefix, suffix and directory with their defaults, and the type of the names."""
    kind = _infer_return_type(prefix, suffix, dir)
    if suffix is None:
        suffix = kind()
    if prefix is None:
        prefix = template if kind is str else _os.fsencode(template)
    if dir is None:
        dir = gettempdir() if kind is str else gettempdirb()
    return prefix, suffix, dir, kind


# 32 letters, so that each of them takes five bits of a byte.
_LETTERS = bytes.maketrans(bytes(range(256)), b"abcdefghijklmnopqrstuvwxyz234567" * 8)


class _RandomNameSequence:
    """Yields unpredictable names of eight letters, to any number of threads and forked processes."""

    characters = "abcdefghijklmnopqrstuvwxyz0123456789_"

    def __iter__(self):
        return self

    def __next__(self, urandom=_os.urandom, letters=_LETTERS):
        return urandom(8).translate(letters).decode()


def _get_candidate_names():
    """Returns the sequence of names, which is the same one each time."""
    global _name_sequence
    if _name_sequence is None:
        _name_sequence = _RandomNameSequence()
    return _name_sequence


def _candidate_tempdir_list():
    """Returns the directories that CPython tries. The library tries them too, but not the current one."""
    candidates = [_os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if _os.environ.get(name)]
    candidates += ["/tmp", "/var/tmp", "/usr/tmp"]
    try:
        candidates.append(_os.getcwd())
    except OSError:
        candidates.append(_os.curdir)
    return candidates


def _get_default_tempdir():
    """Returns the first of the candidates that takes a file."""
    candidates = _candidate_tempdir_list()
    names = _RandomNameSequence()
    for dir in candidates:
        if dir != _os.curdir:
            dir = _os.path.abspath(dir)
        for _ in range(100):
            path = _os.path.join(dir, next(names))
            try:
                fd = _os.open(path, _bin_openflags, 0o600)
                try:
                    try:
                        _os.write(fd, b"blat")
                    finally:
                        _os.close(fd)
                finally:
                    _os.unlink(path)
                return dir
            except FileExistsError:
                pass
            except OSError:
                break
    raise FileNotFoundError(_errno.ENOENT, f"No usable temporary directory found in {candidates}")


def _gettempdir():
    global tempdir, _library_tempdir
    if tempdir is None:
        if (_get_default_tempdir, _candidate_tempdir_list) == _own_candidates:
            try:
                tempdir = _library_tempdir = _os.path.abspath(_library_default_dir())
            except _GLib.Error as error:
                raise FileNotFoundError(_errno.ENOENT, error.message) from None
        else:
            tempdir = _get_default_tempdir()
    return tempdir


def _is_own():
    """Tells whether the library makes names: the program has replaced nothing that does so."""
    return ((_get_candidate_names, _RandomNameSequence, _mkstemp_inner, _sanitize_params, _infer_return_type,
             gettempdir, gettempdirb, _gettempdir, template) == _own_names
            and (_name_sequence is None or type(_name_sequence) is _RandomNameSequence))


def _complete(prefix, suffix, dir):
    """Returns the directory, prefix and suffix for the library, and the type of the name.

    The directory is None if the library cannot make it: the program has replaced what makes names, or they lead to
    another directory.
    """
    if not _is_own():
        return None, prefix, suffix, None
    if prefix is suffix is dir is None and tempdir is not None and tempdir is _library_tempdir:
        return tempdir, None, None, str

    kind = _infer_return_type(prefix, suffix, dir)
    prefix, suffix = (name if name is None else _os.fspath(name) for name in (prefix, suffix))
    for name in prefix, suffix:
        if name and (b"/" if kind is bytes else "/") in name:
            return None, prefix, suffix, kind
    return _os.path.abspath(_gettempdir() if dir is None else dir), prefix, suffix, kind


def gettempprefix():
    """Returns the default prefix of names, as str."""
    return _os.fsdecode(template)


def gettempprefixb():
    """Returns the default prefix of names, as bytes."""
    return _os.fsencode(template)


def gettempdir():
    """Returns the default directory, as str."""
    if type(tempdir) is str:
        return tempdir
    return _os.fsdecode(_gettempdir())


def gettempdirb():
    """Returns the default directory, as bytes."""
    return _os.fsencode(_gettempdir())


# Files and directories that are the caller's

# `value, = map(function, …)` calls a function and stores what it returns with no instant in between at which Python
# could raise KeyboardInterrupt: the descriptor always has an owner.


def _mkstemp_inner(dir, pre, suf, flags, output_type):
    """Makes a file under one of the candidate names; returns its descriptor and path."""
    dir = _os.path.abspath(dir)
    names = _get_candidate_names()
    if output_type is bytes:
        names = map(_os.fsencode, names)
    for _ in range(TMP_MAX):
        path = _os.path.join(dir, pre + next(names) + suf)
        _sys.audit("tempfile.mkstemp", path)
        try:
            fd = _os.open(path, flags, 0o600)
        except FileExistsError:
            continue
        return fd, path
    raise FileExistsError(_errno.EEXIST, "No usable temporary file name found")


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    """Makes a file that is the caller's to delete; returns its descriptor and its absolute path.

    Only the user can read and write it. The names are bytes if the arguments are. `text` makes no difference here.
    """
    where, start, end, kind = _complete(prefix, suffix, dir)
    if where is None:
        prefix, suffix, dir, kind = _sanitize_params(prefix, suffix, dir)
        return _mkstemp_inner(dir, prefix, suffix, _text_openflags if text else _bin_openflags, kind)

    try:
        (fd, path), = map(_library_mkstemp, (None if where is _library_tempdir else where,), (start,), (end,))
    except _GLib.Error as error:
        raise _os_error(error, _as_kind(_os.fsdecode(where), kind)) from None
    try:
        _sys.audit("tempfile.mkstemp", path)
        return fd, path if kind is str else _os.fsencode(path)
    except BaseException:
        _os.close(fd)
        _os.unlink(path)
        raise


def mkdtemp(suffix=None, prefix=None, dir=None):
    """Makes a directory that is the caller's to delete; returns its absolute path.

    Only the user can enter it. The path is bytes if the arguments are.
    """
    where, start, end, kind = _complete(prefix, suffix, dir)
    if where is None:
        return _mkdtemp_inner(suffix, prefix, dir)

    try:
        path, = map(_library_mkdtemp, (None if where is _library_tempdir else where,), (start,), (end,))
    except _GLib.Error as error:
        raise _os_error(error, _as_kind(_os.fsdecode(where), kind)) from None
    try:
        _sys.audit("tempfile.mkdtemp", path)
        return path if kind is str else _os.fsencode(path)
    except BaseException:
        _os.rmdir(path)
        raise


def _mkdtemp_inner(suffix, prefix, dir):
    """Makes a directory under one of the candidate names."""
    prefix, suffix, dir, kind = _sanitize_params(prefix, suffix, dir)
    names = _get_candidate_names()
    if kind is bytes:
        names = map(_os.fsencode, names)
    for _ in range(TMP_MAX):
        path = _os.path.join(dir, prefix + next(names) + suffix)
        _sys.audit("tempfile.mkdtemp", path)
        try:
            _os.mkdir(path, 0o700)
        except FileExistsError:
            continue
        return _os.path.abspath(path)
    raise FileExistsError(_errno.EEXIST, "No usable temporary directory name found")


def mktemp(suffix="", prefix=template, dir=None):
    """Returns a path at which there is nothing yet. Deprecated: somebody else may be there first."""
    if dir is None:
        dir = gettempdir()
    names = _get_candidate_names()
    for _ in range(TMP_MAX):
        path = _os.path.join(dir, prefix + next(names) + suffix)
        if not _exists(path):
            return path if path[:1] == "/" else _os.path.abspath(path)
    raise FileExistsError(_errno.EEXIST, "No usable temporary filename found")


# Files without a name


def _check_mode(mode):
    """Raises what io.open() raises for a mode, before there is a descriptor to lose."""
    letters = set(mode)
    if letters - set("axrwb+t") or len(mode) > len(letters):
        raise ValueError(f"invalid mode: {mode!r}")
    if len(letters & set("axrw")) != 1:
        raise ValueError("must have exactly one of create/read/write/append mode")


_CHECKED_MODES = {"w+b", "w+", "w", "wb", "r+b", "r+"}


def _open_raw(mode, open_, *arguments):
    """Returns the io.FileIO of the descriptor that a function returns."""
    if mode not in _CHECKED_MODES:
        _check_mode(mode)
    # A second item would be one of a second descriptor: there is none.
    raw, = map(_io.FileIO, map(open_, *arguments), (mode.replace("t", ""),))
    return raw


def _open_nameless(mode, dir, kind):
    try:
        # The kernel looks after such a file: a Temp.File would be made only to have its descriptor taken away, which
        # takes as long as all the rest.
        return _open_raw(mode, _os.open, (dir,), (_os.O_RDWR | _os.O_TMPFILE | _os.O_CLOEXEC,), (0o600,))
    except OSError:
        pass
    try:
        file = _new(dir)
    except _GLib.Error as error:
        raise _os_error(error, _as_kind(_os.fsdecode(dir), kind)) from None
    return _open_raw(mode, _os.dup, (_get_fd(file),))


def _open_deleted(mode, prefix, suffix, dir):
    """Does what CPython does where there are no files without a name."""
    prefix, suffix, dir, kind = _sanitize_params(prefix, suffix, dir)
    if _O_TMPFILE_WORKS:
        try:
            return _open_raw(mode, _os.open, (dir,), (_os.O_RDWR | _os.O_TMPFILE | _os.O_CLOEXEC,), (0o600,))
        except OSError:
            pass
    if mode not in _CHECKED_MODES:
        _check_mode(mode)
    fd, path = _mkstemp_inner(dir, prefix, suffix, _bin_openflags, kind)
    try:
        _os.unlink(path)
    except BaseException:
        _os.close(fd)
        raise
    return _io.FileIO(fd, mode.replace("t", ""))


def TemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None,
                  suffix=None, prefix=None, dir=None, *, errors=None):
    """Makes a file without a name; returns a file object.

    `mode`, `buffering`, `encoding`, `newline` and `errors` are those of open(). The file is gone when it is closed.
    """
    if "b" not in mode:
        encoding = _io.text_encoding(encoding)
    where, _, _, kind = _complete(prefix, suffix, dir)
    if where is None or not _O_TMPFILE_WORKS:
        raw = _open_deleted(mode, prefix, suffix, dir)
    else:
        raw = _open_nameless(mode, where, kind)
    try:
        return _build_file(raw, mode, buffering, encoding, errors, newline)
    except BaseException:
        raw.close()
        raise


# Files with a name


class _TemporaryFileCloser:
    """Closes a file object, and deletes the file of that name: the program has made both."""

    file = None
    cleanup_called = False
    close_called = False

    def __init__(self, file, name, delete=True, delete_on_close=True):
        self.file = file
        self.name = name
        self.delete = delete
        self.delete_on_close = delete_on_close

    def cleanup(self, unlink=_os.unlink):
        if not self.cleanup_called:
            self.cleanup_called = True
            try:
                if not self.close_called and self.file is not None:
                    self.close_called = True
                    self.file.close()
            finally:
                if self.delete:
                    try:
                        unlink(self.name)
                    except FileNotFoundError:
                        pass

    def close(self):
        if not self.close_called and self.file is not None:
            self.close_called = True
            try:
                self.file.close()
            finally:
                if self.delete and self.delete_on_close:
                    self.cleanup()

    def __del__(self):
        self.cleanup()


class _KeptFile:
    """Owns a descriptor in place of a Temp.File: the file is to stay, unless the program says otherwise."""

    fd = -1
    path = None
    auto_delete = False

    def close(self, cancellable=None, close=_os.close, unlink=_os.unlink):
        fd, self.fd = self.fd, -1
        if fd >= 0:
            close(fd)
        if self.auto_delete:
            self.auto_delete = False
            try:
                unlink(self.path)
            except FileNotFoundError:
                pass

    delete = close
    __del__ = close

    def get_auto_delete(self):
        return self.auto_delete

    def set_auto_delete(self, auto_delete):
        self.auto_delete = auto_delete


class _OwnerCloser:
    """Closes a file object and the Temp.File that has its descriptor, which then deletes the file."""

    __slots__ = "file", "name", "delete_on_close", "close_called", "_owner"

    def __init__(self, file, name, delete_on_close, owner):
        self.file = file
        self.name = name
        self.delete_on_close = delete_on_close
        self.close_called = False
        self._owner = owner

    @property
    def delete(self):
        return self._owner.get_auto_delete()

    @delete.setter
    def delete(self, delete):
        self._owner.set_auto_delete(bool(delete))

    # At the end of the interpreter, the names of this module may be gone.
    def close(self, glib_error=_GLib.Error, close=_close_stream, kept_file=_KeptFile):
        if self.close_called:
            return
        self.close_called = True
        try:
            self.file.close()
        finally:
            if type(self._owner) is kept_file:
                self._owner.close()
            else:
                try:
                    close(self._owner, None)
                except glib_error as error:
                    raise _os_error(error, self.name) from None

    def cleanup(self, glib_error=_GLib.Error):
        try:
            self.close()
        finally:
            if not self.delete_on_close and self._owner.get_auto_delete():
                try:
                    self._owner.delete(None)
                except glib_error as error:
                    raise _os_error(error, self.name) from None


class _TemporaryFileWrapper:
    """A file object with a name, which deletes its file.

    All that it does not have itself is that of the file object, `file`.
    """

    def __init__(self, file, name, delete=True, delete_on_close=True):
        self.file = file
        self.name = name
        self._closer = _TemporaryFileCloser(file, name, delete, delete_on_close)

    @property
    def delete(self):
        """Tells whether the file is deleted; can be changed."""
        return self._closer.delete

    @delete.setter
    def delete(self, delete):
        self._closer.delete = delete

    def __getattr__(self, name):
        attribute = getattr(self.__dict__["file"], name)
        if callable(attribute):
            if type(self.__dict__.get("_closer")) is _TemporaryFileCloser:
                attribute = _keep_closer(attribute, self._closer)
            setattr(self, name, attribute)  # the next time, it is there
        return attribute

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, exc_type, exc, traceback):
        try:
            return self.file.__exit__(exc_type, exc, traceback)
        finally:
            self._closer.cleanup()

    def close(self):
        """Closes the file, and deletes it unless that is for later."""
        self._closer.close()

    def __iter__(self):
        # Not the file's iterator: that would not keep this object.
        for line in self.file:
            yield line


def _keep_closer(method, closer):
    """Returns a function that does what a method does, and keeps its file open."""
    def call(*args, **kwargs):
        return method(*args, **kwargs)

    for name in "__name__", "__qualname__", "__doc__":
        try:
            setattr(call, name, getattr(method, name))
        except (AttributeError, TypeError):
            pass
    call._closer = closer
    return call


def NamedTemporaryFile(mode="w+b", buffering=-1, encoding=None, newline=None,
                       suffix=None, prefix=None, dir=None, delete=True, *,
                       errors=None, delete_on_close=True):
    """Makes a file with a name; returns an object like a file object, with its path as `name`.

    `mode`, `buffering`, `encoding`, `newline` and `errors` are those of open(). The file is deleted when it is closed;
    with `delete_on_close=False`, when the `with` block ends or the object is dropped; with `delete=False`, never.
    """
    if "b" not in mode:
        encoding = _io.text_encoding(encoding)
    where, start, end, kind = _complete(prefix, suffix, dir)
    if where is None or _TemporaryFileWrapper is not _OwnWrapper:
        return _open_named(mode, buffering, encoding, newline, suffix, prefix, dir, delete, errors, delete_on_close)

    inside = None if where is _library_tempdir else where
    try:
        if delete:
            owner = _new_named(inside, start, end)
            fd, path = _get_fd(owner), _get_path(owner)
        else:
            owner = _KeptFile()
            (owner.fd, owner.path), = map(_library_mkstemp, (inside,), (start,), (end,))
            fd, path = owner.fd, owner.path
    except _GLib.Error as error:
        raise _os_error(error, _as_kind(_os.fsdecode(where), kind)) from None

    raw = None
    try:
        _sys.audit("tempfile.mkstemp", path)
        name = path if kind is str else _os.fsencode(path)
        if mode == "w+b" and buffering == -1 and encoding is errors is newline is None:
            raw = _io.FileIO(fd, "w+b", False)
            file = _io.BufferedRandom(raw)
        else:
            raw = _io.FileIO(fd, mode.replace("t", ""), False)
            file = _build_file(raw, mode, buffering, encoding, errors, newline)
        raw.name = name
        # A program that has no more than the file object, or a method of it, has the owner too, and so the descriptor.
        raw._owner = owner
        wrapper = _OwnWrapper.__new__(_OwnWrapper)
        wrapper.file = file
        wrapper.name = name
        wrapper._closer = _OwnerCloser(file, name, delete_on_close, owner)
        if delete and not delete_on_close:
            owner.set_delete_on_close(False)
        return wrapper
    except BaseException:
        # The file object above uses the descriptor once more when it is dropped, unless this one is closed.
        if raw is not None:
            raw.close()
        if not delete:
            owner.auto_delete = True
        owner.close(None)
        raise


def _open_named(mode, buffering, encoding, newline, suffix, prefix, dir, delete, errors, delete_on_close):
    """Does what CPython's NamedTemporaryFile() does."""
    prefix, suffix, dir, kind = _sanitize_params(prefix, suffix, dir)
    name = None

    def opener(*args):
        nonlocal name
        fd, name = _mkstemp_inner(dir, prefix, suffix, _bin_openflags, kind)
        return fd

    try:
        file = _io.open(dir, mode, buffering, encoding, errors, newline, opener=opener)
        try:
            raw = getattr(file, "buffer", file)
            raw = getattr(raw, "raw", raw)
            raw.name = name
            return _TemporaryFileWrapper(file, name, delete, delete_on_close)
        except BaseException:
            file.close()
            raise
    except BaseException:
        if name is not None and _exists(name):
            _os.unlink(name)
        raise


# Files that begin in memory


class SpooledTemporaryFile(_io.IOBase):
    """A file in memory, which becomes one on disk when it grows, or when its descriptor is asked for."""

    _rolled = False
    _file = _io.BytesIO()
    _file.close()

    def __init__(self, max_size=0, mode="w+b", buffering=-1, encoding=None, newline=None,
                 suffix=None, prefix=None, dir=None, *, errors=None):
        file = _io.BytesIO()
        if "b" not in mode:
            encoding = _io.text_encoding(encoding)
            file = _io.TextIOWrapper(file, encoding, errors, newline)
        self._file = file
        self._max_size = max_size
        self._arguments = mode, buffering, encoding, newline, suffix, prefix, dir, errors

    @_functools.cached_property
    def _TemporaryFileArgs(self):
        # A program that asks for them may change them.
        names = "mode", "buffering", "encoding", "newline", "suffix", "prefix", "dir", "errors"
        return dict(zip(names, self._arguments))

    __class_getitem__ = classmethod(_types.GenericAlias)

    def _check(self, file):
        if not self._rolled and self._max_size and file.tell() > self._max_size:
            self.rollover()

    def rollover(self):
        """Moves it to disk, whatever its size."""
        if self._rolled:
            return
        memory = self._file
        if "_TemporaryFileArgs" in self.__dict__:
            disk = TemporaryFile(**self._TemporaryFileArgs)
        else:
            mode, buffering, encoding, newline, suffix, prefix, dir, errors = self._arguments
            disk = TemporaryFile(mode=mode, buffering=buffering, encoding=encoding, newline=newline, suffix=suffix,
                                 prefix=prefix, dir=dir, errors=errors)
        try:
            position = memory.tell()
            memory.flush()
            with getattr(memory, "buffer", memory).getbuffer() as data:
                getattr(disk, "buffer", disk).write(data)
            disk.seek(position)  # writes what is buffered
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

    def __del__(self, warn=_warnings.warn):
        if not self.closed:
            warn(f"Unclosed file {self!r}", ResourceWarning, stacklevel=2, source=self)
            self.close()

    # Each asks for the file anew: it is another one once it has moved.

    def close(self):
        """Closes the file, which is gone then."""
        self._file.close()

    @property
    def closed(self):
        """Tells whether the file is closed."""
        return self._file.closed

    @property
    def encoding(self):
        """The encoding of a text file."""
        return self._file.encoding

    @property
    def errors(self):
        """What a text file does about characters that it cannot encode."""
        return self._file.errors

    @property
    def newlines(self):
        """The ends of lines that a text file has read."""
        return self._file.newlines

    @property
    def mode(self):
        """The mode that the file was opened with."""
        return getattr(self._file, "mode", self._arguments[0])

    @property
    def name(self):
        """The name of the file on disk; None in memory."""
        return self._file.name if self._rolled else None

    def fileno(self):
        """Returns the descriptor of the file, which moves to disk for it."""
        self.rollover()
        return self._file.fileno()

    def flush(self):
        """Writes what is in buffers."""
        self._file.flush()

    def isatty(self):
        """Tells whether it is a terminal, which it is not."""
        return self._file.isatty()

    def readable(self):
        """Tells whether it can be read."""
        return self._file.readable()

    def read(self, *args):
        """Reads all, or as many bytes or characters as there are to be."""
        return self._file.read(*args)

    def read1(self, *args):
        """Reads, with at most one system call."""
        return self._file.read1(*args)

    def readinto(self, buffer):
        """Reads into a buffer; returns the number of bytes."""
        return self._file.readinto(buffer)

    def readinto1(self, buffer):
        """Reads into a buffer, with at most one system call."""
        return self._file.readinto1(buffer)

    def readline(self, *args):
        """Reads a line."""
        return self._file.readline(*args)

    def readlines(self, *args):
        """Reads all lines."""
        return self._file.readlines(*args)

    def seekable(self):
        """Tells whether it can be moved in."""
        return self._file.seekable()

    def seek(self, *args):
        """Moves to a position; returns it."""
        return self._file.seek(*args)

    def tell(self):
        """Returns the position."""
        return self._file.tell()

    def truncate(self, size=None):
        """Cuts the file off, or extends it, at the position or at a size."""
        if size is None:
            return self._file.truncate()
        if size > self._max_size:
            self.rollover()
        return self._file.truncate(size)

    def writable(self):
        """Tells whether it can be written."""
        return self._file.writable()

    def write(self, data):
        """Writes; returns how much."""
        file = self._file
        written = file.write(data)
        self._check(file)
        return written

    def writelines(self, lines):
        """Writes each of the lines."""
        # One after the other, until it is on disk: all of them may be too many for memory.
        lines = iter(lines)
        if self._max_size and not self._rolled:
            for line in lines:
                self.write(line)
                if self._rolled:
                    break
        self._file.writelines(lines)

    def detach(self):
        """Returns the buffer below a text file, which cannot be used any longer."""
        return self._file.detach()


# Directories


class _Finalizer(_weakref.finalize):
    """Deletes a directory when its object is forgotten, or when the program exits.

    A program that detaches it, or takes it off what is done at exit, keeps the directory.
    """

    __slots__ = ()

    def _set_auto_delete(self, auto_delete):
        info = self.peek()
        if info is not None and info[3]["owner"] is not None:
            info[3]["owner"].set_auto_delete(auto_delete)

    def detach(self):
        self._set_auto_delete(False)
        return super().detach()

    @property
    def atexit(self):
        return super().atexit

    @atexit.setter
    def atexit(self, atexit):
        self._set_auto_delete(bool(atexit))
        _weakref.finalize.atexit.__set__(self, atexit)


class TemporaryDirectory:
    """A directory that is deleted with all that is in it, with the path `name`.

    As a context manager, it gives its path, and is deleted when the block ends; with `delete=False`, it stays.
    """

    def __init__(self, suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False, *, delete=True):
        where, start, end, kind = _complete(prefix, suffix, dir)
        if where is None or mkdtemp is not _own_mkdtemp:
            owner = None
            self.name = mkdtemp(suffix, prefix, dir)
        else:
            owner = self._make(where, start, end, kind, ignore_cleanup_errors, delete)
        self._owner = owner
        self._ignore_cleanup_errors = ignore_cleanup_errors
        self._delete = delete
        self._finalizer = _Finalizer(self, self._cleanup, self.name, warn_message=f"Implicitly cleaning up {self!r}",
                                     ignore_errors=ignore_cleanup_errors, delete=delete, owner=owner,
                                     pid=_os.getpid())

    def _make(self, where, prefix, suffix, kind, ignore_errors, delete):
        inside = None if where is _library_tempdir else where
        try:
            if ignore_errors or not delete:
                properties = {"ignore_errors": True} if ignore_errors else {}
                owner = _Dir(dir=inside, prefix=prefix, suffix=suffix, auto_delete=delete, **properties)
            else:
                owner = _new_dir(inside, prefix, suffix)
        except _GLib.Error as error:
            raise _os_error(error, _as_kind(_os.fsdecode(where), kind)) from None

        path = owner.get_path()
        try:
            _sys.audit("tempfile.mkdtemp", path)
        except BaseException:
            owner.set_auto_delete(True)
            raise
        self.name = _as_kind(path, kind)
        return owner

    @classmethod
    def _rmtree(cls, name, ignore_errors=False, repeated=False):
        """Deletes a directory that need not be one of this class."""
        flags = _library.RemoveFlags.IGNORE_ERRORS if ignore_errors else _library.RemoveFlags.NONE
        try:
            _library_remove_tree(_Gio.File.new_for_path(_os.fsdecode(name)), flags, None, None, None)
        except _GLib.Error as error:
            if not ignore_errors and not error.matches(_Gio.io_error_quark(), _Gio.IOErrorEnum.NOT_FOUND):
                raise _os_error(error, name) from None

    _own_rmtree = _rmtree.__func__

    @classmethod
    def _remove(cls, owner, name, ignore_errors, glib_error=_GLib.Error):
        """Deletes the directory, in the way that the class has."""
        if owner is None:
            cls._rmtree(name, ignore_errors=ignore_errors)
        elif getattr(cls._rmtree, "__func__", None) is not cls._own_rmtree:
            try:
                cls._rmtree(name, ignore_errors=ignore_errors)
            finally:
                owner.set_auto_delete(False)
        else:
            try:
                owner.delete(None)
            except glib_error as error:
                raise _os_error(error, name) from None

    @classmethod
    def _cleanup(cls, name, warn_message, ignore_errors=False, delete=True, owner=None, pid=None,
                 warn=_warnings.warn, getpid=_os.getpid):
        # A child that was forked off deletes only what it is told to.
        if delete and (pid is None or getpid() == pid):
            cls._remove(owner, name, ignore_errors)
            warn(warn_message, ResourceWarning)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name!r}>"

    def __enter__(self):
        return self.name

    def __exit__(self, exc_type, exc, traceback):
        if self._delete:
            self.cleanup()

    def cleanup(self, detach=_weakref.finalize.detach):
        """Deletes it now."""
        if detach(self._finalizer) or self._owner is not None or _exists(self.name):
            self._remove(self._owner, self.name, self._ignore_cleanup_errors)

    __class_getitem__ = classmethod(_types.GenericAlias)


# A program has replaced nothing as long as these are what is there.

_OwnWrapper = _TemporaryFileWrapper
_own_mkdtemp = mkdtemp
_own_candidates = _get_default_tempdir, _candidate_tempdir_list
_own_names = (_get_candidate_names, _RandomNameSequence, _mkstemp_inner, _sanitize_params, _infer_return_type,
              gettempdir, gettempdirb, _gettempdir, template)
