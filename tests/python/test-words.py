# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tests that exceptions speak the language of the program."""

import os
import subprocess
import unittest

import support

# In a program of its own, whose locale is German: see tests/base/words.c.
PROGRAM = """
import errno, locale, sys
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    sys.exit("no locale")
try:
    Temp.File.new_named("/missing/directory")
except GLib.Error as error:
    # The cause may be in English: GLib remembers it from before the program chose a language.
    print(error.message.startswith("Konnte den Ordner „/missing/directory“ nicht öffnen: "))
try:
    Temp.NamedTemporaryFile(dir="/missing/directory")
except FileNotFoundError as error:
    print(error.errno == errno.ENOENT)
"""


class TestWords(support.TestCase):
    def make_locale(self):
        """Makes a German locale, or skips the test."""
        if not os.environ.get("TEMPFILE_GLIB_LOCALEDIR"):
            self.skipTest("built without translations")
        os.mkdir(os.path.join(self.dir, "locale"))
        path = os.path.join(self.dir, "locale", "de_DE.UTF-8")
        try:
            subprocess.run(["localedef", "--no-archive", "-i", "POSIX", "-f", "UTF-8", path], capture_output=True)
        except FileNotFoundError:
            pass
        if not os.path.isdir(path):
            self.skipTest("no localedef that could make a German locale")
        return os.path.dirname(path)

    def test_german(self):
        changed = {"LOCPATH": self.make_locale(), "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}
        before = {name: os.environ.get(name) for name in changed}
        os.environ.update(changed)
        try:
            self.assertEqual(self.run_program(PROGRAM), "True\nTrue\n")
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


if __name__ == "__main__":
    support.main()
