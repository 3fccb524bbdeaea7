# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Counts the system calls of an operation, by strace: of many operations less those of few, by their number.

    test-syscalls.py PROGRAM [DIRECTORY]

PROGRAM is tempfile-benchmark. No time is measured, so that this tells on any machine whether an operation costs more.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

# The most that each may make.
LIMITS = {
    "anon": 2,  # open, close
    "named": 7,  # stat of the directory, open, statx, the ledger, fstatat, unlink, close
    "dir": 9,  # the same, with mkdir and flock
    "rw1k": 5,  # and a write, a seek and a read
    "smallwrites": 1,
    "spool": 0,
}


def allowance(workload, where):
    """What more it takes for the things with names, in some places."""
    if workload not in ("named", "dir"):
        return 0
    more = 0
    if os.stat(where).st_dev != os.stat("/").st_dev:
        more += 2  # the directory may be unmounted some time, so it is not kept open
    if tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())) < (6, 13):
        more += 2  # times are coarse, so the ledger is cleared at once, within the limit of file sizes
    if workload == "dir" and os.geteuid() != 0:
        more += 1  # whose directory it is has to be asked
    return more


# What is drawn or allocated for many at once: random bytes for names, memory.
SHARED = 0.1

FEW, MANY = 100, 1100
# Each is run for a tenth before, to warm up.
N_OPERATIONS = (MANY - FEW) * 11 // 10


def count(program, workload, n, where):
    """Gives {system call: how often}."""
    with tempfile.NamedTemporaryFile("r", prefix="strace-") as log:
        done = subprocess.run(["strace", "-f", "-c", "-o", log.name, program, workload, str(n), where],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["strace failed"])[-1])
        lines = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$", log.read(), re.M)
    return {name: int(calls) for calls, name in lines if name != "total"}


def count_per_operation(program, workload, where):
    few, many = (count(program, workload, n, where) for n in (FEW, MANY))
    return {name: (calls - few.get(name, 0)) / N_OPERATIONS for name, calls in many.items()}


def check(number, program, workload, limit, where):
    """Prints a line of TAP; gives whether it is within the limit."""
    calls = count_per_operation(program, workload, where)
    total = sum(calls.values())
    shown = ", ".join(f"{name} {n:.2g}" for name, n in sorted(calls.items(), key=lambda call: -call[1]) if n >= 0.005)
    good = total <= limit + SHARED
    print(f"{'' if good else 'not '}ok {number} {workload}: {total:.2f} of {limit}", flush=True)
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

    print(f"1..{len(LIMITS)}")
    with tempfile.TemporaryDirectory(prefix="syscalls-", dir=root) as where:
        good = [check(number, program, workload, limit + allowance(workload, where), where)
                for number, (workload, limit) in enumerate(LIMITS.items(), 1)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
