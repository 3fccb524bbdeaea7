#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Where an operation's time goes: instructions by library and function, from callgrind, and the kernel's share.

    profile.py BUILD WORKLOAD...

Both are differences of two runs of different length, so that what a process needs once is not in them.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from measure import GROUPS, folder_in

FEW, MANY = 100, 1100
# Each is run for a tenth before, to warm up.
N_OPERATIONS = (MANY - FEW) * 11 // 10
N_FUNCTIONS = 12


def count_instructions(program, workload, n, where):
    """Gives {(library, function): instructions of its own}."""
    with tempfile.NamedTemporaryFile("r", prefix="callgrind-") as out:
        subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out.name}",
                        "--compress-strings=no", "--compress-pos=no", program, workload, str(n), where],
                       check=True, capture_output=True)
        counts, library, function, is_call = Counter(), None, None, False
        for line in out:
            if line.startswith("ob="):
                library = re.sub(r"\.so.*", "", os.path.basename(line[3:].strip()))
            elif line.startswith("fn="):
                function = line[3:].strip()
            elif line.startswith("calls="):
                is_call = True  # and the next line has the cost of what is called
            elif line[0].isdigit() or line[0] in "+-*":
                if not is_call:
                    counts[library, function] += int(line.split()[1])
                is_call = False
    return counts


def measure_times(program, workload, where):
    """Gives the user's and the system's nanoseconds of an operation."""
    def spend(n):
        child = subprocess.Popen([program, workload, str(n), where], stdout=subprocess.DEVNULL)
        usage = os.wait4(child.pid, 0)[2]
        return usage.ru_utime, usage.ru_stime

    n = GROUPS.get(workload.split(":")[0], GROUPS["anon"]).n
    few, many = spend(n // 10), spend(n)
    return [(b - a) * 1e9 / (n - n // 10) / 1.1 for a, b in zip(few, many)]


def print_profile(program, workload, where):
    few, many = (count_instructions(program, workload, n, where) for n in (FEW, MANY))
    counts = {key: (n - few[key]) / N_OPERATIONS for key, n in many.items() if n - few[key] > N_OPERATIONS / 2}
    total = sum(counts.values())
    user, system = measure_times(program, workload, where)

    print(f"\n{workload}: {total:,.0f} instructions; of the time, {100 * system / (user + system):.0f} % in the kernel "
          f"({system:,.0f} ns of {user + system:,.0f})")
    libraries = Counter()
    for (library, _), n in counts.items():
        libraries[library] += n
    for library, n in libraries.most_common():
        print(f"  {n:8,.0f} {100 * n / total:5.1f} %  {library}")
    print("  of which")
    for (library, function), n in Counter(counts).most_common(N_FUNCTIONS):
        print(f"  {n:8,.0f} {100 * n / total:5.1f} %  {function} ({library})")


def main(build, *workloads):
    program = str(Path(build).resolve() / "tests/benchmarks/tempfile-benchmark")
    with folder_in("/dev/shm" if os.path.isdir("/dev/shm") else None) as where:
        for workload in workloads:
            print_profile(program, workload, where)


if __name__ == "__main__":
    main(*sys.argv[1:])
