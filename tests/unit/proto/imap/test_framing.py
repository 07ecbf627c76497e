"""Whole commands out of a stream: literals, limits, refusals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailnode.errors import ProtocolError
from mailnode.octets import LARGE
from mailnode.proto.imap.framing import Continue, Event, Frame, Framer, Refused, tag_of
from mailnode.proto.imap.parse import parse
from tests.support import pace
from tests.support.large import Share


def events(framer: Framer, *pieces: bytes) -> list[Event]:
    found: list[Event] = []
    for piece in pieces:
        framer.feed(piece)
        while (event := framer.next_event()) is not None:
            found.append(event)
    return found


def test_a_line_is_a_frame_without_its_end() -> None:
    assert events(Framer(), b"a NOOP\r\n") == [Frame(b"a NOOP")]


def test_nothing_comes_before_the_line_feed() -> None:
    framer = Framer()
    line = b"a LOGIN {3}\r\n"
    for at in range(len(line) - 1):
        assert events(framer, line[at : at + 1]) == []
    assert events(framer, b"\n") == [Continue()]


def test_a_bare_line_feed_ends_a_line() -> None:
    assert events(Framer(), b"a NOOP\nb NOOP\n") == [Frame(b"a NOOP"), Frame(b"b NOOP")]


def test_pipelined_commands_come_one_by_one() -> None:
    framer = Framer()
    framer.feed(b"a NOOP\r\nb NOOP\r\n")
    assert framer.next_event() == Frame(b"a NOOP")
    assert framer.buffered == len(b"b NOOP\r\n")


def test_a_literal_leaves_a_line_feed_in_its_place() -> None:
    assert events(Framer(), b"a LOGIN {2}\r\n", b"me {3}\r\n", b"a\nb\r\n") == [
        Continue(),
        Continue(),
        Frame(b"a LOGIN \n \n", (b"me", b"a\nb")),
    ]


def test_a_non_synchronising_literal_asks_for_nothing() -> None:
    """RFC 7888 §3."""
    assert events(Framer(), b"a LOGIN {2+}\r\nme {0+}\r\n\r\n") == [Frame(b"a LOGIN \n \n", (b"me", b""))]


def test_the_tilde_of_literal8_stays() -> None:
    assert events(Framer(), b"a X ~{1+}\r\n\0\r\n") == [Frame(b"a X ~\n", (b"\0",))]


def test_a_synchronising_literal_over_the_limit_ends_the_command() -> None:
    framer = Framer(literal_limit=10)
    refused = Refused("a", "A literal of 11 octets is too big", too_big=True)
    assert events(framer, b"a LOGIN {11}\r\n", b"b NOOP\r\n") == [refused, Frame(b"b NOOP")]


def test_a_non_synchronising_literal_over_the_limit_is_skipped_with_the_rest_of_its_command() -> None:
    framer = Framer(literal_limit=10)
    found = events(framer, b"a LOGIN {11+}\r\nhello\r\nwor {5+}\r\nq\r\nzz x\r\nb NOOP\r\n")
    assert found == [Refused("a", "A literal of 11 octets is too big", too_big=True), Frame(b"b NOOP")]


def test_the_limit_holds_for_all_literals_of_a_command_together() -> None:
    framer = Framer(literal_limit=10)
    found = events(framer, b"a LOGIN {6+}\r\n123456 {6}\r\n")
    assert [type(event) for event in found] == [Refused]


def test_append_has_a_limit_of_its_own() -> None:
    framer = Framer(literal_limit=10, append_limit=20)
    assert events(framer, b"a append INBOX {20}\r\n") == [Continue()]
    assert events(Framer(literal_limit=10), b"a XAPPEND INBOX {20}\r\n")[0] == Refused(
        "a", "A literal of 20 octets is too big", too_big=True
    )


def test_an_overlong_line_is_refused_and_the_next_command_read() -> None:
    framer = Framer(line_limit=100)
    found = events(framer, b"a NOOP ", b"x" * 500, b"y" * 500, b"\r\nb NOOP\r\n")
    assert found == [Refused("a", "The command line is too long", too_big=False), Frame(b"b NOOP")]


def test_an_overlong_line_that_ends_in_a_literal_takes_the_literal_along() -> None:
    framer = Framer(line_limit=100)
    found = events(framer, b"a NOOP " + b"x" * 500 + b"{8+}\r\nb NOOP\r\n\r\nc NOOP\r\n")
    assert found == [Refused("a", "The command line is too long", too_big=False), Frame(b"c NOOP")]


def test_many_empty_literals_count_against_the_line() -> None:
    framer = Framer(line_limit=100)
    found = events(framer, b"a X " + b"{0+}\r\n" * 50 + b"\r\n")
    assert [type(event) for event in found] == [Refused]


def test_memory_held_for_a_refused_line_stays_small() -> None:
    framer = Framer()
    for _ in range(100):
        framer.feed(b"x" * 65_536)
        assert framer.next_event() is None
    assert framer.buffered < 200_000


def test_clear_forgets_a_half_received_command() -> None:
    framer = Framer()
    events(framer, b"a LOGIN {5}\r\nab")
    framer.clear()
    assert not framer.in_literal
    assert events(framer, b"b NOOP\r\n") == [Frame(b"b NOOP")]


def test_in_literal_says_what_is_awaited() -> None:
    framer = Framer()
    assert not framer.in_literal
    events(framer, b"a LOGIN {5}\r\n")
    assert framer.in_literal
    events(framer, b"12345 x")
    assert not framer.in_literal


@pytest.mark.parametrize(
    ("text", "tag"),
    [(b"a1 NOOP", "a1"), (b"", "*"), (b"nospace", "*"), (b"a( NOOP", "*"), (b"\xff x", "*"), (b"x" * 65 + b" y", "*")],
)
def test_tag_of(text: bytes, tag: str) -> None:
    assert tag_of(text) == tag


def test_a_big_literal_in_small_pieces_takes_linear_time() -> None:
    piece = b"x" * 4096

    def feed() -> None:
        framer = Framer(append_limit=50_000_000)
        framer.feed(b"a APPEND x {20000000+}\r\n")
        for _ in range(20_000_000 // 4096):
            framer.feed(piece)
            framer.next_event()

    pace.assert_within(2, feed)


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 30))
def test_a_literal_that_goes_into_a_file_is_the_same(at: list[int], memory: int) -> None:
    wire = b"a APPEND x {12+}\r\nfirst litera {15+}\r\nsecond literal \r\nb NOOP\r\n"
    framer = Framer(append_limit=100, share=Share(memory, 1 << 20))
    found: list[object] = []
    for start, end in pairwise([0, *sorted(at), len(wire)]):
        found += events(framer, wire[start:end])
    first, second = found
    assert isinstance(first, Frame)
    assert [literal[:] for literal in first.literals] == [b"first litera", b"second literal "]
    assert (first.text, second) == (b"a APPEND x \n \n", Frame(b"b NOOP"))


def test_a_large_literal_takes_no_memory() -> None:
    share = Share(1 << 30, 1 << 30)
    framer = Framer(append_limit=3 * LARGE, share=share)
    events(framer, b"a APPEND x {%d+}\r\n" % (2 * LARGE))
    for _ in range(32):
        events(framer, b"x" * (LARGE // 16))
        assert framer.buffered == 0
    assert share.held == 0
    [frame] = events(framer, b"\r\n")
    assert isinstance(frame, Frame)
    assert len(frame.literals[0]) == 2 * LARGE


@pytest.mark.parametrize("disk", [None, 1000])
def test_a_literal_without_room_is_passed_over_and_refused(disk: int | None) -> None:
    framer = Framer(append_limit=10_000, share=Share(100, disk))
    found = events(framer, b"a APPEND x {5000+}\r\n", b"y" * 3000, b"y" * 2000, b"\r\nb NOOP\r\n")
    assert [type(one) for one in found] == [Refused, Frame]
    assert isinstance(found[0], Refused)
    assert found[0].no_room


def test_a_large_literal_is_no_name() -> None:
    framer = Framer(append_limit=1000, share=Share(0, 1 << 20))
    [frame] = events(framer, b"a APPEND {20+}\r\n" + b"x" * 20 + b" {1+}\r\ny\r\n")
    assert isinstance(frame, Frame)
    with pytest.raises(ProtocolError):
        parse(frame)
