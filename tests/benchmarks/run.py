#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Measures tempfile-glib beside the bare system calls and beside its peers.

All programs take turns, round by round, and the medians count. What is printed is the time of one operation, its
ratio to the bare system calls (in Python and GJS: to the language's own means), and half the spread of the rounds.
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

import growth
import measure
import plot
import programs
import report


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(measure.GROUPS)} (default: all)")
    parser.add_argument("--build", type=Path, default=Path("build"), help="the build folder (default: build)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", action="append", metavar="NAME=PATH", dest="roots",
                        help="where to measure (default: disk=/var/tmp and tmpfs=/dev/shm)")
    parser.add_argument("--peers", metavar="NAME,…", help="only these peers; empty: none")
    parser.add_argument("--with", action="append", dest="extra", default=[], metavar="NAME=COMMAND",
                        help="one more program with the command line of benchmark.h")
    parser.add_argument("--growth", action="store_true", help="print how cost grows with what is there, instead")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the summary as a table")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw the summary")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number")
    parser.add_argument("--from", type=Path, dest="source", metavar="FILE",
                        help="measure nothing, but take the numbers that --json wrote")
    parser.add_argument("--list", action="store_true", help="print the groups, and do nothing")
    parser.add_argument("--instant", action="store_true", help="only see whether all of it runs")
    options = parser.parse_args()
    if unknown := set(options.groups) - set(measure.GROUPS):
        parser.error(f"there is no group {', '.join(sorted(unknown))}")
    return options


def find_programs(options):
    build = options.build.resolve()
    wanted = options.peers.split(",") if options.peers is not None else None
    found = [programs.find_ours(build)]
    if not options.growth and (not options.groups or {"python", "gjs"} & set(options.groups)):
        found += programs.find_languages(build)
    return [*found, *programs.find_peers(build, wanted), *map(programs.parse_extra, options.extra)]


def read_cpu_times():
    """Gives the machine's (idle, stolen, total) ticks."""
    with open("/proc/stat") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    return ticks[3], ticks[7], sum(ticks)


def print_weather(before):
    """How much else the machine had to do, on which depends whether the numbers are worth anything."""
    idle, stolen, total = (b - a for a, b in zip(before, read_cpu_times()))
    print(f"\n{os.cpu_count()} processors: load {os.getloadavg()[0]:.1f}, idle {100 * idle / max(total, 1):.0f} %, "
          f"stolen by other machines {100 * stolen / max(total, 1):.1f} %")


def measure_all(options, roots):
    """Prints each group when it is done; gives {group: {filesystem: results}}."""
    found = find_programs(options)
    everything = {}
    before = read_cpu_times()
    for group in options.groups or measure.GROUPS:
        everything[group] = {column: measure.measure(found, group, root, options.rounds, options.instant)
                             for column, root in roots.items()}
        if all(everything[group].values()):
            report.print_group(group, everything[group])
    print_weather(before)
    return everything


def load(path):
    """The other way round: {group: {filesystem: {(program, workload): [...]}}}."""
    return {group: {column: {tuple(key.split("\t")): values for key, values in results.items()}
                    for column, results in columns.items()}
            for group, columns in json.loads(path.read_text()).items()}


def save(everything, path):
    path.write_text(json.dumps({group: {column: {"\t".join(pair): values for pair, values in results.items()}
                                        for column, results in columns.items()}
                                for group, columns in everything.items()}, indent=1))


def has_failed(everything, of_peers):
    """What a peer cannot do, such as a deep tree, is a result, unless it is only to be seen whether all of it runs."""
    values = [value for columns in everything.values() for results in columns.values()
              for (program, _), numbers in results.items() if of_peers or program in programs.OURS for value in numbers]
    return not values or any(isinstance(value, str) for value in values)


def main():
    options = parse_args()
    if options.list:
        print(*measure.GROUPS, sep="\n")
        return 0

    roots = dict(text.split("=", 1) for text in options.roots or ["disk=/var/tmp", "tmpfs=/dev/shm"])
    measure.limit_descriptors()
    # As at Ctrl+C: a run that takes too long leaves no directories, either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    if options.growth:
        growth.print_all(find_programs(options)[0], roots, options.rounds, options.instant)
        return 0

    everything = load(options.source) if options.source else measure_all(options, roots)
    if options.json:
        save(everything, options.json)
    if options.markdown:
        with options.markdown.open("w") as stream:
            report.write_markdown(everything, stream)
    if options.svg:
        options.svg.write_text(plot.draw(everything))
    return 1 if has_failed(everything, options.instant) else 0


if __name__ == "__main__":
    sys.exit(main())
