"""mailnode/RFC.md lists the RFCs that the code names, no fewer and no more, and names files that exist."""

from __future__ import annotations

import re

from tests.support.tree import ROOT, python_files

NAMED = re.compile(r"\bRFCs? ?(\d{3,5})")
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (whole|partly) \| ([^|]+) \| ([^|]*) \|$")
INDEX = ROOT / "mailnode" / "RFC.md"


def rows() -> list[tuple[str, ...]]:
    found = []
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and line[2:3].isdigit():
            match = ROW.match(line)
            assert match, f"not | number | title | whole or partly | where | left out |: {line}"
            found.append(match.groups())
    return found


def test_index_equals_the_references() -> None:
    code = [name for name in python_files() if name.startswith("mailnode/")]
    named = {number for name in code for number in NAMED.findall((ROOT / name).read_text(encoding="utf-8"))}
    listed = {number for number, *_ in rows()}
    assert named - listed == set(), "named in the code, not in RFC.md"
    assert listed - named == set(), "in RFC.md, not named in the code"


def test_rows_are_in_order_and_once() -> None:
    numbers = [int(number) for number, *_ in rows()]
    assert numbers == sorted(set(numbers))


def test_rows_name_files_that_exist() -> None:
    places = [place.strip(" `") for *_, where, _ in rows() for place in where.split(",")]
    assert [place for place in places if not (ROOT / "mailnode" / place).exists()] == []


def test_what_is_partly_done_says_what_is_left_out() -> None:
    assert [number for number, _, extent, _, left in rows() if extent == "partly" and not left.strip()] == []
