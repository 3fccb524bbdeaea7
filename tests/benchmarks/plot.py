# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The tempfile-glib authors
"""A plot of the summary: for each operation, where each program is between faster and slower than the system calls."""

import math
from xml.sax.saxutils import escape

from report import format_ns, list_programs, summarize

# Told apart in most kinds of colour blindness, on white and on black; and by shape.
MARKS = [("#d55e00", "circle"), ("#0072b2", "square"), ("#009e73", "diamond"), ("#cc79a7", "triangle"),
         ("#e69f00", "down"), ("#56b4e9", "circle"), ("#999999", "square")]
LABELS, PANEL, GAP, ROW, TOP, RIGHT = 330, 370, 44, 34, 74, 20
# Beyond, a mark is at the edge, with its number.
LOW, HIGH = 0.1, 10
TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10]

LICENSE = """SPDX-License-Identifier: LGPL-2.1-or-later
     SPDX-FileCopyrightText: 2026 The tempfile-glib authors"""

STYLE = """
text { font: 13px sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.head { font-weight: bold }
.line { stroke: #d1d9e0 }
.one { stroke: #1f2328; stroke-width: 1.5 }
.mark { stroke: #ffffff; stroke-width: 1 }
.ground { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .line { stroke: #3d444d }
  .one { stroke: #f0f6fc } .mark { stroke: #0d1117 } .ground { fill: #0d1117 }
}
"""


def place(ratio):
    """From 0 to 1, on a logarithmic scale."""
    ratio = min(max(ratio, LOW), HIGH)
    return math.log(ratio / LOW) / math.log(HIGH / LOW)


def draw_mark(x, y, colour, shape, title, size=6):
    s = size
    shapes = {
        "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}"',
        "square": f'<rect x="{x - s + 1:.1f}" y="{y - s + 1:.1f}" width="{2 * s - 2}" height="{2 * s - 2}"',
        "diamond": f'<path d="M{x:.1f} {y - s:.1f}l{s} {s}l-{s} {s}l-{s} -{s}z"',
        "triangle": f'<path d="M{x:.1f} {y - s:.1f}l{s} {2 * s - 2}h-{2 * s}z"',
        "down": f'<path d="M{x:.1f} {y + s:.1f}l{s} -{2 * s - 2}h-{2 * s}z"',
    }
    tag = shapes[shape][1:].split()[0]
    return f'{shapes[shape]} fill="{colour}" class="mark"><title>{escape(title)}</title></{tag}>'


def draw_scale(left, column, bottom):
    yield f'<text x="{left + PANEL / 2}" y="44" text-anchor="middle" class="head">{escape(column)}</text>'
    for tick in TICKS:
        x = left + place(tick) * PANEL
        kind = "one" if tick == 1 else "line"
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}" class="{kind}"/>'
        yield f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle" class="small">{tick:g}×</text>'


def draw_row(left, y, group, column, ratios, marks):
    for program, mark in reversed(marks.items()):
        ratio = ratios.get(program, {}).get(column)
        if ratio is None:
            continue
        x = left + place(ratio) * PANEL
        yield draw_mark(x, y, *mark, f"{program}, {group}: {ratio:.2f}")
        if not LOW <= ratio <= HIGH:
            yield f'<text x="{x - 10:.1f}" y="{y + 4}" text-anchor="end" class="small">{ratio:.2g}×</text>'


def draw_legend(marks, y):
    x = 16
    for program, mark in marks.items():
        yield draw_mark(x, y, *mark, program)
        yield f'<text x="{x + 12}" y="{y + 4}">{escape(program)}</text>'
        x += 36 + 8 * len(program)
    yield f'<text x="{x}" y="{y + 4}" class="small">to the left: faster; the line at 1×: the bare system calls</text>'


def draw(everything):
    """Gives the SVG."""
    # A spooled file makes no system calls to be compared with.
    rows = [row for row in summarize(everything) if row[0] != "spool"]
    columns = list(dict.fromkeys(column for row in rows for column in row[2]))
    marks = dict(zip(list_programs(rows), MARKS))
    width = LABELS + len(columns) * (PANEL + GAP) - GAP + RIGHT
    bottom = TOP + len(rows) * ROW
    height = bottom + 16

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
             ' role="img" aria-label="What each operation costs, as a ratio to the bare system calls">',
             f"<!-- {LICENSE} -->", f"<style>{STYLE}</style>", f'<rect width="{width}" height="{height}" class="ground"/>',
             *draw_legend(marks, 16)]
    for i, column in enumerate(columns):
        parts += draw_scale(LABELS + i * (PANEL + GAP), column, bottom)
    for i, (group, title, bare, ratios) in enumerate(rows):
        y = TOP + i * ROW + ROW / 2
        times = " / ".join(format_ns(bare[column]) for column in columns if bare.get(column))
        parts.append(f'<text x="10" y="{y - 2}">{escape(title)}</text>')
        parts.append(f'<text x="10" y="{y + 11}" class="small">bare: {times}</text>')
        for j, column in enumerate(columns):
            parts += draw_row(LABELS + j * (PANEL + GAP), y, group, column, ratios, marks)
    return "\n".join([*parts, "</svg>", ""])
