#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

"""Counts the results in the JUnit files that `meson test` left below a folder."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(folder):
    passed = failed = skipped = 0
    for path in sorted(Path(folder).glob("*/meson-logs/testlog*.junit.xml")):
        for suite in ElementTree.parse(path).iter("testsuite"):
            cases = suite.findall("testcase")
            n_failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
            n_skipped = sum(case.find("skipped") is not None for case in cases)
            passed += len(cases) - n_failed - n_skipped
            # A program that crashed may have no case that says so.
            failed += max(n_failed, min(1, int(suite.get("errors", 0)) + int(suite.get("failures", 0))))
            skipped += n_skipped
    return passed, failed, skipped


def main():
    passed, failed, skipped = count(sys.argv[1])
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
