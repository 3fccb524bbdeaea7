#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors

"""Counts the results in the logs that `meson test` left below a folder.

A program that speaks TAP counts by its subtests, any other as one. Not from meson's
JUnit files, which say nothing of a program that ended too early.
"""

import json
import re
import sys
from pathlib import Path


def count_test(test):
    """Gives (passed, failed, skipped) of one program."""
    lines = re.findall(r"^(not )?ok\b[^#\n]*(# *SKIP)?", test.get("stdout", ""), re.M | re.I)
    skipped = sum(bool(skip) for _, skip in lines)
    failed = sum(bool(no) and not skip for no, skip in lines)
    passed = len(lines) - skipped - failed

    if test["result"] == "SKIP":
        skipped = skipped or 1
    elif test["result"] == "OK":
        passed = passed if lines else 1
    else:
        failed = failed or 1
    return passed, failed, skipped


def main():
    totals = [0, 0, 0]
    for path in Path(sys.argv[1]).glob("*/meson-logs/testlog*.json"):
        for line in path.read_text(errors="replace").splitlines():
            totals = [total + n for total, n in zip(totals, count_test(json.loads(line)))]

    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
