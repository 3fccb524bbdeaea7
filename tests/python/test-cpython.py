# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Runs CPython's own tests of tempfile, with only the import changed."""

import importlib.util
import os
import re
import shutil
import sys
import tempfile
import types
import unittest

import support

# Names that a sweep knows are longer than CPython's. Others are not: of mkstemp() and mkdtemp(), and in a TemporaryDirectory.
LONG_NAMES = {
    "TestNamedTemporaryFile": r"^[a-z2-7]{16}$",
    "TestTemporaryDirectory": r"^([a-z2-7]{16}|[a-z0-9_-]{8})$",
}


def load():
    spec = importlib.util.find_spec("test.test_tempfile")
    if spec is None:
        raise unittest.SkipTest("CPython's tests are not installed (Debian: libpython3.11-testsuite)")
    with open(spec.origin, encoding="utf-8") as file:
        source = file.read()

    # The programs that the tests start are in the same text; Python is told there
    # not to look at PYTHONPATH.
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    source = re.sub(r"^( *)import tempfile$",
                    rf"\1import sys; sys.path[:0] = {paths!r}; "
                    r"from gi.repository import Temp as tempfile; tempfile.install_as_tempfile()",
                    source, flags=re.MULTILINE)
    module = types.ModuleType("test_tempfile")
    module.__file__ = spec.origin
    sys.modules[module.__name__] = module
    exec(compile(source, spec.origin, "exec"), module.__dict__)
    return module


def load_tests(loader, tests, pattern):
    # They write into the default directory, and into the current one.
    dir = tempfile.mkdtemp(prefix="temp-python-")
    unittest.addModuleCleanup(shutil.rmtree, dir)
    os.chdir(dir)
    os.environ.pop("G_TEST_TMPDIR", None)
    os.environ["TMPDIR"] = dir
    try:
        module = load()
    except unittest.SkipTest as skip:
        return unittest.TestSuite([support.skipped("test_tempfile", str(skip))])

    for name, pattern in LONG_NAMES.items():
        getattr(module, name).str_check = re.compile(pattern)
    return loader.loadTestsFromModule(module)


if __name__ == "__main__":
    support.main()
