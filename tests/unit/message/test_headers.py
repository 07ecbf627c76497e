"""Header fields as positions: mailnode.message.headers."""

from __future__ import annotations

import pytest

from mailnode.message import headers

RAW = b"From: a@example.com\r\nSubject: one\r\n two\r\nX-Empty:\r\nsubject : three\r\n\r\nSubject: in the body\r\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"A: b\r\n\r\nbody", (6, 8)),
        (b"A: b\n\nbody", (5, 6)),
        (b"A: b\r\n\nbody", (6, 7)),
        (b"\r\nbody", (0, 2)),
        (b"\nbody", (0, 1)),
        (b"A: b\r\n", (6, 6)),
        (b"A: b", (4, 4)),
        (b"", (0, 0)),
    ],
)
def test_split(raw: bytes, expected: tuple[int, int]) -> None:
    assert headers.split(raw) == expected


def test_fields_are_the_whole_header() -> None:
    found = headers.fields(RAW)
    assert [field.name for field in found] == [b"from", b"subject", b"x-empty", b"subject"]
    assert b"".join(RAW[field.start : field.end] for field in found) + b"\r\nSubject: in the body\r\n" == RAW
    assert RAW[found[1].value_start : found[1].end] == b" one\r\n two\r\n"


def test_broken_line_does_not_end_the_header() -> None:
    raw = b"From nobody Wed Nov 25\nSubject: x\nno field at all\nTo: y\n\nbody"
    assert [field.name for field in headers.fields(raw)] == [b"subject", b"to"]


def test_get_unfolds_the_first() -> None:
    assert headers.get(RAW, b"Subject") == b"one two"
    assert headers.get(RAW, "SUBJECT") == b"one two"
    assert headers.get(RAW, "x-empty") == b""
    assert headers.get(RAW, "x-absent") is None


def test_get_all_keeps_the_order() -> None:
    assert headers.get_all(RAW, b"subject") == [b"one two", b"three"]


def test_last_field_needs_no_line_end() -> None:
    assert headers.get(b"A: b\r\nC: d", b"c") == b"d"


def test_continuation_of_blanks_belongs_to_its_field() -> None:
    raw = b"A: b\r\n \r\n\t\r\nC: d\r\n\r\n"
    assert headers.get(raw, b"a") == b"b"
    assert headers.get(raw, b"c") == b"d"


def test_whole_fields_are_what_the_matches_say() -> None:
    raw = b"From rubbish\r\nTo : a,\r\n b\r\n\tc\r\nX: y"
    assert headers.whole(raw, 0, len(raw)) == [
        (found[0], found[1], found[2]) for found in headers.matches(raw, 0, len(raw))
    ]
