"""The figures as a page in Markdown and as a picture, and the newest of them in the READMEs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tests.bench.figures import Figure, Group
from tests.support.node import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "benchmarks.svg"
READMES = {
    ROOT / "README.md": (
        "On {machine}; all figures and the versions are in [docs/benchmarks.md](docs/benchmarks.md).",
        "Speed",
    ),
    ROOT / "README.zh-CN.md": (
        "测于 {machine}；全部数据与各程序版本见 [docs/benchmarks.md](docs/benchmarks.md)。",
        "速度",
    ),
}
BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"

WIDTH, LEFT, RIGHT, ROW, HEAD = 860, 310, 70, 22, 40
LEAST, MOST = 0.5, 100.0  # the ends of the scale
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .faint { fill: #59636e }
.bar { fill: #0969da } .behind { fill: #bc4c00 } .line { stroke: #59636e; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .faint { fill: #9198a1 } .bar { fill: #4493f8 } .behind { fill: #f0883e }
  .line { stroke: #9198a1 }
}
"""


def write(groups: Sequence[Group], machine: Sequence[tuple[str, str]]) -> None:
    """All of it, in place of what was there."""
    PAGE.write_text(page(groups, machine), encoding="utf-8")
    PICTURE.write_text(picture(groups), encoding="utf-8")
    facts = dict(machine)
    where = f"{facts['Processor']}, {facts['Memory']}, {facts['Date']}"
    for path, (sentence, title) in READMES.items():
        text = path.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        shown = f"\n\n![{title}](docs/benchmarks.svg)\n\n{sentence.format(machine=where)}\n\n"
        path.write_text(f"{before}{BEGIN}{shown}{END}{after}", encoding="utf-8")


def page(groups: Sequence[Group], machine: Sequence[tuple[str, str]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`: both sides do the same work in turn in one run on one machine. A ratio above 1 means "
        "that Mailnode is faster, or smaller. Both sides are durable: a message counts once its owner can see it.",
        "",
        "![The ratios](benchmarks.svg)",
        "",
        *_table(("", ""), machine),
    ]
    for group in groups:
        rows = [(one.what, one.ours, one.theirs, shown(one.ratio)) for one in group.figures]
        lines += ["", f"## {group.title}", "", f"{group.note[:1].upper()}{group.note[1:]}.", ""]
        lines += _table(("", "Mailnode", group.peer, "Ratio"), rows)
    return "\n".join(lines) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *(["---:"] * (len(head) - 1) if len(head) > 2 else ["---"])]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def shown(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def picture(groups: Sequence[Group]) -> str:
    """One bar for each figure, from 1 to the ratio on a logarithmic scale; readable on light and dark pages."""
    rows: list[str] = []
    y = HEAD
    for group in groups:
        y += 14
        rows.append(f'<text class="title" x="8" y="{y}">{escape(group.title)}</text>')
        rows.append(f'<text class="faint" x="{WIDTH - 8}" y="{y}" text-anchor="end">beside {escape(group.peer)}</text>')
        y += 8
        for one in group.figures:
            rows += _bar(one, y)
            y += ROW
        y += 10
    marks = [_mark(value, y) for value in (1, 2, 5, 10, 20, 50)]
    title = '<text class="faint" x="8" y="18">Times as good as the peer, on a logarithmic scale; the line is 1</text>'
    size = f'width="{WIDTH}" height="{y + 8}" viewBox="0 0 {WIDTH} {y + 8}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{STYLE}</style>'
    return "\n".join([head, title, *marks, *rows, "</svg>", ""])


def _x(ratio: float) -> float:
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _bar(one: Figure, y: int) -> list[str]:
    start, end = sorted((_x(1), _x(one.ratio)))
    kind = "bar" if one.ratio >= 1 else "behind"
    return [
        f'<text x="20" y="{y + 14}">{escape(one.what)}</text>',
        f'<rect class="{kind}" x="{start:.1f}" y="{y + 4}" width="{max(end - start, 2):.1f}" height="13" rx="2"/>',
        f'<text x="{max(end, _x(1)) + 6:.1f}" y="{y + 14}">{shown(one.ratio)}</text>',
    ]


def _mark(value: int, height: int) -> str:
    x = _x(value)
    dashes = "" if value == 1 else ' stroke-dasharray="2 4" opacity="0.5"'
    return (
        f'<line class="line" x1="{x:.1f}" y1="{HEAD}" x2="{x:.1f}" y2="{height}"{dashes}/>'
        f'<text class="faint" x="{x:.1f}" y="{HEAD - 6}" text-anchor="middle">{value}</text>'
    )


def printed(group: Group) -> str:
    """For the terminal."""
    lines = [f"{group.title} (beside {group.peer}; {group.note})"]
    lines += [f"  {one.what:38s} {one.ours:>12s} {one.theirs:>12s} {shown(one.ratio):>7s}" for one in group.figures]
    return "\n".join(lines)
