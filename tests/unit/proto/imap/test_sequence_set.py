"""Sets of message numbers: read, resolved, picked, printed."""

from __future__ import annotations

import pytest

from mailnode.errors import ProtocolError
from mailnode.proto.imap.sequence_set import merge, parse_sequence_set, print_set


@pytest.mark.parametrize(
    ("text", "largest", "ranges"),
    [
        (b"1", 9, [(1, 1)]),
        (b"4:2", 9, [(2, 4)]),
        (b"2:*", 9, [(2, 9)]),
        (b"*", 9, [(9, 9)]),
        (b"*:*", 9, [(9, 9)]),
        (b"5:*", 3, [(3, 5)]),
        (b"*", 0, []),
        (b"1:*", 0, [(1, 1)]),
        (b"3,1:2,7", 9, [(1, 3), (7, 7)]),
        (b"1:5,3:4,2:9", 20, [(1, 9)]),
        (b"1:4294967295", 9, [(1, 4294967295)]),
    ],
)
def test_resolve(text: bytes, largest: int, ranges: list[tuple[int, int]]) -> None:
    assert parse_sequence_set(text).resolve(largest) == ranges


@pytest.mark.parametrize("text", [b"", b"0", b"01", b"1:", b":1", b"1,,2", b"1,", b"4294967296", b"a", b"1:2:3", b"1 "])
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_sequence_set(text)


def test_pick_takes_what_is_there_and_star_is_the_last() -> None:
    assert parse_sequence_set(b"1:5,100,*").pick([2, 5, 7, 90]) == [2, 5, 90]
    assert parse_sequence_set(b"*").pick([]) == []


def test_a_star_range_beyond_the_end_names_the_last() -> None:
    """RFC 9051 §6.4.9: "559:*" always includes the last message, even when its UID is below 559."""
    assert parse_sequence_set(b"559:*").pick([3, 8]) == [8]


def test_print_set_makes_ranges_and_keeps_the_order() -> None:
    assert print_set([1, 2, 3, 7, 9, 10]) == b"1:3,7,9:10"
    assert print_set([5, 4, 6]) == b"5,4,6"
    assert print_set([]) == b""


def test_merge_joins_ranges_that_touch() -> None:
    assert merge([(5, 6), (1, 2), (3, 4)]) == [(1, 6)]
