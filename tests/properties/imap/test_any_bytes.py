"""Any bytes at all, in any split: the same events, and no error but of syntax, or of a name that can be none."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from mailnode.errors import BadMailboxName, ProtocolError
from mailnode.proto.imap import mutf7, responses
from mailnode.proto.imap.cursor import Cursor
from mailnode.proto.imap.flags import SYSTEM_FLAGS
from mailnode.proto.imap.framing import Event, Frame, Framer
from mailnode.proto.imap.parse import parse
from mailnode.proto.imap.sequence_set import merge, parse_sequence_set, print_set

REFUSALS = (ProtocolError, BadMailboxName)
WORDS = [
    b"a ", b"b NOOP\r\n", b"APPEND x ", b"LOGIN ", b"FETCH 1:* ", b"SEARCH ", b"(", b")", b" ", b'"', b"\\",
    b"{3}\r\n", b"{3+}\r\n",
    b"~{2+}\r\n", b"{99+}\r\n", b"{99}\r\n", b"{0+}\r\n", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"BODY[",
    b"]", b"<0.5>", b"NOT ",
    b"OR ", b"UID ", b"STORE ", b"FLAGS", b"LIST ", b"RETURN ", b"STATUS ", b"x" * 60, b"&", b"1:*,",
    b"CHARSET ", b"QRESYNC ", b"SET ", b"SELECTED ", b"MessageNew ", b"/private/x", b"DEPTH 1", b'""', b"METADATA ",
]  # fmt: skip
streams = st.lists(st.sampled_from(WORDS) | st.binary(max_size=20), max_size=40).map(b"".join)
cuts = st.lists(st.integers(0, 2_000), max_size=30)


def events(pieces: list[bytes]) -> list[Event]:
    framer = Framer(literal_limit=20, append_limit=50, line_limit=200)
    found: list[Event] = []
    for piece in pieces:
        framer.feed(piece)
        while (event := framer.next_event()) is not None:
            found.append(event)
    return found


@given(streams, cuts)
def test_the_split_does_not_matter(stream: bytes, places: list[int]) -> None:
    marks = [0, *sorted(place for place in places if place < len(stream)), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(marks)]
    assert events(pieces) == events([stream]) == events([stream[at : at + 1] for at in range(len(stream))])


@given(streams)
def test_every_frame_is_a_command_or_a_protocol_error(stream: bytes) -> None:
    for event in events([stream]):
        if isinstance(event, Frame):
            with suppress(*REFUSALS):
                parse(event)


@given(st.sampled_from(["FETCH 1 ", "SEARCH ", "LIST ", "STORE 1 ", "SELECT x ", "ID ", "APPEND x ", "STATUS x ",
                        "NOTIFY SET (", "GETMETADATA ", "SETMETADATA x (", "CANCELUPDATE "]),
       st.lists(st.sampled_from(WORDS) | st.text(max_size=5).map(str.encode), max_size=20).map(b"".join))  # fmt: skip
@example("GETMETADATA ", b"&")
def test_any_arguments_at_all(name: str, rest: bytes) -> None:
    text = b"a " + name.encode() + rest
    with suppress(*REFUSALS):
        parse(Frame(text, (b"x",) * text.count(b"\n")))


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(names)
def test_mailbox_names_come_back(name: str) -> None:
    assert mutf7.decode(mutf7.encode(name)) == name


@given(st.binary(max_size=40) | st.text("&AZaz09+,-x", max_size=20).map(str.encode))
def test_a_mailbox_name_has_one_spelling(wire: bytes) -> None:
    with suppress(ProtocolError):
        assert mutf7.encode(mutf7.decode(wire)) == wire


@given(st.binary(max_size=60))
def test_strings_come_back(value: bytes) -> None:
    for printed in (responses.string(value), responses.astring(value)):
        framer = Framer()
        framer.feed(printed.replace(b"}\r\n", b"+}\r\n", 1) if printed.startswith(b"{") else printed)
        framer.feed(b"\r\n")
        frame = framer.next_event()
        assert isinstance(frame, Frame)
        assert Cursor(frame).astring() == value


@given(st.lists(st.integers(1, 2**32 - 1), max_size=50))
def test_sets_come_back(uids: list[int]) -> None:
    wanted = sorted(set(uids))
    printed = print_set(wanted)
    if wanted:
        assert parse_sequence_set(printed).pick(wanted) == wanted
        assert bytes(parse_sequence_set(printed)) == printed


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))))
def test_merged_ranges_hold_the_same_numbers(pairs: list[tuple[int, int]]) -> None:
    merged = merge([*pairs])
    numbers = [number for low, high in merged for number in range(low, high + 1)]
    assert numbers == sorted({number for low, high in pairs for number in range(low, high + 1)})


@given(st.lists(st.sampled_from(SYSTEM_FLAGS)))
def test_flags_come_back(flags: list[str]) -> None:
    assert Cursor(Frame(responses.flag_list(flags))).flag_list() == flags
