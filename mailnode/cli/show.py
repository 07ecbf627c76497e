"""How answers are shown: JSON for programs, tables for people, progress on a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from mailnode.cli.language import Text

YES = Text("yes", "是")
NO = Text("no", "否")
NULL_SENDER = "<>"  # RFC 5321 §4.5.5
Fact = str | int | float | bool | datetime | list[str] | None
Row = Mapping[str, Fact]


def table(rows: Sequence[Row], columns: Mapping[str, Text], *, as_json: bool) -> None:
    """A listing: with ``--json`` every fact of each row, else the named columns."""
    if as_json:
        print_json(list(rows))
        return
    lines = [[str(title) for title in columns.values()]]
    lines += [[_cell(row[name]) for name in columns] for row in rows]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        print("  ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())


def facts(row: Row, titles: Mapping[str, Text], *, as_json: bool) -> None:
    """One thing: with ``--json`` an object, else one fact a line."""
    if as_json:
        print_json(row)
        return
    width = max(_width(str(title)) for title in titles.values())
    for name, title in titles.items():
        print(f"{_padded(str(title), width)}  {_cell(row[name])}".rstrip())


def print_json(value: object) -> None:
    """JSON for programs; times in UTC (RFC 3339)."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _cell(value: Fact) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return str(YES if value else NO)
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M")
        case list():
            return ", ".join(value) or "-"
        case _:
            return str(value)


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def first_of(names: Sequence[str]) -> str | None:
    """As a cell of a table: one name, and how many more there are."""
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else None


def size(octets: int | None) -> str | None:
    """Bytes as people read them."""
    if octets is None:
        return None
    amount, unit = float(octets), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def progress(title: str, stream: TextIO | None = None) -> Callable[[int, int], None]:
    """A bar that is drawn in place by ``step(done, total)``; nothing where there is no terminal."""
    screen = stream or sys.stderr
    if not screen.isatty():
        return lambda done, total: None

    def step(done: int, total: int) -> None:
        filled = 40 * done // max(1, total)
        end = "\n" if done >= total else ""
        print(f"\r{title} [{'#' * filled:40s}] {done}/{total}", end=end, file=screen, flush=True)

    return step
