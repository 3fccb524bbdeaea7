# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""The programs that are measured: ours in the build folder, and the peers that this machine has."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1]
OURS = ("tempfile-glib", "Python", "GJS")
DEBIAN_CRATES = Path("/usr/share/cargo/registry")


class Program:
    """Something with the command line of benchmark.h."""

    def __init__(self, name, command, **environment):
        self.name = name
        self.command = [str(word) for word in command]
        self.environment = environment

    def run(self, *args):
        """Gives what it prints; RuntimeError: why it failed."""
        done = subprocess.run([*self.command, *map(str, args)], capture_output=True, text=True,
                              env={**os.environ, **self.environment})
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            raise RuntimeError(f"{self.name}: {lines[-1]}")
        return done.stdout

    def list(self):
        return self.run("list").split()


def find_python():
    """Gives the Python that has PyGObject, which need not be the first in the path."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import gi"], capture_output=True).returncode == 0:
            return python
    raise RuntimeError("there is no Python with PyGObject")


def find_ours(build):
    return Program("tempfile-glib", [build / "tests/benchmarks/tempfile-benchmark"])


def find_languages(build):
    """Gives the programs of the two languages, if the introspection data was built."""
    library = build / "tempfile-glib"
    if not (library / "Temp-1.typelib").exists():
        return

    def paths(**variables):
        return {name: ":".join(filter(None, [str(path), os.environ.get(name)])) for name, path in variables.items()}

    common = paths(GI_TYPELIB_PATH=library, LD_LIBRARY_PATH=library)
    bindings = SOURCES / "tempfile-glib/bindings"
    try:
        yield Program("Python", [find_python(), HERE / "temp-python.py"], **common, **paths(PYTHONPATH=bindings))
    except RuntimeError as e:
        print(f"Python is left out: {e}", file=sys.stderr)
    if gjs := shutil.which("gjs"):
        yield Program("GJS", [gjs, "-m", HERE / "temp-gjs.js"], **common, **paths(GJS_PATH=bindings / "gi"))
    else:
        print("GJS is left out: there is no gjs", file=sys.stderr)


def shell(*command, **kwargs):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, **kwargs).stdout.strip()
    except FileNotFoundError as e:
        raise RuntimeError(f"there is no {command[0]}") from e
    except subprocess.CalledProcessError as e:
        raise RuntimeError((e.stderr.strip().splitlines() or [str(e)])[-1]) from e


def build_rust(folder):
    """Builds without network: from Debian's crates, else from those that cargo has fetched before."""
    if shutil.which("cargo") is None:
        raise RuntimeError("there is no cargo")
    shutil.copytree(HERE / "peers/rust", folder / "rust", dirs_exist_ok=True)
    options = []
    if any(DEBIAN_CRATES.glob("tempfile-*")):
        options = ["--config", 'source.crates-io.replace-with="debian"',
                   "--config", f'source.debian.directory="{DEBIAN_CRATES}"']
    shell("cargo", "build", "--offline", "--release", *options, cwd=folder / "rust")
    return [folder / "rust/target/release/peer"]


def build_qt(folder, package):
    flags = shell("pkg-config", "--cflags", "--libs", package, "gio-2.0").split()
    shell("c++", "-O2", "-std=c++17", "-fPIC", "-o", folder / package, HERE / "peers/qt.cpp",
          "-x", "c", "-D_GNU_SOURCE", HERE / "benchmark.c", "-x", "none", *flags)
    return [folder / package]


def find_peers(build, wanted=None):
    """Gives the peers that are there, or can be built of what is there; says which are not."""
    folder = build / "peers"
    folder.mkdir(exist_ok=True)
    recipes = {
        "Rust": lambda: build_rust(folder),
        "GLib": lambda: [build / "tests/benchmarks/peer-glib"],
        "Qt 6": lambda: build_qt(folder, "Qt6Core"),
        "Qt 5": lambda: build_qt(folder, "Qt5Core"),
        "CPython": lambda: [find_python(), HERE / "peers/cpython.py"],
    }
    for name, recipe in recipes.items():
        if wanted is not None and name not in wanted:
            continue
        try:
            yield Program(name, recipe())
        except RuntimeError as e:
            print(f"{name} is left out: {e}", file=sys.stderr)


def parse_extra(text):
    """NAME=COMMAND, one more program."""
    name, _, command = text.partition("=")
    return Program(name, shlex.split(command))
