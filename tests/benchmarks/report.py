# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""Tables of what was measured."""

import statistics

from measure import GROUPS, find_ratio, find_twin, is_twin, median

# The rows of the summary.
SUMMARY = ["anon", "named", "dir", "rw1k", "smallwrites", "spool", "bigcopy", "tree", "wide", "deep"]
ORDER = ["tempfile-glib", "Rust", "GLib", "Qt 6", "Qt 5", "CPython"]


def format_ns(ns):
    if ns >= 1e6:
        return f"{ns / 1e6:,.1f} ms"
    return f"{ns / 1e3:,.1f} µs" if ns >= 1e4 else f"{ns:,.0f} ns"


def print_group(name, columns):
    """columns: {filesystem: results}."""
    print(f"\n{name}: {GROUPS[name].title}")
    print(f"{'':56}" + "".join(f"{column:>27}" for column in columns))
    for pair in next(iter(columns.values())):
        line, failures = f"{pair[0]:15}{pair[1]:41}", []
        for results in columns.values():
            values = results[pair]
            if median(values) is None:
                failures += [value for value in values if isinstance(value, str)]
                line += f"{'-':>27}"
                continue
            ratio = f"{find_ratio(results, pair):.2f}" if find_twin(results, pair) != pair else ""
            spread = 50 * (max(values) - min(values)) / statistics.median(values)
            line += f"{format_ns(median(values)):>12}{ratio:>8}{f'±{spread:.0f}%':>7}"
        print(line + "".join(f"  {failure}" for failure in dict.fromkeys(failures)), flush=True)


def pick(results, program):
    """A program's pair in a group: the first that is no twin. None: it has none."""
    for pair in results:
        if pair[0] == program and not is_twin(pair):
            return pair
    return None


def summarize(everything):
    """Gives [(group, title, {filesystem: bare ns}, {program: {filesystem: ratio or None}})].

    everything: {group: {filesystem: results}}
    """
    rows = []
    for group in SUMMARY:
        if group not in everything:
            continue
        bare, ratios = {}, {}
        for column, results in everything[group].items():
            bare[column] = median(next(iter(results.values())))
            for program in dict.fromkeys(pair[0] for pair in results):
                if pair := pick(results, program):
                    ratios.setdefault(program, {})[column] = find_ratio(results, pair)
        rows.append((group, GROUPS[group].title, bare, ratios))
    return rows


def list_programs(rows):
    """Those of the summary; what came by --with is last."""
    names = dict.fromkeys(program for row in rows for program in row[3])
    return [name for name in ORDER if name in names] + [name for name in names if name not in ORDER]


def write_markdown(everything, stream):
    """The table for the README: ratios to the bare system calls, one column for each program."""
    rows = summarize(everything)
    programs = list_programs(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row[2]))

    def cell(texts):
        return " / ".join(dict.fromkeys(texts)) if any(text != "–" for text in texts) else "–"

    print(f"| {' / '.join(columns)} | bare system calls | {' | '.join(programs)} |", file=stream)
    print("|---" * (len(programs) + 2) + "|", file=stream)
    for _, title, bare, ratios in rows:
        cells = [cell([format_ns(bare[column]) if bare.get(column) else "–" for column in columns])]
        for program in programs:
            found = [ratios.get(program, {}).get(column) for column in columns]
            cells.append(cell([f"{ratio:.2f}" if ratio else "–" for ratio in found]))
        print(f"| {title} | {' | '.join(cells)} |", file=stream)
