# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Counts the system calls of an operation, by strace: of many operations less those of few, by their number.

    test-syscalls.py PROGRAM [DIRECTORY]

PROGRAM is tempfile-benchmark. No time is measured, so that this tells on any machine whether an operation costs more.
"""

import collections
import re
import shutil
import subprocess
import sys
import tempfile

# The system calls of one operation. The look at the directory, once a second, stays below SHARED.
EXPECTED = {
    "anon": ["open", "close"],
    "named": ["open", "unlink", "close"],
    "dir": ["mkdir", "open", "fstat", "flock", "unlink", "fstat", "close"],
    "rw1k": ["open", "write", "lseek", "read", "close"],
    "smallwrites": ["write"],
    "spool": [],
}

# One name for each call: the C library may use either of two, and rmdir() is unlinkat() with a flag.
NAMES = {"openat": "open", "unlinkat": "unlink", "rmdir": "unlink", "mkdirat": "mkdir", "newfstatat": "fstat",
         "fstat64": "fstat", "fstatat64": "fstat", "_llseek": "lseek"}


# So many calls per operation are allowed for what serves many operations at once: memory, random bytes for names.
SHARED = 0.1

FEW, MANY = 100, 1100
# The program first runs a tenth of the operations, to warm up.
N_OPERATIONS = (MANY - FEW) * 11 // 10


def count(program, workload, n, where):
    """Returns how often the program makes each system call."""
    with tempfile.NamedTemporaryFile("r", prefix="strace-") as log:
        done = subprocess.run(["strace", "-f", "-c", "-o", log.name, program, workload, str(n), where],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["strace failed"])[-1])
        lines = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$", log.read(), re.M)
    return {name: int(calls) for calls, name in lines if name != "total"}


def count_per_operation(program, workload, where):
    few, many = (count(program, workload, n, where) for n in (FEW, MANY))
    per_operation = collections.Counter()
    for name, calls in many.items():
        per_operation[NAMES.get(name, name)] += (calls - few.get(name, 0)) / N_OPERATIONS
    return per_operation


def check(number, program, workload, expected, where):
    """Prints a line of TAP. Returns True if the calls are the expected ones."""
    calls = count_per_operation(program, workload, where)
    expected = collections.Counter(expected)
    shown = ", ".join(f"{name} {n:.2g}" for name, n in calls.most_common() if n >= 0.005)
    good = all(abs(calls[name] - expected[name]) <= SHARED for name in {*calls, *expected})
    print(f"{'' if good else 'not '}ok {number} {workload}: {sum(calls.values()):.2f} of {sum(expected.values())}", flush=True)
    print(f"# {shown or 'none'}")
    return good


def main(program, root=None):
    if shutil.which("strace") is None:
        print("1..0 # SKIP there is no strace")
        return 0
    tried = subprocess.run(["strace", "-f", "-c", "-o", "/dev/null", "true"], capture_output=True, text=True)
    if tried.returncode:
        print(f"1..0 # SKIP strace: {(tried.stderr.strip().splitlines() or ['not allowed'])[-1]}")
        return 0

    print(f"1..{len(EXPECTED)}")
    with tempfile.TemporaryDirectory(prefix="syscalls-", dir=root) as where:
        good = [check(number, program, workload, expected, where)
                for number, (workload, expected) in enumerate(EXPECTED.items(), 1)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
