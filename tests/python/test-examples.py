# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Runs the manual's ordinary programs, and looks at what they print and leave."""

import os
import subprocess
import sys

import support

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples", "python")


class TestExamples(support.TestCase):
    def check(self, name, expected):
        done = subprocess.run([sys.executable, "-W", "error::ResourceWarning", os.path.join(EXAMPLES, name)],
                              env=dict(os.environ, TMPDIR=self.dir, G_TEST_TMPDIR=""), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, expected)
        self.assertEqual(self.list(), [])

    def test_archive_directory(self):
        self.check("archive-directory.py", "['./docs', './docs/hello.txt']\n")

    def test_asyncio_file(self):
        self.check("asyncio-file.py", "['one', 'two']\n")

    def test_csv_file(self):
        self.check("csv-file.py", "apple 5\nfig 1\npear 3\n")

    def test_json_file(self):
        self.check("json-file.py", "dark 2\n")

    def test_sqlite_directory(self):
        self.check("sqlite-directory.py", "6\n")

    def test_subprocess_file(self):
        self.check("subprocess-file.py", "['one', 'two', 'three']\n")

    def test_zip_file(self):
        self.check("zip-file.py", "['hello.txt'] 6000\n")


if __name__ == "__main__":
    support.main()
