"""Which names a LIST pattern stands for, and that no pattern is slow."""

from __future__ import annotations

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap.list_pattern import matcher
from tests.support import pace

NAMES = ["INBOX", "INBOX/a", "Work", "Work/2021", "Work/2021/May", "Workshop"]


@pytest.mark.parametrize(
    ("reference", "pattern", "found"),
    [
        ("", "*", NAMES),
        ("", "%", ["INBOX", "Work", "Workshop"]),
        ("", "Work%", ["Work", "Workshop"]),
        ("", "Work/*", ["Work/2021", "Work/2021/May"]),
        ("Work/", "%", ["Work/2021"]),
        ("", "%/%", ["INBOX/a", "Work/2021"]),
        ("", "*May", ["Work/2021/May"]),
        ("", "%%", ["INBOX", "Work", "Workshop"]),
        ("", "W*o*k", ["Work"]),
        ("", "inbox", ["INBOX"]),
        ("", "inbox/%", ["INBOX/a"]),
        ("", "inboxes", []),
        ("", "work", []),
        ("", "", []),
    ],
)
def test_matches(reference: str, pattern: str, found: list[str]) -> None:
    assert list(filter(matcher(reference, pattern), NAMES)) == found


def test_a_pattern_made_to_be_slow_is_not() -> None:
    name = "a" * 255
    patterns = [f"{wildcard}a" * 20 + "b" for wildcard in "*%"]
    pace.assert_within(0.5, lambda: [matcher("", pattern)(name) for pattern in patterns])
    assert not any(matcher("", pattern)(name) for pattern in patterns)


def test_too_many_wildcards_are_refused() -> None:
    with pytest.raises(ProtocolError):
        matcher("", "*a" * 21)
