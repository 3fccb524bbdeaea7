# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""What the tests in Python share: the library, a directory of their own, and TAP."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import gi

# Ledgers of these programs' own: if another has died, the first thing made here starts a sweep in a thread, which
# has descriptors while a test counts them. The library looks only once where they are.
STATE = tempfile.mkdtemp(prefix="temp-python-state-")
atexit.register(shutil.rmtree, STATE)
os.environ["XDG_STATE_HOME"] = os.environ["XDG_RUNTIME_DIR"] = STATE

gi.require_version("Temp", "1")

from gi.repository import Gio, GLib, Temp  # noqa: E402,F401


def skipped(name, reason):
    """Gives a test that is only there to say why it is not."""
    def test(self):
        self.skipTest(reason)
    return type("Skipped", (unittest.TestCase,), {name: test})(name)


class TestCase(unittest.TestCase):
    """Each test has a directory of its own, which is the default one."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="temp-python-")
        self.addCleanup(shutil.rmtree, self.dir)
        previous = Temp.tempdir
        self.addCleanup(setattr, Temp, "tempdir", previous)
        Temp.tempdir = self.dir

    def list(self):
        return sorted(os.listdir(self.dir))

    def run_program(self, text, *arguments):
        """Runs a program of Python in the test's directory; gives what it prints."""
        head = ("import gi; gi.require_version('Temp', '1')\n"
                "from gi.repository import Gio, GLib, Temp\n")
        environment = dict(os.environ, TMPDIR=self.dir)
        environment.pop("G_TEST_TMPDIR", None)
        done = subprocess.run([sys.executable, "-c", head + text, *arguments],
                              env=environment, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, 0)
        return done.stdout


class TapResult(unittest.TestResult):
    def startTestRun(self):
        self.number = 0

    def _report(self, test, status, directive="", detail=""):
        self.number += 1
        name = test.id().replace("#", "-")
        print(f"{status} {self.number} {name}{directive}")
        for line in detail.splitlines():
            print("#", line)
        sys.stdout.flush()

    def addSuccess(self, test):
        self._report(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._report(test, "ok", f" # SKIP {reason}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._report(test, "not ok", detail=self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self._report(test, "not ok", detail=self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._report(subtest, "not ok", detail=self._exc_info_to_string(error, test))


def main():
    """Runs what is in the main module, or those of its tests that are named, as TAP."""
    loader = unittest.defaultTestLoader
    main_module = sys.modules["__main__"]
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], main_module)
    else:
        suite = loader.loadTestsFromModule(main_module)

    result = TapResult()
    result.startTestRun()
    suite.run(result)
    print(f"1..{result.number}")
    sys.exit(not result.wasSuccessful())
